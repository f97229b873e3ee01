"""Parts of the page of an economy: what happened in one breath, figures that count, and charts.

Every chart has a table of the same numbers, written by the server from the same frames.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards import html
from dashboards.components.charts import legend, line_chart, of_arms
from dashboards.components.parts import arm_mark, bars, card, explanation, hidden_text
from dashboards.economy import Economy, day_ceiling, level_ceiling
from dashboards.headline import total
from dashboards.html import Element
from dashboards.numbers import large_tenge_text, whole_text
from dashboards.shown import short_name
from dashboards.texts import Texts
from tengesim.report.economy import ENDINGS
from tengesim.report.economy_figures import (
    ENDING_FILLS,
    FORM_FILLS,
    MILLION_TENGE,
    bars_figure,
    level_figure,
)

__all__ = [
    "BARS",
    "TOTALS",
    "at_end",
    "bar_card",
    "economy_figures",
    "level_card",
    "outage_list",
    "said_of",
    "totals",
]

TOTALS = (
    ("paid", "totals.paid", "whole"),
    ("paid_tenge", "totals.paid_tenge", "tenge"),
    ("refused", "totals.refused", "whole"),
    ("unmet", "totals.unmet", "whole"),
    ("digital", "stocks.digital_tenge", "tenge"),
    ("credits", "totals.credits_tenge", "tenge"),
)
"""Name, series and writing of the figures that count along with the clock."""

BARS = ("flow", "worth", "ending")
"""Charts of bars, one for each arm."""

_HELD = {"digital": "stocks.digital_tenge", "arrears": "totals.arrears_tenge"}
_ALWAYS = ("paid", "paid_tenge", "refused")
_TENGE = 100


def said_of(economy: Economy, t: Texts) -> str:
    """Return what happened in each arm, one sentence each, made of the numbers of the file."""
    return " ".join(
        _said(short_name(arm, t), made, t)
        for arm, made in zip(economy.arms, economy.prepared["arms"], strict=True)
    )


def _said(name: str, made: Mapping[str, Any], t: Texts) -> str:
    refused, unmet = (total(made, "totals", each) for each in ("refused", "unmet"))
    paid = t(
        "economy.said",
        arm=name,
        paid=whole_text(total(made, "totals", "paid")),
        amount=large_tenge_text(total(made, "totals", "paid_tenge"), t),
    )
    if not refused and not unmet:
        return paid
    other = t("economy.said_not", refused=whole_text(refused), unmet=whole_text(unmet))
    return f"{paid} {other}"


def at_end(economy: Economy, t: Texts) -> Element:
    """Return the outcome in one table: what was paid, what was not, and what is held or owed."""
    made = economy.prepared["arms"]
    counts = (
        "paid",
        *(name for name in ENDINGS if any(total(arm, "totals", name) for arm in made)),
    )
    amounts = [name for name, series in _HELD.items() if any(_last(arm, series) for arm in made)]
    head = [html.th(hidden_text(t("runs.arm")), scope="col")]
    head += [html.th(t(f"economy.at_end.{name}"), scope="col") for name in (*counts, *amounts)]
    rows = [
        html.tr(
            [
                html.th([arm_mark(number), short_name(arm, t)], scope="row"),
                *(html.td(whole_text(total(made[number], "totals", name))) for name in counts),
                *(
                    html.td(large_tenge_text(_last(made[number], _HELD[name]), t))
                    for name in amounts
                ),
            ]
        )
        for number, arm in enumerate(economy.arms)
    ]
    return html.table(
        [html.caption(t("at_end.title")), html.thead(html.tr(head)), html.tbody(rows)],
        class_="at-end",
    )


def totals(economy: Economy, t: Texts) -> Element:
    """Return the cards that count along with the clock."""
    return html.div(
        [
            html.article(
                [
                    html.div([html.h3(t(f"economy.{name}.title"))], class_="row"),
                    html.p(t(f"economy.{name}.lead")),
                    bars(economy.arms, series, kind, t),
                    explanation(t, f"economy_{name}"),
                ],
                class_="card key-figure",
            )
            for name, series, kind in TOTALS
            if name in _ALWAYS or any(_last(made, series) for made in economy.prepared["arms"])
        ],
        class_="key-figures",
    )


def outage_list(economy: Economy, t: Texts) -> Element | None:
    """Return the outages there are, each once, with the arms that have it."""
    found: dict[tuple[str, str, int, int], list[int]] = {}
    for number, bands in enumerate(economy.bands):
        for band in bands:
            key = (band.id, band.system, band.from_us, band.until_us)
            found.setdefault(key, []).append(number)
    if not found:
        return None
    items = [
        html.li(
            [
                html.span(class_="fill fill-outage", **{"aria-hidden": "true"}),
                t(
                    "economy.outage",
                    system=_system(system, t),
                    first=_moment(economy, from_us),
                    last=_moment(economy, until_us),
                ),
                *(arm_mark(number) for number in numbers if len(economy.arms) > 1),
            ]
        )
        for (_, system, from_us, until_us), numbers in found.items()
    ]
    return html.ul(items, class_="legend outages")


def bar_card(economy: Economy, name: str, t: Texts) -> Element:
    """Return what there was a day by arm.

    `flow` counts payments by form of money, `worth` says what they came to, and `ending` counts
    what was not paid.
    """
    frame, fills, kind = _bars_of(economy, name)
    present = [each for each in fills if each in frame.columns]
    outages = outage_list(economy, t)
    return card(
        t,
        name,
        t(f"economy.{name}.card"),
        lead=t(f"economy.{name}.card_lead"),
        head=[legend(kind, present, t), *([outages] if outages is not None else [])],
        chart=[html.div(of_arms(economy, name, t), class_="multiples")],
        table=_day_table(economy, _in_tenge(frame) if name == "worth" else frame, kind, present, t),
        measure=f"economy_{name}",
        is_truth=False,
    )


def level_card(economy: Economy, name: str, totals_: pd.DataFrame, t: Texts) -> Element:
    """Return one balance over time, a line per arm; `name` is a form of money, or arrears."""
    title = t(f"form.{name}") if name != "arrears" else t("economy.arrears.card")
    series = "totals.arrears_tenge" if name == "arrears" else f"stocks.{name}"
    ceiling = level_ceiling(totals_)
    return card(
        t,
        f"level-{name}",
        title,
        lead=t("economy.arrears.lead" if name == "arrears" else "economy.level.lead"),
        chart=[
            line_chart(
                economy,
                f"level-{name}-plot",
                t("chart.summary.errors", title=title),
                series=series,
                ceiling=ceiling // _TENGE,
                t=t,
            )
        ],
        table=_level_table(economy, totals_, t),
        measure="economy_arrears" if name == "arrears" else "economy_level",
        is_truth=False,
    )


def economy_figures(economy: Economy, t: Texts) -> dict[str, go.Figure]:
    """Return every figure of the page by the place it is drawn in."""
    figures: dict[str, go.Figure] = {}
    for name in BARS:
        frame, fills, kind = _bars_of(economy, name)
        words = {each: t(f"{kind}.{each}") for each in fills}
        ceiling = day_ceiling(frame)
        for number, arm in enumerate(economy.ids):
            figures[f"{name}-plot-{number}"] = bars_figure(
                frame,
                arm,
                economy.clock,
                fills=fills,
                ceiling=ceiling,
                words=words,
                bands=economy.bands[number],
                shown_in=MILLION_TENGE if name == "worth" else 1,
            )
    arms = {arm.id: short_name(arm, t) for arm in economy.arms}
    levels = {form: economy.level(form) for form in economy.forms}
    if economy.has_arrears:
        levels["arrears"] = economy.arrears()
    for name, frame in levels.items():
        figures[f"level-{name}-plot"] = level_figure(
            frame,
            economy.ids,
            economy.clock,
            steps_a_day=economy.tables.steps_a_day,
            ceiling_tiyn=level_ceiling(frame),
            words=arms,
            bands=economy.bands[0],
        )
    return figures


def _last(made: Mapping[str, Any], series: str) -> int:
    """Return where a series ends, nought when the arm has none."""
    group, name = series.split(".")
    return total(made, group, name) if name in made[group] else 0


def _bars_of(
    economy: Economy, name: str
) -> tuple[pd.DataFrame, Mapping[str, tuple[str, str]], str]:
    """Return the numbers of a chart of bars, the fills of its parts, and what the parts are."""
    if name == "ending":
        return economy.endings, ENDING_FILLS, "ending"
    return economy.worth if name == "worth" else economy.payments, FORM_FILLS, "form"


def _in_tenge(frame: pd.DataFrame) -> pd.DataFrame:
    """Return amounts in whole tenge, each rounded once."""
    amounts = frame.columns.difference(["arm", "date"])
    return frame.assign(**{name: (frame[name] + _TENGE // 2) // _TENGE for name in amounts})


def _day_table(
    economy: Economy, frame: pd.DataFrame, kind: str, names: Sequence[str], t: Texts
) -> Element:
    head = [html.th(t("table.date"), scope="col")]
    head += [
        html.th(f"{short_name(arm, t)}: {t(f'{kind}.{name}')}", scope="col")
        for arm in economy.arms
        for name in names
    ]
    known = {(str(row["arm"]), str(row["date"])): row for row in frame.to_dict("records")}
    rows = []
    for number in range(economy.clock.days):
        day = economy.clock.day(number).isoformat()
        cells = [html.th(day, scope="row")]
        for arm in economy.ids:
            row = known.get((arm, day), {})
            cells += [_whole_cell(int(row.get(name, 0))) for name in names]
        rows.append(html.tr(cells))
    return _table(t("economy.table.days"), head, rows)


def _level_table(economy: Economy, frame: pd.DataFrame, t: Texts) -> Element:
    head = [html.th(t("table.date"), scope="col")]
    head += [html.th(short_name(arm, t), scope="col") for arm in economy.arms]
    steps = economy.tables.steps_a_day
    ends = [
        _at_day_ends(frame[frame["arm"] == arm], economy.clock.days, steps) for arm in economy.ids
    ]
    rows = [
        html.tr(
            [
                html.th(economy.clock.day(number).isoformat(), scope="row"),
                *(_whole_cell((of_arm[number] + _TENGE // 2) // _TENGE) for of_arm in ends),
            ]
        )
        for number in range(economy.clock.days)
    ]
    return _table(t("table.money"), head, rows)


def _at_day_ends(rows: pd.DataFrame, days: int, steps: int) -> list[int]:
    """Return a level at the end of every day."""
    found: list[int] = []
    pairs = list(zip(rows["bin"].tolist(), rows["total"].tolist(), strict=True))
    place, level = 0, 0
    for day in range(days):
        while place < len(pairs) and pairs[place][0] < (day + 1) * steps:
            level = pairs[place][1]
            place += 1
        found.append(level)
    return found


def _table(caption: str, head: Sequence[Element], rows: Sequence[Element]) -> Element:
    return html.table(
        [html.caption(caption), html.thead(html.tr(head)), html.tbody(rows)],
        class_="plain-table numbers",
    )


def _whole_cell(number: int) -> Element:
    return html.td(whole_text(number), class_="number", **{"data-value": str(number)})


def _system(system: str, t: Texts) -> str:
    return t("economy.platform") if system == "platform" else system


def _moment(economy: Economy, time_us: int) -> str:
    days, rest_us = divmod(time_us - economy.clock.start_us, 86_400_000_000)
    minutes = rest_us // 60_000_000
    day = economy.clock.day(days).isoformat()
    return f"{day} {minutes // 60:02d}:{minutes % 60:02d}"
