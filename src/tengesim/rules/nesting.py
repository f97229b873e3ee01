"""What compiled tables cannot run: rules too deep, facts they do not hold, ways they do not know.

Apart from the tables, because scenarios are refused before anything compiled is loaded.
"""

from collections.abc import Iterator
from typing import Final

from tengesim.rules.conditions import Condition
from tengesim.rules.model import Rule, RuleBook

__all__ = ["NESTING_MAX", "leaves_of", "parts_of", "refusals", "runs_in_tables"]

NESTING_MAX: Final = 64
"""Compositions inside one another that a rule may have; laying the rows goes down as deep."""
# They read `Observation.facts`, which compiled code does not see.
_UNTABLED: Final = frozenset(
    {
        "advance_at_most",
        "awards_at_most",
        "depth_at_most",
        "domestic_at_least",
        "duties_separated",
        "guarantee_at_least",
        "holding_at_most",
        "in_estimate",
        "metered",
        "offline_at_most",
        "price_within",
        "region_in",
        "register_changed",
        "risk_at_most",
        "subcontract_registered",
        "subcontracted_at_most",
        "within_allowance",
        "within_progress",
    }
)


def refusals(book: RuleBook) -> list[str]:
    """Return a sentence for each rule of `book` that the tables cannot run."""
    found = [text for rule in book.rules for text in _of_rule(rule)]
    if book.versions:
        # A purse holds money of every issue in one sum.
        found.append("versions of the book cannot be told apart in a retail purse")
    return found


def runs_in_tables(condition: Condition) -> bool:
    """Return whether the tables hold what a condition without parts reads."""
    if condition.kind == "payee_in_good_standing":
        return not condition.asks_freezes
    return condition.kind not in _UNTABLED


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """Return what stands inside a composition; a leaf has nothing."""
    if condition.kind in {"all_of", "any_of"}:
        return condition.conditions
    return (condition.condition,) if condition.kind == "not" else ()


def _of_rule(rule: Rule) -> Iterator[str]:
    if _nesting(rule.condition) > NESTING_MAX:
        yield f"rule {rule.id} has more than {NESTING_MAX} compositions inside one another"
        return
    for leaf in leaves_of(rule.condition):
        if not runs_in_tables(leaf):
            yield f"rule {rule.id} reads what a retail payment does not show: {leaf.kind}"
    if rule.queue is not None:
        yield f"rule {rule.id} holds payments, and a retail payment is made at once or not at all"
    if rule.override is not None:
        yield f"rule {rule.id} may be overridden, and nobody signs a retail payment"


def leaves_of(condition: Condition) -> Iterator[Condition]:
    """Yield the conditions that have no parts, in the order in which they are written."""
    pending = [condition]
    while pending:
        one = pending.pop()
        parts = parts_of(one)
        pending.extend(reversed(parts))
        if not parts:
            yield one


def _nesting(condition: Condition) -> int:
    """Return how many compositions stand inside one another at most."""
    depth, level = 0, parts_of(condition)
    while level:
        depth += 1
        level = tuple(part for one in level for part in parts_of(one))
    return depth
