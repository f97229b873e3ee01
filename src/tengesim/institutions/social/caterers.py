"""Caterers paid in marked money: papers, shedding, redemption, refunds.

Each school-day's takings become free when the school accepts the act and the e-invoice matches it;
until then they stay marked and nobody may convert them. A meal that was paid but not served goes
back to the purse under its mark, or to the budget once the mark has expired.
"""

import datetime
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import simpy

from tengesim.codes import Evidence, Form, Kind, Status
from tengesim.institutions.social.desk import Desk
from tengesim.institutions.social.model import MarkedSection
from tengesim.institutions.social.roster import Payee
from tengesim.payment import AccountId, Move, Observation, Operation, Particulars, Posting
from tengesim.ports import Complaint, Control, Decided, Ports, RedeemRequest

__all__ = ["MarkedCaterers"]


@dataclass(slots=True)
class Paper:
    """One school-day's takings that wait for their documents."""

    payee: Payee
    place: str
    day: datetime.date
    amount_tiyn: int
    act_us: int
    invoice_us: int


class MarkedCaterers:
    """Caterers who are paid at the counter in marked digital tenge."""

    def __init__(
        self, desk: Desk, terms: MarkedSection, *, last_valid_day: int, restores_mark: bool
    ) -> None:
        """Keep the papers of the programme at `desk`."""
        self._desk = desk
        self._terms = terms
        self._last_valid_day = last_valid_day
        self._restores_mark = restores_mark
        self._papers: list[Paper] = []
        self._freed: dict[str, int] = {payee.name: 0 for payee in desk.roster.payees}
        self._ports = desk.ports
        documents = terms.documents
        programme = desk.roster.programme
        chance = desk.ports.chance
        self._act_on_time = chance(f"{programme}.act_on_time", documents.act_on_time.value)
        self._invoice_matched = chance(
            f"{programme}.invoice_matched", documents.invoice_matched.value
        )
        self._tries_to_convert = chance(
            f"{programme}.conversion_attempt", terms.conversion_attempt.value
        )

    def work(self, days: Sequence[datetime.date]) -> Generator[simpy.Event, None, None]:
        """Refund, shed and redeem on each business day."""
        at, until = self._ports.calendar.at, self._ports.until
        for day in days:
            yield until(at(day, self._desk.section.refund_at))
            self._refund()
            yield until(at(day, self._terms.shed_at))
            self._file_papers(day)
            self._shed()
            yield until(at(day, self._terms.redeem_at))
            for payee in self._desk.roster.payees:
                self._try_to_convert(payee, day)
                self._redeem(payee, day)

    def _file_papers(self, day: datetime.date) -> None:
        now, calendar = self._ports.now(), self._ports.calendar
        documents, shed_at = self._terms.documents, self._terms.shed_at
        for payee in self._desk.roster.payees:
            for place in payee.places:
                amount_tiyn = self._desk.takings(payee, place)
                if not amount_tiyn:
                    continue
                key = f"{place}/{day}"
                late_act = calendar.after(day, documents.act_delay.value, shed_at)
                late_invoice = calendar.after(day, documents.invoice_delay.value, shed_at)
                self._papers.append(
                    Paper(
                        payee,
                        place,
                        day,
                        amount_tiyn,
                        act_us=now if self._act_on_time(key) else late_act,
                        invoice_us=now if self._invoice_matched(key) else late_invoice,
                    )
                )

    def _shed(self) -> None:
        still: list[Paper] = []
        for paper in self._papers:
            if not paper.amount_tiyn:
                continue
            evidence = _evidence(paper, self._ports.now())
            seen = self._seen(Operation.SHED, paper.payee, paper.amount_tiyn, evidence)
            decision = self._control().may_shed(seen)
            marked, plain = self._accounts(paper.payee)
            key = f"{self._desk.roster.programme}/shed/{paper.place}/{paper.day}"
            posting = Posting(
                f"{key}/{seen.day}",
                Kind.SHED,
                (Move(marked, plain, paper.amount_tiyn),),
                _decided(
                    self._desk.particulars(key, paper.place, seen.evidence), decision, self._ports
                ),
            )
            if decision.reason:
                outcome = self._ports.ledger.refuse(posting, decision.reason)
            else:
                outcome = self._ports.ledger.post(posting)
            if outcome.status is Status.REFUSED:
                still.append(paper)
            else:
                self._freed[paper.payee.name] += paper.amount_tiyn
        self._papers = still

    def _try_to_convert(self, payee: Payee, day: datetime.date) -> None:
        """Ask for a deposit while papers are outstanding, as an impatient caterer would."""
        outstanding_tiyn = sum(paper.amount_tiyn for paper in self._papers if paper.payee == payee)
        if not outstanding_tiyn or not self._tries_to_convert(f"{payee.name}/{day}"):
            return
        seen = self._seen(Operation.CONVERT, payee, outstanding_tiyn, 0)
        decision = self._control().decide(seen)
        marked, plain = self._accounts(payee)
        key = f"{self._desk.roster.programme}/convert/{payee.name}/{day}"
        particulars = _decided(self._desk.particulars(key), decision, self._ports)
        move = Move(marked, plain, outstanding_tiyn)
        if decision.reason:
            # The row stands under the kind that was asked for.
            asked = Posting(key, Kind.REDEEM, (move,), particulars)
            self._ports.ledger.refuse(asked, decision.reason)
            return
        self._ports.ledger.post(Posting(key, Kind.SHED, (move,), particulars))
        self._freed[payee.name] += outstanding_tiyn
        self._papers = [paper for paper in self._papers if paper.payee != payee]

    def _redeem(self, payee: Payee, day: datetime.date) -> None:
        # What this programme freed, not all the caterer holds: another one may pay it too.
        amount_tiyn, self._freed[payee.name] = self._freed[payee.name], 0
        if amount_tiyn:
            programme = self._desk.roster.programme
            self._ports.bulletin.announce(
                "redeem",
                RedeemRequest(
                    f"{programme}/redeem/{payee.name}/{day}",
                    programme,
                    payee.name,
                    amount_tiyn,
                    payee.bank,
                ),
            )

    def _refund(self) -> None:
        today = self._ports.calendar.day_number(self._ports.now())
        for complaint in self._desk.due_complaints(today):
            payee, place = self._desk.payee_at(complaint)
            paper = self._paper_of(place, complaint.day)
            kind, moves = self._refund_moves(complaint, payee, paper, today)
            self._ports.ledger.post(
                Posting(
                    f"{self._desk.roster.programme}/refund/{complaint.intent}",
                    kind,
                    moves,
                    self._desk.refund_particulars(complaint),
                )
            )
            if paper is not None:
                paper.amount_tiyn -= complaint.amount_tiyn
            if kind is Kind.RETURN:
                self._swap(complaint)

    def _swap(self, complaint: Complaint) -> None:
        """Have money that came back after the end of its mark put into the single account."""
        programme = self._desk.roster.programme
        self._ports.bulletin.announce(
            "redeem",
            RedeemRequest(
                f"{programme}/swap/{complaint.intent}",
                programme,
                self._desk.roster.treasury,
                complaint.amount_tiyn,
            ),
        )

    def _refund_moves(
        self, complaint: Complaint, payee: Payee, paper: Paper | None, today: int
    ) -> tuple[Kind, tuple[Move, ...]]:
        """Return the refund's kind and moves, by whether the money is still marked and valid."""
        ledger, roster = self._ports.ledger, self._desk.roster
        bank, amount_tiyn = roster.national_bank, complaint.amount_tiyn
        is_valid = today <= self._last_valid_day
        if paper is not None:
            if is_valid:
                return Kind.REFUND, (Move(complaint.payee, complaint.payer, amount_tiyn),)
            returned = ledger.open(roster.treasury, bank, Form.DIGITAL_TENGE)
            return Kind.RETURN, (Move(complaint.payee, returned, amount_tiyn),)
        if not is_valid:
            return Kind.REFUND, self._desk.to_budget(payee, amount_tiyn)
        _, plain = self._accounts(payee)
        issuer = ledger.open(bank, bank, Form.DIGITAL_TENGE)
        # Without the effect that restores it, the mark is lost and the pupil holds free money.
        purse = (
            complaint.payer
            if self._restores_mark
            else ledger.open(complaint.holder, bank, Form.DIGITAL_TENGE)
        )
        return Kind.REFUND, (
            *self._desk.from_deposit(payee, amount_tiyn),
            Move(issuer, plain, amount_tiyn),
            Move(plain, purse, amount_tiyn),
        )

    def _paper_of(self, place: str, day: int) -> Paper | None:
        number = self._ports.calendar.day_number
        at = self._ports.calendar.at
        return next(
            (p for p in self._papers if p.place == place and number(at(p.day)) == day), None
        )

    def _accounts(self, payee: Payee) -> tuple[AccountId, AccountId]:
        opened, bank = self._ports.ledger.open, self._desk.roster.national_bank
        marked = opened(payee.name, bank, Form.DIGITAL_TENGE, self._terms.mark)
        return marked, opened(payee.name, bank, Form.DIGITAL_TENGE)

    def _control(self) -> Control:
        return self._ports.controls[self._desk.roster.programme]

    def _seen(
        self, operation: Operation, payee: Payee, amount_tiyn: int, evidence: int
    ) -> Observation:
        now, calendar = self._ports.now(), self._ports.calendar
        return Observation(
            operation=operation,
            time_us=now,
            day=calendar.day_number(now),
            time_of_day_us=now - calendar.at(calendar.date_of(now)),
            payer=payee.name,
            payee=payee.name,
            purpose=self._desk.roster.programme,
            category=self._desk.section.category,
            amount_tiyn=amount_tiyn,
            evidence=evidence,
        )


def _evidence(paper: Paper, now: int) -> int:
    act = Evidence.ACT_ACCEPTED if paper.act_us <= now else 0
    invoice = Evidence.INVOICE_MATCHED if paper.invoice_us <= now else 0
    return int(act) | int(invoice)


def _decided(particulars: Particulars, decision: Decided, ports: Ports) -> Particulars:
    return particulars._replace(
        rule=ports.names.id(decision.rule), value=decision.value, limit=decision.limit
    )
