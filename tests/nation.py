"""The people of Kazakhstan as shipped, for tests: their section, with changes, and built."""

from copy import deepcopy
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from tengesim.population.society import Society, build
from tengesim.population.society_model import SocietySection
from tengesim.scenario.shipped import shipped
from tengesim.streams import Streams

BANK_SHARES_BP: Final = (7_000, 800, 1_200, 1_000)
PATH: Final = Path("shared", "kazakhstan.yaml")


@cache
def written() -> dict[str, Any]:
    """Return the section `population.people` as it is written."""
    text = (shipped() / PATH).read_text(encoding="utf-8")
    found: dict[str, Any] = YAML(typ="safe").load(text)["population"]["people"]
    return found


@cache
def section() -> SocietySection:
    """Return the shipped section."""
    return SocietySection.model_validate(written())


def changed(path: str, value: object) -> SocietySection:
    """Return the shipped section with one value replaced; `path` as in `--set`, rows from 0."""
    *keys, last = path.split(".")
    plain = deepcopy(written())
    place: Any = plain
    for key in keys:
        place = place[int(key)] if isinstance(place, list) else place[key]
    place[last] = value
    return SocietySection.model_validate(plain)


@cache
def nation(scale: str, seed: int = 1) -> Society:
    """Return the shipped people at a scale."""
    return made(section(), scale, seed)


def made(people: SocietySection, scale: str, seed: int = 1) -> Society:
    """Return the people of a section at a scale."""
    return build(people, Decimal(scale), BANK_SHARES_BP, Streams(seed))
