"""Tables of payments: good ones are read to the tiyn, bad ones are told row by row."""

import contextlib
import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengesim import load_scenario
from tengesim.clock import HOUR_US, MINUTE_US
from tengesim.errors import Finding, ScenarioError
from tengesim.retail.imported import PaymentTable
from tengesim.scenario.load import check_scenario
from tests.imports import COLUMNS, GOOD, write_import, write_rows

START_US = 1_772_305_200_000_000
"""Midnight of 1 March 2026 at UTC+5."""
START = dt.datetime(2026, 3, 1)  # noqa: DTZ001 - local, as tables write it
FOURTH = ("4", "2026-03-01T10:00:00", "010203400017", "b", "1", "")


def read(folder: Path, **changes: object) -> PaymentTable:
    """Return the table of a scenario in `folder`."""
    scenario = load_scenario(write_import(folder, changes))
    assert scenario.retail is not None
    assert scenario.retail.imported is not None
    assert scenario.retail.imported.table is not None
    return scenario.retail.imported.table


def findings(folder: Path, rows: Sequence[Sequence[str]], **changes: object) -> list[Finding]:
    """Return what is wrong with a table."""
    write_rows(folder / "payments.csv", rows)
    return list(check_scenario(write_import(folder, changes)))


def changed(**cells: str) -> tuple[str, ...]:
    """Return the fourth row with some cells changed."""
    named = dict(zip(COLUMNS, FOURTH, strict=True)) | cells
    return tuple(named.values())


def test_a_good_table_is_read_to_the_tiyn_and_in_order_of_time(tmp_path: Path) -> None:
    """Goal: nothing is guessed. Method: three rows in three ways of writing, all columns."""
    write_rows(tmp_path / "payments.csv", GOOD)
    table = read(tmp_path)
    assert ((table.time_us - START_US) // HOUR_US).tolist() == [9, 10, 12]
    assert table.row.tolist() == [2, 1, 3]
    assert table.amount_tiyn.tolist() == [2_000, 15_050, 700]
    assert list(table.parties) == ["010203400017", "010203400018", "990203400017", "shop, ltd"]
    assert table.payer.tolist() == [2, 0, 1]
    assert table.payee.tolist() == [3, 2, 2]
    assert [table.purposes[number] for number in table.purpose] == ["", "5411", "5411"]
    assert table.opening_tiyn.tolist() == [10_000] * 4


@pytest.mark.parametrize(
    ("cells", "code", "said"),
    [
        ({"time": "2026-02-31T10:00:00"}, "TABLE_TIME", "no such moment"),
        ({"time": "yesterday"}, "TABLE_TIME", "not a time"),
        ({"time": ""}, "TABLE_TIME", "not a time"),
        ({"time": "2026-03-01T25:00:00"}, "TABLE_TIME", "no such moment"),
        ({"time": "2026-03-01T10:00:00Z"}, "TABLE_ZONE", "an offset other than +05:00"),
        ({"time": "2026-03-01T10:00:00+06:00"}, "TABLE_ZONE", "an offset other than"),
        ({"time": "2026-02-28T23:59:59"}, "TABLE_HORIZON", "outside the horizon"),
        ({"time": "2026-03-03T00:00:00"}, "TABLE_HORIZON", "outside the horizon"),
        ({"amount": "NaN"}, "TABLE_AMOUNT", "there is no amount"),
        ({"amount": ""}, "TABLE_AMOUNT", "there is no amount"),
        ({"amount": "-5"}, "TABLE_AMOUNT", "negative"),
        ({"amount": "0"}, "TABLE_AMOUNT", "out of range"),
        ({"amount": "1.234"}, "TABLE_AMOUNT", "finer than a tiyn"),
        ({"amount": "1 500"}, "TABLE_AMOUNT", "not a plain number"),
        ({"amount": "1,5"}, "TABLE_AMOUNT", "not a plain number"),
        ({"amount": "1e5"}, "TABLE_AMOUNT", "not a plain number"),
        ({"amount": "99999999999999"}, "TABLE_AMOUNT", "out of range"),
        ({"amount": "9" * 40}, "TABLE_AMOUNT", "not a plain number"),
        ({"payer": "1.23E+11"}, "TABLE_PARTY", "a spreadsheet rounded"),
        ({"payer": "123456789012.0"}, "TABLE_PARTY", "made it a number"),
        ({"payer": "10203400017"}, "TABLE_PARTY", "shorter than the 12 digits"),
        ({"payee": "nan"}, "TABLE_PARTY", "missing"),
        ({"payee": " b"}, "TABLE_PARTY", "spaces around"),
        ({"payee": "bank_a"}, "TABLE_PARTY", "the name of an institution"),
        ({"payee": "010203400017"}, "TABLE_PARTY", "payer and payee are the same"),
        ({"id": "3"}, "TABLE_TWICE", "another payment has this id"),
        ({"id": ""}, "TABLE_PARTY", "the id is missing"),
    ],
)
def test_each_mistake_is_told_with_its_row(
    tmp_path: Path, cells: dict[str, str], code: str, said: str
) -> None:
    """Goal: every kind of bad cell is a finding. Method: one bad cell in the fourth row."""
    found = findings(tmp_path, (*GOOD, changed(**cells)))
    told = [one for one in found if one.message.startswith("row 4:")]
    assert [(one.code, one.file, one.line) for one in told] == [(code, "payments.csv", 5)]
    assert said in told[0].message
    # A repeated id is told of both rows that bear it; all else of the bad row alone.
    assert {one.message[:6] for one in found} <= {
        "row 4:",
        "row 3:" if code == "TABLE_TWICE" else "",
    }


def test_the_row_of_these_tests_is_good_as_it_stands(tmp_path: Path) -> None:
    """Goal: the cases above fail for their cell alone. Method: the row unchanged."""
    assert findings(tmp_path, (*GOOD, FOURTH)) == []


def test_all_mistakes_are_told_at_once_and_behind_broken_rows_too(tmp_path: Path) -> None:
    """Goal: one round of corrections. Method: a short row first, then two bad cells."""
    rows = (*GOOD, FOURTH[:4], changed(amount="-1"), changed(id="6", time="never"))
    found = {(one.code, one.message[:6]) for one in findings(tmp_path, rows)}
    assert found == {
        ("TABLE_ROW", "row 4:"),
        ("TABLE_AMOUNT", "row 5:"),
        ("TABLE_TIME", "row 6:"),
    }


def test_of_very_many_mistakes_the_rest_is_counted(tmp_path: Path) -> None:
    """Goal: a hostile table gets a short answer. Method: 200 rows with one mistake."""
    found = findings(tmp_path, [changed(id=str(number), amount="-1") for number in range(200)])
    assert len(found) == 51
    assert "150 more rows" in found[-1].message


def test_columns_are_all_spoken_of(tmp_path: Path) -> None:
    """Goal: no column is read or left out silently. Method: one too many, one amiss."""
    columns = ("id", "time", "payer", "payee", "amoun", "note", "note")
    write_rows(tmp_path / "payments.csv", [(*GOOD[0], "")], columns=columns)
    found = check_scenario(write_import(tmp_path))
    assert {one.code for one in found} == {"TABLE_COLUMN"}
    said = " ".join(one.render() for one in found)
    assert "did you mean 'amoun'?" in said
    assert "nothing is known of the column 'note'" in said
    assert "'note' is there twice" in said


def test_times_that_bear_their_offsets_are_read_as_written(tmp_path: Path) -> None:
    """Goal: clocks may differ if each row says so. Method: two offsets, and one row without."""
    rows = [
        changed(id="1", time="2026-03-01T10:00:00+06:00"),
        changed(id="2", time="2026-03-01T04:30:00Z"),
        changed(id="3", time="2026-03-01T10:00:00+0530"),
    ]
    write_rows(tmp_path / "payments.csv", rows)
    table = read(tmp_path, time_zone="as_written")
    due = [9 * HOUR_US, 9 * HOUR_US + 30 * MINUTE_US, 9 * HOUR_US + 30 * MINUTE_US]
    assert (table.time_us - START_US).tolist() == due
    found = findings(tmp_path, [*rows, FOURTH], time_zone="as_written")
    assert [(one.code, one.line) for one in found] == [("TABLE_ZONE", 5)]


def test_opening_balances_come_from_a_table_of_their_own(tmp_path: Path) -> None:
    """Goal: stated balances hold, the amount for others. Method: two parties, one new."""
    write_rows(tmp_path / "payments.csv", GOOD)
    more = "      file: opening.csv\n"
    rows = [("010203400017", "77.01"), ("nobody pays her", "5")]
    write_rows(tmp_path / "opening.csv", rows, columns=("party", "amount"))
    table = read(tmp_path, more=more)
    held = dict(zip(table.parties, table.opening_tiyn.tolist(), strict=True))
    assert held["010203400017"] == 7_701
    assert held["nobody pays her"] == 500
    assert held["shop, ltd"] == 10_000
    bad = [("a", "-1"), ("b", "1"), ("b", "2")]
    write_rows(tmp_path / "opening.csv", bad, columns=("party", "amount"))
    found = check_scenario(write_import(tmp_path, {"more": more}))
    assert [(one.code, one.file, one.line) for one in found] == [
        ("TABLE_AMOUNT", "opening.csv", 2),
        ("TABLE_TWICE", "opening.csv", 3),
        ("TABLE_TWICE", "opening.csv", 4),
    ]


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    """Goal: the kind of file makes no difference. Method: one table both ways; a float id."""
    write_rows(tmp_path / "payments.csv", GOOD)
    ask = duckdb.connect()
    source = ask.read_csv(str(tmp_path / "payments.csv"), all_varchar=True)
    source.write_parquet(str(tmp_path / "payments.parquet"))
    tables = [read(tmp_path, file=f"payments.{kind}") for kind in ("csv", "parquet")]
    for ours, theirs in zip(*tables, strict=True):
        assert np.array_equal(np.asarray(ours), np.asarray(theirs))
    ask.sql(
        "SELECT '1' AS id, TIMESTAMP '2026-03-01 10:00:00' AS time, 1.23e11 AS payer, 'b' AS payee,"
        " CAST('NaN' AS DOUBLE) AS amount, '' AS purpose"
    ).write_parquet(str(tmp_path / "bad.parquet"))
    found = check_scenario(write_import(tmp_path, {"file": "bad.parquet"}))
    assert [(one.code, one.line) for one in found] == [
        ("TABLE_AMOUNT", None),
        ("TABLE_PARTY", None),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "EMPTY_FILE"), (b"\xff\xfei\x00", "ENCODING"), (b"id,time\n", "TABLE_COLUMN")],
)
def test_what_is_no_table_is_said_to_be_none(tmp_path: Path, content: bytes, code: str) -> None:
    """Goal: one line, never a traceback. Method: an empty file, UTF-16, too few columns."""
    (tmp_path / "payments.csv").write_bytes(content)
    assert {one.code for one in check_scenario(write_import(tmp_path))} == {code}


def test_a_missing_table_and_one_elsewhere_are_refused(tmp_path: Path) -> None:
    """Goal: only what lies with the scenario is read. Method: no file; a path upwards."""
    missing = check_scenario(write_import(tmp_path))
    assert [one.code for one in missing] == ["UNREADABLE"]
    outside = check_scenario(write_import(tmp_path, {"file": "../payments.csv"}))
    assert [one.code for one in outside] == ["PATH_OUTSIDE"]


def test_a_table_that_changed_under_a_resolved_scenario_is_refused(tmp_path: Path) -> None:
    """Goal: a digest means one table. Method: state the digest, then change a row."""
    write_rows(tmp_path / "payments.csv", GOOD)
    scenario = load_scenario(write_import(tmp_path))
    assert scenario.retail is not None
    assert scenario.retail.imported is not None
    # The key stands before the section that ends the file.
    stated = {"unit": f"KZT\n    sha256: {scenario.retail.imported.sha256}"}
    assert check_scenario(write_import(tmp_path, stated)) == ()
    write_rows(tmp_path / "payments.csv", (*GOOD, FOURTH))
    assert [one.code for one in check_scenario(write_import(tmp_path, stated))] == ["TABLE_CHANGED"]


amounts = st.integers(1, 10**13).map(lambda tiyn: (tiyn, str(Decimal(tiyn).scaleb(-2))))
parties = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9
)
tables = st.lists(
    st.tuples(st.integers(0, 2 * 86_400 - 1), parties, parties, amounts), min_size=1, max_size=12
)


def is_odd(party: str) -> bool:
    """Return whether an identifier may pass for a damaged one."""
    words = {"nan", "none", "null", "n/a", "na", "#n/a", "#ref!", "#value!", "inf"}
    return party.lower() in words or bool(re.fullmatch(r"[-+0-9.,eE]+", party))


@settings(max_examples=25, deadline=None)
@given(tables)
def test_no_row_of_a_good_table_is_lost_and_no_bad_one_read(
    tmp_path_factory: pytest.TempPathFactory,
    wishes: list[tuple[int, str, str, tuple[int, str]]],
) -> None:
    """Goal: all rows or a finding. Method: any texts; what is read equals what was written."""
    folder = tmp_path_factory.mktemp("table")
    rows = [
        (
            str(number),
            (START + dt.timedelta(seconds=second)).isoformat(),
            payer,
            payee,
            text,
            "",
        )
        for number, (second, payer, payee, (_, text)) in enumerate(wishes)
    ]
    write_rows(folder / "payments.csv", rows)
    if any(is_odd(payer) or is_odd(payee) or payer == payee for _, payer, payee, _ in wishes):
        with contextlib.suppress(ScenarioError):
            read(folder)
        return
    table = read(folder)
    due = sorted(
        (START_US + second * 1_000_000, number + 1, payer, payee, tiyn)
        for number, (second, payer, payee, (tiyn, _)) in enumerate(wishes)
    )
    found = [
        (time_us, row, table.parties[payer], table.parties[payee], tiyn)
        for time_us, row, payer, payee, tiyn in zip(
            table.time_us.tolist(),
            table.row.tolist(),
            table.payer.tolist(),
            table.payee.tolist(),
            table.amount_tiyn.tolist(),
            strict=True,
        )
    ]
    assert found == due
