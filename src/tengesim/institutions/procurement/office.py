"""The office for contracts: signs and registers them, and takes back or ends what is found.

No contract is signed that its buyer's appropriation has no room for, and nothing is paid that was
not registered as an obligation before.
"""

from collections.abc import Mapping, Sequence

from tengesim.clock import DAY_US
from tengesim.codes import Kind, Reason, TrueLabel
from tengesim.institutions.procurement.chain import costs_of, draw_chain
from tengesim.institutions.procurement.contract import Life
from tengesim.institutions.procurement.contract_model import ContractsSection, MoneySection
from tengesim.institutions.procurement.desk import Answer, Contract, Desk, Seams
from tengesim.institutions.procurement.evidence import Luck
from tengesim.institutions.procurement.flows import Flows
from tengesim.institutions.procurement.freezing import freeze, let_go
from tengesim.institutions.procurement.money import Accounts, Terms, arm_of
from tengesim.institutions.procurement.notices import label_of
from tengesim.institutions.procurement.recovery import Asked, recover, terminate
from tengesim.institutions.procurement.typologies import ControlName
from tengesim.institutions.procurement.works import (
    HONEST_CONTRACT,
    PART,
    Award,
    Firm,
    Lot,
    LotConduct,
)
from tengesim.payment import Move, Particulars, Posting
from tengesim.ports import Ports
from tengesim.rules.terms import ClawbackGround
from tengesim.streams import Streams

__all__ = ["Office", "build"]


class Office:
    """Where the contracts of a world are kept."""

    def __init__(self, desk: Desk, firms: Sequence[Firm], luck: Luck) -> None:
        """Start without contracts."""
        self._desk = desk
        self._firms = firms
        self._luck = luck
        self._flows = Flows(desk)
        self.contracts: dict[str, Contract] = {}

    @property
    def room(self) -> dict[str, int]:
        """What is left of every buyer's appropriation for obligations, in tiyn."""
        return self._desk.room

    def sign(self, award: Award) -> None:
        """Register a contract as an obligation, and let it live; refuse it without room."""
        desk = self._desk
        contract = self._contract(award)
        price_tiyn, room_tiyn = award.price_tiyn, desk.room[award.lot.buyer.id]
        what = Answer(Reason.NONE, "appropriation", contract.last_day, room_tiyn)
        intent = f"{contract.id}/contract"
        if not desk.reserve(contract, price_tiyn):
            refused = Answer(Reason.APPROPRIATION_EXCEEDED, "appropriation", price_tiyn, room_tiyn)
            desk.refuse(
                contract,
                Kind.OBLIGATION,
                intent,
                price_tiyn,
                refused,
                attempt=0,
                label=TrueLabel.INTERNAL,
            )
            return
        contract.registered_tiyn = price_tiyn
        self.contracts[contract.id] = contract
        desk.record(contract, Kind.OBLIGATION, intent, price_tiyn, what=what)
        if desk.seams.controls is not None:
            document = desk.document(contract, "announcement", intent, price_tiyn)
            desk.seams.controls.signed(award, document)
        desk.ports.start(Life(contract, desk, self._flows).live())

    def expected_delay_days(self, lot: Lot) -> int:
        """Return how many days after its act a supplier expects to wait, beyond what is agreed.

        What the documents of the arm suggest: one that is late is late by half of the longest wait.
        """
        del lot
        section, money = self._desk.section, self._desk.money
        documents = section.digital if money.is_digital else section.paper
        late_bp = 3 * documents.late_signature.value + documents.late_invoice.value
        is_asked = self._desk.seams.release is not None
        return is_asked * late_bp * documents.longest_wait.value // 20_000

    def damage_tiyn(self, intent: str) -> int:
        """Return the loss that a thorough examination of a payment would establish."""
        return self._desk.losses.get(intent, 0)

    def claw_back(self, contract: str, amount_tiyn: int, rule: str) -> None:
        """Take back money of a contract from its supplier, as much of it as there is."""
        desk, kept = self._desk, self.contracts[contract]
        # Whoever complained went to court; what an audit finds, the supplier had no right to.
        by_court = rule == ControlName.COMPLAINTS
        ground = ClawbackGround.COURT if by_court else ClawbackGround.INELIGIBLE
        asked = Asked(f"{contract}/clawback-{rule}", amount_tiyn, ground, rule)
        recover(desk, kept, asked)

    def freeze(self, contract: str) -> None:
        """Freeze the accounts of a supplier, where a rule book lets anybody do so."""
        freeze(self._desk, self.contracts[contract])

    def let_go(self, contract: str) -> None:
        """Let the accounts of a supplier go."""
        let_go(self._desk, self.contracts[contract])

    def terminate(self, contract: str, rule: str) -> None:
        """End a contract: what is accepted and unpaid stays so."""
        kept = self.contracts[contract]
        if not kept.is_over:
            terminate(self._desk, kept, rule)
            self._flows.end_mark(kept)

    def _contract(self, award: Award) -> Contract:
        desk, lot = self._desk, award.lot
        section, money = desk.section, desk.money
        # The parts of a need that was split share its scheme, and there is no other.
        is_part = PART in lot.id
        conduct = HONEST_CONTRACT if is_part else desk.seams.integrity.of_contract(award)
        lot_conduct = LotConduct(split_into=2) if is_part else desk.seams.integrity.of_lot(lot)
        word = self._luck.of(lot.id)
        is_small = lot.layer == "small"
        shell_bp = 0 if is_small else conduct.shell_bp
        chain_section = section.chain
        is_chained = not is_small or chain_section.small
        firms: Sequence[Firm] = self._firms if is_chained else ()
        chain = draw_chain(chain_section, award, firms, word, shell_bp=shell_bp)
        end_us = desk.ports.now() + lot.duration_days * DAY_US
        mark = ""
        if money.is_marked:
            mark = lot.id if is_chained else f"small/{lot.buyer.line}"
        back = lot.buyer.id if money.mark is None else money.mark.return_account
        return Contract(
            award=award,
            word=word,
            terms=Terms(lot.id, lot.buyer.line, lot.buyer.id, back, mark, is_chained),
            chain=chain if is_chained else chain[:1],
            costs=costs_of(chain_section, word),
            conduct=conduct,
            lot_conduct=lot_conduct,
            # Whoever captured the owner gains by acts that nobody questions, not by the price.
            lot_label=TrueLabel.HONEST if lot_conduct.captured_owner else label_of(lot_conduct),
            price_tiyn=award.price_tiyn,
            last_day=desk.ports.calendar.day_number(end_us),
        )


def build(
    section: ContractsSection,
    money: MoneySection,
    ports: Ports,
    *,
    streams: Streams,
    firms: Sequence[Firm],
    appropriations: Mapping[str, int],
    treasury: str,
    national_bank: str,
    seams: Seams,
) -> Office:
    """Return the office for contracts, with what every buyer may spend on its account."""
    accounts = Accounts(ports, treasury=treasury, national_bank=national_bank)
    _open(accounts, ports, appropriations, money.national_fund)
    desk = Desk(
        section=section,
        money=money,
        ports=ports,
        accounts=accounts,
        arm=arm_of(money, accounts, seams.account),
        seams=seams,
        room=dict(appropriations),
    )
    return Office(desk, firms, Luck(streams, "procurement.contract"))


def _open(
    accounts: Accounts, ports: Ports, appropriations: Mapping[str, int], fund: str | None
) -> None:
    """Give every buyer what it may spend: money of the budget, or of the National Fund."""
    kind = Kind.OPENING
    if fund is not None:
        kind = Kind.FINANCING
        whole = accounts.endow_fund(fund, sum(appropriations.values()))
        carried = Particulars(intent=ports.names.id("opening/national-fund"))
        ports.ledger.post(Posting("opening/national-fund", Kind.OPENING, (whole,), carried))
    for buyer, amount_tiyn in appropriations.items():
        if not amount_tiyn:
            continue
        intent = f"opening/{buyer}"
        carried = Particulars(intent=ports.names.id(intent))
        moves: tuple[Move, ...] = accounts.credit(buyer, amount_tiyn)
        if fund is not None:
            moves = accounts.from_fund(fund, amount_tiyn), *moves
        ports.ledger.post(Posting(intent, kind, moves, carried))
