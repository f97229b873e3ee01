"""Marked money in the small random worlds that both codes answer: who has what under which rules.

What is drawn here has a chance of its own, so that the worlds around it stay as they are.
"""

import datetime as dt
from random import Random
from typing import Final, NamedTuple

import numpy as np

from tengesim.codes import Form, Kind
from tengesim.institutions.wallets import Purses
from tengesim.ledger.book import Book
from tengesim.payment import AccountId, Move, Particulars, Posting
from tengesim.rules.model import RuleBook

__all__ = ["BOOKS", "MarkSpec", "MarkedMoney", "marks_of"]

_SALT: Final = 0x4D41524B
_FOOD: Final[dict[str, object]] = {"kind": "merchant_category_in", "categories": ["5411", "5814"]}
_MOST: Final[dict[str, object]] = {"kind": "amount_at_most", "limit": "250 tiyn"}
_TWICE: Final[dict[str, object]] = {
    "kind": "count_per_period_at_most",
    "period": "week",
    "limit": "2 payments",
}
_LATER: Final = {"from": "2026-03-03", "until": "2026-03-04"}
_FIRST: Final = dt.date(2026, 3, 2)


def _rule(name: str, condition: dict[str, object], **dates: str) -> dict[str, object]:
    text = {"en": "A rule."}
    return {"id": name, "condition": condition, "text": text, "reference": "assumption", **dates}


def _limit(period: str, tiyn: int) -> dict[str, object]:
    return {"kind": "amount_per_period_at_most", "period": period, "limit": f"{tiyn} tiyn"}


BOOKS: Final = {
    "free": [],
    "food": [_rule("food", _FOOD)],
    "limited": [
        _rule("both", {"kind": "all_of", "conditions": [_FOOD, _MOST]}),
        _rule("by_day", _limit("day", 400)),
    ],
    "first_day": [_rule("early", _limit("month", 300), valid_until=str(_FIRST))],
    "any": [
        _rule("either", {"kind": "any_of", "conditions": [_FOOD, _MOST]}),
        _rule("not_much", {"kind": "not", "condition": {**_limit("week", 700)}}),
    ],
    "often": [
        _rule(
            "twice", {"kind": "count_per_period_at_most", "period": "week", "limit": "2 payments"}
        ),
        _rule("served", {"kind": "purpose_is", "purposes": ["often"]}),
    ],
    "there": [
        _rule("who", {"kind": "payee_in", "payees": ["party-0005", "party-0001", "nobody"]}),
        _rule("hours", {"kind": "time_window", "from": "07:00", "until": "20:00"}),
    ],
    "in_hand": [_rule("proven", {"kind": "evidence_present", "registers": ["act_accepted"]})],
    "expired": [
        _rule("valid", {"kind": "within_validity", "from": "2026-03-03", "until": "2026-03-04"})
    ],
}
"""Rule books by name."""


class MarkSpec(NamedTuple):
    """One kind of marked money."""

    voucher: str
    book: str
    priority: int
    money: dict[int, int]
    """Tiyn in the purse of each owner."""
    more_hour: int = -1
    """Hour of the horizon from which on each owner has as much again; −1 for never."""
    end_hour: int = -1
    """Hour from which on nothing is left; −1 for never."""


def marks_of(seed: int, people: int) -> tuple[MarkSpec, ...]:
    """Return the marked money of a world."""
    draw = Random(seed ^ _SALT)  # noqa: S311 - worlds of a test
    vouchers = draw.sample(sorted(BOOKS), draw.choice((0, 1, 2, 3, 5, len(BOOKS))))
    return tuple(
        MarkSpec(
            voucher,
            voucher,
            draw.randrange(3),
            {
                person: draw.choice((0, 90, 100, 450, draw.randrange(1_200)))
                for person in range(people)
                if draw.random() < 0.7
            },
            draw.choice((-1, draw.randrange(48))),
            draw.choice((-1, -1, draw.randrange(72))),
        )
        for voucher in vouchers
    )


class MarkedMoney:
    """The purses of one of two equal worlds, and what is done to them as time passes."""

    def __init__(
        self, marks: tuple[MarkSpec, ...], ledger: Book, *, bank: str, people: int
    ) -> None:
        """Open, fill and register the purses of the first `people` of the parties."""
        self._marks, self._ledger = marks, ledger
        self._issuer = ledger.open(bank, bank, Form.DIGITAL_TENGE)
        self._back = ledger.open("payer of vouchers", bank, Form.DIGITAL_TENGE)
        self.purses = Purses(people)
        self._opened: dict[str, list[AccountId]] = {}
        for mark in marks:
            accounts = [
                ledger.open(f"party-{person + 1:04d}", bank, Form.DIGITAL_TENGE, mark.voucher)
                for person in mark.money
            ]
            self._opened[mark.voucher] = accounts
            self._issue(mark, "first")
            self.purses.register(
                mark.voucher,
                np.array([*mark.money], dtype=np.int64),
                np.array(accounts, dtype=np.int64),
                RuleBook.model_validate({"rules": BOOKS[mark.book]}),
                mark.priority,
            )
        self._hour = -1

    def pass_to(self, hour: int) -> None:
        """Issue and take back what is due up to the hour of the horizon with this number."""
        for now in range(self._hour + 1, hour + 1):
            for mark in self._marks:
                if mark.more_hour == now:
                    self._issue(mark, "again")
                if mark.end_hour == now:
                    self._ledger.sweep(
                        mark.voucher,
                        self._back,
                        posting_id=f"end/{mark.voucher}",
                        kind=Kind.RETURN,
                        keep=frozenset(),
                        carried=Particulars(),
                    )
        self._hour = hour

    def _issue(self, mark: MarkSpec, name: str) -> None:
        for account, tiyn in zip(self._opened[mark.voucher], mark.money.values(), strict=True):
            if tiyn:
                move = Move(self._issuer, account, tiyn)
                self._ledger.post(Posting(f"{name}/{account}", Kind.ISSUE, (move,)))
