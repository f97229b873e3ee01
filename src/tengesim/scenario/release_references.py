"""What the rule book of what the budget pays says beside the sections of public procurement.

A thing that the book says in place of a section is said once, and everything that stands in the
book, in each of its versions, is carried out.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from tengesim.errors import Finding
from tengesim.institutions.procurement.contract_model import ContractsSection
from tengesim.institutions.procurement.model import ProcurementSection
from tengesim.institutions.procurement.works import CATEGORIES
from tengesim.money import BP
from tengesim.rules.apply import effect_of
from tengesim.rules.effects import OffsetsAdvance, Retains
from tengesim.rules.model import BookVersion, RuleBook
from tengesim.rules.nesting import unserved
from tengesim.rules.procedures import ClawsBack
from tengesim.rules.steps import procedure_of
from tengesim.rules.terms import OperationName
from tengesim.scenario.references import carried_out

__all__ = ["check_release"]

Located = tuple[str, Finding]

_EFFECTS: Final = frozenset({"offsets_advance", "retains", "splits_tax"})
_PROCEDURES: Final = frozenset({"claws_back", "freezes", "refunds_fast", "releases_retention"})


def check_release(section: ProcurementSection, books: Mapping[str, RuleBook]) -> Iterator[Located]:
    """Yield every finding about the rules on what the budget pays."""
    money, contracts = section.money, section.contracts
    if money is None or contracts is None or money.release is None or money.release not in books:
        return
    book, path = books[money.release], f"rule_books.{money.release}"
    has_emergencies = section.controls is not None and section.controls.overrides is not None
    parts = unserved(
        book,
        effects=_EFFECTS,
        procedures=_PROCEDURES,
        holds=False,
        overrides=has_emergencies,
        versions=True,
        asked=frozenset({OperationName.DISTRIBUTE, OperationName.PAY}),
    )
    yield from carried_out(path, parts)
    for place, version in _versions(path, book):
        yield from _keeps_no_more_than_there_is(place, version, contracts)
        account = None if money.account is None else books.get(money.account)
        if account is not None and _has_claws(version) and _has_claws(account):
            text = f"the books {money.release!r} and {money.account!r} both say what is taken back"
            yield _twice(f"{place}.procedures", text, "`claws_back` in one of the two")


def _versions(path: str, book: RuleBook) -> Iterator[tuple[str, RuleBook]]:
    """Yield the book and each of its versions, with where it stands."""
    yield path, book
    versions: tuple[BookVersion, ...] = book.versions
    for place, version in enumerate(versions):
        yield f"{path}.versions.{place}", version.book


def _keeps_no_more_than_there_is(
    path: str, book: RuleBook, contracts: ContractsSection
) -> Iterator[Located]:
    retains, offsets = effect_of(book, Retains), effect_of(book, OffsetsAdvance)
    if retains is None:
        return
    at = f"{path}.effects.{book.effects.index(retains)}"
    if contracts.retention.value:
        text = f"{retains.id!r} keeps a share of every act, and so does `contracts.retention`"
        yield _twice(at, text, "`retention: 0 %` in contracts, or no such effect")
    taken_bp = retains.share + (0 if offsets is None else offsets.share)
    advance_bp = max(contracts.advance_bp(name) for name in CATEGORIES)
    if max(taken_bp, retains.share + advance_bp) > BP:
        text = f"{retains.id!r} and the advance leave less than nothing of an act"
        yield (
            f"{at}.share",
            Finding("SHARES", text, expected="together at most 100 %", do="keep less"),
        )


def _has_claws(book: RuleBook) -> bool:
    return procedure_of(book, ClawsBack) is not None


def _twice(path: str, message: str, expected: str) -> Located:
    return path, Finding("STATED_TWICE", message, expected=expected, do="leave one of the two out")
