"""The reference ledger: plain integers, one guard after another, the change at the bottom.

A posting happens whole or not at all, once per id, and is final; a correction is another posting.
Holder accounts never fall below zero, free and held each; issuer accounts mirror them, so every
form sums to zero under every keeper at every moment. Whatever happens, a row says so.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Reason, Status
from tengesim.errors import InvariantError
from tengesim.journal.events import BalanceColumns, balance_columns
from tengesim.ledger import chart
from tengesim.ledger.answers import Answers
from tengesim.ledger.ends import Ends
from tengesim.ledger.frozen import Frozen
from tengesim.ledger.parties import FORM_OF_SLOT, SLOTS, account_of
from tengesim.ledger.pending import Pending
from tengesim.money import SUPPLY_MAX_TIYN
from tengesim.payment import (
    Account,
    AccountId,
    Batch,
    Leg,
    Move,
    NameId,
    Outcome,
    Particulars,
    Posting,
)
from tengesim.ports import EventSink, Interner

__all__ = ["Balance", "Book", "Position"]

Position = tuple[int, int, int, int]
"""Place of a retail payment on the tape: time_us, stratum, index, attempt; strictly increasing."""


class Balance(NamedTuple):
    """Money of one account in tiyn: what can be spent and what is on hold."""

    free_tiyn: int
    held_tiyn: int


class Book:
    """Accounts of one world and everything that may happen to them."""

    __slots__ = (
        "_accounts",
        "_answers",
        "_by_mark",
        "_ends",
        "_free",
        "_frozen",
        "_held",
        "_ids",
        "_issuers",
        "_names",
        "_now",
        "_parties",
        "_pending",
        "_singles",
        "_sink",
        "position",
        "ref",
    )

    def __init__(self, sink: EventSink, names: Interner, now: Callable[[], int]) -> None:
        """Start an empty book that writes to `sink` and reads the simulated time from `now`."""
        self._sink = sink
        self._names = names
        self._now = now
        self._accounts: dict[AccountId, Account] = {}
        self._ids: dict[Account, AccountId] = {}
        self._free: dict[AccountId, int] = {}
        self._held: dict[AccountId, int] = {}
        self._issuers: dict[AccountId, bool] = {}
        self._ends = Ends(self.account, self._is_open)
        self._frozen = Frozen()
        self._singles = 0
        self._parties: tuple[NameId, int] | None = None
        self._by_mark: dict[NameId, list[AccountId]] = {}
        self._answers = Answers()
        self._pending = Pending()
        self.position: Position = (-1, -1, -1, -1)
        self.ref = 0

    def open(self, holder: str, keeper: str, form: Form, mark: str = "") -> AccountId:
        """Return the id of an account, opening it with balance zero when it is not yet known.

        The open slots of parties are found like any other account. What else a party opens is no
        part of its row: it is numbered like the accounts of institutions.
        """
        chart.check_names(holder, keeper, form, mark)
        name = self._names.id
        account = Account(name(holder), name(keeper), form, name(mark))
        known = self.known(account)
        if known is not None:
            return known
        opened = AccountId(self._singles)
        self._singles += 1
        self._enter(opened, account)
        return opened

    def known(self, account: Account) -> AccountId | None:
        """Return the id of `account`; None where it is not open."""
        return self._ids.get(account)

    def open_parties(self, first_name: NameId, count: int) -> None:
        """Reserve a row of accounts for each of `count` parties with consecutive names."""
        if self._parties is not None:
            raise ValueError("the parties of a ledger are opened once")
        self._parties = (first_name, count)

    def open_slot(
        self,
        slot: int,
        parties: NDArray[np.int64],
        keepers: NDArray[np.int64],
        *,
        first_name: NameId | None = None,
    ) -> NDArray[np.int64]:
        """Open one account in the row of each of `parties`, kept by `keepers`; return their ids.

        The holder is the party, or the one that follows `first_name` as the party follows the first
        of its row: a purse has a name of its own. All are opened, or ValueError is raised and none.
        """
        if self._parties is None:
            raise ValueError("no parties are known to the ledger")
        first_party, count = self._parties
        first_name = first_party if first_name is None else first_name
        opened: dict[AccountId, Account] = {}
        for party, keeper in zip(parties.tolist(), keepers.tolist(), strict=True):
            if not 0 <= party < count:
                raise ValueError(f"there is no party {party}; expected 0 to {count - 1}")
            number = AccountId(account_of(party, slot))
            holder = NameId(first_name + party)
            account = Account(holder, NameId(keeper), FORM_OF_SLOT[slot], NameId(0))
            if account in self._ids or number in self._accounts or number in opened:
                raise ValueError(f"the account {account} is open already")
            if chart.is_issuer(account):
                raise ValueError(f"a party issues no money: {account}")
            opened[number] = account
        for number, account in opened.items():
            self._enter(number, account)
        return account_of(0, slot) + SLOTS * parties

    def _enter(self, opened: AccountId, account: Account) -> None:
        self._ids[account] = opened
        self._accounts[opened] = account
        self._free[opened] = 0
        self._held[opened] = 0
        self._issuers[opened] = chart.is_issuer(account)
        if account.mark:
            self._by_mark.setdefault(account.mark, []).append(opened)

    def account(self, account: int) -> Account:
        """Return who holds what where under `account`."""
        return self._accounts[AccountId(account)]

    def free(self, account: AccountId) -> int:
        """Return the money of `account` that can be spent, in tiyn."""
        return self._free[account]

    def held(self, account: AccountId) -> int:
        """Return the money of `account` that is on hold, in tiyn."""
        return self._held[account]

    def free_of(self, accounts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the money of each of `accounts` that can be spent, in tiyn."""
        return np.array([self._free[AccountId(i)] for i in accounts.tolist()], dtype=np.int64)

    def held_of(self, accounts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the money of each of `accounts` that is on hold, in tiyn."""
        return np.array([self._held[AccountId(i)] for i in accounts.tolist()], dtype=np.int64)

    def balance_columns(self) -> Iterator[BalanceColumns]:
        """Yield all accounts with their money in order of their ids, many at a time."""
        return balance_columns(self.balances().items())

    def balances(self) -> dict[Account, Balance]:
        """Return all accounts with their money, in order of their ids."""
        return {
            self._accounts[number]: Balance(self._free[number], self._held[number])
            for number in sorted(self._accounts)
        }

    def post(self, posting: Posting) -> Outcome:
        """Carry out all moves of `posting` or none; once per id."""
        return self._once(posting, lambda p: self._settle(p.kind, p.moves, p.particulars))

    def hold(self, posting: Posting) -> Outcome:
        """Reserve the holders' money of `posting` until `complete` or `void`; once per id."""
        return self._once(posting, self._reserve)

    def refuse(self, posting: Posting, reason: Reason) -> Outcome:
        """Log `posting` as refused for `reason`; once per id, and it stays refused.

        What is refused may be what the chart forbids, such as redeeming marked money.
        """
        return self._once(
            posting,
            lambda p: self._refused(p.kind, p.moves[0], p.particulars, reason),
            is_asked=True,
        )

    def complete(self, posting_id: str) -> Outcome:
        """Carry out the posting on hold under `posting_id`; a second call changes nothing."""
        posting, outcome = self._pending.of(posting_id, Status.POSTED)
        if outcome.existed:
            return outcome
        owed: dict[AccountId, int] = {}
        for debit, _, amount_tiyn in posting.moves:
            owed[debit] = owed.get(debit, 0) - amount_tiyn
        self._check_supply(owed)
        for move in posting.moves:
            if self._is_issuer(move.debit):
                self._move(move)
                self._log(posting.kind, Status.SETTLED, move, posting.particulars, outcome.ref)
                continue
            self._add(move.debit, held_tiyn=-move.amount_tiyn)
            self._add(move.credit, move.amount_tiyn)
            self._log(posting.kind, Status.POSTED, move, posting.particulars, outcome.ref)
        return self._pending.end(posting, outcome, Status.POSTED)

    def void(self, posting_id: str) -> Outcome:
        """Release the money on hold under `posting_id`; a second call changes nothing."""
        posting, outcome = self._pending.of(posting_id, Status.VOIDED)
        if outcome.existed:
            return outcome
        for move in posting.moves:
            if not self._is_issuer(move.debit):
                self._add(move.debit, move.amount_tiyn, -move.amount_tiyn)
                self._log(posting.kind, Status.VOIDED, move, posting.particulars, outcome.ref)
        return self._pending.end(posting, outcome, Status.VOIDED)

    def post_many(self, batch: Batch) -> NDArray[np.uint8]:
        """Carry out the postings of `batch` in account order, each atomic by itself.

        The log is the one that posting them singly in that order would give. Returns the reason of
        each, 0 where it settled; a batch id answered before gives none and changes nothing.
        """
        chart.check_batch(batch)
        if batch.kind in chart.RECORDS:
            raise ValueError(f"a {batch.kind.name} is recorded and moves nothing")
        if batch.id in self._answers:
            return np.empty(0, dtype=np.uint8)
        count = len(batch.amount_tiyn)
        postings = [(batch.moves(i), batch.particulars(i)) for i in range(count)]
        for moves, _ in postings:
            # All before the first settles, so that a malformed batch leaves nothing behind.
            self._check_form(batch.kind, moves)
        reasons = np.zeros(count, dtype=np.uint8)
        for i in chart.account_order(batch).tolist():
            reasons[i] = self._settle_known(batch.kind, *postings[i]).reason
        self._answers.keep_batch(batch, Outcome(Status.SETTLED, Reason.NONE, self.ref))
        return reasons

    def refuse_many(self, batch: Batch, reason: Reason) -> None:
        """Log the postings of `batch` as refused for `reason`, in account order; once per id."""
        chart.check_batch(batch)
        if batch.id in self._answers:
            return
        postings = [(batch.moves(i), batch.particulars(i)) for i in range(len(batch.amount_tiyn))]
        known = [not self._check_form(batch.kind, moves, is_asked=True) for moves, _ in postings]
        for i in chart.account_order(batch).tolist():
            (first, *_), carried = postings[i]
            why = reason if known[i] else Reason.ACCOUNT_UNKNOWN
            self._refused(batch.kind, first, carried, why)
        self._answers.keep_batch(batch, Outcome(Status.REFUSED, reason, self.ref))

    def sweep(
        self,
        mark: str,
        into: AccountId,
        *,
        posting_id: str,
        kind: Kind,
        keep: frozenset[AccountId],
        carried: Particulars,
    ) -> int:
        """Move every free balance under `mark`, except of accounts in `keep`; return the tiyn."""
        if posting_id in self._answers:
            return 0
        under = self._under(self._names.id(mark))
        swept = under[~np.isin(under, sorted(keep))]
        amount_tiyn = self.free_of(swept)
        leg = Leg(swept, np.broadcast_to(np.int64(into), len(swept)))
        reasons = self.post_many(Batch(posting_id, kind, (leg,), amount_tiyn, carried))
        return int(amount_tiyn[reasons == Reason.NONE].sum())

    def _under(self, mark: NameId) -> NDArray[np.int64]:
        """Return the accounts with free money under a mark, in order."""
        accounts = self._by_mark.get(mark, [])
        return np.array([account for account in accounts if self._free[account]], dtype=np.int64)

    def record(self, posting: Posting) -> Outcome:
        """Log `posting` as evidence for later; nothing moves; once per id."""
        return self._once(posting, lambda p: self._recorded(p.kind, p.moves, p.particulars))

    def freeze(self, posting: Posting) -> Outcome:
        """Log a FREEZE or UNFREEZE, from which on the debited accounts pay nothing, or again."""
        if posting.kind not in chart.FREEZES:
            raise ValueError(f"a {posting.kind.name} freezes nothing")
        return self._once(posting, self._freeze)

    def is_frozen(self, account: AccountId) -> bool:
        """Return whether `account` pays nothing now."""
        return account in self._frozen

    def are_frozen(self, accounts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of `accounts` pay nothing now."""
        return self._frozen.of(accounts)

    def pay(
        self,
        position: Position,
        kind: Kind,
        moves: tuple[Move, ...],
        particulars: Particulars,
        reason: Reason = Reason.NONE,
    ) -> Outcome:
        """Settle one retail payment, or log why not; once per tape position.

        A `Kind.DELIVERY` and the kinds of `RECORDS` are recorded instead of settled. A position
        that is not beyond the last one has been answered before: nothing is logged and nothing
        moves.
        """
        if position <= self.position:
            return Outcome(Status.REFUSED, Reason.DUPLICATE, self.ref, existed=True)
        self.position = position
        if self._check_form(kind, moves):
            reason = Reason.ACCOUNT_UNKNOWN
        if reason is not Reason.NONE:
            return self._refused(kind, moves[0], particulars, reason)
        if kind is Kind.DELIVERY or kind in chart.RECORDS:
            return self._recorded(kind, moves, particulars)
        return self._settle(kind, moves, particulars)

    def _once(
        self, posting: Posting, act: Callable[[Posting], Outcome], *, is_asked: bool = False
    ) -> Outcome:
        has_unknown = self._check_form(posting.kind, posting.moves, is_asked=is_asked)
        answered = self._answers.earlier(posting)
        if answered is not None:
            different, outcome = answered
            if not different:
                return outcome._replace(existed=True)
            carried, reason = posting.particulars, Reason.ACCOUNT_UNKNOWN
            if not has_unknown:
                carried = carried._replace(rule=self._names.id(f"different_{different}"))
                reason = Reason.DUPLICATE
            return self._refused(posting.kind, posting.moves[0], carried, reason)
        if has_unknown:
            first, carried = posting.moves[0], posting.particulars
            outcome = self._refused(posting.kind, first, carried, Reason.ACCOUNT_UNKNOWN)
        else:
            outcome = act(posting)
        self._answers.keep(posting, outcome)
        return outcome

    def _settle_known(
        self, kind: Kind, moves: tuple[Move, ...], particulars: Particulars
    ) -> Outcome:
        """Settle one posting of a batch, whose form has been checked."""
        if not all(self._ends.are_open(move) for move in moves):
            return self._refused(kind, moves[0], particulars, Reason.ACCOUNT_UNKNOWN)
        return self._settle(kind, moves, particulars)

    def _is_open(self, account: AccountId) -> bool:
        return account in self._accounts

    def _is_issuer(self, account: AccountId) -> bool:
        return self._issuers[account]

    def _settle(self, kind: Kind, moves: tuple[Move, ...], particulars: Particulars) -> Outcome:
        if kind in chart.RECORDS:
            raise ValueError(f"a {kind.name} is recorded and moves nothing")
        reason = self._reason_against(moves)
        if reason is not Reason.NONE:
            return self._refused(kind, moves[0], particulars, reason)
        self.ref += 1
        for move in moves:
            self._move(move)
            self._log(kind, Status.SETTLED, move, particulars, self.ref)
        return Outcome(Status.SETTLED, Reason.NONE, self.ref)

    def _freeze(self, posting: Posting) -> Outcome:
        for move in posting.moves:
            self._set_frozen(move.debit, is_frozen=posting.kind is Kind.FREEZE)
        return self._recorded(posting.kind, posting.moves, posting.particulars)

    def _set_frozen(self, account: AccountId, *, is_frozen: bool) -> None:
        self._frozen.change(account, is_frozen=is_frozen)

    def _reserve(self, posting: Posting) -> Outcome:
        is_record = posting.kind in chart.RECORDS
        if is_record or all(self._is_issuer(move.debit) for move in posting.moves):
            raise ValueError(f"posting {posting.id!r} takes no holder's money to put on hold")
        reason = self._reason_against(posting.moves, reserving=True)
        if reason is not Reason.NONE:
            return self._refused(posting.kind, posting.moves[0], posting.particulars, reason)
        self.ref += 1
        for move in posting.moves:
            if not self._is_issuer(move.debit):
                self._add(move.debit, -move.amount_tiyn, move.amount_tiyn)
                self._log(posting.kind, Status.HELD, move, posting.particulars, self.ref)
        return self._pending.put(posting, self.ref)

    def _reason_against(self, moves: tuple[Move, ...], *, reserving: bool = False) -> Reason:
        if self._frozen.is_any and self._frozen.has_any(move.debit for move in moves):
            return Reason.ACCOUNT_FROZEN
        if len(moves) == 1 and not self._is_issuer(moves[0].debit):
            debit, _, amount_tiyn = moves[0]
            return Reason.NONE if self.free(debit) >= amount_tiyn else Reason.INSUFFICIENT_FUNDS
        net: dict[AccountId, int] = {}
        for debit, credit, amount_tiyn in moves:
            net[debit] = net.get(debit, 0) - amount_tiyn
            if not reserving:
                net[credit] = net.get(credit, 0) + amount_tiyn
        self._check_supply(net)
        for account, change in net.items():
            if not self._is_issuer(account) and self.free(account) + change < 0:
                return Reason.INSUFFICIENT_FUNDS
        return Reason.NONE

    def _check_supply(self, net: dict[AccountId, int]) -> None:
        """Raise InvariantError if an issuer would owe more than can be counted safely."""
        for account, change in net.items():
            if self._is_issuer(account) and self.free(account) + change < -SUPPLY_MAX_TIYN:
                owed = f"{self.account(account)} would owe more than {SUPPLY_MAX_TIYN} tiyn"
                raise InvariantError(owed)

    def _check_form(self, kind: Kind, moves: Sequence[Move], *, is_asked: bool = False) -> bool:
        """Return whether an account is unknown; raise ValueError where a move is malformed.

        What was only asked for, and is refused anyway, need not be a move the chart allows.
        """
        if not moves:
            raise ValueError(f"a {kind.name} posting has at least one move")
        has_unknown = False
        for move in moves:
            chart.check_amount(kind, move.amount_tiyn)
            ends = self._ends
            if not (ends.are_open(move) if is_asked else ends.are_sound(kind, move)):
                has_unknown = True
        return has_unknown

    def _refused(
        self, kind: Kind, first: Move, particulars: Particulars, reason: Reason
    ) -> Outcome:
        self.ref += 1
        self._log(kind, Status.REFUSED, first, particulars, self.ref, reason=reason)
        return Outcome(Status.REFUSED, reason, self.ref)

    def _recorded(self, kind: Kind, moves: tuple[Move, ...], particulars: Particulars) -> Outcome:
        self.ref += 1
        for move in moves:
            self._log(kind, Status.RECORDED, move, particulars, self.ref)
        return Outcome(Status.RECORDED, Reason.NONE, self.ref)

    def _move(self, move: Move) -> None:
        self._add(move.debit, -move.amount_tiyn)
        self._add(move.credit, move.amount_tiyn)

    def _add(self, account: AccountId, free_tiyn: int = 0, held_tiyn: int = 0) -> None:
        self._free[account] += free_tiyn
        self._held[account] += held_tiyn

    def _log(
        self,
        kind: Kind,
        status: Status,
        move: Move,
        carried: Particulars,
        ref: int,
        *,
        reason: Reason = Reason.NONE,
    ) -> None:
        # Particulars are in the order of the columns, but for the rule with its value and limit.
        ends = (*self._ends.seats(move), move.amount_tiyn, ref)
        why = carried[_RULE:]
        self._sink.append((self._now(), kind, status, reason, *why, *ends, *carried[:_RULE]))


_RULE: Final = Particulars._fields.index("rule")
