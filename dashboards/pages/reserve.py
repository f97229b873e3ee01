"""The page of a reserve: where it came from, how far it may swing, and what is still in court."""

from dashboards import html
from dashboards.components.drill import RESERVE_FILTERS, payments_of
from dashboards.components.head import arms_of
from dashboards.components.holdings import (
    area_card,
    counted_values,
    fan_card,
    headline_shares,
    mandate_section,
    said_of,
    waiting_section,
)
from dashboards.components.measures import measure_table
from dashboards.components.parts import explanation, section
from dashboards.components.sources import parameter_table, run_table
from dashboards.components.whole import opening, whole_page
from dashboards.html import Element
from dashboards.reserve import Reserve
from dashboards.texts import Texts

__all__ = ["reserve_page"]


def reserve_page(reserve: Reserve, t: Texts, *, has_campaigns: bool = False) -> Element:
    """Return the whole page, with a link to comparisons where there are any."""
    parts = [
        opening(
            reserve,
            t,
            title=reserve.scenarios[0].title,
            said=said_of(reserve, t),
            beside=headline_shares(reserve, t),
            same="reserve.same",
        ),
        html.div([html.h2(_choice(reserve, t)), arms_of(reserve, t)], class_="stress"),
        html.div(id="happenings", class_="happenings"),
        section(t, "reserve", [counted_values(reserve, t)]),
        section(t, "provenance", [area_card(reserve, "provenance", t)]),
        section(t, "fan", [fan_card(reserve, t)]),
        section(t, "composition", [area_card(reserve, "composition", t)]),
        waiting_section(reserve, t),
        mandate_section(reserve, t),
        section(
            t,
            "payments",
            [html.article(payments_of(reserve, (), t, RESERVE_FILTERS), class_="card")],
            lead=t("reserve.payments.lead"),
        ),
        section(t, "measures", [measure_table(reserve, t, is_open=True)]),
        section(
            t,
            "sources",
            [run_table(reserve, t), parameter_table(reserve, t), explanation(t, "study")],
        ),
    ]
    return whole_page(reserve, parts, t, has_campaigns=has_campaigns)


def _choice(reserve: Reserve, t: Texts) -> str:
    """Return what the arms differ by: the stress laid over their prices, or something else."""
    laid = {scenario.market.laid for scenario in reserve.scenarios if scenario.market is not None}
    return t("stress.title") if len(laid) > 1 else t("stress.arms")
