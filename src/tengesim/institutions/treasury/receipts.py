"""What comes in: taxes by season, loans, the transfer of the National Fund, subventions.

A year's amounts are divided by month and day without remainder, so what came in by the end of the
year is what the scenario states. Subventions are the one receipt that another level has to have
first: what it lacks stays owed and is made up for as soon as there is cash.
"""

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from tengesim.codes import Kind, TrueLabel
from tengesim.institutions.treasury.accounts import BudgetAccounts
from tengesim.institutions.treasury.budget_model import LEVELS, BudgetSection
from tengesim.institutions.treasury.plans import MONTHS, by_month
from tengesim.payment import Move, Particulars, Posting
from tengesim.population.model import scaled
from tengesim.ports import Ports

__all__ = ["TAXPAYERS", "Receipts"]

TAXPAYERS: Final = "taxpayers"
"""Holder of the deposits from which taxes and loans are paid."""

_EVEN: Final = (1,) * MONTHS


class Receipts:
    """Takes in the money of the budget, day by day."""

    def __init__(
        self,
        section: BudgetSection,
        accounts: BudgetAccounts,
        ports: Ports,
        *,
        scale: Decimal,
        days: Sequence[datetime.date],
    ) -> None:
        """Divide a year's amounts over the business `days` of the horizon."""
        self._section = section
        self._accounts = accounts
        self._ports = ports
        self._scale = scale
        self._days_of: dict[tuple[int, int], list[datetime.date]] = {}
        for day in days:
            self._days_of.setdefault((day.year, day.month), []).append(day)
        self._taxes = {
            level: by_month(self._scaled(section.levels[level].taxes.value), section.seasons.months)
            for level in LEVELS
        }
        self._loans = {
            level: by_month(self._scaled(section.levels[level].borrowing.value), _EVEN)
            for level in LEVELS
        }
        self._transfers = by_month(self._scaled(section.national_fund.transfer.value), _EVEN)
        self._subventions = by_month(self._scaled(section.subventions.value), _EVEN)
        self._owed_tiyn = 0

    def open(self) -> None:
        """Give the levels their opening cash, the fund its balance, payers what they will pay."""
        fund = self._section.national_fund
        moves: list[Move] = []
        if balance_tiyn := self._scaled(fund.balance.value):
            moves.append(self._accounts.endow_fund(fund.holder, balance_tiyn))
        for level in LEVELS:
            stated = self._section.levels[level]
            if cash_tiyn := self._scaled(stated.opening_cash.value):
                moves += self._accounts.credit(stated.account, cash_tiyn)
        # Two years of taxes and loans: the horizon may reach into the year after.
        due_tiyn = 2 * sum(sum(self._taxes[level]) + sum(self._loans[level]) for level in LEVELS)
        if due_tiyn:
            moves += self._accounts.endow(TAXPAYERS, due_tiyn)
        if moves:
            self._post("budget/opening", Kind.OPENING, tuple(moves), "opening")

    def take_in(self, day: datetime.date) -> None:
        """Credit what comes in on a business day."""
        month = self._days_of[day.year, day.month]
        position = month.index(day)
        for level in LEVELS:
            account = self._section.levels[level].account
            parts = by_month(self._taxes[level][day.month - 1], (1,) * len(month))
            self._receive(f"taxes/{level}/{day}", account, parts[position], "taxes")
            if not position:
                loan_tiyn = self._loans[level][day.month - 1]
                self._receive(f"borrowing/{level}/{day}", account, loan_tiyn, "borrowing")
        if not position:
            self._transfer(day)
            self._owed_tiyn += self._subventions[day.month - 1]
        self._subvene(day)

    def _receive(self, posting_id: str, account: str, amount_tiyn: int, place: str) -> None:
        if amount_tiyn:
            moves = self._accounts.take_in(account, payer=TAXPAYERS, amount_tiyn=amount_tiyn)
            self._post(posting_id, Kind.REVENUE, moves, place)

    def _transfer(self, day: datetime.date) -> None:
        amount_tiyn = self._transfers[day.month - 1]
        if amount_tiyn:
            account = self._section.levels["republican"].account
            holder = self._section.national_fund.holder
            moves = self._accounts.transfer(holder, account, amount_tiyn)
            self._post(f"national_fund/{day}", Kind.FINANCING, moves, "national_fund")

    def _subvene(self, day: datetime.date) -> None:
        """Pass on what the republican budget owes to local ones, as far as it has the cash."""
        giver, taker = (
            self._accounts.control(self._section.levels[level].account) for level in LEVELS
        )
        amount_tiyn = min(self._owed_tiyn, self._ports.ledger.free(giver))
        if amount_tiyn:
            self._owed_tiyn -= amount_tiyn
            move = Move(giver, taker, amount_tiyn)
            self._post(f"subventions/{day}", Kind.FINANCING, (move,), "subventions")

    def _post(self, posting_id: str, kind: Kind, moves: tuple[Move, ...], place: str) -> None:
        name = self._ports.names.id
        self._ports.ledger.post(
            Posting(
                posting_id,
                kind,
                moves,
                Particulars(
                    intent=name(posting_id),
                    true_label=TrueLabel.INTERNAL,
                    programme=name("budget"),
                    place=name(place),
                ),
            )
        )

    def _scaled(self, amount_tiyn: int) -> int:
        return scaled(amount_tiyn, self._scale)
