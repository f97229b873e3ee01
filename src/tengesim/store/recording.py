"""What the store needs to know of a finished run, and nothing more.

It stands between the engine and the files, so that either can change without the other, and so
that tests can write histories that no engine has made.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from tengesim.clock import Calendar
from tengesim.journal.keeping import LogMode
from tengesim.journal.names import Names
from tengesim.scenario.digest import resolved_yaml, scenario_digest
from tengesim.store.layout import folder_name
from tengesim.store.log_stream import LogStream
from tengesim.store.parquet import PackedLog

if TYPE_CHECKING:
    import pandas as pd

    from tengesim.engine.run import Run

__all__ = ["Recording", "days_frame", "names_frame"]

_BYTES_A_ROW: Final = 48
_BYTES_AT_LEAST: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A finished run: what was asked, what happened, and how long it took."""

    name: str
    seed: int
    scenario_text: str
    scenario_digest: str
    log_digest: str
    payments: int
    log_mode: LogMode = "full"
    events: pd.DataFrame | PackedLog | LogStream
    """What is kept of the log, in text, as it was packed, or as a file that waits for its run."""
    cube: pd.DataFrame
    accounts: pd.DataFrame
    metrics: pd.DataFrame
    names: Sequence[str] | Names
    """Every name of the log in the order of its number."""
    calendar: Calendar
    engine_name: str
    phases: Mapping[str, float]
    """Wall seconds of each phase."""

    @classmethod
    def of(cls, run: Run, *, engine_name: str) -> Self:
        """Return what there is to write of `run`.

        The scenario is written with the seed that was used, so that running it again gives this
        run and the file does not depend on how the seed was chosen.
        """
        as_run = run.scenario.model_copy(update={"seed": run.seed})
        return cls(
            name=run.scenario.name,
            seed=run.seed,
            scenario_text=resolved_yaml(as_run),
            scenario_digest=scenario_digest(run.scenario),
            log_digest=run.digest,
            payments=run.payments,
            log_mode=run.scenario.run.log,
            events=_events_of(run),
            cube=run.cube,
            accounts=run.accounts,
            metrics=run.metrics,
            names=run.names,
            calendar=run.scenario.clock.calendar(),
            engine_name=engine_name,
            phases=run.phases,
        )

    @property
    def folder_name(self) -> str:
        """Return the name of the folder this run belongs in."""
        return folder_name(self.name, self.scenario_digest, self.seed)

    @property
    def needed_bytes(self) -> int:
        """Return about how much room the files take, on the safe side."""
        return _BYTES_AT_LEAST + _BYTES_A_ROW * self.row_count

    @property
    def row_count(self) -> int:
        """Return how many rows of the log are kept."""
        if isinstance(self.events, LogStream):
            return self.events.row_count
        return len(self.events.rows if isinstance(self.events, PackedLog) else self.events)

    def tables(self) -> dict[str, pd.DataFrame | PackedLog | LogStream | Names]:
        """Return every table of the run by its name."""
        names = self.names if isinstance(self.names, Names) else names_frame(self.names)
        return {
            "events": self.events,
            "cube": self.cube,
            "accounts": self.accounts,
            "metrics": self.metrics,
            "names": names,
            "days": days_frame(self.cube, self.calendar),
        }


def _events_of(run: Run) -> PackedLog | LogStream:
    """Return the log of a run as it is written; a file that another run was given is read back."""
    if isinstance(run.kept, LogStream) and run.kept.is_own:
        return run.kept
    return PackedLog(run.rows, run.names)


def names_frame(names: Sequence[str]) -> pd.DataFrame:
    """Return every name with its number in the packed log."""
    import pandas as pd

    return pd.DataFrame({"id": np.arange(len(names), dtype=np.int64), "name": list(names)})


def days_frame(cube: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Return when each local day begins, from the first day of the cube to its last."""
    import pandas as pd

    days: list[dt.date] = []
    if len(cube):
        epoch = dt.date(1970, 1, 1).toordinal()
        span = range(int(cube["day"].min()), int(cube["day"].max()) + 1)
        days = [dt.date.fromordinal(epoch + number) for number in span]
    starts = [calendar.at(day) for day in days]
    return pd.DataFrame(
        {
            "start_us": np.array(starts, dtype=np.int64),
            "day": np.array([calendar.day_number(start) for start in starts], dtype=np.int64),
            "date": pd.Series([day.isoformat() for day in days], dtype=pd.Series([""]).dtype),
        }
    )
