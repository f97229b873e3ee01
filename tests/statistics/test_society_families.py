"""Families, couples and ranks as the scenario's chances say, and not a tenth off them."""

from math import sqrt
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tengesim.population.columns import Role, Society
from tests.nation import nation, section

pytestmark = [pytest.mark.statistics]

SCALE: Final = "0.02"
STANDARD_ERRORS: Final = 3.29
BP: Final = 10_000


class Homes(NamedTuple):
    """Columns by household of a built country."""

    first: NDArray[np.int64]
    adults: NDArray[np.int64]
    children: NDArray[np.int64]


def homes(society: Society) -> Homes:
    """Return where households begin, and how many adults and children they have."""
    first = society.households.first.astype(np.int64)
    is_child = (society.people.role == Role.CHILD).astype(np.int64)
    children = np.add.reduceat(is_child, first)
    return Homes(first, society.households.size.astype(np.int64) - children, children)


def is_near(events: NDArray[Any], rate: float) -> bool:
    """Return whether so many of `events` happened as chance with `rate` explains."""
    error = sqrt(rate * (1 - rate) / len(events))
    return bool(abs(float(events.mean()) - rate) <= STANDARD_ERRORS * error)


def test_lone_parents_are_as_many_as_stated_and_mostly_mothers() -> None:
    """Goal: both rates hold. Method: binomial errors; a tenth more or less is noticed."""
    society = nation(SCALE)
    found = homes(society)
    families = section().families
    # In a household of three, a lone parent has two children and a couple one.
    three = found.children[(found.adults + found.children == 3) & (found.children > 0)]
    lone = families.lone_parents.value / BP
    assert is_near(three == 2, lone)
    assert not is_near(three == 2, lone * 1.1)
    alone = found.first[(found.children > 0) & (found.adults == 1)]
    mothers = families.women_among_lone_parents.value / BP
    assert is_near(society.people.is_female[alone], mothers)
    assert not is_near(society.people.is_female[alone], mothers * 0.95)


def test_third_adults_live_in_as_many_families_as_stated() -> None:
    """Goal: the rate holds. Method: families of four and more with two parents or more."""
    found = homes(nation(SCALE))
    large = (found.adults + found.children >= 4) & (found.children > 0) & (found.adults >= 2)
    third = section().families.third_adults.value / BP
    assert is_near(found.adults[large] == 3, third)
    assert not is_near(found.adults[large] == 3, third * 1.1)


def test_couples_without_children_are_near_in_age() -> None:
    """Goal: couples are plausible. Method: two adults alone, a woman and a man or not."""
    society = nation(SCALE)
    found = homes(society)
    pairs = found.first[(found.adults == 2) & (found.children == 0)]
    is_female, ages = society.people.is_female, society.people.age.astype(np.int64)
    mixed = is_female[pairs] != is_female[pairs + 1]
    # All couples are mixed, and half or so of the other pairs.
    assert 0.75 < mixed.mean() < 0.95
    rank = np.searchsorted(np.sort(ages), ages)
    couples, others = pairs[mixed], pairs[~mixed]
    apart = np.abs(rank[couples] - rank[couples + 1]).mean() / len(ages)
    by_lot = np.abs(rank[others] - rank[others + 1]).mean() / len(ages)
    assert apart < by_lot * 0.6


def test_the_rank_in_wages_decides_deposits_as_often_as_stated() -> None:
    """Goal: rich are rich in several ways. Method: equal ranks among those who work, binomial."""
    people = nation(SCALE).people
    works = (people.role == Role.EMPLOYED) & (people.wage_tiyn > section().wages.minimum.value)
    wage, deposit = people.wage_tiyn[works], people.deposit_tiyn[works]
    places = [
        stats.norm.cdf(np.log(amounts / stated.median.value) / spread(stated))
        for amounts, stated in ((wage, section().wages), (deposit, section().deposits))
    ]
    same = np.abs(places[0] - places[1]) < 0.0005
    follows = section().spending.follows_wage.value / BP
    assert is_near(same, follows + (1 - follows) * 0.001)
    assert not is_near(same, follows * 1.1)


def spread(stated: Any) -> float:  # noqa: ANN401 (wages and money have the same two keys)
    """Return sigma of a lognormal amount."""
    return sqrt(2 * float(np.log(stated.mean.value / stated.median.value)))


@pytest.mark.parametrize("role", [Role.CHILD, Role.PENSIONER, Role.OTHER])
def test_people_of_a_role_spend_in_the_stated_proportion(role: Role) -> None:
    """Goal: relative spending holds. Method: mean weights against those who work, with errors."""
    people = nation(SCALE).people
    stated = section().spending
    relative = (stated.child, stated.employed, stated.pensioner, stated.other)
    weights = people.weight.astype(np.float64)
    theirs, workers = weights[people.role == role], weights[people.role == Role.EMPLOYED]
    expected = relative[role].value / stated.employed.value
    found = theirs.mean() / workers.mean()
    error = found * sqrt(
        theirs.var() / len(theirs) / theirs.mean() ** 2
        + workers.var() / len(workers) / workers.mean() ** 2
    )
    # Whole numbers are rounded down, which takes half a unit from each weight.
    assert abs(found - expected) <= STANDARD_ERRORS * error + 0.5 / workers.mean()
    assert abs(found - expected * 1.1) > STANDARD_ERRORS * error + 0.5 / workers.mean()


def test_merchants_turnover_is_skewed_about_a_thousand() -> None:
    """Goal: few shops take most. Method: median and mean of 18,000 merchants, with their errors."""
    weights = nation(SCALE).merchants.weight.astype(np.float64)
    error = weights.std() / sqrt(len(weights))
    assert abs(weights.mean() - 1_000) <= STANDARD_ERRORS * error
    median = section().merchants.turnover_median.value
    assert is_near(weights > median, 0.5)
    assert not is_near(weights > median * 1.1, 0.5)


def test_banks_and_accounts_do_not_depend_on_wages() -> None:
    """Goal: streams are apart. Method: mean wage by bank, and shares of banks among the rich."""
    people = nation(SCALE).people
    works = people.role == Role.EMPLOYED
    rich = works & (people.wage_tiyn > section().wages.median.value)
    assert is_near(people.bank[rich] == 0, 0.7)
    assert is_near(people.is_urban[rich], float(people.is_urban[works].mean()))
