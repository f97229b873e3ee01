"""Logs of assets written by hand, row by row, and what a plain reading of them gives.

The plain reading follows rows one by one with fractions and dictionaries; it shares no code with
the metrics that tests compare with it.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import BASE_UNITS, Form, Kind, Provenance, Status
from tengesim.journal.cube import Cube
from tengesim.journal.events import ROW, Rows
from tengesim.journal.names import Names
from tengesim.journal.tables import cube_frame
from tengesim.metrics.log import Log
from tengesim.metrics.readings import Readings
from tengesim.metrics.terms import MetricTerms
from tests.log_days import utc_days

__all__ = ["START_US", "HandLog", "Plain", "random_log"]

START_US = 20_000 * DAY_US
KEEPERS = {form: f"issuer-{form.name.lower()}" for form in BASE_UNITS}


@dataclass
class HandLog:
    """Rows that are added one by one; `day` is the day of the next row."""

    days: int = 0
    day: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    names: list[str] = field(default_factory=lambda: [""])

    def name(self, text: str) -> int:
        """Return the number of a name."""
        if text not in self.names:
            self.names.append(text)
        return self.names.index(text)

    def add(
        self,
        kind: Kind,
        payer: str,
        payee: str,
        form: Form,
        units: int,
        *,
        status: Status = Status.SETTLED,
        value: int = 0,
        intent: int = -1,
        hour: int = 12,
    ) -> None:
        """Add a row at an hour of the day."""
        keeper = KEEPERS.get(form, "bank")
        self.rows.append(
            {
                "time_us": START_US + self.day * DAY_US + hour * 3_600_000_000,
                "kind": kind,
                "status": status,
                "payer": payer,
                "payee": payee,
                "form": form,
                "keeper": keeper,
                "amount": units,
                "value": value,
                "intent": intent,
            }
        )

    def prices(self, tiyn: dict[Form, int]) -> None:
        """Fix prices at the first hour of the day."""
        for form, price in tiyn.items():
            self.add(
                Kind.PRICE,
                "market",
                KEEPERS[form],
                form,
                BASE_UNITS[form],
                status=Status.RECORDED,
                value=price,
                hour=0,
            )

    def packed(self) -> Rows:
        """Return the rows as a log has them."""
        packed = []
        for seq, row in enumerate(self.rows):
            named = {name: self.name(row[name]) for name in ("payer", "payee", "keeper")}
            filled = {
                **dict.fromkeys(ROW.names or (), 0),
                **{name: int(row[name]) for name in ("time_us", "kind", "status", "form")},
                **named,
                "seq": seq,
                "keeper_to": named["keeper"],
                "form_to": int(row["form"]),
                "amount_tiyn": row["amount"],
                "value": row["value"],
                "intent": row["intent"],
            }
            packed.append(tuple(filled[name] for name in ROW.names or ()))
        return np.array(packed, dtype=ROW)

    def readings(self, **terms: Any) -> Readings:  # noqa: ANN401 - terms of any type
        """Return what metrics read of these rows."""
        cube = cube_frame(Cube(*utc_days()).cells(), Names())
        stated = {"base_rate_bp": 1_800, "spread_bp": 400} | terms
        made = MetricTerms(start_us=START_US, end_us=START_US + self.days * DAY_US, **stated)
        return Readings(Log.of_rows(self.packed()), cube, made)


class Plain:
    """The same rows read one by one."""

    def __init__(self, log: HandLog) -> None:
        """Follow all rows once."""
        self.log = log
        self.units: dict[tuple[str, Form], int] = {}
        self.closes: list[Fraction] = []
        self.held: list[dict[Form, int]] = []
        self.price_days: list[dict[Form, int]] = []
        prices: dict[Form, int] = {}
        of_day: list[list[dict[str, Any]]] = [[] for _ in range(log.days)]
        for row in log.rows:
            of_day[(row["time_us"] - START_US) // DAY_US].append(row)
        for day in range(log.days):
            for row in of_day[day]:
                if row["kind"] == Kind.PRICE:
                    prices[row["form"]] = row["value"]
                elif row["status"] == Status.SETTLED and row["form"] in BASE_UNITS:
                    for holder, sign in ((row["payer"], -1), (row["payee"], 1)):
                        key = (holder, row["form"])
                        self.units[key] = self.units.get(key, 0) + sign * row["amount"]
            self.price_days.append(dict(prices))
            self.held.append(self._reserve())
            self.closes.append(self.worth(self.held[-1], day))

    def _reserve(self) -> dict[Form, int]:
        held: dict[Form, int] = {}
        for (holder, form), units in self.units.items():
            if holder.startswith("fund-"):
                held[form] = held.get(form, 0) + units
        return held

    def worth(self, units: dict[Form, int], day: int) -> Fraction:
        """Return what some units are worth at the prices of a day, in tiyn."""
        return sum(
            (
                Fraction(held * self.price_days[day].get(form, 0), BASE_UNITS[form])
                for form, held in units.items()
            ),
            Fraction(0),
        )

    def worth_of(self, row: dict[str, Any], day: int | None = None) -> Fraction:
        """Return what the units of a row are worth on its day, or on another, in tiyn."""
        own = (row["time_us"] - START_US) // DAY_US
        return self.worth({row["form"]: row["amount"]}, own if day is None else day)

    def of(self, *kinds: Kind) -> list[dict[str, Any]]:
        """Return the rows of these kinds."""
        return [row for row in self.log.rows if row["kind"] in kinds]


_FORMS = (Form.BITCOIN, Form.USDT, Form.GOLD, Form.US_DOLLAR)


def random_log(seed: int, days: int = 90) -> HandLog:
    """Return a reserve's life: prices daily, inflows, trades, moves, losses, cases, attestations.

    Only holders whose name begins with `fund-` are of the reserve.
    """
    chance = Random(seed)  # noqa: S311 - rows for a test
    log = HandLog(days=days)
    prices = {Form.BITCOIN: 5 * 10**9, Form.USDT: 51_000, Form.GOLD: 4_000_000}
    prices |= {Form.US_DOLLAR: 51_000}
    open_cases: dict[int, int] = {}
    for day in range(days):
        log.day = day
        prices = {form: price * chance.randint(93, 108) // 100 for form, price in prices.items()}
        log.prices(prices if day % 7 else {form: prices[form] for form in _FORMS})
        if not day:
            log.add(Kind.OPENING, KEEPERS[Form.BITCOIN], "market", Form.BITCOIN, 10**15)
            log.add(Kind.OPENING, KEEPERS[Form.USDT], "market", Form.USDT, 10**15)
            log.add(Kind.OPENING, KEEPERS[Form.GOLD], "market", Form.GOLD, 10**12)
            log.add(Kind.OPENING, KEEPERS[Form.US_DOLLAR], "market", Form.US_DOLLAR, 10**12)
        if chance.random() < 0.2:
            form = chance.choice(_FORMS)
            units = chance.randint(1, 20 * BASE_UNITS[form])
            source = chance.choice(list(Provenance))
            log.add(Kind.RESERVE_INFLOW, "market", "fund-cold", form, units, value=source)
            if units > 10:
                log.add(Kind.CUSTODY, "fund-cold", "fund-hot", form, units // 3)
                log.add(Kind.TRADE, "fund-hot", "market", form, units // 9)
                log.add(Kind.TRADE, "market", "fund-hot", Form.USDT, chance.randint(1, 10**10))
            if units > 100 and chance.random() < 0.3:
                log.add(Kind.CUSTODY_LOSS, "fund-cold", "lost", form, units // 100)
            log.add(
                Kind.ATTESTATION,
                "fund-cold",
                "auditor",
                form,
                units // 2 + 1,
                status=Status.RECORDED,
                value=START_US + max(day - chance.randint(0, 120), 0) * DAY_US,
            )
        if chance.random() < 0.8:
            case = 1_000 + day
            open_cases[case] = chance.randint(3, 10**9)
            log.add(Kind.ARREST, "suspect", "evidence", Form.USDT, open_cases[case], intent=case)
        for case, units in list(open_cases.items()):
            if chance.random() < 0.1:
                del open_cases[case]
                part = units // 3
                for kind, payee, amount in (
                    (Kind.FORFEITURE, "authorised", part),
                    (Kind.COMPENSATION, "victims", part),
                    (Kind.ASSET_RETURN, "owner", units - 2 * part),
                ):
                    log.add(kind, "evidence", payee, Form.USDT, amount, intent=case)
        log.add(Kind.TRADE_COST, "market", "broker", Form.BANK_DEPOSIT, chance.randint(1, 10**6))
        log.add(Kind.TRADE_COST, "market", "broker", Form.US_DOLLAR, chance.randint(1, 10**4))
        log.add(Kind.TRADE, "national", "treasury", Form.TREASURY_SINGLE_ACCOUNT, day + 1)
        log.add(Kind.MINED, KEEPERS[Form.BITCOIN], "pool", Form.BITCOIN, chance.randint(1, 10**8))
        log.add(
            Kind.MINING_COST,
            "operator",
            "grid",
            Form.BANK_DEPOSIT,
            chance.randint(1, 10**9),
            value=chance.randint(0, 10**5),
        )
    return log
