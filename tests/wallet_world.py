"""A small economy of people with deposits and wallets, for tests of banks and the platform.

Two banks, people who own what a test gives them, two merchants and an employer. Everything is the
product's own but the people, so a test says exactly who has what.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import HOUR_US, Calendar
from tengesim.codes import Form, Kind
from tengesim.engine.bulletin import Board
from tengesim.engine.environment import Environment
from tengesim.engine.settlement import Takings
from tengesim.institutions import banks, wallets
from tengesim.institutions.banks import BanksSection, Credits
from tengesim.institutions.customers import NO_ACCOUNT, Customers
from tengesim.institutions.outages import Coverage, Outages, OutageSection
from tengesim.institutions.wallets import Platform
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger.audit import Auditor
from tengesim.ledger.book import Book
from tengesim.ledger.parties import DEPOSIT, WALLET
from tengesim.payment import AccountId, Move, Outcome, Particulars, Posting, RetailWant
from tengesim.population import wallets as columns
from tengesim.population.society_model import ADULT_AGE
from tengesim.population.wallets_model import WalletsSection
from tengesim.ports import CreditOrder, Ports
from tengesim.streams import Streams

__all__ = [
    "BANKS",
    "CALENDAR",
    "NB",
    "START",
    "TENGE",
    "Economy",
    "People",
    "Person",
    "bank_sections",
    "limits",
    "outage",
    "section",
    "stated",
]

NB: Final = "national_bank"
BANKS: Final = ("bank_a", "bank_b")
START: Final = dt.date(2026, 3, 2)
"""A Monday."""
DAYS: Final = 28
CALENDAR: Final = Calendar(((dt.date(2024, 3, 1), 5 * HOUR_US),))
TENGE: Final = 100
TREASURY: Final = "treasury"
PLENTY: Final = 10**15


class Person(NamedTuple):
    """What a test says about somebody; money in tenge."""

    deposit: int = 0
    age: int = 40
    household: int = -1
    cash: int = 0
    weight: int = 1_000
    bank: int = 0


class People(NamedTuple):
    """Columns as wallets read them."""

    household: NDArray[np.int32]
    age: NDArray[np.uint8]
    deposit_tiyn: NDArray[np.int64]
    cash_tiyn: NDArray[np.int64]
    weight: NDArray[np.int32]

    @classmethod
    def of(cls, people: Sequence[Person]) -> "People":
        """Return the columns of `people`; who names no household lives alone."""
        return cls(
            np.array(
                [p.household if p.household >= 0 else 10_000 + i for i, p in enumerate(people)],
                dtype=np.int32,
            ),
            np.array([p.age for p in people], dtype=np.uint8),
            np.array([p.deposit * TENGE for p in people], dtype=np.int64),
            np.array([p.cash * TENGE for p in people], dtype=np.int64),
            np.array([p.weight for p in people], dtype=np.int32),
        )


def stated(value: object) -> dict[str, object]:
    """Return an assumption that is certain, as a scenario writes it."""
    return {"value": value, "low": value, "high": value, "source": "assumption"}


def limits(tier: str, per_payment: str, per_day: str, balance: str) -> dict[str, Any]:
    """Return the limits of a kind of wallet."""
    return {
        "id": tier,
        "per_payment": stated(per_payment),
        "per_day": stated(per_day),
        "balance": stated(balance),
    }


def plain_section() -> dict[str, Any]:
    """Return wallets for every adult, with automatic funding and nothing kept on purpose."""
    full = limits("full", "3 m KZT", "7 m KZT", "30 m KZT")
    return {
        "holding_limit": stated("1 m KZT"),
        "tiers": [{**full, "share": stated("100 %"), "has_bank_account": True}],
        "demand": {
            "deposit_rate": stated("12 %"),
            "digital_rate": stated("0 %"),
            "wallet": {"at_parity": stated("100 %"), "halving_gap": stated("4 %")},
            "balance": {"at_parity": stated("0 %"), "halving_gap": stated("4 %")},
            "ready_money": stated("3 m KZT"),
        },
        "funding": {
            "automatic": stated("100 %"),
            "monthly_spending": stated("300000 KZT"),
            "cost": stated("0 KZT"),
            "largest": stated("5 m KZT"),
            "review_at": "06:00",
            "schedule_source": "assumption",
        },
        "merchants": {"sweep": "daily", "at": "23:00", "schedule_source": "assumption"},
    }


def section(**changes: object) -> WalletsSection:
    """Return the plain wallets with values at dotted paths (`__` for a dot) replaced."""
    sections = plain_section()
    for path, value in changes.items():
        *above, last = path.split("__")
        below: Any = sections
        for key in above:
            below = below[int(key) if key.isdigit() else key]
        is_sourced = isinstance(below.get(last), dict) and "value" in below[last]
        is_plain = value is None or isinstance(value, dict)
        below[last] = stated(value) if is_sourced and not is_plain else value
    return WalletsSection.model_validate(sections)


def bank_sections(*, has_lender: bool = True) -> BanksSection:
    """Return two banks with a tenth of deposits in reserve, and a lender behind them."""
    stating: dict[str, Any] = {
        "national_bank": NB,
        "second_tier": [{"id": bank, "share": stated("50 %")} for bank in BANKS],
        "reserve_ratio": stated("10 %"),
    }
    if has_lender:
        stating["liquidity"] = {
            "tranche": stated("1000 KZT"),
            "repay_at": "20:00",
            "schedule_source": "assumption",
        }
    return BanksSection.model_validate(stating)


def outage(system: str, day: dt.date, at: str, lasts: str) -> OutageSection:
    """Return an outage of `system`."""
    return OutageSection.model_validate(
        {
            "id": f"{system}_down",
            "system": system,
            "day": day,
            "at": at,
            "schedule_source": "assumption",
            "lasts": stated(lasts),
        }
    )


@dataclass
class Outside:
    """What the product's world would hold around the institutions."""

    env: Environment
    journal: Journal
    names: Names
    auditor: Auditor
    book: Book
    ports: Ports


def outside() -> Outside:
    """Return an empty world at the start."""
    env = Environment(CALENDAR.at(START))
    names = Names()
    journal, auditor = Journal(names), Auditor()
    journal.fold(auditor.consume)
    book = Book(journal, names, lambda: int(env.now))
    ports = Ports(
        ledger=book,
        bulletin=Board(),
        takings=Takings(),
        calendar=CALENDAR,
        names=names,
        controls={},
        until=env.until,
        start=env.begin,
        now=lambda: int(env.now),
        chance=lambda _name, _rate_bp: lambda _key: False,
    )
    return Outside(env, journal, names, auditor, book, ports)


class Economy:
    """People, two merchants and an employer over two banks and the platform."""

    def __init__(
        self,
        people: Sequence[Person],
        wallets_section: WalletsSection | None = None,
        *,
        has_lender: bool = True,
        outages: Sequence[OutageSection] = (),
        seed: int = 1,
        days: int = DAYS,
        treasury: int = 0,
        employer: int = 0,
        coverage: Coverage | None = None,
    ) -> None:
        """Open everything and start the institutions; money in tenge."""
        self.outside = outside()
        self.days = [START + dt.timedelta(days=number) for number in range(days)]
        self.section = wallets_section or section()
        columns_of_people = People.of(people)
        streams = Streams(seed)
        self.columns = columns.build(self.section, columns_of_people, streams)
        self.customers = self._customers(people)
        self._give(people, treasury, employer)
        availability = Outages(tuple(outages), CALENDAR, coverage)
        banks.build(bank_sections(has_lender=has_lender), TREASURY, self.outside.ports)
        Credits(self.customers, availability, self.outside.ports)
        self.platform: Platform = wallets.build(
            self.section,
            self.customers,
            self.columns,
            self.outside.ports,
            availability=availability,
            streams=streams,
            days=self.days,
            first_name=self.first_name,
        )
        self.outside.journal.fold(self.platform.watch.consume)
        self._wants = 0

    @property
    def employer(self) -> int:
        """Party number of the employer."""
        return self.customers.first_employer

    @property
    def merchant(self) -> int:
        """Party number of the first merchant."""
        return self.customers.people

    def pay(self, payer: int, payee: int, tenge: int, *, is_remote: bool = True) -> Outcome | None:
        """Try to pay in digital tenge at this moment."""
        self._wants += 1
        now_us = int(self.outside.env.now)
        want = RetailWant(
            now_us,
            1,
            self._wants,
            -self._wants,
            payer,
            payee,
            tenge * TENGE,
            self.outside.names.id("5411"),
            is_remote,
            0,
        )
        if not self.platform.rail.can_try(want):
            return None
        return self.platform.rail.pay(want, 0, (now_us, 1, self._wants, 0))

    def order(
        self, kind: Kind, tenge: Mapping[int, int], *, digital_bp: int = 0, name: str = "order"
    ) -> None:
        """Announce a credit order at this moment."""
        source = TREASURY if kind is Kind.BENEFIT else self.customers.name(self.employer)
        self.outside.ports.bulletin.announce(
            "credit",
            CreditOrder(
                name,
                kind,
                "income",
                source,
                np.array(list(tenge), dtype=np.int64),
                np.array([amount * TENGE for amount in tenge.values()], dtype=np.int64),
                digital_bp,
            ),
        )

    def until(self, day: int, at: str = "12:00") -> None:
        """Let time pass up to a time of the day with this number, 0 the first; audit the log."""
        self.advance(day, at)
        self.audit()

    def advance(self, day: int, at: str) -> None:
        """Let time pass as `until` does, without an audit."""
        hours, minutes = map(int, at.split(":"))
        moment_us = CALENDAR.at(START + dt.timedelta(days=day), (hours * 60 + minutes) * 60_000_000)
        self.outside.env.run(until=int(moment_us))

    def give(self, name: str, debit: int, credit: int, amount_tiyn: int) -> None:
        """Post an opening past every institution."""
        move = Move(AccountId(debit), AccountId(credit), amount_tiyn)
        self.outside.book.post(Posting(name, Kind.OPENING, (move,), Particulars()))

    def audit(self) -> None:
        """Compare ledger and log, and every wallet with its limit."""
        self.outside.journal.flush()
        self.outside.auditor.check(self.outside.book.balance_columns(), "a moment")

    def wallet(self, party: int) -> int:
        """Return the whole tenge in a wallet."""
        return self._tenge(int(self.customers.wallet[party]))

    def deposit(self, party: int) -> int:
        """Return the whole tenge in a deposit."""
        return self._tenge(int(self.customers.deposit[party]))

    def reserve(self, bank: str) -> int:
        """Return the whole tenge of reserves of `bank`."""
        return self._tenge(self.outside.book.open(bank, NB, Form.BANK_RESERVE))

    def rows(self, kind: Kind) -> list[dict[str, int]]:
        """Return the rows of a kind as dictionaries of plain integers."""
        rows = self.outside.journal.rows()
        chosen = rows[rows["kind"] == kind]
        return [dict(zip(chosen.dtype.names or (), map(int, row), strict=True)) for row in chosen]

    def total(self, kind: Kind, form: Form = Form.DIGITAL_TENGE) -> int:
        """Return the tenge moved by a kind in one form."""
        return sum(row["amount_tiyn"] for row in self.rows(kind) if row["form"] == form) // TENGE

    def _tenge(self, account: int) -> int:
        return self.outside.book.free(AccountId(account)) // TENGE

    def _customers(self, people: Sequence[Person]) -> Customers:
        count = len(people)
        book, names = self.outside.book, self.outside.names
        self.first_name = names.block("person-", 8, count)
        names.block("merchant-", 7, 2)
        names.block("employer-", 5, 1)
        book.open_parties(self.first_name, count + 3)
        bank = np.array([p.bank for p in people] + [0, 1, 0], dtype=np.uint8)
        has_deposit = [p.age >= ADULT_AGE for p in people] + [True] * 3
        has_wallet = [int(tier) != columns.NO_TIER for tier in self.columns.tier]
        keepers = np.array([names.id(one) for one in BANKS], dtype=np.int64)[bank]
        region = names.id("KZ-71")
        return Customers(
            name=lambda party: names.text(self.first_name + party),
            region_index=np.zeros(count + 3, dtype=np.uint8),
            region_names=np.array([region], dtype=np.int64),
            people=count,
            first_employer=count + 2,
            count=count + 3,
            national_bank=NB,
            banks=BANKS,
            bank=bank,
            deposit=self._opened(DEPOSIT, has_deposit, keepers),
            cash=np.full(count + 3, NO_ACCOUNT, dtype=np.int64),
            wallet=self._opened(
                WALLET, [*has_wallet, True, True, False], np.full(count + 3, names.id(NB))
            ),
        )

    def _opened(
        self, slot: int, has_one: Sequence[bool], keepers: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        accounts = np.full(len(has_one), NO_ACCOUNT, dtype=np.int64)
        parties = np.flatnonzero(has_one)
        accounts[parties] = self.outside.book.open_slot(slot, parties, keepers[parties])
        return accounts

    def _give(self, people: Sequence[Person], treasury: int, employer: int) -> None:
        """Open the balances: deposits, a tenth of them in reserves, and the single account."""
        book = self.outside.book
        owned = [(self.customers.deposit[i], p.deposit, p.bank) for i, p in enumerate(people)]
        owned.append((self.customers.deposit[self.employer], employer, 0))
        reserves = dict.fromkeys(BANKS, 0)
        for number, (account, tenge, bank) in enumerate(owned):
            if tenge:
                issuer = book.open(BANKS[bank], BANKS[bank], Form.BANK_DEPOSIT)
                self.give(f"deposit/{number}", issuer, int(account), tenge * TENGE)
                reserves[BANKS[bank]] += tenge
        issued = book.open(NB, NB, Form.BANK_RESERVE)
        for bank_id, tenge in reserves.items():
            if tenge >= 10:
                reserve = book.open(bank_id, NB, Form.BANK_RESERVE)
                self.give(f"reserve/{bank_id}", issued, reserve, tenge * TENGE // 10)
        if treasury:
            single = book.open(TREASURY, NB, Form.TREASURY_SINGLE_ACCOUNT)
            issuer = book.open(NB, NB, Form.TREASURY_SINGLE_ACCOUNT)
            self.give("treasury", issuer, single, treasury * TENGE)
