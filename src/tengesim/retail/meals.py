"""Meals at the canteen: who comes, how presence is proven, and what dishonest caterers forge.

The words of a pupil on a day do not depend on how evidence is taken or with which money meals are
paid, so all arms of a study see the same absences, scanner faults and temptations. What is true
and what the controls can see are drawn apart: truth is the label, evidence the flags.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import HOUR_US, SECOND_US
from tengesim.codes import Evidence, TrueLabel
from tengesim.money import BP
from tengesim.payment import NameId
from tengesim.retail.model import METHODS, MealsBehaviour
from tengesim.retail.tape import Cell
from tengesim.streams import Streams, Words, below, by_quota, chance, further

__all__ = ["Canteen", "KioskStratum", "MealStratum", "Terms", "method_of"]

_FLAGS: Final = {
    "card": Evidence.PRESENCE_CARD,
    "qr": Evidence.PRESENCE_QR,
    "palm": Evidence.PRESENCE_PALM,
}
_RESCAN_DELAY_SECONDS: Final = 60
"""A second scan by mistake follows within a minute; it decides nothing but the order of rows."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every canteen of a programme: behaviour, price, evidence, and the days."""

    programme: str
    behaviour: MealsBehaviour
    streams: Streams
    price_tiyn: int
    evidence: Literal["report", "digital"]
    day_starts: Mapping[int, int]
    """Local midnight as simulated time, by local day number, of every day with meals."""


@dataclass(frozen=True, slots=True)
class Canteen:
    """One school's canteen: its pupils in columns, its payee, its method and its honesty."""

    school: str
    place: NameId
    pupils: NDArray[np.int64]
    is_registered: NDArray[np.bool_]
    purses: NDArray[np.int64]
    payee: int
    method: str
    is_dishonest: bool


def method_of(behaviour: MealsBehaviour, words: Words) -> list[str]:
    """Return the method of each school, in the shares of `behaviour`."""
    shares_bp = [behaviour.methods[name].share.value for name in METHODS]
    return [METHODS[kind] for kind in by_quota(words, shares_bp).tolist()]


class MealStratum:
    """Meals of one canteen, honest and forged; or, apart, the second scans made by mistake."""

    __slots__ = ("_canteen", "_doubles", "_slots", "_terms", "_times", "category", "name", "title")

    def __init__(
        self, terms: Terms, canteen: Canteen, name: NameId, title: str, *, category: str
    ) -> None:
        """Bind a canteen to the terms of its programme; a title ending in `/double` rescans."""
        self._terms = terms
        self._canteen = canteen
        self._doubles = title.endswith("/double")
        self.name = name
        self.title = title
        self.category = category
        breaks = terms.behaviour.lunch_breaks
        ends = np.cumsum([slot.share for slot in breaks])
        words = terms.streams.words("people.lunch_break", canteen.pupils)
        self._slots = np.searchsorted(ends, below(words, BP), side="right")
        self._times = np.array([slot.at for slot in breaks], dtype=np.int64)

    @property
    def programme(self) -> str:
        """Programme whose controls decide about the wants."""
        return self._terms.programme

    @property
    def place(self) -> NameId:
        """School at which the wants arise."""
        return self._canteen.place

    @property
    def payee(self) -> int:
        """Account that all of its wants would pay."""
        return self._canteen.payee

    def hours(self) -> frozenset[int]:
        """Return the hours since the epoch (UTC) in which there may be wants."""
        return frozenset(
            int((start + at) // HOUR_US)
            for start in self._terms.day_starts.values()
            for at in self._times.tolist()
        )

    def draw(self, hour: int) -> Cell:
        """Return the wants of one hour."""
        terms, canteen = self._terms, self._canteen
        day, start_us = _day_of(terms, hour)
        chosen = np.flatnonzero((start_us + self._times[self._slots]) // HOUR_US == hour)
        pupils = canteen.pupils[chosen]
        spare = terms.streams.words(f"{terms.programme}.spare", pupils, day)
        absent = chance(
            terms.streams.words("people.absent", pupils, day), terms.behaviour.absence.value
        )
        labels, evidence = self._wanted(spare, absent, canteen.is_registered[chosen])
        time_us = start_us + self._times[self._slots[chosen]]
        spread_us = max(1, terms.behaviour.lunch_spread.value.value)
        time_us += below(further(spare, "time"), spread_us)
        if self._doubles:
            wait = below(further(spare, "rescan"), _RESCAN_DELAY_SECONDS) * SECOND_US
            # A rescan stays within its hour, and so within its cell.
            time_us = np.minimum(time_us + wait + 1, (hour + 1) * HOUR_US - 1)
        is_unserved = chance(further(spare, "unserved"), terms.behaviour.unserved.value)
        order = np.lexsort((pupils, time_us))
        order = order[labels[order] != TrueLabel.INTERNAL]
        return Cell(
            time_us=time_us[order],
            # The pupil's number in names counts from 1.
            number=pupils[order] + 1,
            payer=canteen.purses[chosen][order],
            payee=np.full(len(order), canteen.payee, dtype=np.int64),
            amount_tiyn=np.full(len(order), terms.price_tiyn, dtype=np.int64),
            true_label=labels[order],
            is_unserved=is_unserved[order] & (labels[order] == TrueLabel.HONEST),
            evidence=evidence[order],
        )

    def _wanted(
        self, spare: Words, absent: NDArray[np.bool_], registered: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return label (INTERNAL = nothing wanted) and evidence per attempt of each pupil."""
        terms = self._terms
        base = np.where(registered, int(Evidence.BENEFICIARY_ELIGIBLE), 0)
        base |= int(Evidence.PAYEE_CONTRACTED)
        forged = absent & registered & self._is_tempted(spare)
        labels = np.where(absent, np.where(forged, TrueLabel.PHANTOM, 0), TrueLabel.HONEST)
        if terms.evidence == "report":
            evidence = (base | int(Evidence.PRESENCE_REPORT))[:, None]
            nothing = np.zeros_like(labels)
            return (nothing if self._doubles else labels), evidence
        proofs = self._proofs(spare, absent)
        evidence = base[:, None] | proofs
        if not self._doubles:
            return labels, evidence
        # Only a meal that was paid can be scanned a second time by mistake.
        twice = chance(further(spare, "double"), terms.behaviour.double_scan.value)
        twice &= ~absent & registered & (proofs[:, 0] > 0)
        return np.where(twice, TrueLabel.DOUBLE, 0), evidence[:, :1]

    def _proofs(self, spare: Words, absent: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the presence flags of first scan, second scan and entry by hand."""
        behaviour = self._terms.behaviour
        method = behaviour.methods[self._canteen.method]
        flag = int(_FLAGS[self._canteen.method])
        scanned = ~chance(further(spare, "scan"), method.failure.value)
        rescanned = chance(further(spare, "second scan"), behaviour.second_scan.value)
        spoofed = chance(further(spare, "spoof"), method.spoof.value)
        by_hand = chance(further(spare, "by hand"), behaviour.manual_fallback.value)
        columns = [
            np.where(absent, spoofed, scanned) * flag,
            np.where(absent, spoofed, rescanned) * flag,
        ]
        if behaviour.manual_fallback.value:
            columns.append(by_hand * int(Evidence.PRESENCE_MANUAL))
        return np.stack(columns, axis=1).astype(np.int64)

    def _is_tempted(self, spare: Words) -> NDArray[np.bool_]:
        """Return where a dishonest caterer expects to gain from forging this pupil's meal.

        Expected gain = chance that the claim passes × share of the price kept − cost of forging,
        set against the cost that the caterer sees in the risk. All in whole tiyn.
        """
        if not self._canteen.is_dishonest:
            return np.zeros(len(spare), dtype=np.bool_)
        terms = self._terms
        gain_tiyn = terms.price_tiyn * terms.behaviour.phantom_gain.value // BP
        if terms.evidence == "digital":
            method = terms.behaviour.methods[self._canteen.method]
            spoof, by_hand = method.spoof.value, terms.behaviour.manual_fallback.value
            passes_bp = spoof + (BP - spoof) * by_hand // BP
            gain_tiyn = gain_tiyn * passes_bp // BP - method.forging_cost.value
        risk_max_tiyn = terms.behaviour.risk_cost_max.value
        return gain_tiyn >= below(further(spare, "risk"), risk_max_tiyn + 1)


class KioskStratum:
    """Pupils of one school who try to spend a marked purse at a kiosk nearby."""

    __slots__ = ("_canteen", "_hours", "_kiosk", "_terms", "category", "name", "title")

    def __init__(
        self, terms: Terms, canteen: Canteen, name: NameId, title: str, *, kiosk: int
    ) -> None:
        """Bind a canteen's pupils to the kiosk's account."""
        self._terms = terms
        self._canteen = canteen
        self._kiosk = kiosk
        self.name = name
        self.title = title
        self.category = terms.behaviour.kiosk_category
        # They go before their lunch break, while the purse still holds the day's money.
        first = min(slot.at for slot in terms.behaviour.lunch_breaks)
        self._hours = frozenset(
            (start + first) // HOUR_US - 1 for start in terms.day_starts.values()
        )

    @property
    def programme(self) -> str:
        """Programme whose controls decide about the wants."""
        return self._terms.programme

    @property
    def place(self) -> NameId:
        """School near which the wants arise."""
        return self._canteen.place

    @property
    def payee(self) -> int:
        """Account that all of its wants would pay."""
        return self._kiosk

    def hours(self) -> frozenset[int]:
        """Return the hours since the epoch (UTC) in which there may be wants."""
        return self._hours

    def draw(self, hour: int) -> Cell:
        """Return the wants of one hour."""
        terms, canteen = self._terms, self._canteen
        day, _ = _day_of(terms, hour)
        spare = terms.streams.words(f"{terms.programme}.kiosk", canteen.pupils, day)
        absent = chance(
            terms.streams.words("people.absent", canteen.pupils, day),
            terms.behaviour.absence.value,
        )
        goes = chance(further(spare, "goes"), terms.behaviour.kiosk_attempt.value)
        chosen = np.flatnonzero(goes & ~absent)
        time_us = hour * HOUR_US + below(further(spare[chosen], "time"), HOUR_US // SECOND_US) * (
            SECOND_US
        )
        order = np.lexsort((canteen.pupils[chosen], time_us))
        chosen = chosen[order]
        flag = int(_FLAGS[canteen.method])
        eligible = canteen.is_registered[chosen] * int(Evidence.BENEFICIARY_ELIGIBLE)
        return Cell(
            time_us=time_us[order],
            number=canteen.pupils[chosen] + 1,
            payer=canteen.purses[chosen],
            payee=np.full(len(chosen), self._kiosk, dtype=np.int64),
            amount_tiyn=np.full(len(chosen), terms.behaviour.kiosk_ticket.value, dtype=np.int64),
            true_label=np.full(len(chosen), TrueLabel.OFF_PURPOSE, dtype=np.int64),
            is_unserved=np.zeros(len(chosen), dtype=np.bool_),
            evidence=(eligible | flag)[:, None],
        )


def _day_of(terms: Terms, hour: int) -> tuple[int, int]:
    """Return number and start of the day with meals that contains the UTC `hour`."""
    for day, start_us in terms.day_starts.items():
        if 0 <= hour * HOUR_US - start_us < 24 * HOUR_US:
            return day, start_us
    message = f"hour {hour} lies on no day with meals of {terms.programme}"
    raise ValueError(message)
