"""The command `tengesim fit market`: past prices to a scenario fragment and a fit report.

Apart from the fitting itself, which knows neither files nor how a scenario is written.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tengesim import errors

if TYPE_CHECKING:
    from tengesim.experiments.market_fitting import AssetFit, LawFit, MarketFit
    from tengesim.market import MarketSection

__all__ = ["LawChoice", "fit_market_command", "market_fragment"]

_BLOCK: Final = (20, 5, 60)
"""Mean days that a bootstrap takes together: value, low and high; an assumption."""


class LawChoice(StrEnum):
    """Laws that a fragment can state."""

    BEST = "best"
    GBM = "gbm"
    STUDENT_T = "student_t"
    MERTON = "merton"
    REGIMES = "regimes"
    BOOTSTRAP = "bootstrap"


def fit_market_command(
    table: Annotated[Path, typer.Argument(metavar="CSV", help="CSV of daily prices.")],
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="ASSET=NAME",
            help="Which column holds the price of an asset, or the `date`; may be repeated."
            " Columns named so need no saying.",
        ),
    ] = None,
    law: Annotated[LawChoice, typer.Option(help="Law of the fragment.")] = LawChoice.BEST,
    *,
    base: Annotated[str, typer.Option(help="Scenario that the fragment extends.")] = "reserve_2029",
    out: Annotated[
        Path | None, typer.Option("-o", "--output", help="File for the fragment; else printed.")
    ] = None,
) -> None:
    """Fit a market to a table of past prices: a scenario fragment and a fit report."""
    from tengesim.experiments.market_fitting import fit_market
    from tengesim.market.model import PRICED, floating
    from tengesim.scenario.load import load_scenario
    from tengesim.scenario.price_table import header_of, price_digest, read_prices

    market = load_scenario(base).market
    if market is None:
        raise typer.BadParameter(f"{base} has no market", param_hint="--base")
    stated = dict(pair.split("=", 1) for pair in columns or [] if "=" in pair)
    if len(stated) < len(columns or []) or not set(stated) <= {"date", *PRICED}:
        expected = f"ASSET is date, {', '.join(PRICED)}"
        raise typer.BadParameter(f"expected ASSET=NAME; {expected}", param_hint="--column")
    header = header_of(table, table.name)
    named = {name: name for name in ("date", *PRICED) if name in header} | stated
    date = named.pop("date", "date")
    if not named:
        raise typer.BadParameter("no column holds the price of an asset", param_hint="--column")
    in_order = {name: named[name] for name in PRICED if name in named}
    left = [name for name in floating(market) if name not in in_order]
    if law is LawChoice.BOOTSTRAP and left:
        message = f"days are drawn for all assets together; no column for {', '.join(left)}"
        raise typer.BadParameter(message, param_hint="--law")
    prices = read_prices(table, table.name, date=date, columns=in_order)
    pegged = [name for name, asset in market.assets.items() if asset.depeg is not None]
    try:
        found = fit_market(prices, pegged)
    except ValueError as same:
        raise errors.ScenarioError([errors.Finding("VALUE", str(same), table.name)]) from same
    source = f"assumption, derived: fitted to {table.name}, SHA-256 {price_digest(table)[:12]}"
    text = market_fragment(
        found, market, law, base=base, source=source, file=table.name, date=date, columns=in_order
    )
    if out is None:
        typer.echo(text, nl=False)
    else:
        from tengesim.store.files import write_atomic

        write_atomic(out, text.encode())
    for line in found.lines():
        typer.echo(line, err=out is None)
    for name in sorted(set(market.assets) - set(in_order)):
        typer.echo(f"{name} is not in the table: {base} says how it moves", err=True)


def market_fragment(
    fit: "MarketFit",
    market: "MarketSection",
    law: LawChoice,
    *,
    base: str,
    source: str,
    file: str,
    date: str,
    columns: Mapping[str, str],
) -> str:
    """Return a scenario that extends `base` with the fitted market, as text."""
    chosen = next((one for one in fit.laws if law in (LawChoice.BEST, one.kind)), fit.laws[0])
    lines = [
        "# A market as fitted to past prices; what no table says is taken from the base.",
        "format: 1",
        f"extends: {base}",
        "name: fitted_market",
        f"title: Prices fitted to {fit.days:,} days",
        "market:",
        "  assets:",
    ]
    for name, asset in fit.assets.items():
        lines += _asset(name, asset, source)
    if chosen.correlation:
        lines += ["  correlation:", *_correlation(chosen, market, source)]
    if law is LawChoice.BOOTSTRAP:
        lines += _bootstrap(file, date, columns)
    else:
        lines += ["  law:", f"    kind: {chosen.kind}", *_law(chosen, source)]
    return "\n".join(lines) + "\n"


def _asset(name: str, asset: "AssetFit", source: str) -> Iterator[str]:
    value, low, high = asset.price
    volatility, error = asset.volatility
    ends = (volatility, max(0.0, volatility - 2 * error), volatility + 2 * error)
    yield f"    {name}:"
    yield f"      price: {_sourced((value, low, high), source, digits=9)}"
    yield f"      volatility: {_sourced(ends, source)}"


def _correlation(law: "LawFit", market: "MarketSection", source: str) -> Iterator[str]:
    """Yield the pairs, each where the base states it, so that none is stated twice."""
    rows: dict[str, list[str]] = {}
    for (one, other), (value, error) in law.correlation.items():
        first, second = (other, one) if one in market.correlation.get(other, {}) else (one, other)
        ends = (value, max(-1.0, value - 2 * error), min(1.0, value + 2 * error))
        rows.setdefault(first, []).append(f"      {second}: {_sourced(ends, source)}")
    for first, pairs in rows.items():
        yield f"    {first}:"
        yield from pairs


def _law(law: "LawFit", source: str) -> Iterator[str]:
    """Yield the figures of a law; paths with a number become items of a list."""
    figures = {
        path: _sourced(ends, source, digits=0 if path.endswith(("freedom", "stays")) else 4)
        for path, ends in law.figures.items()
    }
    if law.kind == "regimes":
        yield "    regimes:"
        for place in range(len(figures) // 2):
            yield f"      - volatility: {figures[f'regimes.{place}.volatility']}"
            yield f"        stays: {figures[f'regimes.{place}.stays']}"
        return
    sized: dict[str, list[str]] = {}
    for path, text in figures.items():
        parts = path.split(".")
        if len(parts) == 1:
            yield f"    {path}: {text}"
        else:
            sized.setdefault(parts[1], []).append(f"        {parts[2]}: {text}")
    if sized:
        yield "    sizes:"
    for asset, texts in sized.items():
        yield f"      {asset}:"
        yield from texts


def _bootstrap(file: str, date: str, columns: Mapping[str, str]) -> Iterator[str]:
    value, low, high = _BLOCK
    yield "  law:"
    yield "    kind: bootstrap"
    yield f"    file: {_quoted(file)}"
    yield "    columns:"
    yield f"      date: {_quoted(date)}"
    yield "      prices:"
    for name, column in columns.items():
        yield f"        {name}: {_quoted(column)}"
    yield f"    block: {{value: {value}, low: {low}, high: {high}, source: assumption}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _sourced(ends: tuple[float, float, float], source: str, *, digits: int = 4) -> str:
    """Return a value with its range; `digits` count from the first, 0 is for whole numbers."""
    if digits:
        texts = [format(Decimal(f"{end:.{digits}g}"), "f") for end in ends]
    else:
        texts = [str(round(end)) for end in ends]
    value, low, high = texts
    return f'{{value: {value}, low: {low}, high: {high}, source: "{source}"}}'
