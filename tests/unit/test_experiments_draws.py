"""Joint draws: in range, with the base as median, independent of everything but their name."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.experiments import draws as subject
from tengesim.experiments.draws import ATTEMPTS_MAX, drawn_value, make_draws, overridden, single
from tengesim.experiments.levers import Assumption, assumptions, levers
from tengesim.money import BP
from tengesim.scenario.load import load_scenario
from tests.campaigns import week
from tests.worlds import HEADCOUNT, MARKED

ARMS = (week(HEADCOUNT), week(MARKED))
FOUND = assumptions(*ARMS)
ABSENCE = next(one for one in FOUND if one.path.endswith("absence"))
MASK = (1 << 64) - 1
DRAWN = 4_000


def splitmix(word: int) -> int:
    """Return the finalizer of SplitMix64, in Python's own numbers."""
    z = word + 0x9E3779B97F4A7C15 & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def by_formula(one: Assumption, seed: int, number: int, attempt: int) -> int:
    """Return the drawn value as the documentation says, without NumPy."""
    digest = hashlib.sha256(f"{seed}/assumption/{one.path}".encode()).digest()
    first, second, third = (int.from_bytes(digest[i : i + 8], "little") for i in (0, 8, 16))
    key = splitmix((third + attempt * 0x9E3779B97F4A7C15) % (1 << 64))
    word = splitmix(splitmix(number * 0x9E3779B97F4A7C15 & MASK ^ first) ^ second ^ key)
    low, high = (one.value, one.high) if word >> 63 else (one.low, one.value)
    return low + (word % (1 << 63)) * (high - low + 1) // (1 << 63)


@given(
    place=st.integers(0, len(FOUND) - 1),
    seed=st.integers(0, 2**63 - 1),
    number=st.integers(1, 10_000),
    attempt=st.integers(0, ATTEMPTS_MAX),
)
def test_a_draw_is_a_function_of_seed_number_and_path(
    place: int, seed: int, number: int, attempt: int
) -> None:
    """Goal: the same draw everywhere. Method: the formula in Python's own numbers."""
    one = FOUND[place]
    found = drawn_value(one, seed=seed, number=number, attempt=attempt)
    assert found == by_formula(one, seed, number, attempt)
    assert one.low <= found <= one.high


def far_from_median(one: Assumption, median: int) -> bool:
    """Return whether half of the draws below and half above `median` is out of the question."""
    values = [drawn_value(one, seed=1, number=number) for number in range(1, DRAWN + 1)]
    above = sum(value > median for value in values)
    below = sum(value < median for value in values)
    # Four standard errors of a share of one half.
    return (above - below) ** 2 > 16 * DRAWN


@pytest.mark.statistics
def test_the_base_is_the_median_of_the_draws() -> None:
    """Goal: as often more as less. Method: 4,000 draws; the twin, 10 % off, is found."""
    assert not far_from_median(ABSENCE, ABSENCE.value)
    assert far_from_median(ABSENCE, ABSENCE.value * 110 // 100)
    assert far_from_median(ABSENCE, ABSENCE.value * 90 // 100)


@pytest.mark.statistics
def test_values_below_the_base_are_spread_evenly() -> None:
    """Goal: uniform on each side. Method: the mean of each half within four standard errors."""
    values = [drawn_value(ABSENCE, seed=2, number=number) for number in range(1, DRAWN + 1)]
    lower = [value for value in values if value < ABSENCE.value]
    width = ABSENCE.value - ABSENCE.low
    middle = (ABSENCE.low + ABSENCE.value) / 2
    error = width / (12 * len(lower)) ** 0.5
    mean = sum(lower) / len(lower)
    assert abs(mean - middle) < 4 * error + 1
    assert abs(mean - middle * 1.1) > 4 * error


def test_one_more_draw_or_assumption_leaves_the_others_alone() -> None:
    """Goal: campaigns can grow. Method: fewer draws, and fewer assumptions."""
    many = make_draws(FOUND, ARMS, seed=1, count=6).made
    few = make_draws(FOUND, ARMS, seed=1, count=3).made
    assert many[:3] == few
    alone = make_draws([ABSENCE], ARMS, seed=1, count=6).made
    for one, other in zip(many, alone, strict=True):
        (drawn,) = [each for each in one.overrides if each.path == ABSENCE.path]
        assert other.overrides == (drawn,)


def test_drawn_shares_add_up_to_the_whole() -> None:
    """Goal: every drawn world is possible. Method: sums of siblings in 20 draws."""
    for draw in make_draws(FOUND, ARMS, seed=3, count=20).made:
        for start in ("banks.second_tier.", "behaviour.school_meals.methods."):
            shares = [
                one.number
                for one in draw.overrides
                if one.path.startswith(start) and one.path.endswith(".share")
            ]
            assert len(shares) >= 2
            assert sum(shares) == BP


def test_a_draw_is_the_same_in_every_arm_and_nothing_else_changes() -> None:
    """Goal: pairs differ by levers alone. Method: the levers of the drawn arms."""
    (draw,) = make_draws(FOUND, ARMS, seed=5, count=1).made
    drawn = [overridden(arm, draw.overrides) for arm in ARMS]
    assert levers(*drawn) == levers(*ARMS)
    changed = {one.path for one in levers(ARMS[0], drawn[0])}
    assert changed <= {one.path for one in FOUND}
    assert len(changed) > len(FOUND) * 0.8


def test_a_refused_draw_is_drawn_again_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: only possible worlds, and how many were not. Method: the first two are refused."""
    refusals = iter([False, False])
    monkeypatch.setattr(subject, "_accepted", lambda *_: next(refusals, True))
    found = make_draws(FOUND, ARMS[:1], seed=1, count=2)
    assert found.redraws == 2
    assert [one.number for one in found.made] == [1, 2]
    first = next(one for one in found.made[0].overrides if one.path == ABSENCE.path)
    assert first.number == drawn_value(ABSENCE, seed=1, number=1, attempt=2)


@pytest.mark.parametrize("name", ["reserve_2029", "reserve_with_mining"])
def test_the_ranges_of_a_reserve_fit_together(name: str) -> None:
    """Goal: ranges that contradict one another explore nothing. Method: few draws drawn again."""
    arm = load_scenario(name)
    found = make_draws(assumptions(arm), [arm], seed=1, count=12)
    assert found.given_up == ()
    assert found.redraws <= 6


def test_a_draw_that_is_always_refused_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: no endless loop. Method: a scenario that refuses everything."""
    monkeypatch.setattr(subject, "_accepted", lambda *_: False)
    found = make_draws(FOUND, ARMS, seed=1, count=2)
    assert (found.made, found.given_up) == ((), (1, 2))
    assert found.redraws == 2 * ATTEMPTS_MAX


def test_a_refused_value_is_named() -> None:
    """Goal: no silent change. Method: an absence beyond its range."""
    (draw,) = make_draws([ABSENCE], ARMS, seed=1, count=1).made
    (one,) = draw.overrides
    beyond = subject.Override(one.path, one.keys, BP, "100 %")
    with pytest.raises(ValueError, match=r"refuses.*absence=100 %"):
        overridden(ARMS[0], [beyond])


def test_a_share_alone_at_its_end_leaves_the_rest_to_its_siblings() -> None:
    """Goal: one at a time where parts make a whole. Method: a bank at its low and high share."""
    share = next(one for one in FOUND if one.path == "banks.second_tier.bank_a.share")
    for number in (share.low, share.high):
        overrides = single(share, number, assumptions=FOUND, arms=ARMS)
        assert overrides is not None
        assert sum(one.number for one in overrides) == BP
        assert next(one.number for one in overrides if one.path == share.path) == number
    only = single(ABSENCE, ABSENCE.low, assumptions=FOUND, arms=ARMS)
    assert only is not None
    assert [one.path for one in only] == [ABSENCE.path]
