"""Who writes, who waits, who is gone: locks, reuse, replacement and what dead writers left."""

import contextlib
import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tengesim.errors import EXIT_STORE, DiskError, StoreError
from tengesim.store.files import Disk, write_atomic
from tengesim.store.find import list_runs, remove_run
from tengesim.store.lock import Owner, hidden_path, is_locked, locked, owner_here
from tengesim.store.read import open_run
from tengesim.store.recording import Recording
from tengesim.store.reuse import find_run
from tengesim.store.verify import verify_run
from tengesim.store.write import write_recording
from tests.builders import of_other_code, school_meals
from tests.faults import FaultyDisk, contents, visible


@pytest.fixture(scope="module")
def recording() -> Recording:
    """Return a small run."""
    return school_meals(pupils=2, days=2).recording()


@pytest.fixture(scope="module")
def other(recording: Recording) -> Recording:
    """Return what other code makes of the same scenario and seed."""
    return of_other_code(recording, school_meals(pupils=3, days=2))


@pytest.fixture
def dead() -> Owner:
    """Return the owner that a program had which has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return owner_here()._replace(pid=done.pid)


class Impatient(Disk):
    """A disk that counts how long it was told to wait, and does not."""

    def __init__(self) -> None:
        """Start without having waited."""
        super().__init__()
        self.waited_s = 0.0

    def sleep(self, seconds: float) -> None:
        """Count the seconds."""
        self.waited_s += seconds


def lock_of(recording: Recording, parent: Path, content: str) -> Path:
    """Lay a lock of the run with that content and return it."""
    parent.mkdir(exist_ok=True)
    path = parent / f".{recording.folder_name}~lock"
    path.write_text(content, encoding="utf-8")
    return path


def said_by(owner: Owner) -> str:
    """Return what the lock of `owner` says."""
    return json.dumps({**owner._asdict(), "since": "2026-02-01T09:00:00+00:00"})


def test_a_run_that_is_there_is_reused_untouched(recording: Recording, tmp_path: Path) -> None:
    """Goal: the same run is computed and written once. Method: the files keep their inodes."""
    run = write_recording(recording, tmp_path)
    before = {path.name: path.stat().st_ino for path in run.iterdir()}
    again = write_recording(replace(recording, phases={"run": 99.0}), tmp_path)
    assert again == run
    assert {path.name: path.stat().st_ino for path in run.iterdir()} == before
    with open_run(run) as stored:
        assert "run" in stored.timing["wall_s"]
        assert stored.timing["wall_s"]["run"] == recording.phases["run"]


def test_a_run_that_cannot_be_read_is_not_taken_for_a_damaged_one(
    recording: Recording, tmp_path: Path
) -> None:
    """Goal: a bad moment of the disk costs no good run. Method: reading fails, writing works."""

    class Unreadable(Disk):
        def read(self, descriptor: int, count: int) -> bytes:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    run = write_recording(recording, tmp_path)
    before = {path.name: path.stat().st_ino for path in run.iterdir()}
    with pytest.raises(DiskError, match=rf"manifest\.json: {os.strerror(errno.EIO)}"):
        write_recording(recording, tmp_path, disk=Unreadable())
    assert {path.name: path.stat().st_ino for path in run.iterdir()} == before


def test_a_stored_run_is_found_by_its_question_and_only_while_it_is_whole(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: nothing is computed twice or shown stale. Method: one thing is off at a time."""
    run = write_recording(recording, tmp_path)
    question = (recording.name, recording.scenario_digest, recording.seed)
    found = find_run(*question, tmp_path)
    assert found is not None
    assert found.path == run
    assert find_run(recording.name, "0" * 64, recording.seed, tmp_path) is None
    assert find_run(recording.name, recording.scenario_digest, 2, tmp_path) is None
    same_start = recording.scenario_digest[:12] + "0" * 52
    assert find_run(recording.name, same_start, recording.seed, tmp_path) is None
    with monkeypatch.context() as later:
        later.setattr("tengesim.store.reuse.RESULTS_VERSION", 10**6)
        assert find_run(*question, tmp_path) is None
    (run / "cube.parquet").write_bytes(b"")
    assert find_run(*question, tmp_path) is None


def test_a_damaged_run_is_written_again(recording: Recording, tmp_path: Path) -> None:
    """Goal: running again repairs. Method: damage or remove one file, then write."""
    run = write_recording(recording, tmp_path)
    good = contents(run)
    damages: list[Callable[[], object]] = [
        lambda: (run / "cube.parquet").write_bytes(b"x"),
        (run / "manifest.json").unlink,
        (run / "events.parquet").unlink,
    ]
    for damage in damages:
        damage()
        assert write_recording(recording, tmp_path) == run
        assert contents(run) == good
    assert [path.name for path in tmp_path.iterdir()] == [run.name]


def test_a_run_of_other_code_is_replaced(
    recording: Recording, other: Recording, tmp_path: Path
) -> None:
    """Goal: results are never those of old code. Method: the same key with another log."""
    first = write_recording(other, tmp_path)
    second = write_recording(recording, tmp_path)
    assert first == second
    with open_run(second) as stored:
        assert stored.manifest.log_digest == recording.log_digest
    assert [path.name for path in tmp_path.iterdir()] == [second.name]


def test_a_folder_with_other_files_in_it_is_never_replaced(
    recording: Recording, other: Recording, tmp_path: Path
) -> None:
    """Goal: nobody's notes are lost. Method: notes in a run that would have to be replaced."""
    run = write_recording(other, tmp_path)
    (run / "notes.txt").write_text("mine", encoding="utf-8")
    before = contents(run)
    with pytest.raises(StoreError, match=r"notes\.txt.*move that away"):
        write_recording(recording, tmp_path)
    with pytest.raises(StoreError, match=r"notes\.txt.*move it away"):
        remove_run(run.name, tmp_path)
    assert contents(run) == before
    assert visible(tmp_path) == [run.name]


@pytest.mark.parametrize("what", ["file", "link"])
def test_what_is_no_folder_is_never_replaced(
    recording: Recording, tmp_path: Path, what: str
) -> None:
    """Goal: nothing of others is touched. Method: a file or a link has the run's name."""
    path = tmp_path / recording.folder_name
    if what == "file":
        path.write_text("mine", encoding="utf-8")
    else:
        (tmp_path / "elsewhere").mkdir()
        path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="not a folder; move it away"):
        write_recording(recording, tmp_path)
    assert path.is_symlink() == (what == "link")
    assert sorted(path.name for path in tmp_path.iterdir() if "~" in path.name) == []


def test_a_second_writer_is_told_who_holds_the_run(recording: Recording, tmp_path: Path) -> None:
    """Goal: exit 4 with number and start. Method: the lock of a living program."""
    parent_pid = os.getppid()
    holder = owner_here()._replace(pid=parent_pid, started=Disk().started(parent_pid))
    lock = lock_of(recording, tmp_path, said_by(holder))
    disk = Impatient()
    with pytest.raises(StoreError) as caught:
        write_recording(recording, tmp_path, patience_s=3.0, disk=disk)
    assert f"program {parent_pid} on {holder.host} since 2026-02-01T09:00:00+00:00" in str(
        caught.value
    )
    assert caught.value.exit_code == EXIT_STORE
    assert 3.0 <= disk.waited_s < 3.2
    assert visible(tmp_path) == []
    assert lock.exists()
    assert is_locked(tmp_path, recording.folder_name)


def test_a_second_writer_in_the_same_program_waits_and_reuses(
    recording: Recording, tmp_path: Path
) -> None:
    """Goal: two pages that start one run get one run. Method: two threads, one held up."""
    inside, go_on = threading.Event(), threading.Event()

    class Slow(Disk):
        def write_elsewhere(self, write: Callable[[str], object], path: Path) -> None:
            inside.set()
            go_on.wait(10)
            super().write_elsewhere(write, path)

    disk = Slow()
    paths: list[Path] = []

    def act() -> None:
        paths.append(write_recording(recording, tmp_path, disk=disk))

    first = threading.Thread(target=act)
    first.start()
    assert inside.wait(10)
    second = threading.Thread(target=act)
    second.start()
    assert visible(tmp_path) == []
    go_on.set()
    first.join(20)
    second.join(20)
    assert paths == [tmp_path / recording.folder_name] * 2
    assert [path.name for path in tmp_path.iterdir()] == [recording.folder_name]


TWO_WRITERS = """
import sys
from tengesim.store.write import write_recording
from tests.builders import school_meals
recording = school_meals(pupils=2, days=2).recording()
print("ready", flush=True)
sys.stdin.readline()
write_recording(recording, sys.argv[1])
"""


def test_two_programs_that_write_one_run_at_once_leave_one_whole_run(
    recording: Recording, tmp_path: Path
) -> None:
    """Goal: readers see complete runs only. Method: two programs let off together."""
    root = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join([str(root / "src"), str(root)])
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", TWO_WRITERS, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for program in programs:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    for program in programs:
        program.communicate(timeout=60)
        assert program.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == [recording.folder_name]
    assert verify_run(tmp_path / recording.folder_name).passed


def test_another_that_publishes_first_wins_and_its_run_is_reused(
    recording: Recording, tmp_path: Path
) -> None:
    """Goal: the lock is no crutch. Method: the run appears between looking and renaming."""

    class Overtaken(FaultyDisk):
        def rename(self, source: Path, target: Path) -> None:
            if not target.exists():
                write_recording(recording, tmp_path / "elsewhere")
                (tmp_path / "elsewhere" / target.name).rename(target)
            super().rename(source, target)

    parent = tmp_path / "runs"
    run = write_recording(recording, parent, disk=Overtaken())
    assert verify_run(run).passed
    assert [path.name for path in parent.iterdir()] == [run.name]


def test_the_lock_of_a_dead_program_is_broken_at_once(
    recording: Recording, tmp_path: Path, dead: Owner
) -> None:
    """Goal: nobody removes locks by hand. Method: a lock whose holder has ended."""
    lock_of(recording, tmp_path, said_by(dead))
    assert not is_locked(tmp_path, recording.folder_name)
    disk = Impatient()
    run = write_recording(recording, tmp_path, disk=disk)
    assert disk.waited_s == 0
    assert [path.name for path in tmp_path.iterdir()] == [run.name]


@pytest.mark.skipif(Disk().started(os.getpid()) == 0, reason="starts are known on Linux only")
def test_a_number_that_was_given_to_another_program_holds_no_lock(
    recording: Recording, tmp_path: Path
) -> None:
    """Goal: numbers come round again. Method: a living number with another start."""
    parent_pid = os.getppid()
    ended = owner_here()._replace(pid=parent_pid, started=Disk().started(parent_pid) - 1)
    lock_of(recording, tmp_path, said_by(ended))
    disk = Impatient()
    write_recording(recording, tmp_path, disk=disk)
    assert disk.waited_s == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "7"}', "\x00\x00"])
def test_a_lock_that_names_nobody_is_waited_for_and_then_broken(
    recording: Recording, tmp_path: Path, content: str
) -> None:
    """Goal: a kill between creating and writing a lock blocks nobody. Method: such locks."""
    lock_of(recording, tmp_path, content)
    disk = Impatient()
    run = write_recording(recording, tmp_path, disk=disk)
    assert 2.0 <= disk.waited_s < 2.2
    assert [path.name for path in tmp_path.iterdir()] == [run.name]


def test_the_lock_of_another_machine_is_respected(recording: Recording, tmp_path: Path) -> None:
    """Goal: a shared folder is safe. Method: a holder elsewhere whose number is dead here."""
    lock_of(recording, tmp_path, said_by(Owner("elsewhere", 2**22 - 1, 5)))
    with pytest.raises(StoreError, match="on elsewhere since"):
        write_recording(recording, tmp_path, disk=Impatient())


def test_what_dead_writers_left_is_swept_and_what_living_ones_write_is_not(
    recording: Recording, tmp_path: Path, dead: Owner
) -> None:
    """Goal: no rubbish grows, no work is lost. Method: leftovers of dead, living and far away."""
    parent_pid = os.getppid()
    alive = owner_here()._replace(pid=parent_pid, started=Disk().started(parent_pid))
    far = Owner("elsewhere", dead.pid, 1)
    swept = [
        hidden_path(tmp_path, "x-1-s1", "part", dead),
        hidden_path(tmp_path, "x-1-s2", "gone", dead),
        hidden_path(tmp_path, recording.folder_name, "part", owner_here()),
    ]
    kept = [
        hidden_path(tmp_path, "x-1-s1", "part", alive),
        hidden_path(tmp_path, "x-1-s1", "old", far),
        tmp_path / ".hidden",
        tmp_path / ".x~part~what~is~this~",
        tmp_path / ".a~part~b~c~d",
    ]
    for path in [*swept, *kept]:
        path.mkdir()
        (path / "file").write_text("", encoding="utf-8")
    stale = tmp_path / ".y-1-s1~lock"
    stale.write_text(said_by(dead), encoding="utf-8")
    run = write_recording(recording, tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([*kept, run])


def test_a_run_moved_aside_by_a_dead_writer_gets_its_place_back(
    recording: Recording, other: Recording, tmp_path: Path, dead: Owner
) -> None:
    """Goal: the old run survives a kill between two renames. Method: that very state."""
    run = write_recording(recording, tmp_path)
    good = contents(run)
    run.rename(hidden_path(tmp_path, run.name, "old", dead))
    another = school_meals(pupils=1, days=1).recording("another")
    written = write_recording(another, tmp_path)
    assert contents(run) == good
    assert visible(tmp_path) == sorted([run.name, written.name])


def test_a_lock_is_let_go_whatever_happens_inside(tmp_path: Path) -> None:
    """Goal: an error leaves no lock. Method: raise inside, then take it again."""
    was_locked = False
    with contextlib.suppress(KeyError), locked(tmp_path, "x", patience_s=0.0):
        was_locked = is_locked(tmp_path, "x")
        raise KeyError("x")
    assert was_locked
    assert not is_locked(tmp_path, "x")
    assert list(tmp_path.iterdir()) == []


def test_a_small_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    """Goal: any file of the store can be written so. Method: fail each call in turn."""
    path = tmp_path / "progress.json"
    for fail_at in range(1, 30):
        path.write_bytes(b"old")
        disk = FaultyDisk(fail_at)
        error: OSError | None = None
        try:
            write_atomic(path, b"finished", disk=disk)
        except OSError as refusal:
            error = refusal
        states = {b"old", b"finished"} if error else {b"finished"}
        assert path.read_bytes() in states
        assert error is None or error.filename is not None
        assert list(tmp_path.iterdir()) == [path]
        if not disk.has_failed:
            return
    pytest.fail("a small file takes thirty calls")


def test_runs_are_listed_by_name_with_their_problems(
    recording: Recording, other: Recording, tmp_path: Path
) -> None:
    """Goal: one bad run hides no good one. Method: good, damaged, renamed, foreign and hidden."""
    good = write_recording(recording, tmp_path)
    seeds = [write_recording(replace(recording, seed=seed), tmp_path) for seed in (2, 3, 4, 5)]
    (seeds[0] / "events.parquet").write_bytes(b"")
    (seeds[1] / "manifest.json").unlink()
    seeds[2].rename(tmp_path / "my best run")
    (tmp_path / "photos").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "notes.txt").write_text("", encoding="utf-8")
    entries = {entry.name: entry for entry in list_runs(tmp_path)}
    assert list(entries) == sorted(
        [good.name, *(s.name for s in seeds[:2]), "my best run", seeds[3].name]
    )
    assert entries[good.name].problem == ""
    assert entries[good.name].bytes > 5_000
    assert "events.parquet: has 0 bytes" in entries[seeds[0].name].problem
    assert "manifest.json: is missing" in entries[seeds[1].name].problem
    assert "give the folder that name" in entries["my best run"].problem
    assert list_runs(tmp_path / "nowhere") == []


def test_removing_takes_one_run_good_or_damaged_and_nothing_else(
    recording: Recording, tmp_path: Path
) -> None:
    """Goal: exactly what was named. Method: remove a damaged run beside a good one."""
    good = write_recording(recording, tmp_path)
    bad = write_recording(replace(recording, seed=2), tmp_path)
    (bad / "cube.parquet").unlink()
    (bad / "cube.parquet").mkdir()
    (bad / "cube.parquet" / "inside").write_text("", encoding="utf-8")
    assert remove_run(bad.name, tmp_path) == bad
    assert [path.name for path in tmp_path.iterdir()] == [good.name]
    assert verify_run(good).passed


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "photos", "nothing", "/", "a/b", "\0"])
def test_what_is_no_run_is_not_removed(tmp_path: Path, name: str) -> None:
    """Goal: removing is narrow. Method: names of other folders, of nothing, and ways out."""
    (tmp_path / "runs" / "photos").mkdir(parents=True)
    (tmp_path / "x").mkdir()
    with pytest.raises(StoreError):
        remove_run(name, tmp_path / "runs")
    assert (tmp_path / "x").is_dir()
    assert (tmp_path / "runs" / "photos").is_dir()


def test_a_run_that_is_being_written_is_not_removed(recording: Recording, tmp_path: Path) -> None:
    """Goal: no rug is pulled. Method: remove while the lock is held."""
    run = write_recording(recording, tmp_path)
    with (
        locked(tmp_path, run.name, patience_s=0.0),
        pytest.raises(StoreError, match="being written by program"),
    ):
        remove_run(run.name, tmp_path)
    assert verify_run(run).passed
