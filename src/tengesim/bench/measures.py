"""What is measured, each in a Python of its own, so that nothing kept before helps or hinders.

A measure takes options and returns numbers that JSON can say. Seconds are those of the wall,
processor seconds those of all threads of the process.
"""

import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from tengesim.bench.machine import peak_bytes

if TYPE_CHECKING:
    from tengesim.bench.plain_simpy import PlainModel
    from tengesim.engine.run import Run
    from tengesim.scenario.model import Scenario

__all__ = [
    "MEASURES",
    "Figures",
    "machine_limit",
    "main",
    "plain_simpy",
    "scenario_of",
    "whole_run",
]

Figures = dict[str, Any]
"""What one measure found, by name: numbers, and lists of numbers where it was repeated."""
By = Literal["fast", "reference"]
Log = Literal["full", "parquet", "sampled", "summary"]
"""What is kept of the log: in memory by its mode, or all of it and then written to a file."""

_NOON_S: Final = 43_200.0
_INSTANT_S: Final = 0.001
_PLAIN_DAYS: Final = 7
_WARM_WALLETS: Final = 2_000


def scenario_of(
    name: str, settings: Sequence[str], wallets: int, log: Log = "summary"
) -> "Scenario":
    """Return a scenario with so many people, and so much kept of the log."""
    from tengesim.scenario.load import load_scenario

    whole = load_scenario(name, settings=list(settings)).population.people
    if whole is None:
        raise ValueError(f"nobody lives in {name}")
    scale = Decimal(wallets) / whole.count.value
    mode = "full" if log == "parquet" else log
    return load_scenario(
        name, settings=[*settings, f"population.scale={scale:.12f}", f"run.log={mode}"]
    )


def whole_run(
    *, scenario: str, settings: Sequence[str], seed: int, wallets: int, log: Log, by: By
) -> Figures:
    """Run the scenario once and say how long each part took."""
    begun = time.perf_counter()
    # Compiled functions are loaded before time is taken; the first start is no rate.
    _run_of(scenario_of(scenario, settings, min(wallets, _WARM_WALLETS), log), seed, log, by)
    start_s = time.perf_counter() - begun
    asked = scenario_of(scenario, settings, wallets, log)
    before = peak_bytes()
    begun, begun_cpu = time.perf_counter(), time.process_time()
    run, write_s = _run_of(asked, seed, log, by)
    whole_s, cpu_s = time.perf_counter() - begun, time.process_time() - begun_cpu
    return {
        "wallets": wallets,
        "log": log,
        "payments": run.payments,
        "digest": run.digest,
        "start_s": start_s,
        "build_s": run.phases["build"],
        "simulate_s": run.phases["simulate"] + write_s,
        "whole_s": whole_s,
        "cpu_s": cpu_s,
        "before_bytes": before,
        "peak_bytes": peak_bytes(),
    }


def _run_of(asked: "Scenario", seed: int, log: Log, by: By) -> tuple["Run", float]:
    """Return a run, and the seconds it took to finish the file of its log, which is not kept."""
    from tengesim.engine.run import simulate
    from tengesim.store.log_stream import LogStream

    if log != "parquet":
        return simulate(asked, seed=seed, engine=by), 0.0
    with tempfile.TemporaryDirectory() as folder:
        stream = LogStream(Path(folder) / "events.parquet")
        try:
            run = simulate(asked, seed=seed, engine=by, log=stream.begin)
            begun = time.perf_counter()
            stream.finish()
            return run, time.perf_counter() - begun
        finally:
            stream.close()


def plain_simpy(
    *, scenario: str, settings: Sequence[str], seed: int, wallets: int, payments: int
) -> Figures:
    """Let the plain model make so many payments as SimPy is installed, then without collector.

    It begins at noon with wallets filled; making people and starting their processes is not
    counted.
    """
    from tengesim.bench.plain_country import country
    from tengesim.bench.plain_simpy import PlainModel

    asked = scenario_of(scenario, settings, wallets)
    begun = time.perf_counter()
    # The start is not counted, so the collector need not slow it; it then begins with everything
    # among the old, as after a long start.
    gc.disable()
    model = PlainModel(country(asked, seed, days_at_least=_PLAIN_DAYS), seed, start_s=_NOON_S)
    model.fill_wallets()
    model.env.run(until=_NOON_S + _INSTANT_S)
    gc.collect()
    gc.enable()
    start_s = time.perf_counter() - begun
    collected = _timed(model, payments)
    gc.collect()
    gc.freeze()
    gc.disable()
    uncollected = _timed(model, payments)
    gc.unfreeze()
    gc.enable()
    return {
        "wallets": wallets,
        "start_s": start_s,
        "collected": collected,
        "uncollected": uncollected,
        "peak_bytes": peak_bytes(),
    }


def _timed(model: "PlainModel", payments: int) -> Figures:
    made = model.tally.payments
    begun = time.perf_counter()
    model.run(payments)
    return {"s": time.perf_counter() - begun, "payments": model.tally.payments - made}


def parts_alone(*, scenario: str, settings: Sequence[str], seed: int, wallets: int) -> Figures:
    """Draw the tape, let the kernel answer it, and change as many random rows, each by itself."""
    from tengesim.bench.parts import measure_parts

    # Compiled functions are loaded before time is taken.
    measure_parts(scenario_of(scenario, settings, min(wallets, _WARM_WALLETS)), seed)
    found = measure_parts(scenario_of(scenario, settings, wallets), seed)
    return {"wallets": wallets, **found, "peak_bytes": peak_bytes()}


def machine_limit(*, rows: int, payments: int, repeats: int) -> Figures:
    """Change two random rows for each payment, some times over."""
    from tengesim.bench.limit import aligned_rows, move, pairs

    payer, payee = pairs(payments, rows, seed=1)
    kept = aligned_rows(rows)
    move(kept, payer[:1], payee[:1])
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        move(kept, payer, payee)
        seconds.append(time.perf_counter() - begun)
    return {"rows": rows, "payments": payments, "s": seconds}


MEASURES: Final[Mapping[str, Callable[..., Figures]]] = {
    one.__name__: one for one in (machine_limit, parts_alone, plain_simpy, whole_run)
}
"""Every measure by its name."""


def main() -> None:
    """Carry out the measure that the command line names, and print what it found as JSON."""
    name, options = sys.argv[1:]
    found = MEASURES[name](**json.loads(options))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
