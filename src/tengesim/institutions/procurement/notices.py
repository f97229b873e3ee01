"""What is published on the way from plan to award, as rows of the log.

Every row of a lot carries its region, its budget line as programme and the lot as place, and joins
the buyer's cash-control account and the supplier's deposit. Nothing here moves money.
"""

import datetime
from typing import Final, NamedTuple

from tengesim.codes import Form, Kind, Reason, TrueLabel
from tengesim.institutions.procurement.works import Bid, Firm, Lot, LotConduct
from tengesim.payment import AccountId, Move, NameId, Particulars, Posting
from tengesim.ports import Ports

__all__ = ["Notices", "Step", "label_of"]

_EPOCH_ORDINAL: Final = datetime.date(1970, 1, 1).toordinal()


class Step(NamedTuple):
    """A step of a tender: what happened, in which round, and what the row says of it."""

    rule: str
    round: int
    value: int
    limit: int


def label_of(conduct: LotConduct) -> TrueLabel:
    """Return what is dishonest about a lot, of several the one that decides who wins."""
    if conduct.rigged:
        return TrueLabel.BID_RIGGING
    if conduct.split_into > 1:
        return TrueLabel.SPLIT_CONTRACT
    if conduct.related:
        return TrueLabel.RELATED_PARTY
    if conduct.tailored:
        return TrueLabel.TAILORED_SPECIFICATION
    if conduct.captured_owner:
        return TrueLabel.CAPTURED_OWNER
    return TrueLabel.OVERPRICING if conduct.overpricing_bp else TrueLabel.HONEST


class Notices:
    """Writes the rows of lots into the log."""

    def __init__(self, ports: Ports, *, treasury: str) -> None:
        """Prepare the side of the Treasury."""
        self._ports = ports
        self._treasury = treasury
        self._control = ports.ledger.open(treasury, treasury, Form.CASH_CONTROL_ACCOUNT)
        self._accounts: dict[str, AccountId] = {}

    def buyer(self, lot: Lot) -> AccountId:
        """Return the cash-control account of the buyer of `lot`."""
        name = lot.buyer.id
        if name not in self._accounts:
            self._accounts[name] = self._ports.ledger.open(
                name, self._treasury, Form.CASH_CONTROL_ACCOUNT
            )
        return self._accounts[name]

    def supplier(self, firm: Firm) -> AccountId:
        """Return the deposit of `firm`."""
        if firm.id not in self._accounts:
            self._accounts[firm.id] = self._ports.ledger.open(firm.id, firm.bank, Form.BANK_DEPOSIT)
        return self._accounts[firm.id]

    def planned(self, lot: Lot, label: TrueLabel) -> None:
        """Publish a lot of the plan, and keep what it costs in truth."""
        carried = self._carried(lot, lot.id, label)._replace(
            value=lot.planned_on.toordinal() - _EPOCH_ORDINAL, limit=lot.method.code
        )
        layer = self._ports.names.id(lot.layer)
        for kind, amount_tiyn, particulars in (
            (Kind.PLAN, lot.estimate_tiyn, carried._replace(rule=layer)),
            (Kind.TRUE_COST, lot.true_cost_tiyn, carried._replace(value=0, limit=0)),
        ):
            self._record(
                f"{lot.id}/{kind.name}", kind, self._to_treasury(lot, amount_tiyn), particulars
            )

    def step(self, lot: Lot, step: Step) -> None:
        """Publish that a tender is announced, suspended, failed or over."""
        intent = f"{lot.id}/tender-{step.round}"
        carried = self._carried(lot, intent, TrueLabel.INTERNAL)._replace(
            attempt=step.round,
            value=step.value,
            limit=step.limit,
            rule=self._ports.names.id(step.rule),
        )
        moves = self._to_treasury(lot, lot.estimate_tiyn)
        self._record(f"{intent}/{step.rule}", Kind.TENDER, moves, carried)

    def set_aside(self, lot: Lot, step: Step, reason: Reason = Reason.NONE) -> None:
        """Publish what becomes of the money for a lot: set aside, let go, or not there."""
        intent = f"{lot.id}/appropriation"
        carried = self._carried(lot, intent, TrueLabel.INTERNAL)._replace(
            value=step.value, limit=step.limit, rule=self._ports.names.id(step.rule)
        )
        moves = self._to_treasury(lot, lot.estimate_tiyn)
        if reason is Reason.NONE:
            self._record(f"{intent}/{step.rule}", Kind.APPROVAL, moves, carried)
            return
        posting = Posting(f"{intent}/{step.rule}", Kind.APPROVAL, moves, carried)
        self._ports.ledger.refuse(posting, reason)

    def bids(self, lot: Lot, bids: tuple[Bid, ...], round_: int, label: TrueLabel) -> None:
        """Publish the bids of a round in the order of their rank."""
        for place, bid in enumerate(bids, start=1):
            intent = f"{lot.id}/bid-{round_}-{place}"
            carried = self._carried(lot, intent, label)._replace(
                attempt=round_, value=int(bid.is_admissible), limit=place
            )
            self._record(intent, Kind.BID, self._to(lot, bid.firm, bid.price_tiyn), carried)

    def award(self, lot: Lot, bid: Bid, step: Step, label: TrueLabel) -> None:
        """Publish who does the work, and for how much."""
        self._record(*self._of_award(lot, bid, step, label))

    def refused(self, lot: Lot, bid: Bid, step: Step, reason: Reason) -> None:
        """Publish that a bidder does not get a contract that it would have got."""
        posting = Posting(*self._of_award(lot, bid, step, TrueLabel.INTERNAL))
        self._ports.ledger.refuse(posting, reason)

    def complaint(self, lot: Lot, bid: Bid, round_: int, *, is_upheld: bool | None) -> None:
        """Publish that a loser complains, and later what was decided; None while it is open."""
        intent = f"{lot.id}/complaint-{round_}"
        attempt = 0 if is_upheld is None else 1
        carried = self._carried(lot, intent, TrueLabel.INTERNAL)._replace(
            attempt=attempt,
            value=int(bool(is_upheld)),
            rule=self._ports.names.id("complaint_to_organiser"),
        )
        moves = self._to(lot, bid.firm, lot.estimate_tiyn)
        self._record(f"{intent}/{attempt}", Kind.COMPLAINT, moves, carried)

    def _of_award(
        self, lot: Lot, bid: Bid, step: Step, label: TrueLabel
    ) -> tuple[str, Kind, tuple[Move, ...], Particulars]:
        intent = f"{lot.id}/award"
        rule = self._ports.names.id(step.rule) if step.rule else NameId(0)
        carried = self._carried(lot, intent, label)._replace(
            attempt=step.round, value=step.value, limit=step.limit, rule=rule
        )
        moves = self._to(lot, bid.firm, bid.price_tiyn)
        return f"{intent}/{step.round}/{bid.firm.id}", Kind.AWARD, moves, carried

    def _carried(self, lot: Lot, intent: str, label: TrueLabel) -> Particulars:
        name = self._ports.names.id
        return Particulars(
            intent=name(intent),
            true_label=label,
            region=name(lot.buyer.region),
            programme=name(lot.buyer.line),
            place=name(lot.id),
        )

    def _to(self, lot: Lot, firm: Firm, amount_tiyn: int) -> tuple[Move, ...]:
        return (Move(self.buyer(lot), self.supplier(firm), amount_tiyn),)

    def _to_treasury(self, lot: Lot, amount_tiyn: int) -> tuple[Move, ...]:
        return (Move(self.buyer(lot), self._control, amount_tiyn),)

    def _record(
        self, posting_id: str, kind: Kind, moves: tuple[Move, ...], carried: Particulars
    ) -> None:
        self._ports.ledger.record(Posting(posting_id, kind, moves, carried))
