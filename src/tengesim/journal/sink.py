"""Where the ledger's rows are numbered, packed, hashed and handed on, in bounded pieces.

Every row passes the digest before anything else may read or drop it. Folds (auditor, cube) see
each packed row exactly once, in order.
"""

from collections.abc import Callable

import numpy as np

from tengesim.journal.digest import Digest
from tengesim.journal.events import BLOCK_ROWS, ROW, Rows, pack
from tengesim.journal.names import Names

__all__ = ["Journal"]


class Journal:
    """Log of one run."""

    __slots__ = ("_digest", "_folds", "_kept", "_pending", "_seq", "names")

    def __init__(self, names: Names) -> None:
        """Start an empty log over `names`."""
        self.names = names
        self._digest = Digest()
        self._folds: list[Callable[[Rows], None]] = []
        self._kept: list[Rows] = []
        self._pending: list[tuple[int, ...]] = []
        self._seq = 0

    def fold(self, consume: Callable[[Rows], None]) -> None:
        """Hand every further packed piece of the log to `consume`."""
        self._folds.append(consume)

    def append(self, row: tuple[int, ...]) -> None:
        """Take one row without its `seq`, which is given here."""
        self._pending.append((self._seq, *row))
        self._seq += 1
        if len(self._pending) == BLOCK_ROWS:
            self.flush()

    def flush(self) -> None:
        """Pack, hash, keep and hand on what is pending."""
        if not self._pending:
            return
        rows = pack(self._pending)
        self._pending = []
        self._digest.update(rows)
        self._kept.append(rows)
        for consume in self._folds:
            consume(rows)

    def rows(self) -> Rows:
        """Return the whole log as one packed array."""
        self.flush()
        if not self._kept:
            return np.empty(0, dtype=ROW)
        if len(self._kept) > 1:
            self._kept = [np.concatenate(self._kept)]
        return self._kept[0]

    def digest(self) -> str:
        """Return the digest of everything logged so far."""
        self.flush()
        return self._digest.close(self.names.packed())

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._seq
