"""Effects of evidence and marking are exact differences, and stopping is counted by intent."""

import numpy as np
import pandas as pd
import pytest

from tengesim.metrics.catalogue import METRICS
from tengesim.metrics.differences import effects, stopped
from tests.metrics_world import ARMS, month, rows_of, values

DISHONEST = (
    "population.dishonest_caterers.high=100 %",
    "population.dishonest_caterers.value=100 %",
    "behaviour.school_meals.manual_fallback.value=60 %",
    "behaviour.school_meals.risk_cost_max.value=200 KZT",
)


def frames() -> dict[str, pd.DataFrame]:
    """Return the metrics of the three arms."""
    return {arm: month(arm, 1, *DISHONEST).metrics for arm in ARMS}


def test_equal_arms_differ_by_exactly_nothing() -> None:
    """Goal: no effect without a difference. Method: one arm three times."""
    frame = month("marked").metrics
    found = effects({"a": frame, "b": frame.copy(), "c": frame.copy()})
    defined = found["a"].notna()
    assert defined.any()
    for column in ("evidence", "marking", "total"):
        assert (found.loc[defined, column] == 0.0).all()
        assert found.loc[~defined, column].isna().all()


def test_effects_are_steps_between_neighbouring_arms() -> None:
    """Goal: marking is not credited with evidence. Method: columns against the three tables."""
    arms = frames()
    found = effects(arms)
    assert list(found) == ["metric", *arms, "evidence", "marking", "total"]
    for arm, frame in arms.items():
        pd.testing.assert_series_equal(
            found[arm], frame["value"], check_names=False, check_exact=True
        )
    phantom = {str(column): values(found, str(column))["phantom_meals"] for column in found}
    assert phantom["evidence"] == phantom["social_wallet"] - phantom["headcount"] < 0
    assert phantom["marking"] == 0
    assert phantom["total"] == phantom["evidence"]
    assert values(found, "marking")["delay"] < 0


def test_an_effect_of_the_undefined_is_undefined() -> None:
    """Goal: no difference is made up. Method: velocity exists in one arm only."""
    found = effects(frames())
    assert values(found, "marked")["velocity"] > 0
    for column in ("headcount", "evidence", "marking", "total"):
        assert np.isnan(values(found, column)["velocity"])


def test_a_difference_of_one_tiyn_is_seen_beyond_53_bits() -> None:
    """Goal: differences are taken before rounding. Method: two amounts that are equal floats."""
    frame = month("marked").metrics
    row = frame["metric"] == "paid_amount"
    lower, higher = frame.copy(), frame.copy()
    lower.loc[row, "numerator"] = 2**60
    higher.loc[row, "numerator"] = 2**60 + 1
    found = effects({"a": lower, "b": higher, "c": higher})
    assert values(found, "a")["paid_amount"] == values(found, "b")["paid_amount"]
    assert values(found, "evidence")["paid_amount"] == 0.01


@pytest.mark.parametrize("count", [0, 2, 4])
def test_a_study_has_three_arms(count: int) -> None:
    """Goal: no silent guess which step is which. Method: too few and too many arms."""
    frame = month("marked").metrics
    with pytest.raises(ValueError, match="expected 3"):
        effects({str(number): frame for number in range(count)})


def test_arms_are_judged_by_the_same_metrics() -> None:
    """Goal: tables of two versions are not mixed. Method: one table lacks a metric."""
    frame = month("marked").metrics
    with pytest.raises(ValueError, match="different metrics"):
        effects({"a": frame, "b": frame, "c": frame.iloc[1:]})


def test_what_is_stopped_is_counted_by_intent() -> None:
    """Goal: stopped means paid there and not here. Method: sets of intents in plain Python."""
    base, variant = (month(arm, 1, *DISHONEST) for arm in ("headcount", "marked"))
    undue = ("phantom", "double", "off_purpose")
    paid = [
        {
            row["intent"]
            for row in rows_of(run)
            if row["true_label"] in undue and row["status"] in ("settled", "recorded")
        }
        for run in (base, variant)
    ]
    found = stopped(base.events, variant.events)
    gone = paid[0] - paid[1]
    price_tiyn = base.scenario.programmes["school_meals"].price.value
    assert 30 < len(paid[1]) < len(paid[0])
    assert values(found, "numerator")["stopped"] == len(gone)
    assert values(found, "numerator")["stopped_amount"] == len(gone) * price_tiyn
    assert values(found)["recall_of_base"] == len(gone) / len(paid[0])


def test_nothing_is_stopped_by_the_base_arm_itself() -> None:
    """Goal: no control, no credit. Method: the base arm as its own variant."""
    events = month("headcount", 1, *DISHONEST).events
    assert stopped(events, events)["numerator"].tolist() == [0, 0, 0]
    honest = events[events["true_label"] != "phantom"].reset_index(drop=True)
    assert values(stopped(honest, events), "why")["recall_of_base"]


def test_every_metric_has_effects() -> None:
    """Goal: the table is complete. Method: its metrics against the catalogue."""
    of_meals = [metric.name for metric in METRICS if metric.scope in {"any", "meals"}]
    assert effects(frames())["metric"].tolist() == of_meals
