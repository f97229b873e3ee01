"""Stories of purchases and supplies: every decision is made again and agrees with the log."""

from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from tengesim import Run, load_scenario, simulate
from tengesim.report.story import StoryStep, story_of
from tests.unit.test_story import TableLog
from tests.worlds import only

CASES: Final = Path(__file__).parents[1] / "cases" / "purchases"
TOLD: Final = {
    **dict.fromkeys(
        ("livestock", "livestock_ordinary", "livestock_register"),
        only("purchases.livestock.deals", "21"),
    ),
    **dict.fromkeys(
        ("car_purchase", "car_purchase_escrow", "car_purchase_fee", "car_purchase_ordinary"),
        (*only("purchases.cars.deals", "21"), *only("purchases.cars.sellers", "9")),
    ),
    **dict.fromkeys(
        tuple(str(CASES / f"{name}.yaml") for name in ("capped_price", "coupon", "instalments")),
        only("purchases.livestock.deals", "21"),
    ),
    str(CASES / "water.yaml"): only("supplies.water.connections", "12"),
}


@cache
def run_of(name: str) -> Run:
    """Return a run of few deals."""
    sets = only("supplies.water.suppliers", "2") if name.endswith("water.yaml") else ()
    return simulate(load_scenario(name, settings=[*TOLD[name], *sets]))


def steps_of(run: Run, events: pd.DataFrame, place: str | None = None) -> list[StoryStep]:
    """Return every step of every deal, or of one."""
    log = TableLog(events)
    places = sorted(set(events["place"].astype(str)) - {""}) if place is None else [place]
    return [step for one in places for step in story_of(log, run.scenario, one).steps]


@pytest.mark.parametrize("name", sorted(TOLD))
def test_every_decision_about_a_purchase_is_the_same_when_made_again(name: str) -> None:
    """Goal: the log explains itself. Method: stories of all deals; each payment has its rules."""
    run = run_of(name)
    steps = steps_of(run, run.events)
    assert all(step.is_repeated for step in steps)
    decided = [step for step in steps if step.rules]
    has_rules = any(book.rules for book in run.scenario.rule_books.values())
    assert (len(decided) > 15) == has_rules
    for step in decided:
        deciding = [line.rule for line in step.rules if line.is_deciding]
        if step.status == "refused" and step.reason != "insufficient_funds":
            assert len(deciding) == 1
        if step.status in {"settled", "posted"}:
            assert deciding == []


BY_PARTS: Final = str(CASES / "instalments.yaml")


@pytest.mark.parametrize(
    ("name", "status", "column", "value"),
    [
        ("livestock", "held", "rule", "livestock_only"),
        ("livestock", "held", "limit", "7"),
        (BY_PARTS, "refused", "reason", "payee_not_allowed"),
        (BY_PARTS, "refused", "rule", "livestock_only"),
    ],
)
def test_a_row_that_was_altered_is_noticed(name: str, status: str, column: str, value: str) -> None:
    """Goal: the re-decision has teeth. Method: change one column of one decided row."""
    run = run_of(name)
    events = run.events.copy()
    kinds, statuses = events["kind"].astype(str), events["status"].astype(str)
    chosen = int(events.index[(kinds == "payment") & (statuses == status)][0])
    texts = events[column].astype(str).tolist()
    texts[chosen] = value
    events[column] = [int(text) for text in texts] if column == "limit" else texts
    steps = steps_of(run, events, str(events["place"][chosen]))
    assert {step.seq for step in steps if not step.is_repeated} == {int(events["seq"][chosen])}


def test_a_payment_before_its_register_is_noticed() -> None:
    """Goal: evidence is taken from the log. Method: take the entry of one paid sale away."""
    run = run_of(BY_PARTS)
    kinds, events = run.events["kind"].astype(str), run.events
    paid = events[(kinds == "payment") & (events["status"].astype(str) == "settled")]
    place = str(paid["place"].iloc[0])
    without = events[(kinds != "delivery_check") | (events["place"].astype(str) != place)]
    assert not all(step.is_repeated for step in steps_of(run, without, place))


def test_the_part_of_the_buyer_is_told_with_the_rules() -> None:
    """Goal: who pays what, in words. Method: a payment of a price that is capped."""
    steps = steps_of(
        run_of(str(CASES / "capped_price.yaml")), run_of(str(CASES / "capped_price.yaml")).events
    )
    lines = {line.rule: line for step in steps for line in step.rules}
    assert {"livestock_only", "register_changed", "four_millions"} <= set(lines)
    assert "4,000,000 KZT" in lines["four_millions"].text
