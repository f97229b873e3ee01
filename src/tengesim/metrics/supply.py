"""Money: how much digital tenge there is over time, and how often it is used.

Supply changes only where the issuer pays or is paid, so it is read from those rows alone, at the
moment of each, and averaged over time without rounding.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from tengesim.codes import Form, Kind
from tengesim.metrics.metric import Measure, Metric, undefined
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "closing_supply", "mean_supply", "measure", "payments_tiyn", "velocity"]

METRICS: Final = (
    Metric(
        name="float",
        title="Digital tenge outstanding, average",
        unit="KZT",
        group="money",
        question="How much public money is held as digital tenge instead of elsewhere?",
        formula="Time average over the horizon of digital tenge issued − redeemed.",
        source="Average outstanding; its ratio to bank current accounts is left out, because no"
        " figure with a source is known for the region",
        direction="neither",
        uses_truth=False,
        needs="cube",
        scope="any",
        text={"en": "Money here earns no interest for its holder and is not lent by a bank."},
    ),
    Metric(
        name="supply_peak",
        title="Digital tenge outstanding, peak",
        unit="KZT",
        group="money",
        question="How much digital tenge was there at most?",
        formula="Greatest value of digital tenge issued − redeemed, after any row.",
        source="Definition of this project",
        direction="neither",
        uses_truth=False,
        needs="cube",
        scope="any",
        text={"en": "Usually on the morning on which a week's money is issued."},
    ),
    Metric(
        name="velocity",
        title="Velocity of digital tenge",
        unit="times",
        group="money",
        question="How often is each digital tenge spent within the horizon?",
        formula="KZT of settled payments in digital tenge ÷ time average of digital tenge"
        " outstanding.",
        source="Quantity equation MV = PQ (Fisher 1911), exact from the log",
        direction="neither",
        uses_truth=False,
        needs="cube",
        scope="any",
        text={
            "en": "Per horizon, not per year. Payments for goods count; giving money to purses,"
            " shedding a mark and redeeming do not."
        },
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of money."""
    mean = mean_supply(readings)
    yield Measure("float", mean.numerator // mean.denominator)
    yield Measure("supply_peak", readings.moments.supply_peak_tiyn)
    if not mean:
        yield undefined("velocity", "no digital tenge was outstanding")
        return
    cells = readings.cells
    number = cells.number(cells.settled(Kind.PAYMENT, Form.DIGITAL_TENGE))
    yield Measure(
        "velocity",
        payments_tiyn(readings),
        mean.numerator // mean.denominator,
        base=number,
        cases="payments were made",
    )


def payments_tiyn(readings: Readings) -> int:
    """Return the settled payments in digital tenge."""
    cells = readings.cells
    return cells.amount(cells.settled(Kind.PAYMENT, Form.DIGITAL_TENGE))


def mean_supply(readings: Readings) -> Fraction:
    """Return the time average of digital tenge outstanding over the horizon, in tiyn."""
    terms = readings.terms
    return Fraction(readings.moments.supply_area, terms.end_us - terms.start_us)


def velocity(readings: Readings) -> Fraction:
    """Return payments ÷ time average of money, exactly; ZeroDivisionError without money."""
    return payments_tiyn(readings) / mean_supply(readings)


def closing_supply(readings: Readings) -> int:
    """Return the digital tenge outstanding after the last row, in tiyn."""
    return readings.moments.supply_tiyn
