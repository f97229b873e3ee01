"""In which money a contract is paid: four arms behind one small interface.

An arm only moves money. Whether it may move is decided before, by the office; what differs between
the arms is where money stands meanwhile, and therefore which rules are asked about it. In every arm
the same amounts go from the budget to the supplier and from firm to firm.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from tengesim.codes import Form, Kind, Status
from tengesim.institutions.procurement.chain import Link
from tengesim.institutions.procurement.contract_model import MoneySection
from tengesim.institutions.procurement.tiers import Tier, depth_of
from tengesim.ledger.moves import (
    deposit_from_deposit,
    deposit_from_digital,
    deposit_from_reserves,
    digital_from_deposit,
    reserves_from_deposit,
)
from tengesim.payment import AccountId, Move, Outcome, Particulars, Posting
from tengesim.ports import IssueRequest, Ports, RedeemRequest

__all__ = ["REVENUE", "Accounts", "Arm", "Order", "Payee", "Terms", "arm_of", "payee_of"]

REVENUE = "budget-revenue"
"""Holder of the cash-control account that taxes of contracts come to."""


class Payee(NamedTuple):
    """Whose deposit it is, and at which bank."""

    name: str
    bank: str


class Order(NamedTuple):
    """An amount that is to be moved, and the row that says so."""

    id: str
    kind: Kind
    amount_tiyn: int
    carried: Particulars


class Terms(NamedTuple):
    """What an arm needs to know of a contract."""

    id: str
    line: str
    buyer: str
    back: str
    """Holder of the cash-control account that unspent marked money goes back to."""
    mark: str
    """Name of the mark of its money; what is paid down the chain bears child marks."""
    is_propagated: bool
    """Whether the mark is passed on to subcontractors."""


class Arm(Protocol):
    """How public money reaches a supplier, goes down the chain and comes back."""

    @property
    def earns_interest(self) -> bool:
        """Return whether an unspent advance lies at a bank."""
        ...

    def controls(self, terms: Terms, link: Link) -> bool:
        """Return whether rules are asked about what leaves a firm of the chain."""
        ...

    def left(self, terms: Terms, link: Link) -> int:
        """Return the money of a firm that is still under control, in tiyn."""
        ...

    def purse(self, terms: Terms, link: Link) -> AccountId:
        """Return the account on which a firm of the chain has its money of a contract."""
        ...

    def release(self, terms: Terms, order: Order, supplier: Link) -> Outcome:
        """Pay the supplier from the budget."""
        ...

    def pass_on(
        self, terms: Terms, order: Order, payer: Link, payee: Payee, child: Link | None = None
    ) -> Outcome:
        """Pay somebody outside, or the next firm of the chain."""
        ...

    def tax(self, terms: Terms, order: Order, payer: Link) -> Outcome:
        """Pay taxes of a firm of the chain."""
        ...

    def pay_back(self, terms: Terms, order: Order, payer: Link, payee: Link) -> Outcome:
        """Bring money of a firm back to whom it came from, and where it came from."""
        ...

    def free(self, terms: Terms, order: Order, link: Link) -> None:
        """Make the own money of a firm of the chain spendable."""
        ...

    def give_back(self, terms: Terms, order: Order, link: Link) -> int:
        """Bring back to the budget what there is of an amount; return the tiyn."""
        ...


class Accounts:
    """Accounts of the budget and of firms, and the chains of moves between them."""

    def __init__(self, ports: Ports, *, treasury: str, national_bank: str) -> None:
        """Open the accounts of the Treasury."""
        self.ports = ports
        self.treasury = treasury
        self.national_bank = national_bank
        opened = ports.ledger.open
        self.issuer = opened(treasury, treasury, Form.CASH_CONTROL_ACCOUNT)
        self.digital_issuer = opened(national_bank, national_bank, Form.DIGITAL_TENGE)
        self._single_issuer = opened(national_bank, national_bank, Form.TREASURY_SINGLE_ACCOUNT)
        self._single = opened(treasury, national_bank, Form.TREASURY_SINGLE_ACCOUNT)

    def control(self, holder: str) -> AccountId:
        """Return a cash-control account."""
        return self.ports.ledger.open(holder, self.treasury, Form.CASH_CONTROL_ACCOUNT)

    def deposit(self, payee: Payee) -> AccountId:
        """Return a deposit."""
        return self.ports.ledger.open(payee.name, payee.bank, Form.BANK_DEPOSIT)

    def wallet(self, holder: str, mark: str = "") -> AccountId:
        """Return digital tenge of a holder under a mark."""
        return self.ports.ledger.open(holder, self.national_bank, Form.DIGITAL_TENGE, mark)

    def credit(self, holder: str, amount_tiyn: int) -> tuple[Move, Move]:
        """Return the moves that give a cash-control account money of the single account."""
        return (
            Move(self._single_issuer, self._single, amount_tiyn),
            Move(self.issuer, self.control(holder), amount_tiyn),
        )

    def endow_fund(self, holder: str, amount_tiyn: int) -> Move:
        """Return the move that opens the National Fund."""
        return Move(*self._fund(holder), amount_tiyn)

    def from_fund(self, holder: str, amount_tiyn: int) -> Move:
        """Return the move that takes money from the National Fund."""
        issuer, fund = self._fund(holder)
        return Move(fund, issuer, amount_tiyn)

    def _fund(self, holder: str) -> tuple[AccountId, AccountId]:
        opened, bank = self.ports.ledger.open, self.national_bank
        return opened(bank, bank, Form.NATIONAL_FUND), opened(holder, bank, Form.NATIONAL_FUND)

    def to_deposit(self, holder: str, payee: Payee, amount_tiyn: int) -> tuple[Move, ...]:
        """Return the moves that pay a deposit from a cash-control account."""
        return (
            Move(self.control(holder), self.issuer, amount_tiyn),
            Move(self._single, self._single_issuer, amount_tiyn),
            *deposit_from_reserves(
                self.ports.ledger,
                national_bank=self.national_bank,
                bank=payee.bank,
                holder=payee.name,
                amount_tiyn=amount_tiyn,
            ),
        )

    def from_deposit(self, payer: Payee, holder: str, amount_tiyn: int) -> tuple[Move, ...]:
        """Return the moves that pay a cash-control account from a deposit."""
        return (
            *reserves_from_deposit(
                self.ports.ledger,
                national_bank=self.national_bank,
                bank=payer.bank,
                holder=payer.name,
                amount_tiyn=amount_tiyn,
            ),
            *self.credit(holder, amount_tiyn),
        )

    def guaranteed(self, bank: str, holder: str, amount_tiyn: int) -> tuple[Move, ...]:
        """Return the moves by which a bank pays what it guaranteed, out of its reserves."""
        opened, central = self.ports.ledger.open, self.national_bank
        reserve = opened(bank, central, Form.BANK_RESERVE)
        issued = opened(central, central, Form.BANK_RESERVE)
        return Move(reserve, issued, amount_tiyn), *self.credit(holder, amount_tiyn)

    def between(self, payer: Payee, payee: Payee, amount_tiyn: int) -> tuple[Move, ...]:
        """Return the moves from deposit to deposit; between two banks reserves go along."""
        return deposit_from_deposit(
            self.ports.ledger,
            national_bank=self.national_bank,
            payer=payer,
            payee=payee,
            amount_tiyn=amount_tiyn,
        )

    def unwrap(self, wallet: AccountId, payee: Payee, amount_tiyn: int) -> tuple[Move, ...]:
        """Return the moves that turn digital tenge into somebody's deposit."""
        return deposit_from_digital(
            self.ports.ledger,
            national_bank=self.national_bank,
            bank=payee.bank,
            deposit=self.deposit(payee),
            wallet=wallet,
            amount_tiyn=amount_tiyn,
        )

    def wrap(self, payer: Payee, wallet: AccountId, amount_tiyn: int) -> tuple[Move, ...]:
        """Return the moves that turn somebody's deposit into digital tenge."""
        return digital_from_deposit(
            self.ports.ledger,
            national_bank=self.national_bank,
            bank=payer.bank,
            deposit=self.deposit(payer),
            wallet=wallet,
            amount_tiyn=amount_tiyn,
        )

    def withdraw(self, wallet: AccountId, holder: str, amount_tiyn: int) -> tuple[Move, ...]:
        """Return the moves that turn digital tenge into money of a cash-control account."""
        return Move(wallet, self.digital_issuer, amount_tiyn), *self.credit(holder, amount_tiyn)

    def post(self, order: Order, moves: tuple[Move, ...]) -> Outcome:
        """Carry out an order."""
        return self.ports.ledger.post(Posting(order.id, order.kind, moves, order.carried))

    def free(self, account: AccountId) -> int:
        """Return what can be spent."""
        return self.ports.ledger.free(account)


def payee_of(link: Link) -> Payee:
    """Return the deposit of a firm of the chain."""
    return Payee(link.firm.id, link.firm.bank)


class _Ordinary:
    """Deposits at banks; nobody is asked what a supplier does with its own."""

    earns_interest = True

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def controls(self, terms: Terms, link: Link) -> bool:
        del terms, link
        return False

    def left(self, terms: Terms, link: Link) -> int:
        del terms, link
        return 0

    def purse(self, terms: Terms, link: Link) -> AccountId:
        del terms
        return self._accounts.deposit(payee_of(link))

    def release(self, terms: Terms, order: Order, supplier: Link) -> Outcome:
        moves = self._accounts.to_deposit(terms.buyer, payee_of(supplier), order.amount_tiyn)
        return self._accounts.post(order, moves)

    def pass_on(
        self, terms: Terms, order: Order, payer: Link, payee: Payee, child: Link | None = None
    ) -> Outcome:
        del terms, child
        moves = self._accounts.between(payee_of(payer), payee, order.amount_tiyn)
        return self._accounts.post(order, moves)

    def tax(self, terms: Terms, order: Order, payer: Link) -> Outcome:
        del terms
        moves = self._accounts.from_deposit(payee_of(payer), REVENUE, order.amount_tiyn)
        return self._accounts.post(order, moves)

    def pay_back(self, terms: Terms, order: Order, payer: Link, payee: Link) -> Outcome:
        del terms
        moves = self._accounts.between(payee_of(payer), payee_of(payee), order.amount_tiyn)
        return self._accounts.post(order, moves)

    def free(self, terms: Terms, order: Order, link: Link) -> None:
        """Do nothing: a deposit is free already."""

    def give_back(self, terms: Terms, order: Order, link: Link) -> int:
        payer = payee_of(link)
        there_tiyn = min(order.amount_tiyn, self._accounts.free(self._accounts.deposit(payer)))
        if not there_tiyn:
            return 0
        moves = self._accounts.from_deposit(payer, terms.buyer, there_tiyn)
        return _settled(self._accounts.post(order, moves), there_tiyn)


class _Controlled:
    """A cash-control account that the Treasury keeps for the supplier; beyond it, deposits."""

    earns_interest = False

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._ordinary = _Ordinary(accounts)

    def controls(self, terms: Terms, link: Link) -> bool:
        del terms
        return link.depth == 0 and not link.is_unmarked

    def left(self, terms: Terms, link: Link) -> int:
        if not self.controls(terms, link):
            return 0
        return self._accounts.free(self._accounts.control(link.firm.id))

    def purse(self, terms: Terms, link: Link) -> AccountId:
        if not self.controls(terms, link):
            return self._ordinary.purse(terms, link)
        return self._accounts.control(link.firm.id)

    def release(self, terms: Terms, order: Order, supplier: Link) -> Outcome:
        debit, credit = map(self._accounts.control, (terms.buyer, supplier.firm.id))
        return self._accounts.post(order, (Move(debit, credit, order.amount_tiyn),))

    def pass_on(
        self, terms: Terms, order: Order, payer: Link, payee: Payee, child: Link | None = None
    ) -> Outcome:
        if not self.controls(terms, payer):
            return self._ordinary.pass_on(terms, order, payer, payee, child)
        moves = self._accounts.to_deposit(payer.firm.id, payee, order.amount_tiyn)
        return self._accounts.post(order, moves)

    def tax(self, terms: Terms, order: Order, payer: Link) -> Outcome:
        if not self.controls(terms, payer):
            return self._ordinary.tax(terms, order, payer)
        debit, credit = map(self._accounts.control, (payer.firm.id, REVENUE))
        return self._accounts.post(order, (Move(debit, credit, order.amount_tiyn),))

    def pay_back(self, terms: Terms, order: Order, payer: Link, payee: Link) -> Outcome:
        if not self.controls(terms, payee):
            return self._ordinary.pay_back(terms, order, payer, payee)
        moves = self._accounts.from_deposit(payee_of(payer), payee.firm.id, order.amount_tiyn)
        return self._accounts.post(order, moves)

    def free(self, terms: Terms, order: Order, link: Link) -> None:
        if self.controls(terms, link):
            order = order._replace(kind=Kind.REDEEM)
            self.pass_on(terms, order, link, payee_of(link))

    def give_back(self, terms: Terms, order: Order, link: Link) -> int:
        there_tiyn = min(order.amount_tiyn, self.left(terms, link))
        if not there_tiyn:
            return self._ordinary.give_back(terms, order, link)
        debit, credit = map(self._accounts.control, (link.firm.id, terms.buyer))
        return _settled(self._accounts.post(order, (Move(debit, credit, there_tiyn),)), there_tiyn)


class _Marked:
    """Digital tenge under the mark of the contract, and under child marks down to some depth."""

    earns_interest = False

    def __init__(self, accounts: Accounts, depth: int) -> None:
        self._accounts = accounts
        self._ordinary = _Ordinary(accounts)
        self._depth = depth

    def controls(self, terms: Terms, link: Link) -> bool:
        depth = self._depth if terms.is_propagated else min(self._depth, 1)
        return link.depth < depth and not link.is_unmarked

    def left(self, terms: Terms, link: Link) -> int:
        return self._accounts.free(self._wallet(terms, link)) if self.controls(terms, link) else 0

    def purse(self, terms: Terms, link: Link) -> AccountId:
        if not self.controls(terms, link):
            return self._ordinary.purse(terms, link)
        return self._wallet(terms, link)

    def release(self, terms: Terms, order: Order, supplier: Link) -> Outcome:
        accounts, amount_tiyn = self._accounts, order.amount_tiyn
        accounts.ports.bulletin.announce(
            "issue", IssueRequest(f"{order.id}/issue", terms.line, terms.mark, amount_tiyn)
        )
        issued = accounts.wallet(accounts.treasury, terms.mark)
        bound = Move(accounts.control(terms.buyer), accounts.issuer, amount_tiyn)
        if self.controls(terms, supplier):
            moves = bound, Move(issued, self._wallet(terms, supplier), amount_tiyn)
            return accounts.post(order, moves)
        plain = accounts.wallet(accounts.treasury)
        shed = order._replace(id=f"{order.id}/shed", kind=Kind.SHED)
        accounts.post(shed, (Move(issued, plain, amount_tiyn),))
        return accounts.post(
            order, (bound, *accounts.unwrap(plain, payee_of(supplier), amount_tiyn))
        )

    def pass_on(
        self, terms: Terms, order: Order, payer: Link, payee: Payee, child: Link | None = None
    ) -> Outcome:
        if not self.controls(terms, payer):
            return self._ordinary.pass_on(terms, order, payer, payee, child)
        marked = self._wallet(terms, payer)
        if child is not None and self.controls(terms, child):
            move = Move(marked, self._wallet(terms, child), order.amount_tiyn)
            return self._accounts.post(order, (move,))
        return self._accounts.post(order, self._accounts.unwrap(marked, payee, order.amount_tiyn))

    def tax(self, terms: Terms, order: Order, payer: Link) -> Outcome:
        if not self.controls(terms, payer):
            return self._ordinary.tax(terms, order, payer)
        marked = self._wallet(terms, payer)
        moves = self._accounts.withdraw(marked, REVENUE, order.amount_tiyn)
        return self._accounts.post(order, moves)

    def pay_back(self, terms: Terms, order: Order, payer: Link, payee: Link) -> Outcome:
        if not self.controls(terms, payee):
            return self._ordinary.pay_back(terms, order, payer, payee)
        marked = self._wallet(terms, payee)
        return self._accounts.post(
            order, self._accounts.wrap(payee_of(payer), marked, order.amount_tiyn)
        )

    def free(self, terms: Terms, order: Order, link: Link) -> None:
        if not self.controls(terms, link):
            return
        marked, plain = self._wallet(terms, link), self._accounts.wallet(link.firm.id)
        shed = order._replace(kind=Kind.SHED)
        outcome = self._accounts.post(shed, (Move(marked, plain, order.amount_tiyn),))
        if outcome.status is Status.SETTLED:
            self._accounts.ports.bulletin.announce(
                "redeem",
                # The row of the redemption is found by the intent that was paid.
                RedeemRequest(
                    order.id.removesuffix("/free"),
                    terms.line,
                    link.firm.id,
                    order.amount_tiyn,
                    link.firm.bank,
                ),
            )

    def give_back(self, terms: Terms, order: Order, link: Link) -> int:
        there_tiyn = min(order.amount_tiyn, self.left(terms, link))
        if not there_tiyn:
            return self._ordinary.give_back(terms, order, link)
        marked = self._wallet(terms, link)
        if order.kind is Kind.RETURN:
            return self._return(terms, order, marked, there_tiyn)
        moves = self._accounts.withdraw(marked, terms.buyer, there_tiyn)
        return _settled(self._accounts.post(order, moves), there_tiyn)

    def _return(self, terms: Terms, order: Order, marked: AccountId, amount_tiyn: int) -> int:
        """Return marked money to the Treasury, which has it put into the single account."""
        accounts = self._accounts
        plain = accounts.wallet(accounts.treasury)
        outcome = accounts.post(order, (Move(marked, plain, amount_tiyn),))
        accounts.ports.bulletin.announce(
            "redeem",
            RedeemRequest(f"{order.id}/swap", terms.line, accounts.treasury, amount_tiyn),
        )
        back = order._replace(id=f"{order.id}/credit", kind=Kind.FINANCING)
        move = Move(accounts.issuer, accounts.control(terms.back), amount_tiyn)
        accounts.post(back, (move,))
        return _settled(outcome, amount_tiyn)

    def _wallet(self, terms: Terms, link: Link) -> AccountId:
        mark = terms.mark if link.depth == 0 else link.id
        return self._accounts.wallet(link.firm.id, mark)


def _settled(outcome: Outcome, amount_tiyn: int) -> int:
    return amount_tiyn if outcome.status is Status.SETTLED else 0


def arm_of(money: MoneySection, accounts: Accounts, tiers: Sequence[Tier] = ()) -> Arm:
    """Return the arm that a scenario states; `tiers` are what rules say of its chain."""
    if money.arm == "treasury_control":
        return _Controlled(accounts)
    if money.is_marked:
        return _Marked(accounts, depth_of(money, tiers))
    return _Ordinary(accounts)
