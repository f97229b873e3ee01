"""Tables of real payments, CSV or Parquet: every row is good and kept, or all mistakes are told.

Everything is read as text first, so that nothing is guessed: an identifier stays what was written,
an amount is whole tiyn or a finding. A table with one bad row is not read at all, because a sum
over the good ones would look like the whole.
"""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.errors import Finding, ScenarioError
from tengesim.money import PAYMENT_MAX_TIYN
from tengesim.retail.imported import ImportSection, PaymentTable
from tengesim.scenario.table_rules import (
    PARTY,
    Horizon,
    Problem,
    amount_rules,
    id_rules,
    moment_of,
    time_rules,
    tiyn_of,
    unique_rules,
)
from tengesim.scenario.text import shorten
from tengesim.scenario.tree import nearest

if TYPE_CHECKING:
    import duckdb

__all__ = ["digest_of", "read_table"]

_LISTED_MAX: Final = 50
"""Mistakes of one kind that are told one by one; the rest is counted."""
_HEADER_MAX: Final = 65_536
_PIECE: Final = 1 << 20
_PARQUET: Final = b"PAR1"


@dataclass(frozen=True, slots=True)
class _Source:
    """One file, open for questions."""

    path: Path
    shown: str
    ask: "duckdb.DuckDBPyConnection"
    columns: Sequence[str]
    is_parquet: bool
    delimiter: str = ","


def digest_of(section: ImportSection, folder: Path) -> str:
    """Return the SHA-256 of the files that `section` names."""
    sums = [_file_digest(folder / section.file)]
    if section.opening.file is not None:
        sums.append(_file_digest(folder / section.opening.file))
    return sums[0] if len(sums) == 1 else hashlib.sha256("".join(sums).encode()).hexdigest()


def read_table(
    section: ImportSection,
    folder: Path,
    *,
    horizon: Horizon | None = None,
    reserved: Sequence[str] = (),
) -> PaymentTable:
    """Return the payments of `section`, whose files lie in `folder`.

    Payments lie within `horizon` where one is given; nobody may bear one of the `reserved` names.
    Raises ScenarioError with every mistake.
    """
    import duckdb

    with duckdb.connect(":memory:") as ask:
        ask.execute("SET TimeZone = 'UTC'")
        ask.execute("SET preserve_insertion_order = true")
        is_read, findings = _read_payments(ask, section, folder)
        if is_read:
            findings += _check_payments(ask, section, horizon, reserved)
        if section.opening.file is not None:
            findings += _read_opening(ask, section, folder)
        if findings:
            raise ScenarioError(findings)
        _number(ask, section)
        return _columns(ask, section)


def _read_payments(
    ask: "duckdb.DuckDBPyConnection", section: ImportSection, folder: Path
) -> tuple[bool, list[Finding]]:
    """Put the payments as text into a table with row numbers; return what is wrong.

    Also says whether there is a table now, which can be looked at for further mistakes.
    """
    named = section.columns.named()
    source, findings = _open(ask, folder / section.file, section.file)
    if source is None:
        return False, findings
    findings = list(_column_findings(source, named, section.columns.ignore))
    if any(column not in source.columns for column in named.values()):
        return False, findings
    is_read, broken = _load(source, "payments", named)
    return is_read, findings + broken


def _open(
    ask: "duckdb.DuckDBPyConnection", path: Path, shown: str
) -> tuple[_Source | None, list[Finding]]:
    """Return the file with the names of its columns, or why it cannot be read."""
    import duckdb

    try:
        with path.open("rb") as file:
            start = file.read(_HEADER_MAX)
    except OSError as error:
        message = f"the table cannot be read: {error.strerror or error}"
        return None, [Finding("UNREADABLE", message, shown, do="check the path")]
    if start.startswith(_PARQUET):
        try:
            rows = ask.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        except duckdb.Error as error:
            return None, [_broken(shown, error)]
        return _Source(path, shown, ask, [row[0] for row in rows], is_parquet=True), []
    try:
        # A character may be cut in two at the end of what was read.
        line = start.decode("utf-8-sig", errors="ignore").splitlines()[:1]
        start[: start.find(b"\n")].decode("utf-8")
    except UnicodeDecodeError:
        message = "the table is not UTF-8 text"
        return None, [Finding("ENCODING", message, shown, 1, None, "CSV as UTF-8, or Parquet")]
    if not line or not line[0].strip():
        message = "the table is empty"
        return None, [Finding("EMPTY_FILE", message, shown, 1, None, "a line with column names")]
    delimiter = max((",", ";", "\t"), key=line[0].count)
    columns = next(csv.reader([line[0]], delimiter=delimiter))
    return _Source(path, shown, ask, columns, is_parquet=False, delimiter=delimiter), []


def _column_findings(
    source: _Source, named: Mapping[str, str], ignored: Sequence[str]
) -> Iterator[Finding]:
    """Yield columns that are missing, unknown or there twice."""
    present = list(source.columns)
    for what, column in named.items():
        if column not in present:
            close = nearest(column, [name for name in present if name not in named.values()])
            yield Finding(
                "TABLE_COLUMN",
                f"there is no column {shorten(column)!r} for the {what}",
                source.shown,
                1,
                f"retail.import.columns.{what}",
                f"one of {', '.join(shorten(name) for name in present[:12])}",
                f"did you mean {close!r}?" if close else None,
            )
    for number, column in enumerate(present):
        if column in present[:number]:
            message = f"the column {shorten(column)!r} is there twice"
            yield Finding("TABLE_COLUMN", message, source.shown, 1, None, "each column once")
        elif column not in named.values() and column not in ignored:
            yield Finding(
                "TABLE_COLUMN",
                f"nothing is known of the column {shorten(column)!r}",
                source.shown,
                1,
                "retail.import.columns",
                "columns that the map names",
                "map it, or list it under `ignore`",
            )


def _load(source: _Source, table: str, named: Mapping[str, str]) -> tuple[bool, list[Finding]]:
    """Put the named columns as text into a table with row numbers; return broken rows."""
    import duckdb

    try:
        if source.is_parquet:
            picked = ", ".join(
                f"CAST({_quoted(column)} AS VARCHAR) AS {_quoted(what)}"
                for what, column in named.items()
            )
            read = "read_parquet(?, file_row_number = true)"
            _make(
                source.ask,
                table,
                f"file_row_number + 1 AS row, {picked} FROM {read}",
                [str(source.path)],
            )
            return True, []
        picked = ", ".join(
            f"c{source.columns.index(column)} AS {_quoted(what)}" for what, column in named.items()
        )
        columns = {f"c{place}": "VARCHAR" for place in range(len(source.columns))}
        read = (
            "read_csv(?, columns = ?, delim = ?, header = true, quote = '\"', escape = '\"',"
            " auto_detect = false, store_rejects = true, parallel = false, null_padding = false)"
        )
        _make(
            source.ask,
            table,
            f"row_number() OVER () AS row, {picked} FROM {read}",
            [str(source.path), columns, source.delimiter],
        )
        rejected = source.ask.execute(
            "SELECT DISTINCT line - 1 AS row, csv_line FROM reject_errors ORDER BY row"
        ).fetchall()
        if rejected:
            _renumber(source.ask, table)
    except duckdb.Error as error:
        return False, [_broken(source.shown, error)]
    return True, list(_broken_rows(source, rejected))


def _make(
    ask: "duckdb.DuckDBPyConnection", table: str, selected: str, values: Sequence[object]
) -> None:
    """Make a table of what is selected; names in the text are ours or quoted."""
    ask.execute(f"CREATE TABLE {table} AS SELECT {selected}", values)


def _quoted(name: str) -> str:
    """Return a name as the reader of queries takes it, whatever is in it."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _renumber(ask: "duckdb.DuckDBPyConnection", table: str) -> None:
    """Count the broken rows, which the table lacks, in the numbers of those after them."""
    ask.execute(
        "CREATE OR REPLACE TABLE gaps AS SELECT line - 1 - row_number() OVER (ORDER BY line) AS"
        " after FROM (SELECT DISTINCT line FROM reject_errors)"
    )
    ask.execute(
        f"UPDATE {table} SET row = row + (SELECT count(*) FROM gaps WHERE after < {table}.row)"  # noqa: S608 - our own name
    )
    ask.execute("DELETE FROM reject_errors")


def _broken(shown: str, error: Exception) -> Finding:
    said = " ".join(str(error).split())
    return Finding("UNREADABLE", f"the table cannot be read: {shorten(said)}", shown)


def _broken_rows(source: _Source, rejected: Sequence[tuple[int, str]]) -> Iterator[Finding]:
    for row, text in rejected[:_LISTED_MAX]:
        yield Finding(
            "TABLE_ROW",
            f"row {row}: {shorten(text or '')!r} has not one cell for each column",
            source.shown,
            row + 1,
            None,
            f"{len(source.columns)} cells in UTF-8, quoted where they hold the delimiter",
        )
    if len(rejected) > _LISTED_MAX:
        more = f"and {len(rejected) - _LISTED_MAX} more such rows"
        yield Finding("TABLE_ROW", more, source.shown)


def _check_payments(
    ask: "duckdb.DuckDBPyConnection",
    section: ImportSection,
    horizon: Horizon | None,
    reserved: Sequence[str],
) -> list[Finding]:
    """Return every mistake in the table of payments."""
    rules = [
        *time_rules(section.time_zone, horizon),
        *amount_rules("amount", section.amount_unit, PAYMENT_MAX_TIYN, least_tiyn=1),
        *id_rules(reserved),
        *_short_rules(ask),
    ]
    if "id" in section.columns.named():
        rules += unique_rules("id", "another payment has this id", "one id for each payment")
    findings = list(_mistakes(ask, "payments", rules, section.file))
    if not findings and not _number_of(ask, "payments"):
        message = "the table holds no payment"
        findings.append(Finding("EMPTY_FILE", message, section.file, 1, None, "at least one row"))
    return findings


def _number_of(ask: "duckdb.DuckDBPyConnection", table: str) -> int:
    return int(ask.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])  # noqa: S608 - our own name


def _mistakes(
    ask: "duckdb.DuckDBPyConnection", table: str, rules: Sequence[Problem], shown: str
) -> Iterator[Finding]:
    """Yield one finding per row and rule that is broken; of many, the first and how many more."""
    plain = [rule for rule in rules if not rule.among]
    # One pass over a table of millions says which rules are worth a pass of their own.
    counted = ", ".join(f"count(*) FILTER (WHERE {rule.condition})" for rule in plain)
    counts = ask.execute(f"SELECT {counted} FROM {table}").fetchall()[0]  # noqa: S608 - our own text
    broken = {id(rule) for rule, count in zip(plain, counts, strict=True) if count}
    is_text = not shown.endswith(".parquet")
    for rule in rules:
        if not rule.among and id(rule) not in broken:
            continue
        rows = f"(SELECT *, {rule.among} AS n FROM {table})" if rule.among else table  # noqa: S608 - our own text
        found = ask.execute(
            f"SELECT row, {_quoted(rule.column)}, count(*) OVER () FROM {rows}"  # noqa: S608 - our own text
            f" WHERE {rule.condition} ORDER BY row LIMIT {_LISTED_MAX}"
        ).fetchall()
        for row, text, _ in found:
            yield Finding(
                rule.code,
                f"row {row}: {shorten(text or '')!r}: {rule.message}",
                shown,
                row + 1 if is_text else None,
                rule.column,
                rule.expected,
                rule.do,
            )
        if found and found[0][2] > len(found):
            rest = f"and {found[0][2] - len(found)} more rows: {rule.message}"
            yield Finding(rule.code, rest, shown, None, rule.column)


def _short_rules(ask: "duckdb.DuckDBPyConnection") -> list[Problem]:
    """Return what is wrong with identifiers shorter than all others: a spreadsheet's work."""
    lengths = ask.execute(
        "SELECT length(party), count(*) FROM (SELECT payer AS party FROM payments UNION SELECT"
        " payee FROM payments) WHERE regexp_full_match(party, '[0-9]+') GROUP BY 1 ORDER BY 2 DESC,"
        " 1 DESC"
    ).fetchall()
    if not lengths:
        return []
    usual, count = lengths[0]
    if usual < PARTY.zeros_from or 2 * count < sum(row[1] for row in lengths):
        return []
    return [
        Problem(
            "TABLE_PARTY",
            column,
            f"regexp_full_match({column}, '[0-9]+') AND length({column}) < {usual}"
            f" AND length({column}) >= {usual - PARTY.zeros_lost}",
            f"shorter than the {usual} digits of the others",
            f"{usual} digits; spreadsheets drop zeros in front",
            "export the column as text",
        )
        for column in ("payer", "payee")
    ]


def _number(ask: "duckdb.DuckDBPyConnection", section: ImportSection) -> None:
    """Replace texts by moments and tiyn; every text is known to be good."""
    purpose = "coalesce(purpose, '')" if "purpose" in section.columns.named() else "''"
    tiyn = tiyn_of("amount", section.amount_unit)
    _make(
        ask,
        "numbered",
        f"row, payer, payee, {purpose} AS purpose, {moment_of(section.time_zone)} AS time_us,"
        f" {tiyn} AS tiyn FROM payments",
        [],
    )
    ask.execute("DROP TABLE payments")


def _read_opening(
    ask: "duckdb.DuckDBPyConnection", section: ImportSection, folder: Path
) -> list[Finding]:
    """Put the table of balances into `opening`; return what is wrong."""
    shown = section.opening.file or ""
    named = {"party": section.opening.columns.party, "amount": section.opening.columns.amount}
    source, findings = _open(ask, folder / shown, shown)
    if source is None:
        return findings
    findings = list(_column_findings(source, named, ()))
    if any(column not in source.columns for column in named.values()):
        return findings
    is_read, broken = _load(source, "balances", named)
    findings += broken
    if is_read:
        rules = [
            *amount_rules("amount", section.amount_unit, PAYMENT_MAX_TIYN, least_tiyn=0),
            *id_rules((), columns=("party",)),
            *unique_rules("party", "the party has another balance too", "each party once"),
        ]
        findings += _mistakes(ask, "balances", rules, shown)
    if not findings:
        tiyn = tiyn_of("amount", section.amount_unit)
        _make(ask, "opening", f"party, {tiyn} AS tiyn FROM balances", [])
    return findings


def _columns(ask: "duckdb.DuckDBPyConnection", section: ImportSection) -> PaymentTable:
    """Return the good table as columns, parties and purposes as numbers."""
    has_opening = section.opening.file is not None
    everybody = "SELECT payer AS party FROM numbered UNION SELECT payee FROM numbered"
    if has_opening:
        everybody += " UNION SELECT party FROM opening"
    _make(
        ask, "parties", f"party, row_number() OVER (ORDER BY party) - 1 AS n FROM ({everybody})", []
    )
    what = "SELECT DISTINCT purpose FROM numbered"
    _make(
        ask, "purposes", f"purpose, row_number() OVER (ORDER BY purpose) - 1 AS n FROM ({what})", []
    )
    drawn = ask.execute(
        "SELECT time_us, row, tiyn, CAST(a.n AS INTEGER) AS payer_n,"
        " CAST(b.n AS INTEGER) AS payee_n, CAST(c.n AS INTEGER) AS purpose_n"
        " FROM numbered JOIN parties a ON a.party = payer JOIN parties b ON b.party = payee"
        " JOIN purposes c ON c.purpose = numbered.purpose ORDER BY time_us, row"
    ).fetchnumpy()
    ask.execute("DROP TABLE numbered")
    parties = [row[0] for row in ask.execute("SELECT party FROM parties ORDER BY n").fetchall()]
    purposes = [row[0] for row in ask.execute("SELECT purpose FROM purposes ORDER BY n").fetchall()]
    opening = np.full(len(parties), section.opening.amount.value, dtype=np.int64)
    if has_opening:
        stated = ask.execute(
            "SELECT CAST(n AS BIGINT) AS n, tiyn FROM opening JOIN parties USING (party)"
        ).fetchnumpy()
        opening[_whole(stated["n"])] = _whole(stated["tiyn"])
    return PaymentTable(
        time_us=_whole(drawn["time_us"]),
        row=_whole(drawn["row"]),
        payer=np.asarray(drawn["payer_n"], dtype=np.int32),
        payee=np.asarray(drawn["payee_n"], dtype=np.int32),
        amount_tiyn=_whole(drawn["tiyn"]),
        purpose=np.asarray(drawn["purpose_n"], dtype=np.int32),
        parties=parties,
        purposes=purposes,
        opening_tiyn=opening,
    )


def _whole(column: object) -> NDArray[np.int64]:
    return np.asarray(column, dtype=np.int64)


def _file_digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
