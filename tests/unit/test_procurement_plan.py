"""The plan of a region's year has the totals that are published, and draws the rest by itself.

Goal: 652 large lots of 137.3 bn KZT, and small contracts whose number and mean make the national
mean of 6 m KZT, with direct contracts near their 23.5 % of value. Method: the shipped year's plan
is drawn without a world and compared with what it states; what must not matter is changed.
"""

import datetime as dt
from collections import Counter

import pytest

from tengesim.institutions.procurement.works import Lot, Method
from tests.procurement_world import YEAR, firms_of, plan_of, section_of
from tests.worlds import only

BN = 10**11
"""Tiyn in a billion tenge."""
LARGE = section_of().plan.large
SMALL = section_of().plan.small
ONE_MORE_ROAD = (
    *only("procurement.plan.large.sectors.roads.lots", "31"),
    *only("procurement.plan.large.lots", "653"),
)


def of_layer(lots: tuple[Lot, ...], layer: str) -> list[Lot]:
    """Return the lots of a layer."""
    return [one for one in lots if one.layer == layer]


def test_large_lots_have_the_published_totals() -> None:
    """Facts 3.1.11 and 3.1.12, to the lot and to the tiyn, sector by sector."""
    assert LARGE is not None
    lots = of_layer(plan_of().lots, "large")
    counts = Counter(one.id.split("-")[1] for one in lots)
    amounts: Counter[str] = Counter()
    for one in lots:
        amounts[one.id.split("-")[1]] += one.estimate_tiyn

    assert len(lots) == 652
    assert sum(one.estimate_tiyn for one in lots) == 1_373 * BN // 10
    assert dict(counts) == {name: sector.lots.value for name, sector in LARGE.sectors.items()}
    assert dict(amounts) == {name: sector.amount.value for name, sector in LARGE.sectors.items()}


def test_both_layers_together_have_the_national_mean_and_share_of_direct_contracts() -> None:
    """Facts 3.1.9 and 3.2.1: about 6 m KZT a contract, about 23.5 % of value bought directly."""
    lots = plan_of().lots
    whole_tiyn = sum(one.estimate_tiyn for one in lots)
    direct_tiyn = sum(one.estimate_tiyn for one in lots if one.method is Method.DIRECT)

    assert abs(len(lots) - 89_000) < 1_000
    assert 5.7e8 < whole_tiyn / len(lots) < 6.3e8
    assert 0.21 < direct_tiyn / whole_tiyn < 0.26


def test_a_line_spends_no_more_than_it_has() -> None:
    """Appropriations of buyers add up to their line's, and each covers what it plans."""
    plan = plan_of()
    planned: Counter[str] = Counter()
    for one in plan.lots:
        planned[one.buyer.id] += one.estimate_tiyn
    lines: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for buyer in plan.buyers:
        lines[buyer.line] += planned[buyer.id]
        whole[buyer.line] += plan.appropriations[buyer.id]

    # A tenth more than planned, by the plan's own room.
    assert dict(whole) == {name: amount + amount // 10 for name, amount in lines.items()}
    assert all(plan.appropriations[name] >= amount for name, amount in planned.items())


def test_lots_are_announced_on_working_days_in_the_shares_of_the_months() -> None:
    """Of the small contracts each month has its share of every sort, to the nearest whole."""
    assert SMALL is not None
    lots = of_layer(plan_of().lots, "small")
    months = Counter(one.planned_on.month for one in lots)
    shares = section_of().plan.announced.months

    assert all(one.planned_on.weekday() < 5 for one in lots)
    for month, share_bp in enumerate(shares, start=1):
        assert abs(months[month] - len(lots) * share_bp / 10_000) <= len(SMALL.sorts)


def test_true_costs_lie_around_what_is_efficient() -> None:
    """The efficient part of estimates is on average what the plan states, within its error."""
    section = section_of().plan
    parts = [one.true_cost_tiyn / one.estimate_tiyn for one in plan_of().lots]
    middle, reach = section.efficient.value / 10_000, section.estimate_error.value / 10_000

    assert min(parts) > middle - reach - 1e-3
    assert max(parts) < middle + reach + 1e-3
    assert abs(sum(parts) / len(parts) - middle) < 1e-3


def test_one_lot_more_in_a_sector_leaves_all_other_sectors_as_they_were() -> None:
    """Every sector draws for itself: only roads change where roads get one more lot."""
    changed = plan_of(*ONE_MORE_ROAD)
    before = [one for one in plan_of().lots if "-roads-" not in one.id]
    after = [one for one in changed.lots if "-roads-" not in one.id]

    assert len(changed.lots) == len(plan_of().lots) + 1
    assert before == after


@pytest.mark.parametrize("scale", ["0.01", "0.1"])
def test_a_smaller_world_buys_that_part_of_everything(scale: str) -> None:
    """Counts and amounts of both layers follow the scale, each sector with one lot or more."""
    plan = plan_of(scale=scale)
    large = of_layer(plan.lots, "large")
    part = float(scale)

    assert abs(sum(one.estimate_tiyn for one in large) - 137.3 * BN * part) < 10 * len(large)
    assert abs(len(of_layer(plan.lots, "small")) - 88_300 * part) <= 1
    assert all(one.estimate_tiyn >= one.true_cost_tiyn > 0 for one in plan.lots)


def test_ids_are_told_apart() -> None:
    """A lot's id names its contract, so no two lots share one."""
    lots = plan_of().lots

    assert len({one.id for one in lots}) == len(lots)


def test_registers_answer_wrongly_as_often_as_stated() -> None:
    """With all answers wrong, whoever owes nothing is said to owe, and nobody's group is shown."""
    path = "procurement.firms.registers"
    none = (*only(f"{path}.tax_debt", "0 %"), *only(f"{path}.listed", "0 %"))
    right = firms_of(*none, *only(f"{path}.errors", "0 %")).all
    wrong = firms_of(*none, *only(f"{path}.errors", "100 %")).all

    assert all(one.is_tax_clear and not one.is_listed for one in right)
    assert not any(one.is_tax_clear or not one.is_listed for one in wrong)
    assert all(one.is_group_registered for one in right)
    assert not any(one.is_group_registered for one in wrong)


def test_relatives_belong_to_the_buyer_they_are_related_to() -> None:
    """Where every buyer has a relative, the supplier's group is the buyer's id."""
    firms = firms_of(*only("procurement.firms.related", "100 %"))

    assert {name: one.group for name, one in firms.relatives.items()} == {"akimat": "akimat"}
    assert not firms_of(*only("procurement.firms.related", "0 %")).relatives


def test_groups_have_more_than_one_member() -> None:
    """An affiliation is one with somebody."""
    sizes = Counter(one.group for one in firms_of().all if one.group)

    assert sizes
    assert all(count > 1 for name, count in sizes.items() if name != "akimat")


def test_the_shipped_year_plans_within_its_own_year() -> None:
    """Every lot is announced in 2025."""
    assert YEAR == "procurement_year"
    assert {one.planned_on.year for one in plan_of().lots} == {dt.date(2025, 1, 1).year}
