"""Reference results of evasion and audit: Becker's share, base shares, samples, checks, losses.

Every claim has a twin with the parameter 10 % off, which must fail.
"""

import math
from collections import Counter
from functools import cache

import numpy as np
import pytest

from tengesim.institutions.procurement.controls import drawn_sample
from tengesim.institutions.procurement.evasion import (
    INFINITE,
    PPM,
    Cost,
    Weighing,
    choose,
    utility_ppm,
)
from tengesim.institutions.procurement.integrity import gain_ppm
from tengesim.institutions.procurement.typologies import SCHEMES, Channel
from tengesim.streams import Streams, chance_one
from tests.integrity_world import circles, counted, integrity, lots
from tests.mining_world import assumed

pytestmark = pytest.mark.statistics

STANDARD_ERRORS = 3.29
ACTORS = 60_000
MEAN, FINE, FOUND_PPM = 80_000, 400_000, 150_000
BECKER = 0.47237
CONTRACTS, BAD, SAMPLE, AUDITS = 1_000, 12, 60, 9_000
DETECTED = 0.52610


def errors(seen: int, of: int, share: float) -> float:
    """Return by how many standard errors a count differs from that of a share."""
    return abs(seen - of * share) / math.sqrt(of * share * (1 - share))


@cache
def cheats(fine: int) -> int:
    """Return how many of those who know p cheat for a gain that is exponential (V14)."""
    shares = (Streams(14).words("gain", np.arange(ACTORS)) >> np.uint64(11)).astype(float)
    gains = np.rint(-MEAN * np.log((shares + 0.5) / 2**53)).astype(int).tolist()
    ways, cost = (Channel.HONEST, Channel.FICTITIOUS_ACT), Cost(fine, forfeited_bp=0)
    tastes = dict.fromkeys(ways, 0)
    found: Counter[Channel] = Counter()
    for gain in gains:
        base = {Channel.HONEST: 0, Channel.FICTITIOUS_ACT: gain}
        now = {**base, Channel.FICTITIOUS_ACT: utility_ppm(gain, FOUND_PPM, cost)}
        weighing = Weighing(tastes, base, now)
        found[choose(weighing, INFINITE, switching_ppm=0, possible=ways)] += 1
    return found[Channel.FICTITIOUS_ACT]


def test_without_chance_those_cheat_whose_gain_is_above_the_expected_fine() -> None:
    """Goal: V14, exp(-pF ÷ mean). Method: 60,000 actors; the twin fears a fine 10 % higher."""
    assert pytest.approx(math.exp(-0.15 * FINE / MEAN), abs=5e-6) == BECKER
    assert errors(cheats(FINE), ACTORS, BECKER) < STANDARD_ERRORS
    assert errors(cheats(FINE * 11 // 10), ACTORS, BECKER) > STANDARD_ERRORS


def detections(size: int) -> int:
    """Return in how many audits a sample of `size` contracts holds one of the bad ones."""
    streams = Streams(13)
    contracts = [f"lot-{number:04d}" for number in range(CONTRACTS)]
    bad = {*contracts[:BAD]}
    found = 0
    for audit in range(AUDITS):
        words = streams.words("audit", np.arange(CONTRACTS), audit).tolist()
        found += not bad.isdisjoint(drawn_sample(contracts, words, size))
    return found


def test_a_sample_detects_as_the_hypergeometric_law_says() -> None:
    """Goal: V13, 60 of 1,000 with 12 bad. Method: 9,000 audits; the twin draws 66."""
    law = 1 - math.comb(CONTRACTS - BAD, SAMPLE) / math.comb(CONTRACTS, SAMPLE)
    assert pytest.approx(law, abs=5e-6) == DETECTED
    assert errors(detections(SAMPLE), AUDITS, DETECTED) < STANDARD_ERRORS
    assert errors(detections(SAMPLE * 11 // 10), AUDITS, DETECTED) > STANDARD_ERRORS


def mean_wait(rate_bp: int) -> float:
    """Return how many payments on average go by until one is looked at."""
    words = Streams(15).words("desk", np.arange(2_000_000)).tolist()
    looked = [number for number, word in enumerate(words) if chance_one(word, rate_bp)]
    return (looked[-1] + 1) / len(looked)


def test_a_check_of_each_payment_takes_one_over_p_payments() -> None:
    """Goal: V13, mean 1 ÷ p. Method: two million payments at 5 %; the twin checks 5.5 %."""
    allowed = STANDARD_ERRORS * math.sqrt(0.95) / 0.05 / math.sqrt(100_000)
    assert abs(mean_wait(500) - 20) < allowed
    assert abs(mean_wait(550) - 20) > allowed


@cache
def base_choices() -> Counter[Channel]:
    """Return what many circles choose in the base arm, at the shipped sensitivity."""
    return counted(circles(integrity({"capacity": assumed(100_000)})), lots(20_000))


@pytest.mark.parametrize(
    "channel", [Channel.FICTITIOUS_ACT, Channel.OVERPRICING, Channel.DIVERTED_ADVANCE]
)
def test_the_base_arm_has_the_stated_shares(channel: Channel) -> None:
    """Goal: constants are calibrated. Method: 20,000 lots against the shares of ways open to them.

    Splitting is not open to large lots, so the rest is 97 % of the whole.
    """
    section = integrity()
    stated = section.chosen_bp()
    closed_bp = stated[Channel.SPLIT_CONTRACT]
    share = section.dishonest.value / 10_000 * stated[channel] / (10_000 - closed_bp)
    assert errors(base_choices()[channel], 20_000, share) < STANDARD_ERRORS
    assert errors(base_choices()[channel], 20_000, 1.1 * share) > STANDARD_ERRORS


@pytest.mark.parametrize("channel", SCHEMES)
def test_gains_add_up_to_the_stated_loss(channel: Channel) -> None:
    """Goal: what is published is met. Method: mean gain × how often, 20,000 draws; 10 % off fails.

    Low and high bound each gain in proportion to the base.
    """
    section = integrity()
    stated = section.typologies[channel]
    words = Streams(16).words(f"gain/{channel}", np.arange(20_000)).tolist()
    gains = np.array([gain_ppm(stated, section.dishonest.value, word) for word in words])
    attempted = section.dishonest.value * stated.chosen.value / 10**8
    loss = stated.loss.value / 10_000
    error = gains.std() / math.sqrt(len(gains)) / PPM * attempted
    assert abs(gains.mean() / PPM * attempted - loss) < STANDARD_ERRORS * error + 2 / PPM
    assert abs(gains.mean() / PPM * attempted - 1.1 * loss) > STANDARD_ERRORS * error
    low, high = stated.loss.low or 0, stated.loss.high or 0
    mean = (low + stated.loss.value + high) / 3
    for gain, end in ((gains.min(), low), (gains.max(), high)):
        expected = end / 10_000 * stated.loss.value / mean / attempted
        assert gain / PPM == pytest.approx(expected, rel=0.1)
