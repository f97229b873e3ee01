"""Claims about wallets from day to day: top-ups, cash-out, allowances, and a run on the banks."""

import json
from math import sqrt

import pytest

from tengesim.codes import Form, Kind, Status
from tengesim.errors import InvariantError
from tengesim.population.wallets_model import WalletsSection
from tests.unit.test_wallets_columns import CHILD
from tests.wallet_world import START, TENGE, Economy, Person, outage, section, stated

SPENT_A_DAY = 10_000
PAYMENTS_A_DAY = 25


def spender(cost: str = "150 KZT") -> WalletsSection:
    """Return the wallets of V16: 300,000 a month, 150 a top-up, 1 % a month forgone."""
    return section(funding__cost=cost, funding__monthly_spending="300000 KZT")


def spend_evenly(stating: WalletsSection, days: int) -> tuple[float, float, float]:
    """Spend evenly for `days`; return mean top-up, mean balance and top-ups a month."""
    economy = Economy([Person(deposit=50_000_000)], stating, days=days)
    balances: list[int] = []
    for day in range(days):
        for number in range(PAYMENTS_A_DAY):
            minutes = number * 24 * 60 // PAYMENTS_A_DAY
            economy.advance(day, f"{minutes // 60:02d}:{minutes % 60:02d}")
            balances.append(economy.wallet(0))
            economy.pay(0, economy.merchant, SPENT_A_DAY // PAYMENTS_A_DAY)
    amounts = [
        row["amount_tiyn"] / TENGE
        for row in economy.rows(Kind.FUNDING)
        if row["form"] == Form.BANK_DEPOSIT
    ]
    return (
        sum(amounts) / len(amounts),
        sum(balances) / len(balances),
        len(amounts) * 30 / days,
    )


def test_top_ups_and_balances_are_those_of_baumol_and_tobin() -> None:
    """Goal: V16. Method: a year of even spending; top-up, mean balance and number of top-ups."""
    top_up, balance, number = spend_evenly(spender(), 285)
    expected = sqrt(2 * 150 * 300_000 / 0.01)
    assert expected == pytest.approx(94_868, abs=1)
    assert top_up == pytest.approx(expected, rel=0.01)
    assert balance == pytest.approx(expected / 2, rel=0.02)
    assert number == pytest.approx(3.162, rel=0.02)


def test_the_comparison_with_baumol_and_tobin_sees_a_tenth() -> None:
    """Goal: power of the test above. Method: a cost that is a tenth off, or more spending."""
    top_up, balance, _ = spend_evenly(spender("165 KZT"), 285)
    expected = sqrt(2 * 150 * 300_000 / 0.01)
    assert top_up != pytest.approx(expected, rel=0.01)
    assert balance != pytest.approx(expected / 2, rel=0.02)


def test_a_wallet_is_filled_on_the_first_morning_to_what_is_wanted() -> None:
    """Goal: opening demand. Method: a fifth of ready money, plus one top-up."""
    stating = section(
        demand__balance={"at_parity": stated("20 %"), "halving_gap": stated("12 %")},
        demand__digital_rate="12 %",
        funding__monthly_spending="10000 KZT",
    )
    economy = Economy([Person(deposit=1_000_000)], stating)
    economy.until(0, "06:01")
    assert economy.wallet(0) == 200_000 + 10_000
    economy.until(27)
    assert len(economy.rows(Kind.FUNDING)) == 3


def test_money_above_the_band_goes_back_to_the_bank() -> None:
    """Goal: cash-out. Method: a wage in digital tenge on top of a wallet that wants little."""
    stating = section(funding__cost="150 KZT", funding__monthly_spending="300000 KZT")
    economy = Economy([Person(deposit=1_000_000)], stating, employer=900_000)
    economy.until(0, "12:00")
    economy.order(Kind.WAGE, {0: 500_000}, digital_bp=10_000)
    assert economy.wallet(0) == 594_868
    economy.until(1, "12:00")
    assert economy.wallet(0) == 94_868
    assert economy.total(Kind.DEFUNDING) == 500_000


def test_without_automatic_flows_wallets_are_looked_after_on_mondays() -> None:
    """Goal: by hand. Method: nobody consents; a wage comes on Tuesday; balances day by day."""
    stating = section(
        funding__cost="150 KZT",
        funding__monthly_spending="300000 KZT",
        funding__automatic="0 %",
    )
    economy = Economy([Person(deposit=1_000_000)], stating, employer=900_000)
    economy.until(1, "12:00")
    assert economy.wallet(0) == 94_868
    economy.order(Kind.WAGE, {0: 500_000}, digital_bp=10_000)
    for day, held in ((2, 594_868), (6, 594_868), (7, 94_868)):
        economy.until(day, "12:00")
        assert economy.wallet(0) == held


def test_allowances_are_given_on_mondays_up_to_the_childs_limit() -> None:
    """Goal: R45. Method: four Mondays of 3,000, with a limit that stops the third."""
    child = {**CHILD, "balance": stated("7 k KZT"), "per_day": stated("5 k KZT")}
    stating = section(delegated=child)
    economy = Economy([Person(deposit=100_000, household=0), Person(age=9, household=0)], stating)
    held = []
    for monday in (0, 7, 14, 21):
        economy.until(monday, "12:00")
        held.append(economy.wallet(1))
    assert held == [3_000, 6_000, 7_000, 7_000]
    assert economy.total(Kind.DELEGATION) == 7_000


def test_a_child_pays_within_the_limits_its_parents_set() -> None:
    """Goal: parent → child limits. Method: one tenge more than a child may pay at once."""
    child = {**CHILD, "per_payment": stated("2 k KZT"), "per_day": stated("3 k KZT")}
    economy = Economy(
        [Person(deposit=100_000, household=0), Person(age=9, household=0)], section(delegated=child)
    )
    economy.until(0, "12:00")
    outcomes = [economy.pay(1, economy.merchant, tenge) for tenge in (2_001, 2_000, 1_001, 1_000)]
    statuses = [outcome.status for outcome in outcomes if outcome is not None]
    assert statuses == [Status.REFUSED, Status.SETTLED, Status.REFUSED, Status.SETTLED]


def test_a_platform_that_is_down_in_the_morning_is_reviewed_when_it_works() -> None:
    """Goal: nothing is forgotten. Method: an outage over the first review."""
    down = outage("platform", START, "05:00", "4 h")
    economy = Economy([Person(deposit=1_000_000)], spender(), outages=[down])
    economy.until(0, "08:59")
    assert economy.wallet(0) == 0
    economy.until(0, "09:01")
    assert economy.wallet(0) == 94_868


def fleeing(limit: str, *, joining: str = "20 %", opening: str = "0 %") -> WalletsSection:
    """Return wallets with a run of five days from the second day on."""
    return section(
        holding_limit=limit,
        run={
            "first": "2026-03-03",
            "days": stated(5),
            "joining": stated(joining),
            "leaving": stated("100 %"),
            "opening": stated(opening),
            "at": "10:00",
            "schedule_source": "assumption",
        },
    )


def outflow(limit: str, seed: int = 1) -> int:
    """Return the tenge that had left deposits after a run, of 60 people of growing wealth."""
    people = [Person(deposit=number * 150_000) for number in range(60)]
    economy = Economy(people, fleeing(limit), seed=seed)
    economy.until(20)
    return economy.total(Kind.FUNDING)


def test_in_a_run_the_limit_binds() -> None:
    """Goal: 0.5 < 1 < 5 m. Method: outflow at each limit for the same people and nerves."""
    for seed in range(1, 6):
        outflows = [outflow(limit, seed) for limit in ("0.5 m KZT", "1 m KZT", "5 m KZT")]
        assert outflows == sorted(set(outflows))


def test_a_run_empties_the_deposits_of_those_who_join_and_of_nobody_else() -> None:
    """Goal: the episode. Method: everybody joins at once without a limit, then nobody does."""
    for joining, left in (("100 %", 0), ("0 %", 500_000)):
        stating = fleeing("5 m KZT", joining=joining)
        economy = Economy([Person(deposit=500_000)] * 3, stating)
        economy.until(6)
        assert {economy.deposit(person) for person in range(3)} == {left}


def test_who_moves_money_by_hand_can_flee_too() -> None:
    """Goal: consent to automatic flows is not needed to flee. Method: nobody consents; all join."""
    plain = json.loads(fleeing("1 m KZT", joining="100 %").model_dump_json(by_alias=True))
    plain["funding"]["automatic"] = stated("0 %")
    stating = WalletsSection.model_validate_json(json.dumps(plain))
    economy = Economy([Person(deposit=500_000)] * 3, stating)
    economy.until(6)
    assert {economy.wallet(person) for person in range(3)} == {500_000}


def test_a_depositor_flees_once() -> None:
    """Goal: no second flight. Method: all join on the first day and take half; four days follow."""
    plain = json.loads(fleeing("5 m KZT", joining="100 %").model_dump_json(by_alias=True))
    plain["run"]["leaving"] = stated("50 %")
    economy = Economy(
        [Person(deposit=400_000)] * 3, WalletsSection.model_validate_json(json.dumps(plain))
    )
    economy.until(6)
    assert {economy.deposit(person) for person in range(3)} == {200_000}


def test_a_wallet_opened_in_a_run_is_watched_too() -> None:
    """Goal: the check covers everybody. Method: a gift above the limit into such a wallet."""
    plain = json.loads(fleeing("1 m KZT", joining="100 %", opening="100 %").model_dump_json())
    plain["demand"]["wallet"] = {"at_parity": stated("0 %"), "halving_gap": stated("4 %")}
    economy = Economy(
        [Person(deposit=500_000)], WalletsSection.model_validate_json(json.dumps(plain))
    )
    economy.until(6)
    issuer = economy.outside.book.open("national_bank", "national_bank", Form.DIGITAL_TENGE)
    economy.give("gift", issuer, int(economy.customers.wallet[0]), 500_001 * TENGE)
    with pytest.raises(InvariantError, match="above its limit"):
        economy.audit()


def fled(joining: str) -> float:
    """Return the share of 4,000 depositors that joined a run of five days."""
    economy = Economy([Person(deposit=1_000)] * 4_000, fleeing("5 m KZT", joining=joining))
    economy.until(8)
    return sum(economy.wallet(person) > 0 for person in range(4_000)) / 4_000


def test_people_join_day_by_day_at_the_stated_rate() -> None:
    """Goal: the rate of joining. Method: a fifth of the calm a day; three standard errors."""
    expected = 1 - 0.8**5
    tolerance = 3 * sqrt(expected * (1 - expected) / 4_000)
    assert abs(fled("20 %") - expected) < tolerance


def test_the_comparison_of_joining_sees_a_tenth() -> None:
    """Goal: power of the test above. Method: the same bound at a rate that is a tenth off."""
    expected = 1 - 0.8**5
    tolerance = 3 * sqrt(expected * (1 - expected) / 4_000)
    assert abs(fled("22 %") - expected) > tolerance


def test_who_has_no_wallet_opens_one_to_flee_if_willing() -> None:
    """Goal: openings in a run. Method: nobody has a wallet; all or none are willing."""
    for opening, wallets in (("100 %", {500_000}), ("0 %", {0})):
        stating = fleeing("1 m KZT", joining="100 %", opening=opening)
        nobody = {"at_parity": stated("0 %"), "halving_gap": stated("4 %")}
        plain = json.loads(stating.model_dump_json(by_alias=True))
        plain["demand"]["wallet"] = nobody
        economy = Economy(
            [Person(deposit=500_000)] * 3, WalletsSection.model_validate_json(json.dumps(plain))
        )
        economy.until(6)
        held = {economy.wallet(i) if economy.customers.has_wallet(i) else 0 for i in range(3)}
        assert held == wallets


def test_a_run_that_exhausts_reserves_is_met_by_the_national_bank() -> None:
    """Goal: liquidity. Method: a tenth in reserves, all flee; what is lent."""
    economy = Economy([Person(deposit=1_000_000)] * 4, fleeing("5 m KZT", joining="100 %"))
    economy.until(1, "12:00")
    assert [economy.wallet(i) for i in range(4)] == [1_000_000] * 4
    assert economy.total(Kind.LIQUIDITY, Form.BANK_RESERVE) == 3_600_000
    assert economy.reserve("bank_a") == 0


def test_without_a_lender_a_run_stops_at_the_reserves() -> None:
    """Goal: reserves bind. Method: the same run without liquidity; refusals in the log."""
    economy = Economy(
        [Person(deposit=100_000)] * 4, fleeing("5 m KZT", joining="100 %"), has_lender=False
    )
    economy.until(1, "12:00")
    refused = [row for row in economy.rows(Kind.FUNDING) if row["status"] == Status.REFUSED]
    assert refused
    assert economy.total(Kind.LIQUIDITY, Form.BANK_RESERVE) == 0


def test_reserves_that_come_back_repay_the_loan_in_the_evening() -> None:
    """Goal: loans end. Method: borrow to pay a wage to the other bank, then benefits arrive."""
    economy = Economy([Person(bank=1), Person(bank=0)], employer=1_000_000, treasury=2_000_000)
    economy.until(0, "12:00")
    economy.order(Kind.WAGE, {0: 500_000})
    lent = economy.total(Kind.LIQUIDITY, Form.BANK_RESERVE)
    assert lent == 400_000
    economy.order(Kind.BENEFIT, {1: 2_000_000}, name="benefit")
    economy.until(0, "20:01")
    assert economy.total(Kind.LIQUIDITY, Form.BANK_RESERVE) == 2 * lent


def test_no_less_is_lent_than_a_tranche() -> None:
    """Goal: loans are round. Method: a bank that is one tenge short of what it has to pay."""
    economy = Economy([Person(bank=1)], employer=1_000_000)
    economy.until(0, "12:00")
    economy.order(Kind.WAGE, {0: 100_001})
    assert economy.total(Kind.LIQUIDITY, Form.BANK_RESERVE) == 1_000


def test_a_bank_gives_back_only_what_it_does_not_need() -> None:
    """Goal: required reserves stay. Method: a benefit comes to a bank in debt."""
    economy = Economy([Person(bank=1), Person(bank=0)], employer=1_000_000, treasury=10**6)
    economy.until(0, "12:00")
    economy.order(Kind.WAGE, {0: 500_000})
    economy.order(Kind.BENEFIT, {1: 100_000}, name="benefit")
    assert economy.reserve("bank_a") == 100_000
    economy.until(0, "20:01")
    # A tenth of what the bank then owes: 500,000 to the employer and 100,000 to the person.
    assert economy.reserve("bank_a") == 60_000
