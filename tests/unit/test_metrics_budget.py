"""Metrics of budgets and income, against sums over the rows that anybody could make by hand."""

import datetime as dt
from fractions import Fraction

import pandas as pd
import pytest

from tengesim import Run, load_scenario, simulate
from tengesim.clock import DAY_US
from tengesim.scenario.terms import metric_terms
from tests import economies
from tests.dated_log import dated
from tests.unit.test_institutions_budget import BOTH, INVOICE, LAPSE, YEAR_END, year

MONTH = "household_month"


def value_of(run: Run, name: str) -> Fraction:
    """Return the exact value of a metric, money in tiyn."""
    [row] = run.metrics[run.metrics["metric"] == name].to_dict("records")
    denominator = 1 if pd.isna(row["denominator"]) else int(row["denominator"])
    return Fraction(int(row["numerator"]), denominator)


def acts_of(rows: pd.DataFrame, kind: str) -> dict[str, tuple[int, int]]:
    """Return time and amount of each intent of acts under contracts."""
    chosen = rows[(rows["kind"] == kind) & (rows["evidence"] & INVOICE > 0)]
    if kind == "budget_payment":
        chosen = chosen[
            (chosen["form"] == "cash_control_account") & (chosen["status"] == "settled")
        ]
    return {
        str(intent): (int(time_us), int(amount))
        for intent, time_us, amount in zip(
            chosen["intent"], chosen["time_us"], chosen["amount_tiyn"], strict=True
        )
    }


@pytest.fixture(scope="module", params=BOTH)
def played(request: pytest.FixtureRequest) -> tuple[Run, pd.DataFrame]:
    """Return a small year and its dated rows."""
    run = simulate(year(request.param))
    return run, dated(run)


def paid_in(rows: pd.DataFrame, first: str, before: str, *, acts_only: bool = False) -> int:
    """Return what left the cash-control accounts from a date to before another."""
    chosen = rows[
        (rows["kind"] == "budget_payment")
        & (rows["status"] == "settled")
        & (rows["form"] == "cash_control_account")
        & (rows["date"] >= first)
        & (rows["date"] < before)
    ]
    if acts_only:
        chosen = chosen[chosen["evidence"] & INVOICE > 0]
    return sum(chosen["amount_tiyn"].tolist())


def test_shares_of_the_year_are_sums_of_its_months(played: tuple[Run, pd.DataFrame]) -> None:
    """Goal: execution, December's share and excess. Method: sums by date."""
    run, rows = played
    in_year = paid_in(rows, "2026-01-01", YEAR_END)
    december = paid_in(rows, "2026-12-01", YEAR_END)
    terms = metric_terms(run.scenario).budget
    assert terms is not None
    assert value_of(run, "budget_paid") == paid_in(rows, "2026-01-01", "2028-01-01")
    assert value_of(run, "budget_execution") == Fraction(in_year, terms.appropriation_tiyn)
    assert value_of(run, "december_share") == Fraction(december, in_year)
    calendar = run.scenario.clock.calendar()
    days = {
        name: len(calendar.business_days(dt.date(2026, first, 1), before))
        for name, first, before in (
            ("usual", 7, dt.date(2026, 12, 1)),
            ("december", 12, dt.date(2027, 1, 1)),
        )
    }
    usual = Fraction(paid_in(rows, "2026-07-01", "2026-12-01", acts_only=True), days["usual"])
    last = Fraction(paid_in(rows, "2026-12-01", YEAR_END, acts_only=True), days["december"])
    assert value_of(run, "december_excess") == last / usual - 1


def test_arrears_are_what_is_accepted_and_unpaid_over_time(
    played: tuple[Run, pd.DataFrame],
) -> None:
    """Goal: mean and year's end. Method: each act's own span, wages and transfers included."""
    run, rows = played
    accepted = rows[rows["kind"] == "acceptance"].set_index("intent")
    paid = rows[
        (rows["kind"] == "budget_payment")
        & (rows["status"] == "settled")
        & (rows["form"] == "cash_control_account")
    ].set_index("intent")["time_us"]
    terms = metric_terms(run.scenario).budget
    assert terms is not None
    area = unpaid = 0
    for intent, time_us, amount in zip(
        accepted.index, accepted["time_us"], accepted["amount_tiyn"], strict=True
    ):
        until = min(int(paid.get(intent, terms.year_end_us)), terms.year_end_us)
        if time_us < terms.year_end_us:
            area += int(amount) * (until - int(time_us))
            unpaid += int(amount) * (until == terms.year_end_us)
    length = terms.year_end_us - terms.year_start_us
    assert value_of(run, "arrears_mean") == area // length
    assert value_of(run, "arrears_year_end") == unpaid


def test_waits_and_interest_are_those_of_single_acts(played: tuple[Run, pd.DataFrame]) -> None:
    """Goal: mean wait, and interest on whole days beyond the term. Method: act by act."""
    run, rows = played
    accepted, paid = acts_of(rows, "acceptance"), acts_of(rows, "budget_payment")
    assert len(paid) > 500
    waited = [paid[intent][0] - accepted[intent][0] for intent in paid]
    assert value_of(run, "act_wait") == Fraction(sum(waited), len(waited) * DAY_US)
    terms = metric_terms(run.scenario)
    weighted = 0
    for intent, (time_us, amount) in accepted.items():
        until = paid.get(intent, (terms.end_us, 0))[0]
        weighted += amount * (max(until - time_us - 30 * DAY_US, 0) // DAY_US)
    assert value_of(run, "late_interest") == weighted * 1_800 // (10_000 * 365)
    assert weighted > 0


def test_a_horizon_that_ends_before_the_year_says_so() -> None:
    """Goal: no December, no number. Method: a run of half a year."""
    scenario = load_scenario(LAPSE, settings=["population.scale=0.0001", "clock.end=2026-07-01"])
    metrics = simulate(scenario).metrics
    why = dict(zip(metrics["metric"], metrics["why"], strict=True))
    without = set(metrics.loc[metrics["value"].isna(), "metric"])
    for name in ("budget_execution", "december_share", "december_excess", "arrears_year_end"):
        assert name in without
        assert "ends before the budget year" in why[name]
    assert "budget_paid" not in without


def test_everybody_is_credited_once_what_is_due() -> None:
    """Goal: orders become credits, one each. Method: rows of a month against the metrics."""
    run = economies.run_of(MONTH)
    rows = run.events
    credited = rows[
        rows["kind"].isin(["wage", "benefit"])
        & (rows["status"] == "settled")
        & (rows["true_label"] == "honest")
    ]
    for kind, name in (("wage", "wage_mean"), ("benefit", "benefit_mean")):
        own = credited[credited["kind"] == kind]
        assert len(own) > 100
        assert not own.duplicated(["intent", "payee"]).any()
        assert value_of(run, name) == Fraction(sum(own["amount_tiyn"].tolist()), len(own))
        # One programme, one person, one credit a month.
        people = own["programme"].astype(str) + own["payee"].astype(str)
        assert people.is_unique
    assert value_of(run, "income_credited") == sum(credited["amount_tiyn"].tolist())
