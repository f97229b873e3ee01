"""Offline purses in worlds of chance: who has one, what it holds, and who copies it."""

import json
import random
from typing import Any, Final

from tests.wallet_world import stated

__all__ = ["draw_offline"]

_RARE: Final = ("0 %", "5 %", "50 %")
_COVERED: Final = ("0 %", "50 %", "100 %")
Sections = dict[str, Any]


def draw_offline(sections: Sections, drawn: random.Random) -> None:
    """Let devices pay one another, with limits that bind and copies that are tried."""
    offline = sections["offline"]
    _favour_purses(sections, drawn)
    offline["coverage"] = {
        "urban": stated(drawn.choice(("0 %", "50 %", "50 %", "100 %"))),
        "rural": stated(drawn.choice(_COVERED)),
    }
    offline["holders"] = stated("100 %")
    # After the review of wallets, or there is nothing to load.
    offline["load_at"] = drawn.choice(("06:30", "09:00"))
    balance, payment = drawn.choice(((2_000, 300), (20_000, 1_000), (64_875, 64_875)))
    offline["balance_limit"] = stated(f"{balance} KZT")
    offline["payment_limit"] = stated(f"{payment} KZT")
    offline["count_limit"] = stated(drawn.choice((1, 4, 10)))
    offline["sync_window"] = stated(drawn.choice(("1 h", "5 h", "20 h")))
    offline["last_day"] = sections["clock"]["start"]
    offline["lost_devices"] = stated(drawn.choice(_RARE))
    copies = offline["copies"]
    copies["purses"] = stated(drawn.choice(_COVERED))
    copies["attempts"] = stated(drawn.choice(_COVERED))
    copies["second_after"] = stated("20 min")
    copies["stopped_by_device"] = stated(drawn.choice(_COVERED))
    _report(sections)


def _report(sections: Sections) -> None:
    """Let devices be locked in every other world; nothing else that is drawn depends on it."""
    drawn = random.Random(json.dumps(sections["offline"]))  # noqa: S311 - worlds of chance
    if drawn.random() < 0.5:
        return
    sections["offline"]["rule_book"] = "devices"
    contact = {
        "kind": "reconciles_offline",
        "id": "contact",
        "within": drawn.choice(("1 min", "30 min")),
        "text": {"en": "Devices report."},
        "reference": "assumption",
    }
    books = sections.get("rule_books") or {}
    sections["rule_books"] = {**books, "devices": {"procedures": [contact]}}


def _favour_purses(sections: Sections, drawn: random.Random) -> None:
    """Let most people be able to fill a purse, and to spend it."""
    merchants = sections["population"]["people"]["merchants"]
    for where in ("urban", "rural"):
        merchants[where] = {"digital": stated("100 %"), "offline": stated("100 %")}
    sections["retail"]["everyday"]["ticket"] = stated(drawn.choice(("300 KZT", "1000 KZT")))
    sections["retail"]["everyday"]["choice"] = {
        "cash": stated(drawn.choice(("0 %", "25 %"))),
        "digital": stated(drawn.choice(("50 %", "100 %"))),
    }
    sections["wallets"]["funding"]["automatic"] = stated(drawn.choice(("50 %", "100 %")))
    sections["wallets"]["demand"]["balance"]["at_parity"] = stated("100 %")
    sections["wallets"]["demand"]["wallet"]["at_parity"] = stated("100 %")
