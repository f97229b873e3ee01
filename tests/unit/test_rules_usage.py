"""What was used counts by payer and window, and is forgotten when the window is over."""

import pytest

from tengesim.rules.evaluate import Used, window_of
from tengesim.rules.model import RuleBook
from tengesim.rules.terms import Period
from tengesim.rules.usage import PeriodicUsage, periods_of
from tests.rule_books import LUNCH, Raw, book, day


def used(usage: PeriodicUsage, payer: str, period: Period, text: str) -> Used:
    """Return what the payer used in the window that a day lies in."""
    return usage.of(payer, period, window_of(period, day(text)))


def test_payments_count_in_every_window_they_lie_in() -> None:
    """Goal: day, week and month at once. Method: payments on both sides of each boundary."""
    usage = PeriodicUsage(tuple(Period))
    for text, amount_tiyn in (("2026-01-31", 1), ("2026-02-01", 10), ("2026-02-01", 100)):
        usage.add("alma", day(text), amount_tiyn)

    assert used(usage, "alma", Period.DAY, "2026-02-01") == (2, 110)
    assert used(usage, "alma", Period.WEEK, "2026-02-01") == (3, 111)
    assert used(usage, "alma", Period.MONTH, "2026-02-01") == (2, 110)


def test_a_window_that_is_over_is_forgotten() -> None:
    """Goal: limits begin anew. Method: ask about the next window before and after paying in it."""
    usage = PeriodicUsage((Period.DAY,))
    usage.add("alma", day("2026-02-02"), 5)
    assert used(usage, "alma", Period.DAY, "2026-02-03") == (0, 0)
    assert used(usage, "alma", Period.DAY, "2026-02-02") == (1, 5)

    usage.add("alma", day("2026-02-03"), 7)
    assert used(usage, "alma", Period.DAY, "2026-02-03") == (1, 7)
    assert used(usage, "alma", Period.DAY, "2026-02-02") == (0, 0)


def test_payers_do_not_share_their_limits() -> None:
    """Goal: one payer's lunch is not another's. Method: two payers on one day."""
    usage = PeriodicUsage((Period.DAY,))
    usage.add("alma", day("2026-02-02"), 5)
    assert used(usage, "dina", Period.DAY, "2026-02-02") == (0, 0)


def test_only_the_periods_asked_for_are_counted() -> None:
    """Goal: no memory for what no rule reads. Method: a usage of weeks, asked for days."""
    usage = PeriodicUsage((Period.WEEK,))
    usage.add("alma", day("2026-02-02"), 5)
    assert used(usage, "alma", Period.WEEK, "2026-02-03") == (1, 5)
    assert used(usage, "alma", Period.DAY, "2026-02-02") == (0, 0)


WEEKLY: Raw = {"kind": "amount_per_period_at_most", "period": "week", "limit": "5 KZT"}
DAILY: Raw = {"kind": "count_per_period_at_most", "period": "day", "limit": 1}


@pytest.mark.parametrize(
    ("conditions", "periods"),
    [
        ({}, ()),
        ({"a": {"kind": "beneficiary_eligible"}}, ()),
        ({"a": WEEKLY, "b": DAILY, "c": WEEKLY}, (Period.DAY, Period.WEEK)),
        ({"a": {"kind": "not", "condition": WEEKLY}}, (Period.WEEK,)),
        (
            {
                "a": {
                    "kind": "any_of",
                    "conditions": [{"kind": "all_of", "conditions": [DAILY]}, WEEKLY],
                }
            },
            (Period.DAY, Period.WEEK),
        ),
    ],
)
def test_periods_are_found_in_every_part(
    conditions: dict[str, Raw], periods: tuple[Period, ...]
) -> None:
    """Goal: every limit has its memory. Method: limits alone, repeated and deep inside."""
    assert periods_of(book(conditions)) == periods


def test_periods_of_the_effects_count_too() -> None:
    """Goal: a limit on shedding has its memory. Method: a limit only in an effect."""
    effect = {
        "kind": "sheds_mark",
        "id": "shed",
        "condition": DAILY,
        "text": {"en": "Once a day."},
        "reference": "assumption",
    }
    assert periods_of(book({}, effect)) == (Period.DAY,)
    assert periods_of(RuleBook()) == ()
    assert periods_of(LUNCH) == (Period.DAY,)
