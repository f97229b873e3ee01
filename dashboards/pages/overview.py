"""The page of a finished study, from one sentence down to a single payment."""

from dashboards import html
from dashboards.components.charts import (
    ERROR_SERIES,
    error_chart,
    legend,
    meal_charts,
    stock_charts,
)
from dashboards.components.counts import differences, key_figures, trio
from dashboards.components.dock import dock
from dashboards.components.drill import payments_of, story_dialog
from dashboards.components.head import arms_of, masthead, title_block
from dashboards.components.lesson import lesson
from dashboards.components.measures import measure_table
from dashboards.components.parts import card, explanation, section
from dashboards.components.refusals import reasons_of, refusals, refusals_legend
from dashboards.components.sources import parameter_table, run_table
from dashboards.html import Element
from dashboards.programmes import pages_of
from dashboards.study import Study
from dashboards.texts import Texts
from tengesim.report.figures import MEAL_FILLS, STOCK_FILLS

__all__ = ["overview"]


def overview(study: Study, t: Texts, *, has_campaigns: bool = False) -> Element:
    """Return the whole page, with a link to comparisons where there are any."""
    pages = pages_of(study, has_campaigns=has_campaigns)
    return html.div(
        [
            masthead(t, has_lesson=_has_lesson(study), here="overview", pages=pages),
            html.main(
                [
                    title_block(study, t),
                    arms_of(study, t),
                    html.div(id="happenings", class_="happenings lesson-hides"),
                    _errors(study, t),
                    *([_differences(study, t)] if study.steps else []),
                    _figures(study, t),
                    _meals(study, t),
                    _money(study, t),
                    _refusals(study, t),
                    _payments(study, t),
                    section(t, "measures", [measure_table(study, t)]),
                    _sources(study, t),
                ],
                id="main",
                tabindex="-1",
            ),
            html.footer([html.p(t("standing.line")), html.p(t("footer.text"))], class_="footer"),
            dock(t),
            lesson(t) if _has_lesson(study) else None,
            story_dialog(t),
            html.div(id="announcer", class_="visually-hidden", role="status"),
        ],
        class_="page",
        **{"data-playback": study.etag, "data-arms": str(len(study.arms))},
    )


def _has_lesson(study: Study) -> bool:
    return [effect for _, _, effect in study.steps] == ["evidence", "marking"]


def _errors(study: Study, t: Texts) -> Element:
    ceilings = study.error_ceilings()
    cards = [
        card(
            t,
            name,
            t(f"errors.{name}.title"),
            lead=t(f"errors.{name}.lead"),
            head=[trio(study, ERROR_SERIES[name], t)],
            chart=[error_chart(study, name, ceilings[name], t)],
            measure=name,
            is_truth=True,
        )
        for name in ERROR_SERIES
    ]
    note = t("errors.same_axis" if len(set(ceilings.values())) == 1 else "errors.own_axes")
    lead = f"{t('errors.lead')} {note}"
    return section(t, "errors", [html.div(cards, class_="pair")], lead=lead)


def _differences(study: Study, t: Texts) -> Element:
    return section(t, "difference", [differences(study, t)])


def _figures(study: Study, t: Texts) -> Element:
    return section(t, "figures", [key_figures(study, t)])


def _meals(study: Study, t: Texts) -> Element:
    return section(
        t,
        "meals",
        [
            card(
                t,
                "meals",
                t("meals.card"),
                lead=t("meals.card_lead"),
                head=[legend("meals", list(MEAL_FILLS), t)],
                chart=[html.div(meal_charts(study, t), class_="multiples")],
                measure="meals",
                is_truth=True,
            )
        ],
    )


def _money(study: Study, t: Texts) -> Element:
    present = {stock for arm in study.prepared["arms"] for stock in arm["stocks"]}
    return section(
        t,
        "money",
        [
            card(
                t,
                "money",
                t("money.card"),
                lead=t("money.card_lead"),
                head=[legend("stock", [name for name in STOCK_FILLS if name in present], t)],
                chart=[html.div(stock_charts(study, t), class_="multiples")],
                measure="money",
                is_truth=False,
            )
        ],
    )


def _refusals(study: Study, t: Texts) -> Element:
    return section(
        t,
        "refusals",
        [
            card(
                t,
                "refusals",
                t("refusals.card"),
                lead=t("refusals.card_lead"),
                head=[refusals_legend(t)],
                chart=[refusals(study, t)],
                measure="refusals",
                is_truth=True,
            )
        ],
    )


def _payments(study: Study, t: Texts) -> Element:
    return section(
        t,
        "payments",
        [html.article(payments_of(study, reasons_of(study), t), class_="card")],
    )


def _sources(study: Study, t: Texts) -> Element:
    return section(
        t,
        "sources",
        [run_table(study, t), parameter_table(study, t), explanation(t, "study")],
        is_result=False,
    )
