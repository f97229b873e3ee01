"""What a scenario says about tax that is split off payments, and comes back to who paid it.

Risk is counted in points of signs that a tax authority sees; nothing here reads what is true.
"""

from typing import Annotated

from pydantic import Field

from tengesim.parameter import Count, Section, Sourced
from tengesim.rules.procedures import RISK_MAX

__all__ = ["TaxRefundSection"]

_Points = Annotated[Count, Field(le=RISK_MAX)]


class TaxRefundSection(Section):
    """How firms claim the tax that they paid in prices, and what makes a claim look risky."""

    claimed_after: Sourced[Count] = Field(
        description="Days after it paid tax in a price on which a firm claims what it has paid."
    )
    owes_taxes: Sourced[_Points] = Field(description="Points where a payee owes taxes.")
    no_payroll: Sourced[_Points] = Field(
        description="Points where a subcontractor has no wages on the payroll register."
    )
    listed: Sourced[_Points] = Field(
        description="Points where a payee is on the register of unreliable suppliers."
    )
