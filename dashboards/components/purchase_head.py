"""How a page of purchases against a register opens: what was lost, what was stopped, who waited."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from dashboards import html
from dashboards.components.contracts import TIYN
from dashboards.components.parts import arm_mark, hidden_text
from dashboards.html import Element
from dashboards.numbers import large_tenge_text
from dashboards.shown import Shown, short_name, tenths_text
from dashboards.texts import Texts

__all__ = ["COLUMNS", "purchases_at_end", "said_of_purchases"]

COLUMNS: Final[Mapping[str, str]] = {
    "lost": "purchases_lost",
    "stopped": "purchases_loss_stopped",
    "wait": "sellers_wait",
    "unpaid": "sellers_unpaid",
}
"""What the table at the end shows, each with its metric."""


def said_of_purchases(shown: Shown, t: Texts) -> str:
    """Return what was lost and stopped and how long sellers waited, a sentence for each arm."""
    return " ".join(
        t(
            "purchases.said",
            arm=short_name(arm, t),
            **{name: _value(metrics, name, t) for name in COLUMNS if name != "unpaid"},
        )
        for arm, metrics in zip(shown.arms, shown.metrics, strict=True)
    )


def purchases_at_end(shown: Shown, t: Texts) -> Element:
    """Return the same as a table, an arm a line."""
    head = [html.th(hidden_text(t("runs.arm")), scope="col")]
    head += [html.th(t(f"purchases.at_end.{name}"), scope="col") for name in COLUMNS]
    rows = [
        html.tr(
            [
                html.th([arm_mark(number), short_name(arm, t)], scope="row"),
                *(html.td(_value(metrics, name, t)) for name in COLUMNS),
            ]
        )
        for number, (arm, metrics) in enumerate(zip(shown.arms, shown.metrics, strict=True))
    ]
    return html.table(
        [html.caption(t("at_end.title")), html.thead(html.tr(head)), html.tbody(rows)],
        class_="at-end",
    )


def _value(metrics: pd.DataFrame, name: str, t: Texts) -> str:
    if name == "wait":
        days = tenths_text(metrics, COLUMNS[name])
        return t("unit.none") if days is None else t("contracts.days", days=days)
    rows: list[dict[Any, Any]] = metrics[metrics["metric"] == COLUMNS[name]].to_dict("records")
    if not rows or pd.isna(rows[0]["numerator"]):
        return t("unit.none")
    return large_tenge_text(int(rows[0]["numerator"]) // TIYN, t)
