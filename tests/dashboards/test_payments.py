"""The payments of a day: equal rows for any page size, and nothing for hostile questions."""

from typing import Any

import pytest

from dashboards.payments import (
    KINDS,
    PAGE_ROWS_MAX,
    Choice,
    choice_of,
    find_payment,
    page_of,
    places,
)
from dashboards.study import Study
from dashboards.texts import Texts
from tengesim.clock import DAY_US
from tengesim.engine.run import Run
from tests.studies import ARMS

DAY = 9
"""Tuesday 10 February 2026."""


def deciding_rows(study: Study, run: Run) -> list[dict[str, Any]]:
    """Return the last row of every payment of the day, found by hand, in order."""
    start = study.clock.start_us + DAY * DAY_US
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for row in run.events.to_dict("records"):
        if row["kind"] in KINDS and start <= row["time_us"] < start + DAY_US:
            key = (row["kind"], row["intent"])
            if key not in last or row["attempt"] >= last[key]["attempt"]:
                last[key] = {str(name): value for name, value in row.items()}
    return sorted(last.values(), key=lambda row: (row["time_us"], row["seq"]))


def all_rows(study: Study, choice: Choice, t: Texts, step: int) -> list[dict[str, Any]]:
    """Return the rows of `choice`, asked for `step` at a time."""
    rows: list[dict[str, Any]] = []
    while True:
        page = page_of(study, choice, len(rows), step, t)
        rows.extend(page.rows)
        if not page.rows or len(rows) >= page.total:
            return rows


@pytest.mark.parametrize("arm", ARMS)
def test_a_day_has_the_payments_the_log_has(
    study: Study, runs: dict[str, Run], t: Texts, arm: str
) -> None:
    """Goal: no payment is lost or doubled. Method: intents in order, against the log by hand."""
    expected = [row["intent"] for row in deciding_rows(study, runs[arm])]
    found = all_rows(study, Choice(DAY, arm=arm), t, 50)
    assert [row["intent"] for row in found] == expected


def test_pages_of_any_size_give_the_same_rows(study: Study, t: Texts) -> None:
    """Goal: scrolling misses nothing, across arms too. Method: three page sizes."""
    by_7, by_64, by_max = (all_rows(study, Choice(DAY), t, n) for n in (7, 64, PAGE_ROWS_MAX))
    assert by_7 == by_64 == by_max
    assert len({row["id"] for row in by_7}) == len(by_7)


@pytest.mark.parametrize(
    ("name", "value", "column"),
    [
        ("status", "refused", "status"),
        ("reason", "presence_not_proven", "reason"),
        ("label", "honest", "true_label"),
        ("place", "school-003", "place"),
    ],
)
def test_a_filter_keeps_what_fits_and_nothing_else(
    study: Study, runs: dict[str, Run], t: Texts, *, name: str, value: str, column: str
) -> None:
    """Goal: filters mean what they say. Method: the same filter on the rows found by hand."""
    arm = "marked"
    expected = [row["intent"] for row in deciding_rows(study, runs[arm]) if row[column] == value]
    wanted = choice_of(study, {"day": "2026-02-10", "arm": arm, name: value})
    assert wanted is not None
    assert [row["intent"] for row in all_rows(study, wanted, t, 100)] == expected


def test_no_page_is_larger_than_the_limit(study: Study, t: Texts) -> None:
    """Goal: an answer stays small. Method: ask for a million rows, and for fewer than none."""
    assert len(page_of(study, Choice(DAY), 0, 10**6, t).rows) <= PAGE_ROWS_MAX
    assert page_of(study, Choice(DAY), -5, -5, t).rows == []


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        [],
        "2026-02-10",
        {},
        {"day": None},
        {"day": 9},
        {"day": "2026-02-30"},
        {"day": "2025-12-31"},
        {"day": "2027-01-01"},
        {"day": "x" * 10**5},
    ],
)
def test_a_question_without_a_day_of_the_study_is_none(study: Study, wanted: object) -> None:
    """Goal: nothing is guessed. Method: what a browser might send instead of a day."""
    assert choice_of(study, wanted) is None


def test_unknown_filters_are_left_out(study: Study) -> None:
    """Goal: nothing from outside reaches the query. Method: texts that are on no list."""
    hostile = "' OR 1=1 --"
    wanted = dict.fromkeys(("arm", "status", "reason", "place", "label"), hostile)
    assert choice_of(study, {"day": "2026-02-10", **wanted}) == Choice(DAY)
    assert choice_of(study, {"day": "2026-02-10", "arm": ["marked"]}) == Choice(DAY)


def test_only_payments_of_the_log_are_found(study: Study, t: Texts) -> None:
    """Goal: ids are looked up. Method: one that exists, and ways of naming none."""
    known = page_of(study, Choice(DAY, arm="marked"), 0, 1, t).rows[0]
    assert find_payment(study, known) == (2, known["intent"])
    for wrong in (
        None,
        {"arm_number": 3, "intent": known["intent"]},
        {"arm_number": -1, "intent": known["intent"]},
        {"arm_number": True, "intent": known["intent"]},
        {"arm_number": 2, "intent": ""},
        {"arm_number": 2, "intent": "x" * 201},
        {"arm_number": 2, "intent": "nothing of that name"},
    ):
        assert find_payment(study, wrong) is None


def test_schools_are_those_of_the_study(study: Study) -> None:
    """Goal: the filter offers what there is. Method: twelve schools, in order."""
    found = places(study)
    assert found == sorted(found)
    assert found[0] == "school-001"
