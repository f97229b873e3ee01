"""What a scenario says about a meals programme: price, days, evidence, money and office hours."""

import datetime
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tengesim.clock import DAY_US, Calendar
from tengesim.money import PAYMENT_MAX_TIYN, format_amount
from tengesim.parameter import (
    Amount,
    DurationValue,
    Identifier,
    Rate,
    Section,
    Sourced,
    Term,
    TimeOfDay,
    refusal,
)

__all__ = [
    "BreakSection",
    "ClaimsSection",
    "DocumentsSection",
    "MarkedSection",
    "MealsSection",
    "TermSection",
    "weeks_of",
]


def _check_order(section: Section, *names: str) -> None:
    """Refuse times of a day that do not follow one another as the day needs them."""
    for earlier, later in pairwise(names):
        if getattr(section, earlier) > getattr(section, later):
            raise refusal(
                "TIMES_OUT_OF_ORDER",
                f"{later} is before {earlier}",
                expected=f"{' ≤ '.join(names)}",
                at=(later,),
            )


class TermSection(Term):
    """First and last day on which meals are served; those between are the business days."""


class BreakSection(Term):
    """School holidays: days on which schools serve no meals while offices work."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    source: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="Where the days come from: a link, or `assumption`."
    )


class DocumentsSection(Section):
    """The act a school signs and the e-invoice it must match before money becomes unmarked."""

    act_on_time: Sourced[Rate]
    act_delay: Sourced[DurationValue]
    invoice_matched: Sourced[Rate]
    invoice_delay: Sourced[DurationValue]


class MarkedSection(Section):
    """The day of marked money: issue, distribution, shedding, redemption, return."""

    mark: Identifier
    issue_at: TimeOfDay
    distribute_at: TimeOfDay
    shed_at: TimeOfDay
    redeem_at: TimeOfDay
    swap_at: TimeOfDay
    schedule_source: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="Where the times of day come from: a link, or `assumption`."
    )
    conversion_attempt: Sourced[Rate] = Field(
        description="Caterers with papers outstanding who try to redeem while money is marked."
    )
    documents: DocumentsSection

    @model_validator(mode="after")
    def _day_is_in_order(self) -> Self:
        _check_order(self, "issue_at", "distribute_at")
        _check_order(self, "shed_at", "redeem_at")
        return self


class ClaimsSection(Section):
    """The week of ordinary money: claims for recorded deliveries, paid when due."""

    submit_at: TimeOfDay
    schedule_source: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="Where the times of day come from: a link, or `assumption`."
    )
    pay_after: Sourced[DurationValue]
    pay_at: TimeOfDay

    @model_validator(mode="after")
    def _is_paid_after_it_is_submitted(self) -> Self:
        delay = self.pay_after.value
        waited_us = delay.value * (DAY_US if delay.unit == "business_days" else 1)
        if self.pay_at + waited_us < self.submit_at:
            raise refusal(
                "TIMES_OUT_OF_ORDER",
                "claims would be paid before they are submitted",
                expected="pay_after and pay_at that lead beyond submit_at",
                at=("pay_after", "value"),
            )
        return self


class MealsSection(Section):
    """Free meals for entitled pupils: one a day, paid by the akimat's budget.

    `evidence` is `report` (the caterer reports head-counts) or `digital` (presence is proven);
    `money` is `ordinary` or `marked`. With ordinary money `rule_book` names the control that
    decides which deliveries are recorded; with marked money the book is the mark's.
    """

    kind: Literal["meals"]
    owner: Identifier
    budget_level: Literal["republican", "local"] = Field(
        default="local",
        description="Which budget pays: meals are paid by the akimat, out of the local budget.",
    )
    price: Sourced[Amount]
    term: TermSection
    breaks: Annotated[tuple[BreakSection, ...], Field(strict=False)] | None = Field(
        default=None,
        exclude_if=lambda breaks: breaks is None,
        description="School holidays; those outside the term change nothing.",
    )
    category: Identifier
    evidence: Literal["report", "digital"]
    money: Literal["ordinary", "marked"]
    rule_book: Identifier | None = None
    refund_at: TimeOfDay
    schedule_source: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="Where the times of day come from: a link, or `assumption`."
    )
    marked: MarkedSection | None = None
    claims: ClaimsSection | None = None

    def served(self, calendar: Calendar) -> list[datetime.date]:
        """Return the days on which meals are served, those of the term without its breaks."""
        after = self.term.last + datetime.timedelta(days=1)
        return [
            day
            for day in calendar.business_days(self.term.first, after)
            if not any(one.first <= day <= one.last for one in self.breaks or ())
        ]

    def issued(self, calendar: Calendar) -> list[datetime.date]:
        """Return the days on which marked money is issued: the first of each week with meals."""
        return [week[0] for week in weeks_of(self.served(calendar))]

    @model_validator(mode="after")
    def _breaks_follow_one_another(self) -> Self:
        for number, (earlier, later) in enumerate(pairwise(self.breaks or ()), start=1):
            if later.first <= earlier.last:
                raise refusal(
                    "DATED_ORDER",
                    f"the break from {later.first} begins before the one before has ended",
                    expected="breaks that follow one another",
                    at=("breaks", number, "first"),
                )
        return self

    @model_validator(mode="after")
    def _price_can_be_paid(self) -> Self:
        if not 1 <= self.price.value <= PAYMENT_MAX_TIYN:
            raise refusal(
                "RANGE",
                f"{format_amount(self.price.value)} cannot be paid at once",
                expected=f"1 tiyn to {format_amount(PAYMENT_MAX_TIYN)}",
                at=("price", "value"),
            )
        return self

    @model_validator(mode="after")
    def _day_is_in_order(self) -> Self:
        closing = self.marked.shed_at if self.marked is not None else None
        if self.money == "ordinary" and self.claims is not None:
            closing = self.claims.submit_at
        if closing is not None and self.refund_at > closing:
            raise refusal(
                "TIMES_OUT_OF_ORDER",
                "refunds come after the day is closed",
                expected="refund_at ≤ shed_at with marked money, ≤ submit_at with ordinary money",
                at=("refund_at",),
            )
        return self

    @model_validator(mode="after")
    def _money_is_described(self) -> Self:
        if self.money == "marked" and self.marked is None:
            raise refusal(
                "MARK_MISSING",
                "the money is marked, but the programme names no mark",
                expected="a section `marked` with the `mark` it uses",
                at=("money",),
            )
        if self.money == "ordinary" and (self.claims is None or self.rule_book is None):
            raise refusal(
                "CLAIMS_MISSING",
                "the money is ordinary, but the programme does not say how deliveries are claimed",
                expected="a section `claims` and a `rule_book`",
                at=("money",),
            )
        if self.money == "marked" and self.evidence == "report":
            raise refusal(
                "EVIDENCE_TOO_WEAK",
                "marked money cannot be spent on a report: nobody is there to pay",
                expected="`evidence: digital` with marked money",
                at=("evidence",),
            )
        return self


def weeks_of(days: Sequence[datetime.date]) -> list[list[datetime.date]]:
    """Return `days` grouped by ISO week, in order."""
    weeks: dict[tuple[int, int], list[datetime.date]] = {}
    for day in days:
        weeks.setdefault(day.isocalendar()[:2], []).append(day)
    return list(weeks.values())
