"""Runs on the disk that keep less of their log: what is reused, checked and refused."""

from pathlib import Path

import pytest

from tengesim import load_scenario, simulate
from tengesim.errors import ScenarioError
from tengesim.scenario.digest import scenario_digest
from tengesim.store.read import StoredRun, open_run
from tengesim.store.reuse import find_run
from tengesim.store.verify import verify_run
from tengesim.store.write import write_run
from tests.worlds import MARKED, SMALL

MODES = ("summary", "sampled", "full")


def stored(mode: str, parent: Path, *settings: str) -> StoredRun:
    """Run a small month in a log mode and store it."""
    scenario = load_scenario(MARKED, settings=[*SMALL, f"run.log={mode}", *settings])
    return open_run(write_run(simulate(scenario), parent))


def found(mode: str, parent: Path, *, sample: int = 100) -> bool:
    """Return whether the month is found by somebody who asks for this mode."""
    scenario = load_scenario(MARKED, settings=SMALL)
    digest = scenario_digest(scenario)
    return bool(
        find_run(scenario.name, digest, scenario.seed, parent, log=mode, sample=sample)  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("mode", MODES)
def test_a_run_is_reused_by_whoever_asks_for_no_more(mode: str, tmp_path: Path) -> None:
    """Goal: no question finds too little. Method: every mode asked of every mode stored."""
    assert stored(mode, tmp_path).manifest.log_mode == mode
    expected = [MODES.index(asked) <= MODES.index(mode) for asked in MODES]
    assert [found(asked, tmp_path) for asked in MODES] == expected


def test_another_sample_is_another_run(tmp_path: Path) -> None:
    """Goal: a sample is what it says. Method: one in 100 stored, one in 7 asked and stored."""
    stored("sampled", tmp_path)
    assert found("sampled", tmp_path)
    assert not found("sampled", tmp_path, sample=7)
    stored("sampled", tmp_path, "run.sample=7")
    assert found("sampled", tmp_path, sample=7)


def test_a_fuller_run_is_never_replaced_by_less(tmp_path: Path) -> None:
    """Goal: nothing is lost. Method: a summary written where the full run is, and after it."""
    stored("summary", tmp_path)
    assert stored("full", tmp_path).manifest.log_mode == "full"
    assert stored("summary", tmp_path).manifest.log_mode == "full"


@pytest.mark.parametrize("mode", MODES)
def test_a_stored_run_verifies_in_every_mode(mode: str, tmp_path: Path) -> None:
    """Goal: `verify` says what it checked. Method: the checks by name."""
    report = verify_run(stored(mode, tmp_path).path)
    assert report.passed, report.render()
    said = {check.name: check.text for check in report.checks}
    assert ("balances" in said) == (mode == "full")
    if mode != "full":
        assert said["log"] == (
            f"{mode}: checks hashes and opening + cube flows = closing; balances are not rebuilt"
        )


@pytest.mark.parametrize(
    ("table", "column", "check"),
    [
        ("accounts", "opening_tiyn", "openings"),
        ("accounts", "closing_tiyn", "sums"),
        ("cube", "count", "cube"),
        ("cube", "amount_tiyn", "marks"),
    ],
)
def test_a_summary_that_lies_is_found_out(
    table: str, column: str, check: str, tmp_path: Path
) -> None:
    """Goal: the checks have teeth. Method: one number of a table changed before it is written."""
    scenario = load_scenario(MARKED, settings=[*SMALL, "run.log=summary"])
    run = simulate(scenario)
    frame = getattr(run, table)
    chosen = frame.index[frame[column] != 0]
    if check == "marks":
        chosen = frame.index[(frame["kind"] == "shed") & (frame["status"] == "settled")]
    if check == "cube":
        chosen = frame.index[frame["kind"] == "issue"]
    frame.loc[chosen[-1], column] -= 1
    failed = {one.name for one in verify_run(write_run(run, tmp_path)).checks if not one.passed}
    assert check in failed


def test_what_follows_payments_refuses_a_run_without_them(tmp_path: Path) -> None:
    """Goal: a clear sentence, exit 1. Method: a summary and a full run asked for stories."""
    with pytest.raises(ScenarioError) as refused:
        stored("summary", tmp_path).need_full_log("a report")
    assert "a report reads single payments" in str(refused.value)
    assert "--set run.log=full" in str(refused.value)
    stored("full", tmp_path).need_full_log("a report")


def test_a_stored_run_answers_the_queries_of_a_run_in_memory(tmp_path: Path) -> None:
    """Goal: one way to ask. Method: the same SELECT of both, in order."""
    run = simulate(load_scenario(MARKED, settings=[*SMALL, "run.log=summary"]))
    sql = (
        "SELECT kind, payer, intent, sum(amount_tiyn) AS tiyn FROM events GROUP BY ALL ORDER BY ALL"
    )
    with open_run(write_run(run, tmp_path)) as again:
        assert again.query(sql).to_dict("list") == run.query(sql).to_dict("list")
