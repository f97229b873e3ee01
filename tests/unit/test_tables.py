"""Tables say in text exactly what the packed log says in numbers, and the way back exists."""

import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.codes import Form, Kind, Reason, Status, TrueLabel, column_text
from tengesim.errors import InvariantError
from tengesim.journal.cube import CUBE_KEYS
from tengesim.journal.events import CODED, COLUMNS, NAMED, ROW, Rows
from tengesim.journal.names import Names, intent_of_want
from tengesim.journal.tables import (
    ACCOUNTS,
    CUBE,
    EVENTS,
    WANTS_A_CELL,
    accounts_frame,
    code_texts,
    cube_frame,
    events_frame,
    packed_rows,
    typed,
)
from tengesim.payment import NameId
from tests.builders import History, events_of, school_meals

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXTS = ["", "treasury", "KZ-75/meals/school_meals", "ұлттық банк", "a/b/c", "0", "' ; --", "\t"]


def names_of(texts: list[str]) -> Names:
    """Return names in that order."""
    names = Names()
    for text in texts:
        names.id(text)
    return names


@st.composite
def logs(draw: st.DrawFn) -> Rows:
    """Draw rows with any number in every column and any name, code and intent."""
    strata = st.integers(1, len(TEXTS) - 1).map(NameId)
    hours, indexes = st.integers(0, 2**20 - 1), st.integers(0, WANTS_A_CELL - 1)
    intents = st.one_of(
        st.integers(0, len(TEXTS) - 1),
        st.builds(intent_of_want, strata, hours, indexes),
    )
    rows = np.zeros(draw(st.integers(0, 12)), dtype=ROW)
    for row in rows:
        for column in COLUMNS:
            if column == "intent":
                row[column] = draw(intents)
            elif column in NAMED:
                row[column] = draw(st.integers(0, len(TEXTS) - 1))
            elif column in CODED:
                row[column] = draw(st.sampled_from([int(code) for code in CODED[column]]))
            else:
                limits = np.iinfo(ROW[column])
                row[column] = draw(st.integers(int(limits.min), int(limits.max)))
    return rows


@given(logs())
def test_a_table_of_events_packs_back_into_the_very_same_rows(rows: Rows) -> None:
    """Goal: nothing is lost in text. Method: any rows, there and back, byte for byte."""
    names = names_of(TEXTS)
    frame = events_frame(rows, names)
    assert packed_rows(frame, names.texts()).tobytes() == rows.tobytes()
    assert list(frame.columns) == list(COLUMNS)


@given(st.integers(1, 3), st.integers(0, 2**20 - 1), st.integers(0, WANTS_A_CELL - 1))
def test_an_intent_reads_as_the_names_write_it(stratum: int, hour: int, index: int) -> None:
    """Goal: one text of an intent. Method: the table against `Names.intent_text`."""
    names = names_of(TEXTS)
    rows = np.zeros(1, dtype=ROW)
    rows["form"] = rows["form_to"] = Form.DIGITAL_TENGE
    rows["kind"], rows["status"] = Kind.PAYMENT, Status.SETTLED
    rows["intent"] = intent_of_want(NameId(stratum), hour, index)
    frame = events_frame(rows, names)
    assert frame["intent"].tolist() == [names.intent_text(int(rows["intent"][0]))]


def test_every_code_has_its_own_text_and_none_is_empty() -> None:
    """Goal: codes in files are read by people. Method: each member of each list."""
    for codes in (Form, Kind, Status, Reason, TrueLabel):
        texts = code_texts(codes)
        for code in codes:
            assert (
                texts[code]
                == column_text(code)
                == ("" if code.name == "NONE" else code.name.lower())
            )
        said = [text for text in texts if text]
        assert len(said) == len(set(said))


def test_the_types_are_exact_in_every_table_even_when_empty() -> None:
    """Goal: money is never a float. Method: the type of each column, with and without rows."""
    text = str(pd.Series(["x"]).dtype)
    due = {"whole": "int64", "name": "category", "text": text}
    recording = school_meals().recording()
    tables = [
        (events_of(recording), EVENTS),
        (recording.cube, CUBE),
        (recording.accounts, ACCOUNTS),
        (events_frame(np.empty(0, dtype=ROW), Names()), EVENTS),
        (cube_frame([], Names()), CUBE),
        (accounts_frame(History().accounts()), ACCOUNTS),
    ]
    for frame, kinds in tables:
        assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == {
            column: due[kind] for column, kind in kinds.items()
        }
    assert EVENTS["amount_tiyn"] == EVENTS["time_us"] == EVENTS["attempt"] == "whole"


def test_the_categories_are_the_sorted_texts_that_occur() -> None:
    """Goal: a group is never empty by accident. Method: the categories of a table's columns."""
    events = events_of(school_meals().recording())
    for column, kind in EVENTS.items():
        if kind == "name":
            categories = events[column].cat.categories.tolist()
            assert categories == sorted(set(events[column].astype(object)))
            assert not events[column].cat.ordered


def test_the_cube_says_the_date_of_its_day() -> None:
    """Goal: days are read by people. Method: dates around a leap day and the epoch."""
    days = [-1, 0, 19_782, 19_783]
    cells = [(day, *([0] * 5), 1, 1, 0, 0, 0, 1, 2**62) for day in days]
    frame = cube_frame(cells, Names())
    epoch = dt.date(1970, 1, 1)
    assert frame["date"].tolist() == [(epoch + dt.timedelta(days=day)).isoformat() for day in days]
    assert frame["date"].tolist()[2:] == ["2024-02-29", "2024-03-01"]
    assert frame["amount_tiyn"].tolist() == [2**62] * 4
    assert list(frame.columns) == ["day", "date", *CUBE_KEYS[1:], "count", "amount_tiyn"]


@pytest.mark.parametrize("column", ["payer", "kind", "form"])
def test_a_number_that_stands_for_nothing_is_refused(column: str) -> None:
    """Goal: no silent blank. Method: an unknown name, an unknown kind, an unknown form."""
    rows = np.zeros(2, dtype=ROW)
    rows[column] = 5 if column == "payer" else 250
    with pytest.raises(InvariantError, match="stands for nothing"):
        events_frame(rows, Names())


def test_the_form_of_an_account_nobody_opened_is_empty() -> None:
    """Goal: a refusal for an unknown account can be shown. Method: form 0, there and back."""
    rows = np.zeros(1, dtype=ROW)
    rows["kind"], rows["status"], rows["reason"] = (
        Kind.PAYMENT,
        Status.REFUSED,
        Reason.ACCOUNT_UNKNOWN,
    )
    frame = events_frame(rows, Names())
    assert frame["form"].tolist() == [""]
    assert frame["reason"].tolist() == ["account_unknown"]
    assert packed_rows(frame, [""]).tobytes() == rows.tobytes()


def test_a_name_that_reads_like_a_want_is_refused() -> None:
    """Goal: the text of an intent means one thing. Method: such a name beside such a want."""
    names = names_of(["s"])
    intent = intent_of_want(names.id("s"), 400_000, 7)
    names.id(names.intent_text(intent))
    rows = np.zeros(1, dtype=ROW)
    rows["intent"] = intent
    with pytest.raises(InvariantError, match="reads like a want"):
        events_frame(rows, names)


def test_a_sum_of_the_cube_beyond_64_bits_is_refused() -> None:
    """Goal: an error before any wrap. Method: a cell of 2^63 tiyn."""
    cell = (*([0] * 11), 1, 2**63)
    with pytest.raises(InvariantError, match=r"2\^63 - 1 tiyn"):
        cube_frame([cell], Names())


@pytest.mark.parametrize(
    "values", [[1.0, 2.0], [1, None], [True, False], ["1", "2"], [2**63, 2**64 - 1]]
)
def test_what_is_not_exactly_whole_is_refused(values: list[object]) -> None:
    """Goal: no type slips in from a file. Method: floats, gaps, truth values, texts, wide ones."""
    with pytest.raises(TypeError, match="column n"):
        typed(pd.DataFrame({"n": values}), {"n": "whole"})


def test_other_columns_than_due_are_refused() -> None:
    """Goal: a file of other code is noticed. Method: one column more."""
    with pytest.raises(TypeError, match="the columns are"):
        typed(pd.DataFrame({"n": [1], "m": [1]}), {"n": "whole"})


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_and_a_half_million_rows_become_a_table_in_seconds() -> None:
    """Goal: a month of a region is shown at once. Method: wants of one day, twice each."""
    count = 2_500_000
    names = names_of([f"name {number}" for number in range(100_000)])
    chance = np.random.default_rng(1)
    rows = np.zeros(count, dtype=ROW)
    rows["kind"], rows["status"] = Kind.PAYMENT, Status.SETTLED
    for column in NAMED:
        rows[column] = chance.integers(0, 100_000, count)
    cell = np.arange(count) // 50_000
    rows["intent"] = -1 - ((5 << 44) + ((400_000 + cell) << 24) + np.arange(count) % 50_000)
    started = time.process_time()
    frame = events_frame(rows, names)
    elapsed_s = time.process_time() - started
    assert elapsed_s < 20
    assert packed_rows(frame, names.texts()).tobytes() == rows.tobytes()
