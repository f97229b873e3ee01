"""Waiting longer for money never brings a bidder nor lowers a price, whatever the market is like.

Goal: the direction of model §3, by construction and lot by lot, not only on average. Method:
markets are drawn at random, and each is asked twice, with two delays; then a year of lots is.
"""

from hypothesis import given
from hypothesis import strategies as st

from tengesim.codes import Kind
from tengesim.institutions.procurement.bidding import Candidate, Need, Terms, bids_for, cheapest
from tengesim.institutions.procurement.works import HONEST_LOT, LotConduct, Method
from tests.procurement_world import Hall, firm, hall, lot, plan_of

METHODS = st.sampled_from(
    [Method.OPEN_TENDER, Method.SCORING_TENDER, Method.AUCTION, Method.QUOTATIONS, Method.E_STORE]
)
CONDUCTS = st.sampled_from([HONEST_LOT, LotConduct(overpricing_bp=3_000)])


@st.composite
def needs(draw: st.DrawFn) -> Need:
    """Draw a lot with up to eight suppliers who consider it."""
    count = draw(st.integers(1, 8))
    estimate_tiyn = draw(st.integers(1, 10**13))
    cost_tiyn = max(estimate_tiyn * draw(st.integers(5_000, 10_500)) // 10_000, 1)
    market = tuple(
        Candidate(
            firm(f"firm-{number}"),
            cost_bp=draw(st.integers(8_000, 12_000)),
            bidding_bp=draw(st.integers(0, 100)),
            is_able=draw(st.booleans()),
            word=draw(st.integers(0, 2**64 - 1)),
        )
        for number in range(count)
    )
    asked = lot(estimate_tiyn=estimate_tiyn, true_cost_tiyn=cost_tiyn)
    return Need(asked, draw(CONDUCTS), cost_tiyn, market)


@given(
    need=needs(),
    method=METHODS,
    delay_days=st.integers(0, 200),
    longer_days=st.integers(0, 200),
    inadmissible_bp=st.integers(0, 10_000),
)
def test_no_lot_has_more_bidders_or_a_lower_price_for_a_longer_delay(
    need: Need, method: Method, delay_days: int, longer_days: int, inadmissible_bp: int
) -> None:
    """Of one lot bidders and admissible bids can only fall, and the price of the best only rise."""
    terms = Terms(2_200, delay_days, inadmissible_bp, failing_bp=1_000)
    later = terms._replace(delay_days=delay_days + longer_days)
    soon_bids = bids_for(need, terms, method=method, round_=1)
    late_bids = bids_for(need, later, method=method, round_=1)
    soon = [bid.price_tiyn for bid in soon_bids if bid.is_admissible]
    late = [bid.price_tiyn for bid in late_bids if bid.is_admissible]

    assert {bid.firm for bid in late_bids} <= {bid.firm for bid in soon_bids}
    assert len(late) <= len(soon)
    assert not late or late[0] >= soon[0]
    assert all(price <= need.lot.estimate_tiyn for price in (*soon, *late))
    assert cheapest(need, later) is None or cheapest(need, terms) is not None


def year(delay_days: int | None) -> Hall:
    """Return the large lots of a small year, tendered under an expected delay."""
    lots = [one for one in plan_of(scale="0.1").lots if one.layer == "large"]
    world = hall(delay_days=delay_days)
    world.hold(lots, days=500)
    return world


def test_thirty_days_more_lower_bidders_and_raise_prices_over_a_year() -> None:
    """Over the year the means move as each lot does, and they do move."""
    soon, late = year(20), year(50)
    prices = {award.lot.id: award.price_tiyn for award in soon.awards}
    both = [award for award in late.awards if award.lot.id in prices]

    assert len(late.rows(Kind.BID)) < len(soon.rows(Kind.BID))
    assert all(award.price_tiyn >= prices[award.lot.id] for award in both)
    assert sum(award.price_tiyn for award in both) > sum(prices[award.lot.id] for award in both)


def test_who_does_not_mind_waiting_bids_the_same_whatever_the_delay() -> None:
    """Without a response all rows are equal, which is what pairs the arms of a study."""
    assert year(None).rows() == year(0).rows()


def test_who_minds_waiting_bids_otherwise() -> None:
    """The response is there at all: two delays give two worlds."""
    assert year(0).rows() != year(60).rows()


def test_bidders_and_savings_come_out_about_as_published() -> None:
    """Facts 3.2.3 and 3.1.13, where suppliers expect to wait three weeks: neither is put in.

    The bounds are wide: 65 lots, and what is published is of other regions and years.
    """
    world = year(20)
    tendered = [award for award in world.awards if award.method.is_competitive]
    bidders = [sum(bid.is_admissible for bid in award.bids) for award in tendered]
    estimates_tiyn = sum(award.lot.estimate_tiyn for award in tendered)
    saving = 1 - sum(award.price_tiyn for award in tendered) / estimates_tiyn

    assert 3.16 < sum(bidders) / len(bidders) < 5
    assert 0.015 < saving < 0.04
