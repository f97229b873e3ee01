"""The compiled half of the fast ledger: batches looked through and carried out, one by one.

A batch comes in pieces: tables with a line for each debit and credit of its legs, then amounts and
regions, and a column for each posting. All numbers are int64. What is needed for a moment is given,
not made here, so that no array has to be counted.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Reason, Status
from tengesim.compiled import kernel, lean, prefetch
from tengesim.journal.events import Rows
from tengesim.journal.rows_kernel import write_row
from tengesim.ledger import parties, traits
from tengesim.money import SUPPLY_MAX_TIYN
from tengesim.payment import Particulars

__all__ = [
    "JOB",
    "SEAT",
    "Job",
    "first_closed",
    "free_of",
    "malformed",
    "open_rows",
    "settle",
    "show_rows",
]


class Job(IntEnum):
    """Places of what a batch is about, and how far it has come."""

    COUNT = 0
    """Postings of the piece."""
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
    """Postings of the piece answered so far; from here on the kernel writes."""
    USED = 11
    SEQ = 12
    REF = 13
    BEYOND = 14
    """Account that would owe too much, -1 while there is none."""
    PASSES_ON = 15
    """Not 0 where money may come from one mark under another."""


JOB: Final = len(Job)
# Compiled code takes plain numbers.
_COUNT, _LEGS, _SINGLES, _KIND = int(Job.COUNT), int(Job.LEGS), int(Job.SINGLES), int(Job.KIND)
_AMOUNT_MAX, _ISSUES = int(Job.AMOUNT_MAX), int(Job.ISSUES)
_GAINS, _LOSES, _REFUSAL = int(Job.GAINS), int(Job.LOSES), int(Job.REFUSAL)
_PASSES_ON = int(Job.PASSES_ON)
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
SEAT: Final = 5
"""Numbers of a seat: holder, keeper, form, mark and id of an account."""
_ACCOUNT: Final = 4
_AHEAD: Final = 16
"""Postings between asking for a row of a party and using it."""

_INTENT, _ATTEMPT, _LABEL, _EVIDENCE, _, _PROGRAMME, _PLACE, _RULE, _VALUE, _LIMIT = range(
    len(Particulars._fields)
)

Numbers = NDArray[np.int64]
Names = NDArray[np.int32]
Forms = NDArray[np.uint8]
Flags = NDArray[np.bool_]


@lean
def _is_open(account: int, singles: int, rows: Numbers) -> bool:
    if account < _BASE:
        return 0 <= account < singles
    party, slot = (account - _BASE) >> _PARTY_BITS, (account - _BASE) & _SLOT_MASK
    if party >= len(rows) or slot >= _ACCOUNT_SLOTS:
        return False
    return bool((rows[party, _TRAITS] & _HAS[slot]) != 0)


@lean
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


@lean
def _is_forbidden(seats: Numbers, job: Numbers, touches_issuer: bool) -> bool:  # noqa: FBT001 - compiled
    """Return whether no money may go from one seat to the other."""
    if seats[0, 1] != seats[1, 1] or seats[0, 2] != seats[1, 2]:
        return True
    if touches_issuer and (job[_ISSUES] >> seats[0, 2]) & 1 == 0:
        return True
    if seats[0, 3] == seats[1, 3]:
        return False
    if seats[0, 3] != 0 and seats[1, 3] != 0:
        return bool(job[_PASSES_ON] == 0)
    return bool(job[_LOSES] == 0 if seats[0, 3] != 0 else job[_GAINS] == 0)


@lean
def _ask_ahead(i: int, job: Numbers, piece: Numbers, rows: Numbers) -> None:
    """Send for the rows of the parties of a posting that comes soon."""
    if i >= job[_COUNT]:
        return
    for side in range(2 * job[_LEGS]):
        party = (piece[side, i] - _BASE) >> _PARTY_BITS
        if 0 <= party < len(rows):
            prefetch(rows, party)


@lean
def malformed(  # noqa: PLR0917 - compiled code takes arrays by place
    job: Numbers,
    piece: Numbers,
    seats: Numbers,
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
    for i in range(job[_COUNT]):
        if not 1 <= piece[2 * legs, i] <= job[_AMOUNT_MAX]:
            return i
        if job[_REFUSAL] != 0:
            continue
        _ask_ahead(i + _AHEAD, job, piece, rows)
        for leg in range(legs):
            debit, credit = piece[2 * leg, i], piece[2 * leg + 1, i]
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


@lean
def _free(account: int, money: Numbers, rows: Numbers) -> int:
    if account < _BASE:
        return int(money[account])
    return int(rows[(account - _BASE) >> _PARTY_BITS, (account - _BASE) & _SLOT_MASK])


@lean
def first_closed(accounts: Numbers, singles: int, rows: Numbers) -> int:
    """Return the place of the first account that is not open, -1 where all are."""
    for i in range(len(accounts)):
        if not _is_open(accounts[i], singles, rows):
            return i
    return -1


@lean
def free_of(accounts: Numbers, singles: int, money: Numbers, rows: Numbers, found: Numbers) -> int:
    """Write what can be spent of each account; return the first that is not open, else -1."""
    for i in range(len(accounts)):
        account = accounts[i]
        if not _is_open(account, singles, rows):
            return i
        found[i] = _free(account, money, rows)
    return -1


@lean
def _add(account: int, amount: int, money: Numbers, rows: Numbers) -> None:
    if account < _BASE:
        money[account] += amount
    else:
        rows[(account - _BASE) >> _PARTY_BITS, (account - _BASE) & _SLOT_MASK] += amount


@lean
def _reason_against(  # noqa: PLR0917 - compiled code takes arrays by place
    seats: Numbers,
    count: int,
    amount: int,
    singles: int,
    money: Numbers,
    is_issuer: Flags,
    rows: Numbers,
    job: Numbers,
) -> int:
    """Return why a posting cannot settle; say in `job` which issuer would owe too much.

    `seats` has debit and credit of each leg. All legs carry the same amount, so what an account
    gives is a multiple of it, and is compared by division: a product might not fit in 64 bits.
    """
    for side in range(count):
        if not _is_open(seats[side, _ACCOUNT], singles, rows):
            return _UNKNOWN
    if job[_REFUSAL] != 0:
        return int(job[_REFUSAL])
    for is_about_issuers in (True, False):
        for side in range(0, count, 2):
            account = seats[side, _ACCOUNT]
            if (account < _BASE and is_issuer[account]) != is_about_issuers:
                continue
            given = 0
            for other in range(0, count, 2):
                if seats[other, _ACCOUNT] == account:
                    given += 1
                if seats[other + 1, _ACCOUNT] == account:
                    given -= 1
            room = _free(account, money, rows)
            if is_about_issuers:
                room += _SUPPLY_MAX
            if given <= 0 or (room >= amount if given == 1 else room // given >= amount):
                continue
            if is_about_issuers:
                job[_BEYOND] = account
            return _NO_FUNDS
    return 0


@lean
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


@lean
def settle(  # noqa: PLR0917 - compiled code takes arrays by place
    job: Numbers,
    piece: Numbers,
    seats: Numbers,
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
    """Answer the postings of a piece from `job[DONE]` on, as long as the buffer has room.

    `carried` holds the particulars; `reasons` are filled in. Stops before a posting by which an
    issuer would owe too much, and names the account in `job`.
    """
    count, legs, singles = job[_COUNT], job[_LEGS], job[_SINGLES]
    while job[_DONE] < count and job[_USED] + legs <= len(buffer):
        i = job[_DONE]
        _ask_ahead(i + _AHEAD, job, piece, rows)
        for side in range(2 * legs):
            account = piece[side, i]
            seats[side, _ACCOUNT] = account
            for part in range(_ACCOUNT):
                seats[side, part] = 0
            if _is_open(account, singles, rows):
                _sit(seats, side, account, holder, keeper, form, mark, rows, slots, banks)
        amount, region = piece[2 * legs, i], piece[2 * legs + 1, i]
        reason = _reason_against(seats, 2 * legs, amount, singles, money, is_issuer, rows, job)
        if job[_BEYOND] >= 0:
            return
        reasons[i] = reason
        job[_REF] += 1
        for leg in range(1 if reason != 0 else legs):
            if reason == 0:
                _add(seats[2 * leg, _ACCOUNT], -amount, money, rows)
                _add(seats[2 * leg + 1, _ACCOUNT], amount, money, rows)
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
