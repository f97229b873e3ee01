"""What compiled code knows of a party, packed in one number beside its money.

Fields from the lowest bit: number of the name in the log, index of the region, index of the bank,
kind of wallet, then yes-or-no facts. Readable code has columns for the same things.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BANK",
    "FLAGS",
    "HAS_CASH",
    "HAS_DEPOSIT",
    "HAS_DEVICE",
    "HAS_MARKED",
    "HAS_PURSE",
    "HAS_WALLET",
    "IS_AUTOMATIC",
    "IS_DIGITAL_BY_HABIT",
    "IS_PERSON",
    "IS_WATCHED",
    "LEVEL",
    "MASKS",
    "NAME",
    "NEEDS_ATTENTION",
    "NO_LEVEL",
    "REGION",
    "pack",
]

NAME: Final = 0
REGION: Final = 27
BANK: Final = 35
LEVEL: Final = 43
"""Lowest bit of each field."""

MASKS: Final = {NAME: (1 << 27) - 1, REGION: 255, BANK: 255, LEVEL: 15}
"""Largest value of each field."""

NO_LEVEL: Final = 15

IS_PERSON: Final = 1 << 47
HAS_DEPOSIT: Final = 1 << 48
HAS_CASH: Final = 1 << 49
HAS_WALLET: Final = 1 << 50
IS_AUTOMATIC: Final = 1 << 51
"""Money flows between wallet and deposit without being asked."""
IS_DIGITAL_BY_HABIT: Final = 1 << 52
HAS_DEVICE: Final = 1 << 53
"""A purse of a person, or a till of a merchant, that works offline."""
NEEDS_ATTENTION: Final = 1 << 54
"""Some money of the party is on hold or frozen, which only readable code deals with."""
HAS_PURSE: Final = 1 << 55
"""The slot of the offline purse is open."""
HAS_MARKED: Final = 1 << 56
"""A person with a purse of marked money, who pays with it first where that is taken."""

IS_WATCHED: Final = 1 << 57
"""Somebody has declared a threshold for the party, at which only readable code looks."""

FLAGS: Final = (
    IS_PERSON,
    HAS_DEPOSIT,
    HAS_CASH,
    HAS_WALLET,
    IS_AUTOMATIC,
    IS_DIGITAL_BY_HABIT,
    HAS_DEVICE,
    NEEDS_ATTENTION,
    HAS_PURSE,
    HAS_MARKED,
    IS_WATCHED,
)


def pack(
    name: NDArray[np.int64],
    region: NDArray[np.int64],
    bank: NDArray[np.int64],
    level: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the fields of every party as one number each, with no flag set.

    Raises ValueError where a field is too small for what it should say.
    """
    packed = np.zeros(len(name), dtype=np.int64)
    for shift, values in ((NAME, name), (REGION, region), (BANK, bank), (LEVEL, level)):
        if len(values) and not 0 <= int(values.min()) <= int(values.max()) <= MASKS[shift]:
            raise ValueError(f"{values.min()}..{values.max()}; expected 0..{MASKS[shift]}")
        packed |= values.astype(np.int64) << shift
    return packed
