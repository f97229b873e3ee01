"""The page of an economy: what happens to money day by day, from one sentence to one payment."""

from dashboards import html
from dashboards.components.contract_head import contracts_at_end, said_of_contracts
from dashboards.components.drill import ECONOMY_FILTERS, payments_of
from dashboards.components.flows import at_end, bar_card, level_card, said_of, totals
from dashboards.components.head import arms_of
from dashboards.components.measures import measure_table
from dashboards.components.parts import card, explanation, section
from dashboards.components.refusals import reasons_of, refusals, refusals_legend
from dashboards.components.sources import parameter_table, run_table
from dashboards.components.whole import opening, whole_page
from dashboards.economy import Economy
from dashboards.html import Element
from dashboards.programmes import has_programmes
from dashboards.texts import Texts

__all__ = ["economy_page"]


def economy_page(economy: Economy, t: Texts, *, has_campaigns: bool = False) -> Element:
    """Return the whole page, with a link to comparisons where there are any."""
    is_of_contracts = all(map(has_programmes, economy.scenarios))
    parts = [
        opening(
            economy,
            t,
            title=_heading(economy, t),
            said=said_of_contracts(economy, t) if is_of_contracts else said_of(economy, t),
            beside=contracts_at_end(economy, t) if is_of_contracts else at_end(economy, t),
            same="economy.same",
        ),
        arms_of(economy, t),
        html.div(id="happenings", class_="happenings"),
        section(t, "totals", [totals(economy, t)]),
        section(t, "flow", [bar_card(economy, name, t) for name in ("flow", "worth")]),
        _not_paid(economy, t),
        section(t, "stock", [_levels(economy, t)]),
        _arrears(economy, t),
        section(
            t,
            "payments",
            [
                html.article(
                    payments_of(economy, reasons_of(economy), t, ECONOMY_FILTERS), class_="card"
                )
            ],
        ),
        section(t, "measures", [measure_table(economy, t, is_open=True)]),
        section(
            t,
            "sources",
            [run_table(economy, t), parameter_table(economy, t), explanation(t, "study")],
        ),
    ]
    return whole_page(economy, parts, t, has_campaigns=has_campaigns)


def _heading(economy: Economy, t: Texts) -> str:
    """Return what is looked at: the first scenario, or one against the other of two."""
    titles = [scenario.title for scenario in economy.scenarios]
    if len(set(titles)) == 2:
        return t("compare.heading", a=titles[0], b=titles[1])
    return titles[0]


def _levels(economy: Economy, t: Texts) -> Element:
    cards = [level_card(economy, form, economy.level(form), t) for form in economy.forms]
    return html.div(cards, class_="pair")


def _not_paid(economy: Economy, t: Texts) -> Element | None:
    if not len(economy.endings):
        return None
    return section(
        t,
        "ending",
        [
            bar_card(economy, "ending", t),
            card(
                t,
                "refusals",
                t("refusals.card"),
                lead=t("economy.refusals.lead"),
                head=[refusals_legend(t, "economy.refusals")],
                chart=[refusals(economy, t)],
                measure="refusals",
                is_truth=True,
            ),
        ],
    )


def _arrears(economy: Economy, t: Texts) -> Element | None:
    if not economy.has_arrears:
        return None
    return section(t, "arrears", [level_card(economy, "arrears", economy.arrears(), t)])
