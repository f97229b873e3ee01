"""What a check finds in rule books and marks: one mistake a row, with its path and its code."""

from collections.abc import Mapping
from datetime import date

import pytest

from tengesim.findings import FINDING_CODES
from tengesim.rules.check import CheckContext, check
from tengesim.rules.conditions import AllOf
from tengesim.rules.model import MarkSection, Rule, RuleBook
from tengesim.rules.terms import Method
from tests.rule_books import (
    LUNCH,
    LUNCH_CONDITIONS,
    RETURN,
    SHED,
    Raw,
    book,
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
WORLD = CheckContext(
    start=date(2026, 2, 1),
    end=date(2026, 3, 15),
    programmes=("school_meals",),
    prices_tiyn={"school_meals": 811_00},
    methods={"school_meals": (Method.CARD, Method.QR, Method.PALM)},
    categories={"school_meals": "5812"},
    holders=("akimat", "treasury", "caterer-01", "caterer-02"),
)
Line = tuple[str, str]


def mark(**changes: object) -> MarkSection:
    """Return the mark of February, apart from `changes`."""
    return MarkSection.model_validate({**MARK, **changes})


def lines(
    books: Mapping[str, RuleBook],
    marks: Mapping[str, MarkSection] | None = None,
    context: CheckContext = WORLD,
) -> list[Line]:
    """Return path and code of each finding."""
    found = check(books, {"feb": mark()} if marks is None else marks, context=context)
    assert all(path == finding.path for path, finding in found)
    assert all(finding.code in FINDING_CODES for _, finding in found)
    return [(path, finding.code) for path, finding in found]


def marked(conditions: Mapping[str, Raw]) -> RuleBook:
    """Return a book that sheds and returns, with these rules."""
    return book(conditions, SHED, procedures=[RETURN])


def only(raw: Raw, context: CheckContext = WORLD) -> list[Line]:
    """Return the findings about a book of one rule, paths below the rule."""
    found = lines({"lunch": marked({"r": raw})}, context=context)
    return [(path.removeprefix("rule_books.lunch.rules.0"), code) for path, code in found]


def test_the_book_of_the_school_meals_is_clean() -> None:
    """Goal: no false alarm. Method: the shipped rules, under a mark and as a control."""
    assert lines({"lunch": LUNCH}) == []
    control = CheckContext(
        start=WORLD.start,
        end=WORLD.end,
        programmes=WORLD.programmes,
        prices_tiyn=WORLD.prices_tiyn,
        controls={"school_meals": "voucher"},
    )
    assert lines({"voucher": book(LUNCH_CONDITIONS)}, {}, control) == []


AT_NIGHT = {"kind": "time_window", "from": "16:00", "until": "07:30"}
NOT_QR = {"kind": "not", "condition": {"kind": "presence_proven", "methods": ["qr"]}}
CHEAP = {"kind": "amount_at_most", "limit": "100 KZT"}
DEAR = {"kind": "amount_at_most", "limit": "1000 KZT"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (AT_NIGHT, [(".condition.until", "RULE_NEVER")]),
        (
            {"kind": "within_validity", "from": "2026-02-28", "until": "2026-02-01"},
            [(".condition.until", "END_BEFORE_START")],
        ),
        ({"kind": "amount_at_most", "limit": "0 KZT"}, [(".condition.limit", "RULE_NEVER")]),
        (
            {"kind": "count_per_period_at_most", "period": "day", "limit": 0},
            [(".condition.limit", "RULE_NEVER")],
        ),
        ({"kind": "time_window"}, [(".condition", "RULE_ALWAYS")]),
        ({"kind": "amount_at_most", "limit": "100 bn KZT"}, [(".condition", "RULE_ALWAYS")]),
        ({"kind": "conversion_forbidden"}, [(".condition", "RULE_ALWAYS")]),
        (
            {"kind": "any_of", "conditions": [CHEAP, {"kind": "not", "condition": CHEAP}]},
            [(".condition", "RULE_ALWAYS")],
        ),
        ({"kind": "not", "condition": {"kind": "time_window"}}, [(".condition", "RULE_NEVER")]),
        ({"kind": "all_of", "conditions": [DEAR, LUNCH_CONDITIONS["present"], NOT_QR]}, []),
        (
            {
                "kind": "all_of",
                "conditions": [
                    DEAR,
                    {"kind": "beneficiary_eligible"},
                    {"kind": "not", "condition": {"kind": "beneficiary_eligible"}},
                ],
            },
            [(".condition", "RULE_CONTRADICTS")],
        ),
        (
            {"kind": "all_of", "conditions": [DEAR, {"kind": "all_of", "conditions": [AT_NIGHT]}]},
            [(".condition.conditions.1.conditions.0.until", "RULE_NEVER")],
        ),
        (
            {"kind": "any_of", "conditions": [AT_NIGHT]},
            [(".condition.conditions.0.until", "RULE_NEVER")],
        ),
        (
            {"kind": "any_of", "conditions": [DEAR, AT_NIGHT]},
            [(".condition.conditions.1", "RULE_UNUSED")],
        ),
        (
            {"kind": "all_of", "conditions": [{"kind": "time_window"}, DEAR]},
            [(".condition.conditions.0", "RULE_UNUSED")],
        ),
        (
            {"kind": "not", "condition": {"kind": "any_of", "conditions": [CHEAP, AT_NIGHT]}},
            [(".condition.condition.conditions.1", "RULE_UNUSED")],
        ),
    ],
)
def test_a_rule_that_decides_nothing_by_itself_is_found(raw: Raw, expected: list[Line]) -> None:
    """Goal: never, always and idle parts. Method: one slip a row, the innermost place named."""
    assert only(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (CHEAP, [(".condition.limit", "LIMIT_BELOW_PRICE")]),
        ({"kind": "amount_at_most", "limit": "811 KZT"}, []),
        (
            {"kind": "amount_per_period_at_most", "period": "day", "limit": "810 KZT"},
            [(".condition.limit", "LIMIT_BELOW_PRICE")],
        ),
        (
            {"kind": "all_of", "conditions": [{"kind": "beneficiary_eligible"}, CHEAP]},
            [(".condition.conditions.1.limit", "LIMIT_BELOW_PRICE")],
        ),
        (
            {"kind": "any_of", "conditions": [CHEAP, {"kind": "not", "condition": DEAR}]},
            [(".condition", "LIMIT_BELOW_PRICE")],
        ),
        (
            {"kind": "presence_proven", "methods": ["report", "manual"]},
            [(".condition.methods", "METHOD_NOT_OFFERED")],
        ),
        ({"kind": "presence_proven", "methods": ["report", "qr"]}, []),
        (
            {"kind": "purpose_is", "purposes": ["school_meal"]},
            [(".condition.purposes", "PURPOSE_EXCLUDED")],
        ),
        (
            {"kind": "merchant_category_in", "categories": ["5814"]},
            [(".condition.categories", "PURPOSE_EXCLUDED")],
        ),
        (
            {"kind": "payee_in", "payees": ["caterer-1", "kiosk"]},
            [(".condition.payees", "NAME_UNKNOWN")],
        ),
        (
            {"kind": "payee_in", "payees": ["caterer-01", "kiosk"]},
            [(".condition.payees.1", "NAME_UNKNOWN")],
        ),
        (
            {"kind": "not", "condition": {"kind": "payee_in", "payees": ["kiosk"]}},
            [(".condition.condition.payees.0", "NAME_UNKNOWN")],
        ),
        (
            {"kind": "within_validity", "from": "2026-03-01", "until": "2026-03-31"},
            [(".condition", "RULE_CONTRADICTS")],
        ),
    ],
)
def test_a_rule_that_the_world_cannot_pass_is_found(raw: Raw, expected: list[Line]) -> None:
    """Goal: price, methods, purpose, payees, validity of the mark. Method: one a row."""
    assert only(raw) == expected


def test_what_the_context_does_not_say_is_not_checked() -> None:
    """Goal: nothing is assumed. Method: the rows above in a world that says nothing."""
    silent = CheckContext(start=WORLD.start, end=WORLD.end, programmes=WORLD.programmes)
    for raw in (
        CHEAP,
        {"kind": "presence_proven", "methods": ["report"]},
        {"kind": "merchant_category_in", "categories": ["5814"]},
        {"kind": "payee_in", "payees": ["kiosk"]},
    ):
        assert only(raw, silent) == []


PAIRS: dict[str, tuple[Raw, Raw]] = {
    "hours": (
        {"kind": "time_window", "from": "07:00", "until": "12:00"},
        {"kind": "time_window", "from": "12:00", "until": "20:00"},
    ),
    "weekdays": (
        {"kind": "time_window", "weekdays": ["mon"]},
        {"kind": "time_window", "weekdays": ["sat", "sun"]},
    ),
    "days": (
        {"kind": "within_validity", "from": "2026-02-01", "until": "2026-02-14"},
        {"kind": "within_validity", "from": "2026-02-15", "until": "2026-02-28"},
    ),
    "weekday and days": (
        {"kind": "time_window", "weekdays": ["sat", "sun"]},
        {"kind": "within_validity", "from": "2026-02-02", "until": "2026-02-06"},
    ),
    "purposes": (
        {"kind": "purpose_is", "purposes": ["school_meals"]},
        {"kind": "not", "condition": {"kind": "purpose_is", "purposes": ["school_meals"]}},
    ),
    "payees": (
        {"kind": "payee_in", "payees": ["caterer-01"]},
        {"kind": "payee_in", "payees": ["caterer-02"]},
    ),
    "categories": (
        {"kind": "merchant_category_in", "categories": ["5812"]},
        {"kind": "not", "condition": {"kind": "merchant_category_in", "categories": ["5812"]}},
    ),
    "amounts": (DEAR, {"kind": "not", "condition": DEAR}),
    "presence": (
        {"kind": "presence_proven", "methods": ["qr"]},
        {"kind": "not", "condition": {"kind": "presence_proven", "methods": ["qr", "palm"]}},
    ),
    "counts": (
        {"kind": "count_per_period_at_most", "period": "month", "limit": 1},
        {
            "kind": "not",
            "condition": {"kind": "count_per_period_at_most", "period": "day", "limit": 1},
        },
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_rules_that_nothing_passes_are_found_with_an_example(name: str) -> None:
    """Goal: R-28, contradictions on every dimension. Method: a pair each, both ids in the text."""
    first, second = PAIRS[name]
    nowhere = CheckContext(start=WORLD.start, end=WORLD.end, programmes=())
    found = check({"b": book({"one": first, "other": second})}, {}, context=nowhere)

    assert [(path, finding.code) for path, finding in found] == [
        ("rule_books.b.rules.1.condition", "RULE_CONTRADICTS")
    ]
    message = found[0][1].message
    assert "'one' and 'other' contradict" in message
    assert "passes 'one' and is refused by 'other'" in message
    assert "passes 'other' and is refused by 'one'" in message


def test_parts_that_contradict_only_together_are_found() -> None:
    """Goal: three parts without a guilty pair. Method: the same, and a pair among three."""
    first, second = (
        {"kind": "payee_in", "payees": [name]} for name in ("caterer-01", "caterer-02")
    )
    either = {"kind": "any_of", "conditions": [first, second]}
    neither = [{"kind": "not", "condition": one} for one in (first, second)]
    for parts, told in (
        ([either, *neither], "the parts together of rule 'r' contradict"),
        ([either, neither[0], first], "parts 1 and 2 of rule 'r' contradict"),
    ):
        rules = {"lunch": marked({"r": {"kind": "all_of", "conditions": parts}})}
        found = check(rules, {"feb": mark()}, context=WORLD)
        assert [finding.message for _, finding in found] == [told]


def test_a_contradiction_among_many_alternatives_is_shown() -> None:
    """Goal: wide rules are compared one alternative at a time. Method: thirty payees, negated."""
    named = [{"kind": "payee_in", "payees": [f"payee-{number}"]} for number in range(30)]
    these: Raw = {"kind": "any_of", "conditions": named}
    others: Raw = {"kind": "not", "condition": these}
    silent = CheckContext(start=WORLD.start, end=WORLD.end, programmes=())
    rules = {"b": book({"these": these, "others": others})}
    assert [finding.message for _, finding in check(rules, {}, context=silent)] == [
        (
            "rules 'these' and 'others' contradict: nothing passes both; for example a payment of"
            " 1,000 KZT to 'payee-0' passes 'these' and is refused by 'others', and a payment of"
            " 1,000 KZT to 'payee' passes 'others' and is refused by 'these'"
        )
    ]


def test_a_contradiction_of_one_day_is_shown_by_what_passes_there() -> None:
    """Goal: the example lies where both rules are in force. Method: one passes only elsewhere."""
    early = {"kind": "within_validity", "from": "2026-02-01", "until": "2026-02-14"}
    late = {"kind": "within_validity", "from": "2026-02-12", "until": "2026-02-20"}
    rules = [raw_rule("early", early), raw_rule("late", late, valid_from="2026-02-15")]
    found = check({"b": RuleBook.model_validate({"rules": rules})}, {}, context=WORLD)
    assert [finding.message for _, finding in found] == [
        (
            "rules 'early' and 'late' contradict: nothing passes both; for example a payment of"
            " 1,000 KZT on Sunday 2026-02-15 passes 'late' and is refused by 'early'"
        )
    ]


def test_a_contradiction_is_shown_by_payments_of_the_programme() -> None:
    """Goal: the example could happen. Method: the whole message of two windows."""
    found = check(
        {"lunch": marked(dict(zip("ab", PAIRS["hours"], strict=True)))},
        {"feb": mark()},
        context=WORLD,
    )
    ((_, finding),) = found
    assert finding.message == (
        "rules 'a' and 'b' contradict: nothing passes both; for example a payment of 811 KZT"
        " at 11:59 passes 'a' and is refused by 'b', and a payment of 811 KZT at 12:00 passes"
        " 'b' and is refused by 'a'"
    )


def test_rules_that_are_never_in_force_together_do_not_contradict() -> None:
    """Goal: dated rules replace each other. Method: contradicting rules before and after a day."""
    first, second = PAIRS["hours"]
    before = raw_rule("before", first, valid_until="2026-02-14")
    after = raw_rule("after", second, valid_from="2026-02-15")
    overlapping = raw_rule("after", second, valid_from="2026-02-14")
    for rules, expected in (
        ([before, after], []),
        ([before, overlapping], [("rule_books.lunch.rules.1.condition", "RULE_CONTRADICTS")]),
    ):
        raw = {"rules": rules, "effects": [SHED], "procedures": [RETURN]}
        assert lines({"lunch": RuleBook.model_validate(raw)}) == expected


def test_rules_on_different_operations_do_not_contradict() -> None:
    """Goal: only what guards the same use can clash. Method: one pair on pay and on refund."""
    first, second = PAIRS["hours"]
    for guarded, expected in (("refund", []), ("pay", ["RULE_CONTRADICTS"])):
        rules = [raw_rule("a", first), raw_rule("b", second, on=[guarded])]
        found = lines({"lunch": RuleBook.model_validate({"rules": rules})}, {})
        assert [code for _, code in found] == expected


def test_forbidding_every_conversion_is_no_contradiction() -> None:
    """Goal: to refuse always may be the point. Method: R31 on convert, alone and with a limit."""
    forbids = raw_rule("forbids", {"kind": "conversion_forbidden"}, on=["convert"])
    limit = raw_rule("limit", DEAR, on=["pay", "convert"])
    assert lines({"lunch": RuleBook.model_validate({"rules": [forbids, limit]})}, {}) == []


def test_a_dead_end_of_three_rules_names_the_guilty_and_the_facts() -> None:
    """Goal: the smallest set that leaves nothing. Method: two choices that exclude each other."""
    conditions: dict[str, Raw] = {
        "innocent": {"kind": "beneficiary_eligible"},
        "cheap_or_first": {
            "kind": "any_of",
            "conditions": [CHEAP, {"kind": "payee_in", "payees": ["caterer-01"]}],
        },
        "not_first": {
            "kind": "not",
            "condition": {"kind": "payee_in", "payees": ["caterer-01"]},
        },
    }
    found = check({"lunch": marked(conditions)}, {"feb": mark()}, context=WORLD)
    assert [(path, finding.code) for path, finding in found] == [
        ("rule_books.lunch.rules.2.condition", "RULE_CONTRADICTS")
    ]
    assert found[0][1].message == (
        "from 2026-02-01 to 2026-02-28 no payment under mark 'feb' passes 'cheap_or_first' and"
        " 'not_first'; the price of 'school_meals' is 811 KZT"
    )


def test_a_dead_end_that_begins_on_a_day_is_found() -> None:
    """Goal: rules that come into force later. Method: a price that only a dated rule forbids."""
    late = {"kind": "any_of", "conditions": [CHEAP, {"kind": "payee_in", "payees": ["caterer-02"]}]}
    rules = [
        raw_rule("always", {"kind": "payee_in", "payees": ["caterer-01"]}),
        raw_rule("later", late, valid_from="2026-02-10"),
    ]
    raw = {"rules": rules, "effects": [SHED], "procedures": [RETURN]}
    found = check({"lunch": RuleBook.model_validate(raw)}, {"feb": mark()}, context=WORLD)
    assert [finding.message[:55] for _, finding in found] == [
        "from 2026-02-10 to 2026-02-28 no payment under mark 'fe"
    ]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (DEAR, DEAR, [("rule_books.lunch.rules.1", "RULE_UNUSED")]),
        (DEAR, {**DEAR, "limit": "900 KZT"}, [("rule_books.lunch.rules.0", "RULE_UNUSED")]),
        ({**DEAR, "limit": "900 KZT"}, DEAR, [("rule_books.lunch.rules.1", "RULE_UNUSED")]),
        (
            {"kind": "count_per_period_at_most", "period": "day", "limit": 3},
            {"kind": "count_per_period_at_most", "period": "week", "limit": 2},
            [("rule_books.lunch.rules.0", "RULE_UNUSED")],
        ),
        (
            {"kind": "count_per_period_at_most", "period": "day", "limit": 2},
            {"kind": "count_per_period_at_most", "period": "week", "limit": 3},
            [],
        ),
        (DEAR, {"kind": "purpose_is", "purposes": ["school_meals"]}, []),
        (
            {**DEAR, "limit": "900 KZT"},
            {"kind": "amount_per_period_at_most", "period": "day", "limit": "850 KZT"},
            [("rule_books.lunch.rules.0.condition.limit", "LIMITS_CROSSED")],
        ),
        (
            {**DEAR, "limit": "811 KZT"},
            {"kind": "amount_per_period_at_most", "period": "day", "limit": "811 KZT"},
            [],
        ),
    ],
)
def test_a_rule_that_changes_nothing_is_found(
    first: Raw, second: Raw, expected: list[Line]
) -> None:
    """Goal: doubles and limits above limits. Method: pairs in both orders."""
    assert lines({"lunch": marked({"a": first, "b": second})}) == expected


@pytest.mark.parametrize(
    ("validity", "expected"),
    [
        ({"valid_from": "2026-02-28"}, []),
        ({"valid_from": "2026-03-01"}, [("valid_from", "RULE_UNREACHABLE")]),
        ({"valid_until": "2026-02-01"}, []),
        ({"valid_until": "2026-01-31"}, [("valid_until", "RULE_UNREACHABLE")]),
        (
            {"valid_from": "2026-02-10", "valid_until": "2026-02-09"},
            [("valid_until", "END_BEFORE_START")],
        ),
    ],
)
def test_a_rule_that_is_never_in_force_is_found(validity: Raw, expected: list[Line]) -> None:
    """Goal: unreachable rules. Method: validity at and beyond both ends of the mark."""
    raw = {"rules": [raw_rule("r", DEAR, **validity)], "effects": [SHED], "procedures": [RETURN]}
    found = lines({"lunch": RuleBook.model_validate(raw)})
    assert found == [(f"rule_books.lunch.rules.0.{key}", code) for key, code in expected]


def test_a_rule_in_force_for_one_of_two_marks_is_reachable() -> None:
    """Goal: a book may serve several marks. Method: a rule dated into the second month."""
    raw = {
        "rules": [raw_rule("r", DEAR, valid_from="2026-03-01")],
        "effects": [SHED],
        "procedures": [RETURN],
    }
    marks = {"feb": mark(), "mar": mark(valid_from="2026-03-01", valid_until="2026-03-31")}
    assert lines({"lunch": RuleBook.model_validate(raw)}, marks) == []


@pytest.mark.parametrize(
    ("changes", "expected", "do"),
    [
        ({"rule_book": "lunc"}, [("rule_book", "NAME_UNKNOWN")], "did you mean 'lunch'?"),
        (
            {"programme": "school_meal"},
            [("programme", "NAME_UNKNOWN")],
            "did you mean 'school_meals'?",
        ),
        ({"owner": "akima"}, [("owner", "NAME_UNKNOWN")], "did you mean 'akimat'?"),
        (
            {"return_account": "zzz"},
            [("return_account", "NAME_UNKNOWN")],
            "correct the name, or declare it",
        ),
        (
            {"valid_from": "2026-03-15", "valid_until": "2026-03-31"},
            [("valid_from", "RULE_UNREACHABLE")],
            "correct the validity of the mark, or the days of the run",
        ),
        (
            {"valid_from": "2026-01-01", "valid_until": "2026-01-31"},
            [("valid_until", "RULE_UNREACHABLE")],
            "correct the validity of the mark, or the days of the run",
        ),
    ],
)
def test_a_mark_that_leads_nowhere_is_found(changes: Raw, expected: list[Line], do: str) -> None:
    """Goal: references and validity of marks. Method: one a row, with the advice."""
    found = check({"lunch": LUNCH}, {"feb": mark(**changes)}, context=WORLD)
    assert [(path, finding.code) for path, finding in found] == [
        (f"marks.feb.{key}", code) for key, code in expected
    ]
    assert [finding.do for _, finding in found] == [do]


@pytest.mark.parametrize(
    ("changes", "overlaps"),
    [
        ({"valid_from": "2026-02-28", "valid_until": "2026-03-31"}, True),
        ({"valid_from": "2026-03-01", "valid_until": "2026-03-31"}, False),
        ({"valid_from": "2026-02-05", "valid_until": "2026-02-06"}, True),
        ({"valid_from": "2026-02-05", "valid_until": "2026-02-06", "owner": "treasury"}, False),
    ],
)
def test_marks_for_the_same_money_are_found(changes: Raw, overlaps: bool) -> None:  # noqa: FBT001
    """Goal: overlapping marks. Method: a second mark at and beyond the end of the first."""
    found = lines({"lunch": marked({"r": DEAR})}, {"feb": mark(), "other": mark(**changes)})
    assert found == ([("marks.other.valid_from", "MARKS_OVERLAP")] if overlaps else [])


def test_a_long_mark_overlaps_every_later_one() -> None:
    """Goal: not only neighbours overlap. Method: a month with two weeks inside."""
    marks = {
        "week_2": mark(valid_from="2026-02-16", valid_until="2026-02-20"),
        "feb": mark(),
        "week_1": mark(valid_from="2026-02-02", valid_until="2026-02-06"),
    }
    assert lines({"lunch": LUNCH}, marks) == [
        ("marks.week_1.valid_from", "MARKS_OVERLAP"),
        ("marks.week_2.valid_from", "MARKS_OVERLAP"),
    ]


def test_money_that_could_never_get_out_is_found() -> None:
    """Goal: no stranded money. Method: a marked book without effect and procedure."""
    assert lines({"lunch": book(LUNCH_CONDITIONS)}) == [
        ("rule_books.lunch.effects", "MARK_STRANDS"),
        ("rule_books.lunch.procedures", "MARK_STRANDS"),
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (NOT_QR, []),
        ({"kind": "evidence_present", "registers": ["act_accepted"]}, []),
        ({"kind": "conversion_forbidden"}, []),
        ({"kind": "presence_proven", "methods": ["qr"]}, [(".methods", "RULE_NEVER")]),
        ({"kind": "beneficiary_eligible"}, [("", "RULE_NEVER")]),
        (
            {"kind": "all_of", "conditions": [SHED["condition"], {"kind": "beneficiary_eligible"}]},
            [(".conditions.1", "RULE_NEVER")],
        ),
        ({"kind": "purpose_is", "purposes": ["x"]}, [(".purposes", "PURPOSE_EXCLUDED")]),
        (AT_NIGHT, [(".until", "RULE_NEVER")]),
    ],
)
def test_a_mark_that_could_never_be_shed_is_found(raw: Raw, expected: list[Line]) -> None:
    """Goal: conditions of shedding. Method: conditions that can be met there, and that cannot."""
    shed = {**SHED, "condition": raw}
    found = lines({"lunch": book(LUNCH_CONDITIONS, shed, procedures=[RETURN])})
    assert found == [(f"rule_books.lunch.effects.0.condition{key}", code) for key, code in expected]


def test_ids_and_effects_that_come_twice_are_found() -> None:
    """Goal: the log names one rule. Method: an id shared by rules, and by rule and effect."""
    rules = [raw_rule("x", DEAR), raw_rule("x", {"kind": "beneficiary_eligible"})]
    rules.append(raw_rule("shed", LUNCH_CONDITIONS["hours"]))
    raw = {"rules": rules, "effects": [SHED, {**SHED, "id": "again"}], "procedures": [RETURN]}
    assert lines({"lunch": RuleBook.model_validate(raw)}) == [
        ("rule_books.lunch.rules.1.id", "NAME_TWICE"),
        ("rule_books.lunch.effects.0.id", "NAME_TWICE"),
        ("rule_books.lunch.effects.1", "RULE_UNUSED"),
    ]


def test_an_empty_conjunction_passes_everything() -> None:
    """Goal: `all_of` of nothing is no rule. Method: one made past the model, which refuses it."""
    empty = AllOf.model_construct(kind="all_of", conditions=())
    plain = Rule.model_validate(raw_rule("r", DEAR))
    rules = RuleBook.model_construct(rules=(plain.model_copy(update={"condition": empty}),))
    assert lines({"lunch": rules}, {}) == [("rule_books.lunch.rules.0.condition", "RULE_ALWAYS")]


def test_all_findings_come_at_once() -> None:
    """Goal: one look shows everything. Method: mistakes in two books and two marks."""
    books = {"lunch": marked({"r": CHEAP}), "other": marked({"s": {"kind": "time_window"}})}
    marks = {"feb": mark(), "mar": mark(rule_book="missing", owner="nobody")}
    assert {code for _, code in lines(books, marks)} == {
        "LIMIT_BELOW_PRICE",
        "NAME_UNKNOWN",
        "RULE_ALWAYS",
    }


def each_or_dear(number: int) -> Raw:
    """Return a rule with two alternatives that share nothing with those of other numbers."""
    over = {"kind": "not", "condition": {**DEAR, "limit": f"{number + 1} KZT"}}
    named = {"kind": "payee_in", "payees": [f"payee-{number}", "caterer-01"]}
    return {"kind": "any_of", "conditions": [named, over]}


def window(number: int) -> Raw:
    """Return a window that overlaps those of near numbers and contains none."""
    first, last = 8 * 60 + number, 12 * 60 + number
    times = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in (first, last))
    return {"kind": "time_window", **dict(zip(("from", "until"), times, strict=True))}


def many(kind: str, key: str, prefix: str) -> Raw:
    """Return the alternatives of one name each."""
    names = ({"kind": kind, key: [f"{prefix}{number}"]} for number in range(10))
    return {"kind": "any_of", "conditions": list(names)}


def test_more_alternatives_than_can_be_compared_are_refused() -> None:
    """Goal: no input takes long. Method: many rules with choices, and one with a thousand."""
    silent = CheckContext(start=WORLD.start, end=WORLD.end, programmes=())
    choices = {"b": book({f"r{number}": each_or_dear(number) for number in range(200)})}
    assert lines(choices, {}, silent) == [("rule_books.b.rules", "RANGE")]

    cube = {
        "kind": "all_of",
        "conditions": [
            many("purpose_is", "purposes", "purpose"),
            many("merchant_category_in", "categories", "category"),
            many("payee_in", "payees", "payee"),
        ],
    }
    wide = {"b": book({"fine": DEAR, "cube": cube})}
    assert lines(wide, {}, silent) == [("rule_books.b.rules.1.condition", "RANGE")]
    shed = book({}, {**SHED, "condition": cube})
    assert lines({"b": shed}, {}, silent) == [("rule_books.b.effects.0.condition", "RANGE")]


def test_more_uses_than_can_be_looked_at_are_refused() -> None:
    """Goal: many marks take no longer. Method: marks of different owners until steps are spent."""
    owners = [f"akimat-{number}" for number in range(1_500)]
    silent = CheckContext(start=WORLD.start, end=WORLD.end, programmes=WORLD.programmes)
    marks = {owner: mark(owner=owner) for owner in owners}
    assert lines({"lunch": LUNCH}, marks, silent) == [("rule_books.lunch.rules", "RANGE")]
    for count in (140, 200):
        sliding = {f"r{number}": window(number) for number in range(count)}
        assert lines({"lunch": marked(sliding)}) == [("rule_books.lunch.rules", "RANGE")]


def test_books_beyond_the_common_budget_are_refused_by_name() -> None:
    """Goal: many books cost no more than one. Method: clean books until the budget is spent."""
    silent = CheckContext(start=WORLD.start, end=WORLD.end, programmes=())
    books = {f"b{number}": book(LUNCH_CONDITIONS) for number in range(250)}
    found = lines(books, {}, silent)
    assert [code for _, code in found] == ["RANGE"]
