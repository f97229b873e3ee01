"""Households filled with people, some thousands at a time.

Each line of a chunk depends on the numbers of the household and the person alone, so it does not
matter where one chunk ends and the next begins. Adults stand before children; parents come first.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.population.chances import FACTOR_MEAN, WEIGHT_MEAN, Chances, happens
from tengesim.population.columns import Role
from tengesim.population.composition import PARTNER_YEARS, THIRD_ADULT_FROM
from tengesim.population.society_model import (
    ADULT_AGE,
    PensionSection,
    ProgrammeSection,
    SocietySection,
)
from tengesim.streams import Streams, Words, below

__all__ = ["Filled", "Homes", "fill", "homes", "in_turns"]

_GOLDEN: Final = 0x9E3779B97F4A7C15
"""2**64 divided by the golden ratio: multiples of it fall evenly, however many are taken."""
_NEAR_OF_HUNDRED: Final = 8
"""Couples without children are at most eight hundredths of all other adults apart in age."""


class Homes(NamedTuple):
    """Households of a chunk: where they are, how many live there, and who with whom."""

    number: NDArray[np.int64]
    size: NDArray[np.int64]
    children: NDArray[np.int64]
    is_couple: NDArray[np.bool_]
    is_lone: NDArray[np.bool_]
    stratum: NDArray[np.int64]


class _Seats(NamedTuple):
    """Places of a chunk, by person; `start` is by household."""

    number: NDArray[np.int64]
    household: NDArray[np.int64]
    start: NDArray[np.int64]
    is_child: NDArray[np.bool_]


class Filled(NamedTuple):
    """People of a chunk; `household` counts from the first of the chunk."""

    household: NDArray[np.int64]
    age: NDArray[np.int64]
    is_female: NDArray[np.bool_]
    role: NDArray[np.int64]
    wage_tiyn: NDArray[np.int64]
    memberships: NDArray[np.uint16]
    deposit_tiyn: NDArray[np.int64]
    cash_tiyn: NDArray[np.int64]
    weight: NDArray[np.int64]


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


def fill(
    section: SocietySection, chances: Chances, streams: Streams, chunk: Homes, first_person: int
) -> Filled:
    """Return the people of a chunk of households."""
    seats = _seats(chunk, first_person)
    age = _ages(section, chances, streams, chunk, seats)
    is_female = _sexes(chances, streams, chunk, seats, age)
    memberships = np.zeros(len(age), dtype=np.uint16)
    is_pensioner = np.zeros(len(age), dtype=np.bool_)
    youngest = np.minimum.reduceat(age, seats.start)
    for bit, (name, programme) in enumerate(section.programmes.items()):
        if isinstance(programme, ProgrammeSection) and programme.kind == "families":
            homes_like = (chunk.children >= programme.children) & (youngest <= programme.youngest)
            families = np.flatnonzero(homes_like)
            words = streams.words(f"programmes.{name}", chunk.number[families])
            # One adult receives it for the family.
            members = seats.start[families[happens(words, chances.programmes[name])]]
        else:
            rates = _rates_of(programme, chances, name, (age, is_female))
            people = np.flatnonzero(rates)
            words = streams.words(f"programmes.{name}", seats.number[people])
            members = people[happens(words, rates[people])]
        memberships[members] |= np.uint16(1 << bit)
        if isinstance(programme, PensionSection):
            is_pensioner[members] = True
    adults = np.flatnonzero(~seats.is_child)
    words = streams.words("people.employed", seats.number[adults])
    works = adults[happens(words, chances.employed[age[adults]])]
    role = np.where(is_pensioner, int(Role.PENSIONER), int(Role.OTHER))
    role[works] = int(Role.EMPLOYED)
    role[seats.is_child] = int(Role.CHILD)
    wage, deposit, cash, weight = _money(section, chances, streams, seats.number, role)
    return Filled(
        household=seats.household,
        age=age,
        is_female=is_female,
        role=role,
        wage_tiyn=wage,
        memberships=memberships,
        deposit_tiyn=deposit,
        cash_tiyn=cash,
        weight=weight,
    )


def _seats(chunk: Homes, first_person: int) -> _Seats:
    household = np.repeat(np.arange(len(chunk.size)), chunk.size)
    start = np.cumsum(chunk.size) - chunk.size
    position = np.arange(len(household)) - start[household]
    return _Seats(
        number=np.arange(first_person, first_person + len(household)),
        household=household,
        start=start,
        is_child=position >= (chunk.size - chunk.children)[household],
    )


def _rates_of(
    programme: PensionSection | ProgrammeSection,
    chances: Chances,
    name: str,
    people: tuple[NDArray[np.int64], NDArray[np.bool_]],
) -> Words:
    """Return, as cut-offs, the chance that each of these people receives `programme`."""
    age, is_female = people
    if isinstance(programme, PensionSection):
        return np.asarray(np.where(is_female, chances.pension[1][age], chances.pension[0][age]))
    first, last = programme.ages
    is_meant = (age >= first) & (age <= last) & (is_female | (not programme.women_only))
    return np.asarray(np.where(is_meant, chances.programmes[name], np.uint64(0)))


def _ages(
    section: SocietySection, chances: Chances, streams: Streams, chunk: Homes, seats: _Seats
) -> NDArray[np.int64]:
    words = streams.words("people.age", seats.number)
    start = seats.start
    # Couples without children are near in rank among all other adults.
    alike = np.flatnonzero(chunk.is_couple & (chunk.children == 0))
    words[start[alike] + 1] = _near(
        words[start[alike]], streams.words("households.partner_rank", chunk.number[alike])
    )
    age = np.empty(len(words), dtype=np.int64)
    age[seats.is_child] = chances.child_age.rungs(words[seats.is_child])
    age[~seats.is_child] = ADULT_AGE + chances.adult_age.rungs(words[~seats.is_child])
    # Parents are older than their oldest child, so their ages follow from it.
    oldest = np.maximum.reduceat(np.where(seats.is_child, age, 0), start)
    family = np.flatnonzero(chunk.children)
    low, high = section.families.parent_youngest, section.families.parent_oldest
    years = below(streams.words("households.parent_years", chunk.number[family]), high + 1 - low)
    age[start[family]] = oldest[family] + low + years
    both = chunk.is_couple[family]
    off = below(
        streams.words("households.second_parent_years", chunk.number[family[both]]),
        2 * PARTNER_YEARS + 1,
    )
    second = np.abs(years[both] + off - PARTNER_YEARS)
    age[start[family[both]] + 1] = oldest[family[both]] + low + second
    return age


def _near(words: Words, off: Words) -> Words:
    """Return words near `words`, even over all words when these are: reflected at both ends."""
    whole = 1 << 62
    reach = whole * _NEAR_OF_HUNDRED // 100
    place = (words >> np.uint64(2)).astype(np.int64)
    place += (off % np.uint64(2 * reach)).astype(np.int64) - reach
    place = np.where(place < 0, -1 - place, place)
    place = np.where(place >= whole, 2 * whole - 1 - place, place)
    return np.asarray(place.astype(np.uint64) << np.uint64(2))


def _sexes(
    chances: Chances, streams: Streams, chunk: Homes, seats: _Seats, age: NDArray[np.int64]
) -> NDArray[np.bool_]:
    rates = np.where(seats.is_child, chances.girl[age], chances.woman_alone[age])
    lone = seats.start[chunk.is_lone & (chunk.children > 0)]
    rates[lone] = chances.lone_mother
    is_female = happens(streams.words("people.sex", seats.number), rates)
    couple = np.flatnonzero(chunk.is_couple)
    first = seats.start[couple]
    coin = streams.words("households.first_is_woman", chunk.number[couple])
    is_female[first] = (coin >> np.uint64(63)) == 1
    is_female[first + 1] = ~is_female[first]
    return is_female


def _money(
    section: SocietySection,
    chances: Chances,
    streams: Streams,
    numbers: NDArray[np.int64],
    role: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return wages, deposits, cash and spending; one rank may decide wage, deposit and spending."""
    count = len(numbers)
    wage, deposit, cash = (np.zeros(count, dtype=np.int64) for _ in range(3))
    spending_words = streams.words("people.spending", numbers)
    adults = np.flatnonzero(role != int(Role.CHILD))
    ids = numbers[adults]
    rank = streams.words("people.wage", ids)
    follows = happens(streams.words("people.follows_wage", ids), chances.follows_wage)
    spending_words[adults[follows]] = rank[follows]
    deposit[adults] = chances.purse.deposit.amounts(
        np.where(follows, rank, streams.words("people.deposit", ids))
    )
    cash[adults] = chances.purse.cash.amounts(streams.words("people.cash", ids))
    works = role[adults] == int(Role.EMPLOYED)
    wage[adults[works]] = np.maximum(chances.wage.amounts(rank[works]), section.wages.minimum.value)
    weight = chances.spending.amounts(spending_words) * chances.spending_by_role[role]
    weight //= FACTOR_MEAN * FACTOR_MEAN // WEIGHT_MEAN
    return wage, deposit, cash, np.minimum(weight, np.iinfo(np.int32).max)
