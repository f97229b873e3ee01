"""An agenda does everything at its moment, once, in the order in which it was put there."""

from dataclasses import replace
from functools import partial

import simpy
from hypothesis import given
from hypothesis import strategies as st

from tengesim.clock import DAY_US
from tengesim.institutions.agenda import Agenda
from tests.budget_world import Stage, stage
from tests.mining_world import CALENDAR

START_US = 0


def done(world: Stage, moments: list[int], again: dict[int, int]) -> list[tuple[int, int]]:
    """Return what was done and when: number and moment; `again` puts a number once more."""
    agenda, seen = Agenda(world.ports), list[tuple[int, int]]()

    def act(number: int) -> None:
        seen.append((number, world.ports.now()))
        if number in again:
            agenda.put(world.ports.now() + again[number], partial(act, -1 - number))

    for number, moment in enumerate(moments):
        agenda.put(moment, partial(act, number))
    world.env.run(until=DAY_US)
    return seen


@given(st.lists(st.integers(0, 5), max_size=12), st.dictionaries(st.integers(0, 11), st.just(0)))
def test_everything_is_done_once_at_its_moment_in_order(
    moments: list[int], again: dict[int, int]
) -> None:
    """Goal: dates are kept. Method: any moments against a stable sort; what is put anew is last."""
    expected = []
    for moment in sorted(set(moments)):
        due = [number for number, each in enumerate(moments) if each == moment]
        expected += [(number, moment) for number in due]
        expected += [(-1 - number, moment) for number in due if number in again]
    assert done(stage(START_US, CALENDAR), moments, again) == expected


def test_what_lies_in_the_past_is_caught_up_with_now() -> None:
    """Goal: nothing is forgotten. Method: a date from before the world began."""
    assert done(stage(START_US, CALENDAR), [-7], {}) == [(0, START_US)]


def test_dates_of_one_moment_are_one_event() -> None:
    """Goal: a thousand dates cost their days. Method: count what is waited for."""
    world, waited = stage(START_US, CALENDAR), list[int]()

    def counted(time_us: int) -> simpy.Event:
        waited.append(time_us)
        return world.env.until(time_us)

    agenda = Agenda(replace(world.ports, until=counted))
    for number in range(1_000):
        agenda.put(number % 3, lambda: None)
    world.env.run(until=DAY_US)
    assert waited == [0, 1, 2]
