"""Which households there are, some thousands at a time, and what those in them are drawn from.

Each line of a chunk depends on the number of the household alone, so it does not matter where one
chunk ends and the next begins.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.population.chances import FACTOR_MEAN, WEIGHT_MEAN, Chances, happens
from tengesim.population.composition import PARTNER_YEARS, THIRD_ADULT_FROM
from tengesim.population.filling_kernel import (
    FAMILIES,
    HOUSEHOLD_STREAMS,
    PENSION,
    PEOPLE,
    PERSON_STREAMS,
    Laws,
)
from tengesim.population.ladder import Ladder
from tengesim.population.society_model import PensionSection, ProgrammeSection, SocietySection
from tengesim.streams import Streams, Words

__all__ = ["Firms", "Homes", "homes", "in_turns", "laws"]

_GOLDEN: Final = 0x9E3779B97F4A7C15
"""2**64 divided by the golden ratio: multiples of it fall evenly, however many are taken."""
Firms = tuple[NDArray[np.int64], NDArray[np.int64]]
"""First employer of each region, and how many it has."""


class Homes(NamedTuple):
    """Households of a chunk: where they are, how many live there, and who with whom."""

    number: NDArray[np.int64]
    size: NDArray[np.int64]
    children: NDArray[np.int64]
    is_couple: NDArray[np.bool_]
    is_lone: NDArray[np.bool_]
    stratum: NDArray[np.int64]


def in_turns(streams: Streams, name: str, numbers: NDArray[np.int64]) -> Words:
    """Return words that fall evenly among themselves, so that quotas hold for any first ones.

    Multiples of the golden ratio, modulo one, from a point that the stream decides.
    """
    start = streams.words(name, np.zeros(1, dtype=np.int64))
    return np.asarray(numbers.astype(np.uint64) * np.uint64(_GOLDEN) + start)


def homes(chances: Chances, streams: Streams, numbers: NDArray[np.int64], room: int) -> Homes:
    """Return the households `numbers`, as many as `room` people fill; the last may be cut."""
    size = chances.sizes[chances.size.rungs(streams.words("households.size", numbers))]
    before = np.cumsum(size) - size
    kept = int(np.searchsorted(before, room, side="left"))
    numbers, size, before = numbers[:kept], size[:kept], before[:kept]
    size = np.minimum(size, room - before)
    several = size > 1
    is_family = several & happens(streams.words("households.family", numbers), chances.family)
    is_lone = is_family & happens(streams.words("households.lone_parent", numbers), chances.lone)
    has_third = (
        (is_family & ~is_lone)
        & (size >= THIRD_ADULT_FROM)
        & happens(streams.words("households.third_adult", numbers), chances.third)
    )
    parents = np.where(is_lone, 1, 2)
    children = np.where(is_family, size - parents - has_third, 0)
    paired = happens(streams.words("households.couple", numbers), chances.couple)
    return Homes(
        number=numbers,
        size=size,
        children=children,
        is_couple=several & ~is_lone & (is_family | paired),
        is_lone=is_lone,
        stratum=chances.stratum.rungs(in_turns(streams, "households.place", numbers)),
    )


def laws(
    section: SocietySection, chances: Chances, streams: Streams, banks: Ladder, firms: Firms
) -> Laws:
    """Return what people of `section` are drawn from, in a form that compiled code can read."""
    names = (
        *HOUSEHOLD_STREAMS,
        *PERSON_STREAMS,
        *(f"programmes.{name}" for name in section.programmes),
    )
    money = (chances.wage, chances.purse.deposit, chances.purse.cash, chances.spending)
    families = section.families
    low, high = families.parent_youngest, families.parent_oldest
    return Laws(
        keys=np.array([streams.key(name) for name in names], dtype=np.uint64),
        child_starts=chances.child_age.starts,
        child_guide=chances.child_age.guide,
        adult_starts=chances.adult_age.starts,
        adult_guide=chances.adult_age.guide,
        bank_starts=banks.starts,
        bank_guide=banks.guide,
        girl=chances.girl,
        woman_alone=chances.woman_alone,
        employed=chances.employed,
        lone_mother=chances.lone_mother,
        follows_wage=chances.follows_wage,
        parent_years=np.array([low, high + 1 - low, PARTNER_YEARS], dtype=np.int64),
        programmes=np.array(
            [_meant(programme) for programme in section.programmes.values()], dtype=np.int64
        ).reshape(-1, 3),
        rates=_rates(section, chances),
        # The nodes lie where the normal distribution says, whatever is spread over them.
        nodes=chances.wage.thresholds,
        node_guide=chances.wage.nodes.guide,
        spans=chances.wage.span.astype(np.uint64),
        shifts=chances.wage.shift,
        values=np.stack([law.values for law in money]),
        rises=np.stack([law.rise for law in money]).astype(np.uint64),
        least_wage_tiyn=section.wages.minimum.value,
        spending_by_role=chances.spending_by_role,
        spending_unit=FACTOR_MEAN * FACTOR_MEAN // WEIGHT_MEAN,
        firms=np.stack(firms),
    )


def _meant(programme: PensionSection | ProgrammeSection) -> tuple[int, int, int]:
    """Return whom a programme is for, as `Laws.programmes` says it."""
    if isinstance(programme, PensionSection):
        return PENSION, 0, 0
    if programme.kind == "people":
        return PEOPLE, 0, 0
    return FAMILIES, programme.children, programme.youngest


def _rates(section: SocietySection, chances: Chances) -> Words:
    """Return, as cut-offs, the chance by sex and age that somebody receives each programme."""
    ages = len(chances.girl)
    rates = np.zeros((len(section.programmes), 2, ages), dtype=np.uint64)
    for rows, (name, programme) in zip(rates, section.programmes.items(), strict=True):
        if isinstance(programme, PensionSection):
            rows[:] = chances.pension
        elif programme.kind == "families":
            rows[:] = chances.programmes[name]
        else:
            first, last = programme.ages
            sexes = slice(int(programme.women_only), None)
            rows[sexes, first : last + 1] = chances.programmes[name]
    return rates
