"""Freezes of a supplier's accounts (R41): nobody frozen pays, what waits is refused meanwhile.

One contract is frozen while it lives, in every kind of money; nothing of it may be lost for that.
"""

import datetime as dt
from typing import Any

import pytest

from tests.contract_runs import ARMS
from tests.contract_world import CALENDAR, END, Living, live

SAID = {"text": {"en": "As a test says."}, "reference": "assumption"}
FREEZES = {
    "kind": "freezes",
    "id": "suspicion",
    "by": "financial_monitoring",
    "lasts": "40 days",
    **SAID,
}
NOT_FROZEN = {
    "id": "not_frozen",
    "on": ["pay", "distribute"],
    "condition": {"kind": "payee_in_good_standing", "requires": ["not_frozen"]},
    **SAID,
}
CALM = {
    "digital.register_error": "0 %",
    "digital.late_invoice": "0 %",
    "paper.late_invoice": "0 %",
    "amendments.share": "0 %",
    "stress.patience": 300,
}
ORDERED = dt.date(2026, 3, 10)
OVER = ORDERED + dt.timedelta(days=40)


def frozen(
    arm: str,
    *,
    rules: tuple[dict[str, Any], ...] = (NOT_FROZEN,),
    procedures: tuple[dict[str, Any], ...] = (FREEZES,),
    let_go: dt.date | None = None,
) -> Living:
    """Play a contract whose supplier is frozen on a day."""
    book = "treasury_paper" if arm == ARMS[0] else "treasury_digital"
    books = {book: {"rules": list(rules), "procedures": list(procedures)}}
    living = live(arm, books=books, changes=CALM, until=ORDERED)
    living.office.freeze(living.contract.id)
    if let_go is not None:
        living.until(let_go)
        living.office.let_go(living.contract.id)
    living.until(END)
    return living


def moved(living: Living) -> set[tuple[str, str, int]]:
    """Return what was paid: kind, intent, amount."""
    kinds = ("advance", "budget_payment", "subpayment", "wage", "tax", "retention")
    return {(kind, i, tiyn) for kind in kinds for i, _, tiyn in living.rows(kind, "settled")}


def paid_between(living: Living, first: dt.date, last: dt.date) -> int:
    """Return how many payments the supplier made from one day to before another."""
    events = living.events
    rows = events[
        (events["payer"] == living.contract.award.firm.id)
        & (events["status"] == "settled")
        & (events["time_us"] >= CALENDAR.at(first))
        & (events["time_us"] < CALENDAR.at(last))
    ]
    return len(rows)


@pytest.mark.parametrize("arm", ARMS)
def test_a_frozen_supplier_pays_nothing_and_nothing_is_lost(arm: str) -> None:
    """Goal: R41 is carried out. Method: payments meanwhile, and all of them in the end."""
    living, free = frozen(arm), frozen(arm, procedures=())
    assert paid_between(living, ORDERED, OVER) == 0 < paid_between(free, ORDERED, OVER)
    assert paid_between(living, OVER, OVER + dt.timedelta(days=60)) > 0
    assert moved(living) == moved(free)
    left = {
        account
        for account, balance in living.stage.book.balances().items()
        if account.mark and (balance.free_tiyn or balance.held_tiyn)
    }
    assert left == set()


@pytest.mark.parametrize("arm", ARMS)
def test_payments_to_a_frozen_payee_wait_with_a_reason(arm: str) -> None:
    """Goal: `not_frozen` is asked of what is true now. Method: refusals with the rule, and pay."""
    living = frozen(arm)
    events = living.events
    refused = events[(events["status"] == "refused") & (events["rule"] == "not_frozen")]
    assert len(refused)
    assert set(refused["reason"]) == {"payee_status"}
    times = refused["time_us"]
    assert CALENDAR.at(ORDERED) <= times.min() <= times.max() < CALENDAR.at(OVER)
    assert set(refused["intent"]) <= living.desk.settled
    without = frozen(arm, rules=())
    assert not (without.events["rule"] == "not_frozen").any()


def test_a_freeze_ends_with_its_time_or_before() -> None:
    """Goal: at most so long. Method: rows of both, let go by time and by whoever looked."""
    early = ORDERED + dt.timedelta(days=10)
    for living, end in ((frozen(ARMS[3]), OVER), (frozen(ARMS[3], let_go=early), early)):
        events = living.events
        begun, done = (events[events["kind"] == kind] for kind in ("freeze", "unfreeze"))
        assert len(begun) == len(done) > 0
        assert set(begun["time_us"]) == {CALENDAR.at(ORDERED)}
        assert set(done["time_us"]) == {CALENDAR.at(end)}
        assert set(begun["payee"]) == {"financial_monitoring"}
        assert paid_between(living, ORDERED, end) == 0 < paid_between(living, end, OVER) or (
            end == OVER
        )


def test_nobody_is_frozen_where_no_book_lets_anybody() -> None:
    """Goal: an order needs a rule. Method: the same order without the procedure."""
    living = frozen(ARMS[3], procedures=())
    assert not living.desk.frozen
    assert not (living.events["kind"] == "freeze").any()


def test_tax_and_payment_go_together_or_not_at_all() -> None:
    """Goal: all or nothing (R32). Method: a frozen payee whose tax is split, without a rule."""
    shipped = live("road_repair_vat", changes=CALM, until=dt.date(2026, 1, 13))
    book = shipped.desk.seams.release_book
    assert book is not None
    plain = book.model_dump(mode="json", by_alias=True)
    books = {"treasury_digital": {**plain, "procedures": [FREEZES]}}
    living = live("road_repair_vat", books=books, changes=CALM, until=ORDERED)
    living.office.freeze(living.contract.id)
    living.until(END)
    events = living.events
    refused = events[(events["status"] == "refused") & (events["rule"] == "frozen_account")]
    assert set(refused["reason"]) == {"account_frozen"}
    assert set(refused["intent"]) <= living.desk.settled
    acts = events[(events["kind"] == "budget_payment") & (events["status"] == "settled")]
    taxes = events[(events["kind"] == "tax") & (events["rule"] == "tax_of_acts")]
    assert set(acts["intent"]) == set(taxes["intent"])
    assert set(acts["time_us"]) == set(taxes["time_us"])
