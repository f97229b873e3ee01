"""Parts of appropriations that are set aside for lots whose tenders are under way.

A lot for which there is no room is not announced. What was set aside is let go when the contract is
signed, when nobody gets it, or when the time is over; then signing has to find room anew.
"""

from collections.abc import Generator
from typing import NamedTuple

import simpy

from tengesim.codes import Reason
from tengesim.institutions.procurement.notices import Notices, Step
from tengesim.institutions.procurement.works import Lot
from tengesim.ports import Ports
from tengesim.rules.procedures import Reserves
from tengesim.rules.steps import Step as Next
from tengesim.rules.steps import reservation

__all__ = ["Reservations", "Reserved"]


class Reserved(NamedTuple):
    """What a rule book says about setting aside, and the appropriations that it is about."""

    procedure: Reserves
    room: dict[str, int]
    """What is left of every buyer's appropriation, in tiyn."""


class Reservations:
    """What is set aside, lot by lot."""

    def __init__(self, reserved: Reserved, ports: Ports, notices: Notices) -> None:
        """Start with nothing set aside."""
        self._procedure, self._room = reserved
        self._ports = ports
        self._notices = notices
        self._held: dict[str, int] = {}

    def hold(self, lot: Lot) -> bool:
        """Set aside what a lot is to cost at most; return whether there was room for it."""
        calendar, now = self._ports.calendar, self._ports.now()
        due = reservation(self._procedure, calendar, held_us=now, now_us=now)
        last_day, left_tiyn = calendar.day_number(due.at_us), self._room[lot.buyer.id]
        step = Step(self._procedure.id, 0, left_tiyn, last_day)
        if left_tiyn < lot.estimate_tiyn:
            self._notices.set_aside(lot, step, Reason.APPROPRIATION_EXCEEDED)
            return False
        self._room[lot.buyer.id] -= lot.estimate_tiyn
        self._held[lot.id] = lot.estimate_tiyn
        self._notices.set_aside(lot, step)
        self._ports.start(self._expire(lot, now))
        return True

    def let_go(self, need: str, lot: Lot) -> None:
        """Give back what is still set aside of a need for a lot, which may be a part of it."""
        amount_tiyn = min(self._held.get(need, 0), lot.estimate_tiyn)
        if amount_tiyn:
            self._held[need] -= amount_tiyn
            self._room[lot.buyer.id] += amount_tiyn

    def _expire(self, lot: Lot, held_us: int) -> Generator[simpy.Event, None, None]:
        calendar, ports = self._ports.calendar, self._ports
        due = reservation(self._procedure, calendar, held_us=held_us, now_us=ports.now())
        if due.step is Next.WAIT:
            yield ports.until(due.at_us)
        left_tiyn = self._held.get(lot.id, 0)
        if left_tiyn:
            self.let_go(lot.id, lot)
            day = calendar.day_number(ports.now())
            self._notices.set_aside(lot, Step(f"{self._procedure.id}/over", 0, left_tiyn, day))
