"""Parts of the page of a reserve: what it came from, what it is made of, and what courts hold.

Every chart has a table of the same numbers at the ends of quarters, written from the same frames.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboards import html
from dashboards.components.charts import legend, of_arms
from dashboards.components.parts import arm_mark, bars, card, explanation, hidden_text, section
from dashboards.headline import total
from dashboards.html import Children, Element
from dashboards.numbers import large_tenge_text, share_text, whole_text
from dashboards.reserve import Reserve
from dashboards.shown import short_name
from dashboards.texts import Texts
from tengesim.report.reserve import AGES, MANDATE_RULES, SOURCES
from tengesim.report.reserve_figures import (
    ASSET_FILLS,
    SOURCE_FILLS,
    STAGE_FILLS,
    areas_figure,
    fan_figure,
)
from tengesim.store.ensembles import QUANTILES_BP

__all__ = [
    "AREAS",
    "COUNTED",
    "area_card",
    "counted_values",
    "fan_card",
    "headline_shares",
    "mandate_section",
    "reserve_figures",
    "said_of",
    "waiting_section",
]

COUNTED = ("value", "forfeited", "arrested", "cost", "lost")
"""Figures that count along with the clock."""

AREAS: Mapping[str, tuple[Mapping[str, tuple[str, str]], str]] = {
    "composition": (ASSET_FILLS, "asset"),
    "provenance": (SOURCE_FILLS, "source"),
    "pipeline": (STAGE_FILLS, "stage"),
}
"""Charts of areas, one for each arm: the fills of their parts, and what the parts are."""

_WEEKS_A_QUARTER = 13
_TENGE = 100
_SHARES = tuple(source for source in SOURCES if source != "other")


def said_of(reserve: Reserve, t: Texts) -> str:
    """Return where the reserve came from: one sentence, or two; of more arms the table tells."""
    told = 2 if len(reserve.arms) == 2 else 1
    pairs = list(zip(reserve.arms, reserve.prepared["arms"], strict=True))
    return " ".join(
        t(
            "reserve.said",
            arm=short_name(arm, t),
            amount=large_tenge_text(total(made, "reserve", "value"), t),
            confiscated=_shares(reserve, arm.id, t)["confiscated"],
            public=_shares(reserve, arm.id, t)["public_money"],
        )
        for arm, made in pairs[:told]
    )


def headline_shares(reserve: Reserve, t: Texts) -> Element:
    """Return the shares by source at the end, an arm a line, with the value at the end."""
    sources = [
        source
        for source in _SHARES
        if any(_last(reserve, arm, source) for arm in reserve.ids) or source == "confiscated"
    ]
    head = [html.th(hidden_text(t("runs.arm")), scope="col"), html.th(t("reserve.value.short"))]
    head += [html.th(t(f"source.{source}"), scope="col") for source in sources]
    rows = []
    for number, arm in enumerate(reserve.arms):
        shares = _shares(reserve, arm.id, t)
        value = total(reserve.prepared["arms"][number], "reserve", "value")
        cells = [html.th([arm_mark(number), short_name(arm, t)], scope="row")]
        cells += [html.td(large_tenge_text(value, t))]
        cells += [html.td(shares[source]) for source in sources]
        rows.append(html.tr(cells))
    return html.table(
        [html.caption(t("reserve.shares")), html.thead(html.tr(head)), html.tbody(rows)],
        class_="at-end",
    )


def counted_values(reserve: Reserve, t: Texts) -> Element:
    """Return the cards that count along with the clock."""
    return html.div(
        [
            html.article(
                [
                    html.div([html.h3(t(f"reserve.{name}.title"))], class_="row"),
                    html.p(t(f"reserve.{name}.lead")),
                    bars(reserve.arms, f"reserve.{name}", "tenge", t),
                    explanation(t, f"reserve_{name}"),
                ],
                class_="card key-figure",
            )
            for name in COUNTED
            if name != "lost" or any(total(a, "reserve", name) for a in reserve.prepared["arms"])
        ],
        class_="key-figures",
    )


def fan_card(reserve: Reserve, t: Texts) -> Element:
    """Return each run over the fan of its replications, or how to make a fan."""
    missing = [
        scenario.name
        for scenario, ensemble in zip(reserve.scenarios, reserve.ensembles, strict=True)
        if ensemble is None
    ]
    head: list[Element] = [_fan_legend(t, has_fan=len(missing) < len(reserve.arms))]
    if missing:
        commands: list[Children] = [
            html.li(html.code(f"tengesim replicate {name}")) for name in missing
        ]
        head.append(html.div([html.p(t("fan.missing")), html.ul(commands)], class_="note"))
    counts = [ensemble.replications for ensemble in reserve.ensembles if ensemble is not None]
    lead = t("fan.card_lead", count=whole_text(max(counts))) if counts else t("fan.one_run")
    return card(
        t,
        "fan",
        t("fan.card"),
        lead=lead,
        head=head,
        chart=[html.div(of_arms(reserve, "fan", t), class_="multiples")],
        table=_fan_table(reserve, t),
        measure="reserve_fan",
        is_truth=None,
    )


def area_card(reserve: Reserve, name: str, t: Texts) -> Element:
    """Return what something is made of over time: assets, sources, or stages in courts."""
    fills, kind = AREAS[name]
    frame: pd.DataFrame = getattr(reserve.tables, name)
    present = [each for each in fills if each in frame.columns and (frame[each] != 0).any()]
    return card(
        t,
        name,
        t(f"{name}.card"),
        lead=t(f"{name}.card_lead"),
        head=[legend(kind, present, t)],
        chart=[html.div(of_arms(reserve, name, t), class_="multiples")],
        table=_quarter_table(reserve, name, kind, present, t),
        measure=f"reserve_{name}",
        is_truth=None,
    )


def waiting_section(reserve: Reserve, t: Texts) -> Element | None:
    """Return what courts hold, how long it has waited, and how the arrests of each year ended."""
    if not len(reserve.tables.cohorts):
        return None
    return section(
        t,
        "pipeline",
        [
            area_card(reserve, "pipeline", t),
            _framed(_ages_table(reserve, t), t("ages.caption")),
            _framed(_cohort_table(reserve, t), t("cohorts.caption")),
        ],
    )


def mandate_section(reserve: Reserve, t: Texts) -> Element:
    """Return how often each rule of the mandate acted, by year."""
    rows = []
    frame = reserve.tables.mandate
    years = [str(year) for year in sorted({reserve.clock.day(d).year for d in frame["day"]})]
    for number, arm in enumerate(reserve.arms):
        own = reserve.points("mandate", arm.id)
        by_year = [str(reserve.clock.day(day).year) for day in own["day"].tolist()]
        for rule in MANDATE_RULES:
            acted = [
                sum(
                    at == year and found == rule
                    for at, found in zip(by_year, own["rule"].tolist(), strict=True)
                )
                for year in years
            ]
            if any(acted):
                said = f"{short_name(arm, t)}: {t(f'mandate.{rule}')}"
                head = html.th([arm_mark(number), said], scope="row")
                rows.append(html.tr([head, *map(_count_cell, acted)]))
    head_cells = [html.th(t("mandate.rule"), scope="col")]
    head_cells += [html.th(year, scope="col") for year in years]
    table = _table(t("mandate.caption"), head_cells, rows)
    return section(t, "mandate", [_framed(table, t("mandate.caption"))])


def reserve_figures(reserve: Reserve, t: Texts) -> dict[str, go.Figure]:
    """Return every figure of the page by the place it is drawn in."""
    figures: dict[str, go.Figure] = {}
    words = {name: t(f"fan.{name}") for name in _FAN_WORDS}
    fan_ceiling = reserve.fan_ceiling()
    for number, arm in enumerate(reserve.ids):
        figures[f"fan-plot-{number}"] = fan_figure(
            reserve.path(arm),
            reserve.fan(number),
            reserve.clock,
            ceiling_tiyn=fan_ceiling,
            words=words,
        )
    for name, (fills, kind) in AREAS.items():
        ceiling = reserve.ceiling(name)
        for number, arm in enumerate(reserve.ids):
            figures[f"{name}-plot-{number}"] = areas_figure(
                reserve.points(name, arm),
                reserve.clock,
                fills=fills,
                ceiling_tiyn=ceiling,
                words={each: t(f"{kind}.{each}") for each in fills},
            )
    return figures


_FAN_WORDS = ("run", "median", "inner_low", "inner_high", "outer_low", "outer_high")


def _last(reserve: Reserve, arm: str, source: str) -> int:
    return int(reserve.points("provenance", arm)[source].iloc[-1])


def _shares(reserve: Reserve, arm: str, t: Texts) -> dict[str, str]:
    everything = sum(_last(reserve, arm, source) for source in SOURCES)
    return {source: share_text(_last(reserve, arm, source), everything, t) for source in SOURCES}


def _fan_legend(t: Texts, *, has_fan: bool) -> Element:
    names = ("run", *(("median", "inner", "outer") if has_fan else ()))
    return html.ul(
        [
            html.li(
                [
                    html.span(class_=f"fill fill-fan-{name}", **{"aria-hidden": "true"}),
                    t(f"fan.legend.{name}"),
                ]
            )
            for name in names
        ],
        class_="legend",
    )


def _fan_table(reserve: Reserve, t: Texts) -> Element:
    head = [html.th(t("table.date"), scope="col")]
    columns: list[dict[int, int]] = []
    for number, arm in enumerate(reserve.arms):
        name = short_name(arm, t)
        head.append(html.th(f"{name}: {t('fan.run')}", scope="col"))
        columns.append(dict(reserve.path(arm.id)))
        fan = reserve.fan(number)
        if fan is not None:
            for share_bp, values in zip(QUANTILES_BP, fan.quantiles_tiyn, strict=True):
                word = t("fan.quantile", percent=share_bp // 100)
                head.append(html.th(f"{name}: {word}", scope="col"))
                columns.append(dict(zip(fan.days, values, strict=True)))
    rows = [
        html.tr(
            [_date_cell(reserve, day), *(_tenge_cell(column.get(day, 0)) for column in columns)]
        )
        for day in _quarters(list(columns[0]))
    ]
    return _table(t("reserve.table.quarters"), head, rows)


def _quarter_table(
    reserve: Reserve, name: str, kind: str, present: Sequence[str], t: Texts
) -> Element:
    head = [html.th(t("table.date"), scope="col")]
    head += [
        html.th(f"{short_name(arm, t)}: {t(f'{kind}.{each}')}", scope="col")
        for arm in reserve.arms
        for each in present
    ]
    by_arm = [reserve.points(name, arm).set_index("day") for arm in reserve.ids]
    columns: list[dict[int, int]] = [
        dict(zip(frame.index.tolist(), frame[each].tolist(), strict=True))
        for frame in by_arm
        for each in present
    ]
    days = _quarters(by_arm[0].index.tolist())
    rows = [
        html.tr(
            [
                _date_cell(reserve, day),
                *(_tenge_cell(column[day]) for column in columns),
            ]
        )
        for day in days
    ]
    return _table(t("reserve.table.quarters"), head, rows)


def _ages_table(reserve: Reserve, t: Texts) -> Element:
    head = [html.th(t("ages.age"), scope="col")]
    for arm in reserve.arms:
        head += [
            html.th(f"{short_name(arm, t)}: {t(f'ages.{part}')}", scope="col")
            for part in ("cases", "worth")
        ]
    by_arm = [reserve.points("ages", arm) for arm in reserve.ids]
    rows = []
    for place in range(len(AGES) + 1):
        low = AGES[place - 1] if place else 0
        name = t("ages.more", low=low) if place == len(AGES) else None
        cells = [html.th(name or t("ages.between", low=low, high=AGES[place]), scope="row")]
        for frame in by_arm:
            cells += [
                _count_cell(int(frame["cases"].iloc[place])),
                _tenge_cell(int(frame["worth"].iloc[place])),
            ]
        rows.append(html.tr(cells))
    return _table(t("ages.caption"), head, rows)


def _cohort_table(reserve: Reserve, t: Texts) -> Element:
    parts = ("cases", "arrested", "forfeiture", "compensation", "asset_return", "open")
    head = [html.th(t("cohorts.year"), scope="col")]
    head += [html.th(t(f"cohorts.{part}"), scope="col") for part in parts]
    rows = []
    for number, arm in enumerate(reserve.arms):
        for row in reserve.points("cohorts", arm.id).to_dict("records"):
            name = f"{short_name(arm, t)}: {int(row['year'])}"
            cells = [html.th([arm_mark(number), name], scope="row")]
            cells += [_count_cell(int(row["cases"]))]
            cells += [_tenge_cell(int(row[part])) for part in parts[1:]]
            rows.append(html.tr(cells))
    return _table(t("cohorts.caption"), head, rows)


def _quarters(days: Sequence[int]) -> list[int]:
    """Return every thirteenth of the weekly closes, and the last."""
    ends = list(days[_WEEKS_A_QUARTER - 1 :: _WEEKS_A_QUARTER])
    return ends if ends and ends[-1] == days[-1] else [*ends, days[-1]]


def _framed(table: Element, label: str) -> Element:
    return html.div(
        table, class_="card table-scroll", tabindex="0", role="region", **{"aria-label": label}
    )


def _table(caption: str, head: Sequence[Element], rows: Sequence[Element]) -> Element:
    return html.table(
        [html.caption(caption), html.thead(html.tr(head)), html.tbody(rows)],
        class_="plain-table numbers",
    )


def _date_cell(reserve: Reserve, day: int) -> Element:
    return html.th(reserve.clock.day(day).isoformat(), scope="row")


def _tenge_cell(tiyn: int) -> Element:
    return _count_cell((tiyn + _TENGE // 2) // _TENGE)


def _count_cell(number: int) -> Element:
    return html.td(whole_text(number), class_="number", **{"data-value": str(number)})
