"""Results that are known beforehand, reproduced with the book, the log and the streams.

The first are identities and hold to the last tiyn; the others are distributions and hold within
3.29 standard errors, which one seed in a thousand would miss; the seeds are fixed. Every claim has
a twin with one parameter 10 % wrong, which must fail: a test that cannot fail proves nothing.
"""

from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tengesim.codes import Kind, Reason, Status
from tengesim.journal.events import Rows
from tengesim.ledger.book import Book
from tengesim.payment import Move, Posting
from tengesim.streams import Streams, below, chance, further
from tests.statistics.economy import DT, SECOND_US, Economy, live

pytestmark = pytest.mark.statistics

STANDARD_ERRORS = 3.29


def supply_of(rows: Rows) -> int:
    """Return issued minus redeemed money, counted from rows alone."""
    settled = rows[rows["status"] == Status.SETTLED]
    issued = settled["amount_tiyn"][settled["payer"] == settled["keeper"]].sum()
    redeemed = settled["amount_tiyn"][settled["payee"] == settled["keeper_to"]].sum()
    return int(issued) - int(redeemed)


# V1: conservation.


class PaysTenPerCentMore(Book):
    """Credits a tenth more than was paid."""

    def _move(self, move: Move) -> None:
        super()._move(move)
        self._free[move.credit] += move.amount_tiyn // 10


def conservation_errors(book_type: type[Book]) -> set[int]:
    """Return the differences, after each event, of what wallets hold and what was issued."""
    economy = Economy(12, 100, book_type=book_type)
    errors = set()

    def compare() -> None:
        errors.add(sum(economy.money()) - supply_of(economy.journal.rows()))

    live(economy, Streams(1), steps=20, each=compare)
    return errors


def test_v1_what_is_held_is_what_was_issued_at_every_event() -> None:
    """Goal: V1, exact. Method: balances of the book against the rows of the log, each event."""
    assert conservation_errors(Book) == {0}


def test_v1_fails_when_a_tenth_more_is_credited() -> None:
    """Goal: V1 can fail. Method: the same with a book that credits 110 %."""
    assert conservation_errors(PaysTenPerCentMore) - {0}


# V2: common random numbers.


def balances_after(*, issue_bp: int = 500, has_kiosk: bool = False, shared: bool = False) -> object:
    """Return all wallets' money after a life with or without a kiosk that nobody uses."""
    economy = Economy(12, 100)
    streams = Streams(2)
    generator = np.random.default_rng(2)

    def kiosk() -> None:
        economy.book.open("kiosk", "bank", DT)
        streams.words("kiosk", np.arange(9))
        streams.named("kiosk").random(9)
        if shared:
            generator.random(1)

    if not shared:
        live(economy, streams, issue_bp=issue_bp, each=kiosk if has_kiosk else lambda: None)
        return economy.money()
    for _ in range(600):
        payer, payee = generator.choice(12, 2, replace=False).tolist()
        economy.now_us += SECOND_US
        economy.pay(payer, payee, int(generator.integers(1, 60)))
        if has_kiosk:
            kiosk()
    return economy.money()


def test_v2_equal_worlds_do_not_differ_and_an_unused_module_changes_nothing() -> None:
    """Goal: V2, exact. Method: twice the same, and once with a kiosk that draws but never pays."""
    assert balances_after() == balances_after()
    assert balances_after(has_kiosk=True) == balances_after()


def test_v2_fails_when_a_rate_is_a_tenth_higher_or_a_generator_is_shared() -> None:
    """Goal: V2 can fail. Method: 550 for 500 bp; and one generator for wallets and kiosk."""
    assert balances_after(issue_bp=550) != balances_after()
    assert balances_after(shared=True, has_kiosk=True) != balances_after(shared=True)


# V3: Little's law.


@dataclass
class Held:
    """Money on hold, measured twice: as it lies there, and as each posting spent it waiting."""

    tiyn_us: int = 0
    postings_us: int = 0
    waited_tiyn_us: int = 0
    waited_us: int = 0


def held_money(*, late_per_cent: int = 0) -> Held:
    """Return both measures of a run that is empty of held money at both ends.

    The first is read from the book while time passes; the second from the rows alone, in which
    each wait is longer than it was by `late_per_cent`.
    """
    economy, found = Economy(8, 10_000), Held()
    words = Streams(3).words("waits", np.arange(400))
    waits = (SECOND_US * (1 + below(words, 3_600))).tolist()
    gaps = (SECOND_US * (1 + below(further(words, "gap"), 60))).tolist()
    amounts = (1 + below(further(words, "amount"), 90)).tolist()
    starts = np.cumsum(gaps).tolist()
    events = sorted(
        [(start, 0, number) for number, start in enumerate(starts)]
        + [
            (start + wait, 1, number)
            for number, (start, wait) in enumerate(zip(starts, waits, strict=True))
        ]
    )
    waiting = 0
    for time_us, phase, number in events:
        elapsed = time_us - economy.now_us
        found.tiyn_us += elapsed * sum(economy.book.held(wallet) for wallet in economy.wallets)
        found.postings_us += elapsed * waiting
        economy.now_us = time_us
        if phase == 0:
            move = Move(economy.wallets[number % 7], economy.wallets[7], amounts[number])
            economy.book.hold(Posting(f"hold {number}", Kind.PAYMENT, (move,)))
            waiting += 1
            continue
        (economy.book.complete if number % 3 else economy.book.void)(f"hold {number}")
        waiting -= 1
    begun: dict[int, int] = {}
    for row in economy.journal.rows():
        if row["status"] == Status.HELD:
            begun[int(row["ref"])] = int(row["time_us"])
        elif row["status"] in (Status.POSTED, Status.VOIDED):
            wait = (int(row["time_us"]) - begun.pop(int(row["ref"]))) * (100 + late_per_cent) // 100
            found.waited_us += wait
            found.waited_tiyn_us += wait * int(row["amount_tiyn"])
    assert not begun
    return found


def test_v3_money_on_hold_is_what_each_posting_kept_waiting() -> None:
    """Goal: V3, exact: the time integral of what lies there is the sum of all waits."""
    found = held_money()
    assert found.tiyn_us == found.waited_tiyn_us > 0
    assert found.postings_us == found.waited_us > 0


def test_v3_fails_when_waits_are_a_tenth_too_long() -> None:
    """Goal: V3 can fail. Method: the same rows with waits of 110 %."""
    found = held_money(late_per_cent=10)
    assert found.tiyn_us != found.waited_tiyn_us
    assert found.postings_us != found.waited_us


# V4: Poisson arrivals and their thinning.

WINDOWS = 1_000
SLOTS = 2_000
ARRIVAL_BP = 100
APPROVED_BP = 7_000


class Arrivals(NamedTuple):
    """Settled and refused payments by window, read from the log."""

    approved: NDArray[np.int64]
    refused: NDArray[np.int64]


def arrivals(arrival_bp: int = ARRIVAL_BP, approved_bp: int = APPROVED_BP) -> Arrivals:
    """Return what the log of 1,000 windows of arrivals says, each approved by its own chance."""
    economy = Economy(2, 10**9)
    words = Streams(5).words("arrivals", np.arange(WINDOWS * SLOTS))
    slots = np.flatnonzero(chance(words, arrival_bp))
    approvals = chance(further(words[slots], "approval"), approved_bp)
    for slot, approved in zip(slots.tolist(), approvals.tolist(), strict=True):
        economy.now_us = slot * SECOND_US
        economy.pay(0, 1, 1, Reason.NONE if approved else Reason.PRESENCE_NOT_PROVEN)
    rows = economy.journal.rows()
    payments = rows[rows["kind"] == Kind.PAYMENT]
    windows = payments["time_us"] // (SLOTS * SECOND_US)
    settled = payments["status"] == Status.SETTLED
    return Arrivals(
        np.bincount(windows[settled], minlength=WINDOWS),
        np.bincount(windows[~settled], minlength=WINDOWS),
    )


def has_mean(counts: NDArray[np.int64], mean: float) -> bool:
    """Return whether counts of windows have the mean of a Poisson law."""
    return abs(float(counts.mean()) - mean) < STANDARD_ERRORS * sqrt(mean / len(counts))


def has_dispersion(counts: NDArray[np.int64], mean: float) -> bool:
    """Return whether variance over mean is that of a Poisson law, in the 99 % interval.

    Slots hold at most one arrival, which lowers the variance by the chance of a slot: the bias.
    """
    bias = 1 - mean / SLOTS
    dispersion = float(counts.var(ddof=1) / counts.mean()) / bias
    low, high = stats.chi2.ppf([0.005, 0.995], len(counts) - 1) / (len(counts) - 1)
    assert (round(float(low), 3), round(float(high), 3)) == (0.889, 1.119)
    return bool(low < dispersion < high)


def are_independent(found: Arrivals) -> bool:
    """Return whether approved and refused counts are uncorrelated over windows."""
    return bool(
        abs(np.corrcoef(found.approved, found.refused)[0, 1]) < STANDARD_ERRORS / sqrt(WINDOWS)
    )


def test_v4_arrivals_are_poisson_and_so_are_approved_and_refused_ones() -> None:
    """Goal: V4. Method: 1,000 windows of 20 expected arrivals, 70 % approved; mean, dispersion."""
    found = arrivals()
    total = SLOTS * ARRIVAL_BP / 10_000
    share = APPROVED_BP / 10_000
    for counts, mean in (
        (found.approved + found.refused, total),
        (found.approved, total * share),
        (found.refused, total * (1 - share)),
    ):
        assert has_mean(counts, mean)
        assert has_dispersion(counts, mean)
    assert are_independent(found)


def test_v4_fails_when_a_rate_is_a_tenth_wrong() -> None:
    """Goal: V4 can fail. Method: 110 bp for 100 bp; 77 % for 70 %."""
    more = arrivals(arrival_bp=ARRIVAL_BP * 11 // 10)
    assert not has_mean(more.approved + more.refused, 20)
    kinder = arrivals(approved_bp=APPROVED_BP * 11 // 10)
    assert not has_mean(kinder.approved, 14)
    assert not has_mean(kinder.refused, 6)


def test_v4_fails_when_approval_is_by_quota() -> None:
    """Goal: V4 can fail in dispersion and independence. Method: exactly 70 % of each window."""
    found = arrivals()
    total = found.approved + found.refused
    quota = total * 7 // 10
    assert not has_dispersion(quota, 14)
    assert not are_independent(Arrivals(quota, total - quota))


# V9: gambler's ruin.

GAMES = 800
START_TIYN, GOAL_TIYN = 10, 30
WIN_BP = 4_900


def gamblers_ruin(p: float) -> tuple[float, float]:
    """Return the chance to reach the goal before ruin, and the expected number of payments."""
    q = 1 - p
    reached = (1 - (q / p) ** START_TIYN) / (1 - (q / p) ** GOAL_TIYN)
    return reached, START_TIYN / (q - p) - GOAL_TIYN / (q - p) * reached


def played(win_bp: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return who reached the goal and after how many payments; every payment is one tiyn.

    Wallet 2g plays against wallet 2g + 1, which has what is missing to the goal. Whoever cannot
    pay has lost: the ledger refuses the payment.
    """
    economy = Economy(2 * GAMES, START_TIYN)
    for game in range(GAMES):
        house = economy.wallets[2 * game + 1]
        economy.post(Kind.ISSUE, economy.issuer, house, GOAL_TIYN - 2 * START_TIYN)
    streams = Streams(9)
    reached = np.zeros(GAMES, dtype=np.bool_)
    payments = np.zeros(GAMES, dtype=np.int64)
    playing = np.arange(GAMES)
    while len(playing):
        economy.now_us += SECOND_US
        step = economy.now_us // SECOND_US
        wins = chance(streams.words("gamble", playing, step), win_bp).tolist()
        for game, wins_it in zip(playing.tolist(), wins, strict=True):
            wallet, bank = 2 * game, 2 * game + 1
            loser, winner = (bank, wallet) if wins_it else (wallet, bank)
            assert economy.pay(loser, winner, 1).status is Status.SETTLED
            if economy.book.free(economy.wallets[loser]) == 0:
                assert economy.pay(loser, winner, 1).reason is Reason.INSUFFICIENT_FUNDS
                reached[game], payments[game] = wins_it, step
        playing = playing[payments[playing] == 0]
    return reached, payments


def is_ruin_as_expected(win_bp: int) -> tuple[bool, bool]:
    """Return whether chance and duration are those of p = 0.49, within 3.29 standard errors."""
    chance_expected, payments_expected = gamblers_ruin(WIN_BP / 10_000)
    reached, payments = played(win_bp)
    chance_error = sqrt(chance_expected * (1 - chance_expected) / GAMES)
    payments_error = float(payments.std(ddof=1)) / sqrt(GAMES)
    return (
        abs(float(reached.mean()) - chance_expected) < STANDARD_ERRORS * chance_error,
        abs(float(payments.mean()) - payments_expected) < STANDARD_ERRORS * payments_error,
    )


def test_v9_a_wallet_at_play_is_ruined_as_the_formula_says() -> None:
    """Goal: V9, P = 0.21197 and E[T] = 182.05. Method: 800 games of real payments."""
    reached, payments = gamblers_ruin(WIN_BP / 10_000)
    assert (round(reached, 5), round(payments, 2)) == (0.21197, 182.05)
    assert is_ruin_as_expected(WIN_BP) == (True, True)


@pytest.mark.parametrize(("win_bp", "found"), [(4_410, (False, False)), (5_390, (False, True))])
def test_v9_fails_when_the_odds_are_a_tenth_wrong(win_bp: int, found: tuple[bool, bool]) -> None:
    """Goal: V9 can fail. Method: the same games at 90 % and at 110 % of the odds.

    At 110 % a game lasts 178.7 payments on average, so there only the chance can tell.
    """
    assert is_ruin_as_expected(win_bp) == found


# V17: velocity.


@dataclass
class Turnover:
    """Money over time, and where it was, from the rows of a log."""

    spent_tiyn: int = 0
    supply_tiyn_us: int = 0
    rested_tiyn_us: int = 0
    rested_before_spending_tiyn_us: int = 0


def turnover(rows: Rows, end_us: int, *, spent_per_cent: int = 100) -> Turnover:
    """Return payments, the time integral of money, and how long each tiyn rested where.

    The integral follows the supply. The rests follow every tiyn through the wallets, first in,
    first out; there, `spent_per_cent` of each payment is what the payer is taken to have spent.
    """
    found = Turnover()
    lots: dict[int, deque[list[int]]] = {}
    supply = last_us = 0
    for row in rows[rows["status"] == Status.SETTLED]:
        time_us, amount = int(row["time_us"]), int(row["amount_tiyn"])
        found.supply_tiyn_us += supply * (time_us - last_us)
        last_us = time_us
        supply += amount * int(row["payer"] == row["keeper"])
        supply -= amount * int(row["payee"] == row["keeper_to"])
        is_payment = row["kind"] == Kind.PAYMENT
        found.spent_tiyn += amount * int(is_payment)
        if row["payer"] != row["keeper"]:
            rested = taken(lots[int(row["payer"])], amount * spent_per_cent // 100, time_us)
            found.rested_tiyn_us += rested
            found.rested_before_spending_tiyn_us += rested * int(is_payment)
        if row["payee"] != row["keeper_to"]:
            lots.setdefault(int(row["payee"]), deque()).append([time_us, amount])
    found.supply_tiyn_us += supply * (end_us - last_us)
    for left in lots.values():
        found.rested_tiyn_us += sum(amount * (end_us - since) for since, amount in left)
    return found


def taken(lots: deque[list[int]], amount_tiyn: int, time_us: int) -> int:
    """Take the oldest money from `lots`; return how long it rested there, in tiyn × µs."""
    rested = 0
    while amount_tiyn:
        since, there = lots[0]
        part = min(there, amount_tiyn)
        rested += part * (time_us - since)
        amount_tiyn -= part
        lots[0][1] -= part
        if lots[0][1] == 0:
            lots.popleft()
    return rested


def season_of_payments() -> tuple[Economy, int]:
    """Return an economy that has lived, and the time integral of the money its book held."""
    economy = Economy(12, 100)
    latest = [0, sum(economy.money())]
    held_tiyn_us = [0]

    def look() -> None:
        held_tiyn_us[0] += latest[1] * (economy.now_us - latest[0])
        latest[:] = [economy.now_us, sum(economy.money())]

    live(economy, Streams(17), each=look)
    economy.now_us += SECOND_US
    look()
    return economy, held_tiyn_us[0]


def test_v17_payments_are_velocity_times_money() -> None:
    """Goal: V17, exact: payments = V × mean money × time; and every tiyn rested somewhere.

    Velocity and the rests come from the rows, the mean money from the balances of the book.
    """
    economy, held_tiyn_us = season_of_payments()
    end_us = economy.now_us
    found = turnover(economy.journal.rows(), end_us)
    velocity = Fraction(found.spent_tiyn, found.supply_tiyn_us)
    assert velocity * Fraction(held_tiyn_us, end_us) * end_us == found.spent_tiyn > 0
    assert found.rested_tiyn_us == held_tiyn_us
    assert Fraction(found.rested_before_spending_tiyn_us, found.spent_tiyn) < 1 / velocity


def test_v17_fails_when_a_tenth_of_every_payment_is_not_spent() -> None:
    """Goal: V17 can fail. Method: the same rows with payers that keep 10 % of what they pay."""
    economy, held_tiyn_us = season_of_payments()
    found = turnover(economy.journal.rows(), economy.now_us, spent_per_cent=90)
    assert found.rested_tiyn_us != held_tiyn_us
