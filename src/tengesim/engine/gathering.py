"""What a run says of its whole log whatever it keeps of it, gathered while the rows pass.

How many payments there were, what accounts held at the opening, and the moments that metrics read.
None of it grows with the length of the log.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.engine.gathering_folds import (
    FREE,
    HELD,
    LAST_WANT,
    first_opening,
    fold_balances,
    fold_openings,
    fold_payments,
    look_up,
)
from tengesim.errors import InvariantError
from tengesim.journal.events import BalanceColumns, Rows, in_one_layout, writable
from tengesim.journal.keeping import Keeping
from tengesim.journal.names import Block, Names
from tengesim.journal.tables import AccountColumns
from tengesim.journal.totals import COUNT, Table, Totals
from tengesim.metrics.moments import Moments, RunningMoments
from tengesim.money import SUPPLY_MAX_TIYN

__all__ = [
    "PARTIES_MAX",
    "Gathering",
    "Openings",
    "PaymentCount",
    "account_columns",
    "groups_of",
]

PARTIES_MAX: Final = 500_000
"""Of more parties, a summary says the sums of people, of merchants and of employers."""

_HALF_BITS: Final = 32
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

    __slots__ = ("_groups", "_totals")

    def __init__(self, groups: Callable[[], dict[str, range]]) -> None:
        """Start without accounts; `groups` are name ids, known when somebody has an account."""
        self._groups = groups
        self._totals = Totals()

    def consume(self, rows: Rows) -> None:
        """Add further rows."""
        rows = writable(rows)
        done = first_opening(rows)
        if done == len(rows):
            return
        bounds, totals = _bounds(self._groups()), self._totals
        with np.errstate(over="ignore"):
            while done < len(rows):
                done = fold_openings(rows, bounds, done, totals.table, totals.used)
                if done < len(rows):
                    totals.grow()

    def of(self, accounts: Table) -> NDArray[np.int64]:
        """Return the tiyn that each account of a table was opened with."""
        found = np.zeros((2, len(accounts)), dtype=np.int64)
        with np.errstate(over="ignore"):
            look_up(accounts, self._totals.table, found)
        return _whole(*found)


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


def account_columns(columns: Iterable[BalanceColumns], gathering: Gathering) -> AccountColumns:
    """Return the accounts of a ledger in its order, or with the sums of whom is summed."""
    groups, totals = gathering.groups(), Totals()
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
    halves = (rows[:, 0] >> _HALF_BITS, rows[:, 0], rows[:, 1] >> _HALF_BITS, rows[:, 1])
    holder, keeper, form, mark = (half.astype(np.int32) for half in halves)
    held_tiyn = _whole(rows[:, HELD + 1], rows[:, HELD])
    return AccountColumns(
        names=gathering.names,
        groups=tuple(groups),
        holder=holder,
        keeper=keeper,
        form=form,
        mark=mark,
        opening_tiyn=gathering.openings.of(rows),
        closing_tiyn=_whole(rows[:, FREE + 1], rows[:, FREE]) + held_tiyn,
        held_tiyn=held_tiyn,
    )


def _bounds(groups: dict[str, range]) -> NDArray[np.int64]:
    """Return first name and the one after the last of each group."""
    bounds = [(ids.start, ids.stop) for ids in groups.values()]
    return np.array(bounds, dtype=np.int64).reshape(-1, 2)


def _whole(high: NDArray[np.int64], low: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the exact sums of which these are the halves; no sum of money needs more."""
    if len(high) and not int(high.min()) << _HALF_BITS >= -SUPPLY_MAX_TIYN:
        raise InvariantError("an account is more than all the money below zero")
    if len(high) and int(high.max()) << _HALF_BITS > SUPPLY_MAX_TIYN:
        raise InvariantError("an account holds more than all the money there may be")
    return np.asarray((high << _HALF_BITS) + low)
