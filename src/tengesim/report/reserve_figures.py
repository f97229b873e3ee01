"""Figures of a reserve: how far replications fan out, and what it is made of.

They keep to the look of the other figures; the axis of time names years, because it has several.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from tengesim.report.figures import INK, Words, finished
from tengesim.report.playback import Clock
from tengesim.store.ensembles import FanEntry

__all__ = [
    "ASSET_FILLS",
    "BILLION_TENGE",
    "SOURCE_FILLS",
    "STAGE_FILLS",
    "areas_figure",
    "fan_figure",
]

ASSET_FILLS: Final[Mapping[str, tuple[str, str]]] = {
    "us_dollar": ("#DDE1E6", ""),
    "gold": ("#B8A13A", ""),
    "fund_unit": ("#A9D3EE", "\\"),
    "usdt": ("#C3C8BA", "x"),
    "bnb": ("#F0E442", "/"),
    "ether": ("#AEBFCE", ""),
    "bitcoin": ("#E3A23C", ""),
}
SOURCE_FILLS: Final[Mapping[str, tuple[str, str]]] = {
    "public_money": ("#AEBFCE", ""),
    "confiscated": ("#A8487F", "/"),
    "mined": ("#E3A23C", ""),
    "energy": ("#F0E442", "\\"),
    "other": ("#DDE1E6", "x"),
}
STAGE_FILLS: Final[Mapping[str, tuple[str, str]]] = {
    "young": ("#A9D3EE", ""),
    "old": ("#A8487F", "/"),
    "handover": ("#E3A23C", ""),
}

BILLION_TENGE: Final = 10**11
"""In tiyn."""

_OUTER: Final = "rgba(0, 114, 178, 0.18)"
_INNER: Final = "rgba(0, 114, 178, 0.34)"
_MEDIAN: Final = "#0072B2"
_RUN: Final = "#D55E00"


def fan_figure(
    run: Sequence[tuple[int, int]],
    fan: FanEntry | None,
    clock: Clock,
    *,
    ceiling_tiyn: int,
    words: Words,
) -> go.Figure:
    """Draw one run, day and tiyn, over the fan of its replications where there is one."""
    figure = go.Figure()
    if fan is not None:
        days = [_close(clock, day) for day in fan.days]
        low, lower, median, upper, high = (
            [each / BILLION_TENGE for each in values] for values in fan.quantiles_tiyn
        )
        for bottom, top, shade, name in (
            (low, high, _OUTER, "outer"),
            (lower, upper, _INNER, "inner"),
        ):
            figure.add_trace(_line(days, bottom, words[f"{name}_low"], width=0))
            band = _line(days, top, words[f"{name}_high"], width=0)
            figure.add_trace(band.update(fill="tonexty", fillcolor=shade))
        figure.add_trace(_line(days, median, words["median"], shade=_MEDIAN, dash="dash"))
    days = [_close(clock, day) for day, _ in run]
    values = [tiyn / BILLION_TENGE for _, tiyn in run]
    figure.add_trace(_line(days, values, words["run"], shade=_RUN))
    return _over_years(figure, clock, ceiling_tiyn)


def areas_figure(
    points: pd.DataFrame,
    clock: Clock,
    *,
    fills: Mapping[str, tuple[str, str]],
    ceiling_tiyn: int,
    words: Words,
) -> go.Figure:
    """Draw what something is made of, stacked in the order of `fills`, for one arm."""
    figure = go.Figure()
    days = [_close(clock, day) for day in points["day"].tolist()]
    for name in (each for each in fills if each in points.columns):
        shade, pattern = fills[name]
        figure.add_trace(
            go.Scatter(
                x=days,
                y=[each / BILLION_TENGE for each in points[name].tolist()],
                name=words[name],
                mode="lines",
                stackgroup="all",
                line={"width": 0.75, "color": INK},
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
    return _over_years(figure, clock, ceiling_tiyn)


def _line(
    days: Sequence[str],
    values: Sequence[float],
    word: str,
    *,
    shade: str = _MEDIAN,
    dash: str = "solid",
    width: float = 2.5,
) -> go.Scatter:
    return go.Scatter(
        x=list(days),
        y=list(values),
        name=word,
        mode="lines",
        line={"color": shade, "dash": dash, "width": width},
        hovertemplate="%{y:,.1f}",
    )


def _over_years(figure: go.Figure, clock: Clock, ceiling_tiyn: int) -> go.Figure:
    years = range(clock.start.year, clock.day(clock.days).year + 1)
    return finished(figure, clock, ceiling_tiyn / BILLION_TENGE).update_layout(
        xaxis={
            "tickvals": [date(year, 1, 1).isoformat() for year in years],
            "tickformat": "%Y",
            "hoverformat": "%-d %B %Y",
        },
        hovermode="x unified",
    )


def _close(clock: Clock, day: int) -> str:
    """Return the moment at which a day is over."""
    return clock.day(day + 1).isoformat()
