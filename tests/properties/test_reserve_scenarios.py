"""Laws of whole worlds with a reserve: mines, courts, vehicles and the budget in one ledger."""

import datetime as dt

import pandas as pd
import pytest

from tengesim import Run, load_scenario, simulate
from tengesim.codes import BASE_UNITS
from tengesim.institutions.assets import KEEPERS
from tengesim.scenario.model import Scenario
from tests.reserve_world import followed

ASSETS = {form.name.lower() for form in BASE_UNITS}
SHIPPED = ("reserve_with_mining", "reserve_crash", "usdt_depeg", "hodl_or_sell")
OUTCOMES = ("asset_return", "compensation", "forfeiture")
SECTIONS = ("market", "reserve", "mining", "confiscation")


def shortened(scenario: Scenario, end: dt.date = dt.date(2027, 4, 1)) -> Scenario:
    """Return a scenario that ends earlier."""
    return scenario.model_copy(update={"clock": scenario.clock.model_copy(update={"end": end})})


def fenced(scenario: Scenario, *, is_fenced: bool) -> Scenario:
    """Return a scenario with or without a fence between budget and reserve."""
    assert scenario.reserve is not None
    reserve = scenario.reserve.model_copy(update={"ring_fence": is_fenced})
    return scenario.model_copy(update={"reserve": reserve})


def metric(run: Run, name: str) -> float:
    """Return the value of a metric."""
    return float(run.metrics.set_index("metric")["value"][name])


@pytest.mark.parametrize("name", SHIPPED)
def test_units_of_every_asset_are_conserved_at_every_event(name: str) -> None:
    """Goal: coins come from networks alone. Method: a reader of the log, apart from the auditor."""
    run = simulate(shortened(load_scenario(name)))
    held = followed(run.events)
    closing = run.accounts[run.accounts["form"].astype(str).isin(ASSETS)]
    for row in closing.to_dict("records"):
        units = row["closing_tiyn"] + row["held_tiyn"]
        # What is on hold with a suspect has not moved yet.
        assert units == held[str(row["form"])].get(str(row["holder"]), 0)
    for form in BASE_UNITS:
        holders = held[form.name.lower()]
        assert sum(holders.values()) == 0
        assert holders.get(KEEPERS[form], 0) <= 0


@pytest.mark.parametrize("name", SHIPPED)
def test_what_was_arrested_went_somewhere_or_waits(name: str) -> None:
    """Goal: no case is lost. Method: cases, units and value at arrest, added up by outcome."""
    events = simulate(shortened(load_scenario(name), dt.date(2028, 1, 1))).events
    kind, status = events["kind"].astype(str), events["status"].astype(str)
    arrested = events[(kind == "arrest") & (status == "settled")].set_index("intent")
    outcomes = events[kind.isin(OUTCOMES) & (status == "settled")]
    ended = outcomes.set_index("intent")
    assert arrested.index.is_unique
    assert ended.index.is_unique
    assert set(outcomes["kind"].astype(str)) == set(OUTCOMES)
    waiting = arrested.loc[arrested.index.difference(ended.index)]
    columns = ["form", "amount_tiyn", "limit"]
    same = arrested.loc[ended.index, columns].astype(str)
    assert same.equals(ended[columns].astype(str))
    held = followed(events)
    for form, cases in arrested.groupby("form", observed=True):
        still = waiting[waiting["form"].astype(str) == str(form)]["amount_tiyn"].sum()
        assert held[str(form)].get("evidence-custody", 0) == still
        of_form = ended[ended["form"].astype(str) == str(form)]["amount_tiyn"].sum()
        assert cases["amount_tiyn"].sum() == of_form + still


@pytest.mark.parametrize("name", SHIPPED)
def test_compiled_and_readable_code_write_the_same_log(name: str) -> None:
    """Goal: one result. Method: digests of the log, answered either way."""
    scenario = shortened(load_scenario(name), dt.date(2026, 9, 1))
    digests = {simulate(scenario, seed=3, engine=one).digest for one in ("fast", "reference")}
    assert len(digests) == 1


def test_a_fence_keeps_cash_exposure_at_nothing_and_not_the_economic_one() -> None:
    """Goal: a fence moves who pays, not who bears. Method: the same world fenced and not."""
    scenario = load_scenario("reserve_2029")
    runs = {one: simulate(fenced(scenario, is_fenced=one)) for one in (True, False)}
    exposures = {one: metric(run, "cash_exposure") for one, run in runs.items()}
    assert exposures[True] == 0
    assert exposures[False] > 0
    assert all(metric(run, "economic_exposure") != 0 for run in runs.values())


def test_a_reserve_beside_school_meals_leaves_them_as_they_were() -> None:
    """Goal: one more institution touches nothing else. Method: logs and metrics with and without.

    Rows are compared by what they say: their numbers and refs move on, and nothing else does.
    """
    meals = load_scenario("school_meals")
    meals = meals.model_copy(
        update={
            "population": meals.population.model_copy(update={"scale": meals.population.scale / 40})
        }
    )
    donor = load_scenario("reserve_with_mining")
    both = meals.model_copy(update={name: getattr(donor, name) for name in SECTIONS})
    alone, beside = simulate(meals), simulate(both)
    assert len(beside.events) > len(alone.events)
    programmes = set(alone.events["programme"].astype(str))
    text = [name for name in alone.events.columns if name not in {"seq", "ref"}]

    def told(run: Run) -> list[list[object]]:
        rows: pd.DataFrame = run.events[run.events["programme"].astype(str).isin(programmes)]
        return rows[text].astype(object).to_numpy().tolist()

    assert told(beside) == told(alone)
    ours, theirs = (
        run.metrics.set_index("metric")[["value", "numerator", "denominator"]].astype(object)
        for run in (alone, beside)
    )
    # Whoever audits the whole log has the rows of assets to read, too.
    names = [name for name in ours.index if name != "audit_records"]
    differ = {
        name for name in names if str(ours.loc[name].tolist()) != str(theirs.loc[name].tolist())
    }
    assert differ == set()
