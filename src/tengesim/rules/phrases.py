"""The words of rules, verdicts and examples in English, by kind.

Placeholders are filled by `sentences`; a translation is another catalogue and no code.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["ENGLISH"]

ENGLISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "purpose_is": "The money is used for {names}",
        "purpose_is.refused": "the money is not used for {names}",
        "merchant_category_in": "The payee's merchant category is {names}",
        "merchant_category_in.refused": "the payee's merchant category is not {names}",
        "payee_in": "The payee {payees}",
        "payee_in.refused": "the payee {payees}",
        "payee_in.named": "is {names}",
        "payee_in.named.refused": "is not {names}",
        "payee_in.contracted": "has a registered contract",
        "payee_in.contracted.refused": "has no registered contract",
        "time_window": "The payment falls {times}",
        "time_window.always": "at any time",
        "time_window.weekdays": "on {weekdays}",
        "time_window.between": "between {since} and {until}",
        "time_window.since": "from {since} on",
        "time_window.until": "before {until}",
        "time_window.refused.weekday": "the day does not fit: {weekday}, allowed {weekdays}",
        "time_window.refused.early": "it is too early: {value}, allowed from {limit}",
        "time_window.refused.late": "it is too late: {value}, allowed before {limit}",
        "within_validity": "The payment falls on a day from {since} to {until}",
        "within_validity.refused.early": "it is too early: {value}, valid from {limit}",
        "within_validity.refused.late": "it is too late: {value}, valid until {limit}",
        "amount_at_most": "One payment is at most {limit}",
        "amount_at_most.refused": "one payment is limited: {value}, at most {limit}",
        "amount_per_period_at_most": (
            "The payments of one payer in a {period} add up to at most {limit}"
        ),
        "amount_per_period_at_most.refused": (
            "the sum in a {period} is limited: {value} {now}, at most {limit}"
        ),
        "count_per_period_at_most": "One payer makes at most {limit} in a {period}",
        "count_per_period_at_most.refused": (
            "payments in a {period} are limited: {value} {now}, at most {limit}"
        ),
        "beneficiary_eligible": "The register names the beneficiary as eligible",
        "beneficiary_eligible.refused": ("the register does not name the beneficiary as eligible"),
        "presence_proven": "The beneficiary's presence is proven by {names}",
        "presence_proven.refused": "the beneficiary's presence is not proven by {names}",
        "evidence_present": "The registers confirm {names}",
        "evidence_present.refused": "documents are missing: {value} confirmed, {limit} required",
        "conversion_forbidden": (
            "The money is not exchanged for cash, a deposit or unmarked money"
        ),
        "conversion_forbidden.refused": (
            "marked money is not exchanged for cash, a deposit or unmarked money"
        ),
        "payee_not_listed": "The payee {payees}",
        "payee_not_listed.registers": "is on no register of unreliable or monitored persons",
        "payee_not_listed.registers.refused": "is on a register of unreliable or monitored persons",
        "payee_not_listed.named": "is not {names}",
        "payee_not_listed.named.refused": "is {names}",
        "payee_not_listed.refused": "the payee {payees}",
        "payee_in_good_standing": "Registers confirm of the payee: {names}",
        "payee_in_good_standing.refused": (
            "the payee's standing is not confirmed: {value} of {limit} answers are good"
        ),
        "region_in": "The sale or the work is in {names}",
        "region_in.refused": "the sale or the work is not in {names}",
        "holding_at_most": "With the payment the payee holds at most {limit} under the mark",
        "holding_at_most.refused": (
            "the payee would hold too much under the mark: {value}, at most {limit}"
        ),
        "within_allowance": "The wallet spends at most what the owner of its parent wallet allows",
        "within_allowance.refused": (
            "the allowance of the parent wallet is used up: {value} with this, allowed {limit}"
        ),
        "tier_at_least": "The payer's wallet is of tier {limit} or above",
        "tier_at_least.refused": "the payer's wallet is not of tier {limit} or above",
        "verified_above": "A payment above {limit} has a second proof of identity",
        "verified_above.refused": (
            "there is no second proof of identity: {value}, without it at most {limit}"
        ),
        "biometrics_matched": "Face or finger of the payer matched",
        "biometrics_matched.refused": "face or finger of the payer did not match",
        "risk_at_most": "The anti-fraud centre's score is at most {limit} of 1,000",
        "risk_at_most.refused": "the anti-fraud centre's score is {value}, at most {limit}",
        "offline_at_most": "Without the platform a device pays at most {caps}",
        "offline_at_most.at_once": "{limit} at once",
        "offline_at_most.total": "{limit} in all",
        "offline_at_most.payments": "{limit} since its last contact",
        "offline_at_most.days": "within {limit} days of its last contact",
        "offline_at_most.refused": ("the device may not pay so without the platform: {compared}"),
        "offline_at_most.compared.money": "{value}, at most {limit}",
        "offline_at_most.compared.number": "{value} against {limit}",
        "consented": "The recipient has agreed to this form of money",
        "consented.refused": "the recipient has not agreed to this form of money",
        "unaffiliated": "Nobody stands behind both payer and payee",
        "unaffiliated.refused": "the company register shows who stands behind both payer and payee",
        "in_estimate": "The invoice line stands in the estimate: {lines}",
        "in_estimate.line": "{commodity} up to {units} at {price} each",
        "in_estimate.refused": "the estimate has no line for the commodity",
        "in_estimate.refused.price": "the unit price is too high: {value}, at most {limit}",
        "in_estimate.refused.units": "the quantity is too large: {value}, at most {limit}",
        "price_within": "One unit costs at most {above} more than {reference}",
        "price_within.register": "the register of prices says",
        "price_within.refused": "the unit price is too high: {value}, at most {limit}",
        "register_changed": "The register of {names} shows the new owner",
        "register_changed.refused": "the register of {names} does not show the new owner",
        "milestone_signed": "The stage is signed by {names}",
        "milestone_signed.refused": "the stage is not signed by all: {value} of {limit} signatures",
        "within_progress": (
            "What is paid stays within confirmed progress and the advance not yet offset"
        ),
        "within_progress.refused": "more would be paid than is done: {value}, at most {limit}",
        "advance_at_most": "Advances are at most {share} of the price of the contract",
        "advance_at_most.refused": "the advance is too large: {value} in all, at most {limit}",
        "guarantee_at_least": "Bank guarantees cover at least {share} of the price of the contract",
        "guarantee_at_least.refused": "the guarantee is too small: {value}, at least {limit}",
        "approved_by": "The payment is signed by {count} of {names}",
        "approved_by.refused": "signatures are missing: {value} of {limit}",
        "duties_separated": "Whoever approves is not the one who initiated",
        "duties_separated.refused": "whoever approves is unknown, or the one who initiated",
        "subcontract_registered": "Whoever is paid below the supplier has a registered subcontract",
        "subcontract_registered.refused": "the payee has no registered subcontract",
        "depth_at_most": "The payee stands at most {limit} below the supplier",
        "depth_at_most.steps": "{count} steps",
        "depth_at_most.step": "{count} step",
        "depth_at_most.refused": "the payee stands too deep in the chain: {value}, at most {limit}",
        "subcontracted_at_most": "A firm passes on at most {share} of its contract",
        "subcontracted_at_most.refused": "too much is passed on: {value} in all, at most {limit}",
        "metered": "The amount is at most {rate} for each metered unit",
        "metered.refused": "the amount is more than was metered: {value}, at most {limit}",
        "domestic_at_least": "At least {share} of the invoice is of domestic makers",
        "domestic_at_least.refused": (
            "too little of the invoice is of domestic makers: {value}, at least {limit}"
        ),
        "awards_at_most": ("Awards to one payee within {days} days add up to at most {limit}"),
        "awards_at_most.refused": "awards to the payee add up to {value}, at most {limit}",
        "all_of": "All of these hold: {parts}",
        "any_of": "At least one of these holds: {parts}",
        "any_of.refused": "none of these holds: {parts}",
        "not": "This does not hold: {parts}",
        "not.refused": "this must not hold, and does: {parts}",
        "sheds_mark": "A payee's money becomes unmarked when this holds: {parts}",
        "restores_mark": "A refund goes back to its purse, under the mark it came with",
        "return_on_expiry": (
            "What is left in purses when the mark expires goes back at {at} on the last day"
        ),
        "splits_on_cap": (
            "Marked money pays at most {limit} at once; the rest comes from the payer's own"
        ),
        "offsets_advance": (
            "Of each act {share} pays back the advance, of the last one all that is left"
        ),
        "retains": "Of each payment {share} is kept until the warranty is over",
        "propagates": (
            "Money stays marked down to {depth} steps below the supplier, under {book}{small}"
        ),
        "propagates.same": "the same rules",
        "propagates.narrower": "the narrower rules of {book}",
        "propagates.small": "; sums below {limit} are paid unmarked",
        "sheds_part": "Unmarked money pays at most these shares of the contract: {parts}",
        "sheds_part.with": "{use} with {names}",
        "splits_tax": "The tax in the price goes to the tax authority, at the rate from: {rates}",
        "copays": "The beneficiary pays {share} of the price, the programme the rest",
        "coupon": "Whoever spends {at_least} at once gets {off} off",
        "pays_by_meter": "Each metered unit is paid with {rate}, until the money ends",
        "splits_among": "A payment goes to {shares}, all of it or nothing",
        "refunds_if_unmet": (
            "Money is held for {held} until the register shows the change, else it is refunded"
            " within {within}"
        ),
        "escrow": "The price is released from escrow in stages: {stages}",
        "escrow.stage": "{stage} {weight} when signed by {names}",
        "releases_retention": "What was kept is released after {after} with {names}",
        "refunds_fast": (
            "A claim with a risk score of at most {risk} is refunded within {within}, any other"
            " within {otherwise}"
        ),
        "mints_reward": "Each verified unit earns {rate}, at most {limit} in a {period}",
        "pays_instalments": (
            "{count} instalments of {amount} are paid, each while this holds: {parts}; after"
            " {missed} missed in a row the rest is not"
        ),
        "claws_back": "Money is taken back when {grounds}; what is not there stays owed",
        "ground.court": "a court orders it",
        "ground.ineligible": "its recipient was not eligible",
        "ground.unspent": "it was not spent",
        "freezes": "{by} may freeze the account for at most {lasts}",
        "by.court": "A court",
        "by.financial_monitoring": "The Financial Monitoring Agency",
        "reserves": "An amount is held before it is due and let go after {after}",
        "schedules": (
            "The payment is made on day {day} of each month at {at}, and tried again up to"
            " {retries} times after {after}"
        ),
        "reconciles_offline": (
            "A device reports its payments within {within}; what it cannot cover is owed, and it"
            " is locked"
        ),
        "wages": "wages",
        "taxes": "taxes",
        "overhead": "overhead",
        "rule.override": (
            "{text}; in an emergency declared until {until} it yields to the signatures of {names}"
        ),
        "rule.since": "{text}, from {day} on",
        "rule.until": "{text}, until {day}",
        "rule.hold": "{text}; a payment that fails waits in the queue {queue}",
        "book.versions": (
            "Money issued from {since} on has the rules of that day; older money keeps its own"
        ),
        "passed": "passed: {text}",
        "refused": "refused because {text}",
        "not_applied": "does not apply to this operation on this day",
        "and": "and",
        "or": "or",
        "to": "{first} to {last}",
        "payment": "payment",
        "payments": "payments",
        "period.day": "day",
        "period.week": "week",
        "period.month": "month",
        "period.year": "year",
        "now.day": "today",
        "now.week": "this week",
        "now.month": "this month",
        "now.year": "this year",
        "mon": "Monday",
        "tue": "Tuesday",
        "wed": "Wednesday",
        "thu": "Thursday",
        "fri": "Friday",
        "sat": "Saturday",
        "sun": "Sunday",
        "report": "the payee's report",
        "card": "card",
        "qr": "QR code",
        "palm": "palm",
        "manual": "entry by hand",
        "act_accepted": "the accepted act",
        "invoice_matched": "the matched e-invoice",
        "obligation_registered": "the registered obligation",
        "delivery_scanned": "the scan of the delivery",
        "no_defects": "the act without defects",
        "payroll_matched": "the matched payroll",
        "livestock": "livestock",
        "vehicle": "vehicles",
        "land": "land",
        "customer": "the customer",
        "supervisor": "the supervisor",
        "treasurer": "the treasurer",
        "vat_registered": "registered for VAT",
        "tax_clear": "without tax debt",
        "not_frozen": "no account frozen",
        "example": "a payment of {amount}{particulars}",
        "example.payees": " to {payee}",
        "example.purposes": " for {purpose}",
        "example.categories": " in category {category}",
        "example.days": " on {weekday} {day}",
        "example.times": " at {time}",
        "example.used": " after {payments} for {amount} {now}",
    }
)
"""The words in English; placeholders are filled, everything else may be translated."""
