"""What a variant changes, and what nobody knows: levers and assumptions of compared scenarios.

Every difference between two resolved scenarios is a lever, whoever wrote it and wherever, so two
scenarios without levers are one scenario. Assumptions are the values without a source that all
arms have in common; what is a lever is decided and not assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel

from tengesim.clock import MINUTE_US, SECOND_US, Duration
from tengesim.parameter import DatedEntry, Sourced
from tengesim.scenario.digest import resolved_sections
from tengesim.scenario.model import Scenario

__all__ = ["Assumption", "Keys", "Lever", "assumptions", "levers", "unshared"]

Keys = tuple[str | int, ...]
"""The way to a value in the JSON form of a scenario."""

_NO_LEVERS: Final = frozenset({"name", "title", "question", "seed", "run"})
_DECIMALS_MORE: Final = 2
"""A decimal is drawn two digits finer than it is written."""


@dataclass(frozen=True, slots=True)
class Lever:
    """A value that differs; None where an arm has nothing at the path."""

    path: str
    base: str | None
    variant: str | None


@dataclass(frozen=True, slots=True)
class Assumption:
    """A value without a source, with its range as written and in whole steps of `step`."""

    path: str
    keys: Keys
    low: int
    value: int
    high: int
    low_text: str
    value_text: str
    high_text: str
    source: str
    note: str | None
    section: Sourced[Any] | DatedEntry[Any]

    @property
    def is_rate(self) -> bool:
        """Return whether the value is a share in basis points."""
        return self.value_text.endswith((" %", " bp"))

    def written(self, number: int) -> Any:  # noqa: ANN401 - whatever JSON has for the value
        """Return the value of `number` steps as a scenario writes it."""
        value = _from_number(self.section, number)
        return self.section.model_copy(update={"value": value}).model_dump(mode="json")["value"]


def levers(base: Scenario, variant: Scenario) -> tuple[Lever, ...]:
    """Return everything in which `variant` differs from `base`, in the order of the file.

    Names, titles, questions and seeds are no levers. A value with a source is named by its own
    path, the ends of its range by `.low` and `.high`.
    """
    ours, theirs = (
        {key: child for key, child in resolved_sections(one).items() if key not in _NO_LEVERS}
        for one in (base, variant)
    )
    return tuple(_differences(ours, theirs, ""))


def assumptions(*scenarios: Scenario) -> tuple[Assumption, ...]:
    """Return the assumptions with a range that are the same in all `scenarios`, by path.

    What has no order, such as a text, has no range that could be drawn from and is left out.
    """
    found = [dict(_assumed(one, (), "")) for one in scenarios]
    first, *others = found
    return tuple(
        _assumption(path, keys, section)
        for (path, keys), section in sorted(first.items())
        if _is_ranged(section) and all(other.get((path, keys)) == section for other in others)
    )


def unshared(*scenarios: Scenario) -> list[str]:
    """Return the paths of assumptions with a range that some of `scenarios` have and some do not.

    What all have, with other values, is a lever and no concern of this.
    """
    found = [dict(_assumed(one, (), "")) for one in scenarios]
    paths = [{path for path, _ in sections} for sections in found]
    ranged = {
        path: None
        for sections in found
        for (path, _), section in sections.items()
        if _is_ranged(section)
    }
    return [path for path in ranged if not all(path in known for known in paths)]


def _differences(ours: object, theirs: object, path: str) -> Iterator[Lever]:
    if ours == theirs:
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in (*ours, *(key for key in theirs if key not in ours)):
            yield from _differences(ours.get(key), theirs.get(key), _below(path, key, ours, theirs))
        return
    names = _names(ours), _names(theirs)
    if isinstance(ours, list) and isinstance(theirs, list) and all(names):
        yield from _reordered(names[0], names[1], path)
        mine, other = (
            dict(zip(names[0], ours, strict=True)),
            dict(zip(names[1], theirs, strict=True)),
        )
        for name in (*mine, *(name for name in other if name not in mine)):
            yield from _differences(mine.get(name), other.get(name), f"{path}.{name}")
        return
    if ours is None or theirs is None:
        for place, text in _leaves(theirs if ours is None else ours, path):
            yield Lever(place, None, text) if ours is None else Lever(place, text, None)
        return
    yield Lever(path, _text(ours), _text(theirs))


def _reordered(ours: Sequence[str], theirs: Sequence[str], path: str) -> Iterator[Lever]:
    """Yield the order of a list as a lever, when what both have stands in another order."""
    mine = [name for name in ours if name in theirs]
    other = [name for name in theirs if name in ours]
    if mine != other:
        yield Lever(path, ", ".join(mine), ", ".join(other))


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield the places and texts of what only one arm has; a sourced value is one leaf."""
    if isinstance(value, dict) and _is_sourced(value):
        yield from _leaves(value["value"], path)
    elif isinstance(value, dict) and value:
        for key, child in value.items():
            if child is not None:
                yield from _leaves(child, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and (names := _names(value)):
        for name, child in zip(names, value, strict=True):
            yield from _leaves(child, f"{path}.{name}")
    else:
        yield path, _text(value)


def _below(path: str, key: str, *sections: Mapping[str, object]) -> str:
    """Return the path of a key; that of a sourced value is the path of its section."""
    if key == "value" and all(map(_is_sourced, sections)):
        return path
    return f"{path}.{key}" if path else key


def _is_sourced(section: Mapping[str, object]) -> bool:
    return {"value", "source"} <= section.keys()


def _names(value: object) -> list[str]:
    """Return the names of the sections of a list: ids or names where all differ, else numbers."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return []
    for word in ("id", "name"):
        named = [item.get(word) for item in value]
        if len(set(map(str, named))) == len(named) and all(isinstance(one, str) for one in named):
            return named
    return [str(position) for position in range(len(value))]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) if value else "none"
    if isinstance(value, dict):
        inner = ", ".join(f"{key}: {_text(child)}" for key, child in value.items())
        return f"{{{inner}}}" if value else "none"
    return "none" if value is None else str(value)


def _assumed(
    value: object, keys: Keys, path: str
) -> Iterator[tuple[tuple[str, Keys], Sourced[Any] | DatedEntry[Any]]]:
    """Yield the sections with a source below a value, with the ways to them."""
    if isinstance(value, Sourced | DatedEntry):
        yield (path, keys), value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            key = field.alias or name
            child = getattr(value, name)
            if name == "root":
                yield from _assumed(child, keys, path)
            else:
                yield from _assumed(child, (*keys, key), f"{path}.{key}" if path else key)
    elif isinstance(value, dict):
        for key, child in value.items():
            text = str(getattr(key, "value", key))
            yield from _assumed(child, (*keys, text), f"{path}.{text}" if path else text)
    elif isinstance(value, list | tuple):
        for position, child in enumerate(value):
            named = getattr(child, "id", None) or getattr(child, "name", None) or position
            yield from _assumed(child, (*keys, position), f"{path}.{named}")


def _is_ranged(section: Sourced[Any] | DatedEntry[Any]) -> bool:
    if not section.is_assumption or section.low is None or section.high is None:
        return False
    ends = (section.low, section.value, section.high)
    if any(isinstance(end, bool) or not isinstance(end, _ORDERED) for end in ends):
        return False
    return _to_number(section, section.low) < _to_number(section, section.high)


_ORDERED: Final = (int, Decimal, Duration, date)


def _assumption(path: str, keys: Keys, section: Sourced[Any] | DatedEntry[Any]) -> Assumption:
    texts = section.model_dump(mode="json")
    return Assumption(
        path=path,
        keys=keys,
        low=_to_number(section, section.low),
        value=_to_number(section, section.value),
        high=_to_number(section, section.high),
        low_text=_text(texts["low"]),
        value_text=_text(texts["value"]),
        high_text=_text(texts["high"]),
        source=section.source,
        note=section.note,
        section=section,
    )


def _step(section: Sourced[Any] | DatedEntry[Any]) -> int:
    """Return the step in which a value is drawn, in its own smallest unit.

    Nobody states a delay to the microsecond or a time of day to the second.
    """
    ends = (section.low, section.value, section.high)
    if isinstance(section.value, Duration):
        is_whole = all(end.value % SECOND_US == 0 for end in ends if isinstance(end, Duration))
        return SECOND_US if section.value.unit == "us" and is_whole else 1
    if ":" in str(section.model_dump(mode="json")["value"]):
        return MINUTE_US if all(end % MINUTE_US == 0 for end in ends if end is not None) else 1
    return 1


def _places(section: Sourced[Any] | DatedEntry[Any]) -> int:
    """Return to how many decimal places a plain number is drawn."""
    ends = (section.low, section.value, section.high)
    decimals = [-int(end.as_tuple().exponent) for end in ends if isinstance(end, Decimal)]
    return max(0, *decimals) + _DECIMALS_MORE


def _to_number(section: Sourced[Any] | DatedEntry[Any], value: object) -> int:
    if isinstance(value, Duration):
        return value.value // _step(section)
    if isinstance(value, Decimal):
        return int(value.scaleb(_places(section)))
    if isinstance(value, date):
        return value.toordinal()
    if isinstance(value, int):
        return value // _step(section)
    raise TypeError(f"{value!r} has no order; expected a number, a length of time or a date")


def _from_number(section: Sourced[Any] | DatedEntry[Any], number: int) -> object:
    if isinstance(section.value, Duration):
        return Duration(number * _step(section), section.value.unit)
    if isinstance(section.value, Decimal):
        return Decimal(number).scaleb(-_places(section))
    if isinstance(section.value, date):
        return date.fromordinal(number)
    return number * _step(section)
