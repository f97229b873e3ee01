"""Pages of the conditions about contracts: estimates, prices, progress, approvals, chains."""

from typing import Final

from tengesim.codes import Reason
from tengesim.rules.kind_text import KindText, of_condition

__all__ = ["CONTRACT_KINDS"]

_AWARDS: Final = "tests/engine/test_procurement_award_rules.py"
_TESTS: Final = "tests/unit/test_rules_contracts.py"
_RELEASE: Final = "before money is released under the contract"
_DOWN: Final = "at every payment down the chain"

CONTRACT_KINDS: Final[tuple[KindText, ...]] = (
    of_condition(
        "R02",
        {
            "kind": "in_estimate",
            "lines": [{"commodity": "23.51.12", "units": 400, "unit_price": "42000 KZT"}],
        },
        reads="commodity, units and unit price of the e-invoice line, and the units invoiced"
        " before; a price too high is `PRICE_TOO_HIGH`, a quantity too large"
        " `OBLIGATION_EXCEEDED`",
        reason=Reason.PURPOSE_NOT_ALLOWED,
        test=f"{_TESTS}::test_an_invoice_line_stands_in_the_estimate",
    ),
    of_condition(
        "R13",
        {"kind": "price_within", "above": "10 %", "reference": "42000 KZT"},
        reads="the unit price of the e-invoice line; without `reference` the register of prices",
        reason=Reason.PRICE_TOO_HIGH,
        test=f"{_AWARDS}::test_rules_on_awards_leave_less_of_what_they_see",
    ),
    of_condition(
        "R18",
        {"kind": "register_changed", "of": "livestock"},
        reads="the register that shows a change of owner (`REGISTER_CHANGED`), and which it is",
        reason=Reason.MILESTONE_NOT_MET,
        test=f"{_TESTS}::test_money_waits_for_the_register_of_what_was_bought",
        evaluated=_RELEASE,
    ),
    of_condition(
        "R19",
        {"kind": "milestone_signed", "by": ["supervisor", "customer"]},
        reads="the signatures under the stage (`SUPERVISOR_SIGNED`, `CUSTOMER_SIGNED`,"
        " `TREASURER_SIGNED`)",
        reason=Reason.MILESTONE_NOT_MET,
        test=f"{_TESTS}::test_a_stage_is_signed_by_all",
        evaluated=_RELEASE,
    ),
    of_condition(
        "R20",
        {"kind": "within_progress"},
        reads="price and confirmed progress of the contract, what was paid, the advance that is"
        " not yet offset, and this payment",
        reason=Reason.OBLIGATION_EXCEEDED,
        test=f"{_TESTS}::test_no_more_is_paid_than_is_done",
        evaluated=_RELEASE,
    ),
    of_condition(
        "R21",
        {"kind": "advance_at_most", "share": "30 %"},
        reads="whether this is an advance, the advances before, and the price of the contract",
        reason=Reason.ADVANCE_EXCEEDED,
        test=f"{_TESTS}::test_advances_keep_to_their_share",
        evaluated="when an advance is paid",
    ),
    of_condition(
        "R23",
        {"kind": "guarantee_at_least", "share": "3 %"},
        reads="the register of bank guarantees, and the price of the contract",
        reason=Reason.GUARANTEE_MISSING,
        test=f"{_TESTS}::test_a_contract_is_guaranteed",
        evaluated="at the award, if the rule is `on: [award]`, and at payments",
    ),
    of_condition(
        "R24",
        {"kind": "approved_by", "roles": ["customer", "supervisor", "treasurer"], "least": 2},
        reads="the digital signatures (`CUSTOMER_SIGNED`, `SUPERVISOR_SIGNED`, `TREASURER_SIGNED`)",
        reason=Reason.APPROVAL_MISSING,
        test=f"{_TESTS}::test_enough_of_the_roles_have_signed",
        evaluated=_RELEASE,
    ),
    of_condition(
        "R25",
        {"kind": "duties_separated"},
        reads="who initiated and who approved",
        reason=Reason.APPROVAL_MISSING,
        test=f"{_TESTS}::test_nobody_approves_what_he_initiated",
        evaluated=_RELEASE,
    ),
    of_condition(
        "R26",
        {"kind": "subcontract_registered"},
        reads="the register of subcontracts (`SUBCONTRACT_REGISTERED`), for payees below the"
        " supplier",
        reason=Reason.SUBCONTRACT_NOT_ALLOWED,
        test=f"{_TESTS}::test_a_subcontractor_is_registered",
        evaluated=_DOWN,
    ),
    of_condition(
        "R26",
        {"kind": "depth_at_most", "depth": 2},
        reads="how many steps the payee stands below the supplier",
        reason=Reason.SUBCONTRACT_NOT_ALLOWED,
        test=f"{_TESTS}::test_a_chain_goes_down_only_so_far",
        evaluated=_DOWN,
    ),
    of_condition(
        "R28",
        {"kind": "subcontracted_at_most", "share": "50 %"},
        reads="the price of the payer's own contract, what it has passed on, and this payment",
        reason=Reason.SUBCONTRACT_NOT_ALLOWED,
        test=f"{_TESTS}::test_a_firm_passes_on_only_a_share",
        evaluated=_DOWN,
    ),
    of_condition(
        "R37",
        {"kind": "metered", "rate": "25 KZT"},
        reads="the units of the meter, and the amount",
        reason=Reason.PRICE_TOO_HIGH,
        test=f"{_TESTS}::test_no_more_is_paid_than_was_metered",
    ),
    of_condition(
        "R52",
        {"kind": "domestic_at_least", "share": "30 %"},
        reads="the share of domestic goods in the e-invoice, from the register of producers",
        reason=Reason.DOMESTIC_CONTENT,
        test=f"{_AWARDS}::test_every_refusal_names_the_rule_and_nothing_is_refused_without_rules",
    ),
    of_condition(
        "R54",
        {"kind": "awards_at_most", "limit": "20 m KZT", "days": 365},
        reads="what the payer awarded to the payee in the days up to today, and this award",
        reason=Reason.LIMIT_AWARDS,
        test=f"{_AWARDS}::test_rules_on_awards_leave_less_of_what_they_see",
        evaluated="at the award, if the rule is `on: [award]`",
    ),
)
