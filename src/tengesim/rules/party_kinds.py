"""Pages of the conditions about payer and payee."""

from typing import Final

from tengesim.codes import Reason
from tengesim.rules.kind_text import KindText, of_condition

__all__ = ["PARTY_KINDS"]

_AWARDS: Final = "tests/engine/test_procurement_award_rules.py"
_TENDERS: Final = "tests/unit/test_procurement_tender.py"
_TESTS: Final = "tests/unit/test_rules_parties.py"

PARTY_KINDS: Final[tuple[KindText, ...]] = (
    of_condition(
        "R05",
        {"kind": "payee_not_listed", "registers": True, "payees": ["shell-001"]},
        reads="the registers of unreliable suppliers and of financial monitoring"
        " (`PAYEE_LISTED`), and the payee's name",
        reason=Reason.PAYEE_LISTED,
        test=f"{_TENDERS}::test_a_rule_book_can_refuse_an_award_to_the_best_bidder",
    ),
    of_condition(
        "R06",
        {
            "kind": "payee_in_good_standing",
            "requires": ["vat_registered", "tax_clear", "not_frozen"],
        },
        reads="the tax register (`PAYEE_VAT_REGISTERED`, `PAYEE_TAX_CLEAR`); for `not_frozen`"
        " whether an account of the payee is frozen",
        reason=Reason.PAYEE_STATUS,
        test=f"{_TESTS}::test_a_payee_without_good_standing_is_not_paid",
    ),
    of_condition(
        "R07",
        {"kind": "region_in", "regions": ["atyrau"]},
        reads="the region of the sale or the work",
        reason=Reason.PAYEE_NOT_ALLOWED,
        test=f"{_TESTS}::test_money_stays_in_its_regions",
    ),
    of_condition(
        "R14",
        {"kind": "holding_at_most", "limit": "500000 KZT"},
        reads="what the payee holds under the mark, and this payment",
        reason=Reason.LIMIT_HOLDING,
        test=f"{_TESTS}::test_a_payee_holds_at_most_the_limit",
        evaluated="at every credit that the rule is `on`, at that moment",
    ),
    of_condition(
        "R45",
        {"kind": "within_allowance"},
        reads="what the owner of the parent wallet allows the payer's wallet, what it has spent"
        " of it, and this payment",
        reason=Reason.LIMIT_PER_PERIOD,
        test=f"{_TESTS}::test_a_wallet_keeps_to_the_allowance_of_its_parent",
    ),
    of_condition(
        "R46",
        {"kind": "tier_at_least", "tier": 2},
        reads="the tier of the payer's wallet (`TIER_…`)",
        reason=Reason.IDENTITY_INSUFFICIENT,
        test=f"{_TESTS}::test_a_low_tier_does_not_pay",
    ),
    of_condition(
        "R47",
        {"kind": "verified_above", "limit": "500000 KZT"},
        reads="the amount of this payment and the second proof of identity (`STEP_UP`)",
        reason=Reason.IDENTITY_INSUFFICIENT,
        test=f"{_TESTS}::test_a_large_payment_has_a_second_proof_of_identity",
    ),
    of_condition(
        "R48",
        {"kind": "biometrics_matched"},
        reads="the match of face or finger (`PRESENCE_BIOMETRIC`)",
        reason=Reason.IDENTITY_INSUFFICIENT,
        test=f"{_TESTS}::test_cash_is_given_to_a_matched_face_or_finger",
        evaluated="at cash machine or desk, when the rule is `on` the operation there",
    ),
    of_condition(
        "R49",
        {"kind": "risk_at_most", "score": 700},
        reads="the score of the anti-fraud centre, 0 to 1,000",
        reason=Reason.RISK_TOO_HIGH,
        test=f"{_TESTS}::test_a_risky_payment_does_not_pass",
    ),
    of_condition(
        "R50",
        {
            "kind": "offline_at_most",
            "limit": "10000 KZT",
            "total": "50000 KZT",
            "payments": 10,
            "days": 7,
        },
        reads="whether the platform could be asked (`OFFLINE`); amount, number and time since the"
        " device's last contact; a cap left out does not bind",
        reason=Reason.LIMIT_OFFLINE,
        test=f"{_TESTS}::test_a_device_without_contact_keeps_to_each_cap",
        evaluated="on the device when it pays offline, and again when it settles",
    ),
    of_condition(
        "R51",
        {"kind": "consented"},
        reads="the log of consents (`CONSENT_GIVEN`): who activates a voucher has agreed",
        reason=Reason.CONSENT_MISSING,
        test="tests/unit/test_institutions_vouchers.py"
        "::test_who_activates_a_voucher_has_agreed_to_its_money",
        evaluated="when money is distributed under the mark, if the rule is `on: [distribute]`",
    ),
    of_condition(
        "R53",
        {"kind": "unaffiliated"},
        reads="the company register (`PAYEE_AFFILIATED`)",
        reason=Reason.CONFLICT_OF_INTEREST,
        test=f"{_AWARDS}::test_rules_on_awards_leave_less_of_what_they_see",
    ),
)
