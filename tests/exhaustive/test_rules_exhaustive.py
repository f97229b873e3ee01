"""All small rule books against all boundary facts, judged by two codes that share nothing."""

from itertools import product

from tengesim.codes import Reason
from tengesim.payment import Operation
from tengesim.rules.conditions import reasons_of
from tengesim.rules.evaluate import decide, judge, verdict
from tengesim.rules.model import RuleBook
from tests.boundary_facts import boundary_facts
from tests.fact_stories import FACT_ATOMS
from tests.naive_rules import naive_answer, naive_decision
from tests.rule_books import ATOMS, COMPOSITIONS, LUNCH_CONDITIONS, condition, raw_rule


def test_every_condition_gives_the_naive_verdict_at_every_boundary() -> None:
    """Goal: reason, value and limit are right. Method: each condition, all facts it can read."""
    compared = 0
    for raw in (*ATOMS, *FACT_ATOMS, *COMPOSITIONS, *LUNCH_CONDITIONS.values()):
        parsed = condition(raw)
        for seen, before in boundary_facts([parsed]):
            assert tuple(verdict(parsed, seen, before)) == naive_answer(raw, seen, before), raw
            compared += 1

    assert compared > 3_000


def test_every_book_of_two_rules_decides_as_the_naive_one() -> None:
    """Goal: precedence and order. Method: all ordered pairs of conditions, all boundary facts."""
    compared, reasons = 0, set()
    for first, second in product(ATOMS, repeat=2):
        rules = [raw_rule("first", first), raw_rule("second", second)]
        book = RuleBook.model_validate({"rules": rules})
        for seen, before in boundary_facts([condition(first), condition(second)]):
            decision = decide(book, seen, before)
            assert (decision.reason, decision.rule) == naive_decision(rules, seen, before)
            reasons.add(decision.reason)
            compared += 1

    assert compared > 10_000
    rules_reach = {reason for raw in ATOMS for reason in reasons_of(condition(raw))}
    # Two rules for payments alone: conversion is tried in the test below.
    assert reasons == rules_reach - {Reason.CONVERSION_NOT_ALLOWED} | {Reason.NONE}


def test_every_choice_of_operations_is_guarded_as_written() -> None:
    """Goal: a rule judges what it is `on`, no more. Method: all operations × all `on` of one."""
    forbids = {"kind": "conversion_forbidden"}
    for guarded, operation in product(Operation, Operation):
        rules = [
            raw_rule("limit", {"kind": "amount_at_most", "limit": "1 tiyn"}, on=[_name(guarded)]),
            raw_rule("forbids", forbids, on=[_name(guarded)]),
        ]
        book = RuleBook.model_validate({"rules": rules})
        for seen, before in boundary_facts([condition(forbids)]):
            tried = seen._replace(operation=operation)
            decision = decide(book, tried, before)
            assert (decision.reason, decision.rule) == naive_decision(rules, tried, before)
            applied = [answer is not None for _, answer in judge(book, tried, before)]
            assert applied == [guarded is operation] * 2


def _name(operation: Operation) -> str:
    return operation.name.lower()
