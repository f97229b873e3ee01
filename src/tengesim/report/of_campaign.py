"""The report of a campaign: the answer first, then everything that it rests on.

The order is that in which a board reads: what is asked, what came out, what was changed to get it,
both kinds of error, how sure the differences are, which payments they are made of, and how to do
it again. Every number names the file of the campaign that it was read from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from tengesim.report.changed import changed_payments
from tengesim.report.contract_effects import (
    Effect,
    effects_of,
    effects_section,
    effects_words,
)
from tengesim.report.differences import (
    Line,
    badge,
    error_panels,
    key_lines,
    lines_figure,
    lines_of,
    lines_table,
)
from tengesim.report.document import (
    Column,
    a,
    code,
    div,
    document,
    h2,
    h3,
    li,
    p,
    part,
    span,
    strong,
    table,
    ul,
)
from tengesim.report.foundations import (
    CAMPAIGN,
    assumption_section,
    failure_section,
    influence_section,
    label_of,
    repeat_section,
)
from tengesim.report.markup import Children, Element, Maker
from tengesim.report.numbers import NO_VALUE, cited
from tengesim.report.sections import (
    definitions_of,
    horizon,
    parameter_section,
    quoted,
    scale_note,
)
from tengesim.report.steps import Step, steps_of, steps_section, steps_words
from tengesim.report.text import NOT_A_FORECAST
from tengesim.report.wording import ASSUMPTIONS_TEXT, CHANCE_TEXT, ERROR_PAIRS
from tengesim.scenario.model import Scenario
from tengesim.store.campaigns import CampaignManifest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CampaignTables", "campaign_report"]

_CONFIDENCE: Final = "95\u00a0%"
_CLEAR: Final = (
    " only where both leave out zero, after allowing for the number of measures that are looked"
    " at. Where an interval spans zero, nobody is ranked."
)


class CampaignTables(Protocol):
    """What the report of a campaign reads."""

    manifest: CampaignManifest

    @property
    def summary(self) -> pd.DataFrame:
        """One line per variant and metric."""
        ...

    @property
    def pairs(self) -> pd.DataFrame:
        """One line per pair of replications and metric."""
        ...

    @property
    def changes(self) -> pd.DataFrame:
        """Payments at the first seed by how they ended in both arms."""
        ...

    @property
    def examples(self) -> pd.DataFrame:
        """Some payments of every change."""
        ...


def campaign_report(campaign: CampaignTables, scenarios: Mapping[str, Scenario]) -> str:
    """Return the report of a campaign as one HTML document; `scenarios` are those of its arms."""
    manifest = campaign.manifest
    labels = {arm: entry.title for arm, entry in manifest.arms.items()}
    lines = {variant: lines_of(campaign.summary, variant) for variant in manifest.variants}
    steps = steps_of(manifest, campaign.pairs, scenarios)
    effects = effects_of(manifest, campaign.pairs)
    sections = [
        _levers(manifest),
        *_both_errors(lines, labels, manifest.base),
        _differences(manifest, lines),
        *steps_section(manifest, steps),
        *effects_section(manifest, effects),
        *influence_section(manifest),
        _changed(campaign, scenarios),
        _every_measure(manifest, lines),
        *assumption_section(manifest),
        *failure_section(manifest),
        definitions_of(list(dict.fromkeys(one.metric for each in lines.values() for one in each))),
        parameter_section(scenarios, labels),
        repeat_section(manifest),
    ]
    title = _title(manifest)
    base = scenarios[manifest.base]
    opening: list[Children] = [
        p("Report of a comparison", class_="eyebrow"),
        Maker("h1")(quoted(manifest.question, CAMPAIGN, key="question")),
        _arms(manifest, base),
        _answer(manifest, lines, steps, effects),
        scale_note(base, manifest.base),
        *(p(quoted(note, CAMPAIGN, key="notes"), class_="note") for note in manifest.notes),
        _contents(sections),
    ]
    return document(
        title,
        [div(opening, class_="opening")],
        standing="Report of a comparison",
        contents=sections,
    )


def _title(manifest: CampaignManifest) -> str:
    variants = " and ".join(manifest.arms[name].title for name in manifest.variants)
    return f"{variants}, compared with {manifest.arms[manifest.base].title}"


def _of(key: str, shown: str) -> Element:
    return cited(shown, CAMPAIGN, key=key)


def _arms(manifest: CampaignManifest, base: Scenario) -> Element:
    """Return what is compared with what, over which days."""
    compared = [("Base", manifest.base), *(("Variant", arm) for arm in manifest.variants)]
    rows = [
        div([Maker("dt")(role), Maker("dd")(label_of(manifest, arm))]) for role, arm in compared
    ]
    rows.append(div([Maker("dt")("Days"), Maker("dd")(horizon(base, manifest.base))]))
    return Maker("dl")(rows, class_="arms")


def _answer(
    manifest: CampaignManifest,
    lines: Mapping[str, Sequence[Line]],
    steps: Mapping[str, Sequence[Step] | None],
    effects: Sequence[Effect],
) -> Element:
    parts: list[Children] = [h2("The answer")]
    for variant, each in lines.items():
        if len(lines) > 1:
            parts.append(h3(label_of(manifest, variant)))
        found = {line.metric: line for line in each}
        pair = next((pair for pair in ERROR_PAIRS if all(one in found for one in pair)), ())
        listed = dict.fromkeys([manifest.metric, *pair])
        rows = [
            li(
                [span(found[name].words()), badge(found[name].verdict)],
                class_="lead" if name == manifest.metric else None,
            )
            for name in listed
            if name in found
        ]
        if variant in steps:
            # Never the total alone: what the evidence does comes before it.
            apart = steps_words(manifest, steps[variant], variant)
            rows.insert(0, li(apart, class_="taken-apart"))
        of_contracts = effects_words(manifest, effects, variant)
        if of_contracts is not None:
            rows.insert(0, li(of_contracts, class_="taken-apart"))
        influence = manifest.influence.get(variant, {}).get(manifest.metric)
        if influence is not None:
            key = f"influence.{variant}.{manifest.metric}.text"
            told: list[Children] = [
                "What moves it most: ",
                cited(influence.text, CAMPAIGN, key=key),
            ]
            rows.append(li(told, class_="taken-apart"))
        parts.append(ul(rows, class_="findings"))
    parts.append(p(f"{NOT_A_FORECAST} Read it with what it assumes.", class_="caution"))
    return div(parts, class_="answer")


def _contents(sections: Sequence[Element]) -> Element:
    listed = []
    for section in sections:
        children = section.children
        heading = children[0] if isinstance(children, Sequence) else None
        if isinstance(heading, Element):
            listed.append(li(a(heading.children, href=f"#{section.attributes['id']}")))
    return Maker("nav")(ul(listed), class_="contents", **{"aria-label": "Contents"})


def _levers(manifest: CampaignManifest) -> Element:
    parts: list[Children] = []
    for variant in manifest.variants:
        rows: list[Sequence[Children]] = []
        for number, lever in enumerate(manifest.levers.get(variant, ())):
            key = f"levers.{variant}.{number}"
            rows.append(
                [
                    code(quoted(lever.path, CAMPAIGN, key=f"{key}.path")),
                    NO_VALUE if lever.base is None else _of(f"{key}.base", lever.base),
                    NO_VALUE if lever.variant is None else _of(f"{key}.variant", lever.variant),
                ]
            )
        if not rows:
            told: list[Children] = [
                "Nothing differs between the base and ",
                strong(label_of(manifest, variant)),
                ".",
            ]
            parts.append(p(told, class_="prose"))
            continue
        columns = (Column("Entry of the scenario"), Column("Base"), Column("Variant"))
        label = strong(label_of(manifest, variant))
        caption: list[Children] = ["Everything that differs from the base: ", label]
        parts.append(table(caption, columns, rows, name=f"levers-{variant}"))
    told_first = "People, days and chance are the same in every arm; only this was changed."
    return part("What was changed", [p(told_first, class_="prose"), *parts], name="levers")


def _both_errors(
    lines: Mapping[str, Sequence[Line]], labels: Mapping[str, str], base: str
) -> Iterator[Element]:
    panels = list(error_panels(lines, labels, base))
    if panels:
        told = (
            "A control errs in two ways: it lets through what is not due, and it refuses what is."
            " Less of the one is often bought with more of the other, so both stand together."
        )
        parts = [p(told, class_="prose"), div(panels, class_="panels")]
        yield part("Both kinds of error", parts, name="errors")


def _differences(
    manifest: CampaignManifest,
    lines: Mapping[str, Sequence[Line]],
) -> Element:
    parts: list[Children] = [
        p(
            [
                "Each difference has two intervals of ",
                cited(_CONFIDENCE, "method", key="confidence"),
                ". That of ",
                strong("chance"),
                f" {CHANCE_TEXT} That of the ",
                strong("assumptions"),
                f" {ASSUMPTIONS_TEXT}",
            ],
            class_="prose",
        ),
        p(
            [
                "A difference is called ",
                strong("clear"),
                _CLEAR,
            ],
            class_="prose",
        ),
    ]
    for number, (variant, each) in enumerate(lines.items()):
        parts.append(h3(label_of(manifest, variant)))
        chosen = key_lines(each, manifest.metric)
        if chosen:
            parts.append(lines_figure(chosen, name=f"lines-{number}"))
        else:
            parts.append(p("No measure has a value in both arms.", class_="prose"))
    return part("How sure the differences are", parts, name="differences")


def _changed(campaign: CampaignTables, scenarios: Mapping[str, Scenario]) -> Element:
    manifest = campaign.manifest
    parts: list[Children] = []
    for variant in manifest.variants:
        parts.append(h3(label_of(manifest, variant)))
        parts += changed_payments(
            campaign.changes,
            campaign.examples,
            variant,
            label=label_of(manifest, variant),
            offset=_offset(scenarios[manifest.base]),
            runs={arm: manifest.arms[arm].run for arm in (manifest.base, variant)},
        )
    told = (
        "The arms share people, days and chance, so every wish to pay is the same one in each of"
        " them, and it can be seen which ended otherwise and which rule decided."
    )
    return part("Which payments changed", [p(told, class_="prose"), *parts], name="changes")


def _offset(scenario: Scenario) -> timedelta:
    """Return how far local time is ahead of UTC on the first day."""
    past = [entry for entry in scenario.clock.offsets if entry.since <= scenario.clock.start]
    return timedelta(microseconds=past[-1].offset_us()) if past else timedelta()


def _every_measure(manifest: CampaignManifest, lines: Mapping[str, Sequence[Line]]) -> Element:
    parts: list[Children] = []
    for variant, each in lines.items():
        caption: list[Children] = [
            "Means over the seeds: ",
            strong(label_of(manifest, variant)),
            " beside the base",
        ]
        parts.append(lines_table(each, caption, name=f"measures-{variant}"))
    return part("All measures", parts, name="measures")
