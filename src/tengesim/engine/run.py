"""One run: build the world, let time pass day by day, audit every midnight, hand over the log."""

import contextlib
import datetime
import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tengesim.codes import Kind, Status
from tengesim.engine import world as worlds
from tengesim.engine.size import check_size
from tengesim.engine.world import World
from tengesim.errors import InvariantError
from tengesim.journal.cube import Cube
from tengesim.journal.events import Rows
from tengesim.journal.names import Names
from tengesim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ENGINES", "AccountRow", "Engine", "Run", "simulate"]

Engine = Literal["fast", "reference"]
ENGINES: Final[tuple[Engine, ...]] = ("fast", "reference")
"""By the first a run is answered in compiled code, by the second with an event for each want."""

AccountRow = tuple[str, str, str, str, int, int, int]
"""Holder, keeper, form, mark, opening tiyn, closing tiyn (free and held), held tiyn."""

_ANSWERED = (Status.SETTLED, Status.POSTED, Status.REFUSED)
_PAYMENTS = (Kind.PAYMENT, Kind.DELIVERY, Kind.CLAIM, Kind.BUDGET_PAYMENT)


@dataclass(frozen=True)
class Run:
    """What one run leaves behind, in memory; tables are made when they are first asked for."""

    scenario: Scenario
    seed: int
    digest: str
    rows: Rows
    names: Names
    cube_cells: list[tuple[int, ...]]
    accounts_table: list[AccountRow]
    payments: int
    phases: dict[str, float]

    @cached_property
    def events(self) -> "pd.DataFrame":
        """The log, one row a move, with text for ids."""
        from tengesim.journal.tables import events_frame

        return events_frame(self.rows, self.names)

    @cached_property
    def cube(self) -> "pd.DataFrame":
        """Rows counted and summed by day, region, programme, mark, kind, status, reason, truth."""
        from tengesim.journal.tables import cube_frame

        return cube_frame(self.cube_cells, self.names)

    @cached_property
    def accounts(self) -> "pd.DataFrame":
        """Opening and closing balance of every account."""
        from tengesim.journal.tables import accounts_frame

        return accounts_frame(self.accounts_table)

    @cached_property
    def metrics(self) -> "pd.DataFrame":
        """Every metric of the catalogue that applies to the run."""
        from tengesim.metrics.compute import metrics_frame
        from tengesim.scenario.terms import metric_terms

        terms = metric_terms(self.scenario)
        return metrics_frame(self.events, self.cube, self.accounts, terms=terms)


def simulate(
    scenario: Scenario,
    *,
    seed: int | None = None,
    engine: Engine = "fast",
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Run `scenario` once.

    `seed` replaces the scenario's own. `progress` is called with simulated days done and all days.
    Raises SizeError before anything large is built, and InvariantError with the command that
    reproduces it when the ledger and its log disagree.
    """
    if engine not in ENGINES:
        raise ValueError(f"the engine is one of {', '.join(ENGINES)}, not {engine!r}")
    check_size(scenario)
    used_seed = scenario.seed if seed is None else seed
    return _run(scenario, used_seed, progress, is_fast=engine == "fast")


def _run(
    scenario: Scenario,
    seed: int,
    progress: Callable[[int, int], None] | None,
    *,
    is_fast: bool,
) -> Run:
    started = time.perf_counter()
    world = worlds.build(scenario, seed, is_fast=is_fast)
    cube = _cube(scenario, world)
    world.journal.fold(cube.consume)
    end_us = world.calendar.at(scenario.clock.end)
    built = time.perf_counter()
    # The world is never garbage; scanning it again and again would cost more than half the run.
    gc.collect()
    gc.freeze()
    try:
        days = scenario.clock.days()
        midnights = [*map(world.calendar.at, days[1:]), end_us]
        for number, (day, midnight_us) in enumerate(zip(days, midnights, strict=True), start=1):
            with _named(scenario, seed, day):
                world.env.run(until=midnight_us)
                audit(world, f"the end of {day}")
            if progress is not None:
                progress(number, len(days))
    finally:
        gc.unfreeze()
    passed = time.perf_counter()
    rows = world.journal.rows()
    return Run(
        scenario=scenario,
        seed=seed,
        digest=world.journal.digest(),
        rows=rows,
        names=world.journal.names,
        cube_cells=cube.cells(),
        accounts_table=_accounts(world, rows),
        payments=_payments(rows),
        phases={"build": built - started, "simulate": passed - built},
    )


@contextlib.contextmanager
def _named(scenario: Scenario, seed: int, day: datetime.date) -> Iterator[None]:
    """Say, of whatever goes wrong, in which scenario, with which seed and on which day."""
    where = (
        f"on {day} of scenario {scenario.name}, seed {seed}; reproduce it with the same file and"
        f" settings: tengesim run {scenario.name} --seed {seed}"
    )
    try:
        yield
    except InvariantError as broken:
        raise InvariantError(f"{broken}\n{where}") from broken
    except Exception as unexpected:
        unexpected.add_note(where)
        raise


def audit(world: World, moment: str) -> None:
    """Compare the ledger with the log it wrote; raise InvariantError where they differ."""
    world.journal.flush()
    world.auditor.check(world.book.balance_columns(), moment)


def _cube(scenario: Scenario, world: World) -> Cube:
    """Return a cube that counts by the local days of the horizon."""
    starts_us = [world.calendar.at(day) for day in scenario.clock.days()]
    days = [world.calendar.day_number(start_us) for start_us in starts_us]
    return Cube(np.array(starts_us, dtype=np.int64), np.array(days, dtype=np.int64))


def _accounts(world: World, rows: Rows) -> list[AccountRow]:
    opening = rows[(rows["kind"] == Kind.OPENING) & (rows["status"] == Status.SETTLED)]
    opened: dict[tuple[int, ...], int] = {}
    for side, suffix, sign in (("payer", "", -1), ("payee", "_to", 1)):
        for row in opening:
            key = (
                int(row[side]),
                int(row["keeper" + suffix]),
                int(row["form" + suffix]),
                int(row["mark" + suffix]),
            )
            opened[key] = opened.get(key, 0) + sign * int(row["amount_tiyn"])
    text = world.journal.names.text
    return [
        (
            text(account.holder),
            text(account.keeper),
            account.form.name.lower(),
            text(account.mark),
            opened.get(account, 0),
            money.free_tiyn + money.held_tiyn,
            money.held_tiyn,
        )
        for account, money in world.book.balances().items()
    ]


def _payments(rows: Rows) -> int:
    """Count the intents of payments, deliveries, claims and orders that settled or were refused."""
    chosen = np.isin(rows["kind"], _PAYMENTS) & np.isin(rows["status"], _ANSWERED)
    # A recorded delivery is no payment: money follows with its claim.
    delivered = (rows["kind"] == Kind.DELIVERY) & (rows["status"] == Status.RECORDED)
    recorded = np.unique(rows["intent"][delivered])
    return len(np.setdiff1d(rows["intent"][chosen], recorded))
