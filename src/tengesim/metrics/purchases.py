"""Purchases against a register: what was paid for nothing, who waited, and whose money was at risk.

A deal is told by its place in the log. It is paid by the rows that give its price to whoever sells,
or to whatever else a loan is spent on; what is on hold is not yet paid.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from tengesim.clock import DAY_US, HOUR_US
from tengesim.codes import Form, Kind, Reason, Status, TrueLabel
from tengesim.metrics.log import Log, is_one_of
from tengesim.metrics.metric import Measure, defined, undefined
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "measure", "measure_instalments", "measure_shares"]

_PAYS: Final = (Kind.PAYMENT, Kind.BUDGET_PAYMENT, Kind.SHED)
_HOURS_A_DAY: Final = DAY_US // HOUR_US

_metric = partial(defined, scope="purchases")

_shared = partial(defined, scope="copayments")
_by_parts = partial(defined, scope="instalments")

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
        formula="KZT paid to sellers and for fees, and of loans spent elsewhere, without agreements"
        " whose seller gave it back.",
        text="Loans that were spent on something else are among them: the money is gone.",
    ),
    _metric(
        "purchases_lost",
        "Paid for nothing",
        "KZT",
        group="integrity",
        question="How much was paid and bought nothing?",
        formula="KZT of LOSS rows, of each agreement at most what was paid.",
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
        formula="KZT of LOSS rows, of each agreement without what was paid.",
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
        formula="KZT of honest agreements with an ACCEPTANCE row, without what was paid by the end"
        " of the horizon.",
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
        formula="KZT of holds that were voided, else of RETURN rows, without agreements whose buyer"
        " lacked money.",
        text="The loan goes back to the budget, or the buyer keeps the money.",
    ),
    _shared(
        "purchases_own_part",
        "Paid by buyers beside a programme",
        "KZT",
        group="payments",
        question="How much of what was paid is the buyers' own money?",
        formula="KZT of agreements that were paid and not given back, without the part of the"
        " programme that the AGREEMENT row names.",
        text="What is above a limit, a share of every price, or what a coupon leaves.",
    ),
    _shared(
        "purchases_unaffordable",
        "Buyers without money for their part",
        "KZT",
        group="harm",
        question="How much was agreed upon by buyers who could not pay their own part?",
        formula="KZT of agreements with a PAYMENT row refused as insufficient_funds.",
        text="Nothing of such a price is paid, the part of the programme goes back at once, and the"
        " seller keeps the thing. A programme that asks for more reaches fewer of the poor.",
        direction="down",
    ),
    _by_parts(
        "instalments_suspended",
        "Instalments suspended",
        "KZT",
        group="payments",
        question="How much was due in instalments and not paid on its date?",
        formula="KZT of refused rows of kind PAYMENT or BUDGET_PAYMENT, each once.",
        text="The register did not confirm the sale on that day; the same instalment is due again"
        " at the next date.",
    ),
    _by_parts(
        "purchases_stopped",
        "Rest not paid",
        "KZT",
        group="payments",
        question="How much was never paid because too many instalments were missed?",
        formula="KZT of STOPPAGE rows.",
        text="Things that never came, sales that were undone, and honest sellers whose register was"
        " corrected too late.",
    ),
)


@dataclass(slots=True)
class _Deal:
    """What the log says of one agreement."""

    price_tiyn: int
    label: int
    buyer: int
    seller: int
    programme_tiyn: int | None
    """What the programme pays of the price; None where it is not shared."""
    loss_tiyn: int = 0
    payments: list[tuple[int, int]] = field(default_factory=list)
    """When something was paid, and how much."""
    returned_tiyn: int = 0
    handed_over_us: int | None = None
    entered_us: int | None = None
    is_refunded: bool = False
    is_voided: bool = False
    is_unaffordable: bool = False
    suspended_tiyn: int = 0
    stopped_tiyn: int = 0

    @property
    def paid_tiyn(self) -> int:
        """What was paid, whatever became of it."""
        return sum(tiyn for _, tiyn in self.payments)

    @property
    def kept_tiyn(self) -> int:
        """What was paid and not given back."""
        return 0 if self.is_refunded else self.paid_tiyn

    @property
    def own_tiyn(self) -> int:
        """What of it was the buyer's own beside the money of a programme."""
        shared_tiyn = self.programme_tiyn
        return 0 if shared_tiyn is None else max(self.kept_tiyn - shared_tiyn, 0)

    @property
    def released_tiyn(self) -> int:
        """What waited for the register in vain, and went back."""
        if self.is_unaffordable:
            return 0
        return self.price_tiyn if self.is_voided else self.returned_tiyn


class _Row(NamedTuple):
    """What is read of one row."""

    kind: int
    status: int
    reason: int
    form: int
    label: int
    payer: int
    payee: int
    time_us: int
    amount_tiyn: int


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of purchases."""
    deals = _read(readings.log)
    honest = [deal for deal in deals if deal.label == TrueLabel.HONEST and deal.handed_over_us]
    lost_tiyn = sum(min(deal.loss_tiyn, deal.paid_tiyn) for deal in deals)
    yield Measure("purchases_agreed", sum(deal.price_tiyn for deal in deals))
    yield Measure("purchases_paid", sum(deal.kept_tiyn for deal in deals))
    yield Measure("purchases_lost", lost_tiyn)
    yield Measure("purchases_loss_stopped", sum(deal.loss_tiyn for deal in deals) - lost_tiyn)
    end_us = readings.terms.end_us
    kept = [deal for deal in deals if not deal.is_refunded]
    yield _days(
        "money_at_risk",
        (
            (tiyn, (deal.entered_us or end_us) - paid_us)
            for deal in kept
            for paid_us, tiyn in deal.payments
        ),
    )
    yield _days(
        "sellers_wait",
        (
            (tiyn, paid_us - (deal.handed_over_us or end_us))
            for deal in honest
            for paid_us, tiyn in deal.payments
        ),
    )
    yield Measure("sellers_unpaid", sum(deal.price_tiyn - deal.paid_tiyn for deal in honest))
    yield Measure("purchases_released", sum(deal.released_tiyn for deal in deals))


def measure_shares(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of prices that buyers pay a part of."""
    deals = _read(readings.log)
    yield Measure("purchases_own_part", sum(deal.own_tiyn for deal in deals))
    unaffordable = sum(deal.price_tiyn for deal in deals if deal.is_unaffordable)
    yield Measure("purchases_unaffordable", unaffordable)


def measure_instalments(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of prices that are paid part by part."""
    deals = _read(readings.log)
    yield Measure("instalments_suspended", sum(deal.suspended_tiyn for deal in deals))
    yield Measure("purchases_stopped", sum(deal.stopped_tiyn for deal in deals))


def _days(name: str, spans: Iterable[tuple[int, int]]) -> Measure:
    """Return a time weighted by money, in days, of amounts with their times."""
    known = [(tiyn, max(span_us, 0)) for tiyn, span_us in spans]
    if not known:
        return undefined(name, "nothing was paid")
    # Hours, because tiyn times microseconds of a large programme need more than 64 bits.
    weighted = sum(tiyn * (span_us // HOUR_US) for tiyn, span_us in known)
    return Measure(
        name,
        weighted,
        sum(tiyn for tiyn, _ in known) * _HOURS_A_DAY,
        cases="agreements were paid",
    )


def _read(log: Log) -> list[_Deal]:
    agreed = np.flatnonzero(is_one_of(log.kind, (Kind.AGREEMENT,)))
    said = (log.amount_tiyn, log.true_label, log.payer, log.payee, log.rule, log.value)
    deals = {
        place: _Deal(price_tiyn, label, buyer, seller, value if rule else None)
        for place, price_tiyn, label, buyer, seller, rule, value in zip(
            log.place[agreed].tolist(),
            *(column[agreed].tolist() for column in said),
            strict=True,
        )
    }
    rows = np.flatnonzero(np.isin(log.place, np.array(list(deals), dtype=np.int64)))
    columns = (
        log.kind,
        log.status,
        log.reason,
        log.form,
        log.true_label,
        log.payer,
        log.payee,
        log.time_us,
        log.amount_tiyn,
    )
    rows_of = zip(*(column[rows].tolist() for column in columns), strict=True)
    for place, row in zip(log.place[rows].tolist(), rows_of, strict=True):
        _note(deals[place], _Row(*row))
    return list(deals.values())


def _note(deal: _Deal, row: _Row) -> None:
    """Take in one row about a deal."""
    if row.kind == Kind.LOSS:
        deal.loss_tiyn += row.amount_tiyn
    elif row.kind == Kind.ACCEPTANCE:
        deal.handed_over_us = row.time_us
    elif row.kind == Kind.DELIVERY_CHECK:
        deal.entered_us = row.time_us
    elif row.kind == Kind.REFUND:
        deal.is_refunded = True
    elif row.kind == Kind.RETURN:
        deal.returned_tiyn += row.amount_tiyn
    elif row.status == Status.VOIDED:
        deal.is_voided = True
    elif row.kind == Kind.STOPPAGE:
        deal.stopped_tiyn += row.amount_tiyn
    elif row.kind in _PAYS and row.status == Status.REFUSED:
        deal.suspended_tiyn += row.amount_tiyn
        is_short = row.kind == Kind.PAYMENT and row.reason == Reason.INSUFFICIENT_FUNDS
        deal.is_unaffordable |= is_short and deal.programme_tiyn is not None
    elif _pays(deal, row):
        deal.payments.append((row.time_us, row.amount_tiyn))


def _pays(deal: _Deal, row: _Row) -> bool:
    """Return whether a row gives something to whoever is paid; between two banks only one does."""
    is_moved = row.status in {Status.SETTLED, Status.POSTED}
    if not is_moved or row.kind not in _PAYS or row.label == TrueLabel.INTERNAL:
        return False
    # A fee leaves the wallet beside the price, and a loan that is spent elsewhere the borrower.
    is_spent = row.form == Form.DIGITAL_TENGE or row.label == TrueLabel.LOAN_DIVERTED
    return row.payee == deal.seller or (row.payer == deal.buyer and is_spent)
