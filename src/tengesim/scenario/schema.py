"""The JSON Schema of a scenario, from which editors complete and check while one writes.

Two readings stand in it: a scenario that extends another may leave out what it inherits, at any
depth, and every other scenario may not. Apart from the model because both come from its fields.
"""

from typing import Any

from pydantic import BaseModel

from tengesim.scenario.model import Scenario

__all__ = ["json_schema", "schema_of"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_DEFS = "#/$defs/"
_PART = "part-of-"
_EXTENDS = {
    "type": "string",
    "description": "The scenario whose values hold where this one says nothing:"
    " a shipped name, or a relative path.",
}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scenario file."""
    return schema_of(Scenario)


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of files that hold a model."""
    whole = model.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = whole.pop("$defs", {})
    parts = {f"{_PART}{name}": _loosened(inner) for name, inner in definitions.items()}
    part = _loosened(whole)
    part["properties"] = {"extends": _EXTENDS, **part.get("properties", {})}
    part["required"] = ["extends", "format"]
    for reading in (whole, part):
        reading["properties"].setdefault("format", {"const": 1})
    return {
        "$schema": _DRAFT,
        "title": whole.get("title", model.__name__),
        "description": "A scenario: one file, complete or extending another.",
        "type": "object",
        "if": {"required": ["extends"]},
        "then": part,
        "else": whole,
        "$defs": definitions | parts,
    }


def _loosened(schema: Any) -> Any:  # noqa: ANN401 (any part of a JSON document)
    """Return a schema in which nothing is required, and that refers to such ones."""
    if isinstance(schema, list):
        return [_loosened(inner) for inner in schema]
    if isinstance(schema, str):
        return schema.replace(_DEFS, f"{_DEFS}{_PART}") if schema.startswith(_DEFS) else schema
    if not isinstance(schema, dict):
        return schema
    # Without what they require, several alternatives of a union may fit.
    return {
        "anyOf" if word == "oneOf" else word: _loosened(inner)
        for word, inner in schema.items()
        if word != "required" or not isinstance(inner, list)
    }
