"""What of a log is kept besides its digest and its cube, which cover every row in every mode.

Rows of institutions are always kept: there are no more of them when more people pay more often.
Rows of the tape and rows about a single person, firm or employer of the population are the others;
a refund belongs to the institutions, whatever payment it undoes. A sample takes whole stories: all
rows of a want, or all that is credited to a person.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Kind
from tengesim.journal.events import Rows

__all__ = ["LOG_MODES", "Keeping", "LogMode"]

LogMode = Literal["full", "sampled", "summary"]

LOG_MODES: Final[tuple[LogMode, ...]] = ("summary", "sampled", "full")
"""The modes, each keeping all that those before it keep."""

_UNDOING: Final = (Kind.REFUND, Kind.RETURN)
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which rows are kept: by the log mode, and one in how many of a sample."""

    mode: LogMode = "full"
    sample: int = 100
    parties: range = range(0)
    """Name ids of the people, merchants and employers of the population."""

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
        intent, party = rows["intent"], self._party(rows)
        is_undoing = np.isin(rows["kind"], _UNDOING)
        chosen = (party < 0) & ((intent >= 0) | is_undoing)
        if self.mode == "sampled":
            subject = np.where(intent < 0, intent, party)
            chosen |= (subject != -1) & _is_sampled(subject, self.sample)
        return np.asarray(chosen)

    def _party(self, rows: Rows) -> NDArray[np.int64]:
        """Return the name id of the party that each row is about, −1 for none."""
        payer, payee = rows["payer"].astype(np.int64), rows["payee"].astype(np.int64)
        first, end = self.parties.start, self.parties.stop
        party = np.where((payee >= first) & (payee < end), payee, -1)
        return np.where((payer >= first) & (payer < end), payer, party)


def _is_sampled(subject: NDArray[np.int64], sample: int) -> NDArray[np.bool_]:
    """Return which numbers fall into a sample of one in `sample`, evenly and the same for ever."""
    word = subject.astype(np.uint64) * _GOLDEN
    word = (word ^ (word >> np.uint64(30))) * _FIRST
    word = (word ^ (word >> np.uint64(27))) * _SECOND
    word ^= word >> np.uint64(31)
    return np.asarray(word % np.uint64(sample) == np.uint64(0))
