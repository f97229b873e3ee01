"""Courts alone: a section as a scenario states it, given prices, and what becomes of each case."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from tengesim.institutions.assets import Assets
from tengesim.institutions.confiscation.build import build
from tengesim.institutions.confiscation.courts import TOPIC, Budget
from tengesim.institutions.confiscation.model import ConfiscationSection
from tengesim.ports import Seizure
from tengesim.streams import Streams
from tests.budget_world import Stage, stage
from tests.mining_world import CALENDAR, Quotes, assumed, days_from

__all__ = [
    "ENDS",
    "HORIZON",
    "NOTHING",
    "START",
    "Sums",
    "Tally",
    "confiscation",
    "quotes",
    "seizures",
    "tallies",
    "together",
    "try_cases",
]

START = dt.date(2026, 1, 1)
HORIZON = days_from(START, 1_461)
ENDS = ("forfeiture", "compensation", "asset_return")
_USDT_TIYN = 51_000


def quotes() -> Quotes:
    """Return prices that differ on every day: USDT rises, bitcoin falls."""
    return Quotes(
        coin=lambda day: 4_590_000_000 - 1_000_003 * day,
        usdt=lambda day: _USDT_TIYN + 7 * day,
        ether=lambda day: 160_000_000 + day,
    )


def seizures(name: str = "exchangers", **changes: object) -> dict[str, object]:
    """Return a series of 130 cases with 16.7 m USDT (facts 7.1.1, 7.1.2)."""
    return {
        "id": name,
        "asset": "usdt",
        "units": assumed(16_700_000),
        "cases": assumed(130),
        "from": dt.date(2026, 1, 1),
        "until": dt.date(2026, 10, 7),
        "origin": "exchanger",
        "schedule_source": "assumption",
    } | changes


def confiscation(*series: Mapping[str, object], **changes: object) -> ConfiscationSection:
    """Return the way of facts 7.5.4: nine months to a verdict, 45 % forfeited, 35 % to victims."""
    stated = {
        "seizures": list(series) or [seizures()],
        "opens_at": "10:00",
        "schedule_source": "assumption",
        "sanction": assumed("3 days"),
        "verdict": assumed("274 days"),
        "appeal": assumed("61 days"),
        "handover": assumed("91 days"),
        "spread": assumed("50 %"),
        "forfeited": assumed("45 %"),
        "victims": assumed("64 %"),
        "appealed": assumed("30 %"),
        "overturned": assumed("20 %"),
        "sold": assumed("0 %"),
        "sale_cost": assumed("1 %"),
    }
    return ConfiscationSection.model_validate(stated | changes)


def try_cases(
    section: ConfiscationSection,
    *,
    days: Sequence[dt.date] = HORIZON,
    seed: int = 1,
    listen: Callable[[Any], None] | None = None,
    notices: Iterable[tuple[dt.date, Seizure]] = (),
) -> Stage:
    """Return a world in which courts decided on all `days`; `notices` come at 10:00 of theirs."""
    world = stage(CALENDAR.at(days[0]), CALENDAR)
    if listen is not None:
        world.board.listen("inflow", listen)
    build(
        section,
        Assets(world.ports),
        world.ports,
        quotes(),
        streams=Streams(seed),
        days=days,
        budget=Budget("treasury", "national-bank"),
    )
    for day, seizure in notices:
        world.env.run(until=CALENDAR.at(day, section.opens_at))
        world.board.announce(TOPIC, seizure)
    world.env.run(until=CALENDAR.at(days[-1] + dt.timedelta(days=1)))
    world.audit()
    return world


class Sums(NamedTuple):
    """Cases, units and worth at arrest."""

    cases: int
    units: int
    worth: int


class Tally(NamedTuple):
    """What was arrested, what came to an end, and what is pending."""

    arrested: Sums
    ended: Sums
    pending: Sums


NOTHING = Sums(0, 0, 0)


def together(parts: Iterable[Sums]) -> Sums:
    """Return the sums of all parts."""
    listed = list(parts)
    return Sums(
        sum(part.cases for part in listed),
        sum(part.units for part in listed),
        sum(part.worth for part in listed),
    )


def tallies(frame: pd.DataFrame) -> list[Tally]:
    """Return the tally after every row of a log, from the rows alone, case by case.

    Pending is what stands open in a list of cases, not a difference; a case that ends without
    having been arrested, or twice, or with other units, raises KeyError or ValueError.
    """
    made: list[Tally] = []
    arrested = ended = NOTHING
    open_cases: dict[str, Sums] = {}
    moved = frame[frame["status"] == "settled"]
    for kind, case, units, worth in zip(
        moved["kind"], moved["intent"], moved["amount_tiyn"], moved["limit"], strict=True
    ):
        part = Sums(1, units, worth)
        if kind == "arrest":
            if case in open_cases:
                raise ValueError(f"{case} is arrested twice")
            open_cases[case] = part
            arrested = together([arrested, part])
        elif kind in ENDS:
            if open_cases.pop(case) != part:
                raise ValueError(f"{case} ends as something else than was arrested")
            ended = together([ended, part])
        made.append(Tally(arrested, ended, pending=together(open_cases.values())))
    return made
