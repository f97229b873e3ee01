"""Arms being run: each in a process of its own, watched, and ended with the server.

The page never waits for a run. A child is the command line itself, so that the browser and the
terminal have one way to run a scenario; it reports progress as JSON lines and ends when the pipe
to its parent closes, however the parent ended.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final, Literal

import tengesim
from dashboards.shown import FinishedArm, Shown
from tengesim.errors import ScenarioError, SizeError, StoreError

__all__ = ["Arm", "ArmProgress", "Jobs", "Snapshot"]

State = Literal["waiting", "running", "done", "failed"]

_GRACE_SECONDS: Final = 2.0
_LINES_KEPT: Final = 20


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm to show: a scenario to be run, or the folder of a finished run."""

    id: str
    label: str
    scenario: str
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class ArmProgress:
    """How far an arm is: simulated days done and in all, and what went wrong."""

    arm: Arm
    state: State = "waiting"
    done: int = 0
    total: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All arms at one moment; `failure` is set when the finished runs cannot be shown."""

    arms: tuple[ArmProgress, ...]
    is_ready: bool
    failure: str = ""


class Jobs:
    """Runs what is not yet run and hands out the study when everything is there."""

    def __init__(
        self,
        arms: Sequence[Arm],
        *,
        out: Path,
        build: Callable[[Sequence[FinishedArm]], Shown],
        command: Sequence[str] | None = None,
        workers: int | None = None,
    ) -> None:
        """Prepare to run `arms` with their folders below `out`; `build` makes the study of them.

        `command` stands before the arguments of the command line; tests put their own there.
        """
        self._out = out
        self._build = build
        self._command = tuple(command or _own_command())
        self._workers = workers or _cores()
        self._lock = threading.Lock()
        self._progress = [ArmProgress(arm) for arm in arms]
        self._folders: dict[int, Path] = {}
        self._children: list[subprocess.Popen[str]] = []
        self._study: Shown | None = None
        self._failure = ""
        self._is_closed = False

    def start(self) -> None:
        """Begin to run, without waiting."""
        threading.Thread(target=self._run_all, name="arms", daemon=True).start()

    def snapshot(self) -> Snapshot:
        """Return how far every arm is."""
        with self._lock:
            return Snapshot(tuple(self._progress), self._study is not None, self._failure)

    def study(self) -> Shown | None:
        """Return the study once every arm is done."""
        with self._lock:
            return self._study

    def close(self) -> None:
        """End all children, first politely."""
        with self._lock:
            self._is_closed = True
            children = list(self._children)
        for child in children:
            _signal_group(child, signal.SIGTERM)
        for child in children:
            try:
                child.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                _signal_group(child, signal.SIGKILL)
                child.wait()

    def _run_all(self) -> None:
        # From the last arm, which has the most controls and so the most to compute: on two cores
        # the others fit beside it.
        waiting = list(reversed(range(len(self._progress))))
        lock = threading.Lock()

        def work() -> None:
            while True:
                with lock:
                    if not waiting or self._is_closed:
                        return
                    number = waiting.pop(0)
                self._run_one(number)

        workers = [
            threading.Thread(target=work, name=f"arm worker {n}", daemon=True)
            for n in range(min(self._workers, len(waiting)))
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self._finish()

    def _finish(self) -> None:
        with self._lock:
            if self._is_closed or any(one.state != "done" for one in self._progress):
                return
            finished = [
                FinishedArm(one.arm.id, one.arm.label, self._folders[number])
                for number, one in enumerate(self._progress)
            ]
        try:
            study = self._build(finished)
        except (StoreError, ScenarioError, SizeError, OSError, ValueError) as error:
            with self._lock:
                self._failure = str(error)
            return
        with self._lock:
            self._study = study

    def _run_one(self, number: int) -> None:
        arm = self._progress[number].arm
        if arm.folder is not None:
            self._folders[number] = arm.folder
            self._update(number, state="done")
            return
        arguments = ["run", arm.scenario, "--json", "--progress-json", "--out", str(self._out)]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as answer:
            try:
                child = self._spawn([*self._command, *arguments], answer)
            except OSError as error:
                self._update(number, state="failed", message=str(error))
                return
            self._update(number, state="running")
            with child:
                said = self._follow(number, child)
                code = child.wait()
            answer.seek(0)
            text = answer.read()
        self._conclude(number, code, text, said)

    def _spawn(self, command: Sequence[str], answer: IO[str]) -> subprocess.Popen[str]:
        with self._lock:
            if self._is_closed:
                raise OSError("the page was closed")
            child = subprocess.Popen(  # noqa: S603 - our own command line, arguments as a list
                command,
                stdin=subprocess.PIPE,
                stdout=answer,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=_environment(),
                start_new_session=True,
            )
            self._children.append(child)
        return child

    def _follow(self, number: int, child: subprocess.Popen[str]) -> list[str]:
        """Read what the child says; return its last lines that are not progress."""
        said: list[str] = []
        for line in child.stderr or ():
            done_total = _progress_of(line)
            if done_total is None:
                said = [*said, line.strip()][-_LINES_KEPT:]
            else:
                self._update(number, done=done_total[0], total=done_total[1])
        return said

    def _conclude(self, number: int, code: int, text: str, said: Sequence[str]) -> None:
        folder = _folder_of(text)
        if code == 0 and folder is not None:
            self._folders[number] = folder
            self._update(number, state="done", done=max(self._progress[number].total, 1))
            return
        message = "\n".join(line for line in said if line) or f"exit code {code}"
        self._update(number, state="failed", message=message)

    def _update(self, number: int, **changes: object) -> None:
        with self._lock:
            self._progress[number] = replace(self._progress[number], **changes)  # type: ignore[arg-type]


def _cores() -> int:
    """Return how many arms this machine can run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _own_command() -> list[str]:
    # Run by its path: a package of the name `dashboards` may be somebody else's.
    return [sys.executable, "-P", str(Path(__file__).with_name("child.py"))]


def _environment() -> dict[str, str]:
    """Return the child's environment, in which it imports the same simulator as this page."""
    own = str(Path(tengesim.__file__).resolve().parents[1])
    paths = [own, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "NO_COLOR": "1"}


def _progress_of(line: str) -> tuple[int, int] | None:
    try:
        content = json.loads(line)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    done, total = content.get("done"), content.get("total")
    if type(done) is not int or type(total) is not int or not 0 <= done <= total:
        return None
    return done, total


def _folder_of(text: str) -> Path | None:
    try:
        content = json.loads(text)
    except ValueError:
        return None
    run = content.get("run") if isinstance(content, dict) else None
    return Path(run) if isinstance(run, str) and run else None


def _signal_group(child: subprocess.Popen[str], number: int) -> None:
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
