"""Every metric of the catalogue beside each other, each with its question, formula and source.

Values are written from the exact numerator and denominator of the run, never from a float.
"""

from fractions import Fraction

import pandas as pd

from dashboards import html
from dashboards.components.parts import arm_mark, truth_badge
from dashboards.html import Element
from dashboards.numbers import whole_text
from dashboards.shown import Shown, short_name
from dashboards.texts import Texts
from tengesim.metrics.catalogue import METRICS
from tengesim.metrics.metric import GROUPS, Metric

__all__ = ["measure_table", "value_text"]

_DECIMALS = {"share": 2, "days": 1, "times": 1, "person-years": 1, "records per million KZT": 1}
_HALF = Fraction(1, 2)


def measure_table(study: Shown, t: Texts, *, is_open: bool = False) -> Element:
    """Return all metrics of all arms, by group."""
    there = {name for frame in study.metrics for name in frame["metric"]}
    found = [metric for metric in METRICS if metric.name in there]
    head = [html.th(t("measures.measure"), scope="col")]
    head += [
        html.th([arm_mark(number), short_name(arm, t)], scope="col")
        for number, arm in enumerate(study.arms)
    ]
    bodies = [
        html.tbody(
            [
                html.tr(
                    html.th(t(f"group.{group}"), scope="rowgroup", colspan=len(study.arms) + 1),
                    class_="group",
                ),
                *(_row(metric, study, t) for metric in found if metric.group == group),
            ]
        )
        for group in GROUPS
        if any(metric.group == group for metric in found)
    ]
    return html.details(
        [
            html.summary(t("measures.open", count=len(found))),
            html.div(
                html.table([html.thead(html.tr(head)), *bodies], class_="plain-table measures"),
                class_="table-scroll",
                tabindex="0",
                role="region",
                **{"aria-label": t("table.of", title=t("measures.title"))},
            ),
        ],
        class_="card fold",
        open=is_open,
    )


def value_text(frame: pd.DataFrame, metric: Metric, t: Texts) -> str:
    """Return the value of a metric as text, a dash where the run has none."""
    rows = frame[frame["metric"] == metric.name]
    if rows.empty:
        return t("unit.none")
    row = rows.iloc[0]
    if pd.isna(row["numerator"]) or pd.isna(row["value"]):
        return t("unit.none")
    # A count or an amount has no denominator.
    below = 1 if pd.isna(row["denominator"]) else int(row["denominator"])
    value = Fraction(int(row["numerator"]), below) * metric.factor
    if metric.unit == "share":
        return t("unit.percent", number=_decimal(value * 100, _DECIMALS["share"]))
    return _decimal(value, _DECIMALS.get(metric.unit, 0))


def _decimal(value: Fraction, decimals: int) -> str:
    scaled = int(abs(value) * 10**decimals + _HALF)
    whole, part = divmod(scaled, 10**decimals)
    shown = whole_text(-whole if value < 0 else whole)
    return f"{shown}.{part:0{decimals}d}" if decimals else shown


def _row(metric: Metric, study: Shown, t: Texts) -> Element:
    parts = [
        (t("measures.question"), metric.question),
        (t("explain.formula"), metric.formula),
        (t("explain.unit"), metric.unit),
        (t("explain.source"), metric.source),
        (t("measures.note"), metric.text.get(t.language, metric.text["en"])),
    ]
    named = html.details(
        [
            html.summary(metric.title),
            html.dl([each for name, text in parts for each in (html.dt(name), html.dd(text))]),
        ],
        class_="explain",
    )
    unit = html.span(
        [t(f"direction.{metric.direction}"), " ", truth_badge(t, is_truth=metric.uses_truth)],
        class_="unit",
    )
    values = [html.td(value_text(frame, metric, t), class_="number") for frame in study.metrics]
    return html.tr([html.th([named, unit], scope="row"), *values])
