"""How a purchase is paid: from where, by which moves, and how money goes back that was on hold.

Loans of public money are paid as deposits, or as marked digital tenge that the borrower holds from
the start; buyers with money of their own pay from a deposit or from a wallet they fill for it.
"""

import datetime
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tengesim.codes import Form, Kind, TrueLabel
from tengesim.institutions.purchases.deals import Deal
from tengesim.ledger.moves import (
    deposit_from_deposit,
    deposit_from_digital,
    deposit_from_reserves,
    digital_from_deposit,
    reserves_from_deposit,
)
from tengesim.payment import AccountId, Move, Particulars, Posting
from tengesim.ports import Ledger, Ports, RedeemRequest
from tengesim.rules.apply import effect_of, split_among
from tengesim.rules.effects import SplitsAmong
from tengesim.rules.model import RuleBook

__all__ = [
    "SELLER",
    "Books",
    "LoanDeposits",
    "MarkedLoans",
    "OwnDeposits",
    "OwnWallets",
    "Payments",
    "Price",
]

SELLER = "seller"
"""Whom `splits_among` means by this name: the seller of each deal."""


class Parts(NamedTuple):
    """What of a price is the seller's, and what the Treasury's as the fee of the register."""

    seller_tiyn: int
    fee_tiyn: int


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

    def parts(self, deal: Deal) -> Parts:
        """Return to whom the price goes, all of it in one posting."""
        effect = effect_of(self.book_of(deal), SplitsAmong)
        if effect is None:
            return Parts(deal.price_tiyn, 0)
        split = split_among(effect, deal.price_tiyn)
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

    def post(self, deal: Deal, what: str, price: Price, label: TrueLabel) -> None:
        """Carry out a step of `deal`."""
        particulars = self.particulars(deal, label)
        self.ledger.post(Posting(f"{deal.id}/{what}", price.kind, price.moves, particulars))

    def deposit(self, holder: str, bank: str) -> AccountId:
        """Return a deposit."""
        return self.ledger.open(holder, bank, Form.BANK_DEPOSIT)

    def wallet(self, holder: str, mark: str = "") -> AccountId:
        """Return a wallet of digital tenge."""
        return self.ledger.open(holder, self.national_bank, Form.DIGITAL_TENGE, mark)

    def between(
        self, amount_tiyn: int, *, payer: tuple[str, str], payee: tuple[str, str]
    ) -> tuple[Move, ...]:
        """Return the moves from one deposit to another, each given by holder and bank."""
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
        """Return the moves from a deposit into the single account."""
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

    def from_wallet(self, deal: Deal, wallet: AccountId) -> tuple[Move, ...]:
        """Return the moves that pay the price from a wallet into those of its payees."""
        seller_tiyn, fee_tiyn = self.parts(deal)
        paid = ((deal.seller, seller_tiyn), (self.treasury, fee_tiyn))
        return tuple(Move(wallet, self.wallet(payee), tiyn) for payee, tiyn in paid if tiyn)

    def swap_fee(self, deal: Deal) -> None:
        """Have the fee that a price left in the Treasury's wallet swapped into its account."""
        fee_tiyn = self.parts(deal).fee_tiyn
        if fee_tiyn:
            request = RedeemRequest(f"{deal.id}/fee", self.name, self.treasury, fee_tiyn)
            self.ports.bulletin.announce("redeem", request)


class Payments(Protocol):
    """One way to pay for purchases."""

    @property
    def buyer_has_money(self) -> bool:
        """Return whether the buyer has the money while the purchase is not yet paid."""
        ...

    def start(self, deal: Deal) -> None:
        """Put the money where the buyer may use it, as far as the buyer is to have it."""
        ...

    def price(self, deal: Deal, *, is_held: bool) -> Price:
        """Return what pays the seller, at once or after a hold."""
        ...

    def paid(self, deal: Deal) -> None:
        """Let the seller have a deposit of what was paid in another form."""
        ...

    def give_back(self, deal: Deal) -> None:
        """Send money back to where it came from, after a purchase that was not paid."""
        ...

    def refund(self, deal: Deal) -> None:
        """Let the seller, who was paid, give the money back to where it came from."""
        ...

    def other_use(self, deal: Deal) -> Price:
        """Return what spends the money on something else."""
        ...


def _seller(deal: Deal) -> tuple[str, str]:
    return deal.seller, deal.seller_bank


def _buyer(deal: Deal) -> tuple[str, str]:
    return deal.buyer, deal.buyer_bank


class OwnDeposits:
    """Buyers pay from deposits of their own."""

    def __init__(self, books: Books) -> None:
        """Keep accounts in `books`."""
        self._books = books

    buyer_has_money = True

    def start(self, deal: Deal) -> None:
        """Leave the money in the deposit."""

    def price(self, deal: Deal, *, is_held: bool) -> Price:  # noqa: ARG002
        """Return the moves from deposit to deposit."""
        moves = self._books.between(deal.price_tiyn, payer=_buyer(deal), payee=_seller(deal))
        return Price(Kind.PAYMENT, moves)

    def paid(self, deal: Deal) -> None:
        """Leave the money in the seller's deposit."""

    def give_back(self, deal: Deal) -> None:
        """Leave the money in the buyer's deposit."""

    def refund(self, deal: Deal) -> None:
        """Give the buyer back what the seller got, and the fee."""
        seller_tiyn, fee_tiyn = self._books.parts(deal)
        moves = (
            *self._books.between(seller_tiyn, payer=_seller(deal), payee=_buyer(deal)),
            *self._books.from_treasury(fee_tiyn, payee=_buyer(deal)),
        )
        self._books.post(deal, "refund", Price(Kind.REFUND, moves), TrueLabel.HONEST)

    def other_use(self, deal: Deal) -> Price:
        """Refuse: whoever spends own money diverts nothing."""
        raise ValueError(f"{deal.buyer} pays with own money")


class OwnWallets(OwnDeposits):
    """Buyers fill a wallet of digital tenge for the purchase, and sellers empty theirs at once."""

    def start(self, deal: Deal) -> None:
        """Fill the buyer's wallet."""
        books = self._books
        moves = digital_from_deposit(
            books.ledger,
            national_bank=books.national_bank,
            bank=deal.buyer_bank,
            deposit=books.deposit(*_buyer(deal)),
            wallet=books.wallet(deal.buyer),
            amount_tiyn=deal.price_tiyn,
        )
        books.post(deal, "funding", Price(Kind.FUNDING, moves), TrueLabel.INTERNAL)

    def price(self, deal: Deal, *, is_held: bool) -> Price:  # noqa: ARG002
        """Return the moves from wallet to wallets."""
        wallet = self._books.wallet(deal.buyer)
        return Price(Kind.PAYMENT, self._books.from_wallet(deal, wallet))

    def paid(self, deal: Deal) -> None:
        """Empty the seller's wallet into its deposit, and the fee into the single account."""
        self._empty(deal, *_seller(deal), amount_tiyn=self._books.parts(deal).seller_tiyn)
        self._books.swap_fee(deal)

    def give_back(self, deal: Deal) -> None:
        """Empty the buyer's wallet into its deposit."""
        self._empty(deal, *_buyer(deal), amount_tiyn=deal.price_tiyn)

    def _empty(self, deal: Deal, holder: str, bank: str, *, amount_tiyn: int) -> None:
        books = self._books
        moves = deposit_from_digital(
            books.ledger,
            national_bank=books.national_bank,
            bank=bank,
            deposit=books.deposit(holder, bank),
            wallet=books.wallet(holder),
            amount_tiyn=amount_tiyn,
        )
        books.post(deal, "defunding", Price(Kind.DEFUNDING, moves), TrueLabel.INTERNAL)


class LoanDeposits:
    """Loans of public money as deposits: the borrower's, or the seller's where one has to wait."""

    def __init__(self, books: Books) -> None:
        """Keep accounts in `books`."""
        self._books = books

    buyer_has_money = False

    def start(self, deal: Deal) -> None:
        """Leave the money with the Treasury until the rules have been asked."""

    def price(self, deal: Deal, *, is_held: bool) -> Price:
        """Return the moves to the seller: from the Treasury, or from the borrower's loan."""
        books = self._books
        if is_held:
            moves = books.from_treasury(deal.price_tiyn, payee=_seller(deal))
            return Price(Kind.BUDGET_PAYMENT, moves)
        self._lend(deal)
        moves = books.between(deal.price_tiyn, payer=_buyer(deal), payee=_seller(deal))
        return Price(Kind.PAYMENT, moves)

    def paid(self, deal: Deal) -> None:
        """Leave the money in the seller's deposit."""

    def give_back(self, deal: Deal) -> None:
        """Leave the money with the Treasury."""

    def refund(self, deal: Deal) -> None:
        """Move the price from the seller's deposit to the single account."""
        moves = self._books.to_treasury(deal.price_tiyn, payer=_seller(deal))
        self._books.post(deal, "refund", Price(Kind.REFUND, moves), TrueLabel.HONEST)

    def other_use(self, deal: Deal) -> Price:
        """Return the moves by which the borrower spends the loan elsewhere."""
        self._lend(deal)
        elsewhere = (f"{self._books.name}-elsewhere", deal.buyer_bank)
        moves = self._books.between(deal.price_tiyn, payer=_buyer(deal), payee=elsewhere)
        return Price(Kind.PAYMENT, moves)

    def _lend(self, deal: Deal) -> None:
        moves = self._books.from_treasury(deal.price_tiyn, payee=_buyer(deal))
        self._books.post(deal, "loan", Price(Kind.BUDGET_PAYMENT, moves), TrueLabel.INTERNAL)


class MarkedLoans:
    """Loans in marked digital tenge, which the borrower has from the day of the agreement."""

    def __init__(self, books: Books, mark: str) -> None:
        """Keep accounts in `books` under `mark`."""
        self._books = books
        self._mark = mark

    buyer_has_money = True

    def start(self, deal: Deal) -> None:
        """Give the borrower the loan."""
        books = self._books
        issued, purse = books.wallet(books.treasury, self._mark), self._purse(deal)
        move = Move(issued, purse, deal.price_tiyn)
        books.post(deal, "loan", Price(Kind.DISTRIBUTE, (move,)), TrueLabel.INTERNAL)

    def price(self, deal: Deal, *, is_held: bool) -> Price:  # noqa: ARG002
        """Return the moves to the payees' wallets, in which the mark is shed."""
        return Price(Kind.PAYMENT, self._books.from_wallet(deal, self._purse(deal)))

    def paid(self, deal: Deal) -> None:
        """Have the seller's money redeemed, and the fee swapped into the single account."""
        self._redeem(deal, deal.seller, self._books.parts(deal).seller_tiyn, deal.seller_bank)
        self._books.swap_fee(deal)

    def give_back(self, deal: Deal) -> None:
        """Return the loan to the owner of the funds, who has it swapped back."""
        books = self._books
        move = Move(self._purse(deal), books.wallet(books.treasury), deal.price_tiyn)
        books.post(deal, "return", Price(Kind.RETURN, (move,)), TrueLabel.INTERNAL)
        self._redeem(deal, books.treasury, deal.price_tiyn)

    def refund(self, deal: Deal) -> None:
        """Move what the seller got from its deposit to the single account, where the fee is."""
        seller_tiyn = self._books.parts(deal).seller_tiyn
        moves = self._books.to_treasury(seller_tiyn, payer=_seller(deal))
        self._books.post(deal, "refund", Price(Kind.REFUND, moves), TrueLabel.HONEST)

    def other_use(self, deal: Deal) -> Price:
        """Return the move that would make the loan free money."""
        move = Move(self._purse(deal), self._books.wallet(deal.buyer), deal.price_tiyn)
        return Price(Kind.SHED, (move,))

    def _purse(self, deal: Deal) -> AccountId:
        return self._books.wallet(deal.buyer, self._mark)

    def _redeem(self, deal: Deal, holder: str, amount_tiyn: int, bank: str | None = None) -> None:
        request = RedeemRequest(
            f"{deal.id}/redemption", self._books.name, holder, amount_tiyn, bank
        )
        self._books.ports.bulletin.announce("redeem", request)
