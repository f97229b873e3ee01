"""Who exists: the same people at any scale and in every arm, in the shares of the scenario."""

from decimal import Decimal
from math import sqrt

import numpy as np
import pytest

from tengesim import load_scenario
from tengesim.money import BP
from tengesim.population.model import PopulationSection, scaled
from tengesim.population.people import Population, build
from tengesim.streams import Streams
from tests.worlds import HEADCOUNT, MARKED, small

STANDARD_ERRORS = 3.29
SCALES = ("0.01", "0.1", "1")


SHIPPED = load_scenario(MARKED).population


def section(scale: str = "1", **values: int) -> PopulationSection:
    """Return the shipped population at a scale, with values of its parameters replaced."""
    changed = {
        name: getattr(SHIPPED, name).model_copy(update={"value": value})
        for name, value in values.items()
    }
    return SHIPPED.model_copy(update={"scale": Decimal(scale), **changed})


def at_scale(scale: str, seed: int = 1) -> Population:
    """Return the shipped people at a scale."""
    return build(section(scale), Streams(seed))


def test_a_pupil_is_the_same_pupil_at_any_scale() -> None:
    """Goal: a larger world contains the smaller. Method: columns at 0.01 against those at 1."""
    few, all_of_them = at_scale("0.01"), at_scale("1")
    pupils, schools = len(few.pupils.school), len(few.schools.caterer)
    assert few.pupil_names() == all_of_them.pupil_names()[:pupils]
    assert np.array_equal(few.pupils.is_registered, all_of_them.pupils.is_registered[:pupils])
    assert np.array_equal(few.schools.method_word, all_of_them.schools.method_word[:schools])
    assert not few.pupils.is_registered.all()


def test_another_seed_is_another_population() -> None:
    """Goal: chance is the seed's. Method: the same section under two seeds."""
    first, second = at_scale("0.1", 1), at_scale("0.1", 2)
    assert not np.array_equal(first.pupils.is_registered, second.pupils.is_registered)
    assert not np.array_equal(first.pupils.school, second.pupils.school)


def test_arms_share_their_people() -> None:
    """Goal: common random numbers. Method: the population of two arms at one seed."""
    first = build(small(MARKED).population, Streams(7))
    second = build(small(HEADCOUNT).population, Streams(7))
    for one, other in zip(
        (*first.pupils, *first.caterers), (*second.pupils, *second.caterers), strict=True
    ):
        assert np.array_equal(one, other)


@pytest.mark.statistics
@pytest.mark.parametrize("scale", SCALES)
def test_omissions_and_school_sizes_per_head_do_not_depend_on_the_scale(scale: str) -> None:
    """Goal: a small run speaks for the whole. Method: binomial standard errors at each scale."""
    population = at_scale(scale)
    pupils, schools = len(population.pupils.school), len(population.schools.caterer)
    omitted = 1 - population.pupils.is_registered.mean()
    assert abs(omitted - 0.005) <= STANDARD_ERRORS * sqrt(0.005 * 0.995 / pupils)
    sizes = np.bincount(population.pupils.school, minlength=schools)
    assert len(sizes) == schools
    # Chi-square of equal shares: mean schools − 1, variance twice that.
    even = pupils / schools
    spread = float(((sizes - even) ** 2 / even).sum())
    assert abs(spread - (schools - 1)) <= STANDARD_ERRORS * sqrt(2 * max(schools - 1, 1))


@pytest.mark.statistics
def test_an_omission_rate_a_fifth_too_high_would_be_noticed() -> None:
    """Goal: the test above has power. Method: the whole city with 6 omissions per thousand."""
    pupils = build(section(register_omissions=60), Streams(1)).pupils
    omitted = 1 - pupils.is_registered.mean()
    assert abs(omitted - 0.005) > STANDARD_ERRORS * sqrt(0.005 * 0.995 / len(pupils.school))


@pytest.mark.parametrize("rate_bp", [0, 1, 1_000, 3_333, 5_000, 9_999, 10_000])
def test_as_many_caterers_are_dishonest_as_the_rate_says_to_the_nearest_whole(rate_bp: int) -> None:
    """Goal: firms are few. Method: 1 to 40 caterers, exact rounding, halves upwards, two seeds."""
    for caterers in range(1, 41):
        world = section(schools=40, caterers=caterers, dishonest_caterers=rate_bp, pupils=1)
        shares = {int(build(world, Streams(seed)).caterers.is_dishonest.sum()) for seed in (1, 2)}
        assert shares == {(2 * rate_bp * caterers + BP) // (2 * BP)}


def test_which_caterers_are_dishonest_depends_on_the_seed() -> None:
    """Goal: the number is fixed, the persons are not. Method: ten seeds give several choices."""
    chosen = {tuple(at_scale("0.1", seed).caterers.is_dishonest.tolist()) for seed in range(10)}
    assert len(chosen) > 1
    assert {sum(one) for one in chosen} == {6}


def test_every_caterer_serves_and_serves_about_as_many_schools_as_others() -> None:
    """Goal: dealt in turns. Method: schools per caterer differ by at most one, at each scale."""
    for scale in SCALES:
        population = at_scale(scale)
        served = np.bincount(
            population.schools.caterer, minlength=len(population.caterers.bank_word)
        )
        assert served.min() >= 1
        assert served.max() - served.min() <= 1


def test_there_are_never_more_caterers_than_schools() -> None:
    """Goal: nobody is paid without a school. Method: more caterers than schools are asked for."""
    assert build(section(schools=3, caterers=9), Streams(1)).caterer_names() == [
        "caterer-01",
        "caterer-02",
        "caterer-03",
    ]


@pytest.mark.parametrize(
    ("count", "scale", "whole"),
    [
        (0, "1", 0),
        (0, "0.5", 0),
        (1, "0.0001", 1),
        (111_000, "0.1", 11_100),
        (120, "0.1", 12),
        (35, "0.1", 4),
        (25, "0.1", 2),
        (35, "0.5", 18),
        (7, "10000", 70_000),
    ],
)
def test_a_count_is_scaled_to_the_nearest_whole_and_never_to_nobody(
    count: int, scale: str, whole: int
) -> None:
    """Goal: scales are exact. Method: a table, halves to even, at least one of what exists."""
    assert scaled(count, Decimal(scale)) == whole


def test_a_small_world_keeps_a_dozen_firms() -> None:
    """Goal: at no scale does one firm feed all. Method: a tiny scale, and few to begin with."""
    tiny = at_scale("0.0005")
    assert (len(tiny.schools.caterer), len(tiny.caterers.bank_word)) == (12, 12)
    assert tiny.caterers.is_dishonest.sum() == 6
    few = build(section("0.5", pupils=10, schools=3, caterers=2), Streams(1))
    assert (len(few.schools.caterer), len(few.caterers.bank_word)) == (3, 2)


def test_names_are_unique_and_sort_as_they_are_numbered() -> None:
    """Goal: names are stable ids. Method: those of the whole city."""
    population = at_scale("1")
    for names in (
        population.pupil_names(),
        population.school_names(),
        population.caterer_names(),
    ):
        assert len(set(names)) == len(names)
        assert names == sorted(names)


def test_nobody_is_a_population_too() -> None:
    """Goal: R-27. Method: no pupils, then no pupils, schools or caterers at all."""
    nobody = build(section(pupils=0), Streams(1))
    assert nobody.pupil_names() == []
    assert len(nobody.caterer_names()) == 35
    empty = build(section(pupils=0, schools=0, caterers=0), Streams(1))
    assert (empty.pupil_names(), empty.school_names(), empty.caterer_names()) == ([], [], [])
