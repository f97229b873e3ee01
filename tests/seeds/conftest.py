"""Seeds that nobody has run before: counted up from TENGESIM_SEED, the commit hash in CI.

Every commit sees other worlds, and the same commit always the same ones. A failing seed is run
again alone with `TENGESIM_SEED=<seed> TENGESIM_SEED_SECONDS=0 python -m pytest -q -m seeds`.
"""

import os
import time
from collections.abc import Iterator

import pytest

SEED_VARIABLE = "TENGESIM_SEED"
SECONDS_VARIABLE = "TENGESIM_SEED_SECONDS"


@pytest.fixture
def fresh_seeds(request: pytest.FixtureRequest) -> Iterator[int]:
    """Return new seeds, at least one, until this test has used its share of the seconds."""
    first = os.environ.get(SEED_VARIABLE)
    if first is None:
        pytest.skip(f"{SEED_VARIABLE} is not set; CI sets it to the commit hash")
    sharing = sum(1 for item in request.session.items if item.get_closest_marker("seeds"))
    share_s = int(os.environ.get(SECONDS_VARIABLE, "10")) / sharing
    return seeds_from(int(first), share_s)


def seeds_from(first: int, share_s: float) -> Iterator[int]:
    """Yield `first`, `first + 1` and so on while time is left."""
    latest = time.monotonic() + share_s
    seed = first
    while True:
        yield seed
        seed += 1
        if time.monotonic() >= latest:
            return
