"""Claims about what a scenario is: its digest, and its text with nothing left out."""

import os
import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.parameter import Identifier, Number, Section
from tengesim.scenario.digest import resolved_yaml, scenario_digest
from tengesim.scenario.load import load_scenario, load_upload
from tengesim.scenario.shipped import shipped_names
from tengesim.scenario.text import read_document
from tengesim.scenario.tree import to_plain

HEAD = "format: 1\nextends: school_meals\n"


class Anything(Section):
    """A section whose one key can hold whatever a scenario can."""

    thing: object


class Words(Section):
    """A section with a set, which Python walks in another order each time."""

    words: frozenset[Identifier]
    scale: Number


def digest_of(text: str) -> str:
    """Return the digest of the shipped scenario with some lines of its own."""
    return scenario_digest(load_upload(f"{HEAD}{text}".encode(), name="upload.yaml"))


@pytest.mark.parametrize("name", shipped_names())
def test_a_resolved_scenario_is_the_same_scenario(name: str) -> None:
    """What a run folder keeps can be run again, and is written the same again."""
    scenario = load_scenario(name)
    written = resolved_yaml(scenario)
    again = load_upload(written.encode(), name="scenario.yaml")
    assert again == scenario
    assert scenario_digest(again) == scenario_digest(scenario)
    assert resolved_yaml(again) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# A comment.\n",
        "seed: 99\n",
        "run: {log: full}\n",
        "population: {scale: 0.10}\n",
        "population:\n  pupils:\n    value: 111 k pupils\n",
        "programmes: {school_meals: {price: {value: 81100 tiyn}}}\n",
        "behaviour: {school_meals: {absence: {value: 800 bp}}}\n",
    ],
)
def test_seed_run_notation_and_comments_stand_outside_the_digest(text: str) -> None:
    """What cannot change a result but by chance does not change the name of a run."""
    assert digest_of(text) == scenario_digest(load_scenario("school_meals"))


@pytest.mark.parametrize(
    "text",
    [
        "name: other\n",
        "population: {scale: 0.11}\n",
        "programmes: {school_meals: {price: {value: 810 KZT}}}\n",
        "programmes: {school_meals: {price: {high: 952 KZT}}}\n",
        "clock: {holidays: []}\n",
    ],
)
def test_what_a_scenario_says_changes_its_digest(text: str) -> None:
    """Ranges and names belong to what is said."""
    assert digest_of(text) != scenario_digest(load_scenario("school_meals"))


def test_a_digest_is_hexadecimal_sha_256() -> None:
    """Folders are named by its beginning."""
    digest = scenario_digest(load_scenario("school_meals"))
    assert len(digest) == 64
    assert int(digest, 16) >= 0


PRINT_WORDS = """
from decimal import Decimal
from tengesim.scenario.digest import resolved_yaml, scenario_digest
from tests.unit.test_scenario_digest import Words

words = Words(words=frozenset("abcdefgh"), scale=Decimal("0.5"))
print(scenario_digest(words), resolved_yaml(words))
"""


def test_the_order_of_sets_does_not_show() -> None:
    """Another hash seed gives the same digest and the same text."""
    words = Words(words=frozenset({"b", "a"}), scale=Decimal(1))
    assert resolved_yaml(words) == "words:\n  - a\n  - b\nscale: 1\n"
    printed = {
        subprocess.run(
            [sys.executable, "-c", PRINT_WORDS],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(printed) == 1


def test_equal_numbers_have_one_digest() -> None:
    """0.5 and 0.50 are one number, and so are 1 and 1.0."""
    pairs = [("0.5", "0.50"), ("1", "1.0"), ("100", "1E+2")]
    for one, other in pairs:
        first, second = (Words(words=frozenset(), scale=Decimal(text)) for text in (one, other))
        assert scenario_digest(first) == scenario_digest(second)


TEXTS = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc", "Zl", "Zp"],
        exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff",
    )
    | st.just("\n"),
    max_size=20,
)
DECIMALS = st.integers(0, 10**9).map(lambda digits: digits / 1_000)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | DECIMALS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter("<<".__ne__), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_whatever_is_written_is_read_back(value: object) -> None:
    """Words that other readers take for something else are quoted, and nothing is lost."""
    written = resolved_yaml(Anything(thing=value))
    node, found = read_document(written.encode(), "written.yaml")
    assert found == []
    assert node is not None
    assert to_plain(node) == {"thing": _with_decimals(value)}


def _with_decimals(value: object) -> object:
    """Return the value with the exact numbers that a file holds for floats."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [_with_decimals(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_decimals(item) for key, item in value.items()}
    return value
