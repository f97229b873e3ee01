"""Everybody in Kazakhstan, or a share of them, built in columns: time and memory.

Run it by hand (`python tests/benchmarks/population_nation.py`). It measures in a fresh Python, so
that what was loaded before can make it neither faster nor larger; a slow test holds the whole
country to 60 s and 3 GB.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from decimal import Decimal
from typing import Any

_MB = 10**6


def measure(scale: str, seed: int) -> dict[str, Any]:
    """Build the shipped people once in this Python and return what it took."""
    from ruamel.yaml import YAML

    from tengesim.population.society import build
    from tengesim.population.society_model import SocietySection
    from tengesim.scenario.shipped import shipped
    from tengesim.streams import Streams

    text = (shipped() / "shared" / "kazakhstan.yaml").read_text(encoding="utf-8")
    plain = YAML(typ="safe").load(text)["population"]["people"]
    section = SocietySection.model_validate(plain)
    before = peak_bytes()
    begun, begun_cpu = time.perf_counter(), time.process_time()
    society = build(section, Decimal(scale), (7_000, 800, 1_200, 1_000), Streams(seed))
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - begun_cpu
    groups = (society.people, society.households, society.merchants, society.employers)
    return {
        "scale": scale,
        "seed": seed,
        "people": len(society.people.age),
        "households": len(society.households.size),
        "merchants": len(society.merchants.category),
        "employers": len(society.employers.region),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "people_per_s": round(len(society.people.age) / seconds),
        "column_bytes": sum(rows.nbytes for group in groups for rows in group),
        "loaded_bytes": before,
        "peak_bytes": peak_bytes(),
    }


def peak_bytes() -> int:
    """Return the most memory that this Python has had so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    return peak if sys.platform == "darwin" else peak * 1024


def measured_apart(scale: str, seed: int) -> dict[str, Any]:
    """Measure in a fresh Python."""
    command = [sys.executable, __file__, "--here", "--scale", scale, "--seed", str(seed)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def lines(found: dict[str, Any]) -> list[str]:
    """Return what was measured, in words."""
    return [
        f"scale       {found['scale']}, seed {found['seed']}",
        f"people      {found['people']:,} in {found['households']:,} households",
        f"firms       {found['merchants']:,} merchants, {found['employers']:,} employers",
        f"time        {found['seconds']:,} s, {found['people_per_s']:,} people per second",
        f"processor   {found['cpu_seconds']:,} s",
        f"columns     {found['column_bytes'] / _MB:,.0f} MB",
        f"peak        {found['peak_bytes'] / _MB:,.0f} MB",
        f"before      {found['loaded_bytes'] / _MB:,.0f} MB of them",
    ]


def main() -> None:
    """Measure and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", default="1", help="population.scale; 1 is the whole country")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.here:
        print(json.dumps(measure(chosen.scale, chosen.seed)))  # noqa: T201
        return
    found = measured_apart(chosen.scale, chosen.seed)
    print(json.dumps(found) if chosen.json else "\n".join(lines(found)))  # noqa: T201


if __name__ == "__main__":
    main()
