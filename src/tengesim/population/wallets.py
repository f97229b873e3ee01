"""Who has which wallet, and how much each person wants to hold: columns beside the people.

A person's wallet hangs on words of its own, so more demand adds wallets and never moves one, and
arms that differ in a limit share their holders. Every column is filled for people who could open a
wallet later too, because a run makes them. Limits are few and belong to the kinds of wallet.
"""

from math import isqrt
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tengesim.money import BP, SUPPLY_MAX_TIYN
from tengesim.population.society_model import ADULT_AGE
from tengesim.population.wallets_kernel import (
    NO_TIER,
    NOBODY,
    STREAMS,
    Demand,
    Filled,
    Seen,
    complete,
    hand_out,
)
from tengesim.population.wallets_model import WalletsSection
from tengesim.streams import Streams, half_below

__all__ = ["NOBODY", "NO_TIER", "PeopleColumns", "Room", "Wallets", "build", "top_up_tiyn"]

_MONTHS: Final = 12
_WEIGHT: Final = 1_000
_WEIGHTS_MAX: Final = 1 << 20
"""Weights below this are counted in a table."""

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
    limits_tiyn: Whole
    """The most a wallet of each kind may ever hold; 0 for `NO_TIER`."""
    floor_tiyn: Whole
    """What its owner wants to keep in it at least."""
    top_up_tiyn: Whole
    """What is added above the floor when the wallet is filled."""

    def kind_of(self, people: int | Whole | slice) -> NDArray[np.uint8]:
        """Return the kind of wallet that each of `people` has or would open; `NO_TIER` for none."""
        tier = self.tier[people]
        return np.where(tier == NO_TIER, self.opens[people], tier)

    def limit_of(self, people: int | Whole | slice) -> Whole:
        """Return the most that the wallet of each of `people` may ever hold."""
        return self.limits_tiyn[self.kind_of(people)]


class Room(NamedTuple):
    """Where floors and top-ups are to stand, if others keep more of each person beside them."""

    lines: Whole
    """A line for each person, and perhaps for others after them."""
    floor: int
    """Place in the line."""
    top_up: int


def build(
    section: WalletsSection,
    people: PeopleColumns,
    streams: Streams,
    *,
    enrolled: NDArray[np.bool_] | None = None,
    room: Room | None = None,
) -> Wallets:
    """Return the wallets of `people` at the interest and convenience the section states.

    Adults who are `enrolled` have one in any case, of a tier of their own like everybody else.
    """
    count = len(people.age)
    lines, floor, top_up = Room(np.empty((count, 2), np.int64), 0, 1) if room is None else room
    spends, top_ups_tiyn = _top_ups(section, np.asarray(people.weight, dtype=np.int32))
    filled = Filled(
        tier=np.empty(count, dtype=np.uint8),
        opens=np.empty(count, dtype=np.uint8),
        guardian=np.empty(count, dtype=np.int32),
        is_banked=np.empty(count, dtype=np.bool_),
        is_automatic=np.empty(count, dtype=np.bool_),
        lines=lines,
        floor=floor,
        top_up=top_up,
    )
    seen = Seen(
        household=np.asarray(people.household, dtype=np.int32),
        age=np.asarray(people.age, dtype=np.uint8),
        deposit_tiyn=np.asarray(people.deposit_tiyn),
        cash_tiyn=np.asarray(people.cash_tiyn),
        enrolled=np.zeros(0, dtype=np.bool_) if enrolled is None else enrolled,
        spends=spends,
    )
    first = np.full(int(seen.household.max(initial=-1)) + 1, count, dtype=np.int32)
    demand = _demand(section, streams, top_ups_tiyn)
    # Words may run over their end; that is how they are made.
    with np.errstate(over="ignore"):
        hand_out(demand, seen, filled, first)
        complete(demand, seen, filled, first)
    return Wallets(
        tier=filled.tier,
        opens=filled.opens,
        guardian=filled.guardian,
        is_banked=filled.is_banked,
        is_automatic=filled.is_automatic,
        limits_tiyn=demand.limits_tiyn,
        floor_tiyn=lines[:count, floor],
        top_up_tiyn=lines[:count, top_up],
    )


def _demand(section: WalletsSection, streams: Streams, top_ups_tiyn: Whole) -> Demand:
    delegated, banked = section.delegated, [one.has_bank_account for one in section.tiers]
    has_run = section.run is not None and any(banked)
    cap_tiyn = section.holding_limit.value if section.holding_limit else SUPPLY_MAX_TIYN
    is_banked, limits_tiyn = np.zeros(NO_TIER + 1, np.bool_), np.zeros(NO_TIER + 1, np.int64)
    is_banked[: len(banked)] = banked
    limits = [min(one.balance.value, cap_tiyn) for one in section.levels]
    limits_tiyn[: len(limits)] = limits
    return Demand(
        keys=np.array([streams.key(name) for name in STREAMS], dtype=np.uint64),
        uptake=np.uint64(half_below(section.demand.wallet.share_bp(section.demand.gap_bp))),
        delegated=np.uint64(half_below(delegated.share.value if delegated else 0)),
        opening=np.uint64(half_below(section.run.opening.value if section.run else 0)),
        automatic=np.uint64(half_below(section.funding.automatic.value)),
        tier_ends=np.cumsum([tier.share.value for tier in section.tiers], dtype=np.int64),
        is_banked=is_banked,
        limits_tiyn=limits_tiyn,
        youngest=delegated.youngest.value if delegated else ADULT_AGE,
        opens=len(banked) - 1 - banked[::-1].index(True) if has_run else NO_TIER,
        ready_tiyn=section.demand.ready_money.value,
        balance_bp=section.demand.balance.share_bp(section.demand.gap_bp),
        top_ups_tiyn=top_ups_tiyn,
    )


def top_up_tiyn(monthly_tiyn: int, cost_tiyn: int, gap_bp: int) -> int:
    """Return the top-up that costs least: √(2 × cost × spending ÷ interest forgone a month).

    `gap_bp` is the interest forgone in basis points a year (Baumol 1952, Tobin 1956). Money that
    forgoes no interest is taken out for a month at once.
    """
    if gap_bp <= 0:
        return monthly_tiyn
    return isqrt(2 * cost_tiyn * monthly_tiyn * _MONTHS * BP // gap_bp)


def _top_ups(section: WalletsSection, weight: NDArray[np.int32]) -> tuple[NDArray[np.int32], Whole]:
    """Return the top-up of each weight that there is, and where among them that of each person is.

    A weight is its own place where all are small, so that a nation needs no column for it.
    """
    funding, gap_bp = section.funding, section.demand.gap_bp
    weights, place = _distinct(weight)
    amounts = [
        top_up_tiyn(funding.monthly_spending.value * one // _WEIGHT, funding.cost.value, gap_bp)
        for one in weights.tolist()
    ]
    if place is not None:
        return place, np.array(amounts, dtype=np.int64)
    table = np.zeros(int(weights.max(initial=0)) + 1, dtype=np.int64)
    table[weights] = amounts
    return weight, table


def _distinct(
    weight: NDArray[np.int32],
) -> tuple[NDArray[np.integer], NDArray[np.int32] | None]:
    """Return the weights that there are, ascending, and the place of each where some are large."""
    if int(weight.max(initial=0)) >= _WEIGHTS_MAX:
        weights, place = np.unique(weight, return_inverse=True)
        return weights, place.astype(np.int32)
    is_there = np.zeros(_WEIGHTS_MAX, dtype=np.bool_)
    is_there[weight] = True
    return np.flatnonzero(is_there), None
