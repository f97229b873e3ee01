"""Figures of an economy: what was paid and not paid a day, and the money there is in each form.

They keep to the axes and the look of the other figures; outages are bands behind everything, so
that what happened while a system was down is seen without being told.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from tengesim.report.economy import Band
from tengesim.report.figures import INK, Words, errors_figure, finished
from tengesim.report.playback import Clock

__all__ = ["ENDING_FILLS", "FORM_FILLS", "MILLION_TENGE", "bars_figure", "level_figure"]

FORM_FILLS: Final[Mapping[str, tuple[str, str]]] = {
    "digital_tenge": ("#0072B2", ""),
    "offline": ("#A9D3EE", "/"),
    "bank_deposit": ("#AEBFCE", ""),
    "cash": ("#E3A23C", ""),
    "treasury_single_account": ("#DDE1E6", ""),
    "cash_control_account": ("#B8A13A", ""),
    "national_fund": ("#C3C8BA", "x"),
}
ENDING_FILLS: Final[Mapping[str, tuple[str, str]]] = {
    "refused": ("#A8487F", ""),
    "unmet": ("#F0E442", "/"),
}

MILLION_TENGE: Final = 10**8
"""In tiyn."""

_BAND: Final = "rgba(126, 132, 145, 0.28)"
_DAY_MS: Final = 86_400_000
_DAY_US: Final = 86_400_000_000


def bars_figure(
    by_day: pd.DataFrame,
    arm: str,
    clock: Clock,
    *,
    fills: Mapping[str, tuple[str, str]],
    ceiling: int,
    words: Words,
    bands: Sequence[Band] = (),
    shown_in: int = 1,
) -> go.Figure:
    """Draw what there was a day, stacked in the order of `fills`, for one arm.

    A picture may round what the table beside it does not: the axis counts in `shown_in`.
    """
    rows = by_day[by_day["arm"] == arm]
    days = [f"{day} 12:00" for day in rows["date"]]
    figure = go.Figure()
    for name in (each for each in fills if each in by_day.columns):
        shade, pattern = fills[name]
        figure.add_trace(
            go.Bar(
                x=days,
                y=[each / shown_in for each in rows[name].tolist()],
                width=[0.8 * _DAY_MS] * len(days),
                name=words[name],
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
                hovertemplate="%{y:,}" if shown_in == 1 else "%{y:,.1f}",
            )
        )
    finished(figure, clock, ceiling / shown_in).update_layout(
        barmode="stack", shapes=_shapes(bands, clock)
    )
    return figure


def level_figure(
    totals: pd.DataFrame,
    arms: Sequence[str],
    clock: Clock,
    *,
    steps_a_day: int,
    ceiling_tiyn: int,
    words: Words,
    bands: Sequence[Band] = (),
) -> go.Figure:
    """Draw one balance in million tenge, a line per arm."""
    # What was there at the start was there before the first step.
    at_start = totals.assign(bin=totals["bin"].where(totals["bin"] > 0, -1))
    figure = errors_figure(
        at_start,
        arms,
        clock,
        ceiling=ceiling_tiyn,
        words=words,
        steps_a_day=steps_a_day,
        shown_in=MILLION_TENGE,
    )
    figure.update_traces(hovertemplate="%{y:,.1f}")
    return figure.update_layout(shapes=_shapes(bands, clock))


def _shapes(bands: Sequence[Band], clock: Clock) -> list[dict[str, object]]:
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": _local(clock, band.from_us),
            "x1": _local(clock, band.until_us),
            "y0": 0,
            "y1": 1,
            "fillcolor": _BAND,
            "line": {"width": 0},
            "layer": "below",
        }
        for band in bands
    ]


def _local(clock: Clock, time_us: int) -> str:
    days, rest_us = divmod(time_us - clock.start_us, _DAY_US)
    minutes = rest_us // 60_000_000
    return f"{clock.day(days).isoformat()} {minutes // 60:02d}:{minutes % 60:02d}"
