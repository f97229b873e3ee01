"""Credits to wallets: the digital part of wages and benefits, with room made by the waterfall.

What a wallet cannot take goes past it to the deposit of its owner. While the platform is down the
credits wait, refused with the outage as the reason, and come as a second attempt.
"""

from collections.abc import Generator, Sequence

import simpy

from tengesim.codes import Form, Kind, Reason, Status, TrueLabel
from tengesim.institutions.customers import Line, lines_of
from tengesim.institutions.outages import PLATFORM
from tengesim.institutions.wallets.custody import HOLDING_LIMIT, Custody
from tengesim.ledger.moves import deposit_from_reserves
from tengesim.payment import AccountId, Batch, Move, Particulars, Posting
from tengesim.ports import CreditOrder

__all__ = ["DigitalCredits"]


class DigitalCredits:
    """Carries out the part of every credit order that goes to wallets."""

    def __init__(self, custody: Custody) -> None:
        """Listen for credit orders."""
        self._custody = custody
        self._customers = custody.customers
        self._ports = custody.ports
        self._employers = {
            self._customers.name(party): party
            for party in range(self._customers.first_employer, self._customers.count)
        }
        self._ports.bulletin.listen("credit", self._receive)

    def _receive(self, order: object) -> None:
        if not isinstance(order, CreditOrder):
            raise TypeError(f"a credit is ordered by a CreditOrder, not {order!r}")
        lines = tuple(lines_of(order, self._customers, is_digital=True))
        if lines:
            self._attempt(order, lines, attempt=0)

    def _attempt(self, order: CreditOrder, lines: tuple[Line, ...], *, attempt: int) -> None:
        custody = self._custody
        systems = [PLATFORM]
        if order.kind is Kind.WAGE:
            systems.append(self._customers.bank_of(self._employers[order.source]))
        down = next((system for system in systems if not custody.is_up(system)), None)
        if down is None:
            self._carry_out(order, lines, attempt)
            return
        if not attempt:
            rule = custody.outage(down)
            for line in lines:
                self._refuse(order, line, "waits", Reason.SYSTEM_UNAVAILABLE, rule)
        self._ports.start(self._wait(order, lines, custody.up_again_us(down)))

    def _wait(
        self, order: CreditOrder, lines: tuple[Line, ...], until_us: int
    ) -> Generator[simpy.Event, None, None]:
        yield self._ports.until(until_us)
        self._attempt(order, lines, attempt=1)

    def _carry_out(self, order: CreditOrder, lines: Sequence[Line], attempt: int) -> None:
        accepted = [line for line in lines if not self._is_too_much(line)]
        for line in lines:
            if self._is_too_much(line):
                self._refuse(order, line, "full", Reason.LIMIT_HOLDING, HOLDING_LIMIT)
        total_tiyn = sum(line.amount_tiyn for line in accepted)
        if not total_tiyn:
            return
        payer = self._collect(order, total_tiyn)
        if payer is None:
            return
        moves: list[Move] = []
        carried: list[Particulars] = []
        for line in accepted:
            fits_tiyn = self._fitting(order, line)
            if fits_tiyn:
                moves.append(Move(payer, self._custody.wallet(line.party), fits_tiyn))
                carried.append(self._carried(order, line, attempt=attempt))
        if moves:
            name = f"{order.id}/{PLATFORM}/people"
            self._ports.ledger.post_many(Batch(name, order.kind, moves, carried))

    def _is_too_much(self, line: Line) -> bool:
        """Return whether the wallet is full and there is no deposit to flow to."""
        custody = self._custody
        if custody.can_convert(line.party) and custody.is_bank_up(line.party):
            return False
        return custody.excess_tiyn(line.party, line.amount_tiyn) > 0

    def _collect(self, order: CreditOrder, total_tiyn: int) -> AccountId | None:
        """Take the sum from the payer; return the account the wallets are filled from."""
        ledger, bank = self._ports.ledger, self._customers.national_bank
        name = f"{order.id}/{PLATFORM}"
        intent = self._ports.names.id(name)
        if order.kind is Kind.WAGE:
            employer = self._employers[order.source]
            wallet = self._customers.open_wallet(employer, ledger)
            outcome = self._custody.fund(employer, total_tiyn, name, intent=intent)
            return wallet if outcome.status is Status.SETTLED else None
        single = ledger.open(order.source, bank, Form.TREASURY_SINGLE_ACCOUNT)
        issuer = ledger.open(bank, bank, Form.TREASURY_SINGLE_ACCOUNT)
        carried = Particulars(intent=intent, programme=self._ports.names.id(order.programme))
        posting = Posting(name, order.kind, (Move(single, issuer, total_tiyn),), carried)
        outcome = ledger.post(posting)
        is_taken = outcome.status is Status.SETTLED
        return ledger.open(bank, bank, Form.DIGITAL_TENGE) if is_taken else None

    def _fitting(self, order: CreditOrder, line: Line) -> int:
        """Make room in the wallet, send what exceeds it to the deposit, return what fits."""
        custody = self._custody
        name = f"{order.id}/{self._customers.name(line.party)}"
        intent = self._ports.names.id(name)
        fits_tiyn = custody.make_room(
            line.party, line.amount_tiyn, f"{name}/waterfall", intent=intent
        )
        past_tiyn = line.amount_tiyn - fits_tiyn
        if not past_tiyn:
            return fits_tiyn
        if order.kind is Kind.WAGE:
            employer = self._employers[order.source]
            custody.defund(
                line.party,
                past_tiyn,
                f"{name}/past",
                intent=intent,
                kind=Kind.WATERFALL,
                payer=employer,
            )
            return fits_tiyn
        moves = deposit_from_reserves(
            self._ports.ledger,
            national_bank=self._customers.national_bank,
            bank=self._customers.bank_of(line.party),
            holder=self._customers.name(line.party),
            amount_tiyn=past_tiyn,
        )
        carried = self._carried(order, line)
        self._ports.ledger.post(Posting(f"{name}/past", Kind.WATERFALL, moves, carried))
        return fits_tiyn

    def _refuse(self, order: CreditOrder, line: Line, why: str, reason: Reason, rule: str) -> None:
        ledger, bank = self._ports.ledger, self._customers.national_bank
        issuer = ledger.open(bank, bank, Form.DIGITAL_TENGE)
        move = Move(issuer, self._custody.wallet(line.party), line.amount_tiyn)
        carried = self._carried(order, line)._replace(rule=self._ports.names.id(rule))
        name = f"{order.id}/{self._customers.name(line.party)}/{why}"
        ledger.refuse(Posting(name, order.kind, (move,), carried), reason)

    def _carried(self, order: CreditOrder, line: Line, *, attempt: int = 0) -> Particulars:
        name = self._ports.names.id
        return Particulars(
            intent=name(f"{order.id}/{self._customers.name(line.party)}"),
            attempt=attempt,
            true_label=TrueLabel.HONEST,
            region=self._customers.region(line.party),
            programme=name(order.programme),
        )
