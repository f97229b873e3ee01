"""Figures as inline SVG: intervals around zero, and bars of the two kinds of error.

They need no script and no font of their own, read in grey as in colour, and are small enough to be
legible on a phone without scaling. A figure says what it shows in its title and description; the
numbers behind it stand in a table of the page, so its axis is the only number it writes itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from textwrap import wrap
from typing import Final

from tengesim.report.markup import Attribute, Children, Element, Maker
from tengesim.report.numbers import MINUS, decimals_text

__all__ = ["Bar", "Interval", "Spread", "bars", "nice_ticks", "strip", "tick_text"]

_WIDTH: Final = 360
_EDGE: Final = 22
_STRIP_HEIGHT: Final = 68
_CHANCE_Y: Final = 14
_ASSUMED_Y: Final = 34
_AXIS_Y: Final = 47
_TICK_TEXT_Y: Final = 62
_BAR: Final = 14
_LINE: Final = 16
_LABEL_WIDTH: Final = 50
_TICKS_MAX: Final = 5
# From so much on a tick is written in a unit of so much.
_MULTIPLES: Final = ((10**9, 10**9, "bn"), (10**6, 10**6, "m"), (10**4, 10**3, "k"))

_svg: Final = Maker("svg")
_g: Final = Maker("g")
_title: Final = Maker("title")
_desc: Final = Maker("desc")
_line: Final = Maker("line")
_rect: Final = Maker("rect")
_circle: Final = Maker("circle")
_text: Final = Maker("text")
_path: Final = Maker("path")


@dataclass(frozen=True, slots=True)
class Interval:
    """Two ends, the lower first."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Spread:
    """What one line of a figure of differences shows; an interval that is not known is None."""

    difference: float
    chance: Interval | None
    assumptions: Interval | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its length, and its value as written beside it with where it is from."""

    label: str
    value: float
    shown: str
    citation: Mapping[str, Attribute]


def strip(
    spread: Spread, *, name: str, title: Children, description: str, is_share: bool
) -> Element:
    """Draw a difference with its two intervals on an axis around zero.

    `name` tells the figure from others of the page; a share is drawn in percentage points.
    """
    factor = 100 if is_share else 1
    known = [spread.difference * factor]
    for interval in (spread.chance, spread.assumptions):
        if interval is not None:
            known += [interval.low * factor, interval.high * factor]
    ticks = nice_ticks(min(0.0, *known), max(0.0, *known))
    place = _scale(float(ticks[0]), float(ticks[-1]))

    def x(value: float) -> str:
        return place(value * factor)

    drawn: list[Element] = [_axis(ticks, place)]
    if spread.chance is not None:
        drawn.append(_thick(x(spread.chance.low), x(spread.chance.high)))
    if spread.assumptions is not None:
        drawn.append(_thin(x(spread.assumptions.low), x(spread.assumptions.high)))
    drawn.append(
        _circle(cx=x(spread.difference), cy=_CHANCE_Y, r="4.5", **{"class": "estimate"}),
    )
    return _framed(drawn, name, title, description, height=_STRIP_HEIGHT)


def bars(
    values: Sequence[Bar],
    *,
    ceiling: float,
    name: str,
    title: Children,
    description: str,
    look: str,
) -> Element:
    """Draw bars from zero on an axis that ends at `ceiling`, each with its label and value.

    `look` is `undue`, which is hatched, or `honest`.
    """
    drawn: list[Element] = [_hatch(name)] if look == "undue" else []
    room = _WIDTH - 86
    top = 0
    for bar in values:
        lines = wrap(bar.label, _LABEL_WIDTH, max_lines=2, placeholder="…")
        for line in lines:
            top += _LINE
            drawn.append(_text(line, x="0", y=str(top), **{"class": "bar-label"}))
        length = max(room * bar.value / ceiling, 1.5) if ceiling > 0 else 1.5
        drawn += [
            _rect(
                x="0",
                y=str(top + 6),
                width=_number(length),
                height=str(_BAR),
                fill=f"url(#{name}-hatch)" if look == "undue" else None,
                **{"class": f"bar-{look}"},
            ),
            _text(
                bar.shown,
                x=_number(length + 7),
                y=str(top + 18),
                **{"class": "bar-value", **bar.citation},
            ),
        ]
        top += _BAR + 14
    return _framed(drawn, name, title, description, height=top)


def nice_ticks(low: float, high: float) -> list[Fraction]:
    """Return round numbers from at most `low` to at least `high`, zero among them.

    >>> [str(tick) for tick in nice_ticks(-2.76, 0)]
    ['-3', '-2', '-1', '0']
    """
    span = Fraction(high) - Fraction(low)
    if span <= 0:
        return [Fraction(-1), Fraction(0), Fraction(1)]
    step = Fraction(1)
    while step * _TICKS_MAX < span:
        step *= 10
    while step * _TICKS_MAX >= span * 10:
        step /= 10
    for tenths in (Fraction(1, 10), Fraction(1, 5), Fraction(1, 2), Fraction(1)):
        first = Fraction(low) // (step * tenths)
        last = -(-Fraction(high) // (step * tenths))
        if last - first <= _TICKS_MAX:
            return [number * step * tenths for number in range(int(first), int(last) + 1)]
    return [step * number for number in range(int(Fraction(low) // step), int(high // step) + 2)]


def tick_text(tick: Fraction) -> str:
    """Write a round number with as many decimals as it has, in thousands or millions if large.

    >>> [tick_text(Fraction(tick)) for tick in ("-1/4", "1500000", "-150000", "0")]
    ['−0.25', '1.5 m', '−150 k', '0']
    """
    for least, unit, letter in _MULTIPLES:
        if abs(tick) >= least:
            return f"{_shortest(tick / unit)} {letter}"
    return _shortest(tick)


def _shortest(value: Fraction) -> str:
    for decimals in range(9):
        if (value * 10**decimals).denominator == 1:
            return decimals_text(value, decimals)
    return f"{float(value):.3g}".replace("-", MINUS)


def _scale(low: float, high: float) -> Callable[[float], str]:
    width = high - low

    def place(value: float) -> str:
        share = (value - low) / width
        return _number(_EDGE + share * (_WIDTH - 2 * _EDGE))

    return place


def _axis(ticks: Sequence[Fraction], place: Callable[[float], str]) -> Element:
    first, last = place(float(ticks[0])), place(float(ticks[-1]))
    parts = [_line(x1=first, x2=last, y1=str(_AXIS_Y), y2=str(_AXIS_Y), **{"class": "axis"})]
    for tick in ticks:
        x = place(float(tick))
        is_zero = tick == 0
        parts += [
            _line(
                x1=x,
                x2=x,
                y1="2" if is_zero else str(_AXIS_Y),
                y2=str(_AXIS_Y + 4),
                **{"class": "zero" if is_zero else "axis"},
            ),
            _text(
                tick_text(tick),
                x=x,
                y=str(_TICK_TEXT_Y),
                **{
                    "class": "tick",
                    "data-source": "axis",
                    "data-value": str(tick),
                    "aria-hidden": "true",
                },
            ),
        ]
    return _g(parts)


def _thick(low: str, high: str) -> Element:
    width = max(float(high) - float(low), 1.0)
    return _rect(
        x=low, y=str(_CHANCE_Y - 5), width=_number(width), height="10", **{"class": "chance"}
    )


def _thin(low: str, high: str) -> Element:
    top, bottom = _ASSUMED_Y - 6, _ASSUMED_Y + 6
    return _path(
        d=f"M{low} {top}V{bottom}M{low} {_ASSUMED_Y}H{high}M{high} {top}V{bottom}",
        **{"class": "assumed"},
    )


def _hatch(name: str) -> Element:
    lines = _path(d="M-1 7L7 -1M5 13L13 5M-1 1L1 -1", stroke="#3c4650", **{"stroke-width": "1.5"})
    ground = _rect(width="6", height="6", fill="#d5dade")
    pattern = Maker("pattern")(
        [ground, lines],
        id=f"{name}-hatch",
        width="6",
        height="6",
        patternUnits="userSpaceOnUse",
    )
    return Maker("defs")(pattern)


def _framed(
    drawn: Sequence[Element], name: str, title: Children, description: str, *, height: int
) -> Element:
    return _svg(
        [_title(title, id=f"{name}-title"), _desc(description, id=f"{name}-desc"), *drawn],
        viewBox=f"0 0 {_WIDTH} {height}",
        role="img",
        focusable="false",
        **{"aria-labelledby": f"{name}-title {name}-desc"},
    )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
