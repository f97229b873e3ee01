"""Skewed amounts in whole numbers against the formulas of the lognormal distribution."""

from math import exp, log, sqrt

import numpy as np
import pytest
from scipy import stats

from tengesim.population.lognormal import lognormal

WAGE = (31_751_200, 44_862_000)
DEPOSIT = (15_000_000, 180_000_000)


def even_words(count: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Return words in the middle of `count` equal parts of all words."""
    step = 2**64 // count
    return np.array([step * number + step // 2 for number in range(count)], dtype=np.uint64)


@pytest.mark.parametrize(("median", "mean"), [WAGE, DEPOSIT, (800_000, 1_000_000), (50, 50)])
def test_quantiles_are_those_of_the_distribution(median: int, mean: int) -> None:
    """Goal: the table is the inverse. Method: 2,000 quantiles against SciPy's, to 1 in 2,000."""
    sigma = sqrt(2 * log(mean / median))
    parts = (np.arange(2_000) + 0.5) / 2_000
    expected = median * np.exp(sigma * stats.norm.ppf(parts))
    found = lognormal(median, mean).amounts(even_words(2_000))
    assert np.abs(found - expected).max() <= max(1, (expected / 2_000).max())
    assert np.all(np.abs(found / expected - 1) < 1 / 1_000 + 1 / expected)


@pytest.mark.parametrize(("median", "mean"), [WAGE, DEPOSIT])
def test_median_and_mean_are_the_published_ones(median: int, mean: int) -> None:
    """Goal: two figures fix two parameters. Method: a million even words; the tail is cut off."""
    amounts = lognormal(median, mean).amounts(even_words(1_000_000))
    assert abs(float(np.median(amounts)) / median - 1) < 0.0001
    # A millionth of a heavy tail weighs more than that.
    assert abs(float(amounts.mean()) / mean - 1) < (0.001 if mean < 2 * median else 0.01)


def test_a_mean_a_hundredth_too_high_would_be_noticed() -> None:
    """Goal: the test above can fail. Method: the wage's distribution with its mean 1 % higher."""
    median, mean = WAGE
    amounts = lognormal(median, mean * 101 // 100).amounts(even_words(1_000_000))
    assert abs(float(amounts.mean()) / mean - 1) > 0.005


def test_larger_words_never_give_smaller_amounts() -> None:
    """Goal: a rank is a rank. Method: every node of the table, one word before and after it."""
    table = lognormal(*WAGE)
    words = np.sort(
        np.concatenate((table.thresholds - np.uint64(1), table.thresholds, even_words(10_000)))
    )
    assert (np.diff(table.amounts(words)) >= 0).all()


def test_the_ends_of_all_words_stay_within_six_standard_deviations() -> None:
    """Goal: no amount is wild. Method: the smallest and the largest word."""
    median, mean = WAGE
    sigma = sqrt(2 * log(mean / median))
    low, high = lognormal(median, mean).amounts(np.array([0, 2**64 - 1], dtype=np.uint64))
    assert low == pytest.approx(median * exp(-6 * sigma), rel=1e-5)
    assert high == pytest.approx(median * exp(6 * sigma), rel=1e-5)


def test_equal_median_and_mean_are_one_amount() -> None:
    """Goal: no spread is a spread too. Method: all words give the median."""
    assert set(lognormal(700, 700).amounts(even_words(100)).tolist()) == {700}


@pytest.mark.parametrize(("median", "mean"), [(0, 10), (-1, 10), (11, 10)])
def test_a_mean_below_the_median_is_refused(median: int, mean: int) -> None:
    """Goal: no distribution is made up. Method: no median, a negative one, a mean below it."""
    with pytest.raises(ValueError, match="expected 0 < median ≤ mean"):
        lognormal(median, mean)


def test_the_first_and_last_digits_of_the_table_are_known() -> None:
    """Goal: the same on every processor. Method: nodes computed elsewhere, to the last digit."""
    table = lognormal(*WAGE)
    assert table.thresholds[384] == 2**63
    assert table.values[384] == 31_751_200
    # The normal probability of one standard deviation is 0.84134474606854294858523254563…
    assert int(table.thresholds[384 + 64]) == 15_520_071_208_486_562_213
