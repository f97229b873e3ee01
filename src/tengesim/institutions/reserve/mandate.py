"""What a vehicle's mandate makes it do: bands, rebalancing, the guard against falls, spending.

What depends on prices is decided on one day and done when the signatures for coins kept cold are
there, at the prices of that later day.
"""

from typing import Final

from tengesim.codes import Form
from tengesim.institutions.assets import ASSETS
from tengesim.institutions.reserve.model import GuardSection, SpendingSection
from tengesim.institutions.reserve.quotes import Quotes
from tengesim.institutions.reserve.vehicle import Vehicle
from tengesim.money import BP, split_exactly

__all__ = ["Guard", "Spending", "breach_of", "retreat", "trade_to_weights"]

_QUARTERS_A_YEAR: Final = 4
_LEVEL: Final = 10**12


class Guard:
    """Watches how far what a vehicle holds has fallen, whatever comes in and goes out."""

    __slots__ = ("_basket", "_changes", "_level", "_peak", "_worth", "is_shut", "section")

    def __init__(self, section: GuardSection) -> None:
        """Begin before anything is held."""
        self.section = section
        self.is_shut = False
        self._basket: dict[Form, int] = {}
        self._worth = 0
        self._changes = 0
        self._level = self._peak = _LEVEL

    def look(self, vehicle: Vehicle, quotes: Quotes, day: int) -> bool:
        """Follow the prices of a day; return whether the guard shuts or opens on it.

        The level of a day is that of the day before times the change of what was held overnight;
        while the guard is shut, of what was held before it shut.
        """
        now = quotes.total(self._basket, day)
        if self._worth and now:
            self._level = self._level * now // self._worth
            self._peak = max(self._peak, self._level)
        self._worth = now
        if not self.is_shut and vehicle.changes != self._changes:
            self._changes = vehicle.changes
            self._basket, self._worth = vehicle.held(), vehicle.worth(day)
        fall_bp = self.fall_bp()
        if self.is_shut and fall_bp <= self.section.release.value:
            self.is_shut, self._peak = False, self._level
            return True
        if not self.is_shut and fall_bp >= self.section.fall.value:
            self.is_shut = True
            return True
        return False

    def fall_bp(self) -> int:
        """Return how far the level is below its highest one."""
        return BP * (self._peak - self._level) // self._peak


class Spending:
    """What a vehicle pays to the budget at the end of each quarter."""

    __slots__ = ("_section", "_worths")

    def __init__(self, section: SpendingSection) -> None:
        """Begin without a value to average."""
        self._section = section
        self._worths: list[int] = []

    def due_tiyn(self, worth_tiyn: int) -> int:
        """Return what is to be paid, after one more quarter ended at this value."""
        self._worths = [*self._worths, worth_tiyn][-self._section.quarters.value :]
        mean_tiyn = sum(self._worths) // len(self._worths)
        return mean_tiyn * self._section.rate.value // (BP * _QUARTERS_A_YEAR)


def breach_of(vehicle: Vehicle, quotes: Quotes, day: int) -> int:
    """Return how far the asset that is farthest outside of its band is from it, in basis points."""
    worths = {form: quotes.worth(form, vehicle.spare(form), day) for form in vehicle.held()}
    total = sum(worths.values())
    if not total or not vehicle.mandate.weights:
        return 0
    bands = {
        ASSETS[name]: (weight.floor.value, weight.ceiling.value)
        for name, weight in vehicle.mandate.weights.items()
    }
    farthest = 0
    for form in {**bands, **worths}:
        part_bp = BP * worths.get(form, 0) // total
        # What the mandate does not name should not be there.
        floor_bp, ceiling_bp = bands.get(form, (0, 0))
        farthest = max(farthest, floor_bp - part_bp, part_bp - ceiling_bp)
    return farthest


def trade_to_weights(vehicle: Vehicle, quotes: Quotes, day: int, *, free_on: int) -> None:
    """Sell what there is too much of, then buy what there is too little of, at the stated pace.

    What is spoken for stays; bought fund units are free on day `free_on`.
    """
    weights = {ASSETS[name]: weight.share.value for name, weight in vehicle.mandate.weights.items()}
    held = {form: vehicle.spare(form) for form in vehicle.held()}
    worths = {form: quotes.cents(form, held.get(form, 0), day) for form in {**held, **weights}}
    total = sum(worths.values())
    pace = total * vehicle.mandate.pace.value // BP
    gaps = {
        form: total * weights.get(form, 0) // BP - worth
        for form, worth in worths.items()
        if form is not Form.US_DOLLAR
    }
    over = {form.name: -gap for form, gap in gaps.items() if gap < 0}
    for name, cents in _paced(over, pace).items():
        form = Form[name]
        units = min(-(-cents * held[form] // worths[form]), held[form], vehicle.sellable(form, day))
        vehicle.sell(form, units, day, "rebalance")
    spare = vehicle.units(Form.US_DOLLAR) - total * weights.get(Form.US_DOLLAR, 0) // BP
    under = {form.name: gap for form, gap in gaps.items() if gap > 0}
    for name, cents in _paced(under, max(0, min(spare, pace))).items():
        vehicle.buy(Form[name], cents, day, "rebalance", free_on=free_on)


def retreat(vehicle: Vehicle, day: int, part_bp: int) -> None:
    """Sell a part of everything that is no dollar."""
    for form in sorted(vehicle.held()):
        if form is not Form.US_DOLLAR:
            wanted = vehicle.spare(form) * part_bp // BP
            vehicle.sell(form, min(wanted, vehicle.sellable(form, day)), day, "guard")


def _paced(cents: dict[str, int], most: int) -> dict[str, int]:
    """Return amounts in the same proportion that add up to no more than `most`."""
    total = sum(cents.values())
    if total <= most:
        return cents
    parts = split_exactly(most, cents)
    return {name: part for name, part in parts.items() if part}
