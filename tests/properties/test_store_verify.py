"""Each check of `verify` holds for a true history and fails for the lie that it is there for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tengesim.codes import Form, Kind, Status
from tengesim.errors import InvariantError
from tengesim.journal.names import Names
from tengesim.store.recording import Recording
from tengesim.store.verify import VerifyReport, verify_run
from tengesim.store.write import write_recording
from tests.builders import CALENDAR, FIRST_DAY, Account, History, events_of, school_meals

START_US = CALENDAR.at(FIRST_DAY)
MARKED = Account("pupil 0", mark="school_meals.2024")
CONTENT_CHECKS = [
    "rows",
    "order",
    "log digest",
    "payments",
    "balances",
    "sums",
    "signs",
    "marks",
    "cube",
]


def report(recording: Recording, parent: Path) -> VerifyReport:
    """Write a run and verify it."""
    return verify_run(write_recording(recording, parent))


def failed(recording: Recording, parent: Path) -> set[str]:
    """Return the names of the checks that a run fails."""
    return {check.name for check in report(recording, parent).checks if not check.passed}


def test_a_true_history_passes_every_check_with_its_numbers(tmp_path: Path) -> None:
    """Goal: a pass means something. Method: every kind and status, clocks changing on the way."""
    history = school_meals(pupils=7, days=5)
    found = report(history.recording(), tmp_path)
    assert found.passed, found.render()
    assert [check.name for check in found.checks][-len(CONTENT_CHECKS) :] == CONTENT_CHECKS
    lines = found.render().splitlines()
    assert all(line.startswith("passed  ") for line in lines)
    assert f"order: {len(history.journal):,} rows, 0 out of order" in found.render()
    assert "marks: 1 marks, 0 with a broken identity" in found.render()
    kinds = set(events_of(history.recording())["kind"])
    # A month of meals has these ten; worlds of people and budgets are verified as they are run.
    assert kinds == {kind.name.lower() for kind in Kind if kind <= Kind.REFUND}
    assert set(events_of(history.recording())["status"]) == {
        status.name.lower() for status in Status
    }


def with_column(
    recording: Recording, table: str, column: str, row: int, value: object
) -> Recording:
    """Return the recording with one value of one table changed."""
    frame = getattr(recording, table)
    values = frame[column].tolist()
    values[row] = value
    changed = frame.assign(**{column: pd.Series(values, dtype=frame[column].dtype)})
    return replace(recording, **{table: changed})


@pytest.mark.parametrize(
    ("table", "column", "change", "expected"),
    [
        ("accounts", "closing_tiyn", 1, {"balances", "sums"}),
        ("accounts", "opening_tiyn", 1, {"balances"}),
        ("accounts", "held_tiyn", 1, {"balances", "signs"}),
        ("cube", "count", 1, {"cube"}),
        ("cube", "amount_tiyn", 1, {"cube"}),
        ("cube", "day", 1, {"cube"}),
        ("cube", "attempt", 1, {"cube"}),
        ("events", "amount_tiyn", 1, {"balances", "cube", "log digest"}),
        ("events", "time_us", 86_400_000_000, {"cube", "log digest"}),
        ("events", "seq", 1, {"order", "log digest"}),
        ("events", "ref", 1, {"log digest"}),
        ("events", "value", 1, {"log digest"}),
        ("events", "evidence", 1, {"log digest"}),
    ],
)
def test_a_changed_number_fails_exactly_the_checks_that_see_it(
    tmp_path: Path, table: str, column: str, change: int, expected: set[str]
) -> None:
    """Goal: no blind spot. Method: one number of one table is off; the hashes are right."""
    recording = school_meals().recording()
    value = getattr(recording, table)[column].tolist()[0]
    assert failed(with_column(recording, table, column, 0, value + change), tmp_path) == expected


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("payer", "treasury", {"balances", "log digest"}),
        ("kind", "claim", {"balances", "cube", "log digest", "payments"}),
        ("status", "refused", {"balances", "cube", "log digest"}),
        ("true_label", "honest", {"cube", "log digest"}),
        ("intent", "school_meals", {"log digest"}),
        ("place", "treasury", {"log digest"}),
    ],
)
def test_a_changed_word_of_the_log_fails_exactly_the_checks_that_see_it(
    tmp_path: Path, column: str, value: str, expected: set[str]
) -> None:
    """Goal: names and codes count like numbers. Method: one word of the first row is another."""
    recording = school_meals().recording()
    texts = events_of(recording)[column].astype(object)
    texts.iloc[0] = value
    series = texts.astype("str" if column == "intent" else "category")
    lying = events_of(recording).assign(**{column: series})
    assert failed(replace(recording, events=lying), tmp_path) == expected


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda frame: frame.iloc[:-1], {"balances", "sums"}),
        (lambda frame: pd.concat([frame, frame.iloc[-1:]]), {"balances", "sums", "marks"}),
    ],
    ids=["an account is missing", "an account is there twice"],
)
def test_a_wrong_list_of_accounts_fails(
    tmp_path: Path, edit: Callable[[pd.DataFrame], pd.DataFrame], expected: set[str]
) -> None:
    """Goal: comparing goes both ways. Method: drop or double the last account with money."""
    recording = school_meals().recording()
    accounts = recording.accounts
    accounts = accounts[accounts["closing_tiyn"] > 0]
    with_money_last = pd.concat([recording.accounts.drop(accounts.index), accounts])
    lying = replace(recording, accounts=edit(with_money_last).reset_index(drop=True))
    assert failed(lying, tmp_path) - {"marks"} == expected - {"marks"}


@pytest.mark.parametrize("edit", ["swapped", "missing", "twice"])
def test_wrong_names_fail_the_log_digest(tmp_path: Path, edit: str) -> None:
    """Goal: numbers of names cannot come to mean others. Method: change the list of names."""
    recording = school_meals().recording()
    assert not isinstance(recording.names, Names)
    names = list(recording.names)
    changed = {
        "swapped": [*names[:-2], names[-1], names[-2]],
        "missing": names[:-1],
        "twice": [*names, names[-1]],
    }[edit]
    assert "log digest" in failed(replace(recording, names=changed), tmp_path)


def test_a_name_that_is_used_and_not_listed_is_reported_and_not_raised(tmp_path: Path) -> None:
    """Goal: a report in any case. Method: leave out every name."""
    recording = replace(school_meals().recording(), names=[""])
    assert "log digest" in failed(recording, tmp_path)


def test_a_negative_balance_fails_the_signs_alone(tmp_path: Path) -> None:
    """Goal: sums hide nothing. Method: a consistent history in which a pupil owes money."""
    history = school_meals()
    purse = Account("pupil 1")
    history.row(Kind.PAYMENT, purse, Account("caterer"), 5, time_us=START_US)
    assert failed(history.recording(), tmp_path) == {"signs"}


@pytest.mark.parametrize(
    "payee",
    [Account("caterer"), Account("caterer", "other bank", Form.BANK_DEPOSIT)],
    ids=["into another form", "to another keeper"],
)
def test_money_over_the_edge_of_a_keeper_fails_the_sums_alone(
    tmp_path: Path, payee: Account
) -> None:
    """Goal: one keeper's money is not another's. Method: a move out of the bank's books."""
    history = school_meals()
    deposit = Account("caterer", "bank", Form.BANK_DEPOSIT)
    history.row(Kind.PAYMENT, deposit, payee, 5, time_us=START_US)
    assert failed(history.recording(), tmp_path) == {"sums"}


@pytest.mark.parametrize("kept", [slice(1, None), slice(None, -1)], ids=["first", "last"])
def test_a_cell_missing_from_the_cube_fails_the_cube_alone(tmp_path: Path, kept: slice) -> None:
    """Goal: a recount goes both ways. Method: drop one cell, then double it."""
    recording = school_meals().recording()
    cube = recording.cube
    fewer = cube.iloc[kept].reset_index(drop=True)
    assert failed(replace(recording, cube=fewer), tmp_path / "fewer") == {"cube"}
    more = pd.concat([cube, cube.drop(fewer.index)], ignore_index=True)
    assert failed(replace(recording, cube=more), tmp_path / "more") == {"cube"}


@pytest.mark.parametrize(
    ("kind", "payer", "payee"),
    [
        (Kind.PAYMENT, MARKED, Account("caterer")),
        (Kind.PAYMENT, Account("treasury"), MARKED),
        (Kind.SHED, MARKED, MARKED._replace(mark="school_meals.2025")),
        (Kind.RETURN, Account("treasury"), MARKED),
    ],
    ids=["shed by a payment", "gained by a payment", "changed", "gained by a return"],
)
def test_a_mark_lost_or_gained_unsaid_fails_the_marks_alone(
    tmp_path: Path, kind: Kind, payer: Account, payee: Account
) -> None:
    """Goal: no money slips out of its purpose. Method: balanced moves of kinds that may not."""
    history = school_meals()
    issuer = Account("national_bank")
    history.row(Kind.ISSUE, issuer, Account("treasury"), 5, time_us=START_US)
    history.row(Kind.ISSUE, issuer, MARKED, 5, time_us=START_US)
    history.row(kind, payer, payee, 5, time_us=START_US)
    assert failed(history.recording(), tmp_path) == {"marks"}


def test_a_sum_beyond_64_bits_is_a_failed_check(tmp_path: Path) -> None:
    """Goal: no wrap in the proof itself. Method: a day that moves more than 2^63 tiyn."""
    history = History()
    owed, owner = Account("national_bank"), Account("treasury")
    for _ in range(3):
        history.row(Kind.OPENING, owed, owner, 2**62 - 1, time_us=START_US)
        history.row(Kind.PAYMENT, owner, owed, 2**62 - 1, time_us=START_US)
    with pytest.raises(InvariantError, match=r"2\^63 - 1 tiyn"):
        history.recording()
    fewer = History()
    for _ in range(2):
        fewer.row(Kind.OPENING, owed, owner, 2**62 - 1, time_us=START_US)
    recording = fewer.recording()
    events = pd.concat([events_of(recording)] * 2, ignore_index=True)
    assert "cube" in failed(replace(recording, events=events), tmp_path)


def test_the_digest_is_recomputed_over_several_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: long logs are read in pieces. Method: pieces of 7 rows instead of a million."""
    monkeypatch.setattr("tengesim.store.verify._ROWS_AT_ONCE", 7)
    found = report(school_meals(pupils=6, days=4).recording(), tmp_path)
    assert found.passed, found.render()
