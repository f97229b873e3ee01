"""Stress laid over drawn paths: the logarithm of the change, straight down and straight back."""

import datetime
from collections.abc import Sequence
from decimal import localcontext
from typing import Final

import numpy as np

from tengesim.market.exact_math import Doubles, nearest
from tengesim.market.model import MarketSection

__all__ = ["stress_of"]

_DIGITS: Final = 50


def stress_of(section: MarketSection, asset: str, days: Sequence[datetime.date]) -> Doubles:
    """Return the logarithm by which the stresses laid move an asset on each of `days`."""
    ordinals = np.array([day.toordinal() for day in days], dtype=np.int64)
    found = np.zeros(len(days))
    for name in section.laid:
        stress = section.stresses[name]
        change = stress.changes.get(asset)
        if change is None:
            continue
        with localcontext() as context:
            context.prec = _DIGITS
            worst = nearest((1 + change.value).ln())
        since = ordinals - stress.first.toordinal()
        part = np.clip(since / stress.falls.value, 0.0, 1.0)
        if stress.recovers is not None:
            back = (since - stress.falls.value) / stress.recovers.value
            part = part - np.clip(back, 0.0, 1.0)
        found = found + worst * part
    return found
