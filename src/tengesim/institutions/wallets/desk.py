"""The platform's daily work: first filling, review of balances, allowances, merchants' evenings.

People keep between what they want at least and two top-ups above it (Miller and Orr 1966 give the
idea of the band), so a wage in digital tenge goes to the bank next morning and an emptied wallet is
filled again. Who allows no automatic flow does the same by hand, on Mondays.
"""

import datetime
from collections.abc import Generator, Sequence
from functools import cached_property
from typing import Final

import numpy as np
import simpy
from numpy.typing import NDArray

from tengesim.codes import Kind
from tengesim.institutions.customers import NO_ACCOUNT, Lines
from tengesim.institutions.outages import PLATFORM
from tengesim.institutions.wallets.custody import Custody
from tengesim.payment import Batch, Leg
from tengesim.population.wallets import NOBODY
from tengesim.population.wallets_model import WalletsSection

__all__ = ["Desk"]

_BAND: Final = 2
"""How many top-ups above the floor a balance may rise before the rest goes to the bank."""

_MONDAY: Final = 0
_AT_ONCE: Final = 1 << 16
"""People whose wallets are reviewed together: their columns fit in the processor's cache."""

Whole = NDArray[np.int64]


class Desk:
    """Looks after every wallet once a day."""

    def __init__(
        self, section: WalletsSection, custody: Custody, days: Sequence[datetime.date]
    ) -> None:
        """Work on each of `days`, the days of the horizon."""
        self._section = section
        self._custody = custody
        self._days = days

    @cached_property
    def _rounds(self) -> list[tuple[Whole, Whole]]:
        """Who is given an allowance by whom, put together on the first Monday."""
        return _rounds(self._custody.wallets.guardian)

    def work(self) -> Generator[simpy.Event, None, None]:
        """Review balances and give allowances every day, and fill wallets on the first."""
        ports, review_at = self._custody.ports, self._section.funding.review_at
        for day in self._days:
            moment_us = ports.calendar.at(day, review_at)
            yield ports.until(moment_us)
            if not self._custody.is_up(PLATFORM):
                # Whatever is due waits for the platform, but not into the next day's review.
                again_us = self._custody.up_again_us(PLATFORM)
                if again_us >= ports.calendar.at(day + datetime.timedelta(days=1), review_at):
                    continue
                yield ports.until(again_us)
            self._review(day)
            if day.weekday() == _MONDAY:
                self._give_allowances(day)

    def sweep_merchants(self) -> Generator[simpy.Event, None, None]:
        """Empty the wallets of firms every evening."""
        ports = self._custody.ports
        for day in self._days:
            yield ports.until(ports.calendar.at(day, self._section.merchants.at))
            if not self._custody.is_up(PLATFORM):
                continue
            self._sweep(day)

    def _sweep(self, day: datetime.date) -> None:
        custody = self._custody
        customers = custody.customers
        firms = np.arange(customers.people, customers.count)
        firms = firms[customers.wallet[firms] != NO_ACCOUNT]
        firms = firms[custody.can_convert_of(firms) & custody.is_bank_up_of(firms)]
        custody.defund_many(firms, custody.free_of(firms), f"sweep/{day}")

    def _review(self, day: datetime.date) -> None:
        """Bring wallets back into their bands."""
        custody = self._custody
        # Who allows no automatic flow looks at the wallet by hand, once a week.
        looks = custody.wallets.is_automatic
        if day.weekday() == _MONDAY:
            looks = custody.wallets.is_banked
        pieces = [
            self._reviewed(start + np.flatnonzero(looks[start : start + _AT_ONCE]))
            for start in range(0, max(len(looks), 1), _AT_ONCE)
        ]
        # What comes back first, so that a bank borrows no more than it has to.
        rich = (back for back, _ in pieces)
        custody.defund_parts(rich, f"review/{day}/back", act=f"review/{day}")
        custody.fund_parts((into for _, into in pieces), f"review/{day}")

    def _reviewed(self, people: Whole) -> tuple[Lines, Lines]:
        """Return who of some people moves how much out of the wallet, and who how much into it."""
        custody = self._custody
        people = people[custody.customers.wallet[people] != NO_ACCOUNT]
        people = people[custody.is_bank_up_of(people)]
        held_tiyn = custody.held_of(people)
        floor_tiyn, top_up_tiyn = (
            custody.wallets.floor_tiyn[people],
            custody.wallets.top_up_tiyn[people],
        )
        target_tiyn = floor_tiyn + top_up_tiyn
        is_low = (held_tiyn < floor_tiyn) | (held_tiyn == 0)
        is_high = ~is_low & (held_tiyn > floor_tiyn + _BAND * top_up_tiyn)
        is_high &= ~custody.has_fled[people]
        rich, poor = people[is_high], people[is_low]
        spare_tiyn = np.minimum((held_tiyn - target_tiyn)[is_high], custody.free_of(rich))
        most_tiyn = np.minimum(custody.room_of(poor), custody.deposits_of(poor))
        wanted_tiyn = np.minimum((target_tiyn - held_tiyn)[is_low], most_tiyn)
        takes_part = wanted_tiyn > 0
        return Lines(rich, spare_tiyn), Lines(poor, wanted_tiyn).where(takes_part)

    def _give_allowances(self, day: datetime.date) -> None:
        delegated = self._section.delegated
        if delegated is None:
            return
        for number, (children, parents) in enumerate(self._rounds):
            self._give(children, parents, delegated.allowance.value, f"allowance/{day}/{number}")

    def _give(self, children: Whole, parents: Whole, allowance_tiyn: int, name: str) -> None:
        """Move allowances as far as the limits of children and the money of parents allow."""
        custody = self._custody
        act = name.rpartition("/")[0]
        amounts_tiyn = np.minimum(allowance_tiyn, custody.room_of(children))
        short_tiyn = amounts_tiyn - custody.free_of(parents)
        fills = (short_tiyn > 0) & custody.can_convert_of(parents)
        fills &= custody.is_bank_up_of(parents)
        filled = parents[fills]
        most_tiyn = np.minimum(custody.room_of(filled), custody.deposits_of(filled))
        wanted_tiyn = np.minimum(short_tiyn[fills], most_tiyn)
        custody.fund_many(filled, wanted_tiyn, f"{name}/funding", act=act)
        amounts_tiyn = np.minimum(amounts_tiyn, custody.free_of(parents))
        gets = amounts_tiyn > 0
        children, parents = children[gets], parents[gets]
        if not len(children):
            return
        wallets = custody.customers.wallet
        batch = Batch(
            name,
            Kind.DELEGATION,
            (Leg(wallets[parents], wallets[children]),),
            amounts_tiyn[gets],
            custody.carried_by_all(custody.intent(act)),
            region=custody.customers.regions(children),
        )
        custody.ports.ledger.post_many(batch)


def _rounds(guardian: NDArray[np.int32]) -> list[tuple[Whole, Whole]]:
    """Return children with their parents, so that no round meets a parent twice.

    The second child of a parent is in the second round, and finds what the first has left.
    """
    children = np.flatnonzero(guardian != NOBODY)
    parents = guardian[children].astype(np.int64)
    order = np.lexsort((children, parents))
    is_first = np.append(True, parents[order][1:] != parents[order][:-1])[: len(order)]
    since = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - since
    chosen = [np.flatnonzero(rank == number) for number in range(int(rank.max(initial=-1)) + 1)]
    return [(children[places], parents[places]) for places in chosen]
