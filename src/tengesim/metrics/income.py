"""Income: what people were credited as wages and benefits, against what the scenario states.

A credit is what one person gets by one order, in whatever forms of money; what moves between banks
to make it possible is no income and is left out. What a full wallet passes on to a deposit is not
counted here, so the means are those of the scenario where no wallet is full.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from tengesim.codes import Form, Kind, Status, TrueLabel
from tengesim.metrics.log import Cells, Flags, Log, is_one_of
from tengesim.metrics.metric import Measure, defined
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "measure"]


_metric = partial(defined, group="payments", scope="people")


METRICS: Final = (
    _metric(
        "income_credited",
        "Wages and benefits credited",
        "KZT",
        question="How much income did people receive?",
        formula="KZT of settled WAGE and BENEFIT rows to persons.",
        text="Wages less what is withheld, pensions and benefits.",
    ),
    _metric(
        "wage_mean",
        "Mean wage credited",
        "KZT",
        question="How much is a wage when it arrives?",
        formula="KZT of settled WAGE rows to persons ÷ wages credited.",
        text="Compare with the mean wage of the population less what is withheld.",
        needs="full",
    ),
    _metric(
        "benefit_mean",
        "Mean benefit credited",
        "KZT",
        question="How much is a pension or benefit when it arrives?",
        formula="KZT of settled BENEFIT rows to persons ÷ benefits credited.",
        text="Over all programmes; pensions are the largest part.",
        needs="full",
    ),
    _metric(
        "income_digital_share",
        "Income in digital tenge",
        "share",
        question="Which part of wages and benefits arrives as digital tenge?",
        formula="KZT of settled WAGE and BENEFIT rows to persons in digital tenge ÷ wages and"
        " benefits credited.",
        text="People without a wallet are paid in deposits whatever the share.",
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield what people were credited."""
    cells = readings.cells
    credited = {kind: _credited(cells, kind) for kind in (Kind.WAGE, Kind.BENEFIT)}
    both = credited[Kind.WAGE] | credited[Kind.BENEFIT]
    credited_tiyn = cells.amount(both)
    yield Measure("income_credited", credited_tiyn)
    # What fills a wallet comes out of the issuer's digital tenge or the employer's.
    in_digital = both & is_one_of(cells.form, (Form.DIGITAL_TENGE,))
    yield Measure(
        "income_digital_share",
        cells.amount(in_digital),
        credited_tiyn,
        base=cells.number(both),
        cases="credits were made",
    )
    if readings.is_full:
        for kind, name in ((Kind.WAGE, "wage"), (Kind.BENEFIT, "benefit")):
            number = _credits(readings.log, kind)
            amount_tiyn = cells.amount(credited[kind])
            yield Measure(f"{name}_mean", amount_tiyn, number, cases=f"{name}s were credited")


def _credited(cells: Cells, kind: Kind) -> Flags:
    """Return the cells of what persons were paid; sums between banks are due to nobody."""
    return (
        is_one_of(cells.kind, (kind,))
        & is_one_of(cells.status, (Status.SETTLED,))
        & is_one_of(cells.true_label, (TrueLabel.HONEST,))
    )


def _credits(log: Log, kind: Kind) -> int:
    """Return how many credits persons were paid; one in two forms of money is one."""
    rows = np.flatnonzero(
        (log.kind == kind) & (log.status == Status.SETTLED) & (log.true_label == TrueLabel.HONEST)
    )
    return len(np.unique(log.intent[rows] * (1 + log.payee.max(initial=0)) + log.payee[rows]))
