"""Claims about settings: they reach what the scenario has, and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.errors import Finding, ScenarioError
from tengesim.findings import FINDING_CODES
from tengesim.scenario.digest import scenario_digest
from tengesim.scenario.load import load_scenario
from tengesim.scenario.model import Scenario
from tengesim.scenario.settings import apply_settings
from tengesim.scenario.text import read_document

MARK = "marks.school_meals.2026-02"


def load(*settings: str) -> Scenario:
    """Load the shipped scenario with settings."""
    return load_scenario("school_meals", settings=settings)


def refused(*settings: str) -> list[Finding]:
    """Return the findings about settings of the shipped scenario."""
    with pytest.raises(ScenarioError) as error:
        load(*settings)
    return list(error.value.findings)


def test_a_value_set_onto_a_sourced_section_is_its_value() -> None:
    """The range and the source stay."""
    price = load("programmes.school_meals.price=800 KZT").programmes["school_meals"].price
    assert (price.value, price.low, price.high) == (80_000, 77_500, 95_100)


def test_a_part_of_a_sourced_section_can_be_set() -> None:
    """A value outside the range needs the range too."""
    path = "programmes.school_meals.price"
    (found,) = refused(f"{path}=700 KZT")
    assert (found.code, found.file, found.line) == ("SOURCED_ORDER", "--set", None)
    assert "set `low` and `high` too" in found.render()
    assert load(f"{path}=700 KZT", f"{path}.low=600 KZT") is not None


def test_settings_are_read_like_files() -> None:
    """Numbers are numbers, words are words, leading zeroes stay, quotes mean text."""
    scenario = load("region=010203400017", "title='2026'", "population.scale=0.25", "seed=7")
    assert (scenario.region, scenario.title, scenario.seed) == ("010203400017", "2026", 7)
    assert str(scenario.population.scale) == "0.25"


def test_later_settings_win() -> None:
    """The last word counts."""
    assert load("seed=1", "seed=2").seed == 2


def test_items_of_lists_are_reached_by_name_or_number() -> None:
    """`second_tier.bank_a` and `second_tier[0]` are the same bank."""
    path = "banks.second_tier"
    by_name = load(f"{path}.bank_a.share=72 %", f"{path}.bank_b.share=28 %")
    by_number = load(f"{path}[0].share=72 %", f"{path}.1.share.value=28 %")
    assert scenario_digest(by_name) == scenario_digest(by_number)


def test_keys_with_dots_are_reached() -> None:
    """The longest key that fits is meant."""
    assert str(load(f"{MARK}.valid_until=2026-03-01").marks) != str(load().marks)


def test_what_stands_only_by_default_can_be_set() -> None:
    """`run.log` is in no file, and yet the scenario has it."""
    assert load("run.log=full").run.log == "full"
    (found,) = refused("run.log=everything")
    assert (found.code, found.path) == ("CHOICE", "run.log")


def test_lists_and_sections_can_be_set() -> None:
    """What starts with a bracket is read as YAML."""
    assert load("clock.holidays=[]").clock.holidays == ()
    assert load("study=null").study is None


@pytest.mark.parametrize(
    ("setting", "code", "fragment"),
    [
        ("sede=5", "SETTING_UNKNOWN", "did you mean 'seed'?"),
        ("scale=5", "SETTING_UNKNOWN", "did you mean 'population.scale'?"),
        ("population.scael=5", "SETTING_UNKNOWN", "did you mean 'population.scale'?"),
        ("population.scale.x=5", "SETTING_UNKNOWN", "nothing at this path"),
        ("banks.second_tier.9.share=5 %", "SETTING_UNKNOWN", "nothing at this path"),
        ("banks.second_tier.999999999.share=5 %", "SETTING_UNKNOWN", "nothing at this path"),
        ("study={arms: [], x: 1}", "SETTING_UNKNOWN", "x: the key means nothing here"),
        ("population.scale=-1", "RANGE", "expected more than 0"),
        ("population=5", "MAPPING_EXPECTED", "the number 5 stands here"),
        ("seed=" + "1" * 41, "NUMBER_TOO_LONG", "more than 40 digits"),
        ("title=[a", "SYNTAX", "a square bracket is not closed"),
        ("title=[*a]", "ALIAS", "the alias *a"),
        ("seed", "SETTING", "'seed' is not a setting"),
        ("=5", "SETTING", "is not a setting"),
        ("a..b=5", "SETTING", "is not a setting"),
        ("", "SETTING", "is not a setting"),
        ("title=a\0b", "SETTING", "is not a setting"),
        ("title=" + "x" * 20_000, "SETTING", "is not a setting"),
        (".".join("x" * 50) + "=1", "SETTING", "is not a setting"),
    ],
)
def test_what_cannot_be_set_is_refused_with_its_path(
    setting: str, code: str, fragment: str
) -> None:
    """One finding that stands on the command line and not in a file."""
    found = refused(setting)
    assert code in [one.code for one in found]
    assert any(fragment in one.render() for one in found)
    assert {one.file for one in found} == {"--set"}


def test_a_setting_may_supply_what_a_scenario_lacks(
    tmp_path: Path,
) -> None:
    """A file that leaves a choice open loads as soon as the choice is made."""
    text = "format: 1\nextends: school_meals\ntitle: null\n"
    path = tmp_path / "open.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_scenario(path, settings=["title=Chosen"]).title == "Chosen"


def test_findings_of_files_and_settings_come_together() -> None:
    """A wrong setting does not hide another."""
    assert [one.code for one in refused("sede=1", "population.scale=0", "seed")] == [
        "SETTING",
        "RANGE",
        "SETTING_UNKNOWN",
    ]


TREE, _ = read_document(
    b"a: {b: [{id: c, d: 1}, 2], e.f: null}\ng: {value: 1, source: x}\n", "t.yaml"
)
PATHS = ["a", "b", "c", "d", "e", "f", "g", "value", "0", "1", "9", "", "x", "id"]
SETTINGS = st.builds(
    lambda keys, sign, value: ".".join(keys) + sign + value,
    st.lists(st.sampled_from(PATHS), max_size=5),
    st.sampled_from(["=", "", "=="]),
    st.text(max_size=10) | st.sampled_from(["[1, 2]", "{a: 1}", "{", "5 %", "null", "'", "''"]),
)


@given(st.lists(SETTINGS | st.text(max_size=20), max_size=4))
def test_any_text_is_a_setting_or_a_finding(texts: list[str]) -> None:
    """No text raises, and what is not set is told, each with a code of the catalogue."""
    assert TREE is not None
    _, found = apply_settings(TREE, texts, complete=lambda root: root)
    assert {one.code for one in found} <= FINDING_CODES.keys()
    assert all(one.file == "--set" and one.line is None for one in found)
