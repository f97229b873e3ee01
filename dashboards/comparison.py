"""A campaign as its page sees it: one variant beside the base, its numbers by what is known.

What a difference means was decided when the campaign was made; nothing is judged again here. The
page only orders: first what is clear, then what is not, then what did not change at all.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import pandas as pd

from tengesim.metrics.catalogue import METRICS
from tengesim.report.contract_effects import Effect, effects_of
from tengesim.store.campaigns import (
    CHANGE_KEYS,
    AssumptionEntry,
    CampaignManifest,
    ErrorEntry,
    InfluenceEntry,
    LeverEntry,
    StoredCampaign,
)

__all__ = [
    "VERDICTS",
    "Cause",
    "Comparison",
    "Example",
    "Interval",
    "Outcome",
    "Side",
    "comparison_of",
    "number_of",
]

# In the order in which they are shown.
VERDICTS: Final = ("clear", "not_clear", "bounded", "equal", "unknown")

Side = Literal["better", "worse", "more", "less", "same"]

_METRICS: Final = {metric.name: metric for metric in METRICS}


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a difference may lie, in the unit of its metric."""

    low: float
    high: float

    @property
    def is_point(self) -> bool:
        """Return whether there is nothing between its ends."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Outcome:
    """One metric in the base and in the variant, with what may be said of the difference."""

    metric: str
    title: str
    unit: str
    direction: str
    uses_truth: bool
    base: float | None
    variant: float | None
    difference: float | None
    chance: Interval | None
    assumptions: Interval | None
    pairs: int
    draws: int
    method: str
    p_holm: float | None
    verdict: str
    bound: float | None
    correlation: float | None
    variance_ratio: float | None
    words: str

    @property
    def side(self) -> Side:
        """Return which way the variant lies, and whether that is better where a way is."""
        if not self.difference:
            return "same"
        if self.direction == "neither":
            return "more" if self.difference > 0 else "less"
        return "better" if (self.difference > 0) == (self.direction == "up") else "worse"

    @property
    def reach(self) -> float:
        """Return the largest distance from zero that is drawn."""
        ends = [self.difference or 0.0]
        for interval in (self.chance, self.assumptions):
            if interval is not None:
                ends += [interval.low, interval.high]
        return max(abs(each) for each in ends)


@dataclass(frozen=True, slots=True)
class Example:
    """One payment that ended as its cause says."""

    intent: str
    payer: str
    payee: str
    time_us: int
    amount_base_tiyn: int | None
    amount_variant_tiyn: int | None


@dataclass(frozen=True, slots=True)
class Cause:
    """Payments that ended alike in the base and alike in the variant."""

    outcome_base: str
    outcome_variant: str
    rule_base: str
    rule_variant: str
    reason_base: str
    reason_variant: str
    true_label: str
    count: int
    amount_tiyn: int
    examples: tuple[Example, ...]

    @property
    def is_change(self) -> bool:
        """Return whether anything is different in the variant."""
        return (self.outcome_base, self.rule_base, self.reason_base) != (
            self.outcome_variant,
            self.rule_variant,
            self.reason_variant,
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """One variant of a campaign beside its base."""

    name: str
    manifest: CampaignManifest
    variant: str
    outcomes: tuple[Outcome, ...]
    causes: tuple[Cause, ...]
    effects: tuple[Effect, ...]
    """Steps between arms of public procurement that the campaign has."""

    @property
    def base_title(self) -> str:
        """Return what the base is called."""
        return self.manifest.arms[self.manifest.base].title

    @property
    def variant_title(self) -> str:
        """Return what the variant is called."""
        return self.manifest.arms[self.variant].title

    @property
    def headline(self) -> str:
        """Return what is said of the headline metric in this variant, of the others elsewhere."""
        said = self.manifest.headline
        if len(self.manifest.variants) == 1:
            return said
        own = (one.words for one in self.outcomes if one.metric == self.manifest.metric)
        return next(own, said)

    @property
    def levers(self) -> tuple[LeverEntry, ...]:
        """Return everything in which the variant differs from the base."""
        return self.manifest.levers.get(self.variant, ())

    @property
    def assumptions(self) -> tuple[AssumptionEntry, ...]:
        """Return the assumptions that were drawn."""
        return self.manifest.assumptions

    @property
    def influences(self) -> Mapping[str, InfluenceEntry]:
        """Return, by metric, the assumption that moves its difference most."""
        return self.manifest.influence.get(self.variant, {})

    @property
    def errors(self) -> tuple[ErrorEntry, ...]:
        """Return the replications without a result, of the base and of this variant."""
        mine = {self.manifest.base, self.variant}
        return tuple(error for error in self.manifest.errors if error.arm in mine)

    @property
    def changed(self) -> tuple[Cause, ...]:
        """Return what became of payments that ended otherwise, the most frequent first."""
        return tuple(cause for cause in self.causes if cause.is_change)

    @property
    def payments(self) -> int:
        """Return how many payments were wanted in either arm."""
        return sum(cause.count for cause in self.causes)

    def of_verdict(self, verdict: str) -> tuple[Outcome, ...]:
        """Return the outcomes of which the same may be said; the headline's metric stands first."""
        return tuple(outcome for outcome in self.outcomes if outcome.verdict == verdict)


def comparison_of(stored: StoredCampaign, variant: str) -> Comparison:
    """Return `variant` beside the base of a campaign."""
    return Comparison(
        name=stored.path.name,
        manifest=stored.manifest,
        variant=variant,
        outcomes=_outcomes(stored.summary, variant, stored.manifest.metric),
        causes=_causes(_of(stored.changes, variant), _of(stored.examples, variant)),
        effects=tuple(effects_of(stored.manifest, stored.pairs)),
    )


def _of(frame: pd.DataFrame, variant: str) -> pd.DataFrame:
    return frame[frame["variant"] == variant]


def _outcomes(summary: pd.DataFrame, variant: str, headline: str) -> tuple[Outcome, ...]:
    found = [_outcome(row) for row in _of(summary, variant).to_dict("records")]
    place = {name: number for number, name in enumerate(_METRICS)}
    found.sort(key=lambda one: (one.metric != headline, place.get(one.metric, len(place))))
    return tuple(found)


def _outcome(row: Mapping[Any, Any]) -> Outcome:
    name = str(row["metric"])
    metric = _METRICS.get(name)
    return Outcome(
        metric=name,
        title=metric.title if metric is not None else name,
        unit=str(row["unit"]),
        direction=str(row["direction"]),
        uses_truth=metric is not None and metric.uses_truth,
        base=number_of(row["base"]),
        variant=number_of(row["value"]),
        difference=number_of(row["difference"]),
        chance=_interval(row["chance_low"], row["chance_high"]),
        assumptions=_interval(row["assumptions_low"], row["assumptions_high"]),
        pairs=int(row["n"]),
        draws=int(row["n_assumptions"]),
        method=str(row["method"]),
        p_holm=number_of(row["p_holm"]),
        verdict=str(row["verdict"]) if row["verdict"] in VERDICTS else "unknown",
        bound=number_of(row["bound"]),
        correlation=number_of(row["correlation"]),
        variance_ratio=number_of(row["variance_ratio"]),
        words=str(row["words"]),
    )


def _causes(changes: pd.DataFrame, examples: pd.DataFrame) -> tuple[Cause, ...]:
    keys = CHANGE_KEYS[1:]
    shown: dict[tuple[str, ...], list[Example]] = {}
    for row in examples.to_dict("records"):
        shown.setdefault(_key(row, keys), []).append(_example(row))
    found = [
        Cause(
            **dict(zip(keys, _key(row, keys), strict=True)),
            count=int(row["count"]),
            amount_tiyn=int(row["amount_tiyn"]),
            examples=tuple(shown.get(_key(row, keys), ())),
        )
        for row in changes.to_dict("records")
    ]
    found.sort(key=lambda cause: -cause.count)
    return tuple(found)


def _key(row: Mapping[Any, Any], keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(row[key]) for key in keys)


def _example(row: Mapping[Any, Any]) -> Example:
    return Example(
        intent=str(row["intent"]),
        payer=str(row["payer"]),
        payee=str(row["payee"]),
        time_us=int(row["time_us"]),
        amount_base_tiyn=_whole(row["amount_base_tiyn"]),
        amount_variant_tiyn=_whole(row["amount_variant_tiyn"]),
    )


def _interval(low: object, high: object) -> Interval | None:
    first, last = number_of(low), number_of(high)
    return None if first is None or last is None else Interval(first, last)


def number_of(value: Any) -> float | None:  # noqa: ANN401 - a cell of a table
    """Return a number of a table, None where there is none."""
    if pd.isna(value) or not math.isfinite(value):
        return None
    return float(value)


def _whole(value: Any) -> int | None:  # noqa: ANN401 - a cell of a table
    return None if pd.isna(value) else int(value)
