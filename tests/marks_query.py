"""The identity of every mark in plain SQL over stored events: no code of ledger or auditor.

Terms come from rows that cross the border of a mark, by their kind; what is there comes from the
accounts, rebuilt row by row from what each status does to free and held money.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

__all__ = ["broken", "parents", "terms", "tree_totals"]

_MOVES = """
WITH row_of AS (
    SELECT seq, time_us, kind::VARCHAR AS kind, status::VARCHAR AS status,
        amount_tiyn::HUGEINT AS tiyn, mark::VARCHAR AS mark, mark_to::VARCHAR AS mark_to,
        concat_ws('|', payer, keeper, form) AS payer, concat_ws('|', payee, keeper_to, form_to)
        AS payee, $midnights AS midnights
    FROM read_parquet($events)
    WHERE (mark <> '' OR mark_to <> '') AND status IN ('settled', 'held', 'posted', 'voided')
), crossing AS (
    SELECT * FROM row_of WHERE mark <> mark_to AND status IN ('settled', 'posted')
), term AS (
    SELECT time_us, mark_to AS mark, tiyn, CASE
        WHEN mark <> '' AND kind = 'subpayment' THEN 'in_from_parent'
        WHEN mark = '' AND kind = 'issue' THEN 'issued'
        WHEN mark = '' AND kind = 'refund' THEN 'restored'
        ELSE 'unknown in' END AS term, 1 AS sign
    FROM crossing WHERE mark_to <> ''
    UNION ALL
    SELECT time_us, mark, tiyn, CASE
        WHEN mark_to <> '' AND kind = 'subpayment' THEN 'out_to_child'
        WHEN mark_to = '' AND kind IN ('shed', 'payment', 'wage', 'subpayment') THEN 'shed'
        WHEN mark_to = '' AND kind = 'tax' THEN 'split_to_tax'
        WHEN mark_to = '' AND kind IN ('return', 'penalty') THEN 'returned'
        WHEN mark_to = '' AND kind IN ('clawback', 'forfeiture') THEN 'confiscated'
        WHEN mark_to = '' AND kind = 'custody_loss' THEN 'lost'
        ELSE 'unknown out' END, -1
    FROM crossing WHERE mark <> ''
), change AS (
    SELECT time_us, mark, payer AS account, CASE status WHEN 'posted' THEN 0 WHEN 'voided' THEN tiyn
        ELSE -tiyn END AS free, CASE status WHEN 'held' THEN tiyn WHEN 'settled' THEN 0
        ELSE -tiyn END AS held
    FROM row_of WHERE mark <> ''
    UNION ALL
    SELECT time_us, mark_to, payee, tiyn, 0 FROM row_of
    WHERE mark_to <> '' AND status IN ('settled', 'posted')
), midnight AS (SELECT unnest(midnights) AS at_us FROM (SELECT $midnights AS midnights))
"""
_BROKEN = """, balance AS (
    SELECT at_us, change.mark, account, sum(free) AS free, sum(held) AS held
    FROM midnight JOIN change ON time_us < at_us GROUP BY ALL
), there AS (SELECT at_us, mark, sum(free + held) AS tiyn FROM balance GROUP BY ALL),
came AS (
    SELECT at_us, term.mark, sum(sign * tiyn) AS tiyn,
        count(*) FILTER (starts_with(term, 'unknown')) AS unknown
    FROM midnight JOIN term ON time_us < at_us GROUP BY ALL
)
SELECT at_us, mark, 'identity', came.tiyn::VARCHAR, there.tiyn::VARCHAR
FROM came FULL JOIN there USING (at_us, mark)
WHERE came.tiyn IS DISTINCT FROM there.tiyn OR unknown > 0
UNION ALL
SELECT at_us, mark, 'negative ' || account, free::VARCHAR, held::VARCHAR
FROM balance WHERE free < 0 OR held < 0
ORDER BY ALL
"""
_TERMS = "SELECT mark, term, sum(tiyn)::VARCHAR FROM term GROUP BY ALL ORDER BY ALL"
_CLOSING = "SELECT mark, sum(free + held)::VARCHAR FROM change GROUP BY ALL ORDER BY ALL"
_PARENTS = """SELECT DISTINCT mark_to, mark FROM crossing
WHERE kind = 'subpayment' AND mark <> '' AND mark_to <> '' ORDER BY ALL"""


def _ask(sql: str, events: Path, midnights: list[int]) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        parameters = {"events": str(events), "midnights": midnights}
        return connection.execute(_MOVES + sql, parameters).fetchall()


def broken(events: Path, midnights: list[int]) -> list[tuple[Any, ...]]:
    """Return where at a midnight a term, a balance or a sign of a mark is not as it must be."""
    return _ask(_BROKEN, events, midnights)


def terms(events: Path) -> dict[tuple[str, str], int]:
    """Return the tiyn of each term by mark; of what is there, as `held`."""
    found = {(mark, term): int(tiyn) for mark, term, tiyn in _ask(_TERMS, events, [])}
    return found | {(mark, "held"): int(tiyn) for mark, tiyn in _ask(_CLOSING, events, [])}


def parents(events: Path) -> list[tuple[str, str]]:
    """Return every pair of a child mark and a mark that its money came from."""
    return [(child, parent) for child, parent in _ask(_PARENTS, events, [])]


def tree_totals(events: Path) -> Iterator[tuple[str, int, int]]:
    """Yield, for each tree of marks by its root, what came into it and what went out or is there.

    What passes from parent to child inside a tree is in neither.
    """
    above = dict(parents(events))
    totals: dict[str, list[int]] = {}
    for (mark, term), tiyn in terms(events).items():
        root = mark
        while root in above:
            root = above[root]
        came, went = totals.setdefault(root, [0, 0])
        if term in {"issued", "restored"}:
            came += tiyn
        elif term not in {"in_from_parent", "out_to_child"}:
            went += tiyn
        totals[root] = [came, went]
    for root, (came, went) in totals.items():
        yield root, came, went
