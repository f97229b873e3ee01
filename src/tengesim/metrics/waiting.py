"""How long payees wait: from the accepted meal to money they may spend on anything.

Money is matched first in, first out per payee, tiyn by tiyn. The sum of amount × waiting time is
the area between what was accepted and what was released, so it does not depend on that choice;
which meal waits does.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import Form, Kind
from tengesim.metrics.exact import cumulated, total, weighted_total
from tengesim.metrics.log import Flags, Log, Whole
from tengesim.metrics.wants import Accepted

__all__ = ["BLOCKED_AFTER_DAYS", "DELAY_DAYS_MAX", "Waiting", "releases"]

BLOCKED_AFTER_DAYS = 90
DELAY_DAYS_MAX = 180

_NEVER = -1


@dataclass(frozen=True)
class Waiting:
    """What became of the money of each accepted want."""

    released_row: Whole
    """Row of the log by which the last tiyn of each want was released, -1 where none did."""
    released_us: Whole
    """When that was; the end of the horizon where it did not happen."""
    amount_tiyn: Whole
    """Pieces of money that became due together and were released together."""
    delay_us: Whole
    """How long each piece waited, to the end of the horizon at most."""

    @classmethod
    def of(cls, log: Log, accepted: Accepted, end_us: int) -> Self:
        """Match releases to what was accepted, payee by payee."""
        released_row = np.full(len(accepted.row), _NEVER, dtype=np.int64)
        given = np.flatnonzero(releases(log))
        # Money is shed by the payee itself and paid to it by a claim.
        holder = np.where(log.kind[given] == Kind.SHED, log.payer[given], log.payee[given])
        amounts, delays = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        queue = np.flatnonzero(accepted.is_waiting)
        for payee in np.unique(accepted.payee[queue]).tolist():
            due = queue[accepted.payee[queue] == payee]
            rows = given[holder == payee]
            pieces, due_at, released_at = _matched(accepted.amount_tiyn[due], log.amount_tiyn[rows])
            moments = np.append(log.time_us[rows], end_us)
            amounts.append(pieces)
            delays.append(moments[released_at] - accepted.time_us[due[due_at]])
            # The last piece of a want decides when all of it is free.
            last = np.searchsorted(due_at, np.arange(len(due)), side="right") - 1
            released_row[due] = np.append(rows, _NEVER)[released_at[last]]
        is_released = released_row != _NEVER
        released_us = np.full(len(released_row), end_us, dtype=np.int64)
        released_us[is_released] = log.time_us[released_row[is_released]]
        return cls(released_row, released_us, np.concatenate(amounts), np.concatenate(delays))

    def is_blocked(self, accepted: Accepted) -> Flags:
        """Return the wants unpaid 90 days after they were accepted, or at the horizon."""
        late = self.released_us - accepted.time_us > BLOCKED_AFTER_DAYS * DAY_US
        return np.asarray(accepted.is_waiting & ((self.released_row == _NEVER) | late))

    def money_time(self, *, days_max: int | None = None) -> int:
        """Return Σ amount × waiting time in tiyn × microseconds."""
        capped = self.delay_us
        if days_max is not None:
            capped = np.minimum(capped, days_max * DAY_US)
        return weighted_total(self.amount_tiyn, capped)

    def money(self) -> int:
        """Return the tiyn that waited."""
        return total(self.amount_tiyn)


def releases(log: Log) -> Flags:
    """Return the rows that give a payee money to spend freely: shedding, and claims paid."""
    shed = log.kind == Kind.SHED
    claimed = (log.kind == Kind.CLAIM) & (log.form_to == Form.BANK_DEPOSIT)
    return np.asarray(log.is_moved & (shed | claimed))


def _matched(due_tiyn: Whole, released_tiyn: Whole) -> tuple[Whole, Whole, Whole]:
    """Return pieces of money with the index of what was due and of what released them.

    The index of a release is the number of releases where nothing released a piece.
    """
    due, released = cumulated(due_tiyn), cumulated(released_tiyn)
    end = due[-1] if len(due) else 0
    ends = np.union1d(due, released[released < end])
    pieces = np.diff(ends, prepend=0)
    return pieces, np.searchsorted(due, ends), np.searchsorted(released, ends)
