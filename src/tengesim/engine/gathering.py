"""What a run says of its whole log whatever it keeps of it, gathered while the rows pass.

How many payments there were, what accounts held at the opening, and the moments that metrics read.
None of it grows with the length of the log.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, column_text
from tengesim.engine.gathering_folds import (
    FREE,
    HELD,
    LAST_WANT,
    first_opening,
    fold_balances,
    fold_openings,
    fold_payments,
)
from tengesim.journal.events import BalanceColumns, Rows, in_one_layout, writable
from tengesim.journal.keeping import Keeping
from tengesim.journal.names import Block, Names
from tengesim.journal.totals import COUNT, Table, Totals
from tengesim.metrics.moments import Moments, RunningMoments

__all__ = [
    "PARTIES_MAX",
    "AccountRow",
    "Gathering",
    "Openings",
    "PaymentCount",
    "accounts_table",
    "groups_of",
]

PARTIES_MAX: Final = 500_000
"""Of more parties, a summary says the sums of people, of merchants and of employers."""

AccountRow = tuple[str, str, str, str, int, int, int]
"""Holder, keeper, form, mark, opening tiyn, closing tiyn (free and held), held tiyn."""

_HALF_BITS: Final = 32
_Key = tuple[int, int, int, int]
_PARTIES: Final = ("person-", "merchant-", "employer-")
_SUMMED: Final = ("people", "merchants", "employers")


def groups_of(names: Names) -> dict[str, range]:
    """Return the name ids of people, merchants and employers, by these words."""
    blocks = {part.prefix: part for part in names.parts() if isinstance(part, Block)}
    return {
        word: range(blocks[prefix].first, blocks[prefix].first + blocks[prefix].size)
        for prefix, word in zip(_PARTIES, _SUMMED, strict=True)
        if prefix in blocks
    }


def _summed_of(names: Names, *, is_summary: bool) -> dict[str, range]:
    groups = groups_of(names) if is_summary else {}
    return groups if sum(map(len, groups.values())) > PARTIES_MAX else {}


class PaymentCount:
    """Counts the intents of payments, deliveries, claims and orders, settled or refused.

    All tries of a want stand together in the log, so no intent of the tape has to be remembered.
    """

    __slots__ = ("_acts", "_recorded", "_want")

    def __init__(self) -> None:
        """Start at zero."""
        self._want = np.zeros(LAST_WANT, dtype=np.int64)
        self._acts: set[int] = set()
        self._recorded: set[int] = set()

    def consume(self, rows: Rows) -> None:
        """Add further rows."""
        acts = np.empty(len(rows), dtype=np.int64)
        found = set(acts[: fold_payments(writable(rows), self._want, acts)].tolist())
        self._recorded.update(act >> 1 for act in found if act & 1)
        self._acts.update(act >> 1 for act in found if not act & 1)

    def total(self) -> int:
        """Return how many there are so far."""
        counted, _, is_answered, is_recorded = self._want.tolist()
        return counted + (is_answered & ~is_recorded) + len(self._acts - self._recorded)


class Openings:
    """What accounts were opened with; holders of a group are put together as one."""

    __slots__ = ("_groups", "_opened", "_totals")

    def __init__(self, groups: Callable[[], dict[str, range]]) -> None:
        """Start without accounts; `groups` are name ids, known when somebody has an account."""
        self._groups = groups
        self._totals = Totals()
        self._opened: dict[_Key, int] | None = None

    def consume(self, rows: Rows) -> None:
        """Add further rows."""
        rows = writable(rows)
        done = first_opening(rows)
        if done == len(rows):
            return
        self._opened = None
        bounds, totals = _bounds(self._groups()), self._totals
        with np.errstate(over="ignore"):
            while done < len(rows):
                done = fold_openings(rows, bounds, done, totals.table, totals.used)
                if done < len(rows):
                    totals.grow()

    def of(self, key: _Key) -> int:
        """Return the tiyn that an account was opened with."""
        if self._opened is None:
            rows = self._totals.rows()
            self._opened = dict(zip(_keys(rows), Totals.totals(rows), strict=True))
        return self._opened.get(key, 0)


@dataclass(frozen=True, slots=True)
class Gathering:
    """Everything that is gathered of one run."""

    names: Names
    openings: Openings
    payments: PaymentCount
    moments: RunningMoments | None
    """None where the whole log is kept."""
    is_summary: bool

    @classmethod
    def begin(cls, keeping: Keeping, names: Names, end_us: int) -> "Gathering":
        """Start to gather before anybody has a name; the horizon ends at `end_us`."""
        is_summary = keeping.mode == "summary"
        return cls(
            names=names,
            openings=Openings(lambda: _summed_of(names, is_summary=is_summary)),
            payments=PaymentCount(),
            moments=None if keeping.mode == "full" else RunningMoments(end_us),
            is_summary=is_summary,
        )

    def groups(self) -> dict[str, range]:
        """Return whose accounts are summed: name ids by the word that stands for all of them."""
        return _summed_of(self.names, is_summary=self.is_summary)

    def folds(self) -> Iterator[Callable[[Rows], None]]:
        """Yield what is to read every row."""
        yield self.openings.consume
        yield self.payments.consume
        if self.moments is not None:
            yield self.moments.consume

    def final_moments(self) -> Moments | None:
        """Return the moments after the last row."""
        return None if self.moments is None else self.moments.moments()


def accounts_table(columns: Iterable[BalanceColumns], gathering: Gathering) -> list[AccountRow]:
    """Return the accounts of a ledger in its order, or with the sums of whom is summed."""
    names, groups, totals = gathering.names, gathering.groups(), Totals()
    bounds = _bounds(groups)
    with np.errstate(over="ignore"):
        for part in map(in_one_layout, columns):
            done = 0
            while done < len(part.holder):
                done = fold_balances(part, bounds, done, totals.table, totals.used)
                if done < len(part.holder):
                    totals.grow()
    rows = totals.rows()
    rows = rows[np.argsort(rows[:, COUNT])]
    money = zip(_keys(rows), _halves(rows, FREE), _halves(rows, HELD), strict=True)
    words = [*groups]
    return [
        (
            words[-1 - key[0]] if key[0] < 0 else names.text(key[0]),
            names.text(key[1]),
            column_text(Form(key[2])),
            names.text(key[3]),
            gathering.openings.of(key),
            free_tiyn + held_tiyn,
            held_tiyn,
        )
        for key, free_tiyn, held_tiyn in money
    ]


def _bounds(groups: dict[str, range]) -> NDArray[np.int64]:
    """Return first name and the one after the last of each group."""
    bounds = [(ids.start, ids.stop) for ids in groups.values()]
    return np.array(bounds, dtype=np.int64).reshape(-1, 2)


def _keys(rows: Table) -> list[_Key]:
    """Return holder, keeper, form and mark of rows of a table; groups are numbered from -1 down."""
    halves = (rows[:, 0] >> _HALF_BITS, rows[:, 0], rows[:, 1] >> _HALF_BITS, rows[:, 1])
    holder, keeper, form, mark = (half.astype(np.int32).tolist() for half in halves)
    return list(zip(holder, keeper, form, mark, strict=True))


def _halves(rows: Table, column: int) -> list[int]:
    """Return the exact sums whose halves stand in `column` and the next."""
    halves = zip(rows[:, column + 1].tolist(), rows[:, column].tolist(), strict=True)
    return [(high << _HALF_BITS) + low for high, low in halves]
