"""What a tender costs is what order statistics say of the lowest and second lowest cost.

Of n costs that are uniform on (0, 1) the lowest is 1 / (n + 1) on average and the second lowest
2 / (n + 1), with the variance 2 (n - 1) / ((n + 1)² (n + 2)). An auction ends at the second lowest
cost; a sealed tender has the same price on average, where everybody asks its cost and an n-th of
what is left to the ceiling. Every claim has a twin with a mean 10 % off, which must fail.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from tengesim.institutions.procurement.bidding import Candidate, Need, Terms, bids_for
from tengesim.institutions.procurement.works import HONEST_LOT, Method
from tengesim.streams import Streams, below
from tests.procurement_world import firm, lot

pytestmark = pytest.mark.statistics

STANDARD_ERRORS = 3.29
LOTS, BIDDERS = 20_000, 5
CEILING_TIYN = 10**11
FIRMS = [firm(f"firm-{number}") for number in range(BIDDERS)]
FREE = Terms(financing_bp=0, delay_days=0, inadmissible_bp=0, failing_bp=0)


class Seen(NamedTuple):
    """Of many lots the lowest cost, and the price, as parts of the ceiling."""

    lowest: np.ndarray[tuple[int], np.dtype[np.float64]]
    prices: np.ndarray[tuple[int], np.dtype[np.float64]]


@cache
def tendered(method: Method) -> Seen:
    """Return what many lots cost when five suppliers with uniform costs bid for each.

    A cost is a number of the ten thousandth parts of the ceiling, so the grid shifts a mean by
    half of one of them at most, far less than a standard error.
    """
    ids = np.arange(LOTS, dtype=np.int64)
    costs = [below(Streams(5).words("costs", ids, place), 10_001).tolist() for place in range(5)]
    lowest: list[float] = []
    prices: list[float] = []
    asked = lot(method=method, estimate_tiyn=CEILING_TIYN, true_cost_tiyn=CEILING_TIYN)
    for of_lot in zip(*costs, strict=True):
        market = tuple(
            Candidate(one, cost_bp, 0, is_able=True, word=0)
            for one, cost_bp in zip(FIRMS, of_lot, strict=True)
        )
        need = Need(asked, HONEST_LOT, CEILING_TIYN, market)
        bids = bids_for(need, FREE, method=method, round_=1)
        winner = of_lot[FIRMS.index(bids[0].firm)]
        lowest.append(winner / 10_000)
        prices.append(bids[0].price_tiyn / CEILING_TIYN)
    return Seen(np.array(lowest), np.array(prices))


def variance(rank: int) -> float:
    """Return the variance of the order statistic of this rank among uniform costs."""
    return rank * (BIDDERS + 1 - rank) / ((BIDDERS + 1) ** 2 * (BIDDERS + 2))


def errors(seen: float, claimed: float, spread: float) -> float:
    """Return by how many standard errors a mean differs from a claimed one."""
    return abs(seen - claimed) / (spread / math.sqrt(LOTS))


@pytest.mark.parametrize("method", [Method.AUCTION, Method.OPEN_TENDER])
def test_the_cheapest_supplier_wins(method: Method) -> None:
    """The winner's cost is 1 / (n + 1) on average, by either method."""
    assert errors(tendered(method).lowest.mean(), 1 / 6, math.sqrt(variance(1))) < STANDARD_ERRORS


def test_an_auction_ends_at_the_second_lowest_cost() -> None:
    """The price is 2 / (n + 1) on average, with the variance of the second order statistic."""
    prices = tendered(Method.AUCTION).prices

    assert errors(prices.mean(), 1 / 3, math.sqrt(variance(2))) < STANDARD_ERRORS
    assert abs(prices.var() - 0.031746) < 0.001


def test_a_sealed_tender_costs_as_much_as_an_auction() -> None:
    """Shading makes up for what the second lowest cost takes: the mean price is the same.

    Its variance is that of the lowest cost, times the square of the part 1 - 1/n that counts.
    """
    prices = tendered(Method.OPEN_TENDER).prices
    spread = math.sqrt(variance(1)) * (1 - 1 / BIDDERS)

    assert errors(prices.mean(), 1 / 3, spread) < STANDARD_ERRORS
    assert prices.var() < tendered(Method.AUCTION).prices.var()


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_a_mean_ten_per_cent_off_is_noticed(factor: float) -> None:
    """The twins: each claim fails for a claimed mean that is a tenth off."""
    auction, sealed = tendered(Method.AUCTION), tendered(Method.OPEN_TENDER)
    spreads = math.sqrt(variance(1)), math.sqrt(variance(2))

    assert errors(auction.lowest.mean(), factor / 6, spreads[0]) > STANDARD_ERRORS
    assert errors(auction.prices.mean(), factor / 3, spreads[1]) > STANDARD_ERRORS
    assert errors(sealed.prices.mean(), factor / 3, spreads[0] * 0.8) > STANDARD_ERRORS
