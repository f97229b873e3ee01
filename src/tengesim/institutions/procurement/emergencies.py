"""Emergencies against rules that yield to them: true ones, and ones that there are not.

Who hands in an act for work that nobody did may invoke an emergency as well as who builds a dam
against a flood. Those who sign second do not see which it is; the log keeps who signed, and which
rules yielded.
"""

from typing import NamedTuple

from tengesim.codes import Kind, Reason
from tengesim.institutions.procurement.controls import OVERRIDE
from tengesim.institutions.procurement.desk import Answer, Contract, Desk
from tengesim.payment import Facts

__all__ = ["Invoked", "declared", "log_yielded", "signatures"]


class Invoked(NamedTuple):
    """A payment for which an emergency may be invoked, and whether there is work behind it."""

    intent: str
    stage: int
    amount_tiyn: int
    is_worked_for: bool


def declared(facts: Facts, invoked: Invoked) -> Facts:
    """Return what is known of a payment once an emergency is declared for it."""
    return facts._replace(emergency=f"{invoked.intent}/emergency")


def signatures(desk: Desk, contract: Contract, invoked: Invoked, refused: Answer) -> int:
    """Return the flags of those who sign that a rule yields, 0 where one of them does not.

    Nobody is asked where there is no emergency and none is pretended, or where the rule yields to
    nobody.
    """
    overrides = desk.seams.overrides
    override = desk.terms.override(desk.issue_day(contract), refused.rule)
    if overrides is None or override is None:
        return 0
    is_pretended = contract.conduct.override_abuse and not invoked.is_worked_for
    is_true = invoked.is_worked_for and overrides.is_true(contract.word, invoked.stage)
    if not (is_pretended or is_true):
        return 0
    document = desk.document(contract, "payment", invoked.intent, invoked.amount_tiyn)
    roles = tuple(role.value for role in override.roles)
    is_given = overrides.ask(document, refused.reason.name.lower(), roles)
    return override.flags if is_given else 0


def log_yielded(
    desk: Desk, contract: Contract, invoked: Invoked, answer: Answer, evidence: int
) -> None:
    """Log each rule that failed and yielded to the signatures."""
    for rule in answer.overridden:
        desk.record(
            contract,
            Kind.APPROVAL,
            invoked.intent,
            invoked.amount_tiyn,
            what=Answer(Reason.NONE, f"{OVERRIDE}/{rule}", 1),
            suffix=f"-against-{rule}",
            evidence=evidence,
        )
