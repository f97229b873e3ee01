"""Workers: what one of them suffers stops nobody else, and nothing they print is an answer."""

import json
from pathlib import Path

import pytest

from tengesim.errors import DiskError, StoreError
from tengesim.experiments.executors import Outcome, Workers
from tengesim.experiments.plan import Job, Replication, job_of
from tengesim.store.replications import find_record
from tests.campaigns import wait_until, week, worker_command
from tests.worlds import HEADCOUNT

SCENARIOS = {HEADCOUNT: week(HEADCOUNT)}


def jobs(*seeds: int) -> list[Job]:
    """Return one job for each seed."""
    return [job_of(Replication(HEADCOUNT, 0, seed), SCENARIOS) for seed in seeds]


def outcomes(out: Path, patch: str, *seeds: int, count: int = 2) -> dict[int, Outcome]:
    """Return by seed how jobs ended in workers in which `patch` runs first."""
    with Workers(count, out=out, command=worker_command(patch)) as workers:
        return {one.job.seed: one for one in workers.run(jobs(*seeds))}


def instead(condition: str, act: str) -> str:
    """Return a patch that does something else for some jobs."""
    return (
        "def compute(job, out):\n"
        f"    if {condition}:\n"
        f"        {act}\n"
        "    return real(job, out)\n"
        "replication.compute = compute\n"
    )


def test_finished_jobs_are_on_the_disk_when_they_are_told(tmp_path: Path) -> None:
    """Goal: nothing told is lost. Method: each outcome's file while others still run."""
    with Workers(2, out=tmp_path) as workers:
        for one in workers.run(jobs(1, 2, 3)):
            assert one.is_finished
            assert one.wall_s is not None
            assert find_record(tmp_path, *one.job.key) is not None
        again = list(workers.run(jobs(1, 4)))
    assert sorted((one.job.seed, one.wall_s is None) for one in again) == [(1, True), (4, False)]


def test_a_worker_killed_once_is_replaced_and_its_job_tried_again(tmp_path: Path) -> None:
    """Goal: a stray kill costs one try. Method: a worker that kills itself the first time."""
    marker = tmp_path / "killed"
    act = f"open({str(marker)!r}, 'x').close(); os.kill(os.getpid(), 9)"
    patch = instead(f"job.seed == 2 and not os.path.exists({str(marker)!r})", act)
    found = outcomes(tmp_path, patch, 1, 2, 3)
    assert marker.exists()
    assert all(one.is_finished for one in found.values())


def test_a_job_that_kills_its_worker_is_told_and_the_others_finish(tmp_path: Path) -> None:
    """Goal: partial results. Method: one seed is fatal; it is tried twice and named."""
    tries = tmp_path / "tries"
    act = f"open({str(tries)!r}, 'a').write('x'); os.kill(os.getpid(), 9)"
    found = outcomes(tmp_path, instead("job.seed == 2", act), 1, 2, 3, 4)
    assert {seed for seed, one in found.items() if one.is_finished} == {1, 3, 4}
    assert found[2].kind == "worker killed"
    assert "signal 9" in found[2].message
    assert tries.read_text() == "xx"


def test_an_error_is_told_with_its_type_and_message(tmp_path: Path) -> None:
    """Goal: no error is swallowed. Method: three kinds, one of which cannot be pickled."""
    act = (
        "raise {1: MemoryError(), 2: ZeroDivisionError('nothing to divide'),"
        " 3: KeyError(lambda: 0)}[job.seed]"
    )
    found = outcomes(tmp_path, instead("job.seed < 4", act), 1, 2, 3, 4)
    kinds = [found[seed].kind for seed in (1, 2, 3, 4)]
    assert kinds == ["out of memory", "ZeroDivisionError", "KeyError", ""]
    assert found[2].message == "nothing to divide"


@pytest.mark.parametrize("kind", [DiskError, StoreError])
def test_a_store_that_refuses_ends_the_campaign(tmp_path: Path, kind: type[Exception]) -> None:
    """Goal: a full disk is not 1,000 errors. Method: the third job cannot be stored."""
    act = f"from tengesim import errors; raise errors.{kind.__name__}('no room')"
    with pytest.raises(kind, match="no room"):
        outcomes(tmp_path, instead("job.seed == 3", act), 1, 2, 3, 4, count=1)
    assert [find_record(tmp_path, *one.key) is not None for one in jobs(1, 2)] == [True, True]


def test_what_a_run_prints_is_no_answer(tmp_path: Path) -> None:
    """Goal: a stray print breaks nothing. Method: print text that looks like an answer."""
    act = """print('{"wall_s": 1}', flush=True)"""
    found = outcomes(tmp_path, instead("True", act), 1, 2)
    assert all(one.is_finished for one in found.values())
    assert all(find_record(tmp_path, *one.key) is not None for one in jobs(1, 2))


def test_numerical_libraries_run_on_one_thread(tmp_path: Path) -> None:
    """Goal: workers are the parallelism. Method: the environment of a worker."""
    path = tmp_path / "environment"
    patch = f"import json; json.dump(dict(os.environ), open({str(path)!r}, 'w'))"
    outcomes(tmp_path, patch, 1, count=1)
    found = json.loads(path.read_text())
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    assert {found[name] for name in names} == {"1"}


def test_workers_end_with_their_pool(tmp_path: Path) -> None:
    """Goal: no process is left over. Method: numbers of the workers during and after."""
    with Workers(2, out=tmp_path) as workers:
        list(workers.run(jobs(1, 2)))
        pids = workers.pids
        assert pids
    assert wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), seconds=30)


def test_a_pool_without_workers_is_refused(tmp_path: Path) -> None:
    """Goal: no endless wait. Method: zero workers."""
    with pytest.raises(ValueError, match="at least 1"):
        Workers(0, out=tmp_path)
