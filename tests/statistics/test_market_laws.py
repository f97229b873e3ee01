"""Laws of prices against closed forms: moments, tails, correlation; a law 10 % wrong is refused.

Bounds are 3.29 standard errors of the sample, which a right law leaves once in a thousand; seeds
are fixed. Standard errors come from the sample itself, so that fat tails widen them.
"""

import math
from decimal import Decimal
from itertools import combinations
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tengesim.market.model import MarketSection
from tengesim.market.paths import log_returns, regime_shares
from tengesim.streams import Streams
from tests.market_sections import CORRELATIONS, FLOATING, LAWS, assumed, market, section_of

pytestmark = pytest.mark.statistics

Doubles = NDArray[np.float64]

BOUND: Final = 3.29
SEED: Final = 20_260_201
VOLATILITIES: Final = {
    name: float(section_of()["assets"][name]["volatility"]["value"]) for name in FLOATING
}


class Claim(NamedTuple):
    """What the mean of a sample should be."""

    name: str
    sample: Doubles
    expected: float

    def error(self) -> float:
        """Return the distance of mean and expectation in standard errors."""
        deviation = float(self.sample.std()) / math.sqrt(len(self.sample))
        return abs(float(self.sample.mean()) - self.expected) / deviation


def single(
    law: str | dict[str, Any], *, volatility: float, drift: float = 0.0, fixing: int = 73
) -> MarketSection:
    """Return a market of bitcoin alone, fixed each fifth of a year unless told otherwise."""
    asset = {"price": assumed(100), "volatility": assumed(volatility), "drift": assumed(drift)}
    return market(law, assets={"bitcoin": asset}, correlation={}, fixing=assumed(fixing))


def years(section: MarketSection, number: int) -> Doubles:
    """Return the logarithmic returns of bitcoin in so many years."""
    per_year = 365 // section.fixing.value
    returns = log_returns(section, Streams(SEED), number * per_year)["bitcoin"]
    return np.asarray(returns.reshape(number, per_year).sum(axis=1))


def reserve_claims(drift: float, volatility: float) -> list[Claim]:
    """Return the claims of V10 about a market with these figures: S = 100, one year."""
    price = 100 * np.exp(years(single("gbm", volatility=volatility, drift=drift), 200_000))
    return [
        Claim("mean", price, 112.750),
        Claim("below the median", (price < 91.279).astype(float), 0.5),
        Claim("variance", (price - 112.750) ** 2, 81.755**2),
        Claim("below 60", (price < 60).astype(float), 0.25930),
    ]


def test_a_reserves_price_has_lognormal_moments() -> None:
    """Goal: V10 (Black-Scholes model). Method: 200,000 years, drift 0.12, volatility 0.65."""
    for claim in reserve_claims(0.12, 0.65):
        assert claim.error() < BOUND, claim.name


@pytest.mark.parametrize(("drift", "volatility"), [(0.132, 0.65), (0.12, 0.715)])
def test_v10_fails_when_a_parameter_is_a_tenth_wrong(drift: float, volatility: float) -> None:
    """Goal: the test above has power. Method: the same with drift or volatility 10 % higher."""
    assert max(claim.error() for claim in reserve_claims(drift, volatility)) > BOUND


def student_tail(z: float) -> float:
    """Return how likely Student's law with 5 degrees, scaled to variance 1, exceeds ±z."""
    return float(2 * stats.t.sf(z * math.sqrt(5 / 3), 5))


def student_claims(freedom: int, volatility: float) -> list[Claim]:
    """Return claims about 5 degrees of freedom and a volatility of 0.5."""
    law = {"kind": "student_t", "freedom": assumed(freedom)}
    section = single(law, volatility=volatility)
    returns = log_returns(section, Streams(SEED), 500_000)["bitcoin"]
    spread = 0.5 * math.sqrt(73 / 365)
    z = (returns + spread**2 / 2) / spread
    return [
        Claim("mean", z, 0),
        *(
            Claim(f"beyond {k}", (np.abs(z) > k).astype(float), student_tail(k))
            for k in (0.5, 1, 2, 4, 6)
        ),
    ]


def test_student_returns_have_students_tails() -> None:
    """Goal: fat tails of the stated degree. Method: the closed form for 5 degrees."""
    for claim in student_claims(5, 0.5):
        assert claim.error() < BOUND, claim.name


@pytest.mark.parametrize(("freedom", "volatility"), [(5, 0.55), (6, 0.5)])
def test_student_tails_fail_when_wrong(freedom: int, volatility: float) -> None:
    """Goal: power. Method: volatility 10 % higher; the next degree of freedom."""
    assert max(claim.error() for claim in student_claims(freedom, volatility)) > BOUND


JUMPS: Final = (6.0, -0.1, 0.08)
"""Jumps a year, mean and spread of their logarithms."""


def jump_law(yearly: float, mean: float, spread: float) -> dict[str, Any]:
    """Return a law with jumps."""
    size = {"mean": assumed(mean), "spread": assumed(spread)}
    return {"kind": "merton", "yearly": assumed(yearly), "sizes": {"bitcoin": size}}


def jump_mixture(below: float) -> float:
    """Return how likely a fixing's return is below, as a Poisson mixture of normal laws."""
    yearly, mean, spread = JUMPS
    span = 1 / 365
    calm = 0.6**2 - yearly * (mean**2 + spread**2)
    growth = -calm / 2 - yearly * (math.exp(mean + spread**2 / 2) - 1)
    total, share = 0.0, math.exp(-yearly * span)
    for number in range(40):
        deviation = math.sqrt(calm * span + number * spread**2)
        total += share * stats.norm.cdf((below - growth * span - number * mean) / deviation)
        share *= yearly * span / (number + 1)
    return float(total)


def jump_claims(yearly: float, mean: float, spread: float, volatility: float) -> list[Claim]:
    """Return claims about the jumps above and a volatility of 0.6."""
    section = single(jump_law(yearly, mean, spread), volatility=volatility, fixing=1)
    returns = log_returns(section, Streams(SEED), 1_000_000)["bitcoin"]
    return [
        Claim("price", np.exp(returns), 1.0),
        Claim("variance", (returns - returns.mean()) ** 2, 0.6**2 / 365),
        *(
            Claim(f"below {x}", (returns < x).astype(float), jump_mixture(x))
            for x in (-0.3, -0.25, -0.2, -0.1, -0.03, 0.01, 0.03, 0.08)
        ),
    ]


def test_jumping_returns_are_a_mixture_of_normal_ones() -> None:
    """Goal: Merton's law; no growth on average. Method: Poisson mixture, mean price 1."""
    for claim in jump_claims(*JUMPS, 0.6):
        assert claim.error() < BOUND, claim.name


@pytest.mark.parametrize(
    "wrong",
    [(6.6, -0.1, 0.08, 0.6), (6, -0.11, 0.08, 0.6), (6, -0.1, 0.088, 0.6), (6, -0.1, 0.08, 0.66)],
)
def test_jumps_fail_when_a_parameter_is_a_tenth_wrong(
    wrong: tuple[float, float, float, float],
) -> None:
    """Goal: power. Method: number, mean, spread or volatility 10 % off."""
    assert max(claim.error() for claim in jump_claims(*wrong)) > BOUND


def regime_law(calm: int, wild: int, stays: int, ends: int) -> dict[str, Any]:
    """Return a law with two regimes."""
    return {
        "kind": "regimes",
        "regimes": [
            {"volatility": assumed(calm), "stays": assumed(stays)},
            {"volatility": assumed(wild), "stays": assumed(ends)},
        ],
    }


def regime_claims(calm: int, wild: int, stays: int, ends: int) -> list[Claim]:
    """Return claims about volatilities 40 and 100 that last 20 and 10 days, fixed daily."""
    section = market(
        regime_law(calm, wild, stays, ends),
        assets={"bitcoin": {"price": assumed(100), "volatility": assumed(0.8)}},
        correlation={},
    )
    returns = log_returns(section, Streams(SEED), 2_000_000)["bitcoin"]
    spread = 0.8 / math.sqrt(365)
    mean = (2 * 40**2 + 100**2) / 3
    scales = [spread * math.sqrt(one**2 / mean) for one in (40, 100)]
    shares = (2 / 3, 1 / 3)

    def below(x: float) -> float:
        return sum(
            share * float(stats.norm.cdf((x + scale**2 / 2) / scale))
            for share, scale in zip(shares, scales, strict=True)
        )

    left = 1 - 1 / 20 - 1 / 10
    variances = [scale**2 for scale in scales]
    mixed = sum(share * one for share, one in zip(shares, variances, strict=True))
    spread_of = sum(share * one**2 for share, one in zip(shares, variances, strict=True))
    squares = returns**2
    return [
        Claim("price", _blocks(np.exp(returns)), 1.0),
        *(
            Claim(f"below {x}", _blocks((returns < x * spread).astype(float)), below(x * spread))
            for x in (-3, -2, -1, -0.3, 0.5, 2)
        ),
        *(
            Claim(
                f"squares {lag} days apart",
                _blocks(squares[:-lag] * squares[lag:]),
                mixed**2 + left**lag * (spread_of - mixed**2),
            )
            for lag in (1, 5, 10)
        ),
    ]


def _blocks(sample: Doubles) -> Doubles:
    """Return means of 400 days, which hardly depend on one another."""
    return np.asarray(sample[: len(sample) // 400 * 400].reshape(-1, 400).mean(axis=1))


def test_regimes_mix_and_cluster() -> None:
    """Goal: shares, tails and how long wild times last. Method: a chain of two in closed form."""
    for claim in regime_claims(40, 100, 20, 10):
        assert claim.error() < BOUND, claim.name


@pytest.mark.parametrize(
    "wrong", [(36, 100, 20, 10), (40, 100, 22, 10), (40, 100, 20, 11), (40, 100, 18, 9)]
)
def test_regimes_fail_when_wrong(wrong: tuple[int, int, int, int]) -> None:
    """Goal: power. Method: one volatility, one stay or both stays 10 % off."""
    assert max(claim.error() for claim in regime_claims(*wrong)) > BOUND


def test_shares_of_regimes_are_those_of_the_chain_that_is_drawn() -> None:
    """Goal: volatility is the long-run one at any fixing. Method: weekly, the chain's own law."""
    section = market(regime_law(40, 100, 20, 10), fixing=assumed(7))
    law = section.law
    assert law.kind == "regimes"
    leaves = [1 - (1 - Decimal(1) / stay) ** 7 for stay in (20, 10)]
    first = leaves[1] / sum(leaves)
    assert [float(one) for one in regime_shares(law, 7)] == pytest.approx(
        [float(first), float(1 - first)]
    )


def expected_correlation(law: str, one: str, other: str) -> float:
    """Return the correlation of two assets' returns; jumps that come together add theirs."""
    stated = CORRELATIONS.get((one, other), 0.0)
    if law != "merton":
        return stated
    yearly, mean, spread = 6, -0.05, 0.06
    jumping = {"bitcoin", "ether"}
    whole = {name: VOLATILITIES[name] for name in (one, other)}
    calm = {
        name: math.sqrt(size**2 - (yearly * (mean**2 + spread**2) if name in jumping else 0))
        for name, size in whole.items()
    }
    shared = stated * calm[one] * calm[other]
    if {one, other} == jumping:
        shared += yearly * (mean**2 + stated * spread**2)
    return shared / whole[one] / whole[other]


def correlation_claims(law: str, times: float) -> list[Claim]:
    """Return claims about each pair; `times` multiplies what the market is told alone."""
    told = {
        one: {
            other: assumed(round(CORRELATIONS.get((one, other), 0) * times, 4))
            for other in FLOATING[place + 1 :]
        }
        for place, one in enumerate(FLOATING[:-1])
    }
    returns = log_returns(market(law, correlation=told), Streams(SEED), 200_000)
    rows = {name: (row - row.mean()) / row.std() for name, row in returns.items()}
    claims = []
    for one, other in combinations(FLOATING, 2):
        x, y = rows[one], rows[other]
        due = expected_correlation(law, one, other)
        # The mean is the distance of correlations; its spread is that of the sample correlation.
        claims.append(Claim(f"{one} {other}", x * y - due * (x * x + y * y) / 2, 0.0))
    return claims


@pytest.mark.parametrize("law", LAWS)
def test_assets_move_together_as_stated(law: str) -> None:
    """Goal: every pair has its correlation. Method: ten pairs under each law."""
    for claim in correlation_claims(law, 1.0):
        assert claim.error() < BOUND, claim.name


@pytest.mark.parametrize("law", LAWS)
def test_correlations_a_tenth_lower_are_refused(law: str) -> None:
    """Goal: power. Method: each stated correlation 10 % lower; every one that is not 0 fails."""
    pairs = list(combinations(FLOATING, 2))
    for pair, claim in zip(pairs, correlation_claims(law, 0.9), strict=True):
        if pair in CORRELATIONS:
            assert claim.error() > BOUND, claim.name


def test_student_shares_its_bad_days() -> None:
    """Goal: tails come together. Method: both beyond 3 deviations, against NumPy's own draws."""
    both = []
    returns = log_returns(market("student_t"), Streams(SEED), 400_000)
    generator = np.random.default_rng(SEED)
    correlation = CORRELATIONS["bitcoin", "ether"]
    independent = generator.normal(size=(2, 400_000))
    second = correlation * independent[0] + math.sqrt(1 - correlation**2) * independent[1]
    wild = np.sqrt(3 / generator.chisquare(5, size=400_000))
    for x, y in (
        (returns["bitcoin"], returns["ether"]),
        (independent[0] * wild, second * wild),
    ):
        both.append(((x < -3 * x.std()) & (y < -3 * y.std())).astype(float))
    error = math.sqrt(sum(float(one.var()) / len(one) for one in both))
    assert abs(float(both[0].mean() - both[1].mean())) < BOUND * error
    normal = log_returns(market("gbm"), Streams(SEED), 400_000)
    x, y = normal["bitcoin"], normal["ether"]
    alone = ((x < -3 * x.std()) & (y < -3 * y.std())).mean()
    assert abs(float(both[0].mean() - alone)) > BOUND * error
