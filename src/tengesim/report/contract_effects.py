"""What evidence, control of the account and marking each do to public contracts, in a report.

The steps are those that `compare` prints. The way from the base to a variant is told step by step
before any total, so that marking is credited with nothing that evidence or control does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tengesim.experiments.effects import MIXED, SHOWN, Effect, effects_of
from tengesim.report.differences import PAIRS, Line, badge, lines_of
from tengesim.report.document import Column, h3, p, part, span, table
from tengesim.report.foundations import label_of
from tengesim.report.markup import Children, Element, Maker
from tengesim.report.numbers import cited
from tengesim.store.campaigns import CampaignManifest

__all__ = [
    "EFFECT_TITLES",
    "SHOWN",
    "Effect",
    "effects_of",
    "effects_section",
    "effects_words",
    "way_between",
]

EFFECT_TITLES: Final[Mapping[str, str]] = {
    "evidence": "Effect of the evidence",
    "control": "Effect of control of the account",
    "marking beyond control": "Effect of marking beyond control",
    "marking": "Effect of marking, with the control in it",
    "everything": "Everything together",
    "evidence and control": "Evidence and control together",
}
"""What each step is called."""

_NOT_APART: Final = (
    "This variant changes the evidence and the money at once, and no arm lies between. Its"
    " difference must not be credited to {money}: much of it may come from the evidence alone."
)
_MONEY: Final = {"everything": "marking", "evidence and control": "control of the account"}
_TOLD: Final = (
    "Digital evidence is not marked money, and neither is an account that the Treasury keeps. So"
    " the way from paper to marked money is taken arm by arm, on the same contracts and the same"
    " chance."
)


def way_between(effects: Sequence[Effect], base: str, variant: str) -> list[Effect] | None:
    """Return the single steps from `base` to `variant`, None where no arms lie on the way."""
    taken: list[Effect] = []
    here = base
    while here != variant:
        onward = (one for one in effects if one.before == here and one.what not in MIXED)
        found = next(onward, None)
        if found is None:
            return None
        taken.append(found)
        here = found.after
    return taken


def effects_words(
    manifest: CampaignManifest, effects: Sequence[Effect], variant: str
) -> Children | None:
    """Return in a sentence what each step does to the headline metric, None for a single step."""
    way = way_between(effects, manifest.base, variant)
    if way is None:
        ends = (one for one in effects if (one.before, one.after) == (manifest.base, variant))
        mixed = next(ends, None)
        return None if mixed is None else _NOT_APART.format(money=_MONEY[mixed.what])
    shown: list[Children] = []
    for effect in way if len(way) > 1 else ():
        line = next((one for one in _lines(effect) if one.metric == manifest.metric), None)
        if line is not None:
            title = EFFECT_TITLES[effect.what]
            shown += [
                "Taken apart: " if not shown else "; ",
                title[:1].lower() + title[1:],
                " ",
                Maker("strong")(line.difference()),
                " ",
                badge(line.verdict),
            ]
    return span([*shown, "."]) if shown else None


def effects_section(manifest: CampaignManifest, effects: Sequence[Effect]) -> Iterator[Element]:
    """Yield every step between arms of procurement with both intervals, if there are any."""
    parts: list[Children] = []
    for number, effect in enumerate(effects):
        parts.append(h3(EFFECT_TITLES[effect.what]))
        parts.append(_table(manifest, effect, f"effects-{number}"))
        parts.append(_displaced(effect))
    if parts:
        heading = "What evidence, control and marking do"
        yield part(heading, [p(_TOLD, class_="prose"), *parts], name="effects")


def _lines(effect: Effect) -> list[Line]:
    lines = lines_of(effect.summary, effect.after)
    return [replace(line, source=PAIRS, step=effect.what) for line in lines]


def _table(manifest: CampaignManifest, effect: Effect, name: str) -> Element:
    rows: list[Sequence[Children] | Element] = [
        [
            line.title(),
            line.difference(),
            *(line.ends(kind) for kind in ("chance", "assumptions")),
            badge(line.verdict),
        ]
        for line in _lines(effect)
    ]
    columns = (
        Column("Measure"),
        Column("Difference", is_number=True),
        Column("Chance", is_number=True),
        Column("Assumptions", is_number=True),
        Column("Verdict"),
    )
    way: list[Children] = [
        label_of(manifest, effect.before),
        " \u2192 ",
        label_of(manifest, effect.after),
    ]
    return table(way, columns, rows, name=name)


def _displaced(effect: Effect) -> Element:
    found = effect.displaced
    if found.ratio is None:
        return p("Displaced: nothing, because targeted channels do not shrink.", class_="prose")
    keys = {"variant": effect.after, "step": effect.what, "column": "displaced"}
    told: list[Children] = [
        "Displaced: for each tenge that targeted channels lose, other channels change by ",
        cited(_signed(found.ratio), PAIRS, **keys),
    ]
    ends = (
        ("chance", found.chance.low, found.chance.high),
        ("assumptions", *(found.assumptions or (None, None))),
    )
    for kind, low, high in ends:
        if low is not None and high is not None:
            shown = cited(f"{_signed(low)} to {_signed(high)}", PAIRS, **keys, kind=kind)
            told += [f"; {kind} ", shown]
    told.append(".")
    return p(told, class_="prose")


def _signed(number: float) -> str:
    return f"{number:+.3g}".replace("-", "\u2212")
