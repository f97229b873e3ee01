"""Claims about time: exact durations, dates that exist, and local days that never run back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.clock import (
    DAY_US,
    HOUR_US,
    MINUTE_US,
    SECOND_US,
    Calendar,
    Duration,
    format_time_of_day,
    parse_date,
    parse_duration,
    parse_time_of_day,
)

# Almaty before and after the clocks went back an hour at the end of 29 February 2024.
ALMATY = Calendar(offsets=((date(2020, 1, 1), 6 * HOUR_US), (date(2024, 3, 1), 5 * HOUR_US)))
# A place whose clocks went forward and back, for the property below.
SHIFTED = Calendar(
    offsets=(
        (date(2020, 1, 1), -3 * HOUR_US),
        (date(2024, 2, 29), 5 * HOUR_US),
        (date(2024, 3, 31), 6 * HOUR_US),
        (date(2024, 10, 27), 4 * HOUR_US),
    )
)
DAYS = st.dates(min_value=date(2023, 12, 1), max_value=date(2025, 1, 31))
TIMES = st.integers(min_value=0, max_value=DAY_US - 1)


def utc_us(*parts: int) -> int:
    """Return the microseconds of a UTC moment, from the standard library."""
    moment = datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("15 s", Duration(15 * SECOND_US, "us")),
        ("30 min", Duration(30 * MINUTE_US, "us")),
        ("2 h", Duration(2 * HOUR_US, "us")),
        ("2 hours", Duration(2 * HOUR_US, "us")),
        ("1.5 h", Duration(90 * MINUTE_US, "us")),
        ("3 days", Duration(3 * DAY_US, "us")),
        ("1 day", Duration(DAY_US, "us")),
        ("2 weeks", Duration(14 * DAY_US, "us")),
        ("250 ms", Duration(250_000, "us")),
        ("5 business days", Duration(5, "business_days")),
        ("1 business day", Duration(1, "business_days")),
        ("0 s", Duration(0, "us")),
        ("1000000000000001 us", Duration(10**15 + 1, "us")),
    ],
)
def test_durations_are_read_exactly(text: str, duration: Duration) -> None:
    """Each text means this length of time."""
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("5", "not a duration"),
        ("-5 s", "not a duration"),
        ("nan s", "not a duration"),
        ("1e3 s", "not a duration"),
        ("5 fortnights", "unknown unit"),
        ("2 months", "no fixed length"),
        ("1 year", "no fixed length"),
        ("0.5 us", "not a whole number of microseconds"),
        ("1.5 business days", "not a whole number of business days"),
        ("99999999 days", "too long"),
    ],
)
def test_what_is_no_duration_is_refused(text: str, fragment: str) -> None:
    """Each text is refused with a message that says why."""
    with pytest.raises(ValueError, match=fragment):
        parse_duration(text)


@given(
    st.one_of(
        st.builds(Duration, st.integers(0, 36_600 * DAY_US), st.just("us")),
        st.builds(Duration, st.integers(0, 36_600), st.just("business_days")),
    )
)
def test_a_written_duration_is_read_back(duration: Duration) -> None:
    """Writing and reading a duration gives the same one."""
    assert parse_duration(str(duration)) == duration


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("2026-02-29", "2026 has no 29 February"),
        ("1900-02-29", "1900 has no 29 February"),
        ("2026-02-30", "does not exist; expected a day"),
        ("2026-13-01", "does not exist; expected a month"),
        ("2026-2-1", "expected year-month-day"),
        ("01.02.2026", "expected year-month-day"),
        ("20260201", "expected year-month-day"),
        ("2026-W05-1", "expected year-month-day"),
        ("", "expected year-month-day"),
    ],
)
def test_dates_that_do_not_exist_are_refused_by_name(text: str, fragment: str) -> None:
    """The message says which part of the date is wrong."""
    with pytest.raises(ValueError, match=fragment):
        parse_date(text)


@given(st.dates())
def test_every_date_is_read_back(day: date) -> None:
    """Leap days included."""
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    ("text", "time_us"),
    [
        ("00:00", 0),
        ("07:30", 7 * HOUR_US + 30 * MINUTE_US),
        ("23:59:59", DAY_US - SECOND_US),
    ],
)
def test_times_of_day_are_read_and_written(text: str, time_us: int) -> None:
    """Text and microseconds mean the same."""
    assert parse_time_of_day(text) == time_us
    assert format_time_of_day(time_us) == text


@pytest.mark.parametrize("text", ["24:00", "7:30", "12:60", "12.30", "noon", "", "-1:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    """Two digits, a colon, two digits, within a day."""
    with pytest.raises(ValueError, match="not a time of day"):
        parse_time_of_day(text)


def test_the_day_the_clocks_went_back_has_an_hour_twice() -> None:
    """Elapsed time goes on while 23:00 of 29 February 2024 comes twice in Almaty."""
    first = ALMATY.at(date(2024, 2, 29), 23 * HOUR_US + 30 * MINUTE_US)
    assert first == utc_us(2024, 2, 29, 17, 30)
    second = first + HOUR_US
    assert (ALMATY.date_of(second), ALMATY.hour_of(second)) == (date(2024, 2, 29), 23)
    assert ALMATY.at(date(2024, 3, 1)) == utc_us(2024, 2, 29, 19)


def test_a_time_that_clocks_skip_is_the_moment_of_the_change() -> None:
    """Nothing can be planned for an hour that does not exist, so it happens at once."""
    gap = SHIFTED.at(date(2024, 3, 31), 30 * MINUTE_US)
    assert gap == utc_us(2024, 3, 30, 19)
    assert SHIFTED.date_of(gap) == date(2024, 3, 31)


@pytest.mark.parametrize("calendar", [ALMATY, SHIFTED])
@given(day=DAYS, time_us=TIMES)
def test_a_moment_of_a_day_lies_in_that_day(calendar: Calendar, day: date, time_us: int) -> None:
    """Whatever the offsets, what is planned for a day happens on it."""
    assert calendar.date_of(calendar.at(day, time_us)) == day


@given(
    st.lists(st.integers(utc_us(2024, 1, 1), utc_us(2025, 1, 1)), min_size=2, max_size=2),
)
def test_local_days_never_run_backwards(moments: list[int]) -> None:
    """A later moment is never on an earlier local day."""
    earlier, later = sorted(moments)
    assert SHIFTED.day_number(earlier) <= SHIFTED.day_number(later)
    assert SHIFTED.date_of(earlier) <= SHIFTED.date_of(later)


def test_day_numbers_count_from_the_epoch() -> None:
    """Day 0 is 1 January 1970, local; dates before it are negative."""
    calendar = Calendar(offsets=((date(1970, 1, 1), 5 * HOUR_US),))
    assert calendar.day_number(-5 * HOUR_US) == 0
    assert calendar.day_number(-5 * HOUR_US - 1) == -1


@pytest.mark.parametrize(
    ("day", "count", "result"),
    [
        (date(2026, 3, 6), 0, date(2026, 3, 6)),
        (date(2026, 3, 7), 0, date(2026, 3, 10)),
        (date(2026, 3, 6), 1, date(2026, 3, 10)),
        (date(2026, 3, 8), 1, date(2026, 3, 10)),
        (date(2026, 3, 6), 5, date(2026, 3, 16)),
    ],
)
def test_business_days_skip_weekends_and_holidays(day: date, count: int, result: date) -> None:
    """9 March 2026 stands for 8 March, which is a Sunday."""
    calendar = Calendar(
        offsets=((date(2024, 3, 1), 5 * HOUR_US),), holidays=frozenset({date(2026, 3, 9)})
    )
    assert calendar.add_business_days(day, count) == result


def test_a_weekend_day_can_be_worked_by_decree() -> None:
    """A working day wins over the weekend and over holidays."""
    saturday = date(2026, 1, 10)
    calendar = Calendar(
        offsets=((date(2024, 3, 1), 0),),
        holidays=frozenset({saturday}),
        working_days=frozenset({saturday}),
    )
    assert calendar.business_days(date(2026, 1, 9), date(2026, 1, 12)) == [
        date(2026, 1, 9),
        saturday,
    ]


def test_business_days_stop_before_the_end() -> None:
    """The end does not belong to the period; a reversed period is empty."""
    assert ALMATY.business_days(date(2026, 2, 2), date(2026, 2, 4)) == [
        date(2026, 2, 2),
        date(2026, 2, 3),
    ]
    assert ALMATY.business_days(date(2026, 2, 4), date(2026, 2, 2)) == []


def test_calendars_that_cannot_be_counted_in_are_refused() -> None:
    """No offset, offsets out of order, and a week without a working day."""
    with pytest.raises(ValueError, match="no offset"):
        Calendar(offsets=())
    with pytest.raises(ValueError, match="do not ascend"):
        Calendar(offsets=((date(2024, 3, 1), 0), (date(2024, 3, 1), 1)))
    with pytest.raises(ValueError, match="within a day"):
        Calendar(offsets=((date(2024, 3, 1), DAY_US),))
    with pytest.raises(ValueError, match="no working day"):
        Calendar(offsets=((date(2024, 3, 1), 0),), weekend=(0, 1, 2, 3, 4, 5, 6))
    with pytest.raises(ValueError, match="zero or more"):
        ALMATY.add_business_days(date(2026, 1, 1), -1)
    with pytest.raises(ValueError, match="time of day"):
        ALMATY.at(date(2026, 1, 1), DAY_US)


@given(
    st.sampled_from([ALMATY, SHIFTED, Calendar(offsets=((date(2024, 3, 1), 5 * HOUR_US),))]),
    st.lists(st.dates(date(2020, 1, 1), date(2030, 1, 1)), max_size=5),
    st.integers(0, DAY_US - 1),
)
def test_many_days_are_each_where_it_is_alone(
    calendar: Calendar, days: list[date], time_of_day_us: int
) -> None:
    """Goal: one law of days. Method: any days and time, offsets that change or not, one by one."""
    expected = [calendar.at(day, time_of_day_us) for day in days]
    assert calendar.at_each(days, time_of_day_us) == expected
