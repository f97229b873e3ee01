"""The application: one document, the prepared files, and the few questions a page asks.

Playing asks nothing. What remains is how far the runs are, which payments a day had, and what was
decided about one of them; each answer depends on its arguments alone. The document is written by
the server, and Dash shows what is asked for: the grid of payments.
"""

import gzip
import json
from typing import Any, Protocol

import flask
import plotly.graph_objects as go
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from plotly.utils import PlotlyJSONEncoder
from werkzeug.wrappers import Response

from dashboards.campaigns import Campaigns
from dashboards.components.charts import figures_of
from dashboards.components.flows import economy_figures
from dashboards.components.grid import payments_grid
from dashboards.components.holdings import reserve_figures
from dashboards.document import ASSETS, COOKIE, document, language_asked
from dashboards.economy import Economy
from dashboards.html import Element, markup
from dashboards.jobs import Snapshot
from dashboards.pages.economy import economy_page
from dashboards.pages.overview import overview
from dashboards.pages.reserve import reserve_page
from dashboards.pages.waiting import progress_of, waiting_page
from dashboards.payments import choice_of, find_payment, page_of
from dashboards.programme_routes import serve_programmes
from dashboards.reserve import Reserve
from dashboards.routes import serve_comparisons
from dashboards.security import protect, scrub_environment
from dashboards.shown import Shown
from dashboards.story_view import story_view
from dashboards.study import Study
from dashboards.texts import Texts, languages, texts
from tengesim.report.figures import FIGURE_CONFIG

__all__ = ["ArmsRun", "create_app"]


class ArmsRun(Protocol):
    """Runs that are under way or done."""

    def snapshot(self) -> Snapshot:
        """Return how far every arm is."""
        ...

    def study(self) -> Shown | None:
        """Return the study once every arm is done."""
        ...


class _Page(Dash):
    """Dash inside a document of ours."""

    jobs: ArmsRun
    campaigns: Campaigns
    written: dict[tuple[str, bool], str]

    # Dash passes its eight parts by name; naming them all here would only repeat them.
    def interpolate_index(self, **parts: Any) -> str:  # type: ignore[override]  # noqa: ANN401
        t = language_asked()
        study = self.jobs.study()
        if study is None:
            page = markup(waiting_page(self.jobs.snapshot(), t))
        else:
            key = (t.language, bool(self.campaigns.names()))
            page = self.written.get(key) or markup(_page(study, t, has_campaigns=key[1]))
            self.written[key] = page
        ending = f"<div hidden>{parts['config']}</div>\n{parts['scripts']}\n{parts['renderer']}"
        return document(page, t, has_figures=True, ending=ending)


def _page(study: Shown, t: Texts, *, has_campaigns: bool) -> Element:
    """Return the page that fits what was run."""
    if isinstance(study, Economy):
        return economy_page(study, t, has_campaigns=has_campaigns)
    if isinstance(study, Reserve):
        return reserve_page(study, t, has_campaigns=has_campaigns)
    if isinstance(study, Study):
        return overview(study, t, has_campaigns=has_campaigns)
    raise TypeError(f"there is no page for {type(study).__name__}")


def create_app(jobs: ArmsRun, campaigns: Campaigns | None = None) -> Dash:
    """Return the application that shows `jobs`, whatever the environment asks for besides.

    `campaigns` are the comparisons that can be read beside the runs, or instead of them.
    """
    scrub_environment()
    app = _Page(
        "dashboards",
        assets_folder=str(ASSETS),
        include_assets_files=False,
        use_pages=False,
        pages_folder="",
        serve_locally=True,
        suppress_callback_exceptions=True,
        update_title="",
        enable_mcp=False,
        add_log_handler=False,
    )
    app.jobs = jobs
    app.campaigns = campaigns or Campaigns(None)
    app.written = {}
    app.layout = html.Div(
        [
            dcc.Store(id="payments-wanted"),
            html.Div(id="payments-grid", className="payments-grid"),
        ]
    )
    _serve_files(app.server, jobs)
    _answer_payments(app, jobs)
    serve_comparisons(
        app.server,
        app.campaigns,
        has_overview=lambda: jobs.study() is not None or bool(jobs.snapshot().arms),
    )
    serve_programmes(app.server, jobs.study, has_campaigns=lambda: bool(app.campaigns.names()))
    protect(app)
    return app


def _serve_files(server: flask.Flask, jobs: ArmsRun) -> None:
    """Serve what the page needs besides itself, each prepared once."""
    drawn: dict[str, bytes] = {}

    @server.get("/progress.json")
    def progress() -> flask.Response:
        answer = flask.jsonify(progress_of(jobs.snapshot(), language_asked()))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @server.get("/playback.json")
    def prepared() -> Response:
        study = _finished(jobs)
        return _compressed(study.body, study.etag)

    @server.get("/figures/<language>.json")
    def figures(language: str) -> Response:
        study = _finished(jobs)
        if language not in languages():
            flask.abort(404)
        if language not in drawn:
            drawn[language] = _figures(study, texts(language))
        return _compressed(drawn[language], f"{study.etag}-{language}")

    @server.get("/texts/<language>.json")
    def catalogue(language: str) -> Response:
        if language not in languages():
            flask.abort(404)
        answer = flask.jsonify(texts(language).table())
        answer.add_etag()
        answer.headers["Cache-Control"] = "no-cache"
        return answer.make_conditional(flask.request)

    @server.get("/story")
    def story() -> flask.Response:
        study, t = _finished(jobs), language_asked()
        arm = flask.request.args.get("arm", "")
        wanted = {
            "arm_number": study.ids.index(arm) if arm in study.ids else -1,
            "intent": flask.request.args.get("intent"),
        }
        found = find_payment(study, wanted)
        if found is None:
            flask.abort(404)
        answer = flask.Response(markup(story_view(study, *found, t)), mimetype="text/html")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @server.after_request
    def remember_language(answer: flask.Response) -> flask.Response:
        wanted = flask.request.args.get("lang")
        if flask.request.path in {"/", "/compare"} and wanted in languages():
            answer.set_cookie(COOKIE, wanted, samesite="Strict", httponly=True)
        return answer


def _finished(jobs: ArmsRun) -> Shown:
    study = jobs.study()
    if study is None:
        flask.abort(404)
    return study


def _figures(study: Shown, t: Texts) -> bytes:
    drawn: dict[str, go.Figure] = {}
    if isinstance(study, Economy):
        drawn = economy_figures(study, t)
    elif isinstance(study, Reserve):
        drawn = reserve_figures(study, t)
    elif isinstance(study, Study):
        drawn = figures_of(study, t)
    content = {
        "config": dict(FIGURE_CONFIG),
        "figures": {name: each.to_plotly_json() for name, each in drawn.items()},
    }
    plain = json.dumps(content, cls=PlotlyJSONEncoder, separators=(",", ":"))
    return gzip.compress(plain.encode(), mtime=0)


def _compressed(body: bytes, etag: str) -> Response:
    """Return a file that was compressed once; every browser of today takes gzip."""
    answer = flask.Response(body, mimetype="application/json")
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Cache-Control"] = "no-cache"
    answer.set_etag(etag)
    return answer.make_conditional(flask.request)


def _answer_payments(app: Dash, jobs: ArmsRun) -> None:
    @app.callback(Output("payments-grid", "children"), Input("payments-wanted", "data"))
    def show_day(wanted: object) -> Any:  # noqa: ANN401 - Dash takes components or no_update
        """Return the grid of the chosen day."""
        study, t = jobs.study(), language_asked()
        choice = choice_of(study, wanted) if study is not None else None
        if study is None or choice is None:
            return html.P(t("payments.none_chosen"), className="empty")
        return payments_grid(choice, study, t, page_of(study, choice, 0, 0, t).total)

    @app.callback(
        Output("payment-rows", "getRowsResponse"),
        Input("payment-rows", "getRowsRequest"),
        State("payments-wanted", "data"),
        prevent_initial_call=True,
    )
    def show_rows(request: object, wanted: object) -> Any:  # noqa: ANN401 - as above
        """Return one page of rows."""
        study, t = jobs.study(), language_asked()
        span = _span(request)
        choice = choice_of(study, wanted) if study is not None else None
        if study is None or choice is None or span is None:
            return no_update
        page = page_of(study, choice, *span, t)
        return {"rowData": page.rows, "rowCount": page.total}

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("tengesim", "openStory"), Input("payment-rows", "selectedRows")
    )


def _span(request: object) -> tuple[int, int] | None:
    """Return first row and number of rows that a grid asks for, if it asks sensibly."""
    if not isinstance(request, dict):
        return None
    first, end = request.get("startRow"), request.get("endRow")
    if type(first) is not int or type(end) is not int or not 0 <= first < end < 10**7:
        return None
    return first, end - first
