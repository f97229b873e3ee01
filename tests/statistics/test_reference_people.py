"""Results known beforehand about people who pay one another, on the book and the streams.

Each is a distribution and holds within 3.29 standard errors, which one seed in a thousand would
miss; the seeds are fixed. Every claim has a twin with one parameter 10 % wrong, which must fail.
"""

from functools import cache
from math import sqrt
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from tengesim.codes import Kind, Reason, Status
from tengesim.streams import Streams, below, further
from tests.statistics.economy import SECOND_US, Economy

pytestmark = pytest.mark.statistics

STANDARD_ERRORS = 3.29


# V11: random exchange of conserved money.

WALLETS = 500
MEAN_TIYN = 1_000
WARM_UP = 30
APART = 10
SNAPSHOTS = 24


class Inequality(NamedTuple):
    """Variance over squared mean, and the Gini coefficient, of what wallets hold."""

    relative_variance: float
    gini: float


def exchanged(*, kept_per_cent: int = 0) -> NDArray[np.int64]:
    """Return what wallets hold at 24 moments far apart, a line each.

    Somebody pays somebody else between 1 and twice the mean; the ledger refuses whoever has less.
    Whoever keeps `kept_per_cent` of its money back pays at most the rest.
    """
    economy = Economy(WALLETS, MEAN_TIYN)
    streams = Streams(11)
    found = []
    for step in range(WARM_UP + APART * SNAPSHOTS):
        words = streams.words("exchange", np.arange(WALLETS), step)
        payers = below(words, WALLETS)
        payees = (payers + 1 + below(further(words, "payee"), WALLETS - 1)) % WALLETS
        amounts = 1 + below(further(words, "amount"), 2 * MEAN_TIYN)
        drawn = zip(payers.tolist(), payees.tolist(), amounts.tolist(), strict=True)
        for payer, payee, amount in drawn:
            economy.now_us += SECOND_US
            held = economy.book.free(economy.wallets[payer])
            if kept_per_cent and amount > held * (100 - kept_per_cent) // 100:
                continue
            outcome = economy.pay(payer, payee, amount)
            assert (outcome.reason is Reason.INSUFFICIENT_FUNDS) == (amount > held)
        if step >= WARM_UP and (step - WARM_UP) % APART == APART - 1:
            found.append(economy.money())
    return np.array(found)


def inequalities(money: NDArray[np.int64]) -> list[Inequality]:
    """Return the inequality at each moment; the mean is exact, because money is conserved."""
    ordered = np.sort(money, axis=1)
    count = money.shape[1]
    ranks = 2 * np.arange(1, count + 1) - count - 1
    ginis = (ordered * ranks).sum(axis=1) / (count * ordered.sum(axis=1))
    variances = ((money - MEAN_TIYN) ** 2).mean(axis=1) / MEAN_TIYN**2
    return [Inequality(*pair) for pair in zip(variances.tolist(), ginis.tolist(), strict=True)]


@cache
def found_inequality(kept_per_cent: int = 0) -> tuple[Inequality, Inequality]:
    """Return means over moments, and their standard errors."""
    table = np.array(inequalities(exchanged(kept_per_cent=kept_per_cent)))
    errors = table.std(axis=0, ddof=1) / sqrt(SNAPSHOTS)
    return Inequality(*table.mean(axis=0).tolist()), Inequality(*errors.tolist())


def is_exponential(kept_per_cent: int = 0) -> tuple[bool, bool]:
    """Return whether variance and Gini are those of the exponential law.

    Among N wallets that share what there is, evenly over all ways to share it, the relative
    variance is (N - 1) / (N + 1) and the Gini ½; whole tiyn add 1 / mean to the first.
    """
    mean, error = found_inequality(kept_per_cent)
    expected = Inequality((WALLETS - 1) / (WALLETS + 1) + 1 / MEAN_TIYN, 0.5)
    return (
        abs(mean.relative_variance - expected.relative_variance)
        < STANDARD_ERRORS * error.relative_variance,
        abs(mean.gini - expected.gini) < STANDARD_ERRORS * error.gini,
    )


def test_v11_money_exchanged_at_random_is_spread_exponentially() -> None:
    """Goal: V11, var = mean² and Gini ½ (Drăgulescu and Yakovenko 2000). Method: the book."""
    assert is_exponential() == (True, True)
    _, error = found_inequality()
    # The errors are small enough to see a tenth.
    assert STANDARD_ERRORS * error.relative_variance < 0.1
    assert STANDARD_ERRORS * error.gini < 0.02


def test_v11_fails_when_a_tenth_of_the_money_is_kept_back() -> None:
    """Goal: V11 can fail. Method: nobody pays more than nine tenths of what it has."""
    assert is_exponential(kept_per_cent=10) == (False, False)


# V15: coupon collector.

MERCHANTS = 50
CUSTOMERS = 600
COLLECTOR_MEAN, COLLECTOR_DEVIATION = 224.960, 61.951


def payments_until_all_were_used(merchants: int) -> NDArray[np.int64]:
    """Return how many payments each customer makes until it has paid every merchant, by the log.

    A customer pays one merchant after another, each equally likely whatever it did before.
    """
    economy = Economy(CUSTOMERS + merchants, 10_000)
    streams = Streams(15)
    missing = {customer: set(range(merchants)) for customer in range(CUSTOMERS)}
    step = 0
    while missing:
        economy.now_us += SECOND_US
        customers = np.array(sorted(missing))
        chosen = below(streams.words("merchant", customers, step), merchants)
        for customer, merchant in zip(customers.tolist(), chosen.tolist(), strict=True):
            outcome = economy.pay(customer, CUSTOMERS + merchant, 1)
            assert outcome.status is Status.SETTLED
            missing[customer].discard(merchant)
            if not missing[customer]:
                del missing[customer]
        step += 1
    rows = economy.journal.rows()
    payers = rows["payer"][rows["kind"] == Kind.PAYMENT]
    return np.unique(payers, return_counts=True)[1]


def harmonic(count: int) -> float:
    """Return 1 + ½ + … + 1/count."""
    return sum(1 / number for number in range(1, count + 1))


def is_collected_as_expected(merchants: int) -> tuple[bool, bool]:
    """Return whether mean and deviation are those of 50 merchants.

    The kurtosis of the Gumbel law, 5.4, gives the error of the deviation.
    """
    found = payments_until_all_were_used(merchants)
    error = COLLECTOR_DEVIATION / sqrt(CUSTOMERS)
    spread_error = COLLECTOR_DEVIATION * sqrt((5.4 - 1) / CUSTOMERS) / 2
    return (
        abs(float(found.mean()) - COLLECTOR_MEAN) < STANDARD_ERRORS * error,
        abs(float(found.std(ddof=1)) - COLLECTOR_DEVIATION) < STANDARD_ERRORS * spread_error,
    )


def test_v15_all_merchants_are_met_as_late_as_the_formula_says() -> None:
    """Goal: V15, N·H_N = 224.96, deviation 61.95. Method: 600 customers among 50 merchants."""
    assert harmonic(MERCHANTS) * MERCHANTS == pytest.approx(COLLECTOR_MEAN, abs=5e-4)
    variance = sum(
        (MERCHANTS / left) ** 2 * (1 - left / MERCHANTS) for left in range(1, MERCHANTS + 1)
    )
    assert sqrt(variance) == pytest.approx(COLLECTOR_DEVIATION, abs=5e-4)
    assert is_collected_as_expected(MERCHANTS) == (True, True)


@pytest.mark.parametrize("merchants", [45, 55])
def test_v15_fails_with_a_tenth_more_or_fewer_merchants(merchants: int) -> None:
    """Goal: V15 can fail. Method: 45 and 55 merchants; the mean tells, the deviation may not."""
    assert not is_collected_as_expected(merchants)[0]
