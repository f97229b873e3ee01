"""Logarithmic returns as each law draws them, for all assets that are not pegged.

Every asset has streams of its own name, and numbers are made correlated from the first asset to
the last; so a later asset moves no earlier one, and a stress moves nothing that is drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Final, assert_never

import numpy as np
from numpy.typing import NDArray

from tengesim.market.bootstrap import resampled
from tengesim.market.chance import normals, poisson, threshold
from tengesim.market.correlation import correlated, factor
from tengesim.market.exact_math import Doubles, nearest
from tengesim.market.laws import (
    BootstrapSection,
    GbmSection,
    MertonSection,
    RegimesSection,
    StudentSection,
)
from tengesim.market.model import AssetSection, MarketSection, floating
from tengesim.streams import Streams, below_one

__all__ = ["DAYS_A_YEAR", "log_returns", "regime_shares"]

DAYS_A_YEAR: Final = 365
"""Coins are traded every day; so a year has as many fixings for all assets."""

_DIGITS: Final = 50


@dataclass(frozen=True, slots=True)
class _Draw:
    """What the laws draw from: the streams, the fixings, and how assets move together."""

    section: MarketSection
    streams: Streams
    numbers: NDArray[np.int64]
    assets: Mapping[str, AssetSection]

    @property
    def years(self) -> Decimal:
        """Return the length of a fixing in years."""
        with localcontext() as context:
            context.prec = _DIGITS
            return Decimal(self.section.fixing.value) / DAYS_A_YEAR

    def normals(self, name: str, step: int = 0) -> Doubles:
        """Return a standard normal number for each fixing."""
        return normals(self.streams.words(f"market/{name}", self.numbers, step))

    def together(self, purpose: str) -> list[Doubles]:
        """Return correlated standard normal numbers, a row for each asset."""
        pairs = {
            frozenset((one, other)): sourced.value
            for one, others in self.section.correlation.items()
            for other, sourced in others.items()
        }
        rows = [self.normals(f"{purpose}/{asset}") for asset in self.assets]
        return correlated(factor(list(self.assets), pairs), rows)


def log_returns(section: MarketSection, streams: Streams, fixings: int) -> dict[str, Doubles]:
    """Return the logarithmic returns of each asset that is not pegged, one for each fixing."""
    draw = _Draw(section, streams, np.arange(1, fixings + 1), floating(section))
    if not draw.assets or not fixings:
        return {asset: np.zeros(fixings) for asset in draw.assets}
    match section.law:
        case GbmSection():
            return _gbm(draw)
        case StudentSection() as law:
            return _student(draw, law)
        case MertonSection() as law:
            return _merton(draw, law)
        case RegimesSection() as law:
            return _regimes(draw, law)
        case BootstrapSection() as law:
            return _bootstrap(draw, law, fixings)
        case _ as never:
            assert_never(never)


def _gbm(draw: _Draw) -> dict[str, Doubles]:
    """Draw normal returns: (drift - σ² ÷ 2) t + σ √t z."""
    found = {}
    for (asset, section), row in zip(draw.assets.items(), draw.together("normal"), strict=True):
        growth, spread = _scale(draw, section)
        found[asset] = growth + spread * row
    return found


def _student(draw: _Draw, law: StudentSection) -> dict[str, Doubles]:
    """Draw returns by Student's law with a variance of one: z √((n - 2) ÷ χ²), χ² for all."""
    freedom = law.freedom.value
    square = np.zeros(len(draw.numbers))
    for step in range(freedom):
        one = draw.normals("tail", step)
        square = square + one * one
    wild = np.sqrt((freedom - 2) / square)
    found = {}
    for (asset, section), row in zip(draw.assets.items(), draw.together("normal"), strict=True):
        growth, spread = _scale(draw, section)
        found[asset] = growth + spread * (row * wild)
    return found


def _merton(draw: _Draw, law: MertonSection) -> dict[str, Doubles]:
    """Draw normal returns with jumps, whose part in mean and variance is taken from the rest."""
    number = poisson(
        draw.streams.words("market/jumps", draw.numbers), law.yearly.value * draw.years
    ).astype(np.float64)
    spreads = np.sqrt(number)
    calm, wild = draw.together("normal"), draw.together("jump")
    found = {}
    for place, (asset, section) in enumerate(draw.assets.items()):
        jump = law.sizes.get(asset)
        if jump is None:
            growth, spread = _scale(draw, section)
            found[asset] = growth + spread * calm[place]
            continue
        mean, size = jump.mean.value, jump.spread.value
        with localcontext() as context:
            context.prec = _DIGITS
            jumping = law.yearly.value * (mean * mean + size * size)
            lift = law.yearly.value * ((mean + size * size / 2).exp() - 1)
        growth, spread = _scale(draw, section, less_variance=jumping, less_growth=lift)
        jumps = number * nearest(mean) + spreads * (nearest(size) * wild[place])
        found[asset] = growth + spread * calm[place] + jumps
    return found


def _regimes(draw: _Draw, law: RegimesSection) -> dict[str, Doubles]:
    """Draw normal returns whose volatility is that of the regime of the fixing."""
    leaves = _leaving(law, draw.section.fixing.value)
    place = _places(draw, law, leaves)
    with localcontext() as context:
        context.prec = _DIGITS
        shares = regime_shares(law, draw.section.fixing.value)
        sizes = [regime.volatility.value for regime in law.regimes]
        mean = sum((share * size**2 for share, size in zip(shares, sizes, strict=True)), Decimal(0))
        parts = [size**2 / mean for size in sizes]
    found = {}
    for (asset, section), row in zip(draw.assets.items(), draw.together("normal"), strict=True):
        pairs = [_scale(draw, section, times=part) for part in parts]
        growth = np.array([one for one, _ in pairs])[place]
        spread = np.array([one for _, one in pairs])[place]
        found[asset] = growth + spread * row
    return found


def regime_shares(law: RegimesSection, fixing_days: int) -> list[Decimal]:
    """Return the share of fixings that lie in each regime in the long run."""
    with localcontext() as context:
        context.prec = _DIGITS
        stays = [1 / leave for leave in _leaving(law, fixing_days)]
        return [stay / sum(stays) for stay in stays]


def _leaving(law: RegimesSection, fixing_days: int) -> list[Decimal]:
    """Return the chance that each regime ends between two fixings."""
    with localcontext() as context:
        context.prec = _DIGITS
        return [1 - (1 - 1 / Decimal(one.stays.value)) ** fixing_days for one in law.regimes]


def _places(draw: _Draw, law: RegimesSection, leaves: Sequence[Decimal]) -> NDArray[np.int64]:
    """Return the regime of each fixing."""
    limits = [threshold(leave) for leave in leaves]
    ends = draw.streams.words("market/regime", draw.numbers).tolist()
    nexts = draw.streams.words("market/regime", draw.numbers, 1).tolist()
    now, found = law.first, []
    for end, following in zip(ends, nexts, strict=True):
        if end < limits[now]:
            other = below_one(following, len(limits) - 1)
            now = other + (other >= now)
        found.append(now)
    return np.array(found, dtype=np.int64)


def _bootstrap(draw: _Draw, law: BootstrapSection, fixings: int) -> dict[str, Doubles]:
    """Draw days of the table, and add the stated drift."""
    days = draw.section.fixing.value
    drawn = resampled(law, draw.streams, list(draw.assets), fixings=fixings, days=days)
    found = {}
    for asset, section in draw.assets.items():
        with localcontext() as context:
            context.prec = _DIGITS
            growth = nearest(section.drift.value * draw.years)
        found[asset] = drawn[asset] + growth
    return found


def _scale(
    draw: _Draw,
    section: AssetSection,
    *,
    times: Decimal = Decimal(1),
    less_variance: Decimal = Decimal(0),
    less_growth: Decimal = Decimal(0),
) -> tuple[float, float]:
    """Return mean and standard deviation of a fixing's normal part.

    `times` multiplies the variance of a year; the other two are what jumps add to variance and
    growth.
    """
    with localcontext() as context:
        context.prec = _DIGITS
        variance = section.volatility.value**2 * times - less_variance
        growth = (section.drift.value - variance / 2 - less_growth) * draw.years
        return nearest(growth), nearest((variance * draw.years).sqrt())
