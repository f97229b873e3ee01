"""The course of one contract as inline SVG: stages as lanes, documents and payments on them.

It needs no script, says in a title of its own what every sign is, and scrolls sideways on a phone,
where its letters stay as large as those of the text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from tengesim.report.markup import Element, Maker

__all__ = ["LANES", "Sign", "course"]

LANES: Final[Mapping[str, tuple[str, ...]]] = {
    "plan": ("plan",),
    "tender": ("tender", "bid", "complaint", "award"),
    "contract": ("guarantee", "obligation", "subcontract", "amendment", "termination", "closing"),
    "works": ("progress", "delivery_check"),
    "acts": ("invoice", "approval", "acceptance"),
    "control": ("review", "flag"),
    "money": ("advance", "budget_payment", "retention", "shed", "redeem", "clawback", "penalty"),
    "chain": ("subpayment", "wage", "tax", "tax_claim", "tax_refund"),
}
"""Lanes from top to bottom, with the kinds of rows that stand on each."""

_WIDTH: Final = 1_080
_LEFT: Final = 92
_RIGHT: Final = 18
_LANE: Final = 34
_TOP: Final = 12
_AXIS: Final = 30
_MONTHS_MAX: Final = 12

_svg: Final = Maker("svg")
_g: Final = Maker("g")
_title: Final = Maker("title")
_line: Final = Maker("line")
_circle: Final = Maker("circle")
_rect: Final = Maker("rect")
_path: Final = Maker("path")
_text: Final = Maker("text")


@dataclass(frozen=True, slots=True)
class Sign:
    """One document or payment: its kind, its day counted from the first of the clock, its words."""

    kind: str
    day: int
    is_refused: bool
    said: str


def course(
    signs: Sequence[Sign], months: Sequence[tuple[int, date]], lanes: Mapping[str, str], title: str
) -> Element:
    """Draw `signs` over the days that they span; `months` are first days of months with theirs.

    `lanes` gives the words beside each lane; a lane without a sign is left out.
    """
    lane_of = {kind: lane for lane, kinds in LANES.items() for kind in kinds}
    drawn = [sign for sign in signs if sign.kind in lane_of]
    used = [lane for lane in LANES if any(lane_of[sign.kind] == lane for sign in drawn)]
    first = min((sign.day for sign in drawn), default=0)
    last = max((sign.day for sign in drawn), default=1)
    span = max(last - first, 1)

    def x(day: int) -> float:
        return round(_LEFT + (day - first) * (_WIDTH - _LEFT - _RIGHT) / span, 1)

    height = _TOP + _LANE * len(used) + _AXIS
    parts: list[Element] = []
    for place, lane in enumerate(used):
        y = _TOP + _LANE * place + _LANE // 2
        parts.append(_text(lanes[lane], x="0", y=str(y + 4), class_="course-lane"))
        parts.append(
            _line(
                x1=str(_LEFT), x2=str(_WIDTH - _RIGHT), y1=str(y), y2=str(y), class_="course-line"
            )
        )
        own = [sign for sign in drawn if lane_of[sign.kind] == lane]
        parts.append(_span([x(sign.day) for sign in own], y))
        parts += [_sign(sign, x(sign.day), y) for sign in own]
    parts += _axis([(x(day), at) for day, at in months if first <= day <= last], height)
    return _svg(
        [_title(title), *parts],
        viewBox=f"0 0 {_WIDTH} {height}",
        width=str(_WIDTH),
        height=str(height),
        role="img",
        class_="course",
        **{"aria-label": title},
    )


def _span(places: Sequence[float], y: int) -> Element:
    """Draw from when to when a stage lasts."""
    first, last = min(places), max(places)
    width = f"{last - first + 10:.1f}"
    return _rect(
        x=f"{first - 5:.1f}", y=str(y - 8), width=width, height="16", rx="8", class_="course-span"
    )


def _sign(sign: Sign, x: float, y: int) -> Element:
    """Draw a document as a circle, money as a square, and what was refused as a cross."""
    name = f"course-sign sign-{sign.kind}"
    if sign.is_refused:
        way = f"M{x - 5} {y - 5} l10 10 m0 -10 l-10 10"
        return _g([_title(sign.said), _path(d=way, class_="course-sign sign-refused")])
    if sign.kind in (*LANES["money"], *LANES["chain"]):
        mark = _rect(x=str(x - 5), y=str(y - 5), width="10", height="10", class_=name)
    else:
        mark = _circle(cx=str(x), cy=str(y), r="5", class_=name)
    return _g([_title(sign.said), mark])


def _axis(months: Sequence[tuple[float, date]], height: int) -> list[Element]:
    step = -(-len(months) // _MONTHS_MAX) if months else 1
    parts: list[Element] = []
    for x, at in months[::step]:
        bottom = height - _AXIS + 6
        parts.append(
            _line(x1=str(x), x2=str(x), y1=str(_TOP), y2=str(bottom), class_="course-month")
        )
        said = f"{at:%m}/{at:%y}"
        parts.append(_text(said, x=str(x), y=str(height - 8), class_="course-date"))
    return parts
