"""Tables in Parquet files through DuckDB: exact on the way in, exact on the way out.

DuckDB hands sums of 64-bit integers over as floats and takes a path with brackets for a pattern
that may name another run's file; both are undone here and nowhere else. It writes a file on one
thread, because bytes and the order of rows must not depend on the machine, and it may not fetch
extensions. The log alone, which is longer than all the rest, is written without it.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tengesim.journal.events import Rows
from tengesim.journal.names import Names
from tengesim.journal.sql import connect, identifier, quoted
from tengesim.store.files import DISK, Disk, write_by

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

__all__ = ["PackedLog", "open_tables", "write_log", "write_names", "write_table"]

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


def write_log(log: PackedLog, path: Path, *, disk: Disk = DISK) -> None:
    """Write packed rows to a Parquet file, with text for their ids.

    Memory is bounded: a few groups of rows are in the making at a time, on two threads. Raises
    OSError when the disk refuses, and InvariantError for a row that reads like no other.
    """
    # Whoever only reads files has nothing to compile.
    from tengesim.store.log_file import ROWS_A_GROUP, LogFile, Paging

    rows, names = log

    def write(target: str) -> None:
        with Path(target).open("xb") as file:
            paging = Paging(names, LogFile(file))
            with closing(paging):
                for at in range(0, len(rows), ROWS_A_GROUP):
                    paging.add(rows[at : at + ROWS_A_GROUP])
                paging.finish()

    write_by(write, path, disk=disk)


def write_names(
    connection: DuckDBPyConnection, names: Names, path: Path, *, disk: Disk = DISK
) -> None:
    """Write every name with its number in the packed log; raise OSError when the disk refuses."""
    if len(names) > _NAMES_AT_ONCE:
        _write_many_names(names, path, disk)
        return

    def prepare() -> str:
        texts = np.array(names.texts(), dtype=object)
        ids = np.arange(len(texts), dtype=np.int64)
        connection.register("all_names", {"id": ids, "name": texts})
        return "FROM all_names"

    _copy(connection, prepare, path, disk)


def _write_many_names(names: Names, path: Path, disk: Disk) -> None:
    from tengesim.store.log_file import NAME_COLUMNS, LogFile, groups_of_names

    def write(target: str) -> None:
        with Path(target).open("xb") as file:
            whole = LogFile(file, NAME_COLUMNS)
            for group in groups_of_names(names):
                whole.add(*group)
            whole.close()

    write_by(write, path, disk=disk)


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
