"""HTML and SVG elements as typed values, written out with all text escaped.

Reports and the dashboard are made of these, so that a name from a stranger's scenario is shown and
never read as markup: there is no way here to put text into a document unescaped.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias, Union

__all__ = ["Attribute", "Children", "Element", "Maker", "markup"]

Attribute: TypeAlias = str | int | bool | None
Children: TypeAlias = Union["Element", str, Sequence["Children"], None]

# Elements that have neither content nor an end.
_VOID = frozenset({"br", "col", "hr", "meta"})


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its name, its attributes, and what stands in it."""

    name: str
    attributes: Mapping[str, Attribute]
    children: Children


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes elements of one name.

    Attributes are named as in HTML, `class_` for class; one that is None or False is left out.
    """

    name: str

    def __call__(self, children: Children = None, **attributes: Attribute) -> Element:
        """Return an element of this name."""
        return Element(self.name, attributes, children)


def markup(node: Children) -> str:
    """Return an element, a text, or a sequence of them as HTML.

    >>> markup(Maker("p")(["a < b", Maker("strong")("!")], class_="x"))
    '<p class="x">a &lt; b<strong>!</strong></p>'
    """
    return "".join(_pieces(node))


def _pieces(node: Children) -> Iterator[str]:
    if node is None:
        return
    if isinstance(node, str):
        yield escape(node)
    elif isinstance(node, Element):
        yield f"<{node.name}{''.join(_attributes(node.attributes))}>"
        if node.name not in _VOID:
            yield from _pieces(node.children)
            yield f"</{node.name}>"
    else:
        for each in node:
            yield from _pieces(each)


def _attributes(attributes: Mapping[str, Attribute]) -> Iterator[str]:
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = key.removesuffix("_")
        yield f" {name}" if value is True else f' {name}="{escape(str(value))}"'
