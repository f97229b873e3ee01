"""Who lives with whom: plausible households, the same people at any scale, in any order of work."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from tengesim.population import society as module
from tengesim.population.columns import People, Role, Society
from tengesim.population.composition import PARTNER_YEARS
from tengesim.population.regions import REGIONS
from tengesim.streams import Streams
from tests.nation import BANK_SHARES_BP, changed, made, nation, section

SMALL = "0.0002"
TOWN = "0.002"
ADULT = 18


def children_of(society: Society) -> NDArray[np.int64]:
    """Return the number of children of each household."""
    people, households = society.people, society.households
    is_child = (people.role == Role.CHILD).astype(np.int64)
    return np.asarray(np.add.reduceat(is_child, households.first))


def test_households_are_neighbours_with_adults_first() -> None:
    """Goal: readers may cut people into households. Method: every household of a town."""
    society = nation(TOWN)
    first, size = society.households.first, society.households.size.astype(np.int64)
    assert first.tolist() == [0, *np.cumsum(size)[:-1]]
    assert size.sum() == len(society.people.age)
    assert np.array_equal(society.people.household, np.repeat(np.arange(len(size)), size))
    ages = society.people.age
    is_child = ages < ADULT
    assert not is_child[first].any()
    # Within a household a child is followed by children only.
    follows = np.flatnonzero(np.diff(society.people.household) == 0)
    assert not (is_child[follows] & ~is_child[follows + 1]).any()


def test_a_household_lives_in_one_place() -> None:
    """Goal: people who live together live somewhere. Method: place of each against the first."""
    people, first = nation(TOWN).people, nation(TOWN).households.first
    assert np.array_equal(people.region, people.region[first][people.household])
    assert np.array_equal(people.is_urban, people.is_urban[first][people.household])


def test_parents_are_eighteen_years_older_than_their_oldest_child() -> None:
    """Goal: families are plausible. Method: the first adult, and the second of two parents."""
    society = nation(TOWN)
    ages = society.people.age.astype(np.int64)
    first = society.households.first.astype(np.int64)
    adults = society.households.size - children_of(society)
    oldest = np.maximum.reduceat(np.where(ages < ADULT, ages, -1), first)
    family = oldest >= 0
    youngest = section().families.parent_youngest
    latest = section().families.parent_oldest
    gap = ages[first[family]] - oldest[family]
    assert (gap.min(), gap.max()) == (youngest, latest)
    both = first[family & (adults >= 2)]
    gap = ages[both + 1] - oldest[family & (adults >= 2)]
    assert gap.min() == youngest
    assert gap.max() <= latest + PARTNER_YEARS
    assert np.abs(ages[both + 1] - ages[both]).max() <= PARTNER_YEARS


def test_two_parents_are_a_woman_and_a_man() -> None:
    """Goal: no family has two fathers by accident. Method: families with two adults or more."""
    society = nation(TOWN)
    children = children_of(society)
    adults = society.households.size - children
    first = society.households.first[(children > 0) & (adults >= 2)]
    is_female = society.people.is_female
    assert np.array_equal(is_female[first], ~is_female[first + 1])
    assert 0.45 < is_female[first].mean() < 0.55


def test_wages_go_to_those_who_work_and_to_nobody_else() -> None:
    """Goal: role, wage and employer agree. Method: each pair of columns in a town."""
    society = nation(TOWN)
    people = society.people
    works = people.role == Role.EMPLOYED
    assert np.array_equal(works, people.wage_tiyn > 0)
    assert np.array_equal(works, people.employer >= 0)
    assert people.wage_tiyn[works].min() == section().wages.minimum.value
    assert people.age[works].min() >= ADULT
    assert people.employer.max() < len(society.employers.region)
    there = society.employers.region[people.employer[works]]
    has_own = np.isin(people.region[works], society.employers.region)
    assert np.array_equal(there[has_own], people.region[works][has_own])


def test_an_employee_of_a_region_without_employers_has_one_elsewhere() -> None:
    """Goal: nobody who works lacks an employer. Method: a world with fewer firms than regions."""
    society = nation(SMALL)
    assert set(society.people.region.tolist()) - set(society.employers.region.tolist())
    assert (society.people.employer[society.people.role == Role.EMPLOYED] >= 0).all()


def test_children_have_neither_deposits_nor_cash() -> None:
    """Goal: only adults hold money at the start. Method: both columns by role."""
    people = nation(TOWN).people
    is_child = people.role == Role.CHILD
    assert np.array_equal(is_child, people.age < ADULT)
    assert not people.deposit_tiyn[is_child].any()
    assert not people.cash_tiyn[is_child].any()
    assert people.deposit_tiyn[~is_child].min() > 0


def test_benefits_go_to_those_they_are_meant_for() -> None:
    """Goal: memberships are plausible. Method: the condition of each programme, on all members."""
    society = nation(TOWN)
    people = society.people
    is_head = np.zeros(len(people.age), dtype=np.bool_)
    is_head[society.households.first] = True
    children = children_of(society)[people.household]
    youngest = np.minimum.reduceat(people.age, society.households.first)[people.household]
    large = society.is_member("large_family")
    assert (is_head & (children >= 4))[large].all()
    care = society.is_member("child_care")
    assert (is_head & (youngest <= 1))[care].all()
    awarded = society.is_member("awarded_mother")
    assert (people.is_female & (people.age >= 35))[awarded].all()
    pension = society.is_member("pension")
    due = np.where(people.is_female, 61, 63)
    assert pension[people.age >= due].all()
    assert people.age[pension].min() >= 51
    assert (pension & (people.age < due)).any()
    for programme in society.programmes:
        assert society.is_member(programme).any(), programme


def test_fewer_pensions_than_people_of_that_age_are_given_by_lot() -> None:
    """Goal: the published number is met from below too. Method: a million pensions, none early."""
    value = {"value": 1_000_000, "source": "https://example.org/"}
    society = made(changed("programmes.pension.recipients", value), "0.01")
    people, pension = society.people, society.is_member("pension")
    is_due = people.age >= np.where(people.is_female, 61, 63)
    assert not (pension & ~is_due).any()
    expected = len(people.age) * 1_000_000 / 20_495_975
    assert abs(pension.sum() - expected) < 4 * expected**0.5


def test_a_programme_that_is_not_there_has_no_members() -> None:
    """Goal: a slip is told. Method: ask for an unknown programme."""
    with pytest.raises(ValueError, match="not in tuple"):
        nation(SMALL).is_member("large_famly")


def test_a_pensioner_who_does_not_work_has_that_role() -> None:
    """Goal: roles follow from pension and work. Method: all adults of a town."""
    society = nation(TOWN)
    people, pension = society.people, society.is_member("pension")
    is_adult = people.age >= ADULT
    lives_on_it = is_adult & pension & (people.role != Role.EMPLOYED)
    assert np.array_equal(lives_on_it, people.role == Role.PENSIONER)
    assert (pension & (people.role == Role.EMPLOYED)).any()


def columns_of(people: People, count: int) -> dict[str, NDArray[np.generic]]:
    """Return the first `count` rows of the columns that do not depend on who else there is."""
    return {name: rows[:count] for name, rows in people._asdict().items() if name != "employer"}


@pytest.mark.parametrize("fewer", ["0.0002", "0.0003", "0.001"])
def test_a_smaller_country_is_the_beginning_of_a_larger_one(fewer: str) -> None:
    """Goal: one more person changes nobody else. Method: all but the last, cut household."""
    small, large = nation(fewer), nation(TOWN)
    last = int(small.households.first[-1])
    whole = len(small.households.first) - 1
    for name, rows in columns_of(small.people, last).items():
        assert np.array_equal(rows, getattr(large.people, name)[:last]), name
    for name, rows in small.households._asdict().items():
        assert np.array_equal(rows[:whole], getattr(large.households, name)[:whole]), name


def test_the_size_of_a_chunk_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: chunks save memory and decide nothing. Method: 7 households at a time, and 64."""
    whole = nation(SMALL)
    for size in (7, 64):
        monkeypatch.setattr(module, "_CHUNK", size)
        chunked = made(section(), SMALL)
        for group in ("people", "households", "merchants", "employers"):
            pairs = zip(getattr(whole, group), getattr(chunked, group), strict=True)
            assert all(np.array_equal(one, other) for one, other in pairs), group


def test_another_seed_is_another_country() -> None:
    """Goal: chance is the seed's. Method: the columns drawn by lot under two seeds."""
    one, other = nation(SMALL, 1), nation(SMALL, 2)
    for name, rows in columns_of(one.people, len(one.people.age)).items():
        assert not np.array_equal(rows, getattr(other.people, name)), name


def test_a_country_in_which_nobody_is_paid_is_the_same_country() -> None:
    """Goal: no column that nobody reads. Method: every other column, with wages and without."""
    paid, unpaid = (
        module.build(section(), Decimal(TOWN), BANK_SHARES_BP, Streams(1), has_wages=has_wages)
        for has_wages in (True, False)
    )
    left = unpaid.people._asdict()
    assert {name for name, column in left.items() if not len(column)} == {"wage_tiyn", "employer"}
    for name, column in paid.people._asdict().items():
        assert not len(left[name]) or np.array_equal(left[name], column), name


def test_a_settled_society_has_let_go_of_what_is_drawn_from_once() -> None:
    """Goal: nothing is kept that nobody reads. Method: every column, before and after; names."""
    society = nation(SMALL)
    left = society.settled()
    gone = {name for name, column in left.people._asdict().items() if not len(column)}
    assert gone == {
        "is_urban",
        "is_female",
        "age",
        "role",
        "deposit_tiyn",
        "cash_tiyn",
        "weight",
    }
    for name in gone:
        # No view, which would keep the whole column.
        assert getattr(left.people, name).base is None
    back = left.people._replace(**{name: getattr(society.people, name) for name in gone})
    assert left._replace(people=back) == society
    assert left.party_count() == society.party_count()
    assert left.party_name(7) == society.party_name(7)


def test_more_wages_change_wages_alone() -> None:
    """Goal: a parameter changes what it says. Method: a higher minimum wage, all other columns."""
    base = nation(SMALL)
    other = made(changed("wages.minimum.value", "200000 KZT"), SMALL)
    assert (other.people.wage_tiyn >= base.people.wage_tiyn).all()
    assert (other.people.wage_tiyn > base.people.wage_tiyn).any()
    for name, rows in other.people._asdict().items():
        assert name == "wage_tiyn" or np.array_equal(rows, getattr(base.people, name)), name


def test_regions_and_towns_keep_their_shares_within_three_households() -> None:
    """Goal: places are dealt in turns. Method: households by place, for the first 10 to 4,000."""
    society = nation(TOWN)
    first = society.households.first
    stratum = 2 * society.people.region[first].astype(np.int64) + ~society.people.is_urban[first]
    regions = section().regions.values()
    total = sum(region.population.value for region in regions)
    shares = []
    for region in regions:
        share = region.population.value / total
        urban = region.urban.value / 10_000
        shares += [share * urban, share * (1 - urban)]
    for count in (10, 100, 1_000, 4_000):
        found = np.bincount(stratum[:count], minlength=len(shares))
        assert np.abs(found - count * np.array(shares)).max() < 3


def test_firms_are_dealt_by_quota() -> None:
    """Goal: of few firms shares stay shares. Method: categories and banks of 150 merchants."""
    society = nation(SMALL)
    merchants = society.merchants
    count = len(merchants.category)
    shares = [row.share for row in section().merchants.categories]
    found = np.bincount(merchants.category, minlength=len(shares))
    assert np.abs(found - count * np.array(shares) / 10_000).max() <= 1
    banked = np.bincount(merchants.bank, minlength=len(BANK_SHARES_BP))
    assert np.abs(banked - count * np.array(BANK_SHARES_BP) / 10_000).max() <= 1
    for is_urban, kind in (
        (True, section().merchants.urban),
        (False, section().merchants.rural),
    ):
        there = merchants.is_urban == is_urban
        accepting = merchants.accepts_digital[there]
        assert abs(accepting.sum() - there.sum() * kind.digital.value / 10_000) <= 1
        offline = merchants.accepts_offline[there]
        assert abs(offline.sum() - accepting.sum() * kind.offline.value / 10_000) <= 1
        assert not (offline & ~accepting).any()


def test_every_party_has_a_name_of_its_own() -> None:
    """Goal: names are stable ids. Method: people, merchants, employers in one row of numbers."""
    society = nation(SMALL)
    names = [society.party_name(party) for party in range(society.party_count())]
    people, merchants = len(society.people.age), len(society.merchants.region)
    assert names[:2] == ["person-00000001", "person-00000002"]
    assert names[people] == "merchant-0000001"
    assert names[people + merchants] == "employer-00001"
    assert len(set(names)) == len(names)
    for number in (-1, society.party_count()):
        with pytest.raises(IndexError, match="there is no party"):
            society.party_name(number)


def test_columns_have_the_types_that_readers_rely_on() -> None:
    """Goal: the whole country fits in memory. Method: bytes of a person, and signs of places."""
    people = nation(SMALL).people
    assert sum(rows.dtype.itemsize for rows in people) == 44
    assert people.employer.dtype == np.int32
    assert people.memberships.dtype == np.uint16


@pytest.mark.parametrize("scale", ["0.00000001", "0.0000001", "0.0000003"])
def test_a_handful_of_people_is_a_country_too(scale: str) -> None:
    """Goal: tiny worlds build. Method: one, two and six people."""
    society = made(section(), scale)
    assert len(society.people.age) == max(1, round(20_495_975 * float(scale)))
    assert society.people.age[0] >= ADULT
    assert len(society.employers.region) == 12
    assert len(society.merchants.category) == 28


def test_a_country_without_children_or_work_is_built() -> None:
    """Goal: zero is a number. Method: no children, then nobody who works."""
    rows = [
        {"from": 0, "to": 17, "share": "0 %", "women": "49 %", "source": "assumption"},
        {"from": 18, "to": 99, "share": "100 %", "women": "51 %", "source": "assumption"},
    ]
    people = changed("ages", rows)
    free = people.model_copy(update={"programmes": {}})
    society = made(free, SMALL)
    assert society.people.age.min() >= ADULT
    assert not society.people.wage_tiyn.any()
    assert not society.people.memberships.any()
    assert len(society.employers.region) == 0
    assert (society.people.employer == -1).all()


def test_regions_have_codes_names_and_centres() -> None:
    """Goal: the twenty regions of 2022 on. Method: order, count, and names in three languages."""
    assert len(REGIONS) == 20
    assert list(REGIONS) == sorted(REGIONS)
    assert set(REGIONS) == set(section().regions)
    for position in range(3):
        assert len({name[position] for name in REGIONS.values()}) == 20
    assert REGIONS["KZ-71"].en == REGIONS["KZ-71"].centre == "Astana"
    assert (REGIONS["KZ-62"].kk, REGIONS["KZ-62"].ru) == ("Ұлытау облысы", "область Ұлытау")


def test_one_region_is_a_part_of_the_country_at_its_own_size() -> None:
    """Goal: a region can be played alone. Method: people, shops and employers of Ulytau."""
    code, scale = "KZ-62", "0.02"
    ours = section().model_copy(update={"only": code})
    society = module.build(ours, Decimal(scale), BANK_SHARES_BP, Streams(1))
    share = ours.regions[code].population.value / ours.count.value
    assert ours.played == Fraction(ours.regions[code].population.value, ours.count.value)
    there = list(ours.regions).index(code)
    for columns in (society.people, society.merchants, society.employers):
        assert set(columns.region.tolist()) == {there}
    assert len(society.people.age) == round(ours.regions[code].population.value * float(scale))
    expected = ours.merchants.count.value * share * float(scale)
    assert abs(len(society.merchants.region) - expected) <= 1
    assert society.regions == tuple(section().regions)


def test_a_region_has_its_share_of_every_programme() -> None:
    """Goal: recipients a head are the country's. Method: pensioners of Ulytau, five errors wide."""
    ours = section().model_copy(update={"only": "KZ-62"})
    society = module.build(ours, Decimal("0.1"), BANK_SHARES_BP, Streams(1))
    count = len(society.people.age)
    share = section().programmes["pension"].recipients.value / section().count.value
    error = (share * (1 - share) / count) ** 0.5
    found = society.is_member("pension").mean()
    assert abs(found - share) < 5 * error
    assert abs(found - 1.1 * share) > 5 * error
