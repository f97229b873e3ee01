"""What a scenario says about how people behave at the canteen, and what tempts them."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tengesim.clock import HOUR_US
from tengesim.money import BP, PAYMENT_MAX_TIYN, format_amount
from tengesim.parameter import (
    Amount,
    DurationValue,
    Identifier,
    Rate,
    Section,
    Sourced,
    TimeOfDay,
    refusal,
)

__all__ = ["METHODS", "MealsBehaviour", "MethodSection", "SlotSection"]

METHODS = ("card", "qr", "palm")
"""Digital proofs of presence, in the order in which schools are assigned to them."""

RISK_MAX_TIYN: Final = 2**32 - 2
"""Uniform draws below a bound use 32 bits."""


class MethodSection(Section):
    """One digital proof of presence: who uses it, how it fails, how it is fooled."""

    share: Sourced[Rate]
    failure: Sourced[Rate] = Field(description="First scans of a present pupil that fail.")
    spoof: Sourced[Rate] = Field(description="Forged proofs of an absent pupil that succeed.")
    forging_cost: Sourced[Amount] = Field(description="Cost to the caterer of one forged proof.")


class SlotSection(Section):
    """One lunch break: when it starts and which share of pupils has it."""

    at: TimeOfDay
    share: Rate
    source: Annotated[str, Field(min_length=1, max_length=500)]


class MealsBehaviour(Section):
    """Pupils who come or stay away, scanners that fail, caterers who are tempted."""

    kind: Literal["meals"]
    absence: Sourced[Rate]
    lunch_breaks: Annotated[tuple[SlotSection, ...], Field(strict=False, min_length=1)]
    lunch_spread: Sourced[DurationValue]
    methods: dict[Identifier, MethodSection]
    second_scan: Sourced[Rate] = Field(description="Second scans that succeed after a failed one.")
    manual_fallback: Sourced[Rate] = Field(
        description="Failed scans that the canteen may enter by hand."
    )
    phantom_gain: Sourced[Rate] = Field(
        description="Share of the price that a caterer keeps from a meal never served."
    )
    risk_cost_max: Sourced[Amount] = Field(
        description="Greatest cost a dishonest caterer sees in the risk of one forged meal; the"
        " cost of each is uniform between zero and this."
    )
    double_scan: Sourced[Rate]
    unserved: Sourced[Rate] = Field(description="Paid meals that are not served and refunded.")
    kiosk_attempt: Sourced[Rate] = Field(
        description="Pupils a day who try to spend a marked purse at a kiosk."
    )
    kiosk_ticket: Sourced[Amount]
    kiosk_category: Identifier

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if tuple(self.methods) != METHODS:
            raise refusal(
                "METHODS",
                f"the methods are {', '.join(self.methods) or 'none'}",
                expected=f"{', '.join(METHODS)}, in this order",
                at=("methods",),
            )
        shares = {
            "methods": sum(method.share.value for method in self.methods.values()),
            "lunch_breaks": sum(slot.share for slot in self.lunch_breaks),
        }
        for name, total_bp in shares.items():
            if total_bp != BP:
                raise refusal(
                    "SHARES",
                    f"the shares add up to {total_bp / 100:g} %",
                    expected="100 %",
                    at=(name,),
                )
        for name, most in (("kiosk_ticket", PAYMENT_MAX_TIYN), ("risk_cost_max", RISK_MAX_TIYN)):
            amount_tiyn, least = getattr(self, name).value, int(name == "kiosk_ticket")
            if not least <= amount_tiyn <= most:
                raise refusal(
                    "RANGE",
                    f"{format_amount(amount_tiyn)} is out of range",
                    expected=f"{least} tiyn to {format_amount(most)}",
                    at=(name, "value"),
                )
        spread = self.lunch_spread.value
        for slot in self.lunch_breaks:
            # A cell of the tape is one hour, and a lunch break belongs to one cell.
            if spread.unit != "us" or slot.at % HOUR_US + spread.value > HOUR_US:
                raise refusal(
                    "LUNCH_BREAK",
                    "a lunch break runs over the full hour",
                    expected="start and spread within one clock hour",
                    at=("lunch_spread",),
                )
        return self
