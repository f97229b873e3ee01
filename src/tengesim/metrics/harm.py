"""Harm to the honest: meals refused, money blocked or late, and what the waiting costs."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import Status, TrueLabel
from tengesim.metrics.metric import Measure, Metric
from tengesim.metrics.readings import Readings
from tengesim.metrics.waiting import DELAY_DAYS_MAX
from tengesim.money import BP

__all__ = ["METRICS", "measure"]

_YEAR_DAYS: Final = 365

METRICS: Final = (
    Metric(
        name="honest_refused",
        title="Honest meals refused",
        unit="meals",
        group="harm",
        question="How many meals were eaten, due, and refused payment?",
        formula="Honest intents of which no attempt was accepted.",
        source="Definition of this project",
        direction="down",
        uses_truth=True,
        needs="cube",
        text={"en": "The pupil ate; the caterer is not paid."},
    ),
    Metric(
        name="honest_refused_first_attempt",
        title="Honest meals refused at the first attempt",
        unit="share",
        group="harm",
        question="How often does the control say no to an honest pupil at first?",
        formula="Honest intents whose first attempt was refused ÷ honest intents.",
        source="Definition of this project",
        direction="down",
        uses_truth=True,
        needs="cube",
        text={"en": "Each costs a second scan or an entry by hand while others wait in line."},
    ),
    *(
        Metric(
            name=f"false_positive_rate{suffix}",
            title=f"False refusals, by {by}",
            unit="share",
            group="harm",
            question=f"Which share of the honest {of} is refused in the end?",
            formula=f"{what} of honest intents refused in the end ÷ {what} of honest intents.",
            source="False positive rate",
            direction="down",
            uses_truth=True,
            needs="cube",
            text={"en": "The price of the controls that honest caterers pay."},
        )
        for suffix, by, of, what in (
            ("", "number", "meals", "Number"),
            ("_amount", "money", "money", "KZT"),
        )
    ),
    Metric(
        name="blocked",
        title="Honest meals left unpaid",
        unit="share",
        group="harm",
        question="Which share of the honest meals is never paid, or not in time?",
        formula="Honest intents whose money the payee cannot spend freely 90 days after the meal,"
        " or at the end of the horizon if that is earlier, ÷ honest intents. Meals refunded"
        " because they were not served are in neither.",
        source="Unpaid at due + 90 days ÷ intents, followed to a stated horizon",
        direction="down",
        uses_truth=True,
        needs="full",
        text={
            "en": "Refused meals, and meals whose marked money or claim is still open. The count"
            " is censored: a horizon shorter than 90 days after the last meal counts what is open"
            " then as unpaid."
        },
    ),
    Metric(
        name="delay",
        title="Days until the payee can spend",
        unit="days",
        group="harm",
        question="How long does a caterer wait for money it may spend on anything?",
        formula="Σ KZT × days from the accepted meal to unmarked money or to the paid claim ÷ Σ"
        " KZT; first in, first out per payee; at most 180 days, and to the end of the horizon"
        " where nothing was released.",
        source="Value-weighted delay, censored; area between two cumulative curves (Little 1961)",
        direction="down",
        uses_truth=False,
        needs="full",
        text={
            "en": "Meals undone before their money was released are left out. Differences between"
            " arms are the delay that an arm adds."
        },
    ),
    Metric(
        name="financing_cost",
        title="Cost of waiting",
        unit="KZT",
        group="harm",
        question="What does it cost caterers to finance the days they wait?",
        formula="Σ KZT × days waited to the end of the horizon × (base rate + spread) ÷ 365.",
        source="Simple interest, actual days of 365; late penalties do not arise for meals",
        direction="down",
        uses_truth=False,
        needs="full",
        text={"en": "Base rate and spread are assumptions of the scenario, section `finance`."},
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of harm to the honest."""
    cells = readings.meal_cells
    due = cells.is_first & cells.is_honest
    accepted = cells.is_accepted & cells.is_honest
    due_number, due_tiyn = cells.number(due), cells.amount(due)
    refused_number = due_number - cells.number(accepted)
    yield Measure("honest_refused", refused_number)
    cases = "meals were due"
    at_first = cells.number(due & (cells.status == Status.REFUSED))
    yield Measure("honest_refused_first_attempt", at_first, due_number, cases=cases)
    yield Measure("false_positive_rate", refused_number, due_number, cases=cases)
    yield Measure(
        "false_positive_rate_amount",
        due_tiyn - cells.amount(accepted),
        due_tiyn,
        base=due_number,
        cases=cases,
    )
    if readings.is_full:
        yield _blocked(readings)
        yield from _waited(readings)


def _blocked(readings: Readings) -> Measure:
    log, accepted = readings.log, readings.accepted
    honest = accepted.true_label == TrueLabel.HONEST
    wanted = log.is_want & (log.true_label == TrueLabel.HONEST) & (log.attempt == 0)
    wanted_number = int(wanted.sum())
    refused = wanted_number - int(honest.sum())
    open_number = int((honest & accepted.is_kept & readings.waiting.is_blocked(accepted)).sum())
    owed = wanted_number - int((honest & ~accepted.is_kept).sum())
    return Measure("blocked", refused + open_number, owed, cases="meals were due")


def _waited(readings: Readings) -> Iterator[Measure]:
    waiting, terms = readings.waiting, readings.terms
    yield Measure(
        "delay",
        waiting.money_time(days_max=DELAY_DAYS_MAX) // DAY_US,
        waiting.money(),
        base=int(np.count_nonzero(readings.accepted.is_waiting)),
        cases="meals were accepted",
    )
    yearly_bp = terms.base_rate_bp + terms.spread_bp
    cost_tiyn = waiting.money_time() * yearly_bp // (BP * _YEAR_DAYS * DAY_US)
    yield Measure("financing_cost", cost_tiyn)
