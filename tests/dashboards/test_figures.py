"""Figures are drawn from tables, on fixed axes, in hues that everybody can tell apart."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import app as dash_app
from dashboards.components.charts import figures_of
from dashboards.study import Study
from dashboards.texts import Texts
from tengesim.report.figures import (
    FIGURE_CONFIG,
    LINES,
    MARGIN,
    MEAL_FILLS,
    STOCK_FILLS,
    nice_ceiling,
)
from tengesim.report.playback import STOCKS
from tests.studies import ARMS

ASSETS = Path(dash_app.__file__).with_name("assets")
WHITE, DARK_SHEET = "#ffffff", "#18212a"


@given(st.integers(min_value=0, max_value=10**19))
def test_an_axis_holds_its_values_without_waste(value: int) -> None:
    """Goal: no line leaves the chart, none lies flat. Method: any value against its axis."""
    ceiling = nice_ceiling(value)
    assert ceiling >= value
    assert ceiling % 4 == 0
    assert ceiling <= max(2 * value, 4) or value < 4


@pytest.fixture(scope="session")
def figures(study: Study, t: Texts) -> dict[str, go.Figure]:
    """Return all figures of the page."""
    return figures_of(study, t)


def test_every_arm_has_its_charts(figures: dict[str, go.Figure]) -> None:
    """Goal: arms side by side. Method: the names of the figures."""
    expected = {"phantom-plot", "blocked-plot"}
    expected |= {f"{name}-plot-{n}" for name in ("meals", "money") for n in range(len(ARMS))}
    assert set(figures) == expected


def test_arms_share_their_axes(figures: dict[str, go.Figure]) -> None:
    """Goal: heights compare. Method: the ranges of the figures that stand beside each other."""
    for name in ("meals", "money"):
        ranges = {
            (
                tuple(figures[f"{name}-plot-{n}"].layout.yaxis.range),
                figures[f"{name}-plot-{n}"].layout.xaxis.range,
            )
            for n in range(len(ARMS))
        }
        assert len(ranges) == 1


def test_the_cursor_lies_over_the_plot_area(figures: dict[str, go.Figure]) -> None:
    """Goal: the layer needs no measuring. Method: margins of figures against the style sheet."""
    for figure in figures.values():
        assert figure.layout.margin.to_plotly_json() == {**MARGIN, "autoexpand": False}
        assert figure.layout.yaxis.automargin is not True
        assert figure.layout.xaxis.fixedrange is True
    style = (ASSETS / "charts.css").read_text(encoding="utf-8")
    inset = "inset: {t}px {r}px {b}px {l}px".format(**MARGIN)
    assert inset in style


def test_lines_end_at_the_totals(study: Study, figures: dict[str, go.Figure], t: Texts) -> None:
    """Goal: a figure shows the numbers of the page. Method: last points against the file."""
    for name, path in (("phantom", ("phantom", "accepted")), ("blocked", ("honest", "refused"))):
        lines = {trace.name: trace.y[-1] for trace in figures[f"{name}-plot"].data}
        expected = {
            t(f"arm.{arm['id']}.short"): sum(arm["meals"][path[0]][path[1]]["by"])
            for arm in study.prepared["arms"]
        }
        assert lines == expected


def test_areas_add_up_to_one_height(figures: dict[str, go.Figure]) -> None:
    """Goal: money changes place, not amount. Method: the sum of the areas at every point."""
    for number in range(len(ARMS)):
        traces = figures[f"money-plot-{number}"].data
        heights = {
            round(sum(values), 6) for values in zip(*(trace.y for trace in traces), strict=True)
        }
        assert len(heights) == 1


def test_no_figure_offers_to_send_anything_anywhere() -> None:
    """Goal: nothing leaves the machine. Method: the one configuration of all figures."""
    assert FIGURE_CONFIG["showSendToCloud"] is False
    assert FIGURE_CONFIG["plotlyServerURL"] == ""
    assert FIGURE_CONFIG["modeBarButtons"] == [["toImage", "resetScale2d"]]
    assert FIGURE_CONFIG["displaylogo"] is False


def luminance(shade: str) -> float:
    """Return the relative luminance of a hex code as WCAG defines it."""
    parts = [int(shade[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    """Return the contrast of two hex codes, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(two)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def shades_of(theme: str) -> list[str]:
    """Return the hues of the arms that the style sheet sets for a theme."""
    style = (ASSETS / "aa_base.css").read_text(encoding="utf-8")
    start = style.index(":root {" if theme == "light" else ':root[data-theme="dark"]')
    block = style[start : style.index("}", start)]
    return [match.upper() for match in re.findall(r"--arm-\d: (#[0-9a-f]{6});", block)]


def test_lines_can_be_seen_and_told_apart() -> None:
    """Goal: colour-blind-safe in both themes. Method: contrast by WCAG, and dashes that differ."""
    light, dark = shades_of("light"), shades_of("dark")
    assert light == [line.shade for line in LINES]
    # The fourth stands for studies with four arms and is widest apart in hue.
    assert all(contrast(shade, WHITE) >= 3 for shade in light[:3])
    assert all(contrast(shade, DARK_SHEET) >= 3 for shade in dark)
    assert len({line.dash for line in LINES}) == len(LINES)


def test_every_fill_of_a_legend_is_the_fill_of_the_figure() -> None:
    """Goal: legends do not lie. Method: hex codes of the style sheet against the figures."""
    style = (ASSETS / "ab_page.css").read_text(encoding="utf-8")
    for kind, fills in (("meals", MEAL_FILLS), ("stock", STOCK_FILLS)):
        for name, (shade, _) in fills.items():
            rule = re.search(rf"\.fill-{kind}-{name} \{{([^}}]*)\}}", style)
            assert rule is not None, name
            assert shade.lower() in rule[1], name
    assert set(STOCK_FILLS) == set(STOCKS)


def test_neighbouring_areas_differ_in_lightness_or_pattern() -> None:
    """Goal: areas can be told apart without hue. Method: luminance of each pair of neighbours."""
    fills: list[tuple[str, str]] = list(STOCK_FILLS.values())
    for (one, pattern), (two, other) in pairwise(fills):
        assert pattern != other or abs(luminance(one) - luminance(two)) > 0.1


def test_hover_and_names_come_from_the_words(figures: dict[str, go.Figure], t: Texts) -> None:
    """Goal: figures speak the language of the page. Method: trace names are catalogue texts."""
    known: set[Any] = set(t.table().values())
    for figure in figures.values():
        assert {trace.name for trace in figure.data} <= known
