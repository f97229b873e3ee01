"""The model of SimPy alone keeps the rules it is timed under, and does what the engines do.

A comparison of speeds means something only where both do the same work.
"""

from collections import defaultdict
from functools import cache

import pytest

from tengesim.bench.measures import scenario_of
from tengesim.bench.plain_country import country
from tengesim.bench.plain_simpy import DAY_S, Party, PlainModel
from tengesim.engine.run import simulate
from tengesim.scenario.model import Scenario

PEOPLE = 3_000
TOLERANCE = 0.03
"""Of all wants; five standard deviations of the difference of two shares of six thousand."""
TIGHT = tuple(
    f"wallets.{path}.{end}={amount} KZT"
    for path, amount in (
        ("holding_limit", 60_000),
        ("tiers.basic.per_payment", 20_000),
        ("tiers.basic.per_day", 40_000),
        ("tiers.identified.per_payment", 20_000),
        ("tiers.identified.per_day", 40_000),
    )
    for end in ("low", "value")
)
"""Limits at which every rule is met often."""
WAYS = {"digital_tenge": "digital", "bank_deposit": "deposit", "cash": "cash"}


@cache
def nation(*settings: str) -> Scenario:
    """Return the canonical workload with few people."""
    return scenario_of("nation_day", settings, PEOPLE, "full")


@cache
def played(*settings: str) -> PlainModel:
    """Return the model after its day, with all that it logged."""
    model = PlainModel(country(nation(*settings), 1), 1, is_logged=True)
    model.run(10**9)
    return model


def parties(model: PlainModel) -> list[Party]:
    """Return everybody who can hold money."""
    return [*model.country.people, *model.country.merchants]


def reserves(model: PlainModel) -> int:
    """Return what banks own by themselves, and what was made of it."""
    own = sum(bank.reserves - bank.borrowed for bank in model.country.banks)
    return own + model.issued + model.notes


def test_no_money_is_made_or_lost() -> None:
    """Goal: the same work. Method: every sum of parties with what stands behind it."""
    model = played(*TIGHT)
    everybody = parties(model)
    assert model.issued == sum(party.wallet for party in everybody) > 0
    assert model.notes == sum(party.cash for party in everybody) > 0
    for bank in model.country.banks:
        owed = sum(party.deposit for party in everybody if party.bank is bank)
        assert bank.owed == owed
        assert bank.reserves >= 0
    assert reserves(model) == reserves(PlainModel(country(nation(*TIGHT), 1), 1))
    assert min(min(one.deposit, one.cash, one.wallet) for one in everybody) >= 0


def test_no_wallet_is_above_its_limit_after_any_row() -> None:
    """Goal: the holding limit holds. Method: balances from the log alone."""
    model = played(*TIGHT)
    everybody = {party.number: party for party in parties(model)}
    held: dict[int, int] = defaultdict(int)
    for _, what, form, payer, payee, amount in model.rows or ():
        if form != "digital":
            continue
        if what != "funding":
            held[payer] -= amount
        if what != "overflow":
            held[payee] += amount
        assert held[payer] >= 0
        assert held[payee] <= everybody[payee].limit
    assert {number: amount for number, amount in held.items() if amount} == {
        number: party.wallet for number, party in everybody.items() if party.wallet
    }


def test_nobody_pays_more_than_the_tier_allows() -> None:
    """Goal: limits of a payment and of a day hold. Method: sums from the log alone."""
    model = played(*TIGHT)
    people = model.country.people
    used: dict[tuple[int, int], int] = defaultdict(int)
    for time_s, what, form, payer, _, amount in model.rows or ():
        if (what, form) == ("paid", "digital") and payer < len(people):
            used[payer, int(time_s // DAY_S)] += amount
            assert amount <= people[payer].per_payment
    assert all(amount <= people[payer].per_day for (payer, _), amount in used.items())


def test_every_want_comes_to_one_end() -> None:
    """Goal: payments are counted right. Method: rows of the log against the counters."""
    model = played(*TIGHT)
    ends = [row[1] for row in model.rows or () if row[1] in {"paid", "refused", "unmet"}]
    wanted = sum(model.tally.settled.values()), model.tally.refused, model.tally.unmet
    assert wanted == tuple(ends.count(what) for what in ("paid", "refused", "unmet"))


@pytest.mark.parametrize("settings", [(), TIGHT], ids=["as stated", "tight limits"])
def test_it_does_what_the_reference_does(settings: tuple[str, ...]) -> None:
    """Goal: like is timed with like. Method: shares of all wants, by what came of them."""
    tally = played(*settings).tally
    plain = {**tally.settled, "refused": tally.refused, "unmet": tally.unmet}
    events = simulate(nation(*settings), seed=1).events
    wants = events[events["kind"].isin(["payment", "unmet"])]
    paid = wants[wants["status"] == "settled"].drop_duplicates("intent")
    counts = {way: int((paid["form"] == form).sum()) for form, way in WAYS.items()}
    refused = set(wants.loc[wants["status"] == "refused", "intent"]) - set(paid["intent"])
    counts |= {"refused": len(refused), "unmet": int((wants["kind"] == "unmet").sum())}
    total, own = sum(counts.values()), sum(plain.values())
    assert own == pytest.approx(total, rel=0.05)
    assert {what: count / own for what, count in plain.items()} == pytest.approx(
        {what: count / total for what, count in counts.items()}, abs=TOLERANCE
    )
