"""Paths: what is followed through a run, so that many runs can be laid over each other.

A path has the close of every seventh day and of the last one. That is enough for a picture, and
small enough to be kept of a thousand runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from tengesim.clock import DAY_US
from tengesim.metrics.assets import WORTH
from tengesim.metrics.readings import Readings

__all__ = ["EVERY_DAYS", "path_days", "paths_of"]

EVERY_DAYS: Final = 7


def path_days(days: int) -> tuple[int, ...]:
    """Return the days whose closes a path of so many days has, counted from 0.

    >>> path_days(16)
    (6, 13, 15)
    """
    weekly = range(EVERY_DAYS - 1, days, EVERY_DAYS)
    return tuple(sorted({*weekly, days - 1}))


def paths_of(readings: Readings) -> Mapping[str, tuple[int, ...]]:
    """Return the paths of a run in tiyn, by name; none where there is no reserve."""
    terms = readings.terms
    if "reserve" not in terms.scopes:
        return {}
    prices, values = readings.prices, readings.holdings.values
    days = path_days((terms.end_us - terms.start_us) // DAY_US)
    midnights = terms.start_us + (np.array(days, dtype=np.int64) + 1) * DAY_US
    closes = np.searchsorted(prices.fixings_us, midnights, side="left") - 1
    path = tuple(values[close] // WORTH if close >= 0 else 0 for close in closes.tolist())
    return {"reserve_value": path}
