"""How often something happens to a wallet, against the rate that the scenario states."""

import json
from typing import Any, cast

import pytest

from tengesim.institutions.reserve.custody import Custody
from tengesim.institutions.reserve.model import ReserveSection
from tengesim.institutions.reserve.vehicle import Vehicle
from tengesim.streams import Streams
from tests.reserve_world import assumed, reserve

DAYS = 3_650_000
DEVIATIONS_MAX = 4


class _Wallet:
    """All that drawing incidents reads of a vehicle."""

    main = "alem"


def incidents(rate: str, *, is_hot: bool) -> int:
    """Return how often something happens in ten thousand years."""
    nothing: dict[str, Any] = reserve({})["custody"]
    section = reserve({}, custody=nothing | {f"{_kind(is_hot)}_incidents": assumed(rate)})
    custody = Custody(
        ReserveSection.model_validate_json(json.dumps(section)).custody,
        cast("Vehicle", _Wallet()),
        cast("Any", None),
        streams=Streams(7),
        days=DAYS,
    )
    assert {one for day in custody.incidents.values() for one in day} <= {is_hot}
    return sum(map(len, custody.incidents.values()))


def _kind(is_hot: bool) -> str:  # noqa: FBT001 - the wallet itself
    return "hot" if is_hot else "cold"


def deviations(seen: int, rate: float) -> float:
    """Return how many standard deviations a binomial count is from what a rate expects."""
    chance = rate / 365
    return float(abs(seen - DAYS * chance) / (DAYS * chance * (1 - chance)) ** 0.5)


@pytest.mark.parametrize("is_hot", [True, False])
@pytest.mark.parametrize(("text", "rate"), [("100 %", 1.0), ("40 %", 0.4)])
def test_incidents_come_as_often_as_stated(text: str, rate: float, *, is_hot: bool) -> None:
    """Goal: the hazard is the stated one. Method: a binomial count of ten thousand years.

    The same count against a rate that is a tenth off must fail, so the test could notice.
    """
    seen = incidents(text, is_hot=is_hot)
    assert deviations(seen, rate) < DEVIATIONS_MAX
    assert deviations(seen, rate * 1.1) > DEVIATIONS_MAX
    assert deviations(seen, rate * 0.9) > DEVIATIONS_MAX


def test_without_a_hazard_nothing_ever_happens() -> None:
    """Goal: a rate of nothing is exact."""
    assert incidents("0 %", is_hot=True) == 0
