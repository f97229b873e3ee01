"""The whole month of school meals in Astana on the reference engine: time, rate and memory.

Run it by hand (`python tests/benchmarks/full_month.py`); no test judges the time, because that
belongs to the machine. Everything is measured in a fresh Python, so that neither what was loaded
nor what was kept before can make it faster or larger.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

PHASES = ("load", "build", "simulate", "metrics", "write")
_GIB = 2**30


def measure(scenario: str, scale: str, seed: int) -> dict[str, Any]:
    """Run `scenario` once in this Python and return what it took."""
    from tengesim.engine.run import simulate
    from tengesim.engine.size import estimate_bytes
    from tengesim.scenario.load import load_scenario
    from tengesim.store.write import write_run

    begun = time.perf_counter()
    loaded = load_scenario(scenario, settings=[f"population.scale={scale}"])
    seconds = {"load": time.perf_counter() - begun}
    run = simulate(loaded, seed=seed)
    seconds |= {"build": run.phases["build"], "simulate": run.phases["simulate"]}
    peaks = {"simulate": peak_bytes()}
    begun = time.perf_counter()
    # The tables and metrics are made when they are first asked for.
    metrics = len(run.metrics)
    seconds["metrics"] = time.perf_counter() - begun
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = write_run(run, folder)
        seconds["write"] = time.perf_counter() - begun
        stored = sum(file.stat().st_size for file in path.iterdir())
    peaks["end"] = peak_bytes()
    return {
        "scenario": scenario,
        "scale": scale,
        "seed": seed,
        "digest": run.digest,
        "payments": run.payments,
        "rows": len(run.rows),
        "metrics": metrics,
        "stored_bytes": stored,
        "seconds": {phase: round(seconds[phase], 3) for phase in PHASES},
        "payments_per_s": round(run.payments / seconds["simulate"]),
        "peak_bytes": peaks,
        "estimate_bytes": estimate_bytes(loaded),
    }


def peak_bytes() -> int:
    """Return the most memory that this Python has had so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    return peak if sys.platform == "darwin" else peak * 1024


def machine() -> dict[str, Any]:
    """Return what the figures depend on besides the program."""
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "simpy": version("simpy"),
    }


def cpu_model() -> str:
    """Return the name of the processor as the system gives it."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def lines(found: dict[str, Any]) -> list[str]:
    """Return what was measured, in words."""
    host, seconds, peaks = found["machine"], found["seconds"], found["peak_bytes"]
    return [
        f"scenario        {found['scenario']}, seed {found['seed']}",
        f"scale           {found['scale']}",
        f"machine         {host['cpu']}, {host['cores']} cores, {host['system']}",
        f"versions        Python {host['python']}, NumPy {host['numpy']}, SimPy {host['simpy']}",
        f"payments        {found['payments']:,}",
        f"rows of log     {found['rows']:,}, {found['stored_bytes'] / 1e6:,.1f} MB on disk",
        f"log digest      {found['digest']}",
        *(f"{phase:<15} {seconds[phase]:,.2f} s" for phase in PHASES),
        f"rate            {found['payments_per_s']:,} payments per second of `simulate`",
        f"memory, run     {peaks['simulate'] / _GIB:.2f} GiB at most up to the end of `simulate`",
        f"memory, all     {peaks['end'] / _GIB:.2f} GiB at most up to the end of `write`",
        f"estimate        {found['estimate_bytes'] / _GIB:.2f} GiB (engine/size.py)",
    ]


def main() -> None:
    """Measure in a fresh Python and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenario", default="school_meals")
    parser.add_argument("--scale", default="1", help="population.scale; 1 is all of Astana")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.here:
        print(json.dumps(measure(chosen.scenario, chosen.scale, chosen.seed)))  # noqa: T201
        return
    command = [sys.executable, __file__, "--here", "--scenario", chosen.scenario]
    command += ["--scale", chosen.scale, "--seed", str(chosen.seed)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = {"machine": machine(), **json.loads(answer.stdout)}
    print(json.dumps(found) if chosen.json else "\n".join(lines(found)))  # noqa: T201


if __name__ == "__main__":
    main()
