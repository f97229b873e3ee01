"""The order of a drained world is that of the reference, and every way to get it wrong is seen.

A small world stands for all: people pay one another out of few tiyn, institutions act on a coarse
grid of moments, so most times are shared; some payments are watched, and a watched payment lets an
institution act at that very moment. One world has an event for each payment, the other drains them.
"""

import random
from collections.abc import Generator, Iterable
from functools import partial
from typing import Final

import pytest
import simpy

from tengesim.engine.draining import DrainingEnvironment
from tengesim.engine.environment import INSTITUTION, RETAIL, URGENT, Environment
from tengesim.errors import InvariantError

WORLDS: Final = 500
HORIZON_US: Final = 40
PEOPLE: Final = 4

Want = tuple[int, int, int, int, int]
"""Time, payer, payee, amount, and 1 where somebody watches."""
Row = tuple[int, str, int, int]


class Town:
    """Balances, the log, and institutions that read and change them."""

    def __init__(self, env: Environment, seed: int) -> None:
        """Start the institutions of the world `seed`."""
        self.env = env
        self.log: list[Row] = []
        self.money = [6] * PEOPLE
        self.frozen = [False] * PEOPLE
        drawn = random.Random(seed)  # noqa: S311 - nobody's secret
        for number in range(3):
            steps = [drawn.randrange(4) for _ in range(drawn.randrange(6))]
            env.begin(self._work(f"office {number}", steps, drawn.randrange(PEOPLE)))
        for _ in range(drawn.randrange(4)):
            at, priority = drawn.randrange(HORIZON_US), drawn.choice((URGENT, INSTITUTION))
            whom = drawn.randrange(PEOPLE)
            env.happen(at, priority, partial(self._notice, whom))

    def _notice(self, whom: int, _: simpy.Event) -> None:
        self._grant("notice", whom)

    def _work(
        self, name: str, steps: Iterable[int], whom: int
    ) -> Generator[simpy.Event, None, None]:
        for delay in steps:
            yield self.env.timeout(delay)
            self.frozen[whom] = not self.frozen[whom]
            self._grant(name, whom)

    def _grant(self, name: str, whom: int) -> None:
        self.log.append((int(self.env.now), name, whom, self.money[whom]))
        self.money[whom] += 1

    def pay(self, want: Want) -> None:
        """Answer a want, and let the office that watches it act at once."""
        time_us, payer, payee, amount, is_watched = want
        paid = not self.frozen[payer] and self.money[payer] >= amount
        if paid:
            self.money[payer] -= amount
            self.money[payee] += amount
        self.log.append((time_us, "paid" if paid else "refused", payer, self.money[payer]))
        if is_watched:
            self.env.begin(self._react(payer))

    def _react(self, whom: int) -> Generator[simpy.Event, None, None]:
        self.frozen[whom] = not self.frozen[whom]
        self.log.append((int(self.env.now), "alert", whom, self.money[whom]))
        yield self.env.timeout(0)
        self._grant("reaction", whom)


class Drained:
    """Retail that stops at watched wants, as compiled code does."""

    def __init__(self, town: Town, wants: list[Want]) -> None:
        """Answer `wants` in their order."""
        self._town = town
        self._wants = wants
        self._next = 0

    def drain(self, until_us: int) -> int | None:
        """Answer what needs no notice."""
        while self._next < len(self._wants) and self.is_due(self._wants[self._next][0], until_us):
            want = self._wants[self._next]
            if want[4]:
                return want[0]
            self._town.pay(want)
            self._next += 1
        return None

    def is_due(self, time_us: int, until_us: int) -> bool:
        """Return whether a want comes before the next event."""
        return time_us < until_us

    def attend(self) -> None:
        """Answer a watched want."""
        self._town.pay(self._wants[self._next])
        self._next += 1


def wants_of(seed: int) -> list[Want]:
    """Return the wants of a world in the order of the tape: by time, then as they were drawn."""
    drawn = random.Random(seed + 1_000_000)  # noqa: S311 - nobody's secret
    wants = [
        (
            drawn.randrange(HORIZON_US),
            drawn.randrange(PEOPLE),
            drawn.randrange(PEOPLE),
            drawn.randrange(1, 5),
            int(drawn.random() < 0.15),
        )
        for _ in range(drawn.randrange(10, 120))
    ]
    return sorted(wants, key=lambda want: want[0])


def reference(seed: int, priority: int = RETAIL) -> list[Row]:
    """Return the log of a world with an event for every payment."""
    env = Environment(0)
    town = Town(env, seed)
    for want in wants_of(seed):
        env.happen(want[0], priority, partial(_arrive, town, want))
    env.run(until=HORIZON_US)
    return town.log


def _arrive(town: Town, want: Want, _: simpy.Event) -> None:
    town.pay(want)


def drained(
    seed: int,
    env_type: type[DrainingEnvironment] = DrainingEnvironment,
    retail_type: type[Drained] = Drained,
    wants: list[Want] | None = None,
) -> list[Row]:
    """Return the log of the same world, drained between its events."""
    env = env_type(0)
    town = Town(env, seed)
    env.drain(retail_type(town, wants_of(seed) if wants is None else wants))
    env.run(until=HORIZON_US)
    return town.log


def differing(seeds: range, **mutant: object) -> int:
    """Return in how many worlds a mutant writes another log than the reference, or none at all."""
    count = 0
    for seed in seeds:
        try:
            count += drained(seed, **mutant) != reference(seed)  # type: ignore[arg-type]
        except InvariantError:
            count += 1
    return count


def test_drained_worlds_have_the_log_of_the_reference() -> None:
    """Goal: draining changes nothing. Method: 500 worlds dense with ties, row by row."""
    ties = 0
    for seed in range(WORLDS):
        times = [want[0] for want in wants_of(seed)]
        ties += len(times) - len(set(times))
        assert drained(seed) == reference(seed), f"world {seed}"
    assert ties > WORLDS


@pytest.mark.parametrize("priority", [URGENT, INSTITUTION])
def test_retail_of_another_priority_is_seen(priority: int) -> None:
    """Goal: the comparison sees the priority of retail. Method: a reference with another one."""
    worlds = range(60)

    assert sum(drained(seed) != reference(seed, priority) for seed in worlds) > 10


class _Inclusive(Drained):
    def is_due(self, time_us: int, until_us: int) -> bool:
        return time_us <= until_us


class _ClockLeftBehind(DrainingEnvironment):
    def _drained(self, until_us: int) -> bool:
        if self._retail is None or self._retail.drain(until_us) is None:
            return False
        self._retail.attend()
        return True


class _NoticeAfterTheDrain(Drained):
    def __init__(self, town: Town, wants: list[Want]) -> None:
        super().__init__(town, wants)
        self._late: list[Want] = []

    def drain(self, until_us: int) -> int | None:
        while self._next < len(self._wants) and self._wants[self._next][0] < until_us:
            want = self._wants[self._next]
            self._town.pay((*want[:4], 0))
            self._next += 1
            if want[4]:
                self._late.append(want)
        return self._late[-1][0] if self._late else None

    def attend(self) -> None:
        for want in self._late:
            self._town.env.begin(self._town._react(want[1]))
        self._late = []


@pytest.mark.parametrize(
    "mutant",
    [
        {"retail_type": _Inclusive},
        {"env_type": _ClockLeftBehind},
        {"retail_type": _NoticeAfterTheDrain},
    ],
    ids=["before or at", "clock not moved", "notice after the drain"],
)
def test_a_broken_drain_is_seen(mutant: dict[str, object]) -> None:
    """Goal: the comparison has teeth. Method: one law broken at a time, over 60 worlds."""
    assert differing(range(60), **mutant) > 10


def test_ties_in_another_order_are_seen() -> None:
    """Goal: the tape settles ties. Method: equal times by the payer's number instead."""
    by_payer = sum(
        drained(seed, wants=sorted(wants_of(seed), key=lambda want: want[:2])) != reference(seed)
        for seed in range(60)
    )

    assert by_payer > 10


def test_a_drain_that_stops_outside_its_span_is_refused() -> None:
    """Goal: time cannot run back or past an event. Method: retail that stops at a wrong moment."""

    class Astray:
        def drain(self, until_us: int) -> int | None:
            return until_us

        def attend(self) -> None:
            raise AssertionError

    env = DrainingEnvironment(5)
    env.drain(Astray())
    with pytest.raises(InvariantError, match="retail stops at 9"):
        env.run(until=9)
