"""The banks a scenario names: who issues, who keeps deposits, and what stands behind those.

Apart from the banks themselves, because accounts are opened from it before any bank acts.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from tengesim.money import BP
from tengesim.parameter import Amount, Identifier, Rate, Section, Sourced, TimeOfDay, refusal

__all__ = ["BankSection", "BanksSection", "LiquiditySection"]


class BankSection(Section):
    """A second-tier bank and its share of the payees' accounts."""

    id: Identifier
    share: Sourced[Rate]


class LiquiditySection(Section):
    """What the National Bank lends to a bank whose reserves run out, and when it is repaid.

    Without this section a bank without reserves cannot pay, which the log says.
    """

    tranche: Sourced[Amount] = Field(description="The least that is lent at once.")
    repay_at: TimeOfDay = Field(
        description="When a bank gives back what it holds above its required reserves."
    )
    schedule_source: Annotated[
        str, Field(min_length=1, max_length=500, description="Where the time comes from.")
    ]


class BanksSection(Section):
    """The banks of the world."""

    national_bank: Identifier
    second_tier: Annotated[tuple[BankSection, ...], Field(strict=False, min_length=2)]
    reserve_ratio: Sourced[Rate] | None = Field(
        default=None,
        description="Reserves of a bank at the start and required of it later, by its deposits.",
    )
    liquidity: LiquiditySection | None = None

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        total_bp = sum(bank.share.value for bank in self.second_tier)
        if total_bp != BP:
            raise refusal(
                "SHARES",
                f"the shares of the second tier add up to {total_bp / 100:g} %",
                expected="100 %",
                at=("second_tier",),
            )
        return self
