"""The tape: what everybody will want to pay, drawn ahead in cells of one stratum and one hour.

No random number is drawn inside an engine. A cell depends on its stratum and hour alone, so any
window can be drawn by itself, and a further programme adds strata without touching the others.
Rows are ordered by time, then by the stratum's name, then by number within the cell.

An hour of all strata is a window of columns, from which compiled code reads; wants that readable
code answers are made of the same columns. Strata that share a source are drawn together, the others
one by one and sorted in.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol, TypeGuard, cast

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import HOUR_US
from tengesim.codes import TrueLabel
from tengesim.journal.names import intent_of_want
from tengesim.payment import AccountId, NameId, RetailWant, Want

__all__ = [
    "ATTEMPT_BITS",
    "FORM_SHIFT",
    "IS_REMOTE",
    "IS_UNSERVED",
    "LABEL_SHIFT",
    "NO_ATTEMPT",
    "Cell",
    "RetailCell",
    "RetailStratum",
    "SharedStratum",
    "Source",
    "Stratum",
    "Tape",
    "VoucherStratum",
    "Window",
    "is_voucher",
]

IS_REMOTE: Final = 1
IS_UNSERVED: Final = 2
LABEL_SHIFT: Final = 2
FORM_SHIFT: Final = 5
"""Flags of a want: two bits, then three of the true label and three of the form."""
ATTEMPT_BITS: Final = 20
NO_ATTEMPT: Final = (1 << ATTEMPT_BITS) - 1
"""Evidence of an attempt that is never made."""
_ATTEMPTS: Final = 3
_THREE_BITS: Final = 7
_LABELS: Final = {label.value: label for label in TrueLabel}


class Cell(NamedTuple):
    """Columns of the wants of one stratum in one hour, ordered by time and number."""

    time_us: NDArray[np.int64]
    number: NDArray[np.int64]
    payer: NDArray[np.int64]
    payee: NDArray[np.int64]
    amount_tiyn: NDArray[np.int64]
    true_label: NDArray[np.int64]
    is_unserved: NDArray[np.bool_]
    evidence: NDArray[np.int64]
    """One column per attempt."""


class RetailCell(NamedTuple):
    """Columns of wants that any form of money may meet, ordered by time and number."""

    time_us: NDArray[np.int64]
    number: NDArray[np.int64]
    payer: NDArray[np.int64]
    payee: NDArray[np.int64]
    amount_tiyn: NDArray[np.int64]
    purpose: NDArray[np.int64]
    is_remote: NDArray[np.bool_]
    spare: NDArray[np.uint64]
    form: NDArray[np.int64]


class Window(NamedTuple):
    """Columns of the wants of all strata in one hour, in tape order."""

    time_us: NDArray[np.int64]
    rank: NDArray[np.int32]
    """Place of the stratum on the tape."""
    number: NDArray[np.int32]
    payer: NDArray[np.int64]
    """Party of a retail want, account of a voucher's."""
    payee: NDArray[np.int64]
    amount_tiyn: NDArray[np.int64]
    word: NDArray[np.uint64]
    """Spare word of a retail want; of a voucher the evidence of up to three attempts, 20 bits each,
    from the lowest, all ones where there is none."""
    flags: NDArray[np.uint8]
    intent_base: NDArray[np.int64]
    """Intent of number 0 of each stratum in this hour; those of other numbers follow downwards."""
    purpose: NDArray[np.int32]
    """Name of the purpose of a retail want, of the place of a voucher's."""


_Column = NDArray[np.integer]
_NONE: Final = np.empty(0, dtype=np.int64)
_NOTHING: Final = Window(
    time_us=_NONE,
    rank=np.empty(0, dtype=np.int32),
    number=np.empty(0, dtype=np.int32),
    payer=_NONE,
    payee=_NONE,
    amount_tiyn=_NONE,
    word=np.empty(0, dtype=np.uint64),
    flags=np.empty(0, dtype=np.uint8),
    intent_base=_NONE,
    purpose=np.empty(0, dtype=np.int32),
)


class _Stratum(Protocol):
    """Source of the cells of one kind of want in one place."""

    @property
    def name(self) -> NameId:
        """Id of the stratum's name in the log."""
        ...

    @property
    def title(self) -> str:
        """Name of the stratum, which orders it among others."""
        ...

    def hours(self) -> frozenset[int]:
        """Return the hours since the epoch (UTC) in which there may be wants."""
        ...


class VoucherStratum(_Stratum, Protocol):
    """Wants under the rules of one programme."""

    @property
    def programme(self) -> str:
        """Programme whose controls decide about the wants."""
        ...

    @property
    def category(self) -> str:
        """Merchant category of the payees (ISO 18245)."""
        ...

    @property
    def place(self) -> NameId:
        """Where the payments take place."""
        ...

    @property
    def payee(self) -> int:
        """Account that all of its wants would pay."""
        ...

    def draw(self, hour: int) -> Cell:
        """Return the cell of `hour`."""
        ...


class RetailStratum(_Stratum, Protocol):
    """Wants that any form of money may meet."""

    def draw_retail(self, hour: int) -> RetailCell:
        """Return the cell of `hour`."""
        ...


class Source(Protocol):
    """Where strata come from that are drawn together."""

    @property
    def count(self) -> int:
        """Number of strata."""
        ...

    def columns(self, hour: int, ranks: NDArray[np.int32]) -> Window:
        """Return the wants of an hour in tape order, of those strata whose rank is not below zero.

        Intents are left to the tape.
        """
        ...


class SharedStratum(RetailStratum, Protocol):
    """A stratum that is drawn together with others."""

    @property
    def source(self) -> Source:
        """Where it comes from."""
        ...

    @property
    def place(self) -> int:
        """Its number among those of its source."""
        ...

    @property
    def purpose(self) -> NameId:
        """What all of its wants are for."""
        ...


Stratum = VoucherStratum | RetailStratum


class Tape:
    """All strata of one world, in order."""

    __slots__ = ("_alone", "_bases", "_hours", "_sources", "strata")

    def __init__(self, strata: Sequence[Stratum]) -> None:
        """Order the strata by title; titles are unique."""
        ordered = sorted(strata, key=lambda stratum: stratum.title)
        if len({stratum.title for stratum in ordered}) != len(ordered):
            message = "two strata of the tape have one title"
            raise ValueError(message)
        self.strata = tuple(ordered)
        """In the order of their ranks."""
        self._bases = np.array([intent_of_want(one.name, 0, 0) for one in ordered], dtype=np.int64)
        self._sources: dict[Source, NDArray[np.int32]] = {}
        self._alone: dict[int, list[int]] = {}
        hours: set[frozenset[int]] = set()
        for rank, stratum in enumerate(ordered):
            own = stratum.hours()
            hours.add(own)
            if _is_shared(stratum):
                source = stratum.source
                none = np.full(source.count, -1, dtype=np.int32)
                self._sources.setdefault(source, none)[stratum.place] = rank
            else:
                for hour in own:
                    self._alone.setdefault(hour, []).append(rank)
        self._hours = frozenset().union(*hours)

    def hours(self) -> list[int]:
        """Return, ascending, the hours in which there may be wants."""
        return sorted(self._hours)

    def shared(self, hour: int) -> list[Window]:
        """Return the wants of an hour that depend on nothing before it, by source."""
        return [source.columns(hour, ranks) for source, ranks in self._sources.items()]

    def columns(self, hour: int) -> Window:
        """Return the wants of an hour in tape order."""
        return self.joined(hour, self.shared(hour))

    def joined(self, hour: int, shared: list[Window]) -> Window:
        """Return the wants of an hour in tape order, of which those of all sources are drawn."""
        parts = [*shared]
        alone = [self._cell(rank, hour) for rank in self._alone.get(hour, ())]
        if alone:
            joined = Window._make(map(np.concatenate, zip(*alone, strict=True)))
            order = np.lexsort((joined.number, joined.rank, joined.time_us))
            parts.append(_at(joined, order))
        window = parts[0] if parts else _at(_NOTHING, slice(0))
        for part in parts[1:]:
            window = _merged(window, part)
        return window._replace(intent_base=self._intents(hour))

    def want(self, window: Window, place: int) -> Want | RetailWant:
        """Return one want of a window."""
        return next(self._wants(window, slice(place, place + 1)))

    def window(self, first_hour: int, end_hour: int) -> list[Want | RetailWant]:
        """Return the wants of whole hours in [first_hour, end_hour), in tape order."""
        wants: list[Want | RetailWant] = []
        for hour in range(first_hour, end_hour):
            if hour in self._hours:
                wants.extend(self._wants(self.columns(hour), slice(None)))
        return wants

    def _intents(self, hour: int) -> NDArray[np.int64]:
        if not len(self._bases):
            return self._bases
        name = self.strata[0].name
        return self._bases + (intent_of_want(name, hour, 0) - intent_of_want(name, 0, 0))

    def _cell(self, rank: int, hour: int) -> Window:
        stratum = self.strata[rank]
        if is_voucher(stratum):
            window = _voucher_columns(stratum.draw(hour), rank, stratum.place)
        else:
            window = _retail_columns(cast("RetailStratum", stratum).draw_retail(hour), rank)
        if np.any(window.time_us // HOUR_US != hour):
            message = f"stratum {stratum.title} draws wants outside hour {hour}"
            raise ValueError(message)
        return window

    def _wants(self, window: Window, chosen: slice) -> Iterator[Want | RetailWant]:
        ranks, numbers = window.rank[chosen], window.number[chosen]
        intents = window.intent_base[ranks] - numbers
        columns = (
            window.time_us[chosen],
            ranks,
            numbers,
            intents,
            window.payer[chosen],
            window.payee[chosen],
            window.amount_tiyn[chosen],
            window.word[chosen],
            window.flags[chosen],
            window.purpose[chosen],
        )
        for row in zip(*(column.tolist() for column in columns), strict=True):
            stratum = self.strata[row[1]]
            if is_voucher(stratum):
                yield _voucher_want(row, stratum)
            else:
                yield _retail_want(row)


def is_voucher(stratum: Stratum) -> TypeGuard[VoucherStratum]:
    """Return whether the wants of a stratum are under the rules of one programme."""
    # To ask for all members that a protocol has is dear for each of millions.
    return not hasattr(stratum, "draw_retail")


def _is_shared(stratum: Stratum) -> TypeGuard[SharedStratum]:
    return hasattr(stratum, "source")


def _retail_want(row: Sequence[int]) -> RetailWant:
    time_us, rank, number, intent, payer, payee, amount_tiyn, word, flags, purpose = row
    # By position: a month has millions of wants, and naming the fields is dear.
    return RetailWant(
        time_us,
        rank,
        number,
        intent,
        payer,
        payee,
        amount_tiyn,
        NameId(purpose),
        bool(flags & IS_REMOTE),
        word,
        flags >> FORM_SHIFT,
    )


def _voucher_want(row: Sequence[int], stratum: VoucherStratum) -> Want:
    time_us, rank, number, intent, payer, payee, amount_tiyn, word, flags, place = row
    attempts = (word >> shift & NO_ATTEMPT for shift in range(0, _ATTEMPTS * ATTEMPT_BITS, 20))
    return Want(
        time_us,
        rank,
        number,
        intent,
        stratum.programme,
        AccountId(payer),
        AccountId(payee),
        amount_tiyn,
        stratum.category,
        NameId(place),
        _LABELS[flags >> LABEL_SHIFT & _THREE_BITS],
        bool(flags & IS_UNSERVED),
        tuple(evidence for evidence in attempts if evidence != NO_ATTEMPT),
    )


def _retail_columns(cell: RetailCell, rank: int) -> Window:
    flags = cell.is_remote * IS_REMOTE | cell.form << FORM_SHIFT
    return Window(
        time_us=cell.time_us,
        rank=np.full(len(cell.time_us), rank, dtype=np.int32),
        number=cell.number.astype(np.int32),
        payer=cell.payer.astype(np.int64),
        payee=cell.payee.astype(np.int64),
        amount_tiyn=cell.amount_tiyn.astype(np.int64),
        word=cell.spare.astype(np.uint64),
        flags=flags.astype(np.uint8),
        intent_base=_NONE,
        purpose=cell.purpose.astype(np.int32),
    )


def _voucher_columns(cell: Cell, rank: int, place: NameId) -> Window:
    count, attempts = cell.evidence.shape
    if attempts > _ATTEMPTS or np.any((cell.evidence < 0) | (cell.evidence >= NO_ATTEMPT)):
        message = f"{attempts} attempts; expected up to {_ATTEMPTS}, with evidence of 20 bits"
        raise ValueError(message)
    word = np.zeros(count, dtype=np.uint64)
    for attempt in range(_ATTEMPTS):
        seen = np.full(count, NO_ATTEMPT)
        if attempt < attempts:
            seen = cell.evidence[:, attempt]
        word |= seen.astype(np.uint64) << np.uint64(attempt * ATTEMPT_BITS)
    flags = cell.is_unserved * IS_UNSERVED | cell.true_label << LABEL_SHIFT
    return Window(
        time_us=cell.time_us,
        rank=np.full(count, rank, dtype=np.int32),
        number=cell.number.astype(np.int32),
        payer=cell.payer.astype(np.int64),
        payee=cell.payee.astype(np.int64),
        amount_tiyn=cell.amount_tiyn.astype(np.int64),
        word=word,
        flags=flags.astype(np.uint8),
        intent_base=_NONE,
        purpose=np.full(count, place, dtype=np.int32),
    )


def _at(window: Window, chosen: slice | NDArray[np.intp]) -> Window:
    kept = window._replace(intent_base=np.empty(len(window.rank), dtype=np.int64))
    return Window._make(column[chosen] for column in kept)._replace(intent_base=_NONE)


def _merged(window: Window, other: Window) -> Window:
    """Return two windows of different strata as one; the second is to be the shorter one."""
    places = np.searchsorted(window.time_us, other.time_us)
    ends = np.searchsorted(window.time_us, other.time_us, side="right")
    for i in np.flatnonzero(places < ends).tolist():
        # In one microsecond the rank decides.
        first, end = int(places[i]), int(ends[i])
        places[i] += np.searchsorted(window.rank[first:end], other.rank[i])
    columns: Iterator[tuple[_Column, _Column]] = zip(window, other, strict=True)
    return Window._make(
        np.insert(column, places, more) if len(more) else column for column, more in columns
    )
