"""Student's t distribution agrees with SciPy to nine digits, in the middle and far out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tengesim.experiments.student import student_quantile, student_tail

DEGREES = (1, 2, 3, 4, 9, 19, 30, 99, 999, 10_000)
TAILS = (1e-12, 1e-6, 1e-3, 0.005, 0.025, 0.1, 0.25, 0.4, 0.4999)


@pytest.mark.parametrize("degrees", DEGREES)
def test_quantiles_agree_with_scipy_to_nine_digits(degrees: int) -> None:
    """Goal: intervals of the right width. Method: both tails against SciPy, within 1e-9."""
    for tail in TAILS:
        expected = stats.t.isf(tail, degrees)
        assert student_quantile(tail, degrees) == pytest.approx(-expected, rel=1e-9)
        if tail >= 0.005:
            assert student_quantile(1 - tail, degrees) == pytest.approx(expected, rel=1e-9)
    assert student_quantile(0.5, degrees) == 0.0


@pytest.mark.parametrize("degrees", DEGREES)
def test_tails_agree_with_scipy_to_nine_digits(degrees: int) -> None:
    """Goal: right p-values. Method: from the middle to forty deviations, both sides."""
    for t in (0.0, 1e-6, 0.1, 0.7, 1.0, 2.0, 5.0, 12.0, 40.0):
        expected = float(stats.t.sf(t, degrees))
        # Below this SciPy itself keeps no digits.
        if expected > 1e-290:
            assert student_tail(t, degrees) == pytest.approx(expected, rel=1e-9)
        assert student_tail(-t, degrees) == pytest.approx(1 - expected, rel=1e-9)


@given(tail=st.floats(1e-9, 0.4999), degrees=st.integers(1, 2_000))
def test_the_tail_beyond_a_quantile_is_what_was_asked_for(tail: float, degrees: int) -> None:
    """Goal: the two functions are each other's inverse. Method: any tail and degrees."""
    assert student_tail(-student_quantile(tail, degrees), degrees) == pytest.approx(tail, rel=1e-9)


def test_one_degree_of_freedom_less_is_seen() -> None:
    """Goal: the comparison can fail. Method: the quantile of n for that of n - 1."""
    assert student_quantile(0.975, 20) != pytest.approx(stats.t.isf(0.025, 19), rel=1e-3)


def test_the_ends_of_the_line_have_tails_too() -> None:
    """Goal: constant differences far from 0 do not stop a summary. Method: infinities."""
    assert student_tail(np.inf, 5) == 0.0
    assert student_tail(-np.inf, 5) == 1.0


@pytest.mark.parametrize(("t", "degrees"), [(1.0, 0), (float("nan"), 3)])
def test_what_has_no_tail_is_refused(t: float, degrees: int) -> None:
    """Goal: no silent nonsense. Method: no degrees of freedom, no number."""
    with pytest.raises(ValueError, match="expected a number and at least 1"):
        student_tail(t, degrees)


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1, float("nan")])
def test_a_probability_lies_between_0_and_1(probability: float) -> None:
    """Goal: no infinite interval by mistake. Method: the ends and beyond."""
    with pytest.raises(ValueError, match="expected more than 0"):
        student_quantile(probability, 3)
