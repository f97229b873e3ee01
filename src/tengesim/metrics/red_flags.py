"""Red flags of the Open Contracting Partnership, on what anybody can read of a tender.

Each flag is a line of `RED_FLAGS`: code, definition and threshold. Where the definition takes an
outlier, it is beyond the fence of the quartiles of all lots, bidders, suppliers or buyers of the
run: first quartile − 1.5 × their distance, or third + 1.5 ×; where the quartiles coincide, only
what lies beyond them is one. Flags about a firm or a buyer flag its lots. The truth is only used to
judge flags, never to raise them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import DAY_US
from tengesim.codes import Kind
from tengesim.metrics.contracts import METHODS, Contracts
from tengesim.metrics.leakage import CHANNELS
from tengesim.metrics.log import Flags, Log, Whole
from tengesim.metrics.metric import Measure, Metric, defined
from tengesim.metrics.readings import Readings
from tengesim.metrics.terms import MetricTerms

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["METRICS", "RED_FLAGS", "RedFlag", "measure", "red_flags", "red_flags_page"]

Numbers = NDArray[np.float64]

_FENCE: Final = 1.5
_QUARTER: Final = 0.25
_COMPETITIVE: Final = 5


class RedFlag(NamedTuple):
    """One indicator: what it says, about whom, and from which threshold on.

    `threshold` is None where it is the fence of the quartiles.
    """

    code: str
    name: str
    title: str
    about: str
    definition: str
    threshold: float | None


RED_FLAGS: Final = (
    RedFlag(
        "OCP-R003",
        "short_notice",
        "Short notice to bidders",
        "lot",
        "Days from the announcement to the deadline of bids are fewer than the law's five working"
        " days, which are a week; of a scoring tender, fewer than five days.",
        7,
    ),
    RedFlag(
        "OCP-R018",
        "single_bid",
        "Single bid received",
        "lot",
        "One firm alone bid for a lot of a competitive method.",
        1,
    ),
    RedFlag(
        "OCP-R024",
        "close_price",
        "Price close to the winning bid",
        "lot",
        "(Second-lowest valid bid − winning bid) ÷ winning bid is at or below the lower fence,"
        " where the winner is the lowest.",
        None,
    ),
    RedFlag(
        "OCP-R025",
        "losing_bidder",
        "Excessive unsuccessful bids",
        "bidder",
        "A firm with as many valid bids as the upper quarter of bidders wins a share of them at or"
        " below the lower fence.",
        None,
    ),
    RedFlag(
        "OCP-R028",
        "same_price",
        "Identical bid prices",
        "lot",
        "Two firms bid the same price.",
        1,
    ),
    RedFlag(
        "OCP-R030",
        "late_bid",
        "Late bid won",
        "lot",
        "The winning bid was received after the day of the deadline.",
        1,
    ),
    RedFlag(
        "OCP-R035",
        "others_disqualified",
        "All bids but the winner's disqualified",
        "lot",
        "The winner's bid is the only valid one, and this many other firms were disqualified.",
        1,
    ),
    RedFlag(
        "OCP-R036",
        "lowest_disqualified",
        "Lowest bid disqualified",
        "lot",
        "The lowest bid is not valid, and the lot was awarded.",
        1,
    ),
    RedFlag(
        "OCP-R038",
        "many_disqualified",
        "Excessive disqualified bids",
        "buyer or bidder",
        "The share of bids disqualified by a buyer of two lots or more, or of a firm with two bids"
        " or more, is at or above the upper fence.",
        None,
    ),
    RedFlag(
        "OCP-R048",
        "mixed_supplier",
        "Heterogeneous supplier",
        "supplier",
        "A supplier is awarded a variety of commodities at or above the upper fence.",
        None,
    ),
    RedFlag(
        "OCP-R058",
        "deep_discount",
        "Heavily discounted bid",
        "lot",
        "(Second-lowest valid bid − winning bid) ÷ winning bid is at or above the upper fence,"
        " where the winner is the lowest.",
        None,
    ),
)
"""The indicators that can be computed on what is published here."""

_BY_CODE: Final = {flag.code: flag for flag in RED_FLAGS}
_SCORING: Final = METHODS.index("scoring_tender") + 1
_SCORING_DAYS: Final = 5
_SOURCE: Final = "Open Contracting Partnership, Red flags in public procurement; Cardinal"

_metric = partial(defined, group="integrity", scope="procurement", source=_SOURCE)
_AWARDED: Final = "lots were awarded"

METRICS: Final[tuple[Metric, ...]] = (
    _metric(
        "lots_flagged",
        "Lots with a red flag",
        "share",
        question="Which share of awarded lots has a red flag?",
        formula="Awarded lots with at least one red flag ÷ awarded lots.",
        text="A flag is a reason to look, not a finding.",
    ),
    _metric(
        "flag_precision",
        "Precision of all red flags",
        "share",
        question="Of the lots with a red flag, which share is dishonest?",
        formula="Dishonest lots with a red flag ÷ lots with a red flag.",
        text="Dishonest is a lot with anything of a typology in it, whatever the flag is about.",
        direction="up",
        uses_truth=True,
    ),
    _metric(
        "flag_recall",
        "Recall of all red flags",
        "share",
        question="Of the dishonest lots, which share has a red flag?",
        formula="Dishonest lots with a red flag ÷ dishonest lots awarded.",
        text="Typologies after the award, such as fictitious acts, leave no trace in a tender.",
        direction="up",
        uses_truth=True,
    ),
    *(
        _metric(
            f"flag_{kind}_{flag.name}",
            f"{kind.capitalize()} of {flag.code}, {flag.title.lower()}",
            "share",
            question=f"{question} flagged by {flag.code}?",
            formula=f"Dishonest lots flagged ÷ {whole}. Flagged: {flag.definition}",
            text=f"About: {flag.about}.",
            direction="up",
            uses_truth=True,
        )
        for flag in RED_FLAGS
        for kind, question, whole in (
            ("precision", "Which share is dishonest of the lots", "lots flagged"),
            ("recall", "Which share of the dishonest lots is", "dishonest lots awarded"),
        )
    ),
)


class _Raised(NamedTuple):
    """Lots that a flag is raised for, with the value that raised it and the threshold."""

    lot: Whole
    value: Numbers
    threshold: float


@dataclass(frozen=True)
class _Tenders:
    """Bids of the rounds that led to an award, sorted by lot, price and validity."""

    contracts: Contracts
    is_awarded: Flags
    is_competitive: Flags
    lot: Whole
    bidder: Whole
    price_tiyn: Whole
    is_valid: Flags
    day: Whole

    @classmethod
    def of(cls, contracts: Contracts) -> Self:
        """Read the bids of awarded lots."""
        log, rows = contracts.log, contracts.rows(Kind.BID)
        is_awarded = contracts.award_tiyn >= 0
        rounds = contracts.last(Kind.AWARD, log.attempt)
        rows = rows[(log.attempt[rows] == rounds[contracts.lot[rows]])]
        rows = rows[is_awarded[contracts.lot[rows]]]
        order = np.lexsort((1 - log.value[rows], log.amount_tiyn[rows], contracts.lot[rows]))
        rows = rows[order]
        return cls(
            contracts=contracts,
            is_awarded=is_awarded,
            is_competitive=is_awarded & (contracts.method <= _COMPETITIVE),
            lot=contracts.lot[rows],
            bidder=log.payee[rows].astype(np.int64),
            price_tiyn=log.amount_tiyn[rows],
            is_valid=log.value[rows] == 1,
            day=(log.time_us[rows] + contracts.offset_us) // DAY_US,
        )

    def count(self, chosen: Flags) -> Whole:
        """Return how many chosen bids each lot has."""
        return np.bincount(self.lot[chosen], minlength=self.contracts.count)

    def margins(self) -> tuple[Whole, Numbers]:
        """Return lots whose lowest valid bid won, and how far the second-lowest lies above it."""
        lot, price = self.lot[self.is_valid], self.price_tiyn[self.is_valid]
        bidder = self.bidder[self.is_valid]
        start = np.flatnonzero(np.diff(lot, prepend=-1))
        two = start[self.count(self.is_valid)[lot[start]] > 1]
        won = two[bidder[two] == self.contracts.supplier[lot[two]]]
        won = won[self.is_competitive[lot[won]] & (price[won] > 0)]
        return lot[won], (price[won + 1] - price[won]) / price[won]

    def deadlines(self) -> tuple[Whole, Whole]:
        """Return day of announcement and of the deadline of each awarding round, -1 for none."""
        contracts, log = self.contracts, self.contracts.log
        rows = contracts.rows(Kind.TENDER)
        rounds = contracts.last(Kind.AWARD, log.attempt)
        rows = rows[log.attempt[rows] == rounds[contracts.lot[rows]]][::-1]
        announced = np.full(contracts.count, -1, dtype=np.int64)
        deadline = announced.copy()
        announced[contracts.lot[rows]] = (log.time_us[rows] + contracts.offset_us) // DAY_US
        deadline[contracts.lot[rows]] = log.limit[rows]
        return announced, deadline


def _fences(values: Numbers) -> tuple[float, float]:
    """Return the lower and the upper fence of some values."""
    if not len(values):
        return -np.inf, np.inf
    low, high = np.quantile(values, (_QUARTER, 1 - _QUARTER)).tolist()
    reach = _FENCE * (high - low)
    if not reach:
        # Where most are alike, what is like them is no outlier.
        return float(np.nextafter(low, -np.inf)), float(np.nextafter(high, np.inf))
    return low - reach, high + reach


def _raised(lot: Whole, value: Numbers | Whole, threshold: float) -> _Raised:
    return _Raised(lot, np.asarray(value, dtype=np.float64), threshold)


def _short_notice(tenders: _Tenders) -> Iterator[_Raised]:
    announced, deadline = tenders.deadlines()
    days = deadline - announced
    is_scoring = tenders.contracts.method == _SCORING
    usual = _BY_CODE["OCP-R003"].threshold or 0.0
    for chosen, least in ((is_scoring, float(_SCORING_DAYS)), (~is_scoring, usual)):
        short = np.flatnonzero(chosen & tenders.is_awarded & (announced >= 0) & (days < least))
        yield _raised(short, days[short], least)


def _single_bid(tenders: _Tenders) -> Iterator[_Raised]:
    bids = tenders.count(np.ones_like(tenders.is_valid))
    lots = np.flatnonzero(tenders.is_competitive & (bids == 1))
    yield _raised(lots, bids[lots], 1)


def _close_price(tenders: _Tenders) -> Iterator[_Raised]:
    lots, margins = tenders.margins()
    fence = _fences(margins)[0]
    yield _raised(lots[margins <= fence], margins[margins <= fence], fence)


def _deep_discount(tenders: _Tenders) -> Iterator[_Raised]:
    lots, margins = tenders.margins()
    fence = _fences(margins)[1]
    yield _raised(lots[margins >= fence], margins[margins >= fence], fence)


def _losing_bidder(tenders: _Tenders) -> Iterator[_Raised]:
    valid = tenders.is_valid & tenders.is_competitive[tenders.lot]
    firm, number, bids = np.unique(tenders.bidder[valid], return_inverse=True, return_counts=True)
    is_won = tenders.bidder[valid] == tenders.contracts.supplier[tenders.lot[valid]]
    ratio = np.bincount(number, weights=is_won, minlength=len(firm)) / np.maximum(bids, 1)
    fence = _fences(ratio)[0]
    many = np.quantile(bids, 1 - _QUARTER) if len(bids) else np.inf
    chosen = ((ratio <= fence) & (bids >= many))[number]
    yield _raised(tenders.lot[valid][chosen], ratio[number][chosen], fence)


def _same_price(tenders: _Tenders) -> Iterator[_Raised]:
    lot, price = tenders.lot, tenders.price_tiyn
    same = (lot[1:] == lot[:-1]) & (price[1:] == price[:-1])
    same &= tenders.bidder[1:] != tenders.bidder[:-1]
    lots = np.unique(lot[1:][same])
    yield _raised(lots, np.ones(len(lots)), 1)


def _late_bid(tenders: _Tenders) -> Iterator[_Raised]:
    _, deadline = tenders.deadlines()
    limit = deadline[tenders.lot]
    won = tenders.is_valid & (tenders.bidder == tenders.contracts.supplier[tenders.lot])
    late = won & (limit >= 0) & (tenders.day > limit)
    yield _raised(tenders.lot[late], tenders.day[late] - limit[late], 1)


def _others_disqualified(tenders: _Tenders) -> Iterator[_Raised]:
    valid, out = tenders.count(tenders.is_valid), tenders.count(~tenders.is_valid)
    is_winner = tenders.bidder == tenders.contracts.supplier[tenders.lot]
    winners = tenders.count(tenders.is_valid & is_winner)
    lots = np.flatnonzero((valid == 1) & (winners == 1) & (out >= 1) & tenders.is_competitive)
    yield _raised(lots, out[lots], 1)


def _lowest_disqualified(tenders: _Tenders) -> Iterator[_Raised]:
    lowest = np.flatnonzero(np.diff(tenders.lot, prepend=-1))
    lots = tenders.lot[lowest[~tenders.is_valid[lowest]]]
    lots = lots[tenders.is_competitive[lots]]
    yield _raised(lots, np.ones(len(lots)), 1)


def _many_disqualified(tenders: _Tenders) -> Iterator[_Raised]:
    buyer = tenders.contracts.buyer[tenders.lot]
    pairs = np.unique(np.stack([buyer, tenders.lot]), axis=1)[0]
    for party, cases in ((buyer, pairs), (tenders.bidder, tenders.bidder)):
        names, number, bids = np.unique(party, return_inverse=True, return_counts=True)
        out = np.bincount(number, weights=~tenders.is_valid, minlength=len(names))
        known = np.bincount(np.searchsorted(names, cases), minlength=len(names)) > 1
        ratio = out / np.maximum(bids, 1)
        fence = _fences(ratio[known])[1]
        chosen = (known & (ratio >= fence))[number] & ~tenders.is_valid
        yield _raised(tenders.lot[chosen], ratio[number][chosen], fence)


def _mixed_supplier(tenders: _Tenders) -> Iterator[_Raised]:
    contracts, log = tenders.contracts, tenders.contracts.log
    rows = contracts.rows(Kind.INVOICE)
    rows = rows[log.payee[rows] == contracts.supplier[contracts.lot[rows]]]
    pairs = np.unique(np.stack([log.payee[rows], log.rule[rows]]), axis=1)
    firm, variety = np.unique(pairs[0], return_counts=True)
    fence = _fences(variety.astype(np.float64))[1]
    flagged = firm[variety >= fence]
    lots = np.flatnonzero(tenders.is_awarded & np.isin(contracts.supplier, flagged))
    place = np.searchsorted(firm, contracts.supplier[lots])
    yield _raised(lots, variety[place], fence)


_RAISE: Final[dict[str, Callable[[_Tenders], Iterator[_Raised]]]] = {
    "OCP-R003": _short_notice,
    "OCP-R018": _single_bid,
    "OCP-R024": _close_price,
    "OCP-R025": _losing_bidder,
    "OCP-R028": _same_price,
    "OCP-R030": _late_bid,
    "OCP-R035": _others_disqualified,
    "OCP-R036": _lowest_disqualified,
    "OCP-R038": _many_disqualified,
    "OCP-R048": _mixed_supplier,
    "OCP-R058": _deep_discount,
}


def red_flags(events: pd.DataFrame) -> pd.DataFrame:
    """Return one line per contract and flag, with the value that raised it and the threshold.

    `events` are those of a run, in `seq` order. Lines are in the order of contracts and codes.
    """
    import pandas as pd

    log = Log.of(events)
    # Offices publish by day, so that the local day is that of the log's own clock.
    terms = MetricTerms(
        start_us=0, end_us=int(log.time_us.max(initial=0)) + 1, base_rate_bp=0, spread_bp=0
    )
    contracts = Contracts.of(log, terms)
    places = events["place"].to_numpy(dtype=object)
    first = np.full(contracts.count, 0, dtype=np.int64)
    known = np.isin(log.place, contracts.log.place)
    first[contracts.lot[::-1]] = np.flatnonzero(known)[::-1]
    tenders = _Tenders.of(contracts)
    lines = {
        (str(places[first[lot]]), code): (value, one.threshold)
        for code, raise_flag in _RAISE.items()
        for one in raise_flag(tenders)
        for lot, value in zip(one.lot.tolist(), one.value.tolist(), strict=True)
    }
    ordered = sorted(lines.items())
    return pd.DataFrame(
        {
            "contract": pd.Series([lot for (lot, _), _ in ordered], dtype="str"),
            "flag": pd.Series([code for (_, code), _ in ordered], dtype="str"),
            "value": pd.Series([value for _, (value, _) in ordered], dtype="float64"),
            "threshold": pd.Series([limit for _, (_, limit) in ordered], dtype="float64"),
        }
    )


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield how many lots are flagged, and how well each flag tells dishonest ones."""
    contracts = readings.contracts
    tenders = _Tenders.of(contracts)
    is_dishonest = tenders.is_awarded & _dishonest(contracts)
    is_any = np.zeros(contracts.count, dtype=np.bool_)
    for flag in RED_FLAGS:
        flagged = np.zeros(contracts.count, dtype=np.bool_)
        for raised in _RAISE[flag.code](tenders):
            flagged[raised.lot] = True
        is_any |= flagged
        yield from _judged(f"_{flag.name}", flagged, is_dishonest)
    yield from _judged("", is_any, is_dishonest)
    number = int(tenders.is_awarded.sum())
    yield Measure("lots_flagged", int(is_any.sum()), number, cases=_AWARDED)


def _judged(suffix: str, flagged: Flags, is_dishonest: Flags) -> Iterator[Measure]:
    right = int((flagged & is_dishonest).sum())
    cases = ("lots were flagged", "dishonest lots were awarded")
    yield Measure(f"flag_precision{suffix}", right, int(flagged.sum()), cases=cases[0])
    yield Measure(f"flag_recall{suffix}", right, int(is_dishonest.sum()), cases=cases[1])


def _dishonest(contracts: Contracts) -> Flags:
    """Return the lots with anything of a typology in them."""
    rows = np.isin(contracts.log.true_label, CHANNELS)
    found = np.zeros(contracts.count, dtype=np.bool_)
    found[contracts.lot[rows]] = True
    return found


_PAGE: Final = """\
# Red flags

This page is made from `src/tengesim/metrics/red_flags.py`; it is not written by hand.

Indicators of the Open Contracting Partnership, computed on what anybody can read of a tender: the
rows PLAN, TENDER, BID, AWARD and INVOICE. They are written `OCP-R003` and so on, because R01 to R56
are rules of money here. Definitions follow the Partnership's guide and its library Cardinal
(https://github.com/open-contracting/cardinal-rs); what differs is said in the line. A *fence* is
the first quartile − 1.5 × the distance of the quartiles, or the third + 1.5 ×; where the quartiles
coincide, only what lies beyond them is an outlier. A flag about a bidder, supplier or buyer flags
its lots.

`flag_precision_…` and `flag_recall_…` in [metrics](metrics.md) judge each flag by the truth of the
simulation, which no authority has. In Python, `red_flags(run.events)` of
`tengesim.metrics.red_flags` gives contract, flag, value and threshold.

| flag | about | raised when | threshold |
|---|---|---|---|
"""


def red_flags_page() -> str:
    """Return the indicators as Markdown, ending with a newline."""
    return _PAGE + "".join(
        f"| {flag.code} {flag.title} | {flag.about} | {flag.definition} |"
        f" {'fence' if flag.threshold is None else f'{flag.threshold:g}'} |\n"
        for flag in RED_FLAGS
    )
