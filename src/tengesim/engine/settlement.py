"""Settlement of retail wants: attempt by attempt, observed, decided by the rules, then paid or not.

Here truth and observation part: the decision is made on an `Observation`, which has no field for
truth, while the row carries the label. A further attempt is made only where it can change what was
missing, which is the proof of presence.
"""

import datetime
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from tengesim.clock import Calendar
from tengesim.codes import Kind, Reason, Status
from tengesim.payment import Account, Move, NameId, Observation, Operation, Particulars, Want
from tengesim.ports import Bulletin, Complaint, Interner, Ledger
from tengesim.rules.evaluate import Decision, decide, may_shed
from tengesim.rules.model import RuleBook
from tengesim.rules.usage import Counters, PeriodicUsage, periods_of

__all__ = ["Accounts", "Settlement", "Takings", "VoucherControl"]

_CURABLE: Final = frozenset({Reason.PRESENCE_NOT_PROVEN})
"""Reasons that another attempt at the same moment can cure."""


class VoucherControl:
    """The rule book of one programme and what was used under it."""

    __slots__ = ("book", "kind", "programme", "region", "usage")

    def __init__(self, book: RuleBook, kind: Kind, *, programme: NameId, region: NameId) -> None:
        """Apply `book` to wants that end as rows of `kind` (PAYMENT or DELIVERY)."""
        self.programme = programme
        self.book = book
        self.kind = kind
        self.region = region
        self.usage: Counters = PeriodicUsage(periods_of(book))

    def decide(self, observation: Observation) -> Decision:
        """Return what the book says about a use of money."""
        return decide(self.book, observation, self.usage)

    def may_shed(self, observation: Observation) -> Decision:
        """Return what the book says about making money unmarked."""
        return may_shed(self.book, observation, self.usage)


class Accounts(Ledger, Protocol):
    """A ledger that says whose its accounts are."""

    def account(self, account: int) -> Account:
        """Return who holds what where under `account`."""
        ...


class Takings:
    """Running totals of accepted wants by programme, place and payee."""

    __slots__ = ("_totals",)

    def __init__(self) -> None:
        """Start at zero everywhere."""
        self._totals: dict[tuple[str, str, str], int] = {}

    def of(self, programme: str, place: str, payee: str) -> int:
        """Return the tiyn accepted so far."""
        return self._totals.get((programme, place, payee), 0)

    def add(self, want: Want, place: str, payee: str) -> None:
        """Count an accepted want."""
        key = (want.programme, place, payee)
        self._totals[key] = self._totals.get(key, 0) + want.amount_tiyn


class Settlement:
    """Where every want of the tape is answered."""

    __slots__ = (
        "_board",
        "_book",
        "_calendar",
        "_controls",
        "_day",
        "_midnight_us",
        "_names",
        "_next_midnight_us",
        "_text",
        "takings",
    )

    def __init__(
        self,
        book: Accounts,
        controls: Mapping[str, VoucherControl],
        *,
        takings: Takings,
        board: Bulletin,
        calendar: Calendar,
        names: Interner,
        text: Callable[[int], str],
    ) -> None:
        """Settle on `book` by `controls`; `text` gives the name behind a name id."""
        self._book = book
        self._controls = controls
        self.takings = takings
        self._board = board
        self._calendar = calendar
        self._names = names
        self._text = text
        self._day = 0
        self._midnight_us = self._next_midnight_us = 0

    def answer(self, want: Want) -> None:
        """Make the attempts of `want` until one is accepted or none can help any more."""
        control = self._controls[want.programme]
        payer = self._text(self._book.account(want.payer).holder)
        payee = self._text(self._book.account(want.payee).holder)
        if not self._midnight_us <= want.time_us < self._next_midnight_us:
            self._turn_day(want.time_us)
        day, midnight_us = self._day, self._midnight_us
        for attempt, evidence in enumerate(want.evidence):
            # By position: naming ten fields costs as much as deciding.
            seen = Observation(
                Operation.PAY,
                want.time_us,
                day,
                want.time_us - midnight_us,
                payer,
                payee,
                want.programme,
                want.category,
                want.amount_tiyn,
                evidence,
            )
            decision = control.decide(seen)
            if self._carry_out(want, attempt, evidence, decision, control):
                control.usage.add(payer, day, want.amount_tiyn)
                self.takings.add(want, self._text(want.place), payee)
                if want.is_unserved:
                    self.tell(want)
                return
            if decision.reason not in _CURABLE:
                return

    def _turn_day(self, time_us: int) -> None:
        """Look the calendar up once a day instead of once a payment."""
        date = self._calendar.date_of(time_us)
        self._day = self._calendar.day_number(time_us)
        self._midnight_us = self._calendar.at(date)
        self._next_midnight_us = self._calendar.at(date + datetime.timedelta(days=1))

    def _carry_out(
        self, want: Want, attempt: int, evidence: int, decision: Decision, control: VoucherControl
    ) -> bool:
        outcome = self._book.pay(
            (want.time_us, want.stratum, want.number, attempt),
            control.kind,
            (Move(want.payer, want.payee, want.amount_tiyn),),
            Particulars(
                want.intent,
                attempt,
                want.true_label,
                evidence,
                control.region,
                control.programme,
                want.place,
                self._names.id(decision.rule),
                decision.value,
                decision.limit,
            ),
            decision.reason,
        )
        return outcome.status is not Status.REFUSED

    def tell(self, want: Want) -> None:
        """Let the board know that what `want` paid for is not served."""
        self._board.announce(
            "complaint",
            Complaint(
                programme=want.programme,
                intent=want.intent,
                day=self._calendar.day_number(want.time_us),
                holder=self._text(self._book.account(want.payer).holder),
                payer=want.payer,
                payee=want.payee,
                place=want.place,
                amount_tiyn=want.amount_tiyn,
                true_label=want.true_label,
            ),
        )
