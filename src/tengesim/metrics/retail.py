"""Everyday payments: how many, how large, in which form, and what came to nothing.

One want is one intent, however many tries and rows it took: between customers of two banks a
payment is three rows. Rows of wants are filed under `retail`, and nothing else is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple, Self

from tengesim.clock import DAY_US
from tengesim.codes import Form, Kind, Status
from tengesim.metrics.log import Cells, Flags, is_one_of
from tengesim.metrics.metric import Measure, defined, undefined
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "Everyday", "measure"]

_PAYMENTS: Final = (Kind.PAYMENT, Kind.OFFLINE_PAYMENT)
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


class Taken(NamedTuple):
    """How many payments or withdrawals there were, and their tiyn."""

    number: int = 0
    amount_tiyn: int = 0


@dataclass(frozen=True)
class Everyday:
    """Everyday wants of a run."""

    wants: int
    unmet: int
    paid: Mapping[Form, Taken]
    withdrawals: Taken

    @classmethod
    def of(cls, readings: Readings) -> Self:
        """Read the everyday wants of a run."""
        cells = readings.cells
        is_done = is_one_of(cells.status, _DONE)
        is_paying = cells.is_retail & is_one_of(cells.kind, _PAYMENTS)
        unmet = cells.number(cells.is_retail & is_one_of(cells.kind, (Kind.UNMET,)))
        # Cash that could not be taken out is unmet too, and no want to pay.
        unmet -= readings.moments.cash_unmet
        # The first try of every want is settled, refused or unmet.
        first = is_paying & is_one_of(cells.attempt, (0,))
        settled = sum(one.number for one in _by_form(cells, first & is_done).values())
        # A payment from purses is the first try of its want, and one row for each purse and more.
        parts = readings.moments.further_parts
        paid = _by_form(cells, is_paying & is_done)
        digital = paid[Form.DIGITAL_TENGE]
        paid[Form.DIGITAL_TENGE] = digital._replace(number=digital.number - parts)
        refused = cells.number(first & is_one_of(cells.status, (Status.REFUSED,)))
        taken = cells.is_retail & is_one_of(cells.kind, (Kind.CASH_WITHDRAWAL,)) & is_done
        return cls(
            wants=settled - parts + refused + unmet,
            unmet=unmet,
            paid=paid,
            # One of its three rows leaves a deposit.
            withdrawals=_taken(cells, taken & is_one_of(cells.form, (Form.BANK_DEPOSIT,))),
        )

    def total(self, *forms: Form) -> Taken:
        """Return number and tiyn of the payments in some forms."""
        chosen = [self.paid[form] for form in forms]
        return Taken(sum(one.number for one in chosen), sum(one.amount_tiyn for one in chosen))


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of everyday payments."""
    found = Everyday.of(readings)
    cashless = found.total(Form.DIGITAL_TENGE, Form.BANK_DEPOSIT)
    yield _per_person(readings, "payments_per_person", cashless.number)
    yield Measure("mean_ticket", cashless.amount_tiyn, cashless.number, cases="cashless payments")
    taken = found.withdrawals
    yield _per_person(readings, "withdrawals_per_person", taken.number)
    yield Measure("mean_withdrawal", taken.amount_tiyn, taken.number, cases="withdrawals")
    paid = found.total(*found.paid)
    for key, (form, _) in _FORMS.items():
        one, cases = found.paid[form], "payments"
        yield Measure(f"{key}_share", one.number, paid.number, cases=cases)
        yield Measure(
            f"{key}_share_of_value",
            one.amount_tiyn,
            paid.amount_tiyn,
            base=paid.number,
            cases=cases,
        )
    yield Measure("unmet_share", found.unmet, found.wants, cases="wants")
    refused = found.wants - found.unmet - paid.number
    yield Measure("refused_share", refused, found.wants, cases="wants")


def _by_form(cells: Cells, chosen: Flags) -> dict[Form, Taken]:
    """Return the payments whose rows are in the chosen cells by the form that left the payer.

    Between customers of two banks a payment leaves two rows of deposits and one of reserves.
    """
    paid = {
        form: _taken(cells, chosen & is_one_of(cells.form, (form,))) for form, _ in _FORMS.values()
    }
    between = _taken(cells, chosen & is_one_of(cells.form, (Form.BANK_RESERVE,)))
    within = paid[Form.BANK_DEPOSIT]
    paid[Form.BANK_DEPOSIT] = Taken(
        within.number - between.number, within.amount_tiyn - between.amount_tiyn
    )
    return paid


def _taken(cells: Cells, chosen: Flags) -> Taken:
    return Taken(cells.number(chosen), cells.amount(chosen))


def _per_person(readings: Readings, metric: str, number: int) -> Measure:
    terms = readings.terms
    if not terms.people:
        return undefined(metric, "nobody lives in this world")
    days = (terms.end_us - terms.start_us) // DAY_US
    return Measure(
        metric, number * _DAYS, terms.people * _MONTHS * days, base=terms.people, cases="people"
    )
