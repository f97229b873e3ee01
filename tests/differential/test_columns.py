"""The fast ledger against the naive one and against the book, act by act and row by row."""

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Reason
from tengesim.errors import InvariantError
from tengesim.journal.events import ROW, Rows
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger import chart, columns, columns_kernel
from tengesim.ledger.book import Book
from tengesim.ledger.columns import Columns
from tengesim.ledger.parties import CASH, DEPOSIT, WALLET, account_of
from tengesim.ledger.traits import NEEDS_ATTENTION, pack
from tengesim.money import SUPPLY_MAX_TIYN
from tengesim.payment import AccountId, Batch, Leg, Move, NameId, Particulars, Posting
from tests.differential.test_teeth import SEARCH, machine_on
from tests.money_stories import told

NB = "national_bank"
DT = Form.DIGITAL_TENGE


def test_any_order_of_acts_keeps_the_columns_equal_to_the_naive_ledger() -> None:
    """Goal: R-01 to R-04. Method: Hypothesis combines acts, the world checks after each."""
    run_state_machine_as_test(machine_on(Columns), settings=settings(SEARCH, max_examples=60))


@pytest.mark.parametrize("seed", range(20))
def test_a_story_leaves_the_same_log_in_both_ledgers(seed: int) -> None:
    """Goal: bit for bit. Method: the same seeded story told to each; digest, balances, chunks."""
    reference, fast = told(seed, 60), told(seed, 60, Columns)
    assert reference.journal.digest() == fast.journal.digest()
    assert reference.book.balances() == fast.book.balances()
    assert list(reference.book.balances()) == list(fast.book.balances())
    assert (reference.book.ref, reference.book.position) == (fast.book.ref, fast.book.position)
    chunks = [list(ledger.balance_columns()) for ledger in (reference.book, fast.book)]
    for number in range(6):
        first, second = (np.concatenate([chunk[number] for chunk in told]) for told in chunks)
        assert first.tolist() == second.tolist()


UNCOMPILED = """
from tengesim.compiled import is_compiled
from tengesim.ledger.columns import Columns
from tests.money_stories import told
assert not is_compiled()
print(*(told(seed, 30, Columns).journal.digest() for seed in range(3)))
"""


def test_uncompiled_columns_give_the_same_log() -> None:
    """Goal: compiling changes nothing. Method: stories in a process without the compiler."""
    answer = subprocess.run(
        [sys.executable, "-c", UNCOMPILED],
        capture_output=True,
        check=True,
        text=True,
        env={"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": "."},
        timeout=300,
    )
    expected = [told(seed, 30).journal.digest() for seed in range(3)]
    assert answer.stdout.split() == expected


def opened(ledger: type[Book], parties: int = 5) -> tuple[Book, Journal]:
    """Return a ledger with parties at two banks, all with a deposit, cash and a wallet."""
    names = Names()
    journal = Journal(names)
    book = ledger(journal, names, lambda: 7)
    first = names.block("person-", 4, parties)
    keeper = np.array([names.id("bank a"), names.id("bank b")])
    bank, everyone = np.arange(parties) % 2, np.arange(parties)
    book.open_parties(first, parties)
    if isinstance(book, Columns):
        nothing = np.zeros(parties, dtype=np.int64)
        book.set_traits(pack(first + everyone, nothing, bank, nothing))
    book.open_slot(DEPOSIT, everyone, keeper[bank])
    for slot in (CASH, WALLET):
        book.open_slot(slot, everyone, np.broadcast_to(np.int64(names.id(NB)), parties))
    return book, journal


@pytest.mark.parametrize("amount_tiyn", [2**53 + 1, SUPPLY_MAX_TIYN, SUPPLY_MAX_TIYN // 3])
def test_amounts_that_no_float_can_hold_are_exact(amount_tiyn: int) -> None:
    """Goal: no float on the way. Method: issue, pass on in two legs and return odd amounts."""
    digests = []
    for kind in (Book, Columns):
        book, journal = opened(kind)
        issuer = book.open(NB, NB, DT)
        one, two = (np.array([account_of(party, WALLET)]) for party in (0, 1))
        issued = Leg(np.array([issuer]), one), Leg(one, two), Leg(two, one)
        amounts = np.array([amount_tiyn])
        book.post_many(Batch("in", Kind.ISSUE, issued, amounts, Particulars()))
        assert book.free(account_of(0, WALLET)) == amount_tiyn  # type: ignore[arg-type]
        too_much = Batch(
            "out", Kind.REDEEM, (Leg(one, np.array([issuer])),) * 2, amounts, Particulars()
        )
        assert book.post_many(too_much).tolist() == [Reason.INSUFFICIENT_FUNDS]
        digests.append(journal.digest())
    assert digests[0] == digests[1]


@pytest.mark.parametrize("kind", [Book, Columns])
def test_an_issuer_that_would_owe_too_much_stops_the_batch(kind: type[Book]) -> None:
    """Goal: R-07. Method: the second posting is one tiyn too much; what came before is logged."""
    book, journal = opened(kind)
    issuer = np.full(3, book.open(NB, NB, DT))
    wallets = account_of(0, WALLET) + 8 * np.arange(3)
    amounts = np.array([SUPPLY_MAX_TIYN - 5, 6, 1])
    batch = Batch("too much", Kind.ISSUE, (Leg(issuer, wallets),), amounts, Particulars())
    with pytest.raises(InvariantError, match="owe more"):
        book.post_many(batch)
    assert book.free_of(wallets).tolist() == [SUPPLY_MAX_TIYN - 5, 0, 0]
    assert (len(journal), book.ref) == (1, 1)


def test_many_rows_pass_through_several_buffers() -> None:
    """Goal: a batch may be longer than the buffer. Method: 300,000 postings of two legs each."""
    count, digests = 300_000, []
    for kind in (Book, Columns):
        book, journal = opened(kind)
        issuer, wallets = book.open(NB, NB, DT), account_of(0, WALLET) + 8 * (np.arange(count) % 3)
        legs = (
            Leg(np.broadcast_to(np.int64(issuer), count), wallets),
            Leg(wallets, wallets + 8),
        )
        batch = Batch("many", Kind.ISSUE, legs, 1 + np.arange(count) % 7, Particulars())
        book.post_many(batch)
        digests.append((journal.digest(), len(journal), list(book.balances().values())))
    assert digests[0] == digests[1]


def test_lines_of_parties_lie_in_one_line_of_the_cache_each() -> None:
    """Goal: one miss a party. Method: address, layout and type for several counts."""
    for count in (1, 2, 3, 1_001):
        book, _ = opened(Columns, count)
        assert isinstance(book, Columns)
        assert book.rows.ctypes.data % 64 == 0
        assert book.rows.flags.c_contiguous
        assert book.rows.shape == (count, 8)
        assert book.rows.dtype == np.int64


def test_a_party_with_money_on_hold_says_so() -> None:
    """Goal: compiled code stays away from it. Method: two holds, ended one after the other."""
    book, _ = opened(Columns)
    assert isinstance(book, Columns)
    wallet, cash = account_of(2, WALLET), account_of(2, CASH)
    for account, form in ((wallet, DT), (cash, Form.CASH)):
        move = Move(book.open(NB, NB, form), account, 9)  # type: ignore[arg-type]
        book.post(Posting(f"fill {form}", Kind.OPENING, (move,)))
        payment = Move(account, account + 8, 4)  # type: ignore[arg-type]
        book.hold(Posting(f"hold {form}", Kind.PAYMENT, (payment,)))
    assert [bool(traits & NEEDS_ATTENTION) for traits in book.rows[:, 7].tolist()] == [
        party == 2 for party in range(5)
    ]
    book.void(f"hold {DT}")
    assert book.rows[2, 7] & NEEDS_ATTENTION
    book.complete(f"hold {Form.CASH}")
    assert not (book.rows[:, 7] & NEEDS_ATTENTION).any()


def never_malformed(*_: object) -> int:
    """Find nothing wrong."""
    return -1


def in_their_own_order(batch: Batch) -> object:
    """Leave a batch as it comes."""
    return np.arange(len(batch.amount_tiyn))


def plant(monkeypatch: pytest.MonkeyPatch, mistake: str) -> None:
    """Plant a mistake in what only the fast ledger does."""
    if mistake == "nothing is malformed":
        monkeypatch.setattr(columns_kernel, "malformed", never_malformed)
    if mistake == "a batch as it comes":
        monkeypatch.setattr(chart, "account_order", in_their_own_order)
    if mistake == "one region":
        columns_of = columns._columns_of

        def same_region(batch: Batch) -> list[NDArray[np.int64]]:
            *others, region = columns_of(batch)
            return [*others, np.broadcast_to(region[:1], len(region))]

        monkeypatch.setattr(columns, "_columns_of", same_region)
    if mistake == "a purse is forgotten":
        under: Callable[[Columns, NameId], object] = Columns._under
        monkeypatch.setattr(Columns, "_under", lambda self, mark: under(self, mark)[1:])  # type: ignore[index]
    if mistake == "held money is forgotten":
        monkeypatch.setattr(Columns, "_add_held", lambda *_: None)
    if mistake == "no account is known":
        monkeypatch.setattr(Columns, "known", lambda *_: None)


@pytest.mark.parametrize(
    "mistake",
    [
        "nothing is malformed",
        "a batch as it comes",
        "one region",
        "a purse is forgotten",
        "held money is forgotten",
        "no account is known",
    ],
)
def test_the_stories_find_a_mistake_planted_in_the_columns(
    monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    """Goal: the comparison can fail. Method: tell stories until a check does."""
    plant(monkeypatch, mistake)
    with pytest.raises((AssertionError, InvariantError)):
        tell_stories()


def tell_stories() -> None:
    """Tell some stories of the columns."""
    for seed in range(40):
        told(seed, 60, Columns)


class Nowhere:
    """A place for rows that nobody asks for again."""

    def add(self, rows: Rows) -> None:
        """Take further rows."""

    def rows(self) -> Rows:
        """Return none."""
        return np.empty(0, dtype=ROW)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_bulk_acts_of_a_nation_take_seconds() -> None:
    """Goal: 2.5 million credits and a sweep of as many purses. Method: processor time."""
    count = 2_500_000
    book, journal = opened(Columns, 2_500)
    journal.keep_in(Nowhere())
    issuer, treasury = book.open(NB, NB, DT), book.open("treasury", NB, DT)
    purses = np.array([book.open(f"pupil-{i}", NB, DT, "meals") for i in range(count)])
    leg = Leg(np.broadcast_to(np.int64(issuer), count), purses)
    amounts = np.broadcast_to(np.int64(811), count)
    started = time.process_time()
    book.post_many(Batch("credits", Kind.ISSUE, (leg,), amounts, Particulars()))
    journal.flush()
    credited = time.process_time()
    nobody: frozenset[AccountId] = frozenset()
    swept = book.sweep(
        "meals",
        treasury,
        posting_id="expiry",
        kind=Kind.RETURN,
        keep=nobody,
        carried=Particulars(),
    )
    journal.flush()
    assert swept == 811 * count
    assert credited - started < 5
    assert time.process_time() - credited < 3
