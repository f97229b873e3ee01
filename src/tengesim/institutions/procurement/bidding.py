"""Who considers a lot, who bids, and for how much.

Everything about a supplier and a lot is drawn once, from the lot's name, so worlds that differ in
the delay of payments have the same suppliers with the same costs. From there on all is arithmetic
that is monotone: delay raises every cost, so that nobody enters who stayed away before, fewer
rivals shade less, and no price falls.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from tengesim.institutions.procurement.firms import Firms
from tengesim.institutions.procurement.tender_model import EntrySection
from tengesim.institutions.procurement.works import Bid, Firm, Layer, Lot, LotConduct, Method
from tengesim.money import BP
from tengesim.streams import Streams, Words, below, chance, chance_one, further_one

__all__ = [
    "Candidate",
    "Need",
    "Terms",
    "bids_for",
    "cheapest",
    "draw_markets",
    "lot_keys",
    "own_cost",
]

_DAYS_A_YEAR: Final = 365
_MODEST: Final = 20
"""A ring leaves the buyer this part of what competition could have left it at most."""


class Candidate(NamedTuple):
    """A supplier who considers a lot: what this lot costs it, of what it costs others."""

    firm: Firm
    cost_bp: int
    bidding_bp: int
    is_able: bool
    word: int


class Need(NamedTuple):
    """A lot with what is true of it, as it goes through its rounds.

    `cost_tiyn` is what bidders reckon with: the efficient cost of the quantities as written.
    """

    lot: Lot
    conduct: LotConduct
    cost_tiyn: int
    market: tuple[Candidate, ...]
    favourite: Candidate | None = None


class Terms(NamedTuple):
    """What bidders reckon with besides their costs."""

    financing_bp: int
    """What money costs a supplier, a year."""
    delay_days: int
    inadmissible_bp: int
    failing_bp: int
    is_lenient: bool = False
    """Whether bids that were refused for want of a document count after all."""


def lot_keys(lots: Sequence[Lot]) -> Words:
    """Return a number for each lot that follows from its name alone."""
    digests = (hashlib.sha256(lot.id.encode()).digest() for lot in lots)
    return np.array([int.from_bytes(one[:8], "little") for one in digests], dtype=np.uint64)


def draw_markets(
    lots: Sequence[Lot], firms: Firms, entry: EntrySection, streams: Streams
) -> dict[str, tuple[Candidate, ...]]:
    """Return who considers each lot; of a direct contract one supplier, who is asked."""
    markets: dict[str, tuple[Candidate, ...]] = {}
    asked: dict[tuple[Layer, bool], list[Lot]] = {}
    for lot in lots:
        asked.setdefault((lot.layer, lot.method.is_competitive), []).append(lot)
    for (layer, is_competitive), group in asked.items():
        size = entry.market_small.value if layer == "small" else entry.market.value
        if not is_competitive:
            size = 1
        markets |= _drawn(group, size, firms, entry, streams)
    in_time = sorted(
        (lot for lot in lots if lot.layer == "large" and lot.method.is_competitive),
        key=lambda lot: (lot.planned_on, lot.id),
    )
    return markets | _within_capacity(in_time, markets)


def _drawn(
    lots: Sequence[Lot], size: int, firms: Firms, entry: EntrySection, streams: Streams
) -> Iterator[tuple[str, tuple[Candidate, ...]]]:
    keys = lot_keys(lots)
    local = firms.local_count
    outside = max(len(firms.all) - local, 1)
    columns: list[list[Candidate]] = []
    for place in range(size):

        def words(what: str, place: int = place) -> Words:
            return streams.words(f"procurement/market/{what}", keys, place)

        is_local = chance(words("origin"), entry.local.value)
        number = np.where(
            is_local, below(words("local"), local), local + below(words("outside"), outside)
        )
        number = np.minimum(number, len(firms.all) - 1)
        spread_bp = entry.cost_spread.value
        rows = zip(
            number.tolist(),
            (below(words("cost"), 2 * spread_bp + 1) - spread_bp).tolist(),
            below(words("bidding"), entry.bidding_cost.value + 1).tolist(),
            chance(words("able"), entry.interest.value).tolist(),
            words("word").tolist(),
            strict=True,
        )
        columns.append(
            [
                Candidate(
                    firms.all[index], firms.all[index].cost_bp + cost_bp, bidding_bp, is_able, word
                )
                for index, cost_bp, bidding_bp, is_able, word in rows
            ]
        )
    for lot, market in zip(lots, zip(*columns, strict=True), strict=True):
        yield lot.id, _once_each(market)


def _once_each(market: Sequence[Candidate]) -> tuple[Candidate, ...]:
    seen = {candidate.firm.id: candidate for candidate in reversed(market)}
    return tuple(one for one in market if seen[one.firm.id] is one)


def _within_capacity(
    lots: Sequence[Lot], markets: Mapping[str, tuple[Candidate, ...]]
) -> dict[str, tuple[Candidate, ...]]:
    """Take suppliers out of the lots that come after as many as they can consider in a year.

    They count what they consider, not what they win, or else who wins one lot would decide about
    all that follow, and a delay that keeps a rival away could bring in another.
    """
    considered: Counter[str] = Counter()
    within: dict[str, tuple[Candidate, ...]] = {}
    for lot in lots:
        able = [one for one in markets[lot.id] if considered[one.firm.id] < one.firm.capacity]
        considered.update(one.firm.id for one in able)
        within[lot.id] = tuple(able)
    return within


def own_cost(candidate: Candidate, cost_tiyn: int, terms: Terms) -> int:
    """Return what a lot costs a supplier, with the credit it needs until it is paid."""
    own_tiyn = cost_tiyn * candidate.cost_bp // BP
    credit_tiyn = own_tiyn * terms.delay_days * terms.financing_bp // (_DAYS_A_YEAR * BP)
    return own_tiyn + credit_tiyn


def _enters(candidate: Candidate, need: Need, terms: Terms) -> bool:
    estimate_tiyn = need.lot.estimate_tiyn
    bidding_tiyn = estimate_tiyn * candidate.bidding_bp // BP
    cost_tiyn = own_cost(candidate, need.cost_tiyn, terms)
    return candidate.is_able and cost_tiyn + bidding_tiyn <= estimate_tiyn


def bids_for(need: Need, terms: Terms, *, method: Method, round_: int) -> tuple[Bid, ...]:
    """Return the bids for a lot, the best first and those that are not admissible last."""
    entrants = [one for one in need.market if _enters(one, need, terms)]
    favourite = need.favourite
    if favourite is not None:
        entrants = [favourite, *(one for one in entrants if one.firm.id != favourite.firm.id)]
    if not entrants:
        return ()
    offers = _offers(entrants, need, terms, method=method)
    bids = [
        Bid(
            candidate.firm,
            price_tiyn,
            _is_admissible(candidate, need, terms, method=method, round_=round_),
        )
        for candidate, price_tiyn in zip(entrants, offers, strict=True)
    ]
    first = "" if favourite is None else favourite.firm.id
    bids.sort(
        key=lambda bid: (
            not bid.is_admissible,
            bid.firm.id != first,
            bid.price_tiyn,
            bid.firm.id,
        )
    )
    return _descended(bids, need, method=method)


def _is_admissible(
    candidate: Candidate, need: Need, terms: Terms, *, method: Method, round_: int
) -> bool:
    if need.favourite is not None:
        is_favoured = candidate is need.favourite
        return is_favoured or need.conduct.rigged
    is_complete = terms.is_lenient or not chance_one(
        further_one(candidate.word, "documents", round_), terms.inadmissible_bp
    )
    if method is not Method.SCORING_TENDER:
        return is_complete
    has_points = not chance_one(further_one(candidate.word, "points"), terms.failing_bp)
    return is_complete and has_points


def _offers(
    entrants: Sequence[Candidate], need: Need, terms: Terms, *, method: Method
) -> list[int]:
    """Return what each asks: its cost and the share of what is left that one rival more takes.

    With costs uniform up to the estimate this is the equilibrium of a sealed tender; in an auction
    everybody goes down to its cost.
    """
    ceiling_tiyn = need.lot.estimate_tiyn
    costs = [min(own_cost(one, need.cost_tiyn, terms), ceiling_tiyn) for one in entrants]
    if need.favourite is not None:
        return _arranged(costs, ceiling_tiyn, entrants)
    if method is Method.AUCTION:
        return costs
    count = len(entrants)
    return [cost + (ceiling_tiyn - cost) // count for cost in costs]


def _arranged(costs: list[int], ceiling_tiyn: int, entrants: Sequence[Candidate]) -> list[int]:
    """Return offers where the winner is agreed: just below the estimate, the others above it."""
    left_tiyn = (ceiling_tiyn - costs[0]) // _MODEST
    prices = [ceiling_tiyn - left_tiyn]
    for candidate in entrants[1:]:
        step = left_tiyn * (candidate.word % _MODEST + 1) // (_MODEST + 1)
        prices.append(prices[0] + step)
    return prices


def _descended(bids: list[Bid], need: Need, *, method: Method) -> tuple[Bid, ...]:
    """Let the winner of an auction stop where its last rival left it."""
    if method is not Method.AUCTION or need.favourite is not None or not bids[0].is_admissible:
        return tuple(bids)
    second = bids[1] if len(bids) > 1 and bids[1].is_admissible else None
    price_tiyn = need.lot.estimate_tiyn if second is None else second.price_tiyn
    return (bids[0]._replace(price_tiyn=price_tiyn), *bids[1:])


def cheapest(need: Need, terms: Terms) -> Candidate | None:
    """Return whom a buyer turns to after its tender failed: who can do it for the estimate."""
    costs = [(own_cost(one, need.cost_tiyn, terms), one.firm.id, one) for one in need.market]
    affordable = [entry for entry in costs if entry[0] <= need.lot.estimate_tiyn]
    return min(affordable, key=lambda entry: entry[:2])[2] if affordable else None
