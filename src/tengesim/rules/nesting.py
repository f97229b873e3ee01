"""How deep compositions of rules go, which compiled tables can follow only so far.

Apart from the tables, because scenarios are refused before anything compiled is loaded.
"""

from typing import Final

from tengesim.rules.model import Condition, RuleBook

__all__ = ["NESTING_MAX", "parts_of", "refusals"]

NESTING_MAX: Final = 64
"""Compositions inside one another that a rule may have; laying the rows goes down as deep."""


def refusals(book: RuleBook) -> list[str]:
    """Return a sentence for each rule of `book` that the tables cannot run."""
    return [
        f"rule {rule.id} has more than {NESTING_MAX} compositions inside one another"
        for rule in book.rules
        if _nesting(rule.condition) > NESTING_MAX
    ]


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """Return what stands inside a composition; a leaf has nothing."""
    if condition.kind in {"all_of", "any_of"}:
        return condition.conditions
    return (condition.condition,) if condition.kind == "not" else ()


def _nesting(condition: Condition) -> int:
    """Return how many compositions stand inside one another at most."""
    depth, level = 0, parts_of(condition)
    while level:
        depth += 1
        level = tuple(part for one in level for part in parts_of(one))
    return depth
