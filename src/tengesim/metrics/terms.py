"""What metrics need to know besides the log; apart, because metrics stand below the scenario."""

from dataclasses import dataclass

from tengesim.metrics.metric import Scope

__all__ = ["BudgetTerms", "MetricTerms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetTerms:
    """The budget year of a run: its parts, the business days in them, and what it may spend."""

    year_start_us: int
    """First moment of the budget year."""
    ordinary_start_us: int
    """First moment of the months with which December is compared; they end where it starts."""
    december_us: int
    """First moment of December."""
    year_end_us: int
    """First moment after the budget year."""
    ordinary_days: int
    """Business days of the months with which December is compared."""
    december_days: int
    """Business days of December."""
    due_after_us: int
    """How long after its act a payment is late."""
    appropriation_tiyn: int
    """What all lines together may spend in the year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricTerms:
    """The horizon, and what waiting for money costs."""

    start_us: int
    """First moment of the horizon."""
    end_us: int
    """First moment after the horizon."""
    base_rate_bp: int
    """Base rate of the National Bank, basis points a year."""
    spread_bp: int
    """What a small firm pays above the base rate, basis points a year."""
    holding_limit_tiyn: int | None = None
    """The most one person may hold in digital tenge, where there is such a limit."""
    budget: BudgetTerms | None = None
    """The budget year, where the world has one."""
    trade_spread_bp: int = 0
    """What selling assets of a reserve costs, basis points of their value."""
    trade_slippage_bp: int = 0
    """What it costs more for each million dollars of one asset sold at once."""
    imported_power_tiyn: int = 0
    """Price of a kWh of imported power."""
    people: int = 0
    """How many people there are, at the scale of the run."""
    vouchers: tuple[str, ...] = ()
    """Programmes that give vouchers."""
    purchases: tuple[str, ...] = ()
    """Programmes that buy against a register."""
    scopes: frozenset[Scope] = frozenset({"any", "meals"})
    """Parts of the catalogue that apply to the world of the run."""

    def __post_init__(self) -> None:
        """Refuse a horizon without duration."""
        if self.end_us <= self.start_us:
            raise ValueError(f"the horizon ends at {self.end_us}, not after {self.start_us}")
