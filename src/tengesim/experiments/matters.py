"""What a difference rests on: the assumption that moves it most, found in the draws, then run.

The joint draws that are there anyway say which assumption a metric follows. For the headline it is
then run alone at both ends of its range, with everything else at base, on the seeds of the first
pairs, so that a break-even value can be named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from tengesim.experiments.campaign import Campaign
from tengesim.experiments.draws import single
from tengesim.experiments.influence import (
    Share,
    influence_of,
    influence_plan,
    share_of_assumptions,
    shares_of_variance,
)
from tengesim.experiments.levers import Assumption
from tengesim.experiments.pairs import Pair, metric_columns, pair_up, values_of
from tengesim.experiments.plan import Arm, Replication
from tengesim.metrics.catalogue import METRICS, METRICS_BY_NAME
from tengesim.store.campaigns import InfluenceEntry

__all__ = ["SEEDS", "Ends", "ends_to_run", "influences", "share_note"]

SEEDS: Final = 5
"""Seeds at which an assumption is run alone at its ends: enough for a mean, few beside the rest."""

_HUNDRED: Final = 100


@dataclass(frozen=True, slots=True)
class Ends:
    """Replications of one assumption alone at its ends; an end at base value has none."""

    path: str
    low: tuple[Replication, ...]
    high: tuple[Replication, ...]


def ends_to_run(
    metric: str,
    pairs: Sequence[Pair],
    campaign: Campaign,
    *,
    arms: Sequence[Arm],
    assumptions: Sequence[Assumption],
    seeds: Sequence[int],
) -> list[Ends]:
    """Return what to run to see how far the headline metric follows its main assumption.

    `pairs` are those of the joint draws; each variant may have an assumption of its own. Arms that
    refuse an end are not run there.
    """
    known = {one.path: one for one in assumptions}
    scenarios = [arm.scenario for arm in arms]
    found: dict[str, dict[str, tuple[Replication, ...]]] = {}
    for arm in arms[1:]:
        chosen = _of(arm.id, pairs)
        for point in influence_plan(_shares(metric, chosen, campaign), assumptions, top=1):
            overrides = single(
                known[point.path], point.number, assumptions=assumptions, arms=scenarios
            )
            if overrides is not None:
                found.setdefault(point.path, {})[point.end] = tuple(
                    Replication(one.id, 0, seed, overrides) for seed in seeds for one in arms
                )
    return [Ends(path, ends.get("low", ()), ends.get("high", ())) for path, ends in found.items()]


def influences(
    pairs: Sequence[Pair],
    chance: Sequence[Pair],
    campaign: Campaign,
    *,
    arms: Sequence[Arm],
    assumptions: Sequence[Assumption],
    ends: Sequence[Ends],
) -> dict[str, dict[str, InfluenceEntry]]:
    """Return by variant and metric the assumption that explains most, where one can be named.

    `pairs` are those of the joint draws, `chance` those at base values on the seeds of `ends`.
    """
    known = {one.path: one for one in assumptions}
    run = {one.path: one for one in ends}
    found: dict[str, dict[str, InfluenceEntry]] = {}
    for arm in arms[1:]:
        chosen = _of(arm.id, pairs)
        of_base = _of(arm.id, chance)
        for metric in METRICS:
            shares = _shares(metric.name, chosen, campaign)
            if not shares:
                continue
            assumption = known[shares[0].path]
            at: tuple[float | None, float | None, float | None] = (None, None, None)
            if assumption.path in run:
                at = _at(metric.name, assumption, run[assumption.path], of_base, campaign)
            entry = influence_of(shares[0], assumption, at, metric.unit)
            found.setdefault(arm.id, {})[metric.name] = InfluenceEntry(**asdict(entry))
    return found


def share_note(
    metric: str, chance: Sequence[Pair], joint: Sequence[Pair], campaign: Campaign
) -> list[str]:
    """Say which share of the variance of the headline difference is ignorance and not chance."""
    notes = []
    for arm in dict.fromkeys(one.variant.arm for one in joint):
        by_chance, _ = metric_columns(_of(arm, chance), campaign, metric)
        by_draws, _ = metric_columns(_of(arm, joint), campaign, metric)
        share = share_of_assumptions(by_chance, by_draws)
        if share is not None:
            notes.append(
                f"{arm}: {share * _HUNDRED:.0f} % of the variance of the difference in"
                f" {METRICS_BY_NAME[metric].title.lower()} over the draws comes from the"
                " assumptions, the rest from chance."
            )
    return notes


def _of(arm: str, pairs: Sequence[Pair]) -> list[Pair]:
    return [one for one in pairs if one.variant.arm == arm]


def _shares(metric: str, pairs: Sequence[Pair], campaign: Campaign) -> tuple[Share, ...]:
    drawn: dict[str, list[float]] = {}
    differences = []
    for pair in pairs:
        differences.append(_difference(metric, pair, campaign))
        for one in pair.variant.overrides:
            drawn.setdefault(one.path, []).append(one.number)
    return shares_of_variance(drawn, differences)


def _difference(metric: str, pair: Pair, campaign: Campaign) -> float | None:
    ours = values_of(campaign, pair.base).get(metric)
    theirs = values_of(campaign, pair.variant).get(metric)
    return None if ours is None or theirs is None else float(theirs - ours)


def _at(
    metric: str, assumption: Assumption, ends: Ends, of_base: Sequence[Pair], campaign: Campaign
) -> tuple[float | None, float | None, float | None]:
    """Return the mean differences with an assumption at low, base and high, on the same seeds."""
    if not of_base:
        return (None, None, None)
    base, variant = of_base[0].base.arm, of_base[0].variant.arm
    at_base = _mean(metric, of_base, campaign)

    def at(end: int, replications: Sequence[Replication]) -> float | None:
        if end == assumption.value:
            return at_base
        return _mean(metric, _of(variant, pair_up(replications, base=base, kind="end")), campaign)

    return at(assumption.low, ends.low), at_base, at(assumption.high, ends.high)


def _mean(metric: str, pairs: Sequence[Pair], campaign: Campaign) -> float | None:
    differences, _ = metric_columns(pairs, campaign, metric)
    return sum(differences) / len(differences) if differences else None
