"""The office of a voucher: has a month's money issued, gives it out, takes back what is left.

Families activate their voucher themselves, each on a day of its own, and whoever does not gets
none. What is done with the money is decided where it is spent; at the end of the month whatever is
left, in purses and with the programme, goes back to the budget.
"""

import datetime
from collections.abc import Generator, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import simpy
from numpy.typing import NDArray

from tengesim.codes import Evidence, Form, Kind, Reason, TrueLabel
from tengesim.institutions.customers import Customers, total_tiyn
from tengesim.institutions.outages import PLATFORM
from tengesim.institutions.vouchers.model import VoucherMarkSection
from tengesim.institutions.vouchers.rewards import Rewards
from tengesim.payment import (
    Batch,
    Leg,
    Move,
    NameId,
    Observation,
    Operation,
    Particulars,
    Posting,
)
from tengesim.ports import Availability, CreditOrder, Expiry, IssueRequest, Ports, RedeemRequest
from tengesim.rules.evaluate import Decision, decide
from tengesim.rules.model import RuleBook
from tengesim.rules.nesting import leaves_of
from tengesim.rules.procedures import Schedules
from tengesim.rules.steps import retry_us
from tengesim.rules.terms import OperationName
from tengesim.rules.usage import PeriodicUsage, periods_of

__all__ = ["CREDITS", "Given", "MarkedOffice", "Month", "Programme", "Tries", "pay_out"]

CREDITS: Final = "credit"
"""Where benefits are ordered."""

Whole = NDArray[np.int64]
Steps = Generator[simpy.Event, None, None]


class Given(NamedTuple):
    """Who is given money at one moment: places among the recipients of the programme."""

    day: datetime.date
    at_us: int
    chosen: Whole


class Month(NamedTuple):
    """A voucher's month: its days, and who activates it when."""

    first: datetime.date
    last: datetime.date
    given: tuple[Given, ...]


class Tries(NamedTuple):
    """The schedule of a rule book, and when the platform can be reached."""

    schedule: Schedules
    availability: Availability


class Programme(NamedTuple):
    """Who is entitled to a voucher, and to how much in each month."""

    id: str
    treasury: str
    national_bank: str
    people: Whole
    """Numbers of the recipients among the parties."""
    amounts_tiyn: Whole
    """What each is entitled to in a month."""


def pay_out(programme: Programme, months: Iterator[Month], ports: Ports) -> Steps:
    """Pay the same sums as a benefit into deposits: the arm without marked money."""
    for month in months:
        for day, at_us, chosen in month.given:
            yield ports.until(at_us)
            order = CreditOrder(
                id=f"{programme.id}/{day}",
                kind=Kind.BENEFIT,
                programme=programme.id,
                source=programme.treasury,
                people=programme.people[chosen],
                amounts_tiyn=programme.amounts_tiyn[chosen],
            )
            ports.bulletin.announce(CREDITS, order)


class MarkedOffice:
    """Runs the marked money of one voucher."""

    __slots__ = (
        "_book",
        "_customers",
        "_due_tiyn",
        "_evidence",
        "_issued",
        "_ports",
        "_programme",
        "_purses",
        "_returned",
        "_rewards",
        "_terms",
        "_tries",
    )

    def __init__(
        self,
        terms: VoucherMarkSection,
        programme: Programme,
        *,
        book: RuleBook,
        customers: Customers,
        ports: Ports,
        tries: Tries | None,
        rewards: Rewards | None,
    ) -> None:
        """Open a purse for each recipient of `programme`, under the rules of `book`.

        With `tries` money is given as a schedule says, and again where that failed; with `rewards`
        each gets what it earned.
        """
        self._rewards = rewards
        self._due_tiyn = programme.amounts_tiyn
        if rewards is not None:
            self._due_tiyn = np.zeros(len(programme.people), dtype=np.int64)
        self._tries = tries
        self._terms = terms
        self._programme = programme
        self._book = book
        self._customers = customers
        self._ports = ports
        self._evidence = int(Evidence.BENEFICIARY_ELIGIBLE)
        if _asks_consent(book):
            # Who activates a voucher agrees to its form; only a book that asks has it logged.
            self._evidence |= int(Evidence.CONSENT_GIVEN)
        bank, treasury, opened = programme.national_bank, programme.treasury, ports.ledger.open
        self._issued = opened(treasury, bank, Form.DIGITAL_TENGE, terms.mark)
        self._returned = opened(treasury, bank, Form.DIGITAL_TENGE)
        self._purses = np.array(
            [
                opened(customers.name(party), bank, Form.DIGITAL_TENGE, terms.mark)
                for party in programme.people.tolist()
            ],
            dtype=np.int64,
        )

    @property
    def purses(self) -> Whole:
        """Account of each recipient, in the order of the programme."""
        return self._purses

    def work(
        self, months: Iterator[Month], *, return_at_us: int, swap_days: Sequence[datetime.date]
    ) -> Steps:
        """Serve each of `months`; money is swapped back on the first of `swap_days` after one."""
        at, until = self._ports.calendar.at, self._ports.until
        for month in months:
            issue_us = at(month.first, self._terms.issue_at or 0)
            return_us = at(month.last, return_at_us)
            scheduled = [] if self._tries is None else [(self._tries, one) for one in month.given]
            for tries, given in scheduled:
                if given.at_us < issue_us:
                    self._ports.start(self._give_in_tries(tries, given, return_us))
            yield until(issue_us)
            self._issue(month)
            for tries, given in scheduled:
                if given.at_us >= issue_us:
                    self._ports.start(self._give_in_tries(tries, given, return_us))
            for given in () if scheduled else month.given:
                yield until(given.at_us)
                self._give(given.day, self._earners(given))
            yield until(return_us)
            returned_tiyn = self._take_back(month)
            swap_day = next((day for day in swap_days if day > month.last), None)
            if returned_tiyn and swap_day is not None:
                # Apart, because the next month may begin before offices open again.
                self._ports.start(self._swap(swap_day, returned_tiyn))

    def _issue(self, month: Month) -> None:
        """Ask for what all recipients are entitled to: who will activate it nobody knows yet."""
        # What a reward will come to nobody knows either, and it is issued when it is earned.
        self._ask_for(total_tiyn(self._programme.amounts_tiyn), month.first)

    def _ask_for(self, amount_tiyn: int, day: datetime.date) -> None:
        if amount_tiyn:
            posting_id = f"{self._programme.id}/issue/{day}"
            self._ports.bulletin.announce(
                "issue",
                IssueRequest(posting_id, self._programme.id, self._terms.mark, amount_tiyn),
            )

    def _earners(self, given: Given) -> Whole:
        """Return who of those chosen has something due, once what they earned is issued."""
        if self._rewards is None:
            return given.chosen
        carried = self._carried(f"{self._programme.id}/verified/{given.day}")
        earned_tiyn = self._rewards.earned(
            given.day, given.chosen, self._issued, self._purses, carried
        )
        self._due_tiyn[given.chosen] = earned_tiyn
        self._ask_for(total_tiyn(earned_tiyn), given.day)
        return np.asarray(given.chosen[earned_tiyn > 0])

    def _give_in_tries(self, tries: Tries, given: Given, end_us: int) -> Steps:
        """Give money out as scheduled, and again to whom it did not reach, before `end_us`."""
        schedule, attempt = tries.schedule, 0
        at_us: int | None = given.at_us
        yield self._ports.until(given.at_us)
        left = self._earners(given)
        while at_us is not None and at_us < end_us and len(left):
            yield self._ports.until(at_us)
            outage = tries.availability.outage(PLATFORM, at_us)
            left = self._give(given.day, left, attempt=attempt, outage=outage)
            calendar = self._ports.calendar
            at_us = retry_us(schedule, calendar, failed_us=at_us, attempt=attempt)
            attempt += 1

    def _give(
        self, day: datetime.date, chosen: Whole, *, attempt: int = 0, outage: str = ""
    ) -> Whole:
        """Give money to those `chosen`; return who lacks it and may be tried again."""
        evidence = self._evidence
        intent = f"{self._programme.id}/give/{day}"
        posting_id = f"{intent}/{attempt}" if attempt else intent
        refusal = self._may_give(chosen, evidence)
        if outage:
            refusal = Decision(Reason.SYSTEM_UNAVAILABLE, outage, 0, 0)
        carried = self._carried(intent)._replace(
            attempt=attempt,
            true_label=TrueLabel.HONEST,
            evidence=evidence,
            rule=self._name(refusal.rule),
            value=refusal.value,
            limit=refusal.limit,
        )
        issued = np.broadcast_to(np.int64(self._issued), len(chosen))
        batch = Batch(
            posting_id,
            Kind.DISTRIBUTE,
            (Leg(issued, self._purses[chosen]),),
            self._due_tiyn[chosen],
            carried,
            region=self._customers.regions(self._programme.people[chosen]),
        )
        if refusal.reason:
            self._ports.ledger.refuse_many(batch, refusal.reason)
            # What a rule refuses is no failure that another try would mend.
            return chosen if outage else chosen[:0]
        is_left = self._ports.ledger.post_many(batch) != Reason.NONE
        return np.asarray(chosen[is_left])

    def _may_give(self, chosen: Whole, evidence: int) -> Decision:
        """Return what the book says about giving money to people on the register; once for all."""
        calendar, now = self._ports.calendar, self._ports.now()
        seen = Observation(
            operation=Operation.DISTRIBUTE,
            time_us=now,
            day=calendar.day_number(now),
            time_of_day_us=now - calendar.at(calendar.date_of(now)),
            payer=self._programme.treasury,
            payee="",
            purpose=self._programme.id,
            category="",
            amount_tiyn=self._most_tiyn(chosen),
            evidence=evidence,
        )
        return decide(self._book, seen, PeriodicUsage(periods_of(self._book)))

    def _most_tiyn(self, chosen: Whole) -> int:
        """Return the largest sum that is given: of all who may get one, or of who earned one."""
        due_tiyn = self._due_tiyn if self._rewards is None else self._due_tiyn[chosen]
        return int(due_tiyn.max(initial=0))

    def _take_back(self, month: Month) -> int:
        """Take back what families did not spend, then what nobody activated; return the tiyn."""
        ledger = self._ports.ledger
        name = f"{self._programme.id}/return/{month.last}"
        from_purses = ledger.sweep(
            self._terms.mark,
            self._returned,
            posting_id=name,
            kind=Kind.RETURN,
            keep=frozenset({self._issued}),
            carried=self._carried(name)._replace(true_label=TrueLabel.HONEST),
        )
        expiry = Expiry(self._programme.id, self._ports.now(), self._returned)
        self._ports.bulletin.announce("expiry", expiry)
        rest, rest_tiyn = f"{self._programme.id}/rest/{month.last}", ledger.free(self._issued)
        if rest_tiyn:
            # Not another sweep: it would ask purses again that may not pay now.
            move = Move(self._issued, self._returned, rest_tiyn)
            ledger.post(Posting(rest, Kind.RETURN, (move,), self._carried(rest)))
        return from_purses + rest_tiyn

    def _swap(self, day: datetime.date, amount_tiyn: int) -> Steps:
        yield self._ports.until(self._ports.calendar.at(day, self._terms.swap_at))
        self._ports.bulletin.announce(
            "redeem",
            RedeemRequest(
                f"{self._programme.id}/swap/{day}",
                self._programme.id,
                self._programme.treasury,
                amount_tiyn,
            ),
        )

    def _carried(self, intent: str) -> Particulars:
        return Particulars(intent=self._name(intent), programme=self._name(self._programme.id))

    def _name(self, text: str) -> NameId:
        return self._ports.names.id(text)


def _asks_consent(book: RuleBook) -> bool:
    guards = (rule for rule in book.rules if OperationName.DISTRIBUTE in rule.on)
    return any(leaf.kind == "consented" for rule in guards for leaf in leaves_of(rule.condition))
