"""Nothing is longer than a screen or a sitting, so that a reader can hold it in mind."""

import ast
from collections.abc import Iterator

from tests.architecture.source import Module, functions, hold, parsed, product

FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 500


def long_functions(module: Module) -> Iterator[str]:
    """Yield functions whose body, docstring left out, is too long."""
    for node in functions(module):
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        if not body:
            continue
        lines = (node.end_lineno or node.lineno) - body[0].lineno + 1
        if lines > FUNCTION_LINES_MAX:
            yield f"{node.lineno}: {node.name} has {lines} lines; at most {FUNCTION_LINES_MAX}"


def long_modules(module: Module) -> Iterator[str]:
    """Yield the module itself when it is too long."""
    lines = len(module.text.splitlines())
    if lines > MODULE_LINES_MAX:
        yield f"1: {lines} lines; at most {MODULE_LINES_MAX}"


def test_no_function_is_longer_than_a_screen() -> None:
    """Goal: functions read at a glance. Method: count body lines without the docstring."""
    hold(long_functions, product())


def test_no_module_is_longer_than_a_sitting() -> None:
    """Goal: one module, one reason. Method: count its lines."""
    hold(long_modules, product())


def test_the_size_rules_see_planted_violations() -> None:
    """Goal: the rules can fail. Method: one line too many, docstring and limit excluded."""
    exact = "def f():\n    '''Do.'''\n" + "    x = 1\n" * FUNCTION_LINES_MAX
    assert list(long_functions(parsed(exact))) == []
    assert len(list(long_functions(parsed(exact + "    x = 1\n")))) == 1
    assert list(long_modules(parsed("x = 1\n" * MODULE_LINES_MAX))) == []
    assert len(list(long_modules(parsed("x = 1\n" * (MODULE_LINES_MAX + 1))))) == 1
