"""Joint draws of everything nobody knows, the same in all arms.

A draw is a function of the campaign's seed, its number and the path of the assumption alone, so
one more arm, replication or assumption leaves every other drawn value as it was. With probability
one half a value lies evenly between low and base, otherwise between base and high: the base is
the median, wherever in its range it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pydantic import ValidationError

from tengesim.experiments.levers import Assumption, Keys
from tengesim.money import BP, parse_rate_bp, split_exactly
from tengesim.scenario.check import check
from tengesim.scenario.digest import resolved_sections
from tengesim.scenario.imports import same_folder
from tengesim.scenario.model import Scenario
from tengesim.streams import Streams

__all__ = [
    "ATTEMPTS_MAX",
    "Draw",
    "Draws",
    "Override",
    "drawn_value",
    "make_draws",
    "overridden",
    "single",
]

ATTEMPTS_MAX: Final = 50
"""How often a draw that a scenario refuses is drawn again before it is given up."""

_SHARE: Final = "share"
_WHOLES: Final = ("methods",)
_DEEP_ENOUGH: Final = 2


@dataclass(frozen=True, slots=True)
class Override:
    """One value that replaces the one a scenario has."""

    path: str
    keys: Keys
    number: int
    """The value in whole steps of its assumption."""
    value: Any
    """The value as a scenario writes it."""

    @property
    def setting(self) -> str:
        """Return the override as `--set` takes it."""
        return f"{self.path}={self.value}"


@dataclass(frozen=True, slots=True)
class Draw:
    """One joint draw: its number, and a value for every assumption."""

    number: int
    overrides: tuple[Override, ...]


@dataclass(frozen=True, slots=True)
class Draws:
    """The draws that every arm accepts, how many were drawn again, and which were given up."""

    made: tuple[Draw, ...]
    redraws: int
    given_up: tuple[int, ...]


def make_draws(
    assumptions: Sequence[Assumption], arms: Iterable[Scenario], *, seed: int, count: int
) -> Draws:
    """Return draws 1 to `count`; one that any arm refuses is drawn again, up to a limit."""
    sections = [resolved_sections(arm) for arm in arms]
    groups = _share_groups(assumptions, sections[0])
    made: list[Draw] = []
    given_up: list[int] = []
    redraws = 0
    for number in range(1, count + 1):
        for attempt in range(ATTEMPTS_MAX):
            overrides = _joint(assumptions, groups, seed=seed, number=number, attempt=attempt)
            if overrides is not None and all(_accepted(one, overrides) for one in sections):
                made.append(Draw(number, overrides))
                break
            redraws += 1
        else:
            given_up.append(number)
    return Draws(tuple(made), redraws, tuple(given_up))


def single(
    assumption: Assumption,
    number: int,
    *,
    assumptions: Sequence[Assumption],
    arms: Iterable[Scenario],
) -> tuple[Override, ...] | None:
    """Return one assumption at `number` steps and the others at base; None where an arm refuses.

    Where it is a share, its siblings divide what it leaves as they do at base.
    """
    sections = [resolved_sections(arm) for arm in arms]
    values = {assumption.path: number}
    for group in _share_groups(assumptions, sections[0]):
        if all(one.path != assumption.path for one in group):
            continue
        left = sum(one.value for one in group) - number
        weights = {one.path: one.value for one in group if one.path != assumption.path}
        if left < 0 or not any(weights.values()):
            return None
        values |= split_exactly(left, weights)
    known = {one.path: one for one in assumptions}
    overrides = tuple(_override(known[path], value) for path, value in sorted(values.items()))
    return overrides if all(_accepted(one, overrides) for one in sections) else None


def drawn_value(assumption: Assumption, *, seed: int, number: int, attempt: int = 0) -> int:
    """Return the value, in steps, that draw `number` gives to an assumption on its own."""
    words = Streams(seed).words(f"assumption/{assumption.path}", np.array([number]), attempt)
    word = int(words[0])
    half, rest = divmod(word, 1 << 63)
    low, high = (
        (assumption.low, assumption.value) if half == 0 else (assumption.value, assumption.high)
    )
    # Python's whole numbers have no end, so every step of the range has its share of the words.
    return low + (rest * (high - low + 1) >> 63)


def overridden(scenario: Scenario, overrides: Iterable[Override]) -> Scenario:
    """Return `scenario` with other values, checked like one from a file.

    Raises ValueError when it is refused.
    """
    found = _loaded(resolved_sections(scenario), overrides)
    if found is None:
        raise ValueError(f"{scenario.name} refuses {[one.setting for one in overrides]}")
    return same_folder(found, scenario)


def _accepted(sections: Mapping[str, Any], overrides: Iterable[Override]) -> bool:
    return _loaded(sections, overrides) is not None


def _loaded(sections: Mapping[str, Any], overrides: Iterable[Override]) -> Scenario | None:
    changed = json.loads(json.dumps(sections))
    for one in overrides:
        place = changed
        for key in one.keys:
            place = place[key]
        place["value"] = one.value
    try:
        scenario = Scenario.model_validate_json(json.dumps(changed))
    except ValidationError:
        return None
    return None if check(scenario) else scenario


def _joint(
    assumptions: Sequence[Assumption],
    groups: Sequence[Sequence[Assumption]],
    *,
    seed: int,
    number: int,
    attempt: int,
) -> tuple[Override, ...] | None:
    """Return a value for each assumption, or None when shares cannot be made to add up."""
    values = {
        one.path: drawn_value(one, seed=seed, number=number, attempt=attempt) for one in assumptions
    }
    for group in groups:
        whole = sum(one.value for one in group)
        weights = {one.path: values[one.path] for one in group}
        if not any(weights.values()):
            return None
        values |= split_exactly(whole, weights)
    if any(not one.low <= values[one.path] <= one.high for one in assumptions):
        return None
    return tuple(_override(one, values[one.path]) for one in assumptions)


def _override(assumption: Assumption, number: int) -> Override:
    return Override(assumption.path, assumption.keys, number, assumption.written(number))


def _share_groups(
    assumptions: Sequence[Assumption], sections: Mapping[str, Any]
) -> list[list[Assumption]]:
    """Return the assumptions that are parts of one whole: shares of siblings that add up to 100 %.

    They stand as `a.*.share`, or directly in a section that is named for shares or that divides
    purchases among methods. What siblings without a range have stays theirs; the others divide
    what is left.
    """
    found: dict[tuple[Keys, bool], list[Assumption]] = {}
    for one in assumptions:
        if not one.is_rate or len(one.keys) < _DEEP_ENOUGH:
            continue
        if one.keys[-1] == _SHARE:
            found.setdefault((one.keys[:-2], True), []).append(one)
        elif _SHARE in str(one.keys[-2]) or one.keys[-2] in _WHOLES:
            found.setdefault((one.keys[:-1], False), []).append(one)
    return [
        group
        for (keys, is_below), group in found.items()
        if len(group) > 1 and _whole_bp(sections, keys, is_below=is_below) == BP
    ]


def _whole_bp(sections: Mapping[str, Any], keys: Keys, *, is_below: bool) -> int:
    """Return the sum of the shares of siblings, 0 where one of them is none."""
    place: Any = sections
    for key in keys:
        place = place[key]
    shares = place if isinstance(place, list) else list(place.values())
    if is_below:
        shares = [one.get(_SHARE) if isinstance(one, dict) else None for one in shares]
    texts = [one.get("value") if isinstance(one, dict) else one for one in shares]
    try:
        return sum(parse_rate_bp(text) for text in texts if text is not None)
    except (TypeError, ValueError):
        return 0
