"""What others may import is written down, and everything they can see explains itself."""

import ast
from collections.abc import Iterator
from types import ModuleType

import tengesim
from tests.architecture.source import Definition, Module, hold, parsed, product

PUBLIC = [
    "Comparison",
    "Ensemble",
    "Run",
    "Scenario",
    "compare",
    "load_scenario",
    "replicate",
    "simulate",
]


# What `__init__` itself needs to name its lazy imports to a type checker.
UNLISTED = {"TYPE_CHECKING"}


def assigned(module: ModuleType) -> set[str]:
    """Return the names without an underscore in a module, its own submodules left out."""
    own = f"{module.__name__}."
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not (isinstance(value, ModuleType) and value.__name__.startswith(own))
    }


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
    """Goal: other programs rely on these alone. Method: `__all__` and `dir()` with the promise."""
    assert tengesim.__all__ == PUBLIC
    assert sorted(dir(tengesim)) == PUBLIC


def test_nothing_else_is_visible() -> None:
    """Goal: no accidental name becomes an interface. Method: what the module really holds."""
    assert assigned(tengesim) - set(PUBLIC) - UNLISTED == set()


def test_every_public_name_can_be_had() -> None:
    """Goal: a lazy name is a promise kept. Method: ask for each."""
    assert all(callable(getattr(tengesim, name)) for name in PUBLIC)


def test_everything_public_has_a_docstring() -> None:
    """Goal: names explain themselves. Method: module, classes, functions and methods by `ast`."""
    hold(undocumented, product())


def test_the_docstring_rules_see_planted_violations() -> None:
    """Goal: the rules can fail. Method: one violation of each kind."""
    assert len(list(undocumented(parsed("x = 1")))) == 1
    assert (
        len(list(undocumented(parsed("'''M.'''\nclass A:\n    '''A.'''\n    def g(self): ..."))))
        == 1
    )
    assert len(list(undocumented(parsed("'''M.'''\ndef g():\n    '''no sentence'''")))) == 1
