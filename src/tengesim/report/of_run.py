"""The report of one run: what happened, both kinds of error, every measure, and how to repeat it.

One run shows what can happen and not how sure it is, and the report says so; what a change of
policy does is the report of a campaign.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from tengesim.report.document import (
    Column,
    code,
    div,
    document,
    figure,
    h2,
    h3,
    li,
    p,
    part,
    table,
    ul,
)
from tengesim.report.fiscal import StoredTables
from tengesim.report.holdings import reserve_parts
from tengesim.report.markup import Children, Element, Maker
from tengesim.report.numbers import NO_VALUE, citation, cited, is_number, value_text, whole_text
from tengesim.report.sections import (
    by_group,
    definitions_of,
    horizon,
    parameter_section,
    program,
    quoted,
    scale_note,
)
from tengesim.report.svg import Bar, bars
from tengesim.report.text import NOT_A_FORECAST
from tengesim.report.wording import (
    ERROR_PAIRS,
    KEY_METRICS,
    label_word,
    metric_of,
    reason_title,
    title_of,
)
from tengesim.scenario.model import Scenario

if TYPE_CHECKING:
    from tengesim.store.layout import Manifest

__all__ = ["RunTables", "run_report"]

_METRICS: Final = "metrics.parquet"
_KEY_ROWS: Final = 8
_UNIT_OF_KZT: Final = 100

# An intent is refused when none of its attempts was accepted; its last attempt says why.
_REFUSED: Final = """
WITH wants AS (
    SELECT intent, bool_or(status IN ('settled', 'recorded')) AS accepted,
           CAST(arg_max(rule, seq) AS VARCHAR) AS rule,
           CAST(arg_max(reason, seq) AS VARCHAR) AS reason,
           CAST(arg_min(true_label, seq) AS VARCHAR) AS true_label,
           arg_min(amount_tiyn, seq) AS amount_tiyn
    FROM events WHERE kind IN ('payment', 'delivery')
    GROUP BY intent
)
SELECT rule, reason, true_label, count(*)::BIGINT AS count,
       sum(amount_tiyn)::BIGINT AS amount_tiyn
FROM wants WHERE NOT accepted
GROUP BY ALL ORDER BY count DESC, rule, reason, true_label
"""


class RunTables(StoredTables, Protocol):
    """What the report of a run reads."""

    @property
    def manifest(self) -> Manifest:
        """What the run is."""
        ...


def run_report(run: RunTables, scenario: Scenario) -> str:
    """Return the report of a run of `scenario` as one HTML document."""
    rows = {str(row["metric"]): row for row in run.metrics.to_dict("records")}
    name = scenario.name
    opening = [
        p("Report of one run", class_="eyebrow"),
        Maker("h1")(quoted(scenario.title, "scenario.yaml", arm=name, path="title")),
        p(
            quoted(scenario.question, "scenario.yaml", arm=name, path="question"),
            class_="question",
        ),
        p(["Simulated days: ", horizon(scenario, name), "."], class_="note"),
        _answer(rows),
        scale_note(scenario, name),
    ]
    sections = [
        *_errors(rows),
        *reserve_parts(rows, _value, _METRICS),
        *_refusals(run, scenario),
        _measures(rows),
        definitions_of([each for each, row in rows.items() if is_number(row["value"])]),
        parameter_section({name: scenario}, {}),
        _again(run.manifest),
    ]
    return document(
        scenario.title,
        [div(opening, class_="opening")],
        standing="Report of one run",
        contents=sections,
    )


def _value(row: Mapping[Any, Any]) -> Children:
    value = row["value"]
    if not is_number(value):
        return NO_VALUE
    shown = value_text(float(value), str(row["unit"]))
    return cited(shown, _METRICS, metric=str(row["metric"]), column="value")


def _answer(rows: Mapping[str, Mapping[Any, Any]]) -> Element:
    listed = [name for name in KEY_METRICS if name in rows and is_number(rows[name]["value"])]
    listed += [
        name for name, row in rows.items() if name not in listed and is_number(row["value"])
    ][: max(_KEY_ROWS - len(listed), 0)]
    found = [
        li(
            [
                div(
                    [
                        quoted(title_of(name), "catalogue", metric=name, field="title"),
                        Maker("span")(_question(name), class_="unit"),
                    ]
                ),
                Maker("strong")(_value(rows[name])),
            ]
        )
        for name in listed[:_KEY_ROWS]
    ]
    caution = (
        f"{NOT_A_FORECAST} One run shows what can happen, not how sure it is; "
        "tengesim compare tells a difference from chance and from what is assumed."
    )
    parts = [h2("What happened"), ul(found, class_="findings"), p(caution, class_="caution")]
    return div(parts, class_="answer")


def _question(name: str) -> Children:
    metric = metric_of(name)
    return quoted(metric.question, "catalogue", metric=name, field="question") if metric else ""


def _errors(rows: Mapping[str, Mapping[Any, Any]]) -> Iterator[Element]:
    """Yield the figure of both kinds of error, if the run has both."""
    for undue, honest in ERROR_PAIRS:
        pair = [rows.get(undue), rows.get(honest)]
        chosen = [row for row in pair if row is not None and is_number(row["value"])]
        if len(chosen) < len(pair):
            continue
        same_unit = chosen[0]["unit"] == chosen[1]["unit"]
        highest = max(float(row["value"]) for row in chosen)
        panels = []
        for row, look, heading, told in zip(
            chosen,
            ("undue", "honest"),
            ("Paid, and nothing was due", "Due, and refused"),
            ("What the controls let through.", "What the controls cost the honest."),
            strict=True,
        ):
            value = float(row["value"])
            drawn = bars(
                [
                    Bar(
                        title_of(str(row["metric"])),
                        value,
                        value_text(value, str(row["unit"])),
                        citation(_METRICS, metric=str(row["metric"]), column="value"),
                    )
                ],
                ceiling=highest if same_unit else value,
                name=f"errors-{look}",
                title=heading,
                description=f"{told} The number stands beside the bar and among all measures.",
                look=look,
            )
            panels.append(figure([h3(heading), p(told), drawn], class_="panel"))
        yield part("Both kinds of error", [div(panels, class_="panels")], name="errors")
        return


def _refusals(run: RunTables, scenario: Scenario) -> Iterator[Element]:
    """Yield the table of refused intents by the rule that decided, if any were refused."""
    found = run.query(_REFUSED).to_dict("records")
    if not found:
        return
    editions = (one for book in scenario.rule_books.values() for _, one in book.editions())
    texts = {rule.id: rule.text.en for edition in editions for rule in edition.rules}
    rows: list[Sequence[Children]] = []
    for row in found:
        keys = {name: str(row[name]) for name in ("rule", "reason", "true_label")}
        rule: list[Children] = [reason_title(keys["reason"])]
        if keys["rule"]:
            told = texts.get(keys["rule"], "")
            rule.append(Maker("span")([code(keys["rule"])], class_="unit"))
            if told:
                told_shown = quoted(told, "scenario.yaml", rule=keys["rule"], column="text")
                rule.append(Maker("span")(told_shown, class_="unit"))
        tenge = value_text(int(row["amount_tiyn"]) / _UNIT_OF_KZT, "KZT")
        rows.append(
            [
                rule,
                label_word(keys["true_label"]),
                cited(whole_text(int(row["count"])), "events.parquet", column="count", **keys),
                cited(tenge, "events.parquet", column="amount_tiyn", **keys),
            ]
        )
    columns = (
        Column("Reason, and the rule that decided"),
        Column("What it really was"),
        Column("Refused", is_number=True),
        Column("Money", is_number=True),
    )
    caption = (
        "Wishes to pay that were refused in the end, by the rule that decided the last attempt"
    )
    listed = table(caption, columns, rows, name="refusals-table")
    told = (
        "A rule cannot see what a payment really was; the simulator can. Read this table for whom"
        " each rule stops."
    )
    yield part("What was refused, and why", [p(told, class_="prose"), listed], name="refusals")


def _measures(rows: Mapping[str, Mapping[Any, Any]]) -> Element:
    lines: list[Sequence[Children] | Element] = []
    for title, names in by_group(list(rows)):
        lines.append(Maker("span")(title))
        for name in names:
            row = rows[name]
            why = str(row["why"] or "")
            shown = quoted(title_of(name), "catalogue", metric=name, field="title")
            reason = quoted(why, _METRICS, metric=name, column="why")
            lines.append([shown, _value(row), reason])
    columns = (Column("Measure"), Column("Value", is_number=True), Column("Why there is none"))
    listed = table("Every measure of the run", columns, lines, name="measures-table")
    return part("All measures", [listed], name="measures")


def _again(manifest: Manifest) -> Element:
    def of(key: str) -> Element:
        return cited(str(getattr(manifest, key)), "manifest.json", key=key)

    rows: list[Sequence[Children]] = [
        ["Run", code(of("folder_name"))],
        ["Seed", of("seed")],
        ["Payments", cited(whole_text(manifest.payments), "manifest.json", key="payments")],
        ["Digest of the scenario", code(of("scenario_digest"))],
        ["Digest of the log", code(of("log_digest"))],
        ["Version of results", of("results_version")],
        ["Report written by", program()],
    ]
    commands: list[Children] = [
        "tengesim run scenario.yaml --seed ",
        of("seed"),
        "\ntengesim verify ",
        of("folder_name"),
        " --replay",
    ]
    told = (
        "The run folder holds the scenario as resolved. The same scenario and seed give the same"
        " log, digest for digest, on every machine."
    )
    listed = table("What was run", (Column("What"), Column("Value")), rows, name="again-table")
    return part(
        "Run it again", [p(told, class_="prose"), Maker("pre")(commands), listed], name="again"
    )
