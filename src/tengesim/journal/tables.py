"""The log as tables for people: names and codes as text, money and time as exact 64-bit integers.

Every frame of a run, in memory or read back from a file, has the same columns and exactly these
types, so a comparison of the two is a comparison of values. Names and codes are categories, whose
categories are the sorted texts that occur; no column of numbers can hold a float.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, column_text
from tengesim.errors import InvariantError
from tengesim.journal.cube import CUBE_KEYS
from tengesim.journal.events import CODED, COLUMNS, NAMED, ROW, Rows
from tengesim.journal.names import Names, intent_of_want
from tengesim.payment import NameId

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ACCOUNTS",
    "CUBE",
    "EVENTS",
    "WANTS_A_CELL",
    "AccountColumns",
    "AccountRow",
    "ColumnKind",
    "accounts_frame",
    "code_texts",
    "cube_frame",
    "events_frame",
    "packed_rows",
    "typed",
]

ColumnKind = Literal["whole", "name", "text"]
"""A whole number, a name or code that many rows share, or a text of its own."""

AccountRow = tuple[str, str, str, str, int, int, int]
"""Holder, keeper, form, mark; opening, closing (free and held) and held money in tiyn."""


class AccountColumns(NamedTuple):
    """Accounts with their money, in columns of equal length: a country has too many for rows.

    A holder below 0 stands for all of a group: -1 for the first of `groups`, -2 for the next one.
    """

    names: Names
    groups: tuple[str, ...]
    holder: NDArray[np.int32]
    keeper: NDArray[np.int32]
    form: NDArray[np.int32]
    mark: NDArray[np.int32]
    opening_tiyn: NDArray[np.int64]
    closing_tiyn: NDArray[np.int64]
    held_tiyn: NDArray[np.int64]

    def rows(self) -> list[AccountRow]:
        """Return the accounts one by one, with text for ids."""
        text, groups = self.names.text, self.groups
        columns = (column.tolist() for column in self[2:])
        return [
            (
                text(holder) if holder >= 0 else groups[-1 - holder],
                text(keeper),
                column_text(Form(form)),
                text(mark),
                *money,
            )
            for holder, keeper, form, mark, *money in zip(*columns, strict=True)
        ]


WANTS_A_CELL: Final = intent_of_want(NameId(1), 0, 0) - intent_of_want(NameId(1), 1, 0)
"""How many intents one cell of the tape has room for; within a cell they differ by their index."""

_INDEX_DIGITS: Final = 6


def _event_kind(column: str) -> ColumnKind:
    if column == "intent":
        return "text"
    return "name" if column in NAMED or column in CODED else "whole"


EVENTS: Final[Mapping[str, ColumnKind]] = {column: _event_kind(column) for column in COLUMNS}
"""Columns of the events, in order, with their kinds."""

CUBE: Final[Mapping[str, ColumnKind]] = {
    "day": "whole",
    "date": "text",
    **{column: _event_kind(column) for column in CUBE_KEYS[1:]},
    "count": "whole",
    "amount_tiyn": "whole",
}
"""Columns of the cube: local days since the epoch and their date, the other keys, the sums."""

ACCOUNTS: Final[Mapping[str, ColumnKind]] = {
    "holder": "name",
    "keeper": "name",
    "form": "name",
    "mark": "name",
    "opening_tiyn": "whole",
    "closing_tiyn": "whole",
    "held_tiyn": "whole",
}
"""Columns of the accounts."""


def events_frame(rows: Rows, names: Names) -> pd.DataFrame:
    """Return one line per row of the log, in `seq` order.

    Raises InvariantError if a name reads exactly like a want of the tape, because then the text
    of an intent would not say which of the two it is.
    """
    import pandas as pd

    texts = names.texts()
    columns: dict[str, object] = {}
    for column in COLUMNS:
        if column == "intent":
            columns[column] = _text(_intent_texts(rows[column], names, texts))
        elif column in NAMED:
            columns[column] = _category(rows[column], texts)
        elif column in CODED:
            columns[column] = _category(rows[column], code_texts(CODED[column]))
        else:
            columns[column] = rows[column].astype(np.int64)
    return _checked(pd.DataFrame(columns), EVENTS)


def packed_rows(frame: pd.DataFrame, names: Sequence[str]) -> Rows:
    """Return the packed rows that `events_frame` made `frame` of; `names` are all names in order.

    Raises ValueError for a text that stands for no name, code or want.
    """
    rows = np.empty(len(frame), dtype=ROW)
    ids = {name: number for number, name in enumerate(names)}
    for column in COLUMNS:
        if column == "intent":
            rows[column] = _intents(frame[column], ids)
        elif column in NAMED:
            rows[column] = _numbers(frame[column], ids)
        elif column in CODED:
            codes = {text: number for number, text in enumerate(code_texts(CODED[column])) if text}
            rows[column] = _numbers(frame[column], {"": 0, **codes})
        else:
            rows[column] = frame[column].to_numpy()
    return rows


def cube_frame(cells: Sequence[tuple[int, ...]], names: Names) -> pd.DataFrame:
    """Return one line per cell of the cube: its keys with the date of the day, count and sum."""
    import pandas as pd

    width = len(CUBE_KEYS) + 2
    try:
        numbers = np.fromiter(chain.from_iterable(cells), dtype=np.int64)
        table = numbers.reshape(len(cells), width)
    except OverflowError:
        raise InvariantError(
            "the amounts of a cell of the cube sum to more than 2^63 - 1 tiyn; lower the scale of "
            "the population or shorten the horizon"
        ) from None
    columns: dict[str, object] = {}
    for position, column in enumerate((*CUBE_KEYS, "count", "amount_tiyn")):
        values = table[:, position]
        if column in NAMED:
            columns[column] = _named(values, names)
        elif column in CODED:
            columns[column] = _category(values, code_texts(CODED[column]))
        else:
            columns[column] = values.copy()
        if column == "day":
            columns["date"] = _text(_dates(values))
    return _checked(pd.DataFrame(columns), CUBE)


def accounts_frame(table: AccountColumns) -> pd.DataFrame:
    """Return one line per account with its opening, closing and held money in tiyn."""
    import pandas as pd

    columns = {
        "holder": _named(table.holder, table.names, table.groups),
        "keeper": _named(table.keeper, table.names),
        "form": _category(table.form, code_texts(Form)),
        "mark": _named(table.mark, table.names),
        "opening_tiyn": table.opening_tiyn,
        "closing_tiyn": table.closing_tiyn,
        "held_tiyn": table.held_tiyn,
    }
    return _checked(pd.DataFrame(columns), ACCOUNTS)


def typed(frame: pd.DataFrame, kinds: Mapping[str, ColumnKind]) -> pd.DataFrame:
    """Return `frame` with exactly the columns and types of `kinds`, or raise TypeError.

    Nothing is rounded on the way: a column of numbers that is not of a whole-number type is
    refused, and so is a missing value.
    """
    import pandas as pd

    if list(frame.columns) != list(kinds):
        raise TypeError(f"the columns are {list(frame.columns)}; expected {list(kinds)}")
    exact: dict[str, object] = {}
    for column, kind in kinds.items():
        series = frame[column]
        if series.isna().any():
            raise TypeError(f"column {column} has missing values; expected none")
        if kind == "whole":
            if not pd.api.types.is_integer_dtype(series.dtype) or series.dtype == np.uint64:
                raise TypeError(f"column {column} is {series.dtype}; expected whole numbers")
            exact[column] = series.to_numpy(dtype=np.int64)
        elif kind == "text":
            exact[column] = _text(series.to_numpy(dtype=object))
        else:
            category = pd.Categorical(series)
            exact[column] = _category(category.codes, [str(text) for text in category.categories])
    return _checked(pd.DataFrame(exact, index=pd.RangeIndex(len(frame))), kinds)


def code_texts(codes: type[IntEnum]) -> list[str]:
    """Return the texts of a closed list by number, empty where no member has the number.

    A form of 0 stands in rows about an account that does not exist, so 0 is always empty text
    unless a member claims it.
    """
    texts = [""] * (max(codes) + 1)
    for code in codes:
        texts[code] = column_text(code)
    return texts


def _intent_texts(
    intents: NDArray[np.int64], names: Names, texts: list[str]
) -> NDArray[np.object_]:
    """Return the text of each intent, each different one made once and each cell named once."""
    distinct, inverse = np.unique(intents, return_inverse=True)
    codes = -distinct[distinct < 0] - 1
    cells, cell_of = np.unique(codes // WANTS_A_CELL, return_inverse=True)
    heads = [
        names.intent_text(-1 - cell * WANTS_A_CELL)[:-_INDEX_DIGITS] for cell in cells.tolist()
    ]
    made = [
        f"{heads[cell]}{index:06d}"
        for cell, index in zip(cell_of.tolist(), (codes % WANTS_A_CELL).tolist(), strict=True)
    ]
    clash = set(texts).intersection(made)
    if clash:
        raise InvariantError(f"the name {min(clash)!r} reads like a want of the tape")
    made.extend(texts[name] for name in distinct[distinct >= 0].tolist())
    return np.array(made, dtype=object)[inverse.ravel()]


def _intents(texts: pd.Series[Any], ids: Mapping[str, int]) -> NDArray[np.int64]:
    """Return the intents that `_intent_texts` writes as `texts`."""
    import pandas as pd

    # Plain objects pass through a loop three times as fast as the text type of pandas.
    inverse, distinct = pd.factorize(texts.to_numpy(dtype=object))
    first_wants: dict[str, int] = {}
    made = np.empty(len(distinct), dtype=np.int64)
    for place, text in enumerate(distinct.tolist()):
        known = ids.get(text)
        if known is not None:
            made[place] = known
            continue
        cell, _, index = text.rpartition("/")
        if cell not in first_wants:
            first_wants[cell] = _first_want(cell, ids)
        made[place] = first_wants[cell] - int(index)
    return made[inverse]


def _first_want(cell: str, ids: Mapping[str, int]) -> int:
    stratum, _, hour = cell.rpartition("/")
    moment = dt.datetime.fromisoformat(f"{hour}:00:00+00:00")
    if stratum not in ids:
        raise ValueError(f"{cell!r} is no cell of the tape: {stratum!r} is no name")
    return intent_of_want(NameId(ids[stratum]), int(moment.timestamp()) // 3_600, 0)


def _numbers(texts: pd.Series[Any], ids: Mapping[str, int]) -> NDArray[np.int64]:
    categories = texts.cat.categories
    unknown = [text for text in categories if text not in ids]
    if unknown:
        raise ValueError(f"column {texts.name}: {unknown[0]!r} is neither a name nor a code")
    numbers = np.array([ids[text] for text in categories], dtype=np.int64)
    return numbers[texts.cat.codes.to_numpy()] if len(texts) else np.empty(0, dtype=np.int64)


def _dates(days: NDArray[np.int64]) -> NDArray[np.object_]:
    distinct, inverse = np.unique(days, return_inverse=True)
    epoch = dt.date(1970, 1, 1).toordinal()
    texts = [dt.date.fromordinal(epoch + day).isoformat() for day in distinct.tolist()]
    return np.array(texts, dtype=object)[inverse.ravel()]


def _named(
    ids: NDArray[np.integer], names: Names, groups: Sequence[str] = ()
) -> pd.Categorical[Any]:
    """Return a category of a few names of what may be millions: only these are made texts.

    The first of `groups` stands under -1, the next one under -2.
    """
    used, codes = np.unique(ids, return_inverse=True)
    if len(used) and not -len(groups) <= used[0] <= used[-1] < len(names):
        raise InvariantError(f"{used[0]}..{used[-1]} are no names; there are {len(names)}")
    texts = [names.text(name) if name >= 0 else groups[-1 - name] for name in used.tolist()]
    return _category(codes.ravel(), texts)


def _category(codes: NDArray[np.integer], texts: Sequence[str]) -> pd.Categorical[Any]:
    """Return a category of the texts that `codes` number; its categories are sorted and occur."""
    import pandas as pd

    used = np.flatnonzero(np.bincount(codes, minlength=1)).tolist()
    for code in used:
        if code >= len(texts) or (code and not texts[code]):
            raise InvariantError(f"{code} stands for nothing; expected a known name or code")
    order = sorted(used, key=texts.__getitem__)
    rank = np.zeros(max(used, default=0) + 1, dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    categories = _text(np.array([texts[code] for code in order], dtype=object))
    return pd.Categorical.from_codes(rank[codes], dtype=pd.CategoricalDtype(categories))


def _checked(frame: pd.DataFrame, kinds: Mapping[str, ColumnKind]) -> pd.DataFrame:
    """Return `frame` if every column has the one type of its kind, else raise InvariantError."""
    import pandas as pd

    due = {"whole": "int64", "name": "category", "text": str(_text_dtype())}
    for column, kind in kinds.items():
        if str(frame[column].dtype) != due[kind]:
            raise InvariantError(f"column {column} is {frame[column].dtype}; expected {due[kind]}")
    if list(frame.columns) != list(kinds) or not isinstance(frame.index, pd.RangeIndex):
        raise InvariantError(f"the columns are {list(frame.columns)}; expected {list(kinds)}")
    return frame


def _text(values: NDArray[np.object_]) -> pd.Series[Any]:
    """Return a column of text in the type that this version of pandas gives to text."""
    import pandas as pd

    column: pd.Series[Any] = pd.Series(values, dtype=_text_dtype())
    return column


@cache
def _text_dtype() -> Any:  # noqa: ANN401 - pandas has no common type of dtypes
    import pandas as pd

    return pd.Series([""]).dtype
