"""Numbers of people and firms: they check, they differ, and no real person or firm has them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.population.identifiers import bin_of, check_digit, iin_of, is_possibly_real

# Public numbers of companies, for the algorithm alone.
PUBLISHED = (
    *("971240001315", "940140000385", "081140000436", "020240000555"),
    *("941240001151", "020540003431", "941240000193", "010940000162"),
)
FIRST = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
SECOND = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)


@pytest.mark.parametrize("number", PUBLISHED)
def test_the_check_digit_is_that_of_published_numbers(number: str) -> None:
    """Goal: the algorithm is the country's. Method: companies' published numbers."""
    assert check_digit(number[:-1]) == int(number[-1])
    assert is_possibly_real(number)


def test_some_beginnings_have_no_number() -> None:
    """Goal: a number that cannot be issued is not made up. Method: a known one, and their share."""
    assert check_digit("90010130080") is None
    words = np.random.Generator(np.random.PCG64(1)).integers(0, 10**11, 20_000)
    without = sum(check_digit(f"{word:011d}") is None for word in words.tolist())
    # One in eleven needs the second weights, and one in eleven of these has no digit.
    assert 20_000 * 0.0081 - 60 < without < 20_000 * 0.0081 + 60


@given(st.integers(0, 10**11 - 1))
def test_a_check_digit_makes_one_of_two_weighted_sums_agree(stem: int) -> None:
    """Goal: the second weights are used only when needed. Method: both sums, worked out here."""
    digits = [int(digit) for digit in f"{stem:011d}"]
    one, other = (
        sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        for weights in (FIRST, SECOND)
    )
    expected = one if one < 10 else other
    assert check_digit(f"{stem:011d}") == (expected if expected < 10 else None)


@given(st.integers(0, 10**8 - 1), st.integers(0, 10**7 - 1))
def test_a_generated_number_checks_and_is_nobodys(person: int, firm: int) -> None:
    """Goal: exports read like real ones and name nobody. Method: any person, any firm."""
    for number in (iin_of(person), bin_of(firm)):
        assert len(number) == 12
        assert check_digit(number[:-1]) == int(number[-1])
        assert not is_possibly_real(number)
        assert number[6] in "789"
        assert number[2:4] == "00"
    assert bin_of(firm)[4] in "78"


def test_generated_numbers_differ() -> None:
    """Goal: a number is an id. Method: the first 50,000 people and firms, and the last ones."""
    people = [*range(50_000), *range(20_495_975 - 50_000, 20_495_975), 10**8 - 1]
    firms = [*range(50_000), *range(988_675 - 50_000, 988_675), 10**7 - 1]
    numbers = [*map(iin_of, people), *map(bin_of, firms)]
    assert len(set(numbers)) == len(people) + len(firms)


@pytest.mark.parametrize("wrong", [-1, 10**8])
def test_a_person_beyond_the_numbers_is_refused(wrong: int) -> None:
    """Goal: no number stands for two. Method: one below and one above the range."""
    with pytest.raises(ValueError, match="has no number"):
        iin_of(wrong)
    with pytest.raises(ValueError, match="has no number"):
        bin_of(wrong)


@pytest.mark.parametrize(
    "stem", ["", "123", "1234567890a", "123456789012", "１２３４５６７８９０１"]
)
def test_only_eleven_digits_have_a_check_digit(stem: str) -> None:
    """Goal: a slip is not turned into a number. Method: too few, too many, letters, wide digits."""
    with pytest.raises(ValueError, match="expected 11 digits"):
        check_digit(stem)


@pytest.mark.parametrize("number", ["", "97124000131", "971240001316", "97124000131x"])
def test_what_does_not_check_belongs_to_nobody(number: str) -> None:
    """Goal: the guard can say no. Method: short, a wrong digit, a letter."""
    assert not is_possibly_real(number)


def test_a_real_number_would_be_noticed() -> None:
    """Goal: the guard can say yes. Method: a person's seventh digit of 0 to 6, dates aside."""
    stems = [f"0000000{kind}"[1:8] + "0001" for kind in range(7)]
    numbers = [f"{stem}{check_digit(stem)}" for stem in stems if check_digit(stem) is not None]
    assert numbers
    assert all(is_possibly_real(number) for number in numbers)
