"""Every small case of paying from purses comes out as the law of marked payments says in words.

The law is written a second time here, step by step and with nothing of the product, and every
combination of up to three purses, rule books and plain money is paid from twice on one day.
"""

from dataclasses import dataclass
from itertools import product
from typing import Final, NamedTuple

import numpy as np
import pytest

from tengesim.codes import Form, Kind, Reason, Status
from tengesim.payment import AccountId, Move, Posting, RetailWant
from tengesim.rules.model import RuleBook
from tests.wallet_world import NB, TENGE, Economy, Person, section

MCC: Final = "5411"
TIER: Final = 6
"""Most that a plain wallet pays at once, in tenge."""
DAILY: Final = 6
ONCE: Final = 4
BALANCES: Final = (0, 3, 9)
AMOUNTS: Final = ((2, 5), (7, 7), (13, 1))
"""What is wanted first and then, in tenge."""


def rule(name: str, **condition: object) -> dict[str, object]:
    """Return a rule on payments."""
    return {
        "id": name,
        "condition": condition,
        "text": {"en": "A rule."},
        "reference": "assumption",
    }


FOOD: Final = rule("food", kind="merchant_category_in", categories=[MCC])
FUEL: Final = rule("fuel", kind="merchant_category_in", categories=["5541"])
DAY: Final = rule("day", kind="amount_per_period_at_most", period="day", limit=f"{DAILY} KZT")
AT_ONCE: Final = rule("once", kind="amount_at_most", limit=f"{ONCE} KZT")
BOOKS: Final = {
    "free": [FOOD],
    "fuel": [FUEL],
    "once": [rule("both", kind="all_of", conditions=[FOOD["condition"], AT_ONCE["condition"]])],
    "daily": [DAY, AT_ONCE],
    "never": [rule("one", kind="count_per_period_at_most", period="day", limit="1 payments")],
}


class Refused(NamedTuple):
    """A refusal, and from which purse."""

    purse: int
    reason: Reason
    value: int
    limit: int


@dataclass
class Owner:
    """A person as the naive law sees it; money in tenge."""

    balances: list[int]
    books: list[str]
    wallet: int
    deposit: int
    used: list[int]
    count: list[int]

    def pay(self, amount: int) -> list[tuple[int, int]] | Refused | None:
        """Return what each purse pays, −1 for the wallet; a refusal; or None for no row."""
        left, parts, refused = amount, [], None
        for number, balance in enumerate(self.balances):
            if balance == 0 or left == 0:
                continue
            answer = self._ask(number, min(balance, left))
            if isinstance(answer, Refused):
                refused = refused or answer
                continue
            parts.append((number, answer))
            left -= answer
        if left > TIER or left > self.wallet + self.deposit:
            return refused
        if not parts:
            return None
        for number, part in parts:
            self.balances[number] -= part
            self.used[number] += part
            self.count[number] += 1
        if left:
            # The wallet fetches what it lacks from the deposit.
            self.deposit -= max(0, left - self.wallet)
            self.wallet = max(0, self.wallet - left)
            parts.append((-1, left))
        return parts

    def _ask(self, number: int, wished: int) -> int | Refused:
        """Return what purse `number` pays of an amount."""
        book, once, day = self.books[number], ONCE, DAILY - self.used[number]
        if book == "fuel":
            return Refused(number, Reason.PURPOSE_NOT_ALLOWED, 0, 0)
        if book == "never" and self.count[number]:
            return Refused(number, Reason.LIMIT_PER_PERIOD, self.count[number] + 1, 1)
        if book == "once":
            return min(wished, once)
        if book == "daily":
            if day <= 0:
                if wished > once:
                    return Refused(number, Reason.LIMIT_PER_PAYMENT, wished * TENGE, once * TENGE)
                value = (self.used[number] + wished) * TENGE
                return Refused(number, Reason.LIMIT_PER_PERIOD, value, DAILY * TENGE)
            return min(wished, once, day)
        return wished


class World:
    """One world in which every case is a person."""

    def __init__(self, cases: list[tuple[tuple[tuple[int, str], ...], int, int]]) -> None:
        """Open the purses of every case in any order, and register them."""
        self.economy = Economy(
            [Person(deposit=deposit) for _, _, deposit in cases],
            section(tiers__0__per_payment=f"{TIER} KZT"),
            days=2,
        )
        self.economy.advance(0, "12:00")
        self.owners = [
            Owner(
                [balance for balance, _ in held],
                [book for _, book in held],
                wallet,
                deposit,
                [0] * len(held),
                [0] * len(held),
            )
            for held, wallet, deposit in cases
        ]
        self.book, self.names = self.economy.outside.book, self.economy.outside.names
        self.purses: list[list[int]] = [
            [self._open(person, place) for place in range(len(owner.books))]
            for person, owner in enumerate(self.owners)
        ]
        self._give()
        self._register()
        self.wants = 0

    def _open(self, person: int, place: int) -> int:
        name = self.economy.customers.name(person)
        return self.book.open(name, NB, Form.DIGITAL_TENGE, f"mark-{place}")

    def _give(self) -> None:
        issuer = self.book.open(NB, NB, Form.DIGITAL_TENGE)
        for person, owner in enumerate(self.owners):
            for place, balance in enumerate(owner.balances):
                if balance:
                    move = Move(issuer, AccountId(self.purses[person][place]), balance * TENGE)
                    self.book.post(Posting(f"{person}/{place}", Kind.ISSUE, (move,)))
            if owner.wallet:
                wallet = int(self.economy.customers.wallet[person])
                self.economy.give(f"w{person}", issuer, wallet, owner.wallet * TENGE)

    def _register(self) -> None:
        """Register backwards, so that only priority and name can make the order."""
        places = range(max(len(owner.books) for owner in self.owners))
        for place, name in reversed(list(product(places, BOOKS))):
            people = [
                person
                for person, owner in enumerate(self.owners)
                if len(owner.books) > place and owner.books[place] == name
            ]
            self.economy.platform.purses.register(
                f"{place}-{name}",
                np.array(people[::-1], dtype=np.int64),
                np.array([self.purses[person][place] for person in people[::-1]], dtype=np.int64),
                RuleBook.model_validate({"rules": BOOKS[name]}),
                priority=place // 2,
            )

    def pay(self, person: int, tenge: int) -> list[tuple[int, int]] | Refused | None:
        """Return what the product does, in the words of `Owner.pay`."""
        self.wants += 1
        now_us, economy = int(self.economy.outside.env.now), self.economy
        payee = economy.merchant
        want = RetailWant(
            now_us,
            1,
            self.wants,
            -self.wants,
            person,
            payee,
            tenge * TENGE,
            self.names.id(MCC),
            is_remote=True,
            spare=0,
        )
        before = len(economy.outside.journal.rows())
        assert economy.platform.marked.can_try(want)
        outcome = economy.platform.marked.pay(want, 0, (now_us, 1, self.wants, 0))
        rows = economy.outside.journal.rows()[before:]
        rows = rows[rows["kind"] == Kind.PAYMENT]
        marks = {self.names.find(f"mark-{place}"): place for place in range(3)} | {0: -1}
        if outcome is None:
            assert len(rows) == 0
            return None
        assert set(rows["ref"].tolist()) == {outcome.ref}
        assert rows["mark_to"].tolist() == [0] * len(rows)
        if outcome.status is Status.REFUSED:
            (row,) = rows
            values = (int(row[name]) for name in ("reason", "value", "limit"))
            reason, value, limit = values
            return Refused(marks[int(row["mark"])], Reason(reason), value, limit)
        assert set(rows["rule"].tolist()) == {0}
        return [
            (marks[mark], amount // TENGE)
            for mark, amount in zip(
                rows["mark"].tolist(), rows["amount_tiyn"].tolist(), strict=True
            )
        ]


def cases_of(purses: int) -> list[tuple[tuple[tuple[int, str], ...], int, int]]:
    """Return every case with so many purses; of three, those with some money in each."""
    balances = BALANCES if purses < 3 else (9,)
    held = product(product(balances, BOOKS), repeat=purses)
    return list(product(held, (0, 5), (0, 20)))


@pytest.mark.parametrize("purses", [1, 2, 3])
@pytest.mark.parametrize("amounts", AMOUNTS)
def test_every_case_comes_out_as_the_law_says(purses: int, amounts: tuple[int, int]) -> None:
    """Goal: one meaning. Method: the law in plain words against the rail, all cases, two wants."""
    world = World(cases_of(purses))
    for tenge in amounts:
        for person, owner in enumerate(world.owners):
            case = (owner.books, owner.balances.copy(), owner.wallet, owner.deposit, tenge)
            assert (case, owner.pay(tenge)) == (case, world.pay(person, tenge))
    for person, owner in enumerate(world.owners):
        held = [world.book.free(AccountId(one)) // TENGE for one in world.purses[person]]
        assert owner.balances == held
        assert owner.wallet == world.economy.wallet(person)
    world.economy.audit()
