"""The connections of a section of supplies, drawn once: what is used, and what meters show of it.

Nothing here depends on rules or on money, so every arm of a study has the same use and readings.
"""

import datetime
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import TrueLabel
from tengesim.institutions.purchases.deals import Bank, Deal, Draw, agree, fates_of
from tengesim.institutions.purchases.supply_model import SuppliesSection
from tengesim.money import BP
from tengesim.streams import Streams, below, chance

__all__ = ["Connection", "draw_connections"]

_FATES: Final = (
    TrueLabel.NOT_DELIVERED,
    TrueLabel.LOAN_DIVERTED,
    TrueLabel.METER_TAMPERED,
    TrueLabel.INTERNAL,
    TrueLabel.HONEST,
)
"""What becomes of connections, in the order of their shares; INTERNAL are never supplied."""


class Connection(NamedTuple):
    """A supply: who buys from whom with how much money, and units from reading to reading."""

    deal: Deal
    used: tuple[int, ...]
    """What is really used before each reading."""
    shown: tuple[int, ...]
    """What the meter shows for it."""

    @property
    def is_supplied(self) -> bool:
        """Return whether anything is delivered."""
        labels = {TrueLabel.HONEST, TrueLabel.METER_TAMPERED}
        return self.deal.true_label in labels and not self.deal.falls_through


def draw_connections(
    name: str,
    section: SuppliesSection,
    *,
    streams: Streams,
    days: Sequence[datetime.date],
    banks: Sequence[Bank],
) -> tuple[Connection, ...]:
    """Return the connections of the section `name`, agreed on the business days `days`."""
    draw = Draw(name, streams, np.arange(section.connections.value, dtype=np.int64))
    truth = section.truth
    chances = (
        truth.suppliers_abscond,
        truth.buyers_divert,
        truth.meters_tampered,
        truth.falls_through,
    )
    fates = fates_of(draw, _FATES, [one.value for one in chances])
    readings = [_reading(section, draw, at) for at in range(section.readings.value)]
    used, shown = (np.stack(one, axis=1).tolist() for one in zip(*readings, strict=True))
    deals = agree(section, draw, fates, days=days, banks=banks)
    return tuple(
        _connection(section, deal, used_units, shown_units)
        for deal, used_units, shown_units in zip(deals, used, shown, strict=True)
    )


def _reading(
    section: SuppliesSection, draw: Draw, at: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what all connections use before one reading, and what sound meters show of it."""
    spread_bp, off_bp = section.use_spread.value, section.misread_by.value
    parts_bp = BP + below(draw.words(f"use/{at}"), 2 * spread_bp + 1) - spread_bp
    used = section.use.value * parts_bp // BP
    is_wrong = chance(draw.words(f"misread/{at}"), section.misread.value)
    is_more = below(draw.words(f"misread_side/{at}"), 2) > 0
    shown = np.where(is_wrong, used * (BP + np.where(is_more, off_bp, -off_bp)) // BP, used)
    return used, shown


def _connection(
    section: SuppliesSection, deal: Deal, used: Sequence[int], shown: Sequence[int]
) -> Connection:
    connection = Connection(deal, tuple(used), tuple(shown))
    if not connection.is_supplied:
        nothing = (0,) * len(used)
        return connection._replace(used=nothing, shown=nothing)
    if deal.true_label is TrueLabel.METER_TAMPERED:
        more_bp = BP + section.truth.tampered_by.value
        return connection._replace(shown=tuple(units * more_bp // BP for units in shown))
    return connection
