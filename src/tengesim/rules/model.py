"""Rules as data: closed unions of conditions, effects and procedures, and the marks they serve.

A condition reads an observation and passes or fails; an effect says what a passed payment does to
the mark; a procedure is an act of an institution that the mark calls for. Each kind names the code
of the rule taxonomy (R01 to R56) that it expresses. Nothing here can be extended by a scenario, so
whatever loads can be checked, explained and run.
"""

import sys
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, ClassVar, Final, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from tengesim.clock import DAY_US
from tengesim.codes import Evidence, Reason
from tengesim.parameter import Amount, Count, Day, Identifier, Section, TimeOfDay, refusal
from tengesim.payment import Operation

__all__ = [
    "RULES_MAX",
    "AllOf",
    "AmountAtMost",
    "AmountPerPeriodAtMost",
    "AnyOf",
    "BeneficiaryEligible",
    "Condition",
    "ConversionForbidden",
    "CountPerPeriodAtMost",
    "Effect",
    "EvidencePresent",
    "MarkSection",
    "MerchantCategoryIn",
    "Method",
    "Not",
    "OperationName",
    "PayeeIn",
    "Period",
    "PresenceProven",
    "Procedure",
    "PurposeIs",
    "Register",
    "RestoresMark",
    "ReturnOnExpiry",
    "Rule",
    "RuleBook",
    "ShedsMark",
    "Texts",
    "TimeWindow",
    "Weekday",
    "WithinValidity",
    "day_number",
]

T = TypeVar("T")

RULES_MAX: Final = 200


def _not_empty(listed: tuple[T, ...]) -> tuple[T, ...]:
    # Not `min_length`: a single wrong entry would then be reported as an empty list too.
    if not listed:
        raise refusal("RANGE", "the list is empty", expected="at least one entry")
    return listed


# A list is the only way to write one in a scenario; what is in it stays strict, and an empty one
# would be a rule that says nothing.
_Some = Annotated[
    tuple[T, ...],
    Field(strict=False, json_schema_extra={"minItems": 1}),
    AfterValidator(_not_empty),
]
_Any = Annotated[tuple[T, ...], Field(strict=False)]
_Reference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="Article of law with link, or the word `assumption`.",
    ),
]

_EPOCH: Final = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Return the days since 1 January 1970, the way observations count days."""
    return day.toordinal() - _EPOCH


class Weekday(StrEnum):
    """Day of the week; the order of the members is Monday to Sunday."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Period(StrEnum):
    """Window in which a periodic limit counts, in local time."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class OperationName(StrEnum):
    """Use of money that a rule guards."""

    DISTRIBUTE = "distribute"
    PAY = "pay"
    SHED = "shed"
    CONVERT = "convert"
    REFUND = "refund"

    @property
    def operation(self) -> Operation:
        """Return the code by which observations name this use."""
        return Operation[self.name]


class Method(StrEnum):
    """How the beneficiary's presence is shown."""

    REPORT = "report"
    CARD = "card"
    QR = "qr"
    PALM = "palm"
    MANUAL = "manual"

    @property
    def evidence(self) -> Evidence:
        """Return the flag that this proof leaves in the log."""
        return Evidence[f"PRESENCE_{self.name}"]


class Register(StrEnum):
    """Register whose answer a condition may require."""

    ACT_ACCEPTED = "act_accepted"
    INVOICE_MATCHED = "invoice_matched"

    @property
    def evidence(self) -> Evidence:
        """Return the flag that a positive answer leaves in the log."""
        return Evidence[self.name]


class PurposeIs(Section):
    """R01: the money is used for a programme that the mark names."""

    code: ClassVar[str] = "R01"
    reason: ClassVar[Reason] = Reason.PURPOSE_NOT_ALLOWED
    kind: Literal["purpose_is"]
    purposes: _Some[Identifier]


class MerchantCategoryIn(Section):
    """R03: the payee's merchant category (ISO 18245) is one of those named."""

    code: ClassVar[str] = "R03"
    reason: ClassVar[Reason] = Reason.PURPOSE_NOT_ALLOWED
    kind: Literal["merchant_category_in"]
    categories: _Some[Identifier]


class PayeeIn(Section):
    """R04: the payee is named, or has a registered contract with the owner of the funds."""

    code: ClassVar[str] = "R04"
    reason: ClassVar[Reason] = Reason.PAYEE_NOT_ALLOWED
    kind: Literal["payee_in"]
    payees: _Any[Identifier] = ()
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
    weekdays: _Some[Annotated[Weekday, Field(strict=False)]] = tuple(Weekday)
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
    methods: _Some[Annotated[Method, Field(strict=False)]]

    @cached_property
    def flags(self) -> int:
        """Return the union of the flags that the methods leave."""
        return _union(tuple(method.evidence for method in self.methods))


class EvidencePresent(Section):
    """R29: the registers confirm each of the documents named."""

    code: ClassVar[str] = "R29"
    reason: ClassVar[Reason] = Reason.MILESTONE_NOT_MET
    kind: Literal["evidence_present"]
    registers: _Some[Annotated[Register, Field(strict=False)]]

    @cached_property
    def flags(self) -> int:
        """Return the union of the flags that the registers leave."""
        return _union(tuple(register.evidence for register in self.registers))


class ConversionForbidden(Section):
    """R31: marked money is not exchanged for cash, a deposit or unmarked money."""

    code: ClassVar[str] = "R31"
    reason: ClassVar[Reason] = Reason.CONVERSION_NOT_ALLOWED
    kind: Literal["conversion_forbidden"]


class AllOf(Section):
    """Composition: every part passes; what fails is the part that decides."""

    kind: Literal["all_of"]
    conditions: _Some["Condition"]


class AnyOf(Section):
    """Composition: at least one part passes; failing, it answers for itself."""

    reason: ClassVar[Reason] = Reason.RULE_NOT_MET
    kind: Literal["any_of"]
    conditions: _Some["Condition"]


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
    | AllOf
    | AnyOf
    | Not,
    Field(discriminator="kind"),
]
"""Facts to pass or fail; closed."""


class Texts(Section):
    """One sentence for a minister, per language; English is what the others are translated from."""

    en: Annotated[str, Field(min_length=1, max_length=300)]
    kk: str | None = None
    ru: str | None = None


class Rule(Section):
    """A condition on uses of money, with the sentence and the law that stand behind it."""

    id: Identifier
    on: _Some[Annotated[OperationName, Field(strict=False)]] = (OperationName.PAY,)
    condition: Condition
    text: Texts
    reference: _Reference
    valid_from: Day | None = None
    valid_until: Day | None = None

    @cached_property
    def first_day(self) -> int:
        """Return the number of the first day on which the rule is in force."""
        return -sys.maxsize if self.valid_from is None else day_number(self.valid_from)

    @cached_property
    def last_day(self) -> int:
        """Return the number of the last day on which the rule is in force."""
        return sys.maxsize if self.valid_until is None else day_number(self.valid_until)


class ShedsMark(Section):
    """R29: money of a payee becomes unmarked when the condition passes, else it stays marked."""

    code: ClassVar[str] = "R29"
    kind: Literal["sheds_mark"]
    id: Identifier
    condition: Condition
    text: Texts
    reference: _Reference


class RestoresMark(Section):
    """R40: a refund goes back to the purse it came from and under the mark it came with."""

    code: ClassVar[str] = "R40"
    kind: Literal["restores_mark"]
    id: Identifier
    text: Texts
    reference: _Reference


Effect = Annotated[ShedsMark | RestoresMark, Field(discriminator="kind")]
"""What a use of money does to its mark; closed."""


class ReturnOnExpiry(Section):
    """R09: what is left in purses when the mark expires goes back to the mark's return account."""

    code: ClassVar[str] = "R09"
    kind: Literal["return_on_expiry"]
    id: Identifier
    at: TimeOfDay
    text: Texts
    reference: _Reference


Procedure = Annotated[ReturnOnExpiry, Field()]
"""Acts of institutions that a mark calls for; closed."""


class RuleBook(Section):
    """The rules that travel with a mark, or that a voucher control applies to ordinary money."""

    rules: Annotated[_Any[Rule], Field(max_length=RULES_MAX)] = ()
    effects: _Any[Effect] = ()
    procedures: _Any[Procedure] = ()

    @cached_property
    def guards(self) -> Mapping[Operation, tuple[Rule, ...]]:
        """Return the rules that guard each operation, in the order of the book."""
        return {
            name.operation: tuple(rule for rule in self.rules if name in rule.on)
            for name in OperationName
        }

    def shed(self) -> ShedsMark | None:
        """Return the effect that frees money of this book, if there is one."""
        return next((effect for effect in self.effects if isinstance(effect, ShedsMark)), None)

    def restores_mark(self) -> bool:
        """Return whether refunds come back under the mark."""
        return any(isinstance(effect, RestoresMark) for effect in self.effects)


class MarkSection(Section):
    """Purpose attached to money by the owner of the funds (facts on marking: who sets the mark)."""

    programme: Identifier
    owner: Identifier
    rule_book: Identifier
    cofog: Annotated[str, Field(pattern=r"^[0-9]{2}\.[0-9](\.[0-9])?$")]
    budget_programme: Identifier
    valid_from: Day
    valid_until: Day
    return_account: Identifier

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.valid_until < self.valid_from:
            raise refusal(
                "END_BEFORE_START",
                f"the mark ends on {self.valid_until}, before it starts on {self.valid_from}",
                expected="valid_until on or after valid_from",
                at=("valid_until",),
            )
        return self


def _union(flags: tuple[Evidence, ...]) -> int:
    # A plain int: combining and testing IntFlag members costs ten times as much.
    union = 0
    for flag in flags:
        union |= flag.value
    return union
