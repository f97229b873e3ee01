"""What a scenario is, whatever way it was written: its digest, and its text with nothing left out.

The seed and the way a run is carried out stand outside the digest, so runs of one scenario can be
told from runs of another; comments, the order of keys and units as written do not change it.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel

from tengesim.scenario.text import read_scalar

__all__ = ["resolved_sections", "resolved_yaml", "scenario_digest"]

_OUTSIDE = frozenset({"seed", "run"})
# Words that every reader of YAML takes as they stand; the rest is quoted.
_PLAIN_WORD = re.compile(r"[A-Za-zА-Яа-яӘәҒғҚқҢңӨөҰұҮүҺһІі_][\w ./%+-]*[\w%]|[A-Za-z_]")
_READ_OTHERWISE = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def scenario_digest(scenario: BaseModel) -> str:
    """Return the SHA-256 of what the scenario says, in hexadecimal digits."""
    stated = scenario.model_dump(mode="python", by_alias=True, exclude=set(_OUTSIDE))
    return hashlib.sha256(_canonical(stated).encode()).hexdigest()


def resolved_yaml(scenario: BaseModel) -> str:
    """Return the scenario with everything written out; it loads again to the same digest."""
    return "\n".join(_lines(resolved_sections(scenario), "")) + "\n"


def resolved_sections(scenario: BaseModel) -> dict[str, Any]:
    """Return the scenario with everything written out, as the values of a JSON text."""
    stated = scenario.model_dump(mode="python", by_alias=True)
    written = scenario.model_dump(mode="json", by_alias=True)
    return {key: _sorted_sets(stated[key], child) for key, child in written.items()}


def _canonical(value: object) -> str:
    """Return the one JSON text of a value: sorted keys, whole numbers, no spaces."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal | float):
        # 0.5, 0.50 and 5E-1 are one number.
        return format(Decimal(repr(value) if isinstance(value, float) else value).normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(child) for child in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(child) for child in value), key=_canonical)
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    raise TypeError(f"{type(value).__name__} has no canonical text")


def _sorted_sets(stated: object, written: object) -> object:
    """Return the written form with sets in order; Python gives them in another each time."""
    if isinstance(stated, set | frozenset) and isinstance(written, list):
        return sorted(written, key=_canonical)
    if isinstance(stated, dict) and isinstance(written, dict):
        # Both are dumps of one model, key by key in one order.
        pairs = zip(stated.values(), written.items(), strict=True)
        return {key: _sorted_sets(ours, theirs) for ours, (key, theirs) in pairs}
    if isinstance(stated, list | tuple) and isinstance(written, list):
        return [_sorted_sets(*pair) for pair in zip(stated, written, strict=True)]
    return written


def _lines(value: object, indent: str) -> Iterator[str]:
    """Yield block lines of a mapping or list that is not empty."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _entry(f"{indent}{_key(str(key))}:", child, indent)
    elif isinstance(value, list):
        for child in value:
            if isinstance(child, dict | list) and child:
                first, *rest = _lines(child, f"{indent}  ")
                yield f"{indent}- {first.strip()}"
                yield from rest
            else:
                yield f"{indent}- {_scalar(child)}"


def _entry(head: str, child: object, indent: str) -> Iterator[str]:
    if isinstance(child, dict | list) and child:
        yield head
        yield from _lines(child, f"{indent}  ")
    else:
        yield f"{head} {_scalar(child)}"


def _scalar(value: object) -> str:
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        digits = format(Decimal(repr(value)), "f")
        return digits if "." in digits else f"{digits}.0"
    return _text(value) if isinstance(value, str) else str(value)


def _key(key: str) -> str:
    # A key is always text for our reader, but a number or `no` is not for others.
    return _text(key)


def _text(text: str) -> str:
    is_plain = _PLAIN_WORD.fullmatch(text) and text.lower() not in _READ_OTHERWISE
    if is_plain and text == read_scalar(text):
        return text
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character == "\n":
        return "\\n"
    if character.isprintable():
        return character
    return f"\\U{ord(character):08X}"
