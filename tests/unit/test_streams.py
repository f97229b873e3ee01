"""Claims about random streams: each draw is its own, exact at the ends, and looks like chance.

Every test has a fixed seed. Where one compares a sample with a distribution, the bound is passed
by chance in one seed of a thousand (3.29 standard errors), and the seed is not one of those.
"""

import hashlib
from math import isqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from tengesim.streams import (
    Streams,
    Words,
    below,
    below_one,
    by_quota,
    chance,
    chance_one,
    further,
    further_one,
    mix,
    mix_one,
)

WORD_BITS = 64
ALL_ONES = (1 << WORD_BITS) - 1
GOLDEN_GAMMA = 0x9E3779B97F4A7C15
STANDARD_ERRORS = 3.29

WORD = st.integers(0, ALL_ONES)


def ids(count: int) -> NDArray[np.int64]:
    """Return 0, 1, ... as ids."""
    return np.arange(count, dtype=np.int64)


def mix_by_hand(word: int) -> int:
    """Return what `mix` does to one word, in Python's integers (SplitMix64)."""
    z = (word + GOLDEN_GAMMA) & ALL_ONES
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & ALL_ONES
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & ALL_ONES
    return z ^ (z >> 31)


def word_by_hand(seed: int, name: str, one: int, step: int) -> int:
    """Return the word of one id at one step, in Python's integers."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    first, second, third = (int.from_bytes(digest[i : i + 8], "little") for i in (0, 8, 16))
    inner = mix_by_hand(((one & ALL_ONES) * GOLDEN_GAMMA & ALL_ONES) ^ first)
    return mix_by_hand(inner ^ second ^ mix_by_hand((third + step * GOLDEN_GAMMA) & ALL_ONES))


def test_mix_is_splitmix64_as_published() -> None:
    """Goal: the published finalizer. Method: the first outputs of SplitMix64 from state 0."""
    states = np.array([(n * GOLDEN_GAMMA) & ALL_ONES for n in range(3)], dtype=np.uint64)
    published = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert mix(states).tolist() == published


@given(st.lists(WORD, max_size=20))
def test_mix_of_many_words_is_mix_of_each(words: list[int]) -> None:
    """Goal: one meaning, two codes. Method: the vector form against Python's integers."""
    expected = [mix_by_hand(word) for word in words]
    assert mix(np.array(words, dtype=np.uint64)).tolist() == expected
    assert [int(mix_one(word)) for word in words] == expected


@given(
    st.integers(0, 2**70),
    st.text(max_size=8),
    st.lists(st.integers(-(2**40), 2**62), max_size=8),
    st.integers(0, 2**40),
)
def test_a_word_is_a_function_of_seed_name_id_and_step(
    seed: int, name: str, people: list[int], step: int
) -> None:
    """Goal: nothing else matters. Method: a second implementation in Python's integers."""
    words = Streams(seed).words(name, np.array(people, dtype=np.int64), step)
    assert words.tolist() == [word_by_hand(seed, name, one, step) for one in people]


@pytest.mark.parametrize("order", ["one more", "without one", "reversed", "from the middle"])
def test_one_more_person_leaves_every_other_draw(order: str) -> None:
    """Goal: common random numbers. Method: the same people in other company and order."""
    streams = Streams(7)
    people = ids(1_000)
    alone = dict(zip(people.tolist(), streams.words("meals", people, 3).tolist(), strict=True))
    others = {
        "one more": np.append(people, 1_000),
        "without one": np.delete(people, 500),
        "reversed": people[::-1],
        "from the middle": people[333:],
    }[order]
    words = streams.words("meals", others, 3).tolist()
    for person, word in zip(others.tolist(), words, strict=True):
        assert alone.get(person, word) == word


def test_one_more_stream_or_step_leaves_every_other_draw() -> None:
    """Goal: order of drawing does not matter. Method: draw before and after other draws."""
    streams = Streams(7)
    before = streams.words("meals", ids(100), 3)
    named = streams.named("bids", 4).random(5)
    streams.words("kiosk", ids(100), 3)
    streams.words("meals", ids(100), 4)
    streams.named("bids", 5).random(1_000)
    assert np.array_equal(streams.words("meals", ids(100), 3), before)
    assert np.array_equal(streams.named("bids", 4).random(5), named)


def test_every_part_of_an_address_matters() -> None:
    """Goal: no two decisions share a word. Method: change seed, name and step one at a time."""
    streams = Streams(7)
    people = ids(2_000)
    samples = [
        streams.words("meals", people, 0),
        streams.words("meals", people, 1),
        streams.words("meals", people + 2_000, 0),
        streams.words("meal", people, 0),
        streams.words("", people, 0),
        Streams(8).words("meals", people, 0),
        Streams(7 + 2**64).words("meals", people, 0),
    ]
    assert len(np.unique(np.concatenate(samples))) == 2_000 * len(samples)


@pytest.mark.parametrize("seed", [-1, 1.0, True, "1", None, np.int64(1)], ids=repr)
def test_a_seed_is_a_non_negative_int(seed: object) -> None:
    """Goal: no seed is taken for another. Method: what Python would take for a number."""
    with pytest.raises(ValueError, match="seed"):
        Streams(seed)  # type: ignore[arg-type]


def test_named_generators_are_what_they_always_were() -> None:
    """Goal: results stay comparable over versions. Method: values written down once."""
    draws = Streams(2026).named("bids", "contract-7", 3).integers(0, 1_000_000, 5)
    assert draws.tolist() == [986263, 680013, 232514, 941605, 702801]
    words = Streams(2026).words("school_meals/absence", ids(3), step=20)
    assert [hex(word) for word in words.tolist()] == [
        "0x8d7d36821d758481",
        "0xb1919568d19230",
        "0xd7cef2a05a6b1b4f",
    ]
    spare = further(words, "attempt", 1)
    assert [hex(word) for word in spare.tolist()] == [
        "0x2141f1a350da30a8",
        "0x35c903641d8d623d",
        "0x431327d1c3cadb03",
    ]


def test_a_named_generator_is_found_by_its_whole_name() -> None:
    """Goal: no two decisions share a generator. Method: names and keys that differ a little."""
    streams = Streams(7)
    draws = {
        tuple(generator.integers(0, 2**62, 3).tolist())
        for generator in (
            streams.named("bids"),
            streams.named("bids", 1),
            streams.named("bids", 2),
            streams.named("bids", 1, 2),
            streams.named("bid", 1),
            Streams(8).named("bids", 1),
        )
    }
    assert len(draws) == 6


def chi_square_of_bytes(words: Words) -> float:
    """Return the largest statistic over the eight bytes, each against 256 equal shares."""
    content = words.view(np.uint8).reshape(len(words), 8)
    expected = len(words) / 256
    return max(
        float(((np.bincount(content[:, place], minlength=256) - expected) ** 2 / expected).sum())
        for place in range(8)
    )


def test_words_are_uniform_in_every_byte() -> None:
    """Goal: no value is preferred. Method: chi-square of the bytes; a biased byte must fail."""
    limit = float(stats.chi2.ppf(1 - 0.001 / 8, 255))
    words = Streams(1).words("meals", ids(200_000), 5)
    assert chi_square_of_bytes(words) < limit
    biased = words.copy()
    biased[::20] &= np.uint64(ALL_ONES ^ 0x80)
    assert chi_square_of_bytes(biased) > limit


def flips(words: Words, changed: Words) -> NDArray[np.float64]:
    """Return, for each bit of the outcome, the share of cases in which it differs."""
    differing = (words ^ changed).view(np.uint8).reshape(len(words), 8)
    return np.asarray(np.unpackbits(differing, axis=1, bitorder="little").mean(axis=0))


def test_every_bit_of_an_id_moves_every_bit_of_its_word() -> None:
    """Goal: avalanche. Method: flip each of 40 id bits; each outcome bit moves half the time."""
    count = 4_000
    bound = 5 * 0.5 / isqrt(count)
    streams = Streams(3)
    people = ids(count) * 977
    words = streams.words("meals", people)
    for bit in range(40):
        shares = flips(words, streams.words("meals", people ^ (1 << bit)))
        assert np.all(np.abs(shares - 0.5) < bound)
    for step in (1, 2, 1 << 30):
        assert np.all(np.abs(flips(words, streams.words("meals", people, step)) - 0.5) < bound)
    halfway = words ^ (words >> np.uint64(1))
    assert not np.all(np.abs(flips(words, halfway ^ np.uint64(1)) - 0.5) < bound)


def correlation(words: Words, others: Words) -> float:
    """Return the correlation of two samples of words, in standard errors of no correlation."""
    one, other = (sample.astype(np.float64) for sample in (words, others))
    return float(abs(np.corrcoef(one, other)[0, 1])) * float(np.sqrt(len(words)))


@pytest.mark.parametrize(
    ("name", "shift", "step"),
    [("meals", 0, 1), ("meals", 0, 2), ("meals", 1, 0), ("kiosk", 0, 0), ("meals/1", 0, 0)],
)
def test_people_steps_and_names_are_uncorrelated(name: str, shift: int, step: int) -> None:
    """Goal: decisions are independent. Method: correlate words that differ in one thing."""
    streams = Streams(5)
    people = ids(100_000)
    words = streams.words("meals", people)
    others = streams.words(name, people + shift, step)
    assert correlation(words, others) < STANDARD_ERRORS
    leaning = np.where(people % 20 == 0, words, others)
    assert correlation(words, leaning) > STANDARD_ERRORS


def test_further_words_are_fresh_for_each_purpose_and_attempt() -> None:
    """Goal: spare words can be used again. Method: correlate; count what is equal."""
    words = Streams(5).words("tape", ids(30_000))
    samples = [words, *(further(words, p, a) for p in ("absence", "double") for a in (0, 1, 2))]
    for place, sample in enumerate(samples):
        for other in samples[place + 1 :]:
            assert correlation(sample, other) < 4
    assert len(np.unique(np.concatenate(samples))) == 30_000 * len(samples)
    assert np.array_equal(further(words[:9], "double", 2), further(words, "double", 2)[:9])
    assert np.array_equal(further(words, "double"), further(words, "double", 0))


EXTREMES = np.array([0, 1, 2, ALL_ONES - 1, ALL_ONES, 1 << 63, (1 << 63) - 1], dtype=np.uint64)


def test_the_impossible_never_happens_and_the_certain_always() -> None:
    """Goal: rates of 0 and 10,000 are exact. Method: the lowest and the highest words."""
    assert not chance(EXTREMES, 0).any()
    assert chance(EXTREMES, 10_000).all()
    assert chance(EXTREMES, 9_999).tolist() == [True, True, True, False, False, True, True]
    assert chance(EXTREMES, 1).tolist() == [True, True, True, False, False, False, False]


@given(st.lists(WORD, min_size=1, max_size=20), st.integers(0, 10_000))
def test_chance_is_a_comparison_of_integers(words: list[int], rate_bp: int) -> None:
    """Goal: integers decide. Method: the definition in Python's integers."""
    threshold = (1 << 63) if rate_bp == 10_000 else rate_bp * ((1 << 63) // 10_000)
    expected = [word >> 1 < threshold for word in words]
    assert chance(np.array(words, dtype=np.uint64), rate_bp).tolist() == expected


@given(st.lists(WORD, min_size=1, max_size=20), st.integers(0, 9_999), st.integers(1, 10_000))
def test_what_happens_at_a_rate_happens_at_any_higher_one(
    words: list[int], rate_bp: int, more_bp: int
) -> None:
    """Goal: common random numbers are monotone. Method: the same words at two rates."""
    packed = np.array(words, dtype=np.uint64)
    higher = min(10_000, rate_bp + more_bp)
    assert not (chance(packed, rate_bp) & ~chance(packed, higher)).any()


def test_each_word_may_have_a_rate_of_its_own() -> None:
    """Goal: rates by person. Method: a rate per word against one at a time."""
    words = Streams(1).words("meals", ids(200))
    rates = np.linspace(0, 10_000, 200).astype(np.int64)
    singly = [bool(chance(words[i : i + 1], int(rates[i]))[0]) for i in range(200)]
    assert chance(words, rates).tolist() == singly


@pytest.mark.parametrize("rate_bp", [1, 800, 5_000, 9_999])
def test_chance_happens_at_its_rate(rate_bp: int) -> None:
    """Goal: frequency. Method: 400,000 words; a rate 10 % away must fail (but 9,999 has none)."""
    count = 400_000
    happened = int(chance(Streams(4).words("meals", ids(count)), rate_bp).sum())
    expected = count * rate_bp / 10_000
    error = (expected * (1 - rate_bp / 10_000)) ** 0.5
    assert abs(happened - expected) < STANDARD_ERRORS * error
    if rate_bp in (800, 5_000):
        wrong = int(chance(Streams(4).words("meals", ids(count)), rate_bp * 11 // 10).sum())
        assert abs(wrong - expected) > STANDARD_ERRORS * error


@pytest.mark.parametrize("rate_bp", [-1, 10_001, [0, 10_001], [-1, 5]])
def test_a_rate_outside_its_range_is_told(rate_bp: object) -> None:
    """Goal: misuse is told. Method: one rate too low or too high, alone or among others."""
    with pytest.raises(ValueError, match="basis points"):
        chance(EXTREMES[:2], rate_bp)  # type: ignore[arg-type]


@given(st.lists(WORD, min_size=1, max_size=20), st.integers(1, 2**31))
def test_below_stays_below_and_uses_the_high_half(words: list[int], count: int) -> None:
    """Goal: ranges are exact. Method: the definition in Python's integers."""
    drawn = below(np.array(words, dtype=np.uint64), count)
    assert drawn.dtype == np.int64
    assert drawn.tolist() == [((word >> 32) * count) >> 32 for word in words]
    assert all(0 <= one < count for one in drawn.tolist())


def test_below_reaches_both_ends_of_the_largest_range() -> None:
    """Goal: no wrap at the bound. Method: the extreme words in ranges of 1 and 2^32."""
    words = np.array([0, ALL_ONES], dtype=np.uint64)
    assert below(words, 1).tolist() == [0, 0]
    assert below(words, 2**32).tolist() == [0, 2**32 - 1]
    assert below(words, np.array([5, 7])).tolist() == [0, 6]


@pytest.mark.parametrize("count", [0, -1, 2**32 + 1, [3, 0]])
def test_a_range_that_cannot_be_drawn_from_is_told(count: object) -> None:
    """Goal: misuse is told. Method: empty, negative and too wide ranges."""
    with pytest.raises(ValueError, match="range lies in"):
        below(EXTREMES[:2], count)  # type: ignore[arg-type]


def test_below_is_uniform() -> None:
    """Goal: no number is preferred. Method: chi-square over 12 schools; a lean must fail."""
    drawn = below(Streams(9).words("school", ids(120_000)), 12)
    limit = float(stats.chi2.ppf(0.999, 11))
    counts = np.bincount(drawn, minlength=12)
    assert float(((counts - 10_000) ** 2 / 10_000).sum()) < limit
    counts[0] += 1_000
    counts[1] -= 1_000
    assert float(((counts - 10_000) ** 2 / 10_000).sum()) > limit


@given(
    st.integers(min_value=0, max_value=300),
    st.lists(st.integers(min_value=0, max_value=1_000), min_size=1, max_size=5),
)
def test_a_quota_gives_each_kind_its_share_to_the_nearest_whole(
    count: int, weights: list[int]
) -> None:
    """Cumulated shares are met within half a holder, so no share is off by more than one."""
    total = sum(weights)
    shares = [weight * 10_000 // total if total else 0 for weight in weights]
    shares[0] += 10_000 - sum(shares)
    words = Streams(7).words("quota", np.arange(count))

    kinds = by_quota(words, shares)

    for number in range(len(shares)):
        met = int(np.count_nonzero(kinds <= number))
        assert abs(met - sum(shares[: number + 1]) * count / 10_000) <= 0.5


def test_a_quota_depends_on_words_and_not_on_places() -> None:
    """Whoever has a word has its kind, in whatever order holders are listed."""
    words = Streams(7).words("quota", np.arange(50))
    turned = np.random.default_rng(1).permutation(50)

    assert by_quota(words[turned], [2_500, 6_500, 1_000]).tolist() == (
        by_quota(words, [2_500, 6_500, 1_000])[turned].tolist()
    )


def test_a_quota_refuses_shares_that_are_no_whole() -> None:
    """Nobody is left out or counted twice."""
    for shares in ([9_999], [10_001], [-1, 10_001], []):
        with pytest.raises(ValueError, match="basis points"):
            by_quota(np.zeros(3, dtype=np.uint64), shares)


@given(
    WORD, st.text(max_size=9), st.integers(0, 5), st.integers(0, 10_000), st.integers(1, 1 << 32)
)
def test_one_want_draws_what_a_cell_of_wants_draws(
    word: int, purpose: str, attempt: int, rate_bp: int, count: int
) -> None:
    """Goal: both engines draw alike. Method: single integers against arrays of one."""
    words = np.array([word], dtype=np.uint64)
    assert further_one(word, purpose, attempt) == int(further(words, purpose, attempt)[0])
    assert chance_one(word, rate_bp) == bool(chance(words, rate_bp)[0])
    assert below_one(word, count) == int(below(words, count)[0])


def test_single_draws_refuse_what_arrays_refuse() -> None:
    """Goal: no rate or range out of bounds. Method: one beyond each end."""
    for rate_bp in (-1, 10_001):
        with pytest.raises(ValueError, match="a rate lies in"):
            chance_one(0, rate_bp)
    for count in (0, (1 << 32) + 1):
        with pytest.raises(ValueError, match="a range lies in"):
            below_one(0, count)
