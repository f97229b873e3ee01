"""Worlds in which nobody pays: audited rarely and at their end, the same on every processor."""

import importlib
import os
import subprocess
import sys

import pytest

from tengesim import load_scenario, simulate
from tengesim.engine import run as runs
from tengesim.engine.world import World
from tengesim.errors import InvariantError
from tengesim.ledger.columns import Columns

SETTINGS = ["clock.end=2026-01-24", "market.laid=[]"]


def test_a_quiet_world_is_audited_each_week_and_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Goal: 23 days, 4 audits, each of which could fail. Method: note them, with a planted tiyn."""
    seen: list[str] = []
    audit = runs.audit

    def noted(world: World, moment: str) -> None:
        audit(world, moment)
        seen.append(moment)
        assert isinstance(world.book, Columns)
        world.book.singles[0] += 1
        with pytest.raises(InvariantError):
            audit(world, moment)
        world.book.singles[0] -= 1

    monkeypatch.setattr(runs, "audit", noted)
    monkeypatch.setattr(runs, "_QUIET_DAYS", 7)
    simulate(load_scenario("reserve_2029", settings=SETTINGS))
    days = ("2026-01-07", "2026-01-14", "2026-01-21", "2026-01-23")
    assert seen == [f"the end of {day}" for day in days]


def test_how_often_is_audited_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: audits only look. Method: the log of a quiet world audited daily, and more rarely."""
    scenario = load_scenario("reserve_2029", settings=SETTINGS)
    rarely = simulate(scenario)
    monkeypatch.setattr(runs, "_QUIET_DAYS", 1)
    daily = simulate(scenario)
    assert daily.digest == rarely.digest
    assert daily.metrics.equals(rarely.metrics)


def test_a_reserve_has_the_same_log_without_the_processors_own_functions() -> None:
    """Goal: one seed, one log on every processor. Method: NumPy without what only some can."""
    script = "import tengesim as t; print(t.simulate(t.load_scenario('reserve_2029')).digest)"
    processor = importlib.import_module("numpy._core._multiarray_umath")
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(processor.__cpu_dispatch__)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == simulate(load_scenario("reserve_2029")).digest
