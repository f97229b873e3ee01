"""How a page of public contracts opens: what was lost, who waited, who can follow the money."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from dashboards import html
from dashboards.components.parts import arm_mark, hidden_text
from dashboards.html import Element
from dashboards.numbers import share_text
from dashboards.shown import Shown, short_name, tenths_text
from dashboards.texts import Texts

__all__ = ["COLUMNS", "contracts_at_end", "said_of_contracts"]

COLUMNS: Final[Mapping[str, str]] = {
    "lost": "contract_leakage",
    "delay": "contract_delay",
    "blocked": "contract_blocked",
    "traceable": "contract_traceable_share_treasury",
}
"""What the table at the end shows, each with its metric."""


def said_of_contracts(shown: Shown, t: Texts) -> str:
    """Return what was lost and how long suppliers waited, a sentence for each arm."""
    return " ".join(
        t(
            "contracts.said",
            arm=short_name(arm, t),
            **{name: _value(metrics, name, t) for name in COLUMNS},
        )
        for arm, metrics in zip(shown.arms, shown.metrics, strict=True)
    )


def contracts_at_end(shown: Shown, t: Texts) -> Element:
    """Return the same as a table, an arm a line."""
    head = [html.th(hidden_text(t("runs.arm")), scope="col")]
    head += [html.th(t(f"contracts.at_end.{name}"), scope="col") for name in COLUMNS]
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
    if name == "delay":
        days = tenths_text(metrics, COLUMNS[name])
        return t("unit.none") if days is None else t("contracts.days", days=days)
    rows: list[dict[Any, Any]] = metrics[metrics["metric"] == COLUMNS[name]].to_dict("records")
    if not rows or pd.isna(rows[0]["denominator"]):
        return t("unit.none")
    return share_text(int(rows[0]["numerator"]), int(rows[0]["denominator"]), t)
