"""Parts that follow money: from a budget line to its final payees, and back from any payment."""

from typing import Any, Final

import pandas as pd

from dashboards import html
from dashboards.components.contracts import (
    TIYN,
    address,
    in_tenge,
    listed,
    money,
    share_bar,
    table,
)
from dashboards.components.parts import card
from dashboards.html import Children, Element
from dashboards.numbers import large_tenge_text, share_text, whole_text
from dashboards.programmes import Programmes
from dashboards.texts import Texts
from tengesim.clock import DAY_US

__all__ = ["forward_steps", "uses_table", "way_back", "way_card"]

_WAY_MAX: Final = 24
"""Steps of a way that are drawn; the table has all."""


def uses_table(uses: pd.DataFrame, t: Texts, *, most: int) -> Element:
    """Return whom the money of a budget line came to in the end, the largest first."""
    total = int(uses["tiyn"].sum())
    ordered = uses.sort_values(["tiyn", "payee", "kind"], ascending=[False, True, True])
    rows = [
        html.tr(
            [
                html.th(str(row["payee"]), scope="row"),
                html.td(t(f"kind.{row['kind']}")),
                money(int(row["tiyn"]), t),
                html.td(
                    [share_text(int(row["tiyn"]), total, t), share_bar(int(row["tiyn"]), total)],
                    class_="number",
                ),
            ]
        )
        for row in ordered.head(most).to_dict("records")
    ]
    left = len(ordered) - most
    if left > 0:
        rest = int(ordered["tiyn"].iloc[most:].sum())
        rows.append(
            html.tr(
                [
                    html.th(t("follow.others", count=left), scope="row"),
                    html.td(""),
                    money(rest, t),
                    html.td(share_text(rest, total, t), class_="number"),
                ]
            )
        )
    heads = [t(f"follow.use.{name}") for name in ("payee", "kind", "amount", "share")]
    caption = t("follow.uses.caption", amount=large_tenge_text(total // TIYN, t))
    return table(caption, heads, rows, numbers=(2, 3))


def forward_steps(flows: pd.DataFrame, t: Texts) -> Element:
    """Return what each step of the way of a line's money moved, by kind, and what rested there."""
    by_step = (
        flows.groupby(["step", "kind"], observed=True)[["tiyn", "rest_tiyn"]].sum().reset_index()
    )
    rows = [
        html.tr(
            [
                html.th(str(int(row["step"])), scope="row"),
                html.td(t(f"kind.{row['kind']}")),
                money(int(row["tiyn"]), t),
                money(int(row["rest_tiyn"]), t),
            ]
        )
        for row in by_step.to_dict("records")
    ]
    heads = [t(f"follow.step.{name}") for name in ("step", "kind", "moved", "rested")]
    return table(t("follow.steps.caption"), heads, rows, numbers=(2, 3))


def way_back(programmes: Programmes, chain: pd.DataFrame, t: Texts) -> Element:
    """Return the way of one payment's money from its budget line down, a line for each step."""
    clock = programmes.shown.clock
    items = []
    for row in chain[::-1][:_WAY_MAX].to_dict("records"):
        day = clock.day(int((row["time_us"] - clock.start_us) // DAY_US))
        marks = _marks(row)
        items.append(
            html.li(
                [
                    html.span(day.isoformat(), class_="way-day"),
                    html.span(
                        [
                            html.strong(t(f"kind.{row['kind']}")),
                            " ",
                            t("follow.way.between", payer=row["payer"], payee=row["payee"]),
                            " ",
                            html.span(t("follow.way.mark", mark=marks), class_="badge")
                            if marks
                            else None,
                        ]
                    ),
                    html.span(large_tenge_text(int(row["tiyn"]) // TIYN, t), class_="tree-amount"),
                ]
            )
        )
    if len(chain) > _WAY_MAX:
        items.append(html.li(t("follow.way.more", count=whole_text(len(chain) - _WAY_MAX))))
    lines = sorted({str(line) for line in chain["line"]})
    return html.figure(
        [
            html.p(t("follow.way.lines", lines=", ".join(lines)), class_="way-head"),
            html.ol(items, class_="way"),
        ]
    )


def way_card(programmes: Programmes, arm: int, chain: pd.DataFrame, t: Texts) -> Element:
    """Return the way of one payment's money from its budget line, drawn and as a table."""
    clock = programmes.shown.clock
    rows = [_back_row(row, clock.start_us, programmes, arm, t) for row in chain.to_dict("records")]
    names = ("step", "day", "kind", "payer", "payee", "amount", "mark", "line")
    heads: list[Children] = [t(f"follow.back.{name}") for name in names]
    heads[5] = in_tenge(t("follow.back.amount"), t)
    return card(
        t,
        "way",
        t("follow.way.card"),
        lead=t("follow.way.card_lead"),
        chart=[way_back(programmes, chain, t)],
        table=listed(t("follow.back.caption"), heads, rows, numbers=(5,)),
        measure="way",
        is_truth=None,
    )


def _marks(row: dict[Any, Any]) -> str:
    marks = [str(row[name]) for name in ("mark", "mark_to") if row[name]]
    return " → ".join(dict.fromkeys(marks))


def _back_row(
    row: dict[Any, Any], start_us: int, programmes: Programmes, arm: int, t: Texts
) -> Element:
    day = programmes.shown.clock.day(int((row["time_us"] - start_us) // DAY_US))
    kind = html.a(
        t(f"kind.{row['kind']}"),
        href=address("/programmes/story", arm=arm, intent=row["intent"]),
    )
    return html.tr(
        [
            html.th(str(int(row["step"])), scope="row"),
            html.td(day.isoformat()),
            html.td(kind),
            html.td(str(row["payer"])),
            html.td(str(row["payee"])),
            money(int(row["tiyn"]), t),
            html.td(_marks(row)),
            html.td(str(row["line"])),
        ]
    )
