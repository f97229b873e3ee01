"""What is seen while arms run: how far each is, and what there will be to see."""

from typing import Any

from dashboards import html
from dashboards.components.head import masthead
from dashboards.components.parts import arm_mark
from dashboards.html import Element
from dashboards.jobs import ArmProgress, Snapshot
from dashboards.texts import Texts

__all__ = ["progress_of", "waiting_page"]


def waiting_page(snapshot: Snapshot, t: Texts) -> Element:
    """Return the page while the study is being made; the scripts keep its bars up to date."""
    return html.div(
        [
            masthead(t, has_lesson=False),
            html.main(
                [
                    html.div(
                        [
                            html.h1(t("waiting.title")),
                            html.p(t("waiting.lead"), class_="question"),
                        ],
                        class_="title-block",
                    ),
                    html.div(
                        [_arm_row(number, one, t) for number, one in enumerate(snapshot.arms)],
                        class_="running",
                    ),
                    html.pre(
                        snapshot.failure,
                        id="study-failure",
                        class_="failure",
                        role="alert",
                        hidden=not snapshot.failure,
                    ),
                    html.section(
                        [
                            html.h2(t("waiting.ahead.title")),
                            html.ol([html.li(each) for each in _ahead(snapshot, t)]),
                        ],
                        class_="card ahead",
                    ),
                    html.p(
                        [html.strong(t("standing.line")), " ", t("waiting.standing")],
                        class_="standing-line",
                    ),
                ],
                id="main",
                tabindex="-1",
            ),
            # Dash insists on a place of its own; there is nothing for it to show yet.
            html.div(id="react-entry-point", hidden=True),
        ],
        class_="page",
        **{"data-waiting": "true"},
    )


def _ahead(snapshot: Snapshot, t: Texts) -> list[str]:
    """Return what there will be to see: of a study of meals, or of any other world."""
    is_study = {"headcount", "marked"} <= {one.arm.id for one in snapshot.arms}
    return t("waiting.ahead.text" if is_study else "waiting.ahead.economy").split("\n")


def progress_of(snapshot: Snapshot, t: Texts) -> dict[str, Any]:
    """Return what the scripts need to bring the bars up to date."""
    return {
        "is_ready": snapshot.is_ready,
        "failure": snapshot.failure,
        "arms": [
            {
                "said": _said(one, t),
                "done": _done(one),
                "total": _total(one),
                "message": one.message if one.state == "failed" else "",
            }
            for one in snapshot.arms
        ],
    }


def _arm_row(number: int, one: ArmProgress, t: Texts) -> Element:
    return html.div(
        [
            html.div(
                [
                    html.strong([arm_mark(number), one.arm.label]),
                    html.span(_said(one, t), **{"data-said": str(number)}),
                ],
                class_="row",
            ),
            html.progress(
                value=str(_done(one)),
                max=str(_total(one)),
                class_=f"bar arm-{number}",
                **{"aria-label": t("waiting.bar", arm=one.arm.label)},
            ),
            html.div(
                [
                    html.pre(one.message),
                    html.p(
                        [t("waiting.again"), " ", html.code(f"tengesim run {one.arm.scenario}")]
                    ),
                ],
                class_="failure",
                role="alert",
                hidden=one.state != "failed",
            ),
        ],
        class_="card running-arm",
    )


def _said(one: ArmProgress, t: Texts) -> str:
    if one.state == "running" and one.total:
        return t("waiting.state.running", done=one.done, total=one.total)
    return t("waiting.state.starting" if one.state == "running" else f"waiting.state.{one.state}")


def _done(one: ArmProgress) -> int:
    return _total(one) if one.state == "done" else one.done


def _total(one: ArmProgress) -> int:
    return max(one.total, 1)
