"""Claims about the metrics of wallets: columns agree with plain loops over the rows."""

from fractions import Fraction
from functools import cache
from typing import Any

import pandas as pd

from tengesim.codes import Form, Kind, Status, column_text
from tengesim.journal.cube import Cube
from tengesim.journal.tables import cube_frame, events_frame
from tengesim.metrics.deposits import measure
from tengesim.metrics.metric import Measure
from tengesim.metrics.readings import Readings
from tengesim.metrics.terms import MetricTerms
from tests.log_days import utc_days
from tests.wallet_world import CALENDAR, TENGE, Economy, Person, section, stated

LIMIT_TIYN = 500_000 * TENGE
DIGITAL, DEPOSIT = column_text(Form.DIGITAL_TENGE), column_text(Form.BANK_DEPOSIT)


@cache
def month(limit_tiyn: int | None = LIMIT_TIYN) -> tuple[list[dict[str, Any]], Readings]:
    """Return the rows of a busy month, and what metrics read of them."""
    stating = section(
        holding_limit="500 k KZT",
        tiers__0__per_payment="80 k KZT",
        demand__balance={"at_parity": stated("20 %"), "halving_gap": stated("12 %")},
        funding__cost="150 KZT",
        run={
            "first": "2026-03-10",
            "days": stated(5),
            "joining": stated("30 %"),
            "leaving": stated("80 %"),
            "opening": stated("0 %"),
            "at": "10:00",
            "schedule_source": "assumption",
        },
    )
    people = [Person(deposit=50_000 * (number + 1), bank=number % 2) for number in range(40)]
    economy = Economy(people, stating, treasury=10**8, employer=10**8)
    for day in range(20):
        economy.advance(day, "12:00")
        for payer in range(40):
            payee = (payer * 7 + day + 1) % 42
            if payee != payer:
                economy.pay(payer, payee, 20_000 * (payer % 5 + 1))
        wages = dict.fromkeys(range(40), 90000)
        economy.order(Kind.WAGE, wages, digital_bp=7_000, name=f"wage-{day}")
    economy.until(27)
    rows = economy.outside.journal.rows()
    cube = Cube(*utc_days())
    cube.consume(rows)
    events = events_frame(rows, economy.outside.names)
    terms = MetricTerms(
        start_us=CALENDAR.at(economy.days[0]),
        end_us=int(economy.outside.env.now),
        base_rate_bp=1_800,
        spread_bp=400,
        holding_limit_tiyn=limit_tiyn,
    )
    plain = [
        {str(column): value for column, value in row.items()} for row in events.to_dict("records")
    ]
    frame: pd.DataFrame = cube_frame(cube.cells(), economy.outside.names)
    return plain, Readings(events, frame, terms)


def found(name: str, limit_tiyn: int | None = LIMIT_TIYN) -> Measure:
    """Return one measure of the month."""
    measures = {one.metric: one for one in measure(month(limit_tiyn)[1])}
    return measures[name]


def moved() -> list[dict[str, Any]]:
    """Return the rows that gave money to their payee."""
    settled = {column_text(Status.SETTLED), column_text(Status.POSTED)}
    return [row for row in month()[0] if row["status"] in settled]


def test_the_month_shows_everything_that_is_measured() -> None:
    """Goal: nothing is compared with nothing. Method: kinds of rows of the month."""
    kinds = {str(row["kind"]) for row in month()[0]}
    assert {"funding", "defunding", "waterfall", "liquidity", "payment", "wage"} <= kinds


def test_displacement_is_the_area_under_what_is_outstanding() -> None:
    """Goal: exact time average. Method: step by step from row to row, in fractions."""
    terms = month()[1].terms
    outstanding, last_us, area = 0, terms.start_us, 0
    for row in moved():
        area += outstanding * (int(row["time_us"]) - last_us)
        last_us = int(row["time_us"])
        if row["form"] == DIGITAL and row["payer"] == row["keeper"]:
            outstanding += int(row["amount_tiyn"])
        if row["form_to"] == DIGITAL and row["payee"] == row["keeper_to"]:
            outstanding -= int(row["amount_tiyn"])
    area += outstanding * (terms.end_us - last_us)
    opened = sum(
        int(row["amount_tiyn"])
        for row in moved()
        if row["kind"] == "opening" and row["form_to"] == DEPOSIT
    )
    one = found("deposit_displacement")
    assert one.numerator == int(Fraction(area, terms.end_us - terms.start_us))
    assert one.denominator == opened
    assert outstanding > 0


def test_the_outflow_is_the_most_that_had_left_deposits() -> None:
    """Goal: a peak, not a sum. Method: running conversions row by row."""
    left = most = 0
    for row in moved():
        if row["kind"] == "funding" and row["form"] == DEPOSIT:
            left += int(row["amount_tiyn"])
        if row["kind"] in ("defunding", "waterfall") and row["form_to"] == DEPOSIT:
            left -= int(row["amount_tiyn"])
        most = max(most, left)
    assert found("deposit_outflow_peak").numerator == most > 0


def test_the_waterfall_counts_each_overflow_once() -> None:
    """Goal: three legs are one flow. Method: the leg into the deposit alone."""
    total = sum(
        int(row["amount_tiyn"])
        for row in moved()
        if row["kind"] == "waterfall" and row["form"] == DIGITAL
    )
    assert found("waterfall_amount").numerator == total > 0


def test_wallets_at_the_limit_are_those_that_ever_held_it() -> None:
    """Goal: who is stopped. Method: balances by holder, one row after another."""
    held: dict[str, int] = {}
    full, used = set(), set()
    for row in moved():
        for holder, form, keeper, sign in (
            (row["payer"], row["form"], row["keeper"], -1),
            (row["payee"], row["form_to"], row["keeper_to"], 1),
        ):
            if form == DIGITAL and holder != keeper:
                held[holder] = held.get(holder, 0) + sign * int(row["amount_tiyn"])
                if held[holder]:
                    used.add(holder)
                if held[holder] == LIMIT_TIYN:
                    full.add(holder)
    one = found("wallets_at_limit")
    assert (one.numerator, one.denominator) == (len(full), len(used))
    assert full


def test_without_a_limit_no_wallet_is_at_it() -> None:
    """Goal: no limit, no stop. Method: the same month measured without one."""
    assert found("wallets_at_limit", None).numerator == 0


def test_liquidity_is_what_was_lent_and_not_given_back() -> None:
    """Goal: a peak of debt. Method: loans and returns row by row."""
    owed = most = 0
    for row in moved():
        if row["kind"] == "liquidity":
            owed += int(row["amount_tiyn"]) * (1 if row["payer"] == row["keeper"] else -1)
            most = max(most, owed)
    assert found("liquidity_peak").numerator == most > 0


def test_refusals_for_a_limit_are_counted_among_attempts() -> None:
    """Goal: numerator and denominator. Method: reasons of payments in digital tenge."""
    tried = [row for row in month()[0] if row["kind"] == "payment" and row["form"] == DIGITAL]
    stopped = [row for row in tried if str(row["reason"]).startswith("limit_")]
    one = found("refused_by_limit")
    assert (one.numerator, one.denominator) == (len(stopped), len(tried))
    assert 0 < len(stopped) < len(tried)
