"""Claims about narrower books: what is proved holds for every payment, what is shown is one."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengesim.rules.evaluate import decide, verdict
from tengesim.rules.implied import clash, implies
from tengesim.rules.model import RuleBook
from tengesim.rules.narrower import widenings
from tests.boundary_facts import boundary_facts
from tests.fact_stories import FACT_ATOMS
from tests.rule_books import (
    ATOMS,
    LUNCH_CONDITIONS,
    RESTORES,
    Raw,
    condition,
    effect,
    raw_rule,
    rule,
)

EVERY = (*ATOMS, *FACT_ATOMS)
CHEAP: Raw = {"kind": "amount_at_most", "limit": "2 tiyn"}
DEAR: Raw = {"kind": "amount_at_most", "limit": "3 tiyn"}
NEAR: Raw = {"kind": "depth_at_most", "depth": 1}
DEEP: Raw = {"kind": "depth_at_most", "depth": 2}


def book(*conditions: Raw) -> RuleBook:
    """Return a book with a rule for each condition."""
    return RuleBook(rules=tuple(rule(f"r{n}", raw) for n, raw in enumerate(conditions)))


def is_inside(child: RuleBook, parent: RuleBook) -> bool:
    """Return whether every payment around the limits that passes the one passes the other."""
    conditions = [one.condition for one in (*child.rules, *parent.rules)]
    return all(
        decide(child, seen, before).reason or not decide(parent, seen, before).reason
        for seen, before in boundary_facts(conditions)
    )


@pytest.mark.parametrize("raw", EVERY, ids=str)
def test_what_is_proved_of_two_conditions_holds_everywhere(raw: Raw) -> None:
    """Goal: R27 for every kind. Method: all of one kind against each other, by brute force."""
    child = book(raw)
    for other in (one for one in EVERY if one["kind"] == raw["kind"]):
        parent = book(other)
        found = widenings(child, parent)
        if not found:
            assert is_inside(child, parent), other
        for one in found:
            assert one.example is not None, other
            seen, used = one.example.observation, one.example
            assert not decide(child, seen, used).reason
            assert decide(parent, seen, used).reason


PAIRS = [pair for pair in product(FACT_ATOMS, repeat=2) if pair[0]["kind"] == pair[1]["kind"]]


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=str)
def test_one_fact_follows_from_another_only_where_it_always_does(one: Raw, other: Raw) -> None:
    """Goal: implications are true. Method: brute force around both, for each pair of a kind."""
    first, second = condition(one), condition(other)
    for seen, before in boundary_facts([first, second]):
        passes = not verdict(first, seen, before).reason
        if implies(first, second) and passes:
            assert not verdict(second, seen, before).reason
        if clash([(first, True), (second, True)]) and passes:
            assert verdict(second, seen, before).reason


BOOKS = st.lists(st.sampled_from([*ATOMS[:25], *LUNCH_CONDITIONS.values()]), max_size=3)


@settings(max_examples=60, deadline=None)
@given(BOOKS, BOOKS)
def test_what_passes_a_narrower_book_passes_the_wider(mine: list[Raw], theirs: list[Raw]) -> None:
    """Goal: R27 for books. Method: random books; proofs by brute force, examples by decision."""
    child, parent = book(*mine), book(*theirs)
    found = widenings(child, parent)
    for one in found:
        if one.example is not None:
            seen = one.example.observation
            assert not decide(child, seen, one.example).reason
            assert decide(parent, seen, one.example).reason
    if not found:
        for raw in theirs:
            assert is_inside(child, book(raw))


def test_every_rule_of_the_wider_book_is_asked() -> None:
    """Goal: rules add up. Method: books with one rule more or less, or a looser one."""
    assert not widenings(book(CHEAP, DEEP), book(DEAR))
    assert not widenings(book(CHEAP, NEAR), book(DEAR, DEEP))
    (one,) = widenings(book(CHEAP), book(DEAR, DEEP))
    assert (one.place, one.id) == ("rules.1", "r1")
    assert [one.place for one in widenings(book(), book(DEAR, DEEP))] == ["rules.0", "rules.1"]


def test_a_rule_of_fewer_days_or_uses_is_wider() -> None:
    """Goal: when and on what a rule holds counts. Method: the same condition, held less."""
    whole, late = RuleBook(rules=(rule("a", CHEAP),)), rule("a", CHEAP, valid_from="2026-02-02")
    assert not widenings(whole, RuleBook(rules=(late,)))
    assert widenings(RuleBook(rules=(late,)), whole)
    both = rule("a", CHEAP, on=["pay", "distribute"])
    assert not widenings(RuleBook(rules=(both,)), whole)
    assert widenings(whole, RuleBook(rules=(both,)))


def test_a_rule_that_may_be_overridden_holds_nothing_by_itself() -> None:
    """Goal: R55 does not widen in secret. Method: an override on one side, and on both."""
    override = {"roles": ["customer", "treasurer"], "until": "2026-12-31"}
    longer = {**override, "until": "2027-12-31"}
    firm, loose = (
        RuleBook(rules=(rule("a", CHEAP, **more),)) for more in ({}, {"override": override})
    )
    looser = RuleBook(rules=(rule("a", CHEAP, override=longer),))
    assert widenings(loose, firm)
    assert not widenings(firm, loose)
    assert not widenings(loose, loose)
    assert not widenings(loose, looser)
    assert widenings(looser, loose)


def acts(*effects: Raw) -> RuleBook:
    """Return a book with effects."""
    words = {"text": {"en": "A."}, "reference": "assumption"}
    return RuleBook(effects=tuple(effect({"id": raw["kind"], **words, **raw}) for raw in effects))


def test_shedding_and_chains_are_compared_too() -> None:
    """Goal: no way out of a mark is wider. Method: each effect stricter, equal and looser."""
    act: Raw = {"kind": "evidence_present", "registers": ["act_accepted"]}
    both: Raw = {"kind": "evidence_present", "registers": ["act_accepted", "invoice_matched"]}
    on_act, on_both = ({"kind": "sheds_mark", "condition": one} for one in (act, both))
    assert not widenings(acts(on_both), acts(on_act))
    (one,) = widenings(acts(on_act), acts(on_both))
    assert one.place == "effects.0"
    assert one.example is not None
    assert widenings(acts(on_act), acts())
    assert not widenings(acts(), acts(on_act))
    wages = [{"use": "wages", "share": share} for share in ("20 %", "30 %")]
    less, more = ({"kind": "sheds_part", "parts": [part]} for part in wages)
    assert not widenings(acts(less), acts(more))
    assert widenings(acts(more), acts(less))
    assert widenings(acts(less), acts())
    proven = {"kind": "sheds_part", "parts": [{**wages[0], "registers": ["payroll_matched"]}]}
    assert not widenings(acts(proven), acts(less))
    assert widenings(acts(less), acts(proven))
    near, deep = ({"kind": "propagates", "depth": depth} for depth in (1, 2))
    assert not widenings(acts(near), acts(deep))
    assert widenings(acts(deep), acts(near))
    assert not widenings(acts(RESTORES), acts())


def test_every_version_of_a_book_has_to_be_narrower() -> None:
    """Goal: R56 does not widen. Method: a later version that is looser."""
    loose = {"issued_from": "2026-03-01", "rules": [raw_rule("a", DEAR)]}
    later = RuleBook.model_validate({"versions": [loose]}).model_copy(
        update={"rules": book(CHEAP).rules}
    )
    assert not widenings(book(CHEAP), later)
    assert widenings(later, book(CHEAP))
