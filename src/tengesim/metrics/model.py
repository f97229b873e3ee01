"""What a scenario says about the cost of money, which no decision of a run depends on."""

from pydantic import Field

from tengesim.parameter import Rate, Section, Sourced

__all__ = ["FinanceSection"]


class FinanceSection(Section):
    """Rates at which a payee finances the days it waits for its money."""

    base_rate: Sourced[Rate] = Field(description="Base rate of the National Bank, a year.")
    spread: Sourced[Rate] = Field(
        description="What a small firm pays for credit above the base rate, a year."
    )
