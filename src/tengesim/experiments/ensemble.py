"""Replicating one scenario: how its metrics spread over seeds, and how its paths fan out.

Nothing is compared here, so there is one interval of chance and none of the assumptions; what a
change of policy does is for `compare`. Replications are those of campaigns: what one finished, the
other does not compute again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tengesim.engine.size import check_size
from tengesim.experiments.campaign import Campaign, Progress
from tengesim.experiments.compare import check_count, workers_for
from tengesim.experiments.conduct import alone_in
from tengesim.experiments.executors import Workers
from tengesim.experiments.intervals import chance_interval, spread
from tengesim.experiments.plan import Arm, chance_pairs
from tengesim.metrics.catalogue import METRICS
from tengesim.metrics.metric import Metric
from tengesim.metrics.paths import path_days
from tengesim.scenario.digest import scenario_digest
from tengesim.scenario.model import Scenario
from tengesim.store.ensembles import (
    QUANTILES_BP,
    EnsembleFile,
    FanEntry,
    SpreadEntry,
    write_ensemble,
)
from tengesim.store.replications import Record

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["REPLICATIONS", "Ensemble", "ensemble_object", "quantile", "replicate"]

REPLICATIONS: Final = 100
"""Replications, unless told otherwise."""

_Number = TypeVar("_Number", int, float)

_BP: Final = 10_000
_TAIL_BP: Final = 500


@dataclass(frozen=True)
class Ensemble:
    """What replications of one scenario have in common; it is on the disk in `path`."""

    path: Path
    made: EnsembleFile

    @property
    def ensemble_digest(self) -> str:
        """SHA-256 over every run's scenario, seed and log, the same for any number of workers."""
        return self.made.ensemble_digest

    def spread(self) -> pd.DataFrame:
        """Return one line per metric: mean, its interval, quantiles, and the outer twentieths."""
        import pandas as pd

        return pd.DataFrame([_line(one.model_dump()) for one in self.made.spread])

    def fan(self, path: str = "reserve_value") -> pd.DataFrame:
        """Return the fan of a path: a line per day, a column in tiyn for each quantile.

        Raises ValueError where the scenario has no such path.
        """
        import pandas as pd

        for one in self.made.fans:
            if one.path == path:
                columns = zip(_names(), one.quantiles_tiyn, strict=True)
                return pd.DataFrame({"day": one.days, **dict(columns)})
        known = ", ".join(one.path for one in self.made.fans) or "none"
        raise ValueError(f"there is no path {path!r}; {self.made.name} has: {known}")


def replicate(
    scenario: Scenario,
    *,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    out: Path | str | None = None,
    progress: Progress | None = None,
) -> Ensemble:
    """Run `scenario` at one seed after another and return how its metrics and paths spread.

    100 replications unless given, from the scenario's own seed or `seed` on. Finished ones are
    kept below `out` (`runs` unless given) and never computed again. Raises what `compare` raises;
    replications that fail are listed in the ensemble and stop nothing.
    """
    check_count("replications", replications)
    check_count("workers", workers)
    check_size(scenario)
    shown_out = "runs" if out is None else os.fspath(out)
    folder = Path(shown_out).absolute()
    count = REPLICATIONS if replications is None else replications
    arm = Arm(scenario.name, scenario)
    first = scenario.seed if seed is None else seed
    asked = chance_pairs([arm], seed=first, first=0, last=count)
    with (
        Workers(workers or workers_for(scenario), out=folder) as pool,
        alone_in(folder),
    ):
        campaign = Campaign([arm], out=folder, workers=pool, progress=progress)
        campaign.expect(count)
        campaign.compute(asked)
        records = [record for one in asked if (record := campaign.record(one)) is not None]
        made = EnsembleFile(
            name=scenario.name,
            title=scenario.title,
            scenario_digest=scenario_digest(scenario),
            seed=first,
            replications=count,
            ensemble_digest=campaign.digest(),
            errors=campaign.errors(scenario.name, shown_out),
            spread=tuple(_spreads(records)),
            fans=tuple(_fans(records, len(scenario.clock.days()))),
        )
        return Ensemble(write_ensemble(folder, made), made)


def quantile(ordered: Sequence[_Number], share_bp: int) -> _Number:
    """Return the least of some ordered values that so many basis points of them do not exceed.

    >>> quantile([10, 20, 30, 40], 5_000)
    20
    """
    return ordered[max(-(-len(ordered) * share_bp // _BP) - 1, 0)]


def ensemble_object(ensemble: Ensemble, wall_s: float) -> dict[str, Any]:
    """Return the answer for machines."""
    made = ensemble.made
    return {
        "ensemble": os.fspath(ensemble.path),
        "scenario": made.name,
        "seed": made.seed,
        "replications": made.replications,
        "ensemble_digest": made.ensemble_digest,
        "wall_s": round(wall_s, 3),
        "errors": [one.model_dump() for one in made.errors],
        "spread": [_line(one.model_dump()) for one in made.spread],
        "fans": [one.model_dump() for one in made.fans],
    }


def _spreads(records: Sequence[Record]) -> Iterator[SpreadEntry]:
    there = {name for record in records for name in record.exact}
    for metric in METRICS:
        if metric.name in there:
            found = (record.exact.get(metric.name) for record in records)
            yield _spread(metric, sorted(float(value) for value in found if value is not None))


def _spread(metric: Metric, ordered: Sequence[float]) -> SpreadEntry:
    if not ordered:
        return SpreadEntry(
            metric=metric.name,
            unit=metric.unit,
            n=0,
            mean=None,
            deviation=None,
            mean_low=None,
            mean_high=None,
            quantiles=(),
            lowest=None,
            highest=None,
        )
    found, chance = spread(ordered), chance_interval(ordered)
    outer = max(len(ordered) * _TAIL_BP // _BP, 1)
    return SpreadEntry(
        metric=metric.name,
        unit=metric.unit,
        n=len(ordered),
        mean=found.mean,
        deviation=found.deviation,
        mean_low=chance.low,
        mean_high=chance.high,
        quantiles=tuple(quantile(ordered, share) for share in QUANTILES_BP),
        lowest=fsum(ordered[:outer]) / outer,
        highest=fsum(ordered[-outer:]) / outer,
    )


def _fans(records: Sequence[Record], days: int) -> Iterator[FanEntry]:
    names = sorted({name for record in records for name in record.paths})
    for name in names:
        paths = [record.paths[name] for record in records if name in record.paths]
        by_day = [sorted(values) for values in zip(*paths, strict=True)]
        yield FanEntry(
            path=name,
            days=path_days(days),
            quantiles_tiyn=tuple(
                tuple(quantile(values, share) for values in by_day) for share in QUANTILES_BP
            ),
        )


def _line(entry: dict[str, Any]) -> dict[str, Any]:
    quantiles = entry.pop("quantiles") or (None,) * len(QUANTILES_BP)
    return {**entry, **dict(zip(_names(), quantiles, strict=True))}


def _names() -> tuple[str, ...]:
    return tuple(f"q{share // 100:02d}" for share in QUANTILES_BP)
