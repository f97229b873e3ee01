"""Prices on their grid: whole tiyn, the same for a seed, moved by nothing that is not theirs."""

import datetime
import math
from typing import Any

import numpy as np
import pytest

from tengesim.codes import Form
from tengesim.errors import InvariantError, ScenarioError
from tengesim.market import build
from tengesim.market.grid import PRICE_MAX_TIYN, Prices, on_grid
from tengesim.market.paths import log_returns
from tengesim.streams import Streams
from tests.market_sections import DAYS, FLOATING, LAWS, assumed, market, section_of

STILL = {"volatility": assumed(0)}


def changed(asset: str, **fields: object) -> dict[str, Any]:
    """Return the assets of a market with one changed."""
    assets: dict[str, Any] = section_of()["assets"]
    return assets | {asset: assets[asset] | fields}


def still(*names: str) -> dict[str, Any]:
    """Return assets without volatility; those named are left out."""
    assets = section_of()["assets"]
    return {name: asset | STILL for name, asset in assets.items() if name not in names}


@pytest.mark.parametrize("law", LAWS)
def test_a_seed_gives_one_path_and_another_seed_another(law: str) -> None:
    """Goal: reproducible chance. Method: the same and another seed."""
    first, again, other = (build(market(law), Streams(seed), DAYS) for seed in (1, 1, 2))
    assert first == again
    assert all(first.table[asset] != other.table[asset] for asset in first.assets)


@pytest.mark.parametrize("law", LAWS)
def test_prices_are_the_drawn_returns_on_whole_tiyn(law: str) -> None:
    """Goal: nothing between returns and grid. Method: the same sums by floats, to half a tiyn."""
    section = market(law)
    prices = build(section, Streams(3), DAYS)
    returns = log_returns(section, Streams(3), len(DAYS) - 1)
    dollar = 503.35 * 100 * np.exp(np.concatenate(([0], np.cumsum(returns["us_dollar"]))))
    for name in FLOATING:
        price = float(section.assets[name].price.value)
        path = np.exp(np.concatenate(([0], np.cumsum(returns[name]))))
        expected = dollar if name == "us_dollar" else price * path * dollar
        found = np.array(prices.table[Form[name.upper()]])
        assert np.abs(found - expected).max() <= 0.5 + 1e-12 * expected.max()
    assert prices.tiyn(Form.BITCOIN, 0) == 90_000 * 50_335
    assert all(type(tiyn) is int for path in prices.table.values() for tiyn in path)


def test_no_volatility_means_the_first_price_on_every_day() -> None:
    """Goal: a limit that can be told exactly. Method: volatilities of 0, no depeg."""
    calm = {"yearly": assumed("0 %")}
    assets = still()
    assets["usdt"]["depeg"] = assets["usdt"]["depeg"] | calm
    prices = build(market(assets=assets), Streams(1), DAYS)
    assert {asset: len(set(path)) for asset, path in prices.table.items()} == dict.fromkeys(
        prices.assets, 1
    )
    assert prices.tiyn(Form.GOLD, 1_000) == 128 * 50_335


def test_drift_alone_grows_by_its_logarithm() -> None:
    """Goal: what drift means. Method: no volatility, a year of 0.1."""
    assets = still() | {"bitcoin": {"price": assumed(100), **STILL, "drift": assumed(0.1)}}
    prices = build(market(assets=assets), Streams(1), DAYS)
    assert prices.tiyn(Form.BITCOIN, 365) == round(100 * 50_335 * math.exp(0.1))


@pytest.mark.parametrize("law", LAWS)
def test_a_later_asset_and_a_stress_move_no_drawn_price(law: str) -> None:
    """Goal: comparisons pair. Method: with and without the dollar's correlation and a stress."""
    section = section_of(law)
    fewer = {name: asset for name, asset in section["assets"].items() if name != "gold"}
    pairs = {
        one: {other: value for other, value in others.items() if other != "gold"}
        for one, others in section["correlation"].items()
        if one != "gold"
    }
    pairs["bnb"]["us_dollar"] = section["correlation"]["bnb"]["us_dollar"]
    whole = log_returns(market(law), Streams(5), 400)
    part = log_returns(market(law, assets=fewer, correlation=pairs), Streams(5), 400)
    for name in ("bitcoin", "ether", "bnb"):
        assert (whole[name] == part[name]).all()
    stress = {"fall": stress_of("2026-02-01", {"gold": -0.5}, falls=10)}
    calm = build(market(law, stresses=stress), Streams(5), DAYS)
    struck = build(market(law, stresses=stress, laid=["fall"]), Streams(5), DAYS)
    for asset in calm.assets:
        assert (calm.table[asset] == struck.table[asset]) == (asset is not Form.GOLD)


def stress_of(
    first: str, changes: dict[str, float], *, falls: int, recovers: int | None = None
) -> dict[str, Any]:
    """Return a stress as a scenario writes it."""
    return {
        "first": datetime.date.fromisoformat(first),
        "changes": {asset: assumed(change) for asset, change in changes.items()},
        "falls": assumed(falls),
        "recovers": None if recovers is None else assumed(recovers),
    }


@pytest.mark.parametrize("law", LAWS)
def test_a_stress_multiplies_whatever_is_drawn(law: str) -> None:
    """Goal: a fall by 83 % and its way back over any law. Method: the ratio of both paths."""
    stress = {"cycle": stress_of("2026-02-01", {"bitcoin": -0.83}, falls=100, recovers=200)}
    calm = build(market(law), Streams(5), DAYS).table[Form.BITCOIN]
    struck = build(market(law, stresses=stress, laid=["cycle"]), Streams(5), DAYS).table[
        Form.BITCOIN
    ]
    start = 31
    parts = {0: 0, start: 0, start + 50: 0.5, start + 100: 1, start + 200: 0.5, start + 300: 0}
    for day, part in parts.items():
        assert struck[day] == pytest.approx(calm[day] * 0.17**part, rel=1e-6)


def test_a_shock_of_the_dollar_moves_every_price_in_tenge() -> None:
    """Goal: prices hang together. Method: 25 % more tenge a dollar, for good."""
    stress = {"shock": stress_of("2026-02-01", {"us_dollar": 0.25}, falls=1)}
    calm, struck = (
        build(market(stresses=stress, laid=laid), Streams(5), DAYS) for laid in ([], ["shock"])
    )
    for asset in calm.assets:
        assert struck.tiyn(asset, 31) == calm.tiyn(asset, 31)
        for day in (32, 1_460):
            assert struck.tiyn(asset, day) == pytest.approx(calm.tiyn(asset, day) * 1.25, abs=1)


def test_stresses_laid_together_multiply() -> None:
    """Goal: any choice of stresses. Method: a fall and a shock at once, without volatility."""
    stresses = {
        "fall": stress_of("2026-02-01", {"bitcoin": -0.5, "usdt": -0.1}, falls=5, recovers=5),
        "shock": stress_of("2026-02-01", {"us_dollar": 0.2}, falls=5),
    }
    laid = ["fall", "shock"]
    prices = build(market(assets=still(), stresses=stresses, laid=laid), Streams(1), DAYS)
    assert prices.tiyn(Form.BITCOIN, 36) == round(90_000 * 50_335 * 0.5 * 1.2)
    assert prices.tiyn(Form.BITCOIN, 41) == round(90_000 * 50_335 * 1.2)


def test_a_price_holds_until_the_next_fixing() -> None:
    """Goal: weekly fixings. Method: days of a week and the day after."""
    prices = build(market(fixing=assumed(7)), Streams(1), DAYS[:30])
    assert [prices.is_fixing(day) for day in (0, 6, 7)] == [True, False, True]
    path = [prices.tiyn(Form.ETHER, day) for day in range(30)]
    assert [len(set(path[week : week + 7])) for week in (0, 7, 14, 21)] == [1] * 4
    assert len(set(path)) == 5


def test_a_single_day_has_its_first_prices() -> None:
    """Goal: the shortest horizon. Method: one day, each law."""
    for law in LAWS:
        prices = build(market(law), Streams(1), DAYS[:1])
        assert prices.tiyn(Form.US_DOLLAR, 0) == 50_335
        assert len(prices.table) == 6


def test_a_price_that_leaves_its_grid_stops_with_the_day() -> None:
    """Goal: never a wrapped number. Method: drifts that leave it on either side."""
    grown = still() | {"bitcoin": {"price": assumed(90_000), **STILL, "drift": assumed(4)}}
    days = [datetime.date(2026, 1, 1) + datetime.timedelta(number) for number in range(3_000)]
    last = math.floor(math.log(PRICE_MAX_TIYN / (90_000 * 50_335)) / 4 * 365)
    with pytest.raises(InvariantError) as stopped:
        build(market(assets=grown), Streams(1), days)
    assert f"the price of bitcoin leaves its grid on {days[last + 1]}" in str(stopped.value)
    fallen = changed("gold", **STILL, drift=assumed(-5))
    with pytest.raises(InvariantError, match="the price of gold leaves its grid"):
        build(market(assets=fallen), Streams(1), days)


@pytest.mark.parametrize("price", [0.4, PRICE_MAX_TIYN + 1.0, math.nan, math.inf, -5.0])
def test_the_grid_has_two_ends(price: float) -> None:
    """Goal: exactly what can be told. Method: the ends, and just beyond."""
    assert on_grid(Form.GOLD, np.array([0.6, float(PRICE_MAX_TIYN)]), DAYS) == (1, PRICE_MAX_TIYN)
    with pytest.raises(InvariantError, match="gold leaves its grid on 2026-01-02"):
        on_grid(Form.GOLD, np.array([1.0, price]), DAYS)


def test_prices_can_be_stated() -> None:
    """Goal: worlds with prices by hand. Method: a table of two days, fixed every second."""
    prices = Prices({Form.BITCOIN: (5, 7)}, fixing_days=2)
    assert [prices.tiyn(Form.BITCOIN, day) for day in range(4)] == [5, 5, 7, 7]
    assert prices.daily(Form.BITCOIN) == (5, 5, 7, 7)
    assert prices.assets == (Form.BITCOIN,)


def test_past_prices_that_were_not_read_are_asked_for() -> None:
    """Goal: no path without its table. Method: a bootstrap that came without a folder."""
    law = {
        "kind": "bootstrap",
        "file": "prices.csv",
        "columns": {"date": "date", "prices": {name: name for name in FLOATING}},
        "block": assumed(10),
    }
    with pytest.raises(ScenarioError) as refused:
        build(market(law), Streams(1), DAYS)
    assert [finding.code for finding in refused.value.findings] == ["TABLE_MISSING"]
