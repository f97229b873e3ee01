"""Which accounts pay nothing for now: each counted, as several authorities may freeze the same."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Frozen"]


class Frozen:
    """The frozen accounts of one ledger."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        """Start with none."""
        self._times: dict[int, int] = {}

    def __contains__(self, account: object) -> bool:
        """Return whether `account` is frozen."""
        return account in self._times

    @property
    def is_any(self) -> bool:
        """Return whether there is a frozen account."""
        return bool(self._times)

    def change(self, account: int, *, is_frozen: bool) -> bool:
        """Freeze `account` once more, or let it go once; return whether that begins or ends it.

        Raises ValueError where an account is let go that is not frozen.
        """
        times = self._times.get(account, 0)
        if not times and not is_frozen:
            raise ValueError(f"account {account} is let go more often than it was frozen")
        self._times[account] = times + (1 if is_frozen else -1)
        if not self._times[account]:
            del self._times[account]
        return not times or account not in self._times

    def has_any(self, accounts: Iterable[int]) -> bool:
        """Return whether one of `accounts` is frozen."""
        return any(account in self._times for account in accounts)

    def of(self, accounts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of `accounts` are frozen."""
        if not self._times:
            return np.zeros(len(accounts), dtype=np.bool_)
        return np.isin(accounts, np.array([*self._times], dtype=np.int64))
