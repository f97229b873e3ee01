"""The state's reserve: a fund of coins, and a portfolio of the National Bank beside it."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from tengesim.clock import HOUR_US
from tengesim.institutions.assets import Assets
from tengesim.institutions.reserve.model import ReserveSection
from tengesim.institutions.reserve.office import Reserve, Surroundings
from tengesim.institutions.reserve.quotes import Dates, Quotes
from tengesim.ports import Ports, Prices
from tengesim.streams import Streams

__all__ = ["OPENS_US", "Quotes", "ReserveSection", "build"]

OPENS_US: Final = 20 * HOUR_US
"""When the reserve works: after the fixing, and after what courts and mines hand over."""


def build(
    section: ReserveSection,
    assets: Assets,
    ports: Ports,
    prices: Prices,
    *,
    streams: Streams,
    days: Sequence[date],
    treasury: str,
    national_bank: str,
) -> Quotes:
    """Put the reserve into the world; return what its assets are worth, fund units too."""
    dates = Dates(days, ports.calendar)
    quotes = Quotes(prices, section.fund_unit, dates)
    around = Surroundings(assets, ports, streams, dates, treasury, national_bank)
    reserve = Reserve(section, around, quotes)
    reserve.open()
    ports.start(reserve.live(OPENS_US))
    return quotes
