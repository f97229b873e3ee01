"""Every short story of a small ledger, told to the book and to the naive one.

Where a property test samples, this enumerates: three wallets, every amount that lies on a boundary
of the payer's balance, every order of three postings; and every order of holding, completing and
voiding over two postings. What the book does between the boundaries follows from comparisons of
amounts alone.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations, product

import pytest

from tengesim.codes import Form, Kind, Reason, Status
from tengesim.journal.names import Names
from tengesim.ledger.book import Book
from tengesim.ledger.columns import Columns
from tengesim.money import PAYMENT_MAX_TIYN
from tengesim.payment import AccountId, Move, Outcome, Particulars, Posting
from tests.naive_ledger import NaiveLedger

WALLETS = ("a", "b", "c")
OPENING = (3, 2, 0)
PAIRS = tuple(permutations(range(1, 1 + len(WALLETS)), 2))
AMOUNTS: tuple[Callable[[int], int], ...] = (
    lambda _: 0,
    lambda _: 1,
    lambda balance: balance - 1,
    lambda balance: balance,
    lambda balance: balance + 1,
    lambda _: PAYMENT_MAX_TIYN,
)

Ledger = Book | NaiveLedger


class ListedRows:
    """A log that is a list; nobody writes to it from compiled code."""

    def __init__(self) -> None:
        """Start an empty log."""
        self.rows: list[tuple[int, ...]] = []

    def append(self, row: tuple[int, ...]) -> None:
        """Take one row."""
        self.rows.append(row)


def opened(ledger: Ledger) -> None:
    """Open the issuer and the wallets with a little money."""
    form = Form.DIGITAL_TENGE
    issuer = ledger.open("bank", "bank", form)
    wallets = [ledger.open(name, "bank", form) for name in WALLETS]
    moves = [Move(issuer, wallet, n) for wallet, n in zip(wallets, OPENING, strict=True) if n]
    ledger.post(Posting("opening", Kind.OPENING, tuple(moves)))


def pair(kind: type[Book] = Book) -> tuple[Book, NaiveLedger, ListedRows]:
    """Return a ledger and a naive one with the same money."""
    log = ListedRows()
    book, naive = kind(log, Names(), lambda: 0), NaiveLedger()
    opened(book)
    opened(naive)
    return book, naive, log


def answer(act: Callable[[Ledger], Outcome], ledger: Ledger) -> Outcome | type[Exception]:
    """Return the outcome of `act`, or the type of error by which it is not done."""
    try:
        return act(ledger)
    except (ValueError, KeyError) as error:
        return type(error)


def assert_same_money(book: Book, naive: NaiveLedger, log: ListedRows) -> None:
    """Assert equal balances, equal logs, no negative holder and a sum of zero."""
    money = list(book.balances().values())
    assert money == list(naive.balances().values())
    assert min(min(one) for one in money[1:]) >= 0
    assert sum(map(sum, money)) == 0
    assert [(row[1], row[2], row[3], row[15], row[16]) for row in log.rows] == [
        (line.kind, line.status, line.reason, line.amount_tiyn, line.ref) for line in naive.lines
    ]


@pytest.mark.parametrize("kind", [Book, Columns])
def test_every_story_of_three_payments_between_three_wallets(kind: type[Book]) -> None:
    """Goal: R-02 without sampling. Method: 36 payments on each balance, three in a row."""
    seen: Counter[object] = Counter()
    for story in product(product(PAIRS, AMOUNTS), repeat=3):
        book, naive, log = pair(kind)
        for number, ((debit, credit), amount_of) in enumerate(story):
            amount = amount_of(book.free(AccountId(debit)))
            move = Move(AccountId(debit), AccountId(credit), amount)
            posting = Posting(f"{number}", Kind.PAYMENT, (move,))
            act = partial(post, posting=posting)
            expected = answer(act, naive)
            assert answer(act, book) == expected
            seen[expected if isinstance(expected, type) else expected[:2]] += 1
        assert_same_money(book, naive, log)
    assert set(seen) == {
        ValueError,
        (Status.SETTLED, Reason.NONE),
        (Status.REFUSED, Reason.INSUFFICIENT_FUNDS),
    }
    assert seen.total() == 3 * 36**3


def post(ledger: Ledger, posting: Posting) -> Outcome:
    """Post it."""
    return ledger.post(posting)


def hold(ledger: Ledger, posting: Posting) -> Outcome:
    """Put it on hold."""
    return ledger.hold(posting)


def complete(ledger: Ledger, posting: Posting) -> Outcome:
    """Complete what is on hold under its id."""
    return ledger.complete(posting.id)


def void(ledger: Ledger, posting: Posting) -> Outcome:
    """Void what is on hold under its id."""
    return ledger.void(posting.id)


def two_phase_acts() -> Iterator[tuple[str, Callable[[Ledger], Outcome]]]:
    """Yield every act of two postings that compete for the money of one wallet."""
    first = Posting("first", Kind.PAYMENT, (Move(AccountId(1), AccountId(2), 2),))
    second = Posting(
        "second",
        Kind.PAYMENT,
        (Move(AccountId(2), AccountId(1), 1), Move(AccountId(1), AccountId(3), 2)),
    )
    for posting in (first, second):
        yield f"post {posting.id}", partial(post, posting=posting)
        yield f"hold {posting.id}", partial(hold, posting=posting)
        yield f"complete {posting.id}", partial(complete, posting=posting)
        yield f"void {posting.id}", partial(void, posting=posting)
    retail = Move(AccountId(1), AccountId(2), 1)
    position = (1, 0, 0, 0)
    yield (
        "pay",
        lambda ledger: ledger.pay(position, Kind.PAYMENT, (retail,), Particulars()),
    )


@pytest.mark.parametrize("kind", [Book, Columns])
def test_every_story_of_four_acts_in_two_phases(kind: type[Book]) -> None:
    """Goal: R-04 and holds without sampling. Method: nine acts in every order of four."""
    seen: set[tuple[str, object]] = set()
    for story in product(tuple(two_phase_acts()), repeat=4):
        book, naive, log = pair(kind)
        for name, act in story:
            expected = answer(act, naive)
            assert answer(act, book) == expected
            seen.add((name, expected if isinstance(expected, type) else expected[:2]))
        assert_same_money(book, naive, log)
    for posting in ("first", "second"):
        for word, status in (("complete", Status.POSTED), ("void", Status.VOIDED)):
            assert {found for name, found in seen if name == f"{word} {posting}"} == {
                KeyError,
                ValueError,
                (status, Reason.NONE),
            }
