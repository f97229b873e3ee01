"""Pages of the conditions on everyday payments: purposes, payees, times, limits, presence."""

from collections.abc import Mapping
from typing import Any, Final

from tengesim.codes import Reason
from tengesim.rules.kind_text import KindText, of_condition

__all__ = ["EVERYDAY_KINDS"]

_MET: Final[Mapping[str, Any]] = {"kind": "beneficiary_eligible"}
_CHEAP: Final[Mapping[str, Any]] = {"kind": "amount_at_most", "limit": "100 KZT"}

EVERYDAY_KINDS: Final[tuple[KindText, ...]] = (
    of_condition(
        "R01",
        {"kind": "purpose_is", "purposes": ["school_meals"]},
        reads="the programme for which the money is used",
        reason=Reason.PURPOSE_NOT_ALLOWED,
        test="test_marked_money_cannot_leave_its_purpose",
    ),
    of_condition(
        "R03",
        {"kind": "merchant_category_in", "categories": ["5812", "5814"]},
        reads="the merchant category of the payee (ISO 18245), from its acquirer",
        reason=Reason.PURPOSE_NOT_ALLOWED,
        test="test_marked_money_stays_in_its_merchant_categories",
    ),
    of_condition(
        "R04",
        {"kind": "payee_in", "payees": ["caterer-01"], "contracted": True},
        reads="the payee's name; for `contracted` the register of contracts",
        reason=Reason.PAYEE_NOT_ALLOWED,
        test="test_only_a_payee_named_or_under_contract_is_paid",
    ),
    of_condition(
        "R08",
        {
            "kind": "time_window",
            "weekdays": ["mon", "tue", "wed", "thu", "fri"],
            "from": "07:30",
            "until": "16:00",
        },
        reads="the local weekday and time of day; an end left out does not bind",
        reason=Reason.OUTSIDE_VALIDITY,
        test="test_a_payment_falls_into_the_window_or_is_refused",
    ),
    of_condition(
        "R09",
        {"kind": "within_validity", "from": "2026-02-01", "until": "2026-02-28"},
        reads="the local day; both ends belong to the validity",
        reason=Reason.OUTSIDE_VALIDITY,
        test="test_marked_money_is_spent_within_its_validity",
    ),
    of_condition(
        "R10",
        {"kind": "amount_at_most", "limit": "811 KZT"},
        reads="the amount of this payment",
        reason=Reason.LIMIT_PER_PAYMENT,
        test="test_one_payment_keeps_to_its_limit",
    ),
    of_condition(
        "R11",
        {"kind": "amount_per_period_at_most", "period": "week", "limit": "4055 KZT"},
        reads="what the payer's settled payments under the mark add up to in the local day, week"
        " (from Monday), month or year, and this payment",
        reason=Reason.LIMIT_PER_PERIOD,
        test="test_payments_of_a_period_add_up_to_at_most_the_limit",
    ),
    of_condition(
        "R12",
        {"kind": "count_per_period_at_most", "period": "day", "limit": 1},
        reads="the number of the payer's settled payments under the mark in the local day, week"
        " (from Monday), month or year, and this payment",
        reason=Reason.LIMIT_PER_PERIOD,
        test="test_a_period_has_at_most_so_many_payments",
    ),
    of_condition(
        "R15",
        _MET,
        reads="the register of beneficiaries (`BENEFICIARY_ELIGIBLE`)",
        reason=Reason.BENEFICIARY_NOT_ELIGIBLE,
        test="test_only_a_beneficiary_on_the_register_is_paid_for",
    ),
    of_condition(
        "R16",
        {"kind": "presence_proven", "methods": ["card", "qr", "palm", "manual"]},
        reads="the proof of presence that was accepted technically (`PRESENCE_…`), if any",
        reason=Reason.PRESENCE_NOT_PROVEN,
        test="test_an_absent_pupil_cannot_be_charged_for",
    ),
    of_condition(
        "R29",
        {"kind": "evidence_present", "registers": ["act_accepted", "invoice_matched"]},
        reads="the registers of acts and e-invoices (`ACT_ACCEPTED`, `INVOICE_MATCHED`)",
        reason=Reason.MILESTONE_NOT_MET,
        test="test_every_document_named_must_be_confirmed",
    ),
    of_condition(
        "R31",
        {"kind": "conversion_forbidden"},
        reads="the operation: exchange for cash, a deposit or unmarked money is `convert`",
        reason=Reason.CONVERSION_NOT_ALLOWED,
        test="test_marked_money_is_not_converted",
    ),
    of_condition(
        "composition",
        {"kind": "all_of", "conditions": [_MET, _CHEAP]},
        reads="what its parts read",
        reason=None,
        test="test_compositions_answer_for_themselves_or_for_their_part",
    ),
    of_condition(
        "composition",
        {"kind": "any_of", "conditions": [_MET, _CHEAP]},
        reads="what its parts read",
        reason=Reason.RULE_NOT_MET,
        test="test_compositions_answer_for_themselves_or_for_their_part",
    ),
    of_condition(
        "composition",
        {"kind": "not", "condition": _CHEAP},
        reads="what its part reads",
        reason=Reason.RULE_NOT_MET,
        test="test_compositions_answer_for_themselves_or_for_their_part",
    ),
)
