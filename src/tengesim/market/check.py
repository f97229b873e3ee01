"""What a market says that cannot be: every contradiction at once, each with its place.

Apart from the sections, because a correlation matrix, jumps and stresses speak of several.
"""

import difflib
from collections.abc import Collection, Iterator
from decimal import Decimal
from itertools import combinations
from typing import Final

from tengesim.errors import Finding
from tengesim.market.correlation import contradictory
from tengesim.market.laws import BootstrapSection, MertonSection, RegimesSection
from tengesim.market.model import PRICED, AssetSection, MarketSection, floating

__all__ = ["check_market"]

Located = tuple[str, Finding]

_DOLLAR: Final = "us_dollar"
_PRICE_MAX: Final = 10**9
_VOLATILITY_MAX: Final = 5
_DRIFT_MAX: Final = 5
_JUMPS_MAX: Final = 300
_SIZE_MAX: Final = 2
_CHANGE_MAX: Final = 100


def check_market(section: MarketSection) -> Iterator[Located]:
    """Yield every finding about a market, with its path below the section."""
    for name in section.assets:
        yield from _known(f"assets.{name}", name, PRICED, "asset")
    if _DOLLAR not in section.assets:
        message = "prices are in US dollars, and nothing says what a dollar costs"
        yield "assets", Finding("MISSING_KEY", message, expected=f"an asset `{_DOLLAR}`")
    for name, asset in section.assets.items():
        yield from _asset(f"assets.{name}", name, asset)
    pairs = dict(_pairs(section))
    yield from _correlation(section, pairs)
    match section.law:
        case MertonSection() as law:
            yield from _jumps(section, law)
        case RegimesSection() as law:
            yield from _regimes(law)
        case BootstrapSection() as law:
            for name in floating(section):
                yield from _known("law.columns.prices", name, law.columns.prices, "column for")
        case _:
            pass
    yield from _stresses(section)


def _known(path: str, name: str, names: Collection[str], what: str) -> Iterator[Located]:
    """Yield a finding unless `name` is one of `names`."""
    if name in names:
        return
    close = difflib.get_close_matches(name, names, n=1)
    yield (
        path,
        Finding(
            "NAME_UNKNOWN",
            f"there is no {what} {name!r}",
            expected=f"one of {', '.join(names)}" if names else None,
            do=f"did you mean {close[0]!r}?" if close else None,
        ),
    )


def _within(
    path: str, value: Decimal, least: Decimal | int, most: Decimal | int, *, is_open: bool = False
) -> Iterator[Located]:
    """Yield a finding unless `value` lies between two ends; `is_open` leaves out the least."""
    if least < value <= most or (value == least and not is_open):
        return
    says = f"more than {least}" if is_open else f"at least {least}"
    yield path, Finding("RANGE", f"{value} is out of range", expected=f"{says}, at most {most}")


def _asset(path: str, name: str, asset: AssetSection) -> Iterator[Located]:
    yield from _within(f"{path}.price.value", asset.price.value, 0, _PRICE_MAX, is_open=True)
    yield from _within(f"{path}.volatility.value", asset.volatility.value, 0, _VOLATILITY_MAX)
    yield from _within(f"{path}.drift.value", asset.drift.value, -_DRIFT_MAX, _DRIFT_MAX)
    depeg = asset.depeg
    if depeg is None:
        return
    if name == _DOLLAR:
        message = "the dollar is what others are pegged to"
        yield f"{path}.depeg", Finding("VALUE", message, do="remove `depeg`")
    if asset.drift.value:
        message = "a pegged price does not grow"
        yield f"{path}.drift.value", Finding("RANGE", message, expected="0")
    yield from _within(
        f"{path}.depeg.most.value", Decimal(depeg.most.value), depeg.least.value, 9_999
    )


def _pairs(section: MarketSection) -> Iterator[tuple[frozenset[str], Decimal]]:
    for one, others in section.correlation.items():
        for other, sourced in others.items():
            yield frozenset((one, other)), sourced.value


def _correlation(section: MarketSection, pairs: dict[frozenset[str], Decimal]) -> Iterator[Located]:
    """Yield pairs that are missing, unknown, stated twice or impossible."""
    assets = list(floating(section))
    if isinstance(section.law, BootstrapSection):
        # What assets do together is the table's; what is stated waits for another law.
        assets = []
    stated: set[frozenset[str]] = set()
    is_whole = True
    for one, others in section.correlation.items():
        for other, sourced in others.items():
            path = f"correlation.{one}.{other}"
            pair = frozenset((one, other))
            is_pair = len(pair) == 2 and pair <= set(floating(section))
            if not is_pair or pair in stated:
                is_whole = False
                why = "stated twice" if pair in stated else "no pair of assets that are not pegged"
                message = f"{one} and {other}: {why}"
                yield path, Finding("CORRELATION_PAIR", message, expected="each pair once")
            stated.add(pair)
            found = list(_within(f"{path}.value", sourced.value, -1, 1))
            is_whole = is_whole and not found
            yield from found
    for one, other in combinations(assets, 2):
        if frozenset((one, other)) not in stated:
            is_whole = False
            message = f"nothing says how {one} and {other} move together"
            yield "correlation", Finding("CORRELATION_PAIR", message, expected="each pair once")
    odd = contradictory(assets, pairs) if is_whole else None
    if odd is not None:
        numbers = ", ".join(
            f"{one} and {other} {pairs[frozenset((one, other))]}"
            for one, other in combinations(odd, 2)
        )
        message = f"{', '.join(odd)} cannot move together so: {numbers}"
        expected = "a matrix that is positive semi-definite"
        do = "bring these correlations closer to 0"
        yield "correlation", Finding("CORRELATION", message, expected=expected, do=do)


def _jumps(section: MarketSection, law: MertonSection) -> Iterator[Located]:
    yield from _within("law.yearly.value", law.yearly.value, 0, _JUMPS_MAX)
    assets = floating(section)
    for name, jump in law.sizes.items():
        path = f"law.sizes.{name}"
        yield from _known(path, name, assets, "asset that is not pegged")
        yield from _within(f"{path}.mean.value", jump.mean.value, -_SIZE_MAX, _SIZE_MAX)
        yield from _within(f"{path}.spread.value", jump.spread.value, 0, _SIZE_MAX)
        asset = assets.get(name)
        if asset is None:
            continue
        jumping = law.yearly.value * (jump.mean.value**2 + jump.spread.value**2)
        if jumping > asset.volatility.value**2:
            message = (
                f"jumps alone give {name} a volatility of {jumping.sqrt():.3f}, more than its"
                f" {asset.volatility.value}"
            )
            yield path, Finding("JUMPS_TOO_LARGE", message, do="make jumps rarer or smaller")


def _regimes(law: RegimesSection) -> Iterator[Located]:
    for number, regime in enumerate(law.regimes):
        path = f"law.regimes.{number}.volatility.value"
        yield from _within(path, regime.volatility.value, 0, 1_000, is_open=True)
    last = len(law.regimes) - 1
    yield from _within("law.first", Decimal(law.first), 0, last)


def _stresses(section: MarketSection) -> Iterator[Located]:
    for name, stress in section.stresses.items():
        for asset, change in stress.changes.items():
            path = f"stresses.{name}.changes.{asset}"
            yield from _known(path, asset, section.assets, "asset")
            yield from _within(f"{path}.value", change.value, -1, _CHANGE_MAX, is_open=True)
    for number, name in enumerate(section.laid):
        yield from _known(f"laid.{number}", name, section.stresses, "stress")
        if name in section.laid[:number]:
            message = f"the stress {name!r} is laid twice"
            yield f"laid.{number}", Finding("NAME_TWICE", message, expected="each stress once")
