"""Two normal laws that take turns, fitted to returns: rare jumps, or regimes that stay.

Both by expectation and maximisation (Dempster, Laird and Rubin 1977): what is not seen, which law
a day had, is guessed from the laws, and the laws are fitted to the guesses, in turns.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Mixture", "jump_mixture", "regime_mixture"]

Doubles = NDArray[np.float64]

_TURNS: Final = 1_000
_ENOUGH: Final = 1e-9
"""Gain of logarithmic likelihood in one turn below which it is over."""
_RARE: Final = 0.05
_LEAST: Final = 1e-4
"""Share of days or of changes that is taken for none."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """Two normal laws, the calm one first."""

    shares: tuple[float, float]
    means: tuple[Doubles, Doubles]
    spreads: tuple[Doubles, Doubles]
    leaves: tuple[float, float]
    """Chance that the other one holds on the next day."""
    wild: Doubles
    """How likely each day had the second law."""
    likelihood: float
    """Logarithm of how likely the returns are."""


def jump_mixture(rows: Doubles) -> Mixture:
    """Fit rare days, each by itself, of another mean and spread; `rows` are returns by asset."""
    number = rows.shape[1]
    spread = rows @ rows.T / number
    far = np.einsum("it,ij,jt->t", rows, np.linalg.inv(spread), rows)
    wild = (far > np.quantile(far, 1 - _RARE)).astype(float)
    before, likelihood, share = -math.inf, 0.0, _RARE
    parts = [_fitted(rows, weight) for weight in (1 - wild, wild)]
    for _ in range(_TURNS):
        share = min(max(float(wild.mean()), _LEAST), 1 - _LEAST)
        parts = [_fitted(rows, weight) for weight in (1 - wild, wild)]
        logs = [
            math.log(part) + _log_density(rows, mean, spread)
            for part, (mean, spread) in zip((1 - share, share), parts, strict=True)
        ]
        whole = np.logaddexp(logs[0], logs[1])
        likelihood = float(whole.sum())
        wild = np.exp(logs[1] - whole)
        if likelihood - before < _ENOUGH * number:
            break
        before = likelihood
    (calm_mean, calm), (wild_mean, wilder) = parts
    return Mixture(
        (1 - share, share),
        (calm_mean, wild_mean),
        (calm, wilder),
        (share, 1 - share),
        wild,
        likelihood,
    )


def _fitted(rows: Doubles, weight: Doubles) -> tuple[Doubles, Doubles]:
    """Return mean and covariance of weighted days."""
    total = float(weight.sum()) + 1e-12
    mean = rows @ weight / total
    centred = rows - mean[:, None]
    spread = (centred * weight) @ centred.T / total
    # A law of one day alone would be infinitely likely.
    floor = 1e-4 * np.diag(np.diag(rows @ rows.T / rows.shape[1]))
    return mean, spread + floor


def _log_density(rows: Doubles, mean: Doubles, spread: Doubles) -> Doubles:
    centred = rows - mean[:, None]
    far = np.einsum("it,ij,jt->t", centred, np.linalg.inv(spread), centred)
    volume = float(np.linalg.slogdet(spread)[1])
    return np.asarray(-0.5 * (len(rows) * math.log(2 * math.pi) + volume + far))


def regime_mixture(rows: Doubles) -> Mixture:
    """Fit two regimes in which all assets are calmer or wilder by one factor."""
    size, number = rows.shape
    base = rows @ rows.T / number
    factors = [0.5, 2.0]
    leaves = [0.05, 0.1]
    before, likelihood = -math.inf, 0.0
    held = [np.ones(number), np.ones(number)]
    for _ in range(_TURNS):
        far = np.einsum("it,ij,jt->t", rows, np.linalg.inv(base), rows)
        volume = size * math.log(2 * math.pi) + float(np.linalg.slogdet(base)[1])
        logs = [-0.5 * (volume + size * math.log(one) + far / one) for one in factors]
        wild, left, likelihood = _guessed(logs, leaves)
        held = [1 - wild, wild]
        weight = held[0] / factors[0] + held[1] / factors[1]
        base = (rows * weight) @ rows.T / number
        far = np.einsum("it,ij,jt->t", rows, np.linalg.inv(base), rows)
        factors = [float((one * far).sum() / (size * one.sum() + 1e-12)) for one in held]
        leaves = [
            min(max(gone / (float(one[:-1].sum()) + 1e-12), _LEAST), 1 - _LEAST)
            for gone, one in zip(left, held, strict=True)
        ]
        if likelihood - before < _ENOUGH * number:
            break
        before = likelihood
    order = (0, 1) if factors[0] <= factors[1] else (1, 0)
    still = np.zeros(size)
    both = sum(leaves)
    return Mixture(
        (leaves[order[1]] / both, leaves[order[0]] / both),
        (still, still),
        (base * factors[order[0]], base * factors[order[1]]),
        (leaves[order[0]], leaves[order[1]]),
        held[order[1]],
        likelihood,
    )


def _guessed(
    logs: list[Doubles], leaves: list[float]
) -> tuple[Doubles, tuple[float, float], float]:
    """Return how likely the second regime held on each day (Baum and others 1970).

    Also the expected number of changes out of each, and the logarithmic likelihood.
    """
    top = np.maximum(logs[0], logs[1])
    first, second = (np.exp(one - top).tolist() for one in logs)
    out, back = leaves
    # Chances of the regimes given the days until now, and what each day adds to the likelihood.
    one, other = back / (out + back), out / (out + back)
    seen: list[tuple[float, float]] = []
    total = float(top.sum())
    for calm, wild in zip(first, second, strict=True):
        if seen:
            was, were = seen[-1]
            one, other = was * (1 - out) + were * back, was * out + were * (1 - back)
        one, other = one * calm, other * wild
        whole = one + other
        total += math.log(whole)
        seen.append((one / whole, other / whole))
    # And given the days to come, backwards.
    wilds = [0.0] * len(seen)
    later, late = 1.0, 1.0
    gone, returned = 0.0, 0.0
    for day in range(len(seen) - 1, -1, -1):
        was, were = seen[day]
        sides = was * later, were * late
        wilds[day] = sides[1] / (sides[0] + sides[1])
        if not day:
            break
        was, were = seen[day - 1]
        ahead = first[day] * later, second[day] * late
        ways = (
            was * (1 - out) * ahead[0],
            was * out * ahead[1],
            were * back * ahead[0],
            were * (1 - back) * ahead[1],
        )
        whole = sum(ways)
        gone += ways[1] / whole
        returned += ways[2] / whole
        later, late = (1 - out) * ahead[0] + out * ahead[1], back * ahead[0] + (1 - back) * ahead[1]
        scale = later + late
        later, late = later / scale, late / scale
    return np.array(wilds), (gone, returned), total
