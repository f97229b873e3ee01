"""A difference taken apart where a variant changes evidence and money at once.

Digital evidence is not marked money: what a variant does that changes both must not be credited to
marking. Where the campaign has an arm that changes the evidence alone, the way from the base to the
variant is walked over it, pair by pair on the same seeds and draws; where it has none, the report
says so instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tengesim.experiments.summary import summarise
from tengesim.metrics.catalogue import METRICS
from tengesim.report.differences import PAIRS, Line, badge, lines_of
from tengesim.report.document import Column, h3, p, part, span, table
from tengesim.report.foundations import CAMPAIGN, label_of
from tengesim.report.markup import Children, Element, Maker
from tengesim.report.sections import quoted
from tengesim.report.wording import ERROR_PAIRS
from tengesim.scenario.model import Scenario
from tengesim.store.campaigns import CampaignManifest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Step", "mixed_variants", "steps_between", "steps_of", "steps_section", "steps_words"]

_KEYS: Final = ["metric", "kind", "draw", "seed"]
_TITLES: Final[Mapping[str, str]] = {
    "evidence": "Effect of the evidence",
    "money": "Effect of marking the money",
}
_NOT_APART: Final = (
    "This variant changes the evidence and the money at once. Its difference must not be credited"
    " to marking: much of it may come from the evidence alone. Compare with an arm that changes"
    " the evidence and leaves the money ordinary."
)
_BESIDES: Final = ("delay", "traceable_share_treasury")


@dataclass(frozen=True, slots=True)
class Step:
    """One change on the way from the base to a variant: of the evidence, or of the money."""

    what: str
    before: str
    after: str
    variant: str
    summary: pd.DataFrame
    """The columns of the campaign's summary for this step alone."""


def steps_of(
    manifest: CampaignManifest, pairs: pd.DataFrame, scenarios: Mapping[str, Scenario]
) -> dict[str, Sequence[Step] | None]:
    """Return the steps to each variant that changes evidence and money.

    They are None where no arm lies between; variants that change only one of the two are left out.
    """
    metrics = list(dict.fromkeys([manifest.metric, *ERROR_PAIRS[0], *_BESIDES]))
    return {
        variant: None
        if between is None
        else steps_between(pairs, manifest.base, between, variant, metrics=metrics)
        for variant, between in mixed_variants(manifest.base, manifest.variants, scenarios)
    }


def steps_words(manifest: CampaignManifest, steps: Sequence[Step] | None, variant: str) -> Children:
    """Return in a sentence how much of the headline difference is due to marking itself."""
    if steps is None:
        return _NOT_APART
    shown: list[Children] = ["Taken apart: "]
    for step in steps:
        line = next((one for one in _lines(step, variant) if one.metric == manifest.metric), None)
        if line is not None:
            shown += [
                "" if len(shown) == 1 else "; ",
                f"{_TITLES[step.what].lower()} ",
                Maker("strong")(line.difference()),
                " ",
                badge(line.verdict),
            ]
    return span([*shown, "."])


def steps_section(
    manifest: CampaignManifest, steps: Mapping[str, Sequence[Step] | None]
) -> Iterator[Element]:
    """Yield the effect of evidence apart from that of marking, if any variant changes both."""
    parts: list[Children] = []
    for variant, taken in steps.items():
        parts.append(h3(label_of(manifest, variant)))
        if taken is None:
            parts.append(p(_NOT_APART, class_="warning"))
        else:
            parts.append(_table(manifest, taken, variant))
    if parts:
        told = (
            "Digital evidence is not marked money: deliveries can be proven digitally and paid in"
            " ordinary money. So the way from the base to the variant is taken in two steps, on"
            " the same people and the same chance."
        )
        heading = "What the evidence does, and what marking does"
        yield part(heading, [p(told, class_="prose"), *parts], name="steps")


def mixed_variants(
    base: str, variants: Sequence[str], scenarios: Mapping[str, Scenario]
) -> Iterator[tuple[str, str | None]]:
    """Yield each variant that changes evidence and money, and the arm between, if there is one."""
    for variant in variants:
        if _evidence(scenarios[base]) == _evidence(scenarios[variant]):
            continue
        if _money(scenarios[base]) == _money(scenarios[variant]):
            continue
        between = (
            arm
            for arm in variants
            if _money(scenarios[arm]) == _money(scenarios[base])
            and _evidence(scenarios[arm]) == _evidence(scenarios[variant])
        )
        yield variant, next(between, None)


def steps_between(
    pairs: pd.DataFrame, base: str, between: str, variant: str, *, metrics: Sequence[str]
) -> list[Step]:
    """Return the effect of the evidence and that of the money, each with both intervals."""
    chosen = pairs[pairs["metric"].isin(metrics)]
    to_between = chosen[chosen["variant"] == between].assign(variant=variant)
    to_variant = chosen[chosen["variant"] == variant]
    joined = to_between.merge(to_variant, on=_KEYS, suffixes=("_between", "_variant"))
    second = joined[_KEYS].assign(
        variant=variant, base=joined["value_between"], value=joined["value_variant"]
    )
    second["difference"] = second["value"] - second["base"]
    known = [metric for metric in METRICS if metric.name in metrics]
    return [
        Step("evidence", base, between, variant, summarise(to_between, known)),
        Step("money", between, variant, variant, summarise(second, known)),
    ]


def _evidence(scenario: Scenario) -> dict[str, object]:
    return {
        name: getattr(programme, "evidence", None)
        for name, programme in scenario.programmes.items()
    }


def _money(scenario: Scenario) -> dict[str, object]:
    return {
        name: getattr(programme, "money", None) for name, programme in scenario.programmes.items()
    }


def _lines(step: Step, variant: str) -> list[Line]:
    lines = lines_of(step.summary, variant)
    return [replace(line, source=PAIRS, step=step.what) for line in lines]


def _table(manifest: CampaignManifest, steps: Sequence[Step], variant: str) -> Element:
    rows: list[Sequence[Children] | Element] = []
    for step in steps:
        rows.append(span(_TITLES[step.what]))
        for line in _lines(step, variant):
            ends = [line.ends(kind) for kind in ("chance", "assumptions")]
            rows.append([line.title(), line.difference(), *ends, badge(line.verdict)])
    columns = (
        Column("Measure"),
        Column("Difference", is_number=True),
        Column("Chance", is_number=True),
        Column("Assumptions", is_number=True),
        Column("Verdict"),
    )
    way = " \u2192 ".join(
        manifest.arms[arm].title for arm in (steps[0].before, steps[0].after, variant)
    )
    return table(quoted(way, CAMPAIGN, key="way"), columns, rows, name=f"steps-{variant}")
