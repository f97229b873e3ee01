"""Claims about what sections of the reserve say of one another, beyond the bad files."""

import pytest

from tengesim.scenario.load import load_scenario
from tengesim.scenario.model import Scenario
from tengesim.scenario.reserve_references import check_reserve


@pytest.fixture(scope="module")
def sound() -> Scenario:
    """Return a shipped scenario with mines, courts and both vehicles."""
    return load_scenario("reserve_with_mining")


def without(scenario: Scenario, asset: str) -> Scenario:
    """Return a scenario whose market knows nothing of an asset."""
    assert scenario.market is not None
    assets = {name: one for name, one in scenario.market.assets.items() if name != asset}
    market = scenario.market.model_copy(update={"assets": assets})
    return scenario.model_copy(update={"market": market})


def test_a_shipped_scenario_has_no_finding(sound: Scenario) -> None:
    """Goal: nothing is found where nothing is wrong."""
    assert list(check_reserve(sound)) == []


@pytest.mark.parametrize(
    ("asset", "paths"),
    [
        (
            "bitcoin",
            {"mining", "reserve.fund.mandate.weights.bitcoin", "reserve.fund_unit.follows"},
        ),
        ("usdt", {"confiscation.seizures.0.asset", "reserve.conversion.assets.0"}),
        ("gold", {"reserve.portfolio.capital.gold", "reserve.foreign_reserves.gold"}),
        ("bnb", {"reserve.fund.capital.bnb"}),
    ],
)
def test_who_names_an_asset_without_price_is_told(
    sound: Scenario, asset: str, paths: set[str]
) -> None:
    """Goal: no price is missing in the middle of a run. Method: take an asset from the market."""
    found = list(check_reserve(without(sound, asset)))
    assert paths <= {path for path, _ in found}
    assert {finding.code for _, finding in found} == {"NAME_UNKNOWN"}
    assert all(f"'{asset}'" in finding.message for _, finding in found)


def test_whoever_holds_assets_needs_a_market(sound: Scenario) -> None:
    """Goal: all three are told at once."""
    found = list(check_reserve(sound.model_copy(update={"market": None})))
    assert [path for path, _ in found] == ["reserve", "mining", "confiscation"]


def test_a_budget_that_pays_buys_dollars_of_somebody(sound: Scenario) -> None:
    """Goal: without dollars to sell, only a fence is sound. Method: take them away."""
    assert sound.reserve is not None
    reserves = {"gold": sound.reserve.foreign_reserves["gold"]}
    for is_fenced, expected in ((False, ["reserve.foreign_reserves"]), (True, [])):
        section = sound.reserve.model_copy(
            update={"foreign_reserves": reserves, "ring_fence": is_fenced}
        )
        changed = sound.model_copy(update={"reserve": section, "mining": None})
        assert [path for path, _ in check_reserve(changed)] == expected


def test_a_fence_holds_against_mining_that_the_budget_pays(sound: Scenario) -> None:
    """Goal: behind a fence the budget pays nothing. Method: the same mines, whoever pays them."""
    assert sound.reserve is not None
    assert sound.mining is not None
    fence = sound.reserve.model_copy(update={"ring_fence": True})
    found = list(check_reserve(sound.model_copy(update={"reserve": fence})))
    assert [(path, finding.code) for path, finding in found] == [("mining.mode", "VALUE")]
    share = sound.mining.model_copy(update={"mode": "share_in_kind"})
    assert not list(check_reserve(sound.model_copy(update={"reserve": fence, "mining": share})))


@pytest.mark.parametrize(
    "name",
    ["market", "suspect", "bitcoin", "treasury", "national_bank", "bank_a", "tax-office", "alem"],
)
def test_nobody_bears_the_name_of_somebody_else(sound: Scenario, name: str) -> None:
    """Goal: no two share their accounts. Method: an operator under names that are taken."""
    assert sound.mining is not None
    mining = sound.mining.model_copy(update={"operator": name})
    found = list(check_reserve(sound.model_copy(update={"mining": mining})))
    expected = "reserve.fund.holder" if name == "alem" else "mining.operator"
    assert [(path, finding.code) for path, finding in found] == [(expected, "NAME_TWICE")]
