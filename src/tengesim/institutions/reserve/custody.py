"""How coins are kept: a part at hand, the rest cold; incidents, insurance, and who bears a loss."""

from typing import Final

import numpy as np

from tengesim.codes import Form, Provenance
from tengesim.institutions.assets import LOST, MARKET, Flow
from tengesim.institutions.reserve.model import CustodySection, InsuranceSection
from tengesim.institutions.reserve.quotes import Quotes
from tengesim.institutions.reserve.vehicle import COINS, Vehicle
from tengesim.money import BP
from tengesim.payment import Particulars
from tengesim.streams import Streams

__all__ = ["Custody", "insured_cents"]

_DAYS_A_YEAR: Final = 365
_WORD_BITS: Final = 64


class Custody:
    """The wallets of one vehicle."""

    __slots__ = ("_changes", "_quotes", "_section", "_vehicle", "incidents")

    def __init__(
        self,
        section: CustodySection,
        vehicle: Vehicle,
        quotes: Quotes,
        *,
        streams: Streams,
        days: int,
    ) -> None:
        """Draw the days on which something happens; whether anything is there then is another."""
        self._section = section
        self._vehicle = vehicle
        self._quotes = quotes
        self._changes = 0
        self.incidents: dict[int, list[bool]] = {}
        """By day, whether it is the hot wallet that something happens to."""
        for is_hot, rate in ((True, section.hot_incidents), (False, section.cold_incidents)):
            name = f"reserve/{vehicle.main}/{'hot' if is_hot else 'cold'}"
            words = streams.words(name, np.arange(days))
            below = (rate.value << _WORD_BITS) // (BP * _DAYS_A_YEAR)
            for day in np.flatnonzero(words < np.uint64(below)).tolist():
                self.incidents.setdefault(day, []).append(is_hot)

    def sweep(self) -> None:
        """Bring what is too much at hand into the cold wallet, but for what is to be sold soon."""
        if self._vehicle.changes == self._changes:
            return
        for form in COINS:
            hot = self._vehicle.in_wallet(form, is_hot=True)
            most = self._vehicle.spare(form) * self._section.hot.value // BP
            surplus = hot - self._vehicle.kept.get(form, 0) - most
            if surplus > 0:
                self._vehicle.store(form, surplus)
        self._changes = self._vehicle.changes

    def lose(self, day: int) -> int:
        """Let the incidents of a day happen; return what they cost, in cents."""
        lost_cents = 0
        for is_hot in self.incidents.get(day, ()):
            part = self._section.hot_loss if is_hot else self._section.cold_loss
            for form in COINS:
                there = self._vehicle.in_wallet(form, is_hot=is_hot)
                if units := there * part.value // BP:
                    lost_cents += self._quotes.cents(form, units, day)
                    self._vehicle.lose(form, LOST, units, is_hot=is_hot, day=day)
        return lost_cents

    def pay_out(self, cents: int, rule: str) -> None:
        """Take what the insurers pay."""
        about = Particulars(value=Provenance.OTHER)
        flow = Flow(Form.US_DOLLAR, MARKET, self._vehicle.main, cents)
        self._vehicle.take(flow, about, rule=rule)


def insured_cents(insurance: InsuranceSection | None, lost_cents: int) -> int:
    """Return what of a loss the insurers pay."""
    if insurance is None:
        return 0
    return max(0, lost_cents - insurance.deductible.value) * insurance.cover.value // BP
