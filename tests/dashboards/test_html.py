"""What the server writes is the page: text is shown, never read as markup."""

import pytest

from dashboards import html
from dashboards.html import markup

HOSTILE = [
    "<img src=x onerror=window.__xss=1>",
    "<script>window.__xss=1</script>",
    '"><svg onload=window.__xss=1>',
    "javascript:window.__xss=1",
    "' onmouseover='window.__xss=1",
    "&lt;b&gt;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_and_attributes_are_escaped(text: str) -> None:
    """Goal: names from strangers are inert. Method: no markup of theirs survives."""
    shown = markup(html.p(text, title=text))
    inner = shown.removeprefix("<p ").removesuffix("</p>")
    assert "<" not in inner
    assert inner.count('"') == 2
    assert inner.count(">") == 1


def test_elements_nest_and_absent_ones_are_left_out() -> None:
    """Goal: the builder says what HTML says. Method: one example of each form."""
    node = html.div(
        [html.span("a"), None, ["b", html.code("c")]],
        class_="x",
        hidden=True,
        disabled=False,
        title=None,
        **{"data-n": 3},
    )
    expected = '<div class="x" hidden data-n="3"><span>a</span>b<code>c</code></div>'
    assert markup(node) == expected
