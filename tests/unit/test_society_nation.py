"""The whole country can be built where a laptop has room for it."""

import pytest

from tests.benchmarks.population_nation import measured_apart

SECONDS_MAX = 60
BYTES_MAX = 3 * 10**9


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_million_people_take_a_minute_and_three_gigabytes_at_most() -> None:
    """Goal: scale 1 is usable. Method: time of one processor and peak memory of a fresh Python."""
    found = measured_apart("1", 1)
    assert found["people"] == 20_495_975
    # It works on one processor, so on a machine that does nothing else this is the time.
    assert found["cpu_seconds"] < SECONDS_MAX
    assert found["peak_bytes"] < BYTES_MAX


def test_a_person_takes_less_than_sixty_bytes() -> None:
    """Goal: the claim above is watched by every run. Method: columns of a hundredth."""
    found = measured_apart("0.01", 1)
    assert found["column_bytes"] / found["people"] < 60
