"""The seams between those who act and the world: ledger, rules, notices, log.

Institutions see these protocols and nothing else of the engine, so they cannot know which engine
runs them, and they never hold references to one another.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import simpy
from numpy.typing import NDArray

from tengesim.clock import Calendar
from tengesim.codes import Form, Kind, Provenance, Reason, TrueLabel
from tengesim.payment import (
    AccountId,
    Batch,
    Move,
    NameId,
    Observation,
    Outcome,
    Particulars,
    Posting,
    RetailWant,
)

__all__ = [
    "AssetInflow",
    "Availability",
    "Bulletin",
    "ClaimNotice",
    "Complaint",
    "Control",
    "CreditOrder",
    "Crossing",
    "Decided",
    "EventSink",
    "Expiry",
    "Interner",
    "IssueRequest",
    "Ledger",
    "LiquidityRequest",
    "Ports",
    "Prices",
    "Rail",
    "RedeemRequest",
    "Review",
    "Seizure",
    "Takings",
]


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

    def free_of(self, accounts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what `free` says of each of `accounts`."""
        ...

    def held_of(self, accounts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what `held` says of each of `accounts`."""
        ...

    def post(self, posting: Posting) -> Outcome:
        """Carry out all moves of `posting` or none."""
        ...

    def open_parties(self, first_name: NameId, count: int) -> None:
        """Reserve a row of account ids for each of `count` parties; once per ledger.

        Their names are consecutive. See `ledger.parties` for what stands where in a row.
        """
        ...

    def open_slot(
        self,
        slot: int,
        parties: NDArray[np.int64],
        keepers: NDArray[np.int64],
        *,
        first_name: NameId | None = None,
    ) -> NDArray[np.int64]:
        """Open one account in the row of each of `parties`, kept by `keepers`; return their ids.

        `first_name` is the holder of party 0 where what stands in the slot has names of its own.
        """
        ...

    def post_many(self, batch: Batch) -> NDArray[np.uint8]:
        """Carry out the postings of `batch` in account order, each by itself.

        Returns the `Reason` of each in the order of the batch, 0 where it settled; nothing where a
        batch of that id was answered before.
        """
        ...

    def refuse_many(self, batch: Batch, reason: Reason) -> None:
        """Log the postings of `batch` as refused for `reason`, in account order; nothing moves."""
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

    def record(self, posting: Posting) -> Outcome:
        """Log `posting` as evidence for later; nothing moves."""
        ...

    def freeze(self, posting: Posting) -> Outcome:
        """Log a FREEZE or UNFREEZE, from which on the debited accounts pay nothing, or again.

        Whoever is frozen twice has to be let go twice. What is on hold may still be completed.
        """
        ...

    def is_frozen(self, account: AccountId) -> bool:
        """Return whether `account` pays nothing now."""
        ...

    def are_frozen(self, accounts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return what `is_frozen` says of each of `accounts`."""
        ...

    def refuse(self, posting: Posting, reason: Reason) -> Outcome:
        """Log `posting` as refused for `reason`; nothing moves."""
        ...

    def pay(
        self,
        position: tuple[int, int, int, int],
        kind: Kind,
        moves: tuple[Move, ...],
        particulars: Particulars,
        reason: Reason = Reason.NONE,
    ) -> Outcome:
        """Settle one retail payment, or log why not; once per tape position."""
        ...

    def sweep(
        self,
        mark: str,
        into: AccountId,
        *,
        posting_id: str,
        kind: Kind,
        keep: frozenset[AccountId],
        carried: Particulars,
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

    def block(self, prefix: str, digits: int, count: int) -> NameId:
        """Give `count` names `prefix` + number (from 1, with `digits` digits) consecutive ids.

        Returns the first of them. Raises ValueError where one of them has an id already.
        """
        ...

    def text(self, name: int) -> str:
        """Return the text of `name`."""
        ...


class EventSink(Protocol):
    """Where rows of the log go."""

    def append(self, row: tuple[int, ...]) -> None:
        """Take one row, complete but for its `seq`."""
        ...


class Takings(Protocol):
    """Running totals of what was accepted, which institutions read at their own times."""

    def of(self, programme: str, place: str, payee: str) -> int:
        """Return the tiyn that `payee` took so far under `programme` at `place`, before refunds."""
        ...


class Decided(Protocol):
    """A decision of a rule book: NONE as reason when everything passed."""

    @property
    def reason(self) -> Reason:
        """Reason that decides."""
        ...

    @property
    def rule(self) -> str:
        """Rule that decides."""
        ...

    @property
    def value(self) -> int:
        """Value that was compared."""
        ...

    @property
    def limit(self) -> int:
        """Limit it was compared with."""
        ...

    @property
    def overridden(self) -> tuple[str, ...]:
        """Rules that failed and yielded to an emergency."""
        ...


class Control(Protocol):
    """Rules of one programme as an institution may ask them."""

    def decide(self, observation: Observation) -> Decided:
        """Return what the rule book says about a use of money."""
        ...

    def may_shed(self, observation: Observation) -> Decided:
        """Return what the rule book says about making money unmarked."""
        ...


class Availability(Protocol):
    """Which systems can be reached; a matter of time and place alone, never of who asks."""

    def is_up(self, system: str, time_us: int) -> bool:
        """Return whether `system` (`platform`, or a bank's id) works at `time_us`."""
        ...

    def outage(self, system: str, time_us: int) -> str:
        """Return the id of the outage of `system` at `time_us`, empty when it works."""
        ...

    def is_connected(self, merchant: int, time_us: int) -> bool:
        """Return whether the till of the merchant with this party number has a connection."""
        ...

    def up_again_us(self, system: str, time_us: int) -> int:
        """Return the first moment from `time_us` on at which `system` works."""
        ...


class Rail(Protocol):
    """One way to pay: digital tenge online, an offline purse, a bank deposit, cash."""

    @property
    def form(self) -> Form:
        """Form of money that moves on it."""
        ...

    def can_try(self, want: RetailWant) -> bool:
        """Return whether payer and payee have this kind of account at all."""
        ...

    def pay(
        self, want: RetailWant, attempt: int, position: tuple[int, int, int, int]
    ) -> Outcome | None:
        """Pay, or log why not; None where the payer lacks the means, and nothing is logged."""
        ...


class Prices(Protocol):
    """What assets are worth, on a grid of whole tiyn."""

    @property
    def assets(self) -> tuple[Form, ...]:
        """Assets that have a price."""
        ...

    def tiyn(self, asset: Form, day: int) -> int:
        """Return what a whole unit is worth at the fixing of a day, 0 for the first one."""
        ...

    def daily(self, asset: Form) -> Sequence[int]:
        """Return what a whole unit is worth on every day."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class CreditOrder:
    """Money for many people at once: wages, pensions, benefits.

    `source` is the payer's name: an employer, or the Treasury. `people` are numbers of parties,
    each once, and `amounts_tiyn` what each gets, in columns; `digital_bp` of it in digital tenge
    where there is a wallet.
    """

    id: str
    kind: Kind
    programme: str
    source: str
    people: NDArray[np.int64]
    amounts_tiyn: NDArray[np.int64]
    digital_bp: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """A purchase is on hold under `posting_id` by the order of a watch, until somebody decides."""

    watch: str
    posting_id: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """By an everyday payment a party has come to stand at or above the threshold of a watch."""

    watch: str
    party: int
    value_tiyn: int
    threshold_tiyn: int


@dataclass(frozen=True, slots=True)
class Expiry:
    """Marked money of a voucher that was given out by now is worth nothing to whoever has it.

    What was paid with it before `time_us` and comes back goes to the account `into` instead.
    """

    voucher: str
    time_us: int
    into: AccountId


@dataclass(frozen=True, slots=True)
class LiquidityRequest:
    """A bank lacks `amount_tiyn` of reserves for what its customers ask of it right now."""

    bank: str
    amount_tiyn: int


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """The Treasury is asked for digital tenge under a mark against its single account."""

    id: str
    programme: str
    mark: str
    amount_tiyn: int


@dataclass(frozen=True, slots=True)
class RedeemRequest:
    """A holder wants unmarked digital tenge in its other form: a deposit, or the single account."""

    id: str
    programme: str
    holder: str
    amount_tiyn: int
    bank: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimNotice:
    """A payee claims money for recorded deliveries; a later version of a `key` replaces it."""

    key: str
    version: int
    programme: str
    payee: str
    bank: str
    amount_tiyn: int
    due_us: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """A meal that was accepted turns out not to have been served."""

    programme: str
    intent: int
    day: int
    holder: str
    payer: AccountId
    payee: AccountId
    place: NameId
    amount_tiyn: int
    true_label: TrueLabel


@dataclass(frozen=True, slots=True)
class Seizure:
    """Base units of an asset were found with a suspect; a court decides whose they are."""

    case: str
    form: Form
    units: int
    origin: str
    true_label: TrueLabel


@dataclass(frozen=True, slots=True)
class AssetInflow:
    """Base units of an asset belong to the state now, and wait at `holder` for its reserve."""

    form: Form
    holder: str
    units: int
    provenance: Provenance
    intent: int = 0


@dataclass(frozen=True, slots=True)
class Ports:
    """All an institution is given of the world."""

    ledger: Ledger
    bulletin: Bulletin
    takings: Takings
    calendar: Calendar
    names: Interner
    controls: Mapping[str, Control]
    until: Callable[[int], simpy.Event]
    """Event of the moment given in simulated time; a moment that is over is an error."""
    start: Callable[[Generator[simpy.Event, None, None]], object]
    """Start a process of the engine."""
    now: Callable[[], int]
    chance: Callable[[str, int], Callable[[str], bool]]
    """Chance of a rate in basis points by stream name; its draws are told apart by a key."""
