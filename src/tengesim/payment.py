"""What travels between those who act and the ledger: accounts, moves, postings, outcomes.

A posting is atomic: all of its moves happen, or none does and the outcome names the reason. The
particulars are the columns that say why a row stands in the log; the ledger copies them and never
reads them, so truth cannot leak into a decision through it.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, NewType

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Reason, Status, TrueLabel

__all__ = [
    "Account",
    "AccountId",
    "Batch",
    "Leg",
    "Move",
    "NameId",
    "Observation",
    "Operation",
    "Outcome",
    "Particulars",
    "Posting",
    "RetailWant",
    "Want",
]

AccountId = NewType("AccountId", int)
NameId = NewType("NameId", int)


class Account(NamedTuple):
    """Whose money, who owes it, in which form, bound to which mark (0 = unmarked)."""

    holder: NameId
    keeper: NameId
    form: Form
    mark: NameId


class Move(NamedTuple):
    """An amount in tiyn from one account to another; one row of the log."""

    debit: AccountId
    credit: AccountId
    amount_tiyn: int


class Particulars(NamedTuple):
    """The columns of a row that the ledger carries without reading them."""

    intent: int = 0
    attempt: int = 0
    true_label: TrueLabel = TrueLabel.INTERNAL
    evidence: int = 0
    region: NameId = NameId(0)
    programme: NameId = NameId(0)
    place: NameId = NameId(0)
    rule: NameId = NameId(0)
    value: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Posting:
    """One atomic act of an institution; `id` makes it idempotent."""

    id: str
    kind: Kind
    moves: tuple[Move, ...]
    particulars: Particulars = field(default_factory=Particulars)


class Leg(NamedTuple):
    """The same move of every posting of a batch: account ids, one pair per posting."""

    debit: NDArray[np.int64]
    credit: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Many postings of one kind at one instant, in columns: the i-th of each is one posting.

    Every posting has the same number of moves, all of its own `amount_tiyn`, and the same
    particulars but for its region. An account or a region that is the same for all may be a column
    that repeats it without taking room (`numpy.broadcast_to`).
    """

    id: str
    kind: Kind
    legs: tuple[Leg, ...]
    amount_tiyn: NDArray[np.int64]
    carried: Particulars
    region: NDArray[np.int64] | None = None
    """Name ids; None where `carried` says it for all."""

    def moves(self, index: int) -> tuple[Move, ...]:
        """Return the moves of one posting."""
        amount_tiyn = int(self.amount_tiyn[index])
        return tuple(
            Move(AccountId(int(leg.debit[index])), AccountId(int(leg.credit[index])), amount_tiyn)
            for leg in self.legs
        )

    def particulars(self, index: int) -> Particulars:
        """Return the particulars of one posting."""
        if self.region is None:
            return self.carried
        return self.carried._replace(region=NameId(int(self.region[index])))


class Outcome(NamedTuple):
    """What became of a posting; `existed` says that its id had been answered before."""

    status: Status
    reason: Reason
    ref: int
    existed: bool = False


class Operation(IntEnum):
    """What somebody wants to do with money that is under rules."""

    DISTRIBUTE = 1
    PAY = 2
    SHED = 3
    CONVERT = 4
    REFUND = 5


class Observation(NamedTuple):
    """Everything a rule may read: facts that stand in the log or follow from it, never truth.

    `day` is the local day number since the epoch, `evidence` a union of `codes.Evidence` flags.
    """

    operation: Operation
    time_us: int
    day: int
    time_of_day_us: int
    payer: str
    payee: str
    purpose: str
    category: str
    amount_tiyn: int
    evidence: int


class Want(NamedTuple):
    """One row of the tape: who wishes to pay whom, when, with the evidence of each attempt.

    `stratum` and `number` are its place on the tape at `time_us`. `evidence` holds, per attempt,
    what the controls would see; the first attempt that passes ends the intent. `true_label` and
    `is_unserved` (paid, but the meal is not served) are truth: no control reads them.
    """

    time_us: int
    stratum: int
    number: int
    intent: int
    programme: str
    payer: AccountId
    payee: AccountId
    amount_tiyn: int
    category: str
    place: NameId
    true_label: TrueLabel
    is_unserved: bool
    evidence: tuple[int, ...]


class RetailWant(NamedTuple):
    """A want of the tape that any form of money may meet: who wishes to pay whom, and how much.

    `payer` and `payee` are numbers of parties (people, then merchants, then employers), `purpose`
    a merchant category or a word such as `transfer`. `is_remote` wants need no meeting of payer
    and payee. `spare` is a random word from which every further draw about this want is derived.
    `form` is 0 where the payer chooses, else the `Form` it has to be paid in.
    """

    time_us: int
    stratum: int
    number: int
    intent: int
    payer: int
    payee: int
    amount_tiyn: int
    purpose: NameId
    is_remote: bool
    spare: int
    form: int = 0
