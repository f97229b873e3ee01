"""Days by which a log is counted where no calendar matters."""

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import DAY_US

__all__ = ["utc_days"]


def utc_days() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return when the days of UTC begin, and their numbers, from 1970 for eighty years."""
    days = np.arange(29_220, dtype=np.int64)
    return days * DAY_US, days
