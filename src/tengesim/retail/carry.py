"""The carry list: purchases that are to come back, kept until the hour in which they do.

Whoever answers a purchase, in readable or in compiled code, adds a row here when the spare word of
the want says that it comes back. That is an hour later at the earliest, so never in the hour of the
tape that is being answered, and the wants of an hour are known once it begins.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import HOUR_US
from tengesim.payment import NameId, RetailWant
from tengesim.retail.tape import RetailCell
from tengesim.streams import below_one, chance_one, further_one

__all__ = [
    "CARRIED_WIDTH",
    "COMES_BACK",
    "COMES_BACK_AFTER",
    "NO_PURSE",
    "ROOM",
    "Carried",
    "Carry",
    "CarryStratum",
    "Terms",
    "due_us",
]

COMES_BACK: Final = "comes back"
COMES_BACK_AFTER: Final = "comes back after"
"""What the draws of whether and when are told apart by."""
NO_PURSE: Final = -1
"""What stands for the account of a purse where money came out of none."""
ROOM: Final = 16
"""Rows that are free before a want is answered; none adds more."""
_FIRST_ROWS: Final = 1 << 10
_Rows = NDArray[np.int64]


class Carried(NamedTuple):
    """One row of the carry list: what was paid to whom, and when it goes back."""

    due_us: int
    paid_us: int
    intent: int
    """Of the payment."""
    buyer: int
    merchant: int
    amount_tiyn: int
    purpose: int
    is_remote: int
    form: int
    purse: int = NO_PURSE
    """Account that the money came out of, where it was marked."""
    attempt: int = 0


CARRIED_WIDTH: Final = len(Carried._fields)


class Terms(NamedTuple):
    """What decides whether and when a purchase comes back."""

    purpose: NameId
    """That of wants that are refunds."""
    bills: NameId
    """Purpose of what nobody brings back."""
    people: int
    """How many parties are people, who sell nothing; they come first."""
    chance_bp: int
    soonest_hours: int
    span_hours: int
    """How many hours there are to choose from."""


def due_us(terms: Terms, want: RetailWant) -> int | None:
    """Return when what `want` paid for comes back; None where it stays."""
    if want.payee < terms.people or want.purpose == terms.bills:
        return None
    if not chance_one(further_one(want.spare, COMES_BACK), terms.chance_bp):
        return None
    later = below_one(further_one(want.spare, COMES_BACK_AFTER), terms.span_hours)
    return want.time_us + (terms.soonest_hours + later) * HOUR_US


class Carry:
    """Rows of the carry list; those beyond `used` of `rows` are free.

    `rows` may be written by whoever answers in place of readable code, once `reserve` has made
    sure that there is room.
    """

    __slots__ = ("_by_hour", "_due", "_hour", "rows", "used")

    def __init__(self) -> None:
        """Start with nothing to come."""
        self.rows: _Rows = np.zeros((_FIRST_ROWS, CARRIED_WIDTH), dtype=np.int64)
        self.used = 0
        self._by_hour: dict[int, list[_Rows]] = {}
        self._hour = -1
        self._due: _Rows = self.rows[:0]

    def reserve(self) -> None:
        """Make room for what one more want may add."""
        if self.used > len(self.rows) - ROOM:
            self.rows = np.concatenate([self.rows, np.zeros_like(self.rows)])

    def add(self, one: Carried) -> None:
        """Keep `one` until it is due."""
        self.reserve()
        self.rows[self.used] = one
        self.used += 1

    def due(self, hour: int) -> _Rows:
        """Return what is due in `hour`, in order of time and then as it was added.

        Hours are asked for in their order, each once it begins; the last may be asked for again.
        """
        if hour != self._hour:
            self._sort()
            parts = self._by_hour.pop(hour, [self.rows[:0]])
            found = np.concatenate(parts)
            self._due = found[np.argsort(found[:, 0], kind="stable")]
            self._hour = hour
        return self._due

    def at(self, place: int) -> Carried:
        """Return one row of the hour that was asked for last."""
        return Carried._make(self._due[place].tolist())

    def _sort(self) -> None:
        """Lay what was added to its hours."""
        added = self.rows[: self.used]
        hours = added[:, 0] // HOUR_US
        for hour in np.unique(hours).tolist():
            # Copies, because the room is used again.
            self._by_hour.setdefault(hour, []).append(added[hours == hour])
        self.used = 0


class CarryStratum:
    """Wants of merchants to give back what is due; a `tape.RetailStratum`.

    Its cells are the only ones that depend on what happened before. The spare word of a want is its
    place among what is due in the hour.
    """

    title: Final = "retail/refund"

    __slots__ = ("_carry", "_hours", "_purpose", "name")

    def __init__(self, carry: Carry, hours: range, *, name: NameId, purpose: NameId) -> None:
        """Take what is due in `hours` out of `carry`; `name` is that of `title`."""
        self.name = name
        self._carry = carry
        self._hours = frozenset(hours)
        self._purpose = purpose

    def hours(self) -> frozenset[int]:
        """Return the hours since the epoch (UTC) in which there may be wants."""
        return self._hours

    def draw_retail(self, hour: int) -> RetailCell:
        """Return the refunds of one hour, which has just begun."""
        due = self._carry.due(hour)
        column = dict(zip(Carried._fields, due.T, strict=True))
        number = np.arange(len(due), dtype=np.int64)
        return RetailCell(
            time_us=column["due_us"],
            number=number,
            payer=column["merchant"],
            payee=column["buyer"],
            amount_tiyn=column["amount_tiyn"],
            purpose=np.full(len(due), self._purpose, dtype=np.int64),
            is_remote=column["is_remote"] != 0,
            spare=number.astype(np.uint64),
            form=np.zeros(len(due), dtype=np.int64),
        )
