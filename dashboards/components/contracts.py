"""Parts of the page *Programmes*: the list of contracts, how it is chosen, and its tables."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from dashboards import html
from dashboards.components.parts import hidden_text
from dashboards.html import Children, Element
from dashboards.numbers import large_tenge_text, share_text, whole_text
from dashboards.programmes import PAGE_ROWS, Programmes
from dashboards.texts import Texts
from tengesim.money import BP
from tengesim.report.programmes import ORDERS, STATES, ContractList, Wanted

__all__ = [
    "LIST_COLUMNS",
    "TIYN",
    "address",
    "arm_links",
    "choice_form",
    "contract_table",
    "count",
    "in_tenge",
    "listed",
    "money",
    "progress_text",
    "share_bar",
    "table",
]

TIYN: Final = 100

LIST_COLUMNS: Final = (
    *("contract", "buyer", "supplier", "estimate", "price", "bids", "paid", "progress"),
    *("state", "refusals", "reviews"),
)
"""Columns of the list of contracts."""


def address(path: str, **parameters: object) -> str:
    """Return the address of a page with what it is to show; what is empty is left out."""
    chosen = {name: value for name, value in parameters.items() if value not in {"", None}}
    return f"{path}?{urlencode(chosen)}" if chosen else path


def listed(
    caption: str,
    heads: Sequence[Children],
    rows: Sequence[Element],
    *,
    numbers: Sequence[int] = (),
    ordered: Mapping[int, str] = MappingProxyType({}),
) -> Element:
    """Return a table; `numbers` are places of columns of numbers.

    `ordered` says of the column by which rows are sorted whether they ascend or descend.
    """
    head = html.tr(
        [
            html.th(
                each,
                scope="col",
                class_="number" if place in numbers else None,
                **{"aria-sort": ordered.get(place)},
            )
            for place, each in enumerate(heads)
        ]
    )
    return html.table(
        [html.caption(caption), html.thead(head), html.tbody(list(rows))],
        class_="plain-table listed",
    )


def table(
    caption: str,
    heads: Sequence[Children],
    rows: Sequence[Element],
    *,
    numbers: Sequence[int] = (),
    ordered: Mapping[int, str] = MappingProxyType({}),
) -> Element:
    """Return a table on a card of its own that scrolls where it is too large."""
    return html.div(
        listed(caption, heads, rows, numbers=numbers, ordered=ordered),
        class_="card table-scroll tall",
        tabindex="0",
        role="region",
        **{"aria-label": caption},
    )


def in_tenge(head: str, t: Texts) -> Children:
    """Return the head of a column of money; its unit is for files, cells show it themselves."""
    return [head, hidden_text(f", {t('table.in_tenge')}")]


def money(tiyn: int, t: Texts) -> Element:
    """Return a cell of money, rounded to be read, with the exact tenge for files."""
    exact = f"{tiyn // TIYN}.{tiyn % TIYN:02d}"
    return html.td(large_tenge_text(tiyn // TIYN, t), class_="number", **{"data-value": exact})


def count(number: int) -> Element:
    """Return a cell of a whole number."""
    return html.td(whole_text(number), class_="number")


def share_bar(part: int, whole: int) -> Element:
    """Return a bar that is filled as far as `part` goes of `whole`."""
    filled = part * 1_000 // whole if whole else 0
    return _svg(
        [
            _rect(width="1000", height="8", class_="share-whole"),
            _rect(width=str(filled), height="8", class_="share-part"),
        ],
        viewBox="0 0 1000 8",
        preserveAspectRatio="none",
        class_="share-bar",
        **{"aria-hidden": "true"},
    )


def arm_links(
    programmes: Programmes, arm: int, path: str, t: Texts, *, among: Sequence[int] | None = None
) -> Element | None:
    """Return links to the same page of the other arms, or of those that have it, `among`."""
    arms = programmes.arms if among is None else among
    if len(arms) < 2:
        return None
    links = [
        html.li(
            html.a(
                programmes.shown.arms[number].label,
                href=f"{path}{'&' if '?' in path else '?'}{urlencode({'arm': number})}",
                **{"aria-current": "true" if number == arm else None},
            )
        )
        for number in arms
    ]
    return html.nav(
        [html.span(t("programmes.arms")), html.ul(links)],
        class_="link-row choices",
        **{"aria-label": t("programmes.arms")},
    )


def choice_form(programmes: Programmes, arm: int, wanted: Wanted, t: Texts) -> Element:
    """Return the form that chooses contracts; it works without a script."""
    known = programmes.lines(arm)
    return _form(
        [
            html.label([t("programmes.line"), _select("line", known, wanted.line, t)]),
            html.label([t("programmes.state"), _select("state", STATES, wanted.state, t, "state")]),
            html.label([t("programmes.order"), _select("order", ORDERS, wanted.order, t, "order")]),
            html.label(
                [
                    t("programmes.search"),
                    _input(type="search", name="search", value=wanted.search, maxlength="80"),
                ]
            ),
            _input(type="hidden", name="arm", value=str(arm)),
            html.button(t("programmes.show"), type="submit", class_="quiet"),
        ],
        action="/programmes",
        method="get",
        class_="filters",
    )


_form: Final = html.Maker("form")
_input: Final = html.Maker("input")
_svg: Final = html.Maker("svg")
_rect: Final = html.Maker("rect")


def _select(name: str, options: Sequence[str], chosen: str, t: Texts, family: str = "") -> Element:
    shown: list[Element] = []
    if name != "order":
        shown.append(html.option(t("programmes.all"), value=""))
    shown += [
        html.option(t(f"{family}.{each}") if family else each, value=each, selected=each == chosen)
        for each in options
    ]
    return html.select(shown, name=name)


def contract_table(arm: int, found: ContractList, wanted: Wanted, t: Texts) -> list[Element]:
    """Return one page of contracts, what they add up to, and links to the pages around it."""
    if not found.count:
        return [html.p(t("programmes.none"), class_="empty")]
    last = min(wanted.skipped + len(found.rows), found.count)
    said = t(
        "programmes.found",
        first=whole_text(wanted.skipped + 1),
        last=whole_text(last),
        count=whole_text(found.count),
        price=large_tenge_text(found.price_tiyn // TIYN, t),
        paid=large_tenge_text(found.paid_tiyn // TIYN, t),
    )
    rows = [_contract_row(arm, row, t) for row in found.rows.to_dict("records")]
    heads = [_head(name, arm, wanted, t) for name in LIST_COLUMNS]
    place = LIST_COLUMNS.index(wanted.order) if wanted.order in LIST_COLUMNS else -1
    way = "ascending" if wanted.order == "contract" else "descending"
    parts = [
        html.p(said, role="status"),
        table(
            t("programmes.caption"),
            heads,
            rows,
            numbers=(3, 4, 5, 6, 7, 9, 10),
            ordered={place: way},
        ),
    ]
    around = _pages(arm, found, wanted, t)
    return parts if around is None else [*parts, around]


def progress_text(progress_bp: int, t: Texts) -> str:
    """Return how far work has come, a dash where nobody measures it."""
    return t("unit.none") if progress_bp < 0 else share_text(progress_bp, BP, t)


def _head(name: str, arm: int, wanted: Wanted, t: Texts) -> Children:
    """Return the head of a column, a link that sorts by it where that can be done."""
    said = t(f"programmes.column.{name}")
    if name not in ORDERS:
        return said
    there = replace(wanted, order=name, skipped=0)
    return html.a(said, href=_list_address(arm, there), title=t("programmes.sort", column=said))


def _list_address(arm: int, wanted: Wanted, **more: object) -> str:
    return address(
        "/programmes",
        arm=arm,
        line=wanted.line,
        state=wanted.state,
        order=wanted.order,
        search=wanted.search,
        **more,
    )


def _contract_row(arm: int, row: dict[Any, Any], t: Texts) -> Element:
    name = str(row["contract"])
    link = html.a(name, href=address("/programmes/contract", arm=arm, id=name))
    return html.tr(
        [
            html.th(link, scope="row"),
            html.td(str(row["buyer"])),
            html.td(str(row["supplier"])),
            money(int(row["estimate_tiyn"]), t),
            money(int(row["price_tiyn"]), t),
            count(int(row["bids"])),
            money(int(row["paid_tiyn"]), t),
            html.td(progress_text(int(row["progress_bp"]), t), class_="number"),
            html.td(t(f"state.{row['state']}")),
            count(int(row["refusals"])),
            count(int(row["reviews"])),
        ]
    )


def _pages(arm: int, found: ContractList, wanted: Wanted, t: Texts) -> Element | None:
    here, count_of = wanted.skipped // PAGE_ROWS + 1, -(-found.count // PAGE_ROWS)
    if count_of == 1:
        return None

    def link(number: int, key: str) -> Element:
        return html.a(t(key), href=_list_address(arm, wanted, page=number))

    parts: list[Children] = []
    if here > 1:
        parts.append(link(here - 1, "programmes.previous"))
    parts.append(html.span(t("programmes.page", page=here, pages=count_of)))
    if here < count_of:
        parts.append(link(here + 1, "programmes.next"))
    return html.nav(parts, class_="link-row", **{"aria-label": t("programmes.pages")})
