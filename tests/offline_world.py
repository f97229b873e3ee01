"""A few purses and tills without a retail tape: payments are made where a test says so."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tengesim.clock import HOUR_US, Calendar
from tengesim.codes import Form, Kind
from tengesim.engine.bulletin import Board
from tengesim.engine.environment import RETAIL, Environment
from tengesim.engine.settlement import Takings
from tengesim.institutions.customers import Customers
from tengesim.institutions.offline.build import Places, build
from tengesim.institutions.offline.model import OfflineSection
from tengesim.institutions.outages import Outages, OutageSection, Tills
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.journal.tables import events_frame
from tengesim.ledger.audit import Auditor
from tengesim.ledger.book import Book
from tengesim.ledger.parties import WALLET
from tengesim.payment import AccountId, Move, Posting, RetailWant
from tengesim.ports import Ports
from tengesim.streams import Streams

NB = "national_bank"
START, END = dt.date(2026, 2, 1), dt.date(2026, 2, 20)
DAY_US = 24 * HOUR_US
CALENDAR = Calendar(offsets=((START, 5 * HOUR_US),), holidays=frozenset())
START_US = CALENDAR.at(START)


def assumed(value: str) -> dict[str, str]:
    """Return a parameter without a source."""
    return {"value": value, "low": value, "high": value, "source": "assumption"}


def section(**changes: object) -> OfflineSection:
    """Return a section in which nothing goes wrong, but for `changes`; `copies__x` reach deeper."""
    raw: dict[str, object] = {
        "coverage": {"urban": assumed("100 %"), "rural": assumed("50 %")},
        "holders": assumed("100 %"),
        "balance_limit": assumed("20000 KZT"),
        "payment_limit": assumed("10000 KZT"),
        "count_limit": assumed("5 payments"),
        "load_at": "06:00",
        "schedule_source": "assumption",
        "sync_window": assumed("3 days"),
        "last_day": "2026-02-14",
        "lost_devices": assumed("0 %"),
        "copies": {
            "purses": assumed("0 %"),
            "attempts": assumed("0 %"),
            "second_after": assumed("30 min"),
            "stopped_by_device": assumed("0 %"),
        },
    }
    for name, value in changes.items():
        outer, _, inner = name.partition("__")
        if inner:
            below = raw[outer]
            assert isinstance(below, dict)
            below[inner] = assumed(str(value))
        else:
            raw[outer] = value if outer in {"load_at", "last_day"} else assumed(str(value))
    return OfflineSection.model_validate(raw)


@dataclass(frozen=True)
class Payment:
    """Somebody pays somebody, at an hour after the start."""

    hour: int
    payer: int
    merchant: int
    amount_tiyn: int


class OfflineWorld:
    """People with a wallet of 100,000 KZT each, and merchants in a village half out of reach."""

    def __init__(
        self,
        offline: OfflineSection,
        *,
        people: int = 4,
        merchants: int = 3,
        seed: int = 1,
        outages: tuple[OutageSection, ...] = (),
    ) -> None:
        """Open everything; nothing happens before `run`."""
        self.names, self.board = Names(), Board()
        self.env = Environment(START_US)
        self.journal, self.auditor = Journal(self.names), Auditor()
        self.journal.fold(self.auditor.consume)
        self.book = Book(self.journal, self.names, lambda: int(self.env.now))
        self.people, self.merchants = people, merchants
        streams = Streams(seed)
        parties = [f"person-{n + 1}" for n in range(people)]
        parties += [f"merchant-{n + 1}" for n in range(merchants)]
        first_name = self.names.block("person-", 1, people)
        self.names.block("merchant-", 1, merchants)
        self.book.open_parties(first_name, len(parties))
        keepers = np.full(len(parties), self.names.id(NB), dtype=np.int64)
        wallets = self.book.open_slot(WALLET, np.arange(len(parties)), keepers)
        issuer = self.book.open(NB, NB, Form.DIGITAL_TENGE)
        for number in range(people):
            move = Move(issuer, AccountId(int(wallets[number])), 10_000_000)
            self.book.post(Posting(f"opening/{number}", Kind.OPENING, (move,)))
        none = np.full(len(parties), -1, dtype=np.int64)
        customers = Customers(
            name=parties.__getitem__,
            region_index=np.zeros(len(parties), dtype=np.uint8),
            region_names=np.zeros(1, dtype=np.int64),
            people=people,
            first_employer=len(parties),
            count=len(parties),
            national_bank=NB,
            banks=("bank",),
            bank=np.zeros(len(parties), dtype=np.int64),
            deposit=none,
            cash=none,
            wallet=wallets,
        )
        is_urban = np.zeros(merchants, dtype=np.bool_)
        tills = Tills(offline.coverage, is_urban, first_party=people, streams=streams)
        self.office = build(
            offline,
            customers,
            Places(
                region=np.zeros(people, dtype=np.int64),
                merchant_region=np.zeros(merchants, dtype=np.int64),
                accepts_offline=np.ones(merchants, dtype=np.bool_),
                region_names=("KZ-61",),
            ),
            self._ports(),
            availability=Outages(outages, CALENDAR, tills),
            streams=streams,
            room=lambda people: np.full(len(people), 10**12),
            start=START,
            end=END,
        )

    def _ports(self) -> Ports:
        return Ports(
            ledger=self.book,
            bulletin=self.board,
            takings=Takings(),
            calendar=CALENDAR,
            names=self.names,
            controls={},
            until=self.env.until,
            start=self.env.begin,
            now=lambda: int(self.env.now),
            chance=lambda name, rate_bp: lambda key: False,
        )

    def run(self, payments: list[Payment]) -> pd.DataFrame:
        """Make the payments, each where the rail may be used; return the log."""
        ordered = sorted(payments, key=lambda one: one.hour)
        for number, payment in enumerate(ordered):
            self.env.happen(START_US + payment.hour * HOUR_US, RETAIL, self._pay(payment, number))
        self.env.run(until=CALENDAR.at(END))
        self.journal.flush()
        self.auditor.check(self.book.balance_columns(), "the end")
        return events_frame(self.journal.rows(), self.names)

    def _pay(self, payment: Payment, number: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
        def act(_: object) -> None:
            want = RetailWant(
                time_us=int(self.env.now),
                stratum=0,
                number=number,
                intent=self.names.id(f"want-{number}"),
                payer=payment.payer,
                payee=self.people + payment.merchant,
                amount_tiyn=payment.amount_tiyn,
                purpose=self.names.id("5411"),
                is_remote=False,
                spare=number * 0x9E3779B97F4A7C15 % 2**64,
            )
            if self.office.can_try(want):
                self.office.pay(want, 0, (want.time_us, 0, number, 0))

        return act

    def free(self, holder: str) -> int:
        """Return the digital tenge of `holder`, in tiyn."""
        return self.book.free(self.book.open(holder, NB, Form.DIGITAL_TENGE))


def counted(rows: pd.DataFrame, **wanted: str) -> int:
    """Return how many rows have these values."""
    chosen = np.ones(len(rows), dtype=np.bool_)
    for name, value in wanted.items():
        chosen &= (rows[name] == value).to_numpy()
    return int(chosen.sum())


def endings(rows: pd.DataFrame) -> Mapping[str, int]:
    """Return how every second spending ended, counted from the log alone by serial number."""
    second = rows[(rows["kind"] == "offline_payment") & (rows["true_label"] == "spent_twice")]
    settlements = rows[rows["kind"] == "offline_settlement"]
    found = {"attempted": len(second), "prevented": 0, "detected": 0, "lost": 0}
    for serial, status in zip(second["value"], second["status"], strict=True):
        ends = settlements[settlements["value"] == serial]
        if status == "refused":
            found["prevented"] += 1
        elif "spent_twice" in set(ends["reason"]):
            found["detected"] += 1
        else:
            assert "outside_validity" in set(ends["reason"])
            found["lost"] += 1
    return found


__all__ = ["AccountId", "OfflineWorld", "Payment", "counted", "endings", "section"]
