"""How deep a mark goes: what each tier of the chain was paid, in marked and in free money."""

from typing import Any, Final

import pandas as pd

from dashboards import html
from dashboards.components.contracts import TIYN, count, in_tenge, listed, money
from dashboards.components.parts import card
from dashboards.html import Children, Element
from dashboards.numbers import large_tenge_text, share_text, whole_text
from dashboards.texts import Texts

__all__ = ["TIER_COLUMNS", "TIER_FILLS", "tier_card"]

TIER_COLUMNS: Final = ("tier", "payees", "paid", "marked", "share")
"""Columns of the table behind the bars."""

TIER_FILLS: Final = ("marked", "free")
"""What a bar is made of."""

_THOUSAND: Final = 1_000

_svg: Final = html.Maker("svg")
_rect: Final = html.Maker("rect")


def tier_card(tiers: pd.DataFrame, t: Texts) -> Element:
    """Return a bar for each tier, as long as what the tier was paid, and the same as a table."""
    rows = tiers.to_dict("records")
    largest = max((int(row["amount_tiyn"]) for row in rows), default=0)
    legend = html.ul(
        [
            html.li([html.span(class_=f"fill tier-fill-{name}"), t(f"tiers.legend.{name}")])
            for name in TIER_FILLS
        ],
        class_="legend",
    )
    figure = html.figure(
        [
            html.dl([_bar(row, largest, t) for row in rows], class_="tier-bars"),
            html.figcaption(t("tiers.summary"), class_="visually-hidden"),
        ]
    )
    return card(
        t,
        "tiers",
        t("tiers.card"),
        lead=t("tiers.card_lead"),
        head=[legend],
        chart=[figure],
        table=_table(rows, t),
        measure="tiers",
        is_truth=None,
    )


def _name(row: dict[Any, Any], t: Texts) -> str:
    tier = int(row["tier"])
    return t("programmes.tier", tier=tier) if tier else t("programmes.suppliers")


def _bar(row: dict[Any, Any], largest: int, t: Texts) -> Element:
    paid, marked = int(row["amount_tiyn"]), int(row["marked_tiyn"])
    filled = marked * _THOUSAND // largest if largest else 0
    length = paid * _THOUSAND // largest if largest else 0
    said = t(
        "tiers.said",
        share=share_text(marked, paid, t),
        amount=large_tenge_text(paid // TIYN, t),
        payees=whole_text(int(row["payees"])),
    )
    drawn = _svg(
        [
            _rect(x=str(filled), width=str(length - filled), height="8", class_="tier-free"),
            _rect(width=str(filled), height="8", class_="tier-marked"),
        ],
        viewBox="0 0 1000 8",
        preserveAspectRatio="none",
        class_="tier-bar",
        **{"aria-hidden": "true"},
    )
    return html.div([html.dt(_name(row, t)), html.dd([html.span(said), drawn])])


def _table(rows: list[dict[Any, Any]], t: Texts) -> Element:
    lines = []
    for row in rows:
        paid, marked = int(row["amount_tiyn"]), int(row["marked_tiyn"])
        lines.append(
            html.tr(
                [
                    html.th(_name(row, t), scope="row"),
                    count(int(row["payees"])),
                    money(paid, t),
                    money(marked, t),
                    html.td(share_text(marked, paid, t), class_="number"),
                ]
            )
        )
    heads: list[Children] = [t(f"programmes.tier.{name}") for name in TIER_COLUMNS]
    heads[2:4] = [in_tenge(t(f"programmes.tier.{name}"), t) for name in TIER_COLUMNS[2:4]]
    return listed(t("programmes.tiers.caption"), heads, lines, numbers=(1, 2, 3, 4))
