"""Conditions about who pays and who is paid: lists, standing, identity, consent, allowances.

Apart from the other conditions, because nothing here knows what is bought.
"""

from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tengesim.codes import Evidence, Reason
from tengesim.parameter import Amount, Count, Identifier, Section, refusal
from tengesim.rules.terms import Listed, Several, Standing, union_of

__all__ = [
    "RISK_MAX",
    "BiometricsMatched",
    "Consented",
    "HoldingAtMost",
    "OfflineAtMost",
    "PartyCondition",
    "PayeeInGoodStanding",
    "PayeeNotListed",
    "RegionIn",
    "RiskAtMost",
    "TierAtLeast",
    "Unaffiliated",
    "VerifiedAbove",
    "WithinAllowance",
]

RISK_MAX = 1_000
_TIERS = (Evidence.TIER_1, Evidence.TIER_2, Evidence.TIER_3)


class PayeeNotListed(Section):
    """R05: no register of unreliable suppliers or financial monitoring names the payee."""

    code: ClassVar[str] = "R05"
    reason: ClassVar[Reason] = Reason.PAYEE_LISTED
    kind: Literal["payee_not_listed"]
    registers: bool = True
    payees: Listed[Identifier] = ()

    @model_validator(mode="after")
    def _excludes_somebody(self) -> Self:
        if not self.payees and not self.registers:
            raise refusal(
                "RULE_ALWAYS",
                "every payee passes this rule",
                expected="`registers: true` or `payees: [...]`",
                do="ask the registers, or name those who may not be paid",
            )
        return self


class PayeeInGoodStanding(Section):
    """R06: the tax register and the ledger confirm what is asked of the payee."""

    code: ClassVar[str] = "R06"
    reason: ClassVar[Reason] = Reason.PAYEE_STATUS
    kind: Literal["payee_in_good_standing"]
    requires: Several[Annotated[Standing, Field(strict=False)]]

    @cached_property
    def flags(self) -> int:
        """Return the union of the flags that the answers leave."""
        return union_of(tuple(flag for one in self.requires if (flag := one.evidence) is not None))

    @cached_property
    def asks_freezes(self) -> bool:
        """Return whether no account of the payee may be frozen."""
        return Standing.NOT_FROZEN in self.requires


class RegionIn(Section):
    """R07: the sale or the work is in one of the regions."""

    code: ClassVar[str] = "R07"
    reason: ClassVar[Reason] = Reason.PAYEE_NOT_ALLOWED
    kind: Literal["region_in"]
    regions: Several[Identifier]


class HoldingAtMost(Section):
    """R14: with this payment the payee holds at most the limit under the mark."""

    code: ClassVar[str] = "R14"
    reason: ClassVar[Reason] = Reason.LIMIT_HOLDING
    kind: Literal["holding_at_most"]
    limit: Amount


class WithinAllowance(Section):
    """R45: the payer's wallet spends at most what the owner of its parent wallet lets it spend."""

    code: ClassVar[str] = "R45"
    reason: ClassVar[Reason] = Reason.LIMIT_PER_PERIOD
    kind: Literal["within_allowance"]


class TierAtLeast(Section):
    """R46: the payer's wallet has at least this tier of identification."""

    code: ClassVar[str] = "R46"
    reason: ClassVar[Reason] = Reason.IDENTITY_INSUFFICIENT
    kind: Literal["tier_at_least"]
    tier: Annotated[Count, Field(ge=1, le=len(_TIERS))]

    @cached_property
    def flags(self) -> int:
        """Return the union of the flags of the tiers that suffice."""
        return union_of(_TIERS[self.tier - 1 :])


class VerifiedAbove(Section):
    """R47: a payment above the limit has a second proof of identity."""

    code: ClassVar[str] = "R47"
    reason: ClassVar[Reason] = Reason.IDENTITY_INSUFFICIENT
    kind: Literal["verified_above"]
    limit: Amount


class BiometricsMatched(Section):
    """R48: face or finger of the payer matched at the machine or the desk."""

    code: ClassVar[str] = "R48"
    reason: ClassVar[Reason] = Reason.IDENTITY_INSUFFICIENT
    kind: Literal["biometrics_matched"]


class RiskAtMost(Section):
    """R49: the anti-fraud centre's score of the payment is at most this."""

    code: ClassVar[str] = "R49"
    reason: ClassVar[Reason] = Reason.RISK_TOO_HIGH
    kind: Literal["risk_at_most"]
    score: Annotated[Count, Field(lt=RISK_MAX)]


class OfflineAtMost(Section):
    """R50: without the platform a device pays so much at once, in all, so often, for so long."""

    code: ClassVar[str] = "R50"
    reason: ClassVar[Reason] = Reason.LIMIT_OFFLINE
    kind: Literal["offline_at_most"]
    limit: Amount
    total: Amount | None = None
    payments: Count | None = None
    days: Count | None = None


class Consented(Section):
    """R51: the recipient has agreed to this form of money."""

    code: ClassVar[str] = "R51"
    reason: ClassVar[Reason] = Reason.CONSENT_MISSING
    kind: Literal["consented"]


class Unaffiliated(Section):
    """R53: the company register shows nobody who stands behind both payer and payee."""

    code: ClassVar[str] = "R53"
    reason: ClassVar[Reason] = Reason.CONFLICT_OF_INTEREST
    kind: Literal["unaffiliated"]


PartyCondition = (
    PayeeNotListed
    | PayeeInGoodStanding
    | RegionIn
    | HoldingAtMost
    | WithinAllowance
    | TierAtLeast
    | VerifiedAbove
    | BiometricsMatched
    | RiskAtMost
    | OfflineAtMost
    | Consented
    | Unaffiliated
)
