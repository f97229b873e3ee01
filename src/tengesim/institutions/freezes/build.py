"""Puts orders to freeze into the world: those with a date, and those that follow a watch."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np

from tengesim.institutions.customers import Customers
from tengesim.institutions.freezes.authority import Authority, Steps
from tengesim.institutions.freezes.model import FreezeSection, WatchSection, WhomSection
from tengesim.institutions.freezes.watches import WATCH, Watch, Watches
from tengesim.payment import AccountId, RetailWant
from tengesim.ports import Crossing, Ports, Review
from tengesim.streams import Streams, chance

_PERSON: Final = re.compile(r"person-([0-9]{8})")
_MERCHANT: Final = re.compile(r"merchant-([0-9]{7})")

__all__ = ["build", "party_of", "review"]


def build(
    freezes: Sequence[FreezeSection],
    watches: Sequence[WatchSection],
    customers: Customers,
    ports: Ports,
    *,
    streams: Streams,
    purses_of: Callable[[int], Iterable[AccountId]],
    answer: Callable[[RetailWant], None],
) -> Watches:
    """Start the orders; return what answers everyday wants, by `answer`, and looks at them.

    Watches of single payments are left to `review`.
    """
    authority = Authority(customers, ports, purses_of)
    for section in freezes:
        chosen = _whom(section.id, section.whom, customers, streams)
        ports.start(_on_the_day(section, chosen, authority, ports))
    ordered = {section.id: section for section in watches}

    def hear(crossing: object) -> None:
        if not isinstance(crossing, Crossing):
            raise TypeError(f"a watch announces a Crossing, not {crossing!r}")
        section = ordered[crossing.watch]
        lasts_us = section.lasts.value.value
        steps = authority.carry_out(section.id, section.authority, [crossing.party], lasts_us)
        ports.start(steps)

    ports.bulletin.listen(WATCH, hear)
    declared = [
        Watch(
            section.id,
            section.of,
            section.threshold.value,
            _whom(section.id, section.whom, customers, streams),
        )
        for section in watches
        if section.of != "payment"
    ]
    return Watches(declared, customers, ports, answer)


def review(
    watches: Sequence[WatchSection], customers: Customers, ports: Ports, *, streams: Streams
) -> dict[int, WatchSection]:
    """Decide from now on about payments on hold; return the watch of each who is watched so.

    Of several the last decides.
    """
    ordered = {section.id: section for section in watches}

    def hear(held: object) -> None:
        if not isinstance(held, Review):
            raise TypeError(f"a payment is put on hold by a Review, not {held!r}")
        ports.start(_decide(ordered[held.watch], held.posting_id, ports))

    ports.bulletin.listen("review", hear)
    return {
        party: section
        for section in watches
        if section.of == "payment"
        for party in _whom(section.id, section.whom, customers, streams)
    }


def _decide(section: WatchSection, posting_id: str, ports: Ports) -> Steps:
    yield ports.until(ports.now() + section.lasts.value.value)
    voided_bp = 0 if section.voided is None else section.voided.value
    if ports.chance(f"freezes.{section.id}.voided", voided_bp)(posting_id):
        ports.ledger.void(posting_id)
    else:
        ports.ledger.complete(posting_id)


def _on_the_day(
    section: FreezeSection, parties: Sequence[int], authority: Authority, ports: Ports
) -> Steps:
    yield ports.until(ports.calendar.at(section.day, section.at))
    yield from authority.carry_out(
        section.id, section.authority, parties, section.lasts.value.value
    )


def _whom(name: str, whom: WhomSection, customers: Customers, streams: Streams) -> list[int]:
    """Return the parties that an order is about, ascending."""
    chosen = np.zeros(customers.count, dtype=np.bool_)
    people, first_employer = customers.people, customers.first_employer
    groups = ((whom.people, 0, people), (whom.merchants, people, first_employer))
    for share, first, end in groups:
        if share is not None:
            words = streams.words(f"freezes.{name}", np.arange(first, end))
            chosen[first:end] |= chance(words, share.value)
    for text in whom.parties:
        party = party_of(text, people, first_employer - people)
        if party is None:
            raise ValueError(f"there is nobody with the name {text!r}")
        chosen[party] = True
    return [int(party) for party in np.flatnonzero(chosen)]


def party_of(text: str, people: int, merchants: int) -> int | None:
    """Return the number of the party with a name in the log; None where there is none."""
    for pattern, first, count in ((_PERSON, 0, people), (_MERCHANT, people, merchants)):
        found = pattern.fullmatch(text)
        if found is not None and 1 <= int(found[1]) <= count:
            return first + int(found[1]) - 1
    return None
