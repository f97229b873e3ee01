"""The log and its cube as columns of whole numbers, which is how metrics read them.

Names stand for themselves only: they are numbered by their order in the text, and no metric
depends on that number, on the spelling of a name or on the text of an intent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Evidence, Form, Kind, Reason, Status, TrueLabel
from tengesim.journal.events import Rows
from tengesim.journal.kept import IN_MEMORY_ROWS_MAX
from tengesim.journal.tables import code_texts
from tengesim.metrics.exact import total

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["UNDUE", "Cells", "Flags", "Log", "Whole", "is_one_of"]

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

UNDUE: Final = (
    TrueLabel.PHANTOM,
    TrueLabel.DOUBLE,
    TrueLabel.OFF_PURPOSE,
    TrueLabel.SPENT_TWICE,
)
"""Labels of wants to which nothing is due: nobody ate, a second payment, or other things."""

_CODED: Final[dict[str, type[IntEnum]]] = {
    "kind": Kind,
    "status": Status,
    "reason": Reason,
    "form": Form,
    "form_to": Form,
    "true_label": TrueLabel,
}
_NAMED: Final = ("rule", "payer", "payee", "keeper", "keeper_to", "mark", "mark_to", "place")
_WHOLE: Final = ("time_us", "amount_tiyn", "attempt", "evidence", "value", "limit", "ref")

_WANTS: Final = (Kind.PAYMENT, Kind.DELIVERY)
_ACCEPTED: Final = (Status.RECORDED, Status.SETTLED, Status.POSTED)
_RETAIL: Final = "retail"
"""What everyday payments are filed under."""
_CHANNELS: Final = int(Evidence.CHANNEL_COUNTER | Evidence.CHANNEL_REMOTE)
"""Every everyday payment says how it was made, and nothing else does."""


def is_one_of(column: Whole, codes: tuple[int, ...]) -> Flags:
    """Return where `column` holds one of `codes`, which are few: looking for each costs less."""
    found = np.zeros(len(column), dtype=np.bool_)
    for code in codes:
        found |= column == code
    return found


@dataclass(frozen=True)
class Cells:
    """The cube in columns."""

    day: Whole
    kind: Whole
    status: Whole
    reason: Whole
    form: Whole
    true_label: Whole
    attempt: Whole
    is_marked: Flags
    is_marked_to: Flags
    is_retail: Flags
    """Everyday payments of people, and what they try instead."""
    is_voucher: Flags
    """What the offices of vouchers do; people spend them in everyday payments."""
    is_purchase: Flags
    """What is bought against a register."""
    count: Whole
    amount_tiyn: Whole

    @classmethod
    def of(
        cls, cube: pd.DataFrame, vouchers: Iterable[str] = (), purchases: Iterable[str] = ()
    ) -> Self:
        """Read a cube as `cube_frame` gives it; `vouchers` and `purchases` are programmes."""

        def belongs_to(programmes: Iterable[str]) -> Flags:
            wanted = dict.fromkeys(programmes, 1)
            return _codes_of_texts(cube["programme"], wanted, otherwise=0) > 0

        coded = {name: _codes(cube[name], _CODED[name]) for name in _CODED if name in cube}
        return cls(
            **coded,
            day=_whole(cube["day"]),
            attempt=_whole(cube["attempt"]),
            is_marked=_codes_of_texts(cube["mark"], {"": 0}, otherwise=1) > 0,
            is_marked_to=_codes_of_texts(cube["mark_to"], {"": 0}, otherwise=1) > 0,
            is_retail=belongs_to([_RETAIL]),
            is_voucher=belongs_to(vouchers),
            is_purchase=belongs_to(purchases),
            count=_whole(cube["count"]),
            amount_tiyn=_whole(cube["amount_tiyn"]),
        )

    def where(self, chosen: Flags) -> Cells:
        """Return the chosen cells."""
        return Cells(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    @cached_property
    def is_want(self) -> Flags:
        """Attempts of people to have a meal paid or recorded, or to spend the money elsewhere."""
        return is_one_of(self.kind, _WANTS)

    @cached_property
    def is_first(self) -> Flags:
        """First attempts, so that each intent counts once."""
        return self.is_want & is_one_of(self.attempt, (0,))

    @cached_property
    def is_accepted(self) -> Flags:
        """Attempts that were paid or recorded; an intent has at most one."""
        return self.is_want & is_one_of(self.status, _ACCEPTED)

    @cached_property
    def is_honest(self) -> Flags:
        """Cells of what is due."""
        return is_one_of(self.true_label, (TrueLabel.HONEST,))

    @cached_property
    def is_undue(self) -> Flags:
        """Cells of what is not due."""
        return is_one_of(self.true_label, UNDUE)

    def settled(self, kind: Kind, *forms: Form) -> Flags:
        """Return the cells of money of a kind that moved out of accounts of these forms."""
        moved = is_one_of(self.status, (Status.SETTLED, Status.POSTED))
        return is_one_of(self.kind, (kind,)) & moved & is_one_of(self.form, forms)

    def number(self, chosen: Flags) -> int:
        """Return how many rows there are in the chosen cells."""
        return total(self.count[chosen])

    def amount(self, chosen: Flags) -> int:
        """Return the exact sum of the chosen cells in tiyn."""
        return total(self.amount_tiyn[chosen])


@dataclass(frozen=True)
class Log:
    """The rows in columns, in order."""

    kind: Whole
    status: Whole
    reason: Whole
    form: Whole
    form_to: Whole
    true_label: Whole
    rule: Whole
    payer: Whole
    payee: Whole
    keeper: Whole
    keeper_to: Whole
    mark: Whole
    mark_to: Whole
    place: Whole
    time_us: Whole
    amount_tiyn: Whole
    attempt: Whole
    evidence: Whole
    value: Whole
    limit: Whole
    ref: Whole
    intent: Whole

    @classmethod
    def of(cls, events: pd.DataFrame) -> Self:
        """Read events as `events_frame` gives them, in `seq` order."""
        import pandas as pd

        categories = {name: pd.Categorical(events[name]).categories for name in _NAMED}
        texts = sorted(set().union(*categories.values()) - {""})
        numbers = {"": 0} | {text: number for number, text in enumerate(texts, start=1)}
        return cls(
            **{name: _codes(events[name], codes) for name, codes in _CODED.items()},
            **{name: _codes_of_texts(events[name], numbers) for name in _NAMED},
            **{name: _whole(events[name]) for name in _WHOLE},
            intent=np.asarray(pd.factorize(events["intent"])[0], dtype=np.int64),
        )

    @classmethod
    def of_rows(cls, rows: Rows) -> Self:
        """Read packed rows; their names and intents are numbers already."""
        columns = (*_CODED, *_NAMED, *_WHOLE, "intent")
        # Codes stay as narrow as they are packed: no metric adds or multiplies them. A log that
        # lies on the disk is read there, column by column, whenever one is asked for.
        taken = np.asarray if len(rows) > IN_MEMORY_ROWS_MAX else np.ascontiguousarray
        return cls(**{name: taken(rows[name]) for name in columns})

    @cached_property
    def is_want(self) -> Flags:
        """Rows of people's attempts, as in `Cells.is_want`, but for everyday payments."""
        everyday = self.evidence & _CHANNELS != 0
        return np.asarray(is_one_of(self.kind, _WANTS) & ~everyday & ~self.is_purchase)

    @cached_property
    def is_purchase(self) -> Flags:
        """Rows about what is bought against a register: each names its agreement as its place."""
        agreed = self.place[is_one_of(self.kind, (Kind.AGREEMENT,))]
        if not len(agreed):
            return np.zeros(len(self.kind), dtype=np.bool_)
        return np.isin(self.place, agreed)

    @cached_property
    def is_accepted(self) -> Flags:
        """Rows by which a want was paid or recorded."""
        return self.is_want & is_one_of(self.status, _ACCEPTED)

    @cached_property
    def is_moved(self) -> Flags:
        """Rows that gave money to their payee."""
        return np.asarray((self.status == Status.SETTLED) | (self.status == Status.POSTED))

    @cached_property
    def is_refund(self) -> Flags:
        """Rows of postings that undo an accepted meal; what returns by itself names no place."""
        done = is_one_of(self.status, _ACCEPTED)
        late = is_one_of(self.kind, (Kind.RETURN,)) & (self.place > 0)
        return done & (is_one_of(self.kind, (Kind.REFUND,)) | late) & ~self.is_purchase

    @cached_property
    def is_issuer(self) -> Flags:
        """Rows whose payer is the issuer of the money it pays with."""
        return np.asarray(self.payer == self.keeper)

    @cached_property
    def is_issuer_to(self) -> Flags:
        """Rows whose payee is the issuer of the money it is paid."""
        return np.asarray(self.payee == self.keeper_to)

    def amount(self, chosen: Flags) -> int:
        """Return the exact sum of the chosen rows in tiyn."""
        return total(self.amount_tiyn[chosen])


def _whole(series: pd.Series[Any]) -> Whole:
    return series.to_numpy(dtype=np.int64)


def _codes(series: pd.Series[Any], codes: type[IntEnum]) -> Whole:
    numbers = {text: number for number, text in enumerate(code_texts(codes)) if text}
    return _codes_of_texts(series, {"": 0, **numbers})


def _codes_of_texts(
    series: pd.Series[Any], numbers: dict[str, int], otherwise: int | None = None
) -> Whole:
    import pandas as pd

    category = pd.Categorical(series)
    table = np.array(
        [
            numbers[text] if otherwise is None else numbers.get(text, otherwise)
            for text in category.categories
        ],
        dtype=np.int64,
    )
    return table[category.codes] if len(series) else np.empty(0, dtype=np.int64)
