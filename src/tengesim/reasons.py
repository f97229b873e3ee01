"""What each reason of refusal means, for people, and its counterpart in ISO 20022.

The ISO codes are those of the external code set for status reasons; where none fits, the nearest
one is named and the difference told in words.
"""

from dataclasses import dataclass
from typing import Final

from tengesim.codes import Reason

__all__ = ["REASON_TEXTS", "ReasonText"]


@dataclass(frozen=True, slots=True)
class ReasonText:
    """Page of one reason: its title, ISO 20022 status reason, meaning, and what can be done."""

    title: str
    iso: str
    what: str
    do: str


REASON_TEXTS: Final[dict[Reason, ReasonText]] = {
    Reason.ACCOUNT_UNKNOWN: ReasonText(
        "The account does not exist",
        "AC01 IncorrectAccountNumber",
        "Payer or payee names an account that was never opened.",
        "correct the account",
    ),
    Reason.SYSTEM_UNAVAILABLE: ReasonText(
        "The platform or the bank could not be reached",
        "AB05 TimeoutCreditorAgent",
        "An outage: the system that keeps the money of payer or payee was down, so nothing could"
        " be decided or moved.",
        "pay in another form, from an offline purse, or later",
    ),
    Reason.ACCOUNT_FROZEN: ReasonText(
        "The account is frozen",
        "AC06 BlockedAccount",
        "An authority has frozen the payer's account for a while: it may receive, and pays nothing."
        " What was on hold before is paid all the same.",
        "wait until it is let go, or pay from another account",
    ),
    Reason.DUPLICATE: ReasonText(
        "The same id was used for something else",
        "AM05 Duplication",
        "A posting bears an id that was answered before, with other content. The rule column says"
        " what differs. Repeating a posting unchanged is no duplicate: it gives the old answer.",
        "give the other posting an id of its own",
    ),
    Reason.SPENT_TWICE: ReasonText(
        "The money was spent before",
        "AM05 Duplication",
        "An offline purse paid with money that it had paid with already. The secure element of the"
        " device stopped it, or the ledger found it when the payee's device came online.",
        "the payee is not paid; the purse is closed",
    ),
    Reason.FORM_NOT_ACCEPTED: ReasonText(
        "The payee does not take this form of money",
        "AC14 InvalidCreditorAccountType",
        "The payee has no account for the form of money the payer offered, such as a merchant"
        " without a wallet.",
        "pay in another form of money",
    ),
    Reason.PAYEE_NOT_ALLOWED: ReasonText(
        "The payee may not receive this money",
        "AG01 TransactionForbidden",
        "The mark allows certain payees only, such as caterers under contract.",
        "pay somebody the mark allows, or use unmarked money",
    ),
    Reason.PURPOSE_NOT_ALLOWED: ReasonText(
        "The money is not for this purpose",
        "AG01 TransactionForbidden",
        "Programme or merchant category are not among those the mark names.",
        "use unmarked money for it",
    ),
    Reason.CONVERSION_NOT_ALLOWED: ReasonText(
        "Marked money cannot be converted",
        "AG01 TransactionForbidden",
        "As long as it is marked, money does not become cash, a deposit or unmarked money.",
        "wait until the mark is shed",
    ),
    Reason.OUTSIDE_VALIDITY: ReasonText(
        "Outside the time in which the money is valid",
        "DT01 InvalidDate",
        "The payment falls outside the days, weekdays or hours of a rule.",
        "pay within them",
    ),
    Reason.BENEFICIARY_NOT_ELIGIBLE: ReasonText(
        "The beneficiary is not on the register",
        "AG01 TransactionForbidden",
        "The register of beneficiaries does not name the payer at that moment. Registers err: an"
        " entitled person may be missing.",
        "correct the register",
    ),
    Reason.PRESENCE_NOT_PROVEN: ReasonText(
        "Presence was not proven",
        "AG01 TransactionForbidden",
        "No accepted proof of presence (card, code, palm, entry by hand) was obtained. Scanners"
        " fail, so honest meals are refused too.",
        "try again, or use the fallback the programme allows",
    ),
    Reason.LIMIT_PER_PAYMENT: ReasonText(
        "More than one payment may be",
        "AM02 NotAllowedAmount",
        "The amount is above the limit for a single payment.",
        "pay less",
    ),
    Reason.LIMIT_PER_PERIOD: ReasonText(
        "More than is allowed in the period",
        "AM14 AmountExceedsAgreedLimit",
        "With this payment, number or sum of payments in the day, week or month would be above the"
        " limit, as with a second meal on one day.",
        "wait for the next period",
    ),
    Reason.LIMIT_HOLDING: ReasonText(
        "More than the wallet may hold",
        "AM14 AmountExceedsAgreedLimit",
        "The wallet would hold more digital tenge than its tier allows, and there is no bank"
        " account to which the rest could flow.",
        "receive less, raise the tier, or link a bank account",
    ),
    Reason.LIMIT_OFFLINE: ReasonText(
        "More than the purse may pay offline",
        "AM14 AmountExceedsAgreedLimit",
        "Amount, number of payments or time since the last contact with the platform exceed what"
        " an offline purse may do.",
        "bring the device online, or pay in another form",
    ),
    Reason.OBLIGATION_EXCEEDED: ReasonText(
        "More than the registered obligation",
        "AM02 NotAllowedAmount",
        "The payment order exceeds what is left of the contract registered with the Treasury.",
        "register an amendment first",
    ),
    Reason.APPROPRIATION_EXCEEDED: ReasonText(
        "More than the financing plan allows",
        "AM14 AmountExceedsAgreedLimit",
        "The budget line has no room left in its plan of obligations or of payments so far.",
        "wait for the next month of the plan, or change the plan",
    ),
    Reason.MILESTONE_NOT_MET: ReasonText(
        "The documents are not there yet",
        "AG01 TransactionForbidden (ISO has no nearer code)",
        "The mark is shed only when registers confirm what it asks for, such as an accepted act and"
        " a matching e-invoice.",
        "wait for the documents; the money stays marked until then",
    ),
    Reason.RULE_NOT_MET: ReasonText(
        "A composed rule is not met",
        "AG01 TransactionForbidden (ISO has no nearer code)",
        "None of the alternatives of a rule passed, or what it excludes was the case.",
        "see the rule's own sentence in `tengesim trace`",
    ),
    Reason.INSUFFICIENT_FUNDS: ReasonText(
        "Not enough money",
        "AM04 InsufficientFunds",
        "The account holds less free money than the payment needs.",
        "fund the account, or pay less",
    ),
}
