"""A finished study as the pages see it: its runs opened, its numbers summed, its file prepared.

Made once when the last arm is done and never changed, so any number of readers share it. What the
browser plays is compressed here, once, and not per request.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pandas as pd

from dashboards.texts import Texts
from tengesim.report.figures import accepted_and_refused, nice_ceiling, stock_levels
from tengesim.report.parameters import ParameterRow, parameters_of
from tengesim.report.playback import (
    ArmLog,
    Clock,
    StudyTables,
    meals_by_day,
    playback,
    study_tables,
)
from tengesim.scenario.load import load_upload
from tengesim.scenario.model import Scenario
from tengesim.store.layout import SCENARIO_FILE
from tengesim.store.read import open_run

__all__ = [
    "EFFECTS",
    "FinishedArm",
    "Study",
    "StudyText",
    "build_study",
    "make_study",
    "short_name",
]

# Which step of a study a pair of neighbouring arms measures.
EFFECTS: Final[Mapping[tuple[str, str], str]] = {
    ("headcount", "social_wallet"): "evidence",
    ("social_wallet", "marked"): "marking",
}


@dataclass(frozen=True, slots=True)
class FinishedArm:
    """An arm whose run is complete in `folder`."""

    id: str
    label: str
    folder: Path


@dataclass(frozen=True, slots=True)
class StudyText:
    """What the scenarios of a study say in words and how large they are."""

    name: str
    title: str
    question: str
    parameters: tuple[ParameterRow, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """All arms on one clock, with everything a page shows of them."""

    text: StudyText
    arms: tuple[ArmLog, ...]
    scenarios: tuple[Scenario, ...]
    run_names: tuple[str, ...]
    metrics: tuple[pd.DataFrame, ...]
    clock: Clock
    tables: StudyTables
    meals: pd.DataFrame
    prepared: Mapping[str, Any]
    body: bytes
    etag: str

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of the arms in order."""
        return tuple(arm.id for arm in self.arms)

    @property
    def steps(self) -> tuple[tuple[str, str, str], ...]:
        """Return each pair of neighbouring arms with the name of what it measures."""
        pairs = zip(self.ids, self.ids[1:], strict=False)
        return tuple((one, two, EFFECTS.get((one, two), "step")) for one, two in pairs)

    def close(self) -> None:
        """Let go of the files of the runs; nothing can be asked of the study afterwards."""
        for arm in self.arms:
            arm.log.close()

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


def short_name(arm: ArmLog, t: Texts) -> str:
    """Return what an arm is called where room is short."""
    key = f"arm.{arm.id}.short"
    return t(key) if t.has(key) else arm.label


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
    clocks = {_clock_of(scenario) for scenario in scenarios}
    if len(clocks) != 1:
        spans = ", ".join(sorted(f"{each.start} for {each.days} days" for each in clocks))
        raise ValueError(f"the runs do not share one clock: {spans}; expected one span for all")
    clock = clocks.pop()
    tables = study_tables(arms, clock)
    prepared = playback(arms, tables, clock)
    prepared["holidays"] = {
        holiday.day.isoformat(): holiday.name for holiday in scenarios[0].clock.holidays
    }
    for content, frame in zip(prepared["arms"], metrics, strict=True):
        content["waiting_days"] = _tenths(frame, "delay")
    plain = json.dumps(prepared, separators=(",", ":"), ensure_ascii=False).encode()
    labelled = [(arm.id, scenario) for arm, scenario in zip(arms, scenarios, strict=True)]
    return Study(
        text=_text_of(labelled),
        arms=tuple(arms),
        scenarios=tuple(scenarios),
        run_names=tuple(run_names),
        metrics=tuple(metrics),
        clock=clock,
        tables=tables,
        meals=meals_by_day(tables, clock),
        prepared=prepared,
        body=gzip.compress(plain, compresslevel=9, mtime=0),
        etag=hashlib.sha256(plain).hexdigest()[:32],
    )


def build_study(finished: Sequence[FinishedArm]) -> Study:
    """Open the runs of `finished` and make the study of them.

    Raises StoreError for a damaged run, ValueError when the runs do not share one clock.
    """
    runs = [open_run(arm.folder) for arm in finished]
    scenarios = [
        load_upload(run.scenario_text.encode(), name=f"{run.path}/{SCENARIO_FILE}") for run in runs
    ]
    logs = [
        ArmLog(arm.id, arm.label, run.manifest.seed, run.manifest.log_digest, run)
        for arm, run in zip(finished, runs, strict=True)
    ]
    return make_study(
        logs,
        scenarios,
        metrics=[run.metrics for run in runs],
        run_names=[run.path.name for run in runs],
    )


def _tenths(metrics: pd.DataFrame, name: str) -> str | None:
    """Return a metric with one decimal, computed on whole numbers; None where it has no value."""
    row = metrics[metrics["metric"] == name].iloc[0]
    if pd.isna(row["numerator"]) or pd.isna(row["denominator"]):
        return None
    value = Fraction(int(row["numerator"]), int(row["denominator"]))
    tenths = int(value * 10 + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10}"


def _clock_of(scenario: Scenario) -> Clock:
    section = scenario.clock
    return Clock(section.start, section.calendar().at(section.start), len(section.days()))


def _text_of(arms: Sequence[tuple[str, Scenario]]) -> StudyText:
    _, scenario = arms[-1]
    return StudyText(
        name=scenario.name,
        title=scenario.title,
        question=scenario.question,
        parameters=parameters_of(arms),
    )
