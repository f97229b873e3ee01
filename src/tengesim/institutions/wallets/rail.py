"""Paying in digital tenge online: rules of the tier, top-up from the deposit, room for the payee.

What happens at one instant is one intent: a top-up before it and an overflow of the payee's wallet
bear the intent of the payment, so a reader of the log finds them together. The payment is decided
before any money moves.
"""

from collections.abc import Sequence
from typing import Final

from tengesim.codes import Evidence, Form, Kind, Reason, Status, TrueLabel
from tengesim.institutions.customers import Customers
from tengesim.institutions.outages import NO_CONNECTION, PLATFORM
from tengesim.institutions.wallets.custody import HOLDING_LIMIT, Custody
from tengesim.institutions.wallets.tiers import tier_book, tier_evidence
from tengesim.payment import Move, Observation, Operation, Outcome, Particulars, RetailWant
from tengesim.population.wallets_model import WalletsSection
from tengesim.rules.evaluate import ALLOWED, Decision, decide
from tengesim.rules.usage import Counters, PeriodicUsage, periods_of

__all__ = ["RETAIL", "DigitalRail", "Position"]

RETAIL: Final = "retail"
Position = tuple[int, int, int, int]
"""Time, stratum and number of a want, and the attempt."""


class DigitalRail:
    """Wallet to wallet, when payer and platform are connected."""

    __slots__ = (
        "_books",
        "_custody",
        "_customers",
        "_largest_tiyn",
        "_ports",
        "_sweeps_at_once",
        "_usage",
    )

    def __init__(
        self,
        section: WalletsSection,
        custody: Custody,
        usage: Sequence[Counters] | None = None,
    ) -> None:
        """Pay between the wallets of `custody` by the limits of `section`.

        `usage` counts for the limits of each kind of wallet; without it they are counted here.
        """
        self._custody = custody
        self._customers: Customers = custody.customers
        self._ports = custody.ports
        self._books = tuple(map(tier_book, section.levels))
        if usage is None:
            usage = [PeriodicUsage(periods_of(book)) for book in self._books]
        self._usage: tuple[Counters, ...] = tuple(usage)
        self._largest_tiyn = section.funding.largest.value
        self._sweeps_at_once = section.merchants.sweep == "at_once"

    @property
    def form(self) -> Form:
        """Form of money that moves here."""
        return Form.DIGITAL_TENGE

    def can_try(self, want: RetailWant) -> bool:
        """Return whether payer and payee have wallets."""
        return self._customers.has_wallet(want.payer) and self._customers.has_wallet(want.payee)

    def pay(self, want: RetailWant, attempt: int, position: Position) -> Outcome | None:
        """Pay, or log why not; None where the payer lacks the means, and nothing is logged."""
        decision = self._reach(want)
        if not decision.reason:
            decision = self._may_pay(want)
        if not decision.reason and want.payer < self._customers.people:
            decision = self._within_tier(want)
        if not decision.reason:
            decision = self._room_for(want)
        if decision.reason:
            return self._log(want, position, want.amount_tiyn, decision)
        top_up_tiyn = self._top_up(want)
        if top_up_tiyn is None or not self.fill(want, attempt, top_up_tiyn):
            return None
        return self._carry_out(want, attempt, position)

    def top_up_tiyn(self, want: RetailWant) -> int | None:
        """Return what to fill the payer's wallet with to pay from it; None where it cannot pay."""
        if not self._customers.has_wallet(want.payer):
            return None
        for decide_by in (self._reach, self._may_pay, self._within_tier):
            if decide_by(want).reason:
                return None
        return self._top_up(want)

    def fill(self, want: RetailWant, attempt: int, top_up_tiyn: int) -> bool:
        """Fill the payer's wallet; return whether it now has what `want` takes."""
        if not top_up_tiyn:
            return True
        name = f"{want.intent}/{attempt}/funding"
        self._custody.fund(want.payer, top_up_tiyn, name, intent=want.intent)
        return self._custody.free_tiyn(want.payer) >= want.amount_tiyn

    def reach_payee(self, want: RetailWant) -> Decision:
        """Decide whether platform and till can be reached."""
        custody = self._custody
        if not custody.is_up(PLATFORM):
            return Decision(Reason.SYSTEM_UNAVAILABLE, custody.outage(PLATFORM), 0, 0)
        is_at_till = not want.is_remote and want.payee >= self._customers.people
        if is_at_till and not custody.is_connected(want.payee):
            return Decision(Reason.SYSTEM_UNAVAILABLE, NO_CONNECTION, 0, 0)
        return ALLOWED

    def _reach(self, want: RetailWant) -> Decision:
        """Decide whether everything the payment needs can be reached."""
        custody, decision = self._custody, self.reach_payee(want)
        if decision.reason:
            return decision
        needs_deposit = want.amount_tiyn > custody.free_tiyn(want.payer)
        if needs_deposit and custody.can_convert(want.payer):
            return self._bank_of(want.payer)
        return ALLOWED

    def _may_pay(self, want: RetailWant) -> Decision:
        """Decide whether the payer's wallet may pay at all."""
        is_frozen = self._ports.ledger.is_frozen(self._custody.wallet(want.payer))
        return Decision(Reason.ACCOUNT_FROZEN, "", 0, 0) if is_frozen else ALLOWED

    def _bank_of(self, party: int) -> Decision:
        if self._custody.is_bank_up(party):
            return ALLOWED
        outage = self._custody.outage(self._customers.bank_of(party))
        return Decision(Reason.SYSTEM_UNAVAILABLE, outage, 0, 0)

    def _within_tier(self, want: RetailWant) -> Decision:
        level = self._custody.level(want.payer)
        return decide(self._books[level], self.observe(want), self._usage[level])

    def observe(self, want: RetailWant) -> Observation:
        """Return what rules may read of a payment from the plain wallet."""
        calendar = self._ports.calendar
        return Observation(
            Operation.PAY,
            want.time_us,
            calendar.day_number(want.time_us),
            want.time_us - calendar.at(calendar.date_of(want.time_us)),
            self._customers.name(want.payer),
            self._customers.name(want.payee),
            RETAIL,
            "",
            want.amount_tiyn,
            self.evidence(want),
        )

    def _room_for(self, want: RetailWant) -> Decision:
        """Decide whether the payee can take the money, in its wallet or past it."""
        excess_tiyn = self._custody.excess_tiyn(want.payee, want.amount_tiyn)
        if not excess_tiyn:
            return ALLOWED
        if self._custody.can_convert(want.payee):
            return self._bank_of(want.payee)
        limit_tiyn = self._custody.limit_tiyn(want.payee) or 0
        return Decision(Reason.LIMIT_HOLDING, HOLDING_LIMIT, limit_tiyn + excess_tiyn, limit_tiyn)

    def _top_up(self, want: RetailWant) -> int | None:
        """Return what to fill the payer's wallet with first; None when it cannot be enough."""
        custody, payer = self._custody, want.payer
        left_tiyn = custody.free_tiyn(payer) - want.amount_tiyn
        is_person = payer < self._customers.people
        floor_tiyn = custody.floor_tiyn(payer) if is_person else 0
        if left_tiyn >= floor_tiyn:
            return 0
        if not (is_person and custody.can_convert(payer) and custody.is_bank_up(payer)):
            return 0 if left_tiyn >= 0 else None
        target_tiyn = floor_tiyn + int(custody.wallets.top_up_tiyn[payer])
        most_tiyn = min(custody.room_tiyn(payer), custody.deposit_tiyn(payer), self._largest_tiyn)
        top_up_tiyn = min(target_tiyn - left_tiyn, most_tiyn)
        return top_up_tiyn if left_tiyn + top_up_tiyn >= 0 else None

    def _carry_out(self, want: RetailWant, attempt: int, position: Position) -> Outcome:
        custody, amount_tiyn = self._custody, want.amount_tiyn
        name = f"{want.intent}/{attempt}"
        if custody.excess_tiyn(want.payee, amount_tiyn):
            fits_tiyn = custody.make_room(
                want.payee, amount_tiyn, f"{name}/waterfall", intent=want.intent
            )
            if fits_tiyn < amount_tiyn:
                # More than an empty wallet may hold: the rest goes past it.
                past = custody.defund(
                    want.payee,
                    amount_tiyn - fits_tiyn,
                    f"{name}/past",
                    intent=want.intent,
                    kind=Kind.WATERFALL,
                    payer=want.payer,
                )
                if not fits_tiyn:
                    return past
            amount_tiyn = fits_tiyn
        outcome = self._log(want, position, amount_tiyn, ALLOWED)
        if outcome.status is Status.SETTLED:
            self.count(want, amount_tiyn)
            self.sweep(want, amount_tiyn, name)
        return outcome

    def count(self, want: RetailWant, amount_tiyn: int) -> None:
        """Count what a person paid from the wallet."""
        if want.payer < self._customers.people:
            day = self._ports.calendar.day_number(want.time_us)
            usage = self._usage[self._custody.level(want.payer)]
            usage.add(self._customers.name(want.payer), day, amount_tiyn)

    def sweep(self, want: RetailWant, amount_tiyn: int, name: str) -> None:
        """Empty the wallet of a merchant that keeps nothing of what it was just paid."""
        if (
            self._sweeps_at_once
            and want.payee >= self._customers.people
            and self._custody.can_convert(want.payee)
            and self._custody.is_bank_up(want.payee)
        ):
            self._custody.defund(want.payee, amount_tiyn, f"{name}/sweep", intent=want.intent)

    def _log(
        self, want: RetailWant, position: Position, amount_tiyn: int, decision: Decision
    ) -> Outcome:
        return self.log(want, position, (self.move(want, amount_tiyn),), decision)

    def move(self, want: RetailWant, amount_tiyn: int) -> Move:
        """Return the move of plain money that `want` asks for."""
        custody = self._custody
        return Move(custody.wallet(want.payer), custody.wallet(want.payee), amount_tiyn)

    def log(
        self, want: RetailWant, position: Position, moves: tuple[Move, ...], decision: Decision
    ) -> Outcome:
        """Carry out the moves of a payment at once, or write why not."""
        names = self._ports.names
        return self._ports.ledger.pay(
            position,
            Kind.PAYMENT,
            moves,
            Particulars(
                want.intent,
                position[3],
                TrueLabel.HONEST,
                self.evidence(want),
                self._customers.region(want.payer),
                names.id(RETAIL),
                want.purpose,
                names.id(decision.rule),
                decision.value,
                decision.limit,
            ),
            decision.reason,
        )

    def evidence(self, want: RetailWant) -> int:
        """Return what is known of how the payment is made, and of the payer's wallet."""
        channel = Evidence.CHANNEL_REMOTE if want.is_remote else Evidence.CHANNEL_COUNTER
        if want.payer >= self._customers.people or not self._customers.has_wallet(want.payer):
            return channel.value
        return channel.value | tier_evidence(self._custody.level(want.payer))
