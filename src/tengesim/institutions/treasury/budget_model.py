"""What a scenario says about a budget year: lines, plans, revenue, contracts, and how people act.

Amounts are those of the whole country; the scale of the run applies to all of them alike. What is
spent when is nowhere stated: it follows from contracts, plans, cash and the rules of the year.
"""

import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tengesim.money import BP
from tengesim.parameter import (
    Amount,
    Count,
    DurationValue,
    Identifier,
    Rate,
    Section,
    Sourced,
    TimeOfDay,
    refusal,
)
from tengesim.population.regions import REGIONS

__all__ = [
    "ACTS_MAX",
    "LEVELS",
    "BudgetBehaviour",
    "BudgetSection",
    "ContractsSection",
    "DigitalSection",
    "Level",
    "LevelSection",
    "LineSection",
    "NationalFundSection",
    "PaymentsSection",
    "PlansSection",
    "SeasonsSection",
    "SizeSection",
]

Level = Literal["republican", "local"]
LEVELS: Final[tuple[Level, ...]] = ("republican", "local")

ACTS_MAX: Final = 12
"""Acts of one contract at most."""

_MONTHS: Final = 12
_Text = Annotated[str, Field(min_length=1, max_length=500)]
_Months = Annotated[
    tuple[Rate, ...],
    Field(strict=False, min_length=_MONTHS, max_length=_MONTHS),
]


def _check_whole(shares_bp: tuple[int, ...], what: str, *at: str) -> None:
    total_bp = sum(shares_bp)
    if total_bp != BP:
        raise refusal(
            "SHARES",
            f"{what} add up to {total_bp // 100}.{total_bp % 100:02d} %",
            expected="100 %",
            at=at,
        )


class SeasonsSection(Section):
    """How a year's taxes come in, as shares of the year by month."""

    months: _Months
    source: _Text

    @model_validator(mode="after")
    def _months_make_a_year(self) -> Self:
        _check_whole(self.months, "the months of the seasons", "months")
        return self


class LevelSection(Section):
    """One level of the budget: its cash-control account and what it takes in a year."""

    account: Identifier = Field(description="Holder of the level's cash-control account.")
    taxes: Sourced[Amount]
    borrowing: Sourced[Amount] = Field(description="Loans and other receipts of a year.")
    opening_cash: Sourced[Amount] = Field(description="Cash with which the year starts.")


class NationalFundSection(Section):
    """The National Fund, and what it transfers to the republican budget in a year."""

    holder: Identifier
    balance: Sourced[Amount]
    transfer: Sourced[Amount]


class LineSection(Section):
    """One budget line: what it is for, at which level, and how much of it goes by contract."""

    title: _Text
    level: Level
    cofog: Annotated[Identifier, Field(pattern=r"^(0[1-9]|10)(\.[1-9])?$")]
    appropriation: Sourced[Amount]
    contracted: Sourced[Rate] = Field(
        description="Share spent under contracts; wages and transfers are the rest."
    )


class PlansSection(Section):
    """Financing plans of the contracted part, as shares of the year by month."""

    obligations: _Months
    payments: _Months
    source: _Text

    @model_validator(mode="after")
    def _months_make_a_year(self) -> Self:
        _check_whole(self.obligations, "the months of the plan of obligations", "obligations")
        _check_whole(self.payments, "the months of the plan of payments", "payments")
        return self


class SizeSection(Section):
    """One class of contracts by size."""

    amount: Amount = Field(description="Mean of the class; contracts lie within half around it.")
    share: Rate = Field(description="Share of all contracts by number.")
    acts: Annotated[Count, Field(ge=1, le=ACTS_MAX)]
    lead: Annotated[Count, Field(ge=1, le=366)] = Field(
        description="Days from signature to the first act."
    )
    source: _Text


class ContractsSection(Section):
    """Contracts of a year: how many, how large, with whom, and how they go."""

    sizes: Annotated[tuple[SizeSection, ...], Field(strict=False, min_length=1)]
    suppliers: Sourced[Count]
    saving: Sourced[Rate] = Field(description="Mean part of a plan that the award leaves over.")
    late: Sourced[Rate] = Field(description="Acts that come later than planned.")
    longest_delay: Sourced[Count] = Field(
        description="Business days by which an act is late at most."
    )
    over_billed: Sourced[Rate] = Field(
        description="Orders that first ask for more than is left of the registered obligation."
    )
    over_billing: Sourced[Rate] = Field(description="By how much of the act they do.")

    @model_validator(mode="after")
    def _sizes_make_a_whole(self) -> Self:
        _check_whole(tuple(size.share for size in self.sizes), "the shares of the sizes", "sizes")
        if any(size.amount < 2 for size in self.sizes):
            raise refusal(
                "RANGE",
                "a class of contracts is worth nothing",
                expected="an amount above 0 KZT in every class",
                at=("sizes",),
            )
        if not self.suppliers.value:
            raise refusal(
                "RANGE",
                "there are contracts but no suppliers",
                expected="one or more",
                at=("suppliers", "value"),
            )
        return self


class PaymentsSection(Section):
    """Hours and delays of payment orders."""

    opens: TimeOfDay
    cut_off: TimeOfDay = Field(
        description="An order that comes later is carried out on the next business day."
    )
    closes: TimeOfDay
    schedule_source: _Text = Field(
        description="Where the times of day come from: a link, or `assumption`."
    )
    shortest_wait: Sourced[Count] = Field(description="Days from act to order, at least.")
    longest_wait: Sourced[Count] = Field(description="Days from act to order, at most.")
    due_after: Sourced[DurationValue] = Field(
        description="What is unpaid that long after its act bears interest."
    )
    regular_day: Annotated[Count, Field(ge=1, le=28)] = Field(
        description="Day of the month of wages and transfers."
    )

    @model_validator(mode="after")
    def _day_is_in_order(self) -> Self:
        if not self.opens < self.cut_off < self.closes:
            raise refusal(
                "TIMES_OUT_OF_ORDER",
                "orders are not taken between opening and closing",
                expected="opens < cut_off < closes",
                at=("cut_off",),
            )
        if self.longest_wait.value < self.shortest_wait.value:
            raise refusal(
                "RANGE",
                "the longest wait is less than the shortest",
                expected="shortest_wait ≤ longest_wait",
                at=("longest_wait", "value"),
            )
        if self.due_after.value.unit != "us":
            raise refusal(
                "DURATION",
                "interest runs by calendar days",
                expected="a length in days, such as 30 days",
                at=("due_after", "value"),
            )
        return self


class BudgetBehaviour(Section):
    """What administrators do about the end of the year; nothing of it without a lapse."""

    hurry: Sourced[Count] = Field(
        description="Days by which an administrator, on average, can bring a payment forward that"
        " would otherwise come after the lapse."
    )
    spend_savings: Sourced[Rate] = Field(
        description="Part of what no contract binds by the review that is spent on further ones."
    )
    review_month: Annotated[Count, Field(ge=7, le=12)] = Field(
        description="Month on whose first business day administrators count what is left."
    )
    schedule_source: _Text = Field(
        description="Where the month comes from: a link, or `assumption`."
    )


class DigitalSection(Section):
    """Payments in digital tenge."""

    budget_share: Sourced[Rate] = Field(description="Share of the payments, by number.")
    redeem_after: Sourced[DurationValue] = Field(
        description="How long a payee keeps digital tenge before it becomes a deposit."
    )


class BudgetSection(Section):
    """One budget year and what follows it.

    `lapse` says that what is unspent on 31 December dies; without it the appropriation stays.
    """

    year: Annotated[Count, Field(ge=2001, le=2087)]
    lapse: bool
    lapse_source: _Text
    levels: dict[Level, LevelSection]
    national_fund: NationalFundSection
    subventions: Sourced[Amount] = Field(
        description="What the republican budget gives to local ones in a year."
    )
    seasons: SeasonsSection
    lines: Annotated[dict[Identifier, LineSection], Field(min_length=1)]
    regions: dict[Identifier, Sourced[Count]] = Field(
        description="People by region, by which contracts of local lines are spread."
    )
    plans: PlansSection
    contracts: ContractsSection
    payments: PaymentsSection
    behaviour: BudgetBehaviour
    dt: DigitalSection

    @model_validator(mode="after")
    def _year_is_whole(self) -> Self:
        absent = [level for level in LEVELS if level not in self.levels]
        if absent:
            raise refusal(
                "RANGE",
                f"the budget lacks the level {absent[0]}",
                expected=" and ".join(LEVELS),
                at=("levels",),
            )
        unknown = [code for code in self.regions if code not in REGIONS]
        if unknown:
            raise refusal(
                "REGION",
                f"there is no region {unknown[0]!r}",
                expected=f"codes of ISO 3166-2:KZ: {', '.join(REGIONS)}",
                at=("regions", unknown[0]),
            )
        if not any(region.value for region in self.regions.values()):
            raise refusal(
                "RANGE",
                "nobody lives in the regions of the budget",
                expected="people in one region or more",
                at=("regions",),
            )
        return self

    def first_day(self) -> datetime.date:
        """Return 1 January of the year."""
        return datetime.date(self.year, 1, 1)

    def next_year(self) -> datetime.date:
        """Return 1 January of the year after."""
        return datetime.date(self.year + 1, 1, 1)
