"""What differs between two arms: A, B, the difference, and how far it may be relied on.

Every difference is drawn on a line of its own around zero, because measures have different units;
what one looks for is the same on each: whether a bar touches zero. The same numbers stand in a
table, so nothing is said by a picture alone.
"""

from collections.abc import Sequence

from dashboards import html
from dashboards.comparison import VERDICTS, Comparison, Interval, Outcome
from dashboards.components.parts import card, hidden_text, truth_badge
from dashboards.html import Children, Element
from dashboards.numbers import change_text, mean_text, whole_text
from dashboards.texts import Texts

__all__ = ["COLUMNS", "SIDES", "outcome_card", "verdict_pill"]

SIDES = ("better", "worse", "more", "less", "same")
COLUMNS = (
    "measure",
    "unit",
    "base",
    "variant",
    "difference",
    "chance_low",
    "chance_high",
    "assumptions_low",
    "assumptions_high",
    "verdict",
    "pairs",
    "draws",
    "method",
    "p_holm",
    "variance_ratio",
)
"""Columns of the table behind the figure."""

# What is drawn with its bars; the others have nothing to draw.
_DRAWN = ("clear", "not_clear", "bounded")
# Room left at both ends of a line, so that the longest bar does not touch the edge.
_REACH = 1.12


def outcome_card(comparison: Comparison, t: Texts) -> Element:
    """Return all outcomes as figure and as table."""
    groups = [_group(comparison, verdict, t) for verdict in VERDICTS]
    figure = html.figure(
        [
            _legend(t),
            *(each for each in groups if each is not None),
            html.figcaption(t("outcomes.summary"), class_="visually-hidden"),
        ],
        class_="outcomes",
    )
    return card(
        t,
        "outcomes",
        t("outcomes.card"),
        lead=t("outcomes.card_lead"),
        chart=[figure],
        table=_table(comparison, t),
        measure="intervals",
        is_truth=None,
    )


def verdict_pill(outcome: Outcome, t: Texts) -> Element:
    """Return what may be said of a difference, in two or three words."""
    known = outcome.verdict == "clear"
    said = t(f"verdict.{outcome.verdict}")
    if known:
        said = f"{said}: {t(f'side.{outcome.side}')}"
    kind = outcome.side if known else "open"
    return html.span(said, class_=f"verdict verdict-{kind}")


def _group(comparison: Comparison, verdict: str, t: Texts) -> Element | None:
    found = comparison.of_verdict(verdict)
    if not found:
        return None
    head: list[Children] = [
        html.strong(t(f"verdict.{verdict}")),
        " ",
        html.span(whole_text(len(found)), class_="count"),
    ]
    lead = html.p(t(f"verdict.{verdict}.lead"), class_="unit")
    rows = html.ol([_row(outcome, t) for outcome in found], class_="outcome-list")
    if verdict in _DRAWN:
        return html.div([html.h4(head), lead, rows], class_="outcome-group")
    return html.details([html.summary(head), lead, rows], class_="outcome-group explain")


def _row(outcome: Outcome, t: Texts) -> Element:
    values = [
        (t("outcomes.base"), mean_text(outcome.base, outcome.unit, t)),
        (t("outcomes.variant"), mean_text(outcome.variant, outcome.unit, t)),
        (t("outcomes.difference"), change_text(outcome.difference, outcome.unit, t)),
    ]
    is_drawn = outcome.verdict in _DRAWN and outcome.reach > 0
    return html.li(
        [
            html.div(
                [
                    html.h5(outcome.title),
                    html.span(_about(outcome, t), class_="unit"),
                ],
                class_="outcome-name",
            ),
            html.dl(
                [html.div([html.dt(name), html.dd(value)]) for name, value in values],
                class_="outcome-values",
            ),
            _line(outcome, t) if is_drawn else html.div(class_="outcome-line"),
            html.div(
                [
                    verdict_pill(outcome, t),
                    html.p(_words(outcome), class_="unit"),
                ],
                class_="outcome-said",
            ),
        ],
        class_="outcome",
        **{"data-metric": outcome.metric},
    )


def _words(outcome: Outcome) -> str:
    """Return what is said of the outcome without its name, which stands beside it."""
    said = outcome.words.removeprefix(f"{outcome.title}: ")
    return said[:1].upper() + said[1:]


def _about(outcome: Outcome, t: Texts) -> list[Element | str]:
    return [
        html.span(outcome.unit),
        f"; {t(f'direction.{outcome.direction}')} ",
        truth_badge(t, is_truth=outcome.uses_truth),
    ]


def _line(outcome: Outcome, t: Texts) -> Element:
    """Return both intervals and the difference around zero, for the eye."""
    most = outcome.reach * _REACH
    bars = [
        _bar(kind, interval, most)
        for kind, interval in (
            ("assumptions", outcome.assumptions),
            ("chance", outcome.chance),
        )
        if interval is not None
    ]
    dot = html.span(class_="ci-dot", style=f"left:{_place(outcome.difference or 0.0, most)}%")
    spoken = [
        t(
            f"outcomes.spoken.{kind}",
            low=change_text(interval.low, outcome.unit, t),
            high=change_text(interval.high, outcome.unit, t),
        )
        for kind, interval in (("chance", outcome.chance), ("assumptions", outcome.assumptions))
        if interval is not None
    ]
    return html.div(
        [
            hidden_text(" ".join(spoken)),
            html.div(
                [html.span(class_="ci-zero"), *bars, dot],
                class_="ci",
                **{"aria-hidden": "true"},
            ),
            html.div(
                [
                    html.span(change_text(-outcome.reach, outcome.unit, t)),
                    html.span("0"),
                    html.span(change_text(outcome.reach, outcome.unit, t)),
                ],
                class_="ci-ends",
                **{"aria-hidden": "true"},
            ),
        ],
        # What cannot be ranked is not shown as better or worse either.
        class_=f"outcome-line side-{outcome.side if outcome.verdict == 'clear' else 'open'}",
    )


def _bar(kind: str, interval: Interval, most: float) -> Element:
    left, right = _place(interval.low, most), _place(interval.high, most)
    width = f"{float(right) - float(left):.2f}"
    return html.span(class_=f"ci-bar ci-{kind}", style=f"left:{left}%;width:{width}%")


def _place(value: float, most: float) -> str:
    return f"{50 + 50 * value / most:.2f}"


def _legend(t: Texts) -> Element:
    return html.ul(
        [
            html.li(
                [
                    html.span(
                        html.span(class_=f"{shape} sample"),
                        class_="ci-sample",
                        **{"aria-hidden": "true"},
                    ),
                    t(f"outcomes.legend.{name}"),
                ]
            )
            for name, shape in (
                ("difference", "ci-dot"),
                ("chance", "ci-bar ci-chance"),
                ("assumptions", "ci-bar ci-assumptions"),
                ("zero", "ci-zero"),
            )
        ],
        class_="legend",
    )


def _table(comparison: Comparison, t: Texts) -> Element:
    head = html.tr([html.th(t(f"outcomes.column.{name}"), scope="col") for name in COLUMNS])
    rows = [html.tr(_cells(outcome, t)) for outcome in comparison.outcomes]
    caption = t("outcomes.table", a=comparison.base_title, b=comparison.variant_title)
    return html.table(
        [html.caption(caption), html.thead(head), html.tbody(rows)], class_="plain-table numbers"
    )


def _cells(outcome: Outcome, t: Texts) -> Sequence[Element]:
    unit = outcome.unit
    ends = (
        end
        for each in (outcome.chance, outcome.assumptions)
        for end in ((None, None) if each is None else (each.low, each.high))
    )
    method = f"method.{outcome.method}"
    p_holm = t("unit.none") if outcome.p_holm is None else f"{outcome.p_holm:.4f}"
    return [
        html.th(outcome.title, scope="row"),
        html.td(unit),
        _number(outcome.base, mean_text(outcome.base, unit, t)),
        _number(outcome.variant, mean_text(outcome.variant, unit, t)),
        _number(outcome.difference, change_text(outcome.difference, unit, t)),
        *(_number(end, change_text(end, unit, t)) for end in ends),
        html.td(t(f"verdict.{outcome.verdict}")),
        _number(outcome.pairs, whole_text(outcome.pairs)),
        _number(outcome.draws, whole_text(outcome.draws)),
        html.td(t(method) if t.has(method) else outcome.method),
        _number(outcome.p_holm, p_holm),
        _number(outcome.variance_ratio, mean_text(outcome.variance_ratio, "times", t)),
    ]


def _number(value: float | None, shown: str) -> Element:
    """Return a cell that a file gets as the exact number, however it is written here."""
    exact = None if value is None else repr(value)
    return html.td(shown, class_="number", **{"data-value": exact})
