"""Parts that follow money: a tree from the buyer to the last payee, and chains forth and back."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboards import html
from dashboards.components.contracts import TIYN, address, money, share_bar, table
from dashboards.html import Element
from dashboards.numbers import large_tenge_text, share_text
from dashboards.programmes import Programmes
from dashboards.texts import Texts
from tengesim.clock import DAY_US

__all__ = ["back_chain", "forward_steps", "money_tree", "tree_table", "uses_table"]

_DEPTH_MAX = 12


def money_tree(edges: pd.DataFrame, root: str, t: Texts) -> Element:
    """Return who was paid by whom, from `root` down, each with its share of all that left it."""
    released = int(edges.loc[edges["payer"] == root, "amount_tiyn"].sum())
    return html.article(
        [
            html.p(t("tree.root", payer=root, amount=large_tenge_text(released // TIYN, t))),
            _branch(edges, root, released, t, (root,)),
        ],
        class_="card money-tree",
    )


def _branch(
    edges: pd.DataFrame, payer: str, released: int, t: Texts, above: tuple[str, ...]
) -> Element | None:
    """Return what `payer` paid; whoever stands above is not followed again."""
    own = edges[edges["payer"] == payer]
    if own.empty or len(above) > _DEPTH_MAX:
        return None
    grouped = own.groupby("payee", sort=False)[["amount_tiyn", "marked_tiyn"]].sum()
    kinds = own.groupby("payee", sort=False)["kind"].agg(lambda each: sorted(set(map(str, each))))
    items = []
    for payee, (paid, marked) in zip(
        grouped.index.tolist(), grouped.to_numpy().tolist(), strict=True
    ):
        said = ", ".join(t(f"kind.{kind}") for kind in kinds[payee])
        line: list[Element] = [
            html.span(str(payee), class_="tree-name"),
            html.span(said, class_="tree-kind"),
            html.span(large_tenge_text(int(paid) // TIYN, t), class_="tree-amount"),
            share_bar(int(paid), released),
        ]
        if marked:
            line.append(html.span(_marked(int(marked), int(paid), t), class_="badge"))
        below = None if payee in above else _branch(edges, payee, released, t, (*above, payee))
        items.append(html.li([html.div(line, class_="tree-line"), below]))
    return html.ul(items)


def _marked(marked: int, paid: int, t: Texts) -> str:
    if marked == paid:
        return t("tree.marked")
    return t("tree.partly_marked", share=share_text(marked, paid, t))


def tree_table(edges: pd.DataFrame, t: Texts) -> Element:
    """Return the same as a table."""
    rows = [
        html.tr(
            [
                html.th(str(row["payer"]), scope="row"),
                html.td(str(row["payee"])),
                html.td(t(f"kind.{row['kind']}")),
                money(int(row["amount_tiyn"]), t),
                money(int(row["marked_tiyn"]), t),
            ]
        )
        for row in edges.to_dict("records")
    ]
    heads = [t(f"tree.{name}") for name in ("payer", "payee", "kind", "amount", "of_it_marked")]
    return table(t("tree.caption"), heads, rows, numbers=(3, 4))


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


def back_chain(programmes: Programmes, arm: int, chain: pd.DataFrame, t: Texts) -> Element:
    """Return the way of one payment's money back to its budget line, the payment first."""
    clock = programmes.shown.clock
    rows = [_back_row(row, clock.start_us, programmes, arm, t) for row in chain.to_dict("records")]
    heads = [
        t(f"follow.back.{name}")
        for name in ("step", "day", "kind", "payer", "payee", "amount", "mark", "line")
    ]
    return table(t("follow.back.caption"), heads, rows, numbers=(5,))


def _back_row(
    row: dict[Any, Any], start_us: int, programmes: Programmes, arm: int, t: Texts
) -> Element:
    day = programmes.shown.clock.day(int((row["time_us"] - start_us) // DAY_US))
    marks: Sequence[str] = [str(row[name]) for name in ("mark", "mark_to") if row[name]]
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
            html.td(" → ".join(dict.fromkeys(marks))),
            html.td(str(row["line"])),
        ]
    )
