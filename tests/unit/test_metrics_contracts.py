"""Metrics of public contracts on logs written by hand, where every number can be counted."""

from collections.abc import Callable, Iterator
from fractions import Fraction

import pandas as pd
import pytest

from tengesim.codes import Evidence, Kind, Reason, Status, TrueLabel
from tengesim.institutions.procurement.works import Method
from tengesim.metrics import chain, leakage, procurement, suppliers
from tengesim.metrics.contracts import METHODS
from tengesim.metrics.differences import contracts_stopped
from tengesim.metrics.metric import Measure
from tengesim.metrics.readings import Readings
from tests.contract_log import KZT, ContractLog

Part = Callable[[Readings], Iterator[Measure]]


def found(log: ContractLog, part: Part) -> dict[str, tuple[int | None, int | None]]:
    """Return exact results of a part of the catalogue."""
    return ContractLog.exact(part(log.readings()))


def test_methods_have_the_codes_of_the_log() -> None:
    """Goal: metrics name methods as the institutions number them. Method: compare the lists."""
    assert tuple(method.value for method in Method) == METHODS
    assert [method.code for method in Method] == list(range(1, len(METHODS) + 1))


def tendered() -> ContractLog:
    """Return two lots: one tendered with bids, one direct award by another buyer."""
    log = ContractLog()
    log.record(Kind.PLAN, "lot-1", "buyer-1", "treasury", 1_000, limit=1)
    log.record(Kind.PLAN, "lot-2", "buyer-2", "treasury", 100, limit=6)
    log.record(Kind.PLAN, "lot-3", "buyer-2", "treasury", 70, limit=1)
    log.day = 3
    log.record(Kind.TENDER, "lot-1", "buyer-1", "treasury", 1_000, value=1, limit=log.due(5))
    for number, is_admissible in enumerate((1, 1, 0)):
        log.record(
            Kind.BID, "lot-1", "buyer-1", f"firm-{number}", 900 + number, value=is_admissible
        )
    log.day = 13
    log.record(Kind.AWARD, "lot-1", "buyer-1", "firm-0", 900, value=2, limit=1)
    log.record(Kind.AWARD, "lot-2", "buyer-2", "firm-0", 100, value=1, limit=6)
    for firm, is_upheld in (("firm-1", 1), ("firm-2", 0)):
        log.record(Kind.COMPLAINT, "lot-1", "buyer-1", firm)
        log.record(Kind.COMPLAINT, "lot-1", "buyer-1", firm, value=is_upheld, attempt=1)
    log.record(Kind.AMENDMENT, "lot-1", "buyer-1", "firm-0", 930, value=900 * KZT)
    return log


def test_awards_competition_and_durations_are_counted() -> None:
    """Goal: what the portal shows. Method: three lots by hand, one of them never awarded."""
    numbers = found(tendered(), procurement.measure)
    assert numbers["lots_planned"] == (3, None)
    assert numbers["lots_awarded"] == (2, None)
    assert numbers["contracted_amount"] == (1_000 * KZT, None)
    assert numbers["portal_saving"] == (100 * KZT, 1_100 * KZT)
    assert numbers["bidders"] == (2, 1)
    assert numbers["direct_share"] == (100 * KZT, 1_000 * KZT)
    assert numbers["single_source_after_failed_share"] == (0, 1_000 * KZT)
    assert numbers["supplier_concentration"] == (10_000, None)
    assert numbers["suppliers_per_buyer"] == (2, 2)
    assert numbers["price_growth"] == (30 * KZT, 1_000 * KZT)
    assert numbers["complaints_upheld_share"] == (1, 2)
    assert numbers["days_open_tender"] == (10, 1)
    assert numbers["days_direct"] == (13, 1)


def test_concentration_is_the_sum_of_squared_shares() -> None:
    """Goal: the index of Herfindahl and Hirschman. Method: shares of 3/4 and 1/4."""
    log = ContractLog()
    log.lot("lot-1", price=300, supplier="firm-1")
    log.lot("lot-2", price=100, supplier="firm-2")
    points = 10_000 * (Fraction(3, 4) ** 2 + Fraction(1, 4) ** 2)
    assert found(log, procurement.measure)["supplier_concentration"] == (int(points), None)


def worked() -> ContractLog:
    """Return a contract with a subcontractor, from advance to clawback, paid in deposits."""
    log = ContractLog()
    log.lot()
    invoiced, on_payroll = Evidence.INVOICE_MATCHED, Evidence.PAYROLL_MATCHED
    log.pay(Kind.ADVANCE, "lot-1", "buyer-1", "firm-1", 300, by="budget", intent="lot-1/advance")
    log.record(Kind.SUBCONTRACT, "lot-1", "firm-1", "firm-2", 400, value=1)
    log.day = 20
    log.pay(Kind.SUBPAYMENT, "lot-1", "firm-1", "firm-2", 200, intent="p-1", evidence=invoiced)
    log.pay(Kind.SUBPAYMENT, "lot-1", "firm-1", "vendor", 250, intent="p-2", evidence=invoiced)
    log.pay(Kind.SUBPAYMENT, "lot-1", "firm-2", "quarry", 60, intent="p-3")
    log.pay(Kind.WAGE, "lot-1", "firm-1", "workers", 100, intent="p-4", evidence=on_payroll)
    log.pay(Kind.WAGE, "lot-1", "firm-2", "workers", 80, intent="p-5", evidence=on_payroll)
    log.pay(Kind.TAX, "lot-1", "firm-1", "treasury", 50, by="tax", intent="p-6")
    log.day = 40
    log.record(
        Kind.ACCEPTANCE, "lot-1", "buyer-1", "firm-1", 600, intent="lot-1/act-1", limit=log.due(30)
    )
    log.record(
        Kind.LOSS,
        "lot-1",
        "buyer-1",
        "firm-1",
        120,
        intent="lot-1/act-1",
        true_label=TrueLabel.FICTITIOUS_ACT,
    )
    log.day = 50
    seen = Evidence.SUPERVISOR_SIGNED | Evidence.DELIVERY_SCANNED
    log.pay(
        Kind.BUDGET_PAYMENT,
        "lot-1",
        "buyer-1",
        "firm-1",
        600,
        by="budget",
        intent="lot-1/act-1",
        evidence=seen,
    )
    log.day = 60
    log.record(Kind.CLOSING, "lot-1", "buyer-1", "firm-1", 900)
    log.day = 100
    log.pay(Kind.CLAWBACK, "lot-1", "firm-1", "buyer-1", 50, by="back", intent="lot-1/back")
    return log


def test_leakage_is_paid_loss_net_of_what_came_back() -> None:
    """Goal: numerator, denominator and stages of leakage. Method: one contract by hand."""
    numbers = found(worked(), leakage.measure)
    assert numbers["contract_leakage"] == (70 * KZT, 900 * KZT)
    assert numbers["leaked_fictitious_act"] == (70 * KZT, 900 * KZT)
    assert numbers["leakage_targeted"] == (70 * KZT, 900 * KZT)
    assert numbers["leakage_untargeted"] == (0, 900 * KZT)
    assert numbers["leakage_attempted_amount"] == (120 * KZT, None)
    assert numbers["leakage_succeeded_amount"] == (120 * KZT, None)
    assert numbers["leakage_stopped_amount"] == (0, None)
    assert numbers["leakage_recovered_amount"] == (50 * KZT, None)
    assert numbers["contracts_followed"] == (1, 1)
    assert numbers["contract_recall"] == (0, 1)


def test_recovery_after_the_cohort_ends_is_none() -> None:
    """Goal: contracts are followed for a year. Method: the clawback comes a day before, or on it.

    The contract is closed on day 60, so day 425 is the first that no longer counts.
    """
    for day, expected in ((424, 70), (425, 120)):
        log = worked()
        log.rows = [row for row in log.rows if row["kind"] != Kind.CLAWBACK]
        log.day = day
        log.pay(Kind.CLAWBACK, "lot-1", "firm-1", "buyer-1", 50, by="back", intent="lot-1/back")
        assert found(log, leakage.measure)["contract_leakage_amount"] == (expected * KZT, None)


def test_more_than_was_lost_cannot_be_recovered() -> None:
    """Goal: a clawback of honest money hides no loss elsewhere. Method: a second, honest lot."""
    log = worked()
    log.lot("lot-2", supplier="firm-3")
    log.pay(Kind.CLAWBACK, "lot-2", "firm-3", "buyer-1", 500, by="back", intent="lot-2/back")
    numbers = found(log, leakage.measure)
    assert numbers["leakage_recovered_amount"] == (50 * KZT, None)
    assert numbers["contract_leakage_amount"] == (70 * KZT, None)


@pytest.mark.parametrize(
    ("paid_on", "is_stopped"), [(None, True), (70 + 91, True), (70 + 90, False)]
)
def test_stopped_is_unpaid_ninety_days_after_it_was_due(
    paid_on: int | None, *, is_stopped: bool
) -> None:
    """Goal: paid late is stopped, paid in time is not. Method: days around the boundary.

    The act is due on day 70; its patience ends when day 160 does.
    """
    log = ContractLog()
    log.lot()
    log.day = 40
    act = {"intent": "lot-1/act-1"}
    log.record(Kind.ACCEPTANCE, "lot-1", "buyer-1", "firm-1", 600, limit=log.due(30), **act)
    label = TrueLabel.FICTITIOUS_ACT
    log.record(Kind.LOSS, "lot-1", "buyer-1", "firm-1", 120, true_label=label, **act)
    log.record(
        Kind.BUDGET_PAYMENT,
        "lot-1",
        "buyer-1",
        "firm-1",
        600,
        status=Status.REFUSED,
        reason=Reason.MILESTONE_NOT_MET,
        **act,
    )
    if paid_on is not None:
        log.day = paid_on
        log.pay(Kind.BUDGET_PAYMENT, "lot-1", "buyer-1", "firm-1", 600, by="budget", **act)
    numbers = found(log, leakage.measure)
    assert numbers["leakage_stopped"] == (int(is_stopped), None)
    assert numbers["contract_recall"] == (int(is_stopped), 1)
    assert numbers["contract_precision"] == ((1, 1) if is_stopped else (0, 0))


def test_marked_money_is_paid_to_its_supplier_when_the_mark_is_shed() -> None:
    """Goal: leakage and delay end where money can be spent. Method: marked, before and after."""
    log = ContractLog()
    log.lot()
    log.day = 40
    act = {"intent": "lot-1/act-1"}
    log.record(Kind.ACCEPTANCE, "lot-1", "buyer-1", "firm-1", 600, limit=log.due(30), **act)
    log.day = 42
    log.pay(Kind.BUDGET_PAYMENT, "lot-1", "buyer-1", "firm-1", 600, by="budget_marked", **act)
    before = found(log, suppliers.measure)
    assert before["contract_blocked"] == (1, 1)
    assert before["contract_delay"] == (600 * KZT * 180 * 24, 600 * KZT * 24)
    log.day = 47
    log.pay(Kind.SHED, "lot-1", "firm-1", "firm-1", 600, by="shed", **act)
    after = found(log, suppliers.measure)
    assert after["contract_blocked"] == (0, 1)
    assert after["contract_delay"] == (600 * KZT * 7 * 24, 600 * KZT * 24)
    year_tiyn = 600 * KZT * Fraction(1_800 + 400, 10_000)
    assert after["contract_financing_cost"] == (int(year_tiyn * Fraction(7, 365)), None)


def test_without_the_dishonest_there_is_no_recall() -> None:
    """Goal: nothing to find is no success. Method: an honest contract, checked as a run does."""
    log = ContractLog()
    log.lot()
    measures = {one.metric: one.checked() for one in leakage.measure(log.readings())}
    assert measures["contract_recall"].numerator is None
    assert measures["contract_recall"].why


def test_the_chain_ends_where_an_observer_sees_no_further() -> None:
    """Goal: each observer traces what its own view shows. Method: one contract by hand.

    Supplier: 250 to a vendor with an invoice, 100 wages, 50 tax; subcontractor: 80 of 200 in wages,
    60 without a document; 50 came back.
    """
    numbers = found(worked(), chain.measure)
    traced = {
        observer: numbers[f"contract_traceable_share_{observer}"]
        for observer in chain.CONTRACT_OBSERVERS
    }
    assert traced["public"] == (50 * KZT, 900 * KZT)
    assert traced["treasury"] == ((50 + 50) * KZT, 900 * KZT)
    assert traced["auditor"] == ((50 + 250 + 100 + 50 + 80) * KZT, 900 * KZT)
    # No e-invoice ties what the supplier got to the buyer, so nothing of it is seen to come in.
    assert traced["tax"] == (50 * KZT, 900 * KZT)
    assert numbers["contract_verified_purpose"] == (600 * KZT, 900 * KZT)
    assert numbers["contract_traced_but_false"] == (530 * KZT * 120 // 900, 530 * KZT)


def test_an_invoice_to_the_buyer_opens_the_chain_to_the_tax_authority() -> None:
    """Goal: the tax authority follows e-invoices. Method: add the one that was missing."""
    log = worked()
    log.record(Kind.INVOICE, "lot-1", "buyer-1", "firm-1", 600, evidence=Evidence.INVOICE_MATCHED)
    numbers = found(log, chain.measure)
    assert numbers["contract_traceable_share_tax"] == (530 * KZT, 900 * KZT)


def test_marked_and_controlled_money_is_seen_by_the_treasury() -> None:
    """Goal: what marking and controlled accounts add. Method: the same wages, three ways to pay."""
    traced = {}
    for by, first in (
        ("deposit", "budget"),
        ("control", "into_control"),
        ("shed", "budget_marked"),
    ):
        log = ContractLog()
        log.lot()
        log.pay(Kind.ADVANCE, "lot-1", "buyer-1", "firm-1", 500, by=first, intent="lot-1/advance")
        log.pay(Kind.WAGE, "lot-1", "firm-1", "workers", 300, by=by, intent="p-1")
        numbers = found(log, chain.measure)
        traced[by] = numbers["contract_traceable_share_treasury"][0]
        assert numbers["contract_traceable_share_public"] == (0, 500 * KZT)
    assert traced == {"deposit": 0, "control": 300 * KZT, "shed": 300 * KZT}


def paired(base: ContractLog, variant: ContractLog) -> dict[str, tuple[int | None, int | None]]:
    """Return the paired metrics of two arms as exact numbers."""
    frame = contracts_stopped(base.events(), variant.events(), terms=base.readings().terms)
    return {
        name: (None if pd.isna(one) else int(one), None if pd.isna(other) else int(other))
        for name, one, other in zip(
            frame["metric"], frame["numerator"], frame["denominator"], strict=True
        )
    }


def acts(paid_on: dict[str, int], lost: tuple[str, ...]) -> ContractLog:
    """Return a contract with three acts accepted on day 40; some are paid, some are false."""
    log = ContractLog()
    log.lot()
    log.day = 40
    for number in (1, 2, 3):
        intent = f"lot-1/act-{number}"
        log.record(
            Kind.ACCEPTANCE, "lot-1", "buyer-1", "firm-1", 100, intent=intent, limit=log.due(30)
        )
        if intent in lost:
            label = TrueLabel.FICTITIOUS_ACT
            log.record(Kind.LOSS, "lot-1", "buyer-1", "firm-1", 60, intent=intent, true_label=label)
    for intent, day in paid_on.items():
        log.day = day
        log.pay(Kind.BUDGET_PAYMENT, "lot-1", "buyer-1", "firm-1", 100, by="budget", intent=intent)
    return log


def test_what_is_stopped_and_delayed_is_told_intent_by_intent() -> None:
    """Goal: the cohort of the base arm. Method: one false act of two gone, an honest one later.

    Act 1 is false and paid in both; act 2 is false, paid in the base and never in the variant;
    act 3 is honest and paid 12 days later.
    """
    false = ("lot-1/act-1", "lot-1/act-2")
    base = acts({"lot-1/act-1": 45, "lot-1/act-2": 45, "lot-1/act-3": 50}, false)
    variant = acts({"lot-1/act-1": 45, "lot-1/act-3": 62}, false)
    found = paired(base, variant)
    assert found["contract_stopped"] == (1, None)
    assert found["contract_stopped_amount"] == (60 * KZT, None)
    # Two cases are too few for a share.
    assert found["contract_recall_of_base"] == (None, None)
    assert found["contract_added_delay"] == (100 * KZT * 12 * 24, 100 * KZT * 24)


def test_an_arm_stops_nothing_of_itself() -> None:
    """Goal: equal arms, zero. Method: one log twice; and deterred intents count as stopped."""
    false = ("lot-1/act-1", "lot-1/act-2")
    base = acts({"lot-1/act-1": 45, "lot-1/act-2": 45, "lot-1/act-3": 50}, false)
    assert paired(base, base)["contract_stopped"] == (0, None)
    assert paired(base, base)["contract_added_delay"][0] == 0
    deterred = ContractLog()
    deterred.lot()
    assert paired(base, deterred)["contract_stopped"] == (2, None)


def test_what_became_honest_is_stopped() -> None:
    """Goal: deterrence counts. Method: the same act, false in the base and true in the variant."""
    paid_on = {"lot-1/act-1": 45}
    base, variant = acts(paid_on, ("lot-1/act-1",)), acts(paid_on, ())
    assert paired(base, variant)["contract_stopped"] == (1, None)
    assert paired(variant, base)["contract_stopped"] == (0, None)


def test_no_firm_passes_on_more_than_it_got() -> None:
    """Goal: what a subcontractor spends of other money is not this contract's. Method: 30 of 80.

    The subcontractor gets 30 and pays 80 in wages; the supplier keeps the rest of 100.
    """
    log = ContractLog()
    log.lot()
    log.record(Kind.SUBCONTRACT, "lot-1", "firm-1", "firm-2", 30, value=1)
    log.pay(Kind.ADVANCE, "lot-1", "buyer-1", "firm-1", 100, by="budget", intent="lot-1/advance")
    invoiced, on_payroll = Evidence.INVOICE_MATCHED, Evidence.PAYROLL_MATCHED
    log.pay(Kind.SUBPAYMENT, "lot-1", "firm-1", "firm-2", 30, intent="p-1", evidence=invoiced)
    log.pay(Kind.WAGE, "lot-1", "firm-2", "workers", 80, intent="p-2", evidence=on_payroll)
    numbers = found(log, chain.measure)
    assert numbers["contract_traceable_share_auditor"] == (30 * KZT, 100 * KZT)
