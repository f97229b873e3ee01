"""The network's clockwork: block times, retargets, halvings, hash rate that follows the price."""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tengesim.clock import DAY_US, SECOND_US
from tengesim.market.network import (
    BLOCK_S,
    HALVING_BLOCKS,
    MICRO,
    RETARGET_BLOCKS,
    HashRate,
    Network,
    NetworkSection,
    Span,
    mined_micro_sat,
    subsidy_sat,
)
from tests.mining_world import assumed, network

THS = 10**9
"""1,000 EH/s."""
EPOCH_US = RETARGET_BLOCKS * BLOCK_S * SECOND_US
FIRST_HEIGHT = 460 * RETARGET_BLOCKS
"""At a retarget, far from a halving."""
HALVING = 5 * HALVING_BLOCKS


def started(height: int = FIRST_HEIGHT, ths: int = THS) -> Network:
    """Return a network in balance."""
    return Network(height, ths, subsidy_sat)


def epochs(ths: int, count: int) -> list[float]:
    """Return the mean seconds of a block in each of the first epochs after a step to `ths`."""
    clock, taken_us = started(), 0
    means: list[float] = []
    while len(means) < count:
        for span in clock.advance(ths, DAY_US):
            taken_us += span.duration_us
            if (span.first_block + span.blocks) % RETARGET_BLOCKS == 0 and span.blocks:
                means.append(taken_us / SECOND_US / RETARGET_BLOCKS)
                taken_us = 0
    return means[:count]


class Naive(NamedTuple):
    """Where block-by-block arithmetic ends."""

    height: int
    difficulty: Fraction
    reward_sat: Fraction


def naive(height: int, days: list[int]) -> Naive:
    """Mine block by block with exact fractions of seconds; `days` are hash rates.

    The reference: no span, no shared code but the protocol's own numbers. The reward is that of a
    miner with a thousandth of every day's hash rate.
    """
    difficulty, done, epoch_s = Fraction(THS * 600), Fraction(0), Fraction(0)
    reward = Fraction(0)
    for ths in days:
        left_s = Fraction(86_400)
        while left_s:
            needed_s = (1 - done) * difficulty / ths
            spent_s = min(needed_s, left_s)
            share = spent_s * ths / difficulty
            reward += share * (5_000_000_000 >> height // 210_000) / 1_000
            left_s -= spent_s
            epoch_s += spent_s
            done += share
            if done < 1:
                continue
            done, height = Fraction(0), height + 1
            if height % 2_016 == 0:
                ratio = Fraction(14 * 86_400) / epoch_s
                difficulty *= min(max(ratio, Fraction(1, 4)), Fraction(4))
                # Fractions would grow without end; nine digits are a thousand times what is asked.
                difficulty, epoch_s = Fraction(round(difficulty)), Fraction(0)
    return Naive(height, difficulty, reward)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(THS // 4, THS * 4), min_size=1, max_size=25),
    st.sampled_from([FIRST_HEIGHT, HALVING - 1_680]),
)
def test_spans_agree_with_mining_block_by_block(days: list[int], height: int) -> None:
    """Goal: the clockwork is the protocol's. Method: spans against a naive miner of fractions."""
    clock, mined = Network(height, THS, subsidy_sat), 0
    for ths in days:
        mined += sum(mined_micro_sat(ths, span) for span in clock.advance(ths, DAY_US))
    expected = naive(height, days)
    assert abs(clock.height - expected.height) <= 1
    assert math.isclose(clock.difficulty, expected.difficulty, rel_tol=1e-8)
    assert math.isclose(mined / MICRO / 1_000, expected.reward_sat, rel_tol=1e-8)


@pytest.mark.parametrize("step", [0.3, 0.5, 0.9, 1.1, 2.0, 3.9])
def test_a_retarget_restores_600_s_after_a_step_of_the_hash_rate(step: float) -> None:
    """Goal: difficulty follows hash rate. Method: block times in epochs before and after it did."""
    first, second, third = epochs(int(THS * step), 3)
    assert math.isclose(first, 600 / step, rel_tol=1e-6)
    assert math.isclose(second, 600, rel_tol=1e-6)
    assert math.isclose(third, 600, rel_tol=1e-6)


@pytest.mark.parametrize(("step", "lasts"), [(16.0, 2), (40.0, 3), (1 / 10, 2)])
def test_a_retarget_changes_difficulty_by_a_factor_of_four_at_most(step: float, lasts: int) -> None:
    """Goal: the clamp. Method: a step beyond four takes several retargets, four at a time."""
    means = epochs(int(THS * step), lasts + 1)
    factor = 4.0 if step > 1 else 0.25
    assert math.isclose(means[1] / means[0], factor, rel_tol=1e-6)
    assert not math.isclose(means[lasts - 1], 600, rel_tol=1e-3)
    assert math.isclose(means[lasts], 600, rel_tol=1e-6)


def test_a_step_that_no_retarget_followed_would_not_return_to_600_s() -> None:
    """Goal: the claim above can fail. Method: the same step within one epoch."""
    spans = started().advance(2 * THS, EPOCH_US // 4)
    assert sum(span.blocks for span in spans) == RETARGET_BLOCKS // 2


def test_no_retarget_is_passed_over_however_fast_blocks_come() -> None:
    """Goal: arithmetic holds at the edge. Method: 1 TH/s, then ten million EH/s."""
    spans = started(ths=1).advance(10**13, 5 * SECOND_US)
    ends = [span.first_block + span.blocks for span in spans]
    assert [end % RETARGET_BLOCKS for end in ends[:-1]] == [0] * (len(ends) - 1)
    assert len(ends) > 10
    assert min(span.duration_us for span in spans) == 0
    assert sum(span.duration_us for span in spans) == 5 * SECOND_US


@pytest.mark.parametrize("height", [HALVING, HALVING - 210_000, HALVING + 210_000])
def test_the_subsidy_halves_at_its_height_and_nowhere_else(height: int) -> None:
    """Goal: halving halves. Method: the subsidies beside a multiple of 210,000."""
    assert subsidy_sat(height - 2) == subsidy_sat(height - 1) == 2 * subsidy_sat(height)
    assert subsidy_sat(height) == subsidy_sat(height + 1)


def test_time_is_cut_at_the_halving() -> None:
    """Goal: no span has two rewards. Method: a day across block 1,050,000, span by span."""
    spans = started(HALVING - 72).advance(THS, DAY_US)
    assert [(span.first_block, span.blocks) for span in spans] == [
        (HALVING - 72, 72),
        (HALVING, 72),
    ]
    assert [span.reward_sat for span in spans] == [312_500_000, 156_250_000]
    before, after = (mined_micro_sat(THS // 1_000, span) for span in spans)
    assert before == 2 * after


@settings(max_examples=40, deadline=None)
@given(st.integers(THS // 20, THS * 20), st.lists(st.integers(1, 40 * DAY_US), max_size=6))
def test_how_time_is_divided_changes_nothing(ths: int, pieces: list[int]) -> None:
    """Goal: days and months are all one. Method: the same time in one piece and in several."""
    whole, parts = started(), started()
    spans = whole.advance(ths, sum(pieces)) if pieces else []
    divided = [span for piece in pieces for span in parts.advance(ths, piece)]
    assert (whole.height, whole.difficulty) == (parts.height, parts.difficulty)
    assert sum(span.blocks for span in spans) == sum(span.blocks for span in divided)
    for one in (spans, divided):
        assert sum(span.duration_us for span in one) == sum(pieces)


def test_whoever_has_all_of_the_hash_rate_has_all_of_the_reward() -> None:
    """Goal: shares are shares of blocks. Method: a whole epoch for all miners and for a tenth."""
    (span,) = started().advance(THS, EPOCH_US)
    assert span == Span(EPOCH_US, THS, 600 * THS, 312_500_000, FIRST_HEIGHT, RETARGET_BLOCKS)
    assert mined_micro_sat(THS, span) == RETARGET_BLOCKS * 312_500_000 * MICRO
    assert mined_micro_sat(THS // 10, span) == RETARGET_BLOCKS * 31_250_000 * MICRO


def section(**changes: object) -> NetworkSection:
    """Return a network with some changes."""
    return NetworkSection.model_validate(network(**changes))


def test_fees_come_on_top_of_the_subsidy() -> None:
    """Goal: the reward is subsidy and fees. Method: 2 % of 3.125 BTC."""
    assert Network.of(section(fees=assumed("2 %"))).reward_sat == 318_750_000


def test_the_hash_rate_closes_one_part_of_its_gap_a_day() -> None:
    """Goal: follow the price with the stated lag. Method: (1 - 1/n)^k of the gap after k days."""
    followed = HashRate(section(follows_price=assumed("50 %"), lag=assumed("30 days")))
    assert followed.next_day(100, 100) == THS
    for day in range(1, 200):
        # A price twice as high supports one half more.
        gap = 1.5 * THS - followed.next_day(200, 100)
        assert math.isclose(gap, 0.5 * THS * (29 / 30) ** day, rel_tol=1e-4)


def test_only_the_ratio_of_prices_moves_the_hash_rate() -> None:
    """Goal: the unit of the price is all one. Method: the same course in another unit."""
    rates = [HashRate(section(follows_price=assumed("70 %"))) for _ in range(2)]
    course = [100, 140, 60, 90, 90, 200]
    assert [rates[0].next_day(price, 100) for price in course] == [
        rates[1].next_day(7 * price, 700) for price in course
    ]


def test_better_machines_add_hash_rate_at_an_unchanged_price() -> None:
    """Goal: growth is a share of the start a year. Method: two years at 20 % with a short lag."""
    grown = HashRate(section(growth=assumed("20 %"), lag=assumed("1 day")))
    rates = [grown.next_day(1, 1) for _ in range(731)]
    assert rates[0] == THS
    assert rates[365] == THS * 12 // 10
    assert rates[730] == THS * 14 // 10


def test_a_price_of_nothing_leaves_a_network_that_still_finds_blocks() -> None:
    """Goal: no division by zero. Method: full dependence on a price that collapses at once."""
    dying = HashRate(section(follows_price=assumed("100 %"), lag=assumed("1 day")))
    dying.next_day(100, 100)
    assert dying.next_day(0, 100) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hash_rate": assumed(0)}, "RANGE"),
        ({"hash_rate": assumed(-5)}, "RANGE"),
        ({"lag": assumed("2 h")}, "DURATION"),
        ({"lag": assumed("5 business days")}, "DURATION"),
    ],
)
def test_a_dead_network_is_refused(changes: dict[str, object], code: str) -> None:
    """Goal: refuse at load what would divide by zero. Method: one wrong value at a time."""
    with pytest.raises(ValidationError) as refused:
        section(**changes)
    assert [error["type"] for error in refused.value.errors()] == [code]


def test_retargets_leave_only_the_luck_of_the_last_stretch() -> None:
    """Goal: blocks at the expected pace are right over a year. Method: independent simulation.

    Exponential block times with retargets, against the same without: what the year's count adds
    to the variance of a pool with 15 % of the blocks.
    """
    chance = np.random.default_rng(7)
    luck = chance.standard_gamma(RETARGET_BLOCKS, size=(4_000, 40)) / RETARGET_BLOCKS
    # Each epoch's difficulty is what the last one's luck made it.
    lengths = luck.copy()
    lengths[:, 1:] /= luck[:, :-1]
    ends = np.cumsum(lengths, axis=1)
    year = 365 / 14
    counts = np.array([np.interp(year, [0, *row], np.arange(41)) for row in ends])
    spread = counts.std() * RETARGET_BLOCKS
    free = np.array([np.interp(year, [0, *row], np.arange(41)) for row in np.cumsum(luck, axis=1)])
    assert math.isclose(free.std() * RETARGET_BLOCKS, math.sqrt(52_560), rel_tol=0.1)
    pool = 52_560 * 0.15 * 0.85
    assert (0.15 * spread) ** 2 < 0.02 * pool
    assert (0.15 * free.std() * RETARGET_BLOCKS) ** 2 > 0.15 * pool
