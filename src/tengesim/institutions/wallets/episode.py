"""A run on the banks: every day some depositors lose trust and flee into digital tenge.

Who flees on which day hangs on words of the person and the day alone, so a limit changes how much
each can take and nobody's nerve. Who has no wallet may open one, as far as the scenario says.
"""

import datetime
from collections.abc import Generator

import numpy as np
import simpy
from numpy.typing import NDArray

from tengesim.institutions.customers import NO_ACCOUNT
from tengesim.institutions.outages import PLATFORM
from tengesim.institutions.wallets.custody import Custody
from tengesim.money import BP
from tengesim.population.wallets import NO_TIER
from tengesim.population.wallets_model import EpisodeSection
from tengesim.streams import Streams, chance

__all__ = ["Episode"]


class Episode:
    """Carries out one run on the banks."""

    def __init__(self, section: EpisodeSection, custody: Custody, streams: Streams) -> None:
        """Draw who flees from `streams`."""
        self._section = section
        self._custody = custody
        self._streams = streams
        self._ids = np.arange(custody.customers.people)
        self._has_joined = np.zeros(custody.customers.people, dtype=np.bool_)

    def happen(self, end: datetime.date) -> Generator[simpy.Event, None, None]:
        """Let people flee on each day of the run, as far as it lies before `end`."""
        ports = self._custody.ports
        for number in range(self._section.days.value):
            day = self._section.first + datetime.timedelta(days=number)
            if day >= end:
                return
            yield ports.until(ports.calendar.at(day, self._section.at))
            words = self._streams.words("wallets.run", self._ids, step=number)
            joins = chance(words, self._section.joining.value) & ~self._has_joined
            self._has_joined |= joins
            if self._custody.is_up(PLATFORM):
                self._flee(np.flatnonzero(joins), day)

    def _flee(self, people: NDArray[np.int64], day: datetime.date) -> None:
        """Let everybody of `people` who can take what the scenario says out of the deposit."""
        custody = self._custody
        customers, wallets = custody.customers, custody.wallets
        can_open = wallets.opens[people] != NO_TIER
        is_able = wallets.is_banked[people] & custody.is_bank_up_of(people)
        is_able &= customers.deposit[people] != NO_ACCOUNT
        is_able &= can_open | (customers.wallet[people] != NO_ACCOUNT)
        people = people[is_able]
        people = people[custody.deposits_of(people) > 0]
        customers.open_wallets(people, custody.ports)
        # Divided first where the product could leave 64 bits; the rest is carried exactly.
        whole, rest = np.divmod(custody.deposits_of(people), BP)
        leaving_bp = self._section.leaving.value
        wanted_tiyn = whole * leaving_bp + rest * leaving_bp // BP
        amounts_tiyn = np.minimum(wanted_tiyn, custody.room_of(people))
        custody.fund_many(people, amounts_tiyn, f"run/{day}")
        custody.flee(people)
