"""Verdicts: clear only when chance and assumptions agree, and never because many were asked."""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.experiments.intervals import ChanceInterval
from tengesim.experiments.verdict import Judged, holm, judge

ends = st.tuples(st.floats(-100, 100), st.floats(-100, 100)).map(lambda pair: tuple(sorted(pair)))


def chance(low: float, high: float) -> ChanceInterval:
    """Return an interval by Student's t."""
    return ChanceInterval(low, high, 0.5, "t")


def judged(
    low: float,
    high: float,
    assumptions: tuple[float, float] | None,
    *,
    p_holm: float = 0.001,
    larger_arm: float = 100.0,
    has_assumptions: bool = True,
) -> Judged:
    """Return the verdict on an interval of chance and a range of assumptions."""
    return judge(
        chance(low, high),
        assumptions,
        p_holm=p_holm,
        larger_arm=larger_arm,
        has_assumptions=has_assumptions,
    )


def reference_holm(p_values: list[float]) -> list[float]:
    """Return adjusted p-values by the definition: for each, the largest of all not larger."""
    count = len(p_values)
    return [
        min(
            1.0,
            max(
                (count - sum(other < each for other in p_values)) * each
                for each in p_values
                if each <= mine
            ),
        )
        for mine in p_values
    ]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12, unique=True))
def test_holm_is_the_published_procedure(p_values: list[float]) -> None:
    """Goal: the right adjustment. Method: a definition written without sorting."""
    assert holm([*p_values]) == pytest.approx(reference_holm(p_values))


def test_holm_is_known_by_an_example() -> None:
    """Goal: the right adjustment. Method: four values worked out by hand, and two missing."""
    found = holm([0.01, None, 0.04, 0.03, 0.005, None])
    expected = [0.03, None, 0.06, 0.06, 0.02, None]
    assert [one is None for one in found] == [one is None for one in expected]
    assert [one for one in found if one is not None] == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_without_the_factor_would_be_seen() -> None:
    """Goal: the comparison can fail. Method: p-values left as they are."""
    assert holm([0.01, 0.04]) != [0.01, 0.04]


def test_many_true_nulls_are_rarely_called_different() -> None:
    """Goal: 5 % of families at most have a false alarm. Method: 2,000 families of 40 metrics.

    Its twin: without the adjustment seven families in eight have one.
    """
    families = np.random.default_rng(3).random((2_000, 40))
    adjusted = [any((p or 0.0) <= 0.05 for p in holm(family.tolist())) for family in families]
    plain = (families <= 0.05).any(axis=1)
    assert np.mean(adjusted) < 0.05 + 3.29 * np.sqrt(0.05 * 0.95 / 2_000)
    assert np.mean(plain) > 0.8


def test_clear_needs_both_intervals_on_one_side_and_all_metrics_in_mind() -> None:
    """Goal: nothing is clear by half. Method: each condition broken in turn."""
    assert judged(5, 9, (2, 20)).verdict == "clear"
    assert judged(-9, -5, (-20, -2)).verdict == "clear"
    assert judged(-1, 9, (2, 20)).verdict == "not_clear"
    assert judged(5, 9, (-2, 20)).verdict == "not_clear"
    assert judged(5, 9, (-20, -2)).verdict == "not_clear"
    assert judged(5, 9, (2, 20), p_holm=0.051).verdict == "not_clear"
    assert judged(5, 9, None).verdict == "not_clear"
    assert judged(5, 9, None, has_assumptions=False).verdict == "clear"
    assert judged(5, 9, (0.0, 20)).verdict == "not_clear"


def test_what_is_left_open_is_bounded_only_when_small() -> None:
    """Goal: "no difference larger than x" is said of small x. Method: at 5 % of the arm."""
    assert judged(-1, 2, (-4, 5), larger_arm=100.0) == ("bounded", 5)
    assert judged(-1, 2, (-4, 5), larger_arm=99.0) == ("not_clear", 5)
    assert judged(-7, 2, (-4, 5), larger_arm=1_000.0) == ("bounded", 7)
    # Without draws nobody knows what the assumptions would leave open.
    assert judged(-1, 2, None, larger_arm=1_000.0) == ("not_clear", 2)
    assert judged(-1, 2, None, larger_arm=1_000.0, has_assumptions=False) == ("bounded", 2)


def test_equal_is_said_of_exact_zeros_alone() -> None:
    """Goal: equal means equal. Method: zeros, with and without draws that differ."""
    assert judged(0, 0, (0, 0)) == ("equal", 0)
    assert judged(0, 0, None) == ("equal", 0)
    assert judged(0, 0, (-30, 3)) == ("not_clear", 30)
    assert judged(0, 1e-300, (0, 0)).verdict != "equal"


def test_too_few_runs_leave_it_unknown() -> None:
    """Goal: no verdict from nothing. Method: no interval."""
    nothing = ChanceInterval(None, None, None, "none")
    found = judge(nothing, (1, 2), p_holm=None, larger_arm=inf, has_assumptions=True)
    assert found == ("unknown", None)


@given(ends, ends, st.floats(0, 1), st.floats(0, 1_000))
def test_no_ranking_when_an_interval_spans_zero(
    by_chance: tuple[float, float], by_draws: tuple[float, float], p_holm: float, arm: float
) -> None:
    """Goal: no interval across zero is ever clear. Method: any pair of intervals."""
    found = judged(*by_chance, by_draws, p_holm=p_holm, larger_arm=arm)
    if any(low <= 0 <= high for low, high in (by_chance, by_draws)):
        assert found.verdict != "clear"
    if found.verdict in ("bounded", "not_clear"):
        assert found.bound == max(map(abs, (*by_chance, *by_draws)))
