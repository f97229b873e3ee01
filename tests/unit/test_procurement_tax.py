"""Tax that leaves a price in the payment (R32), and its refund to who paid it (R33).

One contract is played in the shipped variants; what leaves is computed again with fractions, and
what firms bear in the end is what they bear where each pays its tax over itself.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import pandas as pd
import pytest

from tengesim import Run, load_scenario, simulate
from tengesim.clock import DAY_US
from tengesim.institutions.procurement.chain import Link
from tengesim.institutions.procurement.tax import Taxes
from tengesim.institutions.procurement.works import Firm
from tests.contract_runs import FEW
from tests.contract_world import CALENDAR, Living, live, told
from tests.integrity_world import award, lot

QUICK, SLOW, UNSPLIT = "road_repair_vat", "road_repair_vat_slow", "road_repair"
SURE = {"digital.register_error": "0 %", "digital.late_invoice": "0 %", "amendments.share": "0 %"}
RATE = Fraction(16, 116)
IN_FIVE = set(range(5, 15))
"""Days that five business days may take, more around holidays than in a week."""
SAID = {"text": {"en": "As a test says."}, "reference": "assumption"}
SHED = {
    "kind": "sheds_mark",
    "id": "work_shown",
    "condition": {"kind": "evidence_present", "registers": ["act_accepted"]},
    **SAID,
}
DEEP = {"kind": "propagates", "id": "chain", "depth": 2, **SAID}
UNSPLIT_BOOKS: Mapping[str, Mapping[str, Any]] = {
    "treasury_digital": {"effects": []},
    "contract_mark": {"effects": [SHED, DEEP]},
}
NOBODY_ASKED = {"exempt": {"wages": True, "taxes": True}}


def firms(**more: Any) -> tuple[Firm, ...]:  # noqa: ANN401
    """Return those whom work may be passed on to."""
    base = award(lot(0), 9_500_000_000).firm._replace(is_tax_clear=True, is_listed=False)
    return tuple(base._replace(id=f"sub-{number}", **more) for number in range(6))


def settled(living: Living, *kinds: str) -> pd.DataFrame:
    """Return the first row of every posting of these kinds that settled."""
    events = living.events
    rows = events[events["kind"].isin(kinds) & (events["status"] == "settled")]
    return rows.drop_duplicates("ref")


def split_rows(living: Living) -> pd.DataFrame:
    """Return tax that has the intent of a payment."""
    taxes = settled(living, "tax")
    return taxes[taxes["rule"].str.startswith("tax_of_")]


def test_the_tax_in_every_price_leaves_in_the_payment_to_the_tiyn() -> None:
    """Goal: R32 is carried out. Method: each row against a fraction of what it is within."""
    living = live(QUICK, changes=SURE, firms=firms())
    paid = settled(living, "budget_payment", "subpayment")
    under_rules = (paid["kind"] == "budget_payment") | (paid["mark"] != "")
    priced = paid[under_rules & ~paid["intent"].str.contains("/advance-")]
    taxes = split_rows(living).set_index("intent")
    assert set(priced["intent"]) >= set(taxes.index)
    assert set(taxes["limit"]) == {1600}
    for intent, time_us, amount_tiyn in zip(
        priced["intent"], priced["time_us"], priced["amount_tiyn"], strict=True
    ):
        row = taxes.loc[intent]
        assert row["time_us"] == time_us
        # What an advance paid for is taxed with the act.
        assert row["value"] >= amount_tiyn - penalty(living, intent)
        assert abs(Fraction(int(row["amount_tiyn"])) - RATE * int(row["value"])) <= Fraction(1, 2)


def penalty(living: Living, intent: str) -> int:
    """Return what was kept of an act."""
    rows = settled(living, "penalty")
    return int(rows[rows["intent"] == f"{intent}/penalty"]["amount_tiyn"].sum())


def test_what_is_taxed_of_acts_is_the_whole_price_less_what_is_kept_back() -> None:
    """Goal: advances are taxed once. Method: sums of what the taxes are within, from the log."""
    living = live(QUICK, changes={**SURE, "retention": "0 %"}, firms=firms())
    rows = split_rows(living)
    acts = rows[rows["intent"].str.fullmatch(rf"{living.contract.id}/act-\d+")]
    penalties = int(settled(living, "penalty")["amount_tiyn"].sum())
    assert int(acts["value"].sum()) == living.contract.price_tiyn - penalties


def test_payees_that_are_not_registered_split_nothing() -> None:
    """Goal: only the registered. Method: the same contract with subcontractors that are not."""
    living = live(QUICK, changes=SURE, firms=firms(is_vat_payer=False))
    subs = {link.id for link in living.contract.chain[1:]}
    taxed = {intent.rsplit("/", 1)[0] for intent in split_rows(living)["intent"]}
    assert subs
    assert not subs & taxed
    assert living.contract.id in taxed


def net_tiyn(living: Living) -> int:
    """Return the tax that firms of the chain bear: all of it, less vendors' and refunds."""
    taxes, refunds = settled(living, "tax"), settled(living, "tax_refund")
    own = taxes[~taxes["payer"].str.startswith("vendor-")]
    return int(own["amount_tiyn"].sum()) - int(refunds["amount_tiyn"].sum())


def test_in_the_end_firms_bear_the_tax_that_they_would_pay_over_themselves() -> None:
    """Goal: a split moves money in time alone. Method: net tax of both ways, up to rounding."""
    split = live(QUICK, changes=SURE, firms=firms())
    paid_over = live(QUICK, changes=SURE, firms=firms(), books=UNSPLIT_BOOKS, money=NOBODY_ASKED)
    rows = len(settled(split, "tax")) + len(settled(paid_over, "tax"))
    assert split_rows(paid_over).empty
    assert abs(net_tiyn(split) - net_tiyn(paid_over)) <= rows
    assert abs(split.contract.own_tiyn - paid_over.contract.own_tiyn) <= rows


def waits_days(living: Living) -> dict[str, int]:
    """Return after how many days each claim was refunded."""
    events = living.events
    claims = events[events["kind"] == "tax_claim"].set_index("intent")["time_us"]
    paid = settled(living, "tax_refund").set_index("intent")["time_us"]
    assert set(claims.index) == set(paid.index)
    return {intent: int(paid[intent] - claims[intent]) // DAY_US for intent in claims.index}


def test_claims_are_refunded_in_business_days_or_in_ninety() -> None:
    """Goal: R33 is carried out. Method: days from claim to refund in both shipped variants."""
    quick, slow = (waits_days(live(name, changes=SURE, firms=firms())) for name in (QUICK, SLOW))
    assert quick.keys() == slow.keys()
    assert set(slow.values()) == {90}
    assert set(quick.values()) <= IN_FIVE


def test_claims_with_a_payee_that_has_no_payroll_wait_in_the_usual_queue() -> None:
    """Goal: risk decides which way. Method: the same contract with and without a shell."""
    living = live(QUICK, changes=SURE, firms=firms(), integrity=told(shell_bp=1000))
    events = living.events
    claims = events[events["kind"] == "tax_claim"].set_index("intent")
    waits = waits_days(living)
    risky = {str(intent) for intent, value in claims["value"].items() if value > 300}
    assert risky
    assert {waits[intent] for intent in risky} == {90}
    assert {days for intent, days in waits.items() if intent not in risky} <= IN_FIVE


@pytest.mark.parametrize("is_shell", [True, False])
def test_risk_reads_registers_and_not_what_is_true(*, is_shell: bool) -> None:
    """Goal: no score from truth. Method: points of a payee that does nothing, and of its twin."""
    living = live(QUICK, changes=SURE, firms=firms(), until=CALENDAR_START)
    taxes = Taxes(living.desk)
    seen = living.contract.chain[0].firm._replace(
        is_shell=is_shell, is_tax_clear=False, is_listed=True
    )
    link = Link("lot-000000/sub-9", 9, seen, 1, 0, 1000, 1, is_shell=is_shell)
    assert taxes._risk(living.contract, link) == 1000
    taxes.employed(living.contract, link)
    assert taxes._risk(living.contract, link) == 700


CALENDAR_START = CALENDAR.date_of(0).replace(year=2026, month=1, day=20)


def test_a_shell_takes_no_tax_along_where_it_is_split() -> None:
    """Goal: the missing trader's gain is zero. Method: its tax against that on its invoices."""
    kept = {}
    for name, books, money in (("split", None, None), ("paid_over", UNSPLIT_BOOKS, NOBODY_ASKED)):
        living = live(
            QUICK,
            changes=SURE,
            firms=firms(),
            integrity=told(shell_bp=1000),
            books=books,
            money=money,
        )
        shell = living.contract.chain[-1]
        assert shell.is_shell
        events = living.events
        invoices = events[(events["kind"] == "invoice") & (events["payee"] == shell.firm.id)]
        taxes = settled(living, "tax")
        left = taxes[taxes["payer"] == shell.firm.id]
        kept[name] = int(invoices["value"].sum()) - int(left["amount_tiyn"].sum())
    # Invoices say the tax of the part that is paid now, and round down.
    assert kept["split"] <= 0 < kept["paid_over"]


def test_a_loss_to_a_shell_is_what_it_keeps() -> None:
    """Goal: tax that comes back is not lost. Method: rows of loss against payments and taxes."""
    living = live(QUICK, changes=SURE, firms=firms(), integrity=told(shell_bp=1000))
    shell = living.contract.chain[-1]
    losses = {intent: tiyn for intent, _, tiyn in living.rows("loss", "recorded")}
    paid = {intent: tiyn for intent, _, tiyn in living.rows("subpayment", "settled")}
    taxes = dict(zip(split_rows(living)["intent"], split_rows(living)["amount_tiyn"], strict=True))
    own = {intent for intent in losses if intent.startswith(shell.id)}
    assert own
    assert {i: losses[i] for i in own} == {i: paid[i] - int(taxes.get(i, 0)) for i in own}


@pytest.mark.parametrize("shell_bp", [0, 3000])
def test_a_firm_that_tax_leaves_short_loses_nothing(shell_bp: int) -> None:
    """Goal: sums hold where cash is short. Method: marks, and what each firm was paid and paid."""
    living = live(QUICK, changes=SURE, firms=firms(), integrity=told(shell_bp=shell_bp))
    left = {
        account
        for account, balance in living.stage.book.balances().items()
        if account.mark and (balance.free_tiyn or balance.held_tiyn)
    }
    assert left == set()


@cache
def roads(name: str) -> Run:
    """Return six roads of a shipped variant."""
    return simulate(load_scenario(name, settings=FEW))


def metric(run: Run, name: str) -> float:
    """Return a metric of a run."""
    return float(run.metrics.set_index("metric")["value"][name])


def test_a_quick_refund_costs_firms_less_and_the_budget_nothing() -> None:
    """Goal: metrics tell the variants apart. Method: both runs, and the log of one counted."""
    quick, slow = roads(QUICK), roads(SLOW)
    names = ("contract_tax_split", "contract_tax_refunded", "contract_tax_vanished")
    assert [metric(quick, one) for one in names] == [metric(slow, one) for one in names]
    assert metric(quick, "contract_tax_vanished") == 0
    assert 0 < metric(quick, "contract_refund_wait") < metric(slow, "contract_refund_wait") <= 90
    assert 0 < metric(quick, "contract_refund_cost") < metric(slow, "contract_refund_cost")
    events = quick.events
    refunds = events[(events["kind"] == "tax_refund") & (events["status"] == "settled")]
    whole_tiyn = int(refunds.drop_duplicates("ref")["amount_tiyn"].sum())
    assert metric(quick, "contract_tax_refunded") == whole_tiyn / 100


def test_roads_without_a_split_have_no_metrics_of_it() -> None:
    """Goal: other scenarios keep their results. Method: names of the metrics of a base arm."""
    assert not {name for name in roads(UNSPLIT).metrics["metric"] if "contract_tax" in name}
