"""The tree of a contract's money: from its budget line over buyer and supplier to the last payees.

Chart and table are written from the same lines. Whoever was paid shows what became of it: what it
paid on, and what stayed, so that every branch adds up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from dashboards import html
from dashboards.components.contracts import TIYN, in_tenge, listed, money, share_bar
from dashboards.components.parts import card, hidden_text
from dashboards.html import Children, Element
from dashboards.numbers import large_tenge_text, share_text
from dashboards.texts import Texts

__all__ = ["TREE_COLUMNS", "Branch", "branches", "tree_card"]

TREE_COLUMNS: Final = ("tier", "payer", "payee", "kind", "amount", "of_it_marked")
"""Columns of the table behind the tree."""

_KEPT: Final = "kept"
_OWN: Final = "own"
_OPEN: Final = 3
"""Branches above this depth are open: line, buyer and supplier."""


@dataclass(frozen=True, slots=True)
class Branch:
    """What one payer paid one payee in all, with what the payee made of it below.

    `kinds` are kinds of payments, or the one word `kept` for what stayed with the payer, `own`
    for what it paid beyond what it was paid.
    """

    payer: str
    payee: str
    kinds: tuple[str, ...]
    tiyn: int
    marked_tiyn: int
    below: "tuple[Branch, ...]" = ()


def branches(edges: pd.DataFrame, line: str, buyer: str) -> Branch:
    """Return the tree of who paid whom under one contract, from its budget line down.

    A payee of several payers is followed once, under the one that paid it most; what circles back
    is not followed again. What a buyer pays is released by the line.
    """
    by_payer: dict[str, list[Branch]] = {}
    received: dict[str, int] = {}
    for (payer, payee), rows in edges.groupby(["payer", "payee"], sort=False):
        kinds = tuple(sorted(set(map(str, rows["kind"]))))
        paid, marked = int(rows["amount_tiyn"].sum()), int(rows["marked_tiyn"].sum())
        one = Branch(str(payer), str(payee), kinds, paid, marked)
        by_payer.setdefault(one.payer, []).append(one)
        received[one.payee] = received.get(one.payee, 0) + paid
    for own in by_payer.values():
        own.sort(key=lambda one: (-one.tiyn, one.payee))
    suppliers = tuple(_followed(buyer, by_payer, received, {buyer}))
    tiyn = sum(one.tiyn for one in suppliers)
    marked = sum(one.marked_tiyn for one in suppliers)
    return Branch("", line, (), tiyn, marked, (Branch(line, buyer, (), tiyn, marked, suppliers),))


def _followed(
    payer: str,
    by_payer: Mapping[str, Sequence[Branch]],
    received: Mapping[str, int],
    seen: set[str],
) -> Iterator[Branch]:
    own = by_payer.get(payer, ())
    first = [one for one in own if one.payee not in seen]
    seen |= {one.payee for one in first}
    for one in own:
        if one not in first:
            yield one
            continue
        below = tuple(_followed(one.payee, by_payer, received, seen))
        rest = received[one.payee] - sum(each.tiyn for each in by_payer.get(one.payee, ()))
        if below and rest:
            kind = _KEPT if rest > 0 else _OWN
            below = (*below, Branch(one.payee, one.payee, (kind,), abs(rest), 0))
        yield Branch(one.payer, one.payee, one.kinds, one.tiyn, one.marked_tiyn, below)


def tree_card(root: Branch, t: Texts) -> Element:
    """Return the tree as a chart whose branches open, and as a table."""
    figure = html.figure(
        [
            html.ul(_item(root, root.tiyn, 0, t), class_="branches"),
            html.figcaption(t("tree.summary"), class_="visually-hidden"),
        ],
        class_="money-tree",
    )
    return card(
        t,
        "tree",
        t("tree.card"),
        lead=t("tree.card_lead"),
        chart=[figure],
        table=_table(root, t),
        measure="tree",
        is_truth=None,
    )


def _item(one: Branch, whole: int, depth: int, t: Texts) -> Element:
    line = _line(one, whole, depth, t)
    if not one.below:
        return html.li(html.div(line, class_="tree-line"))
    inner = html.ul([_item(each, whole, depth + 1, t) for each in one.below])
    summary = html.summary(line, class_="tree-line")
    return html.li(html.details([summary, inner], open=depth < _OPEN))


def _line(one: Branch, whole: int, depth: int, t: Texts) -> list[Children]:
    is_rest = one.kinds in {(_KEPT,), (_OWN,)}
    name = _said(one, depth, t) if is_rest else one.payee
    return [
        html.span(
            [
                html.span(name, class_="tree-name"),
                " ",
                None if is_rest else html.span(_said(one, depth, t), class_="tree-kind"),
                " ",
                html.span(_marked(one, t), class_="badge") if one.marked_tiyn else None,
            ]
        ),
        html.span(
            [
                large_tenge_text(one.tiyn // TIYN, t),
                hidden_text(f", {share_text(one.tiyn, whole, t)}"),
            ],
            class_="tree-amount",
        ),
        share_bar(one.tiyn, whole),
    ]


def _said(one: Branch, depth: int, t: Texts) -> str:
    """Return what an amount is for, or who stands at the two ends above the supplier."""
    if not one.kinds:
        return t("tree.buyer" if depth else "tree.line")
    if one.kinds == (_KEPT,):
        return t("tree.kept")
    if one.kinds == (_OWN,):
        return t("tree.own")
    return ", ".join(t(f"kind.{kind}") for kind in one.kinds)


def _marked(one: Branch, t: Texts) -> str:
    if one.marked_tiyn == one.tiyn:
        return t("tree.marked")
    return t("tree.partly_marked", share=share_text(one.marked_tiyn, one.tiyn, t))


def _rows(one: Branch, depth: int, t: Texts) -> Iterator[Element]:
    yield html.tr(
        [
            html.td(str(depth), class_="number"),
            html.td(one.payer),
            html.th(one.payee, scope="row"),
            html.td(_said(one, depth, t)),
            money(one.tiyn, t),
            money(one.marked_tiyn, t),
        ]
    )
    for each in one.below:
        yield from _rows(each, depth + 1, t)


def _table(root: Branch, t: Texts) -> Element:
    heads: list[Children] = [t(f"tree.{name}") for name in TREE_COLUMNS[:-2]]
    heads += [in_tenge(t(f"tree.{name}"), t) for name in TREE_COLUMNS[-2:]]
    return listed(t("tree.caption"), heads, list(_rows(root, 0, t)), numbers=(0, 4, 5))
