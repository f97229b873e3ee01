"""What the server answers about public contracts: lists, one contract, stories, money followed."""

from collections.abc import Callable
from typing import Final

import flask

from dashboards.document import document, language_asked
from dashboards.html import Element
from dashboards.pages.follow import back_page, follow_page
from dashboards.pages.programmes import contract_page, programmes_page, story_page
from dashboards.payments import find_payment
from dashboards.programmes import Programmes, pages_of, wanted_of
from dashboards.shown import Shown

__all__ = ["serve_programmes"]

_NAME_MAX: Final = 200
_DIGITS_MAX: Final = 15


def serve_programmes(
    server: flask.Flask, shown: Callable[[], Shown | None], *, has_campaigns: Callable[[], bool]
) -> None:
    """Serve the pages of contracts of whatever is `shown` once its runs are done."""
    held: dict[str, Programmes] = {}

    def programmes() -> Programmes:
        study = shown()
        if study is None:
            # Runs are under way or do not fit together; the first page says which.
            flask.abort(flask.redirect("/"))
        if study.etag not in held:
            held.clear()
            held[study.etag] = Programmes(study)
        if not held[study.etag].arms:
            flask.abort(404)
        return held[study.etag]

    def pages() -> tuple[str, ...]:
        return pages_of(programmes().shown, has_campaigns=has_campaigns())

    @server.get("/programmes")
    def contracts() -> flask.Response:
        known = programmes()
        arm = _arm(known)
        wanted = wanted_of(flask.request.args, known.lines(arm))
        return _answer(programmes_page(known, arm, wanted, language_asked(), pages()))

    @server.get("/programmes/contract")
    def contract() -> flask.Response:
        known = programmes()
        name = flask.request.args.get("id", "")[:_NAME_MAX]
        return _answer(contract_page(known, _arm(known), name, language_asked(), pages()))

    @server.get("/programmes/story")
    def contract_story() -> flask.Response:
        known = programmes()
        wanted = {"arm_number": _arm(known), "intent": flask.request.args.get("intent")}
        found = find_payment(known.shown, wanted)
        if found is None:
            flask.abort(404)
        return _answer(story_page(known, *found, language_asked(), pages()))

    @server.get("/follow")
    def follow() -> flask.Response:
        known, t = programmes(), language_asked()
        arm, row = _arm(known), flask.request.args.get("row", "")
        if row:
            if not row.isascii() or not row.isdigit() or len(row) > _DIGITS_MAX:
                flask.abort(404)
            return _answer(back_page(known, arm, int(row), t, pages()))
        line = flask.request.args.get("line", "")
        return _answer(follow_page(known, arm, line, t, pages()))


def _arm(programmes: Programmes) -> int:
    """Return the number of the arm that is asked for, or of the last one with contracts."""
    asked = flask.request.args.get("arm", "")
    if asked.isascii() and asked.isdigit() and len(asked) < _DIGITS_MAX:
        number = int(asked)
        if number in programmes.arms:
            return number
        flask.abort(404)
    return programmes.arms[-1]


def _answer(page: Element | None) -> flask.Response:
    if page is None:
        flask.abort(404)
    answer = flask.Response(
        document(page, language_asked(), has_figures=False), mimetype="text/html"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
