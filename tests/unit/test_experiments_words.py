"""Sentences about differences: direction, unit, both kinds of doubt, and nothing that is not so."""

import re
from dataclasses import replace

import pytest

from tengesim.experiments.intervals import ChanceInterval
from tengesim.experiments.words import Effect, amount_text, range_text, sentence, step_text
from tengesim.metrics.catalogue import METRICS_BY_NAME

CLEAR = Effect(
    metric=METRICS_BY_NAME["honest_refused"],
    base=2_000.0,
    value=1_880.0,
    difference=-120.0,
    chance=ChanceInterval(-140.0, -100.0, 1e-6, "t"),
    assumptions=(-300.0, -20.0),
    pairs=20,
    n=20,
    draws=20,
    n_assumptions=20,
    p_holm=1e-4,
    verdict="clear",
    bound=None,
    has_assumptions=True,
)


def test_a_clear_difference_says_which_way_and_whether_it_is_better() -> None:
    """Goal: the answer first. Method: the whole sentence."""
    assert sentence(CLEAR) == (
        "Honest meals refused: 120 meals fewer than in the base, which is better. Clear: chance"
        " leaves 100 to 140 meals fewer; the assumptions leave 20 to 300 meals fewer."
    )


@pytest.mark.parametrize(
    ("metric", "difference", "judgement"),
    [
        ("honest_refused", -120.0, "better"),
        ("honest_refused", 120.0, "worse"),
        ("meals_eaten", 120.0, "better"),
        ("meals_eaten", -120.0, "worse"),
        ("meals_paid", 120.0, None),
        ("meals_paid", -120.0, None),
    ],
)
def test_better_and_worse_follow_the_direction_of_the_metric(
    metric: str, difference: float, judgement: str | None
) -> None:
    """Goal: fewer refusals are better, fewer meals are not. Method: all directions, both signs."""
    text = sentence(replace(CLEAR, metric=METRICS_BY_NAME[metric], difference=difference))
    found = re.search(r"which is (\w+)", text)
    assert (found[1] if found else None) == judgement


def test_an_equal_metric_is_equal_where_it_was_looked_at() -> None:
    """Goal: equal is said of runs, not of the world. Method: with and without draws."""
    equal = replace(CLEAR, verdict="equal", chance=ChanceInterval(0.0, 0.0, 1.0, "exact"))
    assert sentence(equal).endswith(
        "exactly equal in all 20 pairs of runs and 20 joint draws of the assumptions."
    )
    one = replace(equal, pairs=1, n=1, draws=0, n_assumptions=0)
    assert sentence(one).endswith("exactly equal in the one pair of runs.")
    some = replace(equal, n=7, n_assumptions=0)
    assert sentence(some).endswith("exactly equal in the 7 of 20 pairs of runs with a value.")


def test_a_bounded_difference_says_how_large_it_can_be() -> None:
    """Goal: the bound is the sentence. Method: a metric in per cent."""
    bounded = replace(
        CLEAR,
        metric=METRICS_BY_NAME["leakage"],
        verdict="bounded",
        bound=0.0213,
        chance=ChanceInterval(-0.001, 0.002, 0.6, "t"),
        assumptions=(-0.0213, 0.004),
    )
    assert sentence(bounded) == (
        "Leakage: no difference larger than 2.13 percentage points; chance leaves anything from"
        " 0.1 lower to 0.2 percentage points higher; the assumptions leave anything from 2.13"
        " lower to 0.4 percentage points higher."
    )


DEPENDS = "depends on the assumptions; more replications do not help"


@pytest.mark.parametrize(
    ("chance", "assumptions", "reason"),
    [
        ((-140.0, -100.0), (-300.0, 20.0), DEPENDS),
        ((-140.0, -100.0), (20.0, 300.0), DEPENDS),
        ((-140.0, 100.0), (-300.0, 20.0), DEPENDS),
        ((-140.0, 100.0), (20.0, 300.0), "More replications may tell"),
        ((-140.0, -100.0), (-300.0, -20.0), "Among so many metrics"),
        ((-140.0, -100.0), None, "not known: 4 joint draws have a value, 10 are needed"),
    ],
)
def test_what_is_not_clear_says_why(
    chance: tuple[float, float], assumptions: tuple[float, float] | None, reason: str
) -> None:
    """Goal: the reader learns what would help. Method: each way not to be clear."""
    text = sentence(
        replace(
            CLEAR,
            verdict="not_clear",
            chance=ChanceInterval(*chance, 0.01, "t"),
            assumptions=assumptions,
            n_assumptions=4 if assumptions is None else 20,
            p_holm=0.3,
        )
    )
    assert text.startswith("Honest meals refused: not clear whether more or fewer than in the base")
    assert reason in text
    assert "better" not in text
    assert "worse" not in text


def test_nothing_to_assume_is_said() -> None:
    """Goal: a missing range has a reason. Method: no assumptions in the scenarios."""
    text = sentence(replace(CLEAR, assumptions=None, has_assumptions=False, n_assumptions=0))
    assert "there are no assumptions to vary" in text


def test_pairs_without_a_value_are_told() -> None:
    """Goal: no silent selection. Method: 18 of 20 pairs, and too few."""
    assert "Only 18 of 20 pairs of runs have a value in both arms." in sentence(
        replace(CLEAR, n=18)
    )
    nothing = replace(CLEAR, verdict="unknown", n=2, difference=None, p_holm=None)
    assert sentence(nothing) == (
        "Honest meals refused: cannot be compared. Both arms have a value in 2 of 20 pairs of"
        " runs; at least 3 are needed."
    )


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        (0.0, "meals", "0 meals"),
        (1.0, "meals", "1 meal"),
        (-0.01, "share", "1 percentage point"),
        (7.0, "meals", "7 meals"),
        (12.34, "meals", "12.3 meals"),
        (-1_234_567.0, "meals", "1,234,567 meals"),
        (0.00012, "share", "0.012 percentage points"),
        (1e-9, "share", "1.00e-07 percentage points"),
        (99.6, "KZT", "99.6 KZT"),
        (2_100_000.0, "KZT", "2.1 m KZT"),
        (2.1e12, "KZT", "2.1 tn KZT"),
        (10.0, "days", "10 days"),
    ],
)
def test_amounts_are_short_and_carry_their_unit(amount: float, unit: str, text: str) -> None:
    """Goal: numbers that can be read aloud. Method: sizes from tiny to trillions."""
    assert amount_text(amount, unit) == text


def test_directions_fit_the_unit() -> None:
    """Goal: plain words. Method: one of each kind of unit."""
    assert step_text(-0.5, "share") == "50 percentage points lower"
    assert step_text(5.0, "records per million KZT") == "5 records per million KZT higher"
    assert step_text(-5.0, "KZT") == "5 KZT less"
    assert step_text(-5.0, "days") == "5 days fewer"


def test_an_interval_of_one_point_is_told_as_a_point() -> None:
    """Goal: no "from 5 to 5". Method: an exact interval, and none at all."""
    assert range_text(-5.0, -5.0, "meals") == "always 5 meals fewer"
    assert range_text(0.0, 0.0, "meals") == "no difference at all"
    assert range_text(0.0, 4.0, "meals") == "0 to 4 meals more"
