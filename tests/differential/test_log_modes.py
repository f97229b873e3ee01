"""Whatever a run keeps of its log, it is the same run: digest, cube, accounts, payments, metrics.

Every shipped scenario is run in each log mode, in few people, pupils or contracts.
"""

from functools import cache
from typing import Final

import pytest

from tengesim import Run, load_scenario, simulate
from tengesim.metrics.catalogue import METRICS_BY_NAME
from tengesim.metrics.compute import NEEDS_FULL
from tengesim.scenario.shipped import shipped_names
from tests.economies import few_people
from tests.metrics_world import exact
from tests.worlds import SMALL

FEW_CONTRACTS: Final = ("population.scale=0.0003",)
LESS: Final = ("sampled", "summary")


@cache
def run_of(name: str, mode: str, engine: str = "fast") -> Run:
    """Return a small run of a shipped scenario that keeps its log in this mode."""
    scenario = load_scenario(name)
    size = few_people(name) if scenario.has_people else FEW_CONTRACTS
    is_meals = scenario.programmes and not scenario.has_people
    settings = [*(SMALL if is_meals else size), f"run.log={mode}", "run.sample=7"]
    return simulate(load_scenario(name, settings=settings), seed=1, engine=engine)  # type: ignore[arg-type]


def names() -> list[str]:
    """Return the scenarios whose smallest run takes seconds."""
    return [name for name in shipped_names() if name != "nation_day"]


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("mode", LESS)
def test_what_is_kept_changes_nothing_that_is_said_of_the_whole(name: str, mode: str) -> None:
    """Goal: one run in every mode. Method: digest, cube, accounts and payments against full."""
    full, less = run_of(name, "full"), run_of(name, mode)
    assert less.digest == full.digest
    assert less.cube_cells == full.cube_cells
    assert less.accounts_table == full.accounts_table
    assert less.payments == full.payments
    assert len(less.rows) <= len(full.rows)


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("mode", LESS)
def test_a_metric_is_the_same_or_says_that_it_needs_the_full_log(name: str, mode: str) -> None:
    """Goal: `needs` is right, and a sample estimates nothing. Method: exact numbers, both ways."""
    full, less = exact(run_of(name, "full").metrics), exact(run_of(name, mode).metrics)
    assert [*less] == [*full]
    missing = {metric for metric in less if less[metric][2] == NEEDS_FULL}
    assert missing == {metric for metric in less if METRICS_BY_NAME[metric].needs == "full"}
    others = full.keys() - missing
    assert {metric: less[metric] for metric in others} == {
        metric: full[metric] for metric in others
    }


@pytest.mark.parametrize("name", ["household_month", "school_meals"])
@pytest.mark.parametrize("mode", LESS)
def test_compiled_and_readable_runs_keep_the_same_rows(name: str, mode: str) -> None:
    """Goal: files do not depend on the engine. Method: kept rows, byte for byte."""
    kept = [run_of(name, mode, engine).rows.tobytes() for engine in ("fast", "reference")]
    assert kept[0] == kept[1]


def test_rows_that_are_kept_are_rows_of_the_full_log() -> None:
    """Goal: nothing is made up. Method: the kept rows found by `seq` in the full log."""
    full, less = run_of("household_month", "full").rows, run_of("household_month", "sampled").rows
    assert full[less["seq"]].tobytes() == less.tobytes()
    assert 0 < len(less) < len(full) // 4
    wants = less["intent"] < 0
    assert 0 < wants.sum() < (full["intent"] < 0).sum() // 4


def test_a_summary_does_not_grow_with_people() -> None:
    """Goal: bounded memory. Method: twice the people, hardly more rows kept."""
    counts = []
    for scale in ("0.00003", "0.00006"):
        settings = [f"population.scale={scale}", "run.log=summary"]
        counts.append(len(simulate(load_scenario("household_month", settings=settings)).rows))
    assert counts[1] < 2 * counts[0]
    assert counts[0] < 1_000
