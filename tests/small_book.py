"""A book with a handful of accounts and its log, for tests that look at one thing at a time."""

import numpy as np

from tengesim.codes import Form, Kind
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger.audit import Auditor
from tengesim.ledger.book import Book
from tengesim.payment import AccountId, Batch, Leg, Move, Outcome, Particulars, Posting
from tests.money_world import lines_of
from tests.naive_ledger import Line

NB = "national_bank"
MARK = "meals"
DT = Form.DIGITAL_TENGE

ISSUER, PAYER, PAYEE, PURSE, CATERER, NOWHERE = range(6)
START = [(-140, 0), (100, 0), (0, 0), (40, 0), (0, 0)]
NOTHING = Particulars()


class SmallBook:
    """An issuer, a payer with 100 tiyn, a payee, and a pupil with 40 tiyn under a mark."""

    def __init__(self, *, funded: bool = True) -> None:
        """Open the accounts and, if `funded`, pay in what the class says."""
        self.now_us = 1_000
        self.names = Names()
        self.journal = Journal(self.names)
        self.auditor = Auditor()
        self.journal.fold(self.auditor.consume)
        self.book = Book(self.journal, self.names, lambda: self.now_us)
        self.issuer = self.book.open(NB, NB, DT)
        self.payer = self.book.open("payer", NB, DT)
        self.payee = self.book.open("payee", NB, DT)
        self.purse = self.book.open("pupil", NB, DT, MARK)
        self.caterer = self.book.open("caterer", NB, DT, MARK)
        if funded:
            self.post("opening", (self.issuer, self.payer, 100), kind=Kind.OPENING)
            self.post("issue", (self.issuer, self.purse, 40), kind=Kind.ISSUE)

    def post(
        self, posting_id: str, *moves: tuple[int, int, int], kind: Kind = Kind.PAYMENT
    ) -> Outcome:
        """Post `moves` of debit, credit and amount under `posting_id`."""
        return self.book.post(posting(posting_id, *moves, kind=kind))

    def money(self) -> list[tuple[int, int]]:
        """Return free and held tiyn of all accounts, in order of opening."""
        return [(free, held) for free, held in self.book.balances().values()]

    def lines(self) -> list[Line]:
        """Return the whole log."""
        return lines_of(self.journal.rows(), self.names)


def posting(
    posting_id: str,
    *moves: tuple[int, int, int],
    kind: Kind = Kind.PAYMENT,
    carried: Particulars | None = None,
) -> Posting:
    """Return a posting of `moves` of debit, credit and amount."""
    named = tuple(
        Move(AccountId(debit), AccountId(credit), amount) for debit, credit, amount in moves
    )
    return Posting(posting_id, kind, named, carried or Particulars())


def batch_of(
    batch_id: str,
    *moves: tuple[int, int, int],
    kind: Kind = Kind.DISTRIBUTE,
    carried: Particulars | None = None,
    regions: list[int] | None = None,
) -> Batch:
    """Return a batch of postings of one move each, of debit, credit and amount."""
    debit, credit, amounts = np.array(moves, dtype=np.int64).reshape(-1, 3).T
    region = None if regions is None else np.array(regions, dtype=np.int64)
    return Batch(batch_id, kind, (Leg(debit, credit),), amounts, carried or NOTHING, region)


def after(*changes: tuple[int, int, int]) -> list[tuple[int, int]]:
    """Return the money at the start changed by account, free and held."""
    money = list(START)
    for account, free, held in changes:
        money[account] = (money[account][0] + free, money[account][1] + held)
    return money
