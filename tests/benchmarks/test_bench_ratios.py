"""The fast engine against what else could do the same work, in pairs, so that machines matter less.

Absolute rates belong to a machine and are judged nowhere. What is demanded here is the least for
which an engine of its own would be worth having; docs/benchmarks.md says how it is measured.
"""

from statistics import median

import pytest

from tengesim.bench.children import apart

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WALLETS = 100_000
ROUNDS = 3
REFERENCE_MIN = 10
SIMPY_MIN = 3
ASKED = {"scenario": "nation_day", "settings": [], "seed": 1, "wallets": WALLETS}
PAYMENTS = 150_000


def run(by: str) -> tuple[float, str]:
    """Return payments a second of one run, and its digest."""
    found = apart("whole_run", **ASKED, log="summary", by=by)
    return found["payments"] / found["simulate_s"], str(found["digest"])


def test_the_fast_one_is_ten_times_the_reference() -> None:
    """Goal: compiling pays. Method: three pairs of runs with one log, the median of the ratios."""
    ratios = []
    for _ in range(ROUNDS):
        (fast, digest), (reference, same) = run("fast"), run("reference")
        assert digest == same
        ratios.append(fast / reference)
    assert median(ratios) >= REFERENCE_MIN, ratios


def test_the_fast_one_is_three_times_plain_simpy() -> None:
    """Goal: an own engine pays. Method: three pairs with SimPy alone, its collector off."""
    ratios = []
    for _ in range(ROUNDS):
        fast, _ = run("fast")
        plain = apart("plain_simpy", **ASKED, payments=PAYMENTS)["uncollected"]
        ratios.append(fast * plain["s"] / plain["payments"])
    assert median(ratios) >= SIMPY_MIN, ratios
