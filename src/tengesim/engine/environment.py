"""SimPy's environment with the law of this project: integer time, three priorities, no endless now.

Events at one instant happen in the order (priority, sequence): urgent, then institutions, then
retail. Delays are checked, because SimPy accepts a delay that is not a number and then runs time
backwards; events at one instant are counted, because a loop without delay would never end.
"""

from collections.abc import Callable, Generator
from typing import Final

import simpy
from simpy.core import SimTime

from tengesim.errors import InvariantError

__all__ = ["EVENTS_PER_INSTANT_MAX", "INSTITUTION", "RETAIL", "URGENT", "Environment"]

URGENT: Final = 0
INSTITUTION: Final = 1
RETAIL: Final = 2
EVENTS_PER_INSTANT_MAX: Final = 1_000_000
TIME_MAX_US: Final = 2**63 - 1
"""Moments are 64-bit integers in the log."""


class Arrival(simpy.Event):
    """Something that happens by itself at a known time."""

    def __init__(self, env: "Environment", act: Callable[[simpy.Event], None]) -> None:
        """Make `act` the only thing that happens."""
        super().__init__(env)
        # As in SimPy's own Timeout: the event is decided when it is made.
        self._ok = True
        self._value = None
        if self.callbacks is not None:
            self.callbacks.append(act)


class Environment(simpy.Environment):
    """Clock of one world; time is int microseconds since the epoch."""

    def __init__(self, start_us: int) -> None:
        """Start the clock at `start_us`."""
        super().__init__(initial_time=start_us)
        self._instant_us = start_us
        self._events_at_instant = 0

    def until(self, time_us: int) -> simpy.Event:
        """Return the event of the moment `time_us`, which is not over yet."""
        return simpy.events.Timeout(self, self._delay_to(time_us))

    def moment(self) -> int:
        """Return the time that it is."""
        return int(self._now)

    def timeout(self, delay: float = 0, value: object = None) -> simpy.events.Timeout:
        """Return the event `delay` microseconds from now; the delay is a non-negative integer."""
        if type(delay) is not int or not 0 <= delay <= TIME_MAX_US - self.now:
            name = getattr(self.active_process, "name", "the world")
            raise InvariantError(
                f"{name} waits {delay!r}; a delay is a whole number of us that ends before 2**63"
            )
        return simpy.events.Timeout(self, delay, value)

    def happen(self, time_us: int, priority: int, act: Callable[[simpy.Event], None]) -> None:
        """Call `act` at `time_us`, among events of `priority`, after those scheduled before."""
        # SimPy types its priorities as its own two; the queue compares any integers.
        kind = simpy.events.EventPriority(priority)
        self.schedule(Arrival(self, act), priority=kind, delay=self._delay_to(time_us))

    def begin(self, steps: Generator[simpy.Event, None, None]) -> object:
        """Start a process."""
        return self.process(steps)

    def run(self, until: SimTime | simpy.Event | None = None) -> object:
        """Let time pass up to `until`; what is due at that very moment does not happen.

        SimPy's own stop shares its priority with urgent events, which could slip in before it.
        """
        if type(until) is not int:
            return super().run(until)
        if until < self._now:
            raise InvariantError(f"time would run back from {self._now} to {until}")
        while self._queue and self._queue[0][0] < until:
            self.step()
        self._now = until
        return None

    def step(self) -> None:
        """Let the next event happen."""
        super().step()
        if self._now != self._instant_us:
            if self._now < self._instant_us:
                raise InvariantError(f"time ran back from {self._instant_us} to {self._now}")
            self._instant_us = int(self._now)
            self._events_at_instant = 0
        self._events_at_instant += 1
        if self._events_at_instant > EVENTS_PER_INSTANT_MAX:
            raise InvariantError(
                f"more than {EVENTS_PER_INSTANT_MAX} events at {self._now} us; waiting then: "
                f"{', '.join(self._waiting_now()) or 'nobody'}"
            )

    def _delay_to(self, time_us: int) -> int:
        if type(time_us) is not int or not self._now <= time_us <= TIME_MAX_US:
            name = getattr(self.active_process, "name", "the world")
            raise InvariantError(f"{name} waits for {time_us!r} at {self._now}: no future time")
        return time_us - int(self._now)

    def _waiting_now(self) -> list[str]:
        names = {
            getattr(getattr(callback, "__self__", None), "name", "")
            for time_us, _, _, event in self._queue
            if time_us == self._now
            for callback in event.callbacks or ()
        }
        return sorted(names - {""})[:10]
