"""Tables in Parquet files through DuckDB: exact on the way in, exact on the way out.

DuckDB hands sums of 64-bit integers over as floats and takes a path with brackets for a pattern
that may name another run's file; both are undone here and nowhere else. It writes a file, or a part
of one, on one thread, because bytes and the order of rows must not depend on the machine, and it
may not fetch extensions.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tengesim.journal.events import Rows
from tengesim.journal.names import Names
from tengesim.journal.sql import (
    check_codes,
    connect,
    events_sql,
    identifier,
    load_cells,
    load_names,
    quoted,
    side_by_side,
)
from tengesim.store.files import DISK, Disk, write_by
from tengesim.store.log_texts import texts_of
from tengesim.store.parquet_parts import join_files

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

__all__ = ["PackedLog", "open_tables", "write_log", "write_names", "write_table"]

_ROWS_A_PART: Final = 1 << 19
_WRITERS: Final = 2
"""Threads that write parts."""
_TURNING: Final = "join_order,build_side_probe_side"
_NAMES_AT_ONCE: Final = 1 << 20
"""More names than these are never all texts at once."""
_KEPT_TYPES: Final = {"int64", "Int64", "float64", "bool"}


class PackedLog(NamedTuple):
    """What is kept of a log, as it was packed, and the names behind its ids."""

    rows: Rows
    names: Names


def write_table(
    connection: DuckDBPyConnection, frame: pd.DataFrame, path: Path, *, disk: Disk = DISK
) -> None:
    """Write `frame` to a Parquet file: whole numbers, floats, truth values and text.

    Raises TypeError for a column of any other type, OSError when the disk refuses.
    """
    columns = ", ".join(_written(frame, column) for column in frame.columns)

    def prepare() -> str:
        connection.register("frame", frame)
        return f"FROM frame SELECT {columns}"

    _copy(connection, prepare, path, disk)


def write_log(
    connection: DuckDBPyConnection, log: PackedLog, path: Path, *, disk: Disk = DISK
) -> None:
    """Write packed rows to a Parquet file, with text for their ids.

    Memory is bounded: a long log is written in parts of 2^19 rows beside the file, two at a time,
    which are put together at the end. Raises OSError when the disk refuses.
    """
    rows, names = log
    starts = range(0, max(len(rows), 1), _ROWS_A_PART)
    parts = [path.with_name(f"{path.name}~{number}") for number in range(len(starts))]

    def prepare() -> str:
        _load_names(connection, names)
        return _load_part(connection, rows, names)

    if len(parts) == 1:
        _copy(connection, prepare, path, disk)
        return

    def write_every(first: int) -> None:
        # A database answers one at a time.
        with connect() as own:
            _load_names(own, names)
            for start, part in [*zip(starts, parts, strict=True)][first::_WRITERS]:
                piece = rows[start : start + _ROWS_A_PART]
                _copy(own, partial(_load_part, own, piece, names), part, disk)

    with ThreadPoolExecutor(_WRITERS) as pool:
        for done in [pool.submit(write_every, first) for first in range(_WRITERS)]:
            done.result()

    def join(target: str) -> None:
        with Path(target).open("xb") as file:
            join_files(parts, file)

    write_by(join, path, disk=disk)
    for part in parts:
        disk.unlink(part)


def _load_names(connection: DuckDBPyConnection, names: Names) -> None:
    load_names(connection, names)
    # Names are looked up row by row; turned around, the rows would lose their order.
    connection.execute(f"SET disabled_optimizers = {quoted(_TURNING)}")


def _load_part(connection: DuckDBPyConnection, rows: Rows, names: Names) -> str:
    """Hand some packed rows to a database; return the SELECT of them with text for their ids."""
    import pandas as pd

    columns = side_by_side(rows)
    check_codes(columns, len(names))
    texts = texts_of(columns, names)
    connection.register("packed", pd.DataFrame({**columns, **texts}, copy=False))
    load_cells(connection, columns["intent"], names)
    return events_sql(names, texts)


def write_names(
    connection: DuckDBPyConnection, names: Names, path: Path, *, disk: Disk = DISK
) -> None:
    """Write every name with its number in the packed log; raise OSError when the disk refuses."""

    def prepare() -> str:
        if len(names) > _NAMES_AT_ONCE:
            load_names(connection, names)
            return "FROM names"
        texts = np.array(names.texts(), dtype=object)
        ids = np.arange(len(texts), dtype=np.int64)
        connection.register("all_names", {"id": ids, "name": texts})
        return "FROM all_names"

    _copy(connection, prepare, path, disk)


def _copy(
    connection: DuckDBPyConnection, prepare: Callable[[], str], path: Path, disk: Disk
) -> None:
    """Let DuckDB write the query that `prepare` returns to a Parquet file, and wait for the disk.

    Everything is done within one call that the disk may refuse.
    """
    options = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"

    def write(target: str) -> None:
        import duckdb

        sql = prepare()
        try:
            connection.execute(f"COPY ({sql}) TO {quoted(target)} ({options})")
        except duckdb.IOException as error:
            raise _os_error(str(error), target) from error

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
        connection.execute(f"CREATE VIEW {identifier(table)} AS FROM {source}")
    for statement in prepare:
        connection.execute(statement)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _written(frame: pd.DataFrame, column: str) -> str:
    """Return the SQL of one column on its way to a file: categories become text there."""
    import pandas as pd

    dtype = frame[column].dtype
    name = identifier(column)
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


def _os_error(message: str, path: str) -> OSError:
    """Return the error of the operating system that DuckDB tells of in words."""
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES):
        if os.strerror(number) in message:
            return OSError(number, os.strerror(number), path)
    return OSError(errno.EIO, message.splitlines()[0], path)
