"""What a scenario says about everyday payments: how many, how large, when, for what, and how.

Volumes are stated as the published statistics state them, per thousand people and month with the
mean ticket over everything; what they are for is divided by shares, and the tickets of the parts
are scaled by one factor, so the whole is always the published whole. Or a table of real payments
takes the place of all of it.
"""

from fractions import Fraction
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from tengesim.money import BP, PAYMENT_MAX_TIYN, format_amount, mul_div
from tengesim.parameter import Amount, Count, Identifier, Rate, Section, Sourced, refusal
from tengesim.retail.imported import ImportSection

__all__ = [
    "REFUND",
    "RENT",
    "TRANSFER",
    "UTILITIES",
    "WITHDRAWAL",
    "BillSection",
    "ChoiceSection",
    "EverydaySection",
    "MonthDaysSection",
    "PurposeSection",
    "RefundsSection",
    "RetailSection",
    "WeightsSection",
    "WithdrawalSection",
    "wants_per_thousand",
]

TRANSFER: Final = "transfer"
"""Purpose of payments between people."""
WITHDRAWAL: Final = "cash_withdrawal"
"""Purpose of getting cash for a deposit."""
RENT: Final = "rent"
UTILITIES: Final = "4900"
"""Merchant category of utilities (ISO 18245)."""
PER_THOUSAND_MAX: Final = 1_000_000
REFUND: Final = "refund"
"""Purpose of giving back what was paid for a purchase."""
RETURN_HOURS_MAX: Final = 10_000
"""Longer than any right to bring something back, and than a year."""
_WEIGHT_MAX: Final = 1_000_000

_Weight = Annotated[int, Field(ge=0, le=_WEIGHT_MAX)]


class WeightsSection(Section):
    """Relative weights of hours, weekdays or months, in their order; only their ratios count."""

    weights: Annotated[tuple[_Weight, ...], Field(strict=False, min_length=7, max_length=24)]
    source: Annotated[str, Field(min_length=1, max_length=500)]


class MonthDaysSection(Section):
    """Days of the month, from the first to the last, on which more is paid."""

    first: Annotated[int, Field(ge=1, le=28)]
    last: Annotated[int, Field(ge=1, le=28)]
    uplift: Sourced[Rate] = Field(description="Payments above those of other days.")

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.last < self.first:
            raise refusal(
                "END_BEFORE_START",
                f"the days end on the {self.last}., before their start on the {self.first}.",
                expected="a last day that is not before the first",
                at=("last",),
            )
        return self

    @property
    def count(self) -> int:
        """Number of days."""
        return self.last - self.first + 1


class PurposeSection(Section):
    """What some payments are for: a merchant category, or transfers between people."""

    share: Sourced[Rate] = Field(description="Share of all payments, by number.")
    ticket: Sourced[Amount] = Field(
        description="Mean amount relative to other purposes; all are scaled to the mean ticket."
    )
    median: Sourced[Rate] = Field(description="Median amount as a share of the mean.")
    remote: Sourced[Rate] = Field(description="Share made without meeting the payee.")


class WithdrawalSection(Section):
    """Cash taken out of deposits."""

    number: Sourced[Count] = Field(description="Withdrawals per 1,000 people and month.")
    amount: Sourced[Amount] = Field(description="Mean withdrawal.")
    median: Sourced[Rate] = Field(description="Median withdrawal as a share of the mean.")


class BillSection(Section):
    """What households pay once a month on a day of their own."""

    households: Sourced[Rate] = Field(description="Share of households that pay it.")
    amount: Sourced[Amount] = Field(description="Mean monthly amount.")
    median: Sourced[Rate] = Field(description="Median amount as a share of the mean.")
    first_day: Annotated[int, Field(ge=1, le=28)]
    last_day: Annotated[int, Field(ge=1, le=28)]
    schedule_source: Annotated[str, Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.last_day < self.first_day:
            raise refusal(
                "END_BEFORE_START",
                f"bills are due from the {self.first_day}. to the {self.last_day}. of the month",
                expected="a last day that is not before the first",
                at=("last_day",),
            )
        return self


class ChoiceSection(Section):
    """Which form of money people reach for first."""

    cash: Sourced[Rate] = Field(description="Share of counter payments meant to be in cash.")
    digital: Sourced[Rate] = Field(
        description="Share of people with a wallet who use digital tenge wherever it is taken."
    )


class EverydaySection(Section):
    """Everyday payments as behaviour: volumes, parts, times, and the choice of money."""

    number: Sourced[Count] = Field(
        description="Cashless payments per 1,000 people and month, transfers included."
    )
    ticket: Sourced[Amount] = Field(description="Mean cashless payment.")
    youngest: Sourced[Count] = Field(description="Age in years from which people pay.")
    purposes: Annotated[dict[Identifier, PurposeSection], Field(min_length=1)]
    in_household: Sourced[Rate] = Field(
        description="Share of transfers that stay within the household."
    )
    withdrawals: WithdrawalSection
    rent: BillSection
    utilities: BillSection
    hours: WeightsSection
    weekdays: WeightsSection
    months: WeightsSection
    pay_days: MonthDaysSection
    choice: ChoiceSection

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        total_bp = sum(purpose.share.value for purpose in self.purposes.values())
        if total_bp != BP:
            raise refusal(
                "SHARES",
                f"the shares of the purposes add up to {total_bp} bp",
                expected="100 %",
                at=("purposes",),
            )
        for name, count in (("hours", 24), ("weekdays", 7), ("months", 12)):
            weights = getattr(self, name).weights
            if len(weights) != count or not any(weights):
                raise refusal(
                    "RANGE",
                    f"{len(weights)} weights, {sum(map(bool, weights))} of them above zero",
                    expected=f"{count} weights, not all of them zero",
                    at=(name, "weights"),
                )
        self._check_amounts()
        self._check_medians()
        return self

    def _check_amounts(self) -> None:
        amounts: dict[tuple[str, ...], Sourced[Amount]] = {
            ("ticket",): self.ticket,
            ("withdrawals", "amount"): self.withdrawals.amount,
            ("rent", "amount"): self.rent.amount,
            ("utilities", "amount"): self.utilities.amount,
            **{("purposes", name, "ticket"): one.ticket for name, one in self.purposes.items()},
        }
        # A table of tickets reaches far above its mean, and the heaviest spender above that.
        most = PAYMENT_MAX_TIYN // BP
        for at, amount in amounts.items():
            if not 1 <= amount.value <= most:
                raise refusal(
                    "RANGE",
                    f"{format_amount(amount.value)} is out of range",
                    expected=f"1 tiyn to {format_amount(most)}",
                    at=(*at, "value"),
                )
        numbers = {("number",): self.number, ("withdrawals", "number"): self.withdrawals.number}
        for at, number in numbers.items():
            if number.value > PER_THOUSAND_MAX:
                raise refusal(
                    "RANGE",
                    f"{number.value} a month per 1,000 people",
                    expected=f"at most {PER_THOUSAND_MAX}",
                    at=(*at, "value"),
                )

    def _check_medians(self) -> None:
        stated: dict[tuple[str, ...], Sourced[Rate]] = {
            ("withdrawals",): self.withdrawals.median,
            ("rent",): self.rent.median,
            ("utilities",): self.utilities.median,
            **{("purposes", name): one.median for name, one in self.purposes.items()},
        }
        for at, median in stated.items():
            if not median.value:
                raise refusal(
                    "RANGE",
                    "the median is zero",
                    expected="a share of the mean above 0 % and up to 100 %",
                    at=(*at, "median", "value"),
                )

    def cashless_weights(self) -> dict[str, int]:
        """Return how much of all wants each purpose has in cashless ones, in parts of BP³."""
        return {
            name: one.share.value * (BP**2 - (BP - one.remote.value) * self.choice.cash.value)
            for name, one in self.purposes.items()
        }

    def ticket_of(self, purpose: str) -> int:
        """Return the mean ticket of a purpose, scaled so that cashless ones have the stated mean.

        In tiyn; of a behaviour in which everything is cash, the ticket as stated.
        """
        weights = self.cashless_weights()
        stated = sum(weights[name] * one.ticket.value for name, one in self.purposes.items())
        ticket_tiyn = self.purposes[purpose].ticket.value
        if not stated:
            return ticket_tiyn
        return mul_div(ticket_tiyn, self.ticket.value * sum(weights.values()), stated)


class RefundsSection(Section):
    """Purchases that are brought back; the money returns the way it was paid."""

    chance: Sourced[Rate] = Field(description="Purchases from merchants, bills apart, by number.")
    soonest: Sourced[Count] = Field(description="Hours after which a purchase may come back.")
    latest: Sourced[Count] = Field(description="Hours after which none does any more.")

    @model_validator(mode="after")
    def _is_a_delay(self) -> Self:
        for name, least in (("soonest", 1), ("latest", self.soonest.value)):
            hours = getattr(self, name).value
            if not least <= hours <= RETURN_HOURS_MAX:
                raise refusal(
                    "RANGE",
                    f"{hours} hours after the purchase",
                    expected=f"{least} to {RETURN_HOURS_MAX} hours",
                    at=(name, "value"),
                )
        return self


class RetailSection(Section):
    """Everyday payments: drawn from stated behaviour, or read from a table of real payments."""

    everyday: EverydaySection | None = None
    imported: ImportSection | None = Field(default=None, alias="import")
    refunds: RefundsSection | None = Field(default=None, exclude_if=lambda stated: stated is None)

    @model_validator(mode="after")
    def _has_a_tape(self) -> Self:
        if self.everyday is None and self.imported is None:
            raise refusal(
                "MISSING_KEY",
                "nothing says what people pay",
                expected="`everyday`, or `import` with a table of payments",
                at=("everyday",),
            )
        if self.imported is not None and self.refunds is not None:
            raise refusal(
                "WORLD_EMPTY",
                "a table of real payments is replayed, and nothing of it comes back",
                expected="`refunds` beside `everyday` alone",
                do="remove `refunds`, or `import`",
                at=("refunds",),
            )
        return self


def wants_per_thousand(everyday: EverydaySection) -> Fraction:
    """Return the wants per 1,000 people and month, those for cash included.

    The stated number is of cashless payments; what is meant to be paid in cash comes on top.
    """
    cashless = Fraction(sum(everyday.cashless_weights().values()), BP**3)
    return Fraction(everyday.number.value, cashless) if cashless else Fraction(0)
