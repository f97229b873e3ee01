"""Everyday wants drawn from behaviour: one stratum for each region and purpose, peaks apart.

Who pays how often, when and how much are words of the payer's own streams; a purpose more, or a
peak on pay day, leaves every other draw as it was. Here everything that drawing reads is written
into tables; regions differ in their people only, so streams and laws are those of all regions.
"""

import datetime
from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import Calendar
from tengesim.payment import NameId
from tengesim.population.columns import Society
from tengesim.ports import Interner
from tengesim.retail.behaviour import EverydaySection, wants_per_thousand
from tengesim.retail.drawing import Drawing
from tengesim.retail.guides import Guides
from tengesim.retail.payees import Payees, about_payers
from tengesim.retail.plan import LOCAL, NOBODY, PURCHASE, RENTAL, UTILITY, Plan
from tengesim.retail.sources import Agenda, Source, amounts, sources, tables
from tengesim.retail.tape import RetailCell
from tengesim.streams import Streams, below, chance

__all__ = ["EverydayStratum", "build", "is_payer"]

_PROGRAMME: Final = "retail"
_THOUSAND: Final = 1_000
_CLOCK_SPANS: Final = 256
_MONTH_DAYS: Final = np.arange(33)
"""Days of a month, and one beyond."""


class EverydayStratum:
    """Wants of one purpose in one region, which are drawn with those of all others."""

    __slots__ = ("_hours", "name", "place", "purpose", "source", "title")

    def __init__(self, named: "_Named", place: int, hours: frozenset[int], source: Drawing) -> None:
        """Point at a `place` in what a source draws."""
        self.title, self.name, self.purpose = named
        self.place = place
        self.source = source
        self._hours = hours

    def hours(self) -> frozenset[int]:
        """Return the hours since the epoch (UTC) in which there may be wants."""
        return self._hours

    def draw_retail(self, hour: int) -> RetailCell:
        """Return the wants of one hour."""
        ranks = np.full(self.source.count, -1, dtype=np.int32)
        ranks[self.place] = 0
        window = self.source.columns(hour, ranks)
        count = len(window.time_us)
        return RetailCell(
            time_us=window.time_us,
            number=window.number.astype(np.int64),
            payer=window.payer,
            payee=window.payee,
            amount_tiyn=window.amount_tiyn,
            purpose=np.full(count, self.purpose, dtype=np.int64),
            is_remote=window.flags == 1,
            spare=window.word,
            form=np.zeros(count, dtype=np.int64),
        )


class _Named(NamedTuple):
    title: str
    name: NameId
    purpose: NameId


class _Row(NamedTuple):
    """What is known of one stratum before all are joined."""

    named: _Named
    source: int
    columns: tuple[int, ...]
    """As `cells` names them."""
    local: int
    """How many people may want something."""
    heads: NDArray[np.intp]
    """Who pays a bill, in the order of their days."""
    starts: NDArray[np.intp]
    """Where each day of the month begins among them."""


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
    paying = is_payer(everyday, society)
    payers = int(np.count_nonzero(paying))
    if not payers:
        return []
    # Volumes are stated per head of everybody, and made by those who pay.
    per_payer = Fraction(len(paying), _THOUSAND * payers)
    made = sources(everyday, wants_per_thousand(everyday), per_payer)
    guides = Guides()
    guides.add(np.arange(24), np.array(everyday.hours.weights, np.int64), spans=_CLOCK_SPANS)
    payees = Payees(society, guides)
    rows: list[_Row] = []
    for region in range(len(society.regions)):
        local = np.flatnonzero(paying & (society.people.region == region)).astype(np.int32)
        if len(local):
            rows += _rows(made, region, local, payees, (society, streams, names))
    agenda = Agenda(
        streams,
        calendar,
        made,
        dates,
        source=np.array([row.source for row in rows]),
        local=np.array([row.local for row in rows]),
        heads=_laid_end_to_end([row.starts for row in rows]),
    )
    weight = int(society.people.weight.sum(where=paying, dtype=np.int64))
    groups = guides.groups()
    payers_of = sorted({row.columns[LOCAL] for row in rows})
    plan = Plan(
        tables(
            made,
            agenda,
            strata=np.array([row.columns for row in rows], dtype=np.int64),
            heads=np.concatenate([row.heads for row in rows]).astype(np.int32),
            about=about_payers(groups, payers_of, society.people),
        ),
        groups,
        amounts(made, max(1, weight // payers)),
    )
    purposes = np.array([row.named.purpose for row in rows], dtype=np.int32)
    drawing = Drawing(plan, purposes, agenda)
    hours: dict[tuple[datetime.date, ...], frozenset[int]] = {}
    strata = []
    for place, row in enumerate(rows):
        due = agenda.dates_of(place)
        if due not in hours:
            hours[due] = frozenset(agenda.hours_of(due))
        strata.append(EverydayStratum(row.named, place, hours[due], drawing))
    return strata


def is_payer(everyday: EverydaySection, society: Society) -> NDArray[np.bool_]:
    """Return which people pay at all: those who are old enough and spend anything."""
    people = society.people
    return np.asarray((people.age >= everyday.youngest.value) & (people.weight > 0))


def _rows(
    made: Sequence[Source],
    region: int,
    local: NDArray[np.int32],
    payees: Payees,
    world: tuple[Society, Streams, Interner],
) -> list[_Row]:
    """Return the strata of a region, whose payers are `local`."""
    society, streams, names = world
    group, homes = payees.local(local), payees.heads(local)
    rows = []
    for number, source in enumerate(made):
        title = f"{_PROGRAMME}/{society.regions[region]}/{source.title}"
        # Whoever is named first has the smaller number.
        named = _Named(title, names.id(title), names.id(source.purpose))
        shops = (NOBODY, NOBODY, NOBODY)
        if source.kind in {PURCHASE, UTILITY}:
            shops = (
                payees.anywhere(source.purpose),
                payees.nearby(source.purpose, region, is_urban=False),
                payees.nearby(source.purpose, region, is_urban=True),
            )
        places, due = np.empty(0, dtype=np.intp), np.empty(0, dtype=np.int64)
        if source.kind >= RENTAL:
            places, due = _bills(source, streams, local, homes)
        columns = (source.kind, number, group, *shops, source.law)
        starts = np.searchsorted(due, _MONTH_DAYS)
        heads = places + payees.first(group)
        rows.append(_Row(named, number, columns, len(local), heads, starts))
    return rows


def _bills(
    source: Source, streams: Streams, local: NDArray[np.int32], homes: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return who of `local` pays a bill and on which day of the month, in order of the day."""
    bill, stream = source.bill, source.stream
    if bill is None:
        message = f"{source.title} is no bill"
        raise ValueError(message)
    pays = chance(streams.words(f"{stream}.pays", local[homes]), bill.households.value)
    places = homes[pays]
    words = streams.words(f"{stream}.day", local[places])
    due = bill.first_day + below(words, bill.last_day - bill.first_day + 1)
    order = np.argsort(due, kind="stable")
    return places[order], due[order]


def _laid_end_to_end(starts: Sequence[NDArray[np.intp]]) -> NDArray[np.int64]:
    """Return where each day of each stratum begins when all strata stand one after another."""
    ends = np.cumsum([row[-1] for row in starts])
    return np.stack([row + end - row[-1] for row, end in zip(starts, ends, strict=True)])
