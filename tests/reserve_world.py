"""The reserve alone: a section as a scenario states it, given prices, and the rows it leaves.

Beside it a plain reader of those rows, which shares no code with ledger, auditor or metrics.
"""

import datetime as dt
import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
import simpy

from tengesim.clock import HOUR_US, Calendar
from tengesim.codes import BASE_UNITS, Form, Kind, Provenance
from tengesim.institutions.assets import KEEPERS, Assets, Flow
from tengesim.institutions.reserve import ReserveSection, build
from tengesim.journal.tables import events_frame
from tengesim.market import Prices
from tengesim.ports import AssetInflow
from tengesim.streams import Streams
from tests.budget_world import Stage, stage

__all__ = [
    "CALENDAR",
    "COMING_FROM",
    "DOLLAR_TIYN",
    "Arrival",
    "Played",
    "assumed",
    "followed",
    "mandate",
    "play",
    "prices",
    "reserve",
    "weight",
]

CALENDAR = Calendar(offsets=((dt.date(2024, 3, 1), 5 * HOUR_US),))
DOLLAR_TIYN = 500 * 100
COMING_FROM = "authorised-body"

MAKERS = {
    "bitcoin": {"opening", "mined"},
    "fund_unit": {"opening", "trade", "reserve_inflow"},
}
"""Kinds in which units of an asset may be made or retired; of all others in `opening` alone."""


def assumed(value: object) -> dict[str, Any]:
    """Return a value whose range is itself."""
    return {"value": value, "low": value, "high": value, "source": "assumption"}


def weight(share: str, floor: str, ceiling: str) -> dict[str, Any]:
    """Return a weight with its band."""
    return {"share": assumed(share), "floor": assumed(floor), "ceiling": assumed(ceiling)}


def mandate(weights: Mapping[str, Any] | None = None, **changes: object) -> dict[str, Any]:
    """Return a mandate that trades for nothing, as much as it likes, every month."""
    return {
        "weights": dict(weights or {}),
        "every": "month",
        "pace": assumed("100 %"),
        "spread": assumed("0 %"),
        "slippage": assumed("0 %"),
        **changes,
    }


def reserve(
    capital: Mapping[str, str], stated: Mapping[str, Any] | None = None, **changes: object
) -> dict[str, Any]:
    """Return a reserve that costs nothing, loses nothing and keeps all coins cold."""
    nothing = assumed("0 %")
    return {
        "ring_fence": True,
        "fund": {
            "holder": "alem",
            "capital": {name: assumed(worth) for name, worth in capital.items()},
            "mandate": dict(stated or mandate()),
        },
        "custody": {
            "hot": nothing,
            "delay": assumed("0 days"),
            "hot_incidents": nothing,
            "hot_loss": nothing,
            "cold_incidents": nothing,
            "cold_loss": nothing,
            "fee": nothing,
        },
        "running": assumed("0 USD"),
        "foreign_reserves": {
            "us_dollar": assumed("17.7 bn USD"),
            "gold": assumed("39.7 bn USD"),
        },
        "budget": {
            "ceiling": assumed("100 bn KZT"),
            "purchases": assumed("0 KZT"),
            "guarantee": nothing,
        },
        "attestation": {
            "every": "quarter",
            "lag": assumed("45 days"),
            "coverage": assumed("100 %"),
        },
        **changes,
    }


def prices(days: int, **dollars: Sequence[int]) -> Prices:
    """Return prices in whole dollars, one a day; the last one given holds until the end."""
    table = {Form.US_DOLLAR: (DOLLAR_TIYN,) * days}
    paths: dict[str, Sequence[int]] = {"gold": [120], **dollars}
    for name, path in paths.items():
        whole = [*path, *([path[-1]] * (days - len(path)))]
        table[Form[name.upper()]] = tuple(price * DOLLAR_TIYN for price in whole)
    return Prices(table)


class Arrival(NamedTuple):
    """Units that a court or a mine hands over at noon of a day."""

    day: int
    form: Form
    units: int
    provenance: Provenance = Provenance.CONFISCATED


@dataclass(frozen=True)
class Played:
    """What a reserve left behind."""

    stage: Stage
    rows: pd.DataFrame

    def units(self, holder: str, form: Form) -> int:
        """Return what a holder has at the end."""
        return self.stage.book.free(self.stage.book.open(holder, KEEPERS[form], form))

    def of(self, *kinds: str) -> pd.DataFrame:
        """Return the rows of some kinds."""
        return self.rows[self.rows["kind"].astype(str).isin(kinds)]


def play(
    section: Mapping[str, Any],
    quoted: Prices,
    *,
    days: int,
    arrivals: Sequence[Arrival] = (),
    start: dt.date = dt.date(2026, 1, 1),
    seed: int = 1,
) -> Played:
    """Let a reserve live for some days; whatever arrives was made before."""
    span = [start + dt.timedelta(days=number) for number in range(days)]
    world = stage(CALENDAR.at(start), CALENDAR)
    assets = Assets(world.ports)
    assets.open_market(quoted.assets)
    for arrival in arrivals:
        flow = Flow(arrival.form, KEEPERS[arrival.form], COMING_FROM, arrival.units)
        assets.move(Kind.OPENING, flow)
    build(
        ReserveSection.model_validate_json(json.dumps(section)),
        assets,
        world.ports,
        quoted,
        streams=Streams(seed),
        days=span,
        treasury="treasury",
        national_bank="national_bank",
    )
    world.ports.start(_bring(world, arrivals, span))
    world.env.run(until=CALENDAR.at(start + dt.timedelta(days=days)))
    world.audit()
    return Played(world, events_frame(world.journal.rows(), world.journal.names))


def _bring(
    world: Stage, arrivals: Sequence[Arrival], span: Sequence[dt.date]
) -> Generator[simpy.Event, None, None]:
    for arrival in sorted(arrivals, key=lambda one: one.day):
        noon_us = CALENDAR.at(span[arrival.day], 12 * HOUR_US)
        if world.ports.now() < noon_us:
            yield world.ports.until(noon_us)
        inflow = AssetInflow(arrival.form, COMING_FROM, arrival.units, arrival.provenance)
        world.board.announce("inflow", inflow)


def followed(rows: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Return the units of every holder by asset, after reading the log event by event.

    Raises AssertionError at the first event after which somebody who makes no units has less than
    none, or in which units are made or retired where they may not be. What the makers have given
    out is then what all others hold, at every event.
    """
    assets = {form.name.lower(): KEEPERS[form] for form in BASE_UNITS}
    held: dict[str, dict[str, int]] = {name: {} for name in assets}
    moved = rows[(rows["status"].astype(str) == "settled") & rows["form"].astype(str).isin(assets)]
    columns = ("ref", "kind", "form", "form_to", "payer", "payee", "amount_tiyn")
    before, touched = -1, set[tuple[str, str]]()
    for ref, kind, form, form_to, payer, payee, units in zip(
        *(moved[name].tolist() for name in columns), strict=True
    ):
        if ref != before:
            _check_nobody_owes(held, touched, assets, before)
            before, touched = ref, set()
        assert form == form_to, f"event {ref} makes {form_to} of {form}"
        if assets[form] in {payer, payee}:
            assert kind in MAKERS.get(form, {"opening"}), f"event {ref} makes {form} by a {kind}"
        holders = held[form]
        holders[payer] = holders.get(payer, 0) - units
        holders[payee] = holders.get(payee, 0) + units
        touched |= {(form, payer), (form, payee)}
        made = -holders.get(assets[form], 0)
        rest = sum(there for holder, there in holders.items() if holder != assets[form])
        assert rest == made, f"after event {ref} {rest} of {made} units of {form} are held"
    _check_nobody_owes(held, touched, assets, before)
    return held


def _check_nobody_owes(
    held: Mapping[str, Mapping[str, int]],
    touched: set[tuple[str, str]],
    assets: Mapping[str, str],
    ref: int,
) -> None:
    for form, holder in touched:
        there = held[form][holder]
        assert there >= 0 or holder == assets[form], f"after {ref} {holder} owes {-there} {form}"
