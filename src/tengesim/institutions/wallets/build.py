"""Puts the wallet platform into the world: custody, credits, daily work, a run if there is one."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tengesim.institutions.customers import Customers
from tengesim.institutions.wallets.credits import DigitalCredits
from tengesim.institutions.wallets.custody import Custody
from tengesim.institutions.wallets.desk import Desk
from tengesim.institutions.wallets.episode import Episode
from tengesim.institutions.wallets.marked import MarkedRail
from tengesim.institutions.wallets.purses import Purses
from tengesim.institutions.wallets.rail import DigitalRail
from tengesim.institutions.wallets.watch import LimitWatch
from tengesim.payment import NameId
from tengesim.population.wallets import Wallets
from tengesim.population.wallets_model import WalletsSection
from tengesim.ports import Availability, Ports
from tengesim.rules.usage import Counters
from tengesim.streams import Streams

__all__ = ["Platform", "build"]

_AT_ONCE: Final = 1 << 16
"""People whose limits are told to the watch together."""


@dataclass(frozen=True, slots=True)
class Platform:
    """What others need of the wallet platform."""

    custody: Custody
    rail: DigitalRail
    marked: MarkedRail
    purses: Purses
    """Where whoever gives out marked money registers the purses of people."""
    watch: LimitWatch
    """To be handed every packed piece of the log."""


def build(
    section: WalletsSection,
    customers: Customers,
    wallets: Wallets,
    ports: Ports,
    *,
    availability: Availability,
    streams: Streams,
    days: Sequence[datetime.date],
    first_name: NameId,
    usage: Sequence[Counters] | None = None,
) -> Platform:
    """Start the platform for the `days` of the horizon.

    The wallets of `customers` are open by then for everybody whose tier says so; those who open
    one in a run get theirs later. `first_name` is the name of the first person; those of the others
    follow. `usage` counts what is paid under the rules of each kind of wallet.
    """
    custody = Custody(customers, wallets, availability, ports)
    watch = LimitWatch(first_name + customers.count)
    for start in range(0, customers.people, _AT_ONCE):
        # Who may open a wallet later is watched from the start.
        kinds = wallets.kind_of(slice(start, start + _AT_ONCE))
        for kind in range(len(section.levels)):
            holders = start + np.flatnonzero(kinds == kind)
            watch.allow(first_name + holders, int(wallets.limits_tiyn[kind]))
    DigitalCredits(custody)
    desk = Desk(section, custody, days)
    ports.start(desk.work())
    if section.merchants.sweep == "daily":
        ports.start(desk.sweep_merchants())
    if section.run is not None:
        episode = Episode(section.run, custody, streams)
        ports.start(episode.happen(days[-1] + datetime.timedelta(days=1)))
    rail, purses = DigitalRail(section, custody, usage), Purses(customers.people)
    return Platform(custody, rail, MarkedRail(purses, custody, rail), purses, watch)
