"""Every number of a shipped scenario says where it comes from, or that it is an assumption."""

from collections.abc import Iterator
from typing import Any

import pytest

from tengesim.scenario.digest import resolved_yaml
from tengesim.scenario.load import load_scenario
from tengesim.scenario.shipped import shipped_names

SAYS_SOURCE = frozenset({"source", "reference", "schedule_source"})
"""Keys that tell, for the numbers beside or below them, where they come from."""

NOT_A_FINDING = {
    "format": "version of the file format",
    "seed": "which random numbers; any will do",
    "population.scale": "size of the run, chosen by whoever runs it",
    "run.sample": "how much of the log is kept; results do not depend on it",
    "clock.start": "the question's own horizon",
    "clock.end": "the question's own horizon",
    "treasury.budget.year": "the question's own horizon",
}


def _plain(name: str) -> dict[str, Any]:
    scenario = load_scenario(name)
    assert resolved_yaml(scenario)
    plain: dict[str, Any] = scenario.model_dump(mode="json", by_alias=True, exclude_none=True)
    return plain


def _unsourced(value: object, path: str = "", *, is_sourced: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        sourced = is_sourced or not SAYS_SOURCE.isdisjoint(value)
        for key, child in value.items():
            if key not in {"low", "high", *SAYS_SOURCE}:
                yield from _unsourced(child, f"{path}.{key}".strip("."), is_sourced=sourced)
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from _unsourced(child, f"{path}.{number}", is_sourced=is_sourced)
    elif not is_sourced and _is_number(value):
        yield path


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (isinstance(value, str) and value[:1].isdigit())


NAMED_BY_LAW = (
    "category",
    "kiosk_category",
    "commodity",
    "cofog",
    "issued_from",
    "valid_from",
    "valid_until",
    "first",
    "last",
    "planned_on",
)
"""Codes of classifications and days that the question itself sets."""


@pytest.mark.parametrize("name", shipped_names())
def test_every_number_says_where_it_comes_from(name: str) -> None:
    """A policy figure without source or `assumption` cannot be defended to a superior."""
    unsourced = [
        path
        for path in _unsourced(_plain(name))
        if path not in NOT_A_FINDING and path.rpartition(".")[2] not in NAMED_BY_LAW
    ]

    assert unsourced == []


def test_a_number_without_source_is_noticed() -> None:
    """The walk itself has to be able to fail."""
    assert list(_unsourced({"a": {"value": 3, "source": "assumption"}, "b": {"c": "4 KZT"}})) == [
        "b.c"
    ]
