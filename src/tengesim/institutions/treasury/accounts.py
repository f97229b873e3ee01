"""Accounts of the budget: the single account, its division into cash-control accounts, the fund.

The National Bank keeps the Treasury's single account and the National Fund. Each level of the
budget has a cash-control account, kept by the Treasury, which says how much of the single account
is the level's; so the cash-control accounts together always equal what the single account holds of
the budget. Every chain of moves here changes both sides alike.
"""

from collections.abc import Sequence

from tengesim.codes import Form
from tengesim.ledger.moves import deposit_from_reserves, reserves_from_deposit
from tengesim.money import split_exactly
from tengesim.payment import AccountId, Move
from tengesim.ports import Ledger

__all__ = ["Bank", "BudgetAccounts"]

Bank = tuple[str, int]
"""Id of a second-tier bank and its share of accounts in basis points."""


class BudgetAccounts:
    """Opens the accounts of the budget and makes the moves between them."""

    def __init__(
        self, ledger: Ledger, *, treasury: str, national_bank: str, banks: Sequence[Bank]
    ) -> None:
        """Open the single account."""
        self._ledger = ledger
        self._treasury = treasury
        self._national_bank = national_bank
        self._shares = dict(banks)
        self._single = (
            ledger.open(national_bank, national_bank, Form.TREASURY_SINGLE_ACCOUNT),
            ledger.open(treasury, national_bank, Form.TREASURY_SINGLE_ACCOUNT),
        )
        self._control_issuer = ledger.open(treasury, treasury, Form.CASH_CONTROL_ACCOUNT)
        self._digital_issuer = ledger.open(national_bank, national_bank, Form.DIGITAL_TENGE)

    def control(self, holder: str) -> AccountId:
        """Return the cash-control account of a level of the budget."""
        return self._ledger.open(holder, self._treasury, Form.CASH_CONTROL_ACCOUNT)

    @property
    def control_issuer(self) -> AccountId:
        """The Treasury's side of all cash-control accounts."""
        return self._control_issuer

    def deposit(self, holder: str, bank: str) -> AccountId:
        """Return a deposit at a bank."""
        return self._ledger.open(holder, bank, Form.BANK_DEPOSIT)

    def credit(self, level: str, amount_tiyn: int) -> tuple[Move, Move]:
        """Return the moves that give a level cash of the single account."""
        issuer, single = self._single
        return (
            Move(issuer, single, amount_tiyn),
            Move(self._control_issuer, self.control(level), amount_tiyn),
        )

    def debit(self, level: str, amount_tiyn: int) -> tuple[Move, Move]:
        """Return the moves that take cash from a level and the single account."""
        issuer, single = self._single
        return (
            Move(self.control(level), self._control_issuer, amount_tiyn),
            Move(single, issuer, amount_tiyn),
        )

    def pay(
        self, level: str, *, payee: str, bank: str, amount_tiyn: int, digital_tiyn: int = 0
    ) -> tuple[Move, ...]:
        """Return the moves that pay `payee`: a part in digital tenge, the rest as a deposit."""
        moves: list[Move] = [*self.debit(level, amount_tiyn)]
        if digital_tiyn:
            wallet = self._ledger.open(payee, self._national_bank, Form.DIGITAL_TENGE)
            moves.append(Move(self._digital_issuer, wallet, digital_tiyn))
        if amount_tiyn > digital_tiyn:
            moves += deposit_from_reserves(
                self._ledger,
                national_bank=self._national_bank,
                bank=bank,
                holder=payee,
                amount_tiyn=amount_tiyn - digital_tiyn,
            )
        return tuple(moves)

    def take_in(self, level: str, *, payer: str, amount_tiyn: int) -> tuple[Move, ...]:
        """Return the moves by which `payer` pays the budget from its deposits, bank by bank."""
        moves: list[Move] = []
        for bank, part_tiyn in split_exactly(amount_tiyn, self._shares).items():
            if part_tiyn:
                moves += reserves_from_deposit(
                    self._ledger,
                    national_bank=self._national_bank,
                    bank=bank,
                    holder=payer,
                    amount_tiyn=part_tiyn,
                )
        return (*moves, *self.credit(level, amount_tiyn))

    def endow(self, holder: str, amount_tiyn: int) -> tuple[Move, ...]:
        """Return the moves that open deposits of `holder`, and the reserves behind them."""
        moves: list[Move] = []
        for bank, part_tiyn in split_exactly(amount_tiyn, self._shares).items():
            if part_tiyn:
                moves += deposit_from_reserves(
                    self._ledger,
                    national_bank=self._national_bank,
                    bank=bank,
                    holder=holder,
                    amount_tiyn=part_tiyn,
                )
        return tuple(moves)

    def endow_fund(self, holder: str, amount_tiyn: int) -> Move:
        """Return the move that opens the National Fund."""
        return Move(*self._fund(holder), amount_tiyn)

    def transfer(self, holder: str, level: str, amount_tiyn: int) -> tuple[Move, ...]:
        """Return the moves of a transfer from the National Fund to a level of the budget."""
        issuer, fund = self._fund(holder)
        return (Move(fund, issuer, amount_tiyn), *self.credit(level, amount_tiyn))

    def _fund(self, holder: str) -> tuple[AccountId, AccountId]:
        opened, bank = self._ledger.open, self._national_bank
        return opened(bank, bank, Form.NATIONAL_FUND), opened(holder, bank, Form.NATIONAL_FUND)
