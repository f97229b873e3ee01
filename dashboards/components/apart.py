"""What evidence, control and marking each do to public contracts, side by side for every measure.

The steps are those that `compare` prints, on the same contracts and the same chance, so that no
total stands alone.
"""

from typing import Any, Final

from dashboards import html
from dashboards.comparison import VERDICTS, Comparison, number_of
from dashboards.components.contracts import table
from dashboards.html import Children, Element
from dashboards.numbers import change_text
from dashboards.texts import Texts
from tengesim.metrics.catalogue import METRICS_BY_NAME
from tengesim.report.contract_effects import SHOWN, Effect

__all__ = ["STEPS", "apart_table"]

STEPS: Final = {
    "evidence": "evidence",
    "control": "control",
    "marking beyond control": "beyond",
    "marking": "marking",
    "everything": "everything",
    "evidence and control": "both",
}
"""Keys of the texts of steps."""


def apart_table(comparison: Comparison, t: Texts) -> Element:
    """Return a line for each measure and a column for each step, with both intervals."""
    effects = comparison.effects
    heads: list[Children] = [t("outcomes.column.measure")]
    heads += [_head(comparison, effect, t) for effect in effects]
    lines = [
        {str(row["metric"]): row for row in effect.summary.to_dict("records")} for effect in effects
    ]
    rows = [
        html.tr(
            [
                html.th(
                    [
                        METRICS_BY_NAME[name].title,
                        html.span(METRICS_BY_NAME[name].unit, class_="unit why"),
                    ],
                    scope="row",
                ),
                *(_cell(line.get(name), t) for line in lines),
            ]
        )
        for name in SHOWN
        if any(name in line for line in lines)
    ]
    displaced = [html.td(_displaced(effect, t), class_="number") for effect in effects]
    rows.append(html.tr([html.th(t("apart.displaced"), scope="row"), *displaced]))
    return table(t("apart.caption"), heads, rows, numbers=range(1, len(heads)))


def _head(comparison: Comparison, effect: Effect, t: Texts) -> Children:
    arms = comparison.manifest.arms
    said = t("apart.between", a=arms[effect.before].title, b=arms[effect.after].title)
    return html.span(t(f"apart.{STEPS[effect.what]}"), title=said)


def _cell(row: dict[Any, Any] | None, t: Texts) -> Element:
    if row is None:
        return html.td(t("unit.none"), class_="number")
    unit = str(row["unit"])
    verdict = str(row["verdict"]) if row["verdict"] in VERDICTS else "unknown"
    said: list[Children] = [html.span(t(f"verdict.{verdict}"), class_="unit why")]
    for kind in ("chance", "assumptions"):
        ends = [number_of(row[f"{kind}_{end}"]) for end in ("low", "high")]
        if None not in ends and ends[0] != ends[1]:
            low, high = (change_text(end, unit, t) for end in ends)
            is_chance = kind == "chance"
            shown = t("apart.chance" if is_chance else "apart.assumptions", low=low, high=high)
            said.append(html.span(shown, class_="unit why"))
    difference = number_of(row["difference"])
    return html.td(
        [change_text(difference, unit, t), *said],
        class_="number",
        **{"data-value": None if difference is None else repr(difference)},
    )


def _displaced(effect: Effect, t: Texts) -> Children:
    ratio = effect.displaced.ratio
    if ratio is None:
        return t("apart.displaced.none")
    return change_text(round(ratio, 2), "times", t)
