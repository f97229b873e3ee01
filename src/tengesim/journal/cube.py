"""The cube: rows counted and summed by day, region, programme, mark, kind, status, reason, truth.

It is the same in every log mode and is what most metrics read. Sums are exact 64-bit integers.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.journal.events import Rows
from tengesim.journal.sums import sums_by_group

__all__ = ["CUBE_KEYS", "Cube"]

CUBE_KEYS: Final = (
    "day",
    "region",
    "programme",
    "mark",
    "mark_to",
    "form",
    "kind",
    "status",
    "reason",
    "true_label",
    "attempt",
)


class Cube:
    """Counts and amounts per cell of the log, built piece by piece."""

    __slots__ = ("_cells", "_day_of")

    def __init__(self, day_of: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> None:
        """Count by the local day that `day_of` gives for an array of simulated times."""
        self._cells: dict[tuple[int, ...], list[int]] = {}
        self._day_of = day_of

    def consume(self, rows: Rows) -> None:
        """Add further rows."""
        if not len(rows):
            return
        columns = [self._day_of(rows["time_us"]), *(rows[name] for name in CUBE_KEYS[1:])]
        group = np.zeros(len(rows), dtype=np.int64)
        for column in columns:
            # Groups so far × values of the column, numbered anew: never more than there are rows.
            values, code = np.unique(column, return_inverse=True)
            if len(values) > 1:
                _, group = np.unique(group * len(values) + code, return_inverse=True)
        group = group.ravel()
        _, first = np.unique(group, return_index=True)
        cells = np.stack([np.asarray(column, dtype=np.int64)[first] for column in columns], axis=1)
        counts = np.bincount(group, minlength=len(cells))
        amounts = sums_by_group(group, rows["amount_tiyn"], len(cells))
        for cell, count, amount in zip(cells.tolist(), counts.tolist(), amounts, strict=True):
            entry = self._cells.setdefault(tuple(cell), [0, 0])
            entry[0] += count
            entry[1] += amount

    def cells(self) -> list[tuple[int, ...]]:
        """Return rows of `CUBE_KEYS`, count, amount in tiyn; ordered by key."""
        return [(*key, *self._cells[key]) for key in sorted(self._cells)]
