"""What a scenario says about frozen accounts: ordered for a day, or when a watch is crossed."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tengesim.parameter import (
    Amount,
    Day,
    DurationValue,
    Identifier,
    Rate,
    Section,
    Sourced,
    TimeOfDay,
    refusal,
)

__all__ = ["FreezeSection", "WatchSection", "WhomSection"]

_Ordered = Annotated[
    Sourced[DurationValue], Field(description="How long accounts stay frozen; in hours or less.")
]


class WhomSection(Section):
    """Whom an order is about: a share of people or of merchants, drawn, and parties by name."""

    people: Sourced[Rate] | None = None
    merchants: Sourced[Rate] | None = None
    parties: Annotated[tuple[Identifier, ...], Field(strict=False)] = Field(
        default=(), description="Names in the log, such as person-00000001 or merchant-0000001."
    )

    @model_validator(mode="after")
    def _is_about_somebody(self) -> Self:
        if self.people is None and self.merchants is None and not self.parties:
            raise refusal(
                "MISSING_KEY",
                "nobody is named",
                expected="`people`, `merchants` or `parties`",
                at=("parties",),
            )
        return self


class FreezeSection(Section):
    """An order to freeze accounts from a moment on, for a while."""

    id: Identifier
    authority: Identifier = Field(description="Whose order it is, as the log names it.")
    whom: WhomSection
    day: Day
    at: TimeOfDay
    schedule_source: Annotated[str, Field(min_length=1, max_length=500)]
    lasts: _Ordered


class WatchSection(Section):
    """A threshold on what somebody has or takes in; who crosses it is frozen at once.

    It is looked at after every everyday payment of whom it is about, and nowhere else.
    """

    id: Identifier
    authority: Identifier = Field(description="Whose order it is, as the log names it.")
    whom: WhomSection
    of: Literal["balance", "takings"] = Field(
        description="Wallet and deposit together, or what everyday payments bring in a local day."
    )
    threshold: Sourced[Amount]
    lasts: _Ordered

    @model_validator(mode="after")
    def _is_above_nothing(self) -> Self:
        if not self.threshold.value:
            raise refusal(
                "RANGE",
                "the threshold is nothing at all",
                expected="1 tiyn or more",
                at=("threshold", "value"),
            )
        return self
