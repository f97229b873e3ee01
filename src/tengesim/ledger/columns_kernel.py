"""The compiled half of the fast ledger: batches looked through and carried out, one by one.

A batch comes as one long column of ids, amounts and regions, with the place where each of its
columns begins and its step: 0 where one value stands for all postings. All numbers are int64.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Reason, Status
from tengesim.compiled import kernel, prefetch
from tengesim.journal.events import Rows
from tengesim.journal.rows_kernel import write_row
from tengesim.ledger import parties, traits
from tengesim.money import SUPPLY_MAX_TIYN
from tengesim.payment import Particulars

__all__ = ["JOB", "Job", "malformed", "open_rows", "settle", "show_rows"]


class Job(IntEnum):
    """Places of what a batch is about, and how far it has come."""

    COUNT = 0
    LEGS = 1
    SINGLES = 2
    """Single accounts that are open."""
    KIND = 3
    AMOUNT_MAX = 4
    ISSUES = 5
    """Bit `form` is set where the kind may touch the issuer of that form."""
    GAINS = 6
    LOSES = 7
    """Not 0 where money may gain or lose a mark."""
    REFUSAL = 8
    """Reason for which all are refused; 0 where they are to be settled."""
    TIME = 9
    DONE = 10
    """Postings answered so far; from here on the kernel writes."""
    USED = 11
    SEQ = 12
    REF = 13
    BEYOND = 14
    """Account that would owe too much, -1 while there is none."""


JOB: Final = len(Job)
# Compiled code takes plain numbers.
_COUNT, _LEGS, _SINGLES, _KIND = int(Job.COUNT), int(Job.LEGS), int(Job.SINGLES), int(Job.KIND)
_AMOUNT_MAX, _ISSUES = int(Job.AMOUNT_MAX), int(Job.ISSUES)
_GAINS, _LOSES, _REFUSAL = int(Job.GAINS), int(Job.LOSES), int(Job.REFUSAL)
_TIME, _DONE, _USED = int(Job.TIME), int(Job.DONE), int(Job.USED)
_SEQ, _REF, _BEYOND = int(Job.SEQ), int(Job.REF), int(Job.BEYOND)

_BASE, _TRAITS = parties.PARTY_BASE, parties.TRAITS
_PARTY_BITS, _SLOT_MASK = parties.SLOTS.bit_length() - 1, parties.SLOTS - 1
_DEPOSIT, _ACCOUNT_SLOTS = parties.DEPOSIT, len(parties.FORM_OF_SLOT)
_HAS = np.array(
    [traits.HAS_DEPOSIT, traits.HAS_CASH, traits.HAS_WALLET, traits.HAS_PURSE], dtype=np.int64
)
_BANK, _BANK_MASK = traits.BANK, traits.MASKS[traits.BANK]
_SUPPLY_MAX = SUPPLY_MAX_TIYN
_SETTLED, _REFUSED = int(Status.SETTLED), int(Status.REFUSED)
_UNKNOWN, _NO_FUNDS = int(Reason.ACCOUNT_UNKNOWN), int(Reason.INSUFFICIENT_FUNDS)
_SEAT: Final = 4
_AHEAD: Final = 16
"""Postings between asking for a row of a party and using it."""

_INTENT, _ATTEMPT, _LABEL, _EVIDENCE, _, _PROGRAMME, _PLACE, _RULE, _VALUE, _LIMIT = range(
    len(Particulars._fields)
)

Numbers = NDArray[np.int64]
Names = NDArray[np.int32]
Forms = NDArray[np.uint8]
Flags = NDArray[np.bool_]


@kernel
def _is_open(account: int, singles: int, rows: Numbers) -> bool:
    if account < _BASE:
        return 0 <= account < singles
    party, slot = (account - _BASE) >> _PARTY_BITS, (account - _BASE) & _SLOT_MASK
    if party >= len(rows) or slot >= _ACCOUNT_SLOTS:
        return False
    return bool((rows[party, _TRAITS] & _HAS[slot]) != 0)


@kernel
def _sit(  # noqa: PLR0917 - compiled code takes arrays by place
    seats: Numbers,
    side: int,
    account: int,
    holder: Names,
    keeper: Names,
    form: Forms,
    mark: Names,
    rows: Numbers,
    slots: Numbers,
    banks: Numbers,
) -> None:
    """Write holder, keeper, form and mark of an account that is open to line `side` of `seats`."""
    if account < _BASE:
        seats[side, 0] = holder[account]
        seats[side, 1] = keeper[account]
        seats[side, 2] = form[account]
        seats[side, 3] = mark[account]
        return
    party, slot = (account - _BASE) >> _PARTY_BITS, (account - _BASE) & _SLOT_MASK
    seats[side, 0] = slots[slot, 0] + party
    seats[side, 1] = slots[slot, 1]
    seats[side, 2] = slots[slot, 2]
    seats[side, 3] = 0
    if slot == _DEPOSIT:
        seats[side, 1] = banks[(rows[party, _TRAITS] >> _BANK) & _BANK_MASK]


@kernel
def _is_forbidden(seats: Numbers, job: Numbers, touches_issuer: bool) -> bool:  # noqa: FBT001 - compiled
    """Return whether no money may go from one seat to the other."""
    if seats[0, 1] != seats[1, 1] or seats[0, 2] != seats[1, 2]:
        return True
    if touches_issuer and (job[_ISSUES] >> seats[0, 2]) & 1 == 0:
        return True
    if seats[0, 3] == seats[1, 3]:
        return False
    if seats[0, 3] != 0 and (seats[1, 3] != 0 or job[_LOSES] == 0):
        return True
    return bool(seats[1, 3] != 0 and job[_GAINS] == 0)


@kernel
def malformed(  # noqa: PLR0917 - compiled code takes arrays by place
    job: Numbers,
    column: Numbers,
    starts: Numbers,
    steps: Numbers,
    holder: Names,
    keeper: Names,
    form: Forms,
    mark: Names,
    is_issuer: Flags,
    rows: Numbers,
    slots: Numbers,
    banks: Numbers,
) -> int:
    """Return the first posting that the chart of accounts forbids, -1 where there is none.

    Readable code says what is wrong with it. What is refused anyway has an amount to be checked
    and nothing else; so have accounts that are unknown.
    """
    legs, singles = job[_LEGS], job[_SINGLES]
    amounts = 2 * legs
    seats = np.empty((2, _SEAT), dtype=np.int64)
    for i in range(job[_COUNT]):
        amount = column[starts[amounts] + i * steps[amounts]]
        if not 1 <= amount <= job[_AMOUNT_MAX]:
            return i
        if job[_REFUSAL] != 0:
            continue
        for leg in range(legs):
            debit = column[starts[2 * leg] + i * steps[2 * leg]]
            credit = column[starts[2 * leg + 1] + i * steps[2 * leg + 1]]
            if not (_is_open(debit, singles, rows) and _is_open(credit, singles, rows)):
                continue
            if debit == credit:
                return i
            _sit(seats, 0, debit, holder, keeper, form, mark, rows, slots, banks)
            _sit(seats, 1, credit, holder, keeper, form, mark, rows, slots, banks)
            touches_issuer = (debit < _BASE and is_issuer[debit]) or (
                credit < _BASE and is_issuer[credit]
            )
            if _is_forbidden(seats, job, touches_issuer):
                return i
    return -1


@kernel
def _free(account: int, money: Numbers, rows: Numbers) -> int:
    if account < _BASE:
        return int(money[account])
    return int(rows[(account - _BASE) >> _PARTY_BITS, (account - _BASE) & _SLOT_MASK])


@kernel
def _add(account: int, amount: int, money: Numbers, rows: Numbers) -> None:
    if account < _BASE:
        money[account] += amount
    else:
        rows[(account - _BASE) >> _PARTY_BITS, (account - _BASE) & _SLOT_MASK] += amount


@kernel
def _reason_against(  # noqa: PLR0917 - compiled code takes arrays by place
    sides: Numbers,
    count: int,
    amount: int,
    singles: int,
    money: Numbers,
    is_issuer: Flags,
    rows: Numbers,
    job: Numbers,
) -> int:
    """Return why a posting cannot settle; say in `job` which issuer would owe too much.

    `sides` holds debit and credit of each leg. All legs carry the same amount, so what an account
    gives is a multiple of it, and is compared by division: a product might not fit in 64 bits.
    """
    for side in range(count):
        if not _is_open(sides[side], singles, rows):
            return _UNKNOWN
    if job[_REFUSAL] != 0:
        return int(job[_REFUSAL])
    for is_about_issuers in (True, False):
        for side in range(0, count, 2):
            account = sides[side]
            if (account < _BASE and is_issuer[account]) != is_about_issuers:
                continue
            given = 0
            for other in range(0, count, 2):
                if sides[other] == account:
                    given += 1
                if sides[other + 1] == account:
                    given -= 1
            room = _free(account, money, rows)
            if is_about_issuers:
                room += _SUPPLY_MAX
            if given <= 0 or room // given >= amount:
                continue
            if is_about_issuers:
                job[_BEYOND] = account
            return _NO_FUNDS
    return 0


@kernel
def _write(  # noqa: PLR0917 - compiled code takes arrays by place
    buffer: Rows,
    job: Numbers,
    carried: Numbers,
    seats: Numbers,
    side: int,
    amount: int,
    region: int,
    reason: int,
) -> None:
    """Write one row, of money that moved or of what was refused."""
    write_row(
        buffer,
        job[_USED],
        job[_SEQ],
        job[_TIME],
        job[_KIND],
        _SETTLED if reason == 0 else _REFUSED,
        reason,
        carried[_RULE],
        carried[_VALUE],
        carried[_LIMIT],
        seats[side, 0],
        seats[side + 1, 0],
        seats[side, 1],
        seats[side, 2],
        seats[side, 3],
        seats[side + 1, 1],
        seats[side + 1, 2],
        seats[side + 1, 3],
        amount,
        job[_REF],
        carried[_INTENT],
        carried[_ATTEMPT],
        carried[_LABEL],
        carried[_EVIDENCE],
        region,
        carried[_PROGRAMME],
        carried[_PLACE],
    )
    job[_USED] += 1
    job[_SEQ] += 1


@kernel
def settle(  # noqa: PLR0917 - compiled code takes arrays by place
    job: Numbers,
    column: Numbers,
    starts: Numbers,
    steps: Numbers,
    order: Numbers,
    carried: Numbers,
    reasons: NDArray[np.uint8],
    money: Numbers,
    holder: Names,
    keeper: Names,
    form: Forms,
    mark: Names,
    is_issuer: Flags,
    rows: Numbers,
    slots: Numbers,
    banks: Numbers,
    buffer: Rows,
) -> None:
    """Answer the postings of a batch from `job[DONE]` on, as long as the buffer has room.

    `order` says which is the next one; `carried` holds the particulars. Stops before a posting by
    which an issuer would owe too much, and names the account in `job`.
    """
    count, legs, singles = job[_COUNT], job[_LEGS], job[_SINGLES]
    amounts, regions = 2 * legs, 2 * legs + 1
    sides = np.empty(2 * legs, dtype=np.int64)
    seats = np.empty((2 * legs, _SEAT), dtype=np.int64)
    while job[_DONE] < count and job[_USED] + legs <= len(buffer):
        ahead = order[min(job[_DONE] + _AHEAD, count - 1)]
        for side in range(2 * legs):
            hinted = (column[starts[side] + ahead * steps[side]] - _BASE) >> _PARTY_BITS
            if steps[side] != 0 and 0 <= hinted < len(rows):
                prefetch(rows, hinted)
        i = order[job[_DONE]]
        for side in range(2 * legs):
            sides[side] = column[starts[side] + i * steps[side]]
            seats[side, :] = 0
            if _is_open(sides[side], singles, rows):
                _sit(seats, side, sides[side], holder, keeper, form, mark, rows, slots, banks)
        amount = column[starts[amounts] + i * steps[amounts]]
        region = column[starts[regions] + i * steps[regions]]
        reason = _reason_against(sides, 2 * legs, amount, singles, money, is_issuer, rows, job)
        if job[_BEYOND] >= 0:
            return
        reasons[i] = reason
        job[_REF] += 1
        for leg in range(1 if reason != 0 else legs):
            if reason == 0:
                _add(sides[2 * leg], -amount, money, rows)
                _add(sides[2 * leg + 1], amount, money, rows)
            _write(buffer, job, carried, seats, 2 * leg, amount, region, reason)
        job[_DONE] += 1


@kernel
def open_rows(  # noqa: PLR0917 - compiled code takes arrays by place
    rows: Numbers,
    parties: Numbers,
    keepers: Numbers,
    keeper_step: int,
    slot: int,
    slots: Numbers,
    banks: Numbers,
) -> int:
    """Open a slot for `parties`; return the place of the first for whom it cannot be, else -1.

    Nothing is opened then but what `banks` learned: who keeps the deposits of a bank. The line of
    the slot in `slots` is filled in. The keeper of all stands alone where `keeper_step` is 0.
    """
    first = slots[slot, 0]
    for i in range(len(parties)):
        party, keeper = parties[i], keepers[i * keeper_step]
        if not 0 <= party < len(rows) or keeper == first + party:
            return i
        known = rows[party, _TRAITS]
        is_open = (known & _HAS[slot]) != 0
        if slot == _DEPOSIT:
            bank = (known >> _BANK) & _BANK_MASK
            if banks[bank] == 0:
                banks[bank] = keeper
            expected = banks[bank]
        else:
            expected = slots[slot, 1]
            for other in range(_ACCOUNT_SLOTS):
                is_same = slots[other, 0] == first and slots[other, 2] == slots[slot, 2]
                if other != slot and is_same and slots[other, 1] == keeper:
                    is_open |= (known & _HAS[other]) != 0
        if is_open or keeper != expected:
            return i
    for i in range(len(parties)):
        if rows[parties[i], _TRAITS] & _HAS[slot] != 0:
            for earlier in range(i):
                rows[parties[earlier], _TRAITS] &= ~_HAS[slot]
            return i
        rows[parties[i], _TRAITS] |= _HAS[slot]
    return -1


@kernel
def show_rows(  # noqa: PLR0917 - compiled code takes arrays by place
    rows: Numbers,
    first_party: int,
    slots: Numbers,
    banks: Numbers,
    names: Names,
    form: Forms,
    money: Numbers,
) -> int:
    """Write the accounts of some parties in order of their ids; return how many there are.

    Holder and keeper go to the lines of `names`, free money to the first line of `money`.
    """
    found = 0
    for i in range(len(rows)):
        known = rows[i, _TRAITS]
        for slot in range(_ACCOUNT_SLOTS):
            if known & _HAS[slot] == 0:
                continue
            keeper = slots[slot, 1]
            if slot == _DEPOSIT:
                keeper = banks[(known >> _BANK) & _BANK_MASK]
            names[0, found] = slots[slot, 0] + first_party + i
            names[1, found] = keeper
            form[found] = slots[slot, 2]
            money[0, found] = rows[i, slot]
            found += 1
    return found
