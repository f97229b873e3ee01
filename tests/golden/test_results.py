"""Results of every shipped scenario, kept: whoever changes them says so.

A file holds the log digest and the metrics of a small run, and the version of results they belong
to. When they change, RESULTS_VERSION in store/layout.py is raised, CHANGELOG.md says under
*Results* which metric moved, and `pytest --update-golden` writes the files anew.
"""

import json
import math
from pathlib import Path
from typing import Any, Final

import pytest

from tengesim import Run, load_scenario, simulate
from tengesim.scenario.shipped import shipped_names
from tengesim.store.layout import RESULTS_VERSION
from tests import economies, worlds

HERE: Final = Path(__file__).parent


FEW_CONTRACTS: Final = ("population.scale=0.0003",)
"""Some six hundred contracts of a country's budgets."""
FEW_LOTS: Final = ("population.scale=0.01",)
"""Of a region's year of procurement; programmes of a few lots are played whole."""


def small_run_of(name: str) -> Run:
    """Return a small run of a shipped scenario, by what its world is made of."""
    scenario = load_scenario(name)
    if scenario.has_people:
        return economies.run_of(name)
    if scenario.programmes:
        return worlds.run_of(name)
    if scenario.procurement is not None:
        has_small = scenario.procurement.plan.small is not None
        return simulate(load_scenario(name, settings=FEW_LOTS if has_small else ()))
    return simulate(load_scenario(name, settings=FEW_CONTRACTS))


def results_of(run: Run) -> dict[str, Any]:
    """Return what is kept of a run."""
    metrics = zip(run.metrics["metric"].astype(str), run.metrics["value"], strict=True)
    return {
        "results_version": RESULTS_VERSION,
        "seed": run.seed,
        "digest": run.digest,
        "rows": len(run.rows),
        "payments": run.payments,
        # JSON has no word for a number that is not defined.
        "metrics": {name: None if math.isnan(value) else value for name, value in metrics},
    }


def complaint(kept: dict[str, Any], found: dict[str, Any]) -> str:
    """Return what is wrong with results that differ from those kept, "" when they are the same."""
    if kept == found:
        return ""
    if kept["results_version"] != found["results_version"]:
        return (
            f"the results kept are of version {kept['results_version']}, the program's are of "
            f"{found['results_version']}: run pytest --update-golden"
        )
    moved = [name for name in found if kept.get(name) != found[name]]
    metrics = found["metrics"]
    moved += [name for name in metrics if kept["metrics"].get(name) != metrics[name]]
    return (
        f"the same scenario and seed give other results ({', '.join(moved)}): if that is meant, "
        "raise RESULTS_VERSION in store/layout.py, name the metrics under Results in CHANGELOG.md, "
        "and run pytest --update-golden"
    )


def is_to_be_written(kept: dict[str, Any] | None, found: dict[str, Any]) -> bool:
    """Return whether an update may replace what is kept: first results, or of a higher version."""
    return kept is None or found["results_version"] > kept["results_version"]


@pytest.mark.parametrize("name", shipped_names())
def test_results_are_those_that_were_kept(name: str, request: pytest.FixtureRequest) -> None:
    """Goal: no result changes unnoticed. Method: digest and metrics against the golden file."""
    path = HERE / f"{name}.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    found = json.loads(json.dumps(results_of(small_run_of(name)), allow_nan=False))
    if request.config.getoption("--update-golden") and is_to_be_written(kept, found):
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        kept = found
    assert kept is not None, f"{path.name} is missing: run pytest --update-golden"
    assert complaint(kept, found) == ""


def test_every_golden_file_belongs_to_a_shipped_scenario() -> None:
    """Goal: nothing is kept for nobody. Method: names of files against names of scenarios."""
    assert sorted(path.stem for path in HERE.glob("*.json")) == sorted(shipped_names())


def test_a_changed_result_is_refused_until_the_version_is_raised() -> None:
    """Goal: the test above has teeth. Method: another digest, metric, and version."""
    kept = {"results_version": 1, "digest": "a", "metrics": {"leakage": 0.1}}
    other_digest = {**kept, "digest": "b"}
    other_metric = {**kept, "metrics": {"leakage": 0.2}}
    raised = {**other_digest, "results_version": 2}
    assert complaint(kept, kept) == ""
    assert "(digest)" in complaint(kept, other_digest)
    assert "(metrics, leakage)" in complaint(kept, other_metric)
    assert "pytest --update-golden" in complaint(kept, raised)
    assert [is_to_be_written(kept, one) for one in (kept, other_digest, other_metric, raised)] == [
        False,
        False,
        False,
        True,
    ]
    assert is_to_be_written(None, kept)
