"""Finished runs of an economy as their page sees them: payments, money and refusals, day by day.

Any run can be shown this way, whatever world it is of: what a world does not have is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboards.shown import Shown, clock_of, packed, text_of
from tengesim.report.economy import (
    FORMS,
    Band,
    EconomyTables,
    bands_of,
    economy_playback,
    economy_tables,
    endings_by_day,
    levels,
    payments_by_day,
    values_by_day,
)
from tengesim.report.figures import nice_ceiling
from tengesim.report.playback import ArmLog
from tengesim.scenario.model import Scenario

__all__ = ["Economy", "make_economy"]


@dataclass(frozen=True, slots=True)
class Economy(Shown):
    """The arms of an economy."""

    tables: EconomyTables
    payments: pd.DataFrame
    worth: pd.DataFrame
    endings: pd.DataFrame
    bands: tuple[tuple[Band, ...], ...]

    @property
    def forms(self) -> tuple[str, ...]:
        """Return the forms of money that anybody holds in any arm."""
        there = set(self.tables.flows["form"])
        return tuple(form for form in FORMS if form in there)

    @property
    def has_arrears(self) -> bool:
        """Return whether anything that was due stayed unpaid."""
        return bool(len(self.tables.arrears))

    def level(self, form: str) -> pd.DataFrame:
        """Return the money in one form: columns arm, bin, total in tiyn."""
        return levels(self.tables.flows[self.tables.flows["form"] == form], self.ids)

    def arrears(self) -> pd.DataFrame:
        """Return what is due and unpaid: columns arm, bin, total in tiyn."""
        return levels(self.tables.arrears, self.ids)


def make_economy(
    arms: Sequence[ArmLog],
    scenarios: Sequence[Scenario],
    *,
    metrics: Sequence[pd.DataFrame],
    run_names: Sequence[str],
) -> Economy:
    """Sum the logs of `arms` and prepare the file that the browser plays.

    Raises ValueError when the scenarios of the arms do not share one clock.
    """
    clock = clock_of(scenarios)
    tables = economy_tables(arms, clock)
    prepared = economy_playback(arms, tables, clock, scenarios)
    body, etag = packed(prepared)
    return Economy(
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
        payments=payments_by_day(tables, clock),
        worth=values_by_day(tables, clock),
        endings=endings_by_day(tables, clock),
        bands=tuple(bands_of(scenario) for scenario in scenarios),
    )


def day_ceiling(by_day: pd.DataFrame) -> int:
    """Return the end of an axis that holds the sum of every day, the same for every arm."""
    counts = by_day.drop(columns=["arm", "date"])
    most = counts.sum(axis=1).max() if len(counts) and len(counts.columns) else 0
    return nice_ceiling(int(most))


def level_ceiling(totals: pd.DataFrame) -> int:
    """Return the end of an axis that holds every level, the same for every arm, in tiyn."""
    return nice_ceiling(int(totals["total"].max()) if len(totals) else 0)
