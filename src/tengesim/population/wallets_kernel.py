"""Who has which wallet, compiled: one person after another, each by words of its own."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.compiled import lean
from tengesim.money import BP
from tengesim.population.society_model import ADULT_AGE
from tengesim.population.words import below_word, word_of

__all__ = ["NOBODY", "NO_TIER", "STREAMS", "Demand", "Filled", "Seen", "complete", "hand_out"]

NO_TIER: Final = 255
NOBODY: Final = -1

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

STREAMS: Final = (
    "wallets.uptake",
    "wallets.tier",
    "wallets.delegated",
    "wallets.opening",
    "wallets.automatic",
)
"""Names of the streams whose keys stand in `Demand.keys`, in this order."""
_UPTAKE, _TIER, _DELEGATED, _OPENING, _AUTOMATIC = range(len(STREAMS))
_ONE: Final = np.uint64(1)
_BP: Final = np.uint64(BP)


class Demand(NamedTuple):
    """What a section says about wallets, as numbers; chances are halved words."""

    keys: NDArray[np.uint64]
    uptake: np.uint64
    delegated: np.uint64
    opening: np.uint64
    automatic: np.uint64
    tier_ends: Whole
    """Parts of ten thousand up to which each tier reaches."""
    is_banked: Flags
    """By kind of wallet, and for `NO_TIER`."""
    limits_tiyn: Whole
    """By kind of wallet, and for `NO_TIER`."""
    youngest: int
    """Age from which children may have a wallet."""
    opens: int
    """Kind of wallet that is opened in a run; `NO_TIER` where none is."""
    ready_tiyn: int
    balance_bp: int
    top_ups_tiyn: Whole


class Seen(NamedTuple):
    """The columns of people that wallets depend on; `enrolled` may be empty."""

    household: NDArray[np.int32]
    age: NDArray[np.uint8]
    deposit_tiyn: Whole
    cash_tiyn: Whole
    enrolled: Flags
    spends: NDArray[np.int32]
    """Place of what each takes out at once among `Demand.top_ups_tiyn`."""


class Filled(NamedTuple):
    """What is said here of wallets: columns, and lines in which somebody else keeps more."""

    tier: NDArray[np.uint8]
    opens: NDArray[np.uint8]
    guardian: NDArray[np.int32]
    is_banked: Flags
    is_automatic: Flags
    lines: Whole
    """A line for each person at least."""
    floor: int
    """Where in its line stands what somebody wants to keep."""
    top_up: int
    """And what is added above it."""


@lean
def _happens(demand: Demand, stream: int, person: int, below: np.uint64) -> bool:
    """Return whether an event of this chance happens to a person, as `streams.chance` says."""
    word = word_of(demand.keys[stream, 0], demand.keys[stream, 1], person)
    return bool((word >> _ONE) < below)


@lean
def hand_out(demand: Demand, seen: Seen, filled: Filled, first: NDArray[np.int32]) -> None:
    """Say which adult has which tier, and who is the first of them in each household."""
    for person in range(len(seen.age)):
        filled.tier[person] = NO_TIER
        if seen.age[person] < ADULT_AGE:
            continue
        has_wallet = len(seen.enrolled) > 0 and seen.enrolled[person]
        if not has_wallet and not _happens(demand, _UPTAKE, person, demand.uptake):
            continue
        word = word_of(demand.keys[_TIER, 0], demand.keys[_TIER, 1], person)
        place, tier = np.int64(below_word(word, _BP)), 0
        while tier < len(demand.tier_ends) and demand.tier_ends[tier] <= place:
            tier += 1
        filled.tier[person] = tier
        home = seen.household[person]
        first[home] = min(first[home], person)


@lean
def complete(demand: Demand, seen: Seen, filled: Filled, first: NDArray[np.int32]) -> None:
    """Fill in whose wallet hangs below another, and what follows from the kind of wallet."""
    count = len(seen.age)
    for person in range(count):
        is_adult = seen.age[person] >= ADULT_AGE
        tier, opens, guardian = np.int64(filled.tier[person]), NO_TIER, np.int64(NOBODY)
        if is_adult:
            if tier == NO_TIER and _happens(demand, _OPENING, person, demand.opening):
                opens = demand.opens
        elif seen.age[person] >= demand.youngest:
            parent = first[seen.household[person]]
            if parent < count and _happens(demand, _DELEGATED, person, demand.delegated):
                # The kind after all tiers is that of children.
                guardian, tier = np.int64(parent), np.int64(len(demand.tier_ends))
        level = opens if tier == NO_TIER else tier
        is_banked = demand.is_banked[level]
        is_automatic = is_banked and _happens(demand, _AUTOMATIC, person, demand.automatic)
        floor_tiyn = np.int64(0)
        if is_automatic:
            money_tiyn = seen.deposit_tiyn[person] + seen.cash_tiyn[person]
            ready_tiyn = min(money_tiyn, demand.ready_tiyn)
            # Divided first where the product could leave 64 bits; the rest is carried exactly.
            whole = ready_tiyn // BP
            rest = ready_tiyn - whole * BP
            wanted_tiyn = whole * demand.balance_bp + rest * demand.balance_bp // BP
            floor_tiyn = min(wanted_tiyn, demand.limits_tiyn[level])
        filled.tier[person], filled.opens[person] = tier, opens
        filled.guardian[person] = guardian
        filled.is_banked[person], filled.is_automatic[person] = is_banked, is_automatic
        filled.lines[person, filled.floor] = floor_tiyn
        filled.lines[person, filled.top_up] = demand.top_ups_tiyn[seen.spends[person]]
