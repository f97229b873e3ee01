"""Correlations: which assets contradict one another, and that drawn numbers have them."""

from decimal import Decimal
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.market.correlation import contradictory, correlated, factor

NAMES = ("a", "b", "c", "d")
PAIRS = list(combinations(NAMES, 2))


def pairs(*values: float | str | Decimal) -> dict[frozenset[str], Decimal]:
    """Return correlations of the first assets, a with b first."""
    stated = [Decimal(str(value)) for value in values]
    return {frozenset(pair): value for pair, value in zip(PAIRS, stated, strict=False)}


def matrix(stated: dict[frozenset[str], Decimal], names: tuple[str, ...]) -> np.ndarray:
    """Return the same as rows and columns."""
    return np.array(
        [
            [1.0 if one == other else float(stated[frozenset((one, other))]) for other in names]
            for one in names
        ]
    )


@given(st.lists(st.integers(-100, 100), min_size=6, max_size=6))
def test_what_is_no_correlation_matrix_is_found(percents: list[int]) -> None:
    """Goal: accepted exactly if positive semi-definite. Method: eigenvalues by NumPy."""
    stated = pairs(*(percent / 100 for percent in percents))
    least = np.linalg.eigvalsh(matrix(stated, NAMES))[0]
    odd = contradictory(NAMES, stated)
    if abs(least) > 1e-9:
        assert (odd is None) == (least > 0)
    if odd is not None:
        assert np.linalg.eigvalsh(matrix(stated, odd))[0] < 1e-9
        for fewer in combinations(odd, len(odd) - 1):
            assert np.linalg.eigvalsh(matrix(stated, fewer))[0] > -1e-9


def test_the_fewest_assets_are_named() -> None:
    """Goal: say which assets. Method: three that contradict one another among four."""
    assert contradictory(NAMES, pairs(0.9, 0, 0.9, 0, 0.8, 0)) is None
    # b and d both move with a, yet against each other.
    assert contradictory(NAMES, pairs(0.9, 0, 0.9, 0, -0.9, 0)) == ("a", "b", "d")


@pytest.mark.parametrize("shared", ["1", "-1", "0", "0.5"])
def test_a_matrix_on_the_edge_is_accepted(shared: str) -> None:
    """Goal: no rounding refuses what is possible. Method: assets that move as one, or mirrored."""
    square = Decimal(shared) ** 2
    stated = pairs(shared, shared, square)
    assert contradictory(NAMES[:3], stated | {frozenset("bc"): square}) is None
    rows = factor(NAMES[:2], stated)
    assert rows[1][0] == float(shared)
    assert rows[1][1] == pytest.approx((1 - float(square)) ** 0.5)


@given(st.lists(st.integers(-45, 45), min_size=6, max_size=6))
def test_the_factor_makes_the_matrix(percents: list[int]) -> None:
    """Goal: drawn numbers have the stated correlation. Method: the triangle times its mirror."""
    stated = pairs(*(percent / 100 for percent in percents))
    if contradictory(NAMES, stated) is not None:
        return
    triangle = np.array([row + [0.0] * (4 - len(row)) for row in factor(NAMES, stated)])
    assert triangle @ triangle.T == pytest.approx(matrix(stated, NAMES), abs=1e-12)


def test_an_asset_does_not_depend_on_those_after_it() -> None:
    """Goal: one more asset moves no path. Method: rows with and without the last."""
    stated = pairs(0.8, 0.3, 0.1, 0.2, 0.4, 0.5)
    rows = [np.random.default_rng(number).normal(size=50) for number in range(4)]
    whole = correlated(factor(NAMES, stated), rows)
    part = correlated(factor(NAMES[:3], stated), rows[:3])
    assert all((one == other).all() for one, other in zip(whole, part, strict=False))
