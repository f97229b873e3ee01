"""One contract alone: a desk, an office, and a supplier who does what a test tells it to."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tengesim.clock import HOUR_US, Calendar
from tengesim.codes import Kind, TrueLabel
from tengesim.engine.contract_world import BookControl
from tengesim.institutions import banks
from tengesim.institutions.procurement.contract_model import ContractsSection, MoneySection
from tengesim.institutions.procurement.controls import Overrides
from tengesim.institutions.procurement.desk import Contract, Desk, Seams
from tengesim.institutions.procurement.evidence import Luck
from tengesim.institutions.procurement.model import ProcurementSection
from tengesim.institutions.procurement.money import Accounts, arm_of
from tengesim.institutions.procurement.office import Office
from tengesim.institutions.procurement.tiers import tiers_of
from tengesim.institutions.procurement.works import (
    HONEST_LOT,
    Award,
    ContractConduct,
    Firm,
    Honest,
    Layer,
    Lot,
    LotConduct,
)
from tengesim.journal.tables import events_frame
from tengesim.payment import Posting
from tengesim.rules.model import RuleBook
from tengesim.scenario.load import load_scenario
from tengesim.scenario.model import Scenario
from tengesim.streams import Streams
from tests.budget_world import Stage, stage
from tests.integrity_world import award, lot

__all__ = ["Living", "Told", "live", "told"]

CALENDAR = Calendar(offsets=((dt.date(2024, 3, 1), 5 * HOUR_US),))
START = dt.date(2026, 1, 12)
END = dt.date(2028, 1, 1)
ROOM_TIYN = 10**13


@dataclass(frozen=True)
class Told:
    """Cheats as told, at every contract alike."""

    conduct: ContractConduct
    lot_conduct: LotConduct = HONEST_LOT

    def of_lot(self, _: Lot) -> LotConduct:
        """Return what a test wants of the lot."""
        return self.lot_conduct

    def of_contract(self, _: Award) -> ContractConduct:
        """Return what a test wants of the contract."""
        return self.conduct

    def reopen(self, lot: str, *, was_found: bool) -> None:
        """End nothing."""

    def learn(self, case: str, *, was_stopped: bool, time_us: int) -> None:
        """Learn nothing."""


@dataclass(frozen=True)
class Living:
    """A contract that was played, or is being played."""

    stage: Stage
    desk: Desk
    office: Office
    contract: Contract

    def until(self, day: dt.date) -> None:
        """Play on until a day, and audit."""
        self.stage.env.run(until=CALENDAR.at(day))
        self.stage.audit(str(day))

    @property
    def events(self) -> pd.DataFrame:
        """Rows of the log so far."""
        return events_frame(self.stage.journal.rows(), self.stage.journal.names)

    def rows(self, kind: str, status: str) -> list[tuple[str, str, int]]:
        """Return intent, reason and amount of the first row of every posting like that."""
        events = self.events
        chosen = events[(events["kind"] == kind) & (events["status"] == status)]
        first = chosen.drop_duplicates("ref")
        columns = (first[name].tolist() for name in ("intent", "reason", "amount_tiyn"))
        return list(zip(*columns, strict=True))


def told(*, lot_conduct: LotConduct = HONEST_LOT, **conduct: Any) -> Told:  # noqa: ANN401
    """Return one who cheats so."""
    return Told(ContractConduct(**conduct), lot_conduct)


def live(
    scenario: str = "road_repair",
    *,
    integrity: Told | Honest | None = None,
    label: TrueLabel = TrueLabel.FICTITIOUS_ACT,
    changes: Mapping[str, Any] | None = None,
    money: Mapping[str, Any] | None = None,
    books: Mapping[str, Mapping[str, Any]] | None = None,
    price_tiyn: int = 9_500_000_000,
    layer: Layer = "large",
    firms: tuple[Firm, ...] | None = None,
    until: dt.date = END,
    release: RuleBook | None = None,
    declared_bp: int = 0,
) -> Living:
    """Sign one contract in the arm of a shipped scenario and play it.

    `changes` and `money` are put in place of parts of those sections; paths have dots. `books`
    are keys of rule books as written, added to the shipped ones or put in place of theirs;
    `release` is put in place of the rules on what the budget pays. `declared_bp` of acts meet an
    emergency in which everybody signs.
    """
    shipped = load_scenario(scenario)
    section = shipped.procurement
    assert section is not None
    assert section.contracts is not None
    assert section.money is not None
    contracts = ContractsSection.model_validate(_changed(section.contracts, changes or {}))
    terms = MoneySection.model_validate(_changed(section.money, money or {}))
    world = stage(CALENDAR.at(START), CALENDAR)
    banks.build(shipped.banks, shipped.treasury.id, world.ports)
    accounts = Accounts(
        world.ports, treasury=shipped.treasury.id, national_bank=shipped.banks.national_bank
    )
    rules = _books(shipped, books or {})
    if release is None and terms.release is not None:
        release = rules[terms.release]
    tiers = () if terms.account is None else tiers_of(terms.account, rules, BookControl)
    signed = award(lot(0)._replace(layer=layer), price_tiyn)
    desk = Desk(
        section=contracts,
        money=terms,
        ports=world.ports,
        accounts=accounts,
        arm=arm_of(terms, accounts, tiers),
        seams=Seams(
            integrity or Honest(),
            lambda _: label,
            overrides=_overrides(section, world, declared_bp),
            release=None if release is None else BookControl(release),
            account=tiers,
            release_book=release,
            account_book=None if terms.account is None else rules[terms.account],
        ),
        room={signed.lot.buyer.id: ROOM_TIYN},
    )
    _fund(accounts, signed.lot.buyer.id)
    known = firms if firms is not None else tuple(_others(signed.firm))
    office = Office(desk, known, Luck(Streams(1), "procurement.contract"))
    office.sign(signed)
    living = Living(world, desk, office, office.contracts[signed.lot.id])
    living.until(until)
    return living


def _books(shipped: Scenario, changed: Mapping[str, Mapping[str, Any]]) -> dict[str, RuleBook]:
    """Return the rule books of a scenario, with keys of some as a test writes them."""
    plain = {
        name: book.model_dump(mode="json", by_alias=True)
        for name, book in shipped.rule_books.items()
    }
    whole = {name: {**plain.get(name, {}), **keys} for name, keys in changed.items()}
    return {name: RuleBook.model_validate(keys) for name, keys in {**plain, **whole}.items()}


def _overrides(section: ProcurementSection, world: Stage, declared_bp: int) -> Overrides:
    """Return emergencies in which everybody signs."""
    assert section.controls is not None
    assert section.controls.overrides is not None
    stated = section.controls.overrides
    refused = stated.refused.model_copy(update={"value": 0})
    declared = stated.refused.model_copy(update={"value": declared_bp})
    changed = stated.model_copy(update={"refused": refused, "declared": declared})
    return Overrides(changed, world.ports, Streams(1))


def _fund(accounts: Accounts, buyer: str) -> None:
    moves = accounts.credit(buyer, ROOM_TIYN)
    accounts.ports.ledger.post(Posting("opening", Kind.OPENING, moves))


def _others(firm: Firm) -> list[Firm]:
    return [firm._replace(id=f"sub-{number}") for number in range(6)]


def _changed(section: ContractsSection | MoneySection, changes: Mapping[str, Any]) -> object:
    plain: dict[str, Any] = section.model_dump(mode="json", by_alias=True)
    for path, value in changes.items():
        *above, last = path.split(".")
        place = plain
        for key in above:
            place = place[key]
        if isinstance(place.get(last), dict) and "value" in place[last]:
            place[last] = {"value": value, "low": value, "high": value, "source": "assumption"}
        else:
            place[last] = value
    return plain
