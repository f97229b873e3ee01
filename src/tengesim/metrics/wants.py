"""Accepted wants one by one, and what undid them.

A refund bears the intent of the meal it undoes and is counted once, however many rows it took to
move the money back.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tengesim.codes import Form, Kind, Status
from tengesim.metrics.exact import total
from tengesim.metrics.log import Flags, Log, Whole

__all__ = ["Accepted", "Refunds"]


@dataclass(frozen=True)
class Refunds:
    """One entry per accepted meal that was undone."""

    intent: Whole
    true_label: Whole
    amount_tiyn: Whole
    is_before_release: Flags
    """The payee had not yet been given the money to spend, so it gave back a claim and no money."""
    is_to_budget: Flags
    """The money went back to the budget, not to a purse."""

    @classmethod
    def of(cls, log: Log) -> Self:
        """Read the refunds of a log."""
        rows = np.flatnonzero(log.is_refund)
        _, first = np.unique(log.intent[rows], return_index=True)
        one_each = rows[np.sort(first)]
        # A refund of money already released is paid out of a deposit, and takes several rows.
        released = log.intent[rows[log.form[rows] == Form.BANK_DEPOSIT]]
        returned = log.intent[
            rows[
                (log.kind[rows] == Kind.RETURN)
                | (log.form_to[rows] == Form.TREASURY_SINGLE_ACCOUNT)
            ]
        ]
        intent = log.intent[one_each]
        return cls(
            intent=intent,
            true_label=log.true_label[one_each],
            amount_tiyn=log.amount_tiyn[one_each],
            is_before_release=~np.isin(intent, released),
            is_to_budget=np.isin(intent, returned),
        )

    def number(self, *labels: int) -> int:
        """Return how many accepted wants with one of `labels` were undone."""
        return int(np.isin(self.true_label, labels).sum())

    def amount(self, *labels: int) -> int:
        """Return the tiyn given back for wants with one of `labels`, or for all without any."""
        chosen = np.isin(self.true_label, labels) if labels else np.ones_like(self.true_label) > 0
        return total(self.amount_tiyn[chosen])


@dataclass(frozen=True)
class Accepted:
    """One entry per accepted want, in the order of the log."""

    row: Whole
    """Where it stands in the log."""
    intent: Whole
    payer: Whole
    payee: Whole
    true_label: Whole
    evidence: Whole
    time_us: Whole
    amount_tiyn: Whole
    is_marked: Flags
    """Paid in marked money, not only recorded for a claim."""
    is_kept: Flags
    """Not undone later."""
    is_waiting: Flags
    """Its payee was to be given the money to spend: not undone before that."""

    @classmethod
    def of(cls, log: Log, refunds: Refunds) -> Self:
        """Read the accepted wants of a log."""
        row = np.flatnonzero(log.is_accepted)
        intent = log.intent[row]
        early = refunds.intent[refunds.is_before_release]
        return cls(
            row=row,
            intent=intent,
            payer=log.payer[row],
            payee=log.payee[row],
            true_label=log.true_label[row],
            evidence=log.evidence[row],
            time_us=log.time_us[row],
            amount_tiyn=log.amount_tiyn[row],
            is_marked=(log.status[row] == Status.SETTLED) & (log.mark[row] > 0),
            is_kept=~np.isin(intent, refunds.intent),
            is_waiting=~np.isin(intent, early),
        )

    def amount(self, chosen: Flags) -> int:
        """Return the exact sum of the chosen wants in tiyn."""
        return total(self.amount_tiyn[chosen])
