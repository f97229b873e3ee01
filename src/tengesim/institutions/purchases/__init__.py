"""Purchases against a register: livestock on loan, cars between people, and when money moves."""

import datetime
from collections.abc import Callable, Generator, Mapping, Sequence

import simpy

from tengesim.codes import Kind, TrueLabel
from tengesim.institutions.purchases.books import SELLER, Books, Price
from tengesim.institutions.purchases.deals import Bank, Deal, draw_deals
from tengesim.institutions.purchases.desk import Desk
from tengesim.institutions.purchases.instalments import Instalments
from tengesim.institutions.purchases.model import Funds, PurchasesSection
from tengesim.institutions.purchases.office import Office
from tengesim.institutions.purchases.payments import (
    LoanDeposits,
    MarkedLoans,
    OwnDeposits,
    OwnWallets,
    Payments,
)
from tengesim.ledger.moves import deposit_from_reserves
from tengesim.payment import Particulars
from tengesim.ports import IssueRequest, Ports, RedeemRequest
from tengesim.rules.model import MarkSection, RuleBook
from tengesim.rules.procedures import PaysInstalments
from tengesim.rules.steps import procedure_of
from tengesim.streams import Streams

__all__ = ["SELLER", "Fund", "PurchasesSection", "build"]

Fund = Callable[[str, int], None]
"""Opens the Treasury's money for a programme, in tiyn."""


def build(
    sections: Mapping[str, PurchasesSection],
    ports: Ports,
    *,
    streams: Streams,
    rule_books: Mapping[str, RuleBook],
    marks: Mapping[str, MarkSection],
    banks: Sequence[Bank],
    treasury: str,
    national_bank: str,
    fund: Fund,
) -> None:
    """Put the purchases of a scenario into its world."""
    for name, section in sections.items():
        days = _days(section, ports)
        books = Books(
            name,
            section.region,
            treasury,
            national_bank,
            ports,
            book=rule_books[section.rule_book],
            issued_on=None if section.mark is None else days[0],
        )
        deals = draw_deals(name, section, streams=streams, days=days, banks=banks)
        payments = _payments(section, books)
        _open(section, deals, books, fund)
        desk = Desk(section, books, payments, ports)
        if section.mark is not None:
            ports.start(_issue(section, section.mark, deals, books, days[0]))
            ports.start(_expire(marks[section.mark], section.mark, books, days[0]))
        for deal in deals:
            ports.start(_live(deal, desk))


def _live(deal: Deal, desk: Desk) -> Generator[simpy.Event, None, None]:
    """Return the course of a deal, in the way in which its book has it paid."""
    procedure = procedure_of(desk.books.book_of(deal), PaysInstalments)
    terms = desk.section.instalments
    if procedure is not None and terms is not None:
        return Instalments(desk, terms).live(deal, procedure)
    return Office(desk).live(deal)


def _days(section: PurchasesSection, ports: Ports) -> list[datetime.date]:
    last = section.term.last + datetime.timedelta(days=1)
    return ports.calendar.business_days(section.term.first, last)


def _payments(section: PurchasesSection, books: Books) -> Payments:
    if section.mark is not None:
        return MarkedLoans(books, section.mark)
    if section.funds is Funds.LOAN:
        return LoanDeposits(books)
    return OwnWallets(books) if section.form == "digital_tenge" else OwnDeposits(books)


def _open(section: PurchasesSection, deals: Sequence[Deal], books: Books, fund: Fund) -> None:
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
    section: PurchasesSection,
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
