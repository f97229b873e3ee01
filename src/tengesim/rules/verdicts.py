"""What conditions about parties and contracts say of one use of money, with the values compared.

Apart from the evaluator, which composes these answers into a decision: here each kind is one
question about the facts, and no answer depends on another.
"""

from typing import Final, NamedTuple, assert_never

from tengesim.codes import Evidence, Reason
from tengesim.money import BP
from tengesim.payment import Observation
from tengesim.rules.contract_conditions import AwardsAtMost, ContractCondition, InEstimate
from tengesim.rules.party_conditions import (
    OfflineAtMost,
    PartyCondition,
    PayeeInGoodStanding,
    PayeeNotListed,
)

__all__ = [
    "PASSED",
    "Verdict",
    "at_least",
    "at_most",
    "contract_verdict",
    "party_verdict",
    "require",
]


class Verdict(NamedTuple):
    """Answer of one condition: the reason it fails for (NONE = passed) and the values compared.

    Where amounts are compared they are in tiyn, shares in bp, times of day in us since midnight,
    days in days since the epoch, and weekdays as 1 (Monday) to 7 against the count of weekdays
    allowed; of documents and signatures, how many there are and how many are asked for.
    """

    reason: Reason
    value: int = 0
    limit: int = 0


PASSED: Final = Verdict(Reason.NONE)

# Plain integers: testing IntFlag members costs ten times as much.
_LISTED: Final = Evidence.PAYEE_LISTED.value
_AFFILIATED: Final = Evidence.PAYEE_AFFILIATED.value
_CONSENTED: Final = Evidence.CONSENT_GIVEN.value
_STEP_UP: Final = Evidence.STEP_UP.value
_BIOMETRIC: Final = Evidence.PRESENCE_BIOMETRIC.value
_OFFLINE: Final = Evidence.OFFLINE.value
_CHANGED: Final = Evidence.REGISTER_CHANGED.value
_REGISTERED: Final = Evidence.SUBCONTRACT_REGISTERED.value


def at_most(value: int, limit: int, reason: Reason) -> Verdict:
    """Pass a value up to the limit."""
    return PASSED if value <= limit else Verdict(reason, value, limit)


def at_least(value: int, limit: int, reason: Reason) -> Verdict:
    """Pass a value from the limit on."""
    return PASSED if value >= limit else Verdict(reason, value, limit)


def require(is_met: int, reason: Reason, value: int = 0, limit: int = 0) -> Verdict:
    """Pass what is met."""
    return PASSED if is_met else Verdict(reason, value, limit)


def party_verdict(condition: PartyCondition, seen: Observation) -> Verdict:
    """Return what a condition about payer and payee says about `seen`."""
    facts = seen.facts
    match condition.kind:
        case "payee_not_listed":
            return require(not _is_listed(condition, seen), condition.reason)
        case "payee_in_good_standing":
            return _standing(condition, seen)
        case "region_in":
            return require(facts.region in condition.regions, condition.reason)
        case "holding_at_most":
            held_tiyn = facts.balance_tiyn + seen.amount_tiyn
            return at_most(held_tiyn, condition.limit, condition.reason)
        case "within_allowance":
            used_tiyn = facts.allowance_used_tiyn + seen.amount_tiyn
            return at_most(used_tiyn, facts.allowance_tiyn, condition.reason)
        case "tier_at_least":
            return require(seen.evidence & condition.flags, condition.reason)
        case "verified_above":
            if seen.evidence & _STEP_UP:
                return PASSED
            return at_most(seen.amount_tiyn, condition.limit, condition.reason)
        case "biometrics_matched":
            return require(seen.evidence & _BIOMETRIC, condition.reason)
        case "risk_at_most":
            return at_most(facts.risk, condition.score, condition.reason)
        case "offline_at_most":
            return _offline(condition, seen) if seen.evidence & _OFFLINE else PASSED
        case "consented":
            return require(seen.evidence & _CONSENTED, condition.reason)
        case "unaffiliated":
            return require(not seen.evidence & _AFFILIATED, condition.reason)
        case _:
            assert_never(condition.kind)


def contract_verdict(  # noqa: C901, PLR0911, PLR0912 - an arm for each kind
    condition: ContractCondition, seen: Observation
) -> Verdict:
    """Return what a condition about the contract says about `seen`."""
    facts, amount_tiyn, reason = seen.facts, seen.amount_tiyn, condition.reason
    match condition.kind:
        case "in_estimate":
            return _in_estimate(condition, seen)
        case "price_within":
            known_tiyn = condition.reference
            reference_tiyn = facts.reference_price_tiyn if known_tiyn is None else known_tiyn
            highest_tiyn = reference_tiyn * (BP + condition.above) // BP
            return at_most(facts.unit_price_tiyn, highest_tiyn, reason)
        case "register_changed":
            is_changed = seen.evidence & _CHANGED and facts.register == condition.of
            return require(is_changed, reason)
        case "milestone_signed":
            signed = (seen.evidence & condition.flags).bit_count()
            return at_least(signed, condition.flags.bit_count(), reason)
        case "within_progress":
            # An advance is paid before there is progress, and is itself not yet offset.
            ahead_tiyn = facts.advances_left_tiyn + (amount_tiyn if facts.is_advance else 0)
            done_tiyn = facts.contract_tiyn * facts.progress_bp // BP
            return at_most(facts.paid_tiyn + amount_tiyn, done_tiyn + ahead_tiyn, reason)
        case "advance_at_most":
            if not facts.is_advance:
                return PASSED
            most_tiyn = facts.contract_tiyn * condition.share // BP
            return at_most(facts.advances_tiyn + amount_tiyn, most_tiyn, reason)
        case "guarantee_at_least":
            # Rounded up: a tiyn less would be less than the share.
            least_tiyn = -(-facts.contract_tiyn * condition.share // BP)
            return at_least(facts.guarantee_tiyn, least_tiyn, reason)
        case "approved_by":
            signed = (seen.evidence & condition.flags).bit_count()
            return at_least(signed, condition.required, reason)
        case "duties_separated":
            is_known = facts.approver != "" != facts.initiator
            return require(is_known and facts.approver != facts.initiator, reason)
        case "subcontract_registered":
            return require(facts.depth == 0 or seen.evidence & _REGISTERED, reason)
        case "depth_at_most":
            return at_most(facts.depth, condition.depth, reason)
        case "subcontracted_at_most":
            if facts.depth == 0:
                return PASSED
            most_tiyn = facts.parent_tiyn * condition.share // BP
            return at_most(facts.subcontracted_tiyn + amount_tiyn, most_tiyn, reason)
        case "metered":
            return at_most(amount_tiyn, facts.units * condition.rate, reason)
        case "domestic_at_least":
            return at_least(facts.domestic_bp, condition.share, reason)
        case "awards_at_most":
            return at_most(_awarded_tiyn(condition, seen), condition.limit, reason)
        case _:
            assert_never(condition.kind)


def _is_listed(condition: PayeeNotListed, seen: Observation) -> bool:
    is_registered = condition.registers and bool(seen.evidence & _LISTED)
    return is_registered or seen.payee in condition.payees


def _standing(condition: PayeeInGoodStanding, seen: Observation) -> Verdict:
    confirmed = (seen.evidence & condition.flags).bit_count()
    required = condition.flags.bit_count()
    if condition.asks_freezes:
        confirmed += not seen.facts.is_payee_frozen
        required += 1
    return at_least(confirmed, required, condition.reason)


def _offline(condition: OfflineAtMost, seen: Observation) -> Verdict:
    """Return the first cap that the device would break: at once, in all, how often, how long."""
    facts = seen.facts
    for value, limit in (
        (seen.amount_tiyn, condition.limit),
        (facts.offline_tiyn + seen.amount_tiyn, condition.total),
        (facts.offline_payments + 1, condition.payments),
        (facts.offline_days, condition.days),
    ):
        if limit is not None and value > limit:
            return Verdict(condition.reason, value, limit)
    return PASSED


def _in_estimate(condition: InEstimate, seen: Observation) -> Verdict:
    """Return whether commodity, price and quantity stand in the estimate, in precedence."""
    facts = seen.facts
    line = condition.by_commodity.get(facts.commodity)
    if line is None:
        return Verdict(condition.reason)
    if facts.unit_price_tiyn > line.unit_price:
        return Verdict(Reason.PRICE_TOO_HIGH, facts.unit_price_tiyn, line.unit_price)
    units = facts.units_before + facts.units
    return at_most(units, line.units, Reason.OBLIGATION_EXCEEDED)


def _awarded_tiyn(condition: AwardsAtMost, seen: Observation) -> int:
    """Return what the payee was awarded in the window that ends today, this award included."""
    first_day = seen.day - condition.days + 1
    before = (
        award.amount_tiyn for award in seen.facts.awards if first_day <= award.day <= seen.day
    )
    return sum(before) + seen.amount_tiyn
