"""The frame of every page: head, own styles and scripts, and the languages there are.

Files are named with a part of their digest, so that a browser may keep them for ever and still
never shows an old one.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import flask

from dashboards.html import Children, markup
from dashboards.texts import DEFAULT_LANGUAGE, Texts, languages, texts

__all__ = ["ASSETS", "COOKIE", "document", "language_asked"]

ASSETS: Final = Path(__file__).with_name("assets")
COOKIE: Final = "lang"

_DOCUMENT: Final = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" type="image/svg+xml" href="/assets/icons/emblem.svg">
{styles}
<script src="{theme}"></script>
{drawing}
</head>
<body>
{page}
<noscript>{noscript}</noscript>
{scripts}
{ending}
</body>
</html>
"""
# It decides about light and dark, so it runs before anything is drawn.
_FIRST_SCRIPT: Final = "00_first.js"
_DRAWING: Final = (
    '<script async src="/_dash-component-suites/plotly/package_data/plotly.min.js"></script>'
)


def document(page: Children | str, t: Texts, *, has_figures: bool, ending: str = "") -> str:
    """Return a whole page; `page` is elements, or text that was made of elements already.

    `ending` is what Dash needs where it shows a part of the page.
    """
    return _DOCUMENT.format(
        language=t.language,
        title=markup(t("app.title")),
        styles="\n".join(
            f'<link rel="stylesheet" href="{_asset(name)}">' for name in _names("*.css")
        ),
        theme=_asset(_FIRST_SCRIPT),
        drawing=_DRAWING if has_figures else "",
        page=page if isinstance(page, str) else markup(page),
        noscript=markup(t("app.noscript")),
        scripts="\n".join(
            f'<script src="{_asset(name)}"></script>'
            for name in _names("*.js")
            if name != _FIRST_SCRIPT
        ),
        ending=ending,
    )


def language_asked() -> Texts:
    """Return the texts in the language of the request."""
    wanted = flask.request.args.get("lang") or flask.request.cookies.get(COOKIE)
    return texts(wanted if wanted in languages() else DEFAULT_LANGUAGE)


def _names(pattern: str) -> Sequence[str]:
    return [path.name for path in sorted(ASSETS.glob(pattern))]


def _asset(name: str) -> str:
    """Return the address of one of our files, which changes with its content."""
    digest = hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()[:12]
    return f"/assets/{name}?v={digest}"
