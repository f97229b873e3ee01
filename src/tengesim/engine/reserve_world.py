"""Assets in a world: their market, and the mines, courts and reserve that hold them.

All of them share one book of assets and one set of prices, which is drawn before anybody acts.
"""

from collections.abc import Generator, Sequence
from typing import Final

import numpy as np
import simpy

from tengesim import market
from tengesim.clock import HOUR_US
from tengesim.codes import BASE_UNITS, Kind, Reason, Status, TrueLabel
from tengesim.institutions import reserve
from tengesim.institutions.assets import KEEPERS, MARKET, Assets, programme_of
from tengesim.institutions.confiscation.build import build as build_confiscation
from tengesim.institutions.confiscation.courts import Budget
from tengesim.institutions.mining.build import build as build_mining
from tengesim.institutions.mining.operator import Bankers
from tengesim.journal.events import ROW, Rows
from tengesim.journal.sink import Journal
from tengesim.ledger.book import Book
from tengesim.ports import Ports, Prices
from tengesim.scenario.model import Scenario
from tengesim.streams import Streams

__all__ = ["PRICES_AT_US", "build"]

PRICES_AT_US: Final = 6 * HOUR_US
"""When prices of a day are fixed: before anybody reads them."""


def build(
    scenario: Scenario, streams: Streams, ports: Ports, *, book: Book, journal: Journal
) -> None:
    """Put the market of a scenario into its world, and whoever holds assets there.

    Prices are written to `journal`, under refs of `book`.
    """
    if scenario.market is None:
        return
    days, bank = scenario.clock.days(), scenario.banks.national_bank
    prices = market.build(scenario.market, streams, days)
    assets = Assets(ports)
    assets.open_market(prices.assets)
    quoted: Prices = prices
    if scenario.reserve is not None:
        quoted = reserve.build(
            scenario.reserve,
            assets,
            ports,
            prices,
            streams=streams,
            days=days,
            treasury=scenario.treasury.id,
            national_bank=bank,
        )
    if scenario.mining is not None:
        bankers = Bankers(scenario.treasury.id, bank, scenario.banks.second_tier[0].id)
        build_mining(
            scenario.mining, assets, ports, prices, streams=streams, days=days, bankers=bankers
        )
    if scenario.confiscation is not None:
        budget = Budget(scenario.treasury.id, bank)
        build_confiscation(
            scenario.confiscation,
            assets,
            ports,
            prices,
            streams=streams,
            days=days,
            budget=budget,
        )
    ticker = _Ticker(quoted, book, journal)
    fixings = [number for number in range(len(days)) if prices.is_fixing(number)]
    times_us = ports.calendar.at_each([days[number] for number in fixings], PRICES_AT_US)
    ticks = ticker.rows(fixings, times_us)

    def live() -> Generator[simpy.Event, None, None]:
        for time_us, rows in zip(times_us, ticks, strict=True):
            yield ports.until(time_us)
            ticker.log(rows)

    ports.start(live())


class _Ticker:
    """Writes the prices of a fixing into the log.

    A price is nobody's posting and there are many, so they pass by the ledger and are packed all at
    once; a fixing is one ref.
    """

    __slots__ = ("_book", "_journal", "_quoted")

    def __init__(self, quoted: Prices, book: Book, journal: Journal) -> None:
        """Write what is `quoted` to `journal`, under refs of `book`."""
        self._quoted = quoted
        self._book = book
        self._journal = journal

    def rows(self, days: Sequence[int], times_us: Sequence[int]) -> Rows:
        """Return the rows of each fixing, a line of all assets, but for their numbers."""
        assets, name = self._quoted.assets, self._journal.names.id
        name(MARKET)
        keepers = [name(KEEPERS[asset]) for asset in assets]
        rows = np.zeros((len(days), len(assets)), dtype=ROW)
        rows["time_us"] = np.array(times_us, dtype=np.int64)[:, np.newaxis]
        rows["kind"], rows["status"], rows["reason"] = Kind.PRICE, Status.RECORDED, Reason.NONE
        rows["payer"], rows["true_label"] = name(MARKET), TrueLabel.INTERNAL
        rows["payee"] = rows["keeper"] = rows["keeper_to"] = keepers
        rows["form"] = rows["form_to"] = assets
        rows["amount_tiyn"] = [BASE_UNITS[asset] for asset in assets]
        rows["programme"] = [name(programme_of(asset)) for asset in assets]
        for place, asset in enumerate(assets):
            rows["value"][:, place] = np.array(self._quoted.daily(asset), dtype=np.int64)[days]
        return rows

    def log(self, rows: Rows) -> None:
        """Log what a whole unit of every asset is worth from now on."""
        self._book.ref += 1
        rows["ref"] = self._book.ref
        self._journal.append_many(rows)
