"""Packs a built world into the arrays of compiled code.

Nothing is decided here: every number stands somewhere in the readable world already. Counters that
both kinds of code feed are made here and handed to the readable one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import Calendar
from tengesim.codes import Form
from tengesim.engine import kernel_state as at
from tengesim.engine.equipment import Equipment
from tengesim.engine.packing_purses import pack_purses
from tengesim.engine.settlement import Takings, VoucherControl
from tengesim.institutions.outages import PLATFORM
from tengesim.institutions.wallets import Purses
from tengesim.institutions.wallets.tiers import tier_book, tier_evidence
from tengesim.journal.names import Names
from tengesim.ledger.columns import Columns
from tengesim.ledger.parties import SLOTS, TRAITS
from tengesim.ledger.traits import (
    HAS_DEVICE,
    HAS_MARKED,
    IS_AUTOMATIC,
    IS_DIGITAL_BY_HABIT,
    IS_PERSON,
    IS_WATCHED,
    NEEDS_ATTENTION,
)
from tengesim.money import SUPPLY_MAX_TIYN
from tengesim.payment import Account, NameId, Operation
from tengesim.population.wallets_model import WalletsSection
from tengesim.retail.carry import CARRIED_WIDTH
from tengesim.retail.tape import Tape, VoucherStratum, is_voucher
from tengesim.rules.compile import RuleTables, code_of, compile_books
from tengesim.rules.counters import UsageTable
from tengesim.rules.tables import FACTS
from tengesim.rules.terms import Period
from tengesim.rules.usage import periods_of
from tengesim.scenario.model import Scenario

__all__ = ["Packed", "SharedTakings", "find_issuers", "pack"]

Whole = NDArray[np.int64]

_PERIODS: Final = len(Period)
_AT_ONCE: Final = 1 << 16
"""Parties that are described together: their columns fit in the processor's cache."""
_ISSUERS: Final = {
    at.ISSUED: Form.BANK_RESERVE,
    at.ISSUER: Form.DIGITAL_TENGE,
    at.NOTES: Form.CASH,
}


class SharedTakings(Takings):
    """Takings of which compiled code counts a part, by stratum of the tape."""

    __slots__ = ("_ranks", "_taken")

    def __init__(self) -> None:
        """Start at zero everywhere, with a tape still to come."""
        super().__init__()
        self._taken = np.zeros(0, dtype=np.int64)
        self._ranks: dict[tuple[str, str, str], list[int]] = {}

    def count(self, tape: Tape, taken: Whole, ledger: Columns, names: Names) -> None:
        """Add from now on what `taken` says by rank of the strata of `tape`."""
        self._taken = taken
        for rank, stratum in enumerate(tape.strata):
            if not is_voucher(stratum):
                continue
            payee = names.text(ledger.account(stratum.payee).holder)
            key = (stratum.programme, names.text(stratum.place), payee)
            self._ranks.setdefault(key, []).append(rank)

    def of(self, programme: str, place: str, payee: str) -> int:
        """Return the tiyn accepted so far."""
        ranks = self._ranks.get((programme, place, payee), ())
        return super().of(programme, place, payee) + sum(int(self._taken[rank]) for rank in ranks)


@dataclass(frozen=True, slots=True)
class Packed:
    """A world for compiled code, and the texts behind the names in it."""

    state: at.World
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Site:
    """What every part is packed from."""

    scenario: Scenario
    tape: Tape
    ledger: Columns
    names: Names
    calendar: Calendar
    controls: Mapping[str, VoucherControl]
    equipment: Equipment | None

    @property
    def purses(self) -> Purses:
        """Marked money of people, where they have any."""
        found = None if self.equipment is None else self.equipment.purses
        return Purses(0) if found is None else found

    @property
    def wallets(self) -> WalletsSection | None:
        """What is said about wallets, where people have them."""
        return None if self.equipment is None else self.scenario.wallets


def pack(
    scenario: Scenario,
    tape: Tape,
    ledger: Columns,
    names: Names,
    *,
    calendar: Calendar,
    controls: Mapping[str, VoucherControl],
    takings: SharedTakings,
    equipment: Equipment | None,
) -> Packed:
    """Return the arrays of the world of `scenario`, and let `controls` and `takings` share them."""
    site = _Site(scenario, tape, ledger, names, calendar, controls, equipment)
    wallets = site.wallets
    tiers = [] if wallets is None else [tier_book(level) for level in wallets.levels]
    books = [*tiers, *(control.book for control in controls.values())]
    first_purse = len(books)
    tables = compile_books([*books, *(voucher.book for voucher in site.purses.vouchers)])
    banks = () if equipment is None else equipment.customers.banks
    systems = {PLATFORM: -1} | {bank: number for number, bank in enumerate(banks)}
    outages, outage_ids = at.spans_of(scenario.outages, calendar, systems)
    days = scenario.clock.days()
    midnights, windows = at.days_of(calendar, days[0], len(days))
    strata = _strata(site, tables)
    takings.count(tape, taken := np.zeros(len(strata), dtype=np.int64), ledger, names)
    texts = at.names_of(outage_ids, tables.rule_ids)
    _describe(site)
    state = at.World(
        rows=_rows(site),
        singles=ledger.singles,
        holder=ledger.holder,
        keeper=ledger.keeper,
        mark=ledger.mark,
        form=ledger.form,
        is_issuer=ledger.is_issuer,
        frozen=ledger.frozen,
        fixed=_fixed(site, at.FIRST_OUTAGE + len(outage_ids)),
        banks=_banks(site),
        levels=_levels(site, tables),
        regions=_regions(site),
        names=np.zeros(len(texts), dtype=np.int64),
        outages=outages,
        connected=np.zeros(0, dtype=np.uint8),
        midnights=midnights,
        windows=windows,
        chances=at.chances(0 if equipment is None else equipment.cash_bp),
        refunds=at.refunds_of(None if equipment is None else equipment.refunds),
        carried=np.zeros((0, CARRIED_WIDTH), dtype=np.int64),
        rule_rows=tables.rows,
        members=tables.members,
        strata=strata,
        takings=taken,
        facts=np.zeros(FACTS, dtype=np.int64),
        payee_codes=_payee_codes(site, tables),
        marked=pack_purses(site.purses, ledger, names, tables, windows, first_book=first_purse),
        **_controls(site, tables, first_book=len(tiers)),
    )
    return Packed(state, texts)


def find_issuers(fixed: Whole, central: str, ledger: Columns, names: Names) -> None:
    """Write into `fixed` which accounts stand behind money, as far as they are open."""
    holder = names.id(central)
    for place, form in _ISSUERS.items():
        if fixed[place] < 0:
            account = ledger.known(Account(holder, holder, form, NameId(0)))
            fixed[place] = -1 if account is None else account


def _rows(site: _Site) -> Whole:
    """Return the rows of parties; where the ledger has none, rows that readable code is to pay."""
    ledger, equipment = site.ledger, site.equipment
    if equipment is None or len(ledger.rows):
        return ledger.rows
    rows = np.zeros((equipment.customers.count, SLOTS), dtype=np.int64)
    rows[:, TRAITS] = NEEDS_ATTENTION
    return rows


def _describe(site: _Site) -> None:
    """Say in the rows of parties how they choose and what flows without being asked."""
    equipment = site.equipment
    if equipment is None or not len(site.ledger.rows):
        return
    traits, people = site.ledger.rows[:, TRAITS], equipment.customers.people
    wallets, none = equipment.wallets, np.zeros(people, dtype=np.bool_)
    of_people = (
        (IS_DIGITAL_BY_HABIT, equipment.is_digital),
        (IS_AUTOMATIC, none if wallets is None else wallets.is_automatic),
    )
    for start in range(0, len(traits), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        known = equipment.has_device[some] * np.int64(HAS_DEVICE)
        ours = known[: max(0, people - start)]
        ours |= IS_PERSON
        for flag, has_it in of_people:
            ours |= has_it[some] * np.int64(flag)
        traits[some] |= known
    traits[[*equipment.watched]] |= IS_WATCHED
    traits[site.purses.owners()] |= HAS_MARKED


def _fixed(site: _Site, first_rule: int) -> Whole:
    fixed = np.full(at.FIXED_WIDTH, -1, dtype=np.int64)
    scenario, wallets, equipment = site.scenario, site.wallets, site.equipment
    central = scenario.banks.national_bank
    find_issuers(fixed, central, site.ledger, site.names)
    fixed[at.CENTRAL] = site.names.id(central)
    fixed[at.FIRST_RULE] = first_rule
    fixed[at.FIRST_DAY] = site.calendar.day_number(site.calendar.at(scenario.clock.start))
    if equipment is not None:
        fixed[at.PEOPLE] = equipment.customers.people
        fixed[at.WITHDRAWAL] = equipment.withdrawal
        if equipment.refunds is not None:
            fixed[at.REFUND], fixed[at.BILLS] = equipment.refunds[:2]
        fixed[at.IS_REPLAYED] = equipment.is_replayed
        # Asked for any hour: it is there for all of them or for none.
        fixed[at.HAS_COVERAGE] = equipment.outages.connected(0) is not None
    fixed[at.LARGEST] = SUPPLY_MAX_TIYN if wallets is None else wallets.funding.largest.value
    fixed[at.SWEEPS_AT_ONCE] = wallets is not None and wallets.merchants.sweep == "at_once"
    return fixed


def _banks(site: _Site) -> Whole:
    if site.equipment is None:
        return np.zeros((0, at.BANK_WIDTH), dtype=np.int64)
    customers = site.equipment.customers
    banks = np.full((len(customers.banks), at.BANK_WIDTH), -1, dtype=np.int64)
    for number, bank in enumerate(customers.banks):
        owed, reserve, _ = customers.issuers(bank, site.ledger)
        banks[number, : at.BANK_DOWN] = (site.names.id(bank), owed, reserve)
    return banks


def _levels(site: _Site, tables: RuleTables) -> Whole:
    wallets = site.wallets
    if wallets is None:
        return np.zeros((0, at.LEVEL_WIDTH), dtype=np.int64)
    cap_tiyn = wallets.holding_limit.value if wallets.holding_limit else SUPPLY_MAX_TIYN
    return np.array(
        [
            (
                min(level.balance.value, cap_tiyn),
                tables.starts[number, Operation.PAY],
                tier_evidence(number),
            )
            for number, level in enumerate(wallets.levels)
        ],
        dtype=np.int64,
    )


def _regions(site: _Site) -> Whole:
    if site.equipment is None:
        return np.zeros(0, dtype=np.int64)
    return np.array(site.equipment.customers.region_names, dtype=np.int64)


def _strata(site: _Site, tables: RuleTables) -> Whole:
    order = list(site.controls)
    strata = np.full((len(site.tape.strata), 2), at.NO_CONTROL, dtype=np.int64)
    for rank, stratum in enumerate(site.tape.strata):
        if is_voucher(stratum):
            strata[rank] = _control_of(stratum, order, tables)
    return strata


def _control_of(
    stratum: VoucherStratum, order: Sequence[str], tables: RuleTables
) -> tuple[int, int]:
    return order.index(stratum.programme), code_of(tables.categories, stratum.category)


def _payee_codes(site: _Site, tables: RuleTables) -> Whole:
    codes = np.full(len(site.ledger.singles), -1, dtype=np.int64)
    for code, text in enumerate(tables.payees):
        name = site.names.find(text)
        if name is not None:
            codes[site.ledger.holder[: len(codes)] == name] = code
    return codes


def _controls(site: _Site, tables: RuleTables, *, first_book: int) -> dict[str, Whole]:
    """Return what is kept by control and by payer, and let readable code count there too."""
    holders, slots = np.unique(site.ledger.holder, return_inverse=True)
    has_vouchers = bool(site.controls)
    slots = slots.ravel().astype(np.int64) if has_vouchers else np.full(1, -1, dtype=np.int64)
    controls = np.zeros((len(site.controls), at.CONTROL_WIDTH), dtype=np.int64)
    periods = np.zeros((len(site.controls), _PERIODS), dtype=np.int64)
    payers = len(holders) if has_vouchers else 0

    def slot_of(payer: str) -> int:
        return int(np.searchsorted(holders, site.names.id(payer)))

    tallies: list[UsageTable] = []
    first = 0
    for number, (programme, control) in enumerate(site.controls.items()):
        tally = UsageTable(periods_of(control.book), payers, slot_of)
        controls[number] = (
            tables.starts[first_book + number, Operation.PAY],
            control.kind,
            control.programme,
            control.region,
            code_of(tables.purposes, programme),
            first,
            len(tally.periods),
        )
        periods[number, : len(tally.periods)] = tally.periods
        first += tally.counters.size
        tallies.append(tally)
    used = np.zeros(first, dtype=np.int64)
    for number, control in enumerate(site.controls.values()):
        tally = tallies[number]
        start = int(controls[number, at.CONTROL_USED])
        end = start + tally.counters.size
        tally.counters = used[start:end].reshape(tally.counters.shape)
        control.usage = tally
    return {"controls": controls, "periods": periods, "used": used, "slots": slots}
