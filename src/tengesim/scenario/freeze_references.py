"""What orders to freeze say about the rest of a scenario: who exists, and when."""

from collections.abc import Iterator

from tengesim.errors import Finding
from tengesim.institutions.freezes import FreezeSection, WatchSection
from tengesim.institutions.freezes.build import party_of
from tengesim.population.society import merchant_count, person_count
from tengesim.scenario.model import Scenario

__all__ = ["check_freezes"]

Located = tuple[str, Finding]


def check_freezes(scenario: Scenario) -> Iterator[Located]:
    """Yield every finding about frozen accounts and watches, with its path."""
    ids: set[str] = set()
    for number, watch in enumerate(scenario.watches):
        yield from _order(scenario, f"watches.{number}", watch, ids)
    for number, freeze in enumerate(scenario.freezes):
        yield from _order(scenario, f"freezes.{number}", freeze, ids)
        if not scenario.clock.start <= freeze.day < scenario.clock.end:
            yield (
                f"freezes.{number}.day",
                Finding(
                    "OUTSIDE_HORIZON",
                    f"accounts are frozen on {freeze.day}",
                    expected=f"days from {scenario.clock.start} to before {scenario.clock.end}",
                    do="move the day, or the horizon in `clock`",
                ),
            )


def _order(
    scenario: Scenario, path: str, section: FreezeSection | WatchSection, ids: set[str]
) -> Iterator[Located]:
    people = scenario.population.people
    if people is None or scenario.retail is None or scenario.retail.everyday is None:
        yield (
            path,
            Finding(
                "WORLD_EMPTY",
                "nobody has accounts that could be frozen",
                expected="sections `population.people` and `retail.everyday`",
                do="add them, or remove the order",
            ),
        )
        return
    if section.id in ids:
        yield (
            f"{path}.id",
            Finding(
                "NAME_TWICE",
                f"there are two orders {section.id!r}",
                expected="an id of its own for each freeze and watch",
            ),
        )
    ids.add(section.id)
    if section.lasts.value.unit != "us":
        yield (
            f"{path}.lasts.value",
            Finding(
                "DURATION",
                f"accounts are frozen for {section.lasts.value}",
                expected="a time that passes on every day, such as 72 h",
            ),
        )
    scale = scenario.population.scale
    counts = person_count(people, scale), merchant_count(people, scale)
    for place, name in enumerate(section.whom.parties):
        if party_of(name, *counts) is None:
            yield (
                f"{path}.whom.parties.{place}",
                Finding(
                    "NAME_UNKNOWN",
                    f"there is nobody with the name {name!r}",
                    expected=f"person-00000001 to person-{counts[0]:08d}, or merchant-0000001 to"
                    f" merchant-{counts[1]:07d}",
                ),
            )
