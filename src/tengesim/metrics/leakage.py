"""Leakage of public contracts: what was tried, stopped, paid and recovered, channel by channel.

The public loses in an intent what its row of `Kind.LOSS` says if the intent is paid; each intent
has one label. Contracts are followed until a year after their closing, open ones to the end of the
horizon, where what is not yet stopped counts as open and never as a success of a control.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from tengesim.codes import Kind, TrueLabel, column_text
from tengesim.metrics.exact import total
from tengesim.metrics.log import Flags, Whole, is_one_of
from tengesim.metrics.metric import Measure, Metric, defined
from tengesim.metrics.obligations import COHORT_DAYS, PATIENCE_DAYS, Intents
from tengesim.metrics.readings import Readings

__all__ = ["CHANNELS", "METRICS", "TARGETED", "measure"]

CHANNELS: Final = (
    TrueLabel.FICTITIOUS_ACT,
    TrueLabel.OVERPRICING,
    TrueLabel.DIVERTED_ADVANCE,
    TrueLabel.SHELL_SUBCONTRACTOR,
    TrueLabel.KICKBACK,
    TrueLabel.SPLIT_CONTRACT,
    TrueLabel.RELATED_PARTY,
    TrueLabel.PRICE_GROWTH,
    TrueLabel.BID_RIGGING,
    TrueLabel.TAILORED_SPECIFICATION,
    TrueLabel.CAPTURED_OWNER,
    TrueLabel.OVERRIDE_ABUSE,
    TrueLabel.COLLUDING_SUPERVISOR,
)
"""Ways in which money of public contracts is lost."""

TARGETED: Final = (
    TrueLabel.FICTITIOUS_ACT,
    TrueLabel.DIVERTED_ADVANCE,
    TrueLabel.SHELL_SUBCONTRACTOR,
)
"""Channels that evidence and control of the money's way can meet; prices and agreements they do not
see, and a false signature of all who sign looks like a true one."""

_TEXTS: Final = {
    TrueLabel.FICTITIOUS_ACT: "acts for work that was not done",
    TrueLabel.OVERPRICING: "prices above true cost and normal margin",
    TrueLabel.DIVERTED_ADVANCE: "advances spent elsewhere",
    TrueLabel.SHELL_SUBCONTRACTOR: "subcontractors that do nothing",
    TrueLabel.KICKBACK: "bribes",
    TrueLabel.SPLIT_CONTRACT: "purchases split below a threshold",
    TrueLabel.RELATED_PARTY: "contracts for relatives",
    TrueLabel.PRICE_GROWTH: "prices raised after award",
    TrueLabel.BID_RIGGING: "bids agreed beforehand",
    TrueLabel.TAILORED_SPECIFICATION: "specifications that fit one bidder",
    TrueLabel.CAPTURED_OWNER: "conditions written by a bribed owner of the funds",
    TrueLabel.OVERRIDE_ABUSE: "overrides without an emergency",
    TrueLabel.COLLUDING_SUPERVISOR: "signatures for what is not there",
}
_UNITS: Final = (("", "intents", "number", "Number"), ("_amount", "KZT", "money", "KZT"))
_HORIZON: Final = f"until {COHORT_DAYS} days after the contract's closing"

_metric = partial(defined, group="integrity", scope="procurement", uses_truth=True)

_STAGES: Final = (
    ("attempted", "tried", "intents with a loss", "neither", "The cohort of recall."),
    (
        "stopped",
        "stopped",
        f"intents with a loss that were unpaid {PATIENCE_DAYS} days after they were due",
        "up",
        "Within one arm: what a control deters is not tried. A later document is another intent.",
    ),
    (
        "succeeded",
        "paid",
        f"intents with a loss that were paid {_HORIZON}",
        "down",
        "Before recovery.",
    ),
)

METRICS: Final[tuple[Metric, ...]] = (
    _metric(
        "contract_leakage",
        "Leakage of contracts",
        "share",
        question="Which share of the money released for contracts had no due counter-value?",
        formula=f"Σ LOSS of paid intents − recovered ÷ KZT released, both {_HORIZON}.",
        source="Public money without due counter-value, net of recovery, ÷ money released",
        text="Undelivered, above true cost and normal margin, or diverted. Inefficiency and faults"
        " of planning are not leakage.",
        direction="down",
    ),
    _metric(
        "contract_leakage_amount",
        "Money leaked from contracts",
        "KZT",
        question="How much of the money released for contracts had no due counter-value?",
        formula=f"Σ LOSS of paid intents − recovered, {_HORIZON}.",
        source="Numerator of contract_leakage",
        text="At the simulated scale.",
        direction="down",
    ),
    _metric(
        "contracts_followed",
        "Contracts followed to the end",
        "share",
        question=f"Which share of contracts was followed for {COHORT_DAYS} days after closing?",
        formula=f"Awarded lots closed {COHORT_DAYS} days before the end of the horizon or earlier"
        " ÷ awarded lots.",
        text="What the others lose later is not in `contract_leakage`.",
        direction="up",
    ),
    *(
        _metric(
            f"leakage_{stage}{suffix}",
            f"Losses {done}, by {by}",
            unit,
            question=f"How much undue money of contracts was {done}?"
            if suffix
            else f"How many undue payments under contracts were {done}?",
            formula=f"{'Σ LOSS' if suffix else 'Number'} of {what}.",
            text=text,
            direction="up" if way == "up" else "down" if way == "down" else "neither",
        )
        for stage, done, what, way, text in _STAGES
        for suffix, unit, by, _ in _UNITS
    ),
    _metric(
        "leakage_recovered_amount",
        "Losses recovered",
        "KZT",
        question="How much of what was lost came back?",
        formula=f"KZT of CLAWBACK that meets a paid loss of the same contract, {_HORIZON}.",
        text="What is clawed back beyond the loss of a contract recovers nothing.",
        direction="up",
    ),
    _metric(
        "leakage_targeted",
        "Leakage in targeted channels",
        "share",
        question="Which share leaks in ways that following the money can meet?",
        formula="As contract_leakage, for fictitious acts, diverted advances and shell"
        " subcontractors.",
        text="With `leakage_untargeted` it adds up to `contract_leakage`.",
        direction="down",
    ),
    _metric(
        "leakage_untargeted",
        "Leakage in other channels",
        "share",
        question="Which share leaks in ways that following the money does not see?",
        formula="As contract_leakage, for all other channels.",
        text="What grows here while targeted channels shrink was displaced, not stopped.",
        direction="down",
    ),
    *(
        _metric(
            f"leaked_{column_text(label)}",
            f"Leaked by {_TEXTS[label]}",
            "share",
            question=f"Which share of the money released leaks by {_TEXTS[label]}?",
            formula=f"As contract_leakage, for intents labelled {column_text(label)}.",
            text="All channels together are `contract_leakage`.",
            direction="down",
        )
        for label in CHANNELS
    ),
    *(
        _metric(
            f"contract_precision{suffix}",
            f"Precision of controls of contracts, by {by}",
            "share",
            question="Of what was stopped or reviewed, which share was rightly so?",
            formula=f"{what} of dishonest intents stopped or reviewed ÷ {what} of all intents"
            " stopped or reviewed.",
            source="Precision (positive predictive value)",
            text=f"Stopped: refused, and unpaid {PATIENCE_DAYS} days after it was due. Reviewed: a"
            " control looked at it.",
            direction="up",
        )
        for suffix, _, by, what in _UNITS
    ),
    *(
        _metric(
            f"contract_recall{suffix}",
            f"Recall of controls of contracts, by {by}",
            "share",
            question="Of what was dishonest and tried, which share was stopped?",
            formula=f"{what} of dishonest intents unpaid {PATIENCE_DAYS} days after they were due"
            f" ÷ {what} of dishonest intents.",
            source="Recall (sensitivity), within one arm",
            text="Without dishonest intents there is no recall: it is missing, not 100 %. See"
            " `contract_recall_of_base` for the cohort of the base arm.",
            direction="up",
        )
        for suffix, _, by, what in _UNITS
    ),
    *(
        _metric(
            f"contract_false_positive_rate{suffix}",
            f"Honest intents of contracts refused, by {by}",
            "share",
            question="Which share of honest payments under contracts was refused at least once?",
            formula=f"{what} of honest intents with a refusal ÷ {what} of honest intents.",
            source="False positive rate",
            text="An id used twice is no refusal of what it stands for. What was refused and paid"
            " later is in `contract_delay`, what was never paid in `contract_blocked`.",
            direction="down",
        )
        for suffix, _, by, what in _UNITS
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield what leaks from contracts, and what controls stop."""
    contracts, intents = readings.contracts, readings.intents
    released = total(contracts.released_tiyn(COHORT_DAYS))
    is_awarded = contracts.award_tiyn >= 0
    number, cases = int(is_awarded.sum()), "contracts were signed"
    is_lost = intents.is_dishonest & intents.is_succeeded
    recovered = _recovered(intents, is_lost)
    kept = np.where(is_lost, intents.loss_tiyn - recovered, 0)
    paid = "tiyn were released"
    yield Measure("contract_leakage", total(kept), released, cases=paid)
    yield Measure("contract_leakage_amount", total(kept))
    is_old = contracts.until_us(COHORT_DAYS) < contracts.end_us
    yield Measure("contracts_followed", int((is_awarded & is_old).sum()), number, cases=cases)
    yield from _stages(intents, is_lost)
    yield Measure("leakage_recovered_amount", total(recovered))
    is_targeted = is_one_of(intents.true_label, TARGETED)
    for name, chosen in (
        ("leakage_targeted", is_targeted),
        ("leakage_untargeted", ~is_targeted),
        *((f"leaked_{column_text(one)}", intents.true_label == one) for one in CHANNELS),
    ):
        yield Measure(name, total(kept[chosen]), released, cases=paid)
    yield from _controls(intents)


def _stages(intents: Intents, is_lost: Flags) -> Iterator[Measure]:
    is_stopped = intents.is_dishonest & intents.is_settled_question & intents.is_unpaid
    for stage, chosen in (
        ("attempted", intents.is_dishonest),
        ("stopped", is_stopped),
        ("succeeded", is_lost),
    ):
        yield Measure(f"leakage_{stage}", int(chosen.sum()))
        yield Measure(f"leakage_{stage}_amount", total(intents.loss_tiyn[chosen]))


def _controls(intents: Intents) -> Iterator[Measure]:
    """Yield how well the controls tell dishonest intents from honest ones."""
    dishonest, honest = intents.is_dishonest, ~intents.is_dishonest
    stopped = intents.is_settled_question & intents.is_unpaid
    met = intents.is_reviewed | (stopped & intents.is_refused)
    tried = dishonest & intents.is_settled_question
    for suffix, worth in (
        ("", np.ones_like(intents.amount_tiyn)),
        ("_amount", intents.amount_tiyn),
    ):
        for name, part, whole, cases in (
            ("precision", met & dishonest, met, "intents were stopped or reviewed"),
            ("recall", tried & stopped, tried, "dishonest intents were tried"),
            ("false_positive_rate", honest & intents.is_refused, honest, "intents were honest"),
        ):
            yield Measure(
                f"contract_{name}{suffix}",
                total(worth[part]),
                total(worth[whole]),
                base=int(whole.sum()),
                cases=cases,
            )


def _recovered(intents: Intents, is_lost: Flags) -> Whole:
    """Return what came back of each loss: of the intent clawed back, else of its channel or lot."""
    contracts, paid = intents.contracts, intents.contracts.payments
    open_tiyn = np.where(is_lost, intents.loss_tiyn, 0)
    is_clawback = (paid.kind == Kind.CLAWBACK) & contracts.is_back
    is_clawback &= paid.time_us < contracts.until_us(COHORT_DAYS)[paid.lot]
    losses = np.flatnonzero(is_lost)
    of_lot: dict[int, list[int]] = {}
    for loss, lot in zip(losses.tolist(), intents.lot[losses].tolist(), strict=True):
        of_lot.setdefault(lot, []).append(loss)
    for row in np.flatnonzero(is_clawback).tolist():
        left = int(paid.amount_tiyn[row])
        intent, label = int(paid.intent[row]), int(paid.true_label[row])
        losing = of_lot.get(int(paid.lot[row]), [])
        ranked = sorted(
            losing,
            key=lambda one: (intents.intent[one] != intent, intents.true_label[one] != label),
        )
        for one in ranked:
            taken = min(left, int(open_tiyn[one]))
            open_tiyn[one] -= taken
            left -= taken
    return np.where(is_lost, intents.loss_tiyn - open_tiyn, 0)
