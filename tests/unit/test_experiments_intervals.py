"""Intervals are those of the textbook, whatever the order, the unit or the machine."""

import itertools
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tengesim.experiments.intervals import (
    chance_interval,
    range_of_draws,
    resampled_interval,
    spread,
    student_interval,
)
from tengesim.streams import Streams

SKEWED = [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.5, 0.6, 0.9, 1.4, 6.0]
EVEN = [1.0, 2.5, 3.0, 3.5, 4.0, 4.5, 6.0]
finite = st.floats(-1e12, 1e12, allow_nan=False).map(lambda value: round(value, 3))


def test_the_t_interval_is_the_textbook_one() -> None:
    """Goal: right ends and p-value. Method: SciPy's one-sample t test."""
    found = chance_interval(EVEN)
    expected = stats.ttest_1samp(EVEN, 0.0)
    low, high = expected.confidence_interval(0.95)
    assert found.method == "t"
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)


def test_the_normal_quantile_would_be_seen() -> None:
    """Goal: the comparison can fail. Method: 1.96 instead of Student's quantile."""
    found = student_interval(EVEN)
    half_width = stats.norm.ppf(0.975) * stats.sem(EVEN)
    assert found.high is not None
    assert found.high - np.mean(EVEN) > 1.2 * half_width


def test_the_resampled_interval_is_the_wider_of_the_two_bootstraps() -> None:
    """Goal: right ends. Method: SciPy's BCa with as many resamples, and bootstrap-t by hand.

    Resamples differ, so the ends agree to a few per cent of the width.
    """
    values = np.array(SKEWED)
    generator = np.random.default_rng(1)
    accelerated = stats.bootstrap(
        (values,), np.mean, n_resamples=40_000, method="BCa", rng=generator
    ).confidence_interval
    resamples = generator.choice(values, (40_000, len(values)))
    errors = resamples.std(axis=1, ddof=1) / np.sqrt(len(values))
    ratios = (resamples.mean(axis=1) - values.mean())[errors > 0] / errors[errors > 0]
    low, high = np.quantile(ratios, [0.025, 0.975])
    studentised = values.mean() - np.array([high, low]) * stats.sem(values)
    found = resampled_interval(SKEWED)
    assert found.method == "bootstrap"
    assert found.low is not None
    assert found.high is not None
    assert found.low == pytest.approx(min(accelerated.low, studentised[0]), rel=0.03)
    assert found.high == pytest.approx(max(accelerated.high, studentised[1]), rel=0.03)


def test_the_form_of_the_interval_follows_the_values() -> None:
    """Goal: t where it fits, resampling where it does not. Method: four kinds of values."""
    assert chance_interval([0.0]).method == "exact"
    assert chance_interval([2.0, 2.0, 2.0]).method == "exact"
    assert chance_interval(EVEN).method == "t"
    assert chance_interval(SKEWED).method == "bootstrap"
    # Nine skewed values are too few to resample.
    assert chance_interval(SKEWED[-9:]).method == "t"
    # Of thousands the mean is as good as normal, whatever the values.
    assert chance_interval(SKEWED * 167).method == "t"
    assert chance_interval(SKEWED * 10).method == "bootstrap"


def test_no_end_is_a_negative_zero() -> None:
    """Goal: tables never show -0. Method: signs of the ends of zeros of either sign."""
    for zero in (0.0, -0.0):
        ends = range_of_draws([zero] * 12)
        assert ends is not None
        numbers = [*ends, spread([zero]).mean, *chance_interval([zero] * 12)[:2]]
        assert not any(str(number).startswith("-") for number in numbers)


@pytest.mark.parametrize("count", [1, 2, 20])
def test_no_difference_at_all_is_exact(count: int) -> None:
    """Goal: equal arms differ by exactly nothing. Method: zeros, one or many."""
    assert chance_interval([0.0] * count) == (0.0, 0.0, 1.0, "exact")


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0], [3.0, 3.0]])
def test_two_values_have_no_interval(values: list[float]) -> None:
    """Goal: nothing is made up of too few runs. Method: one and two values."""
    assert chance_interval(values) == (None, None, None, "none")


@pytest.mark.parametrize("values", [EVEN, SKEWED])
def test_the_order_of_arrival_does_not_matter(values: list[float]) -> None:
    """Goal: any number of workers, one answer. Method: the same values in other orders."""
    expected = chance_interval(values)
    for order in itertools.islice(itertools.permutations(values), 0, 5_000, 617):
        assert chance_interval(order) == expected


def test_resampling_draws_from_a_named_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: the same interval everywhere. Method: count the streams, and ask twice."""
    asked = set()
    words = Streams.words

    def noted(self: Streams, name: str, *rest: object) -> object:
        asked.add(name)
        return words(self, name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Streams, "words", noted)
    values = [*SKEWED, 7.5]
    assert chance_interval(values) == chance_interval(values)
    assert asked == {"experiments.resampling"}


@given(st.lists(finite, min_size=3, max_size=30), st.sampled_from([-1.0, 1.0]))
def test_an_interval_holds_its_mean_and_turns_with_the_sign(
    values: list[float], sign: float
) -> None:
    """Goal: base and variant exchanged give the mirrored interval. Method: any values."""
    found = chance_interval([sign * value for value in values])
    mean = spread(values).mean * sign
    assert found.low is not None
    assert found.high is not None
    assert found.low <= mean <= found.high
    if found.method == "t":
        mirrored = chance_interval([-sign * value for value in values])
        assert (mirrored.low, mirrored.high) == (-found.high, -found.low)


@given(st.lists(st.integers(-20, 20), min_size=10, max_size=30))
def test_the_p_value_says_whether_the_interval_holds_zero(values: list[int]) -> None:
    """Goal: interval and p-value never contradict. Method: any whole values; ends apart from 0."""
    found = chance_interval([float(value) for value in values])
    assert found.low is not None
    assert found.high is not None
    assert found.p_value is not None
    if abs(found.p_value - 0.05) > 0.005:
        assert (found.low <= 0 <= found.high) == (found.p_value > 0.05)


def test_amounts_of_trillions_keep_their_skewness() -> None:
    """Goal: no overflow in cubes. Method: the same values in KZT and in a tiny unit."""
    large = chance_interval([value * 1e150 for value in SKEWED])
    assert large.method == "bootstrap"
    assert spread([value * 1e-150 for value in SKEWED]).skewness == pytest.approx(
        stats.skew(SKEWED)
    )


@pytest.mark.parametrize("values", [[], [1.0, nan, 2.0], [inf, 1.0, 2.0]])
def test_only_finite_numbers_have_an_interval(values: list[float]) -> None:
    """Goal: a missing value is left out by who knows why, not here. Method: none, NaN, infinity."""
    with pytest.raises(ValueError, match="expected finite numbers"):
        chance_interval(values)


@pytest.mark.parametrize("interval", [student_interval, resampled_interval])
def test_equal_values_have_no_estimated_interval(interval: object) -> None:
    """Goal: no division by nothing. Method: both estimates on constant values."""
    assert callable(interval)
    with pytest.raises(ValueError, match="expected values that differ"):
        interval([1.0, 1.0, 1.0])


def test_the_range_of_few_draws_is_what_was_seen() -> None:
    """Goal: no invented quantile. Method: up to 38 draws the extremes, then Hyndman-Fan type 6."""
    draws = [float(value) for value in range(10)]
    assert range_of_draws(draws) == (0.0, 9.0)
    assert range_of_draws(draws[:9]) is None
    generator = np.random.default_rng(2)
    for count in (38, 39, 40, 100, 1_000):
        values = generator.normal(size=count).tolist()
        expected = np.quantile(values, [0.025, 0.975], method="weibull")
        assert range_of_draws(values) == pytest.approx(tuple(expected))


def test_the_range_of_draws_refuses_what_is_not_finite() -> None:
    """Goal: no infinite range by mistake. Method: one infinite difference among ten."""
    with pytest.raises(ValueError, match="expected finite numbers"):
        range_of_draws([*([1.0] * 9), inf])


@pytest.mark.parametrize("tiny", [1e-4, 1e-7, 1e-12])
def test_tiny_values_beside_zeros_do_not_blow_an_interval_up(tiny: float) -> None:
    """Goal: one large difference among zeros bounds its mean. Method: two tiny ones beside it."""
    expected = chance_interval([0.0] * 40 + [1.0])
    actual = chance_interval([0.0] * 38 + [tiny, 2 * tiny, 1.0])
    assert expected.high is not None
    assert actual.high == pytest.approx(expected.high, rel=0.05)
