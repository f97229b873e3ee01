"""Claims about holding limits at the scale of scenarios: equal in quiet times, binding in a run.

The shipped scenarios without everyday payments and income, at 400 people: what is compared is the
same, and many seeds cost seconds. Intervals are those of the paired differences over seeds.
"""

import json
from collections.abc import Sequence
from functools import cache
from math import sqrt
from statistics import mean, stdev

import pytest

import tengesim
from tengesim import Run
from tengesim.codes import Form, column_text
from tengesim.scenario.model import Scenario

SEEDS = range(1, 9)
T_95 = 2.365
"""Student's t of 7 degrees of freedom at 97.5 %."""

LIMITS = {"0.5": "_500k", "1": "", "5": "_5m"}


@cache
def quiet_or_run(name: str, *settings: str) -> Scenario:
    """Return a shipped scenario with people, wallets and banks alone."""
    scenario = tengesim.load_scenario(name, settings=("population.scale=0.00002", *settings))
    sections = json.loads(scenario.model_dump_json(by_alias=True))
    for absent in ("retail", "income", "offline", "outages"):
        sections.pop(absent, None)
    return Scenario.model_validate_json(json.dumps(sections))


@cache
def run_of(name: str, seed: int, *settings: str) -> Run:
    """Return one run, the same object for the same question."""
    return tengesim.simulate(quiet_or_run(name, *settings), seed=seed)


def metric(run: Run, name: str) -> float:
    """Return the value of a metric."""
    values = dict(zip(run.metrics["metric"], run.metrics["value"], strict=True))
    return float(values[name])


def differences(name: str, base: str, variant: str, *settings: str) -> list[float]:
    """Return the paired differences of displacement, variant − base, one a seed."""
    found = []
    for seed in SEEDS:
        pair = [run_of(name + LIMITS[limit], seed, *settings) for limit in (base, variant)]
        first, second = (metric(run, "deposit_displacement") for run in pair)
        found.append(second - first)
    return found


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean."""
    half = T_95 * stdev(values) / sqrt(len(values))
    return mean(values) - half, mean(values) + half


def test_without_a_run_a_limit_of_one_and_of_five_millions_displace_the_same() -> None:
    """Goal: people want less than either limit. Method: the paired interval holds 0."""
    low, high = interval(differences("holding_limit", "1", "5"))
    assert low <= 0 <= high


def test_the_comparison_in_quiet_times_sees_a_limit_that_binds() -> None:
    """Goal: power of the test above. Method: people who want far more than a million to hand."""
    wanting = tuple(
        f"wallets.demand.{path}"
        for path in (
            "balance.at_parity.value=90 %",
            "balance.at_parity.high=90 %",
            "ready_money.value=100 m KZT",
            "ready_money.high=100 m KZT",
            "deposit_rate.value=0 %",
            "deposit_rate.low=0 %",
        )
    )
    low, _ = interval(differences("holding_limit", "1", "5", *wanting))
    assert low > 0


@pytest.mark.parametrize(("base", "variant"), [("0.5", "1"), ("1", "5")])
def test_in_a_run_a_higher_limit_lets_more_out(base: str, variant: str) -> None:
    """Goal: 0.5 < 1 < 5 m. Method: every paired interval lies above 0, and every seed agrees."""
    found = differences("holding_limit_run", base, variant)
    assert interval(found)[0] > 0
    assert min(found) > 0


def test_the_comparison_in_a_run_sees_a_limit_a_tenth_higher() -> None:
    """Goal: power of the test above. Method: 1.1 m against 1 m, everything else equal."""
    higher = ("wallets.holding_limit.value=1.1 m KZT",)
    found = [
        metric(run_of("holding_limit_run", seed, *higher), "deposit_displacement")
        - metric(run_of("holding_limit_run", seed), "deposit_displacement")
        for seed in SEEDS
    ]
    assert interval(found)[0] > 0


@pytest.mark.parametrize("name", ["holding_limit_run_500k", "holding_limit_run_5m"])
def test_no_wallet_is_above_its_limit_at_any_row(name: str) -> None:
    """Goal: the invariant. Method: fold the log of a run, one row after another, in plain sums."""
    run = run_of(name, 1)
    section = run.scenario.wallets
    assert section is not None
    assert section.holding_limit is not None
    held: dict[str, int] = {}
    digital = column_text(Form.DIGITAL_TENGE)
    columns = ("status", "payer", "payee", "form", "form_to", "amount_tiyn")
    for status, payer, payee, form, form_to, amount_tiyn in zip(
        *(run.events[column].tolist() for column in columns), strict=True
    ):
        if status not in ("settled", "posted"):
            continue
        for holder, moved, sign in ((payer, form, -1), (payee, form_to, 1)):
            if moved == digital and str(holder).startswith("person-"):
                held[holder] = held.get(holder, 0) + sign * int(amount_tiyn)
                assert held[holder] <= section.holding_limit.value
    assert max(held.values()) == section.holding_limit.value


@pytest.mark.parametrize(("share", "is_there"), [("0 %", False), ("50 %", True)])
def test_without_wallets_there_is_no_row_in_digital_tenge(share: str, *, is_there: bool) -> None:
    """Goal: zero means none. Method: the whole scenario for a week, with and without demand."""
    settings = [
        f"wallets.demand.wallet.at_parity.{end}={share}" for end in ("low", "value", "high")
    ]
    small = ("population.scale=0.00001", "clock.end=2026-03-06")
    run = tengesim.simulate(tengesim.load_scenario("holding_limit", settings=(*small, *settings)))
    digital = column_text(Form.DIGITAL_TENGE)
    events = run.events
    assert len(events)
    assert bool(((events["form"] == digital) | (events["form_to"] == digital)).any()) is is_there


def test_a_run_is_met_by_reserves_first_and_then_by_the_national_bank() -> None:
    """Goal: liquidity. Method: more is lent the higher the limit; nothing in quiet times."""

    def lent(limit: str) -> float:
        runs = (run_of("holding_limit_run" + LIMITS[limit], seed) for seed in SEEDS)
        return mean(metric(run, "liquidity_peak") for run in runs)

    assert 0 < lent("5") > lent("0.5")
    assert metric(run_of("holding_limit_5m", 1), "liquidity_peak") == 0
