"""The number of replications is that of Hoad, Robinson and Davies, whatever the rounds."""

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tengesim.experiments.precision import (
    REPLICATIONS_MAX,
    half_widths,
    look_ahead,
    replications_needed,
    replications_needed_of_all,
)


def published(values: list[float], precision: float) -> int | None:
    """Return the answer of the published algorithm, written as its flow chart: run, test, look."""
    count = 3
    while count <= len(values):
        if not within(values[:count], precision):
            count += 1
            continue
        ahead = 5 if count <= 100 else 5 * count // 100
        failed = None
        for further in range(1, ahead + 1):
            if count + further > len(values):
                return None
            if not within(values[: count + further], precision):
                failed = count + further
                break
        if failed is None:
            return count
        count = failed
    return None


def within(values: list[float], precision: float) -> bool:
    """Return whether the half-width is within the precision, by SciPy."""
    half_width = stats.t.isf(0.025, len(values) - 1) * stats.sem(values)
    return bool(half_width <= precision * abs(np.mean(values)))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("deviation", "precision_bp"), [(15, 500), (15, 200), (40, 1_000)])
def test_the_answer_is_that_of_the_published_algorithm(
    seed: int, deviation: float, precision_bp: int
) -> None:
    """Goal: the right number. Method: a second implementation, with SciPy's intervals."""
    values = np.random.default_rng(seed).normal(100, deviation, 600).tolist()
    found = replications_needed(values, precision_bp=precision_bp)
    assert found.replications == published(values, precision_bp / 10_000)
    assert found.replications is not None


def test_the_look_ahead_is_needed_and_seen() -> None:
    """Goal: an early interval that is narrow by luck does not decide. Method: planted luck."""
    values = [100.0, 100.1, 99.9, 60.0, *np.random.default_rng(1).normal(100, 15, 200).tolist()]
    assert within(values[:3], 0.05)
    found = replications_needed(values)
    assert found.replications == published(values, 0.05)
    assert found.replications is not None
    assert found.replications > 20


@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from([100, 500, 2_000]))
@settings(max_examples=60)
def test_rounds_of_any_size_give_one_answer(seed: int, first: int, precision_bp: int) -> None:
    """Goal: workers and rounds do not matter. Method: ask in rounds, and of all runs at once."""
    values = np.random.default_rng(seed).normal(100, 20, REPLICATIONS_MAX).tolist()
    count, rounds = first, 0
    found = replications_needed(values[:count], precision_bp=precision_bp)
    while not found.is_reached and not found.is_given_up:
        assert found.runs > count
        count, rounds = found.runs, rounds + 1
        found = replications_needed(values[:count], precision_bp=precision_bp)
    at_once = replications_needed(values, precision_bp=precision_bp)
    assert found.replications == at_once.replications
    assert rounds < 20
    if found.replications is not None:
        # Nothing is run in vain beyond doubling and the look-ahead.
        assert count <= max(first, 2 * found.replications + 2 * look_ahead(found.replications), 8)


def test_a_difference_near_zero_is_measured_against_the_arms() -> None:
    """Goal: precise about nothing too. Method: differences around 0 of arms around 1,000."""
    generator = np.random.default_rng(2)
    base = generator.normal(1_000, 50, 200)
    differences = generator.normal(0, 40, 200).tolist()
    against_arms = replications_needed(differences, reference=base.tolist())
    assert against_arms.replications is not None
    assert against_arms.replications < 20
    assert against_arms.target == pytest.approx(0.05 * base.mean())
    alone = replications_needed(differences)
    assert not alone.is_reached


def test_no_difference_at_all_is_precise_at_once() -> None:
    """Goal: a comparison with itself ends. Method: zeros, one by one."""
    assert [replications_needed([0.0] * count).replications for count in (0, 2, 3, 7)] == [None] * 4
    assert replications_needed([0.0] * 8) == (3, 8, 0.0, 0.0, False)


def test_the_budget_ends_the_search_and_says_what_was_reached() -> None:
    """Goal: no endless campaign. Method: values that no budget makes precise."""
    values = np.random.default_rng(3).normal(0, 1, 60).tolist()
    found = replications_needed(values, at_most=60)
    assert found.is_given_up
    assert found.replications is None
    assert found.half_width == pytest.approx(stats.t.isf(0.025, 59) * stats.sem(values))
    assert replications_needed(values[:50], at_most=60).runs == 60


def test_several_metrics_are_asked_at_once() -> None:
    """Goal: the slowest metric decides. Method: a quiet and a loud one."""
    generator = np.random.default_rng(4)
    level = [100.0] * 300
    columns = {
        "quiet": (generator.normal(0, 1, 300).tolist(), level),
        "loud": (generator.normal(0, 30, 300).tolist(), level),
    }
    found = replications_needed_of_all(columns)
    assert found["quiet"] == replications_needed(columns["quiet"][0], reference=level)
    quiet, loud = (found[name].replications for name in ("quiet", "loud"))
    assert quiet is not None
    assert loud is not None
    assert quiet < loud


def test_half_widths_are_those_of_student() -> None:
    """Goal: right widths of large amounts. Method: SciPy on every beginning of a series."""
    values = (np.random.default_rng(5).normal(0, 1, 40) + 1e9).tolist()
    found = half_widths(values)
    assert found[:2] == [inf, inf]
    for count in range(3, 41):
        expected = stats.t.isf(0.025, count - 1) * stats.sem(values[:count])
        assert found[count - 1] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("runs", "ahead"), [(3, 5), (100, 5), (120, 6), (1_000, 50)])
def test_the_look_ahead_grows_with_the_runs(runs: int, ahead: int) -> None:
    """Goal: kLimit as published. Method: below, at and above 100."""
    assert look_ahead(runs) == ahead


def test_as_many_reference_values_as_values_are_needed() -> None:
    """Goal: no misaligned pairs. Method: one value too few, and no precision."""
    with pytest.raises(ValueError, match="expected as many"):
        replications_needed([1.0, 2.0], reference=[1.0])
    with pytest.raises(ValueError, match="a positive precision"):
        replications_needed([1.0, 2.0], precision_bp=0)
