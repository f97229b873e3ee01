"""The tape: what everybody will want to pay, drawn ahead in cells of one stratum and one hour.

No random number is drawn inside an engine. A cell depends on its stratum and hour alone, so any
window can be drawn by itself, and a further programme adds strata without touching the others.
Rows are ordered by time, then by the stratum's name, then by number within the cell.
"""

from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from typing import Final, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import HOUR_US
from tengesim.codes import TrueLabel
from tengesim.journal.names import intent_of_want
from tengesim.payment import AccountId, NameId, RetailWant, Want

__all__ = ["Cell", "RetailCell", "RetailStratum", "Stratum", "Tape", "VoucherStratum"]


_PLACE: Final = itemgetter(0, 1, 2)
"""Time, stratum and number of a want."""


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


class RetailCell(NamedTuple):
    """Columns of wants that any form of money may meet, ordered by time and number."""

    time_us: NDArray[np.int64]
    number: NDArray[np.int64]
    payer: NDArray[np.int64]
    payee: NDArray[np.int64]
    amount_tiyn: NDArray[np.int64]
    purpose: NDArray[np.int64]
    is_remote: NDArray[np.bool_]
    spare: NDArray[np.uint64]
    form: NDArray[np.int64]


class _Stratum(Protocol):
    """Source of the cells of one kind of want in one place."""

    @property
    def name(self) -> NameId:
        """Id of the stratum's name in the log."""
        ...

    @property
    def title(self) -> str:
        """Name of the stratum, which orders it among others."""
        ...

    def hours(self) -> frozenset[int]:
        """Return the hours since the epoch (UTC) in which there may be wants."""
        ...


class VoucherStratum(_Stratum, Protocol):
    """Wants under the rules of one programme."""

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

    def draw(self, hour: int) -> Cell:
        """Return the cell of `hour`."""
        ...


@runtime_checkable
class RetailStratum(_Stratum, Protocol):
    """Wants that any form of money may meet."""

    def draw_retail(self, hour: int) -> RetailCell:
        """Return the cell of `hour`."""
        ...


Stratum = VoucherStratum | RetailStratum


class Tape:
    """All strata of one world, in order."""

    __slots__ = ("_draws", "_hours")

    def __init__(self, strata: Sequence[Stratum]) -> None:
        """Order the strata by title; titles are unique."""
        ordered = sorted(strata, key=lambda stratum: stratum.title)
        if len({stratum.title for stratum in ordered}) != len(ordered):
            message = "two strata of the tape have one title"
            raise ValueError(message)
        self._hours = [stratum.hours() for stratum in ordered]
        self._draws = [
            partial(_retail_wants, stratum, rank)
            if isinstance(stratum, RetailStratum)
            else partial(_wants, stratum, rank)
            for rank, stratum in enumerate(ordered)
        ]

    def hours(self) -> list[int]:
        """Return, ascending, the hours in which there may be wants."""
        return sorted(frozenset().union(*self._hours))

    def window(self, first_hour: int, end_hour: int) -> list[Want | RetailWant]:
        """Return the wants of whole hours in [first_hour, end_hour), in tape order."""
        wants: list[Want | RetailWant] = []
        for hours, draw in zip(self._hours, self._draws, strict=True):
            for hour in range(first_hour, end_hour):
                if hour in hours:
                    wants.extend(draw(hour))
        # Both kinds of want begin with their place on the tape.
        wants.sort(key=_PLACE)
        return wants


def _first_intent(stratum: Stratum, hour: int, times_us: NDArray[np.int64]) -> int:
    if np.any(times_us // HOUR_US != hour):
        message = f"stratum {stratum.title} draws wants outside hour {hour}"
        raise ValueError(message)
    return intent_of_want(stratum.name, hour, 0)


def _retail_wants(stratum: RetailStratum, rank: int, hour: int) -> list[RetailWant]:
    cell = stratum.draw_retail(hour)
    if not len(cell.time_us):
        return []
    intent = _first_intent(stratum, hour, cell.time_us)
    return [
        RetailWant(
            time_us,
            rank,
            number,
            intent - number,
            payer,
            payee,
            amount_tiyn,
            NameId(purpose),
            is_remote,
            spare,
            form,
        )
        for time_us, number, payer, payee, amount_tiyn, purpose, is_remote, spare, form in zip(
            cell.time_us.tolist(),
            cell.number.tolist(),
            cell.payer.tolist(),
            cell.payee.tolist(),
            cell.amount_tiyn.tolist(),
            cell.purpose.tolist(),
            cell.is_remote.tolist(),
            cell.spare.tolist(),
            cell.form.tolist(),
            strict=True,
        )
    ]


def _wants(stratum: VoucherStratum, rank: int, hour: int) -> list[Want]:
    cell = stratum.draw(hour)
    intent = _first_intent(stratum, hour, cell.time_us)
    labels = {label.value: label for label in TrueLabel}
    return [
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
