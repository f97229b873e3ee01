"""Rules against each other: pairs that contradict, rules that change nothing, dead ends.

A contradiction is a pair of rules, or a few rules together with the facts of the world, that no
payment passes; it is reported with the smallest set that is guilty and, for a pair, with payments
that show it. Rules that are wrong by themselves are left to `soundness`.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, permutations

from tengesim.money import format_amount
from tengesim.payment import Observation, Operation
from tengesim.rules.conditions import Condition, reasons_of
from tengesim.rules.regions import (
    TYPICAL,
    Box,
    Interval,
    Search,
    meet,
)
from tengesim.rules.sentences import payment_sentence
from tengesim.rules.soundness import Located, Subject, Use, located, on, overlap, span

__all__ = ["between"]

_EXPECTED = "rules that at least one payment passes together"


def between(sound: Sequence[Subject], uses: Sequence[Use], search: Search) -> Iterator[Located]:
    """Yield what is wrong among rules of one book that are each sound by themselves."""
    clashing: set[str] = set()
    contradicting: set[str] = set()
    for earlier, later in combinations(sound, 2):
        if search.is_over:
            return
        finding = _pair(earlier, later, uses, search)
        if finding is not None:
            clashing |= {earlier.path, later.path}
            contradicting.add(later.path)
            yield finding
    yield from _unused([subject for subject in sound if subject.path not in clashing], search)
    yield from _crossed(sound)
    consistent = [subject for subject in sound if subject.path not in contradicting]
    for use in uses:
        if search.is_over:
            return
        dead_end = _dead_end(consistent, use, search)
        if dead_end is not None:
            yield dead_end


def _pair(earlier: Subject, later: Subject, uses: Sequence[Use], search: Search) -> Located | None:
    """Return the contradiction between two rules, None if something passes both."""
    days = earlier.days.meet(later.days)
    # Rules that read different facts cannot contradict, whatever they say.
    if days.low > days.high or not earlier.subjects & later.subjects:
        return None
    for operation in sorted(earlier.operations & later.operations - {Operation.CONVERT}):
        here = (Box(operations=frozenset({operation}), days=days),)
        if search.finds(earlier.passing, later.passing, here):
            continue
        shown = [
            _shown(one, other, here, search, like=uses[0].like if uses else TYPICAL)
            for one, other in permutations((earlier, later))
        ]
        texts = [text for text in shown if text]
        examples = f"; for example {', and '.join(texts)}" if texts else ""
        return located(
            f"{later.path}.condition",
            "RULE_CONTRADICTS",
            f"rules {earlier.rule.id!r} and {later.rule.id!r} contradict:"
            f" nothing passes both{examples}",
            expected=_EXPECTED,
            do="remove or loosen one of the two",
        )
    return None


def _shown(
    passed: Subject, refused: Subject, here: Sequence[Box], search: Search, *, like: Observation
) -> str:
    found = search.example(passed.passing, refused.failing, here, like=like)
    if found is None:
        return ""
    payment = payment_sentence(found, passed.subjects & refused.subjects)
    return f"{payment} passes {passed.rule.id!r} and is refused by {refused.rule.id!r}"


def _unused(sound: Sequence[Subject], search: Search) -> Iterator[Located]:
    """Yield rules that refuse only what another refuses for the same reason."""
    reasons = {subject.path: reasons_of(subject.rule.condition) for subject in sound}
    idle: set[str] = set()
    # The later of two equal rules is the one too many.
    for one, other in ((one, other) for one in reversed(sound) for other in sound):
        if search.is_over:
            return
        if one is other or idle & {one.path, other.path} or not one.subjects <= other.subjects:
            continue
        if len(reasons[one.path] | reasons[other.path]) > 1 or not _is_guarded(one, other):
            continue
        if not search.finds(one.failing, other.passing):
            idle.add(one.path)
            yield located(
                one.path,
                "RULE_UNUSED",
                f"rule {one.rule.id!r} changes nothing: what it refuses, {other.rule.id!r}"
                " refuses too, and for the same reason",
                expected="rules that can matter",
                do="remove one of the two, or correct the limit that was meant to bind",
            )


def _is_guarded(one: Subject, other: Subject) -> bool:
    """Return whether `other` is in force wherever `one` is."""
    days_in = other.days.low <= one.days.low and one.days.high <= other.days.high
    return days_in and one.operations <= other.operations


def _crossed(sound: Sequence[Subject]) -> Iterator[Located]:
    """Yield limits for one payment above what the payer may pay in a whole period."""
    atoms = [
        (subject, path, atom)
        for subject in sound
        for path, atom in _atoms(subject.rule.condition, f"{subject.path}.condition")
    ]
    for subject, path, single in atoms:
        if single.kind != "amount_at_most":
            continue
        for other, _, total in atoms:
            if total.kind != "amount_per_period_at_most" or single.limit <= total.limit:
                continue
            if subject.operations & other.operations:
                yield located(
                    f"{path}.limit",
                    "LIMITS_CROSSED",
                    f"rule {subject.rule.id!r} allows {format_amount(single.limit)} for one"
                    f" payment, but {other.rule.id!r} only {format_amount(total.limit)}"
                    f" a {total.period}",
                    expected="a limit for one payment within the limit for the period",
                    do="lower the one, or raise the other",
                )


def _atoms(condition: Condition, path: str) -> Iterator[tuple[str, Condition]]:
    if condition.kind == "all_of":
        for number, part in enumerate(condition.conditions):
            yield from _atoms(part, f"{path}.conditions.{number}")
    else:
        yield path, condition


def _dead_end(sound: Sequence[Subject], use: Use, search: Search) -> Located | None:
    """Return the first days of a use on which no payment passes all rules, None without any."""
    cuts = {day for one in sound for day in (one.days.low, one.days.high + 1)}
    inner = sorted(cut for cut in cuts if use.days.low < cut <= use.days.high)
    for first, end in pairwise([use.days.low, *inner, use.days.high + 1]):
        days = Interval(first, end - 1)
        rules = [
            one for one in sound if Operation.PAY in one.operations and overlap(one.days, days)
        ]
        facts = [fact for fact in use.facts if Operation.PAY in fact.operations]
        unions = [*(one.passing for one in rules), *(fact.boxes for fact in facts)]
        here = meet(on(Operation.PAY), (Box(days=days),))
        if search.finds(here, *unions):
            continue
        needed = _smallest(unions, here, search)
        guilty = [one for number, one in enumerate(rules) if number in needed]
        names = " and ".join(repr(one.rule.id) for one in guilty)
        texts = [fact.text for number, fact in enumerate(facts, len(rules)) if number in needed]
        return located(
            f"{guilty[-1].path}.condition",
            "RULE_CONTRADICTS",
            f"from {span(days)} no payment under {use.label} passes {'; '.join([names, *texts])}",
            expected=_EXPECTED,
            do="remove or loosen one of them",
        )
    return None


def _smallest(unions: Sequence[Sequence[Box]], here: Sequence[Box], search: Search) -> set[int]:
    """Return the numbers of unions that are all needed to leave nothing."""
    needed = set(range(len(unions)))
    for number in range(len(unions)):
        fewer = [unions[one] for one in sorted(needed - {number})]
        if not search.finds(here, *fewer):
            needed.discard(number)
    return needed
