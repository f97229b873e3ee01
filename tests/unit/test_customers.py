"""What banks know of those they serve: accounts whose numbers follow from those of parties."""

import numpy as np
import pytest

from tengesim.institutions.customers import NO_ACCOUNT, SlotAccounts
from tengesim.ledger.parties import CASH, DEPOSIT, PURSE, WALLET, account_of

COUNT = 9


def written_out(slot: int, is_open: list[bool]) -> np.ndarray:
    """Return the same accounts one by one, as a column."""
    owned = [account_of(n, slot) if one else NO_ACCOUNT for n, one in enumerate(is_open)]
    return np.array(owned, dtype=np.int64)


@pytest.mark.parametrize("slot", [DEPOSIT, CASH, WALLET, PURSE])
def test_accounts_of_a_slot_are_read_as_a_column_is(slot: int) -> None:
    """Goal: no column where none is needed. Method: the column itself, read in every way."""
    is_open = [number % 3 != 1 for number in range(COUNT)]
    accounts, column = SlotAccounts(slot, np.array(is_open)), written_out(slot, is_open)
    assert len(accounts) == COUNT
    assert [accounts[number] for number in range(COUNT)] == column.tolist()
    for some in (np.array([7, 1, 1, 0]), np.arange(COUNT), np.empty(0, dtype=np.int64)):
        assert accounts[some].tolist() == column[some].tolist()
        assert accounts[some].dtype == np.int64
    for span in (slice(None), slice(2, 6), slice(5, 99), slice(4, 4)):
        assert accounts[span].tolist() == column[span].tolist()


def test_who_opens_an_account_has_one_from_then_on() -> None:
    """Goal: wallets of a run. Method: open some, close one; whoever shares the column sees it."""
    is_open = np.zeros(COUNT, dtype=np.bool_)
    accounts, later = SlotAccounts(WALLET, is_open), np.array([2, 5])
    accounts[later] = written_out(WALLET, [True] * COUNT)[later]
    accounts[0] = account_of(0, WALLET)
    accounts[5] = NO_ACCOUNT
    assert np.flatnonzero(is_open).tolist() == [0, 2]
    assert np.flatnonzero(accounts[:] != NO_ACCOUNT).tolist() == [0, 2]
