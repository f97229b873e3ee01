"""What a scenario says about supplies by the meter: water, power, fuel.

Somebody has money for a season, the supplier delivers, a meter is read at intervals, and each unit
that it shows is paid at the rate of the rule book until the money ends. What a meter shows need not
be what was used.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tengesim.institutions.purchases.model import (
    Funds,
    is_one_kind_of_money,
    take_business_days,
)
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

__all__ = ["SuppliesSection", "SupplyTruthSection"]

_Text = Annotated[str, Field(min_length=1, max_length=500)]
_CONNECTIONS_MAX: Final = 100_000
_READINGS_MAX: Final = 1_000
_UNITS_MAX: Final = 10**9


class SupplyTruthSection(Section):
    """What people do to one another; truth, which no meter and no rule reads."""

    suppliers_abscond: Sourced[Rate] = Field(
        description="Connections whose supplier means to take the money and deliver nothing."
    )
    buyers_divert: Sourced[Rate] = Field(
        description="Loans that the borrower means to spend on something else."
    )
    meters_tampered: Sourced[Rate] = Field(
        description="Connections whose supplier has made the meter show more than is used."
    )
    tampered_by: Sourced[Rate] = Field(description="How much more such a meter shows.")
    falls_through: Sourced[Rate] = Field(
        description="Honest connections that are never supplied in the end."
    )

    @model_validator(mode="after")
    def _leaves_the_honest(self) -> Self:
        shares = (
            self.suppliers_abscond,
            self.buyers_divert,
            self.meters_tampered,
            self.falls_through,
        )
        total = sum(share.value for share in shares)
        if total > BP:
            raise refusal(
                "SHARES",
                f"the shares of connections that go wrong add up to {total} basis points",
                expected="at most 100 %, 10000 basis points",
                at=("suppliers_abscond",),
            )
        return self


class SuppliesSection(Section):
    """Supplies of one kind by the meter, in one region."""

    title: _Text
    meter: Identifier = Field(description="Meter or register that says how many units were used.")
    funds: Funds = Field(strict=False)
    region: Identifier
    category: Identifier = Field(description="Merchant category (ISO 18245) of the suppliers.")
    rule_book: Identifier = Field(description="Asked at each reading; it names the rate of a unit.")
    form: Literal["bank_deposit", "digital_tenge"] = Field(
        description="Form of money in which the supplier is paid."
    )
    mark: Identifier | None = Field(
        default=None, description="Mark of the loans; left out, they are unmarked money."
    )
    connections: Sourced[Count]
    suppliers: Sourced[Count] = Field(
        description="Suppliers among whom the connections are spread."
    )
    allotment: Sourced[Amount] = Field(description="Money that is there for a connection.")
    allotment_spread: Sourced[Rate] = Field(
        description="How far it may lie from `allotment`, to both sides."
    )
    term: Term
    agreed_at: TimeOfDay
    read_at: TimeOfDay = Field(description="When the meter is read.")
    schedule_source: _Text
    every: Sourced[DurationValue] = Field(
        description="Agreement to the first reading, and from each to the next."
    )
    readings: Sourced[Count] = Field(description="How often the meter is read.")
    use: Sourced[Count] = Field(description="Units used between two readings.")
    use_spread: Sourced[Rate] = Field(description="How far that may lie from `use`, to both sides.")
    misread: Sourced[Rate] = Field(description="Readings that are wrong without intent.")
    misread_by: Sourced[Rate] = Field(
        description="How far a wrong reading lies from what was used, to either side alike."
    )
    truth: SupplyTruthSection

    @property
    def deals(self) -> Sourced[int]:
        """How many connections there are."""
        return self.connections

    @property
    def sellers(self) -> Sourced[int]:
        """How many suppliers there are."""
        return self.suppliers

    @property
    def price(self) -> Sourced[int]:
        """Money that is there for a connection."""
        return self.allotment

    @property
    def price_spread(self) -> Sourced[int]:
        """How far it may lie from that."""
        return self.allotment_spread

    @model_validator(mode="after")
    def _counts_in_business_days(self) -> Self:
        take_business_days(self, ("every",))
        return self

    @model_validator(mode="after")
    def _can_be_counted(self) -> Self:
        highest_tiyn = self.allotment.value * (BP + self.allotment_spread.value) // BP
        if self.allotment_spread.value >= BP or not 1 <= self.allotment.value <= highest_tiyn:
            raise refusal(
                "RANGE",
                f"{format_amount(self.allotment.value)} may become nothing",
                expected="money above zero and a spread below 100 %",
                at=("allotment_spread", "value"),
            )
        if highest_tiyn > PAYMENT_MAX_TIYN:
            raise refusal(
                "RANGE",
                f"{format_amount(highest_tiyn)} is too much for one payment",
                expected=f"at most {format_amount(PAYMENT_MAX_TIYN)}",
                at=("allotment", "value"),
            )
        for name, most in (
            ("connections", _CONNECTIONS_MAX),
            ("suppliers", self.connections.value),
            ("readings", _READINGS_MAX),
            ("use", _UNITS_MAX),
        ):
            if not 1 <= getattr(self, name).value <= most:
                raise refusal(
                    "RANGE",
                    f"{name} is {getattr(self, name).value}",
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
