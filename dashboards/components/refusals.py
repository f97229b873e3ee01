"""Why meals were refused: one row per reason, one bar per arm, honest apart from undue."""

from dashboards import html
from dashboards.components.parts import arm_mark, hidden_text
from dashboards.html import Element
from dashboards.shown import Shown, short_name
from dashboards.texts import Texts

__all__ = ["reasons_of", "refusals", "refusals_legend"]


def reasons_of(study: Shown) -> list[str]:
    """Return the reasons that occur in any arm, most frequent first."""
    counts: dict[str, int] = {}
    for arm in study.prepared["arms"]:
        for reason, kinds in arm["refused"].items():
            counts[reason] = counts.get(reason, 0) + sum(sum(one["by"]) for one in kinds.values())
    return sorted(counts, key=lambda reason: (-counts[reason], reason))


def refusals_legend(t: Texts, texts: str = "refusals.legend") -> Element:
    """Return what the two kinds of bar mean, in the words of a world."""
    return html.ul(
        [
            html.li(
                [
                    html.span(class_=f"reason-bar reason-{kind}", **{"aria-hidden": "true"}),
                    t(f"{texts}.{kind}"),
                ]
            )
            for kind in ("honest", "undue")
        ],
        class_="refusals-legend legend",
    )


def refusals(study: Shown, t: Texts) -> Element:
    """Return the bars; the scripts give them their length and numbers."""
    head = [html.th(t("refusals.reason"), scope="col")]
    head.extend(
        html.th([arm_mark(number), short_name(arm, t)], scope="col")
        for number, arm in enumerate(study.arms)
    )
    rows = [
        html.tr(
            [
                html.th(
                    [t(f"reason.{reason}"), html.span(t(f"reason.{reason}.why"), class_="unit")],
                    scope="row",
                ),
                *(
                    _cell(reason, number, short_name(arm, t), t)
                    for number, arm in enumerate(study.arms)
                ),
            ]
        )
        for reason in reasons_of(study)
    ]
    return html.table([html.thead(html.tr(head)), html.tbody(rows)], class_="refusals")


def _cell(reason: str, number: int, label: str, t: Texts) -> Element:
    parts = []
    for kind in ("honest", "undue"):
        series = f"refused.{reason}.{kind}"
        parts.append(
            html.div(
                [
                    html.span(
                        "0",
                        class_="counted",
                        **{"data-count": series, "data-arm": str(number), "data-kind": "whole"},
                    ),
                    html.span(
                        class_=f"reason-bar reason-{kind}",
                        **{
                            "data-bar": series,
                            "data-arm": str(number),
                            "data-group": "refused",
                            "aria-hidden": "true",
                        },
                    ),
                    hidden_text(t(f"refusals.{kind}")),
                ],
                class_="reason-line",
            )
        )
    return html.td(parts, **{"data-label": label})
