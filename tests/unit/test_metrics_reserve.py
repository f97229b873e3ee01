"""Metrics of reserves, arrests and mining, against logs read row by row with fractions."""

from fractions import Fraction
from functools import cache
from math import floor

import pytest

from tengesim.clock import DAY_US
from tengesim.codes import BASE_UNITS, Form, Kind, Provenance, Status
from tengesim.metrics import confiscation, mining, reserve
from tengesim.metrics.metric import Measure
from tengesim.metrics.readings import Readings
from tests.reserve_log import START_US, HandLog, Plain, random_log

SEEDS = range(4)
DAYS = 900


def measured(readings: Readings) -> dict[str, Measure]:
    """Return every measure of assets by name."""
    parts = (reserve.measure, confiscation.measure, mining.measure)
    return {one.metric: one.checked() for part in parts for one in part(readings)}


@cache
def life(seed: int) -> tuple[dict[str, Measure], Plain]:
    """Return what metrics say of a random log, and the plain reading of it."""
    log = random_log(seed, DAYS)
    return measured(
        log.readings(imported_power_tiyn=4_600, trade_spread_bp=40, trade_slippage_bp=3)
    ), Plain(log)


@pytest.mark.parametrize("seed", SEEDS)
def test_values_and_sources_are_sums_over_the_rows(seed: int) -> None:
    """Goal: value, liquidation, provenance. Method: holdings and prices followed day by day."""
    found, plain = life(seed)
    worth = plain.closes[-1]
    assert found["reserve_value"].numerator == floor(worth)
    dollar = plain.price_days[-1][Form.US_DOLLAR]
    left: Fraction = plain.worth({Form.US_DOLLAR: plain.held[-1].get(Form.US_DOLLAR, 0)}, DAYS - 1)
    for form, units in plain.held[-1].items():
        own = plain.worth({form: units}, DAYS - 1)
        if form != Form.US_DOLLAR:
            slippage_bp = min(3 * floor(own / dollar) // 10**6, 1_000)
            left += own * (1 - Fraction(40 + slippage_bp, 10_000))
    assert _near(found["reserve_liquidation"].numerator, left)
    assert left < worth
    inflows = plain.of(Kind.RESERVE_INFLOW)
    total = sum(plain.worth_of(row) for row in inflows)
    assert found["reserve_inflow"].numerator == floor(total)
    for name, source in (
        ("provenance_public", Provenance.PUBLIC_MONEY),
        ("provenance_confiscated", Provenance.CONFISCATED),
        ("provenance_mined", Provenance.MINED),
        ("provenance_energy", Provenance.ENERGY),
    ):
        part = sum(plain.worth_of(row) for row in inflows if row["value"] == source)
        assert (found[name].numerator, found[name].denominator) == (floor(part), floor(total))


@pytest.mark.parametrize("seed", SEEDS)
def test_losses_are_those_of_the_last_holdings_under_the_changes_of_each_day(seed: int) -> None:
    """Goal: value at risk and shortfall. Method: every span revalued with fractions."""
    found, plain = life(seed)
    held, last = plain.held[-1], DAYS - 1

    def loss(day: int, days: int) -> Fraction:
        known = plain.price_days
        lost = Fraction(0)
        for form, units in held.items():
            change = Fraction(known[day + days][form], known[day][form])
            lost += plain.worth({form: units}, last) * (1 - change)
        return lost

    def losses(days: int) -> list[Fraction]:
        return sorted((loss(day, days) for day in range(DAYS - days)), reverse=True)

    one, ten = losses(1), losses(10)
    assert _near(found["reserve_value_at_risk"].numerator, one[len(one) * 5 // 100])
    worst = ten[: len(ten) * 25 // 1_000]
    assert _near(found["reserve_shortfall"].numerator, sum(worst, Fraction(0)) / len(worst))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fall_is_that_of_an_index_that_flows_do_not_move(seed: int) -> None:
    """Goal: drawdown on daily closes. Method: the index as a product of fractions."""
    found, plain = life(seed)
    index = highest = 1.0
    deepest = 0.0
    for day in range(1, DAYS):
        before = plain.closes[day - 1]
        if before <= 0:
            continue
        index *= float(plain.worth(plain.held[day - 1], day) / before)
        highest = max(highest, index)
        deepest = max(deepest, 1 - index / highest)
    measure = found["reserve_drawdown"]
    assert measure.numerator is not None
    assert measure.numerator / 10**12 == pytest.approx(deepest, abs=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_attestations_age_by_the_balance_they_speak_of(seed: int) -> None:
    """Goal: attested share and disclosure lag. Method: the last row of each asset, day by day."""
    found, plain = life(seed)
    covered = value = Fraction(0)
    last: dict[Form, dict[str, int]] = {}
    rows = plain.of(Kind.ATTESTATION)
    for day in range(DAYS):
        close = START_US + (day + 1) * DAY_US
        last |= {
            row["form"]: row for row in rows if row["time_us"] // DAY_US == close // DAY_US - 1
        }
        value += plain.closes[day]
        for form, row in last.items():
            if close - row["value"] <= reserve.ATTESTED_DAYS * DAY_US:
                held = plain.held[day].get(form, 0)
                covered += plain.worth({form: min(row["amount"], held)}, day)
    assert found["attested"].numerator == floor(covered / DAYS)
    assert found["attested"].denominator == floor(value / DAYS)
    ages = 0
    for day in range(1, DAYS + 1):
        midnight = START_US + day * DAY_US
        known = [r["value"] for r in plain.of(Kind.ATTESTATION) if r["time_us"] <= midnight]
        ages += midnight - max([START_US, *known])
    assert found["disclosure_lag"].numerator == ages
    assert found["disclosure_lag"].denominator == DAYS * DAY_US


@pytest.mark.parametrize("seed", SEEDS)
def test_arrests_are_followed_to_their_ends(seed: int) -> None:
    """Goal: arrested = returned + victims + forfeited + pending. Method: case by case."""
    found, plain = life(seed)
    arrests = {row["intent"]: row for row in plain.of(Kind.ARREST)}
    arrested = sum(plain.worth_of(row) for row in arrests.values())
    assert found["arrested"].numerator == floor(arrested)
    rest = arrested
    before = START_US + (DAYS - confiscation.FOLLOWED_DAYS) * DAY_US
    followed = {case: row for case, row in arrests.items() if row["time_us"] <= before}
    assert len(followed) > 50
    for name, kind in (
        ("forfeited", Kind.FORFEITURE),
        ("compensated", Kind.COMPENSATION),
        ("handed_back", Kind.ASSET_RETURN),
    ):
        at_arrest = at_end = in_time = Fraction(0)
        for row in plain.of(kind):
            first = arrests[row["intent"]]
            day = (first["time_us"] - START_US) // DAY_US
            at_arrest += plain.worth_of(row, day)
            at_end += plain.worth_of(row)
            waited = row["time_us"] - first["time_us"]
            if row["intent"] in followed and waited <= confiscation.FOLLOWED_DAYS * DAY_US:
                in_time += plain.worth_of(row, day)
        rest -= at_arrest
        assert found[name].numerator == floor(at_arrest)
        assert found[f"price_risk_{name}"].numerator == floor(at_end - at_arrest)
        assert found[f"cohort_{name}"].numerator == floor(in_time)
        assert found[f"cohort_{name}"].denominator == floor(
            sum(plain.worth_of(row) for row in followed.values())
        )
    assert found["arrest_pending"].numerator == floor(rest)
    assert rest > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_what_holding_costs_is_a_difference_of_present_values(seed: int) -> None:
    """Goal: economic exposure, break-even. Method: simple discounting with fractions."""
    found, plain = life(seed)

    def present(worth: Fraction, day: int) -> float:
        return float(worth) * (1 + 0.18 / 365) ** -day

    sold = held = grown = 0.0
    rate = found["hold_break_even"].numerator
    assert rate is not None
    for row in plain.of(Kind.FORFEITURE):
        day = (row["time_us"] - START_US) // DAY_US
        sold += present(plain.worth_of(row), day)
        held += present(plain.worth_of(row, DAYS - 1), DAYS)
        grown += float(plain.worth_of(row)) * (1 + rate / 10_000 / 365) ** (DAYS - day)
    assert found["economic_exposure"].numerator == pytest.approx(sold - held, abs=sold * 1e-9)
    inflows = plain.of(Kind.RESERVE_INFLOW)
    courts = [row for row in inflows if row["value"] == Provenance.CONFISCATED]
    part = sum(map(plain.worth_of, courts)) / sum(map(plain.worth_of, inflows))
    for row in plain.of(Kind.TRADE_COST):
        if row["form"] == Form.US_DOLLAR:
            day = (row["time_us"] - START_US) // DAY_US
            sold += present(plain.worth_of(row), day) * float(part)
    # One basis point of growth moves the present value by less than a thousandth.
    assert present(Fraction(grown), DAYS) == pytest.approx(sold, rel=1e-3)
    assert rate > 1_800


def test_without_costs_prices_must_grow_by_the_base_rate() -> None:
    """Goal: a known break-even. Method: one forfeiture, flat prices, nothing to pay."""
    log = HandLog(days=1_000)
    log.prices({Form.USDT: 10**6})
    log.day = 200
    log.add(Kind.ARREST, "suspect", "evidence", Form.USDT, 10**12, intent=1)
    log.add(Kind.FORFEITURE, "evidence", "authorised", Form.USDT, 10**12, intent=1)
    # The least that is enough, where every product is rounded down.
    assert measured(log.readings())["hold_break_even"].numerator in {1_800, 1_801}


@pytest.mark.parametrize("seed", SEEDS)
def test_money_got_and_what_is_left_are_brought_to_the_start(seed: int) -> None:
    """Goal: holding and selling on one scale. Method: every row discounted as a float."""
    found, plain = life(seed)

    def present(amount: float, day: int) -> float:
        return amount * (1 + 0.18 / 365) ** -day

    got = [row for row in plain.of(Kind.TRADE) if row["form"] not in BASE_UNITS]
    assert found["budget_proceeds"].numerator == sum(row["amount"] for row in got) > 0
    put_in = [row for row in plain.of(Kind.MINING_COST) if row["form"] not in BASE_UNITS]
    total = present(found["reserve_liquidation"].numerator or 0, DAYS)
    for rows, sign in ((got, 1), (put_in, -1)):
        for row in rows:
            total += sign * present(row["amount"], (row["time_us"] - START_US) // DAY_US)
    assert found["present_value"].numerator == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mined_coin_has_every_cost_in_it(seed: int) -> None:
    """Goal: cost per coin beside the price of buying. Method: sums over the rows."""
    found, plain = life(seed)
    mined = sum(row["amount"] for row in plain.of(Kind.MINED))
    cost = sum(row["amount"] for row in plain.of(Kind.MINING_COST))
    bought = sum(plain.worth_of(row) for row in plain.of(Kind.MINED))
    energy = sum(row["value"] for row in plain.of(Kind.MINING_COST))
    assert found["mined"][1:3] == (mined, BASE_UNITS[Form.BITCOIN])
    assert found["mining_break_even"][1:3] == (cost, mined)
    assert found["mined_if_bought"][1:3] == (floor(bought), mined)
    assert found["mined_against_bought"][1:3] == (cost, floor(bought))
    assert found["mining_energy"][1:3] == (energy, 1_000)
    assert found["mining_energy_imported"].numerator == energy * 4_600
    per_coin = mining.METRICS[2]
    assert per_coin.unit == "KZT per BTC"
    value = found["mining_break_even"].value(per_coin.factor)
    assert value == pytest.approx(cost / 100 / (mined / 10**8))


def test_only_the_reserve_counts_and_costs_count_whatever_they_are_paid_in() -> None:
    """Goal: other holders are no reserve; fees in coins have a price. Method: five rows."""
    log = HandLog(days=40)
    log.prices({Form.BITCOIN: 4 * 10**9})
    log.add(Kind.OPENING, "issuer-bitcoin", "market", Form.BITCOIN, 10**12)
    log.add(Kind.RESERVE_INFLOW, "market", "vault", Form.BITCOIN, 10**8, value=1)
    log.add(Kind.RESERVE_INFLOW, "treasury", "desk", Form.BANK_DEPOSIT, 700)
    log.add(Kind.MINING_COST, "operator", "grid", Form.BANK_DEPOSIT, 30)
    log.add(Kind.TRADE_COST, "vault", "market", Form.BITCOIN, 10**6)
    log.add(Kind.TRADE_COST, "desk", "market", Form.BANK_DEPOSIT, 50)
    log.add(Kind.CUSTODY, "vault", "store", Form.BITCOIN, 10**7)
    log.add(Kind.CUSTODY_LOSS, "store", "lost", Form.BITCOIN, 10**5)
    log.add(Kind.TRADE, "vault", "market", Form.BITCOIN, 10**6, status=Status.REFUSED)
    found = measured(log.readings())
    assert found["cash_exposure"].numerator == 730
    assert found["reserve_cost"].numerator == 4 * 10**7 + 50
    assert found["custody_lost"].numerator == 4 * 10**6
    assert found["reserve_value"].numerator == 40 * (10**8 - 10**6 - 10**5)
    assert found["provenance_public"].value(Fraction(1)) == 1.0


@pytest.mark.parametrize(("age", "closes"), [(0, 91), (60, 31), (91, 0)])
def test_an_attestation_speaks_of_what_is_held_for_ninety_days(age: int, closes: int) -> None:
    """Goal: no cover for what is gone or old. Method: more attested than held, at some ages."""
    log = HandLog(days=200)
    for day in range(200):
        log.day = day
        log.prices({Form.BITCOIN: 10**10, Form.GOLD: 10**10})
        if not day:
            log.add(Kind.RESERVE_INFLOW, "market", "vault", Form.BITCOIN, 3 * 10**8, value=1)
            log.add(Kind.RESERVE_INFLOW, "market", "vault", Form.GOLD, 3 * 10**3, value=1)
        if day == 100:
            log.add(
                Kind.ATTESTATION,
                "vault",
                "auditor",
                Form.BITCOIN,
                9 * 10**8,
                status=Status.RECORDED,
                # A close is the next midnight, so the first one sees a balance a day older.
                value=START_US + (101 - age) * DAY_US,
            )
    found = measured(log.readings())["attested"]
    assert (found.numerator, found.denominator) == (3 * 10**10 * closes // 200, 6 * 10**10)


def test_an_asset_without_a_fixing_keeps_its_last_price() -> None:
    """Goal: a fund that is valued late is worth its last value. Method: two days, one price."""
    log = HandLog(days=40)
    log.prices({Form.BITCOIN: 10**10, Form.GOLD: 10**10})
    log.add(Kind.RESERVE_INFLOW, "market", "vault", Form.GOLD, 10**3, value=1)
    log.day = 1
    log.prices({Form.BITCOIN: 10**9})
    assert measured(log.readings())["reserve_value"].numerator == 10**10


@pytest.mark.parametrize(("waited", "met"), [(730, 40), (731, 0)])
def test_an_end_after_the_following_is_over_counts_as_open(waited: int, met: int) -> None:
    """Goal: a fixed time for every arrest. Method: forty arrests that end a day apart from it."""
    log = HandLog(days=800)
    log.prices({Form.USDT: 10**6})
    for case in range(40):
        log.add(Kind.ARREST, "suspect", "evidence", Form.USDT, 10**6, intent=case)
    log.day = waited
    for case in range(40):
        log.add(Kind.FORFEITURE, "evidence", "authorised", Form.USDT, 10**6, intent=case)
    found = measured(log.readings())
    assert found["cohort_forfeited"][1:3] == (met * 10**6, 40 * 10**6)
    assert found["forfeited"].numerator == 40 * 10**6


def test_doubling_every_price_doubles_every_value_and_no_share() -> None:
    """Goal: values scale with prices, shares do not. Method: one log at twice its prices."""
    plain, doubled = random_log(3, 120), random_log(3, 120)
    for row in doubled.rows:
        if row["kind"] == Kind.PRICE:
            row["value"] *= 2
    once, twice = measured(plain.readings()), measured(doubled.readings())
    for name in ("reserve_value", "reserve_inflow", "arrested", "arrest_pending"):
        assert _near(twice[name].numerator, Fraction(2 * (once[name].numerator or 0)), within=1)
    for name in ("provenance_mined", "attested", "reserve_drawdown", "hold_break_even"):
        one, two = once[name].value(Fraction(1)), twice[name].value(Fraction(1))
        assert one == pytest.approx(two, abs=1e-9)


def test_an_empty_reserve_says_so() -> None:
    """Goal: no number from nothing. Method: a log with prices alone, and one without any row."""
    empty, priced = HandLog(days=40), HandLog(days=40)
    for day in range(40):
        priced.day = day
        priced.prices({Form.BITCOIN: 10**9})
    for log in (empty, priced):
        found = measured(log.readings())
        assert found["reserve_value"].numerator == 0
        for name in ("provenance_mined", "attested", "mining_break_even", "hold_break_even"):
            assert found[name].numerator is None
            assert found[name].why
        assert found["economic_exposure"].numerator == 0
        assert found["disclosure_lag"].value(Fraction(1)) == 20.5


def _near(found: int | None, expected: Fraction | int, within: int = 40) -> bool:
    """Return whether a number differs by the rounding of its parts alone."""
    return found is not None and -within <= found - expected <= within
