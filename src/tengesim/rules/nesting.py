"""What a place cannot run: rules too deep, facts and evidence it does not hold, unknown ways.

Apart from the tables, because scenarios are refused before anything compiled is loaded.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from tengesim.codes import Evidence
from tengesim.rules.conditions import Condition
from tengesim.rules.model import BookVersion, Rule, RuleBook
from tengesim.rules.terms import OperationName, bits_of

__all__ = [
    "NESTING_MAX",
    "Refusal",
    "Shown",
    "leaves_of",
    "parts_of",
    "refusals",
    "runs_in_tables",
    "unserved",
    "unshown",
]

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
# Conditions that read one flag of the evidence.
_FLAG_OF: Final = {
    "beneficiary_eligible": Evidence.BENEFICIARY_ELIGIBLE.value,
    "biometrics_matched": Evidence.PRESENCE_BIOMETRIC.value,
    "consented": Evidence.CONSENT_GIVEN.value,
    "unaffiliated": Evidence.PAYEE_AFFILIATED.value,
    "verified_above": Evidence.STEP_UP.value,
}
_EFFECTS: Final = frozenset({"sheds_mark", "restores_mark"})
_PROCEDURES: Final = frozenset({"mints_reward", "return_on_expiry", "schedules"})


class Refusal(NamedTuple):
    """A part of a rule book that retail payments cannot carry out, with its path in the book."""

    path: str
    text: str


class Shown(NamedTuple):
    """What a place can ever show of a use of money: flags, and what it leaves blank.

    `untold` are kinds of conditions that read what is not said there, such as a category where
    nobody is paid.
    """

    evidence: int
    untold: frozenset[str] = frozenset()


def unshown(book: RuleBook, shown: Mapping[OperationName, Shown]) -> Iterator[Refusal]:
    """Yield each condition of `book` that asks for evidence nobody can ever show here.

    It would refuse every payment, or none, whatever happens; so it is either a mistake or written
    for another place. What sheds a mark is asked as `shed`, what an instalment waits for as `pay`.
    """
    for prefix, edition in book.editions():
        for place, rule in enumerate(edition.rules):
            path = f"{prefix}rules.{place}.condition"
            for name in rule.on:
                if name in shown:
                    yield from _unshown(path, rule.id, rule.condition, name, shown[name])
        for place, effect in enumerate(edition.effects):
            if effect.kind == "sheds_mark" and OperationName.SHED in shown:
                name, path = OperationName.SHED, f"{prefix}effects.{place}.condition"
                yield from _unshown(path, effect.id, effect.condition, name, shown[name])
        for place, procedure in enumerate(edition.procedures):
            if procedure.kind == "pays_instalments" and OperationName.PAY in shown:
                name, path = OperationName.PAY, f"{prefix}procedures.{place}.condition"
                yield from _unshown(path, procedure.id, procedure.condition, name, shown[name])


def refusals(book: RuleBook) -> list[Refusal]:
    """Return each part of `book` that compiled payments would have to skip."""
    return list(_refusals(book))


def unserved(
    book: RuleBook,
    *,
    effects: frozenset[str],
    procedures: frozenset[str],
    holds: bool,
    overrides: bool = False,
    versions: bool = False,
    asked: frozenset[OperationName] | None = None,
) -> Iterator[Refusal]:
    """Yield each part of `book` that those who ask it do not carry out.

    They know the kinds of `effects` and `procedures`, and what to do with a payment on hold, with
    a declared emergency and with money of earlier days only where the flags say so. `asked` are the
    uses of money about which they ask the book, None where that is not known.
    """
    if asked is not None:
        yield from _unasked(book, asked)
    yield from _unserved("", book, effects, procedures, holds=holds, overrides=overrides)
    if book.versions and not versions:
        yield Refusal("versions", "nobody asks when the money was issued")
        return
    for place, version in enumerate(book.versions):
        path = f"versions.{place}."
        yield from _unserved(path, version, effects, procedures, holds=holds, overrides=overrides)


def _unasked(book: RuleBook, asked: frozenset[OperationName]) -> Iterator[Refusal]:
    """Yield each operation that a rule guards and that nobody asks about."""
    editions: list[tuple[str, RuleBook | BookVersion]] = [("", book)]
    editions += ((f"versions.{place}.", one) for place, one in enumerate(book.versions))
    for path, edition in editions:
        for place, rule in enumerate(edition.rules):
            for number, name in enumerate(rule.on):
                if name not in asked and not _holds_anyhow(rule, name):
                    text = f"rule {rule.id} guards {name}, and here nobody asks about that"
                    yield Refusal(f"{path}rules.{place}.on.{number}", text)


def _holds_anyhow(rule: Rule, name: OperationName) -> bool:
    """Return whether a rule forbids what cannot be done where nobody asks: to change the form."""
    forbids = rule.condition.kind == "conversion_forbidden"
    return name is OperationName.CONVERT and forbids


def _unserved(
    path: str,
    book: RuleBook | BookVersion,
    effects: frozenset[str],
    procedures: frozenset[str],
    *,
    holds: bool,
    overrides: bool,
) -> Iterator[Refusal]:
    for place, rule in enumerate(book.rules):
        if rule.queue is not None and not holds:
            text = f"rule {rule.id} holds payments, and nobody looks after {rule.queue}"
            yield Refusal(f"{path}rules.{place}.queue", text)
        if rule.override is not None and not overrides:
            text = f"rule {rule.id} may be overridden in an emergency, and nobody declares one"
            yield Refusal(f"{path}rules.{place}.override", text)
    for name, known in (("effects", effects), ("procedures", procedures)):
        for place, part in enumerate(getattr(book, name)):
            if part.kind not in known:
                text = f"nobody carries out {part.id}: {part.kind}"
                yield Refusal(f"{path}{name}.{place}", text)


def _unshown(
    path: str, name: str, condition: Condition, on: OperationName, shown: Shown
) -> Iterator[Refusal]:
    for number, part in enumerate(parts_of(condition)):
        step = f"conditions.{number}" if condition.kind != "not" else "condition"
        yield from _unshown(f"{path}.{step}", name, part, on, shown)
    missing = [
        str(Evidence(flag).name).lower()
        for flags in _asked_of(condition)
        if not flags & shown.evidence
        for flag in bits_of(flags)
    ]
    if condition.kind in shown.untold:
        text = f"rule {name} reads what nobody says here at {on}: {condition.kind}"
        yield Refusal(path, text)
    elif missing:
        text = f"rule {name} asks at {on} for what nobody shows here: {', '.join(missing)}"
        yield Refusal(path, text)


def _asked_of(condition: Condition) -> tuple[int, ...]:
    """Return the flags that a condition without parts reads; of each number one may be enough."""
    flag = _FLAG_OF.get(condition.kind)
    if flag is not None:
        return (flag,)
    match condition.kind:
        case "presence_proven" | "tier_at_least":
            return (condition.flags,)
        case "approved_by" | "evidence_present" | "milestone_signed" | "payee_in_good_standing":
            return tuple(bits_of(condition.flags))
        case "payee_in":
            return (Evidence.PAYEE_CONTRACTED.value,) if condition.contracted else ()
        case "payee_not_listed":
            return (Evidence.PAYEE_LISTED.value,) if condition.registers else ()
        case _:
            return ()


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


def leaves_of(condition: Condition) -> Iterator[Condition]:
    """Yield the conditions that have no parts, in the order in which they are written."""
    pending = [condition]
    while pending:
        one = pending.pop()
        parts = parts_of(one)
        pending.extend(reversed(parts))
        if not parts:
            yield one


def _refusals(book: RuleBook) -> Iterator[Refusal]:
    for place, rule in enumerate(book.rules):
        path = f"rules.{place}"
        yield from _of_condition(f"{path}.condition", rule.id, rule.condition)
        if rule.queue is not None:
            text = f"rule {rule.id} holds payments, and a retail payment is made at once or never"
            yield Refusal(f"{path}.queue", text)
        if rule.override is not None:
            text = f"rule {rule.id} may be overridden, and nobody signs a retail payment"
            yield Refusal(f"{path}.override", text)
    for place, effect in enumerate(book.effects):
        path = f"effects.{place}"
        if effect.kind == "sheds_mark":
            yield from _of_condition(f"{path}.condition", effect.id, effect.condition)
        elif effect.kind not in _EFFECTS:
            text = (
                f"effect {effect.id} changes what a payment moves, and a retail payment moves one"
            )
            yield Refusal(path, f"{text} sum: {effect.kind}")
    for place, procedure in enumerate(book.procedures):
        if procedure.kind not in _PROCEDURES:
            text = f"nobody carries out procedure {procedure.id} on retail marks: {procedure.kind}"
            yield Refusal(f"procedures.{place}", text)
    if book.versions:
        text = "versions of the book cannot be told apart in a purse, which is one sum"
        yield Refusal("versions", text)


def _of_condition(path: str, name: str, condition: Condition) -> Iterator[Refusal]:
    if _nesting(condition) > NESTING_MAX:
        text = f"rule {name} has more than {NESTING_MAX} compositions inside one another"
        yield Refusal(path, text)
        return
    for leaf in leaves_of(condition):
        if not runs_in_tables(leaf):
            text = f"rule {name} reads what a retail payment does not show: {leaf.kind}"
            yield Refusal(path, text)


def _nesting(condition: Condition) -> int:
    """Return how many compositions stand inside one another at most."""
    depth, level = 0, parts_of(condition)
    while level:
        depth += 1
        level = tuple(part for one in level for part in parts_of(one))
    return depth
