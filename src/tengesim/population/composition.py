"""Who lives with whom, so that households are plausible and every age has its published share.

Children live with adults, a parent is older than the oldest child by a parent's years, couples
are a woman and a man. The ages of parents follow from their children; what is left of the table of
ages is where all other adults are drawn from. So the shares come out exactly, in fractions, or the
tables are refused because no households can be made of these people.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from tengesim.money import BP
from tengesim.population.society_model import ADULT_AGE, ProgrammeSection, SocietySection

__all__ = ["Ages", "Composition", "DoesNotFitError", "compose", "families_like", "parent_gaps"]

THIRD_ADULT_FROM: Final = 4
"""Families smaller than this have no room for another adult."""
PARTNER_YEARS: Final = 5
"""A second parent is at most this much younger or older than the first."""

Ages = dict[int, Fraction]
"""Persons per household by age in years."""
_NOBODY: Final = Fraction(0)


class DoesNotFitError(ValueError):
    """Say that no households can be made of these people; `at` leads to the table to change."""

    def __init__(self, message: str, at: tuple[str | int, ...]) -> None:
        """Keep the message and where to look."""
        super().__init__(message)
        self.at = at


class Composition(NamedTuple):
    """Chances and distributions by which households are filled.

    Ages are persons per household; `women_alone` is the chance, by age, that an adult who is
    neither in a couple nor a lone parent is a woman.
    """

    mean_size: Fraction
    family: Fraction
    """Chance that a household of two or more, if it can hold children, is a family."""
    children: Ages
    others: Ages
    everybody: Ages
    women: Mapping[int, Fraction]
    women_alone: Mapping[int, Fraction]
    families: Mapping[int, Fraction]
    """Families per household by number of children."""

    def people_like(self, first: int, last: int, *, women_only: bool = False) -> Fraction:
        """Return the share of all people whose age lies in `first` to `last`."""
        found = sum(
            (
                count * (self.women[age] if women_only else 1)
                for age, count in self.everybody.items()
                if first <= age <= last
            ),
            _NOBODY,
        )
        return Fraction(found, self.mean_size)


def families_like(composition: Composition, section: ProgrammeSection) -> Fraction:
    """Return the families per household that a programme for families is meant for."""
    young = sum(
        (count for age, count in composition.children.items() if age <= section.youngest),
        _NOBODY,
    )
    older = 1 - Fraction(young, sum(composition.children.values(), _NOBODY) or 1)
    return sum(
        (
            count * (1 - older**children)
            for children, count in composition.families.items()
            if children >= section.children
        ),
        _NOBODY,
    )


def compose(section: SocietySection) -> Composition:
    """Return how households are made; raise DoesNotFitError when they cannot be."""
    mean_size = sum((row.size * Fraction(row.share, BP) for row in section.households), _NOBODY)
    everybody, women = _by_age(section, mean_size)
    children = {age: count for age, count in everybody.items() if age < ADULT_AGE}
    adults = {age: count for age, count in everybody.items() if age >= ADULT_AGE}
    family = _family_chance(section, sum(children.values(), _NOBODY))
    lone, first, second = _parents(section, family, children)
    others = {
        age: adults.get(age, _NOBODY) - lone[age] - first[age] - second[age]
        for age in range(ADULT_AGE, max(*adults, *lone, *second) + 1)
    }
    _check_left(others, adults)
    coupled = Fraction(_in_other_couples(section, family), sum(others.values(), _NOBODY) or 1)
    alone = {age: count * (1 - coupled) for age, count in others.items()}
    pairs = {age: adults[age] - alone[age] - lone[age] for age in adults}
    return Composition(
        mean_size=mean_size,
        family=family,
        children=children,
        others={age: others[age] for age in adults},
        everybody=everybody,
        women=women,
        women_alone=_women_alone(section, alone, lone, pairs),
        families=_families(section, family),
    )


def _by_age(section: SocietySection, mean_size: Fraction) -> tuple[Ages, Ages]:
    """Return persons per household, and the share of women, by age."""
    everybody: Ages = {}
    women: Ages = {}
    for band in section.ages:
        years = band.until + 1 - band.since
        for age in range(band.since, band.until + 1):
            everybody[age] = mean_size * Fraction(band.share, BP * years)
            women[age] = Fraction(band.women, BP)
    return everybody, women


def _kinds(section: SocietySection) -> Iterator[tuple[Fraction, int, int]]:
    """Yield the kinds of families: their share were all households families, children, parents."""
    lone = Fraction(section.families.lone_parents.value, BP)
    third = Fraction(section.families.third_adults.value, BP)
    for row in section.households:
        share = Fraction(row.share, BP)
        if row.size > 1:
            yield share * lone, row.size - 1, 1
        if row.size > THIRD_ADULT_FROM - 1:
            yield share * (1 - lone) * third, row.size - 3, 2
            yield share * (1 - lone) * (1 - third), row.size - 2, 2
        elif row.size > 1:
            yield share * (1 - lone), row.size - 2, 2


def _family_chance(section: SocietySection, child_count: Fraction) -> Fraction:
    room = sum((share * children for share, children, _ in _kinds(section)), _NOBODY)
    if child_count > room:
        raise DoesNotFitError(
            f"there are {_hundredths(child_count)} children to a household, and room for"
            f" {_hundredths(room)}",
            ("households",),
        )
    return Fraction(child_count, room) if room else _NOBODY


def _families(section: SocietySection, family: Fraction) -> Ages:
    found: defaultdict[int, Fraction] = defaultdict(Fraction)
    for share, children, _ in _kinds(section):
        if children:
            found[children] += share * family
    return dict(sorted(found.items()))


def _parents(section: SocietySection, family: Fraction, children: Ages) -> tuple[Ages, Ages, Ages]:
    """Return lone, first and second parents per household by age."""
    lone: defaultdict[int, Fraction] = defaultdict(Fraction)
    first: defaultdict[int, Fraction] = defaultdict(Fraction)
    second: defaultdict[int, Fraction] = defaultdict(Fraction)
    gaps, partner_gaps = parent_gaps(section)
    # By the age of the oldest child first: fewer products than family by family.
    alone: defaultdict[int, Fraction] = defaultdict(Fraction)
    both: defaultdict[int, Fraction] = defaultdict(Fraction)
    for share, count, parents in _kinds(section):
        for oldest, chance in _oldest(children, count).items() if count else ():
            (alone if parents == 1 else both)[oldest] += share * family * chance
    for years, part in gaps.items():
        for oldest in children:
            lone[oldest + years] += alone[oldest] * part
            first[oldest + years] += both[oldest] * part
    for years, part in partner_gaps.items():
        for oldest in children:
            second[oldest + years] += both[oldest] * part
    return lone, first, second


def parent_gaps(section: SocietySection) -> tuple[Ages, Ages]:
    """Return by how many years the first and the second parent are older than the oldest child.

    The first evenly within its range; the second is up to five years off the first, and reflected
    where that would be too young.
    """
    low, high = section.families.parent_youngest, section.families.parent_oldest
    first: defaultdict[int, Fraction] = defaultdict(Fraction)
    second: defaultdict[int, Fraction] = defaultdict(Fraction)
    part = Fraction(1, high + 1 - low)
    for years in range(high + 1 - low):
        first[low + years] += part
        for off in range(-PARTNER_YEARS, PARTNER_YEARS + 1):
            second[low + abs(years + off)] += part * Fraction(1, 2 * PARTNER_YEARS + 1)
    return dict(sorted(first.items())), dict(sorted(second.items()))


def _oldest(children: Ages, count: int) -> Ages:
    """Return the distribution of the age of the oldest of `count` children."""
    total = sum(children.values(), _NOBODY) or 1
    found: Ages = {}
    passed = before = _NOBODY
    for age, weight in children.items():
        passed += weight
        up_to = Fraction(passed, total) ** count
        found[age] = up_to - before
        before = up_to
    return found


def _check_left(others: Ages, adults: Ages) -> None:
    for age, count in others.items():
        if count < 0:
            there, needed = adults.get(age, _NOBODY), adults.get(age, _NOBODY) - count
            raise DoesNotFitError(
                f"of 100 households {_hundredths(100 * needed)} need a parent of {age} years, and"
                f" there are {_hundredths(100 * there)}",
                ("ages",),
            )


def _in_other_couples(section: SocietySection, family: Fraction) -> Fraction:
    """Return the adults per household who live in couples without children."""
    childless = sum((share for share, children, _ in _kinds(section) if not children), _NOBODY)
    many = sum((Fraction(row.share, BP) for row in section.households if row.size > 1), _NOBODY)
    couples = Fraction(section.families.couples.value, BP)
    return 2 * (family * childless + (1 - family) * many * couples)


def _women_alone(section: SocietySection, alone: Ages, lone: Ages, pairs: Ages) -> Ages:
    """Return the share of women among adults in no couple, so that each band has its own share."""
    mothers = Fraction(section.families.women_among_lone_parents.value, BP)
    found: Ages = {}
    for number, band in enumerate(section.ages):
        if band.since < ADULT_AGE:
            continue
        years = range(band.since, band.until + 1)
        rest = sum((alone[age] for age in years), _NOBODY)
        placed = sum((Fraction(pairs[age], 2) + mothers * lone[age] for age in years), _NOBODY)
        everybody = sum((alone[age] + lone[age] + pairs[age] for age in years), _NOBODY)
        left = Fraction(band.women, BP) * everybody - placed
        # Where everybody is in a couple, half are women and nobody is left to make it otherwise.
        share = Fraction(left, rest) if rest else _NOBODY
        if not 0 <= share <= 1 or (left and not rest):
            raise DoesNotFitError(
                f"couples and lone parents leave no way for {band.women // 100} % women from"
                f" {band.since} to {band.until} years",
                ("ages", number, "women"),
            )
        found |= dict.fromkeys(years, share)
    return found


def _hundredths(number: Fraction) -> str:
    whole = int(number * 100)
    return f"{whole // 100}.{whole % 100:02d}"
