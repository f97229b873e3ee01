"""Worlds that nobody has seen before keep the two promises that no seed may break.

A failure here is a fault of the ledger or of replay, never of chance: what a distribution looks
like is tested elsewhere, with fixed seeds.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

import pandas as pd
import pytest

import tengesim

pytestmark = [pytest.mark.seeds, pytest.mark.timeout(300)]

ARMS: Final = ("school_meals", "school_meals_social_wallet", "school_meals_headcount")
SMALL: Final = ("population.scale=0.005",)
ACCOUNT: Final = ["holder", "keeper", "form", "mark"]
MOVING: Final = ("settled", "posted")


@cache
def scenario(name: str) -> tengesim.Scenario:
    """Load a small world of a shipped scenario."""
    return tengesim.load_scenario(name, settings=SMALL)


def folded(events: pd.DataFrame) -> dict[tuple[str, ...], int]:
    """Return each account's money from the rows that moved any, by nothing but adding up."""
    moved = events[events["status"].isin(MOVING)]
    money: dict[tuple[str, ...], int] = {}
    sides = {
        "payer": ("payer", "keeper", "form", "mark"),
        "payee": ("payee", "keeper_to", "form_to", "mark_to"),
    }
    for side, columns in sides.items():
        sign = 1 if side == "payee" else -1
        rows = zip(*(moved[column] for column in columns), moved["amount_tiyn"], strict=True)
        for *account, amount_tiyn in rows:
            key = tuple(account)
            money[key] = money.get(key, 0) + sign * int(amount_tiyn)
    return money


def repeat(seed: int, arm: str) -> str:
    """Return the command that runs one failing world again."""
    return f"failing world: tengesim run {arm} --seed {seed} --set {SMALL[0]}"


def test_a_fresh_world_replays_to_the_same_log(fresh_seeds: Iterator[int]) -> None:
    """Goal: one seed, one log. Method: run each new seed twice in each arm, compare every row."""
    for seed in fresh_seeds:
        arm = ARMS[seed % len(ARMS)]
        first = tengesim.simulate(scenario(arm), seed=seed)
        second = tengesim.simulate(scenario(arm), seed=seed)
        assert first.digest == second.digest, repeat(seed, arm)
        assert first.events.equals(second.events), repeat(seed, arm)


def test_the_accounts_of_a_fresh_world_are_the_sums_of_its_log(fresh_seeds: Iterator[int]) -> None:
    """Goal: the ledger is its log. Method: add up the rows of each new seed, compare accounts."""
    for seed in fresh_seeds:
        arm = ARMS[seed % len(ARMS)]
        run = tengesim.simulate(scenario(arm), seed=seed)
        closing = {
            tuple(account): int(closing_tiyn)
            for *account, closing_tiyn in run.accounts[[*ACCOUNT, "closing_tiyn"]].itertuples(
                index=False
            )
        }
        assert closing, repeat(seed, arm)
        for key, tiyn in folded(run.events).items():
            assert closing.get(key, 0) == tiyn, (key, repeat(seed, arm))
