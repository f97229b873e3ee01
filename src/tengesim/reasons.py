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
    Reason.PAYEE_LISTED: ReasonText(
        "The payee is on a list",
        "AG01 TransactionForbidden",
        "The register of unreliable suppliers or of financial monitoring names the payee on"
        " that day.",
        "pay somebody else, or have the entry removed",
    ),
    Reason.PAYEE_STATUS: ReasonText(
        "The payee is not in good standing",
        "AG01 TransactionForbidden",
        "The tax register does not confirm what the rule asks of the payee: VAT registration"
        " or no tax debt.",
        "wait until the register confirms it",
    ),
    Reason.CONFLICT_OF_INTEREST: ReasonText(
        "Payer and payee are affiliated",
        "AG01 TransactionForbidden",
        "The company register shows that the same people stand behind payer and payee.",
        "award the contract to somebody else",
    ),
    Reason.SUBCONTRACT_NOT_ALLOWED: ReasonText(
        "The subcontract is not allowed",
        "AG01 TransactionForbidden",
        "The subcontract is not registered, stands too deep in the chain, or passes on a"
        " larger share than allowed.",
        "register the subcontract, or do the work in the firm",
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
    Reason.IDENTITY_INSUFFICIENT: ReasonText(
        "Identity is not proven enough",
        "MS03 NotSpecifiedReasonAgentGenerated",
        "The payment asks for a higher tier of the wallet or a further proof of identity.",
        "prove identity and pay again",
    ),
    Reason.CONSENT_MISSING: ReasonText(
        "The recipient has not agreed",
        "MS03 NotSpecifiedReasonAgentGenerated",
        "The recipient did not opt in to this form of money.",
        "pay in ordinary money",
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
    Reason.PRICE_TOO_HIGH: ReasonText(
        "The price is above its reference",
        "AM09 WrongAmount",
        "The unit price, or units times the rate, is above what the price register and the"
        " tolerance allow.",
        "review the price, or show why it is right",
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
    Reason.LIMIT_AWARDS: ReasonText(
        "Awards to one payee add up to too much",
        "AM14 AmountExceedsAgreedLimit",
        "What the buyer awarded to the payee within the window adds up to more than a"
        " purchase without tender may have.",
        "hold a tender for the whole need",
    ),
    Reason.APPROPRIATION_EXCEEDED: ReasonText(
        "More than the financing plan allows",
        "AM14 AmountExceedsAgreedLimit",
        "The budget line has no room left in its plan of obligations or of payments so far.",
        "wait for the next month of the plan, or change the plan",
    ),
    Reason.ADVANCE_EXCEEDED: ReasonText(
        "The advance is too large",
        "AM14 AmountExceedsAgreedLimit",
        "The advance is above the share of the price that the contract allows.",
        "ask for less, or for payment after an act",
    ),
    Reason.MILESTONE_NOT_MET: ReasonText(
        "The documents are not there yet",
        "AG01 TransactionForbidden (ISO has no nearer code)",
        "The mark is shed only when registers confirm what it asks for, such as an accepted act and"
        " a matching e-invoice.",
        "wait for the documents; the money stays marked until then",
    ),
    Reason.GUARANTEE_MISSING: ReasonText(
        "The guarantee is missing",
        "MS03 NotSpecifiedReasonAgentGenerated",
        "The guarantee that is registered is below what the contract asks for.",
        "register the guarantee",
    ),
    Reason.DOMESTIC_CONTENT: ReasonText(
        "Domestic content is too low",
        "AG01 TransactionForbidden",
        "The share of domestic goods in the invoice is below what the rule asks for.",
        "buy from the register of domestic producers",
    ),
    Reason.APPROVAL_MISSING: ReasonText(
        "A signature is missing",
        "AG01 TransactionForbidden",
        "Not as many have signed as the rule asks for, or one person is on both sides of a check.",
        "have the others sign",
    ),
    Reason.RISK_TOO_HIGH: ReasonText(
        "The risk score is too high",
        "AG01 TransactionForbidden",
        "The score of the payment is above the limit, so it is not paid before somebody has"
        " looked at it.",
        "wait for the review",
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
