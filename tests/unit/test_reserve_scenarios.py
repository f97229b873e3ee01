"""What must hold in every shipped scenario of the reserve, whatever prices do."""

from functools import cache

import pytest

from tengesim import Run, load_scenario, simulate
from tengesim.codes import BASE_UNITS, column_text
from tengesim.scenario.shipped import shipped_names
from tests.metrics_world import values

RESERVES = tuple(name for name in shipped_names() if load_scenario(name).reserve is not None)
ASSETS = tuple(column_text(form) for form in BASE_UNITS)
ENDS = ("forfeited", "compensated", "handed_back", "arrest_pending")


@cache
def run_of(name: str, *settings: str) -> Run:
    """Return three years of a scenario, so that arrests of the first have their two years."""
    return simulate(load_scenario(name, settings=["clock.end=2028-07-01", *settings]))


@pytest.mark.parametrize("name", RESERVES)
def test_arrests_end_in_exactly_one_of_four_ways(name: str) -> None:
    """Goal: arrested = returned + victims + forfeited + pending. Method: values at arrest."""
    found = values(run_of(name).metrics, "numerator")
    assert abs(found["arrested"] - sum(found[end] for end in ENDS)) <= len(ENDS)
    assert all(found[end] > 0 for end in ENDS)


@pytest.mark.parametrize("name", RESERVES)
def test_nothing_of_an_asset_comes_from_nowhere(name: str) -> None:
    """Goal: per asset the sum over everybody is what its issuer gave out. Method: accounts."""
    accounts = run_of(name).accounts
    for asset in ASSETS:
        own = accounts[accounts["form"].astype(str) == asset]
        assert own["closing_tiyn"].sum() == 0
        held = own[own["holder"].astype(str) != own["keeper"].astype(str)]
        assert (held["closing_tiyn"] >= 0).all()


def test_behind_a_ring_fence_no_money_of_the_budget_is_exposed_and_value_is() -> None:
    """Goal: cash exposure 0 exactly, economic exposure told all the same. Method: both ways."""
    fenced = values(run_of("reserve_confiscated_only").metrics, "numerator")
    assert fenced["cash_exposure"] == 0
    assert fenced["economic_exposure"] != 0
    open_ = values(
        run_of("reserve_confiscated_only", "reserve.ring_fence=false").metrics, "numerator"
    )
    assert open_["cash_exposure"] > 0


def test_one_source_alone_is_all_of_a_reserve() -> None:
    """Goal: shares by source add up. Method: confiscations alone, then with mining."""
    alone = values(run_of("reserve_confiscated_only").metrics)
    assert alone["provenance_confiscated"] == 1.0
    mixed = values(run_of("reserve_with_mining").metrics)
    shares = [mixed[f"provenance_{one}"] for one in ("public", "confiscated", "mined", "energy")]
    assert sum(shares) == pytest.approx(1.0)
    assert min(shares[:3]) > 0


def test_a_larger_fleet_mines_more_at_the_same_cost_of_a_coin() -> None:
    """Goal: the fleet scales. Method: coins of three fleets, and what one costs."""
    fleets = ("_0", "_30", "", "_300")
    found = [values(run_of(f"reserve_with_mining{fleet}").metrics) for fleet in fleets]
    coins = [one["mined"] for one in found]
    assert coins[0] == 0.0
    assert coins[2] / coins[1] == pytest.approx(100 / 30, rel=0.05)
    assert coins[3] / coins[2] == pytest.approx(3, rel=0.05)
    costs = [one["mining_break_even"] for one in found[1:]]
    assert max(costs) / min(costs) < 1.05


def test_stress_moves_prices_and_no_case() -> None:
    """Goal: arms differ by stress alone. Method: cases with and without it, then the values."""
    rows = {}
    for name in ("reserve_2029", "reserve_crash", "usdt_depeg", "reserve_tenge_shock"):
        events = run_of(name).events
        arrests = events[events["kind"].isin(["arrest", "verdict"])]
        rows[name] = arrests[["time_us", "intent", "amount_tiyn"]].to_numpy().tolist()
    assert len({str(one) for one in rows.values()}) == 1
    calm, crash = (
        values(run_of(name).metrics)["reserve_drawdown"]
        for name in ("reserve_2029", "reserve_crash")
    )
    assert crash > calm


def test_holding_or_selling_changes_no_case_and_names_no_winner() -> None:
    """Goal: one choice apart. Method: the same arrests; the growth that would decide."""
    held, sold = (values(run_of(name).metrics) for name in ("hodl_or_sell", "hodl_or_sell_sold"))
    for name in ("arrested", "forfeited", "economic_exposure"):
        assert held[name] == sold[name]
    assert held["reserve_value"] > sold["reserve_value"] == 0.0
    assert sold["budget_proceeds"] > held["budget_proceeds"] == 0.0
    assert min(held["present_value"], sold["present_value"]) > 0.0
    # Costs of keeping come on top of the base rate, and there are none where nothing is kept.
    assert held["hold_break_even"] > sold["hold_break_even"] == pytest.approx(0.18, abs=2e-4)
