"""The compiled half of what is gathered of a run: folds over rows of the log and over accounts."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Kind, Status
from tengesim.compiled import lean
from tengesim.journal.events import BalanceColumns, Rows
from tengesim.journal.totals import (
    COUNT,
    HIGH,
    LOW,
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
    "LAST_WANT",
    "LEG",
    "add_openings",
    "first_opening",
    "fold_balances",
    "fold_openings",
    "fold_payments",
    "index_accounts",
    "look_up",
]

FREE, HELD = 4, 6
"""First of two columns of an account's row: free and held money in halves of 32 bits."""

LAST_WANT: Final = 4
"""Numbers about wants: how many were paid or refused, then the intent of the last one, whether it
was answered and whether it was recorded; it is counted when the next one comes."""

LEG: Final = 3
"""Numbers of what a single holder was given: the two halves of its account's key, and tiyn."""

_HALF: Final = 32
_LOW_HALF: Final = (1 << _HALF) - 1
_NOTHING: Final = np.int64(0)
_OPENING, _DELIVERY = int(Kind.OPENING), int(Kind.DELIVERY)
_PAYMENT, _CLAIM, _ORDER = int(Kind.PAYMENT), int(Kind.CLAIM), int(Kind.BUDGET_PAYMENT)
_SETTLED, _POSTED = int(Status.SETTLED), int(Status.POSTED)
_REFUSED, _RECORDED = int(Status.REFUSED), int(Status.RECORDED)

_ODD: Final = np.uint64(0xBF58476D1CE4E5B9)

Numbers = NDArray[np.int64]
Places = NDArray[np.int32]


@lean
def fold_payments(rows: Rows, want: Numbers, acts: Numbers) -> int:
    """Count wants in `want`; write acts to `acts` and return how many there are.

    An act is twice its intent, and one more where it was recorded and not answered.
    """
    found = 0
    for i in range(len(rows)):
        row: Any = rows[i]
        kind, status = row["kind"], row["status"]
        is_recorded = kind == _DELIVERY and status == _RECORDED
        if not is_recorded:
            if kind not in (_PAYMENT, _DELIVERY, _CLAIM, _ORDER):
                continue
            if status not in (_SETTLED, _POSTED, _REFUSED):
                continue
        intent = row["intent"]
        if intent >= 0:
            act = 2 * intent + is_recorded
            if found == 0 or acts[found - 1] != act:
                acts[found] = act
                found += 1
            continue
        if intent != want[1]:
            want[0] += want[2] & ~want[3]
            want[1], want[2], want[3] = intent, 0, 0
        want[2 + is_recorded] = 1
    return found


@lean
def first_opening(rows: Rows) -> int:
    """Return the place of the first row that opened an account, or how many rows there are."""
    for i in range(len(rows)):
        row: Any = rows[i]
        if row["kind"] == _OPENING and row["status"] == _SETTLED:
            return i
    return len(rows)


@lean
def _of_group(holder: Any, groups: Numbers) -> Any:  # noqa: ANN401 - plain, both are ints
    """Return -1 in place of a holder of the first group, -2 of the second, and so on."""
    for number in range(len(groups)):
        if groups[number, 0] <= holder < groups[number, 1]:
            return -1 - number
    return holder


@lean
def fold_openings(  # noqa: PLR0917 - compiled code takes arrays by place
    rows: Rows,
    groups: Numbers,
    done: int,
    table: Table,
    used: Table,
    given: Numbers,
    count: Numbers,
) -> int:
    """Add what accounts were opened with; return how many rows are done when the table is full.

    Holders of a group of name ids, from the first to before the second number, stand together, and
    so does who gives. What a single holder is given becomes a line of `given`, `count[0]` of them.
    """
    for i in range(done, len(rows)):
        row: Any = rows[i]
        if row["kind"] != _OPENING or row["status"] != _SETTLED:
            continue
        if not has_room(table, used):
            return i
        amount = row["amount_tiyn"]
        payer = _of_group(np.int64(row["payer"]), groups)
        payee = _of_group(np.int64(row["payee"]), groups)
        out_of = join(row["form"], row["mark"])
        into, holder = join(row["form_to"], row["mark_to"]), join(payee, row["keeper_to"])
        add(table, place_of(table, used, join(payer, row["keeper"]), out_of, _NOTHING), -amount)
        if payee < 0:
            add(table, place_of(table, used, holder, into, _NOTHING), amount)
            continue
        line = count[0]
        given[line, 0], given[line, 1], given[line, 2] = holder, into, amount
        count[0] += 1
    return len(rows)


@lean
def look_up(first: Numbers, second: Numbers, table: Table, found: Numbers) -> None:
    """Write the upper and the lower half of the total in `table` of each account, 0 without one."""
    for i in range(len(first)):
        place = find(table, first[i], second[i], _NOTHING)
        if table[place, COUNT]:
            found[0, i] = table[place, HIGH]
            found[1, i] = table[place, LOW]


@lean
def _slot_of(
    first: Numbers, second: Numbers, slots: Places, holder: np.int64, form: np.int64
) -> np.int64:
    """Return the slot of an account: zero where it has none yet, else one more than its place."""
    mask = np.int64(len(slots) - 1)
    slot: np.int64 = np.int64(scramble(np.uint64(holder) * _ODD + np.uint64(form))) & mask
    while slots[slot]:
        place = slots[slot] - 1
        if first[place] == holder and second[place] == form:
            return slot
        slot = (slot + np.int64(1)) & mask
    return slot


@lean
def index_accounts(first: Numbers, second: Numbers, slots: Places) -> None:
    """Write into `slots`, zeros and at least twice as many, where each account stands."""
    for i in range(len(first)):
        slots[_slot_of(first, second, slots, first[i], second[i])] = i + 1


@lean
def add_openings(
    given: Numbers, first: Numbers, second: Numbers, slots: Places, found: Numbers
) -> None:
    """Add what holders were given to the halves of what their accounts were opened with."""
    for i in range(len(given)):
        place = slots[_slot_of(first, second, slots, given[i, 0], given[i, 1])] - 1
        if place >= 0:
            low = found[1, place] + (given[i, 2] & _LOW_HALF)
            found[1, place] = low & _LOW_HALF
            found[0, place] += (given[i, 2] >> _HALF) + (low >> _HALF)


@lean
def fold_balances(
    columns: BalanceColumns, groups: Numbers, done: int, table: Table, used: Table
) -> int:
    """Add the money of accounts by account, holders of a group together.

    Returns how many are done when the table is full. The count of a row says how many rows were
    there when it was first met, itself included.
    """
    holder, keeper, form, mark, free, held = columns
    for i in range(done, len(holder)):
        if not has_room(table, used):
            return i
        first = join(_of_group(np.int64(holder[i]), groups), keeper[i])
        second = join(form[i], mark[i])
        place = find(table, first, second, _NOTHING)
        if table[place, COUNT] == 0:
            used[0] += 1
            table[place, 0] = first
            table[place, 1] = second
            table[place, COUNT] = used[0]
        for column, amount in ((FREE, free[i]), (HELD, held[i])):
            low = table[place, column] + (amount & _LOW_HALF)
            table[place, column] = low & _LOW_HALF
            table[place, column + 1] += (amount >> _HALF) + (low >> _HALF)
    return len(holder)
