"""Places of figures: what Plotly draws once, and the cursor and veil that the scripts move.

The margins of a figure are fixed, so the layer above it needs no measuring: it lies exactly over
the plot area at any width, and moving it costs the browser no redraw.
"""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboards import html
from dashboards.components.parts import arm_mark
from dashboards.html import Element
from dashboards.shown import Shown, short_name
from dashboards.study import Study
from dashboards.texts import Texts
from tengesim.report.figures import (
    MEAL_FILLS,
    STOCK_FILLS,
    accepted_and_refused,
    errors_figure,
    meals_figure,
    stock_levels,
    stocks_figure,
)

__all__ = [
    "ERROR_SERIES",
    "error_chart",
    "figures_of",
    "legend",
    "line_chart",
    "meal_charts",
    "of_arms",
    "stock_charts",
]

ERROR_SERIES = {"phantom": "meals.phantom.accepted", "blocked": "meals.honest.refused"}
"""The kinds of error, with the series that counts each."""


def figures_of(study: Study, t: Texts) -> dict[str, go.Figure]:
    """Return every figure of the page by the place it is drawn in."""
    arms = {arm.id: short_name(arm, t) for arm in study.arms}
    totals, ceilings = accepted_and_refused(study.tables), study.error_ceilings()
    figures = {
        f"{name}-plot": errors_figure(
            totals[name], study.ids, study.clock, ceiling=ceilings[name], words=arms
        )
        for name in ERROR_SERIES
    }
    meals = {name: t(f"meals.{name}") for name in MEAL_FILLS}
    stocks = {name: t(f"stock.{name}") for name in STOCK_FILLS}
    most_meals, most_tiyn = study.meals_ceiling(), study.stock_ceiling_tiyn()
    for number, arm in enumerate(study.ids):
        figures[f"meals-plot-{number}"] = meals_figure(
            study.meals,
            arm,
            study.clock,
            ceiling=most_meals,
            gap_ceiling=study.gap_ceiling(),
            words=meals,
        )
        figures[f"money-plot-{number}"] = stocks_figure(
            stock_levels(study.tables, arm), study.clock, ceiling_tiyn=most_tiyn, words=stocks
        )
    return figures


def error_chart(study: Study, name: str, ceiling: int, t: Texts) -> Element:
    """Return one kind of error as a running total, a line per arm, labelled at the cursor."""
    return line_chart(
        study,
        f"{name}-plot",
        t("chart.summary.errors", title=t(f"errors.{name}.title")),
        series=ERROR_SERIES[name],
        ceiling=ceiling,
        t=t,
    )


def line_chart(
    study: Shown, name: str, summary: str, *, series: str, ceiling: int, t: Texts
) -> Element:
    """Return a figure of one line per arm, each labelled at the cursor.

    The scripts move the labels by `series` of the prepared file, on an axis that ends at `ceiling`.
    """
    riders: list[Element] = [
        html.span(class_=f"line-dot arm-{number}") for number in range(len(study.arms))
    ]
    riders += [
        html.span(
            html.span([arm_mark(number), short_name(arm, t)]), class_=f"line-label arm-{number}"
        )
        for number, arm in enumerate(study.arms)
    ]
    return _plot(
        name,
        summary,
        layer={"data-series": series, "data-ceiling": str(ceiling)},
        shape="plot-tall",
        riders=riders,
    )


def meal_charts(study: Study, t: Texts) -> list[Element]:
    """Return, side by side, what each arm paid for against what was eaten."""
    return of_arms(study, "meals", t)


def stock_charts(study: Study, t: Texts) -> list[Element]:
    """Return, side by side, where the money of each arm is."""
    return of_arms(study, "money", t)


def legend(kind: str, names: Sequence[str], t: Texts) -> Element:
    """Return what the fills of a figure mean."""
    return html.ul(
        [
            html.li(
                [
                    html.span(class_=f"fill fill-{kind}-{name}", **{"aria-hidden": "true"}),
                    t(f"{kind}.{name}"),
                ]
            )
            for name in names
        ],
        class_="legend",
    )


def of_arms(study: Shown, name: str, t: Texts) -> list[Element]:
    """Return a place for one figure per arm, side by side."""
    return [
        html.div(
            [
                html.h4([arm_mark(number), short_name(arm, t)]),
                _plot(
                    f"{name}-plot-{number}",
                    t(f"chart.summary.{name}", arm=short_name(arm, t)),
                    shape=f"plot-{name}",
                ),
            ],
            class_=f"small-multiple focus-arm-{number}",
        )
        for number, arm in enumerate(study.arms)
    ]


def _plot(
    name: str,
    summary: str,
    *,
    layer: Mapping[str, str] | None = None,
    shape: str = "",
    riders: Sequence[Element] = (),
) -> Element:
    return html.figure(
        [
            html.div(id=name, class_="graph", **{"data-figure": name}),
            html.div(
                [
                    html.div(class_="veil"),
                    html.div([html.div(class_="cursor"), *riders], class_="track"),
                ],
                class_="plot-layer",
                **{"data-layer": name, "aria-hidden": "true", **(layer or {})},
            ),
            html.figcaption(summary, class_="visually-hidden"),
        ],
        class_=f"plot {shape}".strip(),
    )
