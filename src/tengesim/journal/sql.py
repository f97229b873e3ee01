"""The log in SQL: packed rows stay as they are, and their ids become text only in an answer.

DuckDB hands sums of 64-bit integers over as floats; that is undone here and nowhere else. It runs
on one thread, because the order of rows must not depend on the machine, reads no file unless it is
told to, and may not fetch extensions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.errors import InvariantError
from tengesim.journal.events import CODED, COLUMNS, NAMED, ROW, Rows
from tengesim.journal.names import Block, Names
from tengesim.journal.tables import WANTS_A_CELL, code_texts

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

__all__ = [
    "Parameters",
    "answer_of",
    "check_clash",
    "check_codes",
    "connect",
    "events_sql",
    "frame_of",
    "identifier",
    "load_cells",
    "load_names",
    "load_rows",
    "open_log",
    "quoted",
    "side_by_side",
]

Parameters = Sequence[object] | Mapping[str, object]
"""Values for `?` or `$name` in a query."""

_INT64_MIN: Final = -(1 << 63)
_INT64_MAX: Final = (1 << 63) - 1
_INDEX_DIGITS: Final = 6
_NAMES_AT_ONCE: Final = 1 << 20
_PIECE_ROWS: Final = 1 << 12
_WHOLE_TYPES: Final = {
    sign + width
    for sign in ("", "U")
    for width in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
}


def connect() -> DuckDBPyConnection:
    """Return a database in memory that leaves nothing on the disk."""
    import duckdb

    return duckdb.connect(
        config={
            "threads": 1,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": "",
        }
    )


def load_names(connection: DuckDBPyConnection, names: Names) -> None:
    """Make the table `single_names` and the view `names`, which has every name in id order.

    Names of a block are a rule there too, and take no room.
    """
    connection.execute("CREATE OR REPLACE TABLE single_names (id BIGINT, name VARCHAR)")
    first, parts = 0, []
    for part in names.parts():
        if isinstance(part, Block):
            numbered = f"FROM range(1, {part.size + 1}) AS numbers(number)"
            name = _block_sql(part, "number")
            parts.append(f"SELECT number + {part.first - 1} AS id, {name} AS name {numbered}")
            first += part.size
            continue
        for start in range(0, len(part), _NAMES_AT_ONCE):
            piece = part[start : start + _NAMES_AT_ONCE]
            ids = np.arange(first + start, first + start + len(piece), dtype=np.int64)
            columns = {"id": ids, "name": np.array(piece, dtype=object)}
            connection.register("piece", columns)
            connection.execute("INSERT INTO single_names FROM piece")
            connection.unregister("piece")
        between = f"id >= {first} AND id < {first + len(part)}"
        parts.append(f"SELECT id, name FROM single_names WHERE {between}")  # noqa: S608 - numbers
        first += len(part)
    connection.execute(f"CREATE OR REPLACE VIEW names AS {' UNION ALL '.join(parts)}")


def load_rows(connection: DuckDBPyConnection, rows: Rows, names: Names) -> None:
    """Make the tables `packed` and `cells`, which hold packed rows and name their cells.

    Raises InvariantError for a row with a name or code that is none.
    """
    packed = side_by_side(rows)
    check_codes(packed, len(names))
    connection.register("packed", packed)
    load_cells(connection, packed["intent"], names)


def side_by_side(rows: Rows) -> dict[str, NDArray[Any]]:
    """Return the columns of packed rows, each as an array of its own."""
    columns = {name: np.empty(len(rows), dtype=ROW[name]) for name in COLUMNS}
    for start in range(0, len(rows), _PIECE_ROWS):
        # Rows are read once, and not once for each column.
        piece = rows[start : start + _PIECE_ROWS]
        for name, column in columns.items():
            column[start : start + len(piece)] = piece[name]
    return columns


def load_cells(connection: DuckDBPyConnection, intents: NDArray[np.int64], names: Names) -> None:
    """Make the table `cells`, which names the cells of the tape that these intents come from.

    Raises InvariantError if a name reads exactly like a want of the tape, because then the text of
    an intent would not say which of the two it is.
    """
    import pandas as pd

    of_tape = (-1 - intents[intents < 0]) // WANTS_A_CELL
    # A table of hashes finds the few different ones far sooner than sorting does.
    cells = np.sort(np.asarray(pd.unique(of_tape)))
    heads = [
        names.intent_text(-1 - cell * WANTS_A_CELL)[:-_INDEX_DIGITS] for cell in cells.tolist()
    ]
    check_clash(names, set(heads))
    columns = {"cell": cells.astype(np.int64), "head": np.array(heads, dtype=object)}
    connection.register("cells", columns if heads else {"cell": cells, "head": cells.astype(str)})


def events_sql(names: Names) -> str:
    """Return the SELECT that reads rows of `packed` with text for their ids, in `seq` order."""
    blocks = [part for part in names.parts() if isinstance(part, Block) and part.size]
    chosen, joined = [], []
    for column in COLUMNS:
        if column in NAMED or column == "intent":
            on = f"named_{column}"
            joined.append(f"LEFT JOIN single_names AS {on} ON {on}.id = packed.{column}")
            sql = _name_sql(blocks, f"packed.{column}", f"{on}.name")
            chosen.append(_intent_sql(sql) if column == "intent" else f"{sql} AS {column}")
        elif column in CODED:
            texts = ", ".join(quoted(text) for text in code_texts(CODED[column]))
            chosen.append(f"[{texts}][packed.{column} + 1] AS {column}")
        else:
            chosen.append(f'packed."{column}"::BIGINT AS "{column}"')
    joined.append(
        f"LEFT JOIN cells ON packed.intent < 0 AND cells.cell = (-1 - packed.intent) // "
        f"{WANTS_A_CELL}"
    )
    return f"SELECT {', '.join(chosen)} FROM packed {' '.join(joined)}"  # noqa: S608 - constants


def open_log(rows: Rows, names: Names, tables: Mapping[str, pd.DataFrame]) -> DuckDBPyConnection:
    """Return a database of a log in memory and of further tables, which can touch nothing else.

    Its tables belong to this one connection; ask it by `answer_of`.
    """
    connection = connect()
    load_names(connection, names)
    load_rows(connection, rows, names)
    connection.execute(f"CREATE TEMP VIEW events AS {events_sql(names)}")
    for table, frame in tables.items():
        connection.register(table, frame)
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def frame_of(connection: DuckDBPyConnection, sql: str, parameters: Parameters = ()) -> pd.DataFrame:
    """Return the result of one SELECT, with every whole number exact; safe from several threads.

    Sums come as int64, or as Python integers where they do not fit into that. Raises ValueError
    for anything but a single SELECT.
    """
    with connection.cursor() as cursor:
        return answer_of(cursor, sql, parameters)


def answer_of(
    connection: DuckDBPyConnection, sql: str, parameters: Parameters = ()
) -> pd.DataFrame:
    """Return what `frame_of` does, also of arrays that only this connection knows."""
    import duckdb

    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ValueError("a run is only read: expected one SELECT statement")
    connection.execute(statements[0], parameters or None)
    types = [str(column[1]) for column in connection.description or ()]
    if "HUGEINT" in types or "UHUGEINT" in types:
        return _exact_frame(connection, types)
    return connection.df()


def quoted(text: str) -> str:
    """Return `text` as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return `name` as the name of a column or table in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _exact_frame(cursor: DuckDBPyConnection, types: list[str]) -> pd.DataFrame:
    """Return a result with sums in it, every whole number of which stays a Python integer."""
    import pandas as pd

    names = [str(column[0]) for column in cursor.description or ()]
    rows = cursor.fetchall()
    columns: dict[int, object] = {}
    for position, kind in enumerate(types):
        values = [row[position] for row in rows]
        columns[position] = _whole_numbers(values) if kind in _WHOLE_TYPES else pd.Series(values)
    frame = pd.DataFrame(columns)
    # Two columns may have one name in SQL, so the names are given last.
    frame.columns = pd.Index(names)
    return frame


def _whole_numbers(values: list[Any]) -> pd.Series[Any]:
    import pandas as pd

    known = [value for value in values if value is not None]
    fits = all(_INT64_MIN <= value <= _INT64_MAX for value in known)
    missing = len(known) < len(values)
    dtype: Any = ("Int64" if missing else "int64") if fits else object
    column: pd.Series[Any] = pd.Series(values, dtype=dtype)
    return column


def _block_sql(block: Block, number: str) -> str:
    return f"{quoted(block.prefix)} || {_digits_sql(number, block.digits)}"


def _digits_sql(number: str, digits: int) -> str:
    """Return the text of a number that has `digits` digits or fewer, with noughts before it."""
    # Half as dear as padding: one more digit is written in front and then left out.
    return f"substr(({number} + {10**digits})::VARCHAR, 2)"


def _name_sql(blocks: Sequence[Block], column: str, single: str) -> str:
    """Return the text of the name whose id stands in `column`; `single` is that of a lone name."""
    if not blocks:
        return single
    whens = " ".join(
        f"WHEN {column} BETWEEN {block.first} AND {block.first + block.size - 1} THEN "
        f"{_block_sql(block, f'{column} - {block.first - 1}')}"
        for block in blocks
    )
    return f"CASE {whens} ELSE {single} END"


def _intent_sql(name: str) -> str:
    index = f"((-1 - packed.intent) % {WANTS_A_CELL})"
    text = (
        f"CASE WHEN {index} < {10**_INDEX_DIGITS} THEN {_digits_sql(index, _INDEX_DIGITS)}"
        f" ELSE {index}::VARCHAR END"
    )
    return f"CASE WHEN packed.intent < 0 THEN cells.head || {text} ELSE {name} END AS intent"


def check_codes(columns: Mapping[str, NDArray[Any]], names: int) -> None:
    """Raise InvariantError for a name or code in the columns of a log that is none."""
    for column in (*NAMED, "intent"):
        ids = columns[column]
        if len(ids) and not _least(column, ids) <= int(ids.max()) < names:
            raise InvariantError(f"column {column} has an id that is no name")
    for column, codes in CODED.items():
        texts = code_texts(codes)
        for code in np.flatnonzero(np.bincount(columns[column], minlength=1)).tolist():
            if code >= len(texts) or (code and not texts[code]):
                raise InvariantError(f"{code} stands for nothing; expected a known name or code")


def _least(column: str, ids: NDArray[Any]) -> int:
    # An intent below 0 is a want of the tape.
    least = int(ids.min())
    return _INT64_MIN if column == "intent" or least >= 0 else _INT64_MAX


def check_clash(names: Names, heads: set[str]) -> None:
    """Raise InvariantError if a name reads like a want of one of the cells with these heads."""
    for part in names.parts():
        if isinstance(part, Block) or not heads:
            continue
        for text in part:
            head, slash, index = text.rpartition("/")
            if slash and index.isdecimal() and f"{head}/" in heads:
                raise InvariantError(f"the name {text!r} reads like a want of the tape")
