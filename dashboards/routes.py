"""What the server answers about comparisons: the page, and one payment told in both arms.

Nothing of it needs a study, so comparisons can be read while runs are still under way. Arguments
come from a browser and are looked up in what there is, never followed.
"""

from collections.abc import Callable, Sequence
from typing import Final

import flask
from werkzeug.wrappers import Response

from dashboards import html
from dashboards.campaigns import Campaigns
from dashboards.comparison import comparison_of
from dashboards.document import document, language_asked
from dashboards.html import Element, markup
from dashboards.pages.compare import compare_page, damaged_page, no_comparison_page
from dashboards.story_view import told
from dashboards.texts import Texts
from tengesim.errors import StoreError
from tengesim.report.story import IS_ABOUT
from tengesim.store.campaigns import StoredCampaign

__all__ = ["serve_comparisons"]

_INTENT_MAX: Final = 200
_KNOWN: Final = f"SELECT count(*)::BIGINT AS n FROM events WHERE {IS_ABOUT}"  # noqa: S608


def serve_comparisons(
    server: flask.Flask, campaigns: Campaigns, *, has_overview: Callable[[], bool]
) -> None:
    """Serve the page of comparisons and the stories it opens.

    Where there is nothing else to see, the start page leads to it.
    """

    @server.before_request
    def lead_on() -> Response | None:
        is_start = flask.request.path == "/"
        if is_start and not has_overview() and campaigns.names():
            return flask.redirect("/compare")
        return None

    @server.get("/compare")
    def compare() -> flask.Response:
        t = language_asked()
        page = _page(campaigns, t, has_overview=has_overview())
        answer = flask.Response(document(page, t, has_figures=False), mimetype="text/html")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @server.get("/compare/stories")
    def stories() -> flask.Response:
        t = language_asked()
        stored = _wanted(campaigns)
        intent = flask.request.args.get("intent", "")
        if stored is None or not 0 < len(intent) <= _INTENT_MAX:
            flask.abort(404)
        arms = (stored.manifest.base, _variant(stored))
        columns = [_story(campaigns, stored, arm, intent, t) for arm in arms]
        if not any(is_known for _, is_known in columns):
            flask.abort(404)
        page = html.div([column for column, _ in columns], class_="stories")
        answer = flask.Response(markup(page), mimetype="text/html")
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _page(campaigns: Campaigns, t: Texts, *, has_overview: bool) -> Element:
    names = campaigns.names()
    wanted = flask.request.args.get("campaign") or (names[0] if names else "")
    if not wanted:
        return no_comparison_page(t, has_overview=has_overview)
    try:
        stored = campaigns.find(wanted)
    except StoreError as error:
        return damaged_page(str(error), t, has_overview=has_overview)
    if stored is None:
        flask.abort(404)
    variant = _variant(stored)
    runs = [campaigns.arm_run(stored, arm) for arm in (stored.manifest.base, variant)]
    there = [each for each in runs if each is not None]
    return compare_page(
        comparison_of(stored, variant),
        _titles(campaigns, names),
        t,
        calendar=there[0].scenario.clock.calendar() if there else None,
        has_runs=bool(there),
        has_overview=has_overview,
    )


def _wanted(campaigns: Campaigns) -> StoredCampaign | None:
    try:
        return campaigns.find(flask.request.args.get("campaign", ""))
    except StoreError:
        return None


def _variant(stored: StoredCampaign) -> str:
    """Return the variant that is asked for by its number, or the first."""
    variants = stored.manifest.variants
    number = flask.request.args.get("variant", "0")
    if not number.isascii() or not number.isdigit() or int(number[:4]) >= len(variants):
        flask.abort(404)
    return variants[int(number[:4])]


def _titles(campaigns: Campaigns, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the campaigns that can be read, by name and by what they compare."""
    found = []
    for name in names:
        try:
            stored = campaigns.find(name)
        except StoreError:
            stored = None
        if stored is not None:
            arms = (stored.manifest.base, *stored.manifest.variants)
            found.append((name, " | ".join(stored.manifest.arms[arm].title for arm in arms)))
    return found


def _story(
    campaigns: Campaigns, stored: StoredCampaign, arm: str, intent: str, t: Texts
) -> tuple[Element, bool]:
    """Return what became of `intent` in an arm, and whether the arm knows it."""
    number = 0 if arm == stored.manifest.base else 1
    letter = t(f"compare.arm.{'ab'[number]}")
    head = html.h3(
        [
            html.span(letter, class_=f"letter letter-{'ab'[number]}"),
            stored.manifest.arms[arm].title,
        ]
    )
    opened = campaigns.arm_run(stored, arm)
    if opened is None:
        return _column(head, html.p(t("stories.no_run"), class_="empty")), False
    known = opened.run.query(_KNOWN, {"id": intent})
    if not int(known["n"].iloc[0]):
        return _column(head, html.p(t("stories.absent"), class_="empty")), False
    label = stored.manifest.arms[arm].title
    return _column(head, told(opened.run, opened.scenario, label, intent, t)), True


def _column(head: Element, body: Element) -> Element:
    return html.section([head, body], class_="story-column")
