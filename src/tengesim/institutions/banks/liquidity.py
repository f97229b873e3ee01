"""The National Bank as lender: reserves for a bank that has run out of them, and their return.

A bank in good standing always can pay out its deposits, so a run shows as lending and not as
refusals. What a bank owes is what was lent to it and not yet given back, which the rows of
`LIQUIDITY` alone say.
"""

import datetime
from collections.abc import Generator

import simpy

from tengesim.codes import Form, Kind, Status
from tengesim.institutions.banks.model import BanksSection, LiquiditySection
from tengesim.money import BP
from tengesim.payment import AccountId, Move, Particulars, Posting
from tengesim.ports import LiquidityRequest, Ports

__all__ = ["Lender"]


class Lender:
    """Lends reserves in tranches and takes them back in the evening."""

    def __init__(self, section: BanksSection, terms: LiquiditySection, ports: Ports) -> None:
        """Listen for banks that are short of reserves."""
        self._id = section.national_bank
        self._banks = tuple(bank.id for bank in section.second_tier)
        self._terms = terms
        self._ratio_bp = section.reserve_ratio.value if section.reserve_ratio else 0
        self._ports = ports
        self._owed: dict[str, int] = dict.fromkeys(self._banks, 0)
        self._loans = 0
        self._is_collecting = False
        ports.bulletin.listen("liquidity", self._lend)

    def _lend(self, request: object) -> None:
        if not isinstance(request, LiquidityRequest):
            raise TypeError(f"reserves are asked for by a LiquidityRequest, not {request!r}")
        self._loans += 1
        amount_tiyn = max(request.amount_tiyn, self._terms.tranche.value)
        issued, reserve = self._reserves(request.bank)
        posted = self._post(f"liquidity/{request.bank}/{self._loans}", issued, reserve, amount_tiyn)
        self._owed[request.bank] += amount_tiyn if posted else 0
        # Without a loan nobody has to wake up every evening.
        if not self._is_collecting:
            self._is_collecting = True
            self._ports.start(self._collect())

    def _collect(self) -> Generator[simpy.Event, None, None]:
        calendar = self._ports.calendar
        day = calendar.date_of(self._ports.now())
        if calendar.at(day, self._terms.repay_at) <= self._ports.now():
            day += datetime.timedelta(days=1)
        while any(self._owed.values()):
            yield self._ports.until(calendar.at(day, self._terms.repay_at))
            for bank in self._banks:
                self._take_back(bank, day)
            day += datetime.timedelta(days=1)
        self._is_collecting = False

    def _take_back(self, bank: str, day: datetime.date) -> None:
        ledger = self._ports.ledger
        issued, reserve = self._reserves(bank)
        deposits_tiyn = -ledger.free(ledger.open(bank, bank, Form.BANK_DEPOSIT))
        above_tiyn = ledger.free(reserve) - deposits_tiyn * self._ratio_bp // BP
        amount_tiyn = min(self._owed[bank], above_tiyn)
        if amount_tiyn > 0 and self._post(f"liquidity/{bank}/{day}", reserve, issued, amount_tiyn):
            self._owed[bank] -= amount_tiyn

    def _reserves(self, bank: str) -> tuple[AccountId, AccountId]:
        opened = self._ports.ledger.open
        return (
            opened(self._id, self._id, Form.BANK_RESERVE),
            opened(bank, self._id, Form.BANK_RESERVE),
        )

    def _post(self, name: str, debit: AccountId, credit: AccountId, amount_tiyn: int) -> bool:
        carried = Particulars(intent=self._ports.names.id(name))
        moves = (Move(debit, credit, amount_tiyn),)
        outcome = self._ports.ledger.post(Posting(name, Kind.LIQUIDITY, moves, carried))
        return outcome.status is Status.SETTLED
