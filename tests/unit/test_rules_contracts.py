"""What conditions about contracts say, and how it is told, at and next to their limits."""

from typing import Any

from tengesim.codes import Evidence, Reason
from tengesim.payment import Awarded
from tests.fact_answers import PASSES, answer, told
from tests.rule_books import MONDAY, Raw

SUPERVISOR, CUSTOMER = Evidence.SUPERVISOR_SIGNED, Evidence.CUSTOMER_SIGNED
TREASURER = Evidence.TREASURER_SIGNED


def test_an_invoice_line_stands_in_the_estimate() -> None:
    """Goal: R02 in its order. Method: a wrong commodity, then price, then quantity, by one."""
    raw: Raw = {
        "kind": "in_estimate",
        "lines": [{"commodity": "23.51.12", "units": 10, "unit_price": "5 KZT"}],
    }
    good: dict[str, Any] = {
        "commodity": "23.51.12",
        "units": 4,
        "units_before": 6,
        "unit_price_tiyn": 500,
    }

    assert answer(raw, **good) == PASSES
    dear = {**good, "unit_price_tiyn": 501}
    much = {**good, "units_before": 7}
    assert answer(raw, **{**dear, "commodity": "08.12.12"}) == (Reason.PURPOSE_NOT_ALLOWED, 0, 0)
    assert answer(raw, **{**dear, "units": 9}) == (Reason.PRICE_TOO_HIGH, 501, 500)
    assert answer(raw, **much) == (Reason.OBLIGATION_EXCEEDED, 11, 10)
    assert told(raw) == "refused because the estimate has no line for the commodity"
    assert told(raw, **dear) == (
        "refused because the unit price is too high: 5.01 KZT, at most 5 KZT"
    )
    assert told(raw, **much) == "refused because the quantity is too large: 11, at most 10"


def test_a_unit_costs_little_more_than_its_reference() -> None:
    """Goal: R13 rounds down. Method: 10 % above 105 tiyn is 115.5; the register, the rule."""
    raw: Raw = {"kind": "price_within", "above": "10 %"}
    own: Raw = {**raw, "reference": "105 tiyn"}

    assert answer(raw, unit_price_tiyn=115, reference_price_tiyn=105) == PASSES
    refused = (Reason.PRICE_TOO_HIGH, 116, 115)
    assert answer(raw, unit_price_tiyn=116, reference_price_tiyn=105) == refused
    assert answer(own, unit_price_tiyn=116, reference_price_tiyn=10**6) == refused
    assert answer(raw, unit_price_tiyn=1) == (Reason.PRICE_TOO_HIGH, 1, 0)
    assert told(own, unit_price_tiyn=116) == (
        "refused because the unit price is too high: 1.16 KZT, at most 1.15 KZT"
    )


def test_money_waits_for_the_register_of_what_was_bought() -> None:
    """Goal: R18 asks the right register. Method: no change, a change in another one, the right."""
    raw: Raw = {"kind": "register_changed", "of": "livestock"}
    changed = Evidence.REGISTER_CHANGED
    waits = (Reason.MILESTONE_NOT_MET, 0, 0)

    assert answer(raw, register="livestock") == waits
    assert answer(raw, changed, register="vehicle") == waits
    assert answer(raw, changed, register="livestock") == PASSES
    assert told(raw) == "refused because the register of livestock does not show the new owner"


def test_a_stage_is_signed_by_all() -> None:
    """Goal: R19 needs each signature. Method: one of two, then both."""
    raw: Raw = {"kind": "milestone_signed", "by": ["supervisor", "customer"]}
    assert answer(raw, SUPERVISOR, TREASURER) == (Reason.MILESTONE_NOT_MET, 1, 2)
    assert answer(raw, SUPERVISOR, CUSTOMER) == PASSES
    assert told(raw, SUPERVISOR) == (
        "refused because the stage is not signed by all: 1 of 2 signatures"
    )


def test_no_more_is_paid_than_is_done() -> None:
    """Goal: R20 is progress and open advance. Method: half done of 1,000, advance 300."""
    raw: Raw = {"kind": "within_progress"}
    contract = {"contract_tiyn": 1_000, "progress_bp": 5_000, "advances_left_tiyn": 150}

    assert answer(raw, paid_tiyn=550, **contract) == PASSES
    assert answer(raw, paid_tiyn=551, **contract) == (Reason.OBLIGATION_EXCEEDED, 651, 650)
    advance = {"contract_tiyn": 1_000, "is_advance": True}
    assert answer(raw, amount_tiyn=300, **advance) == PASSES
    assert told(raw, paid_tiyn=551, **contract) == (
        "refused because more would be paid than is done: 6.51 KZT, at most 6.50 KZT"
    )


def test_advances_keep_to_their_share() -> None:
    """Goal: R21 adds advances up, and binds them alone. Method: 30 % of 1,000 in two parts."""
    raw: Raw = {"kind": "advance_at_most", "share": "30 %"}
    contract = {"contract_tiyn": 1_000, "is_advance": True}

    assert answer(raw, advances_tiyn=200, **contract) == PASSES
    assert answer(raw, advances_tiyn=201, **contract) == (Reason.ADVANCE_EXCEEDED, 301, 300)
    assert answer(raw, advances_tiyn=201, contract_tiyn=1_000) == PASSES
    assert told(raw, advances_tiyn=201, **contract) == (
        "refused because the advance is too large: 3.01 KZT in all, at most 3 KZT"
    )


def test_a_contract_is_guaranteed() -> None:
    """Goal: R23 rounds up. Method: 3 % of 1,010 is 30.3, so 31 are needed."""
    raw: Raw = {"kind": "guarantee_at_least", "share": "3 %"}
    assert answer(raw, contract_tiyn=1_010, guarantee_tiyn=31) == PASSES
    assert answer(raw, contract_tiyn=1_010, guarantee_tiyn=30) == (Reason.GUARANTEE_MISSING, 30, 31)
    assert told(raw, contract_tiyn=1_010) == (
        "refused because the guarantee is too small: 0 KZT, at least 0.31 KZT"
    )


def test_enough_of_the_roles_have_signed() -> None:
    """Goal: R24 is m of n. Method: one and two of three, and all when no number is given."""
    roles = ["customer", "supervisor", "treasurer"]
    two: Raw = {"kind": "approved_by", "roles": roles, "least": 2}
    every: Raw = {"kind": "approved_by", "roles": roles}

    assert answer(two, TREASURER) == (Reason.APPROVAL_MISSING, 1, 2)
    assert answer(two, TREASURER, CUSTOMER) == PASSES
    assert answer(every, TREASURER, CUSTOMER) == (Reason.APPROVAL_MISSING, 2, 3)
    assert answer(every, TREASURER, CUSTOMER, SUPERVISOR) == PASSES
    assert told(two) == "refused because signatures are missing: 0 of 2"


def test_nobody_approves_what_he_initiated() -> None:
    """Goal: R25 needs two known people. Method: the same, one unknown, two."""
    raw: Raw = {"kind": "duties_separated"}
    refused = (Reason.APPROVAL_MISSING, 0, 0)

    assert answer(raw, initiator="a", approver="a") == refused
    assert answer(raw, initiator="a") == answer(raw, approver="a") == answer(raw) == refused
    assert answer(raw, initiator="a", approver="b") == PASSES
    assert told(raw) == "refused because whoever approves is unknown, or the one who initiated"


def test_a_subcontractor_is_registered() -> None:
    """Goal: R26 binds below the supplier. Method: the supplier, and a firm below it."""
    raw: Raw = {"kind": "subcontract_registered"}
    assert answer(raw) == PASSES
    assert answer(raw, depth=1) == (Reason.SUBCONTRACT_NOT_ALLOWED, 0, 0)
    assert answer(raw, Evidence.SUBCONTRACT_REGISTERED, depth=1) == PASSES
    assert told(raw, depth=1) == "refused because the payee has no registered subcontract"


def test_a_chain_goes_down_only_so_far() -> None:
    """Goal: R26 has a depth. Method: at the depth, and one step more."""
    raw: Raw = {"kind": "depth_at_most", "depth": 1}
    assert answer(raw, depth=1) == PASSES
    assert answer(raw, depth=2) == (Reason.SUBCONTRACT_NOT_ALLOWED, 2, 1)
    assert told(raw, depth=2) == (
        "refused because the payee stands too deep in the chain: 2 steps, at most 1 step"
    )


def test_a_firm_passes_on_only_a_share() -> None:
    """Goal: R28 adds payments up. Method: half of 1,000, one tiyn more, and the supplier itself."""
    raw: Raw = {"kind": "subcontracted_at_most", "share": "50 %"}
    firm = {"parent_tiyn": 1_000, "depth": 1}

    assert answer(raw, subcontracted_tiyn=400, **firm) == PASSES
    refused = (Reason.SUBCONTRACT_NOT_ALLOWED, 501, 500)
    assert answer(raw, subcontracted_tiyn=401, **firm) == refused
    assert answer(raw, subcontracted_tiyn=401) == PASSES
    assert told(raw, subcontracted_tiyn=401, **firm) == (
        "refused because too much is passed on: 5.01 KZT in all, at most 5 KZT"
    )


def test_no_more_is_paid_than_was_metered() -> None:
    """Goal: R37 is units times rate. Method: the exact amount, and one tiyn more."""
    raw: Raw = {"kind": "metered", "rate": "25 tiyn"}
    assert answer(raw, amount_tiyn=100, units=4) == PASSES
    assert answer(raw, amount_tiyn=101, units=4) == (Reason.PRICE_TOO_HIGH, 101, 100)
    assert told(raw, amount_tiyn=101, units=4) == (
        "refused because the amount is more than was metered: 1.01 KZT, at most 1 KZT"
    )


def test_a_share_of_the_invoice_is_domestic() -> None:
    """Goal: R52 binds. Method: the share, and one basis point less."""
    raw: Raw = {"kind": "domestic_at_least", "share": "30 %"}
    assert answer(raw, domestic_bp=3_000) == PASSES
    assert answer(raw, domestic_bp=2_999) == (Reason.DOMESTIC_CONTENT, 2_999, 3_000)
    assert told(raw, domestic_bp=2_999) == (
        "refused because too little of the invoice is of domestic makers: 29.99 %, at least 30 %"
    )


def test_small_lots_add_up() -> None:
    """Goal: R54 has a window up to today. Method: a lot on its first day, and the day before."""
    raw: Raw = {"kind": "awards_at_most", "limit": "5 KZT", "days": 30}
    inside, before = Awarded(MONDAY - 29, 401), Awarded(MONDAY - 30, 401)

    assert answer(raw, awards=(before,)) == PASSES
    assert answer(raw, awards=(before, inside)) == (Reason.LIMIT_AWARDS, 501, 500)
    assert answer(raw, awards=(Awarded(MONDAY, 400),)) == PASSES
    assert told(raw, awards=(inside,)) == (
        "refused because awards to the payee add up to 5.01 KZT, at most 5 KZT"
    )
