"""What an economy gives to compiled code, beside the readable code that answers its wants.

Columns by party, as the readable parts have them; whoever runs the fast engine packs them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tengesim.institutions.customers import Customers
from tengesim.institutions.outages import Outages
from tengesim.institutions.wallets import Purses
from tengesim.population.wallets import Wallets
from tengesim.retail.carry import Carry, Terms

__all__ = ["Equipment"]


@dataclass(frozen=True, slots=True)
class Equipment:
    """Who has what, and how people choose."""

    customers: Customers
    outages: Outages
    wallets: Wallets | None
    """Columns of the wallets of people; None in a world without."""
    withdrawal: int
    """Name id of the purpose that goes to a teller; −1 where nothing does."""
    cash_bp: int
    """Share of payments at a counter for which people reach for cash."""
    is_digital: NDArray[np.bool_]
    """Whether each person pays in digital tenge by habit."""
    has_device: NDArray[np.bool_]
    """Whether each party has a purse or a till that works offline."""
    purses: Purses | None = None
    """Marked money of people; None in a world without wallets."""
    is_replayed: bool = False
    """Whether a table is replayed on deposits alone."""
    watched: Sequence[int] = ()
    """Parties whose payments somebody looks at."""
    refunds: Terms | None = None
    """By what purchases come back; None where none does."""
    carry: Carry | None = None
    """Where those that do are kept until then."""
