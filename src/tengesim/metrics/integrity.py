"""Integrity: what was paid though nothing was due, and how well controls tell the two apart."""

from collections.abc import Iterator
from typing import Final

from tengesim.codes import TrueLabel
from tengesim.metrics.log import UNDUE, Flags
from tengesim.metrics.metric import Measure, Metric
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "measure"]

_UNDUE_TEXT: Final = "undue intents (phantom, double, off purpose)"

METRICS: Final = (
    Metric(
        name="phantom_meals",
        title="Phantom meals paid",
        unit="meals",
        group="integrity",
        question="How many meals were paid that nobody ate?",
        formula="Accepted intents for pupils who were absent − those refunded.",
        source="Definition of this project",
        direction="down",
        uses_truth=True,
        needs="cube",
        text={"en": "A caterer reported or forged the presence of an absent pupil, and was paid."},
    ),
    Metric(
        name="phantom_share",
        title="Share of phantom meals",
        unit="share",
        group="integrity",
        question="Which share of the paid meals did nobody eat?",
        formula="Phantom meals paid ÷ meals paid.",
        source="Definition of this project",
        direction="down",
        uses_truth=True,
        needs="cube",
        text={"en": "By number of meals; `leakage` is the same idea in money."},
    ),
    Metric(
        name="leakage",
        title="Leakage",
        unit="share",
        group="integrity",
        question="Which share of the money released had no counter-value?",
        formula="KZT accepted for undue intents − their refunds, ÷ KZT accepted for all intents −"
        " all refunds.",
        source="Public money without due counter-value, net of recovery, ÷ money released",
        direction="down",
        uses_truth=True,
        needs="cube",
        text={
            "en": "Undue are phantom meals, second payments for one meal, and anything but meals."
            " The cohort is every meal of the horizon; a claim still open at its end counts as"
            " released."
        },
    ),
    Metric(
        name="leakage_amount",
        title="Money leaked",
        unit="KZT",
        group="integrity",
        question="How much money had no counter-value?",
        formula="KZT accepted for undue intents − their refunds.",
        source="Numerator of leakage",
        direction="down",
        uses_truth=True,
        needs="cube",
        text={"en": "At the simulated scale; multiply by 1 ÷ scale for the whole programme."},
    ),
    *(
        Metric(
            name=f"precision{suffix}",
            title=f"Precision of the controls, by {by}",
            unit="share",
            group="integrity",
            question=f"Of what was refused, which share{of} was rightly refused?",
            formula=f"{what} of undue intents refused in the end ÷ {what} of all intents refused"
            " in the end.",
            source="Precision (positive predictive value)",
            direction="up",
            uses_truth=True,
            needs="cube",
            text={"en": f"The unit is the intent: {_UNDUE_TEXT} against honest ones."},
        )
        for suffix, by, of, what in (
            ("", "number", "", "Number"),
            ("_amount", "money", " of the money", "KZT"),
        )
    ),
    *(
        Metric(
            name=f"recall{suffix}",
            title=f"Recall of the controls, by {by}",
            unit="share",
            group="integrity",
            question=f"Of what was undue and tried, which share{of} was stopped?",
            formula=f"{what} of undue intents refused in the end ÷ {what} of undue intents.",
            source="Recall (sensitivity), within one arm",
            direction="up",
            uses_truth=True,
            needs="cube",
            text={
                "en": "Within one arm, so what a control deters is not in it: a phantom meal that"
                " no longer pays is not tried. For that compare `phantom_meals` between arms, or"
                " see `recall_of_base` of the paired comparison."
            },
        )
        for suffix, by, of, what in (
            ("", "number", "", "Number"),
            ("_amount", "money", " of the money", "KZT"),
        )
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of integrity."""
    cells, refunds = readings.meal_cells, readings.refunds
    phantom = cells.is_accepted & (cells.true_label == TrueLabel.PHANTOM)
    phantom_number = cells.number(phantom) - refunds.number(TrueLabel.PHANTOM)
    yield Measure("phantom_meals", phantom_number)
    paid = readings.paid_number
    yield Measure("phantom_share", phantom_number, paid, cases="meals were paid")
    leaked_tiyn = cells.amount(cells.is_accepted & cells.is_undue) - refunds.amount(*UNDUE)
    yield Measure("leakage", leaked_tiyn, readings.paid_tiyn, base=paid, cases="meals were paid")
    yield Measure("leakage_amount", leaked_tiyn)
    everything = cells.is_want
    undue, refused = _wanted(readings, cells.is_undue), _refused(readings, cells.is_undue)
    all_refused = _refused(readings, everything)
    for suffix, unit in (("", 0), ("_amount", 1)):
        yield Measure(
            f"precision{suffix}",
            refused[unit],
            all_refused[unit],
            base=all_refused[0],
            cases="intents were refused",
        )
        yield Measure(
            f"recall{suffix}",
            refused[unit],
            undue[unit],
            base=undue[0],
            cases="undue intents were tried",
        )


def _wanted(readings: Readings, chosen: Flags) -> tuple[int, int]:
    """Return number and tiyn of the chosen intents."""
    first = readings.meal_cells.is_first & chosen
    return readings.meal_cells.number(first), readings.meal_cells.amount(first)


def _refused(readings: Readings, chosen: Flags) -> tuple[int, int]:
    """Return number and tiyn of the chosen intents that were refused in the end."""
    accepted = readings.meal_cells.is_accepted & chosen
    number, amount_tiyn = _wanted(readings, chosen)
    cells = readings.meal_cells
    return number - cells.number(accepted), amount_tiyn - cells.amount(accepted)
