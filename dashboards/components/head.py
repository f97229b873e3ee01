"""The top of the page: what is being looked at, in one breath, and what it is not."""

from collections.abc import Sequence
from typing import Final

from dashboards import html
from dashboards.components.parts import act_button, arm_mark, hidden_text, icon
from dashboards.headline import headline, total
from dashboards.html import Element
from dashboards.numbers import whole_text
from dashboards.shown import Shown, short_name
from dashboards.study import Study
from dashboards.texts import Texts
from tengesim.report.playback import ArmLog

__all__ = ["arms_of", "masthead", "standing", "title_block"]


_ADDRESSES: Final = {
    "overview": "/",
    "programmes": "/programmes",
    "follow": "/follow",
    "compare": "/compare",
}


def masthead(t: Texts, *, has_lesson: bool, here: str = "", pages: Sequence[str] = ()) -> Element:
    """Return the bar with the name, the standing line, the switches, and links to `pages`."""
    switches: list[Element] = []
    if has_lesson:
        switches.append(
            act_button(
                "lesson",
                t("lesson.open"),
                shown=[icon("lesson"), html.span(t("lesson.open"))],
                name="quiet",
            )
        )
    switches.append(
        act_button("theme", t("theme.switch"), shown=icon("theme"), name="quiet square")
    )
    return html.header(
        [
            html.a(t("skip"), href="#main", class_="skip"),
            html.span(
                [html.span(class_="emblem", **{"aria-hidden": "true"}), t("app.name")],
                class_="wordmark",
            ),
            html.span(t("standing.short"), class_="standing"),
            _links(pages, here, t) if len(pages) > 1 else None,
            html.div(switches, class_="switches"),
        ],
        class_="masthead",
    )


def _links(pages: Sequence[str], here: str, t: Texts) -> Element:
    links = [
        html.a(
            t(f"page.{name}"),
            href=_ADDRESSES[name],
            **{"aria-current": "page" if name == here else None},
        )
        for name in pages
    ]
    return html.nav(links, class_="pages", **{"aria-label": t("page.names")})


def title_block(study: Study, t: Texts) -> Element:
    """Return the title, what was compared, and the sentence that says what happened."""
    return html.div(
        [
            html.h1(_title(study, t)),
            html.p(study.text.question, class_="question"),
            html.div(
                [html.p(headline(study, t), class_="headline", id="headline"), _at_end(study, t)],
                class_="opening lesson-hides",
                **{"data-cover": t("lesson.hidden")},
            ),
            standing(study, t, "standing.same"),
        ],
        class_="title-block",
    )


def standing(study: Shown, t: Texts, same: str) -> Element:
    """Return what the page is not, and `same`, what all arms share when they have one seed."""
    seeds = study.prepared["seeds"]
    if len(study.arms) == 1:
        shared = ""
    else:
        shared = t(same, seed=seeds[0]) if len(seeds) == 1 else t("standing.different")
    return html.p([html.strong(t("standing.line")), " ", shared], class_="standing-line")


def _at_end(study: Study, t: Texts) -> Element:
    """Return the outcome in one table: both kinds of error, and how long caterers wait."""
    head = [html.th(hidden_text(t("runs.arm")), scope="col")]
    head += [
        html.th(t(f"at_end.{name}"), scope="col") for name in ("phantom", "blocked", "waiting")
    ]
    rows = [
        html.tr(
            [
                html.th([arm_mark(number), short_name(arm, t)], scope="row"),
                html.td(whole_text(total(prepared, "meals", "phantom", "accepted"))),
                html.td(whole_text(total(prepared, "meals", "honest", "refused"))),
                html.td(prepared["waiting_days"] or t("unit.none")),
            ]
        )
        for number, (arm, prepared) in enumerate(
            zip(study.arms, study.prepared["arms"], strict=True)
        )
    ]
    return html.table(
        [html.caption(t("at_end.title")), html.thead(html.tr(head)), html.tbody(rows)],
        class_="at-end",
    )


def arms_of(study: Shown, t: Texts) -> Element:
    """Return the arms with the line that stands for each; pressing one puts it in front."""
    return html.div(
        [
            html.button(
                [
                    html.span(
                        [arm_mark(number), html.strong(short_name(arm, t))], class_="arm-name"
                    ),
                    _lead(arm, t),
                ],
                type="button",
                class_=f"arm-button arm-{number}",
                **{"data-act": "focus", "data-arm": str(number), "aria-pressed": "false"},
            )
            for number, arm in enumerate(study.arms)
        ],
        class_="arms",
        role="group",
        **{"aria-label": t("arms.name")},
    )


def _title(study: Study, t: Texts) -> str:
    key = f"study.{study.text.name}"
    return t(key) if t.has(key) else study.text.title


def _lead(arm: ArmLog, t: Texts) -> Element | None:
    """Return what an arm is in more words than its name, where there are any."""
    key = f"arm.{arm.id}.lead"
    told = t(key) if t.has(key) else arm.label
    return None if told == short_name(arm, t) else html.span(told, class_="arm-lead")
