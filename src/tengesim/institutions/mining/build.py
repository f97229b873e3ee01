"""Puts mining into a world: an operator who settles at the end of every month."""

from collections.abc import Generator, Sequence
from datetime import date
from itertools import groupby
from typing import Final

import simpy

from tengesim.clock import HOUR_US
from tengesim.institutions.assets import Assets
from tengesim.institutions.mining.model import MiningSection
from tengesim.institutions.mining.operator import Bankers, Operator
from tengesim.institutions.mining.works import Works
from tengesim.ports import Ports, Prices
from tengesim.streams import Streams

__all__ = ["build"]

_SETTLES_AT_US: Final = 18 * HOUR_US


def build(
    section: MiningSection,
    assets: Assets,
    ports: Ports,
    prices: Prices,
    *,
    streams: Streams,
    days: Sequence[date],
    bankers: Bankers,
) -> None:
    """Let the fleets of a section work on all `days` of the horizon."""
    works = Works(section, prices, streams, days[0])
    operator = Operator(section, works, assets, ports, bankers)
    operator.open()
    months = [list(month) for _, month in groupby(days, key=lambda day: (day.year, day.month))]

    def settle() -> Generator[simpy.Event, None, None]:
        number = -1
        for month in months:
            number += len(month)
            yield ports.until(ports.calendar.at(month[-1], _SETTLES_AT_US))
            operator.settle(month, prices, number)

    ports.start(settle())
