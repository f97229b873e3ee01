"""What is kept of a log while a run lasts: in memory as long as it is small, then on the disk.

A long log goes to a file that has no name: nobody else can see it, and it is gone with the last who
reads it, however the program ends. It lies where temporary files do (`TMPDIR`). The file is mapped
and not read, so rows take memory only while somebody looks at them.
"""

import errno
import mmap
import os
import tempfile
import weakref
from collections.abc import Callable
from typing import BinaryIO, Final, Protocol

import numpy as np

from tengesim.errors import DiskError
from tengesim.journal.events import ROW, Rows

__all__ = ["IN_MEMORY_ROWS_MAX", "Kept", "RowStore"]

IN_MEMORY_ROWS_MAX: Final = 1 << 22
"""Rows that are kept without touching the disk: about 450 MB."""
_MEGABYTE: Final = 1_000_000


class RowStore(Protocol):
    """Where rows go that are kept, and whence they come back."""

    def add(self, rows: Rows) -> None:
        """Take further rows, which are written over afterwards."""

    def rows(self) -> Rows:
        """Return all of them in the order in which they were added."""


class Kept:
    """Rows in the order in which they were added."""

    __slots__ = ("__weakref__", "_count", "_file", "_in_memory_max", "_pieces", "_write")

    def __init__(
        self,
        *,
        in_memory_max: int = IN_MEMORY_ROWS_MAX,
        write: Callable[[int, memoryview], int] = os.write,
    ) -> None:
        """Start without rows; of more than `in_memory_max` all go to the disk, by `write`."""
        self._in_memory_max = in_memory_max
        self._write = write
        self._pieces: list[Rows] = []
        self._count = 0
        self._file: BinaryIO | None = None

    def add(self, rows: Rows) -> None:
        """Keep a copy of further rows; raise DiskError when the disk takes no more."""
        if not len(rows):
            return
        self._count += len(rows)
        if self._file is None and self._count <= self._in_memory_max:
            self._pieces.append(rows.copy())
            return
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - see below
                weakref.finalize(self, self._file.close)
                for piece in self._pieces:
                    self._append(self._file, piece)
                self._pieces = []
            self._append(self._file, rows)
        except OSError as error:
            raise DiskError(
                f"the log cannot be kept in {tempfile.gettempdir()}: {error.strerror or error};"
                f" {self._count:,} rows need {self._count * ROW.itemsize // _MEGABYTE} MB so far;"
                " make room, let TMPDIR name another folder, or keep less of the log: run.log"
            ) from error

    def rows(self) -> Rows:
        """Return all rows as one array; changes of it are nobody else's."""
        if self._file is not None:
            # The map holds the file open by itself.
            mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_COPY)
            return np.frombuffer(mapped, dtype=ROW)
        if len(self._pieces) != 1:
            # Joining arrays of records works out their common type anew for each of them.
            whole, place = np.empty(self._count, dtype=ROW), 0
            for piece in self._pieces:
                whole[place : place + len(piece)] = piece
                place += len(piece)
            self._pieces = [whole]
        return self._pieces[0]

    def _append(self, file: BinaryIO, rows: Rows) -> None:
        left = np.ascontiguousarray(rows).view(np.uint8).data
        while left:
            # A disk that is nearly full takes a part and reports no error.
            count = self._write(file.fileno(), left)
            if count <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left = left[count:]
