"""The whole benchmark: which measures are taken, in which turn, and what follows from them.

Timings of one machine wander by a quarter within minutes, so what is to be compared is measured in
turns (one, the other, one, the other) and a ratio is the median of the ratios of neighbours.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from statistics import median
from typing import Final

from tengesim.bench.children import Measure, apart
from tengesim.bench.machine import machine
from tengesim.bench.measures import By, Figures, Log, scenario_of
from tengesim.engine.size import check_size
from tengesim.errors import InvariantError

__all__ = ["FULL_WALLETS", "USUAL_WALLETS", "Plan", "conduct"]

USUAL_WALLETS: Final = (10_000, 100_000, 1_000_000)
"""Sizes of the scaling table that a few minutes allow."""
FULL_WALLETS: Final = (*USUAL_WALLETS, 10_000_000, 20_000_000)
"""All sizes of the scaling table."""
TURNS_MAX: Final = 5
_REFERENCE_MAX: Final = 100_000
_PLAIN_SIZES: Final = range(100_000, 1_000_001)
_PLAIN_PAYMENTS: Final = 150_000
_LOG_MAX: Final = 1_000_000
"""More than that would not fit into most memories with every row kept."""

LOGS: Final[tuple[Log, ...]] = ("summary", "full", "parquet")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured."""

    scenario: str = "nation_day"
    settings: tuple[str, ...] = ()
    seed: int = 1
    wallets: tuple[int, ...] = USUAL_WALLETS
    seconds: float = 10.0
    """How long turns are repeated, for each thing compared; there is always one."""
    by: By = "fast"
    plain_payments: int = _PLAIN_PAYMENTS
    measure: Measure = field(default=apart, compare=False)

    def run(self, wallets: int, log: Log = "summary", *, by: By | None = None) -> Figures:
        """Measure one run of the scenario."""
        return self._of("whole_run", wallets, log=log, by=by or self.by)

    def parts(self, wallets: int) -> Figures:
        """Measure the parts of the simulator by themselves."""
        return self._of("parts_alone", wallets)

    def plain(self, wallets: int) -> Figures:
        """Measure the model of SimPy alone."""
        return self._of("plain_simpy", wallets, payments=self.plain_payments)

    def _of(self, name: str, wallets: int, **more: object) -> Figures:
        return self.measure(
            name,
            scenario=self.scenario,
            settings=list(self.settings),
            seed=self.seed,
            wallets=wallets,
            **more,
        )


def conduct(plan: Plan, say: Say) -> Figures:
    """Take every measure of `plan`, saying what is going on; return what was found.

    Raises SizeError before anything is measured where the largest world does not fit.
    """
    begun = time.perf_counter()
    sizes = sorted(set(plan.wallets))
    check_size(scenario_of(plan.scenario, plan.settings, sizes[-1]))
    found: Figures = {
        "scenario": plan.scenario,
        "settings": list(plan.settings),
        "seed": plan.seed,
        "engine": plan.by,
        "machine": machine(),
    }
    found["parts"] = [_parts(plan, size, say) for size in sizes if plan.by == "fast"]
    found["scaling"] = [_scaling(plan, size, say) for size in sizes]
    found["logs"] = _logs(plan, max((s for s in sizes if s <= _LOG_MAX), default=_LOG_MAX), say)
    found["reference"] = _reference(plan, min(sizes[0], _REFERENCE_MAX), say)
    plain_sizes = [size for size in sizes if size in _PLAIN_SIZES] or [min(sizes[0], _LOG_MAX)]
    found["plain_simpy"] = [_plain(plan, size, say) for size in plain_sizes]
    found["wall_s"] = round(time.perf_counter() - begun, 1)
    return found


def _turns(
    plan: Plan, say: Say, what: str, tasks: Sequence[Callable[[], Figures]]
) -> list[tuple[Figures, ...]]:
    """Carry out `tasks` in turn, again and again while there is time for one more round."""
    begun = time.perf_counter()
    rounds: list[tuple[Figures, ...]] = []
    longest_s = 0.0
    while not rounds or (
        len(rounds) < TURNS_MAX and time.perf_counter() - begun + longest_s <= plan.seconds
    ):
        say(f"{what}, round {len(rounds) + 1}")
        before = time.perf_counter()
        rounds.append(tuple(task() for task in tasks))
        longest_s = max(longest_s, time.perf_counter() - before)
    return rounds


def _rate(run: Figures) -> float:
    """Return payments per second of what happens in the world, making it left out."""
    return float(run["payments"] / run["simulate_s"])


def _middle(runs: Sequence[Figures], value: Callable[[Figures], float]) -> float:
    return median(map(value, runs))


def _summary(runs: Sequence[Figures]) -> Figures:
    """Return the medians of equal runs."""
    seconds = ("start_s", "build_s", "simulate_s", "whole_s", "cpu_s")
    return {
        "wallets": runs[0]["wallets"],
        "log": runs[0]["log"],
        "rounds": len(runs),
        "payments": runs[0]["payments"],
        "payments_per_s": round(_middle(runs, _rate)),
        "whole_per_s": round(_middle(runs, lambda run: run["payments"] / run["whole_s"])),
        "per_cpu_s": round(_middle(runs, lambda run: run["payments"] / run["cpu_s"])),
        **{name: round(_middle(runs, itemgetter(name)), 3) for name in seconds},
        "peak_bytes": round(_middle(runs, itemgetter("peak_bytes"))),
    }


def _scaling(plan: Plan, wallets: int, say: Say) -> Figures:
    """Measure whole runs of one size, with as little log as can be."""
    rounds = _turns(plan, say, f"whole run, {wallets:,} wallets", [lambda: plan.run(wallets)])
    return _summary([one for (one,) in rounds])


def _logs(plan: Plan, wallets: int, say: Say) -> list[Figures]:
    """Measure whole runs of one size in turns of the log mode."""
    tasks = [partial(plan.run, wallets, log) for log in LOGS]
    rounds = _turns(plan, say, f"log modes, {wallets:,} wallets", tasks)
    return [_summary(runs) for runs in zip(*rounds, strict=True)]


def _reference(plan: Plan, wallets: int, say: Say) -> Figures:
    """Measure both engines in turns."""
    tasks = [partial(plan.run, wallets), partial(plan.run, wallets, by="reference")]
    rounds = _turns(plan, say, f"both engines, {wallets:,} wallets", tasks)
    if any(fast["digest"] != plain["digest"] for fast, plain in rounds):
        raise InvariantError("the two engines give different logs, so no speed can be compared")
    return {
        "wallets": wallets,
        "rounds": len(rounds),
        "payments_per_s": round(median(_rate(fast) for fast, _ in rounds)),
        "reference_per_s": round(median(_rate(plain) for _, plain in rounds)),
        "ratio": round(median(_rate(fast) / _rate(plain) for fast, plain in rounds), 1),
        "whole_ratio": round(
            median(plain["whole_s"] / fast["whole_s"] for fast, plain in rounds), 1
        ),
    }


def _plain(plan: Plan, wallets: int, say: Say) -> Figures:
    """Measure the engine and the model of SimPy alone in turns."""
    tasks = [partial(plan.run, wallets), partial(plan.plain, wallets)]
    rounds = _turns(plan, say, f"SimPy alone, {wallets:,} wallets", tasks)
    found: Figures = {
        "wallets": wallets,
        "rounds": len(rounds),
        "payments_per_s": round(median(_rate(fast) for fast, _ in rounds)),
        "plain_bytes": round(median(plain["peak_bytes"] for _, plain in rounds)),
    }
    for collector in ("collected", "uncollected"):
        rates = [plain[collector]["payments"] / plain[collector]["s"] for _, plain in rounds]
        ratios = [_rate(fast) / one for (fast, _), one in zip(rounds, rates, strict=True)]
        found[f"{collector}_per_s"] = round(median(rates))
        found[f"{collector}_ratio"] = round(median(ratios), 1)
    return found


def _parts(plan: Plan, wallets: int, say: Say) -> Figures:
    """Measure the tape, the kernel and the machine's own limit, each by itself."""
    rounds = _turns(plan, say, f"parts, {wallets:,} wallets", [partial(plan.parts, wallets)])
    found = [one for (one,) in rounds]
    pairs = [pair for one in found for pair in zip(one["kernel_s"], one["limit_s"], strict=True)]
    wants, rows = found[0]["wants"], found[0]["limit_payments"]
    kernel = [found[0]["payments"] / kernel_s for kernel_s, _ in pairs]
    limit = [rows / limit_s for _, limit_s in pairs]
    return {
        "wallets": wallets,
        "rounds": len(pairs),
        "wants": wants,
        "payments": found[0]["payments"],
        "wants_per_s": round(median(wants / one["tape_s"] for one in found)),
        "kernel_per_s": round(median(kernel)),
        "limit_per_s": round(median(limit)),
        "share_percent": round(
            median(100 * ours / whole for ours, whole in zip(kernel, limit, strict=True)), 1
        ),
    }
