"""Settings `path=value` laid over a scenario, as `--set` and the levers of experiments write them.

A setting can reach everything the scenario has, also what it only has by default, and nothing
else; a path that leads nowhere is a finding and never a silent addition.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tengesim.errors import Finding
from tengesim.scenario.explain import SETTING_FILE
from tengesim.scenario.text import (
    DEPTH_MAX,
    Mapping,
    Node,
    Place,
    Scalar,
    read_document,
    read_scalar,
    shorten,
)
from tengesim.scenario.tree import (
    NoSuchPathError,
    from_plain,
    graft,
    nearest,
    paths,
    set_at,
    to_plain,
)

__all__ = ["apply_settings"]

_LENGTH_MAX = 10_000
_PLACE = Place(SETTING_FILE, None)


def apply_settings(
    root: Node, settings: Sequence[str], complete: Callable[[Node], Node | None]
) -> tuple[Node, list[Finding]]:
    """Return the tree with the settings laid over it, later ones over earlier ones.

    `complete` returns a tree with every default written out, or None while it is not valid.
    """
    findings: list[Finding] = []
    for text in settings:
        keys, value = _parsed(text, findings)
        if value is None:
            continue
        try:
            root = set_at(root, keys, value)
        except NoSuchPathError:
            root = _set_default(root, keys, value, complete=complete, findings=findings)
    return root, findings


def _parsed(text: str, findings: list[Finding]) -> tuple[list[str], Node | None]:
    path, sign, written = text.partition("=")
    keys = [key.strip() for key in path.replace("[", ".").replace("]", "").split(".")]
    written = written.strip()
    shown = ".".join(shorten(key) for key in keys[:DEPTH_MAX])
    is_text = written.replace("\n", "").isprintable() and len(text) <= _LENGTH_MAX
    if not sign or not all(keys) or len(keys) > DEPTH_MAX or not is_text:
        message = f"{shorten(text)!r} is not a setting"
        do = "write --set 'path.to.key=value'"
        findings.append(Finding("SETTING", message, SETTING_FILE, None, None, "path=value", do))
        return keys, None
    if written.startswith(("[", "{")):
        node, found = read_document(written.encode(), SETTING_FILE)
        findings += [replace(finding, line=None, path=shown) for finding in found]
        return keys, None if found else _all_set(node)
    if len(written) > 1 and written[0] == written[-1] and written[0] in "'\"":
        return keys, Scalar(written[1:-1], _PLACE)
    try:
        return keys, Scalar(read_scalar(written), _PLACE)
    except ValueError as error:
        findings.append(Finding("NUMBER_TOO_LONG", str(error), SETTING_FILE, None, shown))
        return keys, None


def _set_default(
    root: Node,
    keys: list[str],
    value: Node,
    *,
    complete: Callable[[Node], Node | None],
    findings: list[Finding],
) -> Node:
    """Set what the scenario does not write but has by default, or refuse the path."""
    whole = complete(root)
    try:
        if whole is None:
            # The scenario is not valid yet; the setting may be what it lacks.
            return _plant(root, keys, value)
        return set_at(graft(root, whole, keys), keys, value)
    except NoSuchPathError:
        path = ".".join(shorten(key) for key in keys)
        close = nearest(".".join(keys), paths(whole or root))
        do = f"did you mean {close!r}?" if close else "`tengesim schema` lists the keys"
        message = "the scenario has nothing at this path"
        findings.append(Finding("SETTING_UNKNOWN", message, SETTING_FILE, None, path, None, do))
        return root


def _plant(root: Node, keys: list[str], value: Node) -> Node:
    if not keys:
        return value
    if not isinstance(root, Mapping):
        raise NoSuchPathError(keys[0])
    below = root.entries.get(keys[0], Mapping({}, _PLACE))
    return replace(root, entries=root.entries | {keys[0]: _plant(below, keys[1:], value)})


def _all_set(node: Node | None) -> Node | None:
    """Return a tree placed on the command line, which has no lines."""
    if node is None:
        return None
    return from_plain(to_plain(node), _PLACE)
