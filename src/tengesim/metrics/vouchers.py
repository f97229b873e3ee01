"""Vouchers: how much was given, used, and returned, and whether it moved what people buy.

A voucher of marked money is spent where a payment sheds the mark, and every tenge of it is issued,
spent, returned or still held. Money is fungible: who would have spent as much in the same shops
anyway buys the same with a voucher, and keeps its own money for other things.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import Form, Kind, Reason, Status, TrueLabel
from tengesim.metrics.exact import total
from tengesim.metrics.log import Cells, Flags, Log, Whole, is_one_of
from tengesim.metrics.metric import Measure, defined, undefined
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "measure", "measure_rewards", "measure_schedules"]

_FUNGIBLE: Final = (
    "Hastings and Shapiro, American Economic Review 2018, on what food benefits do to spending"
)

_metric = partial(defined, scope="vouchers")

_reward = partial(defined, scope="rewards", group="fiscal")

METRICS: Final = (
    _metric(
        "voucher_given",
        "Money given to families",
        "KZT",
        "How much reached the purses or deposits of families?",
        "KZT given out by the offices of vouchers.",
        group="reach",
        text="At the simulated scale. The same in an arm that pays the sums into deposits.",
    ),
    _metric(
        "voucher_activation",
        "Vouchers activated",
        "share",
        "Which part of what families are entitled to do they ask for?",
        "KZT given to purses ÷ KZT issued for them.",
        group="reach",
        direction="up",
        text="What is issued is the sum of all entitlements of a month; the rest returns.",
    ),
    _metric(
        "voucher_spent",
        "Spent from vouchers",
        "KZT",
        "How much did families pay with vouchers?",
        "KZT of payments out of purses that shed the mark − KZT restored to purses by refunds.",
        group="fiscal",
        text="Issued = spent + returned + held, to the tiyn.",
    ),
    _metric(
        "voucher_returned",
        "Vouchers that returned",
        "KZT",
        "How much of what was issued went back to the budget?",
        "KZT returned when a month ended, from purses and from the office.",
        group="fiscal",
        text="What nobody activated and what nobody spent in time.",
    ),
    _metric(
        "voucher_held",
        "Vouchers still open",
        "KZT",
        "How much is in purses and with the office at the end of the horizon?",
        "KZT issued − spent − returned.",
        group="fiscal",
        text="Zero when the horizon ends after the last month of the programme.",
    ),
    _metric(
        "voucher_unspent_share",
        "Unspent part of vouchers",
        "share",
        "Which part of the money in purses is lost to families when the month ends?",
        "KZT returned from purses ÷ KZT given to purses of months that have ended.",
        group="fiscal",
        direction="down",
        text="Shops that take no digital tenge, and too little time, are what keeps it unspent.",
    ),
    _metric(
        "voucher_used_up_share",
        "Vouchers used up",
        "share",
        "How many families spend all of their voucher?",
        "Purses of months that have ended from which nothing returned ÷ purses that were given"
        " money.",
        group="fiscal",
        text="Who uses it up pays the rest of its food with its own money.",
    ),
    _metric(
        "voucher_days_to_first_use",
        "Days until a voucher is used",
        "days",
        "How soon after it is given is a voucher used for the first time?",
        "Mean time from money given to a purse to its first payment out of it, of those that were"
        " used before they ended.",
        group="reach",
        direction="down",
        needs="full",
        text="Those that were never used are left out.",
    ),
    _metric(
        "voucher_never_used_share",
        "Vouchers never used",
        "share",
        "How many vouchers that were given are never used at all?",
        "Sums given to purses with no payment before the next or the end ÷ sums given.",
        group="reach",
        direction="down",
        needs="full",
        text="At the end of the horizon an open voucher counts as not used.",
    ),
    _metric(
        "voucher_infra_marginal_share",
        "Families that spend more than their voucher in such shops",
        "share",
        "For how many families is the voucher as good as money?",
        "Holders whose payments, in any money, for the purposes that vouchers paid for came to at"
        " least what they were given ÷ holders.",
        group="fiscal",
        needs="full",
        source=_FUNGIBLE,
        text="Over the horizon. For them no voucher changes what they can buy.",
    ),
    _metric(
        "voucher_displaced_share",
        "Own money that vouchers set free, at least",
        "share",
        "Which part of what vouchers pay would families have paid themselves?",
        "KZT paid from purses by holders who spend at least their voucher in such shops ÷ KZT paid"
        " from purses.",
        group="fiscal",
        needs="full",
        source=_FUNGIBLE,
        text="A lower bound: of what the others pay, a part is set free too.",
    ),
    defined(
        "voucher_given_late",
        "Vouchers given at a later try",
        "share",
        "Which part of the money reached purses only when it was tried again?",
        "KZT given to purses at a second or later try ÷ KZT given to purses.",
        scope="schedules",
        group="reach",
        direction="down",
        text="Tries fail while the platform is down, or before the money of the month is there.",
    ),
    _reward(
        "reward_verified",
        "Acts verified",
        "KZT",
        "How much are the acts worth that the register showed?",
        "KZT of recorded VERIFIED rows.",
        text="Acts that nobody did and the register shows are among them.",
    ),
    _reward(
        "reward_above_limit",
        "Verified acts above the limit",
        "KZT",
        "How much of that did the limit keep from being paid?",
        "KZT of VERIFIED rows refused as LIMIT_PER_PERIOD.",
        text="Verified − above the limit = earned.",
    ),
    _reward(
        "reward_missed",
        "Acts that the register missed",
        "KZT",
        "How much would honest recipients have earned, had the register shown what they did?",
        "KZT of VERIFIED rows refused as MILESTONE_NOT_MET.",
        direction="down",
        uses_truth=True,
        text="At most: the limit might have kept a part of it.",
    ),
    _reward(
        "reward_undue",
        "Rewards for nothing",
        "KZT",
        "How much was paid for acts that nobody did?",
        "KZT of LOSS rows of the programme.",
        direction="down",
        uses_truth=True,
        text="Mistakes of the register, not fraud.",
    ),
)

_CASES: Final = "vouchers were given"
_DIGITAL: Final = Form.DIGITAL_TENGE


class _Purses(NamedTuple):
    """Money given to purses, one line each time, and what came of it."""

    holder: Whole
    amount_tiyn: Whole
    waited_us: Whole
    """Until the first payment; −1 where there is none before the next sum or the end."""

    @classmethod
    def of(cls, log: Log) -> "_Purses":
        """Read what happened to each purse from the rows about it, in order."""
        given = _given(log)
        spent = _is_spent(log)
        row = np.flatnonzero(given | spent)
        holder = np.where(given[row], log.payee[row], log.payer[row]).astype(np.int64)
        mark = np.where(given[row], log.mark_to[row], log.mark[row]).astype(np.int64)
        order = np.lexsort((row, mark, holder))
        row, holder, mark = row[order], holder[order], mark[order]
        is_given = given[row]
        follows = (holder[1:] == holder[:-1]) & (mark[1:] == mark[:-1]) & ~is_given[1:]
        is_used = np.append(follows, False)[: len(row)]
        time_us = log.time_us[row]
        next_us = np.append(time_us[1:], 0)[: len(row)]
        waited_us = np.where(is_used, next_us - time_us, -1)
        return cls(holder[is_given], log.amount_tiyn[row][is_given], waited_us[is_given])


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of vouchers."""
    cells = readings.cells
    own = cells.is_voucher
    issued_tiyn = cells.amount(own & cells.is_marked_to & cells.settled(Kind.ISSUE, _DIGITAL))
    in_purses = own & cells.settled(Kind.DISTRIBUTE, _DIGITAL)
    paid_out = own & cells.settled(Kind.BENEFIT, Form.BANK_DEPOSIT)
    given_tiyn, given = cells.amount(in_purses), cells.number(in_purses)
    yield Measure("voucher_given", given_tiyn + cells.amount(paid_out))
    spent_tiyn = _spent_tiyn(cells)
    returned_tiyn = cells.amount(own & cells.settled(Kind.RETURN, _DIGITAL))
    if issued_tiyn:
        yield Measure("voucher_activation", given_tiyn, issued_tiyn, base=given, cases=_CASES)
    else:
        yield undefined("voucher_activation", "nothing was issued under a mark")
    yield Measure("voucher_spent", spent_tiyn)
    yield Measure("voucher_returned", returned_tiyn)
    yield Measure("voucher_held", issued_tiyn - spent_tiyn - returned_tiyn)
    yield from _ended(cells)
    if readings.is_full:
        yield from _first_uses(_Purses.of(readings.log))
        yield from _fungible(readings.log)


def measure_rewards(readings: Readings) -> Iterator[Measure]:
    """Yield what acts were verified and paid, and what was missed or paid for nothing."""
    cells = readings.cells
    verified = cells.is_voucher & is_one_of(cells.kind, (Kind.VERIFIED,))
    by_reason = {
        "reward_verified": Reason.NONE,
        "reward_above_limit": Reason.LIMIT_PER_PERIOD,
        "reward_missed": Reason.MILESTONE_NOT_MET,
    }
    for name, reason in by_reason.items():
        yield Measure(name, cells.amount(verified & is_one_of(cells.reason, (reason,))))
    lost = cells.is_voucher & is_one_of(cells.kind, (Kind.LOSS,))
    yield Measure("reward_undue", cells.amount(lost))


def measure_schedules(readings: Readings) -> Iterator[Measure]:
    """Yield what the schedule of a rule book came to."""
    cells = readings.cells
    given = cells.is_voucher & cells.settled(Kind.DISTRIBUTE, _DIGITAL)
    if not cells.number(given):
        yield undefined("voucher_given_late", "no voucher was given")
        return
    late_tiyn = cells.amount(given & (cells.attempt > 0))
    base = cells.number(given)
    yield Measure("voucher_given_late", late_tiyn, cells.amount(given), base=base, cases=_CASES)


def _spent_tiyn(cells: Cells) -> int:
    """Return what left purses for shops, less what refunds put back."""
    left = cells.is_marked & ~cells.is_marked_to & cells.settled(Kind.PAYMENT, _DIGITAL)
    back = ~cells.is_marked & cells.is_marked_to & cells.settled(Kind.REFUND, _DIGITAL)
    return cells.amount(left & cells.is_retail) - cells.amount(back & cells.is_retail)


def _ended(cells: Cells) -> Iterator[Measure]:
    """Yield what returned from purses, of the months that have ended."""
    back = cells.is_voucher & cells.settled(Kind.RETURN, _DIGITAL)
    if not cells.number(back):
        for name in ("voucher_unspent_share", "voucher_used_up_share"):
            yield undefined(name, "no month of a voucher has ended")
        return
    # What families were due returns from purses; the rest was never asked for.
    from_purse = back & cells.is_honest
    last_day = int(cells.day[back].max())
    ended = cells.is_voucher & cells.settled(Kind.DISTRIBUTE, _DIGITAL) & (cells.day <= last_day)
    given, returned = cells.number(ended), cells.number(from_purse)
    yield Measure(
        "voucher_unspent_share",
        cells.amount(from_purse),
        cells.amount(ended),
        base=given,
        cases=_CASES,
    )
    yield Measure("voucher_used_up_share", given - returned, given, cases=_CASES)


def _first_uses(purses: _Purses) -> Iterator[Measure]:
    is_used = purses.waited_us >= 0
    used, given = int(is_used.sum()), len(is_used)
    waited_us = total(purses.waited_us[is_used])
    yield Measure(
        "voucher_days_to_first_use", waited_us, used * DAY_US, base=used, cases="vouchers were used"
    )
    yield Measure("voucher_never_used_share", given - used, given, cases=_CASES)


def _fungible(log: Log) -> Iterator[Measure]:
    """Yield how many holders spend more than their voucher where vouchers are spent."""
    given, spent = _given(log), _is_spent(log)
    holders, place = np.unique(log.payee[given], return_inverse=True)
    given_tiyn = _sums(place, log.amount_tiyn[given], len(holders))
    paid = is_one_of(log.kind, (Kind.PAYMENT,)) & (log.status == Status.SETTLED)
    paid &= np.isin(log.payer, holders) & np.isin(log.place, np.unique(log.place[spent]))
    paid_tiyn = _sums(
        np.searchsorted(holders, log.payer[paid]), log.amount_tiyn[paid], len(holders)
    )
    is_more = paid_tiyn >= given_tiyn
    yield Measure(
        "voucher_infra_marginal_share", int(is_more.sum()), len(holders), cases="families had one"
    )
    from_purses = _sums(
        np.searchsorted(holders, log.payer[spent]), log.amount_tiyn[spent], len(holders)
    )
    yield Measure(
        "voucher_displaced_share",
        total(from_purses[is_more]),
        total(from_purses),
        base=int(spent.sum()),
        cases="payments were made from purses",
    )


def _given(log: Log) -> Flags:
    """Return the rows by which purses of vouchers were given money.

    It is due to those who hold them; what purses of meals get for a day is a step in between.
    """
    given = is_one_of(log.kind, (Kind.DISTRIBUTE,)) & log.is_moved
    return np.asarray(given & (log.true_label == TrueLabel.HONEST))


def _is_spent(log: Log) -> Flags:
    """Return the rows by which a payment took money from a purse and shed the mark."""
    settled = is_one_of(log.kind, (Kind.PAYMENT,)) & (log.status == Status.SETTLED)
    return np.asarray(settled & (log.mark > 0) & (log.mark_to == 0))


def _sums(place: Whole, amounts_tiyn: Whole, count: int) -> Whole:
    """Return the sum of the amounts at each place."""
    found = np.zeros(count, dtype=np.int64)
    np.add.at(found, place, amounts_tiyn)
    return found
