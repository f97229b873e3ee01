"""Sections of everyday payments: the parts always make the stated whole, and mistakes are told."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tengesim import load_scenario
from tengesim.engine import size
from tengesim.errors import SizeError
from tengesim.retail.behaviour import EverydaySection, RetailSection, wants_per_thousand
from tengesim.retail.profile import Rates
from tengesim.scenario.load import check_scenario
from tests.imports import GOOD, write_import, write_rows
from tests.retail_world import days, everyday, sections, stated


@given(st.integers(0, 99), st.integers(0, 100), st.integers(1, 50_000))
def test_cashless_payments_have_the_stated_number_and_mean(
    cash: int, remote: int, ticket: int
) -> None:
    """Goal: the whole is the published whole. Method: any share of cash; sums over purposes."""
    section = everyday(
        {
            "choice.cash": stated(f"{cash} %"),
            "purposes.5411.remote": stated(f"{remote} %"),
            "purposes.5812.ticket": stated(f"{ticket} KZT"),
        }
    )
    weights = section.cashless_weights()
    whole = sum(weights.values())
    assert wants_per_thousand(section) * Fraction(whole, 10**12) == section.number.value
    mean = sum(weight * section.ticket_of(name) for name, weight in weights.items()) / whole
    # Each ticket is rounded down to a tiyn.
    assert section.ticket.value - 1 <= mean <= section.ticket.value


def test_a_mean_month_has_its_number_with_the_peak() -> None:
    """Goal: pay day moves payments and adds none. Method: a year of days, with and without it."""
    year = days(365)
    sums = []
    for uplift in ("0 %", "10 %", "100 %"):
        rates = Rates(everyday({"pay_days.uplift": stated(uplift)}), Fraction(30))
        sums.append(float(sum(rates.base(day) + rates.peak(day) for day in year)))
    assert sums == pytest.approx([sums[0]] * 3, rel=0.01)
    assert sums[0] == pytest.approx(12 * 30, rel=0.01)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"purposes.5411.share": stated("50 %")}, "SHARES"),
        ({"purposes.5411.median": stated("0 %")}, "RANGE"),
        ({"purposes.5411.ticket": stated("0 KZT")}, "RANGE"),
        ({"ticket": stated("1 tn KZT")}, "RANGE"),
        ({"number": stated(2_000_000)}, "RANGE"),
        ({"hours.weights": [1] * 23}, "RANGE"),
        ({"hours.weights": [0] * 24}, "RANGE"),
        ({"weekdays.weights": [1] * 8}, "RANGE"),
        ({"pay_days.first": 13}, "END_BEFORE_START"),
        ({"rent.last_day": 2}, "END_BEFORE_START"),
        ({"pay_days.last": 31}, "less_than_equal"),
    ],
)
def test_each_mistake_in_a_behaviour_has_its_code(change: dict[str, object], code: str) -> None:
    """Goal: no nonsense is drawn. Method: one mistake each; the behaviour alone is good."""
    with pytest.raises(ValidationError) as refused:
        everyday(change)
    assert [error["type"] for error in refused.value.errors()] == [code]
    assert EverydaySection.model_validate_json(json.dumps(sections())) == everyday()


def test_a_section_without_a_tape_is_refused() -> None:
    """Goal: `retail` means something. Method: an empty section."""
    with pytest.raises(ValidationError, match="nothing says what people pay"):
        RetailSection()


def test_a_table_counts_towards_the_size_and_is_refused_where_it_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: what fits is allowed. Method: three rows, and a limit just below what they need."""
    write_rows(tmp_path / "payments.csv", GOOD)
    scenario = load_scenario(write_import(tmp_path))
    size.check_size(scenario)
    needed = size.estimate_bytes(scenario)
    fewer = tmp_path / "fewer"
    fewer.mkdir()
    write_rows(fewer / "payments.csv", GOOD[:2])
    assert size.estimate_bytes(load_scenario(write_import(fewer))) < needed
    monkeypatch.setattr(size, "MEMORY_LIMIT_BYTES", needed - 1)
    with pytest.raises(SizeError, match="import a shorter period"):
        size.check_size(scenario)


def test_what_no_merchant_sells_is_told(tmp_path: Path) -> None:
    """Goal: no want vanishes. Method: the shipped month with a purpose that nobody serves."""
    lines = ["format: 1", "extends: household_month", "name: sold_nowhere", "retail:"]
    lines += ["  everyday:", "    purposes:", '      "9999":']
    own = {"ticket": "5 KZT", "median": "50 %", "remote": "0 %"}
    path = tmp_path / "sold_nowhere.yaml"
    for share, found in (("0 %", 0), ("1 %", 1)):
        stated_lines = [
            f"        {key}: {{value: {value}, low: {value}, high: {value}, source: assumption}}"
            for key, value in (own | {"share": share}).items()
        ]
        rest = f'      "5411": {{share: {{value: {16 - found} %}}}}'
        path.write_text("\n".join([*lines, *stated_lines, rest]), encoding="utf-8")
        told = [(one.code, one.path) for one in check_scenario(path)]
        assert told == [("NAME_UNKNOWN", "retail.everyday.purposes.9999")] * found
