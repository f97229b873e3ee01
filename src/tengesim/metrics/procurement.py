"""Procurement: what it saves, who competes, who wins, and how long everything takes."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import Kind
from tengesim.metrics.contracts import METHODS, Contracts, sums
from tengesim.metrics.exact import total
from tengesim.metrics.log import Flags, Whole
from tengesim.metrics.metric import Measure, Metric, defined
from tengesim.metrics.obligations import COHORT_DAYS
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "measure"]

_COMPETITIVE: Final = 5
"""Methods up to this code compare bids."""
_DIRECT: Final = METHODS.index("direct") + 1
_AFTER_FAILED: Final = METHODS.index("single_source") + 1
_POINTS: Final = 10_000
_AWARDED: Final = "lots were awarded"

_metric = partial(defined, group="procurement", scope="procurement")

_TEXTS: Final = {
    "open_tender": "open tenders",
    "scoring_tender": "scoring tenders",
    "auction": "auctions",
    "quotations": "requests for quotations",
    "e_store": "e-store purchases",
    "direct": "direct awards",
    "single_source": "awards after a failed tender",
}

METRICS: Final[tuple[Metric, ...]] = (
    _metric(
        "lots_planned",
        "Lots planned",
        "lots",
        question="How many purchases did buyers plan?",
        formula="Lots with a row PLAN.",
        text="Both layers: works of billions and purchases of pencils are one lot each.",
    ),
    _metric(
        "lots_awarded",
        "Lots awarded",
        "lots",
        question="How many purchases found a supplier?",
        formula="Lots with a row AWARD.",
        text="The others were given up, or wait at the end of the horizon.",
        direction="up",
    ),
    _metric(
        "contracted_amount",
        "Money awarded",
        "KZT",
        question="How much did buyers contract for?",
        formula="KZT of the last AWARD of every lot.",
        text="At the price of the award; amendments are in `real_saving` and `price_growth`.",
    ),
    _metric(
        "portal_saving",
        "Saving as the portal counts it",
        "share",
        question="How much less than planned do the awards cost?",
        formula="(KZT planned − KZT awarded) ÷ KZT planned, over awarded lots.",
        text="A plan that is too dear makes a large saving of a bad price; see `real_saving`.",
        direction="up",
    ),
    _metric(
        "real_saving",
        "Saving against true cost",
        "share",
        question="How much less than efficient work with a normal margin does the public pay?",
        formula="1 − KZT released, net of what came back ÷ KZT of TRUE_COST, over closed contracts,"
        f" {COHORT_DAYS} days after closing.",
        text="Negative where the public pays more than the work is worth. It includes amendments,"
        " and leaves terminated contracts out.",
        direction="up",
        uses_truth=True,
    ),
    _metric(
        "bidders",
        "Bidders of a competitive lot",
        "bids",
        question="How many admissible bids does a competitive lot have?",
        formula="Admissible bids of the awarding round ÷ lots awarded by a method that compares"
        " bids.",
        text="Direct awards and single source after a failed tender are left out.",
        direction="up",
    ),
    _metric(
        "direct_share",
        "Direct awards",
        "share",
        question="Which share of the money is awarded without competition?",
        formula="KZT awarded directly ÷ KZT awarded.",
        text="Single source after a failed tender has its own line.",
        direction="down",
    ),
    _metric(
        "single_source_after_failed_share",
        "Single source after a failed tender",
        "share",
        question="Which share of the money goes to a single source because a tender failed?",
        formula="KZT awarded by single source after a failed tender ÷ KZT awarded.",
        text="Apart from direct awards, which nobody tendered.",
        direction="down",
    ),
    _metric(
        "supplier_concentration",
        "Concentration of suppliers",
        "points",
        question="Do few firms have most of the money?",
        formula="10,000 × Σ (KZT awarded to a supplier ÷ KZT awarded)², rounded down.",
        source="Herfindahl–Hirschman index",
        text="10,000 is a single supplier; above 2,500 a market counts as concentrated.",
        direction="down",
    ),
    _metric(
        "suppliers_per_buyer",
        "Suppliers per buyer",
        "suppliers",
        question="With how many firms does a buyer work?",
        formula="Pairs of a buyer and a supplier with an award ÷ buyers with an award.",
        text="Counts each pair once, however many contracts it has.",
        direction="up",
    ),
    _metric(
        "price_growth",
        "Price growth after award",
        "share",
        question="By how much do amendments raise prices?",
        formula="KZT that AMENDMENT rows add, net of what they take away ÷ KZT awarded.",
        text="Some growth is due: ground is worse than drawn. `leaked_price_growth` is what is"
        " not.",
        direction="down",
    ),
    _metric(
        "time_to_pay",
        "Time to pay",
        "days",
        question="How long after acceptance does the budget pay an act?",
        formula="Mean time between ACCEPTANCE and the first release for it, over acts paid.",
        text="Marked money is paid here when it is sent; `contract_delay` says when it is free.",
        direction="down",
    ),
    _metric(
        "complaints_upheld_share",
        "Complaints upheld",
        "share",
        question="Which share of complaints is right?",
        formula="COMPLAINT rows that decide for who complains ÷ COMPLAINT rows that decide.",
        text="Complaints come from bidders; few are upheld because few are checked in depth.",
    ),
    _metric(
        "contracts_terminated",
        "Contracts terminated",
        "contracts",
        question="How many contracts ended early?",
        formula="Lots with a row TERMINATION.",
        text="For fraud found, or because the supplier gave up.",
        direction="down",
    ),
    *(
        _metric(
            f"days_{method}",
            f"Days from announcement to award, {_TEXTS[method]}",
            "days",
            question=f"How long do {_TEXTS[method]} take?",
            formula=f"Mean days from the first TENDER to the AWARD, over {_TEXTS[method]}.",
            text="Local days, complaints and repeated rounds included; from the planned day where"
            " nothing is announced.",
            direction="down",
        )
        for method in METHODS
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of procurement."""
    contracts = readings.contracts
    award_tiyn = contracts.award_tiyn
    is_awarded = award_tiyn >= 0
    number = int(is_awarded.sum())
    awarded_tiyn = total(award_tiyn[is_awarded])
    yield Measure("lots_planned", int((contracts.first(Kind.PLAN, _amount(contracts)) >= 0).sum()))
    yield Measure("lots_awarded", number)
    yield Measure("contracted_amount", awarded_tiyn)
    yield from _savings(contracts, is_awarded)
    yield _bidders(contracts, is_awarded)
    for name, code in (
        ("direct_share", _DIRECT),
        ("single_source_after_failed_share", _AFTER_FAILED),
    ):
        chosen = is_awarded & (contracts.method == code)
        part_tiyn = total(award_tiyn[chosen])
        yield Measure(name, part_tiyn, awarded_tiyn, base=number, cases=_AWARDED)
    yield from _firms(contracts, is_awarded, awarded_tiyn)
    amended = contracts.rows(Kind.AMENDMENT)
    grown = contracts.log.amount_tiyn[amended] - contracts.log.value[amended]
    yield Measure("price_growth", total(grown), awarded_tiyn, base=number, cases=_AWARDED)
    yield _time_to_pay(readings)
    complaints = contracts.rows(Kind.COMPLAINT)
    decided = complaints[contracts.log.attempt[complaints] > 0]
    upheld, cases = int((contracts.log.value[decided] == 1).sum()), "complaints were decided"
    yield Measure("complaints_upheld_share", upheld, len(decided), cases=cases)
    ended = np.unique(contracts.lot[contracts.rows(Kind.TERMINATION)])
    yield Measure("contracts_terminated", len(ended))
    yield from _durations(contracts, is_awarded)


def _amount(contracts: Contracts) -> Whole:
    return contracts.log.amount_tiyn


def _savings(contracts: Contracts, is_awarded: Flags) -> Iterator[Measure]:
    planned_tiyn = contracts.first(Kind.PLAN, _amount(contracts))
    known = is_awarded & (planned_tiyn >= 0)
    plan = total(planned_tiyn[known])
    saved = plan - total(contracts.award_tiyn[known])
    yield Measure("portal_saving", saved, plan, base=int(known.sum()), cases=_AWARDED)
    cost_tiyn = contracts.last(Kind.TRUE_COST, _amount(contracts))
    closed = contracts.first(Kind.CLOSING, contracts.log.time_us) >= 0
    closed &= contracts.first(Kind.TERMINATION, contracts.log.time_us) < 0
    closed &= cost_tiyn > 0
    paid = contracts.payments
    back = contracts.is_back & (paid.time_us < contracts.until_us(COHORT_DAYS)[paid.lot])
    back_tiyn = sums(paid.lot[back], paid.amount_tiyn[back], contracts.count)
    final = total(contracts.released_tiyn(COHORT_DAYS)[closed]) - total(back_tiyn[closed])
    cost = total(cost_tiyn[closed])
    cases = "contracts were closed"
    yield Measure("real_saving", cost - final, cost, base=int(closed.sum()), cases=cases)


def _bidders(contracts: Contracts, is_awarded: Flags) -> Measure:
    is_competitive = is_awarded & (contracts.method <= _COMPETITIVE)
    admissible = contracts.last(Kind.AWARD, contracts.log.value)
    lots, bids = int(is_competitive.sum()), int(admissible[is_competitive].sum())
    return Measure("bidders", bids, lots, cases="lots were awarded competitively")


def _firms(contracts: Contracts, is_awarded: Flags, awarded_tiyn: int) -> Iterator[Measure]:
    suppliers, firm = np.unique(contracts.supplier[is_awarded], return_inverse=True)
    buyers = np.unique(contracts.buyer[is_awarded])
    parts = sums(firm, contracts.award_tiyn[is_awarded], len(suppliers)).tolist()
    squares = sum(part * part for part in parts)
    points = _POINTS * squares // (awarded_tiyn * awarded_tiyn) if awarded_tiyn else None
    yield Measure("supplier_concentration", points, why="" if awarded_tiyn else "nothing awarded")
    pairs = np.unique(np.stack([contracts.buyer[is_awarded], firm]), axis=1).shape[1]
    number = int(is_awarded.sum())
    yield Measure("suppliers_per_buyer", pairs, len(buyers), base=number, cases=_AWARDED)


def _time_to_pay(readings: Readings) -> Measure:
    """Return the mean wait of acts until the budget has sent the first money for them."""
    contracts, intents = readings.contracts, readings.intents
    acts = np.flatnonzero(intents.is_act)
    chosen = np.flatnonzero(contracts.is_release)
    chosen = chosen[np.argsort(contracts.payments.intent[chosen], kind="stable")]
    released = contracts.payments.intent[chosen]
    if not len(chosen) or not len(acts):
        return Measure("time_to_pay", 0, 0, cases="acts were paid")
    place = np.searchsorted(released, intents.intent[acts])
    inside = np.minimum(place, len(chosen) - 1)
    is_paid = released[inside] == intents.intent[acts]
    paid_us = contracts.payments.time_us[chosen][inside]
    waited_us = (paid_us - intents.start_us[acts])[is_paid]
    number = int(is_paid.sum())
    return Measure(
        "time_to_pay", total(waited_us), number * DAY_US, base=number, cases="acts were paid"
    )


def _durations(contracts: Contracts, is_awarded: Flags) -> Iterator[Measure]:
    day = (contracts.log.time_us + contracts.offset_us) // DAY_US
    announced, planned = contracts.first(Kind.TENDER, day), contracts.first(Kind.PLAN, day)
    first = np.where(announced >= 0, announced, planned)
    awarded = contracts.last(Kind.AWARD, day)
    for code, method in enumerate(METHODS, start=1):
        chosen = is_awarded & (contracts.method == code) & (first >= 0)
        days, number = int((awarded - first)[chosen].sum()), int(chosen.sum())
        yield Measure(f"days_{method}", days, number, cases=f"{_TEXTS[method]} were awarded")
