"""The closed lists that the log is written in: forms, kinds, statuses, reasons, truth, evidence.

Every number here is part of the log digest, so values are never reused or renumbered. The
values of `Reason` are also its precedence: of several failing rules the one with the lowest
reason decides, which is why the numbers leave gaps for reasons that later programmes need.
"""

from collections.abc import Mapping
from enum import IntEnum, IntFlag
from typing import Final

from tengesim.money import format_amount

__all__ = [
    "BASE_UNITS",
    "Evidence",
    "Form",
    "Kind",
    "Provenance",
    "Reason",
    "Status",
    "TrueLabel",
    "amount_text",
    "column_text",
    "is_asset",
]


class Form(IntEnum):
    """What an account holds: a kind of money that its keeper owes, or an asset.

    The keeper of an asset is the network, market or fund that its units come from. Amounts of an
    asset count its own base units, see `BASE_UNITS`, where those of money count tiyn.
    """

    DIGITAL_TENGE = 1
    BANK_DEPOSIT = 2
    BANK_RESERVE = 3
    TREASURY_SINGLE_ACCOUNT = 4
    CASH = 5
    CASH_CONTROL_ACCOUNT = 6
    NATIONAL_FUND = 7
    BITCOIN = 8
    ETHER = 9
    BNB = 10
    USDT = 11
    GOLD = 12
    US_DOLLAR = 13
    FUND_UNIT = 14


BASE_UNITS: Final[Mapping[Form, int]] = {
    Form.BITCOIN: 10**8,
    Form.ETHER: 10**9,
    Form.BNB: 10**9,
    Form.USDT: 10**6,
    Form.GOLD: 10**3,
    Form.US_DOLLAR: 10**2,
    Form.FUND_UNIT: 10**6,
}
"""Base units in one whole unit of every asset: of gold, milligrams in a gram."""

_UNIT_TEXTS: Final[Mapping[Form, str]] = {
    Form.BITCOIN: "BTC",
    Form.ETHER: "ETH",
    Form.BNB: "BNB",
    Form.USDT: "USDT",
    Form.GOLD: "g of gold",
    Form.US_DOLLAR: "USD",
    Form.FUND_UNIT: "fund units",
}


class Kind(IntEnum):
    """What a row of the log is about.

    Some kinds only record and never move money: `DELIVERY`, a delivered meal as evidence for a
    later claim; `OFFLINE_PAYMENT`, what two devices did without the platform; `UNMET`, a want for
    which its payer had no means; `OBLIGATION` and `ACCEPTANCE`, a registered contract and an
    accepted act; `ARREARS`, an accepted act that is due and stays unpaid; `PRICE`, what a whole
    unit of an asset is worth; `VERDICT`, what a court decides about arrested assets; `ATTESTATION`
    and `MANDATE`, what an auditor saw of a reserve and what its mandate demanded; `FREEZE` and
    `UNFREEZE`, from when to when an account pays nothing, with what stands there. Of a public
    contract `PLAN`, `TENDER`, `BID`, `AWARD`, `GUARANTEE`, `AMENDMENT`, `PROGRESS`, `SUBCONTRACT`,
    `INVOICE`, `APPROVAL`, `DELIVERY_CHECK`, `COMPLAINT`, `REVIEW`, `FLAG`, `TERMINATION` and
    `CLOSING` are its documents; `LOSS` and `TRUE_COST` are truth: what the public pays in an intent
    without due counter-value, and what the work costs with a normal margin. `AGREEMENT` is a sale
    that two parties have agreed upon, `REVERSAL` an entry in a register that names the seller
    again, `STOPPAGE` what is not paid any more, `CONNECTION` a supply by the meter that is agreed
    upon, `METER_READING` what its meter shows; `TAX_CLAIM` asks for tax that a firm paid in
    prices; `OWED` is what a rule takes and was not there, and `DEVICE_LOCK` says that a device
    pays or takes nothing offline any more; `VERIFIED` are acts that a register shows and that earn
    money. Every other kind moves money or assets when its status says so.
    """

    OPENING = 1
    ISSUE = 2
    DISTRIBUTE = 3
    PAYMENT = 4
    DELIVERY = 5
    CLAIM = 6
    SHED = 7
    REDEEM = 8
    RETURN = 9
    REFUND = 10
    WAGE = 11
    BENEFIT = 12
    FUNDING = 13
    DEFUNDING = 14
    WATERFALL = 15
    CASH_WITHDRAWAL = 16
    CASH_DEPOSIT = 17
    DELEGATION = 18
    OFFLINE_LOAD = 19
    OFFLINE_PAYMENT = 20
    OFFLINE_SETTLEMENT = 21
    OFFLINE_UNLOAD = 22
    UNMET = 23
    LIQUIDITY = 24
    OBLIGATION = 25
    ACCEPTANCE = 26
    BUDGET_PAYMENT = 27
    ARREARS = 28
    LAPSE = 29
    REVENUE = 30
    FINANCING = 31
    FREEZE = 32
    UNFREEZE = 33
    PRICE = 34
    ARREST = 35
    ASSET_RETURN = 36
    COMPENSATION = 37
    FORFEITURE = 38
    RESERVE_INFLOW = 39
    MINED = 40
    TRADE = 41
    TRADE_COST = 42
    CUSTODY = 43
    CUSTODY_LOSS = 44
    ATTESTATION = 45
    MANDATE = 46
    MINING_COST = 47
    VERDICT = 48
    PLAN = 49
    TENDER = 50
    BID = 51
    AWARD = 52
    GUARANTEE = 53
    AMENDMENT = 54
    ADVANCE = 55
    PROGRESS = 56
    SUBPAYMENT = 57
    TAX = 58
    CLAWBACK = 59
    SUBCONTRACT = 60
    INVOICE = 61
    APPROVAL = 62
    RETENTION = 63
    PENALTY = 64
    INTEREST = 65
    COMPLAINT = 66
    REVIEW = 67
    FLAG = 68
    TERMINATION = 69
    CLOSING = 70
    LOSS = 71
    DELIVERY_CHECK = 72
    TRUE_COST = 73
    AGREEMENT = 74
    TAX_CLAIM = 75
    TAX_REFUND = 76
    REVERSAL = 77
    STOPPAGE = 78
    METER_READING = 79
    OFFLINE_COVER = 80
    OWED = 81
    DEVICE_LOCK = 82
    VERIFIED = 83
    CONNECTION = 85


class Status(IntEnum):
    """What happened to the amount of a row.

    `SETTLED` moves free money to free money; `HELD` moves the payer's free money to the payer's
    held slot; `POSTED` moves the payer's held money to the payee; `VOIDED` gives it back.
    `RECORDED` and `REFUSED` move nothing.
    """

    RECORDED = 1
    SETTLED = 2
    HELD = 3
    POSTED = 4
    VOIDED = 5
    REFUSED = 6


class Reason(IntEnum):
    """Why a payment was refused, in order of precedence: the lowest failing reason is logged.

    An account that does not exist outranks everything, because no rule can be read without it;
    then whether the system is there at all, whether the account may pay anything, and identity of
    the posting; then who and what may be paid, then when, then by whom, then how much, then on what
    evidence, and last whether the money suffices.
    """

    NONE = 0
    ACCOUNT_UNKNOWN = 10
    SYSTEM_UNAVAILABLE = 20
    ACCOUNT_FROZEN = 30
    DUPLICATE = 40
    SPENT_TWICE = 45
    FORM_NOT_ACCEPTED = 70
    PAYEE_NOT_ALLOWED = 80
    PAYEE_LISTED = 82
    PAYEE_STATUS = 84
    CONFLICT_OF_INTEREST = 86
    SUBCONTRACT_NOT_ALLOWED = 88
    PURPOSE_NOT_ALLOWED = 90
    CONVERSION_NOT_ALLOWED = 100
    OUTSIDE_VALIDITY = 110
    BENEFICIARY_NOT_ELIGIBLE = 120
    IDENTITY_INSUFFICIENT = 125
    CONSENT_MISSING = 127
    PRESENCE_NOT_PROVEN = 130
    LIMIT_PER_PAYMENT = 140
    PRICE_TOO_HIGH = 145
    LIMIT_PER_PERIOD = 150
    LIMIT_HOLDING = 152
    LIMIT_OFFLINE = 154
    OBLIGATION_EXCEEDED = 156
    LIMIT_AWARDS = 157
    APPROPRIATION_EXCEEDED = 158
    ADVANCE_EXCEEDED = 159
    MILESTONE_NOT_MET = 160
    GUARANTEE_MISSING = 162
    DOMESTIC_CONTENT = 164
    APPROVAL_MISSING = 165
    RISK_TOO_HIGH = 168
    RULE_NOT_MET = 170
    INSUFFICIENT_FUNDS = 200


class Provenance(IntEnum):
    """Where the assets of a reserve came from: the `value` of a row of `Kind.RESERVE_INFLOW`.

    `PUBLIC_MONEY` is the foreign currency and gold that a reserve begins with, and what the budget
    pays in; `ENERGY` is what private miners hand over for power.
    """

    OTHER = 0
    PUBLIC_MONEY = 1
    CONFISCATED = 2
    MINED = 3
    ENERGY = 4


class TrueLabel(IntEnum):
    """What a payment intent really is; only the simulator knows, no control reads it.

    `HONEST` is due. `PHANTOM` claims a meal for an absent pupil. `DOUBLE` scans a pupil twice by
    mistake. `OFF_PURPOSE` tries to spend a marked purse on something else. `SPENT_TWICE` spends
    money a second time that a device spent before. `INTERNAL` is a step between institutions that
    is neither due nor undue by itself. Then come the typologies of public contracts: an act for
    work that was not done, a price above true cost and normal margin, an advance spent elsewhere,
    a subcontractor that does nothing, a bribe, a purchase split below a threshold, a contract for
    a relative, a price raised after award, bids agreed beforehand, a specification that fits one
    bidder, conditions written by a bribed owner of the funds, an override without an emergency, a
    supervisor who signs what is not there. Of purchases against a register: money taken and
    nothing handed over, a loan spent on something else, a sale that is undone afterwards.
    """

    INTERNAL = 0
    HONEST = 1
    PHANTOM = 2
    DOUBLE = 3
    OFF_PURPOSE = 4
    SPENT_TWICE = 5
    FICTITIOUS_ACT = 6
    OVERPRICING = 7
    DIVERTED_ADVANCE = 8
    SHELL_SUBCONTRACTOR = 9
    KICKBACK = 10
    SPLIT_CONTRACT = 11
    RELATED_PARTY = 12
    PRICE_GROWTH = 13
    BID_RIGGING = 14
    TAILORED_SPECIFICATION = 15
    CAPTURED_OWNER = 16
    OVERRIDE_ABUSE = 17
    COLLUDING_SUPERVISOR = 18
    NOT_DELIVERED = 19
    LOAN_DIVERTED = 20
    SHAM_SALE = 21
    METER_TAMPERED = 22


class Evidence(IntFlag):
    """What the controls could see when they decided; recorded so that a decision can be repeated.

    The presence flags name the proof that was accepted technically; without any of them no proof
    was obtained. `TIER_…` is the tier of the payer's wallet, `CHANNEL_…` how the payment was made
    and `OFFLINE` that no system could be asked. The others are answers of registers at that moment.
    """

    PRESENCE_REPORT = 1
    PRESENCE_CARD = 2
    PRESENCE_QR = 4
    PRESENCE_PALM = 8
    PRESENCE_MANUAL = 16
    BENEFICIARY_ELIGIBLE = 32
    PAYEE_CONTRACTED = 64
    ACT_ACCEPTED = 128
    INVOICE_MATCHED = 256
    TIER_1 = 512
    TIER_2 = 1024
    TIER_3 = 2048
    CHANNEL_COUNTER = 4096
    CHANNEL_REMOTE = 8192
    OFFLINE = 16384
    OBLIGATION_REGISTERED = 32768
    PAYEE_LISTED = 1 << 16
    PAYEE_TAX_CLEAR = 1 << 17
    PAYEE_VAT_REGISTERED = 1 << 18
    PAYEE_AFFILIATED = 1 << 19
    SUBCONTRACT_REGISTERED = 1 << 20
    DELIVERY_SCANNED = 1 << 21
    REGISTER_CHANGED = 1 << 22
    SUPERVISOR_SIGNED = 1 << 23
    CUSTOMER_SIGNED = 1 << 24
    TREASURER_SIGNED = 1 << 25
    NO_DEFECTS = 1 << 26
    CONSENT_GIVEN = 1 << 27
    PAYROLL_MATCHED = 1 << 28
    STEP_UP = 1 << 29
    PRESENCE_BIOMETRIC = 1 << 30


def is_asset(form: int) -> bool:
    """Return whether amounts of `form` count base units of an asset, not tiyn."""
    return form in BASE_UNITS


def amount_text(form: Form, amount: int) -> str:
    """Write an amount of `form`: money in tenge, an asset in whole units with all its decimals.

    >>> amount_text(Form.BITCOIN, 150_000_000)
    '1.50000000 BTC'
    """
    if not is_asset(form):
        return format_amount(amount)
    whole, rest = divmod(abs(amount), BASE_UNITS[form])
    decimals = len(str(BASE_UNITS[form])) - 1
    return f"{'-' if amount < 0 else ''}{whole:,}.{rest:0{decimals}d} {_UNIT_TEXTS[form]}"


def column_text(code: IntEnum) -> str:
    """Return the text that stands for `code` in files: its lower-case name, empty for NONE."""
    return "" if code.name == "NONE" else code.name.lower()
