"""The log digest: SHA-256 chained over blocks of 65,536 packed rows, cut by `seq` and nothing else.

Whoever flushes, when and how often, cannot change it. The names are hashed at the end, so ids in
rows cannot silently mean something else.
"""

import hashlib
from collections.abc import Iterable

import numpy as np

from tengesim.journal.events import BLOCK_ROWS, Rows

__all__ = ["Digest"]


class Digest:
    """Running digest of a log."""

    __slots__ = ("_block", "_count", "_head")

    def __init__(self) -> None:
        """Start the chain."""
        self._head = hashlib.sha256(b"tengesim log, rows of journal.events").digest()
        self._block = hashlib.sha256(self._head)
        self._count = 0

    def update(self, rows: Rows) -> None:
        """Cover further rows, in `seq` order."""
        rows = np.ascontiguousarray(rows)
        start = 0
        while start < len(rows):
            stop = min(len(rows), start + BLOCK_ROWS - self._count)
            self._block.update(rows[start:stop].data)
            self._count += stop - start
            start = stop
            if self._count == BLOCK_ROWS:
                self._head = self._block.digest()
                self._block = hashlib.sha256(self._head)
                self._count = 0

    def close(self, names: Iterable[bytes]) -> str:
        """Return the digest of all rows and names as 64 hexadecimal digits.

        `names` are pieces of what `Names.packed` yields.
        """
        end = self._block.copy()
        for piece in names:
            end.update(piece)
        return end.hexdigest()
