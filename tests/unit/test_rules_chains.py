"""Claims about marks above marks: a child is narrower, a tree has a root, what is kept ends."""

from datetime import date
from typing import Any

import pytest

from tengesim.rules.check import CheckContext, check
from tengesim.rules.model import MarkSection, RuleBook
from tests.rule_books import RETURN, SHED, Raw, effect, procedure, rule

CONTEXT = CheckContext(start=date(2026, 2, 1), end=date(2026, 3, 1), programmes=["roads"])
LESS: Raw = {"kind": "amount_at_most", "limit": "2 KZT"}
MORE: Raw = {"kind": "amount_at_most", "limit": "3 KZT"}
WORDS: Raw = {"text": {"en": "A."}, "reference": "assumption"}


def book(limit: Raw, *effects: Raw, procedures: tuple[Raw, ...] = (RETURN,)) -> RuleBook:
    """Return a book that lets money out again."""
    return RuleBook(
        rules=(rule("limit", limit),),
        effects=tuple(effect(one) for one in (SHED, *effects)),
        procedures=tuple(procedure(one) for one in procedures),
    )


def mark(rule_book: str, parent: str | None = None, **more: Any) -> MarkSection:  # noqa: ANN401
    """Return a mark of February."""
    return MarkSection.model_validate(
        {
            "programme": "roads",
            "owner": "akimat",
            "rule_book": rule_book,
            "cofog": "04.5",
            "budget_programme": "roads",
            "valid_from": "2026-02-01",
            "valid_until": "2026-02-28",
            "return_account": "treasury",
            "parent": parent,
            **more,
        }
    )


def codes(books: dict[str, RuleBook], marks: dict[str, MarkSection]) -> list[tuple[str, str]]:
    """Return path and code of every finding."""
    return [(path, finding.code) for path, finding in check(books, marks, context=CONTEXT)]


def test_a_child_mark_may_only_be_narrower() -> None:
    """Goal: R27 at load. Method: a child that is equal, narrower and wider, in rules and days."""
    books = {"less": book(LESS), "more": book(MORE)}
    assert codes(books, {"road": mark("more"), "sub": mark("less", "road")}) == []
    assert codes({"more": book(MORE)}, {"road": mark("more"), "sub": mark("more", "road")}) == []
    wider = {"road": mark("less"), "sub": mark("more", "road")}
    assert codes(books, wider) == [("marks.sub.rule_book", "MARK_WIDER")]
    short = mark("more", valid_until="2026-02-20")
    longer = {"road": short, "sub": mark("less", "road")}
    assert codes(books, longer) == [("marks.sub.valid_until", "MARK_WIDER")]


def test_marks_form_a_tree() -> None:
    """Goal: every chain begins. Method: a ring of two, and a parent that is nobody."""
    books = {"more": book(MORE)}
    ring = {"one": mark("more", "two"), "two": mark("more", "one")}
    assert codes(books, ring) == [
        ("marks.one.parent", "MARK_RING"),
        ("marks.two.parent", "MARK_RING"),
    ]
    lost = {"one": mark("more", "none")}
    assert codes(books, lost) == [("marks.one.parent", "NAME_UNKNOWN")]


def test_a_book_named_for_children_is_narrower_too() -> None:
    """Goal: R26 with R27. Method: an effect that names a narrower, a wider and no book."""
    for child, code in (("less", None), ("more", "MARK_WIDER"), ("none", "NAME_UNKNOWN")):
        chain = {"kind": "propagates", "id": "chain", "depth": 2, "rule_book": child, **WORDS}
        middle: Raw = {"kind": "amount_at_most", "limit": "2.50 KZT"}
        books = {"middle": book(middle, chain), "less": book(LESS), "more": book(MORE)}
        marks = {"road": mark("middle"), "a": mark("less", "road"), "b": mark("more")}
        found = [one for one in codes(books, marks) if one[0].startswith("rule_books.middle")]
        expected = [] if code is None else [("rule_books.middle.effects.1.rule_book", code)]
        assert found == expected


@pytest.mark.parametrize(
    ("effects", "procedures", "expected"),
    [
        ([{"kind": "retains", "share": "5 %"}], [], [("effects.1", "MARK_STRANDS")]),
        (
            [{"kind": "retains", "share": "5 %"}],
            [{"kind": "releases_retention", "after": "365 days"}],
            [],
        ),
        (
            [],
            [{"kind": "releases_retention", "after": "365 days"}],
            [("procedures.1", "RULE_UNUSED")],
        ),
        (
            [
                {
                    "kind": "sheds_part",
                    "parts": [
                        {"use": "wages", "share": "60 %"},
                        {"use": "overhead", "share": "41 %"},
                    ],
                }
            ],
            [],
            [("effects.1.parts", "SHARES")],
        ),
        (
            [
                {
                    "kind": "splits_tax",
                    "rate": [{"from": "2026-02-02", "value": "16 %", "source": "https://a.kz"}],
                }
            ],
            [],
            [("effects.1.rate.0.from", "OUTSIDE_HORIZON")],
        ),
    ],
)
def test_what_an_effect_keeps_comes_out_again(
    effects: list[Raw], procedures: list[Raw], expected: list[tuple[str, str]]
) -> None:
    """Goal: no money strands in an effect. Method: books with and without the other half."""
    acts = [{"id": raw["kind"], **WORDS, **raw} for raw in effects]
    ends = [{"id": raw["kind"], **WORDS, **raw} for raw in procedures]
    found = codes({"b": book(MORE, *acts, procedures=(RETURN, *ends))}, {"road": mark("b")})
    assert found == [(f"rule_books.b.{path}", code) for path, code in expected]
