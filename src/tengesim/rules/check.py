"""The rule books and marks of a scenario, read the way a compiler reads a program.

Everything that is wrong is returned at once, each finding with the path of what it is about, so
that the loader can name file and line. What only the rest of the scenario knows comes in as a
`CheckContext`; nothing is assumed about what it does not say.
"""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from tengesim.codes import Evidence
from tengesim.money import format_amount
from tengesim.payment import Operation
from tengesim.rules.chains import of_acts, of_chains
from tengesim.rules.conditions import Condition
from tengesim.rules.conflicts import between
from tengesim.rules.effects import ShedsMark
from tengesim.rules.model import MarkSection, Rule, RuleBook
from tengesim.rules.regions import TYPICAL, Box, Interval, Names, Search, TooManyBoxesError
from tengesim.rules.soundness import (
    Fact,
    Located,
    Subject,
    Use,
    alone,
    located,
    overlap,
    some,
    span,
)
from tengesim.rules.terms import Method, OperationName, day_number

__all__ = ["CheckContext", "check"]

_PAY = frozenset({Operation.PAY})
_SPENT = frozenset({Operation.PAY, Operation.DISTRIBUTE})
_KEPT_TO_PURPOSE = frozenset(Operation) - {Operation.CONVERT}
# Alternatives in all rule books, and pairs of them compared; about a second of work.
_ALTERNATIVES_MAX = 5_000
_STEPS_MAX = 60_000
# Looking for a similar word is costly, so long lists and hostile files get none.
_COMPARED_MAX = 500
_SUGGESTED_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """What the checks need to know about the rest of the scenario.

    `start` is the first simulated day, `end` the day after the last. `prices_tiyn`, `methods`
    (proofs of presence that are offered) and `categories` (of the payees) are by programme, and
    what is left out is not checked. `holders` are all who may hold money, None if unknown.
    `controls` maps a programme paid with ordinary money to the rule book that controls it. Money of
    a programme among `free_once_paid` loses its mark in the payment itself. `issued` is the day on
    which money of a mark is first issued, by mark, where that decides which version it is under.
    """

    start: date
    end: date
    programmes: Collection[str]
    prices_tiyn: Mapping[str, int] = field(default_factory=dict)
    methods: Mapping[str, Collection[Method]] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    holders: Collection[str] | None = None
    controls: Mapping[str, str] = field(default_factory=dict)
    free_once_paid: Collection[str] = ()
    issued: Mapping[str, date] = field(default_factory=dict)


def check(
    books: Mapping[str, RuleBook], marks: Mapping[str, MarkSection], *, context: CheckContext
) -> list[Located]:
    """Return every finding about `books` and `marks`, each with its path in the scenario."""
    if context.holders is not None:
        # Made once: there may be hundreds of thousands.
        context = replace(context, holders=frozenset(context.holders))
    spelling = _Spelling()
    uses = _uses(books, marks, context)
    carriers: dict[str, list[str]] = {}
    for name, mark in marks.items():
        carriers.setdefault(mark.rule_book, []).append(name)
    found: list[Located] = []
    search, left = Search(_STEPS_MAX), _ALTERNATIVES_MAX
    for name, path, book in _editions(books):
        here = uses.get(path, ())
        found.extend(_ids(path, book))
        if name in carriers:
            stays = [
                mark
                for mark in carriers[name]
                if marks[mark].programme not in context.free_once_paid
            ]
            found.extend(_strands(path, book, carriers[name], stays_marked=stays))
        if left > 0:
            subjects, unread = _subjects(path, book)
            left -= sum(len(one.passing) + len(one.failing) for one in subjects)
            found.extend(unread)
            found.extend(_rules(subjects, here, context, search=search, spelling=spelling))
            found.extend(_effects(path, book, here, search))
        found.extend(of_acts(path, book, here))
        if left <= 0 or search.is_over:
            found.append(_too_long(path))
            break
    for name, mark in marks.items():
        found.extend(_mark(name, mark, books, context, spelling=spelling))
    found.extend(_overlapping(marks))
    found.extend(of_chains(books, marks))
    return found


def _editions(books: Mapping[str, RuleBook]) -> Iterator[tuple[str, str, RuleBook]]:
    """Yield each book, and each version of it as a book, with its name and its path."""
    for name, book in books.items():
        yield name, f"rule_books.{name}", book
        for number, version in enumerate(book.versions):
            yield name, f"rule_books.{name}.versions.{number}", version.book


class _Spelling:
    """Names that a wrong one was probably meant to be; for the first few wrong names only."""

    def __init__(self) -> None:
        self._left = _SUGGESTED_MAX

    def suggestion(self, wrong: str, known: Collection[str]) -> str:
        """Return what to do about a name that is not among the `known`."""
        close: list[str] = []
        if self._left and len(known) <= _COMPARED_MAX:
            self._left -= 1
            close = difflib.get_close_matches(wrong, sorted(known), n=1)
        return f"did you mean {close[0]!r}?" if close else "correct the name, or declare it"


def _worked_by(books: Mapping[str, RuleBook], name: str, issued: date | None) -> Sequence[str]:
    """Return the paths of the editions of a book that money of a mark may be under."""
    if name not in books:
        return ()
    if issued is None:
        return [path for _, path, _ in _editions({name: books[name]})]
    prefix, _ = books[name].in_force(day_number(issued))
    return (f"rule_books.{name}.{prefix}".removesuffix("."),)


def _uses(
    books: Mapping[str, RuleBook], marks: Mapping[str, MarkSection], context: CheckContext
) -> Mapping[str, Sequence[Use]]:
    """Return, by the path of a book or version, the marks and controls it works for in the run."""
    run = Interval(day_number(context.start), day_number(context.end) - 1)
    payee = TYPICAL.payee
    if context.holders and payee not in context.holders:
        payee = min(context.holders)
    uses: dict[str, list[Use]] = {}
    for name, mark in marks.items():
        if overlap(_validity(mark), run):
            days = _validity(mark).meet(run)
            use = _use(f"mark {name!r}", mark.programme, days, context, payee=payee)
            for path in _worked_by(books, mark.rule_book, context.issued.get(name)):
                uses.setdefault(path, []).append(use)
    for programme, book in context.controls.items():
        use = _use(f"the control of {programme!r}", programme, run, context, payee=payee)
        for path in _worked_by(books, book, None):
            uses.setdefault(path, []).append(use)
    return uses


def _use(label: str, programme: str, days: Interval, context: CheckContext, *, payee: str) -> Use:
    like = TYPICAL._replace(
        day=days.low,
        payee=payee,
        purpose=programme,
        category=context.categories.get(programme, TYPICAL.category),
        amount_tiyn=context.prices_tiyn.get(programme, TYPICAL.amount_tiyn),
    )
    facts = tuple(_facts(label, programme, days, context))
    return Use(label=label, days=days, facts=facts, like=like)


def _facts(label: str, programme: str, days: Interval, context: CheckContext) -> Iterator[Fact]:
    """Yield what is so in this use, whatever its rules say."""
    yield Fact(
        "RULE_CONTRADICTS",
        f"{label} is used from {span(days)}",
        _SPENT,
        (Box(days=days),),
        "a rule that leaves some of these days",
        "correct the days of the rule or of the mark",
    )
    if programme in context.programmes:
        yield Fact(
            "PURPOSE_EXCLUDED",
            f"its purpose is {programme!r}",
            _KEPT_TO_PURPOSE,
            (Box(purposes=Names(frozenset({programme}), is_inside=True)),),
            f"{programme!r} among the purposes",
            "name the programme of the mark in the rule",
        )
    price_tiyn = context.prices_tiyn.get(programme)
    if price_tiyn is not None:
        yield Fact(
            "LIMIT_BELOW_PRICE",
            f"the price of {programme!r} is {format_amount(price_tiyn)}",
            _SPENT,
            (Box(amounts=Interval(price_tiyn, price_tiyn)),),
            f"a limit of at least {format_amount(price_tiyn)}",
            "raise the limit, or correct the price",
        )
    category = context.categories.get(programme)
    if category is not None:
        yield Fact(
            "PURPOSE_EXCLUDED",
            f"the category of its payees is {category!r}",
            _PAY,
            (Box(categories=Names(frozenset({category}), is_inside=True)),),
            f"{category!r} among the categories",
            "name the category of the programme in the rule",
        )
    if programme in context.methods:
        yield _offered(programme, context.methods[programme])
    if context.holders:
        yield Fact(
            "NAME_UNKNOWN",
            "it names nobody who exists",
            _PAY,
            (Box(payees=Names(frozenset(context.holders), is_inside=True)),),
            "names of those who hold accounts in this scenario",
            "correct the names, or allow payees with a registered contract",
        )


def _offered(programme: str, methods: Collection[Method]) -> Fact:
    missing = 0
    for method in Method:
        if method not in methods:
            missing |= method.evidence.value
    offered = ", ".join(method for method in Method if method in methods) or "none"
    return Fact(
        "METHOD_NOT_OFFERED",
        f"the proofs of presence offered in {programme!r} are {offered}",
        _PAY,
        (Box(absent=missing),),
        f"one of {offered}",
        "offer one of the methods of the rule, or accept one that is offered",
    )


def _subjects(path: str, book: RuleBook) -> tuple[list[Subject], list[Located]]:
    """Return the rules of a book with their boxes, and findings about those without."""
    subjects: list[Subject] = []
    unread: list[Located] = []
    for number, rule in enumerate(book.rules):
        place = f"{path}.rules.{number}"
        try:
            subjects.append(Subject.of(rule, place))
        except TooManyBoxesError as error:
            unread.append(_too_complex(f"{place}.condition", rule, error))
    return subjects, unread


def _too_complex(path: str, rule: Rule, error: TooManyBoxesError) -> Located:
    message = f"rule {rule.id!r} has too many alternatives to be checked: {error}"
    do = "split it, or list names in one condition instead of many"
    return located(path, "RANGE", message, do=do)


def _too_long(path: str) -> Located:
    return located(
        f"{path}.rules",
        "RANGE",
        "the rules here and before have too many alternatives to be compared with each other",
        expected="rule books of some dozens of rules with few alternatives each",
        do="list names in one condition instead of many, or split the book by programme",
    )


def _rules(
    subjects: Sequence[Subject],
    uses: Sequence[Use],
    context: CheckContext,
    *,
    search: Search,
    spelling: _Spelling,
) -> Iterator[Located]:
    sound: list[Subject] = []
    for subject in subjects:
        findings = list(alone(subject, uses, search))
        yield from findings
        if not findings:
            sound.append(subject)
        if not any(finding.code == "NAME_UNKNOWN" for _, finding in findings):
            rule = subject.rule
            path = f"{subject.path}.condition"
            yield from _payees(rule, path, rule.condition, context, spelling=spelling)
    yield from between(sound, uses, search)


def _ids(path: str, book: RuleBook) -> Iterator[Located]:
    """Yield ids that two things in a book share: the log could not tell which one decided."""
    first: dict[str, str] = {}
    for kind in ("rules", "effects", "procedures"):
        for number, entry in enumerate(getattr(book, kind)):
            place = f"{kind}.{number}"
            if entry.id in first:
                message = f"the id {entry.id!r} is already that of {first[entry.id]}"
                expected = "each id once in a rule book"
                yield located(f"{path}.{place}.id", "NAME_TWICE", message, expected=expected)
            first.setdefault(entry.id, place)


def _payees(
    rule: Rule, path: str, condition: Condition, context: CheckContext, *, spelling: _Spelling
) -> Iterator[Located]:
    """Yield names of payees that nobody has."""
    if condition.kind == "payee_in" and context.holders is not None:
        for number, name in enumerate(condition.payees):
            if name not in context.holders:
                message = f"rule {rule.id!r} names {name!r}, and nobody is called so"
                do = spelling.suggestion(name, context.holders)
                yield located(f"{path}.payees.{number}", "NAME_UNKNOWN", message, do=do)
    elif condition.kind == "not":
        inner = f"{path}.condition"
        yield from _payees(rule, inner, condition.condition, context, spelling=spelling)
    elif condition.kind in {"all_of", "any_of"}:
        for number, part in enumerate(condition.conditions):
            inner = f"{path}.conditions.{number}"
            yield from _payees(rule, inner, part, context, spelling=spelling)


def _effects(path: str, book: RuleBook, uses: Sequence[Use], search: Search) -> Iterator[Located]:
    """Yield effects that come twice, and conditions of shedding that cannot be met."""
    seen: set[str] = set()
    for key in ("effects", "procedures"):
        for number, entry in enumerate(getattr(book, key)):
            place = f"{path}.{key}.{number}"
            if entry.kind in seen:
                message = f"{entry.id!r} is a second {entry.kind}, and only the first counts"
                yield located(place, "RULE_UNUSED", message, expected="one of each kind")
            seen.add(entry.kind)
            if isinstance(entry, ShedsMark):
                yield from _shedding(entry, place, uses, search)


def _shedding(
    effect: ShedsMark, path: str, uses: Sequence[Use], search: Search
) -> Iterator[Located]:
    rule = Rule(
        id=effect.id,
        on=(OperationName.SHED,),
        condition=effect.condition,
        text=effect.text,
        reference=effect.reference,
    )
    met = [use._replace(facts=(*use.facts, _NO_BENEFICIARY)) for use in uses]
    try:
        findings = list(alone(Subject.of(rule, path), met, search))
    except TooManyBoxesError as error:
        findings = [_too_complex(f"{path}.condition", rule, error)]
    # A payee whose money is free at once is a choice, not a mistake.
    yield from (one for one in findings if one[1].code != "RULE_ALWAYS")


_BENEFICIARY_FLAGS = sum(
    flag.value
    for flag in Evidence
    if flag.name is not None and flag.name.startswith(("PRESENCE", "BENEFICIARY"))
)
_NO_BENEFICIARY = Fact(
    "RULE_NEVER",
    "when a mark is shed no beneficiary is there, so neither presence nor eligibility is seen",
    frozenset({Operation.SHED}),
    (Box(absent=_BENEFICIARY_FLAGS),),
    "documents that stand in registers",
    "require them of the payment, and documents of the shedding",
)


def _strands(
    path: str, book: RuleBook, marks: Sequence[str], *, stays_marked: Sequence[str]
) -> Iterator[Located]:
    """Yield what the book of `marks` lacks, so that money under them could never get out.

    Those that `stays_marked` names are not shed by the payment itself.
    """
    carriers = some(repr(name) for name in marks)
    if book.shed() is None and stays_marked:
        with_payees = some(repr(name) for name in stays_marked)
        yield located(
            f"{path}.effects",
            "MARK_STRANDS",
            f"money under {with_payees} would stay with payees: nothing sheds the mark",
            expected="an effect of kind `sheds_mark`",
            do="say on what evidence a payee's money becomes unmarked",
        )
    if book.expiry() is None:
        yield located(
            f"{path}.procedures",
            "MARK_STRANDS",
            f"what is left in purses under {carriers} would stay there after expiry",
            expected="a procedure of kind `return_on_expiry`",
            do="say when it goes back to the return account",
        )


def _mark(
    name: str,
    mark: MarkSection,
    books: Mapping[str, RuleBook],
    context: CheckContext,
    *,
    spelling: _Spelling,
) -> Iterator[Located]:
    """Yield references of a mark that lead nowhere, and validity outside the simulated days."""
    references: tuple[tuple[str, str, Collection[str] | None, str], ...] = (
        ("rule_book", mark.rule_book, books, "rule book"),
        ("programme", mark.programme, context.programmes, "programme"),
        ("owner", mark.owner, context.holders, "holder"),
        ("return_account", mark.return_account, context.holders, "holder"),
    )
    for key, value, known, what in references:
        if known is not None and value not in known:
            message = f"there is no {what} {value!r}"
            do = spelling.suggestion(value, known)
            yield located(f"marks.{name}.{key}", "NAME_UNKNOWN", message, do=do)
    run = Interval(day_number(context.start), day_number(context.end) - 1)
    if not overlap(_validity(mark), run):
        has_ended = mark.valid_until < context.start
        yield located(
            f"marks.{name}.{'valid_until' if has_ended else 'valid_from'}",
            "RULE_UNREACHABLE",
            f"the mark is valid from {span(_validity(mark))}, the run is from {span(run)}",
            expected="validity within the simulated days",
            do="correct the validity of the mark, or the days of the run",
        )


def _overlapping(marks: Mapping[str, MarkSection]) -> Iterator[Located]:
    """Yield marks of one programme and owner that are valid on the same days.

    A child has the days of its parent, whose money it is.
    """
    order = sorted(
        ((name, mark) for name, mark in marks.items() if mark.parent is None),
        key=lambda one: (one[1].programme, one[1].owner, one[1].valid_from, one[0]),
    )
    # Of the marks so far, the one that lasts longest: whoever starts before its end overlaps it.
    longest: dict[tuple[str, str], tuple[str, MarkSection]] = {}
    for name, mark in order:
        key = (mark.programme, mark.owner)
        earlier, other = longest.setdefault(key, (name, mark))
        if mark.valid_until > other.valid_until:
            longest[key] = (name, mark)
        if earlier != name and overlap(_validity(mark), _validity(other)):
            both = _validity(mark).meet(_validity(other))
            yield located(
                f"marks.{name}.valid_from",
                "MARKS_OVERLAP",
                f"marks {earlier!r} and {name!r} of {mark.programme!r} are both valid"
                f" from {span(both)}",
                expected=f"a start on or after {other.valid_until + timedelta(days=1)}",
                do="separate their days, or make them one mark",
            )


def _validity(mark: MarkSection) -> Interval:
    return Interval(day_number(mark.valid_from), day_number(mark.valid_until))
