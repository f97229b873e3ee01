"""Laws that hold in every reserve, whatever its mandate, its market and its misfortunes."""

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from tengesim.codes import BASE_UNITS, Form, Provenance
from tengesim.institutions.assets import KEEPERS, LOST
from tengesim.market import Prices
from tests.reserve_world import (
    DOLLAR_TIYN,
    Arrival,
    Played,
    assumed,
    followed,
    mandate,
    play,
    reserve,
    weight,
)

DAYS = 420
WORLDS = 40
COINS = ("bitcoin", "ether", "usdt")
FIRST_DOLLARS = {"bitcoin": 90_000, "ether": 3_000, "usdt": 1, "gold": 140}
CADENCES = ("month", "quarter", "year")


def weights(rng: Random, names: tuple[str, ...]) -> dict[str, Any]:
    """Return weights of some assets with bands of some width, or none."""
    chosen = rng.sample(names, rng.randint(0, len(names)))
    left, found = 10_000, {}
    for place, name in enumerate(chosen):
        share = left if place == len(chosen) - 1 else rng.randint(0, left)
        left -= share
        wide = rng.randint(0, 2_000)
        floor, ceiling = max(0, share - wide), min(10_000, share + wide)
        found[name] = weight(f"{share} bp", f"{floor} bp", f"{ceiling} bp")
    return found


def some(rng: Random, most: int) -> dict[str, Any]:
    """Return a rate in basis points, often nothing."""
    return assumed(f"{rng.choice([0, rng.randint(0, most)])} bp")


def any_mandate(rng: Random, names: tuple[str, ...]) -> dict[str, Any]:
    """Return a mandate with or without a guard and a spending rule."""
    changes: dict[str, Any] = {
        "every": rng.choice(CADENCES),
        "pace": assumed(f"{rng.randint(1, 10_000)} bp"),
        "spread": some(rng, 200),
        "slippage": some(rng, 50),
    }
    if rng.random() < 0.5:
        fall = rng.randint(200, 6_000)
        changes["guard"] = {
            "fall": assumed(f"{fall} bp"),
            "part": some(rng, 10_000),
            "release": assumed(f"{rng.randint(0, fall - 1)} bp"),
        }
    if rng.random() < 0.5:
        changes["spending"] = {
            "rate": some(rng, 5_000),
            "quarters": assumed(rng.randint(1, 6)),
            "waits": assumed(f"{rng.randint(0, 300)} days"),
        }
    return mandate(weights(rng, names), **changes)


def any_section(rng: Random) -> dict[str, Any]:
    """Return a reserve of any kind."""
    names = (*COINS, "gold", "us_dollar")
    section = reserve(
        {name: f"{rng.randint(0, 10**9)} USD" for name in rng.sample(names, 3)},
        any_mandate(rng, names),
        ring_fence=rng.random() < 0.5,
        running=assumed(f"{rng.choice([0, rng.randint(0, 10**8)])} USD"),
    )
    if rng.random() < 0.6:
        section["portfolio"] = {
            "holder": "portfolio",
            "capital": {"us_dollar": assumed("200 m USD"), "gold": assumed("150 m USD")},
            "mandate": any_mandate(rng, ("gold", "fund_unit", "us_dollar")),
        }
    section["fund_unit"] = {
        "follows": "bitcoin",
        "beta": assumed(f"{rng.randint(0, 10_000)} bp"),
        "every": rng.choice(CADENCES),
        "lag": assumed(f"{rng.randint(0, 90)} days"),
        "lock_up": assumed(f"{rng.randint(0, 200)} days"),
        "fee": some(rng, 300),
    }
    incidents = {key: some(rng, 10_000) for key in ("hot_incidents", "cold_incidents")}
    losses = {key: some(rng, 10_000) for key in ("hot", "hot_loss", "cold_loss", "fee")}
    delay = assumed(f"{rng.randint(0, 9)} {rng.choice(['days', 'business days'])}")
    section["custody"] = {**incidents, **losses, "delay": delay}
    if rng.random() < 0.5:
        section["custody"]["insurance"] = {
            "cover": some(rng, 10_000),
            "deductible": assumed(f"{rng.randint(0, 10**6)} USD"),
            "premium": some(rng, 500),
            "pays_after": assumed(f"{rng.randint(0, 200)} days"),
        }
    if rng.random() < 0.6:
        assets = rng.sample([*COINS, "gold"], rng.randint(1, 3))
        section["conversion"] = {"assets": assets, "after": assumed(f"{rng.randint(0, 120)} days")}
    section["budget"] = {
        "ceiling": assumed(f"{rng.choice([0, rng.randint(0, 10**11)])} KZT"),
        "purchases": assumed(f"{rng.choice([0, rng.randint(0, 10**11)])} KZT"),
        "guarantee": some(rng, 10_000),
    }
    section["attestation"]["every"] = rng.choice(CADENCES)
    return section


def any_prices(rng: Random, days: int = DAYS) -> Prices:
    """Return prices that walk, now and then far."""
    table = {}
    for name in (*FIRST_DOLLARS, "us_dollar"):
        tiyn = FIRST_DOLLARS.get(name, 1) * DOLLAR_TIYN
        path = []
        for _ in range(days):
            path.append(tiyn)
            step = rng.randint(-800, 810) if rng.random() < 0.97 else rng.randint(-6_000, 9_000)
            tiyn = max(1_000, tiyn + tiyn * step // 10_000)
        table[Form[name.upper()]] = tuple(path)
    return Prices(table)


def any_arrivals(rng: Random) -> list[Arrival]:
    """Return what courts and mines hand over."""
    return [
        Arrival(
            rng.randrange(DAYS),
            form := Form[rng.choice(COINS).upper()],
            rng.randint(1, 1_000 * BASE_UNITS[form]),
            rng.choice(list(Provenance)),
        )
        for _ in range(rng.randint(0, 30))
    ]


def lived(number: int) -> tuple[dict[str, Any], Prices, list[Arrival], Played]:
    """Return a reserve of chance and what became of it."""
    rng = Random(number)  # noqa: S311 - worlds, not secrets
    section, quoted, arrivals = any_section(rng), any_prices(rng), any_arrivals(rng)
    return section, quoted, arrivals, play(section, quoted, days=DAYS, arrivals=arrivals)


def public_money(played: Played) -> int:
    """Return what the budget paid in, in tiyn."""
    into = played.of("reserve_inflow").query("form == 'treasury_single_account'")
    return int(into["amount_tiyn"].sum())


def books(played: Played) -> Mapping[str, Mapping[str, int]]:
    """Return what the ledger says of every asset, where there is something."""
    text = played.stage.journal.names.text
    found: dict[str, dict[str, int]] = {form.name.lower(): {} for form in BASE_UNITS}
    for account, balance in played.stage.book.balances().items():
        if account.form in BASE_UNITS and balance.free_tiyn:
            found[account.form.name.lower()][text(account.holder)] = balance.free_tiyn
    return found


@pytest.mark.parametrize("number", range(WORLDS))
def test_units_are_conserved_at_every_event(number: int) -> None:
    """Goal: nothing is made or lost unseen. Method: a reader of the log alone, event by event."""
    section, _, arrivals, played = lived(number)
    held = followed(played.rows)
    assert books(played) == {
        name: {holder: units for holder, units in row.items() if units}
        for name, row in held.items()
    }
    lost = played.of("custody_loss").groupby("form", observed=True)["amount_tiyn"].sum()
    for name, units in lost.items():
        assert held[str(name)][LOST] == units
    came = sum(one.units for one in arrivals if one.form is Form.BITCOIN)
    inflows = played.of("reserve_inflow").query("form == 'bitcoin' and rule != 'capital'")
    assert inflows["amount_tiyn"].sum() == came
    if section["ring_fence"]:
        assert public_money(played) == 0


def test_the_worlds_of_chance_try_everything() -> None:
    """Goal: laws that are never put to the test hold of nothing. Method: count what happened."""
    seen: set[tuple[str, str]] = set()
    paid = 0
    for number in range(WORLDS):
        played = lived(number)[-1]
        seen |= {(str(kind), str(rule)) for kind, rule in played.rows[["kind", "rule"]].to_numpy()}
        paid += public_money(played)
    assert paid > 0
    assert {rule for kind, rule in seen if kind == "mandate"} == {
        *("band", "rebalance", "guard", "release", "convert", "spend"),
    }
    assert {rule for kind, rule in seen if kind == "trade_cost"} == {
        *("trade", "running", "custody", "premium"),
    }
    assert {("custody_loss", "hot"), ("custody_loss", "cold")} <= seen
    assert {("custody", "store"), ("custody", "release")} <= seen
    assert {
        ("reserve_inflow", rule) for rule in ("guarantee", "insurance", "appropriation")
    } <= seen


@pytest.mark.parametrize("number", range(0, WORLDS, 2))
def test_in_doubled_tenge_a_fenced_reserve_does_the_same(number: int) -> None:
    """Goal: prices matter in proportion alone. Method: double every price; no unit may differ."""
    rng = Random(number)  # noqa: S311 - worlds, not secrets
    section, quoted, arrivals = any_section(rng), any_prices(rng), any_arrivals(rng)
    section["ring_fence"] = True
    for vehicle in (section["fund"], section.get("portfolio", {"mandate": {}})):
        # What is spent is a sum in tenge, rounded down to one tiyn before it becomes dollars.
        vehicle["mandate"].pop("spending", None)
    twice = Prices({form: tuple(2 * one for one in row) for form, row in quoted.table.items()})
    first, second = (play(section, one, days=DAYS, arrivals=arrivals) for one in (quoted, twice))
    columns = ["time_us", "kind", "rule", "payer", "payee", "form", "amount_tiyn"]
    rows = [played.rows[columns].to_numpy().tolist() for played in (first, second)]
    assert rows[0] == rows[1]


def test_the_reader_sees_a_coin_made_of_nothing() -> None:
    """Goal: the law above can fail. Method: one row more, in which the network pays the fund."""
    played = lived(1)[-1]
    row = played.of("reserve_inflow").query("form == 'bitcoin'").iloc[[0]].copy()
    row["payer"] = KEEPERS[Form.BITCOIN]
    with pytest.raises(AssertionError, match="makes bitcoin"):
        followed(row)
