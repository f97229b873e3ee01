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
    Sourced[DurationValue], Field(description="How long accounts stay frozen, or payments on hold.")
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
    """A threshold on what somebody has or takes in, or on single purchases.

    Who crosses one of the former is frozen at once; a purchase that reaches the latter is put on
    hold. It is looked at in every everyday payment of whom it is about, and nowhere else.
    """

    id: Identifier
    authority: Identifier = Field(description="Whose order it is, as the log names it.")
    whom: WhomSection
    of: Literal["balance", "takings", "payment"] = Field(
        description="Wallet and deposit together, what everyday payments bring in a local day, or"
        " a single purchase by deposit or from the wallet."
    )
    threshold: Sourced[Amount]
    lasts: _Ordered
    voided: Sourced[Rate] | None = Field(
        default=None, description="Share of purchases on hold that are given back to the payer."
    )

    @model_validator(mode="after")
    def _is_above_nothing(self) -> Self:
        if not self.threshold.value:
            raise refusal(
                "RANGE",
                "the threshold is nothing at all",
                expected="1 tiyn or more",
                at=("threshold", "value"),
            )
        if (self.voided is None) == (self.of == "payment"):
            raise refusal(
                "MISSING_KEY",
                f"`voided` belongs to a watch of payments, and this one is of {self.of}",
                expected="`voided` where `of` is `payment`, and nowhere else",
                at=("voided",),
            )
        return self
