"""The fast ledger: the acts of the reference book on arrays, and its batches in compiled code.

Rows, refs and outcomes are those of `Book`. Money of single accounts is one column; the accounts
of a party stand in one line of memory with what else is known of it. What is on hold is rare and
is kept apart.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Reason, Status
from tengesim.errors import InvariantError
from tengesim.journal.events import BLOCK_ROWS, BalanceColumns, Rows
from tengesim.ledger import chart, columns_kernel, traits
from tengesim.ledger.book import Balance, Book
from tengesim.ledger.columns_kernel import JOB, Job
from tengesim.ledger.parties import (
    DEPOSIT,
    FORM_OF_SLOT,
    PARTY_BASE,
    SLOTS,
    TRAITS,
    account_of,
    lines_of,
)
from tengesim.money import PAYMENT_MAX_TIYN, SUPPLY_MAX_TIYN
from tengesim.payment import Account, AccountId, Batch, NameId, Outcome
from tengesim.ports import EventSink, Interner

__all__ = ["BufferedSink", "Columns"]

_FIRST_ROOM: Final = 64
"""Single accounts for which there is room at the start."""
_PIECE: Final = 1 << 14
"""Postings of a batch that are looked at together, for the same reason."""
_PARTIES_AT_ONCE: Final = 1 << 13
"""Parties whose accounts are shown together: their columns fit in the processor's cache."""
_SEATS_MAX: Final = 1 << 12
"""Single accounts of which it is remembered whose they are: those of institutions are few."""
_BANKS: Final = traits.MASKS[traits.BANK] + 1
_NAME_BITS: Final = 32
_FORM_BITS: Final = 8
_HAS: Final = (traits.HAS_DEPOSIT, traits.HAS_CASH, traits.HAS_WALLET, traits.HAS_PURSE)
"""By slot, what says in the traits of a party that the account is open."""
_OPEN: Final = sum(_HAS)
_COLUMNS: Final = ("singles", "holder", "keeper", "mark", "form", "is_issuer", "frozen")

Whole = NDArray[np.int64]


class BufferedSink(EventSink, Protocol):
    """A log into whose buffer compiled code writes."""

    def open_buffer(self) -> tuple[Rows, int, int]:
        """Return a buffer, how much of it is used, and the `seq` of the next row."""
        ...

    def advance(self, used: int) -> None:
        """Take the rows that were written up to place `used`."""
        ...


class Columns(Book):
    """Accounts of one world in columns.

    `singles` is the free money of single accounts by id; `holder`, `keeper`, `form`, `mark` and
    `is_issuer` say whose they are, `frozen` which of them pay nothing. These arrays grow: read them
    anew after any account is opened.
    `rows` is the line of every party, see `ledger.parties`. `slots` has first holder, keeper and
    form of each slot, `banks` the keeper of deposits by the bank in a party's traits. `position`
    and `ref` may be set by who pays on these arrays in place of the ledger.
    """

    __slots__ = (
        "_attended",
        "_buffered",
        "_on_hold_tiyn",
        "_seats",
        "banks",
        "form",
        "frozen",
        "holder",
        "is_issuer",
        "keeper",
        "mark",
        "rows",
        "singles",
        "slots",
    )

    def __init__(self, sink: BufferedSink, names: Interner, now: Callable[[], int]) -> None:
        """Start an empty ledger that writes to `sink` and reads the simulated time from `now`."""
        super().__init__(sink, names, now)
        self._buffered = sink
        self._on_hold_tiyn: dict[int, int] = {}
        self._seats: dict[int, Account] = {}
        self._attended: dict[int, int] = {}
        self.singles = np.zeros(_FIRST_ROOM, dtype=np.int64)
        self.holder = np.zeros(_FIRST_ROOM, dtype=np.int32)
        self.keeper = np.zeros(_FIRST_ROOM, dtype=np.int32)
        self.mark = np.zeros(_FIRST_ROOM, dtype=np.int32)
        self.form = np.zeros(_FIRST_ROOM, dtype=np.uint8)
        self.is_issuer = np.zeros(_FIRST_ROOM, dtype=np.bool_)
        self.frozen = np.zeros(_FIRST_ROOM, dtype=np.bool_)
        self.rows = lines_of(0)
        self.slots = np.zeros((len(FORM_OF_SLOT), 3), dtype=np.int64)
        self.banks = np.zeros(_BANKS, dtype=np.int64)

    def reserve(self, count: int) -> Whole:
        """Make the rows of `count` parties who are still to be named, and return them."""
        self.rows = lines_of(count)
        return self.rows

    def open_parties(self, first_name: NameId, count: int) -> None:
        """Reserve a row of accounts for each of `count` parties with consecutive names."""
        super().open_parties(first_name, count)
        if len(self.rows) not in {0, count}:
            raise ValueError(f"there are rows for {len(self.rows)} parties, not for {count}")
        if not len(self.rows):
            self.rows = lines_of(count)
        for start in range(0, count, _PARTIES_AT_ONCE):
            first, some = first_name + start, self.rows[start : start + _PARTIES_AT_ONCE]
            some[:, TRAITS] = np.arange(first, first + len(some)) << traits.NAME

    def set_traits(self, packed: NDArray[np.int64], first_party: int = 0) -> None:
        """Say what is known of parties from one on; before any of their accounts is opened."""
        described = self.rows[first_party : first_party + len(packed)]
        if packed.shape != (len(described),) or self.slots.any():
            raise ValueError("the traits of parties are set before their accounts, of each one")
        if (packed & _OPEN).any():
            raise ValueError("whether an account is open is said by opening it")
        described[:, TRAITS] = packed

    def open_slot(
        self,
        slot: int,
        parties: NDArray[np.int64],
        keepers: NDArray[np.int64],
        *,
        first_name: NameId | None = None,
    ) -> NDArray[np.int64]:
        """Open one account in the row of each of `parties`, kept by `keepers`; return their ids.

        See `Book.open_slot`. Who keeps a deposit is told by the bank in the party's traits; every
        other slot has one keeper.
        """
        if self._parties is None:
            raise ValueError("no parties are known to the ledger")
        if len(parties) != len(keepers):
            raise ValueError(f"{len(parties)} parties have {len(keepers)} keepers")
        opened = SLOTS * parties
        opened += account_of(0, slot)
        if not len(parties):
            return opened
        first = self._parties[0] if first_name is None else first_name
        line = np.array([first, keepers[0], FORM_OF_SLOT[slot]], dtype=np.int64)
        same = [0, 2] if slot == DEPOSIT else [0, 1, 2]
        if self.slots[slot].any() and (self.slots[slot] != line)[same].any():
            raise ValueError(f"slot {slot} has holders with consecutive names, and one keeper")
        self._check_singles(line, parties, keepers)
        slots, banks = self.slots.copy(), self.banks.copy()
        slots[slot] = line
        step = int(keepers.strides != (0,))
        kept_by = np.ascontiguousarray(keepers if step else keepers[:1])
        wrong = columns_kernel.open_rows(
            self.rows, np.ascontiguousarray(parties), kept_by, step, slot, slots, banks
        )
        if wrong >= 0:
            raise ValueError(
                f"slot {slot} of party {parties[wrong]} kept by {keepers[wrong]} is open already, "
                f"or there is no such party, or another keeps the money of this slot or bank"
            )
        self.slots, self.banks = slots, banks
        return opened

    def _check_singles(
        self, line: NDArray[np.int64], parties: NDArray[np.int64], keepers: NDArray[np.int64]
    ) -> None:
        """Raise ValueError where one of the accounts was opened outside of the rows."""
        first, _, form = line.tolist()
        held_by = self.holder[: self._singles].astype(np.int64) - first
        named = (held_by >= 0) & (held_by < len(self.rows)) & (self.form[: self._singles] == form)
        for single in np.flatnonzero(named & (self.mark[: self._singles] == 0)).tolist():
            if (keepers[parties == held_by[single]] == self.keeper[single]).any():
                raise ValueError(f"the account {self.account(single)} is open already")

    def known(self, account: Account) -> AccountId | None:
        """Return the id of `account`; None where it is not open."""
        for slot, (first, _, form) in enumerate(self.slots.tolist()):
            party = account.holder - first
            if form != account.form or account.mark or not 0 <= party < len(self.rows):
                continue
            opened = AccountId(account_of(party, slot))
            if self._is_open(opened) and self.account(opened).keeper == account.keeper:
                return opened
        return self._ids.get(_key(account))  # type: ignore[call-overload, no-any-return]

    def _enter(self, opened: AccountId, account: Account) -> None:
        if opened == len(self.singles):
            for name in _COLUMNS:
                column = getattr(self, name)
                setattr(self, name, np.concatenate([column, np.zeros_like(column)]))
        self.holder[opened], self.keeper[opened], self.form[opened], self.mark[opened] = account
        self.is_issuer[opened] = chart.is_issuer(account)
        self._ids[_key(account)] = opened  # type: ignore[index]

    def account(self, account: int) -> Account:
        """Return who holds what where under `account`."""
        known = self._seats.get(account)
        if known is not None:
            return known
        self._check_open(account)
        if account < PARTY_BASE:
            columns = (self.holder, self.keeper, self.form, self.mark)
            holder, keeper, form, mark = (int(column[account]) for column in columns)
            if len(self._seats) == _SEATS_MAX:
                self._seats.clear()
            seat = Account(NameId(holder), NameId(keeper), Form(form), NameId(mark))
            return self._seats.setdefault(account, seat)
        party, slot = divmod(account - PARTY_BASE, SLOTS)
        first, keeper, form = self.slots[slot].tolist()
        if slot == DEPOSIT:
            bank = int(self.rows[party, TRAITS]) >> traits.BANK & traits.MASKS[traits.BANK]
            keeper = int(self.banks[bank])
        return Account(NameId(first + party), NameId(keeper), Form(form), NameId(0))

    def free(self, account: AccountId) -> int:
        """Return the money of `account` that can be spent, in tiyn."""
        if 0 <= account < self._singles:
            return self.singles.item(account)
        self._check_open(account)
        return int(self.rows[divmod(account - PARTY_BASE, SLOTS)])

    def held(self, account: AccountId) -> int:
        """Return the money of `account` that is on hold, in tiyn."""
        self._check_open(account)
        return self._on_hold_tiyn.get(account, 0)

    def free_of(self, accounts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the money of each of `accounts` that can be spent, in tiyn."""
        accounts = np.ascontiguousarray(accounts)
        found = np.empty(len(accounts), dtype=np.int64)
        closed = columns_kernel.free_of(accounts, self._singles, self.singles, self.rows, found)
        if closed >= 0:
            raise KeyError(int(accounts[closed]))
        return found

    def held_of(self, accounts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the money of each of `accounts` that is on hold, in tiyn."""
        accounts = np.ascontiguousarray(accounts)
        closed = columns_kernel.first_closed(accounts, self._singles, self.rows)
        if closed >= 0:
            raise KeyError(int(accounts[closed]))
        held = np.array(sorted(self._on_hold_tiyn.items()), dtype=np.int64).reshape(-1, 2)
        if not len(held):
            return np.zeros(len(accounts), dtype=np.int64)
        place = np.minimum(np.searchsorted(held[:, 0], accounts), len(held) - 1)
        return np.where(held[place, 0] == accounts, held[place, 1], 0)

    def balances(self) -> dict[Account, Balance]:
        """Return all accounts with their money, in order of their ids; for small worlds."""
        return {
            Account(NameId(holder), NameId(keeper), Form(form), NameId(mark)): Balance(*money)
            for chunk in self.balance_columns()
            for holder, keeper, form, mark, *money in zip(
                *(column.tolist() for column in chunk), strict=True
            )
        }

    def balance_columns(self) -> Iterator[BalanceColumns]:
        """Yield all accounts with their money in order of their ids, many at a time."""
        for start in range(0, self._singles, BLOCK_ROWS):
            piece = slice(start, min(start + BLOCK_ROWS, self._singles))
            yield BalanceColumns(
                self.holder[piece],
                self.keeper[piece],
                self.form[piece],
                self.mark[piece],
                self.singles[piece],
                self.held_of(np.arange(piece.start, piece.stop)),
            )
        for start in range(0, len(self.rows), _PARTIES_AT_ONCE):
            yield self._party_columns(start, min(start + _PARTIES_AT_ONCE, len(self.rows)))

    def _party_columns(self, start: int, stop: int) -> BalanceColumns:
        room = (stop - start) * len(_HAS)
        names = np.empty((2, room), dtype=np.int32)
        form, money = np.empty(room, dtype=np.uint8), np.zeros((2, room), dtype=np.int64)
        found = columns_kernel.show_rows(
            self.rows[start:stop], start, self.slots, self.banks, names, form, money
        )
        holder, keeper = names[:, :found]
        free, held = money[:, :found]
        if self._on_hold_tiyn:
            known = self.rows[start:stop, TRAITS, np.newaxis] & np.array(_HAS)
            party, slot = np.nonzero(known)
            held = self.held_of(account_of(0, 0) + SLOTS * (start + party) + slot)
        return BalanceColumns(
            holder, keeper, form[:found], np.zeros(found, dtype=np.int32), free, held
        )

    def post_many(self, batch: Batch) -> NDArray[np.uint8]:
        """Carry out the postings of `batch` in account order, each atomic by itself.

        See `Book.post_many`.
        """
        chart.check_batch(batch)
        if batch.kind in chart.RECORDS:
            raise ValueError(f"a {batch.kind.name} is recorded and moves nothing")
        if batch.id in self._answers:
            return np.empty(0, dtype=np.uint8)
        if any(self.are_frozen(leg.debit).any() for leg in batch.legs):
            # Rare enough to be carried out one by one.
            return super().post_many(batch)
        return self._answer_many(batch, Reason.NONE)

    def refuse_many(self, batch: Batch, reason: Reason) -> None:
        """Log the postings of `batch` as refused for `reason`, in account order; once per id."""
        chart.check_batch(batch)
        if batch.id not in self._answers:
            self._answer_many(batch, reason)

    def _answer_many(self, batch: Batch, refusal: Reason) -> NDArray[np.uint8]:
        count = len(batch.amount_tiyn)
        job, columns = self._job(batch, refusal), _columns_of(batch)
        seats = np.zeros((2 * len(batch.legs), columns_kernel.SEAT), dtype=np.int64)
        piece = np.empty((len(columns), min(count, _PIECE)), dtype=np.int64)
        for start in range(0, count, _PIECE):
            job[Job.COUNT] = _lay(columns, piece, slice(start, start + _PIECE))
            self._check_piece(batch, start, job, piece, seats)
        reasons = np.zeros(count, dtype=np.uint8)
        order = None if chart.is_in_order(batch) else chart.account_order(batch)
        # A single piece in order still lies there as it was looked through.
        is_laid = order is None and count <= _PIECE
        carried = np.array(batch.carried, dtype=np.int64)
        for start in range(0, count, _PIECE):
            piece_of = slice(start, start + _PIECE)
            places = piece_of if order is None else order[piece_of]
            if not is_laid:
                job[Job.COUNT] = _lay(columns, piece, places)
            job[Job.DONE] = 0
            found = np.zeros(job[Job.COUNT], dtype=np.uint8)
            while job[Job.DONE] < job[Job.COUNT]:
                self._settle_piece(job, piece, seats, carried, found)
            reasons[places] = found
        status = Status.SETTLED if refusal is Reason.NONE else Status.REFUSED
        self._answers.keep_batch(batch, Outcome(status, refusal, self.ref))
        return reasons

    def _check_piece(
        self, batch: Batch, start: int, job: Whole, piece: Whole, seats: Whole
    ) -> None:
        """Raise an error where a posting is malformed; the piece begins with posting `start`."""
        wrong = columns_kernel.malformed(
            job,
            piece,
            seats,
            self.holder,
            self.keeper,
            self.form,
            self.mark,
            self.is_issuer,
            self.rows,
            self.slots,
            self.banks,
        )
        if wrong < 0:
            return
        wrong += start
        is_asked = bool(job[Job.REFUSAL] != Reason.NONE)
        self._check_form(batch.kind, batch.moves(wrong), is_asked=is_asked)
        raise InvariantError(f"posting {wrong} of batch {batch.id!r} is malformed for no reason")

    def _settle_piece(
        self, job: Whole, piece: Whole, seats: Whole, carried: Whole, reasons: NDArray[np.uint8]
    ) -> None:
        """Answer postings of a piece until all are or the buffer of the log is full."""
        buffer, job[Job.USED], job[Job.SEQ] = self._buffered.open_buffer()
        columns_kernel.settle(
            job,
            piece,
            seats,
            carried,
            reasons,
            self.singles,
            self.holder,
            self.keeper,
            self.form,
            self.mark,
            self.is_issuer,
            self.rows,
            self.slots,
            self.banks,
            buffer,
        )
        self._buffered.advance(int(job[Job.USED]))
        self.ref = int(job[Job.REF])
        if job[Job.BEYOND] >= 0:
            issuer = self.account(int(job[Job.BEYOND]))
            raise InvariantError(f"{issuer} would owe more than {SUPPLY_MAX_TIYN} tiyn")

    def _job(self, batch: Batch, refusal: Reason) -> NDArray[np.int64]:
        job = np.zeros(JOB, dtype=np.int64)
        kind = batch.kind
        job[Job.LEGS] = len(batch.legs)
        job[Job.SINGLES], job[Job.KIND] = self._singles, kind
        job[Job.AMOUNT_MAX] = PAYMENT_MAX_TIYN if kind in chart.RETAIL else SUPPLY_MAX_TIYN
        job[Job.ISSUES] = sum(1 << form for form in chart.ISSUES.get(kind, ()))
        job[Job.GAINS], job[Job.LOSES] = kind in chart.GAINS_MARK, kind in chart.LOSES_MARK
        job[Job.PASSES_ON] = kind in chart.PASSES_MARK_ON
        job[Job.REFUSAL], job[Job.TIME] = refusal, self._now()
        job[Job.REF], job[Job.BEYOND] = self.ref, -1
        return job

    def _under(self, mark: NameId) -> NDArray[np.int64]:
        singles = slice(self._singles)
        return np.flatnonzero(
            (self.mark[singles] == mark) & (self.singles[singles] != 0) & (mark > 0)
        )

    def _is_open(self, account: AccountId) -> bool:
        if account < PARTY_BASE:
            return 0 <= account < self._singles
        party, slot = divmod(account - PARTY_BASE, SLOTS)
        if party >= len(self.rows) or slot >= len(_HAS):
            return False
        return bool(self.rows[party, TRAITS] & _HAS[slot])

    def _check_open(self, account: int) -> None:
        if not self._is_open(AccountId(account)):
            raise KeyError(account)

    def _is_issuer(self, account: AccountId) -> bool:
        return account < PARTY_BASE and bool(self.is_issuer[account])

    def _add(self, account: AccountId, free_tiyn: int = 0, held_tiyn: int = 0) -> None:
        if account < PARTY_BASE:
            self.singles[account] += free_tiyn
        else:
            self.rows[divmod(account - PARTY_BASE, SLOTS)] += free_tiyn
        if held_tiyn:
            self._add_held(account, held_tiyn)

    def _add_held(self, account: AccountId, held_tiyn: int) -> None:
        before = self._on_hold_tiyn.get(account, 0)
        self._on_hold_tiyn[account] = before + held_tiyn
        if not before:
            self._attend_to(account, 1)
        if not self._on_hold_tiyn[account]:
            del self._on_hold_tiyn[account]
            self._attend_to(account, -1)

    def _set_frozen(self, account: AccountId, *, is_frozen: bool) -> None:
        if not self._frozen.change(account, is_frozen=is_frozen):
            return
        self._attend_to(account, 1 if is_frozen else -1)
        if account < PARTY_BASE:
            self.frozen[account] = is_frozen

    def _attend_to(self, account: AccountId, step: int) -> None:
        """Note in the row of a party how many of its accounts are for readable code alone."""
        if account >= PARTY_BASE:
            party = (account - PARTY_BASE) // SLOTS
        else:
            party = -1 if self._parties is None else self.holder[account] - self._parties[0]
        if not 0 <= party < len(self.rows):
            return
        count = self._attended.get(party, 0) + step
        self._attended[party] = count
        self.rows[party, TRAITS] |= traits.NEEDS_ATTENTION
        if not count:
            del self._attended[party]
            self.rows[party, TRAITS] &= ~traits.NEEDS_ATTENTION


def _key(account: Account) -> int:
    """Return one number for an account: it takes a fifth of the memory."""
    named = account.holder << _NAME_BITS | account.keeper
    return (named << _NAME_BITS | account.mark) << _FORM_BITS | account.form


def _columns_of(batch: Batch) -> list[Whole]:
    """Return the columns of a batch in the order of the lines of a piece."""
    region = batch.region
    if region is None:
        region = np.broadcast_to(np.int64(batch.carried.region), len(batch.amount_tiyn))
    return [*(column for leg in batch.legs for column in leg), batch.amount_tiyn, region]


def _lay(columns: Sequence[Whole], piece: Whole, places: slice | Whole) -> int:
    """Copy the postings at `places` into a piece, side by side; return how many there are."""
    count = len(columns[0][places])
    for line, column in zip(piece, columns, strict=True):
        # One value that stands for all postings has no step from one to the next.
        laid = column[:1] if column.strides == (0,) else column[places]
        line[:count] = laid
    return count
