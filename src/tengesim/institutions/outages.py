"""Outages and coverage: which systems work when, and which tills have a connection.

Both are known from the scenario and the seed alone, so asking changes nothing: an outage of a
system that nobody uses leaves no trace.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from tengesim.clock import HOUR_US, Calendar
from tengesim.parameter import Day, DurationValue, Identifier, Rate, Section, Sourced, TimeOfDay
from tengesim.streams import Streams, chance

__all__ = [
    "NO_CONNECTION",
    "PLATFORM",
    "CoverageSection",
    "Everywhere",
    "OutageSection",
    "Outages",
    "Tills",
]

PLATFORM: Final = "platform"
"""Name of the system that keeps digital tenge."""

NO_CONNECTION: Final = "no_connection"
"""What stands in the rule column where a till could not reach anybody."""


class OutageSection(Section):
    """One system is down from a moment on, for a while."""

    id: Identifier
    system: Identifier = Field(description="`platform`, or the id of a bank.")
    day: Day
    at: TimeOfDay
    schedule_source: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="Where day and time come from: a link, or `assumption`."
    )
    lasts: Sourced[DurationValue]


class CoverageSection(Section):
    """Share of the hours in which a till has a connection, by kind of place."""

    urban: Sourced[Rate]
    rural: Sourced[Rate]


class Coverage(Protocol):
    """Which tills have a connection when."""

    def is_connected(self, merchant: int, time_us: int) -> bool:
        """Return whether the till of `merchant` has a connection at `time_us`."""
        ...


class Everywhere:
    """Every till is always connected."""

    def is_connected(self, merchant: int, time_us: int) -> bool:  # noqa: ARG002 - the protocol's
        """Return that it is."""
        return True


class Tills:
    """Tills whose connection comes and goes by the hour, each by its own luck."""

    __slots__ = ("_connected", "_first", "_hour", "_ids", "_rates_bp", "_streams")

    def __init__(
        self,
        section: CoverageSection,
        is_urban: NDArray[np.bool_],
        *,
        first_party: int,
        streams: Streams,
    ) -> None:
        """Take the merchants in order; `first_party` is the party number of the first."""
        self._first = first_party
        self._ids = np.arange(len(is_urban))
        self._rates_bp = np.where(is_urban, section.urban.value, section.rural.value)
        self._streams = streams
        self._hour = -1
        self._connected = np.empty(0, dtype=np.bool_)

    def is_connected(self, merchant: int, time_us: int) -> bool:
        """Return whether the till of `merchant` has a connection at `time_us`."""
        return bool(self.connected(time_us // HOUR_US)[merchant - self._first])

    def connected(self, hour: int) -> NDArray[np.bool_]:
        """Return which merchants have a connection in an hour since the epoch."""
        if hour != self._hour:
            # Asked in order of time, so the last hour is nearly always the one asked for.
            words = self._streams.words("offline.coverage", self._ids, hour)
            self._connected = chance(words, self._rates_bp)
            self._hour = hour
        return self._connected


class Outages:
    """The outages of one run, and the tills' connections."""

    __slots__ = ("_by_system", "_coverage")

    def __init__(
        self,
        sections: Sequence[OutageSection],
        calendar: Calendar,
        coverage: Coverage | None = None,
    ) -> None:
        """Date the outages; without `coverage` every till is connected."""
        self._coverage = Everywhere() if coverage is None else coverage
        dated: dict[str, list[tuple[int, int, str]]] = {}
        for section in sections:
            start_us = calendar.at(section.day, section.at)
            end_us = start_us + section.lasts.value.value
            dated.setdefault(section.system, []).append((start_us, end_us, section.id))
        self._by_system: Mapping[str, list[tuple[int, int, str]]] = {
            system: sorted(spans) for system, spans in dated.items()
        }

    def outage(self, system: str, time_us: int) -> str:
        """Return the id of the outage of `system` at `time_us`, empty when it works."""
        for start_us, end_us, name in self._by_system.get(system, ()):
            if start_us <= time_us < end_us:
                return name
        return ""

    def is_up(self, system: str, time_us: int) -> bool:
        """Return whether `system` works at `time_us`."""
        return not self.outage(system, time_us)

    def up_again_us(self, system: str, time_us: int) -> int:
        """Return the first moment from `time_us` on at which `system` works."""
        for start_us, end_us, _ in self._by_system.get(system, ()):
            if start_us <= time_us < end_us:
                time_us = end_us
        return time_us

    def is_connected(self, merchant: int, time_us: int) -> bool:
        """Return whether the till of `merchant` has a connection at `time_us`."""
        return self._coverage.is_connected(merchant, time_us)

    def connected(self, hour: int) -> NDArray[np.bool_] | None:
        """Return which merchants have a connection in an hour; None where all always have one."""
        return self._coverage.connected(hour) if isinstance(self._coverage, Tills) else None
