"""The section of the scenario about public procurement, put together from those of its parts."""

from typing import Any

from pydantic import Field

from tengesim.institutions.procurement.firms_model import FirmsSection
from tengesim.institutions.procurement.integrity_model import ControlsSection, IntegritySection
from tengesim.institutions.procurement.plan_model import PlanSection
from tengesim.institutions.procurement.tender_model import TenderSection
from tengesim.parameter import Section

__all__ = ["ProcurementSection"]


def _absent() -> Any:  # noqa: ANN401 - the default of a section, whatever it is
    """Return the default of a part of which a scenario without it says nothing."""
    return Field(default=None, exclude_if=lambda stated: stated is None)


class ProcurementSection(Section):
    """Public procurement, from the annual plan on."""

    plan: PlanSection
    firms: FirmsSection
    tender: TenderSection
    integrity: IntegritySection | None = _absent()
    controls: ControlsSection | None = _absent()
