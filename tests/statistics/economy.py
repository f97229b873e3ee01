"""A closed economy that pays with the book, and the log of what it did.

Apart from the tests so that each of them can let the same economy live.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tengesim.codes import Form, Kind, Reason
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger.book import Book
from tengesim.payment import AccountId, Move, Outcome, Particulars, Posting
from tengesim.streams import Streams, below, chance, further

NOTHING = Particulars()
DT = Form.DIGITAL_TENGE
SECOND_US = 1_000_000


class Economy:
    """A closed economy: an issuer, wallets with equal money, and a log of what they do."""

    def __init__(self, wallets: int, money_each: int, *, book_type: type[Book] = Book) -> None:
        """Open the wallets and give each the same."""
        self.now_us = 0
        self.names = Names()
        self.journal = Journal(self.names)
        self.book = book_type(self.journal, self.names, lambda: self.now_us)
        self.issuer = self.book.open("bank", "bank", DT)
        self.wallets = [self.book.open(f"wallet-{i}", "bank", DT) for i in range(wallets)]
        self._position = 0
        for wallet in self.wallets:
            self.post(Kind.OPENING, self.issuer, wallet, money_each)

    def post(self, kind: Kind, debit: AccountId, credit: AccountId, amount_tiyn: int) -> Outcome:
        """Post one move, under an id of its own."""
        self._position += 1
        move = Move(debit, credit, amount_tiyn)
        return self.book.post(Posting(f"posting {self._position}", kind, (move,)))

    def pay(
        self, payer: int, payee: int, amount_tiyn: int, reason: Reason = Reason.NONE
    ) -> Outcome:
        """Pay from one wallet to another, as retail payments are paid."""
        self._position += 1
        move = Move(self.wallets[payer], self.wallets[payee], amount_tiyn)
        place = (self.now_us, 0, self._position, 0)
        return self.book.pay(place, Kind.PAYMENT, (move,), NOTHING, reason)

    def money(self) -> list[int]:
        """Return free and held money of every wallet, in tiyn."""
        return [self.book.free(wallet) + self.book.held(wallet) for wallet in self.wallets]


class Drawn(NamedTuple):
    """Random payments of one step: who, whom, how much, and who redeems or issues instead."""

    payers: list[int]
    payees: list[int]
    amounts: list[int]
    is_issue: list[bool]
    is_redemption: list[bool]


def drawn(streams: Streams, step: int, wallets: int, count: int = 20, issue_bp: int = 500) -> Drawn:
    """Return `count` random payments, a few of which change the supply instead."""
    words = streams.words("payments", np.arange(count), step)
    payers = below(words, wallets)
    payees = (payers + 1 + below(further(words, "payee"), wallets - 1)) % wallets
    return Drawn(
        payers.tolist(),
        payees.tolist(),
        (1 + below(further(words, "amount"), 60)).tolist(),
        chance(further(words, "issue"), issue_bp).tolist(),
        chance(further(words, "redemption"), issue_bp).tolist(),
    )


def live(
    economy: Economy,
    streams: Streams,
    *,
    steps: int = 60,
    issue_bp: int = 500,
    each: Callable[[], None] = lambda: None,
) -> None:
    """Let the economy pay, issue and redeem; call `each` after every event."""
    for step in range(steps):
        chosen = drawn(streams, step, len(economy.wallets), issue_bp=issue_bp)
        for payer, payee, amount, issues, redeems in zip(*chosen, strict=True):
            economy.now_us += SECOND_US * (1 + amount % 7)
            if issues:
                economy.post(Kind.ISSUE, economy.issuer, economy.wallets[payer], amount)
            elif redeems:
                economy.post(Kind.REDEEM, economy.wallets[payer], economy.issuer, amount)
            else:
                economy.pay(payer, payee, amount)
            each()
