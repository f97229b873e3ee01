"""The summary of a campaign is a function of its pairs, line by line and column by column."""

from math import nan, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tengesim.experiments.intervals import range_of_draws, student_interval
from tengesim.experiments.summary import SUMMARY_COLUMNS, summarise
from tengesim.experiments.verdict import holm
from tengesim.metrics.catalogue import METRICS
from tengesim.store.campaigns import SUMMARY, typed_table

METRIC = "phantom_meals"
COLUMNS = ["variant", "metric", "kind", "draw", "seed", "base", "value", "difference"]


def pairs(
    base: list[float],
    value: list[float],
    *,
    kind: str = "chance",
    metric: str = METRIC,
    variant: str = "marked",
) -> pd.DataFrame:
    """Return pairs of one metric, numbered as a campaign numbers them."""
    count = len(base)
    draws = [0] * count if kind == "chance" else list(range(1, count + 1))
    ours, theirs = np.array(base), np.array(value)
    return pd.DataFrame(
        {
            "variant": variant,
            "metric": metric,
            "kind": kind,
            "draw": draws,
            "seed": range(1, count + 1),
            "base": ours,
            "value": theirs,
            "difference": theirs - ours,
        }
    )[COLUMNS]


def drawn(seed: int, count: int, *, effect: float = 0.0) -> tuple[list[float], list[float]]:
    """Return values of two arms that share most of their chance."""
    generator = np.random.default_rng(seed)
    shared = generator.normal(1_000, 50, count)
    return shared.tolist(), (shared + effect + generator.normal(0, 5, count)).tolist()


def line(frame: pd.DataFrame, metric: str = METRIC) -> "pd.Series[Any]":
    """Return the only line of a metric."""
    (found,) = (row for _, row in frame.iterrows() if row["metric"] == metric)
    return found


def test_the_columns_are_those_of_a_campaign() -> None:
    """Goal: what is computed is what is kept. Method: names and types against the store."""
    found = summarise(pairs(*drawn(1, 5)))
    assert tuple(found) == SUMMARY_COLUMNS == tuple(SUMMARY)
    assert len(typed_table("summary", found)) == 1
    assert list(summarise(pairs([], []))) == list(SUMMARY_COLUMNS)


def test_a_line_holds_means_intervals_and_what_pairing_gained() -> None:
    """Goal: each column is what it says. Method: NumPy and the functions of each part."""
    base, value = drawn(1, 20, effect=-30)
    ours, theirs = drawn(2, 30, effect=-25)
    found = line(summarise(pd.concat([pairs(base, value), pairs(ours, theirs, kind="assumption")])))
    differences = np.subtract(value, base)
    interval = student_interval(differences.tolist())
    assert found["base"] == pytest.approx(np.mean(base))
    assert found["value"] == pytest.approx(np.mean(value))
    assert found["difference"] == pytest.approx(differences.mean())
    assert (found["chance_low"], found["chance_high"]) == (interval.low, interval.high)
    assert (found["assumptions_low"], found["assumptions_high"]) == range_of_draws(
        np.subtract(theirs, ours).tolist()
    )
    assert (found["n"], found["n_assumptions"], found["method"]) == (20, 30, "t")
    assert found["p_value"] == interval.p_value == found["p_holm"]
    assert found["correlation"] == pytest.approx(np.corrcoef(base, value)[0, 1])
    gained = (np.var(base) + np.var(value)) / np.var(differences)
    assert found["variance_ratio"] == pytest.approx(gained)
    assert gained > 20
    assert found["verdict"] == "clear"
    assert np.isnan(found["bound"])
    assert found["words"].startswith("Phantom meals paid: ")


def test_a_comparison_with_itself_is_exactly_nothing() -> None:
    """Goal: equal arms differ by exactly 0. Method: every metric of the catalogue, both kinds."""
    base, _ = drawn(3, 20)
    everything = [
        pairs(base, base, metric=metric.name, kind=kind)
        for metric in METRICS
        for kind in ("chance", "assumption")
    ]
    found = summarise(pd.concat(everything))
    assert found["metric"].tolist() == [metric.name for metric in METRICS]
    for column in ("difference", "chance_low", "chance_high", "bound"):
        assert (found[column] == 0.0).all()
    for column in ("assumptions_low", "assumptions_high"):
        assert (found[column] == 0.0).all()
    assert set(found["verdict"]) == {"equal"}
    assert set(found["method"]) == {"exact"}
    assert np.allclose(found["correlation"], 1.0)
    assert found["variance_ratio"].isna().all()


def test_one_different_pair_ends_the_equality() -> None:
    """Goal: the test of equality can fail. Method: one of twenty pairs differs by a trifle."""
    base, _ = drawn(3, 20)
    value = [*base[:-1], np.nextafter(base[-1], np.inf)]
    assert line(summarise(pairs(base, value)))["verdict"] != "equal"


def test_metrics_of_one_variant_are_judged_together() -> None:
    """Goal: Holm within each variant. Method: two variants of forty metrics against `holm`."""
    frames = []
    for seed, variant in ((10, "marked"), (20, "other")):
        for number, metric in enumerate(METRICS):
            base, value = drawn(seed + number, 6, effect=3.0)
            frames.append(pairs(base, value, metric=metric.name, variant=variant))
    found = summarise(pd.concat(frames))
    for _, lines in found.groupby("variant"):
        assert lines["p_holm"].tolist() == pytest.approx(holm(lines["p_value"].tolist()))
        assert (lines["p_holm"] > lines["p_value"]).any()
    assert found["variant"].tolist() == ["marked"] * len(METRICS) + ["other"] * len(METRICS)


def test_the_order_of_pairs_does_not_matter() -> None:
    """Goal: any number of workers, one summary. Method: shuffled lines, to the last bit."""
    frames = [
        pairs(*drawn(number, 12, effect=number), metric=metric.name, kind=kind)
        for number, metric in enumerate(METRICS[:6])
        for kind in ("chance", "assumption")
    ]
    ordered = pd.concat(frames, ignore_index=True)
    shuffled = ordered.sample(frac=1, random_state=4)
    pd.testing.assert_frame_equal(summarise(ordered), summarise(shuffled), check_exact=True)


def test_pairs_without_a_value_are_counted_and_left_out() -> None:
    """Goal: missing is not zero. Method: a value missing in one arm, in the other, in both."""
    base, value = drawn(5, 8)
    base[0] = value[1] = base[2] = value[2] = nan
    found = line(summarise(pairs(base, value)))
    assert found["n"] == 5
    assert found["base"] == pytest.approx(np.mean(base[3:]))
    assert found["difference"] == pytest.approx(np.mean(np.subtract(value[3:], base[3:])))
    assert "5 of 8 pairs" in found["words"]
    nothing = line(summarise(pairs([nan] * 8, value)))
    assert (nothing["n"], nothing["verdict"], nothing["method"]) == (0, "unknown", "none")
    assert np.isnan(nothing["difference"])
    assert np.isnan(nothing["p_holm"])


def test_missing_values_of_pandas_are_missing_too() -> None:
    """Goal: tables read back from files mean the same. Method: nullable floats."""
    base, value = drawn(5, 8)
    frame = pairs(base, value).astype({"base": "Float64", "value": "Float64"})
    frame.loc[3, ["base", "difference"]] = None
    assert line(summarise(frame))["n"] == 7


def test_few_draws_have_no_range_and_leave_nothing_clear() -> None:
    """Goal: ignorance is not skipped. Method: nine draws of a large effect, then ten."""
    large = pairs(*drawn(6, 20, effect=500))
    nine, ten = (pairs(*drawn(7, count, effect=500), kind="assumption") for count in (9, 10))
    found = line(summarise(pd.concat([large, nine])))
    assert (found["verdict"], found["n_assumptions"]) == ("not_clear", 9)
    assert np.isnan(found["assumptions_low"])
    assert "9 joint draws have a value, 10 are needed" in found["words"]
    assert line(summarise(pd.concat([large, ten])))["verdict"] == "clear"
    assert line(summarise(large, has_assumptions=False))["verdict"] == "clear"


@pytest.mark.parametrize("count", [3, 20, 100, 1_000, 10_000])
def test_a_sign_that_rests_on_an_assumption_is_never_clear(count: int) -> None:
    """Goal: seeds do not shrink ignorance. Method: planted: the effect is 100 × (a - ⅓), a in 0..1.

    At the base value, a = ½, the effect is 17 and soon beyond all chance.
    """
    generator = np.random.default_rng(count)
    values = generator.random(20)
    chance = pairs(*drawn(8, count, effect=100 / 2 - 100 / 3))
    base = np.full(20, 300.0)
    draws = pairs(
        base.tolist(),
        (base + 100 * (values - 1 / 3) + generator.normal(0, 5, 20)).tolist(),
        kind="assumption",
    )
    found = line(summarise(pd.concat([chance, draws])))
    assert found["verdict"] == "not_clear"
    assert found["assumptions_low"] < 0 < found["assumptions_high"]
    if count >= 20:
        assert found["p_holm"] < 1e-6


def test_a_sign_that_rests_on_nothing_becomes_clear() -> None:
    """Goal: the planted case can fail. Method: the same effect whatever the assumption."""
    chance = pairs(*drawn(8, 100, effect=100 / 2 - 100 / 3))
    draws = pairs(*drawn(9, 20, effect=100 / 2 - 100 / 3), kind="assumption")
    assert line(summarise(pd.concat([chance, draws])))["verdict"] == "clear"


def test_pairing_narrows_the_interval_as_much_as_it_says() -> None:
    """Goal: the printed gain is real. Method: the variance of the same arms with seeds apart."""
    base, value = drawn(11, 400, effect=2)
    found = line(summarise(pairs(base, value)))
    apart = np.subtract(np.roll(value, 1), base)
    width = found["chance_high"] - found["chance_low"]
    unpaired = 2 * 1.966 * apart.std(ddof=1) / sqrt(400)
    assert (unpaired / width) ** 2 == pytest.approx(found["variance_ratio"], rel=0.15)


@pytest.mark.parametrize(("column", "text"), [("metric", "happiness"), ("kind", "luck")])
def test_what_cannot_be_summarised_is_refused(column: str, text: str) -> None:
    """Goal: no line is dropped in silence. Method: an unknown metric, an unknown kind."""
    frame = pairs(*drawn(1, 5)).assign(**{column: text})
    with pytest.raises(ValueError, match=f"{column} '{text}' cannot be summarised"):
        summarise(frame)
