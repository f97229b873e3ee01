"""The ordinary month as its log tells it: deliveries, claims by the week, payment when due."""

import datetime as dt

import pandas as pd
import pytest

from tengesim import simulate
from tengesim.clock import Calendar
from tests.dated_log import closing, dated, of, total
from tests.worlds import HEADCOUNT, WALLET, behaviour, only, run_of, small, with_programme

PRICE_TIYN = 81_100
CALENDAR: Calendar = small(WALLET).clock.calendar()
FRIDAYS = ("2026-02-06", "2026-02-13", "2026-02-20", "2026-02-27")
ORDINARY = (HEADCOUNT, WALLET)
PAY_AFTER = "programmes.school_meals.claims.pay_after"
COMPLAINTS = behaviour(unserved="20 %")


def paid_after(days: int) -> tuple[str, ...]:
    """Return settings by which claims are paid that many business days later."""
    return only(PAY_AFTER, f"{days} business days")


def log(arm: str, *settings: str) -> pd.DataFrame:
    """Return the rows of a small run with local dates."""
    return dated(run_of(arm, *settings))


def week_of(date: str) -> str:
    """Return the Friday of a date's week."""
    day = dt.date.fromisoformat(date)
    return (day + dt.timedelta(days=4 - day.weekday())).isoformat()


def taken(rows: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Return what was recorded by caterer and week."""
    meals = of(rows, "delivery", "recorded")
    found: dict[tuple[str, str], int] = {}
    for key in zip(meals["payee"], meals["date"].map(week_of), strict=True):
        found[key] = found.get(key, 0) + PRICE_TIYN
    return found


def corrected(rows: pd.DataFrame, *, week_only: bool) -> dict[tuple[str, str], int]:
    """Return the corrections of meals by caterer and week of the meal.

    With `week_only` those are counted that were known before the week's claim was submitted.
    """
    meals = of(rows, "delivery", "recorded").set_index("intent")
    refunds = rows[(rows["kind"] == "refund") & rows["intent"].isin(meals.index)]
    refunds = refunds.drop_duplicates("intent")
    found: dict[tuple[str, str], int] = {}
    for refund in refunds.to_dict("records"):
        meal = meals.loc[str(refund["intent"])]
        week = week_of(str(meal["date"]))
        if not week_only or str(refund["date"]) <= week:
            key = (str(meal["payee"]), week)
            found[key] = found.get(key, 0) + int(refund["amount_tiyn"])
    return found


def claims(rows: pd.DataFrame, status: str) -> pd.DataFrame:
    """Return the rows of claims that take money from the single account."""
    return of(rows, "claim", status, form="treasury_single_account")


@pytest.mark.parametrize("arm", ORDINARY)
def test_a_delivery_moves_no_money(arm: str) -> None:
    """Goal: money follows with the claim. Method: rows of meals, and balances at the end."""
    rows = log(arm)
    meals = rows[rows["kind"] == "delivery"]
    assert set(meals["status"]) <= {"recorded", "refused"}
    assert closing(run_of(arm), form="digital_tenge") == 0
    assert set(meals["mark"]) == {""}


@pytest.mark.parametrize("arm", ORDINARY)
def test_each_caterer_claims_each_week_what_was_recorded_less_corrections(arm: str) -> None:
    """Goal: amount = recorded − corrections. Method: first version of each claim, by hand."""
    rows = log(arm, *COMPLAINTS)
    held = claims(rows, "held")
    first = held.drop_duplicates("intent")
    assert set(first["date"]) == set(FRIDAYS)
    assert set(first["at"]) == {"17:00"}
    found = {}
    for row in first.to_dict("records"):
        payee, friday = str(row["intent"]).split("/")[2:]
        found[payee, friday] = int(row["amount_tiyn"])
    known = corrected(rows, week_only=True)
    assert found == {key: tiyn - known.get(key, 0) for key, tiyn in taken(rows).items()}
    assert len(found) == 8
    assert sum(known.values()) > 0


@pytest.mark.parametrize("arm", ORDINARY)
def test_a_corrected_claim_voids_the_earlier_version(arm: str) -> None:
    """Goal: never two versions on hold. Method: held and voided in turn, each less by one meal."""
    rows = log(arm, *COMPLAINTS)
    versions = rows[(rows["kind"] == "claim") & (rows["form"] == "treasury_single_account")]
    corrections = 0
    for _, claim in versions.groupby("intent"):
        statuses = claim["status"].tolist()
        amounts = claim["amount_tiyn"].tolist()
        assert statuses[0] == "held"
        assert statuses[-1] == "posted"
        middle = list(zip(statuses[1:-1:2], statuses[2:-1:2], strict=True))
        assert set(middle) <= {("voided", "held")}
        assert amounts[1:-1:2] == amounts[0:-2:2]
        assert amounts[2:-1:2] == [tiyn - PRICE_TIYN for tiyn in amounts[0:-2:2]][: len(middle)]
        assert amounts[-1] == amounts[-2]
        corrections += len(middle)
    after = sum(corrected(rows, week_only=False).values())
    before = sum(corrected(rows, week_only=True).values())
    assert corrections * PRICE_TIYN == after - before > 0


@pytest.mark.parametrize("arm", ORDINARY)
@pytest.mark.parametrize("days", [2, 5, 6])
def test_a_claim_is_paid_on_its_due_business_day(arm: str, days: int) -> None:
    """Goal: 9 March 2026 is a holiday. Method: dates of payment, counted by hand for the last."""
    paid = claims(log(arm, *paid_after(days)), "posted")
    assert set(paid["at"]) == {"10:00"}
    for row in paid.to_dict("records"):
        friday = dt.date.fromisoformat(str(row["intent"]).rpartition("/")[2])
        assert row["date"] == CALENDAR.add_business_days(friday, days).isoformat()
    last = {2: "2026-03-03", 5: "2026-03-06", 6: "2026-03-10"}[days]
    assert max(paid["date"]) == last


def test_a_holiday_less_is_a_day_less() -> None:
    """Goal: the holiday is what moved it. Method: six business days in a calendar without it."""
    paid = claims(log(WALLET, "clock.holidays=[]", *paid_after(6)), "posted")
    assert max(paid["date"]) == "2026-03-09"


@pytest.mark.parametrize("arm", ORDINARY)
@pytest.mark.parametrize("settings", [(), COMPLAINTS, (*COMPLAINTS, *paid_after(1))])
def test_what_caterers_have_in_the_end_is_what_they_delivered(
    arm: str, settings: tuple[str, ...]
) -> None:
    """Goal: nobody is paid for what was not served. Method: deposits against recorded − refunds."""
    rows = log(arm, *settings)
    kept = sum(taken(rows).values()) - sum(corrected(rows, week_only=False).values())
    run = run_of(arm, *settings)
    assert closing(run, "caterer-", "bank_deposit") == closing(run, "caterer-") == kept
    assert closing(run, "bank_", "bank_reserve") == kept
    opened = total(of(rows, "opening"))
    assert closing(run, "treasury") == opened - kept
    assert int(run.accounts["held_tiyn"].sum()) == 0


@pytest.mark.parametrize("arm", ORDINARY)
def test_a_refund_after_the_claim_was_paid_comes_out_of_the_deposit(arm: str) -> None:
    """Goal: paid is final. Method: claims paid on Monday, refunds that afternoon."""
    rows = log(arm, *COMPLAINTS, *paid_after(1))
    moved = of(rows, "refund")
    assert len(moved) > 0
    from_deposit = moved[moved["form"] == "bank_deposit"]
    to_budget = moved[moved["payee"] == "treasury"]
    assert len(moved) == 3 * len(from_deposit) == 3 * len(to_budget)
    assert set(to_budget["form_to"]) == {"treasury_single_account"}
    assert set(from_deposit["payer"].str[:8]) == {"caterer-"}
    assert {dt.date.fromisoformat(date).weekday() for date in moved["date"]} == {0}
    assert set(moved["amount_tiyn"]) == {PRICE_TIYN}


@pytest.mark.parametrize("arm", ORDINARY)
def test_a_refund_before_payment_is_evidence_alone(arm: str) -> None:
    """Goal: nothing moves that was not paid. Method: recorded rows bear the intents of meals."""
    rows = log(arm, *COMPLAINTS)
    refunds = rows[rows["kind"] == "refund"]
    assert set(refunds["status"]) == {"recorded"}
    assert set(refunds["at"]) == {"15:30"}
    meals = of(rows, "delivery", "recorded").set_index("intent")
    assert set(refunds["intent"]) <= set(meals.index)
    assert not refunds["intent"].duplicated().any()
    for refund in refunds.to_dict("records"):
        day = dt.date.fromisoformat(str(meals.loc[str(refund["intent"]), "date"]))
        assert refund["date"] == CALENDAR.add_business_days(day, 1).isoformat()


@pytest.mark.parametrize("arm", ORDINARY)
def test_when_nothing_was_served_nothing_is_paid(arm: str) -> None:
    """Goal: claims can fall to nothing. Method: every honest meal unserved, no phantoms."""
    everything = (*behaviour(unserved="100 %"), *only("population.dishonest_caterers", "0 %"))
    doubles = behaviour(double_scan="0 %")
    run = run_of(arm, *everything, *doubles)
    rows = dated(run)
    assert len(of(rows, "delivery", "recorded")) > 1_900
    assert closing(run, "caterer-") == 0
    assert closing(run, "treasury") == total(of(rows, "opening"))
    assert int(run.accounts["held_tiyn"].sum()) == 0


def test_money_for_claims_is_reserved_when_they_are_submitted() -> None:
    """Goal: no payment exceeds its reservation. Method: held money at the horizon of 1 March."""
    settings = ("clock.end=2026-03-01",)
    run = run_of(HEADCOUNT, *settings)
    rows = dated(run)
    held = claims(rows, "held")
    unpaid = held[held["date"] == "2026-02-27"]
    assert total(unpaid) == int(run.accounts["held_tiyn"].sum()) > 0
    posted = claims(rows, "posted")
    assert total(held) == total(posted) + total(unpaid)


def test_claims_of_two_programmes_are_apart() -> None:
    """Goal: keys name the programme. Method: two ordinary programmes, claims of each by hand."""
    rows = dated(simulate(with_programme(small(WALLET), "second_breakfast")))
    for programme in ("school_meals", "second_breakfast"):
        mine = rows[rows["programme"] == programme]
        kept = sum(taken(mine).values()) - sum(corrected(mine, week_only=False).values())
        assert total(claims(mine, "posted")) == kept > 0
