"""Purchases against a register: what each arm pays, what it loses, and who waits.

The arms of a study share their deals, so every expectation is computed here from the deals alone:
what a reader of the scenario would expect of each deal under the arm's rules.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tengesim import Run, Scenario, load_scenario, simulate
from tengesim.clock import HOUR_US, Duration
from tengesim.codes import TrueLabel
from tengesim.engine.run import Engine
from tengesim.institutions.purchases import PurchasesSection
from tengesim.institutions.purchases.deals import Deal, draw_deals
from tengesim.rules.procedures import RefundsIfUnmet
from tengesim.rules.steps import procedure_of
from tengesim.streams import Streams
from tests.dated_log import closing, dated, of, total
from tests.worlds import only

LIVESTOCK = ("livestock_ordinary", "livestock_register", "livestock")
CARS = ("car_purchase_ordinary", "car_purchase_escrow", "car_purchase")
AT_SALE, WAITING = (LIVESTOCK[0], CARS[0]), (*LIVESTOCK[1:], *CARS[1:])
MANY = only("purchases.livestock.deals", "200")
TRUTH = "purchases.livestock.truth"
HOURS_A_DAY = 24
LOOSE = """format: 1
extends: livestock
name: loose
rule_books:
  livestock_marked:
    rules:
      - id: register_changed
        on: [pay]
        condition: {kind: register_changed, of: livestock}
        on_failure: hold
        queue: livestock_register
        text: {en: "The seller is paid once the livestock register names the buyer."}
        reference: assumption
"""


@cache
def scenario(name: str, *settings: str) -> Scenario:
    """Return an arm; loans for livestock are many, so that every fate occurs."""
    return load_scenario(name, settings=[*(MANY if name in LIVESTOCK else ()), *settings])


@cache
def run_of(name: str, *settings: str, engine: Engine = "fast") -> Run:
    """Return the run of an arm."""
    return simulate(scenario(name, *settings), engine=engine)


def section_of(asked: Scenario) -> tuple[str, PurchasesSection]:
    """Return the one section of purchases."""
    ((name, section),) = asked.purchases.items()
    return name, section


@cache
def deals_of(name: str, *settings: str) -> tuple[Deal, ...]:
    """Return the deals of an arm."""
    asked = scenario(name, *settings)
    stem, section = section_of(asked)
    days = asked.clock.calendar().business_days(
        section.term.first, section.term.last + pd.Timedelta(days=1).to_pytimedelta()
    )
    banks = [(bank.id, bank.share.value) for bank in asked.banks.second_tier]
    return draw_deals(stem, section, streams=Streams(asked.seed), days=days, banks=banks)


def held_of(asked: Scenario) -> Duration:
    """Return how long the rules of an arm hold money for the register."""
    _, section = section_of(asked)
    procedure = procedure_of(asked.rule_books[section.rule_book], RefundsIfUnmet)
    assert procedure is not None
    return procedure.held


def metric(run: Run, name: str) -> tuple[int, int | None]:
    """Return numerator and denominator of a metric."""
    line = (
        run.metrics[run.metrics["metric"] == name].fillna({"denominator": 0}).to_dict("records")[0]
    )
    return int(line["numerator"]), int(line["denominator"]) or None


def amount(deals: list[Deal]) -> int:
    """Return the prices of deals."""
    return sum(deal.price_tiyn for deal in deals)


def labelled(name: str, *labels: TrueLabel) -> list[Deal]:
    """Return the deals of an arm that are one of these."""
    return [deal for deal in deals_of(name) if deal.true_label in labels]


@pytest.mark.parametrize("arms", [LIVESTOCK, CARS])
def test_all_arms_have_the_same_deals(arms: tuple[str, ...]) -> None:
    """Arms are paired deal by deal, truth included."""
    first, *others = (deals_of(name) for name in arms)
    assert first
    assert [first] * len(others) == others
    logs = [of(dated(run_of(name)), "agreement", "recorded") for name in arms]
    asked = [
        log[["intent", "payer", "payee", "amount_tiyn", "date"]].to_numpy().tolist() for log in logs
    ]
    assert [asked[0]] * len(asked) == asked


@pytest.mark.parametrize("name", AT_SALE)
def test_who_pays_at_the_sale_loses_whatever_goes_wrong(name: str) -> None:
    """Expected: every dishonest deal is lost, and honest sellers never wait."""
    lost = [deal for deal in deals_of(name) if deal.true_label is not TrueLabel.HONEST]
    run = run_of(name)
    assert lost
    assert metric(run, "purchases_lost")[0] == amount(lost)
    assert metric(run, "purchases_loss_stopped")[0] == 0
    assert metric(run, "sellers_wait")[0] == 0
    assert metric(run, "purchases_released")[0] == 0
    fallen = [deal for deal in deals_of(name) if deal.falls_through]
    assert metric(run, "purchases_paid")[0] == amount(list(deals_of(name))) - amount(fallen)


@pytest.mark.parametrize("name", WAITING)
def test_who_waits_for_the_register_loses_what_the_register_does_not_see(name: str) -> None:
    """Expected: only sales that are undone afterwards pass, and nobody pays before the register."""
    sham = labelled(name, TrueLabel.SHAM_SALE)
    stopped = labelled(name, TrueLabel.NOT_DELIVERED, TrueLabel.LOAN_DIVERTED)
    run = run_of(name)
    assert metric(run, "purchases_lost")[0] == amount(sham)
    assert metric(run, "purchases_loss_stopped")[0] == amount(stopped)
    assert metric(run, "money_at_risk")[0] == 0


@pytest.mark.parametrize("name", WAITING)
def test_sellers_wait_as_long_as_the_register_takes(name: str) -> None:
    """Reference formula: business days of the register, from the hand-over to its answer."""
    asked = scenario(name)
    _, section = section_of(asked)
    calendar = asked.clock.calendar()
    weighted, prices, unpaid = 0, 0, 0
    for deal in deals_of(name):
        if deal.true_label is not TrueLabel.HONEST or deal.falls_through:
            continue
        handed = calendar.after(deal.agreed_on, section.handover.value, section.agreed_at)
        days = section.handover.value.value + section.registration.value.value
        days += section.correction.value.value * deal.is_entered_late
        entered_on = calendar.add_business_days(deal.agreed_on, days)
        entered = calendar.at(entered_on, section.registers_at)
        if entered <= calendar.after(deal.agreed_on, held_of(asked), section.agreed_at):
            weighted += deal.price_tiyn * ((entered - handed) // HOUR_US)
            prices += deal.price_tiyn
        else:
            unpaid += deal.price_tiyn
    run = run_of(name)
    assert metric(run, "sellers_wait") == (weighted, prices * HOURS_A_DAY)
    assert metric(run, "sellers_unpaid")[0] == unpaid


def test_a_register_that_answers_too_late_leaves_honest_sellers_unpaid() -> None:
    """A correction longer than the hold lets money go back that was due."""
    settings = (
        *only("purchases.cars.register_error", "100 %"),
        *only("purchases.cars.correction", "20 business days"),
    )
    run = run_of("car_purchase", *settings)
    honest = [
        deal
        for deal in deals_of("car_purchase", *settings)
        if deal.true_label is TrueLabel.HONEST and not deal.falls_through
    ]
    assert honest
    assert metric(run, "sellers_unpaid")[0] == amount(honest)
    assert metric(run, "purchases_paid")[0] == 0


def test_a_mark_adds_nothing_to_money_that_waits_for_the_register() -> None:
    """Digital evidence is not marked money: arms 2 and 3 lose and pay the same."""
    for arms in (LIVESTOCK, CARS):
        _, evidence, money = (run_of(name) for name in arms)
        for name in ("purchases_lost", "purchases_paid", "sellers_wait", "sellers_unpaid"):
            assert metric(evidence, name) == metric(money, name)


def test_a_marked_loan_is_spent_on_nothing_else() -> None:
    """Every borrower who means to divert a marked loan asks, and is refused by the rule."""
    diverted = labelled("livestock", TrueLabel.LOAN_DIVERTED)
    rows = dated(run_of("livestock"))
    refused = of(rows, "redeem", "refused", true_label="loan_diverted")
    assert sorted(deal.id for deal in diverted) == sorted(refused["intent"])
    assert {"no_conversion"} == set(refused["rule"])
    assert {"conversion_not_allowed"} == set(refused["reason"])


def test_a_mark_without_its_ban_lets_the_loan_go(tmp_path: Path) -> None:
    """The twin: without the ban on conversion the same borrowers free the loan and keep it."""
    loose = tmp_path / "loose.yaml"
    loose.write_text(LOOSE, encoding="utf-8")
    run = simulate(load_scenario(str(loose), settings=[*MANY]))
    gone = labelled("livestock", TrueLabel.LOAN_DIVERTED, TrueLabel.SHAM_SALE)
    assert metric(run, "purchases_lost")[0] == amount(gone)


@pytest.mark.parametrize("name", [*LIVESTOCK, *CARS])
def test_money_ends_with_sellers_buyers_or_the_treasury(name: str) -> None:
    """What everybody holds at the end is what there was: nothing waits, nothing is left marked."""
    run = run_of(name)
    accounts = run.accounts
    issuers = accounts["holder"].astype(str) == accounts["keeper"].astype(str)
    tenge = (accounts["form"].astype(str) == "digital_tenge") & ~issuers
    assert int(accounts.loc[tenge, "closing_tiyn"].sum()) == 0
    assert int(accounts["held_tiyn"].sum()) == 0
    stem, _ = section_of(scenario(name))
    paid = metric(run, "purchases_paid")[0]
    lent = labelled(name, TrueLabel.LOAN_DIVERTED) if name == LIVESTOCK[0] else []
    assert closing(run, f"{stem}-seller") == paid - amount(lent)


def test_a_loan_that_comes_back_is_swapped_into_the_single_account() -> None:
    """Marked money that was issued leaves as payments of sellers or returns to the budget."""
    rows = dated(run_of("livestock"))
    issued = total(of(rows, "issue", mark="", mark_to="livestock.2024"))
    paid = total(of(rows, "payment", "posted", mark="livestock.2024"))
    returned = total(of(rows, "return", mark="livestock.2024"))
    assert issued == paid + returned
    assert returned == metric(run_of("livestock"), "purchases_released")[0]


@pytest.mark.parametrize("name", [*LIVESTOCK, *CARS])
def test_compiled_and_readable_code_write_the_same_log(name: str) -> None:
    """Digest of the fast engine = digest of the reference."""
    assert run_of(name, engine="reference").digest == run_of(name).digest


def fates(share: str, deals: int = 100_000) -> int:
    """Return how many of many deals are diverted at a share."""
    settings = [
        *only("purchases.livestock.deals", str(deals)),
        *only(f"{TRUTH}.buyers_divert", share),
    ]
    asked = load_scenario("livestock_ordinary", settings=settings)
    stem, section = section_of(asked)
    days = asked.clock.calendar().business_days(section.term.first, section.term.last)
    drawn = draw_deals(
        stem, section, streams=Streams(7), days=days, banks=[("bank_a", 7_000), ("bank_b", 3_000)]
    )
    return sum(deal.true_label is TrueLabel.LOAN_DIVERTED for deal in drawn)


def is_near(count: int, share: float, deals: int = 100_000) -> bool:
    """Return whether a count lies within four standard deviations of a binomial share."""
    return bool(abs(count - share * deals) <= 4 * np.sqrt(deals * share * (1 - share)))


def test_deals_go_wrong_in_the_shares_that_are_stated() -> None:
    """Binomial; the twin with a share 10 % off is told apart."""
    assert is_near(fates("8 %"), 0.08)
    assert not is_near(fates("8.8 %"), 0.08)
