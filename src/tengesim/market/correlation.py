"""Correlation of assets: whether a matrix is one, in exact fractions, and how to draw by it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations

import numpy as np

from tengesim.market.exact_math import Doubles, nearest

__all__ = ["contradictory", "correlated", "factor"]

Pairs = Mapping[frozenset[str], Decimal]
"""Correlation of each two assets."""


def contradictory(assets: Sequence[str], pairs: Pairs) -> tuple[str, ...] | None:
    """Return the fewest assets that cannot move together so, or None if all can.

    A matrix is a correlation if no combination of assets has a negative variance, which is so if
    no part of it has a negative determinant; fractions leave no doubt about the sign.
    """
    for number in range(2, len(assets) + 1):
        for some in combinations(assets, number):
            if _determinant(_matrix(some, pairs)) < 0:
                return some
    return None


def factor(assets: Sequence[str], pairs: Pairs) -> list[list[float]]:
    """Return the triangle that makes independent numbers correlated (Cholesky).

    Each entry is the double nearest to the true one; a matrix without full rank has one too.
    """
    rows = _matrix(assets, pairs)
    size = len(rows)
    lower = [[Fraction(int(row == column)) for column in range(size)] for row in range(size)]
    pivots: list[Fraction] = []
    for column in range(size):
        known = range(column)
        pivot = rows[column][column] - sum(lower[column][k] ** 2 * pivots[k] for k in known)
        pivots.append(pivot)
        for row in range(column + 1, size):
            shared = sum(lower[row][k] * lower[column][k] * pivots[k] for k in known)
            left = rows[row][column] - shared
            lower[row][column] = left / pivot if pivot else Fraction(0)
    return [
        [_root(lower[row][column], pivots[column]) for column in range(row + 1)]
        for row in range(size)
    ]


def correlated(
    triangle: Sequence[Sequence[float]], independent: Sequence[Doubles]
) -> list[Doubles]:
    """Return correlated numbers from independent ones, a row for each asset.

    Plain sums in one order: products of matrices add up in another on each processor.
    """
    found = []
    for weights in triangle:
        total = weights[0] * independent[0]
        for weight, row in zip(weights[1:], independent[1:], strict=False):
            total = total + weight * row
        found.append(np.asarray(total))
    return found


def _matrix(assets: Sequence[str], pairs: Pairs) -> list[list[Fraction]]:
    return [
        [
            Fraction(1) if one == other else Fraction(pairs[frozenset((one, other))])
            for other in assets
        ]
        for one in assets
    ]


def _determinant(rows: list[list[Fraction]]) -> Fraction:
    """Return the determinant by elimination."""
    left = [list(row) for row in rows]
    found = Fraction(1)
    for column in range(len(left)):
        pivot = next((row for row in range(column, len(left)) if left[row][column]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != column:
            left[pivot], left[column] = left[column], left[pivot]
            found = -found
        found *= left[column][column]
        for row in range(column + 1, len(left)):
            times = left[row][column] / left[column][column]
            left[row] = [a - times * b for a, b in zip(left[row], left[column], strict=True)]
    return found


def _root(times: Fraction, pivot: Fraction) -> float:
    """Return `times` × √`pivot`."""
    with localcontext() as context:
        context.prec = 60
        square = times * times * pivot
        root = (Decimal(square.numerator) / Decimal(square.denominator)).sqrt()
    return nearest(root if times >= 0 else -root)
