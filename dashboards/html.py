"""HTML elements as typed values, written out by the server with all text escaped.

In Dash 4.4 every component that is mounted in the browser wakes all the others, so a page of two
thousand of them takes forty seconds. What stands still is therefore sent as a document made here,
and only what asks the server is left to Dash.
"""

from typing import Final

from tengesim.report.markup import Attribute, Children, Element, Maker, markup

__all__ = [
    "Attribute",
    "Children",
    "Element",
    "Maker",
    "a",
    "article",
    "aside",
    "button",
    "caption",
    "code",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "header",
    "label",
    "li",
    "main",
    "markup",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "progress",
    "section",
    "select",
    "span",
    "strong",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
]

a: Final = Maker("a")
article: Final = Maker("article")
aside: Final = Maker("aside")
button: Final = Maker("button")
caption: Final = Maker("caption")
code: Final = Maker("code")
dd: Final = Maker("dd")
details: Final = Maker("details")
dialog: Final = Maker("dialog")
div: Final = Maker("div")
dl: Final = Maker("dl")
dt: Final = Maker("dt")
figcaption: Final = Maker("figcaption")
figure: Final = Maker("figure")
footer: Final = Maker("footer")
h1: Final = Maker("h1")
h2: Final = Maker("h2")
h3: Final = Maker("h3")
h4: Final = Maker("h4")
h5: Final = Maker("h5")
header: Final = Maker("header")
label: Final = Maker("label")
li: Final = Maker("li")
main: Final = Maker("main")
nav: Final = Maker("nav")
ol: Final = Maker("ol")
option: Final = Maker("option")
p: Final = Maker("p")
pre: Final = Maker("pre")
progress: Final = Maker("progress")
section: Final = Maker("section")
select: Final = Maker("select")
span: Final = Maker("span")
strong: Final = Maker("strong")
summary: Final = Maker("summary")
table: Final = Maker("table")
tbody: Final = Maker("tbody")
td: Final = Maker("td")
th: Final = Maker("th")
thead: Final = Maker("thead")
tr: Final = Maker("tr")
ul: Final = Maker("ul")
