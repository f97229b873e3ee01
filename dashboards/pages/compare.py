"""The page of a comparison: what differs, what came of it, how sure that is, and which payments."""

from collections.abc import Sequence

from dashboards import html
from dashboards.comparison import Comparison
from dashboards.components.apart import apart_table
from dashboards.components.changes import change_card
from dashboards.components.comparing import (
    arm_cards,
    assumption_table,
    error_table,
    influence_list,
    lever_table,
    meanings,
    repeat_block,
    stories_dialog,
    variant_links,
)
from dashboards.components.head import masthead
from dashboards.components.outcomes import outcome_card
from dashboards.components.parts import section
from dashboards.html import Element
from dashboards.texts import Texts
from tengesim.clock import Calendar

__all__ = ["compare_page", "damaged_page", "no_comparison_page"]


def compare_page(
    comparison: Comparison,
    campaigns: Sequence[tuple[str, str]],
    t: Texts,
    *,
    calendar: Calendar | None,
    has_runs: bool,
    has_overview: bool,
) -> Element:
    """Return the page of one variant beside its base.

    `campaigns` are all there are, by name and title. `calendar` writes the moments of examples;
    `has_runs` says that their stories can be opened.
    """
    parts = [
        _title(comparison, t),
        variant_links(comparison, campaigns, t),
        arm_cards(comparison, t),
        _section(t, "levers", lever_table(comparison, t)),
        _section(t, "apart", apart_table(comparison, t)) if comparison.effects else None,
        _section(t, "outcomes", outcome_card(comparison, t), meanings(comparison, t)),
        _section(t, "changes", change_card(comparison, calendar, t, can_open=has_runs)),
        _section(t, "influence", influence_list(comparison, t), assumption_table(comparison, t)),
        _section(t, "unfinished", error_table(comparison, t)) if comparison.errors else None,
        _section(t, "repeat", repeat_block(comparison, t)),
    ]
    shown = [part for part in parts if part is not None]
    return _page(shown, t, has_overview=has_overview, name=comparison.name)


def no_comparison_page(t: Texts, *, has_overview: bool) -> Element:
    """Return what is seen when nothing was compared yet: how to do it."""
    return _page(
        [
            html.div(
                [
                    html.h1(t("compare.empty.title")),
                    html.p(t("compare.empty.text"), class_="question"),
                    html.pre(t("compare.empty.command"), class_="command", tabindex="0"),
                    html.p(t("compare.empty.after"), class_="question"),
                ],
                class_="title-block",
            )
        ],
        t,
        has_overview=has_overview,
    )


def damaged_page(said: str, t: Texts, *, has_overview: bool) -> Element:
    """Return what is seen when a campaign cannot be read: what is wrong with it."""
    return _page(
        [
            html.div(
                [
                    html.h1(t("compare.damaged.title")),
                    html.pre(said, class_="failure", role="alert"),
                ],
                class_="title-block",
            )
        ],
        t,
        has_overview=has_overview,
    )


def _title(comparison: Comparison, t: Texts) -> Element:
    manifest = comparison.manifest
    return html.div(
        [
            html.h1(
                t("compare.heading", a=comparison.base_title, b=comparison.variant_title),
                class_="compare-heading",
            ),
            html.p(manifest.question, class_="question") if manifest.question else None,
            html.p(comparison.headline, class_="headline", id="headline"),
            html.p(
                [html.strong(t("standing.line")), " ", t("compare.standing")],
                class_="standing-line",
            ),
            *(html.p(note, class_="note") for note in manifest.notes),
        ],
        class_="title-block",
    )


def _section(t: Texts, name: str, *children: Element) -> Element:
    return section(t, name, children, is_result=False)


def _page(
    parts: Sequence[Element], t: Texts, *, has_overview: bool, name: str | None = None
) -> Element:
    return html.div(
        [
            masthead(t, has_lesson=False, here="compare", pages=_pages(has_overview=has_overview)),
            html.main(parts, id="main", tabindex="-1"),
            html.footer([html.p(t("standing.line")), html.p(t("footer.text"))], class_="footer"),
            stories_dialog(t),
        ],
        class_="page page-still",
        **{"data-still": "true", "data-campaign": name},
    )


def _pages(*, has_overview: bool) -> tuple[str, ...]:
    return ("overview", "compare") if has_overview else ("compare",)
