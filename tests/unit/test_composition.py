"""Households that add up to the tables: exactly in the fractions, or refused with the reason."""

import hashlib
import os
import subprocess
import sys
from contextlib import suppress
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tengesim.population.chances import chances, cutoff, eligible_share, happens
from tengesim.population.columns import Role, Society
from tengesim.population.composition import (
    Composition,
    DoesNotFitError,
    compose,
    families_like,
    parent_gaps,
)
from tengesim.population.model import PopulationSection
from tengesim.population.society_model import ProgrammeSection, SocietySection
from tests.nation import changed, made, nation, section, written
from tests.worlds import MARKED, small

BP = 10_000


def sizes_of(people: SocietySection) -> dict[int, Fraction]:
    """Return the share of households of each size."""
    return {row.size: Fraction(row.share, BP) for row in people.households}


def test_ages_and_sizes_add_up_exactly() -> None:
    """Goal: no rounding hides a miss. Method: sums of fractions, by age and in all."""
    made_of = compose(section())
    assert made_of.mean_size == sum(size * share for size, share in sizes_of(section()).items())
    assert sum(made_of.everybody.values()) == made_of.mean_size
    for band in section().ages:
        ages = range(band.since, band.until + 1)
        of_band = sum(made_of.everybody[age] for age in ages)
        assert of_band == made_of.mean_size * Fraction(band.share, BP)
        assert made_of.people_like(band.since, band.until) == Fraction(band.share, BP)
    families = sum(number * count for number, count in made_of.families.items())
    assert families == sum(made_of.children.values())


def test_gaps_between_parents_and_children_are_a_distribution() -> None:
    """Goal: every parent has an age. Method: both distributions sum to one within their range."""
    first, second = parent_gaps(section())
    assert sum(first.values()) == sum(second.values()) == 1
    assert (min(first), max(first)) == (18, 40)
    assert (min(second), max(second)) == (18, 45)


def test_the_gap_between_parents_and_children_is_what_is_built() -> None:
    """Goal: table and columns agree. Method: mean age of first parents, worked out and built."""
    society = nation("0.02")
    first = society.households.first
    is_child = society.people.role == Role.CHILD
    ages = society.people.age.astype(np.int64)
    oldest = np.maximum.reduceat(np.where(is_child, ages, -1), first)
    family = oldest >= 0
    gap = (ages[first] - oldest)[family]
    expected = float(sum(years * part for years, part in parent_gaps(section())[0].items()))
    assert abs(gap.mean() - expected) < 4 * gap.std() / len(gap) ** 0.5


def families_found(society: Society, programme: ProgrammeSection) -> float:
    """Return the families per household that a programme is meant for, as built."""
    first = society.households.first
    is_child = society.people.role == Role.CHILD
    children = np.add.reduceat(is_child.astype(np.int64), first)
    youngest = np.minimum.reduceat(society.people.age, first)
    return float(((children >= programme.children) & (youngest <= programme.youngest)).mean())


@pytest.mark.statistics
@pytest.mark.parametrize(
    "name", ["large_family", "child_care", "birth_grant", "survivor", "targeted_aid"]
)
def test_families_a_benefit_is_meant_for_are_as_many_as_worked_out(name: str) -> None:
    """Goal: chances of benefits are right. Method: families built, within four standard errors."""
    programme = section().programmes[name]
    assert isinstance(programme, ProgrammeSection)
    expected = float(families_like(compose(section()), programme))
    society = nation("0.02")
    error = (expected * (1 - expected) / len(society.households.first)) ** 0.5
    assert abs(families_found(society, programme) - expected) < 4 * error
    # One child more to qualify would be noticed.
    other = programme.model_copy(update={"children": programme.children + 1})
    assert abs(families_found(society, other) - expected) > 4 * error


def test_a_benefit_that_nearly_everybody_has_goes_to_all_of_them() -> None:
    """Goal: more recipients than found are no chance above one. Method: a tenth more families."""
    path = "programmes.large_family.recipients"
    value = {"value": 690_000, "source": "https://example.org/"}
    society = made(changed(path, value), "0.002")
    is_child = society.people.role == Role.CHILD
    children = np.add.reduceat(is_child.astype(np.int64), society.households.first)
    members = society.is_member("large_family")[society.households.first]
    assert np.array_equal(members, children >= 4)


def test_shares_of_people_are_told_by_age_and_sex() -> None:
    """Goal: the chance of a benefit is recipients by those it is for. Method: shares added up."""
    made_of = compose(section())
    assert made_of.people_like(0, 110) == 1
    women = sum(Fraction(band.share * band.women, BP * BP) for band in section().ages)
    assert made_of.people_like(0, 110, women_only=True) == women
    awarded = section().programmes["awarded_mother"]
    assert isinstance(awarded, ProgrammeSection)
    assert 0 < eligible_share(awarded, made_of) < women


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("households", [{"size": 1, "share": "100 %", "source": "assumption"}], "room for 0.00"),
        ("families.parent_oldest", 30, "need a parent of"),
        ("ages.3.women", "95 %", "leave no way for 95 % women"),
    ],
)
def test_tables_that_do_not_fit_are_refused(path: str, value: object, complaint: str) -> None:
    """Goal: nobody is made up. Method: one table changed so that no households can be made."""
    people = changed(path, value)
    with pytest.raises(DoesNotFitError, match=complaint) as caught:
        chances(people)
    assert caught.value.at


def test_the_scenario_says_where_tables_do_not_fit() -> None:
    """Goal: the finding stands at the table. Method: the section of a population, with its path."""
    plain = small(MARKED).population.model_dump(mode="json", by_alias=True)
    people = {**written(), "households": [{"size": 1, "share": "100 %", "source": "assumption"}]}
    with pytest.raises(ValidationError) as caught:
        PopulationSection.model_validate({**plain, "people": people})
    (error,) = caught.value.errors()
    assert error["type"] == "HOUSEHOLDS"
    assert error["ctx"]["at"] == ("people", "households")


SHARES = st.lists(st.integers(1, 40), min_size=3, max_size=7)


@settings(max_examples=30)
@given(SHARES, st.integers(500, 4_500), st.integers(0, BP), st.integers(0, BP))
def test_any_tables_make_households_or_are_refused(
    weights: list[int], children_bp: int, lone_bp: int, couples_bp: int
) -> None:
    """Goal: no table breaks the build. Method: random sizes, children, lone parents, couples."""
    shares = [BP * weight // sum(weights) for weight in weights]
    shares[0] += BP - sum(shares)
    rows = [
        {"size": size, "share": f"{share} bp", "source": "assumption"}
        for size, share in enumerate(shares, start=1)
    ]
    plain = {
        **written(),
        "households": rows,
        "programmes": {},
        "ages": [
            {"from": 0, "to": 17, "share": f"{children_bp} bp", "women": "49 %"},
            {"from": 18, "to": 64, "share": f"{9_000 - children_bp} bp", "women": "50 %"},
            {"from": 65, "to": 99, "share": "10 %", "women": "60 %"},
        ],
    }
    plain["ages"] = [{**row, "source": "assumption"} for row in plain["ages"]]
    families = dict(plain["families"])
    for name, value in (("lone_parents", lone_bp), ("couples", couples_bp)):
        families[name] = {"value": f"{value} bp", "source": "https://example.org/"}
    people = SocietySection.model_validate({**plain, "families": families})
    made_of: Composition | None = None
    with suppress(DoesNotFitError):
        made_of = compose(people)
    if made_of is None:
        return
    society = made(people, "0.0001")
    assert len(society.people.age) == 2_050
    assert society.people.age[society.households.first].min() >= 18
    assert 0 <= made_of.family <= 1
    assert all(0 <= share <= 1 for share in made_of.women_alone.values())
    assert all(count >= 0 for count in made_of.others.values())


def test_certain_and_impossible_events_are_exact() -> None:
    """Goal: a rate of all is all. Method: the smallest and the largest word at both ends."""
    words = np.array([0, 2**63, 2**64 - 1], dtype=np.uint64)
    assert happens(words, cutoff(Fraction(1))).all()
    assert not happens(words, cutoff(Fraction(0))).any()
    assert happens(words, cutoff(Fraction(1, 2))).tolist() == [True, False, False]


DIGEST = """
import hashlib
from tests.unit.test_composition import digest
print(digest())
"""


def digest() -> str:
    """Return a hash of every column of four thousand people."""
    society = made(section(), "0.0002")
    groups = (society.people, society.households, society.merchants, society.employers)
    content = b"".join(rows.tobytes() for group in groups for rows in group)
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("masked", ["X86_V3 X86_V4", "AVX2 FMA3 AVX512F AVX512_SKX AVX512_ICL"])
def test_other_processors_make_the_same_people(masked: str) -> None:
    """Goal: no float reaches a column. Method: a fresh Python whose NumPy lacks wide vectors."""
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DIGEST],
        env={
            **os.environ,
            "NPY_DISABLE_CPU_FEATURES": masked,
            "PYTHONHASHSEED": "7",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == digest()


def test_a_country_of_couples_has_as_many_women_as_men() -> None:
    """Goal: couples fix the share of women. Method: homes of two, with a half and with 51 %."""
    rows = [{"size": 2, "share": "100 %", "source": "assumption"}]
    couples = {"value": "100 %", "source": "https://example.org/"}
    ages = [
        {"from": 0, "to": 17, "share": "0 %", "women": "49 %", "source": "assumption"},
        {"from": 18, "to": 99, "share": "100 %", "women": "50 %", "source": "assumption"},
    ]
    plain = {**written(), "households": rows, "programmes": {}, "ages": ages}
    plain["families"] = {**plain["families"], "couples": couples}
    society = made(SocietySection.model_validate(plain), "0.0001")
    first = society.households.first[society.households.size == 2]
    is_female = society.people.is_female
    assert np.array_equal(is_female[first], ~is_female[first + 1])
    ages[1]["women"] = "51 %"
    with pytest.raises(DoesNotFitError, match="leave no way for 51 % women"):
        compose(SocietySection.model_validate(plain))
