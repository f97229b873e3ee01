"""Sums beyond 2^53 tiyn stay exact on every path from the engine to a reader.

A meal costs almost the most that one payment may be, an odd number of tiyn, so the sum of some
thousand rows lies beyond what a float can hold, and a single lost tiyn shows.
"""

import json
from pathlib import Path
from typing import Literal

import duckdb
import pandas as pd
import pytest

import tengesim as ts
from tengesim.store.verify import verify_run
from tests.program import Command, program

PRICE_TIYN = 9_999_999_999_999
PRICE = "99999999999.99 KZT"
FLOAT_EXACT = 2**53
SETTINGS = (
    "population.scale=0.004",
    f"programmes.school_meals.price.value={PRICE}",
    f"programmes.school_meals.price.high={PRICE}",
    f"rule_books.meals_marked.rules.7.condition.limit={PRICE}",
    f"rule_books.meals_marked.rules.9.condition.limit={PRICE}",
)
PAID = "SELECT sum(amount_tiyn) AS paid FROM events WHERE kind = 'payment' AND status = 'settled'"
STORED = """
    SELECT count(*), sum(amount_tiyn) FROM read_parquet(?)
    WHERE kind = 'payment' AND status = 'settled'
"""
MEASURED = "SELECT numerator FROM read_parquet(?) WHERE metric = 'paid_amount'"


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return the program in an empty folder."""
    return program(monkeypatch, capsys, tmp_path)


def paid_of(table: pd.DataFrame) -> int:
    """Return the sum of settled payments in Python's whole numbers."""
    rows = table[(table["kind"] == "payment") & (table["status"] == "settled")]
    return sum(map(int, rows["amount_tiyn"]))


@pytest.mark.parametrize("engine", ["fast", "reference"])
def test_frames_of_a_run_hold_every_tiyn(engine: Literal["fast", "reference"]) -> None:
    """Goal: no float between log and reader. Method: rows times price, in every table."""
    scenario = ts.load_scenario("school_meals", settings=SETTINGS)
    run = ts.simulate(scenario, seed=1, engine=engine)
    count = int(((run.events["kind"] == "payment") & (run.events["status"] == "settled")).sum())
    due = count * PRICE_TIYN
    assert due > FLOAT_EXACT
    assert int(float(due)) != due
    assert paid_of(run.events) == due
    assert paid_of(run.cube) == due
    accounts = run.accounts
    assert accounts["closing_tiyn"].dtype == "int64"
    # What everybody holds, issuers included, is nothing: each tenge is somebody's debt.
    assert sum(map(int, accounts["closing_tiyn"])) == 0
    assert int(run.query(PAID)["paid"][0]) == due
    paid = run.metrics.set_index("metric")["numerator"]["paid_amount"]
    assert int(paid) % PRICE_TIYN == 0
    assert int(paid) > FLOAT_EXACT


def test_files_and_json_hold_every_tiyn(command: Command) -> None:
    """Goal: the same on disk and on the screen. Method: DuckDB and JSON as a stranger reads."""
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    ended = command("run", "school_meals", *settings, "--json")
    assert ended.code == 0
    answer = json.loads(ended.out)
    folder = Path(answer["run"])

    def whole(sql: str, file: str) -> list[int]:
        rows = duckdb.connect().execute(sql, [str(folder / file)]).fetchall()
        return [int(number) for number in rows[0]]

    count, paid_tiyn = whole(STORED, "events.parquet")
    assert paid_tiyn == count * PRICE_TIYN
    assert paid_tiyn > FLOAT_EXACT
    assert whole(STORED, "cube.parquet")[1] == paid_tiyn
    assert [answer["amounts_tiyn"]["paid_amount"]] == whole(MEASURED, "metrics.parquet")
    assert answer["amounts_tiyn"]["paid_amount"] % PRICE_TIYN == 0
    assert verify_run(folder).passed
