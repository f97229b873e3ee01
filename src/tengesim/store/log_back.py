"""Packed rows out of a file of the log, for the program that wrote it and still knows its ids.

Text is for others: where a page has text, its ids were remembered beside as numbers.
"""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.journal.events import COLUMNS, ROW, Rows
from tengesim.store.log_back_kernel import unpack_numbers, unpack_places
from tengesim.store.log_file import Pages

__all__ = ["ReadBack"]

_SPARE: Final = bytes(16)
"""Bytes after a page that may be read with its last ones and mean nothing."""


class _Column(NamedTuple):
    """Where the values of a column of a group are, and of which different ones they are places."""

    at: int
    size: int
    keys: NDArray[np.int64] | None = None
    is_beside: bool = False


class ReadBack:
    """What has to be known of the groups of a file to read its rows again."""

    __slots__ = ("_beside", "_groups", "_used")

    def __init__(self, beside: BinaryIO) -> None:
        """Remember ids in the file `beside`, which is this object's own."""
        self._beside = beside
        self._used = 0
        self._groups: list[tuple[int, list[_Column]]] = []

    def remember(self, count: int, group: Sequence[Pages], at: int) -> None:
        """Remember the pages of a group of so many rows that begin at a place in the file."""
        columns = []
        for pages in group:
            if pages.ids is None:
                start, end = at + pages.body, at + len(pages.content)
                columns.append(_Column(start, end - start, pages.keys))
            else:
                columns.append(_Column(self._used, len(pages.ids), is_beside=True))
                self._used += self._beside.write(pages.ids)
            at += len(pages.content)
        self._groups.append((count, columns))

    def rows(self, file: BinaryIO) -> Iterator[Rows]:
        """Yield the rows of the whole file in order, some at a time."""
        for count, columns in self._groups:
            rows, values = np.empty(count, dtype=ROW), np.empty(count, dtype=np.int64)
            for name, column in zip(COLUMNS, columns, strict=True):
                source = self._beside if column.is_beside else file
                source.seek(column.at)
                content = np.frombuffer(source.read(column.size) + _SPARE, dtype=np.uint8)
                with np.errstate(over="ignore"):
                    if column.keys is None:
                        unpack_numbers(content, values)
                    else:
                        unpack_places(content, column.keys, values)
                rows[name] = values
            yield rows

    def close(self) -> None:
        """Forget what is beside."""
        self._beside.close()
