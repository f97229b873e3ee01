"""Memory of whole runs: it does not grow with days in a summary, and is about what was estimated.

Each run has a process of its own, because a peak never goes down again.
"""

import json
import subprocess
import sys

import pytest

from tengesim import load_scenario
from tengesim.engine.size import estimate_bytes

PEOPLE = "population.scale=0.0049"
"""A hundred thousand people."""
DAY, WEEK = "clock.end=2026-03-04", "clock.end=2026-03-10"
ROWS_OF_A_DAY_BYTES = 4_000 * 3 * 107
"""What the rows of one day of the smallest world would take, were they kept."""

MEASURE = """
import json, pathlib, re, resource, sys, tracemalloc
from tengesim import load_scenario, simulate
scenario = load_scenario("nation_day", settings=sys.argv[2:])
if sys.argv[1] == "traced":
    simulate(scenario)
    tracemalloc.start()
run = simulate(scenario)
taken = tracemalloc.get_traced_memory()[1] if sys.argv[1] == "traced" else 0
run.metrics
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
status = pathlib.Path("/proc/self/status")
if status.is_file():
    # The figure above may be that of a large process which started this one.
    peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]) * 1024
print(json.dumps([taken, peak, run.payments]))
"""


def measured(how: str, *settings: str) -> tuple[int, int, int]:
    """Return traced bytes of a run, peak bytes of its process, and its payments."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, how, *settings],
        capture_output=True,
        text=True,
        check=True,
    )
    taken, peak, payments = json.loads(done.stdout)
    return taken, peak, payments


@pytest.mark.slow
def test_a_summary_takes_no_more_memory_for_a_week_than_for_a_day() -> None:
    """Goal: memory does not grow with simulated days. Method: traced peaks of two lengths.

    The first run of each process is not counted, as it loads compiled code.
    """
    day, _, few = measured("traced", "population.scale=0.0001", DAY)
    week, _, many = measured("traced", "population.scale=0.0001", WEEK)
    assert many > 6 * few
    assert week < day + 2 * ROWS_OF_A_DAY_BYTES


@pytest.mark.slow
def test_the_whole_log_of_a_week_takes_more_memory() -> None:
    """Goal: the test above can fail. Method: the same lengths with every row kept."""
    day, *_ = measured("traced", "population.scale=0.0001", DAY, "run.log=full")
    week, *_ = measured("traced", "population.scale=0.0001", WEEK, "run.log=full")
    assert week > day + 2 * ROWS_OF_A_DAY_BYTES


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["summary", "full"])
@pytest.mark.parametrize("end", [DAY, WEEK])
def test_an_estimate_is_within_a_factor_of_two(mode: str, end: str) -> None:
    """Goal: refusals are right. Method: peaks of processes with a hundred thousand people."""
    settings = (PEOPLE, f"run.log={mode}", end)
    estimate = estimate_bytes(load_scenario("nation_day", settings=settings))
    _, peak, _ = measured("plain", *settings)
    assert peak / 2 < estimate < 2 * peak
