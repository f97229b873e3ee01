"""Rules as data: three closed unions of conditions, effects and procedures, and the marks they serve.

A condition reads an observation and passes or fails; an effect says what a passed payment does to
the mark; a procedure is an act of an institution that the mark calls for. Each kind names the code
of the rule taxonomy (R01 to R56) that it expresses. Nothing here can be extended by a scenario, so
whatever loads can be checked, explained and run.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tengesim.codes import Evidence, Reason
from tengesim.parameter import Amount, Count, Day, Identifier, Section, TimeOfDay, refusal

__all__ = [
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
    "Not",
    "OperationName",
    "PayeeIn",
    "Period",
    "PresenceProven",
    "Procedure",
    "PurposeIs",
    "RestoresMark",
    "ReturnOnExpiry",
    "Rule",
    "RuleBook",
    "ShedsMark",
    "TimeWindow",
    "Weekday",
    "WithinValidity",
]


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

    code: ClassVar = "R01"
    reason: ClassVar = Reason.PURPOSE_NOT_ALLOWED
    kind: Literal["purpose_is"]
    purposes: Annotated[tuple[Identifier, ...], Field(strict=False, min_length=1)]


class MerchantCategoryIn(Section):
    """R03: the payee's merchant category (ISO 18245) is one of those named."""

    code: ClassVar = "R03"
    reason: ClassVar = Reason.PURPOSE_NOT_ALLOWED
    kind: Literal["merchant_category_in"]
    categories: Annotated[tuple[Identifier, ...], Field(strict=False, min_length=1)]


class PayeeIn(Section):
    """R04: the payee is named, or has a registered contract with the owner of the funds."""

    code: ClassVar = "R04"
    reason: ClassVar = Reason.PAYEE_NOT_ALLOWED
    kind: Literal["payee_in"]
    payees: Annotated[tuple[Identifier, ...], Field(strict=False)] = ()
    contracted: bool = False

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not self.payees and not self.contracted:
            raise refusal(
                "RULE_NEVER_PASSES",
                "no payee can pass this rule",
                expected="`payees: [...]` or `contracted: true`",
                do="name the payees, or allow those with a registered contract",
            )
        return self


class TimeWindow(Section):
    """R08: the payment falls on one of the weekdays, from the one time of day to before the other."""

    code: ClassVar = "R08"
    reason: ClassVar = Reason.OUTSIDE_VALIDITY
    kind: Literal["time_window"]
    weekdays: Annotated[tuple[Annotated[Weekday, Field(strict=False)], ...], Field(strict=False, min_length=1)] = tuple(Weekday)
    since: TimeOfDay = Field(alias="from")
    until: TimeOfDay


class WithinValidity(Section):
    """R09: the payment falls on a local day from the first to the last day of validity."""

    code: ClassVar = "R09"
    reason: ClassVar = Reason.OUTSIDE_VALIDITY
    kind: Literal["within_validity"]
    since: Day = Field(alias="from")
    until: Day


class AmountAtMost(Section):
    """R10: one payment is at most the limit."""

    code: ClassVar = "R10"
    reason: ClassVar = Reason.LIMIT_PER_PAYMENT
    kind: Literal["amount_at_most"]
    limit: Amount


class AmountPerPeriodAtMost(Section):
    """R11: what one payer paid under the mark in the period, this payment included, is at most the limit."""

    code: ClassVar = "R11"
    reason: ClassVar = Reason.LIMIT_PER_PERIOD
    kind: Literal["amount_per_period_at_most"]
    period: Period = Field(strict=False)
    limit: Amount


class CountPerPeriodAtMost(Section):
    """R12: one payer's payments under the mark in the period, this one included, are at most the limit."""

    code: ClassVar = "R12"
    reason: ClassVar = Reason.LIMIT_PER_PERIOD
    kind: Literal["count_per_period_at_most"]
    period: Period = Field(strict=False)
    limit: Count


class BeneficiaryEligible(Section):
    """R15: the register of beneficiaries names the beneficiary at that moment."""

    code: ClassVar = "R15"
    reason: ClassVar = Reason.BENEFICIARY_NOT_ELIGIBLE
    kind: Literal["beneficiary_eligible"]


class PresenceProven(Section):
    """R16: the beneficiary's presence is proven by one of the methods."""

    code: ClassVar = "R16"
    reason: ClassVar = Reason.PRESENCE_NOT_PROVEN
    kind: Literal["presence_proven"]
    methods: Annotated[tuple[Annotated[Method, Field(strict=False)], ...], Field(strict=False, min_length=1)]


class EvidencePresent(Section):
    """R29: the registers confirm each of the documents named."""

    code: ClassVar = "R29"
    reason: ClassVar = Reason.MILESTONE_NOT_MET
    kind: Literal["evidence_present"]
    registers: Annotated[tuple[Annotated[Register, Field(strict=False)], ...], Field(strict=False, min_length=1)]


class ConversionForbidden(Section):
    """R31: marked money is not exchanged for cash, a deposit or unmarked money."""

    code: ClassVar = "R31"
    reason: ClassVar = Reason.CONVERSION_NOT_ALLOWED
    kind: Literal["conversion_forbidden"]


class AllOf(Section):
    """Composition: every part passes; what fails is the part that decides."""

    kind: Literal["all_of"]
    conditions: Annotated[tuple["Condition", ...], Field(strict=False, min_length=1)]


class AnyOf(Section):
    """Composition: at least one part passes; failing, it answers for itself."""

    reason: ClassVar = Reason.RULE_NOT_MET
    kind: Literal["any_of"]
    conditions: Annotated[tuple["Condition", ...], Field(strict=False, min_length=1)]


class Not(Section):
    """Composition: the part does not pass; failing, it answers for itself."""

    reason: ClassVar = Reason.RULE_NOT_MET
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
    on: Annotated[tuple[Annotated[OperationName, Field(strict=False)], ...], Field(strict=False, min_length=1)] = (
        OperationName.PAY,
    )
    condition: Condition
    text: Texts
    reference: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="Article of law with link, or the word `assumption`."
    )
    valid_from: Day | None = None
    valid_until: Day | None = None


class ShedsMark(Section):
    """R29: money of a payee becomes unmarked when the condition passes; otherwise it stays marked."""

    code: ClassVar = "R29"
    kind: Literal["sheds_mark"]
    id: Identifier
    condition: Condition
    text: Texts
    reference: Annotated[str, Field(min_length=1, max_length=500)]


class RestoresMark(Section):
    """R40: a refund goes back to the purse it came from and under the mark it came with."""

    code: ClassVar = "R40"
    kind: Literal["restores_mark"]
    id: Identifier
    text: Texts
    reference: Annotated[str, Field(min_length=1, max_length=500)]


Effect = Annotated[ShedsMark | RestoresMark, Field(discriminator="kind")]
"""What a use of money does to its mark; closed."""


class ReturnOnExpiry(Section):
    """R09: what is left in purses when the mark expires goes back to the mark's return account."""

    code: ClassVar = "R09"
    kind: Literal["return_on_expiry"]
    id: Identifier
    at: TimeOfDay
    text: Texts
    reference: Annotated[str, Field(min_length=1, max_length=500)]


Procedure = Annotated[ReturnOnExpiry, Field()]
"""Acts of institutions that a mark calls for; closed."""


class RuleBook(Section):
    """The rules that travel with a mark, or that a voucher control applies to ordinary money."""

    rules: Annotated[tuple[Rule, ...], Field(strict=False)] = ()
    effects: Annotated[tuple[Effect, ...], Field(strict=False)] = ()
    procedures: Annotated[tuple[Procedure, ...], Field(strict=False)] = ()

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
