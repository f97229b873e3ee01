"""Credits to deposits: wages from employers, benefits from the Treasury, for many people at once.

One posting moves the sum between the payer and each bank, one batch gives every person a row. A
bank that is down loses nothing: its customers' credits are refused with the outage as the reason,
and carried out as a second attempt when it works again.
"""

from collections.abc import Generator, Iterable
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import simpy
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Reason, Status, TrueLabel
from tengesim.institutions.customers import Customers, Lines, lines_of, total_tiyn
from tengesim.payment import AccountId, Batch, Leg, Move, Particulars, Posting
from tengesim.ports import Availability, CreditOrder, LiquidityRequest, Ports

__all__ = ["Credits"]

_PAID: Final = frozenset({Kind.WAGE, Kind.BENEFIT})


class _Share(NamedTuple):
    """Those of an order whose deposits one bank keeps."""

    order: CreditOrder
    bank: str
    lines: Lines

    @property
    def id(self) -> str:
        return f"{self.order.id}/{self.bank}"

    def total_tiyn(self) -> int:
        return total_tiyn(self.lines.amounts_tiyn)


class Credits:
    """Carries out the part of every credit order that goes to deposits."""

    def __init__(self, customers: Customers, availability: Availability, ports: Ports) -> None:
        """Listen for credit orders."""
        self._customers = customers
        self._availability = availability
        self._ports = ports
        ports.bulletin.listen("credit", self._receive)

    @cached_property
    def _employers(self) -> dict[str, int]:
        """Parties of employers by name; a country has many, and no wages on most of its days."""
        customers = self._customers
        employers = range(customers.first_employer, customers.count)
        return {customers.name(party): party for party in employers}

    def _receive(self, order: object) -> None:
        if not isinstance(order, CreditOrder):
            raise TypeError(f"a credit is ordered by a CreditOrder, not {order!r}")
        if order.kind not in _PAID:
            raise ValueError(f"order {order.id!r} is a {order.kind.name}, not a wage or a benefit")
        lines = lines_of(order, self._customers, is_digital=False)
        banks = self._customers.bank[lines.parties]
        for number in np.unique(banks).tolist():
            share = _Share(order, self._customers.banks[number], lines.where(banks == number))
            self._attempt(share, attempt=0)

    def _attempt(self, share: _Share, *, attempt: int) -> None:
        now_us = self._ports.now()
        down = next(
            (one for one in self._systems(share) if not self._availability.is_up(one, now_us)), None
        )
        if down is None:
            self._carry_out(share, attempt)
            return
        if not attempt:
            self._say_waiting(share, self._availability.outage(down, now_us))
        self._ports.start(self._wait(share, self._availability.up_again_us(down, now_us)))

    def _systems(self, share: _Share) -> Iterable[str]:
        if share.order.kind is Kind.WAGE:
            yield self._customers.bank_of(self._employers[share.order.source])
        yield share.bank

    def _wait(self, share: _Share, until_us: int) -> Generator[simpy.Event, None, None]:
        yield self._ports.until(until_us)
        self._attempt(share, attempt=1)

    def _say_waiting(self, share: _Share, outage: str) -> None:
        owed, _, _ = self._customers.issuers(share.bank, self._ports.ledger)
        carried = self._carried(share.order)._replace(rule=self._ports.names.id(outage))
        batch = self._batch(share, f"{share.id}/waits", owed, carried)
        self._ports.ledger.refuse_many(batch, Reason.SYSTEM_UNAVAILABLE)

    def _carry_out(self, share: _Share, attempt: int) -> None:
        if share.order.kind is Kind.BENEFIT:
            debit = self._from_treasury(share)
        else:
            debit = self._from_employer(share)
        if debit is None:
            return
        carried = self._carried(share.order)._replace(attempt=attempt)
        self._ports.ledger.post_many(self._batch(share, f"{share.id}/people", debit, carried))

    def _batch(self, share: _Share, name: str, debit: AccountId, carried: Particulars) -> Batch:
        parties, amounts_tiyn = share.lines
        deposits = self._customers.deposit[parties]
        debits: NDArray[np.int64] = np.broadcast_to(np.int64(debit), len(parties))
        return Batch(
            name,
            share.order.kind,
            (Leg(debits, deposits),),
            amounts_tiyn,
            carried,
            region=self._customers.regions(parties),
        )

    def _from_treasury(self, share: _Share) -> AccountId | None:
        """Give the bank reserves out of the single account; return what it then owes people."""
        ledger, bank = self._ports.ledger, self._customers.national_bank
        owed, reserve, issued = self._customers.issuers(share.bank, ledger)
        total_tiyn = share.total_tiyn()
        moves = (
            Move(
                ledger.open(share.order.source, bank, Form.TREASURY_SINGLE_ACCOUNT),
                ledger.open(bank, bank, Form.TREASURY_SINGLE_ACCOUNT),
                total_tiyn,
            ),
            Move(issued, reserve, total_tiyn),
        )
        return owed if self._post_sum(share, moves) else None

    def _from_employer(self, share: _Share) -> AccountId | None:
        """Bring the money to the bank of the people; return the account to pay them from."""
        ledger, party = self._ports.ledger, self._employers[share.order.source]
        own = self._customers.bank_of(party)
        deposit = self._deposit(party)
        if own == share.bank:
            return deposit
        owed, reserve, _ = self._customers.issuers(own, ledger)
        owed_to, reserve_to, _ = self._customers.issuers(share.bank, ledger)
        total_tiyn = share.total_tiyn()
        short_tiyn = total_tiyn - ledger.free(reserve)
        if short_tiyn > 0 and ledger.free(deposit) >= total_tiyn:
            self._ports.bulletin.announce("liquidity", LiquidityRequest(own, short_tiyn))
        moves = (Move(deposit, owed, total_tiyn), Move(reserve, reserve_to, total_tiyn))
        return owed_to if self._post_sum(share, moves) else None

    def _post_sum(self, share: _Share, moves: tuple[Move, ...]) -> bool:
        name = self._ports.names.id
        carried = Particulars(intent=name(share.id), programme=name(share.order.programme))
        outcome = self._ports.ledger.post(Posting(share.id, share.order.kind, moves, carried))
        return outcome.status is Status.SETTLED

    def _carried(self, order: CreditOrder) -> Particulars:
        """Return what the rows of an order say; the payee tells one credit from another."""
        name = self._ports.names.id
        return Particulars(
            intent=name(order.id),
            true_label=TrueLabel.HONEST,
            programme=name(order.programme),
        )

    def _deposit(self, party: int) -> AccountId:
        return AccountId(int(self._customers.deposit[party]))
