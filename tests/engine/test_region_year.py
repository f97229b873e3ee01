"""A year of one region: schools are closed in their holidays, and programmes do not mix.

Run small and for two months, of which the last week is a holiday of schools.
"""

import datetime
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from tengesim.clock import DAY_US, Calendar
from tengesim.institutions.social.model import BreakSection, MealsSection
from tengesim.scenario.load import load_scenario
from tengesim.scenario.model import Scenario
from tests.economies import rows_of, run_of

FULL: Final = "run.log=full"
MORE_LOANS: Final = "purchases.livestock.deals.value=40"
OF_MEALS: Final = (
    "meals_due",
    "meals_eaten",
    "meals_paid",
    "phantom_meals",
    "leakage_amount",
    "honest_refused",
    "paid_amount",
    "released_amount",
    "returned",
    "unspent",
)
FIRST: Final = datetime.date(2026, 9, 1)
SCENARIO: Final = load_scenario("region_year")


def _meals(scenario: Scenario = SCENARIO) -> MealsSection:
    return scenario.programmes["school_meals"]


def test_a_school_year_has_as_many_days_as_budgets_are_made_for() -> None:
    """Goal: 160 to 170 days, facts 3.4.13. Method: count those of the scenario as it is."""
    calendar = SCENARIO.clock.calendar()
    without = _meals().model_copy(update={"breaks": None})
    assert [len(one.served(calendar)) for one in (_meals(), without)] == [166, 179]


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 20)), max_size=4),
    st.sets(st.integers(0, 60), max_size=5),
)
def test_meals_are_served_on_business_days_outside_breaks(
    breaks: list[tuple[int, int]], holidays: set[int]
) -> None:
    """Goal: days of meals. Method: day by day, against the definition."""

    def day(number: int) -> datetime.date:
        return FIRST + datetime.timedelta(days=number)

    closed = tuple(
        BreakSection(name="Break", first=day(begin), last=day(begin + more), source="assumption")
        for begin, more in breaks
    )
    section = _meals().model_copy(update={"breaks": closed})
    calendar = Calendar(offsets=((FIRST, 0),), holidays=frozenset(map(day, holidays)))
    last = (section.term.last - FIRST).days
    expected = [
        day(number)
        for number in range(last + 1)
        if day(number).weekday() < 5
        and number not in holidays
        and not any(begin <= number <= begin + more for begin, more in breaks)
    ]
    assert expected == section.served(calendar)


def test_nobody_eats_in_the_holidays_of_schools() -> None:
    """Goal: closed schools serve nothing. Method: days of rows of meals, in the whole log."""
    run = run_of("region_year", FULL)
    events = run.events
    rows = events[events["intent"].str.startswith("school_meals/")]
    offset_us = run.scenario.clock.offsets[0].offset_us()
    numbers = {int(each) for each in (rows["time_us"] + offset_us) // DAY_US}
    asked = {datetime.date(1970, 1, 1) + datetime.timedelta(days=number) for number in numbers}
    autumn = (_meals(run.scenario).breaks or ())[0]
    assert (autumn.first, autumn.last) == (datetime.date(2026, 10, 26), datetime.date(2026, 11, 1))
    assert max(day for day in asked if day < autumn.first) == datetime.date(2026, 10, 23)
    assert not [day for day in asked if autumn.first <= day <= autumn.last]


def test_what_is_bought_against_a_register_is_no_meal() -> None:
    """Goal: metrics of meals are about meals. Method: twice as many loans, the same meals."""
    few, more = run_of("region_year", FULL), run_of("region_year", FULL, MORE_LOANS)
    values = [run.metrics.set_index("metric")["value"] for run in (few, more)]
    assert len(rows_of(few.events, kind="agreement")) == 21
    assert values[0]["purchases_agreed"] < values[1]["purchases_agreed"]
    assert [float(values[0][name]) for name in OF_MEALS] == [
        float(values[1][name]) for name in OF_MEALS
    ]
    summary = run_of("region_year").metrics.set_index("metric")["value"]
    assert [float(values[0][name]) for name in OF_MEALS] == [
        float(summary[name]) for name in OF_MEALS
    ]
