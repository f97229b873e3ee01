"""What the pages of runs have in common: the frame around the parts, and how they open."""

from collections.abc import Sequence

from dashboards import html
from dashboards.components.dock import dock
from dashboards.components.drill import story_dialog
from dashboards.components.head import masthead, standing
from dashboards.html import Element
from dashboards.programmes import pages_of
from dashboards.shown import Shown
from dashboards.texts import Texts

__all__ = ["opening", "whole_page"]


def whole_page(
    shown: Shown, parts: Sequence[Element | None], t: Texts, *, has_campaigns: bool
) -> Element:
    """Return a page of `parts`, with a link to comparisons where there are any."""
    pages = pages_of(shown, has_campaigns=has_campaigns)
    return html.div(
        [
            masthead(t, has_lesson=False, here="overview", pages=pages),
            html.main([part for part in parts if part is not None], id="main", tabindex="-1"),
            html.footer([html.p(t("standing.line")), html.p(t("economy.footer"))], class_="footer"),
            dock(t),
            story_dialog(t),
            html.div(id="announcer", class_="visually-hidden", role="status"),
        ],
        class_="page",
        **{"data-playback": shown.etag, "data-arms": str(len(shown.arms))},
    )


def opening(
    shown: Shown, t: Texts, *, title: str, said: str, beside: Element, same: str
) -> Element:
    """Return the top of a page: title and question, what came out, and what it is not.

    `same` is the key of the text that says what all arms share.
    """
    return html.div(
        [
            html.h1(title),
            html.p(shown.scenarios[0].question, class_="question"),
            html.div(
                [html.p(said, class_="headline", id="headline"), beside],
                class_="opening opening-wide",
            ),
            standing(shown, t, same),
        ],
        class_="title-block",
    )
