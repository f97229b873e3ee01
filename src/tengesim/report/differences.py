"""Differences between arms as figures and tables: both intervals of each, and what they mean.

The order of the figure is fixed, both kinds of error first, so that nobody can choose what to show
by its result; the table behind it has every measure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tengesim.report.document import Column, div, figure, li, p, span, table, ul
from tengesim.report.markup import Children, Element, Maker
from tengesim.report.numbers import (
    NO_VALUE,
    citation,
    cited,
    difference_text,
    interval_text,
    is_number,
    value_text,
)
from tengesim.report.sections import by_group, quoted
from tengesim.report.svg import Bar, Interval, Spread, bars, strip
from tengesim.report.wording import ERROR_PAIRS, KEY_METRICS, VERDICTS, direction_word, title_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "PAIRS",
    "SUMMARY",
    "Line",
    "badge",
    "error_panels",
    "key_lines",
    "lines_figure",
    "lines_of",
    "lines_table",
]

SUMMARY: Final = "summary.parquet"
PAIRS: Final = "pairs.parquet"
_DRAWN_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the summary: a metric of a variant beside the base."""

    variant: str
    metric: str
    row: Mapping[str, Any]
    source: str = SUMMARY
    """The file the line was read from, or computed from."""
    step: str = ""
    """Which step of a difference taken apart the line is about."""

    @property
    def unit(self) -> str:
        """Return the unit of the metric."""
        return str(self.row["unit"])

    @property
    def verdict(self) -> str:
        """Return how sure the difference is."""
        return str(self.row["verdict"])

    @property
    def is_known(self) -> bool:
        """Return whether there is a difference at all."""
        return is_number(self.row["difference"])

    def number(self, column: str) -> float | None:
        """Return a number of the line; None where there is none."""
        value = self.row[column]
        return float(value) if is_number(value) else None

    def interval(self, kind: str) -> Interval | None:
        """Return the interval `chance` or `assumptions`; None where there is none."""
        low, high = self.number(f"{kind}_low"), self.number(f"{kind}_high")
        return None if low is None or high is None else Interval(low, high)

    def title(self) -> Children:
        """Return the title of the metric."""
        return quoted(title_of(self.metric), "catalogue", metric=self.metric, field="title")

    def value(self, column: str) -> Children:
        """Return `base`, `value` or `bound` as text that names its file."""
        return self._cited(value_text(self.number(column), self.unit), column)

    def difference(self) -> Children:
        """Return the difference as text that names its file."""
        return self._cited(difference_text(self.number("difference"), self.unit), "difference")

    def ends(self, kind: str) -> Children:
        """Return the ends of an interval as text that names its file."""
        interval = self.interval(kind)
        if interval is None:
            return NO_VALUE
        shown = interval_text(interval.low, interval.high, self.unit)
        return self._cited(shown, f"{kind}_low {kind}_high")

    def words(self) -> Children:
        """Return the sentence about the difference."""
        return cited(str(self.row["words"]), self.source, **self.keys("words"))

    def keys(self, column: str) -> dict[str, str]:
        """Return what leads to a number of this line."""
        keys = {"variant": self.variant, "metric": self.metric, "column": column}
        return {**keys, "step": self.step} if self.step else keys

    def _cited(self, shown: str, column: str) -> Children:
        return shown if shown == NO_VALUE else cited(shown, self.source, **self.keys(column))


def badge(verdict: str) -> Element:
    """Return a verdict as a short word in a frame."""
    return span(VERDICTS.get(verdict, verdict), class_=f"badge badge-{verdict.replace('_', '-')}")


def lines_of(summary: pd.DataFrame, variant: str) -> list[Line]:
    """Return the lines of one variant in the order of the summary."""
    rows = summary[summary["variant"] == variant].to_dict("records")
    return [
        Line(variant, str(row["metric"]), {str(key): value for key, value in row.items()})
        for row in rows
    ]


def key_lines(lines: Sequence[Line], first: str) -> list[Line]:
    """Return the lines to be drawn: the campaign's own metric, then a fixed order."""
    known = {line.metric: line for line in lines if line.is_known}
    order = dict.fromkeys([first, *KEY_METRICS, *known])
    return [known[name] for name in order if name in known][:_DRAWN_MAX]


def lines_figure(lines: Sequence[Line], *, name: str) -> Element:
    """Draw each line with its two intervals around zero."""
    rows = [_drawn(line, f"{name}-{number}") for number, line in enumerate(lines)]
    return figure([div(rows, class_="lines"), _key()])


def lines_table(lines: Sequence[Line], caption: Children, *, name: str) -> Element:
    """Return every line as a table, by group."""
    rows: list[Sequence[Children] | Element] = []
    by_name = {line.metric: line for line in lines}
    for title, names in by_group(list(by_name)):
        rows.append(span(title))
        rows += [_row(by_name[metric]) for metric in names]
    columns = (
        Column("Measure"),
        Column("Base", is_number=True),
        Column("Variant", is_number=True),
        Column("Difference", is_number=True),
        Column("Chance", is_number=True),
        Column("Assumptions", is_number=True),
        Column("Verdict"),
    )
    return table(caption, columns, rows, name=name)


def error_panels(
    lines: Mapping[str, Sequence[Line]], labels: Mapping[str, str], base: str
) -> Iterator[Element]:
    """Yield the panels of both kinds of error: a bar for the base and for each variant."""
    found = [{line.metric: line for line in each if line.is_known} for each in lines.values()]
    for pair in ERROR_PAIRS:
        if not found or not all(metric in one for one in found for metric in pair):
            continue
        chosen = [[one[metric] for one in found] for metric in pair]
        highest = [_highest(each) for each in chosen]
        if chosen[0][0].unit == chosen[1][0].unit:
            highest = [max(highest)] * len(pair)
        for each, ceiling, look in zip(chosen, highest, ("undue", "honest"), strict=True):
            yield _panel(each, labels, base, ceiling=ceiling, look=look)
        return


_PANELS: Final[Mapping[str, tuple[str, str]]] = {
    "undue": ("Paid, and nothing was due", "What the controls let through"),
    "honest": ("Due, and refused", "What the controls cost the honest"),
}


def _highest(lines: Sequence[Line]) -> float:
    return max(float(line.row[column]) for line in lines for column in ("base", "value"))


def _panel(
    lines: Sequence[Line], labels: Mapping[str, str], base: str, *, ceiling: float, look: str
) -> Element:
    heading, told = _PANELS[look]
    drawn = [_bar(labels[base], lines[0], "base")]
    drawn += [_bar(labels[line.variant], line, "value") for line in lines]
    picture = bars(
        drawn,
        ceiling=ceiling,
        name=f"errors-{look}",
        title=heading,
        description=f"{told}, as a mean over the seeds, a bar for each arm with its number.",
        look=look,
    )
    lead = p([told, ": ", lines[0].title(), ", mean over the seeds."])
    return figure([Maker("h3")(heading), lead, picture], class_="panel")


def _bar(label: str, line: Line, column: str) -> Bar:
    value = line.number(column) or 0.0
    return Bar(label, value, value_text(value, line.unit), citation(SUMMARY, **line.keys(column)))


def _drawn(line: Line, name: str) -> Element:
    spread = Spread(
        line.number("difference") or 0.0, line.interval("chance"), line.interval("assumptions")
    )
    picture = strip(
        spread,
        name=name,
        title=title_of(line.metric),
        description="The difference from the base with the interval of chance above and that of"
        " the assumptions below, on an axis through zero. The numbers are in the table of all"
        " measures.",
        is_share=line.unit == "share",
    )
    axis = "percentage points" if line.unit == "share" else line.unit
    way = direction_word(str(line.row["direction"]))
    told = span([axis, f"; {way}" if way else ""], class_="unit")
    result = [
        span(line.difference(), class_=f"difference {_judged(line)}".strip()),
        span([line.value("base"), " \u2192 ", line.value("value")], class_="unit"),
        badge(line.verdict),
    ]
    return div(
        [
            div([line.title(), told], class_="line-name"),
            div(picture),
            div(result, class_="line-result"),
        ],
        class_="line-row",
    )


def _judged(line: Line) -> str:
    """Return whether a clear difference is for the better or the worse; nothing else is judged."""
    direction, difference = str(line.row["direction"]), line.number("difference") or 0.0
    if line.verdict != "clear" or direction not in {"up", "down"} or difference == 0:
        return ""
    return "is-better" if (difference > 0) == (direction == "up") else "is-worse"


def _row(line: Line) -> Sequence[Children]:
    return [
        line.title(),
        line.value("base"),
        line.value("value"),
        line.difference(),
        line.ends("chance"),
        line.ends("assumptions"),
        badge(line.verdict),
    ]


def _key() -> Element:
    def sample(shape: Element) -> Element:
        hidden = {"aria-hidden": "true"}
        return Maker("svg")(shape, viewBox="0 0 32 14", focusable="false", **hidden)

    chance = Maker("rect")(x="2", y="2", width="28", height="10", **{"class": "chance"})
    assumed = Maker("path")(d="M3 1V13M3 7H29M29 1V13", **{"class": "assumed"})
    point = Maker("circle")(cx="16", cy="7", r="4.5", **{"class": "estimate"})
    return ul(
        [
            li([sample(point), "difference, mean over the seeds"]),
            li([sample(chance), "interval of chance"]),
            li([sample(assumed), "interval of the assumptions"]),
            li("Left of the line: less than in the base. Each line has its own scale."),
        ],
        class_="key",
    )
