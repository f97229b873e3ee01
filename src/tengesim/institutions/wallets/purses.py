"""Purses: accounts of people whose digital tenge bears a mark, and the rules that travel with it.

Whoever gives out marked money opens the accounts and registers them here while the world is built;
everyday payments then find them in one order, which is that of priority, then of name. Of one
voucher a person has at most one purse.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.ledger.parties import PARTY_BASE
from tengesim.payment import AccountId, Observation
from tengesim.rules.evaluate import Decision, decide
from tengesim.rules.limits import part_left_tiyn
from tengesim.rules.model import RuleBook
from tengesim.rules.usage import Counters, PeriodicUsage, periods_of

__all__ = ["VOUCHERS_MAX", "Purse", "Purses", "Voucher"]

VOUCHERS_MAX: Final = 16
"""Kinds of marked money that one person may have; a payment may take from all of them."""

Whole = NDArray[np.int64]


class Voucher:
    """One kind of marked money: its rules, what was used under them, and who has a purse of it."""

    __slots__ = ("accounts", "book", "name", "people", "priority", "usage")

    def __init__(
        self, name: str, book: RuleBook, priority: int, *, people: Whole, accounts: Whole
    ) -> None:
        """Let each of `people`, ascending, pay from its account by the rules of `book`."""
        self.name = name
        self.book = book
        self.priority = priority
        self.people = people
        self.accounts = accounts
        self.usage: Counters = PeriodicUsage(periods_of(book))

    def account_of(self, person: int) -> AccountId | None:
        """Return the purse of `person`; None where it has none."""
        place = int(np.searchsorted(self.people, person))
        if place == len(self.people) or self.people[place] != person:
            return None
        return AccountId(int(self.accounts[place]))

    def part_left_tiyn(self, seen: Observation) -> int:
        """Return the part of the amount of `seen` that the limits leave."""
        return part_left_tiyn(self.book, seen, self.usage)

    def decide(self, seen: Observation) -> Decision:
        """Return what the rules say about `seen`."""
        return decide(self.book, seen, self.usage)


class Purse(NamedTuple):
    """The account of one person, and what kind of money is in it."""

    account: AccountId
    voucher: Voucher


class Purses:
    """Every purse of a world."""

    __slots__ = ("_has_one", "_is_sealed", "_vouchers")

    def __init__(self, people: int) -> None:
        """Start with no purse for any of `people`, who are the first parties."""
        self._has_one = np.zeros(people, dtype=np.bool_)
        self._vouchers: tuple[Voucher, ...] = ()
        self._is_sealed = False

    @property
    def vouchers(self) -> tuple[Voucher, ...]:
        """All kinds of marked money, in the order in which people pay with them."""
        return self._vouchers

    def register(
        self, voucher: str, people: Whole, accounts: Whole, book: RuleBook, priority: int
    ) -> None:
        """Let each of `people` pay from one of `accounts` by the rules of `book`.

        `voucher` is the programme that the money serves, which rules know as its purpose; the
        lowest `priority` is used first. The accounts hold digital tenge under one mark.

        Raises ValueError for what cannot be registered, and once purses are in use.
        """
        if self._is_sealed:
            raise ValueError(f"purses are registered before anybody pays; {voucher!r} is too late")
        if voucher in {known.name for known in self._vouchers}:
            raise ValueError(f"the purses of {voucher!r} are registered already")
        if len(self._vouchers) == VOUCHERS_MAX:
            raise ValueError(f"{voucher!r} is one voucher too many; expected {VOUCHERS_MAX}")
        order = np.argsort(people, kind="stable")
        owners = people[order]
        if len(people) != len(accounts) or (owners[1:] == owners[:-1]).any():
            raise ValueError(f"each owner of a purse of {voucher!r} has one account")
        if len(owners) and not 0 <= owners[0] <= owners[-1] < len(self._has_one):
            raise ValueError(f"purses of {voucher!r} belong to people 0..{len(self._has_one) - 1}")
        if (accounts >= PARTY_BASE).any():
            raise ValueError(f"a purse of {voucher!r} is no account in the row of a party")
        made = Voucher(voucher, book, priority, people=owners, accounts=accounts[order])
        ordered = sorted((*self._vouchers, made), key=lambda one: (one.priority, one.name))
        self._vouchers = tuple(ordered)
        self._has_one[owners] = True

    def seal(self) -> None:
        """Take no further purse: from now on people pay."""
        self._is_sealed = True

    def has_one(self, party: int) -> bool:
        """Return whether `party` is a person with a purse."""
        return party < len(self._has_one) and bool(self._has_one[party])

    def of(self, person: int) -> list[Purse]:
        """Return the purses of `person` in the order in which they are used."""
        found = ((voucher.account_of(person), voucher) for voucher in self._vouchers)
        return [Purse(account, voucher) for account, voucher in found if account is not None]

    def owners(self) -> Whole:
        """Return who has a purse, ascending."""
        return np.flatnonzero(self._has_one)
