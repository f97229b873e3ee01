"""What of a log is kept besides its digest and its cube, which cover every row in every mode.

Rows of institutions are always kept: there are no more of them when more people pay more often.
Rows of the tape, rows about a single person, firm or employer of the population, and money changing
its form are the others; a refund belongs to the institutions, whatever payment it undoes. A sample
takes all rows of a want, or all rows of acts of institutions that name one person.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Kind
from tengesim.journal.events import Rows
from tengesim.journal.names import Block, Names

__all__ = ["LOG_MODES", "Keeping", "LogMode"]

LogMode = Literal["full", "sampled", "summary"]

LOG_MODES: Final[tuple[LogMode, ...]] = ("summary", "sampled", "full")
"""The modes, each keeping all that those before it keep."""

_UNDOING: Final = (Kind.REFUND, Kind.RETURN)
_CONVERTING: Final = (
    Kind.FUNDING,
    Kind.DEFUNDING,
    Kind.WATERFALL,
    Kind.CASH_WITHDRAWAL,
    Kind.CASH_DEPOSIT,
)
"""Money of one holder changing its form: a leg between banks names nobody and is no act of one."""
_IS_UNDOING: Final = np.isin(np.arange(256), _UNDOING)
_IS_CONVERTING: Final = np.isin(np.arange(256), _CONVERTING)
"""By code of the kind."""
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which rows are kept: by the log mode, and one in how many of a sample."""

    mode: LogMode = "full"
    sample: int = 100
    names: Names | None = None
    """Names of the run: those of blocks are people, merchants, employers and their devices."""

    def __post_init__(self) -> None:
        """Refuse a mode that is none and a sample of nothing."""
        if self.mode not in LOG_MODES:
            raise ValueError(f"the log mode is {self.mode!r}; expected one of {LOG_MODES}")
        if self.sample < 1:
            raise ValueError(f"one in {self.sample} is no sample; expected 1 or more")

    def chosen(self, rows: Rows) -> NDArray[np.bool_]:
        """Return which of some packed rows are kept."""
        if self.mode == "full":
            return np.ones(len(rows), dtype=np.bool_)
        intent, kind = rows["intent"], rows["kind"]
        chosen = ((intent >= 0) | _IS_UNDOING[kind]) & ~_IS_CONVERTING[kind]
        # Few rows are left by now, and only of these is it asked whom they are about.
        places = np.flatnonzero(chosen)
        chosen[places] = self._party(rows[places]) < 0
        if self.mode == "sampled":
            subject = np.where(intent < 0, intent, self._party(rows))
            chosen |= (subject != -1) & _is_sampled(subject, self.sample)
        return np.asarray(chosen)

    def _party(self, rows: Rows) -> NDArray[np.int64]:
        """Return the name id of the party that each row is about, −1 for none."""
        payer, payee = rows["payer"].astype(np.int64), rows["payee"].astype(np.int64)
        party = np.full(len(rows), -1, dtype=np.int64)
        parts = () if self.names is None else self.names.parts()
        blocks = [part for part in parts if isinstance(part, Block)]
        for name in (payee, payer):
            for block in blocks:
                is_in = (name >= block.first) & (name < block.first + block.size)
                party = np.where(is_in, name, party)
        return party


def _is_sampled(subject: NDArray[np.int64], sample: int) -> NDArray[np.bool_]:
    """Return which numbers fall into a sample of one in `sample`, evenly and the same for ever."""
    word = subject.astype(np.uint64) * _GOLDEN
    word = (word ^ (word >> np.uint64(30))) * _FIRST
    word = (word ^ (word >> np.uint64(27))) * _SECOND
    word ^= word >> np.uint64(31)
    return np.asarray(word % np.uint64(sample) == np.uint64(0))
