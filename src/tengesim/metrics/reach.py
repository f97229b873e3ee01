"""Reach: how many meals were due, eaten and paid, and whom the register leaves out."""

from collections.abc import Iterator
from typing import Final

from tengesim.codes import Reason, TrueLabel
from tengesim.metrics.metric import Measure, Metric
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "measure"]

METRICS: Final = (
    Metric(
        name="meals_due",
        title="Meals due",
        unit="meals",
        group="reach",
        question="How many meals were entitled pupils there to eat?",
        formula="Honest intents: one for each entitled pupil who was present on a school day.",
        source="Count of intents, not of attempts (docs/metrics.md, Units)",
        direction="neither",
        uses_truth=True,
        needs="cube",
        text={"en": "A pupil who is present is due one meal, whether the scanner works or not."},
    ),
    Metric(
        name="meals_eaten",
        title="Meals eaten",
        unit="meals",
        group="reach",
        question="How many meals were really eaten?",
        formula="Meals due − meals that were paid or recorded, not served, and refunded.",
        source="Assumption: a canteen feeds every pupil who is there",
        direction="up",
        uses_truth=True,
        needs="cube",
        text={
            "en": "Every present pupil eats. An honest meal that is refused is eaten and stays"
            " unpaid: the caterer bears it. Only a meal that was accepted can be found missing, so"
            " arms that accept more find a few more."
        },
    ),
    Metric(
        name="meals_paid",
        title="Meals paid",
        unit="meals",
        group="reach",
        question="How many meals does the budget pay for?",
        formula="Accepted intents − accepted intents refunded later.",
        source="Count of intents, not of attempts (docs/metrics.md, Units)",
        direction="neither",
        uses_truth=False,
        needs="cube",
        text={
            "en": "Paid at the counter in marked money, or recorded for a claim in ordinary money."
            " Compare with the meals eaten: more paid than eaten is leakage, fewer is a loss to"
            " honest caterers."
        },
    ),
    Metric(
        name="exclusion_error",
        title="Entitled pupils' meals refused by the register",
        unit="share",
        group="reach",
        question="How many due meals are refused because the register omits the pupil?",
        formula="Honest intents refused at the first attempt with beneficiary_not_eligible ÷"
        " honest intents.",
        source="Exclusion error of targeted benefits: needy unpaid ÷ needy, here by meals",
        direction="down",
        uses_truth=True,
        needs="cube",
        text={
            "en": "Where nobody asks the register the error is zero, because the meals are then"
            " paid on the caterer's word."
        },
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of reach."""
    cells = readings.meal_cells
    due = cells.is_first & cells.is_honest
    due_number = cells.number(due)
    omitted = due & (cells.reason == Reason.BENEFICIARY_NOT_ELIGIBLE)
    yield Measure("meals_due", due_number)
    yield Measure("meals_eaten", due_number - readings.refunds.number(TrueLabel.HONEST))
    yield Measure("meals_paid", readings.paid_number)
    yield Measure("exclusion_error", cells.number(omitted), due_number, cases="meals were due")
