"""Conditions about what is bought under which contract: lines, prices, progress, approvals, chains.

Apart from the other conditions, because all of these read the registered facts of a contract.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tengesim.codes import Reason
from tengesim.parameter import Amount, Count, Identifier, Rate, Section, refusal
from tengesim.rules.terms import PropertyRegister, Role, Several, union_of

__all__ = [
    "AdvanceAtMost",
    "ApprovedBy",
    "AwardsAtMost",
    "ContractCondition",
    "DepthAtMost",
    "DomesticAtLeast",
    "DutiesSeparated",
    "EstimateLine",
    "GuaranteeAtLeast",
    "InEstimate",
    "Metered",
    "MilestoneSigned",
    "PriceWithin",
    "RegisterChanged",
    "SubcontractRegistered",
    "SubcontractedAtMost",
    "WithinProgress",
]


class EstimateLine(Section):
    """A line of an estimate: so many units of a commodity, each at most at this price."""

    commodity: Identifier
    units: Count
    unit_price: Amount


class InEstimate(Section):
    """R02: the invoice line stands in the estimate, within its quantity and its price.

    It fails for one of three reasons: no line, too high a price, too large a quantity.
    """

    code: ClassVar[str] = "R02"
    reason: ClassVar[Reason] = Reason.PURPOSE_NOT_ALLOWED
    reasons: ClassVar[frozenset[Reason]] = frozenset(
        {Reason.PURPOSE_NOT_ALLOWED, Reason.PRICE_TOO_HIGH, Reason.OBLIGATION_EXCEEDED}
    )
    kind: Literal["in_estimate"]
    lines: Several[EstimateLine]

    @cached_property
    def by_commodity(self) -> Mapping[str, EstimateLine]:
        """Return each line by its commodity."""
        return {line.commodity: line for line in self.lines}

    @model_validator(mode="after")
    def _has_a_commodity_once(self) -> Self:
        seen: set[str] = set()
        for place, line in enumerate(self.lines):
            if line.commodity in seen:
                raise refusal(
                    "NAME_TWICE",
                    f"the commodity {line.commodity!r} stands in the estimate twice",
                    expected="each commodity once",
                    do="write one line with the whole quantity",
                    at=("lines", place, "commodity"),
                )
            seen.add(line.commodity)
        return self


class PriceWithin(Section):
    """R13: one unit costs at most so much more than the register of prices says."""

    code: ClassVar[str] = "R13"
    reason: ClassVar[Reason] = Reason.PRICE_TOO_HIGH
    kind: Literal["price_within"]
    above: Rate
    reference: Amount | None = Field(
        default=None, description="Price of one unit; that of the register if left out."
    )


class RegisterChanged(Section):
    """R18: the register shows that what was bought has changed its owner."""

    code: ClassVar[str] = "R18"
    reason: ClassVar[Reason] = Reason.MILESTONE_NOT_MET
    kind: Literal["register_changed"]
    of: PropertyRegister = Field(strict=False)


class MilestoneSigned(Section):
    """R19: each of these has signed that the stage is done."""

    code: ClassVar[str] = "R19"
    reason: ClassVar[Reason] = Reason.MILESTONE_NOT_MET
    kind: Literal["milestone_signed"]
    by: Several[Annotated[Role, Field(strict=False)]]

    @cached_property
    def flags(self) -> int:
        """Return the union of the flags that the signatures leave."""
        return union_of(tuple(role.evidence for role in self.by))


class WithinProgress(Section):
    """R20: what is paid stays within confirmed progress and the advance not yet offset."""

    code: ClassVar[str] = "R20"
    reason: ClassVar[Reason] = Reason.OBLIGATION_EXCEEDED
    kind: Literal["within_progress"]


class AdvanceAtMost(Section):
    """R21: advances add up to at most this share of the price of the contract."""

    code: ClassVar[str] = "R21"
    reason: ClassVar[Reason] = Reason.ADVANCE_EXCEEDED
    kind: Literal["advance_at_most"]
    share: Rate


class GuaranteeAtLeast(Section):
    """R23: bank guarantees cover at least this share of the price of the contract."""

    code: ClassVar[str] = "R23"
    reason: ClassVar[Reason] = Reason.GUARANTEE_MISSING
    kind: Literal["guarantee_at_least"]
    share: Rate


class ApprovedBy(Section):
    """R24: at least so many of these roles have signed; all of them if no number is given."""

    code: ClassVar[str] = "R24"
    reason: ClassVar[Reason] = Reason.APPROVAL_MISSING
    kind: Literal["approved_by"]
    roles: Several[Annotated[Role, Field(strict=False)]]
    least: Annotated[Count, Field(ge=1)] | None = None

    @cached_property
    def flags(self) -> int:
        """Return the union of the flags that the signatures leave."""
        return union_of(tuple(role.evidence for role in self.roles))

    @cached_property
    def required(self) -> int:
        """Return how many have to sign."""
        return self.flags.bit_count() if self.least is None else self.least

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.required > self.flags.bit_count():
            raise refusal(
                "RULE_NEVER",
                f"{self.required} signatures are asked of {self.flags.bit_count()}",
                expected="at most as many as there are roles",
                do="name more roles, or ask for fewer signatures",
                at=("least",),
            )
        return self


class DutiesSeparated(Section):
    """R25: whoever approves is known, and is not the one who initiated."""

    code: ClassVar[str] = "R25"
    reason: ClassVar[Reason] = Reason.APPROVAL_MISSING
    kind: Literal["duties_separated"]


class SubcontractRegistered(Section):
    """R26: who is paid further down the chain has a registered subcontract."""

    code: ClassVar[str] = "R26"
    reason: ClassVar[Reason] = Reason.SUBCONTRACT_NOT_ALLOWED
    kind: Literal["subcontract_registered"]


class DepthAtMost(Section):
    """R26: the payee stands at most so many steps below the supplier."""

    code: ClassVar[str] = "R26"
    reason: ClassVar[Reason] = Reason.SUBCONTRACT_NOT_ALLOWED
    kind: Literal["depth_at_most"]
    depth: Count


class SubcontractedAtMost(Section):
    """R28: a firm passes on at most this share of its contract."""

    code: ClassVar[str] = "R28"
    reason: ClassVar[Reason] = Reason.SUBCONTRACT_NOT_ALLOWED
    kind: Literal["subcontracted_at_most"]
    share: Rate


class Metered(Section):
    """R37: the amount is at most the metered units times the rate."""

    code: ClassVar[str] = "R37"
    reason: ClassVar[Reason] = Reason.PRICE_TOO_HIGH
    kind: Literal["metered"]
    rate: Amount


class DomesticAtLeast(Section):
    """R52: at least this share of the invoice is of domestic makers."""

    code: ClassVar[str] = "R52"
    reason: ClassVar[Reason] = Reason.DOMESTIC_CONTENT
    kind: Literal["domestic_at_least"]
    share: Rate


class AwardsAtMost(Section):
    """R54: awards of one payer to one payee in so many days add up to at most the limit."""

    code: ClassVar[str] = "R54"
    reason: ClassVar[Reason] = Reason.LIMIT_AWARDS
    kind: Literal["awards_at_most"]
    limit: Amount
    days: Annotated[Count, Field(ge=1)]


ContractCondition = (
    InEstimate
    | PriceWithin
    | RegisterChanged
    | MilestoneSigned
    | WithinProgress
    | AdvanceAtMost
    | GuaranteeAtLeast
    | ApprovedBy
    | DutiesSeparated
    | SubcontractRegistered
    | DepthAtMost
    | SubcontractedAtMost
    | Metered
    | DomesticAtLeast
    | AwardsAtMost
)
