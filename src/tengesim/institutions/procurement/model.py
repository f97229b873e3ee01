"""The section of the scenario about public procurement, put together from those of its parts."""

from typing import Any, Final, Self

from pydantic import Field, model_validator

from tengesim.institutions.procurement.contract_model import ContractsSection, MoneySection
from tengesim.institutions.procurement.firms_model import FirmsSection
from tengesim.institutions.procurement.integrity_model import ControlsSection, IntegritySection
from tengesim.institutions.procurement.plan_model import PlanSection
from tengesim.institutions.procurement.tender_model import TenderSection
from tengesim.parameter import Section, refusal

__all__ = ["ProcurementSection"]


_PAIRS: Final = (
    ("contracts", "money", "the study ends with the award"),
    ("money", "contracts", "the study ends with the award"),
    ("integrity", "controls", "everybody is honest and nobody looks"),
    ("controls", "integrity", "everybody is honest and nobody looks"),
)


def _absent() -> Any:  # noqa: ANN401 - the default of a section, whatever it is
    """Return the default of a part of which a scenario without it says nothing."""
    return Field(default=None, exclude_if=lambda stated: stated is None)


class ProcurementSection(Section):
    """Public procurement, from the annual plan on."""

    plan: PlanSection
    firms: FirmsSection
    tender: TenderSection
    contracts: ContractsSection | None = _absent()
    money: MoneySection | None = _absent()
    integrity: IntegritySection | None = _absent()
    controls: ControlsSection | None = _absent()

    @model_validator(mode="after")
    def _has_both_of_a_pair(self) -> Self:
        for name, other, where in _PAIRS:
            if getattr(self, name) is not None and getattr(self, other) is None:
                raise refusal(
                    "ARM",
                    f"there is a section `{name}` and no `{other}`",
                    expected=f"both, or neither where {where}",
                    do=f"add `{other}`",
                    at=(name,),
                )
        return self
