"""Worlds changed in ways whose effect is known exactly, though no formula gives the results."""

import datetime as dt
import re
from typing import Any, Final

import pytest

from tengesim import Run, Scenario, simulate
from tests.worlds import (
    ARMS,
    HEADCOUNT,
    MARKED,
    WALLET,
    behaviour,
    changed,
    only,
    run_of,
    small,
    texts,
    with_programme,
    without_rules,
)

SHIFT: Final = dt.timedelta(weeks=8)
SHIFT_US: Final = SHIFT // dt.timedelta(microseconds=1)
DAY: Final = re.compile(r"2026-\d\d-\d\d")

# Chances of 0 or 1 are the same on every day, so a shifted month is the same month.
CERTAIN: Final = (
    *behaviour(absence="0 %", double_scan="0 %", unserved="0 %", kiosk_attempt="100 %"),
    *behaviour(**{f"methods__{method}__failure": "0 %" for method in ("card", "qr", "palm")}),
)
PUNCTUAL: Final = (
    *only("programmes.school_meals.marked.documents.act_on_time", "0 %"),
    *only("programmes.school_meals.marked.documents.invoice_matched", "0 %"),
    *only("programmes.school_meals.marked.conversion_attempt", "100 %"),
)


def amounts(factor: int) -> tuple[str, ...]:
    """Return settings that multiply every amount of the study by `factor`."""
    costs = {"card": 20, "qr": 50, "palm": 500}
    return (
        *only("programmes.school_meals.price", f"{811 * factor} KZT"),
        *behaviour(
            kiosk_ticket=f"{300 * factor} KZT",
            risk_cost_max=f"{800 * factor} KZT",
            **{
                f"methods__{m}__forging_cost": f"{tenge * factor} KZT" for m, tenge in costs.items()
            },
        ),
        f"rule_books.meals_marked.rules.7.condition.limit={811 * factor} KZT",
        f"rule_books.meals_marked.rules.9.condition.limit={811 * factor} KZT",
        # A margin that is a whole number of tiyn at either size.
        *only("treasury.appropriation_margin", "3 %"),
    )


def without_amounts(run: Run) -> list[list[object]]:
    """Return all columns that hold no money."""
    columns = [name for name in run.events.columns if name not in {"amount_tiyn", "value", "limit"}]
    rows: list[list[object]] = run.events[columns].astype(str).to_numpy().tolist()
    return rows


@pytest.mark.parametrize("arm", ARMS)
def test_ten_times_the_money_gives_ten_times_the_amounts_and_nothing_else(arm: str) -> None:
    """Goal: R-32, scale. Method: every amount and limit × 10; rows, balances, counts compared."""
    one, ten = run_of(arm, *amounts(1)), run_of(arm, *amounts(10))
    assert without_amounts(one) == without_amounts(ten)
    assert (one.rows["amount_tiyn"] * 10).tolist() == ten.rows["amount_tiyn"].tolist()
    for few, many in zip(one.accounts_table, ten.accounts_table, strict=True):
        assert few[:4] == many[:4]
        assert [10 * tiyn for tiyn in few[4:]] == list(many[4:])


def test_ten_times_all_but_the_price_would_be_noticed() -> None:
    """Goal: the test above can fail. Method: costs and limits × 10, the price as it was."""
    same_price = (*amounts(10), *only("programmes.school_meals.price", "811 KZT"))
    assert without_amounts(run_of(HEADCOUNT, *amounts(1))) != without_amounts(
        run_of(HEADCOUNT, *same_price)
    )


def shifted(scenario: Scenario) -> Scenario:
    """Return `scenario` with every day of 2026 eight weeks later."""

    def later(match: re.Match[str]) -> str:
        return (dt.date.fromisoformat(match[0]) + SHIFT).isoformat()

    def move(part: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(part, dict):
            return {key: move(value) for key, value in part.items()}
        if isinstance(part, list):
            return [move(value) for value in part]
        is_day = isinstance(part, str) and DAY.fullmatch(part)
        return DAY.sub(later, part) if is_day else part

    return changed(scenario, lambda sections: sections.update(move(sections)))


def counts(run: Run) -> dict[tuple[str, ...], int]:
    """Return rows by kind, status, reason and truth."""
    columns = ["kind", "status", "reason", "true_label"]
    found = run.events[columns].astype(str).value_counts()
    return {
        tuple(map(str, key)): int(count) for key, count in found.items() if isinstance(key, tuple)
    }


@pytest.mark.parametrize("arm", ARMS)
def test_a_month_eight_weeks_later_is_the_same_month(arm: str) -> None:
    """Goal: R-32, the calendar. Method: no holidays, certain chances; counts and times shifted."""
    settings = ("clock.holidays=[]", *CERTAIN, *(PUNCTUAL if arm == MARKED else ()))
    early, late = run_of(arm, *settings), simulate(shifted(small(arm, *settings)))
    assert counts(early) == counts(late)
    institutions = [
        (run.rows[run.rows["intent"] >= 0][["time_us", "kind", "status", "amount_tiyn"]])
        for run in (early, late)
    ]
    assert (institutions[0]["time_us"] + SHIFT_US).tolist() == institutions[1]["time_us"].tolist()
    for name in ("kind", "status", "amount_tiyn"):
        assert institutions[0][name].tolist() == institutions[1][name].tolist()


def test_a_holiday_in_the_shifted_month_would_be_noticed() -> None:
    """Goal: the test above can fail. Method: a free Wednesday in the later month, then in both."""
    free_day = 'clock.holidays=[{day: 2026-02-11, name: "a Wednesday", source: assumption}]'
    late = simulate(shifted(small(WALLET, free_day, *CERTAIN)))
    assert counts(late) != counts(run_of(WALLET, "clock.holidays=[]", *CERTAIN))
    assert counts(late) == counts(run_of(WALLET, free_day, *CERTAIN))


UNREACHED: Final[dict[str, Any]] = {
    "id": "a_fortune_a_month",
    "condition": {"kind": "amount_per_period_at_most", "period": "month", "limit": "1 m KZT"},
    "text": {"en": "A pupil spends at most a million tenge a month."},
    "reference": "assumption",
}


@pytest.mark.parametrize(("arm", "book"), [(WALLET, "meals_voucher"), (MARKED, "meals_marked")])
def test_a_limit_nobody_reaches_changes_nothing(arm: str, book: str) -> None:
    """Goal: R-32, limits. Method: one more rule, far away; the log is the same to the byte."""
    more = changed(
        small(arm), lambda sections: sections["rule_books"][book]["rules"].append(UNREACHED)
    )
    assert simulate(more).digest == run_of(arm).digest


def test_a_limit_that_is_reached_changes_the_log() -> None:
    """Goal: the test above can fail. Method: the same rule with ten meals a month."""
    tight = {**UNREACHED, "condition": {**UNREACHED["condition"], "limit": "8110 KZT"}}
    fewer = changed(
        small(MARKED),
        lambda sections: sections["rule_books"]["meals_marked"]["rules"].append(tight),
    )
    rules = set(simulate(fewer).events["rule"].astype(str))
    assert "a_fortune_a_month" in rules
    assert "a_fortune_a_month" not in set(run_of(MARKED).events["rule"].astype(str))


@pytest.mark.parametrize("arm", ARMS)
def test_a_longer_horizon_without_activity_changes_nothing(arm: str) -> None:
    """Goal: R-32, the horizon. Method: two weeks more after everything is paid."""
    assert run_of(arm, "clock.end=2026-03-29").digest == run_of(arm).digest


@pytest.mark.parametrize("arm", ARMS)
def test_a_horizon_that_starts_earlier_changes_nothing_but_the_opening(arm: str) -> None:
    """Goal: no draw depends on the start. Method: a fortnight before; rows after the opening."""
    earlier, usual = run_of(arm, "clock.start=2026-01-18"), run_of(arm)
    assert texts(earlier.events)[1:] == texts(usual.events)[1:]


@pytest.mark.parametrize("arm", ARMS)
def test_one_more_programme_leaves_every_unrelated_row_unchanged(arm: str) -> None:
    """Goal: grain of common random numbers. Method: the same meals a second time, rows as text."""
    both = simulate(with_programme(small(arm), "second_breakfast")).events
    kept = both[both["programme"] != "second_breakfast"]
    assert texts(kept) == texts(run_of(arm).events)
    assert abs(len(both) - 2 * len(kept)) < len(kept) // 10


def test_a_programme_that_shares_the_counters_of_another_would_be_noticed() -> None:
    """Goal: the test above can fail. Method: leave a rule of the first programme out instead."""
    fewer = simulate(without_rules(small(MARKED), "meals_marked", ["one_meal_a_day"]))
    assert texts(fewer.events) != texts(run_of(MARKED).events)


@pytest.mark.parametrize("arm", ARMS)
def test_two_schools_more_leave_the_absences_of_pupils_as_they_were(arm: str) -> None:
    """Goal: chance is per person. Method: who comes on which day, by pupil, in 3 and 5 schools."""
    found = []
    for schools in ("3 schools", "5 schools"):
        events = run_of(arm, *only("population.schools", schools)).events
        meals = events[(events["true_label"] == "honest") & (events["attempt"] == 0)]
        meals = meals[meals["kind"].isin(["payment", "delivery"])]
        days = meals["intent"].astype(str).str.extract(r"(\d{4}-\d\d-\d\d)T\d\d/(\d+)$")
        found.append(sorted(map(tuple, days.to_numpy().tolist())))
    assert found[0] == found[1]
    assert len(found[0]) > 1_900
