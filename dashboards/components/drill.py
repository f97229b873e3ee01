"""From a day to its payments, and from one payment to everything that was decided about it."""

from collections.abc import Sequence

from dashboards import html
from dashboards.components.parts import act_button, icon
from dashboards.html import Element
from dashboards.numbers import day_text
from dashboards.payments import kinds, places
from dashboards.shown import Shown, short_name
from dashboards.texts import Texts
from tengesim.codes import TrueLabel

__all__ = ["ECONOMY_FILTERS", "FILTERS", "RESERVE_FILTERS", "payments_of", "story_dialog"]


FILTERS = ("day", "arm", "status", "reason", "place", "label")
"""What payments of meals are filtered by."""

ECONOMY_FILTERS = ("day", "arm", "kind", "status", "reason", "label")
"""The same where payments are of many kinds."""


RESERVE_FILTERS = ("day", "arm", "kind")
"""The same where rows are moves of assets, which nobody refuses."""


def payments_of(
    study: Shown, reasons: Sequence[str], t: Texts, filters: Sequence[str] = FILTERS
) -> list[Element]:
    """Return the filters and the place where Dash shows the grid."""
    states = ("settled", "recorded", "refused", "held")
    options = {
        "day": [
            (day.isoformat(), day_text(day, t, with_year=False))
            for day in map(study.clock.day, range(study.clock.days))
        ],
        "arm": [(arm.id, short_name(arm, t)) for arm in study.arms],
        "status": [(each, t(f"status.{each}")) for each in states],
        "reason": [(each, t(f"reason.{each}")) for each in reasons],
        "place": [(each, each) for each in places(study)] if "place" in filters else [],
        "kind": [(each, t(f"kind.{each}")) for each in kinds(study)],
        "label": [(each.name.lower(), t(f"label.{each.name.lower()}")) for each in TrueLabel],
    }
    return [
        html.div([_filter(name, options[name], t) for name in filters], class_="filters"),
        html.div(html.p(t("payments.none_chosen"), class_="empty"), id="react-entry-point"),
    ]


def story_dialog(t: Texts) -> Element:
    """Return the drawer in which one payment is told."""
    return html.dialog(
        [
            html.div(
                [
                    html.h2(t("story.title"), id="story-title"),
                    act_button(
                        "close-story", t("story.close"), shown=icon("close"), name="quiet square"
                    ),
                ],
                class_="row",
            ),
            html.div(id="story"),
        ],
        id="story-dialog",
        class_="drawer",
        **{"aria-labelledby": "story-title"},
    )


def _filter(name: str, choices: Sequence[tuple[str, str]], t: Texts) -> Element:
    options = [("", t(f"filter.{name}.all")), *choices]
    return html.label(
        [
            html.span(t(f"filter.{name}")),
            html.select(
                [html.option(shown, value=value) for value, shown in options],
                **{"data-filter": name},
            ),
        ],
        class_="filter",
    )
