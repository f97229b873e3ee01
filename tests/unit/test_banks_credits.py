"""Claims about wages and benefits: everybody gets the amount, in the right form, or a reason."""

import pytest

from tengesim.codes import Form, Kind, Reason, Status
from tests.wallet_world import START, Economy, Person, outage, section

FOUR = (Person(bank=0), Person(bank=1), Person(bank=0), Person(bank=1))
AMOUNTS = {0: 50_000, 1: 60_000, 2: 70_000, 3: 80_000}


def paid(economy: Economy) -> list[int]:
    """Return deposit and wallet of everybody together."""
    return [economy.deposit(i) + economy.wallet(i) for i in range(4)]


@pytest.mark.parametrize("digital_bp", [0, 3_500, 10_000])
@pytest.mark.parametrize("kind", [Kind.WAGE, Kind.BENEFIT])
def test_everybody_gets_the_whole_amount(kind: Kind, digital_bp: int) -> None:
    """Goal: no tiyn lost between forms. Method: deposits and wallets at every digital share."""
    economy = Economy(FOUR, treasury=1_000_000, employer=1_000_000)
    economy.until(0, "05:00")
    economy.order(kind, AMOUNTS, digital_bp=digital_bp)
    economy.audit()
    assert paid(economy) == list(AMOUNTS.values())
    assert [economy.wallet(i) for i in range(4)] == [
        tenge * digital_bp // 10_000 for tenge in AMOUNTS.values()
    ]


def test_no_digital_share_leaves_no_digital_row() -> None:
    """Goal: zero means none. Method: a month of benefits without a share, rows by form."""
    economy = Economy(FOUR, treasury=1_000_000)
    economy.until(0, "05:00")
    economy.order(Kind.BENEFIT, AMOUNTS)
    rows = economy.outside.journal.rows()
    is_digital = (rows["form"] == Form.DIGITAL_TENGE) | (rows["form_to"] == Form.DIGITAL_TENGE)
    assert not is_digital.any()


def test_a_benefit_moves_reserves_to_the_banks_that_owe_the_deposits() -> None:
    """Goal: two tiers. Method: reserves of both banks after a benefit, the single account empty."""
    economy = Economy(FOUR, treasury=260_000)
    economy.order(Kind.BENEFIT, AMOUNTS)
    assert economy.reserve("bank_a") == AMOUNTS[0] + AMOUNTS[2]
    assert economy.reserve("bank_b") == AMOUNTS[1] + AMOUNTS[3]


def test_a_wage_between_banks_moves_reserves_and_borrows_them_if_need_be() -> None:
    """Goal: an employer's bank with a tenth in reserve can pay. Method: what is lent."""
    economy = Economy(FOUR, employer=260_000)
    economy.until(0, "05:00")
    economy.order(Kind.WAGE, AMOUNTS)
    economy.audit()
    assert paid(economy) == list(AMOUNTS.values())
    assert economy.total(Kind.LIQUIDITY, Form.BANK_RESERVE) == AMOUNTS[1] + AMOUNTS[3] - 26_000


def test_without_a_lender_the_bank_cannot_pay_and_the_log_says_so() -> None:
    """Goal: reserves bind. Method: the same wage without a lender; own customers are paid."""
    economy = Economy(FOUR, employer=260_000, has_lender=False)
    economy.until(0, "05:00")
    economy.order(Kind.WAGE, AMOUNTS)
    assert paid(economy) == [AMOUNTS[0], 0, AMOUNTS[2], 0]
    refused = [row for row in economy.rows(Kind.WAGE) if row["status"] == Status.REFUSED]
    assert [row["reason"] for row in refused] == [Reason.INSUFFICIENT_FUNDS]


def test_a_treasury_without_money_pays_nobody() -> None:
    """Goal: no benefit out of nothing. Method: a single account one tenge short of each bank."""
    economy = Economy(FOUR, treasury=119_999)
    economy.order(Kind.BENEFIT, AMOUNTS)
    assert paid(economy) == [0, 0, 0, 0]


def test_a_bank_that_is_down_pays_when_it_works_again() -> None:
    """Goal: outages delay and lose nothing. Method: bank B down at noon; rows and balances."""
    down = outage("bank_b", START, "10:00", "5 h")
    economy = Economy(FOUR, treasury=1_000_000, outages=[down])
    economy.until(0, "12:00")
    economy.order(Kind.BENEFIT, AMOUNTS)
    assert paid(economy) == [AMOUNTS[0], 0, AMOUNTS[2], 0]
    waiting = [row for row in economy.rows(Kind.BENEFIT) if row["status"] == Status.REFUSED]
    assert {row["reason"] for row in waiting} == {Reason.SYSTEM_UNAVAILABLE}
    assert {economy.outside.names.text(row["rule"]) for row in waiting} == {"bank_b_down"}
    economy.until(0, "15:01")
    assert paid(economy) == list(AMOUNTS.values())
    last = [row for row in economy.rows(Kind.BENEFIT) if row["attempt"] == 1]
    assert {row["intent"] for row in last} == {row["intent"] for row in waiting}


def test_a_platform_that_is_down_delays_the_digital_part_alone() -> None:
    """Goal: the forms fail apart. Method: platform down at noon; deposits come, wallets later."""
    down = outage("platform", START, "10:00", "5 h")
    economy = Economy(FOUR, treasury=1_000_000, outages=[down])
    economy.until(0, "12:00")
    economy.order(Kind.BENEFIT, AMOUNTS, digital_bp=5_000)
    assert [economy.wallet(i) for i in range(4)] == [0, 0, 0, 0]
    assert [economy.deposit(i) for i in range(4)] == [tenge // 2 for tenge in AMOUNTS.values()]
    economy.until(0, "16:00")
    assert paid(economy) == list(AMOUNTS.values())


def test_a_credit_that_waits_twice_is_refused_once() -> None:
    """Goal: one refusal a credit. Method: the employer's bank fails before the platform is back."""
    outages = [outage("platform", START, "10:00", "5 h"), outage("bank_a", START, "14:00", "5 h")]
    economy = Economy(FOUR, employer=1_000_000, outages=outages)
    economy.until(0, "12:00")
    economy.order(Kind.WAGE, AMOUNTS, digital_bp=10_000)
    economy.until(0, "20:00")
    assert [economy.wallet(i) for i in range(4)] == list(AMOUNTS.values())
    statuses = [row["status"] for row in economy.rows(Kind.WAGE)]
    assert statuses == [Status.REFUSED] * 4 + [Status.SETTLED] * 4


@pytest.mark.parametrize("kind", [Kind.WAGE, Kind.BENEFIT])
def test_what_exceeds_the_limit_flows_to_the_deposit(kind: Kind) -> None:
    """Goal: waterfall of income. Method: three credits of 400,000 under a limit of a million."""
    economy = Economy(FOUR, treasury=10**7, employer=10**7)
    economy.until(0, "07:00")
    for number in range(3):
        economy.order(kind, {0: 400_000}, digital_bp=10_000, name=f"order-{number}")
    economy.audit()
    assert economy.wallet(0) == 1_000_000
    assert economy.deposit(0) == 200_000
    assert economy.total(Kind.WATERFALL) == 200_000


@pytest.mark.parametrize("kind", [Kind.WAGE, Kind.BENEFIT])
def test_a_credit_above_the_whole_limit_goes_past_the_wallet(kind: Kind) -> None:
    """Goal: no row above the limit. Method: one credit of two limits and a half."""
    economy = Economy(FOUR, treasury=10**7, employer=10**7)
    economy.until(0, "07:00")
    economy.order(kind, {1: 2_500_000}, digital_bp=10_000)
    economy.audit()
    assert (economy.wallet(1), economy.deposit(1)) == (1_000_000, 1_500_000)


def test_without_a_linked_account_a_full_wallet_refuses() -> None:
    """Goal: R14 without waterfall. Method: a person who allows no automatic flow."""
    economy = Economy(FOUR, section(funding__automatic="0 %"), treasury=10**7)
    economy.until(0, "07:00")
    economy.order(Kind.BENEFIT, {0: 1_500_000}, digital_bp=10_000)
    refused = [row for row in economy.rows(Kind.BENEFIT) if row["status"] == Status.REFUSED]
    assert [row["reason"] for row in refused] == [Reason.LIMIT_HOLDING]
    assert economy.total(Kind.BENEFIT, Form.TREASURY_SINGLE_ACCOUNT) == 0


def test_only_wages_and_benefits_are_credited() -> None:
    """Goal: misuse is loud. Method: an order of another kind, and something that is no order."""
    economy = Economy(FOUR)
    with pytest.raises(ValueError, match="not a wage or a benefit"):
        economy.order(Kind.PAYMENT, AMOUNTS)
    with pytest.raises(TypeError, match="CreditOrder"):
        economy.outside.ports.bulletin.announce("credit", "money")
