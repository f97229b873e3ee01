"""A lesson of twenty minutes on the study: predict, look, explain.

While somebody predicts, everything that gives the answer away is covered. The scripts turn the
steps, make the fields, and compare what was predicted with what the prepared file says.
"""

from collections.abc import Sequence

from dashboards import html
from dashboards.components.parts import act_button, icon
from dashboards.html import Element
from dashboards.texts import Texts

__all__ = ["CHOICES", "STEPS", "lesson"]

STEPS = ("start", "evidence", "marking", "harm", "reveal", "explain", "find", "discuss")
MINUTES = {
    "start": 2,
    "evidence": 3,
    "marking": 3,
    "harm": 3,
    "reveal": 3,
    "explain": 3,
    "find": 2,
    "discuss": 1,
}
CHOICES = {
    "marking": ("fall_much", "fall_little", "same", "rise"),
    "gains": ("pupils", "caterers", "treasury", "nobody"),
}


def lesson(t: Texts) -> Element:
    """Return the panel with all its steps, closed."""
    return html.aside(
        [
            html.div(
                [
                    html.h2(t("lesson.title"), id="lesson-title"),
                    act_button(
                        "lesson", t("lesson.close"), shown=icon("close"), name="quiet square"
                    ),
                ],
                class_="row",
            ),
            html.p(id="lesson-progress", class_="lesson-progress"),
            html.div([_step(t, name) for name in STEPS], class_="lesson-steps", id="lesson-steps"),
            html.div(
                [
                    act_button("lesson-back", t("lesson.back"), name="quiet"),
                    act_button("lesson-on", t("lesson.on"), name="primary"),
                ],
                class_="row lesson-turn",
            ),
        ],
        id="lesson",
        class_="lesson",
        hidden=True,
        **{"aria-labelledby": "lesson-title", "data-steps": " ".join(STEPS)},
    )


def _step(t: Texts, name: str) -> Element:
    children: list[Element] = [html.h3(t(f"lesson.{name}.title"))]
    children.extend(html.p(part) for part in t(f"lesson.{name}.text").split("\n"))
    children.extend(_fields(t, name))
    return html.div(
        children,
        hidden=name != STEPS[0],
        tabindex="-1",
        **{"data-step": name, "data-minutes": str(MINUTES[name])},
    )


def _fields(t: Texts, name: str) -> Sequence[Element]:
    match name:
        case "evidence":
            return [_number(t, "evidence", 100)]
        case "marking":
            return [_choice(t, "marking")]
        case "harm":
            return [_number(t, "harm", 1000), _choice(t, "gains")]
        case "reveal":
            return [
                html.div(id="lesson-reveal", class_="lesson-reveal"),
                act_button("lesson-play", t("lesson.reveal.play"), name="primary"),
            ]
        case "find":
            return [
                act_button("lesson-find", t("lesson.find.go"), name="primary"),
                html.p(
                    t("lesson.find.done"),
                    id="lesson-found",
                    class_="lesson-found",
                    hidden=True,
                    role="status",
                ),
            ]
        case _:
            return []


def _number(t: Texts, field: str, most: int) -> Element:
    """Return the place of a number field; the scripts put the field in."""
    return html.div(
        class_="field",
        **{
            "data-field": field,
            "data-most": str(most),
            "data-label": t(f"lesson.{field}.field"),
            "data-unit": t(f"lesson.{field}.unit"),
        },
    )


def _choice(t: Texts, field: str) -> Element:
    options = [f"{option}={t(f'lesson.{field}.{option}')}" for option in CHOICES[field]]
    return html.div(
        class_="field",
        **{
            "data-field": field,
            "data-label": t(f"lesson.{field}.field"),
            "data-options": "\n".join(options),
        },
    )
