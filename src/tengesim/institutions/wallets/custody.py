"""Wallets as the platform keeps them: what fits, and how money crosses to deposits and back.

Every posting that fills a wallet goes through here and first makes room, so no wallet is above its
limit after any row; what does not fit flows to the owner's deposit. That nobody else fills a wallet
beyond it is what `watch` checks on every row.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, TrueLabel
from tengesim.errors import InvariantError
from tengesim.institutions.customers import NO_ACCOUNT, Customers, Lines, total_tiyn
from tengesim.ledger.moves import deposit_from_digital, digital_from_deposit
from tengesim.money import SUPPLY_MAX_TIYN
from tengesim.payment import AccountId, Batch, Leg, Outcome, Particulars, Posting
from tengesim.population.wallets import NO_TIER, Wallets
from tengesim.ports import Availability, LiquidityRequest, Ports

__all__ = ["HOLDING_LIMIT", "PROGRAMME", "Custody", "Sides"]

PROGRAMME: Final = "wallets"
"""What the rows of the platform's own acts are filed under."""

_AT_ONCE: Final = 1 << 16
"""Parties that take part in an act together: their columns fit in the processor's cache."""

HOLDING_LIMIT: Final = "holding_limit"
"""What stands in the rule column where a payee's wallet is full and has nowhere to flow to."""

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Sides(NamedTuple):
    """What stands across from the deposits and wallets of some parties, in columns."""

    issued: Whole
    """What the National Bank owes in reserves."""
    reserve: Whole
    """Reserves of the bank of each."""
    owed: Whole
    """What the bank of each owes in deposits."""
    issuer: Whole
    """What the National Bank owes in digital tenge."""


class Custody:
    """All wallets of one run."""

    __slots__ = (
        "_availability",
        "_sides",
        "customers",
        "has_fled",
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
        self.has_fled = np.zeros(customers.people, dtype=np.bool_)
        """Who trusts no deposit any more; its floor is what it fled with."""
        self._availability = availability
        self._sides = _sides_of_banks(customers, ports)

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
        return int(self.wallets.limit_of(party)) if is_person else None

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
        return max(0, int(self.wallets.limit_of(person)) - self.held_tiyn(person))

    def floor_tiyn(self, person: int) -> int:
        """Return what `person` wants to keep at least; who has fled keeps what it fled with."""
        return int(self.wallets.floor_tiyn[person])

    def flee(self, people: Whole) -> None:
        """Note that `people` trust no deposit any more, and keep what their wallets now hold."""
        floors = self.wallets.floor_tiyn
        floors[people] = np.maximum(self.held_of(people), floors[people])
        self.has_fled[people] = True

    def can_convert(self, party: int) -> bool:
        """Return whether money may flow between wallet and deposit of `party` without asking.

        Where either is frozen it may not.
        """
        if not self.customers.has_deposit(party):
            return False
        is_frozen = self.ports.ledger.is_frozen
        if is_frozen(self.wallet(party)) or is_frozen(
            AccountId(int(self.customers.deposit[party]))
        ):
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

    def free_of(self, parties: Whole) -> Whole:
        """Return what each of `parties` can spend from its wallet."""
        return self.ports.ledger.free_of(self.customers.wallet[parties])

    def held_of(self, parties: Whole) -> Whole:
        """Return all that is in the wallet of each of `parties`, on hold included."""
        wallets, ledger = self.customers.wallet[parties], self.ports.ledger
        held_tiyn = ledger.free_of(wallets)
        held_tiyn += ledger.held_of(wallets)
        return held_tiyn

    def deposits_of(self, parties: Whole) -> Whole:
        """Return what each of `parties` can spend from its deposit."""
        return self.ports.ledger.free_of(self.customers.deposit[parties])

    def room_of(self, people: Whole) -> Whole:
        """Return what still fits into the wallet of each of `people`."""
        return np.asarray(np.maximum(0, self.wallets.limit_of(people) - self.held_of(people)))

    def excess_of(self, parties: Whole, amounts_tiyn: Whole) -> Whole:
        """Return how much of each amount does not fit into the wallet of its party."""
        held_tiyn = self.held_of(parties) + amounts_tiyn
        return np.asarray(np.maximum(0, held_tiyn - self._limits_of(parties)))

    def can_convert_of(self, parties: Whole) -> Flags:
        """Return for which of `parties` money may flow to the deposit and back without asking."""
        is_automatic = parties >= self.customers.people
        people = ~is_automatic
        is_automatic[people] = self.wallets.is_automatic[parties[people]]
        deposits, are_frozen = self.customers.deposit[parties], self.ports.ledger.are_frozen
        is_automatic &= ~are_frozen(deposits) & ~are_frozen(self.customers.wallet[parties])
        return np.asarray(is_automatic & (deposits != NO_ACCOUNT))

    def is_bank_up_of(self, parties: Whole) -> Flags:
        """Return whose bank works now."""
        is_up = np.array([self.is_up(bank) for bank in self.customers.banks], dtype=np.bool_)
        return np.asarray(is_up[self.customers.bank[parties]])

    def sides_of(self, parties: Whole) -> Sides:
        """Return what stands across from the deposits and wallets of `parties`."""
        bank = self.customers.bank[parties]
        return Sides(*(column[bank] for column in self._sides))

    def fund_many(self, parties: Whole, amounts_tiyn: Whole, name: str, *, act: str = "") -> None:
        """Fill wallets from deposits in one batch, for which a bank borrows what it lacks in sum.

        Whoever has an amount of zero takes no part; whose deposit is too small is refused. The rows
        bear the name of the `act`, which is that of the batch unless it is a part of one.
        """
        self.fund_parts([Lines(parties, amounts_tiyn)], name, act=act)

    def fund_parts(self, parts: Iterable[Lines], name: str, *, act: str = "") -> None:
        """Do what `fund_many` does, for parties who come in parts, one part after another."""
        pieces = [*_pieces(parts)]
        for some in pieces:
            above = some.parties[self.excess_of(*some) > 0]
            if len(above):
                raise InvariantError(
                    f"{self.customers.name(int(above[0]))} would be funded above its limit of"
                    f" {self.limit_tiyn(int(above[0]))} tiyn"
                )
        self._provide(pieces)

        def legs(parties: Whole) -> tuple[Leg, ...]:
            issued, reserve, owed, issuer = self.sides_of(parties)
            return (
                Leg(self.customers.deposit[parties], owed),
                Leg(reserve, issued),
                Leg(issuer, self.customers.wallet[parties]),
            )

        self._post_many(name, Kind.FUNDING, pieces, legs, act=act)

    def defund_many(
        self,
        parties: Whole,
        amounts_tiyn: Whole,
        name: str,
        *,
        act: str = "",
        kind: Kind = Kind.DEFUNDING,
        payer: int | None = None,
    ) -> None:
        """Move digital tenge into the deposits of `parties`, from theirs or the wallet of `payer`.

        Whoever has an amount of zero takes no part.
        """
        parts = [Lines(parties, amounts_tiyn)]
        self.defund_parts(parts, name, act=act, kind=kind, payer=payer)

    def defund_parts(
        self,
        parts: Iterable[Lines],
        name: str,
        *,
        act: str = "",
        kind: Kind = Kind.DEFUNDING,
        payer: int | None = None,
    ) -> None:
        """Do what `defund_many` does, for parties who come in parts, one part after another."""

        def legs(parties: Whole) -> tuple[Leg, ...]:
            issued, reserve, owed, issuer = self.sides_of(parties)
            wallets = self.customers.wallet[parties]
            if payer is not None:
                wallets = np.broadcast_to(np.int64(self.wallet(payer)), len(parties))
            return (
                Leg(wallets, issuer),
                Leg(issued, reserve),
                Leg(owed, self.customers.deposit[parties]),
            )

        self._post_many(name, kind, [*_pieces(parts)], legs, act=act)

    def carried(self, party: int, intent: int) -> Particulars:
        """Return the particulars of a row about the wallet of `party`."""
        return self.carried_by_all(intent)._replace(region=self.customers.region(party))

    def carried_by_all(self, intent: int) -> Particulars:
        """Return the particulars of the rows of one act, which lack the region of each."""
        return Particulars(
            intent=intent,
            true_label=TrueLabel.INTERNAL,
            programme=self.ports.names.id(PROGRAMME),
        )

    def intent(self, name: str) -> int:
        """Return the intent of an act of the platform by its name."""
        return self.ports.names.id(name)

    def _limits_of(self, parties: Whole) -> Whole:
        limits = np.full(len(parties), SUPPLY_MAX_TIYN, dtype=np.int64)
        people = parties < self.customers.people
        limits[people] = self.wallets.limit_of(parties[people])
        return limits

    def _provide(self, pieces: Iterable[Lines]) -> None:
        """Let every bank have the reserves that the funding of its customers takes."""
        needed: dict[int, int] = {}
        for some in pieces:
            covered = some.where(self.deposits_of(some.parties) >= some.amounts_tiyn)
            banks = self.customers.bank[covered.parties]
            for number in np.flatnonzero(np.bincount(banks)).tolist():
                sum_tiyn = total_tiyn(covered.amounts_tiyn[banks == number])
                needed[number] = needed.get(number, 0) + sum_tiyn
        for number, needed_tiyn in sorted(needed.items()):
            reserve = AccountId(int(self._sides.reserve[number]))
            short_tiyn = needed_tiyn - self.ports.ledger.free(reserve)
            if short_tiyn > 0:
                request = LiquidityRequest(self.customers.banks[number], short_tiyn)
                self.ports.bulletin.announce("liquidity", request)

    def _post_many(
        self,
        name: str,
        kind: Kind,
        pieces: Sequence[Lines],
        legs: Callable[[Whole], tuple[Leg, ...]],
        *,
        act: str,
    ) -> None:
        if not pieces:
            # Named only where there is something to name: an act without rows leaves no trace.
            return
        carried = self.carried_by_all(self.intent(act or name))
        # Parties who ascend are in the order of their accounts, so parts of them follow each other
        # as all of them would; the columns of a nation at once would be the most of its memory.
        for number, some in enumerate(pieces if _ascend(pieces) else (_together(pieces),)):
            batch = Batch(
                f"{name}/{number}" if number else name,
                kind,
                legs(some.parties),
                some.amounts_tiyn,
                carried,
                region=self.customers.regions(some.parties),
            )
            self.ports.ledger.post_many(batch)


def _pieces(parts: Iterable[Lines]) -> Iterator[Lines]:
    """Yield some lines at a time, in order, of those with an amount above zero."""
    for part in parts:
        for start in range(0, len(part.parties), _AT_ONCE):
            some = Lines(*(column[start : start + _AT_ONCE] for column in part))
            some = some.where(some.amounts_tiyn > 0)
            if len(some.parties):
                yield some


def _ascend(pieces: Sequence[Lines]) -> bool:
    """Return whether the parties of all pieces ascend, from one piece to the next as well."""
    follow = all(left.parties[-1] < right.parties[0] for left, right in pairwise(pieces))
    return follow and all((some.parties[1:] > some.parties[:-1]).all() for some in pieces)


def _together(pieces: Iterable[Lines]) -> Lines:
    """Return all lines as one."""
    parties, amounts_tiyn = zip(*pieces, strict=True)
    return Lines(np.concatenate(parties), np.concatenate(amounts_tiyn))


def _sides_of_banks(customers: Customers, ports: Ports) -> Sides:
    """Return what stands across from the customers of each bank."""
    bank = customers.national_bank
    issuer = ports.ledger.open(bank, bank, Form.DIGITAL_TENGE)
    found = [customers.issuers(one, ports.ledger) for one in customers.banks]
    owed, reserve, issued = np.array(found, dtype=np.int64).reshape(-1, 3).T
    return Sides(issued, reserve, owed, np.full(len(found), issuer, dtype=np.int64))
