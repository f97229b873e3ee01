"""Claims about access: the metrics of offline payments against ends counted one by one."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengesim.clock import DAY_US
from tengesim.metrics.access import measure_offline
from tengesim.metrics.readings import Readings
from tengesim.metrics.terms import MetricTerms
from tests.offline_world import (
    CALENDAR,
    END,
    START,
    OfflineWorld,
    Payment,
    counted,
    endings,
    section,
)

TERMS = MetricTerms(
    start_us=CALENDAR.at(START), end_us=CALENDAR.at(END), base_rate_bp=1_800, spread_bp=400
)
BUSY = [
    Payment(hour, hour % 4, hour % 3, 20_000 + 1_000 * (hour % 7)) for hour in range(6, 14 * 24)
]


def measured(rows: pd.DataFrame) -> dict[str, int | None]:
    """Return the numerators of the offline metrics of a log."""
    # Every row is a cell of its own.
    cells = rows.drop(columns="form_to").assign(count=1, day=rows["time_us"] // DAY_US)
    return {one.metric: one.numerator for one in measure_offline(Readings(rows, cells, TERMS))}


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 10_000), st.sampled_from(["0 %", "50 %"]), st.sampled_from(["0 %", "60 %"]))
def test_second_spendings_are_counted_as_they_end(seed: int, stopped: str, lost: str) -> None:
    """Goal: attempted = prevented + detected + lost. Method: against a count serial by serial."""
    offline = section(
        copies__purses="100 %",
        copies__attempts="60 %",
        copies__stopped_by_device=stopped,
        lost_devices=lost,
    )
    rows = OfflineWorld(offline, seed=seed).run(BUSY)
    found = measured(rows)
    assert {name.removeprefix("copies_"): found[name] for name in found if "copies" in name} == (
        endings(rows)
    )
    assert found["offline_payments"] == counted(rows, kind="offline_payment", status="recorded")


def test_a_world_without_copies_measures_none() -> None:
    """Goal: zero where there is nothing. Method: honest purses."""
    found = measured(OfflineWorld(section()).run(BUSY))
    assert [found[name] for name in found if "copies" in name] == [0, 0, 0, 0]
    assert found["offline_payments"]
    assert found["offline_returned"] is not None
    assert found["offline_payments"] == pytest.approx(
        (found["offline_settled"] or 0) + found["offline_returned"], abs=0
    )
