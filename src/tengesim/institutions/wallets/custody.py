"""Wallets as the platform keeps them: what fits, and how money crosses to deposits and back.

Every posting that fills a wallet goes through here and first makes room, so no wallet is above its
limit after any row; what does not fit flows to the owner's deposit. That nobody else fills a wallet
beyond it is what `watch` checks on every row.
"""

from typing import Final

from tengesim.codes import Kind, TrueLabel
from tengesim.errors import InvariantError
from tengesim.institutions.customers import Customers
from tengesim.ledger.moves import deposit_from_digital, digital_from_deposit
from tengesim.payment import AccountId, Outcome, Particulars, Posting
from tengesim.population.wallets import NO_TIER, Wallets
from tengesim.ports import Availability, LiquidityRequest, Ports

__all__ = ["HOLDING_LIMIT", "PROGRAMME", "Custody"]

PROGRAMME: Final = "wallets"
"""What the rows of the platform's own acts are filed under."""

HOLDING_LIMIT: Final = "holding_limit"
"""What stands in the rule column where a payee's wallet is full and has nowhere to flow to."""


class Custody:
    """All wallets of one run."""

    __slots__ = (
        "_availability",
        "_flight",
        "customers",
        "ports",
        "wallets",
    )

    def __init__(
        self, customers: Customers, wallets: Wallets, availability: Availability, ports: Ports
    ) -> None:
        """Keep the wallets of `customers`; the first of them are the people of `wallets`."""
        self.customers = customers
        self.wallets = wallets
        self.ports = ports
        self._availability = availability
        self._flight: dict[int, int] = {}

    def is_up(self, system: str) -> bool:
        """Return whether `system` works now."""
        return self._availability.is_up(system, self.ports.now())

    def outage(self, system: str) -> str:
        """Return the id of the outage of `system` now."""
        return self._availability.outage(system, self.ports.now())

    def up_again_us(self, system: str) -> int:
        """Return the first moment from now on at which `system` works."""
        return self._availability.up_again_us(system, self.ports.now())

    def is_connected(self, merchant: int) -> bool:
        """Return whether the till of `merchant` has a connection now."""
        return self._availability.is_connected(merchant, self.ports.now())

    def wallet(self, party: int) -> AccountId:
        """Return the wallet of a party that has one."""
        return AccountId(int(self.customers.wallet[party]))

    def level(self, person: int) -> int:
        """Return the index of the kind of wallet of `person`."""
        tier = int(self.wallets.tier[person])
        return int(self.wallets.opens[person]) if tier == NO_TIER else tier

    def limit_tiyn(self, party: int) -> int | None:
        """Return the most that the wallet of `party` may hold; firms have no limit."""
        is_person = party < self.customers.people
        return int(self.wallets.limit_tiyn[party]) if is_person else None

    def free_tiyn(self, party: int) -> int:
        """Return what `party` can spend from its wallet."""
        return self.ports.ledger.free(self.wallet(party))

    def held_tiyn(self, party: int) -> int:
        """Return all that is in the wallet of `party`, on hold included."""
        wallet = self.wallet(party)
        return self.ports.ledger.free(wallet) + self.ports.ledger.held(wallet)

    def deposit_tiyn(self, party: int) -> int:
        """Return what `party` can spend from its deposit."""
        return self.ports.ledger.free(AccountId(int(self.customers.deposit[party])))

    def room_tiyn(self, person: int) -> int:
        """Return what still fits into the wallet of `person`."""
        return max(0, int(self.wallets.limit_tiyn[person]) - self.held_tiyn(person))

    def floor_tiyn(self, person: int) -> int:
        """Return what `person` wants to keep at least; who has fled keeps what it fled with."""
        fled_tiyn = self._flight.get(person)
        return int(self.wallets.floor_tiyn[person]) if fled_tiyn is None else fled_tiyn

    def flee(self, person: int) -> None:
        """Note that `person` trusts no deposit any more, and keeps what its wallet now holds."""
        self._flight[person] = max(self.held_tiyn(person), self.floor_tiyn(person))

    def is_fleeing(self, person: int) -> bool:
        """Return whether `person` has fled from deposits."""
        return person in self._flight

    def can_convert(self, party: int) -> bool:
        """Return whether money may flow between wallet and deposit of `party` without asking."""
        if not self.customers.has_deposit(party):
            return False
        return party >= self.customers.people or bool(self.wallets.is_automatic[party])

    def is_bank_up(self, party: int) -> bool:
        """Return whether the bank of `party` works now."""
        return self.is_up(self.customers.bank_of(party))

    def fund(self, party: int, amount_tiyn: int, name: str, *, intent: int) -> Outcome:
        """Fill the wallet of `party` from its deposit, which is refused when that is too small."""
        limit_tiyn = self.limit_tiyn(party)
        if limit_tiyn is not None and self.held_tiyn(party) + amount_tiyn > limit_tiyn:
            raise InvariantError(
                f"{self.customers.name(party)} would be funded above its limit of {limit_tiyn} tiyn"
            )
        bank = self.customers.bank_of(party)
        ledger = self.ports.ledger
        deposit = AccountId(int(self.customers.deposit[party]))
        _, reserve, _ = self.customers.issuers(bank, ledger)
        short_tiyn = amount_tiyn - ledger.free(reserve)
        if short_tiyn > 0 and ledger.free(deposit) >= amount_tiyn:
            self.ports.bulletin.announce("liquidity", LiquidityRequest(bank, short_tiyn))
        moves = digital_from_deposit(
            ledger,
            national_bank=self.customers.national_bank,
            bank=bank,
            deposit=deposit,
            wallet=self.wallet(party),
            amount_tiyn=amount_tiyn,
        )
        return ledger.post(Posting(name, Kind.FUNDING, moves, self.carried(party, intent)))

    def defund(
        self,
        party: int,
        amount_tiyn: int,
        name: str,
        *,
        intent: int,
        kind: Kind = Kind.DEFUNDING,
        payer: int | None = None,
    ) -> Outcome:
        """Move digital tenge into the deposit of `party`, from its wallet or that of `payer`."""
        moves = deposit_from_digital(
            self.ports.ledger,
            national_bank=self.customers.national_bank,
            bank=self.customers.bank_of(party),
            deposit=AccountId(int(self.customers.deposit[party])),
            wallet=self.wallet(party if payer is None else payer),
            amount_tiyn=amount_tiyn,
        )
        return self.ports.ledger.post(Posting(name, kind, moves, self.carried(party, intent)))

    def excess_tiyn(self, party: int, amount_tiyn: int) -> int:
        """Return how much of `amount_tiyn` does not fit into the wallet of `party`."""
        limit_tiyn = self.limit_tiyn(party)
        if limit_tiyn is None:
            return 0
        return max(0, self.held_tiyn(party) + amount_tiyn - limit_tiyn)

    def make_room(self, party: int, amount_tiyn: int, name: str, *, intent: int) -> int:
        """Let the wallet flow over into the deposit; return how much of `amount_tiyn` now fits."""
        excess_tiyn = self.excess_tiyn(party, amount_tiyn)
        over_tiyn = min(excess_tiyn, self.free_tiyn(party))
        if over_tiyn and self.can_convert(party) and self.is_bank_up(party):
            self.defund(party, over_tiyn, name, intent=intent, kind=Kind.WATERFALL)
        return amount_tiyn - self.excess_tiyn(party, amount_tiyn)

    def carried(self, party: int, intent: int) -> Particulars:
        """Return the particulars of a row about the wallet of `party`."""
        return Particulars(
            intent=intent,
            true_label=TrueLabel.INTERNAL,
            region=self.customers.region(party),
            programme=self.ports.names.id(PROGRAMME),
        )

    def intent(self, name: str) -> int:
        """Return the intent of an act of the platform by its name."""
        return self.ports.names.id(name)
