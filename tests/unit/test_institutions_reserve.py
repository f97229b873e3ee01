"""Claims about the reserve: what it holds, why it trades, what it costs and who pays for it."""

import datetime as dt
import json
from typing import Any

import pytest

from tengesim.codes import BASE_UNITS, Form, Provenance
from tengesim.institutions.assets import KEEPERS, LOST, MARKET
from tengesim.institutions.reserve.model import FundUnitSection
from tengesim.institutions.reserve.quotes import Dates, Quotes
from tests.reserve_world import (
    CALENDAR,
    Arrival,
    assumed,
    followed,
    mandate,
    play,
    prices,
    reserve,
    weight,
)

YEAR = 365
BTC = BASE_UNITS[Form.BITCOIN]
HALF_AND_HALF = {
    "bitcoin": weight("50 %", "40 %", "60 %"),
    "us_dollar": weight("50 %", "40 %", "60 %"),
}


def test_nothing_changes_where_nothing_comes_in_and_nothing_is_traded() -> None:
    """Goal: units are exact. Method: prices that swing for a year, and no mandate."""
    swinging = [50_000 + 37 * (day * day % 901) for day in range(YEAR)]
    played = play(
        reserve({"bitcoin": "10 m USD", "gold": "5 m USD", "us_dollar": "1 m USD"}),
        prices(YEAR, bitcoin=swinging, gold=[120]),
        days=YEAR,
    )
    bought = 10_000_000 * BTC // swinging[0]
    assert played.units("alem", Form.BITCOIN) + played.units("alem-cold", Form.BITCOIN) == bought
    assert played.units("alem", Form.GOLD) == 5_000_000 * 1_000 // 120
    assert played.units("alem", Form.US_DOLLAR) == 100_000_000
    assert played.of("trade", "trade_cost").empty


def test_twice_the_prices_are_twice_the_value_and_the_same_units() -> None:
    """Goal: no hidden price in a unit. Method: double every price, the dollar's too."""
    path = [50_000 + 100 * day for day in range(YEAR)]
    once = prices(YEAR, bitcoin=path, gold=[120])
    twice = type(once)({form: tuple(2 * one for one in row) for form, row in once.table.items()})
    section = reserve(
        {"bitcoin": "10 m USD", "gold": "5 m USD", "us_dollar": "10 k USD"},
        running=assumed("400 k USD"),
        custody=reserve({})["custody"] | {"fee": assumed("50 bp"), "hot": assumed("10 %")},
    )
    arrivals = [Arrival(40, Form.BITCOIN, 7 * BTC)]
    first, second = (play(section, one, days=YEAR, arrivals=arrivals) for one in (once, twice))
    columns = ["time_us", "kind", "rule", "payer", "payee", "form", "amount_tiyn"]
    assert first.rows[columns].equals(second.rows[columns])
    trades = [played.of("trade")["value"].tolist() for played in (first, second)]
    assert trades[0]
    assert all(abs(later - 2 * one) <= 1 for one, later in zip(*trades, strict=True))


def test_a_vehicle_out_of_its_band_is_brought_back_to_its_weights() -> None:
    """Goal: bands and targets. Method: bitcoin doubles in February; shares before and after."""
    path = [50_000] * 40 + [100_000]
    played = play(
        reserve({"bitcoin": "10 m USD", "us_dollar": "10 m USD"}, mandate(HALF_AND_HALF)),
        prices(120, bitcoin=path),
        days=120,
    )
    said = played.of("mandate")[["rule", "value"]].to_numpy().tolist()
    # 10 m in dollars beside 20 m in bitcoin: 33.33 %, and the band begins at 40 %.
    assert said == [["band", 667], ["rebalance", 0]]
    assert played.units("alem", Form.US_DOLLAR) == 15_000_000 * 100
    assert played.units("alem-cold", Form.BITCOIN) == 150 * BTC


def test_within_its_band_a_vehicle_is_left_alone() -> None:
    """Goal: a band is no target. Method: bitcoin rises to 59.99 % of the vehicle."""
    path = [50_000] * 40 + [74_950]
    played = play(
        reserve({"bitcoin": "10 m USD", "us_dollar": "10 m USD"}, mandate(HALF_AND_HALF)),
        prices(120, bitcoin=path),
        days=120,
    )
    assert played.of("mandate", "trade").empty


def test_cold_coins_are_sold_when_the_signatures_are_there() -> None:
    """Goal: custody delays trades. Method: the day of the decision and the day of the trade."""
    path = [50_000] * 40 + [100_000] * 21 + [80_000]
    section = reserve({"bitcoin": "10 m USD", "us_dollar": "10 m USD"}, mandate(HALF_AND_HALF))
    section["custody"]["delay"] = assumed("3 days")
    played = play(section, prices(120, bitcoin=path), days=120)
    day_us = 86_400 * 1_000_000
    decided = played.of("mandate").iloc[0]["time_us"]
    (traded,) = set(played.of("trade")["time_us"])
    assert traded - decided == 3 * day_us
    # On the day of the trade bitcoin is at 80,000: 16 m beside 10 m, so 3 m are sold.
    assert played.units("alem", Form.US_DOLLAR) == 13_000_000 * 100


def test_the_pace_limits_what_is_traded_at_one_time() -> None:
    """Goal: large vehicles move slowly. Method: a tenth of the value a month, counted."""
    played = play(
        reserve({"us_dollar": "10 m USD"}, mandate(HALF_AND_HALF, pace=assumed("10 %"))),
        prices(150, bitcoin=[50_000]),
        days=150,
    )
    cents = played.of("trade").query("form == 'us_dollar'")["amount_tiyn"].tolist()
    # 1 m a month until the weight is inside of its band.
    assert cents == [100_000_000] * 4


def test_the_pace_holds_for_selling_too() -> None:
    """Goal: no rush out either. Method: bitcoin is all there is; a tenth a month leaves."""
    played = play(
        reserve({"bitcoin": "10 m USD"}, mandate(HALF_AND_HALF, pace=assumed("10 %"))),
        prices(150, bitcoin=[50_000]),
        days=150,
    )
    sold = played.of("trade").query("form == 'bitcoin'")["amount_tiyn"].tolist()
    assert sold == [20 * BTC] * 4


def test_what_the_mandate_does_not_name_is_sold() -> None:
    """Goal: a band of nothing around everything else. Method: some ether comes in."""
    ether = BASE_UNITS[Form.ETHER]
    played = play(
        reserve({"bitcoin": "5 m USD", "us_dollar": "5 m USD"}, mandate(HALF_AND_HALF)),
        prices(60, bitcoin=[50_000], ether=[3_000]),
        days=60,
        arrivals=[Arrival(5, Form.ETHER, 100 * ether)],
    )
    assert played.units("alem", Form.ETHER) + played.units("alem-cold", Form.ETHER) == 0
    # 300,000 dollars in 10.3 million.
    assert played.of("mandate")["value"].tolist() == [291, 0]


def test_a_trade_costs_spread_and_slippage() -> None:
    """Goal: costs grow with size. Method: one purchase of 5 m: 10 bp, and 1 bp a million."""
    stated = mandate(HALF_AND_HALF, spread=assumed("10 bp"), slippage=assumed("1 bp"))
    played = play(reserve({"us_dollar": "10 m USD"}, stated), prices(20, bitcoin=[50_000]), days=20)
    cost = 500_000_000 * 15 // 10_000
    (row,) = played.of("trade_cost").to_dict("records")
    assert (row["payer"], row["payee"], row["amount_tiyn"]) == ("alem", MARKET, cost)
    assert played.units("alem-cold", Form.BITCOIN) == (500_000_000 - cost) * BTC // 5_000_000


def test_a_far_fall_shuts_the_guard_until_prices_are_back() -> None:
    """Goal: the guard sells once and waits. Method: a fall by half, then back to a small fall."""
    guard = {"fall": assumed("30 %"), "part": assumed("50 %"), "release": assumed("10 %")}
    path = [50_000] * 10 + [25_000] * 60 + [49_000]
    played = play(
        reserve({"bitcoin": "10 m USD"}, mandate({}, guard=guard)),
        prices(120, bitcoin=path),
        days=120,
    )
    said = played.of("mandate")[["rule", "value"]].to_numpy().tolist()
    # Opening again starts a new count of the fall.
    assert said == [["guard", 5_000], ["release", 0]]
    assert played.units("alem", Form.US_DOLLAR) == 250_000_000
    assert played.units("alem-cold", Form.BITCOIN) == 100 * BTC


def test_what_comes_in_is_no_rise_and_what_is_paid_out_no_fall() -> None:
    """Goal: flows do not move the guard. Method: a flood of coins, then a fall just short."""
    guard = {"fall": assumed("30 %"), "part": assumed("50 %"), "release": assumed("10 %")}
    path = [50_000] * 50 + [35_001]
    played = play(
        reserve({"bitcoin": "10 m USD"}, mandate({}, guard=guard)),
        prices(100, bitcoin=path),
        days=100,
        arrivals=[Arrival(20, Form.BITCOIN, 100_000 * BTC)],
    )
    assert played.of("mandate").empty


def test_confiscated_coins_of_the_named_kind_become_dollars_in_time() -> None:
    """Goal: conversion. Method: two arrivals of USDT, one confiscated, one mined away."""
    section = reserve({"us_dollar": "1 m USD"})
    section["conversion"] = {"assets": ["usdt"], "after": assumed("10 days")}
    usdt = BASE_UNITS[Form.USDT]
    played = play(
        section,
        prices(60, usdt=[1]),
        days=60,
        arrivals=[
            Arrival(5, Form.USDT, 300 * usdt),
            Arrival(6, Form.USDT, 50 * usdt, Provenance.ENERGY),
        ],
    )
    (row,) = played.of("trade").query("form == 'usdt'").to_dict("records")
    arrived = played.of("reserve_inflow").query("rule == 'confiscated'")["time_us"].iloc[0]
    assert row["amount_tiyn"] == 300 * usdt
    # It arrives at noon, and the reserve works in the evening.
    assert row["time_us"] - arrived == (10 * 24 + 8) * 3_600 * 1_000_000
    assert played.units("alem-cold", Form.USDT) == 50 * usdt
    # What is to be sold soon is not locked away first.
    assert played.of("custody")[["rule", "amount_tiyn"]].to_numpy().tolist() == [
        ["store", 50 * usdt]
    ]
    assert played.units("alem", Form.US_DOLLAR) == (1_000_000 + 300) * 100


def test_a_part_of_the_coins_stays_at_hand() -> None:
    """Goal: hot and cold. Method: two inflows; the split at the end and no row without need."""
    section = reserve({"bitcoin": "10 m USD"})
    section["custody"]["hot"] = assumed("5 %")
    played = play(
        section,
        prices(60, bitcoin=[50_000]),
        days=60,
        arrivals=[Arrival(5, Form.BITCOIN, 100 * BTC)],
    )
    assert played.units("alem", Form.BITCOIN) == 15 * BTC
    assert played.units("alem-cold", Form.BITCOIN) == 285 * BTC
    assert len(played.of("custody")) == 2


INSURED = {
    "cover": assumed("50 %"),
    "deductible": assumed("1 m USD"),
    "premium": assumed("0 %"),
    "pays_after": assumed("90 days"),
}


def incident(**changes: object) -> dict[str, Any]:
    """Return a reserve whose cold wallet is sure to lose a tenth, more than once."""
    section = reserve({"bitcoin": "100 m USD", "us_dollar": "1 m USD"}, None, **changes)
    section["custody"] |= {"cold_incidents": assumed("100 %"), "cold_loss": assumed("10 %")}
    section["custody"]["insurance"] = INSURED
    return section


def test_an_incident_is_lost_insured_or_made_good_but_never_forgotten() -> None:
    """Goal: every loss has a bearer. Method: the first incident of years, in dollars."""
    section = incident(ring_fence=False)
    section["budget"] |= {"guarantee": assumed("80 %")}
    days = 1_000
    played = play(section, prices(days, bitcoin=[50_000]), days=days)
    losses = played.of("custody_loss")
    assert len(losses) > 0
    assert losses["amount_tiyn"].sum() == played.units(LOST, Form.BITCOIN)
    first = losses.iloc[0]
    cents = int(first["amount_tiyn"]) * 50_000 * 100 // BTC
    insured = (cents - 100_000_000) // 2
    inflows = played.of("reserve_inflow").query("form == 'us_dollar'")
    called = inflows.query("rule == 'guarantee'")["amount_tiyn"].tolist()
    paid = inflows.query("rule == 'insurance'")
    assert called[0] == (cents - insured) * 8 // 10
    assert paid["amount_tiyn"].tolist()[0] == insured
    day_us = 86_400 * 1_000_000
    assert paid["time_us"].tolist()[0] - first["time_us"] == 90 * day_us
    assert int(first["value"]) == cents * 500


def test_with_a_ring_fence_the_budget_pays_nothing_at_all() -> None:
    """Goal: cash exposure is exactly 0. Method: the same losses and costs, fenced and not."""
    found = {}
    for is_fenced in (True, False):
        section = incident(ring_fence=is_fenced, running=assumed("2 m USD"))
        section["budget"] |= {"guarantee": assumed("80 %"), "purchases": assumed("2 bn KZT")}
        section["custody"]["fee"] = assumed("25 bp")
        played = play(section, prices(800, bitcoin=[50_000]), days=800)
        paid = played.of("reserve_inflow").query("form == 'treasury_single_account'")
        found[is_fenced] = int(paid["amount_tiyn"].sum())
        costs = played.of("trade_cost").query("rule == 'running'")["amount_tiyn"]
        assert costs.tolist() == [50_000_000] * 8
        assert set(paid["rule"]) == (
            set() if is_fenced else {"appropriation", "running", "custody", "guarantee"}
        )
    assert found[True] == 0
    assert found[False] > 0


def test_the_budget_pays_no_more_than_its_ceiling() -> None:
    """Goal: an appropriation ends. Method: purchases that would be twice the ceiling."""
    section = reserve({"us_dollar": "1 m USD"}, ring_fence=False)
    section["budget"] = {
        "ceiling": assumed("10 bn KZT"),
        "purchases": assumed("10 bn KZT"),
        "guarantee": assumed("0 %"),
    }
    played = play(section, prices(3 * YEAR), days=3 * YEAR)
    paid = played.of("reserve_inflow").query("form == 'treasury_single_account'")
    assert paid["amount_tiyn"].tolist() == [2_500_000_000 * 100] * 4


def test_spending_is_a_rate_of_the_mean_of_past_quarters() -> None:
    """Goal: the rule smooths. Method: a price that doubles once; four quarters by hand."""
    spending = {"rate": assumed("4 %"), "quarters": assumed(2), "waits": assumed("100 days")}
    path = [50_000] * 170 + [100_000]
    played = play(
        reserve({"bitcoin": "10 m USD"}, mandate({}, spending=spending)),
        prices(300, bitcoin=path),
        days=300,
    )
    paid = played.of("trade").query("form == 'treasury_single_account'")["amount_tiyn"].tolist()
    # From 1 April the first value is known; the payment of 1 July is the first one due.
    first = (10_000_000 + 20_000_000) // 2 // 100
    assert paid[0] == first * DOLLARS
    left = 20_000_000 - first
    assert paid[1] == pytest.approx((20_000_000 + left) // 2 // 100 * DOLLARS, abs=DOLLARS)
    assert [row["payee"] for row in played.of("trade").query("rule == 'spend'").to_dict("records")]


DOLLARS = 500 * 100


def test_fund_units_follow_late_and_are_locked_up() -> None:
    """Goal: beta, lag and lock-up. Method: bitcoin rises by 10 % on day 50; values by hand."""
    stated = mandate(
        {
            "fund_unit": weight("50 %", "40 %", "60 %"),
            "us_dollar": weight("50 %", "40 %", "60 %"),
        }
    )
    section = reserve({"us_dollar": "10 m USD"}, stated)
    section["fund_unit"] = {
        "follows": "bitcoin",
        "beta": assumed("50 %"),
        "every": "month",
        "lag": assumed("30 days"),
        "lock_up": assumed("400 days"),
        "fee": assumed("0 %"),
    }
    played = play(section, prices(300, bitcoin=[50_000] * 50 + [150_000]), days=300)
    unit = BASE_UNITS[Form.FUND_UNIT]
    assert played.units("alem", Form.FUND_UNIT) == 5_000_000 * unit
    assert played.units(KEEPERS[Form.FUND_UNIT], Form.FUND_UNIT) == -5_000_000 * unit
    # The value doubles with the price's 200 %; 10 m beside 5 m is out of the band, and nothing can
    # be sold before the lock-up ends, so the mandate demands it every month from 1 April on.
    demanded = played.of("mandate").query("rule == 'band' and value == 667")
    months = [dt.datetime.fromtimestamp(t / 1e6, dt.UTC).month for t in demanded["time_us"]]
    assert months == [4, 5, 6, 7, 8, 9, 10]
    assert len(played.of("trade")) == 2


def test_funds_keep_their_fee() -> None:
    """Goal: the fee is one a year. Method: a price that stands still, against the power of it."""
    section = FundUnitSection.model_validate_json(
        json.dumps(
            {
                "follows": "bitcoin",
                "beta": assumed("100 %"),
                "every": "month",
                "lag": assumed("0 days"),
                "lock_up": assumed("0 days"),
                "fee": assumed("20 %"),
            }
        )
    )
    start = dt.date(2026, 1, 1)
    dates = Dates([start + dt.timedelta(days=day) for day in range(2 * YEAR)], CALENDAR)
    quotes = Quotes(prices(2 * YEAR, bitcoin=[50_000]), section, dates)
    unit = BASE_UNITS[Form.FUND_UNIT]
    worth = quotes.cents(Form.FUND_UNIT, 10**6 * unit, YEAR) / 10**8
    assert worth == pytest.approx((1 - 0.2 / 365) ** 365, abs=1e-6)


def test_an_auditor_attests_later_what_it_saw() -> None:
    """Goal: lag and coverage. Method: units that double between balance and publication."""
    section = reserve({"bitcoin": "10 m USD"})
    section["attestation"]["coverage"] = assumed("80 %")
    played = play(
        section,
        prices(200, bitcoin=[50_000]),
        days=200,
        arrivals=[Arrival(100, Form.BITCOIN, 200 * BTC)],
    )
    seen = played.of("attestation")[["amount_tiyn", "value", "time_us"]].to_numpy().tolist()
    day_us = 86_400 * 1_000_000
    assert [units for units, _, _ in seen] == [160 * BTC, 160 * BTC]
    assert [published - balance for _, balance, published in seen] == [45 * day_us] * 2


def test_the_plain_reader_notices_what_is_not_conserved() -> None:
    """Goal: the reader can fail. Method: tamper with amount, payer and kind of a row."""
    played = play(
        reserve({"bitcoin": "10 m USD", "us_dollar": "10 m USD"}, mandate(HALF_AND_HALF)),
        prices(120, bitcoin=[50_000] * 40 + [100_000]),
        days=120,
    )
    assert followed(played.rows)["bitcoin"]["alem-cold"] == 150 * BTC
    trade = played.of("trade").query("form == 'bitcoin'").index[0]
    for column, value in (
        ("amount_tiyn", 10**14),
        ("payer", "bitcoin"),
        ("form_to", "gold"),
    ):
        tampered = played.rows.astype({"payer": str, "form_to": str}).copy()
        tampered.loc[trade, column] = value
        with pytest.raises(AssertionError):
            followed(tampered)
