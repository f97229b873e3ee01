"""Assets in a world: their market, and the mines, courts and reserve that hold them.

All of them share one book of assets and one set of prices, which is drawn before anybody acts.
"""

from collections.abc import Generator, Sequence
from datetime import date
from typing import Final

import simpy

from tengesim import market
from tengesim.clock import HOUR_US
from tengesim.institutions import reserve
from tengesim.institutions.assets import Assets
from tengesim.institutions.confiscation.build import build as build_confiscation
from tengesim.institutions.confiscation.courts import Budget
from tengesim.institutions.mining.build import build as build_mining
from tengesim.institutions.mining.operator import Bankers
from tengesim.ports import Ports, Prices
from tengesim.scenario.model import Scenario
from tengesim.streams import Streams

__all__ = ["PRICES_AT_US", "build"]

PRICES_AT_US: Final = 6 * HOUR_US
"""When prices of a day are fixed: before anybody reads them."""


def build(scenario: Scenario, streams: Streams, ports: Ports) -> None:
    """Put the market of a scenario into its world, and whoever holds assets there."""
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
    ports.start(_log_prices(assets, quoted, fixings, ports, days))


def _log_prices(
    assets: Assets, quoted: Prices, fixings: Sequence[int], ports: Ports, days: Sequence[date]
) -> Generator[simpy.Event, None, None]:
    """Log the prices of every fixing."""
    for number in fixings:
        yield ports.until(ports.calendar.at(days[number], PRICES_AT_US))
        for asset in quoted.assets:
            assets.price(asset, quoted.tiyn(asset, number))
