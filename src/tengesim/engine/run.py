"""One run: build the world, let time pass day by day, audit every midnight, hand over the log."""

import datetime
import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tengesim.engine import world as worlds
from tengesim.engine.gathering import Gathering, account_columns
from tengesim.engine.size import check_size
from tengesim.engine.world import World
from tengesim.errors import InvariantError
from tengesim.journal.cube import Cube
from tengesim.journal.events import Rows
from tengesim.journal.keeping import Keeping
from tengesim.journal.kept import RowStore
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.journal.sql import Parameters, answer_of, open_log
from tengesim.journal.tables import AccountColumns, AccountRow
from tengesim.memory import keep_freed
from tengesim.metrics.log import Log
from tengesim.metrics.moments import Moments
from tengesim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

__all__ = ["ENGINES", "EVENTS_MAX", "Engine", "Run", "simulate"]

Engine = Literal["fast", "reference"]
ENGINES: Final[tuple[Engine, ...]] = ("fast", "reference")
"""By the first a run is answered in compiled code, by the second with an event for each want."""

EVENTS_MAX: Final = 5_000_000
"""Rows of a log that still become a table in memory."""

_QUIET_DAYS: Final = 28
"""Days between audits where institutions move a few assets a day, and nobody pays."""


@dataclass(frozen=True)
class Run:
    """What one run leaves behind, in memory; tables are made when they are first asked for."""

    scenario: Scenario
    seed: int
    digest: str
    kept: RowStore
    """What is kept of the log."""
    names: Names
    cube_cells: list[tuple[int, ...]]
    account_columns: AccountColumns
    payments: int
    phases: dict[str, float]
    moments: Moments | None = None
    """What metrics read of rows that are not kept; None where all are."""

    @cached_property
    def rows(self) -> Rows:
        """What is kept of the log, packed."""
        return self.kept.rows()

    @cached_property
    def events(self) -> "pd.DataFrame":
        """What is kept of the log, one row a move, with text for ids.

        Raises ValueError where that is more than five million rows, which `query` can still read.
        """
        from tengesim.journal.tables import events_frame

        if len(self.rows) > EVENTS_MAX:
            raise ValueError(
                f"the log has {len(self.rows):,} rows, and a table in memory has room for"
                f" {EVENTS_MAX:,}; ask for what you need of it: run.query(sql)"
            )
        return events_frame(self.rows, self.names)

    def query(self, sql: str, parameters: Parameters = ()) -> "pd.DataFrame":
        """Return the result of one SELECT over the run, whole numbers exact.

        The tables are `events` (what is kept of the log), `cube`, `accounts`, `metrics` and
        `names` (number and name). Nothing else can be read and nothing written. Raises ValueError
        for a query that is none.
        """
        import duckdb

        try:
            return answer_of(self._tables, sql, parameters)
        except duckdb.Error as error:
            line = str(error).splitlines()[0]
            raise ValueError(f"the query cannot be answered: {line}") from None

    @cached_property
    def _tables(self) -> "DuckDBPyConnection":
        frames = {"cube": self.cube, "accounts": self.accounts, "metrics": self.metrics}
        return open_log(self.rows, self.names, frames)

    @cached_property
    def cube(self) -> "pd.DataFrame":
        """Rows counted and summed by day, region, programme, mark, kind, status, reason, truth."""
        from tengesim.journal.tables import cube_frame

        return cube_frame(self.cube_cells, self.names)

    @cached_property
    def accounts_table(self) -> list[AccountRow]:
        """Return every account as `accounts` shows it, one by one."""
        return self.account_columns.rows()

    @cached_property
    def accounts(self) -> "pd.DataFrame":
        """Opening and closing balance of every account."""
        from tengesim.journal.tables import accounts_frame

        return accounts_frame(self.account_columns)

    @property
    def metrics(self) -> "pd.DataFrame":
        """Every metric of the catalogue that applies to the run."""
        return self._measured[0]

    @property
    def paths(self) -> Mapping[str, tuple[int, ...]]:
        """What is followed through the run, by name, in tiyn; see `metrics.paths`."""
        return self._measured[1]

    @cached_property
    def _measured(self) -> "tuple[pd.DataFrame, Mapping[str, tuple[int, ...]]]":
        """Both of them, from one reading of the log that is not kept."""
        from tengesim.metrics.compute import metrics_of
        from tengesim.metrics.paths import paths_of
        from tengesim.metrics.readings import Readings
        from tengesim.scenario.terms import metric_terms

        log, terms = Log.of_rows(self.rows), metric_terms(self.scenario)
        readings = Readings(log, self.cube, terms, moments=self.moments)
        return metrics_of(readings, self.accounts), paths_of(readings)


def simulate(
    scenario: Scenario,
    *,
    seed: int | None = None,
    engine: Engine = "fast",
    progress: Callable[[int, int], None] | None = None,
    log: Callable[[Names], RowStore] | None = None,
) -> Run:
    """Run `scenario` once.

    `seed` replaces the scenario's own. `progress` is called with simulated days done and all days.
    `log` is called with the names of the run and returns what takes the rows that are kept, which
    otherwise stay in memory or, where they are many, in a file without a name. Raises SizeError
    before anything large is built, and InvariantError with the command that reproduces it when the
    ledger and its log disagree.
    """
    if engine not in ENGINES:
        raise ValueError(f"the engine is one of {', '.join(ENGINES)}, not {engine!r}")
    check_size(scenario)
    used_seed = scenario.seed if seed is None else seed
    return _run(scenario, used_seed, progress, log, is_fast=engine == "fast")


def _run(
    scenario: Scenario,
    seed: int,
    progress: Callable[[int, int], None] | None,
    log: Callable[[Names], RowStore] | None,
    *,
    is_fast: bool,
) -> Run:
    started = time.perf_counter()
    keep_freed()
    end_us = scenario.clock.calendar().at(scenario.clock.end)
    journal, cube = Journal(Names()), _cube(scenario)
    keeping = Keeping(scenario.run.log, scenario.run.sample, journal.names)
    gathering = Gathering.begin(keeping, journal.names, end_us)
    journal.keep(keeping)
    if log is not None:
        journal.keep_in(log(journal.names))
    for fold in (cube.consume, *gathering.folds()):
        journal.fold(fold)
    is_busy = _is_busy(scenario)
    world = _built(scenario, seed, journal, is_fast=is_fast, is_busy=is_busy)
    built = time.perf_counter()
    # The world is never garbage; scanning it again and again would cost more than half the run.
    # Who plays many quiet worlds has frozen what they share, which is to stay so.
    is_frozen_here = is_busy or not gc.get_freeze_count()
    if is_frozen_here:
        gc.freeze()
    try:
        days = scenario.clock.days()
        midnights = [*world.calendar.at_each(days[1:]), end_us]
        audited_days = 1 if is_busy else _QUIET_DAYS
        for number, (day, midnight_us) in enumerate(zip(days, midnights, strict=True), start=1):
            try:
                world.env.run(until=midnight_us)
                if not number % audited_days or number == len(days):
                    audit(world, f"the end of {day}")
            except InvariantError as broken:
                where = _where(scenario, seed, day)
                raise InvariantError(f"{broken}\n{where}") from broken
            except Exception as unexpected:
                unexpected.add_note(_where(scenario, seed, day))
                raise
            if progress is not None:
                progress(number, len(days))
    finally:
        if is_frozen_here:
            gc.unfreeze()
    passed = time.perf_counter()
    return Run(
        scenario=scenario,
        seed=seed,
        digest=journal.digest(),
        kept=journal.kept(),
        names=journal.names,
        cube_cells=cube.cells(),
        account_columns=account_columns(world.book.balance_columns(), gathering),
        payments=gathering.payments.total(),
        phases={"build": built - started, "simulate": passed - built},
        moments=gathering.final_moments(),
    )


def _built(
    scenario: Scenario, seed: int, journal: Journal, *, is_fast: bool, is_busy: bool
) -> World:
    """Return the world, made without looking for garbage, of which making it leaves none.

    A busy world of before makes room first. One scan takes as long as a year of a world in which
    nobody pays, and finds nothing there.
    """
    if is_busy:
        gc.collect()
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        return worlds.build(scenario, seed, is_fast=is_fast, journal=journal)
    finally:
        if is_collecting:
            gc.enable()


def _is_busy(scenario: Scenario) -> bool:
    """Return whether people, programmes or a budget pay, and not a few institutions alone."""
    is_replay = scenario.retail is not None and scenario.retail.imported is not None
    return bool(scenario.programmes) or scenario.has_people or scenario.has_budget or is_replay


def _where(scenario: Scenario, seed: int, day: datetime.date) -> str:
    """Return in which scenario, with which seed and on which day something went wrong."""
    return (
        f"on {day} of scenario {scenario.name}, seed {seed}; reproduce it with the same file and"
        f" settings: tengesim run {scenario.name} --seed {seed}"
    )


def audit(world: World, moment: str) -> None:
    """Compare the ledger with the log it wrote; raise InvariantError where they differ."""
    world.journal.flush()
    world.auditor.check(world.book.balance_columns(), moment)


def _cube(scenario: Scenario) -> Cube:
    """Return a cube that counts by the local days of the horizon."""
    calendar = scenario.clock.calendar()
    starts_us = calendar.at_each(scenario.clock.days())
    days = [calendar.day_number(start_us) for start_us in starts_us]
    return Cube(np.array(starts_us, dtype=np.int64), np.array(days, dtype=np.int64))
