"""The standard chains of moves in which money changes its form, each leg with its counterpart.

Apart from the institutions, because several of them need the same chain and none may import
another.
"""

from tengesim.codes import Form
from tengesim.payment import AccountId, Move
from tengesim.ports import Ledger

__all__ = [
    "deposit_from_deposit",
    "deposit_from_digital",
    "deposit_from_reserves",
    "digital_from_deposit",
    "reserves_from_deposit",
]


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


def digital_from_deposit(
    ledger: Ledger,
    *,
    national_bank: str,
    bank: str,
    deposit: AccountId,
    wallet: AccountId,
    amount_tiyn: int,
) -> tuple[Move, Move, Move]:
    """Return the moves that retire a deposit at `bank` with its reserves and fill `wallet`."""
    issued, reserve, owed, issuer = _sides(ledger, national_bank, bank)
    return (
        Move(deposit, owed, amount_tiyn),
        Move(reserve, issued, amount_tiyn),
        Move(issuer, wallet, amount_tiyn),
    )


def deposit_from_deposit(
    ledger: Ledger,
    *,
    national_bank: str,
    payer: tuple[str, str],
    payee: tuple[str, str],
    amount_tiyn: int,
) -> tuple[Move, ...]:
    """Return the moves from one deposit to another, each given by its holder and its bank.

    Between two banks the deposit ends at one and begins at the other, and reserves go along.
    """
    debit, credit = (ledger.open(*one, Form.BANK_DEPOSIT) for one in (payer, payee))
    (_, paying), (_, paid) = payer, payee
    if paying == paid:
        return (Move(debit, credit, amount_tiyn),)
    opened = ledger.open
    owed = opened(paying, paying, Form.BANK_DEPOSIT), opened(paid, paid, Form.BANK_DEPOSIT)
    reserve = tuple(opened(bank, national_bank, Form.BANK_RESERVE) for bank in (paying, paid))
    return (
        Move(debit, owed[0], amount_tiyn),
        Move(reserve[0], reserve[1], amount_tiyn),
        Move(owed[1], credit, amount_tiyn),
    )


def deposit_from_digital(
    ledger: Ledger,
    *,
    national_bank: str,
    bank: str,
    deposit: AccountId,
    wallet: AccountId,
    amount_tiyn: int,
) -> tuple[Move, Move, Move]:
    """Return the moves that empty `wallet` into a deposit at `bank`, which gains reserves."""
    issued, reserve, owed, issuer = _sides(ledger, national_bank, bank)
    return (
        Move(wallet, issuer, amount_tiyn),
        Move(issued, reserve, amount_tiyn),
        Move(owed, deposit, amount_tiyn),
    )


def _sides(ledger: Ledger, national_bank: str, bank: str) -> tuple[AccountId, ...]:
    return (
        ledger.open(national_bank, national_bank, Form.BANK_RESERVE),
        ledger.open(bank, national_bank, Form.BANK_RESERVE),
        ledger.open(bank, bank, Form.BANK_DEPOSIT),
        ledger.open(national_bank, national_bank, Form.DIGITAL_TENGE),
    )


def _accounts(ledger: Ledger, national_bank: str, bank: str, holder: str) -> tuple[AccountId, ...]:
    return (
        ledger.open(national_bank, national_bank, Form.BANK_RESERVE),
        ledger.open(bank, national_bank, Form.BANK_RESERVE),
        ledger.open(bank, bank, Form.BANK_DEPOSIT),
        ledger.open(holder, bank, Form.BANK_DEPOSIT),
    )
