"""Mining: what a coin costs that the state makes itself, against one that it buys, and the power.

Every cost is a row, so the price of a mined coin has capital, power, fees and hosting in it. What
the same power would have cost as an import is what somebody else could have done with it.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from tengesim.codes import BASE_UNITS, Form, Kind, Status
from tengesim.metrics.assets import WORTH
from tengesim.metrics.log import is_one_of
from tengesim.metrics.metric import SMALLEST_BASE, Measure, defined, undefined
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "measure"]

_BITCOIN: Final = BASE_UNITS[Form.BITCOIN]
_KWH: Final = 1_000
_NOTHING: Final = "nothing was mined"

_metric = partial(defined, group="reserve", scope="mining")

METRICS: Final = (
    _metric(
        "mined",
        "Mined bitcoin",
        "BTC",
        question="How much was mined?",
        formula="Σ of MINED rows.",
        text="After the fee of the pool.",
    ),
    _metric(
        "mining_cost",
        "Cost of mining",
        "KZT",
        question="What did mining cost in all?",
        formula="Σ of MINING_COST rows: power, fee, capital, hosting and tax; and of recorded"
        " REVENUE rows: fee and tax that a share in kind stands for.",
        text="Capital is spread over the life of the machines. What the pool keeps are coins.",
        direction="down",
    ),
    _metric(
        "mining_break_even",
        "Cost of a mined coin",
        "KZT per BTC",
        question="At which price of bitcoin does mining just pay?",
        formula="Cost of mining ÷ mined bitcoin.",
        text="With capital cost. It doubles when the subsidy halves.",
        direction="down",
    ),
    _metric(
        "mined_if_bought",
        "Price of the same coins if bought",
        "KZT per BTC",
        question="What would the same coins have cost on the days they were mined?",
        formula="Σ mined × price of the day ÷ mined bitcoin.",
        text="At mid prices; buying has costs of its own.",
    ),
    _metric(
        "mined_against_bought",
        "Mined coins against bought ones",
        "share",
        question="How much does a mined coin cost for every tenge that a bought one costs?",
        formula="Cost of mining ÷ Σ mined × price of the day.",
        text="Above 1, buying the same coins would have been cheaper.",
        direction="down",
    ),
    _metric(
        "mining_energy",
        "Power used by mining",
        "MWh",
        question="How much power did mining use?",
        formula="Σ kWh of MINING_COST and recorded REVENUE rows ÷ 1,000.",
        text="Power that is curtailed is not used.",
    ),
    _metric(
        "mining_energy_imported",
        "The same power as an import",
        "KZT",
        question="What would the power have cost as the last imported one?",
        formula="Power used by mining × price of imported power.",
        text="What somebody else, or the budget, could have had for it.",
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of mining."""
    log = readings.log
    rows = np.flatnonzero(log.is_moved & is_one_of(log.kind, (Kind.MINED,)))
    mined = int(log.amount_tiyn[rows].sum())
    bought = sum(readings.prices.worths(log, rows)) // WORTH
    costs = is_one_of(log.kind, (Kind.MINING_COST,)) & log.is_moved
    costs |= is_one_of(log.kind, (Kind.REVENUE,)) & is_one_of(log.status, (Status.RECORDED,))
    cost = log.amount(costs)
    yield Measure("mined", mined, _BITCOIN)
    yield Measure("mining_cost", cost)
    if mined and bought >= SMALLEST_BASE:
        yield Measure("mining_break_even", cost, mined)
        yield Measure("mined_if_bought", bought, mined)
        yield Measure("mined_against_bought", cost, bought)
    else:
        for name in ("mining_break_even", "mined_if_bought", "mined_against_bought"):
            yield undefined(name, _NOTHING)
    energy_kwh = int(log.value[costs].sum())
    yield Measure("mining_energy", energy_kwh, _KWH)
    yield Measure("mining_energy_imported", energy_kwh * readings.terms.imported_power_tiyn)
