"""Marked money in worlds of chance: vouchers of a few days, whose rules bind, split and refuse."""

import datetime as dt
import json
import random
from typing import Any, Final

from tests.wallet_world import stated

__all__ = ["draw_vouchers"]

_RECIPIENTS: Final = "housing_aid"
_FOOD: Final = {"kind": "merchant_category_in", "categories": ["5411"]}
Sections = dict[str, Any]


def _rule(name: str, **condition: object) -> Sections:
    text = {"en": "A rule."}
    return {"id": name, "condition": condition, "text": text, "reference": "assumption"}


def draw_vouchers(sections: Sections, drawn: random.Random) -> None:
    """Give up to three vouchers to many a family: two worlds in three."""
    number = drawn.choice((0, 1, 2, 3, 3, 0))
    if not number:
        return
    programmes = sections["population"]["people"]["programmes"]
    programmes[_RECIPIENTS]["recipients"] = stated("2700000 families")
    if drawn.random() < 0.7:
        # Where nobody takes it, no voucher is spent.
        merchants = sections["population"]["people"]["merchants"]
        for where in ("urban", "rural"):
            merchants[where]["digital"] = stated("100 %")
    sections |= {name: sections.get(name) or {} for name in ("marks", "rule_books", "vouchers")}
    first = dt.date.fromisoformat(sections["clock"]["start"])
    end = dt.date.fromisoformat(sections["clock"]["end"])
    for name in ("food", "transport", "help")[:number]:
        days = drawn.randrange((end - first).days)
        # A month has a voucher of its own, and a mark its day of validity.
        month_ends = (first.replace(day=1) + dt.timedelta(days=31)).replace(day=1)
        last = min(first + dt.timedelta(days=days), month_ends - dt.timedelta(days=1))
        sections["marks"][f"{name}_mark"] = _mark(name, str(first), str(last))
        sections["rule_books"][f"{name}_book"] = _dated(_book(drawn), first)
        sections["vouchers"][name] = _voucher(name, str(first), str(last), drawn)


def _mark(name: str, first: str, last: str) -> Sections:
    return {
        "programme": name,
        "owner": "treasury",
        "rule_book": f"{name}_book",
        "cofog": "10.4",
        "budget_programme": name,
        "valid_from": first,
        "valid_until": last,
        "return_account": "treasury",
    }


def _voucher(name: str, first: str, last: str, drawn: random.Random) -> Sections:
    return {
        "title": name,
        "recipients_of": _RECIPIENTS,
        "per_member": stated(drawn.choice(("300 KZT", "2500 KZT", "40000 KZT"))),
        "activation": stated(drawn.choice(("60 %", "100 %"))),
        "activated_within": stated(drawn.choice((1, 1, 2))),
        "term": {"first": first, "last": last},
        "given_at": drawn.choice(("07:00", "11:00")),
        "schedule_source": "assumption",
        "marked": {
            "mark": f"{name}_mark",
            "issue_at": "06:00",
            "swap_at": "09:00",
            "priority": drawn.randrange(3),
        },
    }


def _dated(book: Sections, first: dt.date) -> Sections:
    """Return the book as a version that is in force on its first day, or as one before another.

    What else is drawn does not depend on it: the choice is drawn from the book itself.
    """
    drawn = random.Random(json.dumps(book))  # noqa: S311 - worlds of chance
    other = {**book, "rules": [_rule("nothing", kind="amount_at_most", limit="1 tiyn")]}
    match drawn.randrange(4):
        case 0:
            return {**other, "versions": [{**book, "issued_from": str(first)}]}
        case 1:
            later = first + dt.timedelta(days=1)
            return {**book, "versions": [{**other, "issued_from": str(later)}]}
        case _:
            return book


def _book(drawn: random.Random) -> Sections:
    """Return rules of which some make a payment come out of several purses."""
    most = drawn.choice((200, 900, 5_000))
    at_most = {"kind": "amount_at_most", "limit": f"{most} KZT"}
    by_day = {"kind": "amount_per_period_at_most", "period": "day", "limit": f"{2 * most} KZT"}
    books: tuple[list[Sections], ...] = (
        [],
        [_rule("food_shop", **_FOOD)],
        [_rule("at_once", **at_most), _rule("in_a_day", **by_day)],
        [_rule("food_at_once", kind="all_of", conditions=[_FOOD, at_most])],
        [_rule("food_or_little", kind="any_of", conditions=[_FOOD, at_most])],
        [_rule("twice", kind="count_per_period_at_most", period="month", limit="2 payments")],
        [_rule("by_day", kind="time_window", **{"from": "08:00", "until": "18:00"})],
    )
    return {
        "rules": [rule for book in drawn.sample(books, 2) for rule in book],
        "effects": [
            {
                "kind": "restores_mark",
                "id": "keeps_its_mark",
                "text": {"en": "What comes back is marked as before."},
                "reference": "assumption",
            }
        ],
        "procedures": [
            {
                "kind": "return_on_expiry",
                "id": "back",
                "at": drawn.choice(("12:00", "12:30", "23:30")),
                "text": {"en": "What is left goes back."},
                "reference": "assumption",
            }
        ],
    }
