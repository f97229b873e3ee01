"""Broken evaluators and broken boxes are caught: the tests that compare them have teeth."""

from collections.abc import Callable
from typing import Any

import pytest

from tengesim.rules import evaluate, regions
from tengesim.rules.conditions import TimeWindow
from tengesim.rules.evaluate import Decision, Used
from tengesim.rules.model import RuleBook
from tengesim.rules.regions import Box, Interval
from tengesim.rules.terms import Period
from tengesim.rules.verdicts import PASSED, Verdict
from tests.exhaustive import test_rules_check_exhaustive as boxed
from tests.exhaustive import test_rules_exhaustive as judged
from tests.rule_books import ATOMS

Broken = Callable[..., Any]


def late_by_one(value: int, limit: int, reason: Any) -> Verdict:  # noqa: ANN401
    """Refuse at the limit instead of above it."""
    return PASSED if value < limit else Verdict(reason, value, limit)


def open_at_the_end(value: int, first: int, end: int, reason: Any) -> Verdict:  # noqa: ANN401
    """Let the first moment that is too late pass."""
    if value < first:
        return Verdict(reason, value, first)
    return PASSED if value <= end else Verdict(reason, value, end)


def any_weekday(condition: TimeWindow, seen: Any) -> Verdict:  # noqa: ANN401
    """Forget the weekdays."""
    return open_at_the_end(
        seen.time_of_day_us, condition.since, condition.end_us - 1, condition.reason
    )


def last_of_equals(condition: Any, seen: Any, usage: Any) -> Verdict:  # noqa: ANN401
    """Let the last of equal reasons decide in a conjunction."""
    parts = [evaluate.verdict(part, seen, usage) for part in condition.conditions]
    failed = [part for part in parts if part.reason]
    return min(reversed(failed), key=lambda part: part.reason, default=PASSED)


def only_before(condition: Any, seen: Any, usage: Any) -> Verdict:  # noqa: ANN401
    """Forget this payment in periodic limits."""
    used = usage.of(seen.payer, condition.period, 0)
    value = used.payments if "count" in condition.kind else used.amount_tiyn
    return PASSED if value <= condition.limit else Verdict(condition.reason, value, condition.limit)


def first_rule_decides(book: RuleBook, seen: Any, usage: Any) -> Decision:  # noqa: ANN401
    """Stop at the first failing rule, whatever its reason."""
    for rule in book.guards[seen.operation]:
        answer = evaluate.verdict(rule.condition, seen, usage)
        if answer.reason:
            return Decision(answer.reason, rule.id, answer.value, answer.limit)
    return evaluate.ALLOWED


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("at_most", late_by_one),
        ("_between", open_at_the_end),
        ("_in_window", any_weekday),
        ("_first_by_reason", last_of_equals),
        ("_periodic", only_before),
        ("_CONTRACTED", 0),
        ("_ELIGIBLE", 128),
    ],
)
def test_a_broken_condition_differs_from_the_naive_one(
    name: str, broken: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: the exhaustive comparison bites. Method: break one part of the evaluator."""
    monkeypatch.setattr(evaluate, name, broken)
    with pytest.raises(AssertionError):
        judged.test_every_condition_gives_the_naive_verdict_at_every_boundary()


def test_a_broken_precedence_differs_from_the_naive_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: precedence is compared too. Method: let the first failing rule decide."""
    monkeypatch.setattr(judged, "decide", first_rule_decides)
    with pytest.raises(AssertionError):
        judged.test_every_book_of_two_rules_decides_as_the_naive_one()


def with_a_gap(whole: Interval, inside: Interval, *, is_met: bool) -> list[Interval]:
    """Lose the value next to the boundary."""
    if is_met:
        return [Interval(max(whole.low, inside.low), min(whole.high, inside.high) - 1)]
    return [Interval(inside.high + 1, whole.high)]


def all_flags(flags: list[int], *, is_met: bool) -> list[Box]:
    """Demand every flag where any is enough."""
    return [Box(present=sum(flags))] if is_met else [Box(absent=sum(flags))]


def some_day(box: Box, wished: int) -> int | None:
    """Forget the weekdays when looking for a day."""
    return box.days.nearest(wished) if box.days.low <= box.days.high else None


def rich_before(box: Box, wished_tiyn: int, is_used: tuple[bool, ...]) -> Any:  # noqa: ANN401
    """Say that nobody can have paid nothing before."""
    return (wished_tiyn, dict.fromkeys(Period, Used(1, 1))) if all(is_used) else None


def compare_all_boxes() -> None:
    """Compare the boxes of every condition without parts with the evaluator."""
    for raw in ATOMS:
        boxed.test_boxes_hold_exactly_the_payments_that_pass(raw)


@pytest.mark.parametrize(("name", "broken"), [("_split", with_a_gap), ("_flags", all_flags)])
def test_broken_boxes_differ_from_the_evaluator(
    name: str, broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: the arithmetic of checks is compared. Method: break one part of it."""
    monkeypatch.setattr(regions, name, broken)
    with pytest.raises(AssertionError):
        compare_all_boxes()


@pytest.mark.parametrize(
    ("name", "broken"), [("_day_inside", some_day), ("_usage_of", rich_before)]
)
def test_broken_examples_differ_from_the_evaluator(
    name: str, broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: examples are tried out. Method: break the search for a day and for a past."""
    monkeypatch.setattr(regions, name, broken)
    with pytest.raises(AssertionError):
        boxed.test_an_example_is_found_exactly_where_trying_finds_one()
