"""Stories of public contracts: releases are decided again from the log, truth stands apart."""

from functools import cache

import pytest

from tengesim import Run, simulate
from tengesim.report.story import Story, story_of
from tengesim.report.text import story_text
from tengesim.scenario.load import load_scenario
from tests.unit.test_story import TableLog

SCENARIO = load_scenario("road_repair")


@cache
def run() -> Run:
    """Return a year of road repair."""
    return simulate(SCENARIO)


@cache
def log() -> TableLog:
    """Return its log."""
    return TableLog(run().events)


def told(subject: str, of: TableLog | None = None) -> Story:
    """Return a story of it."""
    return story_of(of or log(), SCENARIO, subject)


@cache
def releases() -> tuple[str, ...]:
    """Return what the budget was asked to pay, refused attempts first."""
    asked = log().query(
        "SELECT intent, max(status) AS status FROM events WHERE kind IN ('budget_payment',"
        " 'advance') AND form = 'cash_control_account' AND place <> ''"
        " GROUP BY intent ORDER BY min(CASE status WHEN 'refused' THEN 0 ELSE 1 END), intent"
    )
    return tuple(map(str, asked["intent"]))


def test_every_release_is_decided_again_as_the_log_says() -> None:
    """Goal: facts of a contract follow from the log. Method: all refused releases, some others."""
    refused = 0
    for intent in releases()[:40]:
        for step in told(intent).steps:
            assert step.is_repeated, step
            if step.rules and step.status == "refused":
                refused += 1
                (deciding,) = [line for line in step.rules if line.is_deciding]
                assert deciding.passed is False
    assert refused > 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"evidence": 0}, "settled"),
        ({"reason": "", "rule": "", "status": "settled"}, "refused"),
    ],
)
def test_a_changed_release_is_seen(change: dict[str, str | int], status: str) -> None:
    """Goal: the second decision can differ. Method: take evidence away, turn a refusal round."""
    rows = run().events.copy()
    for name in rows.select_dtypes("category"):
        rows[str(name)] = rows[str(name)].astype(str)
    chosen = log().query(
        "SELECT seq, intent FROM events WHERE kind = 'budget_payment' AND place <> ''"
        " AND form = 'cash_control_account' AND rule <> 'override' AND status = $status"
        " ORDER BY seq",
        {"status": status},
    )
    place = rows["seq"] == int(chosen["seq"].iloc[0])
    for name, value in change.items():
        rows.loc[place, name] = value
    story = told(str(chosen["intent"].iloc[0]), TableLog(rows))
    assert not all(step.is_repeated for step in story.steps)


def test_the_money_of_a_payment_is_followed_to_its_budget_line() -> None:
    """Goal: the chain of funding. Method: wages of a subcontractor."""
    wages = log().query(
        "SELECT intent FROM events WHERE kind = 'wage' AND mark LIKE '%/sub-%' ORDER BY seq LIMIT 1"
    )
    story = told(str(wages["intent"].iloc[0]))
    assert "wage from" in story.funding[0]
    assert all("budget line roads" in line for line in story.funding)
    kinds = " ".join(story.funding)
    assert kinds.index("subpayment") < kinds.index("issue from national_bank")
    assert "Where the money came from" in story_text(story)


def test_truth_about_a_contract_stands_apart() -> None:
    """Goal: what controls saw and what was so. Method: a contract; true cost is no step of it."""
    lot = str(log().query("SELECT place FROM events WHERE kind = 'award' LIMIT 1")["place"].iloc[0])
    story = told(lot)
    assert story.what == "contract"
    assert not [step for step in story.steps if step.kind in {"true_cost", "loss"}]
    assert "what the work costs with a normal margin" in story.truth


def test_releases_under_the_terms_of_a_book_are_decided_again_too() -> None:
    """Goal: versions and deductions are read from the log. Method: refused releases, all books."""
    scenario = load_scenario("road_repair_terms")
    played = TableLog(simulate(scenario).events)
    asked = played.query(
        "SELECT DISTINCT intent FROM events WHERE kind = 'budget_payment' AND place <> ''"
        " AND form = 'cash_control_account' AND rule <> 'override' ORDER BY intent LIMIT 25"
    )
    steps = [
        step
        for intent in map(str, asked["intent"])
        for step in story_of(played, scenario, intent).steps
    ]
    assert steps
    assert [step for step in steps if not step.is_repeated] == []
