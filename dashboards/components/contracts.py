"""Parts of the page *Programmes*: the list of contracts, and one of them from plan to closing."""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import pandas as pd

from dashboards import html
from dashboards.components.parts import hidden_text
from dashboards.html import Children, Element
from dashboards.numbers import day_text, large_tenge_text, share_text, whole_text
from dashboards.programmes import PAGE_ROWS, Programmes
from dashboards.texts import Texts
from tengesim.clock import DAY_US
from tengesim.metrics.red_flags import RED_FLAGS
from tengesim.report.course import LANES, Sign, course
from tengesim.report.programmes import ORDERS, STATES, ContractList, Wanted

__all__ = [
    "address",
    "arm_links",
    "choice_form",
    "contract_course",
    "contract_table",
    "flag_table",
    "money",
    "share_bar",
    "steps_table",
    "table",
    "tier_table",
]

TIYN: Final = 100
_FLAG_TITLES: Final = {flag.code: flag.title for flag in RED_FLAGS}


def address(path: str, **parameters: object) -> str:
    """Return the address of a page with what it is to show; what is empty is left out."""
    chosen = {name: value for name, value in parameters.items() if value not in {"", None}}
    return f"{path}?{urlencode(chosen)}" if chosen else path


def table(
    caption: str, heads: Sequence[str], rows: Sequence[Element], *, numbers: Sequence[int] = ()
) -> Element:
    """Return a table that scrolls where it is too large; `numbers` are places of such columns."""
    head = html.tr(
        [
            html.th(each, scope="col", class_="number" if place in numbers else None)
            for place, each in enumerate(heads)
        ]
    )
    return html.div(
        html.table(
            [html.caption(caption), html.thead(head), html.tbody(list(rows))],
            class_="plain-table listed",
        ),
        class_="card table-scroll tall",
        tabindex="0",
        role="region",
        **{"aria-label": caption},
    )


def money(tiyn: int, t: Texts) -> Element:
    """Return a cell of money."""
    return html.td(large_tenge_text(tiyn // TIYN, t), class_="number", **{"data-value": str(tiyn)})


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


def arm_links(programmes: Programmes, arm: int, path: str, t: Texts) -> Element | None:
    """Return links to the same page of the other arms."""
    if len(programmes.arms) < 2:
        return None
    links = [
        html.li(
            html.a(
                programmes.shown.arms[number].label,
                href=address(path, arm=number),
                **{"aria-current": "true" if number == arm else None},
            )
        )
        for number in programmes.arms
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
    heads = [
        t(f"programmes.column.{name}")
        for name in (
            "contract",
            "buyer",
            "supplier",
            "estimate",
            "price",
            "bids",
            "paid",
            "progress",
            "state",
            "refusals",
        )
    ]
    rows = [_contract_row(arm, row, t) for row in found.rows.to_dict("records")]
    parts = [
        html.p(said, role="status"),
        table(t("programmes.caption"), heads, rows, numbers=(3, 4, 5, 6, 7, 9)),
    ]
    around = _pages(arm, found, wanted, t)
    return parts if around is None else [*parts, around]


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
            html.td(share_text(int(row["progress_bp"]), 10_000, t), class_="number"),
            html.td(t(f"state.{row['state']}")),
            count(int(row["refusals"])),
        ]
    )


def _pages(arm: int, found: ContractList, wanted: Wanted, t: Texts) -> Element | None:
    here, count_of = wanted.skipped // PAGE_ROWS + 1, -(-found.count // PAGE_ROWS)
    if count_of == 1:
        return None

    def link(number: int, key: str) -> Element:
        target = address(
            "/programmes",
            arm=arm,
            line=wanted.line,
            state=wanted.state,
            order=wanted.order,
            search=wanted.search,
            page=number,
        )
        return html.a(t(key), href=target)

    parts: list[Children] = []
    if here > 1:
        parts.append(link(here - 1, "programmes.previous"))
    parts.append(html.span(t("programmes.page", page=here, pages=count_of)))
    if here < count_of:
        parts.append(link(here + 1, "programmes.next"))
    return html.nav(parts, class_="link-row", **{"aria-label": t("programmes.pages")})


def tier_table(tiers: pd.DataFrame, t: Texts) -> Element:
    """Return what each tier of the chain was paid and how much of it was marked, with bars."""
    rows = []
    for row in tiers.to_dict("records"):
        paid, marked = int(row["amount_tiyn"]), int(row["marked_tiyn"])
        tier = int(row["tier"])
        said = t("programmes.suppliers") if not tier else t("programmes.tier", tier=tier)
        rows.append(
            html.tr(
                [
                    html.th(said, scope="row"),
                    count(int(row["payees"])),
                    money(paid, t),
                    html.td(
                        [share_text(marked, paid, t), share_bar(marked, paid)], class_="number"
                    ),
                ]
            )
        )
    heads = [t(f"programmes.tier.{name}") for name in ("tier", "payees", "paid", "marked")]
    return table(t("programmes.tiers.caption"), heads, rows, numbers=(1, 2, 3))


def flag_table(arm: int, flags: pd.DataFrame, t: Texts, *, most: int) -> Element:
    """Return the red flags, those of the most flagged contracts first."""
    if flags.empty:
        return html.p(t("flags.none"), class_="empty")
    by_contract = flags.groupby("contract", sort=False)
    order = sorted(by_contract, key=lambda pair: (-len(pair[1]), str(pair[0])))
    rows = []
    for contract, own in order[:most]:
        said = [
            html.li(_raised(str(flag), float(value), float(limit), t))
            for flag, value, limit in zip(own["flag"], own["value"], own["threshold"], strict=True)
        ]
        link = html.a(str(contract), href=address("/programmes/contract", arm=arm, id=contract))
        rows.append(
            html.tr(
                [
                    html.th(link, scope="row"),
                    count(len(own)),
                    html.td(html.ul(said, class_="flags")),
                ]
            )
        )
    caption = t("flags.caption", count=whole_text(len(flags)), contracts=whole_text(len(order)))
    heads = [t(f"flags.{name}") for name in ("contract", "count", "which")]
    return table(caption, heads, rows, numbers=(1,))


def _raised(flag: str, value: float, limit: float, t: Texts) -> str:
    said = t("flags.raised", code=flag, title=_FLAG_TITLES[flag], value=f"{value:,.4g}")
    return said if math.isnan(limit) else f"{said} {t('flags.from', limit=f'{limit:,.4g}')}"


def contract_course(programmes: Programmes, steps: pd.DataFrame, t: Texts) -> Element:
    """Return the timeline of one contract."""
    clock = programmes.shown.clock
    signs = [
        Sign(
            str(row["kind"]),
            int((row["time_us"] - clock.start_us) // DAY_US),
            str(row["status"]) == "refused",
            _said(programmes, row, t),
        )
        for row in steps.to_dict("records")
    ]
    days = range(clock.days)
    months = [(day, clock.day(day)) for day in days if clock.day(day).day == 1]
    lanes = {lane: t(f"lane.{lane}") for lane in LANES}
    return html.div(
        course(signs, months, lanes, t("contract.course.title")),
        class_="card table-scroll",
        tabindex="0",
        role="region",
        **{"aria-label": t("contract.course.title")},
    )


def _said(programmes: Programmes, row: dict[Any, Any], t: Texts) -> str:
    day = programmes.shown.clock.start + timedelta(
        days=int((row["time_us"] - programmes.shown.clock.start_us) // DAY_US)
    )
    amount = large_tenge_text(int(row["amount_tiyn"]) // TIYN, t)
    said = f"{day_text(day, t)}: {t('kind.' + str(row['kind']))}, {amount}"
    reason = str(row["reason"])
    return f"{said}. {t('reason.' + reason)}" if reason else said


def steps_table(programmes: Programmes, arm: int, steps: pd.DataFrame, t: Texts) -> Element:
    """Return every document and payment of a contract, each with a link to its story."""
    clock = programmes.shown.clock
    rows = []
    for row in steps.to_dict("records"):
        intent, reason = str(row["intent"]), str(row["reason"])
        day = clock.day(int((row["time_us"] - clock.start_us) // DAY_US))
        kind = t(f"kind.{row['kind']}")
        told = html.a(
            [kind, hidden_text(f" {intent}")],
            href=address("/programmes/story", arm=arm, intent=intent),
        )
        rows.append(
            html.tr(
                [
                    html.th(day.isoformat(), scope="row"),
                    html.td(told),
                    html.td(str(row["payer"])),
                    html.td(str(row["payee"])),
                    money(int(row["amount_tiyn"]), t),
                    html.td(t(f"status.{row['status']}")),
                    html.td(t(f"reason.{reason}") if reason else str(row["rule"])),
                    html.td(
                        html.a(t("contract.back"), href=address("/follow", arm=arm, row=row["seq"]))
                        if str(row["status"]) in {"settled", "posted"}
                        else ""
                    ),
                ]
            )
        )
    heads = [
        t(f"contract.step.{name}")
        for name in ("day", "kind", "payer", "payee", "amount", "status", "why", "back")
    ]
    return table(t("contract.steps.caption"), heads, rows, numbers=(4,))
