"""The luck of a pool has the variance of blocks that are won one by one, and no other.

Of n blocks of the network a pool with the share p wins a binomial number: n·p on average, with the
variance n·p·(1 - p). Every claim has a twin with the share 10 % off, which must fail.
"""

import datetime as dt
import math
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from tengesim.institutions.mining.luck import Stretch, found
from tengesim.institutions.mining.works import Works
from tengesim.streams import Streams
from tests.mining_world import Quotes, assumed, days_from, mining

pytestmark = pytest.mark.statistics

STANDARD_ERRORS = 3.29
BLOCKS, DAYS = 144, 40_000
SHARES_BP = (500, 1_500, 3_000)
START = dt.date(2026, 1, 1)
REWARD_MICRO_SAT = 312_500_000 * 10**6


@cache
def counts(share_bp: int) -> NDArray[np.int64]:
    """Return the blocks that a pool finds on each of many days."""
    days = [Stretch(BLOCKS * day, BLOCKS, share_bp, 10_000) for day in range(DAYS)]
    return np.array(found(Streams(11), days))


def errors_of_the_mean(share_bp: int, claimed_bp: float) -> float:
    """Return by how many standard errors the mean differs from that of a claimed share."""
    seen, share = counts(share_bp), claimed_bp / 10_000
    spread = math.sqrt(BLOCKS * share * (1 - share) / DAYS)
    return abs(float(seen.mean()) - BLOCKS * share) / spread


def errors_of_the_variance(share_bp: int, claimed: float) -> float:
    """Return by how many standard errors the variance differs from a claimed one.

    Its own spread is taken from the fourth moment of what was seen.
    """
    apart = counts(share_bp) - counts(share_bp).mean()
    squares = apart**2
    return abs(float(squares.mean()) - claimed) / (float(squares.std()) / math.sqrt(DAYS))


def binomial(share_bp: float) -> float:
    """Return the variance of a day's blocks."""
    share = share_bp / 10_000
    return BLOCKS * share * (1 - share)


@pytest.mark.parametrize("share_bp", SHARES_BP)
def test_a_pool_finds_its_share_of_blocks(share_bp: int) -> None:
    """Goal: luck favours nobody. Method: mean of 40,000 days against n·p, and 1.1 times it."""
    assert errors_of_the_mean(share_bp, share_bp) < STANDARD_ERRORS
    assert errors_of_the_mean(share_bp, 1.1 * share_bp) > STANDARD_ERRORS


@pytest.mark.parametrize("share_bp", SHARES_BP)
def test_luck_has_the_right_variance(share_bp: int) -> None:
    """Goal: the right variance. Method: 40,000 days against n·p·(1 - p), and 1.1 times it."""
    assert errors_of_the_variance(share_bp, binomial(share_bp)) < STANDARD_ERRORS
    assert errors_of_the_variance(share_bp, 1.1 * binomial(share_bp)) > STANDARD_ERRORS


@pytest.mark.parametrize("share_bp", SHARES_BP)
def test_the_luck_of_one_day_says_nothing_of_the_next(share_bp: int) -> None:
    """Goal: draws are independent. Method: correlation of neighbouring days against 0."""
    seen = counts(share_bp)
    together = np.corrcoef(seen[1:], seen[:-1])[0, 1]
    assert abs(together) * math.sqrt(DAYS) < STANDARD_ERRORS


def finds(share: str, seeds: range, count: int = 10) -> NDArray[np.float64]:
    """Return what a fleet of 100 MW finds in some days of 144 blocks, in micro-satoshi."""
    section = mining(100, pool={"share": assumed(share), "luck": True})
    days = days_from(START, count)
    outputs = [Works(section, Quotes(), Streams(seed), START).run(days) for seed in seeds]
    assert len({output.expected_micro_sat for output in outputs}) == 1
    return np.array([float(output.micro_sat) for output in outputs])


def test_a_fleet_shares_the_luck_of_its_pool() -> None:
    """Goal: coins vary as the pool's blocks times the fleet's part. Method: 6,000 seeds.

    The fleet has 0.526 % of the network, so of a pool of 5 % it has a tenth of every block.
    """
    seen, share, fleet = finds("5 %", range(6_000)), 0.05, 1e8 / 17.5 * 0.92 / 1e9
    blocks, block = 10 * BLOCKS, REWARD_MICRO_SAT * fleet / share
    variance = blocks * share * (1 - share) * block**2
    error = math.sqrt(2 / len(seen))
    ratio = seen.var(ddof=1) / variance
    assert abs(ratio - 1) < STANDARD_ERRORS * error
    assert abs(ratio / 1.1 - 1) > STANDARD_ERRORS * error
    mean = blocks * fleet * REWARD_MICRO_SAT
    assert abs(seen.mean() - mean) < STANDARD_ERRORS * math.sqrt(variance / len(seen))


def test_a_larger_pool_has_less_luck() -> None:
    """Goal: pooling evens out. Method: the same fleet in pools of 1 % and 30 %, 100 seeds."""
    small, large = (finds(share, range(100)).std() for share in ("1 %", "30 %"))
    assert small > 3 * large


def test_luck_hangs_on_the_block_alone() -> None:
    """Goal: a larger fleet changes no luck. Method: 30 and 100 MW find in proportion, seed by seed.

    Both are in one pool, so they have parts of the same blocks.
    """
    days = days_from(START, 31)
    for seed in range(5):
        thirty, hundred = (
            Works(mining(size, pool={"luck": True}), Quotes(), Streams(seed), START).run(days)
            for size in (30, 100)
        )
        assert math.isclose(thirty.micro_sat / hundred.micro_sat, 0.3, rel_tol=1e-6)
