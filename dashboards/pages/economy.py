"""The page of an economy: what happens to money day by day, from one sentence to one payment."""

from dashboards import html
from dashboards.components.dock import dock
from dashboards.components.drill import ECONOMY_FILTERS, payments_of, story_dialog
from dashboards.components.flows import at_end, bar_card, level_card, said_of, totals
from dashboards.components.head import arms_of, masthead, standing
from dashboards.components.measures import measure_table
from dashboards.components.parts import card, explanation, section
from dashboards.components.refusals import reasons_of, refusals, refusals_legend
from dashboards.components.sources import parameter_table, run_table
from dashboards.economy import Economy
from dashboards.html import Element
from dashboards.texts import Texts

__all__ = ["economy_page"]


def economy_page(economy: Economy, t: Texts, *, has_campaigns: bool = False) -> Element:
    """Return the whole page, with a link to comparisons where there are any."""
    pages = ("overview", "compare") if has_campaigns else ()
    parts = [
        _title(economy, t),
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
    return html.div(
        [
            masthead(t, has_lesson=False, here="overview", pages=pages),
            html.main([part for part in parts if part is not None], id="main", tabindex="-1"),
            html.footer([html.p(t("standing.line")), html.p(t("economy.footer"))], class_="footer"),
            dock(t),
            story_dialog(t),
            html.div(id="announcer", class_="visually-hidden", role="status"),
        ],
        class_="page",
        **{"data-playback": economy.etag, "data-arms": str(len(economy.arms))},
    )


def _title(economy: Economy, t: Texts) -> Element:
    return html.div(
        [
            html.h1(_heading(economy, t)),
            html.p(economy.scenarios[0].question, class_="question"),
            html.div(
                [
                    html.p(said_of(economy, t), class_="headline", id="headline"),
                    at_end(economy, t),
                ],
                class_="opening opening-wide",
            ),
            standing(economy, t, "economy.same"),
        ],
        class_="title-block",
    )


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
