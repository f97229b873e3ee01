"""Paths of prices: barriers and drawdowns at the fixings that are used, pegs and drawn blocks.

Closed forms where there are any, and a second simulation with NumPy's own generators elsewhere;
bounds are 3.29 standard errors, and each claim has a twin with a parameter a tenth wrong.
"""

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tengesim.market.bootstrap import resampled
from tengesim.market.laws import BootstrapSection, PriceTable
from tengesim.market.paths import log_returns
from tengesim.market.pegs import deviations
from tengesim.streams import Streams
from tests.market_sections import assumed, market

pytestmark = pytest.mark.statistics

Doubles = NDArray[np.float64]
Returns = Callable[[np.random.Generator, tuple[int, int]], Doubles]

BOUND: Final = 3.29
SEED: Final = 20_260_202
FIXING: Final = 5
PER_YEAR: Final = 365 // FIXING
SPAN: Final = FIXING / 365


def paths(law: dict[str, Any], number: int, *, volatility: float, drift: float = 0) -> Doubles:
    """Return the logarithm of bitcoin's price at the fixings of so many years, from 0."""
    asset = {"price": assumed(1), "volatility": assumed(volatility), "drift": assumed(drift)}
    section = market(law, assets={"bitcoin": asset}, correlation={}, fixing=assumed(FIXING))
    returns = log_returns(section, Streams(SEED), number * PER_YEAR)["bitcoin"]
    return np.asarray(np.cumsum(returns.reshape(number, PER_YEAR), axis=1))


def error(sample: Doubles, expected: float) -> float:
    """Return the distance of a mean from its expectation in standard errors."""
    return abs(float(sample.mean()) - expected) / (float(sample.std()) / math.sqrt(len(sample)))


def apart(one: Doubles, other: Doubles) -> float:
    """Return the distance of two means in standard errors."""
    spread = math.sqrt(float(one.var()) / len(one) + float(other.var()) / len(other))
    return abs(float(one.mean() - other.mean())) / spread


def touching(barrier: float, drift: float, volatility: float, *, fixing_years: float) -> float:
    """Return how likely a price falls to `barrier` of itself within a year, seen at its fixings.

    Seen at intervals a barrier lies further off, by 0.5826 σ √interval (Broadie, Glasserman and
    Kou 1997, doi:10.1111/1467-9965.00035); seen at all times the formula is that of Merton 1973.
    """
    level = math.log(barrier) - 0.5826 * volatility * math.sqrt(fixing_years)
    growth = drift - volatility**2 / 2
    first = stats.norm.cdf((level - growth) / volatility)
    mirrored = math.exp(2 * growth * level / volatility**2)
    return float(first + mirrored * stats.norm.cdf((level + growth) / volatility))


def falls_to(barrier: float, drift: float, volatility: float) -> Doubles:
    """Return in which years a price fell to `barrier` at one of its fixings."""
    path = paths({"kind": "gbm"}, 40_000, volatility=volatility, drift=drift)
    return np.asarray(path.min(axis=1) <= math.log(barrier), dtype=float)


def test_a_barrier_is_touched_at_fixings_alone() -> None:
    """Goal: chances of a fall are those of the fixings used. Method: with and without them."""
    touched = falls_to(0.6, 0.12, 0.65)
    assert error(touched, touching(0.6, 0.12, 0.65, fixing_years=SPAN)) < BOUND
    assert error(touched, touching(0.6, 0.12, 0.65, fixing_years=0)) > BOUND


@pytest.mark.parametrize("volatility", [0.585, 0.715])
def test_barriers_fail_when_volatility_is_a_tenth_wrong(volatility: float) -> None:
    """Goal: power. Method: the same claim about other paths."""
    touched = falls_to(0.6, 0.12, volatility)
    assert error(touched, touching(0.6, 0.12, 0.65, fixing_years=SPAN)) > BOUND


def drawdown(path: Doubles) -> Doubles:
    """Return the deepest fall from an earlier fixing, as a part of the price, in each year."""
    whole = np.concatenate((np.zeros((len(path), 1)), path), axis=1)
    peak = np.maximum.accumulate(whole, axis=1)
    return np.asarray(1 - np.exp((whole - peak).min(axis=1)))


def gbm_again(generator: np.random.Generator, shape: tuple[int, int]) -> Doubles:
    """Return normal returns."""
    return np.asarray(-(0.6**2) / 2 * SPAN + 0.6 * math.sqrt(SPAN) * generator.normal(size=shape))


def student_again(generator: np.random.Generator, shape: tuple[int, int]) -> Doubles:
    """Return Student's returns with 4 degrees, scaled by their own variance, 2."""
    spread = 0.6 * math.sqrt(SPAN / 2)
    return np.asarray(-(0.6**2) / 2 * SPAN + spread * generator.standard_t(4, size=shape))


def merton_again(generator: np.random.Generator, shape: tuple[int, int]) -> Doubles:
    """Return returns with 8 jumps a year of -0.1 ± 0.1, one draw for each jump."""
    calm = 0.6**2 - 8 * (0.1**2 + 0.1**2)
    lift = 8 * (math.exp(-0.1 + 0.1**2 / 2) - 1)
    found = (-calm / 2 - lift) * SPAN + math.sqrt(calm * SPAN) * generator.normal(size=shape)
    number = generator.poisson(8 * SPAN, size=shape)
    for further in range(int(number.max())):
        size = generator.normal(-0.1, 0.1, size=shape)
        found += np.where(number > further, size, 0)
    return np.asarray(found)


def regimes_again(generator: np.random.Generator, shape: tuple[int, int]) -> Doubles:
    """Return returns of two regimes, 40 and 120, that stay 60 and 20 days."""
    leaves = np.array([1 - (1 - 1 / 60) ** FIXING, 1 - (1 - 1 / 20) ** FIXING])
    shares = leaves[::-1] / leaves.sum()
    scale = np.array([40.0, 120.0]) / math.sqrt(float(shares @ np.array([1_600.0, 14_400.0])))
    now = (generator.random(shape[0]) < shares[1]).astype(int)
    found = np.empty(shape)
    for fixing in range(shape[1]):
        now = np.where(generator.random(shape[0]) < leaves[now], 1 - now, now)
        volatility = 0.6 * scale[now]
        normal = generator.normal(size=shape[0])
        found[:, fixing] = -(volatility**2) / 2 * SPAN + volatility * math.sqrt(SPAN) * normal
    return found


AGAIN: Final[dict[str, tuple[dict[str, Any], Returns]]] = {
    "gbm": ({"kind": "gbm"}, gbm_again),
    "student_t": ({"kind": "student_t", "freedom": assumed(4)}, student_again),
    "merton": (
        {
            "kind": "merton",
            "yearly": assumed(8),
            "sizes": {"bitcoin": {"mean": assumed(-0.1), "spread": assumed(0.1)}},
        },
        merton_again,
    ),
    "regimes": (
        {
            "kind": "regimes",
            "regimes": [
                {"volatility": assumed(40), "stays": assumed(60)},
                {"volatility": assumed(120), "stays": assumed(20)},
            ],
        },
        regimes_again,
    ),
}


@pytest.mark.parametrize("law", AGAIN)
def test_drawdowns_are_those_of_another_simulation(law: str) -> None:
    """Goal: whole paths, not only returns. Method: NumPy's generators and formulas of our own.

    The twin has a volatility 10 % higher.
    """
    written, again = AGAIN[law]
    shape = (15_000, PER_YEAR)
    other = drawdown(np.cumsum(again(np.random.default_rng(SEED), shape), axis=1))
    ours = drawdown(paths(written, shape[0], volatility=0.6))
    wrong = drawdown(paths(written, shape[0], volatility=0.66))
    deep = float(np.quantile(other, 0.9))
    assert apart(ours, other) < BOUND
    assert apart((ours > deep).astype(float), (other > deep).astype(float)) < BOUND
    assert apart(wrong, other) > BOUND


def test_a_pegged_price_keeps_its_volatility_and_falls_as_often_as_stated() -> None:
    """Goal: noise, number, depth and way back of falls. Method: closed forms, 10,000 years."""
    section = market("gbm").assets["usdt"]
    assert section.depeg is not None
    depeg = section.depeg.model_copy(
        update={"yearly": section.depeg.yearly.model_copy(update={"value": 3_000})}
    )
    fixings = 10_000 * 365
    path = deviations("usdt", section, depeg, Streams(SEED), fixings=fixings, days=1)
    quiet = np.abs(path) < 0.001
    calm = np.diff(path)[quiet[1:] & quiet[:-1]]
    assert float(calm.std()) * math.sqrt(365) == pytest.approx(0.003, rel=0.01)
    left = 0.5 ** (1 / 3)
    fresh = path[1:] - left * path[:-1]
    falls = fresh[fresh < -0.005]
    expected = fixings * (1 - 0.7 ** (1 / 365))
    assert abs(len(falls) - expected) < BOUND * math.sqrt(expected)
    # The twin: a chance a tenth higher leaves the bound.
    wrong = fixings * (1 - 0.67 ** (1 / 365))
    assert abs(len(falls) - wrong) > BOUND * math.sqrt(wrong)
    depth = 1 - np.exp(falls)
    assert error(depth, 0.02) < BOUND
    assert error(depth, 0.022) > BOUND
    assert float(depth.min()) > 0.009
    assert float(depth.max()) < 0.031


def table(days: int) -> PriceTable:
    """Return prices whose returns depend on the day before and on one another."""
    generator = np.random.default_rng(SEED)
    shocks = generator.standard_t(5, size=(2, days)) * 0.03
    returns = np.zeros((2, days))
    for day in range(1, days):
        returns[:, day] = 0.002 + 0.5 * returns[:, day - 1] + shocks[:, day]
    returns[1] = 0.7 * returns[0] + 0.5 * returns[1]
    prices = 100 * np.exp(np.cumsum(returns, axis=1))
    return PriceTable(np.arange(days), {"bitcoin": prices[0].copy(), "ether": prices[1].copy()})


def drawn_blocks(block: int, number: int) -> tuple[Doubles, Doubles, Doubles]:
    """Return what is drawn of both assets in blocks of `block` days, and the table's returns."""
    section = BootstrapSection.model_validate(
        {
            "kind": "bootstrap",
            "file": "prices.csv",
            "columns": {"date": "date", "prices": {"bitcoin": "b", "ether": "e"}},
            "block": assumed(block),
        }
    )
    past = table(300)
    section.attach(past, "")
    found = resampled(section, Streams(SEED), ["bitcoin", "ether"], fixings=number, days=1)
    return found["bitcoin"], found["ether"], np.diff(np.log(past.prices["bitcoin"]))


def blocks(sample: Doubles) -> Doubles:
    """Return means of 400 days, which hardly depend on one another."""
    return np.asarray(sample[: len(sample) // 400 * 400].reshape(-1, 400).mean(axis=1))


def test_drawn_blocks_have_the_tables_returns_without_its_growth() -> None:
    """Goal: bootstrap. Method: mean price 1, moments of the table, memory as blocks leave it."""
    bitcoin, ether, past = drawn_blocks(10, 800_000)
    assert error(blocks(np.exp(bitcoin)), 1.0) < BOUND
    assert error(blocks(np.exp(ether)), 1.0) < BOUND
    centred = past - math.log(float(np.exp(past).mean()))
    assert set(np.round(bitcoin[:2_000], 12)) <= set(np.round(centred, 12))
    assert error(blocks(bitcoin**2), float((centred**2).mean())) < BOUND
    # Within a block follows the next day of the table, in a circle; else any day.
    memory = float((centred * np.roll(centred, -1)).mean())
    alone = float(centred.mean()) ** 2
    pairs = blocks(bitcoin[:-1] * bitcoin[1:])
    assert error(pairs, 0.9 * memory + 0.1 * alone) < BOUND
    assert error(pairs, 0.8 * memory + 0.2 * alone) > BOUND
    # Both assets have the same days.
    both = [np.diff(np.log(table(300).prices[name])) for name in ("bitcoin", "ether")]
    stated = float(np.corrcoef(both[0], both[1])[0, 1])
    assert float(np.corrcoef(bitcoin, ether)[0, 1]) == pytest.approx(stated, abs=0.01)
