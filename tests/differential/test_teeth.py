"""The ledger's checks can fail: every planted mistake below is found by them, and the book passes.

Conservation alone would miss some of these: a book that posts a repeated id twice keeps every sum
and sign. What finds it is the comparison with an independent account of what was accepted.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Reason, Status
from tengesim.errors import InvariantError
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger.answers import Answers
from tengesim.ledger.book import Book
from tengesim.ledger.parties import PARTY_BASE
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
        self._add(move.debit, move.amount_tiyn)


class CreditsTwice(Book):
    """Credits the payee twice what the payer gave."""

    def _move(self, move: Move) -> None:
        super()._move(move)
        self._add(move.credit, move.amount_tiyn)


class DropsTheMark(Book):
    """Credits the payee's unmarked account; rows and sums stay right."""

    def _move(self, move: Move) -> None:
        payee = self.account(move.credit)
        unmarked = self.known(payee._replace(mark=self._names.id("")))
        super()._move(move if unmarked is None else move._replace(credit=unmarked))


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
        carried: Particulars,
    ) -> int:
        """Keep one account more than told."""
        held = self._under(self._names.id(mark))
        forgotten = keep | frozenset(map(AccountId, held[-1:].tolist()))
        return super().sweep(
            mark, into, posting_id=posting_id, kind=kind, keep=forgotten, carried=carried
        )


class RefusesTheLastTiyn(Book):
    """Has `<=` for `<` where the funds of a single move are compared."""

    def _reason_against(self, moves: tuple[Move, ...], *, reserving: bool = False) -> Reason:
        reason = super()._reason_against(moves, reserving=reserving)
        debit, _, amount_tiyn = moves[0]
        if reason is Reason.NONE and not self._is_issuer(debit) and self.free(debit) <= amount_tiyn:
            return Reason.INSUFFICIENT_FUNDS
        return reason


class LendsOneTiyn(Book):
    """Compares with one tiyn more than there is."""

    def _reason_against(self, moves: tuple[Move, ...], *, reserving: bool = False) -> Reason:
        reason = super()._reason_against(moves, reserving=reserving)
        debit, _, amount_tiyn = moves[0]
        is_lent = self.free(debit) + 1 == amount_tiyn and len(moves) == 1
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
        self._answers = Answers()
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
        self.position = (-1, -1, -1, -1)
        return super().pay(position, kind, moves, particulars, reason)


class ReconsidersRefusals(Book):
    """Tries a posting again that was refused before."""

    def _once(
        self, posting: Posting, act: Callable[[Posting], Outcome], *, is_asked: bool = False
    ) -> Outcome:
        _, earlier = self._answers.earlier(posting) or ("", None)
        if earlier is not None and earlier.status is Status.REFUSED:
            self._answers = Answers()
        return super()._once(posting, act, is_asked=is_asked)


class SpendsHeldMoney(Book):
    """Reserves in the log only."""

    def _reserve(self, posting: Posting) -> Outcome:
        outcome = super()._reserve(posting)
        if outcome.status is Status.HELD:
            for move in posting.moves:
                if not self._is_issuer(move.debit):
                    self._add(move.debit, move.amount_tiyn)
        return outcome


class KeepsWhatIsVoided(Book):
    """Says that held money was given back, and keeps it on hold."""

    def void(self, posting_id: str) -> Outcome:
        """Log the release and undo it."""
        outcome = super().void(posting_id)
        if not outcome.existed:
            for move in self._pending.of(posting_id, Status.VOIDED)[0].moves:
                if not self._is_issuer(move.debit):
                    self._add(move.debit, -move.amount_tiyn, move.amount_tiyn)
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

    def post_many(self, batch: Batch) -> NDArray[np.uint8]:
        """Settle in the batch's own order."""
        if batch.id in self._answers:
            return NOTHING
        reasons = [
            self._settle_known(batch.kind, batch.moves(i), batch.particulars(i)).reason
            for i in range(len(batch.amount_tiyn))
        ]
        self._answers.keep_batch(batch, _SETTLED)
        return np.array(reasons, dtype=np.uint8)


class LogsNoRefusal(Book):
    """Leaves no row of what was refused."""

    def _refused(
        self, kind: Kind, first: Move, particulars: Particulars, reason: Reason
    ) -> Outcome:
        self.ref += 1
        return Outcome(Status.REFUSED, reason, self.ref)


class MovesWhatIsRecorded(Book):
    """Pays for a delivery at once."""

    def _recorded(self, kind: Kind, moves: tuple[Move, ...], particulars: Particulars) -> Outcome:
        outcome = super()._recorded(kind, moves, particulars)
        self._move(moves[0])
        return outcome


class ChecksABatchAsItGoes(Book):
    """Finds the malformed move of a batch when those before it have been settled."""

    def post_many(self, batch: Batch) -> NDArray[np.uint8]:
        """Settle one by one, each checked when it is its turn."""
        if batch.id in self._answers:
            return NOTHING
        reasons = np.zeros(len(batch.amount_tiyn), dtype=np.uint8)
        for i in sorted(range(len(reasons)), key=batch.moves):
            self._check_form(batch.kind, batch.moves(i))
            settled = self._settle_known(batch.kind, batch.moves(i), batch.particulars(i))
            reasons[i] = settled.reason
        self._answers.keep_batch(batch, _SETTLED)
        return reasons


class TakesEachLegForAPosting(Book):
    """Settles the legs of a posting in a batch each by itself."""

    def _settle_known(
        self, kind: Kind, moves: tuple[Move, ...], particulars: Particulars
    ) -> Outcome:
        settle = super()._settle_known
        return [settle(kind, (move,), particulars) for move in moves][-1]


class GivesAllOneRegion(Book):
    """Forgets that the postings of a batch have regions of their own."""

    def post_many(self, batch: Batch) -> NDArray[np.uint8]:
        """Settle without regions."""
        return super().post_many(replace(batch, region=None))


class OpensASecondAccount(Book):
    """Does not find the accounts of parties by name."""

    def known(self, account: Account) -> AccountId | None:
        """Know single accounts only."""
        found = super().known(account)
        return None if found is None or found >= PARTY_BASE else found


class OpensUnderAnyMark(Book):
    """Takes two marks of one holder for one."""

    def open(self, holder: str, keeper: str, form: Form, mark: str = "") -> AccountId:
        """Return another account now and then."""
        opened = super().open(holder, keeper, form, mark)
        return AccountId(opened - 1) if mark and opened % 5 == 0 else opened


NOTHING = np.empty(0, dtype=np.uint8)
_SETTLED = Outcome(Status.SETTLED, Reason.NONE, 0)

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
    TakesEachLegForAPosting,
    GivesAllOneRegion,
    OpensASecondAccount,
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
