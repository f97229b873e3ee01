"""The tape: what everybody will want to pay, drawn ahead in cells of one stratum and one hour.

No random number is drawn inside an engine. A cell depends on its stratum and hour alone, so any
window can be drawn by itself, and a further programme adds strata without touching the others.
Rows are ordered by time, then by the stratum's name, then by number within the cell.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import HOUR_US
from tengesim.codes import TrueLabel
from tengesim.journal.names import intent_of_want
from tengesim.payment import AccountId, NameId, Want

__all__ = ["Cell", "Stratum", "Tape"]


class Cell(NamedTuple):
    """Columns of the wants of one stratum in one hour, ordered by time and number."""

    time_us: NDArray[np.int64]
    number: NDArray[np.int64]
    payer: NDArray[np.int64]
    payee: NDArray[np.int64]
    amount_tiyn: NDArray[np.int64]
    true_label: NDArray[np.int64]
    is_unserved: NDArray[np.bool_]
    evidence: NDArray[np.int64]
    """One column per attempt."""


class Stratum(Protocol):
    """Source of the cells of one kind of want in one place."""

    @property
    def name(self) -> NameId:
        """Id of the stratum's name in the log."""
        ...

    @property
    def title(self) -> str:
        """Name of the stratum, which orders it among others."""
        ...

    @property
    def programme(self) -> str:
        """Programme whose controls decide about the wants."""
        ...

    @property
    def category(self) -> str:
        """Merchant category of the payees (ISO 18245)."""
        ...

    @property
    def place(self) -> NameId:
        """Where the payments take place."""
        ...

    def hours(self) -> frozenset[int]:
        """Return the hours since the epoch (UTC) in which there may be wants."""
        ...

    def draw(self, hour: int) -> Cell:
        """Return the cell of `hour`."""
        ...


class Tape:
    """All strata of one world, in order."""

    __slots__ = ("_strata",)

    def __init__(self, strata: Sequence[Stratum]) -> None:
        """Order the strata by title; titles are unique."""
        self._strata = sorted(strata, key=lambda stratum: stratum.title)
        titles = {stratum.title for stratum in self._strata}
        if len(titles) != len(self._strata):
            message = "two strata of the tape have one title"
            raise ValueError(message)

    def hours(self) -> list[int]:
        """Return, ascending, the hours in which there may be wants."""
        return sorted(frozenset().union(*(stratum.hours() for stratum in self._strata)))

    def window(self, first_hour: int, end_hour: int) -> list[Want]:
        """Return the wants of whole hours in [first_hour, end_hour), in tape order."""
        wants: list[tuple[int, int, int, Want]] = []
        for rank, stratum in enumerate(self._strata):
            for hour in sorted(stratum.hours()):
                if first_hour <= hour < end_hour:
                    wants.extend(_wants(stratum, rank, hour))
        wants.sort(key=lambda entry: entry[:3])
        return [entry[3] for entry in wants]


def _wants(stratum: Stratum, rank: int, hour: int) -> list[tuple[int, int, int, Want]]:
    cell = stratum.draw(hour)
    if np.any(cell.time_us // HOUR_US != hour):
        message = f"stratum {stratum.title} draws wants outside hour {hour}"
        raise ValueError(message)
    intent = intent_of_want(stratum.name, hour, 0)
    labels = {label.value: label for label in TrueLabel}
    return [
        (
            time_us,
            rank,
            number,
            # By position: a month has millions of wants, and naming thirteen fields is dear.
            Want(
                time_us,
                rank,
                number,
                # Intents of one cell follow one another downwards from its first.
                intent - number,
                stratum.programme,
                AccountId(payer),
                AccountId(payee),
                amount_tiyn,
                stratum.category,
                stratum.place,
                labels[label],
                is_unserved,
                tuple(evidence),
            ),
        )
        for time_us, number, payer, payee, amount_tiyn, label, is_unserved, evidence in zip(
            cell.time_us.tolist(),
            cell.number.tolist(),
            cell.payer.tolist(),
            cell.payee.tolist(),
            cell.amount_tiyn.tolist(),
            cell.true_label.tolist(),
            cell.is_unserved.tolist(),
            cell.evidence.tolist(),
            strict=True,
        )
    ]
