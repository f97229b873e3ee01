"""Logs of public contracts written by hand, row by row and payment by payment.

A payment is written as the ledger writes it: with the rows that pass through the books of banks and
of the Treasury, all with the reference of the first of them.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from tengesim.clock import DAY_US, HOUR_US
from tengesim.codes import Evidence, Form, Kind, Reason, Status, TrueLabel
from tengesim.journal.cube import Cube
from tengesim.journal.events import ROW, Rows
from tengesim.journal.names import Names
from tengesim.journal.tables import cube_frame, events_frame
from tengesim.metrics.log import Log
from tengesim.metrics.metric import Measure
from tengesim.metrics.readings import Readings
from tengesim.metrics.terms import MetricTerms
from tests.log_days import utc_days

__all__ = ["FIRST_DAY", "KZT", "ContractLog"]

FIRST_DAY: Final = 20_000
"""Number of the local day on which every log begins."""
KZT: Final = 100
_OFFSET_US: Final = 5 * HOUR_US
_BANK, _TREASURY, _NATIONAL = "bank-1", "treasury", "national-bank"

Side = tuple[str, str, Form, str]
"""Holder, keeper, form and mark of an account."""


def _deposit(holder: str) -> Side:
    return (holder, _BANK, Form.BANK_DEPOSIT, "")


def _control(holder: str) -> Side:
    return (holder, _TREASURY, Form.CASH_CONTROL_ACCOUNT, "")


def _single(holder: str) -> Side:
    return (holder, _NATIONAL, Form.TREASURY_SINGLE_ACCOUNT, "")


def _wallet(holder: str, mark: str = "") -> Side:
    return (holder, _NATIONAL, Form.DIGITAL_TENGE, mark)


@dataclass
class ContractLog:
    """Rows that are added one by one; `day` counts from the first, amounts are KZT."""

    days: int = 1_000
    day: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    names: Names = field(default_factory=Names)

    def record(
        self,
        kind: Kind,
        lot: str,
        payer: str,
        payee: str,
        kzt: int = 0,
        **columns: Any,  # noqa: ANN401 - columns of any type
    ) -> None:
        """Add a row that records something, between the buyer's account and a deposit."""
        self._add((kind, lot, _control(payer), _deposit(payee)), kzt, columns)

    def pay(
        self,
        kind: Kind,
        lot: str,
        payer: str,
        payee: str,
        kzt: int,
        *,
        by: str = "deposit",
        **columns: Any,  # noqa: ANN401 - columns of any type
    ) -> None:
        """Add the rows of a payment.

        `by` says from where to where: budget (to a deposit), budget_marked, deposit, control, tax,
        mark (marked to marked), shed (marked to free), back (deposit to budget), into_control.
        """
        mark = str(columns.pop("mark", lot))
        of_bank, of_treasury = _deposit(_BANK), _control(_TREASURY)
        legs: dict[str, list[tuple[Side, Side]]] = {
            "budget": [(_control(payer), of_treasury), (of_bank, _deposit(payee))],
            "into_control": [(_control(payer), _control(payee))],
            "budget_marked": [
                (_control(payer), of_treasury),
                (_wallet(_NATIONAL), _wallet(payee, mark)),
            ],
            "deposit": [(_deposit(payer), _deposit(payee))],
            "control": [(_control(payer), of_treasury), (of_bank, _deposit(payee))],
            "tax": [(_deposit(payer), of_bank), (_single(_NATIONAL), _single(payee))],
            "mark": [(_wallet(payer, mark), _wallet(payee, mark))],
            "shed": [(_wallet(payer, mark), _wallet(payee))],
            "back": [(_deposit(payer), of_bank), (of_treasury, _control(payee))],
        }
        ref = len(self.rows)
        settled = {"status": Status.SETTLED, "ref": ref} | columns
        for one, other in legs[by]:
            self._add((kind, lot, one, other), kzt, settled)

    def _add(self, about: tuple[Kind, str, Side, Side], kzt: int, columns: dict[str, Any]) -> None:
        kind, lot, one, other = about
        named = {"payer": one[0], "keeper": one[1], "mark": one[3]}
        named |= {"payee": other[0], "keeper_to": other[1], "mark_to": other[3]}
        named |= {"place": lot, "rule": str(columns.get("rule", ""))}
        named |= {"programme": str(columns.get("programme", "roads")), "region": "KZ-23"}
        plain: dict[str, Any] = {
            "status": Status.RECORDED,
            "reason": Reason.NONE,
            "true_label": TrueLabel.INTERNAL,
            "evidence": Evidence(0),
            "ref": len(self.rows),
            "value": 0,
            "limit": 0,
            "attempt": 0,
        }
        plain |= {name: value for name, value in columns.items() if name in plain}
        moment = (FIRST_DAY + self.day) * DAY_US - _OFFSET_US + 12 * HOUR_US
        self.rows.append(
            {
                **dict.fromkeys(ROW.names or (), 0),
                **{name: int(value) for name, value in plain.items()},
                **{name: self.names.id(text) for name, text in named.items()},
                "intent": self.names.id(str(columns.get("intent", lot))),
                "seq": len(self.rows),
                "time_us": moment,
                "kind": int(kind),
                "form": int(one[2]),
                "form_to": int(other[2]),
                "amount_tiyn": kzt * KZT,
            }
        )

    def lot(
        self,
        lot: str = "lot-1",
        *,
        plan: int = 1_000,
        price: int = 900,
        true: int = 800,
        buyer: str = "buyer-1",
        supplier: str = "firm-1",
        method: int = 1,
    ) -> None:
        """Plan a lot and award it on the same day, with no bids."""
        self.record(Kind.PLAN, lot, buyer, _TREASURY, plan, limit=method, rule="large")
        self.record(Kind.AWARD, lot, buyer, supplier, price, limit=method)
        self.record(Kind.TRUE_COST, lot, buyer, supplier, true)

    def due(self, after: int) -> int:
        """Return the number of the local day some days from now, as acts bear it."""
        return FIRST_DAY + self.day + after

    def packed(self) -> Rows:
        """Return the rows as a log has them."""
        rows = [tuple(row[name] for name in ROW.names or ()) for row in self.rows]
        return np.array(rows, dtype=ROW)

    def events(self) -> pd.DataFrame:
        """Return the rows with text for their ids."""
        return events_frame(self.packed(), self.names)

    def readings(self) -> Readings:
        """Return what metrics read of these rows."""
        start_us = FIRST_DAY * DAY_US - _OFFSET_US
        terms = MetricTerms(
            start_us=start_us,
            end_us=start_us + self.days * DAY_US,
            base_rate_bp=1_800,
            spread_bp=400,
            scopes=frozenset({"procurement"}),
        )
        cube = cube_frame(Cube(*utc_days()).cells(), Names())
        return Readings(Log.of_rows(self.packed()), cube, terms)

    @staticmethod
    def exact(measures: Any) -> dict[str, tuple[int | None, int | None]]:  # noqa: ANN401
        """Return numerator and denominator of measures by name, money in tiyn."""
        listed: list[Measure] = list(measures)
        return {one.metric: (one.numerator, one.denominator) for one in listed}
