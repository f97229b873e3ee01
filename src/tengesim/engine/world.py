"""The world of one run: the only module that knows everybody and how they hang together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import Calendar
from tengesim.codes import Form, Kind
from tengesim.engine import economy as economies
from tengesim.engine import replay
from tengesim.engine.bulletin import Board
from tengesim.engine.draining import DrainingEnvironment
from tengesim.engine.economy import Economy
from tengesim.engine.environment import Environment
from tengesim.engine.fast import CompiledRetail
from tengesim.engine.packing import SharedTakings, pack
from tengesim.engine.party_rows import PartyRows
from tengesim.engine.procurement_world import build as build_procurement_world
from tengesim.engine.reference import schedule_tape
from tengesim.engine.reserve_world import build as build_reserve_world
from tengesim.engine.settlement import Settlement, Takings, VoucherControl
from tengesim.institutions import banks, purchases, treasury
from tengesim.institutions.social.build import build as build_programme
from tengesim.institutions.social.roster import Payee, Roster
from tengesim.institutions.treasury import Treasury
from tengesim.institutions.treasury.budget import build_budget
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger.audit import Auditor
from tengesim.ledger.book import Book
from tengesim.ledger.columns import Columns
from tengesim.money import BP
from tengesim.payment import AccountId, RetailWant, Want
from tengesim.population import people
from tengesim.population.model import scaled
from tengesim.population.people import Population
from tengesim.population.society import person_count
from tengesim.ports import Ports
from tengesim.retail.meals import Canteen, KioskStratum, MealStratum, Terms, method_of
from tengesim.retail.tape import Stratum, Tape
from tengesim.scenario.model import KIOSK_PREFIX, Scenario
from tengesim.streams import Streams, by_quota

__all__ = ["EXACT_ACCOUNTS_MAX", "World", "build"]

EXACT_ACCOUNTS_MAX: Final = 300_000
"""Of more accounts the auditor keeps a fingerprint: to rebuild each balance takes twenty times as
long once the balances leave the processor's cache, and more memory than the ledger itself."""

_CHANCE_RANGE: Final = BP
_ACCOUNTS_PER_PERSON: Final = 3
"""Deposit, cash and wallet; firms are few."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything that takes part in one run."""

    env: Environment
    journal: Journal
    book: Book
    auditor: Auditor
    answer: Callable[[Want | RetailWant], None]
    """What is done with every want of the tape."""
    tape: Tape
    calendar: Calendar
    population: Population
    retail: CompiledRetail | None = None
    """Where compiled code answers the wants, if there are any."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What everybody in the world stands on: chance, time, ledger, log, and who settles wants."""

    scenario: Scenario
    streams: Streams
    env: Environment
    journal: Journal
    book: Book
    auditor: Auditor
    controls: Mapping[str, VoucherControl]
    ports: Ports
    settlement: Settlement


@dataclass(frozen=True, slots=True)
class _Site:
    """What building a programme needs of the world around it."""

    scenario: Scenario
    streams: Streams
    ports: Ports
    names: Names
    population: Population
    caterers: tuple[Payee, ...]


def build(
    scenario: Scenario, seed: int, *, is_fast: bool = False, journal: Journal | None = None
) -> World:
    """Return the world of `scenario` at `seed`, with every institution waiting for its time.

    Retail is answered by compiled code where `is_fast`, else by an event for each want. Accounts
    are opened here, so whoever is to read every row has to know the `journal` before.
    """
    frame = _frame(
        scenario, Streams(seed), Journal(Names()) if journal is None else journal, is_fast=is_fast
    )
    ports, env = frame.ports, frame.env
    banks.build(scenario.banks, scenario.treasury.id, ports)
    owner = treasury.build(scenario.treasury, scenario.banks.national_bank, ports)
    population = people.build(scenario.population, frame.streams)
    caterers = _payees(scenario, population)
    names = frame.journal.names
    site = _Site(scenario, frame.streams, ports, names, population, caterers)
    strata: list[Stratum] = []
    for programme in scenario.programmes:
        strata += _build_programme(programme, site, owner)
    _build_budget(scenario, frame.streams, ports)
    build_reserve_world(scenario, frame.streams, ports, book=frame.book, journal=frame.journal)
    build_procurement_world(scenario, frame.streams, ports)
    around = purchases.Surroundings(
        streams=frame.streams,
        rule_books=scenario.rule_books,
        marks=scenario.marks,
        banks=[(bank.id, bank.share.value) for bank in scenario.banks.second_tier],
        treasury=scenario.treasury.id,
        national_bank=scenario.banks.national_bank,
        fund=owner.fund,
    )
    purchases.build(scenario.purchases, scenario.supplies, ports, around)
    economy = _build_economy(frame, owner)
    if economy is not None:
        strata += economy.strata
        for consume in economy.folds:
            frame.journal.fold(consume)
    world = World(
        env=env,
        journal=frame.journal,
        book=frame.book,
        auditor=frame.auditor,
        answer=_answers(frame.settlement, economy),
        tape=Tape(strata),
        calendar=ports.calendar,
        population=population,
    )
    if economy is not None and economy.purses is not None:
        economy.purses.seal()
    if isinstance(env, DrainingEnvironment):
        if not strata:
            # Where nobody wants anything there is nothing to hand to compiled code.
            return world
        retail = _compiled(frame, world, economy)
        env.drain(retail)
        return replace(world, retail=retail)
    schedule_tape(env, world.tape, world.answer, ports.calendar.at(scenario.clock.end))
    return world


def _frame(scenario: Scenario, streams: Streams, journal: Journal, *, is_fast: bool) -> _Frame:
    names, board = journal.names, Board()
    takings = SharedTakings() if is_fast else Takings()
    calendar = scenario.clock.calendar()
    start_us = calendar.at(scenario.clock.start)
    env = DrainingEnvironment(start_us) if is_fast else Environment(start_us)
    auditor = Auditor(is_exact=_account_count(scenario) <= EXACT_ACCOUNTS_MAX)
    journal.fold(auditor.consume)
    ledger_type = Columns if is_fast else Book
    book = ledger_type(journal, names, env.moment)
    controls = _controls(scenario, names)
    ports = Ports(
        ledger=book,
        bulletin=board,
        takings=takings,
        calendar=calendar,
        names=names,
        controls=controls,
        until=env.until,
        start=env.begin,
        now=env.moment,
        chance=_chances(streams),
    )
    settlement = Settlement(
        book,
        controls,
        takings=takings,
        board=board,
        calendar=calendar,
        names=names,
        text=names.text,
    )
    return _Frame(scenario, streams, env, journal, book, auditor, controls, ports, settlement)


def _build_economy(frame: _Frame, owner: Treasury) -> Economy | None:
    """Put people into the world, or the parties of a table, where the scenario has either."""
    scenario, ports = frame.scenario, frame.ports
    book, names = frame.book, frame.journal.names
    rows = PartyRows(book, names) if isinstance(book, Columns) else None
    economy = None
    section, retail = scenario.population.people, scenario.retail
    if section is not None:
        economy = economies.build(scenario, section, frame.streams, ports, owner=owner, rows=rows)
    if retail is not None and retail.imported is not None:
        economy = replay.build(scenario, retail.imported, frame.streams, ports, rows=rows)
    return economy


def _account_count(scenario: Scenario) -> int:
    """Return about how many accounts a world of `scenario` has."""
    section, scale = scenario.population, scenario.population.scale
    pupils = scaled(section.pupils.value, scale)
    persons = 0 if section.people is None else person_count(section.people, scale)
    return pupils + _ACCOUNTS_PER_PERSON * persons


def _compiled(frame: _Frame, world: World, economy: Economy | None) -> CompiledRetail:
    """Return the retail of `world` for compiled code."""
    scenario, ledger, names = frame.scenario, world.book, world.journal.names
    equipment = None if economy is None else economy.equipment
    takings = frame.settlement.takings
    if not (isinstance(ledger, Columns) and isinstance(takings, SharedTakings)):
        raise TypeError(f"compiled code shares no {ledger!r} and no {takings!r}")
    clock, at = scenario.clock, world.calendar.at
    packed = pack(
        scenario,
        world.tape,
        ledger,
        names,
        calendar=world.calendar,
        controls=frame.controls,
        takings=takings,
        equipment=equipment,
    )
    return CompiledRetail(
        world.tape,
        packed,
        ledger=ledger,
        journal=world.journal,
        names=names,
        answer=world.answer,
        settlement=frame.settlement,
        equipment=equipment,
        central=scenario.banks.national_bank,
        horizon_us=(at(clock.start), at(clock.end)),
    )


def _build_budget(scenario: Scenario, streams: Streams, ports: Ports) -> None:
    """Let the Treasury execute a budget year, where the scenario states one."""
    if scenario.treasury.budget is None:
        return
    build_budget(
        scenario.treasury.budget,
        ports,
        treasury=scenario.treasury.id,
        national_bank=scenario.banks.national_bank,
        banks=[(bank.id, bank.share.value) for bank in scenario.banks.second_tier],
        streams=streams,
        scale=scenario.population.scale,
    )


def _answers(
    settlement: Settlement, economy: Economy | None
) -> Callable[[Want | RetailWant], None]:
    everyday = None if economy is None else economy.answer

    def answer(want: Want | RetailWant) -> None:
        if isinstance(want, Want):
            settlement.answer(want)
        elif everyday is not None:
            everyday(want)
        else:
            raise TypeError(f"nobody answers {want!r}")

    return answer


def _controls(scenario: Scenario, names: Names) -> dict[str, VoucherControl]:
    return {
        programme: VoucherControl(
            scenario.book_of(programme),
            Kind.PAYMENT if section.money == "marked" else Kind.DELIVERY,
            programme=names.id(programme),
            region=names.id(scenario.region),
        )
        for programme, section in scenario.programmes.items()
    }


def _chances(streams: Streams) -> Callable[[str, int], Callable[[str], bool]]:
    def chance(name: str, rate_bp: int) -> Callable[[str], bool]:
        return lambda key: int(streams.named(name, key).integers(_CHANCE_RANGE)) < rate_bp

    return chance


def _payees(scenario: Scenario, population: Population) -> tuple[Payee, ...]:
    """Return the caterers with their banks, drawn in the banks' shares, and their schools."""
    second_tier = scenario.banks.second_tier
    shares_bp = [bank.share.value for bank in second_tier]
    banked = by_quota(population.caterers.bank_word, shares_bp).tolist()
    schools = population.school_names()
    return tuple(
        Payee(
            name,
            second_tier[banked[number]].id,
            tuple(schools[i] for i in np.flatnonzero(population.schools.caterer == number)),
        )
        for number, name in enumerate(population.caterer_names())
    )


def _build_programme(programme: str, site: _Site, owner: Treasury) -> list[Stratum]:
    scenario, ports = site.scenario, site.ports
    section = scenario.programmes[programme]
    purses = _purses(programme, site)
    registered = np.flatnonzero(site.population.pupils.is_registered)
    days = section.served(ports.calendar)
    # What can fall due is one meal a day for every pupil: a report may name those whom the
    # register omits.
    owner.fund(programme, len(purses) * len(days) * section.price.value)
    roster = Roster(
        programme=programme,
        region=site.names.id(scenario.region),
        national_bank=scenario.banks.national_bank,
        treasury=scenario.treasury.id,
        purses=tuple(AccountId(int(purses[i])) for i in registered),
        payees=site.caterers,
    )
    build_programme(
        section,
        roster,
        ports,
        marks=scenario.marks,
        book=scenario.book_of(programme),
        end=scenario.clock.end,
    )
    terms = Terms(
        programme=programme,
        behaviour=scenario.behaviour[programme],
        streams=site.streams,
        price_tiyn=section.price.value,
        evidence=section.evidence,
        day_starts={
            ports.calendar.day_number(start): start for start in map(ports.calendar.at, days)
        },
    )
    return _strata(terms, site, purses)


def _mark_of(site: _Site, programme: str) -> str:
    section = site.scenario.programmes[programme]
    return section.marked.mark if section.money == "marked" and section.marked else ""


def _purses(programme: str, site: _Site) -> NDArray[np.int64]:
    """Return the account in which each pupil holds the programme's money."""
    bank, mark = site.scenario.banks.national_bank, _mark_of(site, programme)
    return np.array(
        [
            site.ports.ledger.open(holder, bank, Form.DIGITAL_TENGE, mark)
            for holder in site.population.pupil_names()
        ],
        dtype=np.int64,
    )


def _strata(terms: Terms, site: _Site, purses: NDArray[np.int64]) -> list[Stratum]:
    """Return the strata of every school: meals, rescans, and with marked money the kiosk."""
    population, programme = site.population, terms.programme
    section = site.scenario.programmes[programme]
    methods = method_of(terms.behaviour, population.schools.method_word)
    opened, mark = site.ports.ledger.open, _mark_of(site, programme)
    bank = site.scenario.banks.national_bank
    strata: list[Stratum] = []
    for number, school in enumerate(population.school_names()):
        pupils = np.flatnonzero(population.pupils.school == number)
        caterer = int(population.schools.caterer[number])
        canteen = Canteen(
            school=school,
            place=site.names.id(school),
            pupils=pupils,
            is_registered=population.pupils.is_registered[pupils],
            purses=purses[pupils],
            payee=opened(site.caterers[caterer].name, bank, Form.DIGITAL_TENGE, mark),
            method=methods[number],
            is_dishonest=bool(population.caterers.is_dishonest[caterer]),
        )
        stems: Mapping[str, bool] = {"meal": True, "double": terms.evidence == "digital"}
        for stem in (stem for stem, is_wanted in stems.items() if is_wanted):
            title = f"{programme}/{school}/{stem}"
            name = site.names.id(title)
            strata.append(MealStratum(terms, canteen, name, title, category=section.category))
        if mark:
            kiosk = opened(f"{KIOSK_PREFIX}{school}", bank, Form.DIGITAL_TENGE, mark)
            title = f"{programme}/{school}/kiosk"
            strata.append(KioskStratum(terms, canteen, site.names.id(title), title, kiosk=kiosk))
    return strata
