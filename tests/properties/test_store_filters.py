"""Any filter over a stored run gives exactly the rows that a scan of the log by hand gives."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.codes import Kind, Status
from tengesim.store.read import StoredRun, open_run
from tengesim.store.write import write_recording
from tests.builders import CALENDAR, FIRST_DAY, school_meals

Row = dict[str, Any]

FIRST = CALENDAR.day_number(CALENDAR.at(FIRST_DAY))
DAYS = 6
WORDS = {
    "region": ["KZ-10", "KZ-75", "", "KZ-99"],
    "mark": ["school_meals.2024", "", "meals"],
    "programme": ["school_meals", "roads"],
    "status": [status.name.lower() for status in Status],
    "kind": [kind.name.lower() for kind in Kind],
}


@dataclass(frozen=True)
class Filter:
    """Words that columns may have, and a period of local days, ends included."""

    words: dict[str, list[str]] = field(default_factory=dict)
    first: int | None = None
    last: int | None = None

    def sql(self) -> tuple[str, list[object]]:
        """Return the condition with its values."""
        parts: list[str] = []
        values: list[object] = []
        for column, allowed in self.words.items():
            places = ", ".join("?" for _ in allowed)
            parts.append(f"{column} IN ({places})" if allowed else "false")
            values += allowed
        for sign, day in ((">=", self.first), ("<=", self.last)):
            if day is not None:
                parts.append(f"day {sign} ?")
                values.append(day)
        return " AND ".join(parts), values

    def keeps(self, row: Row) -> bool:
        """Return whether a row passes, by hand."""
        day = CALENDAR.day_number(row["time_us"])
        return (
            all(row[column] in allowed for column, allowed in self.words.items())
            and (self.first is None or day >= self.first)
            and (self.last is None or day <= self.last)
        )


def filters() -> st.SearchStrategy[Filter]:
    """Draw filters: some columns, periods that may be empty, one day, or reversed."""
    days = st.none() | st.integers(FIRST - 1, FIRST + DAYS)
    words = st.fixed_dictionaries(
        {},
        optional={
            column: st.lists(st.sampled_from(texts), unique=True, max_size=3)
            for column, texts in WORDS.items()
        },
    )
    return st.builds(Filter, words=words, first=days, last=days)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoredRun]:
    """Return a run over the days around the change of the clocks."""
    recording = school_meals(pupils=6, days=DAYS, meal_tiyn=2**53 + 1).recording()
    with open_run(write_recording(recording, tmp_path_factory.mktemp("runs"))) as stored:
        yield stored


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Return the same log as plain rows, straight from the journal."""
    history = school_meals(pupils=6, days=DAYS, meal_tiyn=2**53 + 1)
    text = history.names.text
    return [
        {
            "seq": int(row["seq"]),
            "time_us": int(row["time_us"]),
            "amount_tiyn": int(row["amount_tiyn"]),
            "region": text(int(row["region"])),
            "mark": text(int(row["mark"])),
            "programme": text(int(row["programme"])),
            "status": Status(int(row["status"])).name.lower(),
            "kind": Kind(int(row["kind"])).name.lower(),
        }
        for row in history.journal.rows()
    ]


@given(chosen=filters())
def test_a_filter_gives_the_rows_of_a_scan_by_hand(
    run: StoredRun, rows: list[Row], chosen: Filter
) -> None:
    """Goal: no row is lost or shown twice. Method: any filter against plain Python."""
    where, values = chosen.sql()
    found = run.events(where, values, columns=["seq", "amount_tiyn", "region"])
    expected = [row for row in rows if chosen.keeps(row)]
    assert found["seq"].tolist() == [row["seq"] for row in expected]
    assert found["amount_tiyn"].tolist() == [row["amount_tiyn"] for row in expected]
    assert found["region"].tolist() == [row["region"] for row in expected]


@given(chosen=filters())
def test_the_cube_under_a_filter_counts_and_sums_the_same_rows(
    run: StoredRun, rows: list[Row], chosen: Filter
) -> None:
    """Goal: the two tables never disagree. Method: any filter on the cube against the rows."""
    where, values = chosen.sql()
    (total,) = run.query(
        "FROM cube SELECT coalesce(sum(count), 0) AS count, coalesce(sum(amount_tiyn), 0) AS tiyn "
        f"WHERE {where or 'true'}",
        values,
    ).to_dict("records")
    expected = [row for row in rows if chosen.keeps(row)]
    assert total["count"] == len(expected)
    assert total["tiyn"] == sum(row["amount_tiyn"] for row in expected)


@given(chosen=filters(), column=st.sampled_from(sorted(WORDS)))
def test_subtotals_add_up_to_the_total(run: StoredRun, chosen: Filter, column: str) -> None:
    """Goal: a breakdown leaves nothing out. Method: group by any column, add up, compare."""
    where, values = chosen.sql()
    condition = f"WHERE {where or 'true'}"
    groups = run.query(
        f"FROM dated_events SELECT {column}, count(*) AS count, sum(amount_tiyn) AS tiyn "
        f"{condition} GROUP BY {column}",
        values,
    )
    whole = run.query(
        "FROM dated_events SELECT count(*) AS count, coalesce(sum(amount_tiyn), 0) AS tiyn "
        + condition,
        values,
    )
    assert sum(groups["count"].tolist()) == whole["count"].tolist()[0]
    assert sum(groups["tiyn"].tolist()) == whole["tiyn"].tolist()[0]


def test_no_filter_gives_every_row(run: StoredRun, rows: list[Row]) -> None:
    """Goal: the filters above are not vacuous. Method: count all, and the words that occur."""
    assert run.events()["seq"].tolist() == [row["seq"] for row in rows]
    for column, texts in WORDS.items():
        occurring = {row[column] for row in rows}
        assert occurring & set(texts)
