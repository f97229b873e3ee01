"""What procedures come to: when an institution acts, on how much, and what comes next.

Pure functions of a procedure, a calendar and what is known; nothing here waits or pays.
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeVar

from tengesim.clock import Calendar, Duration
from tengesim.money import split_exactly
from tengesim.rules.apply import Parted
from tengesim.rules.model import RuleBook
from tengesim.rules.procedures import (
    ClawsBack,
    Escrow,
    Freezes,
    MintsReward,
    PaysInstalments,
    ReconcilesOffline,
    RefundsFast,
    RefundsIfUnmet,
    ReleasesRetention,
    Reserves,
    Schedules,
)
from tengesim.rules.terms import ClawbackGround

__all__ = [
    "Due",
    "Reconciled",
    "Step",
    "claw_back",
    "frozen_until_us",
    "instalment",
    "later_us",
    "procedure_of",
    "reconcile",
    "refund_due",
    "released_tiyn",
    "reservation",
    "retention_due",
    "retry_us",
    "reward_tiyn",
    "scheduled_us",
    "stage_amounts",
    "unmet_due",
]

Kind = TypeVar("Kind")


class Step(StrEnum):
    """What an institution does next."""

    WAIT = "wait"
    PAY = "pay"
    REFUND = "refund"
    KEEP = "keep"
    SUSPEND = "suspend"
    END = "end"


class Due(NamedTuple):
    """A step and the moment at which it is due, or by which at the latest."""

    step: Step
    at_us: int


class Reconciled(NamedTuple):
    """What a device's report settles and leaves owed, and whether the device is locked."""

    settled_tiyn: int
    owed_tiyn: int
    is_locked: bool


def procedure_of(book: RuleBook, kind: type[Kind]) -> Kind | None:
    """Return the procedure of a kind that `book` has, None where it has none."""
    return next((one for one in book.procedures if isinstance(one, kind)), None)


def later_us(calendar: Calendar, moment_us: int, delay: Duration) -> int:
    """Return the moment `delay` after another; business days keep the time of day."""
    day = calendar.date_of(moment_us)
    return calendar.after(day, delay, moment_us - calendar.at(day))


def unmet_due(
    procedure: RefundsIfUnmet, calendar: Calendar, *, held_us: int, now_us: int, is_met: bool
) -> Due:
    """Return what becomes of money on hold since `held_us`: paid, waiting, or refunded in time."""
    until_us = later_us(calendar, held_us, procedure.held)
    if is_met and now_us <= until_us:
        return Due(Step.PAY, now_us)
    if now_us < until_us:
        return Due(Step.WAIT, until_us)
    return Due(Step.REFUND, later_us(calendar, until_us, procedure.refunded_within))


def stage_amounts(procedure: Escrow, price_tiyn: int) -> dict[str, int]:
    """Return what each stage releases of the price; together they release all of it."""
    return split_exactly(price_tiyn, {stage.id: stage.weight for stage in procedure.stages})


def released_tiyn(procedure: Escrow, stage_id: str, price_tiyn: int, evidence: int) -> int:
    """Return what a stage releases: its part of the price, 0 until all have signed."""
    stage = next((one for one in procedure.stages if one.id == stage_id), None)
    if stage is None:
        raise ValueError(f"{procedure.id!r} has no stage {stage_id!r}")
    is_signed = evidence & stage.flags == stage.flags
    return stage_amounts(procedure, price_tiyn)[stage_id] if is_signed else 0


def retention_due(
    procedure: ReleasesRetention,
    calendar: Calendar,
    *,
    accepted_us: int,
    now_us: int,
    evidence: int,
) -> Due:
    """Return what becomes of retained money: after the warranty paid, or kept for the defects."""
    until_us = later_us(calendar, accepted_us, procedure.after)
    if now_us < until_us:
        return Due(Step.WAIT, until_us)
    is_clean = evidence & procedure.flags == procedure.flags
    return Due(Step.PAY if is_clean else Step.KEEP, now_us)


def refund_due(procedure: RefundsFast, calendar: Calendar, *, claimed_us: int, risk: int) -> int:
    """Return the moment by which a claim is refunded."""
    is_fast = risk <= procedure.risk
    return later_us(
        calendar, claimed_us, procedure.within if is_fast else procedure.otherwise_within
    )


def reward_tiyn(procedure: MintsReward, units: int, minted_tiyn: int) -> int:
    """Return what verified units earn, `minted_tiyn` having been earned in this period before."""
    return min(units * procedure.per_unit, max(0, procedure.limit - minted_tiyn))


def instalment(procedure: PaysInstalments, *, paid: int, missed: int, is_met: bool) -> Step:
    """Return what becomes of an instalment, after so many were paid and the last were missed."""
    if paid >= procedure.count or missed >= procedure.ends_after:
        return Step.END
    return Step.PAY if is_met else Step.SUSPEND


def claw_back(
    procedure: ClawsBack, ground: ClawbackGround, amount_tiyn: int, free_tiyn: int
) -> Parted:
    """Return what is taken from the account, and what stays owed.

    Raises ValueError where the procedure knows no such ground.
    """
    if ground not in procedure.on:
        raise ValueError(f"{procedure.id!r} takes nothing back on the ground {ground.value!r}")
    taken_tiyn = min(amount_tiyn, max(0, free_tiyn))
    return Parted(taken_tiyn, amount_tiyn - taken_tiyn)


def frozen_until_us(procedure: Freezes, calendar: Calendar, now_us: int) -> int:
    """Return when an account that is frozen now is let go at the latest."""
    return later_us(calendar, now_us, procedure.lasts)


def reservation(procedure: Reserves, calendar: Calendar, *, held_us: int, now_us: int) -> Due:
    """Return whether an amount is still held, and until when; then it is let go."""
    until_us = later_us(calendar, held_us, procedure.expires_after)
    return Due(Step.WAIT if now_us < until_us else Step.END, until_us)


def scheduled_us(procedure: Schedules, calendar: Calendar, first: date, end: date) -> list[int]:
    """Return the moments of the payments whose day lies from `first` to before `end`."""
    months = range(first.year * 12 + first.month - 1, end.year * 12 + end.month)
    days = [_day_of_month(*divmod(month, 12), procedure.day) for month in months]
    return [
        calendar.at(calendar.add_business_days(day, 0), procedure.at)
        for day in days
        if first <= day < end
    ]


def retry_us(
    procedure: Schedules, calendar: Calendar, *, failed_us: int, attempt: int
) -> int | None:
    """Return when a payment that failed at its `attempt` (0 the first) is tried again, if ever."""
    if attempt >= procedure.retries:
        return None
    return later_us(calendar, failed_us, procedure.retry_after)


def reconcile(
    procedure: ReconcilesOffline,
    calendar: Calendar,
    *,
    paid_us: int,
    reported_us: int,
    amount_tiyn: int,
    covered_tiyn: int,
) -> Reconciled:
    """Return what a report about a payment on a device comes to."""
    settled_tiyn = min(amount_tiyn, covered_tiyn)
    is_late = reported_us > later_us(calendar, paid_us, procedure.within)
    return Reconciled(
        settled_tiyn,
        amount_tiyn - settled_tiyn,
        is_locked=is_late or settled_tiyn < amount_tiyn,
    )


def _day_of_month(year: int, month: int, day: int) -> date:
    """Return a day of a month counted from 0, its last one where it is shorter."""
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = following - timedelta(days=1)
    return last.replace(day=min(day, last.day))
