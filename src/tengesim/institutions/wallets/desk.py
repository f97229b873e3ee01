"""The platform's daily work: first filling, review of balances, allowances, merchants' evenings.

People keep between what they want at least and two top-ups above it (Miller and Orr 1966 give the
idea of the band), so a wage in digital tenge goes to the bank next morning and an emptied wallet is
filled again. Who allows no automatic flow does the same by hand, on Mondays.
"""

import datetime
from collections.abc import Generator, Sequence
from typing import Final

import numpy as np
import simpy

from tengesim.codes import Kind
from tengesim.institutions.outages import PLATFORM
from tengesim.institutions.wallets.custody import Custody
from tengesim.payment import Move, Posting
from tengesim.population.wallets import NOBODY
from tengesim.population.wallets_model import WalletsSection

__all__ = ["Desk"]

_BAND: Final = 2
"""How many top-ups above the floor a balance may rise before the rest goes to the bank."""

_MONDAY: Final = 0


class Desk:
    """Looks after every wallet once a day."""

    def __init__(
        self, section: WalletsSection, custody: Custody, days: Sequence[datetime.date]
    ) -> None:
        """Work on each of `days`, the days of the horizon."""
        self._section = section
        self._custody = custody
        self._days = days
        self._guardian = custody.wallets.guardian
        self._children = np.flatnonzero(self._guardian != NOBODY).tolist()

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
            customers = self._custody.customers
            for party in range(customers.people, customers.count):
                self._sweep(party, day)

    def _sweep(self, party: int, day: datetime.date) -> None:
        custody = self._custody
        if not custody.customers.has_wallet(party):
            return
        amount_tiyn = custody.free_tiyn(party)
        if amount_tiyn and custody.can_convert(party) and custody.is_bank_up(party):
            name = f"sweep/{custody.customers.name(party)}/{day}"
            custody.defund(party, amount_tiyn, name, intent=custody.intent(name))

    def _review(self, day: datetime.date) -> None:
        custody = self._custody
        # Who allows no automatic flow looks at the wallet by hand, once a week.
        looks = custody.wallets.is_automatic
        if day.weekday() == _MONDAY:
            looks = custody.wallets.is_banked
        for person in np.flatnonzero(looks).tolist():
            if custody.customers.has_wallet(person) and custody.is_bank_up(person):
                self._balance(person, day)

    def _balance(self, person: int, day: datetime.date) -> None:
        """Bring one wallet back into its band."""
        custody = self._custody
        held_tiyn, floor_tiyn = custody.held_tiyn(person), custody.floor_tiyn(person)
        top_up_tiyn = int(custody.wallets.top_up_tiyn[person])
        target_tiyn = floor_tiyn + top_up_tiyn
        name = f"review/{custody.customers.name(person)}/{day}"
        if held_tiyn < floor_tiyn or not held_tiyn:
            wanted_tiyn = min(
                target_tiyn - held_tiyn, custody.room_tiyn(person), custody.deposit_tiyn(person)
            )
            if wanted_tiyn > 0:
                custody.fund(person, wanted_tiyn, name, intent=custody.intent(name))
        elif held_tiyn > floor_tiyn + _BAND * top_up_tiyn and not custody.is_fleeing(person):
            spare_tiyn = min(held_tiyn - target_tiyn, custody.free_tiyn(person))
            if spare_tiyn > 0:
                custody.defund(person, spare_tiyn, name, intent=custody.intent(name))

    def _give_allowances(self, day: datetime.date) -> None:
        delegated = self._section.delegated
        if delegated is None:
            return
        for child in self._children:
            self._give(child, int(self._guardian[child]), delegated.allowance.value, day)

    def _give(self, child: int, parent: int, allowance_tiyn: int, day: datetime.date) -> None:
        """Move an allowance as far as the child's limit and the parent's money allow."""
        custody = self._custody
        amount_tiyn = min(allowance_tiyn, custody.room_tiyn(child))
        name = f"allowance/{custody.customers.name(child)}/{day}"
        intent = custody.intent(name)
        short_tiyn = amount_tiyn - custody.free_tiyn(parent)
        if short_tiyn > 0 and custody.can_convert(parent) and custody.is_bank_up(parent):
            most_tiyn = min(custody.room_tiyn(parent), custody.deposit_tiyn(parent))
            if min(short_tiyn, most_tiyn) > 0:
                custody.fund(parent, min(short_tiyn, most_tiyn), f"{name}/funding", intent=intent)
        amount_tiyn = min(amount_tiyn, custody.free_tiyn(parent))
        if amount_tiyn <= 0:
            return
        move = Move(custody.wallet(parent), custody.wallet(child), amount_tiyn)
        custody.ports.ledger.post(
            Posting(name, Kind.DELEGATION, (move,), custody.carried(child, intent))
        )
