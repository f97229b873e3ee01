"""The annual plan of procurement, drawn once: buyers, their budgets, and what they will buy.

Totals of large lots are those that are published, to the tiyn. Every sector, sort and listed lot
draws for itself, so one more of them leaves all others as they were; nothing here depends on how
money is paid.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.institutions.procurement.plan_model import (
    DurationSection,
    LineSection,
    PlanSection,
    SectorSection,
    SortSection,
)
from tengesim.institutions.procurement.works import Buyer, Category, Layer, Lot, Method
from tengesim.money import BP, split_exactly
from tengesim.population.lognormal import lognormal
from tengesim.population.model import scaled
from tengesim.streams import Streams, Words, below, by_quota

__all__ = ["Plan", "draw_plan"]

_MEDIAN: Final = 1_000_000
"""Median weight of a large lot in its sector; only proportions matter."""
_TIYN: Final = 100
_FINE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Plan:
    """Who buys what in a year; lots stand in the order of their layer."""

    buyers: tuple[Buyer, ...]
    lots: tuple[Lot, ...]
    appropriations: Mapping[str, int]
    """What each buyer may spend, in tiyn by buyer's id."""


class _Grounds(NamedTuple):
    """What drawing lots needs besides their sector or sort."""

    section: PlanSection
    streams: Streams
    scale: Decimal
    working: Sequence[Sequence[datetime.date]]
    """Working days of the year, month by month."""
    buyers: Mapping[str, tuple[Buyer, ...]]


def draw_plan(
    section: PlanSection,
    *,
    streams: Streams,
    scale: Decimal,
    working: Sequence[datetime.date],
) -> Plan:
    """Return the plan of the year whose working days are given."""
    months: list[list[datetime.date]] = [[] for _ in section.announced.months]
    for day in working:
        months[day.month - 1].append(day)
    buyers = {name: _buyers_of(name, line) for name, line in section.lines.items()}
    grounds = _Grounds(section, streams, scale, months, buyers)
    lots = [*_listed(grounds), *_large(grounds), *_small(grounds)]
    return Plan(
        tuple(buyer for group in buyers.values() for buyer in group),
        tuple(lots),
        _appropriations(grounds, lots),
    )


def _buyers_of(name: str, line: LineSection) -> tuple[Buyer, ...]:
    return tuple(
        Buyer(f"{name}-buyer-{number + 1:03d}", line.region, line.cofog, name, line.level)
        for number in range(line.buyers.value)
    )


def _appropriations(grounds: _Grounds, lots: Sequence[Lot]) -> dict[str, int]:
    """Divide each line among its buyers as their plans ask for."""
    planned = dict.fromkeys((one.id for group in grounds.buyers.values() for one in group), 0)
    for lot in lots:
        planned[lot.buyer.id] += lot.estimate_tiyn
    parts: dict[str, int] = {}
    for name, line in grounds.section.lines.items():
        asked = {buyer.id: planned[buyer.id] for buyer in grounds.buyers[name]}
        planned_tiyn = sum(asked.values())
        room_bp = 0 if grounds.section.room is None else grounds.section.room.value
        whole_tiyn = planned_tiyn + planned_tiyn * room_bp // BP
        if line.appropriation is not None:
            # Lots that are listed by name are not scaled, and neither is the money for them.
            whole_tiyn = max(int(line.appropriation.value * grounds.scale), planned_tiyn)
        parts |= split_exactly(whole_tiyn, {one: asked[one] + 1 for one in asked})
    return parts


class _Sort(NamedTuple):
    """What the lots of one sector or sort have in common."""

    name: str
    prefix: str
    title: str
    layer: Layer
    category: Category
    commodity: str
    unit_price_tiyn: int
    duration: DurationSection


def _large(grounds: _Grounds) -> list[Lot]:
    large = grounds.section.large
    if large is None:
        return []
    lots: list[Lot] = []
    for name, sector in large.sectors.items():
        count = scaled(sector.lots.value, grounds.scale)
        if not count:
            continue
        numbers = np.arange(count, dtype=np.int64)
        words = _Chances(grounds.streams, f"large/{name}", numbers)
        skewed = lognormal(_MEDIAN, int(_MEDIAN * large.skew.value))
        weights = {
            f"{number:08d}": weight
            for number, weight in enumerate(skewed.amounts(words("amount")).tolist())
        }
        parts = split_exactly(int(sector.amount.value * grounds.scale), weights)
        shares = [share.value for share in large.methods.values()]
        known = list(large.methods)
        methods = [known[one] for one in by_quota(words("method"), shares).tolist()]
        buyers = grounds.buyers[sector.line]
        whose = [buyers[one] for one in below(words("buyer"), len(buyers)).tolist()]
        amounts = np.array([max(parts[key], 1) for key in sorted(parts)], dtype=np.int64)
        lots += _lots(
            grounds,
            _of_sector(name, sector, large.durations[sector.category]),
            words,
            _Drawn(amounts, methods, whose),
        )
    return lots


def _small(grounds: _Grounds) -> list[Lot]:
    small = grounds.section.small
    if small is None:
        return []
    lots: list[Lot] = []
    lines = list(small.lines)
    shares = [part.share.value for part in small.lines.values()]
    whole = scaled(small.lots.value, grounds.scale)
    counts = split_exactly(whole, {name: sort.share.value for name, sort in small.sorts.items()})
    for name, sort in small.sorts.items():
        if not counts[name]:
            continue
        numbers = np.arange(counts[name], dtype=np.int64)
        words = _Chances(grounds.streams, f"small/{name}", numbers)
        mean = max(sort.mean.value // _TIYN, 1)
        skewed = lognormal(max(mean * _FINE // int(sort.skew.value * _FINE), 1), mean)
        amounts = np.maximum(skewed.amounts(words("amount")), 1) * _TIYN
        of_line = by_quota(words("line"), shares).tolist()
        chosen = (words("buyer") >> np.uint64(32)).astype(np.int64).tolist()
        whose = [
            grounds.buyers[lines[line]][word % len(grounds.buyers[lines[line]])]
            for line, word in zip(of_line, chosen, strict=True)
        ]
        methods = [sort.method] * counts[name]
        lots += _lots(
            grounds,
            _of_small(name, sort, small.durations[sort.category]),
            words,
            _Drawn(amounts, methods, whose),
        )
    return lots


def _listed(grounds: _Grounds) -> list[Lot]:
    """Return the lots that are known by name, with what nobody knows of them drawn."""
    lots: list[Lot] = []
    for name, stated in grounds.section.lots.items():
        words = _Chances(grounds.streams, f"lots/{name}", np.zeros(1, dtype=np.int64))
        buyers = grounds.buyers[stated.line]
        amounts = np.array([stated.amount.value], dtype=np.int64)
        costs = _costs(grounds.section, words, amounts)
        units = stated.units.value if stated.units is not None else 1
        references = _references(grounds.section, words, costs, np.array([units]))
        lots.append(
            Lot(
                id=name,
                buyer=buyers[int(below(words("buyer"), len(buyers))[0])],
                layer="large",
                category=stated.category,
                commodity=stated.commodity,
                title=stated.title,
                estimate_tiyn=stated.amount.value,
                true_cost_tiyn=int(costs[0]),
                units=units,
                reference_price_tiyn=int(references[0]),
                method=stated.method,
                planned_on=stated.planned_on,
                duration_days=stated.duration.value,
            )
        )
    return lots


def _of_sector(name: str, sector: SectorSection, duration: DurationSection) -> _Sort:
    price_tiyn = 0 if sector.unit_price is None else sector.unit_price.value
    return _Sort(
        f"large/{name}",
        f"lot-{name}",
        sector.title,
        "large",
        sector.category,
        sector.commodity,
        price_tiyn,
        duration,
    )


def _of_small(name: str, sort: SortSection, duration: DurationSection) -> _Sort:
    price_tiyn = 0 if sort.unit_price is None else sort.unit_price.value
    return _Sort(
        f"small/{name}",
        f"small-{name}",
        name,
        "small",
        sort.category,
        sort.commodity,
        price_tiyn,
        duration,
    )


class _Chances(NamedTuple):
    """Random words of one sector, sort or lot, by the name of what is drawn."""

    streams: Streams
    name: str
    numbers: NDArray[np.int64]

    def __call__(self, what: str) -> Words:
        return self.streams.words(f"procurement/plan/{self.name}/{what}", self.numbers)


def _costs(section: PlanSection, words: _Chances, amounts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what efficient work costs, with a normal margin."""
    error_bp = section.estimate_error.value
    around_bp = below(words("cost"), 2 * error_bp + 1) - error_bp
    share_bp = section.efficient.value + around_bp
    # In two steps, since an estimate of trillions times basis points would leave 64 bits.
    whole, rest = amounts // BP, amounts % BP
    return np.asarray(np.maximum(whole * share_bp + rest * share_bp // BP, 1))


def _references(
    section: PlanSection, words: _Chances, costs: NDArray[np.int64], units: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the price of a unit that a buyer finds when it looks one up."""
    error_bp = section.reference_error.value
    factor_bp = BP + below(words("reference"), 2 * error_bp + 1) - error_bp
    each = np.maximum(costs // units, 1)
    whole, rest = each // BP, each % BP
    return np.asarray(np.maximum(whole * factor_bp + rest * factor_bp // BP, 1))


class _Drawn(NamedTuple):
    """What was drawn for the lots of a sector or sort, in columns."""

    amounts: NDArray[np.int64]
    methods: Sequence[Method]
    whose: Sequence[Buyer]


def _lots(grounds: _Grounds, sort: _Sort, words: _Chances, drawn: _Drawn) -> list[Lot]:
    """Return the lots of one sector or sort."""
    section, (amounts, methods, whose) = grounds.section, drawn
    costs = _costs(section, words, amounts)
    if sort.unit_price_tiyn:
        units = np.maximum(costs // sort.unit_price_tiyn, 1)
    else:
        units = np.ones(len(costs), dtype=np.int64)
    references = _references(section, words, costs, units)
    shortest, longest = sort.duration.shortest.value, sort.duration.longest.value
    durations = shortest + below(words("duration"), longest - shortest + 1)
    days = _days(grounds, words)
    rows = zip(
        amounts.tolist(),
        costs.tolist(),
        units.tolist(),
        references.tolist(),
        durations.tolist(),
        strict=True,
    )
    return [
        Lot(
            f"{sort.prefix}-{number + 1:06d}",
            whose[number],
            sort.layer,
            sort.category,
            sort.commodity,
            sort.title,
            amount,
            cost,
            unit,
            reference,
            methods[number],
            days[number],
            duration,
        )
        for number, (amount, cost, unit, reference, duration) in enumerate(rows)
    ]


def _days(grounds: _Grounds, words: _Chances) -> list[datetime.date]:
    """Return when each lot is announced: months by their shares, any working day within."""
    months = by_quota(words("month"), grounds.section.announced.months).tolist()
    within = (words("day") >> np.uint64(32)).astype(np.int64).tolist()
    return [
        grounds.working[month][word % len(grounds.working[month])]
        for month, word in zip(months, within, strict=True)
    ]
