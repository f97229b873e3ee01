"""A run on the banks: every day some depositors lose trust and flee into digital tenge.

Who flees on which day hangs on words of the person and the day alone, so a limit changes how much
each can take and nobody's nerve. Who has no wallet may open one, as far as the scenario says.
"""

import datetime
from collections.abc import Generator

import numpy as np
import simpy

from tengesim.institutions.outages import PLATFORM
from tengesim.institutions.wallets.custody import Custody
from tengesim.institutions.wallets.watch import LimitWatch
from tengesim.money import BP
from tengesim.population.wallets import NO_TIER
from tengesim.population.wallets_model import EpisodeSection
from tengesim.streams import Streams, chance

__all__ = ["Episode"]


class Episode:
    """Carries out one run on the banks."""

    def __init__(
        self, section: EpisodeSection, custody: Custody, watch: LimitWatch, streams: Streams
    ) -> None:
        """Draw who flees from `streams`."""
        self._section = section
        self._custody = custody
        self._watch = watch
        self._streams = streams
        self._ids = np.arange(custody.customers.people)
        self._has_fled = np.zeros(custody.customers.people, dtype=bool)

    def happen(self, end: datetime.date) -> Generator[simpy.Event, None, None]:
        """Let people flee on each day of the run, as far as it lies before `end`."""
        ports = self._custody.ports
        for number in range(self._section.days.value):
            day = self._section.first + datetime.timedelta(days=number)
            if day >= end:
                return
            yield ports.until(ports.calendar.at(day, self._section.at))
            words = self._streams.words("wallets.run", self._ids, step=number)
            joins = chance(words, self._section.joining.value) & ~self._has_fled
            self._has_fled |= joins
            for person in np.flatnonzero(joins).tolist():
                self._flee(person, day)

    def _flee(self, person: int, day: datetime.date) -> None:
        custody = self._custody
        customers = custody.customers
        if not customers.has_deposit(person) or not custody.deposit_tiyn(person):
            return
        if not custody.wallets.is_banked[person]:
            return
        if not (custody.is_up(PLATFORM) and custody.is_bank_up(person)):
            return
        if not customers.has_wallet(person):
            if custody.wallets.opens[person] == NO_TIER:
                return
            self._open(person)
        wanted_tiyn = custody.deposit_tiyn(person) * self._section.leaving.value // BP
        amount_tiyn = min(wanted_tiyn, custody.room_tiyn(person))
        if amount_tiyn:
            name = f"run/{customers.name(person)}/{day}"
            custody.fund(person, amount_tiyn, name, intent=custody.intent(name))
        custody.flee(person)

    def _open(self, person: int) -> None:
        custody = self._custody
        custody.customers.open_wallet(person, custody.ports.ledger)
        holder = custody.ports.names.id(custody.customers.name(person))
        self._watch.allow(holder, int(custody.wallets.limit_tiyn[person]))
