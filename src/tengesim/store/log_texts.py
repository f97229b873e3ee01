"""Columns of the log with text of their own: a few different texts, and for each row which it is.

A database writes such a column as it is, dictionary and all, and makes no text for any row. Columns
with more different texts than a dictionary is good for stay numbers, of which SQL makes text.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.journal.events import CODED, NAMED
from tengesim.journal.names import Names
from tengesim.journal.tables import code_texts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TEXTS_MAX", "texts_of"]

TEXTS_MAX: Final = 256
"""Different texts of a column that has a dictionary; every group of rows in a file repeats it."""


def texts_of(columns: Mapping[str, NDArray[Any]], names: Names) -> "dict[str, pd.Categorical[Any]]":
    """Return those of the columns of a log that have few different texts, with these texts."""
    found = {}
    for column in (*NAMED, *CODED):
        ids = columns[column]
        used = _different(ids)
        if not 0 < len(used) <= TEXTS_MAX:
            continue
        known = code_texts(CODED[column]) if column in CODED else None
        texts = [names.text(one) if known is None else known[one] for one in used.tolist()]
        found[column] = _category(ids, used, texts)
    return found


def _different(ids: NDArray[Any]) -> NDArray[np.int64]:
    """Return the different ids in their order, or too many of them."""
    first = np.unique(ids[: 2 * TEXTS_MAX])
    if len(first) > TEXTS_MAX:
        return first
    is_used = np.zeros(int(ids.max(initial=0)) + 1, dtype=np.bool_)
    is_used[ids] = True
    return np.flatnonzero(is_used)


def _category(
    ids: NDArray[Any], used: NDArray[np.int64], texts: list[str]
) -> "pd.Categorical[str]":
    import pandas as pd

    places = np.zeros(int(used[-1]) + 1, dtype=np.int16)
    places[used] = np.arange(len(used))
    codes: NDArray[np.int16] = places[ids]
    return pd.Categorical.from_codes(codes, categories=pd.Index(texts))
