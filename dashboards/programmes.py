"""What pages about public contracts ask of runs: lists, one contract, money forth and back.

A page says in its address what it shows, so it can be linked to, reloaded and sent to a superior.
What a browser asks for is looked up in what there is, never followed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final

import pandas as pd

from dashboards.shown import Shown
from tengesim.metrics.origin import Allocations, origins
from tengesim.metrics.red_flags import red_flags
from tengesim.report.contract_story import FOLLOWED_MAX
from tengesim.report.programmes import ORDERS, STATES, Wanted, has_contracts, lines
from tengesim.scenario.model import Scenario

__all__ = ["PAGE_ROWS", "Programmes", "has_programmes", "pages_of", "wanted_of"]

PAGE_ROWS: Final = 50
_TEXT_MAX: Final = 80
_PAGES_MAX: Final = 10**6


def has_programmes(scenario: Scenario) -> bool:
    """Return whether a world has public contracts."""
    return scenario.procurement is not None


def pages_of(shown: Shown, *, has_campaigns: bool) -> tuple[str, ...]:
    """Return the pages that there are besides the one of the runs, and that one."""
    pages = ["overview"]
    if any(map(has_programmes, shown.scenarios)):
        pages += ["programmes", "follow"]
    if has_campaigns:
        pages.append("compare")
    return tuple(pages) if len(pages) > 1 else ()


@dataclass(slots=True)
class Programmes:
    """The contracts of all arms; what takes a while to work out is kept for the next question."""

    shown: Shown
    _lock: Lock = field(default_factory=Lock)
    _flags: dict[int, pd.DataFrame] = field(default_factory=dict)
    _origins: dict[int, Allocations] = field(default_factory=dict)

    @property
    def arms(self) -> list[int]:
        """Return the numbers of the arms with contracts."""
        numbers = range(len(self.shown.arms))
        return [number for number in numbers if has_contracts(self.shown.arms[number].log)]

    def lines(self, arm: int) -> list[str]:
        """Return the budget lines of an arm."""
        return lines(self.shown.arms[arm].log)

    def flags(self, arm: int) -> pd.DataFrame:
        """Return the red flags of an arm: contract, flag, value, threshold."""
        with self._lock:
            if arm not in self._flags:
                self._flags[arm] = red_flags(self._events(arm))
            return self._flags[arm]

    def origins(self, arm: int) -> Allocations:
        """Return where the money of every row of an arm came from."""
        with self._lock:
            if arm not in self._origins:
                self._origins[arm] = origins(self._events(arm))
            return self._origins[arm]

    def way_back(self, arm: int, row: int) -> pd.DataFrame | None:
        """Return where the money of a row came from, None in a log too long to be followed now."""
        if arm not in self._origins:
            counted = self.shown.arms[arm].log.query("SELECT count(*) AS n FROM events")
            if int(counted["n"].iloc[0]) > FOLLOWED_MAX:
                return None
        return self.origins(arm).back(row)

    def _events(self, arm: int) -> pd.DataFrame:
        return self.shown.arms[arm].log.query("SELECT * FROM events ORDER BY seq")


def wanted_of(asked: Mapping[str, str], known_lines: list[str]) -> Wanted:
    """Return which contracts an address asks for, with everything unknown left out."""
    line, state, order = (asked.get(name, "") for name in ("line", "state", "order"))
    page = asked.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and 0 < len(page) <= 6 else 1
    wanted = Wanted(
        line=line if line in known_lines else "",
        state=state if state in STATES else "",
        search=asked.get("search", "")[:_TEXT_MAX].strip(),
        rows=PAGE_ROWS,
        skipped=(min(max(number, 1), _PAGES_MAX) - 1) * PAGE_ROWS,
    )
    return replace(wanted, order=order) if order in ORDERS else wanted
