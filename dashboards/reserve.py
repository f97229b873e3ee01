"""Finished runs of a reserve as their page sees them, with the fans of their replications.

A fan is shown where somebody has replicated the scenario; the page computes none by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dashboards.shown import Shown, clock_of, packed, text_of
from tengesim.report.figures import nice_ceiling
from tengesim.report.playback import ArmLog
from tengesim.report.reserve import ASSETS, ReserveTables, reserve_playback, reserve_tables
from tengesim.scenario.digest import scenario_digest
from tengesim.scenario.model import Scenario
from tengesim.store.ensembles import EnsembleFile, FanEntry, largest_ensemble

__all__ = ["Reserve", "make_reserve"]

_PATH = "reserve_value"


@dataclass(frozen=True, slots=True)
class Reserve(Shown):
    """The arms of a reserve."""

    tables: ReserveTables
    ensembles: tuple[EnsembleFile | None, ...]

    def fan(self, number: int) -> FanEntry | None:
        """Return how the value of the reserve fans out over replications of an arm."""
        ensemble = self.ensembles[number]
        fans = () if ensemble is None else ensemble.fans
        return next((fan for fan in fans if fan.path == _PATH), None)

    def path(self, arm: str) -> list[tuple[int, int]]:
        """Return the value of the reserve in the run of an arm: day and tiyn."""
        rows = self.points("composition", arm)
        values = rows[list(ASSETS)].sum(axis=1)
        return list(zip(rows["day"].tolist(), values.tolist(), strict=True))

    def points(self, table: str, arm: str) -> pd.DataFrame:
        """Return the rows of an arm in one of the tables."""
        frame: pd.DataFrame = getattr(self.tables, table)
        return frame[frame["arm"] == arm].drop(columns="arm")

    def ceiling(self, table: str) -> int:
        """Return the end of an axis that holds every sum of a table, in tiyn."""
        frame: pd.DataFrame = getattr(self.tables, table)
        sums = frame.drop(columns=["arm", "day"]).sum(axis=1)
        return nice_ceiling(int(sums.max()) if len(sums) else 0)

    def fan_ceiling(self) -> int:
        """Return the end of the axis that holds every run and every fan, in tiyn."""
        most = [value for arm in self.ids for _, value in self.path(arm)]
        for number in range(len(self.arms)):
            fan = self.fan(number)
            most += [] if fan is None else fan.quantiles_tiyn[-1]
        return nice_ceiling(max(most, default=0))


def make_reserve(
    arms: Sequence[ArmLog],
    scenarios: Sequence[Scenario],
    *,
    metrics: Sequence[pd.DataFrame],
    run_names: Sequence[str],
    out: Path,
) -> Reserve:
    """Sum the logs of `arms`, find their replications below `out`, and prepare the file to play.

    Raises ValueError when the scenarios of the arms do not share one clock.
    """
    clock = clock_of(scenarios)
    tables = reserve_tables(arms, clock)
    prepared = reserve_playback(arms, tables, clock, scenarios)
    body, etag = packed(prepared)
    return Reserve(
        text=text_of([(arm.id, each) for arm, each in zip(arms, scenarios, strict=True)]),
        arms=tuple(arms),
        scenarios=tuple(scenarios),
        run_names=tuple(run_names),
        metrics=tuple(metrics),
        clock=clock,
        prepared=prepared,
        body=body,
        etag=etag,
        tables=tables,
        ensembles=tuple(
            largest_ensemble(out, scenario.name, scenario_digest(scenario))
            for scenario in scenarios
        ),
    )
