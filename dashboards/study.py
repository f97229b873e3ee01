"""A finished study of meals as its page sees it: its numbers summed, its file prepared.

Made once when the last arm is done and never changed, so any number of readers share it. What the
browser plays is compressed here, once, and not per request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from dashboards.shown import Shown, clock_of, packed, tenths_text, text_of
from tengesim.report.figures import accepted_and_refused, nice_ceiling, stock_levels
from tengesim.report.playback import ArmLog, StudyTables, meals_by_day, playback, study_tables
from tengesim.scenario.model import Scenario

__all__ = ["EFFECTS", "Study", "make_study"]

# Which step of a study a pair of neighbouring arms measures.
EFFECTS: Final[Mapping[tuple[str, str], str]] = {
    ("headcount", "social_wallet"): "evidence",
    ("social_wallet", "marked"): "marking",
}


@dataclass(frozen=True, slots=True)
class Study(Shown):
    """The arms of a study of meals."""

    tables: StudyTables
    meals: pd.DataFrame

    @property
    def steps(self) -> tuple[tuple[str, str, str], ...]:
        """Return each pair of neighbouring arms with the name of what it measures."""
        pairs = zip(self.ids, self.ids[1:], strict=False)
        return tuple((one, two, EFFECTS.get((one, two), "step")) for one, two in pairs)

    def error_ceilings(self) -> dict[str, int]:
        """Return the ends of the axes of the two kinds of error.

        Both share one axis, so that heights compare, unless one would be a flat line on it.
        """
        totals = accepted_and_refused(self.tables)
        most = {
            name: int(frame["total"].max()) if len(frame) else 0 for name, frame in totals.items()
        }
        shared = max(most.values())
        if min(most.values()) * _FLAT >= shared:
            return dict.fromkeys(most, nice_ceiling(shared))
        return {name: nice_ceiling(value) for name, value in most.items()}

    def stock_ceiling_tiyn(self) -> int:
        """Return the end of the axis of money, the same for every arm."""
        totals = [
            stock_levels(self.tables, arm).drop(columns="bin").sum(axis=1).max() for arm in self.ids
        ]
        return nice_ceiling(max(int(total) for total in totals))

    def meals_ceiling(self) -> int:
        """Return the end of the axis of meals a day, the same for every arm."""
        columns = ["eaten_paid", "paid_not_eaten", "present_refused"]
        return nice_ceiling(int(self.meals[columns].sum(axis=1).max()))

    def gap_ceiling(self) -> int:
        """Return the end of the axis of meals a day paid for or refused wrongly."""
        most = self.meals[["paid_not_eaten", "present_refused"]].max().max()
        return nice_ceiling(int(most))


_FLAT: Final = 8


def make_study(
    arms: Sequence[ArmLog],
    scenarios: Sequence[Scenario],
    *,
    metrics: Sequence[pd.DataFrame],
    run_names: Sequence[str],
) -> Study:
    """Sum the logs of `arms` and prepare the file that the browser plays.

    Raises ValueError when the scenarios of the arms do not share one clock.
    """
    clock = clock_of(scenarios)
    tables = study_tables(arms, clock)
    prepared = playback(arms, tables, clock)
    prepared["holidays"] = {
        holiday.day.isoformat(): holiday.name for holiday in scenarios[0].clock.holidays
    }
    for content, frame in zip(prepared["arms"], metrics, strict=True):
        content["waiting_days"] = tenths_text(frame, "delay")
    body, etag = packed(prepared)
    labelled = [(arm.id, scenario) for arm, scenario in zip(arms, scenarios, strict=True)]
    return Study(
        text=text_of(labelled),
        arms=tuple(arms),
        scenarios=tuple(scenarios),
        run_names=tuple(run_names),
        metrics=tuple(metrics),
        clock=clock,
        tables=tables,
        meals=meals_by_day(tables, clock),
        prepared=prepared,
        body=body,
        etag=etag,
    )
