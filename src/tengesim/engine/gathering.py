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
    LEG,
    add_openings,
    first_opening,
    fold_balances,
    fold_openings,
    fold_payments,
    index_accounts,
    look_up,
)
from tengesim.errors import InvariantError
from tengesim.journal.events import BALANCE_TYPES, BalanceColumns, Rows, in_one_layout, writable
from tengesim.journal.keeping import Keeping
from tengesim.journal.names import Block, Names
from tengesim.journal.tables import AccountColumns
from tengesim.journal.totals import COUNT, Totals
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
    """What accounts were opened with; holders of a group are put together as one.

    Who opens accounts is few, and so are groups: they have totals. What single holders were given
    is remembered row by row, which takes a fifth of the room, and is added up when it is asked for.
    """

    __slots__ = ("_given", "_groups", "_totals")

    def __init__(self, groups: Callable[[], dict[str, range]]) -> None:
        """Start without accounts; `groups` are name ids, known when somebody has an account."""
        self._groups = groups
        self._totals = Totals()
        self._given: list[NDArray[np.int64]] = []

    def consume(self, rows: Rows) -> None:
        """Add further rows."""
        rows = writable(rows)
        done = first_opening(rows)
        if done == len(rows):
            return
        bounds, totals = _bounds(self._groups()), self._totals
        given = np.empty((len(rows) - done, LEG), dtype=np.int64)
        count = np.zeros(1, dtype=np.int64)
        with np.errstate(over="ignore"):
            while done < len(rows):
                done = fold_openings(rows, bounds, done, totals.table, totals.used, given, count)
                if done < len(rows):
                    totals.grow()
        if count[0]:
            self._given.append(given[: count[0]].copy())

    def of(self, accounts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the tiyn that each account was opened with.

        `accounts` has a line for the holders and keepers and one for forms and marks, as totals
        join them.
        """
        first, second = accounts
        found = np.zeros((2, len(first)), dtype=np.int64)
        with np.errstate(over="ignore"):
            look_up(first, second, self._totals.table, found)
            if self._given:
                slots = np.zeros(1 << (2 * len(first)).bit_length(), dtype=np.int32)
                index_accounts(first, second, slots)
                for given in self._given:
                    add_openings(given, first, second, slots, found)
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
    groups = gathering.groups()
    found = _summed(columns, _bounds(groups)) if groups else _listed(columns)
    accounts = np.empty((2, len(found.holder)), dtype=np.int64)
    for line, high, low in ((0, found.holder, found.keeper), (1, found.form, found.mark)):
        np.left_shift(high, _HALF_BITS, out=accounts[line], dtype=np.int64)
        accounts[line] |= low
    return AccountColumns(
        names=gathering.names,
        groups=tuple(groups),
        holder=found.holder,
        keeper=found.keeper,
        form=found.form.astype(np.int32),
        mark=found.mark,
        opening_tiyn=gathering.openings.of(accounts),
        closing_tiyn=found.free + found.held,
        held_tiyn=found.held,
    )


def _listed(columns: Iterable[BalanceColumns]) -> BalanceColumns:
    """Return all accounts of a ledger, of which each is there once."""
    parts = [in_one_layout(part) for part in columns]
    lines = zip(*parts, strict=True) if parts else ((),) * len(BALANCE_TYPES)
    listed = [
        np.concatenate([np.empty(0, dtype=kind), *line])
        for line, kind in zip(lines, BALANCE_TYPES, strict=True)
    ]
    found = BalanceColumns(*listed)
    for money in (found.free, found.held):
        _check_money(int(money.min(initial=0)), int(money.max(initial=0)))
    return found


def _summed(columns: Iterable[BalanceColumns], bounds: NDArray[np.int64]) -> BalanceColumns:
    """Return the accounts of a ledger, those of holders of a group put together."""
    totals = Totals()
    with np.errstate(over="ignore"):
        for part in map(in_one_layout, columns):
            done = 0
            while done < len(part.holder):
                done = fold_balances(part, bounds, done, totals.table, totals.used)
                if done < len(part.holder):
                    totals.grow()
    rows = totals.rows()
    rows = rows[np.argsort(rows[:, COUNT])]
    return BalanceColumns(
        holder=(rows[:, 0] >> _HALF_BITS).astype(np.int32),
        keeper=rows[:, 0].astype(np.int32),
        form=(rows[:, 1] >> _HALF_BITS).astype(np.uint8),
        mark=rows[:, 1].astype(np.int32),
        free=_whole(rows[:, FREE + 1], rows[:, FREE]),
        held=_whole(rows[:, HELD + 1], rows[:, HELD]),
    )


def _bounds(groups: dict[str, range]) -> NDArray[np.int64]:
    """Return first name and the one after the last of each group."""
    bounds = [(ids.start, ids.stop) for ids in groups.values()]
    return np.array(bounds, dtype=np.int64).reshape(-1, 2)


def _whole(high: NDArray[np.int64], low: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the exact sums of which these are the halves; no sum of money needs more."""
    least, most = int(high.min(initial=0)), int(high.max(initial=0))
    _check_money(least << _HALF_BITS, most << _HALF_BITS)
    return np.asarray((high << _HALF_BITS) + low)


def _check_money(least_tiyn: int, most_tiyn: int) -> None:
    if least_tiyn < -SUPPLY_MAX_TIYN:
        raise InvariantError("an account is more than all the money below zero")
    if most_tiyn > SUPPLY_MAX_TIYN:
        raise InvariantError("an account holds more than all the money there may be")
