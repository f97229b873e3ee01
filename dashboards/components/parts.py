"""Small parts that recur: icons, buttons, sections, cards with their tabs and explanations.

What a part does in the browser is named by `data-` attributes; the scripts in assets/ look for
those and for nothing else, so markup and behaviour can be read apart.
"""

from collections.abc import Sequence

from dashboards import html
from dashboards.html import Attribute, Children, Element
from dashboards.shown import short_name
from dashboards.texts import Texts
from tengesim.report.playback import ArmLog

__all__ = [
    "act_button",
    "arm_mark",
    "bars",
    "card",
    "counted",
    "explanation",
    "hidden_text",
    "icon",
    "section",
    "truth_badge",
]


def icon(name: str) -> Element:
    """Return one of our own icons in the shade of the text around it."""
    return html.span(class_=f"icon icon-{name}", **{"aria-hidden": "true"})


def hidden_text(text: str) -> Element:
    """Return text for those who listen to the page."""
    return html.span(text, class_="visually-hidden")


def act_button(
    act: str, label: str, *, shown: Children | None = None, name: str = "", **attributes: Attribute
) -> Element:
    """Return a button that the scripts carry out; without `shown` its label is spoken only."""
    spoken = {} if shown is not None and not name else {"aria-label": label}
    return html.button(
        shown if shown is not None else label,
        type="button",
        title=label if spoken else None,
        class_=name,
        **{"data-act": act, **spoken, **attributes},
    )


def arm_mark(number: int) -> Element:
    """Return a sample of the line that stands for an arm."""
    return html.span(class_=f"line-sample arm-{number}", **{"aria-hidden": "true"})


def counted(series: str, number: int, *, kind: str = "whole") -> Element:
    """Return a number that counts along with the clock: `series` of the arm `number`."""
    return html.span(
        "0",
        class_="counted",
        **{"data-count": series, "data-arm": str(number), "data-kind": kind},
    )


def truth_badge(t: Texts, *, is_truth: bool) -> Element:
    """Return whether a number is known to the simulator alone or visible to the authorities."""
    kind = "truth" if is_truth else "observed"
    return html.span(
        [icon(kind), t(f"badge.{kind}")], class_=f"badge badge-{kind}", title=t(f"badge.{kind}.why")
    )


def explanation(t: Texts, measure: str) -> Element:
    """Return how a measure is defined, computed and sourced; one click away."""
    parts = ("definition", "formula", "unit", "source")
    return html.details(
        [
            html.summary([icon("help"), t("explain.open")]),
            html.dl(
                [
                    each
                    for part in parts
                    for each in (
                        html.dt(t(f"explain.{part}")),
                        html.dd(t(f"measure.{measure}.{part}")),
                    )
                ]
            ),
        ],
        class_="explain",
    )


def section(
    t: Texts, name: str, children: Sequence[Element], *, lead: str = "", is_result: bool = True
) -> Element:
    """Return a titled part of the page that can be linked to; a result is covered in the lesson."""
    cover = {"data-cover": t("lesson.hidden")} if is_result else {}
    return html.section(
        [
            html.div(
                [
                    html.h2(t(f"{name}.title"), id=f"{name}-title"),
                    html.p(lead or t(f"{name}.lead")),
                ],
                class_="section-head",
            ),
            *children,
        ],
        id=name,
        class_="section lesson-hides" if is_result else "section",
        **{"aria-labelledby": f"{name}-title", **cover},
    )


def card(
    t: Texts,
    name: str,
    title: str,
    *,
    lead: str,
    head: Sequence[Element] = (),
    chart: Sequence[Element],
    measure: str,
    is_truth: bool | None,
    table: Element | None = None,
) -> Element:
    """Return a chart with a table of the same numbers behind a tab, and its explanation.

    Without `table` the scripts make one. `is_truth` is None where each number says it by itself.
    """
    badge = None if is_truth is None else truth_badge(t, is_truth=is_truth)
    return html.article(
        [
            html.header([html.div([html.h3(title), badge], class_="row"), html.p(lead)]),
            *head,
            _tabs(t, name, title),
            html.div(
                list(chart),
                id=f"{name}-chart",
                class_="panel",
                role="tabpanel",
                **{"aria-labelledby": f"{name}-chart-tab"},
            ),
            html.div(
                table,
                id=f"{name}-table",
                class_="panel table-panel",
                role="tabpanel",
                hidden=True,
                tabindex="0",
                **{
                    "aria-labelledby": f"{name}-table-tab",
                    "data-table": name if table is None else None,
                },
            ),
            explanation(t, measure),
        ],
        class_="card",
        id=f"{name}-card",
    )


def _tabs(t: Texts, name: str, title: str) -> Element:
    def tab(view: str, *, is_open: bool) -> Element:
        return html.button(
            [icon(view), t(f"tab.{view}")],
            type="button",
            id=f"{name}-{view}-tab",
            role="tab",
            tabindex="0" if is_open else "-1",
            **{
                "aria-selected": "true" if is_open else "false",
                "aria-controls": f"{name}-{view}",
                "data-act": "tab",
            },
        )

    return html.div(
        [
            html.div(
                [tab("chart", is_open=True), tab("table", is_open=False)],
                role="tablist",
                class_="tabs",
                **{"aria-label": t("tab.of", title=title)},
            ),
            act_button(
                "csv",
                t("tab.csv", title=title),
                shown=[icon("download"), t("tab.csv_short")],
                name="quiet",
                **{"data-table": name},
            ),
        ],
        class_="row tab-row",
    )


def bars(arms: Sequence[ArmLog], series: str, kind: str, t: Texts) -> Element:
    """Return one number per arm with a bar whose full width is the largest of all at the end."""
    return html.dl(
        [
            html.div(
                [
                    html.dt(short_name(arm, t)),
                    html.dd(
                        [
                            counted(series, number, kind=kind),
                            html.span(
                                class_=f"mini-bar arm-{number}",
                                **{
                                    "data-bar": series,
                                    "data-arm": str(number),
                                    "aria-hidden": "true",
                                },
                            ),
                        ]
                    ),
                ],
                class_=f"bar-row focus-arm-{number}",
                **{"data-arm": str(number)},
            )
            for number, arm in enumerate(arms)
        ],
        class_="bar-list",
    )
