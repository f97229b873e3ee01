"""The next hour of the tape, drawn beside whoever answers the one before.

A want is made of its stratum and hour alone, so it is the same wherever and whenever it is drawn.
The few that depend on what happened before are left to the moment in which their hour begins.
"""

import threading
from typing import Final

from tengesim.retail.tape import Tape, Window

__all__ = ["Ahead"]

_MANY: Final = 1 << 14
"""After an hour of fewer wants the next one is drawn sooner than a thread would be there for it."""


class Ahead:
    """Hours of a tape, asked for in their order."""

    __slots__ = ("_drawing", "_tape")

    def __init__(self, tape: Tape) -> None:
        """Begin with nothing drawn."""
        self._tape = tape
        self._drawing: _Drawing | None = None

    def columns(self, hour: int, next_hour: int | None) -> Window:
        """Return the wants of `hour` in tape order, and begin with those of `next_hour`."""
        drawing, self._drawing = self._drawing, None
        if drawing is not None and drawing.hour == hour:
            window = self._tape.joined(hour, drawing.drawn())
        else:
            window = self._tape.columns(hour)
        if next_hour is not None and len(window.time_us) >= _MANY:
            self._drawing = _Drawing(self._tape, next_hour)
        return window


class _Drawing:
    """An hour in the making."""

    __slots__ = ("_failure", "_found", "_thread", "hour")

    def __init__(self, tape: Tape, hour: int) -> None:
        self.hour = hour
        self._found: list[Window] = []
        self._failure: BaseException | None = None
        # A thread costs little beside an hour, and one that ends by itself needs no closing.
        self._thread = threading.Thread(target=self._draw, args=(tape,), name="tape", daemon=True)
        self._thread.start()

    def drawn(self) -> list[Window]:
        """Return what was drawn once it is whole, or raise what kept it from becoming that."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._found

    def _draw(self, tape: Tape) -> None:
        try:
            self._found = tape.shared(self.hour)
        except BaseException as error:  # noqa: BLE001 - it is raised again by whoever waits
            self._failure = error
