"""Which ledger account belongs to which party, in columns by party.

Apart from the ledger, which knows accounts and no people, and from people, who know no ledger.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["NO_ACCOUNT", "Accounts"]

NO_ACCOUNT = -1
"""What stands where a party has no account of a kind."""


class Accounts(NamedTuple):
    """Accounts by party, and those of the institutions that issue what is in them.

    `deposit` is kept at the party's own bank; `wallet`, `cash` and `purse` at the National Bank.
    """

    deposit: NDArray[np.int64]
    wallet: NDArray[np.int64]
    cash: NDArray[np.int64]
    purse: NDArray[np.int64]
    deposit_issuers: tuple[int, ...]
    """Of each second-tier bank, in the scenario's order."""
    reserves: tuple[int, ...]
    """Of each second-tier bank at the National Bank."""
    digital_issuer: int
    cash_issuer: int
