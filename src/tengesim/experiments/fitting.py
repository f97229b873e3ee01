"""Everyday behaviour fitted to a table of payments, with how well each part fits.

A fit is a summary and always loses something; the report says what. Distances between table and
fit decide what is called good, because with a million rows every difference is significant.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import DAY_US, HOUR_US
from tengesim.money import BP, TIYN_PER_TENGE, split_exactly
from tengesim.retail.imported import PaymentTable

__all__ = [
    "Fit",
    "Part",
    "chi_square_tail",
    "fit_table",
    "fragment",
    "kolmogorov_tail",
    "ks_distance",
]

Whole = NDArray[np.int64]

_EPOCH_WEEKDAY: Final = 3
"""1 January 1970 was a Thursday."""
_MONTHS_A_DAY: Final = 48 / 1461
_ERRORS: Final = 2
"""Ends of a fitted range: this many standard errors around the value."""
_SMALLEST: Final = 30
"""Fewer payments than this are too few for a law of their own."""
_GOOD: Final = 0.05
_FAIR: Final = 0.10
"""Largest share of payments that fit and table put elsewhere, for a fit to be good, or fair."""
_NO_PURPOSE: Final = "transfer"
"""Payments of which the table does not say what they are for count as transfers."""
_WEIGHT_MAX: Final = 1_000_000
_PAY_DAYS: Final = (5, 12)
_TERMS: Final = 100


@dataclass(frozen=True, slots=True)
class Part:
    """How well one part of the fit describes the table."""

    name: str
    measure: str
    """`KS` with the distance, or `chi-square` with its degrees of freedom."""
    statistic: float
    p_value: float
    distance: float
    """Share of payments that table and fit put elsewhere."""
    number: int

    @property
    def verdict(self) -> str:
        """Return how well it fits, in one word."""
        if self.number < _SMALLEST:
            return "too few"
        return "good" if self.distance < _GOOD else "fair" if self.distance < _FAIR else "bad"


@dataclass(frozen=True, slots=True)
class Fit:
    """Behaviour that was read out of a table."""

    payments: int
    payers: int
    days: int
    per_thousand: float
    ticket_tiyn: float
    ticket_error: float
    purposes: Mapping[str, tuple[int, float, float, float]]
    """By purpose: number, mean in tiyn, its standard error, median ÷ mean."""
    hours: tuple[int, ...]
    weekdays: tuple[int, ...]
    uplift: float
    parts: tuple[Part, ...]

    def lines(self) -> Iterator[str]:
        """Yield the report, worst part first."""
        yield (
            f"{self.payments:,} payments of {self.payers:,} payers on {self.days} days:"
            f" {self.per_thousand:,.0f} a month per 1,000 payers, mean"
            f" {self.ticket_tiyn / TIYN_PER_TENGE:,.0f} KZT"
        )
        for part in sorted(self.parts, key=lambda one: -one.distance):
            yield (
                f"{part.verdict:<8} {part.name:<24} {part.measure} {part.statistic:,.4g},"
                f" p {part.p_value:.3g}, {part.distance:.1%} of payments elsewhere"
            )
        yield "`number` is per 1,000 payers of the table; state the people if there are more"
        yield "p is too high where parameters were fitted to the same rows; see the distance first"


def fit_table(table: PaymentTable, offset_us: int) -> Fit:
    """Fit behaviour to a table whose people live `offset_us` ahead of UTC.

    Raises ValueError for a table of one moment or one payer only.
    """
    local = table.time_us + offset_us
    day, hour = local // DAY_US, local % DAY_US // HOUR_US
    days = int(day.max() - day.min()) + 1
    payers = len(np.unique(table.payer))
    if payers < 2 or days < 2:
        raise ValueError(f"{payers} payers on {days} days; a fit needs at least 2 of both")
    names = [table.purposes[number] or _NO_PURPOSE for number in range(len(table.purposes))]
    by_purpose: dict[str, Whole] = {}
    for number, name in enumerate(names):
        amounts = table.amount_tiyn[table.purpose == number]
        by_purpose[name] = np.concatenate((by_purpose.get(name, amounts[:0]), amounts))
    weekday = (day + _EPOCH_WEEKDAY) % 7
    date = _day_of_month(day)
    dates = _day_of_month(np.arange(day.min(), day.max() + 1))
    weekdays = _per_weekday(weekday, int(day.min()), days)
    return Fit(
        payments=len(day),
        payers=payers,
        days=days,
        per_thousand=len(day) / payers / (days * _MONTHS_A_DAY) * 1_000,
        ticket_tiyn=float(table.amount_tiyn.mean()),
        ticket_error=_error(table.amount_tiyn),
        purposes={name: _law(amounts) for name, amounts in sorted(by_purpose.items())},
        hours=_weights(np.bincount(hour, minlength=24)),
        weekdays=weekdays,
        uplift=_uplift(date, dates),
        parts=(
            *(_amounts_part(name, amounts) for name, amounts in sorted(by_purpose.items())),
            _hours_part(hour, weekday),
            _days_part(day, days, weekdays),
            _payers_part(table.payer, payers, days),
        ),
    )


def fragment(fit: Fit, *, base: str, name: str, source: str, known: Mapping[str, Any]) -> str:
    """Return a scenario that extends `base` with the fitted behaviour, as text.

    `known` are the purposes of the base by name; those of which the table has none get no share.
    """
    total = fit.payments
    shares = split_exactly(BP, {key: law[0] for key, law in fit.purposes.items()})
    lines = [
        "# Everyday payments as fitted to a table; what no table says is taken from the base.",
        "format: 1",
        f"extends: {base}",
        f"name: {name}",
        f"title: Everyday payments fitted to {total:,} payments",
        "retail:",
        "  everyday:",
        *_sourced("    number", fit.per_thousand, _count_error(fit), source, str, least=1),
        *_sourced("    ticket", fit.ticket_tiyn, fit.ticket_error, source, _amount, least=1),
        "    purposes:",
    ]
    for key in sorted({*shares, *known}):
        lines.append(f'      "{key}":')
        share_bp = shares.get(key, 0)
        error = (share_bp * (BP - share_bp) / total) ** 0.5
        lines += _sourced("        share", share_bp, error, source, _rate, most=BP)
        if key in fit.purposes:
            number, mean, mean_error, median = fit.purposes[key]
            lines += _sourced("        ticket", mean, mean_error, source, _amount, least=1)
            spread = 1.25 * median / max(1, number) ** 0.5 * BP
            lines += _sourced(
                "        median", median * BP, spread, source, _rate, least=1, most=BP
            )
        if key not in known:
            lines.append("        remote: {value: 50 %, low: 0 %, high: 100 %, source: assumption}")
    uplift_error = 2 * BP / total**0.5
    lines += [
        f'    hours: {{weights: {list(fit.hours)}, source: "{source}"}}',
        f'    weekdays: {{weights: {list(fit.weekdays)}, source: "{source}"}}',
        "    pay_days:",
        f"      first: {_PAY_DAYS[0]}",
        f"      last: {_PAY_DAYS[1]}",
        *_sourced("      uplift", fit.uplift * BP, uplift_error, source, _rate, most=BP),
    ]
    return "\n".join(lines) + "\n"


def _sourced(
    key: str,
    value: float,
    error: float,
    source: str,
    write: Any,  # noqa: ANN401 - writes one unit
    *,
    least: int = 0,
    most: int = 10**13,
) -> list[str]:
    """Return the lines of a value with the range of its standard errors."""
    ends = (value, value - _ERRORS * error, value + _ERRORS * error)
    middle, low, high = (min(max(round(end), least), most) for end in ends)
    pairs = {"value": middle, "low": low, "high": high}
    indent = " " * (len(key) - len(key.lstrip()) + 2)
    return [
        f"{key}:",
        *(f"{indent}{name}: {write(number)}" for name, number in pairs.items()),
        f'{indent}source: "{source}"',
    ]


def _amount(tiyn: int) -> str:
    return f"{tiyn // TIYN_PER_TENGE}.{tiyn % TIYN_PER_TENGE:02d} KZT"


def _rate(bp: int) -> str:
    return f"{bp} bp"


def _count_error(fit: Fit) -> float:
    return fit.per_thousand / math.sqrt(fit.payments)


def _error(amounts: Whole) -> float:
    return float(amounts.std() / math.sqrt(len(amounts)))


def _law(amounts: Whole) -> tuple[int, float, float, float]:
    mean = float(amounts.mean())
    # A lognormal law has its median below its mean, whatever the sample says.
    return len(amounts), mean, _error(amounts), min(1.0, float(np.median(amounts)) / mean)


def _weights(counts: NDArray[np.integer]) -> tuple[int, ...]:
    """Return counts as weights that a scenario can hold."""
    scale = max(1, int(counts.max()) // _WEIGHT_MAX + 1)
    return tuple((counts // scale).tolist())


def _per_weekday(weekday: Whole, first: int, days: int) -> tuple[int, ...]:
    """Return payments per day of each weekday, even where the table has not all seven."""
    number = np.bincount((np.arange(first, first + days) + _EPOCH_WEEKDAY) % 7, minlength=7)
    counts = np.bincount(weekday, minlength=7)
    mean = np.where(number > 0, counts / np.maximum(number, 1), counts.sum() / days)
    return tuple(np.maximum(1, np.rint(mean / mean.max() * 10_000)).astype(int).tolist())


def _day_of_month(days: Whole) -> Whole:
    dates = days.astype("datetime64[D]")
    return np.asarray((dates - dates.astype("datetime64[M]")).astype(np.int64) + 1)


def _uplift(date: Whole, dates: Whole) -> float:
    """Return by how much the days after pay day are above the others; none below."""
    first, last = _PAY_DAYS
    peaks, others = ((dates >= first) & (dates <= last)).sum(), len(dates)
    others -= peaks
    inside = ((date >= first) & (date <= last)).sum()
    outside = len(date) - inside
    if not peaks or not others or not outside:
        return 0.0
    return min(1.0, max(0.0, float((inside / peaks) / (outside / others)) - 1))


def _amounts_part(name: str, amounts: Whole) -> Part:
    _, mean, _, median = _law(amounts)
    distance = ks_distance(amounts, mean, median)
    tail = kolmogorov_tail(distance * len(amounts) ** 0.5)
    return Part(f"amounts of {name}", "KS", distance, tail, distance, len(amounts))


def _hours_part(hour: Whole, weekday: Whole) -> Part:
    """Say whether one profile of hours does for all weekdays."""
    counts = np.zeros((7, 24))
    np.add.at(counts, (weekday, hour), 1)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    due = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / counts.sum()
    freedom = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return _chi_part("hours by weekday", counts, due, freedom)


def _days_part(day: Whole, days: int, weekdays: tuple[int, ...]) -> Part:
    """Say whether dates differ by their weekday alone."""
    counts = np.bincount(day - day.min(), minlength=days).astype(float)
    law = np.array(weekdays)[(np.arange(days) + int(day.min()) + _EPOCH_WEEKDAY) % 7]
    due = law / law.sum() * counts.sum()
    return _chi_part("payments by date", counts, due, max(1, days - 7))


def _payers_part(payer: NDArray[np.int32], payers: int, days: int) -> Part:
    """Say whether payers pay alike, as a Poisson law with one rate has it."""
    counts = np.unique(payer, return_counts=True)[1].astype(float)
    due = np.full(payers, counts.mean())
    return _chi_part(f"payers alike, {days} days", counts, due, payers - 1)


def _chi_part(
    name: str, counts: NDArray[np.float64], due: NDArray[np.float64], freedom: int
) -> Part:
    statistic = float(((counts - due) ** 2 / due).sum())
    number = int(counts.sum())
    elsewhere = float(np.abs(counts - due).sum() / 2 / number)
    # Half the absolute deviations, less what chance alone puts elsewhere: sqrt(due · 2 ÷ pi) each.
    by_chance = float(np.sqrt(due * 2 / math.pi).sum() / 2 / number)
    return Part(
        name,
        f"chi-square({freedom})",
        statistic,
        chi_square_tail(statistic, freedom),
        max(0.0, elsewhere - by_chance),
        number,
    )


def ks_distance(amounts: Whole, mean: float, median: float) -> float:
    """Return the greatest gap between a sample and the lognormal law with a mean and median.

    `median` is a share of the mean.
    """
    ordered = np.sort(amounts)
    sigma = (-2 * math.log(median)) ** 0.5 if median < 1 else 0.0
    if not sigma:
        law = (ordered >= mean).astype(float)
    else:
        law = _normal(np.log(ordered / (mean * median)) / sigma)
    above = np.arange(1, len(ordered) + 1) / len(ordered)
    # Amounts repeat: the sample rises at the last of equal ones and stands before the first.
    last = np.searchsorted(ordered, ordered, side="right") - 1
    first = np.searchsorted(ordered, ordered, side="left")
    return float(max((above[last] - law).max(), (law - first / len(ordered)).max()))


def _normal(z: NDArray[np.float64]) -> NDArray[np.float64]:
    grid = np.linspace(-8, 8, 16_001)
    table = np.array([0.5 * math.erfc(-point / math.sqrt(2)) for point in grid])
    return np.asarray(np.interp(z, grid, table))


def kolmogorov_tail(statistic: float) -> float:
    """Return the chance of a larger gap times √n (Kolmogorov 1933, the limit for large samples)."""
    if statistic < 0.2:
        return 1.0
    terms = ((1 if k % 2 else -1) * math.exp(-2 * (k * statistic) ** 2) for k in range(1, _TERMS))
    return float(min(1.0, max(0.0, 2 * sum(terms))))


def chi_square_tail(statistic: float, freedom: int) -> float:
    """Return the chance of a larger chi-square, by the cube root (Wilson and Hilferty 1931)."""
    part = 2 / (9 * freedom)
    z = ((statistic / freedom) ** (1 / 3) - (1 - part)) / part**0.5
    return float(0.5 * math.erfc(z / math.sqrt(2)))
