"""The report of replications: how far one scenario may end from itself, by chance alone.

Nothing is compared here and every assumption stays at its base value, and the report says so. Every
number names the place in the file of the ensemble that it was read from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tengesim.report.document import (
    Column,
    code,
    div,
    document,
    h2,
    li,
    p,
    part,
    strong,
    table,
    ul,
)
from tengesim.report.markup import Children, Element, Maker
from tengesim.report.numbers import NO_VALUE, cited, value_text, whole_text
from tengesim.report.sections import by_group, definitions_of, program, quoted
from tengesim.report.text import NOT_A_FORECAST
from tengesim.report.wording import KEY_METRICS, title_of
from tengesim.store.ensembles import QUANTILES_BP, EnsembleFile, FanEntry, SpreadEntry

__all__ = ["ENSEMBLE", "ensemble_report"]

ENSEMBLE: Final = "ensemble.json"
"""What the file of an ensemble is called in citations."""

_KEY_ROWS: Final = 8
_TIYN: Final = 100
_WEEKS_A_QUARTER: Final = 13
_QUANTILE_WORDS: Final = (
    "lowest twentieth ends",
    "lowest quarter ends",
    "median",
    "highest quarter begins",
    "highest twentieth begins",
)
_LOW, _MEDIAN, _HIGH = 0, len(QUANTILES_BP) // 2, len(QUANTILES_BP) - 1
_CHANCE: Final = (
    " Replications show chance alone: every assumption stays at its base value. What ignorance of"
    " them leaves open is the second interval of a comparison."
)


def ensemble_report(made: EnsembleFile) -> str:
    """Return the report of an ensemble as one HTML document."""
    spread = {one.metric: number for number, one in enumerate(made.spread) if one.n}
    opening = [
        p("Report of replications", class_="eyebrow"),
        Maker("h1")(quoted(made.title, ENSEMBLE, key="title")),
        p(
            [
                _of("replications", whole_text(made.replications)),
                " runs of one scenario, at the seeds ",
                _of("seed", str(made.seed)),
                " and following.",
            ],
            class_="note",
        ),
        _answer(made, spread),
    ]
    sections = [
        *_fans(made),
        _measures(made, spread),
        *_failures(made),
        definitions_of([*spread]),
        _again(made),
    ]
    return document(
        made.title,
        [div(opening, class_="opening")],
        standing="Report of replications",
        contents=sections,
    )


def _answer(made: EnsembleFile, spread: dict[str, int]) -> Element:
    listed: list[str] = [name for name in KEY_METRICS if name in spread]
    listed += [name for name in spread if name not in listed]
    found = []
    for name in listed[:_KEY_ROWS]:
        one, key = made.spread[spread[name]], f"spread.{spread[name]}"
        ends: list[Children] = [
            "nine in ten runs between ",
            _quantile(one, key, _LOW),
            " and ",
            _quantile(one, key, _HIGH),
        ]
        title = quoted(title_of(name), "catalogue", metric=name, field="title")
        told = div([title, Maker("span")(ends, class_="unit")])
        found.append(li([told, strong(_quantile(one, key, _MEDIAN))]))
    caution = p(f"{NOT_A_FORECAST}{_CHANCE}", class_="caution")
    heading = h2("Where the middle run ends, and how far others do")
    return div([heading, ul(found, class_="findings"), caution], class_="answer")


def _fans(made: EnsembleFile) -> Iterator[Element]:
    """Yield the table of every path: what the fan chart of its page draws."""
    for number, fan in enumerate(made.fans):
        last = len(fan.days) - 1
        places = [*range(_WEEKS_A_QUARTER - 1, last, _WEEKS_A_QUARTER), last]
        rows = [_fan_row(fan, f"fans.{number}", place) for place in places]
        columns = (
            Column("Closes of days since the start"),
            *(Column(word.capitalize(), is_number=True) for word in _QUANTILE_WORDS),
        )
        title = title_of(fan.path)
        listed = table(f"{title}, by day", columns, rows, name=f"fan-{number}")
        told = (
            "Each column is a quantile of that day, not one run: a run wanders between them. The"
            " dashboard draws the same numbers as a fan."
        )
        yield part(
            "How far it may swing on the way",
            [p(told, class_="prose"), listed],
            name=f"fan-of-{fan.path}",
        )


def _fan_row(fan: FanEntry, key: str, place: int) -> Sequence[Children]:
    return [
        _of(f"{key}.days.{place}", str(fan.days[place])),
        *(
            _of(
                f"{key}.quantiles_tiyn.{quantile}.{place}",
                value_text(values[place] / _TIYN, "KZT"),
            )
            for quantile, values in enumerate(fan.quantiles_tiyn)
        ),
    ]


def _measures(made: EnsembleFile, spread: dict[str, int]) -> Element:
    rows: list[Sequence[Children] | Element] = []
    for title, names in by_group([*spread]):
        rows.append(Maker("span")(title))
        for name in names:
            one, key = made.spread[spread[name]], f"spread.{spread[name]}"
            shown = quoted(title_of(name), "catalogue", metric=name, field="title")
            ends: list[Children] = [
                _value(one.mean_low, one, f"{key}.mean_low"),
                " to ",
                _value(one.mean_high, one, f"{key}.mean_high"),
            ]
            rows.append(
                [
                    [shown, Maker("span")(["runs with a value: ", _n(one, key)], class_="unit")],
                    [_value(one.mean, one, f"{key}.mean"), Maker("span")(ends, class_="unit")],
                    _value(one.lowest, one, f"{key}.lowest"),
                    *(_quantile(one, key, place) for place in (_LOW, _MEDIAN, _HIGH)),
                    _value(one.highest, one, f"{key}.highest"),
                ]
            )
    columns = (
        Column("Measure"),
        Column("Mean, and its interval of chance", is_number=True),
        Column("Mean of the lowest twentieth", is_number=True),
        *(
            Column(_QUANTILE_WORDS[place].capitalize(), is_number=True)
            for place in (_LOW, _MEDIAN, _HIGH)
        ),
        Column("Mean of the highest twentieth", is_number=True),
    )
    told = (
        "The interval is that of the mean, and narrows with more runs; what lies between the"
        " twentieths is how far runs end apart, and does not."
    )
    listed = table("Every measure over all runs", columns, rows, name="spread-table")
    return part("How far every measure swings", [p(told, class_="prose"), listed], name="spread")


def _failures(made: EnsembleFile) -> Iterator[Element]:
    """Yield the runs that have no result, if there are any."""
    if not made.errors:
        return
    rows: list[Sequence[Children]] = [
        [
            _of(f"errors.{number}.seed", str(error.seed)),
            quoted(f"{error.kind}: {error.message}", ENSEMBLE, key=f"errors.{number}.message"),
        ]
        for number, error in enumerate(made.errors)
    ]
    columns = (Column("Seed", is_number=True), Column("What happened"))
    told = "These runs have no result; the numbers of this report rest on the others alone."
    listed = table("Runs without a result", columns, rows, name="failures-table")
    yield part("What failed", [p(told, class_="warning"), listed], name="failures")


def _again(made: EnsembleFile) -> Element:
    rows: list[Sequence[Children]] = [
        ["Digest of all runs together", code(_of("ensemble_digest", made.ensemble_digest))],
        ["Digest of the scenario", code(_of("scenario_digest", made.scenario_digest))],
        ["Version of results", _of("results_version", str(made.results_version))],
        ["Report written by", program()],
    ]
    command: list[Children] = [
        "tengesim replicate ",
        quoted(made.name, ENSEMBLE, key="name"),
        " --replications ",
        _of("replications", str(made.replications)),
        " --seed ",
        _of("seed", str(made.seed)),
    ]
    told = "The same scenario and seeds give the same digests, on every machine."
    listed = table("What was run", (Column("What"), Column("Value")), rows, name="again-table")
    return part(
        "Do it again", [p(told, class_="prose"), Maker("pre")(command), listed], name="again"
    )


def _quantile(one: SpreadEntry, key: str, place: int) -> Children:
    return _value(one.quantiles[place], one, f"{key}.quantiles.{place}")


def _n(one: SpreadEntry, key: str) -> Element:
    return _of(f"{key}.n", whole_text(one.n))


def _value(value: float | None, one: SpreadEntry, key: str) -> Children:
    return NO_VALUE if value is None else _of(key, value_text(value, one.unit))


def _of(key: str, shown: str) -> Element:
    return cited(shown, ENSEMBLE, key=key)
