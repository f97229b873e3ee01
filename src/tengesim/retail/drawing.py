"""Hours of everyday wants out of a plan: which day to index, how to cut it, and what to keep.

An hour needs the index of its day, or of two days where clocks were changed; as hours normally come
in order the index is kept until an hour of another day is asked for. It is a shortcut and nothing
else: without it every hour is the same.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from math import isqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import DAY_US, HOUR_US
from tengesim.retail.cells import BLOCK, complete, index_day
from tengesim.retail.ordering import Bench, lay_out, put_in_order
from tengesim.retail.plan import Day, Drawn, Found, Index, Piece, Plan
from tengesim.retail.sources import Agenda
from tengesim.retail.tape import Window

__all__ = ["Drawing"]

_PART_WANTS: Final = 1 << 16
"""About so many wants of a busy part are sorted within the processor's caches."""
_BITS_MAX: Final = 6
_MANY: Final = 1 << 17
"""So many wants of a day are indexed on two threads."""
_BUSY_SHARE: Final = 12
"""A busy hour has a twelfth of the wants of a day."""


class _Indexed(NamedTuple):
    day: Day
    indexed: Index
    first_hour: int


class _Share(NamedTuple):
    """Strata from the first up to the second, their places in the index, and what one may have."""

    strata: tuple[int, int]
    places: tuple[int, int]
    most: int


class _Desk(NamedTuple):
    """Room for the wants of a part, which is used again and again."""

    drawn: Drawn
    bench: Bench


class Drawing:
    """The wants of all everyday strata of a world, by the hour."""

    __slots__ = ("_agenda", "_desks", "_kept", "_plan", "_purposes", "bits")

    def __init__(self, plan: Plan, purposes: NDArray[np.int32], agenda: Agenda) -> None:
        """Take what does not change, the purpose of each stratum, and what holds on each day."""
        self._plan = plan
        self._purposes = purposes
        self._agenda = agenda
        self._kept: dict[date, _Indexed] = {}
        self._desks: list[_Desk] = []
        busiest = agenda.most // _BUSY_SHARE
        self.bits = min(_BITS_MAX, (busiest // _PART_WANTS).bit_length())

    @property
    def count(self) -> int:
        """Number of strata."""
        return len(self._purposes)

    def columns(self, hour: int, ranks: NDArray[np.int32]) -> Window:
        """Return the wants of an hour, of those strata whose rank is not below zero."""
        # Words wrap around by design; only uncompiled code would warn of it.
        with np.errstate(over="ignore"):
            return self._columns(hour, ranks, self._indexed(self._agenda.days.get(hour, ())))

    def _columns(self, hour: int, ranks: NDArray[np.int32], days: list[_Indexed]) -> Window:
        sizes = np.zeros(1 << self.bits, dtype=np.int64)
        for _, index, first_hour in days:
            first = (hour - first_hour) << self.bits
            cuts = index.starts[:, first : first + len(sizes) + 1]
            sizes += np.diff(cuts, axis=1).sum(axis=0)
        total = int(sizes.sum())
        window = _empty(total)
        if not total:
            return window
        desk, done = self._desk(int(sizes.max())), 0
        drawn, bench = desk.drawn, desk.bench._replace(ranks=ranks)
        bench.numbers[:] = 0
        for part in np.flatnonzero(sizes).tolist():
            used = 0
            for day, index, first_hour in days:
                piece = Piece(day, index, ((hour - first_hour) << self.bits) + part, hour)
                used = complete(self._plan, piece, drawn, bench, used)
            put_in_order(bench, used)
            lay_out(bench, used, hour, window, done)
            done += used
        self._desks.append(desk)
        return window if done == total else _until(window, done)

    def _desk(self, most: int) -> _Desk:
        """Return room for `most` wants that nobody else is using now."""
        try:
            desk = self._desks.pop()
        except IndexError:
            desk = None
        if desk is not None and len(desk.bench.keys) >= most:
            return desk
        ranks = np.empty(0, dtype=np.int32)
        return _Desk(_drawn(), _bench(most, ranks, self._purposes))

    def _indexed(self, days: tuple[date, ...]) -> list[_Indexed]:
        kept = {day: self._kept[day] for day in days if day in self._kept}
        # The index of a day past is let go before that of the next takes its room.
        self._kept = kept
        for day in days:
            if day not in kept:
                kept = {**kept, day: self._index(day)}
        self._kept = kept
        return [kept[day] for day in days]

    def _index(self, date_: date) -> _Indexed:
        day, wants = self._agenda.day(date_)
        first_hour = day.start_us // HOUR_US
        hours = (day.start_us + DAY_US - 1) // HOUR_US - first_hour + 1
        every, more = len(wants), 1
        cut = int(np.searchsorted(np.cumsum(wants), wants.sum() // 2)) if sum(wants) > _MANY else 0
        while True:
            # Chance may make more wants than anybody would expect; then there is more room.
            halves = [(0, cut), (cut, every)]
            first, second = (more * _room(int(wants[slice(*half)].sum())) for half in halves)
            most, room = more * _room(int(wants.max(initial=0))), first + second
            starts = np.empty((every, (hours << self.bits) + 1), dtype=np.int64)
            index = Index(starts, np.empty(room, np.int32), np.empty(room, np.uint16))
            shares = _Share(halves[0], (0, first), most), _Share(halves[1], (first, room), most)
            find = partial(_find, self._plan, day, self.bits, index)
            with ThreadPoolExecutor(1) as beside:
                found = beside.submit(find, shares[0]) if cut else None
                is_whole = find(shares[1])
                is_whole &= found is None or found.result()
            if is_whole:
                return _Indexed(day, index, first_hour)
            more *= 2


def _find(plan: Plan, day: Day, bits: int, index: Index, share: _Share) -> bool:
    """Index a share of the strata; return whether there is room for all of their wants."""
    strata, places, most = share
    return index_day(plan, day, bits, index, _found(most), _drawn(), strata, places) >= 0


def _room(wants: int) -> int:
    """Return how many wants there will hardly ever be more than: twelve standard deviations."""
    return wants + 12 * isqrt(wants) + 64


def _drawn() -> Drawn:
    return Drawn(
        payer=np.empty(BLOCK, dtype=np.int32),
        person=np.empty(BLOCK, dtype=np.int32),
        about=np.empty(BLOCK, dtype=np.uint32),
        number=np.empty(BLOCK, dtype=np.uint16),
        spare=np.empty(BLOCK, dtype=np.uint64),
        word=np.empty(BLOCK, dtype=np.uint64),
        group=np.empty(BLOCK, dtype=np.int64),
        entry=np.empty(BLOCK, dtype=np.int64),
        moment_us=np.empty(BLOCK, dtype=np.int64),
        payee=np.empty(BLOCK, dtype=np.int64),
        amount_tiyn=np.empty(BLOCK, dtype=np.int64),
        flags=np.empty(BLOCK, dtype=np.uint8),
    )


def _found(room: int) -> Found:
    return Found(
        payer=np.empty(room, dtype=np.int32),
        number=np.empty(room, dtype=np.uint16),
        part=np.empty(room, dtype=np.int32),
    )


def _bench(most: int, ranks: NDArray[np.int32], purposes: NDArray[np.int32]) -> Bench:
    return Bench(
        keys=np.empty(most, dtype=np.uint64),
        other=np.empty(most, dtype=np.uint64),
        wants=np.empty((most, 4), dtype=np.uint64),
        ranks=ranks,
        purposes=purposes,
        numbers=np.zeros(len(purposes), dtype=np.int64),
    )


def _empty(count: int) -> Window:
    return Window(
        time_us=np.empty(count, dtype=np.int64),
        rank=np.empty(count, dtype=np.int32),
        number=np.empty(count, dtype=np.int32),
        payer=np.empty(count, dtype=np.int64),
        payee=np.empty(count, dtype=np.int64),
        amount_tiyn=np.empty(count, dtype=np.int64),
        word=np.empty(count, dtype=np.uint64),
        flags=np.empty(count, dtype=np.uint8),
        intent_base=np.empty(0, dtype=np.int64),
        purpose=np.empty(count, dtype=np.int32),
    )


def _until(window: Window, end: int) -> Window:
    """Return a window without what lies beyond its end."""
    return Window._make(column[:end] for column in window)
