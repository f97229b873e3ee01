"""The cube: rows counted and summed by day, region, programme, mark, kind, status, reason, truth.

It is the same in every log mode and is what most metrics read. Sums are exact 64-bit integers.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.compiled import lean
from tengesim.errors import InvariantError
from tengesim.journal.events import Rows, writable
from tengesim.journal.totals import COUNT, Table, Totals, add, has_room, join, place_of

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

_BYTE: Final = 8
_CODES: Final = 6
"""How many of the keys are codes of one byte: the last ones, the first of them highest."""
_DAYS_MAX: Final = 1 << 15
_HALF: Final = 32


class Cube:
    """Counts and amounts per cell of the log, built piece by piece."""

    __slots__ = ("_at", "_days", "_starts_us", "_totals")

    def __init__(self, starts_us: NDArray[np.int64], days: NDArray[np.int64]) -> None:
        """Count by local day: `days[i]` begins at `starts_us[i]` and ends where the next begins.

        The last one has no end. Raises ValueError unless the starts ascend.
        """
        self._starts_us = np.array(starts_us, dtype=np.int64)
        self._days = np.array(days, dtype=np.int64)
        count = len(self._starts_us)
        if not 0 < count == len(self._days) <= _DAYS_MAX or np.any(np.diff(self._starts_us) <= 0):
            raise ValueError(f"{len(self._days)} days do not begin at {count} ascending moments")
        self._totals = Totals()
        self._at = np.zeros(1, dtype=np.int64)

    def consume(self, rows: Rows) -> None:
        """Add further rows; raise InvariantError at one before the first day."""
        rows = writable(rows)
        done = 0
        totals = self._totals
        with np.errstate(over="ignore"):
            while done < len(rows):
                done = _fold(rows, done, self._starts_us, self._at, totals.table, totals.used)
                if done < 0:
                    raise InvariantError(f"row {rows['seq'][-1 - done]} is before the first day")
                if done < len(rows):
                    totals.grow()

    def cells(self) -> list[tuple[int, ...]]:
        """Return rows of `CUBE_KEYS`, count, amount in tiyn; ordered by key."""
        rows = self._totals.rows()
        days = self._days[rows[:, 2] >> (_CODES * _BYTE)]
        names = [
            half.astype(np.int32)
            for word in (rows[:, 0], rows[:, 1])
            for half in (word >> _HALF, word)
        ]
        codes = [
            rows[:, 2] >> (_BYTE * place) & ((1 << _BYTE) - 1) for place in reversed(range(_CODES))
        ]
        keys = (days, *names, *codes)
        order = np.lexsort(keys[::-1])
        columns = [column[order].tolist() for column in (*keys, rows[:, COUNT])]
        return list(zip(*columns, Totals.totals(rows[order]), strict=True))


@lean
def _fold(  # noqa: PLR0917 - compiled code takes arrays by place
    rows: Rows,
    done: int,
    starts_us: NDArray[np.int64],
    at: NDArray[np.int64],
    table: Table,
    used: Table,
) -> int:
    """Add rows from `done` on to their cells; return how many are done when the table is full.

    A row before the first day gives its place as a negative number, from -1 down.
    """
    day = at[0]
    for i in range(done, len(rows)):
        row: Any = rows[i]
        time_us = row["time_us"]
        while time_us < starts_us[day]:
            if day == 0:
                return -1 - i
            day -= 1
        while day + 1 < len(starts_us) and time_us >= starts_us[day + 1]:
            day += 1
        if not has_room(table, used):
            at[0] = day
            return i
        codes = np.int64(day)
        codes = (codes << _BYTE) | np.int64(row["form"])
        codes = (codes << _BYTE) | np.int64(row["kind"])
        codes = (codes << _BYTE) | np.int64(row["status"])
        codes = (codes << _BYTE) | np.int64(row["reason"])
        codes = (codes << _BYTE) | np.int64(row["true_label"])
        codes = (codes << _BYTE) | np.int64(row["attempt"])
        place = place_of(
            table,
            used,
            join(row["region"], row["programme"]),
            join(row["mark"], row["mark_to"]),
            codes,
        )
        add(table, place, row["amount_tiyn"])
    at[0] = day
    return len(rows)
