"""All small rule books, decided by the tables and by the readable evaluator, to be compared.

What compiles and what decides can be given, so that planted mistakes go through the same
comparison as the product.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, product
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import HOUR_US
from tengesim.codes import Reason
from tengesim.payment import Observation, Operation
from tengesim.rules import compile as compiling
from tengesim.rules import evaluate, tables
from tengesim.rules.compile import RuleTables
from tengesim.rules.evaluate import Decision
from tengesim.rules.model import RuleBook
from tengesim.rules.terms import Period
from tests.boundary_facts import Story, boundary_facts
from tests.rule_books import (
    ATOMS,
    COMPOSITIONS,
    LUNCH_CONDITIONS,
    MONDAY,
    NOTHING_BEFORE,
    Before,
    Raw,
    condition,
    lunch,
    raw_rule,
)

Array = NDArray[np.int64]
Walk = Callable[[Array, Array, int, Array], tuple[int, int, int, int]]
Compile = Callable[[Sequence[RuleBook]], RuleTables]
FactsOf = Callable[[RuleTables, Observation], Array]

OPERATIONS: Final = [operation.name.lower() for operation in Operation]


class Case(NamedTuple):
    """One book and the payments to try it with."""

    rules: list[Raw]
    stories: Iterable[Story]

    def book(self) -> RuleBook:
        """Return the book as a scenario would load it."""
        return RuleBook.model_validate({"rules": self.rules})


class Code(NamedTuple):
    """What is compared with the readable evaluator."""

    compile_books: Compile = compiling.compile_books
    decide: Walk = tables.decide
    facts_of: FactsOf = compiling.facts_of

    def decision(self, laid: RuleTables, place: int, seen: Observation, before: Before) -> Decision:
        """Return what the tables say about a payment under the book at `place`."""
        facts = self.facts_of(laid, seen)
        for number, period in enumerate(Period):
            used = before.of(seen.payer, period, 0)
            facts[tables.COUNT + number] = used.payments + 1
            facts[tables.TOTAL + number] = used.amount_tiyn + seen.amount_tiyn
        start = laid.starts[place, seen.operation]
        reason, rule, value, limit = self.decide(laid.rows, laid.members, start, facts)
        name = laid.rule_ids[rule] if rule >= 0 else ""
        return Decision(Reason(reason), name, int(value), int(limit))


PRODUCT: Final = Code()


def compared(cases: Iterable[Case], code: Code = PRODUCT) -> Iterator[tuple[Decision, Decision]]:
    """Yield what the evaluator and the tables decide; all books stand in one set of tables."""
    listed = list(cases)
    books = [case.book() for case in listed]
    laid = code.compile_books(books)
    for place, (case, book) in enumerate(zip(listed, books, strict=True)):
        for seen, before in case.stories:
            expected = evaluate.decide(book, seen, before)
            yield expected, code.decision(laid, place, seen, before)


def first_difference(
    cases: Iterable[Case], code: Code = PRODUCT
) -> tuple[Decision, Decision] | None:
    """Return the first two decisions that are not equal, if any."""
    return next((pair for pair in compared(cases, code) if pair[0] != pair[1]), None)


def single_conditions() -> Iterator[Case]:
    """Yield books of one condition, with every fact it can read."""
    for raw in (*ATOMS, *COMPOSITIONS, *LUNCH_CONDITIONS.values()):
        yield Case([raw_rule("only", raw)], boundary_facts([condition(raw)]))


def pairs() -> Iterator[Case]:
    """Yield books of two rules, in both orders, with every fact they can read."""
    for first, second in product(ATOMS, repeat=2):
        facts = boundary_facts([condition(first), condition(second)])
        yield Case([raw_rule("first", first), raw_rule("second", second)], facts)


def nested() -> Iterator[Case]:
    """Yield every tree of two levels over four leaves, two of which refuse for one reason."""
    leaves: list[Raw] = [
        {"kind": "amount_at_most", "limit": "2 tiyn"},
        {"kind": "beneficiary_eligible"},
        {"kind": "purpose_is", "purposes": ["meals"]},
        {"kind": "amount_at_most", "limit": "3 tiyn"},
    ]
    stories = [
        (lunch(amount_tiyn=amount, evidence=evidence, purpose=purpose), NOTHING_BEFORE)
        for amount, evidence, purpose in product((2, 3, 4), (0, 32), ("meals", "roads"))
    ]
    once = [*leaves, *_composed(leaves)]
    for raw in chain(once, _composed(once)):
        yield Case([raw_rule("tree", raw)], stories)


def _composed(parts: list[Raw]) -> Iterator[Raw]:
    yield from ({"kind": "not", "condition": part} for part in parts)
    for kind, *both in product(("all_of", "any_of"), parts, parts):
        yield {"kind": kind, "conditions": both}


def validities() -> Iterator[Case]:
    """Yield two rules with every choice of first and last day around three days."""
    days: list[str | None] = [None, "2026-02-02", "2026-02-03"]
    stories = [
        (lunch(day=MONDAY + step, amount_tiyn=amount), NOTHING_BEFORE)
        for step, amount in product(range(-1, 4), (1, 5, 9))
    ]
    for first, last, other_first, other_last in product(days, repeat=4):
        low: Raw = {"kind": "amount_at_most", "limit": "2 tiyn"}
        both: Raw = {"kind": "all_of", "conditions": [low, {"kind": "not", "condition": low}]}
        yield Case(
            [
                raw_rule("a", both, valid_from=first, valid_until=last),
                raw_rule("b", low, valid_from=other_first, valid_until=other_last),
            ],
            stories,
        )


def guarded() -> Iterator[Case]:
    """Yield rules on one or two operations, tried with all of them."""
    stories = [
        (lunch(operation=operation, amount_tiyn=amount), NOTHING_BEFORE)
        for operation, amount in product(Operation, (1, 2))
    ]
    forbids: Raw = {"kind": "conversion_forbidden"}
    limits: Raw = {"kind": "amount_at_most", "limit": "1 tiyn"}
    negated: Raw = {"kind": "not", "condition": forbids}
    either: Raw = {"kind": "any_of", "conditions": [forbids, limits]}
    for one, other in product(OPERATIONS, repeat=2):
        for raw in (forbids, negated, either):
            yield Case(
                [raw_rule("a", limits, on=[one, other]), raw_rule("b", raw, on=[other])], stories
            )


def weeks() -> Iterator[Case]:
    """Yield one rule for each set of weekdays, on days before and after 1970."""
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    stories = [
        (lunch(day=day, time_of_day_us=9 * HOUR_US + step), NOTHING_BEFORE)
        for day, step in product((*range(-7, 7), *range(MONDAY, MONDAY + 7)), (-1, 0))
    ]
    for chosen in range(1, 2 ** len(names)):
        weekdays = [name for place, name in enumerate(names) if chosen >> place & 1]
        raw: Raw = {"kind": "time_window", "weekdays": weekdays, "from": "09:00"}
        yield Case([raw_rule("week", raw)], stories)


def many_names() -> Iterator[Case]:
    """Yield sets of more names than a word has bits, tried with each name and with a stranger."""
    # Whole words, so that the bit before a set is one that is set.
    names = [f"payee-{number:03d}" for number in range(128)]
    stories = [(lunch(payee=name, evidence=0), NOTHING_BEFORE) for name in [*names, "", "zebra"]]
    for chosen in (names, names[::2], names[63:64], names[64:65], names[126:], names[-1:]):
        yield Case([raw_rule("named", {"kind": "payee_in", "payees": chosen})], stories)


def every_case() -> Iterator[Case]:
    """Yield all of the above."""
    yield from single_conditions()
    yield from validities()
    yield from guarded()
    yield from weeks()
    yield from many_names()
    yield from nested()
    yield from pairs()


def fingerprint() -> str:
    """Return a digest of every decision of the tables, and how many there are."""
    found = hashlib.sha256()
    count = 0
    for _, decision in compared(every_case()):
        found.update(repr(tuple(map(str, decision))).encode())
        count += 1
    return f"{count} {found.hexdigest()}"
