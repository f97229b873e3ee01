"""The player at the foot of the page: date, play, step, speed, and the timeline with its events.

Playing is done by the scripts; what stands here is markup with accessible names. The slider itself
is made by the scripts, because it must answer every movement without the server.
"""

from dashboards import html
from dashboards.components.parts import act_button, icon
from dashboards.html import Element
from dashboards.texts import Texts

__all__ = ["SPEEDS", "dock"]

SPEEDS = (6, 12, 24, 48, 96, 168, 336)
"""Simulated hours a second."""

DEFAULT_SPEED = 24


def dock(t: Texts) -> Element:
    """Return the player."""
    return html.div(
        [
            html.div(
                [
                    act_button("play", t("dock.play"), shown=_play_icons(), name="play"),
                    act_button("step-back", t("dock.back"), shown=icon("back"), name="step"),
                    act_button("step-on", t("dock.on"), shown=icon("on"), name="step"),
                ],
                class_="dock-buttons",
            ),
            html.div(
                [
                    html.span(id="dock-date", class_="dock-date"),
                    html.span(id="dock-time", class_="dock-time"),
                    html.span(id="dock-weekday", class_="dock-weekday"),
                    html.span(id="dock-day", class_="dock-day"),
                ],
                class_="dock-when",
            ),
            html.div(
                [
                    html.div(id="timeline-days", class_="timeline-days"),
                    html.div(id="timeline-marks", class_="timeline-marks"),
                    html.div(id="timeline-slider", class_="timeline-slider"),
                ],
                class_="timeline",
            ),
            html.div(
                [
                    html.label(
                        [html.span(t("dock.speed"), class_="visually-hidden"), _speeds(t)],
                        class_="speed",
                    ),
                    act_button(
                        "day-payments",
                        t("dock.payments"),
                        shown=[icon("list"), html.span(t("dock.payments_short"))],
                        name="quiet",
                    ),
                    act_button(
                        "reset", t("dock.reset"), shown=[icon("reset")], name="quiet square"
                    ),
                ],
                class_="dock-more",
            ),
        ],
        id="dock",
        class_="dock",
        role="region",
        **{"aria-label": t("dock.name")},
    )


def _play_icons() -> list[Element]:
    return [icon("play"), icon("pause")]


def _speeds(t: Texts) -> Element:
    return html.select(
        [html.option(t(f"speed.{hours}"), value=str(hours)) for hours in SPEEDS],
        id="speed",
    )
