"""Courts and evidence custody: carry every case through its course, and say at each step.

Arrested is not confiscated: until the last court has spoken the assets are somebody's and not the
state's. Every row of a case bears its worth at that moment as `value` and its worth at the arrest
as `limit`, so what the price did in between belongs to whoever receives the assets.
"""

from collections.abc import Generator
from datetime import date
from typing import Final, NamedTuple

import simpy

from tengesim.codes import Form, Kind, Provenance
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
    course_of,
)
from tengesim.institutions.confiscation.model import ConfiscationSection
from tengesim.money import BP
from tengesim.payment import Move, Particulars
from tengesim.ports import AssetInflow, Ports, Prices, Seizure
from tengesim.streams import Streams

__all__ = ["TOPIC", "Budget", "Courts"]

TOPIC: Final = "seizure"


class Budget(NamedTuple):
    """Who receives the tenge of a sale, and who keeps them."""

    treasury: str
    national_bank: str


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
        self._prices = prices
        self._streams = streams
        self._first_day = ports.calendar.day_number(ports.calendar.at(start))
        self._budget = budget
        ports.bulletin.listen(TOPIC, self._receive)

    def _receive(self, notice: object) -> None:
        if not isinstance(notice, Seizure):
            raise TypeError(f"a seizure is announced by a Seizure, not {notice!r}")
        (word,) = case_words(self._streams, [notice.case])
        self.open(notice, self._ports.now(), word)

    def open(self, seizure: Seizure, since_us: int, word: int) -> None:
        """Open the case of a suspicion that arose at `since_us`, possibly before the horizon.

        `word` is the random word from which all is drawn that chance decides about the case.
        """
        course = course_of(self._section, word, since_us)
        self._ports.start(self._follow(seizure, course))

    def _follow(self, seizure: Seizure, course: Course) -> Generator[simpy.Event, None, None]:
        name, form, units = self._ports.names.id, seizure.form, seizure.units
        about = Particulars(
            intent=name(seizure.case),
            true_label=seizure.true_label,
            place=name(seizure.origin),
        )
        seized = Flow(form, SUSPECT, EVIDENCE_CUSTODY, units)
        self._assets.record(Kind.ARREST, seized, self._now(about, seized))
        yield self._at(course.arrest_us)
        # From here on the worth at the arrest stays beside that of the day.
        arrested = self._now(about, seized)
        self._assets.move(Kind.ARREST, seized, arrested)
        yield self._at(course.verdict_us)
        self._decide(seized, arrested, course.verdict, attempt=0)
        yield self._at(course.final_us)
        if course.is_appealed:
            self._decide(seized, arrested, course.final, attempt=1)
        ended = Flow(form, EVIDENCE_CUSTODY, RECIPIENT_OF[course.final], units)
        self._assets.move(KIND_OF[course.final], ended, self._now(arrested, ended, arrested.limit))
        if course.final is Ending.FORFEITED:
            yield self._at(course.handover_us)
            if course.is_sold:
                self._sell(Flow(form, AUTHORISED_BODY, MARKET, units), arrested)
            else:
                self._hand_over(seizure, arrested.intent)

    def _at(self, time_us: int) -> simpy.Event:
        """Return the event of a moment; what lies before the horizon is caught up with at once."""
        return self._ports.until(max(time_us, self._ports.now()))

    def _now(self, about: Particulars, flow: Flow, at_arrest: int | None = None) -> Particulars:
        """Return what a row says with the worth of the assets now, and at their arrest."""
        day = self._ports.calendar.day_number(self._ports.now()) - self._first_day
        worth = worth_tiyn(flow.form, flow.units, self._prices.tiyn(flow.form, day))
        return about._replace(value=worth, limit=worth if at_arrest is None else at_arrest)

    def _decide(self, seized: Flow, arrested: Particulars, ending: Ending, *, attempt: int) -> None:
        about = self._now(arrested, seized, arrested.limit)
        rule = self._ports.names.id(ending.value)
        self._assets.record(Kind.VERDICT, seized, about._replace(rule=rule, attempt=attempt))

    def _sell(self, sold: Flow, arrested: Particulars) -> None:
        """Sell for the budget at the price of the day, less what selling costs."""
        about = self._now(arrested, sold, arrested.limit)
        proceeds = about.value * (BP - self._section.sale_cost.value) // BP
        paid: tuple[Move, ...] = ()
        if proceeds:
            bank = self._budget.national_bank
            issuer, single = (
                self._ports.ledger.open(holder, bank, Form.TREASURY_SINGLE_ACCOUNT)
                for holder in (bank, self._budget.treasury)
            )
            paid = (Move(issuer, single, proceeds),)
        self._assets.move(Kind.TRADE, sold, about, *paid)

    def _hand_over(self, seizure: Seizure, intent: int) -> None:
        """Offer the assets to the reserve; without one they stay where they are."""
        inflow = AssetInflow(
            seizure.form, AUTHORISED_BODY, seizure.units, Provenance.CONFISCATED, intent
        )
        self._ports.bulletin.announce("inflow", inflow)
