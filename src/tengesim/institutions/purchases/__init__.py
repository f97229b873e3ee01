"""Purchases against a register: livestock on loan, cars between people, and when money moves."""

import datetime
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

import simpy

from tengesim.codes import Kind, TrueLabel
from tengesim.institutions.purchases.books import SELLER, Books, Price
from tengesim.institutions.purchases.connections import draw_connections
from tengesim.institutions.purchases.deals import Bank, Deal, draw_deals
from tengesim.institutions.purchases.desk import Desk, PropertyDesk
from tengesim.institutions.purchases.instalments import Instalments
from tengesim.institutions.purchases.meters import Meters
from tengesim.institutions.purchases.model import Funds, PurchasesSection, Trade
from tengesim.institutions.purchases.office import Office
from tengesim.institutions.purchases.payments import (
    LoanDeposits,
    MarkedLoans,
    OwnDeposits,
    OwnWallets,
    Payments,
)
from tengesim.institutions.purchases.supply_model import SuppliesSection
from tengesim.ledger.moves import deposit_from_reserves
from tengesim.payment import Particulars
from tengesim.ports import IssueRequest, Ports, RedeemRequest
from tengesim.rules.apply import effect_of
from tengesim.rules.effects import PaysByMeter
from tengesim.rules.model import MarkSection, RuleBook
from tengesim.rules.procedures import PaysInstalments
from tengesim.rules.steps import procedure_of
from tengesim.streams import Streams

__all__ = [
    "SELLER",
    "Fund",
    "PurchasesSection",
    "SuppliesSection",
    "Surroundings",
    "Trade",
    "build",
]

Fund = Callable[[str, int], None]
"""Opens the Treasury's money for a programme, in tiyn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What purchases and supplies need of the rest of a world."""

    streams: Streams
    rule_books: Mapping[str, RuleBook]
    marks: Mapping[str, MarkSection]
    banks: Sequence[Bank]
    treasury: str
    national_bank: str
    fund: Fund


def build(
    purchases: Mapping[str, PurchasesSection],
    supplies: Mapping[str, SuppliesSection],
    ports: Ports,
    around: Surroundings,
) -> None:
    """Put the purchases and supplies of a scenario into its world."""
    streams, banks = around.streams, around.banks
    for name, section in purchases.items():
        days = _days(section, ports)
        deals = draw_deals(name, section, streams=streams, days=days, banks=banks)
        books, payments = _prepare(name, section, deals, ports, around)
        desk = PropertyDesk(section, books, payments, ports)
        for deal in deals:
            ports.start(_live(deal, desk))
    for name, supply in supplies.items():
        days = _days(supply, ports)
        drawn = draw_connections(name, supply, streams=streams, days=days, banks=banks)
        books, payments = _prepare(name, supply, [one.deal for one in drawn], ports, around)
        meters = Meters(Desk(supply, books, payments, ports), supply)
        for connection in drawn:
            effect = effect_of(books.book_of(connection.deal), PaysByMeter)
            if effect is None:
                raise ValueError(f"nothing says what a unit of {name!r} costs")
            ports.start(meters.live(connection, effect))


def _prepare(
    name: str, section: Trade, deals: Sequence[Deal], ports: Ports, around: Surroundings
) -> tuple[Books, Payments]:
    """Open what deals are paid from, and have marked money issued and returned."""
    first = _days(section, ports)[0]
    books = Books(
        name,
        section.region,
        around.treasury,
        around.national_bank,
        ports,
        book=around.rule_books[section.rule_book],
        issued_on=None if section.mark is None else first,
    )
    _open(section, deals, books, around.fund)
    if section.mark is not None:
        ports.start(_issue(section, section.mark, deals, books, first))
        ports.start(_expire(around.marks[section.mark], section.mark, books, first))
    return books, _payments(section, books)


def _live(deal: Deal, desk: PropertyDesk) -> Generator[simpy.Event, None, None]:
    """Return the course of a deal, in the way in which its book has it paid."""
    procedure = procedure_of(desk.books.book_of(deal), PaysInstalments)
    terms = desk.section.instalments
    if procedure is not None and terms is not None:
        return Instalments(desk, terms).live(deal, procedure)
    return Office(desk).live(deal)


def _days(section: Trade, ports: Ports) -> list[datetime.date]:
    last = section.term.last + datetime.timedelta(days=1)
    return ports.calendar.business_days(section.term.first, last)


def _payments(section: Trade, books: Books) -> Payments:
    if section.mark is not None:
        return MarkedLoans(books, section.mark)
    if section.funds is Funds.LOAN:
        return LoanDeposits(books)
    return OwnWallets(books) if section.form == "digital_tenge" else OwnDeposits(books)


def _open(section: Trade, deals: Sequence[Deal], books: Books, fund: Fund) -> None:
    """Give the Treasury what it lends, or buyers what they have saved."""
    is_loan = section.funds is Funds.LOAN
    if is_loan:
        fund(books.name, sum(books.whole(deal).amount_tiyn for deal in deals))
    for deal in deals:
        saved_tiyn = deal.own_tiyn if is_loan else deal.price_tiyn
        if not saved_tiyn:
            continue
        moves = deposit_from_reserves(
            books.ledger,
            national_bank=books.national_bank,
            bank=deal.buyer_bank,
            holder=deal.buyer,
            amount_tiyn=saved_tiyn,
        )
        books.post(deal, "opening", Price(Kind.OPENING, moves), TrueLabel.INTERNAL)


def _issue(
    section: Trade,
    mark: str,
    deals: Sequence[Deal],
    books: Books,
    day: datetime.date,
) -> Generator[simpy.Event, None, None]:
    """Have the money of all loans issued before the first of them."""
    yield books.ports.until(books.ports.calendar.at(day, section.agreed_at // 2))
    amount_tiyn = sum(books.whole(deal).amount_tiyn for deal in deals)
    if not amount_tiyn:
        return
    books.ports.bulletin.announce(
        "issue", IssueRequest(f"{books.name}/issue", books.name, mark, amount_tiyn)
    )


def _expire(
    terms: MarkSection, mark: str, books: Books, issued_on: datetime.date
) -> Generator[simpy.Event, None, None]:
    """Return what is left under the mark on its last day, at the time that its book names."""
    ports = books.ports
    issue_day = ports.calendar.day_number(ports.calendar.at(issued_on))
    expiry = books.book.issued_on(issue_day).expiry()
    if expiry is None:
        raise ValueError(f"nothing says when what is left under {mark!r} returns")
    yield ports.until(ports.calendar.at(terms.valid_until, expiry.at))
    name = ports.names.id
    posting_id = f"{books.name}/return/{terms.valid_until}"
    returned_tiyn = ports.ledger.sweep(
        mark,
        books.wallet(books.treasury),
        posting_id=posting_id,
        kind=Kind.RETURN,
        keep=frozenset(),
        carried=Particulars(intent=name(posting_id), programme=name(books.name)),
    )
    if returned_tiyn:
        request = RedeemRequest(f"{posting_id}/swap", books.name, books.treasury, returned_tiyn)
        ports.bulletin.announce("redeem", request)
