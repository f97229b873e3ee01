"""The meaning of conditions about parties and contracts written a second time, to compare with.

It reads the plain text of a rule and shares nothing with the evaluator but the observation and
the numbers of the reasons. Shares are compared as fractions, so that rounding is not repeated.
"""

from fractions import Fraction
from math import ceil, floor
from typing import Any

from tengesim.codes import Evidence, Reason
from tengesim.payment import Observation

Raw = dict[str, Any]
Answer = tuple[Reason, int, int]

YES: Answer = (Reason.NONE, 0, 0)


def money(text: str) -> int:
    """Return an amount in tiyn."""
    number, unit = text.split()
    return int(number) * {"KZT": 100, "tiyn": 1}[unit]


def share(text: str) -> Fraction:
    """Return a share."""
    number, unit = text.split()
    return Fraction(number) / {"%": 100, "bp": 10_000}[unit]


def naive_party(raw: Raw, seen: Observation) -> Answer | None:
    """Return what a condition about payer and payee says; None: it is of another kind."""
    flags, facts, amount = Evidence(seen.evidence), seen.facts, seen.amount_tiyn
    kind = raw["kind"]
    if kind == "payee_in_good_standing":
        answers = {
            "vat_registered": Evidence.PAYEE_VAT_REGISTERED in flags,
            "tax_clear": Evidence.PAYEE_TAX_CLEAR in flags,
            "not_frozen": not facts.is_payee_frozen,
        }
        asked = set(raw["requires"])
        good = len([name for name in asked if answers[name]])
        return YES if good == len(asked) else (Reason.PAYEE_STATUS, good, len(asked))
    yes_or_no = {
        "payee_not_listed": (
            not (raw.get("registers", True) and Evidence.PAYEE_LISTED in flags)
            and seen.payee not in raw.get("payees", []),
            Reason.PAYEE_LISTED,
        ),
        "region_in": (facts.region in raw.get("regions", []), Reason.PAYEE_NOT_ALLOWED),
        "tier_at_least": (
            any(Evidence[f"TIER_{tier}"] in flags for tier in range(int(raw.get("tier", 1)), 4)),
            Reason.IDENTITY_INSUFFICIENT,
        ),
        "biometrics_matched": (
            Evidence.PRESENCE_BIOMETRIC in flags,
            Reason.IDENTITY_INSUFFICIENT,
        ),
        "consented": (Evidence.CONSENT_GIVEN in flags, Reason.CONSENT_MISSING),
        "unaffiliated": (Evidence.PAYEE_AFFILIATED not in flags, Reason.CONFLICT_OF_INTEREST),
    }
    if kind in yes_or_no:
        is_met, reason = yes_or_no[kind]
        return YES if is_met else (reason, 0, 0)
    if kind == "offline_at_most":
        return _offline(raw, seen) if Evidence.OFFLINE in flags else YES
    if kind == "verified_above" and Evidence.STEP_UP in flags:
        return YES
    limits = {
        "holding_at_most": (facts.balance_tiyn + amount, "limit", Reason.LIMIT_HOLDING),
        "verified_above": (amount, "limit", Reason.IDENTITY_INSUFFICIENT),
    }
    if kind in limits:
        value, key, reason = limits[kind]
        return YES if value <= money(raw[key]) else (reason, value, money(raw[key]))
    if kind == "risk_at_most":
        is_met = facts.risk <= raw["score"]
        return YES if is_met else (Reason.RISK_TOO_HIGH, facts.risk, raw["score"])
    if kind == "within_allowance":
        used = facts.allowance_used_tiyn + amount
        is_met = used <= facts.allowance_tiyn
        return YES if is_met else (Reason.LIMIT_PER_PERIOD, used, facts.allowance_tiyn)
    return None


def _offline(raw: Raw, seen: Observation) -> Answer:
    facts = seen.facts
    rows = [("limit", seen.amount_tiyn), ("total", facts.offline_tiyn + seen.amount_tiyn)]
    rows += [("payments", facts.offline_payments + 1), ("days", facts.offline_days)]
    for key, value in rows:
        if key in raw:
            limit = raw[key] if isinstance(raw[key], int) else money(raw[key])
            if value > limit:
                return Reason.LIMIT_OFFLINE, value, limit
    return YES


def naive_contract(raw: Raw, seen: Observation) -> Answer | None:
    """Return what a condition about the contract says; None: it is of another kind."""
    kind = raw["kind"]
    if kind in {"milestone_signed", "approved_by"}:
        roles = set(raw["by"] if "by" in raw else raw["roles"])
        flags = Evidence(seen.evidence)
        signed = len([role for role in roles if Evidence[f"{role.upper()}_SIGNED"] in flags])
        least = raw.get("least", len(roles))
        is_stage = kind == "milestone_signed"
        reason = Reason.MILESTONE_NOT_MET if is_stage else Reason.APPROVAL_MISSING
        return YES if signed >= least else (reason, signed, least)
    for answer in (_estimate, _yes_or_no, _money_of_contract):
        found = answer(raw, seen)
        if found is not None:
            return found
    return None


def _estimate(raw: Raw, seen: Observation) -> Answer | None:
    facts = seen.facts
    if raw["kind"] != "in_estimate":
        return None
    for line in raw["lines"]:
        if line["commodity"] == facts.commodity:
            price, most = money(line["unit_price"]), line["units"]
            if facts.unit_price_tiyn > price:
                return Reason.PRICE_TOO_HIGH, facts.unit_price_tiyn, price
            units = facts.units_before + facts.units
            return YES if units <= most else (Reason.OBLIGATION_EXCEEDED, units, most)
    return Reason.PURPOSE_NOT_ALLOWED, 0, 0


def _yes_or_no(raw: Raw, seen: Observation) -> Answer | None:
    facts, flags = seen.facts, Evidence(seen.evidence)
    answers = {
        "register_changed": (
            Evidence.REGISTER_CHANGED in flags and facts.register == raw.get("of"),
            Reason.MILESTONE_NOT_MET,
        ),
        "duties_separated": (
            facts.initiator not in ("", facts.approver) and facts.approver != "",
            Reason.APPROVAL_MISSING,
        ),
        "subcontract_registered": (
            facts.depth == 0 or Evidence.SUBCONTRACT_REGISTERED in flags,
            Reason.SUBCONTRACT_NOT_ALLOWED,
        ),
    }
    if raw["kind"] in answers:
        is_met, reason = answers[raw["kind"]]
        return YES if is_met else (reason, 0, 0)
    if raw["kind"] == "depth_at_most":
        is_met = facts.depth <= raw["depth"]
        return YES if is_met else (Reason.SUBCONTRACT_NOT_ALLOWED, facts.depth, raw["depth"])
    if raw["kind"] == "domestic_at_least":
        least = int(share(raw["share"]) * 10_000)
        is_met = Fraction(facts.domestic_bp, 10_000) >= share(raw["share"])
        return YES if is_met else (Reason.DOMESTIC_CONTENT, facts.domestic_bp, least)
    return None


def _money_of_contract(raw: Raw, seen: Observation) -> Answer | None:
    facts, amount = seen.facts, seen.amount_tiyn
    match raw["kind"]:
        case "price_within":
            price = facts.reference_price_tiyn
            if "reference" in raw:
                price = money(raw["reference"])
            most = price * (1 + share(raw["above"]))
            return _most(facts.unit_price_tiyn, most, Reason.PRICE_TOO_HIGH)
        case "within_progress":
            done = Fraction(facts.contract_tiyn * facts.progress_bp, 10_000)
            ahead = facts.advances_left_tiyn + amount * facts.is_advance
            return _most(facts.paid_tiyn + amount, done + ahead, Reason.OBLIGATION_EXCEEDED)
        case "advance_at_most":
            if not facts.is_advance:
                return YES
            most = facts.contract_tiyn * share(raw["share"])
            return _most(facts.advances_tiyn + amount, most, Reason.ADVANCE_EXCEEDED)
        case "guarantee_at_least":
            least = facts.contract_tiyn * share(raw["share"])
            if facts.guarantee_tiyn >= least:
                return YES
            return Reason.GUARANTEE_MISSING, facts.guarantee_tiyn, ceil(least)
        case "subcontracted_at_most":
            if facts.depth == 0:
                return YES
            most = facts.parent_tiyn * share(raw["share"])
            reason = Reason.SUBCONTRACT_NOT_ALLOWED
            return _most(facts.subcontracted_tiyn + amount, most, reason)
        case "metered":
            most = Fraction(facts.units * money(raw["rate"]))
            return _most(amount, most, Reason.PRICE_TOO_HIGH)
        case "awards_at_most":
            window = range(seen.day - raw["days"] + 1, seen.day + 1)
            total = amount + sum(one.amount_tiyn for one in facts.awards if one.day in window)
            return _most(total, Fraction(money(raw["limit"])), Reason.LIMIT_AWARDS)
        case _:
            return None


def _most(value: int, most: Fraction, reason: Reason) -> Answer:
    return YES if value <= most else (reason, value, floor(most))
