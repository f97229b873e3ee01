"""Money that comes back from suppliers: on which ground, how much of it there is, what stays owed.

Contracts themselves know no grounds: whatever is found is taken. Where a rule book says on which
grounds money is taken back, nothing is owed on any other, and what stays owed is logged.
"""

from typing import NamedTuple

from tengesim.codes import Kind, Reason, TrueLabel
from tengesim.institutions.procurement.desk import Answer, Contract, Desk
from tengesim.institutions.procurement.money import Order
from tengesim.rules.steps import claw_back
from tengesim.rules.terms import ClawbackGround

__all__ = ["Asked", "close_firm", "recover", "terminate"]


class Asked(NamedTuple):
    """Money that is asked back: how much, on which ground, and by whom or why."""

    intent: str
    tiyn: int
    ground: ClawbackGround
    cause: str


def recover(desk: Desk, contract: Contract, asked: Asked) -> None:
    """Take money back from a supplier, and log what stays owed."""
    _log_owed(desk, contract, asked, _take_back(desk, contract, asked))


def close_firm(desk: Desk, contract: Contract, rule: str) -> None:
    """End the firm of a contract, and the contract with it."""
    desk.closed.add(contract.award.firm.id)
    terminate(desk, contract, rule)


def terminate(desk: Desk, contract: Contract, rule: str) -> None:
    """End a contract before its time, and take back what of its advance was not worked for.

    What the supplier does not have, its bank pays as far as it guaranteed performance.
    """
    unspent_tiyn = contract.advance_tiyn - contract.offset_tiyn
    desk.close(contract, Kind.TERMINATION, rule)
    if not unspent_tiyn:
        return
    asked = Asked(f"{contract.id}/advance-back", unspent_tiyn, ClawbackGround.UNSPENT, rule)
    owed_tiyn = _take_back(desk, contract, asked)
    called_tiyn = min(owed_tiyn, contract.guarantee_tiyn)
    if called_tiyn:
        intent = f"{contract.id}/guarantee-called"
        carried = desk.particulars(contract, intent, answer=Answer(Reason.NONE, rule))
        order = Order(intent, Kind.CLAWBACK, called_tiyn, carried)
        bank, buyer = contract.award.firm.bank, contract.terms.buyer
        desk.accounts.post(order, desk.accounts.guaranteed(bank, buyer, called_tiyn))
    _log_owed(desk, contract, asked, owed_tiyn - called_tiyn)


def _take_back(desk: Desk, contract: Contract, asked: Asked) -> int:
    """Take back as much as there is; return what stays owed."""
    supplier, rule, value, part_tiyn = contract.chain[0], asked.cause, 0, asked.tiyn
    claws = desk.terms.claws_back(desk.issue_day(contract))
    if claws is not None:
        rule, value = claws.id, asked.tiyn
        if asked.ground not in claws.on:
            _refuse(desk, contract, asked, asked.tiyn, Answer(Reason.RULE_NOT_MET, rule, value))
            return 0
        controlled_tiyn = desk.arm.left(contract.terms, supplier)
        free_tiyn = controlled_tiyn or desk.accounts.free(desk.firm_account(supplier.firm))
        part_tiyn = claw_back(claws, asked.ground, asked.tiyn, free_tiyn).part_tiyn
    if not part_tiyn:
        return asked.tiyn
    answer = Answer(Reason.NONE, rule, value)
    carried = desk.particulars(contract, asked.intent, answer=answer)
    order = Order(asked.intent, Kind.CLAWBACK, part_tiyn, carried)
    return asked.tiyn - desk.arm.give_back(contract.terms, order, supplier)


def _log_owed(desk: Desk, contract: Contract, asked: Asked, owed_tiyn: int) -> None:
    claws = desk.terms.claws_back(desk.issue_day(contract))
    if claws is not None and owed_tiyn:
        taken_tiyn = asked.tiyn - owed_tiyn
        answer = Answer(Reason.INSUFFICIENT_FUNDS, claws.id, asked.tiyn, taken_tiyn)
        _refuse(desk, contract, asked, owed_tiyn, answer)


def _refuse(desk: Desk, contract: Contract, asked: Asked, amount_tiyn: int, answer: Answer) -> None:
    desk.refuse(
        contract,
        Kind.CLAWBACK,
        asked.intent,
        amount_tiyn,
        answer,
        attempt=0,
        label=TrueLabel.INTERNAL,
    )
