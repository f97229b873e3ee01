"""Watches: who has, or takes in, more than was declared, as seen after each everyday payment.

Whoever crosses a threshold is announced once, and again only after having been below it. Nobody
polls: between the payments of those who are watched nothing is looked at.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal

from tengesim.institutions.customers import NO_ACCOUNT, Customers
from tengesim.payment import AccountId, RetailWant
from tengesim.ports import Crossing, Ports

__all__ = ["WATCH", "Watch", "Watches"]

WATCH: Final = "watch"
"""Topic of the notices."""


class Watch:
    """One threshold, and what is known of those whom it is about."""

    __slots__ = ("_above", "_taken", "id", "of", "threshold_tiyn")

    def __init__(
        self,
        name: str,
        of: Literal["balance", "takings"],
        threshold_tiyn: int,
        parties: Iterable[int],
    ) -> None:
        """Watch `parties`, none of whom has been seen above the threshold."""
        self.id = name
        self.of = of
        self.threshold_tiyn = threshold_tiyn
        self._above = dict.fromkeys(parties, False)
        self._taken: dict[int, tuple[int, int]] = {}

    @property
    def parties(self) -> Iterable[int]:
        """Whom it is about."""
        return self._above

    def take(self, party: int, day: int, amount_tiyn: int) -> int:
        """Count what `party` takes in on `day`; return what it took in all of that day."""
        last_day, taken_tiyn = self._taken.get(party, (day, 0))
        taken_tiyn = amount_tiyn + (taken_tiyn if last_day == day else 0)
        self._taken[party] = day, taken_tiyn
        return taken_tiyn

    def is_crossed(self, party: int, value_tiyn: int) -> bool:
        """Return whether `party` is above the threshold now, and was not before."""
        was_above = self._above[party]
        self._above[party] = value_tiyn >= self.threshold_tiyn
        return self._above[party] and not was_above


class Watches:
    """Looks at both ends of every everyday payment of somebody who is watched."""

    __slots__ = ("_answer", "_by_party", "_customers", "_ports")

    def __init__(
        self,
        watches: Iterable[Watch],
        customers: Customers,
        ports: Ports,
        answer: Callable[[RetailWant], None],
    ) -> None:
        """Look whenever `answer` has answered a want."""
        by_party: dict[int, list[Watch]] = {}
        for watch in watches:
            for party in watch.parties:
                by_party.setdefault(party, []).append(watch)
        self._by_party: Mapping[int, list[Watch]] = by_party
        self._customers = customers
        self._ports = ports
        self._answer = answer

    @property
    def parties(self) -> list[int]:
        """Everybody who is watched, ascending."""
        return sorted(self._by_party)

    def answer(self, want: RetailWant) -> None:
        """Let `want` be answered, and announce whoever has crossed a threshold by it."""
        ends = [
            party for party in dict.fromkeys((want.payer, want.payee)) if party in self._by_party
        ]
        before = [self._has_tiyn(party) for party in ends]
        self._answer(want)
        for party, before_tiyn in zip(ends, before, strict=True):
            self._look(party, want.time_us, self._has_tiyn(party) - before_tiyn)

    def _look(self, party: int, time_us: int, gained_tiyn: int) -> None:
        day = self._ports.calendar.day_number(time_us)
        for watch in self._by_party[party]:
            value_tiyn = self._balance_tiyn(party)
            if watch.of == "takings":
                value_tiyn = watch.take(party, day, max(0, gained_tiyn))
            if watch.is_crossed(party, value_tiyn):
                crossing = Crossing(watch.id, party, value_tiyn, watch.threshold_tiyn)
                self._ports.bulletin.announce(WATCH, crossing)

    def _balance_tiyn(self, party: int) -> int:
        columns = (self._customers.deposit, self._customers.wallet)
        return sum(self._in(int(column[party])) for column in columns)

    def _has_tiyn(self, party: int) -> int:
        return self._balance_tiyn(party) + self._in(int(self._customers.cash[party]))

    def _in(self, account: int) -> int:
        return 0 if account == NO_ACCOUNT else self._ports.ledger.free(AccountId(account))
