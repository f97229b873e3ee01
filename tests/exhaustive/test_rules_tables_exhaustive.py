"""All small rule books against all boundary facts: the tables decide as the evaluator does."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest

from tengesim.codes import Reason
from tengesim.compiled import is_compiled
from tengesim.payment import Operation
from tengesim.rules.act_kinds import ACT_KINDS
from tengesim.rules.compile import code_of, compile_books
from tengesim.rules.conditions import Condition, reasons_of
from tengesim.rules.evaluate import Decision, decide
from tengesim.rules.kind_text import KindText
from tengesim.rules.model import RULES_MAX, RuleBook
from tengesim.rules.nesting import NESTING_MAX, refusals, runs_in_tables
from tengesim.rules.tables import ALLOW, UNKNOWN
from tengesim.rules.terms import Period
from tests.architecture.source import ROOT
from tests.fact_stories import FACT_ATOMS
from tests.rule_books import (
    ATOMS,
    COMPOSITIONS,
    LUNCH,
    NOTHING_BEFORE,
    SHED,
    Raw,
    book,
    condition,
    lunch,
    raw_rule,
    rule,
)
from tests.tabled_rules import (
    PRODUCT,
    Case,
    compared,
    every_case,
    fingerprint,
    first_difference,
    guarded,
    many_names,
    nested,
    pairs,
    single_conditions,
    validities,
    weeks,
)

Cases = Callable[[], Iterator[Case]]

KINDS_WITHOUT_PARTS = {
    get_args(one.model_fields["kind"].annotation)[0] for one in get_args(get_args(Condition)[0])
} - {"all_of", "any_of", "not"}
LOW: Raw = {"kind": "amount_at_most", "limit": "2 tiyn"}


@pytest.mark.parametrize(
    ("cases", "at_least"),
    [
        (single_conditions, 4_000),
        (pairs, 50_000),
        (nested, 39_000),
        (validities, 1_200),
        (guarded, 700),
        (weeks, 5_000),
        (many_names, 700),
    ],
)
def test_tables_decide_as_the_evaluator(cases: Cases, at_least: int) -> None:
    """Goal: reason, rule, value and limit. Method: all small books, all facts at boundaries."""
    count = 0
    for expected, actual in compared(cases()):
        assert expected == actual
        count += 1

    assert count >= at_least


def test_every_reason_of_a_rule_is_reached() -> None:
    """Goal: the comparison covers the precedence. Method: collect what the tables refused for."""
    parts = (condition(raw) for raw in (*ATOMS, *COMPOSITIONS))
    expected = {reason for part in parts for reason in reasons_of(part)}
    cases = (*guarded(), *single_conditions())
    assert {actual.reason for _, actual in compared(cases)} == expected | {Reason.NONE}


def test_uncompiled_tables_decide_the_same() -> None:
    """Goal: machine code adds nothing. Method: a digest of every decision in a plain process."""
    lines = (
        "from tengesim.rules import tables",
        "from tests.tabled_rules import fingerprint",
        "print(type(tables.decide).__name__, fingerprint())",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "NUMBA_DISABLE_JIT": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"function {fingerprint()}"
    assert is_compiled() == (type(PRODUCT.decide).__name__ != "function")


@pytest.mark.parametrize("position", [0, 1, 62, RULES_MAX - 2, RULES_MAX - 1])
def test_the_largest_book_is_decided_by_the_lowest_and_first(position: int) -> None:
    """Goal: no limit before `RULES_MAX`. Method: one stricter rule anywhere among equal ones."""
    rules = [raw_rule(f"r{place:03d}", LOW) for place in range(RULES_MAX)]
    rules[position] = raw_rule("strict", {"kind": "purpose_is", "purposes": ["meals"]})
    stories = [
        (lunch(amount_tiyn=amount, purpose=purpose), NOTHING_BEFORE)
        for amount in (2, 3)
        for purpose in ("meals", "roads")
    ]
    first = "r000" if position else "r001"
    assert [actual for _, actual in compared([Case(rules, stories)])] == [
        Decision(Reason.NONE, "", 0, 0),
        Decision(Reason.PURPOSE_NOT_ALLOWED, "strict", 0, 0),
        Decision(Reason.LIMIT_PER_PAYMENT, first, 3, 2),
        Decision(Reason.PURPOSE_NOT_ALLOWED, "strict", 0, 0),
    ]
    assert first_difference([Case(rules, stories)]) is None


def deep(levels: int, kind: str) -> Raw:
    """Return a condition inside so many compositions."""
    raw = LOW
    for _ in range(levels):
        raw = (
            {"kind": "not", "condition": raw}
            if kind == "not"
            else {"kind": kind, "conditions": [raw, LOW]}
        )
    return raw


@pytest.mark.parametrize("kind", ["not", "all_of", "any_of"])
def test_compositions_run_to_the_stated_depth_and_are_refused_beyond(kind: str) -> None:
    """Goal: a bound that is proved, not met. Method: exactly the bound, and one more."""
    stories = [(lunch(amount_tiyn=amount), NOTHING_BEFORE) for amount in (2, 3)]
    assert first_difference([Case([raw_rule("deep", deep(NESTING_MAX, kind))], stories)]) is None

    beyond = RuleBook(rules=(rule("fine", LOW), rule("deeper", deep(NESTING_MAX + 1, kind))))
    expected = [f"rule deeper has more than {NESTING_MAX} compositions inside one another"]
    assert [refused.text for refused in refusals(beyond)] == expected
    with pytest.raises(ValueError, match="rule deeper has more than"):
        compile_books([LUNCH, beyond])


def test_books_in_one_set_of_tables_keep_their_rules_apart() -> None:
    """Goal: one set for a world. Method: books with equal ids, an empty one, all operations."""
    books = [book({"low": LOW}), RuleBook(), LUNCH, book({"low": {**LOW, "limit": "1 tiyn"}})]
    laid = compile_books(books)
    assert laid.rule_ids == ("low", *(one.id for one in LUNCH.rules), "low")
    assert (laid.starts[1] == ALLOW).all()
    for place, one in enumerate(books):
        for operation in Operation:
            for amount_tiyn in (1, 2, 3, 900_00):
                seen = lunch(operation=operation, amount_tiyn=amount_tiyn)
                actual = PRODUCT.decision(laid, place, seen, NOTHING_BEFORE)
                assert decide(one, seen, NOTHING_BEFORE) == actual


def test_a_walk_only_goes_on_to_later_rows() -> None:
    """Goal: every walk ends. Method: every place that a row of every small book names."""
    laid = compile_books([case.book() for case in every_case()])
    for number, row in enumerate(laid.rows):
        for target in row[4:6]:
            assert target < 0 or number < target < len(laid.rows)


def test_tables_of_no_book_are_empty_and_of_the_usual_types() -> None:
    """Goal: one machine code for all worlds. Method: types and shapes with and without books."""
    for laid in (compile_books([]), compile_books([LUNCH])):
        shapes = [(one.dtype.str, one.ndim, one.flags.c_contiguous) for one in laid[:3]]
        assert shapes == [("<i8", 2, True), ("<i8", 1, True), ("<i8", 2, True)]


@pytest.mark.skipif(not is_compiled(), reason="nothing is compiled here")
def test_all_worlds_share_one_compiled_function() -> None:
    """Goal: no second compilation in a run. Method: the signatures after very different tables."""
    for books in ([RuleBook()], [LUNCH], [book({"low": LOW}), LUNCH]):
        PRODUCT.decision(compile_books(books), 0, lunch(), NOTHING_BEFORE)
    assert len(PRODUCT.decide.signatures) == 1  # type: ignore[attr-defined]


def test_texts_have_codes_in_their_order() -> None:
    """Goal: equal codes in every run. Method: names of several rules, and strangers around them."""
    laid = compile_books([LUNCH, book({"a": {"kind": "purpose_is", "purposes": ["b", "a"]}})])
    assert laid.purposes == ("a", "b", "school_meals")
    codes = [code_of(laid.purposes, text) for text in ("a", "b", "school_meals", "", "aa", "z")]
    assert codes == [0, 1, 2, UNKNOWN, UNKNOWN, UNKNOWN]
    assert code_of((), "a") == UNKNOWN


def test_limits_beyond_any_sum_of_money_never_refuse() -> None:
    """Goal: no overflow while laying rows. Method: a count above 64 bits."""
    raw: dict[str, Any] = {"kind": "count_per_period_at_most", "period": Period.DAY, "limit": 2**70}
    assert first_difference([Case([raw_rule("huge", raw)], [(lunch(), NOTHING_BEFORE)])]) is None


@pytest.mark.parametrize("kind", sorted(KINDS_WITHOUT_PARTS))
def test_every_kind_is_compiled_or_refused_by_name(kind: str) -> None:
    """Goal: no rule is skipped on retail marks. Method: every kind: compared above, or refused."""
    tabled = [raw for raw in ATOMS if raw["kind"] == kind]
    untabled = [raw for raw in FACT_ATOMS if raw["kind"] == kind]
    assert tabled or untabled
    for raw in tabled:
        assert runs_in_tables(condition(raw))
        assert refusals(book({"r": raw})) == []
    for raw in untabled:
        refused = [f"rule r reads what a retail payment does not show: {kind}"]
        for inside in (raw, {"kind": "not", "condition": raw}):
            assert [one.text for one in refusals(book({"r": inside}))] == refused
            with pytest.raises(ValueError, match=kind):
                compile_books([book({"r": inside})])


@pytest.mark.parametrize("text", ACT_KINDS, ids=lambda text: text.kind)
def test_every_effect_and_procedure_is_carried_out_or_refused(text: KindText) -> None:
    """Goal: nothing is skipped on retail marks. Method: every kind but those that retail knows."""
    key = f"{text.union}s"
    refused = refusals(RuleBook.model_validate({key: [dict(text.example)]}))
    # Offices of vouchers give by schedules and rewards; payments do not read them.
    of_offices = {"return_on_expiry", "schedules", "mints_reward"}
    if text.kind in {"sheds_mark", "restores_mark", *of_offices}:
        assert refused == []
    else:
        assert [one.path for one in refused] == [f"{key}.0"]
        assert refused[0].text.endswith(f": {text.kind}")


def test_ways_that_no_table_knows_are_refused() -> None:
    """Goal: no hold, override or version is lost on the way. Method: a book with each of them."""
    override = {"roles": ["customer", "treasurer"], "until": "2026-12-31"}
    rules = [
        raw_rule("held", LOW, on_failure="hold", queue="desk"),
        raw_rule("yields", LOW, override=override),
    ]
    versions = [{"issued_from": "2026-02-01"}]
    refused = refusals(RuleBook.model_validate({"rules": rules, "versions": versions}))
    assert [one.path for one in refused] == ["rules.0.queue", "rules.1.override", "versions"]
    condition = {"kind": "register_changed", "of": "land"}
    shed = {**SHED, "condition": condition}
    refused = refusals(RuleBook.model_validate({"effects": [shed]}))
    assert [one.path for one in refused] == ["effects.0.condition"]
