"""What others may import is written down, and everything they can see explains itself."""

import ast
import importlib
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.architecture.source import PACKAGE, Definition, Module, broken, parsed, product

PUBLIC = ["Run", "Scenario", "load_scenario", "simulate"]


def package() -> ModuleType:
    """Return `tengesim` as an importing program sees it."""
    if not (PACKAGE / "__init__.py").is_file():
        pytest.skip("tengesim/__init__.py is not written yet")
    return importlib.import_module("tengesim")


def visible(module: ModuleType) -> list[str]:
    """Return the names without an underscore that a module shows, its own submodules left out."""
    found = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    own = f"{module.__name__}."
    return sorted(
        name
        for name, value in found.items()
        if not (isinstance(value, ModuleType) and value.__name__.startswith(own))
    )


def public_definitions(node: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    """Yield public functions and classes at module level, and public methods inside classes."""
    for child in node.body:
        if isinstance(child, Definition) and not child.name.startswith("_"):
            yield child
            if isinstance(child, ast.ClassDef):
                yield from public_definitions(child)


def is_overload(node: Definition) -> bool:
    """Return whether a definition only lists one more signature of the next one."""
    return any(isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list)


def undocumented(module: Module) -> Iterator[str]:
    """Yield what is public and has no docstring, or one that does not begin with a sentence."""
    if not ast.get_docstring(module.tree):
        yield "1: the module has no docstring"
    for node in public_definitions(module.tree):
        docstring = ast.get_docstring(node) or ""
        if not docstring and not is_overload(node):
            yield f"{node.lineno}: {node.name} has no docstring"
        elif docstring and not docstring.split("\n\n")[0].rstrip().endswith((".", "?", ":")):
            yield f"{node.lineno}: {node.name}: the docstring does not begin with a sentence"


def test_the_public_names_are_the_promised_ones() -> None:
    """Goal: other programs rely on these alone. Method: compare `__all__` with the promise."""
    assert package().__all__ == PUBLIC


def test_everything_visible_is_listed() -> None:
    """Goal: no accidental name becomes an interface. Method: `dir()` against `__all__`."""
    assert visible(package()) == package().__all__


def test_everything_public_has_a_docstring() -> None:
    """Goal: names explain themselves. Method: module, classes, functions and methods by `ast`."""
    assert broken(undocumented, product()) == []


def test_the_docstring_rules_see_planted_violations() -> None:
    """Goal: the rules can fail. Method: one violation of each kind."""
    assert len(list(undocumented(parsed("x = 1")))) == 1
    assert (
        len(list(undocumented(parsed("'''M.'''\nclass A:\n    '''A.'''\n    def g(self): ..."))))
        == 1
    )
    assert len(list(undocumented(parsed("'''M.'''\ndef g():\n    '''no sentence'''")))) == 1
