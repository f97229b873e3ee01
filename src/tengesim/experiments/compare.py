"""Comparing scenarios: what `tengesim compare` and `tengesim.compare` promise.

Everything that is compared runs on the same seeds and the same draws of what nobody knows, so
differences are of pairs. What comes out is a campaign folder; a `Comparison` shows it and holds no
number that is not in it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tengesim.engine.size import MEMORY_LIMIT_BYTES, check_size, estimate_bytes
from tengesim.errors import SizeError
from tengesim.experiments.campaign import Progress
from tengesim.experiments.conduct import Asked, conduct
from tengesim.experiments.effects import effects_of
from tengesim.experiments.executors import Workers, cores
from tengesim.metrics.catalogue import METRICS_BY_NAME
from tengesim.scenario.model import Scenario
from tengesim.scenario.tree import nearest
from tengesim.store.campaigns import CampaignManifest, StoredCampaign, open_campaign

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DRAWS",
    "REPLICATIONS",
    "Comparison",
    "RequestError",
    "answer_object",
    "check_count",
    "compare",
    "workers_for",
]

REPLICATIONS: Final = 20
"""Pairs of replications at base values, unless told otherwise."""

DRAWS: Final = 20
"""Joint draws of the assumptions, unless told otherwise."""

_MOST: Final = 100_000
_BP: Final = 10_000


class RequestError(ValueError):
    """Refuse a comparison whose arguments make no sense."""


@dataclass(frozen=True)
class Comparison:
    """What a comparison found; it is on the disk in `path` and can be opened again."""

    stored: StoredCampaign

    @property
    def path(self) -> Path:
        """The folder of the campaign."""
        return self.stored.path

    @property
    def manifest(self) -> CampaignManifest:
        """What was compared, how, and the answer in one sentence."""
        return self.stored.manifest

    @property
    def ensemble_digest(self) -> str:
        """SHA-256 over every run's scenario, seed and log, the same for any number of workers."""
        return self.manifest.ensemble_digest

    @property
    def headline(self) -> str:
        """The answer in words."""
        return self.manifest.headline

    def summary(self) -> pd.DataFrame:
        """Return one line per variant and metric: means, difference, both intervals, verdict."""
        return self.stored.summary

    @property
    def levers(self) -> pd.DataFrame:
        """Everything that differs from the base, one line each."""
        import pandas as pd

        lines = [
            (arm, lever.path, lever.base, lever.variant)
            for arm, listed in self.manifest.levers.items()
            for lever in listed
        ]
        return pd.DataFrame(lines, columns=["variant", "path", "base_value", "variant_value"])

    @property
    def errors(self) -> pd.DataFrame:
        """Replications without a result, each with the command that shows why."""
        import pandas as pd

        columns = ["arm", "draw", "seed", "kind", "message", "command"]
        lines = [[getattr(one, name) for name in columns] for one in self.manifest.errors]
        return pd.DataFrame(lines, columns=columns)

    @property
    def changes(self) -> pd.DataFrame:
        """Payments at the first seed by how they ended in the base and in the variant."""
        return self.stored.changes

    @property
    def examples(self) -> pd.DataFrame:
        """Some payments of each cause in `changes`."""
        return self.stored.examples


def compare(
    base: Scenario,
    *variants: Scenario,
    replications: int | None = None,
    precision: int | None = None,
    seed: int | None = None,
    draws: int | None = None,
    workers: int | None = None,
    out: Path | str | None = None,
    metric: str | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare `variants` with `base` on the same seeds and the same draws of the assumptions.

    `replications` pairs run at base values (20 unless given), or as many as it takes until the
    half-width of the interval of `metric` is within `precision` basis points of its mean. `draws`
    joint draws of the assumptions (20 unless given) make the second interval. Finished
    replications are kept below `out` (`runs` unless given) and never computed again. `progress` is
    called with replications done and their number.

    Raises RequestError, a ValueError, for arguments that make no sense, SizeError for scenarios
    that do not fit, StoreError while another campaign computes in `out`, DiskError when the disk
    refuses.
    """
    _check(
        base,
        variants,
        replications=replications,
        precision=precision,
        draws=draws,
        workers=workers,
        metric=metric,
    )
    shown_out = "runs" if out is None else os.fspath(out)
    asked = Asked(
        base=base,
        variants=variants,
        seed=base.seed if seed is None else seed,
        replications=REPLICATIONS if replications is None else replications,
        precision_bp=precision,
        draws=DRAWS if draws is None else draws,
        metric=metric,
        out=Path(shown_out).absolute(),
        shown_out=shown_out,
    )
    for scenario in (base, *variants):
        check_size(scenario)
    with Workers(workers or workers_for(base, *variants), out=asked.out) as pool:
        path = conduct(asked, pool, progress)
    return Comparison(open_campaign(path))


def answer_object(comparison: Comparison, wall_s: float) -> dict[str, Any]:
    """Return the answer for machines: what is undefined is null."""
    manifest = comparison.manifest
    lines = comparison.summary().to_dict("records")
    return {
        "campaign": os.fspath(comparison.path),
        "base": manifest.base,
        "variants": list(manifest.variants),
        "headline": manifest.headline,
        "metric": manifest.metric,
        "seed": manifest.seed,
        "replications": manifest.replications,
        "draws": manifest.draws,
        "ensemble_digest": manifest.ensemble_digest,
        "wall_s": round(wall_s, 3),
        "errors": [one.model_dump() for one in manifest.errors],
        "summary": [{str(key): _plain(value) for key, value in line.items()} for line in lines],
        **_effects_object(comparison),
    }


def _effects_object(comparison: Comparison) -> dict[str, Any]:
    """Return what evidence, control and marking do, where arms of procurement are compared."""
    effects = effects_of(comparison.manifest, comparison.stored.pairs)
    if not effects:
        return {}
    listed = []
    for effect in effects:
        lines = effect.summary.to_dict("records")
        ratio, chance, drawn = effect.displaced
        listed.append(
            {
                "effect": effect.what,
                "before": effect.before,
                "after": effect.after,
                "displaced": {
                    "ratio": ratio,
                    "chance": [chance.low, chance.high],
                    "assumptions": drawn,
                },
                "summary": [
                    {str(key): _plain(value) for key, value in line.items()} for line in lines
                ],
            }
        )
    return {"effects": listed}


def _plain(value: object) -> object:
    return None if isinstance(value, float) and isnan(value) else value


def _check(
    base: Scenario,
    variants: tuple[Scenario, ...],
    *,
    replications: int | None,
    precision: int | None,
    draws: int | None,
    workers: int | None,
    metric: str | None,
) -> None:
    if not variants:
        raise RequestError(f"{base.name} is compared with nothing; expected at least one variant")
    if replications is not None and precision is not None:
        raise RequestError("replications and precision were both given; expected one of them")
    for name, number in (("replications", replications), ("precision", precision)):
        check_count(name, number)
    check_count("draws", draws, least=0)
    check_count("workers", workers)
    if precision is not None and precision > _BP:
        raise RequestError(f"precision is {precision} bp; expected at most {_BP}, which is 100 %")
    if metric is not None and metric not in METRICS_BY_NAME:
        close = nearest(metric, list(METRICS_BY_NAME))
        meant = f"did you mean {close!r}?" if close else "`tengesim explain leakage` explains one"
        raise RequestError(f"there is no metric {metric!r}; {meant}")


def check_count(name: str, number: int | None, *, least: int = 1) -> None:
    """Raise RequestError for a number that makes no sense, SizeError for one beyond all use."""
    if number is not None and (type(number) is not int or number < least):
        raise RequestError(f"{name} is {number!r}; expected a whole number from {least} on")
    if number is not None and number > _MOST:
        raise SizeError(f"{name} is {number:,}; at most {_MOST:,}; ask for fewer")


def workers_for(*scenarios: Scenario) -> int:
    """Return as many workers as there are cores, or as fit into memory side by side."""
    needed = max(map(estimate_bytes, scenarios))
    return max(1, min(cores(), MEMORY_LIMIT_BYTES // needed))
