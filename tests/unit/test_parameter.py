"""Claims about what a scenario may state: text with units, and numbers with sources."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tengesim.clock import Duration
from tengesim.money import BP, SUPPLY_MAX_TIYN
from tengesim.parameter import (
    Amount,
    Count,
    Dated,
    Day,
    DurationValue,
    Identifier,
    Number,
    Rate,
    Section,
    Sourced,
    TimeOfDay,
)

LINK = "https://example.org/decree"
WRITTEN = {
    "amount": "811 KZT",
    "rate": "8 %",
    "count": "111000 pupils",
    "delay": "5 business days",
    "day": "2026-02-01",
    "opens": "07:30",
    "iin": "010203400017",
    "scale": Decimal("0.25"),
}


class Everything(Section):
    """A section with one field of each kind."""

    amount: Amount
    rate: Rate
    count: Count
    delay: DurationValue
    day: Day
    opens: TimeOfDay
    iin: Identifier
    scale: Number


def codes(error: ValidationError) -> list[tuple[str, tuple[int | str, ...]]]:
    """Return the kind and place of each complaint."""
    return [(complaint["type"], complaint["loc"]) for complaint in error.errors()]


def test_text_with_units_becomes_whole_numbers() -> None:
    """Each field holds the unit that its type promises."""
    section = Everything.model_validate(WRITTEN)
    assert section.amount == 81_100
    assert section.rate == 800
    assert section.count == 111_000
    assert section.delay == Duration(5, "business_days")
    assert section.day == date(2026, 2, 1)
    assert section.opens == 27_000_000_000
    assert section.iin == "010203400017"
    assert section.scale == Decimal("0.25")


@given(
    amount=st.integers(0, SUPPLY_MAX_TIYN),
    rate=st.integers(0, BP),
    count=st.integers(0, 10**12),
    day=st.dates(),
    minute=st.integers(0, 24 * 60 - 1),
)
def test_a_section_written_as_json_is_read_back(
    amount: int, rate: int, count: int, day: date, minute: int
) -> None:
    """Writing gives text with units again, so nothing is lost between runs."""
    section = Everything.model_construct(
        amount=amount,
        rate=rate,
        count=count,
        delay=Duration(90, "us"),
        day=day,
        opens=minute * 60_000_000,
        iin="090203400017",
        scale=Decimal("0.1"),
    )
    assert Everything.model_validate_json(section.model_dump_json()) == section


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("amount", 811, "AMOUNT_UNIT"),
        ("amount", "811", "AMOUNT_UNIT"),
        ("amount", 1.0, "AMOUNT_UNIT"),
        ("amount", True, "AMOUNT_UNIT"),
        ("amount", None, "AMOUNT_UNIT"),
        ("amount", "-1 KZT", "AMOUNT_VALUE"),
        ("amount", "3 MCI", "AMOUNT_VALUE"),
        ("rate", 8, "RATE"),
        ("rate", "8", "RATE"),
        ("rate", "101 %", "RANGE"),
        ("count", -1, "COUNT_VALUE"),
        ("count", 1.0, "COUNT_VALUE"),
        ("count", True, "COUNT_VALUE"),
        ("count", "many", "COUNT_VALUE"),
        ("delay", 5, "DURATION"),
        ("delay", "1 month", "DURATION"),
        ("day", "2026-02-29", "DATE"),
        ("day", 20260201, "DATE"),
        ("opens", "24:00", "TIME_OF_DAY"),
        ("opens", 90, "TIME_OF_DAY"),
        ("iin", True, "TEXT_EXPECTED"),
        ("iin", None, "TEXT_EXPECTED"),
        ("scale", "0.25", "NUMBER_EXPECTED"),
        ("scale", True, "NUMBER_EXPECTED"),
    ],
)
def test_what_does_not_fit_is_refused_by_code(field: str, value: object, code: str) -> None:
    """Nothing is coerced: each value is refused with the code of its kind."""
    with pytest.raises(ValidationError) as refused:
        Everything.model_validate(WRITTEN | {field: value})
    assert codes(refused.value) == [(code, (field,))]


def test_mci_is_worth_what_the_scenario_says() -> None:
    """The worth of one MCI comes with the scenario, never from the code."""
    adapter: TypeAdapter[int] = TypeAdapter(Amount)
    assert adapter.validate_python("3 MCI", context={"mci_tiyn": 432_500}) == 1_297_500


def test_a_bare_number_as_identifier_keeps_its_digits() -> None:
    """Digits without leading zero are read as a number and written back the same."""
    adapter: TypeAdapter[str] = TypeAdapter(Identifier)
    assert adapter.validate_python(990203400017) == "990203400017"


def test_sections_refuse_unknown_keys_and_changes() -> None:
    """A section is closed and frozen, and its errors do not quote the input."""
    with pytest.raises(ValidationError) as refused:
        Sourced[int].model_validate({"value": 1, "source": LINK, "vlaue": "secret" * 10_000})
    assert codes(refused.value) == [("extra_forbidden", ("vlaue",))]
    assert "secret" not in str(refused.value)
    section = Sourced[int].model_validate({"value": 1, "source": LINK})
    with pytest.raises(ValidationError, match="frozen"):
        setattr(section, "value", 2)  # noqa: B010 (the type checker refuses it too)


@pytest.mark.parametrize(
    "source", [LINK, "http://a.kz", "assumption", "assumption, derived: 2 + 2"]
)
def test_sources_are_links_or_assumptions(source: str) -> None:
    """A derived number is an assumption that says how it was derived."""
    stated = Sourced[Amount].model_validate(
        {"value": "3 KZT", "low": "1 KZT", "high": "5 KZT", "source": source}
    )
    assert (stated.value, stated.low, stated.high) == (300, 100, 500)
    assert stated.is_assumption == source.startswith("assumption")


@pytest.mark.parametrize(
    "source", ["", "own estimate", "ftp://a.kz", "assumptions", "assumption: x"]
)
def test_other_sources_are_refused(source: str) -> None:
    """Free text is no source."""
    with pytest.raises(ValidationError) as refused:
        Sourced[int].model_validate({"value": 1, "low": 1, "high": 1, "source": source})
    assert codes(refused.value) == [("SOURCE", ())]


def test_a_number_without_source_is_refused() -> None:
    """The source is a required key."""
    with pytest.raises(ValidationError) as refused:
        Sourced[int].model_validate({"value": 1})
    assert codes(refused.value) == [("missing", ("source",))]


@pytest.mark.parametrize("ends", [{}, {"low": 1}, {"high": 3}])
def test_an_assumption_needs_both_ends_of_its_range(ends: dict[str, int]) -> None:
    """What nobody knows is explored between low and high."""
    with pytest.raises(ValidationError) as refused:
        Sourced[int].model_validate({"value": 2, "source": "assumption"} | ends)
    assert codes(refused.value) == [("ASSUMPTION_RANGE", ())]


@given(low=st.integers(), value=st.integers(), high=st.integers())
def test_the_value_lies_in_its_range(low: int, value: int, high: int) -> None:
    """Exactly the ordered triples are accepted."""
    stated = {"low": low, "value": value, "high": high, "source": "assumption"}
    if low <= value <= high:
        assert Sourced[int].model_validate(stated).value == value
        return
    with pytest.raises(ValidationError) as refused:
        Sourced[int].model_validate(stated)
    assert codes(refused.value) == [("SOURCED_ORDER", ())]


def test_ranges_of_durations_have_one_unit() -> None:
    """Business days and hours cannot be compared without a calendar."""
    stated = {"low": "1 h", "value": "2 business days", "high": "3 business days"}
    with pytest.raises(ValidationError, match="different units"):
        Sourced[DurationValue].model_validate(stated | {"source": "assumption"})


def test_dated_values_hold_from_their_date_on() -> None:
    """The entry with the latest date not after the day is the one that holds."""
    dated = Dated[Rate].model_validate(
        [
            {"from": "2024-01-01", "value": "12 %", "source": LINK},
            {"from": "2026-01-01", "value": "16 %", "source": LINK},
        ]
    )
    assert dated.at(date(2025, 12, 31)) == 1_200
    assert dated.at(date(2026, 1, 1)) == 1_600
    with pytest.raises(ValueError, match="expected a date from 2024-01-01 on"):
        dated.at(date(2023, 12, 31))


@pytest.mark.parametrize("second", ["2023-01-01", "2024-01-01"])
def test_dated_values_ascend(second: str) -> None:
    """An earlier or equal date after another is refused."""
    with pytest.raises(ValidationError) as refused:
        Dated[int].model_validate(
            [
                {"from": "2024-01-01", "value": 1, "source": LINK},
                {"from": second, "value": 2, "source": LINK},
            ]
        )
    assert codes(refused.value) == [("DATED_ORDER", ())]


def test_a_dated_value_has_at_least_one_entry() -> None:
    """An empty list would hold on no day at all."""
    with pytest.raises(ValidationError) as refused:
        Dated[int].model_validate([])
    assert [code for code, _ in codes(refused.value)] == ["too_short"]


def test_the_schema_tells_editors_the_notation() -> None:
    """Patterns and descriptions reach the JSON Schema."""
    properties = Everything.model_json_schema()["properties"]
    assert properties["amount"]["pattern"].endswith("(KZT|tiyn|MCI)$")
    for name in ("amount", "rate", "count", "delay", "day", "opens", "scale"):
        assert properties[name]["description"]
