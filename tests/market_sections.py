"""Markets for tests: five assets that float and one that is pegged, under each law."""

import datetime
from collections.abc import Mapping
from itertools import combinations
from typing import Any, Final

from tengesim.market import MarketSection

__all__ = ["CORRELATIONS", "DAYS", "FLOATING", "LAWS", "assumed", "market", "section_of"]

FLOATING: Final = ("bitcoin", "ether", "bnb", "gold", "us_dollar")
CORRELATIONS: Final = {
    ("bitcoin", "ether"): 0.81,
    ("bitcoin", "bnb"): 0.75,
    ("ether", "bnb"): 0.7,
    ("bitcoin", "us_dollar"): -0.2,
    ("gold", "us_dollar"): 0.3,
}
"""Pairs that are not independent."""
DAYS: Final = [datetime.date(2026, 1, 1) + datetime.timedelta(number) for number in range(1_461)]


def assumed(value: object) -> dict[str, object]:
    """Return a value as a scenario states it."""
    return {"value": value, "low": value, "high": value, "source": "assumption"}


_JUMP: Final = {"mean": assumed(-0.05), "spread": assumed(0.06)}
LAWS: Final[Mapping[str, dict[str, Any]]] = {
    "gbm": {"kind": "gbm"},
    "student_t": {"kind": "student_t", "freedom": assumed(5)},
    "merton": {
        "kind": "merton",
        "yearly": assumed(6),
        "sizes": {"bitcoin": _JUMP, "ether": _JUMP},
    },
    "regimes": {
        "kind": "regimes",
        "regimes": [
            {"volatility": assumed(40), "stays": assumed(20)},
            {"volatility": assumed(95), "stays": assumed(5)},
        ],
    },
}
_PEG: Final = {
    "yearly": assumed("3 %"),
    "least": assumed("1 %"),
    "most": assumed("3 %"),
    "half_life": assumed(3),
}


def section_of(law: str | dict[str, Any] = "gbm", **changes: object) -> dict[str, Any]:
    """Return a market as a scenario writes it; keys of `changes` replace those of the section."""
    prices = {
        "bitcoin": (90_000, 0.42),
        "ether": (3_000, 0.75),
        "bnb": (800, 0.55),
        "usdt": (1, 0.003),
        "gold": (128, 0.151),
        "us_dollar": (503.35, 0.08),
    }
    assets: dict[str, Any] = {
        name: {"price": assumed(price), "volatility": assumed(volatility)}
        for name, (price, volatility) in prices.items()
    }
    assets["usdt"]["depeg"] = _PEG
    correlation: dict[str, dict[str, object]] = {}
    for one, other in combinations(FLOATING, 2):
        value = CORRELATIONS.get((one, other), 0)
        correlation.setdefault(one, {})[other] = assumed(value)
    return {
        "fixing": assumed(1),
        "assets": assets,
        "correlation": correlation,
        "law": LAWS[law] if isinstance(law, str) else law,
        **changes,
    }


def market(law: str | dict[str, Any] = "gbm", **changes: object) -> MarketSection:
    """Return a valid market."""
    return MarketSection.model_validate(section_of(law, **changes))
