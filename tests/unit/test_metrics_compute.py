"""The table of metrics: types, gaps with reasons, nobody, much money, and velocity."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import tengesim
from tengesim.codes import Evidence, Kind, Status, TrueLabel
from tengesim.errors import InvariantError
from tengesim.journal.names import intent_of_want
from tengesim.journal.tables import accounts_frame, cube_frame, events_frame
from tengesim.metrics.compute import COLUMNS, MetricTerms, metrics_frame
from tengesim.metrics.readings import Readings
from tengesim.metrics.supply import mean_supply, payments_tiyn, velocity
from tests.builders import CALENDAR, FIRST_DAY, Account, History
from tests.metrics_world import ARMS, exact, judged, month, rows_of, terms_of, values

DAY_US = 86_400_000_000
START_US = CALENDAR.at(FIRST_DAY)
TERMS = MetricTerms(
    start_us=START_US, end_us=START_US + 10 * DAY_US, base_rate_bp=1_800, spread_bp=400
)
MARK = "meals"
ISSUER, TREASURY = Account("national_bank"), Account("treasury", mark=MARK)


def metrics_of(history: History, terms: MetricTerms = TERMS) -> pd.DataFrame:
    """Return the metrics of a history."""
    return metrics_frame(
        events_frame(history.journal.rows(), history.names),
        cube_frame(history.cube.cells(), history.names),
        accounts_frame(history.accounts()),
        terms=terms,
    )


def marked_meals(count: int, price_tiyn: int) -> History:
    """Return a history in which marked money pays one meal a pupil and is shed a day later."""
    history = History()
    stratum = history.names.id("school_meals/school/meal")
    history.row(Kind.ISSUE, ISSUER, TREASURY, count * price_tiyn, time_us=START_US)
    caterer = Account("caterer", mark=MARK)
    for pupil in range(count):
        purse = Account(f"pupil {pupil}", mark=MARK)
        history.row(Kind.DISTRIBUTE, TREASURY, purse, price_tiyn, time_us=START_US)
    for pupil in range(count):
        history.row(
            Kind.PAYMENT,
            Account(f"pupil {pupil}", mark=MARK),
            caterer,
            price_tiyn,
            time_us=START_US + DAY_US,
            intent=intent_of_want(stratum, (START_US + DAY_US) // 3_600_000_000, pupil),
            label=TrueLabel.HONEST,
        )
    shed_us = START_US + 2 * DAY_US
    history.row(Kind.SHED, caterer, Account("caterer"), count * price_tiyn, time_us=shed_us)
    return history


def test_types_of_columns_are_exact() -> None:
    """Goal: no count or amount is a float. Method: dtypes of the table."""
    frame = month("marked").metrics
    assert tuple(frame.columns) == COLUMNS
    types = frame.dtypes.astype(str).to_dict()
    assert types["value"] == "float64"
    assert types["numerator"] == types["denominator"] == "Int64"
    assert types["uses_truth"] == "bool"
    assert all(isinstance(why, str) for why in frame["why"])


@pytest.mark.parametrize("arm", ARMS)
def test_a_gap_and_a_reason_come_together(arm: str) -> None:
    """Goal: nothing is missing without a word. Method: values against reasons."""
    frame = month(arm).metrics
    assert (frame["value"].isna() == (frame["why"] != "")).all()
    assert (frame["value"].isna() == frame["numerator"].isna()).all()
    assert not np.isinf(frame["value"]).any()


@pytest.mark.parametrize("arm", ARMS)
def test_nobody_gives_zeroes_and_gaps(arm: str) -> None:
    """Goal: R-27, an empty world is judged without an exception. Method: no pupils at all."""
    run = month(arm, 1, "population.pupils.low=0 pupils", "population.pupils.value=0 pupils")
    frame = run.metrics
    amounts = frame[frame["denominator"].isna() & (frame["why"] == "")]
    assert (amounts["value"] == 0).all()
    shares = frame[frame["unit"].isin(["share", "days", "times"])]
    assert (shares["why"] != "").all()
    assert "0 meals were due" in values(frame, "why")["exclusion_error"]


@pytest.mark.parametrize("arm", ARMS)
def test_no_row_at_all_is_judged(arm: str) -> None:
    """Goal: even a log without rows has metrics. Method: cut log, cube and accounts to nothing."""
    run = month(arm)
    frame = metrics_frame(
        run.events.iloc[:0], run.cube.iloc[:0], run.accounts.iloc[:0], terms=terms_of(run)
    )
    assert (frame["value"].fillna(0) == 0).all()
    assert (frame["why"] != "").any()


@pytest.mark.parametrize(("meals", "is_defined"), [(29, False), (30, True)])
def test_a_ratio_needs_thirty_cases(meals: int, is_defined: bool) -> None:  # noqa: FBT001
    """Goal: small numbers are not called rates. Method: 29 meals and 30 meals."""
    frame = metrics_of(marked_meals(meals, 81_100))
    for metric in ("phantom_share", "leakage", "delay", "blocked", "velocity"):
        assert (not np.isnan(values(frame)[metric])) == is_defined, metric
        assert (values(frame, "why")[metric] == "") == is_defined, metric
    assert values(frame)["meals_paid"] == meals


def test_money_beyond_53_bits_keeps_its_digits() -> None:
    """Goal: R-08. Method: thirty-one meals whose money no float can hold."""
    price_tiyn = 2**49 + 1
    history = marked_meals(31, price_tiyn)
    found = exact(metrics_of(history))
    money = 31 * price_tiyn
    assert float(money) != money
    for metric in ("paid_amount", "supply_peak"):
        assert found[metric] == (money, None, "")
    assert found["leakage"] == (0, money, "")
    assert found["delay"] == (money, money, "")
    assert found["velocity"] == (money, money, "")
    assert found["financing_cost"][0] == money * 2_200 // (10_000 * 365)


def test_a_number_beyond_64_bits_is_an_error_that_names_it() -> None:
    """Goal: R-07, no wrapping. Method: waiting money × days beyond the largest whole number."""
    history = marked_meals(31, 2**57 - 1)
    history.row(
        Kind.PAYMENT,
        Account("pupil 0", mark=MARK),
        Account("slow caterer", mark=MARK),
        2**60,
        time_us=START_US,
        intent=history.names.id("slow"),
        label=TrueLabel.HONEST,
    )
    with pytest.raises(InvariantError, match="delay"):
        metrics_of(history)


def test_accounts_that_disagree_with_the_log_are_refused() -> None:
    """Goal: metrics are not computed from a broken run. Method: one tiyn off at the issuer."""
    run = month("marked")
    accounts = run.accounts.copy()
    issuer = (accounts["holder"].astype(str) == accounts["keeper"].astype(str)) & (
        accounts["form"] == "digital_tenge"
    )
    accounts.loc[issuer, "closing_tiyn"] -= 1
    with pytest.raises(InvariantError, match="outstanding"):
        metrics_frame(run.events, run.cube, accounts, terms=terms_of(run))


def test_a_horizon_has_a_duration() -> None:
    """Goal: no division by an empty horizon. Method: end at the start."""
    with pytest.raises(ValueError, match="not after"):
        replace(TERMS, end_us=TERMS.start_us)


@pytest.mark.parametrize(("days", "expected"), [(2, 0), (95, 35)])
def test_open_money_blocks_a_meal_at_the_horizon_or_after_ninety_days(
    days: int, expected: int
) -> None:
    """Goal: blocked is followed to a stated end. Method: shed after 1 day and after 94 days."""
    history = History()
    stratum = history.names.id("school_meals/school/meal")
    caterer = Account("caterer", mark=MARK)
    history.row(Kind.ISSUE, ISSUER, TREASURY, 35, time_us=START_US)
    for pupil in range(35):
        purse = Account(f"pupil {pupil}", mark=MARK)
        history.row(Kind.DISTRIBUTE, TREASURY, purse, 1, time_us=START_US)
        intent = intent_of_want(stratum, START_US // 3_600_000_000, pupil)
        history.row(
            Kind.PAYMENT, purse, caterer, 1, time_us=START_US, intent=intent,
            label=TrueLabel.HONEST,
        )  # fmt: skip
    shed_us = START_US + days * DAY_US
    history.row(Kind.SHED, caterer, Account("caterer"), 35, time_us=shed_us)
    terms = replace(TERMS, end_us=START_US + 200 * DAY_US)
    assert exact(metrics_of(history, terms))["blocked"] == (expected, 35, "")


def test_waiting_is_matched_first_in_first_out() -> None:
    """Goal: delays are areas. Method: two meals, one released in two parts, one never."""
    history = History()
    stratum = history.names.id("school_meals/school/meal")
    caterer = Account("caterer", mark=MARK)
    history.row(Kind.ISSUE, ISSUER, TREASURY, 3_100, time_us=START_US)
    for meal in range(31):
        moment_us = START_US + (0 if meal == 0 else DAY_US)
        history.row(
            Kind.PAYMENT,
            TREASURY,
            caterer,
            100,
            time_us=moment_us,
            intent=intent_of_want(stratum, moment_us // 3_600_000_000, meal),
            label=TrueLabel.HONEST,
        )
    for days, part_tiyn in ((2, 60), (4, 70)):
        history.row(
            Kind.SHED, caterer, Account("caterer"), part_tiyn, time_us=START_US + days * DAY_US
        )
    # 60 wait 2 days, 40 wait 4, 30 wait 3, and 2,970 wait 9 days, to the end of the horizon.
    found = exact(metrics_of(history))
    assert found["delay"] == (60 * 2 + 40 * 4 + 30 * 3 + 2_970 * 9, 3_100, "")
    assert found["blocked"] == (30, 31, "")


def test_v17_payments_are_velocity_times_the_time_average_of_money() -> None:
    """Goal: V17, exact from the log. Method: payments and money over time in plain loops."""
    run = month("marked")
    terms = terms_of(run)
    readings = Readings(run.events, run.cube, terms)
    payments, area, supply, last_us = 0, 0, 0, terms.start_us
    for row in rows_of(run):
        if row["status"] not in ("settled", "posted"):
            continue
        area += supply * (row["time_us"] - last_us)
        last_us, amount_tiyn = row["time_us"], row["amount_tiyn"]
        if row["form"] == "digital_tenge" and row["payer"] == row["keeper"]:
            supply += amount_tiyn
        if row["form_to"] == "digital_tenge" and row["payee"] == row["keeper_to"]:
            supply -= amount_tiyn
        payments += amount_tiyn if row["kind"] == "payment" else 0
    area += supply * (terms.end_us - last_us)
    horizon_us = terms.end_us - terms.start_us
    assert payments == payments_tiyn(readings) > 0
    assert mean_supply(readings) == Fraction(area, horizon_us)
    assert velocity(readings) * Fraction(area, horizon_us) == payments


def test_v17_fails_when_a_tenth_of_the_payments_is_not_counted() -> None:
    """Goal: V17 can fail. Method: leave every tenth payment out of the cube that is read."""
    run = month("marked")
    readings = Readings(run.events, run.cube, terms_of(run))
    cube = run.cube.copy()
    paid = (cube["kind"] == "payment") & (cube["status"] == "settled")
    cube.loc[paid, "amount_tiyn"] = cube.loc[paid, "amount_tiyn"] * 9 // 10
    fewer = Readings(run.events, cube, terms_of(run))
    assert velocity(fewer) * mean_supply(readings) != payments_tiyn(readings)


def test_off_purpose_spending_is_leakage_and_no_phantom_meal() -> None:
    """Goal: what is undue counts as what it is. Method: one purchase at a kiosk is accepted."""
    history = marked_meals(31, 100)
    history.row(
        Kind.PAYMENT,
        Account("pupil 0", mark=MARK),
        Account("kiosk", mark=MARK),
        40,
        time_us=START_US + DAY_US,
        intent=history.names.id("ice cream"),
        label=TrueLabel.OFF_PURPOSE,
    )
    found = exact(metrics_of(history))
    assert found["leakage"] == (40, 3_140, "")
    assert found["phantom_meals"] == (0, None, "")
    assert found["traced_but_false"] == (40, 3_140, "")


def test_a_refused_attempt_that_is_cured_harms_only_at_first() -> None:
    """Goal: the unit is the intent. Method: one meal refused and then paid, among 31."""
    history = marked_meals(31, 100)
    stratum = history.names.id("school_meals/school/meal")
    purse, caterer = Account("late pupil", mark=MARK), Account("caterer", mark=MARK)
    for attempt, status in enumerate((Status.REFUSED, Status.SETTLED)):
        history.row(
            Kind.PAYMENT,
            purse,
            caterer,
            100,
            time_us=START_US + DAY_US,
            status=status,
            intent=intent_of_want(stratum, (START_US + DAY_US) // 3_600_000_000, 99),
            attempt=attempt,
            label=TrueLabel.HONEST,
        )
    found = exact(metrics_of(history))
    assert found["meals_due"] == (32, None, "")
    assert found["honest_refused"] == (0, None, "")
    assert found["honest_refused_first_attempt"] == (1, 32, "")


def test_a_head_count_names_nobody() -> None:
    """Goal: privacy follows what is written down. Method: reported and proven meals."""
    reported, proven = month("headcount").metrics, month("social_wallet").metrics
    for frame, expected in ((reported, 0.0), (proven, 1.0)):
        assert values(frame)["persons_identified_auditor"] == expected
        assert values(frame)["persons_identified_public"] == 0.0


def test_palm_templates_count_persons_and_days() -> None:
    """Goal: person-years of what cannot be changed. Method: pupils with a palm flag, 42 days."""
    run = month("marked")
    palms = {row["payer"] for row in rows_of(run) if row["evidence"] & Evidence.PRESENCE_PALM}
    assert palms
    assert exact(run.metrics)["templates_held"] == (len(palms) * 42, 365, "")


def test_metrics_of_a_run_are_those_of_its_tables() -> None:
    """Goal: a run read back is judged alike. Method: tables with text columns for categories."""
    run: tengesim.Run = month("social_wallet")
    events = run.events.astype(dict.fromkeys(run.events.select_dtypes("category").columns, object))
    assert exact(judged(run, events, run.cube)) == exact(run.metrics)
