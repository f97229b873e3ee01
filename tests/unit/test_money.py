"""Claims about money: read exactly, split exactly, and never anything but a whole number."""

from decimal import Decimal
from math import nan
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.money import (
    PAYMENT_MAX_TIYN,
    SUPPLY_MAX_TIYN,
    check_amount,
    format_amount,
    mul_div,
    parse_amount,
    parse_count,
    parse_rate_bp,
    parse_share_bp,
    split_exactly,
)

AMOUNTS = st.integers(min_value=0, max_value=SUPPLY_MAX_TIYN)
WEIGHTS = st.dictionaries(
    st.text(max_size=5), st.integers(min_value=0, max_value=10**12), min_size=1, max_size=20
).filter(lambda weights: sum(weights.values()) > 0)


@pytest.mark.parametrize(
    ("text", "amount_tiyn"),
    [
        ("811 KZT", 81_100),
        ("1.15 KZT", 115),
        ("2.1 bn KZT", 210_000_000_000),
        ("2.1bn KZT", 210_000_000_000),
        ("3 MCI", 1_297_500),
        ("0.5 MCI", 216_250),
        ("7 k KZT", 700_000),
        ("1 m KZT", 100_000_000),
        ("1 tn KZT", 10**14),
        ("50 tiyn", 50),
        ("0 KZT", 0),
        ("1,234,567.50 KZT", 123_456_750),
        ("111 000 KZT", 11_100_000),
        ("46116860184273879.03 KZT", SUPPLY_MAX_TIYN),
        (" 811 KZT ", 81_100),
    ],
)
def test_amounts_are_read_exactly(text: str, amount_tiyn: int) -> None:
    """Each text means this many tiyn, computed on digits."""
    assert parse_amount(text, mci_tiyn=432_500) == amount_tiyn


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("811", "no unit"),
        ("2.1 bn", "no unit"),
        ("-811 KZT", "negative"),
        ("−811 KZT", "negative"),
        ("0.001 KZT", "finer than one tiyn"),
        ("1.5 tiyn", "finer than one tiyn"),
        ("NaN KZT", "not an amount"),
        ("1e3 KZT", "not an amount"),
        ("0x10 KZT", "not an amount"),
        ("1_000 KZT", "not an amount"),
        ("1,5 KZT", "not an amount"),
        ("1,500 bn KZT", "comma"),
        ("٣ KZT", "not an amount"),
        ("811 USD", "not an amount"),
        ("811 kzt", "not an amount"),
        ("", "not an amount"),
        ("46116860184273879.04 KZT", "too large"),
        ("9" * 5_000 + " KZT", "not an amount"),
        ("3 MCI", "worth of one MCI is not stated"),
    ],
)
def test_what_is_no_exact_amount_is_refused(text: str, fragment: str) -> None:
    """Each text is refused with a short message that says why."""
    with pytest.raises(ValueError, match=fragment) as refused:
        parse_amount(text)
    assert "expected" in str(refused.value)
    assert len(str(refused.value)) < 200


@given(AMOUNTS)
def test_what_is_written_is_read_back(amount_tiyn: int) -> None:
    """An amount written in full means the same amount."""
    assert parse_amount(format_amount(amount_tiyn)) == amount_tiyn


@given(st.text(max_size=40))
def test_any_text_is_an_amount_or_a_value_error(text: str) -> None:
    """No text gives a negative amount or another exception."""
    try:
        amount_tiyn = parse_amount(text, mci_tiyn=432_500)
    except ValueError:
        return
    assert type(amount_tiyn) is int
    assert 0 <= amount_tiyn <= SUPPLY_MAX_TIYN


@pytest.mark.parametrize(
    ("amount_tiyn", "digits", "text"),
    [
        (123_456_750, None, "1,234,567.50 KZT"),
        (81_100, None, "811 KZT"),
        (150, 0, "2 KZT"),
        (149, 0, "1 KZT"),
        (-150, 0, "-2 KZT"),
        (-1, 0, "0 KZT"),
        (105, 1, "1.1 KZT"),
        (5, 2, "0.05 KZT"),
        (2**53 + 1, 2, "90,071,992,547,409.93 KZT"),
    ],
)
def test_amounts_are_written_for_people(amount_tiyn: int, digits: int | None, text: str) -> None:
    """Groups of three, a decimal point, halves away from zero, no float anywhere."""
    assert format_amount(amount_tiyn, digits=digits) == text


def test_digits_of_an_amount_are_at_most_two() -> None:
    """There is nothing below a tiyn to show."""
    with pytest.raises(ValueError, match="digits is 3"):
        format_amount(1, digits=3)


@pytest.mark.parametrize(
    ("text", "rate_bp"),
    [("8 %", 800), ("0.5 %", 50), ("80 bp", 80), ("12%", 1_200), ("100 %", 10_000), ("0 %", 0)],
)
def test_rates_are_read_as_basis_points(text: str, rate_bp: int) -> None:
    """Each text means this many basis points."""
    assert parse_rate_bp(text) == rate_bp


@pytest.mark.parametrize(
    ("text", "fragment"),
    [("8", "not a rate"), ("-1 %", "not a rate"), ("0.005 %", "finer"), ("1.5 bp", "finer")],
)
def test_what_is_no_exact_rate_is_refused(text: str, fragment: str) -> None:
    """A rate has a unit and whole basis points."""
    with pytest.raises(ValueError, match=fragment):
        parse_rate_bp(text)


@pytest.mark.parametrize(
    ("text", "share_bp"), [("0.05", 500), ("0.0001", 1), ("5 %", 500), ("80 bp", 80)]
)
def test_a_share_below_one_may_stand_for_a_rate(text: str, share_bp: int) -> None:
    """Goal: a precision is read as statistics write it. Method: shares beside rates."""
    assert parse_share_bp(text) == share_bp


@pytest.mark.parametrize("text", ["0.00001", "1.0", "5", "-0.05", "0,05"])
def test_a_share_is_exact_and_below_one(text: str) -> None:
    """Goal: nothing is guessed about a number without a unit. Method: others are refused."""
    with pytest.raises(ValueError, match=r"basis point|not a rate"):
        parse_share_bp(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("111000 pupils", 111_000),
        ("111,000 pupils", 111_000),
        ("111 000 pupils", 111_000),
        ("1.2 m people", 1_200_000),
        ("20.3 m", 20_300_000),
        ("5 months", 5),
        ("250", 250),
        ("3 айлық", 3),
    ],
)
def test_counts_are_whole_numbers_of_something(text: str, count: int) -> None:
    """What is counted is for the reader; the number is exact."""
    assert parse_count(text) == count


@pytest.mark.parametrize("text", ["1.5 pupils", "-3 schools", "pupils", "1e3", "3_000", "1,5 m x"])
def test_what_is_no_count_is_refused(text: str) -> None:
    """Halves, negative numbers and other notations are not counts."""
    with pytest.raises(ValueError, match="expected a whole number"):
        parse_count(text)


@given(AMOUNTS, WEIGHTS)
def test_split_parts_sum_to_the_whole_and_stay_within_one(
    total: int, weights: dict[str, int]
) -> None:
    """Nothing is lost, and no part differs from its exact share by a whole tiyn."""
    parts = split_exactly(total, weights)
    weight_sum = sum(weights.values())
    assert sum(parts.values()) == total
    assert set(parts) == set(weights)
    for key, part in parts.items():
        assert abs(part * weight_sum - total * weights[key]) < weight_sum


@given(AMOUNTS, WEIGHTS, st.randoms(use_true_random=False))
def test_split_does_not_depend_on_order(
    total: int, weights: dict[str, int], chance: Random
) -> None:
    """The same weights in another order give the same parts."""
    shuffled = list(weights.items())
    chance.shuffle(shuffled)
    assert split_exactly(total, dict(shuffled)) == split_exactly(total, weights)


def test_split_gives_nothing_to_weight_zero() -> None:
    """A weight of zero never receives the left-over tiyn."""
    assert split_exactly(1, {"a": 0, "b": 1, "c": 1}) == {"a": 0, "b": 1, "c": 0}


@pytest.mark.parametrize(
    ("total", "weights"),
    [(100, {}), (100, {"a": 0}), (-1, {"a": 1}), (100, {"a": 2, "b": -1}), (True, {"a": 1})],
)
def test_split_without_anybody_or_with_negatives_is_refused(
    total: int, weights: dict[str, int]
) -> None:
    """There is nobody to give to, or the question has no meaning."""
    with pytest.raises(ValueError, match="expected"):
        split_exactly(total, weights)


@given(AMOUNTS, AMOUNTS, st.integers(min_value=1, max_value=SUPPLY_MAX_TIYN))
def test_mul_div_is_the_largest_whole_part(a: int, b: int, c: int) -> None:
    """The result is exact however large the product."""
    result = mul_div(a, b, c)
    assert result * c <= a * b < (result + 1) * c


@pytest.mark.parametrize(("a", "b", "c"), [(-1, 1, 1), (1, -1, 1), (1, 1, 0), (1, 1, -1)])
def test_mul_div_refuses_negatives_and_zero(a: int, b: int, c: int) -> None:
    """Rounding down means two things for negatives, so they are not taken."""
    with pytest.raises(ValueError, match="expected non-negative"):
        mul_div(a, b, c)


@pytest.mark.parametrize("amount", [1, PAYMENT_MAX_TIYN])
def test_whole_tiyn_in_range_are_amounts(amount: int) -> None:
    """Both ends are included."""
    assert check_amount(amount) == amount


@pytest.mark.parametrize("value", [1.0, True, "1", None, Decimal(1), nan, -0.0, [1]])
def test_what_is_not_an_int_is_not_an_amount(value: object) -> None:
    """A bool is an int in Python, and still not money."""
    with pytest.raises(TypeError, match="expected int tiyn"):
        check_amount(value)


@pytest.mark.parametrize(
    "value", [0, -1, PAYMENT_MAX_TIYN + 1, 2**53 + 1, 2**63 - 1, 2**63, 10**30, 10**4_000]
)
def test_amounts_outside_the_range_are_refused(value: int) -> None:
    """One below and one above, and numbers no message could print."""
    with pytest.raises(ValueError, match="expected 1 to"):
        check_amount(value)
