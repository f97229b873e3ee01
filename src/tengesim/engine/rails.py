"""Paying by deposit, in cash, and getting cash: what everybody can do without digital tenge.

A deposit is the debt of one bank, so between customers of two banks it ends at one, reserves move,
and it begins at the other: three moves of one posting. A bank whose system is down pays nothing
and takes nothing, and a till without a connection takes cash only. Whoever lacks the means leaves
no row; the checkout tries something else.
"""

from dataclasses import dataclass, field
from typing import Final

from tengesim.codes import Evidence, Form, Kind, Reason, TrueLabel
from tengesim.institutions.customers import NO_ACCOUNT, Customers
from tengesim.institutions.outages import NO_CONNECTION
from tengesim.payment import AccountId, Move, NameId, Outcome, Particulars, RetailWant
from tengesim.ports import Availability, Bulletin, Interner, Ledger, LiquidityRequest

__all__ = ["CashRail", "DepositRail", "Position", "Teller", "Till"]

Position = tuple[int, int, int, int]
"""Time, stratum and number of a want, and the attempt."""

_PROGRAMME: Final = "retail"


@dataclass(frozen=True, slots=True)
class Till:
    """What every way of paying needs of the world, and how it fills in a row."""

    ledger: Ledger
    names: Interner
    bulletin: Bulletin
    customers: Customers
    availability: Availability
    _issuers: dict[str, tuple[AccountId, AccountId, AccountId]] = field(
        default_factory=dict, init=False
    )

    def row(self, want: RetailWant, attempt: int, rule: str = "") -> Particulars:
        """Return what a row says besides who paid whom how much."""
        channel = Evidence.CHANNEL_REMOTE if want.is_remote else Evidence.CHANNEL_COUNTER
        return Particulars(
            want.intent,
            attempt,
            TrueLabel.HONEST,
            channel,
            self.customers.region(want.payer),
            self.names.id(_PROGRAMME),
            want.purpose,
            self.names.id(rule) if rule else NameId(0),
        )

    def bank_down(self, party: int, time_us: int) -> str:
        """Return the outage that keeps the bank of `party` from working, or nothing."""
        return self.availability.outage(self.customers.bank_of(party), time_us)

    def obstacle(self, want: RetailWant) -> str:
        """Return what keeps a deposit from moving at the moment of `want`, or nothing."""
        is_at_till = not want.is_remote and want.payee >= self.customers.people
        if is_at_till and not self.availability.is_connected(want.payee, want.time_us):
            return NO_CONNECTION
        return self.bank_down(want.payer, want.time_us) or self.bank_down(want.payee, want.time_us)

    def reason_against(self, party: int, down: str) -> Reason:
        """Return why the deposit of `party` pays nothing: `down` names what cannot be reached."""
        if down:
            return Reason.SYSTEM_UNAVAILABLE
        return Reason.ACCOUNT_FROZEN if self.ledger.is_frozen(self.deposit(party)) else Reason.NONE

    def deposit(self, party: int) -> AccountId:
        """Return the account of `party` at its bank."""
        return AccountId(int(self.customers.deposit[party]))

    def cash_of(self, party: int) -> AccountId:
        """Return the cash of `party`."""
        return AccountId(int(self.customers.cash[party]))

    def issuers(self, bank: str) -> tuple[AccountId, AccountId, AccountId]:
        """Return what `bank` owes in deposits, its reserves, and what stands behind those."""
        known = self._issuers.get(bank)
        if known is None:
            known = self._issuers[bank] = self.customers.issuers(bank, self.ledger)
        return known

    def provide(self, bank: str, reserve: AccountId, amount_tiyn: int) -> None:
        """Let `bank` have `amount_tiyn` of reserves, which it borrows where it must."""
        short_tiyn = amount_tiyn - self.ledger.free(reserve)
        if short_tiyn > 0:
            self.bulletin.announce("liquidity", LiquidityRequest(bank, short_tiyn))


class DepositRail:
    """From the payer's bank account to the payee's."""

    __slots__ = ("_till",)

    def __init__(self, till: Till) -> None:
        """Pay between the deposits of the customers of `till`."""
        self._till = till

    @property
    def form(self) -> Form:
        """Form of money that moves on it."""
        return Form.BANK_DEPOSIT

    def can_try(self, want: RetailWant) -> bool:
        """Return whether payer and payee have bank accounts."""
        customers = self._till.customers
        return customers.has_deposit(want.payer) and customers.has_deposit(want.payee)

    def pay(self, want: RetailWant, attempt: int, position: Position) -> Outcome | None:
        """Pay, or log why not; None where the payer lacks the means, and nothing is logged."""
        till = self._till
        if till.ledger.free(till.deposit(want.payer)) < want.amount_tiyn:
            return None
        down = till.obstacle(want)
        reason = till.reason_against(want.payer, down)
        if reason is Reason.NONE:
            self.provide(want)
        carried = till.row(want, attempt, down)
        return till.ledger.pay(position, Kind.PAYMENT, self.moves(want), carried, reason)

    def moves(self, want: RetailWant) -> tuple[Move, ...]:
        """Return the moves of a payment, the payer's first."""
        till, amount_tiyn = self._till, want.amount_tiyn
        payer, payee = till.deposit(want.payer), till.deposit(want.payee)
        own, other = till.customers.bank_of(want.payer), till.customers.bank_of(want.payee)
        if own == other:
            return (Move(payer, payee, amount_tiyn),)
        owed, reserve, _ = till.issuers(own)
        owing, gained, _ = till.issuers(other)
        return (
            Move(payer, owed, amount_tiyn),
            Move(reserve, gained, amount_tiyn),
            Move(owing, payee, amount_tiyn),
        )

    def provide(self, want: RetailWant) -> None:
        """Let the payer's bank have the reserves that a payment takes."""
        till = self._till
        own = till.customers.bank_of(want.payer)
        if own != till.customers.bank_of(want.payee):
            till.provide(own, till.issuers(own)[1], want.amount_tiyn)


class CashRail:
    """From hand to hand."""

    __slots__ = ("_till",)

    def __init__(self, till: Till) -> None:
        """Pay between the purses of the customers of `till`."""
        self._till = till

    @property
    def form(self) -> Form:
        """Form of money that moves on it."""
        return Form.CASH

    def can_try(self, want: RetailWant) -> bool:
        """Return whether payer and payee meet and both can hold cash."""
        cash = self._till.customers.cash
        return not want.is_remote and NO_ACCOUNT not in {cash[want.payer], cash[want.payee]}

    def pay(self, want: RetailWant, attempt: int, position: Position) -> Outcome | None:
        """Pay; None where the payer has not enough, and nothing is logged."""
        till = self._till
        payer, payee = till.cash_of(want.payer), till.cash_of(want.payee)
        if till.ledger.free(payer) < want.amount_tiyn:
            return None
        moves = (Move(payer, payee, want.amount_tiyn),)
        return till.ledger.pay(position, Kind.PAYMENT, moves, till.row(want, attempt))


class Teller:
    """Cash for a deposit: the bank buys it from the National Bank with its reserves."""

    __slots__ = ("_till",)

    def __init__(self, till: Till) -> None:
        """Serve the customers of `till`."""
        self._till = till

    @property
    def form(self) -> Form:
        """Form of money that is handed out."""
        return Form.CASH

    def can_try(self, want: RetailWant) -> bool:
        """Return whether whoever wants cash has a bank account and can hold cash."""
        customers = self._till.customers
        return customers.has_deposit(want.payer) and bool(customers.cash[want.payer] != NO_ACCOUNT)

    def pay(self, want: RetailWant, attempt: int, position: Position) -> Outcome | None:
        """Hand out cash, or log why not; None where the deposit is too small."""
        till, amount_tiyn = self._till, want.amount_tiyn
        deposit = till.deposit(want.payer)
        if till.ledger.free(deposit) < amount_tiyn:
            return None
        down = till.bank_down(want.payer, want.time_us)
        bank = till.customers.bank_of(want.payer)
        owed, reserve, reserves = till.issuers(bank)
        central = till.customers.national_bank
        reason = till.reason_against(want.payer, down)
        if reason is Reason.NONE:
            till.provide(bank, reserve, amount_tiyn)
        moves = (
            Move(deposit, owed, amount_tiyn),
            Move(reserve, reserves, amount_tiyn),
            Move(
                till.ledger.open(central, central, Form.CASH),
                till.cash_of(want.payer),
                amount_tiyn,
            ),
        )
        return till.ledger.pay(
            position,
            Kind.CASH_WITHDRAWAL,
            moves,
            till.row(want, attempt, down),
            reason,
        )
