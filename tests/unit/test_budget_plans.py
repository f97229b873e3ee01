"""Plans of a budget line: cumulative, exact to the tiyn, and never exceeded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.errors import InvariantError
from tengesim.institutions.treasury.plans import MONTHS, PlanAccount, by_month
from tengesim.money import BP

EVEN = (1,) * MONTHS
JANUARY = (BP, *(0,) * (MONTHS - 1))
shares = st.lists(st.integers(0, BP), min_size=MONTHS, max_size=MONTHS).filter(any)
amounts = st.integers(0, 10**17)


@given(total=amounts, months=shares)
def test_the_months_of_a_plan_make_its_year(total: int, months: list[int]) -> None:
    """Goal: nothing is lost in dividing. Method: any total and shares, parts within one tiyn."""
    parts = by_month(total, tuple(months))
    assert sum(parts) == total
    for part, share in zip(parts, months, strict=True):
        assert abs(part * sum(months) - total * share) < sum(months)


@given(
    total=amounts,
    months=shares,
    acts=st.lists(st.tuples(st.integers(1, MONTHS), st.booleans(), st.integers(1, 10**17))),
)
def test_no_order_of_acts_leads_beyond_a_plan(
    total: int, months: list[int], acts: list[tuple[int, bool, int]]
) -> None:
    """Goal: what fits is taken, what does not is an error. Method: acts of any size, in order."""
    account = PlanAccount("line", total, tuple(months), tuple(reversed(months)))
    registered = paid = 0
    for month, is_payment, amount in sorted(acts, key=lambda act: act[0]):
        room = account.room_to_pay(month) if is_payment else account.room_to_register(month)
        take = account.pay if is_payment else account.register
        if amount > room:
            with pytest.raises(InvariantError, match="beyond its plan"):
                take(amount, month)
            continue
        take(amount, month)
        paid += amount * is_payment
        registered += amount * (not is_payment)
        assert account.paid_tiyn == paid <= sum(by_month(total, tuple(reversed(months)))[:month])
        assert account.registered_tiyn == registered <= sum(by_month(total, tuple(months))[:month])


@given(total=amounts, spent_bp=st.integers(0, BP))
def test_what_is_unspent_dies_or_stays_and_is_never_both(total: int, spent_bp: int) -> None:
    """Goal: lapse + kept = unspent. Method: close the same year both ways, then look at January."""
    spent = total * spent_bp // BP
    rooms, lapsed = {}, {}
    for lapse in (True, False):
        account = PlanAccount("line", total, JANUARY, EVEN)
        account.pay(spent, MONTHS)
        lapsed[lapse] = account.close_year(lapse=lapse)
        rooms[lapse] = account.room_to_pay(1)
    assert lapsed == {True: total - spent, False: 0}
    assert rooms[True] == by_month(total, EVEN)[0]
    assert rooms[False] == rooms[True] + total - spent


def test_a_month_leaves_what_it_does_not_use_to_the_next() -> None:
    """Goal: plans are cumulative. Method: a year of 1,200 by hand."""
    account = PlanAccount("line", 1_200, JANUARY, EVEN)
    assert [account.room_to_pay(month) for month in (1, 2, 12)] == [100, 200, 1_200]
    account.pay(60, 1)
    assert account.room_to_pay(2) == 140
    assert account.room_to_register(1) == account.room_to_register(12) == 1_200
