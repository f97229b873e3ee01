"""Puts offline purses into the world: who has one, whose is copied, which devices get lost when."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.institutions.customers import NO_ACCOUNT, Customers
from tengesim.institutions.offline.model import OfflineSection
from tengesim.institutions.offline.office import Fleet, Office
from tengesim.institutions.offline.purses import Purse, Till
from tengesim.ledger.parties import PURSE
from tengesim.payment import AccountId
from tengesim.ports import Availability, Ports
from tengesim.rules.model import RuleBook
from tengesim.rules.procedures import ReconcilesOffline
from tengesim.rules.steps import procedure_of
from tengesim.streams import Streams, below, chance

__all__ = ["Places", "build", "purse_name"]

_PURSE: Final = "purse-"
_PURSE_DIGITS: Final = 8

_NEVER: Final = 2**62
_LOSS_STEPS: Final = 1_000_000
"""A device is lost at a uniform moment of the horizon, in millionths of it."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where people and merchants are, in columns; merchants are the parties after the people."""

    region: NDArray[np.integer]
    """Number of the region of every person."""
    merchant_region: NDArray[np.integer]
    accepts_offline: NDArray[np.bool_]
    region_names: tuple[str, ...]


def purse_name(person: int) -> str:
    """Return the name of the holder of a person's purse: the device, which is not the person."""
    return f"{_PURSE}{person + 1:0{_PURSE_DIGITS}d}"


def build(
    section: OfflineSection,
    customers: Customers,
    places: Places,
    ports: Ports,
    *,
    availability: Availability,
    streams: Streams,
    room: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    start: datetime.date,
    end: datetime.date,
    book: RuleBook | None = None,
) -> Office:
    """Start the office; it answers on the rail until the last day that the section names.

    `book` says what a report of a device comes to.
    """
    horizon = (ports.calendar.at(start), ports.calendar.at(end))
    fleet = Fleet(
        purses=_purses(section, customers, ports, streams=streams, horizon=horizon),
        tills=_tills(section, customers, places, streams=streams, horizon=horizon),
        neighbours=_neighbours(customers, places),
        wallets=customers.wallet,
        regions=places.region,
        region_names=np.array([ports.names.id(one) for one in places.region_names]),
    )
    reports = None if book is None else procedure_of(book, ReconcilesOffline)
    office = Office(section, fleet, ports, availability=availability, room=room, reports=reports)
    days = [start + datetime.timedelta(days=number) for number in range((end - start).days)]
    ports.start(office.work([ports.calendar.at(day, section.load_at) for day in days]))
    return office


def _purses(
    section: OfflineSection,
    customers: Customers,
    ports: Ports,
    *,
    streams: Streams,
    horizon: tuple[int, int],
) -> dict[int, Purse]:
    people = np.arange(customers.people)
    has_wallet = customers.wallet[: customers.people] >= 0
    holds = chance(streams.words("offline.holder", people), section.holders.value) & has_wallet
    copied = chance(streams.words("offline.copied", people), section.copies.purses.value)
    lost_us = _losses(section, streams, "offline.lost_purse", people, horizon=horizon)
    holders = np.flatnonzero(holds)
    keepers = np.full(len(holders), ports.names.id(customers.national_bank), dtype=np.int64)
    first_name = ports.names.block(_PURSE, _PURSE_DIGITS, customers.people)
    accounts = ports.ledger.open_slot(PURSE, holders, keepers, first_name=first_name)
    columns = (holders, accounts, customers.wallet[holders], lost_us[holders], copied[holders])
    return {
        person: Purse(person, AccountId(account), AccountId(wallet), lost, is_copied)
        for person, account, wallet, lost, is_copied in zip(
            *(column.tolist() for column in columns), strict=True
        )
    }


def _tills(
    section: OfflineSection,
    customers: Customers,
    places: Places,
    *,
    streams: Streams,
    horizon: tuple[int, int],
) -> dict[int, Till]:
    numbers = np.arange(len(places.merchant_region))
    lost_us = _losses(section, streams, "offline.lost_till", numbers, horizon=horizon)
    takes = _takers(customers, places)
    return {
        merchant: Till(merchant, lost)
        for merchant, lost in zip(
            (customers.people + takes).tolist(), lost_us[takes].tolist(), strict=True
        )
    }


def _neighbours(customers: Customers, places: Places) -> dict[int, tuple[int, ...]]:
    """Return the merchants with a till, by the number of their region."""
    takes = _takers(customers, places)
    regions = places.merchant_region[takes]
    return {
        region: tuple((customers.people + takes[regions == region]).tolist())
        for region in np.unique(regions).tolist()
    }


def _takers(customers: Customers, places: Places) -> NDArray[np.int64]:
    """Return the numbers of the merchants with a till."""
    first = customers.people
    wallets = customers.wallet[first : first + len(places.merchant_region)]
    return np.flatnonzero(places.accepts_offline & (wallets != NO_ACCOUNT))


def _losses(
    section: OfflineSection,
    streams: Streams,
    name: str,
    ids: NDArray[np.int64],
    *,
    horizon: tuple[int, int],
) -> NDArray[np.int64]:
    """Return the moment at which each device is lost, beyond any horizon for most."""
    start_us, end_us = horizon
    lost = chance(streams.words(name, ids), section.lost_devices.value)
    steps = below(streams.words(f"{name}.moment", ids), _LOSS_STEPS)
    moments = start_us + (end_us - start_us) // _LOSS_STEPS * steps
    return np.where(lost, moments, _NEVER)
