"""One rule by itself, and against the facts of the world it is to work in.

Every question is put to the boxes of `regions`: is there a payment that passes, or one that
fails? So a mistake is found whatever it is written with. Of the kinds of mistake only the first
found is reported for a rule, so that one slip does not come back as ten.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Final, NamedTuple

from tengesim.errors import Finding
from tengesim.payment import Observation, Operation
from tengesim.rules.conditions import Condition
from tengesim.rules.model import Rule
from tengesim.rules.regions import Box, Interval, Search, boxes, meet

__all__ = ["Fact", "Located", "Subject", "Use", "alone", "located", "on", "overlap", "some", "span"]

Located = tuple[str, Finding]

_EPOCH: Final = date(1970, 1, 1)
_UNBOUNDED: Final = Box()
_LISTED_MAX: Final = 3
# Facts that bound each other are compared together.
_SUBJECT_OF: Final = {
    "weekdays": "days",
    "present": "evidence",
    "absent": "evidence",
    "totals": "amounts",
    "counts": "amounts",
}


class Fact(NamedTuple):
    """Something that is so in the world of the scenario for some operations, whatever the rules."""

    code: str
    text: str
    operations: frozenset[Operation]
    boxes: Sequence[Box]
    expected: str
    do: str


class Use(NamedTuple):
    """One mark or control that a rule book works for: its days, its facts, a typical payment."""

    label: str
    days: Interval
    facts: Sequence[Fact]
    like: Observation


class Subject(NamedTuple):
    """A rule under examination: where it is in force, what passes it there and what fails it.

    `subjects` names the facts that it reads.
    """

    rule: Rule
    path: str
    operations: frozenset[Operation]
    days: Interval
    guard: Sequence[Box]
    passing: Sequence[Box]
    failing: Sequence[Box]
    subjects: frozenset[str]

    @classmethod
    def of(cls, rule: Rule, path: str) -> "Subject":
        """Return `rule`, which stands at `path`, with its boxes.

        Raises TooManyBoxesError when its alternatives multiply beyond what can be looked at.
        """
        passing, failing = boxes(rule.condition), boxes(rule.condition, is_met=False)
        touched = (
            name
            for box in (*passing, *failing)
            for name, bound, free in zip(Box._fields, box, _UNBOUNDED, strict=True)
            if bound != free
        )
        operations = frozenset(name.operation for name in rule.on)
        days = Interval(rule.first_day, rule.last_day)
        guard = (Box(operations=operations, days=days),)
        return cls(
            rule=rule,
            path=path,
            operations=operations,
            days=days,
            guard=guard,
            passing=meet(passing, guard),
            failing=meet(failing, guard),
            subjects=frozenset(_SUBJECT_OF.get(name, name) for name in touched),
        )


def located(
    path: str, code: str, message: str, *, expected: str | None = None, do: str | None = None
) -> Located:
    """Return a finding with the path it is about."""
    return path, Finding(code, message, path=path, expected=expected, do=do)


def on(*operations: Operation) -> Sequence[Box]:
    """Return every payment that is one of `operations`."""
    return (Box(operations=frozenset(operations)),)


def overlap(one: Interval, other: Interval) -> bool:
    """Return whether two intervals have a member in common."""
    common = one.meet(other)
    return common.low <= common.high


def some(texts: Iterable[str]) -> str:
    """Return the first few of `texts` in one, and how many more there are."""
    listed = list(texts)
    first = " and ".join(listed[:_LISTED_MAX])
    more = len(listed) - _LISTED_MAX
    return f"{first} and {more} more" if more > 0 else first


def span(days: Interval) -> str:
    """Return the first and the last of `days` as dates."""
    first, last = (_EPOCH + timedelta(days=day) for day in days)
    return f"{first} to {last}"


def alone(subject: Subject, uses: Sequence[Use], search: Search) -> Iterator[Located]:
    """Yield what is wrong with one rule, of the first kind of mistake that is found."""
    rule, path = subject.rule, subject.path
    if rule.last_day < rule.first_day:
        message = f"rule {rule.id!r} ends on {rule.valid_until}, before it starts"
        expected = "valid_until on or after valid_from"
        yield located(f"{path}.valid_until", "END_BEFORE_START", message, expected=expected)
        return
    if uses and not any(overlap(subject.days, use.days) for use in uses):
        yield _unreachable(subject, uses)
        return
    # A book may refuse every conversion: to forbid is then the point.
    other_than_convert = subject.operations - {Operation.CONVERT}
    if other_than_convert and not search.finds(subject.passing, on(*other_than_convert)):
        yield _never(
            rule, *_blame(rule.condition, f"{path}.condition", subject.guard, search), search
        )
        return
    if not subject.failing:
        yield located(
            f"{path}.condition",
            "RULE_ALWAYS",
            f"rule {rule.id!r} refuses nothing that it guards ({', '.join(rule.on)})",
            expected="a rule that at least one payment fails",
            do="remove the rule, or correct its condition or what it is `on`",
        )
        return
    parts = list(_idle_parts(subject, rule.condition, f"{path}.condition", search))
    yield from parts or _against_facts(subject, uses, search)


def _unreachable(subject: Subject, uses: Sequence[Use]) -> Located:
    rule = subject.rule
    has_ended = rule.last_day < min(use.days.low for use in uses)
    key = "valid_until" if has_ended else "valid_from"
    days = some(f"{use.label} from {span(use.days)}" for use in uses)
    return located(
        f"{subject.path}.{key}",
        "RULE_UNREACHABLE",
        f"rule {rule.id!r} is never in force: its book works for {days}",
        expected="days of validity among those on which the book is used",
        do=f"correct {key}, or remove the rule",
    )


def _never(rule: Rule, condition: Condition, path: str, search: Search) -> Located:
    """Return the finding about a condition that no payment passes."""
    where = f"rule {rule.id!r}"
    expected = "a rule that at least one payment passes"
    match condition.kind:
        case "within_validity" if condition.until < condition.since:
            message = f"{where} ends on {condition.until}, before it starts on {condition.since}"
            expected = "`until` on or after `from`"
            return located(f"{path}.until", "END_BEFORE_START", message, expected=expected)
        case "time_window" if condition.end_us <= condition.since:
            message = f"{where} lets no time of day through: it ends before it starts"
            do = "write a window over midnight as `any_of` of two windows"
            return located(f"{path}.until", "RULE_NEVER", message, expected=expected, do=do)
        case "amount_at_most" | "amount_per_period_at_most" | "count_per_period_at_most":
            message = f"{where} has a limit of 0, so nothing passes"
            do = "raise the limit; to stop all payments, end the validity instead"
            return located(f"{path}.limit", "RULE_NEVER", message, expected=expected, do=do)
        case "all_of":
            message = f"{_clash(condition.conditions, search)} of {where} contradict"
            do = "loosen one of these parts"
            return located(path, "RULE_CONTRADICTS", message, expected=expected, do=do)
        case _:
            message = f"nothing passes {where}"
            do = "loosen the condition"
            return located(path, "RULE_NEVER", message, expected=expected, do=do)


def _clash(parts: Sequence[Condition], search: Search) -> str:
    """Return which parts nothing passes together: a pair, if a pair is enough."""
    for (first, one), (second, other) in combinations(enumerate(parts), 2):
        if not search.finds(boxes(one), boxes(other)):
            return f"parts {first} and {second}"
    return "the parts together"


def _blame(
    condition: Condition, path: str, given: Sequence[Box], search: Search
) -> tuple[Condition, str]:
    """Return the innermost part that by itself keeps out everything in `given`."""
    if condition.kind == "all_of":
        for number, part in enumerate(condition.conditions):
            if not search.finds(boxes(part), given):
                return _blame(part, f"{path}.conditions.{number}", given, search)
    if condition.kind == "any_of" and len(condition.conditions) == 1:
        return _blame(condition.conditions[0], f"{path}.conditions.0", given, search)
    return condition, path


def _idle_parts(
    subject: Subject, condition: Condition, path: str, search: Search
) -> Iterator[Located]:
    """Yield the parts of a composition that can be left out without any change."""
    if condition.kind == "not":
        yield from _idle_parts(subject, condition.condition, f"{path}.condition", search)
    if condition.kind not in {"all_of", "any_of"}:
        return
    is_any = condition.kind == "any_of"
    for number, part in enumerate(condition.conditions):
        inner = f"{path}.conditions.{number}"
        if search.finds(boxes(part, is_met=is_any), subject.guard):
            yield from _idle_parts(subject, part, inner, search)
            continue
        what = "can never pass" if is_any else "always passes"
        yield located(
            inner,
            "RULE_UNUSED",
            f"part {number} of rule {subject.rule.id!r} {what}, so it changes nothing",
            expected="parts that can matter",
            do="remove the part, or correct it",
        )


def _against_facts(subject: Subject, uses: Sequence[Use], search: Search) -> Iterator[Located]:
    """Yield each fact of a use that leaves nothing able to pass the rule."""
    rule = subject.rule
    # Two marks of one programme have one price; that is one finding.
    found: dict[tuple[str, str], Located] = {}
    for use in (use for use in uses if overlap(subject.days, use.days)):
        if search.is_over:
            break
        for fact in use.facts:
            guarded = sorted(fact.operations & subject.operations)
            if all(search.finds(subject.passing, on(each), fact.boxes) for each in guarded):
                continue
            path = f"{subject.path}.condition"
            condition, path = _blame(rule.condition, path, fact.boxes, search)
            path += _key_of(condition)
            message = f"rule {rule.id!r} lets nothing under {use.label} through: {fact.text}"
            finding = located(path, fact.code, message, expected=fact.expected, do=fact.do)
            found.setdefault((path, fact.code), finding)
    yield from found.values()


def _key_of(condition: Condition) -> str:
    """Return the key that a person would correct, with its dot; empty for the whole section."""
    match condition.kind:
        case "amount_at_most" | "amount_per_period_at_most" | "count_per_period_at_most":
            return ".limit"
        case "purpose_is":
            return ".purposes"
        case "merchant_category_in":
            return ".categories"
        case "payee_in":
            return ".payees"
        case "presence_proven":
            return ".methods"
        case _:
            return ""
