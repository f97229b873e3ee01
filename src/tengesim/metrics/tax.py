"""Tax that leaves a price in the payment itself, and what waiting for its refund costs firms."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from tengesim.clock import HOUR_US
from tengesim.codes import Kind, Status, TrueLabel
from tengesim.metrics.contracts import Contracts, first_of
from tengesim.metrics.exact import total, weighted_total
from tengesim.metrics.log import Flags, Whole, is_one_of
from tengesim.metrics.metric import Measure, Metric, defined
from tengesim.metrics.readings import Readings
from tengesim.metrics.terms import MetricTerms
from tengesim.money import BP

__all__ = ["METRICS", "measure"]

_HOURS_A_DAY: Final = 24
_DAYS_A_YEAR: Final = 365
_PRICES: Final = (Kind.BUDGET_PAYMENT, Kind.SUBPAYMENT)

_metric = partial(defined, scope="taxes")

METRICS: Final[tuple[Metric, ...]] = (
    _metric(
        "contract_tax_split",
        "Tax split off in the payment",
        "KZT",
        group="fiscal",
        question="How much tax reached the budget in the payment of the price that it is in?",
        formula="KZT of TAX rows that have the intent of a payment for an act or down the chain.",
        text="What firms owe on their payroll is paid apart and does not count.",
    ),
    _metric(
        "contract_tax_refunded",
        "Tax refunded to firms",
        "KZT",
        group="fiscal",
        question="How much of it came back to firms that had paid it in prices?",
        formula="KZT of TAX_REFUND rows.",
        text="What firms paid in prices is not theirs to bear; whoever adds value bears the rest.",
    ),
    _metric(
        "contract_tax_vanished",
        "Tax taken and not paid over",
        "KZT",
        group="fiscal",
        question="How much tax did subcontractors who do nothing take in their price and keep?",
        formula="Σ over settled payments to such subcontractors of the tax that the invoice shows,"
        " less KZT of TAX rows with that intent, at least 0.",
        source="Missing-trader loss",
        text="Nothing is left to vanish where tax leaves each price in the payment: 0 by"
        " construction as deep as the split goes.",
        direction="down",
        uses_truth=True,
    ),
    _metric(
        "contract_refund_wait",
        "Days until tax is refunded",
        "days",
        group="harm",
        question="How long do firms wait for tax that they paid in prices?",
        formula="Σ KZT × days from the claim to the refund ÷ Σ KZT claimed; to the end of the"
        " horizon where nothing came.",
        source="Value-weighted delay, censored",
        text="Nobody finances tax that a firm may set off itself; split tax is away until then.",
        direction="down",
    ),
    _metric(
        "contract_refund_cost",
        "Cost of waiting for tax",
        "KZT",
        group="harm",
        question="What does it cost firms to finance tax that is to come back?",
        formula="Σ KZT claimed × days from the claim to the refund × (base rate + spread) ÷ 365.",
        source="Simple interest, actual days of 365",
        text="The days until a firm claims are its own and do not count.",
        direction="down",
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield what splitting tax brings to the budget, and what it costs firms."""
    contracts, terms = readings.contracts, readings.terms
    paid = contracts.payments
    is_tax = paid.kind == Kind.TAX
    prices = paid.intent[is_one_of(paid.kind, _PRICES)]
    is_split = is_tax & np.isin(paid.intent, prices)
    yield Measure("contract_tax_split", total(paid.amount_tiyn[is_split]))
    yield Measure("contract_tax_refunded", total(paid.amount_tiyn[paid.kind == Kind.TAX_REFUND]))
    yield Measure("contract_tax_vanished", _vanished(contracts, is_split))
    amounts, hours = _waits(contracts, terms)
    waited = weighted_total(amounts, hours)
    claimed = total(amounts)
    yield Measure(
        "contract_refund_wait", waited, claimed * _HOURS_A_DAY, cases="tiyn of tax were claimed"
    )
    rate_bp = terms.base_rate_bp + terms.spread_bp
    cost = waited * rate_bp // (BP * _DAYS_A_YEAR * _HOURS_A_DAY)
    yield Measure("contract_refund_cost", cost)


def _vanished(contracts: Contracts, is_split: Flags) -> int:
    """Return the tax in prices of subcontractors who do nothing, less what left in the payment."""
    log, paid = contracts.log, contracts.payments
    taken = paid.kind == Kind.SUBPAYMENT
    taken &= paid.true_label == TrueLabel.SHELL_SUBCONTRACTOR
    invoices = contracts.rows(Kind.INVOICE)
    vanished = 0
    for intent in np.unique(paid.intent[taken]).tolist():
        owed = total(log.value[invoices[log.intent[invoices] == intent]])
        left = total(paid.amount_tiyn[is_split & (paid.intent == intent)])
        vanished += max(owed - left, 0)
    return vanished


def _waits(contracts: Contracts, terms: MetricTerms) -> tuple[Whole, Whole]:
    """Return the money of each claim, and how many hours it waited."""
    log = contracts.log
    claims = contracts.rows(Kind.TAX_CLAIM)
    refunds = contracts.rows(Kind.TAX_REFUND, Status.SETTLED)
    count = int(log.intent.max(initial=0)) + 1
    paid_us = first_of(log.intent[refunds], log.time_us[refunds], count)[log.intent[claims]]
    until_us = np.where(paid_us >= 0, paid_us, terms.end_us)
    waited_us = np.maximum(until_us - log.time_us[claims], 0)
    return log.amount_tiyn[claims], waited_us // HOUR_US
