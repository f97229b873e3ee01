"""Everyday wants drawn from behaviour: one stratum for each region and purpose, peaks apart.

A day of a stratum is drawn at once and dealt out by the hour, so a cell depends on seed, stratum
and hour alone. Who pays how often, when and how much are words of the payer's own streams; a
purpose more, or a peak on pay day, leaves every other draw as it was.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import DAY_US, HOUR_US, Calendar
from tengesim.money import BP, PAYMENT_MAX_TIYN
from tengesim.payment import NameId
from tengesim.population.columns import Society
from tengesim.population.lognormal import Lognormal, lognormal
from tengesim.ports import Interner
from tengesim.retail.behaviour import (
    RENT,
    TRANSFER,
    UTILITIES,
    WITHDRAWAL,
    BillSection,
    EverydaySection,
)
from tengesim.retail.payees import Payees
from tengesim.retail.profile import Clock, CountTable, Rates
from tengesim.retail.tape import RetailCell
from tengesim.streams import Streams, Words, below, chance, further

__all__ = ["EverydayStratum", "build", "is_payer", "wants_per_thousand"]

_PROGRAMME: Final = "retail"
_PAY_DAY: Final = "pay_day"
_THOUSAND: Final = 1_000
_WEIGHT_MAX: Final = 100_000
"""No product of the largest payment and a weight leaves 64 bits."""


class _Day(NamedTuple):
    """Wants of one stratum on one local day, by time, then by payer and number."""

    time_us: NDArray[np.int64]
    payer: NDArray[np.int64]
    spare: Words

    def at(self, chosen: slice | NDArray[np.int64]) -> "_Day":
        """Return the wants at some places."""
        return _Day(self.time_us[chosen], self.payer[chosen], self.spare[chosen])


Draw = Callable[[datetime.date], _Day]
"""Who wants something on a day, and when."""
Filled = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]
"""Payee, amount in tiyn, and whether payer and payee need not meet."""
Fill = Callable[[_Day], Filled]


_NONE: Final = np.empty(0, dtype=np.int64)
_NOTHING: Final = RetailCell(
    time_us=_NONE,
    number=_NONE,
    payer=_NONE,
    payee=_NONE,
    amount_tiyn=_NONE,
    purpose=_NONE,
    is_remote=np.empty(0, dtype=np.bool_),
    spare=np.empty(0, dtype=np.uint64),
    form=_NONE,
)


class EverydayStratum:
    """Wants of one purpose in one region."""

    __slots__ = ("_days", "_draw", "_fill", "_kept", "_purpose", "name", "title")

    def __init__(
        self,
        title: str,
        name: NameId,
        purpose: NameId,
        days: Mapping[int, tuple[datetime.date, ...]],
        draw: Draw,
        *,
        fill: Fill,
    ) -> None:
        """Deal out what `draw` and `fill` give, on the `days` of each hour since the epoch."""
        self.title = title
        self.name = name
        self._purpose = purpose
        self._days = days
        self._draw = draw
        self._fill = fill
        self._kept: dict[datetime.date, RetailCell] = {}

    def hours(self) -> frozenset[int]:
        """Return the hours since the epoch (UTC) in which there may be wants."""
        return frozenset(self._days)

    def draw_retail(self, hour: int) -> RetailCell:
        """Return the wants of one hour."""
        parts = [self._part(day, hour) for day in self._days[hour]]
        cell = parts[0]
        if not any(len(part.time_us) for part in parts):
            # Most hours of a small place: nobody wants anything, and nothing is worth copying.
            return cell
        if len(parts) > 1:
            # Only where clocks go back do two days share an hour.
            joined = _joined(parts)
            cell = _at(joined, np.lexsort((joined.spare, joined.payer, joined.time_us)))
        return cell._replace(number=np.arange(len(cell.time_us), dtype=np.int64))

    def _part(self, day: datetime.date, hour: int) -> RetailCell:
        if day not in self._kept:
            # Hours come in order, so a day is drawn once and let go with the next.
            self._kept = {day: self._whole(day)}
        whole = self._kept[day]
        first, end = np.searchsorted(whole.time_us, (hour * HOUR_US, (hour + 1) * HOUR_US))
        return _NOTHING if first == end else _at(whole, slice(int(first), int(end)))

    def _whole(self, day: datetime.date) -> RetailCell:
        """Return the wants of a local day; a want depends on its own words and on no other's."""
        drawn = self._draw(day)
        payee, amount_tiyn, is_remote = self._fill(drawn)
        # Whoever finds nobody to pay wants nothing.
        found = np.flatnonzero(payee >= 0)
        return RetailCell(
            time_us=drawn.time_us[found],
            number=found,
            payer=drawn.payer[found],
            payee=payee[found],
            amount_tiyn=np.clip(amount_tiyn[found], 1, PAYMENT_MAX_TIYN),
            purpose=np.full(len(found), self._purpose, dtype=np.int64),
            is_remote=is_remote[found],
            spare=drawn.spare[found],
            form=np.zeros(len(found), dtype=np.int64),
        )


def _joined(parts: Sequence[RetailCell]) -> RetailCell:
    return RetailCell(
        time_us=np.concatenate([part.time_us for part in parts]),
        number=np.concatenate([part.number for part in parts]),
        payer=np.concatenate([part.payer for part in parts]),
        payee=np.concatenate([part.payee for part in parts]),
        amount_tiyn=np.concatenate([part.amount_tiyn for part in parts]),
        purpose=np.concatenate([part.purpose for part in parts]),
        is_remote=np.concatenate([part.is_remote for part in parts]),
        spare=np.concatenate([part.spare for part in parts]),
        form=np.concatenate([part.form for part in parts]),
    )


def _at(cell: RetailCell, chosen: slice | NDArray[np.int64]) -> RetailCell:
    return RetailCell(
        time_us=cell.time_us[chosen],
        number=cell.number[chosen],
        payer=cell.payer[chosen],
        payee=cell.payee[chosen],
        amount_tiyn=cell.amount_tiyn[chosen],
        purpose=cell.purpose[chosen],
        is_remote=cell.is_remote[chosen],
        spare=cell.spare[chosen],
        form=cell.form[chosen],
    )


class _Site(NamedTuple):
    """What every stratum of a world is made of."""

    everyday: EverydaySection
    society: Society
    streams: Streams
    names: Interner
    calendar: Calendar
    dates: Sequence[datetime.date]
    clock: Clock
    payees: Payees
    payers: NDArray[np.int64]
    """Numbers of all who pay."""
    mean_weight: int
    """Mean spending power of those who pay, in thousandths."""


def build(
    everyday: EverydaySection,
    society: Society,
    streams: Streams,
    names: Interner,
    calendar: Calendar,
    *,
    dates: Sequence[datetime.date],
) -> list[EverydayStratum]:
    """Return the strata of all regions on `dates`, in order of region and purpose.

    Names of strata have to be small numbers in the log, so this is called before people are named.
    """
    payers = np.flatnonzero(is_payer(everyday, society))
    if not len(payers):
        return []
    weights = society.people.weight[payers].astype(np.int64)
    site = _Site(
        everyday=everyday,
        society=society,
        streams=streams,
        names=names,
        calendar=calendar,
        dates=dates,
        clock=Clock(everyday),
        payees=Payees(society, payers),
        payers=payers,
        mean_weight=max(1, int(weights.sum()) // len(weights)),
    )
    strata: list[EverydayStratum] = []
    for number in range(len(society.regions)):
        local = payers[society.people.region[payers] == number]
        if len(local):
            strata += _strata(site, number, local)
    return strata


def is_payer(everyday: EverydaySection, society: Society) -> NDArray[np.bool_]:
    """Return which people pay at all: those who are old enough and spend anything."""
    people = society.people
    return np.asarray((people.age >= everyday.youngest.value) & (people.weight > 0))


def wants_per_thousand(everyday: EverydaySection) -> Fraction:
    """Return the wants per 1,000 people and month, those for cash included.

    The stated number is of cashless payments; what is meant to be paid in cash comes on top.
    """
    cashless = Fraction(sum(everyday.cashless_weights().values()), BP**3)
    return Fraction(everyday.number.value, cashless) if cashless else Fraction(0)


def _strata(site: _Site, region: int, local: NDArray[np.int64]) -> list[EverydayStratum]:
    everyday = site.everyday
    # Volumes are stated per head of everybody, and made by those who pay.
    per_payer = Fraction(len(site.society.people.age), _THOUSAND * len(site.payers))
    wants = wants_per_thousand(everyday) * per_payer
    strata: list[EverydayStratum] = []
    for purpose, section in everyday.purposes.items():
        law = _law(everyday.ticket_of(purpose), section.median.value)
        fill: Fill = (
            partial(_transfers, site, law, local)
            if purpose == TRANSFER
            else partial(_purchases, site, law, purpose, region)
        )
        rates = Rates(everyday, wants * Fraction(section.share.value, BP))
        strata += _everyday(site, region, purpose, rates, local, fill=fill)
    cash = everyday.withdrawals
    fill = partial(_withdrawals, site, _law(cash.amount.value, cash.median.value))
    rates = Rates(everyday, cash.number.value * per_payer)
    strata += _everyday(site, region, WITHDRAWAL, rates, local, fill=fill)
    for purpose, bill in ((RENT, everyday.rent), (UTILITIES, everyday.utilities)):
        strata.append(_bills(site, region, purpose, bill, local))
    return strata


def _everyday(
    site: _Site,
    region: int,
    purpose: str,
    rates: Rates,
    local: NDArray[np.int64],
    *,
    fill: Fill,
) -> list[EverydayStratum]:
    """Return the stratum of a purpose in a region, and that of what pay day adds."""
    title = f"{_PROGRAMME}/{site.society.regions[region]}/{purpose}"
    stream = f"{_PROGRAMME}.{purpose}"
    counts = ((title, stream, rates.base), (f"{title}/{_PAY_DAY}", f"{stream}.pay", rates.peak))
    strata: list[EverydayStratum] = []
    for name, source, mean in counts:
        dates = [day for day in site.dates if mean(day)]
        by_rate = {rate: CountTable(rate) for rate in set(map(mean, dates))}
        tables = {day: by_rate[mean(day)] for day in dates}
        strata.append(
            EverydayStratum(
                name,
                site.names.id(name),
                site.names.id(purpose),
                _hours(site.calendar, dates),
                partial(_wanted, site, source, local, tables),
                fill=fill,
            )
        )
    return strata


def _hours(
    calendar: Calendar, dates: Sequence[datetime.date]
) -> dict[int, tuple[datetime.date, ...]]:
    """Return the dates of which each hour since the epoch may hold a part."""
    found: dict[int, tuple[datetime.date, ...]] = {}
    for day in dates:
        start_us = calendar.at(day)
        for hour in range(start_us // HOUR_US, (start_us + DAY_US - 1) // HOUR_US + 1):
            found[hour] = (*found.get(hour, ()), day)
    return found


def _wanted(
    site: _Site,
    stream: str,
    local: NDArray[np.int64],
    tables: Mapping[datetime.date, CountTable],
    day: datetime.date,
) -> _Day:
    """Return who of `local` wants something on `day`, as often as the tables say."""
    step = day.toordinal()
    counts = tables[day].draw(site.streams.words(f"{stream}.count", local, step))
    words = site.streams.words(f"{stream}.want", local, step)
    payer = np.repeat(local, counts)
    spare = np.empty(len(payer), dtype=np.uint64)
    first = np.cumsum(counts) - counts
    for number in range(int(counts.max(initial=0))):
        again = np.flatnonzero(counts > number)
        spare[first[again] + number] = further(words[again], "number", number)
    return _in_order(site, day, payer, spare)


def _in_order(site: _Site, day: datetime.date, payer: NDArray[np.int64], spare: Words) -> _Day:
    return _ordered(site.calendar.at(day) + site.clock.draw(further(spare, "time")), payer, spare)


def _ordered(time_us: NDArray[np.int64], payer: NDArray[np.int64], spare: Words) -> _Day:
    return _Day(time_us, payer, spare).at(np.lexsort((spare, payer, time_us)))


def _law(mean_tiyn: int, median_bp: int) -> Lognormal:
    """Return the law of amounts with a mean, and a median that is a share of it."""
    return lognormal(max(1, mean_tiyn * median_bp // BP), max(1, mean_tiyn))


def _amounts(site: _Site, law: Lognormal, drawn: _Day) -> NDArray[np.int64]:
    """Return what each want costs: the law of the purpose times what its payer can spend."""
    amount_tiyn = np.minimum(law.amounts(further(drawn.spare, "amount")), PAYMENT_MAX_TIYN)
    weight = site.society.people.weight[drawn.payer].astype(np.int64)
    return amount_tiyn * np.minimum(weight, _WEIGHT_MAX) // site.mean_weight


def _purchases(site: _Site, law: Lognormal, purpose: str, region: int, drawn: _Day) -> Filled:
    remote_bp = site.everyday.purposes[purpose].remote.value
    is_remote = chance(further(drawn.spare, "remote"), remote_bp)
    words = further(drawn.spare, "payee")
    payee = np.where(
        is_remote,
        site.payees.anywhere(purpose, words),
        site.payees.nearby(purpose, region, drawn.payer, words),
    )
    return payee, _amounts(site, law, drawn), is_remote


def _transfers(site: _Site, law: Lognormal, local: NDArray[np.int64], drawn: _Day) -> Filled:
    words = further(drawn.spare, "payee")
    stays = chance(further(drawn.spare, "in household"), site.everyday.in_household.value)
    family = site.payees.at_home(drawn.payer, words)
    payee = np.where(stays & (family >= 0), family, site.payees.others(drawn.payer, local, words))
    return payee, _amounts(site, law, drawn), np.ones(len(payee), dtype=np.bool_)


def _withdrawals(site: _Site, law: Lognormal, drawn: _Day) -> Filled:
    # Whoever takes out cash is the payee too; it takes a machine or a counter.
    return drawn.payer, _amounts(site, law, drawn), np.zeros(len(drawn.payer), dtype=np.bool_)


def _bills(
    site: _Site, region: int, purpose: str, bill: BillSection, local: NDArray[np.int64]
) -> EverydayStratum:
    """Return the monthly payments of households, each on a day of its own."""
    words = partial(site.streams.words, ids=site.payees.heads(local))
    pays = chance(words(f"{_PROGRAMME}.{purpose}.pays"), bill.households.value)
    heads = site.payees.heads(local)[pays]
    span = bill.last_day - bill.first_day + 1
    due = bill.first_day + below(words(f"{_PROGRAMME}.{purpose}.day")[pays], span)
    title = f"{_PROGRAMME}/{site.society.regions[region]}/{purpose}/bill"
    dates = [day for day in site.dates if np.any(due == day.day)]

    def draw(day: datetime.date) -> _Day:
        payer = heads[due == day.day]
        spare = site.streams.words(f"{_PROGRAMME}.{purpose}.want", payer, day.toordinal())
        return _in_order(site, day, payer, spare)

    law = _law(bill.amount.value, bill.median.value)
    return EverydayStratum(
        title,
        site.names.id(title),
        site.names.id(purpose),
        _hours(site.calendar, dates),
        draw,
        fill=partial(_billed, site, law, purpose, local),
    )


def _billed(
    site: _Site, law: Lognormal, purpose: str, local: NDArray[np.int64], drawn: _Day
) -> Filled:
    """Return to whom a bill is paid and how much: the same every month."""
    payee_words = site.streams.words(f"{_PROGRAMME}.{purpose}.payee", drawn.payer)
    if purpose == RENT:
        payee = site.payees.others(drawn.payer, local, payee_words)
    else:
        region = int(site.society.people.region[local[0]])
        payee = site.payees.nearby(purpose, region, drawn.payer, payee_words)
    amount_words = site.streams.words(f"{_PROGRAMME}.{purpose}.amount", drawn.payer)
    return payee, law.amounts(amount_words), np.ones(len(payee), dtype=np.bool_)
