"""Pupils, schools and caterers in columns: who goes where, who feeds whom, who is dishonest.

Everything about a person is a word of the stream that bears the decision's name, so a larger
population has the smaller one as its first rows, and arms of a study share their people.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.money import BP
from tengesim.population.model import SMALL_WORLD, PopulationSection, scaled
from tengesim.streams import Streams, below, by_quota, chance

__all__ = [
    "Caterers",
    "Population",
    "Pupils",
    "Schools",
    "build",
    "caterer_count",
    "caterer_names",
]


class Pupils(NamedTuple):
    """Columns by pupil."""

    school: NDArray[np.int64]
    is_registered: NDArray[np.bool_]


class Schools(NamedTuple):
    """Columns by school; `method_word` decides how its canteen proves presence."""

    caterer: NDArray[np.int64]
    method_word: NDArray[np.uint64]


class Caterers(NamedTuple):
    """Columns by caterer; `bank_word` decides where it banks."""

    is_dishonest: NDArray[np.bool_]
    bank_word: NDArray[np.uint64]


class Population(NamedTuple):
    """Everybody of one run, with the names they bear in the log."""

    pupils: Pupils
    schools: Schools
    caterers: Caterers

    def pupil_names(self) -> list[str]:
        """Return the holders' names of all pupils, in order."""
        return [f"pupil-{number:06d}" for number in range(1, len(self.pupils.school) + 1)]

    def school_names(self) -> list[str]:
        """Return the names of all schools, in order."""
        return [f"school-{number:03d}" for number in range(1, len(self.schools.caterer) + 1)]

    def caterer_names(self) -> list[str]:
        """Return the names of all caterers, in order."""
        return caterer_names(len(self.caterers.bank_word))


def caterer_count(section: PopulationSection) -> int:
    """Return how many caterers there are at the section's scale: never more than schools."""
    schools = scaled(section.schools.value, section.scale, at_least=SMALL_WORLD)
    return min(scaled(section.caterers.value, section.scale, at_least=SMALL_WORLD), schools)


def caterer_names(count: int) -> list[str]:
    """Return the names of the first `count` caterers."""
    return [f"caterer-{number:02d}" for number in range(1, count + 1)]


def build(section: PopulationSection, streams: Streams) -> Population:
    """Return the population of `section` at its scale."""
    pupil_count = scaled(section.pupils.value, section.scale)
    school_count = scaled(section.schools.value, section.scale, at_least=SMALL_WORLD)
    pupil_ids = np.arange(pupil_count)
    school_ids = np.arange(school_count)
    caterer_ids = np.arange(caterer_count(section))
    omitted = chance(
        streams.words("people.omitted_from_register", pupil_ids), section.register_omissions.value
    )
    schools = Schools(
        # In turns rather than by lot: contracts are of similar size, and no caterer has none.
        caterer=school_ids % max(1, len(caterer_ids)),
        method_word=streams.words("schools.method", school_ids),
    )
    return Population(
        pupils=Pupils(
            school=below(streams.words("people.school", pupil_ids), school_count)
            if school_count
            else pupil_ids,
            is_registered=~omitted,
        ),
        schools=schools,
        caterers=Caterers(
            is_dishonest=by_quota(
                streams.words("caterers.is_dishonest", caterer_ids),
                (section.dishonest_caterers.value, BP - section.dishonest_caterers.value),
            )
            == 0,
            bank_word=streams.words("caterers.bank", caterer_ids),
        ),
    )
