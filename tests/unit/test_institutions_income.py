"""Income as dated orders: everybody once a month, on the right day, with what is due."""

import datetime as dt
from collections import Counter
from typing import Any, Literal, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from tengesim.clock import HOUR_US, Calendar
from tengesim.codes import Kind
from tengesim.engine.bulletin import Board
from tengesim.engine.environment import Environment
from tengesim.institutions.income.build import TOPIC, Income, build
from tengesim.institutions.income.days import pay_date, tranche_days
from tengesim.institutions.income.model import IncomeSection, TrancheSection
from tengesim.ports import CreditOrder, Ports
from tengesim.streams import Streams
from tests.budget_world import bare_ports

START, END = dt.date(2026, 1, 1), dt.date(2027, 1, 1)
HOLIDAYS = frozenset({dt.date(2026, 1, 1), dt.date(2026, 1, 2), dt.date(2026, 3, 9)})
CALENDAR = Calendar(offsets=((dt.date(2024, 3, 1), 5 * HOUR_US),), holidays=HOLIDAYS)
REGIONS = ("KZ-10", "KZ-11", "KZ-71")
PROGRAMMES = ("pension", "disability")
MOVES = ("paid", "before", "after")
Moving = Literal["paid", "before", "after"]


class People(NamedTuple):
    """The columns of people that income reads."""

    region: NDArray[np.uint8]
    wage_tiyn: NDArray[np.int64]
    employer: NDArray[np.int32]
    memberships: NDArray[np.uint16]


class Firms(NamedTuple):
    """Employers."""

    region: NDArray[np.uint8]


class Town(NamedTuple):
    """A society as far as income looks at it."""

    regions: tuple[str, ...]
    programmes: tuple[str, ...]
    people: People
    employers: Firms

    def employer_name(self, number: int) -> str:
        """Return the name of an employer."""
        return f"employer-{number + 1:05d}"


def town(count: int = 3_000, firms: int = 40) -> Town:
    """Return people of whom every second works and every third and fifth has a benefit."""
    number = np.arange(count)
    works = number % 2 == 0
    members = (number % 3 == 0) * 1 + (number % 5 == 0) * 2
    people = People(
        region=(number % len(REGIONS)).astype(np.uint8),
        wage_tiyn=np.where(works, 20_000_000 + number, 0),
        employer=np.where(works, number // 2 % firms, -1).astype(np.int32),
        memberships=members.astype(np.uint16),
    )
    return Town(REGIONS, PROGRAMMES, people, Firms(np.zeros(firms, dtype=np.uint8)))


def assumed(text: str | int) -> dict[str, Any]:
    """Return a value whose range is itself."""
    return {"value": text, "low": text, "high": text, "source": "assumption"}


def section(moving: str = "after", **changes: object) -> IncomeSection:
    """Return a section of wages and two benefits."""
    tranches = {
        "first_day": assumed(4),
        "early_until": assumed(12),
        "last_day": assumed(25),
        "early_share": assumed("60 %"),
    }
    stated = {
        "non_working_days": moving,
        "schedule_source": "assumption",
        "wages": {
            "pay_days": [{"day": 5, "share": "50 %"}, {"day": 31, "share": "50 %"}],
            "schedule_source": "assumption",
            "at": "10:00",
            "withheld": assumed("20 %"),
            "digital": assumed("5 %"),
        },
        "benefits_at": "11:00",
        "tranches": tranches,
        "benefits": {
            "pension": {
                "title": "Pension",
                "amount": assumed("157,843 KZT"),
                "spread": assumed("50 %"),
                "digital": assumed("0 %"),
            },
            "disability": {
                "title": "Disability",
                "amount": assumed("78,267 KZT"),
                "spread": assumed("0 %"),
                "digital": assumed("10 %"),
            },
        },
    }
    return IncomeSection.model_validate(stated | changes)


def income(stated: IncomeSection, society: Town | None = None, seed: int = 1) -> Income:
    """Return what everybody is due."""
    ports = bare_ports(Environment(CALENDAR.at(START)), Board(), CALENDAR)
    return Income(stated, society or town(), ports, streams=Streams(seed), treasury="treasury")


@pytest.mark.parametrize("moving", MOVES)
def test_everybody_is_paid_exactly_once_a_month(moving: str) -> None:
    """Goal: no month without pay, none with two. Method: count person, programme and month."""
    society = town()
    paid: Counter[tuple[str, int, int]] = Counter()
    for time_us, order in income(section(moving), society).orders(START, END):
        month = CALENDAR.date_of(time_us).month
        paid.update((order.programme, person, month) for person in order.people)
    assert set(paid.values()) == {1}
    owed = {
        "wages": np.flatnonzero(society.people.wage_tiyn),
        "pension": np.flatnonzero(society.people.memberships & 1),
        "disability": np.flatnonzero(society.people.memberships & 2),
    }
    assert len(paid) == 12 * sum(len(people) for people in owed.values())
    for programme, people in owed.items():
        assert {key[1] for key in paid if key[0] == programme} == set(people.tolist())


@pytest.mark.parametrize("moving", ["before", "after"])
def test_nobody_is_paid_on_a_day_off_unless_the_section_says_so(moving: str) -> None:
    """Goal: pay days move to working days. Method: every date of a year, and the twin `paid`."""
    dates = [CALENDAR.date_of(time_us) for time_us, _ in income(section(moving)).orders(START, END)]
    assert all(CALENDAR.is_business_day(date) for date in dates)
    kept = [CALENDAR.date_of(time_us) for time_us, _ in income(section("paid")).orders(START, END)]
    assert not all(CALENDAR.is_business_day(date) for date in kept)


@pytest.mark.parametrize(
    ("moving", "expected"),
    [("paid", "2026-03-08"), ("before", "2026-03-06"), ("after", "2026-03-10")],
)
def test_a_day_off_moves_as_the_section_says(moving: Moving, expected: str) -> None:
    """Goal: 8 March 2026 is a Sunday, the 9th a holiday. Method: dates counted by hand."""
    assert pay_date(CALENDAR, dt.date(2026, 3, 1), 8, moving).isoformat() == expected


@given(
    month=st.dates(dt.date(2024, 3, 1), dt.date(2030, 12, 1)).map(lambda day: day.replace(day=1)),
    day=st.integers(1, 31),
    moving=st.sampled_from(MOVES),
)
def test_a_pay_day_never_leaves_its_month(month: dt.date, day: int, moving: Moving) -> None:
    """Goal: once a month whatever the calendar. Method: any month, day and way of moving."""
    assert pay_date(CALENDAR, month, day, moving).replace(day=1) == month


def test_orders_leave_in_the_order_of_time_and_bear_each_id_once() -> None:
    """Goal: one engine, one order. Method: times and ids of a year."""
    orders = list(income(section()).orders(START, END))
    times = [time_us for time_us, _ in orders]
    assert times == sorted(times)
    ids = [order.id for _, order in orders]
    assert len(ids) == len(set(ids))


def test_wages_are_paid_less_what_is_withheld_by_the_employer() -> None:
    """Goal: net = gross − 20 %. Method: every wage of January against the column."""
    society = town()
    orders = [
        order
        for _, order in income(section(), society).orders(START, dt.date(2026, 2, 1))
        if order.kind is Kind.WAGE
    ]
    for order in orders:
        numbers = {int(society.people.employer[person]) for person in order.people}
        assert {society.employer_name(number) for number in numbers} == {order.source}
        gross = society.people.wage_tiyn[list(order.people)]
        assert list(order.amounts_tiyn) == (gross - gross // 5).tolist()


@pytest.mark.statistics
def test_benefits_have_the_mean_that_is_stated() -> None:
    """Goal: mean within four standard errors; 10 % more would be seen. Method: 20,000 people."""
    society = town(60_000)
    mean = 15_784_300
    orders = income(section(), society).orders(START, dt.date(2026, 2, 1))
    amounts = np.concatenate(
        [order.amounts_tiyn for _, order in orders if order.programme == "pension"]
    )
    standard_error = amounts.std() / len(amounts) ** 0.5
    assert abs(amounts.mean() - mean) < 4 * standard_error
    assert 0.1 * mean > 8 * standard_error
    assert amounts.min() >= mean // 2
    assert amounts.max() <= mean + mean // 2 + 1


def test_each_region_has_its_fixed_days_and_most_are_paid_early() -> None:
    """Goal: two days a region in 4 to 25, 60 % by the 12th. Method: days as due, per region."""
    society = town()
    days: dict[int, Counter[int]] = {0: Counter(), 1: Counter(), 2: Counter()}
    for time_us, order in income(section("paid"), society).orders(START, dt.date(2026, 2, 1)):
        if order.programme == "pension":
            for person in order.people:
                days[int(society.people.region[person])][CALENDAR.date_of(time_us).day] += 1
    # Every third person has a pension, and every third lives in the first region.
    assert dict(days[0]) == {4: 600, 13: 400}
    stated = section().tranches
    assert tranche_days(stated, 3) == ([4, 7, 10], [13, 17, 21])
    assert tranche_days(stated, 20)[0][-1] == 12
    assert tranche_days(stated, 20)[1][-1] == 25


def test_what_payers_owe_is_the_sum_of_their_orders() -> None:
    """Goal: accounts are funded for what will fall due. Method: sum by hand over March."""
    start, end = dt.date(2026, 3, 1), dt.date(2026, 4, 1)
    due = income(section())
    by_hand: Counter[str] = Counter()
    for _, order in due.orders(start, end):
        by_hand[order.source] += sum(order.amounts_tiyn)
    benefits_tiyn, wages_tiyn = due.due(start, end)
    owed = {
        town().employer_name(number): amount_tiyn
        for number, amount_tiyn in enumerate(wages_tiyn.tolist())
        if amount_tiyn
    }
    assert owed | {"treasury": benefits_tiyn} == dict(by_hand)
    assert len(by_hand) == 41


def facts(order: CreditOrder) -> tuple[int, str, list[int], list[int]]:
    """Return what two equal orders have in common, the share in digital tenge first."""
    return order.digital_bp, order.id, order.people.tolist(), order.amounts_tiyn.tolist()


def test_orders_are_announced_when_due() -> None:
    """Goal: banks hear at the moment of pay. Method: a listener that reads the clock."""
    env, board = Environment(CALENDAR.at(START)), Board()
    ports: Ports = bare_ports(env, board, CALENDAR)
    heard: list[tuple[int, object]] = []
    board.listen(TOPIC, lambda content: heard.append((int(env.now), content)))
    end = dt.date(2026, 2, 15)
    due = build(
        section(), town(), ports, streams=Streams(1), treasury="treasury", start=START, end=end
    )
    env.run(until=CALENDAR.at(end))
    announced = [(at_us, facts(one)) for at_us, one in heard if isinstance(one, CreditOrder)]
    assert len(announced) == len(heard)
    assert announced == [(dated.time_us, facts(dated.order)) for dated in due.orders(START, end)]


def test_amounts_and_days_are_the_same_whatever_the_share_in_digital_tenge() -> None:
    """Goal: a lever moves only what it names. Method: orders of two worlds but for that share."""
    stated = section()
    pension = stated.benefits["pension"]
    more = pension.model_copy(update={"digital": stated.benefits["disability"].digital})
    changed = stated.model_copy(update={"benefits": stated.benefits | {"pension": more}})
    first = list(income(stated).orders(START, END))
    second = list(income(changed).orders(START, END))
    assert [(one.time_us, facts(one.order)[1:]) for one in first] == [
        (one.time_us, facts(one.order)[1:]) for one in second
    ]
    assert {one.order.digital_bp for one in second if one.order.programme == "pension"} == {1_000}


def test_a_grant_comes_once_a_year_in_any_month() -> None:
    """Goal: a birth is paid for once. Method: count people of a year, and months among them."""
    society = town(6_000)
    benefits = section().model_dump(mode="json")["benefits"]
    benefits["pension"]["paid"] = "once_a_year"
    paid: Counter[int] = Counter()
    months: Counter[int] = Counter()
    for time_us, order in income(section(benefits=benefits), society).orders(START, END):
        if order.programme == "pension":
            paid.update(order.people)
            months[CALENDAR.date_of(time_us).month] += len(order.people)
    assert set(paid) == set(np.flatnonzero(society.people.memberships & 1).tolist())
    assert set(paid.values()) == {1}
    # 2,000 people over twelve months: 167 each, with a standard deviation of 12.
    assert set(months) == set(range(1, 13))
    assert all(abs(count - 167) < 60 for count in months.values())


def test_nobody_earns_in_an_empty_society() -> None:
    """Goal: no work, no order. Method: a town of nobody."""
    assert list(income(section(), town(0)).orders(START, END)) == []


def test_a_benefit_without_programme_is_refused_by_name() -> None:
    """Goal: a benefit nobody can get is a mistake. Method: a society without programmes."""
    with pytest.raises(ValueError, match="benefit 'pension' is no programme"):
        income(section(), town()._replace(programmes=("disability",)))


def test_pay_days_of_too_few_employers_are_refused() -> None:
    """Goal: shares make a whole. Method: half the employers never pay."""
    wages = section().model_dump(mode="json")["wages"]
    wages["pay_days"] = wages["pay_days"][:1]
    with pytest.raises(ValidationError, match=r"add up to 50\.00 %"):
        section(wages=wages)


@pytest.mark.parametrize("days", [(0, 12, 25), (13, 12, 25), (4, 25, 25), (4, 12, 32)])
def test_windows_out_of_order_are_refused(days: tuple[int, int, int]) -> None:
    """Goal: two windows within a month. Method: each order broken once."""
    names = ("first_day", "early_until", "last_day")
    stated = {name: assumed(day) for name, day in zip(names, days, strict=True)}
    with pytest.raises(ValidationError, match="two windows of a month"):
        TrancheSection.model_validate(stated | {"early_share": assumed("60 %")})
