"""What the two kinds of error, the key figures and the differences look like as numbers.

Every number names the series it counts, and the scripts fill it in at each step of the clock.
"""

from dashboards import html
from dashboards.components.parts import arm_mark, bars, counted, explanation, truth_badge
from dashboards.html import Element
from dashboards.shown import short_name
from dashboards.study import Study
from dashboards.texts import Texts

__all__ = ["DIFFERENCES", "KEY_FIGURES", "differences", "key_figures", "trio"]

# Name of the measure, its series, how it is written, and whether only the simulator knows it.
KEY_FIGURES = (
    ("meals_paid", "sum.accepted", "whole", False),
    ("undue_money", "meals.undue_tenge.accepted", "tenge", True),
    ("caterers_free", "stocks.caterers_free", "tenge", False),
    ("owed", "owed", "tenge", False),
    ("unspent", "sum.unspent", "tenge", False),
    ("off_purpose", "meals.off_purpose.refused", "whole", True),
)
DIFFERENCES = (
    ("phantom", "meals.phantom.accepted", "whole"),
    ("blocked", "meals.honest.refused", "whole"),
    ("undue_money", "meals.undue_tenge.accepted", "tenge"),
    ("owed", "owed", "tenge"),
)


def trio(study: Study, series: str, t: Texts, kind: str = "whole") -> Element:
    """Return one number per arm, side by side."""
    return html.dl(
        [
            html.div(
                [
                    html.dt([arm_mark(number), short_name(arm, t)]),
                    html.dd(counted(series, number, kind=kind)),
                ],
                class_=f"trio-arm focus-arm-{number}",
                **{"data-arm": str(number)},
            )
            for number, arm in enumerate(study.arms)
        ],
        class_="trio",
    )


def key_figures(study: Study, t: Texts) -> Element:
    """Return the cards that count along with the clock."""
    return html.div(
        [
            html.article(
                [
                    html.div(
                        [html.h3(t(f"figure.{name}.title")), truth_badge(t, is_truth=is_truth)],
                        class_="row",
                    ),
                    html.p(t(f"figure.{name}.lead")),
                    bars(study.arms, series, kind, t),
                    explanation(t, name),
                ],
                class_="card key-figure",
            )
            for name, series, kind, is_truth in KEY_FIGURES
        ],
        class_="key-figures",
    )


def differences(study: Study, t: Texts) -> Element:
    """Return each measure from the first arm to the last, with what every step changed."""
    head = [html.th(t("difference.measure"), scope="col")]
    for number, arm in enumerate(study.arms):
        if number:
            one, two, effect = study.steps[number - 1]
            head.append(
                html.th(
                    [
                        html.span(t(f"effect.{effect}.title"), class_="effect-name"),
                        html.span(
                            t(
                                f"effect.{effect}.lead",
                                before=_name(study, one, t),
                                after=_name(study, two, t),
                            ),
                            class_="effect-lead",
                        ),
                    ],
                    scope="col",
                    class_="effect",
                )
            )
        head.append(html.th([arm_mark(number), short_name(arm, t)], scope="col", class_="arm-head"))
    rows = [_difference_row(study, t, *each) for each in DIFFERENCES]
    rows.append(_waiting_row(study, t))
    return html.div(
        html.table([html.thead(html.tr(head)), html.tbody(rows)], class_="differences"),
        class_="card table-scroll",
        tabindex="0",
        role="region",
        **{"aria-label": t("table.of", title=t("difference.title"))},
    )


def _difference_row(study: Study, t: Texts, name: str, series: str, kind: str) -> Element:
    cells = [
        html.th(
            [t(f"difference.{name}"), html.span(t(f"difference.{name}.unit"), class_="unit")],
            scope="row",
        )
    ]
    for number, arm in enumerate(study.arms):
        if number:
            cells.append(
                html.td(
                    [
                        html.span(
                            "0",
                            class_="change",
                            **{"data-change": series, "data-arm": str(number), "data-kind": kind},
                        ),
                        html.span(
                            class_="change-bar",
                            **{
                                "data-change-bar": series,
                                "data-arm": str(number),
                                "aria-hidden": "true",
                            },
                        ),
                    ],
                    class_="effect",
                    **{"data-label": t(f"effect.{study.steps[number - 1][2]}.title")},
                )
            )
        cells.append(
            html.td(counted(series, number, kind=kind), **{"data-label": short_name(arm, t)})
        )
    return html.tr(cells)


def _waiting_row(study: Study, t: Texts) -> Element:
    """Return how long caterers wait, which is known only when the run is over."""
    waits = [arm["waiting_days"] for arm in study.prepared["arms"]]
    cells = [
        html.th(
            [t("difference.days"), html.span(t("difference.days.unit"), class_="unit")],
            scope="row",
        )
    ]
    for number, (arm, days) in enumerate(zip(study.arms, waits, strict=True)):
        if number:
            step = study.steps[number - 1][2]
            cells.append(
                html.td(
                    html.span(**_day_change(waits[number - 1], days, t)),
                    class_="effect",
                    **{"data-label": t(f"effect.{step}.title")},
                )
            )
        cells.append(html.td(days or t("unit.none"), **{"data-label": short_name(arm, t)}))
    return html.tr(cells)


def _day_change(before: str | None, after: str | None, t: Texts) -> dict[str, str]:
    if before is None or after is None:
        return {"children": t("unit.none"), "class_": "change"}
    tenths = int(after.replace(".", "")) - int(before.replace(".", ""))
    if not tenths:
        return {"children": t("change.none"), "class_": "change"}
    sign, name = ("+", "is-more") if tenths > 0 else ("\u2212", "is-less")
    whole, part = divmod(abs(tenths), 10)
    return {"children": f"{sign}{whole}.{part}", "class_": f"change {name}"}


def _name(study: Study, arm: str, t: Texts) -> str:
    return next(short_name(each, t) for each in study.arms if each.id == arm)
