"""Mining alone: a section as a scenario states it, given prices, and the rows it leaves."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from tengesim.clock import HOUR_US, Calendar
from tengesim.codes import Form
from tengesim.institutions.assets import KEEPERS, Assets
from tengesim.institutions.mining.build import build
from tengesim.institutions.mining.model import MiningSection
from tengesim.institutions.mining.operator import Bankers
from tengesim.journal.tables import events_frame
from tengesim.streams import Streams
from tests.budget_world import Stage, stage

__all__ = [
    "BANKERS",
    "CALENDAR",
    "COIN_TIYN",
    "DOLLAR_TIYN",
    "Quotes",
    "assumed",
    "coins",
    "costs",
    "days_from",
    "mine",
    "mining",
    "network",
    "rows",
]

CALENDAR = Calendar(offsets=((dt.date(2024, 3, 1), 5 * HOUR_US),))
BANKERS = Bankers("treasury", "national-bank", "bank-1")
COIN_TIYN = 90_000 * 510 * 100
DOLLAR_TIYN = 510 * 100


def assumed(value: object) -> dict[str, Any]:
    """Return a value whose range is itself."""
    return {"value": value, "low": value, "high": value, "source": "assumption"}


class Quotes:
    """Prices as a function of the day."""

    def __init__(
        self,
        coin: Callable[[int], int] = lambda _: COIN_TIYN,
        dollar: Callable[[int], int] = lambda _: DOLLAR_TIYN,
        **more: Callable[[int], int],
    ) -> None:
        """Take the laws of prices; `more` by the name of the form."""
        self._laws = {Form.BITCOIN: coin, Form.US_DOLLAR: dollar}
        self._laws |= {Form[name.upper()]: law for name, law in more.items()}

    @property
    def assets(self) -> tuple[Form, ...]:
        """Return the assets that have a price."""
        return tuple(self._laws)

    def tiyn(self, form: Form, day: int) -> int:
        """Return the price on a day."""
        return self._laws[form](day)

    def daily(self, form: Form) -> tuple[int, ...]:
        """Return the price on every day of four years."""
        return tuple(map(self._laws[form], range(4 * 365 + 1)))


def network(**changes: object) -> dict[str, Any]:
    """Return the network of facts 8.2, which nothing changes."""
    return {
        "hash_rate": assumed(1_000),
        "height": assumed(930_000),
        "growth": assumed("0 %"),
        "follows_price": assumed("0 %"),
        "lag": assumed("90 days"),
        "fees": assumed("0 %"),
    } | changes


def mining(
    megawatts: float = 100,
    *,
    fleet: Mapping[str, object] | None = None,
    power: Mapping[str, object] | None = None,
    pool: Mapping[str, object] | None = None,
    **changes: object,
) -> MiningSection:
    """Return a fleet of facts 8.3 in a network of facts 8.2: 17.5 J/TH, 92 %, no luck, no fees."""
    stated = {
        "mode": "state_fleet",
        "operator": "state-miner",
        "network": network(),
        "fleets": {
            "s21": {
                "power": assumed(megawatts),
                "efficiency": assumed(17.5),
                "bought": dt.date(2026, 1, 1),
                "schedule_source": "assumption",
                "life": assumed("1461 days"),
                "wear": assumed("0 %"),
                "uptime": assumed("92 %"),
                "capital": assumed("15 USD"),
                "hosting": assumed("0 KZT"),
            }
            | dict(fleet or {})
        },
        "power": {
            "tariff": assumed("26 KZT"),
            "import_by_day": assumed("46 KZT"),
            "import_by_night": assumed("26 KZT"),
            "imported": assumed("0 %"),
            "grid_limit": assumed(400),
            "curtailed": assumed("0 %"),
            "schedule_source": "assumption",
        }
        | dict(power or {}),
        "pool": {"share": assumed("15 %"), "fee": assumed("0 %"), "luck": False} | dict(pool or {}),
        "fee": assumed("2 KZT"),
        "profit_tax": assumed("0 %"),
        "displaced": assumed("100 %"),
        "stops_at_a_loss": False,
        "appropriation": assumed("10 tn KZT"),
    }
    return MiningSection.model_validate(stated | changes)


def days_from(start: dt.date, count: int) -> list[dt.date]:
    """Return `count` days."""
    return [start + dt.timedelta(days=number) for number in range(count)]


def mine(
    section: MiningSection,
    days: Sequence[dt.date],
    quotes: Quotes | None = None,
    *,
    seed: int = 1,
    listen: Callable[[Any], None] | None = None,
) -> Stage:
    """Return a world in which nothing but mining happened on all `days`."""
    world = stage(CALENDAR.at(days[0]), CALENDAR)
    if listen is not None:
        world.board.listen("inflow", listen)
    build(
        section,
        Assets(world.ports),
        world.ports,
        quotes or Quotes(),
        streams=Streams(seed),
        days=days,
        bankers=BANKERS,
    )
    world.env.run(until=CALENDAR.at(days[-1] + dt.timedelta(days=1)))
    world.audit()
    return world


def rows(world: Stage) -> pd.DataFrame:
    """Return the rows of a world's log as text and numbers, with the local date of each."""
    frame = events_frame(world.journal.rows(), world.journal.names)
    for name in frame.select_dtypes("category"):
        frame[str(name)] = frame[str(name)].astype(str)
    frame["date"] = pd.to_datetime(frame["time_us"] + 5 * HOUR_US, unit="us").dt.date
    return frame


def coins(world: Stage, holder: str = "state-miner", form: Form = Form.BITCOIN) -> int:
    """Return the base units of an asset that a holder has."""
    return world.book.free(world.book.open(holder, KEEPERS[form], form))


def costs(world: Stage, status: str = "settled") -> dict[str, int]:
    """Return what was paid for mining, or recorded beside it, by what it was for."""
    frame = rows(world)
    chosen = frame[(frame["kind"] == "mining_cost") & (frame["status"] == status)]
    return {str(rule): int(sum(part["amount_tiyn"])) for rule, part in chosen.groupby("rule")}
