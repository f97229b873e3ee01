"""Conditions that read facts beyond the row, and the values of these facts around each boundary."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Final

from tengesim.payment import NO_FACTS, Awarded, Facts
from tengesim.rules.conditions import Condition
from tests.rule_books import MONDAY, PRICE, Raw

Values = Mapping[str, Iterable[Any]]

CEMENT: Final[Raw] = {"commodity": "23.51.12", "units": 5, "unit_price": "900 KZT"}
GRAVEL: Final[Raw] = {"commodity": "08.12.12", "units": 2, "unit_price": "7 tiyn"}
FACT_ATOMS: Final[tuple[Raw, ...]] = (
    {"kind": "payee_in_good_standing", "requires": ["tax_clear", "not_frozen"]},
    {"kind": "payee_in_good_standing", "requires": ["not_frozen"]},
    {"kind": "region_in", "regions": ["atyrau"]},
    {"kind": "region_in", "regions": ["almaty", "atyrau"]},
    {"kind": "holding_at_most", "limit": "1000 KZT"},
    {"kind": "within_allowance"},
    {"kind": "risk_at_most", "score": 700},
    {"kind": "offline_at_most", "limit": "811 KZT"},
    {"kind": "offline_at_most", "limit": "810 KZT"},
    {
        "kind": "offline_at_most",
        "limit": "811 KZT",
        "total": "2000 KZT",
        "payments": 3,
        "days": 7,
    },
    {"kind": "in_estimate", "lines": [CEMENT]},
    {"kind": "in_estimate", "lines": [GRAVEL, CEMENT]},
    {"kind": "price_within", "above": "10 %"},
    {"kind": "price_within", "above": "0 %", "reference": "7 tiyn"},
    {"kind": "price_within", "above": "50 bp", "reference": "333 tiyn"},
    {"kind": "register_changed", "of": "livestock"},
    {"kind": "register_changed", "of": "vehicle"},
    {"kind": "within_progress"},
    {"kind": "advance_at_most", "share": "30 %"},
    {"kind": "advance_at_most", "share": "3333 bp"},
    {"kind": "guarantee_at_least", "share": "3 %"},
    {"kind": "guarantee_at_least", "share": "333 bp"},
    {"kind": "duties_separated"},
    {"kind": "subcontract_registered"},
    {"kind": "depth_at_most", "depth": 0},
    {"kind": "depth_at_most", "depth": 2},
    {"kind": "subcontracted_at_most", "share": "50 %"},
    {"kind": "subcontracted_at_most", "share": "6667 bp"},
    {"kind": "metered", "rate": "100 KZT"},
    {"kind": "domestic_at_least", "share": "30 %"},
    {"kind": "awards_at_most", "limit": "2000 KZT", "days": 1},
    {"kind": "awards_at_most", "limit": "2000 KZT", "days": 30},
)
"""Every kind of condition that reads `Observation.facts`."""

ROOM: Final = 1_000_00 - PRICE
CONTRACT: Final = 300_001


def around(*values: int) -> list[int]:
    """Return each value and its neighbours, without what is negative."""
    return sorted({one + step for one in values for step in (-1, 0, 1) if one + step >= 0})


def _awards(days: int, limit_tiyn: int) -> list[tuple[Awarded, ...]]:
    edge, room = MONDAY - days, limit_tiyn - PRICE
    return [
        (),
        *(
            (Awarded(day, amount),)
            for day in (edge, edge + 1, MONDAY, MONDAY + 1)
            for amount in around(room)
        ),
        (Awarded(edge, room), Awarded(edge + 1, 1), Awarded(MONDAY, room)),
    ]


_VALUES: Final[Mapping[str, Callable[[Any], Values]]] = {
    "payee_in_good_standing": lambda _: {"is_payee_frozen": (False, True)},
    "region_in": lambda _: {"region": ("", "almaty", "atyrau", "abai")},
    "holding_at_most": lambda one: {"balance_tiyn": around(0, one.limit - PRICE)},
    "within_allowance": lambda _: {
        "allowance_tiyn": around(0, 1_000_00),
        "allowance_used_tiyn": around(0, ROOM),
    },
    "risk_at_most": lambda one: {"risk": around(0, one.score)},
    "offline_at_most": lambda _: {
        "offline_tiyn": around(0, 2_000_00 - PRICE),
        "offline_payments": around(0, 2),
        "offline_days": around(7),
    },
    "in_estimate": lambda _: {
        "commodity": ("", "23.51.12", "08.12.12", "99"),
        "units": around(2),
        "units_before": around(0, 3),
        "unit_price_tiyn": around(7, 900_00),
    },
    "price_within": lambda one: {
        "unit_price_tiyn": around(0, 11, (one.reference or 0) * (10_000 + one.above) // 10_000),
        "reference_price_tiyn": (0, 9, 10, 11),
    },
    "register_changed": lambda _: {"register": ("", "livestock", "vehicle", "land")},
    "within_progress": lambda _: {
        "contract_tiyn": (0, CONTRACT),
        "paid_tiyn": around(0, 10_000, 150_000 - PRICE, 160_000 - PRICE),
        "progress_bp": (0, 4_999, 5_000),
        "advances_left_tiyn": (0, 10_000),
        "is_advance": (False, True),
    },
    "advance_at_most": lambda one: {
        "contract_tiyn": (0, CONTRACT),
        "is_advance": (False, True),
        "advances_tiyn": around(0, CONTRACT * one.share // 10_000 - PRICE),
    },
    "guarantee_at_least": lambda one: {
        "contract_tiyn": (0, CONTRACT),
        "guarantee_tiyn": around(0, CONTRACT * one.share // 10_000),
    },
    "duties_separated": lambda _: {
        "initiator": ("", "akimat", "treasury"),
        "approver": ("", "akimat", "treasury"),
    },
    "subcontract_registered": lambda _: {"depth": (0, 1, 2)},
    "depth_at_most": lambda one: {"depth": around(0, one.depth)},
    "subcontracted_at_most": lambda one: {
        "depth": (0, 1),
        "parent_tiyn": (0, CONTRACT),
        "subcontracted_tiyn": around(0, CONTRACT * one.share // 10_000 - PRICE),
    },
    "metered": lambda one: {"units": around(0, PRICE // one.rate)},
    "domestic_at_least": lambda one: {"domestic_bp": around(0, one.share)},
    "awards_at_most": lambda one: {"awards": _awards(one.days, one.limit)},
}


def facts_around(atoms: Iterable[Condition]) -> Iterator[Facts]:
    """Yield every combination of facts around the boundaries of `atoms`."""
    values: dict[str, list[Any]] = {}
    for atom in atoms:
        for name, some in _VALUES.get(atom.kind, lambda _: {})(atom).items():
            listed = values.setdefault(name, [])
            listed.extend(one for one in some if one not in listed)
    for chosen in product(*values.values()):
        yield NO_FACTS._replace(**dict(zip(values, chosen, strict=True)))
