"""Every metric equals the same definition in plain loops, and depends on nothing it should not."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from tengesim.journal.tables import CUBE, typed
from tengesim.metrics.catalogue import METRICS as EVERY
from tengesim.metrics.metric import SMALLEST_BASE
from tests.metrics_world import ARMS, exact, judged, month, rows_of, terms_of
from tests.naive_metrics import Naive

METRICS = [metric for metric in EVERY if metric.scope in {"any", "meals"}]
"""Those of a world of meals."""

LATE_PAPERS = (
    "programmes.school_meals.marked.documents.invoice_matched.low=10 %",
    "programmes.school_meals.marked.documents.invoice_matched.value=40 %",
    "programmes.school_meals.marked.documents.invoice_delay.value=5 business days",
)
SOON_PAID = ("programmes.school_meals.claims.pay_after.value=2 business days",)
CUT_SHORT = ("clock.end=2026-03-03",)

MONTHS = [
    ("headcount", ()),
    ("headcount", CUT_SHORT),
    ("social_wallet", ()),
    ("social_wallet", SOON_PAID),
    ("marked", ()),
    ("marked", LATE_PAPERS),
    ("marked", (*LATE_PAPERS, *CUT_SHORT)),
]

CELL = [column for column in CUBE if column not in ("count", "amount_tiyn")]


def cube_of(events: pd.DataFrame, cube: pd.DataFrame) -> pd.DataFrame:
    """Return the cube of changed events, on the days of the old one."""
    start_us = int(events["time_us"].min())
    days = int(cube["day"].min()) + (events["time_us"] - start_us) // 86_400_000_000
    rows = events.assign(day=days, date="", count=1)
    return typed(
        rows.groupby(CELL, observed=True, as_index=False)[["count", "amount_tiyn"]].sum()[[*CUBE]],
        CUBE,
    )


@pytest.mark.parametrize(("arm", "settings"), MONTHS)
def test_every_metric_is_what_plain_loops_say(arm: str, settings: tuple[str, ...]) -> None:
    """Goal: no mistake of columns. Method: a month of each arm against tests/naive_metrics.py."""
    run = month(arm, 1, *settings)
    expected = Naive(rows_of(run), terms_of(run)).results()
    found = exact(run.metrics)
    assert set(found) == set(expected)
    for metric in METRICS:
        numerator, denominator, base = expected[metric.name]
        is_small = base is not None and base < SMALLEST_BASE
        if numerator is None or is_small:
            assert found[metric.name][:2] == (None, None), metric.name
            assert found[metric.name][2], metric.name
        else:
            assert found[metric.name] == (numerator, denominator, ""), metric.name


@pytest.mark.parametrize("arm", ARMS)
def test_values_are_their_fractions(arm: str) -> None:
    """Goal: every value can be computed again. Method: numerator, denominator, unit."""
    frame = month(arm).metrics
    for metric, value, (numerator, denominator, why) in zip(
        METRICS, frame["value"], exact(frame).values(), strict=True
    ):
        if why:
            assert np.isnan(value)
        else:
            assert numerator is not None
            assert value == float(Fraction(numerator, denominator or 1) * metric.factor)


def test_late_papers_and_short_months_meet_every_kind_of_refund() -> None:
    """Goal: the comparison covers what it should. Method: kinds and forms of refunds occur."""
    seen = set()
    for arm, settings in MONTHS:
        events = month(arm, 1, *settings).events
        meals = events[events["kind"].isin(["payment", "delivery"])]["intent"]
        undone = events[events["kind"].isin(["refund", "return"]) & events["intent"].isin(meals)]
        seen |= set(zip(undone["kind"], undone["status"], undone["form"], strict=True))
    assert {
        ("refund", "recorded", "digital_tenge"),
        ("refund", "settled", "bank_deposit"),
        ("refund", "settled", "treasury_single_account"),
        ("refund", "settled", "digital_tenge"),
        ("return", "settled", "digital_tenge"),
    } <= seen


@pytest.mark.parametrize("arm", ARMS)
def test_names_are_only_names(arm: str) -> None:
    """Goal: relabelling changes nothing. Method: turn every name and intent around."""
    run = month(arm)
    events, accounts = run.events.copy(), run.accounts.copy()
    for column in ("payer", "payee", "keeper", "keeper_to", "place", "programme"):
        events[column] = events[column].astype(str).map(lambda text: text[::-1]).astype("category")
    for column in ("holder", "keeper"):
        accounts[column] = accounts[column].astype(str).map(lambda text: text[::-1])
    events["intent"] = events["intent"].map(lambda text: f"intent {text[::-1]}")
    assert exact(judged(run, events, run.cube)) == exact(run.metrics)


@pytest.mark.parametrize("arm", ARMS)
def test_what_is_observed_does_not_depend_on_the_truth(arm: str) -> None:
    """Goal: `uses_truth` is right. Method: shuffle the labels of wants in log and cube."""
    run = month(arm)
    events = run.events.copy()
    wants = events["kind"].isin(["payment", "delivery"]).to_numpy()
    labels = events["true_label"].astype(str).to_numpy(dtype=object)
    labels[wants] = np.random.default_rng(1).permutation(labels[wants])
    events["true_label"] = pd.Categorical(labels)
    shuffled, truth = exact(judged(run, events, cube_of(events, run.cube))), exact(run.metrics)
    changed = {metric.name for metric in METRICS if shuffled[metric.name] != truth[metric.name]}
    assert changed <= {metric.name for metric in METRICS if metric.uses_truth}
    assert changed


@pytest.mark.parametrize("arm", ARMS)
def test_a_cube_metric_does_not_need_the_rows_of_people(arm: str) -> None:
    """Goal: `needs` is right. Method: keep the cube and the rows of institutions alone."""
    run = month(arm)
    is_retail = run.events["kind"].isin(["payment", "delivery", "distribute"])
    is_expiry = (run.events["kind"] == "return") & (run.events["place"] == "")
    fewer = run.events[~is_retail & ~is_expiry].reset_index(drop=True)
    found, complete = exact(judged(run, fewer, run.cube)), exact(run.metrics)
    changed = {metric.name for metric in METRICS if found[metric.name] != complete[metric.name]}
    assert changed <= {metric.name for metric in METRICS if metric.needs == "full"}
    assert changed
