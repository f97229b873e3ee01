"""Carrying out a comparison: pairs at base values, pairs at joint draws, and what they show.

Every step is a function of what was asked and of finished replications, so an interrupted
campaign that is repeated gives the files of one that was not. One campaign at a time computes in
a folder of runs; another one waits, because it may want the same replications.
"""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tengesim.experiments.campaign import Campaign, Progress
from tengesim.experiments.changes import changes
from tengesim.experiments.draws import Draws, make_draws
from tengesim.experiments.executors import Workers
from tengesim.experiments.levers import Assumption, assumptions, levers, unshared
from tengesim.experiments.matters import (
    SEEDS,
    ends_of,
    influences,
    main_assumptions,
    share_note,
)
from tengesim.experiments.pairs import (
    Pair,
    differing_metric,
    metric_columns,
    pair_up,
    pairs_frame,
)
from tengesim.experiments.plan import (
    Arm,
    Replication,
    arms_of,
    assumption_pairs,
    chance_pairs,
    job_of,
)
from tengesim.experiments.precision import REPLICATIONS_MAX, look_ahead, replications_needed
from tengesim.experiments.replication import run_folder_name
from tengesim.experiments.summary import summarise
from tengesim.metrics.catalogue import METRICS
from tengesim.scenario.digest import resolved_yaml, scenario_digest
from tengesim.scenario.model import Scenario
from tengesim.store.campaign_write import write_campaign
from tengesim.store.campaigns import (
    CHANGES,
    EXAMPLES,
    ArmEntry,
    AssumptionEntry,
    CampaignManifest,
    InfluenceEntry,
    LeverEntry,
    campaign_digest,
)
from tengesim.store.files import make_folder, or_disk_error
from tengesim.store.layout import RESULTS_VERSION
from tengesim.store.lock import locked, sweep
from tengesim.store.read import open_run
from tengesim.store.replications import sweep_records
from tengesim.store.write import versions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Asked", "alone_in", "conduct"]

_PATIENCE_S: Final = 30.0
_LOCK: Final = "campaign"
_LISTED_MAX: Final = 5


@dataclass(frozen=True)
class Asked:
    """What is compared and how; `out` is the folder of runs, `shown_out` as the user named it."""

    base: Scenario
    variants: tuple[Scenario, ...]
    seed: int
    replications: int
    precision_bp: int | None
    draws: int
    metric: str | None
    out: Path
    shown_out: str

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """Return the arms, the base first."""
        return arms_of(self.base, self.variants)

    @cached_property
    def assumptions(self) -> tuple[Assumption, ...]:
        """Return what nobody knows in any arm."""
        return assumptions(self.base, *self.variants)

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of all that decides the answer."""
        return campaign_digest(
            {
                "results_version": RESULTS_VERSION,
                "arms": [[arm.id, scenario_digest(arm.scenario)] for arm in self.arms],
                "seed": self.seed,
                "replications": None if self.precision_bp is not None else self.replications,
                "precision_bp": self.precision_bp,
                "draws": self.draws,
                "metric": self.metric,
            }
        )


def conduct(asked: Asked, workers: Workers, progress: Progress | None = None) -> Path:
    """Compute what is missing, write the campaign and return its folder.

    Raises StoreError while another campaign computes in the same folder of runs, DiskError when
    results cannot be stored. Replications that fail are listed in the campaign and stop nothing.
    """
    with alone_in(asked.out):
        return _Conduct(asked, workers, progress).path()


@contextlib.contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Keep others from computing replications in `out`, and clear up what killed ones left."""
    with or_disk_error("the campaign cannot be computed", out):
        make_folder(out)
        with locked(out, _LOCK, patience_s=_PATIENCE_S, what="another campaign is being computed"):
            sweep(out, _LOCK)
            sweep_records(out)
            yield


class _Conduct:
    """One campaign from its first replication to its folder."""

    def __init__(self, asked: Asked, workers: Workers, progress: Progress | None) -> None:
        self._asked = asked
        self._started = time.perf_counter()
        self._notes: list[str] = []
        self._draws = self._drawn()
        self._campaign = Campaign(asked.arms, out=asked.out, workers=workers, progress=progress)
        self._base = asked.arms[0].id

    def path(self) -> Path:
        asked, campaign = self._asked, self._campaign
        joint = assumption_pairs(asked.arms, self._draws.made, seed=asked.seed)
        campaign.expect(len(asked.arms) * asked.replications + len(joint))
        first = chance_pairs(asked.arms, seed=asked.seed, first=0, last=1)
        campaign.compute(first, keep_runs=True)
        metric = asked.metric or differing_metric(self._pairs(first, "chance"), campaign)
        chance = [*first, *self._chance(metric, len(joint))]
        campaign.compute(joint)
        by_chance, by_draws = self._pairs(chance, "chance"), self._pairs(joint, "assumption")
        influence = self._influence(metric, by_chance, by_draws)
        frame = pairs_frame([*by_chance, *by_draws], campaign)
        summary = summarise(frame, METRICS, has_assumptions=bool(asked.assumptions))
        changed, examples = self._changes(first)
        manifest = self._manifest(metric, summary, first, len(chance) // len(asked.arms))
        manifest = manifest.model_copy(update={"influence": influence})
        return write_campaign(
            manifest,
            {"summary": summary, "pairs": frame, "changes": changed, "examples": examples},
            scenario_texts=[resolved_yaml(arm.scenario) for arm in asked.arms],
            timing=self._timing(),
            out=asked.out,
        )

    def _drawn(self) -> Draws:
        asked = self._asked
        draws = make_draws(
            asked.assumptions,
            [arm.scenario for arm in asked.arms],
            seed=asked.seed,
            count=asked.draws if asked.assumptions else 0,
        )
        if draws.given_up:
            self._notes.append(
                f"{len(draws.given_up)} of {asked.draws} joint draws were given up, because a"
                " scenario refused every attempt at them; the range of the assumptions rests on"
                " the others."
            )
        return draws

    def _pairs(self, replications: Sequence[Replication], kind: str) -> list[Pair]:
        return pair_up(replications, base=self._base, kind=kind)

    def _chance(self, metric: str, joint: int) -> list[Replication]:
        """Compute pairs at base values beyond the first: as many as asked, or as precise."""
        asked, campaign = self._asked, self._campaign
        if asked.precision_bp is None:
            more = chance_pairs(asked.arms, seed=asked.seed, first=1, last=asked.replications)
            campaign.compute(more)
            return more
        done: list[Replication] = []
        count = 1
        while True:
            wanted = self._wanted(metric, count)
            if wanted <= count:
                return done
            campaign.expect(len(asked.arms) * wanted + joint)
            more = chance_pairs(asked.arms, seed=asked.seed, first=count, last=wanted)
            campaign.compute(more)
            done += more
            count = wanted

    def _wanted(self, metric: str, count: int) -> int:
        """Return how many replications there should be, `count` when these are enough."""
        asked = self._asked
        everything = chance_pairs(asked.arms, seed=asked.seed, first=0, last=count)
        wanted = count
        for arm in asked.arms[1:]:
            pairs = [one for one in self._pairs(everything, "chance") if one.variant.arm == arm.id]
            differences, levels = metric_columns(pairs, self._campaign, metric)
            needed = replications_needed(
                differences, precision_bp=asked.precision_bp or 1, reference=levels
            )
            if needed.is_reached or needed.is_given_up:
                continue
            # Pairs without a value count as runs and not as values.
            more = needed.runs - len(differences)
            wanted = max(wanted, count + max(more, look_ahead(count) if more <= 0 else 1))
        if wanted > count >= REPLICATIONS_MAX:
            return count
        return min(wanted, REPLICATIONS_MAX)

    def _influence(
        self, metric: str, by_chance: Sequence[Pair], by_draws: Sequence[Pair]
    ) -> dict[str, dict[str, InfluenceEntry]]:
        """Run what the headline rests on alone at its ends, and say what every metric rests on."""
        asked, campaign = self._asked, self._campaign
        self._notes += share_note(metric, by_chance, by_draws, campaign)
        seeds = sorted({one.base.seed for one in by_chance})[:SEEDS]
        main = main_assumptions(
            metric,
            by_draws,
            [one for one in by_chance if one.base.seed in seeds[:1]],
            campaign,
            arms=asked.arms,
            assumptions=asked.assumptions,
        )
        paths = dict.fromkeys(one.path for one in main.values())
        ends = ends_of(paths, asked.arms, assumptions=asked.assumptions, seeds=seeds)
        campaign.compute([one for end in ends for one in end.replications])
        return influences(
            by_draws,
            [one for one in by_chance if one.base.seed in seeds],
            campaign,
            arms=asked.arms,
            assumptions=asked.assumptions,
            metric=metric,
            main=main,
            ends=ends,
        )

    def _changes(self, first: Sequence[Replication]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return which payments differ at the first seed, where both runs are there."""
        import pandas as pd

        folders = {one.arm: self._run_folder(one) for one in first}
        base = folders[self._base]
        causes = [pd.DataFrame(columns=list(CHANGES))]
        examples = [pd.DataFrame(columns=list(EXAMPLES))]
        if base is not None:
            with open_run(self._asked.out / base) as stored:
                events = stored.events()
            for arm in self._asked.arms[1:]:
                folder = folders[arm.id]
                if folder is None:
                    continue
                with open_run(self._asked.out / folder) as stored:
                    found = changes(events, stored.events(), arm=arm.id)
                causes.append(found.causes)
                examples.append(found.examples)
        # An empty table has no types that could be kept.
        return tuple(  # type: ignore[return-value]
            pd.concat([one for one in tables[1:] if len(one)] or tables[:1], ignore_index=True)
            for tables in (causes, examples)
        )

    def _run_folder(self, replication: Replication) -> str | None:
        if not self._campaign.is_finished(replication):
            return None
        scenarios = {arm.id: arm.scenario for arm in self._asked.arms}
        return run_folder_name(job_of(replication, scenarios))

    def _manifest(
        self,
        metric: str,
        summary: pd.DataFrame,
        first: Sequence[Replication],
        replications: int,
    ) -> CampaignManifest:
        asked, campaign = self._asked, self._campaign
        folders = {one.arm: self._run_folder(one) for one in first}
        chosen = summary[summary["metric"] == metric]
        lines: dict[str, dict[Any, Any]] = {
            str(line["variant"]): {**line} for line in chosen.to_dict("records")
        }
        manifest = CampaignManifest(
            name=asked.base.name,
            base=self._base,
            variants=tuple(arm.id for arm in asked.arms[1:]),
            arms={
                arm.id: ArmEntry(
                    name=arm.scenario.name,
                    title=arm.scenario.title,
                    scenario_digest=scenario_digest(arm.scenario),
                    run=folders[arm.id],
                )
                for arm in asked.arms
            },
            question=asked.base.question,
            seed=asked.seed,
            replications=replications,
            precision_bp=asked.precision_bp,
            draws=len(self._draws.made),
            redraws=self._draws.redraws,
            metric=metric,
            headline=_headline({arm: str(line["words"]) for arm, line in lines.items()}),
            levers=self._levers(),
            assumptions=tuple(
                AssumptionEntry(
                    path=one.path,
                    low=one.low_text,
                    value=one.value_text,
                    high=one.high_text,
                    source=one.source,
                    note=one.note,
                )
                for one in asked.assumptions
            ),
            errors=(),
            ensemble_digest=campaign.digest(),
            variance_reduction={
                arm: _number_or_none(line["variance_ratio"]) for arm, line in lines.items()
            },
            notes=(*self._notes, *self._own_assumptions()),
            campaign_digest=asked.digest,
        )
        errors = campaign.errors(manifest.folder_name, asked.shown_out)
        return manifest.model_copy(update={"errors": errors})

    def _levers(self) -> dict[str, tuple[LeverEntry, ...]]:
        base, *variants = self._asked.arms
        return {
            arm.id: tuple(
                LeverEntry(path=one.path, base=one.base, variant=one.variant)
                for one in levers(base.scenario, arm.scenario)
            )
            for arm in variants
        }

    def _own_assumptions(self) -> list[str]:
        """Say which assumptions are not drawn, because not every arm has them."""
        own = unshared(*(arm.scenario for arm in self._asked.arms))
        if not own:
            return []
        listed = ", ".join(own[:_LISTED_MAX])
        more = f" and {len(own) - _LISTED_MAX} more" if len(own) > _LISTED_MAX else ""
        return [
            f"Assumptions that not every arm has keep their stated values: {listed}{more}.",
        ]

    def _timing(self) -> dict[str, Any]:
        campaign = self._campaign
        return {
            "layout": 1,
            "computed": campaign.computed,
            "reused": campaign.reused,
            "wall_s": {
                "campaign": time.perf_counter() - self._started,
                "replications": sum(campaign.wall_s),
                "longest": max(campaign.wall_s, default=0.0),
            },
            "versions": {"python": platform.python_version(), **versions()},
            "host": {
                "system": platform.platform(),
                "machine": platform.machine(),
                "cores": os.cpu_count(),
            },
        }


def _headline(words: dict[str, str]) -> str:
    """Return the answer in one line: what is said of the headline metric in each variant."""
    if not words:
        return "No pair of runs finished, so nothing can be said."
    if len(words) == 1:
        return next(iter(words.values()))
    return " ".join(f"{arm}: {text}" for arm, text in words.items())


def _number_or_none(value: float) -> float | None:
    return None if isnan(value) else value
