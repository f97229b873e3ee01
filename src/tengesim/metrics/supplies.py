"""Supplies by the meter: what meters showed, what was paid for it, and what was really used.

A connection is told by its place in the log.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from tengesim.codes import Kind, Status
from tengesim.metrics.log import Log, is_one_of
from tengesim.metrics.metric import Measure, defined
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "measure"]

_metric = partial(defined, scope="supplies")
_PAYS: Final = (Kind.PAYMENT, Kind.BUDGET_PAYMENT)

METRICS: Final = (
    _metric(
        "supplies_metered",
        "Shown by meters",
        "KZT",
        group="payments",
        question="How much is what meters showed worth?",
        formula="KZT of METER_READING rows.",
        text="Readings may be wrong, and a meter may have been tampered with.",
    ),
    _metric(
        "supplies_paid",
        "Paid by the meter",
        "KZT",
        group="payments",
        question="How much was paid for what meters showed?",
        formula="KZT of settled PAYMENT and BUDGET_PAYMENT rows that reach suppliers.",
        text="Whole units only, and none when the money has ended.",
    ),
    _metric(
        "supplies_unpaid",
        "Delivered and not paid",
        "KZT",
        group="harm",
        question="How much did meters show that nobody paid?",
        formula="KZT of STOPPAGE rows of supplies.",
        text="The money ended between two readings, or a rule let nothing pass until the last. The"
        " oftener a meter is read, the less a supplier can lose.",
        direction="down",
    ),
    _metric(
        "supplies_cut_off",
        "Connections without money for what they used",
        "connections",
        group="harm",
        question="How many connections were left with units that nobody paid?",
        formula="Number of connections with a STOPPAGE row.",
        text="Whoever uses more than the money is for is supplied no more.",
        direction="down",
    ),
    _metric(
        "supplies_overpaid",
        "Paid for what was not used",
        "KZT",
        group="integrity",
        question="How much was paid for units that nobody used?",
        formula="Σ over connections of max(0, KZT paid − KZT of the TRUE_COST row).",
        text="Wrong readings and tampered meters. No rule that reads the meter can see it.",
        direction="down",
        uses_truth=True,
    ),
)


@dataclass(slots=True)
class _Connection:
    """What the log says of one connection."""

    supplier: int
    metered_tiyn: int = 0
    paid_tiyn: int = 0
    unpaid_tiyn: int = 0
    true_tiyn: int = 0


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of supplies."""
    found = _read(readings.log)
    yield Measure("supplies_metered", sum(one.metered_tiyn for one in found))
    yield Measure("supplies_paid", sum(one.paid_tiyn for one in found))
    yield Measure("supplies_unpaid", sum(one.unpaid_tiyn for one in found))
    yield Measure("supplies_cut_off", sum(one.unpaid_tiyn > 0 for one in found))
    over_tiyn = sum(max(one.paid_tiyn - one.true_tiyn, 0) for one in found)
    yield Measure("supplies_overpaid", over_tiyn)


def _read(log: Log) -> list[_Connection]:
    agreed = np.flatnonzero(is_one_of(log.kind, (Kind.CONNECTION,)))
    places = log.place[agreed]
    suppliers = log.payee[agreed].tolist()
    found = {
        place: _Connection(supplier)
        for place, supplier in zip(places.tolist(), suppliers, strict=True)
    }
    rows = np.flatnonzero(np.isin(log.place, places))
    columns = (log.place, log.kind, log.status, log.payee, log.amount_tiyn)
    for place, kind, status, payee, tiyn in zip(
        *(column[rows].tolist() for column in columns), strict=True
    ):
        one = found[place]
        if kind == Kind.METER_READING:
            one.metered_tiyn += tiyn
        elif kind == Kind.STOPPAGE:
            one.unpaid_tiyn += tiyn
        elif kind == Kind.TRUE_COST:
            one.true_tiyn += tiyn
        elif kind in _PAYS and status == Status.SETTLED and payee == one.supplier:
            # Between two banks only the last leg names the supplier.
            one.paid_tiyn += tiyn
    return list(found.values())
