"""Where retail is drained between the events of institutions, in the order of the reference engine.

Between two events of SimPy nothing but retail happens. So before each of them all wants that come
strictly earlier are answered at once by compiled code; a want at the very moment of an event comes
after it, as it has the lower priority. Whoever answers a want in readable code, or tells somebody
about one, first moves the clock to its time; what that sets off is then the next event, and comes
before the retail that remains at that moment.
"""

from typing import Protocol

import simpy
from simpy.core import SimTime

from tengesim.engine.environment import Environment
from tengesim.errors import InvariantError

__all__ = ["DrainingEnvironment", "Retail"]


class Retail(Protocol):
    """All wants that are still to come, in the order of the tape."""

    def drain(self, until_us: int) -> int | None:
        """Answer what comes strictly before `until_us`, or up to a want for readable code.

        Returns the time of that want, which `attend` then answers; None when all is done.
        """
        ...

    def attend(self) -> None:
        """Let readable code answer the want at which `drain` stopped, the clock being there."""
        ...


class DrainingEnvironment(Environment):
    """Clock of a world whose retail is drained between events."""

    def __init__(self, start_us: int) -> None:
        """Start the clock at `start_us`, without retail."""
        super().__init__(start_us)
        self._retail: Retail | None = None

    def drain(self, retail: Retail) -> None:
        """Let `retail` be answered from now on."""
        self._retail = retail

    def run(self, until: SimTime | simpy.Event | None = None) -> object:
        """Let time pass up to the moment `until`; what is due right then does not happen."""
        if type(until) is not int:
            raise InvariantError(f"retail is drained up to a moment, not up to {until!r}")
        if until < self._now:
            raise InvariantError(f"time would run back from {self._now} to {until}")
        if self._retail is None:
            return super().run(until)
        while True:
            next_us = self._queue[0][0] if self._queue else until
            if self._drained(int(min(next_us, until))):
                continue
            if next_us >= until:
                break
            self.step()
        self._now = until
        return None

    def _drained(self, until_us: int) -> bool:
        """Drain up to `until_us`; return whether readable code was at work, which ends it."""
        stopped_us = None if self._retail is None else self._retail.drain(until_us)
        if self._retail is None or stopped_us is None:
            return False
        if not self._now <= stopped_us < until_us:
            raise InvariantError(f"retail stops at {stopped_us}, outside {self._now}..{until_us}")
        self._now = stopped_us
        self._retail.attend()
        return True
