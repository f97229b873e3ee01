"""Worlds at the edge: nobody, one pupil, everybody absent, nothing works, all or none dishonest."""

import math
from typing import Final

import pytest

from tengesim import Run, simulate
from tests.worlds import ARMS, HEADCOUNT, MARKED, MEALS, WALLET, behaviour, only, outcomes, small

METHODS: Final = ("card", "qr", "palm")
NOBODY: Final = only("population.pupils", "0 pupils")
NO_TOWN: Final = (
    *NOBODY,
    *only("population.schools", "0 schools"),
    *only("population.caterers", "0 caterers"),
)
ALONE: Final = (
    *only("population.pupils", "1 pupils"),
    *only("population.schools", "1 schools"),
    *only("population.caterers", "1 caterers"),
    *only("population.register_omissions", "0 %"),
)
ALL_ABSENT: Final = behaviour(absence="100 %")
NONE_ABSENT: Final = behaviour(absence="0 %")
NOTHING_SCANS: Final = (
    *behaviour(**{f"methods__{method}__failure": "100 %" for method in METHODS}),
    *behaviour(second_scan="0 %", manual_fallback="0 %"),
)
ALL_HONEST: Final = only("population.dishonest_caterers", "0 %")
ALL_DISHONEST: Final = only("population.dishonest_caterers", "100 %")
ONE_DAY: Final = (
    "programmes.school_meals.term.first=2026-02-02",
    "programmes.school_meals.term.last=2026-02-02",
)
WEEKEND: Final = (
    "programmes.school_meals.term.first=2026-02-07",
    "programmes.school_meals.term.last=2026-02-08",
)
NO_MARGIN: Final = only("treasury.appropriation_margin", "0 %")
ALL_OMITTED: Final = only("population.register_omissions", "100 %")

WORLDS: Final = {
    "nobody": NOBODY,
    "no town": NO_TOWN,
    "one pupil": ALONE,
    "all absent": ALL_ABSENT,
    "none absent": NONE_ABSENT,
    "nothing scans": NOTHING_SCANS,
    "all honest": ALL_HONEST,
    "all dishonest": ALL_DISHONEST,
    "one day": ONE_DAY,
    "no school day": WEEKEND,
    "no margin": NO_MARGIN,
    "all omitted from the register": ALL_OMITTED,
    "all absent, all dishonest": (*ALL_ABSENT, *ALL_DISHONEST),
    "none absent, nothing scans": (*NONE_ABSENT, *NOTHING_SCANS),
    "everything at once": (*ALONE, *ALL_ABSENT, *NOTHING_SCANS, *ALL_DISHONEST),
    "no spread of lunch": (*behaviour(lunch_spread="0 min"), *ONE_DAY),
}
FEW: Final = (*only("population.pupils", "20 pupils"), *only("population.schools", "2 schools"))
EMPTY: Final = {"nobody", "no town", "no school day"}


def run(arm: str, *settings: str) -> Run:
    """Return a run that is not kept."""
    return simulate(small(arm, *settings))


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("name", WORLDS)
def test_a_world_at_the_edge_completes_and_its_metrics_are_numbers_or_none(
    name: str, arm: str
) -> None:
    """Goal: R-27. Method: run each; totals are 0, shares undefined rather than NaN or infinite."""
    found = run(arm, *FEW, *WORLDS[name])
    values = found.metrics["value"]
    numbers = [float(value) for value in values if value is not None and value == value]  # noqa: PLR0124
    assert all(math.isfinite(value) for value in numbers)
    assert (len(found.rows) == 0) is (name in EMPTY)
    assert found.accounts["held_tiyn"].sum() == 0
    if name in EMPTY:
        assert found.payments == 0
        assert found.events.empty
        assert found.cube.empty


def test_one_pupil_eats_every_school_day() -> None:
    """Goal: one is enough. Method: 20 meals by one purse, none absent, nothing failing."""
    settings = (*ALONE, *NONE_ABSENT, *behaviour(kiosk_attempt="0 %", double_scan="0 %"))
    certain = behaviour(**{f"methods__{method}__failure": "0 %" for method in METHODS})
    for arm in ARMS:
        found = run(arm, *settings, *certain)
        meals = outcomes(found)
        assert len(meals) == 20
        assert meals["is_accepted"].all()
        assert set(found.events.loc[found.events["kind"].isin(MEALS), "payer"].astype(str)) == {
            "pupil-000001"
        }


def test_when_all_are_absent_only_phantoms_are_paid() -> None:
    """Goal: truth is the label. Method: the accepted meals of each arm, and money of the honest."""
    for arm in ARMS:
        meals = outcomes(run(arm, *ALL_ABSENT))
        assert set(meals["true_label"]) == {"phantom"}
        assert len(run(arm, *ALL_ABSENT, *ALL_HONEST).events.query("kind in @MEALS")) == 0


def test_when_nothing_scans_nobody_is_served_digitally() -> None:
    """Goal: failures harm the honest. Method: accepted honest meals in each arm."""
    for arm, share in ((HEADCOUNT, 1.0), (WALLET, 0.0), (MARKED, 0.0)):
        meals = outcomes(run(arm, *NOTHING_SCANS))
        honest = meals[meals["true_label"] == "honest"]
        assert len(honest) > 1_900
        assert honest["is_accepted"].mean() == share


def test_honest_caterers_forge_nothing() -> None:
    """Goal: no phantoms without forgers. Method: labels of every want when all are honest."""
    for arm in ARMS:
        assert "phantom" not in set(outcomes(run(arm, *ALL_HONEST))["true_label"])


def test_who_is_not_on_the_register_gets_no_marked_money() -> None:
    """Goal: eligibility. Method: an empty register: nothing issued or accepted but by report."""
    marked = run(MARKED, *ALL_OMITTED)
    assert set(marked.events["kind"].astype(str)) == {"opening", "payment"}
    assert not outcomes(marked)["is_accepted"].any()
    assert not outcomes(run(WALLET, *ALL_OMITTED))["is_accepted"].any()
    reported = outcomes(run(HEADCOUNT, *ALL_OMITTED))
    assert reported["is_accepted"].all()
