"""The same payments as an ordinary SimPy model: one process for each wallet, objects and lists.

It shares the people and the settings of a scenario with the engines and none of their code, so it
is what somebody would write who knows SimPy and wants no engine: slots, bisection, no event that
is not needed, no log unless one is asked for. Chance is Python's own, so it agrees with the engines
in shares and not in rows.
"""

from bisect import bisect_right
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from math import exp
from random import Random
from typing import Final

import simpy

__all__ = [
    "AMOUNT_MAX",
    "Bank",
    "Bill",
    "Country",
    "Crowd",
    "Party",
    "PlainModel",
    "Purpose",
    "Tally",
]

CASH: Final = "cash"
DEPOSIT: Final = "deposit"
DIGITAL: Final = "digital"
TRIES_MAX: Final = 3
BAND: Final = 2
DAY_S: Final = 86_400.0
AMOUNT_MAX: Final = 10**13

Row = tuple[float, str, str, int, int, int]
"""Time in seconds, what, in which form, payer, payee, tiyn."""


class Bank:
    """One bank: what it owes depositors, its reserves, and what it borrowed to have them."""

    __slots__ = ("borrowed", "owed", "reserves")

    def __init__(self) -> None:
        """Start with nothing."""
        self.owed = self.reserves = self.borrowed = 0


class Party:
    """A person or a merchant, with all the money it has; amounts are whole tiyn."""

    __slots__ = (
        "bank",
        "cash",
        "day",
        "deposit",
        "factor",
        "floor",
        "goes_digital",
        "has_wallet",
        "home",
        "is_automatic",
        "is_person",
        "is_urban",
        "limit",
        "number",
        "per_day",
        "per_payment",
        "region",
        "top_up",
        "used",
        "wallet",
    )

    def __init__(self, number: int, bank: Bank, *, is_person: bool, has_wallet: bool) -> None:
        """Make a party without money; whoever knows more about it says so afterwards."""
        self.number, self.bank = number, bank
        self.is_person, self.has_wallet = is_person, has_wallet
        self.deposit = self.cash = self.wallet = self.used = self.floor = self.top_up = 0
        self.day = -1
        self.limit = self.per_payment = self.per_day = AMOUNT_MAX
        self.is_automatic = not is_person
        self.goes_digital = self.is_urban = False
        self.factor = 1.0
        self.region = 0
        self.home: list[Party] = []


class Crowd:
    """Parties of whom one is met, the heavier the likelier."""

    __slots__ = ("ends", "members")

    def __init__(self, members: list[Party], ends: list[int]) -> None:
        """Take the members with their weights cumulated."""
        self.members, self.ends = members, ends

    def pick(self, random: Random) -> Party:
        """Return one of them."""
        ends = self.ends
        return self.members[bisect_right(ends, int(random.random() * ends[-1]))]


@dataclass(frozen=True, slots=True)
class Purpose:
    """What people pay for: how much, how far away, and whom."""

    name: str
    mu: float
    sigma: float
    remote: float
    anywhere: Crowd | None
    nearby: dict[tuple[int, bool], Crowd]
    """Merchants by region and kind of place; empty for transfers and withdrawals."""


@dataclass(frozen=True, slots=True)
class Bill:
    """One bill of the horizon: who pays whom how much, seconds after the start."""

    after_s: float
    payer: Party
    payee: Party
    amount: int


@dataclass(slots=True)
class Country:
    """Everything that a model starts from."""

    people: list[Party]
    merchants: list[Party]
    banks: list[Bank]
    payers: list[Party]
    neighbours: list[Crowd]
    """Payers by region."""
    purposes: list[Purpose]
    purpose_ends: list[float]
    """Shares of the purposes, cumulated to one."""
    hour_rates: list[float]
    """Wants of one payer in each hour of the horizon."""
    bills: list[Bill]
    cash_share: float
    in_household: float
    largest: int
    tranche: int
    review_s: float
    sweep_s: float | None
    """When merchants empty their wallets; None where they never hold anything."""
    is_withdrawal: str
    is_transfer: str


@dataclass(slots=True)
class Tally:
    """What came of the wants so far."""

    settled: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys((DIGITAL, DEPOSIT, CASH), 0)
    )
    refused: int = 0
    unmet: int = 0
    withdrawals: int = 0
    top_ups: int = 0
    overflows: int = 0

    @property
    def payments(self) -> int:
        """Return how many payments settled or were refused."""
        return sum(self.settled.values()) + self.refused


class PlainModel:
    """One process for each payer, one for the platform's daily work."""

    def __init__(
        self, country: Country, seed: int, *, start_s: float = 0, is_logged: bool = False
    ) -> None:
        """Start the processes at `start_s` of the first day; nothing happens yet."""
        self.country = country
        self.random = Random(seed)  # noqa: S311 - a model, no secret
        self.env = simpy.Environment(initial_time=start_s)
        self.tally = Tally()
        self.rows: list[Row] | None = [] if is_logged else None
        self.issued = 0
        self.notes = sum(person.cash for person in country.people)
        rates = country.hour_rates
        self._ends = [0.0]
        for rate in rates:
            self._ends.append(self._ends[-1] + rate)
        for person in country.payers:
            self.env.process(self._live(person))
        for bill in country.bills:
            if bill.after_s >= start_s:
                self.env.process(self._bill(bill))
        self.env.process(self._work())

    def run(self, payments: int) -> None:
        """Let time pass until so many more payments were made, or the horizon ends."""
        tally, step = self.tally, self.env.step
        wanted = tally.payments + payments
        try:
            while tally.payments < wanted:
                # Asking each time would be dear; a hundred events more or less are nothing.
                for _ in range(100):
                    step()
        except simpy.core.EmptySchedule:
            return

    def fill_wallets(self) -> None:
        """Review every wallet now, as the platform does each morning."""
        for person in self.country.people:
            if person.is_automatic and person.has_wallet:
                self._review(person)

    def _moment(self, mass: float) -> float | None:
        """Return when so many wants are to be expected since the start; None for never."""
        ends = self._ends
        hour = bisect_right(ends, mass) - 1
        if hour >= len(self.country.hour_rates):
            return None
        return 3600.0 * (hour + (mass - ends[hour]) / self.country.hour_rates[hour])

    def _mass(self, time_s: float) -> float:
        hour, rest_s = divmod(time_s, 3600.0)
        if hour >= len(self.country.hour_rates):
            return self._ends[-1]
        return self._ends[int(hour)] + self.country.hour_rates[int(hour)] * rest_s / 3600.0

    def _live(self, person: Party) -> Generator[simpy.Event, None, None]:
        env, expovariate, moment = self.env, self.random.expovariate, self._moment
        mass = self._mass(env.now)
        while True:
            mass += expovariate(1.0)
            when = moment(mass)
            if when is None:
                return
            yield env.timeout(when - env.now)
            self._want(person)

    def _bill(self, bill: Bill) -> Generator[simpy.Event, None, None]:
        yield self.env.timeout(bill.after_s - self.env.now)
        self._pay(bill.payer, bill.payee, bill.amount, is_remote=True)

    def _work(self) -> Generator[simpy.Event, None, None]:
        """Review wallets in the morning and empty those of merchants in the evening."""
        country, env = self.country, self.env
        for day in range(len(country.hour_rates) // 24):
            review_s = day * DAY_S + country.review_s
            if review_s >= env.now:
                yield env.timeout(review_s - env.now)
                self.fill_wallets()
            if country.sweep_s is None:
                continue
            sweep_s = day * DAY_S + country.sweep_s
            if sweep_s >= env.now:
                yield env.timeout(sweep_s - env.now)
                for merchant in country.merchants:
                    if merchant.wallet:
                        self._defund(merchant, merchant, merchant.wallet)

    def _want(self, person: Party) -> None:
        country, random = self.country, self.random
        purpose = country.purposes[bisect_right(country.purpose_ends, random.random())]
        amount = int(exp(random.gauss(purpose.mu, purpose.sigma)) * person.factor)
        amount = min(max(amount, 1), AMOUNT_MAX)
        if purpose.name == country.is_withdrawal:
            self._withdraw(person, amount)
            return
        if purpose.name == country.is_transfer:
            payee = self._acquaintance(person)
            is_remote = True
        else:
            is_remote = random.random() < purpose.remote
            crowd = (
                purpose.anywhere
                if is_remote
                else purpose.nearby.get((person.region, person.is_urban))
            )
            payee = None if crowd is None else crowd.pick(random)
        if payee is not None:
            self._pay(person, payee, amount, is_remote=is_remote)

    def _acquaintance(self, person: Party) -> Party | None:
        random, home = self.random, person.home
        if len(home) > 1 and random.random() < self.country.in_household:
            other = home[int(random.random() * (len(home) - 1))]
            return home[-1] if other is person else other
        crowd = self.country.neighbours[person.region]
        if len(crowd.members) <= len(home):
            return None
        while True:
            other = crowd.pick(random)
            if other.home is not home:
                return other

    def _ways(self, person: Party, *, is_remote: bool) -> Sequence[str]:
        if is_remote:
            return (DIGITAL, DEPOSIT) if person.goes_digital else (DEPOSIT, DIGITAL)
        if self.random.random() < self.country.cash_share:
            return (CASH, DEPOSIT, DIGITAL)
        return (DIGITAL, DEPOSIT, CASH) if person.goes_digital else (DEPOSIT, DIGITAL, CASH)

    def _pay(self, payer: Party, payee: Party, amount: int, *, is_remote: bool) -> None:
        tally, tries = self.tally, 0
        for way in self._ways(payer, is_remote=is_remote):
            if way == DEPOSIT:
                if payer.deposit < amount:
                    continue
                self._transfer(payer, payee, amount)
            elif way == CASH:
                if payer.cash < amount:
                    continue
                payer.cash -= amount
                payee.cash += amount
            else:
                is_paid = self._pay_digital(payer, payee, amount)
                if is_paid is None:
                    continue
                if not is_paid:
                    tries += 1
                    if tries == TRIES_MAX:
                        break
                    continue
            tally.settled[way] += 1
            if self.rows is not None and way != DIGITAL:
                self._log("paid", way, payer, payee, amount)
            return
        if tries:
            tally.refused += 1
        else:
            tally.unmet += 1
        if self.rows is not None:
            self._log("refused" if tries else "unmet", "", payer, payee, amount)

    def _transfer(self, payer: Party, payee: Party, amount: int) -> None:
        """Pay from deposit to deposit; between two banks reserves follow."""
        own, other = payer.bank, payee.bank
        payer.deposit -= amount
        payee.deposit += amount
        if own is not other:
            self._provide(own, amount)
            own.owed -= amount
            own.reserves -= amount
            other.reserves += amount
            other.owed += amount

    def _provide(self, bank: Bank, amount: int) -> None:
        if bank.reserves < amount:
            lent = max(amount - bank.reserves, self.country.tranche)
            bank.reserves += lent
            bank.borrowed += lent

    def _withdraw(self, person: Party, amount: int) -> None:
        if person.deposit < amount:
            self.tally.unmet += 1
            if self.rows is not None:
                self._log("unmet", "", person, person, amount)
            return
        bank = person.bank
        self._provide(bank, amount)
        person.deposit -= amount
        bank.owed -= amount
        bank.reserves -= amount
        person.cash += amount
        self.notes += amount
        self.tally.withdrawals += 1

    def _pay_digital(self, payer: Party, payee: Party, amount: int) -> bool | None:
        """Return whether it was paid; None where there are no wallets or no means."""
        if not (payer.has_wallet and payee.has_wallet):
            return None
        if payer.is_person and not self._is_within_tier(payer, amount):
            return False
        excess = payee.wallet + amount - payee.limit if payee.is_person else 0
        if excess > 0 and not payee.is_automatic:
            return False
        left = payer.wallet - amount
        if left < payer.floor or left < 0:
            top_up = self._top_up(payer, left)
            if top_up is None:
                return None
            if top_up:
                self._fund(payer, top_up)
        if excess > 0:
            amount -= self._past(payer, payee, amount)
        payer.wallet -= amount
        payee.wallet += amount
        payer.used += amount
        if self.rows is not None:
            self._log("paid", DIGITAL, payer, payee, amount)
        if self.country.sweep_s is None and not payee.is_person:
            self._defund(payee, payee, payee.wallet)
        return True

    def _is_within_tier(self, payer: Party, amount: int) -> bool:
        if amount > payer.per_payment:
            return False
        day = int(self.env.now // DAY_S)
        if payer.day != day:
            payer.day, payer.used = day, 0
        return payer.used + amount <= payer.per_day

    def _top_up(self, payer: Party, left: int) -> int | None:
        """Return what the wallet takes from the deposit first; None where it cannot be enough."""
        if not (payer.is_person and payer.is_automatic):
            return 0 if left >= 0 else None
        most = min(max(payer.limit - payer.wallet, 0), payer.deposit, self.country.largest)
        top_up = min(payer.floor + payer.top_up - left, most)
        return top_up if left + top_up >= 0 else None

    def _fund(self, party: Party, amount: int) -> None:
        bank = party.bank
        self._provide(bank, amount)
        party.deposit -= amount
        bank.owed -= amount
        bank.reserves -= amount
        party.wallet += amount
        self.issued += amount
        self.tally.top_ups += 1
        if self.rows is not None:
            self._log("funding", DIGITAL, party, party, amount)

    def _defund(self, payer: Party, party: Party, amount: int) -> None:
        """Move digital tenge of `payer` into the deposit of `party`."""
        bank = party.bank
        payer.wallet -= amount
        self.issued -= amount
        party.deposit += amount
        bank.owed += amount
        bank.reserves += amount
        self.tally.overflows += 1
        if self.rows is not None:
            self._log("overflow", DIGITAL, payer, party, amount)

    def _past(self, payer: Party, payee: Party, amount: int) -> int:
        """Let a wallet that would be too full flow over; return what has to go past it."""
        over = min(payee.wallet + amount - payee.limit, payee.wallet)
        if over:
            self._defund(payee, payee, over)
        past = max(payee.wallet + amount - payee.limit, 0)
        if past:
            self._defund(payer, payee, past)
        return past

    def _review(self, person: Party) -> None:
        held, target = person.wallet, person.floor + person.top_up
        if held < person.floor or not held:
            wanted = min(target - held, max(person.limit - held, 0), person.deposit)
            if wanted > 0:
                self._fund(person, wanted)
        elif held > person.floor + BAND * person.top_up:
            self._defund(person, person, held - target)

    def _log(self, what: str, form: str, payer: Party, payee: Party, amount: int) -> None:
        if self.rows is not None:
            self.rows.append((self.env.now, what, form, payer.number, payee.number, amount))
