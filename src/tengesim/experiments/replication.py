"""One replication: found if it was finished before, else computed, and on the disk at once.

The parent and its workers share this module and nothing else. A replication that is finished has
its file before anybody hears of it, so nothing that was reported is ever lost.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from tengesim.engine.run import simulate
from tengesim.experiments.plan import Job
from tengesim.metrics.paths import paths_of
from tengesim.metrics.readings import Readings
from tengesim.scenario.imports import with_tables
from tengesim.scenario.model import RunSection, Scenario
from tengesim.scenario.terms import metric_terms
from tengesim.store.layout import folder_name
from tengesim.store.read import StoredRun
from tengesim.store.replications import Record, find_record, metric_entries, write_record
from tengesim.store.reuse import find_run
from tengesim.store.write import write_run

__all__ = ["Finished", "compute", "find_finished", "run_folder_name"]

_SCENARIOS_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished replication; `wall_s` is None when it was finished before."""

    record: Record
    wall_s: float | None


def compute(job: Job, out: Path) -> Finished:
    """Return the replication of `job`, computed and stored unless it was finished before.

    With `keep_run` the run folder is there too. Raises whatever a run raises, and DiskError or
    StoreError where it cannot be stored.
    """
    found = find_finished(job, out)
    if found is not None:
        return Finished(found, None)
    started = time.perf_counter()
    scenario = _scenario_of(job.scenario_text)
    if job.folder:
        scenario = with_tables(scenario, Path(job.folder))
    # Which payments differ is read from full logs, whatever a single run of the scenario keeps.
    scenario = scenario.model_copy(update={"run": RunSection()})
    run = simulate(scenario, seed=job.seed)
    record = Record(
        name=job.name,
        scenario_digest=job.scenario_digest,
        seed=job.seed,
        log_digest=run.digest,
        payments=run.payments,
        metrics=metric_entries(run.metrics),
        paths=dict(run.paths),
    )
    if job.keep_run:
        write_run(run, out)
    write_record(out, record)
    return Finished(record, time.perf_counter() - started)


@lru_cache(maxsize=_SCENARIOS_MAX)
def _scenario_of(text: str) -> Scenario:
    """Return the scenario of a job; most jobs of a worker have one that it had before."""
    return Scenario.model_validate_json(text)


def find_finished(job: Job, out: Path) -> Record | None:
    """Return what is stored of a job, as a replication or as a whole run, if that is enough."""
    record = find_record(out, job.name, job.scenario_digest, job.seed)
    if record is not None and not job.keep_run:
        return record
    stored = find_run(job.name, job.scenario_digest, job.seed, out)
    if stored is None:
        return None
    with stored:
        return record or write_and_return(out, _record_of(stored, job))


def write_and_return(out: Path, record: Record) -> Record:
    """Store a replication that was taken from a whole run."""
    write_record(out, record)
    return record


def run_folder_name(job: Job) -> str:
    """Return the name of the folder of the whole run of a job."""
    return folder_name(job.name, job.scenario_digest, job.seed)


def _record_of(stored: StoredRun, job: Job) -> Record:
    manifest = stored.manifest
    terms = metric_terms(_scenario_of(job.scenario_text))
    has_paths = "reserve" in terms.scopes
    paths = paths_of(Readings(stored.events(), stored.cube, terms)) if has_paths else {}
    return Record(
        name=manifest.name,
        scenario_digest=manifest.scenario_digest,
        seed=manifest.seed,
        log_digest=manifest.log_digest,
        payments=manifest.payments,
        metrics=metric_entries(stored.metrics),
        paths=dict(paths),
    )
