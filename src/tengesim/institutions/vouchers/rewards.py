"""Rewards: verified acts that earn money, as far as a register shows them and a limit allows.

What somebody did is a function of scenario, seed, person and month; what the register shows of it
is drawn apart, act by act, so a better register changes nobody's acts.
"""

import datetime
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Kind, Reason, TrueLabel
from tengesim.institutions.customers import Customers
from tengesim.institutions.vouchers.model import RewardSection
from tengesim.payment import AccountId, Move, Particulars, Posting
from tengesim.ports import Ports
from tengesim.rules.evaluate import window_of
from tengesim.rules.procedures import MintsReward
from tengesim.rules.steps import reward_tiyn
from tengesim.streams import Streams, below, chance

__all__ = ["Acts", "Register", "Rewards"]

_MONTHS: Final = 12

Whole = NDArray[np.int64]


class Acts(NamedTuple):
    """Of each person in a month: acts that were done, those of them shown, and others shown."""

    done: Whole
    shown: Whole
    mistaken: Whole


class Register:
    """What a register shows of the acts of people."""

    __slots__ = ("_name", "_section", "_streams")

    def __init__(self, programme: str, section: RewardSection, streams: Streams) -> None:
        """Draw from streams of `programme`."""
        self._name = f"vouchers/{programme}"
        self._section = section
        self._streams = streams

    def of(self, people: Whole, month: int) -> Acts:
        """Return the acts of `people` in a month, counted from year 0."""
        section, words = self._section, self._streams.words
        most = section.acts.value
        done = below(words(f"{self._name}/acts", people, month), most + 1)
        shown, mistaken = np.zeros_like(done), np.zeros_like(done)
        for number in range(most):
            word = words(f"{self._name}/register/{number}", people, month)
            is_done = number < done
            shown += is_done & ~chance(word, section.missed.value)
            mistaken += ~is_done & chance(word, section.mistaken.value)
        return Acts(done, shown, mistaken)


class Rewards:
    """Counts what each recipient of one programme has earned in the running period."""

    __slots__ = (
        "_customers",
        "_minted_tiyn",
        "_people",
        "_ports",
        "_procedure",
        "_register",
        "_window",
    )

    def __init__(
        self,
        procedure: MintsReward,
        register: Register,
        people: Whole,
        customers: Customers,
        ports: Ports,
    ) -> None:
        """Reward `people` by what `register` shows."""
        self._procedure = procedure
        self._register = register
        self._people = people
        self._customers = customers
        self._ports = ports
        self._minted_tiyn = np.zeros(len(people), dtype=np.int64)
        self._window: int | None = None

    def earned(
        self,
        day: datetime.date,
        chosen: Whole,
        source: AccountId,
        purses: Whole,
        carried: Particulars,
    ) -> Whole:
        """Return what those `chosen` earned up to `day`; log what was verified, and what not."""
        calendar = self._ports.calendar
        window = window_of(self._procedure.period, calendar.day_number(calendar.at(day)))
        if window != self._window:
            self._window = window
            self._minted_tiyn[:] = 0
        acts = self._register.of(self._people[chosen], day.year * _MONTHS + day.month)
        amounts_tiyn = np.zeros(len(chosen), dtype=np.int64)
        for place, number in enumerate(chosen.tolist()):
            one = _One(*(int(column[place]) for column in acts))
            move = Move(source, AccountId(int(purses[number])), 1)
            party = int(self._people[number])
            own = carried._replace(
                region=self._customers.region(party),
                rule=self._ports.names.id(self._procedure.id),
            )
            name = f"{self._ports.names.text(carried.intent)}/{self._customers.name(party)}"
            before_tiyn = int(self._minted_tiyn[number])
            amounts_tiyn[place] = self._reward(one, before_tiyn, name, move, own)
        self._minted_tiyn[chosen] += amounts_tiyn
        return amounts_tiyn

    def _reward(
        self, acts: "_One", before_tiyn: int, name: str, move: Move, carried: Particulars
    ) -> int:
        """Return what one earned; log it, and what of it neither register nor limit let through."""
        procedure, ledger = self._procedure, self._ports.ledger
        units = acts.shown + acts.mistaken
        worth_tiyn, per_unit = units * procedure.per_unit, procedure.per_unit
        earned_tiyn = reward_tiyn(procedure, units, before_tiyn)

        def row(what: str, kind: Kind, amount_tiyn: int, value: int = 0, limit: int = 0) -> Posting:
            asked = carried._replace(true_label=TrueLabel.HONEST, value=value, limit=limit)
            return Posting(f"{name}/{what}", kind, (move._replace(amount_tiyn=amount_tiyn),), asked)

        if units:
            ledger.record(row("verified", Kind.VERIFIED, worth_tiyn, value=units))
        if worth_tiyn > earned_tiyn:
            above = row(
                "above",
                Kind.VERIFIED,
                worth_tiyn - earned_tiyn,
                value=before_tiyn + worth_tiyn,
                limit=procedure.limit,
            )
            ledger.refuse(above, Reason.LIMIT_PER_PERIOD)
        if acts.done > acts.shown:
            missed_tiyn = (acts.done - acts.shown) * per_unit
            missed = row("missed", Kind.VERIFIED, missed_tiyn, value=acts.shown, limit=acts.done)
            ledger.refuse(missed, Reason.MILESTONE_NOT_MET)
        # What is paid for acts that nobody did: the last of those that are paid.
        undue_tiyn = max(0, earned_tiyn - acts.shown * per_unit)
        if undue_tiyn:
            ledger.record(row("mistaken", Kind.LOSS, undue_tiyn))
        return earned_tiyn


class _One(NamedTuple):
    """`Acts` of one person."""

    done: int
    shown: int
    mistaken: int
