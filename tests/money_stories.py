"""Stories of the small money world drawn from a seed: any acts, in any order.

Hypothesis shrinks what it finds; a seeded draw is told at once and comes back with its number.
"""

from typing import Final

import numpy as np

from tengesim.ledger.book import Book
from tests.money_world import MoneyWorld

__all__ = ["CHOICES", "told"]

CHOICES: Final[dict[str, tuple[int, ...]]] = {
    "fund": (1_000,),
    "issue": (2, 5),
    "distribute": (2, 400, 400, 400),
    "pay": (6, 5, 3),
    "pay_late": (6,),
    "deliver": (6, 5),
    "record": (5,),
    "shed": (2, 5),
    "redeem": (5,),
    "refund": (6, 5),
    "expire": (2, 2),
    "pass_down": (8, 5),
    "spend_twice": (6, 5),
    "pass_on": (6, 5),
    "reserve_passing_on": (6, 5),
    "claim": (5,),
    "reserve": (6, 5),
    "complete": (4,),
    "void": (4,),
    "refuse": (6, 2),
    "refuse_redeeming": (2,),
    "repeat": (6, 6),
    "post_unknown": (6, 4),
    "reserve_nothing": (5,),
    "post_malformed": (10,),
    "fill": (100, 100, 100),
    "pay_wages": (5, 3, 2),
    "pay_benefits": (5, 3),
    "spend_wallets": (5, 6),
    "post_many_unknown": (6, 4, 3),
    "post_under_a_batch": (2,),
    "reserve_of_a_party": (3, 5),
    "pay_by_wallet": (5,),
    "open_late": (4, 5),
    "open_by_name": (4, 4, 2),
}
"""How many values each choice of an act has."""


def told(seed: int, acts: int, book_type: type[Book] = Book) -> MoneyWorld:
    """Return a world in which a story of so many acts has been played and checked."""
    draw = np.random.default_rng(seed)
    world = MoneyWorld(book_type)
    world.play("fund", 1_000)
    for mark in (0, 1):
        world.play("issue", mark, 1)
        world.play("distribute", mark, *draw.integers(60, size=3).tolist())
    world.play("fill", *draw.integers(100, size=3).tolist())
    for _ in range(acts):
        act = tuple(CHOICES)[draw.integers(len(CHOICES))]
        world.play(act, *draw.integers(CHOICES[act]).tolist())
    return world
