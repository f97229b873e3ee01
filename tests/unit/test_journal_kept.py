"""Claims about where a log is kept: in memory, on the disk, and what a full disk does to it."""

import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim import load_scenario, simulate
from tengesim.errors import DiskError
from tengesim.journal import sink
from tengesim.journal.events import ROW
from tengesim.journal.kept import Kept
from tengesim.store.write import write_run
from tests.unit.test_journal import example_rows


@given(st.lists(st.integers(0, 9), max_size=9), st.integers(0, 20), st.integers(1, 300))
def test_rows_come_back_from_wherever_they_are(
    sizes: list[int], in_memory_max: int, at_once: int
) -> None:
    """Goal: memory and disk keep the same. Method: a disk that takes little at once."""
    kept = Kept(
        in_memory_max=in_memory_max, write=lambda file, part: os.write(file, part[:at_once])
    )
    expected, done = example_rows(sum(sizes)), 0
    for size in sizes:
        piece = expected[done : done + size].copy()
        kept.add(piece)
        # Whoever hands rows over writes over them.
        piece["amount_tiyn"] = -1
        done += size
        assert expected[:done].tobytes() == kept.rows().tobytes()
    assert kept.rows().dtype == ROW


def test_what_lies_on_the_disk_has_no_name_and_may_be_changed_by_its_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: nothing to clean up, nothing shared. Method: an own folder; two readers."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kept = Kept(in_memory_max=0)
    kept.add(example_rows(5))
    one, other = kept.rows(), kept.rows()
    one["amount_tiyn"] = 7
    assert example_rows(5).tobytes() == other.tobytes() != one.tobytes()
    assert list(tmp_path.iterdir()) == []


def full_after(writes: int) -> Callable[[int, memoryview], int]:
    """Return a disk on which there is room for some writes."""
    left = [writes]

    def write(file: int, part: memoryview) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(file, part)

    return write


def add_one_by_one(kept: Kept, count: int) -> None:
    """Add some rows, each by itself."""
    for _ in range(count):
        kept.add(example_rows(1))


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_a_full_disk_says_what_to_do(writes: int) -> None:
    """Goal: no log with a hole in it. Method: the n-th write fails; then one that takes nothing."""
    kept = Kept(in_memory_max=2, write=full_after(writes))
    add_one_by_one(kept, 2)
    with pytest.raises(DiskError, match=r"No space left.*TMPDIR.*run\.log"):
        add_one_by_one(kept, 2)
    with pytest.raises(DiskError, match="No space left"):
        Kept(in_memory_max=0, write=lambda *_: 0).add(example_rows(1))


SETTINGS = ("population.scale=0.0001", "run.log=full")


def test_a_run_is_the_same_wherever_its_log_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: digest, metrics and files do not tell. Method: one day kept both ways, and written."""
    scenario = load_scenario("nation_day", settings=list(SETTINGS))
    near = simulate(scenario)
    monkeypatch.setattr(sink, "Kept", partial(Kept, in_memory_max=100))
    monkeypatch.setattr("tengesim.metrics.log.IN_MEMORY_ROWS_MAX", 100)
    far = simulate(scenario)
    assert near.digest == far.digest
    assert np.array_equal(near.rows, far.rows)
    assert not far.rows.flags.owndata
    assert near.metrics.equals(far.metrics)
    folders = [write_run(run, tmp_path / name) for run, name in ((near, "near"), (far, "far"))]
    files = [(folder / "events.parquet").read_bytes() for folder in folders]
    assert files[0] == files[1]


def test_a_run_that_finds_the_disk_full_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: the trouble of the second thread is told by the first. Method: no room at all."""
    no_room = partial(Kept, in_memory_max=100, write=full_after(0))
    monkeypatch.setattr(sink, "Kept", no_room)
    with pytest.raises(DiskError, match="No space left"):
        simulate(load_scenario("nation_day", settings=list(SETTINGS)))
