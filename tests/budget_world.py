"""A world without people for institutions that are tried alone: clock, board, ledger, auditor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tengesim.clock import Calendar
from tengesim.engine.bulletin import Board
from tengesim.engine.environment import Environment
from tengesim.engine.settlement import Takings
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger.audit import Auditor
from tengesim.ledger.book import Book
from tengesim.ports import Control, Ports

__all__ = ["Stage", "bare_ports", "stage"]


@dataclass(frozen=True)
class Stage:
    """What institutions act on, and what watches them."""

    env: Environment
    board: Board
    journal: Journal
    book: Book
    auditor: Auditor
    ports: Ports

    def audit(self, moment: str = "the end") -> None:
        """Compare the ledger with the log it wrote."""
        self.journal.flush()
        self.auditor.check(self.book.balance_columns(), moment)


def stage(start_us: int, calendar: Calendar) -> Stage:
    """Return an empty world whose clock stands at `start_us`."""
    env, board, names = Environment(start_us), Board(), Names()
    journal, auditor = Journal(names), Auditor()
    journal.fold(auditor.consume)
    book = Book(journal, names, lambda: int(env.now))
    controls: Mapping[str, Control] = {}
    ports = Ports(
        ledger=book,
        bulletin=board,
        takings=Takings(),
        calendar=calendar,
        names=names,
        controls=controls,
        until=env.until,
        start=env.begin,
        now=lambda: int(env.now),
        chance=_never,
    )
    return Stage(env, board, journal, book, auditor, ports)


def bare_ports(env: Environment, board: Board, calendar: Calendar) -> Ports:
    """Return ports on a clock and a board of one's own, with a ledger nobody reads."""
    names = Names()
    return Ports(
        ledger=Book(Journal(names), names, lambda: int(env.now)),
        bulletin=board,
        takings=Takings(),
        calendar=calendar,
        names=names,
        controls={},
        until=env.until,
        start=env.begin,
        now=lambda: int(env.now),
        chance=_never,
    )


def _never(_: str, __: int) -> Callable[[str], bool]:
    return lambda _: False
