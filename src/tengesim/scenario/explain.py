"""Complaints of the validator as findings: one code each, in our words, at the line concerned.

A message never quotes more than one short value, whatever the input; pydantic's own texts name
Python types, which an author of scenarios has no use for.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tengesim.errors import Finding
from tengesim.scenario.text import Listing, Mapping, Node, Scalar, shorten
from tengesim.scenario.tree import Key, locate, nearest

__all__ = ["SETTING_FILE", "findings_of", "in_order", "known_keys", "placed"]

SETTING_FILE = "--set"

_LISTED_MAX = 12
_SENTENCE_MAX = 400
# Looking for a similar word is the only costly step, so a hostile file gets it a few times only.
_SUGGESTED_MAX = 50
_KINDS = {
    "bool_parsing": "TRUE_FALSE_EXPECTED",
    "bool_type": "TRUE_FALSE_EXPECTED",
    "dataclass_type": "MAPPING_EXPECTED",
    "date_from_datetime_parsing": "DATE",
    "date_parsing": "DATE",
    "date_type": "DATE",
    "decimal_parsing": "NUMBER_EXPECTED",
    "decimal_type": "NUMBER_EXPECTED",
    "dict_type": "MAPPING_EXPECTED",
    "finite_number": "RANGE",
    "float_parsing": "NUMBER_EXPECTED",
    "float_type": "NUMBER_EXPECTED",
    "frozen_set_type": "LIST_EXPECTED",
    "int_from_float": "WHOLE_NUMBER_EXPECTED",
    "int_parsing": "WHOLE_NUMBER_EXPECTED",
    "int_parsing_size": "RANGE",
    "int_type": "WHOLE_NUMBER_EXPECTED",
    "list_type": "LIST_EXPECTED",
    "mapping_type": "MAPPING_EXPECTED",
    "model_attributes_type": "MAPPING_EXPECTED",
    "model_type": "MAPPING_EXPECTED",
    "set_type": "LIST_EXPECTED",
    "string_type": "TEXT_EXPECTED",
    "string_unicode": "TEXT_EXPECTED",
    "tuple_type": "LIST_EXPECTED",
}
_EXPECTED = {
    "DATE": "a date such as 2026-02-01",
    "LIST_EXPECTED": "a list",
    "MAPPING_EXPECTED": "a section",
    "NUMBER_EXPECTED": "a number such as 0.25 or 12",
    "TEXT_EXPECTED": "a text",
    "TRUE_FALSE_EXPECTED": "true or false",
    "WHOLE_NUMBER_EXPECTED": "a whole number such as 12",
}
_RANGES = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} characters",
    "too_long": "at most {max_length} entries",
    "too_short": "at least {min_length} entries",
}


def findings_of(error: ValidationError, root: Node, model: type[BaseModel]) -> list[Finding]:
    """Return one finding for each complaint, in the order of lines."""
    details = error.errors(include_url=False, include_input=False)
    schema: dict[str, Any] = {}
    if any(detail["type"] == "extra_forbidden" for detail in details):
        schema = model.model_json_schema(by_alias=True)
    found = [
        _finding(detail, root, schema if number < _SUGGESTED_MAX else {})
        for number, detail in enumerate(details)
    ]
    return in_order(found)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by file and line, each once."""
    return sorted(dict.fromkeys(findings), key=_order)


def placed(finding: Finding, root: Node, keys: tuple[Key, ...]) -> Finding:
    """Return a finding with the file, line and path of what it is about."""
    _, place, named = locate(root, keys)
    return Finding(
        finding.code,
        finding.message,
        finding.file or place.file,
        finding.line or place.line,
        finding.path or ".".join(named) or None,
        finding.expected,
        finding.do,
    )


def known_keys(schema: dict[str, Any], root: Node, keys: tuple[Key, ...]) -> list[str]:
    """Return the keys that a section at a path may have, by the JSON Schema of the scenario."""
    alternatives = list(_alternatives(schema, schema, root))
    node: Node | None = root
    for key in keys:
        node = _child(node, key)
        steps = [step for one in alternatives for step in _steps(one, key)]
        alternatives = [flat for step in steps for flat in _alternatives(step, schema, node)]
    return sorted({word for one in alternatives for word in one.get("properties", {})})


def _finding(detail: ErrorDetails, root: Node, schema: dict[str, Any]) -> Finding:
    context = detail.get("ctx", {})
    keys: tuple[Key, ...] = (*detail["loc"], *context.get("at", ()))
    node, place, named = locate(root, keys)
    path = ".".join(named) or None
    code, message, expected, do = _told(detail, node)
    if detail["type"] == "extra_forbidden":
        known = known_keys(schema, root, keys[:-1]) if schema else []
        close = nearest(str(keys[-1]), known)
        do = f"did you mean {close!r}?" if close else "remove the line"
        expected = ", ".join(known) if 0 < len(known) <= _LISTED_MAX and not close else None
        if place.file == SETTING_FILE:
            code = "SETTING_UNKNOWN"
    elif code == "SOURCED_ORDER" and place.file == SETTING_FILE:
        do = "set `low` and `high` too"
    elif detail["type"] == "missing":
        message = f"{str(keys[-1])!r} is missing"
        do = "add the key"
    return Finding(
        code, _cut(message), place.file, place.line, path, expected and _cut(expected), do
    )


def _told(detail: ErrorDetails, node: Node) -> tuple[str, str, str | None, str | None]:
    """Return the code, the message, what was expected and what to do."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind.isupper():
        message = str(context["message"])
        if message.endswith(" was given"):
            message = f"{_shown(node)} stands here"
        return kind, message, context.get("expected"), context.get("do") or _advice(kind, node)
    if kind in ("value_error", "assertion_error"):
        complaint = str(context.get("error", detail["msg"])).partition("; expected ")
        return "VALUE", complaint[0], complaint[2] or None, None
    teller = _TELLERS.get(kind)
    if teller is not None:
        return teller(context, node)
    if kind in _RANGES:
        # The limits are numbers, or texts out of the model; never out of the input.
        expected = _RANGES[kind].format(**context)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            expected = expected.replace("entries", "characters")
        return "RANGE", f"{_shown(node)} is out of range", expected, None
    if kind not in _KINDS:
        return "VALUE", f"{_shown(node)} does not fit", None, None
    code = _KINDS[kind]
    wanted = _EXPECTED.get(code)
    if code == "MAPPING_EXPECTED" and "Sourced[" in str(context.get("class_name")):
        wanted = "a section with `value` and `source`"
    return code, f"{_shown(node)} stands here", wanted, _advice(code, node)


def _unknown(context: dict[str, Any], node: Node) -> tuple[str, str, str | None, str | None]:
    del context, node
    return "UNKNOWN_KEY", "the key means nothing here", None, None


def _missing(context: dict[str, Any], node: Node) -> tuple[str, str, str | None, str | None]:
    del context, node
    return "MISSING_KEY", "a key is missing", None, None


def _choice(context: dict[str, Any], node: Node) -> tuple[str, str, str | None, str | None]:
    words = str(context.get("expected") or context.get("expected_tags") or "")
    known = [word for word in words.replace(" or ", ", ").split(", ") if word]
    given = node
    if "discriminator" in context and isinstance(node, Mapping):
        given = node.entries.get(str(context["discriminator"]).strip("'"), node)
    word = given.value if isinstance(given, Scalar) else None
    close = nearest(str(word), [one.strip("'") for one in known])
    if not isinstance(word, str) or close is None:
        return "CHOICE", f"{_shown(given)} is not one of the choices", words or None, None
    expected = words if len(known) <= _LISTED_MAX else None
    do = f"did you mean {close!r}?"
    return "CHOICE", f"{_shown(given)} is not one of the choices", expected, do


def _pattern(context: dict[str, Any], node: Node) -> tuple[str, str, str | None, str | None]:
    expected = f"a text of the form {str(context.get('pattern', '')).strip('^$')}"
    return "NAME", f"{_shown(node)} has another form", expected, None


def _untagged(context: dict[str, Any], node: Node) -> tuple[str, str, str | None, str | None]:
    if not isinstance(node, Mapping):
        return "MAPPING_EXPECTED", f"{_shown(node)} stands here", "a section", None
    word = str(context.get("discriminator", "'kind'")).strip("'")
    return "MISSING_KEY", f"{word!r} is missing", f"`{word}`, which says what it is", "add the key"


_Teller = Callable[[dict[str, Any], Node], tuple[str, str, str | None, str | None]]
_TELLERS: dict[str, _Teller] = {
    "enum": _choice,
    "extra_forbidden": _unknown,
    "literal_error": _choice,
    "missing": _missing,
    "string_pattern_mismatch": _pattern,
    "union_tag_invalid": _choice,
    "union_tag_not_found": _untagged,
}


def _advice(code: str, node: Node) -> str | None:
    """Return the line the author probably meant, where the value shows it."""
    value = node.value if isinstance(node, Scalar) else None
    if code == "TEXT_EXPECTED" and value is not None:
        return "put the value in quotes"
    if code == "TRUE_FALSE_EXPECTED" and isinstance(value, str):
        means = {"yes": "true", "on": "true", "no": "false", "off": "false"}
        word = {"true": "true", "false": "false", **means}.get(value.lower())
        return f"write {word} without quotes" if word else None
    is_number = value is not None and not isinstance(value, bool | str)
    if code == "AMOUNT_UNIT" and is_number:
        return f"write {value} KZT if tenge are meant"
    if code == "RATE" and is_number:
        return f"write {value} % if per cent are meant"
    if code in ("WHOLE_NUMBER_EXPECTED", "NUMBER_EXPECTED") and isinstance(value, str):
        return "write digits without quotes or unit"
    return None


def _cut(sentence: str) -> str:
    """Keep a sentence that quotes the input, in part or whole, to a few lines of a terminal."""
    return sentence if len(sentence) <= _SENTENCE_MAX else sentence[: _SENTENCE_MAX - 1] + "…"


def _shown(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a section"
    if isinstance(node, Listing):
        return "a list"
    if isinstance(node.value, bool):
        return str(node.value).lower()
    if node.value is None:
        return "nothing"
    if isinstance(node.value, str):
        return f"the text {shorten(node.value)!r}"
    return f"the number {node.value}"


def _order(finding: Finding) -> tuple[str, int, str, str, str]:
    line = finding.line or 0
    return finding.file or "", line, finding.path or "", finding.code, finding.message


def _alternatives(
    one: dict[str, Any], schema: dict[str, Any], node: Node | None, depth: int = 0
) -> Iterator[dict[str, Any]]:
    """Yield the plain schemas behind references and unions that the node can be meant for."""
    if "$ref" in one and depth < _LISTED_MAX:
        name = str(one["$ref"]).rpartition("/")[2]
        yield from _alternatives(schema.get("$defs", {}).get(name, {}), schema, node, depth + 1)
    for word in ("allOf", "anyOf", "oneOf"):
        for each in one.get(word, ()):
            yield from _alternatives(each, schema, node, depth + 1)
    if _is_meant(one, node):
        yield one


def _is_meant(one: dict[str, Any], node: Node | None) -> bool:
    """Return whether the node does not say that it is of another kind."""
    if not isinstance(node, Mapping):
        return True
    for key, rule in one.get("properties", {}).items():
        said = node.entries.get(key)
        if "const" in rule and isinstance(said, Scalar) and said.value != rule["const"]:
            return False
    return True


def _steps(one: dict[str, Any], key: Key) -> Iterator[dict[str, Any]]:
    """Yield the schemas of what stands under a key."""
    inner = one.get("properties", {}).get(str(key))
    if inner is None:
        inner = one.get("items" if isinstance(key, int) else "additionalProperties")
    if isinstance(inner, dict):
        yield inner


def _child(node: Node | None, key: Key) -> Node | None:
    if isinstance(node, Mapping):
        return node.entries.get(str(key))
    if isinstance(node, Listing) and isinstance(key, int) and key < len(node.items):
        return node.items[key]
    return None
