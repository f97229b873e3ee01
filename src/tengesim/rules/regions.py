"""Sets of payments as unions of boxes: exactly what a condition lets through, or keeps out.

A box bounds each fact that a rule can read by itself, so whether a box is empty can be decided
fact by fact, and one payment inside it can be named. The union of the boxes of a condition and
the union of the boxes of its negation are together every payment. Apart from the checks, because
this is the arithmetic they all rest on, and it is compared with the evaluator by brute force.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import combinations, product
from typing import Any, Final, NamedTuple

from tengesim.clock import DAY_US, HOUR_US, MINUTE_US
from tengesim.codes import Evidence
from tengesim.errors import InvariantError
from tengesim.money import PAYMENT_MAX_TIYN, TIYN_PER_TENGE
from tengesim.payment import Observation, Operation
from tengesim.rules.conditions import (
    AmountPerPeriodAtMost,
    Condition,
    CountPerPeriodAtMost,
    PayeeIn,
    TimeWindow,
)
from tengesim.rules.evaluate import Used, weekday_of
from tengesim.rules.implied import clash
from tengesim.rules.party_conditions import PayeeNotListed
from tengesim.rules.terms import Period, bits_of, day_number

__all__ = [
    "ANY_NAME",
    "BOXES_MAX",
    "EVERYTHING",
    "TYPICAL",
    "Box",
    "Example",
    "Interval",
    "Names",
    "Search",
    "TooManyBoxesError",
    "boxes",
    "meet",
]

BOXES_MAX: Final = 500

_WEEKDAYS: Final = frozenset(range(7))
_OPERATIONS: Final = frozenset(Operation)
_PERIODS: Final = tuple(Period)
_FLAG_OF: Final = {
    "biometrics_matched": Evidence.PRESENCE_BIOMETRIC,
    "consented": Evidence.CONSENT_GIVEN,
    "unaffiliated": Evidence.PAYEE_AFFILIATED,
}
_MONTH: Final = _PERIODS.index(Period.MONTH)
# In which of day, week, month and year there may be payments before.
_USED: Final = tuple(
    (day, week, month, year)
    for day, week, month, year in product((False, True), repeat=len(_PERIODS))
    if (not day or (week and month)) and (not month or year)
)
# More than any sum of payments; only compared, never counted.
_UNBOUNDED: Final = 2**62


class TooManyBoxesError(Exception):
    """Say that alternatives multiply beyond what can be looked at."""


class Interval(NamedTuple):
    """Whole numbers from `low` to `high`, both included; empty when `high` is less."""

    low: int
    high: int

    def meet(self, other: "Interval") -> "Interval":
        """Return what both have in common."""
        return Interval(max(self.low, other.low), min(self.high, other.high))

    def nearest(self, value: int) -> int:
        """Return the member nearest to `value`; the interval is not empty."""
        return min(max(value, self.low), self.high)


class Names(NamedTuple):
    """The names listed, or (`is_inside` false) every name but those listed."""

    listed: frozenset[str]
    is_inside: bool

    def meet(self, other: "Names") -> "Names":
        """Return what both have in common."""
        if self.is_inside and other.is_inside:
            return Names(self.listed & other.listed, is_inside=True)
        if self.is_inside:
            return Names(self.listed - other.listed, is_inside=True)
        if other.is_inside:
            return Names(other.listed - self.listed, is_inside=True)
        return Names(self.listed | other.listed, is_inside=False)

    def nearest(self, name: str) -> str:
        """Return `name` if it is a member, else another member; there is one."""
        if (name in self.listed) == self.is_inside:
            return name
        if self.is_inside:
            return min(self.listed)
        # Longer than every listed name, so it is none of them.
        return "other".ljust(1 + max(map(len, self.listed)), "_")


ANY_NAME: Final = Names(frozenset(), is_inside=False)
_ANY_TOTAL: Final = (Interval(0, _UNBOUNDED),) * len(_PERIODS)


class Box(NamedTuple):
    """Bounds on each fact of a payment; the periodic ones include the payment itself.

    `present` and `absent` are unions of evidence flags; `totals` and `counts` are by period, in
    the order of `Period`. `beyond` are conditions on facts that have no bounds here, with whether
    they pass: which of them exclude each other, `implied` knows.
    """

    operations: frozenset[Operation] = _OPERATIONS
    weekdays: frozenset[int] = _WEEKDAYS
    days: Interval = Interval(day_number(date.min), day_number(date.max))
    times: Interval = Interval(0, DAY_US - 1)
    purposes: Names = ANY_NAME
    categories: Names = ANY_NAME
    payees: Names = ANY_NAME
    amounts: Interval = Interval(1, PAYMENT_MAX_TIYN)
    present: int = 0
    absent: int = 0
    totals: tuple[Interval, ...] = _ANY_TOTAL
    counts: tuple[Interval, ...] = _ANY_TOTAL
    beyond: frozenset[tuple[Condition, bool]] = frozenset()

    def meet(self, other: "Box") -> "Box":
        """Return the payments inside both."""
        if self is _ANYTHING or other is _ANYTHING:
            return other if self is _ANYTHING else self
        # Most boxes bound one fact; the others are one and the same object in every box.
        return Box._make(
            mine
            if theirs is free or theirs is mine
            else theirs
            if mine is free
            else both(mine, theirs)
            for mine, theirs, free, both in zip(self, other, _ANYTHING, _BOTH, strict=True)
        )


_ANYTHING: Final = Box()
# How two bounds of each field are joined.
_BOTH: Final[tuple[Callable[[Any, Any], Any], ...]] = (
    frozenset.intersection,
    frozenset.intersection,
    Interval.meet,
    Interval.meet,
    Names.meet,
    Names.meet,
    Names.meet,
    Interval.meet,
    int.__or__,
    int.__or__,
    lambda mine, theirs: tuple(map(Interval.meet, mine, theirs)),
    lambda mine, theirs: tuple(map(Interval.meet, mine, theirs)),
    frozenset.union,
)
EVERYTHING: Final = (_ANYTHING,)


class Example(NamedTuple):
    """One payment, and what its payer used before it; it can be shown to the evaluator."""

    observation: Observation
    used: Mapping[Period, Used]

    def of(self, payer: str, period: Period, window: int) -> Used:  # noqa: ARG002
        """Return what was used in `period`: there is one payer, and the window is the current."""
        return self.used[period]


TYPICAL: Final = Observation(
    operation=Operation.PAY,
    time_us=0,
    day=day_number(date(2026, 2, 2)),
    time_of_day_us=12 * HOUR_US,
    payer="payer",
    payee="payee",
    purpose="programme",
    category="5812",
    amount_tiyn=1_000 * TIYN_PER_TENGE,
    evidence=0,
)
"""What an example resembles wherever it is free to."""


def boxes(  # noqa: C901, PLR0911, PLR0912 - an arm for each kind
    condition: Condition, *, is_met: bool = True
) -> Sequence[Box]:
    """Return the payments that pass `condition`, or with `is_met` false those that fail it.

    Raises TooManyBoxesError when alternatives multiply beyond `BOXES_MAX`.
    """
    match condition.kind:
        case "purpose_is":
            return (Box(purposes=Names(frozenset(condition.purposes), is_met)),)
        case "merchant_category_in":
            return (Box(categories=Names(frozenset(condition.categories), is_met)),)
        case "payee_in":
            return _payee(condition, is_met=is_met)
        case "time_window":
            return _window(condition, is_met=is_met)
        case "within_validity":
            inside = Interval(condition.first_day, condition.last_day)
            return [Box(days=part) for part in _split(Box().days, inside, is_met=is_met)]
        case "amount_at_most":
            inside = Interval(0, condition.limit)
            return [Box(amounts=part) for part in _split(Box().amounts, inside, is_met=is_met)]
        case "amount_per_period_at_most" | "count_per_period_at_most":
            return _periodic(condition, is_met=is_met)
        case "beneficiary_eligible":
            return _flags([Evidence.BENEFICIARY_ELIGIBLE.value], is_met=is_met)
        case "presence_proven":
            flags = [method.evidence.value for method in condition.methods]
            return _flags(flags, is_met=is_met)
        case "evidence_present":
            return _every([one.evidence.value for one in condition.registers], is_met=is_met)
        case "conversion_forbidden":
            conversion = frozenset({Operation.CONVERT})
            return (Box(operations=_OPERATIONS - conversion if is_met else conversion),)
        case "payee_not_listed":
            return _not_listed(condition, is_met=is_met)
        case "tier_at_least":
            return _flags(bits_of(condition.flags), is_met=is_met)
        case "biometrics_matched" | "consented" | "unaffiliated":
            is_asked = condition.kind != "unaffiliated"
            return _flags([_FLAG_OF[condition.kind].value], is_met=is_met is is_asked)
        case "milestone_signed":
            return _every(bits_of(condition.flags), is_met=is_met)
        case "approved_by":
            return _enough(bits_of(condition.flags), condition.required, is_met=is_met)
        case "payee_in_good_standing" if not condition.asks_freezes:
            return _every(bits_of(condition.flags), is_met=is_met)
        case "verified_above":
            flag, limit = Evidence.STEP_UP.value, condition.limit
            if not is_met:
                return (Box(amounts=Interval(limit + 1, PAYMENT_MAX_TIYN), absent=flag),)
            return (Box(amounts=Interval(1, limit)), Box(present=flag))
        case "all_of":
            parts = [boxes(part, is_met=is_met) for part in condition.conditions]
            return meet(*parts) if is_met else _join(parts)
        case "any_of":
            parts = [boxes(part, is_met=is_met) for part in condition.conditions]
            return _join(parts) if is_met else meet(*parts)
        case "not":
            return boxes(condition.condition, is_met=not is_met)
        case _:
            # What these read is no field of a box.
            return (Box(beyond=frozenset({(condition, is_met)})),)


def meet(*unions: Sequence[Box]) -> Sequence[Box]:
    """Return the payments that lie in every one of `unions`, without boxes that are empty.

    Raises TooManyBoxesError when there would be more than `BOXES_MAX` of them.
    """
    common: Sequence[Box] = EVERYTHING
    for union in unions:
        _bounded(len(common) * len(union))
        # A box more than once adds alternatives and no payments.
        met = dict.fromkeys(left.meet(right) for left, right in product(common, union))
        common = [box for box in met if not _is_empty(box)]
    return common


class Search:
    """Questions whether anything passes, which together take a bounded number of steps."""

    def __init__(self, steps: int) -> None:
        """Allow `steps` pairs of boxes to be compared."""
        self._left = steps

    @property
    def is_over(self) -> bool:
        """Return whether a question had to be left open."""
        return self._left < 0

    def finds(self, *unions: Sequence[Box]) -> bool:
        """Return whether a payment lies in every one of `unions`.

        When the steps are used up it says so, since what cannot be shown is not reported.
        """
        return self._first(unions) is not None or self.is_over

    def example(self, *unions: Sequence[Box], like: Observation = TYPICAL) -> Example | None:
        """Return a payment that lies in every one of `unions`, None if none was found."""
        box = self._first(unions)
        return None if box is None else _inside(box, like)

    def _first(self, unions: Sequence[Sequence[Box]]) -> Box | None:
        """Return a box inside every one of `unions`, None if there is none or no step left."""
        # Those with few alternatives first: they leave the least to try.
        order = sorted(unions, key=len)
        pending = [(_ANYTHING, 0)]
        while pending:
            box, level = pending.pop()
            if level == len(order):
                return box
            self._left -= len(order[level])
            if self._left < 0:
                return None
            met = (box.meet(other) for other in reversed(order[level]))
            pending.extend((one, level + 1) for one in met if not _is_empty(one))
        return None


def _join(unions: Iterable[Sequence[Box]]) -> Sequence[Box]:
    joined = [box for union in unions for box in union]
    _bounded(len(joined))
    return joined


def _bounded(count: int) -> None:
    if count > BOXES_MAX:
        raise TooManyBoxesError(f"{count} alternatives; expected at most {BOXES_MAX}")


def _is_empty(box: Box) -> bool:
    if not box.operations or not box.weekdays or box.present & box.absent:
        return True
    if clash(box.beyond):
        return True
    for low, high in (box.days, box.times, box.amounts):
        if low > high:
            return True
    for one in (box.purposes, box.categories, box.payees):
        if one.is_inside and not one.listed:
            return True
    # Seven days in a row hold every weekday.
    is_short = box.days.high - box.days.low < len(_WEEKDAYS)
    if is_short and _day_inside(box, box.days.low) is None:
        return True
    is_unlimited = box.totals is _ANY_TOTAL and box.counts is _ANY_TOTAL
    return not is_unlimited and _usage_inside(box, 1) is None


def _split(whole: Interval, inside: Interval, *, is_met: bool) -> list[Interval]:
    """Return the part of `whole` inside an interval, or the parts before and after it."""
    if is_met:
        return [part] if (part := whole.meet(inside)).low <= part.high else []
    if inside.low > inside.high:
        return [whole]
    around = (Interval(whole.low, inside.low - 1), Interval(inside.high + 1, whole.high))
    return [part for part in around if part.low <= part.high]


def _payee(condition: PayeeIn, *, is_met: bool) -> Sequence[Box]:
    names = Names(frozenset(condition.payees), is_met)
    contracted = Evidence.PAYEE_CONTRACTED.value if condition.contracted else 0
    if not is_met:
        return (Box(payees=names, absent=contracted),)
    return (Box(payees=names), Box(present=contracted)) if contracted else (Box(payees=names),)


def _window(condition: TimeWindow, *, is_met: bool) -> Sequence[Box]:
    inside = Interval(condition.since, condition.end_us - 1)
    times = _split(Box().times, inside, is_met=is_met)
    if is_met:
        return [Box(weekdays=condition.weekday_numbers, times=part) for part in times]
    outside = [Box(times=part) for part in times]
    other_days = _WEEKDAYS - condition.weekday_numbers
    return [Box(weekdays=other_days), *outside] if other_days else outside


def _flags(flags: Sequence[int], *, is_met: bool) -> Sequence[Box]:
    """Return the payments with any of the flags, or with none of them."""
    if is_met:
        return [Box(present=flag) for flag in flags]
    union = 0
    for flag in flags:
        union |= flag
    return (Box(absent=union),)


def _every(flags: Sequence[int], *, is_met: bool) -> Sequence[Box]:
    """Return the payments with all of the flags, or with any of them absent."""
    once = sorted(set(flags))
    return _enough(once, len(once), is_met=is_met)


def _enough(flags: Sequence[int], least: int, *, is_met: bool) -> Sequence[Box]:
    """Return the payments with at least so many of the flags, or with fewer."""
    if is_met:
        return [Box(present=sum(some)) for some in combinations(flags, least)]
    return [Box(absent=sum(some)) for some in combinations(flags, len(flags) - least + 1)]


def _not_listed(condition: PayeeNotListed, *, is_met: bool) -> Sequence[Box]:
    listed = Evidence.PAYEE_LISTED.value if condition.registers else 0
    names = Names(frozenset(condition.payees), is_inside=not is_met)
    if is_met:
        return (Box(payees=names, absent=listed),)
    by_name = [Box(payees=names)] if condition.payees else []
    return [*by_name, Box(present=listed)] if listed else by_name


def _periodic(
    condition: AmountPerPeriodAtMost | CountPerPeriodAtMost, *, is_met: bool
) -> Sequence[Box]:
    limit = condition.limit
    bound = Interval(0, limit) if is_met else Interval(limit + 1, _UNBOUNDED)
    bounds = tuple(
        bound if period is condition.period else unbounded
        for period, unbounded in zip(_PERIODS, _ANY_TOTAL, strict=True)
    )
    if condition.kind == "count_per_period_at_most":
        return (Box(counts=bounds),)
    return (Box(totals=bounds),)


def _inside(box: Box, like: Observation) -> Example:
    """Return a payment inside `box`, which is not empty, that resembles `like`."""
    day = _day_inside(box, like.day)
    usage = _usage_inside(box, like.amount_tiyn)
    if day is None or usage is None:
        raise InvariantError(f"a box that is not empty has no payment inside: {box}")
    amount_tiyn, used = usage
    is_likely = like.operation in box.operations
    time_us = box.times.nearest(like.time_of_day_us)
    # A whole minute reads better than the last microsecond before one.
    time_us = max(box.times.low, time_us - time_us % MINUTE_US)
    seen = like._replace(
        operation=like.operation if is_likely else min(box.operations),
        day=day,
        time_of_day_us=time_us,
        time_us=day * DAY_US + time_us,
        payee=box.payees.nearest(like.payee),
        purpose=box.purposes.nearest(like.purpose),
        category=box.categories.nearest(like.category),
        amount_tiyn=amount_tiyn,
        evidence=(like.evidence | box.present) & ~box.absent,
    )
    return Example(seen, used)


def _day_inside(box: Box, wished: int) -> int | None:
    if box.days.low > box.days.high or not box.weekdays:
        return None
    nearest = box.days.nearest(wished)
    # Seven days in a row hold every weekday, if the bounds leave room for them on either side.
    around = (nearest + step for step in (*range(7), *range(-1, -7, -1)))
    days = (day for day in around if box.days.low <= day <= box.days.high)
    return next((day for day in days if weekday_of(day) in box.weekdays), None)


def _usage_inside(box: Box, wished_tiyn: int) -> tuple[int, Mapping[Period, Used]] | None:
    """Return an amount and what was used before, within the bounds, None if there are none.

    Whoever paid today has paid this week, this month and this year, not less in all than today;
    whoever paid this month has paid this year. A week may lie in two months and in two years.
    """
    for is_used in _USED:
        found = _usage_of(box, wished_tiyn, is_used)
        if found is not None:
            return found
    return None


def _usage_of(
    box: Box, wished_tiyn: int, is_used: tuple[bool, ...]
) -> tuple[int, Mapping[Period, Used]] | None:
    """Return amounts for one choice of the periods in which there were payments before."""
    amounts = box.amounts
    for used, total, count in zip(is_used, box.totals, box.counts, strict=True):
        # An earlier payment took at least one tiyn; without one, the payment alone is the total.
        room = Interval(1, total.high - 1) if used else total
        amounts = amounts.meet(room)
        payments = count.meet(Interval(2, _UNBOUNDED) if used else Interval(1, 1))
        if payments.low > payments.high:
            return None
    if amounts.low > amounts.high:
        return None
    amount_tiyn = amounts.nearest(wished_tiyn)
    before: list[Used] = []
    for used, total, count in zip(is_used, box.totals, box.counts, strict=True):
        if not used:
            before.append(Used(0, 0))
            continue
        # The day lies inside the others, and the month inside the year, which stands last.
        inside = [before[0], before[-1]] if len(before) == _MONTH + 1 else before[:1]
        payments_before = max([1, count.low - 1, *(one.payments for one in inside)])
        amount_before = max([1, total.low - amount_tiyn, *(one.amount_tiyn for one in inside)])
        if payments_before + 1 > count.high or amount_before + amount_tiyn > total.high:
            return None
        before.append(Used(payments_before, amount_before))
    return amount_tiyn, dict(zip(_PERIODS, before, strict=True))
