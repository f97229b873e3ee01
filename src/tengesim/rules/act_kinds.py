"""Pages of effects and procedures: what a use does to its mark, and what institutions then do."""

from typing import Final

from tengesim.rules.kind_text import EVALUATE_TESTS, TEXTS, KindText

__all__ = ["ACT_KINDS"]

ACT_KINDS: Final[tuple[KindText, ...]] = (
    KindText(
        code="R09",
        union="procedure",
        example={"kind": "return_on_expiry", "id": "unspent_returns", "at": "23:00", **TEXTS},
        evaluated="on the last day of the mark's validity, at the time given",
        reads="what is left in purses under the mark",
        failing="nothing can fail: free money goes to the mark's return account, as `return`",
        test="tests/unit/test_rules_check.py::test_money_that_could_never_get_out_is_found",
    ),
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
        test="tests/unit/test_rules_model.py::test_a_book_knows_its_effects",
    ),
)
