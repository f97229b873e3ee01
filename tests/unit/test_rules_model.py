"""What may be written as a rule book, and what is refused with which code."""

import pickle

import pytest
from pydantic import ValidationError

from tengesim.clock import DAY_US
from tengesim.codes import Evidence
from tengesim.payment import Operation
from tengesim.rules.conditions import TimeWindow
from tengesim.rules.evaluate import decide
from tengesim.rules.model import RULES_MAX, MarkSection, RuleBook
from tengesim.rules.terms import Method, OperationName, Register, Weekday
from tests.rule_books import (
    LUNCH,
    LUNCH_CONDITIONS,
    NOTHING_BEFORE,
    RESTORES,
    Raw,
    book,
    condition,
    lunch,
    raw_rule,
)

MARK: Raw = {
    "programme": "school_meals",
    "owner": "akimat",
    "rule_book": "lunch",
    "cofog": "09.1",
    "budget_programme": "464-003",
    "valid_from": "2026-02-01",
    "valid_until": "2026-02-28",
    "return_account": "treasury",
}


def refused(raw: Raw) -> list[str]:
    """Return the types of complaint about a condition."""
    with pytest.raises(ValidationError) as raised:
        condition(raw)
    return [complaint["type"] for complaint in raised.value.errors()]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({"kind": "purpose_is", "purposes": []}, "RANGE"),
        ({"kind": "presence_proven", "methods": []}, "RANGE"),
        ({"kind": "all_of", "conditions": []}, "RANGE"),
        ({"kind": "any_of", "conditions": []}, "RANGE"),
        ({"kind": "time_window", "weekdays": []}, "RANGE"),
        ({"kind": "payee_in"}, "RULE_NEVER"),
        ({"kind": "payee_in", "payees": [], "contracted": False}, "RULE_NEVER"),
        ({"kind": "purpose_was", "purposes": ["x"]}, "union_tag_invalid"),
        ({"purposes": ["x"]}, "union_tag_not_found"),
        ({"kind": "purpose_is", "purposes": ["x"], "also": 1}, "extra_forbidden"),
        ({"kind": "presence_proven", "methods": ["iris"]}, "enum"),
        ({"kind": "amount_at_most", "limit": 811}, "AMOUNT_UNIT"),
        ({"kind": "amount_per_period_at_most", "period": "decade", "limit": "1 KZT"}, "enum"),
    ],
)
def test_what_is_no_rule_does_not_load(raw: Raw, kind: str) -> None:
    """Goal: the union is closed and nothing is coerced. Method: one mistake a row."""
    assert refused(raw) == [kind]


def test_a_book_of_too_many_rules_does_not_load() -> None:
    """Goal: checks that compare rules in pairs end. Method: one rule more than the most."""
    book({f"r{number}": {"kind": "beneficiary_eligible"} for number in range(RULES_MAX)})
    with pytest.raises(ValidationError, match="at most 200"):
        book({f"r{number}": {"kind": "beneficiary_eligible"} for number in range(RULES_MAX + 1)})


@pytest.mark.parametrize("missing", ["id", "condition", "text", "reference"])
def test_a_rule_without_law_or_sentence_does_not_load(missing: str) -> None:
    """Goal: every rule says why it stands. Method: leave out one key at a time."""
    raw = raw_rule("x", {"kind": "beneficiary_eligible"})
    del raw[missing]
    with pytest.raises(ValidationError, match=missing):
        RuleBook.model_validate({"rules": [raw]})


def test_flags_are_the_union_of_what_is_named() -> None:
    """Goal: precomputed flags are the evidence. Method: every method and register by name."""
    for method in Method:
        parsed = condition({"kind": "presence_proven", "methods": [method.value]})
        assert parsed.kind == "presence_proven"
        assert parsed.flags == Evidence[f"PRESENCE_{method.name}"].value
    every = condition({"kind": "evidence_present", "registers": [*Register, *Register]})
    assert every.kind == "evidence_present"
    flags = [Evidence[register.name].value for register in Register]
    assert every.flags == sum(flags)


def test_a_window_without_ends_is_the_whole_day() -> None:
    """Goal: ends left out do not bind. Method: the fields of the shortest window."""
    window = TimeWindow.model_validate({"kind": "time_window"})
    assert (window.since, window.end_us) == (0, DAY_US)
    assert window.weekday_numbers == frozenset(range(7))
    assert list(Weekday) == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def test_every_operation_has_a_name_in_scenarios() -> None:
    """Goal: no operation is out of reach of rules. Method: names against codes."""
    assert [name.operation for name in OperationName] == list(Operation)
    assert set(LUNCH.guards) == set(Operation)


def test_a_book_knows_its_effects() -> None:
    """Goal: shedding and restoring are found. Method: books with and without."""
    assert book({}).shed() is None
    assert not book({}).restores_mark()
    assert LUNCH.shed() == LUNCH.effects[0]
    assert book({}, RESTORES).restores_mark()


def test_use_does_not_change_what_a_book_is() -> None:
    """Goal: what is computed on first use stays out of equality and files. Method: compare."""
    used, unused = book(LUNCH_CONDITIONS), book(LUNCH_CONDITIONS)
    decide(used, lunch(), NOTHING_BEFORE)

    assert unused == used
    assert unused.model_dump_json(by_alias=True) == used.model_dump_json(by_alias=True)
    assert pickle.loads(pickle.dumps(used)) == unused  # noqa: S301 - it was written a line ago


def test_a_mark_that_ends_before_it_starts_does_not_load() -> None:
    """Goal: validity is a span. Method: the last day at and before the first."""
    MarkSection.model_validate({**MARK, "valid_until": "2026-02-01"})
    with pytest.raises(ValidationError) as raised:
        MarkSection.model_validate({**MARK, "valid_until": "2026-01-31"})
    assert [complaint["type"] for complaint in raised.value.errors()] == ["END_BEFORE_START"]
