"""The page *Follow the tenge*: from a budget line to final payees, or from a payment back."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from dashboards import html
from dashboards.components.chains import forward_steps, uses_table, way_card
from dashboards.components.contracts import TIYN, address, arm_links
from dashboards.components.parts import section
from dashboards.html import Element
from dashboards.numbers import large_tenge_text, whole_text
from dashboards.pages.programmes import still_page, title_of
from dashboards.programmes import Programmes
from dashboards.texts import Texts

__all__ = ["back_page", "follow_page"]

_PAYEES_MAX: Final = 40


def follow_page(
    programmes: Programmes, arm: int, line: str, t: Texts, pages: Sequence[str]
) -> Element:
    """Return where the money of a budget line went."""
    known = programmes.origins(arm)
    lines = known.lines()
    released = dict(zip(map(str, lines["line"]), map(int, lines["tiyn"]), strict=True))
    if not released:
        empty = html.p(t("follow.none"), class_="empty")
        return still_page(
            [_title(programmes, arm, t, t("follow.lead")), empty], t, here="follow", pages=pages
        )
    chosen = line if line in released else max(released, key=lambda name: released[name])
    parts = [
        _title(programmes, arm, t, t("follow.lead")),
        arm_links(programmes, arm, "/follow", t),
        _lines(arm, released, chosen, t),
        section(
            t,
            "uses",
            [uses_table(known.uses(chosen), t, most=_PAYEES_MAX)],
            is_result=False,
        ),
        section(t, "ways", [forward_steps(known.forward(chosen), t)], is_result=False),
    ]
    return still_page(parts, t, here="follow", pages=pages)


def back_page(
    programmes: Programmes, arm: int, row: int, t: Texts, pages: Sequence[str]
) -> Element | None:
    """Return where the money of a row of the log came from; None where there is no such row."""
    try:
        chain = programmes.origins(arm).back(row)
    except ValueError:
        return None
    body = (
        html.p(t("follow.not_public"), class_="empty")
        if chain.empty
        else way_card(programmes, arm, chain, t)
    )
    lead = t("follow.row", row=whole_text(row))
    parts = [
        _title(programmes, arm, t, lead),
        _around(arm, chain, t),
        section(t, "back", [body], is_result=False),
    ]
    return still_page(parts, t, here="follow", pages=pages)


def _title(programmes: Programmes, arm: int, t: Texts, lead: str) -> Element:
    return title_of(programmes, arm, t("follow.heading"), lead, t)


def _around(arm: int, chain: pd.DataFrame, t: Texts) -> Element | None:
    """Return links from a payment to its contract, and on to where its budget line's money went."""
    if chain.empty:
        return None
    contract, line = str(chain["place"].iloc[0]), str(chain["line"].iloc[0])
    links = [
        html.li(html.a(t("follow.whole", line=line), href=address("/follow", arm=arm, line=line)))
    ]
    if contract:
        there = address("/programmes/contract", arm=arm, id=contract)
        links.insert(0, html.li(html.a(contract, href=there)))
    return html.nav(html.ul(links), class_="link-row choices", **{"aria-label": t("follow.around")})


def _lines(arm: int, released: dict[str, int], chosen: str, t: Texts) -> Element:
    links = [
        html.li(
            html.a(
                t(
                    "follow.line",
                    line=name,
                    amount=large_tenge_text(tiyn // TIYN, t),
                ),
                href=address("/follow", arm=arm, line=name),
                **{"aria-current": "true" if name == chosen else None},
            )
        )
        for name, tiyn in released.items()
    ]
    return html.nav(
        [html.span(t("follow.lines")), html.ul(links)],
        class_="link-row choices",
        **{"aria-label": t("follow.lines")},
    )
