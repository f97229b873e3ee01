"""Trees of written values: merging, setting one value, and finding where something was written.

Every node remembers its place through merging, so a finding names the file that wrote the value
and not the one that inherited it. Nothing here knows what the values mean.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from tengesim.scenario.text import Listing, Mapping, Node, Place, Scalar, Value, shorten

__all__ = [
    "Key",
    "NoSuchPathError",
    "from_plain",
    "graft",
    "locate",
    "merge",
    "nearest",
    "paths",
    "set_at",
    "to_plain",
]

Key = str | int

_PATHS_MAX = 5_000
_SHORT_NUMBER = 8
# A sentence is no way to point at an item; its number is.
_SHORT_NAME = re.compile(r"[\w-]{1,40}")
# Comparing words takes time that grows with the product of their lengths.
_COMPARED_MAX = 120


class NoSuchPathError(LookupError):
    """Say that a tree has nothing at a path."""


def merge(base: Node, child: Node) -> Node:
    """Lay a child over a base: mappings key by key, everything else is replaced.

    A mapping of another `kind` replaces the base too, since its keys mean something else.
    """
    if not isinstance(base, Mapping) or not isinstance(child, Mapping):
        return child
    if _kind(base) is not None and _kind(child) not in (None, _kind(base)):
        return child
    entries = dict(base.entries)
    for key, node in child.entries.items():
        entries[key] = merge(entries[key], node) if key in entries else node
    return Mapping(entries, child.place)


def to_plain(node: Node) -> object:
    """Return the tree as dicts, lists and values."""
    if isinstance(node, Mapping):
        return {key: to_plain(child) for key, child in node.entries.items()}
    if isinstance(node, Listing):
        return [to_plain(child) for child in node.items]
    return node.value


def from_plain(value: object, place: Place) -> Node:
    """Return a tree of dicts, lists and values, all written at one place."""
    if isinstance(value, dict):
        entries = {str(key): from_plain(child, place) for key, child in value.items()}
        return Mapping(entries, place)
    if isinstance(value, list | tuple):
        return Listing(tuple(from_plain(child, place) for child in value), place)
    return Scalar(_checked(value), place)


def locate(root: Node, keys: Sequence[Key]) -> tuple[Node, Place, list[str]]:
    """Follow keys as far as the tree goes, and name the way.

    Returns the deepest node that exists, the place where it was written, and the keys as the
    author knows them: items of lists by their `id` or `name`. A key that leads nowhere is kept
    when it is the last; before that it is a name that only the schema knows, and is left out.
    """
    node, place, named = root, root.place, []
    position = 0
    while position < len(keys):
        step, taken = _step(node, keys[position:])
        if step is not None:
            child = _child(node, step)
            named.append(_name_of(child, step) if isinstance(node, Listing) else shorten(str(step)))
            node, place = child, child.place
        elif position == len(keys) - 1:
            named.append(shorten(str(keys[position])))
        position += taken
    return node, place, named


def set_at(root: Node, keys: Sequence[str], value: Node) -> Node:
    """Return the tree with another value at a path; raise NoSuchPathError when it has none.

    A plain value set onto a section that has a `value` and a `source` goes to its `value`.
    """
    if not keys:
        if isinstance(value, Scalar) and _is_sourced(root):
            return set_at(root, ["value"], value)
        return value
    step, taken = _step(root, keys)
    if step is None:
        raise NoSuchPathError(keys[0])
    return _with_child(root, step, set_at(_child(root, step), keys[taken:], value))


def graft(root: Node, complete: Node, keys: Sequence[str]) -> Node:
    """Copy from a complete tree what lies on a path and is missing in this one.

    Raises NoSuchPathError when the complete tree has nothing at the path either.
    """
    if not keys:
        return root
    step, taken = _step(complete, keys)
    if step is None:
        raise NoSuchPathError(keys[0])
    theirs = _child(complete, step)
    ours, _ = _step(root, [step])
    if ours is not None:
        return _with_child(root, step, graft(_child(root, step), theirs, keys[taken:]))
    graft(theirs, theirs, keys[taken:])
    return _with_child(root, step, theirs)


def paths(root: Node) -> list[str]:
    """Return the paths of a tree, as settings write them, up to a limit."""
    found: list[str] = []
    for path in _walk(root, ""):
        found.append(path)
        if len(found) == _PATHS_MAX:
            break
    return found


def nearest(wrong: str, known: Sequence[str]) -> str | None:
    """Return the known word that a wrong one was probably meant to be."""
    if len(wrong) > _COMPARED_MAX:
        return None
    ends_alike = [word for word in known if word.rpartition(".")[2] == wrong]
    if ends_alike:
        return min(ends_alike, key=len)
    close = difflib.get_close_matches(wrong, known, n=1)
    if close:
        return close[0]
    by_last = {word.rpartition(".")[2]: word for word in sorted(known, reverse=True)}
    last = difflib.get_close_matches(wrong.rpartition(".")[2], list(by_last), n=1)
    return by_last[last[0]] if last else None


def _walk(node: Node, prefix: str) -> Iterator[str]:
    if isinstance(node, Mapping):
        named = list(node.entries.items())
    elif isinstance(node, Listing):
        named = [(_name_of(child, index), child) for index, child in enumerate(node.items)]
    else:
        return
    for name, child in named:
        yield prefix + name
        yield from _walk(child, f"{prefix}{name}.")


def _step(node: Node, keys: Sequence[Key]) -> tuple[Key | None, int]:
    """Return the key of a node that a path begins with, and how many of its words it takes.

    A key may hold dots itself, so the longest one that fits is meant.
    """
    if isinstance(node, Mapping):
        for taken in range(len(keys), 0, -1):
            key = ".".join(str(word) for word in keys[:taken])
            if key in node.entries:
                return key, taken
    if isinstance(node, Listing):
        # A number needs no look at the names; a long list with many findings would cost too much.
        words = 1 if isinstance(keys[0], int) else len(keys)
        for taken in range(words, 0, -1):
            index = _index(node, keys[0] if taken == 1 else ".".join(map(str, keys[:taken])))
            if index is not None:
                return index, taken
    return None, 1


def _child(node: Node, step: Key) -> Node:
    """Return what stands under a key that the node is known to have."""
    if isinstance(node, Mapping):
        return node.entries[str(step)]
    if isinstance(node, Listing) and isinstance(step, int):
        return node.items[step]
    raise NoSuchPathError(step)


def _with_child(node: Node, step: Key, child: Node) -> Node:
    if isinstance(node, Mapping):
        return replace(node, entries=node.entries | {str(step): child})
    if isinstance(node, Listing) and isinstance(step, int):
        return replace(node, items=(*node.items[:step], child, *node.items[step + 1 :]))
    raise NoSuchPathError(step)


def _index(listing: Listing, key: Key) -> int | None:
    """Return the position that a number, or the `id` or `name` of an item, means."""
    if isinstance(key, int):
        return key if 0 <= key < len(listing.items) else None
    names = [_name_of(item, index) for index, item in enumerate(listing.items)]
    if key in names:
        return names.index(key)
    is_number = key.isascii() and key.isdigit() and len(key) < _SHORT_NUMBER
    return int(key) if is_number and int(key) < len(names) else None


def _name_of(item: Node, key: Key) -> str:
    if isinstance(item, Mapping):
        for word in ("id", "name"):
            named = item.entries.get(word)
            value = named.value if isinstance(named, Scalar) else None
            if isinstance(value, str) and _SHORT_NAME.fullmatch(value):
                return value
    return str(key)


def _kind(mapping: Mapping) -> Value:
    kind = mapping.entries.get("kind")
    return kind.value if isinstance(kind, Scalar) else None


def _is_sourced(node: Node) -> bool:
    return isinstance(node, Mapping) and {"value", "source"} <= node.entries.keys()


def _checked(value: object) -> Value:
    if isinstance(value, float):
        return Decimal(repr(value))
    if value is None or isinstance(value, bool | int | Decimal | str):
        return value
    raise TypeError(f"{type(value).__name__} cannot stand in a scenario")
