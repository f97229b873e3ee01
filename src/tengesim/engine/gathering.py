"""What a run says of its whole log whatever it keeps of it, gathered while the rows pass.

How many payments there were, what accounts held at the opening, and the moments that metrics read.
None of it grows with the length of the log.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Status, column_text
from tengesim.journal.events import BalanceColumns, Rows
from tengesim.journal.keeping import Keeping
from tengesim.journal.names import Block, Names
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
_LOW_HALF: Final = (1 << _HALF_BITS) - 1
_Key = tuple[int, int, int, int]
_PARTIES: Final = ("person-", "merchant-", "employer-")
_SUMMED: Final = ("people", "merchants", "employers")
_ANSWERED: Final = (Status.SETTLED, Status.POSTED, Status.REFUSED)
_PAYMENTS: Final = (Kind.PAYMENT, Kind.DELIVERY, Kind.CLAIM, Kind.BUDGET_PAYMENT)


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

    __slots__ = ("_acts", "_answered", "_intent", "_is_answered", "_is_recorded", "_recorded")

    def __init__(self) -> None:
        """Start at zero."""
        self._answered = 0
        self._intent, self._is_answered, self._is_recorded = 0, False, False
        self._acts: set[int] = set()
        self._recorded: set[int] = set()

    def consume(self, rows: Rows) -> None:
        """Add further rows."""
        kind, status = rows["kind"], rows["status"]
        # A recorded delivery is no payment: money follows with its claim.
        recorded = (kind == Kind.DELIVERY) & (status == Status.RECORDED)
        answered = _is_any(kind, _PAYMENTS) & _is_any(status, _ANSWERED)
        chosen = np.flatnonzero(recorded | answered)
        intent, is_recorded = rows["intent"][chosen], recorded[chosen]
        act = intent >= 0
        self._acts.update(intent[act & ~is_recorded].tolist())
        self._recorded.update(intent[act & is_recorded].tolist())
        self._add_wants(intent[~act], is_recorded[~act])

    def total(self) -> int:
        """Return how many there are so far."""
        return self._answered + self._last() + len(self._acts - self._recorded)

    def _add_wants(self, intent: NDArray[np.int64], is_recorded: NDArray[np.bool_]) -> None:
        if not len(intent):
            return
        starts = np.flatnonzero(np.append(True, intent[1:] != intent[:-1]))
        some_recorded = np.logical_or.reduceat(is_recorded, starts)
        some_answered = np.logical_or.reduceat(~is_recorded, starts)
        if intent[0] == self._intent:
            some_recorded[0] |= self._is_recorded
            some_answered[0] |= self._is_answered
        else:
            self._answered += self._last()
        self._answered += int(np.count_nonzero(some_answered[:-1] & ~some_recorded[:-1]))
        self._intent = int(intent[-1])
        self._is_answered = bool(some_answered[-1])
        self._is_recorded = bool(some_recorded[-1])

    def _last(self) -> int:
        return int(self._is_answered and not self._is_recorded)


class Openings:
    """What accounts were opened with; `holder_of` may put many holders together."""

    __slots__ = ("_holder_of", "_opened")

    def __init__(self, holder_of: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> None:
        """Start without accounts."""
        self._holder_of = holder_of
        self._opened: dict[_Key, int] = {}

    def consume(self, rows: Rows) -> None:
        """Add further rows."""
        opening = (rows["kind"] == Kind.OPENING) & (rows["status"] == Status.SETTLED)
        if not opening.any():
            return
        chosen = rows[opening]
        for side, suffix, sign in (("payer", "", -1), ("payee", "_to", 1)):
            columns = (
                self._holder_of(chosen[side].astype(np.int64)),
                chosen[f"keeper{suffix}"],
                chosen[f"form{suffix}"],
                chosen[f"mark{suffix}"],
            )
            for key, (amount_tiyn,) in _summed(columns, chosen["amount_tiyn"]):
                self._opened[key] = self._opened.get(key, 0) + sign * amount_tiyn

    def of(self, key: _Key) -> int:
        """Return the tiyn that an account was opened with."""
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
            openings=Openings(
                lambda holders: _grouped(holders, _summed_of(names, is_summary=is_summary))
            ),
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
    money: dict[_Key, list[int]] = {}
    names, groups = gathering.names, gathering.groups()
    for part in columns:
        holder = _grouped(part.holder.astype(np.int64), groups)
        keys = (holder, part.keeper, part.form, part.mark)
        for key, amounts in _summed(keys, part.free, part.held):
            known = money.setdefault(key, [0, 0])
            for place, amount_tiyn in enumerate(amounts):
                known[place] += amount_tiyn
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
        for key, (free_tiyn, held_tiyn) in money.items()
    ]


def _grouped(holders: NDArray[np.int64], groups: dict[str, range]) -> NDArray[np.int64]:
    """Return holders with −1 in place of all of the first group, −2 of the second, and so on."""
    for number, ids in enumerate(groups.values(), start=1):
        holders = np.where((holders >= ids.start) & (holders < ids.stop), -number, holders)
    return holders


def _summed(
    columns: tuple[NDArray[np.integer], ...], *amounts: NDArray[np.int64]
) -> Iterator[tuple[_Key, tuple[int, ...]]]:
    """Yield exact sums of each of `amounts` by key, in the order in which keys are first met."""
    table = np.stack([column.astype(np.int64) for column in columns], axis=1)
    order = np.lexsort(table.T[::-1])
    ordered = table[order]
    is_first = np.append(True, (ordered[1:] != ordered[:-1]).any(axis=1))[: len(order)]
    group = np.empty(len(order), dtype=np.intp)
    group[order] = np.cumsum(is_first) - 1
    firsts = np.minimum.reduceat(order, np.flatnonzero(is_first)) if len(order) else order
    sums = [_sums(group, one, len(firsts)) for one in amounts]
    for number in np.argsort(firsts).tolist():
        first, second, third, fourth = table[firsts[number]].tolist()
        yield (first, second, third, fourth), tuple(one[number] for one in sums)


def _sums(group: NDArray[np.intp], amounts: NDArray[np.int64], count: int) -> list[int]:
    """Return the exact sum of each group: taken in halves, so that none can wrap."""
    low, high = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    np.add.at(low, group, amounts & _LOW_HALF)
    np.add.at(high, group, amounts >> _HALF_BITS)
    pairs = zip(high.tolist(), low.tolist(), strict=True)
    return [(upper << _HALF_BITS) + lower for upper, lower in pairs]


def _is_any(column: NDArray[np.uint8], codes: tuple[int, ...]) -> NDArray[np.bool_]:
    found = column == codes[0]
    for code in codes[1:]:
        found |= column == code
    return np.asarray(found)
