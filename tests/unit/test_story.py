"""Stories: every decision of a run is made again and agrees with its log, and tampering shows."""

import re
from functools import cache
from typing import Any

import duckdb
import pandas as pd
import pytest

from tengesim import Run
from tengesim.report.story import STEPS_MAX, Story, StoryStep, UnknownIdError, story_of
from tengesim.report.text import story_text
from tests.worlds import ARMS, HEADCOUNT, MARKED, WALLET, behaviour, only, run_of, small

FEW = (
    *only("population.pupils", "12 pupils"),
    *only("population.schools", "2 schools"),
    *behaviour(kiosk_attempt="5 %", double_scan="5 %", unserved="3 %", absence="20 %"),
    *behaviour(**{f"methods__{method}__failure": "10 %" for method in ("card", "qr", "palm")}),
    *only("population.register_omissions", "10 %"),
)


class TableLog:
    """A log in memory that answers SQL as a stored run does."""

    def __init__(self, events: pd.DataFrame) -> None:
        """Answer about `events`."""
        self._connection = duckdb.connect()
        plain = events.copy()
        for name in plain.select_dtypes("category"):
            plain[str(name)] = plain[str(name)].astype(str)
        self._connection.register("events", plain)

    def query(self, sql: str, parameters: Any = (), /) -> pd.DataFrame:  # noqa: ANN401
        """Return the answer to one SELECT."""
        return self._connection.execute(sql, parameters).df()


@cache
def log_of(arm: str) -> TableLog:
    """Return the log of a run with much to tell."""
    return TableLog(run(arm).events)


def run(arm: str) -> Run:
    """Return the run behind `log_of`."""
    return run_of(arm, *FEW)


def told(arm: str, subject: str) -> Story:
    """Return a story of the run behind `log_of`."""
    return story_of(log_of(arm), small(arm, *FEW), subject)


def first_intent(arm: str, **columns: str) -> str:
    """Return the intent of the first row with these values."""
    events = run(arm).events
    for name, value in columns.items():
        events = events[events[name].astype(str) == value]
    return str(events["intent"].iloc[0])


@pytest.mark.parametrize("arm", ARMS)
def test_every_decision_of_a_run_is_the_same_when_made_again(arm: str) -> None:
    """Goal: the log explains itself. Method: stories that cover every decided row."""
    events = run(arm).events
    is_decided = events["kind"].isin(["payment", "delivery", "shed"])
    is_decided |= (events["kind"] == "redeem") & (events["status"] == "refused")
    payers, intents = events["payer"].astype(str), events["intent"].astype(str)
    pupils = set(payers[is_decided & payers.str.startswith("pupil-")])
    others = set(intents[is_decided & ~payers.str.startswith("pupil-")])
    steps = [step for subject in sorted(pupils | others) for step in told(arm, subject).steps]
    assert {step.seq for step in steps} >= set(events.loc[is_decided, "seq"])
    assert all(step.is_repeated for step in steps)
    assert len({step.seq for step in steps if step.rules}) == is_decided.sum() > 200


@pytest.mark.parametrize("arm", ARMS)
def test_the_rules_of_a_refusal_name_the_one_that_decided(arm: str) -> None:
    """Goal: one reason. Method: every refused row: the deciding line is the logged rule's."""
    book = small(arm, *FEW).book_of("school_meals")
    refused = 0
    for holder in (f"pupil-{number:06d}" for number in range(1, 7)):
        for step in told(arm, holder).steps:
            deciding = [line.rule for line in step.rules if line.is_deciding]
            if step.kind in {"payment", "delivery"}:
                assert [line.rule for line in step.rules] == [rule.id for rule in book.rules]
                assert len(deciding) == (step.status == "refused")
                assert all(line.text for line in step.rules)
                refused += step.status == "refused"
    assert refused > 0 or arm == HEADCOUNT


ALTERED: list[tuple[str, Any]] = [
    ("reason", "payee_not_allowed"),
    ("rule", "meals_only"),
    ("value", 7),
    ("limit", 7),
    ("evidence", 0xFF),
]


@pytest.mark.parametrize(("column", "value"), ALTERED)
def test_a_refusal_that_was_altered_is_noticed(column: str, value: object) -> None:
    """Goal: the re-decision has teeth. Method: change one column of one refused meal."""
    events = run(MARKED).events
    chosen = events["reason"].astype(str) == "presence_not_proven"
    row = int(events.index[chosen][0])
    steps = altered(events, row, column, value)
    assert [step.is_repeated for step in steps if step.seq == row] == [False]
    assert "deciding again" in story_text(Story("x", "payment", tuple(steps), "", 0))


def test_a_payment_that_should_have_been_refused_is_noticed() -> None:
    """Goal: a missing refusal shows. Method: take the proof of presence from a settled meal."""
    events = run(MARKED).events
    settled = (events["kind"] == "payment") & (events["status"] == "settled")
    row = int(events.index[settled][0])
    steps = altered(events, row, "evidence", 0)
    assert [step.is_repeated for step in steps if step.seq == row] == [False]


def test_an_earlier_payment_that_was_hidden_is_noticed() -> None:
    """Goal: usage comes from the log. Method: drop the meal before a second one that day."""
    events = run(MARKED).events
    twice = events[events["rule"].astype(str) == "one_meal_a_day"].iloc[0]
    mine = events["payer"].astype(str) == str(twice["payer"])
    paid = mine & (events["status"] == "settled") & (events["kind"] == "payment")
    before = events[paid & (events["seq"] < twice["seq"])]
    hidden = events.drop(index=before.index[-1])
    steps = story_of(TableLog(hidden), small(MARKED, *FEW), str(twice["intent"])).steps
    assert [step.is_repeated for step in steps] == [False]
    whole = story_of(TableLog(events), small(MARKED, *FEW), str(twice["intent"])).steps
    assert [step.is_repeated for step in whole] == [True]


def altered(events: pd.DataFrame, row: int, column: str, value: object) -> list[StoryStep]:
    """Return the steps of one intent after one cell of its log was changed."""
    changed = events.copy()
    for name in changed.select_dtypes("category"):
        changed[str(name)] = changed[str(name)].astype(str)
    changed.loc[row, column] = value  # type: ignore[call-overload]
    subject = str(changed.loc[row, "intent"])
    return list(story_of(TableLog(changed), small(MARKED, *FEW), subject).steps)


@pytest.mark.parametrize(
    ("arm", "label", "words"),
    [
        (MARKED, "phantom", "the pupil was absent"),
        (WALLET, "double", "scanned already"),
        (MARKED, "off_purpose", "something else"),
        (HEADCOUNT, "honest", "the pupil was there"),
    ],
)
def test_the_truth_of_a_payment_stands_apart_and_last(arm: str, label: str, words: str) -> None:
    """Goal: no control saw it. Method: truth of one intent of each label, last in the text."""
    story = told(arm, first_intent(arm, true_label=label))
    assert words in story.truth
    last = story_text(story).splitlines()[-1]
    assert last == f"What was true (no control could see this): {story.truth}."
    assert not any(words in step.text for step in story.steps)


def test_a_refund_belongs_to_the_story_of_its_meal() -> None:
    """Goal: one story, one meal. Method: the intent of a refund begins with its payment."""
    intent = first_intent(MARKED, kind="refund")
    story = told(MARKED, intent)
    assert story.what == "payment"
    assert story.steps[0].kind == "payment"
    assert "refund" in {step.kind for step in story.steps}
    assert "it was paid but not served, and refunded" in story.truth


@pytest.mark.parametrize(
    ("subject", "what"),
    [
        ("pupil-000003", "holder"),
        ("caterer-01", "holder"),
        ("treasury", "holder"),
        ("school-001", "place"),
        ("school_meals.2026-02", "mark"),
        ("school_meals", "programme"),
    ],
)
def test_anything_the_log_names_has_a_story(subject: str, what: str) -> None:
    """Goal: trace ID. Method: kind of story, order of rows, and what is left out is counted."""
    story = told(MARKED, subject)
    assert story.what == what
    assert [step.seq for step in story.steps] == sorted(step.seq for step in story.steps)
    assert (story.left_out > 0) is (len(story.steps) == STEPS_MAX)
    assert story.truth == ""
    text = story_text(story)
    assert text.startswith(f"{what} {subject}\n")
    assert ("further rows of the log" in text) is (story.left_out > 0)


def test_moments_are_local_and_dates_are_those_of_the_calendar() -> None:
    """Goal: a reader's clock. Method: the distribution at seven in the morning, UTC+5."""
    steps = told(MARKED, "pupil-000003").steps
    given = [step.moment for step in steps if step.kind == "distribute"]
    assert given[0] == "2026-02-02 07:00:00"
    assert len(given) == 20
    assert all(re.fullmatch(r"2026-0\d-\d\d \d\d:\d\d:\d\d", step.moment) for step in steps)


def test_an_unknown_id_is_answered_with_near_ones() -> None:
    """Goal: did you mean. Method: a misspelt pupil and a name like nothing."""
    with pytest.raises(UnknownIdError, match=r"did you mean one of: .*pupil-0000"):
        told(MARKED, "pupil-00003")
    with pytest.raises(UnknownIdError, match=r"nothing in this run is called '\?'"):
        told(MARKED, "?")


def test_an_id_with_sql_in_it_is_an_id() -> None:
    """Goal: ids travel as parameters. Method: a quote and a statement."""
    with pytest.raises(UnknownIdError):
        told(MARKED, "' OR 1=1; DROP TABLE events; --")
    assert told(MARKED, "pupil-000001").steps
