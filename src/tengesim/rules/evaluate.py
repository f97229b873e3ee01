"""The readable evaluator: one observation, one rule book, every verdict in words and numbers.

It is the definition of what the rules mean; a faster form must agree with it. Of several failing
rules one that rejects decides before one that holds, then the one with the lowest `Reason`, at
equal reasons the one that stands first. It reads an `Observation`, which has no field for truth,
and how much was used before, nothing else.
"""

from datetime import date
from typing import Final, NamedTuple, Protocol, assert_never

from tengesim.codes import Evidence, Reason
from tengesim.payment import Observation, Operation
from tengesim.rules.conditions import (
    AllOf,
    AmountPerPeriodAtMost,
    Condition,
    CountPerPeriodAtMost,
    TimeWindow,
)
from tengesim.rules.model import Rule, RuleBook
from tengesim.rules.terms import Period
from tengesim.rules.verdicts import (
    PASSED,
    Verdict,
    at_most,
    contract_verdict,
    party_verdict,
    require,
)

__all__ = [
    "ALLOWED",
    "Decision",
    "Usage",
    "Used",
    "applies",
    "decide",
    "is_overridden",
    "judge",
    "may_shed",
    "verdict",
    "weekday_of",
    "window_of",
]

_EPOCH: Final = date(1970, 1, 1).toordinal()


class Used(NamedTuple):
    """What one payer has used under a mark in one window."""

    payments: int
    amount_tiyn: int


class Usage(Protocol):
    """Memory of settled payments, as the log gives it."""

    def of(self, payer: str, period: Period, window: int) -> Used:
        """Return what `payer` used in `window` of `period` before now."""
        ...


class Decision(NamedTuple):
    """What a rule book says: the deciding reason, rule and values; NONE when everything passed.

    `queue` names where the payment is held; without one it is rejected. `overridden` are the ids
    of rules that failed and yielded to an override, in the order of the book; whoever acts on the
    decision logs them.
    """

    reason: Reason
    rule: str
    value: int
    limit: int
    queue: str = ""
    overridden: tuple[str, ...] = ()


ALLOWED: Final = Decision(Reason.NONE, "", 0, 0)

# Plain integers: testing IntFlag members costs ten times as much.
_ELIGIBLE: Final = Evidence.BENEFICIARY_ELIGIBLE.value
_CONTRACTED: Final = Evidence.PAYEE_CONTRACTED.value


def decide(book: RuleBook, observation: Observation, usage: Usage) -> Decision:
    """Return the decision of `book` about `observation`."""
    decision = ALLOWED
    day = observation.day
    book = _book_of(book, observation)
    for rule in book.guards[observation.operation]:
        if not rule.first_day <= day <= rule.last_day:
            continue
        answer = verdict(rule.condition, observation, usage)
        # Most rules pass most of the time, and then all of them give this one object.
        if answer is PASSED:
            continue
        overridden = decision.overridden
        if is_overridden(rule, observation):
            decision = decision._replace(overridden=(*overridden, rule.id))
            continue
        reason, value, limit = answer
        queue = rule.queue or ""
        # Whatever else fails, a rule that rejects comes before one that holds.
        if not decision.reason or (queue > "", reason) < (decision.queue > "", decision.reason):
            decision = Decision(reason, rule.id, value, limit, queue, overridden)
    return decision


def judge(
    book: RuleBook, observation: Observation, usage: Usage
) -> list[tuple[Rule, Verdict | None]]:
    """Return every rule of `book` with its verdict, None where it does not apply.

    The verdict is that of the condition; `is_overridden` says whether the rule yields.
    """
    return [
        (rule, verdict(rule.condition, observation, usage) if applies(rule, observation) else None)
        for rule in _book_of(book, observation).rules
    ]


def may_shed(book: RuleBook, observation: Observation, usage: Usage) -> Decision:
    """Return whether a payee's money of `book` may become unmarked on this evidence."""
    effect = _book_of(book, observation).shed()
    if effect is None:
        return Decision(Reason.CONVERSION_NOT_ALLOWED, "", 0, 0)
    reason, value, limit = verdict(effect.condition, observation, usage)
    return Decision(reason, effect.id, value, limit) if reason else ALLOWED


def applies(rule: Rule, observation: Observation) -> bool:
    """Return whether `rule` guards this operation on this day."""
    guards_it = any(name.operation is observation.operation for name in rule.on)
    return guards_it and rule.first_day <= observation.day <= rule.last_day


def is_overridden(rule: Rule, observation: Observation) -> bool:
    """Return whether a declared emergency and enough signatures let a failing `rule` yield."""
    override = rule.override
    return (
        override is not None
        and observation.facts.emergency != ""
        and observation.day <= override.last_day
        and observation.evidence & override.flags == override.flags
    )


def weekday_of(day: int) -> int:
    """Return the weekday of a local day number, Monday 0."""
    # Day 0 is a Thursday.
    return (day + 3) % 7


def window_of(period: Period, day: int) -> int:
    """Return the number of the window of `period` that the local day number `day` lies in."""
    match period:
        case Period.DAY:
            return day
        case Period.WEEK:
            # Day 0 is a Thursday; weeks begin on Monday.
            return (day + 3) // 7
        case Period.MONTH:
            local = date.fromordinal(day + _EPOCH)
            return local.year * 12 + local.month - 1
        case Period.YEAR:
            return date.fromordinal(day + _EPOCH).year
        case _:
            assert_never(period)


def verdict(  # noqa: C901, PLR0911, PLR0912 - an arm for each kind
    condition: Condition, seen: Observation, usage: Usage
) -> Verdict:
    """Return what `condition` says about `seen`.

    A column of arms, one for each kind, because the whole meaning of the rules should be readable
    on one screen; a kind without an arm is a type error.
    """
    # Matching on `kind` instead of the class: `isinstance` of pydantic classes is ten times dearer.
    match condition.kind:
        case "purpose_is":
            return require(seen.purpose in condition.purposes, condition.reason)
        case "merchant_category_in":
            return require(seen.category in condition.categories, condition.reason)
        case "payee_in":
            is_contracted = condition.contracted and seen.evidence & _CONTRACTED
            return require(is_contracted or seen.payee in condition.payees, condition.reason)
        case "time_window":
            return _in_window(condition, seen)
        case "within_validity":
            end = condition.last_day + 1
            return _between(seen.day, condition.first_day, end, condition.reason)
        case "amount_at_most":
            return at_most(seen.amount_tiyn, condition.limit, condition.reason)
        case "amount_per_period_at_most" | "count_per_period_at_most":
            return _periodic(condition, seen, usage)
        case "beneficiary_eligible":
            return require(seen.evidence & _ELIGIBLE, condition.reason)
        case "presence_proven":
            return require(seen.evidence & condition.flags, condition.reason)
        case "evidence_present":
            present = (seen.evidence & condition.flags).bit_count()
            required = condition.flags.bit_count()
            return require(present == required, condition.reason, present, required)
        case "conversion_forbidden":
            return require(seen.operation is not Operation.CONVERT, condition.reason)
        case (
            "payee_not_listed"
            | "payee_in_good_standing"
            | "region_in"
            | "holding_at_most"
            | "within_allowance"
            | "tier_at_least"
            | "verified_above"
            | "biometrics_matched"
            | "risk_at_most"
            | "offline_at_most"
            | "consented"
            | "unaffiliated"
        ):
            return party_verdict(condition, seen)
        case "all_of":
            return _first_by_reason(condition, seen, usage)
        case "any_of":
            passed = sum(not verdict(part, seen, usage).reason for part in condition.conditions)
            return require(passed, condition.reason, passed, 1)
        case "not":
            return require(verdict(condition.condition, seen, usage).reason, condition.reason)
        case _:
            return contract_verdict(condition, seen)


def _book_of(book: RuleBook, seen: Observation) -> RuleBook:
    """Return the version of `book` that the money has kept since it was issued."""
    if not book.versions:
        return book
    issued = seen.facts.issue_day
    return book.issued_on(seen.day if issued is None else issued)


def _first_by_reason(condition: AllOf, seen: Observation, usage: Usage) -> Verdict:
    answers = [verdict(part, seen, usage) for part in condition.conditions]
    failed = [answer for answer in answers if answer.reason]
    # `min` keeps the first of equals, which is the order of the book.
    return min(failed, key=lambda answer: answer.reason, default=PASSED)


def _in_window(condition: TimeWindow, seen: Observation) -> Verdict:
    weekday = weekday_of(seen.day)
    allowed = condition.weekday_numbers
    if weekday not in allowed:
        return Verdict(condition.reason, weekday + 1, len(allowed))
    return _between(seen.time_of_day_us, condition.since, condition.end_us, condition.reason)


def _between(value: int, first: int, end: int, reason: Reason) -> Verdict:
    if value < first:
        return Verdict(reason, value, first)
    return PASSED if value < end else Verdict(reason, value, end)


def _periodic(
    condition: AmountPerPeriodAtMost | CountPerPeriodAtMost, seen: Observation, usage: Usage
) -> Verdict:
    window = window_of(condition.period, seen.day)
    payments, amount_tiyn = usage.of(seen.payer, condition.period, window)
    if condition.kind == "count_per_period_at_most":
        return at_most(payments + 1, condition.limit, condition.reason)
    return at_most(amount_tiyn + seen.amount_tiyn, condition.limit, condition.reason)
