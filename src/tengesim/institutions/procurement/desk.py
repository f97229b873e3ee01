"""The desk at which all papers of contracts are written, and rules are asked about money.

Rows say what can be seen; truth goes into columns of its own and into rows of `LOSS`, and nothing
that decides reads either.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tengesim.codes import Evidence, Form, Kind, Reason, Status, TrueLabel
from tengesim.institutions.procurement.chain import Chain, Costs, Link
from tengesim.institutions.procurement.contract_model import ContractsSection, MoneySection
from tengesim.institutions.procurement.controls import Controls, Document, Held, Overrides, Sort
from tengesim.institutions.procurement.money import (
    Accounts,
    Arm,
    Order,
    Payee,
    Terms,
    payee_of,
)
from tengesim.institutions.procurement.terms import BookTerms
from tengesim.institutions.procurement.tiers import Tier, tier_at
from tengesim.institutions.procurement.works import (
    Award,
    ContractConduct,
    Firm,
    Integrity,
    LotConduct,
)
from tengesim.payment import (
    AccountId,
    Facts,
    Move,
    Observation,
    Operation,
    Outcome,
    Particulars,
    Posting,
)
from tengesim.ports import Control, Decided, Ports
from tengesim.rules.apply import effect_of
from tengesim.rules.effects import SplitsTax
from tengesim.rules.model import RuleBook

__all__ = [
    "CLOSED_FIRM",
    "FROZEN",
    "PAID_BEFORE",
    "PASSED",
    "REGISTERED",
    "Answer",
    "Contract",
    "Desk",
    "Seams",
]


class Answer(NamedTuple):
    """What was decided about money; NONE as reason where it may move."""

    reason: Reason
    rule: str = ""
    value: int = 0
    limit: int = 0
    overridden: tuple[str, ...] = ()
    """Rules that failed and yielded to an emergency."""


PASSED: Final = Answer(Reason.NONE)


PAID_BEFORE: Final = "paid_before"
CLOSED_FIRM: Final = "closed_firm"
FROZEN: Final = "frozen_account"
REGISTERED: Final = "registered_obligation"


class Seams(NamedTuple):
    """Whom contracts ask: who would cheat, who looks, and which rules there are."""

    integrity: Integrity
    label_of: Callable[[str], TrueLabel]
    """Truth: by which typology a contract gains."""
    controls: Controls | None = None
    overrides: Overrides | None = None
    release: Control | None = None
    """Rules on what the budget pays."""
    account: tuple[Tier, ...] = ()
    """Rules on what leaves a controlled account, or marked money, tier by tier of a chain."""
    release_book: RuleBook | None = None
    """The book behind `release`, whose effects and procedures offices carry out."""
    account_book: RuleBook | None = None
    """The book behind `account`."""


@dataclass(slots=True)
class Contract:
    """A contract as its buyer knows it, and beside it what is true of it."""

    award: Award
    word: int
    terms: Terms
    chain: Chain
    costs: Costs
    conduct: ContractConduct
    lot_conduct: LotConduct
    lot_label: TrueLabel
    """Truth: by which typology its price came about."""
    price_tiyn: int
    last_day: int
    """Local day number of its planned end."""
    registered_tiyn: int = 0
    """What is registered as an obligation and not yet paid."""
    paid_tiyn: int = 0
    advance_tiyn: int = 0
    diverted_tiyn: int = 0
    offset_tiyn: int = 0
    retained_tiyn: int = 0
    guarantee_tiyn: int = 0
    progress_bp: int = 0
    """What supervision has confirmed."""
    overpriced_tiyn: int = 0
    """Truth: what was invoiced so far above true cost."""
    unpaid: dict[str, int] = field(default_factory=dict)
    """Due moment of every act that is accepted and unpaid."""
    passed_tiyn: dict[int, int] = field(default_factory=dict)
    """What every link has passed on to subcontractors."""
    own_tiyn: int = 0
    """What of it is the supplier's own by now."""
    is_over: bool = False
    is_expired: bool = False
    """Whether its mark is no longer valid."""
    issued_day: int | None = None
    """Local day number on which its first money was issued, None as long as none was."""

    @property
    def id(self) -> str:
        """Name of the contract, which is that of its lot."""
        return self.award.lot.id

    @property
    def is_small(self) -> bool:
        """Whether it belongs to the layer of small contracts."""
        return self.award.lot.layer == "small"


@dataclass(slots=True)
class Desk:
    """What every contract needs of the world around it."""

    section: ContractsSection
    money: MoneySection
    ports: Ports
    accounts: Accounts
    arm: Arm
    seams: Seams
    room: dict[str, int]
    """What is left of every buyer's appropriation for obligations, in tiyn."""
    closed: set[str] = field(default_factory=set)
    """Firms that exist no more."""
    frozen: dict[str, int] = field(default_factory=dict)
    """Until when the accounts of firms are frozen at the latest."""
    rejected: dict[str, str] = field(default_factory=dict)
    """Intents that a control stopped for good, with its name."""
    settled: set[str] = field(default_factory=set)
    """Intents that were paid."""
    losses: dict[str, int] = field(default_factory=dict)
    """Truth: what the public loses in each intent that is dishonest."""
    terms: BookTerms = field(init=False)
    """What the books say beyond yes and no."""

    def __post_init__(self) -> None:
        """Read the books once."""
        books = self.seams.release_book, self.seams.account_book
        release, account = (RuleBook() if book is None else book for book in books)
        self.terms = BookTerms(self.section, release, account)

    def particulars(
        self,
        contract: Contract,
        intent: str,
        *,
        attempt: int = 0,
        label: TrueLabel = TrueLabel.INTERNAL,
        evidence: int = 0,
        answer: Answer = PASSED,
    ) -> Particulars:
        """Return the columns that all rows of a contract share."""
        name, lot = self.ports.names.id, contract.award.lot
        return Particulars(
            name(intent),
            attempt,
            label,
            evidence,
            name(lot.buyer.region),
            name(lot.buyer.line),
            name(lot.id),
            name(answer.rule),
            answer.value,
            answer.limit,
        )

    def record(
        self,
        contract: Contract,
        kind: Kind,
        intent: str,
        amount_tiyn: int,
        *,
        what: Answer = PASSED,
        suffix: str = "",
        evidence: int = 0,
        label: TrueLabel = TrueLabel.INTERNAL,
        between: tuple[AccountId, AccountId] | None = None,
    ) -> None:
        """Log a paper; between buyer and supplier where nobody else is named."""
        debit, credit = between or self.ends(contract)
        carried = self.particulars(contract, intent, label=label, evidence=evidence, answer=what)
        moves = (Move(debit, credit, max(amount_tiyn, 1)),)
        posting = Posting(f"{intent}/{kind.name.lower()}{suffix}", kind, moves, carried)
        self.ports.ledger.record(posting)

    def ends(self, contract: Contract) -> tuple[AccountId, AccountId]:
        """Return the accounts of buyer and supplier between which papers pass."""
        buyer, supplier = contract.award.lot.buyer.id, contract.chain[0]
        return self.accounts.control(buyer), self.accounts.deposit(payee_of(supplier))

    def lose(self, contract: Contract, intent: str, amount_tiyn: int, label: TrueLabel) -> None:
        """Log the truth: what the public pays in an intent without due counter-value."""
        if amount_tiyn:
            self.losses[intent] = amount_tiyn
            self.record(contract, Kind.LOSS, intent, amount_tiyn, label=label)

    def refuse(
        self,
        contract: Contract,
        kind: Kind,
        intent: str,
        amount_tiyn: int,
        answer: Answer,
        *,
        attempt: int,
        label: TrueLabel,
        evidence: int = 0,
        between: tuple[AccountId, AccountId] | None = None,
    ) -> None:
        """Log what was asked for and is not paid."""
        carried = self.particulars(
            contract, intent, attempt=attempt, label=label, evidence=evidence, answer=answer
        )
        debit, credit = between or self.ends(contract)
        posting_id = f"{intent}/{kind.name.lower()}-refused-{attempt}"
        moves = (Move(debit, credit, amount_tiyn),)
        self.ports.ledger.refuse(Posting(posting_id, kind, moves, carried), answer.reason)

    def decide_release(
        self,
        contract: Contract,
        intent: str,
        amount_tiyn: int,
        *,
        evidence: int,
        facts: Facts,
    ) -> Answer:
        """Return whether the budget may pay the supplier; an act is paid once."""
        if intent in self.settled:
            return Answer(Reason.DUPLICATE, PAID_BEFORE)
        if contract.award.firm.id in self.closed:
            return Answer(Reason.PAYEE_STATUS, CLOSED_FIRM)
        if intent in self.rejected:
            return Answer(Reason.RISK_TOO_HIGH, self.rejected[intent])
        if amount_tiyn > contract.registered_tiyn:
            registered_tiyn = contract.registered_tiyn
            return Answer(Reason.OBLIGATION_EXCEEDED, REGISTERED, amount_tiyn, registered_tiyn)
        if self.frozen_until_us(contract.award.firm.id) and self._splits(contract):
            # Tax could not leave whoever is paid, and a payment is made whole or not at all.
            return Answer(Reason.ACCOUNT_FROZEN, FROZEN)
        if self.seams.release is None:
            return PASSED
        operation = Operation.DISTRIBUTE if facts.is_advance else Operation.PAY
        buyer, firm = contract.award.lot.buyer.id, contract.award.firm
        evidence |= Evidence.OBLIGATION_REGISTERED.value | Evidence.PAYEE_CONTRACTED.value
        seen = self._seen(
            contract, operation, (buyer, firm.id), amount_tiyn, evidence=evidence, facts=facts
        )
        return _answer(self.seams.release.decide(seen))

    def frozen_until_us(self, firm: str) -> int:
        """Return until when a firm pays nothing at the latest, 0 where it may pay."""
        until_us = self.frozen.get(firm, 0)
        return until_us if until_us > self.ports.now() else 0

    def _splits(self, contract: Contract) -> bool:
        book = self.seams.release_book
        if book is None:
            return False
        return effect_of(book.issued_on(self.issue_day(contract)), SplitsTax) is not None

    def decide_use(
        self,
        contract: Contract,
        payer: Link,
        payee: str,
        amount_tiyn: int,
        *,
        evidence: int,
        facts: Facts,
        operation: Operation = Operation.PAY,
    ) -> Answer:
        """Return whether a firm of the chain may pay, where anybody is asked about its money."""
        if not self.arm.controls(contract.terms, payer):
            return PASSED
        if contract.is_expired and operation is not Operation.SHED:
            return Answer(Reason.OUTSIDE_VALIDITY, "mark_expired")
        tier = tier_at(self.seams.account, payer.depth)
        if tier is None:
            return PASSED
        # Whoever was bribed to set the conditions set them so that they stop nothing.
        if contract.lot_conduct.captured_owner:
            return PASSED
        seen = self._seen(
            contract,
            operation,
            (payer.firm.id, payee),
            amount_tiyn,
            evidence=evidence,
            facts=facts,
        )
        if operation is Operation.SHED:
            return _answer(tier.control.may_shed(seen))
        return _answer(tier.control.decide(seen))

    def _seen(
        self,
        contract: Contract,
        operation: Operation,
        ends: tuple[str, str],
        amount_tiyn: int,
        *,
        evidence: int,
        facts: Facts,
    ) -> Observation:
        now, calendar = self.ports.now(), self.ports.calendar
        lot = contract.award.lot
        return Observation(
            operation=operation,
            time_us=now,
            day=calendar.day_number(now),
            time_of_day_us=now - calendar.at(calendar.date_of(now)),
            payer=ends[0],
            payee=ends[1],
            purpose=lot.buyer.line,
            category=lot.category,
            amount_tiyn=amount_tiyn,
            evidence=evidence,
            facts=facts,
        )

    def issue_day(self, contract: Contract) -> int:
        """Return the local day on which money of a contract was issued, or would be now."""
        if contract.issued_day is not None:
            return contract.issued_day
        return self.ports.calendar.day_number(self.ports.now())

    def release(self, contract: Contract, order: Order) -> Outcome:
        """Pay the supplier from the budget; the first time its money is issued."""
        outcome = self.arm.release(contract.terms, order, contract.chain[0])
        if outcome.status is Status.SETTLED:
            contract.issued_day = self.issue_day(contract)
        return outcome

    def facts(self, contract: Contract, *, is_advance: bool = False, depth: int = 0) -> Facts:
        """Return what registers and meters say of a contract now."""
        lot = contract.award.lot
        return Facts(
            issue_day=contract.issued_day,
            region=lot.buyer.region,
            commodity=lot.commodity,
            units=lot.units,
            unit_price_tiyn=contract.price_tiyn // lot.units,
            reference_price_tiyn=lot.reference_price_tiyn,
            contract_tiyn=contract.price_tiyn,
            paid_tiyn=contract.paid_tiyn,
            progress_bp=contract.progress_bp,
            is_advance=is_advance,
            advances_tiyn=contract.advance_tiyn,
            advances_left_tiyn=contract.advance_tiyn - contract.offset_tiyn,
            guarantee_tiyn=contract.guarantee_tiyn,
            initiator=contract.award.firm.id,
            approver=lot.buyer.id,
            depth=depth,
            is_payee_frozen=self.frozen_until_us(contract.award.firm.id) > 0,
        )

    def examine(self, contract: Contract, sort: Sort, intent: str, amount_tiyn: int) -> Held | None:
        """Return what those who look at documents make of one, None for nothing."""
        controls = self.seams.controls
        if controls is None:
            return None
        return controls.examine(self.document(contract, sort, intent, amount_tiyn))

    def document(self, contract: Contract, sort: Sort, intent: str, amount_tiyn: int) -> Document:
        """Return a document as controls see it."""
        payer, payee = self.ends(contract)
        carried = self.particulars(contract, intent)
        return Document(intent, contract.id, sort, max(amount_tiyn, 1), payer, payee, carried)

    def tell(self, contract: Contract, intent: str, amount_tiyn: int, *, is_paid: bool) -> None:
        """Put a payment into the files, and let who cheats know what became of a dishonest one."""
        if is_paid:
            self.settled.add(intent)
            if self.seams.controls is not None:
                self.seams.controls.paid(self.document(contract, "payment", intent, amount_tiyn))
        if intent in self.losses:
            time_us = self.ports.now()
            self.seams.integrity.learn(intent, was_stopped=not is_paid, time_us=time_us)

    def pay_interest(self, contract: Contract, order: Order) -> Outcome:
        """Let the supplier's bank pay interest."""
        firm = contract.award.firm
        bank = self.ports.ledger.open(firm.bank, firm.bank, Form.BANK_DEPOSIT)
        return self.accounts.post(order, (Move(bank, self.firm_account(firm), order.amount_tiyn),))

    def reserve(self, contract: Contract, amount_tiyn: int) -> bool:
        """Bind a part of the buyer's appropriation, where there is room for it."""
        buyer = contract.award.lot.buyer.id
        if self.room.get(buyer, 0) < amount_tiyn:
            return False
        self.room[buyer] -= amount_tiyn
        return True

    def close(self, contract: Contract, kind: Kind, rule: str) -> None:
        """End a contract: nothing is paid on it any more but what it kept back."""
        contract.is_over = True
        what = Answer(Reason.NONE, rule, contract.paid_tiyn)
        self.record(contract, kind, f"{contract.id}/end", contract.paid_tiyn, what=what)
        self.let_go(contract, contract.registered_tiyn - contract.retained_tiyn)

    def let_go(self, contract: Contract, amount_tiyn: int) -> None:
        """Give a part of an obligation back to the buyer's appropriation."""
        self.room[contract.award.lot.buyer.id] += amount_tiyn
        contract.registered_tiyn -= amount_tiyn

    def firm_account(self, firm: Firm) -> AccountId:
        """Return the deposit of a firm."""
        return self.accounts.deposit(Payee(firm.id, firm.bank))


def _answer(decided: Decided) -> Answer:
    return Answer(decided.reason, decided.rule, decided.value, decided.limit, decided.overridden)
