"""What the checks say without trying, against trying every payment at every boundary (R-28)."""

from collections.abc import Sequence
from datetime import date
from itertools import combinations_with_replacement, product

import pytest

from tengesim.rules.check import CheckContext, check
from tengesim.rules.conditions import Condition
from tengesim.rules.evaluate import verdict
from tengesim.rules.regions import Interval, Names, Search, boxes
from tests.boundary_facts import Story, boundary_facts, is_among, lies_in
from tests.rule_books import ATOMS, Before, Raw, book, condition

NEGATED: tuple[Raw, ...] = tuple({"kind": "not", "condition": atom} for atom in ATOMS)
COMPOSED: tuple[Raw, ...] = tuple(
    {"kind": kind, "conditions": [first, second]}
    for kind in ("all_of", "any_of")
    for first, second in zip(ATOMS, (*NEGATED[3:], *ATOMS[:3]), strict=True)
)
ANY_DAY = CheckContext(start=date(1900, 1, 1), end=date(2100, 1, 1), programmes=())


def passes(parsed: Condition, story: Story) -> bool:
    """Return what the evaluator says."""
    seen, before = story
    return not verdict(parsed, seen, before).reason


@pytest.mark.parametrize("raw", [*ATOMS, *NEGATED, *COMPOSED], ids=lambda raw: raw["kind"])
def test_boxes_hold_exactly_the_payments_that_pass(raw: Raw) -> None:
    """Goal: boxes say what the evaluator says. Method: every boundary fact, inside or out."""
    parsed = condition(raw)
    inside, outside = boxes(parsed), boxes(parsed, is_met=False)
    for story in boundary_facts([parsed]):
        assert any(lies_in(box, story) for box in inside) == passes(parsed, story), story
        assert any(lies_in(box, story) for box in outside) != passes(parsed, story), story


def test_an_example_is_found_exactly_where_trying_finds_one() -> None:
    """Goal: no false and no missed contradiction. Method: all pairs of conditions, all facts."""
    pairs = [*combinations_with_replacement((*ATOMS, *NEGATED), 2), *product(COMPOSED, ATOMS)]
    empty = 0
    for first, second in pairs:
        one, other = condition(first), condition(second)
        found = Search(10_000).example(boxes(one), boxes(other))
        if found is not None:
            story = (found.observation, Before(found.used))
            assert passes(one, story), (first, second, found)
            assert passes(other, story), (first, second, found)
            continue
        empty += 1
        tried = boundary_facts([one, other])
        assert not any(passes(one, story) and passes(other, story) for story in tried)

    assert empty > 200


def by_trying(parsed: Sequence[Condition]) -> str:
    """Return what is wrong with a book of these conditions, by trying every payment."""
    sound = []
    for one in parsed:
        answers = {passes(one, story) for story in boundary_facts([one])}
        sound.append(answers == {True, False})
    if not all(sound):
        return "unsound"
    stories = list(boundary_facts(parsed))
    if any(all(passes(one, story) for one in parsed) for story in stories):
        return "fine"
    return "contradiction"


def test_check_reports_a_contradiction_exactly_where_nothing_passes() -> None:
    """Goal: check is exact on pairs. Method: all books of two conditions against trying."""
    seen = {"unsound": 0, "fine": 0, "contradiction": 0}
    for first, second in combinations_with_replacement((*ATOMS, *NEGATED), 2):
        # Forbidding conversion is judged on payments, where it passes always.
        if "conversion_forbidden" in str((first, second)):
            continue
        found = check({"b": book({"x": first, "y": second})}, {}, context=ANY_DAY)
        codes = {finding.code for _, finding in found}
        truth = by_trying([condition(first), condition(second)])
        seen[truth] += 1
        unsound = {"RULE_ALWAYS", "RULE_NEVER"}
        if truth == "unsound":
            assert codes & unsound, (first, second, found)
        else:
            assert not codes & unsound, (first, second, found)
            is_reported = "RULE_CONTRADICTS" in codes
            assert is_reported == (truth == "contradiction"), (first, second, found)

    assert min(seen.values()) > 40


def test_intervals_and_names_meet_as_sets_do() -> None:
    """Goal: the arithmetic under the boxes. Method: all small intervals and sets of names."""
    for a, b, c, d in product(range(4), repeat=4):
        common = Interval(a, b).meet(Interval(c, d))
        assert set(range(a, b + 1)) & set(range(c, d + 1)) == set(
            range(common.low, common.high + 1)
        )
    every = {"x", "y", "z"}
    some = [frozenset(), frozenset("x"), frozenset("xy"), frozenset("xyz")]
    for one, other in product(product(some, (True, False)), repeat=2):
        left, right = Names(*one), Names(*other)
        both = {name for name in every if is_among(name, left) and is_among(name, right)}
        assert both == {name for name in every if is_among(name, left.meet(right))}
