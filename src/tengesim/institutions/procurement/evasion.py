"""How those who would cheat choose among ways, and what they believe about being found.

A choice is the largest of ln(share) + Gumbel number + sensitivity × what utility lost or won since
the base arm. So in the base arm, at its own terms, every way has exactly its share whatever the
sensitivity, and with a sensitivity of zero every arm has the choices of the base arm. Without
chance (an infinite sensitivity) the constants have no room, and utility alone decides.

Gains, fines and probabilities count parts per million, here called ppm; logarithms millionths.
"""

from collections import Counter, deque
from collections.abc import Collection, Mapping
from decimal import Decimal, localcontext
from typing import Final, NamedTuple

from tengesim.institutions.procurement.integrity_model import IntegritySection
from tengesim.institutions.procurement.typologies import Channel
from tengesim.money import BP

__all__ = [
    "INFINITE",
    "PPM",
    "Beliefs",
    "Cost",
    "Weighing",
    "choose",
    "log_shares",
    "sensitivity_of",
    "utility_ppm",
]

PPM: Final = 1_000_000
INFINITE: Final = -1
"""A sensitivity that leaves nothing to chance."""

_MILLIONTHS: Final = 1_000_000
_PER_CENT_PPM: Final = 10_000
_DIGITS: Final = 30
_FREE: Final = frozenset({Channel.HONEST})
"""What anybody can change to at no cost."""


class Cost(NamedTuple):
    """What being found costs: a fine, and a share of the gain."""

    fine_ppm: int
    forfeited_bp: int


def utility_ppm(gain_ppm: int, found_ppm: int, cost: Cost) -> int:
    """Return the gain less what is expected to be lost when found, per contract.

    >>> utility_ppm(80_000, 150_000, Cost(fine_ppm=400_000, forfeited_bp=0))
    20000
    """
    lost_ppm = cost.fine_ppm + gain_ppm * cost.forfeited_bp // BP
    return gain_ppm - found_ppm * lost_ppm // PPM


def log_shares(shares_bp: Mapping[Channel, int]) -> dict[Channel, int]:
    """Return the constants that give every way its share; a way without a share is left out."""
    with localcontext() as context:
        context.prec = _DIGITS
        return {
            channel: int((Decimal(share_bp).ln() * _MILLIONTHS).to_integral_value())
            for channel, share_bp in shares_bp.items()
            if share_bp
        }


def sensitivity_of(section: IntegritySection) -> int:
    """Return the millionths of log odds for each 1 % of a contract's value, or INFINITE."""
    if section.sensitivity_at == "zero":
        return 0
    if section.sensitivity_at == "infinite":
        return INFINITE
    stated = section.sensitivity
    ends = {"low": stated.low, "base": stated.value, "high": stated.high}
    value = ends[section.sensitivity_at]
    if value is None:
        value = stated.value
    return int(value * _MILLIONTHS)


class Weighing(NamedTuple):
    """What one circle weighs: utilities at the base arm's terms and at those of now.

    `tastes` are the constants plus the circle's own Gumbel numbers, the same in all arms; a way
    without one does not exist for it.
    """

    tastes: Mapping[Channel, int]
    base_ppm: Mapping[Channel, int]
    now_ppm: Mapping[Channel, int]


def choose(
    weighing: Weighing, sensitivity: int, *, switching_ppm: int, possible: Collection[Channel]
) -> Channel:
    """Return the way that is best among those `possible`.

    Another way than the usual one costs `switching_ppm`; staying honest costs nothing.
    """
    usual = max(
        possible, key=lambda one: _score(weighing, one, weighing.base_ppm[one], sensitivity)
    )

    def now(channel: Channel) -> tuple[int, int]:
        is_free = channel == usual or channel in _FREE
        utility = weighing.now_ppm[channel] - (0 if is_free else switching_ppm)
        return _score(weighing, channel, utility, sensitivity)

    return max(possible, key=now)


def _score(weighing: Weighing, channel: Channel, utility: int, sensitivity: int) -> tuple[int, int]:
    taste = weighing.tastes[channel]
    if sensitivity == INFINITE:
        return utility, taste
    change_ppm = utility - weighing.base_ppm[channel]
    return taste + sensitivity * change_ppm // _PER_CENT_PPM, 0


class _Case(NamedTuple):
    """What became of a scheme, and when everybody has heard of it."""

    known_us: int
    circle: str
    channel: Channel
    was_found: bool


class Beliefs:
    """How likely circles think it is to be found, by way: a Beta law that cases update.

    An own case counts in full and a peer's in part, and only after a lag.
    """

    __slots__ = ("_cases", "_found", "_lag_us", "_peer_bp", "_seen", "_weight")

    def __init__(self, *, weight: int, peer_bp: int, lag_us: int) -> None:
        """Start without cases; the first belief is worth `weight` of them."""
        self._weight = weight
        self._peer_bp = peer_bp
        self._lag_us = lag_us
        self._cases: deque[_Case] = deque()
        self._seen: Counter[tuple[str, Channel]] = Counter()
        self._found: Counter[tuple[str, Channel]] = Counter()

    def learn(self, circle: str, channel: Channel, *, was_found: bool, time_us: int) -> None:
        """Let a case become known after the lag; times never go back."""
        self._cases.append(_Case(time_us + self._lag_us, circle, channel, was_found))

    def found_ppm(self, circle: str, channel: Channel, first_ppm: int, time_us: int) -> int:
        """Return what `circle` believes of `channel`, when it first believed `first_ppm`."""
        while self._cases and self._cases[0].known_us <= time_us:
            self._count(self._cases.popleft())
        own, everybody = (circle, channel), ("", channel)
        peer_bp = self._peer_bp
        # Own cases stand in the count of everybody too.
        seen = self._seen[own] * (BP - peer_bp) + self._seen[everybody] * peer_bp
        found = self._found[own] * (BP - peer_bp) + self._found[everybody] * peer_bp
        total = self._weight * BP + seen
        return (first_ppm * self._weight * BP + found * PPM) // total if total else first_ppm

    def _count(self, case: _Case) -> None:
        for whose in (case.circle, ""):
            self._seen[whose, case.channel] += 1
            self._found[whose, case.channel] += case.was_found
