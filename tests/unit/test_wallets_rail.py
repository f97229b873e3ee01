"""Claims about paying in digital tenge: limits, top-ups, overflow, and what is logged."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengesim.codes import Evidence, Form, Kind, Reason, Status
from tengesim.errors import InvariantError
from tengesim.institutions.wallets import book_of_evidence
from tengesim.payment import Observation, Operation
from tengesim.population.wallets_model import WalletsSection
from tengesim.rules.evaluate import decide
from tengesim.rules.usage import PeriodicUsage, periods_of
from tests.wallet_world import (
    CALENDAR,
    START,
    TENGE,
    Economy,
    Person,
    limits,
    outage,
    section,
    stated,
)

RICH, POOR = Person(deposit=2_000_000, bank=0), Person(deposit=5_000, bank=1)


def test_a_payment_moves_money_between_two_wallets() -> None:
    """Goal: the rail pays. Method: a filled wallet pays another; both balances and the row."""
    economy = Economy([RICH, POOR])
    economy.until(0, "05:00")
    economy.pay(0, 1, 30_000)
    outcome = economy.pay(0, 1, 20_000)
    assert outcome is not None
    assert outcome.status is Status.SETTLED
    economy.audit()
    assert economy.wallet(1) == 50_000
    assert economy.deposit(0) + economy.wallet(0) == 2_000_000 - 50_000
    row = economy.rows(Kind.PAYMENT)[-1]
    assert row["evidence"] == Evidence.TIER_1 | Evidence.CHANNEL_REMOTE
    assert (row["form"], row["form_to"]) == (Form.DIGITAL_TENGE, Form.DIGITAL_TENGE)


def test_the_top_up_bears_the_intent_of_the_payment() -> None:
    """Goal: what happens at one instant is one story. Method: intents of funding and payment."""
    economy = Economy([RICH, POOR])
    economy.until(0, "05:00")
    economy.pay(0, 1, 30_000)
    intents = {row["intent"] for kind in (Kind.FUNDING, Kind.PAYMENT) for row in economy.rows(kind)}
    assert intents == {-1}


def test_who_lacks_the_means_leaves_no_row() -> None:
    """Goal: no means is no refusal. Method: one tenge more than wallet and deposit hold."""
    economy = Economy([RICH, POOR])
    economy.until(0, "05:00")
    before = len(economy.outside.journal)
    assert economy.pay(1, 0, 5_001) is None
    assert len(economy.outside.journal) == before
    assert economy.pay(1, 0, 5_000) is not None


def test_a_payment_above_the_holding_limit_cannot_pass_through_the_wallet() -> None:
    """Goal: the payer's limit binds too. Method: more than a million at once out of two."""
    economy = Economy([RICH, POOR])
    economy.until(0, "05:00")
    assert economy.pay(0, economy.merchant, 1_000_001) is None
    assert economy.pay(0, economy.merchant, 1_000_000) is not None
    economy.audit()
    assert economy.wallet(economy.merchant) == 1_000_000


def test_a_wallet_draws_only_so_much_by_itself_for_one_payment() -> None:
    """Goal: large payments are left to deposits. Method: one tenge beyond the largest top-up."""
    economy = Economy([RICH, POOR], section(funding__largest="500 k KZT"))
    economy.until(0, "05:00")
    assert economy.pay(0, 1, 500_001) is None
    assert economy.pay(0, 1, 500_000) is not None


def test_a_full_wallet_of_a_payee_flows_over_into_its_deposit() -> None:
    """Goal: waterfall. Method: two payments of 600,000 to one person under a million."""
    economy = Economy([RICH, POOR])
    economy.until(0, "05:00")
    for _ in range(2):
        economy.pay(0, 1, 600_000)
    economy.audit()
    assert economy.wallet(1) == 1_000_000
    assert economy.deposit(1) == 205_000
    assert economy.total(Kind.PAYMENT) == 1_200_000


def test_a_full_wallet_without_a_bank_account_refuses_with_the_limit() -> None:
    """Goal: R14. Method: an anonymous wallet that has room for one payment of two."""
    tiers = [
        {
            **limits("anonymous", "100 k KZT", "300 k KZT", "150 k KZT"),
            "share": stated("100 %"),
            "has_bank_account": False,
        }
    ]
    economy = Economy([RICH, POOR], section(tiers=tiers), treasury=1_000_000)
    economy.until(0, "05:00")
    economy.order(Kind.BENEFIT, {0: 100_000}, digital_bp=10_000)
    economy.order(Kind.BENEFIT, {1: 100_000}, digital_bp=10_000, name="other")
    outcome = economy.pay(0, 1, 60_000)
    assert outcome is not None
    assert outcome.reason is Reason.LIMIT_HOLDING
    row = economy.rows(Kind.PAYMENT)[-1]
    assert economy.outside.names.text(row["rule"]) == "holding_limit"
    assert (row["value"], row["limit"]) == (160_000 * TENGE, 150_000 * TENGE)


@pytest.mark.parametrize(
    ("amounts", "reason", "rule"),
    [
        ([100_001], Reason.LIMIT_PER_PAYMENT, "full_per_payment"),
        ([100_000, 100_000, 50_001], Reason.LIMIT_PER_PERIOD, "full_per_day"),
    ],
)
def test_limits_of_the_tier_refuse_with_their_rule(
    amounts: list[int], reason: Reason, rule: str
) -> None:
    """Goal: R46. Method: one tenge beyond each limit; the last row names the rule."""
    economy = Economy([RICH, POOR], narrow())
    economy.until(0, "05:00")
    outcomes = [economy.pay(0, 1, amount) for amount in amounts]
    assert [outcome and outcome.status for outcome in outcomes[:-1]] == [Status.SETTLED] * (
        len(amounts) - 1
    )
    row = economy.rows(Kind.PAYMENT)[-1]
    assert (row["reason"], economy.outside.names.text(row["rule"])) == (reason, rule)


def test_the_limit_of_a_day_ends_with_the_day() -> None:
    """Goal: windows. Method: exhaust the day, pay the same on the morrow."""
    economy = Economy([RICH, POOR], narrow())
    economy.until(0, "12:00")
    for _ in range(3):
        economy.pay(0, 1, 100_000)
    economy.until(1, "12:00")
    economy.pay(0, 1, 100_000)
    statuses = [row["status"] for row in economy.rows(Kind.PAYMENT)]
    assert statuses == [Status.SETTLED, Status.SETTLED, Status.REFUSED, Status.SETTLED]


def test_the_book_found_by_evidence_repeats_every_decision() -> None:
    """Goal: a reader can re-judge. Method: decide each row again from the book and the log."""
    economy = Economy([RICH, POOR], narrow())
    economy.until(0, "12:00")
    for amount in (90_000, 120_000, 90_000, 90_000, 70_000):
        economy.pay(0, 1, amount)
    row = economy.rows(Kind.PAYMENT)[0]
    book = book_of_evidence(economy.section, row["evidence"])
    assert book is not None
    usage = PeriodicUsage(periods_of(book))
    for one in economy.rows(Kind.PAYMENT):
        seen = observed(economy, one)
        assert decide(book, seen, usage).reason == one["reason"]
        if one["status"] == Status.SETTLED:
            usage.add(seen.payer, seen.day, seen.amount_tiyn)


def test_an_outage_of_the_platform_refuses_every_payment_while_it_lasts() -> None:
    """Goal: outages. Method: pay before, during and after; the rule is the outage's id."""
    down = outage("platform", START, "10:00", "2 h")
    economy = Economy([RICH, POOR], outages=[down])
    for hour in ("09:59", "10:00", "11:59", "12:00"):
        economy.until(0, hour)
        economy.pay(0, 1, 1_000)
    rows = economy.rows(Kind.PAYMENT)
    assert [row["reason"] for row in rows] == [0, *[Reason.SYSTEM_UNAVAILABLE] * 2, 0]
    assert economy.outside.names.text(rows[1]["rule"]) == "platform_down"


def test_a_bank_that_is_down_stops_only_those_who_need_it() -> None:
    """Goal: money in the wallet can be spent. Method: bank A down; a full and an empty wallet."""
    down = outage("bank_a", START, "10:00", "5 h")
    economy = Economy([RICH, POOR, RICH], narrow(), outages=[down], treasury=10**6)
    economy.until(0, "10:30")
    economy.order(Kind.BENEFIT, {0: 50_000}, digital_bp=10_000)
    have, lack = economy.pay(0, 1, 50_000), economy.pay(2, 1, 50_000)
    assert have is not None
    assert lack is not None
    assert (have.reason, lack.reason) == (Reason.NONE, Reason.SYSTEM_UNAVAILABLE)


def test_merchants_can_be_emptied_at_once_or_in_the_evening() -> None:
    """Goal: merchants' wallets. Method: balances after a sale and after the evening, both ways."""
    for sweep, after in (("daily", 40_000), ("at_once", 0)):
        economy = Economy(
            [RICH],
            section(merchants={"sweep": sweep, "at": "23:00", "schedule_source": "assumption"}),
        )
        economy.until(0, "12:00")
        economy.pay(0, economy.merchant, 40_000, is_remote=False)
        assert economy.wallet(economy.merchant) == after
        economy.until(0, "23:01")
        assert economy.wallet(economy.merchant) == 0
        assert economy.deposit(economy.merchant) == 40_000


payments = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 5),
        st.integers(1, 1_500_000),
        st.sampled_from(["pay", "wage", "benefit"]),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(payments, st.sampled_from(["100 k KZT", "500 k KZT", "1 m KZT"]))
def test_no_wallet_is_above_its_limit_after_any_row(
    acts: list[tuple[int, int, int, str]], holding_limit: str
) -> None:
    """Goal: the invariant. Method: any acts; fold the log row by row with plain sums."""
    people = [RICH, POOR, Person(deposit=700_000, bank=1), Person(deposit=0)]
    economy = Economy(people, section(holding_limit=holding_limit), treasury=10**8, employer=10**8)
    limit_tiyn = economy.section.holding_limit.value if economy.section.holding_limit else 0
    for number, (payer, payee, tenge, act) in enumerate(acts):
        economy.until(number // 4, f"{7 + number % 4 * 4:02d}:00")
        if act == "pay" and payer != payee:
            economy.pay(payer, payee, tenge)
        elif act != "pay":
            kind = Kind.WAGE if act == "wage" else Kind.BENEFIT
            economy.order(kind, {payer: tenge}, digital_bp=8_000, name=f"order-{number}")
    economy.until(12)
    assert highest(economy, len(people)) <= limit_tiyn


def test_the_watch_stops_a_run_in_which_somebody_fills_a_wallet_past_it() -> None:
    """Goal: the check bites. Method: an issue straight into a wallet, one tiyn too much."""
    economy = Economy([RICH, POOR])
    economy.until(0, "05:00")
    issuer = economy.outside.book.open("national_bank", "national_bank", Form.DIGITAL_TENGE)
    economy.give("first", issuer, int(economy.customers.wallet[0]), 1_000_000 * TENGE)
    economy.audit()
    economy.give("second", issuer, int(economy.customers.wallet[1]), 1_000_000 * TENGE + 1)
    with pytest.raises(InvariantError, match="above its limit of 100000000"):
        economy.audit()


def test_the_watch_remembers_what_earlier_pieces_of_the_log_left() -> None:
    """Goal: the check spans blocks. Method: two gifts below the limit each, an audit between."""
    economy = Economy([RICH, POOR])
    economy.until(0, "05:00")
    issuer = economy.outside.book.open("national_bank", "national_bank", Form.DIGITAL_TENGE)
    wallet = int(economy.customers.wallet[0])
    economy.give("first", issuer, wallet, 600_000 * TENGE)
    economy.audit()
    economy.give("second", issuer, wallet, 600_000 * TENGE)
    with pytest.raises(InvariantError, match="leaves 120000000 tiyn in the wallet"):
        economy.audit()


class Nowhere:
    """Coverage in which no till ever has a connection."""

    def is_connected(self, merchant: int, time_us: int) -> bool:
        """Return that it has none."""
        return merchant < 0 and time_us < 0


def test_a_till_without_connection_refuses_and_remote_payments_go_on() -> None:
    """Goal: coverage. Method: the same payment at the counter and from afar, and to a person."""
    economy = Economy([RICH, POOR], coverage=Nowhere())
    economy.until(0, "12:00")
    economy.pay(0, economy.merchant, 1_000, is_remote=False)
    economy.pay(0, economy.merchant, 1_000)
    economy.pay(0, 1, 1_000, is_remote=False)
    rows = economy.rows(Kind.PAYMENT)
    assert [row["reason"] for row in rows] == [Reason.SYSTEM_UNAVAILABLE, 0, 0]
    assert economy.outside.names.text(rows[0]["rule"]) == "no_connection"


def narrow() -> WalletsSection:
    """Return wallets of one tier that pays 100,000 at once and 250,000 a day."""
    tier = limits("full", "100 k KZT", "250 k KZT", "1 m KZT")
    return section(tiers=[{**tier, "share": stated("100 %"), "has_bank_account": True}])


def observed(economy: Economy, row: dict[str, int]) -> Observation:
    """Return what the rules saw of a logged payment."""
    text, day = economy.outside.names.text, CALENDAR.day_number(row["time_us"])
    return Observation(
        operation=Operation.PAY,
        time_us=row["time_us"],
        day=day,
        time_of_day_us=row["time_us"] - CALENDAR.at(CALENDAR.date_of(row["time_us"])),
        payer=text(row["payer"]),
        payee=text(row["payee"]),
        purpose=text(row["programme"]),
        category="",
        amount_tiyn=row["amount_tiyn"],
        evidence=row["evidence"],
    )


def highest(economy: Economy, people: int) -> int:
    """Return the most that any person ever held, folding the log one row after another."""
    held: dict[int, int] = {}
    persons = {economy.outside.names.id(economy.customers.name(i)) for i in range(people)}
    most = 0
    for row in economy.outside.journal.rows():
        if row["status"] not in (Status.SETTLED, Status.POSTED):
            continue
        for side, form, sign in (("payer", "form", -1), ("payee", "form_to", 1)):
            if row[form] == Form.DIGITAL_TENGE and int(row[side]) in persons:
                held[int(row[side])] = held.get(int(row[side]), 0) + sign * int(row["amount_tiyn"])
                most = max(most, held[int(row[side])])
    return most
