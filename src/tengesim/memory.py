"""Memory for a whole nation: in large pages, and given back to the system only when it is much.

The system hands out memory in small pages that it clears one by one when they are first touched.
For columns of millions that takes longer than to fill them, so large columns ask for large pages,
and what columns were made from is used again for the next ones. No result depends on either.
"""

import contextlib
import ctypes
import sys
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["keep_freed", "zeros"]

_TRIM, _MAP = -1, -3
"""How the C library of Linux numbers what it can be told: when to give back, when to map apart."""
_KEPT_BYTES: Final = 1 << 28
"""As much freed memory may stay with the program."""
_APART_BYTES: Final = 1 << 25
"""Only blocks of this size and above are the system's again as soon as they are free."""


def zeros(count: int) -> NDArray[np.int64]:
    """Return so many zeros.

    NumPy asks for large pages where it makes an empty array, and not where it makes zeros.
    """
    made = np.empty(count, dtype=np.int64)
    made.fill(0)
    return made


def keep_freed() -> None:
    """Let this process keep freed memory for its next columns, where the C library can."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        tell = ctypes.CDLL(None).mallopt
        tell(_TRIM, _KEPT_BYTES)
        tell(_MAP, _APART_BYTES)
