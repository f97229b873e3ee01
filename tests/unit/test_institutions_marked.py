"""The marked month as its log tells it: issue, purses, papers, shedding, refunds, expiry."""

import datetime as dt
from functools import cache
from typing import Any

import pandas as pd
import pytest

from tengesim import Run, simulate
from tengesim.clock import Calendar
from tests.dated_log import closing, dated, of, total
from tests.worlds import MARKED, behaviour, changed, only, run_of, small, without_rules

PRICE_TIYN = 81_100
MARK = "school_meals.2026-02"
CALENDAR: Calendar = small(MARKED).clock.calendar()
SCHOOL_DAYS = CALENDAR.business_days(dt.date(2026, 2, 2), dt.date(2026, 2, 28))
LAST_DAY = "2026-02-27"
DOCUMENTS = "programmes.school_meals.marked.documents"
LATE = (
    *only(f"{DOCUMENTS}.act_on_time", "0 %"),
    *only(f"{DOCUMENTS}.act_delay", "2 business days"),
    *only(f"{DOCUMENTS}.invoice_matched", "100 %"),
)
PUNCTUAL = (
    *only(f"{DOCUMENTS}.act_on_time", "100 %"),
    *only(f"{DOCUMENTS}.invoice_matched", "100 %"),
)
COMPLAINTS = behaviour(unserved="20 %")
SINGLE, TENGE, DEPOSIT = "treasury_single_account", "digital_tenge", "bank_deposit"


@cache
def log(*settings: str) -> pd.DataFrame:
    """Return the rows of a small marked run with the local date and time of each."""
    return dated(run_of(MARKED, *settings))


def taken(rows: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Return what was paid by school and day."""
    paid = of(rows, "payment")
    return {
        (str(place), str(date)): total(day)
        for (place, date), day in paid.groupby(["place", "date"])
    }


def test_money_is_issued_for_the_week_before_its_first_day() -> None:
    """Goal: issue swaps liabilities. Method: two legs on each Monday at 06:00, equal amounts."""
    issued = of(log(), "issue")
    assert sorted(set(issued["date"])) == ["2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"]
    assert set(issued["at"]) == {"06:00"}
    marked = issued[issued["mark_to"] == MARK]
    swapped = issued[issued["form"] == SINGLE]
    assert len(issued) == 2 * len(marked) == 2 * len(swapped)
    purses = len(set(of(log(), "distribute")["payee"]))
    assert marked["amount_tiyn"].tolist() == [5 * purses * PRICE_TIYN] * 4
    assert swapped["amount_tiyn"].tolist() == marked["amount_tiyn"].tolist()
    assert set(swapped["payer"]) == {"treasury"}


def test_every_purse_gets_one_price_each_school_day() -> None:
    """Goal: nobody twice, nobody left out. Method: rows of each day against the register."""
    given = of(log(), "distribute")
    assert set(given["at"]) == {"07:00"}
    assert set(given["amount_tiyn"]) == {PRICE_TIYN}
    by_day = given.groupby("date")["payee"].agg(list)
    assert list(by_day.index) == [day.isoformat() for day in SCHOOL_DAYS]
    assert all(sorted(payees) == sorted(set(payees)) for payees in by_day)
    assert len({tuple(sorted(payees)) for payees in by_day}) == 1
    refused = of(log(), "payment", "refused", reason="beneficiary_not_eligible")["payer"]
    assert set(refused).isdisjoint(by_day.iloc[0])
    assert len(by_day.iloc[0]) + len(set(refused)) == 111


def test_what_is_issued_is_distributed_or_left() -> None:
    """Goal: identity of issue. Method: a rule that gives nothing out on Fridays; the rest stays."""

    def no_fridays(sections: dict[str, dict[str, dict[str, list[object]]]]) -> None:
        sections["rule_books"]["meals_marked"]["rules"].append(
            {
                "id": "not_on_fridays",
                "on": ["distribute"],
                "condition": {
                    "kind": "time_window",
                    "weekdays": ["mon", "tue", "wed", "thu"],
                    "from": "06:00",
                    "until": "08:00",
                },
                "text": {"en": "Nothing is given out on Fridays."},
                "reference": "assumption",
            }
        )

    run = simulate(changed(small(MARKED), no_fridays))
    rows = dated(run)
    issued = total(of(rows, "issue", mark_to=MARK))
    distributed = total(of(rows, "distribute"))
    left = total(of(rows, "return", payer="treasury"))
    assert distributed * 5 == issued * 4
    assert issued == distributed + left
    assert closing(run, mark=MARK) == 0


def test_the_sweep_empties_every_purse_when_the_mark_ends() -> None:
    """Goal: R09. Method: balances of purses before 28 February 23:00 are the rows of the sweep."""
    rows = log()
    swept = of(rows, "return")
    assert set(swept["date"] + " " + swept["at"]) == {"2026-02-28 23:00"}
    assert set(swept["mark"]) == {MARK}
    assert set(swept["mark_to"]) == {""}
    assert set(swept["payee"]) == {"treasury"}
    before = rows[(rows["seq"] < swept["seq"].min()) & (rows["status"] == "settled")]
    came = before[before["mark_to"] == MARK].groupby("payee")["amount_tiyn"].sum()
    went = before[before["mark"] == MARK].groupby("payer")["amount_tiyn"].sum()
    held = came.sub(went, fill_value=0)
    due = {str(holder): int(tiyn) for holder, tiyn in held.items() if tiyn}
    due = {holder: tiyn for holder, tiyn in due.items() if holder.startswith("pupil")}
    assert dict(zip(swept["payer"], swept["amount_tiyn"], strict=True)) == due
    assert closing(run_of(MARKED), mark=MARK) == 0


def test_returned_money_goes_back_to_the_single_account() -> None:
    """Goal: unspent money is the budget's again. Method: the swap on the next business day."""
    swaps = log()
    swaps = swaps[swaps["intent"].str.startswith("school_meals/swap")]
    assert set(swaps["date"] + " " + swaps["at"]) == {"2026-03-02 09:00"}
    assert total(swaps[swaps["form"] == TENGE]) == total(of(log(), "return"))
    into = swaps[swaps["form_to"] == SINGLE]
    assert set(into["payee"]) == {"treasury"}
    assert total(into) == total(of(log(), "return"))


def test_money_stays_marked_until_both_papers_are_there() -> None:
    """Goal: R29. Method: acts two business days late: refused twice, then free."""
    rows = log(*LATE)
    refused = of(rows, "shed", "refused")
    assert set(refused["reason"]) == {"milestone_not_met"}
    assert set(refused["rule"]) == {"act_and_invoice"}
    assert set(zip(refused["value"], refused["limit"], strict=True)) == {(1, 2)}
    for intent, paper in rows[rows["kind"] == "shed"].groupby("intent"):
        day = dt.date.fromisoformat(str(intent).rpartition("/")[2])
        due = [CALENDAR.add_business_days(day, number).isoformat() for number in range(3)]
        assert paper["date"].tolist() == due
        assert paper["status"].tolist() == ["refused", "refused", "settled"]
        assert set(paper["at"]) == {"18:00"}


def test_a_paper_is_for_what_the_school_took_that_day() -> None:
    """Goal: no more becomes free than was paid. Method: each paper's first row against payments."""
    for settings in ((), LATE, PUNCTUAL):
        sheds = log(*settings)
        sheds = sheds[sheds["kind"] == "shed"]
        first = sheds.groupby("intent", sort=False).first()
        found = {
            (str(row["place"]), str(row["intent"]).rpartition("/")[2]): int(row["amount_tiyn"])
            for row in first.reset_index().to_dict("records")
        }
        assert found == taken(log(*settings))


def test_marked_money_cannot_be_converted() -> None:
    """Goal: R08. Method: everybody tries each day while acts are late; refused, nothing moved."""
    always = only("programmes.school_meals.marked.conversion_attempt", "100 %")
    tried = of(log(*LATE, *always), "redeem", "refused")
    assert len(tried) > 20
    assert set(tried["reason"]) == {"conversion_not_allowed"}
    assert set(tried["rule"]) == {"no_conversion"}
    assert set(tried["mark"]) == {MARK}
    without = log(*LATE, *only("programmes.school_meals.marked.conversion_attempt", "0 %"))
    columns = ["time_us", "kind", "status", "payer", "payee", "amount_tiyn", "intent"]
    rest = log(*LATE, *always).drop(tried.index)[columns]
    assert rest.to_numpy().tolist() == without[columns].to_numpy().tolist()


def test_conversion_is_not_asked_for_when_nothing_is_outstanding() -> None:
    """Goal: no honest caterer is refused for nothing. Method: papers always on time."""
    always = only("programmes.school_meals.marked.conversion_attempt", "100 %")
    assert len(of(log(*PUNCTUAL, *always), "redeem", "refused")) == 0


def test_without_the_rule_a_conversion_makes_the_money_free() -> None:
    """Goal: the rule is what forbids it. Method: the same without `no_conversion`."""
    always = only("programmes.school_meals.marked.conversion_attempt", "100 %")
    free = without_rules(small(MARKED, *LATE, *always), "meals_marked", ["no_conversion"])
    run = simulate(free)
    rows = dated(run)
    assert len(of(rows, "redeem", "refused")) == 0
    converted = rows[rows["intent"].str.startswith("school_meals/convert")]
    assert set(converted["kind"]) == {"shed"}
    assert total(converted) == total(of(rows, "payment")) - total(of(rows, "refund", mark=MARK))
    assert closing(run, mark=MARK) == 0


def test_free_money_reaches_the_bank_the_same_day() -> None:
    """Goal: redemption. Method: per caterer and day, shed = redeemed = reserves = deposit."""
    rows = log(*PUNCTUAL)
    redeemed = rows[rows["intent"].str.startswith("school_meals/redeem")]
    shed = of(rows, "shed")
    due = shed.groupby(["payer", "date"])["amount_tiyn"].sum().to_dict()
    assert set(redeemed["at"]) == {"18:30"}
    for form, side in ((TENGE, "payer"), (DEPOSIT, "payee")):
        legs = redeemed[redeemed["form_to"] == form]
        assert legs.groupby([side, "date"])["amount_tiyn"].sum().to_dict() == due
    reserves = redeemed[redeemed["form_to"] == "bank_reserve"]
    assert total(reserves) == total(shed)


def refund_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each meal that was refunded with the first row of its refund."""
    meals = of(rows, "payment").set_index("intent")
    refunds = rows[rows["intent"].isin(meals.index) & rows["kind"].isin(["refund", "return"])]
    first = refunds.groupby("intent").first()
    return first.join(meals[["date", "payer", "payee"]].add_suffix("_of_meal"))


def test_a_refund_before_shedding_keeps_the_mark() -> None:
    """Goal: unshed money goes straight back. Method: late acts, rows of the next business day."""
    found = refund_days(log(*LATE, *COMPLAINTS))
    early = found[found["date_of_meal"] < LAST_DAY]
    assert len(early) > 100
    for row in early.itertuples():
        meal_day = dt.date.fromisoformat(str(row.date_of_meal))
        assert row.date == CALENDAR.add_business_days(meal_day, 1).isoformat()
        assert (row.kind, row.at, row.mark, row.mark_to) == ("refund", "15:30", MARK, MARK)
        assert (row.payer, row.payee) == (row.payee_of_meal, row.payer_of_meal)
        assert row.amount_tiyn == PRICE_TIYN


def test_a_refund_before_shedding_lessens_the_paper() -> None:
    """Goal: what was given back is not shed. Method: last row of each paper = taken − refunded."""
    rows = log(*LATE, *COMPLAINTS)
    found = refund_days(rows)
    returned = found.groupby(["place", "date_of_meal"])["amount_tiyn"].sum().to_dict()
    shed = of(rows, "shed")
    days = {
        (str(row["place"]), str(row["intent"]).rpartition("/")[2]): int(row["amount_tiyn"])
        for row in shed.to_dict("records")
    }
    assert days == {key: tiyn - returned.get(key, 0) for key, tiyn in taken(rows).items()}


def test_a_refund_after_shedding_restores_the_mark() -> None:
    """Goal: R40. Method: acts on time; the refund's legs take the deposit and mark it again."""
    rows = log(*PUNCTUAL, *COMPLAINTS)
    refunds = of(rows, "refund")
    early = refunds[refunds["date"] < "2026-03-01"]
    restored = early[early["mark_to"] == MARK]
    assert set(restored["mark"]) == {""}
    assert set(restored["payee"].str[:6]) == {"pupil-"}
    taken_back = early[early["form"] == DEPOSIT]
    assert total(restored) == total(taken_back) == len(restored) * PRICE_TIYN
    assert set(taken_back["payer"].str[:8]) == {"caterer-"}
    assert len(restored) > 100
    meals = of(rows, "payment").set_index("intent")["payer"]
    assert restored["payee"].tolist() == meals[restored["intent"]].tolist()


def test_without_the_effect_a_refund_after_shedding_is_free_money() -> None:
    """Goal: the effect restores the mark. Method: the book without it; purses hold free money."""
    settings = (*PUNCTUAL, *COMPLAINTS)
    lost = without_rules(small(MARKED, *settings), "meals_marked", ["refund_keeps_mark"])
    run = simulate(lost)
    rows = dated(run)
    refunds = of(rows, "refund")
    assert MARK not in set(refunds["mark_to"])
    into_purses = refunds[refunds["payee"].str.startswith("pupil-")]
    with_effect = of(log(*settings), "refund", mark_to=MARK)
    assert into_purses["intent"].tolist() == with_effect["intent"].tolist()
    assert closing(run, "pupil-", TENGE, "") == total(into_purses) > 0
    assert closing(run_of(MARKED, *settings), "pupil-") == 0


@pytest.mark.parametrize("papers", [LATE, PUNCTUAL], ids=["unshed", "shed"])
def test_a_refund_after_expiry_goes_to_the_budget(papers: tuple[str, ...]) -> None:
    """Goal: no mark lives on. Method: meals of the last day, refunded on 2 March, shed or not."""
    run = run_of(MARKED, *papers, *COMPLAINTS)
    rows = log(*papers, *COMPLAINTS)
    late = rows[(rows["date"] > "2026-02-28") & rows["kind"].isin(["refund", "return"])]
    last = refund_days(rows)
    last = last[last["date_of_meal"] == LAST_DAY]
    assert set(late["intent"]) == set(last.index)
    assert len(last) > 10
    assert MARK not in set(late["mark_to"])
    if papers is PUNCTUAL:
        home = late[late["form_to"] == SINGLE]
    else:
        home = late[late["mark"] == MARK]
        assert set(home["kind"]) == {"return"}
    assert set(home["payee"]) == {"treasury"}
    assert total(home) == len(last) * PRICE_TIYN
    assert closing(run, "treasury", TENGE) == 0
    assert closing(run, mark=MARK) == 0


@pytest.mark.parametrize("settings", [(), LATE, (*LATE, *COMPLAINTS), (*PUNCTUAL, *COMPLAINTS)])
def test_the_appropriation_is_spent_or_left(settings: tuple[str, ...]) -> None:
    """Goal: conservation of a whole run. Method: meals kept paid + the rest = what was opened."""
    run, rows = run_of(MARKED, *settings), log(*settings)
    opened = total(of(rows, "opening"))
    spent = total(of(rows, "payment")) - len(refund_days(rows)) * PRICE_TIYN
    assert closing(run, "caterer-") == closing(run, "caterer-", DEPOSIT) == spent
    assert opened == spent + closing(run, "treasury", SINGLE)
    assert closing(run, "bank_", "bank_reserve") == spent
    assert closing(run) == opened + spent


def test_the_appropriation_is_what_can_fall_due_and_the_margin() -> None:
    """Goal: the budget's size. Method: every pupil, every school day, plus 3.03 %, rounded down."""
    due = 111 * len(SCHOOL_DAYS) * PRICE_TIYN
    assert total(of(log(), "opening")) == due + due * 303 // 10_000


def test_a_kiosk_sells_nothing_for_marked_money() -> None:
    """Goal: R01, R03. Method: every pupil tries; all are refused as payee, nothing moves."""
    run = run_of(MARKED, *behaviour(kiosk_attempt="100 %"))
    rows = dated(run)
    tried = rows[rows["true_label"] == "off_purpose"]
    assert len(tried) > 1_900
    assert set(tried["status"]) == {"refused"}
    assert set(tried["reason"]) <= {"payee_not_allowed", "beneficiary_not_eligible"}
    assert closing(run, "kiosk-") == 0


def with_version(issued_from: str) -> Run:
    """Return a run whose book stops paying on Fridays for money issued from a day on."""

    def change(sections: dict[str, Any]) -> None:
        book = sections["rule_books"]["meals_marked"]
        window = {"kind": "time_window", "weekdays": ["mon", "tue", "wed", "thu"]}
        rule = {
            "id": "not_on_fridays",
            "condition": window,
            "text": {"en": "No meal is paid on a Friday."},
            "reference": "assumption",
        }
        newer = {**book, "rules": [*book["rules"], rule]}
        book["versions"] = [{**newer, "issued_from": issued_from}]

    return simulate(changed(small(MARKED), change), seed=1)


def test_the_version_of_the_days_of_issue_decides_and_no_other() -> None:
    """Goal: R56. Method: a version from before the first issue, on it, and after the last."""
    plain = dated(simulate(small(MARKED), seed=1))
    before, on_it, after = (
        dated(with_version(day)) for day in ("2026-01-01", "2026-02-02", "2026-02-24")
    )
    for rows in (before, on_it):
        refused = of(rows, "payment", "refused")
        assert "not_on_fridays" in set(refused["rule"])
        fridays = {dt.date.fromisoformat(day).weekday() for day in of(rows, "payment")["date"]}
        assert fridays == {0, 1, 2, 3}
    assert taken(after) == taken(plain) != taken(before)
