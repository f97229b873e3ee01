"""What a campaign computes: which arm, with which values, at which seed.

Chance pairs have the base values and the seeds s, s+1, …; assumption pair j has draw j and the
seed s+j-1. So a larger number of replications or draws only adds to what is there, every draw has
the same chance as one of the chance pairs, and what was finished for a smaller campaign is reused
by a larger one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tengesim.experiments.draws import Draw, Override, overridden
from tengesim.scenario.digest import resolved_sections, scenario_digest
from tengesim.scenario.imports import folder_of
from tengesim.scenario.model import Scenario

__all__ = ["Arm", "Job", "Replication", "arms_of", "assumption_pairs", "chance_pairs", "job_of"]


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of a campaign; `id` is the scenario's name, with a number where two share it."""

    id: str
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class Replication:
    """One run of one arm at one seed; draw 0 has the base values."""

    arm: str
    draw: int
    seed: int
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A replication as it is computed and found again; equal ones are computed once."""

    name: str
    scenario_digest: str
    seed: int
    scenario_text: str
    """The resolved scenario as JSON text, which loads fifty times as fast as YAML."""
    keep_run: bool = False
    """Whether the whole run is stored, not its metrics alone."""
    folder: str = ""
    """Where the table lies that the scenario imports, if it imports one."""

    @property
    def key(self) -> tuple[str, str, int]:
        """Return what two jobs have in common when one result answers both."""
        return self.name, self.scenario_digest, self.seed


def arms_of(base: Scenario, variants: Sequence[Scenario]) -> tuple[Arm, ...]:
    """Return the arms with different ids, the base first."""
    seen: dict[str, int] = {}
    arms = []
    for scenario in (base, *variants):
        seen[scenario.name] = seen.get(scenario.name, 0) + 1
        count = seen[scenario.name]
        arms.append(Arm(scenario.name if count == 1 else f"{scenario.name}#{count}", scenario))
    return tuple(arms)


def chance_pairs(arms: Iterable[Arm], *, seed: int, first: int, last: int) -> list[Replication]:
    """Return the replications number `first` (from 0) to before `last` of every arm."""
    ids = [arm.id for arm in arms]
    return [Replication(arm, 0, seed + number) for number in range(first, last) for arm in ids]


def assumption_pairs(arms: Iterable[Arm], draws: Iterable[Draw], *, seed: int) -> list[Replication]:
    """Return one replication of every arm for each draw."""
    ids = [arm.id for arm in arms]
    return [
        Replication(arm, draw.number, seed + draw.number - 1, draw.overrides)
        for draw in draws
        for arm in ids
    ]


def job_of(
    replication: Replication, scenarios: Mapping[str, Scenario], *, keep_run: bool = False
) -> Job:
    """Return how a replication is computed; raise ValueError when its values are refused."""
    scenario = scenarios[replication.arm]
    if replication.overrides:
        scenario = overridden(scenario, replication.overrides)
    return Job(
        name=scenario.name,
        scenario_digest=scenario_digest(scenario),
        seed=replication.seed,
        scenario_text=json.dumps(resolved_sections(scenario), ensure_ascii=False),
        keep_run=keep_run,
        folder=folder_of(scenario),
    )
