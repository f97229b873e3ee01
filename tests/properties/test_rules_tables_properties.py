"""Tables and shared counters under any books, any payments and any past Hypothesis thinks of."""

from datetime import date, timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tengesim.rules.compile import compile_books, facts_of
from tengesim.rules.counters import UsageTable, add_use, used_of, windows_of
from tengesim.rules.evaluate import decide, window_of
from tengesim.rules.model import RuleBook
from tengesim.rules.tables import COUNT, FACTS, TOTAL
from tengesim.rules.tables import decide as walk
from tengesim.rules.terms import OperationName, Period
from tengesim.rules.usage import PeriodicUsage, periods_of
from tests.boundary_facts import Story
from tests.properties.test_rules_properties import (
    BOOKS,
    CONDITIONS,
    TIYN,
    booked,
    numbered,
    stories,
)
from tests.rule_books import MONDAY, Raw, lunch
from tests.tabled_rules import PRODUCT

PAYERS = ("alma", "dina", "serik")
SLOTS = {"alma": 2, "dina": 0, "serik": 1}
NAMES = [name.value for name in OperationName]
VALID_DAYS = st.none() | st.integers(-12, 40).map(
    lambda step: (date(2026, 2, 2) + timedelta(days=step)).isoformat()
)
DEEP: st.SearchStrategy[Raw] = st.recursive(
    CONDITIONS,
    lambda parts: st.one_of(
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["all_of", "any_of"]),
                "conditions": st.lists(parts, min_size=1, max_size=4),
            }
        ),
        st.fixed_dictionaries({"kind": st.just("not"), "condition": parts}),
    ),
    max_leaves=12,
)
PAYMENTS = st.lists(
    st.tuples(st.sampled_from(PAYERS), st.integers(0, 12), st.integers(1, 6)), max_size=30
)
PERIODS = st.lists(st.sampled_from(list(Period)), unique=True).map(
    lambda drawn: tuple(period for period in Period if period in drawn)
)


@st.composite
def dated_books(draw: st.DrawFn, conditions: st.SearchStrategy[list[Raw]]) -> RuleBook:
    """Draw a book with rules on any operations, in force in any days."""
    rules = numbered(draw(conditions))
    for one in rules:
        one["on"] = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
        one |= {"valid_from": draw(VALID_DAYS), "valid_until": draw(VALID_DAYS)}
    return booked(rules)


@given(
    books=st.lists(dated_books(BOOKS | st.lists(DEEP, max_size=3)), min_size=1, max_size=4),
    stories=st.lists(stories(), min_size=1, max_size=4),
)
def test_any_books_decide_as_the_evaluator(books: list[RuleBook], stories: list[Story]) -> None:
    """Goal: one meaning. Method: any books in one set of tables, any payments."""
    laid = compile_books(books)
    for place, book in enumerate(books):
        for seen, before in stories:
            assert decide(book, seen, before) == PRODUCT.decision(laid, place, seen, before)


@settings(max_examples=20)
@given(book=dated_books(st.lists(CONDITIONS, min_size=40, max_size=60)), story=stories())
def test_a_large_book_decides_as_the_evaluator(book: RuleBook, story: Story) -> None:
    """Goal: precedence among many. Method: dozens of rules that fail for all reasons."""
    laid = compile_books([book])
    assert decide(book, *story) == PRODUCT.decision(laid, 0, *story)


@given(
    payments=PAYMENTS,
    periods=PERIODS,
    epoch=st.sampled_from([MONDAY - 5, -6, 1_000_000]),
    asked=st.tuples(st.sampled_from(PAYERS), st.integers(-1, 40)),
)
def test_counters_count_as_the_readable_usage(
    payments: list[tuple[str, int, int]],
    periods: tuple[Period, ...],
    epoch: int,
    asked: tuple[str, int],
) -> None:
    """Goal: one memory. Method: any payments in any order of days, any window asked for."""
    readable, table = PeriodicUsage(periods), UsageTable(periods, len(PAYERS), SLOTS.__getitem__)
    for payer, step, amount_tiyn in payments:
        for usage in (readable, table):
            usage.add(payer, epoch + step, amount_tiyn)
    payer, step = asked
    for period in Period:
        window = window_of(period, epoch + step)
        assert readable.of(payer, period, window) == table.of(payer, period, window)


LIMITS: st.SearchStrategy[Raw] = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just("amount_per_period_at_most"),
            "period": st.sampled_from([period.value for period in Period]),
            "limit": TIYN,
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("count_per_period_at_most"),
            "period": st.sampled_from([period.value for period in Period]),
            "limit": st.integers(0, 4),
        }
    ),
    CONDITIONS,
)


@given(raws=st.lists(LIMITS, min_size=1, max_size=4), payments=PAYMENTS)
def test_a_history_is_decided_payment_by_payment_as_the_readable_one(
    raws: list[Raw], payments: list[tuple[str, int, int]]
) -> None:
    """Goal: limits meet their memory. Method: what is allowed is counted, in compiled code only."""
    book = booked(numbered(raws))
    laid, usage = compile_books([book]), PeriodicUsage(periods_of(book))
    table = UsageTable(periods_of(book), len(PAYERS), SLOTS.__getitem__)
    # What stood in the facts before must not matter.
    left_over = np.full(FACTS, 10**6, dtype=np.int64)
    day = MONDAY - 3
    for payer, step, amount_tiyn in payments:
        day += step // 4
        seen = lunch(payer=payer, day=day, amount_tiyn=amount_tiyn)
        expected = decide(book, seen, usage)
        facts = facts_of(laid, seen)
        facts[TOTAL : COUNT + len(Period)] = left_over[TOTAL : COUNT + len(Period)]
        slot, windows = SLOTS[payer], windows_of(day)
        used_of(table.counters, table.periods, slot, windows, facts)
        start = laid.starts[0, seen.operation]
        reason, rule, value, limit = walk(laid.rows, laid.members, start, facts)
        actual: tuple[Any, ...] = (reason, f"r{rule}" if rule >= 0 else "", value, limit)
        assert tuple(expected)[:4] == actual
        if not reason:
            usage.add(payer, day, amount_tiyn)
            add_use(table.counters, table.periods, slot, windows, amount_tiyn)
            # Readable code sees what compiled code has counted.
            for period in Period:
                window = window_of(period, day)
                assert usage.of(payer, period, window) == table.of(payer, period, window)
