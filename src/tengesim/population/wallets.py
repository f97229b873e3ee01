"""Who has which wallet, and how much each person wants to hold: columns beside the people.

A person's wallet hangs on words of its own, so more demand adds wallets and never moves one, and
arms that differ in a limit share their holders. Every column is filled for people who could open a
wallet later too, because a run makes them.
"""

from math import isqrt
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tengesim.money import BP, SUPPLY_MAX_TIYN
from tengesim.population.society_model import ADULT_AGE
from tengesim.population.wallets_model import DelegatedSection, WalletsSection
from tengesim.streams import Streams, below, chance

__all__ = ["NOBODY", "NO_TIER", "PeopleColumns", "Wallets", "build", "top_up_tiyn"]

NO_TIER: Final = 255
NOBODY: Final = -1
_MONTHS: Final = 12
_WEIGHT: Final = 1_000
_WEIGHTS_MAX: Final = 1 << 20
"""Weights below this are counted in a table."""
_AT_ONCE: Final = 1 << 16
"""People at a time: their columns fit in the processor's cache."""

Whole = NDArray[np.int64]


class PeopleColumns(Protocol):
    """The columns of people that wallets depend on."""

    @property
    def household(self) -> NDArray[np.integer]:
        """Number of the household."""
        ...

    @property
    def age(self) -> NDArray[np.integer]:
        """Age in years."""
        ...

    @property
    def deposit_tiyn(self) -> NDArray[np.int64]:
        """Deposit at the start."""
        ...

    @property
    def cash_tiyn(self) -> NDArray[np.int64]:
        """Cash at the start."""
        ...

    @property
    def weight(self) -> NDArray[np.integer]:
        """Relative spending power; the mean is 1,000."""
        ...


class Wallets(NamedTuple):
    """Columns by person."""

    tier: NDArray[np.uint8]
    """Index of the kind of wallet (tiers, then children's); `NO_TIER` for none."""
    opens: NDArray[np.uint8]
    """Kind of wallet that this person would open in a run; `NO_TIER` for never."""
    guardian: NDArray[np.int32]
    """Person whose wallet a child's hangs below; `NOBODY` for everybody else."""
    is_banked: NDArray[np.bool_]
    """Whether the wallet is linked to a deposit, so that its owner can move money across."""
    is_automatic: NDArray[np.bool_]
    """Whether money flows between the wallet and the deposit without being asked."""
    limit_tiyn: Whole
    """The most the wallet may ever hold."""
    floor_tiyn: Whole
    """What its owner wants to keep in it at least."""
    top_up_tiyn: Whole
    """What is added above the floor when the wallet is filled."""


def build(
    section: WalletsSection,
    people: PeopleColumns,
    streams: Streams,
    *,
    enrolled: NDArray[np.bool_] | None = None,
) -> Wallets:
    """Return the wallets of `people` at the interest and convenience the section states.

    Adults who are `enrolled` have one in any case, of a tier of their own like everybody else.
    """
    count = len(people.age)
    pieces = [np.arange(start, min(start + _AT_ONCE, count)) for start in range(0, count, _AT_ONCE)]
    wallets = Wallets(
        tier=np.empty(count, dtype=np.uint8),
        opens=np.empty(count, dtype=np.uint8),
        guardian=np.full(count, NOBODY, dtype=np.int32),
        is_banked=np.empty(count, dtype=np.bool_),
        is_automatic=np.empty(count, dtype=np.bool_),
        limit_tiyn=np.empty(count, dtype=np.int64),
        floor_tiyn=np.empty(count, dtype=np.int64),
        top_up_tiyn=_top_ups(section, people),
    )
    uptake_bp = section.demand.wallet.share_bp(section.demand.gap_bp)
    for ids in pieces:
        has_wallet = chance(streams.words("wallets.uptake", ids), uptake_bp)
        if enrolled is not None:
            has_wallet |= enrolled[ids]
        has_wallet &= np.asarray(people.age)[ids] >= ADULT_AGE
        drawn = _tiers(section, streams.words("wallets.tier", ids))
        wallets.tier[ids] = np.where(has_wallet, drawn, NO_TIER)
    if section.delegated is not None:
        has_wallet = wallets.tier != NO_TIER
        wallets.guardian[:] = _guardians(section.delegated, people, has_wallet, streams)
    for ids in pieces:
        _complete(wallets, section, people, streams, ids)
    return wallets


def _complete(
    wallets: Wallets, section: WalletsSection, people: PeopleColumns, streams: Streams, ids: Whole
) -> None:
    """Fill in what follows from who has a wallet and whose hangs below another."""
    is_adult = np.asarray(people.age)[ids] >= ADULT_AGE
    opens = _openings(section, is_adult & (wallets.tier[ids] == NO_TIER), streams, ids)
    is_child = wallets.guardian[ids] != NOBODY
    tier = np.where(is_child, len(section.tiers), wallets.tier[ids]).astype(np.uint8)
    level = np.where(tier == NO_TIER, opens, tier)
    is_banked = _by_level(level, [int(one.has_bank_account) for one in section.tiers], 0) > 0
    words = streams.words("wallets.automatic", ids)
    is_automatic = is_banked & chance(words, section.funding.automatic.value)
    limit_tiyn = _limits(section, level)
    floor_tiyn = np.minimum(_floors(section, people, ids), limit_tiyn)
    wallets.tier[ids], wallets.opens[ids] = tier, opens
    wallets.is_banked[ids], wallets.is_automatic[ids] = is_banked, is_automatic
    wallets.limit_tiyn[ids] = limit_tiyn
    wallets.floor_tiyn[ids] = np.where(is_automatic, floor_tiyn, 0)


def top_up_tiyn(monthly_tiyn: int, cost_tiyn: int, gap_bp: int) -> int:
    """Return the top-up that costs least: √(2 × cost × spending ÷ interest forgone a month).

    `gap_bp` is the interest forgone in basis points a year (Baumol 1952, Tobin 1956). Money that
    forgoes no interest is taken out for a month at once.
    """
    if gap_bp <= 0:
        return monthly_tiyn
    return isqrt(2 * cost_tiyn * monthly_tiyn * _MONTHS * BP // gap_bp)


def _tiers(section: WalletsSection, words: NDArray[np.uint64]) -> Whole:
    ends = np.cumsum([tier.share.value for tier in section.tiers])
    return np.asarray(np.searchsorted(ends, below(words, BP), side="right"), dtype=np.int64)


def _guardians(
    section: DelegatedSection,
    people: PeopleColumns,
    has_wallet: NDArray[np.bool_],
    streams: Streams,
) -> NDArray[np.int32]:
    """Return the first adult with a wallet in the household of each child that gets one."""
    count = len(people.age)
    ids = np.arange(count)
    household = np.asarray(people.household, dtype=np.int64)
    first = np.full(int(household.max(initial=-1)) + 1, count, dtype=np.int64)
    np.minimum.at(first, household[has_wallet], ids[has_wallet])
    age = np.asarray(people.age)
    is_child = (age >= section.youngest.value) & (age < ADULT_AGE)
    wanted = is_child & chance(streams.words("wallets.delegated", ids), section.share.value)
    parent = first[household]
    return np.where(wanted & (parent < count), parent, NOBODY).astype(np.int32)


def _openings(
    section: WalletsSection, could: NDArray[np.bool_], streams: Streams, ids: Whole
) -> NDArray[np.uint8]:
    """Return the highest tier with a bank account for whoever would open a wallet to flee."""
    banked = [number for number, tier in enumerate(section.tiers) if tier.has_bank_account]
    if section.run is None or not banked:
        return np.full(len(could), NO_TIER, dtype=np.uint8)
    words = streams.words("wallets.opening", ids)
    opens = could & chance(words, section.run.opening.value)
    return np.where(opens, banked[-1], NO_TIER).astype(np.uint8)


def _limits(section: WalletsSection, level: NDArray[np.uint8]) -> Whole:
    cap_tiyn = section.holding_limit.value if section.holding_limit else SUPPLY_MAX_TIYN
    limits = [min(one.balance.value, cap_tiyn) for one in section.levels]
    return _by_level(level, limits, 0)


def _by_level(level: NDArray[np.uint8], values: list[int], otherwise: int) -> Whole:
    table = np.full(NO_TIER + 1, otherwise, dtype=np.int64)
    table[: len(values)] = values
    return np.asarray(table[level])


def _floors(section: WalletsSection, people: PeopleColumns, ids: Whole) -> Whole:
    share_bp = section.demand.balance.share_bp(section.demand.gap_bp)
    money_tiyn = np.asarray(people.deposit_tiyn)[ids] + np.asarray(people.cash_tiyn)[ids]
    ready_tiyn = np.minimum(money_tiyn, section.demand.ready_money.value)
    # Divided first where the product could leave 64 bits; the rest is carried exactly.
    whole, rest = np.divmod(ready_tiyn, BP)
    return np.asarray(whole * share_bp + rest * share_bp // BP)


def _top_ups(section: WalletsSection, people: PeopleColumns) -> Whole:
    funding, gap_bp = section.funding, section.demand.gap_bp
    weight = np.asarray(people.weight)
    weights = _distinct(weight)
    amounts = [
        top_up_tiyn(funding.monthly_spending.value * one // _WEIGHT, funding.cost.value, gap_bp)
        for one in weights.tolist()
    ]
    if int(weight.max(initial=0)) >= _WEIGHTS_MAX:
        return np.array(amounts, dtype=np.int64)[np.searchsorted(weights, weight)]
    table = np.zeros(_WEIGHTS_MAX, dtype=np.int64)
    table[weights] = amounts
    return np.asarray(table[weight])


def _distinct(weight: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return the weights that there are, ascending; without sorting a nation where it can be."""
    if int(weight.max(initial=0)) >= _WEIGHTS_MAX:
        return np.unique(weight)
    is_there = np.zeros(_WEIGHTS_MAX, dtype=np.bool_)
    is_there[weight] = True
    return np.flatnonzero(is_there)
