"""What people are drawn from, in a form that compiled code can read, and how it is handed over.

Apart from the counting of people, because whoever only counts has nothing to compile.
"""

import numpy as np
from numpy.typing import NDArray

from tengesim.population.chances import FACTOR_MEAN, WEIGHT_MEAN, Chances
from tengesim.population.columns import People
from tengesim.population.composition import PARTNER_YEARS
from tengesim.population.filling import Homes
from tengesim.population.filling_kernel import (
    FAMILIES,
    HOUSEHOLD_STREAMS,
    PENSION,
    PEOPLE,
    PERSON_STREAMS,
    Chunk,
    Laws,
    settle,
)
from tengesim.population.ladder import Ladder
from tengesim.population.society_model import PensionSection, ProgrammeSection, SocietySection
from tengesim.streams import Streams, Words

__all__ = ["Firms", "laws", "settle_homes"]

Firms = tuple[NDArray[np.int64], NDArray[np.int64]]
"""First employer of each region, and how many it has."""


def settle_homes(drawn_from: Laws, homes: Homes, first: int, people: People) -> None:
    """Fill some households with people from `first` on, where words may run over their end."""
    chunk = Chunk(*(getattr(homes, column) for column in Chunk._fields))
    with np.errstate(over="ignore"):
        settle(drawn_from, chunk, first, people)


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
