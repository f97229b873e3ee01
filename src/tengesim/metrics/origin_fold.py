"""The compiled half of origins: every account as a queue of money, moved row by row.

An element of a queue is an amount with where it came from: a piece of public money, or nothing that
is followed. What was paid for its final use stays known where it lies, and is let go when its owner
spends it again. What comes to issuers waits in a queue of the posting until it is issued again.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Kind, Status
from tengesim.compiled import kernel

__all__ = ["ACTIONS", "OWN", "POSTED", "RELEASE", "Pieces", "Queues", "Steps", "allocate"]

Numbers = NDArray[np.int64]

OWN: Final = -1
"""Piece of money that is not followed; below it stand pieces that were used, as `-2 - piece`."""
POSTED: Final = -1
"""What stands for the account of an issuer."""

_MOVE, _RELEASE, _USE, _CONVERT, _REFUND, _BACK = range(6)
RELEASE: Final = _RELEASE
"""What a row does that lets a budget line spend."""
ACTIONS: Final = np.zeros(256, dtype=np.int64)
"""By kind, what a row does to the pieces that it moves; see `metrics.origin`."""
for _action, _kinds in (
    (
        _RELEASE,
        (
            Kind.ISSUE,
            Kind.BUDGET_PAYMENT,
            Kind.ADVANCE,
            Kind.RETENTION,
            Kind.BENEFIT,
            Kind.CLAIM,
        ),
    ),
    (_USE, (Kind.PAYMENT, Kind.WAGE, Kind.OFFLINE_SETTLEMENT, Kind.OFFLINE_COVER)),
    (
        _CONVERT,
        (
            Kind.SHED,
            Kind.REDEEM,
            Kind.FUNDING,
            Kind.DEFUNDING,
            Kind.WATERFALL,
            Kind.CASH_WITHDRAWAL,
            Kind.CASH_DEPOSIT,
            Kind.OFFLINE_LOAD,
            Kind.OFFLINE_UNLOAD,
        ),
    ),
    (_REFUND, (Kind.REFUND,)),
    (
        _BACK,
        (Kind.TAX, Kind.RETURN, Kind.REVENUE, Kind.CLAWBACK, Kind.PENALTY, Kind.FORFEITURE),
    ),
):
    for _kind in _kinds:
        ACTIONS[_kind] = _action

_SETTLED, _HELD = int(Status.SETTLED), int(Status.HELD)
_POSTED, _VOIDED = int(Status.POSTED), int(Status.VOIDED)
_COUNT, _FREE, _TAIL = 0, 1, 2


class Steps(NamedTuple):
    """Rows that moved money, in columns."""

    status: Numbers
    action: Numbers
    payer: Numbers
    """Number of the account, `POSTED` where the issuer is meant."""
    payee: Numbers
    ref: Numbers
    amount_tiyn: Numbers


class Queues(NamedTuple):
    """What lies in accounts, first in first out, as chains of elements.

    What account `n` may spend is queue `2 n`, what is on hold `2 n + 1`; the last queue is that of
    the posting. `marks` holds how many elements were ever made, the first one that is free
    again, and the posting whose queue it is.
    """

    head: Numbers
    tail: Numbers
    length: Numbers
    piece: Numbers
    tiyn: Numbers
    next: Numbers
    marks: Numbers


class Pieces(NamedTuple):
    """Amounts of public money, each moved by one row out of another piece; `used` counts them."""

    row: Numbers
    source: Numbers
    """Piece that it was a part of, -1 for the first."""
    root: Numbers
    tiyn: Numbers
    used: Numbers


@kernel
def _put(queues: Queues, queue: int, piece: int, tiyn: int) -> None:
    """Lay an amount at the end of a queue; what is of the same piece becomes one."""
    last = queues.tail[queue]
    if last >= 0 and queues.piece[last] == piece:
        queues.tiyn[last] += tiyn
        return
    element = queues.marks[_FREE]
    if element >= 0:
        queues.marks[_FREE] = queues.next[element]
    else:
        element = queues.marks[_COUNT]
        queues.marks[_COUNT] += 1
    queues.piece[element] = piece
    queues.tiyn[element] = tiyn
    queues.next[element] = -1
    if last >= 0:
        queues.next[last] = element
    else:
        queues.head[queue] = element
    queues.tail[queue] = element
    queues.length[queue] += 1


@kernel
def _drop_first(queues: Queues, queue: int) -> None:
    """Take the first element, which is empty, out of a queue."""
    element = queues.head[queue]
    queues.head[queue] = queues.next[element]
    if queues.head[queue] < 0:
        queues.tail[queue] = -1
    queues.next[element] = queues.marks[_FREE]
    queues.marks[_FREE] = element
    queues.length[queue] -= 1


@kernel
def _noted(pieces: Pieces, row: int, source: int, tiyn: int) -> int:
    """Write down a further piece and return its number."""
    number = int(pieces.used[0])
    pieces.used[0] = number + 1
    pieces.row[number] = row
    pieces.source[number] = source
    pieces.root[number] = number if source < 0 else pieces.root[source]
    pieces.tiyn[number] = tiyn
    return number


@kernel
def _moved(pieces: Pieces, row: int, piece: int, tiyn: int, action: int, arrives: bool) -> int:  # noqa: FBT001, PLR0917 - compiled
    """Return the piece that an amount of `piece` becomes, writing down what is followed."""
    is_used = piece < OWN
    if is_used and action in (_MOVE, _USE, _RELEASE):
        piece, is_used = OWN, False
    if piece == OWN and action != _RELEASE:
        return OWN
    source = -2 - piece if is_used else piece
    piece = _noted(pieces, row, source, tiyn)
    if arrives and action == _BACK:
        return OWN
    if arrives and action == _USE:
        is_used = True
    elif arrives and action == _REFUND:
        is_used = False
    return -2 - piece if is_used else piece


@kernel
def _take(steps: Steps, row: int, source: int, target: int, queues: Queues, pieces: Pieces) -> None:  # noqa: PLR0917 - compiled
    """Move the amount of a row from one queue to the end of another; what lacks is not followed."""
    left, action = steps.amount_tiyn[row], steps.action[row]
    is_kept = steps.status[row] in (_HELD, _VOIDED)
    arrives = steps.payee[row] >= 0
    while left > 0:
        element = queues.head[source]
        piece, tiyn = OWN, left
        if element >= 0:
            piece = queues.piece[element]
            tiyn = min(left, queues.tiyn[element])
            queues.tiyn[element] -= tiyn
            if queues.tiyn[element] == 0:
                _drop_first(queues, source)
        if not is_kept:
            piece = _moved(pieces, row, piece, tiyn, action, arrives)
        _put(queues, target, piece, tiyn)
        left -= tiyn


@kernel
def _has_room(steps: Steps, row: int, queues: Queues, pieces: Pieces) -> bool:
    """Return whether what a row may make finds a place: as many pieces as there are elements."""
    source = len(queues.head) - 1
    if steps.payer[row] >= 0:
        source = 2 * steps.payer[row] + (1 if steps.status[row] in (_POSTED, _VOIDED) else 0)
    most = queues.length[source] + 1
    return bool(
        pieces.used[0] + most <= len(pieces.row)
        and queues.marks[_COUNT] + most <= len(queues.piece)
    )


@kernel
def allocate(steps: Steps, done: int, queues: Queues, pieces: Pieces) -> int:
    """Move rows from `done` on; return how many are done when there is no room for the next."""
    posting = len(queues.head) - 1
    for row in range(done, len(steps.ref)):
        if not _has_room(steps, row, queues, pieces):
            return row
        if queues.marks[_TAIL] != steps.ref[row]:
            # What a posting retired and did not issue again is gone.
            while queues.head[posting] >= 0:
                _drop_first(queues, posting)
            queues.marks[_TAIL] = steps.ref[row]
        status, payer, payee = steps.status[row], steps.payer[row], steps.payee[row]
        free_payer = 2 * payer if payer >= 0 else posting
        free_payee = 2 * payee if payee >= 0 else posting
        if status == _SETTLED:
            _take(steps, row, free_payer, free_payee, queues, pieces)
        elif status == _HELD:
            _take(steps, row, free_payer, 2 * payer + 1, queues, pieces)
        elif status == _POSTED:
            _take(steps, row, 2 * payer + 1, free_payee, queues, pieces)
        else:
            _take(steps, row, 2 * payer + 1, free_payer, queues, pieces)
    return len(steps.ref)
