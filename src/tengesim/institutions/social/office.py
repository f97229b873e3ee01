"""The programme office of the akimat: marks money for meals, gives it out, takes back the rest.

It is the owner of the funds, so it sets the mark. Money is issued for a week, given to purses for
a day, and what nobody spent returns to the budget when the mark expires.
"""

import datetime
from collections.abc import Generator, Sequence

import numpy as np
import simpy

from tengesim.codes import Evidence, Form, Kind
from tengesim.institutions.social.model import MarkedSection, MealsSection
from tengesim.institutions.social.roster import Roster
from tengesim.payment import Batch, Leg, Observation, Operation, Particulars
from tengesim.ports import IssueRequest, Ports, RedeemRequest
from tengesim.rules.model import MarkSection
from tengesim.rules.procedures import ReturnOnExpiry

__all__ = ["Office"]


class Office:
    """Runs the marked money of one programme."""

    def __init__(
        self, section: MealsSection, terms: MarkedSection, roster: Roster, ports: Ports
    ) -> None:
        """Take charge of the programme of `roster`."""
        self._section = section
        self._terms = terms
        self._roster = roster
        self._ports = ports
        opened = ports.ledger.open
        bank, treasury = roster.national_bank, roster.treasury
        self._issued = opened(treasury, bank, Form.DIGITAL_TENGE, terms.mark)
        self._returned = opened(treasury, bank, Form.DIGITAL_TENGE)
        self._purses = np.array(roster.purses, dtype=np.int64)
        self._payees = frozenset(
            opened(payee.name, bank, Form.DIGITAL_TENGE, terms.mark) for payee in roster.payees
        )

    def serve(self, weeks: Sequence[Sequence[datetime.date]]) -> Generator[simpy.Event, None, None]:
        """Issue for each week and give out for each of its days."""
        at = self._ports.calendar.at
        for days in weeks:
            yield self._ports.until(at(days[0], self._terms.issue_at))
            self._issue(days)
            for day in days:
                yield self._ports.until(at(day, self._terms.distribute_at))
                self._distribute(day)

    def expire(
        self, mark: MarkSection, procedure: ReturnOnExpiry, swap_day: datetime.date | None
    ) -> Generator[simpy.Event, None, None]:
        """Take back what is in purses when the mark ends; swap it into the single account later."""
        at = self._ports.calendar.at
        yield self._ports.until(at(mark.valid_until, procedure.at))
        returned_tiyn = self._ports.ledger.sweep(
            self._terms.mark,
            self._returned,
            posting_id=f"{self._roster.programme}/return",
            kind=Kind.RETURN,
            keep=self._payees,
            carried=self._returning(),
        )
        if returned_tiyn and swap_day is not None:
            yield self._ports.until(at(swap_day, self._terms.swap_at))
            self._swap(swap_day, returned_tiyn)

    def _issue(self, days: Sequence[datetime.date]) -> None:
        amount_tiyn = len(self._roster.purses) * len(days) * self._section.price.value
        if amount_tiyn:
            posting_id = f"{self._roster.programme}/issue/{days[0]}"
            self._ports.bulletin.announce(
                "issue",
                IssueRequest(posting_id, self._roster.programme, self._terms.mark, amount_tiyn),
            )

    def _distribute(self, day: datetime.date) -> None:
        evidence = int(Evidence.BENEFICIARY_ELIGIBLE)
        if self._may_not_distribute(evidence):
            return
        name = self._ports.names.id
        posting_id = f"{self._roster.programme}/distribute/{day}"
        particulars = Particulars(
            intent=name(posting_id),
            evidence=evidence,
            region=self._roster.region,
            programme=name(self._roster.programme),
        )
        price_tiyn = self._section.price.value
        count = len(self._roster.purses)
        leg = Leg(np.broadcast_to(np.int64(self._issued), count), self._purses)
        amounts_tiyn = np.broadcast_to(np.int64(price_tiyn), count)
        self._ports.ledger.post_many(
            Batch(posting_id, Kind.DISTRIBUTE, (leg,), amounts_tiyn, particulars)
        )

    def _may_not_distribute(self, evidence: int) -> bool:
        """Return whether the book refuses money to pupils on the register; it asks once for all."""
        calendar, now = self._ports.calendar, self._ports.now()
        day = calendar.day_number(now)
        seen = Observation(
            operation=Operation.DISTRIBUTE,
            time_us=now,
            day=day,
            time_of_day_us=now - calendar.at(calendar.date_of(now)),
            payer=self._roster.treasury,
            payee="",
            purpose=self._roster.programme,
            category=self._section.category,
            amount_tiyn=self._section.price.value,
            evidence=evidence,
        )
        return bool(self._ports.controls[self._roster.programme].decide(seen).reason)

    def _returning(self) -> Particulars:
        name = self._ports.names.id
        return Particulars(
            intent=name(f"{self._roster.programme}/return"),
            region=self._roster.region,
            programme=name(self._roster.programme),
        )

    def _swap(self, day: datetime.date, amount_tiyn: int) -> None:
        self._ports.bulletin.announce(
            "redeem",
            RedeemRequest(
                f"{self._roster.programme}/swap/{day}",
                self._roster.programme,
                self._roster.treasury,
                amount_tiyn,
            ),
        )
