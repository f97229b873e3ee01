"""A small study of the three shipped arms, run and stored as `tengesim play` would store it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dashboards.build import build_shown
from dashboards.jobs import Snapshot
from dashboards.shown import FinishedArm, Shown
from dashboards.study import Study
from tengesim.engine.run import Run, simulate
from tengesim.scenario.load import load_scenario
from tengesim.store.write import write_run

__all__ = ["ARMS", "Ready", "stored_study"]

ARMS: Final = {
    "headcount": "school_meals_headcount",
    "social_wallet": "school_meals_social_wallet",
    "marked": "school_meals",
}
"""Shipped scenario of each arm, in the order of the study."""


class Ready:
    """What stands for the runs when all are done."""

    def __init__(self, study: Shown | None) -> None:
        """Be ready with `study`, or wait for ever without one."""
        self._study = study

    def snapshot(self) -> Snapshot:
        """Return that nothing is under way."""
        return Snapshot((), self._study is not None)

    def study(self) -> Shown | None:
        """Return the study."""
        return self._study


def stored_study(
    folder: Path, *, scale: str = "0.002", arms: Sequence[str] = tuple(ARMS)
) -> tuple[Study, dict[str, Run]]:
    """Run and store `arms` below `folder`; return the study of them, and the runs in memory."""
    runs: dict[str, Run] = {}
    finished = []
    for arm in arms:
        scenario = load_scenario(ARMS[arm], settings=[f"population.scale={scale}"])
        runs[arm] = simulate(scenario)
        stored = write_run(runs[arm], folder, engine_name="reference")
        finished.append(FinishedArm(arm, f"Label of {arm}", stored))
    made = build_shown(finished)
    if not isinstance(made, Study):
        raise TypeError("the arms of the study serve meals; expected the page of a study")
    return made, runs
