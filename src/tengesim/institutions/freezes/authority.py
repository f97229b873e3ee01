"""The authority: freezes all accounts of a party, and lets the same ones go when time is over.

Frozen are the deposit, the wallet and the purses of marked money that the party has at that moment.
Cash and offline purses are out of its reach.
"""

from collections.abc import Callable, Generator, Iterable

import simpy

from tengesim.codes import Form, Kind
from tengesim.institutions.customers import NO_ACCOUNT, Customers
from tengesim.payment import AccountId, Move, Particulars, Posting
from tengesim.ports import Ports

__all__ = ["PROGRAMME", "Authority"]

PROGRAMME = "freezes"
"""What the rows of its acts are filed under."""

Steps = Generator[simpy.Event, None, None]


class Authority:
    """Carries out orders to freeze."""

    __slots__ = ("_customers", "_ports", "_purses_of")

    def __init__(
        self,
        customers: Customers,
        ports: Ports,
        purses_of: Callable[[int], Iterable[AccountId]],
    ) -> None:
        """Freeze accounts of `customers`; `purses_of` gives those of a party's marked money."""
        self._customers = customers
        self._ports = ports
        self._purses_of = purses_of

    def carry_out(self, name: str, by: str, parties: Iterable[int], lasts_us: int) -> Steps:
        """Freeze `parties` now by the order `name` of `by`, and let them go when it is over."""
        frozen = [(party, self._accounts(party)) for party in parties]
        for party, accounts in frozen:
            self._log(Kind.FREEZE, name, by, party, accounts)
        yield self._ports.until(self._ports.now() + lasts_us)
        for party, accounts in frozen:
            self._log(Kind.UNFREEZE, name, by, party, accounts)

    def _accounts(self, party: int) -> list[AccountId]:
        columns = (self._customers.deposit, self._customers.wallet)
        own = [AccountId(int(column[party])) for column in columns if column[party] != NO_ACCOUNT]
        return [*own, *self._purses_of(party)]

    def _log(self, kind: Kind, name: str, by: str, party: int, accounts: list[AccountId]) -> None:
        if not accounts:
            return
        ports, customers = self._ports, self._customers
        office = ports.ledger.open(by, customers.national_bank, Form.DIGITAL_TENGE)
        carried = Particulars(
            intent=ports.names.id(name),
            region=customers.region(party),
            programme=ports.names.id(PROGRAMME),
        )
        moves = tuple(Move(account, office, ports.ledger.free(account)) for account in accounts)
        # A party may be frozen by one watch again and again, so the moment is a part of the id.
        posting_id = f"{kind.name}/{name}/{party}/{ports.now()}"
        ports.ledger.freeze(Posting(posting_id, kind, moves, carried))
