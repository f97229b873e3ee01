"""Suppliers expect what terms and papers suggest, and ever more what they hear of payments.

Goal: a first impression fades with experience and nobody jumps to conclusions. Method: the mean
that is stated, computed apart, for any list of payments.
"""

from hypothesis import given
from hypothesis import strategies as st

from tengesim.engine.bulletin import Board
from tengesim.institutions.procurement.waiting import PAID, Waiting
from tests.procurement_world import lot

DAYS = st.integers(0, 400)


@given(first=DAYS, weight=st.integers(1, 500), heard=st.lists(DAYS, max_size=50))
def test_what_is_expected_is_the_mean_of_impression_and_payments(
    first: int, weight: int, heard: list[int]
) -> None:
    """The first impression counts as many payments as its weight says; days are rounded down."""
    board = Board()
    waiting = Waiting(lambda _lot: first, board, weight=weight)
    for days in heard:
        board.announce(PAID, days)

    assert waiting.expected_days(lot()) == (first * weight + sum(heard)) // (weight + len(heard))


@given(weight=st.integers(1, 500), heard=st.lists(DAYS, max_size=50), more=st.integers(0, 90))
def test_whoever_hears_of_longer_delays_expects_no_shorter_one(
    weight: int, heard: list[int], more: int
) -> None:
    """Thirty days more in every payment are never a reason to expect less."""
    soon, late = Board(), Board()
    sooner = Waiting(lambda _lot: 20, soon, weight=weight)
    later = Waiting(lambda _lot: 20 + more, late, weight=weight)
    for days in heard:
        soon.announce(PAID, days)
        late.announce(PAID, days + more)

    assert later.expected_days(lot()) == sooner.expected_days(lot()) + more
