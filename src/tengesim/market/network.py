"""The Bitcoin network as miners meet it: hash rate, difficulty, reward, and their clockwork.

Difficulty returns the mean time of a block to 600 s every 2,016 blocks, by at most a factor of
four; the subsidy halves every 210,000 blocks. Time is cut where any of these changes, so within a
span nothing does. Hash rates are whole tera-hashes a second, difficulty whole tera-hashes a block.

The network finds its blocks at the expected pace. Retargets make that nearly exact over a year:
a stretch that was lucky by some share is followed by a difficulty higher by the same share, so of
all stretches only the luck of the last one remains. Who finds a block is another matter, and the
luck of pools (`institutions.mining.luck`).
"""

from collections.abc import Callable
from typing import Final, NamedTuple, Self

from pydantic import Field, model_validator

from tengesim.clock import DAY_US, SECOND_US
from tengesim.money import BP
from tengesim.parameter import Count, DurationValue, Number, Rate, Section, Sourced, refusal

__all__ = [
    "BLOCK_S",
    "HALVING_BLOCKS",
    "MICRO",
    "RETARGET_BLOCKS",
    "THS_PER_EHS",
    "HashRate",
    "Network",
    "NetworkSection",
    "Span",
    "mined_micro_sat",
    "subsidy_sat",
]

BLOCK_S: Final = 600
RETARGET_BLOCKS: Final = 2_016
HALVING_BLOCKS: Final = 210_000
THS_PER_EHS: Final = 10**6
MICRO: Final = 10**6
"""Parts in which satoshi are counted until they are paid out."""
_FIRST_SUBSIDY_SAT: Final = 50 * 10**8
_TARGET_US: Final = RETARGET_BLOCKS * BLOCK_S * SECOND_US
_CLAMP: Final = 4
_YEAR_DAYS: Final = 365


class NetworkSection(Section):
    """The network at the start of the horizon, and how its hash rate follows the price."""

    hash_rate: Sourced[Number] = Field(description="EH/s at the start, of everybody.")
    height: Sourced[Count] = Field(description="Blocks there are at the start.")
    growth: Sourced[Rate] = Field(
        description="Hash rate that better machines add a year at an unchanged price, as a share"
        " of that at the start."
    )
    follows_price: Sourced[Rate] = Field(
        description="Share of a change of the dollar price by which the hash rate changes in the"
        " end: at 50 % a price twice as high brings one half more."
    )
    lag: Sourced[DurationValue] = Field(
        description="Time in which most of the gap between the hash rate and what the price"
        " supports is closed."
    )
    fees: Sourced[Rate] = Field(description="Fees of a block, as a share of the subsidy.")

    @model_validator(mode="after")
    def _is_alive(self) -> Self:
        if self.hash_rate.value * THS_PER_EHS < 1:
            raise refusal(
                "RANGE",
                f"the network has a hash rate of {self.hash_rate.value} EH/s",
                expected="more than zero, such as 1000",
                at=("hash_rate", "value"),
            )
        if self.lag.value.unit != "us" or self.lag.value.value < DAY_US:
            raise refusal(
                "DURATION",
                f"the lag is {self.lag.value}",
                expected="a day or more, such as 90 days",
                at=("lag", "value"),
            )
        return self

    def start_ths(self) -> int:
        """Return the hash rate at the start in TH/s."""
        return int(self.hash_rate.value * THS_PER_EHS)


class HashRate:
    """Hash rate of all miners together, which follows the dollar price with a lag."""

    __slots__ = ("_current_ths", "_day", "_lag_days", "_section")

    def __init__(self, section: NetworkSection) -> None:
        """Start with the hash rate of the section."""
        self._section = section
        self._lag_days = section.lag.value.value // DAY_US
        self._current_ths = section.start_ths()
        self._day = 0

    def next_day(self, price: int, price_at_start: int) -> int:
        """Return the TH/s of the next day at a price; only the ratio of the two prices counts.

        What the price supports grows with the machines. A lag of n days closes one n-th of the
        gap a day.
        """
        start_ths = self._section.start_ths()
        grown_bp = BP + self._section.growth.value * self._day // _YEAR_DAYS
        follows_bp = self._section.follows_price.value
        scale = BP * BP * price_at_start
        moved = BP * price_at_start + follows_bp * (price - price_at_start)
        supported_ths = start_ths * grown_bp * moved // scale
        if self._day:
            self._current_ths += (supported_ths - self._current_ths) // self._lag_days
        self._day += 1
        # A network without miners finds no block and so would never become easier.
        self._current_ths = max(self._current_ths, 1)
        return self._current_ths


class Span(NamedTuple):
    """A stretch of time in which hash rate, difficulty and reward stay what they are.

    `blocks` are found in it, the first of them with the height `first_block`.
    """

    duration_us: int
    hash_rate_ths: int
    difficulty: int
    reward_sat: int
    first_block: int
    blocks: int


def subsidy_sat(height: int) -> int:
    """Return the subsidy of the block with a height, in satoshi.

    >>> subsidy_sat(840_000), subsidy_sat(1_049_999), subsidy_sat(1_050_000)
    (312500000, 312500000, 156250000)
    """
    return _FIRST_SUBSIDY_SAT >> height // HALVING_BLOCKS


def mined_micro_sat(hash_rate_ths: int, span: Span) -> int:
    """Return the expected reward of a hash rate over a span, in millionths of a satoshi.

    Hashes over hashes a block, times the reward of a block.
    """
    return hash_rate_ths * span.duration_us * span.reward_sat // span.difficulty


class Network:
    """Blocks, difficulty and reward as time passes under whatever hash rate there is."""

    __slots__ = ("_elapsed_us", "_reward", "_work", "difficulty", "height")

    def __init__(self, height: int, hash_rate_ths: int, reward: Callable[[int], int]) -> None:
        """Start at a height with the difficulty at which `hash_rate_ths` needs 600 s a block.

        `reward` tells satoshi by height. The blocks since the last retarget took 600 s each.
        """
        self.height = height
        self.difficulty = hash_rate_ths * BLOCK_S
        self._reward = reward
        self._work = 0
        self._elapsed_us = height % RETARGET_BLOCKS * BLOCK_S * SECOND_US

    @classmethod
    def of(cls, section: NetworkSection) -> Self:
        """Return the network that a section states."""
        fees_bp = section.fees.value

        def reward(height: int) -> int:
            return subsidy_sat(height) * (BP + fees_bp) // BP

        return cls(section.height.value, section.start_ths(), reward)

    @property
    def reward_sat(self) -> int:
        """Return the reward of the next block, in satoshi."""
        return self._reward(self.height)

    def advance(self, hash_rate_ths: int, duration_us: int) -> list[Span]:
        """Let time pass under a hash rate; return its spans in order."""
        spans: list[Span] = []
        while duration_us > 0:
            # Work is counted in tera-hashes a second times microseconds.
            needed = self._blocks_left() * self.difficulty * MICRO - self._work
            # More than a stretch may be done already where hash rate has grown a billionfold.
            passed_us = min(duration_us, max(-(-needed // hash_rate_ths), 0))
            spans.append(self._pass(hash_rate_ths, passed_us))
            duration_us -= passed_us
        return spans

    def _blocks_left(self) -> int:
        """Return how many blocks there are until difficulty or subsidy changes."""
        height = self.height
        return min(
            RETARGET_BLOCKS - height % RETARGET_BLOCKS, HALVING_BLOCKS - height % HALVING_BLOCKS
        )

    def _pass(self, hash_rate_ths: int, passed_us: int) -> Span:
        first, difficulty, left = self.height, self.difficulty, self._blocks_left()
        reward_sat = self.reward_sat
        self._elapsed_us += passed_us
        self._work += hash_rate_ths * passed_us
        # The last microsecond may do more than the last block needs; the rest is for the next.
        blocks = min(self._work // (difficulty * MICRO), left)
        self._work -= blocks * difficulty * MICRO
        self.height += blocks
        if blocks and self.height % RETARGET_BLOCKS == 0:
            self._retarget()
        return Span(passed_us, hash_rate_ths, difficulty, reward_sat, first, blocks)

    def _retarget(self) -> None:
        """Set the difficulty at which the last blocks would have taken 600 s each."""
        taken_us = min(max(self._elapsed_us, _TARGET_US // _CLAMP), _TARGET_US * _CLAMP)
        self.difficulty = max(self.difficulty * _TARGET_US // taken_us, 1)
        self._elapsed_us = 0
