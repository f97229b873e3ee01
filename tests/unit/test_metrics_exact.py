"""Sums stay exact beyond 2^53 and beyond 2^63, and running sums refuse to wrap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.errors import InvariantError
from tengesim.metrics.exact import cumulated, peak, total, weighted_total

WHOLE = st.lists(st.integers(min_value=-(2**62), max_value=2**62), max_size=50)


@given(WHOLE)
def test_a_total_is_the_sum_of_whole_numbers(numbers: list[int]) -> None:
    """Goal: no wrapping, no rounding. Method: against Python's own integers."""
    assert total(np.array(numbers, dtype=np.int64)) == sum(numbers)


def test_a_total_beyond_53_and_63_bits_keeps_its_last_digit() -> None:
    """Goal: R-07 and R-08. Method: the sums that floats and int64 get wrong."""
    assert total(np.array([2**53, 1], dtype=np.int64)) == 2**53 + 1
    assert total(np.array([2**62] * 3 + [1], dtype=np.int64)) == 3 * 2**62 + 1
    assert int(np.array([2**62] * 3 + [1], dtype=np.int64).sum()) < 0


@given(WHOLE)
def test_a_weighted_total_is_the_sum_of_products(numbers: list[int]) -> None:
    """Goal: money × time does not wrap. Method: against Python's own integers."""
    weights = np.arange(len(numbers), dtype=np.int64) + 2**40
    expected = sum(number * (2**40 + place) for place, number in enumerate(numbers))
    assert weighted_total(np.array(numbers, dtype=np.int64), weights) == expected


def test_running_sums_say_where_they_would_wrap() -> None:
    """Goal: an error that names the bound, not a negative sum. Method: just below and above."""
    assert cumulated(np.array([2**61, 2**61 - 1], dtype=np.int64)).tolist() == [2**61, 2**62 - 1]
    with pytest.raises(InvariantError, match=str(2**62 - 1)):
        cumulated(np.array([2**61, 2**61], dtype=np.int64))


def test_a_peak_of_nothing_is_zero() -> None:
    """Goal: an empty log has no peak. Method: no changes, and only downward ones."""
    assert peak(np.empty(0, dtype=np.int64)) == 0
    assert peak(np.array([5, -3, 4, -6], dtype=np.int64)) == 6
