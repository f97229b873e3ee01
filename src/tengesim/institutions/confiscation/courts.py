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
    case_word,
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
        self._start = start
        self._budget = budget
        ports.bulletin.listen(TOPIC, self._receive)

    def _receive(self, notice: object) -> None:
        if not isinstance(notice, Seizure):
            raise TypeError(f"a seizure is announced by a Seizure, not {notice!r}")
        self.open(notice, self._ports.now())

    def open(self, seizure: Seizure, since_us: int) -> None:
        """Open the case of a suspicion that arose at `since_us`, possibly before the horizon."""
        word = case_word(self._streams, seizure.case)
        course = course_of(self._section, word, since_us)
        self._ports.start(self._follow(seizure, course))

    def _follow(self, seizure: Seizure, course: Course) -> Generator[simpy.Event, None, None]:
        self._record(Kind.ARREST, seizure, self._about(seizure))
        yield self._at(course.arrest_us)
        at_arrest = self._worth(seizure)
        self._move(Kind.ARREST, seizure, at_arrest, payee=EVIDENCE_CUSTODY, payer=SUSPECT)
        yield self._at(course.verdict_us)
        self._decide(seizure, at_arrest, course.verdict, attempt=0)
        yield self._at(course.final_us)
        if course.is_appealed:
            self._decide(seizure, at_arrest, course.final, attempt=1)
        self._move(KIND_OF[course.final], seizure, at_arrest, payee=RECIPIENT_OF[course.final])
        if course.final is Ending.FORFEITED:
            yield self._at(course.handover_us)
            if course.is_sold:
                self._sell(seizure, at_arrest)
            else:
                self._hand_over(seizure)

    def _at(self, time_us: int) -> simpy.Event:
        """Return the event of a moment; what lies before the horizon is caught up with at once."""
        return self._ports.until(max(time_us, self._ports.now()))

    def _decide(self, seizure: Seizure, at_arrest: int, ending: Ending, *, attempt: int) -> None:
        about = self._about(seizure, at_arrest)
        rule = self._ports.names.id(ending.value)
        self._record(Kind.VERDICT, seizure, about._replace(rule=rule, attempt=attempt))

    def _record(self, kind: Kind, seizure: Seizure, about: Particulars) -> None:
        flow = Flow(seizure.form, SUSPECT, EVIDENCE_CUSTODY, seizure.units)
        self._assets.record(kind, flow, about)

    def _move(
        self,
        kind: Kind,
        seizure: Seizure,
        at_arrest: int,
        *,
        payee: str,
        payer: str = EVIDENCE_CUSTODY,
    ) -> None:
        flow = Flow(seizure.form, payer, payee, seizure.units)
        self._assets.move(kind, flow, self._about(seizure, at_arrest))

    def _sell(self, seizure: Seizure, at_arrest: int) -> None:
        """Sell for the budget at the price of the day, less what selling costs."""
        proceeds = self._worth(seizure) * (BP - self._section.sale_cost.value) // BP
        flow = Flow(seizure.form, AUTHORISED_BODY, MARKET, seizure.units)
        paid: tuple[Move, ...] = ()
        if proceeds:
            bank = self._budget.national_bank
            issuer, single = (
                self._ports.ledger.open(holder, bank, Form.TREASURY_SINGLE_ACCOUNT)
                for holder in (bank, self._budget.treasury)
            )
            paid = (Move(issuer, single, proceeds),)
        self._assets.move(Kind.TRADE, flow, self._about(seizure, at_arrest), *paid)

    def _hand_over(self, seizure: Seizure) -> None:
        """Offer the assets to the reserve; without one they stay where they are."""
        inflow = AssetInflow(
            seizure.form,
            AUTHORISED_BODY,
            seizure.units,
            Provenance.CONFISCATED,
            self._ports.names.id(seizure.case),
        )
        self._ports.bulletin.announce("inflow", inflow)

    def _worth(self, seizure: Seizure) -> int:
        """Return what a case is worth now."""
        day = self._ports.calendar.date_of(self._ports.now())
        price_tiyn = self._prices.tiyn(seizure.form, (day - self._start).days)
        return worth_tiyn(seizure.form, seizure.units, price_tiyn)

    def _about(self, seizure: Seizure, at_arrest: int | None = None) -> Particulars:
        name, worth = self._ports.names.id, self._worth(seizure)
        return Particulars(
            intent=name(seizure.case),
            true_label=seizure.true_label,
            place=name(seizure.origin),
            value=worth,
            limit=worth if at_arrest is None else at_arrest,
        )
