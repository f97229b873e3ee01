"""What a browser and a stranger may do with the page: headers, hosts, sizes, errors.

The page is for one person on one machine. A foreign page in the same browser must not reach it
(host and origin are checked), nothing on it may load from elsewhere or run text (content policy),
and the environment cannot switch on what the command line did not ask for.
"""

import os
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Final

from dash import Dash
from dash.exceptions import DashException
from flask import Flask, Response, abort, request
from werkzeug.exceptions import HTTPException

from dashboards.document import document
from dashboards.pages.lost import lost_page
from dashboards.texts import texts

__all__ = [
    "BODY_BYTES_MAX",
    "LOOPBACK",
    "content_policy",
    "protect",
    "scrub_environment",
]

LOOPBACK: Final = ("127.0.0.1", "localhost")
BODY_BYTES_MAX: Final = 2 * 1024 * 1024

# Dash and Flask read these, and some of them open the server or show its insides.
_SWITCHES: Final = ("DASH_", "FLASK_", "WERKZEUG_", "PLOTLY_")
_SWITCH_NAMES: Final = ("HOST", "PORT")

_NOT_FOUND: Final = 404
_HTML: Final = {"Content-Type": "text/html; charset=utf-8"}
_ANY_OTHER_PATH: Final = "/<path:path>"

_FIXED_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def scrub_environment(environment: MutableMapping[str, str] | None = None) -> list[str]:
    """Remove the variables that would change how the page is served; return their names."""
    found = os.environ if environment is None else environment
    removed = [name for name in found if name.startswith(_SWITCHES) or name in _SWITCH_NAMES]
    for name in removed:
        del found[name]
    return sorted(removed)


def content_policy(script_hashes: Sequence[str]) -> str:
    """Return what the page may load: its own files only, and scripts that were hashed.

    Styles may be inline, because Plotly and the grid set them; scripts may not.
    """
    rules = (
        "default-src 'self'",
        " ".join(("script-src 'self'", *script_hashes)),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return "; ".join(rules)


def protect(app: Dash) -> None:
    """Put hosts, sizes, headers and error pages in place; call after the last callback.

    The hashes of inline scripts are complete only then.
    """
    server = app.server
    server.config["TRUSTED_HOSTS"] = list(LOOPBACK)
    server.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    server.config["MAX_FORM_PARTS"] = 20
    # A variable of the environment may have set it already.
    server.debug = False
    server.config["SESSION_COOKIE_HTTPONLY"] = True
    server.config["SESSION_COOKIE_SAMESITE"] = "Strict"
    policy = content_policy(app.csp_hashes())

    def refuse_strangers() -> None:
        _refuse_foreign_origin()
        if request.endpoint == _ANY_OTHER_PATH:
            # Dash would answer every path with the page.
            abort(404)
        if request.path == "/_dash-update-component" and not _is_callback(app):
            abort(400)

    def add_headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        for name, value in _FIXED_HEADERS.items():
            response.headers[name] = value
        if request.path.startswith("/_dash-update-component"):
            response.headers["Cache-Control"] = "no-store"
        return response

    server.before_request(refuse_strangers)
    server.after_request(add_headers)
    _answer_errors(server)


def _refuse_foreign_origin() -> None:
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        abort(403)
    # Following a link from elsewhere is fine; fetching from there is not.
    is_visit = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"} and not is_visit:
        abort(403)


def _is_callback(app: Dash) -> bool:
    """Return whether the request asks for a callback there is, in the form Dash expects."""
    if not request.is_json:
        # Dash answers 415 by itself.
        return True
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        return False
    output = body.get("output")
    if not isinstance(output, str) or output not in app.callback_map:
        return False
    known: Mapping[str, Any] = app.callback_map[output]
    return all(_is_list_like(known[part], body.get(part, [])) for part in ("inputs", "state"))


def _is_list_like(known: Sequence[Mapping[str, str]], given: object) -> bool:
    return (
        isinstance(given, list)
        and len(given) == len(known)
        and all(
            isinstance(one, dict)
            and (one.get("id"), one.get("property")) == (each["id"], each["property"])
            for one, each in zip(given, known, strict=True)
        )
    )


def _answer_errors(server: Flask) -> None:
    """Answer refused and failed requests with a sentence, never with the insides."""

    def refused(error: HTTPException) -> tuple[str, int, dict[str, str]]:
        code = error.code or 500
        t = texts()
        said = t(f"http.{code}" if t.has(f"http.{code}") else "http.other")
        if code == _NOT_FOUND and request.headers.get("Sec-Fetch-Mode") == "navigate":
            # Somebody looks at it, so there is a way on.
            return document(lost_page(t), t, has_figures=False), code, _HTML
        return said, code, {"Content-Type": "text/plain; charset=utf-8"}

    def failed(error: Exception) -> tuple[str, int, dict[str, str]]:
        if isinstance(error, DashException):
            # Dash raises this for a file of a package it does not know.
            return texts()("http.404"), 404, {"Content-Type": "text/plain; charset=utf-8"}
        server.logger.error("a request failed", exc_info=error)
        return texts()("http.500"), 500, {"Content-Type": "text/plain; charset=utf-8"}

    server.register_error_handler(HTTPException, refused)
    server.register_error_handler(Exception, failed)
