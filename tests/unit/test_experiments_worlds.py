"""Comparisons of every kind of world: nothing about them is made for meals alone."""

from pathlib import Path

import pytest

from tengesim import load_scenario
from tengesim.experiments.compare import compare
from tengesim.experiments.levers import Lever, assumptions, levers
from tengesim.scenario.shipped import shipped_names
from tests.campaigns import week
from tests.worlds import HEADCOUNT


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_scenario_has_levers_and_assumptions(name: str) -> None:
    """Goal: any scenario can be a base. Method: itself, and one assumption at another end."""
    base = load_scenario(name)
    assert levers(base, base) == ()
    found = assumptions(base)
    assert len({one.path for one in found}) == len(found) > 10
    one = next(each for each in found if "share" not in each.path and each.high != each.value)
    variant = load_scenario(name, settings=[f"{one.path}={one.high_text}"])
    assert levers(base, variant) == (Lever(one.path, one.value_text, one.high_text),)


def test_worlds_of_different_kinds_are_compared_where_they_can_be(tmp_path: Path) -> None:
    """Goal: metrics are joined by name. Method: a world of households beside one of meals."""
    households = load_scenario("household_month", settings=["population.scale=0.00002"])
    days = households.clock.model_copy(
        update={"end": households.clock.start.replace(day=households.clock.start.day + 3)}
    )
    short = households.model_copy(update={"clock": days})
    done = compare(week(HEADCOUNT), short, replications=1, draws=0, workers=2, out=tmp_path)
    assert done.errors.empty
    pairs = done.stored.pairs.set_index("metric")
    meals = pairs.loc["phantom_meals"]
    assert meals["base"] == meals["base"]
    assert meals["value"] != meals["value"]
    assert meals["difference"] != meals["difference"]
    assert set(pairs.index) > {"leakage", "deposit_displacement"}
