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

__all__ = ["RewardSection", "VoucherMarkSection", "VoucherSection", "VoucherTermSection"]

_Text = Annotated[str, Field(min_length=1, max_length=500)]
_LONGEST_MONTH: Final = 31
_ACTS_MAX: Final = 100


class VoucherTermSection(Term):
    """First and last day of the programme; within it every calendar month has its own voucher."""


class VoucherMarkSection(Section):
    """The marked money of a voucher: issued for a month, and what is left returned at its end."""

    mark: Identifier
    issue_at: TimeOfDay | None = Field(
        default=None,
        exclude_if=lambda at: at is None,
        description="When the money of a month is issued, on its first day; left out where a reward"
        " is issued as it is earned.",
    )
    swap_at: TimeOfDay = Field(
        description="When what returned goes back to the single account, on the next business day."
    )
    priority: Annotated[Count, Field(le=1_000)] = Field(
        default=0, description="Which of several purses pays first: the one with the lowest number."
    )


class RewardSection(Section):
    """Acts that earn money, and how well the register that verifies them does so."""

    acts: Sourced[Count] = Field(
        description="Most acts of a recipient in a month; how many there are is drawn evenly, from"
        " none on."
    )
    missed: Sourced[Rate] = Field(description="Acts that were done and the register does not show.")
    mistaken: Sourced[Rate] = Field(
        description="Acts that could have been done and were not, and the register shows."
    )

    @model_validator(mode="after")
    def _can_be_counted(self) -> Self:
        if not 1 <= self.acts.value <= _ACTS_MAX:
            raise refusal(
                "RANGE",
                f"up to {self.acts.value} acts a month",
                expected=f"1 to {_ACTS_MAX}",
                at=("acts", "value"),
            )
        return self


class VoucherSection(Section):
    """A sum a month for each member of a family, to be activated by the family itself."""

    title: _Text
    recipients_of: Identifier = Field(
        description="Programme of the population whose recipients get the voucher."
    )
    regions: Annotated[tuple[Identifier, ...], Field(strict=False)] = Field(
        default=(), description="Regions that take part; every region where none is named."
    )
    per_member: Sourced[Amount] | None = Field(
        default=None,
        exclude_if=lambda sum_: sum_ is None,
        description="Sum of a month for each member of the recipient's family; left out where a"
        " reward is earned.",
    )
    reward: RewardSection | None = Field(
        default=None,
        exclude_if=lambda reward: reward is None,
        description="Acts that earn what the rules of the mark say, instead of a sum for each.",
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
        if (self.per_member is None) == (self.reward is None):
            raise refusal(
                "MISSING_KEY" if self.reward is None else "STATED_TWICE",
                "a voucher is either a sum for each member or a reward for acts",
                expected="`per_member` or `reward`, one of the two",
                at=("per_member",),
            )
        if self.per_member is not None and not 1 <= self.per_member.value <= PAYMENT_MAX_TIYN:
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
        if self.marked is None and self.reward is not None:
            raise refusal(
                "MISSING_KEY",
                "no rule book says what an act earns",
                expected="a section `marked`, whose mark has such rules",
                at=("marked",),
            )
        issue_at = None if self.marked is None else self.marked.issue_at
        if self.marked is not None and (issue_at is None) == (self.reward is None):
            raise refusal(
                "MISSING_KEY" if issue_at is None else "STATED_TWICE",
                "money is issued at one time of a month, or as rewards are earned",
                expected="`issue_at` without `reward`, or `reward` without `issue_at`",
                at=("marked", "issue_at"),
            )
        if self.given_at is not None and (issue_at or 0) > self.given_at:
            raise refusal(
                "TIMES_OUT_OF_ORDER",
                "money is given out before it is issued",
                expected="marked.issue_at ≤ given_at",
                at=("given_at",),
            )
        return self
