"""The life of contracts: what every arm has in common, what is refused, and what no arm can see.

Whole scenarios say that arms share what is due and that sums are exact; single contracts, whose
supplier does what it is told, say what becomes of each way to cheat, in every arm.
"""

from collections import defaultdict

import pytest

from tengesim import simulate
from tengesim.codes import Reason
from tengesim.institutions.procurement.works import LotConduct
from tengesim.payment import Operation
from tests.contract_runs import ARMS, FEW, paid, play, recorded, roads
from tests.contract_world import CALENDAR, END, START, live, told
from tests.worlds import only

EVIDENCE, CONTROL, MARKED = ARMS[1:]
ORDINARY = ARMS[:2]
PRICE_TIYN = 9_500_000_000
ALWAYS_MEASURED = {"digital.measured": "100 %", "supervision.error": "0 %"}


@pytest.mark.parametrize("arm", ARMS[1:])
def test_without_rules_every_arm_pays_the_same_to_the_same(arm: str) -> None:
    """Goal: arms differ in money and rules alone. Method: payments and due days, as sets."""
    base, other = (play(name, has_rules=False) for name in (ARMS[0], arm))
    assert sorted(paid(base)) == sorted(paid(other))
    due = [
        sorted(zip(rows["intent"], rows["amount_tiyn"], rows["limit"], strict=True))
        for rows in (run.events[run.events["kind"] == "acceptance"] for run in (base, other))
    ]
    assert due[0] == due[1]
    assert due[0]


def test_with_rules_arms_do_not_pay_the_same() -> None:
    """Goal: the test above can fail. Method: the same sets with rules."""
    assert sorted(paid(play(ARMS[0]))) != sorted(paid(play(MARKED)))


@pytest.mark.parametrize("arm", ARMS)
def test_no_contract_is_paid_more_than_it_is_registered_for(arm: str) -> None:
    """Goal: no payment without obligation. Method: sums by lot, from the log alone."""
    run = play(arm)
    price = {intent.split("/")[0]: tiyn for intent, tiyn in recorded(run, "obligation").items()}
    price |= {intent.split("/")[0]: tiyn for intent, tiyn in recorded(run, "amendment").items()}
    released: dict[str, int] = defaultdict(int)
    for one in paid(run):
        if one.kind in {"advance", "budget_payment", "retention"}:
            released[one.lot] += one.tiyn
    assert released
    assert [lot for lot, tiyn in released.items() if tiyn > price[lot]] == []


@pytest.mark.parametrize("arm", ARMS)
def test_no_firm_of_a_chain_spends_more_than_it_was_paid(arm: str) -> None:
    """Goal: sums down the chain are exact. Method: what goes in and out of each firm and lot."""
    run = play(arm)
    come: dict[tuple[str, str], int] = defaultdict(int)
    gone: dict[tuple[str, str], int] = defaultdict(int)
    for one in paid(run):
        come[one.lot, one.payee] += one.tiyn
        if not one.intent.endswith("/kickback"):
            gone[one.lot, one.payer] += one.tiyn
    buyers = {one.payer for one in paid(run) if one.kind == "advance"}
    spent = {key: tiyn for key, tiyn in gone.items() if key[1] not in buyers}
    assert spent
    assert {key: tiyn for key, tiyn in spent.items() if tiyn > come[key]} == {}


def test_marked_money_ends_unmarked_spent_or_returned() -> None:
    """Goal: marks strand nothing. Method: what is left under each mark when all have expired."""
    living = live(MARKED, integrity=told(shell_bp=1000))
    left = {
        account: balance
        for account, balance in living.stage.book.balances().items()
        if account.mark and (balance.free_tiyn or balance.held_tiyn)
    }
    assert left == {}
    assert living.rows("return", "settled")


@pytest.mark.parametrize("arm", ARMS)
def test_compiled_and_readable_code_write_the_same_log(arm: str) -> None:
    """Goal: contracts do not know which engine runs. Method: digests of a few roads."""
    assert simulate(roads(arm, *FEW), engine="reference").digest == play(arm).digest


@pytest.mark.parametrize("arm", ARMS)
def test_a_diverted_advance_meets_rules_only_where_money_is_watched(arm: str) -> None:
    """Goal: control follows money. Method: the same supplier in every arm."""
    living = live(arm, integrity=told(diverted_bp=5000))
    outside = f"{living.contract.id}/outside"
    refused = [row for row in living.rows("subpayment", "refused") if row[0] == outside]
    settled = [row for row in living.rows("subpayment", "settled") if row[0] == outside]
    amount_tiyn = PRICE_TIYN * 30 // 100 // 2
    if arm in ORDINARY:
        assert (refused, settled) == ([], [(outside, "", amount_tiyn)])
    else:
        assert (refused, settled) == ([(outside, "payee_not_allowed", amount_tiyn)], [])


@pytest.mark.parametrize("arm", ARMS)
def test_a_bribe_is_paid_in_every_arm(arm: str) -> None:
    """Goal: money that is somebody's own is free. Method: the bribe's row and its loss."""
    living = live(arm, integrity=told(kickback_bp=300))
    intent, amount_tiyn = f"{living.contract.id}/kickback", PRICE_TIYN * 3 // 100
    assert (intent, "", amount_tiyn) in living.rows("subpayment", "settled")
    assert living.rows("loss", "recorded") == [(intent, "", amount_tiyn)]


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("is_rigged", [True, False])
def test_prices_pass_every_rule_of_the_chain(arm: str, *, is_rigged: bool) -> None:
    """Goal: marking does not see price. Method: a rigged lot and a raised price, all of it paid."""
    if is_rigged:
        integrity = told(lot_conduct=LotConduct(rigged=True))
        lost_tiyn, label = PRICE_TIYN - 9_000_000_000, "bid_rigging"
    else:
        integrity = told(growth_bp=800)
        lost_tiyn, label = PRICE_TIYN * 8 // 100, "price_growth"
    living = live(arm, integrity=integrity, changes={"amendments.share": "0 %"})
    events = living.events
    losses = events[events["kind"] == "loss"]
    assert set(losses["true_label"]) == {label}
    # Each act rounds its part of the loss down.
    assert lost_tiyn - len(losses) <= int(losses["amount_tiyn"].sum()) <= lost_tiyn
    assert set(losses["intent"]) <= living.desk.settled


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("colludes", [True, False])
def test_who_measures_stops_acts_for_work_not_done_but_not_who_colludes(
    arm: str, *, colludes: bool
) -> None:
    """Goal: evidence is what stops false acts. Method: every stage is measured, without error."""
    integrity = told(fictitious_bp=2000, fictitious_milestone=1, colluding_supervisor=colludes)
    measured = {f"{kind}.measured": "100 %" for kind in ("paper", "digital")}
    living = live(arm, integrity=integrity, changes={**measured, "supervision.error": "0 %"})
    act = f"{living.contract.id}/act-2"
    assert (act in living.desk.settled) is colludes
    assert (f"{act}-again" in living.desk.settled) is not colludes
    assert [row[0] for row in living.rows("loss", "recorded")] == [act]


def test_on_paper_unseen_work_is_paid() -> None:
    """Goal: paper leaves no trace. Method: no stage is measured before it is signed."""
    living = live(
        ARMS[0],
        integrity=told(fictitious_bp=2000, fictitious_milestone=1),
        changes={"paper.measured": "0 %"},
    )
    assert f"{living.contract.id}/act-2" in living.desk.settled


@pytest.mark.parametrize(
    ("scope", "is_returned"), [("first_payee", False), ("depth_2", True), ("depth_8", True)]
)
def test_a_shell_company_keeps_nothing_where_marks_reach_it(
    scope: str, *, is_returned: bool
) -> None:
    """Goal: depth of marks is what stops shells. Method: shed, conversion, expiry."""
    living = live(MARKED, integrity=told(shell_bp=1000), money={"mark_scope": scope})
    shell = living.contract.chain[-1]
    assert shell.is_shell
    kept = [row for row in living.rows("return", "settled") if row[0].startswith(shell.id)]
    refused = {row[1] for row in living.rows("redeem", "refused") if row[0].startswith(shell.id)}
    assert bool(kept) is is_returned
    assert refused == ({"conversion_not_allowed"} if is_returned else set())


def test_a_captured_owner_sets_conditions_that_stop_nothing() -> None:
    """Goal: the mark's owner can bend it. Method: a diverted advance under a captured owner."""
    integrity = told(diverted_bp=5000, lot_conduct=LotConduct(captured_owner=True))
    living = live(MARKED, integrity=integrity)
    assert f"{living.contract.id}/outside" in living.desk.settled


def test_the_same_act_a_closed_firm_and_an_expired_mark_are_refused() -> None:
    """Goal: nothing is paid that may not be. Method: the desk is asked once everything is over."""
    living = live(MARKED)
    desk, contract = living.desk, living.contract
    supplier, facts = contract.chain[0], desk.facts(contract)
    act = f"{contract.id}/act-1"
    assert act in desk.settled
    again = desk.decide_release(contract, act, 1, evidence=0, facts=facts)
    desk.closed.add(supplier.firm.id)
    closed = desk.decide_release(contract, "another", 1, evidence=0, facts=facts)
    late = desk.decide_use(contract, supplier, "vendor", 1, evidence=0, facts=facts)
    back = desk.decide_use(
        contract, supplier, "buyer", 1, evidence=0, facts=facts, operation=Operation.REFUND
    )
    assert [one.reason for one in (again, closed, late, back)] == [
        Reason.DUPLICATE,
        Reason.PAYEE_STATUS,
        Reason.OUTSIDE_VALIDITY,
        Reason.OUTSIDE_VALIDITY,
    ]
    living.stage.audit()


def test_what_is_more_than_the_obligation_is_refused() -> None:
    """Goal: no payment above its obligation. Method: a tiyn more than is left."""
    living = live(EVIDENCE, until=START.replace(day=20))
    contract, desk = living.contract, living.desk
    answer = desk.decide_release(
        contract,
        "act",
        contract.registered_tiyn + 1,
        evidence=0,
        facts=desk.facts(contract),
    )
    assert answer.reason == Reason.OBLIGATION_EXCEEDED
    assert answer.limit == contract.registered_tiyn


def test_a_contract_above_the_appropriation_is_not_signed() -> None:
    """Goal: no obligation without room. Method: a price a tiyn above what the buyer has."""
    living = live(EVIDENCE, until=START.replace(day=13))
    office, award = living.office, living.contract.award
    room_tiyn = living.desk.room[award.lot.buyer.id]
    lot = award.lot._replace(id="lot-above")
    office.sign(award._replace(lot=lot, price_tiyn=room_tiyn + 1))
    refused = living.rows("obligation", "refused")
    assert [row[:2] for row in refused] == [("lot-above/contract", "appropriation_exceeded")]
    assert "lot-above" not in office.contracts


@pytest.mark.parametrize("arm", ARMS)
def test_unspent_advances_earn_interest_in_ordinary_money_alone(arm: str) -> None:
    """Goal: a controlled or marked advance bears nothing. Method: rows of interest."""
    assert bool(live(arm).rows("interest", "settled")) is (arm in ORDINARY)


@pytest.mark.parametrize("arm", ARMS)
def test_what_comes_back_is_what_there_is(arm: str) -> None:
    """Goal: a clawback takes no more than there is. Method: more than was ever paid is asked."""
    living = live(arm, until=START.replace(year=2026, month=6))
    living.office.claw_back(living.contract.id, 10**12, "audit")
    (row,) = living.rows("clawback", "settled")
    assert 0 < row[2] <= living.contract.paid_tiyn
    living.office.terminate(living.contract.id, "audit")
    assert living.contract.is_over
    paid_tiyn = living.contract.paid_tiyn
    living.until(END)
    assert living.contract.paid_tiyn == paid_tiyn


def test_a_supplier_that_waits_too_long_stops_and_may_fail() -> None:
    """Goal: late money costs work. Method: nothing is ever signed, and every stop ends a firm."""
    changes = {
        "digital.measured": "100 %",
        "supervision.tolerance": "0 %",
        "stress.insolvent": "100 %",
        "stress.patience": 1,
        "work.stage": 30,
    }
    integrity = told(fictitious_bp=10_000)
    insists = {"supervision.insists": 1_000_000}
    living = live(EVIDENCE, integrity=integrity, changes={**changes, **insists})
    assert [row[0] for row in living.rows("termination", "recorded")] == ["lot-000000/end"]
    assert living.contract.award.firm.id in living.desk.closed


def test_the_retention_is_released_after_the_warranty() -> None:
    """Goal: what was kept back is paid. Method: a warranty within the horizon, to the tiyn."""
    living = live(MARKED, changes={"warranty": "30 days", "amendments.share": "0 %"})
    ((_, _, released_tiyn),) = living.rows("retention", "settled")
    penalties_tiyn = sum(row[2] for row in living.rows("penalty", "settled"))
    assert released_tiyn >= PRICE_TIYN * 2 // 100 - 10
    assert living.contract.paid_tiyn == PRICE_TIYN
    assert penalties_tiyn <= PRICE_TIYN * 15 // 100
    assert CALENDAR.day_number(living.stage.ports.now())


def test_structural_zeros_are_exact() -> None:
    """Goal: marking adds nothing to what evidence sees. Method: the loss of each, to the tiyn."""
    losses = [
        {
            (intent, tiyn)
            for rows in (run.events[run.events["kind"] == "loss"],)
            for intent, tiyn, label in zip(
                rows["intent"], rows["amount_tiyn"], rows["true_label"], strict=True
            )
            if label not in {"diverted_advance", "shell_subcontractor"}
        }
        for run in (play(EVIDENCE), play(MARKED))
    ]
    assert losses[0] == losses[1]
    assert losses[0]


@pytest.mark.parametrize("arm", ARMS)
def test_an_advance_that_nobody_worked_for_comes_back(arm: str) -> None:
    """Goal: a contract that ends early keeps no advance. Method: ended a month after signing."""
    living = live(arm, until=START.replace(month=2, day=12))
    contract = living.contract
    owed_tiyn = contract.advance_tiyn - contract.offset_tiyn
    living.office.terminate(contract.id, "audit")
    back = {intent: tiyn for intent, _, tiyn in living.rows("clawback", "settled")}
    called = f"{contract.id}/guarantee-called"
    assert owed_tiyn > 0
    assert back.keys() == {f"{contract.id}/advance-back", called}
    assert back[called] == min(
        owed_tiyn - sum(back.values()) + back[called], contract.guarantee_tiyn
    )
    assert sum(back.values()) <= owed_tiyn
    living.until(END)


SURE = (
    *only("procurement.contracts.digital.register_error", "0 %"),
    *only("procurement.contracts.digital.late_invoice", "0 %"),
)
WRONG = only("procurement.contracts.digital.register_error", "100 %")


def held_up(arm: str, *settings: str) -> set[tuple[str, str]]:
    """Return kind and intent of honest payments below suppliers that were refused at first."""
    events = play(arm, settings=(*FEW, *settings)).events
    refused = events[
        (events["status"] == "refused")
        & (events["true_label"] == "honest")
        & events["kind"].isin(["subpayment", "shed", "redeem"])
    ]
    return set(zip(refused["kind"], refused["intent"], strict=True))


def test_registers_hold_up_the_honest_only_as_deep_as_money_is_watched() -> None:
    """Goal: what control costs the honest. Method: who is refused below suppliers, arm by arm."""
    watched = {arm: held_up(arm) for arm in ARMS}
    assert [watched[arm] for arm in ARMS[:2]] == [set(), set()]
    assert watched[CONTROL]
    # The words are those of the contract, so marks hold up whomever an account does, and more.
    assert {one for one in watched[CONTROL] if one[0] == "subpayment"} < watched[MARKED]


def test_where_registers_are_right_nobody_honest_is_held_up() -> None:
    """Goal: the twin. Method: no late invoice and no wrong register."""
    assert [held_up(arm, *SURE) for arm in (CONTROL, MARKED)] == [set(), set()]


def passed_on(*settings: str) -> set[tuple[str, str, int]]:
    """Return what firms of chains are paid in marked money: who, for what, how much."""
    run = play(MARKED, settings=(*FEW, *settings))
    return {(one.payee, one.intent, one.tiyn) for one in paid(run) if one.kind == "subpayment"}


def test_whoever_is_held_up_is_paid_once_the_register_is_right() -> None:
    """Goal: waiting loses nothing. Method: every register wrong at first against none."""
    held = {intent for kind, intent in held_up(MARKED, *WRONG) if kind == "subpayment"}
    wrong = passed_on(*WRONG)
    assert held
    assert held <= {intent for _, intent, _ in wrong}
    assert {one for one in passed_on(*SURE) if "/sub-" in one[1]} <= wrong
