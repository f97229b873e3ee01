"""Stories that nobody has told the ledger before leave it equal to the naive one.

The same rules and checks as in `tests/properties`, with examples drawn from the seed. A failure is
a fault of the ledger or of replay, never of chance; Hypothesis prints the shortest story it finds.
"""

from collections.abc import Iterator

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.ledger_machine import LedgerMachine

pytestmark = [pytest.mark.seeds, pytest.mark.timeout(300)]

STORIES = settings(
    derandomize=False,
    max_examples=25,
    stateful_step_count=60,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_a_fresh_story_keeps_the_ledger_equal_to_the_naive_one(fresh_seeds: Iterator[int]) -> None:
    """Goal: R-01 to R-04 and replay. Method: 25 stories a seed, checked after every act."""
    for seed in fresh_seeds:
        run_state_machine_as_test(hypothesis.seed(seed)(_machine()), settings=STORIES)


def _machine() -> type[LedgerMachine]:
    """Return a machine of its own, so that one seed leaves no trace on the next."""
    return type("FreshLedgerMachine", (LedgerMachine,), {})
