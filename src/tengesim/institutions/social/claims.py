"""Caterers paid in ordinary money: a week's recorded deliveries are claimed, and paid when due.

A meal that was recorded but not served is taken off the claim: off the next one while it is not
yet submitted, off the submitted one by a corrected version, and out of the deposit once it is paid.
"""

import datetime
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import simpy

from tengesim.codes import Kind
from tengesim.institutions.social.desk import Desk
from tengesim.institutions.social.model import ClaimsSection
from tengesim.institutions.social.roster import Payee
from tengesim.payment import Move, Posting
from tengesim.ports import ClaimNotice, Complaint

__all__ = ["OrdinaryCaterers"]


@dataclass(slots=True)
class Claim:
    """One payee's week: what is claimed for it, and the last day it covers."""

    notice: ClaimNotice
    last_day: int


class OrdinaryCaterers:
    """Caterers who deliver first and are paid from the Treasury's single account later."""

    def __init__(self, desk: Desk, terms: ClaimsSection) -> None:
        """Keep the claims of the programme at `desk`."""
        self._desk = desk
        self._terms = terms
        self._ports = desk.ports
        self._claims: dict[str, list[Claim]] = {payee.name: [] for payee in desk.roster.payees}
        self._corrections: dict[str, int] = dict.fromkeys(self._claims, 0)

    def work(
        self, days: Sequence[datetime.date], claim_days: frozenset[datetime.date]
    ) -> Generator[simpy.Event, None, None]:
        """Correct on each business day, and claim on the last meal day of each week."""
        at, until = self._ports.calendar.at, self._ports.until
        for day in days:
            yield until(at(day, self._desk.section.refund_at))
            self._correct()
            if day in claim_days:
                yield until(at(day, self._terms.submit_at))
                for payee in self._desk.roster.payees:
                    self._submit(payee, day)

    def _submit(self, payee: Payee, day: datetime.date) -> None:
        taken_tiyn = sum(self._desk.takings(payee, place) for place in payee.places)
        amount_tiyn = taken_tiyn - self._corrections[payee.name]
        self._corrections[payee.name] = max(0, -amount_tiyn)
        if amount_tiyn <= 0:
            return
        calendar = self._ports.calendar
        notice = ClaimNotice(
            key=f"{self._desk.roster.programme}/claim/{payee.name}/{day}",
            version=1,
            programme=self._desk.roster.programme,
            payee=payee.name,
            bank=payee.bank,
            amount_tiyn=amount_tiyn,
            due_us=calendar.after(day, self._terms.pay_after.value, self._terms.pay_at),
        )
        self._claims[payee.name].append(Claim(notice, calendar.day_number(self._ports.now())))
        self._ports.bulletin.announce("claim", notice)

    def _correct(self) -> None:
        now = self._ports.now()
        for complaint in self._desk.due_complaints(self._ports.calendar.day_number(now)):
            payee, _ = self._desk.payee_at(complaint)
            posting = Posting(
                f"{self._desk.roster.programme}/refund/{complaint.intent}",
                Kind.REFUND,
                (Move(complaint.payer, complaint.payee, complaint.amount_tiyn),),
                self._desk.refund_particulars(complaint),
            )
            claim = self._claim_of(payee, complaint)
            if claim is not None and claim.notice.due_us <= now:
                moves = self._desk.to_budget(payee, complaint.amount_tiyn)
                self._ports.ledger.post(posting._replace(moves=moves))
                continue
            self._ports.ledger.record(posting)
            if claim is None:
                self._corrections[payee.name] += complaint.amount_tiyn
            else:
                self._replace(claim, complaint.amount_tiyn)

    def _replace(self, claim: Claim, less_tiyn: int) -> None:
        """Submit the claim again with a smaller amount, in place of the version on hold."""
        notice = claim.notice
        claim.notice = replace(
            notice, version=notice.version + 1, amount_tiyn=notice.amount_tiyn - less_tiyn
        )
        self._ports.bulletin.announce("claim", claim.notice)

    def _claim_of(self, payee: Payee, complaint: Complaint) -> Claim | None:
        """Return the submitted claim that covers the day of `complaint`, if there is one."""
        return next(
            (claim for claim in self._claims[payee.name] if complaint.day <= claim.last_day), None
        )
