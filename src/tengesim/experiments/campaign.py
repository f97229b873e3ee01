"""A campaign while it is computed: what is there, what is missing, and what could not be done.

Results are held by what was asked and never by when they arrived, so neither the number of workers
nor an interruption changes anything. What is on the disk is read first, and only what is missing
is given to workers, which are started when there is something for them to do.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from tengesim.errors import InvariantError
from tengesim.experiments.draws import Override
from tengesim.experiments.executors import Outcome, Workers
from tengesim.experiments.plan import Arm, Job, Replication, job_of
from tengesim.experiments.replication import find_finished
from tengesim.store.campaigns import CAMPAIGNS_FOLDER, ErrorEntry, scenario_file
from tengesim.store.replications import Record, check_room, find_record

__all__ = ["Campaign", "Progress", "ensemble_digest"]

Progress = Callable[[int, int], None]
"""Is called with replications done and how many there will be, as far as that is known."""

_LINES_MAX: Final = 6


class Campaign:
    """The replications of some arms, computed at most once each and kept by what was asked."""

    def __init__(
        self,
        arms: Sequence[Arm],
        *,
        out: Path,
        workers: Workers,
        progress: Progress | None = None,
    ) -> None:
        """Begin with nothing computed; results are kept below `out`."""
        self.computed = 0
        self.reused = 0
        self.wall_s: list[float] = []
        self._order = {arm.id: position for position, arm in enumerate(arms)}
        self._scenarios = {arm.id: arm.scenario for arm in arms}
        self._out = out
        self._workers = workers
        self._progress = progress
        self._jobs: dict[Replication, Job] = {}
        self._records: dict[tuple[str, str, int], Record] = {}
        self._failures: dict[tuple[str, str, int], Outcome] = {}
        self._expected = 0
        self._done = 0

    def expect(self, total: int) -> None:
        """Say how many replications there will be at least, for whoever watches."""
        self._expected = total

    def compute(self, replications: Iterable[Replication], *, keep_runs: bool = False) -> None:
        """See to it that each replication has a result or an error; with `keep_runs`, a run folder.

        Raises DiskError or StoreError when results cannot be stored; finished ones are kept.
        """
        asked: dict[tuple[str, str, int], Job] = {}
        alike: dict[tuple[str, tuple[Override, ...]], Job] = {}
        for one in replications:
            # Of one arm with one set of values the seed alone differs.
            known = alike.get((one.arm, one.overrides))
            if known is None:
                job = job_of(one, self._scenarios, keep_run=keep_runs)
            else:
                job = replace(known, seed=one.seed)
            alike[one.arm, one.overrides] = job
            self._jobs[one] = job
            if keep_runs or not (job.key in self._records or job.key in self._failures):
                asked.setdefault(job.key, job)
        missing = []
        for key, job in asked.items():
            found = find_finished(job, self._out)
            if found is None:
                missing.append(job)
            else:
                self._keep(key, found)
                self.reused += 1
        if not missing:
            return
        check_room(self._out, len(missing))
        for outcome in self._workers.run(missing):
            self._take(outcome)

    def record(self, replication: Replication) -> Record | None:
        """Return the result of a replication, None where it could not be computed."""
        job = self._jobs.get(replication)
        return None if job is None else self._records.get(job.key)

    def is_finished(self, replication: Replication) -> bool:
        """Return whether there is a result of a replication."""
        return self.record(replication) is not None

    def digest(self) -> str:
        """Return the ensemble digest of everything that has a result."""
        return ensemble_digest(self._records.values())

    def errors(self, campaign_name: str, shown_out: str) -> tuple[ErrorEntry, ...]:
        """Return what could not be computed, in the order of arms, draws and seeds.

        The commands name the scenarios in the folder of the campaign, which hold every setting.
        """
        failed = [one for one, job in self._jobs.items() if job.key in self._failures]
        ordered = sorted(failed, key=lambda one: (self._order[one.arm], one.draw, one.seed))
        return tuple(self._error(one, campaign_name, shown_out) for one in ordered)

    def _take(self, outcome: Outcome) -> None:
        key = outcome.job.key
        if not outcome.is_finished:
            self._failures[key] = outcome
            self._advance()
            return
        record = find_record(self._out, *key)
        if record is None:
            raise InvariantError(
                f"the replication of {outcome.job.name} at seed {outcome.job.seed} was reported as"
                " finished and is not there; check the folder for other programs that remove files"
            )
        self._keep(key, record)
        if outcome.wall_s is None:
            self.reused += 1
        else:
            self.computed += 1
            self.wall_s.append(outcome.wall_s)

    def _keep(self, key: tuple[str, str, int], record: Record) -> None:
        self._records[key] = record
        self._failures.pop(key, None)
        self._advance()

    def _advance(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, max(self._done, self._expected))

    def _error(self, one: Replication, campaign_name: str, shown_out: str) -> ErrorEntry:
        outcome = self._failures[self._jobs[one].key]
        path = (
            f"{shown_out}/{CAMPAIGNS_FOLDER}/{campaign_name}/{scenario_file(self._order[one.arm])}"
        )
        settings = [part for each in one.overrides for part in ("--set", each.setting)]
        command = ["tengesim", "run", path, "--seed", str(one.seed), *settings]
        return ErrorEntry(
            arm=one.arm,
            draw=one.draw,
            seed=one.seed,
            kind=outcome.kind,
            message="\n".join(outcome.message.splitlines()[:_LINES_MAX]),
            command=shlex.join(command),
        )


def ensemble_digest(records: Iterable[Record]) -> str:
    """Return the SHA-256 over what every run was and what log it had, in order of both."""
    lines = sorted({(one.scenario_digest, one.seed, one.log_digest) for one in records})
    text = "".join(f"{scenario} {seed} {log}\n" for scenario, seed, log in lines)
    return hashlib.sha256(text.encode()).hexdigest()
