"""How a run is carried out: said in the scenario, outside its digest, and refused when wrong."""

import pytest

from tengesim.errors import ScenarioError
from tengesim.scenario.digest import resolved_yaml, scenario_digest
from tengesim.scenario.load import load_scenario, load_upload
from tengesim.scenario.schema import json_schema

MEALS = "school_meals"


def test_a_run_keeps_its_whole_log_unless_told_otherwise() -> None:
    """Goal: nothing is dropped by default. Method: a scenario that does not say."""
    run = load_scenario(MEALS).run
    assert (run.log, run.sample) == ("full", 100)


def test_the_log_mode_stands_outside_the_scenario_digest() -> None:
    """Goal: the same question has one digest. Method: digests of three ways of keeping the log."""
    asked = [
        load_scenario(MEALS, settings=settings)
        for settings in ((), ("run.log=summary",), ("run.log=sampled", "run.sample=7"))
    ]
    assert len({scenario_digest(scenario) for scenario in asked}) == 1


def test_the_resolved_scenario_says_what_was_kept() -> None:
    """Goal: a run folder tells how it was made. Method: the resolved text, read again."""
    scenario = load_scenario(MEALS, settings=["run.log=sampled", "run.sample=7 payments"])
    again = load_upload(resolved_yaml(scenario).encode(), name="resolved")
    assert (again.run.log, again.run.sample) == ("sampled", 7)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("run.log=ful", "run.log: the text 'ful' is not one of the choices; expected 'full', "),
        ("run.log=3", "run.log: the number 3 is not one of the choices"),
        ("run.sample=0", "run.sample: the number 0 is out of range; expected at least 1"),
        ("run.sample=2 m people", "run.sample: "),
        ("run.lgo=full", "did you mean 'run.log'?"),
    ],
)
def test_a_wrong_value_is_a_finding(setting: str, said: str) -> None:
    """Goal: what, where, expected, what to do. Method: one wrong setting a row."""
    with pytest.raises(ScenarioError) as refused:
        load_scenario(MEALS, settings=[setting])
    assert said in str(refused.value)


def test_the_schema_lists_the_modes() -> None:
    """Goal: editors complete them. Method: the section in the JSON Schema."""
    section = json_schema()["$defs"]["RunSection"]["properties"]
    assert section["log"]["enum"] == ["full", "sampled", "summary"]
