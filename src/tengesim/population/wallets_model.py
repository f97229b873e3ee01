"""What a scenario says about wallets: tiers, limits, demand, top-ups, and a run on the banks.

How much people want to hold is stated as shares at equal interest and the rate gap that halves the
odds, so that every number of the demand is one a reader can picture. The logistic is evaluated once
with decimals when a world is built; decisions read whole numbers.
"""

import operator
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tengesim.money import BP
from tengesim.parameter import (
    Amount,
    Count,
    Day,
    Identifier,
    Rate,
    Section,
    Sourced,
    TimeOfDay,
    refusal,
)

__all__ = [
    "TIERS_MAX",
    "DelegatedSection",
    "DemandSection",
    "EpisodeSection",
    "FundingSection",
    "LimitsSection",
    "MerchantWalletsSection",
    "ShareAtGap",
    "TierSection",
    "WalletsSection",
]

TIERS_MAX: Final = 3
"""Tiers that the evidence of a payment can name, wallets of children included."""

_DIGITS: Final = Context(prec=30)
_Source = Annotated[
    str, Field(min_length=1, max_length=500, description="Where the times come from.")
]
_LIMITS: Final = ("per_payment", "per_day", "balance")


class LimitsSection(Section):
    """What a wallet may pay at once and in a day, and what it may hold."""

    id: Identifier
    per_payment: Sourced[Amount]
    per_day: Sourced[Amount]
    balance: Sourced[Amount]

    @model_validator(mode="after")
    def _a_day_allows_a_payment(self) -> Self:
        if self.per_day.value < self.per_payment.value:
            raise refusal(
                "TIER_ORDER",
                f"tier {self.id!r} allows less in a day than in one payment",
                expected="per_payment ≤ per_day",
                at=("per_day", "value"),
            )
        return self


class TierSection(LimitsSection):
    """R46: limits by how well the owner of a wallet is known."""

    share: Sourced[Rate] = Field(description="Share of the adults with a wallet.")
    has_bank_account: bool = Field(
        description="Whether money above a limit flows to the owner's deposit, and back."
    )


class DelegatedSection(LimitsSection):
    """R45: a child's wallet below that of a parent, with limits and a weekly allowance."""

    share: Sourced[Rate] = Field(description="Share of the children whose parent has a wallet.")
    youngest: Sourced[Count] = Field(description="Age in years from which a child may have one.")
    allowance: Sourced[Amount] = Field(description="What the parent gives on Mondays.")


class ShareAtGap(Section):
    """A share that falls as deposits pay more than digital tenge: a logistic of the rate gap."""

    at_parity: Sourced[Rate] = Field(
        description="The share at equal interest: what convenience alone is worth."
    )
    halving_gap: Sourced[Rate] = Field(description="Rate gap, a year, that halves the odds.")

    @model_validator(mode="after")
    def _gap_is_positive(self) -> Self:
        for end in ("value", "low"):
            if getattr(self.halving_gap, end) == 0:
                raise refusal(
                    "RANGE",
                    "a gap of nothing cannot halve the odds",
                    expected="more than 0 %",
                    at=("halving_gap", end),
                )
        return self

    def share_bp(self, gap_bp: int) -> int:
        """Return the share at a gap in basis points a year; a negative gap raises it."""
        parity_bp = self.at_parity.value
        if parity_bp in (0, BP):
            return parity_bp
        halvings = _DIGITS.divide(Decimal(-gap_bp), Decimal(self.halving_gap.value))
        at_parity = _DIGITS.divide(Decimal(parity_bp), Decimal(BP - parity_bp))
        odds = _DIGITS.multiply(at_parity, _DIGITS.power(Decimal(2), halvings))
        share = _DIGITS.divide(odds * BP, 1 + odds)
        return int(share.to_integral_value(rounding=ROUND_HALF_EVEN))


class DemandSection(Section):
    """Who wants a wallet, and how much people want to keep in it."""

    deposit_rate: Sourced[Rate] = Field(description="Interest on deposits, a year.")
    digital_rate: Sourced[Rate] = Field(description="Interest on digital tenge, a year.")
    wallet: ShareAtGap = Field(description="Share of adults with a wallet.")
    balance: ShareAtGap = Field(description="Share of ready money kept in it.")
    ready_money: Sourced[Amount] = Field(
        description="Deposits above this are savings, which stay where they earn interest."
    )

    @property
    def gap_bp(self) -> int:
        """Return what deposits pay above digital tenge, in basis points a year."""
        return self.deposit_rate.value - self.digital_rate.value


class FundingSection(Section):
    """How wallets are topped up: at the amount that costs least (Baumol 1952, Tobin 1956)."""

    automatic: Sourced[Rate] = Field(
        description="Share of the people whose wallet fills itself from their deposit."
    )
    monthly_spending: Sourced[Amount] = Field(
        description="What a person of mean income spends in digital tenge in a month."
    )
    cost: Sourced[Amount] = Field(description="What one top-up costs in attention.")
    largest: Sourced[Amount] = Field(
        description="The most that a wallet draws by itself for one payment; larger payments are"
        " made from the deposit."
    )
    review_at: TimeOfDay = Field(description="When balances are looked over, every day.")
    schedule_source: _Source


class MerchantWalletsSection(Section):
    """What merchants do with digital tenge: keep it until the evening, or never hold any."""

    sweep: Literal["at_once", "daily"]
    at: TimeOfDay = Field(description="When wallets are emptied into deposits, if daily.")
    schedule_source: _Source


class EpisodeSection(Section):
    """A run on the banks: depositors who flee into digital tenge, some every day."""

    first: Day
    days: Sourced[Count]
    joining: Sourced[Rate] = Field(description="Share of the calm depositors that flee each day.")
    leaving: Sourced[Rate] = Field(description="Share of its deposit that each takes out.")
    opening: Sourced[Rate] = Field(
        description="Share of adults without a wallet who would open one to flee."
    )
    at: TimeOfDay
    schedule_source: _Source


class WalletsSection(Section):
    """Retail wallets of digital tenge; without this section nobody has one."""

    holding_limit: Sourced[Amount] | None = Field(
        default=None, description="R14: the most one person holds; left out, only tiers limit."
    )
    tiers: Annotated[tuple[TierSection, ...], Field(strict=False, min_length=1)]
    delegated: DelegatedSection | None = None
    demand: DemandSection
    funding: FundingSection
    merchants: MerchantWalletsSection
    run: EpisodeSection | None = None
    recipients_of: Annotated[tuple[Identifier, ...], Field(strict=False)] = Field(
        default=(),
        exclude_if=operator.not_,
        description="Programmes of the population whose grown-up recipients have a wallet in any"
        " case, because what they are given comes in one.",
    )

    @property
    def levels(self) -> tuple[LimitsSection, ...]:
        """Return the tiers in order and after them the wallets of children, if there are any."""
        return (*self.tiers, self.delegated) if self.delegated else self.tiers

    @model_validator(mode="after")
    def _tiers_ascend(self) -> Self:
        found = next(self._out_of_order(), None)
        if found is not None:
            message, path = found
            raise refusal(
                "TIER_ORDER",
                message,
                expected="limits that do not fall from one tier to the next",
                do="put the tiers in order, or correct the limit",
                at=path,
            )
        return self

    @model_validator(mode="after")
    def _tiers_are_a_whole(self) -> Self:
        total_bp = sum(tier.share.value for tier in self.tiers)
        if total_bp != BP:
            percent, rest = divmod(total_bp, BP // 100)
            raise refusal(
                "SHARES",
                f"the shares of the tiers add up to {percent}.{rest:02d} %",
                expected="100 %",
                at=("tiers",),
            )
        if len(self.levels) > TIERS_MAX:
            raise refusal(
                "RANGE",
                f"there are {len(self.levels)} kinds of wallet, those of children included",
                expected=f"at most {TIERS_MAX}",
                at=("tiers",),
            )
        ids = [level.id for level in self.levels]
        if len(set(ids)) < len(ids):
            raise refusal(
                "TIER_ORDER",
                "two kinds of wallet have one id",
                expected="an id for each",
                at=("tiers",),
            )
        return self

    def _out_of_order(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        for number, higher in enumerate(self.tiers[1:], start=1):
            lower = self.tiers[number - 1]
            for limit in _LIMITS:
                if getattr(higher, limit).value < getattr(lower, limit).value:
                    message = f"{limit} of tier {higher.id!r} is less than of {lower.id!r}"
                    yield message, ("tiers", number, limit, "value")
        if self.delegated is None:
            return
        for limit in _LIMITS:
            if getattr(self.delegated, limit).value > getattr(self.tiers[-1], limit).value:
                message = f"{limit} of a child is more than of any parent"
                yield message, ("delegated", limit, "value")
