"""Tables in Parquet files through DuckDB: exact on the way in, exact on the way out.

DuckDB hands sums of 64-bit integers over as floats and takes a path with brackets for a pattern
that may name another run's file; both are undone here and nowhere else. It runs on one thread,
because the bytes of a file and the order of rows must not depend on the machine, and it may not
fetch extensions.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tengesim.store.files import DISK, Disk, write_by

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

__all__ = ["Parameters", "connect", "frame_of", "open_tables", "quoted", "write_table"]

Parameters = Sequence[object] | Mapping[str, object]
"""Values for `?` or `$name` in a query."""

_INT64_MIN: Final = -(1 << 63)
_INT64_MAX: Final = (1 << 63) - 1
_WHOLE_TYPES: Final = {
    sign + width
    for sign in ("", "U")
    for width in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
}
_KEPT_TYPES: Final = {"int64", "Int64", "float64", "bool"}


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


def write_table(
    connection: DuckDBPyConnection, frame: pd.DataFrame, path: Path, *, disk: Disk = DISK
) -> None:
    """Write `frame` to a Parquet file: whole numbers, floats, truth values and text.

    Raises TypeError for a column of any other type, OSError when the disk refuses.
    """
    columns = ", ".join(_written(frame, column) for column in frame.columns)
    options = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"

    def write(target: str) -> None:
        import duckdb

        connection.register("frame", frame)
        try:
            connection.execute(
                f"COPY (FROM frame SELECT {columns}) TO {quoted(target)} ({options})"
            )
        except duckdb.IOException as error:
            raise _os_error(str(error), target) from error
        finally:
            connection.unregister("frame")

    write_by(write, path, disk=disk)


def open_tables(paths: Mapping[str, Path], prepare: Sequence[str] = ()) -> DuckDBPyConnection:
    """Return a database whose views are the given files, and which can touch nothing else.

    A query from outside can therefore neither read nor write any other file, nor change this.
    `prepare` are statements that make further views and types before the door is shut.
    """
    connection = connect()
    files = {table: os.fspath(path) for table, path in paths.items()}
    allowed = {text for file in files.values() for text in (file, _literal(file))}
    listed = ", ".join(quoted(text) for text in sorted(allowed))
    connection.execute(f"SET allowed_paths = [{listed}]")
    for table, file in files.items():
        source = f"read_parquet({quoted(_literal(file))})"
        connection.execute(f"CREATE VIEW {_identifier(table)} AS FROM {source}")
    for statement in prepare:
        connection.execute(statement)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def frame_of(connection: DuckDBPyConnection, sql: str, parameters: Parameters = ()) -> pd.DataFrame:
    """Return the result of one SELECT, with every whole number exact.

    Sums come as int64, or as Python integers where they do not fit into that. Raises ValueError
    for anything but a single SELECT.
    """
    import duckdb

    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ValueError("a run is only read: expected one SELECT statement")
    with connection.cursor() as cursor:
        cursor.execute(statements[0], parameters or None)
        types = [str(column[1]) for column in cursor.description or ()]
        if "HUGEINT" in types or "UHUGEINT" in types:
            return _exact_frame(cursor, types)
        return cursor.df()


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


def _written(frame: pd.DataFrame, column: str) -> str:
    """Return the SQL of one column on its way to a file: categories become text there."""
    import pandas as pd

    dtype = frame[column].dtype
    name = _identifier(column)
    if isinstance(dtype, pd.CategoricalDtype):
        return f"{name}::VARCHAR AS {name}"
    if str(dtype) in _KEPT_TYPES:
        return name
    if pd.api.types.is_string_dtype(frame[column]):
        return f"{name}::VARCHAR AS {name}"
    if np.issubdtype(frame[column].to_numpy().dtype, np.integer):
        raise TypeError(f"column {column} is {dtype}; expected int64, which holds every amount")
    raise TypeError(f"column {column} is {dtype}; expected whole numbers, floats or text")


def _literal(path: str) -> str:
    """Return the pattern that matches exactly this path."""
    return re.sub(r"([\[*?])", r"[\1]", path)


def quoted(text: str) -> str:
    """Return `text` as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _os_error(message: str, path: str) -> OSError:
    """Return the error of the operating system that DuckDB tells of in words."""
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES):
        if os.strerror(number) in message:
            return OSError(number, os.strerror(number), path)
    return OSError(errno.EIO, message.splitlines()[0], path)
