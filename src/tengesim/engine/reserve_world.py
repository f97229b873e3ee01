"""Assets in a world: their market, and the mines, courts and reserve that hold them.

All of them share one book of assets and one set of prices, which is drawn before anybody acts.
"""

from collections.abc import Generator
from typing import Final

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
    fixings = [number for number in range(len(days)) if prices.is_fixing(number)]
    ticker = _Ticker(quoted, book, journal)

    def live() -> Generator[simpy.Event, None, None]:
        for number in fixings:
            yield ports.until(ports.calendar.at(days[number], PRICES_AT_US))
            ticker.log(ports.now(), number)

    ports.start(live())


class _Ticker:
    """Writes the prices of a fixing into the log.

    A price is nobody's posting and there are many, so they pass by the ledger; a fixing is one ref.
    """

    __slots__ = ("_assets", "_book", "_journal", "_quoted")

    def __init__(self, quoted: Prices, book: Book, journal: Journal) -> None:
        """Prepare what all rows of an asset have in common."""
        self._quoted = quoted
        self._book = book
        self._journal = journal
        name = journal.names.id
        self._assets = [
            (
                asset,
                (name(MARKET), name(keeper), name(keeper), asset, 0, name(keeper), asset, 0, unit),
                name(programme_of(asset)),
            )
            for asset in quoted.assets
            for keeper, unit in ((KEEPERS[asset], BASE_UNITS[asset]),)
        ]

    def log(self, time_us: int, day: int) -> None:
        """Log what a whole unit of every asset is worth from now on."""
        self._book.ref += 1
        ref, tiyn, append = self._book.ref, self._quoted.tiyn, self._journal.append
        for asset, seats, programme in self._assets:
            price_tiyn = tiyn(asset, day)
            head = (time_us, Kind.PRICE, Status.RECORDED, Reason.NONE, 0, price_tiyn, 0)
            append((*head, *seats, ref, 0, 0, TrueLabel.INTERNAL, 0, 0, programme, 0))
