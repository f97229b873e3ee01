"""Small worlds for tests of the engine: shipped scenarios with few pupils and stated changes.

What a test changes, it writes as settings, the way an analyst would; what no setting can say
(another programme, a rule less) is changed in the model and checked like a loaded scenario.
"""

import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

import pandas as pd

from tengesim import Run, Scenario, load_scenario, simulate
from tengesim.scenario.check import check

__all__ = [
    "ARMS",
    "HEADCOUNT",
    "MARKED",
    "MEALS",
    "SMALL",
    "WALLET",
    "behaviour",
    "changed",
    "only",
    "outcomes",
    "run_of",
    "small",
    "texts",
    "with_programme",
    "without_rules",
]

HEADCOUNT: Final = "school_meals_headcount"
WALLET: Final = "school_meals_social_wallet"
MARKED: Final = "school_meals"
ARMS: Final = (HEADCOUNT, WALLET, MARKED)

MEALS: Final = ("payment", "delivery")
ACCEPTED: Final = ("settled", "recorded")


def only(path: str, value: str) -> tuple[str, ...]:
    """Return settings that put a sourced value and both ends of its range at `value`."""
    return tuple(f"{path}.{name}={value}" for name in ("low", "value", "high"))


def behaviour(**values: str) -> tuple[str, ...]:
    """Return settings of what people do at the canteen; `__` stands for a dot."""
    pairs = ((name.replace("__", "."), value) for name, value in values.items())
    settings = (only(f"behaviour.school_meals.{name}", value) for name, value in pairs)
    return tuple(setting for several in settings for setting in several)


SMALL: Final = (
    "population.scale=1",
    *only("population.pupils", "111 pupils"),
    *only("population.schools", "3 schools"),
    *only("population.caterers", "2 caterers"),
    # Each lunch break costs a draw an hour, school and day; two are as good as four.
    "behaviour.school_meals.lunch_breaks="
    + str([{"at": at, "share": "50 %", "source": "assumption"} for at in ("11:30", "12:30")]),
)
"""A town of 111 pupils in 3 schools, fed by 2 caterers, one of them dishonest."""


@cache
def small(arm: str, *settings: str) -> Scenario:
    """Return a shipped scenario at the size of `SMALL`, with `settings` after that."""
    return load_scenario(arm, settings=(*SMALL, *settings))


@cache
def run_of(arm: str, *settings: str, seed: int | None = None) -> Run:
    """Return a run of `small`, the same object for the same question."""
    return simulate(small(arm, *settings), seed=seed)


def changed(scenario: Scenario, change: Callable[[dict[str, Any]], object]) -> Scenario:
    """Return `scenario` with `change` done to its sections as JSON; refuse what does not check."""
    sections = json.loads(scenario.model_dump_json(by_alias=True))
    change(sections)
    found = Scenario.model_validate_json(json.dumps(sections))
    findings = check(found)
    if findings:
        raise ValueError(f"the changed scenario has findings: {findings}")
    return found


def without_rules(scenario: Scenario, book: str, ids: Iterable[str]) -> Scenario:
    """Return `scenario` without the rules and effects of `book` that bear these ids."""
    left_out = set(ids)

    def change(sections: dict[str, Any]) -> None:
        rules = sections["rule_books"][book]
        for kind in ("rules", "effects"):
            rules[kind] = [rule for rule in rules[kind] if rule["id"] not in left_out]

    return changed(scenario, change)


def with_programme(scenario: Scenario, name: str) -> Scenario:
    """Return `scenario` with a copy of its meals under another name, mark and rule book."""

    def change(sections: dict[str, Any]) -> None:
        for part in ("programmes", "behaviour"):
            sections[part][name] = json.loads(json.dumps(sections[part]["school_meals"]))
        section = sections["programmes"][name]
        of_meals = scenario.programmes["school_meals"]
        if of_meals.marked is None:
            return
        mark = of_meals.marked.mark
        section["marked"]["mark"] = f"{name}.2026-02"
        copied = {**sections["marks"][mark], "programme": name, "rule_book": f"{name}_rules"}
        rules = json.dumps(sections["rule_books"][sections["marks"][mark]["rule_book"]])
        sections["marks"][f"{name}.2026-02"] = copied
        sections["rule_books"][f"{name}_rules"] = json.loads(
            rules.replace('"school_meals"', json.dumps(name))
        )

    return changed(scenario, change)


def outcomes(run: Run) -> pd.DataFrame:
    """Return every wish for a meal with its truth, last reason, and whether it was accepted.

    One row an intent, in order of intent: columns intent, true_label, reason, is_accepted.
    """
    events = run.events
    meals = events[events["kind"].isin(MEALS)].sort_values(["intent", "attempt"])
    last = meals.groupby("intent", sort=True).last().reset_index()
    return pd.DataFrame(
        {
            "intent": last["intent"].astype(str),
            "true_label": last["true_label"].astype(str),
            "reason": last["reason"].astype(str),
            "is_accepted": last["status"].isin(ACCEPTED),
        }
    )


def texts(events: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return rows as text, without the numbers that count rows of other programmes."""
    columns = events.drop(columns=["seq", "ref"])
    return list(zip(*(columns[name].astype(str) for name in columns), strict=True))
