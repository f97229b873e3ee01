"""Runs that would not fit are refused by arithmetic, before anything large is built."""

import re
import tracemalloc
from decimal import Decimal

import pytest

from tengesim import Scenario, load_scenario, simulate
from tengesim.engine.size import MEMORY_LIMIT_BYTES, check_size, estimate_bytes
from tengesim.errors import SizeError
from tests.worlds import ARMS, MARKED


def at_scale(scale: str, arm: str = MARKED) -> Scenario:
    """Return a shipped scenario at a scale."""
    return load_scenario(arm, settings=[f"population.scale={scale}"])


@pytest.mark.parametrize("arm", ARMS)
def test_the_whole_city_fits(arm: str) -> None:
    """Goal: 111,000 pupils run. Method: the estimate at scale 1 is below the limit."""
    check_size(at_scale("1", arm))
    assert estimate_bytes(at_scale("1", arm)) < MEMORY_LIMIT_BYTES // 2


def test_the_estimate_grows_with_pupils_and_days() -> None:
    """Goal: larger questions need more. Method: scales in order, then one day against a month."""
    sizes = [estimate_bytes(at_scale(scale)) for scale in ("0.01", "0.1", "1", "10")]
    assert sizes == sorted(set(sizes))
    last = "programmes.school_meals.term.last=2026-02-02"
    one_day = load_scenario(MARKED, settings=["population.scale=1", last])
    assert estimate_bytes(one_day) < sizes[2]


@pytest.mark.parametrize("scale", ["100", "9000", "10000"])
def test_what_does_not_fit_is_refused_without_building_it(scale: str) -> None:
    """Goal: R-30. Method: memory taken while refusing; the message names size, limit, remedy."""
    scenario = at_scale(scale)
    tracemalloc.start()
    try:
        with pytest.raises(SizeError) as refused:
            simulate(scenario)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
    pupils = int(111_000 * Decimal(scale))
    said = str(refused.value)
    assert f"{pupils:,} pupils" in said
    assert "16 GiB" in said


def test_the_scale_that_is_proposed_fits() -> None:
    """Goal: the remedy works. Method: run the check again with the scale of the message."""
    with pytest.raises(SizeError) as refused:
        check_size(at_scale("1000"))
    found = re.search(r"lower population\.scale to ([\d.]+) or less", str(refused.value))
    assert found is not None
    check_size(at_scale(found[1]))
    with pytest.raises(SizeError):
        check_size(at_scale(str(Decimal(found[1]) * 2)))


def test_a_whole_country_of_contracts_is_refused_by_their_number() -> None:
    """Goal: budgets have a size too. Method: every contract of the country, then a thousandth."""
    with pytest.raises(SizeError, match=r"1,9\d\d,\d\d\d contracts need"):
        check_size(at_scale("1", "budget_year"))
    check_size(at_scale("0.001", "budget_year"))


def test_a_country_of_payers_is_refused_by_its_people() -> None:
    """Goal: people count as pupils do. Method: the month of households at full size."""
    with pytest.raises(SizeError, match="20,495,975 people"):
        check_size(at_scale("1", "household_month"))
    month = at_scale("0.0001", "household_month")
    alone = month.model_copy(update={"retail": None})
    assert estimate_bytes(at_scale("0.0002", "household_month")) > estimate_bytes(month)
    assert estimate_bytes(month) > estimate_bytes(alone)


def test_a_nation_of_wallets_fits_and_a_billion_do_not() -> None:
    """Goal: the largest world of the facts runs. Method: the estimate, at once and fifty times."""
    nation = at_scale("1", "nation_day")
    check_size(nation)
    assert estimate_bytes(nation) < MEMORY_LIMIT_BYTES // 2
    with pytest.raises(SizeError, match=r"1,024,798,750 people need about \d\d\d GiB; .* 16 GiB"):
        check_size(at_scale("50", "nation_day"))


def test_days_cost_memory_only_where_rows_are_kept() -> None:
    """Goal: long runs are possible. Method: a day and a month in each mode of the log."""

    def needed(mode: str, end: str) -> int:
        settings = ["population.scale=0.01", f"run.log={mode}", f"clock.end={end}"]
        return estimate_bytes(load_scenario("nation_day", settings=settings))

    assert needed("summary", "2026-03-04") == needed("summary", "2026-04-02")
    month = [needed(mode, "2026-04-02") for mode in ("summary", "sampled", "full")]
    assert month == sorted(set(month))
    assert needed("full", "2026-03-04") < month[2] // 5
