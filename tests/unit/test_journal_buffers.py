"""Claims about the journal's buffers: who writes, who reads beside, and what is kept."""

import threading
import time
import traceback
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengesim.codes import Kind
from tengesim.errors import InvariantError
from tengesim.journal.events import BLOCK_ROWS, ROW, Rows
from tengesim.journal.keeping import Keeping
from tengesim.journal.names import Names, packed_names
from tengesim.journal.relay import BUFFER_ROWS, Relay
from tengesim.journal.sink import ROOM_ROWS, Journal
from tests.unit.test_journal import digest_of, example_row, example_rows

WAIT_S = 60.0


class Elsewhere:
    """A place for rows that only remembers their bytes."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def add(self, rows: Rows) -> None:
        """Take further rows."""
        self.pieces.append(rows.tobytes())

    def rows(self) -> Rows:
        """Return all of them."""
        return np.frombuffer(b"".join(self.pieces), dtype=ROW)


def write(journal: Journal, rows: Rows, *, at_most: int = BUFFER_ROWS) -> None:
    """Write rows as compiled code does: straight into the buffer, in runs."""
    done = 0
    while done < len(rows):
        buffer, used, seq = journal.open_buffer()
        assert len(buffer) - used >= ROOM_ROWS
        assert seq == rows["seq"][done]
        count = min(len(buffer) - used, len(rows) - done, at_most)
        buffer[used : used + count] = rows[done : done + count]
        journal.advance(used + count)
        done += count


WRITING = st.lists(st.tuples(st.sampled_from("awf"), st.integers(0, 70_000)), max_size=12)


@settings(max_examples=25, deadline=None)
@given(WRITING)
def test_a_log_does_not_know_who_wrote_it_where(acts: list[tuple[str, int]]) -> None:
    """Goal: one log of rows appended and written. Method: any mixture against the plain rows."""
    sizes: list[int] = []
    seen: list[bytes] = []
    journal = Journal(Names())
    journal.fold(lambda rows: seen.append(rows.tobytes()))
    journal.fold(lambda rows: sizes.append(len(rows)))
    expected = example_rows(sum(count for act, count in acts if act != "f"))
    done = 0
    for act, count in acts:
        if act == "f":
            journal.flush()
            assert sum(sizes) == done
            continue
        rows = expected[done : done + count]
        if act == "w":
            write(journal, rows, at_most=20_000)
        else:
            for row in rows.tolist():
                journal.append(row[1:])
        done += count
        assert len(journal) == done
    assert journal.digest() == digest_of(expected, [""])
    assert journal.rows().tobytes() == expected.tobytes() == b"".join(seen)


def test_a_small_log_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: small worlds stay simple. Method: forbid threads; buffers that are almost full."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a thread was started")

    monkeypatch.setattr(threading, "Thread", forbidden)
    journal = Journal(Names())
    write(journal, example_rows(BUFFER_ROWS - ROOM_ROWS))
    journal.flush()
    for _ in range(BUFFER_ROWS - 1):
        journal.append(example_row(0)[1:])
    assert len(journal.rows()) == 2 * BUFFER_ROWS - ROOM_ROWS - 1


def test_full_buffers_are_read_beside_the_writer_in_order_and_used_again() -> None:
    """Goal: bounded memory, one order. Method: a reader that waits; buffers by their address."""
    names, addresses = set[str](), set[int]()
    seen: list[int] = []

    def consume(rows: Rows) -> None:
        names.add(threading.current_thread().name)
        seen.append(int(rows["seq"][0]))

    journal = Journal(Names())
    journal.keep_in(Elsewhere())
    journal.fold(consume)
    rows = np.zeros(ROOM_ROWS, dtype=ROW)
    count = 0
    while count < 12 * BUFFER_ROWS:
        buffer, used, seq = journal.open_buffer()
        addresses.add(buffer.ctypes.data)
        room = len(buffer) - used
        rows["seq"] = np.arange(seq, seq + ROOM_ROWS)
        if used == 0:
            buffer["seq"] = np.arange(seq, seq + len(buffer))
        journal.advance(used + room)
        count += room
    journal.flush()
    assert len(addresses) <= 4
    assert seen == sorted(seen)
    assert names == {"log"}
    wait_for(lambda: not any(one.name == "log" for one in threading.enumerate()))


def wait_for(is_so: Callable[[], bool]) -> None:
    """Wait until something holds, as other threads will make it hold soon."""
    end = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_writer_waits_for_a_slow_reader() -> None:
    """Goal: at most two buffers wait. Method: a reader that is held until the writer stands."""
    may_read, handed = threading.Event(), list[int]()

    def read(_: Rows) -> None:
        assert may_read.wait(WAIT_S)

    relay = Relay(read, read)

    def hand_over() -> None:
        for number in range(4):
            relay.hand(relay.buffer(), 1)
            handed.append(number)

    writer = threading.Thread(target=hand_over)
    writer.start()
    wait_for(lambda: len(handed) == 3)
    writer.join(0.05)
    assert (writer.is_alive(), handed) == (True, [0, 1, 2])
    may_read.set()
    writer.join(WAIT_S)
    relay.wait()
    assert handed == [0, 1, 2, 3]


def refuse(rows: Rows) -> None:
    """Find something wrong in any row from the second on."""
    if rows["seq"][-1] > 0:
        raise InvariantError(f"row {rows['seq'][-1]} is wrong")


def append_a_block(journal: Journal) -> None:
    """Append rows until they are packed."""
    for _ in range(BLOCK_ROWS):
        journal.append(example_row(0)[1:])


@pytest.mark.parametrize(
    "act",
    [append_a_block, Journal.open_buffer, Journal.flush, Journal.digest, Journal.rows],
)
def test_what_a_reader_finds_wrong_is_raised_in_the_writer(
    act: Callable[[Journal], object],
) -> None:
    """Goal: no error is lost beside. Method: fail in the thread; the next call says so and where.

    It says so again at every later call, since nothing after it has been checked.
    """
    journal = Journal(Names())
    journal.fold(refuse)
    write(journal, example_rows(BUFFER_ROWS))
    wait_for(lambda: not any(one.name == "log" for one in threading.enumerate()))
    for _ in range(2):
        with pytest.raises(InvariantError, match="is wrong") as raised:
            act(journal)
        frames = [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]
        assert frames[-1] == "refuse"


def test_what_a_reader_finds_wrong_at_a_flush_is_raised_there() -> None:
    """Goal: small logs are checked alike. Method: fail in the caller; later calls say so too."""
    journal = Journal(Names())
    journal.fold(refuse)
    journal.append(example_row(0)[1:])
    journal.append(example_row(1)[1:])
    for act in (journal.flush, journal.digest, journal.open_buffer):
        with pytest.raises(InvariantError, match="row 1 is wrong"):
            act()


@pytest.mark.parametrize("used", [-1, 4, BUFFER_ROWS + 1])
def test_a_buffer_advances_within_itself(used: int) -> None:
    """Goal: a wrong place is told. Method: backwards from 5, and beyond the end."""
    journal = Journal(Names())
    write(journal, example_rows(5))
    with pytest.raises(ValueError, match="cannot follow"):
        journal.advance(used)


def test_rows_are_not_appended_while_compiled_code_writes() -> None:
    """Goal: `seq` has one order. Method: append between opening a buffer and advancing it."""
    journal = Journal(Names())
    journal.open_buffer()
    journal.append(example_row(0)[1:])
    with pytest.raises(ValueError, match="1 appended"):
        journal.advance(1)


@pytest.mark.parametrize("mode", ["summary", "sampled", "full"])
def test_what_is_kept_does_not_change_the_digest(mode: str) -> None:
    """Goal: the digest covers every row. Method: each mode; what is kept, in memory and handed on.

    The rows that are kept are those that the log mode chooses of the whole log.
    """
    rows = example_rows(3_000)
    rows["intent"] = np.where(rows["seq"] % 3, -1 - rows["seq"] // 2, rows["seq"])
    rows["kind"] = Kind.PAYMENT
    keeping = Keeping(mode=mode, sample=7)  # type: ignore[arg-type]
    chosen = rows[keeping.chosen(rows)].tobytes()
    for store in (None, Elsewhere()):
        journal = Journal(Names())
        journal.keep(keeping)
        if store is not None:
            journal.keep_in(store)
        write(journal, rows[:1_000])
        for row in rows[1_000:].tolist():
            journal.append(row[1:])
        assert journal.digest() == digest_of(rows, [""])
        assert journal.rows().tobytes() == chosen
        assert store is None or journal.kept() is store


def test_the_digest_of_a_journal_covers_blocks_of_names() -> None:
    """Goal: names that are a rule are names. Method: the digest over their texts."""
    names = Names()
    names.block("person-", 3, 12)
    journal = Journal(names)
    journal.append(example_row(0)[1:])
    row = np.array([example_row(0)], dtype=ROW)
    assert journal.digest() == digest_of(row, names.texts())
    assert b"".join(names.packed()) == b"".join(packed_names(names.texts()))
