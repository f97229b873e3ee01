"""The ledger's checks can fail: every planted mistake below is found by them, and the book passes.

Conservation alone would miss some of these: a book that posts a repeated id twice keeps every sum
and sign. What finds it is the comparison with an independent account of what was accepted.
"""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tengesim.codes import Form, Kind, Reason, Status
from tengesim.errors import InvariantError
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger.book import Book
from tengesim.payment import Account, AccountId, Batch, Move, Outcome, Particulars, Posting
from tests.properties.ledger_machine import LedgerMachine

SEARCH = settings(
    max_examples=200,
    stateful_step_count=40,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class SkipsTheDebit(Book):
    """Credits the payee and leaves the payer its money."""

    def _move(self, move: Move) -> None:
        super()._move(move)
        self._free[move.debit] += move.amount_tiyn


class CreditsTwice(Book):
    """Credits the payee twice what the payer gave."""

    def _move(self, move: Move) -> None:
        super()._move(move)
        self._free[move.credit] += move.amount_tiyn


class DropsTheMark(Book):
    """Credits the payee's unmarked account; rows and sums stay right."""

    def _move(self, move: Move) -> None:
        payee = self._accounts[move.credit]
        unmarked = self._ids.get(payee._replace(mark=self._names.id("")), move.credit)
        super()._move(move._replace(credit=unmarked))


class ForgetsAPurseAtExpiry(Book):
    """Leaves the last account that still holds money under an expired mark as it is."""

    def sweep(
        self,
        mark: str,
        into: AccountId,
        *,
        posting_id: str,
        kind: Kind,
        keep: frozenset[AccountId],
        particulars: Callable[[Account], Particulars],
    ) -> int:
        """Keep one account more than told."""
        held = [one for one in self._by_mark.get(self._names.id(mark), []) if self._free[one]]
        forgotten = keep | frozenset(held[-1:])
        return super().sweep(
            mark, into, posting_id=posting_id, kind=kind, keep=forgotten, particulars=particulars
        )


class RefusesTheLastTiyn(Book):
    """Has `<=` for `<` where the funds of a single move are compared."""

    def _reason_against(self, moves: tuple[Move, ...], *, reserving: bool = False) -> Reason:
        reason = super()._reason_against(moves, reserving=reserving)
        debit, _, amount_tiyn = moves[0]
        if reason is Reason.NONE and not self._issuers[debit] and self._free[debit] <= amount_tiyn:
            return Reason.INSUFFICIENT_FUNDS
        return reason


class LendsOneTiyn(Book):
    """Compares with one tiyn more than there is."""

    def _reason_against(self, moves: tuple[Move, ...], *, reserving: bool = False) -> Reason:
        reason = super()._reason_against(moves, reserving=reserving)
        debit, _, amount_tiyn = moves[0]
        is_lent = self._free[debit] + 1 == amount_tiyn and len(moves) == 1
        return Reason.NONE if reason is Reason.INSUFFICIENT_FUNDS and is_lent else reason


class ComparesEachMoveAlone(Book):
    """Accepts two moves of one posting that only fit singly."""

    def _reason_against(self, moves: tuple[Move, ...], *, reserving: bool = False) -> Reason:
        for move in moves:
            reason = super()._reason_against((move,), reserving=reserving)
            if reason is not Reason.NONE:
                return reason
        return Reason.NONE


class SwapsTheLegs(Book):
    """Moves the money from payee to payer, in the balances only."""

    def _move(self, move: Move) -> None:
        super()._move(Move(move.credit, move.debit, move.amount_tiyn))


class SwapsTheLegsEverywhere(Book):
    """Moves the money from payee to payer and says so in the log; everything still adds up."""

    def _settle(self, kind: Kind, moves: tuple[Move, ...], particulars: Particulars) -> Outcome:
        swapped = tuple(Move(m.credit, m.debit, m.amount_tiyn) for m in moves)
        return super()._settle(kind, swapped, particulars)


class AnswersTwice(Book):
    """Carries a posting out each time it is sent."""

    def _once(
        self, posting: Posting, act: Callable[[Posting], Outcome], *, is_asked: bool = False
    ) -> Outcome:
        self._answered.pop(posting.id, None)
        return super()._once(posting, act, is_asked=is_asked)


class PaysTheTapeTwice(Book):
    """Forgets how far the tape was read."""

    def pay(
        self,
        position: tuple[int, int, int, int],
        kind: Kind,
        moves: tuple[Move, ...],
        particulars: Particulars,
        reason: Reason = Reason.NONE,
    ) -> Outcome:
        """Pay at any position."""
        self._position = (-1, -1, -1, -1)
        return super().pay(position, kind, moves, particulars, reason)


class ReconsidersRefusals(Book):
    """Tries a posting again that was refused before."""

    def _once(
        self, posting: Posting, act: Callable[[Posting], Outcome], *, is_asked: bool = False
    ) -> Outcome:
        _, earlier = self._answered.get(posting.id, (posting, None))
        if earlier is not None and earlier.status is Status.REFUSED:
            del self._answered[posting.id]
        return super()._once(posting, act, is_asked=is_asked)


class SpendsHeldMoney(Book):
    """Reserves in the log only."""

    def _reserve(self, posting: Posting) -> Outcome:
        outcome = super()._reserve(posting)
        if outcome.status is Status.HELD:
            for move in posting.moves:
                if not self._issuers[move.debit]:
                    self._free[move.debit] += move.amount_tiyn
        return outcome


class KeepsWhatIsVoided(Book):
    """Says that held money was given back, and keeps it on hold."""

    def void(self, posting_id: str) -> Outcome:
        """Log the release and undo it."""
        free, held = list(self._free), list(self._held)
        outcome = super().void(posting_id)
        self._free, self._held = free, held
        return outcome


class PaysInHalves(Book):
    """Settles the first move of a posting whose other moves lack money."""

    def _settle(self, kind: Kind, moves: tuple[Move, ...], particulars: Particulars) -> Outcome:
        outcome = super()._settle(kind, moves, particulars)
        if outcome.reason is Reason.INSUFFICIENT_FUNDS and len(moves) > 1:
            super()._settle(kind, moves[:1], particulars)
        return outcome


class TakesABatchAsItComes(Book):
    """Settles a batch in the order it was written, not in that of the accounts."""

    def post_many(self, batch: Batch) -> list[Outcome]:
        """Settle in the batch's own order."""
        if batch.id in self._answered:
            return []
        outcomes = [
            self._settle(batch.kind, (move,), carried)
            for move, carried in zip(batch.moves, batch.particulars, strict=True)
        ]
        self._answered[batch.id] = (batch, outcomes[-1]) if outcomes else (batch, _NOTHING)
        return outcomes


class LogsNoRefusal(Book):
    """Leaves no row of what was refused."""

    def _refused(
        self, kind: Kind, first: Move, particulars: Particulars, reason: Reason
    ) -> Outcome:
        self._ref += 1
        return Outcome(Status.REFUSED, reason, self._ref)


class MovesWhatIsRecorded(Book):
    """Pays for a delivery at once."""

    def _recorded(self, kind: Kind, moves: tuple[Move, ...], particulars: Particulars) -> Outcome:
        outcome = super()._recorded(kind, moves, particulars)
        self._move(moves[0])
        return outcome


class ChecksABatchAsItGoes(Book):
    """Finds the malformed move of a batch when those before it have been settled."""

    def post_many(self, batch: Batch) -> list[Outcome]:
        """Settle one by one, each checked when it is its turn."""
        if batch.id in self._answered:
            return []
        outcomes = []
        for move, carried in sorted(zip(batch.moves, batch.particulars, strict=True)):
            self._check_form(batch.kind, (move,))
            outcomes.append(self._settle_known(batch.kind, move, carried))
        self._answered[batch.id] = (batch, _NOTHING)
        return outcomes


class OpensUnderAnyMark(Book):
    """Takes two marks of one holder for one."""

    def open(self, holder: str, keeper: str, form: Form, mark: str = "") -> AccountId:
        """Return another account now and then."""
        opened = super().open(holder, keeper, form, mark)
        return AccountId(opened - 1) if mark and opened % 5 == 0 else opened


_NOTHING = Outcome(Status.SETTLED, Reason.NONE, 0)

MISTAKES: Sequence[type[Book]] = (
    SkipsTheDebit,
    CreditsTwice,
    DropsTheMark,
    ForgetsAPurseAtExpiry,
    RefusesTheLastTiyn,
    LendsOneTiyn,
    ComparesEachMoveAlone,
    SwapsTheLegs,
    SwapsTheLegsEverywhere,
    AnswersTwice,
    PaysTheTapeTwice,
    ReconsidersRefusals,
    SpendsHeldMoney,
    KeepsWhatIsVoided,
    PaysInHalves,
    TakesABatchAsItComes,
    LogsNoRefusal,
    MovesWhatIsRecorded,
    ChecksABatchAsItGoes,
    OpensUnderAnyMark,
)


def machine_on(book: type[Book]) -> type[LedgerMachine]:
    """Return the ledger's machine with `book` in the place of the true one."""
    return type(f"MachineOn{book.__name__}", (LedgerMachine,), {"book_type": book})


@pytest.mark.parametrize("book", MISTAKES, ids=lambda book: book.__name__)
def test_the_checks_find_the_planted_mistake(book: type[Book]) -> None:
    """Goal: R-10. Method: search for a story on the broken book until a check fails."""
    with pytest.raises((AssertionError, InvariantError)):
        run_state_machine_as_test(machine_on(book), settings=SEARCH)


def test_the_same_search_finds_nothing_wrong_with_the_book() -> None:
    """Goal: the checks fail for the mistakes alone. Method: the same search on the true book."""
    run_state_machine_as_test(machine_on(Book), settings=settings(SEARCH, max_examples=60))


def test_the_sums_alone_do_not_find_a_posting_made_twice() -> None:
    """Goal: say why the naive ledger is needed. Method: repeat a payment on a book that obeys."""
    names = Names()
    book = AnswersTwice(Journal(names), names, lambda: 0)
    issuer = book.open("bank", "bank", Form.DIGITAL_TENGE)
    payer = book.open("pupil", "bank", Form.DIGITAL_TENGE)
    payee = book.open("caterer", "bank", Form.DIGITAL_TENGE)
    book.post(Posting("opening", Kind.OPENING, (Move(issuer, payer, 10),)))
    for _ in range(2):
        book.post(Posting("meal", Kind.PAYMENT, (Move(payer, payee, 4),)))
    balances = [free for free, _ in book.balances().values()]
    assert sum(balances) == 0
    assert min(balances[1:]) >= 0
    assert balances == [-10, 2, 8]
