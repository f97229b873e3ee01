"""Pages of effects and procedures: what a use does to its mark, and what institutions then do."""

from collections.abc import Mapping
from typing import Any, Final

from tengesim.rules.kind_text import EVALUATE_TESTS, TEXTS, KindText

__all__ = ["ACT_KINDS"]

_APPLY: Final = "tests/unit/test_rules_apply.py"
_STEPS: Final = "tests/unit/test_rules_steps.py"
_BOOKS: Final = "tests/unit/test_procurement_books.py"
_CHAIN: Final = "tests/unit/test_procurement_chain_rules.py"
_FREEZES: Final = "tests/unit/test_procurement_freezing.py"
_TAX: Final = "tests/unit/test_procurement_tax.py"
_GRANTS: Final = "tests/unit/test_voucher_rules.py"
_METERS: Final = "tests/unit/test_supplies.py"
_PURCHASES: Final = "tests/unit/test_purchase_rules.py"
_SHARES: Final = (
    "tests/unit/test_purchase_shares.py"
    "::test_a_price_is_shared_to_the_tiyn_or_nothing_of_it_is_paid"
)
_BY_PARTS: Final = (
    "tests/unit/test_purchase_instalments.py::test_every_instalment_is_paid_suspended_or_stopped"
)
_AT_PAYMENT: Final = "when a payment has passed the rules, before it is posted"


def _effect(
    code: str, example: Mapping[str, Any], *, reads: str, failing: str, test: str
) -> KindText:
    return KindText(
        code=code,
        union="effect",
        example={**example, **TEXTS},
        evaluated=_AT_PAYMENT,
        reads=reads,
        failing=failing,
        test=test if "::" in test else f"{_APPLY}::{test}",
    )


def _procedure(
    code: str, example: Mapping[str, Any], evaluated: str, *, reads: str, failing: str, test: str
) -> KindText:
    return KindText(
        code=code,
        union="procedure",
        example={**example, **TEXTS},
        evaluated=evaluated,
        reads=reads,
        failing=failing,
        test=test if "::" in test else f"{_STEPS}::{test}",
    )


_EFFECTS: Final = (
    KindText(
        code="R29",
        union="effect",
        example={
            "kind": "sheds_mark",
            "id": "act_and_invoice",
            "condition": {"kind": "evidence_present", "registers": ["act_accepted"]},
            **TEXTS,
        },
        evaluated="when a payee asks for its marked money to become unmarked",
        reads="what its condition reads; no beneficiary is there, so neither presence nor"
        " eligibility is seen",
        failing="the money stays marked; the payee may ask again",
        test=f"{EVALUATE_TESTS}::test_a_mark_is_shed_on_its_evidence_only",
    ),
    KindText(
        code="R40",
        union="effect",
        example={"kind": "restores_mark", "id": "refund_keeps_mark", **TEXTS},
        evaluated="when a payee gives money back",
        reads="the payment that is undone",
        failing="nothing can fail; without this effect the refund comes back as unmarked money",
        test=f"{_CHAIN}::test_money_that_comes_back_keeps_its_mark",
    ),
    _effect(
        "R10",
        {"kind": "splits_on_cap", "id": "lunch_cap", "limit": "811 KZT"},
        reads="the amount",
        failing="what is above the limit is paid from the payer's own money in the same posting;"
        " without it nothing is paid (`INSUFFICIENT_FUNDS`), and the programme's part goes back",
        test=_SHARES,
    ),
    _effect(
        "R21",
        {"kind": "offsets_advance", "id": "advance_back", "share": "30 %"},
        reads="the amount of the act, and what of the advance is not yet paid back",
        failing="nothing can fail: at most what is left is taken, and at most the act",
        test=f"{_BOOKS}::test_acts_pay_back_the_advance_by_the_share_of_the_book",
    ),
    _effect(
        "R22",
        {"kind": "retains", "id": "retention", "share": "5 %"},
        reads="the amount",
        failing="nothing can fail; `releases_retention` says when the kept part is paid",
        test=f"{_BOOKS}::test_a_book_keeps_something_of_every_act_it_is_asked_about",
    ),
    _effect(
        "R26",
        {"kind": "propagates", "id": "whole_chain", "depth": 4, "except_below": "100 k KZT"},
        reads="how many steps the payee stands below the supplier, and the amount",
        failing="the payee gets unmarked money",
        test=f"{_CHAIN}::test_a_mark_goes_as_deep_as_its_book_says",
    ),
    _effect(
        "R30",
        {
            "kind": "sheds_part",
            "id": "wages_and_taxes",
            "parts": [
                {"use": "wages", "share": "30 %", "registers": ["payroll_matched"]},
                {"use": "taxes", "share": "16 %"},
            ],
        },
        reads="the use, the documents in registers, and what was shed for that use before",
        failing="what has no document, and what is above the share, stays marked",
        test=f"{_CHAIN}::test_wages_are_freed_up_to_their_share_and_the_rest_is_asked",
    ),
    _effect(
        "R32",
        {
            "kind": "splits_tax",
            "id": "vat",
            "rate": [
                {
                    "from": "2009-01-01",
                    "value": "12 %",
                    "low": "12 %",
                    "high": "12 %",
                    "source": "assumption",
                },
                {
                    "from": "2026-01-01",
                    "value": "16 %",
                    "low": "16 %",
                    "high": "16 %",
                    "source": "assumption",
                },
            ],
        },
        reads="the amount, the turnover date, and whether the payee is registered for the tax",
        failing="a payee that is not registered splits nothing",
        test=f"{_TAX}::test_the_tax_in_every_price_leaves_in_the_payment_to_the_tiyn",
    ),
    _effect(
        "R34",
        {"kind": "copays", "id": "half_price", "share": "50 %"},
        reads="the price",
        failing="without own money the payment fails as a whole (`INSUFFICIENT_FUNDS`), and the"
        " programme's part goes back",
        test=_SHARES,
    ),
    _effect(
        "R35",
        {"kind": "coupon", "id": "thousand_off", "at_least": "5,000 KZT", "off": "1,000 KZT"},
        reads="the price of the basket",
        failing="nothing is taken off; who lacks the rest pays nothing (`INSUFFICIENT_FUNDS`)",
        test=_SHARES,
    ),
    _effect(
        "R37",
        {"kind": "pays_by_meter", "id": "litres", "rate": "250 KZT"},
        reads="the units of the meter, and the money that is there",
        failing="whole units are paid as far as the money goes, and the supply ends",
        test=f"{_METERS}::test_each_reading_is_paid_in_whole_units_until_the_money_ends",
    ),
    _effect(
        "R43",
        {
            "kind": "splits_among",
            "id": "joint_venture",
            "shares": [
                {"payee": "firm-01", "share": "60 %"},
                {"payee": "firm-02", "share": "40 %"},
            ],
        },
        reads="the amount",
        failing="where one part cannot be paid none is: the parts are one posting",
        test=f"{_PURCHASES}::test_the_fee_of_the_register_is_paid_out_of_the_price",
    ),
)

_SIGNED: Final = {"signed_by": ["supervisor"]}

_PROCEDURES: Final = (
    KindText(
        code="R09",
        union="procedure",
        example={"kind": "return_on_expiry", "id": "unspent_returns", "at": "23:00", **TEXTS},
        evaluated="on the last day of the mark's validity, at the time given",
        reads="what is left in purses under the mark",
        failing="nothing can fail: free money goes to the mark's return account, as `return`",
        test="tests/unit/test_rules_check.py::test_money_that_could_never_get_out_is_found",
    ),
    _procedure(
        "R18",
        {
            "kind": "refunds_if_unmet",
            "id": "until_registered",
            "held": "30 days",
            "refunded_within": "3 business days",
        },
        "from the hold until the register answers or the time is over",
        reads="the answer of the register",
        failing="the money goes back to the payer in time",
        test=f"{_PURCHASES}::test_money_on_hold_is_paid_in_time_or_goes_back",
    ),
    _procedure(
        "R19",
        {
            "kind": "escrow",
            "id": "three_stages",
            "stages": [
                {"id": "foundation", "weight": "30 %", **_SIGNED},
                {"id": "surface", "weight": "50 %", **_SIGNED},
                {"id": "handover", "weight": "20 %", "signed_by": ["supervisor", "customer"]},
            ],
        },
        "at each stage",
        reads="the signatures that a stage asks for",
        failing="the stage's part stays in escrow",
        test="test_stages_release_the_whole_price_when_all_have_signed",
    ),
    _procedure(
        "R22",
        {"kind": "releases_retention", "id": "after_warranty", "after": "365 days"},
        "when the warranty is over",
        reads="whether an act shows no defects",
        failing="what was kept pays for the defects",
        test=f"{_BOOKS}::test_what_was_kept_is_let_go_after_the_time_of_the_book",
    ),
    _procedure(
        "R33",
        {
            "kind": "refunds_fast",
            "id": "exporters",
            "within": "5 business days",
            "risk": 300,
            "otherwise_within": "90 days",
        },
        "at each claim",
        reads="the risk score of the claim",
        failing="the claim waits in the usual queue",
        test=f"{_TAX}::test_claims_are_refunded_in_business_days_or_in_ninety",
    ),
    _procedure(
        "R36",
        {
            "kind": "mints_reward",
            "id": "trees",
            "per_unit": "500 KZT",
            "period": "month",
            "limit": "10,000 KZT",
        },
        "when money is given to whoever did acts, in each month",
        reads="the verified units, and what was earned in the period before",
        failing="nothing is earned",
        test=f"{_GRANTS}::test_verified_acts_earn_money_up_to_the_limit",
    ),
    _procedure(
        "R38",
        {
            "kind": "pays_instalments",
            "id": "activation",
            "amount": "40,000 KZT",
            "count": 6,
            "condition": {"kind": "beneficiary_eligible"},
            "ends_after": 2,
        },
        "at each instalment",
        reads="what its condition reads, and how many instalments were paid and missed",
        failing="the instalment is suspended and due again at the next date; after too many in a"
        " row the rest is not paid and goes back",
        test=_BY_PARTS,
    ),
    _procedure(
        "R39",
        {"kind": "claws_back", "id": "unduly_paid", "on": ["court", "ineligible"]},
        "on the decision",
        reads="what is free on the account",
        failing="what is not there stays owed",
        test=f"{_BOOKS}::test_what_is_taken_back_and_what_stays_owed_add_up",
    ),
    _procedure(
        "R41",
        {"kind": "freezes", "id": "suspicion", "by": "financial_monitoring", "lasts": "15 days"},
        "on the order",
        reads="the order",
        failing="nothing can fail: the account pays nothing until it is let go",
        test=f"{_FREEZES}::test_a_frozen_supplier_pays_nothing_and_nothing_is_lost",
    ),
    _procedure(
        "R42",
        {"kind": "reserves", "id": "deposit", "expires_after": "7 days"},
        "before the payment is due",
        reads="how long the amount has been held",
        failing="the amount is let go",
        test=f"{_PURCHASES}::test_a_price_set_aside_is_paid_or_let_go",
    ),
    _procedure(
        "R44",
        {
            "kind": "schedules",
            "id": "pay_day",
            "day": 10,
            "at": "09:00",
            "retry_after": "1 business day",
            "retries": 3,
        },
        "on the day of each month",
        reads="the calendar, and whether the last attempt succeeded",
        failing="it is tried again, so many times",
        test=f"{_GRANTS}::test_what_fails_on_the_day_is_tried_again",
    ),
    _procedure(
        "R50",
        {"kind": "reconciles_offline", "id": "contact", "within": "30 days"},
        "when a device reports",
        reads="when the payment was made, and what the device covers",
        failing="what is not covered is owed, and the device is locked",
        test="tests/unit/test_offline_reports.py"
        "::test_what_is_spent_twice_is_covered_or_owed_to_the_tiyn",
    ),
)

ACT_KINDS: Final[tuple[KindText, ...]] = (*_EFFECTS, *_PROCEDURES)
