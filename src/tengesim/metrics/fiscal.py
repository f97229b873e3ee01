"""Fiscal: what left the budget, what it paid for, and what came back."""

from collections.abc import Iterator
from typing import Final

from tengesim.codes import Form, Kind
from tengesim.metrics.metric import Measure, Metric, undefined
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "issued_tiyn", "measure", "released_tiyn", "returned_tiyn"]

_NOT_ISSUED: Final = "no digital tenge was issued"

METRICS: Final = (
    Metric(
        name="paid_amount",
        title="Money for accepted meals",
        unit="KZT",
        group="fiscal",
        question="How much does the budget pay, or owe, for what was accepted?",
        formula="KZT of accepted intents − refunds.",
        source="Denominator of leakage",
        direction="neither",
        uses_truth=False,
        needs="cube",
        text={"en": "Includes claims that are still open at the end of the horizon."},
    ),
    Metric(
        name="released_amount",
        title="Money that left the single account",
        unit="KZT",
        group="fiscal",
        question="How much money did the budget line let go?",
        formula="KZT paid out of the Treasury's single account for claims and for issuing digital"
        " tenge.",
        source="Denominator of traceable_share",
        direction="neither",
        uses_truth=False,
        needs="cube",
        text={
            "en": "Marked money leaves before the meals, for every pupil on the register, and what"
            " is not used returns; claims are paid after the meals."
        },
    ),
    Metric(
        name="returned",
        title="Money returned to the budget",
        unit="KZT",
        group="fiscal",
        question="How much came back?",
        formula="KZT of expired and late-refunded marked money + refunds from deposits to the"
        " single account.",
        source="issued = spent + returned + held",
        direction="neither",
        uses_truth=False,
        needs="cube",
        text={"en": "Marked money that nobody spent on a meal returns when its mark ends."},
    ),
    Metric(
        name="returned_share",
        title="Share of issued money returned",
        unit="share",
        group="fiscal",
        question="Which share of the issued digital tenge came back unspent?",
        formula="Money returned to the budget ÷ KZT issued.",
        source="issued = spent + returned + held",
        direction="neither",
        uses_truth=False,
        needs="cube",
        text={"en": "Null where money is not issued ahead of the meals."},
    ),
    Metric(
        name="unspent",
        title="Issued money not spent on meals",
        unit="KZT",
        group="fiscal",
        question="How much of the issued digital tenge was never used for a meal?",
        formula="KZT issued − KZT of accepted payments + their refunds.",
        source="issued = spent + returned + held",
        direction="neither",
        uses_truth=False,
        needs="cube",
        text={"en": "What of it is not yet returned at the end of the horizon is held in purses."},
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the fiscal metrics."""
    cells = readings.meal_cells
    issued, returned = issued_tiyn(readings), returned_tiyn(readings)
    yield Measure("paid_amount", readings.paid_tiyn)
    yield Measure("released_amount", released_tiyn(readings))
    yield Measure("returned", returned)
    if issued:
        given = cells.number(cells.settled(Kind.DISTRIBUTE, Form.DIGITAL_TENGE))
        cases = "daily sums were given to purses"
        yield Measure("returned_share", returned, issued, base=given, cases=cases)
    else:
        yield undefined("returned_share", _NOT_ISSUED)
    spent = readings.paid_tiyn if issued else 0
    yield Measure("unspent", issued - spent)


def issued_tiyn(readings: Readings) -> int:
    """Return the digital tenge issued."""
    cells = readings.meal_cells
    return cells.amount(cells.settled(Kind.ISSUE, Form.DIGITAL_TENGE))


def released_tiyn(readings: Readings) -> int:
    """Return what left the Treasury's single account."""
    cells, single = readings.meal_cells, Form.TREASURY_SINGLE_ACCOUNT
    return cells.amount(cells.settled(Kind.ISSUE, single) | cells.settled(Kind.CLAIM, single))


def returned_tiyn(readings: Readings) -> int:
    """Return what came back to the budget: as digital tenge, or from deposits."""
    cells = readings.meal_cells
    as_digital = cells.settled(Kind.RETURN, Form.DIGITAL_TENGE)
    as_deposit = cells.settled(Kind.REFUND, Form.TREASURY_SINGLE_ACCOUNT)
    return cells.amount(as_digital | as_deposit)
