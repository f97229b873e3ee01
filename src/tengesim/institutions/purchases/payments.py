"""How a purchase is paid: from where, by which moves, and how money goes back that was on hold.

Loans of public money are paid as deposits, or as marked digital tenge that the borrower holds from
the start; buyers with money of their own pay from a deposit or from a wallet they fill for it.
"""

from typing import Protocol

from tengesim.codes import Kind, Status, TrueLabel
from tengesim.institutions.purchases.books import Books, Portion, Price
from tengesim.institutions.purchases.deals import Deal
from tengesim.ledger.moves import deposit_from_digital, digital_from_deposit
from tengesim.payment import AccountId, Move
from tengesim.ports import RedeemRequest

__all__ = ["LoanDeposits", "MarkedLoans", "OwnDeposits", "OwnWallets", "Payments"]


class Payments(Protocol):
    """One way to pay for purchases."""

    @property
    def buyer_has_money(self) -> bool:
        """Return whether the buyer has the money while the purchase is not yet paid."""
        ...

    def start(self, deal: Deal) -> None:
        """Put the money where the buyer may use it, as far as the buyer is to have it."""
        ...

    def price(self, deal: Deal, portion: Portion, *, is_held: bool) -> Price:
        """Return what pays the seller, at once or after a hold."""
        ...

    def paid(self, deal: Deal, portion: Portion) -> None:
        """Let the seller have a deposit of what was paid in another form."""
        ...

    def left(self, deal: Deal, left_tiyn: int) -> int:
        """Return what is still there of money that has neither been paid nor sent back."""
        ...

    def give_back(self, deal: Deal, left_tiyn: int) -> None:
        """Send back to where it came from what waited for a purchase and was not paid."""
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

    def price(self, deal: Deal, portion: Portion, *, is_held: bool) -> Price:  # noqa: ARG002
        """Return the moves from deposit to deposit."""
        moves = self._books.between(portion.amount_tiyn, payer=_buyer(deal), payee=_seller(deal))
        return Price(Kind.PAYMENT, moves)

    def paid(self, deal: Deal, portion: Portion) -> None:
        """Leave the money in the seller's deposit."""

    def left(self, deal: Deal, left_tiyn: int) -> int:  # noqa: ARG002
        """Return all of it: nothing but the purchase takes it."""
        return left_tiyn

    def give_back(self, deal: Deal, left_tiyn: int) -> None:
        """Leave the money in the buyer's deposit."""

    def refund(self, deal: Deal) -> None:
        """Give the buyer back what the seller got, and the fee."""
        seller_tiyn, fee_tiyn = self._books.parts(deal, deal.price_tiyn)
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

    def price(self, deal: Deal, portion: Portion, *, is_held: bool) -> Price:  # noqa: ARG002
        """Return the moves from wallet to wallets."""
        wallet = self._books.wallet(deal.buyer)
        return Price(Kind.PAYMENT, self._books.from_wallet(deal, wallet, portion.amount_tiyn))

    def paid(self, deal: Deal, portion: Portion) -> None:
        """Empty the seller's wallet into its deposit, and the fee into the single account."""
        seller_tiyn = self._books.parts(deal, portion.amount_tiyn).seller_tiyn
        self._empty(deal, _seller(deal), seller_tiyn, portion.suffix)
        self._books.swap_fee(deal, portion)

    def give_back(self, deal: Deal, left_tiyn: int) -> None:
        """Empty the buyer's wallet into its deposit."""
        if left_tiyn:
            self._empty(deal, _buyer(deal), left_tiyn)

    def _empty(
        self, deal: Deal, whose: tuple[str, str], amount_tiyn: int, suffix: str = ""
    ) -> None:
        (holder, bank), books = whose, self._books
        moves = deposit_from_digital(
            books.ledger,
            national_bank=books.national_bank,
            bank=bank,
            deposit=books.deposit(holder, bank),
            wallet=books.wallet(holder),
            amount_tiyn=amount_tiyn,
        )
        books.post(deal, f"defunding{suffix}", Price(Kind.DEFUNDING, moves), TrueLabel.INTERNAL)


class LoanDeposits:
    """Loans of public money as deposits: the borrower's, or the seller's where one has to wait."""

    def __init__(self, books: Books) -> None:
        """Keep accounts in `books`."""
        self._books = books

    buyer_has_money = False

    def start(self, deal: Deal) -> None:
        """Leave the money with the Treasury until the rules have been asked."""

    def price(self, deal: Deal, portion: Portion, *, is_held: bool) -> Price:
        """Return the moves to the seller: from the Treasury, or from the borrower's loan."""
        books = self._books
        if is_held:
            moves = books.from_treasury(portion.amount_tiyn, payee=_seller(deal))
            return Price(Kind.BUDGET_PAYMENT, moves)
        self._lend(deal)
        moves = books.between(deal.price_tiyn, payer=_buyer(deal), payee=_seller(deal))
        return Price(Kind.PAYMENT, moves)

    def paid(self, deal: Deal, portion: Portion) -> None:
        """Leave the money in the seller's deposit."""

    def left(self, deal: Deal, left_tiyn: int) -> int:  # noqa: ARG002
        """Return all of it: nothing but the purchase takes it."""
        return left_tiyn

    def give_back(self, deal: Deal, left_tiyn: int) -> None:
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
        lent_tiyn = books.whole(deal).amount_tiyn
        if not lent_tiyn:
            return
        issued, purse = books.wallet(books.treasury, self._mark), self._purse(deal)
        move = Move(issued, purse, lent_tiyn)
        books.post(deal, "loan", Price(Kind.DISTRIBUTE, (move,)), TrueLabel.INTERNAL)

    def price(self, deal: Deal, portion: Portion, *, is_held: bool) -> Price:  # noqa: ARG002
        """Return the moves to the payees' wallets, in which the mark is shed.

        What the buyer pays of its own goes from deposit to deposit in the same posting.
        """
        books, amount_tiyn = self._books, portion.amount_tiyn
        marked = books.from_wallet(deal, self._purse(deal), amount_tiyn)
        own = books.between(portion.own_tiyn, payer=_buyer(deal), payee=_seller(deal))
        return Price(Kind.PAYMENT, (*marked, *own))

    def paid(self, deal: Deal, portion: Portion) -> None:
        """Have the seller's money redeemed, and the fee swapped into the single account."""
        seller_tiyn = self._books.parts(deal, portion.amount_tiyn).seller_tiyn
        if seller_tiyn:
            suffix, bank = portion.suffix, deal.seller_bank
            self._redeem(deal, deal.seller, seller_tiyn, bank=bank, suffix=suffix)
        self._books.swap_fee(deal, portion)

    def left(self, deal: Deal, left_tiyn: int) -> int:
        """Return what is still in the purse: what was left when the mark expired has gone back."""
        return min(left_tiyn, self._books.ledger.free(self._purse(deal)))

    def give_back(self, deal: Deal, left_tiyn: int) -> None:
        """Return what is left of the loan to the owner of the funds, who has it swapped back."""
        books, left_tiyn = self._books, self.left(deal, left_tiyn)
        if not left_tiyn:
            return
        move = Move(self._purse(deal), books.wallet(books.treasury), left_tiyn)
        returned = Price(Kind.RETURN, (move,))
        if books.post(deal, "return", returned, TrueLabel.INTERNAL) is Status.SETTLED:
            self._redeem(deal, books.treasury, left_tiyn)

    def refund(self, deal: Deal) -> None:
        """Move what the seller got from its deposit to where it came from.

        The part of the programme goes to the single account, where the fee is; the buyer's own
        to the buyer.
        """
        whole = self._books.whole(deal)
        seller_tiyn = self._books.parts(deal, whole.amount_tiyn).seller_tiyn
        moves = (
            *self._books.to_treasury(seller_tiyn, payer=_seller(deal)),
            *self._books.between(whole.own_tiyn, payer=_seller(deal), payee=_buyer(deal)),
        )
        self._books.post(deal, "refund", Price(Kind.REFUND, moves), TrueLabel.HONEST)

    def other_use(self, deal: Deal) -> Price:
        """Return the move that would make the loan free money."""
        lent_tiyn = self._books.whole(deal).amount_tiyn
        move = Move(self._purse(deal), self._books.wallet(deal.buyer), lent_tiyn)
        return Price(Kind.SHED, (move,) if lent_tiyn else ())

    def _purse(self, deal: Deal) -> AccountId:
        return self._books.wallet(deal.buyer, self._mark)

    def _redeem(
        self,
        deal: Deal,
        holder: str,
        amount_tiyn: int,
        *,
        bank: str | None = None,
        suffix: str = "",
    ) -> None:
        request = RedeemRequest(
            f"{deal.id}/redemption{suffix}", self._books.name, holder, amount_tiyn, bank
        )
        self._books.ports.bulletin.announce("redeem", request)
