"""What evidence, control of an account and marking each do to public contracts, taken apart.

Digital evidence is not marked money, and neither is an account that the Treasury keeps. Where a
campaign compares arms of procurement, the way from paper to marked money is walked arm by arm,
pair by pair on the same seeds and draws, so that marking is credited with nothing that evidence or
control does. Displaced is what grows in other channels for each tenge that targeted ones lose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

from tengesim.experiments.intervals import ChanceInterval, chance_interval, range_of_draws
from tengesim.experiments.summary import summarise
from tengesim.metrics.catalogue import METRICS_BY_NAME
from tengesim.metrics.chain import CONTRACT_OBSERVERS
from tengesim.metrics.differences import contracts_stopped
from tengesim.scenario.load import load_upload
from tengesim.scenario.terms import metric_terms
from tengesim.store.campaigns import CampaignManifest, StoredCampaign
from tengesim.store.read import open_run

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "MIXED",
    "SHOWN",
    "Displaced",
    "Effect",
    "displaced",
    "effects_of",
    "stopped_between",
]

SHOWN: Final = (
    "leakage_attempted_amount",
    "leakage_stopped_amount",
    "leakage_succeeded_amount",
    "contract_leakage",
    "leakage_targeted",
    "leakage_untargeted",
    "contract_delay",
    "contract_blocked",
    "contract_financing_cost",
    *(f"contract_traceable_share_{observer}" for observer in CONTRACT_OBSERVERS),
    "contract_traced_but_false",
)
"""Metrics whose difference is taken apart."""

_ROLE: Final = "procurement.money.arm"
_PAPER, _EVIDENCE = "paper_ordinary", "evidence_ordinary"
_CONTROL, _MARKED = "treasury_control", "evidence_marked"
_STEPS: Final = (
    ("evidence", _PAPER, _EVIDENCE),
    ("control", _EVIDENCE, _CONTROL),
    ("marking beyond control", _CONTROL, _MARKED),
    ("marking", _EVIDENCE, _MARKED),
    ("everything", _PAPER, _MARKED),
    ("evidence and control", _PAPER, _CONTROL),
)
MIXED: Final = frozenset({"everything", "evidence and control"})
"""Steps that change the evidence and the money at once: they stand for no policy alone."""
_BOTH: Final = "evidence and control"
_KEYS: Final = ["metric", "kind", "draw", "seed"]


class Displaced(NamedTuple):
    """Δ leakage in untargeted channels ÷ −Δ in targeted ones; None where targeted do not shrink."""

    ratio: float | None
    chance: ChanceInterval
    assumptions: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Effect:
    """One step between two arms, with the columns of a campaign's summary."""

    what: str
    before: str
    after: str
    summary: pd.DataFrame
    displaced: Displaced


def effects_of(manifest: CampaignManifest, pairs: pd.DataFrame) -> list[Effect]:
    """Return the steps between arms of procurement that a campaign has, in their order."""
    arm_of = {role: arm for arm, role in _roles(manifest).items()}
    values = _values(manifest, pairs)
    return [
        _effect(what, arm_of[before], arm_of[after], values)
        for what, before, after in _STEPS
        if before in arm_of and after in arm_of and not (what == _BOTH and _EVIDENCE in arm_of)
    ]


def stopped_between(stored: StoredCampaign, effects: Sequence[Effect]) -> list[pd.DataFrame]:
    """Return the paired metrics of each step at the first seed, intent by intent."""
    arms = {arm for effect in effects for arm in (effect.before, effect.after)}
    events, terms = {}, None
    for arm in sorted(arms):
        scenario = load_upload(stored.scenario_text(arm).encode(), name=arm)
        terms = metric_terms(scenario)
        with open_run(stored.run_path(arm)) as run:
            events[arm] = run.events()
    return [
        contracts_stopped(events[effect.before], events[effect.after], terms=terms)
        for effect in effects
        if terms is not None
    ]


def displaced(targeted: Sequence[tuple[str, float]], other: Sequence[float]) -> Displaced:
    """Return the ratio of means with both intervals.

    `targeted` are kinds of pairs, `chance` or `assumption`, and differences in targeted channels;
    `other` are those in all other channels, in the same order. The interval of chance is that of a
    ratio of means (Cochran 1977, section 2.11).
    """
    nothing = ChanceInterval(None, None, None, "none")
    by_kind = {
        kind: [
            (one, two)
            for (own, one), two in zip(targeted, other, strict=True)
            if own == kind and isfinite(one) and isfinite(two)
        ]
        for kind in ("chance", "assumption")
    }
    lost = -fsum(one for one, _ in by_kind["chance"])
    drawn = range_of_draws([-two / one for one, two in by_kind["assumption"] if one < 0])
    if lost <= 0:
        return Displaced(None, nothing, drawn)
    ratio = fsum(two for _, two in by_kind["chance"]) / lost
    mean = lost / len(by_kind["chance"])
    rests = [ratio + (two + ratio * one) / mean for one, two in by_kind["chance"]]
    return Displaced(ratio, chance_interval(rests), drawn)


def _roles(manifest: CampaignManifest) -> Mapping[str, str]:
    """Return which arm of procurement each arm of the campaign is, where it is one."""
    roles: dict[str, str] = {}
    for arm, levers in manifest.levers.items():
        for lever in levers:
            if lever.path == _ROLE:
                roles |= {arm: lever.variant or "", manifest.base: lever.base or ""}
    return roles


def _values(manifest: CampaignManifest, pairs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the values of each arm by metric, kind, draw and seed."""
    chosen = pairs[pairs["metric"].isin(SHOWN)]
    values = {arm: chosen[chosen["variant"] == arm][[*_KEYS, "value"]] for arm in manifest.variants}
    base = chosen[[*_KEYS, "base"]].rename(columns={"base": "value"})
    return values | {manifest.base: base.drop_duplicates(_KEYS)}


def _effect(what: str, before: str, after: str, values: Mapping[str, pd.DataFrame]) -> Effect:
    joined = values[before].merge(values[after], on=_KEYS, suffixes=("_before", "_after"))
    lines = joined[_KEYS].assign(
        variant=after, base=joined["value_before"], value=joined["value_after"]
    )
    lines["difference"] = lines["value"] - lines["base"]
    known = [METRICS_BY_NAME[name] for name in SHOWN]
    return Effect(what, before, after, summarise(lines, known), _displaced(lines))


def _displaced(lines: pd.DataFrame) -> Displaced:
    """Return what the lines of one step say about displacement."""
    by_metric = [
        lines[lines["metric"] == metric].set_index(["kind", "draw", "seed"])["difference"]
        for metric in ("leakage_targeted", "leakage_untargeted")
    ]
    targeted, other = by_metric
    together = targeted.to_frame("targeted").join(other.rename("other"), how="inner")
    kinds = [str(key[0]) for key in together.index.tolist()]
    return displaced(
        list(zip(kinds, together["targeted"].tolist(), strict=True)), together["other"].tolist()
    )
