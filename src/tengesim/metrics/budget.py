"""Budget: how a year is executed, what waits unpaid, and what the end of the year does to it.

A payment leaves a cash-control account once, so rows of that form count every tiyn of the budget
once, whatever it becomes on its way. Acts are told from wages and transfers by the e-invoice that
only acts have.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Final

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import Evidence, Form, Kind, Reason, Status
from tengesim.metrics.exact import cumulated, total, weighted_total
from tengesim.metrics.log import Flags, Log, Whole, is_one_of
from tengesim.metrics.metric import Measure, defined, undefined
from tengesim.metrics.readings import Readings
from tengesim.metrics.terms import BudgetTerms
from tengesim.money import BP

__all__ = ["METRICS", "measure"]

_DAYS_A_YEAR: Final = 365
_NO_YEAR_END: Final = "the horizon ends before the budget year does"


_metric = partial(defined, group="fiscal", scope="budget")


METRICS: Final = (
    _metric(
        "budget_paid",
        "Paid from the budget",
        "KZT",
        question="How much did the budget pay in the horizon?",
        formula="KZT of settled BUDGET_PAYMENT rows that left a cash-control account.",
        text="Subventions between levels are not among them; the levels spend them once.",
    ),
    _metric(
        "budget_execution",
        "Execution of the budget",
        "share",
        question="Which part of the year's appropriations was spent within the year?",
        formula="KZT paid within the budget year ÷ appropriations of the year.",
        text="The rest was saved at award, came too late, or was refused by a plan.",
        direction="up",
    ),
    _metric(
        "december_share",
        "Share of the year paid in December",
        "share",
        question="Which part of the year's payments falls into its last month?",
        formula="KZT paid in December ÷ KZT paid within the budget year.",
        text="An even year would have a twelfth, 8.3 %.",
        direction="down",
    ),
    _metric(
        "december_excess",
        "December excess of payments under contracts",
        "share",
        question="How much more is paid on contracts on a day of December than on other days?",
        formula="KZT paid for acts in December per business day ÷ KZT paid for acts from July to"
        " November per business day − 1.",
        text="The first half of the year is left out, because a year starts slowly. Zero means that"
        " December is a month as any other.",
        direction="down",
    ),
    _metric(
        "arrears_mean",
        "Arrears, average",
        "KZT",
        question="How much is accepted and not yet paid, on average?",
        formula="Time average over the budget year of KZT accepted − KZT paid.",
        text="Includes what is not yet due: documents take days.",
        direction="down",
    ),
    _metric(
        "arrears_year_end",
        "Arrears at the end of the year",
        "KZT",
        question="How much is accepted and not paid when the year ends?",
        formula="KZT accepted − KZT paid, after the last row of the budget year.",
        text="With a lapse it has to be paid from the next year's plan.",
        direction="down",
    ),
    _metric(
        "lapsed",
        "Appropriations that lapsed",
        "KZT",
        question="How much of what the lines could spend died with the year?",
        formula="KZT of LAPSE rows.",
        text="No money moves: the cash stays, the right to spend it ends.",
    ),
    _metric(
        "act_wait",
        "Wait from act to payment",
        "days",
        question="How long does a supplier wait after its act is accepted?",
        formula="Mean time between acceptance and payment of the acts that were paid.",
        text="Acts still unpaid at the end of the horizon are counted in the arrears instead.",
        direction="down",
    ),
    _metric(
        "late_interest",
        "Interest due for late payment",
        "KZT",
        question="What does the budget owe for paying late?",
        formula="Σ KZT of acts × whole days beyond the term of payment × base rate ÷ 365, unpaid"
        " acts up to the end of the horizon.",
        text="Owed, not paid: no payment exceeds its registered obligation.",
        direction="down",
    ),
    _metric(
        "acts_held_back",
        "Payments held back",
        "payments",
        question="How many orders waited because the plan of payments or the cash was short?",
        formula="Rows ARREARS.",
        text="The column `rule` says which of the two was short.",
        direction="down",
    ),
    _metric(
        "registrations_refused",
        "Registrations refused",
        "attempts",
        question="How often had the plan of obligations no room for a contract?",
        formula="Rows OBLIGATION refused as APPROPRIATION_EXCEEDED.",
        text="The contract is tried again each month until the year ends.",
        direction="down",
    ),
    _metric(
        "orders_above_obligation",
        "Orders above their obligation",
        "orders",
        question="How many orders asked for more than was left of the registered obligation?",
        formula="Rows BUDGET_PAYMENT refused as OBLIGATION_EXCEEDED.",
        text="Each comes again with the amount of its act, and is paid then.",
        direction="down",
    ),
    _metric(
        "budget_digital_share",
        "Budget payments in digital tenge",
        "share",
        question="Which part of what the budget paid was digital tenge?",
        formula="KZT of settled BUDGET_PAYMENT rows in digital tenge ÷ KZT paid from the budget.",
        text="Payees turn it into deposits later, by their own schedule.",
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of the budget."""
    log, terms = readings.log, readings.terms.budget
    is_paid = _paid(log)
    paid_tiyn = log.amount(is_paid)
    yield Measure("budget_paid", paid_tiyn)
    if terms is None or readings.terms.end_us < terms.year_end_us:
        for name in _OF_A_YEAR:
            yield undefined(name, _NO_YEAR_END)
    else:
        yield from _of_a_year(log, is_paid, terms)
    is_record = is_one_of(log.status, (Status.RECORDED,))
    yield Measure("lapsed", log.amount(is_one_of(log.kind, (Kind.LAPSE,)) & is_record))
    yield from _of_acts(readings, is_paid)
    yield Measure("acts_held_back", int((is_one_of(log.kind, (Kind.ARREARS,)) & is_record).sum()))
    yield Measure(
        "registrations_refused",
        _refused(log, Kind.OBLIGATION, Reason.APPROPRIATION_EXCEEDED),
    )
    yield Measure(
        "orders_above_obligation",
        _refused(log, Kind.BUDGET_PAYMENT, Reason.OBLIGATION_EXCEEDED),
    )
    in_digital = _settled(log) & is_one_of(log.form, (Form.DIGITAL_TENGE,))
    yield Measure(
        "budget_digital_share",
        log.amount(in_digital),
        paid_tiyn,
        base=int(is_paid.sum()),
        cases="payments were made",
    )


_OF_A_YEAR: Final = (
    "budget_execution",
    "december_share",
    "december_excess",
    "arrears_mean",
    "arrears_year_end",
)


def _of_a_year(log: Log, is_paid: Flags, terms: BudgetTerms) -> Iterator[Measure]:
    in_year = is_paid & _within(log, terms.year_start_us, terms.year_end_us)
    in_december = is_paid & _within(log, terms.december_us, terms.year_end_us)
    number, cases = int(in_year.sum()), "payments were made in the year"
    yield Measure(
        "budget_execution",
        log.amount(in_year),
        terms.appropriation_tiyn,
        base=number,
        cases=cases,
    )
    yield Measure(
        "december_share",
        log.amount(in_december),
        log.amount(in_year),
        base=number,
        cases=cases,
    )
    ordinary = is_paid & _within(log, terms.ordinary_start_us, terms.december_us) & _of_act(log)
    last = in_december & _of_act(log)
    usual_tiyn = log.amount(ordinary) * terms.december_days
    yield Measure(
        "december_excess",
        log.amount(last) * terms.ordinary_days - usual_tiyn,
        usual_tiyn,
        base=int(ordinary.sum()),
        cases="acts were paid from July to November",
    )
    times, changes = _arrears(log, is_paid)
    before = times < terms.year_end_us
    lasting = terms.year_end_us - np.maximum(times[before], terms.year_start_us)
    area = weighted_total(changes[before], lasting)
    mean = Fraction(area, terms.year_end_us - terms.year_start_us)
    yield Measure("arrears_mean", mean.numerator // mean.denominator)
    yield Measure("arrears_year_end", total(changes[before]))


def _of_acts(readings: Readings, is_paid: Flags) -> Iterator[Measure]:
    """Yield how long acts waited, and what it costs that some waited too long."""
    log, terms = readings.log, readings.terms
    accepted = np.flatnonzero(is_one_of(log.kind, (Kind.ACCEPTANCE,)) & _of_act(log))
    paid = np.flatnonzero(is_paid & _of_act(log))
    paid = paid[np.argsort(log.intent[paid], kind="stable")]
    place = np.searchsorted(log.intent[paid], log.intent[accepted])
    inside = np.minimum(place, max(len(paid) - 1, 0))
    is_done = np.zeros(len(accepted), dtype=np.bool_)
    ended_us = np.full(len(accepted), terms.end_us, dtype=np.int64)
    if len(paid):
        is_done = log.intent[paid][inside] == log.intent[accepted]
        ended_us = np.where(is_done, log.time_us[paid][inside], ended_us)
    waited_us = ended_us - log.time_us[accepted]
    number = int(is_done.sum())
    yield Measure(
        "act_wait",
        total(waited_us[is_done]),
        number * DAY_US,
        base=number,
        cases="acts were paid",
    )
    if terms.budget is None:
        yield undefined("late_interest", "there is no term of payment")
        return
    late_days = np.maximum(waited_us - terms.budget.due_after_us, 0) // DAY_US
    weighted = weighted_total(log.amount_tiyn[accepted], late_days)
    yield Measure("late_interest", weighted * terms.base_rate_bp // (BP * _DAYS_A_YEAR))


def _arrears(log: Log, is_paid: Flags) -> tuple[Whole, Whole]:
    """Return when what is accepted and unpaid changed, and by how much."""
    is_accepted = is_one_of(log.kind, (Kind.ACCEPTANCE,))
    rows = np.flatnonzero(is_accepted | is_paid)
    changes = np.where(is_accepted[rows], 1, -1) * log.amount_tiyn[rows]
    cumulated(changes)
    return log.time_us[rows], changes


def _settled(log: Log) -> Flags:
    return is_one_of(log.kind, (Kind.BUDGET_PAYMENT,)) & is_one_of(log.status, (Status.SETTLED,))


def _paid(log: Log) -> Flags:
    return _settled(log) & is_one_of(log.form, (Form.CASH_CONTROL_ACCOUNT,))


def _of_act(log: Log) -> Flags:
    return np.asarray(log.evidence & Evidence.INVOICE_MATCHED > 0)


def _within(log: Log, start_us: int, end_us: int) -> Flags:
    return np.asarray((log.time_us >= start_us) & (log.time_us < end_us))


def _refused(log: Log, kind: Kind, reason: Reason) -> int:
    return int((is_one_of(log.kind, (kind,)) & is_one_of(log.reason, (reason,))).sum())
