"""How far each observer can follow the money of a contract, and whether what it sees is true.

The chain of a contract is walked from its deepest subcontractor up to the supplier. Of what a firm
is seen to receive, as much is traced as it is seen to spend on terminal uses, or as its
subcontractors are; money is alike within one contract and one firm. What a firm keeps is not
traced: its margin has no terminal use in any arm.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Self

import numpy as np

from tengesim.codes import Evidence, Kind, TrueLabel
from tengesim.metrics.contracts import Contracts, sums
from tengesim.metrics.exact import total
from tengesim.metrics.log import Flags, Whole, is_one_of
from tengesim.metrics.metric import Measure, Metric, defined
from tengesim.metrics.obligations import PATIENCE_DAYS, Intents
from tengesim.metrics.readings import Readings

__all__ = ["CONTRACT_OBSERVERS", "METRICS", "SEEN_BY_ARM", "measure"]

CONTRACT_OBSERVERS: Final = {
    "public": "The public sees what is published in every arm: plan, tender, award, contract, the"
    " day and amount of every release to the supplier, and what came back. It sees no bank account"
    " and nothing below the supplier.",
    "treasury": "The Treasury sees releases, taxes, what came back, and every payment out of an"
    " account that it keeps or of money that bears its mark, with the documents behind it. Of other"
    " accounts it sees nothing.",
    "auditor": "The auditor reads every bank account, and ties a payment to the contract where a"
    " matched e-invoice, the payroll register, a tax return, a mark or a controlled account says"
    " so. The rest of a firm's account could be for any other work.",
    "tax": "The tax authority sees e-invoices, taxes and the payroll register, and no account: what"
    " is paid without an e-invoice is not there.",
}
"""Who sees what of a contract; what an authority may see is the same in every arm."""

SEEN_BY_ARM: Final = {
    "public": ("releases, returns", "", "", ""),
    "treasury": (
        "releases, taxes, returns",
        "",
        "and what leaves the supplier's controlled account",
        "and every payment of money that bears the mark, as deep as it is passed on",
    ),
    "auditor": (
        "releases, taxes, returns, wages on the payroll register, payments with an e-invoice",
        "",
        "and all that leaves the controlled account",
        "and all that marked money pays",
    ),
    "tax": ("e-invoices, wages on the payroll register, taxes, returns", "", "", ""),
}
"""What each observer can tie to a contract in `paper_ordinary`, and what `evidence_ordinary`,
`treasury_control` and `evidence_marked` add to that; empty for nothing."""

_UNTRUE: Final = (
    TrueLabel.FICTITIOUS_ACT,
    TrueLabel.COLLUDING_SUPERVISOR,
    TrueLabel.SHELL_SUBCONTRACTOR,
)
_INVOICED: Final = int(Evidence.INVOICE_MATCHED)
_ON_PAYROLL: Final = int(Evidence.PAYROLL_MATCHED)
_SOURCES_AT_LEAST: Final = 2
_PAID: Final = "tiyn were released"
_COHORT: Final = f"until {PATIENCE_DAYS} days after the contract's closing"

_metric = partial(defined, group="transparency", scope="procurement")

METRICS: Final[tuple[Metric, ...]] = (
    *(
        _metric(
            f"contract_traceable_share_{observer}",
            f"Contract money traced to its use, {observer}",
            "share",
            question=f"Which share of contract money can the {observer} follow to its use?",
            formula="KZT whose chain of payees to a wage, a tax, a supplier outside the contract"
            " with a matched e-invoice, or a return can be rebuilt from what this observer sees ÷"
            f" KZT released, advances included, {_COHORT}.",
            source="Payee chain to a terminal use, rebuilt from the observer's fields alone",
            text=f"{text} What a firm keeps as its margin is traced by nobody.",
            direction="up",
        )
        for observer, text in CONTRACT_OBSERVERS.items()
    ),
    _metric(
        "contract_traced_but_false",
        "Traced contract money without delivery",
        "share",
        question="How much of what the auditor can trace is untrue?",
        formula="Σ over contracts of KZT traced by the auditor × the share of released KZT that was"
        " lost to work not done ÷ KZT traced by the auditor.",
        source="Traced KZT with untrue delivery ÷ traced KZT",
        text="Fictitious acts, false signatures of supervisors, and subcontractors that do nothing:"
        " a complete trail can tell of work that nobody did.",
        direction="down",
        uses_truth=True,
    ),
    _metric(
        "contract_verified_purpose",
        "Contract money with verified purpose",
        "share",
        question="Which share of contract money has evidence from two independent sources?",
        formula="KZT released for intents with at least two of: technical supervision; weigh-bill"
        f" or scan; a register that changed; the payroll register ÷ KZT released, {_COHORT}.",
        source="Evidence from at least two sources independent of payer and payee",
        text="The customer's signature and the supplier's e-invoice are words of payer and payee."
        " Advances have no delivery yet, so none of theirs is verified.",
        direction="up",
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield how far the money of contracts can be followed."""
    contracts = readings.contracts
    released_tiyn = contracts.released_tiyn(PATIENCE_DAYS)
    released = total(released_tiyn)
    chain = _Chain.of(contracts)
    by_auditor = np.zeros(contracts.count, dtype=np.int64)
    for observer in CONTRACT_OBSERVERS:
        traced_tiyn = chain.traced(observer, released_tiyn)
        if observer == "auditor":
            by_auditor = traced_tiyn
        name = f"contract_traceable_share_{observer}"
        yield Measure(name, total(traced_tiyn), released, cases=_PAID)
    false, traced = _false_tiyn(readings.intents, by_auditor, released_tiyn), total(by_auditor)
    yield Measure("contract_traced_but_false", false, traced, cases=_PAID)
    verified = _verified_tiyn(readings.intents)
    yield Measure("contract_verified_purpose", verified, released, cases=_PAID)


@dataclass(frozen=True)
class _Chain:
    """Firms of all contracts as nodes, and the payments between them; node -1 is outside."""

    contracts: Contracts
    chosen: Flags
    """Payments within the time in which contracts are followed."""
    source: Whole
    target: Whole
    parent: Whole
    depth: Whole
    lot: Whole
    """Of each node."""
    is_invoiced: Flags

    @classmethod
    def of(cls, contracts: Contracts) -> Self:
        """Read suppliers, subcontractors and payments."""
        paid = contracts.payments
        lots = np.flatnonzero(contracts.supplier >= 0)
        subs = contracts.rows(Kind.SUBCONTRACT)
        log = contracts.log
        lot = np.concatenate([lots, contracts.lot[subs]])
        firm = np.concatenate([contracts.supplier[lots], log.payee[subs].astype(np.int64)])
        above = np.concatenate([lots * 0 - 1, log.payer[subs].astype(np.int64)])
        depth = np.concatenate([lots * 0, log.value[subs]])
        width = int(max(paid.payer.max(initial=0), paid.payee.max(initial=0), firm.max(initial=0)))
        node, first = np.unique(lot * (width + 1) + firm, return_index=True)

        def found(of_lot: Whole, of_firm: Whole) -> Whole:
            key = of_lot * (width + 1) + of_firm
            place = np.minimum(np.searchsorted(node, key), max(len(node) - 1, 0))
            is_known = node[place] == key if len(node) else np.zeros(len(key), dtype=np.bool_)
            return np.where(is_known & (of_firm >= 0), place, -1)

        return cls(
            contracts=contracts,
            chosen=paid.time_us < contracts.until_us(PATIENCE_DAYS)[paid.lot],
            source=found(paid.lot, paid.payer),
            target=found(paid.lot, paid.payee),
            parent=found(lot[first], above[first]),
            depth=depth[first],
            lot=lot[first],
            is_invoiced=_is_invoiced(contracts),
        )

    def traced(self, observer: str, released_tiyn: Whole) -> Whole:
        """Return what `observer` traces of each lot."""
        contracts, paid = self.contracts, self.contracts.payments
        seen = self.chosen & self._is_seen(observer)
        count = len(self.lot)
        into = seen & (self.target >= 0) & (contracts.is_release | (paid.kind == Kind.SUBPAYMENT))
        into &= self.source != self.target
        inflow = sums(self.target[into], paid.amount_tiyn[into], count)
        used = seen & (self.source >= 0) & (self.target < 0) & self._is_terminal()
        outflow = sums(self.source[used], paid.amount_tiyn[used], count)
        for depth in range(int(self.depth.max(initial=0)), 0, -1):
            at = np.flatnonzero((self.depth == depth) & (self.parent >= 0))
            np.add.at(outflow, self.parent[at], np.minimum(inflow, outflow)[at])
        back = self.chosen & contracts.is_back
        returned = sums(paid.lot[back], paid.amount_tiyn[back], contracts.count)
        returned = np.minimum(returned, released_tiyn)
        top = self.depth == 0
        own = sums(self.lot[top], np.minimum(inflow, outflow)[top], contracts.count)
        return np.asarray(returned + np.minimum(own, released_tiyn - returned))

    def _is_terminal(self) -> Flags:
        """Return payments after which there is nothing more to follow; see who sees them."""
        kind = self.contracts.payments.kind
        bought = (kind == Kind.SUBPAYMENT) & self.is_invoiced
        return np.asarray(is_one_of(kind, (Kind.WAGE, Kind.TAX)) | bought)

    def _is_seen(self, observer: str) -> Flags:
        """Return payments that an observer sees and can tie to the contract."""
        contracts, paid = self.contracts, self.contracts.payments
        is_tax = paid.kind == Kind.TAX
        if observer == "public":
            return contracts.is_release
        is_watched = paid.is_marked | (paid.is_controlled & ~contracts.is_release)
        if observer == "treasury":
            return np.asarray(contracts.is_release | is_watched | is_tax)
        is_on_payroll = (paid.kind == Kind.WAGE) & (paid.evidence & _ON_PAYROLL > 0)
        is_documented = self.is_invoiced | is_on_payroll | is_tax
        if observer == "tax":
            return np.asarray(is_documented)
        return np.asarray(contracts.is_release | is_watched | is_documented)


def _is_invoiced(contracts: Contracts) -> Flags:
    """Return payments with a matched e-invoice: on themselves, or between the two firms."""
    log, paid = contracts.log, contracts.payments
    rows = contracts.rows(Kind.INVOICE)
    rows = rows[log.evidence[rows] & _INVOICED > 0]
    width = int(max(log.payer.max(initial=0), log.payee.max(initial=0))) + 1

    def pair(lot: Whole, payer: Whole, payee: Whole) -> Whole:
        return (lot * width + payer) * width + payee

    invoices = np.unique(
        pair(contracts.lot[rows], log.payer[rows].astype(np.int64), log.payee[rows])
    )
    between = np.isin(pair(paid.lot, paid.payer, paid.payee), invoices)
    return np.asarray(between | (paid.evidence & _INVOICED > 0))


def _false_tiyn(intents: Intents, traced_tiyn: Whole, released_tiyn: Whole) -> int:
    """Return traced money for work not done: of each contract the share of it that was lost so."""
    chosen = intents.is_succeeded & is_one_of(intents.true_label, _UNTRUE)
    lost = sums(intents.lot[chosen], intents.loss_tiyn[chosen], len(traced_tiyn))
    false = 0
    for lot in np.flatnonzero((lost > 0) & (released_tiyn > 0)).tolist():
        released = int(released_tiyn[lot])
        false += int(traced_tiyn[lot]) * min(int(lost[lot]), released) // released
    return false


def _verified_tiyn(intents: Intents) -> int:
    """Return what was released for intents that enough independent sources confirm."""
    contracts, paid = intents.contracts, intents.contracts.payments
    chosen = contracts.is_release & (paid.time_us < contracts.until_us(PATIENCE_DAYS)[paid.lot])
    verified = intents.intent[intents.source_count >= _SOURCES_AT_LEAST]
    return total(paid.amount_tiyn[chosen & np.isin(paid.intent, verified)])
