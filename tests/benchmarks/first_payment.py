"""Seconds from the start of Python to the first simulated payment, first and next start.

Run it by hand (`python tests/benchmarks/first_payment.py`). The first start finds an empty folder
for machine code and compiles; the next ones load it. Processor time says more than the wall where
other programs run. Python may keep its own `.pyc` files, as it does where nobody forbids it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

START = """
import json, os, sys, time
begun = time.perf_counter() - time.process_time()
from tengesim import cli
from tengesim.scenario.load import load_scenario
scenario = load_scenario(sys.argv[1])
from tengesim.engine.size import check_size
check_size(scenario)
from tengesim.report import text
from tengesim.store import read, reuse, write
from tengesim.engine import fast, run

answer = fast.drain

def drain(window, world, log, cursor, until_us):
    before = int(cursor[fast.at.NEXT])
    answer(window, world, log, cursor, until_us)
    if int(cursor[fast.at.NEXT]) > before:
        print(json.dumps([time.process_time(), time.perf_counter() - begun]), flush=True)
        os._exit(0)

fast.drain = drain
run.simulate(scenario)
"""


def start(scenario: str, folder: Path) -> tuple[float, float]:
    """Return seconds of the processor and of the wall until the first payment."""
    variables = {**os.environ, "TENGESIM_CACHE": str(folder)}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", START, scenario],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    processor_s, wall_s = json.loads(done.stdout.splitlines()[-1])
    return processor_s, wall_s


def main() -> None:
    """Measure and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenario", default="school_meals")
    parser.add_argument("--again", type=int, default=3, help="starts after the first")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1 + chosen.again):
            processor_s, wall_s = start(chosen.scenario, Path(folder))
            told = "first start" if number == 0 else "next start"
            print(f"{told}: {processor_s:.2f} s of the processor, {wall_s:.2f} s")  # noqa: T201


if __name__ == "__main__":
    main()
