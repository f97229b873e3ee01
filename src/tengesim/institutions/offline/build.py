"""Puts offline purses into the world: who has one, whose is copied, which devices get lost when."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form
from tengesim.institutions.customers import Customers
from tengesim.institutions.offline.model import OfflineSection
from tengesim.institutions.offline.office import Fleet, Office
from tengesim.institutions.offline.purses import Purse, Till
from tengesim.payment import AccountId
from tengesim.ports import Availability, Ports
from tengesim.streams import Streams, below, chance

__all__ = ["Places", "build", "purse_name"]

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
    return f"purse-{person + 1:08d}"


def build(
    section: OfflineSection,
    customers: Customers,
    places: Places,
    ports: Ports,
    *,
    availability: Availability,
    streams: Streams,
    room: Callable[[int], int],
    start: datetime.date,
    end: datetime.date,
) -> Office:
    """Start the office; it answers on the rail until the last day that the section names."""
    horizon = (ports.calendar.at(start), ports.calendar.at(end))
    fleet = Fleet(
        purses=_purses(section, customers, ports, streams=streams, horizon=horizon),
        tills=_tills(section, customers, places, streams=streams, horizon=horizon),
        neighbours=_neighbours(customers, places),
        wallets=customers.wallet.tolist(),
        regions=places.region.tolist(),
        region_names=tuple(map(ports.names.id, places.region_names)),
    )
    office = Office(section, fleet, ports, availability=availability, room=room)
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
    return {
        person: Purse(
            person=person,
            account=ports.ledger.open(
                purse_name(person), customers.national_bank, Form.DIGITAL_TENGE
            ),
            wallet=AccountId(int(customers.wallet[person])),
            lost_us=int(lost_us[person]),
            is_copied=bool(copied[person]),
        )
        for person in np.flatnonzero(holds).tolist()
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
    return {
        customers.people + number: Till(customers.people + number, int(lost_us[number]))
        for number in numbers.tolist()
        if _takes(customers, places, number)
    }


def _neighbours(customers: Customers, places: Places) -> dict[int, tuple[int, ...]]:
    near: dict[int, list[int]] = {}
    for number, region in enumerate(places.merchant_region.tolist()):
        if _takes(customers, places, number):
            near.setdefault(region, []).append(customers.people + number)
    return {region: tuple(merchants) for region, merchants in near.items()}


def _takes(customers: Customers, places: Places, number: int) -> bool:
    return bool(places.accepts_offline[number]) and customers.has_wallet(customers.people + number)


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
