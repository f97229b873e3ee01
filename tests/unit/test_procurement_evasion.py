"""Choosing among ways to cheat: what moves whom, and what must never move anybody."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.institutions.procurement.evasion import (
    INFINITE,
    PPM,
    Beliefs,
    Cost,
    Weighing,
    choose,
    log_shares,
    sensitivity_of,
    utility_ppm,
)
from tengesim.institutions.procurement.typologies import Channel
from tests.integrity_world import integrity

WAYS: Final = (Channel.HONEST, Channel.OVERPRICING, Channel.FICTITIOUS_ACT, Channel.KICKBACK)
NUMBERS = st.integers(-PPM, PPM)
UTILITIES = st.tuples(*[NUMBERS] * len(WAYS))
SENSITIVITIES = st.sampled_from([0, 250_000, 1_000_000, 4_000_000, INFINITE])
SWITCHING = st.integers(0, 50_000)
DAY: Final = 86_400_000_000


def weighing(
    tastes: tuple[int, ...], base: tuple[int, ...], now: tuple[int, ...] | None = None
) -> Weighing:
    """Return what a circle weighs among the four ways."""
    first, tastes_by = dict(zip(WAYS, base, strict=True)), dict(zip(WAYS, tastes, strict=True))
    later = first if now is None else dict(zip(WAYS, now, strict=True))
    return Weighing(tastes_by, first, later)


@given(UTILITIES, UTILITIES, UTILITIES, SWITCHING)
def test_without_sensitivity_every_arm_has_the_choice_of_the_base_arm(
    tastes: tuple[int, ...], base: tuple[int, ...], now: tuple[int, ...], switching: int
) -> None:
    """Goal: nothing is displaced at zero. Method: any utilities before and after."""
    stayed = choose(weighing(tastes, base), 0, switching_ppm=switching, possible=WAYS)
    moved = choose(weighing(tastes, base, now), 0, switching_ppm=switching, possible=WAYS)
    assert stayed == moved == max(WAYS, key=dict(zip(WAYS, tastes, strict=True)).__getitem__)


@given(UTILITIES, UTILITIES, SENSITIVITIES, SWITCHING)
def test_at_the_terms_of_the_base_arm_nobody_moves(
    tastes: tuple[int, ...], base: tuple[int, ...], sensitivity: int, switching: int
) -> None:
    """Goal: base shares are exact whatever the sensitivity. Method: the same terms twice."""
    found = choose(weighing(tastes, base), sensitivity, switching_ppm=switching, possible=WAYS)
    at_no_cost = choose(weighing(tastes, base), sensitivity, switching_ppm=0, possible=WAYS)
    assert found == at_no_cost
    if sensitivity != INFINITE:
        usual = choose(weighing(tastes, base), 0, switching_ppm=0, possible=WAYS)
        assert found == usual


@given(UTILITIES, UTILITIES, SENSITIVITIES, SWITCHING, st.integers(0, PPM))
def test_only_those_who_took_a_way_leave_it_when_it_grows_dearer(
    tastes: tuple[int, ...], base: tuple[int, ...], sensitivity: int, switching: int, dearer: int
) -> None:
    """Goal: a policy moves whom it touches. Method: one way loses utility, for any circle."""
    now = (base[0], base[1], base[2] - dearer, base[3])
    before = choose(weighing(tastes, base), sensitivity, switching_ppm=switching, possible=WAYS)
    after = choose(weighing(tastes, base, now), sensitivity, switching_ppm=switching, possible=WAYS)
    assert after == before or before is Channel.FICTITIOUS_ACT


@given(UTILITIES, UTILITIES, SENSITIVITIES, st.integers(0, PPM))
def test_closing_an_alternative_displaces_no_more_than_leaving_it_open(
    tastes: tuple[int, ...], base: tuple[int, ...], sensitivity: int, dearer: int
) -> None:
    """Goal: displacement never rises when an alternative closes. Method: circle by circle.

    Displaced is who cheated in the targeted way and now cheats in another that is open.
    """
    now = (base[0], base[1], base[2] - dearer, base[3])
    world = weighing(tastes, base, now)
    opened = choose(world, sensitivity, switching_ppm=0, possible=WAYS)
    closed = choose(
        world, sensitivity, switching_ppm=0, possible=[w for w in WAYS if w != Channel.OVERPRICING]
    )
    assert closed == opened or opened is Channel.OVERPRICING


def test_an_infinite_sensitivity_follows_utility_and_breaks_ties_by_taste() -> None:
    """Goal: no chance at all. Method: a clear best, then two of equal utility."""
    clear = weighing((9, 9, 0, 9), (0, 5, 6, 1))
    tied = weighing((0, 1, 2, 3), (0, 5, 5, 1))
    assert choose(clear, INFINITE, switching_ppm=0, possible=WAYS) == Channel.FICTITIOUS_ACT
    assert choose(tied, INFINITE, switching_ppm=0, possible=WAYS) == Channel.FICTITIOUS_ACT


def test_switching_has_a_price_and_honesty_has_none() -> None:
    """Goal: habit holds cheats, not those who give up. Method: a price beyond every gain."""
    to_other = weighing((0, 0, 9, 0), (0, 0, 0, 0), (-PPM, 300_000, 0, 0))
    to_honesty = weighing((0, 0, 9, 0), (0, 0, 0, 0), (0, -PPM, -300_000, -PPM))
    for one, free, dear in (
        (to_other, Channel.OVERPRICING, Channel.FICTITIOUS_ACT),
        (to_honesty, Channel.HONEST, Channel.HONEST),
    ):
        found = [choose(one, PPM, switching_ppm=s, possible=WAYS) for s in (0, 400_000)]
        assert found == [free, dear]


@pytest.mark.parametrize(
    ("forfeited_bp", "expected"), [(0, 20_000), (5_000, 14_000), (10_000, 8_000)]
)
def test_being_found_costs_the_fine_and_the_gain(forfeited_bp: int, expected: int) -> None:
    """Goal: gain - p(fine + lost gain). Method: by hand: 80 - 0.15 × (400 + 0, 40, 80)."""
    assert expected == utility_ppm(80_000, 150_000, Cost(400_000, forfeited_bp))


def test_constants_are_logarithms_of_shares_and_a_way_without_share_has_none() -> None:
    """Goal: closed form. Method: ratios of two shares in millionths of e."""
    found = log_shares({Channel.HONEST: 6_000, Channel.KICKBACK: 3_000, Channel.CASH: 0})
    assert pytest.approx(found[Channel.HONEST] - found[Channel.KICKBACK], abs=1) == 693_147
    assert Channel.CASH not in found


@pytest.mark.parametrize(
    ("level", "expected"),
    [("zero", 0), ("low", 250_000), ("base", PPM), ("high", 4 * PPM), ("infinite", INFINITE)],
)
def test_a_level_names_an_end_of_the_range(level: str, expected: int) -> None:
    """Goal: the envelope of five. Method: the shipped section at each."""
    assert expected == sensitivity_of(integrity({"sensitivity_at": level}))


CASES = st.lists(
    st.tuples(st.sampled_from("ab"), st.booleans(), st.integers(0, 30)), max_size=20
).map(lambda cases: sorted(cases, key=lambda case: case[2]))


@given(CASES, st.integers(0, 50), st.integers(0, 10_000), st.integers(0, 10), st.integers(0, 60))
def test_a_belief_is_the_mean_of_a_beta_law(
    cases: list[tuple[str, bool, int]], weight: int, peer_bp: int, lag: int, today: int
) -> None:
    """Goal: the formula. Method: sums over all cases known by today, in fractions of a case."""
    beliefs = Beliefs(weight=weight, peer_bp=peer_bp, lag_us=lag * DAY)
    for circle, was_found, day in cases:
        beliefs.learn(circle, Channel.KICKBACK, was_found=was_found, time_us=day * DAY)
    known = [(circle, found) for circle, found, day in cases if day + lag <= today]
    weights = [10_000 if circle == "a" else peer_bp for circle, _ in known]
    found = sum(each for each, (_, was) in zip(weights, known, strict=True) if was)
    total = weight * 10_000 + sum(weights)
    first = 300_000
    expected = (first * weight * 10_000 + found * PPM) // total if total else first
    assert expected == beliefs.found_ppm("a", Channel.KICKBACK, first, today * DAY)


def test_cases_of_one_way_say_nothing_about_another() -> None:
    """Goal: beliefs are by way. Method: many cases of one, and the first belief of the other."""
    beliefs = Beliefs(weight=10, peer_bp=5_000, lag_us=0)
    for _ in range(50):
        beliefs.learn("a", Channel.KICKBACK, was_found=True, time_us=0)
    assert beliefs.found_ppm("a", Channel.OVERPRICING, 1_000, 1) == 1_000
    assert beliefs.found_ppm("a", Channel.KICKBACK, 1_000, 1) > 800_000
