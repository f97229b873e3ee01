"""Processes of this machine that compute replications, one after the other, until told to end.

Each worker is a fresh interpreter that imports the simulator once and shares nothing with the
program that started it but two pipes, so it works from scripts, notebooks and tests alike. Its
numerical libraries run on one thread, because the workers are the parallelism. A worker ends with
its parent, however that ended; one that is killed is replaced and its replication tried once more.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from tengesim.errors import DiskError, InvariantError, SizeError, StoreError
from tengesim.experiments.plan import Job

__all__ = ["Outcome", "Workers", "cores", "work"]

_TRIES_MAX: Final = 2
_YOUNG_MAX: Final = 50_000
"""Objects that a worker makes before it looks for garbage among them: few are, within a run."""
_GRACE_S: Final = 2.0
_MESSAGE_MAX: Final = 2_000
_STDERR_KEPT: Final = 1_000
_ONE_THREAD: Final = dict.fromkeys(
    (
        "BLIS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)
_WORK: Final = "from tengesim.experiments.executors import work; work()"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: `wall_s` seconds of work, or the kind and message of what went wrong.

    `wall_s` is None when it had been finished before.
    """

    job: Job
    wall_s: float | None = None
    kind: str = ""
    message: str = ""

    @property
    def is_finished(self) -> bool:
        """Return whether there is a result."""
        return not self.kind


def cores() -> int:
    """Return how many processes this machine runs at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """A pool of worker processes; leave it as a context to end them."""

    def __init__(self, count: int, *, out: Path, command: Sequence[str] | None = None) -> None:
        """Prepare `count` workers that store below `out`; each starts with its first job.

        `command` starts a worker; tests put their own there.
        """
        if count < 1:
            raise ValueError(f"workers is {count}; expected at least 1")
        self._out = out
        self._command = tuple(command or (sys.executable, "-P", "-c", _WORK))
        self._slots = [_Slot(self._command, out) for _ in range(count)]

    @property
    def pids(self) -> list[int]:
        """Return the process numbers of the workers that run."""
        return [slot.pid for slot in self._slots if slot.pid is not None]

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Compute `jobs` and yield each as it ends, in whatever order.

        Raises DiskError or StoreError when a worker cannot store; what was finished is kept.
        """
        waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        count = 0
        for job in jobs:
            waiting.put(job)
            count += 1
        ended: queue.SimpleQueue[Outcome | BaseException] = queue.SimpleQueue()
        stop = threading.Event()
        threads = [
            threading.Thread(
                target=_serve, args=(slot, waiting, ended, stop), name="replications", daemon=True
            )
            for slot in self._slots[:count]
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in range(count):
                yield _or_raise(ended.get())
        except BaseException:
            stop.set()
            self.close()
            raise
        finally:
            stop.set()
            for thread in threads:
                thread.join(_GRACE_S)

    def close(self) -> None:
        """End all workers; what they have not finished is dropped."""
        for slot in self._slots:
            slot.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class _Slot:
    """The place of one worker, which may have to be started more than once."""

    def __init__(self, command: Sequence[str], out: Path) -> None:
        self._command = command
        self._out = out
        self._child: subprocess.Popen[str] | None = None
        self._said: IO[str] | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        child = self._child
        return None if child is None or child.poll() is not None else child.pid

    def ask(self, job: Job) -> dict[str, Any] | None:
        """Return what the worker answers; None when it died before it answered."""
        child = self._started()
        if child is None or child.stdin is None or child.stdout is None:
            return None
        with contextlib.suppress(OSError, ValueError):
            line = json.dumps({"out": os.fspath(self._out), **asdict(job)})
            child.stdin.write(line + "\n")
            child.stdin.flush()
            answer = child.stdout.readline()
            if answer.endswith("\n"):
                content = json.loads(answer)
                return content if isinstance(content, dict) else None
        return None

    def how_it_died(self) -> str:
        """Return how the worker ended and what it said last."""
        child = self._child
        if child is None:
            return "the worker could not be started"
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE_S)
        code = child.returncode
        how = f"by signal {-code}" if code is not None and code < 0 else f"with exit code {code}"
        return f"the worker ended {how}{self._last_words()}"

    def kill(self) -> None:
        """End the worker at once and for good."""
        with self._lock:
            self._is_closed = True
        self._drop()

    def renew(self) -> None:
        """Forget a worker that died; the next job starts another."""
        self._drop()

    def _started(self) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._is_closed:
                return None
            if self._child is None:
                # It lives as long as the worker, so no block of code could close it.
                self._said = tempfile.TemporaryFile(  # noqa: SIM115
                    "w+", encoding="utf-8", errors="replace"
                )
                self._child = subprocess.Popen(  # noqa: S603 - our own interpreter
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._said,
                    text=True,
                    encoding="utf-8",
                    env=_environment(),
                    # An interrupt from the keyboard is for the parent, which ends its workers.
                    start_new_session=True,
                )
            return self._child

    def _drop(self) -> None:
        with self._lock:
            child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout, self._said):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _last_words(self) -> str:
        if self._said is None or self._said.closed:
            return ""
        self._said.seek(0)
        lines = [line.strip() for line in self._said.read()[-_STDERR_KEPT:].splitlines()]
        lines = [line for line in lines if line]
        return f": {lines[-1]}" if lines else ""


def work() -> None:
    """Be a worker: read jobs as lines of JSON, answer each with one line, end with the parent."""
    with contextlib.suppress(ValueError, OSError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever prints must not be taken for an answer.
    os.dup2(2, 1)
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked,), name="parent", daemon=True).start()
    from tengesim.experiments.replication import compute

    gc.set_threshold(_YOUNG_MAX)
    while True:
        content = json.loads(asked.get())
        out = Path(content.pop("out"))
        job = Job(**content)
        answer = _answer(lambda job=job, out=out: compute(job, out).wall_s)  # type: ignore[misc]
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        # Worlds go here, between jobs, and what is needed for all of them is not looked at again.
        gc.collect()
        gc.freeze()


def _listen(asked: queue.SimpleQueue[str]) -> None:
    """Hand over what the parent asks; when it is gone, nobody wants the rest."""
    for line in sys.stdin:
        asked.put(line)
    os._exit(0)


def _answer(act: Callable[[], float | None]) -> dict[str, object]:
    """Return what a worker answers about one job; no error leaves a worker."""
    try:
        return {"wall_s": act()}
    except (DiskError, StoreError) as refused:
        return {"refused": type(refused).__name__, "message": str(refused)}
    except MemoryError:
        return {"kind": "out of memory", "message": "the run needs more memory than there is"}
    except SizeError as error:
        return {"kind": "too large", "message": str(error)}
    except InvariantError as error:
        return {"kind": "invariant broken", "message": str(error)}
    except Exception as error:  # noqa: BLE001 - it is told to the user with the command for it
        notes = "\n".join(getattr(error, "__notes__", ()))
        return {"kind": type(error).__name__, "message": f"{error}\n{notes}".strip()}


def _serve(
    slot: _Slot,
    waiting: queue.SimpleQueue[Job],
    ended: queue.SimpleQueue[Outcome | BaseException],
    stop: threading.Event,
) -> None:
    """Give jobs to one worker until there are none left."""
    while not stop.is_set():
        try:
            job = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            ended.put(_outcome(slot, job, stop))
        except BaseException as error:  # noqa: BLE001 - it is raised where jobs are waited for
            ended.put(error)
            return


def _or_raise(outcome: Outcome | BaseException) -> Outcome:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _outcome(slot: _Slot, job: Job, stop: threading.Event) -> Outcome:
    message = ""
    for _ in range(_TRIES_MAX):
        answer = slot.ask(job)
        if stop.is_set():
            return Outcome(job, kind="interrupted", message="the campaign was ended")
        if answer is not None:
            return _read_answer(job, answer)
        message = slot.how_it_died()
        slot.renew()
    return Outcome(
        job,
        kind="worker killed",
        message=f"{message}, {_TRIES_MAX} times; the system may be short of memory",
    )


def _read_answer(job: Job, answer: dict[str, Any]) -> Outcome:
    refused = {"DiskError": DiskError, "StoreError": StoreError}.get(answer.get("refused", ""))
    message = str(answer.get("message", ""))[:_MESSAGE_MAX]
    if refused is not None:
        raise refused(message)
    return Outcome(job, answer.get("wall_s"), str(answer.get("kind", "")), message)


def _environment() -> dict[str, str]:
    """Return a worker's environment, in which it imports the same simulator as this program."""
    own = str(Path(__file__).resolve().parents[2])
    paths = [own, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)}
