"""The page *Follow the tenge*: from a budget line to final payees, or from a payment back."""

from collections.abc import Sequence
from typing import Final

from dashboards import html
from dashboards.components.chains import back_chain, forward_steps, uses_table
from dashboards.components.contracts import TIYN, address, arm_links
from dashboards.components.parts import section
from dashboards.html import Element
from dashboards.numbers import large_tenge_text
from dashboards.pages.programmes import still_page
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
        return still_page([_title(t), empty], t, here="follow", pages=pages)
    chosen = line if line in released else max(released, key=lambda name: released[name])
    parts = [
        _title(t),
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
        else back_chain(programmes, arm, chain, t)
    )
    parts = [_title(t), section(t, "back", [body], is_result=False)]
    return still_page(parts, t, here="follow", pages=pages)


def _title(t: Texts) -> Element:
    return html.div(
        [
            html.h1(t("follow.heading")),
            html.p(t("follow.lead"), class_="question"),
            html.p(html.strong(t("standing.line")), class_="standing-line"),
        ],
        class_="title-block",
    )


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
