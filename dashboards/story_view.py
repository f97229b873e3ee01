"""One payment told: every attempt, every rule that was asked, and, apart, what was true.

The decisions come from the log, made again by the readable evaluator. Truth stands in a box of its
own, because no control could see it.
"""

from collections.abc import Sequence

from dashboards import html
from dashboards.components.parts import icon
from dashboards.html import Element
from dashboards.shown import Shown
from dashboards.texts import Texts
from tengesim.report.story import Log, RuleLine, Story, StoryStep, UnknownIdError, story_of
from tengesim.scenario.model import Scenario

__all__ = ["story_view", "told"]


def story_view(study: Shown, number: int, intent: str, t: Texts) -> Element:
    """Return the story of `intent` in the arm `number`."""
    arm = study.arms[number]
    return told(arm.log, study.scenarios[number], arm.label, intent, t)


def told(log: Log, scenario: Scenario, label: str, intent: str, t: Texts) -> Element:
    """Return the story of `intent` in the run of the arm that is called `label`."""
    try:
        story = story_of(log, scenario, intent)
    except UnknownIdError:
        return html.p(t("story.unknown"), class_="empty")
    steps = [_step(step, place, t) for place, step in enumerate(story.steps, start=1)]
    if story.left_out:
        steps.append(html.li(t("story.left_out", count=story.left_out), class_="story-step"))
    return html.div(
        [
            html.dl(
                [
                    html.div([html.dt(t("story.arm")), html.dd(label)]),
                    html.div([html.dt(t("story.id")), html.dd(html.code(story.id))]),
                ],
                class_="story-head",
            ),
            html.h3([icon("observed"), t("story.seen")]),
            html.ol(steps, class_="story-steps"),
            *_funding(story, t),
            *_truth(story, t),
        ],
        **{"data-story": intent},
    )


def _step(step: StoryStep, place: int, t: Texts) -> Element:
    is_refused = step.status == "refused"
    said = t(f"status.{step.status}")
    reason = t(f"reason.{step.reason}") if step.reason else ""
    return html.li(
        [
            html.div(
                [
                    html.span(t("story.step", number=place), class_="story-number"),
                    html.span(step.moment, class_="story-moment"),
                    html.span(
                        [icon("cross" if is_refused else "check"), said],
                        class_=f"pill pill-{'refused' if is_refused else 'done'}",
                    ),
                ],
                class_="row story-line",
            ),
            html.p(step.text),
            html.p([html.strong(t("story.reason")), " ", reason], class_="story-reason")
            if reason
            else None,
            html.p([t("story.evidence"), " ", ", ".join(step.evidence)], class_="unit")
            if step.evidence
            else None,
            _rules(step.rules, t),
            None
            if step.is_repeated
            else html.p(t("story.differs"), class_="failure", role="alert"),
        ],
        class_="story-step",
    )


def _rules(rules: Sequence[RuleLine], t: Texts) -> Element | None:
    asked = [rule for rule in rules if rule.passed is not None]
    skipped = [rule.rule for rule in rules if rule.passed is None]
    if not asked:
        return None
    lines: list[Element] = [_rule(rule, t) for rule in asked]
    if skipped:
        lines.append(html.li(t("story.not_asked", rules=", ".join(skipped)), class_="unit"))
    return html.ul(lines, class_="rule-list", **{"aria-label": t("story.rules")})


def _rule(rule: RuleLine, t: Texts) -> Element:
    outcome = "pass" if rule.passed else "fail"
    return html.li(
        [
            html.span(
                [icon("check" if rule.passed else "cross"), t(f"story.rule.{outcome}")],
                class_=f"rule-outcome rule-{outcome}",
            ),
            html.div(
                [
                    html.strong(rule.rule),
                    html.span(t("story.deciding"), class_="pill pill-refused")
                    if rule.is_deciding
                    else None,
                    html.p(rule.text),
                    html.p(_reference(rule.reference, t), class_="unit"),
                ]
            ),
        ],
        class_="deciding" if rule.is_deciding else None,
    )


def _reference(reference: str, t: Texts) -> list[Element | str]:
    if not reference.startswith(("https://", "http://")):
        return [t("story.reference.assumption")]
    address, _, remark = reference.partition(" ")
    link = html.a(
        address.split("/")[2],
        href=address,
        target="_blank",
        rel="noopener noreferrer",
        title=address,
    )
    return [t("story.reference"), " ", link, f" ({remark})" if remark else ""]


def _funding(story: Story, t: Texts) -> list[Element]:
    if not story.funding:
        return []
    return [
        html.h3([icon("back"), t("story.funding")]),
        html.p(t("story.funding.lead"), class_="unit"),
        html.ol([html.li(line) for line in story.funding], class_="way"),
    ]


def _truth(story: Story, t: Texts) -> list[Element]:
    if not story.truth:
        return []
    return [
        html.section(
            [
                html.h3([icon("truth"), t("story.truth")]),
                html.p(story.truth[:1].upper() + story.truth[1:] + "."),
                html.p(t("story.truth.note"), class_="unit"),
            ],
            class_="truth-box",
        )
    ]
