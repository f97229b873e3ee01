"""A report of arms of procurement tells evidence, control and marking apart, step by step."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from dashboards.comparison import Comparison
from dashboards.components.apart import apart_table
from dashboards.texts import texts
from tengesim.experiments.effects import SHOWN, Effect, effects_of
from tengesim.report.contract_effects import (
    EFFECT_TITLES,
    effects_section,
    effects_words,
    way_between,
)
from tengesim.report.markup import markup
from tengesim.store.campaigns import CampaignManifest
from tests.unit.test_experiments_effects import ARMS, manifest, pairs, value

METRIC = "contract_leakage"


def compared(*arms: str) -> tuple[CampaignManifest, list[Effect]]:
    """Return a comparison of arms, the first one as the base."""
    base, *variants = arms
    made = manifest(base, variants)
    titles: Any = {arm: SimpleNamespace(title=f"Title of {arm}") for arm in arms}
    made = made.model_copy(update={"arms": titles, "metric": METRIC})
    return made, effects_of(made, pairs(base, variants))


def between(before: str, after: str) -> float:
    """Return the mean difference of the headline metric in percentage points."""
    return (value(after, METRIC, 1) - value(before, METRIC, 1)) * 100


def test_the_answer_walks_from_paper_to_the_mark() -> None:
    """Goal: the total is never alone. Method: three steps, each with its own difference."""
    made, effects = compared(*ARMS)
    told = markup(effects_words(made, effects, "marked"))
    steps = [
        ("effect of the evidence", between("paper", "digital")),
        ("effect of control of the account", between("digital", "account")),
        ("effect of marking beyond control", between("account", "marked")),
    ]
    for title, points in steps:
        found = re.search(rf"{title} <strong><span[^>]*>\+([\d,.]+)", told)
        assert found, title
        assert float(found.group(1).replace(",", "")) == points
    assert markup(effects_words(made, effects, "account")).count("<strong>") == 2


@pytest.mark.parametrize(
    ("arms", "variant", "expected"),
    [
        (("paper", "digital", "marked"), "marked", ["evidence", "marking"]),
        (("paper", "digital", "account"), "account", ["evidence", "control"]),
        (("digital", "account", "marked"), "marked", ["control", "marking beyond control"]),
        (("paper", "marked"), "marked", None),
        (("paper", "account"), "account", None),
        (("paper", "account", "marked"), "account", None),
        (("digital", "marked"), "marked", ["marking"]),
    ],
)
def test_the_way_takes_what_arms_there_are(
    arms: tuple[str, ...], variant: str, expected: list[str] | None
) -> None:
    """Goal: the shortest honest way. Method: campaigns with some of the arms."""
    made, effects = compared(*arms)
    way = way_between(effects, made.base, variant)
    assert (None if way is None else [one.what for one in way]) == expected
    told = effects_words(made, effects, variant)
    if expected is None:
        money = "marking" if variant == "marked" else "control of the account"
        assert f"must not be credited to {money}" in markup(told)
    elif len(expected) == 1:
        assert told is None


def test_the_section_has_every_step_and_measure() -> None:
    """Goal: report and terminal say the same. Method: titles of steps, a line for each measure."""
    made, effects = compared(*ARMS)
    told = markup(list(effects_section(made, effects)))
    for effect in effects:
        assert f"<h3>{EFFECT_TITLES[effect.what]}</h3>" in told
    assert told.count("<tbody>") == len(effects)
    assert told.count("Displaced: ") == len(effects)
    assert told.count('<th scope="row">') == len(SHOWN) * len(effects)
    nothing = manifest("digital", ["marked"]).model_copy(update={"levers": {"marked": ()}})
    assert list(effects_section(nothing, [])) == []


def test_the_page_has_a_column_for_each_step() -> None:
    """Goal: the page says the same. Method: exact differences of each cell."""
    made, effects = compared(*ARMS)
    shown = Comparison("name", made, "marked", (), (), tuple(effects))
    page = markup(apart_table(shown, texts()))
    cells = [float(each) for each in re.findall(r'data-value="([^"]+)"', page)]
    steps = [(one.before, one.after) for one in effects]
    assert cells == [
        value(after, metric, 1) - value(before, metric, 1)
        for metric in SHOWN
        for before, after in steps
    ]


def test_the_page_shows_both_intervals_of_each_step() -> None:
    """Goal: chance is not mistaken for all that is unknown. Method: differences that vary."""
    made, _ = compared("paper", "digital")
    lines = pairs("paper", ["digital"])
    lines["value"] *= 1 + lines["seed"] % 4 / 10
    shown = Comparison("name", made, "digital", (), (), tuple(effects_of(made, lines)))
    page = markup(apart_table(shown, texts()))
    assert page.count(">chance ") == len(SHOWN)
    assert page.count(">assumptions ") == len(SHOWN)
