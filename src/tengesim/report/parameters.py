"""Every number of a study's scenarios with its unit, its range and where it comes from.

The rows are read off the validated sections, so a number that the model uses cannot be missing
from the page. A value that differs between arms is listed once for each of them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["ParameterRow", "parameters_of"]

# How a study is written down rather than what it says about the world.
_NOT_SHOWN = {"format", "name", "title", "question", "study", "run"}
_SOURCES = ("source", "reference", "schedule_source")
_WORDS = {"text", "note"}
# A whole number by itself or before its unit, not the digits of a code or a date.
_LONG_NUMBER = re.compile(r"^[1-9][0-9]{4,}$|^[1-9][0-9]{3,}(?= [A-Za-z])")


class _Section(Protocol):
    def model_dump(self, *, mode: str, by_alias: bool) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One number or choice: where it stands, what it is, and why.

    `source` is a link, the word assumption with how it was derived, or empty for a choice that
    belongs to the question itself. `arms` are those it holds in, none when it holds in all.
    """

    path: str
    value: str
    low: str
    high: str
    source: str
    note: str
    arms: tuple[str, ...] = ()


def parameters_of(arms: Sequence[tuple[str, _Section]]) -> tuple[ParameterRow, ...]:
    """Return the parameters of all arms in the order of the scenario."""
    found: dict[ParameterRow, list[str]] = {}
    for arm, section in arms:
        content = section.model_dump(mode="json", by_alias=True)
        for row in _rows(content, "", ""):
            found.setdefault(row, []).append(arm)
    shared = len(arms)
    rows = [
        row
        if len(holding) == shared
        else ParameterRow(
            row.path, row.value, row.low, row.high, row.source, row.note, tuple(holding)
        )
        for row, holding in found.items()
    ]
    place = {path: number for number, path in enumerate(dict.fromkeys(row.path for row in rows))}
    return tuple(sorted(rows, key=lambda row: place[row.path]))


def _rows(content: Mapping[str, Any], path: str, source: str) -> Iterator[ParameterRow]:
    """Yield the rows of a section; `source` is what the sections around it say of theirs."""
    own = next((str(content[key]) for key in _SOURCES if content.get(key)), source)
    for key, value in content.items():
        if key in _SOURCES or key in _WORDS or (not path and key in _NOT_SHOWN):
            continue
        yield from _of_value(value, f"{path}.{key}" if path else str(key), own)


def _of_value(value: Any, path: str, source: str) -> Iterator[ParameterRow]:  # noqa: ANN401 - JSON
    if isinstance(value, dict) and {"value", "source"} <= value.keys():
        stated, low, high, own, note = (
            _shown(value.get(name)) for name in ("value", "low", "high", "source", "note")
        )
        yield ParameterRow(path, stated, low, high, own, note)
    elif isinstance(value, dict):
        yield from _rows(value, path, source)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for number, each in enumerate(value, start=1):
            yield from _of_value(each, f"{path}[{number}]", source)
    elif value not in (None, [], {}):
        yield ParameterRow(path, _shown(value), "", "", source, "")


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return _LONG_NUMBER.sub(lambda found: f"{int(found[0]):,}", str(value))
