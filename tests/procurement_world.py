"""Lots, suppliers and tenders that are tried alone: plan, market and award, and nothing after."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from tengesim.clock import Calendar
from tengesim.codes import Kind, Status
from tengesim.institutions.procurement.admission import Admission
from tengesim.institutions.procurement.evidence import Luck
from tengesim.institutions.procurement.firms import Firms, draw_firms
from tengesim.institutions.procurement.model import ProcurementSection
from tengesim.institutions.procurement.plan import Plan, draw_plan
from tengesim.institutions.procurement.reservations import Reserved
from tengesim.institutions.procurement.tender import Tender, TenderSeams
from tengesim.institutions.procurement.works import (
    HONEST_CONTRACT,
    HONEST_LOT,
    Award,
    Buyer,
    ContractConduct,
    Firm,
    Lot,
    LotConduct,
    Method,
)
from tengesim.journal.events import COLUMNS
from tengesim.ports import Control, Ports
from tengesim.scenario.load import load_scenario
from tengesim.streams import Streams
from tests.budget_world import Stage, stage

__all__ = [
    "BUYER",
    "CALENDAR",
    "START",
    "YEAR",
    "Hall",
    "Row",
    "firm",
    "firms_of",
    "hall",
    "lot",
    "plan_of",
    "section_of",
]

YEAR = "procurement_year"
START = dt.date(2025, 1, 1)
CALENDAR = Calendar(((START, 5 * 3_600_000_000),))
BUYER = Buyer("akimat", "KZ-31", "04.5", "roads", "local")


@cache
def section_of(*settings: str) -> ProcurementSection:
    """Return the procurement of the shipped year."""
    section = load_scenario(YEAR, settings=settings).procurement
    assert section is not None
    return section


@cache
def plan_of(*settings: str, seed: int = 1, scale: str = "1") -> Plan:
    """Return the plan of the shipped year, drawn without a world around it."""
    scenario = load_scenario(YEAR, settings=settings)
    calendar = scenario.clock.calendar()
    assert scenario.procurement is not None
    return draw_plan(
        scenario.procurement.plan,
        streams=Streams(seed),
        scale=Decimal(scale),
        working=calendar.business_days(START, dt.date(2026, 1, 1)),
    )


@cache
def firms_of(*settings: str, seed: int = 1, scale: str = "0.1") -> Firms:
    """Return suppliers of the shipped year."""
    return draw_firms(
        section_of(*settings).firms,
        [BUYER],
        region="KZ-31",
        banks=[("bank_a", 7_000), ("bank_b", 3_000)],
        streams=Streams(seed),
        scale=Decimal(scale),
    )


def firm(name: str, *, cost_bp: int = 10_000, group: str = "") -> Firm:
    """Return a supplier of whom nothing is special but what is stated."""
    return Firm(
        id=name,
        bank="bank_a",
        region="KZ-31",
        is_small=True,
        cost_bp=cost_bp,
        capacity=1_000,
        group=group,
        is_vat_payer=True,
        is_shell=False,
        is_tax_clear=True,
        is_listed=False,
    )


def lot(
    name: str = "lot-1",
    *,
    method: Method = Method.OPEN_TENDER,
    estimate_tiyn: int = 10**11,
    true_cost_tiyn: int = 95 * 10**9,
    planned_on: dt.date = dt.date(2025, 2, 3),
) -> Lot:
    """Return a large lot of works."""
    return Lot(
        id=name,
        buyer=BUYER,
        layer="large",
        category="works",
        commodity="42",
        title="A road",
        estimate_tiyn=estimate_tiyn,
        true_cost_tiyn=true_cost_tiyn,
        units=10,
        reference_price_tiyn=true_cost_tiyn // 10,
        method=method,
        planned_on=planned_on,
        duration_days=90,
    )


@dataclass(frozen=True)
class Row:
    """What tests read of a row of the log."""

    kind: Kind
    status: Status
    day: dt.date
    payee: str
    amount_tiyn: int
    value: int
    limit: int
    rule: str
    place: str
    attempt: int
    true_label: int
    reason: int


@dataclass(frozen=True)
class Schemer:
    """Somebody who is dishonest about every lot in one way."""

    conduct: LotConduct
    reopened: list[tuple[str, bool]] = field(default_factory=list)

    def of_lot(self, lot: Lot) -> LotConduct:
        """Return the one way, and honesty about whatever comes of a second try."""
        del lot
        return self.conduct

    def of_contract(self, award: Award) -> ContractConduct:
        """Return that nothing more is dishonest."""
        del award
        return HONEST_CONTRACT

    def reopen(self, lot: str, *, was_found: bool) -> None:
        """Remember which lots were tendered again, and whether something was found."""
        self.reopened.append((lot, was_found))

    def learn(self, case: str, *, was_stopped: bool, time_us: int) -> None:
        """Forget it."""
        del case, was_stopped, time_us


@dataclass
class Hall:
    """A world in which tenders are held, and nothing else happens."""

    stage: Stage
    tender: Tender
    awards: list[Award]
    schemer: Schemer

    def hold(self, lots: Sequence[Lot], *, seed: int = 1, days: int = 250) -> list[Award]:
        """Let the tenders of `lots` be held; return the awards in the order of time."""
        self.tender.open(lots, Streams(seed))
        self.stage.env.run(until=int(CALENDAR.at(START + dt.timedelta(days=days))))
        self.stage.audit()
        return self.awards

    def rows(self, *kinds: Kind) -> list[Row]:
        """Return the rows of `kinds` as they were written."""
        self.stage.journal.flush()
        text = self.stage.journal.names.text
        column = {name: number for number, name in enumerate(COLUMNS)}
        rows: list[Row] = []
        for one in self.stage.journal.rows().tolist():
            kind = Kind(one[column["kind"]])
            if kinds and kind not in kinds:
                continue
            rows.append(
                Row(
                    kind,
                    Status(one[column["status"]]),
                    CALENDAR.date_of(one[column["time_us"]]),
                    text(one[column["payee"]]),
                    one[column["amount_tiyn"]],
                    one[column["value"]],
                    one[column["limit"]],
                    text(one[column["rule"]]),
                    text(one[column["place"]]),
                    one[column["attempt"]],
                    one[column["true_label"]],
                    one[column["reason"]],
                )
            )
        return rows


def _admission(control: Control, ports: Ports) -> Admission:
    """Return rules on awards where three of four bids for goods are of domestic makers."""
    luck = Luck(Streams(1), "procurement.domestic")
    return Admission(control, ports, luck, guarantee_bp=300, domestic_bp=7500)


def hall(
    *settings: str,
    firms: Firms | None = None,
    conduct: LotConduct = HONEST_LOT,
    control: Control | None = None,
    delay_days: int | None = None,
    reserved: Reserved | None = None,
) -> Hall:
    """Return a world in which the tenders of the shipped law can be held."""
    ground = stage(int(CALENDAR.at(START)), CALENDAR)
    awards: list[Award] = []
    schemer = Schemer(conduct)
    seams = TenderSeams(
        integrity=schemer,
        sign=awards.append,
        expectation=None if delay_days is None else lambda _lot: delay_days,
        admission=None if control is None else _admission(control, ground.ports),
        financing_bp=2_200,
        reserved=reserved,
    )
    tender = Tender(
        section_of(*settings).tender,
        firms if firms is not None else firms_of(*settings),
        ground.ports,
        seams,
        treasury="treasury",
    )
    return Hall(ground, tender, awards, schemer)
