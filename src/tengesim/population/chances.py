"""The chances by which people are placed, as whole numbers against which random words are held.

Worked out once, in fractions, from what a scenario says about the whole country; so they do not
depend on the scale of the run.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.money import BP
from tengesim.population.composition import (
    Composition,
    DoesNotFitError,
    compose,
    families_like,
)
from tengesim.population.ladder import Ladder, ladder_of
from tengesim.population.lognormal import Lognormal, lognormal
from tengesim.population.society_model import (
    ADULT_AGE,
    PensionSection,
    ProgrammeSection,
    SocietySection,
)
from tengesim.streams import Words

__all__ = [
    "FACTOR_MEAN",
    "WEIGHT_MEAN",
    "Chances",
    "Purse",
    "chances",
    "cutoff",
    "eligible_share",
    "happens",
    "strata_weights",
]

_CERTAIN: Final = 1 << 63
WEIGHT_MEAN: Final = 1_000
FACTOR_MEAN: Final = 1_000_000
"""Relative numbers are drawn a thousand times finer than they are told."""


class Purse(NamedTuple):
    """What an adult holds when the run starts."""

    deposit: Lognormal
    cash: Lognormal


class Chances(NamedTuple):
    """Everything a chunk of people is drawn from; rows by age or by region where they are rows.

    Cut-offs by which something happens or not are halved words, of 63 bits.
    """

    sizes: NDArray[np.int64]
    size: Ladder
    stratum: Ladder
    family: np.uint64
    lone: np.uint64
    third: np.uint64
    couple: np.uint64
    child_age: Ladder
    adult_age: Ladder
    girl: Words
    woman_alone: Words
    lone_mother: np.uint64
    employed: Words
    pension: Words
    programmes: Mapping[str, np.uint64]
    wage: Lognormal
    purse: Purse
    follows_wage: np.uint64
    spending: Lognormal
    spending_by_role: NDArray[np.int64]


def cutoff(chance: Fraction) -> np.uint64:
    """Return the number below which the halved words of an event of `chance` lie."""
    return np.uint64(int(chance * _CERTAIN))


def happens(words: Words, below: np.uint64 | Words) -> NDArray[np.bool_]:
    """Return where the event with this cut-off happens; exact at 0 and at certainty."""
    return np.asarray((words >> np.uint64(1)) < below)


def chances(section: SocietySection) -> Chances:
    """Return the chances of `section`; raise DoesNotFitError when people and households differ."""
    composition = compose(section)
    ages = range(section.ages[-1].until + 1)
    by_age = {
        age: Fraction(band.employed, BP)
        for band in section.ages
        for age in range(band.since, band.until + 1)
    }
    pension = _pension(section, composition)
    families = section.families
    return Chances(
        sizes=np.array([row.size for row in section.households], dtype=np.int64),
        size=ladder_of([row.share for row in section.households]),
        stratum=ladder_of(strata_weights(section)),
        family=cutoff(composition.family),
        lone=_of(families.lone_parents.value),
        third=_of(families.third_adults.value),
        couple=_of(families.couples.value),
        child_age=ladder_of(list(composition.children.values())),
        adult_age=ladder_of(list(composition.others.values())),
        girl=_rows(composition.women.__getitem__, ages),
        woman_alone=_rows(lambda age: composition.women_alone.get(age, Fraction(0)), ages),
        lone_mother=_of(families.women_among_lone_parents.value),
        employed=_rows(by_age.__getitem__, ages),
        pension=np.array([_rows(row.__getitem__, ages) for row in pension], dtype=np.uint64),
        programmes=_programmes(section, composition),
        wage=lognormal(section.wages.median.value, section.wages.mean.value),
        purse=Purse(
            lognormal(section.deposits.median.value, section.deposits.mean.value),
            lognormal(section.cash.median.value, section.cash.mean.value),
        ),
        follows_wage=_of(section.spending.follows_wage.value),
        spending=lognormal(section.spending.median.value * WEIGHT_MEAN, FACTOR_MEAN),
        spending_by_role=_spending_by_role(section, composition, by_age, pension),
    )


def strata_weights(section: SocietySection) -> list[int]:
    """Return those who take part in each region's towns and villages, in turn."""
    found = []
    for code, region in section.regions.items():
        people = section.people_of(code)
        urban = people * region.urban.value
        found += [urban, people * BP - urban]
    return found


def _of(rate_bp: int) -> np.uint64:
    return cutoff(Fraction(rate_bp, BP))


def _rows(chance: Callable[[int], Fraction], ages: range) -> Words:
    return np.array([cutoff(chance(age)) for age in ages], dtype=np.uint64)


def _pension(
    section: SocietySection, composition: Composition
) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
    """Return the chances by age that a man and a woman receive a pension."""
    nobody = dict.fromkeys(range(section.ages[-1].until + 1), Fraction(0))
    found = [one for one in section.programmes.values() if isinstance(one, PensionSection)]
    if not found:
        return nobody, dict(nobody)
    (pension,) = found
    starts = (pension.age_men.value, pension.age_women.value)
    early_years = pension.early_years.value
    due = [_with_sex(composition, start, len(nobody), sex) for sex, start in enumerate(starts)]
    early = [
        _with_sex(composition, max(ADULT_AGE, start - early_years), start, sex)
        for sex, start in enumerate(starts)
    ]
    share = Fraction(pension.recipients.value, section.count.value)
    chance_due = min(Fraction(1), Fraction(share, sum(due)) if sum(due) else Fraction(0))
    left = max(Fraction(0), share - sum(due))
    chance_early = min(Fraction(1), Fraction(left, sum(early)) if sum(early) else Fraction(0))
    rows = []
    for start in starts:
        row = dict(nobody)
        row |= dict.fromkeys(range(max(ADULT_AGE, start - early_years), start), chance_early)
        row |= dict.fromkeys(range(start, len(nobody)), chance_due)
        rows.append(row)
    return rows[0], rows[1]


def _with_sex(composition: Composition, first: int, end: int, sex: int) -> Fraction:
    """Return the share of people from `first` to before `end` who are men (0) or women (1)."""
    women = composition.people_like(first, end - 1, women_only=True)
    return women if sex else composition.people_like(first, end - 1) - women


def _programmes(section: SocietySection, composition: Composition) -> dict[str, np.uint64]:
    found = {}
    for name, programme in section.programmes.items():
        if isinstance(programme, PensionSection):
            continue
        there = section.count.value * eligible_share(programme, composition)
        if 2 * programme.recipients.value > 3 * there:
            raise DoesNotFitError(
                f"{programme.recipients.value:,} {programme.kind} receive it, and about"
                f" {int(there):,} could",
                ("programmes", name, "recipients", "value"),
            )
        # A benefit that everybody eligible has cannot have more recipients.
        found[name] = cutoff(min(Fraction(1), Fraction(programme.recipients.value, there or 1)))
    return found


def eligible_share(programme: ProgrammeSection, composition: Composition) -> Fraction:
    """Return the people or families per head of the population that a programme is meant for."""
    if programme.kind == "families":
        return Fraction(families_like(composition, programme), composition.mean_size)
    first, last = programme.ages
    return composition.people_like(first, last, women_only=programme.women_only)


def _spending_by_role(
    section: SocietySection,
    composition: Composition,
    employed: Mapping[int, Fraction],
    pension: tuple[Mapping[int, Fraction], Mapping[int, Fraction]],
) -> NDArray[np.int64]:
    """Return what the mean person of each role spends, in millionths of the mean person."""
    child = composition.people_like(0, ADULT_AGE - 1)
    working = pensioners = Fraction(0)
    for age in employed:
        if age < ADULT_AGE:
            continue
        women = composition.people_like(age, age, women_only=True)
        men = composition.people_like(age, age) - women
        working += (men + women) * employed[age]
        pensioners += (men * pension[0][age] + women * pension[1][age]) * (1 - employed[age])
    shares = (child, working, pensioners, 1 - child - working - pensioners)
    spending = section.spending
    roles = (spending.child, spending.employed, spending.pensioner, spending.other)
    mean = sum((share * role.value for share, role in zip(shares, roles, strict=True)), Fraction(0))
    return np.array([int(Fraction(FACTOR_MEAN * role.value, mean)) for role in roles], np.int64)
