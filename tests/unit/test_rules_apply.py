"""Claims about effects: parts add up to the tiyn, and each part is what its sentence says."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tengesim.codes import Evidence
from tengesim.rules.apply import (
    Metered,
    Parted,
    copay,
    effect_of,
    is_marked_below,
    meter,
    offset_advance,
    retain,
    shed_part,
    split_among,
    split_on_cap,
    split_tax,
    take_off,
)
from tengesim.rules.effects import (
    Copays,
    Coupon,
    Effect,
    OffsetsAdvance,
    PaysByMeter,
    Propagates,
    Retains,
    ShedsPart,
    SplitsAmong,
    SplitsOnCap,
    SplitsTax,
)
from tengesim.rules.model import RuleBook
from tengesim.rules.terms import PartUse

EFFECT: TypeAdapter[Effect] = TypeAdapter(Effect)
TEXTS = {"text": {"en": "A sentence."}, "reference": "assumption"}
TIYN = st.integers(0, 10**15)
RATES = st.integers(0, 10_000)
PAYROLL = Evidence.PAYROLL_MATCHED.value


def effect(kind: str, **keys: Any) -> Any:  # noqa: ANN401 - one of the effects
    """Return an effect as a scenario writes it."""
    return EFFECT.validate_python({"kind": kind, "id": kind, **TEXTS, **keys})


def bp(rate: int) -> str:
    """Return a rate as a scenario writes it."""
    return f"{rate} bp"


def vat(*steps: tuple[str, int]) -> SplitsTax:
    """Return a tax whose rate changes on dates."""
    rates = [
        {"from": day, "value": bp(rate), "source": "https://adilet.zan.kz"} for day, rate in steps
    ]
    split = effect("splits_tax", rate=rates)
    assert isinstance(split, SplitsTax)
    return split


def test_marked_money_pays_up_to_its_cap() -> None:
    """Goal: R10. Method: below, at and above the limit."""
    cap: SplitsOnCap = effect("splits_on_cap", limit="700 KZT")
    assert split_on_cap(cap, 69_999) == Parted(69_999, 0)
    assert split_on_cap(cap, 70_000) == Parted(70_000, 0)
    assert split_on_cap(cap, 70_001) == Parted(70_000, 1)


def test_acts_pay_back_the_advance_and_no_more() -> None:
    """Goal: R21. Method: 30 % of each act until nothing is left; the last act pays all of it."""
    back: OffsetsAdvance = effect("offsets_advance", share="30 %")
    assert offset_advance(back, 1_000, 900) == Parted(700, 300)
    assert offset_advance(back, 1_000, 100) == Parted(900, 100)
    assert offset_advance(back, 1_000, 0) == Parted(1_000, 0)
    assert offset_advance(back, 1_000, 900, is_last=True) == Parted(100, 900)
    assert offset_advance(back, 1_000, 1_500, is_last=True) == Parted(0, 1_000)


def test_a_share_is_kept_of_every_payment() -> None:
    """Goal: R22. Method: 5 % of an amount that does not divide."""
    assert retain(effect("retains", share="5 %"), 1_999) == Parted(1_900, 99)


def test_money_stays_marked_as_deep_as_the_book_says() -> None:
    """Goal: R26. Method: depths around the limit, small sums around theirs."""
    chain: Propagates = effect("propagates", depth=2, except_below="100 KZT")
    assert [is_marked_below(chain, depth, 10_000) for depth in range(4)] == [
        *(True, True, True),
        False,
    ]
    assert not is_marked_below(chain, 1, 9_999)


def test_wages_are_paid_unmarked_up_to_their_share_and_on_evidence() -> None:
    """Goal: R30. Method: with and without the payroll, within and beyond the share."""
    parts = [{"use": "wages", "share": "30 %", "registers": ["payroll_matched"]}]
    sheds: ShedsPart = effect("sheds_part", parts=parts)

    def shed(amount: int, evidence: int, before: int, use: PartUse = PartUse.WAGES) -> Parted:
        return shed_part(
            sheds, use, amount, evidence=evidence, contract_tiyn=10_000, shed_tiyn=before
        )

    assert shed(1_000, PAYROLL, 0) == Parted(1_000, 0)
    assert shed(1_000, 0, 0) == Parted(0, 1_000)
    assert shed(1_000, PAYROLL, 2_500) == Parted(500, 500)
    assert shed(1_000, PAYROLL, 3_500) == Parted(0, 1_000)
    assert shed(1_000, PAYROLL, 0, PartUse.TAXES) == Parted(0, 1_000)


def test_the_tax_in_a_price_is_that_of_its_turnover_date() -> None:
    """Goal: R32. Method: prices with a known net, before and after a change of the rate."""
    tax = vat(("2009-01-01", 1_200), ("2026-01-01", 1_600))
    last_of_2025, first_of_2026 = date(2025, 12, 31), date(2026, 1, 1)
    assert split_tax(tax, 112_000, last_of_2025, is_registered=True) == Parted(100_000, 12_000)
    assert split_tax(tax, 116_000, first_of_2026, is_registered=True) == Parted(100_000, 16_000)
    assert split_tax(tax, 116_000, first_of_2026, is_registered=False) == Parted(116_000, 0)
    with pytest.raises(ValueError, match="no value holds on 2008"):
        split_tax(tax, 1, date(2008, 1, 1), is_registered=True)


def test_the_beneficiary_pays_its_share() -> None:
    """Goal: R34. Method: half of an odd price: the programme pays the odd tiyn."""
    assert copay(effect("copays", share="50 %"), 1_001) == Parted(501, 500)


def test_a_coupon_needs_its_minimum() -> None:
    """Goal: R35. Method: around the minimum."""
    coupon: Coupon = effect("coupon", at_least="50 KZT", off="10 KZT")
    assert take_off(coupon, 4_999) == Parted(0, 4_999)
    assert take_off(coupon, 5_000) == Parted(1_000, 4_000)


def test_metering_stops_where_the_money_ends() -> None:
    """Goal: R37. Method: money for all units, and for two of three."""
    litres: PaysByMeter = effect("pays_by_meter", rate="2.50 KZT")
    assert meter(litres, 3, 750) == Metered(3, 750, is_stopped=False)
    assert meter(litres, 3, 749) == Metered(2, 500, is_stopped=True)


def test_parts_of_a_split_add_up_to_the_amount() -> None:
    """Goal: R43. Method: thirds of a hundred, in two orders."""
    shares = [{"payee": name, "share": bp(rate)} for name, rate in (("b", 3_333), ("a", 6_667))]
    split: SplitsAmong = effect("splits_among", shares=shares)
    assert split_among(split, 100) == {"a": 67, "b": 33}
    assert split_among(effect("splits_among", shares=shares[::-1]), 100) == {"a": 67, "b": 33}


PARTED: tuple[Callable[[int, int, int], Parted], ...] = (
    lambda amount, rate, _: split_on_cap(effect("splits_on_cap", limit=f"{rate} KZT"), amount),
    lambda amount, rate, left: offset_advance(
        effect("offsets_advance", share=bp(rate)), amount, left
    ),
    lambda amount, rate, left: offset_advance(
        effect("offsets_advance", share=bp(rate)), amount, left, is_last=True
    ),
    lambda amount, rate, _: retain(effect("retains", share=bp(rate)), amount),
    lambda amount, rate, left: shed_part(
        effect("sheds_part", parts=[{"use": "wages", "share": bp(rate)}]),
        PartUse.WAGES,
        amount,
        evidence=0,
        contract_tiyn=2 * left,
        shed_tiyn=left,
    ),
    lambda amount, rate, _: split_tax(
        vat(("2000-01-01", rate)), amount, date(2026, 1, 1), is_registered=True
    ),
    lambda amount, rate, _: copay(effect("copays", share=bp(rate)), amount),
    lambda amount, rate, _: take_off(
        effect("coupon", at_least=f"{rate} KZT", off=f"{rate // 3} KZT"), amount
    ),
)


@given(st.sampled_from(PARTED), TIYN, RATES, TIYN)
def test_two_parts_always_add_up_and_none_is_negative(
    parted: Callable[[int, int, int], Parted], amount: int, rate: int, left: int
) -> None:
    """Goal: no tiyn is made or lost. Method: any amount and rate, each effect with two parts."""
    part, rest = parted(amount, rate, left)
    assert part + rest == amount
    assert min(part, rest) >= 0


@given(TIYN, RATES)
def test_tax_and_share_are_within_one_tiyn_of_the_exact_ones(amount: int, rate: int) -> None:
    """Goal: rates mean what they say. Method: exact fractions."""
    tax = split_tax(vat(("2000-01-01", rate)), amount, date(2026, 1, 1), is_registered=True)
    assert abs(tax.rest_tiyn - Fraction(amount * rate, 10_000 + rate)) <= Fraction(1, 2)
    kept = retain(effect("retains", share=bp(rate)), amount).rest_tiyn
    assert 0 <= Fraction(amount * rate, 10_000) - kept < 1


@given(st.lists(TIYN, max_size=30), RATES, TIYN)
def test_acts_never_pay_back_more_than_the_advance(
    acts: list[int], rate: int, advance: int
) -> None:
    """Goal: R21 over a contract. Method: any acts; the last pays back what is left if it can."""
    back: OffsetsAdvance = effect("offsets_advance", share=bp(rate))
    left = advance
    for number, act in enumerate(acts, 1):
        paid, paid_back = offset_advance(back, act, left, is_last=number == len(acts))
        left -= paid_back
        assert left >= 0
        assert number < len(acts) or left == 0 or paid == 0


@given(TIYN, st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_any_split_adds_up(amount: int, weights: list[int]) -> None:
    """Goal: R43. Method: any shares that are the whole, any amount."""
    rates = [10_000 * weight // sum(weights) for weight in weights]
    rates[0] += 10_000 - sum(rates)
    shares = [{"payee": str(place), "share": bp(rate)} for place, rate in enumerate(rates)]
    parts = split_among(effect("splits_among", shares=shares), amount)
    assert sum(parts.values()) == amount
    for place, rate in enumerate(rates):
        assert abs(parts[str(place)] - Fraction(amount * rate, 10_000)) < 1


@pytest.mark.parametrize(
    ("kind", "keys", "said"),
    [
        ("retains", {"share": "101 %"}, "more than the whole"),
        ("coupon", {"at_least": "10 KZT", "off": "11 KZT"}, "more is taken off"),
        ("pays_by_meter", {"rate": "0 KZT"}, "greater than or equal to 1"),
        (
            "splits_among",
            {"shares": [{"payee": "a", "share": "60 %"}, {"payee": "b", "share": "30 %"}]},
            "add up to 90.00 %",
        ),
        (
            "splits_among",
            {"shares": [{"payee": "a", "share": "50 %"}, {"payee": "a", "share": "50 %"}]},
            "'a' stands in the list twice",
        ),
        (
            "sheds_part",
            {"parts": [{"use": "wages", "share": "1 %"}, {"use": "wages", "share": "2 %"}]},
            "'wages' stands in the list twice",
        ),
        ("splits_tax", {"rate": []}, "at least 1 item"),
    ],
)
def test_what_cannot_be_is_refused(kind: str, keys: dict[str, Any], said: str) -> None:
    """Goal: bad effects do not load. Method: one mistake each."""
    with pytest.raises(ValidationError, match=said):
        effect(kind, **keys)


def test_a_book_gives_its_effect_of_a_kind() -> None:
    """Goal: effects are found by kind. Method: a book with one, asked for two."""
    book = RuleBook(effects=(effect("copays", share="50 %"),))
    assert effect_of(book, Copays) is book.effects[0]
    assert effect_of(book, Retains) is None
