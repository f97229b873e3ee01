"""Tables of real payments, from CSV or Parquet: every row is good and kept, or all mistakes are told.

Everything is read as text first, so that nothing is guessed: an identifier stays what was written,
an amount is whole tiyn or a finding. A table with one bad row is not read at all, because a sum over
the good ones would look like the whole.
"""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import MINUTE_US
from tengesim.errors import Finding, ScenarioError
from tengesim.money import PAYMENT_MAX_TIYN, TIYN_PER_TENGE
from tengesim.retail.imported import AS_WRITTEN, ImportSection, PaymentTable
from tengesim.scenario.table_rules import PARTY, Problem, amount_rules, id_rules, time_rules
from tengesim.scenario.text import shorten
from tengesim.scenario.tree import nearest

if TYPE_CHECKING:
    import duckdb

__all__ = ["Horizon", "digest_of", "read_table"]

_LISTED_MAX: Final = 50
"""Mistakes of one kind that are told one by one; the rest is counted."""
_HEADER_MAX: Final = 65_536
_PIECE: Final = 1 << 20
_PARQUET: Final = b"PAR1"


class Horizon(NamedTuple):
    """Moments between which payments may lie, the second one not included."""

    start_us: int
    end_us: int


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
        findings = _read_payments(ask, section, folder)
        if not findings:
            findings = _check_payments(ask, section, horizon, reserved)
        if section.opening.file is not None:
            findings += _read_opening(ask, section, folder)
        if findings:
            raise ScenarioError(findings)
        return _columns(ask, section)


def _read_payments(
    ask: "duckdb.DuckDBPyConnection", section: ImportSection, folder: Path
) -> list[Finding]:
    """Put the table of payments as text into `payments`, with row numbers; return what is wrong."""
    named = section.columns.named()
    source, findings = _open(ask, folder / section.file, section.file)
    if source is None:
        return findings
    findings = list(_column_findings(source, named, section.columns.ignore))
    return findings or _load(source, "payments", named)


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


def _load(source: _Source, table: str, named: Mapping[str, str]) -> list[Finding]:
    """Put the named columns as text into a table with row numbers; return broken rows."""
    import duckdb

    places = {what: source.columns.index(column) for what, column in named.items()}
    try:
        if source.is_parquet:
            picked = ", ".join(
                f'CAST("{column.replace(chr(34), chr(34) * 2)}" AS VARCHAR) AS "{what}"'
                for what, column in named.items()
            )
            source.ask.execute(
                f'CREATE TABLE {table} AS SELECT file_row_number + 1 AS "row", {picked}'  # noqa: S608 - names are ours or quoted
                " FROM read_parquet(?, file_row_number = true)",
                [str(source.path)],
            )
            return []
        picked = ", ".join(f'c{place} AS "{what}"' for what, place in places.items())
        columns = {f"c{place}": "VARCHAR" for place in range(len(source.columns))}
        source.ask.execute(
            f'CREATE TABLE {table} AS SELECT row_number() OVER () AS "row", {picked}'  # noqa: S608 - names are ours
            " FROM read_csv(?, columns = ?, header = true, delim = ?, quote = '\"', escape = '\"',"
            " auto_detect = false, store_rejects = true, parallel = false, null_padding = false)",
            [str(source.path), columns, source.delimiter],
        )
        rejected = source.ask.execute(
            "SELECT line - 1, error_type, csv_line FROM reject_errors ORDER BY 1"
        ).fetchall()
    except duckdb.Error as error:
        return [_broken(source.shown, error)]
    if not rejected:
        return []
    return list(_broken_rows(source, [row[0] for row in rejected], [row[2] for row in rejected]))


def _broken(shown: str, error: Exception) -> Finding:
    said = " ".join(str(error).split())
    return Finding("UNREADABLE", f"the table cannot be read: {shorten(said)}", shown)


def _broken_rows(source: _Source, rows: list[int], texts: list[str]) -> Iterator[Finding]:
    for row, text in list(zip(rows, texts, strict=True))[:_LISTED_MAX]:
        yield Finding(
            "TABLE_ROW",
            f"row {row}: {shorten(text or '')!r} has not one cell for each column",
            source.shown,
            row + 1,
            None,
            f"{len(source.columns)} cells in UTF-8, quoted where they hold the delimiter",
        )
    if len(rows) > _LISTED_MAX:
        yield Finding("TABLE_ROW", f"and {len(rows) - _LISTED_MAX} more such rows", source.shown)


def _check_payments(
    ask: "duckdb.DuckDBPyConnection",
    section: ImportSection,
    horizon: Horizon | None,
    reserved: Sequence[str],
) -> list[Finding]:
    """Turn text into numbers within the table, and return every mistake in it."""
    rules = [
        *time_rules(section.time_zone),
        *amount_rules("amount", section.amount_unit, PAYMENT_MAX_TIYN, least_tiyn=1),
        *id_rules(reserved),
    ]
    if "id" in section.columns.named():
        rules.append(
            Problem(
                "TABLE_TWICE",
                "id",
                'count(*) OVER (PARTITION BY "id") > 1',
                "the id is not the only one of its kind",
                "an id of its own for each payment",
                "remove the repeated row, or correct the id",
            )
        )
        rules.append(
            Problem(
                "TABLE_PARTY",
                "id",
                "trim(coalesce(\"id\", '')) = ''",
                "the id is missing",
                "an id for each payment",
            )
        )
    findings = list(_mistakes(ask, "payments", rules, section))
    findings += _lost_zeros(ask, section)
    if findings:
        return findings
    _number(ask, section)
    if horizon is not None:
        outside = Problem(
            "TABLE_HORIZON",
            "time",
            f"time_us < {horizon.start_us} OR time_us >= {horizon.end_us}",
            "the time lies outside the horizon of the scenario",
            "times from the start of the clock to before its end",
            "move `clock.start` and `clock.end`, or leave the row out of the file",
        )
        findings += _mistakes(ask, "payments", [outside], section)
    if not ask.execute("SELECT count(*) FROM payments").fetchall()[0][0]:
        message = "the table holds no payment"
        findings.append(Finding("EMPTY_FILE", message, section.file, 1, None, "at least one row"))
    return findings


def _mistakes(
    ask: "duckdb.DuckDBPyConnection",
    table: str,
    rules: Sequence[Problem],
    section: ImportSection,
    *,
    shown: str | None = None,
) -> Iterator[Finding]:
    """Yield one finding per row and rule that is broken; of many, the first and how many more."""
    name = section.file if shown is None else shown
    is_text = not name.endswith(".parquet")
    for rule in rules:
        condition = f"({rule.condition})"
        if "OVER" in rule.condition:
            inner = f"SELECT *, {rule.condition} AS is_bad FROM {table}"  # noqa: S608 - our own text
            condition, table_text = "is_bad", f"({inner})"
        else:
            table_text = table
        found = ask.execute(
            f'SELECT "row", CAST("{rule.column}" AS VARCHAR), count(*) OVER () FROM {table_text}'  # noqa: S608 - our own text
            f' WHERE {condition} ORDER BY "row" LIMIT {_LISTED_MAX}'
        ).fetchall()
        for row, text, _ in found:
            yield Finding(
                rule.code,
                f"row {row}: {shorten(text or '')!r}: {rule.message}",
                name,
                row + 1 if is_text else None,
                rule.column,
                rule.expected,
                rule.do,
            )
        if found and found[0][2] > len(found):
            rest = f"and {found[0][2] - len(found)} more rows: {rule.message}"
            yield Finding(rule.code, rest, name, None, rule.column)


def _lost_zeros(ask: "duckdb.DuckDBPyConnection", section: ImportSection) -> list[Finding]:
    """Return identifiers that are shorter than all others of digits: a spreadsheet's work."""
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
    rules = [
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
    return list(_mistakes(ask, "payments", rules, section))


def _number(ask: "duckdb.DuckDBPyConnection", section: ImportSection) -> None:
    """Replace texts by moments and tiyn; every text is known to be good."""
    offset_us = 0
    if section.time_zone != AS_WRITTEN:
        sign = -1 if section.time_zone[0] == "-" else 1
        hours, minutes = (int(part) for part in section.time_zone[1:].split(":"))
        offset_us = sign * (hours * 60 + minutes) * MINUTE_US
    ask.execute(
        'CREATE TABLE numbered AS SELECT "row", payer, payee, "time", '
        + ("purpose, " if "purpose" in section.columns.named() else "'' AS purpose, ")
        + f"{_moment(offset_us)} AS time_us, {_tiyn('amount', section.amount_unit)} AS tiyn"
        " FROM payments"
    )
    ask.execute("DROP TABLE payments")
    ask.execute("ALTER TABLE numbered RENAME TO payments")


def _moment(offset_us: int) -> str:
    """Return the expression for a moment in microseconds since the epoch, in UTC."""
    local = "replace(regexp_extract(\"time\", '^(.{10}[T ][0-9:.]+)', 1), 'T', ' ')"
    zone = "regexp_extract(\"time\", '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$', 1)"
    own = (
        f"CASE WHEN {zone} IN ('Z', '') THEN 0 ELSE"
        f" (CASE WHEN {zone}[1] = '-' THEN -1 ELSE 1 END) * (CAST(substr({zone}, 2, 2) AS BIGINT)"
        f" * 60 + coalesce(TRY_CAST(right(replace({zone}, ':', ''), -3) AS BIGINT), 0))"
        f" * {MINUTE_US} END"
    )
    shift = f"CASE WHEN {zone} = '' THEN {offset_us} ELSE {own} END"
    return f"epoch_us(CAST({local} AS TIMESTAMP)) - ({shift})"


def _tiyn(column: str, unit: str) -> str:
    """Return the expression for whole tiyn; computed on digits, never on a float."""
    if unit == "tiyn":
        return f"CAST({column} AS BIGINT)"
    fraction = f"rpad(regexp_extract({column}, '\\.([0-9]+)$', 1), 2, '0')"
    return (
        f"CAST(regexp_extract({column}, '^([0-9]+)', 1) AS BIGINT) * {TIYN_PER_TENGE}"
        f" + CAST({fraction}[1:2] AS BIGINT)"
    )


def _read_opening(
    ask: "duckdb.DuckDBPyConnection", section: ImportSection, folder: Path
) -> list[Finding]:
    """Put the table of balances into `opening`; return what is wrong."""
    shown = section.opening.file or ""
    named = {"party": section.opening.columns.party, "amount": section.opening.columns.amount}
    source, findings = _open(ask, folder / shown, shown)
    if source is None:
        return findings
    findings = list(_column_findings(source, named, ())) or _load(source, "balances", named)
    if findings:
        return findings
    rules = [
        *amount_rules("amount", section.amount_unit, PAYMENT_MAX_TIYN, least_tiyn=0),
        *id_rules((), columns=("party",)),
        Problem(
            "TABLE_TWICE",
            "party",
            'count(*) OVER (PARTITION BY "party") > 1',
            "the party has more than one balance",
            "each party once",
        ),
    ]
    findings = list(_mistakes(ask, "balances", rules, section, shown=shown))
    if not findings:
        ask.execute(
            f"CREATE TABLE opening AS SELECT party, {_tiyn('amount', section.amount_unit)} AS tiyn"  # noqa: S608 - our own text
            " FROM balances"
        )
    return findings


def _columns(ask: "duckdb.DuckDBPyConnection", section: ImportSection) -> PaymentTable:
    """Return the good table as columns, parties and purposes as numbers."""
    has_opening = section.opening.file is not None
    more = " UNION SELECT party FROM opening" if has_opening else ""
    ask.execute(
        "CREATE TABLE parties AS SELECT party, row_number() OVER (ORDER BY party) - 1 AS n FROM"
        f" (SELECT payer AS party FROM payments UNION SELECT payee FROM payments{more})"  # noqa: S608 - our own text
    )
    ask.execute(
        "CREATE TABLE purposes AS SELECT purpose, row_number() OVER (ORDER BY purpose) - 1 AS n"
        " FROM (SELECT DISTINCT coalesce(purpose, '') AS purpose FROM payments)"
    )
    drawn = ask.execute(
        'SELECT time_us, "row", tiyn, CAST(a.n AS INTEGER) AS payer_n,'
        " CAST(b.n AS INTEGER) AS payee_n, CAST(c.n AS INTEGER) AS purpose_n"
        " FROM payments JOIN parties a ON a.party = payer JOIN parties b ON b.party = payee"
        " JOIN purposes c ON c.purpose = coalesce(payments.purpose, '')"
        ' ORDER BY time_us, "row"'
    ).fetchnumpy()
    ask.execute("DROP TABLE payments")
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
