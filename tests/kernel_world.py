"""Small random worlds answered twice: want by want in readable code, and by compiled code.

Both halves are built alike on ledgers of their own. The second leaves to the readable rails what
compiled code leaves to them, so that their logs can be compared byte by byte.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import numpy as np

from tengesim.clock import HOUR_US, MINUTE_US, Calendar
from tengesim.codes import Form, Kind, TrueLabel
from tengesim.engine import kernel_state as at
from tengesim.engine.bulletin import Board
from tengesim.engine.checkout import Checkout
from tengesim.engine.kernel import drain
from tengesim.engine.packing_purses import pack_purses
from tengesim.engine.party_rows import DayCounter
from tengesim.engine.rails import CashRail, DepositRail, Teller, Till
from tengesim.engine.settlement import Settlement, Takings, VoucherControl
from tengesim.institutions.customers import NO_ACCOUNT, Customers
from tengesim.institutions.outages import PLATFORM, Outages
from tengesim.institutions.wallets.custody import Custody
from tengesim.institutions.wallets.marked import MarkedRail
from tengesim.institutions.wallets.rail import DigitalRail
from tengesim.institutions.wallets.tiers import tier_book, tier_evidence
from tengesim.journal.events import Rows
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger import parties as slots
from tengesim.ledger import traits
from tengesim.ledger.book import Book
from tengesim.ledger.columns import Columns
from tengesim.payment import (
    AccountId,
    Move,
    NameId,
    Operation,
    Outcome,
    Particulars,
    Posting,
    RetailWant,
    Want,
)
from tengesim.population.wallets import NO_TIER, Wallets
from tengesim.ports import Complaint, LiquidityRequest, Ports
from tengesim.retail.carry import CARRIED_WIDTH
from tengesim.retail.choice import CASH, DEPOSIT, DIGITAL, MARKED, OFFLINE, Habits
from tengesim.retail.tape import Window
from tengesim.rules.compile import code_of, compile_books
from tengesim.rules.counters import UsageTable
from tengesim.rules.model import RuleBook
from tengesim.rules.tables import FACTS
from tengesim.rules.usage import periods_of
from tests.kernel_purses import MarkedMoney, MarkSpec, marks_of
from tests.wallet_world import limits, outage, section, stated

__all__ = [
    "BASES",
    "CALENDAR",
    "FIRST",
    "NB",
    "PARTIES",
    "PEOPLE",
    "Compiled",
    "Half",
    "Spec",
    "answers",
    "run_compiled",
    "run_readable",
    "spec_of",
    "window_of",
]

NB: Final = "national_bank"
BANKS: Final = ("bank_a", "bank_b")
PEOPLE, MERCHANTS = 4, 2
PARTIES: Final = PEOPLE + MERCHANTS + 1
FIRST: Final = dt.date(2026, 3, 2)
DAYS: Final = 4
# Clocks go back by an hour in the middle, so one local day has 25 hours.
CALENDAR: Final = Calendar(((FIRST, 6 * HOUR_US), (FIRST + dt.timedelta(days=2), 5 * HOUR_US)))
PURPOSES: Final = ("5411", "withdrawal", "5912")
PUPILS, CANTEENS = ("pupil-1", "pupil-2", "pupil-3"), ("canteen-1", "canteen-2")
PROGRAMMES: Final = ("meals", "buses")
BASES: Final = (-1_000, -2_000, -3_000)
_UNUSED: Final = (1 << 20) - 1


def _rule(name: str, **condition: object) -> dict[str, object]:
    text = {"en": "A rule."}
    return {"id": name, "condition": condition, "text": text, "reference": "assumption"}


BOOKS: Final = (
    RuleBook.model_validate(
        {
            "rules": [
                _rule("seen", kind="presence_proven", methods=["qr", "card"]),
                _rule("weekly", kind="count_per_period_at_most", period="week", limit="3 meals"),
                _rule("daily", kind="amount_per_period_at_most", period="day", limit="900 tiyn"),
                _rule("hours", kind="time_window", **{"from": "06:00", "until": "20:00"}),
            ]
        }
    ),
    RuleBook.model_validate(
        {
            "rules": [
                _rule("who", kind="payee_in", payees=["canteen-1"]),
                _rule("much", kind="amount_at_most", limit="400 tiyn"),
                _rule("eligible", kind="beneficiary_eligible"),
            ]
        }
    ),
)
TIERS: Final = [
    {**limits(name, payment, day, balance), "share": stated("50 %"), "has_bank_account": True}
    for name, payment, day, balance in (
        ("basic", "300 tiyn", "400 tiyn", "500 tiyn"),
        ("full", "600 tiyn", "700 tiyn", "900 tiyn"),
    )
]
SECTION: Final = section(tiers=TIERS)


@dataclass(frozen=True)
class Spec:
    """Everything that is drawn of a world before it is built."""

    money: dict[str, list[int]]
    has: dict[str, list[bool]]
    bank: list[int]
    level: list[int]
    outages: tuple[Any, ...]
    connected: dict[tuple[int, int], bool]
    cash_bp: int
    largest: int
    sweeps: bool
    is_replay: bool
    reserves: int
    held: int
    """Somebody with money on hold; −1 for nobody."""
    wants: list[Want | RetailWant]
    marks: tuple[MarkSpec, ...] = ()


def spec_of(seed: int) -> Spec:
    """Return a world in which amounts, limits and money are of one size."""
    draw = Random(seed)  # noqa: S311 - worlds of a test

    def coins(chance: float, count: int = PARTIES) -> list[bool]:
        return [draw.random() < chance for _ in range(count)]

    def amounts(most: int) -> list[int]:
        return [draw.choice((0, 0, draw.randrange(most), most)) for _ in range(PARTIES)]

    down = []
    for number in range(draw.randrange(4)):
        system = draw.choice((PLATFORM, *BANKS))
        made = outage(
            system,
            FIRST + dt.timedelta(days=draw.randrange(2)),
            "10:00",
            f"{draw.choice((1, 30))} h",
        )
        down.append(made.model_copy(update={"id": f"down_{number}"}))
    hours = range(DAYS * 24 + 24)
    start = CALENDAR.at(FIRST) // HOUR_US
    rate = draw.choice((1.0, 0.7, 0.3))
    spec = Spec(
        money={name: amounts(1_500) for name in ("deposit", "cash", "wallet", "floor", "top_up")},
        has={
            "deposit": coins(0.85),
            "cash": coins(0.8),
            "wallet": coins(0.75),
            "automatic": coins(0.6),
            "digital": coins(0.5),
            "device": coins(0.4),
        },
        bank=[draw.randrange(2) for _ in range(PARTIES)],
        level=[draw.randrange(2) for _ in range(PEOPLE)],
        outages=tuple(down),
        connected={
            (PEOPLE + m, start + h): draw.random() < rate
            for m in range(MERCHANTS + 1)
            for h in hours
        },
        cash_bp=draw.choice((0, 2_500, 10_000)),
        largest=draw.choice((200, 10_000)),
        sweeps=draw.random() < 0.4,
        is_replay=draw.random() < 0.15,
        reserves=draw.choice((100, 10_000)),
        held=draw.choice((-1, -1, 0)),
        wants=[],
        marks=marks_of(seed, PEOPLE),
    )
    _draw_wants(spec, draw)
    return spec


def _draw_wants(spec: Spec, draw: Random) -> None:
    begin = CALENDAR.at(FIRST)
    step = draw.choice((MINUTE_US, 7 * HOUR_US))
    moments = sorted(
        begin + draw.choice((0, 3 * HOUR_US)) + draw.randrange(10) * step for _ in range(50)
    )
    places = sorted((moment, draw.choice((0, 0, 0, 1, 2))) for moment in moments)
    for number, (moment, rank) in enumerate(places):
        intent = BASES[rank] - number
        amount = draw.choice((1, 100, 300, 301, 450, 600, 1_000, draw.randrange(1, 1_500)))
        if rank:
            seen = tuple(
                draw.choice((0, 2, 4)) | draw.choice((0, 32)) for _ in range(draw.choice((1, 2, 3)))
            )
            label = TrueLabel(draw.randrange(1, 5))
            ends = (draw.randrange(len(PUPILS)), len(PUPILS) + draw.randrange(len(CANTEENS)))
            place = NameId(draw.randrange(2))
            spec.wants.append(
                Want(
                    moment,
                    rank,
                    number,
                    intent,
                    PROGRAMMES[rank - 1],
                    AccountId(ends[0]),
                    AccountId(ends[1]),
                    amount,
                    "5812",
                    place,
                    label,
                    draw.random() < 0.3,
                    seen,
                )
            )
            continue
        payer = draw.randrange(PEOPLE if draw.random() < 0.9 else PARTIES)
        payee = draw.choice([party for party in range(PARTIES) if party != payer])
        purpose = 0
        if not spec.is_replay and draw.random() < 0.1:
            payee, purpose = payer, 1
        form = draw.choice((0, 0, 0, 0, 0, 1, 2, 5, 3))
        remote = draw.random() < 0.4
        if payee == PARTIES - 1:
            # No till of an employer is known to anybody.
            remote = True
        spec.wants.append(
            RetailWant(
                moment,
                0,
                number,
                intent,
                payer,
                payee,
                amount,
                NameId(purpose or 2 * (number % 4 == 0)),
                remote,
                draw.getrandbits(64),
                form,
            )
        )


class _Devices:
    """Payments from device to device, in the simplest form."""

    form = Form.DIGITAL_TENGE

    def __init__(self, half: "Half", spec: Spec) -> None:
        self._half, self._spec = half, spec

    def can_try(self, want: RetailWant) -> bool:
        device, seen = self._spec.has["device"], self._half.availability
        if want.is_remote or not (device[want.payer] and device[want.payee]):
            return False
        if not PEOPLE <= want.payee < PEOPLE + MERCHANTS:
            return False
        return not (
            seen.is_up(PLATFORM, want.time_us) and seen.is_connected(want.payee, want.time_us)
        )

    def pay(
        self, want: RetailWant, attempt: int, position: tuple[int, int, int, int]
    ) -> Outcome | None:
        half = self._half
        if want.amount_tiyn > 500:
            return None
        move = Move(half.till.deposit(want.payer), half.till.deposit(want.payee), want.amount_tiyn)
        if NO_ACCOUNT in move[:2]:
            return None
        carried = half.till.row(want, attempt)
        return half.ledger.pay(position, Kind.OFFLINE_PAYMENT, (move,), carried)


class _Coverage:
    def __init__(self, spec: Spec) -> None:
        self._connected = spec.connected

    def is_connected(self, merchant: int, time_us: int) -> bool:
        return self._connected[merchant, time_us // HOUR_US]

    def connected(self, hour: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return np.array([self._connected[PEOPLE + m, hour] for m in range(MERCHANTS)])


class Half:
    """One of two equal worlds."""

    def __init__(self, spec: Spec, ledger_of: Callable[..., Book]) -> None:
        """Open everything, on a ledger of its own."""
        self.spec, self.now_us = spec, int(CALENDAR.at(FIRST))
        self.names, self.board = Names(), Board()
        self.journal = Journal(self.names)
        self.ledger = ledger_of(self.journal, self.names, lambda: self.now_us)
        self.complaints: list[Complaint] = []
        self.takings = Takings()
        self.pupils = [
            self.ledger.open(name, NB, Form.DIGITAL_TENGE) for name in (*PUPILS, *CANTEENS)
        ]
        self.notes = self.ledger.open(NB, NB, Form.CASH)
        self.issuer = self.ledger.open(NB, NB, Form.DIGITAL_TENGE)
        self.purposes = [self.names.id(purpose) for purpose in PURPOSES]
        self.availability = Outages(spec.outages, CALENDAR, _Coverage(spec))
        self.ports = self._ports()
        self.customers = self._customers()
        self._give()
        self.marked = MarkedMoney(spec.marks, self.ledger, bank=NB, people=PEOPLE)
        self._listen()
        self.wallets = self._wallets()
        self.till = Till(self.ledger, self.names, self.board, self.customers, self.availability)
        self._pays()
        self.controls = {
            name: VoucherControl(
                book,
                kind,
                programme=self.names.id(name),
                region=self.names.id("KZ-71"),
            )
            for name, book, kind in zip(
                PROGRAMMES, BOOKS, (Kind.PAYMENT, Kind.DELIVERY), strict=True
            )
        }
        self.settlement = Settlement(
            self.ledger,
            self.controls,
            takings=self.takings,
            board=self.board,
            calendar=CALENDAR,
            names=self.names,
            text=self.names.text,
        )

    def pass_to(self, hour: int) -> None:
        """Let what is due in marked money up to an hour of the world happen at its begin."""
        self.now_us = hour * HOUR_US
        self.marked.pass_to(hour - CALENDAR.at(FIRST) // HOUR_US)

    def answer(self, want: Want | RetailWant) -> None:
        """Answer one want in readable code at its time."""
        self.now_us = want.time_us
        if isinstance(want, RetailWant):
            purpose = self.purposes[want.purpose]
            self.checkout.answer(want._replace(purpose=purpose))
            return
        payer, payee = (self.pupils[account] for account in (want.payer, want.payee))
        place = self.purposes[want.place]
        self.settlement.answer(want._replace(payer=payer, payee=payee, place=place))

    def rows(self) -> Rows:
        """Return the whole log."""
        return self.journal.rows()

    def _ports(self) -> Ports:
        return Ports(
            ledger=self.ledger,
            bulletin=self.board,
            takings=self.takings,
            calendar=CALENDAR,
            names=self.names,
            controls={},
            until=lambda _: None,  # type: ignore[arg-type, return-value]
            start=lambda _: None,
            now=lambda: self.now_us,
            chance=lambda _name, _rate: lambda _key: False,
        )

    def _customers(self) -> Customers:
        spec, names = self.spec, self.names
        regions = np.array([names.id("KZ-71"), names.id("KZ-75")], dtype=np.int64)
        keepers = np.array([names.id(bank) for bank in BANKS], dtype=np.int64)
        first = names.block("party-", 4, PARTIES)
        self.first_name = first
        bank = np.array(spec.bank, dtype=np.int64)
        self.ledger.open_parties(first, PARTIES)
        level = np.array([*spec.level, *[traits.NO_LEVEL] * (PARTIES - PEOPLE)], dtype=np.int64)
        if isinstance(self.ledger, Columns):
            number = np.arange(PARTIES, dtype=np.int64)
            packed = traits.pack(number + first, number % 2, bank, level)
            packed[:PEOPLE] |= traits.IS_PERSON
            flags = {"automatic": traits.IS_AUTOMATIC, "digital": traits.IS_DIGITAL_BY_HABIT}
            for name, flag in flags.items():
                packed[:PEOPLE][spec.has[name][:PEOPLE]] |= flag
            packed[spec.has["device"]] |= traits.HAS_DEVICE
            self.ledger.set_traits(packed)
        has = {name: np.flatnonzero(spec.has[name]) for name in ("deposit", "cash", "wallet")}
        has["cash"] = has["cash"][has["cash"] < PARTIES - 1]
        central = names.id(NB)
        opened = {}
        for name, slot in (
            ("deposit", slots.DEPOSIT),
            ("cash", slots.CASH),
            ("wallet", slots.WALLET),
        ):
            accounts = np.full(PARTIES, NO_ACCOUNT, dtype=np.int64)
            kept = np.full(len(has[name]), central, dtype=np.int64)
            if slot == slots.DEPOSIT:
                kept = keepers[bank[has[name]]]
            accounts[has[name]] = self.ledger.open_slot(slot, has[name], kept)
            opened[name] = accounts
        return Customers(
            name=lambda party: f"party-{party + 1:04d}",
            region_index=np.arange(PARTIES) % 2,
            region_names=regions,
            people=PEOPLE,
            first_employer=PARTIES - 1,
            count=PARTIES,
            national_bank=NB,
            banks=BANKS,
            bank=bank,
            **opened,
        )

    def _give(self) -> None:
        issued = self.ledger.open(NB, NB, Form.BANK_RESERVE)
        for bank in BANKS:
            self.customers.issuers(bank, self.ledger)
            reserve = self.ledger.open(bank, NB, Form.BANK_RESERVE)
            self._post(issued, reserve, self.spec.reserves)
        for party in range(PARTIES):
            owed, _, _ = self.customers.issuers(self.customers.bank_of(party), self.ledger)
            money = self.spec.money
            wallet = money["wallet"][party]
            if party < PEOPLE:
                wallet = min(wallet, self._limit(party))
            for issuer, accounts, amount in (
                (owed, self.customers.deposit, money["deposit"][party]),
                (self.notes, self.customers.cash, money["cash"][party]),
                (self.issuer, self.customers.wallet, wallet),
            ):
                if accounts[party] != NO_ACCOUNT:
                    self._post(issuer, AccountId(int(accounts[party])), amount)
        for account in self.pupils[: len(PUPILS)]:
            self._post(self.issuer, account, 1_200)
        if self.spec.held >= 0:
            # Marked money, and that of a party.
            frozen = [self.pupils[0]]
            if self.customers.has_wallet(1):
                frozen.append(AccountId(int(self.customers.wallet[1])))
            moves = tuple(Move(one, self.pupils[1], self.ledger.free(one)) for one in frozen)
            self.ledger.freeze(Posting("frozen", Kind.FREEZE, moves))
        held = self.spec.held
        if held >= 0 and self.customers.has_deposit(held):
            account = AccountId(int(self.customers.deposit[held]))
            owed, _, _ = self.customers.issuers(self.customers.bank_of(held), self.ledger)
            if self.ledger.free(account) > 100:
                move = Move(account, owed, 100)
                self.ledger.hold(Posting("held", Kind.OPENING, (move,)))

    def _limit(self, person: int) -> int:
        return SECTION.levels[self.spec.level[person]].balance.value

    def _post(self, debit: AccountId, credit: AccountId, amount: int) -> None:
        if amount:
            name = f"open/{debit}/{credit}"
            intent = self.names.id(name)
            posting = Posting(name, Kind.OPENING, (Move(debit, credit, amount),))
            self.ledger.post(Posting(name, posting.kind, posting.moves, Particulars(intent=intent)))

    def _listen(self) -> None:
        count = iter(range(10**6))

        def lend(request: object) -> None:
            assert isinstance(request, LiquidityRequest)
            _, reserve, issued = self.customers.issuers(request.bank, self.ledger)
            move = Move(issued, reserve, request.amount_tiyn)
            self.ledger.post(Posting(f"lent/{next(count)}", Kind.LIQUIDITY, (move,)))

        def note(complaint: object) -> None:
            assert isinstance(complaint, Complaint)
            self.complaints.append(complaint)

        self.board.listen("liquidity", lend)
        self.board.listen("complaint", note)

    def _wallets(self) -> Wallets:
        spec = self.spec
        own = np.array(
            [
                level if has else NO_TIER
                for level, has in zip(spec.level, spec.has["wallet"], strict=False)
            ],
            dtype=np.uint8,
        )
        limits_tiyn = np.zeros(NO_TIER + 1, dtype=np.int64)
        limits_tiyn[: len(SECTION.levels)] = [level.balance.value for level in SECTION.levels]
        made = Wallets(
            tier=own,
            opens=np.array(spec.level[:PEOPLE], dtype=np.uint8),
            guardian=np.full(PEOPLE, -1, dtype=np.int32),
            is_banked=np.ones(PEOPLE, dtype=np.bool_),
            is_automatic=np.array(spec.has["automatic"][:PEOPLE]),
            limits_tiyn=limits_tiyn,
            floor_tiyn=np.array(spec.money["floor"][:PEOPLE]) // 4,
            top_up_tiyn=np.array(spec.money["top_up"][:PEOPLE]) // 2,
        )
        if isinstance(self.ledger, Columns):
            self.ledger.rows[:PEOPLE, slots.FLOOR] = made.floor_tiyn
            self.ledger.rows[:PEOPLE, slots.TOP_UP] = made.top_up_tiyn
        return made

    def _pays(self) -> None:
        custody = Custody(self.customers, self.wallets, self.availability, self.ports)
        usage = None
        if isinstance(self.ledger, Columns):
            usage = [DayCounter(self.ledger.rows, self.names, self.first_name)] * len(TIERS)
        digital = DigitalRail(SECTION, custody, usage)
        digital._largest_tiyn = self.spec.largest
        digital._sweeps_at_once = self.spec.sweeps
        deposit = DepositRail(self.till)
        habits = bytes(self.spec.has["digital"][:PEOPLE])
        rails = {DEPOSIT: deposit, CASH: CashRail(self.till), DIGITAL: digital}
        rails[MARKED] = MarkedRail(self.marked.purses, custody, digital)
        rails[OFFLINE] = _Devices(self, self.spec)
        choose: Callable[[RetailWant], tuple[str, ...]] = Habits(self.spec.cash_bp, habits).order
        replayed = None
        withdrawal = self.purposes[1]
        if self.spec.is_replay:
            rails = {DEPOSIT: deposit}
            replayed, withdrawal = deposit, NameId(-1)
            choose = lambda _: (DEPOSIT,)  # noqa: E731 - one of two
        self.checkout = Checkout(
            self.till,
            rails,  # type: ignore[arg-type]
            choose,
            teller=Teller(self.till),
            withdrawal=withdrawal,
            replayed=replayed,
        )


def run_readable(spec: Spec) -> Half:
    """Answer every want in readable code."""
    half = Half(spec, Book)
    for want in spec.wants:
        half.pass_to(want.time_us // HOUR_US)
        half.answer(want)
    return half


class Compiled:
    """The arrays of a half, and the loop around compiled code."""

    def __init__(self, half: Half) -> None:
        """Pack the world of `half`."""
        assert isinstance(half.ledger, Columns)
        self.half, self.ledger = half, half.ledger
        self.cursor = np.zeros(at.CURSOR_WIDTH, dtype=np.int64)
        self.stops: list[int] = []
        self.written: list[Rows] = []
        books = [*map(tier_book, SECTION.levels), *BOOKS]
        purses = half.marked.purses
        self.tables = compile_books([*books, *(one.book for one in purses.vouchers)])
        half.ledger.rows[purses.owners(), slots.TRAITS] |= traits.HAS_MARKED
        self._first_purse = len(books)
        systems = {PLATFORM: -1} | {bank: number for number, bank in enumerate(BANKS)}
        self.outages, self.outage_ids = at.spans_of(half.spec.outages, CALENDAR, systems)
        self.texts = at.names_of(self.outage_ids, self.tables.rule_ids)
        self.world = self._world()

    def _world(self) -> at.World:
        half, ledger, tables, spec = self.half, self.ledger, self.tables, self.half.spec
        fixed = np.zeros(at.FIXED_WIDTH, dtype=np.int64)
        fixed[at.CENTRAL] = half.names.id(NB)
        fixed[at.ISSUED] = ledger.open(NB, NB, Form.BANK_RESERVE)
        fixed[at.ISSUER], fixed[at.NOTES] = half.issuer, half.notes
        fixed[at.PEOPLE], fixed[at.LARGEST] = PEOPLE, spec.largest
        fixed[at.WITHDRAWAL] = -1 if spec.is_replay else half.purposes[1]
        fixed[at.SWEEPS_AT_ONCE], fixed[at.IS_REPLAYED] = spec.sweeps, spec.is_replay
        fixed[at.HAS_COVERAGE] = 1
        fixed[at.FIRST_RULE] = at.FIRST_OUTAGE + len(self.outage_ids)
        fixed[at.FIRST_DAY] = CALENDAR.day_number(CALENDAR.at(FIRST))
        banks = [
            (half.names.id(bank), *half.customers.issuers(bank, ledger)[:2], -1) for bank in BANKS
        ]
        pay = Operation.PAY
        levels = [
            (level.balance.value, tables.starts[number, pay], tier_evidence(number))
            for number, level in enumerate(SECTION.levels)
        ]
        midnights, windows = at.days_of(CALENDAR, FIRST, DAYS)
        accounts = len(ledger.singles)
        slot_of = np.full(accounts, -1, dtype=np.int64)
        codes = np.full(accounts, -1, dtype=np.int64)
        for number, account in enumerate(half.pupils):
            slot_of[account] = number
            text = half.names.text(ledger.account(account).holder)
            codes[account] = code_of(tables.payees, text)
        return at.World(
            rows=ledger.rows,
            singles=ledger.singles,
            holder=ledger.holder,
            keeper=ledger.keeper,
            mark=ledger.mark,
            form=ledger.form,
            is_issuer=ledger.is_issuer,
            frozen=ledger.frozen,
            fixed=fixed,
            banks=np.array(banks, dtype=np.int64),
            levels=np.array(levels, dtype=np.int64),
            regions=half.customers.region_names,
            names=np.zeros(len(self.texts), dtype=np.int64),
            outages=self.outages,
            connected=np.ones(MERCHANTS, dtype=np.uint8),
            midnights=midnights,
            windows=windows,
            chances=at.chances(spec.cash_bp),
            refunds=at.refunds_of(None),
            carried=np.zeros((0, CARRIED_WIDTH), dtype=np.int64),
            rule_rows=tables.rows,
            members=tables.members,
            facts=np.zeros(FACTS, dtype=np.int64),
            strata=np.array([(-1, -1), (0, -1), (1, -1)], dtype=np.int64),
            takings=np.zeros(3, dtype=np.int64),
            marked=pack_purses(
                half.marked.purses,
                ledger,
                half.names,
                tables,
                windows,
                first_book=self._first_purse,
            ),
            slots=slot_of,
            payee_codes=codes,
            **self._counters(),
        )

    def _counters(self) -> dict[str, Any]:
        half, tables = self.half, self.tables
        controls = np.zeros((len(BOOKS), at.CONTROL_WIDTH), dtype=np.int64)
        periods = np.zeros((len(BOOKS), 3), dtype=np.int64)
        payers = [*PUPILS, *CANTEENS]
        tallies, first = [], 0
        for number, (name, control) in enumerate(half.controls.items()):
            tally = UsageTable(periods_of(control.book), len(payers), payers.index)
            controls[number] = (
                tables.starts[len(TIERS) + number, Operation.PAY],
                control.kind,
                control.programme,
                control.region,
                code_of(tables.purposes, name),
                first,
                len(tally.periods),
            )
            periods[number, : len(tally.periods)] = tally.periods
            tallies.append((first, tally))
            first += tally.counters.size
        used = np.zeros(first, dtype=np.int64)
        for (start, tally), control in zip(tallies, half.controls.values(), strict=True):
            shape = tally.counters.shape
            tally.counters = used[start : start + tally.counters.size].reshape(shape)
            control.usage = tally
        return {"controls": controls, "periods": periods, "used": used}

    def learn(self) -> None:
        """Take over the names that have come to be known."""
        for place, text in enumerate(self.texts):
            self.world.names[place] = self.half.names.find(text) or 0

    def answer(self, wants: list[Want | RetailWant], until_us: int = at.AFTER) -> None:
        """Answer `wants` of one hour that come before a moment."""
        half, cursor = self.half, self.cursor
        window = window_of(half, wants)
        hour = wants[0].time_us // HOUR_US
        connected = [half.spec.connected[PEOPLE + m, hour] for m in range(MERCHANTS)]
        self.world.connected[:] = connected
        cursor[at.NEXT] = 0
        while True:
            log, used, seq = half.journal.open_buffer()
            cursor[at.USED_ROWS], cursor[at.SEQ], cursor[at.REF] = used, seq, self.ledger.ref
            self.learn()
            drain(window, self.world, log, cursor, until_us)
            self.written.append(log[used : int(cursor[at.USED_ROWS])].copy())
            half.journal.advance(int(cursor[at.USED_ROWS]))
            self.ledger.ref = int(cursor[at.REF])
            stop, place = int(cursor[at.STOP]), int(cursor[at.NEXT])
            self.stops.append(stop)
            if stop == at.ESCAPE:
                half.answer(wants[place])
                cursor[at.NEXT] += 1
            elif stop == at.SIGNAL:
                want = wants[place - 1]
                assert isinstance(want, Want)
                payer, payee = (half.pupils[one] for one in (want.payer, want.payee))
                half.settlement.tell(
                    want._replace(payer=payer, payee=payee, place=half.purposes[want.place])
                )
            else:
                assert stop == at.DONE, f"stopped by {stop}: {cursor.tolist()}"
                return


def window_of(half: Half, wants: list[Want | RetailWant]) -> Window:
    """Return the columns of `wants` as the tape gives them."""
    whole: list[tuple[int, ...]] = []
    for want in wants:
        if isinstance(want, RetailWant):
            flags = want.is_remote | want.form << 5
            ends = (want.payer, want.payee, want.spare, flags, half.purposes[want.purpose])
        else:
            flags = want.is_unserved << 1 | want.true_label << 2
            seen = [*want.evidence, *[_UNUSED] * (3 - len(want.evidence))]
            word = seen[0] | seen[1] << 20 | seen[2] << 40
            accounts = (half.pupils[want.payer], half.pupils[want.payee])
            ends = (*accounts, word, flags, half.purposes[want.place])
        whole.append((want.time_us, want.stratum, want.number, want.amount_tiyn, *ends))
    time_us, rank, number, amount, payer, payee, word_, flags_, purpose = zip(*whole, strict=True)
    return Window(
        time_us=np.array(time_us, dtype=np.int64),
        rank=np.array(rank, dtype=np.int32),
        number=np.array(number, dtype=np.int32),
        payer=np.array(payer, dtype=np.int64),
        payee=np.array(payee, dtype=np.int64),
        amount_tiyn=np.array(amount, dtype=np.int64),
        word=np.array(word_, dtype=np.uint64),
        flags=np.array(flags_, dtype=np.uint8),
        intent_base=np.array(BASES, dtype=np.int64),
        purpose=np.array(purpose, dtype=np.int32),
    )


def run_compiled(spec: Spec) -> Compiled:
    """Answer every want by compiled code, and by readable code what it leaves."""
    compiled = Compiled(Half(spec, Columns))
    hours = sorted({want.time_us // HOUR_US for want in spec.wants})
    for hour in hours:
        compiled.half.pass_to(hour)
        compiled.answer([want for want in spec.wants if want.time_us // HOUR_US == hour])
    return compiled


def answers(half: Half) -> tuple[object, ...]:
    """Return everything in which two halves have to agree."""
    held = {account: money for account, money in half.ledger.balances().items() if any(money)}
    return half.rows().tobytes(), half.names.texts(), held, half.complaints
