"""What the ledger must do, said once more as simply as possible: the oracle of its tests.

It shares no code with `tengesim.ledger`, so that a mistake made there is not repeated here. It is
slow on purpose: a posting is tried out on a copy of all balances, the log is a list of lines.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tengesim.codes import Form, Kind, Reason, Status
from tengesim.payment import AccountId, Batch, Move, Outcome, Particulars, Posting

Key = tuple[str, str, int, str]
"""Holder, keeper, form and mark, as text where they are names."""

NOBODY: Key = ("", "", 0, "")
PARTIES = 2**40
"""Numbers of the accounts that stand in rows of parties begin here."""

DT, DEPOSIT, RESERVE = Form.DIGITAL_TENGE, Form.BANK_DEPOSIT, Form.BANK_RESERVE
TSA, CASH = Form.TREASURY_SINGLE_ACCOUNT, Form.CASH
CONTROL, FUND = Form.CASH_CONTROL_ACCOUNT, Form.NATIONAL_FUND
MAY_TOUCH_ISSUER = {
    Kind.OPENING: tuple(Form),
    Kind.ISSUE: tuple(Form),
    Kind.REDEEM: tuple(Form),
    Kind.CLAIM: tuple(Form),
    Kind.REFUND: tuple(Form),
    Kind.PAYMENT: (DEPOSIT,),
    Kind.INTEREST: (DEPOSIT,),
    Kind.WAGE: (TSA, DT, RESERVE, DEPOSIT, CONTROL),
    Kind.SUBPAYMENT: (TSA, DT, RESERVE, DEPOSIT, CONTROL),
    Kind.TAX: (TSA, DT, RESERVE, DEPOSIT, CONTROL),
    Kind.FUNDING: (DT, RESERVE, DEPOSIT),
    Kind.DEFUNDING: (DT, RESERVE, DEPOSIT),
    Kind.WATERFALL: (DT, RESERVE, DEPOSIT),
    Kind.CASH_WITHDRAWAL: (CASH, DT, RESERVE, DEPOSIT),
    Kind.CASH_DEPOSIT: (CASH, DT, RESERVE, DEPOSIT),
    Kind.BENEFIT: (TSA, DT, RESERVE, DEPOSIT),
    Kind.REVENUE: (TSA, DT, RESERVE, DEPOSIT),
    Kind.BUDGET_PAYMENT: (TSA, DT, RESERVE, DEPOSIT, CONTROL),
    Kind.FINANCING: (FUND, TSA, CONTROL),
    Kind.LIQUIDITY: (RESERVE,),
}
RETAIL = (
    Kind.PAYMENT,
    Kind.DELIVERY,
    Kind.OFFLINE_PAYMENT,
    Kind.OFFLINE_SETTLEMENT,
    Kind.UNMET,
)
MOVES_NOTHING = (
    Kind.OFFLINE_PAYMENT,
    Kind.UNMET,
    Kind.OBLIGATION,
    Kind.ACCEPTANCE,
    Kind.ARREARS,
    Kind.LAPSE,
    Kind.FREEZE,
    Kind.UNFREEZE,
)
MAY_MARK = (Kind.ISSUE, Kind.REFUND)
MAY_UNMARK = (
    Kind.SHED,
    Kind.PAYMENT,
    Kind.WAGE,
    Kind.SUBPAYMENT,
    Kind.TAX,
    Kind.RETURN,
    Kind.CLAWBACK,
)


class Line(NamedTuple):
    """One row of the log, with names as text; `carried` is what the ledger only copies."""

    kind: int
    status: int
    reason: int
    payer: Key
    payee: Key
    amount_tiyn: int
    ref: int
    rule: str
    carried: tuple[int, ...]


class Money:
    """Free and held tiyn of every account, by key."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.free: dict[Key, int] = {}
        self.held: dict[Key, int] = {}

    def copy(self) -> "Money":
        """Return the same balances, independent of these."""
        twin = Money()
        twin.free, twin.held = dict(self.free), dict(self.held)
        return twin

    def is_lawful(self) -> bool:
        """Return whether no holder has less than nothing."""
        return all(
            tiyn >= 0
            for slot in (self.free, self.held)
            for (holder, keeper, _, _), tiyn in slot.items()
            if holder != keeper
        )


class NaiveLedger:
    """A ledger that does what is written, one obvious step after another."""

    def __init__(self) -> None:
        """Start without accounts."""
        self.keys: dict[int, Key] = {}
        self.money = Money()
        self.lines: list[Line] = []
        self._answered: dict[str, tuple[object, Outcome]] = {}
        self._pending: dict[str, Status] = {}
        self._position = (-1, -1, -1, -1)
        self._ref = 0
        self._frozen: list[int] = []

    def open(self, holder: str, keeper: str, form: Form, mark: str = "") -> AccountId:
        """Return the number of the account; those nobody gave a number count from 0."""
        if not holder or not keeper or (mark and form != Form.DIGITAL_TENGE):
            raise ValueError
        if mark and holder == keeper:
            raise ValueError
        key = (holder, keeper, int(form), mark)
        for number, known in self.keys.items():
            if known == key:
                return AccountId(number)
        return self.open_at(sum(number < PARTIES for number in self.keys), key)

    def open_at(self, number: int, key: Key) -> AccountId:
        """Open the account under a number that its opener chose."""
        if key in self.keys.values() or number in self.keys:
            raise ValueError
        self.keys[number] = key
        self.money.free[key] = self.money.held[key] = 0
        return AccountId(number)

    def balances(self) -> dict[Key, tuple[int, int]]:
        """Return free and held tiyn of every account, in order of number."""
        keys = [self.keys[number] for number in sorted(self.keys)]
        return {key: (self.money.free[key], self.money.held[key]) for key in keys}

    def post(self, posting: Posting) -> Outcome:
        """Settle, once per id."""
        return self._once(posting, self._settle)

    def hold(self, posting: Posting) -> Outcome:
        """Reserve, once per id."""
        return self._once(posting, self._reserve)

    def refuse(self, posting: Posting, reason: Reason) -> Outcome:
        """Refuse, once per id; what is refused need not be possible."""
        return self._once(posting, lambda asked: self._refuse(asked, reason), is_asked=True)

    def complete(self, posting_id: str) -> Outcome:
        """Carry out what is on hold; again changes nothing."""
        if posting_id not in self._pending:
            raise KeyError
        posting, outcome = self._answered[posting_id]
        assert isinstance(posting, Posting)
        if self._pending[posting_id] == Status.VOIDED:
            raise ValueError
        if self._pending[posting_id] == Status.POSTED:
            return Outcome(Status.POSTED, Reason.NONE, outcome.ref, existed=True)
        for move in posting.moves:
            issued = self._is_issuer(self.keys[move.debit])
            slot = self.money.free if issued else self.money.held
            slot[self.keys[move.debit]] -= move.amount_tiyn
            self.money.free[self.keys[move.credit]] += move.amount_tiyn
            status = Status.SETTLED if issued else Status.POSTED
            self._write(posting, move, status, outcome.ref)
        self._pending[posting_id] = Status.POSTED
        return Outcome(Status.POSTED, Reason.NONE, outcome.ref)

    def void(self, posting_id: str) -> Outcome:
        """Give back what is on hold; again changes nothing."""
        if posting_id not in self._pending:
            raise KeyError
        posting, outcome = self._answered[posting_id]
        assert isinstance(posting, Posting)
        if self._pending[posting_id] == Status.POSTED:
            raise ValueError
        if self._pending[posting_id] == Status.VOIDED:
            return Outcome(Status.VOIDED, Reason.NONE, outcome.ref, existed=True)
        for move in posting.moves:
            key = self.keys[move.debit]
            if not self._is_issuer(key):
                self.money.held[key] -= move.amount_tiyn
                self.money.free[key] += move.amount_tiyn
                self._write(posting, move, Status.VOIDED, outcome.ref)
        self._pending[posting_id] = Status.VOIDED
        return Outcome(Status.VOIDED, Reason.NONE, outcome.ref)

    def post_many(self, batch: Batch) -> list[int]:
        """Settle each posting by itself, by its first debit and credit, then place in the batch."""
        if batch.kind in MOVES_NOTHING:
            raise ValueError
        if batch.id in self._answered:
            return []
        postings = [
            Posting(batch.id, batch.kind, batch.moves(place), batch.particulars(place))
            for place in range(len(batch.amount_tiyn))
        ]
        for posting in postings:
            self._has_unknown_account(batch.kind, posting.moves)
        reasons = {
            place: int(self._settle(postings[place]).reason)
            for _, _, place in sorted(
                (posting.moves[0].debit, posting.moves[0].credit, place)
                for place, posting in enumerate(postings)
            )
        }
        self._answered[batch.id] = (batch, Outcome(Status.SETTLED, Reason.NONE, self._ref))
        return [reasons[place] for place in range(len(postings))]

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
        """Empty the free side of every account under `mark` but those to keep."""
        if posting_id in self._answered:
            return 0
        postings = [
            Posting(posting_id, kind, (Move(AccountId(number), into, free),), carried)
            for number, key in sorted(self.keys.items())
            if key[3] == mark != "" and (free := self.money.free[key]) and number not in keep
        ]
        for posting in postings:
            self._has_unknown_account(kind, posting.moves)
        settled = [posting for posting in postings if not self._settle(posting).reason]
        nothing = Batch(posting_id, kind, (), np.empty(0, dtype=np.int64), carried)
        self._answered[posting_id] = (nothing, Outcome(Status.SETTLED, Reason.NONE, self._ref))
        return sum(posting.moves[0].amount_tiyn for posting in settled)

    def freeze(self, posting: Posting) -> Outcome:
        """Let accounts pay nothing, or pay again, once per id."""
        if posting.kind not in (Kind.FREEZE, Kind.UNFREEZE):
            raise ValueError
        return self._once(posting, self._freeze)

    def _freeze(self, posting: Posting) -> Outcome:
        for move in posting.moves:
            if posting.kind == Kind.FREEZE:
                self._frozen.append(move.debit)
            else:
                # A list says so itself where there is nothing to remove.
                self._frozen.remove(move.debit)
        return self._record(posting)

    def record(self, posting: Posting) -> Outcome:
        """Write down evidence, once per id."""
        return self._once(posting, self._record)

    def pay(
        self,
        position: tuple[int, int, int, int],
        kind: Kind,
        moves: tuple[Move, ...],
        particulars: Particulars,
        reason: Reason = Reason.NONE,
    ) -> Outcome:
        """Settle, record or refuse one retail payment, once per position."""
        if position <= self._position:
            return Outcome(Status.REFUSED, Reason.DUPLICATE, self._ref, existed=True)
        self._position = position
        posting = Posting("", kind, moves, particulars)
        if self._has_unknown_account(kind, moves):
            return self._refuse(posting, Reason.ACCOUNT_UNKNOWN)
        if reason != Reason.NONE:
            return self._refuse(posting, reason)
        is_record = kind == Kind.DELIVERY or kind in MOVES_NOTHING
        return self._record(posting) if is_record else self._settle(posting)

    def _once(
        self, posting: Posting, act: Callable[[Posting], Outcome], *, is_asked: bool = False
    ) -> Outcome:
        if not self._has_unknown_account(posting.kind, posting.moves, is_asked=is_asked):
            return self._answer(posting, act)
        earlier, outcome = self._answered.get(posting.id, (None, None))
        if outcome is not None and earlier == posting:
            return outcome._replace(existed=True)
        refused = self._refuse(posting, Reason.ACCOUNT_UNKNOWN)
        self._answered.setdefault(posting.id, (posting, refused))
        return refused

    def _answer(self, posting: Posting, act: Callable[[Posting], Outcome]) -> Outcome:
        if posting.id not in self._answered:
            outcome = act(posting)
            self._answered[posting.id] = (posting, outcome)
            return outcome
        earlier, outcome = self._answered[posting.id]
        if earlier == posting:
            return outcome._replace(existed=True)
        differing = [
            column
            for column in ("kind", "moves", "particulars")
            # The moves of a batch are never those of one posting.
            if getattr(earlier, column) != getattr(posting, column)
        ]
        return self._refuse(posting, Reason.DUPLICATE, rule=f"different_{differing[0]}")

    def _settle(self, posting: Posting) -> Outcome:
        if self._has_unknown_account(posting.kind, posting.moves):
            return self._refuse(posting, Reason.ACCOUNT_UNKNOWN)
        if any(move.debit in self._frozen for move in posting.moves):
            return self._refuse(posting, Reason.ACCOUNT_FROZEN)
        tried = self.money.copy()
        for move in posting.moves:
            tried.free[self.keys[move.debit]] -= move.amount_tiyn
            tried.free[self.keys[move.credit]] += move.amount_tiyn
        if not tried.is_lawful():
            return self._refuse(posting, Reason.INSUFFICIENT_FUNDS)
        self.money = tried
        self._ref += 1
        for move in posting.moves:
            self._write(posting, move, Status.SETTLED, self._ref)
        return Outcome(Status.SETTLED, Reason.NONE, self._ref)

    def _reserve(self, posting: Posting) -> Outcome:
        reserved = [m for m in posting.moves if not self._is_issuer(self.keys[m.debit])]
        if not reserved:
            raise ValueError
        if any(move.debit in self._frozen for move in posting.moves):
            return self._refuse(posting, Reason.ACCOUNT_FROZEN)
        tried = self.money.copy()
        for move in reserved:
            tried.free[self.keys[move.debit]] -= move.amount_tiyn
            tried.held[self.keys[move.debit]] += move.amount_tiyn
        if not tried.is_lawful():
            return self._refuse(posting, Reason.INSUFFICIENT_FUNDS)
        self.money = tried
        self._ref += 1
        for move in reserved:
            self._write(posting, move, Status.HELD, self._ref)
        self._pending[posting.id] = Status.HELD
        return Outcome(Status.HELD, Reason.NONE, self._ref)

    def _record(self, posting: Posting) -> Outcome:
        self._ref += 1
        for move in posting.moves:
            self._write(posting, move, Status.RECORDED, self._ref)
        return Outcome(Status.RECORDED, Reason.NONE, self._ref)

    def _refuse(self, posting: Posting, reason: Reason, rule: str = "") -> Outcome:
        self._ref += 1
        self._write(posting, posting.moves[0], Status.REFUSED, self._ref, reason=reason, rule=rule)
        return Outcome(Status.REFUSED, reason, self._ref)

    def _is_issuer(self, key: Key) -> bool:
        return key[0] == key[1]

    def _has_unknown_account(
        self, kind: Kind, moves: Sequence[Move], *, is_asked: bool = False
    ) -> bool:
        """Return whether one of the moves names nobody; raise where one is malformed."""
        known = [move for move in moves if move.debit in self.keys and move.credit in self.keys]
        if not all(self._is_amount(kind, move.amount_tiyn) for move in moves):
            raise ValueError
        if not moves:
            raise ValueError
        if not is_asked and not all(self._is_formed(kind, move) for move in known):
            raise ValueError
        return len(known) < len(moves)

    def _is_amount(self, kind: Kind, amount: object) -> bool:
        most = 10**13 if kind in RETAIL else 2**62 - 1
        least = 0 if kind in (Kind.FREEZE, Kind.UNFREEZE) else 1
        return type(amount) is int and least <= amount <= most

    def _is_formed(self, kind: Kind, move: Move) -> bool:
        debit, credit = self.keys[move.debit], self.keys[move.credit]
        touches_issuer = self._is_issuer(debit) or self._is_issuer(credit)
        if debit == credit:
            return False
        if kind in MOVES_NOTHING:
            return True
        if debit[1] != credit[1] or debit[2] != credit[2]:
            return False
        if touches_issuer and debit[2] not in MAY_TOUCH_ISSUER.get(kind, ()):
            return False
        marks = (debit[3], credit[3])
        if marks[0] == marks[1]:
            return True
        if all(marks):
            return kind is Kind.SUBPAYMENT
        return (not marks[0] and kind in MAY_MARK) or (not marks[1] and kind in MAY_UNMARK)

    def _write(
        self,
        posting: Posting,
        move: Move,
        status: Status,
        ref: int,
        *,
        reason: Reason = Reason.NONE,
        rule: str = "",
    ) -> None:
        sides = [self.keys.get(number, NOBODY) for number in (move.debit, move.credit)]
        carried = tuple(
            int(value) for name, value in posting.particulars._asdict().items() if name != "rule"
        )
        self.lines.append(
            Line(
                int(posting.kind),
                int(status),
                int(reason),
                sides[0],
                sides[1],
                move.amount_tiyn,
                ref,
                rule,
                carried,
            )
        )
