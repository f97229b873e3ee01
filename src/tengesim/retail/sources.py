"""What the wants of a purpose are drawn from, the same in every region, and on which days.

A source has streams of its own, a law of amounts, and an expected number for each day. All of it is
written here into tables of whole numbers, which compiled code reads.
"""

import datetime
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import DAY_US, HOUR_US, Calendar
from tengesim.money import BP, PAYMENT_MAX_TIYN
from tengesim.population.lognormal import Lognormal, lognormal
from tengesim.retail.behaviour import (
    RENT,
    TRANSFER,
    UTILITIES,
    WITHDRAWAL,
    BillSection,
    EverydaySection,
)
from tengesim.retail.plan import (
    PURCHASE,
    RENTAL,
    SOURCE,
    TRANSFERRED,
    UTILITY,
    WITHDRAWN,
    Amounts,
    Day,
    Tables,
)
from tengesim.retail.profile import CountTable, Rates
from tengesim.streams import Streams, half_below, key_of

__all__ = ["Agenda", "Expected", "Source", "amounts", "sources", "tables"]

_NODE_BITS: Final = 12
_FINE: Final = 20
"""Expected numbers are rounded up to a millionth, as 2**-20."""
_FURTHER: Final = ("time", "within the hour", "remote", "payee", "in household", "amount")
"""In the order of the places that `cells` names."""


class Source(NamedTuple):
    """Wants of one purpose, or those that pay day adds to them, or its bills."""

    kind: int
    title: str
    """After the region in the name of a stratum."""
    purpose: str
    stream: str
    law: int
    """Place among the laws of amounts."""
    amount: Lognormal
    apart_bp: int
    """Share of purchases that are remote, or of transfers that stay at home."""
    mean: Callable[[datetime.date], Fraction] | None
    """Expected number of one payer on a day; bills have none."""
    bill: BillSection | None


class Expected(NamedTuple):
    """A day, with the number of wants to expect of each stratum."""

    day: Day
    wants: NDArray[np.int64]


def sources(everyday: EverydaySection, wants: Fraction, per_payer: Fraction) -> list[Source]:
    """Return what strata of every region are drawn from, in their order.

    `wants` are those per thousand and month, which `per_payer` turns into those of one payer.
    """
    cash = everyday.withdrawals
    made: list[Source] = []
    for purpose, section in everyday.purposes.items():
        is_transfer = purpose == TRANSFER
        made += _everyday(
            TRANSFERRED if is_transfer else PURCHASE,
            purpose,
            Rates(everyday, wants * per_payer * Fraction(section.share.value, BP)),
            _law(everyday.ticket_of(purpose), section.median.value),
            apart_bp=(everyday.in_household if is_transfer else section.remote).value,
            law=len(made) // 2,
        )
    made += _everyday(
        WITHDRAWN,
        WITHDRAWAL,
        Rates(everyday, cash.number.value * per_payer),
        _law(cash.amount.value, cash.median.value),
        apart_bp=0,
        law=len(made) // 2,
    )
    laws = len(made) // 2
    bills = ((RENTAL, RENT, everyday.rent), (UTILITY, UTILITIES, everyday.utilities))
    for number, (kind, purpose, bill) in enumerate(bills):
        made.append(
            Source(
                kind,
                f"{purpose}/bill",
                purpose,
                f"retail.{purpose}",
                laws + number,
                _law(bill.amount.value, bill.median.value),
                0,
                None,
                bill,
            )
        )
    return made


def _everyday(
    kind: int, purpose: str, rates: Rates, amount: Lognormal, *, apart_bp: int, law: int
) -> list[Source]:
    """Return the source of a purpose, and that of what pay day adds."""
    parts = (
        (purpose, f"retail.{purpose}", rates.base),
        (f"{purpose}/pay_day", f"retail.{purpose}.pay", rates.peak),
    )
    return [
        Source(kind, title, purpose, stream, law, amount, apart_bp, mean, None)
        for title, stream, mean in parts
    ]


def _law(mean_tiyn: int, median_bp: int) -> Lognormal:
    """Return the law of amounts with a mean, and a median that is a share of it."""
    return lognormal(max(1, mean_tiyn * median_bp // BP), max(1, mean_tiyn))


class Agenda:
    """What is to be drawn on which day."""

    __slots__ = (
        "_calendar",
        "_heads",
        "_local",
        "_means",
        "_source",
        "_sources",
        "_spans",
        "_streams",
        "count_max",
        "counts",
        "days",
        "most",
    )

    def __init__(
        self,
        streams: Streams,
        calendar: Calendar,
        made: Sequence[Source],
        dates: Sequence[datetime.date],
        *,
        source: NDArray[np.int64],
        local: NDArray[np.int64],
        heads: NDArray[np.int64],
    ) -> None:
        """Take source and payers of each stratum, and where its bills of each day begin."""
        self._streams, self._calendar, self._sources = streams, calendar, made
        self._source, self._local, self._heads = source, local, heads
        self._spans: dict[datetime.date, NDArray[np.int64]] = {}
        self._means: dict[datetime.date, NDArray[np.int64]] = {}
        tables_: dict[Fraction, tuple[int, int]] = {}
        counts: list[NDArray[np.uint64]] = [np.empty(0, dtype=np.uint64)]
        used = 0
        for day in dates:
            means = [Fraction(0) if one.mean is None else one.mean(day) for one in made]
            for mean in means:
                if mean not in tables_:
                    counts.append(CountTable(mean).thresholds)
                    tables_[mean] = (used, used + len(counts[-1]))
                    used += len(counts[-1])
            self._spans[day] = np.array([tables_[mean] for mean in means], dtype=np.int64)
            fine = [-((-mean.numerator << _FINE) // mean.denominator) for mean in means]
            self._means[day] = np.array(fine, dtype=np.int64)
        self.counts = np.concatenate(counts)
        """Cumulated Poisson laws, one after another."""
        self.count_max = max(map(len, counts))
        self.days = self.hours_of(dates)
        """Dates of which each hour since the epoch may hold a part."""
        self.most = max((int(self._wants(day).sum()) for day in dates), default=0)
        """Wants to expect of the busiest day."""

    def dates_of(self, stratum: int) -> tuple[datetime.date, ...]:
        """Return the dates on which a stratum may have wants."""
        source, heads = int(self._source[stratum]), self._heads[stratum]
        if self._sources[source].bill is None:
            return tuple(day for day, fine in self._means.items() if fine[source])
        return tuple(day for day in self._means if heads[day.day] < heads[day.day + 1])

    def hours_of(self, dates: Sequence[datetime.date]) -> dict[int, tuple[datetime.date, ...]]:
        """Return the hours since the epoch that may hold a part of some dates, with these."""
        found: dict[int, tuple[datetime.date, ...]] = {}
        for day in dates:
            start_us = self._calendar.at(day)
            for hour in range(start_us // HOUR_US, (start_us + DAY_US - 1) // HOUR_US + 1):
                found[hour] = (*found.get(hour, ()), day)
        return found

    def day(self, date: datetime.date) -> Expected:
        """Return what drawing reads of a date."""
        spans = self._spans[date][self._source]
        is_bill = np.array([one.bill is not None for one in self._sources])[self._source]
        bills = self._heads[:, date.day : date.day + 2]
        step = date.toordinal()
        keys = [
            (
                *self._streams.key(f"{one.stream}.count", step),
                *self._streams.key(f"{one.stream}.want", step),
            )
            for one in self._sources
        ]
        day = Day(
            int(self._calendar.at(date)),
            np.where(is_bill[:, None], bills, spans),
            np.array(keys, dtype=np.uint64),
        )
        return Expected(day, self._wants(date))

    def bill_keys(self) -> NDArray[np.uint64]:
        """Return what makes words that bills have in every month, for each source."""
        key = self._streams.key
        keys = [
            (*key(f"{one.stream}.payee"), *key(f"{one.stream}.amount")) for one in self._sources
        ]
        return np.array(keys, dtype=np.uint64)

    def _wants(self, date: datetime.date) -> NDArray[np.int64]:
        fine = self._means[date][self._source]
        bills = self._heads[:, date.day + 1] - self._heads[:, date.day]
        return (self._local * fine >> _FINE) + (fine > 0) + bills


def tables(
    made: Sequence[Source],
    agenda: Agenda,
    *,
    strata: NDArray[np.int64],
    heads: NDArray[np.int32],
    about: NDArray[np.uint32],
) -> Tables:
    """Return what drawing reads of strata, streams and people."""
    apart = np.array([half_below(one.apart_bp) for one in made], dtype=np.uint64)
    return Tables(
        strata=strata,
        threshold=apart[strata[:, SOURCE]],
        bills=agenda.bill_keys(),
        further=np.array([key_of(purpose) for purpose in _FURTHER], dtype=np.uint64),
        numbers=np.array([key_of("number", n) for n in range(agenda.count_max)], dtype=np.uint64),
        counts=agenda.counts,
        heads=heads,
        about=about,
    )


def amounts(made: Sequence[Source], mean_weight: int) -> Amounts:
    """Return the laws of amounts, whose nodes are the same; weights are relative to their mean."""
    laws = {one.law: one.amount for one in made}
    first = laws[0]
    shift = 64 - _NODE_BITS
    words = np.arange(1 << _NODE_BITS, dtype=np.uint64) << np.uint64(shift)
    return Amounts(
        thresholds=first.thresholds,
        guide=np.searchsorted(first.thresholds, words, side="right").astype(np.int32),
        guide_shift=np.uint64(shift),
        span=first.span,
        shift=first.shift,
        values=np.stack([laws[law].values for law in range(len(laws))]),
        rise=np.stack([laws[law].rise for law in range(len(laws))]),
        mean_weight=mean_weight,
        amount_max_tiyn=PAYMENT_MAX_TIYN,
    )
