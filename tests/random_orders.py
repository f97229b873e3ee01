"""What comes back, and what authorities order, in worlds of chance."""

import datetime as dt
import random
from typing import Any, Final

from tests.wallet_world import stated

__all__ = ["draw_freezes", "draw_refunds"]

Sections = dict[str, Any]
_COVERED: Final = ("0 %", "50 %", "100 %")


def draw_refunds(sections: Sections, drawn: random.Random) -> None:
    """Let purchases come back, within a day or so: two worlds in five."""
    if drawn.random() < 0.4:
        soonest = drawn.choice((1, 1, 3, 20))
        sections["retail"]["refunds"] = {
            "chance": stated(drawn.choice(("5 %", "30 %", "100 %"))),
            "soonest": stated(soonest),
            "latest": stated(soonest + drawn.choice((0, 2, 12))),
        }
        # Bills, which nobody brings back.
        day = min(28, dt.date.fromisoformat(sections["clock"]["start"]).day)
        bills = {"households": stated("100 %"), "first_day": day, "last_day": day}
        sections["retail"]["everyday"]["utilities"] |= bills


def draw_freezes(sections: Sections, drawn: random.Random) -> None:
    """Let accounts be frozen for a while, on a day or because of a watch: few of the worlds."""
    start = dt.date.fromisoformat(sections["clock"]["start"])
    days = (dt.date.fromisoformat(sections["clock"]["end"]) - start).days
    lasts = ("1 min", "45 min", "7 h", "30 h")

    def order(name: str) -> Sections:
        whom: Sections = {"people": stated(drawn.choice(("0 %", "30 %", "100 %")))}
        if drawn.random() < 0.5:
            whom["merchants"] = stated(drawn.choice(_COVERED))
        if drawn.random() < 0.3:
            whom["parties"] = ["person-00000001"]
        lasting = stated(drawn.choice(lasts))
        return {"id": name, "authority": "watchdog", "whom": whom, "lasts": lasting}

    if drawn.random() < 0.2:
        sections["freezes"] = [
            order(f"freeze-{number}")
            | {
                "day": str(start + dt.timedelta(days=drawn.randrange(days))),
                "at": drawn.choice(("08:00", "11:00", "11:30", "12:00", "18:00")),
                "schedule_source": "assumption",
            }
            for number in range(drawn.choice((1, 1, 3)))
        ]
    if drawn.random() < 0.2:
        sections["watches"] = [
            order(f"watch-{number}") | _watching(drawn) for number in range(drawn.choice((1, 2)))
        ]


def _watching(drawn: random.Random) -> Sections:
    """Return what a watch says beyond an order."""
    of = drawn.choice(("balance", "takings", "payment", "payment"))
    threshold = stated(drawn.choice(("100 KZT", "20000 KZT", "300000 KZT")))
    voided = stated(drawn.choice(("0 %", "50 %", "100 %"))) if of == "payment" else None
    return {"of": of, "threshold": threshold, "voided": voided}
