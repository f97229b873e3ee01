"""Running account of a budget line against its financing plans.

A plan is cumulative: what one month leaves over can be used in the next, until the year ends. Then
the rest lapses, or stays where the rules of the year let it. Nothing is registered or paid beyond
its room, which is why the room is asked for and taken in the same place.
"""

from itertools import accumulate
from typing import Final

from tengesim.errors import InvariantError
from tengesim.institutions.treasury.budget_model import LineSection, PlansSection
from tengesim.money import BP, split_exactly

__all__ = ["MONTHS", "LineAccount", "PlanAccount", "by_month"]

MONTHS: Final = 12


def by_month(total_tiyn: int, shares_bp: tuple[int, ...]) -> list[int]:
    """Return the parts of a year's amount by month; they add up to it exactly."""
    parts = split_exactly(total_tiyn, {f"{i:02d}": bp for i, bp in enumerate(shares_bp)})
    return [parts[key] for key in sorted(parts)]


class PlanAccount:
    """One part of a line: its two plans, and what is registered and paid in the running year."""

    __slots__ = (
        "_kept_obligations",
        "_kept_payments",
        "_name",
        "_obligations",
        "_payments",
        "paid_tiyn",
        "registered_tiyn",
        "year_tiyn",
    )

    def __init__(
        self, name: str, year_tiyn: int, obligations: tuple[int, ...], payments: tuple[int, ...]
    ) -> None:
        """Divide `year_tiyn` by the shares of the months in both plans."""
        self._name = name
        self.year_tiyn = year_tiyn
        self._obligations = list(accumulate(by_month(year_tiyn, obligations)))
        self._payments = list(accumulate(by_month(year_tiyn, payments)))
        self._kept_obligations = self._kept_payments = 0
        self.registered_tiyn = self.paid_tiyn = 0

    def room_to_register(self, month: int) -> int:
        """Return what may still be registered up to the end of a month, 1 to 12."""
        return self._kept_obligations + self._obligations[month - 1] - self.registered_tiyn

    def room_to_pay(self, month: int) -> int:
        """Return what may still be paid up to the end of a month, 1 to 12."""
        return self._kept_payments + self._payments[month - 1] - self.paid_tiyn

    def register(self, amount_tiyn: int, month: int) -> None:
        """Bind a part of the plan of obligations."""
        if amount_tiyn > self.room_to_register(month):
            raise InvariantError(f"{self._name} registers {amount_tiyn} tiyn beyond its plan")
        self.registered_tiyn += amount_tiyn

    def pay(self, amount_tiyn: int, month: int) -> None:
        """Use a part of the plan of payments."""
        if amount_tiyn > self.room_to_pay(month):
            raise InvariantError(f"{self._name} pays {amount_tiyn} tiyn beyond its plan")
        self.paid_tiyn += amount_tiyn

    def close_year(self, *, lapse: bool) -> int:
        """End the year and return what lapsed; without a lapse it stays for the next year."""
        unspent = self.room_to_pay(MONTHS)
        unbound = self.room_to_register(MONTHS)
        self._kept_payments = 0 if lapse else unspent
        self._kept_obligations = 0 if lapse else unbound
        self.registered_tiyn = self.paid_tiyn = 0
        return unspent if lapse else 0


class LineAccount:
    """One line: its contracts, and its wages and transfers, which no contract may crowd out."""

    __slots__ = ("contracts", "id", "level", "regular")

    def __init__(
        self, line_id: str, section: LineSection, plans: PlansSection, appropriation_tiyn: int
    ) -> None:
        """Open the account of a line with its appropriation at the scale of the run."""
        self.id = line_id
        self.level = section.level
        contracted_tiyn = appropriation_tiyn * section.contracted.value // BP
        self.contracts = PlanAccount(
            f"line {line_id}", contracted_tiyn, plans.obligations, plans.payments
        )
        # Wages and transfers are an obligation of the whole year from its first day.
        self.regular = PlanAccount(
            f"line {line_id} (wages and transfers)",
            appropriation_tiyn - contracted_tiyn,
            (BP, *(0,) * (MONTHS - 1)),
            (1,) * MONTHS,
        )

    @property
    def contracted_tiyn(self) -> int:
        """What the line may spend under contracts in a year."""
        return self.contracts.year_tiyn

    @property
    def regular_tiyn(self) -> int:
        """What the line may spend on wages and transfers in a year."""
        return self.regular.year_tiyn

    @property
    def appropriation_tiyn(self) -> int:
        """What the line may spend in a year, before anything kept from the year before."""
        return self.contracted_tiyn + self.regular_tiyn

    def part(self, *, is_contract: bool) -> PlanAccount:
        """Return the part that an obligation binds."""
        return self.contracts if is_contract else self.regular

    def close_year(self, *, lapse: bool) -> int:
        """End the year of both parts, and return what lapsed."""
        return self.contracts.close_year(lapse=lapse) + self.regular.close_year(lapse=lapse)
