"""Hours of the tape that are drawn ahead: the same wants, and nothing that depends on the past."""

import threading

import pytest

from tengesim.retail import ahead
from tengesim.retail.ahead import Ahead
from tengesim.retail.tape import Tape
from tests.differential.test_tape_formula import digest, tape


@pytest.fixture(autouse=True)
def _every_hour_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_MANY", 0)


def test_hours_drawn_ahead_are_those_drawn_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: drawing ahead changes nothing. Method: each hour against a fresh tape; who drew it.

    Every fifth hour is not the one that was announced.
    """
    drawn, fresh, threads = tape(), tape(), list[str]()
    shared = Tape.shared

    def noted(self: Tape, hour: int) -> list[object]:
        threads.append(threading.current_thread().name)
        return [*shared(self, hour)]

    monkeypatch.setattr(Tape, "shared", noted)
    hours, ahead_of = drawn.hours(), Ahead(drawn)
    found = []
    for place, hour in enumerate(hours):
        announced = hours[place - 1 if place % 5 == 0 else min(place + 1, len(hours) - 1)]
        found.append(digest([ahead_of.columns(hour, announced)]))
    assert threads.count("tape") == len(hours)
    monkeypatch.setattr(Tape, "shared", shared)
    assert [digest([fresh.columns(hour)]) for hour in hours] == found


def test_an_hour_that_cannot_be_drawn_says_so_when_its_turn_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Goal: no error is lost with a thread. Method: an hour that fails beside the one before."""
    drawn = tape()
    first, second, *_ = drawn.hours()
    shared = Tape.shared

    def broken(self: Tape, hour: int) -> list[object]:
        if hour == second:
            raise ValueError("no such hour")
        return [*shared(self, hour)]

    monkeypatch.setattr(Tape, "shared", broken)
    ahead_of = Ahead(drawn)
    ahead_of.columns(first, second)
    with pytest.raises(ValueError, match="no such hour"):
        ahead_of.columns(second, None)


def test_short_hours_start_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: small worlds stay simple. Method: forbid threads; hours of a few wants."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a thread was started")

    monkeypatch.setattr(ahead, "_MANY", 1 << 14)
    monkeypatch.setattr(threading, "Thread", forbidden)
    drawn = tape()
    ahead_of = Ahead(drawn)
    first, second, *_ = drawn.hours()
    assert digest([tape().columns(first)]) == digest([ahead_of.columns(first, second)])
