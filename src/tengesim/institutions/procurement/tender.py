"""From the plan to the award: announcement, bids, review, complaints, a second round, one source.

One course leads a lot through all of it, as moments at which something happens next. Large lots
follow theirs each in a process of its own; small ones, of which there are very many, share one.
"""

import datetime
import heapq
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import simpy

from tengesim.clock import HOUR_US, SECOND_US
from tengesim.codes import Reason, TrueLabel
from tengesim.institutions.procurement.admission import Admission
from tengesim.institutions.procurement.bidding import (
    Candidate,
    Need,
    Terms,
    bids_for,
    cheapest,
    draw_markets,
    lot_keys,
)
from tengesim.institutions.procurement.firms import Firms
from tengesim.institutions.procurement.notices import Notices, Step, label_of
from tengesim.institutions.procurement.reservations import Reservations, Reserved
from tengesim.institutions.procurement.tender_model import TenderSection
from tengesim.institutions.procurement.works import (
    PART,
    Award,
    Bid,
    Expectation,
    Integrity,
    Lot,
    LotConduct,
    Method,
    Sign,
)
from tengesim.money import BP, split_exactly
from tengesim.ports import Ports
from tengesim.streams import Streams, below_one, chance_one, further_one

__all__ = ["Tender", "TenderSeams"]

_OPENS_US: Final = 9 * HOUR_US
_OPEN_SECONDS: Final = 8 * 3600
_EPOCH_ORDINAL: Final = datetime.date(1970, 1, 1).toordinal()
_APPEALABLE: Final = (Method.OPEN_TENDER, Method.AUCTION)
_CALLED: Final = (*_APPEALABLE, Method.SCORING_TENDER)

_Course = Generator[int, None, None]
"""Moments at which something happens to a lot next."""


class TenderSeams(NamedTuple):
    """What tenders ask of others."""

    integrity: Integrity
    sign: Sign
    expectation: Expectation | None
    """None where suppliers do not mind waiting for their money."""
    admission: Admission | None
    """None where no rule book decides about awards."""
    financing_bp: int
    reserved: Reserved | None = None
    """None where no rule book has money set aside for lots."""


class _Case(NamedTuple):
    """A lot on its way: what is true of it, its random word, and the day it has reached."""

    need: Need
    word: int
    day: datetime.date

    @property
    def lot(self) -> Lot:
        """The lot itself."""
        return self.need.lot


class Tender:
    """Holds the tenders of a plan."""

    def __init__(
        self,
        section: TenderSection,
        firms: Firms,
        ports: Ports,
        seams: TenderSeams,
        *,
        treasury: str,
    ) -> None:
        """Know the law and the suppliers."""
        self._section = section
        self._law = section.law()
        self._firms = firms
        self._ports = ports
        self._seams = seams
        self._notices = Notices(ports, treasury=treasury)
        self._reservations = (
            None if seams.reserved is None else Reservations(seams.reserved, ports, self._notices)
        )
        self._markets: dict[str, tuple[Candidate, ...]] = {}
        self._words: dict[str, int] = {}

    def open(self, lots: Sequence[Lot], streams: Streams) -> None:
        """Let every lot be announced, bid for and awarded in its time."""
        self._markets = draw_markets(lots, self._firms, self._section.entry, streams)
        drawn = streams.words("procurement/tender", lot_keys(lots)).tolist()
        self._words = {lot.id: word for lot, word in zip(lots, drawn, strict=True)}
        for lot in lots:
            if lot.layer == "large":
                self._ports.start(self.hold(lot))
        small = [lot for lot in lots if lot.layer == "small"]
        if small:
            self._ports.start(self._hold_all(small))

    def hold(self, lot: Lot) -> Generator[simpy.Event, None, None]:
        """Lead one lot from its announcement to its award, or to an end without one."""
        for moment_us in self._course(lot):
            yield self._ports.until(moment_us)

    def _hold_all(self, lots: Sequence[Lot]) -> Generator[simpy.Event, None, None]:
        courses = [self._course(lot) for lot in lots]
        # The first moment of a course follows from the plan, so nothing happens before its time.
        waiting = [(next(course), number) for number, course in enumerate(courses)]
        heapq.heapify(waiting)
        while waiting:
            moment_us, number = heapq.heappop(waiting)
            if moment_us > self._ports.now():
                yield self._ports.until(moment_us)
            further_us = next(courses[number], None)
            if further_us is not None:
                heapq.heappush(waiting, (further_us, number))

    def _course(self, lot: Lot) -> _Course:
        word = self._words[lot.id]
        yield self._at(lot.planned_on, word)
        if self._reservations is not None and not self._reservations.hold(lot):
            return
        yield from self._buy(lot, word)
        if self._reservations is not None:
            self._reservations.let_go(lot.id, lot)

    def _buy(self, lot: Lot, word: int) -> _Course:
        """Find a supplier by the method of the plan, and by others where that fails."""
        case = _Case(self._need(lot, word), word, lot.planned_on)
        if case.need.conduct.split_into > 1:
            yield from self._split(case)
            return
        self._notices.planned(case.lot, label_of(case.need.conduct))
        if not lot.method.is_competitive:
            yield from self._single(case, lot.method, 1)
            return
        rounds = 2 if lot.method in _CALLED else 1
        for round_ in range(1, rounds + 1):
            failed_on = yield from self._round(case, round_)
            if failed_on is None:
                return
            case = self._reopened(case, failed_on)
        yield from self._single(case, Method.SINGLE_SOURCE, rounds + 1)

    def _reopened(self, case: _Case, day: datetime.date) -> _Case:
        """Return a lot whose tender is held again: for nobody in particular this time."""
        conduct = case.need.conduct
        honest = replace(conduct, rigged=False, tailored=False, related=False)
        if honest != conduct:
            self._seams.integrity.reopen(case.lot.id, was_found=False)
        return case._replace(need=case.need._replace(conduct=honest, favourite=None), day=day)

    def _need(self, lot: Lot, word: int) -> Need:
        """Return a lot with what is true of it; inflated quantities cost less than they say."""
        conduct = self._seams.integrity.of_lot(lot)
        cost_tiyn, inflated_bp = lot.true_cost_tiyn, BP + conduct.overpricing_bp
        lot = lot._replace(
            true_cost_tiyn=max(cost_tiyn * BP // inflated_bp, 1),
            reference_price_tiyn=max(lot.reference_price_tiyn * BP // inflated_bp, 1),
        )
        need = Need(lot, conduct, cost_tiyn, self._markets[lot.id])
        return need._replace(favourite=self._favourite(need, conduct, word))

    def _favourite(self, need: Need, conduct: LotConduct, word: int) -> Candidate | None:
        """Return who is to get a lot that is not given to the best bid."""
        if conduct.related:
            relative = self._firms.relatives.get(need.lot.buyer.id)
            if relative is not None:
                return Candidate(relative, relative.cost_bp, 0, is_able=True, word=word)
        if not (conduct.related or conduct.rigged or conduct.tailored) or not need.market:
            return None
        return min(need.market, key=lambda one: (not one.is_able, one.cost_bp, one.firm.id))

    def _round(self, case: _Case, round_: int) -> Generator[int, None, datetime.date | None]:
        """Hold one round; return the day on which it failed, None when it led to an award."""
        lot, law, later = case.lot, self._law, self._ports.calendar.add_business_days
        until_bids, until_award = law.days(lot.method)
        closed = later(case.day, until_bids)
        if lot.method in _CALLED:
            self._step(case, "announced", round_, closed)
        yield self._at(closed, case.word)
        terms = self._terms(lot)
        bids = bids_for(case.need, terms, method=lot.method, round_=round_)
        label = label_of(case.need.conduct)
        self._notices.bids(lot, bids, round_, label)
        awarded = later(closed, until_award)
        if awarded > closed:
            yield self._at(awarded, case.word)
        if self._is_disputed(case, bids, round_):
            awarded = later(awarded, self._section.complaints.suspension.value)
            is_upheld = chance_one(
                further_one(case.word, "upheld", round_), self._section.complaints.upheld.value
            )
            self._notices.complaint(lot, bids[-1], round_, is_upheld=None)
            yield self._at(awarded, case.word)
            self._notices.complaint(lot, bids[-1], round_, is_upheld=is_upheld)
            if is_upheld and case.need.favourite is not None:
                self._seams.integrity.reopen(lot.id, was_found=True)
                self._step(case, "cancelled", round_, awarded)
                return awarded
            if is_upheld:
                terms = terms._replace(is_lenient=True)
                bids = bids_for(case.need, terms, method=lot.method, round_=round_)
        if not self._award(case, bids, round_):
            self._step(case, "failed", round_, awarded)
            return awarded
        return None

    def _is_disputed(self, case: _Case, bids: Sequence[Bid], round_: int) -> bool:
        if case.lot.method not in _APPEALABLE or len(bids) < 2:
            return False
        word = further_one(case.word, "complaint", round_)
        return chance_one(word, self._section.complaints.share.value)

    def _award(self, case: _Case, bids: Sequence[Bid], round_: int) -> bool:
        """Give the lot to the best who may have it and gives a guarantee; False for nobody."""
        lot, method = case.lot, case.lot.method
        admissible = tuple(bid for bid in bids if bid.is_admissible)
        if len(admissible) < self._law.bids_needed.value and method in _CALLED:
            return False
        for bid in admissible:
            step = Step("", round_, len(admissible), method.code)
            if self._is_refused(case, bid, step):
                continue
            if method in _CALLED and self._lacks_guarantee(case, bid):
                without = step._replace(rule="performance_guarantee")
                self._notices.refused(lot, bid, without, Reason.GUARANTEE_MISSING)
                continue
            self._sign(case, bid, tuple(bids), step)
            return True
        return False

    def _is_refused(self, case: _Case, bid: Bid, step: Step) -> bool:
        if self._seams.admission is None:
            return False
        decided = self._seams.admission.decide(case.lot, bid, self._ports.now())
        if decided.reason is Reason.NONE:
            return False
        said = Step(decided.rule, step.round, decided.value, decided.limit)
        self._notices.refused(case.lot, bid, said, decided.reason)
        return True

    def _lacks_guarantee(self, case: _Case, bid: Bid) -> bool:
        if case.need.favourite is not None and bid.firm.id == case.need.favourite.firm.id:
            return False
        words = (one.word for one in case.need.market if one.firm.id == bid.firm.id)
        return chance_one(
            further_one(next(words), "guarantee"), self._section.guarantee_missing.value
        )

    def _single(self, case: _Case, method: Method, round_: int) -> _Course:
        """Contract with one supplier for the estimate: who is asked, or who can do it."""
        until_signed, _ = self._law.days(method)
        yield self._at(self._ports.calendar.add_business_days(case.day, until_signed), case.word)
        asked = case.need.favourite
        if asked is None and method is Method.SINGLE_SOURCE:
            asked = cheapest(case.need, self._terms(case.lot))
        elif asked is None and case.need.market:
            asked = case.need.market[0]
        step = Step("", round_, 0, method.code)
        for candidate in self._asked(case, asked):
            bid = Bid(candidate.firm, case.lot.estimate_tiyn, is_admissible=True)
            if not self._is_refused(case, bid, step):
                self._sign(case, bid, (bid,), step)
                return
        self._step(case, "unsuccessful", round_, case.day)

    def _asked(self, case: _Case, first: Candidate | None) -> list[Candidate]:
        """Return whom a buyer asks one after the other, as long as rules refuse them.

        Who wanted somebody in particular asks nobody else.
        """
        if first is None:
            return []
        if case.need.favourite is not None:
            return [first]
        others = (one for one in case.need.market if one.firm.id != first.firm.id and one.is_able)
        return [first, *others]

    def _split(self, case: _Case) -> _Course:
        """Buy one need by several direct contracts with one supplier, one after the other."""
        count, lot, need = case.need.conduct.split_into, case.lot, case.need
        names = [f"{lot.id}{PART}{number + 1}" for number in range(count)]
        estimates = split_exactly(lot.estimate_tiyn, dict.fromkeys(names, 1))
        costs = split_exactly(lot.true_cost_tiyn, dict.fromkeys(names, 1))
        asked = need.favourite or (need.market[0] if need.market else None)
        day = case.day
        for name in names:
            part = lot._replace(
                id=name,
                estimate_tiyn=max(estimates[name], 1),
                true_cost_tiyn=max(costs[name], 1),
                units=max(lot.units // count, 1),
                method=Method.DIRECT,
                planned_on=day,
            )
            self._notices.planned(part, TrueLabel.SPLIT_CONTRACT)
            one = case._replace(need=need._replace(lot=part, favourite=asked), day=day)
            yield from self._single(one, Method.DIRECT, 1)
            day = self._ports.calendar.date_of(self._ports.now())

    def _sign(self, case: _Case, bid: Bid, bids: tuple[Bid, ...], step: Step) -> None:
        lot, method = case.lot, _METHODS[step.limit]
        self._notices.award(lot, bid, step, label_of(case.need.conduct))
        moment_us = self._ports.now()
        award = Award(lot, bid.firm, bid.price_tiyn, bids, method, moment_us, step.round)
        if self._seams.admission is not None:
            self._seams.admission.keep(award)
        if self._reservations is not None:
            self._reservations.let_go(lot.id.partition(PART)[0], lot)
        self._seams.sign(award)

    def _terms(self, lot: Lot) -> Terms:
        expectation, entry = self._seams.expectation, self._section.entry
        return Terms(
            financing_bp=self._seams.financing_bp,
            delay_days=0 if expectation is None else expectation(lot),
            inadmissible_bp=entry.inadmissible.value,
            failing_bp=entry.failing.value,
        )

    def _step(self, case: _Case, rule: str, round_: int, day: datetime.date) -> None:
        value, limit = case.lot.method.code, day.toordinal() - _EPOCH_ORDINAL
        self._notices.step(case.lot, Step(rule, round_, value, limit))

    def _at(self, day: datetime.date, word: int) -> int:
        seconds = below_one(further_one(word, "time of day"), _OPEN_SECONDS)
        moment_us = self._ports.calendar.at(day, _OPENS_US + seconds * SECOND_US)
        return max(int(moment_us), self._ports.now())


_METHODS: Final = {method.code: method for method in Method}
