"""What a scenario says about who exists."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from tengesim.parameter import Count, Number, Rate, Section, Sourced, refusal
from tengesim.population.chances import chances
from tengesim.population.composition import DoesNotFitError
from tengesim.population.society_model import SocietySection

__all__ = ["SCALE_MAX", "SMALL_WORLD", "PopulationSection", "scaled"]

SCALE_MAX = 10_000
SMALL_WORLD = 12
"""Schools and firms that are kept at any scale, so that shares of them stay shares."""


_NOBODY: Final = Sourced[Count](value=0, low=0, high=0, source="assumption")


_NONE: Final = Sourced[Rate].model_validate(
    {"value": "0 %", "low": "0 %", "high": "0 %", "source": "assumption"}
)


class PopulationSection(Section):
    """Who exists at full size, and the scale of the run.

    Pupils, schools and caterers are those of meals programmes.
    """

    scale: Annotated[Number, Field(gt=0, le=SCALE_MAX)] = Field(
        json_schema_extra={"exclusiveMinimum": 0, "maximum": SCALE_MAX},
        description="Share of the full population that is simulated; 1 is the whole of it.",
    )
    pupils: Sourced[Count] = _NOBODY
    schools: Sourced[Count] = _NOBODY
    caterers: Sourced[Count] = _NOBODY
    dishonest_caterers: Sourced[Rate] = _NONE
    register_omissions: Sourced[Rate] = _NONE
    people: SocietySection | None = Field(
        default=None, description="Everybody of a country; none in a world of meals alone."
    )

    @model_validator(mode="after")
    def _people_fill_households(self) -> Self:
        if self.people is not None:
            try:
                chances(self.people)
            except DoesNotFitError as complaint:
                raise refusal(
                    "HOUSEHOLDS",
                    str(complaint),
                    expected="ages, household sizes and programmes that fit together",
                    at=("people", *complaint.at),
                ) from None
        return self

    @model_validator(mode="after")
    def _feeds_everybody(self) -> Self:
        for few, many in (("schools", "pupils"), ("caterers", "schools")):
            if getattr(self, many).value and not getattr(self, few).value:
                raise refusal(
                    "RANGE",
                    f"there are {many} but no {few}",
                    expected=f"at least one of the {few}",
                    at=(few, "value"),
                )
        return self


def scaled(count: int, scale: Decimal, *, at_least: int = 1) -> int:
    """Return `count` at `scale`, to the nearest whole.

    It is at least `at_least`, unless `count` itself is less.
    """
    whole = int((count * scale).to_integral_value(rounding=ROUND_HALF_EVEN))
    return max(whole, min(count, at_least))
