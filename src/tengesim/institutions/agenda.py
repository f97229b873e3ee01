"""An agenda: what an institution has to do at which moment, one event for all of one moment.

What falls on a moment is done in the order in which it was put there. Thousands of dates that fall
on some hundred days so cost no more than these days.
"""

from collections.abc import Callable

import simpy

from tengesim.ports import Ports

__all__ = ["Agenda"]


class Agenda:
    """Dates of one institution."""

    __slots__ = ("_due", "_ports")

    def __init__(self, ports: Ports) -> None:
        """Begin with nothing to do."""
        self._ports = ports
        self._due: dict[int, list[Callable[[], None]]] = {}

    def put(self, time_us: int, act: Callable[[], None]) -> None:
        """Do `act` at a moment; what lies in the past is caught up with, after what is done now."""
        moment_us = max(time_us, self._ports.now())
        due = self._due.get(moment_us)
        if due is not None:
            due.append(act)
            return
        self._due[moment_us] = [act]
        event = self._ports.until(moment_us)
        if event.callbacks is not None:
            event.callbacks.append(self._work)

    def _work(self, _: simpy.Event) -> None:
        for act in self._due.pop(self._ports.now()):
            act()
