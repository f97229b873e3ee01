"""Marks above marks, and what effects need of one another: findings about the way down a chain.

A child mark may only be narrower than its parent (R27), and what an effect keeps has to come out
again somewhere. Apart from the checks of single books, because these join books and marks.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tengesim.money import BP
from tengesim.rules.effects import Propagates, Retains, ShedsPart, SplitsTax
from tengesim.rules.model import MarkSection, RuleBook
from tengesim.rules.narrower import Widening, widenings
from tengesim.rules.procedures import ReleasesRetention
from tengesim.rules.sentences import payment_sentence
from tengesim.rules.soundness import Located, Use, located
from tengesim.rules.terms import day_number

__all__ = ["of_acts", "of_chains"]

_SUBJECTS: Final = ("payees", "purposes", "categories", "days", "amounts")


def of_chains(books: Mapping[str, RuleBook], marks: Mapping[str, MarkSection]) -> Iterator[Located]:
    """Yield what is wrong between a mark or book and the one above it."""
    for name, book in books.items():
        for number, effect in enumerate(book.effects):
            if isinstance(effect, Propagates) and effect.rule_book is not None:
                path = f"rule_books.{name}.effects.{number}.rule_book"
                yield from _below(path, effect.rule_book, name, books)
    for name, mark in marks.items():
        if mark.parent is None:
            continue
        path = f"marks.{name}.parent"
        parent = marks.get(mark.parent)
        if parent is None:
            message = f"there is no mark {mark.parent!r}"
            yield located(path, "NAME_UNKNOWN", message, do="correct the name, or declare it")
        elif _is_ring(name, marks):
            message = f"mark {name!r} stands above itself"
            yield located(path, "MARK_RING", message, expected="marks that form a tree")
        else:
            yield from _of_parent(name, mark, parent, books)


def of_acts(path: str, book: RuleBook, uses: Sequence[Use]) -> Iterator[Located]:
    """Yield what effects of one book lack, so that money would stay where it is kept."""
    kinds = {type(one) for one in (*book.effects, *book.procedures)}
    for number, effect in enumerate(book.effects):
        place = f"{path}.effects.{number}"
        if isinstance(effect, Retains) and ReleasesRetention not in kinds:
            yield located(
                place,
                "MARK_STRANDS",
                f"what {effect.id!r} keeps would never be paid",
                expected="a procedure of kind `releases_retention`",
                do="say after how long it is released",
            )
        if isinstance(effect, ShedsPart) and sum(part.share for part in effect.parts) > BP:
            yield located(
                f"{place}.parts",
                "SHARES",
                f"{effect.id!r} would shed more than the whole contract",
                expected="shares of at most 100 % together",
            )
        if isinstance(effect, SplitsTax):
            first = effect.rate.root[0].since
            late = [use for use in uses if use.days.low < day_number(first)]
            if late:
                yield located(
                    f"{place}.rate.0.from",
                    "OUTSIDE_HORIZON",
                    f"{effect.id!r} knows no rate before {first}, and {late[0].label} is used",
                    expected="a rate from the first day on",
                )
    for number, procedure in enumerate(book.procedures):
        if isinstance(procedure, ReleasesRetention) and Retains not in kinds:
            yield located(
                f"{path}.procedures.{number}",
                "RULE_UNUSED",
                f"{procedure.id!r} releases what nothing keeps",
                expected="an effect of kind `retains`",
            )


def _is_ring(name: str, marks: Mapping[str, MarkSection]) -> bool:
    above, seen = marks[name].parent, {name}
    while above is not None and above in marks:
        if above in seen:
            return above == name
        seen.add(above)
        above = marks[above].parent
    return False


def _of_parent(
    name: str, mark: MarkSection, parent: MarkSection, books: Mapping[str, RuleBook]
) -> Iterator[Located]:
    if mark.valid_from < parent.valid_from or mark.valid_until > parent.valid_until:
        yield located(
            f"marks.{name}.valid_until",
            "MARK_WIDER",
            f"mark {name!r} is valid on days on which {mark.parent!r} is not",
            expected=f"days from {parent.valid_from} to {parent.valid_until}",
            do="shorten the validity of the child, or lengthen that of its parent",
        )
    if mark.rule_book != parent.rule_book and parent.rule_book in books:
        yield from _below(f"marks.{name}.rule_book", mark.rule_book, parent.rule_book, books)


def _below(path: str, child: str, parent: str, books: Mapping[str, RuleBook]) -> Iterator[Located]:
    """Yield what the book `child`, named at `path`, allows and the one above it does not."""
    if child not in books:
        message = f"there is no rule book {child!r}"
        yield located(path, "NAME_UNKNOWN", message, do="correct the name, or declare it")
        return
    wider = widenings(books[child], books[parent])
    if not wider:
        return
    more = f", and {len(wider) - 1} more" if len(wider) > 1 else ""
    yield located(
        path,
        "MARK_WIDER",
        f"rule book {child!r} is not shown to be narrower than {parent!r}:"
        f" {_shown(wider[0])}{more}",
        expected="whatever the child allows its parent allows",
        do="repeat the rules of the parent in the child, as strict or stricter",
    )


def _shown(one: Widening) -> str:
    if one.example is None:
        return one.text
    return f"{payment_sentence(one.example, _SUBJECTS)} passes it, and {one.id!r} refuses it"
