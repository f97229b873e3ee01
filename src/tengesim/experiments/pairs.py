"""Pairs of replications as a table: the same seed and the same values in the base and a variant.

Differences are taken of exact fractions and rounded once, so equal arms differ by exactly zero. A
metric that one of the two scenarios does not have, or that rests on too few cases there, has a
line without a difference: how often that happens is part of the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tengesim.experiments.campaign import Campaign
from tengesim.experiments.plan import Replication
from tengesim.metrics.catalogue import METRICS
from tengesim.store.campaigns import PAIRS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Pair", "differing_metric", "metric_columns", "pair_up", "pairs_frame", "values_of"]

Values = Mapping[str, Fraction | None]


@dataclass(frozen=True, slots=True)
class Pair:
    """The base and one variant at one seed and draw."""

    kind: str
    base: Replication
    variant: Replication


def pair_up(replications: Iterable[Replication], *, base: str, kind: str) -> list[Pair]:
    """Return every replication of a variant with that of the base at its seed and draw."""
    listed = list(replications)
    bases = {(one.draw, one.seed, one.overrides): one for one in listed if one.arm == base}
    return [
        Pair(kind, bases[one.draw, one.seed, one.overrides], one)
        for one in listed
        if one.arm != base
    ]


def pairs_frame(pairs: Sequence[Pair], campaign: Campaign) -> pd.DataFrame:
    """Return one line per metric and pair of which both are finished, as the catalogue orders."""
    import pandas as pd

    return pd.DataFrame(list(_lines(pairs, campaign)), columns=list(PAIRS))


def values_of(campaign: Campaign, replication: Replication) -> Values:
    """Return the exact values of a replication, nothing where it has no result."""
    record = campaign.record(replication)
    return {} if record is None else record.exact


def metric_columns(
    pairs: Sequence[Pair], campaign: Campaign, metric: str
) -> tuple[list[float], list[float]]:
    """Return the differences of one metric in the order of `pairs`, and the larger arm of each."""
    differences: list[float] = []
    levels: list[float] = []
    for pair in pairs:
        ours = values_of(campaign, pair.base).get(metric)
        theirs = values_of(campaign, pair.variant).get(metric)
        if ours is not None and theirs is not None:
            differences.append(float(theirs - ours))
            levels.append(float(max(abs(ours), abs(theirs))))
    return differences, levels


def differing_metric(pairs: Iterable[Pair], campaign: Campaign) -> str:
    """Return the metric that a headline is about when nobody has named one.

    It is the first of the catalogue that differs and has a better direction, else the first that
    differs, else the first that has a value; leakage comes before the others.
    """
    together = [(values_of(campaign, one.base), values_of(campaign, one.variant)) for one in pairs]
    ordered = sorted(METRICS, key=lambda metric: metric.name not in _FIRST)
    ranked = sorted(ordered, key=lambda metric: metric.direction == "neither")

    def has_value(name: str) -> bool:
        return any(ours.get(name) is not None for ours, _ in together)

    def differs(name: str) -> bool:
        return any(
            ours.get(name) is not None
            and theirs.get(name) is not None
            and ours[name] != theirs[name]
            for ours, theirs in together
        )

    names = [metric.name for metric in ranked]
    for test in (differs, has_value):
        found = next((name for name in names if test(name)), None)
        if found is not None:
            return found
    return _FIRST[0]


_FIRST = ("leakage", "contract_leakage")


def _lines(pairs: Sequence[Pair], campaign: Campaign) -> Iterator[tuple[object, ...]]:
    order = {metric.name: position for position, metric in enumerate(METRICS)}
    for pair in sorted(
        pairs, key=lambda one: (one.variant.arm, one.kind, one.variant.draw, one.variant.seed)
    ):
        if not (campaign.is_finished(pair.base) and campaign.is_finished(pair.variant)):
            continue
        ours, theirs = values_of(campaign, pair.base), values_of(campaign, pair.variant)
        listed = {name for name in (*ours, *theirs) if name in order}
        for name in sorted(listed, key=order.__getitem__):
            mine, other = ours.get(name), theirs.get(name)
            yield (
                pair.variant.arm,
                name,
                pair.kind,
                pair.variant.draw,
                pair.variant.seed,
                None if mine is None else float(mine),
                None if other is None else float(other),
                None if mine is None or other is None else float(other - mine),
            )
