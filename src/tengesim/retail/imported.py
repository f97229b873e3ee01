"""Real payments in place of drawn ones: how a table is described, and the stratum it becomes.

The table is read and checked elsewhere, because nothing here touches a disk; what arrives are
columns in which every row is good. Each row is one want, in order of time and row, and keeps its
row number, so that what became of it can be found again.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from tengesim.clock import HOUR_US, MINUTE_US
from tengesim.parameter import Amount, Identifier, Section, Sourced
from tengesim.payment import NameId
from tengesim.retail.tape import RetailCell
from tengesim.streams import Streams

__all__ = [
    "AS_WRITTEN",
    "ColumnMap",
    "ImportSection",
    "ImportedStratum",
    "OpeningSection",
    "PaymentTable",
]

AS_WRITTEN: Final = "as_written"
_TITLE: Final = "import"
_File = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]


class PaymentTable(NamedTuple):
    """A table of payments as columns, by time and then by row; everything in it is good."""

    time_us: NDArray[np.int64]
    row: NDArray[np.int64]
    """Number of the row in the file; 1 is the first after the header."""
    payer: NDArray[np.int32]
    """Place in `parties`."""
    payee: NDArray[np.int32]
    amount_tiyn: NDArray[np.int64]
    purpose: NDArray[np.int32]
    """Place in `purposes`."""
    parties: Sequence[str]
    """Everybody who pays or is paid, as written, in order of the text."""
    purposes: Sequence[str]
    opening_tiyn: NDArray[np.int64]
    """Deposit of each party before the first payment."""


class ColumnMap(Section):
    """Which column of the table holds what; a column that is not named here is a finding."""

    time: Identifier
    payer: Identifier
    payee: Identifier
    amount: Identifier
    id: Identifier | None = Field(default=None, description="A number of each payment of its own.")
    purpose: Identifier | None = Field(default=None, description="Merchant category or a word.")
    ignore: Annotated[tuple[Identifier, ...], Field(strict=False)] = ()

    def named(self) -> dict[str, str]:
        """Return the column of each thing that is read."""
        stated = {
            name: getattr(self, name)
            for name in ("time", "payer", "payee", "amount", "id", "purpose")
        }
        return {name: column for name, column in stated.items() if column is not None}


class OpeningColumns(Section):
    """Columns of a table of opening balances."""

    party: Identifier
    amount: Identifier


class OpeningSection(Section):
    """What imported parties have in their deposits before the first payment."""

    amount: Sourced[Amount] = Field(description="Deposit of everybody whom no table names.")
    file: _File | None = Field(default=None, description="Table of balances, in the same money.")
    columns: OpeningColumns = OpeningColumns(party="party", amount="amount")


class ImportSection(Section):
    """A table of real payments that replaces the tape."""

    file: _File = Field(description="CSV or Parquet, beside the scenario or below it.")
    columns: ColumnMap
    amount_unit: Literal["KZT", "tiyn"] = "KZT"
    time_zone: Annotated[
        str, Field(pattern=rf"^([+-](0[0-9]|1[0-4]):(00|15|30|45)|{AS_WRITTEN})$")
    ] = Field(
        description="Offset from UTC of times written without one, such as `+05:00`; or"
        " `as_written` where every time bears its own."
    )
    opening: OpeningSection
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = Field(
        default="", description="Digest of what was read; written when the scenario is resolved."
    )
    _table: PaymentTable | None = PrivateAttr(default=None)
    _folder: str = PrivateAttr(default="")

    def offset_us(self) -> int:
        """Return how far times without an offset are ahead of UTC; 0 where all bear their own."""
        if self.time_zone == AS_WRITTEN:
            return 0
        hours, minutes = (int(part) for part in self.time_zone[1:].split(":"))
        return (-1 if self.time_zone[0] == "-" else 1) * (hours * 60 + minutes) * MINUTE_US

    @property
    def table(self) -> PaymentTable | None:
        """What was read, where the scenario was loaded from its file."""
        return self._table

    @property
    def folder(self) -> str:
        """Where the files lie, so that they can be read again; empty where nobody knows."""
        return self._folder

    def attach(self, table: PaymentTable | None, folder: str) -> None:
        """Keep what was read, and where, with the section; neither is a part of its value."""
        self._table = table
        self._folder = folder


class ImportedStratum:
    """The rows of a table as one stratum of the tape."""

    __slots__ = ("_cuts", "_hours", "_payee", "_payer", "_purposes", "_spare", "_table", "name")

    title = _TITLE

    def __init__(
        self,
        table: PaymentTable,
        *,
        name: NameId,
        purposes: Sequence[NameId],
        streams: Streams,
    ) -> None:
        """Cut the table into hours; `purposes` are the ids of the table's own in its order."""
        self.name = name
        self._table = table
        self._purposes = np.array(purposes, dtype=np.int64)
        hours, firsts = np.unique(table.time_us // HOUR_US, return_index=True)
        ends = [*firsts.tolist()[1:], len(table.time_us)]
        self._cuts = dict(zip(hours.tolist(), zip(firsts.tolist(), ends, strict=True), strict=True))
        self._spare = streams

    def hours(self) -> frozenset[int]:
        """Return the hours since the epoch (UTC) in which somebody pays."""
        return frozenset(self._cuts)

    def draw_retail(self, hour: int) -> RetailCell:
        """Return the rows of one hour."""
        first, end = self._cuts[hour]
        table, count = self._table, end - first
        return RetailCell(
            time_us=table.time_us[first:end],
            number=np.arange(count, dtype=np.int64),
            payer=table.payer[first:end].astype(np.int64),
            payee=table.payee[first:end].astype(np.int64),
            amount_tiyn=table.amount_tiyn[first:end],
            purpose=self._purposes[table.purpose[first:end]],
            is_remote=np.ones(count, dtype=np.bool_),
            spare=self._spare.words("retail.import", table.row[first:end]),
            form=np.zeros(count, dtype=np.int64),
        )
