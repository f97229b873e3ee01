"""Proof that a run folder is what it says: every hash, and every number rebuilt from the log.

The balances are folded anew in SQL from nothing but the events, sharing no code with the ledger,
the auditor or the cube. Sums are of unlimited size there; one that does not fit into 64 bits is an
error and not another number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tengesim.errors import InvariantError, StoreError
from tengesim.journal.cube import CUBE_KEYS
from tengesim.journal.digest import Digest
from tengesim.journal.names import packed_names
from tengesim.journal.tables import packed_rows
from tengesim.store.files import DISK, Disk
from tengesim.store.layout import HASHED_FILES, RUN_FILES, TABLES
from tengesim.store.read import StoredRun, folder_of, read_manifest

__all__ = ["Check", "VerifyReport", "verify_run"]

_ROWS_AT_ONCE: Final = 1 << 20

_LEGS: Final = """
    SELECT payer AS holder, keeper, form, mark, kind, amount_tiyn,
           CASE WHEN status IN ('settled', 'posted') THEN -1 ELSE 0 END AS total_sign,
           CASE status WHEN 'held' THEN 1 WHEN 'posted' THEN -1 WHEN 'voided' THEN -1 ELSE 0 END
               AS held_sign
    FROM events
    UNION ALL
    SELECT payee, keeper_to, form_to, mark_to, kind, amount_tiyn,
           CASE WHEN status IN ('settled', 'posted') THEN 1 ELSE 0 END, 0
    FROM events
"""
_BALANCES: Final = f"""
    WITH legs AS ({_LEGS}),
    rebuilt AS (
        SELECT holder, keeper, form, mark,
               coalesce(sum(total_sign * amount_tiyn) FILTER (kind = 'opening'), 0) AS opening_tiyn,
               sum(total_sign * amount_tiyn) AS closing_tiyn,
               sum(held_sign * amount_tiyn) AS held_tiyn
        FROM legs GROUP BY ALL
    ),
    stated AS (
        SELECT holder, keeper, form, mark, count(*) AS lines, sum(opening_tiyn) AS opening_tiyn,
               sum(closing_tiyn) AS closing_tiyn, sum(held_tiyn) AS held_tiyn
        FROM accounts GROUP BY ALL
    ),
    compared AS (
        SELECT coalesce(stated.lines, 1) = 1
               AND coalesce(stated.opening_tiyn, 0) = coalesce(rebuilt.opening_tiyn, 0)
               AND coalesce(stated.closing_tiyn, 0) = coalesce(rebuilt.closing_tiyn, 0)
               AND coalesce(stated.held_tiyn, 0) = coalesce(rebuilt.held_tiyn, 0) AS is_equal
        FROM stated FULL JOIN rebuilt USING (holder, keeper, form, mark)
    )
    SELECT (SELECT count(*) FROM accounts)::BIGINT,
           coalesce(sum(1) FILTER (NOT is_equal), 0)::BIGINT
    FROM compared
"""  # noqa: S608 - a constant
_SUMS: Final = """
    SELECT count(*)::BIGINT, coalesce(sum(1) FILTER (total <> 0), 0)::BIGINT
    FROM (SELECT sum(closing_tiyn) AS total FROM accounts GROUP BY keeper, form)
"""
_SIGNS: Final = """
    SELECT count(*)::BIGINT,
           coalesce(sum(1) FILTER (
               CASE WHEN holder = keeper THEN closing_tiyn > 0 OR held_tiyn <> 0
                    ELSE closing_tiyn < held_tiyn OR held_tiyn < 0 END
           ), 0)::BIGINT
    FROM accounts
"""
_MARKS: Final = """
    WITH flows AS (
        SELECT kind, mark, mark_to, sum(amount_tiyn) AS amount_tiyn FROM events
        WHERE status IN ('settled', 'posted') AND mark <> mark_to GROUP BY ALL
    ),
    terms AS (
        SELECT mark_to AS mark, amount_tiyn FROM flows
        WHERE mark = '' AND kind IN ('issue', 'refund')
        UNION ALL
        SELECT mark, -amount_tiyn FROM flows WHERE mark_to = '' AND kind IN ('shed', 'return')
        UNION ALL
        SELECT mark, -closing_tiyn FROM accounts
        UNION ALL
        SELECT mark_to, 0 FROM events
    )
    SELECT count(*)::BIGINT, coalesce(sum(1) FILTER (rest <> 0), 0)::BIGINT
    FROM (SELECT sum(amount_tiyn) AS rest FROM terms WHERE mark <> '' GROUP BY mark)
"""
_MARKS_OF_CUBE: Final = _MARKS.replace("FROM events", "FROM cube")
_CUBE_KEYS: Final = ", ".join(("day", "date", *CUBE_KEYS[1:]))
_CUBE: Final = f"""
    WITH recount AS (
        SELECT {_CUBE_KEYS}, count(*)::BIGINT AS count, sum(amount_tiyn)::BIGINT AS amount_tiyn
        FROM dated_events GROUP BY ALL
    ),
    stated AS (SELECT {_CUBE_KEYS}, count, amount_tiyn FROM cube)
    SELECT (SELECT count(*) FROM cube)::BIGINT,
           (SELECT count(*) FROM (FROM stated EXCEPT ALL FROM recount))
           + (SELECT count(*) FROM (FROM recount EXCEPT ALL FROM stated))
"""  # noqa: S608 - a constant
_ORDER: Final = """
    SELECT count(*)::BIGINT, coalesce(sum(1) FILTER (seq <> place), 0)::BIGINT
    FROM (SELECT seq, row_number() OVER () - 1 AS place FROM events)
"""
_ORDER_OF_KEPT: Final = """
    SELECT count(*)::BIGINT, coalesce(sum(1) FILTER (seq <= before), 0)::BIGINT
    FROM (SELECT seq, lag(seq, 1, -1) OVER () AS before FROM events)
"""
_OPENINGS: Final = """
    WITH stated AS (
        SELECT form, sum(opening_tiyn) AS amount_tiyn FROM accounts WHERE holder <> keeper
        GROUP BY form
    ),
    counted AS (
        SELECT form, sum(amount_tiyn) AS amount_tiyn FROM cube
        WHERE kind = 'opening' AND status = 'settled' GROUP BY form
    )
    SELECT count(*)::BIGINT, coalesce(sum(1) FILTER (
        coalesce(stated.amount_tiyn, 0) <> coalesce(counted.amount_tiyn, 0)
    ), 0)::BIGINT
    FROM stated FULL JOIN counted USING (form)
"""
_KEPT_IN_CUBE: Final = f"""
    WITH kept AS (SELECT {_CUBE_KEYS}, count(*) AS rows FROM dated_events GROUP BY ALL)
    SELECT count(*)::BIGINT,
           coalesce(sum(1) FILTER (coalesce(cube.count, 0) < kept.rows), 0)::BIGINT
    FROM kept LEFT JOIN cube USING ({_CUBE_KEYS})
"""  # noqa: S608 - a constant
_PAYMENTS: Final = """
    SELECT count(DISTINCT intent) FROM events
    WHERE kind IN ('payment', 'delivery', 'claim', 'budget_payment')
      AND status IN ('settled', 'posted', 'refused')
      AND intent NOT IN (
          SELECT intent FROM events WHERE kind = 'delivery' AND status = 'recorded'
      )
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked, whether it holds, and the numbers."""

    name: str
    passed: bool
    text: str

    def render(self) -> str:
        """Return the check as one line."""
        return f"{'passed' if self.passed else 'FAILED'}  {self.name}: {self.text}"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Everything that was checked about one run."""

    path: Path
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Return whether every check holds."""
        return all(check.passed for check in self.checks)

    def render(self) -> str:
        """Return one line per check."""
        return "\n".join(check.render() for check in self.checks)


def verify_run(
    path_or_name: Path | str, parent: Path | str = "runs", *, disk: Disk = DISK
) -> VerifyReport:
    """Check every hash of a run and rebuild its numbers from its log.

    Damage is reported and not raised; StoreError means that there is no such run at all. The
    contents are checked only when every file has the bytes it should have.
    """
    path = folder_of(path_or_name, parent, disk=disk)
    checks: list[Check] = []
    try:
        manifest = read_manifest(path, disk=disk)
    except StoreError as error:
        return VerifyReport(path, (Check("manifest.json", passed=False, text=str(error)),))
    text = f"layout {manifest.layout}, results version {manifest.results_version}, seal intact"
    checks.append(Check("manifest.json", passed=True, text=text))
    with StoredRun(path, manifest, disk=disk) as run:
        checks.extend(_file_checks(run, disk))
        if all(check.passed for check in checks):
            checks.extend(_content_checks(run))
    return VerifyReport(path, tuple(checks))


def _file_checks(run: StoredRun, disk: Disk) -> Iterator[Check]:
    for name in HASHED_FILES:
        entry = run.manifest.files[name]
        try:
            run.check_file(name)
        except StoreError as error:
            yield Check(name, passed=False, text=str(error))
        else:
            text = f"{entry.bytes:,} bytes, SHA-256 {entry.sha256[:12]}…"
            yield Check(name, passed=True, text=text)
    try:
        wall_s = sum(run.timing["wall_s"].values())
    except StoreError as error:
        yield Check("timing.json", passed=False, text=str(error))
    else:
        yield Check("timing.json", passed=True, text=f"{wall_s:.1f} s in all, seal intact")
    foreign = sorted(set(disk.names(run.path)) - RUN_FILES)
    listed = ", ".join(repr(name) for name in foreign)
    text = f"not part of a run: {listed}; move them away" if foreign else "none"
    yield Check("other files", passed=not foreign, text=text)


def _content_checks(run: StoredRun) -> Iterator[Check]:
    """Check what the files say. A check that cannot even be computed has failed."""
    mode = run.manifest.log_mode
    is_full = mode == "full"
    if not is_full:
        text = f"{mode}: checks hashes and opening + cube flows = closing; balances are not rebuilt"
        yield Check("log", passed=True, text=text)
    for name, check in _CONTENT_CHECKS if is_full else _CHECKS_WITHOUT_ROWS:
        try:
            passed, text = check(run)
        except (InvariantError, OverflowError, StoreError, ValueError) as error:
            passed, text = False, str(error)
        yield Check(name, passed=passed, text=text)


def _check_rows(run: StoredRun) -> tuple[bool, str]:
    said, passed = [], True
    for table, file in TABLES.items():
        (count,) = _numbers(run, f"SELECT count(*)::BIGINT FROM {table}")  # noqa: S608 - a constant
        due = run.manifest.files[file].rows
        passed = passed and count == due
        said.append(f"{table} {count:,}" + ("" if count == due else f" instead of {due}"))
    return passed, ", ".join(said)


def _check_digest(run: StoredRun) -> tuple[bool, str]:
    names = run.query("SELECT id, name FROM names ORDER BY id")
    texts = [str(text) for text in names["name"]]
    if names["id"].tolist() != list(range(len(texts))) or len(set(texts)) != len(texts):
        return False, "the names are not numbered one by one"
    digest = Digest()
    total = run.manifest.files[TABLES["events"]].rows or 0
    for start in range(0, total, _ROWS_AT_ONCE):
        frame = run.events("seq >= ? AND seq < ?", (start, start + _ROWS_AT_ONCE))
        digest.update(packed_rows(frame, texts))
    found, due = digest.close(packed_names(texts)), run.manifest.log_digest
    if found != due:
        return False, f"the log gives {found[:12]}…, the manifest says {due[:12]}…"
    return True, f"{found[:12]}… from {total:,} rows and {len(texts):,} names"


def _check_payments(run: StoredRun) -> tuple[bool, str]:
    (count,) = _numbers(run, _PAYMENTS)
    due = run.manifest.payments
    return count == due, f"{count:,} intents settled or refused, the manifest says {due:,}"


def _none_wrong(sql: str, what: str, wrong: str) -> Callable[[StoredRun], tuple[bool, str]]:
    """Return a check of a query for how many there are and how many of them are wrong."""

    def check(run: StoredRun) -> tuple[bool, str]:
        total, bad = _numbers(run, sql)
        return bad == 0, f"{total:,} {what}, {bad:,} {wrong}"

    return check


def _numbers(run: StoredRun, sql: str) -> list[int]:
    return [int(number) for number in run.query(sql).iloc[0].tolist()]


_CHECKS_WITHOUT_ROWS: Final = (
    ("rows", _check_rows),
    ("order", _none_wrong(_ORDER_OF_KEPT, "rows", "out of order")),
    ("openings", _none_wrong(_OPENINGS, "forms", "not opened as the cube says")),
    ("sums", _none_wrong(_SUMS, "forms under their keepers", "do not sum to zero")),
    ("signs", _none_wrong(_SIGNS, "accounts", "of the wrong sign")),
    ("marks", _none_wrong(_MARKS_OF_CUBE, "marks", "with a broken identity")),
    ("cube", _none_wrong(_KEPT_IN_CUBE, "cells of kept rows", "with more rows than the cube has")),
)
_CONTENT_CHECKS: Final = (
    ("rows", _check_rows),
    ("order", _none_wrong(_ORDER, "rows", "out of order")),
    ("log digest", _check_digest),
    ("payments", _check_payments),
    ("balances", _none_wrong(_BALANCES, "accounts", "not what the log gives")),
    ("sums", _none_wrong(_SUMS, "forms under their keepers", "do not sum to zero")),
    ("signs", _none_wrong(_SIGNS, "accounts", "of the wrong sign")),
    ("marks", _none_wrong(_MARKS, "marks", "with a broken identity")),
    ("cube", _none_wrong(_CUBE, "cells", "not what a recount gives")),
)
