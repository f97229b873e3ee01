"""People, households, merchants and employers of a country in columns, from the seed alone.

Everything about a person or a household is a word of the stream that bears the decision's name, so
a smaller population is the beginning of a larger one: one more person changes nobody but the
household that was cut short, and who employs whom. Households take their region in turns, so that
shares of regions hold at any size. Merchants and employers are few and are dealt by quota.

Chunks keep what is only needed for a moment small: the whole country fits in 3 GB.
"""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.money import BP
from tengesim.population.chances import FACTOR_MEAN, chances, strata_weights
from tengesim.population.columns import Employers, Households, Merchants, People, Role, Society
from tengesim.population.filling import homes, in_turns
from tengesim.population.ladder import ladder_of
from tengesim.population.lognormal import lognormal
from tengesim.population.model import SMALL_WORLD, scaled
from tengesim.population.society_model import SocietySection
from tengesim.streams import Streams, by_quota

__all__ = [
    "Employers",
    "Households",
    "Merchants",
    "People",
    "Role",
    "Society",
    "build",
    "employer_count",
    "merchant_count",
    "person_count",
]

_CHUNK: Final = 1 << 16
"""Households at a time: their columns fit in the processor's cache."""
_FILLERS: Final = 2
"""Threads that fill households; a few chunks at once are what memory has room for."""
_REGIONS_MAX: Final = 256
"""A region is one byte."""


def person_count(section: SocietySection, scale: Decimal) -> int:
    """Return how many people there are at `scale`."""
    return scaled(int(section.count.value * section.played), scale)


def merchant_count(section: SocietySection, scale: Decimal) -> int:
    """Return how many merchants there are at `scale`: at least two of each category."""
    few = 2 * len(section.merchants.categories)
    return scaled(int(section.merchants.count.value * section.played), scale, at_least=few)


def employer_count(section: SocietySection, scale: Decimal) -> int:
    """Return how many employers there are at `scale`: at least a dozen, if anybody works."""
    employed = sum(band.share * band.employed for band in section.ages)
    people = int(section.count.value * section.played * employed) // (BP * BP)
    return scaled(people // section.employers.mean_employees.value, scale, at_least=SMALL_WORLD)


def build(
    section: SocietySection,
    scale: Decimal,
    bank_shares_bp: Sequence[int],
    streams: Streams,
    *,
    has_wages: bool = True,
) -> Society:
    """Return everybody of `section` at `scale`, banking in these shares.

    Where not `has_wages`, nobody asks for wages and employers, and their columns are empty.
    Raises DoesNotFitError when no households can be made of these people.
    """
    employers = _employers(section, employer_count(section, scale), bank_shares_bp, streams)
    empty = _empty(person_count(section, scale), has_wages=has_wages)
    people, households = _people(section, empty, bank_shares_bp, streams, employers)
    return Society(
        regions=tuple(section.regions),
        categories=tuple(row.category for row in section.merchants.categories),
        programmes=tuple(section.programmes),
        people=people,
        households=households,
        merchants=_merchants(section, merchant_count(section, scale), bank_shares_bp, streams),
        employers=employers,
    )


def _people(
    section: SocietySection,
    people: People,
    bank_shares_bp: Sequence[int],
    streams: Streams,
    employers: Employers,
) -> tuple[People, Households]:
    """Fill the columns of people, and return them with their households."""
    # Whoever only counts people has nothing to compile.
    from tengesim.population.filling_laws import laws, settle_homes

    likely = chances(section)
    drawn_from = laws(section, likely, streams, ladder_of(bank_shares_bp), _firms(employers))
    firsts, sizes = [], []
    count = len(people.age)
    done = reached = 0
    with ThreadPoolExecutor(_FILLERS) as pool:
        filling = deque[Future[None]]()
        while done < count:
            numbers = np.arange(reached, reached + _CHUNK)
            chunk = homes(likely, streams, numbers, count - done)
            firsts.append((done + np.cumsum(chunk.size) - chunk.size).astype(np.int32))
            sizes.append(chunk.size.astype(np.uint8))
            # Who lives where is known by number, so households may be filled in any order.
            filling.append(pool.submit(settle_homes, drawn_from, chunk, done, people))
            done, reached = done + int(chunk.size.sum()), reached + len(chunk.size)
            if len(filling) > _FILLERS:
                filling.popleft().result()
        for one in filling:
            one.result()
    return people, Households(
        first=np.concatenate(firsts),
        size=np.concatenate(sizes),
    )


def _empty(count: int, *, has_wages: bool) -> People:
    paid = count if has_wages else 0
    return People(
        household=np.empty(count, dtype=np.int32),
        region=np.empty(count, dtype=np.uint8),
        is_urban=np.empty(count, dtype=np.bool_),
        is_female=np.empty(count, dtype=np.bool_),
        age=np.empty(count, dtype=np.uint8),
        role=np.empty(count, dtype=np.uint8),
        wage_tiyn=np.empty(paid, dtype=np.int64),
        employer=np.empty(paid, dtype=np.int32),
        bank=np.empty(count, dtype=np.uint8),
        memberships=np.empty(count, dtype=np.uint16),
        deposit_tiyn=np.empty(count, dtype=np.int64),
        cash_tiyn=np.empty(count, dtype=np.int64),
        weight=np.empty(count, dtype=np.int32),
    )


def _firms(employers: Employers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first employer of each region and how many it has; all, where it has none."""
    # Employers stand in the order of their regions.
    regions = np.arange(_REGIONS_MAX)
    start = np.searchsorted(employers.region, regions, side="left")
    count = np.searchsorted(employers.region, regions, side="right") - start
    return np.where(count, start, 0), np.where(count, count, len(employers.region))


def _employers(
    section: SocietySection, count: int, bank_shares_bp: Sequence[int], streams: Streams
) -> Employers:
    numbers = np.arange(count)
    weights = [section.people_of(region) for region in section.regions]
    place = ladder_of(weights).rungs(in_turns(streams, "employers.place", numbers))
    return Employers(
        region=np.sort(place).astype(np.uint8),
        bank=by_quota(streams.words("employers.bank", numbers), bank_shares_bp).astype(np.uint8),
    )


def _merchants(
    section: SocietySection, count: int, bank_shares_bp: Sequence[int], streams: Streams
) -> Merchants:
    numbers = np.arange(count)
    merchants = section.merchants
    strata = ladder_of(strata_weights(section))
    place = strata.rungs(in_turns(streams, "merchants.place", numbers))
    is_urban = place % 2 == 0
    accepts_digital = np.zeros(count, dtype=np.bool_)
    accepts_offline = np.zeros(count, dtype=np.bool_)
    for there, kind in ((is_urban, merchants.urban), (~is_urban, merchants.rural)):
        few = np.flatnonzero(there)
        digital = few[_quota(streams, "merchants.accepts_digital", few, kind.digital.value)]
        accepts_digital[digital] = True
        offline = digital[_quota(streams, "merchants.accepts_offline", digital, kind.offline.value)]
        accepts_offline[offline] = True
    turnover = lognormal(merchants.turnover_median.value * 1_000, FACTOR_MEAN)
    weight = turnover.amounts(streams.words("merchants.turnover", numbers)) // 1_000
    return Merchants(
        region=(place // 2).astype(np.uint8),
        is_urban=is_urban,
        category=by_quota(
            streams.words("merchants.category", numbers),
            [row.share for row in merchants.categories],
        ).astype(np.uint8),
        accepts_digital=accepts_digital,
        accepts_offline=accepts_offline,
        bank=by_quota(streams.words("merchants.bank", numbers), bank_shares_bp).astype(np.uint8),
        weight=np.minimum(weight, np.iinfo(np.int32).max).astype(np.int32),
    )


def _quota(
    streams: Streams, name: str, numbers: NDArray[np.int64], rate_bp: int
) -> NDArray[np.bool_]:
    return np.asarray(by_quota(streams.words(name, numbers), (rate_bp, BP - rate_bp)) == 0)
