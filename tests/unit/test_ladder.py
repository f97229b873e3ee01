"""Rungs of a ladder are those of a binary search, for every table and every word."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.population.ladder import ladder, ladder_of

WORD = st.integers(0, 2**64 - 1)
LARGEST = 2**64 - 1
PART = 2**50
"""Words that share their upper 14 bits."""


@given(
    st.lists(WORD | st.integers(0, 8 * PART) | st.just(LARGEST), max_size=40),
    st.lists(WORD | st.integers(0, 8 * PART), max_size=40),
)
def test_rungs_are_those_of_a_search(starts: list[int], words: list[int]) -> None:
    """Goal: the guide decides nothing. Method: dense and sparse tables, and words at each start."""
    ascending = np.array(sorted(starts), dtype=np.uint64)
    near = [start + off for start in starts for off in (-1, 0, 1) if 0 <= start + off <= LARGEST]
    asked = np.array([*words, *near, 0, LARGEST], dtype=np.uint64)
    expected = np.searchsorted(ascending, asked, side="right")
    assert np.array_equal(ladder(ascending).rungs(asked), expected)


@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=12).filter(any))
def test_an_entry_has_the_words_that_its_weight_says(weights: list[int]) -> None:
    """Goal: shares are exact. Method: 20,000 even words, counted against each weight."""
    parts = 20_000
    words = np.arange(parts, dtype=np.uint64) * np.uint64(2**64 // parts)
    found = np.bincount(ladder_of(weights).rungs(words), minlength=len(weights))
    for weight, count in zip(weights, found.tolist(), strict=True):
        assert abs(count - Fraction(parts * weight, sum(weights))) <= 2


@pytest.mark.parametrize("weights", [[0], [0, 0, 0], [5]])
def test_a_table_of_one_entry_or_of_none_is_a_ladder(weights: list[int]) -> None:
    """Goal: nobody to draw is no error. Method: one entry, and entries without weight."""
    rungs = ladder_of(weights).rungs(np.array([0, 2**63, LARGEST], dtype=np.uint64))
    assert set(rungs.tolist()) <= set(range(len(weights)))
