"""Runs of the engine, written and read back: the same tables and scenario, every check passed."""

from pathlib import Path

import pandas as pd
import pytest

from tengesim import simulate
from tengesim.scenario.digest import scenario_digest
from tengesim.scenario.load import load_scenario
from tengesim.store.read import open_run
from tengesim.store.reuse import find_run
from tengesim.store.verify import verify_run
from tengesim.store.write import write_run
from tests.faults import contents
from tests.worlds import ARMS, MARKED, run_of, small


@pytest.mark.parametrize("arm", ARMS)
def test_a_simulated_run_reads_back_equal_and_passes_every_check(arm: str, tmp_path: Path) -> None:
    """Goal: what the engine did is what is stored. Method: each arm of a small town."""
    run = run_of(arm)
    path = write_run(run, tmp_path)
    with open_run(path) as stored:
        pd.testing.assert_frame_equal(stored.events(), run.events)
        pd.testing.assert_frame_equal(stored.cube, run.cube)
        pd.testing.assert_frame_equal(stored.accounts, run.accounts)
        pd.testing.assert_frame_equal(stored.metrics, run.metrics)
        assert stored.manifest.payments == run.payments
        assert stored.manifest.log_digest == run.digest
        assert stored.timing["wall_s"].keys() == {*run.phases, "write"}
    report = verify_run(path)
    assert report.passed, report.render()


@pytest.mark.parametrize(
    ("name", "setting"),
    [("budget_year", "population.scale=0.001"), ("reserve_with_mining", "clock.end=2026-04-01")],
)
def test_a_run_of_institutions_alone_passes_every_check(
    name: str, setting: str, tmp_path: Path
) -> None:
    """Goal: orders of the budget are payments too. Method: a small budget, a quarter of mining."""
    run = simulate(load_scenario(name, settings=[setting]))
    report = verify_run(write_run(run, tmp_path))
    assert report.passed, report.render()
    assert run.payments > 0


def test_the_stored_scenario_asks_for_this_very_run(tmp_path: Path) -> None:
    """Goal: a folder can be run again. Method: load its scenario; a seed given later is in it."""
    run = run_of(MARKED, seed=77)
    path = write_run(run, tmp_path)
    again = load_scenario(str(path / "scenario.yaml"))
    assert again.seed == 77
    assert scenario_digest(again) == scenario_digest(run.scenario)
    found = find_run(again.name, scenario_digest(again), again.seed, tmp_path)
    assert found is not None
    assert found.manifest.scenario_digest == scenario_digest(again)


def test_the_way_a_seed_was_given_does_not_change_a_byte(tmp_path: Path) -> None:
    """Goal: one run, one folder. Method: the seed in the scenario, and the seed beside it."""
    beside = write_run(run_of(MARKED, seed=77), tmp_path / "beside")
    inside = write_run(run_of(MARKED, "seed=77"), tmp_path / "inside")
    assert small(MARKED).seed != 77
    assert beside.name == inside.name
    assert contents(beside) == contents(inside)
