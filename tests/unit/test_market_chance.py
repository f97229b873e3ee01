"""Random numbers of markets: quantiles of their laws, one for each word."""

import math
from decimal import Decimal, localcontext
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.market.chance import events, gumbels, normals, poisson, threshold
from tengesim.streams import Streams

WORDS = st.integers(0, 2**64 - 1)
EDGES = [0, 1, 2**11, 2**50, 2**60, 2**63 - 1, 2**63, 2**64 - 2**11, 2**64 - 1]


@given(st.lists(WORDS, min_size=1, max_size=50) | st.just(EDGES))
def test_a_normal_number_is_the_quantile_of_its_word(words: list[int]) -> None:
    """Goal: the normal law. Method: the quantiles of the standard library, mirrored above."""
    found = normals(np.array(words, dtype=np.uint64))
    for word, one in zip(words, found.tolist(), strict=True):
        place = word >> 11
        is_low = place < 2**52
        share = ((place if is_low else 2**53 - 1 - place) + 0.5) / 2**53
        quantile = NormalDist().inv_cdf(share)
        assert one == pytest.approx(quantile if is_low else -quantile, rel=4e-16, abs=1e-16)


def test_normal_numbers_rise_with_their_words_and_mirror() -> None:
    """Goal: no seam between the three formulas. Method: words in order, and their mirror."""
    words = np.sort(Streams(3).words("test", np.arange(200_000)))
    found = normals(words)
    assert (np.diff(found) >= 0).all()
    assert (-found == normals(~words)).all()


@given(st.lists(WORDS, min_size=1, max_size=50) | st.just(EDGES))
def test_a_gumbel_number_is_the_quantile_of_its_word(words: list[int]) -> None:
    """Goal: the law of the largest of many. Method: -ln(-ln(u)) with sixty digits."""
    found = gumbels(np.array(words, dtype=np.uint64))
    for word, one in zip(words, found.tolist(), strict=True):
        share = Decimal(2 * (word >> 12) + 1) / 2**53
        with localcontext() as context:
            context.prec = 60
            assert abs(one + (-share.ln()).ln() * 10**6) < Decimal("0.51")


def test_the_largest_sum_of_logarithm_and_gumbel_number_falls_as_weights_say() -> None:
    """Goal: what it is for. Method: weights 1, 3 and 6 of 300,000 choices; 10 % off must fail."""
    weights, streams = np.array([1, 3, 6]), Streams(8)
    drawn = [
        gumbels(streams.words("choice", np.arange(300_000), step)) + math.log(weight) * 1e6
        for step, weight in enumerate(weights.tolist())
    ]
    share = np.bincount(np.argmax(drawn, axis=0)) / 300_000
    error = np.sqrt(weights / 10 * (1 - weights / 10) / 300_000)
    assert (abs(share - weights / 10) < 3.29 * error).all()
    assert (abs(share - 1.1 * weights / 10) > 3.29 * error).all()


@pytest.mark.parametrize("mean", ["0.01", "0.5", "3", "40"])
def test_poisson_numbers_are_cut_where_the_law_says(mean: str) -> None:
    """Goal: exact counts. Method: words just below and at each cumulative probability."""
    share = math.exp(-float(mean))
    total = share
    for number in range(1, 12):
        if 1e-9 < total < 1 - 1e-9:
            edge = int(total * 2**64)
            around = np.array([edge - 2**14, edge + 2**14], dtype=np.uint64)
            assert poisson(around, Decimal(mean)).tolist() == [number - 1, number]
        share *= float(mean) / number
        total += share


def test_no_events_where_there_can_be_none() -> None:
    """Goal: 0 and 1 are exact. Method: the extreme words."""
    words = np.array(EDGES, dtype=np.uint64)
    assert events(words, Decimal(0)).tolist() == [False] * len(EDGES)
    assert events(words, Decimal(1)).tolist() == [True] * len(EDGES)
    assert poisson(words, Decimal(0)).tolist()[:-1] == [0] * (len(EDGES) - 1)
    assert threshold(Decimal("0.5")) == 2**63
