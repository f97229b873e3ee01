"""One self-contained HTML file: the frame of every report, and the parts they are built from.

It opens from a disk without a network, asks no other host for anything and runs no script; a
policy in its head holds browsers to that. What it says is given by its callers.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from tengesim.report.markup import Children, Element, Maker, markup
from tengesim.report.text import NOT_A_FORECAST

__all__ = [
    "Column",
    "a",
    "code",
    "div",
    "document",
    "figure",
    "h2",
    "h3",
    "li",
    "p",
    "part",
    "span",
    "strong",
    "table",
    "ul",
]

a: Final = Maker("a")
code: Final = Maker("code")
div: Final = Maker("div")
figure: Final = Maker("figure")
h2: Final = Maker("h2")
h3: Final = Maker("h3")
li: Final = Maker("li")
p: Final = Maker("p")
span: Final = Maker("span")
strong: Final = Maker("strong")
ul: Final = Maker("ul")

_section: Final = Maker("section")
_CARD: Final = "M8 9h16M8 14h16M16 14v11"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, and whether it holds numbers."""

    title: Children
    is_number: bool = False


def document(
    title: str, body: Sequence[Children], *, standing: str, contents: Sequence[Element] = ()
) -> str:
    """Return a whole HTML document; `standing` says in a few words what kind of report it is.

    `contents` are the sections, which follow the body and are listed after it.
    """
    style = _style()
    policy = f"default-src 'none'; style-src 'sha256-{_digest(style)}'; img-src data:"
    head = [
        Maker("meta")(charset="utf-8"),
        Maker("meta")(name="viewport", content="width=device-width, initial-scale=1"),
        Maker("meta")(**{"http-equiv": "Content-Security-Policy", "content": policy}),
        Maker("meta")(name="generator", content="tengesim"),
        Maker("title")(f"{title} · tengesim"),
    ]
    # The style is the one text that is not escaped: it is ours, and its digest is in the policy.
    shown = markup(
        [
            a("Skip to the report", class_="skip", href="#main"),
            _masthead(standing),
            Maker("main")([*body, *contents], id="main"),
            _footer(),
        ]
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>{markup(head)}<style>{style}</style></head>\n'
        f"<body>{shown}</body>\n</html>\n"
    )


def part(title: str, children: Sequence[Children], *, name: str) -> Element:
    """Return a section of the report under its heading; `name` is its anchor."""
    return _section([h2(title, id=f"{name}-heading"), *children], id=name)


def table(
    caption: Children,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Children] | Element],
    *,
    name: str,
    footer: Sequence[Children] | None = None,
) -> Element:
    """Return a table that scrolls by itself when it is wider than the page.

    The first cell of a row is its heading; a row that is one element is the heading of those below.
    """
    head = Maker("tr")(
        [
            Maker("th")(column.title, scope="col", class_="number" if column.is_number else None)
            for column in columns
        ]
    )
    parts: list[Element] = [
        Maker("caption")(caption, id=f"{name}-caption"),
        Maker("thead")(head),
        Maker("tbody")([_row(columns, row) for row in rows]),
    ]
    if footer is not None:
        parts.append(Maker("tfoot")(_row(columns, footer)))
    return div(
        Maker("table")(parts),
        class_="table-scroll",
        tabindex="0",
        role="region",
        **{"aria-labelledby": f"{name}-caption"},
    )


def _row(columns: Sequence[Column], row: Sequence[Children] | Element) -> Element:
    if isinstance(row, Element):
        heading = Maker("th")(row, scope="rowgroup", colspan=len(columns), class_="group")
        return Maker("tr")(heading)
    first, *others = row
    cells = [Maker("th")(first, scope="row")]
    cells += [
        Maker("td")(cell, class_="number" if column.is_number else None)
        for column, cell in zip(columns[1:], others, strict=True)
    ]
    return Maker("tr")(cells)


def _masthead(standing: str) -> Element:
    emblem = Maker("svg")(
        [
            Maker("rect")(width="32", height="32", rx="7", fill="#0b4f5c"),
            Maker("path")(
                d=_CARD,
                stroke="#fff",
                fill="none",
                **{"stroke-width": "3", "stroke-linecap": "round"},
            ),
        ],
        viewBox="0 0 32 32",
        focusable="false",
        **{"aria-hidden": "true"},
    )
    return Maker("header")(
        [
            span([emblem, "tengesim"], class_="wordmark"),
            span(standing, class_="standing"),
            span("SYNTHETIC", class_="synthetic"),
        ],
        class_="masthead",
    )


def _footer() -> Element:
    return Maker("footer")(
        p(
            f"{NOT_A_FORECAST} Everybody in it is invented; no line stands for a real person, firm"
            " or payment."
        ),
        class_="footer",
    )


@cache
def _style() -> str:
    return resources.files("tengesim.report").joinpath("document.css").read_text("utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
