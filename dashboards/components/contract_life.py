"""Parts of the page of one contract: what it is, its stages by day, and its documents."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from dashboards import html
from dashboards.components.contracts import (
    TIYN,
    address,
    count,
    in_tenge,
    listed,
    money,
    progress_text,
    table,
)
from dashboards.components.parts import card, hidden_text
from dashboards.html import Children, Element
from dashboards.numbers import day_text, large_tenge_text, whole_text
from dashboards.programmes import Programmes
from dashboards.texts import Texts
from tengesim.clock import DAY_US
from tengesim.report.course import LANES, Sign, course

__all__ = ["FACTS", "STAGE_COLUMNS", "contract_course", "contract_facts", "steps_table"]

FACTS: Final = (
    *("line", "supplier", "state", "progress", "estimate", "price", "paid", "bids"),
    *("refusals", "reviews"),
)
"""What stands beside the name of a contract."""

STAGE_COLUMNS: Final = ("stage", "first", "last", "signs", "refused")
"""Columns of the table behind the course."""

_SHAPES: Final = ("document", "control", "money", "refused")
_LANE_OF: Final = {kind: lane for lane, kinds in LANES.items() for kind in kinds}

_svg: Final = html.Maker("svg")
_circle: Final = html.Maker("circle")
_rect: Final = html.Maker("rect")
_path: Final = html.Maker("path")


def contract_facts(row: Mapping[str, Any], t: Texts) -> Element:
    """Return what a contract is about, in a list of names and values."""
    shown = {
        "line": str(row["line"]),
        "supplier": str(row["supplier"]) or t("unit.none"),
        "state": t(f"state.{row['state']}"),
        "progress": progress_text(int(row["progress_bp"]), t),
        "bids": whole_text(int(row["bids"])),
        "refusals": whole_text(int(row["refusals"])),
        "reviews": whole_text(int(row["reviews"])),
    }
    for name in ("estimate", "price", "paid"):
        shown[name] = large_tenge_text(int(row[f"{name}_tiyn"]) // TIYN, t)
    return html.dl(
        [
            html.div([html.dt(t(f"programmes.column.{name}")), html.dd(shown[name])])
            for name in FACTS
        ],
        class_="facts",
    )


def contract_course(programmes: Programmes, steps: pd.DataFrame, t: Texts) -> Element:
    """Return the timeline of one contract, and its stages as a table."""
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
    months = [(day, clock.day(day)) for day in range(clock.days) if clock.day(day).day == 1]
    lanes = {lane: t(f"lane.{lane}") for lane in LANES}
    drawing = html.div(
        course(signs, months, lanes, t("contract.course.title")),
        class_="table-scroll",
        tabindex="0",
        role="region",
        **{"aria-label": t("contract.course.title")},
    )
    return card(
        t,
        "course",
        t("contract.course.title"),
        lead=t("contract.course.lead"),
        head=[_legend(t)],
        chart=[
            html.figure([drawing, html.figcaption(t("course.summary"), class_="visually-hidden")])
        ],
        table=_stages(programmes, signs, t),
        measure="course",
        is_truth=False,
    )


def _legend(t: Texts) -> Element:
    """Return the shapes of the timeline with their meanings."""
    shapes = {
        "document": _circle(cx="7", cy="7", r="5", class_="course-sign"),
        "control": _circle(cx="7", cy="7", r="5", class_="course-sign sign-review"),
        "money": _rect(x="2", y="2", width="10", height="10", class_="course-sign"),
        "refused": _path(d="M2 2 l10 10 m0 -10 l-10 10", class_="course-sign sign-refused"),
    }
    return html.ul(
        [
            html.li(
                [
                    _svg(
                        shapes[name],
                        viewBox="0 0 14 14",
                        width="14",
                        height="14",
                        **{"aria-hidden": "true"},
                    ),
                    t(f"course.legend.{name}"),
                ]
            )
            for name in _SHAPES
        ],
        class_="legend",
    )


def _stages(programmes: Programmes, signs: Sequence[Sign], t: Texts) -> Element:
    rows = []
    for lane in LANES:
        own = [sign for sign in signs if _LANE_OF.get(sign.kind) == lane]
        if not own:
            continue
        days = [programmes.shown.clock.day(sign.day).isoformat() for sign in own]
        rows.append(
            html.tr(
                [
                    html.th(t(f"lane.{lane}"), scope="row"),
                    html.td(min(days)),
                    html.td(max(days)),
                    count(len(own)),
                    count(sum(sign.is_refused for sign in own)),
                ]
            )
        )
    heads = [t(f"course.stage.{name}") for name in STAGE_COLUMNS]
    return listed(t("course.stage.caption"), heads, rows, numbers=(3, 4))


def _said(programmes: Programmes, row: dict[Any, Any], t: Texts) -> str:
    clock = programmes.shown.clock
    day = clock.day(int((row["time_us"] - clock.start_us) // DAY_US))
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
    names = ("day", "kind", "payer", "payee", "amount", "status", "why", "back")
    heads: list[Children] = [t(f"contract.step.{name}") for name in names]
    heads[4] = in_tenge(t("contract.step.amount"), t)
    return table(t("contract.steps.caption"), heads, rows, numbers=(4,))
