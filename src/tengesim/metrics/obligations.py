"""Payment intents under public contracts: what was due, what was not, and what became of each.

An intent is one act, advance, subpayment or wage, however often it was tried. An act counts as paid
when its money can be spent freely: a mark has to be shed, a controlled account left first; so does
a dishonest payment, which gains nothing before. Other payments count as paid when their payee has
them. Truth is the row of `Kind.LOSS` that bears the intent; an intent without one is honest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import Evidence, Kind, Reason, Status
from tengesim.metrics.contracts import Contracts, first_of, sums
from tengesim.metrics.log import Flags, Whole, is_one_of

__all__ = ["COHORT_DAYS", "PATIENCE_DAYS", "Intents"]

PATIENCE_DAYS: Final = 90
"""What is not paid so long after it was due counts as stopped, or blocked."""

COHORT_DAYS: Final = 365
"""How long a contract is followed after it was closed."""

_PAID: Final = (
    Kind.ADVANCE,
    Kind.BUDGET_PAYMENT,
    Kind.SHED,
    Kind.REDEEM,
    Kind.SUBPAYMENT,
    Kind.WAGE,
    Kind.RETENTION,
)
_REVIEWED: Final = (Kind.REVIEW, Kind.FLAG)
_SOURCES: Final = (
    Evidence.SUPERVISOR_SIGNED,
    Evidence.DELIVERY_SCANNED,
    Evidence.REGISTER_CHANGED,
    Evidence.PAYROLL_MATCHED,
)
"""Evidence that comes neither from who pays nor from who is paid."""


@dataclass(frozen=True)
class Intents:
    """Intents in columns."""

    contracts: Contracts
    intent: Whole
    lot: Whole
    is_act: Flags
    amount_tiyn: Whole
    start_us: Whole
    due_us: Whole
    loss_tiyn: Whole
    true_label: Whole
    paid_us: Whole
    """When the first money of it could be spent, -1 where none ever could."""
    released_tiyn: Whole
    """What the budget released for it."""
    is_refused: Flags
    """It was refused at least once for what it is, not because its id was used before."""
    is_reviewed: Flags
    """Somebody looked at it, or was told to."""

    @classmethod
    def of(cls, contracts: Contracts) -> Self:
        """Read the intents of all contracts."""
        log = contracts.log
        asked = np.flatnonzero(is_one_of(log.kind, (*_PAID, Kind.ACCEPTANCE, Kind.LOSS)))
        intent, number = np.unique(log.intent[asked], return_inverse=True)
        count = len(intent)
        is_wish = log.kind[asked] != Kind.LOSS
        wish, wished = asked[is_wish], number[is_wish]
        is_accepted = (log.kind[asked] == Kind.ACCEPTANCE) & (log.status[asked] == Status.RECORDED)
        act, acted = asked[is_accepted], number[is_accepted]
        accepted_us = first_of(acted, log.time_us[act], count)
        is_act = accepted_us >= 0
        start_us = np.where(is_act, accepted_us, first_of(number, log.time_us[asked], count))
        asked_tiyn = first_of(wished, log.amount_tiyn[wish], count, otherwise=0)
        act_tiyn = first_of(acted, log.amount_tiyn[act], count)
        day = first_of(acted, log.limit[act], count)
        is_lost = (log.kind[asked] == Kind.LOSS) & (log.status[asked] == Status.RECORDED)
        lost, losing = asked[is_lost], number[is_lost]
        loss_tiyn = first_of(losing, log.amount_tiyn[lost], count, otherwise=0)
        paid_us = _paid(contracts, intent, is_act | (loss_tiyn > 0))
        return cls(
            contracts=contracts,
            intent=intent,
            lot=first_of(number, contracts.lot[asked], count),
            is_act=is_act,
            amount_tiyn=np.where(is_act, act_tiyn, asked_tiyn),
            start_us=start_us,
            due_us=np.where(day > 0, contracts.day_end_us(day), start_us),
            loss_tiyn=loss_tiyn,
            true_label=first_of(losing, log.true_label[lost].astype(np.int64), count),
            paid_us=paid_us,
            released_tiyn=_released(contracts, intent),
            is_refused=_named(contracts, intent, _is_refusal(contracts)),
            is_reviewed=_named(contracts, intent, is_one_of(log.kind, _REVIEWED)),
        )

    @cached_property
    def is_dishonest(self) -> Flags:
        """Intents by which the public would lose money."""
        return self.loss_tiyn > 0

    @cached_property
    def is_settled_question(self) -> Flags:
        """Intents whose patience ends within the horizon, so that unpaid means stopped."""
        return np.asarray(self._patience_us <= self.contracts.end_us)

    @cached_property
    def is_unpaid(self) -> Flags:
        """Intents that were not paid while anybody was patient."""
        return (self.paid_us < 0) | (self.paid_us > self._patience_us)

    @cached_property
    def is_succeeded(self) -> Flags:
        """Intents that were paid while their contract was followed."""
        return (self.paid_us >= 0) & (self.paid_us < self.contracts.until_us(COHORT_DAYS)[self.lot])

    @property
    def _patience_us(self) -> Whole:
        return self.due_us + PATIENCE_DAYS * DAY_US

    @cached_property
    def source_count(self) -> Whole:
        """How many independent sources confirm each intent."""
        found = np.zeros(len(self.intent), dtype=np.int64)
        for source in _SOURCES:
            has_source = self.contracts.log.evidence & int(source) > 0
            found += _named(self.contracts, self.intent, has_source)
        return found


def _is_refusal(contracts: Contracts) -> Flags:
    log = contracts.log
    is_paid = is_one_of(log.kind, _PAID)
    return np.asarray(is_paid & (log.status == Status.REFUSED) & (log.reason != Reason.DUPLICATE))


def _numbers(intent: Whole, wanted: Whole) -> Whole:
    """Return the place of each wanted intent, -1 for those that are none."""
    if not len(intent):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(intent, wanted), len(intent) - 1)
    return np.where(intent[place] == wanted, place, -1)


def _named(contracts: Contracts, intent: Whole, chosen: Flags) -> Flags:
    """Return which intents a chosen row bears."""
    number = _numbers(intent, contracts.log.intent[chosen])
    found = np.zeros(len(intent), dtype=np.bool_)
    found[number[number >= 0]] = True
    return found


def _paid(contracts: Contracts, intent: Whole, needs_freedom: Flags) -> Whole:
    """Return when each intent was first paid, -1 for never."""
    paid = contracts.payments
    number = _numbers(intent, paid.intent)
    chosen = is_one_of(paid.kind, _PAID) & (number >= 0) & ~contracts.is_back
    chosen &= ~(needs_freedom[number] & (paid.is_marked_to | paid.is_controlled_to))
    return first_of(number[chosen], paid.time_us[chosen], len(intent))


def _released(contracts: Contracts, intent: Whole) -> Whole:
    paid = contracts.payments
    number = _numbers(intent, paid.intent)
    chosen = contracts.is_release & (number >= 0)
    return sums(number[chosen], paid.amount_tiyn[chosen], len(intent))
