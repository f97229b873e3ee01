"""A table of real payments in place of the tape: its parties get deposits, its rows are wants.

The parties of a table are nobody else in the world: they bank where chance puts them in the shares
of the banks, open with what the scenario states, and pay one another by deposit. Every row settles
or is refused; none is unmet, because a real payment was more than a wish.

A ledger keeps a row for each party where nothing else bears one of their names. A table may call a
party like something that is bought; then all its parties have single accounts, which readable code
alone pays from.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from tengesim.codes import Form, Kind
from tengesim.engine.checkout import Checkout
from tengesim.engine.economy import Economy
from tengesim.engine.equipment import Equipment
from tengesim.engine.party_rows import PartyRows
from tengesim.engine.rails import DepositRail, Teller, Till
from tengesim.errors import Finding, ScenarioError
from tengesim.institutions.customers import NO_ACCOUNT, Customers, total_tiyn
from tengesim.institutions.outages import Outages
from tengesim.ledger import parties
from tengesim.money import BP
from tengesim.payment import Batch, Leg, Move, NameId, Particulars, Posting
from tengesim.ports import Ports
from tengesim.retail.choice import DEPOSIT
from tengesim.retail.imported import ImportedStratum, ImportSection, PaymentTable
from tengesim.scenario.model import Scenario
from tengesim.streams import Streams, by_quota

__all__ = ["build"]

_OPENING: Final = "opening/import"
_NO_PURPOSE: Final = NameId(-1)
"""No row of a table asks a teller for cash."""


def build(
    scenario: Scenario,
    section: ImportSection,
    streams: Streams,
    ports: Ports,
    *,
    rows: PartyRows | None,
) -> Economy:
    """Put the parties and payments of the table into the world.

    `rows` are those of a ledger that compiled code reads. Raises ScenarioError where the scenario
    was not loaded together with its table.
    """
    table = section.table
    if table is None:
        message = f"the table {section.file!r} was not read with the scenario"
        do = "load the scenario from its file"
        raise ScenarioError([Finding("TABLE_MISSING", message, path="retail.import.file", do=do)])
    name = ports.names.id
    # Before the parties: an intent has room for small numbers of strata only.
    stratum = ImportedStratum(
        table,
        name=name(ImportedStratum.title),
        purposes=[name(purpose) for purpose in table.purposes],
        streams=streams,
    )
    names = _Names(name(_OPENING), [name(party) for party in table.parties])
    customers = _customers(scenario, table, streams, ports, names=names, rows=rows)
    _open_money(scenario, table, customers, ports)
    outages = Outages(scenario.outages, ports.calendar)
    till = Till(
        ledger=ports.ledger,
        names=ports.names,
        bulletin=ports.bulletin,
        customers=customers,
        availability=outages,
    )
    rail = DepositRail(till)
    checkout = Checkout(
        till,
        {DEPOSIT: rail},
        lambda _: (DEPOSIT,),
        teller=Teller(till),
        withdrawal=_NO_PURPOSE,
        replayed=rail,
    )
    return Economy((stratum,), checkout.answer, (), _equipment(customers, outages))


def _equipment(customers: Customers, outages: Outages) -> Equipment:
    return Equipment(
        customers=customers,
        outages=outages,
        wallets=None,
        withdrawal=_NO_PURPOSE,
        cash_bp=0,
        is_digital=np.zeros(customers.count, dtype=np.bool_),
        has_device=np.zeros(customers.count, dtype=np.bool_),
        is_replayed=True,
    )


class _Names(NamedTuple):
    """Names of the parties of a table."""

    earlier: NameId
    """A name given before theirs; whoever has an account already was named before it."""
    parties: Sequence[NameId]
    """In their order in the table."""

    @property
    def are_in_a_row(self) -> bool:
        """Whether nothing had one of the names, so that each follows the one before."""
        first, count = min(self.parties, default=self.earlier), len(self.parties)
        return first > self.earlier and [*self.parties] == [*range(first, first + count)]


def _customers(
    scenario: Scenario,
    table: PaymentTable,
    streams: Streams,
    ports: Ports,
    *,
    names: _Names,
    rows: PartyRows | None,
) -> Customers:
    banks = tuple(bank.id for bank in scenario.banks.second_tier)
    shares_bp = [bank.share.value for bank in scenario.banks.second_tier]
    count = len(table.parties)
    bank = by_quota(streams.words("import.bank", np.arange(count)), shares_bp)
    region = np.zeros(count, dtype=np.uint8)
    if names.are_in_a_row:
        ports.ledger.open_parties(names.parties[0], count)
        if rows is not None:
            rows.describe(names.parties[0], region, bank, None)
        keepers = np.array([ports.names.id(one) for one in banks], dtype=np.int64)
        deposit = ports.ledger.open_slot(parties.DEPOSIT, np.arange(count), keepers[bank])
    else:
        opened = ports.ledger.open
        deposits = [
            opened(party, banks[keeper], Form.BANK_DEPOSIT)
            for party, keeper in zip(table.parties, bank.tolist(), strict=True)
        ]
        deposit = np.array(deposits, dtype=np.int64)
    return Customers(
        name=table.parties.__getitem__,
        region_index=region,
        region_names=np.array([ports.names.id(scenario.region)], dtype=np.int64),
        people=count,
        first_employer=count,
        count=count,
        national_bank=scenario.banks.national_bank,
        banks=banks,
        bank=bank,
        deposit=deposit,
        cash=np.full(count, NO_ACCOUNT, dtype=np.int64),
        wallet=np.full(count, NO_ACCOUNT, dtype=np.int64),
    )


def _open_money(
    scenario: Scenario, table: PaymentTable, customers: Customers, ports: Ports
) -> None:
    """Give everybody the stated deposit, and the banks reserves against them."""
    carried = Particulars(intent=ports.names.id(_OPENING), region=ports.names.id(scenario.region))
    ratio = scenario.banks.reserve_ratio
    for number, bank in enumerate(customers.banks):
        own = np.flatnonzero((customers.bank == number) & (table.opening_tiyn > 0))
        issuer, reserve, reserves = customers.issuers(bank, ports.ledger)
        leg = Leg(np.broadcast_to(np.int64(issuer), len(own)), customers.deposit[own])
        amounts_tiyn = table.opening_tiyn[own]
        ports.ledger.post_many(
            Batch(f"{_OPENING}/{bank}", Kind.OPENING, (leg,), amounts_tiyn, carried)
        )
        opened_tiyn = total_tiyn(amounts_tiyn)
        held_tiyn = opened_tiyn if ratio is None else opened_tiyn * ratio.value // BP
        if held_tiyn:
            move = Move(reserves, reserve, held_tiyn)
            ports.ledger.post(
                Posting(f"{_OPENING}/reserves/{bank}", Kind.OPENING, (move,), carried)
            )
