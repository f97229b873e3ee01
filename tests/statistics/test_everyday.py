"""Everyday wants have the rates, tickets, hours and weekdays that their section states.

Seeds are fixed; a tolerance is 3.29 standard errors or a test at one in a thousand. Each claim has
a twin in which one parameter is wrong by a tenth, which must fail.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tengesim.clock import DAY_US, HOUR_US
from tengesim.journal.names import Names
from tengesim.population.columns import Society
from tengesim.retail import behaviour, strata
from tengesim.retail.behaviour import RENT, TRANSFER, UTILITIES, WITHDRAWAL, EverydaySection
from tengesim.retail.profile import CountTable, Rates
from tengesim.retail.tape import RetailCell
from tengesim.streams import Streams
from tests.retail_world import CALENDAR, days, everyday, society, stated

pytestmark = pytest.mark.statistics

HOMES = 700
DAYS = 56
"""Eight whole weeks, so that weekdays are even."""
ONE_IN_A_THOUSAND = 0.001
SIGMAS = 3.29


@dataclass(frozen=True)
class Wants:
    """All wants of one purpose in columns."""

    payer: NDArray[np.int64]
    payee: NDArray[np.int64]
    amount_tiyn: NDArray[np.int64]
    time_us: NDArray[np.int64]
    is_remote: NDArray[np.bool_]


@cache
def country() -> Society:
    """Return the society of these tests."""
    return society(HOMES)


def drawn(
    section: EverydaySection, *, people: Society | None = None, count: int = DAYS
) -> dict[str, Wants]:
    """Return every want by purpose; bills apart from purchases of their category."""
    everybody = people or country()
    made = strata.build(section, everybody, Streams(1), Names(), CALENDAR, dates=days(count))
    cells: dict[str, list[RetailCell]] = {}
    for stratum in made:
        _, _, purpose, *rest = stratum.title.split("/")
        key = f"{purpose}/bill" if rest == ["bill"] else purpose
        cells.setdefault(key, []).extend(map(stratum.draw_retail, sorted(stratum.hours())))
    return {
        key: Wants(
            *(
                np.concatenate([getattr(cell, column) for cell in several])
                for column in ("payer", "payee", "amount_tiyn", "time_us", "is_remote")
            )
        )
        for key, several in cells.items()
    }


@cache
def usual() -> Mapping[str, Wants]:
    """Return the wants of the usual behaviour."""
    return drawn(everyday())


def fits(test: Callable[[], float]) -> bool:
    """Return whether the deviation in standard errors is one that chance explains."""
    return abs(test()) < SIGMAS


def expected(section: EverydaySection, per_thousand: Fraction, count: int = DAYS) -> float:
    """Return how many wants `per_thousand` people and month are in the days of these tests."""
    people = len(country().people.age)
    rates = Rates(section, per_thousand * Fraction(people, 1_000))
    return float(sum(rates.base(day) + rates.peak(day) for day in days(count)))


def cashless(section: EverydaySection, found: Mapping[str, Wants]) -> float:
    """Return the number of wants not meant to be paid in cash, of those drawn."""
    cash = section.choice.cash.value / 10_000
    return sum(
        float(np.where(found[name].is_remote, 1, 1 - cash).sum()) for name in section.purposes
    )


@pytest.mark.parametrize(("stated_number", "is_right"), [(30_000, True), (33_000, False)])
def test_cashless_payments_are_as_many_as_stated(stated_number: int, *, is_right: bool) -> None:
    """Goal: the published number is met. Method: a Poisson count; the twin states a tenth more."""
    section = everyday()
    due = expected(section, Fraction(stated_number))
    found = cashless(section, usual())
    assert fits(lambda: (found - due) / due**0.5) is is_right


@pytest.mark.parametrize(("stated_tiyn", "is_right"), [(600_000, True), (660_000, False)])
def test_cashless_payments_are_as_large_as_stated(stated_tiyn: int, *, is_right: bool) -> None:
    """Goal: the published mean ticket is met. Method: weighted mean and its standard error."""
    section, found = everyday(), usual()
    cash = section.choice.cash.value / 10_000
    amounts = np.concatenate([found[name].amount_tiyn for name in section.purposes])
    weights = np.concatenate(
        [np.where(found[name].is_remote, 1, 1 - cash) for name in section.purposes]
    )
    mean = np.average(amounts, weights=weights)
    error = amounts.std() / weights.sum() ** 0.5
    assert fits(lambda: float((mean - stated_tiyn) / error)) is is_right


@pytest.mark.parametrize("purpose", ["5411", "5812", TRANSFER])
def test_each_purpose_has_its_share_and_its_ticket(purpose: str) -> None:
    """Goal: parts are as stated. Method: count and mean; twins a tenth off."""
    section, found = everyday(), usual()[purpose]
    total = sum(len(usual()[name].payer) for name in section.purposes)
    share = section.purposes[purpose].share.value / 10_000
    wanted = stats.binomtest(len(found.payer), total, share).pvalue
    twin = stats.binomtest(len(found.payer), total, share * 1.1).pvalue
    assert wanted > ONE_IN_A_THOUSAND > twin
    error = found.amount_tiyn.std() / len(found.amount_tiyn) ** 0.5
    due = section.ticket_of(purpose)
    assert fits(lambda: float((found.amount_tiyn.mean() - due) / error))
    assert not fits(lambda: float((found.amount_tiyn.mean() - due * 1.1) / error))


def test_tickets_are_lognormal_with_the_stated_median() -> None:
    """Goal: the shape too. Method: Kolmogorov and Smirnov on payers of one weight; twin median."""
    section, found = everyday(), usual()["5411"]
    weight = country().people.weight[found.payer]
    payers = country().people.weight[np.flatnonzero(strata.is_payer(section, country()))]
    amounts = found.amount_tiyn[weight == 1_000] * (int(payers.mean()) / 1_000)

    def p_value(median: float) -> float:
        sigma = (-2 * np.log(median)) ** 0.5
        scale = section.ticket_of("5411") * median
        return float(stats.kstest(amounts, stats.lognorm(sigma, scale=scale).cdf).pvalue)

    assert p_value(0.6) > ONE_IN_A_THOUSAND > p_value(0.66)


def test_hours_follow_their_weights() -> None:
    """Goal: the cumulative rate is inverted. Method: chi-square over hours; twin with one moved."""
    weights = np.array(everyday().hours.weights, dtype=float)
    times = np.concatenate([usual()[name].time_us for name in ("5411", "5812", TRANSFER)])
    hours = (times + 5 * HOUR_US) % DAY_US // HOUR_US
    counts = np.bincount(hours, minlength=24)

    def p_value(law: NDArray[np.float64]) -> float:
        chosen = law > 0
        assert not counts[~chosen].any()
        due = law[chosen] / law.sum() * counts.sum()
        return float(stats.chisquare(counts[chosen], due).pvalue)

    shifted = weights.copy()
    shifted[12] *= 1.1
    assert p_value(weights) > ONE_IN_A_THOUSAND > p_value(shifted)


def test_within_an_hour_time_is_even() -> None:
    """Goal: no clustering at full hours. Method: Kolmogorov and Smirnov against even minutes."""
    within = usual()["5411"].time_us % HOUR_US / HOUR_US
    assert stats.kstest(within, "uniform").pvalue > ONE_IN_A_THOUSAND
    assert stats.kstest(within**1.1, "uniform").pvalue < ONE_IN_A_THOUSAND


def test_weekdays_and_pay_days_follow_their_weights() -> None:
    """Goal: days differ as stated. Method: chi-square over all dates; twin without the peak."""
    times = np.concatenate([usual()[name].time_us for name in ("5411", "5812", TRANSFER)])
    number = (times - CALENDAR.at(days(1)[0])) // DAY_US
    counts = np.bincount(number, minlength=DAYS)

    def p_value(section: EverydaySection) -> float:
        rates = Rates(section, Fraction(1))
        due = np.array([float(rates.base(day) + rates.peak(day)) for day in days(DAYS)])
        return float(stats.chisquare(counts, due / due.sum() * counts.sum()).pvalue)

    assert p_value(everyday()) > ONE_IN_A_THOUSAND
    flat = everyday({"pay_days.uplift": stated("0 %")})
    assert p_value(flat) < ONE_IN_A_THOUSAND
    even = everyday({"weekdays.weights": [100] * 7})
    assert p_value(even) < ONE_IN_A_THOUSAND


def test_a_weekday_a_tenth_heavier_is_noticed() -> None:
    """Goal: weights are met one by one. Method: chi-square over weekdays; twin per weekday."""
    times = np.concatenate([usual()[name].time_us for name in ("5411", "5812", TRANSFER)])
    number = (times - CALENDAR.at(days(1)[0])) // DAY_US
    counts = np.bincount((number + days(1)[0].weekday()) % 7, minlength=7)

    def p_value(weights: list[int]) -> float:
        rates = Rates(everyday({"weekdays.weights": weights}), Fraction(1))
        due = np.zeros(7)
        for day in days(DAYS):
            due[day.weekday()] += float(rates.base(day) + rates.peak(day))
        return float(stats.chisquare(counts, due / due.sum() * counts.sum()).pvalue)

    weights = list(everyday().weekdays.weights)
    assert p_value(weights) > ONE_IN_A_THOUSAND
    for weekday, weight in enumerate(weights):
        heavier = [*weights[:weekday], weight * 11 // 10, *weights[weekday + 1 :]]
        assert p_value(heavier) < ONE_IN_A_THOUSAND


def test_a_peak_a_tenth_higher_is_noticed() -> None:
    """Goal: pay day adds what is stated. Method: Poisson count of its own strata; twin 10 % up."""
    section = everyday()
    made = strata.build(section, country(), Streams(1), Names(), CALENDAR, dates=days(DAYS))
    peaks = [stratum for stratum in made if stratum.title.endswith("/pay_day")]
    purposes = {stratum.title.split("/")[2] for stratum in peaks}
    assert purposes == {*section.purposes, WITHDRAWAL}
    found = sum(
        len(stratum.draw_retail(hour).time_us) for stratum in peaks for hour in stratum.hours()
    )
    per_thousand = behaviour.wants_per_thousand(section) + section.withdrawals.number.value
    rates = Rates(section, per_thousand * Fraction(len(country().people.age), 1_000))
    due = float(sum(rates.peak(day) for day in days(DAYS)))
    assert abs(found - due) / due**0.5 < SIGMAS
    assert abs(found - 1.1 * due) / (1.1 * due) ** 0.5 > SIGMAS


def test_withdrawals_are_as_many_and_as_large_as_stated() -> None:
    """Goal: cash too. Method: a Poisson count and a mean; twins a tenth off."""
    section, found = everyday(), usual()[WITHDRAWAL]
    due = expected(section, Fraction(section.withdrawals.number.value))
    assert fits(lambda: (len(found.payer) - due) / due**0.5)
    assert not fits(lambda: (len(found.payer) - due * 1.1) / due**0.5)
    assert_mean(found.amount_tiyn, section.withdrawals.amount.value)


def assert_mean(amounts: NDArray[np.int64], mean: int) -> None:
    """Assert that amounts have a mean, and that they have not one a tenth higher."""
    error = amounts.std() / len(amounts) ** 0.5
    assert fits(lambda: float((amounts.mean() - mean) / error))
    assert not fits(lambda: float((amounts.mean() - mean * 1.1) / error))


@pytest.mark.parametrize("purpose", [RENT, UTILITIES])
def test_bills_are_as_many_and_as_large_as_stated(purpose: str) -> None:
    """Goal: households pay their bills. Method: 8,000 homes, the days of bills; twins 10 % off."""
    section = everyday({"rent.households": stated("50 %"), "number": stated(100)})
    homes = 8_000
    found = drawn(section, people=society(homes), count=8)[f"{purpose}/bill"]
    bill = section.rent if purpose == RENT else section.utilities
    share = bill.households.value / 10_000
    assert stats.binomtest(len(found.payer), homes, share).pvalue > ONE_IN_A_THOUSAND
    assert stats.binomtest(len(found.payer), homes, share * 1.1).pvalue < ONE_IN_A_THOUSAND
    assert len(set(found.payer.tolist())) == len(found.payer)
    assert_mean(found.amount_tiyn, bill.amount.value)


def test_nobody_pays_himself_and_only_payers_pay() -> None:
    """Goal: ends of a payment make sense. Method: every want of every purpose."""
    people = len(country().people.age)
    is_payer = strata.is_payer(everyday(), country())
    for purpose, found in usual().items():
        assert is_payer[found.payer].all()
        if purpose == WITHDRAWAL:
            assert (found.payer == found.payee).all()
            continue
        assert not (found.payer == found.payee).any()
        is_person = purpose in {TRANSFER, f"{RENT}/bill"}
        assert ((found.payee < people) == is_person).all()
        if is_person:
            assert is_payer[found.payee].all()


def test_transfers_stay_in_the_household_as_often_as_stated() -> None:
    """Goal: who is helped. Method: exact binomial test; twin a tenth off."""
    found, home = usual()[TRANSFER], country().people.household
    stays = int((home[found.payer] == home[found.payee]).sum())
    assert stats.binomtest(stays, len(found.payer), 0.40).pvalue > ONE_IN_A_THOUSAND
    assert stats.binomtest(stays, len(found.payer), 0.44).pvalue < ONE_IN_A_THOUSAND


def test_rent_leaves_the_household_and_keeps_its_payee() -> None:
    """Goal: a home has one landlord. Method: payees of each payer over two months."""
    found, home = usual()[f"{RENT}/bill"], country().people.household
    assert not (home[found.payer] == home[found.payee]).any()
    pairs = {*zip(found.payer.tolist(), found.payee.tolist(), strict=True)}
    assert len(pairs) == len(set(found.payer.tolist()))


def test_counter_payments_go_to_shops_of_the_own_region() -> None:
    """Goal: people shop nearby. Method: regions of payer and payee at the counter, and remote."""
    found, merchants = usual()["5411"], country().merchants
    shop = found.payee - len(country().people.age)
    same = merchants.region[shop] == country().people.region[found.payer]
    assert same[~found.is_remote].all()
    assert not same[found.is_remote].all()
    assert (merchants.is_urban[shop] == country().people.is_urban[found.payer])[
        ~found.is_remote
    ].all()


def test_shops_are_chosen_in_proportion_to_weight() -> None:
    """Goal: turnover is skewed as the columns say. Method: chi-square of remote purchases."""
    found, merchants = usual()["5411"], country().merchants
    counted = Counter((found.payee[found.is_remote] - len(country().people.age)).tolist())
    shops = np.flatnonzero(merchants.category == 0)
    counts = np.array([counted[shop] for shop in shops.tolist()])
    weights = merchants.weight[shops].astype(float)
    due = weights / weights.sum() * counts.sum()
    assert stats.chisquare(counts, due).pvalue > ONE_IN_A_THOUSAND
    assert stats.chisquare(counts, np.full(len(shops), counts.mean())).pvalue < ONE_IN_A_THOUSAND


@pytest.mark.parametrize("mean", [Fraction(0), Fraction(1, 50), Fraction(3), Fraction(40)])
def test_counts_a_day_are_poisson(mean: Fraction) -> None:
    """Goal: the inverse table is the law. Method: thresholds of words against SciPy."""
    words = np.linspace(0, 2**64 - 2**12, 20_001).astype(np.uint64)
    found = CountTable(mean).draw(words)
    due = stats.poisson(float(mean)).ppf(words.astype(float) / 2**64 + 1e-17)
    assert (found == np.maximum(due, 0)).mean() > 0.999


def only(found: Mapping[str, Wants], purpose: str) -> Sequence[tuple[int, ...]]:
    """Return the wants of a purpose as rows."""
    wants = found[purpose]
    columns = (wants.time_us, wants.payer, wants.payee, wants.amount_tiyn)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_another_purpose_or_peak_leaves_all_other_wants_alone() -> None:
    """Goal: pairs share their chance. Method: no peak, more withdrawals; bills and transfers."""
    twin = drawn(everyday({"withdrawals.number": stated(2_000)}))
    for purpose in ("5411", "5812", TRANSFER, f"{RENT}/bill", f"{UTILITIES}/bill"):
        assert only(twin, purpose) == only(usual(), purpose)
    assert only(twin, WITHDRAWAL) != only(usual(), WITHDRAWAL)


def test_a_cell_is_the_same_whenever_it_is_drawn() -> None:
    """Goal: cells depend on stratum and hour alone. Method: hours backwards, and twice."""
    made = strata.build(everyday(), country(), Streams(3), Names(), CALENDAR, dates=days(3))
    again = strata.build(everyday(), country(), Streams(3), Names(), CALENDAR, dates=days(31))
    stratum = made[0]
    twin = next(other for other in again if other.title == stratum.title)
    hours = sorted(stratum.hours())
    forwards = {hour: stratum.draw_retail(hour) for hour in hours}
    for hour in reversed(hours):
        for ours, theirs in zip(forwards[hour], twin.draw_retail(hour), strict=True):
            assert np.array_equal(ours, theirs)


def test_dates_of_these_tests_are_whole_weeks() -> None:
    """Goal: weekdays weigh alike. Method: count them."""
    assert set(Counter(day.weekday() for day in days(DAYS)).values()) == {DAYS // 7}
    assert days(1) == [dt.date(2026, 3, 1)]
