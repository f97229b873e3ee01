"""Mining as the ledger sees it: coins, bills and what is forgone, against formulas of their own."""

import datetime as dt
import math
from typing import Any

import pytest
from pydantic import ValidationError

from tengesim import load_scenario, simulate
from tengesim.codes import Form, Provenance
from tengesim.institutions.mining.model import MiningSection
from tengesim.institutions.mining.works import Works
from tengesim.ports import AssetInflow
from tengesim.streams import Streams
from tests.mining_world import (
    COIN_TIYN,
    DOLLAR_TIYN,
    Quotes,
    assumed,
    coins,
    costs,
    days_from,
    mine,
    mining,
    network,
    rows,
)

START = dt.date(2026, 1, 1)
YEAR = days_from(START, 365)
BTC = 100_000_000
DAYS_OF_LIFE = 1_461
KWH_OF_100_MW = 100_000 * 24 * 365 * 92 // 100
SUBSIDY = 3.125
PUBLISHED = {30: 259, 100: 863, 300: 2_590}
"""Bitcoin a year by MW: facts 8.3, at 17.5 J/TH, 92 % uptime and 1,000 EH/s."""


@pytest.mark.parametrize(("megawatts", "published"), PUBLISHED.items())
def test_a_year_of_mining_yields_what_is_published(megawatts: int, published: int) -> None:
    """Goal: facts 8.3 within 1 BTC. Method: fees 0, luck off, through a year of monthly rows."""
    mined = coins(mine(mining(megawatts), YEAR)) / BTC
    assert abs(mined - published) <= 1
    independent = megawatts * 1e6 / 17.5 * 0.92 / 1e9 * 52_560 * SUBSIDY
    assert math.isclose(mined, independent, rel_tol=1e-6)


@pytest.mark.parametrize(("megawatts", "published"), PUBLISHED.items())
@pytest.mark.parametrize(
    "wrong",
    [
        {"efficiency": assumed(17.5 * 1.1)},
        {"uptime": assumed("83 %")},
        {"wear": assumed("20 %")},
    ],
    ids=["efficiency", "uptime", "wear"],
)
def test_what_is_published_tells_a_tenth(
    megawatts: int, published: int, wrong: dict[str, object]
) -> None:
    """Goal: the claim above can fail. Method: the same with one thing a tenth wrong."""
    mined = coins(mine(mining(megawatts, fleet=wrong), YEAR)) / BTC
    assert abs(mined - published) > 1


def test_the_bill_of_a_year_is_that_of_its_kilowatt_hours() -> None:
    """Goal: every cost has its formula. Method: power, fee, hosting, capital from the section."""
    world = mine(mining(fleet={"hosting": assumed("3 KZT")}), YEAR)
    assert costs(world) == {
        "power": KWH_OF_100_MW * 2_600,
        "fee": KWH_OF_100_MW * 200,
        "hosting": KWH_OF_100_MW * 300,
        "capital": pytest.approx(365 / DAYS_OF_LIFE * 15 * 1e8 / 17.5 * DOLLAR_TIYN, rel=1e-6),
    }
    power = rows(world).query("kind == 'mining_cost' and rule == 'power'")
    assert sum(power["value"]) == KWH_OF_100_MW
    assert len(power) == 12


def test_a_coin_needs_the_power_that_is_published() -> None:
    """Goal: facts 8.3: 933 MWh, 46,667 USD at 0.05 USD a kWh, and 3,660 USD of fee.

    Method: the rows of a year at a tariff of 0.05 USD.
    """
    world = mine(mining(100, fleet={"uptime": assumed("100 %")}, power=tariff("25.50 KZT")), YEAR)
    paid, mined = costs(world), coins(world) / BTC
    assert math.isclose(100 * 24 * 365 / mined, 933, rel_tol=1e-3)
    assert math.isclose(paid["power"] / DOLLAR_TIYN / mined, 46_667, rel_tol=1e-4)
    assert math.isclose(paid["fee"] / DOLLAR_TIYN / mined, 3_660, rel_tol=1e-3)


def tariff(text: str, **more: object) -> dict[str, object]:
    """Return a tariff."""
    return {"tariff": assumed(text), **more}


def cost_of_a_coin(section: MiningSection, days: list[dt.date] = YEAR) -> float:
    """Return what all costs come to for a whole bitcoin, in tiyn: the break-even price."""
    world = mine(section, days)
    return sum(costs(world).values()) / coins(world) * BTC


def test_at_the_break_even_price_mining_and_buying_cost_the_same() -> None:
    """Goal: break-even has capital in it. Method: what the coins are worth there, and beside it."""
    section = mining(pool={"fee": assumed("2 %")})
    price = round(cost_of_a_coin(section))
    world = mine(section, YEAR, steady(price))
    worth, paid = coins(world) / BTC * price, costs(world)
    assert math.isclose(worth, sum(paid.values()), rel_tol=1e-6)
    assert worth > 1.1 * (sum(paid.values()) - paid["capital"])


def test_a_halving_halves_coins_and_doubles_what_each_costs() -> None:
    """Goal: halving halves. Method: the same 100 days before and after block 1,050,000."""
    hundred = days_from(START, 100)
    before, after = (
        mining(network=network(height=assumed(height))) for height in (1_000_000, 1_050_000)
    )
    assert coins(mine(before, hundred)) == pytest.approx(2 * coins(mine(after, hundred)), abs=1)
    assert cost_of_a_coin(after, hundred) == pytest.approx(
        2 * cost_of_a_coin(before, hundred), rel=1e-7
    )


def test_a_month_with_a_halving_is_paid_by_its_blocks() -> None:
    """Goal: no month is rounded to one reward. Method: 72 blocks before, the rest after."""
    section = mining(network=network(height=assumed(1_050_000 - 72)))
    share = 1e8 / 17.5 * 0.92 / 1e9
    expected = share * (72 * 3.125 + (31 * 144 - 72) * 1.5625)
    mined = coins(mine(section, days_from(START, 31))) / BTC
    assert math.isclose(mined, expected, rel_tol=1e-6)


def test_machines_that_displace_nobody_share_the_same_blocks_with_more() -> None:
    """Goal: a fleet thins the reward of all. Method: long after the retarget, x / (1 + x)."""
    share = 3e8 / 17.5 * 0.92 / 1e9
    worlds = [
        mine(mining(300, displaced=assumed(part)), days_from(START, 1_000))
        for part in ("100 %", "0 %")
    ]
    apart, thinned = (coins(world) for world in worlds)
    assert math.isclose(thinned / apart, 1 / (1 + share), rel_tol=3e-4)


def test_a_fleet_wears_and_dies() -> None:
    """Goal: age counts. Method: 10 % a year lost in steps of a basis point; nothing after life."""
    worn = coins(mine(mining(fleet={"wear": assumed("10 %")}), YEAR))
    full = coins(mine(mining(), YEAR))
    assert math.isclose(worn / full, 0.95, rel_tol=1e-3)
    short = mine(mining(fleet={"life": assumed("100 days")}), YEAR)
    assert math.isclose(coins(short) / full, 100 / 365, rel_tol=1e-6)
    assert sum(rows(short).query("rule == 'power'")["value"]) == KWH_OF_100_MW * 100 // 365
    whole = 15 * 1e8 / 17.5 * DOLLAR_TIYN
    assert math.isclose(costs(short)["capital"], whole, rel_tol=1e-6)
    bought = mine(mining(fleet={"bought": dt.date(2026, 7, 2)}), YEAR)
    assert math.isclose(costs(bought)["capital"], whole * 183 / DAYS_OF_LIFE, rel_tol=1e-6)
    assert math.isclose(coins(bought) / full, 183 / 365, rel_tol=1e-6)


def test_the_grid_takes_its_power_back_in_winter() -> None:
    """Goal: curtailment costs coins and saves power. Method: half of January and February."""
    world = mine(
        mining(power=tariff("26 KZT", curtailed_months=[1, 2], curtailed=assumed("50 %"))), YEAR
    )
    part = (365 - 59 / 2) / 365
    full = mine(mining(), YEAR)
    assert math.isclose(coins(world) / coins(full), part, rel_tol=1e-6)
    assert math.isclose(costs(world)["power"] / costs(full)["power"], part, rel_tol=1e-6)
    assert costs(world)["capital"] == costs(full)["capital"]


def steady(price: int) -> Quotes:
    """Return a price of bitcoin that stays what it is."""
    return Quotes(coin=lambda _: price)


def test_machines_rest_when_a_coin_costs_more_than_it_earns() -> None:
    """Goal: the margin decides, not the capital. Method: just above and below the marginal cost."""
    margin = KWH_OF_100_MW * 2_800 / coins(mine(mining(), YEAR)) * BTC
    resting, running = (
        mine(mining(stops_at_a_loss=True), YEAR, steady(int(margin * part)))
        for part in (0.999, 1.001)
    )
    assert (coins(resting), coins(running)) == (0, coins(mine(mining(), YEAR)))
    assert set(costs(resting)) == {"capital"}
    assert costs(running)["capital"] == costs(resting)["capital"]
    patient = mine(mining(), YEAR, steady(int(margin * 0.999)))
    assert coins(patient) == coins(running)


def test_the_fee_of_the_pool_counts_when_machines_rest() -> None:
    """Goal: what the pool keeps is not earned. Method: beside the marginal cost over 98 %."""
    margin = KWH_OF_100_MW * 2_800 / coins(mine(mining(), YEAR)) * BTC / 0.98
    pooled = mining(stops_at_a_loss=True, pool={"fee": assumed("2 %")})
    resting, running = (mine(pooled, YEAR, steady(int(margin * part))) for part in (0.999, 1.001))
    assert coins(resting) == 0
    assert math.isclose(coins(running), 0.98 * coins(mine(mining(), YEAR)), rel_tol=1e-7)


@pytest.mark.parametrize(
    ("changes", "margin"),
    [
        ({"mode": "energy_for_coin", "energy_price": assumed("40 KZT")}, 4_200),
        ({"mode": "share_in_kind", "state_share": assumed("20 %")}, 2_600 / 0.8),
        ({"fleet": {"hosting": assumed("5 KZT")}}, 3_300),
    ],
    ids=["energy", "share", "hosting"],
)
def test_whoever_runs_the_machines_decides_by_what_they_cost_him(
    changes: dict[str, Any], margin: float
) -> None:
    """Goal: each mode has its own margin. Method: just above and below, tiyn a kWh by hand."""
    price = KWH_OF_100_MW * margin / coins(mine(mining(), YEAR)) * BTC
    section = mining(stops_at_a_loss=True, **changes)
    resting, running = (mine(section, YEAR, steady(int(price * part))) for part in (0.999, 1.001))
    assert coins(resting) == 0
    assert coins(running) > 0


def test_a_fall_of_the_tenge_moves_no_miner_abroad() -> None:
    """Goal: the network follows dollars. Method: the tenge halves, dollar prices stay."""
    following = mining(network=network(follows_price=assumed("100 %"), lag=assumed("10 days")))
    falling = Quotes(
        coin=lambda day: COIN_TIYN * (1 + (day >= 100)),
        dollar=lambda day: DOLLAR_TIYN * (1 + (day >= 100)),
    )
    assert coins(mine(following, YEAR, falling)) == coins(mine(following, YEAR))


def test_the_difficulty_of_the_day_decides_whether_machines_run() -> None:
    """Goal: others' leaving brings machines back. Method: a price that halves, then retargets."""
    following = network(follows_price=assumed("100 %"), lag=assumed("10 days"))
    section = mining(stops_at_a_loss=True, network=following)
    world = mine(section, YEAR, Quotes(coin=lambda day: COIN_TIYN // (1 + (day >= 60))))
    found = rows(world).query("kind == 'mined'")
    monthly = {day.month: int(sat) for day, sat in zip(found["date"], found["value"], strict=True)}
    assert monthly[3] < 0.1 * monthly[1]
    assert math.isclose(monthly[12], 2 * monthly[1], rel_tol=1e-2)


def test_no_coin_and_no_tenge_is_spent_on_no_fleet() -> None:
    """Goal: 0 MW is a scenario like others. Method: no row at all but the appropriation."""
    world = mine(mining(0), YEAR)
    assert set(rows(world)["kind"]) == {"opening"}


def test_an_appropriation_that_is_used_up_stops_the_fleet() -> None:
    """Goal: nobody spends what the budget has not given. Method: money for four months."""
    month = sum(costs(mine(mining(), YEAR)).values()) / 12
    section = mining(appropriation=assumed(f"{round(4.5 * month)} tiyn"))
    frame = rows(mine(section, YEAR))
    refused = frame[frame["status"] == "refused"]
    assert set(refused["reason"]) == {"appropriation_exceeded"}
    assert refused["date"].min() == dt.date(2026, 5, 31)
    assert frame.query("kind == 'mined'")["date"].max() == dt.date(2026, 5, 31)
    assert frame.query("rule == 'power'")["date"].max() == dt.date(2026, 4, 30)
    drawn = frame.query("kind == 'budget_payment' and status == 'settled' and payer == 'treasury'")
    paid = frame.query("kind == 'mining_cost' and status == 'settled'")
    assert sum(drawn["amount_tiyn"]) == sum(paid["amount_tiyn"]) <= round(4.5 * month)


def test_the_tax_is_on_what_coins_are_worth_less_their_costs() -> None:
    """Goal: 20 % of a profit. Method: rows of a year whose price makes one, and of one without."""
    dear = steady(4 * COIN_TIYN)
    paid = costs(mine(mining(profit_tax=assumed("20 %")), YEAR, dear))
    worth = coins(mine(mining(), YEAR)) / BTC * 4 * COIN_TIYN
    others = sum(paid.values()) - paid["tax"]
    assert math.isclose(paid["tax"], 0.2 * (worth - others), rel_tol=1e-6)
    cheap = steady(COIN_TIYN // 4)
    assert "tax" not in costs(mine(mining(profit_tax=assumed("20 %")), YEAR, cheap))


def test_the_tax_is_on_the_price_of_the_day_on_which_coins_come_in() -> None:
    """Goal: coins are valued when received. Method: a price that is high on 28 February alone."""
    spiked = Quotes(coin=lambda day: COIN_TIYN * (4 if day == 58 else 1) // 2)
    world = mine(mining(profit_tax=assumed("20 %")), YEAR, spiked)
    assert list(rows(world).query("rule == 'tax'")["date"]) == [dt.date(2026, 2, 28)]


def test_no_part_of_a_satoshi_is_lost_between_months() -> None:
    """Goal: rounding has no memory. Method: the year's satoshi against its millionths at once."""
    section = mining(7, pool={"fee": assumed("0 %"), "luck": True})
    output = Works(section, Quotes(), Streams(1), START).run(YEAR)
    assert coins(mine(section, YEAR)) == output.micro_sat // 10**6


def test_a_month_says_what_was_found_and_what_luck_made_of_it() -> None:
    """Goal: luck is in the log. Method: both columns of mined rows against a world without luck."""
    lucky, plain = (
        rows(mine(mining(pool={"fee": assumed("3 %"), "luck": luck}), YEAR)).query(
            "kind == 'mined'"
        )
        for luck in (True, False)
    )
    assert list(lucky["limit"]) == list(plain["limit"]) == list(plain["value"])
    assert (lucky["value"] != lucky["limit"]).all()
    for frame in (lucky, plain):
        kept = [found * 97 // 100 for found in frame["value"]]
        assert all(abs(a - b) <= 2 for a, b in zip(frame["amount_tiyn"], kept, strict=True))


def selling(price: str) -> MiningSection:
    """Return power for coins at a price a kWh."""
    return mining(mode="energy_for_coin", energy_price=assumed(price))


def test_power_for_coins_brings_what_the_power_is_worth() -> None:
    """Goal: coins = kWh × price / price of a coin. Method: a price that moves; power alone paid."""
    moving = Quotes(coin=lambda day: COIN_TIYN + day * COIN_TIYN // 365)
    world = mine(selling("30 KZT"), YEAR, moving)
    kwh = KWH_OF_100_MW / 365
    expected = sum(kwh * 3_000 / moving.tiyn(Form.BITCOIN, day) for day in range(365))
    assert math.isclose(coins(world) / BTC, expected, rel_tol=1e-6)
    assert costs(world) == {"power": KWH_OF_100_MW * 2_600}


def test_miners_who_pay_in_coins_never_pay_more_than_they_found() -> None:
    """Goal: a default has a bound. Method: power so dear that all coins go for it."""
    world = mine(selling("500 KZT"), YEAR)
    assert coins(world) == coins(mine(mining(), YEAR))


def test_a_share_in_kind_stands_for_fee_and_tax() -> None:
    """Goal: what is forgone is said. Method: coins and recorded rows against both formulas."""
    section = mining(mode="share_in_kind", state_share=assumed("12 %"), profit_tax=assumed("20 %"))
    world = mine(section, YEAR)
    full = coins(mine(mining(), YEAR))
    assert math.isclose(coins(world), 0.12 * full, rel_tol=1e-7)
    assert costs(world) == {}
    revenue = rows(world).query("kind == 'revenue' and status == 'recorded'")
    forgone = sum(revenue["amount_tiyn"])
    own = costs(mine(mining(), YEAR))
    profit = full / BTC * COIN_TIYN - sum(own.values())
    assert profit < 0 or math.isclose(forgone, own["fee"] + 0.2 * profit, rel_tol=1e-6)
    assert sum(revenue["value"]) == KWH_OF_100_MW


def test_a_rebuilt_plant_gives_most_of_its_power_to_the_grid() -> None:
    """Goal: 70/30. Method: kWh and worth of what the grid receives in a year of 8,760 hours."""
    plant = {
        "capacity": assumed(400),
        "availability": assumed("85 %"),
        "to_grid": assumed("70 %"),
    }
    world = mine(mining(plant=plant), YEAR)
    given = rows(world).query("rule == 'to_grid'")
    kwh = 400_000 * 8_760 * 85 // 100 * 70 // 100
    assert (sum(given["value"]), sum(given["amount_tiyn"])) == (kwh, kwh * 2_600)


def test_imported_power_costs_the_country_more_than_the_miner_pays() -> None:
    """Goal: 46 by day and 26 by night against the tariff. Method: 40 % of the power imported."""
    world = mine(mining(power=tariff("26 KZT", imported=assumed("40 %"))), YEAR)
    price = (16 * 4_600 + 8 * 2_600) // 24
    recorded = costs(world, "recorded")
    assert math.isclose(recorded["import"], 0.4 * KWH_OF_100_MW * (price - 2_600), rel_tol=1e-6)


def test_licensed_miners_are_said_beside_the_scheme() -> None:
    """Goal: private miners draw power and pay the fee. Method: 350 MW for a year."""
    world = mine(mining(licensed={"power": assumed(350)}), YEAR)
    assert costs(world, "recorded") == {"licensed": 350_000 * 8_760 * 200}
    assert costs(world) == costs(mine(mining(), YEAR))


@pytest.mark.parametrize(
    ("section", "provenance"),
    [(mining(), Provenance.MINED), (selling("30 KZT"), Provenance.ENERGY)],
    ids=["fleet", "energy"],
)
def test_the_reserve_is_offered_every_coin_once(
    section: MiningSection, provenance: Provenance
) -> None:
    """Goal: what is announced is what was received. Method: listen for a year."""
    heard: list[AssetInflow] = []
    world = mine(section, YEAR, listen=heard.append)
    assert sum(one.units for one in heard) == coins(world)
    assert {one.provenance for one in heard} == {provenance}
    assert {one.holder for one in heard} == {"state-miner"}
    assert len(heard) == 12


PLANT = {"capacity": assumed(100), "availability": assumed("85 %"), "to_grid": assumed("70 %")}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"power": {"grid_limit": assumed(99)}}, "RANGE"),
        ({"plant": PLANT}, "RANGE"),
        ({"power": {"grid_limit": assumed(-1)}}, "RANGE"),
        ({"plant": PLANT | {"capacity": assumed(0)}}, "RANGE"),
        ({"licensed": {"power": assumed(-1)}}, "RANGE"),
        ({"fleet": {"power": assumed(-1)}}, "RANGE"),
        ({"fleet": {"efficiency": assumed(0)}}, "RANGE"),
        ({"fleet": {"life": assumed("3 h")}}, "DURATION"),
        ({"pool": {"share": assumed("0 %")}}, "RANGE"),
        ({"pool": {"share": assumed("0.5 %")}}, "RANGE"),
        ({"network": network(hash_rate=assumed(0))}, "RANGE"),
        ({"mode": "energy_for_coin"}, "MISSING_KEY"),
        ({"mode": "share_in_kind"}, "MISSING_KEY"),
        ({"energy_price": assumed("30 KZT")}, "VALUE"),
        ({"state_share": assumed("10 %")}, "VALUE"),
    ],
)
def test_a_scheme_that_cannot_be_is_refused(changes: dict[str, Any], code: str) -> None:
    """Goal: refuse at load, by name. Method: one thing wrong at a time."""
    with pytest.raises(ValidationError) as refused:
        mining(**changes)
    assert [error["type"] for error in refused.value.errors()] == [code]


def test_a_share_in_kind_costs_the_fee_and_tax_that_it_stands_for() -> None:
    """Goal: no coin is free of charge. Method: metrics of a quarter against rows of its log."""
    share = '{"value": "12 %", "source": "https://example.org"}'
    settings = ["clock.end=2026-04-01", "mining.mode=share_in_kind", f"mining.state_share={share}"]
    run = simulate(load_scenario("reserve_with_mining", settings=settings))
    forgone = run.events[run.events["kind"].astype(str) == "revenue"]
    mined = run.events[run.events["kind"].astype(str) == "mined"]
    found = run.metrics.set_index("metric")["value"]
    cost, sat = sum(forgone["amount_tiyn"]), sum(mined["amount_tiyn"])
    assert found["mining_cost"] == cost / 100 > 0
    assert found["mining_break_even"] == pytest.approx(cost / 100 / sat * BTC)
    assert found["mining_energy"] == sum(forgone["value"]) / 1_000
