"""The compiled tape draws what its readable formula says, alone, in any order and on any thread."""

import datetime as dt
import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import accumulate

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tengesim.clock import HOUR_US, MINUTE_US, Calendar
from tengesim.journal.names import Names
from tengesim.retail import strata
from tengesim.retail.behaviour import wants_per_thousand
from tengesim.retail.cells import pick
from tengesim.retail.guides import Guides
from tengesim.retail.profile import CountTable, Rates
from tengesim.retail.strata import is_payer
from tengesim.retail.tape import Tape, Window
from tengesim.streams import Streams, below_one, further_one
from tests.retail_world import CALENDAR, FIRST_DAY, days, everyday, society

SHARED = Calendar(
    (
        (dt.date(2000, 1, 1), 5 * HOUR_US + 30 * MINUTE_US),
        (FIRST_DAY + dt.timedelta(days=1), 5 * HOUR_US),
    )
)
"""Clocks go back by half an hour, so two days share one."""


def tape(calendar: Calendar = CALENDAR, homes: int = 40, count: int = 3) -> Tape:
    """Return a small tape."""
    made = strata.build(
        everyday(), society(homes), Streams(1), Names(), calendar, dates=days(count)
    )
    return Tape(made)


def digest(windows: Sequence[Window]) -> str:
    """Return a digest of every column of some windows."""
    found = hashlib.sha256()
    for window in windows:
        for column in window:
            found.update(column.tobytes())
    return found.hexdigest()


def due_purchases(day: dt.date) -> list[tuple[int, int, int]]:
    """Return time, payer and spare word of every purchase of food, by the formula in words."""
    section, people, streams = everyday(), society(40), Streams(1)
    payers = np.flatnonzero(is_payer(section, people))
    each = wants_per_thousand(section) * Fraction(len(people.people.age), 1_000 * len(payers))
    rates = Rates(section, each * Fraction(section.purposes["5411"].share.value, 10_000))
    ends = list(accumulate(section.hours.weights))
    step, found = day.toordinal(), []
    counts = CountTable(rates.base(day)).draw(streams.words("retail.5411.count", payers, step))
    words = streams.words("retail.5411.want", payers, step)
    for payer, count, word in zip(payers.tolist(), counts.tolist(), words.tolist(), strict=True):
        for number in range(count):
            spare = further_one(word, "number", number)
            moment = further_one(spare, "time")
            mass = below_one(moment, ends[-1])
            hour = next(hour for hour, end in enumerate(ends) if mass < end)
            within = below_one(further_one(moment, "within the hour"), HOUR_US)
            found.append((CALENDAR.at(day) + hour * HOUR_US + within, payer, spare))
    return sorted(found)


def test_purchases_are_those_of_the_formula() -> None:
    """Goal: compiled tables change nothing. Method: every word again, one by one, in plain code."""
    found = []
    drawn = tape(count=1)
    for hour in drawn.hours():
        window = drawn.columns(hour)
        for place in range(len(window.time_us)):
            title = drawn.strata[window.rank[place]].title
            if title.endswith("/5411"):
                columns = (window.time_us, window.payer, window.word)
                found.append(tuple(int(column[place]) for column in columns))
    assert sorted(found) == due_purchases(FIRST_DAY)
    assert len(found) > 20


def test_any_hour_is_the_same_alone_and_on_two_threads() -> None:
    """Goal: an hour depends on nothing else. Method: in order, backwards, fresh, on two threads."""
    for calendar in (CALENDAR, SHARED):
        drawn = tape(calendar)
        hours = drawn.hours()
        expected = [digest([drawn.columns(hour)]) for hour in hours]
        backwards = [digest([drawn.columns(hour)]) for hour in reversed(hours)]
        assert expected == backwards[::-1]
        with ThreadPoolExecutor(2) as pool:
            threaded = list(pool.map(lambda hour: digest([drawn.columns(hour)]), hours))  # noqa: B023
        assert expected == threaded
        assert expected[30] == digest([tape(calendar).columns(hours[30])])


def test_parts_of_an_hour_decide_nothing() -> None:
    """Goal: cutting is for caches only. Method: one part an hour against eight."""
    whole, cut = tape(SHARED), tape(SHARED)
    cut.strata[0].source.bits = 3  # type: ignore[union-attr]
    for hour in whole.hours():
        assert digest([whole.columns(hour)]) == digest([cut.columns(hour)])


def test_wants_are_ordered_and_numbered() -> None:
    """Goal: the order of the tape. Method: time, rank and number ascend; numbers count from 0."""
    drawn = tape(SHARED)
    for hour in drawn.hours():
        window = drawn.columns(hour)
        order = np.lexsort((window.number, window.rank, window.time_us))
        assert np.array_equal(order, np.arange(len(order)))
        for rank in set(window.rank.tolist()):
            numbers = window.number[window.rank == rank]
            assert numbers.tolist() == list(range(len(numbers)))
        wants = drawn.window(hour, hour + 1)
        assert [drawn.want(window, place) for place in range(len(wants))] == wants


def test_without_compilation_the_tape_is_the_same() -> None:
    """Goal: a third leg. Method: a subprocess of plain Python draws the same hours."""
    script = (
        "from tests.differential.test_tape_formula import *\n"
        "drawn = tape(SHARED, 4, 1)\n"
        "print(digest([drawn.columns(hour) for hour in drawn.hours()]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    drawn = tape(SHARED, 4, 1)
    assert done.stdout.strip() == digest([drawn.columns(hour) for hour in drawn.hours()])


@given(
    st.lists(st.integers(0, 1_000) | st.just(10**7), min_size=1, max_size=30).filter(any),
    st.integers(1, 64),
)
def test_a_guide_finds_what_a_search_finds(weights: list[int], spans: int) -> None:
    """Goal: guides decide nothing. Method: every mass at an edge, before an edge, and the ends."""
    guides = Guides()
    guides.add(np.arange(3), np.array([1, 2, 3]))
    guides.add(np.arange(len(weights)), np.array(weights), spans=spans)
    ends = np.cumsum(weights)
    edges = {int(end) + off for end in ends for off in (-1, 0)} | {0, int(ends[-1]) - 1}
    asked = np.array(sorted(edge for edge in edges if 0 <= edge < ends[-1]), dtype=np.uint64)
    found = np.empty(len(asked), dtype=np.int64)
    pick(guides.groups(), np.ones(len(asked), dtype=np.int64), asked, found)
    expected = 3 + np.searchsorted(ends, asked.astype(np.int64), side="right")
    assert expected.tolist() == found.tolist()
