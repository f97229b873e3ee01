"""What banks and the wallet platform know of those they serve: names, banks and accounts.

Columns by party number (people, then merchants, then employers), so a credit to a million people
needs no look-up by name. The columns of accounts are shared and filled in place when somebody opens
an account later; −1 stands for none. Of accounts whose numbers follow from those of their parties
it is only kept who has one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form
from tengesim.ledger.parties import SLOTS, WALLET, account_of
from tengesim.money import BP
from tengesim.payment import AccountId, NameId
from tengesim.ports import CreditOrder, Ledger, Ports

__all__ = [
    "NO_ACCOUNT",
    "Accounts",
    "Customers",
    "Lines",
    "SlotAccounts",
    "lines_of",
    "total_tiyn",
]

NO_ACCOUNT: Final = -1

Whole = NDArray[np.int64]

_LOW: Final = 32


class Lines(NamedTuple):
    """People of an order and the tiyn to be credited to each."""

    parties: Whole
    amounts_tiyn: Whole

    def where(self, chosen: NDArray[np.bool_]) -> "Lines":
        """Return the chosen lines."""
        return Lines(self.parties[chosen], self.amounts_tiyn[chosen])


class SlotAccounts:
    """Accounts in one slot of the rows of parties, read as a column of their numbers would be."""

    __slots__ = ("_first", "_is_open")

    def __init__(self, slot: int, is_open: NDArray[np.bool_]) -> None:
        """Say which parties have an account in `slot`; the column is shared."""
        self._first = account_of(0, slot)
        self._is_open = is_open

    def __len__(self) -> int:
        """Return how many parties there are."""
        return len(self._is_open)

    @overload
    def __getitem__(self, parties: int) -> int: ...

    @overload
    def __getitem__(self, parties: Whole | slice) -> Whole: ...

    def __getitem__(self, parties: int | Whole | slice) -> int | Whole:
        """Return the account of a party, or of each of some parties or of a range."""
        is_open = self._is_open[parties]
        if isinstance(parties, slice):
            parties = np.arange(*parties.indices(len(self)))
        found = np.where(is_open, self._first + SLOTS * parties, NO_ACCOUNT)
        return found if isinstance(parties, np.ndarray) else int(found)

    def __setitem__(self, parties: int | Whole | slice, accounts: int | Whole) -> None:
        """Note that parties have these accounts now, each the one in its own row."""
        self._is_open[parties] = np.asarray(accounts) != NO_ACCOUNT


Accounts = Whole | SlotAccounts
"""Accounts by party, `NO_ACCOUNT` where there is none."""


@dataclass(frozen=True, slots=True)
class Customers:
    """Everybody with an account, by party number."""

    name: Callable[[int], str]
    """Name of a party in the log."""
    region_index: NDArray[np.integer]
    """Index into `region_names` by party."""
    region_names: Whole
    """Name ids of the regions."""
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
    deposit: Accounts
    """Account at the own bank by party."""
    cash: Accounts
    """Cash by party."""
    wallet: Accounts
    """Digital tenge account by party."""

    def region(self, party: int) -> NameId:
        """Return the region of `party`, as the log names it."""
        return NameId(int(self.region_names[self.region_index[party]]))

    def regions(self, parties: Whole) -> Whole:
        """Return the regions of `parties`, as the log names them."""
        return np.asarray(self.region_names[self.region_index[parties]])

    def bank_of(self, party: int) -> str:
        """Return the id of the bank of `party`."""
        return self.banks[int(self.bank[party])]

    def has_wallet(self, party: int) -> bool:
        """Return whether `party` can hold digital tenge now."""
        return bool(self.wallet[party] != NO_ACCOUNT)

    def has_deposit(self, party: int) -> bool:
        """Return whether `party` has an account at a bank."""
        return bool(self.deposit[party] != NO_ACCOUNT)

    def open_wallet(self, party: int, ports: Ports) -> AccountId:
        """Return the wallet of `party`, opening it when there is none."""
        self.open_wallets(np.array([party], dtype=np.int64), ports)
        return AccountId(int(self.wallet[party]))

    def open_wallets(self, parties: Whole, ports: Ports) -> None:
        """Open a wallet for each of `parties` that has none."""
        without = parties[self.wallet[parties] == NO_ACCOUNT]
        keepers = np.full(len(without), ports.names.id(self.national_bank), dtype=np.int64)
        self.wallet[without] = ports.ledger.open_slot(WALLET, without, keepers)

    def issuers(self, bank: str, ledger: Ledger) -> tuple[AccountId, AccountId, AccountId]:
        """Return what `bank` owes in deposits, its reserves, and what stands behind those."""
        return (
            ledger.open(bank, bank, Form.BANK_DEPOSIT),
            ledger.open(bank, self.national_bank, Form.BANK_RESERVE),
            ledger.open(self.national_bank, self.national_bank, Form.BANK_RESERVE),
        )


def lines_of(order: CreditOrder, customers: Customers, *, is_digital: bool) -> Lines:
    """Return who gets how much of `order` in digital tenge, or else into a deposit.

    The two parts of each person add up to the amount ordered.
    """
    is_held = customers.wallet[order.people] != NO_ACCOUNT
    # Divided first where the product could leave 64 bits; the rest is carried exactly.
    whole, rest = np.divmod(order.amounts_tiyn, BP)
    share_tiyn = whole * order.digital_bp + rest * order.digital_bp // BP
    digital_tiyn = np.where(is_held, share_tiyn, 0)
    part_tiyn = digital_tiyn if is_digital else order.amounts_tiyn - digital_tiyn
    return Lines(order.people, part_tiyn).where(part_tiyn > 0)


def total_tiyn(amounts_tiyn: Whole) -> int:
    """Return the sum of `amounts_tiyn`, exact beyond 64 bits too."""
    low = (1 << _LOW) - 1
    return (int((amounts_tiyn >> _LOW).sum()) << _LOW) + int((amounts_tiyn & low).sum())
