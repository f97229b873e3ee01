"""What is kept of compiled functions belongs to the text of every module that has one."""

import ast

from tengesim.compiled import COMPILED_MODULES
from tests.architecture.source import ROOT

_PACKAGE = ROOT / "src/tengesim"
_DECORATORS = {"kernel", "lean"}


def _has_compiled_functions(tree: ast.Module) -> bool:
    return any(
        isinstance(decorator, ast.Name) and decorator.id in _DECORATORS
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    )


def test_the_modules_with_compiled_functions_are_written_down() -> None:
    """Goal: no stale machine code. Method: find decorated functions, compare with the list."""
    found = {
        path.relative_to(_PACKAGE).with_suffix("").as_posix()
        for path in _PACKAGE.rglob("*.py")
        if _has_compiled_functions(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert {module for module in COMPILED_MODULES if module != "compiled"} == found
    assert len(set(COMPILED_MODULES)) == len(COMPILED_MODULES)
