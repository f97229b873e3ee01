"""What a log says about public contracts: their rows, their lots, the money between their parties.

A lot is a place of the log that somebody planned, announced, awarded or signed a contract for; its
contract bears the same name. One payment is one posting of several rows when it passes the books of
banks, so payments are put together here once: who paid, who received, out of which money into
which. Nothing depends on the names of lots or parties.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final, Self

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import Form, Kind, Status
from tengesim.metrics.log import Flags, Log, Whole, is_one_of
from tengesim.metrics.terms import MetricTerms

__all__ = ["METHODS", "Contracts", "Payments", "first_of", "last_of", "sums"]

METHODS: Final = (
    "open_tender",
    "scoring_tender",
    "auction",
    "quotations",
    "e_store",
    "direct",
    "single_source",
)
"""Methods of procurement, whose codes count from 1."""

_ABOUT_LOTS: Final = (Kind.PLAN, Kind.TENDER, Kind.AWARD)
_FROM_BUDGET: Final = (Kind.BUDGET_PAYMENT, Kind.ADVANCE, Kind.RETENTION)
_BACK: Final = (Kind.RETURN, Kind.CLAWBACK, Kind.PENALTY)
_MOVED: Final = (Status.SETTLED, Status.POSTED)
_PURSES: Final = (
    Form.DIGITAL_TENGE,
    Form.BANK_DEPOSIT,
    Form.CASH_CONTROL_ACCOUNT,
    Form.TREASURY_SINGLE_ACCOUNT,
)
"""Forms that parties of contracts are paid in; reserves only settle between banks."""


def first_of(group: Whole, values: Whole, count: int, *, otherwise: int = -1) -> Whole:
    """Return the first value of each of `count` groups, `otherwise` where a group has none."""
    found = np.full(count, otherwise, dtype=np.int64)
    # Of several assignments to one place NumPy keeps the last.
    found[group[::-1]] = values[::-1]
    return found


def last_of(group: Whole, values: Whole, count: int, *, otherwise: int = -1) -> Whole:
    """Return the last value of each of `count` groups, `otherwise` where a group has none."""
    found = np.full(count, otherwise, dtype=np.int64)
    found[group] = values
    return found


def sums(group: Whole, amounts: Whole, count: int) -> Whole:
    """Return the exact sum of each of `count` groups; each of them is money, so it fits."""
    found = np.zeros(count, dtype=np.int64)
    np.add.at(found, group, amounts)
    return found


@dataclass(frozen=True)
class Payments:
    """Money that moved under contracts, one line per payment and payee, in the order of the log."""

    lot: Whole
    kind: Whole
    payer: Whole
    payee: Whole
    amount_tiyn: Whole
    time_us: Whole
    intent: Whole
    evidence: Whole
    true_label: Whole
    is_marked: Flags
    """The payer paid marked money."""
    is_marked_to: Flags
    """The payee received marked money."""
    is_controlled: Flags
    """The payer paid out of an account that the Treasury keeps."""
    is_controlled_to: Flags
    """The payee received it on an account that the Treasury keeps."""

    def where(self, chosen: Flags) -> Payments:
        """Return the chosen payments."""
        return Payments(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


@dataclass(frozen=True)
class Contracts:
    """Rows of all lots with the number of the lot of each."""

    log: Log
    """The rows of lots alone."""
    lot: Whole
    count: int
    """How many lots there are."""
    end_us: int
    """First moment after the horizon."""
    offset_us: int
    """What local time is ahead."""

    @classmethod
    def of(cls, log: Log, terms: MetricTerms) -> Self:
        """Read the rows of a log that are about lots."""
        named = log.place[is_one_of(log.kind, _ABOUT_LOTS)]
        lots = np.unique(named[named > 0])
        number = np.full(int(log.place.max(initial=0)) + 1, -1, dtype=np.int64)
        number[lots] = np.arange(len(lots))
        lot_of_row = number[log.place]
        rows = np.flatnonzero(lot_of_row >= 0)
        own = Log(**{field.name: getattr(log, field.name)[rows] for field in fields(Log)})
        offset_us = -terms.start_us % DAY_US
        return cls(own, lot_of_row[rows], len(lots), terms.end_us, offset_us)

    def rows(self, kind: Kind, *statuses: Status) -> Whole:
        """Return the places of the rows of a kind, those recorded unless told otherwise."""
        is_kind = self.log.kind == kind
        return np.flatnonzero(is_kind & is_one_of(self.log.status, statuses or (Status.RECORDED,)))

    def first(self, kind: Kind, column: Whole) -> Whole:
        """Return what `column` holds in the first recorded row of a kind of each lot, else -1."""
        rows = self.rows(kind)
        return first_of(self.lot[rows], column[rows], self.count)

    def last(self, kind: Kind, column: Whole) -> Whole:
        """Return what `column` holds in the last recorded row of a kind of each lot, else -1."""
        rows = self.rows(kind)
        return last_of(self.lot[rows], column[rows], self.count)

    def day_end_us(self, day: Whole) -> Whole:
        """Return the first moment after a local day."""
        return (day + 1) * DAY_US - self.offset_us

    @cached_property
    def buyer(self) -> Whole:
        """Who buys each lot."""
        awarded, planned = (self.first(kind, self.log.payer) for kind in (Kind.AWARD, Kind.PLAN))
        return np.where(awarded >= 0, awarded, planned)

    @cached_property
    def supplier(self) -> Whole:
        """Who won each lot, -1 where nobody did."""
        return self.last(Kind.AWARD, self.log.payee)

    @cached_property
    def award_tiyn(self) -> Whole:
        """Price that each lot was awarded at, -1 where it was not."""
        return self.last(Kind.AWARD, self.log.amount_tiyn)

    @cached_property
    def method(self) -> Whole:
        """Code of the method by which each lot was awarded, -1 where it was not."""
        return self.last(Kind.AWARD, self.log.limit)

    @cached_property
    def closed_us(self) -> Whole:
        """When each contract was closed or terminated, -1 where it is open."""
        rows = np.concatenate([self.rows(Kind.CLOSING), self.rows(Kind.TERMINATION)])
        rows.sort()
        return first_of(self.lot[rows], self.log.time_us[rows], self.count)

    def until_us(self, days: int) -> Whole:
        """Return how long each contract is followed: days beyond its closing, or the horizon."""
        followed = self.closed_us + days * DAY_US
        return np.where(self.closed_us >= 0, np.minimum(followed, self.end_us), self.end_us)

    @cached_property
    def payments(self) -> Payments:
        """Every payment that was made under a contract."""
        log = self.log
        moved = np.flatnonzero(is_one_of(log.status, _MOVED))
        _, posting = np.unique(log.ref[moved], return_inverse=True)
        count = int(posting.max(initial=-1)) + 1
        leaves = is_one_of(log.form[moved], _PURSES) & (log.payer[moved] != log.keeper[moved])
        arrives = is_one_of(log.form_to[moved], _PURSES)
        arrives &= log.payee[moved] != log.keeper_to[moved]
        # The single account moves beside the accounts that say whose money in it is.
        is_single = log.form_to[moved] == Form.TREASURY_SINGLE_ACCOUNT
        has_other = np.zeros(count, dtype=np.bool_)
        has_other[posting[arrives & ~is_single]] = True
        arrives &= ~(is_single & has_other[posting])
        # The single account is only the first to be left where nothing else is.
        own = leaves & (log.form[moved] != Form.TREASURY_SINGLE_ACCOUNT)
        source = first_of(posting[leaves], moved[leaves], count)
        source = np.where(
            (better := first_of(posting[own], moved[own], count)) >= 0, better, source
        )
        to, from_ = moved[arrives], source[posting[arrives]]
        from_ = np.where(from_ >= 0, from_, to)
        return Payments(
            lot=self.lot[to],
            kind=log.kind[to].astype(np.int64),
            payer=log.payer[from_].astype(np.int64),
            payee=log.payee[to].astype(np.int64),
            amount_tiyn=log.amount_tiyn[to],
            time_us=log.time_us[to],
            intent=log.intent[to],
            evidence=(log.evidence[to] | log.evidence[from_]).astype(np.int64),
            true_label=log.true_label[to].astype(np.int64),
            is_marked=log.mark[from_] > 0,
            is_marked_to=log.mark_to[to] > 0,
            is_controlled=log.form[from_] == Form.CASH_CONTROL_ACCOUNT,
            is_controlled_to=log.form_to[to] == Form.CASH_CONTROL_ACCOUNT,
        )

    @cached_property
    def is_release(self) -> Flags:
        """Payments by which money of the budget leaves the buyer."""
        paid = self.payments
        is_paid = is_one_of(paid.kind, _FROM_BUDGET)
        return np.asarray(is_paid & (paid.payer == self.buyer[paid.lot]))

    @cached_property
    def is_back(self) -> Flags:
        """Payments by which money comes back to the buyer or its budget."""
        paid = self.payments
        to_buyer = (paid.payee == self.buyer[paid.lot]) & ~self.is_release
        return np.asarray(to_buyer | is_one_of(paid.kind, _BACK))

    def released_tiyn(self, days: int) -> Whole:
        """Return what the budget released for each lot until `days` after its closing."""
        paid = self.payments
        chosen = self.is_release & (paid.time_us < self.until_us(days)[paid.lot])
        return sums(paid.lot[chosen], paid.amount_tiyn[chosen], self.count)
