"""Markets that cannot be are refused with every contradiction, each at its place."""

from collections.abc import Mapping
from typing import Any

import pytest

from tengesim.findings import FINDING_CODES
from tengesim.market.check import check_market
from tests.market_sections import LAWS, assumed, market, section_of


def found(**changes: object) -> list[tuple[str, str]]:
    """Return code and place of each finding about a changed market."""
    law = changes.pop("law", "gbm")
    assert isinstance(law, str | dict)
    located = list(check_market(market(law, **changes)))
    assert all(finding.code in FINDING_CODES for _, finding in located)
    return [(finding.code, path) for path, finding in located]


def with_asset(name: str, **fields: object) -> dict[str, Any]:
    """Return the assets with one changed."""
    assets: dict[str, Any] = section_of()["assets"]
    return {"assets": assets | {name: assets[name] | fields}}


def with_pairs(**changes: Mapping[str, object]) -> dict[str, Any]:
    """Return the correlations with some rows changed."""
    stated: dict[str, Any] = section_of()["correlation"]
    return {
        "correlation": stated
        | {
            one: stated.get(one, {}) | {k: assumed(v) for k, v in row.items()}
            for one, row in changes.items()
        }
    }


def stress(**changes: object) -> dict[str, Any]:
    """Return a market with one stress, laid."""
    written = {"first": "2026-03-01", "changes": {"bitcoin": assumed(-0.83)}, "falls": assumed(9)}
    return {"stresses": {"cycle": written | changes}, "laid": ["cycle"]}


@pytest.mark.parametrize("law", LAWS)
def test_a_good_market_has_no_findings(law: str) -> None:
    """Goal: no false alarm. Method: each law."""
    assert found(law=law) == []
    assert found(law=law, **stress()) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (with_asset("gold", price=assumed(0)), ("RANGE", "assets.gold.price.value")),
        (with_asset("gold", price=assumed(-3)), ("RANGE", "assets.gold.price.value")),
        (with_asset("gold", price=assumed(2e9)), ("RANGE", "assets.gold.price.value")),
        (with_asset("bnb", volatility=assumed(-0.1)), ("RANGE", "assets.bnb.volatility.value")),
        (with_asset("bnb", volatility=assumed(42)), ("RANGE", "assets.bnb.volatility.value")),
        (with_asset("bnb", drift=assumed(12)), ("RANGE", "assets.bnb.drift.value")),
        (with_asset("usdt", drift=assumed(0.1)), ("RANGE", "assets.usdt.drift.value")),
        (with_pairs(bitcoin={"ether": 1.2}), ("RANGE", "correlation.bitcoin.ether.value")),
        (with_pairs(ether={"bitcoin": 0.5}), ("CORRELATION_PAIR", "correlation.ether.bitcoin")),
        (with_pairs(ether={"ether": 1}), ("CORRELATION_PAIR", "correlation.ether.ether")),
        (with_pairs(ether={"usdt": 0.5}), ("CORRELATION_PAIR", "correlation.ether.usdt")),
        (with_pairs(bitcoin={"gold": 0.9}, ether={"gold": -0.9}), ("CORRELATION", "correlation")),
        (
            stress(changes={"bitcoin": assumed(-1)}),
            ("RANGE", "stresses.cycle.changes.bitcoin.value"),
        ),
        (stress(changes={"doge": assumed(1)}), ("NAME_UNKNOWN", "stresses.cycle.changes.doge")),
        ({"laid": ["cycle"]}, ("NAME_UNKNOWN", "laid.0")),
        (stress() | {"laid": ["cycle", "cycle"]}, ("NAME_TWICE", "laid.1")),
    ],
)
def test_a_contradiction_is_found_at_its_place(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    """Goal: one mistake, one finding. Method: a good market with one thing changed."""
    assert found(**changes) == [expected]


@pytest.mark.parametrize(
    ("law", "changes", "expected"),
    [
        ("merton", {"yearly": assumed(-1)}, ("RANGE", "law.yearly.value")),
        ("merton", {"yearly": assumed(30)}, ("JUMPS_TOO_LARGE", "law.sizes.bitcoin")),
        (
            "merton",
            {"sizes": {"usdt": LAWS["merton"]["sizes"]["ether"]}},
            ("NAME_UNKNOWN", "law.sizes.usdt"),
        ),
        ("regimes", {"first": 2}, ("RANGE", "law.first")),
        (
            "regimes",
            {"regimes": [{"volatility": assumed(v), "stays": assumed(9)} for v in (0, 3)]},
            ("RANGE", "law.regimes.0.volatility.value"),
        ),
    ],
)
def test_a_law_that_cannot_be_is_found(
    law: str, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    """Goal: laws fit the assets. Method: each law with one thing changed."""
    assert found(law=LAWS[law] | changes) == [expected]


def test_jumps_may_take_all_of_the_volatility_and_no_more() -> None:
    """Goal: the bound is exact. Method: 4 jumps of 0.3 and a volatility of 0.6, and a bit less."""
    size = {"mean": assumed(0.3), "spread": assumed(0)}
    law = {"kind": "merton", "yearly": assumed(4), "sizes": {"bitcoin": size}}
    assert found(law=law, **with_asset("bitcoin", volatility=assumed(0.6))) == []
    less = with_asset("bitcoin", volatility=assumed(0.599999))
    assert found(law=law, **less) == [("JUMPS_TOO_LARGE", "law.sizes.bitcoin")]


def test_a_drawn_table_needs_a_column_for_each_asset_and_no_correlation() -> None:
    """Goal: past prices speak for themselves. Method: one column missing, no pairs stated."""
    columns = {name: name for name in ("bitcoin", "ether", "bnb", "us_dollar")}
    law = {
        "kind": "bootstrap",
        "file": "prices.csv",
        "columns": {"date": "date", "prices": columns},
        "block": assumed(10),
    }
    assert found(law=law, correlation={}) == [("NAME_UNKNOWN", "law.columns.prices")]


def test_a_pegged_asset_has_no_drift_to_draw_from() -> None:
    """Goal: joint draws are not refused. Method: the range of what is not stated."""
    assets = market().assets
    assert assets["usdt"].drift.low == assets["usdt"].drift.high
    assert assets["gold"].drift.low != assets["gold"].drift.high


def test_every_contradiction_is_found_at_once() -> None:
    """Goal: nobody checks twice. Method: six mistakes together."""
    changes = (
        with_asset("gold", price=assumed(0), volatility=assumed(9))
        | with_pairs(bitcoin={"ether": 1.2}, gold={"gold": 1})
        | stress(changes={"doge": assumed(1)})
        | {"laid": ["other"]}
    )
    assert sorted(found(**changes)) == [
        ("CORRELATION_PAIR", "correlation.gold.gold"),
        ("NAME_UNKNOWN", "laid.0"),
        ("NAME_UNKNOWN", "stresses.cycle.changes.doge"),
        ("RANGE", "assets.gold.price.value"),
        ("RANGE", "assets.gold.volatility.value"),
        ("RANGE", "correlation.bitcoin.ether.value"),
    ]
