"""A small population speaks for the country: every share and mean per head, at any scale and seed.

The expected values are worked out here from what the scenario says, with the formulas of the
distributions. A standard error takes households as clusters, since people who live together share
their place and their children; each claim has a twin with one parameter a tenth off, which must
fail.
"""

from collections.abc import Iterator
from functools import cache
from math import log, sqrt
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tengesim.population.columns import Role, Society
from tengesim.population.society_model import SocietySection
from tests.nation import BANK_SHARES_BP, changed, made, nation, section

pytestmark = [pytest.mark.statistics, pytest.mark.timeout(300)]

SCALES: Final = ("0.0002", "0.002", "0.02")
SEEDS: Final = (1, 2, 3)
STANDARD_ERRORS: Final = 4.4
"""Some seventy statistics at nine worlds: one in 100,000 each is one in 150 for all."""
BP: Final = 10_000


class Statistic(NamedTuple):
    """A mean over some people: what each counts, who is counted, and what is expected."""

    name: str
    counts: NDArray[Any]
    among: NDArray[np.bool_]
    expected: float


def sigma_of(median: float, mean: float) -> float:
    """Return the spread of the lognormal distribution with this median and mean."""
    return sqrt(2 * log(mean / median))


def mean_wage(people: SocietySection) -> float:
    """Return the mean of wages raised to the minimum."""
    wages = people.wages
    median, mean, floor = (one.value for one in (wages.median, wages.mean, wages.minimum))
    sigma = sigma_of(median, mean)
    at = log(floor / median) / sigma
    return float(floor * stats.norm.cdf(at) + mean * stats.norm.cdf(sigma - at))


def statistics(society: Society, people: SocietySection) -> Iterator[Statistic]:
    """Yield every statistic per head, with its expectation."""
    columns = society.people
    everybody = np.ones(len(columns.age), dtype=np.bool_)
    for band in people.ages:
        there = (columns.age >= band.since) & (columns.age <= band.until)
        name = f"{band.since} to {band.until} years"
        yield Statistic(name, there, everybody, band.share / BP)
        yield Statistic(f"women, {name}", columns.is_female, there, band.women / BP)
        works = columns.role == Role.EMPLOYED
        yield Statistic(f"employed, {name}", works, there, band.employed / BP)
    total = sum(region.population.value for region in people.regions.values())
    for number, region in enumerate(people.regions.values()):
        there = columns.region == number
        share = region.population.value / total
        yield Statistic(f"region {number}", there, everybody, share)
        urban = columns.is_urban & there
        yield Statistic(f"urban {number}", urban, everybody, share * region.urban.value / BP)
    for number, share_bp in enumerate(BANK_SHARES_BP):
        yield Statistic(f"bank {number}", columns.bank == number, everybody, share_bp / BP)
    for name, programme in people.programmes.items():
        share = programme.recipients.value / people.count.value
        yield Statistic(name, society.is_member(name), everybody, share)
    yield from money(society, people)


def money(society: Society, people: SocietySection) -> Iterator[Statistic]:
    """Yield what people earn, hold and spend."""
    columns = society.people
    works = columns.role == Role.EMPLOYED
    wages = columns.wage_tiyn
    yield Statistic("mean wage", wages, works, mean_wage(people))
    yield Statistic("median wage", wages > people.wages.median.value, works, 0.5)
    adults = columns.age >= 18
    held = (
        ("deposit", columns.deposit_tiyn, people.deposits),
        ("cash", columns.cash_tiyn, people.cash),
    )
    for name, amounts, section_of in held:
        median, mean = section_of.median.value, section_of.mean.value
        sigma = sigma_of(median, mean)
        yield Statistic(f"{name} over its median", amounts > median, adults, 0.5)
        over = float(stats.norm.sf(sigma / 2))
        yield Statistic(f"{name} over its mean", amounts > mean, adults, over)
    everybody = np.ones(len(columns.age), dtype=np.bool_)
    yield Statistic("spending", columns.weight, everybody, 1_000.0)


def errors(society: Society, one: Statistic) -> float:
    """Return by how many standard errors a ratio of sums over households is off."""
    first = society.households.first
    counted = np.add.reduceat(np.where(one.among, one.counts, 0).astype(np.float64), first)
    among = np.add.reduceat(one.among.astype(np.float64), first)
    members = among.sum()
    if not members:
        return 0.0
    spread = float(((counted - one.expected * among) ** 2).sum())
    # Few have it, or nobody: then what the sample shows of its spread is not to be relied on.
    least = members * one.expected * (1 - one.expected) if one.expected < 1 else 0.0
    off = float(counted.sum()) - one.expected * members
    return abs(off) / sqrt(max(spread, least)) if off else 0.0


@cache
def all_errors(scale: str, seed: int) -> dict[str, float]:
    """Return by how many standard errors each statistic of the shipped country is off."""
    society = nation(scale, seed)
    return {one.name: errors(society, one) for one in statistics(society, section())}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scale", SCALES)
def test_every_statistic_per_head_holds_at_every_scale(scale: str, seed: int) -> None:
    """Goal: small runs speak for the country. Method: about 80 shares and means, by scale, seed."""
    found = all_errors(scale, seed)
    assert len(found) > 70
    assert {name: off for name, off in found.items() if off > STANDARD_ERRORS} == {}


def test_mean_household_size_holds_at_every_scale() -> None:
    """Goal: as many homes per head as stated. Method: the variance of sizes, at each scale."""
    sizes = np.array([row.size for row in section().households])
    shares = np.array([row.share for row in section().households]) / BP
    mean = float((sizes * shares).sum())
    deviation = sqrt(float((sizes**2 * shares).sum()) - mean**2)
    for scale in SCALES:
        found = nation(scale).households.size
        assert abs(found.mean() - mean) < STANDARD_ERRORS * deviation / sqrt(len(found))


def test_few_statistics_are_off_by_two_standard_errors() -> None:
    """Goal: the errors above are the right size. Method: how many of all exceed 1.96 of them."""
    found = [off for scale in SCALES for seed in SEEDS for off in all_errors(scale, seed).values()]
    share = sum(off > 1.96 for off in found) / len(found)
    # Places are dealt in turns, so their statistics are off by less than chance would have them.
    assert 0.01 < share < 0.07


OFF_BY_A_TENTH: Final = {
    "ages.3.women": ("44.1 %", "women, 18 to 24 years"),
    "ages.5.employed": ("72.9 %", "employed, 30 to 34 years"),
    "regions.KZ-62.population.value": ("240892 people", "region 15"),
    "regions.KZ-79.urban.value": ("90 %", "urban 19"),
    "wages.median.value": ("349263 KZT", "median wage"),
    "wages.mean.value": ("403758 KZT", "mean wage"),
    "deposits.median.value": ("165000 KZT", "deposit over its median"),
    "deposits.mean.value": ("2 m KZT", "deposit over its mean"),
    "cash.median.value": ("22000 KZT", "cash over its median"),
    "programmes.pension.recipients.value": ("2300000 people", "pension"),
    "programmes.large_family.recipients.value": ("543780 families", "large_family"),
    "programmes.disability.recipients.value": ("601000 people", "disability"),
    "programmes.survivor.recipients.value": ("172700 families", "survivor"),
}


def without_range(path: str, value: str) -> SocietySection:
    """Return the shipped section with one value changed, whatever its range was."""
    if not path.endswith(".value"):
        return changed(path, value)
    return changed(path.removesuffix(".value"), {"value": value, "source": "https://example.org/"})


@pytest.mark.parametrize("path", OFF_BY_A_TENTH)
def test_a_parameter_a_tenth_off_would_be_noticed(path: str) -> None:
    """Goal: the tests above have power. Method: people of a changed scenario, shipped claims."""
    value, name = OFF_BY_A_TENTH[path]
    society = made(without_range(path, value), "0.05")
    (claim,) = (one for one in statistics(society, section()) if one.name == name)
    assert errors(society, claim) > STANDARD_ERRORS
