"""The page *Programmes*: public contracts as a list, and one of them from plan to closing."""

from collections.abc import Sequence
from typing import Final

from dashboards import html
from dashboards.components.chains import money_tree, tree_table
from dashboards.components.contracts import (
    TIYN,
    address,
    arm_links,
    choice_form,
    contract_course,
    contract_table,
    flag_table,
    steps_table,
    tier_table,
)
from dashboards.components.head import masthead
from dashboards.components.parts import section
from dashboards.html import Element
from dashboards.numbers import large_tenge_text
from dashboards.programmes import Programmes
from dashboards.story_view import story_view
from dashboards.texts import Texts
from tengesim.report.programmes import (
    Wanted,
    contract_steps,
    contract_tree,
    contracts,
    paid_by_tier,
)

__all__ = ["contract_page", "programmes_page", "still_page", "story_page"]

_FLAGGED_MAX: Final = 30


def programmes_page(
    programmes: Programmes, arm: int, wanted: Wanted, t: Texts, pages: Sequence[str]
) -> Element:
    """Return the list of contracts with what each tier of the chain was paid, and red flags."""
    log = programmes.shown.arms[arm].log
    found = contracts(log, wanted)
    parts = [
        _title(programmes, arm, t("programmes.heading"), t("programmes.lead"), t),
        arm_links(programmes, arm, "/programmes", t),
        section(
            t,
            "contracts",
            [
                choice_form(programmes, arm, wanted, t),
                *contract_table(arm, found, wanted, t),
            ],
            is_result=False,
        ),
        section(t, "tiers", [tier_table(paid_by_tier(log, wanted.line), t)], is_result=False),
        section(
            t,
            "flags",
            [flag_table(arm, programmes.flags(arm), t, most=_FLAGGED_MAX)],
            is_result=False,
        ),
    ]
    return still_page(parts, t, here="programmes", pages=pages)


def contract_page(
    programmes: Programmes, arm: int, contract: str, t: Texts, pages: Sequence[str]
) -> Element | None:
    """Return one contract: its course, its money, its flags and documents; None where unknown."""
    log = programmes.shown.arms[arm].log
    steps = contract_steps(log, contract)
    if steps.empty:
        return None
    edges = contract_tree(log, contract)
    flags = programmes.flags(arm)
    own = flags[flags["contract"] == contract]
    signed = steps[steps["kind"].isin(["award", "obligation", "amendment"])]
    price = int(signed["amount_tiyn"].iloc[-1]) if len(signed) else 0
    buyer = str(steps["payer"].iloc[0])
    lead = t("contract.lead", buyer=buyer, amount=large_tenge_text(price // TIYN, t))
    back = html.p(
        html.a(t("contract.all"), href=address("/programmes", arm=arm)), class_="link-row"
    )
    parts = [
        _title(programmes, arm, contract, lead, t),
        back,
        section(t, "course", [contract_course(programmes, steps, t)], is_result=False),
        section(
            t,
            "tree",
            [money_tree(edges, buyer, t), tree_table(edges, t)]
            if len(edges)
            else [html.p(t("tree.none"), class_="empty")],
            is_result=False,
        ),
        section(t, "flags", [flag_table(arm, own, t, most=_FLAGGED_MAX)], is_result=False),
        section(t, "steps", [steps_table(programmes, arm, steps, t)], is_result=False),
    ]
    return still_page(parts, t, here="", pages=pages)


def story_page(
    programmes: Programmes, arm: int, intent: str, t: Texts, pages: Sequence[str]
) -> Element:
    """Return the story of one document or payment on a page of its own."""
    parts = [
        _title(programmes, arm, t("story.title"), intent, t),
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


def _title(programmes: Programmes, arm: int, title: str, lead: str, t: Texts) -> Element:
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
