"""Chance on the real tape: common random numbers pair exactly, and counts follow their law."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tengesim import simulate
from tests.worlds import (
    HEADCOUNT,
    MARKED,
    WALLET,
    behaviour,
    changed,
    only,
    outcomes,
    run_of,
    small,
)

STANDARD_ERRORS = 3.29
SEEDS = range(1, 6)
ABSENT = 0.08
PUPILS = 300


def test_v2_equal_scenarios_differ_by_exactly_nothing() -> None:
    """Goal: V2. Method: each metric of two runs of one question, seed by seed."""
    for seed in (1, 2):
        first, second = run_of(MARKED, seed=seed), simulate(small(MARKED), seed=seed)
        values = zip(first.metrics["value"], second.metrics["value"], strict=True)
        differences = [one - other for one, other in values if not np.isnan(one)]
        assert len(differences) > 20
        assert set(differences) == {0.0}


def test_v2_fails_when_a_rate_is_a_tenth_higher() -> None:
    """Goal: V2 can fail. Method: the same with absence at 8.8 %."""
    other = run_of(MARKED, *behaviour(absence="8.8 %"))
    assert other.digest != run_of(MARKED).digest
    assert list(other.metrics["value"]) != list(run_of(MARKED).metrics["value"])


@pytest.mark.parametrize("arm", [HEADCOUNT, WALLET])
def test_v2_a_mark_and_a_book_that_nobody_uses_change_nothing(arm: str) -> None:
    """Goal: V2. Method: a book beside the one in force, and kiosks where no purse is marked."""
    unused = changed(
        small(arm, *behaviour(kiosk_attempt="100 %")),
        lambda sections: sections["rule_books"].update(
            spare=sections["rule_books"]["meals_marked"]
        ),
    )
    assert simulate(unused).digest == run_of(arm).digest


@cache
def daily_meals(rate: str = "8 %") -> NDArray[np.int64]:
    """Return honest meals wanted per seed and day, all days of five months."""
    settings = (
        *behaviour(absence=rate),
        *only("population.dishonest_caterers", "0 %"),
        *only("population.pupils", f"{PUPILS} pupils"),
    )
    counts = []
    for seed in SEEDS:
        wants = outcomes(run_of(HEADCOUNT, *settings, seed=seed))["intent"]
        days = wants.str.extract(r"/(\d{4}-\d\d-\d\d)T")[0]
        counts += days.value_counts().tolist()
    return np.array(counts)


@pytest.mark.statistics
@pytest.mark.parametrize(("rate", "is_noticed"), [("8 %", False), ("8.8 %", True)])
def test_v4_absences_have_the_mean_of_their_law(rate: str, *, is_noticed: bool) -> None:
    """Goal: V4 on the tape. Method: 30,000 pupil-days against 8 %; the twin is 10 % off."""
    counts = daily_meals(rate)
    days = PUPILS * len(counts)
    off = abs(days - counts.sum() - ABSENT * days) / np.sqrt(days * ABSENT * (1 - ABSENT))
    assert bool(off > STANDARD_ERRORS) is is_noticed


@pytest.mark.statistics
def test_v4_absences_of_a_day_have_the_dispersion_of_their_law() -> None:
    """Goal: pupils stay away one by one. Method: variance of daily counts, 99.9 % of chi-square."""
    counts = daily_meals()
    assert len(counts) == 100
    spread = counts.var(ddof=1) * 99 / (PUPILS * ABSENT * (1 - ABSENT))
    low, high = stats.chi2.ppf([0.0005, 0.9995], 99)
    assert low < spread < high
    # Twice the variance, as if pupils stayed away in pairs, would be noticed.
    assert not low < 2 * spread < high


@pytest.mark.statistics
def test_v4_refusals_do_not_depend_on_how_many_come() -> None:
    """Goal: accepted and refused are independent. Method: rank correlation by day, 100 days."""
    refused, accepted = [], []
    for seed in SEEDS:
        meals = outcomes(run_of(WALLET, seed=seed))
        honest = meals[meals["true_label"] == "honest"]
        days = honest["intent"].str.extract(r"/(\d{4}-\d\d-\d\d)T")[0]
        by_day = honest.groupby(days)["is_accepted"].agg(["sum", "count"])
        accepted += by_day["count"].tolist()
        refused += ((by_day["count"] - by_day["sum"]) / by_day["count"]).tolist()
    correlation = stats.spearmanr(accepted, refused).statistic
    assert abs(correlation) < STANDARD_ERRORS / np.sqrt(len(accepted) - 1)
