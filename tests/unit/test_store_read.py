"""Reading a run gives back exactly what was written, and nothing else can be reached through it."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tengesim.codes import Kind
from tengesim.errors import StoreError
from tengesim.store.layout import HASHED_FILES
from tengesim.store.read import StoredRun, open_run
from tengesim.store.recording import Recording
from tengesim.store.verify import verify_run
from tengesim.store.write import write_recording
from tests.builders import (
    CALENDAR,
    FIRST_DAY,
    Account,
    History,
    events_of,
    of_other_code,
    school_meals,
)
from tests.faults import contents

ROOT = Path(__file__).resolve().parents[2]
BIG = 2**53 + 1


@pytest.fixture(scope="module")
def recording() -> Recording:
    """Return a run whose every meal costs more than a float can count."""
    return school_meals(pupils=5, days=4, meal_tiyn=BIG).recording()


@pytest.fixture(scope="module")
def run(recording: Recording, tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """Return the same run from the disk."""
    return open_run(write_recording(recording, tmp_path_factory.mktemp("runs")))


def test_a_stored_run_reads_as_it_was_in_memory(run: StoredRun, recording: Recording) -> None:
    """Goal: one truth. Method: every table, with its types and order, against memory."""
    pd.testing.assert_frame_equal(run.events(), events_of(recording))
    pd.testing.assert_frame_equal(run.cube, recording.cube)
    pd.testing.assert_frame_equal(run.accounts, recording.accounts)
    pd.testing.assert_frame_equal(run.metrics, recording.metrics)


def test_money_beyond_the_exact_floats_keeps_its_last_tiyn(
    run: StoredRun, recording: Recording
) -> None:
    """Goal: 2^53 + 1 survives log, file, table, sum and JSON. Method: compare the digits."""
    meals = [tiyn for tiyn in events_of(recording)["amount_tiyn"].tolist() if tiyn == BIG]
    assert len(meals) > 10
    frame = run.events("amount_tiyn = ?", [BIG], columns=["seq", "amount_tiyn"])
    assert frame["amount_tiyn"].tolist() == meals
    rows = json.loads(frame.to_json(orient="records"))
    assert [row["amount_tiyn"] for row in rows] == meals
    total = run.query("SELECT sum(amount_tiyn) AS total FROM events")["total"]
    assert str(total.dtype) == "int64"
    assert total.tolist() == [sum(events_of(recording)["amount_tiyn"].tolist())]
    (closing,) = run.query(
        "SELECT sum(closing_tiyn) AS tiyn FROM accounts WHERE holder <> keeper"
    ).to_numpy(dtype=object)
    positive = [tiyn for tiyn in recording.accounts["closing_tiyn"].tolist() if tiyn > 0]
    assert closing.tolist() == [sum(positive)]


def test_a_sum_beyond_64_bits_is_exact_and_not_a_float(run: StoredRun) -> None:
    """Goal: no wrap and no rounding. Method: add up amounts past 2^63."""
    several = "FROM events, range(1000) SELECT sum(amount_tiyn) AS tiyn, count(*) AS rows"
    (row,) = run.query(several).to_dict("records")
    (once,) = run.query("SELECT sum(amount_tiyn) AS tiyn FROM events")["tiyn"].tolist()
    assert row["tiyn"] == 1_000 * once > 2**63
    assert type(row["tiyn"]) is int


def test_the_largest_amounts_pass_through_every_table(tmp_path: Path) -> None:
    """Goal: 64 bits to the brim. Method: one move of 2^62 - 1 tiyn."""
    history = History()
    owed, owner = Account("national_bank"), Account("treasury")
    amount_tiyn = 2**62 - 1
    history.row(Kind.OPENING, owed, owner, amount_tiyn, time_us=CALENDAR.at(FIRST_DAY))
    run = write_recording(history.recording(), tmp_path)
    assert verify_run(run).passed
    with open_run(run) as stored:
        assert stored.accounts["closing_tiyn"].tolist() == [-amount_tiyn, amount_tiyn]
        assert stored.cube["amount_tiyn"].tolist() == [amount_tiyn]


def test_an_empty_log_is_a_run_like_any_other(tmp_path: Path) -> None:
    """Goal: nothing happened is a result. Method: write, read and verify no rows."""
    recording = History().recording()
    run = write_recording(recording, tmp_path)
    report = verify_run(run)
    assert report.passed, report.render()
    with open_run(run) as stored:
        pd.testing.assert_frame_equal(stored.events(), events_of(recording))
        pd.testing.assert_frame_equal(stored.cube, recording.cube)


def test_missing_numbers_do_not_turn_the_others_into_floats(run: StoredRun) -> None:
    """Goal: a gap costs no tiyn. Method: a column with a missing value, beside a sum and alone."""
    for extra in ("", ", (SELECT sum(amount_tiyn) FROM events) AS total"):
        frame = run.query(
            f"FROM events SELECT CASE WHEN seq = 0 THEN NULL ELSE {BIG} END AS tiyn{extra} "
            "ORDER BY seq LIMIT 3"
        )
        assert frame["tiyn"].tolist()[1:] == [BIG, BIG]
        assert pd.isna(frame["tiyn"][0])


def test_the_conditions_take_values_and_the_local_day(run: StoredRun) -> None:
    """Goal: a day is a local day, 25 hours on 29 February 2024. Method: its first and last row."""
    day = CALENDAR.day_number(CALENDAR.at(FIRST_DAY)) + 1
    by_number = run.events("day = ?", [day])
    by_date = run.events("date = $date", {"date": "2024-02-29"})
    pd.testing.assert_frame_equal(by_number, by_date)
    days = [CALENDAR.day_number(time_us) for time_us in by_date["time_us"].tolist()]
    assert days
    assert set(days) == {day}
    later = run.events("seq > ?", by_date["seq"].tolist()[-1:], limit=1)
    assert CALENDAR.day_number(later["time_us"].tolist()[0]) == day + 1


def test_rows_of_one_moment_keep_their_order_in_a_long_log(tmp_path: Path) -> None:
    """Goal: order is that of the log, not of the join. Method: 20,000 rows of few moments."""
    history = History()
    owed, owner = Account("national_bank"), Account("treasury")
    for number in range(20_000):
        moment_us = CALENDAR.at(FIRST_DAY) + number // 7_000
        history.row(Kind.OPENING, owed, owner, 1, time_us=moment_us, region=f"{number % 3}")
    with open_run(write_recording(history.recording(), tmp_path)) as stored:
        assert stored.events()["seq"].tolist() == list(range(20_000))
        one = stored.events("region = '1' AND day > 0", columns=["seq"])["seq"].tolist()
    assert one == list(range(1, 20_000, 3))


def test_a_value_is_never_read_as_sql(run: StoredRun) -> None:
    """Goal: names from outside are safe. Method: a name that would end the query."""
    assert run.events("region = ?", ["' OR 1=1 --"]).empty
    assert run.query("SELECT name FROM names WHERE name = ?", ["x'; DROP VIEW events; --"]).empty


def test_chosen_columns_come_alone_and_in_the_order_asked(run: StoredRun) -> None:
    """Goal: large runs are read thinly. Method: three columns, a limit, and one that is none."""
    frame = run.events(columns=["mark", "seq", "intent"], limit=4)
    assert list(frame.columns) == ["mark", "seq", "intent"]
    assert frame["seq"].tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="no such column: \\['colour'\\]"):
        run.events(columns=["seq", "colour"])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "",
        "COPY (SELECT 1) TO 'out.csv'",
        "DROP VIEW events",
        "CREATE TABLE mine AS SELECT 1",
        "SET threads = 4",
        "SELECT * FROM read_csv('{here}')",
        "SELECT * FROM read_text('{here}')",
        "SELECT * FROM '{here}'",
        "SELECT * FROM nothing",
        "ATTACH '{here}'",
        "INSTALL httpfs",
        "SELEKT 1",
    ],
)
def test_a_query_can_neither_write_nor_leave_the_run(run: StoredRun, sql: str) -> None:
    """Goal: a query from a page is harmless. Method: each way out is refused in one line."""
    with pytest.raises(ValueError, match=r"expected one SELECT|cannot be answered") as caught:
        run.query(sql.format(here=Path(__file__)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("where", ["seq <", "1 = 1; DROP VIEW events", "colour = 1", "seq = ?"])
def test_a_bad_condition_is_refused_in_one_line(run: StoredRun, where: str) -> None:
    """Goal: misuse reads as such. Method: conditions that are none."""
    with pytest.raises(ValueError, match=r"expected one SELECT|cannot be answered"):
        run.events(where)


def test_a_comment_in_a_condition_hides_nothing(run: StoredRun) -> None:
    """Goal: rows stay in order whatever the condition says. Method: end it with a comment."""
    frame = run.events("seq < 9 -- and no more")
    assert frame["seq"].tolist() == list(range(9))


def test_brackets_in_a_path_lead_to_no_other_run(tmp_path: Path) -> None:
    """Goal: a path is no pattern. Method: `year[1]` beside `year1`, which the pattern matches."""
    ours = school_meals(pupils=2, days=1).recording()
    theirs = of_other_code(ours, school_meals(pupils=3, days=2))
    write_recording(theirs, tmp_path / "year1 'a'")
    run = write_recording(ours, tmp_path / "year[1] 'a'")
    with open_run(run) as stored:
        pd.testing.assert_frame_equal(stored.events(), events_of(ours))
    assert verify_run(run).passed
    star = write_recording(ours, tmp_path / "y*r?")
    with open_run(star) as stored:
        pd.testing.assert_frame_equal(stored.cube, ours.cube)


def test_a_run_is_found_by_name_or_path_and_told_apart(run: StoredRun, tmp_path: Path) -> None:
    """Goal: both ways lead to it, a near miss is suggested. Method: name, path, and a slip."""
    parent, name = run.path.parent, run.path.name
    for given in (name, run.path, str(run.path), os.path.relpath(run.path)):
        with open_run(given, parent) as found:
            assert found.path == run.path.resolve()
            assert found.manifest == run.manifest
    with pytest.raises(StoreError, match=f"did you mean '{name}'"):
        open_run(name.replace("meals", "meels"), parent)
    with pytest.raises(StoreError, match="tengesim runs list"):
        open_run("road_repair-000000000000-s1", tmp_path)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "/etc", "a/b", "a\\b", "\0", "x" * 300, "%2e%2e", "∕etc", "con"],
)
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    """Goal: names from a page cannot leave the folder. Method: names that try."""
    with pytest.raises(StoreError):
        open_run(name, tmp_path / "runs")


def test_a_link_among_the_runs_is_not_followed(run: StoredRun, tmp_path: Path) -> None:
    """Goal: the folder of runs is a fence. Method: a link in it to a good run elsewhere."""
    (tmp_path / run.path.name).symlink_to(run.path)
    with pytest.raises(StoreError, match="no run"):
        open_run(run.path.name, tmp_path)


def test_two_writings_of_one_run_have_the_same_bytes(recording: Recording, tmp_path: Path) -> None:
    """Goal: files can be compared by hash. Method: write twice, also after other things ran."""
    one = write_recording(recording, tmp_path / "one")
    two = write_recording(
        replace(recording, phases={"run": 9.0}, engine_name="fast"), tmp_path / "two"
    )
    assert contents(one) == contents(two)
    assert set(contents(one)) == {*HASHED_FILES, "manifest.json"}


ELSEWHERE = """
import sys
from tengesim.store.write import write_recording
from tests.builders import school_meals
print(write_recording(school_meals(pupils=5, days=4, meal_tiyn=2**53 + 1).recording(), sys.argv[1]))
"""


def test_files_do_not_depend_on_place_zone_language_or_hash_seed(
    run: StoredRun, tmp_path: Path
) -> None:
    """Goal: identical wherever computed. Method: another interpreter under other conditions."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path)],
        env={"PYTHONPATH": paths, "PYTHONHASHSEED": "7", "TZ": "Asia/Almaty", "LC_ALL": "tr_TR"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert contents(Path(done.stdout.strip())) == contents(run.path)


def test_nothing_of_the_machine_is_in_the_hashed_files(run: StoredRun) -> None:
    """Goal: a run can be shared. Method: look for the path and the machine's name."""
    for name, content in contents(run.path).items():
        assert str(run.path.parent).encode() not in content, name
        assert os.uname().nodename.encode() not in content, name


def test_a_closed_run_opens_again_by_itself_and_threads_share_it(run: StoredRun) -> None:
    """Goal: a server asks from several threads. Method: many at once, then after closing."""
    from concurrent.futures import ThreadPoolExecutor

    def total(_: int) -> int:
        return int(run.query("SELECT sum(amount_tiyn) AS tiyn FROM events")["tiyn"][0])

    with ThreadPoolExecutor(4) as pool:
        totals = set(pool.map(total, range(40)))
    run.close()
    assert totals == {total(0)}
