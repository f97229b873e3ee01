"""Conditions: facts of a use of money that pass or fail; closed.

Each kind names the code of the rule taxonomy that it expresses and the reason of its refusals.
Nothing here can be extended by a scenario, so whatever loads can be checked, explained and run.
"""

from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tengesim.clock import DAY_US
from tengesim.codes import Reason
from tengesim.parameter import Amount, Count, Day, Identifier, Section, TimeOfDay, refusal
from tengesim.rules.contract_conditions import ContractCondition
from tengesim.rules.party_conditions import PartyCondition
from tengesim.rules.terms import (
    Listed,
    Method,
    Period,
    Register,
    Several,
    Weekday,
    day_number,
    union_of,
)

__all__ = [
    "AllOf",
    "AmountAtMost",
    "AmountPerPeriodAtMost",
    "AnyOf",
    "BeneficiaryEligible",
    "Condition",
    "ConversionForbidden",
    "CountPerPeriodAtMost",
    "EvidencePresent",
    "MerchantCategoryIn",
    "Not",
    "PayeeIn",
    "PresenceProven",
    "PurposeIs",
    "TimeWindow",
    "WithinValidity",
    "reasons_of",
]


class PurposeIs(Section):
    """R01: the money is used for a programme that the mark names."""

    code: ClassVar[str] = "R01"
    reason: ClassVar[Reason] = Reason.PURPOSE_NOT_ALLOWED
    kind: Literal["purpose_is"]
    purposes: Several[Identifier]


class MerchantCategoryIn(Section):
    """R03: the payee's merchant category (ISO 18245) is one of those named."""

    code: ClassVar[str] = "R03"
    reason: ClassVar[Reason] = Reason.PURPOSE_NOT_ALLOWED
    kind: Literal["merchant_category_in"]
    categories: Several[Identifier]


class PayeeIn(Section):
    """R04: the payee is named, or has a registered contract with the owner of the funds."""

    code: ClassVar[str] = "R04"
    reason: ClassVar[Reason] = Reason.PAYEE_NOT_ALLOWED
    kind: Literal["payee_in"]
    payees: Listed[Identifier] = ()
    contracted: bool = False

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not self.payees and not self.contracted:
            raise refusal(
                "RULE_NEVER",
                "no payee can pass this rule",
                expected="`payees: [...]` or `contracted: true`",
                do="name the payees, or allow those with a registered contract",
            )
        return self


class TimeWindow(Section):
    """R08: the payment falls on one of the weekdays, from one time of day to before another."""

    code: ClassVar[str] = "R08"
    reason: ClassVar[Reason] = Reason.OUTSIDE_VALIDITY
    kind: Literal["time_window"]
    weekdays: Several[Annotated[Weekday, Field(strict=False)]] = tuple(Weekday)
    since: TimeOfDay = Field(default=0, alias="from")
    until: TimeOfDay | None = Field(
        default=None, description="The first moment that is too late; midnight if left out."
    )

    @cached_property
    def weekday_numbers(self) -> frozenset[int]:
        """Return the weekdays as numbers, Monday 0."""
        return frozenset(list(Weekday).index(day) for day in self.weekdays)

    @cached_property
    def end_us(self) -> int:
        """Return the first moment of the day that is too late, in us since midnight."""
        return DAY_US if self.until is None else self.until


class WithinValidity(Section):
    """R09: the payment falls on a local day from the first to the last day of validity."""

    code: ClassVar[str] = "R09"
    reason: ClassVar[Reason] = Reason.OUTSIDE_VALIDITY
    kind: Literal["within_validity"]
    since: Day = Field(alias="from")
    until: Day

    @cached_property
    def first_day(self) -> int:
        """Return the number of the first day of validity."""
        return day_number(self.since)

    @cached_property
    def last_day(self) -> int:
        """Return the number of the last day of validity."""
        return day_number(self.until)


class AmountAtMost(Section):
    """R10: one payment is at most the limit."""

    code: ClassVar[str] = "R10"
    reason: ClassVar[Reason] = Reason.LIMIT_PER_PAYMENT
    kind: Literal["amount_at_most"]
    limit: Amount


class AmountPerPeriodAtMost(Section):
    """R11: one payer's payments in the period, this one included, add up to at most the limit."""

    code: ClassVar[str] = "R11"
    reason: ClassVar[Reason] = Reason.LIMIT_PER_PERIOD
    kind: Literal["amount_per_period_at_most"]
    period: Period = Field(strict=False)
    limit: Amount


class CountPerPeriodAtMost(Section):
    """R12: one payer makes at most so many payments in the period, this one included."""

    code: ClassVar[str] = "R12"
    reason: ClassVar[Reason] = Reason.LIMIT_PER_PERIOD
    kind: Literal["count_per_period_at_most"]
    period: Period = Field(strict=False)
    limit: Count


class BeneficiaryEligible(Section):
    """R15: the register of beneficiaries names the beneficiary at that moment."""

    code: ClassVar[str] = "R15"
    reason: ClassVar[Reason] = Reason.BENEFICIARY_NOT_ELIGIBLE
    kind: Literal["beneficiary_eligible"]


class PresenceProven(Section):
    """R16: the beneficiary's presence is proven by one of the methods."""

    code: ClassVar[str] = "R16"
    reason: ClassVar[Reason] = Reason.PRESENCE_NOT_PROVEN
    kind: Literal["presence_proven"]
    methods: Several[Annotated[Method, Field(strict=False)]]

    @cached_property
    def flags(self) -> int:
        """Return the union of the flags that the methods leave."""
        return union_of(tuple(method.evidence for method in self.methods))


class EvidencePresent(Section):
    """R29: the registers confirm each of the documents named."""

    code: ClassVar[str] = "R29"
    reason: ClassVar[Reason] = Reason.MILESTONE_NOT_MET
    kind: Literal["evidence_present"]
    registers: Several[Annotated[Register, Field(strict=False)]]

    @cached_property
    def flags(self) -> int:
        """Return the union of the flags that the registers leave."""
        return union_of(tuple(register.evidence for register in self.registers))


class ConversionForbidden(Section):
    """R31: marked money is not exchanged for cash, a deposit or unmarked money."""

    code: ClassVar[str] = "R31"
    reason: ClassVar[Reason] = Reason.CONVERSION_NOT_ALLOWED
    kind: Literal["conversion_forbidden"]


class AllOf(Section):
    """Composition: every part passes; what fails is the part that decides."""

    kind: Literal["all_of"]
    conditions: Several["Condition"]


class AnyOf(Section):
    """Composition: at least one part passes; failing, it answers for itself."""

    reason: ClassVar[Reason] = Reason.RULE_NOT_MET
    kind: Literal["any_of"]
    conditions: Several["Condition"]


class Not(Section):
    """Composition: the part does not pass; failing, it answers for itself."""

    reason: ClassVar[Reason] = Reason.RULE_NOT_MET
    kind: Literal["not"]
    condition: "Condition"


Condition = Annotated[
    PurposeIs
    | MerchantCategoryIn
    | PayeeIn
    | TimeWindow
    | WithinValidity
    | AmountAtMost
    | AmountPerPeriodAtMost
    | CountPerPeriodAtMost
    | BeneficiaryEligible
    | PresenceProven
    | EvidencePresent
    | ConversionForbidden
    | PartyCondition
    | ContractCondition
    | AllOf
    | AnyOf
    | Not,
    Field(discriminator="kind"),
]
"""Facts to pass or fail; closed."""


def reasons_of(condition: Condition) -> frozenset[Reason]:
    """Return the reasons for which `condition` may fail."""
    if condition.kind == "all_of":
        return frozenset[Reason]().union(*(reasons_of(part) for part in condition.conditions))
    return condition.reasons if condition.kind == "in_estimate" else frozenset({condition.reason})
