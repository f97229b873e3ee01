"""The row of the log and how it is packed: one row is one move, or one thing refused or recorded.

The packed form is what the digest covers, so order and width of the columns are fixed here once.
Columns that hold ids of names (`NAMED`) and codes (`CODED`) become text when a run is written.
"""

import struct
from collections.abc import Iterable, Iterator
from enum import IntEnum
from itertools import islice
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Reason, Status, TrueLabel

__all__ = [
    "BALANCE_TYPES",
    "BLOCK_ROWS",
    "CODED",
    "COLUMNS",
    "NAMED",
    "ROW",
    "BalanceColumns",
    "Rows",
    "balance_columns",
    "in_one_layout",
    "pack_row",
    "writable",
]

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


_LETTERS: Final = {"<i8": "q", "<i4": "i", "|u1": "B"}
_ROW: Final = struct.Struct("<" + "".join(_LETTERS[ROW[name].str] for name in COLUMNS))


def pack_row(seq: int, row: tuple[int, ...]) -> bytes:
    """Pack a row behind its `seq` into the little-endian bytes that the digest covers.

    Raises OverflowError where a number does not fit its column.
    """
    try:
        return _ROW.pack(seq, *row)
    except struct.error as error:
        raise OverflowError(f"row {seq} does not fit its columns: {error}") from error


def writable(rows: Rows) -> Rows:
    """Return rows as compiled folds take them, of one layout: side by side and not read-only."""
    return rows if rows.flags.carray else np.require(rows, requirements=("C", "W"))


BALANCE_TYPES: Final = tuple(
    np.dtype(kind) for kind in (np.int32, np.int32, np.uint8, np.int32, np.int64, np.int64)
)
"""Types of the columns of accounts, as compiled folds take them."""


class BalanceColumns(NamedTuple):
    """Some accounts of a ledger with their money in tiyn, in columns of equal length."""

    holder: NDArray[np.int32]
    keeper: NDArray[np.int32]
    form: NDArray[np.uint8]
    mark: NDArray[np.int32]
    free: NDArray[np.int64]
    held: NDArray[np.int64]


def balance_columns(
    balances: Iterable[tuple[tuple[int, int, int, int], tuple[int, int]]],
) -> Iterator[BalanceColumns]:
    """Yield columns of accounts given one by one: holder, keeper, form, mark; free, held tiyn."""
    parts = iter(balances)
    while piece := [(*account, *money) for account, money in islice(parts, BLOCK_ROWS)]:
        holder, keeper, form, mark, free, held = zip(*piece, strict=True)
        names = (np.array(column, dtype=np.int32) for column in (holder, keeper, mark))
        holders, keepers, marks = names
        forms = np.array(form, dtype=np.uint8)
        money = (np.array(column, dtype=np.int64) for column in (free, held))
        yield BalanceColumns(holders, keepers, forms, marks, *money)


def in_one_layout(part: BalanceColumns) -> BalanceColumns:
    """Return columns as compiled folds take them."""
    return BalanceColumns(*map(_laid, part, BALANCE_TYPES))


def _laid(column: Any, kind: np.dtype[Any]) -> Any:  # noqa: ANN401 - of any of the types above
    """Return a column of a type, laid out for compiled code; most columns are so already."""
    if column.dtype == kind and column.flags.carray:
        return column
    return np.require(column, kind, ("C", "W"))
