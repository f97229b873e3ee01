"""One row of the log at a time, and what it is made of while compiled code has it in hand.

Everything here is a tuple of whole numbers, which compiled code keeps in registers.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Status
from tengesim.compiled import lean
from tengesim.engine import kernel_state as at
from tengesim.journal.events import Rows
from tengesim.journal.rows_kernel import write_row

__all__ = [
    "ANSWERED",
    "ESCAPED",
    "NO_NAME",
    "NO_WAY",
    "OVERUSED",
    "REFUSED_ONCE",
    "SETTLED",
    "Act",
    "Desired",
    "Presented",
    "Side",
    "Verdict",
    "begin",
    "put",
]

NO_WAY: Final = 0
"""A try came to nothing and left no row."""
REFUSED_ONCE: Final = 1
"""A try was refused, and a row says why."""
ANSWERED: Final = 2
"""A want is answered."""
ESCAPED: Final = 3
"""Only readable code can answer the want; nothing has moved."""
OVERUSED: Final = 4
"""A counter of what somebody paid today would overflow; nothing has moved."""

SETTLED: Final = Status.SETTLED.value
NO_NAME: Final = -1
"""Place of no name."""


class Desired(NamedTuple):
    """A want that any form of money may meet, with what is known of its ends at that moment."""

    time_us: int
    intent: int
    payer: int
    payee: int
    amount: int
    purpose: int
    is_remote: int
    day: int
    time_of_day_us: int
    unconnected: int
    """1 where the till of the payee reaches nobody."""
    region: int
    programme: int
    payer_traits: int
    payee_traits: int
    payer_bank: int
    payee_bank: int


class Presented(NamedTuple):
    """A want under the rules of a programme; payer and payee are single accounts."""

    time_us: int
    rank: int
    intent: int
    payer: int
    payee: int
    amount: int
    place: int
    label: int
    evidence: int
    """Evidence of each attempt in 20 bits, the first lowest; all ones where there is none."""
    day: int
    time_of_day_us: int


class Act(NamedTuple):
    """Columns that all rows of one posting share."""

    kind: int
    status: int
    attempt: int
    label: int
    evidence: int
    region: int
    programme: int
    place: int


class Verdict(NamedTuple):
    """Why something is refused, with the name id, or the place among the names, of the rule."""

    reason: int
    rule: int
    value: int
    limit: int


class Side(NamedTuple):
    """Columns of one account."""

    holder: int
    keeper: int
    form: int
    mark: int


@lean
def begin(cursor: NDArray[np.int64]) -> None:
    """Begin a posting: its rows share the next `ref`."""
    cursor[at.REF] += 1


@lean
def put(  # noqa: PLR0917 - compiled code takes columns by place
    log: Rows,
    cursor: NDArray[np.int64],
    time_us: int,
    intent: int,
    act: Act,
    verdict: Verdict,
    debit: Side,
    credit: Side,
    amount: int,
) -> None:
    """Write the next row, of the posting that was begun last."""
    write_row(
        log,
        cursor[at.USED_ROWS],
        cursor[at.SEQ],
        time_us,
        act.kind,
        act.status,
        verdict.reason,
        verdict.rule,
        verdict.value,
        verdict.limit,
        debit.holder,
        credit.holder,
        debit.keeper,
        debit.form,
        debit.mark,
        credit.keeper,
        credit.form,
        credit.mark,
        amount,
        cursor[at.REF],
        intent,
        act.attempt,
        act.label,
        act.evidence,
        act.region,
        act.programme,
        act.place,
    )
    cursor[at.USED_ROWS] += 1
    cursor[at.SEQ] += 1
