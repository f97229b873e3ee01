"""The tables that drawing reads, as tuples of arrays, and what their columns are called.

Compiled code takes arrays only; every array here has one kind of number, always the same.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.retail.guides import Groups

__all__ = [
    "AFTER",
    "ANYWHERE",
    "AT_HOME_MAX",
    "BEFORE",
    "BILL_AMOUNT",
    "BILL_PAYEE",
    "COUNT",
    "HOURS",
    "IN_HOUSEHOLD",
    "IN_TOWN",
    "KIND",
    "LAW",
    "LOCAL",
    "NOBODY",
    "OF_AMOUNT",
    "OF_PAYEE",
    "OF_REMOTE",
    "OF_TIME",
    "PURCHASE",
    "RENTAL",
    "RURAL",
    "SOURCE",
    "TRANSFERRED",
    "URBAN",
    "UTILITY",
    "WANT",
    "WEIGHT",
    "WEIGHT_MAX",
    "WITHDRAWN",
    "WITHIN_HOUR",
    "Amounts",
    "Day",
    "Drawn",
    "Found",
    "Index",
    "Piece",
    "Plan",
    "Tables",
]

PURCHASE, TRANSFERRED, WITHDRAWN, RENTAL, UTILITY = range(5)
"""Kinds of strata; from RENTAL on they are bills."""
KIND, SOURCE, LOCAL, ANYWHERE, RURAL, URBAN, LAW = range(7)
"""Columns of a stratum: its kind, whose streams it draws from, the group of those who pay, the
groups of those who may be paid (or NOBODY), and the row of its amounts."""
COUNT, WANT = 0, 2
"""Columns of the two numbers that make words of how many, and of each want, on a day."""
BILL_PAYEE, BILL_AMOUNT = 0, 2
"""The same of words that a bill has in every month."""
OF_TIME, WITHIN_HOUR, OF_REMOTE, OF_PAYEE, IN_HOUSEHOLD, OF_AMOUNT = range(6)
"""Places of the numbers that make further words of a want."""
IN_TOWN: Final = 1
AFTER, BEFORE, WEIGHT = 1, 8, 15
"""Lowest bits of what is known of a payer."""
AT_HOME_MAX: Final = 127
"""Payers of a household that stand on one side of one of them."""
WEIGHT_MAX: Final = 100_000
"""No product of the largest payment and a weight leaves 64 bits."""
NOBODY: Final = -1
HOURS: Final = 0
"""Group of the hours of a day."""


class Amounts(NamedTuple):
    """Lognormal laws on the same nodes, one row of values and one of rises for each."""

    thresholds: NDArray[np.uint64]
    guide: NDArray[np.int32]
    """How many thresholds the smallest word with these upper bits has reached."""
    guide_shift: np.uint64
    span: NDArray[np.int64]
    shift: NDArray[np.uint64]
    values: NDArray[np.int64]
    rise: NDArray[np.int64]
    mean_weight: int
    amount_max_tiyn: int


class Tables(NamedTuple):
    """What is known of strata, of their streams and of people."""

    strata: NDArray[np.int64]
    threshold: NDArray[np.uint64]
    """Of each stratum: where half a word stops meaning a remote purchase, or money kept at home."""
    bills: NDArray[np.uint64]
    """Numbers of each source that make the words of payee and amount of a bill."""
    further: NDArray[np.uint64]
    numbers: NDArray[np.uint64]
    """What makes the word of each further want of somebody on a day."""
    counts: NDArray[np.uint64]
    """Cumulated Poisson laws, one after another."""
    heads: NDArray[np.int32]
    """Who pays the bills of each day of the month, as entries of the region's payers."""
    about: NDArray[np.uint32]
    """What is known of each entry that pays: from the lowest bit whether it lives in town, how many
    of its household stand right after it and right before it, and its weight."""


class Plan(NamedTuple):
    """All that drawing reads and that is the same on every day."""

    tables: Tables
    groups: Groups
    amounts: Amounts


class Day(NamedTuple):
    """What drawing reads of one local day."""

    start_us: int
    spans: NDArray[np.int64]
    """Of each stratum its part of `counts`; of a bill its part of `heads`."""
    keys: NDArray[np.uint64]
    """Of each source the numbers that make the words of the day."""


class Index(NamedTuple):
    """Who wants something in which part of a day: a stratum's wants by part, then by payer."""

    starts: NDArray[np.int64]
    """Where each part of each stratum begins, and where its last ends."""
    payer: NDArray[np.int32]
    """Who wants it, as entry of the region's payers."""
    number: NDArray[np.uint16]
    """Which of the payer's wants of the day it is."""


class Found(NamedTuple):
    """The wants of one stratum on a day, while they are dealt out."""

    payer: NDArray[np.int32]
    number: NDArray[np.uint16]
    part: NDArray[np.int32]
    """Part of the day."""


class Drawn(NamedTuple):
    """Columns of a few wants of one stratum while they are drawn."""

    payer: NDArray[np.int32]
    """Entry of who pays."""
    person: NDArray[np.int32]
    """The payer's number as a party."""
    about: NDArray[np.uint32]
    """What is known of the payer."""
    number: NDArray[np.uint16]
    spare: NDArray[np.uint64]
    word: NDArray[np.uint64]
    """Word of the choice that is being made, or its part of the sum of weights."""
    group: NDArray[np.int64]
    """Group that is chosen from; below zero where `entry` is known."""
    entry: NDArray[np.int64]
    moment_us: NDArray[np.int64]
    """Time since midnight."""
    payee: NDArray[np.int64]
    amount_tiyn: NDArray[np.int64]
    flags: NDArray[np.uint8]


class Piece(NamedTuple):
    """A part of an indexed day, which belongs to an hour since the epoch."""

    day: Day
    indexed: Index
    part: int
    hour: int
