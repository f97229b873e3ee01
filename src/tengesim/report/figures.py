"""Tables to figures: pure functions that a report and the dashboard share.

Axes are fixed from the whole run, so a figure is drawn once and a cursor moves over it. Lines
differ by dash as well as by shade, areas are outlined, and the words come from the caller, so that
a figure speaks the language of the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from tengesim.report.playback import BINS_A_DAY, STOCKS, Clock, StudyTables

__all__ = [
    "FIGURE_CONFIG",
    "INK",
    "LINES",
    "MARGIN",
    "MEAL_FILLS",
    "STOCK_FILLS",
    "LineStyle",
    "Words",
    "accepted_and_refused",
    "errors_figure",
    "finished",
    "meals_figure",
    "nice_ceiling",
    "stock_levels",
    "stocks_figure",
]

Words = Mapping[str, str]
"""Text for each name a figure shows."""


@dataclass(frozen=True, slots=True)
class LineStyle:
    """How the line of an arm is told from the others: by shade, by dash, by width."""

    shade: str
    dash: str
    width: int


# Okabe and Ito's vermilion, blue, green and purple, then a grey and a brown: at least 3 : 1 on
# white and on the dark page.
LINES: Final = (
    LineStyle("#D55E00", "dot", 3),
    LineStyle("#0072B2", "dash", 3),
    LineStyle("#009E73", "solid", 5),
    LineStyle("#CC79A7", "dashdot", 3),
    LineStyle("#7D8791", "longdash", 3),
    LineStyle("#A07A00", "longdashdot", 3),
)

STOCK_FILLS: Final[Mapping[str, tuple[str, str]]] = {
    "treasury": ("#DDE1E6", ""),
    "on_hold": ("#F3CF8E", "/"),
    "treasury_marked": ("#F7EBA0", ""),
    "purses": ("#E3A23C", ""),
    "caterers_marked": ("#A9D3EE", "\\"),
    "caterers_free": ("#2F6E99", ""),
    "returned": ("#C3C8BA", "x"),
}
MEAL_FILLS: Final[Mapping[str, tuple[str, str]]] = {
    "eaten_paid": ("#AEBFCE", ""),
    "paid_not_eaten": ("#A8487F", ""),
    "present_refused": ("#F0E442", "/"),
}

MARGIN: Final[Mapping[str, int]] = {"l": 56, "r": 16, "t": 12, "b": 30}
_FONT: Final = "'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, sans-serif"
INK: Final = "#2B3440"
_GRID: Final = "#E3E1DA"
_WEEKLY_DAYS_MAX: Final = 93

# Plotly would by default offer to upload a chart and name its own cloud.
FIGURE_CONFIG: Final[Mapping[str, Any]] = {
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "displaylogo": False,
    "modeBarButtons": [["toImage", "resetScale2d"]],
    "showTips": False,
    "doubleClick": False,
    "responsive": True,
}


def nice_ceiling(value: int) -> int:
    """Return the end of an axis that holds `value`: four even steps of a round number.

    >>> nice_ceiling(5566)
    6000
    """
    step = max(-(-value // 4), 1)
    magnitude = 1
    while magnitude * 10 <= step:
        magnitude *= 10
    for tenths in (10, 15, 20, 25, 30, 40, 50, 60, 80, 100):
        if tenths * magnitude % 10 == 0 and tenths * magnitude // 10 >= step:
            return 4 * tenths * magnitude // 10
    return 4 * step


def accepted_and_refused(tables: StudyTables) -> dict[str, pd.DataFrame]:
    """Return the two kinds of error as running totals: columns arm, bin, total."""
    outcomes = tables.outcomes
    phantom = outcomes[(outcomes["true_label"] == "phantom") & ~outcomes["is_refused"]]
    blocked = outcomes[(outcomes["true_label"] == "honest") & outcomes["is_refused"]]
    return {"phantom": _running(phantom, "intents"), "blocked": _running(blocked, "intents")}


def stock_levels(tables: StudyTables, arm: str) -> pd.DataFrame:
    """Return the money in every place as balances in tiyn: columns bin and each stock present."""
    flows = tables.flows[tables.flows["arm"] == arm]
    wide = flows.pivot_table(
        index="bin", columns="stock", values="amount_tiyn", aggfunc="sum", fill_value=0
    )
    levels = wide.astype("int64").cumsum()
    present = [stock for stock in STOCKS if stock in levels.columns]
    return levels[present].reset_index()


def errors_figure(
    totals: pd.DataFrame,
    arms: Sequence[str],
    clock: Clock,
    *,
    ceiling: int,
    words: Words,
    steps_a_day: int = BINS_A_DAY,
    shown_in: int = 1,
) -> go.Figure:
    """Draw one running total, a line per arm, on an axis that ends at `ceiling`.

    A picture may round what the table beside it does not: the axis counts in `shown_in`.
    """
    figure = go.Figure()
    # The last arm is drawn first and widest: where lines coincide, the dashes of the others show.
    for arm, style in reversed(list(zip(arms, _styles(arms), strict=True))):
        rows = totals[totals["arm"] == arm]
        last = int(rows["total"].iloc[-1]) if len(rows) else 0
        figure.add_trace(
            go.Scatter(
                x=[
                    _moment(clock, -1, steps_a_day),
                    *(_moment(clock, each, steps_a_day) for each in rows["bin"]),
                    _moment(clock, clock.days * steps_a_day - 1, steps_a_day),
                ],
                y=[each / shown_in for each in (0, *rows["total"].tolist(), last)],
                name=words[arm],
                mode="lines",
                line={
                    "shape": "hv",
                    "color": style.shade,
                    "dash": style.dash,
                    "width": style.width,
                },
                hovertemplate="%{y:,}",
            )
        )
    return finished(figure, clock, ceiling / shown_in)


def meals_figure(
    by_day: pd.DataFrame, arm: str, clock: Clock, *, ceiling: int, gap_ceiling: int, words: Words
) -> go.Figure:
    """Draw what was paid for against what was eaten, a bar per day, for one arm.

    Above are all meals of a day. Below, on an axis that ends at `gap_ceiling`, are the two errors
    alone: paid for and not eaten upwards, present and refused downwards.
    """
    rows = by_day[by_day["arm"] == arm]
    days = [f"{day} 12:00" for day in rows["date"]]
    figure = go.Figure()
    for name in MEAL_FILLS:
        figure.add_trace(_meal_bars(days, rows[name].tolist(), name, words[name]))
    for name, sign in (("paid_not_eaten", 1), ("present_refused", -1)):
        bars = _meal_bars(days, [sign * each for each in rows[name].tolist()], name, words[name])
        figure.add_trace(bars.update(yaxis="y2", hoverinfo="skip", hovertemplate=None))
    finished(figure, clock, ceiling)
    figure.update_layout(
        barmode="relative",
        yaxis={
            "domain": [0.52, 1],
            "tickvals": [0, ceiling // 2, ceiling],
            "zeroline": True,
            "zerolinecolor": INK,
        },
        yaxis2={
            "domain": [0, 0.42],
            "range": [-gap_ceiling, gap_ceiling],
            "fixedrange": True,
            "tickvals": [-gap_ceiling // 2, 0, gap_ceiling // 2],
            "ticktext": [f"{gap_ceiling // 2:,}", "0", f"{gap_ceiling // 2:,}"],
            "gridcolor": _GRID,
            "zeroline": True,
            "zerolinecolor": INK,
        },
        xaxis={"anchor": "y2"},
    )
    return figure


def _meal_bars(days: list[str], counts: list[int], name: str, word: str) -> go.Bar:
    shade, pattern = MEAL_FILLS[name]
    return go.Bar(
        x=days,
        y=counts,
        width=[0.8 * 86_400_000] * len(days),
        name=word,
        marker={
            "color": shade,
            "line": {"width": 0},
            "pattern": {
                "shape": pattern,
                "fgcolor": INK,
                "bgcolor": shade,
                "size": 4,
                "solidity": 0.25,
            },
        },
        hovertemplate="%{y:,}",
    )


def stocks_figure(
    levels: pd.DataFrame, clock: Clock, *, ceiling_tiyn: int, words: Words
) -> go.Figure:
    """Draw where the money is, stacked from the budget to the caterer's own, for one arm.

    The axis is in million tenge; a picture may round what the table beside it does not.
    """
    figure = go.Figure()
    moments = [*(_moment(clock, each) for each in levels["bin"]), _moment(clock, clock.bins - 1)]
    for stock in (name for name in STOCKS if name in levels.columns):
        shade, pattern = STOCK_FILLS[stock]
        values = levels[stock].tolist()
        figure.add_trace(
            go.Scatter(
                x=moments,
                y=[each / 10**8 for each in [*values, values[-1]]],
                name=words[stock],
                mode="lines",
                stackgroup="money",
                line={"shape": "hv", "width": 0.75, "color": INK},
                fillcolor=shade,
                fillpattern={
                    "shape": pattern,
                    "fgcolor": INK,
                    "bgcolor": shade,
                    "size": 6,
                    "solidity": 0.2,
                },
                hovertemplate="%{y:,.1f}",
            )
        )
    return finished(figure, clock, ceiling_tiyn / 10**8)


def finished(figure: go.Figure, clock: Clock, ceiling: float) -> go.Figure:
    """Give a figure the look and the axes of all figures, and return it."""
    first, last = clock.start, clock.start + timedelta(days=clock.days)
    figure.update_layout(
        template="none",
        margin={**MARGIN, "autoexpand": False},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        font={"family": _FONT, "size": 12, "color": INK},
        showlegend=False,
        hovermode="x unified",
        dragmode=False,
        uirevision="fixed",
        hoverlabel={"font": {"family": _FONT, "size": 12}},
        xaxis={
            "type": "date",
            "range": [first.isoformat(), last.isoformat()],
            "fixedrange": True,
            "tickvals": _ticks(clock),
            "tickformat": "%-d %b",
            "hoverformat": "%a %-d %B %Y, %H:%M",
            "showgrid": False,
            "showline": True,
            "linecolor": INK,
            "ticks": "outside",
            "ticklen": 4,
            "tickcolor": INK,
            "zeroline": False,
        },
        yaxis={
            "range": [0, ceiling],
            "fixedrange": True,
            "tickvals": [ceiling * quarter / 4 for quarter in range(5)],
            "tickformat": ",.3~f",
            "gridcolor": _GRID,
            "zeroline": False,
            "automargin": False,
        },
    )
    return figure


def _styles(arms: Sequence[str]) -> Sequence[LineStyle]:
    return [LINES[number % len(LINES)] for number in range(len(arms))]


def _running(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    summed = rows.groupby(["arm", "bin"], as_index=False)[column].sum()
    summed["total"] = summed.groupby("arm")[column].cumsum()
    return pd.DataFrame(summed[["arm", "bin", "total"]])


def _moment(clock: Clock, number: int, steps_a_day: int = BINS_A_DAY) -> str:
    """Return the local time at which the step `number` is over; a total holds from then on."""
    days, rest = divmod(number + 1, steps_a_day)
    minutes = rest * 24 * 60 // steps_a_day
    return f"{clock.day(days).isoformat()} {minutes // 60:02d}:{minutes % 60:02d}"


def _ticks(clock: Clock) -> list[str]:
    """Return the days that are named: Mondays of a month, the first of each month of a year."""
    days = [clock.day(number) for number in range(clock.days)]
    if clock.days > _WEEKLY_DAYS_MAX:
        return [day.isoformat() for day in days if day.day == 1]
    return [day.isoformat() for day in days if day.weekday() == 0]
