"""Courts and evidence custody: carry every case through its course, and say at each step.

Arrested is not confiscated: until the last court has spoken the assets are somebody's and not the
state's. Every row of a case bears its worth at that moment as `value` and its worth at the arrest
as `limit`, so what the price did in between belongs to whoever receives the assets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final, NamedTuple

from tengesim.codes import Form, Kind, Provenance
from tengesim.institutions.agenda import Agenda
from tengesim.institutions.assets import (
    AUTHORISED_BODY,
    EVIDENCE_CUSTODY,
    MARKET,
    SUSPECT,
    Assets,
    Flow,
    worth_tiyn,
)
from tengesim.institutions.confiscation.course import (
    KIND_OF,
    RECIPIENT_OF,
    Course,
    Ending,
    case_words,
    courses_of,
)
from tengesim.institutions.confiscation.model import ConfiscationSection
from tengesim.money import BP
from tengesim.payment import Move, Particulars
from tengesim.ports import AssetInflow, Ports, Prices, Seizure
from tengesim.streams import Streams, Words

__all__ = ["TOPIC", "Budget", "Courts"]

TOPIC: Final = "seizure"


class Budget(NamedTuple):
    """Who receives the tenge of a sale, and who keeps them."""

    treasury: str
    national_bank: str


@dataclass(slots=True)
class _Case:
    """What was seized, what becomes of it, and what every row about it says."""

    seizure: Seizure
    course: Course
    seized: Flow
    about: Particulars


class Courts:
    """Everybody who decides about arrested assets."""

    def __init__(
        self,
        section: ConfiscationSection,
        assets: Assets,
        ports: Ports,
        prices: Prices,
        *,
        streams: Streams,
        start: date,
        budget: Budget,
    ) -> None:
        """Listen for seizures; `start` is the first day of the horizon."""
        self._section = section
        self._assets = assets
        self._ports = ports
        self._agenda = Agenda(ports)
        self._prices = prices
        self._streams = streams
        self._first_day = ports.calendar.day_number(ports.calendar.at(start))
        self._moment_us: int = ports.calendar.at(start)
        self._day = 0
        self._budget = budget
        ports.bulletin.listen(TOPIC, self._receive)

    def _receive(self, notice: object) -> None:
        if not isinstance(notice, Seizure):
            raise TypeError(f"a seizure is announced by a Seizure, not {notice!r}")
        words = case_words(self._streams, [notice.case])
        (course,) = courses_of(self._section, words, [self._ports.now()])
        self._open(notice, course)

    def expect(
        self, opens_us: int, seizures: Sequence[Seizure], since_us: Sequence[int], words: Words
    ) -> None:
        """Open cases at the moments at which suspicion arose, older ones at `opens_us`.

        All is drawn from `words` that chance decides about them.
        """
        courses = courses_of(self._section, words, since_us)
        coming = iter(zip(since_us, seizures, courses, strict=True))

        def open_next(seizure: Seizure, course: Course) -> None:
            await_next()
            self._open(seizure, course)

        def await_next() -> None:
            for time_us, seizure, course in coming:
                self._agenda.put(time_us, partial(open_next, seizure, course))
                return

        self._agenda.put(opens_us, await_next)

    def _open(self, seizure: Seizure, course: Course) -> None:
        """Open a case on a suspicion that may have arisen before the horizon."""
        name, form = self._ports.names.id, seizure.form
        about = Particulars(
            intent=name(seizure.case),
            true_label=seizure.true_label,
            place=name(seizure.origin),
            programme=self._assets.programme(form),
        )
        seized = Flow(form, SUSPECT, EVIDENCE_CUSTODY, seizure.units)
        case = _Case(seizure, course, seized, about)
        worth = self._worth(case)
        self._assets.record(Kind.ARREST, seized, _said(about, worth, worth))
        self._agenda.put(course.arrest_us, partial(self._arrest, case))

    def _arrest(self, case: _Case) -> None:
        # From here on the worth at the arrest stays beside that of the day.
        worth = self._worth(case)
        case.about = _said(case.about, worth, worth)
        self._assets.move(Kind.ARREST, case.seized, case.about)
        self._agenda.put(case.course.verdict_us, partial(self._judge, case))

    def _judge(self, case: _Case) -> None:
        self._decide(case, case.course.verdict, attempt=0)
        self._agenda.put(case.course.final_us, partial(self._end, case))

    def _end(self, case: _Case) -> None:
        """Say what the last court says, and let the assets go to whom it gives them."""
        final, units = case.course.final, case.seized.units
        if case.course.is_appealed:
            self._decide(case, final, attempt=1)
        ended = Flow(case.seized.form, EVIDENCE_CUSTODY, RECIPIENT_OF[final], units)
        self._assets.move(KIND_OF[final], ended, self._now(case))
        if final is Ending.FORFEITED:
            leave = self._sell if case.course.is_sold else self._hand_over
            self._agenda.put(case.course.handover_us, partial(leave, case))

    def _worth(self, case: _Case) -> int:
        """Return what the assets of a case are worth now."""
        now = self._ports.now()
        if now != self._moment_us:
            # Many cases are heard at one moment.
            self._moment_us = now
            self._day = self._ports.calendar.day_number(now) - self._first_day
        form, units = case.seized.form, case.seized.units
        return worth_tiyn(form, units, self._prices.tiyn(form, self._day))

    def _now(self, case: _Case) -> Particulars:
        """Return what a row says with the worth of the assets now, and at their arrest."""
        return _said(case.about, self._worth(case), case.about.limit)

    def _decide(self, case: _Case, ending: Ending, *, attempt: int) -> None:
        about = self._now(case)._replace(rule=self._ports.names.id(ending.value), attempt=attempt)
        self._assets.record(Kind.VERDICT, case.seized, about)

    def _sell(self, case: _Case) -> None:
        """Sell for the budget at the price of the day, less what selling costs."""
        about = self._now(case)
        proceeds = about.value * (BP - self._section.sale_cost.value) // BP
        paid: tuple[Move, ...] = ()
        if proceeds:
            bank = self._budget.national_bank
            issuer, single = (
                self._ports.ledger.open(holder, bank, Form.TREASURY_SINGLE_ACCOUNT)
                for holder in (bank, self._budget.treasury)
            )
            paid = (Move(issuer, single, proceeds),)
        sold = Flow(case.seized.form, AUTHORISED_BODY, MARKET, case.seized.units)
        self._assets.move(Kind.TRADE, sold, about, *paid)

    def _hand_over(self, case: _Case) -> None:
        """Offer the assets to the reserve; without one they stay where they are."""
        form, units = case.seized.form, case.seized.units
        inflow = AssetInflow(
            form, AUTHORISED_BODY, units, Provenance.CONFISCATED, case.about.intent
        )
        self._ports.bulletin.announce("inflow", inflow)


def _said(about: Particulars, worth_tiyn: int, at_arrest_tiyn: int) -> Particulars:
    """Return what a row says with what the assets are worth and were worth at their arrest."""
    # One by one, which is three times as fast as replacing two of them.
    intent, attempt, label, evidence, region, programme, place, rule, _, _ = about
    return Particulars(
        intent,
        attempt,
        label,
        evidence,
        region,
        programme,
        place,
        rule,
        worth_tiyn,
        at_arrest_tiyn,
    )
