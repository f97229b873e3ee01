"""Words that every part of a rule book is written with: lists, days, texts, sets of names.

Apart from the unions, because conditions, effects and procedures all use them.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, Field

from tengesim.codes import Evidence
from tengesim.parameter import Section, refusal
from tengesim.payment import Operation

__all__ = [
    "Authority",
    "ClawbackGround",
    "Listed",
    "Method",
    "OnFailure",
    "OperationName",
    "PartUse",
    "Period",
    "PropertyRegister",
    "Reference",
    "Register",
    "Role",
    "Several",
    "Standing",
    "Texts",
    "Weekday",
    "bits_of",
    "day_number",
    "union_of",
]

T = TypeVar("T")


def _not_empty(listed: tuple[T, ...]) -> tuple[T, ...]:
    # Not `min_length`: a single wrong entry would then be reported as an empty list too.
    if not listed:
        raise refusal("RANGE", "the list is empty", expected="at least one entry")
    return listed


# A list is the only way to write one in a scenario; what is in it stays strict, and an empty one
# would be a rule that says nothing.
Several = Annotated[
    tuple[T, ...],
    Field(strict=False, json_schema_extra={"minItems": 1}),
    AfterValidator(_not_empty),
]
"""A list in a scenario with at least one entry."""
Listed = Annotated[tuple[T, ...], Field(strict=False)]
"""A list in a scenario that may be empty."""
Reference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="Article of law with link, or the word `assumption`.",
    ),
]
"""What stands behind a rule."""

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
    YEAR = "year"


class OperationName(StrEnum):
    """Use of money that a rule guards."""

    DISTRIBUTE = "distribute"
    PAY = "pay"
    SHED = "shed"
    CONVERT = "convert"
    REFUND = "refund"
    AWARD = "award"

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
    OBLIGATION_REGISTERED = "obligation_registered"
    DELIVERY_SCANNED = "delivery_scanned"
    NO_DEFECTS = "no_defects"
    PAYROLL_MATCHED = "payroll_matched"

    @property
    def evidence(self) -> Evidence:
        """Return the flag that a positive answer leaves in the log."""
        return Evidence[self.name]


class PropertyRegister(StrEnum):
    """Register of owners whose change may release money."""

    LIVESTOCK = "livestock"
    VEHICLE = "vehicle"
    LAND = "land"


class Role(StrEnum):
    """Who may sign for the release of money."""

    CUSTOMER = "customer"
    SUPERVISOR = "supervisor"
    TREASURER = "treasurer"

    @property
    def evidence(self) -> Evidence:
        """Return the flag that the signature leaves in the log."""
        return Evidence[f"{self.name}_SIGNED"]


class Standing(StrEnum):
    """What may be asked of a payee's standing."""

    VAT_REGISTERED = "vat_registered"
    TAX_CLEAR = "tax_clear"
    NOT_FROZEN = "not_frozen"

    @property
    def evidence(self) -> Evidence | None:
        """Return the flag that a positive answer leaves in the log, None where a fact says it."""
        if self is Standing.NOT_FROZEN:
            return None
        return Evidence[f"PAYEE_{self.name}"]


class OnFailure(StrEnum):
    """What becomes of a payment that a rule does not pass."""

    REJECT = "reject"
    HOLD = "hold"


class PartUse(StrEnum):
    """What part of marked money may be paid for in unmarked money."""

    WAGES = "wages"
    TAXES = "taxes"
    OVERHEAD = "overhead"


class ClawbackGround(StrEnum):
    """Why money may be taken back."""

    COURT = "court"
    INELIGIBLE = "ineligible"
    UNSPENT = "unspent"


class Authority(StrEnum):
    """Who may order a freeze."""

    COURT = "court"
    FINANCIAL_MONITORING = "financial_monitoring"


class Texts(Section):
    """One sentence for a minister, per language; English is what the others are translated from."""

    en: Annotated[str, Field(min_length=1, max_length=300)]
    kk: str | None = None
    ru: str | None = None


def bits_of(flags: int) -> list[int]:
    """Return each flag of a union, the lowest first."""
    return [1 << place for place in range(flags.bit_length()) if flags >> place & 1]


def union_of(flags: tuple[Evidence, ...]) -> int:
    """Return the union of `flags` as a plain number."""
    # A plain int: combining and testing IntFlag members costs ten times as much.
    union = 0
    for flag in flags:
        union |= flag.value
    return union
