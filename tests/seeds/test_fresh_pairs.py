"""Worlds that nobody has seen before come to the same log in both engines.

A failure here is a fault of an engine, never of chance.
"""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.world_pairs import difference, run_at

pytestmark = [pytest.mark.seeds, pytest.mark.timeout(300)]

AWAY: Final = 1_000_000
"""Worlds with lower numbers are compared on every commit."""


def test_a_fresh_world_has_one_log_in_both_codes(fresh_seeds: Iterator[int]) -> None:
    """Goal: one meaning, two engines. Method: new worlds, drawn from each new seed."""
    for seed in fresh_seeds:
        number = AWAY + seed
        found = difference(run_at(number), run_at(number, "reference"))
        assert found == "", f"python -m tests.world_pairs {number}: {found}"
