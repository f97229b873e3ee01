"""Claims about the JSON Schema: editors accept what loads, and mark what does not."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tengesim.scenario.digest import resolved_yaml
from tengesim.scenario.load import load_scenario
from tengesim.scenario.schema import json_schema
from tengesim.scenario.shipped import shipped, shipped_names
from tengesim.scenario.text import read_document
from tengesim.scenario.tree import to_plain

BAD = Path(__file__).parents[1] / "cases" / "bad"
# Mistakes that a schema can see, in files that are YAML.
SEEN_BY_EDITORS = [
    "exponent",
    "future_format",
    "missing_format",
    "missing_sections",
    "misspelled_choice",
    "number_for_amount",
    "number_for_text",
    "quoted_format",
    "rate_without_unit",
    "section_for_list",
    "text_for_section",
    "text_for_sourced",
    "unknown_key",
    "unknown_key_below",
    "wrong_unit",
]


def plain(content: bytes) -> object:
    """Return the values of a file."""
    node, _ = read_document(content, "file.yaml")
    assert node is not None
    return to_plain(node)


@pytest.fixture(scope="module", name="validator")
def make_validator() -> Draft202012Validator:
    """Return a validator of scenarios; the schema itself is checked first."""
    schema: dict[str, Any] = json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    return Draft202012Validator(schema)


@pytest.mark.parametrize("path", sorted(shipped().rglob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_files_fit_the_schema(validator: Draft202012Validator, path: Path) -> None:
    """An arm may leave out what it inherits, at any depth."""
    values = plain(path.read_bytes())
    if isinstance(values, dict) and path.parent != shipped():
        # What the arms share is no scenario by itself; as a part of one it fits.
        values["extends"] = "school_meals"
    assert [error.message for error in validator.iter_errors(values)] == []


@pytest.mark.parametrize("name", shipped_names())
def test_resolved_scenarios_fit_the_schema(validator: Draft202012Validator, name: str) -> None:
    """A complete scenario fits the strict reading."""
    values = plain(resolved_yaml(load_scenario(name)).encode())
    assert [error.message for error in validator.iter_errors(values)] == []


@pytest.mark.parametrize("name", SEEN_BY_EDITORS)
def test_mistakes_of_form_are_marked_while_one_writes(
    validator: Draft202012Validator, name: str
) -> None:
    """What the schema can see, it sees."""
    assert not validator.is_valid(plain((BAD / f"{name}.yaml").read_bytes()))


def test_a_scenario_without_extends_must_be_complete(validator: Draft202012Validator) -> None:
    """Leaving out is for those who inherit."""
    assert not validator.is_valid({"format": 1, "name": "alone"})
    assert validator.is_valid({"format": 1, "extends": "school_meals", "name": "arm"})
