"""Claims about a log that is written while its run lasts: the same file, and never half of one."""

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengesim import Run, load_scenario, simulate
from tengesim.codes import Kind, Status
from tengesim.errors import DiskError, InvariantError
from tengesim.journal.events import ROW
from tengesim.journal.names import Names
from tengesim.store import log_file
from tengesim.store.log_group import Group
from tengesim.store.log_stream import LogStream, log_beside
from tengesim.store.parquet import PackedLog, write_log
from tengesim.store.read import open_run
from tengesim.store.verify import verify_run
from tengesim.store.write import write_run
from tests.faults import FaultyDisk, contents
from tests.unit.test_store_parquet_log import named_log

SETTINGS = ("population.scale=0.0001", "run.log=full")
ROOT = Path(__file__).resolve().parents[2]


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1 << 30),
    sizes=st.lists(st.integers(0, 900), max_size=6),
    part=st.integers(90, 700),
)
def test_a_file_does_not_tell_in_which_pieces_it_came(
    tmp_path_factory: pytest.TempPathFactory, seed: int, sizes: list[int], part: int
) -> None:
    """Goal: the same bytes as of a log at once, and its rows back. Method: random cuts."""
    folder, log = tmp_path_factory.mktemp("log"), named_log(seed, sum(sizes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_file, "ROWS_A_GROUP", part)
        write_log(log, folder / "whole.parquet")
        stream, done = LogStream(folder / "stream.parquet").begin(log.names), 0
        for size in sizes:
            piece = log.rows[done : done + size].copy()
            stream.add(piece)
            # Whoever hands rows over writes over them.
            piece["payer"] = -1
            done += size
        stream.finish()
        assert stream.row_count == done
        assert stream.rows().tobytes() == log.rows.tobytes()
        stream.close()
    files = [(folder / f"{name}.parquet").read_bytes() for name in ("whole", "stream")]
    assert files[0] == files[1]
    assert len(list(folder.iterdir())) == 2


WIDE = st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-5, 5)


@settings(max_examples=25, deadline=None)
@given(st.lists(WIDE, min_size=1, max_size=40), st.integers(1, 2_000), st.integers(0, 1 << 30))
def test_any_numbers_come_back(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int], count: int, seed: int
) -> None:
    """Goal: every width of bits. Method: numbers over the whole range, in columns of any kind."""
    generator, log = np.random.default_rng(seed), named_log(seed, count)
    for column in ("value", "limit", "ref", "amount_tiyn", "time_us"):
        log.rows[column] = generator.choice(np.array(numbers), count) + np.arange(count) % 300
    stream = LogStream(tmp_path_factory.mktemp("log") / "events.parquet").begin(log.names)
    stream.add(log.rows)
    assert stream.rows().tobytes() == log.rows.tobytes()
    stream.close()


def test_names_may_be_given_while_rows_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: an id is enough. Method: a block and a name after the first group, then all at once."""
    monkeypatch.setattr(log_file, "ROWS_A_GROUP", 300)
    names = Names()
    names.id("bank")
    stream = LogStream(tmp_path / "events.parquet").begin(names)
    rows = np.zeros(1_000, dtype=ROW)
    rows["kind"], rows["status"], rows["payer"] = Kind.PAYMENT, Status.SETTLED, 1
    stream.add(rows[:500])
    first = names.block("person-", 4, 900)
    last = names.id("shop")
    rows["payee"][500:] = first + np.arange(500)
    rows["place"][500:] = last
    stream.add(rows[500:])
    assert stream.rows().tobytes() == rows.tobytes()
    write_log(PackedLog(rows, names), tmp_path / "whole.parquet")
    assert stream.path.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    stream.close()


@pytest.fixture(scope="module")
def kept() -> Run:
    """Return a day of a few people whose log is kept."""
    return simulate(load_scenario("nation_day", settings=list(SETTINGS)))


def test_a_run_is_the_same_with_its_log_in_a_file(kept: Run, tmp_path: Path) -> None:
    """Goal: digest, metrics, tables and every file agree. Method: one day both ways, written."""
    folder = write_run(kept, tmp_path / "kept")
    with log_beside(tmp_path / "runs", folder.name) as stream:
        run = simulate(kept.scenario, log=stream.begin)
        assert run.digest == kept.digest
        assert run.rows.tobytes() == kept.rows.tobytes()
        assert run.metrics.equals(kept.metrics)
        assert run.query("SELECT count(*) AS n FROM events")["n"][0] == len(kept.rows)
        found = write_run(run, tmp_path / "runs")
        again = write_run(run, tmp_path / "again")
    files = [contents(one) for one in (folder, found, again)]
    for name in files[0].keys() - {"timing.json"}:
        assert files[0][name] == files[1][name] == files[2][name]
    assert verify_run(found).passed
    for parent in ("runs", "again"):
        assert [path.name for path in (tmp_path / parent).iterdir()] == [folder.name]


def test_a_run_that_is_there_already_stays_as_it_is(kept: Run, tmp_path: Path) -> None:
    """Goal: nothing is written twice. Method: the same run from memory, then from a file."""
    folder = write_run(kept, tmp_path)
    before = (folder / "events.parquet").stat().st_ino
    with log_beside(tmp_path, folder.name) as one, log_beside(tmp_path, folder.name) as other:
        runs = [simulate(kept.scenario, log=stream.begin) for stream in (one, other)]
        assert {write_run(run, tmp_path) for run in runs} == {folder}
        assert (folder / "events.parquet").stat().st_ino == before
        assert runs[0].rows.tobytes() == kept.rows.tobytes()
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_run_that_breaks_off_leaves_nothing(kept: Run, tmp_path: Path) -> None:
    """Goal: no half of a log is ever seen. Method: an end in the middle of a run."""

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), log_beside(tmp_path, "run") as stream:
        simulate(kept.scenario, log=stream.begin, progress=stop)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="takes no rows"):
        stream.add(kept.rows[:1])
    with pytest.raises(ValueError, match="takes no rows"):
        stream.rows()


@pytest.mark.parametrize("persistent", [False, True], ids=["once", "from then on"])
def test_a_fault_at_any_call_is_told_and_leaves_nothing(
    kept: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, persistent: bool
) -> None:
    """Goal: all or nothing. Method: fail call 1, 2, … of a disk until a log is written."""
    monkeypatch.setattr(log_file, "ROWS_A_GROUP", 4_000)
    refused, target = set(), tmp_path
    for fail_at in range(1, 1_000):
        home, target = tmp_path / f"{fail_at}", tmp_path / f"{fail_at}.parquet"
        disk = FaultyDisk(fail_at, persistent=persistent)
        try:
            with log_beside(home, "run", disk=disk) as stream:
                stream.begin(kept.names)
                for start in range(0, len(kept.rows), 3_000):
                    stream.add(kept.rows[start : start + 3_000])
                stream.finish()
                stream.move_to(target)
        except (DiskError, OSError):
            refused.add(disk.calls[fail_at - 1])
            assert not target.exists()
        if not disk.has_failed:
            break
        disk.heal()
        # What a disk did not let go of is gone with the next writer.
        folder = write_run(kept, home)
        assert persistent or {one.name for one in home.iterdir()} == {folder.name}
    assert {"open", "write", "fsync", "close", "rename", "make_folder"} <= refused
    assert target.stat().st_size > len(kept.rows)


def test_a_file_that_went_wrong_never_becomes_whole(kept: Run, tmp_path: Path) -> None:
    """Goal: no hole in a log. Method: a row about nobody, then rows that are right."""
    for column, wrong in (("payer", -1), ("status", 200)):
        rows = kept.rows[:10].copy()
        rows[column][5] = wrong
        with log_beside(tmp_path, "run") as stream:
            stream.begin(kept.names).add(rows)
            with pytest.raises(InvariantError, match=r"no name|stands for nothing"):
                stream.finish()
            for act in (stream.finish, stream.rows, lambda: stream.move_to(tmp_path / "log")):
                with pytest.raises(ValueError, match="takes no rows"):
                    act()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_ends_the_run_and_says_what_to_do(kept: Run, tmp_path: Path) -> None:
    """Goal: trouble of the thread that writes reaches the user. Method: no room from a write on."""
    disk = FaultyDisk(8, persistent=True, number=errno.ENOSPC)
    told = pytest.raises(DiskError, match=r"No space left.*make room")
    with told, log_beside(tmp_path, "run", disk=disk) as stream:
        simulate(kept.scenario, log=stream.begin).kept.rows()


KILLED = """
    import os, sys
    from tengesim import load_scenario, simulate
    from tengesim.store.log_stream import log_beside

    scenario = load_scenario("nation_day", settings=["population.scale=0.0001", "run.log=full"])
    with log_beside(sys.argv[1], "run") as stream:
        simulate(scenario, log=stream.begin, progress=lambda *_: os._exit(9))
"""


@pytest.mark.skipif(os.name != "posix", reason="how programs end is POSIX")
def test_what_a_killed_program_leaves_is_hidden_and_swept(kept: Run, tmp_path: Path) -> None:
    """Goal: a crash needs no tidying. Method: end a program in the middle of a run."""
    program = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path)]
    assert subprocess.run(program, check=False, cwd=ROOT).returncode == 9
    left = [path.name for path in tmp_path.iterdir()]
    assert left
    assert all(name.startswith(".run.log") for name in left)
    folder = write_run(kept, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    with open_run(folder) as stored:
        assert stored.manifest.log_digest == kept.digest


def test_a_few_groups_of_rows_are_all_that_is_in_memory(
    kept: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: bounded memory however long the log. Method: count what is made to hold rows."""
    monkeypatch.setattr(log_file, "ROWS_A_GROUP", 500)
    made: list[Group] = []

    def counted(room: int) -> Group:
        made.append(Group(room))
        return made[-1]

    monkeypatch.setattr(log_file, "Group", counted)
    with log_beside(tmp_path, "run") as stream:
        stream.begin(kept.names)
        for start in range(0, len(kept.rows), 700):
            stream.add(kept.rows[start : start + 700])
        assert np.array_equal(stream.rows(), kept.rows)
    assert len(kept.rows) > 20 * 500
    assert len(made) <= 4
