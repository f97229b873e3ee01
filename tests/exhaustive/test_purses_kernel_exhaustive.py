"""Compiled code pays from every small combination of purses as readable code does.

Every pair of nine rule books and every triple of five, with what makes them split, refuse and run
dry, in worlds of four people; each pays some amounts on two days.
"""

from dataclasses import replace
from itertools import product

import pytest

from tengesim.clock import HOUR_US
from tengesim.codes import Kind
from tengesim.journal.events import Rows
from tengesim.payment import NameId, RetailWant
from tests.kernel_purses import BOOKS, MarkSpec
from tests.kernel_world import (
    BASES,
    CALENDAR,
    FIRST,
    PARTIES,
    PEOPLE,
    Spec,
    answers,
    run_compiled,
    run_readable,
    spec_of,
)

MERCHANT = PEOPLE
AMOUNTS = (120, 300, 80)
"""What each person wants to pay on each of the days."""
OF_THREE = ("any", "first_day", "food", "free", "limited")


def world_of(books: list[tuple[str, ...]], money: tuple[int, ...], *, plain: int) -> Spec:
    """Return a world whose people have purses under `books`, each with its own."""
    spec = spec_of(0)
    everything = dict.fromkeys(spec.has, [True] * PARTIES) | {"device": [False] * PARTIES}
    marks = tuple(
        MarkSpec(
            f"{book}-{place}",
            book,
            place // 2,
            {person: money[place] for person, own in enumerate(books) if own[place] == book},
        )
        for place in range(len(money))
        for book in sorted({own[place] for own in books})
    )
    return replace(
        spec,
        money={name: [plain] * PARTIES for name in ("deposit", "wallet")}
        | {name: [0] * PARTIES for name in ("cash", "floor", "top_up")},
        has=everything,
        outages=(),
        connected=dict.fromkeys(spec.connected, True),
        is_replay=False,
        reserves=10_000,
        held=-1,
        marks=marks,
        wants=[*wants_of(len(books))],
    )


def wants_of(people: int) -> list[RetailWant]:
    """Return what people want to pay: at eight in the morning of two days, and once at night."""
    first_us = CALENDAR.at(FIRST)
    places = product((8, 33, 46), range(people), AMOUNTS)
    return [
        RetailWant(
            first_us + hour * HOUR_US,
            0,
            number,
            BASES[0] - number,
            person,
            MERCHANT,
            amount,
            NameId(2 * (amount == AMOUNTS[-1])),
            is_remote=True,
            spare=0,
        )
        for number, (hour, person, amount) in enumerate(places)
    ]


@pytest.mark.parametrize(
    ("money", "plain"),
    [((450, 90), 0), ((90, 450), 70), ((1_100, 1_100), 400), ((90, 100, 450), 0)],
)
def test_every_combination_of_books_is_paid_from_alike(money: tuple[int, ...], plain: int) -> None:
    """Goal: one meaning, k + 1 marks. Method: all combinations of books, logs byte by byte."""
    books = BOOKS if len(money) == 2 else OF_THREE
    combinations = list(product(books, repeat=len(money)))
    written = rows_of_purses = 0
    for start in range(0, len(combinations), PEOPLE):
        spec = world_of(combinations[start : start + PEOPLE], money, plain=plain)
        compiled = run_compiled(spec)
        assert answers(run_readable(spec)) == answers(compiled.half)
        written += sum(map(paid_from_purses, compiled.written))
        rows_of_purses += paid_from_purses(compiled.half.rows())
    assert rows_of_purses > len(combinations)
    # Names are known only once they are needed; nothing else is left to readable code.
    assert written > rows_of_purses * 8 // 10


def paid_from_purses(rows: Rows) -> int:
    """Return how many rows are payments from purses, refused or not."""
    return int(((rows["mark"] != 0) & (rows["kind"] == Kind.PAYMENT)).sum())
