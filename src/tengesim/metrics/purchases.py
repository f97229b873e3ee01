"""Purchases against a register: what was paid for nothing, who waited, and whose money was at risk.

A deal is told by its place in the log. It is paid by the first row that gives its price to whoever
sells, or to whatever else a loan is spent on; what is on hold is not yet paid.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from tengesim.clock import DAY_US, HOUR_US
from tengesim.codes import Kind, Status, TrueLabel
from tengesim.metrics.log import Log, is_one_of
from tengesim.metrics.metric import Measure, defined, undefined
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "measure"]

_PAYS: Final = (Kind.PAYMENT, Kind.BUDGET_PAYMENT, Kind.SHED)
_HOURS_A_DAY: Final = DAY_US // HOUR_US

_metric = partial(defined, scope="purchases")

METRICS: Final = (
    _metric(
        "purchases_agreed",
        "Purchases agreed upon",
        "KZT",
        group="payments",
        question="How much was to be paid by all agreements?",
        formula="KZT of AGREEMENT rows.",
        text="Every arm of a study has the same agreements.",
    ),
    _metric(
        "purchases_paid",
        "Purchases paid",
        "KZT",
        group="payments",
        question="How much of it was paid and not given back?",
        formula="KZT of agreements whose price was paid, without those whose seller gave it back.",
        text="Loans that were spent on something else are among them: the money is gone.",
    ),
    _metric(
        "purchases_lost",
        "Paid for nothing",
        "KZT",
        group="integrity",
        question="How much was paid and bought nothing?",
        formula="KZT of LOSS rows of agreements that were paid.",
        text="Sellers who hand nothing over, loans spent elsewhere, sales that are undone.",
        direction="down",
        uses_truth=True,
    ),
    _metric(
        "purchases_loss_stopped",
        "Loss attempted and not paid",
        "KZT",
        group="integrity",
        question="How much of what was to be lost was never paid?",
        formula="KZT of LOSS rows of agreements that were not paid.",
        text="A sale that is undone afterwards passes every register: no rule stops it.",
        direction="up",
        uses_truth=True,
    ),
    _metric(
        "money_at_risk",
        "Time between payment and register",
        "days",
        group="harm",
        question="How long is the money gone while the register still names the seller?",
        formula="Σ KZT × time from payment to the change of the register, to the end of the horizon"
        " where it never changes, ÷ KZT paid; nought where the register changes first.",
        text="Whoever pays first bears the risk that nothing comes.",
        direction="down",
    ),
    _metric(
        "sellers_wait",
        "Wait of honest sellers",
        "days",
        group="harm",
        question="How long do honest sellers wait for money after they have handed over?",
        formula="Σ KZT × time from ACCEPTANCE to payment ÷ KZT, over honest agreements that were"
        " handed over and paid; nought where payment came first.",
        text="Longer where the register is late or wrong.",
        direction="down",
        uses_truth=True,
    ),
    _metric(
        "sellers_unpaid",
        "Honest sellers unpaid",
        "KZT",
        group="harm",
        question="How much do honest sellers not get although they have handed over?",
        formula="KZT of honest agreements with an ACCEPTANCE row and no payment by the end of the"
        " horizon.",
        text="Money on hold went back before the register was corrected, or has not come yet.",
        direction="down",
        uses_truth=True,
    ),
    _metric(
        "purchases_released",
        "Held and given back",
        "KZT",
        group="payments",
        question="How much was on hold and went back because the register never changed in time?",
        formula="KZT of RETURN rows and of holds that were voided, each agreement once.",
        text="The loan goes back to the budget, or the buyer keeps the money.",
    ),
)


@dataclass(slots=True)
class _Deal:
    """What the log says of one agreement."""

    price_tiyn: int
    label: int
    loss_tiyn: int = 0
    paid_us: int | None = None
    handed_over_us: int | None = None
    entered_us: int | None = None
    is_refunded: bool = False
    is_released: bool = False


class _Row(NamedTuple):
    """What is read of one row."""

    kind: int
    status: int
    label: int
    time_us: int
    amount_tiyn: int


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of purchases."""
    deals = _read(readings.log)
    paid = [deal for deal in deals if deal.paid_us is not None]
    kept = [deal for deal in paid if not deal.is_refunded]
    unpaid = [deal for deal in deals if deal.paid_us is None]
    honest = [deal for deal in deals if deal.label == TrueLabel.HONEST and deal.handed_over_us]
    yield Measure("purchases_agreed", sum(deal.price_tiyn for deal in deals))
    yield Measure("purchases_paid", sum(deal.price_tiyn for deal in kept))
    yield Measure("purchases_lost", sum(deal.loss_tiyn for deal in paid))
    yield Measure("purchases_loss_stopped", sum(deal.loss_tiyn for deal in unpaid))
    end_us = readings.terms.end_us
    spans = [(deal, deal.paid_us, deal.entered_us or end_us) for deal in kept]
    yield _days("money_at_risk", spans)
    waits = [(deal, deal.handed_over_us, deal.paid_us) for deal in honest]
    yield _days("sellers_wait", waits)
    left = sum(deal.price_tiyn for deal in honest if deal.paid_us is None)
    yield Measure("sellers_unpaid", left)
    released = sum(deal.price_tiyn for deal in deals if deal.is_released)
    yield Measure("purchases_released", released)


def _days(name: str, spans: Sequence[tuple[_Deal, int | None, int | None]]) -> Measure:
    """Return a time weighted by money, in days, of spans whose ends are known."""
    known = [
        (deal.price_tiyn, max(end_us - start_us, 0))
        for deal, start_us, end_us in spans
        if start_us is not None and end_us is not None
    ]
    if not known:
        return undefined(name, "nothing was paid")
    # Hours, because tiyn times microseconds of a large programme need more than 64 bits.
    weighted = sum(price_tiyn * (span_us // HOUR_US) for price_tiyn, span_us in known)
    return Measure(
        name,
        weighted,
        sum(price_tiyn for price_tiyn, _ in known) * _HOURS_A_DAY,
        cases="agreements were paid",
    )


def _read(log: Log) -> list[_Deal]:
    agreed = np.flatnonzero(is_one_of(log.kind, (Kind.AGREEMENT,)))
    deals = {
        place: _Deal(price_tiyn, label)
        for place, price_tiyn, label in zip(
            *(column[agreed].tolist() for column in (log.place, log.amount_tiyn, log.true_label)),
            strict=True,
        )
    }
    rows = np.flatnonzero(np.isin(log.place, np.array(list(deals), dtype=np.int64)))
    columns = (log.kind, log.status, log.true_label, log.time_us, log.amount_tiyn)
    rows_of = zip(*(column[rows].tolist() for column in columns), strict=True)
    for place, row in zip(log.place[rows].tolist(), rows_of, strict=True):
        _note(deals[place], _Row(*row))
    return list(deals.values())


def _note(deal: _Deal, row: _Row) -> None:
    """Take in one row about a deal."""
    is_moved = row.status in {Status.SETTLED, Status.POSTED}
    if row.kind == Kind.LOSS:
        deal.loss_tiyn += row.amount_tiyn
    elif row.kind == Kind.ACCEPTANCE:
        deal.handed_over_us = row.time_us
    elif row.kind == Kind.DELIVERY_CHECK:
        deal.entered_us = row.time_us
    elif row.kind == Kind.REFUND:
        deal.is_refunded = True
    elif row.kind == Kind.RETURN or row.status == Status.VOIDED:
        deal.is_released = True
    elif row.kind in _PAYS and is_moved and row.label != TrueLabel.INTERNAL:
        deal.paid_us = row.time_us if deal.paid_us is None else deal.paid_us
