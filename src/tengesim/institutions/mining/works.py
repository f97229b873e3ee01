"""What the machines do, day by day: whether they run, what they draw, what they find.

A day is decided at its opening price and the difficulty of that moment, before anybody knows what
the day will bring. Nothing is paid here; a month's output goes to the operator.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from tengesim.clock import DAY_US, HOUR_US
from tengesim.codes import BASE_UNITS, Form
from tengesim.institutions.mining.luck import Stretch, found
from tengesim.institutions.mining.model import FleetSection, MiningSection
from tengesim.market.network import MICRO, HashRate, Network, Span, mined_micro_sat
from tengesim.money import BP
from tengesim.ports import Prices
from tengesim.streams import Streams

__all__ = ["Fleet", "Output", "Works"]

_SAT: Final = BASE_UNITS[Form.BITCOIN]
_YEAR_DAYS: Final = 365
_WH_PER_KWH: Final = 1_000
_CENTS: Final = 100


class Output(NamedTuple):
    """What the fleets did in some days.

    `micro_sat` is what they found, in millionths of a satoshi, before the pool's fee, and
    `expected_micro_sat` what they would have found without luck; `owed_micro_sat` what power for
    coins was worth in coins. Hosting and capital are what they cost whoever runs the machines.
    """

    micro_sat: int
    expected_micro_sat: int
    owed_micro_sat: int
    watt_hours: int
    hosting_tiyn: int
    capital_tiyn: int


class _Quotes(NamedTuple):
    """Tiyn for a whole bitcoin and a whole dollar."""

    coin_tiyn: int
    dollar_tiyn: int


class _Shift(NamedTuple):
    """A day of a fleet that runs."""

    ths: int
    watt_hours: int
    hosting_tiyn: int


class Fleet:
    """Machines of one kind as they wear and die."""

    __slots__ = ("_capital_cents", "_hosting_tiyn", "_life_days", "_section", "_ths", "_watts")

    def __init__(self, section: FleetSection) -> None:
        """Read what does not change."""
        self._section = section
        self._ths = section.start_ths()
        self._watts = section.watts()
        self._life_days = section.life.value.value // DAY_US
        self._hosting_tiyn = section.hosting.value
        self._capital_cents = section.capital.value * self._ths

    def is_alive(self, day: date) -> bool:
        """Return whether the machines are there on a day and not yet scrap."""
        return 0 <= (day - self._section.bought).days < self._life_days

    def ths(self, day: date, running_bp: int) -> int:
        """Return the mean TH/s of a day in which the machines may run for a part of the time."""
        age_days = (day - self._section.bought).days
        lost_bp = min(self._section.wear.value * age_days // _YEAR_DAYS, BP)
        return self._ths * (BP - lost_bp) * self._section.uptime.value * running_bp // BP**3

    def watt_hours(self, duration_us: int, running_bp: int) -> int:
        """Return what the machines draw in a time in which they may run for a part of it."""
        running = self._section.uptime.value * running_bp
        return self._watts * duration_us * running // (HOUR_US * BP**2)

    def hosting_tiyn(self, watt_hours: int) -> int:
        """Return what it costs to house the machines while they draw so much."""
        return watt_hours * self._hosting_tiyn // _WH_PER_KWH

    def instalment_tiyn(self, day: date, dollar_tiyn: int) -> int:
        """Return the part of the capital that falls due on a day, whether the machines run or not.

        The dollars of the purchase in equal parts over the life, at the rate of the day.
        """
        if not self.is_alive(day):
            return 0
        return self._capital_cents * dollar_tiyn // (_CENTS * self._life_days)


class Works:
    """All fleets of a scheme in their pool and network."""

    def __init__(
        self, section: MiningSection, prices: Prices, streams: Streams, start: date
    ) -> None:
        """Stand before the first day."""
        self._section = section
        self._prices = prices
        self._streams = streams
        self._start = start
        self._fleets = tuple(map(Fleet, section.fleets.values()))
        self._network = Network.of(section.network)
        self._hash_rate = HashRate(section.network)
        self._at_start = self._quotes(start)
        self._energy_tiyn = 0 if section.energy_price is None else section.energy_price.value

    def run(self, days: Sequence[date], *, has_money: bool = True) -> Output:
        """Let the machines work through days that follow those before; return what came of it.

        Without money to pay for them they rest.
        """
        found_in: list[tuple[Span, int]] = []
        watt_hours = hosting = capital = owed = 0
        for day in days:
            quotes = self._quotes(day)
            shifts = self._shifts(day, quotes) if has_money else []
            ths = sum(shift.ths for shift in shifts)
            spans = self._network.advance(self._network_ths(quotes, ths), DAY_US)
            found_in += [(span, ths) for span in spans]
            drawn = sum(shift.watt_hours for shift in shifts)
            watt_hours += drawn
            hosting += sum(shift.hosting_tiyn for shift in shifts)
            owed += drawn * self._energy_tiyn * _SAT * MICRO // (_WH_PER_KWH * quotes.coin_tiyn)
            capital += sum(fleet.instalment_tiyn(day, quotes.dollar_tiyn) for fleet in self._fleets)
        expected = sum(mined_micro_sat(ths, span) for span, ths in found_in)
        micro_sat = self._lucky(found_in) if self._section.pool.luck else expected
        return Output(micro_sat, expected, owed, watt_hours, hosting, capital)

    def _quotes(self, day: date) -> _Quotes:
        number = (day - self._start).days
        tiyn = self._prices.tiyn
        return _Quotes(tiyn(Form.BITCOIN, number), tiyn(Form.US_DOLLAR, number))

    def _network_ths(self, quotes: _Quotes, own_ths: int) -> int:
        """Return the hash rate of everybody: what the price supports, and what is not displaced."""
        first = self._at_start
        # The network follows the dollar price, so both are brought to one denominator.
        supported = self._hash_rate.next_day(
            quotes.coin_tiyn * first.dollar_tiyn, first.coin_tiyn * quotes.dollar_tiyn
        )
        return supported + own_ths * (BP - self._section.displaced.value) // BP

    def _shifts(self, day: date, quotes: _Quotes) -> list[_Shift]:
        """Return what each fleet that runs today does."""
        power = self._section.power
        is_curtailed = day.month in power.curtailed_months
        running_bp = BP - power.curtailed.value if is_curtailed else BP
        shifts = []
        for fleet in self._fleets:
            if not fleet.is_alive(day):
                continue
            drawn = fleet.watt_hours(DAY_US, running_bp)
            shift = _Shift(fleet.ths(day, running_bp), drawn, fleet.hosting_tiyn(drawn))
            if not (self._section.stops_at_a_loss and self._is_at_a_loss(shift, quotes)):
                shifts.append(shift)
        return shifts

    def _is_at_a_loss(self, shift: _Shift, quotes: _Quotes) -> bool:
        """Return whether a day's coins are worth less than the day costs whoever runs machines.

        Capital is spent whether they run or not, so it decides nothing.
        """
        section, network = self._section, self._network
        per_kwh_tiyn, kept_bp = section.power.tariff.value + section.fee.value, BP
        if section.mode == "energy_for_coin":
            per_kwh_tiyn = self._energy_tiyn + section.fee.value
        elif section.state_share is not None:
            # What is handed over stands for the fee.
            per_kwh_tiyn, kept_bp = section.power.tariff.value, BP - section.state_share.value
        kept_bp = kept_bp * (BP - section.pool.fee.value)
        reward = network.reward_sat * shift.ths * DAY_US // network.difficulty
        earned = reward * quotes.coin_tiyn * kept_bp
        cost = shift.watt_hours * per_kwh_tiyn + shift.hosting_tiyn * _WH_PER_KWH
        return earned * _WH_PER_KWH < cost * _SAT * MICRO * BP**2

    def _lucky(self, found_in: Sequence[tuple[Span, int]]) -> int:
        """Return the fleets' part of the blocks that their pool finds."""
        share_bp = self._section.pool.share.value
        stretches = [
            Stretch(
                span.first_block,
                span.blocks,
                pool_ths=max(span.hash_rate_ths * share_bp // BP, ths),
                network_ths=span.hash_rate_ths,
            )
            for span, ths in found_in
        ]
        counts = found(self._streams, stretches)
        return sum(
            count * span.reward_sat * MICRO * ths // stretch.pool_ths
            for count, (span, ths), stretch in zip(counts, found_in, stretches, strict=True)
        )
