"""Vouchers in the world of people: their offices, the money behind them, and whose purses pay."""

from tengesim.errors import InvariantError
from tengesim.institutions.customers import Customers
from tengesim.institutions.treasury import Treasury
from tengesim.institutions.vouchers.build import Offices
from tengesim.institutions.wallets import Platform
from tengesim.population.columns import Society
from tengesim.ports import Availability, Ports
from tengesim.rules.procedures import MintsReward
from tengesim.rules.steps import procedure_of
from tengesim.scenario.model import Scenario
from tengesim.streams import Streams

__all__ = ["open_vouchers"]


def open_vouchers(
    scenario: Scenario,
    society: Society,
    customers: Customers,
    streams: Streams,
    ports: Ports,
    *,
    owner: Treasury,
    platform: Platform | None,
    availability: Availability,
) -> None:
    """Start the office of every voucher, and let people pay from the purses it opens."""
    offices = Offices(
        society,
        customers,
        ports,
        streams=streams,
        treasury=scenario.treasury.id,
        end=scenario.clock.end,
        availability=availability,
    )
    for voucher, section in scenario.vouchers.items():
        book = scenario.book_of_voucher(voucher)
        rewards = None if book is None else procedure_of(book, MintsReward)
        owner.fund(voucher, offices.due_tiyn(voucher, section, rewards))
        marked = offices.open(voucher, section, marks=scenario.marks, books=scenario.rule_books)
        if marked is None:
            continue
        if platform is None:
            raise InvariantError(f"voucher {voucher!r} is marked money, and there is no platform")
        platform.purses.register(*marked)
