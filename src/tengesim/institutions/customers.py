"""What banks and the wallet platform know of those they serve: names, banks and accounts.

Columns by party number (people, then merchants, then employers), so a credit to a million people
needs no look-up by name. The columns of accounts are shared and filled in place when somebody opens
an account later; −1 stands for none.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form
from tengesim.money import BP
from tengesim.payment import AccountId, NameId
from tengesim.ports import CreditOrder, Ledger

__all__ = ["NO_ACCOUNT", "Customers", "Line", "lines_of"]

NO_ACCOUNT: Final = -1


class Line(NamedTuple):
    """One person of an order, and the tiyn to be credited."""

    party: int
    amount_tiyn: int


@dataclass(frozen=True, slots=True)
class Customers:
    """Everybody with an account, by party number."""

    name: Callable[[int], str]
    """Name of a party in the log."""
    region: Callable[[int], NameId]
    """Region of a party, as the log names it."""
    people: int
    """How many parties are people; they come first."""
    first_employer: int
    """Number of the first employer; those before are people and merchants."""
    count: int
    """How many parties there are."""
    national_bank: str
    banks: tuple[str, ...]
    """Ids of the second tier, in the order of the scenario."""
    bank: NDArray[np.integer]
    """Index into `banks` by party."""
    deposit: NDArray[np.int64]
    """Account at the own bank by party."""
    wallet: NDArray[np.int64]
    """Digital tenge account by party."""

    def bank_of(self, party: int) -> str:
        """Return the id of the bank of `party`."""
        return self.banks[int(self.bank[party])]

    def has_wallet(self, party: int) -> bool:
        """Return whether `party` can hold digital tenge now."""
        return bool(self.wallet[party] != NO_ACCOUNT)

    def has_deposit(self, party: int) -> bool:
        """Return whether `party` has an account at a bank."""
        return bool(self.deposit[party] != NO_ACCOUNT)

    def open_wallet(self, party: int, ledger: Ledger) -> AccountId:
        """Return the wallet of `party`, opening it when there is none."""
        if not self.has_wallet(party):
            self.wallet[party] = ledger.open(
                self.name(party), self.national_bank, Form.DIGITAL_TENGE
            )
        return AccountId(int(self.wallet[party]))

    def issuers(self, bank: str, ledger: Ledger) -> tuple[AccountId, AccountId, AccountId]:
        """Return what `bank` owes in deposits, its reserves, and what stands behind those."""
        return (
            ledger.open(bank, bank, Form.BANK_DEPOSIT),
            ledger.open(bank, self.national_bank, Form.BANK_RESERVE),
            ledger.open(self.national_bank, self.national_bank, Form.BANK_RESERVE),
        )


def lines_of(order: CreditOrder, customers: Customers, *, is_digital: bool) -> Iterable[Line]:
    """Yield who gets how much of `order` in digital tenge, or else into a deposit.

    The two parts of each person add up to the amount ordered.
    """
    for party, amount_tiyn in zip(order.people, order.amounts_tiyn, strict=True):
        is_held = customers.has_wallet(party)
        digital_tiyn = amount_tiyn * order.digital_bp // BP if is_held else 0
        part_tiyn = digital_tiyn if is_digital else amount_tiyn - digital_tiyn
        if part_tiyn:
            yield Line(party, part_tiyn)
