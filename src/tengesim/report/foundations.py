"""What a comparison rests on: its assumptions, what failed, and how anybody can do it again.

A reader who doubts the answer begins here; so nothing that went wrong is left out, and the commands
need nothing but the folder of the campaign.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from tengesim.report.document import Column, code, p, part, strong, table
from tengesim.report.markup import Children, Element, Maker
from tengesim.report.numbers import NO_VALUE, cited, decimals_text, whole_text
from tengesim.report.sections import linked, program, quoted
from tengesim.report.wording import KEY_METRICS, title_of
from tengesim.store.campaigns import CampaignManifest, InfluenceEntry, scenario_file

__all__ = [
    "CAMPAIGN",
    "assumption_section",
    "failure_section",
    "influence_section",
    "label_of",
    "repeat_section",
]

CAMPAIGN: Final = "campaign.json"
_INFLUENCES_MAX: Final = 9
_REPEAT: Final = (
    "The folder of the campaign holds the scenarios as resolved. Run there, this gives the same"
    " digest of all runs together, on any number of cores: "
)


def label_of(manifest: CampaignManifest, arm: str) -> Children:
    """Return the title of an arm."""
    return quoted(manifest.arms[arm].title, CAMPAIGN, key=f"arms.{arm}.title")


def influence_section(manifest: CampaignManifest) -> Iterator[Element]:
    """Yield which assumption moves each difference most, as far as that was looked for."""
    rows: list[Sequence[Children] | Element] = []
    for variant in manifest.variants:
        every = manifest.influence.get(variant, {})
        order = dict.fromkeys([manifest.metric, *KEY_METRICS])
        found = {name: every[name] for name in list(order)[:_INFLUENCES_MAX] if name in every}
        if found and len(manifest.variants) > 1:
            rows.append(Maker("span")(label_of(manifest, variant)))
        for metric, entry in found.items():
            rows.append(_influence(f"influence.{variant}.{metric}", metric, entry))
    if rows:
        columns = (
            Column("Difference in"),
            Column("Share of variance", is_number=True),
            Column("Sign changes at"),
            Column("What the draws say"),
        )
        caption = (
            "For each difference, the number without a source that explains most of its variance"
        )
        told = "Better knowledge of these numbers would make the answer surer than any more runs."
        listed = table(caption, columns, rows, name="influence-table")
        yield part(
            "What the answer depends on", [p(told, class_="prose"), listed], name="influence"
        )


def assumption_section(manifest: CampaignManifest) -> Iterator[Element]:
    """Yield every number without a source that is the same in all arms, with its range."""
    if not manifest.assumptions:
        return
    rows: list[Sequence[Children]] = []
    for number, one in enumerate(manifest.assumptions):
        key = f"assumptions.{number}"
        name: list[Children] = [code(quoted(one.path, CAMPAIGN, key=f"{key}.path"))]
        if one.note:
            note = quoted(one.note, CAMPAIGN, key=f"{key}.note")
            name.append(Maker("span")(note, class_="unit"))
        ends = [_of(f"{key}.{end}", getattr(one, end)) for end in ("low", "value", "high")]
        source = one.source.removeprefix("assumption").lstrip(", ")
        shown = quoted(source, CAMPAIGN, key=f"{key}.source") if source else "assumption"
        rows.append([name, *ends, shown if not source.startswith("http") else linked(source)])
    columns = (
        Column("Number"),
        Column("Low", is_number=True),
        Column("Base", is_number=True),
        Column("High", is_number=True),
        Column("Derived from"),
    )
    told: list[Children] = [
        "Nobody has published these numbers. In ",
        _of("draws", whole_text(manifest.draws)),
        " joint draws each took a value between low and high, the same in every arm",
    ]
    if manifest.redraws:
        redraws = _of("redraws", whole_text(manifest.redraws))
        told += ["; draws that contradict themselves were taken again, in all ", redraws]
    listed = table("Assumptions, equal in all arms", columns, rows, name="assumptions-table")
    yield part("What is assumed", [p([*told, "."], class_="prose"), listed], name="assumptions")


def failure_section(manifest: CampaignManifest) -> Iterator[Element]:
    """Yield the replications that have no result, if there are any."""
    if not manifest.errors:
        return
    rows: list[Sequence[Children]] = []
    for number, error in enumerate(manifest.errors):
        key = f"errors.{number}"
        rows.append(
            [
                quoted(error.arm, CAMPAIGN, key=f"{key}.arm"),
                _of(f"{key}.draw", str(error.draw)),
                _of(f"{key}.seed", str(error.seed)),
                quoted(f"{error.kind}: {error.message}", CAMPAIGN, key=f"{key}.message"),
                code(_of(f"{key}.command", error.command)),
            ]
        )
    columns = (
        Column("Arm"),
        Column("Draw", is_number=True),
        Column("Seed", is_number=True),
        Column("What happened"),
        Column("Command that shows it"),
    )
    told = "These runs have no result; the numbers of this report rest on the others alone."
    listed = table("Runs without a result", columns, rows, name="failures-table")
    yield part("What failed", [p(told, class_="warning"), listed], name="failures")


def repeat_section(manifest: CampaignManifest) -> Element:
    """Return the commands, digests and versions by which the campaign can be done again."""
    rows: list[Sequence[Children]] = [
        ["Seeds", [_of("seed", str(manifest.seed)), " and following"]],
        ["Pairs of runs at base values", _of("replications", whole_text(manifest.replications))],
        ["Joint draws of the assumptions", _of("draws", whole_text(manifest.draws))],
        ["Digest of all runs together", code(_of("ensemble_digest", manifest.ensemble_digest))],
        ["Digest of what was asked", code(_of("campaign_digest", manifest.campaign_digest))],
        ["Version of results", _of("results_version", str(manifest.results_version))],
        ["Report written by", program()],
    ]
    for arm, entry in manifest.arms.items():
        key = f"arms.{arm}"
        shown: list[Children] = [code(_of(f"{key}.scenario_digest", entry.scenario_digest))]
        if entry.run is not None:
            run = code(_of(f"{key}.run", entry.run))
            shown.append(Maker("span")(["run at the first seed: ", run], class_="unit"))
        name: list[Children] = ["Scenario ", quoted(arm, CAMPAIGN, key=f"{key}.name")]
        rows.append([name, shown])
    files = [scenario_file(position) for position in range(1 + len(manifest.variants))]
    chosen: list[Children] = ["--replications ", _of("replications", str(manifest.replications))]
    if manifest.precision_bp is not None:
        percent = decimals_text(_percent(manifest.precision_bp), 2)
        chosen = ['--precision "', _of("precision_bp", f"{percent} %"), '"']
    command: list[Children] = [
        "tengesim compare ",
        cited(" ".join(files), CAMPAIGN, key="files"),
        " ",
        *chosen,
        " --draws ",
        _of("draws", str(manifest.draws)),
        " --seed ",
        _of("seed", str(manifest.seed)),
        f" --metric {manifest.metric}",
    ]
    told: list[Children] = [_REPEAT, strong("the same digest means the same runs"), "."]
    listed = table("What was run", (Column("What"), Column("Value")), rows, name="again-table")
    return part(
        "Do it again", [p(told, class_="prose"), Maker("pre")(command), listed], name="again"
    )


def _percent(precision_bp: int) -> Fraction:
    return Fraction(precision_bp, 100)


def _influence(key: str, metric: str, entry: InfluenceEntry) -> Sequence[Children]:
    share: Children = NO_VALUE
    if entry.share_of_variance is not None:
        percent = decimals_text(Fraction(entry.share_of_variance) * 100, 0)
        share = _of(f"{key}.share_of_variance", f"{percent}\u00a0%")
    name: list[Children] = [
        quoted(title_of(metric), "catalogue", metric=metric, field="title"),
    ]
    turns: Children = NO_VALUE
    if entry.break_even is not None:
        turns = _of(f"{key}.break_even", entry.break_even)
    elif entry.swing_low is not None and entry.swing_high is not None:
        turns = "nowhere"
    return [name, share, turns, _of(f"{key}.text", entry.text)]


def _of(key: str, shown: str) -> Element:
    return cited(shown, CAMPAIGN, key=key)
