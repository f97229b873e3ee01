"""Where purchases that come back are answered: the money goes back the way it came.

A merchant pays out of the form of money it was paid in. A wallet that holds too little is filled
from the merchant's own deposit first; whoever is still short, or cannot be reached, is asked again
at the same time of the next day, three times in all.
"""

from collections.abc import Sequence
from typing import Final

from tengesim.clock import DAY_US, HOUR_US
from tengesim.codes import Form, Kind, Reason, Status
from tengesim.engine.rails import DepositRail, Till
from tengesim.institutions.customers import Customers
from tengesim.institutions.outages import NO_CONNECTION, PLATFORM
from tengesim.institutions.wallets import Purses
from tengesim.institutions.wallets.custody import HOLDING_LIMIT, Custody
from tengesim.payment import AccountId, Move, NameId, RetailWant
from tengesim.ports import Expiry, Interner, Ports
from tengesim.retail.behaviour import REFUND, UTILITIES, RefundsSection
from tengesim.retail.carry import NO_PURSE, Carried, Carry, CarryStratum, Terms, due_us
from tengesim.scenario.model import ClockSection

__all__ = ["TRIES_MAX", "Refunds", "stratum_of", "terms_of"]

TRIES_MAX: Final = 3
"""Days on which a merchant is asked before the buyer gives up."""

_Refusal = tuple[Reason, str]
_ALLOWED: Final[_Refusal] = (Reason.NONE, "")


def stratum_of(carry: Carry, clock: ClockSection, ports: Ports) -> CarryStratum:
    """Return what draws the refunds of the horizon; before anybody is named."""
    at, name = ports.calendar.at, ports.names.id
    hours = range(at(clock.start) // HOUR_US, (at(clock.end) - 1) // HOUR_US + 1)
    return CarryStratum(carry, hours, name=name(CarryStratum.title), purpose=name(REFUND))


def terms_of(section: RefundsSection, customers: Customers, names: Interner) -> Terms:
    """Return by what purchases come back."""
    soonest, latest = section.soonest.value, section.latest.value
    return Terms(
        purpose=names.id(REFUND),
        bills=names.id(UTILITIES),
        people=customers.people,
        chance_bp=section.chance.value,
        soonest_hours=soonest,
        span_hours=latest - soonest + 1,
    )


class Refunds:
    """Notes what is to come back, and gives it back."""

    __slots__ = ("_carry", "_custody", "_deposits", "_expired", "_purses", "_till", "terms")

    def __init__(
        self,
        terms: Terms,
        carry: Carry,
        till: Till,
        custody: Custody | None,
        purses: Purses | None = None,
    ) -> None:
        """Note in `carry`; what was paid in digital tenge goes back through `custody`.

        Marked money goes back to the purse of `purses` that it came out of.
        """
        self.terms = terms
        self._carry = carry
        self._till = till
        self._custody = custody
        self._deposits = DepositRail(till)
        self._purses = purses
        self._expired: dict[str, Expiry] = {}
        till.bulletin.listen("expiry", self._expire)

    def note(self, want: RetailWant, form: Form, parts: Sequence[Move] = ()) -> None:
        """Note that `want` was paid in `form`, where it is to come back.

        Where several accounts paid, `parts` says which; each part goes back by itself.
        """
        due = due_us(self.terms, want)
        if due is None:
            return
        back = Carried(
            due,
            want.time_us,
            want.intent,
            want.payer,
            want.payee,
            want.amount_tiyn,
            want.purpose,
            want.is_remote,
            form,
        )
        plain = self._till.customers.wallet[want.payer]
        for debit, _, amount_tiyn in parts:
            purse = NO_PURSE if debit == plain else debit
            self._carry.add(back._replace(amount_tiyn=amount_tiyn, purse=purse))
        if not parts:
            self._carry.add(back)

    def answer(self, want: RetailWant) -> None:
        """Give back what is due, or log why not and try again on the next day."""
        back, till = self._carry.at(want.spare), self._till
        want = want._replace(purpose=NameId(back.purpose))
        moves, (reason, rule) = self._ways_back(want, back)
        carried = till.row(want, back.attempt, rule)._replace(
            region=till.customers.region(back.buyer), value=back.intent
        )
        position = (want.time_us, want.stratum, want.number, 0)
        outcome = till.ledger.pay(position, Kind.REFUND, moves, carried, reason)
        if outcome.status is Status.REFUSED and back.attempt + 1 < TRIES_MAX:
            again = back._replace(due_us=back.due_us + DAY_US, attempt=back.attempt + 1)
            self._carry.add(again)

    def _ways_back(self, want: RetailWant, back: Carried) -> tuple[tuple[Move, ...], _Refusal]:
        """Return the moves by which the money goes back, and what keeps it from doing so."""
        if back.form == Form.CASH:
            ends = self._till.cash_of(back.merchant), self._till.cash_of(back.buyer)
            return (Move(*ends, back.amount_tiyn),), _ALLOWED
        if back.form == Form.BANK_DEPOSIT:
            return self._deposits.moves(want), self._by_deposit(want)
        if self._custody is None:
            raise ValueError(f"nothing keeps the wallets that {back} goes back to")
        payer, payee = self._custody.wallet(back.merchant), self._purse_of(back)
        excess_tiyn = 0
        if back.purse == NO_PURSE:
            payee = self._custody.wallet(back.buyer)
            excess_tiyn = self._custody.excess_tiyn(back.buyer, back.amount_tiyn)
        refusal = self._by_wallet(want, self._custody, excess_tiyn)
        return (Move(payer, payee, back.amount_tiyn),), refusal

    def _purse_of(self, back: Carried) -> AccountId:
        """Return the purse that money goes back to, or what takes its place once it is expired."""
        for account, voucher in () if self._purses is None else self._purses.of(back.buyer):
            expiry = self._expired.get(voucher.name)
            if account == back.purse and expiry is not None and expiry.time_us > back.paid_us:
                return expiry.into
        return AccountId(back.purse)

    def _expire(self, expiry: object) -> None:
        if not isinstance(expiry, Expiry):
            raise TypeError(f"money expires by an Expiry, not {expiry!r}")
        self._expired[expiry.voucher] = expiry

    def _by_deposit(self, want: RetailWant) -> _Refusal:
        till = self._till
        down = self._unconnected(want) or till.obstacle(want)
        reason = till.reason_against(want.payer, down)
        if reason is not Reason.NONE:
            return reason, down
        has_means = till.ledger.free(till.deposit(want.payer)) >= want.amount_tiyn
        own = till.customers.bank_of(want.payer)
        if has_means and own != till.customers.bank_of(want.payee):
            till.provide(own, till.issuers(own)[1], want.amount_tiyn)
        return _ALLOWED

    def _by_wallet(self, want: RetailWant, custody: Custody, excess_tiyn: int) -> _Refusal:
        """Decide, then fill the merchant's wallet and make room in the buyer's.

        `excess_tiyn` is what does not fit there; a purse takes back whatever came out of it.
        """
        short_tiyn = max(0, want.amount_tiyn - custody.free_tiyn(want.payer))
        down = custody.outage(PLATFORM) or self._unconnected(want)
        if not down and short_tiyn:
            down = self._till.bank_down(want.payer, want.time_us)
        if not down and excess_tiyn:
            down = self._till.bank_down(want.payee, want.time_us)
        if down:
            return Reason.SYSTEM_UNAVAILABLE, down
        if self._till.ledger.is_frozen(custody.wallet(want.payer)):
            return Reason.ACCOUNT_FROZEN, ""
        if excess_tiyn and not (
            custody.can_convert(want.payee) and excess_tiyn <= custody.free_tiyn(want.payee)
        ):
            return Reason.LIMIT_HOLDING, HOLDING_LIMIT
        if short_tiyn and not custody.can_convert(want.payer):
            return Reason.INSUFFICIENT_FUNDS, ""
        if short_tiyn > custody.deposit_tiyn(want.payer):
            return Reason.INSUFFICIENT_FUNDS, ""
        if short_tiyn:
            name = f"{want.intent}/0/funding"
            custody.fund(want.payer, short_tiyn, name, intent=want.intent)
        if excess_tiyn:
            name = f"{want.intent}/0/waterfall"
            custody.make_room(want.payee, want.amount_tiyn, name, intent=want.intent)
        return _ALLOWED

    def _unconnected(self, want: RetailWant) -> str:
        """Return what keeps the till of a merchant from reaching anybody, or nothing."""
        is_connected = want.is_remote or self._till.availability.is_connected(
            want.payer, want.time_us
        )
        return "" if is_connected else NO_CONNECTION
