"""What a scenario says about offline purses: who has one, what it may do, how it is abused."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from tengesim.clock import DAY_US
from tengesim.institutions.outages import CoverageSection
from tengesim.parameter import (
    Amount,
    Count,
    Day,
    DurationValue,
    Identifier,
    Rate,
    Section,
    Sourced,
    TimeOfDay,
    refusal,
)

__all__ = ["CopiesSection", "OfflineSection"]


class CopiesSection(Section):
    """Purses that spend the same money twice, and what stops them."""

    purses: Sourced[Rate] = Field(description="Purses whose holder has found a way to copy.")
    attempts: Sourced[Rate] = Field(
        description="Offline payments of such a purse that are spent once more."
    )
    second_after: Sourced[DurationValue] = Field(
        description="Time between the first and the second spending."
    )
    stopped_by_device: Sourced[Rate] = Field(
        description="Second spendings that the secure element of the device stops."
    )


class OfflineSection(Section):
    """Offline purses: caps, counts, contact with the platform, lost devices, copies.

    A payment that reaches nobody within `sync_window` returns to the purse it came from.
    `last_day` is the last day of offline payments, so that every one of them has come to its end
    before the horizon does.
    """

    coverage: CoverageSection
    holders: Sourced[Rate] = Field(description="People with a wallet who also have a purse.")
    balance_limit: Sourced[Amount] = Field(description="What a purse is loaded up to.")
    payment_limit: Sourced[Amount]
    count_limit: Sourced[Count] = Field(description="Payments between two contacts.")
    load_at: TimeOfDay
    schedule_source: Annotated[str, Field(min_length=1, max_length=500)]
    sync_window: Sourced[DurationValue]
    last_day: Day
    lost_devices: Sourced[Rate] = Field(
        description="Devices of payers and payees that are lost within the horizon."
    )
    copies: CopiesSection
    rule_book: Identifier | None = Field(
        default=None,
        exclude_if=lambda name: name is None,
        description="Rules that say when devices report, and what becomes of what is not covered.",
    )

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if self.payment_limit.value > self.balance_limit.value:
            raise refusal(
                "LIMITS_OUT_OF_ORDER",
                "a purse may pay more at once than it can hold",
                expected="payment_limit ≤ balance_limit",
                at=("payment_limit", "value"),
            )
        for name, duration in (
            ("sync_window", self.sync_window.value),
            ("second_after", self.copies.second_after.value),
        ):
            if duration.unit != "us" or duration.value <= 0:
                at = ("copies", name) if name == "second_after" else (name,)
                raise refusal(
                    "DURATION",
                    f"{name} is {duration}",
                    expected="a time that passes on every day, such as 2 h or 7 days",
                    at=(*at, "value"),
                )
        if self.copies.second_after.value.value >= self.sync_window.value.value:
            raise refusal(
                "TIMES_OUT_OF_ORDER",
                "money would be spent a second time after it has returned",
                expected="second_after < sync_window",
                at=("copies", "second_after", "value"),
            )
        return self

    def days_open(self) -> int:
        """Return how many days after `last_day` a payment may still be on its way, rounded up."""
        second_us = self.copies.second_after.value.value
        return -(-(self.sync_window.value.value + second_us) // DAY_US) + 1
