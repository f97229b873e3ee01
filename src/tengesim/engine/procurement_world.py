"""Public procurement in a world: plan and firms are drawn, tenders held, contracts signed."""

from tengesim.engine import contract_world
from tengesim.institutions.procurement.admission import Admission
from tengesim.institutions.procurement.evidence import Luck
from tengesim.institutions.procurement.firms import draw_firms
from tengesim.institutions.procurement.model import ProcurementSection
from tengesim.institutions.procurement.plan import draw_plan
from tengesim.institutions.procurement.reservations import Reserved
from tengesim.institutions.procurement.tender import Tender, TenderSeams
from tengesim.institutions.procurement.waiting import Waiting
from tengesim.institutions.procurement.works import Award, Expectation, Lot
from tengesim.ports import Ports
from tengesim.rules.procedures import Reserves
from tengesim.rules.steps import procedure_of
from tengesim.scenario.model import Scenario
from tengesim.streams import Streams

__all__ = ["build"]


def build(scenario: Scenario, streams: Streams, ports: Ports) -> None:
    """Put public procurement into a world, where its scenario states one."""
    section = scenario.procurement
    if section is None:
        return
    clock, finance = scenario.clock, scenario.finance
    year = [day for day in clock.days() if day.year == clock.start.year]
    plan = draw_plan(
        section.plan,
        streams=streams,
        scale=scenario.population.scale,
        working=[day for day in year if ports.calendar.is_business_day(day)],
    )
    firms = draw_firms(
        section.firms,
        plan.buyers,
        region=scenario.region,
        banks=[(bank.id, bank.share.value) for bank in scenario.banks.second_tier],
        streams=streams,
        scale=scenario.population.scale,
    )
    contracting = contract_world.build(scenario, section, streams, ports, plan=plan, firms=firms)
    office = contracting.office
    seams = TenderSeams(
        integrity=contracting.integrity,
        sign=_keep if office is None else office.sign,
        expectation=_expectation(section, contracting, ports),
        admission=_admission(scenario, section, streams, ports),
        financing_bp=finance.base_rate.value + finance.spread.value,
        reserved=_reserved(scenario, section, contracting),
    )
    tender = Tender(section.tender, firms, ports, seams, treasury=scenario.treasury.id)
    tender.open(plan.lots, streams)


def _expectation(
    section: ProcurementSection, contracting: contract_world.Contracting, ports: Ports
) -> Expectation | None:
    """Return how long suppliers expect to wait, where they mind and somebody pays them."""
    office, contracts = contracting.office, section.contracts
    if office is None or contracts is None or not section.firms.responds:
        return None
    term_days = contracts.payment_term.mean.value

    def suggested(lot: Lot) -> int:
        return term_days + office.expected_delay_days(lot)

    weight = section.firms.experience.value
    return Waiting(suggested, ports.bulletin, weight=weight).expected_days


def _admission(
    scenario: Scenario, section: ProcurementSection, streams: Streams, ports: Ports
) -> Admission | None:
    """Return the rules that are asked about awards, where the scenario has some."""
    if section.tender.rule_book is None:
        return None
    control = contract_world.BookControl(scenario.rule_books[section.tender.rule_book])
    contracts, domestic = section.contracts, section.tender.domestic
    return Admission(
        control,
        ports,
        Luck(streams, "procurement.domestic"),
        guarantee_bp=0 if contracts is None else contracts.guarantee.value,
        domestic_bp=0 if domestic is None else domestic.value,
    )


def _reserved(
    scenario: Scenario, section: ProcurementSection, contracting: contract_world.Contracting
) -> Reserved | None:
    """Return what is set aside for lots, where a book says so and there is something to spend."""
    if section.tender.rule_book is None or contracting.office is None:
        return None
    procedure = procedure_of(scenario.rule_books[section.tender.rule_book], Reserves)
    return None if procedure is None else Reserved(procedure, contracting.office.room)


def _keep(award: Award) -> None:
    """Leave an award as it is, where the study ends with it."""
    del award
