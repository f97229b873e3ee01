"""The row of a party: its accounts side by side, so that a payment touches one line of memory.

The accounts of people and firms are numbered by party and slot, in either ledger, far above those
of institutions. What stands in the other slots of a row belongs to whoever pays for the party; no
account has their ids.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form
from tengesim.memory import zeros

__all__ = [
    "CASH",
    "DEPOSIT",
    "FLOOR",
    "FORM_OF_SLOT",
    "PARTY_BASE",
    "PURSE",
    "SLOTS",
    "TOP_UP",
    "TRAITS",
    "USED",
    "WALLET",
    "account_of",
    "lines_of",
]

SLOTS: Final = 8
"""Eight numbers of 64 bits are a line of the processor's cache."""
PARTY_BASE: Final = 1 << 40
"""Account ids of parties begin here; those of institutions stay below."""

_LINE_BYTES: Final = 64

DEPOSIT: Final = 0
CASH: Final = 1
WALLET: Final = 2
PURSE: Final = 3
USED: Final = 4
FLOOR: Final = 5
TOP_UP: Final = 6
TRAITS: Final = 7

FORM_OF_SLOT: Final = {
    DEPOSIT: Form.BANK_DEPOSIT,
    CASH: Form.CASH,
    WALLET: Form.DIGITAL_TENGE,
    PURSE: Form.DIGITAL_TENGE,
}
"""Form of the money in each slot that is an account."""


def account_of(party: int, slot: int) -> int:
    """Return the account id of a slot of a party."""
    return PARTY_BASE + party * SLOTS + slot


def lines_of(count: int) -> NDArray[np.int64]:
    """Return a line of zeros for each party, none of which lies in two lines of the cache."""
    words = _LINE_BYTES // 8
    room = zeros((count + 1) * SLOTS)
    skipped = -(room.ctypes.data // 8) % words
    return room[skipped : skipped + count * SLOTS].reshape(count, SLOTS)
