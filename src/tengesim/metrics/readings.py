"""Everything that metrics read of one run, made once and shared by all of them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tengesim.metrics.assets import Holdings, Prices
from tengesim.metrics.contracts import Contracts
from tengesim.metrics.log import Cells, Log
from tengesim.metrics.moments import Moments
from tengesim.metrics.obligations import Intents
from tengesim.metrics.terms import MetricTerms
from tengesim.metrics.views import View, view_of
from tengesim.metrics.waiting import Waiting
from tengesim.metrics.wants import Accepted, Refunds

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Readings"]


class Readings:
    """Log and cube of one run, what was accepted and undone, and who waited.

    Where only the rows of institutions are kept, `is_full` is false: what is undone and what the
    budget does is complete then, wants are not.
    """

    def __init__(
        self,
        events: pd.DataFrame | Log,
        cube: pd.DataFrame,
        terms: MetricTerms,
        *,
        moments: Moments | None = None,
    ) -> None:
        """Read the tables of a run.

        `moments` are given where `events` are not all rows of the run, but those of institutions.
        """
        self.terms = terms
        self.log = events if isinstance(events, Log) else Log.of(events)
        self.cells = Cells.of(cube, terms.vouchers, terms.purchases)
        self.is_full = moments is None
        self.moments = Moments.of(self.log, terms.end_us) if moments is None else moments
        self._views: dict[str, View] = {}

    @cached_property
    def meal_cells(self) -> Cells:
        """Cells of programmes of meals, and of what no programme of people is behind."""
        cells = self.cells
        return cells.where(~(cells.is_retail | cells.is_voucher | cells.is_purchase))

    @cached_property
    def refunds(self) -> Refunds:
        """What was undone."""
        return Refunds.of(self.log)

    @cached_property
    def accepted(self) -> Accepted:
        """What was accepted, one by one."""
        return Accepted.of(self.log, self.refunds)

    @cached_property
    def waiting(self) -> Waiting:
        """What became of the money of what was accepted."""
        return Waiting.of(self.log, self.accepted, self.terms.end_us)

    @cached_property
    def accepted_number(self) -> int:
        """How many wants were accepted, undone ones included."""
        return self.meal_cells.number(self.meal_cells.is_accepted)

    @cached_property
    def paid_number(self) -> int:
        """How many accepted wants were not undone."""
        return self.accepted_number - len(self.refunds.intent)

    @cached_property
    def paid_tiyn(self) -> int:
        """Money for accepted wants that were not undone."""
        return self.meal_cells.amount(self.meal_cells.is_accepted) - self.refunds.amount()

    @cached_property
    def prices(self) -> Prices:
        """Prices of assets at every fixing."""
        return Prices.of(self.log)

    @cached_property
    def holdings(self) -> Holdings:
        """What the reserve held when each fixing closed."""
        return Holdings.of(self.log, self.prices)

    @cached_property
    def contracts(self) -> Contracts:
        """Rows of public contracts."""
        return Contracts.of(self.log, self.terms)

    @cached_property
    def intents(self) -> Intents:
        """Payment intents under public contracts."""
        return Intents.of(self.contracts)

    def view(self, observer: str) -> View:
        """Return what `observer` sees of the log."""
        if observer not in self._views:
            self._views[observer] = view_of(self.log, observer)
        return self._views[observer]
