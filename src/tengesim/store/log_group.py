"""Rows of the log on their way into a file, each value read once from where the row was made."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tengesim.journal.events import COLUMNS, Rows
from tengesim.store.log_scan import DIFFERENT_MAX, SLOTS, scan

__all__ = ["Group"]

Bytes = NDArray[np.uint8]


class Group:
    """Rows that become pages together, column by column."""

    __slots__ = ("_counts", "_keys", "_places", "_room", "_slots", "_used", "_values")

    def __init__(self, room: int) -> None:
        """Make room for so many rows."""
        width = len(COLUMNS)
        self._counts = np.zeros(width, dtype=np.int64)
        self._keys = np.empty((width, DIFFERENT_MAX), dtype=np.int64)
        self._slots = np.zeros((width, SLOTS), dtype=np.int16)
        self._places = np.empty((width, room), dtype=np.uint8)
        self._values = np.empty((width, room), dtype=np.int64)
        self._room = room
        self._used = 0

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._used

    @property
    def is_full(self) -> bool:
        """Return whether there is no room left."""
        return self._used == self._room

    def take(self, rows: Rows) -> int:
        """Take as many of further rows as there is room for; return how many that are."""
        taken = rows[: self._room - self._used]
        content = np.ascontiguousarray(taken).view(np.uint8)
        with np.errstate(over="ignore"):
            scan(
                content,
                self._used,
                self._counts,
                self._keys,
                self._slots,
                self._places,
                self._values,
            )
        self._used += len(taken)
        return len(taken)

    def columns(self) -> Iterator[tuple[str, NDArray[np.int64], Bytes | None]]:
        """Yield name and values of each column, or its different values and which each row has."""
        for place, (name, count) in enumerate(zip(COLUMNS, self._counts.tolist(), strict=True)):
            if count >= 0:
                yield name, self._keys[place, :count], self._places[place, : self._used]
            else:
                yield name, self._values[place, : self._used], None

    def empty(self) -> None:
        """Make room for other rows."""
        self._counts.fill(0)
        self._slots.fill(0)
        self._used = 0
