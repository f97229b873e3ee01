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

from tengesim.journal.events import Rows, writable
from tengesim.journal.names import Names

__all__ = ["LOG_MODES", "Keeping", "LogMode"]

LogMode = Literal["full", "sampled", "summary"]

LOG_MODES: Final[tuple[LogMode, ...]] = ("summary", "sampled", "full")
"""The modes, each keeping all that those before it keep."""


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
        # Scenarios name the modes, and are refused before anything compiled is loaded.
        from tengesim.journal.keeping_fold import choose

        if self.mode == "full":
            return np.ones(len(rows), dtype=np.bool_)
        chosen = np.empty(len(rows), dtype=np.bool_)
        sample = self.sample if self.mode == "sampled" else 0
        with np.errstate(over="ignore"):
            choose(writable(rows), self._blocks(), sample, chosen)
        return chosen

    def _blocks(self) -> NDArray[np.int64]:
        """Return first name and the one after the last of each block of parties."""
        blocks = [] if self.names is None else self.names.blocks()
        bounds = [(block.first, block.first + block.size) for block in blocks]
        return np.array(bounds, dtype=np.int64).reshape(-1, 2)
