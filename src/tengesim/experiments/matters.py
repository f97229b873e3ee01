"""What a difference rests on: the assumption that moves it most, found in the draws, then run.

The joint draws that are there anyway say which assumptions a metric may follow. For the headline
the likeliest are tried alone at both ends of their range, with everything else at base, at one
seed; the one that moves it furthest is run at the seeds of the first pairs, so that it is named for
what it does and a break-even value can be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from tengesim.experiments.campaign import Campaign
from tengesim.experiments.draws import single
from tengesim.experiments.influence import (
    SCREENED,
    At,
    Share,
    furthest,
    influence_of,
    share_of_assumptions,
    shares_of_variance,
)
from tengesim.experiments.levers import Assumption
from tengesim.experiments.pairs import Pair, metric_columns, pair_up, values_of
from tengesim.experiments.plan import Arm, Replication
from tengesim.metrics.catalogue import METRICS, METRICS_BY_NAME
from tengesim.store.campaigns import InfluenceEntry

__all__ = ["SEEDS", "Ends", "Main", "ends_of", "influences", "main_assumptions", "share_note"]

SEEDS: Final = 5
"""Seeds at which an assumption is run alone at its ends: enough for a mean, few beside the rest."""

_HUNDRED: Final = 100


@dataclass(frozen=True, slots=True)
class Ends:
    """Replications of one assumption alone at its ends; an end at base value has none."""

    path: str
    low: tuple[Replication, ...]
    high: tuple[Replication, ...]

    @property
    def replications(self) -> tuple[Replication, ...]:
        """Return what is to be run."""
        return (*self.low, *self.high)


@dataclass(frozen=True, slots=True)
class Main:
    """The assumption on which the headline of a variant rests, the furthest of `tried`."""

    path: str
    tried: int


def main_assumptions(
    metric: str,
    pairs: Sequence[Pair],
    first: Sequence[Pair],
    campaign: Campaign,
    *,
    arms: Sequence[Arm],
    assumptions: Sequence[Assumption],
) -> dict[str, Main]:
    """Return by variant which assumption moves the headline metric furthest, running the likeliest.

    `pairs` are those of the joint draws, `first` those at base values and the first seed. A variant
    whose candidates could not be run, or move nothing, is left out.
    """
    known = {one.path: one for one in assumptions}
    found: dict[str, Main] = {}
    for arm in arms[1:]:
        shares = _shares(metric, _of(arm.id, pairs), campaign)[:SCREENED]
        of_base = _of(arm.id, first)
        seeds = [one.base.seed for one in of_base]
        paths = [share.path for share in shares]
        ends = ends_of(paths, arms, assumptions=assumptions, seeds=seeds)
        campaign.compute([one for end in ends for one in end.replications])
        tried = {end.path: _at(metric, known[end.path], end, of_base, campaign) for end in ends}
        path = furthest(tried)
        if path is not None:
            found[arm.id] = Main(path, len(tried))
    return found


def ends_of(
    paths: Iterable[str],
    arms: Sequence[Arm],
    *,
    assumptions: Sequence[Assumption],
    seeds: Sequence[int],
) -> list[Ends]:
    """Return the replications of each assumption alone at its ends; arms that refuse one have none.

    An end that is the base value needs none.
    """
    known = {one.path: one for one in assumptions}
    scenarios = [arm.scenario for arm in arms]

    def at(one: Assumption, number: int) -> tuple[Replication, ...]:
        if number == one.value:
            return ()
        overrides = single(one, number, assumptions=assumptions, arms=scenarios)
        if overrides is None:
            return ()
        return tuple(Replication(arm.id, 0, seed, overrides) for seed in seeds for arm in arms)

    return [
        Ends(path, at(known[path], known[path].low), at(known[path], known[path].high))
        for path in paths
    ]


def influences(
    pairs: Sequence[Pair],
    chance: Sequence[Pair],
    campaign: Campaign,
    *,
    arms: Sequence[Arm],
    assumptions: Sequence[Assumption],
    metric: str,
    main: Mapping[str, Main],
    ends: Sequence[Ends],
) -> dict[str, dict[str, InfluenceEntry]]:
    """Return by variant and metric the assumption that explains most, where one can be named.

    `pairs` are those of the joint draws, `chance` those at base values on the seeds of `ends`, the
    runs of what `main` names for the headline `metric`.
    """
    known = {one.path: one for one in assumptions}
    run = {one.path: one for one in ends}
    found: dict[str, dict[str, InfluenceEntry]] = {}
    for arm in arms[1:]:
        chosen = _of(arm.id, pairs)
        of_base = _of(arm.id, chance)
        for one in METRICS:
            shares = _shares(one.name, chosen, campaign)
            if not shares:
                continue
            share, tried = shares[0], 0
            if one.name == metric and arm.id in main:
                share = next(each for each in shares if each.path == main[arm.id].path)
                tried = main[arm.id].tried
            assumption = known[share.path]
            at: At = (None, None, None)
            if assumption.path in run:
                at = _at(one.name, assumption, run[assumption.path], of_base, campaign)
            entry = influence_of(share, assumption, at, one.unit, tried=tried)
            found.setdefault(arm.id, {})[one.name] = InfluenceEntry(**asdict(entry))
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
) -> At:
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
