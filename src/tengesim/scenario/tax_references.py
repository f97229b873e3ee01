"""What rule books say of tax that is split off payments, beside the sections of contracts."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, TypeVar

from tengesim.errors import Finding
from tengesim.institutions.procurement.contract_model import ContractsSection
from tengesim.rules.effects import SplitsTax
from tengesim.rules.model import BookVersion, RuleBook
from tengesim.rules.procedures import RefundsFast

__all__ = ["check_taxes"]

Located = tuple[str, Finding]

_Kind = TypeVar("_Kind", SplitsTax, RefundsFast)
_REFUNDS: Final = "procurement.contracts.refunds"


def check_taxes(
    contracts: ContractsSection, books: Mapping[str, RuleBook], start: date
) -> Iterator[Located]:
    """Yield every finding about tax in payments; `books` are those that are asked about money."""
    splits, refunds = _parts(books, SplitsTax), _parts(books, RefundsFast)
    for path, effect in splits.items():
        if effect.rate.root[0].since > start:
            yield (
                f"{path}.rate.0.from",
                Finding(
                    "OUTSIDE_HORIZON",
                    f"{effect.id!r} knows no rate before {effect.rate.root[0].since}",
                    expected=f"a rate from {start} on",
                ),
            )
        first = max(effect.rate.root[0].since, contracts.vat.root[0].since)
        changes = (*effect.rate.root, *contracts.vat.root)
        days = sorted({max(one.since, first) for one in changes})
        wrong = [day for day in days if effect.rate.at(day) != contracts.vat.at(day)]
        if wrong:
            yield (
                f"{path}.rate",
                Finding(
                    "STATED_TWICE",
                    f"{effect.id!r} splits another tax from {wrong[0]} on than contracts owe",
                    expected="the rates of `procurement.contracts.vat`",
                    do="correct one of the two",
                ),
            )
        if not refunds:
            yield (
                path,
                Finding(
                    "MARK_STRANDS",
                    f"what {effect.id!r} splits off prices would never come back to who paid them",
                    expected="a procedure of kind `refunds_fast`",
                    do="say within which time claims are refunded",
                ),
            )
    for path, procedure in refunds.items():
        if not splits:
            yield _unused(path, f"{procedure.id!r} refunds tax, and no rule splits it off")
    for path, procedure in refunds.items():
        if contracts.refunds is None:
            yield (
                path,
                Finding(
                    "MISSING_KEY",
                    f"nothing says when firms claim what {procedure.id!r} refunds",
                    expected=f"a section `{_REFUNDS}`",
                    do="state when claims are made and what makes them risky",
                ),
            )
    if contracts.refunds is not None and not refunds:
        yield _unused(_REFUNDS, "claims are described, and no rule book refunds them")


def _parts(books: Mapping[str, RuleBook], kind: type[_Kind]) -> dict[str, _Kind]:
    """Return every effect or procedure of a kind by its path."""
    found: dict[str, _Kind] = {}
    for name in books:
        for stem, book in _versions(f"rule_books.{name}", books[name]):
            for group in ("effects", "procedures"):
                for number, part in enumerate(getattr(book, group)):
                    if isinstance(part, kind):
                        found[f"{stem}.{group}.{number}"] = part
    return found


def _versions(path: str, book: RuleBook) -> Iterator[tuple[str, RuleBook | BookVersion]]:
    yield path, book
    for place, version in enumerate(book.versions):
        yield f"{path}.versions.{place}", version


def _unused(path: str, message: str) -> Located:
    finding = Finding(
        "RULE_UNUSED", message, expected="split and refund together", do="remove it, or add it"
    )
    return path, finding
