"""Accounts of a supplier that are frozen while somebody looks at its contract (R41).

A frozen firm is paid where no rule says otherwise, and pays nothing. It is let go when the time of
the order is over, or before, when whoever looked is done.
"""

from collections.abc import Callable, Generator

import simpy

from tengesim.clock import DAY_US
from tengesim.codes import Kind, Reason
from tengesim.institutions.procurement.chain import Link
from tengesim.institutions.procurement.desk import Answer, Contract, Desk
from tengesim.institutions.procurement.money import payee_of
from tengesim.payment import Move, Posting
from tengesim.rules.procedures import Freezes
from tengesim.rules.steps import frozen_until_us, procedure_of

__all__ = ["freeze", "let_go", "until_let_go", "waits"]


def freeze(desk: Desk, contract: Contract) -> None:
    """Freeze the accounts of a supplier, where a book lets anybody do so."""
    procedure, supplier = _procedure(desk, contract), contract.chain[0]
    if procedure is None or supplier.firm.id in desk.frozen:
        return
    now = desk.ports.now()
    until_us = frozen_until_us(procedure, desk.ports.calendar, now)
    desk.frozen[supplier.firm.id] = until_us
    _log(desk, contract, Kind.FREEZE, procedure, Answer(Reason.NONE, procedure.id, now, until_us))
    desk.ports.start(_expire(desk, contract, until_us))


def let_go(desk: Desk, contract: Contract) -> None:
    """Let the accounts of a supplier go, where they are frozen."""
    procedure = _procedure(desk, contract)
    until_us = desk.frozen.pop(contract.chain[0].firm.id, None)
    if procedure is not None and until_us is not None:
        answer = Answer(Reason.NONE, procedure.id, desk.ports.now(), until_us)
        _log(desk, contract, Kind.UNFREEZE, procedure, answer)


def until_let_go(desk: Desk, link: Link) -> Generator[simpy.Event, None, None]:
    """Wait until a firm may pay; it may be let go any day."""
    ports = desk.ports
    while until_us := desk.frozen_until_us(link.firm.id):
        yield ports.until(min(until_us, ports.now() + DAY_US))


def waits(desk: Desk, link: Link, act: Callable[[], None]) -> bool:
    """Return whether a firm may not pay now; then `act` is done when it is let go."""
    is_frozen = desk.frozen_until_us(link.firm.id) > 0
    if is_frozen:
        desk.ports.start(_once_let_go(desk, link, act))
    return is_frozen


def _once_let_go(
    desk: Desk, link: Link, act: Callable[[], None]
) -> Generator[simpy.Event, None, None]:
    yield from until_let_go(desk, link)
    act()


def _expire(desk: Desk, contract: Contract, until_us: int) -> Generator[simpy.Event, None, None]:
    yield desk.ports.until(until_us)
    if desk.frozen.get(contract.chain[0].firm.id) == until_us:
        let_go(desk, contract)


def _procedure(desk: Desk, contract: Contract) -> Freezes | None:
    """Return who may freeze, and for how long, None where no book says it."""
    day = desk.issue_day(contract)
    books = (desk.seams.release_book, desk.seams.account_book)
    found = (procedure_of(book.issued_on(day), Freezes) for book in books if book is not None)
    return next((one for one in found if one is not None), None)


def _log(desk: Desk, contract: Contract, kind: Kind, procedure: Freezes, what: Answer) -> None:
    supplier, ports = contract.chain[0], desk.ports
    own = desk.accounts.deposit(payee_of(supplier))
    purse = desk.arm.purse(contract.terms, supplier)
    authority = desk.accounts.control(procedure.by)
    intent = f"{contract.id}/frozen"
    moves = tuple(Move(one, authority, ports.ledger.free(one)) for one in sorted({own, purse}))
    carried = desk.particulars(contract, intent, answer=what)
    posting_id = f"{intent}/{kind.name}/{ports.now()}"
    ports.ledger.freeze(Posting(posting_id, kind, moves, carried))
