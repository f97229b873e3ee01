"""The assumption that matters most is found, the break-even is where the sign turns."""

from dataclasses import dataclass
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tengesim.experiments.influence import (
    SCREENED,
    Share,
    break_even,
    furthest,
    influence_of,
    share_of_assumptions,
    shares_of_variance,
)

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Ranged:
    """An assumption in basis points."""

    path: str = "leakage"
    low: int = 100
    value: int = 200
    high: int = 500

    @property
    def low_text(self) -> str:
        """The low end as written."""
        return self.written(self.low)

    @property
    def high_text(self) -> str:
        """The high end as written."""
        return self.written(self.high)

    def written(self, number: int) -> str:
        """Return a rate."""
        return f"{number / 100:g} %"


def inputs(seed: int, paths: int, draws: int) -> dict[str, list[float]]:
    """Return independent values of assumptions, by path."""
    table = np.random.default_rng(seed).random((paths, draws))
    return {f"path_{number:02d}": table[number].tolist() for number in range(paths)}


def test_shares_are_those_of_a_linear_model() -> None:
    """Goal: right shares. Method: variances 16 : 4 : 1 of ranks, many draws, and no others."""
    drawn = inputs(1, 6, 4_000)
    x = {path: np.array(values) for path, values in drawn.items()}
    found = shares_of_variance(drawn, (4 * x["path_03"] - 2 * x["path_00"] + x["path_05"]).tolist())
    assert [one.path for one in found[:3]] == ["path_03", "path_00", "path_05"]
    assert [one.share for one in found[:3]] == pytest.approx([16 / 21, 4 / 21, 1 / 21], abs=0.02)
    assert [one.is_distinct for one in found] == [True] * 3 + [False] * 3


def test_a_curve_is_followed_as_well_as_a_line() -> None:
    """Goal: ranks, not values. Method: a steep exponential, which a straight line would miss."""
    drawn = inputs(2, 4, 200)
    steep = np.exp(20 * np.array(drawn["path_02"]))
    (first, *_) = shares_of_variance(drawn, steep.tolist())
    assert first.path == "path_02"
    assert first.share == pytest.approx(1.0)


def test_stepwise_shares_are_those_of_least_squares() -> None:
    """Goal: right increments. Method: R² of NumPy's regression on ranks, path by path."""
    drawn = inputs(3, 5, 80)
    generator = np.random.default_rng(3)
    x = {path: np.array(values) for path, values in drawn.items()}
    y = 3 * x["path_01"] + 2 * x["path_04"] + 0.3 * generator.normal(size=80)
    found = [one for one in shares_of_variance(drawn, y.tolist()) if one.is_distinct]
    ranks = {path: np.argsort(np.argsort(values)) for path, values in x.items()}
    target = np.argsort(np.argsort(y)).astype(float)
    explained = 0.0
    assert len(found) >= 2
    for count in range(1, len(found) + 1):
        design = np.column_stack(
            [np.ones(80), *(ranks[one.path].astype(float) for one in found[:count])]
        )
        left = target - design @ np.linalg.lstsq(design, target, rcond=None)[0]
        together = 1 - float(left @ left) / float(((target - target.mean()) ** 2).sum())
        assert found[count - 1].share == pytest.approx(together - explained)
        explained = together


def test_chance_alone_rarely_stands_out() -> None:
    """Goal: no culprit without a crime. Method: 300 campaigns of 40 idle assumptions, 20 draws.

    Its twin is above: one that matters is found. The luckiest explains a third on average here.
    """
    generator = np.random.default_rng(4)
    best = []
    for seed in range(300):
        drawn = inputs(seed, 40, 20)
        best.append(shares_of_variance(drawn, generator.normal(size=20).tolist())[0])
    alarms = sum(one.is_distinct for one in best) / 300
    assert alarms < 0.05 + 3.29 * np.sqrt(0.05 * 0.95 / 300)
    assert np.mean([one.share for one in best]) > 0.25


def test_one_of_many_is_found_in_few_draws() -> None:
    """Goal: power. Method: 40 assumptions and 20 draws, one of which makes 80 % of the variance."""
    hits = 0
    for seed in range(50):
        drawn = inputs(seed, 40, 20)
        noise = np.random.default_rng(seed).normal(0, np.sqrt(1 / 12 / 4), 20)
        (first, *_) = shares_of_variance(drawn, (np.array(drawn["path_07"]) + noise).tolist())
        hits += first.path == "path_07" and first.is_distinct
    assert hits > 40


def test_what_cannot_matter_is_credited_with_nothing() -> None:
    """Goal: constants and missing values do no harm. Method: one of each."""
    drawn = inputs(5, 2, 30)
    drawn["constant"] = [1.0] * 30
    differences: list[float | None] = [value + 1 for value in drawn["path_00"]]
    differences[3], differences[4] = None, nan
    found = shares_of_variance(drawn, differences)
    assert found[0].path == "path_00"
    assert found[0].share == pytest.approx(1.0)
    assert "constant" not in {one.path for one in found}
    assert shares_of_variance(drawn, [2.0] * 30) == ()
    assert shares_of_variance(inputs(5, 2, 9), [float(value) for value in range(9)]) == ()
    with pytest.raises(ValueError, match="path_00 has 30 draws; expected 29"):
        shares_of_variance(drawn, differences[1:])


def test_two_names_for_one_assumption_share_its_credit_once() -> None:
    """Goal: no share above 1. Method: a copy of an assumption under another path."""
    drawn = inputs(6, 3, 40)
    drawn["copy"] = drawn["path_01"]
    found = shares_of_variance(drawn, drawn["path_01"])
    assert found[0].path == "copy"
    assert sum(one.share for one in found if one.is_distinct) == pytest.approx(1.0)


def test_the_share_of_all_assumptions_is_what_chance_does_not_make() -> None:
    """Goal: ignorance and chance apart. Method: normal differences with a known ratio."""
    generator = np.random.default_rng(7)
    chance = generator.normal(5, 1, 4_000).tolist()
    both = generator.normal(5, 2, 4_000).tolist()
    assert share_of_assumptions(chance, both) == pytest.approx(0.75, abs=0.03)
    assert share_of_assumptions(both, chance) == 0.0
    assert share_of_assumptions(chance[:2], both) is None
    assert share_of_assumptions(chance, both[:9]) is None
    assert share_of_assumptions([0.0] * 20, [0.0] * 20) is None


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ((-10.0, 5.0, 20.0), 167),
        ((10.0, 5.0, -10.0), 300),
        ((1.0, 0.0, 5.0), 200),
        ((0.0, 3.0, 5.0), 100),
        ((3.0, 3.0, 0.0), 500),
        ((-2.0, 3.0, -9.0), 140),
        ((3.0, 1.0, 2.0), None),
        ((-3.0, -1.0, -2.0), None),
    ],
)
def test_the_break_even_lies_on_the_straight_lines(
    at: tuple[float, float, float], expected: int | None
) -> None:
    """Goal: the value at which the conclusion turns. Method: worked out by hand."""
    assert break_even(Ranged(), at) == expected


@given(st.tuples(*[st.floats(-1e6, 1e6)] * 3))
def test_a_break_even_is_within_the_range_and_only_where_signs_differ(
    at: tuple[float, float, float],
) -> None:
    """Goal: never outside what was looked at. Method: any three differences."""
    found = break_even(Ranged(), at)
    assert (found is None) == (min(at) > 0 or max(at) < 0)
    assert found is None or 100 <= found <= 500


def test_influence_is_told_with_share_swing_and_break_even() -> None:
    """Goal: words for the headline. Method: a sign that turns, one that does not, and no runs."""
    share = Share("leakage", 0.61, is_distinct=True)
    found = influence_of(share, Ranged(), (-30.0, 10.0, 60.0), "meals")
    assert (found.break_even, found.swing_low, found.swing_high) == ("1.75 %", -30.0, 60.0)
    assert found.text == (
        "Most depends on leakage, with 61 % of the variance over the draws. At 1 % the difference"
        " is 30 meals fewer, at 5 % 60 meals more; its sign changes at about 1.75 %."
    )
    same = influence_of(share, Ranged(), (5.0, 10.0, 60.0), "meals")
    assert same.break_even is None
    assert same.text.endswith("its sign does not change in between.")
    untried = influence_of(share, Ranged(), (None, 10.0, None), "meals")
    assert untried.break_even is None
    assert untried.text == "Most depends on leakage, with 61 % of the variance over the draws."


def test_a_break_even_in_basis_points_is_told_in_per_cent() -> None:
    """Goal: numbers as people read them. Method: what a scenario writes for 1.67 %, and days."""

    class InBasisPoints(Ranged):
        def written(self, number: int) -> str:
            return f"{number} bp"

    class InDays(Ranged):
        def written(self, number: int) -> str:
            return f"{number} business days"

    share, at = Share("leakage", 0.61, is_distinct=True), (-10.0, 5.0, 20.0)
    assert influence_of(share, InBasisPoints(), at, "meals").break_even == "1.67 %"
    assert influence_of(share, InDays(), at, "meals").break_even == "167 business days"


def test_the_assumption_that_moves_the_difference_furthest_is_named() -> None:
    """Goal: named for what it does, not by luck. Method: swings to either side, ties, no runs."""
    tried = {
        "short": (1.0, 2.0, 3.0),
        "one_sided": (None, 2.0, -5.0),
        "b_far": (-9.0, 2.0, 1.0),
        "a_far": (2.0, 2.0, 13.0),
        "untried": (None, None, None),
    }
    assert furthest(tried) == "a_far"
    assert furthest({path: tried[path] for path in ("short", "one_sided")}) == "one_sided"
    assert furthest({"still": (2.0, 2.0, 2.0), "untried": (None, None, None)}) is None
    text = influence_of(
        Share("leakage", 0.3, is_distinct=False), Ranged(), (None, 1.0, None), "meals", tried=6
    ).text
    assert text == (
        "Of 6 assumptions tried alone, leakage moves it furthest (30 % of the variance over the"
        " draws)."
    )


def test_one_that_makes_two_fifths_is_among_those_tried() -> None:
    """Goal: the screen misses little. Method: 200 campaigns of 30 assumptions and 20 draws."""
    first = among = 0
    for seed in range(200):
        drawn = inputs(seed, 30, 20)
        noise = np.random.default_rng(seed).normal(0, np.sqrt(1 / 12 * 3 / 2), 20)
        shares = shares_of_variance(drawn, (np.array(drawn["path_07"]) + noise).tolist())
        paths = [share.path for share in shares]
        first += paths[0] == "path_07"
        among += "path_07" in paths[:SCREENED]
    assert among / 200 > 0.9
    assert first / 200 < 0.8


def test_an_assumption_that_does_not_stand_out_is_not_accused() -> None:
    """Goal: no culprit by luck. Method: a share that chance may have made."""
    share = Share("leakage", 0.3, is_distinct=False)
    text = influence_of(share, Ranged(), (None, 1.0, None), "meals").text
    assert text.startswith(
        "No single assumption stands out over these draws; the nearest is leakage"
    )
