"""Credits to wallets: the digital part of wages and benefits, with room made by the waterfall.

What a wallet cannot take goes past it to the deposit of its owner. While the platform is down the
credits wait, refused with the outage as the reason, and come as a second attempt.
"""

from collections.abc import Generator
from functools import cached_property

import numpy as np
import simpy
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Reason, Status, TrueLabel
from tengesim.institutions.customers import Lines, lines_of, total_tiyn
from tengesim.institutions.outages import PLATFORM
from tengesim.institutions.wallets.custody import HOLDING_LIMIT, Custody
from tengesim.payment import AccountId, Batch, Leg, Move, Particulars, Posting
from tengesim.ports import CreditOrder

__all__ = ["DigitalCredits"]


class DigitalCredits:
    """Carries out the part of every credit order that goes to wallets."""

    def __init__(self, custody: Custody) -> None:
        """Listen for credit orders."""
        self._custody = custody
        self._customers = custody.customers
        self._ports = custody.ports
        self._ports.bulletin.listen("credit", self._receive)

    @cached_property
    def _employers(self) -> dict[str, int]:
        """Parties of employers by name; a country has many, and no wages on most of its days."""
        customers = self._customers
        employers = range(customers.first_employer, customers.count)
        return {customers.name(party): party for party in employers}

    def _receive(self, order: object) -> None:
        if not isinstance(order, CreditOrder):
            raise TypeError(f"a credit is ordered by a CreditOrder, not {order!r}")
        lines = lines_of(order, self._customers, is_digital=True)
        if len(lines.parties):
            self._attempt(order, lines, attempt=0)

    def _attempt(self, order: CreditOrder, lines: Lines, *, attempt: int) -> None:
        custody = self._custody
        systems = [PLATFORM]
        if order.kind is Kind.WAGE:
            systems.append(self._customers.bank_of(self._employers[order.source]))
        down = next((system for system in systems if not custody.is_up(system)), None)
        if down is None:
            self._carry_out(order, lines, attempt)
            return
        if not attempt:
            self._refuse(order, lines, "waits", Reason.SYSTEM_UNAVAILABLE, custody.outage(down))
        self._ports.start(self._wait(order, lines, custody.up_again_us(down)))

    def _wait(
        self, order: CreditOrder, lines: Lines, until_us: int
    ) -> Generator[simpy.Event, None, None]:
        yield self._ports.until(until_us)
        self._attempt(order, lines, attempt=1)

    def _carry_out(self, order: CreditOrder, lines: Lines, attempt: int) -> None:
        is_too_much = self._is_too_much(lines)
        if is_too_much.any():
            full = lines.where(is_too_much)
            self._refuse(order, full, "full", Reason.LIMIT_HOLDING, HOLDING_LIMIT)
        accepted = lines.where(~is_too_much)
        sum_tiyn = total_tiyn(accepted.amounts_tiyn)
        if not sum_tiyn:
            return
        payer = self._collect(order, sum_tiyn)
        if payer is None:
            return
        fits_tiyn = self._fitting(order, accepted)
        fitting = Lines(accepted.parties, fits_tiyn).where(fits_tiyn > 0)
        if len(fitting.parties):
            carried = self._carried(order)._replace(attempt=attempt)
            batch = self._batch(order, fitting, "people", payer, carried)
            self._ports.ledger.post_many(batch)

    def _is_too_much(self, lines: Lines) -> NDArray[np.bool_]:
        """Return whose wallet is full without a deposit to flow to."""
        custody = self._custody
        can_flow = custody.can_convert_of(lines.parties) & custody.is_bank_up_of(lines.parties)
        return ~can_flow & (custody.excess_of(*lines) > 0)

    def _collect(self, order: CreditOrder, total_tiyn: int) -> AccountId | None:
        """Take the sum from the payer; return the account the wallets are filled from."""
        ledger, bank = self._ports.ledger, self._customers.national_bank
        name = f"{order.id}/{PLATFORM}"
        intent = self._ports.names.id(name)
        if order.kind is Kind.WAGE:
            employer = self._employers[order.source]
            wallet = self._customers.open_wallet(employer, self._ports)
            outcome = self._custody.fund(employer, total_tiyn, name, intent=intent)
            return wallet if outcome.status is Status.SETTLED else None
        single = ledger.open(order.source, bank, Form.TREASURY_SINGLE_ACCOUNT)
        issuer = ledger.open(bank, bank, Form.TREASURY_SINGLE_ACCOUNT)
        carried = Particulars(intent=intent, programme=self._ports.names.id(order.programme))
        posting = Posting(name, order.kind, (Move(single, issuer, total_tiyn),), carried)
        outcome = ledger.post(posting)
        is_taken = outcome.status is Status.SETTLED
        return ledger.open(bank, bank, Form.DIGITAL_TENGE) if is_taken else None

    def _fitting(self, order: CreditOrder, lines: Lines) -> NDArray[np.int64]:
        """Make room in the wallets, send what exceeds it to the deposits, return what fits."""
        custody, name = self._custody, f"{order.id}/{PLATFORM}"
        parties, amounts_tiyn = lines
        over_tiyn = np.minimum(custody.excess_of(*lines), custody.free_of(parties))
        custody.defund_many(
            parties, over_tiyn, f"{name}/waterfall", act=order.id, kind=Kind.WATERFALL
        )
        past_tiyn = custody.excess_of(*lines)
        if order.kind is Kind.WAGE:
            custody.defund_many(
                parties,
                past_tiyn,
                f"{name}/past",
                act=order.id,
                kind=Kind.WATERFALL,
                payer=self._employers[order.source],
            )
        else:
            self._give_past(order, Lines(parties, past_tiyn).where(past_tiyn > 0))
        return amounts_tiyn - past_tiyn

    def _give_past(self, order: CreditOrder, lines: Lines) -> None:
        """Credit the deposits of people whose wallets are full."""
        if not len(lines.parties):
            return
        issued, reserve, owed, _ = self._custody.sides_of(lines.parties)
        batch = Batch(
            f"{order.id}/{PLATFORM}/past",
            Kind.WATERFALL,
            (Leg(issued, reserve), Leg(owed, self._customers.deposit[lines.parties])),
            lines.amounts_tiyn,
            self._carried(order),
            region=self._customers.regions(lines.parties),
        )
        self._ports.ledger.post_many(batch)

    def _refuse(
        self, order: CreditOrder, lines: Lines, why: str, reason: Reason, rule: str
    ) -> None:
        ledger, bank = self._ports.ledger, self._customers.national_bank
        issuer = ledger.open(bank, bank, Form.DIGITAL_TENGE)
        carried = self._carried(order)._replace(rule=self._ports.names.id(rule))
        ledger.refuse_many(self._batch(order, lines, why, issuer, carried), reason)

    def _batch(
        self, order: CreditOrder, lines: Lines, what: str, payer: AccountId, carried: Particulars
    ) -> Batch:
        """Return one posting from `payer` to the wallet of each person of `lines`."""
        parties, amounts_tiyn = lines
        debits: NDArray[np.int64] = np.broadcast_to(np.int64(payer), len(parties))
        return Batch(
            f"{order.id}/{PLATFORM}/{what}",
            order.kind,
            (Leg(debits, self._customers.wallet[parties]),),
            amounts_tiyn,
            carried,
            region=self._customers.regions(parties),
        )

    def _carried(self, order: CreditOrder) -> Particulars:
        """Return what the rows of an order say; the payee tells one credit from another."""
        name = self._ports.names.id
        return Particulars(
            intent=name(order.id),
            true_label=TrueLabel.HONEST,
            programme=name(order.programme),
        )
