"""What a scenario says about the Treasury; the budget it executes is a section of its own."""

from tengesim.institutions.treasury.budget_model import BudgetSection
from tengesim.parameter import Identifier, Rate, Section, Sourced

__all__ = ["TreasurySection"]


class TreasurySection(Section):
    """The Treasury and how far the appropriation exceeds the meals that can be claimed."""

    id: Identifier
    appropriation_margin: Sourced[Rate]
    budget: BudgetSection | None = None
