"""Levers and assumptions: everything that differs, and nothing else."""

import json

import pytest

from tengesim import Scenario
from tengesim.experiments.levers import Lever, assumptions, levers, unshared
from tengesim.scenario.digest import scenario_digest
from tests.campaigns import week
from tests.worlds import ARMS, HEADCOUNT, MARKED, WALLET, changed, only

FREE = [one.path for one in assumptions(week(MARKED)) if "share" not in one.path]


def test_a_scenario_has_no_levers_against_itself() -> None:
    """Goal: equal is equal. Method: every shipped arm with itself, and under another name."""
    for arm in ARMS:
        assert levers(week(arm), week(arm)) == ()
    renamed = week(MARKED).model_copy(update={"name": "other", "title": "Other", "seed": 9})
    assert levers(week(MARKED), renamed) == ()


@pytest.mark.parametrize("path", FREE)
def test_changing_one_assumption_shows_exactly_that_lever(path: str) -> None:
    """Goal: no lever hidden, none invented. Method: each assumption at its low or high end."""
    (one,) = [each for each in assumptions(week(MARKED)) if each.path == path]
    text = one.high_text if one.high != one.value else one.low_text
    variant = week(MARKED, f"{path}={text}")
    assert levers(week(MARKED), variant) == (Lever(path, one.value_text, text),)
    assert levers(variant, week(MARKED)) == (Lever(path, text, one.value_text),)


@pytest.mark.parametrize(
    ("setting", "lever"),
    [
        ("population.scale=0.5", Lever("population.scale", "1", "0.5")),
        (
            "rule_books.meals_marked.rules.lunch_hours.condition.until=17:00",
            Lever("rule_books.meals_marked.rules.lunch_hours.condition.until", "16:00", "17:00"),
        ),
        (
            "rule_books.meals_marked.rules.presence.condition.methods=[card, qr]",
            Lever(
                "rule_books.meals_marked.rules.presence.condition.methods",
                "card, qr, palm, manual",
                "card, qr",
            ),
        ),
        (
            "behaviour.school_meals.absence.high=20 %",
            Lever("behaviour.school_meals.absence.high", "12 %", "20 %"),
        ),
    ],
)
def test_any_single_setting_shows_exactly_that_lever(setting: str, lever: Lever) -> None:
    """Goal: levers are not only assumptions. Method: a number, a rule, a list, a range."""
    found = levers(week(MARKED), week(MARKED, setting))
    # Sets have no order, and a scale is written as the shortest number.
    assert [one.path for one in found] == [lever.path]
    assert sorted((found[0].variant or "").split(", ")) == sorted((lever.variant or "").split(", "))


def test_what_only_one_arm_has_is_named_in_that_arm() -> None:
    """Goal: a section that appears is shown. Method: the mark that the wallet does not have."""
    found = {one.path: one for one in levers(week(WALLET), week(MARKED))}
    prefix = "programmes.school_meals.marked.conversion_attempt"
    assert found[prefix] == Lever(prefix, None, "20 %")
    assert found["programmes.school_meals.claims.pay_at"].variant is None
    assert found["programmes.school_meals.money"] == Lever(
        "programmes.school_meals.money", "ordinary", "marked"
    )


def test_rules_in_another_order_are_a_lever() -> None:
    """Goal: order decides which rule refuses first. Method: two rules change places."""

    def swap(sections: dict[str, object]) -> None:
        rules = sections["rule_books"]["meals_marked"]["rules"]  # type: ignore[index]
        rules[0], rules[1] = rules[1], rules[0]

    (found,) = levers(week(MARKED), changed(week(MARKED), swap))
    assert found.path == "rule_books.meals_marked.rules"
    assert found.base != found.variant


def test_different_digests_have_levers() -> None:
    """Goal: two scenarios without levers are one. Method: every pair of shipped arms."""

    def same_name(scenario: Scenario) -> Scenario:
        return scenario.model_copy(update={"name": "one", "title": "one", "question": "one"})

    for one in ARMS:
        for other in ARMS:
            pair = same_name(week(one)), same_name(week(other))
            are_equal = scenario_digest(pair[0]) == scenario_digest(pair[1])
            assert (levers(*pair) == ()) == are_equal


def test_assumptions_are_equal_in_all_arms_and_have_a_range() -> None:
    """Goal: levers are not drawn. Method: a lever, a value with a source, one without range."""
    path = "behaviour.school_meals.absence"
    both = {one.path for one in assumptions(week(HEADCOUNT), week(MARKED))}
    assert path in both
    lever = week(MARKED, f"{path}=10 %")
    assert path not in {one.path for one in assumptions(week(HEADCOUNT), lever)}
    assert "programmes.school_meals.price" not in both
    fixed = tuple(week(arm, *only(path, "8 %")) for arm in (HEADCOUNT, MARKED))
    assert path not in {one.path for one in assumptions(*fixed)}
    assert "programmes.school_meals.marked.conversion_attempt" not in both
    assert "programmes.school_meals.marked.conversion_attempt" in {
        one.path for one in assumptions(week(MARKED))
    }


def test_an_assumption_is_written_as_a_scenario_reads_it() -> None:
    """Goal: a number drawn is a number meant. Method: both ends of each, written and read."""
    for one in assumptions(week(MARKED)):
        for number, text in ((one.low, one.low_text), (one.high, one.high_text)):
            assert json.dumps(one.written(number)) in (f'"{text}"', text)


def test_what_not_every_arm_has_is_named_and_levers_are_not() -> None:
    """Goal: what is not drawn is told. Method: a lever in both arms, a section in one."""
    path = "behaviour.school_meals.absence"
    assert unshared(week(MARKED), week(MARKED, f"{path}=10 %")) == []
    found = unshared(week(WALLET), week(MARKED))
    assert "programmes.school_meals.marked.conversion_attempt" in found
    assert "programmes.school_meals.claims.pay_after" in found
    assert not set(found) & {one.path for one in assumptions(week(WALLET), week(MARKED))}
