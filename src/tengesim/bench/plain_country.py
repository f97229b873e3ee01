"""A scenario's people and settings as plain objects, for the model written in SimPy alone.

People, wallets and intensities are those of the engines; everything is copied out of columns once,
so that the model that runs on it meets no array.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import accumulate
from math import exp, log, sqrt
from random import Random
from typing import Final

import numpy as np

from tengesim.bench.plain_simpy import AMOUNT_MAX, Bank, Bill, Country, Crowd, Party, Purpose
from tengesim.money import BP
from tengesim.parameter import Rate, Sourced
from tengesim.population import society as societies
from tengesim.population import wallets as holdings
from tengesim.population.columns import Society
from tengesim.population.wallets import NO_TIER
from tengesim.population.wallets_model import WalletsSection
from tengesim.retail.behaviour import (
    TRANSFER,
    UTILITIES,
    WITHDRAWAL,
    BillSection,
    EverydaySection,
    wants_per_thousand,
)
from tengesim.retail.profile import Rates
from tengesim.retail.strata import is_payer
from tengesim.scenario.model import Scenario
from tengesim.streams import Streams

__all__ = ["country"]

_THOUSAND: Final = 1_000
_SECOND_US: Final = 1_000_000
_DAY_S: Final = 86_400


def country(scenario: Scenario, seed: int, *, days_at_least: int = 1) -> Country:
    """Return what the plain model of `scenario` starts from, everybody's money included.

    A horizon shorter than `days_at_least` is prolonged, days after it being as those within.
    Raises ValueError for a world without people, wallets or everyday payments.
    """
    retail, section, stated = scenario.retail, scenario.wallets, scenario.population.people
    everyday = None if retail is None else retail.everyday
    if stated is None or section is None or everyday is None:
        raise ValueError(f"{scenario.name} has no people with wallets and everyday payments")
    shares_bp = [bank.share.value for bank in scenario.banks.second_tier]
    streams, random = Streams(seed), Random(seed)  # noqa: S311 - a model, no secret
    society = societies.build(stated, scenario.population.scale, shares_bp, streams)
    banks = [Bank() for _ in shares_bp]
    people = _people(society, banks)
    _give_wallets(section, society, streams, people)
    for person in people:
        person.goes_digital = person.has_wallet and random.random() < _part(everyday.choice.digital)
    merchants = _merchants(society, banks)
    _give_reserves(scenario, people, banks)
    payers, neighbours = _payers(everyday, society, people)
    wants, cash = _wants(everyday, len(people), len(payers))
    start = scenario.clock.start
    count = max(days_at_least, len(scenario.clock.days()))
    days = [start + datetime.timedelta(days=number) for number in range(count)]
    _, works = _places(society, UTILITIES, merchants)
    due = partial(_bills, payers=payers, days=days, hours=everyday.hours.weights, random=random)
    return Country(
        people=people,
        merchants=merchants,
        banks=banks,
        payers=payers,
        neighbours=neighbours,
        purposes=[
            *(_purpose(everyday, name, society, merchants) for name in everyday.purposes),
            _withdrawals(everyday),
        ],
        purpose_ends=_purpose_ends(everyday, wants, cash),
        hour_rates=list(_hour_rates(everyday, wants + cash, days)),
        bills=[
            *due(
                everyday.rent,
                to=lambda person: _stranger(neighbours[person.region], person, random),
            ),
            *due(
                everyday.utilities,
                to=lambda person: _nearby(works, person, random),
            ),
        ],
        cash_share=_part(everyday.choice.cash),
        in_household=_part(everyday.in_household),
        largest=section.funding.largest.value,
        tranche=0 if scenario.banks.liquidity is None else scenario.banks.liquidity.tranche.value,
        review_s=section.funding.review_at / _SECOND_US,
        sweep_s=section.merchants.at / _SECOND_US if section.merchants.sweep == "daily" else None,
        is_withdrawal=WITHDRAWAL,
        is_transfer=TRANSFER,
    )


def _part(rate: Sourced[Rate]) -> float:
    return rate.value / BP


def _people(society: Society, banks: list[Bank]) -> list[Party]:
    """Return everybody with bank, place, deposit and cash."""
    columns = society.people
    people: list[Party] = []
    for number, (bank, region, is_urban, deposit, cash) in enumerate(
        zip(
            columns.bank.tolist(),
            columns.region.tolist(),
            columns.is_urban.tolist(),
            columns.deposit_tiyn.tolist(),
            columns.cash_tiyn.tolist(),
            strict=True,
        )
    ):
        person = Party(number, banks[bank], is_person=True, has_wallet=False)
        person.region, person.is_urban = region, is_urban
        person.deposit, person.cash = deposit, cash
        people.append(person)
    return people


def _give_wallets(
    section: WalletsSection, society: Society, streams: Streams, people: list[Party]
) -> None:
    """Open the wallets of the engines' worlds, with their limits and bands."""
    columns = holdings.build(section, society.people, streams)
    levels = section.levels
    for person, tier, is_automatic, limit, floor, top_up in zip(
        people,
        columns.tier.tolist(),
        columns.is_automatic.tolist(),
        columns.limit_of(slice(None)).tolist(),
        columns.floor_tiyn.tolist(),
        columns.top_up_tiyn.tolist(),
        strict=True,
    ):
        if tier == NO_TIER:
            continue
        person.has_wallet, person.is_automatic = True, is_automatic
        person.limit, person.floor, person.top_up = limit, floor, top_up
        person.per_payment = levels[tier].per_payment.value
        person.per_day = levels[tier].per_day.value


def _merchants(society: Society, banks: list[Bank]) -> list[Party]:
    columns = society.merchants
    first = len(society.people.bank)
    return [
        Party(first + number, banks[bank], is_person=False, has_wallet=takes)
        for number, (bank, takes) in enumerate(
            zip(columns.bank.tolist(), columns.accepts_digital.tolist(), strict=True)
        )
    ]


def _give_reserves(scenario: Scenario, people: list[Party], banks: list[Bank]) -> None:
    for person in people:
        person.bank.owed += person.deposit
    ratio = scenario.banks.reserve_ratio
    for bank in banks:
        bank.reserves = bank.owed if ratio is None else bank.owed * ratio.value // BP


def _payers(
    everyday: EverydaySection, society: Society, people: list[Party]
) -> tuple[list[Party], list[Crowd]]:
    """Return who pays, and those of each region by spending power."""
    numbers = np.flatnonzero(is_payer(everyday, society))
    payers = [people[number] for number in numbers.tolist()]
    weights = society.people.weight[numbers].tolist()
    mean = max(1, sum(weights) // max(1, len(weights)))
    homes: dict[int, list[Party]] = {}
    local: list[list[tuple[Party, int]]] = [[] for _ in society.regions]
    households = society.people.household[numbers].tolist()
    for person, weight, household in zip(payers, weights, households, strict=True):
        person.factor = weight / mean
        person.home = homes.setdefault(household, [])
        person.home.append(person)
        local[person.region].append((person, weight))
    return payers, [_crowd(members) for members in local]


def _crowd(members: Sequence[tuple[Party, int]]) -> Crowd:
    return Crowd([one for one, _ in members], list(accumulate(weight for _, weight in members)))


def _wants(everyday: EverydaySection, people: int, payers: int) -> tuple[Fraction, Fraction]:
    """Return payments and withdrawals of one payer in a mean month."""
    per_payer = Fraction(people, _THOUSAND * payers)
    return wants_per_thousand(everyday) * per_payer, everyday.withdrawals.number.value * per_payer


def _purpose_ends(everyday: EverydaySection, wants: Fraction, cash: Fraction) -> list[float]:
    parts = [wants * Fraction(one.share.value, BP) for one in everyday.purposes.values()]
    ends = [float(end / (wants + cash)) for end in accumulate(parts)]
    return [*ends, 1.0]


def _hour_rates(
    everyday: EverydaySection, per_month: Fraction, days: Sequence[datetime.date]
) -> Iterator[float]:
    """Yield what is expected of one payer in each hour of `days`."""
    rates, weights = Rates(everyday, per_month), everyday.hours.weights
    for day in days:
        whole = rates.base(day) + rates.peak(day)
        for weight in weights:
            yield float(whole * Fraction(weight, sum(weights)))


def _law(mean: int, median_bp: int) -> tuple[float, float]:
    """Return both parameters of the lognormal law with this mean and median."""
    return log(mean * median_bp / BP), sqrt(-2 * log(median_bp / BP))


def _purpose(
    everyday: EverydaySection, name: str, society: Society, merchants: list[Party]
) -> Purpose:
    section = everyday.purposes[name]
    mu, sigma = _law(everyday.ticket_of(name), section.median.value)
    anywhere, nearby = _places(society, name, merchants)
    return Purpose(name, mu, sigma, _part(section.remote), anywhere, nearby)


def _withdrawals(everyday: EverydaySection) -> Purpose:
    cash = everyday.withdrawals
    mu, sigma = _law(cash.amount.value, cash.median.value)
    return Purpose(WITHDRAWAL, mu, sigma, 0.0, None, {})


def _places(
    society: Society, category: str, merchants: list[Party]
) -> tuple[Crowd | None, dict[tuple[int, bool], Crowd]]:
    """Return the merchants of a category: all, and those to whom people of a place go."""
    if category not in society.categories:
        return None, {}
    columns = society.merchants
    is_one = columns.category == society.categories.index(category)
    chosen = np.flatnonzero(is_one & (columns.weight > 0)).tolist()
    if not chosen:
        return None, {}
    weights = columns.weight.tolist()
    whole = _crowd([(merchants[one], weights[one]) for one in chosen])
    by_place: dict[tuple[int, bool], list[tuple[Party, int]]] = {}
    by_region: dict[int, list[tuple[Party, int]]] = {}
    regions, is_urban = columns.region.tolist(), columns.is_urban.tolist()
    for one in chosen:
        member = (merchants[one], weights[one])
        by_place.setdefault((regions[one], is_urban[one]), []).append(member)
        by_region.setdefault(regions[one], []).append(member)
    of_region = {region: _crowd(members) for region, members in by_region.items()}
    nearby = {
        (region, place): of_region.get(region, whole)
        for region in range(len(society.regions))
        for place in (False, True)
    }
    return whole, nearby | {place: _crowd(members) for place, members in by_place.items()}


def _bills(
    section: BillSection,
    *,
    payers: list[Party],
    days: Sequence[datetime.date],
    hours: Sequence[int],
    random: Random,
    to: Callable[[Party], Party | None],
) -> Iterator[Bill]:
    """Yield the bills of the horizon: one household in so many, on a day of its own."""
    mu, sigma = _law(section.amount.value, section.median.value)
    for person in payers:
        # One payer answers for a household: the one who comes first in it.
        if person.home[0] is not person or random.random() >= _part(section.households):
            continue
        due = random.randint(section.first_day, section.last_day)
        payee, amount = to(person), int(exp(random.gauss(mu, sigma)))
        for number, day in enumerate(days):
            if day.day == due and payee is not None:
                hour = random.choices(range(len(hours)), hours)[0]
                after_s = number * _DAY_S + 3600.0 * (hour + random.random())
                yield Bill(after_s, person, payee, min(max(amount, 1), AMOUNT_MAX))


def _nearby(
    places: Mapping[tuple[int, bool], Crowd], person: Party, random: Random
) -> Party | None:
    crowd = places.get((person.region, person.is_urban))
    return None if crowd is None else crowd.pick(random)


def _stranger(crowd: Crowd, person: Party, random: Random) -> Party | None:
    if len(crowd.members) <= len(person.home):
        return None
    while True:
        other = crowd.pick(random)
        if other.home is not person.home:
            return other
