"""The page *Programmes*: public contracts as a list, and one of them from plan to closing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pandas as pd

from dashboards import html
from dashboards.components.chains import way_card
from dashboards.components.contract_life import contract_course, contract_facts, steps_table
from dashboards.components.contracts import address, arm_links, choice_form, contract_table
from dashboards.components.flags import flag_table, judged_table
from dashboards.components.head import masthead
from dashboards.components.money_tree import branches, tree_card
from dashboards.components.parts import section
from dashboards.components.tiers import tier_card
from dashboards.html import Element
from dashboards.programmes import Programmes
from dashboards.story_view import story_view
from dashboards.texts import Texts
from tengesim.report.programmes import (
    Wanted,
    contract_row,
    contract_steps,
    contract_tree,
    contracts,
    is_planned,
    paid_by_tier,
)
from tengesim.report.story import Log

__all__ = ["contract_page", "programmes_page", "still_page", "story_page", "title_of"]

_FLAGGED_MAX: Final = 30
_FOLLOWED: Final = ("budget_payment", "subpayment", "wage", "tax")
"""Payments whose money a contract's page follows back, the last one of the chain first."""


def programmes_page(
    programmes: Programmes, arm: int, wanted: Wanted, t: Texts, pages: Sequence[str]
) -> Element:
    """Return the list of contracts with what each tier of the chain was paid, and red flags."""
    log = programmes.shown.arms[arm].log
    found = contracts(log, wanted)
    flags = programmes.flags(arm)
    parts = [
        title_of(programmes, arm, t("programmes.heading"), t("programmes.lead"), t),
        arm_links(programmes, arm, address("/programmes"), t),
        section(
            t,
            "contracts",
            [
                choice_form(programmes, arm, wanted, t),
                *contract_table(arm, found, wanted, t),
            ],
            is_result=False,
        ),
        section(t, "tiers", [tier_card(paid_by_tier(log, wanted.line), t)], is_result=False),
        section(
            t,
            "flags",
            [
                flag_table(arm, flags, t, most=_FLAGGED_MAX),
                judged_table(flags, programmes.shown.metrics[arm], t),
            ],
            is_result=False,
        ),
    ]
    return still_page(parts, t, here="programmes", pages=pages)


def contract_page(
    programmes: Programmes, arm: int, contract: str, t: Texts, pages: Sequence[str]
) -> Element | None:
    """Return one contract: its course, its money, its flags and documents; None where unknown."""
    log = programmes.shown.arms[arm].log
    row = contract_row(log, contract)
    if row is None:
        return None
    steps = contract_steps(log, contract)
    # Who cheats otherwise in another arm may split a purchase there, so not every arm has it.
    among = [
        number
        for number in programmes.arms
        if is_planned(programmes.shown.arms[number].log, contract)
    ]
    flags = programmes.flags(arm)
    lead = t(
        "contract.lead",
        buyer=row["buyer"],
        state=t(f"state.{row['state']}"),
    )
    back = html.p(
        html.a(t("contract.all"), href=address("/programmes", arm=arm)), class_="link-row"
    )
    parts = [
        title_of(programmes, arm, contract, lead, t),
        arm_links(programmes, arm, address("/programmes/contract", id=contract), t, among=among),
        back,
        contract_facts(row, t),
        section(t, "course", [contract_course(programmes, steps, t)], is_result=False),
        section(t, "tree", [_tree(log, row, t)], is_result=False),
        *_funding(programmes, arm, steps, t),
        section(
            t,
            "flags",
            [flag_table(arm, flags[flags["contract"] == contract], t, most=_FLAGGED_MAX)],
            is_result=False,
        ),
        section(t, "steps", [steps_table(programmes, arm, steps, t)], is_result=False),
    ]
    return still_page(parts, t, here="", pages=pages)


def _tree(log: Log, row: Mapping[str, object], t: Texts) -> Element:
    edges = contract_tree(log, str(row["contract"]))
    if edges.empty:
        return html.p(t("tree.none"), class_="empty")
    return tree_card(branches(edges, str(row["line"]), str(row["buyer"])), t)


def _funding(programmes: Programmes, arm: int, steps: pd.DataFrame, t: Texts) -> Iterator[Element]:
    """Yield the way of the money of a late payment down the chain, from its budget line."""
    paid = steps[(steps["status"] == "settled") & steps["kind"].isin(_FOLLOWED)]
    if paid.empty:
        return
    deepest = paid[paid["kind"] != "budget_payment"]
    chosen = int((paid if deepest.empty else deepest)["seq"].iloc[-1])
    chain = programmes.way_back(arm, chosen)
    if chain is not None and len(chain):
        yield section(t, "funding", [way_card(programmes, arm, chain, t)], is_result=False)


def story_page(
    programmes: Programmes, arm: int, intent: str, t: Texts, pages: Sequence[str]
) -> Element:
    """Return the story of one document or payment on a page of its own."""
    parts = [
        title_of(programmes, arm, t("story.title"), intent, t),
        html.article(story_view(programmes.shown, arm, intent, t), class_="card"),
    ]
    return still_page(parts, t, here="", pages=pages)


def still_page(
    parts: Sequence[Element | None], t: Texts, *, here: str, pages: Sequence[str]
) -> Element:
    """Return a page that nothing moves on."""
    return html.div(
        [
            masthead(t, has_lesson=False, here=here, pages=pages),
            html.main([part for part in parts if part is not None], id="main", tabindex="-1"),
            html.footer([html.p(t("standing.line")), html.p(t("economy.footer"))], class_="footer"),
        ],
        class_="page page-still",
        **{"data-still": "true"},
    )


def title_of(programmes: Programmes, arm: int, title: str, lead: str, t: Texts) -> Element:
    """Return the head of a page about one arm."""
    shown = programmes.shown
    run = t("programmes.run", arm=shown.arms[arm].label, seed=shown.arms[arm].seed)
    return html.div(
        [
            html.h1(title),
            html.p(lead, class_="question"),
            html.p([html.strong(t("standing.line")), " ", run], class_="standing-line"),
        ],
        class_="title-block",
    )
