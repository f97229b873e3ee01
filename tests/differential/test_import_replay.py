"""Each row of an imported table comes to what a ledger of one dictionary predicts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tengesim import Run, compare, load_scenario, simulate
from tengesim.engine.world import build
from tengesim.errors import ScenarioError
from tengesim.ledger.columns import Columns
from tengesim.scenario.digest import resolved_yaml
from tengesim.scenario.load import load_upload
from tests.imports import write_import, write_rows

START = dt.datetime(2026, 3, 1)  # noqa: DTZ001 - local, as tables write it
OPENING_TIYN = 10_000
PARTIES = 25
DOWN = """
outages:
  - id: bank_down
    system: bank_a
    day: 2026-03-01
    at: "09:00"
    schedule_source: assumption
    lasts: {value: 6 h, low: 1 h, high: 24 h, source: assumption}
"""


def drawn(seed: int, count: int) -> list[tuple[str, ...]]:
    """Return rows in no order, with many at one instant, of which a good part lacks the means."""
    chance = np.random.default_rng(seed)
    rows: list[tuple[str, ...]] = []
    for number in range(count):
        payer = int(chance.integers(PARTIES))
        payee = (payer + 1 + int(chance.integers(PARTIES - 1))) % PARTIES
        minute = int(chance.integers(2 * 24 * 60)) // 30 * 30
        time = (START + dt.timedelta(minutes=minute)).isoformat()
        tiyn = int(chance.integers(1, OPENING_TIYN))
        amount = f"{tiyn // 100}.{tiyn % 100:02d}"
        rows.append((str(number), time, f"p{payer:02d}", f"p{payee:02d}", amount, ""))
    return rows


def predicted(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, int, bool]]:
    """Return payer, tiyn and whether it settles, of each row in the order of its time."""
    held: dict[str, int] = {}
    answers = []
    for row in sorted(rows, key=lambda row: row[1]):
        payer, payee, tiyn = row[2], row[3], int(row[4].replace(".", ""))
        has_means = held.setdefault(payer, OPENING_TIYN) >= tiyn
        if has_means:
            held[payer] -= tiyn
            held[payee] = held.setdefault(payee, OPENING_TIYN) + tiyn
        answers.append((payer, tiyn, has_means))
    return answers


def answered(run: Run) -> list[tuple[str, int, bool]]:
    """Return payer, tiyn and whether it settled, of each payment in the order of the log."""
    payments = run.events[run.events["kind"] == "payment"]
    first = payments.drop_duplicates("ref")
    assert set(first["status"]) <= {"settled", "refused"}
    assert set(first.loc[first["status"] == "refused", "reason"]) <= {"insufficient_funds"}
    columns = (first["payer"].astype(str), first["amount_tiyn"], first["status"] == "settled")
    return list(zip(*(column.tolist() for column in columns), strict=True))


def run_of(folder: Path, rows: Sequence[tuple[str, ...]]) -> Run:
    """Return the run of a table."""
    write_rows(folder / "payments.csv", rows)
    return simulate(load_scenario(write_import(folder)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_row_is_answered_as_the_plainest_ledger_predicts(tmp_path: Path, seed: int) -> None:
    """Goal: none lost, none added, each with its reason. Method: 400 rows, one dictionary."""
    rows = drawn(seed, 400)
    run = run_of(tmp_path, rows)
    found, due = answered(run), predicted(rows)
    assert found == due
    assert {settled for _, _, settled in due} == {True, False}
    assert len({payer for payer, _, _ in due}) == PARTIES


def test_a_ledger_that_forgets_one_row_is_found(tmp_path: Path) -> None:
    """Goal: the comparison can fail. Method: the prediction without one row that settles."""
    rows = drawn(4, 200)
    due = predicted(rows)
    lost = next(number for number, answer in enumerate(due) if answer[2])
    assert answered(run_of(tmp_path, rows)) != [*due[:lost], *due[lost + 1 :]]


def test_rows_at_one_instant_are_paid_in_the_order_of_the_table(tmp_path: Path) -> None:
    """Goal: replay is exact. Method: money handed on five times within one instant."""
    chain = [(f"{i}", "2026-03-01T10:00:00", f"p{i}", f"p{i + 1}", "100.00", "") for i in range(5)]
    assert all(settled for _, _, settled in answered(run_of(tmp_path, chain)))
    spent = [("0", "2026-03-01T09:00:00", "p0", "q", "100.00", ""), *chain]
    again = [(str(i), *row[1:]) for i, row in enumerate(spent)]
    # Now the first has nothing left, and the chain goes on with what each opened with.
    assert [row[2] for row in answered(run_of(tmp_path, again))] == [True, False, *[True] * 4]


def test_the_replay_of_a_table_is_repeatable(tmp_path: Path) -> None:
    """Goal: one seed, one log. Method: two runs of one table; rows shuffled in the file."""
    rows = drawn(5, 100)
    first, second = run_of(tmp_path, rows), run_of(tmp_path, rows)
    assert first.digest == second.digest
    times = [row[1] for row in rows]
    assert any(later < earlier for earlier, later in pairwise(times))


CALLED: Mapping[str, Mapping[str, str]] = {
    "by their own names": {},
    "like the stratum": {"p01": "import"},
    "like what is bought": {"p03": "5411"},
    "like an opening": {"p04": "opening/import"},
}
"""How some parties of a table are called; where somebody has the name, nobody has a row."""


@pytest.mark.parametrize("called", CALLED)
def test_compiled_and_readable_code_replay_a_table_alike(tmp_path: Path, called: str) -> None:
    """Goal: compiled code answers as readable code does. Method: one digest, names of any kind.

    A bank is down for hours, so that rows are refused for more than one reason.
    """
    names = CALLED[called]
    rows = [
        (*row[:2], names.get(row[2], row[2]), names.get(row[3], row[3]), row[4], purpose)
        for row, purpose in zip(drawn(8, 300), ["", "5411", "5812"] * 100, strict=True)
    ]
    write_rows(tmp_path / "payments.csv", rows)
    scenario = load_scenario(write_import(tmp_path, {"more": DOWN}))
    fast, readable = (simulate(scenario, engine=engine) for engine in ("fast", "reference"))
    assert fast.digest == readable.digest
    reasons = fast.events.loc[fast.events["kind"] == "payment", "reason"]
    assert {"insufficient_funds", "system_unavailable"} <= set(reasons)
    ledger = build(scenario, 1, is_fast=True).book
    assert isinstance(ledger, Columns)
    assert len(ledger.rows) == (0 if names else PARTIES)


def test_a_scenario_without_its_table_is_refused_not_run_empty(tmp_path: Path) -> None:
    """Goal: no run of nothing. Method: the resolved text of an imported scenario, read alone."""
    write_rows(tmp_path / "payments.csv", drawn(6, 10))
    scenario = load_scenario(write_import(tmp_path))
    alone = load_upload(resolved_yaml(scenario).encode(), name="stored")
    assert alone.retail is not None
    assert alone.retail.imported is not None
    with pytest.raises(ScenarioError, match="TABLE_MISSING"):
        simulate(alone)


def test_a_table_can_be_compared_under_two_openings(tmp_path: Path) -> None:
    """Goal: workers and draws read the table again. Method: more money at the start, two arms."""
    write_rows(tmp_path / "payments.csv", drawn(7, 200))
    base = load_scenario(write_import(tmp_path))
    richer = load_scenario(write_import(tmp_path, {"opening": "200 KZT"}))
    found = compare(base, richer, replications=2, draws=2, seed=1, workers=1, out=tmp_path / "runs")
    assert found.errors.empty
    differences = found.summary().set_index("metric")["difference"]
    assert float(differences.to_dict()["refused_share"]) < 0
