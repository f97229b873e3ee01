"""Whether one rule book is narrower than another: whatever it allows, the other allows too (R27).

The proof is by regions: for every rule of the wider book, no payment fails it and passes what the
narrower book asks. Where there is such a payment, the evaluator is asked about it, so that what is
shown as an example is one. What cannot be proved counts as wider.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tengesim.payment import Operation
from tengesim.rules.apply import effect_of
from tengesim.rules.conditions import Condition
from tengesim.rules.effects import Propagates, ShedsMark, ShedsPart
from tengesim.rules.evaluate import decide, verdict
from tengesim.rules.model import Override, Rule, RuleBook
from tengesim.rules.nesting import leaves_of
from tengesim.rules.regions import (
    Box,
    Example,
    Interval,
    Search,
    TooManyBoxesError,
    boxes,
)
from tengesim.rules.witness import witnesses

__all__ = ["Widening", "widenings"]

_STEPS_MAX: Final = 60_000
_DAYS: Final = Box().days


class Widening(NamedTuple):
    """One thing that a book allows and another forbids.

    `place` and `id` are those of what forbids it, in the wider book; `example` is a use of money
    about which both were asked, None where none was found, so that nothing is proved.
    """

    place: str
    id: str
    text: str
    example: Example | None


def widenings(child: RuleBook, parent: RuleBook) -> list[Widening]:
    """Return what `child` allows and `parent` does not; nothing where it is proved narrower.

    Books with versions are compared version by version, each of the one with each of the other.
    """
    found: dict[tuple[str, str], Widening] = {}
    search = Search(_STEPS_MAX)
    for mine in _versions(child):
        for theirs in _versions(parent):
            for one in _of_books(mine, theirs, search):
                found.setdefault((one.place, one.id), one)
    return list(found.values())


def _versions(book: RuleBook) -> list[RuleBook]:
    plain = book.model_copy(update={"versions": ()})
    return [plain, *(version.book for version in book.versions)]


def _of_books(child: RuleBook, parent: RuleBook, search: Search) -> Iterator[Widening]:
    for number, rule in enumerate(parent.rules):
        for name in rule.on:
            one = _of_rule(rule, name.operation, child, parent, search)
            if one is not None:
                yield one._replace(place=f"rules.{number}")
                break
    yield from _of_shedding(child, parent, search)
    yield from _of_parts(child, parent)


def _of_rule(
    rule: Rule, operation: Operation, child: RuleBook, parent: RuleBook, search: Search
) -> Widening | None:
    """Return what `child` lets through of what `rule` refuses for one operation."""
    days = Interval(max(_DAYS.low, rule.first_day), min(_DAYS.high, rule.last_day))
    here = (Box(operations=frozenset({operation}), days=days),)
    binding = [one for one in child.guards[operation] if _binds(one.override, rule.override)]
    text = f"{rule.id!r} refuses what nothing there refuses"
    try:
        unions = [
            here,
            boxes(rule.condition, is_met=False),
            *(_let_through(one) for one in binding),
        ]
        if not search.finds(*unions):
            return None
        example = search.example(*unions)
    except TooManyBoxesError:
        return Widening("", rule.id, f"{rule.id!r} has too many alternatives to compare", None)
    if search.is_over or example is None:
        return Widening("", rule.id, f"{rule.id!r} could not be compared to the end", None)
    leaves = [leaf for one in (rule, *binding) for leaf in leaves_of(one.condition)]
    for seen in witnesses(leaves, example.observation):
        if not verdict(rule.condition, seen, example).reason:
            continue
        if decide(parent, seen, example).reason and not decide(child, seen, example).reason:
            return Widening("", rule.id, text, Example(seen, example.used))
    return Widening("", rule.id, f"{rule.id!r} is not shown to hold there", None)


def _binds(child: Override | None, parent: Override | None) -> bool:
    """Return whether a rule that may be overridden still refuses where the parent's does."""
    if child is None:
        return True
    if parent is None:
        return False
    return child.flags & parent.flags == parent.flags and child.last_day <= parent.last_day


def _let_through(rule: Rule) -> Sequence[Box]:
    """Return the payments that a rule does not refuse: those that pass, and other days."""
    outside = (
        Interval(_DAYS.low, min(_DAYS.high, rule.first_day - 1)),
        Interval(max(_DAYS.low, rule.last_day + 1), _DAYS.high),
    )
    other_days = [Box(days=days) for days in outside if days.low <= days.high]
    return [*boxes(rule.condition), *other_days]


def _of_shedding(child: RuleBook, parent: RuleBook, search: Search) -> Iterator[Widening]:
    """Yield what sheds the mark of `child` and would not shed that of `parent`."""
    mine, theirs = child.shed(), parent.shed()
    if mine is None:
        return
    if theirs is None:
        yield Widening("effects", mine.id, f"{mine.id!r} sheds a mark that nothing sheds", None)
        return
    here = (Box(operations=frozenset({Operation.SHED})),)
    unions = (here, boxes(mine.condition), boxes(theirs.condition, is_met=False))
    if not search.finds(*unions):
        return
    example, shown = search.example(*unions), None
    if example is not None:
        leaves = [*leaves_of(mine.condition), *leaves_of(theirs.condition)]
        shown = next(_shedding_shown(mine, theirs, leaves, example), None)
    number = parent.effects.index(theirs)
    text = f"{theirs.id!r} asks for more before the mark is shed"
    yield Widening(f"effects.{number}", theirs.id, text, shown)


def _shedding_shown(
    mine: ShedsMark, theirs: ShedsMark, leaves: Sequence[Condition], example: Example
) -> Iterator[Example]:
    for seen in witnesses(leaves, example.observation):
        passes = not verdict(mine.condition, seen, example).reason
        if passes and verdict(theirs.condition, seen, example).reason:
            yield Example(seen, example.used)


def _of_parts(child: RuleBook, parent: RuleBook) -> Iterator[Widening]:
    """Yield larger shares that may be shed, and a longer chain."""
    mine, theirs = effect_of(child, ShedsPart), effect_of(parent, ShedsPart)
    if mine is not None:
        allowed = {part.use: part for part in theirs.parts} if theirs is not None else {}
        for part in mine.parts:
            limit = allowed.get(part.use)
            is_inside = limit is not None and part.share <= limit.share
            if not is_inside or (limit and part.flags & limit.flags != limit.flags):
                text = f"{mine.id!r} sheds more for {part.use}"
                yield Widening("effects", mine.id, text, None)
    chain, above = effect_of(child, Propagates), effect_of(parent, Propagates)
    if chain is not None and (above is None or chain.depth > above.depth):
        text = f"{chain.id!r} lets the chain go deeper"
        yield Widening("effects", chain.id, text, None)
