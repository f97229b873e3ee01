"""Sections that reports of runs and of campaigns share: where numbers come from, what they mean.

A link is written with its whole address, because a report is printed; nothing is fetched from it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from importlib import metadata
from typing import Final

from tengesim.metrics.metric import GROUPS
from tengesim.report.document import Column, a, code, p, part, span, table
from tengesim.report.markup import Children, Element
from tengesim.report.numbers import NO_VALUE, cited, decimals_text, whole_text
from tengesim.report.parameters import ParameterRow, parameters_of
from tengesim.report.wording import GROUP_TITLES, direction_word, group_of, metric_of
from tengesim.scenario.model import Scenario

__all__ = [
    "by_group",
    "day_text",
    "definitions",
    "definitions_of",
    "horizon",
    "linked",
    "parameter_section",
    "program",
    "quoted",
    "scale_note",
]

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_ADDRESSES: Final = ("https://", "http://")


def quoted(text: str, source: str, **keys: str | int) -> Children:
    """Return a text from a file; it names the file where it holds digits, since those are read."""
    if any(character.isdigit() for character in text):
        return cited(text, source, **keys)
    return text


def linked(source: str) -> Children:
    """Return a source as a link with what is said after it, or as its words."""
    if source.startswith(_ADDRESSES):
        address, _, remark = source.partition(" ")
        return [a(address, href=address, rel="noopener noreferrer"), f" {remark}" if remark else ""]
    return source or "choice of the question"


def horizon(scenario: Scenario, arm: str) -> Element:
    """Return the first and the last simulated day."""
    clock = scenario.clock
    days = (("clock.start", clock.start), ("clock.end", clock.end - timedelta(days=1)))
    first, last = (cited(day_text(day), "scenario.yaml", arm=arm, path=path) for path, day in days)
    return span([first, " to ", last])


def day_text(day: date) -> str:
    """Write a date.

    >>> day_text(date(2026, 2, 1))
    '1 February 2026'
    """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def scale_note(scenario: Scenario, arm: str) -> Element:
    """Return at which scale the numbers are, as a note."""
    scale = Fraction(scenario.population.scale)
    if scale == 1:
        return p("Counts and amounts are those of the whole population.", class_="note")
    shown = cited(_percent(scale), "scenario.yaml", arm=arm, path="population.scale")
    return p(
        [
            "Counts and amounts are those of the simulated scale, ",
            shown,
            " of the population; shares and days hold for the whole of it.",
        ],
        class_="note",
    )


def parameter_section(scenarios: Mapping[str, Scenario], titles: Mapping[str, str]) -> Element:
    """Return every number of the scenarios with its range and its source."""
    rows = parameters_of(list(scenarios.items()))
    assumed = sum(row.source.startswith("assumption") for row in rows)
    sourced = sum(row.source.startswith(_ADDRESSES) for row in rows)
    counts = [
        cited(whole_text(number), "scenario.yaml", count=name)
        for number, name in ((sourced, "sourced"), (assumed, "assumed"))
    ]
    opening = p(
        [
            "Entries with a published source: ",
            counts[0],
            ". Entries that are assumptions: ",
            counts[1],
            ". The rest are choices that the question itself makes.",
        ],
        class_="prose",
    )
    columns = (Column("Entry"), Column("Value"), Column("Range"), Column("Source"))
    listed = table(
        "Every entry of the scenarios; one that differs between arms stands once for each",
        columns,
        [_parameter(number, row, titles) for number, row in enumerate(rows)],
        name="parameters",
    )
    return part("Every number and its source", [opening, listed], name="sources")


def by_group(names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the groups that have any of these metrics: the title of the group and its metrics."""
    for group in GROUPS:
        chosen = [name for name in names if group_of(name) == group]
        if chosen:
            yield GROUP_TITLES.get(group, group), chosen


def definitions(names: Sequence[str]) -> Element:
    """Return what each of these metrics counts, as a table."""
    rows: list[Sequence[Children]] = []
    for name in names:
        metric = metric_of(name)
        if metric is None:
            continue
        title = quoted(metric.title, "catalogue", metric=name, field="title")
        formula = quoted(metric.formula, "catalogue", metric=name, field="formula")
        knows = "what only the simulator knows" if metric.uses_truth else "what can be observed"
        rows.append([title, formula, direction_word(metric.direction), knows])
    columns = (Column("Measure"), Column("Formula"), Column("Better"), Column("Needs"))
    return table("What each measure counts", columns, rows, name="definitions")


def definitions_of(names: Sequence[str]) -> Element:
    """Return the section of definitions."""
    return part("What the measures mean", [definitions(names)], name="measures-mean")


def program() -> Element:
    """Return the program that wrote the report, with its version."""
    return cited(f"tengesim {metadata.version('tengesim')}", "program", key="version")


def _parameter(number: int, row: ParameterRow, titles: Mapping[str, str]) -> Sequence[Children]:
    def shown(column: str) -> Children:
        text = str(getattr(row, column))
        return quoted(text, "scenario.yaml", row=number, column=column)

    name: list[Children] = [code(shown("path"))]
    if row.arms:
        name.append(span(", ".join(titles.get(arm, arm) for arm in row.arms), class_="unit"))
    if row.note:
        name.append(span(shown("note"), class_="unit"))
    spread: Children = [shown("low"), " to ", shown("high")] if row.low and row.high else NO_VALUE
    source = linked(row.source)
    if any(character.isdigit() for character in row.source):
        source = cited(source, "scenario.yaml", row=number, column="source")
    return [name, shown("value"), spread, source]


def _percent(share: Fraction) -> str:
    percent = share * 100
    decimals = next((n for n in range(6) if (percent * 10**n).denominator == 1), 6)
    return f"{decimals_text(percent, decimals)}\u00a0%"
