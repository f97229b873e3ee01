"""What a scenario says about who exists."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated

from pydantic import Field

from tengesim.parameter import Count, Number, Rate, Section, Sourced

__all__ = ["SCALE_MAX", "PopulationSection", "scaled"]

SCALE_MAX = 10_000


class PopulationSection(Section):
    """Pupils, schools and the firms that feed them at full size, and the scale of the run."""

    scale: Annotated[Number, Field(gt=0, le=SCALE_MAX)] = Field(
        json_schema_extra={"exclusiveMinimum": 0, "maximum": SCALE_MAX},
        description="Share of the full population that is simulated; 1 is the whole of it.",
    )
    pupils: Sourced[Count]
    schools: Sourced[Count]
    caterers: Sourced[Count]
    dishonest_caterers: Sourced[Rate]
    register_omissions: Sourced[Rate]


def scaled(count: int, scale: Decimal) -> int:
    """Return `count` at `scale`, to the nearest whole, and at least 1 unless `count` is 0."""
    whole = int((count * scale).to_integral_value(rounding=ROUND_HALF_EVEN))
    return max(1, whole) if count else 0
