"""What a scenario says about income: who is paid how much on which day of the month.

Days are days of the calendar month; one that is not a working day moves within its month, so that
everybody is paid exactly once in each.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tengesim.money import BP
from tengesim.parameter import (
    Amount,
    Count,
    Identifier,
    Rate,
    Section,
    Sourced,
    TimeOfDay,
    refusal,
)

__all__ = ["BenefitSection", "IncomeSection", "PayDaySection", "TrancheSection", "WagesSection"]

_LONGEST_MONTH = 31
_Text = Annotated[str, Field(min_length=1, max_length=500)]


class PayDaySection(Section):
    """A day of the month on which a share of the employers pays."""

    day: Annotated[Count, Field(ge=1, le=_LONGEST_MONTH)] = Field(
        description="Day of the month; in a shorter month its last day."
    )
    share: Rate = Field(description="Share of the employers that pay on this day.")


class WagesSection(Section):
    """Wages: every employer pays all of its people on its one day of the month."""

    pay_days: Annotated[tuple[PayDaySection, ...], Field(strict=False, min_length=1)]
    schedule_source: _Text = Field(description="Where the days come from: a link, or `assumption`.")
    at: TimeOfDay
    withheld: Sourced[Rate] = Field(
        description="Income tax and contributions kept from the wage before it is paid."
    )
    digital: Sourced[Rate] = Field(description="Share paid in digital tenge to who has a wallet.")

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        total_bp = sum(entry.share for entry in self.pay_days)
        if total_bp != BP:
            raise refusal(
                "SHARES",
                f"the shares of the pay days add up to {total_bp // 100}.{total_bp % 100:02d} %",
                expected="100 %",
                at=("pay_days",),
            )
        return self


class TrancheSection(Section):
    """Fixed days of each region: one early, one late, spread over a window of the month.

    The regions, in the order of their codes, divide the early days (`first_day` to `early_until`)
    and the late ones (after it, to `last_day`) evenly.
    """

    first_day: Sourced[Count]
    early_until: Sourced[Count]
    last_day: Sourced[Count]
    early_share: Sourced[Rate] = Field(description="Share of a region's people paid early.")

    @model_validator(mode="after")
    def _days_are_in_order(self) -> Self:
        days = (self.first_day.value, self.early_until.value, self.last_day.value)
        if not 1 <= days[0] <= days[1] < days[2] <= _LONGEST_MONTH:
            raise refusal(
                "TIMES_OUT_OF_ORDER",
                f"the days {', '.join(map(str, days))} do not make two windows of a month",
                expected=f"1 ≤ first_day ≤ early_until < last_day ≤ {_LONGEST_MONTH}",
                at=("early_until", "value"),
            )
        return self


class BenefitSection(Section):
    """A payment from the budget to every member of a programme.

    It is paid every month, or once a year in a month that chance gives to the recipient.
    """

    title: _Text
    amount: Sourced[Amount] = Field(description="Mean of what one recipient gets at a time.")
    paid: Literal["monthly", "once_a_year"] = "monthly"
    spread: Sourced[Rate] = Field(
        description="Amounts lie evenly between the mean less and plus this share of it."
    )
    digital: Sourced[Rate] = Field(description="Share paid in digital tenge to who has a wallet.")
    tranches: TrancheSection | None = Field(
        default=None, description="Days of this benefit, where they differ from `tranches`."
    )

    @model_validator(mode="after")
    def _pays_something(self) -> Self:
        if not self.amount.value:
            raise refusal(
                "RANGE",
                "a benefit of nothing is paid to nobody",
                expected="an amount above 0 KZT",
                at=("amount", "value"),
            )
        return self


class IncomeSection(Section):
    """Income of the people: wages from employers, benefits from the budget.

    The names of `benefits` are those of the population's programmes. A pay day that is no working
    day is kept (`paid`), or moves to the working day `before` or `after` it; where that lies in
    another month it moves the other way.
    """

    non_working_days: Literal["paid", "before", "after"]
    schedule_source: _Text = Field(description="Where this comes from: a link, or `assumption`.")
    wages: WagesSection | None = None
    benefits_at: TimeOfDay
    tranches: TrancheSection
    benefits: dict[Identifier, BenefitSection] = Field(default_factory=dict)
