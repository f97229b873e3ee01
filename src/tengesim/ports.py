"""The seams between those who act and the world: ledger, submission, notices, log.

Institutions see these protocols and nothing else of the engine, so they cannot know which engine
runs them, and they never hold references to one another.
"""

from collections.abc import Callable
from typing import Protocol

from tengesim.codes import Form, Kind, Reason
from tengesim.payment import (
    Account,
    AccountId,
    Batch,
    NameId,
    Observation,
    Outcome,
    Particulars,
    Posting,
)

__all__ = ["Bulletin", "EventSink", "Interner", "Ledger", "Submit"]


class Ledger(Protocol):
    """Double-entry book in tiyn."""

    def open(self, holder: str, keeper: str, form: Form, mark: str = "") -> AccountId:
        """Return the id of an account, opening it with balance zero when it is not yet known."""
        ...

    def free(self, account: AccountId) -> int:
        """Return the money of `account` that can be spent, in tiyn."""
        ...

    def held(self, account: AccountId) -> int:
        """Return the money of `account` that is on hold, in tiyn."""
        ...

    def post(self, posting: Posting) -> Outcome:
        """Carry out all moves of `posting` or none."""
        ...

    def post_many(self, batch: Batch) -> list[Outcome]:
        """Carry out the postings of `batch` in account order, each by itself."""
        ...

    def hold(self, posting: Posting) -> Outcome:
        """Reserve the payers' money of `posting` until it is completed or voided."""
        ...

    def complete(self, posting_id: str) -> Outcome:
        """Carry out a posting on hold."""
        ...

    def void(self, posting_id: str) -> Outcome:
        """Release the money of a posting on hold."""
        ...

    def refuse(self, posting: Posting, reason: Reason) -> Outcome:
        """Log `posting` as refused for `reason`; nothing moves."""
        ...

    def sweep(
        self,
        mark: str,
        into: AccountId,
        *,
        id: str,
        kind: Kind,
        keep: frozenset[AccountId],
        particulars: Callable[[Account], Particulars],
    ) -> int:
        """Move every free balance under `mark`, except of the accounts in `keep`; return tiyn."""
        ...


class Bulletin(Protocol):
    """Board on which institutions announce and read; delivery is at once, in order of listening."""

    def announce(self, topic: str, content: object) -> None:
        """Deliver `content` to every listener of `topic`."""
        ...

    def listen(self, topic: str, act: Callable[[object], None]) -> None:
        """Call `act` with the content of each announcement of `topic` from now on."""
        ...


class Interner(Protocol):
    """Gives names their ids."""

    def id(self, text: str) -> NameId:
        """Return the id of `text`, giving it the next one when it is first met."""
        ...


class EventSink(Protocol):
    """Where rows of the log go."""

    def append(self, row: tuple[int, ...]) -> None:
        """Take one row, complete but for its `seq`."""
        ...


class Submit(Protocol):
    """Door through which money under rules is used."""

    def __call__(self, posting: Posting, observation: Observation, mark: str) -> Outcome:
        """Decide `posting` by the rule book of `mark` and carry it out or refuse it."""
        ...
