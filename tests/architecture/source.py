"""The source files of this checkout, read once and parsed, for the tests of its shape.

Each test module states one rule as a function from a parsed module to the places that break it,
so that the rule can also be shown a planted violation.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "tengesim"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Definition = FunctionNode | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Module:
    """One parsed file; `path` is relative to the root, with forward slashes."""

    path: str
    text: str
    tree: ast.Module

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the dotted name in parts, e.g. `("tengesim", "ledger", "book")`."""
        parts = Path(self.path).with_suffix("").parts
        return parts[1:] if parts[0] == "src" else parts


Rule = Callable[[Module], Iterator[str]]


def parsed(text: str, path: str = "src/tengesim/planted.py") -> Module:
    """Return `text` as a module at `path`, for showing a rule a planted violation."""
    return Module(path=path, text=text, tree=ast.parse(text))


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Return the Python modules below `folders` of the root, in path order."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(
        parsed(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
        for path in paths
    )


def product() -> tuple[Module, ...]:
    """Return every module that is installed, and refuse a tree that has lost them."""
    found = modules("src/tengesim", "dashboards")
    if not any(module.path.startswith("src/tengesim/") for module in found):
        message = "src/tengesim holds no Python module; there is nothing to test"
        raise FileNotFoundError(message)
    return found


def broken(rule: Rule, within: tuple[Module, ...]) -> list[str]:
    """Return every violation of `rule`, each as `path:line: what`."""
    return [f"{module.path}:{place}" for module in within for place in rule(module)]


def hold(rule: Rule, within: tuple[Module, ...]) -> None:
    """Fail with one line for each place that breaks `rule`."""
    found = broken(rule, within)
    assert not found, "\n" + "\n".join(found)


def walk(module: Module) -> Iterator[ast.AST]:
    """Yield every node of a module."""
    yield from ast.walk(module.tree)


def functions(module: Module) -> Iterator[FunctionNode]:
    """Yield every function and method of a module, nested ones too."""
    for node in walk(module):
        if isinstance(node, FunctionNode):
            yield node


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for a chain of names and attributes, and `""` for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def imported(module: Module) -> Iterator[tuple[int, str]]:
    """Yield the line and full dotted name of everything a module imports, wherever it does so."""
    for node in walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
