"""Whatever the disk does, there is the old run, the finished one, or none; never a third thing."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tengesim.errors import EXIT_DISK, DiskError, StoreError
from tengesim.store.find import list_runs, remove_run
from tengesim.store.recording import Recording
from tengesim.store.verify import verify_run
from tengesim.store.write import write_recording
from tests.builders import of_other_code, school_meals
from tests.faults import FaultyDisk, contents, visible

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def recording() -> Recording:
    """Return a small run."""
    return school_meals(pupils=2, days=2).recording()


@pytest.fixture(scope="module")
def other(recording: Recording) -> Recording:
    """Return what another version of the code makes of the same scenario and seed."""
    return of_other_code(recording, school_meals(pupils=3, days=2))


def written(recording: Recording, parent: Path) -> dict[str, bytes]:
    """Return the bytes of the run as an undisturbed writer leaves them."""
    return contents(write_recording(recording, parent))


@pytest.mark.parametrize("persistent", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("is_replaced", [False, True], ids=["first", "replacing"])
def test_a_fault_at_any_call_leaves_the_old_run_or_the_finished_one(
    recording: Recording,
    other: Recording,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    persistent: bool,
    is_replaced: bool,
) -> None:
    """Goal: all or nothing. Method: fail call 1, 2, … until writing succeeds; look each time."""
    finished = written(recording, tmp_path / "finished")
    before = written(other, tmp_path / "before") if is_replaced else None
    ready: dict[str, bytes] = {}
    ready_before: dict[str, bytes] = {}
    write_recording(recording, tmp_path / "ready", disk=FaultyDisk(ready=ready))
    write_recording(other, tmp_path / "ready", disk=FaultyDisk(ready=ready_before))
    # From here on every table is ready, so no database is needed.
    monkeypatch.setattr("tengesim.store.write.connect", contextlib.nullcontext)
    refused = set()
    for fail_at in range(1, 1_000):
        parent = tmp_path / f"runs{fail_at}"
        if is_replaced:
            write_recording(other, parent, disk=FaultyDisk(ready=ready_before))
        disk = FaultyDisk(fail_at, persistent=persistent, ready=ready)
        message = ""
        try:
            write_recording(recording, parent, disk=disk)
        except DiskError as error:
            message = str(error)
            refused.add(disk.calls[fail_at - 1])
        assert not message or str(tmp_path) in message
        assert not message or "3 MB are free and about 2 MB are needed" in message
        has_failed = disk.has_failed
        run = parent / recording.folder_name
        states = [found for found in (finished, before) if found is not None]
        assert not run.exists() or contents(run) in states
        assert run.exists() or persistent or not is_replaced
        assert not parent.exists() or visible(parent) in ([], [run.name])
        _assert_repairable(recording, parent, disk, finished)
        if not has_failed:
            break
    else:
        pytest.fail("the writer made a thousand calls")
    assert {"open", "write", "fsync", "rename", "write_elsewhere", "make_folder"} <= refused


def _assert_repairable(
    recording: Recording,
    parent: Path,
    disk: FaultyDisk,
    finished: dict[str, bytes],
) -> None:
    """Assert that the same program, once the disk is well, finishes and tidies up."""
    disk.heal()
    run = write_recording(recording, parent, disk=disk)
    assert contents(run) == finished
    assert sorted(path.name for path in parent.iterdir()) == [run.name]


def test_a_fault_while_removing_leaves_the_whole_run_or_none(
    recording: Recording, tmp_path: Path
) -> None:
    """Goal: no half of a run is ever seen. Method: fail each call of the removal in turn."""
    ready: dict[str, bytes] = {}
    for fail_at in range(1, 1_000):
        parent = tmp_path / f"runs{fail_at}"
        run = write_recording(recording, parent, disk=FaultyDisk(ready=ready))
        whole = contents(run)
        disk = FaultyDisk(fail_at, persistent=True)
        try:
            remove_run(run.name, parent, disk=disk)
        except (DiskError, StoreError):
            assert disk.has_failed
        assert not run.exists() or contents(run) == whole
        assert visible(parent) in ([], [run.name])
        if not disk.has_failed:
            assert not run.exists()
            return
    pytest.fail("the removal made a thousand calls")


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EIO, errno.EDQUOT])
def test_every_refusal_of_the_disk_names_the_place_and_ends_with_74(
    recording: Recording, tmp_path: Path, number: int
) -> None:
    """Goal: a reader knows what to do. Method: a disk that refuses from the first change on."""
    (tmp_path / "runs").mkdir()
    disk = FaultyDisk(2, persistent=True, number=number)
    with pytest.raises(DiskError) as caught:
        write_recording(recording, tmp_path / "runs", disk=disk)
    assert caught.value.exit_code == EXIT_DISK
    assert os.strerror(number) in str(caught.value)
    assert str(tmp_path / "runs") in str(caught.value)
    assert "choose another folder" in str(caught.value)
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_without_permission_to_write_is_a_disk_error(
    recording: Recording, tmp_path: Path
) -> None:
    """Goal: the true refusal reads the same. Method: take away the permission."""
    parent = tmp_path / "runs"
    parent.mkdir(mode=0o500)
    with pytest.raises(DiskError, match="Permission denied"):
        write_recording(recording, parent)
    assert list(parent.iterdir()) == []


def test_a_file_where_the_folder_of_runs_should_be_is_a_disk_error(
    recording: Recording, tmp_path: Path
) -> None:
    """Goal: no traceback. Method: a file has the folder's name."""
    (tmp_path / "runs").write_text("mine", encoding="utf-8")
    with pytest.raises(DiskError, match="Not a directory"):
        write_recording(recording, tmp_path / "runs")
    assert (tmp_path / "runs").read_text(encoding="utf-8") == "mine"


FULL_DISK = """
    import resource, sys
    from dataclasses import replace
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from tengesim.errors import DiskError
    from tengesim.store.write import write_recording
    from tests.builders import school_meals

    parent = Path(sys.argv[1])
    small = school_meals(pupils=2, days=2).recording()
    write_recording(small, parent)
    noise = np.random.default_rng(1).integers(0, 2**62, 400_000)
    much_text = replace(small, seed=2, scenario_text="#" * 2_000_000)
    many_rows = replace(small, seed=3, metrics=pd.DataFrame({"whole": noise}))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
    for recording in (much_text, many_rows):
        try:
            write_recording(recording, parent)
        except DiskError as error:
            print(error)
        else:
            print("written")
"""


@pytest.mark.skipif(os.name != "posix", reason="the limit of file sizes is POSIX")
def test_a_disk_that_ends_in_the_middle_of_a_file_leaves_the_earlier_run_alone(
    tmp_path: Path,
) -> None:
    """Goal: short writes are noticed. Method: a true size limit, for our writes and DuckDB's."""
    done = run_python(FULL_DISK, str(tmp_path))
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stdout + done.stderr
    for line, file in zip(lines, ("scenario.yaml", "metrics.parquet"), strict=True):
        assert f"{file}: {os.strerror(errno.EFBIG)}; " in line
        assert "MB are needed" in line
    entries = list_runs(tmp_path)
    assert [(entry.problem, entry.manifest and entry.manifest.seed) for entry in entries] == [
        ("", 1)
    ]
    assert verify_run(entries[0].path).passed
    assert sorted(path.name for path in tmp_path.iterdir()) == [entries[0].name]


KILLED = """
    import os, random, signal, sys, time
    from pathlib import Path

    import duckdb, pandas

    from tengesim.store.find import list_runs
    from tengesim.store.write import write_recording
    from tests.builders import of_other_code, school_meals

    parent = Path(sys.argv[1])
    one = school_meals(pupils=2, days=2).recording()
    two = of_other_code(one, school_meals(pupils=3, days=2))
    chance = random.Random(7)
    latest_s, before, kill = 0.3, "", 0
    while kill < 20:
        child = os.fork()
        if child == 0:
            while True:
                write_recording(one, parent)
                write_recording(two, parent)
        time.sleep(chance.uniform(0.01, latest_s))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        states = [entry.problem or entry.manifest.log_digest for entry in list_runs(parent)]
        print(*states, flush=True)
        if states == before:
            # A slow machine gets no further in this time; let the writer go on for longer.
            latest_s *= 1.2
        before = states
        kill += 1
"""


@pytest.mark.skipif(os.name != "posix", reason="killing by signal is POSIX")
def test_a_killed_writer_leaves_the_old_run_or_the_finished_one(tmp_path: Path) -> None:
    """Goal: power may fail at any moment. Method: kill a writer that replaces and replaces.

    The state after each of 20 kills is looked at, and the next writer must sweep what they left.
    """
    done = run_python(KILLED, str(tmp_path))
    recording = school_meals(pupils=2, days=2).recording()
    good = {recording.log_digest, school_meals(pupils=3, days=2).recording().log_digest}
    states = set(done.stdout.split())
    assert done.returncode == 0, done.stderr
    assert states == good, "a third state, or every kill found the same one"
    run = write_recording(recording, tmp_path)
    assert verify_run(run).passed
    assert sorted(path.name for path in tmp_path.iterdir()) == [run.name]


def run_python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh interpreter that can import the package and the tests."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_an_interrupt_leaves_nothing_behind(recording: Recording, tmp_path: Path) -> None:
    """Goal: Ctrl-C is no fault. Method: interrupt while a table is being written."""
    # A program started in the background ignores the signal, and so would this one.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    class Interrupted(FaultyDisk):
        def write_elsewhere(self, write: object, path: Path) -> None:
            path.write_bytes(b"half")
            signal.raise_signal(signal.SIGINT)

    try:
        with pytest.raises(KeyboardInterrupt):
            write_recording(recording, tmp_path, disk=Interrupted())
    finally:
        signal.signal(signal.SIGINT, before)
    assert list(tmp_path.iterdir()) == []
