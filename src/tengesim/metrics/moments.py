"""What depends on the order of rows, folded while they pass: how much there was, when, and at most.

Money comes into being and ends where its issuer pays or is paid, so only such rows are read. The
numbers fit into any log mode, because no row has to be kept for them.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from tengesim.codes import Evidence, Form, Kind
from tengesim.journal.events import Rows
from tengesim.metrics.exact import cumulated, total, weighted_total
from tengesim.metrics.log import Flags, Log, Whole

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

    @classmethod
    def of(cls, log: Log, end_us: int) -> Self:
        """Read a whole log at once; the horizon ends at `end_us`."""
        running = RunningMoments(end_us)
        running.add(log)
        return cls(**running.numbers())


class RunningMoments:
    """Moments of the rows so far."""

    __slots__ = ("_areas", "_cash_unmet", "_end_us", "_liquidity", "_outflow", "_supply")

    def __init__(self, end_us: int) -> None:
        """Start without money; the horizon ends at `end_us`."""
        self._end_us = end_us
        self._supply, self._outflow, self._liquidity = _Level(), _Level(), _Level()
        self._areas = [0, 0]
        self._cash_unmet = 0

    def consume(self, rows: Rows) -> None:
        """Add further packed rows."""
        by_issuer = (rows["payer"] == rows["keeper"]) | (rows["payee"] == rows["keeper_to"])
        chosen = np.flatnonzero(by_issuer)
        if len(chosen):
            self.add(Log.of_rows(rows[chosen]))

    def add(self, log: Log) -> None:
        """Add further rows."""
        digital = log.is_moved & (log.form == Form.DIGITAL_TENGE)
        out = digital & log.is_issuer
        back = log.is_moved & log.is_issuer_to & (log.form_to == Form.DIGITAL_TENGE)
        self._add_supply(log, out & ~back, back & ~out)
        into = (log.kind == Kind.FUNDING) & (log.form == Form.BANK_DEPOSIT)
        over = (log.kind == Kind.DEFUNDING) | (log.kind == Kind.WATERFALL)
        over &= log.form_to == Form.BANK_DEPOSIT
        self._outflow.add(_changes(log, log.is_moved & into, log.is_moved & over))
        lent = log.is_moved & (log.kind == Kind.LIQUIDITY)
        given_back = lent & log.is_issuer_to & ~log.is_issuer
        self._liquidity.add(_changes(log, lent & log.is_issuer, given_back))
        unmet = (log.kind == Kind.UNMET) & log.is_issuer_to & (log.evidence & _CHANNELS > 0)
        self._cash_unmet += int(np.count_nonzero(unmet))

    def moments(self) -> Moments:
        """Return the moments of all rows added."""
        return Moments(**self.numbers())

    def numbers(self) -> dict[str, int]:
        """Return them by name."""
        return {
            "supply_tiyn": self._supply.now,
            "supply_peak_tiyn": self._supply.peak,
            "supply_area": self._areas[0],
            "unmarked_area": self._areas[1],
            "outflow_peak_tiyn": self._outflow.peak,
            "liquidity_peak_tiyn": self._liquidity.peak,
            "cash_unmet": self._cash_unmet,
        }

    def _add_supply(self, log: Log, out: Flags, back: Flags) -> None:
        self._supply.add(_changes(log, out, back))
        unmarked = (out & (log.mark_to == 0), back & (log.mark == 0))
        for place, (issued, redeemed) in enumerate(((out, back), unmarked)):
            # The area under a step function that starts at zero: each step lasts to the end.
            lasting = self._end_us - log.time_us[issued | redeemed]
            changes = _changes(log, issued, redeemed)
            self._areas[place] += weighted_total(changes, lasting)


class _Level:
    """A running sum and its greatest value, at least 0."""

    __slots__ = ("now", "peak")

    def __init__(self) -> None:
        self.now = self.peak = 0

    def add(self, changes: Whole) -> None:
        if len(changes):
            self.peak = max(self.peak, self.now + int(cumulated(changes).max()))
            self.now += total(changes)


def _changes(log: Log, plus: Flags, minus: Flags) -> Whole:
    """Return the amounts of the rows chosen, in order, negative where `minus` chose them."""
    chosen = plus | minus
    return np.asarray(np.where(plus[chosen], 1, -1) * log.amount_tiyn[chosen])
