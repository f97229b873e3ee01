"""What a scenario says about suppliers: how many, what they cost, what registers say of them."""

from typing import Self

from pydantic import Field, model_validator

from tengesim.parameter import Count, Rate, Section, Sourced, refusal

__all__ = ["FirmsSection", "RegisterSection"]


class RegisterSection(Section):
    """What registers say of suppliers, and how often they are wrong."""

    vat: Sourced[Rate] = Field(description="Part of suppliers that pay value added tax.")
    tax_debt: Sourced[Rate] = Field(description="Part of suppliers that owe taxes.")
    listed: Sourced[Rate] = Field(description="Part listed as unreliable.")
    shells: Sourced[Rate] = Field(description="Part that is a name without workers.")
    errors: Sourced[Rate] = Field(
        description="Part of the answers about debts and listing that are wrong, and of"
        " affiliations that the company register does not show."
    )


class FirmsSection(Section):
    """Suppliers of a region, and those from elsewhere who bid there."""

    local: Sourced[Count]
    outside: Sourced[Count]
    small: Sourced[Rate] = Field(description="Part of suppliers that are small.")
    cost_spread: Sourced[Rate] = Field(
        description="How far, at most, a supplier's costs lie above or below what is usual."
    )
    capacity_small: Sourced[Count] = Field(
        description="Tendered contracts that a small supplier has at once, at most."
    )
    capacity: Sourced[Count] = Field(description="The same of other suppliers.")
    grouped: Sourced[Rate] = Field(description="Part of suppliers whose owners own others too.")
    group_size: Sourced[Count]
    related: Sourced[Rate] = Field(
        description="Part of buyers whose officials have a relative among suppliers."
    )
    registers: RegisterSection
    experience: Sourced[Count] = Field(
        description="Payments that suppliers hear of until these count as much as what terms and"
        " papers suggest."
    )
    responds: bool = Field(
        description="Whether suppliers price the delay they expect, and stay away because of it."
    )

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        for name in ("local", "capacity_small", "capacity", "experience"):
            if not getattr(self, name).value:
                raise refusal(
                    "RANGE", f"{name} is nothing", expected="1 or more", at=(name, "value")
                )
        if self.group_size.value < 2:
            raise refusal(
                "RANGE", "a group of one", expected="2 or more", at=("group_size", "value")
            )
        return self
