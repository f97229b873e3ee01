"""The prepared file says what the log says: every number is counted again, row by row."""

import datetime as dt
from collections import defaultdict
from typing import Any

import pandas as pd
import pytest

from dashboards.study import Study
from tengesim.engine.run import Run
from tengesim.report.playback import BIN_US, BINS_A_DAY, STOCKS, Clock
from tests.studies import ARMS

Row = dict[str, Any]


ROWS: dict[str, list[Row]] = {}


def rows_of(run: Run) -> list[Row]:
    """Return the log as plain rows, in order; made once per log."""
    if run.digest not in ROWS:
        records = run.events.to_dict("records")
        ROWS[run.digest] = [{str(key): row[key] for key in row} for row in records]
    return ROWS[run.digest]


def final_rows(rows: list[Row]) -> list[Row]:
    """Return the row that decided each meal intent: the last one of its highest attempt."""
    last: dict[str, Row] = {}
    for row in rows:
        if row["kind"] in {"payment", "delivery"}:
            known = last.get(row["intent"])
            if known is None or row["attempt"] >= known["attempt"]:
                last[row["intent"]] = row
    return list(last.values())


def total(series: dict[str, list[int]], until: int | None = None) -> int:
    """Return the running total of a series before the step `until`."""
    pairs = zip(series["at"], series["by"], strict=True)
    return sum(by for at, by in pairs if until is None or at < until)


def prepared(study: Study, arm: str) -> dict[str, Any]:
    """Return what the prepared file says of an arm."""
    found: dict[str, Any] = study.prepared["arms"][list(ARMS).index(arm)]
    return found


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("label", ["honest", "phantom", "double", "off_purpose"])
def test_meals_are_counted_by_truth_and_outcome(
    study: Study, runs: dict[str, Run], arm: str, label: str
) -> None:
    """Goal: both kinds of error are exact. Method: count deciding rows, one day at a time."""
    series = prepared(study, arm)["meals"][label]
    finals = [row for row in final_rows(rows_of(runs[arm])) if row["true_label"] == label]
    for day in range(study.clock.days):
        end_us = study.clock.start_us + (day + 1) * BINS_A_DAY * BIN_US
        before = [row for row in finals if row["time_us"] < end_us]
        refused = sum(row["status"] == "refused" for row in before)
        step = (day + 1) * BINS_A_DAY
        assert (len(before) - refused, refused) == (
            total(series["accepted"], step),
            total(series["refused"], step),
        )


@pytest.mark.parametrize("arm", ARMS)
def test_refusals_are_counted_by_the_reason_of_the_last_attempt(
    study: Study, runs: dict[str, Run], arm: str
) -> None:
    """Goal: one reason per intent. Method: count deciding rows by reason and honesty."""
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for row in final_rows(rows_of(runs[arm])):
        if row["status"] == "refused":
            kind = "honest" if row["true_label"] == "honest" else "undue"
            expected[row["reason"], kind] += 1
    found = {
        (reason, kind): total(series)
        for reason, kinds in prepared(study, arm)["refused"].items()
        for kind, series in kinds.items()
        if total(series)
    }
    assert found == dict(expected)


def balances(rows: list[Row]) -> dict[tuple[str, str, str, str], list[int]]:
    """Return free and held money of every account, folded from the rows alone."""
    money: dict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    signs = {"settled": (-1, 0, 1), "held": (-1, 1, 0), "posted": (0, -1, 1), "voided": (1, -1, 0)}
    for row in rows:
        if row["status"] not in signs:
            continue
        free, held, credit = signs[row["status"]]
        payer = money[row["payer"], row["keeper"], row["form"], row["mark"]]
        payer[0] += free * row["amount_tiyn"]
        payer[1] += held * row["amount_tiyn"]
        payee = money[row["payee"], row["keeper_to"], row["form_to"], row["mark_to"]]
        payee[0] += credit * row["amount_tiyn"]
    return money


def places(rows: list[Row]) -> dict[str, int]:
    """Return where the money is, by reading every balance like an accountant would."""
    found = dict.fromkeys(STOCKS, 0)
    for (holder, keeper, form, mark), (free, held) in balances(rows).items():
        if holder == keeper or form == "bank_reserve":
            continue
        found["on_hold"] += held
        if form == "treasury_single_account":
            found["treasury"] += free
        elif holder.startswith("pupil-"):
            found["purses"] += free
        elif holder.startswith("caterer-"):
            found["caterers_marked" if mark else "caterers_free"] += free
        elif form == "digital_tenge":
            found["treasury_marked" if mark else "treasury"] += free
    returned = sum(row["amount_tiyn"] for row in rows if row["kind"] == "return")
    found["returned"] += returned
    found["treasury"] -= returned
    return found


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("day", [0, 2, 8, 14, 27, 28, 41])
def test_money_stands_where_the_balances_say(
    study: Study, runs: dict[str, Run], arm: str, day: int
) -> None:
    """Goal: the picture of money is the ledger's. Method: fold the rows up to one midnight."""
    end_us = study.clock.start_us + (day + 1) * BINS_A_DAY * BIN_US
    expected = places([row for row in rows_of(runs[arm]) if row["time_us"] < end_us])
    series = prepared(study, arm)["stocks"]
    for stock, tiyn in expected.items():
        shown = total(series[stock], (day + 1) * BINS_A_DAY) if stock in series else 0
        assert shown == (tiyn + 50) // 100, stock


@pytest.mark.parametrize("arm", ARMS)
def test_the_places_always_add_up_to_the_appropriation(study: Study, arm: str) -> None:
    """Goal: no tenge appears or is lost. Method: sum the places at every step that changes one."""
    flows = study.tables.flows[study.tables.flows["arm"] == arm]
    by_step = flows.groupby("bin")["amount_tiyn"].sum()
    assert by_step.iloc[0] > 0
    assert (by_step.iloc[1:] == 0).all()


@pytest.mark.parametrize("arm", ARMS)
def test_numbers_agree_with_the_metrics_of_the_run(
    study: Study, runs: dict[str, Run], arm: str
) -> None:
    """Goal: one page, one truth. Method: final totals against the metrics, made another way."""
    metrics = runs[arm].metrics.set_index("metric")["numerator"]
    meals = prepared(study, arm)["meals"]
    assert total(meals["phantom"]["accepted"]) == metrics["phantom_meals"]
    assert total(meals["honest"]["refused"]) == metrics["honest_refused"]
    undue_tiyn = metrics["leakage_amount"]
    assert total(meals["undue_tenge"]["accepted"]) == (undue_tiyn + 50) // 100


@pytest.mark.parametrize("arm", ARMS)
def test_nothing_is_owed_when_everything_is_paid(study: Study, arm: str) -> None:
    """Goal: what is earned becomes free. Method: the balance owed at the end, and never below."""
    owed = prepared(study, arm)["owed"]
    level = lowest = 0
    for by in owed["by"]:
        level += by
        lowest = min(lowest, level)
    assert (level, lowest) == (0, 0)


def test_meals_of_a_day_are_paid_or_eaten_or_both(study: Study, runs: dict[str, Run]) -> None:
    """Goal: the bars are complete. Method: their sum against the deciding rows of each day."""
    for arm in ARMS:
        found = study.meals[study.meals["arm"] == arm].set_index("date")
        counted: dict[str, int] = defaultdict(int)
        for row in final_rows(rows_of(runs[arm])):
            is_undue = row["true_label"] in {"phantom", "double", "off_purpose"}
            if is_undue and row["status"] == "refused":
                continue
            day = (row["time_us"] - study.clock.start_us) // (BINS_A_DAY * BIN_US)
            counted[study.clock.day(day).isoformat()] += 1
        sums = found.drop(columns="arm").sum(axis=1).to_dict()
        assert sums == dict(counted)


def test_every_number_is_exact_in_a_browser(study: Study) -> None:
    """Goal: JavaScript counts without rounding. Method: each integer of the file below 2^53."""

    def numbers(node: object) -> list[int]:
        match node:
            case bool() | str() | None:
                return []
            case int():
                return [node]
            case list():
                return [one for each in node for one in numbers(each)]
            case dict():
                return [one for each in node.values() for one in numbers(each)]
            case _:
                pytest.fail(f"{node!r} is no whole number, text, list or mapping")

    found = numbers(dict(study.prepared))
    assert len(found) > 1000
    assert max(map(abs, found)) < 2**53


def test_amounts_of_a_nation_stay_exact() -> None:
    """Goal: no float on the way. Method: balances beyond 2^53 tiyn, rounded to tenge once."""
    from tengesim.report.playback import in_tenge

    huge = 90_071_992_547_409_930  # tiyn; a float64 cannot hold the last digits
    series = in_tenge([(3, huge), (5, 1), (9, -huge)])
    assert total(series, 4) == 900_719_925_474_099
    assert total(series) == 0


def test_markers_are_issues_and_first_times(study: Study, runs: dict[str, Run]) -> None:
    """Goal: a jump leads to the event. Method: the times of those rows, looked up by hand."""
    markers = study.prepared["markers"]
    marked = [row for row in rows_of(runs["marked"]) if row["status"] == "settled"]

    def steps(kind: str) -> list[int]:
        times = {
            (row["time_us"] - study.clock.start_us) // BIN_US
            for row in marked
            if row["kind"] == kind and (kind != "issue" or row["mark_to"])
        }
        return sorted(times)

    found = {
        kind: [one["bin"] for one in markers if one["arm"] == "marked" and one["kind"] == kind]
        for kind in ("issue", "shed", "return")
    }
    assert found == {
        "issue": steps("issue"),
        "shed": steps("shed")[:1],
        "return": steps("return")[:1],
    }
    assert {one["arm"] for one in markers if one["kind"] == "claim"} == {
        "headcount",
        "social_wallet",
    }


def test_school_days_are_the_weekdays_of_the_term(study: Study) -> None:
    """Goal: the timeline shows school. Method: the twenty weekdays of February 2026."""
    february = [dt.date(2026, 2, day) for day in range(1, 29)]
    expected = [day.isoformat() for day in february if day.weekday() < 5]
    assert study.prepared["school_days"] == expected


def test_evidence_is_equal_in_both_arms_with_proof(study: Study) -> None:
    """Goal: marking changes no meal. Method: the two arms' meals are the same lists."""
    proven, marked = prepared(study, "social_wallet"), prepared(study, "marked")
    for label in ("honest", "phantom", "double"):
        assert proven["meals"][label] == marked["meals"][label]


def test_the_clock_counts_local_days() -> None:
    """Goal: a day of the page is a local day. Method: first and last day of a span."""
    clock = Clock(dt.date(2026, 2, 1), 0, 42)
    assert (clock.day(0), clock.day(41)) == (dt.date(2026, 2, 1), dt.date(2026, 3, 14))
    assert clock.bins == 42 * 96


def test_sums_are_made_of_whole_numbers(study: Study) -> None:
    """Goal: no column can round. Method: the types of every table of the study."""
    tables = study.tables
    for frame in (tables.outcomes, tables.flows, tables.refunds, tables.markers):
        assert not any(pd.api.types.is_float_dtype(kind) for kind in frame.dtypes)
