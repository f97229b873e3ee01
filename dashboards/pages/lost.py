"""What somebody sees who follows an address that leads nowhere: a sentence, and a way on."""

from dashboards import html
from dashboards.components.head import masthead
from dashboards.html import Element
from dashboards.texts import Texts

__all__ = ["lost_page"]


def lost_page(t: Texts) -> Element:
    """Return the page of an unknown address."""
    return html.div(
        [
            masthead(t, has_lesson=False),
            html.main(
                html.div(
                    [
                        html.h1(t("lost.title")),
                        html.p(t("http.404"), class_="question"),
                        html.p(html.a(t("lost.start"), href="/"), class_="link-row"),
                    ],
                    class_="title-block",
                ),
                id="main",
                tabindex="-1",
            ),
        ],
        class_="page page-still",
        **{"data-still": "true"},
    )
