"""Claims about every mark of a run, shown by SQL that knows neither ledger nor auditor."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tengesim import Run, simulate
from tengesim.scenario.load import load_scenario
from tengesim.store.write import write_run
from tests.marks_query import broken, parents, terms, tree_totals
from tests.worlds import MARKED, run_of

WORLDS = {
    "school_meals": ["population.scale=0.002"],
    "food_voucher": ["population.scale=0.004"],
    "road_repair": [],
    "livestock": [],
    "how_deep": ["population.scale=0.2"],
    "how_deep_8": ["population.scale=0.2"],
    "railway": ["population.scale=0.2"],
    "procurement_year": ["population.scale=0.002"],
}
"""Scenarios with marked money, small."""


def midnights(run: Run) -> list[int]:
    """Return every local midnight of a run after its start, and a moment after all rows."""
    calendar = run.scenario.clock.calendar()
    days = [day + timedelta(days=1) for day in run.scenario.clock.days()]
    return [*(int(calendar.at(day)) for day in days), 2**62]


@pytest.mark.parametrize("name", WORLDS)
def test_every_mark_adds_up_at_every_midnight(name: str, tmp_path: Path) -> None:
    """Goal: R26. Method: terms against rebuilt accounts each midnight, then against the ledger."""
    run = simulate(load_scenario(name, settings=WORLDS[name]))
    events = write_run(run, tmp_path) / "events.parquet"
    assert broken(events, midnights(run)) == []
    found = terms(events)
    marks = {mark for mark, _ in found}
    assert marks
    accounts = run.accounts
    closing = accounts.assign(mark=accounts["mark"].astype(str)).groupby("mark")["closing_tiyn"]
    held = {str(mark): int(tiyn) for mark, tiyn in closing.sum().items() if str(mark)}
    # A wallet that was opened under a mark and never paid has nothing, and no row.
    assert held == {mark: found.get((mark, "held"), 0) for mark in held}
    assert marks <= set(held)
    children = [child for child, _ in parents(events)]
    assert sorted(set(children)) == children
    for root, came, went in tree_totals(events):
        assert came == went, root
    assert sum(tiyn for (_, term), tiyn in found.items() if term == "in_from_parent") == sum(
        tiyn for (_, term), tiyn in found.items() if term == "out_to_child"
    )


@pytest.mark.parametrize("mistake", ["amount", "kind", "order", "row"])
def test_the_query_sees_a_planted_mistake(mistake: str, tmp_path: Path) -> None:
    """Goal: the query can fail. Method: change one row that moves marked money, in four ways."""
    run = run_of(MARKED)
    rows: pd.DataFrame = run.events.copy()
    rows["kind"] = rows["kind"].astype(str)
    shed = rows.index[(rows["kind"] == "shed") & (rows["status"] == "settled")][0]
    if mistake == "amount":
        # More is shed than the caterer has.
        rows.loc[shed, "amount_tiyn"] += 10**12
    if mistake == "kind":
        rows.loc[shed, "kind"] = "distribute"
    if mistake == "order":
        rows.loc[shed, "time_us"] = run.events["time_us"].iloc[0]
    if mistake == "row":
        issued = rows.index[(rows["kind"] == "issue") & (rows["mark_to"] != "")][0]
        rows = rows.drop(index=issued)
    events = tmp_path / "events.parquet"
    with duckdb.connect() as connection:
        connection.register("changed", rows.astype({"amount_tiyn": "int64"}))
        connection.execute(f"COPY changed TO '{events}' (FORMAT parquet)")
    assert broken(events, midnights(run))
