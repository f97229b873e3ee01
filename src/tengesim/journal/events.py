"""The row of the log and how it is packed: one row is one move, or one thing refused or recorded.

The packed form is what the digest covers, so order and width of the columns are fixed here once.
Columns that hold ids of names (`NAMED`) and codes (`CODED`) become text when a run is written.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Reason, Status, TrueLabel

__all__ = ["BLOCK_ROWS", "CODED", "COLUMNS", "NAMED", "ROW", "Rows", "pack"]

BLOCK_ROWS: Final = 65_536

ROW: Final = np.dtype(
    [
        ("seq", "<i8"),
        ("time_us", "<i8"),
        ("kind", "u1"),
        ("status", "u1"),
        ("reason", "u1"),
        ("rule", "<i4"),
        ("value", "<i8"),
        ("limit", "<i8"),
        ("payer", "<i4"),
        ("payee", "<i4"),
        ("keeper", "<i4"),
        ("form", "u1"),
        ("mark", "<i4"),
        ("keeper_to", "<i4"),
        ("form_to", "u1"),
        ("mark_to", "<i4"),
        ("amount_tiyn", "<i8"),
        ("ref", "<i8"),
        ("intent", "<i8"),
        ("attempt", "u1"),
        ("true_label", "u1"),
        ("evidence", "<i4"),
        ("region", "<i4"),
        ("programme", "<i4"),
        ("place", "<i4"),
    ]
)

COLUMNS: Final[tuple[str, ...]] = ROW.names or ()
NAMED: Final = (
    "rule",
    "payer",
    "payee",
    "keeper",
    "mark",
    "keeper_to",
    "mark_to",
    "region",
    "programme",
    "place",
)
CODED: Final[dict[str, type[IntEnum]]] = {
    "kind": Kind,
    "status": Status,
    "reason": Reason,
    "form": Form,
    "form_to": Form,
    "true_label": TrueLabel,
}

Rows = NDArray[np.void]


def pack(rows: list[tuple[int, ...]]) -> Rows:
    """Pack complete rows, in `seq` order, into the little-endian array that the digest covers."""
    return np.array(rows, dtype=ROW)
