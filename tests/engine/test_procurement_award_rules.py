"""Rules on awards in a year of procurement: what they refuse, and what the same world does without.

Circles do not adapt here, so both worlds plan the same lots and the same schemes.
"""

from functools import cache

import pandas as pd
import pytest

from tengesim import load_scenario, simulate
from tengesim.codes import Kind, column_text

BASE, RULES = "procurement_year", "procurement_year_award_rules"
SMALL = ("population.scale=0.01", "procurement.integrity.adaptive=false")


@cache
def events_of(name: str, settings: tuple[str, ...] = SMALL) -> pd.DataFrame:
    """Return the rows of a small year."""
    return simulate(load_scenario(name, settings=settings)).events


def awards(name: str, status: str = "recorded") -> pd.DataFrame:
    """Return the awards of a small year."""
    events = events_of(name)
    return events[(events["kind"] == column_text(Kind.AWARD)) & (events["status"] == status)]


def planned(name: str) -> list[tuple[str, int, str]]:
    """Return lots, estimates and what is dishonest about them."""
    events = events_of(name)
    rows = events[events["kind"] == column_text(Kind.PLAN)]
    return sorted(zip(rows["place"], rows["amount_tiyn"], rows["true_label"], strict=True))


def test_both_worlds_plan_the_same() -> None:
    """Goal: a fair comparison. Method: the rows of the plan, truth included."""
    assert planned(BASE) == planned(RULES)
    assert len(planned(BASE)) > 800


@pytest.mark.parametrize("label", ["split_contract", "related_party", "overpricing"])
def test_rules_on_awards_leave_less_of_what_they_see(label: str) -> None:
    """Goal: R13, R53, R54 in a run. Method: awards with a label, with the rules and without."""
    without, within = ((awards(name)["true_label"] == label).sum() for name in (BASE, RULES))
    assert 0 < within < without


def test_every_refusal_names_the_rule_and_nothing_is_refused_without_rules() -> None:
    """Goal: the log says why. Method: rules and reasons of refused awards."""
    refused = awards(RULES, "refused")
    assert awards(BASE, "refused").empty
    assert set(zip(refused["rule"], refused["reason"], strict=True)) == {
        ("domestic_first", "rule_not_met"),
        ("nobody_related", "conflict_of_interest"),
        ("not_split", "rule_not_met"),
        ("usual_price", "price_too_high"),
    }


def test_who_adapts_leaves_the_ways_that_the_rules_see() -> None:
    """Goal: rules on awards are known. Method: schemes of the plan where circles read the rules."""
    settings = SMALL[:1]
    seen = ["split_contract", "overpricing", "related_party"]
    counts = []
    for name in (BASE, RULES):
        events = events_of(name, settings)
        plans = events[events["kind"] == column_text(Kind.PLAN)]
        counts.append(int(plans["true_label"].isin(seen).sum()))
    assert counts[1] < counts[0]


def test_money_that_was_set_aside_is_there_when_a_contract_is_signed() -> None:
    """Goal: R42 in a run. Method: every lot set aside once; contracts refused for want of room."""
    events = events_of(RULES)
    held = events[(events["kind"] == column_text(Kind.APPROVAL)) & (events["rule"] == "set_aside")]
    plans = {place.partition("-part-")[0] for place, _, _ in planned(RULES)}
    assert set(held["place"]) == plans
    assert held["place"].is_unique
    signed = events[events["kind"] == column_text(Kind.OBLIGATION)]
    assert set(signed["status"]) == {"recorded"}
