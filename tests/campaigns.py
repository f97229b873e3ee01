"""Small campaigns for tests: one week of meals in a small town, a tenth of a second a run."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from tengesim import Scenario
from tengesim.experiments.conduct import Asked
from tengesim.store.layout import TIMING_FILE
from tests.worlds import SMALL, small

__all__ = [
    "WEEK",
    "arguments",
    "asked",
    "environment",
    "files_of",
    "looks_of",
    "started",
    "wait_until",
    "week",
    "worker_command",
]

ROOT: Final = Path(__file__).resolve().parents[1]

WEEK: Final = (
    "clock.end=2026-02-08",
    "programmes.school_meals.term.last=2026-02-06",
)
"""The first week of the month."""


@cache
def week(arm: str, *settings: str) -> Scenario:
    """Return a shipped scenario cut to one week in a small town."""
    return small(arm, *WEEK, *settings)


def asked(base: Scenario, *variants: Scenario, out: Path, **changes: object) -> Asked:
    """Return a small question about scenarios."""
    given: dict[str, object] = {
        "seed": 1,
        "replications": 3,
        "precision_bp": None,
        "draws": 0,
        "metric": None,
        "out": out,
        "shown_out": "runs",
    }
    return Asked(base=base, variants=variants, **{**given, **changes})  # type: ignore[arg-type]


def arguments(*scenarios: str, out: Path, options: tuple[str, ...] = ()) -> list[str]:
    """Return a command line that compares weeks of meals."""
    settings = [part for setting in (*SMALL, *WEEK) for part in ("--set", setting)]
    command = [sys.executable, "-m", "tengesim", "compare", *scenarios, *settings]
    return [*command, "--out", str(out), *options]


def environment() -> dict[str, str]:
    """Return an environment in which the simulator of this checkout is run."""
    paths = [str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "NO_COLOR": "1"}


def started(command: list[str]) -> "subprocess.Popen[str]":
    """Start a command in a session of its own, its output kept."""
    return subprocess.Popen(
        command,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def worker_command(patch: str) -> tuple[str, ...]:
    """Return a worker in which `patch` runs first; `compute` is the function it may replace.

    The patch sees `replication`, the module of `compute`, and may set `replication.compute`.
    """
    code = (
        "import os, sys, signal\n"
        "from tengesim.experiments import replication\n"
        "real = replication.compute\n"
        f"{patch}\n"
        "from tengesim.experiments.executors import work\n"
        "work()\n"
    )
    return (sys.executable, "-P", "-c", code)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its path, hidden ones too, without wall times."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != TIMING_FILE
    }


def looks_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of change of every file that is visible below a folder."""
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.glob("*.json")
        if not path.name.startswith(".")
    }


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Return whether a condition became true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
