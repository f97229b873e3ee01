"""The laws of a market fitted to a table of past prices, with how well each describes it.

Laws are compared by their likelihood less what their parameters cost (Schwarz 1978); distances
between table and law say what is called good. A fit speaks of the past alone: growth is told and
never taken over.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.experiments.fitting import Part, chi_square_tail, kolmogorov_tail
from tengesim.experiments.mixtures import Mixture, jump_mixture, regime_mixture
from tengesim.experiments.student import student_tail
from tengesim.market.bootstrap import daily_returns
from tengesim.market.laws import FREEDOM_MAX, PriceTable

__all__ = ["AssetFit", "LawFit", "MarketFit", "fit_market"]

Doubles = NDArray[np.float64]
Below = Callable[[float], float]
"""How likely a return is below."""
Pairs = Mapping[tuple[str, str], tuple[float, float]]
"""Correlation of each two assets, and its standard error."""

_DAYS_A_YEAR: Final = 365
_ERRORS: Final = 2
"""Ends of a fitted range: this many standard errors around the value."""
_RECENT: Final = 90
"""Days at the end of the table whose lowest and highest price bound the first one."""
_LAGS: Final = 20
_FREEDOM_MIN: Final = 3
_TURNS: Final = 20
_DOUBT: Final = 0.01
_LIKELY: Final = 1.92
"""Fall in logarithmic likelihood within which 95 % of right values lie."""


@dataclass(frozen=True, slots=True)
class AssetFit:
    """What the table says of one asset."""

    price: tuple[float, float, float]
    """The last price, and the lowest and highest of the last days."""
    volatility: tuple[float, float]
    """Standard deviation of a year, and its standard error."""
    growth: tuple[float, float]
    """Logarithm by which the price grew in a year, and its standard error."""
    worst: float
    """The deepest fall below an earlier price."""


@dataclass(frozen=True, slots=True)
class LawFit:
    """One law: its figures with their ranges, and what it costs to say so much."""

    kind: str
    figures: Mapping[str, tuple[float, float, float]]
    """Value, low and high, by path below the section of the law."""
    correlation: Pairs
    """As the law means it: of days without jumps where there are jumps."""
    score: float
    """Schwarz's criterion; less is better."""
    parts: tuple[Part, ...]
    """Distance from the table, by asset."""


@dataclass(frozen=True, slots=True)
class MarketFit:
    """A market read out of a table."""

    days: int
    assets: Mapping[str, AssetFit]
    laws: tuple[LawFit, ...]
    """Best first."""
    clustering: Part

    def lines(self) -> Iterator[str]:
        """Yield the report."""
        yield f"{self.days:,} daily returns of {', '.join(self.assets)}"
        for name, asset in self.assets.items():
            volatility, error = asset.volatility
            growth, doubt = asset.growth
            yield (
                f"{name}: volatility {volatility:.1%} ± {_ERRORS * error:.1%} a year, grew by"
                f" {growth:+.2f} ± {_ERRORS * doubt:.2f} (not taken over), deepest fall"
                f" {asset.worst:.0%}"
            )
        best = self.laws[0].score
        for law in self.laws:
            figures = ", ".join(
                f"{path.removesuffix('.value')} {value:.4g} ({low:.4g} to {high:.4g})"
                for path, (value, low, high) in law.figures.items()
            )
            yield f"{law.kind}: Schwarz {law.score - best:+,.1f}{'; ' if figures else ''}{figures}"
            for part in sorted(law.parts, key=lambda one: -one.distance):
                yield (
                    f"  {part.verdict:<8} {part.name:<12} {part.measure} {part.statistic:.3f},"
                    f" p {part.p_value:.3g}"
                )
        part = self.clustering
        yield (
            f"wild days together: {part.measure} {part.statistic:,.0f}, p {part.p_value:.3g}"
            + (": regimes or bootstrap keep them together" if part.p_value < _DOUBT else "")
        )
        yield "p is too high where figures were fitted to the same days; see the distance first"


def fit_market(table: PriceTable, pegged: Sequence[str] = ()) -> MarketFit:
    """Fit every law to the assets of a table; those `pegged` get a volatility and no law.

    Raises ValueError if an asset has the same price on all days, or none is left to fit a law to.
    """
    names = [name for name in table.prices if name not in pegged]
    if not names:
        raise ValueError("every column is that of a pegged asset; a law needs another")
    returns = {name: daily_returns(prices) for name, prices in table.prices.items()}
    for name, row in returns.items():
        if not row.any():
            raise ValueError(f"{name} has the same price on all days")
    rows = np.array([returns[name] - returns[name].mean() for name in names])
    pairs = _correlation(rows, names, np.ones(rows.shape[1]))
    laws = [_gbm(rows, names, pairs), _student(rows, names, pairs)]
    laws += [_jumping(rows, names), _changing(rows, names, pairs)]
    return MarketFit(
        days=rows.shape[1],
        assets={
            name: _asset(prices, returns[name], is_pegged=name in pegged)
            for name, prices in table.prices.items()
        },
        laws=tuple(sorted(laws, key=lambda law: law.score)),
        clustering=_clustering(rows),
    )


def _asset(prices: Doubles, returns: Doubles, *, is_pegged: bool) -> AssetFit:
    number = len(returns)
    variance = float(returns.var())
    error = _error_of_mean((returns - returns.mean()) ** 2)
    deviation = math.sqrt(variance)
    if is_pegged:
        # A fall below the peg is no volatility: the middle half of the days says what is.
        low, high = np.quantile(returns, (0.25, 0.75)).tolist()
        deviation = (high - low) / (2 * NormalDist().inv_cdf(0.75))
        error = 2 * deviation * deviation / math.sqrt(number)
    year = math.sqrt(_DAYS_A_YEAR)
    recent = prices[-_RECENT:]
    peak = np.maximum.accumulate(prices)
    return AssetFit(
        price=(float(prices[-1]), float(recent.min()), float(recent.max())),
        volatility=(deviation * year, error / (2 * deviation) * year if deviation else 0.0),
        growth=(
            float(returns.mean()) * _DAYS_A_YEAR,
            math.sqrt(variance / number) * _DAYS_A_YEAR,
        ),
        worst=float((prices / peak).min()) - 1,
    )


def _error_of_mean(sample: Doubles) -> float:
    """Return the standard error of a mean of days that know of one another (Newey and West 1987).

    Days further apart count less, and from a month on not at all.
    """
    centred = sample - sample.mean()
    whole = float((centred**2).sum())
    for lag in range(1, min(_LAGS, len(sample) - 1) + 1):
        shared = float((centred[lag:] * centred[:-lag]).sum())
        whole += 2 * (1 - lag / (_LAGS + 1)) * shared
    return math.sqrt(max(whole, 0.0)) / len(sample)


def _correlation(rows: Doubles, names: Sequence[str], days: Doubles) -> Pairs:
    """Return the correlation of each two assets on days of these weights, and its error."""
    found = {}
    deviation = np.sqrt((rows**2 * days).sum(axis=1, keepdims=True) / days.sum())
    scaled = rows / deviation
    for place, one in enumerate(names):
        for other in range(place + 1, len(names)):
            x, y = scaled[place], scaled[other]
            value = float((x * y * days).sum() / days.sum())
            # What each day moves the sample correlation by.
            moved = (x * y - value * (x * x + y * y) / 2) * days
            found[one, names[other]] = value, _error_of_mean(moved)
    return found


def _clustering(rows: Doubles) -> Part:
    """Say whether sizes of returns know of one another (Ljung and Box 1978), worst asset.

    Sizes and not squares, whose own spread may be without end where tails are fat.
    """
    number = rows.shape[1]
    worst = 0.0
    for row in rows:
        sizes = np.abs(row) - float(np.abs(row).mean())
        whole = float((sizes**2).sum())
        found = 0.0
        for lag in range(1, min(_LAGS, number - 2) + 1):
            found += (float((sizes[lag:] * sizes[:-lag]).sum()) / whole) ** 2 / (number - lag)
        worst = max(worst, number * (number + 2) * found)
    return Part(
        "clustering", f"chi-square({_LAGS})", worst, chi_square_tail(worst, _LAGS), 0.0, number
    )


def _score(likelihood: float, parameters: int, days: int) -> float:
    """Return Schwarz's criterion."""
    return parameters * math.log(days) - 2 * likelihood


def _part(name: str, row: Doubles, below: Below) -> Part:
    """Return the greatest gap between the returns of an asset and a law."""
    ordered = np.sort(row)
    law = np.array([below(x) for x in ordered.tolist()])
    number = len(ordered)
    steps = np.arange(number + 1) / number
    gap = float(max((steps[1:] - law).max(), (law - steps[:-1]).max()))
    return Part(name, "KS", gap, kolmogorov_tail(gap * math.sqrt(number)), gap, number)


def _normal_below(x: float, *, scale: float) -> float:
    return 0.5 * math.erfc(-x / scale / math.sqrt(2))


def _student_below(x: float, *, scale: float, freedom: int) -> float:
    return 1 - student_tail(x / scale, freedom)


def _mixture_below(x: float, *, mixture: Mixture, place: int) -> float:
    laws = zip(mixture.shares, mixture.means, mixture.spreads, strict=True)
    return sum(
        share * _normal_below(x - mean[place], scale=math.sqrt(spread[place, place]))
        for share, mean, spread in laws
    )


def _gbm(rows: Doubles, names: Sequence[str], pairs: Pairs) -> LawFit:
    size, number = rows.shape
    spread = rows @ rows.T / number
    likelihood = -0.5 * number * (size * math.log(2 * math.pi) + _log_volume(spread) + size)
    parts = tuple(
        _part(name, row, partial(_normal_below, scale=float(row.std())))
        for name, row in zip(names, rows, strict=True)
    )
    return LawFit("gbm", {}, pairs, _score(likelihood, size * (size + 1) // 2, number), parts)


def _log_volume(spread: Doubles) -> float:
    return float(np.linalg.slogdet(spread)[1])


def _student(rows: Doubles, names: Sequence[str], pairs: Pairs) -> LawFit:
    """Return the degrees of freedom that make the table likeliest."""
    size, number = rows.shape
    found = {
        freedom: _student_likelihood(rows, freedom)
        for freedom in range(_FREEDOM_MIN, FREEDOM_MAX + 1)
    }
    best = max(found, key=lambda freedom: found[freedom])
    near = [freedom for freedom, value in found.items() if value > found[best] - _LIKELY]
    parts = []
    for name, row in zip(names, rows, strict=True):
        scale = float(row.std()) * math.sqrt((best - 2) / best)
        parts.append(_part(name, row, partial(_student_below, scale=scale, freedom=best)))
    # The right number may round either way, so the range ends one further out.
    low, high = max(min(near) - 1, _FREEDOM_MIN), min(max(near) + 1, FREEDOM_MAX)
    figures = {"freedom": (float(best), float(low), float(high))}
    score = _score(found[best], size * (size + 1) // 2 + 1, number)
    return LawFit("student_t", figures, pairs, score, tuple(parts))


def _student_likelihood(rows: Doubles, freedom: int) -> float:
    """Return the logarithmic likelihood of Student's law with the spread that suits it best.

    Days far out count less in the spread, and how far out they are depends on it; a few turns
    settle both (Lange, Little and Taylor 1989, doi:10.2307/2290063).
    """
    size, number = rows.shape
    spread = rows @ rows.T / number * (freedom - 2) / freedom
    for _ in range(_TURNS):
        far = np.einsum("it,ij,jt->t", rows, np.linalg.inv(spread), rows)
        spread = (rows * ((freedom + size) / (freedom + far))) @ rows.T / number
    far = np.einsum("it,ij,jt->t", rows, np.linalg.inv(spread), rows)
    constant = (
        math.lgamma((freedom + size) / 2)
        - math.lgamma(freedom / 2)
        - size / 2 * math.log(freedom * math.pi)
        - _log_volume(spread) / 2
    )
    tail = float(np.log1p(far / freedom).sum())
    return float(number * constant - (freedom + size) / 2 * tail)


def _mixed(names: Sequence[str], rows: Doubles, mixture: Mixture) -> tuple[Part, ...]:
    """Return the distances of a mixture of two normal laws."""
    return tuple(
        _part(name, row, partial(_mixture_below, mixture=mixture, place=place))
        for place, (name, row) in enumerate(zip(names, rows, strict=True))
    )


def _jumping(rows: Doubles, names: Sequence[str]) -> LawFit:
    """Return rare days of another law, as jumps: their number, mean and spread."""
    size, number = rows.shape
    mixture = jump_mixture(rows)
    calm, wild = mixture.spreads
    share = mixture.shares[1]
    # A day that may have been either tells less of both.
    few = math.sqrt(max(float((mixture.wild**2).sum()), 1))
    yearly = share * _DAYS_A_YEAR
    figures = {"yearly": _around(yearly, yearly / few, least=0)}
    for place, name in enumerate(names):
        mean = float(mixture.means[1][place] - mixture.means[0][place])
        extra = max(0.0, float(wild[place, place] - calm[place, place]))
        spread = math.sqrt(extra)
        whole = math.sqrt(float(wild[place, place]))
        figures[f"sizes.{name}.mean"] = _around(mean, whole / few)
        figures[f"sizes.{name}.spread"] = _around(spread, whole / few / math.sqrt(2), least=0)
    pairs = _correlation(rows - mixture.means[0][:, None], names, 1 - mixture.wild)
    score = _score(mixture.likelihood, size * (size + 1) + size + 1, number)
    return LawFit("merton", figures, pairs, score, _mixed(names, rows, mixture))


def _changing(rows: Doubles, names: Sequence[str], pairs: Pairs) -> LawFit:
    """Return two regimes: how wild each is and how long it stays."""
    size, number = rows.shape
    mixture = regime_mixture(rows)
    figures = {}
    for place in range(2):
        share, leave = mixture.shares[place], mixture.leaves[place]
        relative = 100 * math.sqrt(float(mixture.spreads[place][0, 0]) * _DAYS_A_YEAR)
        seen = math.sqrt(2 * max(share * number, 1) * size)
        visits = math.sqrt(max(share * number * leave, 1))
        figures[f"regimes.{place}.volatility"] = _around(relative, relative / seen, least=0.01)
        figures[f"regimes.{place}.stays"] = _around(1 / leave, 1 / leave / visits, least=1)
    score = _score(mixture.likelihood, size * (size + 1) // 2 + 3, number)
    return LawFit("regimes", figures, pairs, score, _mixed(names, rows, mixture))


def _around(value: float, error: float, *, least: float = -math.inf) -> tuple[float, float, float]:
    return (
        max(value, least),
        max(value - _ERRORS * error, least),
        max(value, least) + _ERRORS * error,
    )
