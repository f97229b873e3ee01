"""The standard chains of moves in which money changes its form, each leg with its counterpart.

Apart from the institutions, because several of them need the same chain and none may import
another.
"""

from tengesim.codes import Form
from tengesim.payment import AccountId, Move
from tengesim.ports import Ledger

__all__ = ["deposit_from_reserves", "reserves_from_deposit"]


def deposit_from_reserves(
    ledger: Ledger, *, national_bank: str, bank: str, holder: str, amount_tiyn: int
) -> tuple[Move, Move]:
    """Return the moves that give `bank` reserves and `holder` a deposit of the same amount."""
    issued, reserve, owed, deposit = _accounts(ledger, national_bank, bank, holder)
    return Move(issued, reserve, amount_tiyn), Move(owed, deposit, amount_tiyn)


def reserves_from_deposit(
    ledger: Ledger, *, national_bank: str, bank: str, holder: str, amount_tiyn: int
) -> tuple[Move, Move]:
    """Return the moves that retire a deposit of `holder` and the reserves of `bank` behind it."""
    issued, reserve, owed, deposit = _accounts(ledger, national_bank, bank, holder)
    return Move(deposit, owed, amount_tiyn), Move(reserve, issued, amount_tiyn)


def _accounts(ledger: Ledger, national_bank: str, bank: str, holder: str) -> tuple[AccountId, ...]:
    return (
        ledger.open(national_bank, national_bank, Form.BANK_RESERVE),
        ledger.open(bank, national_bank, Form.BANK_RESERVE),
        ledger.open(bank, bank, Form.BANK_DEPOSIT),
        ledger.open(holder, bank, Form.BANK_DEPOSIT),
    )
