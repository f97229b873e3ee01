"""A comparison as text for a terminal: the answer first, then what it rests on.

It repeats what the campaign says and computes nothing; numbers are shortened here and nowhere
before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any, Final

from tengesim.experiments.effects import Effect, effects_of, stopped_between
from tengesim.metrics.catalogue import METRICS_BY_NAME
from tengesim.store.campaigns import CampaignManifest, ErrorEntry, StoredCampaign

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["answer_text", "errors_text"]

_LEVERS_MAX: Final = 12
_ERRORS_MAX: Final = 10
_ORDER: Final = ("clear", "not_clear", "bounded")
_SAID: Final = {"clear": "clear", "not_clear": "not clear", "bounded": "small"}
_PERCENT: Final = 100
_HEADS: Final = ("metric", "base", "variant", "difference", "chance", "assumptions", "")


def answer_text(stored: StoredCampaign) -> str:
    """Return the answer in words, what differs, and a table of every metric."""
    manifest = stored.manifest
    lines = [manifest.headline, ""]
    records = stored.summary.to_dict("records")
    for arm in manifest.variants:
        chosen = [{**one} for one in records if one["variant"] == arm]
        lines += [*_compared(manifest, arm), *_table(chosen), *_others(chosen)]
        lines += [*_paired(chosen, manifest.metric), *_rests_on(manifest, arm), ""]
    effects = effects_of(manifest, stored.pairs)
    for effect, paired in zip(effects, stopped_between(stored, effects), strict=True):
        lines += [*_effect(effect), _stopped(paired, manifest.seed), ""]
    draws = f"{manifest.draws} joint draws of {len(manifest.assumptions)} assumptions"
    lines.append(f"{manifest.replications} pairs of runs from seed {manifest.seed}; {draws}.")
    lines += list(manifest.notes)
    lines.append("A simulation of stated assumptions, not a forecast.")
    return "\n".join(lines)


def errors_text(errors: Sequence[ErrorEntry]) -> str:
    """Return what has no result, one line each with the command that shows why."""
    lines = [f"{len(errors)} replications have no result; the answer rests on the others:"]
    for one in errors[:_ERRORS_MAX]:
        reason = one.message.splitlines()[0] if one.message else ""
        where = f"{one.arm}, draw {one.draw}, seed {one.seed}"
        lines += [f"  {where}: {one.kind}: {reason}", f"    reproduce with: {one.command}"]
    if len(errors) > _ERRORS_MAX:
        lines.append(f"  and {len(errors) - _ERRORS_MAX} more, all in the campaign")
    return "\n".join(lines)


def _compared(manifest: CampaignManifest, arm: str) -> Iterator[str]:
    yield f"{manifest.arms[arm].title}, compared with: {manifest.arms[manifest.base].title}"
    levers = manifest.levers[arm]
    if not levers:
        yield "  nothing differs"
    for lever in levers[:_LEVERS_MAX]:
        base = "nothing" if lever.base is None else lever.base
        variant = "nothing" if lever.variant is None else lever.variant
        yield f"  {lever.path}: {base} → {variant}"
    if len(levers) > _LEVERS_MAX:
        yield f"  and {len(levers) - _LEVERS_MAX} more levers"


def _table(lines: Sequence[dict[Any, Any]]) -> Iterator[str]:
    shown = sorted(
        (line for line in lines if line["verdict"] in _ORDER),
        key=lambda line: _ORDER.index(line["verdict"]),
    )
    rows = [_HEADS, *(tuple(_cells(line)) for line in shown)]
    if len(rows) == 1:
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    yield ""
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
        yield f"  {'  '.join([*cells, row[-1]])}".rstrip()


def _cells(line: dict[Any, Any]) -> Iterator[str]:
    unit = str(line["unit"])
    suffix = {"share": " %", "KZT": " KZT"}.get(unit, "")
    yield str(line["metric"])
    for column in ("base", "value", "difference"):
        sign = "+" if column == "difference" else ""
        yield _number(line[column], unit, sign) + suffix
    for low, high in (("chance_low", "chance_high"), ("assumptions_low", "assumptions_high")):
        if isnan(line[low]) or isnan(line[high]):
            yield "–"
        else:
            yield f"{_number(line[low], unit, '+')} … {_number(line[high], unit, '+')}"
    yield _SAID[line["verdict"]]


def _effect(effect: Effect) -> Iterator[str]:
    """Say what one step between arms of procurement does."""
    yield f"Effect of {effect.what}, from {effect.before} to {effect.after}:"
    records = [{**one} for one in effect.summary.to_dict("records")]
    yield from _table(records)
    yield from _others(records)
    found = effect.displaced
    if found.ratio is None:
        yield "  displaced: nothing, because targeted channels do not shrink"
        return
    low, high = found.chance.low, found.chance.high
    by_chance = "–" if low is None or high is None else f"{low:.3g} … {high:.3g}"
    drawn = found.assumptions
    by_draws = "–" if drawn is None else f"{drawn[0]:.3g} … {drawn[1]:.3g}"
    yield (
        f"  displaced: {found.ratio:.3g} KZT in other channels for each KZT that targeted ones"
        f" lose (chance {by_chance}; assumptions {by_draws})"
    )


def _stopped(paired: pd.DataFrame, seed: int) -> str:
    """Say intent by intent what a step stops, and how much longer the honest wait."""
    values = dict(zip(paired["metric"].tolist(), paired["value"].tolist(), strict=True))
    return (
        f"  at seed {seed}, intent by intent: {values['contract_stopped']:,.0f} undue payments with"
        f" a loss of {values['contract_stopped_amount']:,.0f} KZT are not made any more; honest"
        f" acts wait {values['contract_added_delay']:+.3g} days"
    )


def _others(lines: Sequence[dict[Any, Any]]) -> Iterator[str]:
    for verdict, said in (("equal", "exactly equal"), ("unknown", "cannot be compared")):
        names = [str(line["metric"]) for line in lines if line["verdict"] == verdict]
        if names:
            yield f"  {said}: {', '.join(names)}"


def _paired(lines: Sequence[dict[Any, Any]], metric: str) -> Iterator[str]:
    """Say what pairing gained for the headline metric."""
    for line in lines:
        ratio = line["variance_ratio"]
        if line["metric"] == metric and not isnan(ratio):
            title = METRICS_BY_NAME[metric].title
            yield (
                f"  {title}: pairing by seed divides the variance of the difference by {ratio:,.3g}"
            )


def _rests_on(manifest: CampaignManifest, arm: str) -> Iterator[str]:
    """Say which assumption the headline metric follows most, and where it turns."""
    entry = manifest.influence.get(arm, {}).get(manifest.metric)
    if entry is not None:
        yield f"  {METRICS_BY_NAME[manifest.metric].title}: {entry.text}"


def _number(value: float, unit: str, sign: str = "") -> str:
    if isnan(value):
        return "–"
    if unit == "share":
        return f"{value * _PERCENT:{sign},.2f}"
    if unit == "KZT":
        return f"{value:{sign},.0f}"
    return f"{value:{sign},.0f}" if abs(value) >= 1_000 else f"{value:{sign}.4g}"
