"""The auditor's folds in compiled code: over rows of the log, and over columns of the ledger.

Accounts are known by holder, keeper, form and mark, as a reader of the log knows them. `effects`
says by status what happens to the payer's free and held money and to the payee's free money.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.compiled import lean
from tengesim.journal.events import BalanceColumns, Rows
from tengesim.journal.totals import (
    COUNT,
    Table,
    add,
    find,
    has_room,
    join,
    place_of,
    scramble,
)

__all__ = [
    "FREE",
    "HELD",
    "ROUND",
    "first_difference",
    "first_negative",
    "fold_accounts",
    "fold_changes",
    "fold_fingerprint_of",
    "fold_marks",
    "fold_seats",
]

FREE, HELD, ROUND = 4, 5, 6
"""Columns of an account's row: its money, and the check in which the ledger last showed it."""

Sums = NDArray[np.uint64]
"""Free and held money times the odd word of its account, then times the other word."""

_NOTHING: Final = np.int64(0)
_ODD: Final = np.uint64(1)


@lean
def fold_accounts(
    rows: Rows, effects: NDArray[np.int64], done: int, table: Table, used: Table
) -> int:
    """Move money from `done` on; return how many rows are done when the table is full."""
    for i in range(done, len(rows)):
        row: Any = rows[i]
        status = row["status"]
        free, held, credit = effects[status, 0], effects[status, 1], effects[status, 2]
        if free == 0 and held == 0:
            continue
        if not has_room(table, used):
            return i
        amount = row["amount_tiyn"]
        place = place_of(
            table,
            used,
            join(row["payer"], row["keeper"]),
            join(row["form"], row["mark"]),
            _NOTHING,
        )
        table[place, COUNT] += 1
        table[place, FREE] += free * amount
        table[place, HELD] += held * amount
        if credit:
            place = place_of(
                table,
                used,
                join(row["payee"], row["keeper_to"]),
                join(row["form_to"], row["mark_to"]),
                _NOTHING,
            )
            table[place, COUNT] += 1
            table[place, FREE] += credit * amount
    return len(rows)


@lean
def _word(holder: np.integer, keeper: np.integer, form: np.integer, mark: np.integer) -> np.uint64:
    """Return the word of an account."""
    seat = np.uint64(join(form, mark))
    return scramble(scramble(np.uint64(join(holder, keeper))) ^ seat)


@lean
def fold_changes(  # noqa: PLR0917 - compiled code takes arrays by place
    rows: Rows, effects: NDArray[np.int64], sums: Sums, done: int, table: Table, used: Table
) -> int:
    """Add what rows from `done` on do to the money of accounts, and to marks as `fold_marks` does.

    Each change counts times the words of its account. Returns how many rows are done when the table
    of marks is full.
    """
    free_odd, held_odd, free_other, held_other = sums[0], sums[1], sums[2], sums[3]
    end = len(rows)
    for i in range(done, end):
        row: Any = rows[i]
        status = row["status"]
        if effects[status, 0] == 0 and effects[status, 1] == 0:
            continue
        if row["mark"] != 0 or row["mark_to"] != 0:
            if not has_room(table, used):
                end = i
                break
            _add_marks(rows, i, effects, table, used)
        amount = row["amount_tiyn"]
        free = np.uint64(effects[status, 0] * amount)
        held = np.uint64(effects[status, 1] * amount)
        credit = np.uint64(effects[status, 2] * amount)
        payer = _word(row["payer"], row["keeper"], row["form"], row["mark"])
        payee = _word(row["payee"], row["keeper_to"], row["form_to"], row["mark_to"])
        free_odd += free * (payer | _ODD) + credit * (payee | _ODD)
        held_odd += held * (payer | _ODD)
        payer = scramble(payer)
        free_other += free * payer + credit * scramble(payee)
        held_other += held * payer
    sums[0], sums[1], sums[2], sums[3] = free_odd, held_odd, free_other, held_other
    return end


@lean
def fold_fingerprint_of(columns: BalanceColumns, sums: Sums) -> None:
    """Add the money of a ledger's accounts as `fold_changes` adds what rows do to it."""
    holder, keeper, form, mark, free, held = columns
    free_odd, held_odd, free_other, held_other = sums[0], sums[1], sums[2], sums[3]
    for i in range(len(holder)):
        word = _word(holder[i], keeper[i], form[i], mark[i])
        other = scramble(word)
        free_odd += np.uint64(free[i]) * (word | _ODD)
        held_odd += np.uint64(held[i]) * (word | _ODD)
        free_other += np.uint64(free[i]) * other
        held_other += np.uint64(held[i]) * other
    sums[0], sums[1], sums[2], sums[3] = free_odd, held_odd, free_other, held_other


@lean
def fold_marks(rows: Rows, effects: NDArray[np.int64], done: int, table: Table, used: Table) -> int:
    """Add what rows from `done` on do to marks; return how many are done when the table is full.

    Under the key (0, mark) is what there is of a mark, under (kind, mark and next mark) what
    changed it.
    """
    for i in range(done, len(rows)):
        row: Any = rows[i]
        status = row["status"]
        if row["mark"] == 0 and row["mark_to"] == 0:
            continue
        if effects[status, 0] == 0 and effects[status, 1] == 0:
            continue
        if not has_room(table, used):
            return i
        _add_marks(rows, i, effects, table, used)
    return len(rows)


@lean
def _add_marks(rows: Rows, i: int, effects: NDArray[np.int64], table: Table, used: Table) -> None:
    """Add what a row with a mark does to it; there is room."""
    row: Any = rows[i]
    mark, mark_to, status = np.int64(row["mark"]), np.int64(row["mark_to"]), row["status"]
    taken, credit = effects[status, 0] + effects[status, 1], effects[status, 2]
    amount = row["amount_tiyn"]
    if mark:
        add(table, place_of(table, used, _NOTHING, mark, _NOTHING), taken * amount)
    if credit == 0:
        return
    if mark_to:
        add(table, place_of(table, used, _NOTHING, mark_to, _NOTHING), credit * amount)
    if mark != mark_to:
        kind = np.int64(row["kind"])
        add(table, place_of(table, used, kind, join(mark, mark_to), _NOTHING), amount)


@lean
def first_difference(columns: BalanceColumns, table: Table, number: int) -> int:
    """Return the first account whose money is not that of `table`, or that was shown before.

    `number` counts the checks. Returns -1 where there is none.
    """
    holder, keeper, form, mark, free, held = columns
    for i in range(len(holder)):
        place = find(table, join(holder[i], keeper[i]), join(form[i], mark[i]), _NOTHING)
        if table[place, COUNT] == 0:
            if free[i] or held[i]:
                return i
            continue
        if table[place, FREE] != free[i] or table[place, HELD] != held[i]:
            return i
        if table[place, ROUND] == number:
            return i
        table[place, ROUND] = number
    return -1


@lean
def first_negative(columns: BalanceColumns) -> int:
    """Return the first account with less than nothing that is not its keeper's own, else -1."""
    holder, keeper, _, _, free, held = columns
    for i in range(len(holder)):
        if (free[i] < 0 or held[i] < 0) and holder[i] != keeper[i]:
            return i
    return -1


@lean
def fold_seats(columns: BalanceColumns, done: int, table: Table, used: Table) -> int:
    """Add the money under each keeper and form; return how many are done when the table is full."""
    _, keeper, form, _, free, held = columns
    for i in range(done, len(keeper)):
        if not has_room(table, used):
            return i
        place = place_of(table, used, np.int64(keeper[i]), np.int64(form[i]), _NOTHING)
        add(table, place, free[i])
        if held[i]:
            add(table, place, held[i])
    return len(keeper)
