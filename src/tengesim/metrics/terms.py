"""What metrics need to know besides the log; apart, because metrics stand below the scenario."""

from dataclasses import dataclass

from tengesim.metrics.metric import Scope

__all__ = ["MetricTerms"]


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
    scopes: frozenset[Scope] = frozenset({"any", "meals"})
    """Parts of the catalogue that apply to the world of the run."""

    def __post_init__(self) -> None:
        """Refuse a horizon without duration."""
        if self.end_us <= self.start_us:
            raise ValueError(f"the horizon ends at {self.end_us}, not after {self.start_us}")
