"""Everyday payments: how many, how large, in which form, and what came to nothing.

One want is one intent, however many tries and rows it took: between customers of two banks a
payment is three rows. Rows of wants are known by their channel, which nothing else bears.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Self

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import Evidence, Form, Kind, Status
from tengesim.metrics.exact import total
from tengesim.metrics.log import Flags, Log, Whole, is_one_of
from tengesim.metrics.metric import Measure, defined, undefined
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "Everyday", "measure"]

_CHANNELS: Final = Evidence.CHANNEL_COUNTER | Evidence.CHANNEL_REMOTE
_WANTS: Final = (Kind.PAYMENT, Kind.OFFLINE_PAYMENT, Kind.UNMET)
_DONE: Final = (Status.SETTLED, Status.RECORDED)
_DAYS: Final = 1461
"""Days of 48 mean months."""
_MONTHS: Final = 48
_STATISTICS: Final = (
    "Payment statistics of the National Bank, https://nationalbank.kz/en/news/"
    "statistika-po-platezhnym-instrumentam/17871"
)
_FORMS: Final = {
    "digital": (Form.DIGITAL_TENGE, "digital tenge"),
    "deposit": (Form.BANK_DEPOSIT, "bank deposits"),
    "cash": (Form.CASH, "cash"),
}


_metric = partial(defined, group="payments", scope="people")


METRICS: Final = (
    _metric(
        "payments_per_person",
        "Cashless payments per person and month",
        "payments",
        "How often do people pay without cash?",
        "Everyday payments made in deposits or digital tenge ÷ people ÷ mean months of 365.25 ÷ 12"
        " days.",
        source=_STATISTICS,
        text="Children count as people. Rent, bills and transfers between people are payments too.",
    ),
    _metric(
        "mean_ticket",
        "Mean cashless payment",
        "KZT",
        "How large is a payment without cash?",
        "KZT of everyday payments in deposits or digital tenge ÷ their number.",
        source=_STATISTICS,
        text="A few large transfers and rents weigh as much as many purchases.",
    ),
    _metric(
        "withdrawals_per_person",
        "Cash withdrawals per person and month",
        "withdrawals",
        "How often do people take out cash?",
        "Withdrawals from deposits ÷ people ÷ mean months of 365.25 ÷ 12 days.",
        source=_STATISTICS,
        text="Only those for which the deposit was enough.",
    ),
    _metric(
        "mean_withdrawal",
        "Mean cash withdrawal",
        "KZT",
        "How much cash do people take out at a time?",
        "KZT of withdrawals from deposits ÷ their number.",
        source=_STATISTICS,
        text="Only those for which the deposit was enough.",
    ),
    *(
        _metric(
            f"{key}_share{suffix}",
            f"Payments in {words}, by {by}",
            "share",
            f"Which part of everyday payments is made in {words}?",
            f"{what} of everyday payments in {words} ÷ those of all everyday payments.",
            text="What was paid, not what was tried; a payment between two devices counts when it"
            " is made.",
        )
        for key, (_, words) in _FORMS.items()
        for suffix, by, what in (("", "number", "Number"), ("_of_value", "value", "KZT"))
    ),
    _metric(
        "unmet_share",
        "Wants without means",
        "share",
        "Which part of what people want to pay fails because they lack the money?",
        "Wants for which no form of money had the means ÷ all wants to pay.",
        direction="down",
        text="Nothing was refused: nobody tried to pay with what was not there.",
    ),
    _metric(
        "refused_share",
        "Wants refused in the end",
        "share",
        "Which part of what people want to pay is refused, whatever they try?",
        "Wants whose last try was refused ÷ all wants to pay.",
        direction="down",
        text="A want that was refused in one form and paid in another counts as paid.",
    ),
)


@dataclass(frozen=True)
class Everyday:
    """Everyday wants of a run, one entry each for those that were paid."""

    wants: int
    unmet: int
    form: Whole
    amount_tiyn: Whole
    withdrawal_tiyn: Whole

    @classmethod
    def of(cls, log: Log) -> Self:
        """Read the everyday wants of a log."""
        has_channel = (log.evidence & _CHANNELS) > 0
        # Cash that could not be taken out is unmet too, and no want to pay.
        is_cash_wanted = is_one_of(log.kind, (Kind.UNMET,)) & log.is_issuer_to
        is_want = has_channel & is_one_of(log.kind, _WANTS) & ~is_cash_wanted
        is_unmet = is_want & is_one_of(log.kind, (Kind.UNMET,))
        is_done = is_one_of(log.status, _DONE)
        paid = _first_rows(log, is_want & ~is_unmet & is_done)
        taken = _first_rows(
            log, has_channel & is_one_of(log.kind, (Kind.CASH_WITHDRAWAL,)) & is_done
        )
        return cls(
            wants=len(np.unique(log.intent[is_want])),
            unmet=int(is_unmet.sum()),
            form=log.form[paid],
            amount_tiyn=log.amount_tiyn[paid],
            withdrawal_tiyn=log.amount_tiyn[taken],
        )

    def is_in(self, *forms: Form) -> Flags:
        """Return which payments were made in one of `forms`."""
        return is_one_of(self.form, forms)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of everyday payments."""
    found = Everyday.of(readings.log)
    cashless = ~found.is_in(Form.CASH)
    number, amount_tiyn = int(cashless.sum()), total(found.amount_tiyn[cashless])
    yield _per_person(readings, "payments_per_person", number)
    yield Measure("mean_ticket", amount_tiyn, number, cases="cashless payments")
    taken = len(found.withdrawal_tiyn)
    yield _per_person(readings, "withdrawals_per_person", taken)
    yield Measure("mean_withdrawal", total(found.withdrawal_tiyn), taken, cases="withdrawals")
    paid, paid_tiyn = len(found.form), total(found.amount_tiyn)
    for key, (form, _) in _FORMS.items():
        chosen = found.is_in(form)
        yield Measure(f"{key}_share", int(chosen.sum()), paid, cases="payments")
        yield Measure(
            f"{key}_share_of_value",
            total(found.amount_tiyn[chosen]),
            paid_tiyn,
            base=paid,
            cases="payments",
        )
    yield Measure("unmet_share", found.unmet, found.wants, cases="wants")
    refused = found.wants - found.unmet - paid
    yield Measure("refused_share", refused, found.wants, cases="wants")


def _per_person(readings: Readings, metric: str, number: int) -> Measure:
    terms = readings.terms
    if not terms.people:
        return undefined(metric, "nobody lives in this world")
    days = (terms.end_us - terms.start_us) // DAY_US
    return Measure(
        metric, number * _DAYS, terms.people * _MONTHS * days, base=terms.people, cases="people"
    )


def _first_rows(log: Log, chosen: Flags) -> Whole:
    """Return the first of the chosen rows of each intent: what left the payer."""
    rows = np.flatnonzero(chosen)
    _, first = np.unique(log.intent[rows], return_index=True)
    return rows[np.sort(first)]
