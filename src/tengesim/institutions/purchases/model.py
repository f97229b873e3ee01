"""What a scenario says about purchases against a register: animals, vehicles, land.

A thing is agreed upon, handed over and entered in a register under its new owner. Whether money
moves at the agreement or only once the register has changed is a matter of the rule book alone, so
the arms of a study differ in their rules and in nothing else.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final, Literal, Protocol, Self

from pydantic import Field, model_validator

from tengesim.money import BP, PAYMENT_MAX_TIYN, format_amount
from tengesim.parameter import (
    Amount,
    Count,
    DurationValue,
    Identifier,
    Rate,
    Section,
    Sourced,
    Term,
    TimeOfDay,
    refusal,
)
from tengesim.rules.terms import PropertyRegister

__all__ = [
    "Funds",
    "InstalmentsSection",
    "OwnMoneySection",
    "PurchasesSection",
    "Trade",
    "TruthSection",
    "is_one_kind_of_money",
    "take_business_days",
]

_Text = Annotated[str, Field(min_length=1, max_length=500)]
_DEALS_MAX: Final = 1_000_000
_STEPS: Final = ("handover", "registration", "correction")


class Funds(StrEnum):
    """Whose money pays: a loan of public money, or the buyer's own."""

    LOAN = "loan"
    OWN = "own"


def take_business_days(section: Section, names: Sequence[str]) -> None:
    """Raise a finding where a time is not one that offices count in."""
    for name in names:
        duration = getattr(section, name).value
        if duration.unit != "business_days" or duration.value < 1:
            raise refusal(
                "DURATION",
                f"{name} takes {duration}",
                expected="a business day or more, such as 3 business days",
                at=(name, "value"),
            )


class Trade(Protocol):
    """What every section says of those who buy and sell, whatever it is that they agree upon."""

    @property
    def region(self) -> str:
        """Where it is sold."""
        ...

    @property
    def category(self) -> str:
        """Merchant category of the sellers."""
        ...

    @property
    def rule_book(self) -> str:
        """Rules of the money."""
        ...

    @property
    def form(self) -> str:
        """Form of money in which sellers are paid."""
        ...

    @property
    def funds(self) -> Funds:
        """Whose money pays."""
        ...

    @property
    def mark(self) -> str | None:
        """Mark of the money, if it bears one."""
        ...

    @property
    def term(self) -> Term:
        """Days on which deals are agreed upon."""
        ...

    @property
    def agreed_at(self) -> int:
        """Time of day at which they are."""
        ...

    @property
    def deals(self) -> Sourced[int]:
        """How many deals there are."""
        ...

    @property
    def sellers(self) -> Sourced[int]:
        """Among how many sellers they are spread."""
        ...

    @property
    def price(self) -> Sourced[int]:
        """Money that is there for a deal."""
        ...

    @property
    def price_spread(self) -> Sourced[int]:
        """How far it may lie from that, to both sides."""
        ...


def is_one_kind_of_money(section: Trade) -> None:
    """Raise a finding where mark, form and funds of a section do not go together."""
    is_marked, is_loan = section.mark is not None, section.funds is Funds.LOAN
    if is_marked and section.form != "digital_tenge":
        raise refusal(
            "RANGE",
            "a deposit bears no mark",
            expected="`form: digital_tenge`, or no mark",
            at=("mark",),
        )
    if is_loan and not is_marked and section.form == "digital_tenge":
        raise refusal(
            "RANGE",
            "a loan in digital tenge bears the mark of its purpose",
            expected="`mark`, or `form: bank_deposit`",
            at=("form",),
        )


class TruthSection(Section):
    """What people do to one another; truth, which no register and no rule reads."""

    sellers_abscond: Sourced[Rate] = Field(
        description="Deals whose seller means to take the money and hand nothing over."
    )
    buyers_divert: Sourced[Rate] = Field(
        description="Loans that the borrower means to spend on something else."
    )
    sham_sales: Sourced[Rate] = Field(
        description="Sales agreed between friends, undone once the register has changed."
    )
    falls_through: Sourced[Rate] = Field(
        description="Honest deals in which the seller cannot deliver in the end."
    )

    @model_validator(mode="after")
    def _leaves_the_honest(self) -> Self:
        shares = (self.sellers_abscond, self.buyers_divert, self.sham_sales, self.falls_through)
        total = sum(share.value for share in shares)
        if total > BP:
            raise refusal(
                "SHARES",
                f"the shares of deals that go wrong add up to {total} basis points",
                expected="at most 100 %, 10000 basis points",
                at=("sellers_abscond",),
            )
        return self


class OwnMoneySection(Section):
    """What buyers have beside the money of the programme, where they pay a part of the price."""

    savings: Sourced[Amount] = Field(description="Own money of a buyer, in a deposit.")
    spread: Sourced[Rate] = Field(
        description="How far the money of a buyer may lie from `savings`, to both sides."
    )

    @model_validator(mode="after")
    def _can_be_counted(self) -> Self:
        if self.savings.value > PAYMENT_MAX_TIYN:
            raise refusal(
                "RANGE",
                f"{format_amount(self.savings.value)} is too much for one buyer",
                expected=f"at most {format_amount(PAYMENT_MAX_TIYN)}",
                at=("savings", "value"),
            )
        return self


class InstalmentsSection(Section):
    """When instalments are due, and what becomes of the thing meanwhile."""

    every: Sourced[DurationValue] = Field(
        description="Agreement to the first instalment, and from each to the next."
    )
    undone_after: Sourced[DurationValue] = Field(
        description="Entry in the register to its reversal, of sham sales."
    )

    @model_validator(mode="after")
    def _takes_business_days(self) -> Self:
        take_business_days(self, ("every", "undone_after"))
        return self


class PurchasesSection(Section):
    """Purchases of one kind of thing in one region."""

    title: _Text
    thing: PropertyRegister = Field(strict=False, description="Register of what is bought.")
    funds: Funds = Field(strict=False)
    region: Identifier
    category: Identifier = Field(description="Merchant category (ISO 18245) of the sellers.")
    rule_book: Identifier = Field(
        description="Asked at the agreement, and again when the register has changed."
    )
    form: Literal["bank_deposit", "digital_tenge"] = Field(
        description="Form of money in which the seller is paid."
    )
    mark: Identifier | None = Field(
        default=None, description="Mark of the loans; left out, they are unmarked money."
    )
    deals: Sourced[Count]
    sellers: Sourced[Count] = Field(description="Sellers among whom the deals are spread.")
    price: Sourced[Amount]
    price_spread: Sourced[Rate] = Field(
        description="How far a price may lie from `price`, to both sides."
    )
    term: Term
    agreed_at: TimeOfDay
    registers_at: TimeOfDay = Field(description="When the register answers.")
    schedule_source: _Text
    handover: Sourced[DurationValue] = Field(description="Agreement to handing over.")
    registration: Sourced[DurationValue] = Field(
        description="Handing over to the new entry in the register."
    )
    register_error: Sourced[Rate] = Field(
        description="True changes of owner that the register does not enter at first."
    )
    correction: Sourced[DurationValue] = Field(description="Time until such an entry is corrected.")
    refund_after: Sourced[DurationValue] | None = Field(
        default=None,
        description="Time after the agreement at which honest sellers who were paid and cannot"
        " deliver give the money back; left out where the rule book says when money goes back.",
    )
    own_money: OwnMoneySection | None = Field(
        default=None,
        exclude_if=lambda section: section is None,
        description="What buyers have of their own, where the rule book has them pay a part.",
    )
    instalments: InstalmentsSection | None = Field(
        default=None,
        exclude_if=lambda section: section is None,
        description="When instalments are due, where the rule book pays in instalments.",
    )
    truth: TruthSection

    @model_validator(mode="after")
    def _takes_business_days(self) -> Self:
        back = () if self.refund_after is None else ("refund_after",)
        take_business_days(self, (*_STEPS, *back))
        return self

    @model_validator(mode="after")
    def _can_be_paid(self) -> Self:
        highest_tiyn = self.price.value * (BP + self.price_spread.value) // BP
        if self.price_spread.value >= BP or not 1 <= self.price.value <= highest_tiyn:
            raise refusal(
                "RANGE",
                f"{format_amount(self.price.value)} may become nothing",
                expected="a price above zero and a spread below 100 %",
                at=("price_spread", "value"),
            )
        if highest_tiyn > PAYMENT_MAX_TIYN:
            raise refusal(
                "RANGE",
                f"{format_amount(highest_tiyn)} is too much for one payment",
                expected=f"at most {format_amount(PAYMENT_MAX_TIYN)}",
                at=("price", "value"),
            )
        for name, most in (("deals", _DEALS_MAX), ("sellers", self.deals.value)):
            if not 1 <= getattr(self, name).value <= most:
                raise refusal(
                    "RANGE",
                    f"there are {getattr(self, name).value} {name}",
                    expected=f"1 to {most:,}",
                    at=(name, "value"),
                )
        return self

    @model_validator(mode="after")
    def _is_one_kind_of_money(self) -> Self:
        is_one_kind_of_money(self)
        return self

    @model_validator(mode="after")
    def _diverts_loans_only(self) -> Self:
        if self.funds is Funds.OWN and (self.truth.buyers_divert.value or self.mark is not None):
            raise refusal(
                "RANGE",
                "buyers with their own money divert no loan, and no mark is on it",
                expected="`funds: loan`, or buyers_divert 0 % and no mark",
                at=("truth", "buyers_divert"),
            )
        return self
