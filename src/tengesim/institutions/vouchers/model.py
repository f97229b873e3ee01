"""What a scenario says about a voucher: for whom, how much, when, and in which money.

The same section describes both arms of a study: with `marked` the money is digital tenge that bears
a mark, without it the same sums go to the same families on the same days as a benefit.
"""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from tengesim.money import PAYMENT_MAX_TIYN, format_amount
from tengesim.parameter import (
    Amount,
    Count,
    Identifier,
    Rate,
    Section,
    Sourced,
    Term,
    TimeOfDay,
    refusal,
)

__all__ = ["VoucherMarkSection", "VoucherSection", "VoucherTermSection"]

_Text = Annotated[str, Field(min_length=1, max_length=500)]
_LONGEST_MONTH: Final = 31


class VoucherTermSection(Term):
    """First and last day of the programme; within it every calendar month has its own voucher."""


class VoucherMarkSection(Section):
    """The marked money of a voucher: issued for a month, and what is left returned at its end."""

    mark: Identifier
    issue_at: TimeOfDay = Field(
        description="When the money of a month is issued, on its first day."
    )
    swap_at: TimeOfDay = Field(
        description="When what returned goes back to the single account, on the next business day."
    )
    priority: Annotated[Count, Field(le=1_000)] = Field(
        default=0, description="Which of several purses pays first: the one with the lowest number."
    )


class VoucherSection(Section):
    """A sum a month for each member of a family, to be activated by the family itself."""

    title: _Text
    recipients_of: Identifier = Field(
        description="Programme of the population whose recipients get the voucher."
    )
    regions: Annotated[tuple[Identifier, ...], Field(strict=False)] = Field(
        default=(), description="Regions that take part; every region where none is named."
    )
    per_member: Sourced[Amount] = Field(
        description="Sum of a month for each member of the recipient's family."
    )
    activation: Sourced[Rate] = Field(
        description="Chance that a family activates its voucher in a month."
    )
    activated_within: Sourced[Count] = Field(
        description="Days from the first of the month within which vouchers are activated, evenly."
    )
    term: VoucherTermSection
    given_at: TimeOfDay | None = Field(
        default=None,
        exclude_if=lambda at: at is None,
        description="When those who activated their voucher on a day are given the money; left out"
        " where the rules of the mark have a schedule.",
    )
    schedule_source: _Text = Field(
        description="Where the times of day come from: a link, or `assumption`."
    )
    marked: VoucherMarkSection | None = Field(
        default=None, description="Left out, the sums are paid as a benefit into deposits."
    )

    @model_validator(mode="after")
    def _can_be_paid(self) -> Self:
        if not 1 <= self.per_member.value <= PAYMENT_MAX_TIYN:
            raise refusal(
                "RANGE",
                f"{format_amount(self.per_member.value)} is no sum to give",
                expected=f"1 tiyn to {format_amount(PAYMENT_MAX_TIYN)}",
                at=("per_member", "value"),
            )
        if not 1 <= self.activated_within.value <= _LONGEST_MONTH:
            raise refusal(
                "RANGE",
                f"vouchers of a month are activated within {self.activated_within.value} days",
                expected=f"1 to {_LONGEST_MONTH} days",
                at=("activated_within", "value"),
            )
        return self

    @model_validator(mode="after")
    def _names_regions_once(self) -> Self:
        for number, region in enumerate(self.regions):
            if region in self.regions[:number]:
                raise refusal(
                    "NAME_TWICE",
                    f"the region {region!r} is named twice",
                    expected="each region once",
                    at=("regions", number),
                )
        return self

    @model_validator(mode="after")
    def _day_is_in_order(self) -> Self:
        if self.marked is None and self.given_at is None:
            raise refusal(
                "MISSING_KEY",
                "no rule book says when a benefit is paid",
                expected="a time of day",
                at=("given_at",),
            )
        issue_at = 0 if self.marked is None else self.marked.issue_at
        if self.given_at is not None and issue_at > self.given_at:
            raise refusal(
                "TIMES_OUT_OF_ORDER",
                "money is given out before it is issued",
                expected="marked.issue_at ≤ given_at",
                at=("given_at",),
            )
        return self
