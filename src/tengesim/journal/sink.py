"""Where the log's rows are numbered, packed, hashed and handed on, in bounded pieces.

Every row passes the digest before it is written over, whoever drops it. Folds (auditor, cube) see
each packed row exactly once, in order, whoever wrote it: readable code appends tuples, compiled
code writes into the same buffer. Full buffers are read beside the writer, the rest at a flush; the
digest, which only depends on bytes, is computed beside the folds.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from tengesim.journal.digest import Digest
from tengesim.journal.events import BLOCK_ROWS, ROW, Rows, pack_row
from tengesim.journal.keeping import Keeping
from tengesim.journal.kept import Kept, RowStore
from tengesim.journal.names import Names
from tengesim.journal.relay import BUFFER_ROWS, Relay, beside

__all__ = ["ROOM_ROWS", "Journal"]

ROOM_ROWS: Final = 64
"""Rows for which an open buffer always has room."""
_PIECE_ROWS: Final = 4_096
"""Rows that every fold reads before the next ones come: they stay in the processor's cache."""


class Journal:
    """Log of one run."""

    __slots__ = ("_buffer", "_pending", "_reader", "_relay", "_seq", "_used", "names")

    def __init__(self, names: Names) -> None:
        """Start an empty log over `names`, of which every row is kept."""
        self.names = names
        self._reader = _Reader()
        self._relay = Relay(self._reader.read, self._reader.read_on_two)
        self._pending: list[bytes] = []
        self._buffer: Rows | None = None
        self._used = 0
        self._seq = 0

    def fold(self, consume: Callable[[Rows], None]) -> None:
        """Hand every further packed piece of the log to `consume`.

        A piece is written over once it has been consumed.
        """
        self.flush()
        self._reader.folds.append(consume)

    def keep(self, keeping: Keeping) -> None:
        """Keep of every further row what `keeping` chooses."""
        self.flush()
        self._reader.keeping = keeping

    def keep_in(self, store: RowStore) -> None:
        """Let `store` have what is kept of every further row."""
        self.flush()
        self._reader.store = store

    def append(self, row: tuple[int, ...]) -> None:
        """Take one row without its `seq`, which is given here."""
        self._pending.append(pack_row(self._seq, row))
        self._seq += 1
        if len(self._pending) >= BLOCK_ROWS:
            self._pack()

    def append_many(self, rows: Rows) -> None:
        """Take rows that are packed but for their `seq`, which is written into them here."""
        rows["seq"] = np.arange(self._seq, self._seq + len(rows))
        self._pending.append(rows.tobytes())
        self._seq += len(rows)
        if len(self._pending) >= BLOCK_ROWS:
            self._pack()

    def open_buffer(self) -> tuple[Rows, int, int]:
        """Return a buffer, how much of it is used, and the `seq` of the next row.

        There is room for `ROOM_ROWS` more rows at least. What is written from there on belongs to
        the log when `advance` says so.
        """
        self._pack()
        self._make_room()
        return self._open(), self._used, self._seq

    def advance(self, used: int) -> None:
        """Take the rows that were written, complete with their `seq`, up to place `used`."""
        if self._pending or not self._used <= used <= BUFFER_ROWS:
            raise ValueError(
                f"rows up to {used} cannot follow {self._used} of {BUFFER_ROWS} rows and"
                f" {len(self._pending)} appended pieces"
            )
        self._relay.check()
        self._seq += used - self._used
        self._used = used
        self._make_room()

    def flush(self) -> None:
        """Pack, hash, keep and fold what there is, and wait until it is done."""
        self._pack()
        if not self._used:
            self._relay.wait()
            return
        rows = self._open()[: self._used]
        self._used = 0
        self._relay.read(rows)

    def rows(self) -> Rows:
        """Return what is kept of the log as one packed array, which may lie on the disk."""
        return self.kept().rows()

    def kept(self) -> RowStore:
        """Return where all is that is kept of the rows so far."""
        self.flush()
        return self._reader.store

    def digest(self) -> str:
        """Return the digest of everything logged so far."""
        self.flush()
        return self._reader.digest.close(self.names.packed())

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._seq

    def _open(self) -> Rows:
        if self._buffer is None:
            self._buffer = self._relay.buffer()
        return self._buffer

    def _pack(self) -> None:
        """Move pending rows to the buffer."""
        self._relay.check()
        if not self._pending:
            return
        rows = np.frombuffer(b"".join(self._pending), dtype=ROW)
        self._pending = []
        while len(rows):
            taken = rows[: BUFFER_ROWS - self._used]
            self._open()[self._used : self._used + len(taken)] = taken
            self._used += len(taken)
            rows = rows[len(taken) :]
            if self._used == BUFFER_ROWS:
                self._hand_over()

    def _make_room(self) -> None:
        if self._used > BUFFER_ROWS - ROOM_ROWS:
            self._hand_over()

    def _hand_over(self) -> None:
        full = self._open()
        self._relay.hand(full, self._used)
        self._buffer, self._used = None, 0


class _Reader:
    """Everything that reads the log while it is written."""

    __slots__ = ("digest", "folds", "keeping", "store")

    def __init__(self) -> None:
        self.digest = Digest()
        self.folds: list[Callable[[Rows], None]] = []
        self.keeping = Keeping()
        self.store: RowStore = Kept()

    def read(self, rows: Rows) -> None:
        """Hash, keep and fold rows that will be written over."""
        self.digest.update(rows)
        self._fold(rows)

    def read_on_two(self, rows: Rows) -> None:
        """Do the same, and hash beside the rest."""
        with beside(lambda: self.digest.update(rows)):
            self._fold(rows)

    def _fold(self, rows: Rows) -> None:
        is_whole, chosen = self.keeping.mode == "full", np.ones(len(rows), dtype=np.bool_)
        for start in range(0, len(rows), _PIECE_ROWS):
            piece = rows[start : start + _PIECE_ROWS]
            for consume in self.folds:
                consume(piece)
            if not is_whole:
                chosen[start : start + _PIECE_ROWS] = self.keeping.chosen(piece)
        self.store.add(rows if is_whole else rows[chosen])
