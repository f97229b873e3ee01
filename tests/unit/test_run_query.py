"""Asking a run in memory by SQL: the words of the log, exact sums, and no way out."""

import numpy as np
import pytest

from tengesim import Run
from tengesim.codes import Kind
from tengesim.engine import run as runs
from tengesim.errors import InvariantError
from tengesim.journal.events import ROW
from tengesim.journal.names import Names, intent_of_want
from tengesim.journal.sql import answer_of, open_log
from tengesim.journal.tables import events_frame
from tests.economies import run_of as economy
from tests.worlds import MARKED, run_of


@pytest.fixture(scope="module")
def run() -> Run:
    """Return a small month of marked school meals."""
    return run_of(MARKED)


@pytest.mark.parametrize("name", ["meals", "people"])
def test_the_table_of_events_has_the_words_of_the_log(name: str) -> None:
    """Goal: SQL and pandas show one log. Method: every column of both, names of blocks too."""
    asked = run_of(MARKED) if name == "meals" else economy("household_month")
    found, due = asked.query("FROM events ORDER BY seq"), asked.events
    assert list(found.columns) == list(due.columns)
    for column in due.columns:
        assert found[column].tolist() == due[column].tolist(), column


def test_sums_beyond_2_to_the_53_are_exact() -> None:
    """Goal: no float on the way. Method: amounts of which a float would lose the last digit."""
    names = Names()
    rows = np.zeros(3, dtype=ROW)
    rows["seq"], rows["kind"] = range(3), Kind.PAYMENT
    rows["form"] = rows["form_to"] = 1
    rows["status"] = 2
    rows["amount_tiyn"] = [2**62, 2**62, 1]
    with open_log(rows, names, {}) as tables:
        found = answer_of(tables, "SELECT sum(amount_tiyn) AS total, count(*) AS n FROM events")
        assert found["total"].tolist() == [2**63 + 1]
        one = answer_of(tables, "SELECT amount_tiyn + 1 AS more FROM events WHERE seq = 0")
        assert one["more"].tolist() == [2**62 + 1]


def test_names_cube_accounts_and_metrics_are_tables_too(run: Run) -> None:
    """Goal: one place to ask. Method: counts against the frames of the run."""
    for table, count in (
        ("cube", len(run.cube)),
        ("accounts", len(run.accounts)),
        ("metrics", len(run.metrics)),
        ("names", len(run.names)),
    ):
        assert len(run.query(f"FROM {table}")) == count
    assert run.query("SELECT name FROM names ORDER BY id")["name"].tolist() == run.names.texts()


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM single_names",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT colour FROM events",
        "FROM frames",
    ],
)
def test_only_a_select_over_the_run_is_answered(run: Run, sql: str) -> None:
    """Goal: a query can do no harm. Method: statements that change, leave, or mean nothing."""
    frames = [1, 2, 3]
    assert frames
    with pytest.raises(ValueError, match=r"."):
        run.query(sql)


def test_a_log_too_long_for_a_table_points_to_the_query(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: no memory is taken by surprise. Method: a limit below the rows of a small run."""
    monkeypatch.setattr(runs, "EVENTS_MAX", 10)
    long = runs.Run(**{name: getattr(run, name) for name in run.__dataclass_fields__})
    with pytest.raises(ValueError, match=r"rows, and a table .* for 10; .*run\.query\(sql\)"):
        _ = long.events
    assert len(long.query("FROM events LIMIT 5")) == 5
    assert long.metrics.equals(run.metrics)


def test_a_name_that_reads_like_a_want_is_refused() -> None:
    """Goal: the text of an intent says what it is. Method: the same name as in the table."""
    names = Names()
    stratum = names.id("shop")
    want = intent_of_want(stratum, 0, 3)
    names.id(names.intent_text(want))
    rows = np.zeros(1, dtype=ROW)
    rows["intent"], rows["kind"], rows["status"] = want, Kind.PAYMENT, 2
    rows["form"] = rows["form_to"] = 1
    with pytest.raises(InvariantError, match="reads like a want"):
        open_log(rows, names, {})
    with pytest.raises(InvariantError, match="reads like a want"):
        events_frame(rows, names)
