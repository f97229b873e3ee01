"""What every page of runs needs: the runs on one clock, their words, and the file that is played.

Pages of meals and of whole economies add their own tables to this; payments, stories, measures and
sources are shown from here, so they work for any world.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from dashboards.texts import Texts
from tengesim.report.parameters import ParameterRow, parameters_of
from tengesim.report.playback import ArmLog, Clock
from tengesim.scenario.model import Scenario

__all__ = [
    "FinishedArm",
    "Shown",
    "StudyText",
    "clock_of",
    "packed",
    "short_name",
    "tenths_text",
    "text_of",
]


@dataclass(frozen=True, slots=True)
class StudyText:
    """What the scenarios of a study say in words and how large they are."""

    name: str
    title: str
    question: str
    parameters: tuple[ParameterRow, ...]


@dataclass(frozen=True, slots=True)
class FinishedArm:
    """An arm whose run is complete in `folder`."""

    id: str
    label: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Shown:
    """All arms on one clock, with everything that pages of any world show of them."""

    text: StudyText
    arms: tuple[ArmLog, ...]
    scenarios: tuple[Scenario, ...]
    run_names: tuple[str, ...]
    metrics: tuple[pd.DataFrame, ...]
    clock: Clock
    prepared: Mapping[str, Any]
    body: bytes
    etag: str

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of the arms in order."""
        return tuple(arm.id for arm in self.arms)

    def close(self) -> None:
        """Let go of the files of the runs; nothing can be asked of the study afterwards."""
        for arm in self.arms:
            arm.log.close()


def short_name(arm: ArmLog, t: Texts) -> str:
    """Return what an arm is called where room is short."""
    key = f"arm.{arm.id}.short"
    return t(key) if t.has(key) else arm.label


def clock_of(scenarios: Sequence[Scenario]) -> Clock:
    """Return the clock that all scenarios share; raise ValueError when they do not."""
    clocks = {_clock(scenario) for scenario in scenarios}
    if len(clocks) != 1:
        spans = ", ".join(sorted(f"{each.start} for {each.days} days" for each in clocks))
        raise ValueError(f"the runs do not share one clock: {spans}; expected one span for all")
    return clocks.pop()


def packed(prepared: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return the prepared file compressed, and what names its content."""
    plain = json.dumps(prepared, separators=(",", ":"), ensure_ascii=False).encode()
    return gzip.compress(plain, compresslevel=9, mtime=0), hashlib.sha256(plain).hexdigest()[:32]


def text_of(arms: Sequence[tuple[str, Scenario]]) -> StudyText:
    """Return the words of the last arm, and the parameters of all."""
    _, scenario = arms[-1]
    return StudyText(
        name=scenario.name,
        title=scenario.title,
        question=scenario.question,
        parameters=parameters_of(arms),
    )


def tenths_text(metrics: pd.DataFrame, name: str) -> str | None:
    """Return a metric with one decimal, computed on whole numbers; None where it has no value."""
    rows = metrics[metrics["metric"] == name]
    if rows.empty:
        return None
    row = rows.iloc[0]
    if pd.isna(row["numerator"]) or pd.isna(row["denominator"]):
        return None
    value = Fraction(int(row["numerator"]), int(row["denominator"]))
    tenths = int(value * 10 + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10}"


def _clock(scenario: Scenario) -> Clock:
    section = scenario.clock
    return Clock(section.start, section.calendar().at(section.start), len(section.days()))
