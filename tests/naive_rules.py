"""The meaning of rule books written a second time, from what scenarios write, to compare with.

It reads the plain text of a rule and shares nothing with the evaluator but the observation and
the numbers of the reasons. It is slow and says everything twice, on purpose.
"""

import datetime
from typing import Any

from tengesim.codes import Evidence, Reason
from tengesim.payment import Observation, Operation
from tengesim.rules.evaluate import Usage, window_of
from tengesim.rules.terms import Period
from tests.naive_facts import naive_contract, naive_party

Raw = dict[str, Any]
Answer = tuple[Reason, int, int]

YES: Answer = (Reason.NONE, 0, 0)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def naive_decision(rules: list[Raw], seen: Observation, usage: Usage) -> tuple[Reason, str]:
    """Return the reason and the rule that decide, by sorting everything that fails.

    Rules that hold come after all others, and those that an emergency overrides do not count.
    """
    operation = Operation(seen.operation).name.lower()
    failures = []
    for position, rule in enumerate(rules):
        if operation in rule.get("on", ["pay"]):
            reason, _, _ = naive_answer(rule["condition"], seen, usage)
            if reason != Reason.NONE and not naive_override(rule, seen):
                holds = rule.get("on_failure") == "hold"
                failures.append((holds, int(reason), position, rule["id"]))
    if not failures:
        return Reason.NONE, ""
    _, reason_number, _, name = min(failures)
    return Reason(reason_number), name


def naive_override(rule: Raw, seen: Observation) -> bool:
    """Return whether the signatures under a declared emergency suffice on that day."""
    if "override" not in rule or not seen.facts.emergency:
        return False
    asked = {Evidence[f"{role.upper()}_SIGNED"] for role in rule["override"]["roles"]}
    last = datetime.date.fromisoformat(rule["override"]["until"])
    today = EPOCH.date() + datetime.timedelta(days=seen.day)
    return today <= last and all(flag in Evidence(seen.evidence) for flag in asked)


def naive_answer(raw: Raw, seen: Observation, usage: Usage) -> Answer:
    """Return reason, value and limit of one condition."""
    kind = raw["kind"]
    if kind == "all_of":
        answers = [naive_answer(part, seen, usage) for part in raw["conditions"]]
        failed = [answer for answer in answers if answer[0] != Reason.NONE]
        lowest = min((answer[0] for answer in failed), default=None)
        return next((answer for answer in failed if answer[0] == lowest), YES)
    if kind == "any_of":
        answers = [naive_answer(part, seen, usage) for part in raw["conditions"]]
        return YES if YES in answers else (Reason.RULE_NOT_MET, 0, 1)
    if kind == "not":
        inner = naive_answer(raw["condition"], seen, usage)
        return (Reason.RULE_NOT_MET, 0, 0) if inner == YES else YES
    for kinds, answer in (
        (("amount_at_most", "amount_per_period_at_most", "count_per_period_at_most"), _limit),
        (("time_window", "within_validity"), _time),
    ):
        if kind in kinds:
            return answer(raw, seen, usage)
    return _fact(raw, seen)


def _limit(raw: Raw, seen: Observation, usage: Usage) -> Answer:
    if raw["kind"] == "count_per_period_at_most":
        limit = raw["limit"]
    else:
        number, unit = raw["limit"].split()
        limit = int(number) * {"KZT": 100, "tiyn": 1}[unit]
    value, reason = seen.amount_tiyn, Reason.LIMIT_PER_PAYMENT
    if "period" in raw:
        period = Period(raw["period"])
        before = usage.of(seen.payer, period, window_of(period, seen.day))
        is_count = raw["kind"].startswith("count")
        value = before.payments + 1 if is_count else before.amount_tiyn + seen.amount_tiyn
        reason = Reason.LIMIT_PER_PERIOD
    return (reason, value, limit) if value > limit else YES


def _time(raw: Raw, seen: Observation, usage: Usage) -> Answer:
    moment = EPOCH + datetime.timedelta(days=seen.day, microseconds=seen.time_of_day_us)
    late = Reason.OUTSIDE_VALIDITY
    if raw["kind"] == "within_validity":
        first, last = (datetime.date.fromisoformat(raw[key]) for key in ("from", "until"))
        numbers = [(one - EPOCH.date()).days for one in (first, last)]
        if moment.date() < first:
            return late, seen.day, numbers[0]
        return (late, seen.day, numbers[1] + 1) if moment.date() > last else YES
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    allowed = raw.get("weekdays", list(names))
    if names[moment.weekday()] not in allowed:
        return late, moment.isoweekday(), len(set(allowed))
    for key, is_outside in (("from", int.__lt__), ("until", int.__ge__)):
        if key in raw:
            hours, minutes = raw[key].split(":")
            limit = (int(hours) * 60 + int(minutes)) * 60_000_000
            if is_outside(seen.time_of_day_us, limit):
                return late, seen.time_of_day_us, limit
    return YES


def _fact(raw: Raw, seen: Observation) -> Answer:
    for answer in (naive_party, naive_contract):
        found = answer(raw, seen)
        if found is not None:
            return found
    flags = Evidence(seen.evidence)
    if raw["kind"] == "evidence_present":
        wanted = {Evidence[name.upper()] for name in raw["registers"]}
        present = len([flag for flag in wanted if flag in flags])
        return YES if present == len(wanted) else (Reason.MILESTONE_NOT_MET, present, len(wanted))
    is_met, reason = {
        "purpose_is": (seen.purpose in raw.get("purposes", ()), Reason.PURPOSE_NOT_ALLOWED),
        "merchant_category_in": (
            seen.category in raw.get("categories", ()),
            Reason.PURPOSE_NOT_ALLOWED,
        ),
        "payee_in": (
            seen.payee in raw.get("payees", ())
            or (raw.get("contracted", False) and Evidence.PAYEE_CONTRACTED in flags),
            Reason.PAYEE_NOT_ALLOWED,
        ),
        "beneficiary_eligible": (
            Evidence.BENEFICIARY_ELIGIBLE in flags,
            Reason.BENEFICIARY_NOT_ELIGIBLE,
        ),
        "presence_proven": (
            any(Evidence[f"PRESENCE_{name.upper()}"] in flags for name in raw.get("methods", ())),
            Reason.PRESENCE_NOT_PROVEN,
        ),
        "conversion_forbidden": (
            seen.operation != Operation.CONVERT,
            Reason.CONVERSION_NOT_ALLOWED,
        ),
    }[raw["kind"]]
    return YES if is_met else (reason, 0, 0)
