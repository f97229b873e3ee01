"""The readable evaluator: one observation, one rule book, every verdict in words and numbers.

It is the definition of what the rules mean; a faster form must agree with it. Of several failing
rules the one with the lowest `Reason` decides, at equal reasons the one that stands first. It
reads an `Observation`, which has no field for truth, and how much was used before, nothing else.
"""

import datetime
from typing import Final, NamedTuple, Protocol, assert_never

from tengesim.codes import Evidence, Reason
from tengesim.payment import Observation, Operation
from tengesim.rules.model import (
    AmountPerPeriodAtMost,
    Condition,
    CountPerPeriodAtMost,
    OperationName,
    Period,
    Rule,
    RuleBook,
    TimeWindow,
    Weekday,
)

__all__ = [
    "ALLOWED",
    "PASSED",
    "Decision",
    "Usage",
    "Used",
    "Verdict",
    "applies",
    "decide",
    "judge",
    "may_shed",
    "verdict",
    "window_of",
]

_EPOCH: Final = datetime.date(1970, 1, 1).toordinal()
_WEEKDAYS: Final = tuple(Weekday)
_OPERATION_NAMES: Final = {operation: OperationName(operation.name.lower()) for operation in Operation}


class Used(NamedTuple):
    """What one payer has used under a mark in one window."""

    payments: int
    amount_tiyn: int


class Usage(Protocol):
    """Memory of settled payments, as the log gives it."""

    def of(self, payer: str, period: Period, window: int) -> Used:
        """Return what `payer` used in `window` of `period` before now."""
        ...


class Verdict(NamedTuple):
    """Answer of one condition: the reason it fails for (NONE = passed) and the values compared."""

    reason: Reason
    value: int = 0
    limit: int = 0


class Decision(NamedTuple):
    """What a rule book says: the deciding reason, rule and values; NONE when everything passed."""

    reason: Reason
    rule: str
    value: int
    limit: int


PASSED: Final = Verdict(Reason.NONE)
ALLOWED: Final = Decision(Reason.NONE, "", 0, 0)


def decide(book: RuleBook, observation: Observation, usage: Usage) -> Decision:
    """Return the decision of `book` about `observation`."""
    decision = ALLOWED
    for rule in book.rules:
        if not applies(rule, observation):
            continue
        reason, value, limit = verdict(rule.condition, observation, usage)
        if reason and (not decision.reason or reason < decision.reason):
            decision = Decision(reason, rule.id, value, limit)
    return decision


def judge(
    book: RuleBook, observation: Observation, usage: Usage
) -> list[tuple[Rule, Verdict | None]]:
    """Return every rule of `book` with its verdict, None where it does not apply."""
    return [
        (rule, verdict(rule.condition, observation, usage) if applies(rule, observation) else None)
        for rule in book.rules
    ]


def may_shed(book: RuleBook, observation: Observation, usage: Usage) -> Decision:
    """Return whether a payee's money of `book` may become unmarked on this evidence."""
    effect = book.shed()
    if effect is None:
        return Decision(Reason.CONVERSION_NOT_ALLOWED, "", 0, 0)
    reason, value, limit = verdict(effect.condition, observation, usage)
    return Decision(reason, effect.id, value, limit) if reason else ALLOWED


def applies(rule: Rule, observation: Observation) -> bool:
    """Return whether `rule` guards this operation on this day."""
    if _OPERATION_NAMES[observation.operation] not in rule.on:
        return False
    if rule.valid_from is None and rule.valid_until is None:
        return True
    day = _date(observation.day)
    return (rule.valid_from is None or rule.valid_from <= day) and (
        rule.valid_until is None or day <= rule.valid_until
    )


def window_of(period: Period, day: int) -> int:
    """Return the number of the window of `period` that the local day number `day` lies in."""
    match period:
        case Period.DAY:
            return day
        case Period.WEEK:
            # Day 0 is a Thursday; weeks begin on Monday.
            return (day + 3) // 7
        case Period.MONTH:
            date = _date(day)
            return date.year * 12 + date.month - 1
        case _:
            assert_never(period)


def verdict(condition: Condition, seen: Observation, usage: Usage) -> Verdict:
    """Return what `condition` says about `seen`."""
    # Matching on `kind` instead of the class: `isinstance` of pydantic classes is ten times dearer.
    match condition.kind:
        case "purpose_is":
            return _require(seen.purpose in condition.purposes, condition.reason)
        case "merchant_category_in":
            return _require(seen.category in condition.categories, condition.reason)
        case "payee_in":
            is_named = seen.payee in condition.payees
            is_contracted = condition.contracted and _has(seen, Evidence.PAYEE_CONTRACTED)
            return _require(is_named or is_contracted, condition.reason)
        case "time_window":
            return _in_window(condition, seen)
        case "within_validity":
            first, last = (day.toordinal() - _EPOCH for day in (condition.since, condition.until))
            return _between(seen.day, first, last + 1, condition.reason)
        case "amount_at_most":
            return _at_most(seen.amount_tiyn, condition.limit, condition.reason)
        case "amount_per_period_at_most" | "count_per_period_at_most":
            return _periodic(condition, seen, usage)
        case "beneficiary_eligible":
            return _require(_has(seen, Evidence.BENEFICIARY_ELIGIBLE), condition.reason)
        case "presence_proven":
            proven = any(_has(seen, method.evidence) for method in condition.methods)
            return _require(proven, condition.reason)
        case "evidence_present":
            present = sum(_has(seen, register.evidence) for register in condition.registers)
            required = len(condition.registers)
            return _require(present == required, condition.reason, present, required)
        case "conversion_forbidden":
            return _require(seen.operation is not Operation.CONVERT, condition.reason)
        case "all_of":
            failed = [v for part in condition.conditions if (v := verdict(part, seen, usage)).reason]
            # `min` keeps the first of equals, which is the order of the book.
            return min(failed, key=lambda answer: answer.reason) if failed else PASSED
        case "any_of":
            passed = sum(not verdict(part, seen, usage).reason for part in condition.conditions)
            return _require(passed > 0, condition.reason, passed, 1)
        case "not":
            return _require(verdict(condition.condition, seen, usage).reason > 0, condition.reason)
        case _:
            assert_never(condition.kind)


def _in_window(condition: TimeWindow, seen: Observation) -> Verdict:
    weekday = (seen.day + 3) % 7
    if _WEEKDAYS[weekday] not in condition.weekdays:
        return Verdict(condition.reason, weekday + 1, len(condition.weekdays))
    return _between(seen.time_of_day_us, condition.since, condition.until, condition.reason)


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
        return _at_most(payments + 1, condition.limit, condition.reason)
    return _at_most(amount_tiyn + seen.amount_tiyn, condition.limit, condition.reason)


def _at_most(value: int, limit: int, reason: Reason) -> Verdict:
    return PASSED if value <= limit else Verdict(reason, value, limit)


def _require(is_met: bool, reason: Reason, value: int = 0, limit: int = 0) -> Verdict:  # noqa: FBT001
    return PASSED if is_met else Verdict(reason, value, limit)


def _has(seen: Observation, flag: Evidence) -> bool:
    # Plain integers: combining IntFlag members costs ten times as much.
    return bool(seen.evidence & flag.value)


def _date(day: int) -> datetime.date:
    return datetime.date.fromordinal(day + _EPOCH)
