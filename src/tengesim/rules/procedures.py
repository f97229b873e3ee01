"""Procedures: acts of institutions that a mark calls for; closed.

Each is data; when an institution acts, on how much and what comes next is computed in
`rules.steps`.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tengesim.parameter import Amount, Count, DurationValue, Identifier, Rate, Section, TimeOfDay
from tengesim.rules.conditions import Condition
from tengesim.rules.parts import Part, check_names, check_whole
from tengesim.rules.terms import (
    Authority,
    ClawbackGround,
    Period,
    Reference,
    Register,
    Role,
    Several,
    Texts,
    union_of,
)

__all__ = [
    "ClawsBack",
    "Escrow",
    "Freezes",
    "MintsReward",
    "PaysInstalments",
    "Procedure",
    "ReconcilesOffline",
    "RefundsFast",
    "RefundsIfUnmet",
    "ReleasesRetention",
    "Reserves",
    "ReturnOnExpiry",
    "Schedules",
    "Stage",
]

RISK_MAX = 1_000


class ReturnOnExpiry(Section):
    """R09: what is left in purses when the mark expires goes back to the mark's return account."""

    code: ClassVar[str] = "R09"
    kind: Literal["return_on_expiry"]
    id: Identifier
    at: TimeOfDay
    text: Texts
    reference: Reference


class RefundsIfUnmet(Part):
    """R18: money is held until a register shows the change, else it goes back to the payer."""

    code: ClassVar[str] = "R18"
    kind: Literal["refunds_if_unmet"]
    held: DurationValue
    refunded_within: DurationValue


class Stage(Section):
    """One stage of work with its share of the price, and who has to sign that it is done."""

    id: Identifier
    weight: Rate
    signed_by: Several[Annotated[Role, Field(strict=False)]]

    @property
    def flags(self) -> int:
        """Return the union of the flags that the signatures leave."""
        return union_of(tuple(role.evidence for role in self.signed_by))


class Escrow(Part):
    """R19: the price stands in escrow and is released stage by stage, each by its weight."""

    code: ClassVar[str] = "R19"
    kind: Literal["escrow"]
    stages: Several[Stage]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        check_names("stages", "id", [stage.id for stage in self.stages])
        check_whole("stages", "weight", [stage.weight for stage in self.stages])
        return self


class ReleasesRetention(Part):
    """R22: what was kept is released after the warranty, if the registers show no defects."""

    code: ClassVar[str] = "R22"
    kind: Literal["releases_retention"]
    after: DurationValue
    registers: Several[Annotated[Register, Field(strict=False)]] = (Register.NO_DEFECTS,)

    @property
    def flags(self) -> int:
        """Return the union of the flags that the registers leave."""
        return union_of(tuple(register.evidence for register in self.registers))


class RefundsFast(Part):
    """R33: a claim with a low risk score is refunded within days, any other in the usual queue."""

    code: ClassVar[str] = "R33"
    kind: Literal["refunds_fast"]
    within: DurationValue
    risk: Annotated[Count, Field(le=RISK_MAX)]
    otherwise_within: DurationValue


class MintsReward(Part):
    """R36: a verified act earns money, so much for each unit, up to a limit in each period."""

    code: ClassVar[str] = "R36"
    kind: Literal["mints_reward"]
    per_unit: Annotated[Amount, Field(ge=1)]
    period: Period = Field(strict=False)
    limit: Amount


class PaysInstalments(Part):
    """R38: an instalment is paid while the condition passes; failing, it is suspended."""

    code: ClassVar[str] = "R38"
    kind: Literal["pays_instalments"]
    amount: Annotated[Amount, Field(ge=1)]
    count: Annotated[Count, Field(ge=1)]
    condition: Condition
    ends_after: Annotated[Count, Field(ge=1)] = Field(
        description="Instalments missed in a row after which the rest is not paid."
    )


class ClawsBack(Part):
    """R39: money is taken back on one of the grounds; what is not there stays owed."""

    code: ClassVar[str] = "R39"
    kind: Literal["claws_back"]
    on: Several[Annotated[ClawbackGround, Field(strict=False)]]


class Freezes(Part):
    """R41: an authority freezes an account for at most so long."""

    code: ClassVar[str] = "R41"
    kind: Literal["freezes"]
    by: Authority = Field(strict=False)
    lasts: DurationValue


class Reserves(Part):
    """R42: an amount is held before it is due and let go when the time is over."""

    code: ClassVar[str] = "R42"
    kind: Literal["reserves"]
    expires_after: DurationValue


class Schedules(Part):
    """R44: a payment is made on a day of each month, and tried again where the money lacks.

    A month that has no such day takes its last one; a day without offices, the next with them.
    """

    code: ClassVar[str] = "R44"
    kind: Literal["schedules"]
    day: Annotated[Count, Field(ge=1, le=31)]
    at: TimeOfDay
    retry_after: DurationValue
    retries: Count


class ReconcilesOffline(Part):
    """R50: a device reports its payments in time; what it cannot cover is owed and locks it."""

    code: ClassVar[str] = "R50"
    kind: Literal["reconciles_offline"]
    within: DurationValue


Procedure = Annotated[
    ReturnOnExpiry
    | RefundsIfUnmet
    | Escrow
    | ReleasesRetention
    | RefundsFast
    | MintsReward
    | PaysInstalments
    | ClawsBack
    | Freezes
    | Reserves
    | Schedules
    | ReconcilesOffline,
    Field(discriminator="kind"),
]
"""Acts of institutions that a mark calls for; closed."""
