"""The auditor: what the log says of balances, sums and marks, against what the ledger holds.

It shares no code with the ledgers, so an error there cannot hide itself. It reads packed rows as
they leave the journal, each exactly once, and knows nothing that a reader of the log would not
know. An exact auditor rebuilds every balance and names an account that differs.

The other one takes the same room however many accounts there are: it adds every change of an
account's money times two 64-bit words that depend on the account alone, modulo 2^64, and compares
both sums with the same ones over the ledger. The first word is odd, so the error of a single
account is always seen: times an odd number nothing but 0 becomes 0. Errors of several accounts may
cancel. Where 2^k is the highest power of two that divides them all, the words of the others fix
63 - k bits of the word of one account in the first sum, and 64 - k bits of its other word in the
second; so both cancel with probability 2^(2k-127), which is below 2^-64 for errors that are not all
multiples of 2^32 tiyn.
"""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Kind, Status
from tengesim.errors import InvariantError
from tengesim.journal.events import BalanceColumns, Rows, in_one_layout, writable
from tengesim.journal.totals import Table, Totals
from tengesim.ledger.audit_folds import (
    FREE,
    HELD,
    ROUND,
    first_difference,
    first_negative,
    fold_accounts,
    fold_changes,
    fold_fingerprint_of,
    fold_marks,
    fold_seats,
)

__all__ = ["Auditor", "MarkTotals"]

_EFFECTS: Final[dict[Status, tuple[int, int, int]]] = {
    Status.SETTLED: (-1, 0, 1),
    Status.HELD: (-1, 1, 0),
    Status.POSTED: (0, -1, 1),
    Status.VOIDED: (1, -1, 0),
}
"""What each status does to the payer's free and held money and to the payee's free money."""

_HALF: Final = 32
_LOW: Final = (1 << _HALF) - 1
_SUMS: Final = 4
_MANY: Final = 1 << 14
"""From so many accounts at once on they are compared beside whoever shows the next ones."""
_WAITING_MAX: Final = 4
"""Pieces of the ledger that may wait for that."""

AccountKey = tuple[int, int, int, int]


class MarkTotals(NamedTuple):
    """Terms of one mark's identity, in tiyn: what came equals what is there and what left.

    Issued + in from parent + restored = balance + shed + out to child + split to tax + returned +
    confiscated + lost. The balance is free, reserved and on devices together, since each of them is
    an account.
    """

    issued_tiyn: int = 0
    in_from_parent_tiyn: int = 0
    restored_tiyn: int = 0
    balance_tiyn: int = 0
    shed_tiyn: int = 0
    out_to_child_tiyn: int = 0
    split_to_tax_tiyn: int = 0
    returned_tiyn: int = 0
    confiscated_tiyn: int = 0
    lost_tiyn: int = 0

    def is_balanced(self) -> bool:
        """Return whether what came under the mark equals what is there and what left it."""
        return sum(self[:_CAME]) == sum(self[_CAME:])


_CAME: Final = 3
"""How many of the terms came; they stand first."""

_TERMS: Final = {name: place for place, name in enumerate(MarkTotals._fields)}
_GAINED: Final[dict[int, int]] = {
    Kind.ISSUE: _TERMS["issued_tiyn"],
    Kind.REFUND: _TERMS["restored_tiyn"],
}
_LEFT: Final[dict[int, int]] = {
    Kind.SHED: _TERMS["shed_tiyn"],
    Kind.PAYMENT: _TERMS["shed_tiyn"],
    Kind.WAGE: _TERMS["shed_tiyn"],
    Kind.SUBPAYMENT: _TERMS["shed_tiyn"],
    Kind.TAX: _TERMS["split_to_tax_tiyn"],
    Kind.RETURN: _TERMS["returned_tiyn"],
    Kind.PENALTY: _TERMS["returned_tiyn"],
    Kind.CLAWBACK: _TERMS["confiscated_tiyn"],
    Kind.FORFEITURE: _TERMS["confiscated_tiyn"],
    Kind.CUSTODY_LOSS: _TERMS["lost_tiyn"],
}
"""The term that each kind counts in, from unmarked money and to it."""
_BALANCE, _IN, _OUT = (
    _TERMS[name] for name in ("balance_tiyn", "in_from_parent_tiyn", "out_to_child_tiyn")
)


class Auditor:
    """Independent account of a log."""

    __slots__ = ("_accounts", "_effects", "_fingerprint", "_is_exact", "_marks", "_round")

    def __init__(self, *, is_exact: bool = True) -> None:
        """Start with no account and no money."""
        self._is_exact = is_exact
        self._effects = np.zeros((256, 3), dtype=np.int64)
        for status, effect in _EFFECTS.items():
            self._effects[status] = effect
        self._accounts = Totals()
        self._marks = Totals()
        self._fingerprint = np.zeros(_SUMS, dtype=np.uint64)
        self._round = 0

    def consume(self, rows: Rows) -> None:
        """Fold further rows."""
        rows, effects = writable(rows), self._effects
        with np.errstate(over="ignore"):
            if self._is_exact:
                _fill(self._accounts, len(rows), partial(fold_accounts, rows, effects))
                _fill(self._marks, len(rows), partial(fold_marks, rows, effects))
            else:
                changes = partial(fold_changes, rows, effects, self._fingerprint)
                _fill(self._marks, len(rows), changes)

    def balances(self) -> dict[AccountKey, tuple[int, int]]:
        """Return free and held tiyn by (holder, keeper, form, mark), for accounts ever moved.

        Raises ValueError where the auditor is not exact.
        """
        if not self._is_exact:
            raise ValueError("an auditor that is not exact knows no single balance")
        rows = self._accounts.rows()
        money = zip(rows[:, FREE].tolist(), rows[:, HELD].tolist(), strict=True)
        return dict(zip(_accounts_of(rows), money, strict=True))

    def marks(self) -> dict[int, MarkTotals]:
        """Return the terms of every mark's identity."""
        changes = self._changes()
        terms = {mark: [0] * len(_TERMS) for kind, mark, _ in sorted(changes) if kind == 0}
        for (kind, mark, mark_to), total in changes.items():
            if kind == 0:
                terms[mark][_BALANCE] = total
            elif not mark and kind in _GAINED:
                terms[mark_to][_GAINED[kind]] += total
            elif not mark_to and kind in _LEFT:
                terms[mark][_LEFT[kind]] += total
            elif mark and mark_to and kind == Kind.SUBPAYMENT:
                terms[mark][_OUT] += total
                terms[mark_to][_IN] += total
        return {mark: MarkTotals(*totals) for mark, totals in terms.items()}

    def parents(self) -> dict[int, int]:
        """Return the mark that money under each mark came from, for marks that have such a one.

        Raises InvariantError where money came from two marks, or a mark is an ancestor of its own:
        then what goes down the supply chain cannot be followed.
        """
        found: dict[int, int] = {}
        for kind, parent, child in sorted(self._changes()):
            if kind != Kind.SUBPAYMENT or not parent or not child:
                continue
            if child in found:
                raise InvariantError(
                    f"money under mark {child} came from marks {found[child]} and {parent}"
                )
            found[child] = parent
        for mark in found:
            above = mark
            while above in found:
                above = found[above]
                if above == mark:
                    raise InvariantError(f"mark {mark} is an ancestor of its own")
        return found

    def _changes(self) -> dict[tuple[int, int, int], int]:
        """Return tiyn by kind, mark and next mark; by 0, mark and 0 what there is of a mark."""
        rows = self._marks.rows()
        totals = zip(rows[:, :2].tolist(), Totals.totals(rows), strict=True)
        return {
            (kind, marks >> _HALF, marks & _LOW) if kind else (0, marks, 0): total
            for (kind, marks), total in totals
        }

    def check(self, ledger: Iterable[BalanceColumns], moment: str) -> None:
        """Raise InvariantError unless `ledger` holds what the log says and every identity holds.

        It has every account once, in any order.
        """
        self._round += 1
        sums, seats, negative = np.zeros(_SUMS, dtype=np.uint64), Totals(), ""
        weighing: deque[Future[None]] = deque()
        with ThreadPoolExecutor(1) as beside, np.errstate(over="ignore"):
            for part in map(in_one_layout, ledger):
                weigh = partial(self._weigh, part, sums, moment)
                if weighing or len(part.form) >= _MANY:
                    weighing.append(beside.submit(weigh))
                else:
                    weigh()
                place = first_negative(part)
                if place >= 0:
                    holder, form = part.holder[place], part.form[place]
                    negative = f"at {moment} holder {holder} has less than 0 of form {form}"
                _fill(seats, len(part.form), partial(fold_seats, part))
                if len(weighing) > _WAITING_MAX:
                    weighing.popleft().result()
            for one in weighing:
                one.result()
        if self._is_exact:
            self._check_all_shown(moment)
        elif np.any(sums != self._fingerprint):
            raise InvariantError(
                f"at {moment} the accounts of the ledger do not hold what the log says:"
                f" {_hexadecimal(sums)} and {_hexadecimal(self._fingerprint)}; an exact audit"
                " names the first that differs"
            )
        if negative:
            raise InvariantError(negative)
        _check_sums(seats.rows(), moment)
        for mark, totals in self.marks().items():
            if not totals.is_balanced():
                raise InvariantError(f"at {moment} the identity of mark {mark} is broken: {totals}")
        self.parents()

    def _weigh(self, part: BalanceColumns, sums: NDArray[np.uint64], moment: str) -> None:
        """Compare some accounts, or add what is in them to `sums`."""
        if self._is_exact:
            self._compare(part, moment)
            return
        with np.errstate(over="ignore"):
            fold_fingerprint_of(part, sums)

    def _compare(self, part: BalanceColumns, moment: str) -> None:
        place = first_difference(part, self._accounts.table, self._round)
        if place < 0:
            return
        *account, free, held = (int(column[place]) for column in part)
        key = (account[0], account[1], account[2], account[3])
        known = self.balances().get(key, (0, 0))
        if known == (free, held):
            raise InvariantError(f"at {moment} the ledger shows account {key} twice")
        raise InvariantError(
            f"at {moment} account {key} holds {(free, held)} in the ledger and {known} in the log"
        )

    def _check_all_shown(self, moment: str) -> None:
        rows = self._accounts.rows()
        is_unseen = rows[:, ROUND] != self._round
        if is_unseen.any():
            unseen = set(_accounts_of(rows[is_unseen]))
            raise InvariantError(f"at {moment} the log moves accounts the ledger lacks: {unseen}")


def _fill(totals: Totals, count: int, fold: Callable[[int, Table, Table], int]) -> None:
    """Fold `count` things, doubling the table whenever it is full."""
    done = 0
    while done < count:
        done = fold(done, totals.table, totals.used)
        if done < count:
            totals.grow()


def _accounts_of(rows: Table) -> list[AccountKey]:
    halves = (rows[:, 0] >> _HALF, rows[:, 0], rows[:, 1] >> _HALF, rows[:, 1])
    holder, keeper, form, mark = (half.astype(np.int32).tolist() for half in halves)
    return list(zip(holder, keeper, form, mark, strict=True))


def _check_sums(seats: Table, moment: str) -> None:
    for (keeper, form), total in zip(seats[:, :2].tolist(), Totals.totals(seats), strict=True):
        if total:
            raise InvariantError(
                f"at {moment} form {form} of keeper {keeper} sums to {total} tiyn, not to 0"
            )


def _hexadecimal(sums: NDArray[np.uint64]) -> str:
    return " ".join(f"{word:016x}" for word in sums.tolist())
