"""Reading a run: nothing is shown that does not match the manifest, byte for byte.

Each file is hashed before it is first read and again whenever it looks changed, because a single
flipped bit passes through Parquet without a word. What does not match is refused by name; a wrong
number is never shown.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tengesim.errors import Finding, ScenarioError, StoreError
from tengesim.journal.events import CODED
from tengesim.journal.sql import Parameters, frame_of, quoted
from tengesim.journal.tables import ACCOUNTS, CUBE, EVENTS, ColumnKind, code_texts, typed
from tengesim.store.files import DISK, Disk, fingerprint, is_folder, read_text
from tengesim.store.layout import (
    MANIFEST_BYTES_MAX,
    MANIFEST_FILE,
    SCENARIO_FILE,
    TABLES,
    TIMING_FILE,
    Manifest,
    is_folder_name,
    parse_manifest,
    unsealed,
)
from tengesim.store.parquet import open_tables

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

__all__ = ["StoredRun", "folder_of", "open_run", "read_manifest"]

_SCENARIO_BYTES_MAX = 1 << 24
_RESTORE = "restore the folder from a copy, or remove the run and run the scenario again"
_DATED_EVENTS = (
    "SELECT events.*, days.day, days.date "
    "FROM events ASOF JOIN days ON events.time_us >= days.start_us"
)

_Look = tuple[int, int, int]


class StoredRun:
    """A run on the disk. Safe to use from several threads; close it when done."""

    def __init__(self, path: Path, manifest: Manifest, *, disk: Disk = DISK) -> None:
        """Stand for the run in `path`; use `open_run`, which checks it."""
        self.path = path
        self.manifest = manifest
        self._disk = disk
        self._seen: dict[str, _Look] = {}
        self._tables: DuckDBPyConnection | None = None

    def events(
        self,
        where: str = "",
        parameters: Parameters = (),
        *,
        columns: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Return rows of the log in `seq` order, with the columns and types of `Run.events`.

        `where` is a condition in SQL over the columns of the events and over `day` and `date` of
        the local day; `parameters` are the values of its `?` or `$name`. Only `columns` are read
        when they are given. Raises ValueError for a condition or column that is none.
        """
        kinds = _chosen(EVENTS, columns)
        chosen = ", ".join(
            f'"{column}"::word AS "{column}"' if kind == "name" else f'"{column}"'
            for column, kind in kinds.items()
        )
        condition = f"WHERE ({where}\n)" if where else ""
        several = f"LIMIT {int(limit)}" if limit is not None else ""
        sql = f"FROM dated_events SELECT {chosen} {condition} ORDER BY seq {several}"
        return self._typed(sql, kinds, TABLES, parameters)

    def query(self, sql: str, parameters: Parameters = ()) -> pd.DataFrame:
        """Return the result of one SELECT over this run, whole numbers exact.

        The tables are `events`, `cube`, `accounts`, `metrics`, `names` (number and name) and
        `days` (first moment, number and date of each local day); `dated_events` are the events
        with `day` and `date`. Nothing else can be read and nothing written. Raises ValueError for
        a query that is none.
        """
        return self._frame(sql, TABLES, parameters)

    @property
    def cube(self) -> pd.DataFrame:
        """Counts and amounts by day, region, programme, mark, kind, status, reason and truth."""
        return self._typed("FROM cube", CUBE, ("cube",))

    @property
    def accounts(self) -> pd.DataFrame:
        """Opening, closing and held money of every account, in tiyn."""
        return self._typed("FROM accounts", ACCOUNTS, ("accounts",))

    @property
    def metrics(self) -> pd.DataFrame:
        """The metrics that were computed with the run."""
        return self._frame("FROM metrics", ("metrics",))

    @property
    def days(self) -> pd.DataFrame:
        """First moment, number and date of each local day of the run."""
        return self._frame("FROM days", ("days",))

    @property
    def scenario_text(self) -> str:
        """The scenario as resolved, as YAML text."""
        self.check_file(SCENARIO_FILE)
        return _text(self.path / SCENARIO_FILE, _SCENARIO_BYTES_MAX, self._disk)

    @property
    def timing(self) -> dict[str, Any]:
        """Engine, versions, host, and wall seconds and peak memory by phase."""
        path = self.path / TIMING_FILE
        try:
            return unsealed(_text(path, MANIFEST_BYTES_MAX, self._disk), newest_layout=1)
        except ValueError as error:
            raise StoreError(f"{path}: {error}; {_RESTORE}") from None

    def need_full_log(self, act: str) -> None:
        """Raise ScenarioError, saying what `act` needs, unless every row of the log was kept."""
        if self.manifest.log_mode == "full":
            return
        raise ScenarioError(
            [
                Finding(
                    "LOG_NOT_FULL",
                    f"{act} reads single payments, and {self.path.name} keeps its log"
                    f" {self.manifest.log_mode}",
                    expected="a run that keeps the full log",
                    do="run the scenario again with --set run.log=full",
                )
            ]
        )

    def close(self) -> None:
        """Let go of the files."""
        if self._tables is not None:
            self._tables.close()
            self._tables = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def check_file(self, name: str) -> None:
        """Raise StoreError unless a hashed file has the bytes that the manifest says."""
        path = self.path / name
        try:
            status = self._disk.status(path)
            look = (status.st_ino, status.st_size, status.st_mtime_ns)
            if self._seen.get(name) == look:
                return
            found = fingerprint(path, disk=self._disk)
        except OSError as error:
            raise _unreadable(path, error) from None
        due = self.manifest.files[name]
        if found.bytes != due.bytes:
            raise StoreError(
                f"{path}: has {found.bytes} bytes, expected {due.bytes} as {MANIFEST_FILE} says; "
                f"{_RESTORE}"
            )
        if found.sha256 != due.sha256:
            raise StoreError(
                f"{path}: has SHA-256 {found.sha256[:12]}…, expected {due.sha256[:12]}… as "
                f"{MANIFEST_FILE} says: it was changed or damaged after it was written; {_RESTORE}"
            )
        self._seen[name] = look

    def _typed(
        self,
        sql: str,
        kinds: Mapping[str, ColumnKind],
        tables: Iterable[str],
        parameters: Parameters = (),
    ) -> pd.DataFrame:
        frame = self._frame(sql, tables, parameters)
        try:
            return typed(frame, kinds)
        except TypeError as error:
            # The bytes are those that were written, so other code has written something else.
            raise StoreError(f"{self.path}: {error}; {_RESTORE}") from None

    def _frame(self, sql: str, tables: Iterable[str], parameters: Parameters = ()) -> pd.DataFrame:
        import duckdb

        paths = {table: self.path / TABLES[table] for table in tables}
        for path in paths.values():
            self.check_file(path.name)
        try:
            if paths.keys() == TABLES.keys():
                return frame_of(self._all_tables(paths), sql, parameters)
            with open_tables(paths) as connection:
                return frame_of(connection, sql, parameters)
        except duckdb.Error as error:
            # Either a file has changed since it was checked, or the query is at fault.
            for path in paths.values():
                self.check_file(path.name)
            raise ValueError(f"the query cannot be answered: {_line(error)}") from None

    def _all_tables(self, paths: Mapping[str, Path]) -> DuckDBPyConnection:
        if self._tables is None:
            texts = {text for code in CODED.values() for text in code_texts(code)}
            codes = ", ".join(quoted(text) for text in sorted(texts))
            # What is cast to `word` becomes categories without becoming texts on the way.
            every = f"FROM names SELECT name UNION SELECT unnest([{codes}]) ORDER BY ALL"
            prepare = (
                f"CREATE VIEW dated_events AS {_DATED_EVENTS}",
                f"CREATE TYPE word AS ENUM ({every})",
            )
            self._tables = open_tables(paths, prepare)
        return self._tables


def open_run(
    path_or_name: Path | str, parent: Path | str = "runs", *, disk: Disk = DISK
) -> StoredRun:
    """Open a run by its path, or by its name below `parent`.

    The manifest is checked now, with the presence and size of every file; the contents are
    checked when they are first read. Raises StoreError for a run that does not exist, is damaged,
    is only half there, or was written by a newer version.
    """
    path = folder_of(path_or_name, parent, disk=disk)
    run = StoredRun(path, read_manifest(path, disk=disk), disk=disk)
    for name, entry in run.manifest.files.items():
        try:
            size = disk.status(path / name).st_size
        except OSError as error:
            raise _unreadable(path / name, error) from None
        if size != entry.bytes:
            raise StoreError(
                f"{path / name}: has {size} bytes, expected {entry.bytes} as {MANIFEST_FILE} says;"
                f" {_RESTORE}"
            )
    return run


def folder_of(path_or_name: Path | str, parent: Path | str = "runs", *, disk: Disk = DISK) -> Path:
    """Return the folder of a run given by path or by name, or raise StoreError.

    A name leads to nothing but a folder directly below `parent`, not even through a link.
    """
    home = Path(parent).absolute()
    text = os.fspath(path_or_name)
    try:
        if is_folder_name(text) and is_folder(home / text, disk=disk):
            return home / text
        if "\0" not in text and text and is_folder(Path(text), disk=disk, follow=True):
            return Path(text).resolve()
        known = [name for name in disk.names(home) if is_folder_name(name)]
    except OSError:
        known = []
    near = difflib.get_close_matches(text, known, n=1, cutoff=0.5)
    meant = f"did you mean {near[0]!r}?" if near else "`tengesim runs list` shows what is there"
    raise StoreError(f"no run {text!r} here or in {home}; {meant}")


def read_manifest(path: Path, *, disk: Disk = DISK) -> Manifest:
    """Return the manifest of the run in `path`, or raise StoreError naming what is wrong."""
    file = path / MANIFEST_FILE
    try:
        return parse_manifest(_text(file, MANIFEST_BYTES_MAX, disk))
    except ValueError as error:
        raise StoreError(f"{file}: {error}; {_RESTORE}") from None


def _text(path: Path, bytes_max: int, disk: Disk) -> str:
    try:
        return read_text(path, bytes_max=bytes_max, disk=disk)
    except OSError as error:
        raise _unreadable(path, error) from None
    except UnicodeDecodeError:
        raise StoreError(f"{path}: is not UTF-8 text; {_RESTORE}") from None


def _unreadable(path: Path, error: OSError) -> StoreError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return StoreError(f"{path}: is missing, so the run is not complete; {_RESTORE}")
    if isinstance(error, PermissionError):
        return StoreError(f"{path}: may not be read; allow reading it and repeat the command")
    return StoreError(f"{path}: {error.strerror or error}; {_RESTORE}")


def _chosen(
    kinds: Mapping[str, ColumnKind], columns: Sequence[str] | None
) -> Mapping[str, ColumnKind]:
    if columns is None:
        return kinds
    unknown = [column for column in columns if column not in kinds]
    if unknown or not columns:
        raise ValueError(f"no such column: {unknown}; expected some of {list(kinds)}")
    return {column: kinds[column] for column in columns}


def _line(error: Exception) -> str:
    return str(error).splitlines()[0]
