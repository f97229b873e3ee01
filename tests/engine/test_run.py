"""A run: audited every midnight, reported day by day, honest about what goes wrong, and where."""

import itertools
from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from tengesim import Run, simulate
from tengesim.codes import Kind, Status
from tengesim.engine import kernel_state
from tengesim.engine import run as runs
from tengesim.engine import world as worlds
from tengesim.engine.environment import Environment
from tengesim.engine.kernel import drain
from tengesim.engine.run import ENGINES, Engine
from tengesim.engine.settlement import Settlement
from tengesim.engine.world import World
from tengesim.errors import InvariantError, ScenarioError
from tengesim.ledger.book import Book
from tengesim.ledger.columns import Columns
from tengesim.payment import AccountId, Move, Particulars, Want
from tengesim.retail.tape import Window
from tests.worlds import ARMS, HEADCOUNT, MARKED, WALLET, only, run_of, small

DAYS = 42


class SkipsADebit(Book):
    """Forgets to take the 300th payment from the payer."""

    moved = 0

    def _move(self, move: Move) -> None:
        super()._move(move)
        type(self).moved += 1
        if type(self).moved == 300:
            self._free[move.debit] += move.amount_tiyn


class CreditsTwice(Book):
    """Gives the payee of the 300th move its money twice."""

    moved = 0

    def _move(self, move: Move) -> None:
        super()._move(move)
        type(self).moved += 1
        if type(self).moved == 300:
            self._free[move.credit] += move.amount_tiyn


class SettlesUnseen(Book):
    """Writes no row about the 100th thing that happens."""

    posted = 0

    def _log(
        self,
        kind: Kind,
        status: Status,
        move: Move,
        carried: Particulars,
        ref: int,
        **reason: object,
    ) -> None:
        type(self).posted += 1
        if type(self).posted != 100:
            super()._log(kind, status, move, carried, ref, **reason)  # type: ignore[arg-type]


MUTANTS: tuple[type[Book], ...] = (SkipsADebit, CreditsTwice, SettlesUnseen)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_ledger_that_errs_once_is_stopped_at_the_next_midnight(
    mutant: type[Book], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: the auditor is called. Method: one wrong move; the error names day, seed, command."""
    monkeypatch.setattr(worlds, "Book", mutant)
    monkeypatch.setattr(mutant, "moved", 0, raising=False)
    monkeypatch.setattr(mutant, "posted", 0, raising=False)
    with pytest.raises(InvariantError) as stopped:
        simulate(small(MARKED), seed=5, engine="reference")
    said = str(stopped.value)
    assert "at the end of 2026-02-0" in said
    assert "tengesim run school_meals --seed 5" in said


def test_compiled_code_that_errs_once_is_stopped_at_the_next_midnight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Goal: compiled payments are audited too. Method: the first drain moves one tiyn too many."""
    calls = itertools.count()

    def erring(window: Window, state: kernel_state.World, *rest: object) -> None:
        drain(window, state, *rest)  # type: ignore[arg-type]
        if len(window.time_us) and not next(calls):
            state.singles[window.payee[0]] += 1

    monkeypatch.setattr("tengesim.engine.fast.drain", erring)
    with pytest.raises(InvariantError) as stopped:
        simulate(small(MARKED), seed=5)
    said = str(stopped.value)
    assert "at the end of 2026-02-0" in said
    assert "tengesim run school_meals --seed 5" in said


def poke(ledger: Book, tiyn: int) -> None:
    """Let an account hold `tiyn` more than its log says."""
    if isinstance(ledger, Columns):
        ledger.singles[0] += tiyn
    else:
        ledger._free[AccountId(0)] += tiyn


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("arm", ARMS)
def test_the_ledger_is_compared_with_its_log_at_every_midnight(
    arm: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: 42 days, 42 audits. Method: note each audit, its moment, and whether it could fail."""
    seen: list[str] = []
    audit = runs.audit

    def noted(world: World, moment: str) -> None:
        audit(world, moment)
        seen.append(f"{moment} {world.calendar.date_of(int(world.env.now))}")
        assert world.calendar.hour_of(int(world.env.now)) == 0
        # A tiyn out of nowhere would be noticed at this very moment.
        poke(world.book, 1)
        with pytest.raises(InvariantError):
            audit(world, moment)
        poke(world.book, -1)

    monkeypatch.setattr(runs, "audit", noted)
    simulate(small(arm), engine=engine)
    assert len(seen) == DAYS
    assert seen[0] == "the end of 2026-02-01 2026-02-02"
    assert seen[-1] == "the end of 2026-03-14 2026-03-15"


def test_progress_is_told_day_by_day() -> None:
    """Goal: a bar that moves. Method: collect what the callback is given."""
    told: list[tuple[int, int]] = []
    simulate(small(HEADCOUNT), progress=lambda done, total: told.append((done, total)))
    assert told == [(day, DAYS) for day in range(1, DAYS + 1)]


def fail(error: Exception) -> Callable[[Settlement, Want], None]:
    """Return an answer to wants that raises `error`."""

    def answer(_: Settlement, __: Want) -> None:
        raise error

    return answer


def test_an_unexpected_error_says_where_and_when_it_happened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Goal: R-24. Method: the first meal fails; type and message kept, a note says the rest."""
    monkeypatch.setattr(Settlement, "answer", fail(LookupError("the register is down")))
    with pytest.raises(LookupError) as failed:
        simulate(small(WALLET), seed=8, engine="reference")
    assert failed.value.args == ("the register is down",)
    (note,) = failed.value.__notes__
    assert "2026-02-02" in note
    assert "school_meals_social_wallet" in note
    assert "seed 8" in note


def test_an_error_of_readable_code_says_where_it_happened_in_the_fast_engine_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Goal: R-24 for what compiled code leaves to others. Method: the first such meal fails."""
    monkeypatch.setattr(Settlement, "answer", fail(LookupError("the register is down")))
    with pytest.raises(LookupError) as failed:
        simulate(small(WALLET), seed=8)
    (note,) = failed.value.__notes__
    assert "2026-02-" in note
    assert "seed 8" in note


def test_an_interrupted_run_passes_on_the_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: R-16. Method: Ctrl-C in the middle of a meal arrives as itself."""

    def interrupt(_: Settlement, __: Want) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Settlement, "answer", interrupt)
    for engine in ENGINES:
        with pytest.raises(KeyboardInterrupt):
            simulate(small(WALLET), engine=engine)


def test_an_engine_that_does_not_exist_is_refused() -> None:
    """Goal: misuse of the API. Method: another name."""
    with pytest.raises(ValueError, match="the engine is one of fast, reference, not 'quick'"):
        simulate(small(MARKED), engine="quick")  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 1.0, True, "1"])
def test_a_seed_that_is_no_natural_number_is_refused(seed: object) -> None:
    """Goal: one seed, one run. Method: what is not an int of 0 or more."""
    with pytest.raises(ValueError, match="a seed is a non-negative integer"):
        simulate(small(HEADCOUNT), seed=seed)  # type: ignore[arg-type]


def test_the_seed_given_replaces_the_one_written() -> None:
    """Goal: replication r is seed s + r. Method: digests by argument and by setting."""
    by_argument, by_setting = run_of(HEADCOUNT, seed=3), run_of(HEADCOUNT, "seed=3")
    assert by_argument.digest == by_setting.digest
    assert by_argument.seed == by_setting.seed == 3
    assert by_argument.digest != run_of(HEADCOUNT).digest


@pytest.mark.parametrize("arm", ARMS)
def test_twice_in_one_program_is_the_same_run(arm: str) -> None:
    """Goal: R-11, nothing is left over. Method: digest and every table of a second run."""
    first, second = run_of(arm), simulate(small(arm))
    assert first.digest == second.digest
    assert first.cube_cells == second.cube_cells
    assert first.accounts_table == second.accounts_table
    for table in ("events", "cube", "accounts", "metrics"):
        pd.testing.assert_frame_equal(getattr(first, table), getattr(second, table))


def test_runs_do_not_disturb_one_another() -> None:
    """Goal: no state is shared. Method: another arm runs in between, or while this one runs."""
    digest = run_of(MARKED).digest

    def meanwhile(done: int, _: int) -> None:
        if done == 5:
            simulate(small(WALLET), seed=2)

    assert simulate(small(MARKED), progress=meanwhile).digest == digest


@pytest.mark.parametrize("arm", ARMS)
def test_payments_are_intents_that_were_settled_or_refused(arm: str) -> None:
    """Goal: the number that `run --json` prints. Method: count intents by hand, in text."""
    events = run_of(arm).events
    kinds, statuses = events["kind"].astype(str), events["status"].astype(str)
    intents = events["intent"].astype(str)
    answered = kinds.isin(["payment", "delivery", "claim"])
    answered &= statuses.isin(["settled", "posted", "refused"])
    recorded = set(intents[statuses == "recorded"])
    assert run_of(arm).payments == len(set(intents[answered]) - recorded)


@pytest.mark.parametrize("arm", ARMS)
def test_accounts_open_and_close_as_the_log_says(arm: str) -> None:
    """Goal: closing = opening + rows. Method: fold the rows of each account in text."""
    run = run_of(arm)
    money: dict[tuple[str, ...], int] = {}
    opening: dict[tuple[str, ...], int] = {}
    sides = (("payer", "", -1), ("payee", "_to", 1))
    for row in run.events.to_dict("records"):
        for side, suffix, sign in sides:
            key = tuple(
                str(row[name])
                for name in (side, f"keeper{suffix}", f"form{suffix}", f"mark{suffix}")
            )
            if row["status"] in {"settled", "posted"}:
                money[key] = money.get(key, 0) + sign * int(row["amount_tiyn"])
            if row["kind"] == "opening":
                opening[key] = opening.get(key, 0) + sign * int(row["amount_tiyn"])
    for account in run.accounts_table:
        assert account[5] == money.pop(account[:4], 0)
        assert account[4] == opening.pop(account[:4], 0)
    assert money == opening == {}


@pytest.mark.parametrize("arm", ARMS)
def test_the_rows_of_a_run_follow_time_and_each_attempt_follows_the_one_before(arm: str) -> None:
    """Goal: the log is in order. Method: seq, time, ref and attempts of the packed rows."""
    rows = run_of(arm).rows
    assert rows["seq"].tolist() == list(range(len(rows)))
    assert np.all(np.diff(rows["time_us"]) >= 0)
    # What completes or releases a claim bears the ref under which it was reserved.
    assert np.all(np.diff(rows["ref"][rows["kind"] != Kind.CLAIM]) >= 0)
    last: dict[int, int] = {}
    meals = rows[np.isin(rows["kind"], (Kind.PAYMENT, Kind.DELIVERY))]
    for intent, attempt in zip(meals["intent"].tolist(), meals["attempt"].tolist(), strict=True):
        assert attempt == last.get(intent, -1) + 1
        last[intent] = attempt


def test_a_run_keeps_what_was_asked() -> None:
    """Goal: a run can be told from another. Method: scenario, seed, digest, phases."""
    run = run_of(MARKED, seed=4)
    assert run.scenario is small(MARKED)
    assert run.seed == 4
    assert len(run.digest) == 64
    assert set(run.phases) == {"build", "simulate"}
    assert {field.name for field in fields(Run)} >= {"kept", "names", "cube_cells", "payments"}


def test_the_world_waits_at_the_start_of_the_horizon() -> None:
    """Goal: nothing happens before. Method: the clock and rows of a world that was only built."""
    world = worlds.build(small(MARKED), 1)
    assert isinstance(world.env, Environment)
    assert world.env.now == world.calendar.at(small(MARKED).clock.start)
    assert set(world.journal.rows()["kind"].tolist()) == {Kind.OPENING}


@pytest.mark.parametrize("end", ["2026-02-28", "2026-02-27"])
def test_a_horizon_ends_before_its_end_day(end: str) -> None:
    """Goal: [start, end). Method: the last meal day inside, then refused as outside."""
    settings = (f"clock.end={end}", *only("population.dishonest_caterers", "0 %"))
    if end == "2026-02-27":
        with pytest.raises(ScenarioError, match="OUTSIDE_HORIZON"):
            small(HEADCOUNT, *settings)
        return
    run = run_of(HEADCOUNT, *settings)
    days = {run.scenario.clock.calendar().date_of(int(t)).isoformat() for t in run.rows["time_us"]}
    assert max(days) == "2026-02-27"


def test_institutions_never_use_the_id_of_a_posting_again() -> None:
    """Goal: idempotence never eats a posting. Method: no row of a run is refused as a duplicate."""
    for arm in ARMS:
        reasons = set(run_of(arm).events["reason"].astype(str))
        assert "duplicate" not in reasons
        assert "account_unknown" not in reasons
