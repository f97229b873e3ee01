"""What conditions about payer and payee say, and how it is told, at and next to their limits."""

import pytest

from tengesim.codes import Evidence, Reason
from tests.fact_answers import PASSES, answer, told
from tests.rule_books import Raw

LISTED, AFFILIATED = Evidence.PAYEE_LISTED, Evidence.PAYEE_AFFILIATED


def test_whoever_is_listed_or_named_is_not_paid() -> None:
    """Goal: R05 keeps both lists. Method: registers and names, each with and without the other."""
    registers: Raw = {"kind": "payee_not_listed"}
    named: Raw = {"kind": "payee_not_listed", "registers": False, "payees": ["caterer-01"]}
    other: Raw = {"kind": "payee_not_listed", "payees": ["caterer-02"]}
    refused = (Reason.PAYEE_LISTED, 0, 0)

    assert answer(registers) == PASSES
    assert answer(registers, LISTED) == refused
    assert answer(named, LISTED) == answer(named) == refused
    assert answer(other) == PASSES
    assert answer(other, LISTED) == refused
    assert told(other, LISTED) == (
        "refused because the payee is on a register of unreliable or monitored persons"
        " or is caterer-02"
    )
    assert told(other) == (
        "passed: the payee is on no register of unreliable or monitored persons"
        " and is not caterer-02"
    )


def test_a_payee_without_good_standing_is_not_paid() -> None:
    """Goal: R06 asks for each answer. Method: none, one, and all of three good answers."""
    raw: Raw = {
        "kind": "payee_in_good_standing",
        "requires": ["vat_registered", "tax_clear", "not_frozen"],
    }
    good = (Evidence.PAYEE_VAT_REGISTERED, Evidence.PAYEE_TAX_CLEAR)

    assert answer(raw, *good) == PASSES
    assert answer(raw, good[0]) == (Reason.PAYEE_STATUS, 2, 3)
    assert answer(raw, is_payee_frozen=True) == (Reason.PAYEE_STATUS, 0, 3)
    assert told(raw, *good, is_payee_frozen=True) == (
        "refused because the payee's standing is not confirmed: 2 of 3 answers are good"
    )


def test_money_stays_in_its_regions() -> None:
    """Goal: R07 binds. Method: a region of the rule, another one, and none."""
    raw: Raw = {"kind": "region_in", "regions": ["atyrau", "abai"]}
    assert answer(raw, region="abai") == PASSES
    assert answer(raw, region="almaty") == answer(raw) == (Reason.PAYEE_NOT_ALLOWED, 0, 0)
    assert told(raw) == "refused because the sale or the work is not in atyrau or abai"


def test_a_payee_holds_at_most_the_limit() -> None:
    """Goal: R14 counts the payment. Method: a balance up to which it fits, and one tiyn more."""
    raw: Raw = {"kind": "holding_at_most", "limit": "10 KZT"}
    assert answer(raw, balance_tiyn=900) == PASSES
    assert answer(raw, balance_tiyn=901) == (Reason.LIMIT_HOLDING, 1_001, 1_000)
    assert told(raw, balance_tiyn=901) == (
        "refused because the payee would hold too much under the mark: 10.01 KZT, at most 10 KZT"
    )


def test_a_wallet_keeps_to_the_allowance_of_its_parent() -> None:
    """Goal: R45 reads what the parent allows. Method: the last tiyn, one more, no allowance."""
    raw: Raw = {"kind": "within_allowance"}
    assert answer(raw, allowance_tiyn=500, allowance_used_tiyn=400) == PASSES
    refused = (Reason.LIMIT_PER_PERIOD, 501, 500)
    assert answer(raw, allowance_tiyn=500, allowance_used_tiyn=401) == refused
    assert answer(raw) == (Reason.LIMIT_PER_PERIOD, 100, 0)
    assert told(raw) == (
        "refused because the allowance of the parent wallet is used up:"
        " 1 KZT with this, allowed 0 KZT"
    )


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        (Evidence.TIER_1, (Reason.IDENTITY_INSUFFICIENT, 0, 0)),
        (Evidence.TIER_2, PASSES),
        (Evidence.TIER_3, PASSES),
    ],
)
def test_a_low_tier_does_not_pay(tier: Evidence, expected: tuple[Reason, int, int]) -> None:
    """Goal: R46 orders the tiers. Method: each of them against the second."""
    raw: Raw = {"kind": "tier_at_least", "tier": 2}
    assert answer(raw, tier) == expected
    assert answer(raw) == (Reason.IDENTITY_INSUFFICIENT, 0, 0)
    assert told(raw) == "refused because the payer's wallet is not of tier 2 or above"


def test_a_large_payment_has_a_second_proof_of_identity() -> None:
    """Goal: R47 asks only above the limit. Method: at the limit, above, and above with proof."""
    raw: Raw = {"kind": "verified_above", "limit": "1 KZT"}
    assert answer(raw, amount_tiyn=100) == PASSES
    assert answer(raw, amount_tiyn=101) == (Reason.IDENTITY_INSUFFICIENT, 101, 100)
    assert answer(raw, Evidence.STEP_UP, amount_tiyn=101) == PASSES
    assert told(raw, amount_tiyn=101) == (
        "refused because there is no second proof of identity: 1.01 KZT, without it at most 1 KZT"
    )


def test_cash_is_given_to_a_matched_face_or_finger() -> None:
    """Goal: R48 reads the match alone. Method: the match, and every other proof of presence."""
    raw: Raw = {"kind": "biometrics_matched"}
    others = [
        flag
        for flag in Evidence
        if "PRESENCE" in str(flag.name) and flag is not Evidence.PRESENCE_BIOMETRIC
    ]
    assert answer(raw, Evidence.PRESENCE_BIOMETRIC) == PASSES
    assert answer(raw, *others) == (Reason.IDENTITY_INSUFFICIENT, 0, 0)
    assert told(raw) == "refused because face or finger of the payer did not match"


def test_a_risky_payment_does_not_pass() -> None:
    """Goal: R49 has a threshold. Method: the score at it, and one above."""
    raw: Raw = {"kind": "risk_at_most", "score": 700}
    assert answer(raw, risk=700) == PASSES
    assert answer(raw, risk=701) == (Reason.RISK_TOO_HIGH, 701, 700)
    assert told(raw, risk=701) == (
        "refused because the anti-fraud centre's score is 701, at most 700"
    )


def test_a_device_without_contact_keeps_to_each_cap() -> None:
    """Goal: R50 binds offline only, the first broken cap decides. Method: each cap, one above."""
    raw: Raw = {
        "kind": "offline_at_most",
        "limit": "1 KZT",
        "total": "5 KZT",
        "payments": 3,
        "days": 7,
    }
    offline = Evidence.OFFLINE
    at_the_caps = {"offline_tiyn": 400, "offline_payments": 2, "offline_days": 7}

    assert answer(raw, amount_tiyn=10**6) == PASSES
    assert answer(raw, offline, **at_the_caps) == PASSES
    for name, amount_tiyn, value, limit, text in (
        ("offline_tiyn", 101, 101, 100, "1.01 KZT, at most 1 KZT"),
        ("offline_tiyn", 100, 501, 500, "5.01 KZT, at most 5 KZT"),
        ("offline_payments", 100, 4, 3, "4 against 3"),
        ("offline_days", 100, 8, 7, "8 against 7"),
    ):
        facts = {**at_the_caps, name: at_the_caps[name] + 1}
        found = answer(raw, offline, amount_tiyn=amount_tiyn, **facts)
        assert found == (Reason.LIMIT_OFFLINE, value, limit)
        said = told(raw, offline, amount_tiyn=amount_tiyn, **facts)
        assert said == f"refused because the device may not pay so without the platform: {text}"


def test_nobody_gets_marked_money_without_consent() -> None:
    """Goal: R51 reads the log of consents. Method: with the entry and without it."""
    raw: Raw = {"kind": "consented"}
    assert answer(raw, Evidence.CONSENT_GIVEN) == PASSES
    assert answer(raw) == (Reason.CONSENT_MISSING, 0, 0)
    assert told(raw) == "refused because the recipient has not agreed to this form of money"


def test_relatives_are_not_paid() -> None:
    """Goal: R53 reads the company register. Method: with the entry and without it."""
    raw: Raw = {"kind": "unaffiliated"}
    assert answer(raw) == PASSES
    assert answer(raw, AFFILIATED) == (Reason.CONFLICT_OF_INTEREST, 0, 0)
    assert told(raw, AFFILIATED) == (
        "refused because the company register shows who stands behind both payer and payee"
    )
