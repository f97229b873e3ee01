"""Courts decide as often and as late as stated: shares of verdicts, appeals and durations.

Every claim has a twin with the stated value 10 % off, which must fail.
"""

import math
from functools import cache

import pytest

from tengesim.clock import DAY_US
from tengesim.institutions.confiscation.course import Course, Ending, case_words, courses_of
from tengesim.streams import Streams
from tests.court_world import confiscation
from tests.mining_world import assumed

pytestmark = pytest.mark.statistics

STANDARD_ERRORS = 3.29
CASES = 30_000


@cache
def courses() -> tuple[Course, ...]:
    """Return the courses of many cases under facts 7.5.4, with appeals."""
    section, streams = confiscation(overturned=assumed("40 %")), Streams(5)
    words = case_words(streams, [f"case/{number}" for number in range(CASES)])
    return tuple(courses_of(section, words, [0] * CASES))


def errors(seen: int, of: int, share: float) -> float:
    """Return by how many standard errors a count differs from that of a share."""
    return abs(seen - of * share) / math.sqrt(of * share * (1 - share))


@pytest.mark.parametrize(
    ("ending", "share"),
    [(Ending.FORFEITED, 0.45), (Ending.VICTIMS, 0.55 * 0.64), (Ending.RETURNED, 0.55 * 0.36)],
)
def test_verdicts_fall_as_often_as_stated(ending: Ending, share: float) -> None:
    """Goal: shares are shares of cases. Method: 30,000 cases against a share, and 1.1 times it."""
    seen = sum(course.verdict is ending for course in courses())
    assert errors(seen, CASES, share) < STANDARD_ERRORS
    assert errors(seen, CASES, 1.1 * share) > STANDARD_ERRORS


def test_appeals_save_the_stated_part_of_what_was_forfeited() -> None:
    """Goal: final shares follow from both rates. Method: 30 % appealed, 40 % of these returned."""
    forfeited = [course for course in courses() if course.verdict is Ending.FORFEITED]
    appealed = [course for course in forfeited if course.is_appealed]
    saved = [course for course in appealed if course.final is Ending.RETURNED]
    for part, whole, share in ((appealed, forfeited, 0.3), (saved, appealed, 0.4)):
        assert errors(len(part), len(whole), share) < STANDARD_ERRORS
        assert errors(len(part), len(whole), 1.1 * share) > STANDARD_ERRORS


@pytest.mark.parametrize(
    ("first", "second", "mean"),
    [
        ("arrest_us", "verdict_us", 274),
        ("verdict_us", "final_us", 61),
        ("final_us", "handover_us", 91),
    ],
)
def test_stages_last_as_long_as_stated(first: str, second: str, mean: int) -> None:
    """Goal: uniform around the mean. Method: mean and variance in days, and 1.1 times the mean."""
    days = [(getattr(one, second) - getattr(one, first)) // DAY_US for one in courses()]
    aside = mean // 2
    variance = ((2 * aside + 1) ** 2 - 1) / 12
    error = math.sqrt(variance / CASES)
    seen = sum(days) / CASES
    assert abs(seen - mean) < STANDARD_ERRORS * error
    assert abs(seen - 1.1 * mean) > STANDARD_ERRORS * error
    spread = sum((day - seen) ** 2 for day in days) / CASES
    # A uniform law has a fourth moment of 9/5 of the square of its variance.
    assert abs(spread / variance - 1) < STANDARD_ERRORS * math.sqrt(0.8 / CASES)


def test_how_long_a_case_takes_says_nothing_of_how_it_ends() -> None:
    """Goal: one draw for one decision. Method: the mean time to a verdict by verdict."""
    slow = sum(course.verdict_us - course.arrest_us > 274 * DAY_US for course in courses())
    both = sum(
        course.verdict_us - course.arrest_us > 274 * DAY_US and course.final is Ending.FORFEITED
        for course in courses()
    )
    forfeited = sum(course.final is Ending.FORFEITED for course in courses())
    assert errors(both, slow, forfeited / CASES) < STANDARD_ERRORS
