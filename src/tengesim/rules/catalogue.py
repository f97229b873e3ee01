"""Every kind of rule part with its example, what it reads, what its failing does, and its test.

The unions in `model` say what can be written; this says what it means to those who write it. A
test walks the unions, so that no kind is without its entry, and runs every example.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from tengesim.codes import Reason
from tengesim.rules.model import Condition, Effect, Procedure

__all__ = ["KINDS", "KindText", "parsed"]

_CONDITION: Final[TypeAdapter[Condition]] = TypeAdapter(Condition)
_EFFECT: Final[TypeAdapter[Effect]] = TypeAdapter(Effect)
_PROCEDURE: Final[TypeAdapter[Procedure]] = TypeAdapter(Procedure)
_TEXTS: Final = {"text": {"en": "One sentence for a minister."}, "reference": "assumption"}
_EACH_USE: Final = "at every use of the money that the rule is `on`, at that moment"
_REFUSED: Final = "the attempt is refused; another attempt is decided anew"
_EVALUATE: Final = "tests/unit/test_rules_evaluate.py"


@dataclass(frozen=True, slots=True)
class KindText:
    """Page of one kind: its code in the taxonomy, its union, an example as a scenario writes it.

    `reason` is that of a refusal, None where nothing is refused or a part of it decides.
    """

    code: str
    union: str
    example: Mapping[str, Any]
    evaluated: str
    reads: str
    failing: str
    test: str
    reason: Reason | None = None

    @property
    def kind(self) -> str:
        """Return the word that stands for the kind in scenarios."""
        return str(self.example["kind"])


def parsed(text: KindText) -> Condition | Effect | Procedure:
    """Return the example of a kind as the model reads it."""
    if text.union == "effect":
        return _EFFECT.validate_python(dict(text.example))
    if text.union == "procedure":
        return _PROCEDURE.validate_python(dict(text.example))
    return _CONDITION.validate_python(dict(text.example))


def _condition(
    code: str, example: Mapping[str, Any], *, reads: str, reason: Reason | None, test: str
) -> KindText:
    return KindText(
        code=code,
        union="composition" if code == "composition" else "condition",
        example=example,
        evaluated=_EACH_USE,
        reads=reads,
        failing=_REFUSED,
        test=f"{_EVALUATE}::{test}",
        reason=reason,
    )


_MET: Final = {"kind": "beneficiary_eligible"}
_CHEAP: Final = {"kind": "amount_at_most", "limit": "100 KZT"}

KINDS: Final[tuple[KindText, ...]] = (
    _condition(
        "R01",
        {"kind": "purpose_is", "purposes": ["school_meals"]},
        reads="the programme for which the money is used",
        reason=Reason.PURPOSE_NOT_ALLOWED,
        test="test_marked_money_cannot_leave_its_purpose",
    ),
    _condition(
        "R03",
        {"kind": "merchant_category_in", "categories": ["5812", "5814"]},
        reads="the merchant category of the payee (ISO 18245), from its acquirer",
        reason=Reason.PURPOSE_NOT_ALLOWED,
        test="test_marked_money_stays_in_its_merchant_categories",
    ),
    _condition(
        "R04",
        {"kind": "payee_in", "payees": ["caterer-01"], "contracted": True},
        reads="the payee's name; for `contracted` the register of contracts",
        reason=Reason.PAYEE_NOT_ALLOWED,
        test="test_only_a_payee_named_or_under_contract_is_paid",
    ),
    _condition(
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
    _condition(
        "R09",
        {"kind": "within_validity", "from": "2026-02-01", "until": "2026-02-28"},
        reads="the local day; both ends belong to the validity",
        reason=Reason.OUTSIDE_VALIDITY,
        test="test_marked_money_is_spent_within_its_validity",
    ),
    KindText(
        code="R09",
        union="procedure",
        example={"kind": "return_on_expiry", "id": "unspent_returns", "at": "23:00", **_TEXTS},
        evaluated="on the last day of the mark's validity, at the time given",
        reads="what is left in purses under the mark",
        failing="nothing can fail: free money goes to the mark's return account, as `return`",
        test="tests/unit/test_rules_check.py::test_money_that_could_never_get_out_is_found",
    ),
    _condition(
        "R10",
        {"kind": "amount_at_most", "limit": "811 KZT"},
        reads="the amount of this payment",
        reason=Reason.LIMIT_PER_PAYMENT,
        test="test_one_payment_keeps_to_its_limit",
    ),
    _condition(
        "R11",
        {"kind": "amount_per_period_at_most", "period": "week", "limit": "4055 KZT"},
        reads="what the payer's settled payments under the mark add up to in the local day, week"
        " (from Monday) or month, and this payment",
        reason=Reason.LIMIT_PER_PERIOD,
        test="test_payments_of_a_period_add_up_to_at_most_the_limit",
    ),
    _condition(
        "R12",
        {"kind": "count_per_period_at_most", "period": "day", "limit": 1},
        reads="the number of the payer's settled payments under the mark in the local day, week"
        " (from Monday) or month, and this payment",
        reason=Reason.LIMIT_PER_PERIOD,
        test="test_a_period_has_at_most_so_many_payments",
    ),
    _condition(
        "R15",
        _MET,
        reads="the register of beneficiaries (`BENEFICIARY_ELIGIBLE`)",
        reason=Reason.BENEFICIARY_NOT_ELIGIBLE,
        test="test_only_a_beneficiary_on_the_register_is_paid_for",
    ),
    _condition(
        "R16",
        {"kind": "presence_proven", "methods": ["card", "qr", "palm", "manual"]},
        reads="the proof of presence that was accepted technically (`PRESENCE_…`), if any",
        reason=Reason.PRESENCE_NOT_PROVEN,
        test="test_an_absent_pupil_cannot_be_charged_for",
    ),
    _condition(
        "R29",
        {"kind": "evidence_present", "registers": ["act_accepted", "invoice_matched"]},
        reads="the registers of acts and e-invoices (`ACT_ACCEPTED`, `INVOICE_MATCHED`)",
        reason=Reason.MILESTONE_NOT_MET,
        test="test_every_document_named_must_be_confirmed",
    ),
    KindText(
        code="R29",
        union="effect",
        example={
            "kind": "sheds_mark",
            "id": "act_and_invoice",
            "condition": {"kind": "evidence_present", "registers": ["act_accepted"]},
            **_TEXTS,
        },
        evaluated="when a payee asks for its marked money to become unmarked",
        reads="what its condition reads; no beneficiary is there, so neither presence nor"
        " eligibility is seen",
        failing="the money stays marked; the payee may ask again",
        test=f"{_EVALUATE}::test_a_mark_is_shed_on_its_evidence_only",
    ),
    _condition(
        "R31",
        {"kind": "conversion_forbidden"},
        reads="the operation: exchange for cash, a deposit or unmarked money is `convert`",
        reason=Reason.CONVERSION_NOT_ALLOWED,
        test="test_marked_money_is_not_converted",
    ),
    KindText(
        code="R40",
        union="effect",
        example={"kind": "restores_mark", "id": "refund_keeps_mark", **_TEXTS},
        evaluated="when a payee gives money back",
        reads="the payment that is undone",
        failing="nothing can fail; without this effect the refund comes back as unmarked money",
        test="tests/unit/test_rules_model.py::test_a_book_knows_its_effects",
    ),
    _condition(
        "composition",
        {"kind": "all_of", "conditions": [_MET, _CHEAP]},
        reads="what its parts read",
        reason=None,
        test="test_compositions_answer_for_themselves_or_for_their_part",
    ),
    _condition(
        "composition",
        {"kind": "any_of", "conditions": [_MET, _CHEAP]},
        reads="what its parts read",
        reason=Reason.RULE_NOT_MET,
        test="test_compositions_answer_for_themselves_or_for_their_part",
    ),
    _condition(
        "composition",
        {"kind": "not", "condition": _CHEAP},
        reads="what its part reads",
        reason=Reason.RULE_NOT_MET,
        test="test_compositions_answer_for_themselves_or_for_their_part",
    ),
)
