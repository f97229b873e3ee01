"""A small country for tests of everyday payments: people, shops, two banks, a book and a till.

The society is written down column by column, so that a test knows everybody in it; the behaviour
is small and round, so that what is due can be computed by hand.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tengesim.clock import HOUR_US, Calendar
from tengesim.codes import Form, Kind
from tengesim.engine.bulletin import Board
from tengesim.engine.checkout import Checkout
from tengesim.engine.rails import CashRail, DepositRail, Teller, Till
from tengesim.institutions.customers import NO_ACCOUNT, Customers
from tengesim.institutions.outages import Outages, OutageSection
from tengesim.journal.events import Rows
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger.book import Book
from tengesim.payment import AccountId, Move, NameId, Posting, RetailWant
from tengesim.population.columns import Employers, Households, Merchants, People, Society
from tengesim.ports import LiquidityRequest, Rail
from tengesim.retail.behaviour import WITHDRAWAL, EverydaySection
from tengesim.retail.choice import CASH, DEPOSIT, Habits

__all__ = [
    "BANKS",
    "CALENDAR",
    "CENTRAL",
    "FIRST_DAY",
    "Country",
    "days",
    "everyday",
    "sections",
    "society",
    "stated",
    "want",
]

CENTRAL: Final = "national_bank"
BANKS: Final = ("bank_a", "bank_b")
CALENDAR: Final = Calendar(((dt.date(2000, 1, 1), 5 * HOUR_US),))
FIRST_DAY: Final = dt.date(2026, 3, 1)
NOTHING: Final = NameId(0)
CATEGORIES: Final = ("5411", "5812", "4900")
GUESSED: Final = "assumption"


def stated(value: object, low: object = None, high: object = None) -> dict[str, object]:
    """Return a sourced value as a scenario writes it."""
    return {"value": value, "low": low or value, "high": high or value, "source": GUESSED}


def sections() -> dict[str, Any]:
    """Return a behaviour as a scenario writes it, for a test to change."""
    law = {"median": stated("60 %")}
    bill = {**law, "amount": stated("50000 KZT"), "first_day": 3, "last_day": 7}
    bill["schedule_source"] = GUESSED
    return {
        "number": stated(30_000),
        "ticket": stated("6000 KZT"),
        "youngest": stated(16),
        "purposes": {
            "5411": {**law, "share": stated("60 %"), "ticket": stated("4000 KZT")}
            | {"remote": stated("20 %")},
            "5812": {**law, "share": stated("20 %"), "ticket": stated("3000 KZT")}
            | {"remote": stated("0 %")},
            "transfer": {**law, "share": stated("20 %"), "ticket": stated("20000 KZT")}
            | {"remote": stated("100 %")},
        },
        "in_household": stated("40 %"),
        "withdrawals": {**law, "number": stated(1_000), "amount": stated("60000 KZT")},
        "rent": {**bill, "households": stated("20 %")},
        "utilities": {**bill, "households": stated("90 %"), "amount": stated("20000 KZT")},
        "hours": {"weights": [0] * 8 + [1, 2, 3, 3, 4, 4, 3, 3, 3, 4, 5, 5, 3, 2, 1, 0]}
        | {"source": GUESSED},
        "weekdays": {"weights": [96, 95, 97, 100, 108, 109, 95], "source": GUESSED},
        "months": {"weights": [90] + [100] * 10 + [115], "source": GUESSED},
        "pay_days": {"first": 5, "last": 12, "uplift": stated("10 %")},
        "choice": {"cash": stated("25 %"), "digital": stated("0 %")},
    }


def everyday(change: Mapping[str, object] | None = None) -> EverydaySection:
    """Return the behaviour of `sections`; keys of `change` are paths with dots."""
    made = sections()
    for path, value in (change or {}).items():
        *parents, last = path.split(".")
        place = made
        for parent in parents:
            place = place[parent]
        place[last] = value
    return EverydaySection.model_validate_json(json.dumps(made))


def society(homes: int = 100, *, regions: Sequence[str] = ("KZ-71", "KZ-75")) -> Society:
    """Return homes of two adults and a child each, and shops of every category for 10 homes."""
    people = 3 * homes
    home = np.arange(people) // 3
    is_child = np.arange(people) % 3 == 2
    region = (home % len(regions)).astype(np.uint8)
    is_urban = home % 3 > 0
    shops = len(CATEGORIES) * max(2 * len(regions), homes // 10)
    shop = np.arange(shops)
    none = np.zeros(0, dtype=np.uint8)
    return Society(
        regions=tuple(regions),
        categories=CATEGORIES,
        programmes=(),
        people=People(
            household=home.astype(np.int32),
            region=region,
            is_urban=is_urban,
            is_female=np.arange(people) % 2 == 0,
            age=np.where(is_child, 9, 35).astype(np.uint8),
            role=np.where(is_child, 0, 1).astype(np.uint8),
            wage_tiyn=np.where(is_child, 0, 40_000_000).astype(np.int64),
            employer=np.full(people, -1, dtype=np.int32),
            bank=(np.arange(people) % 3 == 1).astype(np.uint8),
            memberships=np.zeros(people, dtype=np.uint16),
            deposit_tiyn=np.where(is_child, 0, 30_000_000).astype(np.int64),
            cash_tiyn=np.where(is_child, 0, 3_000_000).astype(np.int64),
            weight=np.where(is_child, 0, np.where(np.arange(people) % 3, 1_000, 2_000)).astype(
                np.int32
            ),
        ),
        households=Households(
            first=np.arange(0, people, 3, dtype=np.int32), size=np.full(homes, 3, dtype=np.uint8)
        ),
        merchants=Merchants(
            region=((shop // len(CATEGORIES)) % len(regions)).astype(np.uint8),
            is_urban=(shop // (len(CATEGORIES) * len(regions))) % 2 == 0,
            category=(shop % len(CATEGORIES)).astype(np.uint8),
            accepts_digital=np.zeros(shops, dtype=np.bool_),
            accepts_offline=np.zeros(shops, dtype=np.bool_),
            bank=(shop % 2).astype(np.uint8),
            weight=np.where(shop % 5, 1_000, 3_000).astype(np.int32),
        ),
        employers=Employers(region=none, bank=none),
    )


def days(count: int, first: dt.date = FIRST_DAY) -> list[dt.date]:
    """Return dates that follow one another."""
    return [first + dt.timedelta(days=number) for number in range(count)]


@dataclass
class Country:
    """A society with a book in which everybody has money, and a checkout."""

    society: Society
    outages: tuple[OutageSection, ...] = ()
    cash_bp: int = 0
    reserves_tiyn: int = 10**14
    more_rails: Mapping[str, Rail] = field(default_factory=dict)
    now_us: int = CALENDAR.at(FIRST_DAY)

    def __post_init__(self) -> None:
        """Open all accounts and give everybody what the columns say."""
        self.names, self.board = Names(), Board()
        self.journal = Journal(self.names)
        self.book = Book(self.journal, self.names, lambda: self.now_us)
        self.lent_tiyn = 0
        self.board.listen("liquidity", self._lend)
        people = self.society.people
        count = self.society.party_count()
        bank = np.concatenate((people.bank, self.society.merchants.bank))
        deposits = [
            self.book.open(self.society.party_name(i), BANKS[bank[i]], Form.BANK_DEPOSIT)
            for i in range(count)
        ]
        self.cash = [
            self.book.open(self.society.party_name(i), CENTRAL, Form.CASH) for i in range(count)
        ]
        self.customers = Customers(
            name=self.society.party_name,
            region_index=np.concatenate((people.region, self.society.merchants.region)),
            region_names=np.array(
                [self.names.id(code) for code in self.society.regions], dtype=np.int64
            ),
            people=len(people.age),
            first_employer=count,
            count=count,
            national_bank=CENTRAL,
            banks=BANKS,
            bank=bank,
            deposit=np.array(deposits, dtype=np.int64),
            cash=np.array(self.cash, dtype=np.int64),
            wallet=np.full(count, NO_ACCOUNT, dtype=np.int64),
        )
        for party, account in enumerate(deposits[: len(people.age)]):
            self.give(account, int(people.deposit_tiyn[party]))
            self.give(self.cash[party], int(people.cash_tiyn[party]))
        for name in BANKS:
            self.give(self.book.open(name, CENTRAL, Form.BANK_RESERVE), self.reserves_tiyn)
        self.till = Till(
            ledger=self.book,
            names=self.names,
            bulletin=self.board,
            customers=self.customers,
            availability=Outages(self.outages, CALENDAR),
        )
        self.deposit_rail = DepositRail(self.till)

    def checkout(self, *, is_replay: bool = False) -> Checkout:
        """Return a checkout of deposits and cash, and of the further rails."""
        return Checkout(
            self.till,
            {DEPOSIT: self.deposit_rail, CASH: CashRail(self.till), **self.more_rails},
            Habits(self.cash_bp, b"").order,
            teller=Teller(self.till),
            withdrawal=self.names.id(WITHDRAWAL),
            replayed=self.deposit_rail if is_replay else None,
        )

    def give(self, account: AccountId, amount_tiyn: int) -> None:
        """Open an account with an amount out of nothing."""
        if not amount_tiyn:
            return
        keeper = self.book.account(account).keeper
        form = self.book.account(account).form
        issuer = self.book.open(self.names.text(keeper), self.names.text(keeper), form)
        name = f"opening/{account}"
        self.book.post(Posting(name, Kind.OPENING, (Move(issuer, account, amount_tiyn),)))

    def rows(self, *, skipped: Sequence[Kind] = (Kind.OPENING, Kind.LIQUIDITY)) -> Rows:
        """Return the log without openings and loans."""
        rows = self.journal.rows()
        return rows[~np.isin(rows["kind"], skipped)]

    def money(self) -> Iterator[int]:
        """Yield the free money of everybody but issuers."""
        for account, balance in self.book.balances().items():
            if account.holder != account.keeper:
                yield balance.free_tiyn

    def _lend(self, request: object) -> None:
        if not isinstance(request, LiquidityRequest):
            raise TypeError(request)
        self.lent_tiyn += request.amount_tiyn
        issuer = self.book.open(CENTRAL, CENTRAL, Form.BANK_RESERVE)
        reserve = self.book.open(request.bank, CENTRAL, Form.BANK_RESERVE)
        move = Move(issuer, reserve, request.amount_tiyn)
        self.book.post(Posting(f"loan/{len(self.journal)}", Kind.LIQUIDITY, (move,)))


def want(
    payer: int,
    payee: int,
    amount_tiyn: int,
    *,
    purpose: NameId = NOTHING,
    is_remote: bool = False,
    number: int = 0,
    time_us: int | None = None,
    spare: int = 1,
    form: int = 0,
) -> RetailWant:
    """Return a want of the first stratum."""
    return RetailWant(
        CALENDAR.at(FIRST_DAY, 12 * HOUR_US) if time_us is None else time_us,
        0,
        number,
        -1 - number,
        payer,
        payee,
        amount_tiyn,
        purpose,
        is_remote,
        spare,
        form,
    )
