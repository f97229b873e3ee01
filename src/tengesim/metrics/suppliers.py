"""What controls of public contracts cost honest suppliers: waiting, blocked money, interest."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from tengesim.clock import HOUR_US
from tengesim.codes import Kind, Status
from tengesim.metrics.contracts import Contracts
from tengesim.metrics.exact import total, weighted_total
from tengesim.metrics.log import Whole, is_one_of
from tengesim.metrics.metric import Measure, Metric, defined
from tengesim.metrics.obligations import PATIENCE_DAYS, Intents
from tengesim.metrics.readings import Readings
from tengesim.metrics.terms import MetricTerms
from tengesim.money import BP

__all__ = ["METRICS", "measure"]

_DELAY_DAYS_MAX: Final = 180
_HOURS_A_DAY: Final = 24
_DAYS_A_YEAR: Final = 365
_ACTS: Final = "tiyn of honest acts were accepted"

_metric = partial(defined, group="harm", scope="procurement", direction="down")

METRICS: Final[tuple[Metric, ...]] = (
    _metric(
        "contract_delay",
        "Days until a supplier can spend",
        "days",
        question="How long does an honest supplier wait for money it may spend on anything?",
        formula="Σ KZT × days from the accepted act to unmarked money ÷ Σ KZT, over honest acts; at"
        f" most {_DELAY_DAYS_MAX} days, and to the end of the horizon where nothing came.",
        source="Value-weighted delay, censored",
        text="An act weighs as much as the budget released for it, and what of it is the"
        " supplier's own tells when it is free. Differences between arms are the delay that an arm"
        " adds.",
        uses_truth=True,
    ),
    _metric(
        "contract_blocked",
        "Honest payments blocked",
        "share",
        question="Which share of honest payments is still unpaid long after it was due?",
        formula=f"Honest intents unpaid {PATIENCE_DAYS} days after they were due ÷ honest intents"
        " whose patience ends within the horizon.",
        source="Honest intents unpaid at due + 90 days",
        text="Acts, advances, wages and payments to subcontractors, by number. What is refused and"
        " put right sooner is not blocked but late: its days are in `contract_delay`. So where"
        " every paper can be handed in later this is 0; deep chains of marks, where a payee may"
        " never be allowed, and firms that close are what raises it.",
        uses_truth=True,
    ),
    _metric(
        "contract_blocked_amount",
        "Honest money blocked",
        "share",
        question="Which share of the money due to the honest is unpaid long after it was due?",
        formula="As contract_blocked, by KZT.",
        source="Honest intents unpaid at due + 90 days, by money",
        text="A few large acts can weigh more than many small ones.",
        uses_truth=True,
    ),
    _metric(
        "contract_financing_cost",
        "Suppliers' cost of waiting",
        "KZT",
        question="What does it cost suppliers to finance the days they wait?",
        formula="Σ KZT × days from the accepted act to unmarked money × (base rate + spread) ÷ 365,"
        " over honest acts, + PENALTY.",
        source="Simple interest, actual days of 365, and penalties for late delivery",
        text="Base rate and spread are assumptions of the scenario, section `finance`.",
        uses_truth=True,
    ),
    _metric(
        "contract_penalties",
        "Penalties for late delivery",
        "KZT",
        question="How much do suppliers pay because they deliver late?",
        formula="KZT of PENALTY rows, kept from an act or paid back.",
        text="Part of `contract_financing_cost`: who waits for money works more slowly.",
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield what honest suppliers bear."""
    contracts, intents, terms = readings.contracts, readings.intents, readings.terms
    amounts, hours = _waits(intents, terms)
    waited = weighted_total(amounts, np.minimum(hours, _DELAY_DAYS_MAX * _HOURS_A_DAY))
    weight = total(amounts) * _HOURS_A_DAY
    yield Measure("contract_delay", waited, weight, cases=_ACTS)
    honest = ~intents.is_dishonest & intents.is_settled_question
    blocked, cases = honest & intents.is_unpaid, "honest intents were due"
    yield Measure("contract_blocked", int(blocked.sum()), int(honest.sum()), cases=cases)
    yield Measure(
        "contract_blocked_amount",
        total(intents.amount_tiyn[blocked]),
        total(intents.amount_tiyn[honest]),
        cases=cases,
    )
    rate_bp = terms.base_rate_bp + terms.spread_bp
    interest = weighted_total(amounts, hours) * rate_bp // (BP * _DAYS_A_YEAR * _HOURS_A_DAY)
    penalties = _penalties(contracts)
    yield Measure("contract_financing_cost", interest + penalties)
    yield Measure("contract_penalties", penalties)


def _waits(intents: Intents, terms: MetricTerms) -> tuple[Whole, Whole]:
    """Return the money of each honest act, and how many hours it waited."""
    acts = np.flatnonzero(intents.is_act & ~intents.is_dishonest)
    released_tiyn = intents.released_tiyn[acts]
    amounts = np.where(released_tiyn > 0, released_tiyn, intents.amount_tiyn[acts])
    paid_us = intents.paid_us[acts]
    waited_us = np.where(paid_us >= 0, paid_us, terms.end_us) - intents.start_us[acts]
    return amounts, np.maximum(waited_us, 0) // HOUR_US


def _penalties(contracts: Contracts) -> int:
    """Return the penalties that were kept from an act or moved back to the buyer."""
    kept = contracts.rows(Kind.PENALTY, Status.RECORDED)
    paid = contracts.payments
    moved = is_one_of(paid.kind, (Kind.PENALTY,)) & contracts.is_back
    return total(contracts.log.amount_tiyn[kept]) + total(paid.amount_tiyn[moved])
