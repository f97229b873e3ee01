"""Which payments ended otherwise: how many, by which rule, and some of them one by one.

A cause is a pair of endings, one in each arm. Its examples are payments of the runs at the first
seed; opening one tells its story in both arms beside each other.
"""

from fractions import Fraction

from dashboards import html
from dashboards.comparison import Cause, Comparison, Example
from dashboards.components.parts import card
from dashboards.html import Children, Element
from dashboards.numbers import share_text, tiyn_text, whole_text
from dashboards.texts import Texts
from tengesim.clock import Calendar
from tengesim.money import TIYN_PER_TENGE

__all__ = ["COLUMNS", "OUTCOMES", "change_card"]

OUTCOMES = (
    "paid",
    "paid_more",
    "paid_less",
    "paid_otherwise",
    "paid_otherwise",
    "refunded",
    "recorded",
    "refused",
    "unmet",
    "absent",
)
"""How an intent can end; what another layer names otherwise is shown as it is."""

COLUMNS = (
    "outcome_base",
    "reason_base",
    "rule_base",
    "outcome_variant",
    "reason_variant",
    "rule_variant",
    "true_label",
    "count",
    "amount",
)
"""Columns of the table behind the list of causes."""


def change_card(
    comparison: Comparison, calendar: Calendar | None, t: Texts, *, can_open: bool
) -> Element:
    """Return the causes by frequency, each with its examples; `can_open` where runs are there."""
    changed = comparison.changed
    most = max((cause.count for cause in changed), default=1)
    same = comparison.payments - sum(cause.count for cause in changed)
    said = t(
        "changes.said",
        changed=whole_text(comparison.payments - same),
        all=whole_text(comparison.payments),
        share=share_text(comparison.payments - same, comparison.payments, t),
    )
    causes = html.ol(
        [_cause(cause, most, calendar, t, can_open=can_open) for cause in changed],
        class_="causes",
    )
    return card(
        t,
        "changes",
        t("changes.card"),
        lead=t("changes.card_lead"),
        head=[html.p(said, class_="changes-said")],
        chart=[causes if changed else html.p(t("changes.none"), class_="empty")],
        table=_table(comparison, t),
        measure="changes",
        is_truth=True,
    )


def _cause(
    cause: Cause, most: int, calendar: Calendar | None, t: Texts, *, can_open: bool
) -> Element:
    length = float(Fraction(cause.count, most))
    return html.li(
        [
            html.div(
                [
                    _ending("a", cause.outcome_base, cause.reason_base, cause.rule_base, t),
                    html.span(class_="becomes", **{"aria-hidden": "true"}),
                    _ending(
                        "b", cause.outcome_variant, cause.reason_variant, cause.rule_variant, t
                    ),
                    html.p(_label(cause.true_label, t), class_="cause-truth"),
                    html.div(
                        [
                            html.strong(t("changes.count", count=whole_text(cause.count))),
                            html.span(tiyn_text(cause.amount_tiyn, t), class_="unit"),
                            html.span(
                                class_="cause-bar",
                                style=f"width:{100 * length:.1f}%",
                                **{"aria-hidden": "true"},
                            ),
                        ],
                        class_="cause-count",
                    ),
                ],
                class_="cause-line",
            ),
            _examples(cause, calendar, t, can_open=can_open),
        ],
        class_="cause",
    )


def _ending(letter: str, outcome: str, reason: str, rule: str, t: Texts) -> Element:
    said: list[Children] = [html.strong(_outcome(outcome, t))]
    if reason:
        said.append(html.span(_reason(reason, t), class_="cause-reason"))
    if rule:
        said.append(html.span([t("changes.rule"), " ", html.code(rule)], class_="unit"))
    kind = outcome if outcome in OUTCOMES else "other"
    return html.div(
        [
            html.span(t(f"compare.arm.{letter}"), class_=f"letter letter-{letter}"),
            html.div(said),
        ],
        class_=f"ending ending-{kind}",
    )


def _examples(
    cause: Cause, calendar: Calendar | None, t: Texts, *, can_open: bool
) -> Element | None:
    if not cause.examples:
        return None
    return html.details(
        [
            html.summary(t("changes.examples", count=len(cause.examples))),
            html.ol([_example(each, calendar, t, can_open=can_open) for each in cause.examples]),
        ],
        class_="explain examples",
    )


def _example(example: Example, calendar: Calendar | None, t: Texts, *, can_open: bool) -> Element:
    when = "" if calendar is None else _moment(example.time_us, calendar)
    told: list[Children] = [
        html.span(when, class_="example-when"),
        html.span(f"{example.payer} → {example.payee}"),
        html.span(_amounts(example, t), class_="example-amount"),
    ]
    if not can_open:
        return html.li(html.div(told, class_="example"))
    button = html.button(
        told,
        type="button",
        class_="example",
        **{"data-act": "both-stories", "data-intent": example.intent},
    )
    return html.li(button)


def _amounts(example: Example, t: Texts) -> str:
    amounts = {example.amount_base_tiyn, example.amount_variant_tiyn} - {None}
    shown = sorted(each for each in amounts if each is not None)
    return " / ".join(tiyn_text(each, t) for each in shown) or t("unit.none")


def _moment(time_us: int, calendar: Calendar) -> str:
    day = calendar.date_of(time_us)
    minutes = (time_us - calendar.at(day)) // 60_000_000
    return f"{day.isoformat()} {minutes // 60:02d}:{minutes % 60:02d}"


def _table(comparison: Comparison, t: Texts) -> Element:
    head = html.tr([html.th(t(f"changes.column.{name}"), scope="col") for name in COLUMNS])
    rows = [_cells(cause, t) for cause in comparison.causes]
    caption = t("changes.table", a=comparison.base_title, b=comparison.variant_title)
    return html.table(
        [html.caption(caption), html.thead(head), html.tbody(rows)], class_="plain-table numbers"
    )


def _cells(cause: Cause, t: Texts) -> Element:
    tenge, tiyn = divmod(cause.amount_tiyn, TIYN_PER_TENGE)
    return html.tr(
        [
            html.th(_outcome(cause.outcome_base, t), scope="row"),
            html.td(_reason(cause.reason_base, t)),
            html.td(cause.rule_base),
            html.td(_outcome(cause.outcome_variant, t)),
            html.td(_reason(cause.reason_variant, t)),
            html.td(cause.rule_variant),
            html.td(_label(cause.true_label, t)),
            html.td(whole_text(cause.count), class_="number", **{"data-value": str(cause.count)}),
            html.td(
                tiyn_text(cause.amount_tiyn, t),
                class_="number",
                **{"data-value": f"{tenge}.{tiyn:02d}"},
            ),
        ]
    )


def _outcome(name: str, t: Texts) -> str:
    key = f"outcome.{name}"
    return t(key) if t.has(key) else name


def _reason(name: str, t: Texts) -> str:
    key = f"reason.{name}"
    return t(key) if t.has(key) else name


def _label(name: str, t: Texts) -> str:
    key = f"label.{name}"
    return t(key) if t.has(key) else name
