"""What rule books of the money of chains say beside the sections of public procurement.

A thing that a book says in place of a section is said once; and each book that marks below may have
is carried out as far as the first one is.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from tengesim.errors import Finding
from tengesim.institutions.procurement.contract_model import ContractsSection, MoneySection
from tengesim.rules.apply import effect_of
from tengesim.rules.effects import Propagates, ShedsPart
from tengesim.rules.model import RuleBook
from tengesim.rules.nesting import Refusal, unserved
from tengesim.rules.terms import OperationName, PartUse
from tengesim.scenario.references import carried_out

__all__ = ["books_down", "check_chain"]

Located = tuple[str, Finding]

_MONEY: Final = "procurement.money"
_OF_ACCOUNTS: Final = frozenset({"sheds_part", "splits_tax"})
_OF_MARKS: Final = frozenset({"sheds_mark", "propagates", *_OF_ACCOUNTS})
_PROCEDURES: Final = frozenset({"claws_back", "freezes", "refunds_fast"})


def check_chain(
    money: MoneySection, contracts: ContractsSection | None, books: Mapping[str, RuleBook]
) -> Iterator[Located]:
    """Yield every finding about the rules that money below the budget is under."""
    book = None if money.account is None else books.get(money.account)
    chain = None if book is None else effect_of(book, Propagates)
    if money.mark_scope == "propagated" and chain is None:
        message = "no rule book says how deep the mark is passed on"
        yield (
            f"{_MONEY}.mark_scope",
            Finding(
                "ARM",
                message,
                expected="a book `account` with an effect of kind `propagates`",
                do="write the effect into the book, or state a depth here",
            ),
        )
    if money.account is None or book is None:
        return
    effects = _OF_MARKS if money.is_marked else _OF_ACCOUNTS
    if contracts is not None and contracts.chain.paid_back is not None:
        effects |= {"restores_mark"}
    asked = {OperationName.PAY, OperationName.CONVERT} if money.is_marked else {OperationName.PAY}
    for name in books_down(money.account, books):
        parts = unserved(
            books[name],
            effects=effects,
            procedures=_PROCEDURES,
            holds=False,
            versions=True,
            asked=frozenset(asked),
        )
        yield from carried_out(f"rule_books.{name}", (*parts, *_by_day(books[name])))
    release = None if money.release is None else books.get(money.release)
    yield from _in_both_books(money.account, book, release)
    yield from _said_twice(money, chain, [books[name] for name in books_down(money.account, books)])


def books_down(name: str, books: Mapping[str, RuleBook]) -> list[str]:
    """Return the names of the book of a mark and of those that marks below it have."""
    names: list[str] = []
    while name in books and name not in names:
        names.append(name)
        chain = effect_of(books[name], Propagates)
        name = name if chain is None or chain.rule_book is None else chain.rule_book
    return names


def _by_day(book: RuleBook) -> Iterator[Refusal]:
    """Yield ways of passing a mark on that would depend on the day on which money was issued."""
    always = effect_of(book, Propagates)
    for place, version in enumerate(book.versions):
        for number, effect in enumerate(version.effects):
            if isinstance(effect, Propagates) and effect != always:
                text = f"{effect.id} would pass on money of some days, and a chain has one depth"
                yield Refusal(f"versions.{place}.effects.{number}", text)


def _said_twice(
    money: MoneySection, chain: Propagates | None, asked: list[RuleBook]
) -> Iterator[Located]:
    """Yield what both a section and a book that is asked say."""
    if chain is not None and money.is_marked and money.mark_scope != "propagated":
        text = f"{chain.id!r} says how deep the mark goes, and so does {money.mark_scope}"
        yield _twice("mark_scope", text, "mark_scope: propagated")
    if chain is not None and chain.except_below and money.exempt.below is not None:
        text = f"{chain.id!r} says which sums bear no mark, and `below` which nobody is asked about"
        yield _twice("exempt.below", text, "one limit for small sums")
    parts = [part for book in asked if (part := effect_of(book, ShedsPart)) is not None]
    freed = {one.use: part.id for part in parts for one in part.parts}
    for use, is_stated in (
        (PartUse.WAGES, money.exempt.wages),
        (PartUse.TAXES, money.exempt.taxes),
    ):
        if is_stated and use in freed:
            text = f"{freed[use]!r} frees {use}, and nobody is asked about {use} at all"
            yield _twice(f"exempt.{use}", text, f"`{use}` in the rule book or here")


def _in_both_books(name: str, account: RuleBook, release: RuleBook | None) -> Iterator[Located]:
    """Yield procedures that are carried out once for a contract, and that two books state."""
    kinds = {"freezes", "refunds_fast"}
    stated = set() if release is None else {one.kind for one in release.procedures}
    for number, procedure in enumerate(account.procedures):
        if procedure.kind in kinds & stated:
            yield (
                f"rule_books.{name}.procedures.{number}",
                Finding(
                    "STATED_TWICE",
                    f"{procedure.id!r} says what the book on releases says too",
                    expected=f"`{procedure.kind}` in one of the two books",
                    do="leave one of the two out",
                ),
            )


def _twice(path: str, message: str, expected: str) -> Located:
    finding = Finding("STATED_TWICE", message, expected=expected, do="leave one of the two out")
    return f"{_MONEY}.{path}", finding
