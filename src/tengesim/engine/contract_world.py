"""Contracts in a world: who would cheat, who looks, which rules decide, and who pays."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from tengesim.codes import TrueLabel
from tengesim.institutions.procurement import office as offices
from tengesim.institutions.procurement.contract_model import MoneySection
from tengesim.institutions.procurement.controls import Controls, Overrides
from tengesim.institutions.procurement.desk import Seams
from tengesim.institutions.procurement.firms import Firms
from tengesim.institutions.procurement.integrity import Circles, Screened, terms_of
from tengesim.institutions.procurement.integrity_model import ControlsSection, IntegritySection
from tengesim.institutions.procurement.model import ProcurementSection
from tengesim.institutions.procurement.office import Office
from tengesim.institutions.procurement.plan import Plan
from tengesim.institutions.procurement.tiers import Tier, tiers_of
from tengesim.institutions.procurement.works import Honest, Integrity
from tengesim.payment import Observation
from tengesim.ports import Ports
from tengesim.rules.conditions import Condition
from tengesim.rules.evaluate import Decision, decide, may_shed
from tengesim.rules.model import RuleBook
from tengesim.rules.usage import PeriodicUsage, periods_of
from tengesim.scenario.model import Scenario
from tengesim.streams import Streams

__all__ = ["BookControl", "Contracting", "build"]


class BookControl:
    """A rule book that decides about money of contracts."""

    def __init__(self, book: RuleBook) -> None:
        """Apply `book`; nothing that recurs by the day or month is counted."""
        self._book = book
        self._usage = PeriodicUsage(periods_of(book))

    def decide(self, observation: Observation) -> Decision:
        """Return what the book says about a use of money."""
        return decide(self._book, observation, self._usage)

    def may_shed(self, observation: Observation) -> Decision:
        """Return what the book says about making money unmarked."""
        return may_shed(self._book, observation, self._usage)


class Contracting(NamedTuple):
    """What tenders need of those who come after them."""

    integrity: Integrity
    office: Office | None


def build(
    scenario: Scenario,
    section: ProcurementSection,
    streams: Streams,
    ports: Ports,
    *,
    plan: Plan,
    firms: Firms,
) -> Contracting:
    """Put contracts into a world, and whoever cheats with them or looks at them."""
    books = _books(scenario, section.money)
    tiers = _tiers(scenario, section.money)
    controls, overrides = None, None
    if section.controls is None or section.integrity is None:
        integrity: Integrity = Honest()
        circles = None
    else:
        circles = _circles(
            section,
            section.integrity,
            section.controls,
            streams,
            ports,
            books=books | _award_book(scenario, section),
            tiers=tiers,
        )
        controls = Controls(
            section.controls,
            ports,
            streams,
            traces=circles.traces,
            learn=_learning(circles, ports),
            treasury=scenario.treasury.id,
        )
        if section.controls.overrides is not None:
            overrides = Overrides(section.controls.overrides, ports, streams)
        integrity = Screened(circles, controls.announced)
    if section.contracts is None or section.money is None:
        return Contracting(integrity, None)
    release = books.get("release")
    office = offices.build(
        section.contracts,
        section.money,
        ports,
        streams=streams,
        firms=firms.all,
        appropriations=plan.appropriations,
        treasury=scenario.treasury.id,
        national_bank=scenario.banks.national_bank,
        seams=Seams(
            integrity=integrity,
            label_of=_honest if circles is None else circles.label_of,
            controls=controls,
            overrides=overrides,
            release=None if release is None else BookControl(release),
            account=tiers,
            release_book=books.get("release"),
            account_book=books.get("account"),
        ),
    )
    if controls is not None:
        controls.attend(office)
    return Contracting(integrity, office)


def _honest(contract: str) -> TrueLabel:
    del contract
    return TrueLabel.HONEST


def _learning(circles: Circles, ports: Ports) -> Callable[[str], None]:
    def learn(case: str) -> None:
        circles.learn(case, was_stopped=True, time_us=ports.now())

    return learn


def _circles(
    section: ProcurementSection,
    integrity: IntegritySection,
    controls: ControlsSection,
    streams: Streams,
    ports: Ports,
    *,
    books: Mapping[str, RuleBook],
    tiers: tuple[Tier, ...],
) -> Circles:
    asked = (*books.values(), *(tier.book for tier in tiers[1:]))
    codes = frozenset(
        code for book in asked for rule in book.rules for code in _codes(rule.condition)
    )
    base = terms_of(MoneySection(arm="paper_ordinary"), frozenset(), controls)
    now = base if section.money is None else terms_of(section.money, codes, controls, tiers)
    contracts = section.contracts
    return Circles(
        integrity,
        controls,
        streams,
        base=base,
        now=now,
        advance_bp=lambda lot: 0 if contracts is None else contracts.advance_bp(lot.category),
        clock=ports.now,
    )


def _codes(condition: Condition) -> Iterator[str]:
    """Yield the codes of the taxonomy that a condition is made of."""
    parts = getattr(condition, "conditions", None) or [getattr(condition, "condition", None)]
    if parts[0] is None:
        yield getattr(condition, "code", "")
    else:
        for part in parts:
            yield from _codes(part)


def _award_book(scenario: Scenario, section: ProcurementSection) -> dict[str, RuleBook]:
    """Return the rule book that is asked about awards, which bidders know too."""
    name = section.tender.rule_book
    return {} if name is None else {"award": scenario.rule_books[name]}


def _books(scenario: Scenario, money: MoneySection | None) -> dict[str, RuleBook]:
    """Return the rule books of an arm by what they decide about."""
    if money is None:
        return {}
    named = {"release": money.release, "account": money.account}
    return {use: scenario.rule_books[name] for use, name in named.items() if name is not None}


def _tiers(scenario: Scenario, money: MoneySection | None) -> tuple[Tier, ...]:
    """Return what is asked about money below the budget, tier by tier."""
    if money is None or money.account is None:
        return ()
    return tiers_of(money.account, scenario.rule_books, BookControl)
