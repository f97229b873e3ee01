"""What travels between those who act and the ledger: accounts, moves, postings, outcomes.

A posting is atomic: all of its moves happen, or none does and the outcome names the reason. The
particulars are the columns that say why a row stands in the log; the ledger copies them and never
reads them, so truth cannot leak into a decision through it.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple, NewType

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Reason, Status, TrueLabel

__all__ = [
    "NO_FACTS",
    "Account",
    "AccountId",
    "Awarded",
    "Batch",
    "Facts",
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


class Posting(NamedTuple):
    """One atomic act of an institution; `id` makes it idempotent."""

    id: str
    kind: Kind
    moves: tuple[Move, ...]
    particulars: Particulars = Particulars()


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
    AWARD = 6


class Awarded(NamedTuple):
    """A contract that the payee got before, without the one in question."""

    day: int
    amount_tiyn: int


class Facts(NamedTuple):
    """What registers, contracts and meters say of a use of money beyond the columns of its row.

    Everything follows from rows of the log: contracts, subcontracts, guarantees, progress,
    advances, invoices, approvals and awards are recorded there. What is left out is nought or
    nobody. Sums are of what was settled before, without this use.
    """

    issue_day: int | None = None
    """Local day on which the money was issued under its mark; None: today."""
    region: str = ""
    """Region of the sale or the work."""
    commodity: str = ""
    """Code of the commodity of the invoice line."""
    units: int = 0
    """Units of the invoice line, or of the meter."""
    units_before: int = 0
    """Units of the commodity that were invoiced before under the contract."""
    unit_price_tiyn: int = 0
    reference_price_tiyn: int = 0
    """What the register of prices says of one unit; 0: nothing."""
    register: str = ""
    """Register that shows the change of owner: a `terms.PropertyRegister`."""
    is_payee_frozen: bool = False
    """Whether an account of the payee is frozen."""
    contract_tiyn: int = 0
    """Price of the contract that is paid, with its amendments."""
    paid_tiyn: int = 0
    """What was paid under the contract, advances included."""
    progress_bp: int = 0
    """Physical progress that supervision has confirmed."""
    is_advance: bool = False
    """Whether this is an advance."""
    advances_tiyn: int = 0
    """Advances that were paid under the contract."""
    advances_left_tiyn: int = 0
    """What of them accepted work has not yet offset."""
    guarantee_tiyn: int = 0
    """Bank guarantees in force for the contract."""
    initiator: str = ""
    approver: str = ""
    depth: int = 0
    """Steps from the supplier down the chain: 0 the supplier, 1 a subcontractor, and so on."""
    parent_tiyn: int = 0
    """Price of the contract from which the payer passes work on."""
    subcontracted_tiyn: int = 0
    """What the payer has passed on from that contract."""
    balance_tiyn: int = 0
    """What the payee holds under the mark."""
    allowance_tiyn: int = 0
    """What the owner of the parent wallet lets the payer's wallet spend."""
    allowance_used_tiyn: int = 0
    """What the payer's wallet has spent of it."""
    risk: int = 0
    """Score of the anti-fraud centre, 0 to 1,000."""
    domestic_bp: int = 0
    """Share of domestic goods in the invoice."""
    offline_tiyn: int = 0
    """What the device has spent since its last contact with the platform."""
    offline_payments: int = 0
    offline_days: int = 0
    """Days since that contact."""
    awards: tuple[Awarded, ...] = ()
    """What the payer awarded to the payee before, and when."""
    emergency: str = ""
    """The declared emergency by which the rules may be overridden."""


NO_FACTS: Final = Facts()


class Observation(NamedTuple):
    """Everything a rule may read: facts that stand in the log or follow from it, never truth.

    `day` is the local day number since the epoch, `evidence` a union of `codes.Evidence` flags.
    Compiled rules do not read `facts`.
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
    facts: Facts = NO_FACTS


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
