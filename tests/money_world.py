"""A small world of public money in which the ledger is compared with the naive one at every step.

Each act takes a few small integers, so that Hypothesis, an enumeration or a seeded draw can play
the same world. After each act five things are compared or checked: the outcome, the rows, all
balances, the sums, signs and identities, and what the auditor makes of the rows. The acts are
kept, so that the world can be played again.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Reason, Status
from tengesim.journal.events import Rows
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger.audit import Auditor
from tengesim.ledger.book import Book
from tengesim.ledger.columns import Columns
from tengesim.ledger.parties import CASH as CASH_SLOT
from tengesim.ledger.parties import DEPOSIT as DEPOSIT_SLOT
from tengesim.ledger.parties import FORM_OF_SLOT, PARTY_BASE, PURSE, WALLET, account_of
from tengesim.ledger.traits import pack
from tengesim.payment import AccountId, Batch, Leg, Move, Particulars, Posting
from tests.naive_ledger import Key, Line, NaiveLedger

NB: Final = "national_bank"
MARKS: Final = ("meals.1", "meals.2")
CHILD: Final = "meals.1.below"
"""A mark below the first one."""
DT: Final = Form.DIGITAL_TENGE
TSA: Final = Form.TREASURY_SINGLE_ACCOUNT
RESERVE: Final = Form.BANK_RESERVE
DEPOSIT: Final = Form.BANK_DEPOSIT

ACCOUNTS: Final[dict[str, Key]] = {
    "tsa_issuer": (NB, NB, TSA, ""),
    "tsa": ("treasury", NB, TSA, ""),
    "dt_issuer": (NB, NB, DT, ""),
    "treasury": ("treasury", NB, DT, ""),
    "treasury.1": ("treasury", NB, DT, MARKS[0]),
    "treasury.2": ("treasury", NB, DT, MARKS[1]),
    "purse_a.1": ("pupil_a", NB, DT, MARKS[0]),
    "purse_b.1": ("pupil_b", NB, DT, MARKS[0]),
    "purse_c.1": ("pupil_c", NB, DT, MARKS[0]),
    "purse_a.2": ("pupil_a", NB, DT, MARKS[1]),
    "purse_b.2": ("pupil_b", NB, DT, MARKS[1]),
    "purse_c.2": ("pupil_c", NB, DT, MARKS[1]),
    "caterer.1": ("caterer", NB, DT, MARKS[0]),
    "caterer.2": ("caterer", NB, DT, MARKS[1]),
    "caterer": ("caterer", NB, DT, ""),
    "reserve_issuer": (NB, NB, RESERVE, ""),
    "reserve": ("bank", NB, RESERVE, ""),
    "deposit_issuer": ("bank", "bank", DEPOSIT, ""),
    "deposit": ("caterer", "bank", DEPOSIT, ""),
    "other_issuer": ("other", "other", DEPOSIT, ""),
    "cash_issuer": (NB, NB, Form.CASH, ""),
    "below": ("subcontractor", NB, DT, CHILD),
}
NAMES: Final = tuple(ACCOUNTS)
UNKNOWN: Final = AccountId(900)
NOBODYS: Final = (UNKNOWN, -1, PARTY_BASE - 1, account_of(0, 4), account_of(3, 2), account_of(4, 0))
"""Ids of no account: of institutions and, as long as party 3 has no wallet, of parties."""

CASH: Final = Form.CASH
PARTIES: Final = 4
BANKS: Final = ("bank", "bank", "other", "bank")
ROWS: Final[dict[int, tuple[int, ...]]] = {
    DEPOSIT_SLOT: (2, 0, 1, 3),
    CASH_SLOT: (0, 1, 2, 3),
    WALLET: (1, 0),
    PURSE: (0,),
}
"""Which parties have an account in which slot from the start, in the order of opening."""
LEAVING: Final = (
    Kind.SHED,
    Kind.PAYMENT,
    Kind.RETURN,
    Kind.SUBPAYMENT,
    Kind.TAX,
    Kind.WAGE,
    Kind.CLAWBACK,
)
"""Kinds in which money of this world leaves its mark."""
REASONS: Final = (Reason.PAYEE_NOT_ALLOWED, Reason.PRESENCE_NOT_PROVEN)

Ledger = Book | NaiveLedger


class MoneyWorld:
    """The true book (or a broken one), the naive ledger and the auditor, side by side."""

    def __init__(self, book_type: type[Book] = Book) -> None:
        """Open all accounts on both sides."""
        self.now_us = 0
        self.names = Names()
        self.journal = Journal(self.names)
        self.auditor = Auditor()
        self.book = book_type(self.journal, self.names, lambda: self.now_us)
        self.naive = NaiveLedger()
        self.acts: list[tuple[str, tuple[int, ...]]] = []
        self.postings: list[Posting] = []
        self.lines: list[Line] = []
        self.is_sound = True
        self._book_type = book_type
        self._next_id = 0
        self._position = 0
        self.journal.fold(self.auditor.consume)
        self.journal.fold(self._read)
        self.number: dict[str, AccountId] = {}
        for name, (holder, keeper, form, mark) in ACCOUNTS.items():
            self.number[name] = self.naive.open(holder, keeper, Form(form), mark)
            assert self.book.open(holder, keeper, Form(form), mark) == self.number[name]
        self.keys = dict(ACCOUNTS)
        self._first = self.names.block("person-", 8, PARTIES)
        self._first_purse = self.names.block("purse-", 8, PARTIES)
        self.book.open_parties(self._first, PARTIES)
        if isinstance(self.book, Columns):
            self.book.set_traits(traits_of(self._first))
        for slot, parties in ROWS.items():
            assert self._open_slot(slot, *parties)

    def play(self, act: str, *choices: int) -> None:
        """Do the act named `act` on both sides, then compare and check everything."""
        self.is_sound = False
        self._do(act, choices)
        self.check()
        self.is_sound = True

    def replay(self) -> str:
        """Return the log digest of a second world in which the same acts are played."""
        again = MoneyWorld(self._book_type)
        for act, choices in self.acts:
            again._do(act, choices)
        return again.journal.digest()

    def fund(self, size: int) -> None:
        """Fill the treasury single account."""
        self._post(Kind.OPENING, ("tsa_issuer", "tsa", 1 + size))

    def issue(self, mark: int, size: int) -> None:
        """Turn money of the treasury single account into digital tenge under a mark."""
        amount = self._near("tsa", size)
        self._post(
            Kind.ISSUE,
            ("tsa", "tsa_issuer", amount),
            ("dt_issuer", f"treasury.{mark + 1}", amount),
        )

    def distribute(self, mark: int, *sizes: int) -> None:
        """Spread marked money over the purses, in an order that is not that of the accounts."""
        purses = [f"purse_{pupil}.{mark + 1}" for pupil in "cab"]
        payer = self.number[f"treasury.{mark + 1}"]
        leg = Leg(np.broadcast_to(np.int64(payer), 3), self._ids(*purses))
        self._twice(self._batch(Kind.DISTRIBUTE, (leg,), np.array(sizes) + 1))

    def pay(self, purse: int, size: int, refusal: int) -> None:
        """Pay for a meal, refused by a rule when `refusal` is not 0; then offer it again."""
        payer = NAMES[6 + purse]
        move = self._move(payer, "caterer." + payer[-1], self._near(payer, size))
        reason = (Reason.NONE, *REASONS)[refusal]
        self._position += 1
        position = (self._position, 0, 0, 0)
        carried = Particulars(intent=-self._position, attempt=refusal)
        for _ in range(2):
            self._same(
                lambda ledger: ledger.pay(position, Kind.PAYMENT, (move,), carried, reason=reason)
            )

    def pay_late(self, purse: int) -> None:
        """Offer a payment at a place of the tape that has passed."""
        payer = NAMES[6 + purse]
        move = self._move(payer, "caterer." + payer[-1], 1)
        position = (max(0, self._position - 1), 9, 9, 9)
        self._same(lambda ledger: ledger.pay(position, Kind.PAYMENT, (move,), Particulars()))

    def deliver(self, purse: int, size: int) -> None:
        """Record a delivery on the tape, for which no money moves, whatever the purse holds."""
        payer = NAMES[6 + purse]
        move = self._move(payer, "caterer." + payer[-1], 1 + size)
        self._position += 1
        position = (self._position, 0, 0, 0)
        for _ in range(2):
            self._same(lambda ledger: ledger.pay(position, Kind.DELIVERY, (move,), Particulars()))

    def record(self, size: int) -> None:
        """Record evidence that is not on the tape, in two moves."""
        moves = (self._move("tsa", "tsa_issuer", 1 + size), self._move("caterer", "treasury", 1))
        posting = self._keep(Posting(self._id(), Kind.REFUND, moves))
        for _ in range(2):
            self._same(lambda ledger: ledger.record(posting))

    def shed(self, mark: int, size: int) -> None:
        """Free the caterer's money of its mark."""
        payer = f"caterer.{mark + 1}"
        self._post(Kind.SHED, (payer, "caterer", self._near(payer, size)))

    def redeem(self, size: int) -> None:
        """Turn the caterer's digital tenge into a deposit: three legs or none."""
        amount = self._near("caterer", size)
        self._post(
            Kind.REDEEM,
            ("caterer", "dt_issuer", amount),
            ("reserve_issuer", "reserve", amount),
            ("deposit_issuer", "deposit", amount),
        )

    def refund(self, purse: int, size: int) -> None:
        """Give money for a meal not served back under the mark it had."""
        payee = NAMES[6 + purse]
        self._post(Kind.REFUND, ("caterer", payee, self._near("caterer", size)))

    def expire(self, mark: int, keeps_caterer: int) -> None:
        """Return what is left under a mark; then order the same sweep again."""
        keep = frozenset({self.number[f"caterer.{mark + 1}"]} if keeps_caterer else ())
        sweep_id = self._id()
        for _ in range(2):
            self._same(
                lambda ledger: ledger.sweep(
                    MARKS[mark],
                    self.number["treasury"],
                    posting_id=sweep_id,
                    kind=Kind.RETURN,
                    keep=keep,
                    carried=Particulars(attempt=1),
                )
            )

    def pass_down(self, way: int, size: int) -> None:
        """Move marked money down a supply chain and out of it, singly and then in a batch."""
        kind, payer, payee = (
            (Kind.SUBPAYMENT, "caterer.1", "below"),
            (Kind.SUBPAYMENT, "treasury.1", "below"),
            (Kind.SUBPAYMENT, "below", "caterer"),
            (Kind.TAX, "below", "treasury"),
            (Kind.WAGE, "below", "caterer"),
            (Kind.CLAWBACK, "below", "treasury"),
            (Kind.PAYMENT, "caterer.1", "below"),
            (Kind.SUBPAYMENT, "treasury", "below"),
        )[way]
        self._post(kind, (payer, payee, self._near(payer, size)))
        amount = max(1, self._near(payer, size) // 2)
        self._twice(self._batch_of(kind, self._move(payer, payee, amount)))

    def spend_twice(self, purse: int, size: int) -> None:
        """Two moves of one posting from one purse, that may fit singly and not together."""
        payer = NAMES[6 + purse]
        amount = self._near(payer, size)
        moves = (payer, "caterer." + payer[-1], amount), (payer, "treasury." + payer[-1], amount)
        self._post(Kind.PAYMENT, *moves)

    def pass_on(self, purse: int, size: int, *, holds: bool = False) -> None:
        """Pay a caterer that spends the money within the same posting."""
        payer = NAMES[6 + purse]
        amount = self._near(payer, size)
        through = "caterer." + payer[-1]
        moves = (payer, through, amount), (through, "treasury." + payer[-1], amount)
        self._post(Kind.PAYMENT, *moves, holds=holds)

    def reserve_passing_on(self, purse: int, size: int) -> None:
        """Reserve such a posting: money that is only expected cannot be put on hold."""
        self.pass_on(purse, size, holds=True)

    def claim(self, size: int) -> None:
        """Put a claim on hold: three legs, of which the treasury's is reserved."""
        amount = self._near("tsa", size)
        self._post(
            Kind.CLAIM,
            ("tsa", "tsa_issuer", amount),
            ("reserve_issuer", "reserve", amount),
            ("deposit_issuer", "deposit", amount),
            holds=True,
        )

    def reserve(self, purse: int, size: int) -> None:
        """Put a payment from a purse on hold."""
        payer = NAMES[6 + purse]
        self._post(
            Kind.PAYMENT,
            (payer, "caterer." + payer[-1], self._near(payer, size)),
            holds=True,
        )

    def complete(self, which: int) -> None:
        """Complete an earlier posting, whether it is on hold or not."""
        earlier = self._earlier(which)
        self._same(lambda ledger: ledger.complete(earlier.id))

    def void(self, which: int) -> None:
        """Void an earlier posting, whether it is on hold or not."""
        earlier = self._earlier(which)
        self._same(lambda ledger: ledger.void(earlier.id))

    def refuse(self, purse: int, reason: int) -> None:
        """Refuse a posting by a rule, then offer it for settlement."""
        payer = NAMES[6 + purse]
        move = self._move(payer, "caterer." + payer[-1], 1)
        posting = self._keep(Posting(self._id(), Kind.PAYMENT, (move,)))
        self._same(lambda ledger: ledger.refuse(posting, REASONS[reason]))
        self._same(lambda ledger: ledger.post(posting))

    def refuse_redeeming(self, mark: int) -> None:
        """Refuse what the chart forbids: redeeming money that is still marked."""
        move = self._move(f"caterer.{mark + 1}", "dt_issuer", 1)
        posting = self._keep(Posting(self._id(), Kind.REDEEM, (move,)))
        self._same(lambda ledger: ledger.refuse(posting, Reason.CONVERSION_NOT_ALLOWED))
        self._same(lambda ledger: ledger.refuse(posting, Reason.CONVERSION_NOT_ALLOWED))

    def repeat(self, which: int, change: int) -> None:
        """Offer an earlier posting again: the same, or with one thing changed under its id."""
        earlier = self._earlier(which)
        debit, credit, amount = earlier.moves[0]
        posting = (
            earlier,
            Posting(earlier.id, earlier.kind, (Move(debit, credit, amount + 1),)),
            Posting(earlier.id, Kind.RETURN, earlier.moves, earlier.particulars),
            Posting(earlier.id, earlier.kind, earlier.moves, Particulars(attempt=7)),
            Posting(earlier.id, earlier.kind, (*earlier.moves, earlier.moves[0])),
            Posting(earlier.id, earlier.kind, (Move(UNKNOWN, credit, amount),)),
        )[change]
        self._same(lambda ledger: ledger.post(posting))

    def post_unknown(self, side: int, way: int) -> None:
        """Name an account that nobody opened, in one leg of two, one way or another."""
        moves = [self._move("treasury", "caterer", 1), self._move("treasury", "caterer", 1)]
        moves[side % 2] = (
            moves[0]._replace(debit=UNKNOWN),
            moves[0]._replace(credit=UNKNOWN),
            moves[0]._replace(debit=AccountId(-1)),
        )[side // 2]
        posting = self._keep(Posting(self._id(), Kind.PAYMENT, tuple(moves)))
        acts: tuple[Callable[[Ledger], object], ...] = (
            lambda ledger: ledger.post(posting),
            lambda ledger: ledger.hold(posting),
            lambda ledger: ledger.record(posting),
            lambda ledger: ledger.refuse(posting, Reason.RULE_NOT_MET),
        )
        self._same(acts[way])
        self._same(acts[0])

    def reserve_nothing(self, size: int) -> None:
        """Put on hold what no holder would pay."""
        self._post(Kind.OPENING, ("tsa_issuer", "tsa", 1 + size), holds=True)

    def post_malformed(self, mistake: int) -> None:
        """Order what no ledger may do; both sides must refuse to try."""
        kind, payer, payee, amount = (
            (Kind.PAYMENT, "treasury", "treasury", 1),
            (Kind.PAYMENT, "treasury", "deposit", 1),
            (Kind.PAYMENT, "dt_issuer", "treasury", 1),
            (Kind.PAYMENT, "purse_a.1", "caterer", 1),
            (Kind.PAYMENT, "treasury", "purse_a.1", 1),
            (Kind.REFUND, "purse_a.1", "purse_a.2", 1),
            (Kind.PAYMENT, "treasury", "caterer", 0),
            (Kind.PAYMENT, "treasury", "caterer", -1),
            (Kind.PAYMENT, "treasury", "caterer", 10**13 + 1),
            (Kind.PAYMENT, "treasury", "caterer", True),
        )[mistake]
        moves = self._move("treasury", "caterer", 1), self._move(payer, payee, amount)
        posting = Posting(self._id(), kind, moves[1:])
        batch = self._batch_of(kind, *moves)
        self._position += 1
        position = (self._position, 0, 0, 0)
        empty = Posting(self._id(), kind, ())
        self._same(lambda ledger: ledger.refuse(empty, Reason.RULE_NOT_MET))
        for _ in range(2):
            self._same(lambda ledger: ledger.post(posting))
            self._same(lambda ledger: ledger.hold(posting))
            self._same(lambda ledger: ledger.record(posting))
            self._same(lambda ledger: ledger.post_many(batch))
        self._same(lambda ledger: ledger.pay(position, kind, (moves[1],), Particulars()))

    def fill(self, *sizes: int) -> None:
        """Give parties deposits, cash and digital tenge to begin with, each in one batch."""
        legs = (
            ("deposit_issuer", ("deposit.1", "deposit.0", "deposit.3")),
            ("other_issuer", ("deposit.2",)),
            ("cash_issuer", ("cash.3", "cash.1", "cash.2", "cash.0")),
            ("dt_issuer", ("wallet.1", "purse.0", "wallet.0")),
            ("deposit_issuer", ("deposit",)),
        )
        for issuer, holders in legs:
            debit = np.full(len(holders), self.number[issuer])
            amounts = np.array([1 + sizes[place % len(sizes)] for place in range(len(holders))])
            self._twice(self._batch(Kind.OPENING, (Leg(debit, self._ids(*holders)),), amounts))

    def pay_wages(self, size: int, extra: int, regional: int) -> None:
        """Pay wages through the bank's own account: it is in both legs, and money may run out."""
        people = self._ids("deposit.3", "deposit.0", "deposit.1")
        share = max(1, self._near("deposit", size) // 2)
        amounts = np.array([share, share + extra, 1], dtype=np.int64)
        payer = np.broadcast_to(np.int64(self.number["deposit"]), 3)
        bank = np.broadcast_to(np.int64(self.number["deposit_issuer"]), 3)
        legs = Leg(payer, bank), Leg(bank, people)
        self._twice(self._batch(Kind.WAGE, legs, amounts, is_regional=bool(regional)))

    def pay_benefits(self, size: int, extra: int) -> None:
        """Pay benefits out of the treasury's account: five legs, of two banks."""
        amounts = np.array([max(1, self._near("tsa", size)), 1 + extra], dtype=np.int64)
        pairs = (
            ("tsa", "tsa_issuer"),
            ("reserve_issuer", "reserve"),
            ("deposit_issuer", "deposit.0"),
            ("other_issuer", "deposit.2"),
            ("dt_issuer", "wallet.1"),
        )
        legs = tuple(
            Leg(np.full(2, self.number[debit]), np.full(2, self.number[credit]))
            for debit, credit in pairs
        )
        self._twice(self._batch(Kind.BENEFIT, legs, amounts, is_regional=True))

    def spend_wallets(self, size: int, which: int) -> None:
        """Batches whose postings take from one wallet twice, pass on, or come back to it."""
        first, second = self._ids("wallet.0", "wallet.1"), self._ids("wallet.1", "wallet.0")
        caterer = np.full(2, self.number["caterer"])
        chain = Leg(first, caterer), Leg(caterer, second)
        legs = (
            (Leg(first, second), Leg(first, caterer)),
            chain,
            (Leg(first, second), Leg(second, first)),
            (Leg(first, caterer), Leg(first, caterer), Leg(caterer, first)),
            (Leg(first, second),),
            (Leg(caterer, first), Leg(first, second), Leg(second, caterer)),
        )[which]
        amount = max(1, self._near("wallet.0", size))
        self._twice(self._batch(Kind.PAYMENT, legs, np.array([amount, max(1, amount // 2)])))

    def post_many_unknown(self, which: int, leg: int, place: int) -> None:
        """Name an account that does not exist in one leg of one posting of a batch."""
        wallets = [self._ids("wallet.0", "wallet.1", "wallet.0") for _ in range(2)]
        caterer = [np.full(3, self.number["caterer"]) for _ in range(2)]
        (wallets, caterer)[leg % 2][leg // 2][place] = NOBODYS[which]
        legs = Leg(wallets[0], caterer[0]), Leg(wallets[1], caterer[1])
        self._twice(self._batch(Kind.PAYMENT, legs, np.array([2, 1, 3]), is_regional=True))

    def post_under_a_batch(self, which: int) -> None:
        """Send a posting under the id of a batch, and a batch under that of a posting."""
        leg = Leg(self._ids("wallet.0"), self._ids("caterer"))
        batch = self._batch(Kind.PAYMENT, (leg,), np.array([1]))
        self._twice(batch)
        kind = (Kind.PAYMENT, Kind.DISTRIBUTE)[which]
        posting = self._keep(Posting(batch.id, kind, batch.moves(0), batch.carried))
        self._same(lambda ledger: ledger.post(posting))
        earlier = self._earlier(1)
        if earlier.id != "unheard of":
            taken = Batch(earlier.id, Kind.PAYMENT, (leg,), np.array([1]), Particulars())
            self._same(lambda ledger: ledger.post_many(taken))

    def reserve_of_a_party(self, which: int, size: int) -> None:
        """Put money of a party on hold: of its wallet, its deposit or its cash."""
        pairs = ("wallet.0", "caterer"), ("deposit.1", "deposit.0"), ("cash.2", "cash.0")
        payer, payee = pairs[which]
        self._post(Kind.PAYMENT, (payer, payee, self._near(payer, size)), holds=True)

    def freeze(self, which: int, *, lets_go: bool = False) -> None:
        """Freeze an account that others pay from, with whatever is in it."""
        payer = ("wallet.0", "deposit.1", NAMES[6], "caterer", "reserve", "wallet.1")[which]
        kind = Kind.UNFREEZE if lets_go else Kind.FREEZE
        move = self._move(payer, "tsa", max(0, self.naive.money.free[self.keys[payer]]))
        posting = Posting(self._id(), kind, (move,))
        for _ in range(2):
            self._same(lambda ledger: ledger.freeze(posting))
        self._same(lambda ledger: ledger.freeze(Posting(posting.id, Kind.PAYMENT, (move,))))

    def let_go(self, which: int) -> None:
        """Let an account go that is frozen, or is not."""
        self.freeze(which, lets_go=True)

    def pay_by_wallet(self, size: int) -> None:
        """Pay from wallet to wallet on the tape."""
        move = self._move("wallet.0", "wallet.1", self._near("wallet.0", size))
        self._position += 1
        position = (self._position, 1, 0, 0)
        self._same(lambda ledger: ledger.pay(position, Kind.PAYMENT, (move,), Particulars()))

    def open_late(self, slot: int, party: int) -> None:
        """Open a slot that is closed, or that is open already, or of nobody."""
        self._open_slot(slot, party)

    def open_by_name(self, party: int, form: int, mark: int) -> None:
        """Ask for an account by its holder's name: a party's slot, or one outside of its row."""
        holder = self.names.text(self._first + party)
        keeper, kind = ((NB, DT), (NB, CASH), ("bank", DEPOSIT), (holder, DT))[form]
        under = ("", MARKS[0])[mark]
        self._same(lambda ledger: ledger.open(holder, keeper, kind, under))

    def check(self) -> None:
        """Compare the book with the naive ledger and the auditor; check what must always hold."""
        self.journal.flush()
        assert self.lines == self.naive.lines
        balances = self._balances()
        expected = self.naive.balances()
        assert list(balances.items()) == list(expected.items())
        check_sums(balances)
        check_signs(balances)
        check_marks(balances, self.lines)
        self.auditor.check(self.book.balance_columns(), f"time {self.now_us}")

    def _do(self, act: str, choices: tuple[int, ...]) -> None:
        self.acts.append((act, choices))
        self.now_us += 1
        getattr(self, act)(*choices)

    def _balances(self) -> dict[Key, tuple[int, int]]:
        text = self.names.text
        return {
            (text(a.holder), text(a.keeper), int(a.form), text(a.mark)): (free, held)
            for a, (free, held) in self.book.balances().items()
        }

    def _read(self, rows: Rows) -> None:
        self.lines.extend(lines_of(rows, self.names))

    def _same(self, act: Callable[[Ledger], object]) -> None:
        expected = _answer(act, self.naive)
        assert _answer(act, self.book) == expected

    def _open_slot(self, slot: int, *parties: int) -> bool:
        """Open one account of each party on both sides; return whether the ledgers would."""
        keepers = [BANKS[party % PARTIES] if slot == DEPOSIT_SLOT else NB for party in parties]
        keys = {
            account_of(party, slot): (
                self._holder(slot, party),
                keeper,
                int(FORM_OF_SLOT[slot]),
                "",
            )
            for party, keeper in zip(parties, keepers, strict=True)
        }
        first_name = self._first_purse if slot == PURSE else None
        is_refused = (
            bool(set(keys) & set(self.naive.keys))
            or bool(set(keys.values()) & set(self.naive.keys.values()))
            or max(parties) >= PARTIES
        )
        try:
            opened = self.book.open_slot(
                slot,
                np.array(parties, dtype=np.int64),
                np.array([self.names.id(keeper) for keeper in keepers], dtype=np.int64),
                first_name=first_name,
            )
        except ValueError:
            assert is_refused
            return False
        assert not is_refused
        assert opened.tolist() == list(keys)
        for (number, key), party in zip(keys.items(), parties, strict=True):
            name = f"{('deposit', 'cash', 'wallet', 'purse')[slot]}.{party}"
            self.number[name], self.keys[name] = self.naive.open_at(number, key), key
        return True

    def _holder(self, slot: int, party: int) -> str:
        return f"{'purse' if slot == PURSE else 'person'}-{party + 1:08d}"

    def _ids(self, *names: str) -> NDArray[np.int64]:
        return np.array([self.number[name] for name in names], dtype=np.int64)

    def _batch(
        self,
        kind: Kind,
        legs: tuple[Leg, ...],
        amounts: NDArray[np.int64],
        *,
        is_regional: bool = False,
    ) -> Batch:
        carried = Particulars(intent=7, attempt=1, region=self.names.id("somewhere"))
        # Regions are names; any known ones will do.
        region = np.arange(1, 1 + len(amounts)) if is_regional else None
        return Batch(self._id(), kind, legs, amounts, carried, region)

    def _batch_of(self, kind: Kind, *moves: Move) -> Batch:
        """Return a batch with one posting of one move each."""
        debit, credit, amounts = (np.array(column) for column in zip(*moves, strict=True))
        return self._batch(kind, (Leg(debit, credit),), amounts)

    def _twice(self, batch: Batch) -> None:
        for _ in range(2):
            self._same(lambda ledger: ledger.post_many(batch))

    def _post(self, kind: Kind, *moves: tuple[str, str, int], holds: bool = False) -> None:
        named = tuple(self._move(*move) for move in moves)
        posting = Posting(self._id(), kind, named, Particulars(attempt=len(moves)))
        if all(move.amount_tiyn > 0 for move in named):
            self._keep(posting)
        self._same(lambda ledger: ledger.hold(posting) if holds else ledger.post(posting))

    def _keep(self, posting: Posting) -> Posting:
        self.postings.append(posting)
        return posting

    def _earlier(self, which: int) -> Posting:
        """Return one of the latest postings, or one that nobody has ever sent."""
        if which >= len(self.postings):
            return Posting("unheard of", Kind.SHED, (self._move("caterer.1", "caterer", 1),))
        return self.postings[-1 - which]

    def _move(self, payer: str, payee: str, amount_tiyn: int) -> Move:
        return Move(self.number[payer], self.number[payee], amount_tiyn)

    def _near(self, name: str, size: int) -> int:
        """Return 1, half the free money, one less than all, all, or one more."""
        free = self.naive.money.free[self.keys[name]]
        return (1, free // 2, free - 1, free, free + 1)[size]

    def _id(self) -> str:
        self._next_id += 1
        return f"posting {self._next_id}"


def traits_of(first_name: int) -> NDArray[np.int64]:
    """Return what the fast ledger has to know of the parties: their names and banks."""
    nothing = np.zeros(PARTIES, dtype=np.int64)
    bank = np.array([sorted(set(BANKS)).index(bank) for bank in BANKS])
    return pack(first_name + np.arange(PARTIES), nothing, bank, nothing)


def balances_of(book: Book) -> dict[tuple[int, int, int, int], tuple[int, int]]:
    """Return free and held tiyn of all accounts in the form in which the auditor reads them."""
    return {
        (account.holder, account.keeper, account.form, account.mark): (free, held)
        for account, (free, held) in book.balances().items()
    }


def lines_of(rows: Rows, names: Names) -> list[Line]:
    """Return the rows of a log as lines of the naive ledger."""
    text = names.text
    return [
        Line(
            kind=row["kind"].item(),
            status=row["status"].item(),
            reason=row["reason"].item(),
            payer=_key(text, row, "payer", ""),
            payee=_key(text, row, "payee", "_to"),
            amount_tiyn=row["amount_tiyn"].item(),
            ref=row["ref"].item(),
            rule=text(row["rule"].item()),
            carried=tuple(row[name].item() for name in Particulars._fields if name != "rule"),
        )
        for row in rows
    ]


def check_sums(balances: dict[Key, tuple[int, int]]) -> None:
    """Assert that what holders have is what the issuer owes, per keeper and form."""
    sums: dict[tuple[str, int], int] = {}
    for (_, keeper, form, _), (free, held) in balances.items():
        sums[keeper, form] = sums.get((keeper, form), 0) + free + held
    assert set(sums.values()) <= {0}, sums


def check_signs(balances: dict[Key, tuple[int, int]]) -> None:
    """Assert that no holder owes anything and that no issuer is owed."""
    for (holder, keeper, _, _), (free, held) in balances.items():
        assert held >= 0
        assert free <= 0 if holder == keeper else free >= 0


def check_marks(balances: dict[Key, tuple[int, int]], lines: list[Line]) -> None:
    """Assert that no money came under a mark or left it but by a row that says so."""
    for mark in (*MARKS, CHILD):
        there = sum(free + held for key, (free, held) in balances.items() if key[3] == mark)
        came = left = 0
        for line in lines:
            if line.status not in (Status.SETTLED, Status.POSTED):
                continue
            if line.payer[3] != mark and line.payee[3] == mark:
                below = line.kind == Kind.SUBPAYMENT and (line.payer[3], mark) == (MARKS[0], CHILD)
                assert below or line.kind in (Kind.ISSUE, Kind.REFUND)
                came += line.amount_tiyn
            if line.payer[3] == mark and line.payee[3] != mark:
                assert line.kind in LEAVING
                left += line.amount_tiyn
        assert came == there + left


def _key(text: Callable[[int], str], row: Rows, side: str, suffix: str) -> Key:
    return (
        text(row[side].item()),
        text(row["keeper" + suffix].item()),
        row["form" + suffix].item(),
        text(row["mark" + suffix].item()),
    )


def _answer(act: Callable[[Ledger], object], ledger: Ledger) -> object:
    try:
        answer = act(ledger)
    except (ValueError, KeyError) as error:
        return type(error)
    return answer.tolist() if isinstance(answer, np.ndarray) else answer
