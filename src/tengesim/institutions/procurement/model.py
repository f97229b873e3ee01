"""The section of the scenario about public procurement, put together from those of its parts."""

from tengesim.institutions.procurement.firms_model import FirmsSection
from tengesim.institutions.procurement.plan_model import PlanSection
from tengesim.institutions.procurement.tender_model import TenderSection
from tengesim.parameter import Section

__all__ = ["ProcurementSection"]


class ProcurementSection(Section):
    """Public procurement, from the annual plan on."""

    plan: PlanSection
    firms: FirmsSection
    tender: TenderSection
