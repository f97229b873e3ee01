"""What depends on the order of rows, folded while they pass: how much there was, when, and at most.

Money comes into being and ends where its issuer pays or is paid, and money without a mark also
where one is shed or attached, so only such rows are read. The numbers fit into any log mode,
because no row has to be kept for them.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from tengesim.codes import Evidence, Form, Kind, Status
from tengesim.errors import InvariantError
from tengesim.journal.events import Rows, writable
from tengesim.metrics.exact import peak, total, weighted_total
from tengesim.metrics.log import Flags, Log, Whole
from tengesim.metrics.moments_fold import AREAS, LEVELS, area_of, fold_moments
from tengesim.money import SUPPLY_MAX_TIYN

__all__ = ["Moments", "RunningMoments"]

_CHANNELS: Final = int(Evidence.CHANNEL_COUNTER | Evidence.CHANNEL_REMOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Levels of money at single moments of a run, and what lies under them."""

    supply_tiyn: int = 0
    """Digital tenge outstanding after the last row."""
    supply_peak_tiyn: int = 0
    """Greatest value of it after any row."""
    supply_area: int = 0
    """Digital tenge outstanding × microseconds, up to the end of the horizon."""
    unmarked_area: int = 0
    """The same of what bears no mark."""
    outflow_peak_tiyn: int = 0
    """Greatest value of deposits turned into digital tenge − digital tenge turned back."""
    liquidity_peak_tiyn: int = 0
    """Greatest value of reserves lent − reserves given back."""
    cash_unmet: int = 0
    """Wants of cash for which the deposit was too small; they are no wants to pay."""
    further_parts: int = 0
    """Rows of payments that took from a purse, but for the first of each."""

    @classmethod
    def of(cls, log: Log, end_us: int) -> Self:
        """Read a whole log at once; the horizon ends at `end_us`."""
        return cls(**_WholeLog(log, end_us).numbers())


class RunningMoments:
    """Moments of the rows so far."""

    __slots__ = ("_areas", "_end_us", "_levels")

    def __init__(self, end_us: int) -> None:
        """Start without money; the horizon ends at `end_us`."""
        self._end_us = end_us
        self._levels = np.zeros(LEVELS, dtype=np.int64)
        self._areas = np.zeros(AREAS, dtype=np.int64)

    def consume(self, rows: Rows) -> None:
        """Add further packed rows."""
        rows = writable(rows)
        with np.errstate(over="ignore"):
            place = fold_moments(rows, self._end_us, self._levels, self._areas)
        if place >= 0:
            raise InvariantError(
                f"row {rows['seq'][place]} brings a level of money above {SUPPLY_MAX_TIYN} tiyn"
            )

    def moments(self) -> Moments:
        """Return the moments of all rows added."""
        return Moments(**self.numbers())

    def numbers(self) -> dict[str, int]:
        """Return them by name."""
        levels = self._levels.tolist()
        supply, supply_peak, _, outflow_peak, _, liquidity_peak, unmet, further, _, _ = levels
        area, unmarked_area = map(area_of, self._areas)
        return {
            "supply_tiyn": supply,
            "supply_peak_tiyn": supply_peak,
            "supply_area": area,
            "unmarked_area": unmarked_area,
            "outflow_peak_tiyn": outflow_peak,
            "liquidity_peak_tiyn": liquidity_peak,
            "cash_unmet": unmet,
            "further_parts": further,
        }


class _WholeLog:
    """The same numbers of a whole log in columns, by sums and running sums over all of it."""

    __slots__ = ("_end_us", "_log")

    def __init__(self, log: Log, end_us: int) -> None:
        self._log = log
        self._end_us = end_us

    def numbers(self) -> dict[str, int]:
        log = self._log
        out = log.is_moved & log.is_issuer & (log.form == Form.DIGITAL_TENGE)
        back = log.is_moved & log.is_issuer_to & (log.form_to == Form.DIGITAL_TENGE)
        out, back = out & ~back, back & ~out
        supply = _changes(log, out, back)
        into = (log.kind == Kind.FUNDING) & (log.form == Form.BANK_DEPOSIT)
        over = (log.kind == Kind.DEFUNDING) | (log.kind == Kind.WATERFALL)
        over &= log.form_to == Form.BANK_DEPOSIT
        by_issuer = log.is_moved & (log.is_issuer | log.is_issuer_to)
        lent = by_issuer & (log.kind == Kind.LIQUIDITY)
        unmet = (log.kind == Kind.UNMET) & log.is_issuer_to & (log.evidence & _CHANNELS > 0)
        return {
            "supply_tiyn": total(supply),
            "supply_peak_tiyn": peak(supply),
            "supply_area": self._area(out, back),
            "unmarked_area": self._unmarked_area(),
            "outflow_peak_tiyn": peak(_changes(log, by_issuer & into, by_issuer & over)),
            "liquidity_peak_tiyn": peak(_changes(log, lent & log.is_issuer, lent & ~log.is_issuer)),
            "cash_unmet": int(np.count_nonzero(unmet)),
            "further_parts": self._further_parts(),
        }

    def _unmarked_area(self) -> int:
        log = self._log
        left = (log.form == Form.DIGITAL_TENGE) & (log.mark == 0) & ~log.is_issuer
        come = (log.form_to == Form.DIGITAL_TENGE) & (log.mark_to == 0) & ~log.is_issuer_to
        return self._area(log.is_moved & come & ~left, log.is_moved & left & ~come)

    def _further_parts(self) -> int:
        log = self._log
        is_paid = (log.kind == Kind.PAYMENT) & (log.status == Status.SETTLED)
        from_purse = is_paid & (log.mark > 0) & (log.mark_to == 0)
        is_same = log.intent[1:] == log.intent[:-1]
        return int(np.count_nonzero(from_purse[:-1] & is_same & is_paid[1:]))

    def _area(self, issued: Flags, redeemed: Flags) -> int:
        # The area under a step function that starts at zero: each step lasts to the end.
        lasting = self._end_us - self._log.time_us[issued | redeemed]
        return weighted_total(_changes(self._log, issued, redeemed), lasting)


def _changes(log: Log, plus: Flags, minus: Flags) -> Whole:
    """Return the amounts of the rows chosen, in order, negative where `minus` chose them."""
    chosen = plus | minus
    return np.asarray(np.where(plus[chosen], 1, -1) * log.amount_tiyn[chosen])
