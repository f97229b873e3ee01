"""Income: what people were credited as wages and benefits, against what the scenario states.

Every credit to a person is one intent of its own; what moves between banks to make it possible is
no income and is left out. What a full wallet passes on to a deposit is not counted here, so the
means are those of the scenario where no wallet is full.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from tengesim.codes import Form, Kind, Status, TrueLabel
from tengesim.metrics.log import Flags, Log, is_one_of
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
    ),
    _metric(
        "benefit_mean",
        "Mean benefit credited",
        "KZT",
        question="How much is a pension or benefit when it arrives?",
        formula="KZT of settled BENEFIT rows to persons ÷ benefits credited.",
        text="Over all programmes; pensions are the largest part.",
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
    log = readings.log
    wages, benefits = _credited(log, Kind.WAGE), _credited(log, Kind.BENEFIT)
    both = wages | benefits
    credited_tiyn = log.amount(both)
    yield Measure("income_credited", credited_tiyn)
    yield _mean(log, "wage_mean", wages, "wages were credited")
    yield _mean(log, "benefit_mean", benefits, "benefits were credited")
    in_digital = both & is_one_of(log.form_to, (Form.DIGITAL_TENGE,))
    yield Measure(
        "income_digital_share",
        log.amount(in_digital),
        credited_tiyn,
        base=int(both.sum()),
        cases="credits were made",
    )


def _credited(log: Log, kind: Kind) -> Flags:
    """Return the rows by which persons were paid; sums between banks are due to nobody."""
    return (
        is_one_of(log.kind, (kind,))
        & is_one_of(log.status, (Status.SETTLED,))
        & is_one_of(log.true_label, (TrueLabel.HONEST,))
    )


def _mean(log: Log, name: str, chosen: Flags, cases: str) -> Measure:
    return Measure(name, log.amount(chosen), len(np.unique(log.intent[chosen])), cases=cases)
