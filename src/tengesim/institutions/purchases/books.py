"""What every way of paying for a purchase needs: its rules, the ledger, and how money moves there.

A rule book may have the price divided: among payees, or between the money of a programme and the
buyer's own. Every division is one posting, so either all of it is paid or nothing.
"""

import datetime
from dataclasses import dataclass
from typing import NamedTuple

from tengesim.codes import Form, Kind, Status, TrueLabel
from tengesim.institutions.purchases.deals import Deal
from tengesim.ledger.moves import (
    deposit_from_deposit,
    deposit_from_reserves,
    reserves_from_deposit,
)
from tengesim.payment import AccountId, Move, Particulars, Posting
from tengesim.ports import Ledger, Ports, RedeemRequest
from tengesim.rules.apply import Parted, copay, effect_of, split_among, split_on_cap, take_off
from tengesim.rules.effects import Copays, Coupon, SplitsAmong, SplitsOnCap
from tengesim.rules.model import RuleBook

__all__ = ["SELLER", "Books", "Portion", "Price"]

SELLER = "seller"
"""Whom `splits_among` means by this name: the seller of each deal."""


class Parts(NamedTuple):
    """What of a price is the seller's, and what the Treasury's as the fee of the register."""

    seller_tiyn: int
    fee_tiyn: int


class Portion(NamedTuple):
    """What is paid for a deal at once.

    It comes from the money that waits for the deal, and from the buyer's own deposit beside it.
    """

    amount_tiyn: int
    own_tiyn: int = 0
    rule: str = ""
    """Effect by which the buyer pays a part."""
    suffix: str = ""
    """What tells this payment from the others of the deal."""


class Price(NamedTuple):
    """What a seller is to be paid by: the kind of posting and its moves."""

    kind: Kind
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Books:
    """What every way of paying needs: the ledger, who keeps it, and what rows are filed under."""

    name: str
    region: str
    treasury: str
    national_bank: str
    ports: Ports
    book: RuleBook
    issued_on: datetime.date | None = None
    """Day on which the money of all deals is issued; None where each deal has money of its own."""

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        return self.ports.ledger

    def issue_day(self, deal: Deal) -> int:
        """Return the number of the day whose rules the money of `deal` keeps."""
        calendar = self.ports.calendar
        return calendar.day_number(calendar.at(self.issued_on or deal.agreed_on))

    def book_of(self, deal: Deal) -> RuleBook:
        """Return the rules that the money of `deal` keeps."""
        return self.book.issued_on(self.issue_day(deal))

    def whole(self, deal: Deal) -> Portion:
        """Return who pays the whole price: the money that waits for it, or a part the buyer."""
        book, price_tiyn = self.book_of(deal), deal.price_tiyn
        if (cap := effect_of(book, SplitsOnCap)) is not None:
            return _shared(cap.id, split_on_cap(cap, price_tiyn))
        if (share := effect_of(book, Copays)) is not None:
            return _shared(share.id, copay(share, price_tiyn))
        if (coupon := effect_of(book, Coupon)) is not None:
            return _shared(coupon.id, take_off(coupon, price_tiyn))
        return Portion(price_tiyn)

    def parts(self, deal: Deal, amount_tiyn: int) -> Parts:
        """Return to whom an amount goes that is paid for a deal, all of it in one posting."""
        effect = effect_of(self.book_of(deal), SplitsAmong)
        if effect is None:
            return Parts(amount_tiyn, 0)
        split = split_among(effect, amount_tiyn)
        return Parts(split.get(SELLER, 0), split.get(self.treasury, 0))

    def particulars(self, deal: Deal, label: TrueLabel, *, evidence: int = 0) -> Particulars:
        """Return the columns of a row about `deal`."""
        name = self.ports.names.id
        return Particulars(
            intent=name(deal.id),
            true_label=label,
            evidence=evidence,
            region=name(self.region),
            programme=name(self.name),
            place=name(deal.id),
        )

    def post(self, deal: Deal, what: str, price: Price, label: TrueLabel) -> Status:
        """Carry out a step of `deal`, and return what became of it."""
        particulars = self.particulars(deal, label)
        step = Posting(f"{deal.id}/{what}", price.kind, price.moves, particulars)
        return self.ledger.post(step).status

    def deposit(self, holder: str, bank: str) -> AccountId:
        """Return a deposit."""
        return self.ledger.open(holder, bank, Form.BANK_DEPOSIT)

    def wallet(self, holder: str, mark: str = "") -> AccountId:
        """Return a wallet of digital tenge."""
        return self.ledger.open(holder, self.national_bank, Form.DIGITAL_TENGE, mark)

    def between(
        self, amount_tiyn: int, *, payer: tuple[str, str], payee: tuple[str, str]
    ) -> tuple[Move, ...]:
        """Return the moves from one deposit to another, by holder and bank; none for nothing."""
        if not amount_tiyn:
            return ()
        return deposit_from_deposit(
            self.ledger,
            national_bank=self.national_bank,
            payer=payer,
            payee=payee,
            amount_tiyn=amount_tiyn,
        )

    def from_treasury(self, amount_tiyn: int, *, payee: tuple[str, str]) -> tuple[Move, ...]:
        """Return the moves from the single account into a deposit; none for nothing."""
        if not amount_tiyn:
            return ()
        bank, opened = self.national_bank, self.ledger.open
        single = opened(self.treasury, bank, Form.TREASURY_SINGLE_ACCOUNT)
        issuer = opened(bank, bank, Form.TREASURY_SINGLE_ACCOUNT)
        holder, keeper = payee
        return (
            Move(single, issuer, amount_tiyn),
            *deposit_from_reserves(
                self.ledger,
                national_bank=bank,
                bank=keeper,
                holder=holder,
                amount_tiyn=amount_tiyn,
            ),
        )

    def to_treasury(self, amount_tiyn: int, *, payer: tuple[str, str]) -> tuple[Move, ...]:
        """Return the moves from a deposit into the single account; none for nothing."""
        if not amount_tiyn:
            return ()
        bank, opened = self.national_bank, self.ledger.open
        holder, keeper = payer
        return (
            *reserves_from_deposit(
                self.ledger,
                national_bank=bank,
                bank=keeper,
                holder=holder,
                amount_tiyn=amount_tiyn,
            ),
            Move(
                opened(bank, bank, Form.TREASURY_SINGLE_ACCOUNT),
                opened(self.treasury, bank, Form.TREASURY_SINGLE_ACCOUNT),
                amount_tiyn,
            ),
        )

    def from_wallet(self, deal: Deal, wallet: AccountId, amount_tiyn: int) -> tuple[Move, ...]:
        """Return the moves that pay an amount from a wallet into those of its payees."""
        seller_tiyn, fee_tiyn = self.parts(deal, amount_tiyn)
        paid = ((deal.seller, seller_tiyn), (self.treasury, fee_tiyn))
        return tuple(Move(wallet, self.wallet(payee), tiyn) for payee, tiyn in paid if tiyn)

    def swap_fee(self, deal: Deal, portion: Portion) -> None:
        """Have the fee that a price left in the Treasury's wallet swapped into its account."""
        fee_tiyn = self.parts(deal, portion.amount_tiyn).fee_tiyn
        if fee_tiyn:
            request = RedeemRequest(
                f"{deal.id}/fee{portion.suffix}", self.name, self.treasury, fee_tiyn
            )
            self.ports.bulletin.announce("redeem", request)


def _shared(rule: str, parted: Parted) -> Portion:
    return Portion(parted.part_tiyn, parted.rest_tiyn, rule)
