"""The environment keeps its law: whole time that never goes back, three priorities, an end."""

import math
from collections.abc import Callable, Generator
from typing import cast

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from tengesim import errors
from tengesim.engine import environment
from tengesim.engine.environment import (
    EVENTS_PER_INSTANT_MAX,
    INSTITUTION,
    RETAIL,
    URGENT,
    Environment,
)
from tengesim.errors import Finding, InvariantError, ScenarioError

START_US = 1_000
Steps = Generator[simpy.Event, None, None]

NO_DELAYS: tuple[object, ...] = (
    float("nan"),
    float("inf"),
    -1,
    0.1,
    1.0,
    True,
    np.float64(1),
    np.int64(1),
    "1",
    None,
    2**63,
)


def seen_by(env: Environment, until_us: int, *calls: tuple[int, int, str]) -> list[tuple[int, str]]:
    """Return what happens, with its time, when acts are due as (time, priority, name)."""
    seen: list[tuple[int, str]] = []

    def note(name: str) -> Callable[[simpy.Event], None]:
        return lambda _: seen.append((int(env.now), name))

    for time_us, priority, name in calls:
        env.happen(time_us, priority, note(name))
    env.run(until=until_us)
    return seen


@pytest.mark.parametrize("delay", NO_DELAYS, ids=repr)
def test_a_delay_that_is_no_whole_microsecond_is_refused_with_the_name_of_who_waits(
    delay: object,
) -> None:
    """Goal: R-20. Method: a generator waits each wrong delay; the message names both."""
    env = Environment(START_US)

    def careless_caterer() -> Steps:
        yield env.timeout(5)
        yield env.timeout(cast("float", delay))

    env.begin(careless_caterer())
    with pytest.raises(InvariantError, match="careless_caterer") as refused:
        env.run(until=START_US + 100)
    assert repr(delay) in str(refused.value)
    assert env.now == START_US + 5


@pytest.mark.parametrize("moment", [*NO_DELAYS, START_US - 1, START_US + 0.5], ids=repr)
def test_a_moment_that_is_over_or_no_moment_is_refused(moment: object) -> None:
    """Goal: nobody waits for the past. Method: `until` and `happen` at each wrong moment."""
    env = Environment(START_US)
    with pytest.raises(InvariantError, match="the world waits for"):
        env.until(cast("int", moment))
    with pytest.raises(InvariantError, match="the world waits for"):
        env.happen(cast("int", moment), RETAIL, lambda _: None)


def test_simpy_alone_would_run_time_backwards() -> None:
    """Goal: the wrapper is needed. Method: SimPy itself, one NaN delay, its clock at each step."""
    env = simpy.Environment()
    seen = []

    def wait(delay: float) -> Steps:
        yield env.timeout(delay)
        seen.append(env.now)

    for delay in (float("nan"), 2, 0.5, 1, 3):
        env.process(wait(delay))
    env.run()
    finite = [time for time in seen if not math.isnan(time)]
    assert finite != sorted(finite)


def test_time_that_runs_back_stops_the_run() -> None:
    """Goal: `now` never decreases. Method: an event slipped past the checks into the past."""
    env = Environment(START_US)
    env.happen(START_US + 10, RETAIL, lambda _: env.schedule(env.event().succeed(), delay=-9))
    with pytest.raises(InvariantError, match="time ran back from 1010 to 1001"):
        env.run()


def test_priorities_order_what_happens_at_one_instant() -> None:
    """Goal: urgent, institution, retail. Method: scheduled in the opposite order, one instant."""
    calls = ((5, RETAIL, "meal"), (5, INSTITUTION, "office"), (5, URGENT, "tape"))
    assert seen_by(Environment(0), 10, *calls) == [(5, "tape"), (5, "office"), (5, "meal")]
    assert (URGENT, INSTITUTION, RETAIL) == (0, 1, 2)


def test_a_waiting_institution_precedes_retail_of_the_same_instant() -> None:
    """Goal: ties of processes and retail. Method: a generator and a payment due together."""
    env = Environment(0)
    seen = []

    def office() -> Steps:
        yield env.until(5)
        seen.append("office")
        yield env.until(5)
        seen.append("office again")

    env.happen(5, RETAIL, lambda _: seen.append("meal"))
    env.begin(office())
    env.run(until=6)
    assert seen == ["office", "office again", "meal"]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from([URGENT, INSTITUTION, RETAIL]))),
    st.integers(1, 5),
)
def test_order_is_time_then_priority_then_sequence(
    calls: list[tuple[int, int]], end_us: int
) -> None:
    """Goal: the law for any schedule. Method: a stable sort of what was scheduled, then cut."""
    named = [(time_us, priority, str(index)) for index, (time_us, priority) in enumerate(calls)]
    due = [(t, name) for t, _, name in sorted(named, key=lambda call: call[:2]) if t < end_us]
    assert seen_by(Environment(0), end_us, *named) == due


def test_what_is_due_at_the_end_of_the_horizon_does_not_happen() -> None:
    """Goal: [start, end). Method: one microsecond before, at, and after the end, all priorities."""
    calls = [
        (time_us, priority, f"{time_us}")
        for time_us in (9, 10, 11)
        for priority in (URGENT, INSTITUTION, RETAIL)
    ]
    assert seen_by(Environment(0), 10, *calls) == [(9, "9")] * 3


def test_a_run_in_pieces_is_the_run_in_one() -> None:
    """Goal: midnights cut nothing. Method: the same schedule until 10, and until 3, 5, 10."""
    calls = [(t, p, f"{t}.{p}") for t in range(10) for p in (RETAIL, INSTITUTION, URGENT)]
    whole = seen_by(Environment(0), 10, *calls)
    env = Environment(0)
    pieces = seen_by(env, 3, *calls)
    env.run(until=5)
    env.run(until=10)
    assert len(whole) == 30
    assert pieces == whole


def test_two_who_answer_each_other_without_delay_are_stopped_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Goal: R-21. Method: two generators that never let time pass, under a smaller limit."""
    monkeypatch.setattr(environment, "EVENTS_PER_INSTANT_MAX", 500)
    env = Environment(START_US)

    def first_payer() -> Steps:
        while True:
            yield env.timeout(0)

    def second_payer() -> Steps:
        while True:
            yield env.timeout(0)

    env.begin(first_payer())
    env.begin(second_payer())
    with pytest.raises(InvariantError, match="more than 500 events at 1000 us") as stopped:
        env.run(until=START_US + 1)
    named = str(stopped.value)
    assert "first_payer" in named or "second_payer" in named
    assert EVENTS_PER_INSTANT_MAX == 1_000_000


@pytest.mark.parametrize(("events", "is_stopped"), [(500, False), (501, True)])
def test_the_limit_of_an_instant_is_the_last_number_allowed(
    events: int, *, is_stopped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: the boundary. Method: exactly the limit, and one more; then an instant later."""
    monkeypatch.setattr(environment, "EVENTS_PER_INSTANT_MAX", 500)
    env = Environment(0)
    for time_us in (0, 3):
        for _ in range(events):
            env.happen(time_us, RETAIL, lambda _: None)
    if is_stopped:
        with pytest.raises(InvariantError, match="events at 0 us"):
            env.run(until=5)
    else:
        env.run(until=5)
        assert env.now == 5


@pytest.mark.parametrize(
    "error",
    [
        ValueError("the register is down"),
        KeyError("act"),
        InvariantError("money is missing"),
        ScenarioError([Finding("FORMAT", "the format is missing")]),
    ],
    ids=repr,
)
def test_an_error_inside_a_process_arrives_as_it_was_raised(error: Exception) -> None:
    """Goal: R-24. Method: each error raised by a generator, compared by type and text."""
    env = Environment(0)

    def office() -> Steps:
        yield env.timeout(1)
        raise error

    env.begin(office())
    with pytest.raises(type(error)) as arrived:
        env.run(until=10)
    assert (type(arrived.value), str(arrived.value)) == (type(error), str(error))


def test_an_error_inside_a_payment_arrives_as_it_was_raised() -> None:
    """Goal: R-24 for retail. Method: an act that raises, at its own time."""
    env = Environment(0)

    def fail(_: simpy.Event) -> None:
        raise ValueError("no such purse")

    env.happen(3, RETAIL, fail)
    with pytest.raises(ValueError, match=r"^no such purse$"):
        env.run(until=10)
    assert env.now == 3


def test_every_error_of_ours_can_be_made_from_one_argument() -> None:
    """Goal: SimPy raises `type(e)(*e.args)` again. Method: do that to each exception class."""
    classes = [
        one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Exception)
    ]
    assert len(classes) >= 5
    for one in classes:
        made = one([Finding("FORMAT", "x")] if one is ScenarioError else "said")
        again = type(made)(*made.args)
        assert str(again) == str(made)
